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
    /// Of the border pixels whose edge changed, those where it grew less those where it faded, as a share, -1..=1. Unlike the
    /// means it is not misled by one strong old edge that the border happens to follow.
    pub(crate) votes: f32,
    /// How much less its colours are like those around it than the street's there were, -1..=1: what came stands out, what
    /// left uncovers more of the surroundings.
    pub(crate) stands_out: f32,
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
    /// The same with what lies between its pixels, along the row and along the column: writing on a wall has no ground.
    pub(crate) solid: f32,
    /// How much of what it adds to the street's luma begins right at its border, as a share of what it adds on average: near
    /// 1 for a thing, little for a pool of light, which grows towards its middle.
    pub(crate) crisp: f32,
    /// How straight it is above and below, 0..=1: a sheet seen at an angle has slanting but straight edges, people and goods
    /// have neither.
    pub(crate) straight: f32,
}

impl Looks {
    /// How steep its border is for how much it stands out by: a step is about 1 or more, a pool of light is not. What stands out by
    /// more than [`STEEP_FROM`] counts as that much, since edges are measured up to a bound.
    pub(crate) fn steepness(&self) -> f32 {
        self.edge_now / self.contrast.clamp(1.0, STEEP_FROM)
    }

    /// Did something come (above 0) or leave (below)? -2..=2.
    pub(crate) fn came(&self) -> f32 {
        self.votes + self.stands_out
    }
}

/// Edges above this say no more, grey levels.
const EDGE_CAP: i32 = 60 * LEVEL;

/// See [`Looks::steepness`], grey levels.
const STEEP_FROM: f32 = 50.0;

/// An edge has to change by this much to vote, fixed point.
const VOTE: i32 = 5 * LEVEL;

/// Width of the ring whose colours a blob is compared with, pixels.
const RING: usize = 5;

/// See [`Looks::stands_out`]: histogram intersection (Swain & Ballard 1991) of the inside with the ring around, in the street
/// less in the picture now.
fn stands_out(mask: &Mask, around: PixelBox, now: &Picture, street: &Picture) -> f32 {
    let outer = around.grown(RING, now.w, now.h);
    let width = outer.x2 - outer.x1;
    let mut taken = vec![false; width * (outer.y2 - outer.y1)];
    let mut inside = (Histogram::default(), Histogram::default());
    for &i in mask {
        let (x, y) = (i as usize % now.w, i as usize / now.w);
        taken[(y - outer.y1) * width + x - outer.x1] = true;
        inside.0.add(now, i as usize);
        inside.1.add(street, i as usize);
    }
    let mut ring = (Histogram::default(), Histogram::default());
    for y in outer.y1..outer.y2 {
        for x in outer.x1..outer.x2 {
            let near = |dx: isize, dy: isize| {
                let (nx, ny) = (x as isize - outer.x1 as isize + dx, y as isize - outer.y1 as isize + dy);
                nx >= 0
                    && ny >= 0
                    && (nx as usize) < width
                    && taken.get(ny as usize * width + nx as usize).copied().unwrap_or(false)
            };
            // The pixel beside the border is a mixture of both.
            let beside = near(0, 0) || near(1, 0) || near(-1, 0) || near(0, 1) || near(0, -1);
            if !beside {
                ring.0.add(now, y * now.w + x);
                ring.1.add(street, y * now.w + x);
            }
        }
    }
    inside.1.common(&ring.1) - inside.0.common(&ring.0)
}

/// How far a place has the colours of its surroundings in one picture, 0..=1: bare ground does, what stands on it does not.
pub(crate) fn blends_in(around: PixelBox, picture: &Picture) -> f32 {
    let (mut inside, mut ring) = (Histogram::default(), Histogram::default());
    let outer = around.grown(RING, picture.w, picture.h);
    for y in outer.y1..outer.y2 {
        for x in outer.x1..outer.x2 {
            let within = (around.x1..around.x2).contains(&x) && (around.y1..around.y2).contains(&y);
            if within { &mut inside } else { &mut ring }.add(picture, y * picture.w + x);
        }
    }
    inside.common(&ring)
}

