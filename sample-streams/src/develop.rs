//! From the light of a street to the picture of a camera: shade and clouds, exposure and tone, shake, a soft lens, rain, noise,
//! captions. Works on the planes, in that order.

use events::Size;

use crate::air::{Air, Tone};
use crate::draw::letters;
use crate::seed::Seed;

/// Columns and rows of the coarse grid that clouds and the lens's fall-off are taken on.
const GRID: (usize, usize) = (17, 11);
/// Values of noise kept; frames start at different places in it.
const NOISE: usize = 1 << 16;

/// Buffers and tables of one camera.
pub(crate) struct Developer {
    size: Size,
    luma: [u8; 256],
    noise: Vec<i8>,
    colour_noise: Vec<i8>,
    row: Vec<i32>,
    spare: Vec<u8>,
}

impl Developer {
    pub(crate) fn new(air: &Air, size: Size, grain: f32) -> Self {
        let (w, h) = (size.width as usize, size.height as usize);
        let noise = |salt: u64, deviation: f32| {
            let mut random = Seed::new(air.seed ^ salt);
            // The sum of four evenly spread numbers has a standard deviation of 0.577 and looks like a bell.
            let mut raw = || (0..4).map(|_| random.unit() - 0.5).sum::<f32>() / 0.577 * deviation;
            let values: Vec<f32> = (0..NOISE + 2).map(|_| raw()).collect();
            // Smearing takes away power; 1.63 gives it back: 1 / sqrt(1/4 + 2/16).
            let at = |i: usize| {
                if air.smeared_noise { 1.63 * (0.25 * values[i] + 0.5 * values[i + 1] + 0.25 * values[i + 2]) } else { values[i] }
            };
            (0..NOISE).map(|i| at(i).round().clamp(-100.0, 100.0) as i8).collect::<Vec<i8>>()
        };
        Self {
            size,
            luma: curve(&air.tone),
            noise: noise(0x6c75_6d61, grain),
            colour_noise: noise(0x636f_6c6f, air.chroma_noise),
            row: vec![256; w],
            spare: vec![0; w * h],
        }
    }

    /// `shade`: 0..255 at half size; `index` seeds what is new in every frame.
    pub(crate) fn develop(&mut self, planes: &mut [Vec<u8>; 3], air: &Air, shade: Option<&[u8]>, t: f32, index: u64) {
        self.light(planes, air, shade, t);
        let (dx, dy) = air.off(t);
        if dx.abs().max(dy.abs()) > 1e-5 {
            self.shift(planes, dx, dy);
        }
        if air.soft > 0.0 {
            self.blur(&mut planes[0], air.soft);
        }
        let mut random = Seed::new(air.seed ^ index.wrapping_mul(0x9E37_79B9));
        rain(&mut planes[0], self.size, air.rain, &mut random);
        let w = self.size.width as usize;
        sprinkle(&mut planes[0], &self.noise, w, (16, 235), &mut random);
        if air.chroma_noise > 0.0 {
            sprinkle(&mut planes[1], &self.colour_noise, w / 2, (16, 240), &mut random);
            sprinkle(&mut planes[2], &self.colour_noise, w / 2, (16, 240), &mut random);
        }
        letters::write(planes, self.size, &air.captions, t);
    }

