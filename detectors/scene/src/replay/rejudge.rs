//! Judges a recording again.

use std::collections::HashMap;

use events::schedule::Calendar;
use events::site::Camera;
use events::{Candidate, CandidateState, Moment, Subject};

use super::bytes::Cursor;
use super::slot::Slot;
use super::{GRID, Look, MASK, NOBODY, PERSON, RAISED, WHOLE, diff, outline};
use crate::clock::Seconds;
use crate::judgement::Judgement;
use crate::options::SceneOptions;
use crate::place::thing::Thing;
use crate::scene::{InForce, Scene};
use crate::violation::Episode;
use crate::violation::kin::CAME_TOGETHER;

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
    /// By the order of the things: judging this one would change nothing in this look.
    pub(crate) quiet: Vec<bool>,
    /// Everything is judged in every look, and to its end.
    pub(crate) thorough: bool,
}

/// A recording being judged under zones of one's choice.
#[derive(Debug)]
pub struct Replay {
    scene: Scene,
    /// Beside the scene's things, in the same order.
    slots: Vec<Slot>,
    /// Nothing was read from the present beginning yet.
    fresh: bool,
    next_key: u64,
    in_force: InForce,
    cells: Vec<u8>,
    /// Seconds seen since the cells were last counted.
    uncounted_s: f64,
    watched: Watched,
    spare: Vec<u8>,
}

fn damaged(reason: impl ToString) -> ReplayError {
    ReplayError::Damaged(reason.to_string())
}

fn cut_off() -> ReplayError {
    damaged("a thing is cut off")
}

impl Replay {
    /// The version of recordings that this build writes and reads.
    pub const VERSION: u8 = super::VERSION;

    /// Nothing is judged yet. The options are those of the scene that wrote.
    pub fn new(camera: &Camera, calendar: &Calendar, options: SceneOptions) -> Self {
        let mut scene = Scene::new(camera, calendar, options);
        scene.replayed = Some(Replayed::default());
        Self {
            scene,
            slots: Vec::new(),
            fresh: true,
            next_key: 0,
            in_force: InForce::default(),
            cells: Vec::new(),
            uncounted_s: 0.0,
            watched: Watched::default(),
            spare: Vec::new(),
        }
    }

