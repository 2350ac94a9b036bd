//! Pictures as JPEG files, with boxes drawn in for those who look.

use std::path::{Path, PathBuf};

use events::{I420, Pixels as _, Size};

/// A picture could not be written.
#[derive(Debug, thiserror::Error)]
#[error("writing the picture {path}")]
pub struct StillError {
    /// The file.
    pub path: PathBuf,
    /// What the encoder or the system said.
    pub source: jpeg_encoder::EncodingError,
}

/// A box to draw: `[x1, y1, x2, y2]` in 0..1 of the picture, and its colour.
pub type Drawn = ([f64; 4], [u8; 3]);

/// Writes a JPEG of quality 1..=100. Limited range Y'CbCr (BT.709 from 720 lines up, BT.601 below) becomes RGB; boxes are
/// drawn just outside of what they surround.
///
/// # Errors
/// [`StillError`] names the file: it cannot be made, or the picture is wider or higher than JPEG allows (65,535).
pub fn write(path: &Path, picture: &I420, quality: u8, boxes: &[Drawn]) -> Result<(), StillError> {
    let Size { width, height } = picture.size();
    let rgb = rgb(picture, boxes);
    let failed = |source| StillError { path: path.to_owned(), source };
    let encoder = jpeg_encoder::Encoder::new_file(path, quality).map_err(failed)?;
    let side = |v: u32| u16::try_from(v).unwrap_or(u16::MAX);
    encoder.encode(&rgb, side(width), side(height), jpeg_encoder::ColorType::Rgb).map_err(failed)
}

/// RGB, row by row.
fn rgb(picture: &I420, boxes: &[Drawn]) -> Vec<u8> {
    let Size { width, height } = picture.size();
    let (w, h) = (width as usize, height as usize);
    // ITU-R BT.709-6 and BT.601-7, limited range.
    let [rv, gu, gv, bu] = if height >= 720 { [1.793, 0.213, 0.533, 2.112] } else { [1.596, 0.392, 0.813, 2.017] };
    let mut rgb = Vec::with_capacity(w * h * 3);
    for y in 0..h {
        let luma = picture.plane(0).row(y, w);
        let (us, vs) = (picture.plane(1).row(y / 2, w / 2), picture.plane(2).row(y / 2, w / 2));
        for x in 0..w {
            let l = 1.164 * (f32::from(luma[x]) - 16.0);
            let (u, v) = (f32::from(us[x / 2]) - 128.0, f32::from(vs[x / 2]) - 128.0);
            rgb.extend([l + rv * v, l - gu * u - gv * v, l + bu * u].map(|c| c.clamp(0.0, 255.0) as u8));
        }
    }
    for (bbox, colour) in boxes {
        frame(&mut rgb, (w, h), bbox, *colour);
    }
    rgb
}

fn frame(rgb: &mut [u8], (w, h): (usize, usize), bbox: &[f64; 4], colour: [u8; 3]) {
    let at = |v: f64, size: usize, grow: f64| (v * size as f64 + grow).clamp(0.0, size as f64 - 1.0) as usize;
    let (x0, x1) = (at(bbox[0], w, -1.5), at(bbox[2], w, 1.5));
    let (y0, y1) = (at(bbox[1], h, -1.5), at(bbox[3], h, 1.5));
    let mut dot = |x: usize, y: usize| rgb[(y * w + x) * 3..][..3].copy_from_slice(&colour);
    for x in x0..=x1 {
        dot(x, y0);
        dot(x, y1);
    }
    for y in y0..=y1 {
        dot(x0, y);
        dot(x1, y);
    }
}
