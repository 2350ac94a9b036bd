//! The empty street, and per pixel what stands before it.
//!
//! A pixel has the street's colour, learnt slowly; a *standing* colour that has been seen again and again since some time;
//! and a *rival* that has been there lately. A person who walks in front of a bag brings a rival: the bag keeps its age, and
//! is recognised when the person has passed. Only the street's own colour, seen again, or a rival that stays much longer,
//! end a standing colour.

use serde::{Deserialize, Serialize};

use super::light::Light;
use super::picture::{LEVEL, Picture, median};

/// Centiseconds on the scene's time line; fits 497 days.
pub(crate) type Centis = u32;

/// Marks a pixel without a standing or rival colour.
const NONE: Centis = Centis::MAX;

/// What a pixel shows in the current look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub(crate) enum Shows {
    /// The empty street.
    Street,
    /// Its standing colour.
    Standing,
    /// Something else: what moves, or stands in front.
    Other,
}

/// A colour with the time since which it is there and how often it was seen.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Layer {
    colour: Picture,
    since: Vec<Centis>,
    seen: Vec<u16>,
}

impl Layer {
    fn empty(w: usize, h: usize) -> Self {
        let n = w * h;
        let colour = Picture { w, h, y: vec![0; n], u: vec![0; n], v: vec![0; n] };
        Self { colour, since: vec![NONE; n], seen: vec![0; n] }
    }

    fn begin(&mut self, i: usize, (y, u, v): (u16, u16, u16), now: Centis) {
        (self.colour.y[i], self.colour.u[i], self.colour.v[i]) = (y, u, v);
        (self.since[i], self.seen[i]) = (now, 1);
    }

    fn end(&mut self, i: usize) {
        (self.since[i], self.seen[i]) = (NONE, 0);
    }
}

/// How long and how often a rival must be there to take the place of a standing colour. The middle row: a passer-by at key
/// frames is seen once. The last: longer than people stand in front of something without moving at all.
const RIVAL_OF_FRESH: (Centis, u16) = (0, 1);
const RIVAL_OF_YOUNG: (Centis, u16) = (250, 2);
const RIVAL_OF_OLD: (Centis, u16) = (1200, 4);

/// A standing colour younger than this is fresh, centiseconds.
const FRESH: Centis = 150;

/// The street has to be seen this long and in two looks to end a standing colour: a coat may have its colour for a moment.
const SEEN_AGAIN: Centis = 90;

/// Time constant of learning the street, seconds: clouds change it within minutes, shadows of people within seconds.
const LEARN: f32 = 25.0;

/// Shade: within so many per cent of the street's luma (at least so many grey levels), and so many levels of its colour.
/// People on a shining floor darken it by up to a sixth around them.
const SHADE_PERCENT: i32 = 18;
const SHADE_LEAST: i32 = 13;
const SHADE_COLOUR: i32 = 7;

/// Nine pixels differ by so many grey levels in the mean where noise, a third of a single one's, does not.
const TOUCHED: i32 = 4;

/// Of noise that is distributed normally, 3.2 times the median of the two colour differences together is what all but one pixel in some
/// hundred is within.
const COLOUR_NOISE: f32 = 3.2;

/// Every so manieth pixel is enough to tell it, and it is learnt by this share a look.
const EVERY: usize = 13;
const COLOUR_LEARN: f32 = 0.1;

/// The model of one camera.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Street {
    pub(crate) empty: Picture,
    /// Mean distance from the street while it shows, fixed point: sensor noise, leaves, water.
    noise: Vec<u16>,
    /// What a pixel's colour usually is off the street's by, both differences together, fixed point: a sensor's noise in the dark.
    colour_noise: u16,
    standing: Layer,
    rival: Layer,
    /// Since when the street is seen again where something stood; [`NONE`] while it is not.
    again: Vec<Centis>,
    pub(crate) shows: Vec<Shows>,
    /// Pixels that the street must not swallow (they belong to an open episode).
    pub(crate) kept: Vec<bool>,
    still: Centis,
}

