//! Follows detections from look to look: two-stage association on a Kalman motion model.
//!
//! The idea is ByteTrack's (Zhang et al., ECCV 2022): confident detections are paired first, doubtful ones only continue
//! what is already followed, so that somebody half hidden is not lost. What was added to it, each because it was measured to
//! help (`benches/runs`): boxes are grown before they are compared, the more the longer ago a thing was seen (C-BIoU, Yang
//! et al., WACV 2023); how well heights agree counts beside the overlap (Hybrid-SORT, Yang et al., AAAI 2024); a gap is gone
//! through again once it is closed (OC-SORT). All times are seconds: looks come at 30 a second or one in two seconds.
//! It knows nothing of zones or rules and can be scored alone.

mod assignment;
mod followed;
mod kalman;

use events::{BBox, Detection, Detections, ObjectClass, Score, Stamp};
use serde::{Deserialize, Serialize};

use crate::clock::Line;
use assignment::{FORBIDDEN, assign};
use followed::Followed;

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

/// The tracker's thresholds. Defaults are ByteTrack's scores, lowered to what small CPU models give.
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
    /// Detections seen before a track counts as live, where looks follow each other within a tenth of a second. At slower
    /// looks the first one counts: the next is too far away to wait for.
    pub confirm: u32,
}

impl Default for TrackerOptions {
    fn default() -> Self {
        Self { high: 0.45, begin: 0.5, low: 0.1, keep_s: 2.5, confirm: 2 }
    }
}

/// Least likeness of a track and a confident detection that may be a pair: grown boxes that touch at all are compared, and
/// the cheapest pairing of all decides.
const FIRST: f64 = 0.1;

/// The same for a doubtful detection, which must fit better (ByteTrack's 0.5).
const SECOND: f64 = 0.5;

/// The same for a track seen only once (ByteTrack's 0.7 as a cost).
const UNCONFIRMED: f64 = 0.3;

/// Boxes are grown by this share before they are compared (C-BIoU takes 0.3 and 0.5 in its two steps) …
const GROW: f64 = 0.1;

/// … and by this much more for each second since the track was seen, as a walker is a width further on in a second …
const GROW_A_SECOND: f64 = 0.35;

/// … but never by more than this.
const GROW_MOST: f64 = 0.6;

/// Looks within this time, seconds, let a new track wait for its second detection.
const QUICK_S: f64 = 0.1;

/// A score below this weighs no less in the likeness than this one.
const LEAST_WEIGHT: f64 = 0.4;

/// Follows detections from look to look.
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

/// May a detection continue a track of this class? Vehicles are confused with one another, persons with nothing.
fn akin(a: ObjectClass, b: ObjectClass) -> bool {
    a == b || (a.is_vehicle() && b.is_vehicle()) || (!a.is_mover() && !b.is_mover())
}

/// How alike two boxes are, 0..=1: overlap of the grown boxes times the common part of their heights (Hybrid-SORT's
/// height-modulated IoU): people who cross overlap, but one in front stands taller and lower in the picture.
fn likeness(expected: &BBox, seen: &BBox, grow: f64) -> f64 {
    let common = (expected.y2.min(seen.y2) - expected.y1.max(seen.y1)).max(0.0);
    let either = expected.y2.max(seen.y2) - expected.y1.min(seen.y1);
    if common <= 0.0 || either <= 0.0 {
        return 0.0;
    }
    expected.grown(grow).iou(&seen.grown(grow)) * (common / either)
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
        let first = self.state.run.replace(moment.run.0) != Some(moment.run.0);
        if first {
            ended.extend(self.state.followed.drain(..).map(|f| f.id));
        }
        for followed in &mut self.state.followed {
            followed.motion.predict(dt);
        }
        let sure = |d: &&Detection| d.score.value() >= self.options.high;
        let mut high: Vec<&Detection> = detections.items.iter().filter(sure).collect();
        let mut low: Vec<&Detection> =
            detections.items.iter().filter(|d| !sure(d) && d.score.value() >= self.options.low).collect();

        // Nobody knows in the first look how soon the next one comes.
        let confirm = if first || dt > QUICK_S { 1 } else { self.options.confirm };
        let (mut known, mut new): (Vec<usize>, Vec<usize>) =
            (0..self.state.followed.len()).partition(|&t| self.state.followed[t].hits >= confirm);
        self.pair(&mut known, &mut high, FIRST, now, dt);
        self.pair(&mut known, &mut low, SECOND, now, dt);
        self.pair(&mut new, &mut high, UNCONFIRMED, now, dt);
        for detection in high.into_iter().filter(|d| d.score.value() >= self.options.begin) {
            self.state.followed.push(Followed::new(self.state.next, detection, now));
            self.state.next += 1;
        }

        let keep = self.options.keep_s;
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
                class: f.class(),
                bbox: f.motion.bbox(),
                score: Score::clamped(f.score),
                velocity: f.motion.velocity(),
                unseen_s: now - f.seen_at,
            };
            if f.seen_at >= now { live.push(track) } else { coasting.push(track) }
        }
        Tracks { stamp: detections.stamp.clone(), live, coasting, ended }
    }

    /// Pairs some tracks with some detections, takes the pairs in, and leaves what was not paired.
    fn pair(&mut self, tracks: &mut Vec<usize>, detections: &mut Vec<&Detection>, least: f64, now: f64, dt: f64) {
        let mut cost = Vec::with_capacity(tracks.len() * detections.len());
        for &t in tracks.iter() {
            let followed = &self.state.followed[t];
            let grow = (GROW + GROW_A_SECOND * (now - followed.seen_at)).min(GROW_MOST);
            let (class, expected) = (followed.class(), followed.motion.bbox());
            for d in detections.iter() {
                // ByteTrack fuses the score into the first stage only.
                let weight = if least <= FIRST { f64::from(d.score.value()).max(LEAST_WEIGHT) } else { 1.0 };
                let alike = if akin(class, d.class) { likeness(&expected, &d.bbox, grow) * weight } else { 0.0 };
                cost.push(if alike > least { 1.0 - alike } else { FORBIDDEN });
            }
        }
        let pairs = assign(&cost, tracks.len(), detections.len(), 1.0);
        for &(t, d) in &pairs {
            self.state.followed[tracks[t]].take(detections[d], now, dt);
        }
        let mut index = 0..;
        tracks.retain(|_| index.next().is_some_and(|i| pairs.iter().all(|&(t, _)| t != i)));
        let mut index = 0..;
        detections.retain(|_| index.next().is_some_and(|i| pairs.iter().all(|&(_, d)| d != i)));
    }
}
