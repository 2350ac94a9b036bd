//! Small things people put down: boxes, tables, boards, posters, bags, heaps.

use std::f32::consts::TAU;

use events::ObjectClass;

use super::pen::{Pen, Rgb, Spot, mixed, scaled};
use super::view::{V3, v3};
use crate::seed::Seed;

/// Bright colours for goods.
pub(crate) const FRUIT: [Rgb; 8] = [
    [0.85, 0.22, 0.15],
    [0.95, 0.60, 0.12],
    [0.90, 0.80, 0.20],
    [0.42, 0.62, 0.20],
    [0.55, 0.18, 0.32],
    [0.75, 0.70, 0.52],
    [0.30, 0.50, 0.22],
    [0.92, 0.42, 0.30],
];
pub(crate) const CARTON: Rgb = [0.66, 0.51, 0.34];

/// An open crate with goods in it, or stacked cartons; `kind` 0..=2 chooses.
pub(crate) fn goods(pen: &mut Pen<'_>, spot: &Spot, kind: u8, seed: u64) {
    pen.part(ObjectClass::Goods);
    goods_shape(pen, spot, kind, seed);
}

/// [`goods`] as a piece of something else.
pub(crate) fn goods_shape(pen: &mut Pen<'_>, spot: &Spot, kind: u8, seed: u64) {
    let mut seed = Seed::new(seed);
    if kind == 0 {
        // A crate with heaped fruit.
        let wood = mixed([0.62, 0.50, 0.34], [0.20, 0.40, 0.62], if seed.chance(0.4) { 1.0 } else { 0.0 });
        spot.cuboid(pen, (-0.32, 0.32), (0.0, 0.30), (-0.24, 0.24), wood);
        rows(pen, spot, (-0.30, 0.30), (-0.22, 0.22), 0.30, seed.pick(&FRUIT), 0.065);
    } else {
        // Cartons, two or three high.
        let mut up = 0.0;
        for level in 0..=kind {
            let (h, turn) = (seed.range(0.30, 0.42), seed.range(-0.15, 0.15));
            let at =
                Spot { at: v3(spot.at.x + seed.range(-0.04, 0.04), spot.at.y + up, spot.at.z), heading: spot.heading + turn };
            let colour = scaled(CARTON, seed.range(0.85, 1.15));
            let half = 0.30 - 0.03 * f32::from(level);
            at.cuboid(pen, (-half, half), (0.0, h), (-0.22, 0.22), colour);
            // The tape.
            at.cuboid(pen, (-0.04, 0.04), (h - 0.02, h + 0.005), (-0.222, 0.222), [0.80, 0.72, 0.52]);
            up += h;
        }
    }
}

/// Trays of goods on a top 1.7 m long.
pub(crate) fn trays(pen: &mut Pen<'_>, seed: u64, spot: &Spot, up: f32) {
    let mut seed = Seed::new(seed);
    for i in 0..4 {
        let a = -0.82 + 0.42 * i as f32;
        let colour = seed.pick(&FRUIT);
        spot.cuboid(pen, (a, a + 0.38), (up, up + 0.09), (-0.38, 0.38), [0.55, 0.42, 0.28]);
        rows(pen, spot, (a + 0.02, a + 0.36), (-0.34, 0.34), up + 0.09, colour, 0.075);
    }
}

/// Round goods in rows on a flat top.
pub(crate) fn rows(pen: &mut Pen<'_>, spot: &Spot, ahead: (f32, f32), left: (f32, f32), up: f32, colour: Rgb, radius: f32) {
    let (n, m) = (((ahead.1 - ahead.0) / (radius * 2.0)).max(1.0) as i32, ((left.1 - left.0) / (radius * 2.2)).max(1.0) as i32);
    let farther =
        spot.point(0.0, up, left.1).minus(pen.view.eye).length() > spot.point(0.0, up, left.0).minus(pen.view.eye).length();
    for j in 0..m {
        let j = if farther { m - 1 - j } else { j };
        for i in 0..n {
            let a = ahead.0 + (ahead.1 - ahead.0) * (i as f32 + 0.5) / n as f32;
            let l = left.0 + (left.1 - left.0) * (j as f32 + 0.5) / m as f32;
            let at = spot.point(a, up + radius * 0.4, l);
            let Some(p) = pen.view.project(at) else { continue };
            let r = radius * pen.view.scale(at);
            pen.oval(p, r, r * 0.9, scaled(colour, 0.82 + 0.3 * (((i * 7 + j * 13) % 5) as f32 / 5.0)), 1.0);
        }
    }
}

