//! What a scene saw, written down so that it can be judged again under other zones, without a picture.
//!
//! Before things are judged, [`Scene::note`] writes each of them as it stands then, with how tall people are there, and the
//! times in which nothing was seen. Nothing of it depends on the zones but which things are followed at all. [`Replay`] puts
//! the things back and calls the same [`Scene::decide`]; so whatever the judges come to look at, both look at the same.
//!
//! Things change little from look to look: a thing is written as what changed in its bytes.

mod rejudge;

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};

use crate::clock::{Seconds, When};
use crate::place::thing::Thing;
use crate::scene::Scene;
use crate::violation::Episode;

pub(crate) use rejudge::Replayed;
pub use rejudge::{Rejudged, Replay, ReplayError, Watched, cells_within};

/// Goes up with every change of what is written: an old recording is refused rather than misread.
pub(crate) const VERSION: u8 = 2;

/// An empty street is written down at least this often, seconds: time that was watched is told from time that was not.
const QUIET: Seconds = 60.0;

/// Columns and rows of the picture for which it is written down whether they were watched.
pub(crate) const GRID: (usize, usize) = (32, 18);

/// One look, as written.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Look<'a> {
    pub(crate) now: Seconds,
    pub(crate) at: When,
    /// At the beginning, and when the street or the zones were learnt anew.
    pub(crate) base: Option<Base>,
    /// Looks since the one before, this one included, and the seconds that they saw.
    pub(crate) looks: u32,
    pub(crate) seen_s: f32,
    /// Times without sight that ended since.
    pub(crate) gaps: Vec<(Seconds, Seconds)>,
    #[serde(borrow)]
    pub(crate) things: Vec<Entry<'a>>,
}

/// What holds until it is written anew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Base {
    pub(crate) size: (u32, u32),
    pub(crate) learnt_at: Seconds,
    /// Smallest thing that is followed, as a share of the picture.
    pub(crate) least_area: f64,
    /// Bit by bit, row by row: is this cell of [`GRID`] watched?
    pub(crate) watched: Vec<u8>,
}

/// One thing in one look.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Entry<'a> {
    pub(crate) serial: u64,
    #[serde(borrow)]
    pub(crate) body: Body<'a>,
    /// Its outline, when that has changed: distances between pixels.
    pub(crate) mask: Option<Vec<u32>>,
    /// How tall people are there, when that has changed.
    pub(crate) person: Option<Option<f32>>,
    /// What was out for it already, in the first look that shows it.
    pub(crate) raised: Vec<Episode>,
}

/// The bytes of a thing without outline and episodes.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Body<'a> {
    /// All of them.
    #[serde(borrow)]
    Whole(Bytes<'a>),
    /// What differs from the look before: where, and what stands there now.
    #[serde(borrow)]
    Changed(Vec<Change<'a>>),
}

/// Bytes that are read in one piece, not one by one.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Bytes<'a>(#[serde(borrow)] pub(crate) Cow<'a, [u8]>);

/// Bytes that stand there now.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Change<'a> {
    pub(crate) at: u16,
    #[serde(borrow)]
    pub(crate) bytes: Bytes<'a>,
}

/// Unchanged bytes between two changes that cost less than a new place.
const JOIN: usize = 3;

/// What changed between two texts of the same length.
fn changes(before: &[u8], after: &[u8]) -> Vec<(u16, Vec<u8>)> {
    let mut found: Vec<(u16, Vec<u8>)> = Vec::new();
    for at in (0..after.len()).filter(|&at| before[at] != after[at]) {
        match found.last_mut() {
            Some((start, bytes)) if at - (usize::from(*start) + bytes.len()) < JOIN => {
                let from = usize::from(*start) + bytes.len();
                bytes.extend_from_slice(&after[from..=at]);
            }
            _ => found.push((at as u16, vec![after[at]])),
        }
    }
    found
}

/// A thing as it was last written.
#[derive(Debug, Default)]
struct Written {
    body: Vec<u8>,
    mask: u64,
    person: Option<f32>,
}

/// Writes looks down.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    bytes: Vec<u8>,
    base: Option<Base>,
    things: HashMap<u64, Written>,
    looks: u32,
    seen_s: f64,
    looked_at: Option<Seconds>,
    written_at: Option<Seconds>,
    gap_to: Seconds,
}

impl Recorder {
    fn entry(&mut self, thing: &mut Thing, person: Option<f32>) -> Entry<'static> {
        // The large parts are written apart.
        let (mask, episodes) = (std::mem::take(&mut thing.mask), std::mem::take(&mut thing.episodes));
        let body = postcard::to_stdvec(&*thing).expect("plain data in memory can always be written");
        (thing.mask, thing.episodes) = (mask, episodes);
        let mut hasher = DefaultHasher::new();
        thing.mask.hash(&mut hasher);
        let mask = hasher.finish();
        let known = self.things.get(&thing.serial);
        let raised = match known {
            None => thing.episodes.iter().filter(|e| e.raised.is_some()).cloned().collect(),
            Some(_) => Vec::new(),
        };
        let fits = known.filter(|known| known.body.len() == body.len() && body.len() <= usize::from(u16::MAX));
        let entry = Entry {
            serial: thing.serial,
            body: match fits {
                None => Body::Whole(Bytes(Cow::Owned(body.clone()))),
                Some(known) => Body::Changed(
                    changes(&known.body, &body)
                        .into_iter()
                        .map(|(at, bytes)| Change { at, bytes: Bytes(Cow::Owned(bytes)) })
                        .collect(),
                ),
            },
            mask: known.is_none_or(|known| known.mask != mask).then(|| distances(&thing.mask)),
            person: known.is_none_or(|known| known.person != person).then_some(person),
            raised,
        };
        self.things.insert(thing.serial, Written { body, mask, person });
        entry
    }
}

