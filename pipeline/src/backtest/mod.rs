//! What other zones would have raised, from what scenes saw and wrote down: no video is read.
//!
//! The recordings are judged twice, under the old and the new zones, by the code that judges live; what one of them raises
//! and the other does not is what the change would do. A candidate under a permit is kept but shown to nobody, and counts as
//! not raised.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Instant;

use anyhow::anyhow;
use console::backtest::{Answer, Ask, Backtester, Cover, Fate, KeptView, Row, Zoning};
use events::{Candidate, Kind};
use scene::SceneOptions;
use scene::replay::{Rejudged, Replay, Watched, cells_within};

use crate::recording::{Blocks, Tape, ask_view, folder, still_name, tapes, views};

/// A candidate as a replay raised it.
#[derive(Debug, Clone)]
struct Raised {
    thing: u64,
    candidate: Candidate,
    /// Of the recording in which it was raised, and its number there.
    still: String,
}

/// What one replay gives.
#[derive(Debug, Default)]
struct Judged {
    raised: Vec<Raised>,
    watched: Watched,
    unread: Vec<String>,
}

/// The recordings below a folder.
#[derive(Debug, Clone)]
pub struct Recordings {
    root: PathBuf,
}

impl Recordings {
    /// Those below `root`.
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Judges the period again.
    ///
    /// # Errors
    /// When the recordings cannot be listed.
    pub fn backtest(&self, ask: &Ask) -> anyhow::Result<Answer> {
        let began = Instant::now();
        let tapes = tapes(&folder(&self.root, &ask.after.camera.id), ask.from_ms, ask.until_ms)?;
        let (before, after) = both(ask, &tapes)?;
        let cover = ask
            .after
            .camera
            .zones
            .iter()
            .map(|zone| Cover { zone: zone.id.to_string(), share: covered(&after.watched, |p| zone.polygon.contains(p)) });
        Ok(Answer {
            cover: cover.collect(),
            seen_s: after.watched.seen_s,
            looks: after.watched.looks,
            least_area: after.watched.least_area,
            unread: after.unread,
            rows: compare(before.raised, after.raised),
            took_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        })
    }
}

impl Backtester for Recordings {
    fn run(&self, ask: &Ask) -> Result<Answer, String> {
        self.backtest(ask).map_err(|error| format!("{error:#}"))
    }

    fn still(&self, camera: &str, key: &str) -> Option<PathBuf> {
        let camera = camera.parse().ok()?;
        // `<day>.<start>-<worker>.<serial>.jpg`: one name, so that it can be a part of an address.
        let (day, name) = key.split_at_checked(10)?;
        let name = name.strip_prefix('.')?;
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        if day.parse::<jiff::civil::Date>().is_err() || !plain(name) || name.contains("..") || !name.ends_with(".jpg") {
            return None;
        }
        let path = folder(&self.root, &camera).join(day).join(name);
        path.is_file().then_some(path)
    }

    fn views(&self, camera: &str, since_ms: i64) -> Result<Vec<KeptView>, String> {
        let Ok(camera) = camera.parse() else { return Ok(Vec::new()) };
        let found = views(&self.root, &camera, since_ms).map_err(|error| format!("{error:#}"))?;
        Ok(found.into_iter().map(|view| KeptView { at_ms: view.at_ms, light: view.light(), key: view.key }).collect())
    }

    fn ask_view(&self, camera: &str) -> Result<(), String> {
        let camera = camera.parse().map_err(|error| format!("{error}"))?;
        ask_view(&self.root, &camera).map_err(|error| format!("{error:#}"))
    }
}

/// Judges the tapes under both zonings: one thread reads and unpacks, one judges as it was, one as it would be.
fn both(ask: &Ask, tapes: &[Tape]) -> anyhow::Result<(Judged, Judged)> {
    let period = (ask.from_ms, ask.until_ms);
    let ((to_before, before), (to_after, after)) = (sync_channel(READ_AHEAD), sync_channel(READ_AHEAD));
    std::thread::scope(|scope| {
        let panicked = |_| anyhow!("judging the recordings panicked");
        let read = scope.spawn(move || read(tapes, ask.until_ms, &[to_before, to_after]));
        let before = scope.spawn(|| judge(&ask.before, tapes, before, period));
        let after = judge(&ask.after, tapes, after, period);
        read.join().map_err(panicked)?;
        Ok((before.join().map_err(panicked)?, after))
    })
}

/// Pieces that wait for whoever judges more slowly.
const READ_AHEAD: usize = 4;

/// Short blocks are handed on together until there is so much of them, bytes.
const PIECE: usize = 512 << 10;

/// What is read, in order.
#[derive(Debug, Clone)]
enum Piece {
    /// A tape begins, by its place in the list.
    Tape(usize),
    /// Looks of it.
    Looks(Arc<Vec<u8>>),
    /// Why it cannot be read.
    Unread(Arc<str>),
}

