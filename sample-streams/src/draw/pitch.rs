//! More ways to sell in the street: tent, tricycle, clothes rail, crates, a grill, a folding table.

use events::ObjectClass;

use super::pen::{Pen, Rgb, Spot, mixed, scaled};
use super::stall::Stall;
use super::view::V3;
use super::wares::{self, CARTON, FRUIT};
use crate::seed::Seed;

/// The side (left or right of the heading) that is farther from the camera: 1 or -1.
fn far_side(pen: &Pen<'_>, spot: &Spot) -> f32 {
    let away = |l: f32| spot.point(0.0, 0.0, l).minus(pen.view.eye).length();
    if away(0.5) > away(-0.5) { 1.0 } else { -1.0 }
}

/// Four poles and a peaked roof over a table.
pub(super) fn tent(pen: &mut Pen<'_>, stall: &Stall, spot: &Spot, open: f32) {
    let far = far_side(pen, spot);
    let (half, deep) = (1.15, 0.95);
    let (eave, top) = (1.2 + 0.85 * open, 1.35 + 1.35 * open);
    let tent = pen.part(ObjectClass::Stall);
    for a in [-half, half] {
        spot.pole(pen, a, deep * far, (0.0, eave), 0.03, [0.72, 0.72, 0.74]);
    }
    spot.cuboid(pen, (-0.95, 0.95), (0.0, 0.74), (-0.38, 0.38), stall.body);
    pen.part(ObjectClass::Goods);
    wares::trays(pen, stall.seed, spot, 0.74);
    pen.resume(tent);
    for a in [-half, half] {
        spot.pole(pen, a, -deep * far, (0.0, eave), 0.03, [0.78, 0.78, 0.80]);
    }
    pen.part(ObjectClass::Canopy);
    let peak = spot.point(0.0, top, 0.0);
    let corner = |a: f32, l: f32| spot.point(a * (half + 0.1), eave, l * (deep + 0.1));
    let low = |p: V3| V3 { y: p.y - 0.18, ..p };
    let mut sides = [
        ((-1.0, far), (1.0, far), 0.8),
        ((-1.0, far), (-1.0, -far), 0.9),
        ((1.0, far), (1.0, -far), 0.86),
        ((-1.0, -far), (1.0, -far), 1.0),
    ];
    sides.sort_by(|a, b| {
        let middle =
            |s: &((f32, f32), (f32, f32), f32)| corner((s.0.0 + s.1.0) / 2.0, (s.0.1 + s.1.1) / 2.0).minus(pen.view.eye).length();
        middle(b).total_cmp(&middle(a))
    });
    for (n, (a, b, shade)) in sides.into_iter().enumerate() {
        let (p, q) = (corner(a.0, a.1), corner(b.0, b.1));
        pen.poly(&[p, peak, q], scaled(stall.roof, shade));
        if n > 1 {
            pen.poly(&[low(p), p, q, low(q)], scaled(stall.stripe, shade * 0.95));
        }
    }
}