fn distances(mask: &[u32]) -> Vec<u32> {
    let mut last = 0;
    mask.iter().map(|&i| i.wrapping_sub(std::mem::replace(&mut last, i))).collect()
}

impl Scene {
    /// From now on writes down what it judges. Take it with [`Scene::take_record`], before it grows large.
    pub fn record(&mut self) {
        self.recorder = Some(Recorder::default());
    }

    /// Does it write down what it judges?
    pub fn is_recording(&self) -> bool {
        self.recorder.is_some()
    }

    /// What was written down since the last call: to be given to [`Replay::feed`] in the same order. Only what is fed from
    /// the call of [`Scene::record`] on can be read.
    pub fn take_record(&mut self) -> Vec<u8> {
        self.recorder.as_mut().map(|recorder| std::mem::take(&mut recorder.bytes)).unwrap_or_default()
    }

    /// How large what waits to be taken is, bytes.
    pub fn recorded(&self) -> usize {
        self.recorder.as_ref().map_or(0, |recorder| recorder.bytes.len())
    }

    /// Things that have stood at least this long and are seen now, with their boxes: what a picture may be kept of.
    pub fn standing_for(&self, seconds: f64) -> Vec<(u64, events::BBox)> {
        let Some((w, h)) = self.size() else { return Vec::new() };
        let now = self.state().line.now();
        let stands = |t: &&Thing| !t.in_street && t.presence == crate::place::thing::Presence::Seen && now - t.onset >= seconds;
        self.state().things.iter().filter(stands).map(|t| (t.serial, t.bbox(w, h))).collect()
    }

    /// Writes the look down in which things are about to be judged.
    pub(crate) fn note(&mut self, now: Seconds) {
        let Some(mut recorder) = self.recorder.take() else { return };
        self.write_look(&mut recorder, now);
        self.recorder = Some(recorder);
    }

    fn write_look(&mut self, recorder: &mut Recorder, now: Seconds) {
        let (Some(size), Some(at)) = (self.size(), self.state().line.last()) else { return };
        recorder.looks += 1;
        let since = recorder.looked_at.replace(now).map_or(0.0, |before| now - before);
        recorder.seen_s += if since > crate::scene::BLIND_AFTER { 0.0 } else { since };
        let base = self.base(size);
        let news = recorder.base.as_ref() != Some(&base);
        let stands = !self.state().things.is_empty() || !recorder.things.is_empty();
        let due = recorder.written_at.is_none_or(|written| now - written >= QUIET);
        if !(news || stands || due) {
            return;
        }
        let gaps: Vec<(Seconds, Seconds)> = self.state().gaps.iter().copied().filter(|(_, to)| *to > recorder.gap_to).collect();
        recorder.gap_to = gaps.last().map_or(recorder.gap_to, |(_, to)| *to);
        let persons: Vec<Option<f32>> = self.state().things.iter().map(|thing| self.person_at(thing)).collect();
        let things: Vec<Entry> =
            self.state_mut().things.iter_mut().zip(persons).map(|(thing, person)| recorder.entry(thing, person)).collect();
        recorder.things.retain(|serial, _| things.iter().any(|entry| entry.serial == *serial));
        let look = Look {
            now,
            at: at.into(),
            base: news.then(|| base.clone()),
            looks: std::mem::take(&mut recorder.looks),
            seen_s: std::mem::take(&mut recorder.seen_s) as f32,
            gaps,
            things,
        };
        (recorder.base, recorder.written_at) = (Some(base), Some(now));
        let body = postcard::to_stdvec(&look).expect("plain data in memory can always be written");
        // The length in front lets a reader pass over a look.
        recorder.bytes.extend((body.len() as u32).to_le_bytes());
        recorder.bytes.extend(body);
    }

    fn base(&self, (w, h): (usize, usize)) -> Base {
        let (columns, rows) = GRID;
        let mut watched = vec![0u8; (columns * rows).div_ceil(8)];
        for cell in 0..columns * rows {
            let (x, y) = ((cell % columns * 2 + 1) * w / (2 * columns), (cell / columns * 2 + 1) * h / (2 * rows));
            if self.watches(y * w + x) {
                watched[cell / 8] |= 1 << (cell % 8);
            }
        }
        let least_area = self.least_pixels(w * h) as f64 / (w * h).max(1) as f64;
        Base { size: (w as u32, h as u32), learnt_at: self.state().learnt_at, least_area, watched }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_bytes_put_in_place_give_the_new_ones() {
        let before: Vec<u8> = (0..=255).collect();
        for step in [1usize, 2, 3, 5, 17, 300] {
            let mut after = before.clone();
            after.iter_mut().step_by(step).for_each(|b| *b = b.wrapping_add(9));
            let mut patched = before.clone();
            for (at, bytes) in changes(&before, &after) {
                patched[usize::from(at)..usize::from(at) + bytes.len()].copy_from_slice(&bytes);
            }
            assert_eq!(patched, after, "every {step}");
        }
        assert!(changes(&before, &before).is_empty());
    }

    #[test]
    fn an_outline_in_any_order_comes_back() {
        let mask = vec![7, 8, 9, 100, 50, 4_000_000_000];
        let mut last = 0u32;
        let back: Vec<u32> = distances(&mask)
            .into_iter()
            .map(|d| {
                last = last.wrapping_add(d);
                last
            })
            .collect();
        assert_eq!(back, mask);
    }
}