/// A table with four legs and things on it.
pub(crate) fn table(pen: &mut Pen<'_>, spot: &Spot, colour: Rgb, laden: bool, seed: u64) {
    pen.part(ObjectClass::Furniture);
    for (a, l) in [(-0.5, 0.26), (0.5, 0.26), (-0.5, -0.26), (0.5, -0.26)] {
        spot.pole(pen, a, l, (0.0, 0.72), 0.025, scaled(colour, 0.6));
    }
    spot.cuboid(pen, (-0.58, 0.58), (0.70, 0.75), (-0.33, 0.33), colour);
    if laden {
        let mut seed = Seed::new(seed);
        let top = Spot { at: v3(spot.at.x, spot.at.y + 0.75, spot.at.z), heading: spot.heading };
        rows(pen, &top, (-0.52, -0.05), (-0.28, 0.28), 0.0, seed.pick(&FRUIT), 0.06);
        rows(pen, &top, (0.05, 0.52), (-0.28, 0.28), 0.0, seed.pick(&FRUIT), 0.06);
    }
}

/// A plastic stool.
pub(crate) fn stool(pen: &mut Pen<'_>, spot: &Spot, colour: Rgb) {
    pen.part(ObjectClass::Furniture);
    for (a, l) in [(-0.15, 0.13), (0.15, 0.13), (-0.15, -0.13), (0.15, -0.13)] {
        spot.pole(pen, a, l, (0.0, 0.42), 0.025, scaled(colour, 0.75));
    }
    spot.cuboid(pen, (-0.18, 0.18), (0.40, 0.46), (-0.16, 0.16), colour);
}

/// A quadrilateral of a flat thing from shares of its width and height.
fn patch(corners: &[V3; 4], (u0, v0): (f32, f32), (u1, v1): (f32, f32)) -> [V3; 4] {
    // Corners: low left, high left, high right, low right.
    let at = |u: f32, v: f32| {
        let lerp = |a: V3, b: V3, t: f32| v3(a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t, a.z + (b.z - a.z) * t);
        lerp(lerp(corners[0], corners[3], u), lerp(corners[1], corners[2], u), v)
    };
    [at(u0, v0), at(u0, v1), at(u1, v1), at(u1, v0)]
}

/// A printed sheet: head line, a picture, lines of text.
fn print(pen: &mut Pen<'_>, sheet: &[V3; 4], paper: Rgb, seed: u64) {
    let mut seed = Seed::new(seed);
    let ink = seed.pick(&[[0.75, 0.08, 0.08], [0.10, 0.20, 0.55], [0.08, 0.08, 0.09], [0.10, 0.40, 0.20]]);
    pen.poly(sheet, paper);
    pen.poly(&patch(sheet, (0.06, 0.78), (0.94, 0.94)), ink);
    for i in 0..4 {
        let u = 0.12 + 0.2 * i as f32;
        pen.poly(&patch(sheet, (u, 0.81), (u + 0.13, 0.91)), mixed(paper, [1.0; 3], 0.4));
    }
    pen.poly(&patch(sheet, (0.1, 0.44), (0.9, 0.74)), mixed(seed.pick(&FRUIT), paper, 0.3));
    for i in 0..4 {
        let v = 0.36 - 0.085 * i as f32;
        pen.poly(&patch(sheet, (0.1, v - 0.035), (seed.range(0.6, 0.92), v)), mixed(ink, paper, 0.25));
    }
}

/// A poster on a wall whose face looks to -z; `spot.at` is the middle of its lower edge.
pub(crate) fn poster(pen: &mut Pen<'_>, at: V3, width: f32, height: f32, paper: Rgb, seed: u64) {
    pen.part(ObjectClass::Poster);
    let z = at.z - 0.01;
    let sheet = [
        v3(at.x - width / 2.0, at.y, z),
        v3(at.x - width / 2.0, at.y + height, z),
        v3(at.x + width / 2.0, at.y + height, z),
        v3(at.x + width / 2.0, at.y, z),
    ];
    print(pen, &sheet, paper, seed);
}

/// A folding board that stands like an A.
pub(crate) fn board(pen: &mut Pen<'_>, spot: &Spot, paper: Rgb, seed: u64) {
    pen.part(ObjectClass::Board);
    for front in [false, true] {
        let foot = if front { -0.22 } else { 0.22 };
        let sheet = [
            spot.point(-0.33, 0.0, foot),
            spot.point(-0.33, 1.05, 0.0),
            spot.point(0.33, 1.05, 0.0),
            spot.point(0.33, 0.0, foot),
        ];
        if front { print(pen, &sheet, paper, seed) } else { pen.poly(&sheet, scaled(paper, 0.5)) }
    }
}