    /// Passes over nothing: what a plain re-judging of every look gives, against which the quick one is tried.
    pub fn thorough(mut self) -> Self {
        if let Some(replayed) = &mut self.scene.replayed {
            replayed.thorough = true;
        }
        self
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
        let cut_off = || damaged("a look is cut off");
        while !bytes.is_empty() {
            let (length, rest) = bytes.split_first_chunk::<4>().ok_or_else(cut_off)?;
            let (body, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(cut_off)?;
            let (look, things) = postcard::take_from_bytes::<Look>(body).map_err(damaged)?;
            self.look(look, Cursor::new(things), &mut tell)?;
            bytes = rest;
        }
        self.count_cells();
        Ok(())
    }

    fn look(&mut self, look: Look, things: Cursor<'_>, tell: &mut impl FnMut(Rejudged)) -> Result<(), ReplayError> {
        let begins = std::mem::take(&mut self.fresh);
        if begins && look.base.is_none() {
            return Err(damaged("it is not read from its beginning"));
        }
        if let Some(base) = look.base {
            if base.size.0 == 0 || base.size.1 == 0 {
                return Err(damaged("a picture without pixels"));
            }
            if let Some(replayed) = &mut self.scene.replayed {
                replayed.size = (base.size.0 as usize, base.size.1 as usize);
            }
            self.scene.state_mut().learnt_at = base.learnt_at;
            self.watched.least_area = self.watched.least_area.max(base.least_area);
            self.count_cells();
            self.cells = base.watched;
            // Places are shares of the size, and newness is told from the time of learning.
            self.slots.iter_mut().for_each(|slot| slot.touched(diff::Touched::Head));
        }
        self.watched.looks += u64::from(look.looks);
        self.watched.seen_s += f64::from(look.seen_s);
        self.uncounted_s += f64::from(look.seen_s);
        let state = self.scene.state_mut();
        state.line.go_to(look.now, look.at);
        if begins {
            state.gaps.clear();
        }
        state.gaps.extend(look.gaps);
        while state.gaps.len() > crate::scene::GAPS {
            state.gaps.pop_front();
        }
        self.things(look.things as usize, things, begins)?;
        let news = self.scene.note_in_force(&mut self.in_force);
        let now = look.now;
        let all = begins || news || self.scene.replayed.as_ref().is_some_and(|replayed| replayed.thorough);
        let Some(replayed) = &mut self.scene.replayed else { return Ok(()) };
        replayed.quiet.clear();
        replayed.quiet.extend(self.slots.iter().map(|slot| !(all || slot.is_loud(now))));
        if all || replayed.quiet.contains(&false) {
            self.catch_up()?;
            self.judge(now, tell);
            self.ask_quiet(begins || news);
        }
        Ok(())
    }

    fn count_cells(&mut self) {
        let seen_s = std::mem::take(&mut self.uncounted_s);
        self.watched.cells.resize(GRID.0 * GRID.1, 0.0);
        for (cell, seconds) in self.watched.cells.iter_mut().enumerate() {
            if self.cells.get(cell / 8).is_some_and(|bits| bits >> (cell % 8) & 1 == 1) {
                *seconds += seen_s;
            }
        }
    }

    /// Reads the things of a look. In nearly all looks they are those of the look before, in the same order.
    fn things(&mut self, count: usize, mut from: Cursor<'_>, begins: bool) -> Result<(), ReplayError> {
        for index in 0..count {
            let serial = from.varint().ok_or_else(cut_off)?;
            if self.slots.get(index).is_none_or(|slot| slot.serial != serial) {
                // Found further back, it changes places with what stands here.
                if let Some(found) = self.slots.iter().skip(index).position(|slot| slot.serial == serial) {
                    self.slots.swap(index, index + found);
                    self.scene.state_mut().things.swap(index, index + found);
                }
            }
            let known = self.slots.get(index).is_some_and(|slot| slot.serial == serial);
            self.thing(index, serial, known, begins, &mut from)?;
        }
        let persons = self.scene.replayed.as_mut().map(|replayed| &mut replayed.persons);
        if let Some(persons) = persons {
            for slot in self.slots.drain(count.min(self.slots.len())..) {
                persons.remove(&slot.serial);
            }
        }
        self.scene.state_mut().things.truncate(count);
        Ok(())
    }

    /// Reads one thing of a look, which comes at this place among the others.
    fn thing(&mut self, index: usize, serial: u64, known: bool, begins: bool, from: &mut Cursor<'_>) -> Result<(), ReplayError> {
        let flags = from.byte().ok_or_else(cut_off)?;
        let mut new = None;
        if flags & WHOLE == 0 {
            let slot = self.slots.get_mut(index).filter(|_| known).ok_or_else(|| damaged("a change of a thing nobody knows"))?;
            let guarded = slot.guarded();
            let touched = diff::apply(from, &mut slot.body, &mut self.spare, guarded);
            slot.touched(touched.ok_or_else(|| damaged("a change outside of its thing"))?);
        } else {
            let body = from.text().ok_or_else(cut_off)?;
            let thing: Thing = postcard::from_bytes(body).map_err(damaged)?;
            // A scene that began anew counts from the beginning: the same number is the same thing only if it came then.
            let same = known && (!begins || self.scene.state().things[index].first_seen == thing.first_seen);
            if same {
                let slot = &mut self.slots[index];
                slot.body.clear();
                slot.body.extend_from_slice(body);
                slot.touched(diff::Touched::Head);
            } else {
                if known {
                    self.slots.remove(index);
                    self.scene.state_mut().things.remove(index);
                }
                new = Some((thing, body.to_vec()));
            }
        }
        let mask = if flags & MASK == 0 { None } else { Some(mask(from)?) };
        let person = if flags & PERSON == 0 { None } else { Some(from.take(4).ok_or_else(cut_off)?) };
        let raised = if flags & RAISED == 0 { &[][..] } else { from.text().ok_or_else(cut_off)? };
        if let Some((thing, body)) = new {
            self.place(index, Slot::new(serial, 0, body), thing, raised)?;
        }
        let place = &mut self.scene.state_mut().things[index];
        if let Some(mask) = mask {
            place.mask = mask;
        }
        if let Some(replayed) = &mut self.scene.replayed {
            if let Some(person) = person {
                replayed.persons.insert(serial, f32::from_le_bytes([person[0], person[1], person[2], person[3]]));
            } else if flags & NOBODY != 0 {
                replayed.persons.remove(&serial);
            }
        }
        Ok(())
    }

    /// Puts a thing that was not there before at this place; what stood there has gone, or comes later in the look.
    fn place(&mut self, index: usize, mut slot: Slot, mut thing: Thing, raised: &[u8]) -> Result<(), ReplayError> {
        if !raised.is_empty() {
            let raised: Vec<Episode> = postcard::from_bytes(raised).map_err(damaged)?;
            thing.episodes = raised.into_iter().filter(|e| self.scene.wants(&e.zone, e.kind)).collect();
        }
        thing.serial = slot.serial;
        self.next_key += 1;
        slot.key = self.next_key;
        slot.made(&thing);
        let index = index.min(self.slots.len());
        self.slots.insert(index, slot);
        self.scene.state_mut().things.insert(index, thing);
        Ok(())
    }

    /// Makes the things of their bytes that are judged in this look, and those that they may be pieces of. Of all others only
    /// what is guarded is asked, see [`Slot::touched`], and that has not changed since they were made.
    fn catch_up(&mut self) -> Result<(), ReplayError> {
        let Some(replayed) = &self.scene.replayed else { return Ok(()) };
        let quiet = replayed.quiet.clone();
        for index in (0..quiet.len()).filter(|&index| !quiet[index]) {
            self.make(index)?;
        }
        for index in 0..quiet.len() {
            let things = &self.scene.state().things;
            let near = |other: usize| (things[other].onset - things[index].onset).abs() <= CAME_TOGETHER;
            if self.slots[index].stale && (0..quiet.len()).any(|other| !quiet[other] && near(other)) {
                self.make(index)?;
            }
        }
        Ok(())
    }

    /// Makes a thing of its bytes if they say more than it.
    fn make(&mut self, index: usize) -> Result<(), ReplayError> {
        let (slot, place) = (&mut self.slots[index], &mut self.scene.state_mut().things[index]);
        if !slot.stale {
            return Ok(());
        }
        let mut thing: Thing = postcard::from_bytes(&slot.body).map_err(damaged)?;
        if thing.serial != slot.serial {
            return Err(damaged("a thing has another's number"));
        }
        (thing.mask, thing.episodes) = (std::mem::take(&mut place.mask), std::mem::take(&mut place.episodes));
        if place.first_seen != thing.first_seen {
            thing.episodes.retain(|episode| episode.raised.is_some());
        }
        *place = thing;
        slot.made(place);
        Ok(())
    }

    /// Asks again until when things are quiet, where that may have changed.
    fn ask_quiet(&mut self, all: bool) {
        for (slot, thing) in self.slots.iter_mut().zip(&self.scene.state().things) {
            let raised = thing.episodes.iter().filter(|episode| episode.raised.is_some()).count();
            if all || raised != slot.raised || slot.quiet.is_none() {
                slot.raised = raised;
                // Of what was not made nothing is known.
                slot.quiet = if slot.stale { None } else { self.scene.quiet_until(thing, &self.in_force) };
            }
        }
    }

    fn judge(&mut self, now: Seconds, tell: &mut impl FnMut(Rejudged)) {
        let mut said = Vec::new();
        self.scene.decide(now, &mut said);
        for judgement in said {
            match judgement {
                Judgement::Raised(candidate) => {
                    let mine = |thing: &Thing| thing.episodes.iter().any(|e| e.id == candidate.id.as_str() && e.raised.is_some());
                    let slot = self.scene.state().things.iter().position(mine).and_then(|index| self.slots.get(index));
                    let (thing, serial) = slot.map_or((0, 0), |slot| (slot.key, slot.serial));
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

fn mask(from: &mut Cursor<'_>) -> Result<Vec<u32>, ReplayError> {
    let pixels = from.varint().and_then(|n| usize::try_from(n).ok()).ok_or_else(cut_off)?;
    // Each is a byte at least.
    if pixels > from.rest().len() {
        return Err(cut_off());
    }
    let distances: Option<Vec<u32>> = (0..pixels).map(|_| from.varint().and_then(|d| u32::try_from(d).ok())).collect();
    Ok(outline(distances.ok_or_else(cut_off)?.into_iter()))
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
