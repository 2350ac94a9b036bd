//! From a decoder's YUV planes to a model's tensor, with no picture in between.
//!
//! Each plane is resampled on its own, rows first, and three resampled rows at a time become colours. Resampling is linear, so
//! doing it before the colour matrix gives what doing it after would, but for clipping.
//!
//! Where a side shrinks, each output pixel is the mean of the area it covers; taking only the nearest two source pixels, as
//! plain bilinear sampling does, lets a person's legs fall between the samples. Where a side grows, it is bilinear.
//!
//! Chroma is taken to lie in the middle of its four luma pixels. H.264 puts it at their left edge; the quarter of a luma pixel
//! in colour alone is nothing a detector sees.

mod taps;

use events::frame::{ColorMatrix, ColorRange};
use events::{BBox, PixelFormat, Pixels, Plane};

use crate::model::{ColourOrder, InputSpec, Resize};
use taps::{Columns, Rows};

/// Where a part of a picture came to lie in a model's input: the way back for boxes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Placement {
    /// The part, in 0..1 of the picture.
    pub(crate) tile: BBox,
    /// Left, top, width and height of it in input pixels.
    content: [u32; 4],
}

impl Placement {
    /// Where `tile` of a picture of `width` x `height` pixels goes.
    pub(crate) fn new(width: u32, height: u32, tile: BBox, spec: &InputSpec) -> Self {
        let (iw, ih) = (spec.size.width, spec.size.height);
        let content = match spec.resize {
            Resize::Stretch => [0, 0, iw, ih],
            Resize::Letterbox | Resize::LetterboxCorner => {
                let (w, h) = (tile.width() * f64::from(width), tile.height() * f64::from(height));
                let scale = (f64::from(iw) / w).min(f64::from(ih) / h);
                // Rounded, at least a pixel, at most the input: all casts are in range.
                let cw = ((w * scale).round() as u32).clamp(1, iw);
                let ch = ((h * scale).round() as u32).clamp(1, ih);
                let (x, y) = if spec.resize == Resize::Letterbox { ((iw - cw) / 2, (ih - ch) / 2) } else { (0, 0) };
                [x, y, cw, ch]
            }
        };
        Self { tile, content }
    }

    /// A box in input pixels as one in 0..1 of the picture, cut to the tile; `None` where it lies in the padding.
    pub(crate) fn to_picture(self, [x1, y1, x2, y2]: [f32; 4]) -> Option<BBox> {
        let [cx, cy, cw, ch] = self.content.map(f64::from);
        let x = |v: f32| self.tile.x1 + ((f64::from(v) - cx) / cw).clamp(0.0, 1.0) * self.tile.width();
        let y = |v: f32| self.tile.y1 + ((f64::from(v) - cy) / ch).clamp(0.0, 1.0) * self.tile.height();
        let bbox = BBox::clamped(x(x1), y(y1), x(x2), y(y2));
        (bbox.area() > 0.0).then_some(bbox)
    }
}

/// Writes a tile of a picture into `tensor`, which is resized to `3 * height * width` and filled completely.
pub(crate) fn fill(pixels: &dyn Pixels, placement: &Placement, spec: &InputSpec, tensor: &mut Vec<f32>) {
    let (width, height) = (spec.size.width as usize, spec.size.height as usize);
    let area = width * height;
    let colours = Colours::new(pixels.matrix(), pixels.range(), spec);
    tensor.resize(3 * area, 0.0);
    let [left, top, across, down] = placement.content.map(|v| v as usize);
    if (across, down) != (width, height) {
        for (plane, (factor, offset)) in tensor.chunks_exact_mut(area).zip(colours.planes) {
            plane.fill(spec.pad * factor + offset);
        }
    }
    let size = pixels.size();
    let (w, h) = (f64::from(size.width), f64::from(size.height));
    let crop = [placement.tile.x1 * w, placement.tile.y1 * h, placement.tile.x2 * w, placement.tile.y2 * h];
    let half = crop.map(|v| v / 2.0);
    let (cw, ch) = (size.width.div_ceil(2) as usize, size.height.div_ceil(2) as usize);
    let interleaved = match pixels.format() {
        PixelFormat::I420 => 1,
        PixelFormat::Nv12 => 2,
    };
    let mut luma = Resampler::new(crop, (size.width as usize, size.height as usize), (across, down), 1);
    let mut chroma = Resampler::new(half, (cw, ch), (across, down), interleaved);
    let (y_plane, u_plane) = (pixels.plane(0), pixels.plane(1));
    let mut rows = [vec![0.0f32; across], vec![0.0; across], vec![0.0; across]];
    let (first, rest) = tensor.split_at_mut(area);
    let (second, third) = rest.split_at_mut(area);
    for row in 0..down {
        let [y, u, v] = &mut rows;
        luma.row(&y_plane, row, &mut [(0, y)]);
        match pixels.format() {
            PixelFormat::Nv12 => chroma.row(&u_plane, row, &mut [(0, u), (1, v)]),
            PixelFormat::I420 => {
                chroma.row(&u_plane, row, &mut [(0, u)]);
                chroma.row(&pixels.plane(2), row, &mut [(0, v)]);
            }
        }
        let at = (top + row) * width + left;
        colours.convert([y, u, v], [&mut first[at..at + across], &mut second[at..at + across], &mut third[at..at + across]]);
    }
}

