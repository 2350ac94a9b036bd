//! A small picture of the whole view: enough to see what stood there, no evidence.

use std::sync::Arc;

use events::frame::{PixelFormat, Pixels};
use events::{Frame, I420, Size};

use crate::evidence::{StillError, still_of};

/// Across, at most, pixels.
const WIDTH: u32 = 640;

/// JPEG quality, 1..=100: some 30 kB for a street.
const QUALITY: u8 = 70;

/// The frame, smaller.
pub(super) fn small(frame: &Frame) -> Result<Vec<u8>, StillError> {
    let pixels = frame.pixels();
    let by = pixels.size().width.div_ceil(WIDTH).max(1);
    if by == 1 {
        return still_of(pixels, QUALITY);
    }
    let small: Arc<dyn Pixels> = Arc::new(Small { picture: shrunk(pixels, by as usize), like: frame.clone() });
    still_of(&*small, QUALITY)
}

/// A smaller picture in the colours of the one it was made of.
struct Small {
    picture: I420,
    like: Frame,
}

impl Pixels for Small {
    fn size(&self) -> Size {
        self.picture.size()
    }
    fn format(&self) -> PixelFormat {
        PixelFormat::I420
    }
    fn plane(&self, index: usize) -> events::frame::Plane<'_> {
        self.picture.plane(index)
    }
    fn matrix(&self) -> events::frame::ColorMatrix {
        self.like.pixels().matrix()
    }
    fn range(&self) -> events::frame::ColorRange {
        self.like.pixels().range()
    }
}

fn shrunk(pixels: &dyn Pixels, by: usize) -> I420 {
    let size = pixels.size();
    let (sw, sh) = (size.width as usize, size.height as usize);
    let (w, h) = ((sw / by).max(1), (sh / by).max(1));
    let mut y = Vec::with_capacity(w * h);
    for row in 0..h {
        for column in 0..w {
            y.push(mean(pixels, 0, 1, 0, (column * by, row * by), by));
        }
    }
    let (half_w, half_h) = (w.div_ceil(2), h.div_ceil(2));
    let (mut u, mut v) = (Vec::with_capacity(half_w * half_h), Vec::with_capacity(half_w * half_h));
    for row in 0..half_h {
        for column in 0..half_w {
            let at = ((column * by).min(sw.div_ceil(2) - 1), (row * by).min(sh.div_ceil(2) - 1));
            let (blue, red) = match pixels.format() {
                PixelFormat::I420 => (mean(pixels, 1, 1, 0, at, 1), mean(pixels, 2, 1, 0, at, 1)),
                PixelFormat::Nv12 => (mean(pixels, 1, 2, 0, at, 1), mean(pixels, 1, 2, 1, at, 1)),
            };
            u.push(blue);
            v.push(red);
        }
    }
    I420::from_planes(Size { width: w as u32, height: h as u32 }, y, u, v)
}

/// Mean of `by` × `by` samples of a plane whose samples are `step` bytes apart.
fn mean(pixels: &dyn Pixels, plane: usize, step: usize, offset: usize, (x, y): (usize, usize), by: usize) -> u8 {
    let plane = pixels.plane(plane);
    let mut sum = 0usize;
    for row in y..y + by {
        let samples = plane.row(row, (x + by) * step);
        sum += samples[x * step + offset..].iter().step_by(step).map(|&v| usize::from(v)).sum::<usize>();
    }
    (sum / (by * by)) as u8
}
