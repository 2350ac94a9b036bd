//! The small picture that everything is looked for in: area means of the decoder's planes, 8 fractional bits.

use events::{Frame, PixelFormat, Plane};
use serde::{Deserialize, Serialize};

/// One grey level in the fixed-point numbers of all small pictures.
pub(crate) const LEVEL: i32 = 256;

/// The middle of a list, of two the later; 0 when it is empty. The list is put out of order.
pub(crate) fn median<T: Copy + Default + Ord>(values: &mut [T]) -> T {
    if values.is_empty() {
        return T::default();
    }
    let middle = values.len() / 2;
    *values.select_nth_unstable(middle).1
}

/// Three planes of equal size: luma and the two colour differences.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Picture {
    pub(crate) w: usize,
    pub(crate) h: usize,
    pub(crate) y: Vec<u16>,
    pub(crate) u: Vec<u16>,
    pub(crate) v: Vec<u16>,
}

impl Picture {
    /// Scales a frame down to at most `width` pixels across, keeping its shape.
    pub(crate) fn of(frame: &Frame, width: usize) -> Self {
        let pixels = frame.pixels();
        let size = pixels.size();
        let (sw, sh) = (size.width as usize, size.height as usize);
        if sw < 2 || sh < 2 {
            return Self::default();
        }
        let w = width.min(sw);
        let h = (sh * w / sw).clamp(1, 2 * width.max(1)).min(sh);
        let (cw, ch) = (sw.div_ceil(2), sh.div_ceil(2));
        let y = area_mean(pixels.plane(0), sw, sh, 1, 0, w, h);
        let (u, v) = match pixels.format() {
            PixelFormat::I420 => (area_mean(pixels.plane(1), cw, ch, 1, 0, w, h), area_mean(pixels.plane(2), cw, ch, 1, 0, w, h)),
            PixelFormat::Nv12 => (area_mean(pixels.plane(1), cw, ch, 2, 0, w, h), area_mean(pixels.plane(1), cw, ch, 2, 1, w, h)),
        };
        Self { w, h, y, u, v }
    }

    /// How many pixels a plane has.
    pub(crate) fn len(&self) -> usize {
        self.w * self.h
    }

    /// Strength of the luma edge at a pixel, in fixed point: the sum of the central differences across and down.
    pub(crate) fn edge(&self, i: usize) -> i32 {
        let (x, y) = (i % self.w, i / self.w);
        if x == 0 || y == 0 || x + 1 == self.w || y + 1 == self.h {
            return 0;
        }
        let at = |j: usize| i32::from(self.y[j]);
        (at(i + 1) - at(i - 1)).abs() + (at(i + self.w) - at(i - self.w)).abs()
    }
}

/// The source columns or rows of output cell `i`: at least one.
fn span(i: usize, from: usize, to: usize) -> (usize, usize) {
    let start = i * from / to;
    (start, ((i + 1) * from / to).max(start + 1).min(from))
}

/// `total / by`, without a division where `by` is a power of two, as cells of one, two and four pixels are.
fn over(total: u32, by: u32) -> u16 {
    if by.is_power_of_two() { (total >> by.trailing_zeros()) as u16 } else { (total / by) as u16 }
}

/// Means over the cells of a `w` × `h` grid. Rows are added up first, which the compiler turns into wide additions, and
/// only the sums are cut into cells. `step` and `offset` pick one of interleaved colour planes.
fn area_mean(plane: Plane<'_>, sw: usize, sh: usize, step: usize, offset: usize, w: usize, h: usize) -> Vec<u16> {
    let bytes = sw * step;
    let mut sums = vec![0u16; bytes];
    let cells: Vec<(usize, usize, u32)> = (0..w)
        .map(|x| {
            let (a, b) = span(x, sw, w);
            (a * step + offset, b * step, (b - a) as u32)
        })
        .collect();
    let mut out = Vec::with_capacity(w * h);
    for row in 0..h {
        let (top, bottom) = span(row, sh, h);
        // 257 rows of 255 are what a u16 holds; no camera is that tall for a picture this small.
        let bottom = bottom.min(top + 257);
        sums.fill(0);
        for source in top..bottom {
            for (sum, &byte) in sums.iter_mut().zip(plane.row(source, bytes)) {
                *sum += u16::from(byte);
            }
        }
        let rows = (bottom - top) as u32;
        for &(a, b, columns) in &cells {
            // Cells are one to three columns wide: stepping through them by hand costs less than an iterator's set-up.
            let (mut total, mut at) = (0u32, a);
            while at < b {
                total += u32::from(sums[at]);
                at += step;
            }
            out.push(over(total * LEVEL as u32, rows * columns));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use events::{I420, Pixels, Size};

    #[test]
    fn cells_are_the_means_of_their_pixels_at_any_size() {
        for (sw, sh, w, h) in [(640, 360, 360, 202), (64, 48, 64, 48), (96, 54, 32, 18), (100, 70, 41, 29)] {
            let mut picture = I420::filled(Size { width: sw as u32, height: sh as u32 }, [0, 128, 128]);
            for (i, value) in picture.luma_mut().iter_mut().enumerate() {
                *value = (i * 7919 % 251) as u8;
            }
            let luma: Vec<u32> = picture.luma_mut().iter().map(|&v| u32::from(v)).collect();
            let means = area_mean(picture.plane(0), sw, sh, 1, 0, w, h);
            for (i, mean) in means.iter().enumerate() {
                let ((x1, x2), (y1, y2)) = (span(i % w, sw, w), span(i / w, sh, h));
                let sum: u32 = (y1..y2).flat_map(|y| &luma[y * sw + x1..y * sw + x2]).sum();
                assert_eq!(u32::from(*mean), sum * 256 / ((x2 - x1) * (y2 - y1)) as u32, "{sw}x{sh} to {w}x{h}, cell {i}");
            }
        }
    }
}
