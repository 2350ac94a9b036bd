//! Is the camera looking at what it was set up to look at? Moved, covered, dark, blurred and frozen pictures are noticed
//! here; what follows from them (rules suspended, the street learnt anew) is the scene's to do.

use events::Health;
use serde::{Deserialize, Serialize};

use crate::clock::Seconds;
use crate::motion::measure::{same_view, sharpness};
use crate::motion::picture::{LEVEL, Picture};

/// A finding has to hold this long, and for [`LOOKS`] looks, to be believed, seconds.
const HOLDS: Seconds = 3.0;

/// See [`HOLDS`]. Three looks at a key frame every two seconds are six seconds: within the ten that are asked for.
const LOOKS: u32 = 3;

/// Brighter than this no pixel of a dark picture is (the 98th percentile), grey levels in broadcast range (black is 16).
const DARK: f32 = 36.0;

/// Edges of a blurred or covered picture are weaker than this share of the reference's.
const SOFT: f32 = 0.42;

/// Share of tiles alike below which it is another view. Unaltered streets stay above 0.7, turned cameras below 0.35.
const OTHER_VIEW: f32 = 0.45;

/// Share of the pixels that must differ from the reference before another view is thought of.
const UPSET: f64 = 0.35;

/// Where nearly all pixels are identical from look to look while things move, the stream has no noise, and identical
/// pictures do not mean a frozen camera.
const NOISELESS: f64 = 0.97;

/// What the view check remembers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct View {
    state: u8,
    suspect: u8,
    suspect_since: Seconds,
    suspect_looks: u32,
    last: Picture,
    identical_since: Option<Seconds>,
    /// Running share of pixels identical with the look before, while not all were.
    identical: f64,
    reference_sharpness: f32,
}

impl Default for View {
    fn default() -> Self {
        Self {
            state: 0,
            suspect: 0,
            suspect_since: 0.0,
            suspect_looks: 0,
            last: Picture::default(),
            identical_since: None,
            identical: 0.5,
            reference_sharpness: 0.0,
        }
    }
}

fn code(health: Health) -> u8 {
    Health::ALL.iter().position(|h| *h == health).unwrap_or(0) as u8
}

fn health(code: u8) -> Health {
    Health::ALL.get(usize::from(code)).copied().unwrap_or(Health::Ok)
}

/// A change of the camera's health.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Change {
    pub(crate) health: Health,
    /// Since when.
    pub(crate) since: Seconds,
}

impl View {
    /// How the picture is at present.
    pub(crate) fn health(&self) -> Health {
        health(self.state)
    }

    /// The street was learnt (again).
    pub(crate) fn learnt(&mut self, street: &Picture) {
        self.reference_sharpness = sharpness(street);
    }

    /// Says so at once, without waiting for more looks.
    pub(crate) fn set(&mut self, to: Health, now: Seconds) -> Option<Change> {
        (self.suspect, self.suspect_looks) = (code(to), 0);
        if self.health() == to {
            return None;
        }
        self.state = code(to);
        Some(Change { health: to, since: now })
    }

    /// Looks at a picture as it came, with the share of pixels that differ from the reference; `Some` when the health changes.
    pub(crate) fn check(
        &mut self,
        raw: &Picture,
        reference: &Picture,
        upset: f64,
        frozen_after: Seconds,
        now: Seconds,
    ) -> Option<Change> {
        let frozen = self.frozen(raw, frozen_after, now);
        let found = if frozen { Health::Frozen } else { self.instant(raw, reference, upset) };
        if code(found) == self.state {
            (self.suspect, self.suspect_looks) = (self.state, 0);
            return None;
        }
        if self.suspect != code(found) || self.suspect_looks == 0 {
            (self.suspect, self.suspect_since, self.suspect_looks) = (code(found), now, 0);
        }
        self.suspect_looks += 1;
        let held = now - self.suspect_since >= HOLDS && self.suspect_looks >= LOOKS;
        let back = found == Health::Ok && self.suspect_looks >= 2;
        if !(frozen || held || back) {
            return None;
        }
        self.state = code(found);
        Some(Change { health: found, since: self.suspect_since })
    }

    /// Is something amiss that is not yet believed?
    pub(crate) fn is_uneasy(&self) -> bool {
        self.suspect_looks > 0 || self.health() != Health::Ok
    }

    /// What one picture looks like.
    fn instant(&self, raw: &Picture, reference: &Picture, upset: f64) -> Health {
        if bright_end(raw) < DARK && bright_end(reference) > 1.5 * DARK {
            return Health::Dark;
        }
        let soft = sharpness(raw) < SOFT * self.reference_sharpness;
        if soft {
            let coarse = coarse_likeness(raw, reference);
            return if coarse > 0.75 { Health::Blurred } else { Health::Covered };
        }
        if upset > UPSET && same_view(raw, reference) < OTHER_VIEW {
            return Health::Moved;
        }
        Health::Ok
    }

    fn frozen(&mut self, raw: &Picture, after: Seconds, now: Seconds) -> bool {
        if self.last.len() != raw.len() {
            self.last = raw.clone();
            self.identical_since = None;
            return false;
        }
        let same = raw.y.iter().zip(&self.last.y).filter(|(a, b)| a == b).count();
        if same == raw.len() {
            let since = *self.identical_since.get_or_insert(now);
            return self.identical < NOISELESS && now - since >= after;
        }
        self.identical_since = None;
        self.identical += (same as f64 / raw.len().max(1) as f64 - self.identical) * 0.1;
        self.last = raw.clone();
        false
    }
}

/// The luma that 2 % of the pixels exceed, grey levels.
fn bright_end(picture: &Picture) -> f32 {
    let mut histogram = [0u32; 256];
    for &y in picture.y.iter().step_by(5) {
        histogram[usize::from(y >> 8)] += 1;
    }
    let total: u32 = histogram.iter().sum();
    let mut above = 0;
    for (level, n) in histogram.iter().enumerate().rev() {
        above += n;
        if above * 50 >= total.max(1) {
            return level as f32;
        }
    }
    0.0
}

/// Correlation of the two pictures' luma in cells of a twelfth of the width, -1..=1: what a blurred lens leaves over.
fn coarse_likeness(a: &Picture, b: &Picture) -> f32 {
    let cell = (a.w / 12).max(1);
    let mean = |p: &Picture, x0: usize, y0: usize| {
        let (mut sum, mut n) = (0u64, 0u64);
        for y in (y0..(y0 + cell).min(p.h)).step_by(3) {
            for x in (x0..(x0 + cell).min(p.w)).step_by(3) {
                sum += u64::from(p.y[y * p.w + x]);
                n += 1;
            }
        }
        sum as f64 / n.max(1) as f64 / f64::from(LEVEL)
    };
    let (mut n, mut sa, mut sb, mut saa, mut sbb, mut sab) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    for y in (0..a.h).step_by(cell) {
        for x in (0..a.w).step_by(cell) {
            let (p, q) = (mean(a, x, y), mean(b, x, y));
            (n, sa, sb, saa, sbb, sab) = (n + 1.0, sa + p, sb + q, saa + p * p, sbb + q * q, sab + p * q);
        }
    }
    if n < 4.0 {
        return 1.0;
    }
    let (va, vb) = (saa / n - (sa / n) * (sa / n), sbb / n - (sb / n) * (sb / n));
    if va < 4.0 || vb < 4.0 {
        return 0.0;
    }
    ((sab / n - sa / n * sb / n) / (va * vb).sqrt()) as f32
}
