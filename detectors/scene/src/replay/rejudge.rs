//! Judges a recording again.

use std::collections::HashMap;

use events::schedule::Calendar;
use events::site::Camera;
use events::{Candidate, CandidateState, Moment, Subject};

use super::{Body, Entry, GRID, Look};
use crate::clock::Seconds;
use crate::judgement::Judgement;
use crate::options::SceneOptions;
use crate::place::thing::Thing;
use crate::scene::Scene;

/// Why a recording cannot be judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// Written by another version of this program.
    #[error("the recording has version {got}, this build reads {wanted}")]
    Version {
        /// What stands in it.
        got: u8,
        /// What this build reads.
        wanted: u8,
    },
    /// Cut off, damaged, or not read from its beginning.
    #[error("the recording cannot be read: {0}")]
    Damaged(String),
}

/// What a replay says.
#[derive(Debug, Clone, PartialEq)]
pub enum Rejudged {
    /// The rule was met.
    Raised {
        /// The thing, by the order in which things appear in the recording: the same under all zones.
        thing: u64,
        /// Its number in the scene that wrote it, and when it was first seen: names its picture.
        serial: u64,
        /// What would have been raised.
        candidate: Box<Candidate>,
    },
    /// What was raised has gone.
    Cleared {
        /// Its candidate's id.
        id: String,
        /// When.
        at: Moment,
    },
}

/// What the scene watched while it wrote.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Watched {
    /// Looks that were judged.
    pub looks: u64,
    /// Seconds between them in which the street was seen.
    pub seen_s: f64,
    /// Smallest thing that was followed all the time, as a share of the picture.
    pub least_area: f64,
    /// Seconds for which each cell of a grid of 32 by 18 was watched, row by row.
    pub cells: Vec<f64>,
}

impl Watched {
    /// Columns and rows of [`Watched::cells`].
    pub const GRID: (usize, usize) = GRID;

    /// Takes in what another recording of the same camera watched.
    pub fn add(&mut self, other: &Watched) {
        self.looks += other.looks;
        self.seen_s += other.seen_s;
        self.least_area = self.least_area.max(other.least_area);
        self.cells.resize(self.cells.len().max(other.cells.len()), 0.0);
        self.cells.iter_mut().zip(&other.cells).for_each(|(mine, theirs)| *mine += theirs);
    }
}

/// What of a replayed scene does not come from its own looking.
#[derive(Debug, Default)]
pub(crate) struct Replayed {
    pub(crate) size: (usize, usize),
    pub(crate) persons: HashMap<u64, f32>,
}

/// A thing as it was last read.
#[derive(Debug)]
struct Read {
    body: Vec<u8>,
    key: u64,
}

/// A recording being judged under zones of one's choice.
#[derive(Debug)]
pub struct Replay {
    scene: Scene,
    read: HashMap<u64, Read>,
    /// Nothing was read from the present beginning yet.
    fresh: bool,
    next_key: u64,
    cells: Vec<u8>,
    watched: Watched,
}

impl Replay {
    /// The version of recordings that this build writes and reads.
    pub const VERSION: u8 = super::VERSION;

    /// Nothing is judged yet. The options are those of the scene that wrote.
    pub fn new(camera: &Camera, calendar: &Calendar, options: SceneOptions) -> Self {
        let mut scene = Scene::new(camera, calendar, options);
        scene.replayed = Some(Replayed::default());
        Self { scene, read: HashMap::new(), fresh: true, next_key: 0, cells: Vec::new(), watched: Watched::default() }
    }

    /// A recording ends and another one begins: a worker started again, or a new day. Things that go on keep what was said
    /// of them.
    pub fn begin(&mut self) {
        self.fresh = true;
    }

    /// What was watched in what was fed.
    pub fn watched(&self) -> &Watched {
        &self.watched
    }

    /// Judges what comes next of the recording.
    ///
    /// # Errors
    /// When the bytes are damaged, or do not go on from those before.
    pub fn feed(&mut self, mut bytes: &[u8], mut tell: impl FnMut(Rejudged)) -> Result<(), ReplayError> {
        let damaged = |reason: &str| ReplayError::Damaged(reason.to_owned());
        while !bytes.is_empty() {
            let (length, rest) = bytes.split_at_checked(4).ok_or_else(|| damaged("a look is cut off"))?;
            let length = u32::from_le_bytes([length[0], length[1], length[2], length[3]]) as usize;
            let (body, rest) = rest.split_at_checked(length).ok_or_else(|| damaged("a look is cut off"))?;
            let look: Look<'_> = postcard::from_bytes(body).map_err(|error| ReplayError::Damaged(error.to_string()))?;
            self.look(look, &mut tell)?;
            bytes = rest;
        }
        Ok(())
    }