/// Reads the tapes and gives each piece to all who judge. Who is gone needs none.
fn read(tapes: &[Tape], until_ms: i64, to: &[SyncSender<Piece>]) {
    let give = |piece: Piece| {
        for to in to {
            drop(to.send(piece.clone()));
        }
    };
    for (index, tape) in tapes.iter().enumerate() {
        let mut blocks = match Blocks::open(&tape.path) {
            Ok(blocks) => blocks,
            Err(error) => {
                give(Piece::Unread(format!("{error:#}").into()));
                continue;
            }
        };
        give(Piece::Tape(index));
        let mut looks = Vec::with_capacity(PIECE);
        loop {
            let before = looks.len();
            let block = blocks.next(&mut looks);
            let ends = block.is_none_or(|(from_ms, _)| from_ms > until_ms);
            if ends {
                looks.truncate(before);
            }
            if !looks.is_empty() && (ends || looks.len() >= PIECE) {
                give(Piece::Looks(Arc::new(std::mem::replace(&mut looks, Vec::with_capacity(PIECE)))));
            }
            if ends {
                break;
            }
        }
        if blocks.torn {
            tracing::debug!(tape = %tape.path.display(), "its last block is not whole");
        }
    }
}

/// Judges what is read under these zones; only what is raised in the period counts.
fn judge(zoning: &Zoning, tapes: &[Tape], pieces: Receiver<Piece>, (from_ms, until_ms): (i64, i64)) -> Judged {
    let mut judged = Judged::default();
    let mut replay = Replay::new(&zoning.camera, &zoning.calendar, SceneOptions::default());
    let mut tape = None;
    for piece in pieces {
        match piece {
            Piece::Unread(reason) => judged.unread.push(reason.to_string()),
            Piece::Tape(index) => {
                tape = tapes.get(index);
                replay.begin();
            }
            Piece::Looks(looks) => {
                let Some(of) = tape else { continue };
                let raised = &mut judged.raised;
                let fed = replay.feed(&looks, |said| {
                    if let Rejudged::Raised { thing, serial, candidate } = said {
                        let at_ms = candidate.raised.wall.unix_ns.div_euclid(1_000_000);
                        if (from_ms..=until_ms).contains(&at_ms) {
                            let still = format!("{}.{}", of.day, still_name(&of.stem, serial));
                            raised.push(Raised { thing, candidate: *candidate, still });
                        }
                    }
                });
                if let Err(error) = fed {
                    judged.unread.push(format!("{}: {error}", of.path.display()));
                    // The rest of it does not go on from what could be read.
                    tape = None;
                }
            }
        }
    }
    judged.watched = replay.watched().clone();
    judged
}

/// Share of a shape, and of the recorded time, that was watched.
fn covered(watched: &Watched, inside: impl Fn(events::Point) -> bool) -> f64 {
    let cells = cells_within(inside);
    if cells.is_empty() || watched.seen_s <= 0.0 {
        return 0.0;
    }
    let seen: f64 = cells.iter().filter_map(|cell| watched.cells.get(*cell)).sum();
    (seen / (cells.len() as f64 * watched.seen_s)).clamp(0.0, 1.0)
}

/// Lays what was raised side by side: the same thing and kind are the same candidate, in whatever zone.
fn compare(before: Vec<Raised>, after: Vec<Raised>) -> Vec<Row> {
    let mut news: HashMap<(u64, Kind), Vec<Raised>> = HashMap::new();
    for raised in after.into_iter().rev() {
        news.entry((raised.thing, raised.candidate.kind)).or_default().push(raised);
    }
    let shown = |raised: &Raised| raised.candidate.permit.is_none();
    let mut rows = Vec::new();
    for old in before {
        let mates = news.get_mut(&(old.thing, old.candidate.kind));
        let new = mates.and_then(|mates| {
            // Of several episodes of one thing, the one that is shown like this one.
            let index = mates.iter().rposition(|new| shown(new) == shown(&old)).or(mates.len().checked_sub(1))?;
            Some(mates.remove(index))
        });
        let fate = match (shown(&old), new.as_ref().is_some_and(shown)) {
            (true, true) => Fate::Unchanged,
            (true, false) => Fate::Lost,
            (false, true) => Fate::Added,
            (false, false) => continue,
        };
        let still = Some(old.still);
        rows.push(Row { fate, before: Some(old.candidate), after: new.map(|new| new.candidate), still });
    }
    let added = news.into_values().flatten().filter(|new| shown(new));
    rows.extend(added.map(|new| Row { fate: Fate::Added, before: None, after: Some(new.candidate), still: Some(new.still) }));
    rows.sort_by_key(|row| {
        let candidate = row.before.as_ref().or(row.after.as_ref());
        candidate.map(|c| (c.raised.wall.unix_ns, c.id.as_str().to_owned()))
    });
    rows
}