impl Street {
    /// The street that most of the `pictures` show, pixel by pixel: what moved through some of them leaves no ghost.
    ///
    /// # Panics
    /// When there are none.
    pub(crate) fn learn(pictures: &[Picture], still: Centis) -> Self {
        let first = pictures.first().expect("learning ends after at least one look");
        let n = first.len();
        let mut empty = Picture { w: first.w, h: first.h, y: vec![0; n], u: vec![0; n], v: vec![0; n] };
        let mut values = vec![0u16; pictures.len()];
        let mut spread = vec![0u16; n];
        for (i, noise) in spread.iter_mut().enumerate() {
            let mut middle = |plane: fn(&Picture) -> &[u16]| {
                for (value, picture) in values.iter_mut().zip(pictures) {
                    *value = plane(picture)[i];
                }
                median(&mut values)
            };
            empty.y[i] = middle(|p| &p.y);
            empty.u[i] = middle(|p| &p.u);
            empty.v[i] = middle(|p| &p.v);
            // The mean of the nearer half: what moved through does not count as noise.
            let mut off: Vec<u16> = pictures.iter().map(|p| p.y[i].abs_diff(empty.y[i])).collect();
            off.sort_unstable();
            let half = off.len().div_ceil(2);
            let sum: u32 = off[..half].iter().map(|&d| u32::from(d)).sum();
            *noise = (2 * sum / half as u32).clamp(LEVEL as u32, 10 * LEVEL as u32) as u16;
        }
        let mut street = Self::new(empty, still);
        street.noise = spread;
        let mut usual: Vec<u16> = pictures.iter().map(|p| street.usually_off(p)).collect();
        street.colour_noise = median(&mut usual);
        street
    }

    /// A street that looks like `empty`.
    fn new(empty: Picture, still: Centis) -> Self {
        let (w, h, n) = (empty.w, empty.h, empty.len());
        Self {
            empty,
            noise: vec![(1.5 * LEVEL as f32) as u16; n],
            colour_noise: 0,
            standing: Layer::empty(w, h),
            rival: Layer::empty(w, h),
            again: vec![NONE; n],
            shows: vec![Shows::Street; n],
            kept: vec![false; n],
            still,
        }
    }

    /// How far a colour may be from the street's or another's to count as the same: luma, and both colour differences.
    fn reach(&self, i: usize) -> (i32, i32) {
        let noise = i32::from(self.noise[i]);
        let colour = (7 * LEVEL + noise / 2).max((COLOUR_NOISE * f32::from(self.colour_noise)) as i32);
        ((9 * LEVEL + 3 * noise).min(40 * LEVEL), colour.min(40 * LEVEL))
    }

    /// By how much the colour of most pixels is off the street's, both differences together, fixed point.
    fn usually_off(&self, picture: &Picture) -> u16 {
        let d = |p: &[u16], q: &[u16], i: usize| p[i].abs_diff(q[i]);
        let of = |i| d(&picture.u, &self.empty.u, i).saturating_add(d(&picture.v, &self.empty.v, i));
        let mut off: Vec<u16> = (0..picture.len().min(self.empty.len())).step_by(EVERY).map(of).collect();
        median(&mut off)
    }

    /// Is the pixel's current colour the empty street's?
    fn is_street(&self, current: &Picture, i: usize) -> bool {
        near(&self.empty, current, i, self.reach(i))
    }

    /// Which share of the picture is neither the street nor something already known to stand there, 0..=1.
    pub(crate) fn upset(&self, current: &Picture, now: Centis) -> f64 {
        let step = 3;
        let strange = (0..current.len())
            .step_by(step)
            .filter(|&i| {
                let known = self.is_old(i, now) && near(&self.standing.colour, current, i, self.reach(i));
                !(known || self.is_street(current, i))
            })
            .count();
        (strange * step) as f64 / current.len().max(1) as f64
    }

    /// Takes a look, already in the street's light.
    pub(crate) fn look(&mut self, current: &Picture, now: Centis, dt: f32) {
        let learn = ((1.0 - (-dt / LEARN).exp()) * 65_536.0) as i32;
        let follow = ((1.0 - (-dt / 8.0).exp()) * 65_536.0) as i32;
        let off = f32::from(self.usually_off(current)) - f32::from(self.colour_noise);
        self.colour_noise = (f32::from(self.colour_noise) + COLOUR_LEARN * off).round() as u16;
        for i in 0..current.len() {
            let colour = (current.y[i], current.u[i], current.v[i]);
            let reach = self.reach(i);
            let shows = if near(&self.empty, current, i, reach) {
                self.see_street(i, current, now, learn);
                Shows::Street
            } else {
                self.again[i] = NONE;
                self.see_other(i, current, colour, now, reach, follow)
            };
            self.shows[i] = shows;
        }
    }