/// Colours in 16 × 8 × 8 soft-edged bins; luma is spread over two neighbours so that noise at a bin's edge does not matter.
struct Histogram {
    bins: Vec<f32>,
    n: f32,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { bins: vec![0.0; 17 * 64], n: 0.0 }
    }
}

impl Histogram {
    fn add(&mut self, p: &Picture, i: usize) {
        let luma = f32::from(p.y[i]) / 4096.0;
        let bin = luma as usize;
        // Colour differences of streets lie within 32 of grey: bins of 10 levels there.
        let chroma = |c: u16| ((i32::from(c) - 88 * LEVEL) / (10 * LEVEL)).clamp(0, 7) as usize;
        let colour = chroma(p.u[i]) * 8 + chroma(p.v[i]);
        let part = luma - bin as f32;
        self.bins[bin * 64 + colour] += 1.0 - part;
        self.bins[(bin + 1) * 64 + colour] += part;
        self.n += 1.0;
    }

    fn common(&self, other: &Self) -> f32 {
        if self.n < 1.0 || other.n < 1.0 {
            return 0.0;
        }
        self.bins.iter().zip(&other.bins).map(|(a, b)| (a / self.n).min(b / other.n)).sum()
    }
}

/// Looks at a blob in `now` (in the street's light) and in the `street`.
pub(crate) fn looks(mask: &Mask, now: &Picture, street: &Picture) -> Looks {
    let Some(around) = PixelBox::of(mask, now.w) else { return Looks::default() };
    let (w, n) = (now.w, mask.len() as f32);
    let inside = |i: usize| mask.binary_search(&(i as u32)).is_ok();
    let (mut edge_now, mut edge_before, mut border) = (0i64, 0i64, 0i64);
    let (mut grew, mut faded) = (0i32, 0i32);
    let (mut ratio, mut ratio2, mut colour, mut contrast, mut sum_now, mut sum_before) =
        (0.0f32, 0.0f32, 0.0f32, 0.0f32, 0.0f32, 0.0f32);
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
            let (e_now, e_before) = (strongest(now, i).min(EDGE_CAP), strongest(street, i).min(EDGE_CAP));
            edge_now += i64::from(e_now);
            edge_before += i64::from(e_before);
            grew += i32::from(e_now > e_before + VOTE);
            faded += i32::from(e_before > e_now + VOTE);
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
    let (rows, columns) = extents(mask, around, w);
    Looks {
        edge_now: edge_now as f32 / border.max(1) as f32 / level,
        edge_before: edge_before as f32 / border.max(1) as f32 / level,
        votes: (grew - faded) as f32 / (grew + faded).max(border.max(1) as i32 / 4).max(1) as f32,
        stands_out: stands_out(mask, around, now, street),
        same_structure: corr.value(),
        street_structure: corr.second_spread() / level,
        ratio: (sum_now + n * level) / (sum_before + n * level),
        colour: colour / n / level,
        contrast: contrast / n / level,
        uneven: (ratio2 / n - mean_q * mean_q).max(0.0).sqrt(),
        fill: n / around.area() as f32,
        solid: solid(&rows, &columns),
        crisp: crisp(mask, now, street),
        straight: straight(&columns),
    }
}

/// First and last pixel of a row or column.
type Extent = (usize, usize);

/// First and last pixel of each row and of each column of a mask's box, counted from its corner; a column or row without any has
/// its first after its last.
fn extents(mask: &Mask, around: PixelBox, w: usize) -> (Vec<Extent>, Vec<Extent>) {
    let mut rows = vec![(usize::MAX, 0usize); around.y2 - around.y1];
    let mut columns = vec![(usize::MAX, 0usize); around.x2 - around.x1];
    for &i in mask {
        let (x, y) = (i as usize % w - around.x1, i as usize / w - around.y1);
        rows[y] = (rows[y].0.min(x), rows[y].1.max(x));
        columns[x] = (columns[x].0.min(y), columns[x].1.max(y));
    }
    (rows, columns)
}

