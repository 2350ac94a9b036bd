//! Who stays with a thing, since when, and for how much of its time.

use serde::{Deserialize, Serialize};

use super::company::{Area, Company, Counted, Scene};
use crate::clock::Seconds;

/// A stay beside a thing that lasts less than this is passing by, seconds. At key frames one look in two seconds is passing.
const PASSING: Seconds = 2.5;

/// A gap in a stay up to this long does not end it, seconds (or one look at slow rates).
const STAY_GAP: Seconds = 1.6;

/// Who stands still is missed by a model for so long at most, seconds.
const UNNAMED: Seconds = 16.0;

/// Somebody who stirred at a thing is thought to be there for so much longer, seconds.
const HOLDS: Seconds = 2.5;

/// The account of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Attendance {
    stay_since: Option<Seconds>,
    /// Where the model saw somebody stand beside it, and when it last did.
    guard: Option<(Area, Seconds)>,
    stay_last: Seconds,
    /// Since when nobody stays with it.
    left_at: Option<Seconds>,
    attended_s: f64,
    observed_s: f64,
    /// When something last stirred at it or within it.
    stirred_at: Seconds,
}

impl Default for Attendance {
    fn default() -> Self {
        let never = f64::NEG_INFINITY;
        Self {
            stay_since: None,
            guard: None,
            stay_last: never,
            left_at: None,
            attended_s: 0.0,
            observed_s: 0.0,
            stirred_at: never,
        }
    }
}

/// A thing as its attendance needs it.
#[derive(Clone, Copy)]
pub(crate) struct Attended<'a> {
    pub(crate) at: &'a Area,
    pub(crate) pixels: f32,
    /// Who stood there before it came.
    pub(crate) bystanders: &'a [Area],
}

impl Attendance {
    /// Takes in whether somebody is near in the look at `t`.
    pub(crate) fn attend(&mut self, near: bool, t: Seconds) {
        if near {
            if self.stay_since.is_none() {
                self.stay_since = Some(t);
            }
            self.stay_last = t;
            if self.stay_since.is_some_and(|since| t - since >= PASSING) {
                self.left_at = None;
            }
        } else if let Some(since) = self.stay_since {
            if t - self.stay_last > STAY_GAP || self.stay_last - since < PASSING {
                if self.left_at.is_none() {
                    self.left_at = Some(self.stay_last.max(since));
                }
                self.stay_since = None;
            }
        } else if self.left_at.is_none() {
            self.left_at = Some(t);
        }
    }

    /// Nobody was ever seen with it: it stands alone since `complete`.
    pub(crate) fn close(&mut self, complete: Seconds) {
        if self.stay_since.is_none() && self.left_at.is_none() {
            self.left_at = Some(complete);
        }
    }

    /// After a look of `dt` seconds, in which `stir` of its pixels moved. `taken` says of a pixel (x, y) whether it shows anything but
    /// the street and things that stand firm.
    pub(crate) fn observe(
        &mut self,
        it: Attended<'_>,
        company: &Company,
        taken: &dyn Fn(usize, usize) -> bool,
        counted: Counted,
        stir: f32,
        dt: f64,
    ) {
        let Some(look) = company.last() else { return };
        let before: Option<&Scene> = company.a_second_before(look.t);
        let mut stays = look.stays(before, it.at, it.pixels, counted, it.bystanders);
        if let Some(guard) = look.guard(before, it.at, counted, it.bystanders) {
            self.guard = Some((guard, look.t));
        } else if let Some((place, seen)) = self.guard {
            // A model misses who stands still now and then; they have gone when their place shows the street.
            if look.t - seen <= UNNAMED && is_taken(taken, &place, it.at) {
                stays = true;
            } else {
                self.guard = None;
            }
        }
        self.attend(stays, look.t);
        self.observed_s += dt;
        // Who serves behind a cart covers little and moves little, but never stands quite still.
        if stays || stir >= (0.06 * it.pixels).max(10.0) {
            self.stirred_at = look.t;
        }
        if self.is_attended() || look.t - self.stirred_at <= HOLDS {
            self.attended_s += dt;
        }
    }

    /// Is somebody with it now?
    fn is_attended(&self) -> bool {
        self.left_at.is_none()
    }

    /// Since when nobody is with it; `None` while somebody is.
    pub(crate) fn left_at(&self) -> Option<Seconds> {
        self.left_at
    }

    /// How long nobody stirred at it, seconds.
    pub(crate) fn unattended_for(&self, now: Seconds) -> Seconds {
        if self.is_attended() { 0.0 } else { now - self.stirred_at.max(self.stay_last) }
    }

    /// Share of the observed time in which somebody was with it, 0..=1.
    pub(crate) fn share(&self) -> f64 {
        if self.observed_s > 0.0 { self.attended_s / self.observed_s } else { 0.0 }
    }
}

/// Is much of a place, that of a thing apart, taken by somebody? A person fills half of a box. `taken` answers for pixels of the picture
/// only.
fn is_taken(taken: &dyn Fn(usize, usize) -> bool, place: &Area, thing: &Area) -> bool {
    let (mut found, mut all) = (0usize, 0usize);
    for y in place.y1.max(0.0) as usize..place.y2.max(0.0) as usize {
        for x in (place.x1.max(0.0) as usize..place.x2.max(0.0) as usize).filter(|x| !thing.contains(*x as f32, y as f32)) {
            all += 1;
            found += usize::from(taken(x, y));
        }
    }
    all > 0 && 4 * found >= all
}