    /// Shade, clouds, fall-off, exposure and tone.
    fn light(&mut self, planes: &mut [Vec<u8>; 3], air: &Air, shade: Option<&[u8]>, t: f32) {
        let (w, h) = (self.size.width as usize, self.size.height as usize);
        let exposure = air.exposure(t);
        let (columns, rows) = GRID;
        let grid: Vec<f32> = (0..columns * rows)
            .map(|i| {
                let (u, v) = ((i % columns) as f32 / (columns - 1) as f32, (i / columns) as f32 / (rows - 1) as f32);
                let corner = (u - 0.5) * (u - 0.5) + (v - 0.5) * (v - 0.5);
                exposure * air.cloud(t, u, v) * (1.0 - 2.0 * air.vignette * corner)
            })
            .collect();
        // In 256ths of 256ths: what the shade takes away.
        let deep = (air.shade * 256.0) as i32;
        let none = vec![0u8; w / 2];
        let saturation = (air.tone.saturation * 256.0) as i32;
        let tint = [air.tone.tint.0.round() as i32 + 128, air.tone.tint.1.round() as i32 + 128];
        let [luma, cb, cr] = planes;
        for y in 0..h {
            if y % 4 == 0 {
                fill_row(&mut self.row, &grid, y as f32 / h as f32);
            }
            let dark = shade.map_or(&none[..], |mask| &mask[y / 2 * (w / 2)..(y / 2 + 1) * (w / 2)]);
            for ((pair, gains), dark) in luma[y * w..(y + 1) * w].chunks_exact_mut(2).zip(self.row.chunks_exact(2)).zip(dark) {
                let left = 256 - (deep * i32::from(*dark) / 255);
                for (pixel, gain) in pair.iter_mut().zip(gains) {
                    let lit = ((i32::from(*pixel) - 16) * gain * left) >> 16;
                    *pixel = self.luma[(lit + 16).clamp(0, 255) as usize];
                }
            }
            if y % 2 == 0 {
                let span = y / 2 * (w / 2)..(y / 2 + 1) * (w / 2);
                for (plane, tint) in [(&mut *cb, tint[0]), (&mut *cr, tint[1])] {
                    for ((pixel, gains), dark) in plane[span.clone()].iter_mut().zip(self.row.chunks_exact(2)).zip(dark) {
                        let left = 256 - (deep * i32::from(*dark) / 255);
                        let colour = ((((i32::from(*pixel) - 128) * gains[0] * left) >> 16) * saturation) >> 8;
                        *pixel = (colour + tint).clamp(16, 240) as u8;
                    }
                }
            }
        }
    }

    /// Moves the picture by shares of its width, edges repeated.
    fn shift(&mut self, planes: &mut [Vec<u8>; 3], dx: f32, dy: f32) {
        let (w, h) = (self.size.width as usize, self.size.height as usize);
        for (plane, w, h) in planes.iter_mut().zip([(w, h), (w / 2, h / 2), (w / 2, h / 2)]).map(|(p, (w, h))| (p, w, h)) {
            let (x, y) = (dx * w as f32, dy * w as f32);
            let (ix, iy) = (x.floor(), y.floor());
            // Weights in 16ths.
            let (fx, fy) = (((x - ix) * 16.0) as u32, ((y - iy) * 16.0) as u32);
            let spare = &mut self.spare[..w * h];
            spare.copy_from_slice(plane);
            let clip = |v: i32, most: usize| v.clamp(0, most as i32 - 1) as usize;
            for row in 0..h {
                let (a, b) = (clip(row as i32 + iy as i32, h) * w, clip(row as i32 + iy as i32 + 1, h) * w);
                for column in 0..w {
                    let (l, r) = (clip(column as i32 + ix as i32, w), clip(column as i32 + ix as i32 + 1, w));
                    let top = u32::from(spare[a + l]) * (16 - fx) + u32::from(spare[a + r]) * fx;
                    let low = u32::from(spare[b + l]) * (16 - fx) + u32::from(spare[b + r]) * fx;
                    plane[row * w + column] = ((top * (16 - fy) + low * fy + 128) >> 8) as u8;
                }
            }
        }
    }

