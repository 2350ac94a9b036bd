//! What the view check keeps of a picture: a thumbnail with the direction of its edges, and how sharp they are.
//!
//! Directions instead of brightness, because streets change their light all day: of an edge only its direction, of the
//! two ways along it neither, and whether it stands out of the noise. What a lamp, the sun or infra-red light turn from
//! dark-on-light to light-on-dark keeps its direction.

use crate::motion::picture::{LEVEL, Picture};

/// Width a thumbnail has about, pixels: the larger the finer the shift that is another view. At 180 a fiftieth of the
/// picture's width is four pixels, more than an edge is wide.
const WIDTH: usize = 180;

/// Tiles across and down: people fill some of them, a turned camera changes all.
pub(super) const ACROSS: usize = 16;
/// See [`ACROSS`].
pub(super) const DOWN: usize = 10;
/// All tiles.
pub(super) const TILES: usize = ACROSS * DOWN;

/// An edge of full strength, in the numbers of [`Thumb::edges`].
pub(super) const FULL: f32 = 256.0;

/// An edge has to differ by this many grey levels across it, however clean the picture.
const FAINT: f32 = 3.0;

/// And by so many times the noise.
const ABOVE_NOISE: f32 = 5.0;

/// What noise of one grey level leaves at most in [`Thumb::fine`]: two neighbours' differences, 1.13 standard deviations each in
/// the mean, and the largest of nine such sums, half as much again (3.4 on white noise), with a third to spare. A mean of
/// n pixels has their noise divided by the root of n.
const GRAIN: f32 = 4.5;

/// A thumbnail.
pub(super) struct Thumb {
    pub(super) w: usize,
    pub(super) h: usize,
    /// Luma, as in [`Picture`].
    pub(super) luma: Vec<u16>,
    /// Direction of the edge at each pixel with the angle doubled, so that both ways along it are one; its length goes
    /// from 0 (no edge) to [`FULL`]. Nought at the border.
    pub(super) edges: Vec<[i16; 2]>,
    /// Strength of the finest edges at each pixel or right beside it, grey levels: a mast sways by parts of a pixel.
    pub(super) fine: Vec<f32>,
    /// What noise makes of [`Thumb::fine`] where there is nothing else, grey levels.
    grain: f32,
}

impl Thumb {
    /// `None` for a picture too small to have tiles. `noise` is the standard deviation of a thumbnail's pixel from look to
    /// look, grey levels; where things move everywhere it is too large, and what the smoothest places show counts.
    pub(super) fn of(picture: &Picture, noise: f32) -> Option<Self> {
        let factor = (picture.w / (WIDTH - 20)).max(1);
        let (w, h) = (picture.w / factor, picture.h / factor);
        if w < 3 * ACROSS || h < 3 * DOWN {
            return None;
        }
        let luma = shrink(picture, factor, w, h);
        let rough = roughness(&luma, w, h);
        // A lens that is covered or in the dark makes a camera turn its gain up: noise that nobody has measured yet.
        let grain = GRAIN * factor as f32 * rough.min(2.0 * noise + 1.0);
        let noise = noise.min(rough);
        let floor = FAINT.max(ABOVE_NOISE * noise);
        let edges = directions(&luma, w, h, floor);
        let fine = widest(&finest(picture, factor, w, h), w, h);
        Some(Self { w, h, luma, edges, fine, grain })
    }

    /// First and last pixel (exclusive) of tile column `x`; the border pixels belong to none.
    pub(super) fn columns(&self, x: usize) -> (usize, usize) {
        ((x * self.w / ACROSS).max(1), ((x + 1) * self.w / ACROSS).min(self.w - 1))
    }

    /// The same for tile row `y`.
    pub(super) fn rows(&self, y: usize) -> (usize, usize) {
        ((y * self.h / DOWN).max(1), ((y + 1) * self.h / DOWN).min(self.h - 1))
    }

    /// Mean luma of each tile, grey levels.
    pub(super) fn brightness(&self) -> Vec<f32> {
        self.per_tile(&self.luma)
    }

