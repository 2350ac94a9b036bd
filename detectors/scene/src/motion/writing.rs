//! Captions: text that the camera or a recorder writes into the picture. It stands nowhere in the street.
//!
//! Told by what makes writing readable, not by where it is: a line, much longer than high, along whose middle bright and dark
//! alternate again and again, in the frame's own resolution (strokes are a pixel or two wide).

use events::Frame;

use super::picture::median;
use crate::place::company::Area;

/// Rows that are read through a line.
const ROWS: usize = 9;

/// Between the dark and the bright of a line there are at least so many grey levels: captions are made to be read.
const READABLE: u8 = 70;

/// How often bright and dark alternate along the middle of a box, per length of its height: the median of its rows. The box is
/// in pixels of a picture `small_w` wide. 0 where it has too little contrast to be read.
pub(crate) fn alternation(frame: &Frame, at: &Area, small_w: usize) -> f32 {
    let pixels = frame.pixels();
    let (w, h) = (pixels.size().width as usize, pixels.size().height as usize);
    let scale = w as f32 / small_w.max(1) as f32;
    let cut = |v: f32, end: usize| ((v * scale).round().max(0.0) as usize).min(end);
    let (x1, x2, y1, y2) = (cut(at.x1, w), cut(at.x2, w), cut(at.y1, h), cut(at.y2, h));
    if x2 < x1 + 8 || y2 < y1 + 4 {
        return 0.0;
    }
    let plane = pixels.plane(0);
    let (top, middle) = (y1 + (y2 - y1) / 4, (y2 - y1) / 2);
    let rows: Vec<&[u8]> = (0..ROWS.min(middle)).map(|k| &plane.row(top + k * middle / ROWS.min(middle), w)[x1..x2]).collect();
    let mut values: Vec<u8> = rows.iter().flat_map(|r| r.iter().copied()).collect();
    let n = values.len();
    let dark = *values.select_nth_unstable(n / 20).1;
    let bright = *values.select_nth_unstable(n - 1 - n / 20).1;
    let range = bright.saturating_sub(dark);
    if range < READABLE {
        return 0.0;
    }
    // Hysteresis, so that noise on a slope is no stroke.
    let step = |share: f32| dark + (f32::from(range) * share) as u8;
    let (low, high) = (step(0.35), step(0.65));
    let mut turns: Vec<usize> = rows
        .iter()
        .map(|row| {
            let (mut turns, mut is_bright) = (0, None);
            for &v in *row {
                let now = if v > high {
                    true
                } else if v < low {
                    false
                } else {
                    continue;
                };
                turns += usize::from(is_bright.is_some_and(|was| was != now));
                is_bright = Some(now);
            }
            turns
        })
        .collect();
    median(&mut turns) as f32 * (y2 - y1) as f32 / (x2 - x1) as f32
}
