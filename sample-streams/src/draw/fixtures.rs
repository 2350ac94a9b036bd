//! What belongs to the street: trees, lamps, bins, planters, bollards.

use std::f32::consts::TAU;

use events::ObjectClass;

use super::pen::{Pen, Rgb, Spot, scaled};
use super::view::v3;
use crate::seed::Seed;

/// A street tree; `wind` is the phase of its sway in radians.
pub(crate) fn tree(pen: &mut Pen<'_>, spot: &Spot, height: f32, seed: u64, wind: f32) {
    pen.no_part();
    let mut seed = Seed::new(seed);
    let bark = [0.34, 0.27, 0.21];
    spot.pole(pen, 0.0, 0.0, (0.0, height * 0.62), 0.13, bark);
    spot.pole(pen, -0.04, 0.0, (0.0, height * 0.62), 0.05, scaled(bark, 1.25));
    let green = [seed.range(0.20, 0.30), seed.range(0.34, 0.44), seed.range(0.14, 0.20)];
    let radius = height * 0.30;
    let (Some(_), wide) = (pen.view.project(spot.at), pen.view.scale(v3(spot.at.x, height * 0.74, spot.at.z)) * radius) else {
        return;
    };
    if let Some(p) = pen.view.project(v3(spot.at.x, height * 0.74, spot.at.z)) {
        // What is seen between the leaves.
        pen.oval(p, wide * 0.78, wide * 0.66, scaled(green, 0.42), 1.0);
    }
    // From the dark inside to the light upper leaves.
    for ring in 0..3 {
        let count = [30, 70, 60][ring];
        for _ in 0..count {
            let (a, r) = (seed.range(0.0, TAU), seed.unit().sqrt() * radius * [0.8, 1.0, 0.85][ring]);
            let up = height * 0.74 + r * a.sin() * 0.8 + ring as f32 * 0.1 * radius;
            let own = seed.range(0.0, TAU);
            // Higher leaves swing further; each blob flutters in its own time.
            let swing = 0.035 * (up - height * 0.4) * (wind + 0.3 * own).sin() + 0.02 * (3.0 * wind + own).sin();
            let at = v3(spot.at.x + r * a.cos() + swing, up + 0.01 * (2.0 * wind + own).cos(), spot.at.z);
            let Some(p) = pen.view.project(at) else { continue };
            let s = pen.view.scale(at) * radius * seed.range(0.11, 0.22);
            let shade = [0.55, 0.82, 1.12][ring] * seed.range(0.85, 1.15);
            let mut leaf = [(0.0, 0.0); 9];
            for (i, q) in leaf.iter_mut().enumerate() {
                let (turn, lump) = (TAU * i as f32 / 9.0, seed.range(0.7, 1.15));
                *q = (p.0 + s * lump * turn.cos(), p.1 + 0.8 * s * lump * turn.sin());
            }
            pen.fill(&leaf, scaled(green, shade), 1.0);
        }
    }
}

/// A street lamp; `lit` adds its glow.
pub(crate) fn lamp(pen: &mut Pen<'_>, spot: &Spot, height: f32, lit: bool) {
    pen.no_part();
    spot.pole(pen, 0.0, 0.0, (0.0, height), 0.06, [0.42, 0.44, 0.46]);
    let arm = Spot { at: v3(spot.at.x, height - 0.1, spot.at.z), heading: spot.heading };
    arm.cuboid(pen, (-0.05, 0.9), (0.0, 0.07), (-0.04, 0.04), [0.45, 0.46, 0.48]);
    arm.cuboid(pen, (0.6, 1.1), (-0.08, 0.0), (-0.12, 0.12), if lit { [3.0, 2.7, 2.1] } else { [0.8, 0.8, 0.78] });
    if lit && let Some(p) = pen.view.project(arm.point(0.85, -0.08, 0.0)) {
        let s = pen.view.scale(arm.at);
        let light = std::mem::replace(&mut pen.light, [1.0; 3]);
        for (r, alpha) in [(0.9, 0.07), (0.5, 0.14), (0.22, 0.6)] {
            pen.oval(p, r * s, r * s, [1.0, 0.90, 0.66], alpha);
        }
        pen.light = light;
    }
}