    /// Strength of fine edges in each tile less the noise, root of the mean square, grey levels: a few strong ones count for
    /// more than many faint ones.
    pub(super) fn sharpness(&self) -> Vec<f32> {
        let mut sharpness = Vec::with_capacity(TILES);
        for ty in 0..DOWN {
            let (top, bottom) = self.rows(ty);
            for tx in 0..ACROSS {
                let (left, right) = self.columns(tx);
                let row = |y: usize| self.fine[y * self.w + left..y * self.w + right].iter().map(|f| f * f).sum::<f32>();
                let sum: f32 = (top..bottom).map(row).sum();
                sharpness.push((sum / ((bottom - top) * (right - left)) as f32 - self.grain * self.grain).max(0.0).sqrt());
            }
        }
        sharpness
    }

    /// Means of a plane over each tile, fixed point in, levels out.
    pub(super) fn per_tile(&self, plane: &[u16]) -> Vec<f32> {
        let mut means = Vec::with_capacity(TILES);
        for ty in 0..DOWN {
            let (top, bottom) = self.rows(ty);
            for tx in 0..ACROSS {
                let (left, right) = self.columns(tx);
                let row = |y: usize| plane[y * self.w + left..y * self.w + right].iter().map(|&p| u32::from(p)).sum::<u32>();
                let sum: u32 = (top..bottom).map(row).sum();
                means.push(sum as f32 / ((bottom - top) * (right - left)) as f32 / LEVEL as f32);
            }
        }
        means
    }

    /// Mean distance of a plane from its mean over each tile, levels.
    pub(super) fn spreads(&self, plane: &[u16], means: &[f32]) -> Vec<f32> {
        let mut spreads = Vec::with_capacity(TILES);
        for ty in 0..DOWN {
            let (top, bottom) = self.rows(ty);
            for tx in 0..ACROSS {
                let (left, right) = self.columns(tx);
                let mean = (means[ty * ACROSS + tx] * LEVEL as f32) as u16;
                let row = |y: usize| {
                    plane[y * self.w + left..y * self.w + right].iter().map(|&p| u32::from(p.abs_diff(mean))).sum::<u32>()
                };
                let sum: u32 = (top..bottom).map(row).sum();
                spreads.push(sum as f32 / ((bottom - top) * (right - left)) as f32 / LEVEL as f32);
            }
        }
        spreads
    }

    /// The luma that a `share` of the pixels exceed, grey levels.
    pub(super) fn bright_end(&self, share: f32) -> f32 {
        let mut histogram = [0u32; 256];
        for &y in self.luma.iter().step_by(3) {
            histogram[usize::from(y >> 8)] += 1;
        }
        let wanted = (self.luma.len().div_ceil(3) as f32 * share) as u32;
        let mut above = 0;
        for (level, n) in histogram.iter().enumerate().rev() {
            above += n;
            if above > wanted {
                return level as f32;
            }
        }
        0.0
    }
}

/// Means of `factor` × `factor` pixels of luma.
fn shrink(picture: &Picture, factor: usize, w: usize, h: usize) -> Vec<u16> {
    if factor == 1 {
        return picture.y.clone();
    }
    let mut out = Vec::with_capacity(w * h);
    let mut sums = vec![0u32; w * factor];
    for y in 0..h {
        sums.fill(0);
        for row in y * factor..(y + 1) * factor {
            let line = &picture.y[row * picture.w..row * picture.w + w * factor];
            for (sum, &p) in sums.iter_mut().zip(line) {
                *sum += u32::from(p);
            }
        }
        let area = (factor * factor) as u32;
        if factor == 2 {
            out.extend(sums.chunks_exact(2).map(|c| ((c[0] + c[1]) / area) as u16));
        } else {
            out.extend(sums.chunks_exact(factor).map(|c| (c.iter().sum::<u32>() / area) as u16));
        }
    }
    out
}

