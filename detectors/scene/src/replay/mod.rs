//! What a scene saw, written down so that it can be judged again under other zones, without a picture.
//!
//! Before things are judged, `Scene::note` writes each of them as it stands then, with how tall people are there, and the
//! times in which nothing was seen. Nothing of it depends on the zones but which things are followed at all. [`Replay`] puts
//! the things back and calls the same `Scene::decide`; so whatever the judges come to look at, both look at the same.
//!
//! Things change little from look to look: a thing is written as what changed in its bytes.

mod bytes;
mod diff;
mod rejudge;
mod slot;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};

use self::bytes::{put_text, put_varint};
use crate::clock::{Seconds, When};
use crate::place::thing::Thing;
use crate::scene::Scene;
use crate::violation::Episode;

pub(crate) use rejudge::Replayed;
pub use rejudge::{Rejudged, Replay, ReplayError, Watched, cells_within};

/// Goes up with every change of what is written: an old recording is refused rather than misread.
pub(crate) const VERSION: u8 = 3;

/// An empty street is written down at least this often, seconds: time that was watched is told from time that was not.
const QUIET: Seconds = 60.0;

/// Columns and rows of the picture for which it is written down whether they were watched.
pub(crate) const GRID: (usize, usize) = (32, 18);

/// One look, as written, without its things: those follow it, see [`Recorder::entry`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Look {
    pub(crate) now: Seconds,
    pub(crate) at: When,
    /// At the beginning, and when the street or the zones were learnt anew.
    pub(crate) base: Option<Base>,
    /// Looks since the one before, this one included, and the seconds that they saw.
    pub(crate) looks: u32,
    pub(crate) seen_s: f32,
    /// Times without sight that ended since.
    pub(crate) gaps: Vec<(Seconds, Seconds)>,
    /// How many things follow.
    pub(crate) things: u32,
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

/// What follows of a thing: all of its bytes, and not what changed in them.
const WHOLE: u8 = 1;
/// Its outline has changed: how many pixels, and the distances between them.
const MASK: u8 = 2;
/// How tall people are there has changed: to this, or to not known.
const PERSON: u8 = 4;
const NOBODY: u8 = 8;
/// What was out for it already, in the first look that shows it.
const RAISED: u8 = 16;

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
    /// Writes one thing of one look: its number, what follows, and that.
    fn entry(&mut self, thing: &mut Thing, person: Option<f32>, out: &mut Vec<u8>) {
        // The large parts are written apart.
        let (mask, episodes) = (std::mem::take(&mut thing.mask), std::mem::take(&mut thing.episodes));
        let body = postcard::to_stdvec(&*thing).expect("plain data in memory can always be written");
        (thing.mask, thing.episodes) = (mask, episodes);
        let mut hasher = DefaultHasher::new();
        thing.mask.hash(&mut hasher);
        let mask = hasher.finish();
        let known = self.things.get(&thing.serial);
        let raised: Vec<Episode> = match known {
            None => thing.episodes.iter().filter(|e| e.raised.is_some()).cloned().collect(),
            Some(_) => Vec::new(),
        };
        let reshaped = known.is_none_or(|known| known.mask != mask);
        let resized = known.is_none_or(|known| known.person != person);
        let mut flags = if known.is_none() { WHOLE } else { 0 };
        flags |= if reshaped { MASK } else { 0 };
        flags |= if !resized {
            0
        } else if person.is_some() {
            PERSON
        } else {
            NOBODY
        };
        flags |= if raised.is_empty() { 0 } else { RAISED };
        put_varint(out, thing.serial);
        out.push(flags);
        match known {
            None => put_text(out, &body),
            Some(known) => diff::write(&known.body, &body, out),
        }
        if reshaped {
            put_varint(out, thing.mask.len() as u64);
            distances(&thing.mask).for_each(|distance| put_varint(out, u64::from(distance)));
        }
        if let Some(person) = person.filter(|_| resized) {
            out.extend(person.to_le_bytes());
        }
        if !raised.is_empty() {
            put_text(out, &postcard::to_stdvec(&raised).expect("plain data in memory can always be written"));
        }
        self.things.insert(thing.serial, Written { body, mask, person });
    }
}

fn distances(mask: &[u32]) -> impl Iterator<Item = u32> + '_ {
    let mut last = 0;
    mask.iter().map(move |&i| i.wrapping_sub(std::mem::replace(&mut last, i)))
}

/// An outline from the distances between its pixels.
fn outline(distances: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut last = 0u32;
    let place = |distance| {
        last = last.wrapping_add(distance);
        last
    };
    distances.map(place).collect()
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
        let mut entries = Vec::new();
        for (thing, person) in self.state_mut().things.iter_mut().zip(persons) {
            recorder.entry(thing, person, &mut entries);
        }
        let things = &self.state().things;
        recorder.things.retain(|serial, _| things.iter().any(|thing| thing.serial == *serial));
        let look = Look {
            now,
            at: at.into(),
            base: news.then(|| base.clone()),
            looks: std::mem::take(&mut recorder.looks),
            seen_s: std::mem::take(&mut recorder.seen_s) as f32,
            gaps,
            things: things.len() as u32,
        };
        (recorder.base, recorder.written_at) = (Some(base), Some(now));
        let body = postcard::to_stdvec(&look).expect("plain data in memory can always be written");
        // The length in front lets a reader pass over a look.
        recorder.bytes.extend(((body.len() + entries.len()) as u32).to_le_bytes());
        recorder.bytes.extend(body);
        recorder.bytes.extend(entries);
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
    fn an_outline_in_any_order_comes_back() {
        let mask = vec![7, 8, 9, 100, 50, 4_000_000_000];
        assert_eq!(outline(distances(&mask)), mask);
    }
}
