//! Vendors' stalls: cart with canopy, umbrella and table, cloth on the ground.

use std::f32::consts::TAU;

use events::ObjectClass;

use super::pen::{Pen, Rgb, Spot, scaled};
use super::pitch;
use super::view::v3;
use super::wares::{self, FRUIT};
use crate::seed::Seed;

/// What it is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum StallShape {
    /// A cart with a roof on four poles.
    Cart,
    /// A table below a big umbrella.
    Umbrella,
    /// A cloth on the ground.
    Cloth,
    /// Four poles and a peaked roof.
    Tent,
    /// A cargo tricycle whose bed is the counter.
    Tricycle,
    /// Clothes on a rail.
    Rail,
    /// Crates on the ground.
    Crates,
    /// A hot plate on wheels.
    Grill,
    /// A folding table.
    Table,
}

impl StallShape {
    pub(crate) const ALL: [StallShape; 9] =
        [Self::Cart, Self::Umbrella, Self::Cloth, Self::Tent, Self::Tricycle, Self::Rail, Self::Crates, Self::Grill, Self::Table];

    /// Is it pushed here and away, or carried and set up?
    pub(crate) fn rolls(self) -> bool {
        matches!(self, Self::Cart | Self::Tricycle | Self::Grill)
    }
}

/// How a stall looks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stall {
    pub(crate) shape: StallShape,
    pub(super) body: Rgb,
    pub(super) roof: Rgb,
    pub(super) stripe: Rgb,
    pub(super) seed: u64,
}

impl Stall {
    pub(crate) fn random(seed: &mut Seed, shape: StallShape) -> Self {
        let body =
            seed.pick(&[[0.62, 0.64, 0.66], [0.55, 0.38, 0.22], [0.72, 0.20, 0.14], [0.18, 0.38, 0.58], [0.80, 0.74, 0.60]]);
        let roof =
            seed.pick(&[[0.80, 0.16, 0.14], [0.12, 0.36, 0.62], [0.15, 0.48, 0.30], [0.90, 0.55, 0.12], [0.48, 0.24, 0.52]]);
        let stripe = if seed.chance(0.6) { [0.92, 0.91, 0.88] } else { scaled(roof, 0.7) };
        Self { shape, body, roof, stripe, seed: seed.next() }
    }
}

/// Draws a stall that looks along `spot.heading`; `open` 0..1 is how far the canopy is up.
pub(crate) fn draw(pen: &mut Pen<'_>, stall: &Stall, spot: &Spot, open: f32) {
    match stall.shape {
        StallShape::Cart => cart(pen, stall, spot, open),
        StallShape::Umbrella => umbrella(pen, stall, spot, open),
        StallShape::Cloth => cloth(pen, stall, spot),
        StallShape::Tent => pitch::tent(pen, stall, spot, open),
        StallShape::Tricycle => pitch::tricycle(pen, stall, spot, open),
        StallShape::Rail => pitch::rail(pen, stall, spot),
        StallShape::Crates => pitch::crates(pen, stall, spot),
        StallShape::Grill => pitch::grill(pen, stall, spot),
        StallShape::Table => pitch::table(pen, stall, spot),
    }
}

