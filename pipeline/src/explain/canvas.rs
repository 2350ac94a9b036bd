//! A picture to draw on: shapes by tiny-skia, letters from a bitmap font, labels where there is room for them.

use events::Frame;
use events::frame::{ColorMatrix, ColorRange, PixelFormat};
use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};
use tiny_skia::{Color, FillRule, Paint, PathBuilder, Pixmap, PremultipliedColorU8, Rect, Stroke, StrokeDash, Transform};

/// Widest and narrowest drawing, pixels: a bureau's screen shows the one whole, and on the other labels still have room.
const WIDTHS: (u32, u32) = (640, 1280);

/// Red, green, blue.
pub(super) type Rgb = [u8; 3];

/// A straight line's look.
#[derive(Clone, Copy)]
pub(super) struct Line {
    pub(super) colour: Rgb,
    pub(super) width: f32,
    pub(super) dashed: bool,
}

/// A picture with a coordinate system of 0..1 both ways, and a panel of text below.
#[derive(Clone)]
pub(super) struct Canvas {
    pixmap: Pixmap,
    /// Height of the picture; what is below is panel.
    height: u32,
    /// Where labels are, so that none is put upon another.
    taken: Vec<Spot>,
}

#[derive(Clone, Copy)]
struct Spot {
    x: f32,
    y: f32,
    w: f32,
    h: f32,
}

impl Spot {
    fn meets(&self, other: &Spot) -> bool {
        self.x < other.x + other.w && other.x < self.x + self.w && self.y < other.y + other.h && other.y < self.y + self.h
    }
}

fn paint(colour: Rgb, alpha: u8) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(colour[0], colour[1], colour[2], alpha);
    paint.anti_alias = true;
    paint
}

/// The frame's pixels as RGB, scaled to a width within [`WIDTHS`]. `None` for a picture without pixels.
pub(super) fn picture(frame: &Frame) -> Option<Pixmap> {
    let pixels = frame.pixels();
    let size = pixels.size();
    let width = size.width.clamp(WIDTHS.0, WIDTHS.1);
    let height = (u64::from(size.height) * u64::from(width)).checked_div(u64::from(size.width))?;
    let mut pixmap = Pixmap::new(width, u32::try_from(height).ok()?)?;
    let (w, h) = (size.width as usize, size.height as usize);
    let planar = pixels.format() == PixelFormat::I420;
    let half = w.div_ceil(2);
    // Shares of red and blue in luma: ITU-R BT.601-7 and BT.709-6.
    let (kr, kb) = match pixels.matrix() {
        ColorMatrix::Bt601 => (0.299_f32, 0.114_f32),
        ColorMatrix::Bt709 => (0.2126, 0.0722),
    };
    let (offset, luma, chroma) = match pixels.range() {
        ColorRange::Limited => (16.0, 255.0 / 219.0, 255.0 / 224.0),
        ColorRange::Full => (0.0, 1.0, 1.0),
    };
    let scale = w as f32 / width as f32;
    let columns = width as usize;
    for (y, row) in pixmap.pixels_mut().chunks_exact_mut(columns).enumerate() {
        let from = ((y as f32 + 0.5) * scale - 0.5).max(0.0);
        let (y0, fy) = ((from as usize).min(h - 1), from.fract());
        let rows = [pixels.plane(0).row(y0, w), pixels.plane(0).row((y0 + 1).min(h - 1), w)];
        let (u, v) = if planar {
            (pixels.plane(1).row(y0 / 2, half), pixels.plane(2).row(y0 / 2, half))
        } else {
            let both = pixels.plane(1).row(y0 / 2, half * 2);
            (both, both)
        };
        for (x, pixel) in row.iter_mut().enumerate() {
            let from = ((x as f32 + 0.5) * scale - 0.5).max(0.0);
            let (x0, fx) = ((from as usize).min(w - 1), from.fract());
            let x1 = (x0 + 1).min(w - 1);
            let along = |row: &[u8]| f32::from(row[x0]) * (1.0 - fx) + f32::from(row[x1]) * fx;
            let value = (along(rows[0]) * (1.0 - fy) + along(rows[1]) * fy - offset) * luma;
            let c = x0 / 2;
            let (cb, cr) = if planar { (u[c], v[c]) } else { (u[2 * c], v[2 * c + 1]) };
            let (cb, cr) = ((f32::from(cb) - 128.0) * chroma, (f32::from(cr) - 128.0) * chroma);
            let red = value + 2.0 * (1.0 - kr) * cr;
            let blue = value + 2.0 * (1.0 - kb) * cb;
            let green = (value - kr * red - kb * blue) / (1.0 - kr - kb);
            // `as u8` saturates.
            let [r, g, b] = [red, green, blue].map(|v| (v + 0.5) as u8);
            *pixel = PremultipliedColorU8::from_rgba(r, g, b, 255).expect("an opaque colour is premultiplied");
        }
    }
    Some(pixmap)
}

