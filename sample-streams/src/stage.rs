//! Makes frames: only the tiles of the picture in which something moves are drawn anew; the rest is the street as it always
//! is, with the camera's grain and the light's slow drift laid over all.

use std::f32::consts::TAU;
use std::sync::{Arc, OnceLock};

use events::{I420, Size};
use tiny_skia::{IntSize, Pixmap};

use crate::backdrop;
use crate::develop::Developer;
use crate::draw::pen::{Extent, Pen, Target};
use crate::draw::surface::Surfaces;
use crate::draw::view::View;
use crate::seed::Seed;
use crate::shade::Shade;
use crate::world::{Body, World};

/// Side of a tile in pixels; a multiple of 2 for the chroma planes.
const TILE: usize = 16;
/// Bytes of grain; frames start at different places in it.
const GRAIN: usize = 1 << 16;

/// Steps of a tree's sway. Leaves are many and far the dearest thing to draw, so each step is painted once and kept; two
/// dozen steps of a few pixels in all cannot be told from smooth swaying.
const SWAYS: usize = 24;

/// A painted piece of the picture with see-through ground.
#[derive(Debug)]
struct Sprite {
    pixels: Pixmap,
    x: usize,
    y: usize,
}

impl Sprite {
    /// Source over destination, premultiplied. tiny-skia's own takes the way of a scaled picture, ten times as long.
    fn lay_on(&self, pixmap: &mut Pixmap) {
        let (width, from_width) = (pixmap.width() as usize * 4, self.pixels.width() as usize * 4);
        let rows = pixmap.data_mut().chunks_exact_mut(width).skip(self.y);
        for (onto, from) in rows.zip(self.pixels.data().chunks_exact(from_width)) {
            let onto = &mut onto[self.x * 4..self.x * 4 + from_width];
            for (d, s) in onto.chunks_exact_mut(4).zip(from.chunks_exact(4)) {
                match s[3] {
                    0 => {}
                    255 => d.copy_from_slice(s),
                    alpha => {
                        let rest = 255 - u16::from(alpha);
                        for (d, s) in d.iter_mut().zip(s) {
                            // The ground is opaque and the sprite premultiplied, so the sum stays within 255.
                            *d = s.saturating_add(((u16::from(*d) * rest + 127) / 255) as u8);
                        }
                    }
                }
            }
        }
    }
}

/// What all frames of a scene share.
#[derive(Debug)]
pub(crate) struct Stage {
    world: Arc<World>,
    view: View,
    size: Size,
    seed: u64,
    /// RGBA of the street without any thing on it.
    empty: Vec<u8>,
    /// The same with all that is always there, as planes.
    base: [Vec<u8>; 3],
    /// What each fixed entity covers.
    fixed: Vec<Option<Extent>>,
    /// For each entity that is a tree, its steps; for others none. `None` within: it lies outside the picture.
    trees: Vec<Vec<OnceLock<Option<Sprite>>>>,
    grain: Vec<i8>,
    /// Where the world has air, things have surfaces.
    surfaces: Option<Surfaces>,
    bt709: bool,
}