    fn see_street(&mut self, i: usize, current: &Picture, now: Centis, learn: i32) {
        let off = (i32::from(current.y[i]) - i32::from(self.empty.y[i])).abs();
        self.noise[i] = blend(self.noise[i], off.min(65_535) as u16, learn);
        self.empty.y[i] = blend(self.empty.y[i], current.y[i], learn);
        self.empty.u[i] = blend(self.empty.u[i], current.u[i], learn);
        self.empty.v[i] = blend(self.empty.v[i], current.v[i], learn);
        self.rival.end(i);
        if self.standing.since[i] == NONE {
            return;
        }
        if self.again[i] == NONE {
            self.again[i] = now;
        } else if now - self.again[i] >= SEEN_AGAIN || now - self.standing.since[i] < FRESH {
            self.standing.end(i);
            self.again[i] = NONE;
        }
    }

    fn see_other(
        &mut self,
        i: usize,
        current: &Picture,
        colour: (u16, u16, u16),
        now: Centis,
        reach: (i32, i32),
        follow: i32,
    ) -> Shows {
        if self.standing.since[i] == NONE {
            self.standing.begin(i, colour, now);
            self.rival.end(i);
            return Shows::Other;
        }
        if near(&self.standing.colour, current, i, reach) {
            self.standing.seen[i] = self.standing.seen[i].saturating_add(1);
            let layer = &mut self.standing.colour;
            layer.y[i] = blend(layer.y[i], colour.0, follow);
            layer.u[i] = blend(layer.u[i], colour.1, follow);
            layer.v[i] = blend(layer.v[i], colour.2, follow);
            self.rival.end(i);
            return Shows::Standing;
        }
        if self.rival.since[i] != NONE && near(&self.rival.colour, current, i, reach) {
            self.rival.seen[i] = self.rival.seen[i].saturating_add(1);
        } else {
            self.rival.begin(i, colour, now);
        }
        let age = now - self.standing.since[i];
        let (long, often) = if age < FRESH {
            RIVAL_OF_FRESH
        } else if age < self.still || self.standing.seen[i] < 3 {
            RIVAL_OF_YOUNG
        } else {
            RIVAL_OF_OLD
        };
        if now - self.rival.since[i] >= long && self.rival.seen[i] >= often {
            let colour = (self.rival.colour.y[i], self.rival.colour.u[i], self.rival.colour.v[i]);
            let (since, seen) = (self.rival.since[i], self.rival.seen[i]);
            self.standing.begin(i, colour, since);
            self.standing.seen[i] = seen;
            self.rival.end(i);
        }
        Shows::Other
    }

    /// Does something stand here since long enough to be a thing?
    pub(crate) fn is_old(&self, i: usize, now: Centis) -> bool {
        self.standing.since[i] != NONE && now - self.standing.since[i] >= self.still && self.standing.seen[i] >= 3
    }

    /// How far what stands here is from the street, luma and colour together, fixed point.
    pub(crate) fn contrast(&self, i: usize) -> i32 {
        let d = |p: &[u16], q: &[u16]| (i32::from(p[i]) - i32::from(q[i])).abs();
        let (standing, empty) = (&self.standing.colour, &self.empty);
        d(&standing.y, &empty.y) + d(&standing.u, &empty.u) + d(&standing.v, &empty.v)
    }

    /// Is what stands here no more than a little shade or shine on the street: the same colour, a little darker or lighter?
    pub(crate) fn is_shade(&self, i: usize) -> bool {
        self.shades(&self.standing.colour, i)
    }

    /// Is the pixel in a picture no more than a little shade or shine on the street?
    pub(crate) fn shades(&self, standing: &Picture, i: usize) -> bool {
        let empty = &self.empty;
        let d = |p: &[u16], q: &[u16]| (i32::from(p[i]) - i32::from(q[i])).abs();
        let street = i32::from(empty.y[i]);
        d(&standing.y, &empty.y) < (SHADE_LEAST * LEVEL).max(street / 100 * SHADE_PERCENT)
            && d(&standing.u, &empty.u) + d(&standing.v, &empty.v) < SHADE_COLOUR * LEVEL
    }

