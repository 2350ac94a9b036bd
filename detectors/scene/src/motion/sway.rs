//! A mast sways: by how much the picture is off the street's, and how it would look if it were not.
//!
//! One shift for the whole picture, to parts of a pixel, by the method of Lucas and Kanade (1981) on the pixels that show the street.
//! Half a pixel at a kerb is more than noise, and a street of kerbs would be full of things.

use super::picture::{LEVEL, Picture};

/// The picture shows the street of a place this many pixels to the right of it, and below.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Sway {
    pub(crate) dx: f32,
    pub(crate) dy: f32,
}

/// Every so manieth pixel of every so manieth row is enough to fit two numbers.
const STRIDE: usize = 2;

/// What is off by more is no street, grey levels: it stands before it.
const OFF: f32 = 30.0;

/// What is off by more counts as so much where two shifts are compared, grey levels.
const COUNTED: f32 = 12.0;

/// Edges that say something, grey levels a pixel.
const TELLING: f32 = 3.0;

/// So many pixels with such edges at least, or half of them where there are fewer.
const LEAST: usize = 300;

/// Steps to the best shift; each halves what is left at the least.
const STEPS: usize = 4;

/// Further than this is no sway, pixels.
const FURTHEST: f32 = 8.0;

/// From afar one pixel is so many.
const FAR: usize = 4;

/// A shift has to leave no more than this of the squared differences.
const BETTER: f32 = 0.85;

/// Less is not put right, pixels: the picture would be softer for it.
const LITTLE: f32 = 0.12;

/// Sums of one step.
#[derive(Default)]
struct Sums {
    xx: f32,
    xy: f32,
    yy: f32,
    xr: f32,
    yr: f32,
    /// Mean of the squared differences.
    off: f32,
    n: usize,
}

impl Sway {
    /// How far `current`, in the street's light, is off `street` by what `usable` says shows it; none where nothing tells.
    pub(crate) fn of(street: &Picture, current: &Picture, usable: impl Fn(usize) -> bool) -> Self {
        let none = Self::default();
        if (street.w, street.h) != (current.w, current.h) {
            return none;
        }
        // From afar first: the method finds what is nearer than the details are large.
        let (small, w) = (street.w / FAR, street.w);
        let far = telling(&shrunk(street), FURTHEST / FAR as f32, 1, |i| {
            usable((i / small * FAR + FAR / 2) * w + i % small * FAR + FAR / 2)
        });
        let guess = fit(&far, &shrunk(current), none, FURTHEST / FAR as f32).map_or(none, |(sway, _)| sway.times(FAR as f32));
        let near = telling(street, FURTHEST, STRIDE, usable);
        let fits = [guess, none].into_iter().filter_map(|from| fit(&near, current, from, FURTHEST));
        match fits.min_by(|a, b| a.1.total_cmp(&b.1)) {
            Some((best, off)) if off < BETTER * sums(&near, current, none).off && best.dx.hypot(best.dy) >= LITTLE => best,
            _ => none,
        }
    }

    /// Is there any?
    pub(crate) fn is_any(self) -> bool {
        self != Self::default()
    }

    /// The picture as it would look from the street's place. What is beyond its edge then is the street's.
    pub(crate) fn undo(self, picture: &Picture, street: &Picture) -> Picture {
        let (w, h) = (picture.w, picture.h);
        let plane = |now: &[u16], empty: &[u16]| shifted(now, empty, w, h, self);
        Picture { w, h, y: plane(&picture.y, &street.y), u: plane(&picture.u, &street.u), v: plane(&picture.v, &street.v) }
    }

    fn times(self, by: f32) -> Self {
        Self { dx: self.dx * by, dy: self.dy * by }
    }

    fn within(self, furthest: f32) -> bool {
        self.dx.abs() <= furthest && self.dy.abs() <= furthest
    }
}