impl Canvas {
    /// A canvas with `lines` of text below the picture. `None` where the picture is too large to draw on.
    pub(super) fn new(picture: &Pixmap, lines: &[(Rgb, String)]) -> Option<Self> {
        let letters = Letters::for_width(picture.width());
        let wrapped: Vec<(Rgb, String)> = lines
            .iter()
            .flat_map(|(colour, text)| wrap(text, letters.columns(picture.width())).into_iter().map(|line| (*colour, line)))
            .collect();
        let panel = letters.line * (wrapped.len() as u32 + 1);
        let mut pixmap = Pixmap::new(picture.width(), picture.height() + panel)?;
        pixmap.fill(Color::from_rgba8(18, 20, 24, 255));
        let bytes = picture.data().len();
        pixmap.data_mut()[..bytes].copy_from_slice(picture.data());
        let mut canvas = Self { pixmap, height: picture.height(), taken: Vec::new() };
        for (index, (colour, line)) in wrapped.iter().enumerate() {
            let y = picture.height() + letters.line / 2 + index as u32 * letters.line;
            canvas.write(line, (letters.line / 2, y), *colour, letters);
        }
        Some(canvas)
    }

    fn at(&self, x: f64, y: f64) -> (f32, f32) {
        (x as f32 * self.pixmap.width() as f32, y as f32 * self.height as f32)
    }

    /// A polygon, or an open line.
    pub(super) fn outline(&mut self, points: impl IntoIterator<Item = (f64, f64)>, closed: bool, line: Line, fill: u8) {
        let mut path = PathBuilder::new();
        for (index, (x, y)) in points.into_iter().enumerate() {
            let (x, y) = self.at(x, y);
            if index == 0 {
                path.move_to(x, y);
            } else {
                path.line_to(x, y);
            }
        }
        if closed {
            path.close();
        }
        let Some(path) = path.finish() else { return };
        if fill > 0 {
            self.pixmap.fill_path(&path, &paint(line.colour, fill), FillRule::Winding, Transform::identity(), None);
        }
        let dash = line.dashed.then(|| StrokeDash::new(vec![10.0, 6.0], 0.0)).flatten();
        // Dark below, so that it is seen on any ground.
        for (colour, wider, alpha) in [([0, 0, 0], 2.0, 150), (line.colour, 0.0, 255)] {
            let stroke = Stroke { width: line.width + wider, dash: dash.clone(), ..Stroke::default() };
            self.pixmap.stroke_path(&path, &paint(colour, alpha), &stroke, Transform::identity(), None);
        }
    }

    /// A label at a box `[x1, y1, x2, y2]`: above or below it, beside it, or as near as there is room.
    pub(super) fn label(&mut self, text: &str, around: [f64; 4], colour: Rgb) {
        let letters = Letters::for_width(self.pixmap.width());
        let ((x1, y1), (x2, y2)) = (self.at(around[0], around[1]), self.at(around[2], around[3]));
        let (w, h) = ((letters.width * text.len() as u32 + 8) as f32, letters.line as f32);
        let (right, bottom) = (self.pixmap.width() as f32 - w, self.height as f32 - h);
        let near =
            [(x1, y1 - h - 2.0), (x1, y2 + 2.0), (x2 - w, y1 - h - 2.0), (x2 - w, y2 + 2.0), (x2 + 2.0, y1), (x1 - w - 2.0, y1)];
        // Then ever further down and up from the box.
        let far = (1..60).flat_map(|step| [1.0, -1.0].map(|way| (x1, y1 - h - 2.0 + way * step as f32 * (h + 2.0))));
        let spot = near
            .into_iter()
            .chain(far)
            .map(|(x, y)| Spot { x: x.clamp(0.0, right.max(0.0)), y: y.clamp(0.0, bottom.max(0.0)), w, h })
            .find(|spot| !self.taken.iter().any(|taken| taken.meets(spot)));
        let Some(spot) = spot else { return };
        self.taken.push(spot);
        let Some(ground) = Rect::from_xywh(spot.x, spot.y, w, h) else { return };
        self.pixmap.fill_rect(ground, &paint([0, 0, 0], 190), Transform::identity(), None);
        self.write(text, (spot.x as u32 + 4, spot.y as u32 + 1), colour, letters);
    }