/// A cargo tricycle whose bed is the counter, below an umbrella or not.
pub(super) fn tricycle(pen: &mut Pen<'_>, stall: &Stall, spot: &Spot, open: f32) {
    let far = far_side(pen, spot);
    pen.part(ObjectClass::Stall);
    spot.wheel(pen, -0.55, 0.5 * far, 0.28, [0.08; 3], [0.4; 3]);
    spot.wheel(pen, 1.3, 0.0, 0.26, [0.08; 3], [0.4; 3]);
    spot.pole(pen, 1.05, 0.0, (0.4, 1.0), 0.03, scaled(stall.body, 0.8));
    spot.cuboid(pen, (0.35, 1.1), (0.38, 0.46), (-0.05, 0.05), scaled(stall.body, 0.7));
    spot.cuboid(pen, (0.45, 0.75), (0.46, 0.70), (-0.17, 0.17), [0.13; 3]);
    spot.cuboid(pen, (-1.3, 0.35), (0.42, 0.78), (-0.55, 0.55), stall.body);
    spot.wheel(pen, -0.55, -0.56 * far, 0.28, [0.08; 3], [0.4; 3]);
    pen.part(ObjectClass::Goods);
    let bed = Spot { at: spot.point(-0.48, 0.0, 0.0), heading: spot.heading };
    wares::trays(pen, stall.seed, &bed, 0.78);
    if stall.seed.is_multiple_of(2) {
        pen.part(ObjectClass::Canopy);
        spot.pole(pen, -0.5, 0.0, (0.78, 2.1), 0.022, [0.7; 3]);
        let hub = spot.point(-0.5, 2.3, 0.0);
        let radius = 0.2 + 0.85 * open;
        let rim = |i: i32| {
            let (s, c) = (std::f32::consts::TAU * i as f32 / 8.0).sin_cos();
            spot.point(-0.5 + radius * c, 1.95, radius * s)
        };
        for i in 0..8 {
            pen.poly(
                &[rim(i), hub, rim(i + 1)],
                scaled(if i % 2 == 0 { stall.roof } else { stall.stripe }, 0.84 + 0.03 * i as f32),
            );
        }
    }
}

/// Clothes on a rail.
pub(super) fn rail(pen: &mut Pen<'_>, stall: &Stall, spot: &Spot) {
    let rail = pen.part(ObjectClass::Stall);
    for a in [-0.9, 0.9] {
        spot.pole(pen, a, 0.0, (0.0, 1.6), 0.022, [0.6; 3]);
        spot.cuboid(pen, (a - 0.03, a + 0.03), (0.0, 0.05), (-0.3, 0.3), [0.5; 3]);
    }
    spot.cuboid(pen, (-0.9, 0.9), (1.58, 1.62), (-0.02, 0.02), [0.65; 3]);
    pen.part(ObjectClass::Goods);
    let mut random = Seed::new(stall.seed);
    let count = 9 + random.below(6);
    for i in 0..count {
        let a = -0.85 + 1.7 * i as f32 / count as f32;
        let (wide, long) = (random.range(0.10, 0.16), random.range(0.5, 1.05));
        let cloth: Rgb = mixed(random.pick(&FRUIT), [random.unit(), random.unit(), random.unit()], 0.6);
        let q = [
            spot.point(a, 1.57 - long, -0.06),
            spot.point(a + 0.02, 1.56, -0.03),
            spot.point(a + wide, 1.56, -0.03),
            spot.point(a + wide + 0.03, 1.57 - long, -0.06),
        ];
        pen.poly(&q, scaled(cloth, 0.9));
    }
    pen.resume(rail);
}

/// Crates with fruit straight on the ground, one on the other behind.
pub(super) fn crates(pen: &mut Pen<'_>, stall: &Stall, spot: &Spot) {
    let stand = pen.part(ObjectClass::Stall);
    let mut random = Seed::new(stall.seed);
    let far = far_side(pen, spot);
    let wood = [0.58, 0.45, 0.30];
    for (l, levels) in [(0.3 * far, 2), (-0.26 * far, 1)] {
        for i in 0..3 {
            let at = Spot { at: spot.point(-0.68 + 0.68 * i as f32, 0.0, l), heading: spot.heading + random.range(-0.05, 0.05) };
            at.cuboid(pen, (-0.31, 0.31), (0.0, 0.28 * levels as f32), (-0.23, 0.23), scaled(wood, random.range(0.8, 1.15)));
            pen.part(ObjectClass::Goods);
            wares::rows(pen, &at, (-0.28, 0.28), (-0.2, 0.2), 0.28 * levels as f32, random.pick(&FRUIT), 0.06);
            pen.resume(stand);
        }
    }
    // The scales.
    let at = Spot { at: spot.point(1.1, 0.0, 0.0), heading: spot.heading };
    at.cuboid(pen, (-0.16, 0.16), (0.0, 0.4), (-0.14, 0.14), CARTON);
    at.cuboid(pen, (-0.15, 0.15), (0.4, 0.47), (-0.13, 0.13), [0.75, 0.76, 0.78]);
}

