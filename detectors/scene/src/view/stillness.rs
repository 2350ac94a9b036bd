//! A frozen picture: one that repeats itself while this camera's noise does not.
//!
//! A sensor's noise makes any two pictures differ all over, also of an empty street at night. A stream can be free of noise
//! (drawn, or compressed until nothing of it is left): then an empty street repeats itself too, and nothing can be told
//! from repetition. Which of the two a stream is, is learnt by comparing looks some seconds apart, so that a key frame lies
//! between them: what an encoder copies from picture to picture it renews there.

use serde::{Deserialize, Serialize};

use super::thumb::{TILES, Thumb};
use crate::clock::Seconds;

/// Tiles whose pixels differ by no more than this in the mean are the same, grey levels: a fiftieth of one is less than any
/// sensor's noise leaves of an area of some hundred pixels.
const SAME: f32 = 0.02;

/// Or by this share of what still parts of the picture usually differ by: a repeated picture that was compressed again.
const SAME_OF_USUAL: f32 = 0.1;

/// So many tiles may change in a frozen picture: a clock that is written into it goes on.
const CLOCK: usize = 4;

/// How far apart the looks are that noise is learnt from, seconds.
const APART: Seconds = 4.0;

/// Where more than this share of the tiles is usually the same [`APART`] seconds later, repetition says nothing.
const NOISELESS: f32 = 0.6;

/// Comparisons before anything is said.
const COMPARISONS: u32 = 3;

/// Looks a frozen picture is seen in.
const LOOKS: u32 = 4;

/// A time in which nothing changed is only remarkable when it is so many times the longest known.
const REMARKABLE: Seconds = 2.0;

/// So many looks in, the noise is known roughly.
const BEGINNING: u32 = 10;

/// A look to compare with.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Kept {
    at: Seconds,
    luma: Vec<u16>,
}

/// What is remembered of stillness.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Stillness {
    /// The look that those since repeat.
    first: Kept,
    repeats: u32,
    /// When it was repeated last.
    repeated: Seconds,
    frozen: bool,
    /// The look that noise is learnt against.
    before: Kept,
    comparisons: u32,
    /// Usual share of tiles that are the same.
    same: f32,
    /// What the quieter tiles usually differ by, grey levels.
    usual: f32,
    /// The longest time without a change, while the camera was well, seconds.
    longest: Seconds,
    /// Standard deviation of a thumbnail's pixel from look to look, grey levels.
    pub(super) noise: f32,
    looks: u32,
    last: Vec<u16>,
}

impl Stillness {
    /// Takes a look; gives since when the picture is frozen, if it is.
    pub(super) fn look(&mut self, thumb: &Thumb, frozen_after: Seconds, now: Seconds) -> Option<Seconds> {
        if self.last.len() != thumb.luma.len() {
            let kept = Kept { at: now, luma: thumb.luma.clone() };
            *self = Self { first: kept.clone(), before: kept, last: thumb.luma.clone(), ..Self::default() };
            return None;
        }
        self.learn_noise(thumb);
        let same = SAME.max(SAME_OF_USUAL * self.usual);
        let changes = differences(thumb, &self.first.luma);
        if changes.iter().filter(|&&d| d > same).count() <= CLOCK {
            self.repeats = self.repeats.saturating_add(1);
            self.repeated = now;
        } else {
            // So long can nothing at all change here; but not in what was frozen.
            if self.repeats > 0 && !self.frozen {
                self.longest = self.longest.max(self.repeated - self.first.at);
            }
            self.first = Kept { at: now, luma: thumb.luma.clone() };
            (self.repeats, self.frozen) = (0, false);
        }
        if self.repeats == 0 {
            self.compare(thumb, now);
        } else if now - self.before.at >= 2.0 * APART {
            // The next comparison begins where things change again.
            self.before = Kept { at: now, luma: thumb.luma.clone() };
        }
        self.last.clone_from(&thumb.luma);
        let telling = self.comparisons >= COMPARISONS && self.same <= NOISELESS;
        let long = now - self.first.at >= frozen_after.max(REMARKABLE * self.longest);
        self.frozen |= telling && long && self.repeats + 1 >= LOOKS;
        self.frozen.then_some(self.first.at)
    }

    /// Noise from look to look, from the quieter tiles.
    fn learn_noise(&mut self, thumb: &Thumb) {
        // Half the difference, offset so that it fits: light that rises or falls is the tile's mean, and no noise.
        let plane: Vec<u16> = thumb.luma.iter().zip(&self.last).map(|(&a, &b)| (a >> 1) + (32_768 - (b >> 1))).collect();
        let means = thumb.per_tile(&plane);
        let mut spreads = thumb.spreads(&plane, &means);
        let (_, quiet, _) = spreads.select_nth_unstable_by(TILES / 4, f32::total_cmp);
        // Halved above; the mean difference of two samples is 1.13 standard deviations. A view that changes is no noise: small
        // steps, once there is something to step from.
        self.looks = self.looks.saturating_add(1);
        let up = if self.looks < BEGINNING { 0.15 } else { 0.02 };
        self.noise = (self.noise + ((2.0 * *quiet / 1.13 - self.noise) * 0.3).clamp(-0.2, up)).clamp(0.0, 4.0);
    }

    /// Compares a look with one some seconds before.
    fn compare(&mut self, thumb: &Thumb, now: Seconds) {
        if now - self.before.at < APART {
            return;
        }
        let mut changes = differences(thumb, &self.before.luma);
        self.comparisons = self.comparisons.saturating_add(1);
        let share = (1.0 / self.comparisons as f32).max(0.05);
        let same = changes.iter().filter(|&&d| d <= SAME).count() as f32 / TILES as f32;
        self.same += (same - self.same) * share;
        let (_, quiet, _) = changes.select_nth_unstable_by(TILES / 4, f32::total_cmp);
        self.usual += (quiet.min(2.0) - self.usual) * share;
        self.before = Kept { at: now, luma: thumb.luma.clone() };
    }

    /// Do its parts fit together?
    pub(super) fn check(&self) -> Result<(), String> {
        let n = self.last.len();
        if self.first.luma.len() == n && self.before.luma.len() == n {
            Ok(())
        } else {
            Err("looks of differing sizes".to_owned())
        }
    }
}

/// Mean difference of luma per tile, grey levels.
fn differences(thumb: &Thumb, other: &[u16]) -> Vec<f32> {
    let plane: Vec<u16> = thumb.luma.iter().zip(other).map(|(a, b)| a.abs_diff(*b)).collect();
    thumb.per_tile(&plane)
}
