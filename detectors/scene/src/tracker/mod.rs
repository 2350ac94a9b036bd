//! Follows detections from look to look.

use events::{BBox, Detections, ObjectClass, Score, Stamp};

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
}

/// What is followed after one look.
#[derive(Debug, Clone, PartialEq)]
pub struct Tracks {
    /// The look.
    pub stamp: Stamp,
    /// Seen in this look, in the order of their ids.
    pub live: Vec<Track>,
    /// Given up with this look.
    pub ended: Vec<u64>,
}

/// Two-stage association on a Kalman motion model.
#[derive(Debug, Clone, Default)]
pub struct Tracker {}

impl Tracker {
    /// Follows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one look.
    pub fn step(&mut self, detections: &Detections) -> Tracks {
        Tracks { stamp: detections.stamp.clone(), live: Vec::new(), ended: Vec::new() }
    }
}