/// See [`Looks::solid`].
fn solid(rows: &[Extent], columns: &[Extent]) -> f32 {
    let (width, height) = (columns.len(), rows.len());
    let within = |x: usize, y: usize| (rows[y].0..=rows[y].1).contains(&x) || (columns[x].0..=columns[x].1).contains(&y);
    let filled = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).filter(|&(x, y)| within(x, y)).count();
    filled as f32 / (width * height).max(1) as f32
}

/// Light makes all it falls on brighter: of what it adds, so much at least is of one sign.
const OF_ONE_SIGN: f32 = 0.7;

/// See [`Looks::crisp`]: two pixels inside of the border less two outside, along rows and columns. 1 for what is darker in
/// one place and brighter in another.
fn crisp(mask: &Mask, now: &Picture, street: &Picture) -> f32 {
    let (w, h) = (now.w, now.h);
    let inside = |i: usize| mask.binary_search(&(i as u32)).is_ok();
    let added = |i: usize| f32::from(now.y[i]) - f32::from(street.y[i]);
    let mean = mask.iter().map(|&i| added(i as usize)).sum::<f32>() / mask.len().max(1) as f32;
    let both = mask.iter().map(|&i| added(i as usize).abs()).sum::<f32>() / mask.len().max(1) as f32;
    if mean.abs() < OF_ONE_SIGN * both {
        return 1.0;
    }
    let (mut step, mut n) = (0.0f32, 0.0f32);
    for &i in mask {
        let i = i as usize;
        let (x, y) = (i % w, i / w);
        if x < 3 || y < 3 || x + 3 >= w || y + 3 >= h {
            continue;
        }
        for (out, further, within) in
            [(i - 1, i - 2, i + 1), (i + 1, i + 2, i - 1), (i - w, i - 2 * w, i + w), (i + w, i + 2 * w, i - w)]
        {
            if !inside(out) && !inside(further) && inside(within) {
                step += added(within) - added(further);
                n += 1.0;
            }
        }
    }
    if n < 4.0 || mean.abs() < LEVEL as f32 { 1.0 } else { (step / n / mean).clamp(-1.0, 2.0) }
}

/// See [`Looks::straight`]: what is left of the first and last pixel of each column once a line is laid through them.
fn straight(columns: &[Extent]) -> f32 {
    let taken: Vec<(f32, f32, f32)> = columns
        .iter()
        .enumerate()
        .filter(|(_, (top, _))| *top != usize::MAX)
        .map(|(x, (top, bottom))| (x as f32, *top as f32, *bottom as f32))
        .collect();
    let height = taken.iter().map(|(_, top, bottom)| bottom - top + 1.0).sum::<f32>() / taken.len().max(1) as f32;
    let off = |y: fn(&(f32, f32, f32)) -> f32| off_line(taken.iter().map(|c| (c.0, y(c))));
    (1.0 - (off(|c| c.1) + off(|c| c.2)) / height.max(1.0)).clamp(0.0, 1.0)
}

/// Mean distance of points from the line of least squares through them.
fn off_line(points: impl Iterator<Item = (f32, f32)> + Clone) -> f32 {
    let n = points.clone().count().max(1) as f32;
    let (sx, sy) = points.clone().fold((0.0, 0.0), |s, (x, y)| (s.0 + x, s.1 + y));
    let (mx, my) = (sx / n, sy / n);
    let (sxx, sxy) = points.clone().fold((0.0f32, 0.0f32), |s, (x, y)| (s.0 + (x - mx) * (x - mx), s.1 + (x - mx) * (y - my)));
    let slope = if sxx > 0.0 { sxy / sxx } else { 0.0 };
    points.map(|(x, y)| (y - my - slope * (x - mx)).abs()).sum::<f32>() / n
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