fn cart(pen: &mut Pen<'_>, stall: &Stall, spot: &Spot, open: f32) {
    let roof = (1.35 + 0.90 * open, 1.55 + 1.0 * open);
    let far = if spot.point(0.0, 0.0, 0.5).minus(pen.view.eye).length() > spot.point(0.0, 0.0, -0.5).minus(pen.view.eye).length()
    {
        1.0
    } else {
        -1.0
    };
    let cart = pen.part(ObjectClass::Stall);
    spot.wheel(pen, 0.55, 0.4 * far, 0.28, [0.08; 3], [0.5; 3]);
    for a in [-0.85, 0.85] {
        spot.pole(pen, a, 0.42 * far, (0.8, roof.0), 0.022, [0.6, 0.6, 0.62]);
    }
    spot.cuboid(pen, (-0.9, 0.9), (0.22, 0.86), (-0.45, 0.45), stall.body);
    let near = -far;
    let panel = |a0: f32, a1: f32, u0: f32, u1: f32| {
        [
            spot.point(a0, u0, 0.452 * near),
            spot.point(a0, u1, 0.452 * near),
            spot.point(a1, u1, 0.452 * near),
            spot.point(a1, u0, 0.452 * near),
        ]
    };
    pen.poly(&panel(-0.8, 0.8, 0.46, 0.78), [0.88, 0.20, 0.14]);
    for i in 0..5 {
        let a = -0.7 + 0.29 * i as f32;
        pen.poly(&panel(a, a + 0.2, 0.52, 0.72), [0.95, 0.86, 0.40]);
    }
    spot.wheel(pen, 0.55, 0.46 * near, 0.28, [0.08; 3], [0.5; 3]);
    spot.wheel(pen, -0.55, 0.46 * near, 0.28, [0.08; 3], [0.5; 3]);
    pen.part(ObjectClass::Goods);
    wares::trays(pen, stall.seed, spot, 0.86);
    pen.resume(cart);
    for a in [-0.85, 0.85] {
        spot.pole(pen, a, 0.42 * near, (0.8, roof.0), 0.022, [0.68, 0.68, 0.70]);
    }
    pen.part(ObjectClass::Canopy);
    let slices = 8;
    for side in [far, near] {
        for i in 0..slices {
            let a = |i: i32| -1.12 + 2.24 * i as f32 / slices as f32;
            let colour = if i % 2 == 0 { stall.roof } else { stall.stripe };
            let eave = 0.66 * side;
            let colour = scaled(colour, if side == near { 1.0 } else { 0.8 });
            pen.poly(
                &[
                    spot.point(a(i), roof.0, eave),
                    spot.point(a(i), roof.1, 0.0),
                    spot.point(a(i + 1), roof.1, 0.0),
                    spot.point(a(i + 1), roof.0, eave),
                ],
                colour,
            );
            if side == near {
                let drop = roof.0 - 0.16;
                pen.poly(
                    &[
                        spot.point(a(i), drop, eave),
                        spot.point(a(i), roof.0, eave),
                        spot.point(a(i + 1), roof.0, eave),
                        spot.point(a(i + 1), drop, eave),
                    ],
                    scaled(colour, 0.82),
                );
            }
        }
    }
}

fn umbrella(pen: &mut Pen<'_>, stall: &Stall, spot: &Spot, open: f32) {
    pen.part(ObjectClass::Stall);
    for (a, l) in [(-0.8, 0.36), (0.8, 0.36), (-0.8, -0.36), (0.8, -0.36)] {
        spot.pole(pen, a, l, (0.0, 0.75), 0.025, [0.45, 0.45, 0.46]);
    }
    spot.cuboid(pen, (-0.9, 0.9), (0.35, 0.78), (-0.42, 0.42), scaled(stall.body, 0.9));
    spot.pole(pen, 0.0, 0.0, (0.75, 2.4), 0.025, [0.75, 0.75, 0.76]);
    pen.part(ObjectClass::Goods);
    wares::trays(pen, stall.seed, spot, 0.78);
    pen.part(ObjectClass::Canopy);
    let radius = 0.25 + 1.15 * open;
    let top = spot.point(0.0, 2.55, 0.0);
    let rim = |i: i32| {
        let a = TAU * i as f32 / 10.0;
        spot.point(radius * a.cos(), 2.0 + 0.1 * (1.0 - open), radius * a.sin())
    };
    let mut slices: Vec<i32> = (0..10).collect();
    slices.sort_by(|a, b| rim(*b).minus(pen.view.eye).length().total_cmp(&rim(*a).minus(pen.view.eye).length()));
    for i in slices {
        let colour = if i % 2 == 0 { stall.roof } else { stall.stripe };
        let shade = 0.82 + 0.2 * ((i as f32 - 3.0) / 10.0);
        pen.poly(&[rim(i), top, rim(i + 1)], scaled(colour, shade));
    }
}

fn cloth(pen: &mut Pen<'_>, stall: &Stall, spot: &Spot) {
    pen.part(ObjectClass::Stall);
    let p = |a: f32, l: f32| spot.point(a, 0.01, l);
    pen.poly(&[p(-1.0, -0.6), p(-1.0, 0.6), p(1.0, 0.6), p(1.0, -0.6)], stall.roof);
    pen.poly(&[p(-0.95, -0.55), p(-0.95, 0.55), p(0.95, 0.55), p(0.95, -0.55)], scaled(stall.roof, 0.85));
    pen.part(ObjectClass::Goods);
    let mut seed = Seed::new(stall.seed);
    for j in [0.38, 0.0, -0.38] {
        for i in 0..6 {
            let at = Spot { at: spot.point(-0.78 + 0.31 * i as f32, 0.0, j), heading: spot.heading };
            let colour = seed.pick(&FRUIT);
            let h = seed.range(0.08, 0.26);
            at.cuboid(pen, (-0.1, 0.1), (0.0, h), (-0.09, 0.09), colour);
        }
    }
    let box_at = Spot { at: v3(spot.at.x, spot.at.y, spot.at.z), heading: spot.heading };
    box_at.cuboid(pen, (0.72, 1.05), (0.0, 0.35), (0.3, 0.62), wares::CARTON);
}
