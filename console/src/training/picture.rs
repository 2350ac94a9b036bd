//! Derivatives of a still: blurred or painted over outside a region.

use jpeg_encoder::{ColorType, Encoder};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// Of the box's sides, on each side: so far a still is known to hold nothing else of the kind. The kit's `MARGIN`.
pub(super) const MARGIN: f64 = 0.25;
/// A blurred picture is made of so many cells across: at 1920 pixels a cell is 60 wide, and a face on a street camera is less.
const CELLS_ACROSS: usize = 32;
/// The grey that YOLO trainers pad with, so that networks meet it anyway.
const GREY: u8 = 114;
/// High enough that a second encoding is no new texture to learn.
const QUALITY: u8 = 92;
/// Larger pictures are refused: 64 megapixels are no street camera's.
const MOST_PIXELS: usize = 64 << 20;

/// What is to be seen of a still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// The original, byte for byte.
    Original,
    /// Blurred outside the candidate's box.
    Masked,
    /// Grey outside the surroundings that the label holds for; the box alone is clear where it is masked.
    Surroundings {
        /// Blur between the box and the edge of the surroundings.
        masked: bool,
    },
}

/// Why a picture cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PictureError {
    #[error("it is no JPEG that can be read: {0}")]
    Decode(String),
    #[error("it is larger than 64 megapixels")]
    TooLarge,
    #[error("writing the derivative")]
    Encode(#[from] jpeg_encoder::EncodingError),
}

/// A still as it goes into an export.
pub(crate) struct Still {
    pub(crate) jpeg: Vec<u8>,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

/// Pixels from, to (not included), in both directions.
#[derive(Debug, Clone, Copy)]
struct Region {
    x: (usize, usize),
    y: (usize, usize),
}

impl Region {
    /// Of a box in 0..1, grown by `margin` of its sides; at least a pixel.
    fn of([x1, y1, x2, y2]: [f64; 4], margin: f64, width: usize, height: usize) -> Self {
        let span = |a: f64, b: f64, size: usize| {
            let grow = (b - a) * margin;
            let at = |v: f64| (v.clamp(0.0, 1.0) * size as f64) as usize;
            let from = at(a - grow).min(size.saturating_sub(1));
            // The pixel that the edge cuts belongs to the box.
            let to = ((b + grow).clamp(0.0, 1.0) * size as f64).ceil() as usize;
            (from, to.clamp(from + 1, size.max(from + 1)))
        };
        Self { x: span(x1, x2, width), y: span(y1, y2, height) }
    }

    fn holds(&self, x: usize, y: usize) -> bool {
        (self.x.0..self.x.1).contains(&x) && (self.y.0..self.y.1).contains(&y)
    }
}

/// The part of a picture that a label holds for, in 0..1.
pub(super) fn surroundings([x1, y1, x2, y2]: [f64; 4]) -> [f64; 4] {
    let (dx, dy) = ((x2 - x1) * MARGIN, (y2 - y1) * MARGIN);
    [(x1 - dx).max(0.0), (y1 - dy).max(0.0), (x2 + dx).min(1.0), (y2 + dy).min(1.0)]
}

fn decode(jpeg: &[u8]) -> Result<(Vec<u8>, usize, usize), PictureError> {
    let failed = |error: zune_jpeg::errors::DecodeErrors| PictureError::Decode(error.to_string());
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(jpeg), options);
    decoder.decode_headers().map_err(failed)?;
    let (width, height) = decoder.dimensions().ok_or_else(|| PictureError::Decode("it has no size".to_owned()))?;
    if width * height > MOST_PIXELS {
        return Err(PictureError::TooLarge);
    }
    let pixels = decoder.decode().map_err(failed)?;
    if pixels.len() != width * height * 3 || pixels.is_empty() {
        return Err(PictureError::Decode("it has not three colours a pixel".to_owned()));
    }
    Ok((pixels, width, height))
}

/// A picture of so few cells that nothing in it can be made out, and what it says of a place between their centres.
struct Blur {
    cells: Vec<[f32; 3]>,
    across: usize,
    down: usize,
    cell: usize,
}

impl Blur {
    fn of(pixels: &[u8], width: usize, height: usize) -> Self {
        let cell = width.max(height).div_ceil(CELLS_ACROSS).max(1);
        let (across, down) = (width.div_ceil(cell), height.div_ceil(cell));
        let mut cells = vec![[0f32; 3]; across * down];
        let mut counts = vec![0f32; across * down];
        for (index, pixel) in pixels.chunks_exact(3).enumerate() {
            let at = (index / width) / cell * across + (index % width) / cell;
            for (sum, value) in cells[at].iter_mut().zip(pixel) {
                *sum += f32::from(*value);
            }
            counts[at] += 1.0;
        }
        for (cell, count) in cells.iter_mut().zip(counts) {
            cell.iter_mut().for_each(|sum| *sum /= count.max(1.0));
        }
        Self { cells, across, down, cell }
    }