/// Shrinks or grows one plane, row by row.
struct Resampler {
    rows: Rows,
    columns: Columns,
    /// Samples per source row, both planes of an interleaved one counted.
    samples: usize,
    step: usize,
    /// One source row's worth of weighted sums, 256 times the pixel value.
    sums: Vec<u16>,
    floats: Vec<f32>,
}

impl Resampler {
    /// `crop`: left, top, right, bottom in pixels of the plane; `plane`: its size; `out`: the size wanted; `step`: bytes from one
    /// pixel of a colour to the next.
    fn new(crop: [f64; 4], plane: (usize, usize), out: (usize, usize), step: usize) -> Self {
        let columns = Columns::new(crop[0], crop[2], plane.0, out.0);
        let rows = Rows::new(crop[1], crop[3], plane.1, out.1);
        // Only the columns that are looked at are summed.
        let samples = (columns.end - columns.begin) * step;
        Self { rows, columns, samples, step, sums: vec![0; samples], floats: vec![0.0; samples] }
    }

    /// Output row `row` of one colour or, in an interleaved plane, of both: `(offset, where to)` each.
    fn row(&mut self, plane: &Plane<'_>, row: usize, out: &mut [(usize, &mut Vec<f32>)]) {
        let begin = self.columns.begin * self.step;
        let (first, weights) = self.rows.of(row);
        let source = |y: usize| &plane.row(y, begin + self.samples)[begin..];
        if let [256] = weights {
            for (float, sample) in self.floats.iter_mut().zip(source(first)) {
                *float = f32::from(*sample) * 256.0;
            }
        } else {
            self.sums.fill(0);
            for (index, weight) in weights.iter().enumerate() {
                // At most 256 · 255, since the weights sum to 256: a u16 holds it, and eight go into one register. `wrapping`
                // because checks for an overflow that cannot be would keep the loop from being vectorised in test builds.
                for (sum, sample) in self.sums.iter_mut().zip(source(first + index)) {
                    *sum = sum.wrapping_add(u16::from(*sample).wrapping_mul(*weight));
                }
            }
            for (float, sum) in self.floats.iter_mut().zip(&self.sums) {
                *float = f32::from(*sum);
            }
        }
        for (offset, target) in out {
            match self.step {
                1 => self.columns.apply::<1>(&self.floats, *offset, target),
                _ => self.columns.apply::<2>(&self.floats, *offset, target),
            }
        }
    }
}

/// The colour matrix joined with the model's scale, mean and deviation.
struct Colours {
    /// Luma: factor and offset, to 0..=255.
    luma: (f32, f32),
    /// What `v` adds to red, `u` and `v` to green, `u` to blue.
    chroma: [f32; 4],
    /// Factor and offset of each plane of the tensor, in its order.
    planes: [(f32, f32); 3],
    order: ColourOrder,
}

impl Colours {
    fn new(matrix: ColorMatrix, range: ColorRange, spec: &InputSpec) -> Self {
        // ITU-R BT.601-7 and BT.709-6: the luma weights of red and blue; all else follows from them.
        let (kr, kb) = match matrix {
            ColorMatrix::Bt601 => (0.299f64, 0.114),
            ColorMatrix::Bt709 => (0.2126, 0.0722),
        };
        let kg = 1.0 - kr - kb;
        // Limited range: luma 16..=235, chroma 128 ± 112.
        let (luma, chroma) = match range {
            ColorRange::Limited => ((255.0 / 219.0, -16.0 * 255.0 / 219.0), 255.0 / 224.0),
            ColorRange::Full => ((1.0, 0.0), 1.0),
        };
        let red = 2.0 * (1.0 - kr) * chroma;
        let blue = 2.0 * (1.0 - kb) * chroma;
        let green = (-blue * kb / kg, -red * kr / kg);
        let plane = |index: usize| (spec.scale / spec.std[index], -spec.mean[index] / spec.std[index]);
        Self {
            luma: (luma.0 as f32, luma.1 as f32),
            chroma: [red as f32, green.0 as f32, green.1 as f32, blue as f32],
            planes: [plane(0), plane(1), plane(2)],
            order: spec.colour,
        }
    }

    fn convert(&self, [y, u, v]: [&[f32]; 3], [first, second, third]: [&mut [f32]; 3]) {
        let (red, blue) = match self.order {
            ColourOrder::Rgb => (first, third),
            ColourOrder::Bgr => (third, first),
        };
        let (red_plane, blue_plane) = match self.order {
            ColourOrder::Rgb => (self.planes[0], self.planes[2]),
            ColourOrder::Bgr => (self.planes[2], self.planes[0]),
        };
        let green_plane = self.planes[1];
        let n = y.len();
        // Equal lengths, stated once, let the loop run without bounds checks, several pixels at a time.
        let (u, v) = (&u[..n], &v[..n]);
        let (red, green, blue) = (&mut red[..n], &mut second[..n], &mut blue[..n]);
        for i in 0..n {
            let luma = y[i] * self.luma.0 + self.luma.1;
            let (cu, cv) = (u[i] - 128.0, v[i] - 128.0);
            let r = (luma + self.chroma[0] * cv).clamp(0.0, 255.0);
            let g = (luma + self.chroma[1] * cu + self.chroma[2] * cv).clamp(0.0, 255.0);
            let b = (luma + self.chroma[3] * cu).clamp(0.0, 255.0);
            red[i] = r * red_plane.0 + red_plane.1;
            green[i] = g * green_plane.0 + green_plane.1;
            blue[i] = b * blue_plane.0 + blue_plane.1;
        }
    }
}

#[cfg(test)]
mod tests;