    /// A lens that is not quite sharp: 1-2-1 in both directions, mixed in.
    fn blur(&mut self, luma: &mut [u8], soft: f32) {
        let (w, h) = (self.size.width as usize, self.size.height as usize);
        let keep = 16 - (soft.clamp(0.0, 1.0) * 16.0) as u32;
        self.spare.copy_from_slice(luma);
        for y in 1..h - 1 {
            let rows = [&self.spare[(y - 1) * w..y * w], &self.spare[y * w..(y + 1) * w], &self.spare[(y + 1) * w..(y + 2) * w]];
            let out = &mut luma[y * w..(y + 1) * w];
            for x in 1..w - 1 {
                let line = |r: &[u8]| u32::from(r[x - 1]) + 2 * u32::from(r[x]) + u32::from(r[x + 1]);
                let mean = line(rows[0]) + 2 * line(rows[1]) + line(rows[2]);
                out[x] = ((u32::from(rows[1][x]) * keep * 16 + mean * (16 - keep) + 128) >> 8) as u8;
            }
        }
    }
}

fn curve(tone: &Tone) -> [u8; 256] {
    std::array::from_fn(|i| {
        let v = ((i as f32 - 16.0) / 219.0).clamp(0.0, 1.1);
        // A shoulder instead of a hard end.
        let v = if v > 0.85 { 0.85 + 0.15 * (1.0 - (-(v - 0.85) / 0.15).exp()) } else { v };
        let v = v.powf(tone.gamma);
        let v = v + tone.contrast * (v - 0.5) * (1.0 - (2.0 * v - 1.0).abs());
        (16.0 + 219.0 * (tone.lift + v * (1.0 - tone.lift)).clamp(0.0, 1.0)).round() as u8
    })
}

/// One row of gains, in 256ths, between the points of the grid.
fn fill_row(row: &mut [i32], grid: &[f32], v: f32) {
    let (columns, rows) = GRID;
    let y = v * (rows - 1) as f32;
    let (j, fy) = ((y as usize).min(rows - 2), y - (y as usize).min(rows - 2) as f32);
    let step = (columns - 1) as f32 / row.len() as f32;
    for (x, gain) in row.iter_mut().enumerate() {
        let u = x as f32 * step;
        let i = (u as usize).min(columns - 2);
        let fx = u - i as f32;
        let at = |i: usize, j: usize| grid[j * columns + i];
        let top = at(i, j) * (1.0 - fx) + at(i + 1, j) * fx;
        let low = at(i, j + 1) * (1.0 - fx) + at(i + 1, j + 1) * fx;
        *gain = ((top * (1.0 - fy) + low * fy) * 256.0) as i32;
    }
}

fn sprinkle(plane: &mut [u8], noise: &[i8], width: usize, (low, high): (i16, i16), random: &mut Seed) {
    for row in plane.chunks_mut(width) {
        let start = random.below(noise.len() - width);
        for (value, n) in row.iter_mut().zip(&noise[start..]) {
            *value = i16::from(*value).wrapping_add(i16::from(*n)).clamp(low, high) as u8;
        }
    }
}

/// Streaks that are elsewhere in every frame, and splashes low in the picture.
fn rain(luma: &mut [u8], size: Size, streaks: u32, random: &mut Seed) {
    let (w, h) = (size.width as i32, size.height as i32);
    let scale = size.height as f32 / 360.0;
    let mut brighten = |x: i32, y: i32, by: u8| {
        if (0..w).contains(&x) && (0..h).contains(&y) {
            let at = (y * w + x) as usize;
            luma[at] = luma[at].saturating_add(by).min(235);
        }
    };
    for _ in 0..streaks {
        let (x, y) = (random.range(0.0, w as f32), random.range(-20.0, h as f32));
        // The near ones are long and faint.
        let near = random.unit() * random.unit();
        let length = (4.0 + 26.0 * near) * scale;
        let by = (26.0 - 14.0 * near) as u8;
        for i in 0..length as i32 {
            let px = (x + 0.12 * i as f32) as i32;
            brighten(px, y as i32 + i, by);
            if near > 0.5 {
                brighten(px + 1, y as i32 + i, by / 2);
            }
        }
    }
    for _ in 0..streaks / 3 {
        let (x, y) = (random.below(w as usize) as i32, (h as f32 * (0.5 + 0.5 * random.unit())) as i32);
        brighten(x, y, 22);
        brighten(x + 1, y, 14);
    }
}