    fn at(&self, x: usize, y: usize) -> [u8; 3] {
        let place = |v: usize, count: usize| {
            let v = ((v as f32 + 0.5) / self.cell as f32 - 0.5).clamp(0.0, (count - 1) as f32);
            let low = v as usize;
            (low, (low + 1).min(count - 1), v - low as f32)
        };
        let ((x0, x1, fx), (y0, y1, fy)) = (place(x, self.across), place(y, self.down));
        let cell = |x: usize, y: usize, colour: usize| self.cells[y * self.across + x][colour];
        std::array::from_fn(|colour| {
            let upper = cell(x0, y0, colour) * (1.0 - fx) + cell(x1, y0, colour) * fx;
            let lower = cell(x0, y1, colour) * (1.0 - fx) + cell(x1, y1, colour) * fx;
            (upper * (1.0 - fy) + lower * fy).round() as u8
        })
    }
}

/// The still as `look` shows it.
///
/// # Errors
/// It cannot be read or is too large.
pub(crate) fn derive(jpeg: Vec<u8>, bbox: [f64; 4], look: Look) -> Result<Still, PictureError> {
    let (mut pixels, width, height) = decode(&jpeg)?;
    let (clear, kept, masked) = match look {
        Look::Original => return Ok(Still { jpeg, width, height }),
        Look::Masked => (Region::of(bbox, 0.0, width, height), Region::of([0.0, 0.0, 1.0, 1.0], 0.0, width, height), true),
        Look::Surroundings { masked } => {
            let kept = Region::of(bbox, MARGIN, width, height);
            (if masked { Region::of(bbox, 0.0, width, height) } else { kept }, kept, masked)
        }
    };
    let blur = masked.then(|| Blur::of(&pixels, width, height));
    for (index, pixel) in pixels.chunks_exact_mut(3).enumerate() {
        let (x, y) = (index % width, index / width);
        if clear.holds(x, y) {
            continue;
        }
        match &blur {
            Some(blur) if kept.holds(x, y) => pixel.copy_from_slice(&blur.at(x, y)),
            _ => pixel.fill(GREY),
        }
    }
    let side = |size: usize| u16::try_from(size).map_err(|_| PictureError::TooLarge);
    let mut out = Vec::new();
    Encoder::new(&mut out, QUALITY).encode(&pixels, side(width)?, side(height)?, ColorType::Rgb)?;
    Ok(Still { jpeg: out, width, height })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chequered picture: as much detail as there can be.
    fn chequered(width: usize, height: usize) -> Vec<u8> {
        let pixels: Vec<u8> = (0..width * height)
            .flat_map(|index| [if (index % width / 8 + index / width / 8).is_multiple_of(2) { 230 } else { 20 }; 3])
            .collect();
        let mut jpeg = Vec::new();
        let side = |size: usize| u16::try_from(size).unwrap();
        Encoder::new(&mut jpeg, 95).encode(&pixels, side(width), side(height), ColorType::Rgb).unwrap();
        jpeg
    }

    /// The largest difference between neighbours within a part of the picture.
    fn detail(pixels: &[u8], width: usize, x: std::ops::Range<usize>, y: std::ops::Range<usize>) -> u8 {
        let at = |x: usize, y: usize| pixels[(y * width + x) * 3];
        y.flat_map(|y| x.clone().skip(1).map(move |x| (x, y))).map(|(x, y)| at(x, y).abs_diff(at(x - 1, y))).max().unwrap()
    }

    #[test]
    fn outside_the_box_nothing_can_be_made_out_and_inside_nothing_is_lost() {
        let (width, height, bbox) = (640, 360, [0.25, 0.25, 0.5, 0.75]);
        let original = chequered(width, height);
        let masked = derive(original.clone(), bbox, Look::Masked).unwrap();
        let (pixels, ..) = decode(&masked.jpeg).unwrap();
        assert!(detail(&pixels, width, 170..310, 100..260) > 150, "the box is clear");
        for (x, y) in [(0..150, 0..360), (330..640, 0..360), (0..640, 0..80), (0..640, 280..360)] {
            assert!(detail(&pixels, width, x.clone(), y.clone()) < 40, "{x:?} {y:?}");
        }
        assert_eq!(derive(original.clone(), bbox, Look::Original).unwrap().jpeg, original);
    }

    #[test]
    fn what_no_label_holds_for_is_grey() {
        let (width, height, bbox) = (640, 360, [0.25, 0.25, 0.5, 0.75]);
        for masked in [false, true] {
            let still = derive(chequered(width, height), bbox, Look::Surroundings { masked }).unwrap();
            let (pixels, ..) = decode(&still.jpeg).unwrap();
            assert!(detail(&pixels, width, 170..310, 100..260) > 150);
            let margin = detail(&pixels, width, 130..150, 100..260);
            assert_eq!(margin < 40, masked, "the margin is as clear as the right goes: {margin}");
            let grey = |x: usize, y: usize| pixels[(y * width + x) * 3].abs_diff(GREY) < 4;
            assert!(grey(20, 20) && grey(600, 340) && grey(400, 180));
        }
    }

    #[test]
    fn what_is_no_picture_is_said_so() {
        for bad in [&b"\xff\xd8 a picture"[..], b"", b"PNG"] {
            assert!(derive(bad.to_vec(), [0.0, 0.0, 1.0, 1.0], Look::Masked).is_err());
        }
        let tiny = derive(chequered(8, 8), [0.99, 0.99, 1.0, 1.0], Look::Masked).unwrap();
        assert_eq!((tiny.width, tiny.height), (8, 8));
    }
}