/// The best shift near `from`, and what is off then; `None` where nothing tells, or it leads too far.
fn fit(points: &[Point], current: &Picture, from: Sway, furthest: f32) -> Option<(Sway, f32)> {
    let least = LEAST.min(points.len() / 2).max(24);
    let mut best = (from, f32::INFINITY);
    let mut at = from;
    for _ in 0..=STEPS {
        let sums = sums(points, current, at);
        if sums.off < best.1 {
            best = (at, sums.off);
        } else {
            break;
        }
        let det = sums.xx * sums.yy - sums.xy * sums.xy;
        // Along a kerb alone nothing tells how far.
        if sums.n < least || det <= 1e-3 * sums.xx * sums.yy {
            return None;
        }
        at = Sway {
            dx: at.dx - (sums.yy * sums.xr - sums.xy * sums.yr) / det,
            dy: at.dy - (sums.xx * sums.yr - sums.xy * sums.xr) / det,
        };
        if !at.within(furthest) {
            return None;
        }
    }
    Some(best)
}

/// A quarter as wide and high, luma only.
fn shrunk(picture: &Picture) -> Picture {
    let (w, h) = (picture.w / FAR, picture.h / FAR);
    let mut y = Vec::with_capacity(w * h);
    for row in 0..h {
        for column in 0..w {
            let at = |line: usize| (row * FAR + line) * picture.w + column * FAR;
            let sum: u32 = (0..FAR).flat_map(|line| &picture.y[at(line)..at(line) + FAR]).map(|&v| u32::from(v)).sum();
            y.push((sum / (FAR * FAR) as u32) as u16);
        }
    }
    Picture { w, h, y, u: Vec::new(), v: Vec::new() }
}

/// A pixel that tells: where it is, its luma and the slope there, grey levels.
struct Point {
    x: usize,
    y: usize,
    luma: f32,
    slope: (f32, f32),
}

fn telling(street: &Picture, furthest: f32, stride: usize, usable: impl Fn(usize) -> bool) -> Vec<Point> {
    let (w, h) = (street.w, street.h);
    let margin = furthest as usize + 2;
    let mut points = Vec::new();
    let level = LEVEL as f32;
    for y in (margin..h.saturating_sub(margin)).step_by(stride) {
        for x in (margin..w.saturating_sub(margin)).step_by(stride) {
            let i = y * w + x;
            let at = |j: usize| f32::from(street.y[j]) / level;
            let slope = ((at(i + 1) - at(i - 1)) / 2.0, (at(i + w) - at(i - w)) / 2.0);
            if slope.0.abs() + slope.1.abs() >= TELLING && usable(i) {
                points.push(Point { x, y, luma: at(i), slope });
            }
        }
    }
    points
}

impl Point {
    /// By how much the picture is off it at a shift, grey levels.
    fn off(&self, current: &Picture, sway: Sway) -> f32 {
        let (left, above) = (sway.dx.floor(), sway.dy.floor());
        let (fx, fy) = (sway.dx - left, sway.dy - above);
        let w = current.w;
        let i = (self.y as isize + above as isize) as usize * w + (self.x as isize + left as isize) as usize;
        let at = |j: usize| f32::from(current.y[j]);
        let upper = at(i) + (at(i + 1) - at(i)) * fx;
        let lower = at(i + w) + (at(i + w + 1) - at(i + w)) * fx;
        (upper + (lower - upper) * fy) / LEVEL as f32 - self.luma
    }
}

fn sums(points: &[Point], current: &Picture, sway: Sway) -> Sums {
    let mut sums = Sums::default();
    for point in points {
        let off = point.off(current, sway);
        // What stands before the street is off either way, and should not decide.
        let bounded = off.clamp(-COUNTED, COUNTED);
        sums.off += bounded * bounded / points.len() as f32;
        if off.abs() < OFF {
            let (gx, gy) = point.slope;
            sums.xx += gx * gx;
            sums.xy += gx * gy;
            sums.yy += gy * gy;
            sums.xr += gx * off;
            sums.yr += gy * off;
            sums.n += 1;
        }
    }
    sums
}

