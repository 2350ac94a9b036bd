//! What surfaces have besides a colour: they are lighter above than below, and woven, stained or scratched. Flat fills are the
//! first thing that gives a drawing away, to people and to networks.

use tiny_skia::{
    Color, FilterQuality, GradientStop, LinearGradient, Paint, Pattern, Pixmap, Point, Shader, SpreadMode, Transform,
};

use super::pen::{Extent, Rgb};
use crate::seed::{Seed, noise};

/// Side of a texture in pixels; it repeats.
const SIDE: u32 = 48;
/// Fills smaller than this (pixels, each way) stay flat: nobody could tell.
const LEAST: f32 = 6.0;
/// From here on (pixels, either way) only grain is laid over.
const LARGE: f32 = 80.0;

/// The textures of a street.
#[derive(Debug)]
pub(crate) struct Surfaces {
    textures: Vec<Pixmap>,
    /// How much lighter the upper end is, and darker the lower, 0..0.3.
    slope: f32,
}

impl Surfaces {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Seed::new(seed ^ 0x7375_7266);
        let textures = (0..5).map(|kind| texture(kind, random.range(0.03, 0.14), random.next() as u32)).collect();
        Self { textures, slope: random.range(0.04, 0.16) }
    }

    /// The paint of a fill in this colour, and what is laid over it.
    pub(crate) fn paints(&self, colour: Rgb, extent: &Extent, origin: (f32, f32)) -> Option<[Paint<'_>; 2]> {
        let (w, h) = (extent.x1 - extent.x0, extent.y1 - extent.y0);
        if w < LEAST || h < LEAST {
            return None;
        }
        let (x, y) = (extent.x0 - origin.0, extent.y0 - origin.1);
        let shade = |by: f32| {
            let c = colour.map(|v| (v * by).clamp(0.0, 1.0));
            Color::from_rgba(c[0], c[1], c[2], 1.0)
        };
        let stops = vec![GradientStop::new(0.0, shade(1.0 + self.slope)?), GradientStop::new(1.0, shade(1.0 - self.slope)?)];
        let (from, to) = (Point::from_xy(x, y), Point::from_xy(x + 0.3 * w, y + h));
        let slope =
            Paint { shader: LinearGradient::new(from, to, stops, SpreadMode::Pad, Transform::identity())?, ..Paint::default() };
        // What is large is smooth (cars, roofs); small things may have any texture. The same thing has the same one in every
        // frame, and it moves with the thing.
        let any = w.max(h) < LARGE;
        let pick = (colour[0] * 97.0 + colour[1] * 57.0 + colour[2] * 31.0) as usize % if any { self.textures.len() } else { 1 };
        let shader: Shader<'_> = Pattern::new(
            self.textures[pick].as_ref(),
            SpreadMode::Repeat,
            FilterQuality::Nearest,
            1.0,
            Transform::from_translate(x.round(), y.round()),
        );
        Some([slope, Paint { shader, ..Paint::default() }])
    }
}

/// See-through black and white: it darkens and lightens what is below by about the same.
fn texture(kind: u32, strength: f32, salt: u32) -> Pixmap {
    let mut pixmap = Pixmap::new(SIDE, SIDE).expect("a texture has pixels");
    for (i, pixel) in pixmap.data_mut().chunks_exact_mut(4).enumerate() {
        let (x, y) = ((i as u32 % SIDE) as f32, (i as u32 / SIDE) as f32);
        let grain = noise(x * 1.3, y * 1.3, salt) - 0.5;
        let blotch = noise(x / 7.0, y / 7.0, salt ^ 1) - 0.5;
        let v = match kind {
            0 => grain,
            1 => 0.4 * grain + 1.2 * blotch,
            // Woven, in ribs, in folds.
            2 => 0.6 * grain + 0.35 * ((x * 0.9).sin() * (y * 0.9).sin()),
            3 => 0.5 * grain + 0.4 * (y * 0.8 + 0.5 * blotch).sin(),
            _ => 0.4 * grain + 0.5 * (x * 0.35 + 4.0 * blotch).sin(),
        };
        let alpha = ((v.abs() * 2.0 * strength).min(0.5) * 255.0) as u8;
        // Premultiplied.
        let white = if v > 0.0 { alpha } else { 0 };
        pixel.copy_from_slice(&[white, white, white, alpha]);
    }
    pixmap
}