    /// Is there a little more than noise of something else: the mean of the pixels around differs, if by less than
    /// tells a single pixel?
    pub(crate) fn is_touched(&self, current: &Picture, i: usize) -> bool {
        let (w, n) = (current.w, current.len());
        if i < w + 1 || i + w + 1 >= n {
            return false;
        }
        let mean = |now: &[u16], then: &[u16]| {
            let row = |j: usize| (j - 1..=j + 1).map(|k| i32::from(now[k]) - i32::from(then[k])).sum::<i32>();
            ((row(i - w) + row(i) + row(i + w)) / 9).abs()
        };
        mean(&current.y, &self.empty.y) > TOUCHED * LEVEL
            || mean(&current.u, &self.empty.u) + mean(&current.v, &self.empty.v) > TOUCHED * LEVEL
    }

    /// Since when the standing colour is there.
    pub(crate) fn since(&self, i: usize) -> Centis {
        self.standing.since[i]
    }

    /// Takes what stands at these pixels into the street.
    pub(crate) fn absorb(&mut self, pixels: impl Iterator<Item = usize>) {
        for i in pixels {
            if self.standing.since[i] != NONE {
                self.empty.y[i] = self.standing.colour.y[i];
                self.empty.u[i] = self.standing.colour.u[i];
                self.empty.v[i] = self.standing.colour.v[i];
                self.standing.end(i);
                self.rival.end(i);
                self.again[i] = NONE;
                self.shows[i] = Shows::Street;
            }
        }
    }

    /// Takes in what has stood longer than `after` where nobody keeps it and `hidden` does not say that somebody is there.
    pub(crate) fn absorb_old(&mut self, now: Centis, after: Centis, hidden: impl Fn(usize) -> bool) {
        for i in 0..self.empty.len() {
            if !self.kept[i] && !hidden(i) && self.is_old(i, now) && now - self.standing.since[i] >= after {
                self.absorb(std::iter::once(i));
            }
        }
    }

    /// Takes the current picture as the street wherever nothing is kept: after a jump of light with the view unchanged.
    pub(crate) fn relearn(&mut self, current: &Picture) {
        for i in 0..self.empty.len() {
            if !self.kept[i] {
                (self.empty.y[i], self.empty.u[i], self.empty.v[i]) = (current.y[i], current.u[i], current.v[i]);
                self.standing.end(i);
                self.rival.end(i);
                self.again[i] = NONE;
                self.shows[i] = Shows::Street;
            }
        }
    }

    /// Have all planes one size?
    pub(crate) fn check(&self) -> Result<(), String> {
        let n = self.empty.len();
        let picture = |p: &Picture| p.len() == n && p.y.len() == n && p.u.len() == n && p.v.len() == n;
        let layer = |l: &Layer| picture(&l.colour) && l.since.len() == n && l.seen.len() == n;
        let rest = [self.noise.len(), self.again.len(), self.shows.len(), self.kept.len()];
        if n > 0 && picture(&self.empty) && layer(&self.standing) && layer(&self.rival) && rest.iter().all(|&l| l == n) {
            Ok(())
        } else {
            Err("planes of different sizes".to_owned())
        }
    }

    /// Moves all remembered luma a share of the way to the current light.
    pub(crate) fn rebase(&mut self, light: &Light, share: f32) {
        light.rebase(share, &mut self.empty.y);
        light.rebase(share, &mut self.standing.colour.y);
        light.rebase(share, &mut self.rival.colour.y);
    }
}

/// `from` moved towards `to` by `share` of 65 536.
#[inline]
fn blend(from: u16, to: u16, share: i32) -> u16 {
    let step = (i64::from(i32::from(to) - i32::from(from)) * i64::from(share)) >> 16;
    (i32::from(from) + step as i32).clamp(0, 65_535) as u16
}

/// Are two pictures' colours at a pixel within reach?
#[inline]
fn near(a: &Picture, b: &Picture, i: usize, (luma, chroma): (i32, i32)) -> bool {
    let d = |p: &[u16], q: &[u16]| (i32::from(p[i]) - i32::from(q[i])).abs();
    d(&a.y, &b.y) < luma && d(&a.u, &b.u) + d(&a.v, &b.v) < chroma
}
