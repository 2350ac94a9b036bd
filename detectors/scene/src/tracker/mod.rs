//! Follows detections from look to look: two-stage association on a Kalman motion model.
//!
//! The idea is ByteTrack's (Zhang et al., ECCV 2022): confident detections are paired first, doubtful ones only continue
//! what is already followed, so that somebody half hidden is not lost. It knows nothing of zones or rules and can be scored
//! alone.

mod assignment;
mod kalman;

use events::{BBox, Detection, Detections, ObjectClass, Score, Stamp};
use serde::{Deserialize, Serialize};

use crate::clock::Line;
use assignment::{FORBIDDEN, assign};
use kalman::Motion;

/// One thing followed.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    /// Counts up within one tracker; never used twice.
    pub id: u64,
    /// What it is, by the votes of its detections.
    pub class: ObjectClass,
    /// Where it is now.
    pub bbox: BBox,
    /// The score of its last detection.
    pub score: Score,
    /// Velocity of its centre, in picture widths and heights a second.
    pub velocity: (f64, f64),
    /// How long ago it was last detected, seconds; 0 when in this look.
    pub unseen_s: f64,
}

/// What is followed after one look.
#[derive(Debug, Clone, PartialEq)]
pub struct Tracks {
    /// The look.
    pub stamp: Stamp,
    /// Detected in this look, in the order of their ids.
    pub live: Vec<Track>,
    /// Followed, but not detected in this look; where they are expected.
    pub coasting: Vec<Track>,
    /// Given up with this look.
    pub ended: Vec<u64>,
}

/// The tracker's thresholds. Defaults are ByteTrack's, lowered to what small CPU models score.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackerOptions {
    /// Detections at least this sure are paired first, 0..=1.
    pub high: f32,
    /// Detections at least this sure may begin a track, 0..=1.
    pub begin: f32,
    /// Detections less sure than this are not looked at, 0..=1.
    pub low: f32,
    /// A track is kept this long without a detection, seconds.
    pub keep_s: f64,
    /// Detections seen before a track counts as live.
    pub confirm: u32,
}

impl Default for TrackerOptions {
    fn default() -> Self {
        Self { high: 0.45, begin: 0.5, low: 0.1, keep_s: 3.0, confirm: 1 }
    }
}

/// Least overlap (times score) of a pair in the first stage, ByteTrack's `match_thresh` 0.8 as a cost.
const FIRST: f64 = 0.8;

/// The same in the second stage, where doubtful boxes must fit better.
const SECOND: f64 = 0.5;

/// Looks further apart than this are compared with boxes grown with the time between: a walker is a width further on.
const QUICK_S: f64 = 0.15;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Followed {
    id: u64,
    motion: Motion,
    class: u8,
    score: f32,
    seen_at: f64,
    hits: u32,
    votes: Vec<(u8, f32)>,
}

/// Two-stage association on a Kalman motion model.
#[derive(Debug, Clone, Default)]
pub struct Tracker {
    options: TrackerOptions,
    state: State,
}

/// What a tracker remembers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct State {
    line: Line,
    next: u64,
    run: Option<u64>,
    followed: Vec<Followed>,
}

fn index_of(class: ObjectClass) -> u8 {
    ObjectClass::NAMES.iter().position(|(c, _)| *c == class).unwrap_or(ObjectClass::NAMES.len() - 1) as u8
}

fn class_of(index: u8) -> ObjectClass {
    ObjectClass::NAMES.get(usize::from(index)).map_or(ObjectClass::Other, |(c, _)| *c)
}

/// May a detection continue a track of this class? Vehicles are confused with one another, persons with nothing.
fn akin(a: ObjectClass, b: ObjectClass) -> bool {
    a == b || (a.is_vehicle() && b.is_vehicle()) || (!a.is_mover() && !b.is_mover())
}

impl Tracker {
    /// Follows nothing yet; default thresholds.
    pub fn new() -> Self {
        Self::default()
    }

    /// With other thresholds.
    pub fn with(options: TrackerOptions) -> Self {
        Self { options, state: State::default() }
    }

    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    pub(crate) fn resume(options: TrackerOptions, state: State) -> Self {
        Self { options, state }
    }

