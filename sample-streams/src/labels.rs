//! What is where in a frame, for training: exact boxes of everything that is drawn.

use events::{BBox, ObjectClass};

use crate::scene::SampleScene;

/// One thing in a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Annotation {
    /// What it is.
    pub class: ObjectClass,
    /// Around the whole thing, hidden parts included, cut to the picture, in 0..1.
    pub bbox: BBox,
    /// Around the pixels of it that can be seen, in 0..1.
    pub visible_box: BBox,
    /// Which share of its pixels inside the picture is not hidden by nearer things, 0..=1.
    pub visible: f32,
}

/// Below this share of visible pixels a thing is not worth a label: people who label pictures skip it too.
pub const MIN_VISIBLE: f32 = 0.2;

/// All things of a frame of which at least [`MIN_VISIBLE`] can be seen, with the boxes of what can be seen.
pub fn annotations(sample: &SampleScene, frame_index: u64) -> Vec<(ObjectClass, BBox)> {
    annotate(sample, frame_index).into_iter().filter(|a| a.visible >= MIN_VISIBLE).map(|a| (a.class, a.visible_box)).collect()
}

/// All things of a frame that have at least one visible pixel, farthest first.
pub fn annotate(sample: &SampleScene, frame_index: u64) -> Vec<Annotation> {
    let t = (frame_index % sample.frame_count()) as f32 / sample.fps as f32;
    sample.world.annotate(t, sample.size)
}