    fn write(&mut self, text: &str, (x, y): (u32, u32), colour: Rgb, letters: Letters) {
        let (width, height) = (self.pixmap.width(), self.pixmap.height());
        let pixels = self.pixmap.pixels_mut();
        for (index, letter) in text.chars().enumerate() {
            let raster = get_raster(letter, FontWeight::Regular, letters.height)
                .or_else(|| get_raster('?', FontWeight::Regular, letters.height));
            let Some(raster) = raster else { continue };
            let left = x + index as u32 * letters.width;
            for (dy, row) in raster.rows().enumerate() {
                for (dx, &ink) in row.iter().enumerate() {
                    let (px, py) = (left + dx as u32, y + dy as u32);
                    if ink == 0 || px >= width || py >= height {
                        continue;
                    }
                    let pixel = &mut pixels[(py * width + px) as usize];
                    let mix = |below: u8, above: u8| {
                        let ink = u32::from(ink);
                        ((u32::from(below) * (255 - ink) + u32::from(above) * ink) / 255) as u8
                    };
                    let [r, g, b] = [mix(pixel.red(), colour[0]), mix(pixel.green(), colour[1]), mix(pixel.blue(), colour[2])];
                    *pixel = PremultipliedColorU8::from_rgba(r, g, b, 255).expect("an opaque colour is premultiplied");
                }
            }
        }
    }

    /// As JPEG.
    pub(super) fn jpeg(&self) -> Result<Vec<u8>, jpeg_encoder::EncodingError> {
        let mut jpeg = Vec::new();
        let encoder = jpeg_encoder::Encoder::new(&mut jpeg, 88);
        let side = |value: u32| u16::try_from(value).unwrap_or(u16::MAX);
        encoder.encode(
            self.pixmap.data(),
            side(self.pixmap.width()),
            side(self.pixmap.height()),
            jpeg_encoder::ColorType::Rgba,
        )?;
        Ok(jpeg)
    }
}

/// Which letters a drawing has.
#[derive(Clone, Copy)]
struct Letters {
    height: RasterHeight,
    /// Pixels across a letter.
    width: u32,
    /// Pixels from line to line.
    line: u32,
}

impl Letters {
    fn for_width(width: u32) -> Self {
        let height = if width >= 1000 { RasterHeight::Size20 } else { RasterHeight::Size16 };
        let across = get_raster_width(FontWeight::Regular, height);
        Self { height, width: across as u32, line: height.val() as u32 + 2 }
    }

    fn columns(self, width: u32) -> usize {
        (width.saturating_sub(self.line) / self.width.max(1)).max(10) as usize
    }
}

/// Breaks at spaces; what goes on is indented.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let indent = text.len() - text.trim_start().len();
    lines[0].push_str(&text[..indent]);
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always a line");
        if line.trim().is_empty() {
            line.push_str(word);
        } else if line.len() + 1 + word.len() <= columns {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(format!("{}{word}", " ".repeat(indent + 2)));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_broken_at_spaces_and_indented() {
        assert_eq!(wrap("  one two three", 10), ["  one two", "    three"]);
        assert_eq!(wrap("", 10), [""]);
        assert_eq!(wrap("unbreakable-word", 10), ["unbreakable-word"]);
    }

    #[test]
    fn labels_of_boxes_upon_one_another_do_not_overlap() {
        let picture = Pixmap::new(640, 360).unwrap();
        let mut canvas = Canvas::new(&picture, &[]).unwrap();
        for n in 0..12 {
            canvas.label(&format!("{n} waste_dumping"), [0.4, 0.5, 0.45, 0.6], [255, 160, 0]);
        }
        assert_eq!(canvas.taken.len(), 12, "each has its place");
        for (index, spot) in canvas.taken.iter().enumerate() {
            assert!(canvas.taken[index + 1..].iter().all(|other| !other.meets(spot)));
            assert!(spot.x >= 0.0 && spot.x + spot.w <= 640.0 && spot.y >= 0.0 && spot.y + spot.h <= 360.0);
        }
    }
}