impl Stage {
    pub(crate) fn new(world: Arc<World>, size: Size, seed: u64) -> Self {
        let view = world.view(size);
        let empty = backdrop::paint(&world, size);
        let (w, h) = (size.width as usize, size.height as usize);
        let fixed: Vec<Option<Extent>> = (0..world.cast.len())
            .map(|index| {
                world.cast[index].is_fixed().then(|| {
                    let mut pen = Pen::new(&view, Target::Measure);
                    world.draw_shadow(&mut pen, index, 0.0);
                    world.draw(&mut pen, index, 0.0, 0.0);
                    pen.extent
                })
            })
            .collect();
        let mut random = Seed::new(seed ^ 0x6772_6169);
        let grain = (0..GRAIN)
            .map(|_| {
                // The sum of four evenly spread numbers has a standard deviation of 0.577 and looks like a bell.
                let sum: f32 = (0..4).map(|_| random.unit() - 0.5).sum();
                (sum / 0.577 * world.mood.grain).round() as i8
            })
            .collect();
        let steps = |body: &Body| if matches!(body, Body::Tree(..)) { SWAYS } else { 0 };
        let trees = world.cast.iter().map(|entity| (0..steps(&entity.body)).map(|_| OnceLock::new()).collect()).collect();
        let planes = [vec![0; w * h], vec![0; w * h / 4], vec![0; w * h / 4]];
        let surfaces = world.air.as_ref().map(|air| Surfaces::new(air.seed));
        let bt709 = size.height >= 720;
        let mut stage = Self { world, view, size, seed, empty, base: planes, fixed, trees, grain, surfaces, bt709 };
        let mut pixmap = stage.blank();
        pixmap.data_mut().copy_from_slice(&stage.empty);
        stage.paint(&mut pixmap, 0.0, 0.0, |index| stage.fixed[index].is_some());
        let mut base = std::mem::take(&mut stage.base);
        let all = vec![true; w.div_ceil(TILE) * h.div_ceil(TILE)];
        stage.convert(pixmap.data(), &all, &mut base);
        stage.base = base;
        stage
    }

    fn blank(&self) -> Pixmap {
        let size = IntSize::from_wh(self.size.width, self.size.height).expect("a picture has pixels");
        Pixmap::from_vec(vec![0; self.empty.len()], size).expect("four bytes a pixel")
    }

    /// Shadows first: they lie below everything.
    fn paint(&self, pixmap: &mut Pixmap, t: f32, wind: f32, wanted: impl Fn(usize) -> bool) {
        let order: Vec<usize> = self.world.present(&self.view, t).into_iter().filter(|index| wanted(*index)).collect();
        let mut pen = Pen::new(&self.view, Target::Paint(pixmap));
        for index in &order {
            self.world.draw_shadow(&mut pen, *index, t);
        }
        for index in &order {
            let steps = &self.trees[*index];
            if steps.is_empty() {
                let mut pen = Pen::new(&self.view, Target::Paint(pixmap));
                pen.surfaces = self.surfaces.as_ref();
                self.world.draw(&mut pen, *index, t, wind);
            } else if let Some(sprite) = steps[sway(wind)].get_or_init(|| self.sprite(*index, t, wind)) {
                sprite.lay_on(pixmap);
            }
        }
    }

    /// One entity, painted apart.
    fn sprite(&self, index: usize, t: f32, wind: f32) -> Option<Sprite> {
        let wind = sway(wind) as f32 / SWAYS as f32 * TAU;
        let mut pen = Pen::new(&self.view, Target::Measure);
        self.world.draw(&mut pen, index, t, wind);
        let e = pen.extent;
        let (x0, y0) = ((e.x0 - 1.0).floor().max(0.0), (e.y0 - 1.0).floor().max(0.0));
        let (x1, y1) = ((e.x1 + 1.0).ceil().min(self.view.width), (e.y1 + 1.0).ceil().min(self.view.height));
        if x1 <= x0 || y1 <= y0 {
            return None;
        }
        let mut pixels = Pixmap::new((x1 - x0) as u32, (y1 - y0) as u32)?;
        let mut pen = Pen::new(&self.view, Target::Paint(&mut pixels));
        pen.origin = (x0, y0);
        self.world.draw(&mut pen, index, t, wind);
        Some(Sprite { pixels, x: x0 as usize, y: y0 as usize })
    }