    fn look(&mut self, look: Look<'_>, tell: &mut impl FnMut(Rejudged)) -> Result<(), ReplayError> {
        let begins = std::mem::take(&mut self.fresh);
        if begins && look.base.is_none() {
            return Err(ReplayError::Damaged("it is not read from its beginning".to_owned()));
        }
        if let Some(base) = look.base {
            if base.size.0 == 0 || base.size.1 == 0 {
                return Err(ReplayError::Damaged("a picture without pixels".to_owned()));
            }
            if let Some(replayed) = &mut self.scene.replayed {
                replayed.size = (base.size.0 as usize, base.size.1 as usize);
            }
            self.scene.state_mut().learnt_at = base.learnt_at;
            self.watched.least_area = self.watched.least_area.max(base.least_area);
            self.cells = base.watched;
        }
        self.count(look.looks, f64::from(look.seen_s));
        let state = self.scene.state_mut();
        state.line.go_to(look.now, look.at);
        if begins {
            state.gaps.clear();
        }
        state.gaps.extend(look.gaps);
        while state.gaps.len() > crate::scene::GAPS {
            state.gaps.pop_front();
        }
        let mut before = std::mem::take(&mut state.things);
        let mut things = Vec::with_capacity(look.things.len());
        for entry in look.things {
            things.push(self.thing(entry, &mut before, begins)?);
        }
        self.read.retain(|serial, _| things.iter().any(|thing: &Thing| thing.serial == *serial));
        self.scene.state_mut().things = things;
        self.judge(look.now, tell);
        Ok(())
    }

    fn count(&mut self, looks: u32, seen_s: f64) {
        self.watched.looks += u64::from(looks);
        self.watched.seen_s += seen_s;
        self.watched.cells.resize(GRID.0 * GRID.1, 0.0);
        for (cell, seconds) in self.watched.cells.iter_mut().enumerate() {
            if self.cells.get(cell / 8).is_some_and(|bits| bits >> (cell % 8) & 1 == 1) {
                *seconds += seen_s;
            }
        }
    }

    /// Puts a thing together from what was written and what this replay has said of it.
    fn thing(&mut self, entry: Entry<'_>, before: &mut Vec<Thing>, begins: bool) -> Result<Thing, ReplayError> {
        let damaged = |reason: &str| ReplayError::Damaged(reason.to_owned());
        let was = before.iter().position(|thing| thing.serial == entry.serial).map(|index| before.swap_remove(index));
        let body = match entry.body {
            Body::Whole(bytes) => bytes.0.into_owned(),
            Body::Changed(changes) => {
                let read = self.read.get_mut(&entry.serial).ok_or_else(|| damaged("a change of a thing nobody knows"))?;
                let mut body = std::mem::take(&mut read.body);
                for change in changes {
                    let (at, bytes) = (usize::from(change.at), change.bytes.0);
                    let place = body.get_mut(at..at + bytes.len());
                    place.ok_or_else(|| damaged("a change outside of its thing"))?.copy_from_slice(&bytes);
                }
                body
            }
        };
        let mut thing: Thing = postcard::from_bytes(&body).map_err(|error| ReplayError::Damaged(error.to_string()))?;
        // A scene that began anew counts from the beginning: the same number is the same thing only if it came then.
        let was = was.filter(|was| !begins || was.first_seen == thing.first_seen);
        let key = match (&was, self.read.get(&entry.serial)) {
            (Some(_), Some(read)) => read.key,
            _ => {
                self.next_key += 1;
                self.next_key
            }
        };
        match was {
            Some(was) => {
                let retimed = was.first_seen != thing.first_seen;
                (thing.mask, thing.episodes) = (was.mask, was.episodes);
                if retimed {
                    thing.episodes.retain(|episode| episode.raised.is_some());
                }
            }
            None => {
                let watched = |e: &crate::violation::Episode| self.scene.wants(&e.zone, e.kind);
                thing.episodes = entry.raised.into_iter().filter(watched).collect();
            }
        }
        if let Some(distances) = entry.mask {
            let mut last = 0u32;
            thing.mask = distances
                .into_iter()
                .map(|d| {
                    last = last.wrapping_add(d);
                    last
                })
                .collect();
        }
        if let (Some(person), Some(replayed)) = (entry.person, &mut self.scene.replayed) {
            match person {
                Some(person) => drop(replayed.persons.insert(thing.serial, person)),
                None => drop(replayed.persons.remove(&thing.serial)),
            }
        }
        self.read.insert(thing.serial, Read { body, key });
        Ok(thing)
    }

    fn judge(&mut self, now: Seconds, tell: &mut impl FnMut(Rejudged)) {
        let mut said = Vec::new();
        self.scene.decide(now, &mut said);
        for judgement in said {
            match judgement {
                Judgement::Raised(candidate) => {
                    let mine =
                        |thing: &&Thing| thing.episodes.iter().any(|e| e.id == candidate.id.as_str() && e.raised.is_some());
                    let serial = self.scene.state().things.iter().find(mine).map_or(0, |thing| thing.serial);
                    let thing = self.read.get(&serial).map_or(0, |read| read.key);
                    tell(Rejudged::Raised { thing, serial, candidate });
                }
                Judgement::Observed(observation) => {
                    if let Subject::Candidate { id, state: CandidateState::Cleared, .. } = observation.subject {
                        tell(Rejudged::Cleared { id: id.as_str().to_owned(), at: observation.at });
                    }
                }
                Judgement::Opened { .. } | Judgement::Closed { .. } => {}
            }
        }
    }
}

/// The cells of [`Watched::GRID`] whose middle lies within a shape.
pub fn cells_within(inside: impl Fn(events::Point) -> bool) -> Vec<usize> {
    let (columns, rows) = GRID;
    (0..columns * rows)
        .filter(|cell| {
            let x = ((cell % columns) as f64 + 0.5) / columns as f64;
            let y = ((cell / columns) as f64 + 0.5) / rows as f64;
            inside(events::Point { x, y })
        })
        .collect()
}
