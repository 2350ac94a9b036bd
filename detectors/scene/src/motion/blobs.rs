//! Joins pixels to blobs.

use super::street::{Centis, Shows, Street};

/// Pixels that belong together, in rising order.
pub(crate) type Mask = Vec<u32>;

/// The smallest box around pixels, in pixels: left, top, right, bottom (right and bottom excluded).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PixelBox {
    pub(crate) x1: usize,
    pub(crate) y1: usize,
    pub(crate) x2: usize,
    pub(crate) y2: usize,
}

impl PixelBox {
    /// Around a mask; `None` when it is empty.
    pub(crate) fn of(mask: &[u32], w: usize) -> Option<Self> {
        let first = *mask.first()? as usize;
        let mut b = Self { x1: first % w, y1: first / w, x2: first % w + 1, y2: first / w + 1 };
        for &i in mask {
            let (x, y) = (i as usize % w, i as usize / w);
            b.x1 = b.x1.min(x);
            b.x2 = b.x2.max(x + 1);
            b.y1 = b.y1.min(y);
            b.y2 = b.y2.max(y + 1);
        }
        Some(b)
    }

    /// Grown by pixels on each side, cut to the picture.
    pub(crate) fn grown(&self, by: usize, w: usize, h: usize) -> Self {
        Self {
            x1: self.x1.saturating_sub(by),
            y1: self.y1.saturating_sub(by),
            x2: (self.x2 + by).min(w),
            y2: (self.y2 + by).min(h),
        }
    }

    /// Pixels in it.
    pub(crate) fn area(&self) -> usize {
        (self.x2 - self.x1) * (self.y2 - self.y1)
    }
}

/// How far apart pixels of one thing may lie, pixels: sensors and codecs break thin parts.
const GAP: isize = 2;

/// Pixels that came to stand further apart in time than this are two things, centiseconds.
const TOGETHER: Centis = 500;

/// Joins the pixels that `wanted` picks: neighbours within [`GAP`] that came to stand at about the same time. Blobs of
/// fewer than `least` pixels are dropped.
pub(crate) fn standing(street: &Street, wanted: impl Fn(usize) -> bool, least: usize) -> Vec<Mask> {
    let (w, h) = (street.empty.w, street.empty.h);
    let mut label = vec![0u8; w * h];
    for (i, l) in label.iter_mut().enumerate() {
        *l = u8::from(wanted(i));
    }
    let mut blobs = Vec::new();
    let mut queue = Vec::new();
    for seed in 0..w * h {
        if label[seed] != 1 {
            continue;
        }
        let mut blob = Mask::new();
        label[seed] = 2;
        queue.push(seed);
        while let Some(i) = queue.pop() {
            blob.push(i as u32);
            let (x, y) = ((i % w) as isize, (i / w) as isize);
            for ny in (y - GAP).max(0)..=(y + GAP).min(h as isize - 1) {
                for nx in (x - GAP).max(0)..=(x + GAP).min(w as isize - 1) {
                    let j = ny as usize * w + nx as usize;
                    if label[j] == 1 && street.since(i).abs_diff(street.since(j)) <= TOGETHER {
                        label[j] = 2;
                        queue.push(j);
                    }
                }
            }
        }
        if blob.len() >= least {
            blob.sort_unstable();
            blobs.push(blob);
        }
    }
    blobs
}

/// Strong and weak pixels of one blob are two things when their mean contrasts differ by this factor: a suitcase, and the
/// shine of the floor around it.
pub(crate) const UNLIKE: f32 = 2.5;

/// The mean contrast of a mask.
pub(crate) fn contrast(mask: &[u32], street: &Street) -> f32 {
    mask.iter().map(|&i| street.contrast(i as usize) as f32).sum::<f32>() / mask.len().max(1) as f32
}

/// Parts a blob into strong and weak pixels where they fall into two groups: the threshold is Otsu's (1979).
pub(crate) fn by_contrast(blob: Mask, street: &Street) -> Vec<Mask> {
    let mut sorted: Vec<i32> = blob.iter().map(|&i| street.contrast(i as usize)).collect();
    sorted.sort_unstable();
    let n = sorted.len();
    let total: i64 = sorted.iter().map(|&c| i64::from(c)).sum();
    let (mut below, mut best, mut cut, mut means) = (0i64, 0.0f64, 0usize, (0.0f64, 0.0f64));
    for k in 1..n {
        below += i64::from(sorted[k - 1]);
        let (low, high) = (below as f64 / k as f64, (total - below) as f64 / (n - k) as f64);
        let between = k as f64 * (n - k) as f64 * (high - low).powi(2);
        if between > best {
            (best, cut, means) = (between, k, (low, high));
        }
    }
    let weak_share = cut as f64 / n as f64;
    if !(0.2..=0.85).contains(&weak_share) || means.1 < f64::from(UNLIKE) * means.0 {
        return vec![blob];
    }
    let threshold = sorted[cut];
    let (strong, weak) = blob.into_iter().partition(|&i| street.contrast(i as usize) >= threshold);
    vec![strong, weak]
}

/// Side of the cells in which movement is looked for, pixels: finer than a person's width in any usable picture.
const CELL: usize = 4;

/// A cell moves when this many of its 16 pixels do.
const CELL_MOVES: u32 = 6;

/// What moves: boxes around connected cells in which enough pixels show neither the street nor something old. `skip` takes
/// pixels out (those of known things). Boxes of fewer than `least` cells are noise.
pub(crate) fn moving(street: &Street, now: Centis, skip: impl Fn(usize) -> bool, least: usize) -> Vec<(PixelBox, usize)> {
    let (w, h) = (street.empty.w, street.empty.h);
    let (cw, ch) = (w.div_ceil(CELL), h.div_ceil(CELL));
    let mut count = vec![0u32; cw * ch];
    for i in 0..w * h {
        if street.shows[i] != Shows::Street && !(street.shows[i] == Shows::Standing && street.is_old(i, now)) && !skip(i) {
            count[i / w / CELL * cw + i % w / CELL] += 1;
        }
    }
    let mut done = vec![false; cw * ch];
    let mut found = Vec::new();
    let mut queue = Vec::new();
    for seed in 0..cw * ch {
        if done[seed] || count[seed] < CELL_MOVES {
            continue;
        }
        let (mut x1, mut y1, mut x2, mut y2, mut pixels, mut cells) = (cw, ch, 0, 0, 0usize, 0usize);
        done[seed] = true;
        queue.push(seed);
        while let Some(c) = queue.pop() {
            let (x, y) = (c % cw, c / cw);
            (x1, y1, x2, y2) = (x1.min(x), y1.min(y), x2.max(x + 1), y2.max(y + 1));
            pixels += count[c] as usize;
            cells += 1;
            for ny in y.saturating_sub(1)..=(y + 1).min(ch - 1) {
                for nx in x.saturating_sub(1)..=(x + 1).min(cw - 1) {
                    let n = ny * cw + nx;
                    if !done[n] && count[n] >= CELL_MOVES {
                        done[n] = true;
                        queue.push(n);
                    }
                }
            }
        }
        if cells >= least {
            let b = PixelBox { x1: x1 * CELL, y1: y1 * CELL, x2: (x2 * CELL).min(w), y2: (y2 * CELL).min(h) };
            found.push((b, pixels));
        }
    }
    found
}