    /// RGB to Y'CbCr, limited range (ITU-R BT.709-6 or BT.601-7, 8 bit), for the tiles that are marked.
    fn convert(&self, rgba: &[u8], tiles: &[bool], planes: &mut [Vec<u8>; 3]) {
        let (kr, kb): (f32, f32) = if self.bt709 { (0.2126, 0.0722) } else { (0.299, 0.114) };
        let kg = 1.0 - kr - kb;
        // 16-bit fixed point.
        let fix = |v: f32| (v * 65536.0).round() as i32;
        let luma = [fix(kr * 219.0 / 255.0), fix(kg * 219.0 / 255.0), fix(kb * 219.0 / 255.0)];
        let chroma = |k: [f32; 3], scale: f32| k.map(|v| fix(v * scale * 224.0 / 255.0));
        let cb = chroma([-kr, -kg, 1.0 - kb], 0.5 / (1.0 - kb));
        let cr = chroma([1.0 - kr, -kg, -kb], 0.5 / (1.0 - kr));
        let (w, h) = (self.size.width as usize, self.size.height as usize);
        let across = w.div_ceil(TILE);
        let [py, pu, pv] = planes;
        for (tile, _) in tiles.iter().enumerate().filter(|(_, marked)| **marked) {
            let (x0, y0) = (tile % across * TILE, tile / across * TILE);
            let (x1, y1) = ((x0 + TILE).min(w), (y0 + TILE).min(h));
            for y in (y0..y1).step_by(2) {
                for x in (x0..x1).step_by(2) {
                    let mut sum = [0i32; 3];
                    for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                        let at = (y + dy) * w + x + dx;
                        let c = [i32::from(rgba[at * 4]), i32::from(rgba[at * 4 + 1]), i32::from(rgba[at * 4 + 2])];
                        py[at] = (16 + ((luma[0] * c[0] + luma[1] * c[1] + luma[2] * c[2] + 32768) >> 16)) as u8;
                        for (sum, c) in sum.iter_mut().zip(c) {
                            *sum += c;
                        }
                    }
                    let at = y / 2 * (w / 2) + x / 2;
                    let dot = |k: [i32; 3]| (k[0] * sum[0] + k[1] * sum[1] + k[2] * sum[2] + 131_072) >> 18;
                    pu[at] = (128 + dot(cb)).clamp(16, 240) as u8;
                    pv[at] = (128 + dot(cr)).clamp(16, 240) as u8;
                }
            }
        }
    }
}

/// Which step of the sway a phase falls into.
fn sway(wind: f32) -> usize {
    ((wind / TAU).rem_euclid(1.0) * SWAYS as f32) as usize % SWAYS
}

/// Buffers for one thread that renders.
pub(crate) struct Canvas {
    stage: Arc<Stage>,
    work: Pixmap,
    tiles: Vec<bool>,
    /// The camera's own doing, where the world has air.
    developer: Option<(Developer, Shade)>,
}

impl Canvas {
    pub(crate) fn new(stage: Arc<Stage>) -> Self {
        let (w, h) = (stage.size.width as usize, stage.size.height as usize);
        let world = &stage.world;
        let camera = |air| (Developer::new(air, stage.size, world.mood.grain), Shade::new(&stage.view));
        let developer = world.air.as_ref().map(camera);
        Self { work: stage.blank(), tiles: vec![false; w.div_ceil(TILE) * h.div_ceil(TILE)], developer, stage }
    }

    /// The picture `t` seconds into a story of `duration` seconds; `index` seeds the grain.
    pub(crate) fn render(&mut self, t: f32, duration: f32, index: u64) -> I420 {
        let stage = Arc::clone(&self.stage);
        let (w, h) = (stage.size.width as usize, stage.size.height as usize);
        let turn = t / duration;
        // A whole number of sways and drifts in a story, so that its end meets its beginning: about 4 s and 40 s.
        let wind = TAU * turn * (duration / 4.0).round().max(1.0);
        let drift = (TAU * turn * (duration / 40.0).round().max(1.0)).sin() * 0.012 + (TAU * turn).sin() * 0.012;
        self.mark(t, wind);
        self.restore(w);
        let (tiles, across) = (&self.tiles, w.div_ceil(TILE));
        stage.paint(&mut self.work, t, wind, |index| match &stage.fixed[index] {
            Some(extent) => each_tile(extent, w, h).any(|(x, y)| tiles[y * across + x]),
            None => true,
        });
        let mut planes = stage.base.clone();
        stage.convert(self.work.data(), &self.tiles, &mut planes);
        match (&stage.world.air, &mut self.developer) {
            (Some(air), Some((developer, shade))) => {
                let shaded = air.shade > 0.0;
                if shaded {
                    shade.draw(&stage.world, air, &stage.view, t);
                }
                developer.develop(&mut planes, air, shaded.then(|| shade.mask.data()), t, index);
            }
            _ => grain(&mut planes[0], &stage.grain, stage.seed ^ index.wrapping_mul(0x9E37_79B9), 1.0 + drift, w),
        }
        let [y, u, v] = planes;
        I420::from_planes(stage.size, y, u, v)
    }

