//! Where the sun does not reach: a mask at half the picture's size, drawn anew as the sun moves.

use tiny_skia::Mask;

use crate::air::Air;
use crate::draw::pen::{Pen, Target};
use crate::draw::view::{V3, View, v3};
use crate::seed::Seed;
use crate::world::{Body, World};

/// 0 in the sun, 255 in the shade.
pub(crate) struct Shade {
    pub(crate) mask: Mask,
    /// What does not move, and the whole second it was drawn for.
    fixed: Option<(i64, Vec<u8>)>,
}

impl Shade {
    pub(crate) fn new(view: &View) -> Self {
        let (w, h) = (view.width as u32 / 2, view.height as u32 / 2);
        Self { mask: Mask::new(w.max(1), h.max(1)).expect("a picture has pixels"), fixed: None }
    }

    /// The mask at `t`. Houses, trees and fixed things once a second, as far as the sun goes in that time.
    pub(crate) fn draw(&mut self, world: &World, air: &Air, view: &View, t: f32) {
        let second = t.floor() as i64;
        match &self.fixed {
            Some((drawn, bytes)) if *drawn == second => self.mask.data_mut().copy_from_slice(bytes),
            _ => {
                self.mask.clear();
                let at = second as f32;
                houses(world, air, view, at, &mut self.mask);
                crowns(world, view, at, &mut self.mask);
                posts(world, view, at, &mut self.mask);
                soften(self.mask.data_mut(), view.width as usize / 2);
                self.fixed = Some((second, self.mask.data().to_vec()));
            }
        }
    }
}

/// Only what is thin throws its shadow into the mask: a mask lies on the picture, and a broad thing's would lie on the thing.
fn posts(world: &World, view: &View, t: f32, mask: &mut Mask) {
    let mut pen = Pen::new(view, Target::Shade(mask));
    for (index, entity) in world.cast.iter().enumerate() {
        if matches!(entity.body, Body::Lamp(_) | Body::Tree(..)) {
            world.draw_shadow(&mut pen, index, t);
        }
    }
}

/// Does a place on the ground lie in the shadow of the houses?
pub(crate) fn covers(world: &World, air: &Air, (x, z): (f32, f32), t: f32) -> bool {
    let (sx, sz, _) = world.sun(t);
    air.skyline.iter().any(|roof| {
        let share = (z - air.skyline_z) / (sz * roof.height);
        let lean = sx * roof.height * share;
        (0.0..1.0).contains(&share) && x >= roof.x0 + lean && x < roof.x1 + lean
    })
}

/// The shadow of a row of houses: over the ground, and up the fronts on the other side.
fn houses(world: &World, air: &Air, view: &View, t: f32, mask: &mut Mask) {
    let (sx, sz, _) = world.sun(t);
    let (from, facade) = (air.skyline_z, world.street.facade);
    let mut pen = Pen::new(view, Target::Shade(mask));
    for roof in &air.skyline {
        if sz <= 0.01 {
            break;
        }
        let reach = sz * roof.height;
        let end = (from + reach).min(facade);
        // Where along the shadow the ground ends, and how high it climbs there.
        let share = (end - from) / reach;
        let lean = sx * roof.height * share;
        let ground = [v3(roof.x0, 0.0, from), v3(roof.x1, 0.0, from), v3(roof.x1 + lean, 0.0, end), v3(roof.x0 + lean, 0.0, end)];
        pen.poly(&ground, [0.0; 3]);
        if share < 1.0 {
            let up = roof.height * (1.0 - share);
            let lean_up = sx * roof.height - lean;
            let z = facade - 0.02;
            let wall: [V3; 4] = [
                v3(roof.x0 + lean, 0.0, z),
                v3(roof.x1 + lean, 0.0, z),
                v3(roof.x1 + lean + lean_up * 0.2, up, z),
                v3(roof.x0 + lean + lean_up * 0.2, up, z),
            ];
            pen.poly(&wall, [0.0; 3]);
        }
    }
}

/// The shadows of trees: many small patches, so that light comes through.
fn crowns(world: &World, view: &View, t: f32, mask: &mut Mask) {
    let (sx, sz, _) = world.sun(t);
    let mut pen = Pen::new(view, Target::Shade(mask));
    for entity in &world.cast {
        let Body::Tree(height, seed) = entity.body else { continue };
        let mut random = Seed::new(seed ^ 0x7368_6164);
        let (x, z, radius) = (entity.keys[0].1, entity.keys[0].2, height * 0.34);
        for _ in 0..46 {
            let (a, r) = (random.range(0.0, std::f32::consts::TAU), random.unit().sqrt() * radius);
            let up = height * 0.74 + 0.6 * r * a.sin();
            let at = v3(x + r * a.cos() + sx * up, 0.0, z + 0.6 * r * a.sin() + sz * up);
            if at.z > world.street.facade {
                continue;
            }
            let size = radius * random.range(0.10, 0.24);
            let mut patch = [at; 8];
            for (i, p) in patch.iter_mut().enumerate() {
                let (s, c) = (std::f32::consts::TAU * i as f32 / 8.0).sin_cos();
                *p = v3(at.x + size * c, 0.0, at.z + size * s);
            }
            pen.poly(&patch, [0.0; 3]);
        }
    }
}

/// The sun is not a point: edges are soft.
fn soften(mask: &mut [u8], width: usize) {
    let mut before = mask.to_vec();
    for (row, from) in mask.chunks_exact_mut(width).zip(before.chunks_exact(width)) {
        for x in 1..width - 1 {
            row[x] = ((u16::from(from[x - 1]) + 2 * u16::from(from[x]) + u16::from(from[x + 1])) / 4) as u8;
        }
    }
    before.copy_from_slice(mask);
    let height = mask.len() / width;
    for y in 1..height.saturating_sub(1) {
        for x in 0..width {
            let at = y * width + x;
            let sum = u16::from(before[at - width]) + 2 * u16::from(before[at]) + u16::from(before[at + width]);
            mask[at] = (sum / 4) as u8;
        }
    }
}