/// Bilinear.
fn shifted(plane: &[u16], street: &[u16], w: usize, h: usize, sway: Sway) -> Vec<u16> {
    let (left, above) = (sway.dx.floor(), sway.dy.floor());
    let (fx, fy) = (((sway.dx - left) * 256.0) as u32, ((sway.dy - above) * 256.0) as u32);
    let (left, above) = (left as isize, above as isize);
    let weights = [(256 - fx) * (256 - fy), fx * (256 - fy), (256 - fx) * fy, fx * fy];
    let mut out = street.to_vec();
    // Where both the pixel and the next one are in the picture.
    let (first, last) = ((-left).clamp(0, w as isize) as usize, (w as isize - 1 - left).clamp(0, w as isize) as usize);
    for (y, line) in out.chunks_exact_mut(w).enumerate() {
        let row = y as isize + above;
        if row < 0 || row + 1 >= h as isize || first >= last {
            continue;
        }
        let begin = row as usize * w + (first as isize + left) as usize;
        let (upper, lower) = (&plane[begin..], &plane[begin + w..]);
        for (x, value) in line[first..last].iter_mut().enumerate() {
            let four = [upper[x], upper[x + 1], lower[x], lower[x + 1]];
            *value = (four.iter().zip(weights).map(|(&v, weight)| u32::from(v) * weight).sum::<u32>() >> 16) as u16;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Paving seen from a place that is off by so much, with light and noise of its own.
    fn paving(dx: f32, dy: f32, seed: u32) -> Picture {
        let (w, h) = (240, 180);
        let mut noise = seed;
        let mut luma = Vec::new();
        for y in 0..h {
            for x in 0..w {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let (x, y) = (x as f32 - dx, y as f32 - dy);
                let stone = 110.0
                    + 30.0 * (x / 3.1).sin() * (y / 4.3).cos()
                    + 20.0 * ((x + 2.0 * y) / 9.0).sin()
                    + 25.0 * (x / 41.0).sin() * (y / 29.0).cos();
                luma.push(((stone + (noise >> 24) as f32 / 64.0) * LEVEL as f32) as u16);
            }
        }
        Picture { w, h, y: luma, u: vec![128 * LEVEL as u16; w * h], v: vec![128 * LEVEL as u16; w * h] }
    }

    fn apart(a: &Picture, b: &Picture) -> f32 {
        let inner = (10..a.h - 10).flat_map(|y| (10..a.w - 10).map(move |x| y * a.w + x));
        let off: Vec<f32> = inner.map(|i| (f32::from(a.y[i]) - f32::from(b.y[i])).abs() / LEVEL as f32).collect();
        off.iter().sum::<f32>() / off.len() as f32
    }

    #[test]
    fn it_is_found_to_a_tenth_of_a_pixel_and_put_right() {
        let street = paving(0.0, 0.0, 1);
        for (dx, dy) in [(0.4, -0.3), (-1.3, 0.7), (2.2, 1.8), (0.0, -0.6), (5.6, -3.3)] {
            let now = paving(dx, dy, 2);
            let sway = Sway::of(&street, &now, |_| true);
            assert!((sway.dx - dx).abs() < 0.1 && (sway.dy - dy).abs() < 0.1, "({dx}, {dy}): {sway:?}");
            assert!(apart(&sway.undo(&now, &street), &street) < 0.5 * apart(&now, &street), "({dx}, {dy})");
        }
    }

    #[test]
    fn noise_is_no_sway_and_neither_is_another_street() {
        let street = paving(0.0, 0.0, 1);
        assert!(!Sway::of(&street, &paving(0.0, 0.0, 3), |_| true).is_any());
        let mut other = paving(0.0, 0.0, 4);
        other.y.reverse();
        let sway = Sway::of(&street, &other, |_| true);
        assert!(!sway.is_any(), "{sway:?}");
        let bare = Picture { y: vec![100 * LEVEL as u16; street.len()], ..street.clone() };
        assert!(!Sway::of(&bare, &street, |_| true).is_any());
    }

    #[test]
    fn what_stands_before_the_street_does_not_pull() {
        let street = paving(0.0, 0.0, 1);
        let mut now = paving(0.7, 0.2, 2);
        for y in 20..90 {
            for x in 60..130 {
                now.y[y * now.w + x] = 25 * LEVEL as u16;
            }
        }
        let sway = Sway::of(&street, &now, |_| true);
        assert!((sway.dx - 0.7).abs() < 0.15 && (sway.dy - 0.2).abs() < 0.15, "{sway:?}");
    }
}
