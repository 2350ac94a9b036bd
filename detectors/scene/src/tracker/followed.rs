//! One thing that is followed: its motion, and what its detections said it is.

use events::{BBox, Detection, ObjectClass};
use serde::{Deserialize, Serialize};

use super::kalman::Motion;

/// A gap is never gone through in more steps than this.
const MOST_STEPS: f64 = 100.0;

/// What is remembered of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Followed {
    pub(super) id: u64,
    pub(super) motion: Motion,
    /// The motion as it was when it was last detected, and the box of that detection.
    last_motion: Motion,
    last_box: [f64; 4],
    class: u8,
    pub(super) score: f32,
    pub(super) seen_at: f64,
    pub(super) hits: u32,
    votes: Vec<(u8, f32)>,
}

impl Followed {
    pub(super) fn new(id: u64, detection: &Detection, now: f64) -> Self {
        let motion = Motion::new(&detection.bbox);
        let mut followed = Self {
            id,
            last_motion: motion.clone(),
            motion,
            last_box: detection.bbox.to_array(),
            class: index_of(detection.class),
            score: detection.score.value(),
            seen_at: now,
            hits: 1,
            votes: Vec::new(),
        };
        followed.vote(detection);
        followed
    }

    /// Takes in its detection of this look, `dt` seconds after the last look.
    ///
    /// After looks without a detection the motion has drifted on a guess. It is gone through again from the last detection
    /// along the straight line to this one (OC-SORT's observation-centric re-update, Cao et al., CVPR 2023).
    pub(super) fn take(&mut self, detection: &Detection, now: f64, dt: f64) {
        let gap = now - self.seen_at;
        if dt > 0.0 && gap > 1.5 * dt {
            let steps = (gap / dt).round().clamp(1.0, MOST_STEPS);
            let (from, to) = (self.last_box, detection.bbox.to_array());
            let mut motion = self.last_motion.clone();
            for step in 1..steps as u32 {
                let share = f64::from(step) / steps;
                let [x1, y1, x2, y2] = std::array::from_fn(|i| from[i] + (to[i] - from[i]) * share);
                motion.predict(gap / steps);
                motion.correct(&BBox { x1, y1, x2, y2 });
            }
            motion.predict(gap / steps);
            self.motion = motion;
        }
        self.motion.correct(&detection.bbox);
        self.last_motion = self.motion.clone();
        self.last_box = detection.bbox.to_array();
        self.score = detection.score.value();
        self.seen_at = now;
        self.hits += 1;
        self.vote(detection);
    }

    /// What it is, by the votes of its detections.
    pub(super) fn class(&self) -> ObjectClass {
        ObjectClass::NAMES.get(usize::from(self.class)).map_or(ObjectClass::Other, |(class, _)| *class)
    }

    fn vote(&mut self, detection: &Detection) {
        let class = index_of(detection.class);
        match self.votes.iter_mut().find(|(c, _)| *c == class) {
            Some((_, weight)) => *weight += detection.score.value(),
            None => self.votes.push((class, detection.score.value())),
        }
        let best = self.votes.iter().fold((self.class, f32::MIN), |best, v| if v.1 > best.1 { *v } else { best });
        self.class = best.0;
    }
}

fn index_of(class: ObjectClass) -> u8 {
    ObjectClass::NAMES.iter().position(|(c, _)| *c == class).unwrap_or(ObjectClass::NAMES.len() - 1) as u8
}