    /// Takes one look. A new run ends all tracks.
    pub fn step(&mut self, detections: &Detections) -> Tracks {
        let moment = detections.stamp.moment();
        let before = self.state.line.now();
        let now = self.state.line.advance(moment);
        let dt = now - before;
        let mut ended = Vec::new();
        if self.state.run.is_some_and(|run| run != moment.run.0) {
            ended.extend(self.state.followed.drain(..).map(|f| f.id));
        }
        self.state.run = Some(moment.run.0);
        for followed in &mut self.state.followed {
            if now - followed.seen_at > 1.0 {
                followed.motion.rest();
            }
            followed.motion.predict(dt);
        }
        let sure = |d: &&Detection| d.score.value() >= self.options.high;
        let high: Vec<&Detection> = detections.items.iter().filter(sure).collect();
        let low: Vec<&Detection> = detections.items.iter().filter(|d| !sure(d) && d.score.value() >= self.options.low).collect();

        let all: Vec<usize> = (0..self.state.followed.len()).collect();
        let (first_tracks, first_detections) = self.pair(&all, &high, dt, FIRST, now);
        let rest: Vec<usize> = all.into_iter().filter(|t| !first_tracks.contains(t)).collect();
        self.pair(&rest, &low, dt, SECOND, now);
        for (index, detection) in high.iter().enumerate() {
            if !first_detections.contains(&index) && detection.score.value() >= self.options.begin {
                self.begin(detection, now);
            }
        }

        let keep = self.options.keep_s;
        let confirm = self.options.confirm;
        self.state.followed.retain(|f| {
            let gone = now - f.seen_at > keep || (f.hits < confirm && f.seen_at < now);
            if gone {
                ended.push(f.id);
            }
            !gone
        });
        ended.sort_unstable();
        let (mut live, mut coasting) = (Vec::new(), Vec::new());
        for f in &self.state.followed {
            if f.hits < confirm {
                continue;
            }
            let track = Track {
                id: f.id,
                class: class_of(f.class),
                bbox: f.motion.bbox(),
                score: Score::clamped(f.score),
                velocity: f.motion.velocity(),
                unseen_s: now - f.seen_at,
            };
            if f.seen_at >= now { live.push(track) } else { coasting.push(track) }
        }
        Tracks { stamp: detections.stamp.clone(), live, coasting, ended }
    }

    /// Pairs some tracks with some detections and takes the pairs in; says which tracks and detections were paired.
    fn pair(&mut self, tracks: &[usize], detections: &[&Detection], dt: f64, limit: f64, now: f64) -> (Vec<usize>, Vec<usize>) {
        let grow = if dt > QUICK_S { (0.35 * dt).min(0.6) } else { 0.0 };
        let mut cost = Vec::with_capacity(tracks.len() * detections.len());
        for &t in tracks {
            let followed = &self.state.followed[t];
            let expected = followed.motion.bbox().grown(grow);
            for d in detections {
                let fits = akin(class_of(followed.class), d.class);
                let overlap = if fits { expected.iou(&d.bbox.grown(grow)) } else { 0.0 };
                // ByteTrack fuses the score into the first stage only.
                let weight = if limit > SECOND { f64::from(d.score.value()).max(0.4) } else { 1.0 };
                cost.push(if overlap > 0.0 { 1.0 - overlap * weight } else { FORBIDDEN });
            }
        }
        let pairs = assign(&cost, tracks.len(), detections.len(), limit);
        for &(t, d) in &pairs {
            let (followed, detection) = (&mut self.state.followed[tracks[t]], detections[d]);
            followed.motion.correct(&detection.bbox);
            followed.score = detection.score.value();
            followed.seen_at = now;
            followed.hits += 1;
            vote(followed, detection);
        }
        pairs.iter().map(|&(t, d)| (tracks[t], d)).unzip()
    }

    fn begin(&mut self, detection: &Detection, now: f64) {
        let mut followed = Followed {
            id: self.state.next,
            motion: Motion::new(&detection.bbox),
            class: index_of(detection.class),
            score: detection.score.value(),
            seen_at: now,
            hits: 1,
            votes: Vec::new(),
        };
        self.state.next += 1;
        vote(&mut followed, detection);
        self.state.followed.push(followed);
    }
}

fn vote(followed: &mut Followed, detection: &Detection) {
    let class = index_of(detection.class);
    match followed.votes.iter_mut().find(|(c, _)| *c == class) {
        Some((_, weight)) => *weight += detection.score.value(),
        None => followed.votes.push((class, detection.score.value())),
    }
    let best = followed.votes.iter().fold((followed.class, f32::MIN), |best, v| if v.1 > best.1 { *v } else { best });
    followed.class = best.0;
}