/// A cloth banner between two poles.
pub(crate) fn banner(pen: &mut Pen<'_>, spot: &Spot, colour: Rgb, t: f32) {
    pen.part(ObjectClass::Board);
    spot.pole(pen, -1.5, 0.0, (0.0, 2.1), 0.03, [0.5, 0.5, 0.5]);
    spot.pole(pen, 1.5, 0.0, (0.0, 2.1), 0.03, [0.5, 0.5, 0.5]);
    let flap = 0.04 * (t * 1.3).sin();
    let sheet =
        [spot.point(-1.5, 1.3, 0.0), spot.point(-1.5, 2.0, 0.0), spot.point(1.5, 2.0, 0.0), spot.point(1.5, 1.3 + flap, 0.0)];
    pen.poly(&sheet, colour);
    for i in 0..8 {
        let u = 0.08 + 0.108 * i as f32;
        pen.poly(&patch(&sheet, (u, 0.28), (u + 0.075, 0.74)), [0.96, 0.90, 0.55]);
    }
}

/// A tied bag of waste, `size` metres across.
pub(crate) fn bag(pen: &mut Pen<'_>, spot: &Spot, colour: Rgb, size: f32, seed: u64) {
    pen.part(ObjectClass::Bag);
    let Some(foot) = pen.view.project(spot.at) else { return };
    let s = pen.view.scale(spot.at) * size;
    let mut seed = Seed::new(seed);
    let mut outline = [(0.0, 0.0); 18];
    for (i, p) in outline.iter_mut().enumerate() {
        let a = TAU * i as f32 / 18.0;
        let lump = seed.range(0.9, 1.08);
        // Flat below, drawn in towards the knot above.
        let (x, y) = (a.cos() * 0.5 * lump, (a.sin() * 0.42 * lump + 0.36).max(0.0));
        *p = (foot.0 + x * (1.0 - 0.25 * (y - 0.4).max(0.0)) * s, foot.1 - y * s);
    }
    pen.fill(&outline, colour, 1.0);
    pen.limb((foot.0, foot.1 - 0.74 * s), 0.10 * s, (foot.0 + 0.03 * s, foot.1 - 0.92 * s), 0.06 * s, scaled(colour, 0.85));
    for _ in 0..4 {
        let (x, y) = (seed.range(-0.3, 0.2), seed.range(0.2, 0.6));
        let (a, b) = ((foot.0 + x * s, foot.1 - y * s), (foot.0 + (x + seed.range(0.02, 0.12)) * s, foot.1 - (y + 0.14) * s));
        pen.limb(a, 0.03 * s, b, 0.012 * s, mixed(colour, [1.0; 3], 0.22));
    }
}

/// A heap of rubble.
pub(crate) fn pile(pen: &mut Pen<'_>, spot: &Spot, radius: f32, height: f32, seed: u64) {
    pen.part(ObjectClass::Pile);
    heap(pen, spot, radius, height, seed);
}

/// [`pile`] as a piece of something else.
pub(crate) fn heap(pen: &mut Pen<'_>, spot: &Spot, radius: f32, height: f32, seed: u64) {
    let mut seed = Seed::new(seed);
    let mound: Vec<V3> = (0..=12)
        .map(|i| {
            let u = -1.0 + i as f32 / 6.0;
            spot.point(u * radius, height * (1.0 - u * u).max(0.0).powf(0.8) * seed.range(0.85, 1.0), 0.0)
        })
        .collect();
    let mut skirt = mound.clone();
    skirt.push(spot.point(radius * 0.6, 0.0, -radius * 0.5));
    skirt.push(spot.point(-radius * 0.6, 0.0, -radius * 0.5));
    pen.poly(&skirt, [0.36, 0.27, 0.21]);
    for _ in 0..46 {
        let (u, v) = (seed.range(-0.92, 0.92), seed.unit());
        let top = height * (1.0 - u * u).max(0.0).powf(0.8);
        let at = spot.point(u * radius, top * v * 0.93, -radius * 0.45 * (1.0 - v) * (1.0 - u.abs()));
        let Some(p) = pen.view.project(at) else { continue };
        let r = pen.view.scale(at) * radius * seed.range(0.06, 0.15);
        let colour = scaled(
            seed.pick(&[
                [0.66, 0.55, 0.42],
                [0.42, 0.36, 0.32],
                [0.66, 0.33, 0.22],
                [0.78, 0.74, 0.66],
                [0.30, 0.24, 0.20],
                [0.58, 0.30, 0.22],
            ]),
            seed.range(0.75, 1.15),
        );
        let mut stone = [(0.0, 0.0); 5];
        for (i, q) in stone.iter_mut().enumerate() {
            let a = TAU * (i as f32 + seed.range(-0.3, 0.3)) / 5.0;
            *q = (p.0 + r * a.cos(), p.1 + 0.7 * r * a.sin());
        }
        pen.fill(&stone, colour, 1.0);
    }
}