/// The most that noise can be, grey levels: second differences in the smoothest places.
fn roughness(luma: &[u16], w: usize, h: usize) -> f32 {
    const ACROSS: usize = 12;
    let mut sums: Vec<u32> = Vec::new();
    for rows in luma.chunks_exact(w).step_by(2).collect::<Vec<_>>().chunks(4) {
        for tile in 0..w / ACROSS {
            let span = tile * ACROSS..(tile + 1) * ACROSS;
            let sum = |row: &&[u16]| {
                row[span.clone()]
                    .windows(3)
                    .map(|p| (2 * i32::from(p[1]) - i32::from(p[0]) - i32::from(p[2])).unsigned_abs())
                    .sum::<u32>()
            };
            sums.push(rows.iter().map(sum).sum::<u32>() * 4 / rows.len() as u32);
        }
    }
    debug_assert!(h > 0 && !sums.is_empty(), "a thumbnail has tiles");
    let tenth = sums.len() / 10;
    let (_, sum, _) = sums.select_nth_unstable(tenth);
    // For white noise the mean is 0.8 · √6 standard deviations.
    *sum as f32 / (4 * (ACROSS - 2)) as f32 / LEVEL as f32 / 1.95
}

/// See [`Thumb::edges`].
fn directions(luma: &[u16], w: usize, h: usize, floor: f32) -> Vec<[i16; 2]> {
    let floor = (floor * LEVEL as f32).powi(2);
    let mut edges = vec![[0; 2]; w * h];
    for y in 1..h - 1 {
        let (above, line, below) = (&luma[(y - 1) * w..y * w], &luma[y * w..(y + 1) * w], &luma[(y + 1) * w..(y + 2) * w]);
        let out = &mut edges[y * w..(y + 1) * w];
        for x in 1..w - 1 {
            let dx = f32::from(line[x + 1]) - f32::from(line[x - 1]);
            let dy = f32::from(below[x]) - f32::from(above[x]);
            let scale = FULL / (dx * dx + dy * dy + floor);
            out[x] = [((dx * dx - dy * dy) * scale) as i16, (2.0 * dx * dy * scale) as i16];
        }
    }
    edges
}

/// Differences of neighbouring pixels of the whole picture, averaged over each of the thumbnail's.
fn finest(picture: &Picture, factor: usize, w: usize, h: usize) -> Vec<f32> {
    let mut out = Vec::with_capacity(w * h);
    let used = (w * factor).min(picture.w - 1);
    let mut sums = vec![0u32; w * factor];
    let scale = 1.0 / (factor * factor * LEVEL as usize) as f32;
    for y in 0..h {
        sums.fill(0);
        for row in y * factor..(y + 1) * factor {
            let line = &picture.y[row * picture.w..(row + 1) * picture.w];
            let next = (row + 1).min(picture.h - 1);
            let below = &picture.y[next * picture.w..(next + 1) * picture.w];
            for (((sum, &p), &right), &low) in sums[..used].iter_mut().zip(line).zip(&line[1..]).zip(below) {
                *sum += u32::from(p.abs_diff(right)) + u32::from(p.abs_diff(low));
            }
        }
        out.extend(sums.chunks_exact(factor).map(|c| c.iter().sum::<u32>() as f32 * scale));
    }
    out
}

/// The largest of each pixel and its neighbours.
fn widest(plane: &[f32], w: usize, h: usize) -> Vec<f32> {
    let mut across = plane.to_vec();
    for (out, line) in across.chunks_exact_mut(w).zip(plane.chunks_exact(w)) {
        for (x, three) in line.windows(3).enumerate() {
            out[x + 1] = three[0].max(three[1]).max(three[2]);
        }
    }
    let mut out = across.clone();
    for y in 1..h - 1 {
        let (above, below) = (&across[(y - 1) * w..y * w], &across[(y + 1) * w..(y + 2) * w]);
        for ((out, a), b) in out[y * w..(y + 1) * w].iter_mut().zip(above).zip(below) {
            *out = out.max(*a).max(*b);
        }
    }
    out
}
