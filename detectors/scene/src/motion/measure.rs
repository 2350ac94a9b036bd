//! Measures a blob against the picture and the street: is it a thing that came, one that left, a shadow, a reflection?

use serde::{Deserialize, Serialize};

use super::blobs::{Mask, PixelBox};
use super::picture::{LEVEL, Picture};

/// What a blob looks like.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Default)]
pub(crate) struct Looks {
    /// Mean strength of edges along its border now, grey levels.
    pub(crate) edge_now: f32,
    /// The same in the empty street. A thing that came has the first larger; one that left, the second.
    pub(crate) edge_before: f32,
    /// Correlation of fine structure between now and the empty street, -1..=1: high where only the light changed. 0 where
    /// either has no structure.
    pub(crate) same_structure: f32,
    /// Structure of the street under it, grey levels.
    pub(crate) street_structure: f32,
    /// Mean luma now divided by mean luma before.
    pub(crate) ratio: f32,
    /// Mean difference of colour, grey levels.
    pub(crate) colour: f32,
    /// Mean difference of luma, grey levels.
    pub(crate) contrast: f32,
    /// Spread of the luma quotient within it: near 0 for a shadow, which darkens evenly.
    pub(crate) uneven: f32,
    /// Its pixels divided by its box's.
    pub(crate) fill: f32,
}

/// Edges above this say no more, grey levels.
const EDGE_CAP: i32 = 60 * LEVEL;

/// Looks at a blob in `now` (in the street's light) and in the `street`.
pub(crate) fn looks(mask: &Mask, now: &Picture, street: &Picture) -> Looks {
    let Some(around) = PixelBox::of(mask, now.w) else { return Looks::default() };
    let (w, n) = (now.w, mask.len() as f32);
    let inside = |i: usize| mask.binary_search(&(i as u32)).is_ok();
    let (mut edge_now, mut edge_before, mut border) = (0i64, 0i64, 0i64);
    let (mut ratio, mut ratio2, mut colour, mut contrast, mut sum_now, mut sum_before) = (0.0f32, 0.0f32, 0.0f32, 0.0f32, 0.0f32, 0.0f32);
    let mut corr = Correlation::default();
    for &i in mask {
        let i = i as usize;
        let (x, y) = (i % w, i / w);
        let at_border = x == 0
            || y == 0
            || x + 1 == w
            || y + 1 == now.h
            || !inside(i - 1)
            || !inside(i + 1)
            || !inside(i - w)
            || !inside(i + w);
        if at_border {
            border += 1;
            edge_now += i64::from(strongest(now, i).min(EDGE_CAP));
            edge_before += i64::from(strongest(street, i).min(EDGE_CAP));
        }
        let (a, b) = (f32::from(now.y[i]), f32::from(street.y[i]));
        let q = (a + 4.0 * LEVEL as f32) / (b + 4.0 * LEVEL as f32);
        ratio += q;
        ratio2 += q * q;
        sum_now += a;
        sum_before += b;
        contrast += (a - b).abs();
        colour += (f32::from(now.u[i]) - f32::from(street.u[i])).abs() + (f32::from(now.v[i]) - f32::from(street.v[i])).abs();
        if let (Some(a), Some(b)) = (fine(now, i), fine(street, i)) {
            corr.add(a, b);
        }
    }
    let level = LEVEL as f32;
    let mean_q = ratio / n;
    Looks {
        edge_now: edge_now as f32 / border.max(1) as f32 / level,
        edge_before: edge_before as f32 / border.max(1) as f32 / level,
        same_structure: corr.value(),
        street_structure: corr.second_spread() / level,
        ratio: (sum_now + n * level) / (sum_before + n * level),
        colour: colour / n / level,
        contrast: contrast / n / level,
        uneven: (ratio2 / n - mean_q * mean_q).max(0.0).sqrt(),
        fill: n / around.area() as f32,
    }
}

/// The strongest edge at a pixel or right beside it: borders of masks are a pixel out.
fn strongest(picture: &Picture, i: usize) -> i32 {
    let (x, y) = (i % picture.w, i / picture.w);
    if x < 1 || y < 1 || x + 1 >= picture.w || y + 1 >= picture.h {
        return 0;
    }
    [i, i - 1, i + 1, i - picture.w, i + picture.w].into_iter().map(|j| picture.edge(j)).max().unwrap_or(0)
}

/// Fine structure: the pixel against the mean of the four that lie two away.
fn fine(picture: &Picture, i: usize) -> Option<f32> {
    let (x, y) = (i % picture.w, i / picture.w);
    if x < 2 || y < 2 || x + 2 >= picture.w || y + 2 >= picture.h {
        return None;
    }
    let at = |j: usize| f32::from(picture.y[j]);
    Some(at(i) - (at(i - 2) + at(i + 2) + at(i - 2 * picture.w) + at(i + 2 * picture.w)) / 4.0)
}

/// Pearson's correlation, summed up.
#[derive(Debug, Default)]
struct Correlation {
    n: f64,
    a: f64,
    b: f64,
    aa: f64,
    bb: f64,
    ab: f64,
}

impl Correlation {
    fn add(&mut self, a: f32, b: f32) {
        let (a, b) = (f64::from(a), f64::from(b));
        self.n += 1.0;
        self.a += a;
        self.b += b;
        self.aa += a * a;
        self.bb += b * b;
        self.ab += a * b;
    }

    fn variances(&self) -> (f64, f64) {
        let n = self.n.max(1.0);
        ((self.aa / n - (self.a / n).powi(2)).max(0.0), (self.bb / n - (self.b / n).powi(2)).max(0.0))
    }

    fn second_spread(&self) -> f32 {
        self.variances().1.sqrt() as f32
    }

    fn value(&self) -> f32 {
        let (va, vb) = self.variances();
        // Below a grey level of spread there is only noise to correlate.
        let floor = (0.8 * f64::from(LEVEL)).powi(2);
        if self.n < 9.0 || va < floor || vb < floor {
            return 0.0;
        }
        let n = self.n;
        ((self.ab / n - self.a / n * self.b / n) / (va * vb).sqrt()) as f32
    }
}

/// Correlation of edge strength between two pictures, -1..=1, over the pixels `usable` picks: is it the same view?
pub(crate) fn same_view(a: &Picture, b: &Picture, usable: impl Fn(usize) -> bool) -> f32 {
    let mut corr = Correlation::default();
    for y in (1..a.h.saturating_sub(1)).step_by(2) {
        for x in (1..a.w.saturating_sub(1)).step_by(2) {
            let i = y * a.w + x;
            if usable(i) {
                corr.add(a.edge(i).min(EDGE_CAP) as f32, b.edge(i).min(EDGE_CAP) as f32);
            }
        }
    }
    corr.value()
}

/// Mean strength of edges in a picture, grey levels.
pub(crate) fn sharpness(picture: &Picture) -> f32 {
    let (mut sum, mut n) = (0i64, 0i64);
    for y in (1..picture.h.saturating_sub(1)).step_by(2) {
        for x in (1..picture.w.saturating_sub(1)).step_by(2) {
            sum += i64::from(picture.edge(y * picture.w + x).min(EDGE_CAP));
            n += 1;
        }
    }
    sum as f32 / n.max(1) as f32 / LEVEL as f32
}