/// A waste bin.
pub(crate) fn bin(pen: &mut Pen<'_>, spot: &Spot, colour: Rgb) {
    pen.part(ObjectClass::Bin);
    spot.cuboid(pen, (-0.28, 0.28), (0.08, 0.92), (-0.26, 0.26), colour);
    spot.cuboid(pen, (-0.31, 0.31), (0.92, 1.02), (-0.29, 0.29), scaled(colour, 0.75));
    spot.cuboid(pen, (-0.16, 0.16), (0.55, 0.72), (-0.262, -0.2), [0.90, 0.90, 0.88]);
}

/// A planter with shrubs.
pub(crate) fn planter(pen: &mut Pen<'_>, spot: &Spot, seed: u64) {
    pen.no_part();
    spot.cuboid(pen, (-0.7, 0.7), (0.0, 0.5), (-0.25, 0.25), [0.52, 0.50, 0.47]);
    let mut seed = Seed::new(seed);
    for _ in 0..16 {
        let at = spot.point(seed.range(-0.65, 0.65), seed.range(0.5, 0.78), seed.range(-0.2, 0.2));
        let Some(p) = pen.view.project(at) else { continue };
        let r = pen.view.scale(at) * seed.range(0.12, 0.2);
        pen.oval(p, r, r * 0.85, scaled([0.24, 0.40, 0.18], seed.range(0.7, 1.3)), 1.0);
    }
}

/// A row of posts at the kerb.
pub(crate) fn bollard(pen: &mut Pen<'_>, spot: &Spot) {
    pen.no_part();
    spot.pole(pen, 0.0, 0.0, (0.0, 0.75), 0.07, [0.48, 0.47, 0.45]);
    spot.pole(pen, 0.0, 0.0, (0.55, 0.65), 0.073, [0.85, 0.65, 0.12]);
}

/// A door of the house fronts, its hinge at `spot`: shut it cannot be told from the front, open it shows the dark inside and
/// its leaf stands out into the street.
pub(crate) fn door(pen: &mut Pen<'_>, spot: &Spot, wide: f32, open: f32) {
    pen.no_part();
    let z = -0.02;
    let q = |a0: f32, a1: f32, u0: f32, u1: f32| {
        [spot.point(a0, u0, z), spot.point(a0, u1, z), spot.point(a1, u1, z), spot.point(a1, u0, z)]
    };
    let leaf = [0.42, 0.36, 0.32];
    pen.poly(&q(0.0, wide, 0.0, 2.1), if open > 0.02 { [0.07, 0.065, 0.06] } else { leaf });
    if open <= 0.02 {
        pen.poly(&q(wide * 0.84, wide * 0.9, 1.0, 1.08), [0.75, 0.72, 0.6]);
        return;
    }
    let turn = open * 1.75;
    let (s, c) = turn.sin_cos();
    let edge = |u: f32| spot.point(wide * c, u, z - wide * s);
    pen.poly(&[spot.point(0.0, 0.02, z), spot.point(0.0, 2.1, z), edge(2.1), edge(0.02)], scaled(leaf, 1.1));
}

/// A pole with a round sign and a plate with times.
pub(crate) fn bus_stop(pen: &mut Pen<'_>, spot: &Spot) {
    pen.no_part();
    spot.pole(pen, 0.0, 0.0, (0.0, 2.5), 0.035, [0.55, 0.56, 0.58]);
    spot.cuboid(pen, (-0.22, 0.22), (1.1, 1.75), (-0.02, 0.02), [0.88, 0.88, 0.86]);
    if let Some(p) = pen.view.project(spot.point(0.0, 2.55, -0.03)) {
        let s = pen.view.scale(spot.at);
        pen.oval(p, 0.27 * s, 0.27 * s, [0.12, 0.36, 0.62], 1.0);
        pen.oval(p, 0.15 * s, 0.15 * s, [0.92, 0.92, 0.90], 1.0);
    }
}
