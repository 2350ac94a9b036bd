//! A picture as evidence: JPEG at full resolution straight from the decoder's planes, nothing drawn on it.
//!
//! JPEG (JFIF) means full-range BT.601; cameras send limited range, and BT.709 from 720 lines up. The planes are rescaled
//! and turned, so that a court's viewer shows the colours the camera saw; chroma stays at 4:2:0 as it came, sample for
//! sample. There is no detour over RGB.

use events::Frame;
use events::frame::{ColorMatrix, ColorRange, PixelFormat, Pixels};
use jpeg_encoder::{Encoder, ImageBuffer, JpegColorType, SamplingFactor};

/// JPEG quality, 1..=100. At 92 a 1080p street scene takes 0.4 to 0.8 MB and the digits of a number plate keep their edges;
/// the clip in the original bitstream is in the package beside it.
pub const JPEG_QUALITY: u8 = 92;

/// Why a frame could not be made a still.
#[derive(Debug, thiserror::Error)]
pub enum StillError {
    /// JPEG holds 1 to 65,535 pixels each way.
    #[error("a picture of {width}×{height} cannot be a JPEG")]
    Size {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// The encoder refused.
    #[error("encoding a still of {width}×{height}")]
    Encode {
        /// Pixels across.
        width: u16,
        /// Pixels down.
        height: u16,
        /// Why.
        source: jpeg_encoder::EncodingError,
    },
}

/// The frame as JPEG: full resolution, clean.
///
/// # Errors
/// When the picture is empty or too big for JPEG, or the encoder fails.
pub fn still(frame: &Frame) -> Result<Vec<u8>, StillError> {
    still_of(frame.pixels(), JPEG_QUALITY)
}

/// Pixels as JPEG of this quality, 1..=100.
///
/// # Errors
/// When the picture is empty or too big for JPEG, or the encoder fails.
pub fn still_of(pixels: &dyn Pixels, quality: u8) -> Result<Vec<u8>, StillError> {
    let size = pixels.size();
    let (Ok(width @ 1..), Ok(height @ 1..)) = (u16::try_from(size.width), u16::try_from(size.height)) else {
        return Err(StillError::Size { width: size.width, height: size.height });
    };
    // A quarter of the luma bytes holds most street scenes at this quality without growing.
    let mut jpeg = Vec::with_capacity(usize::from(width) * usize::from(height) / 4);
    let mut encoder = Encoder::new(&mut jpeg, quality);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.encode_image(Planes::new(pixels, width, height)).map_err(|source| StillError::Encode { width, height, source })?;
    Ok(jpeg)
}

/// Shares of red and blue in luma (ITU-R BT.601-7 and BT.709-6; green is the rest).
fn weights(matrix: ColorMatrix) -> (f32, f32) {
    match matrix {
        ColorMatrix::Bt601 => (0.299, 0.114),
        ColorMatrix::Bt709 => (0.2126, 0.0722),
    }
}

/// What a chroma pair adds to luma, and what it becomes, when the matrix is changed to BT.601. Luma itself keeps its value:
/// grey is grey in both.
struct Turn {
    luma: [f32; 2],
    blue: [f32; 2],
    red: [f32; 2],
}

impl Turn {
    fn to_bt601(from: ColorMatrix) -> Self {
        let column = |cb: f32, cr: f32| {
            // R, G, B of (Y = 0, cb, cr) under `from`, then Y, Cb, Cr of that under BT.601.
            let (kr, kb) = weights(from);
            let r = 2.0 * (1.0 - kr) * cr;
            let b = 2.0 * (1.0 - kb) * cb;
            let g = -(kr * r + kb * b) / (1.0 - kr - kb);
            let (kr, kb) = weights(ColorMatrix::Bt601);
            let y = kr * r + (1.0 - kr - kb) * g + kb * b;
            (y, (b - y) / (2.0 * (1.0 - kb)), (r - y) / (2.0 * (1.0 - kr)))
        };
        let (of_cb, of_cr) = (column(1.0, 0.0), column(0.0, 1.0));
        Self { luma: [of_cb.0, of_cr.0], blue: [of_cb.1, of_cr.1], red: [of_cb.2, of_cr.2] }
    }
}

/// The planes as the encoder wants them: full-size rows; it takes every second chroma sample of every second row back, so
/// each original sample is used once, unfiltered.
struct Planes<'a> {
    pixels: &'a dyn Pixels,
    width: u16,
    height: u16,
    /// Luma to 0..255.
    luma: [f32; 256],
    /// Chroma to -128..128.
    chroma: [f32; 256],
    turn: Turn,
}

impl<'a> Planes<'a> {
    fn new(pixels: &'a dyn Pixels, width: u16, height: u16) -> Self {
        // Limited range: luma 16..=235, chroma 16..=240 around 128 (BT.601-7, BT.709-6).
        let (offset, luma, chroma) = match pixels.range() {
            ColorRange::Limited => (16.0, 255.0 / 219.0, 255.0 / 224.0),
            ColorRange::Full => (0.0, 1.0, 1.0),
        };
        Self {
            pixels,
            width,
            height,
            luma: std::array::from_fn(|v| (v as f32 - offset) * luma),
            chroma: std::array::from_fn(|v| (v as f32 - 128.0) * chroma),
            turn: Turn::to_bt601(pixels.matrix()),
        }
    }

    fn row(&self, luma: &[u8], chroma: impl Iterator<Item = (u8, u8)>, out: &mut [Vec<u8>; 4]) {
        let [out_y, out_cb, out_cr, _] = out.each_mut().map(|plane| {
            let start = plane.len();
            plane.resize(start + luma.len(), 0);
            &mut plane[start..]
        });
        // `as u8` saturates; half is added so that it rounds.
        let byte = |value: f32| (value + 0.5) as u8;
        let pairs = luma.chunks(2).zip(out_y.chunks_mut(2)).zip(out_cb.chunks_mut(2)).zip(out_cr.chunks_mut(2));
        for ((((y, out_y), out_cb), out_cr), (u, v)) in pairs.zip(chroma) {
            let (cb, cr) = (self.chroma[usize::from(u)], self.chroma[usize::from(v)]);
            let of = |by: &[f32; 2]| by[0] * cb + by[1] * cr;
            let shift = of(&self.turn.luma);
            out_cb.fill(byte(of(&self.turn.blue) + 128.0));
            out_cr.fill(byte(of(&self.turn.red) + 128.0));
            for (out, y) in out_y.iter_mut().zip(y) {
                *out = byte(self.luma[usize::from(*y)] + shift);
            }
        }
    }
}

impl ImageBuffer for Planes<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Ycbcr
    }

    fn width(&self) -> u16 {
        self.width
    }

    fn height(&self) -> u16 {
        self.height
    }

    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        let (width, y) = (usize::from(self.width), usize::from(y));
        let half = width.div_ceil(2);
        let luma = self.pixels.plane(0).row(y, width);
        match self.pixels.format() {
            PixelFormat::I420 => {
                let (u, v) = (self.pixels.plane(1).row(y / 2, half), self.pixels.plane(2).row(y / 2, half));
                self.row(luma, u.iter().copied().zip(v.iter().copied()), buffers);
            }
            PixelFormat::Nv12 => {
                let uv = self.pixels.plane(1).row(y / 2, half * 2);
                self.row(luma, uv.chunks_exact(2).map(|pair| (pair[0], pair[1])), buffers);
            }
        }
    }
}

#[cfg(test)]
mod tests;