    /// Marks the tiles that what moves may touch.
    fn mark(&mut self, t: f32, wind: f32) {
        let stage = &self.stage;
        let (w, h) = (stage.size.width as usize, stage.size.height as usize);
        self.tiles.fill(false);
        for index in stage.world.present(&stage.view, t) {
            if stage.fixed[index].is_none() {
                let mut pen = Pen::new(&stage.view, Target::Measure);
                stage.world.draw_shadow(&mut pen, index, t);
                stage.world.draw(&mut pen, index, t, wind);
                for (x, y) in each_tile(&pen.extent, w, h) {
                    self.tiles[y * w.div_ceil(TILE) + x] = true;
                }
            }
        }
    }

    /// Puts the empty street back where something was or will be drawn.
    fn restore(&mut self, w: usize) {
        let across = w.div_ceil(TILE);
        let h = self.stage.size.height as usize;
        let work = self.work.data_mut();
        for (tile, _) in self.tiles.iter().enumerate().filter(|(_, marked)| **marked) {
            let (x0, y0) = (tile % across * TILE, tile / across * TILE);
            let x1 = (x0 + TILE).min(w);
            for y in y0..(y0 + TILE).min(h) {
                let row = (y * w + x0) * 4..(y * w + x1) * 4;
                work[row.clone()].copy_from_slice(&self.stage.empty[row]);
            }
        }
    }
}

/// The tiles an extent touches, edges softened by a pixel included.
fn each_tile(e: &Extent, w: usize, h: usize) -> impl Iterator<Item = (usize, usize)> + use<> {
    let clip = |v: f32, most: usize| (v.max(0.0) as usize).min(most);
    let nothing = e.x1 < 0.0 || e.y1 < 0.0 || e.x0 > w as f32 || e.y0 > h as f32 || e.x0 > e.x1;
    let (x0, x1) = (clip(e.x0 - 1.5, w - 1) / TILE, clip(e.x1 + 1.5, w - 1) / TILE);
    let (y0, y1) = (clip(e.y0 - 1.5, h - 1) / TILE, clip(e.y1 + 1.5, h - 1) / TILE);
    let rows = if nothing { 0..0 } else { y0..y1 + 1 };
    rows.flat_map(move |y| (x0..=x1).map(move |x| (x, y)))
}

/// Lays the light's drift and the sensor's grain over luma; each row starts elsewhere in the grain.
fn grain(luma: &mut [u8], grain: &[i8], seed: u64, gain: f32, width: usize) {
    let mut random = Seed::new(seed);
    let gain = (gain * 256.0).round() as i16;
    for row in luma.chunks_mut(width) {
        let start = random.below(grain.len() - width);
        for (y, n) in row.iter_mut().zip(&grain[start..]) {
            // 16 is black (limited range); (255 - 16) * 256 * 1.03 would not fit, so the factor's excess is applied.
            // Nothing here can overflow; checked sums would keep the loop from being vectorised in a debug build.
            let above = i16::from(*y).wrapping_sub(16);
            let more = above.wrapping_mul(gain - 256) >> 8;
            let lit = above.wrapping_add(more).wrapping_add(i16::from(*n)).wrapping_add(16);
            *y = lit.clamp(16, 235) as u8;
        }
    }
}