/// A hot plate on a box with wheels; the smoke is the air's, not the stall's.
pub(super) fn grill(pen: &mut Pen<'_>, stall: &Stall, spot: &Spot) {
    let far = far_side(pen, spot);
    pen.part(ObjectClass::Stall);
    spot.wheel(pen, 0.4, 0.32 * far, 0.16, [0.1; 3], [0.4; 3]);
    spot.cuboid(pen, (-0.65, 0.65), (0.18, 0.82), (-0.34, 0.34), scaled([0.62, 0.63, 0.65], 0.9));
    spot.wheel(pen, 0.4, -0.36 * far, 0.16, [0.1; 3], [0.4; 3]);
    spot.wheel(pen, -0.4, -0.36 * far, 0.16, [0.1; 3], [0.4; 3]);
    let sign = [
        spot.point(-0.55, 0.35, -0.345 * far),
        spot.point(-0.55, 0.7, -0.345 * far),
        spot.point(0.55, 0.7, -0.345 * far),
        spot.point(0.55, 0.35, -0.345 * far),
    ];
    pen.poly(&sign, stall.roof);
    spot.cuboid(pen, (-0.6, 0.2), (0.82, 0.86), (-0.3, 0.3), [0.16, 0.15, 0.15]);
    pen.part(ObjectClass::Goods);
    wares::rows(pen, spot, (-0.55, 0.15), (-0.24, 0.24), 0.87, [0.60, 0.34, 0.16], 0.05);
    spot.cuboid(pen, (0.28, 0.6), (0.82, 1.0), (-0.2, 0.2), CARTON);
    // A screen against the wind.
    pen.part(ObjectClass::Canopy);
    let back = 0.33 * far;
    let glass = [
        spot.point(-0.62, 0.86, back),
        spot.point(-0.62, 1.32, back),
        spot.point(0.62, 1.32, back),
        spot.point(0.62, 0.86, back),
    ];
    pen.poly(&glass, mixed(stall.stripe, [0.6, 0.66, 0.7], 0.5));
}

/// A folding table with small wares.
pub(super) fn table(pen: &mut Pen<'_>, stall: &Stall, spot: &Spot) {
    pen.part(ObjectClass::Stall);
    for (a, l) in [(-0.7, 0.3), (0.7, 0.3), (-0.7, -0.3), (0.7, -0.3)] {
        spot.pole(pen, a, l, (0.0, 0.7), 0.025, [0.5; 3]);
    }
    spot.cuboid(pen, (-0.8, 0.8), (0.68, 0.73), (-0.36, 0.36), stall.body);
    let near = -far_side(pen, spot);
    let cloth = [
        spot.point(-0.8, 0.3, 0.365 * near),
        spot.point(-0.8, 0.72, 0.365 * near),
        spot.point(0.8, 0.72, 0.365 * near),
        spot.point(0.8, 0.3, 0.365 * near),
    ];
    pen.poly(&cloth, scaled(stall.roof, 0.9));
    pen.part(ObjectClass::Goods);
    let mut random = Seed::new(stall.seed);
    for i in 0..14 {
        let a = -0.7 + 0.2 * (i / 2) as f32;
        let l = if i % 2 == 0 { -0.16 * near } else { 0.16 * near };
        let at = Spot { at: spot.point(a, 0.73, l), heading: spot.heading + random.range(-0.3, 0.3) };
        at.cuboid(
            pen,
            (-0.07, 0.07),
            (0.0, random.range(0.05, 0.3)),
            (-0.06, 0.06),
            mixed(random.pick(&FRUIT), [0.5; 3], random.unit() * 0.5),
        );
    }
}
