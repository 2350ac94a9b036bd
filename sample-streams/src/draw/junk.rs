//! What people get rid of in the street: furniture, appliances, sacks, planks, branches, tyres, litter.

use std::f32::consts::TAU;

use events::ObjectClass;

use super::pen::{Pen, Rgb, Spot, mixed, scaled};
use super::view::v3;
use super::wares::CARTON;
use crate::seed::Seed;

/// A thing that was thrown away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Junk {
    Sofa,
    Mattress,
    Chair,
    Cabinet,
    Appliance,
    Sacks,
    Planks,
    Branches,
    Tyres,
    Litter,
    Cartons,
    Carpet,
}

impl Junk {
    pub(crate) const ALL: [Junk; 12] = [
        Junk::Sofa,
        Junk::Mattress,
        Junk::Chair,
        Junk::Cabinet,
        Junk::Appliance,
        Junk::Sacks,
        Junk::Planks,
        Junk::Branches,
        Junk::Tyres,
        Junk::Litter,
        Junk::Cartons,
        Junk::Carpet,
    ];

    /// What one person can carry.
    pub(crate) const LIGHT: [Junk; 6] = [Junk::Chair, Junk::Sacks, Junk::Planks, Junk::Litter, Junk::Cartons, Junk::Carpet];

    fn class(self) -> ObjectClass {
        match self {
            Junk::Sofa | Junk::Mattress | Junk::Chair | Junk::Cabinet | Junk::Appliance => ObjectClass::Furniture,
            Junk::Sacks => ObjectClass::Bag,
            Junk::Planks | Junk::Branches | Junk::Tyres | Junk::Litter | Junk::Carpet => ObjectClass::Pile,
            Junk::Cartons => ObjectClass::Goods,
        }
    }

    /// Half its length, half its depth and its height, metres: what throws the shadow.
    pub(crate) fn bulk(self) -> (f32, f32, f32) {
        match self {
            Junk::Sofa => (0.85, 0.42, 0.7),
            Junk::Mattress => (0.9, 0.25, 0.9),
            Junk::Chair => (0.24, 0.24, 0.8),
            Junk::Cabinet => (0.45, 0.25, 1.2),
            Junk::Appliance => (0.32, 0.32, 0.9),
            Junk::Sacks => (0.6, 0.35, 0.45),
            Junk::Planks => (0.9, 0.35, 0.25),
            Junk::Branches => (0.8, 0.5, 0.4),
            Junk::Tyres => (0.35, 0.35, 0.5),
            Junk::Litter => (0.6, 0.4, 0.05),
            Junk::Cartons => (0.5, 0.4, 0.5),
            Junk::Carpet => (0.95, 0.14, 0.25),
        }
    }
}

const CLOTH: [Rgb; 8] = [
    [0.45, 0.20, 0.18],
    [0.24, 0.28, 0.36],
    [0.58, 0.50, 0.40],
    [0.30, 0.36, 0.28],
    [0.62, 0.60, 0.58],
    [0.16, 0.15, 0.16],
    [0.70, 0.58, 0.30],
    [0.38, 0.26, 0.40],
];
const WOOD: [Rgb; 5] = [[0.48, 0.34, 0.22], [0.62, 0.48, 0.32], [0.32, 0.22, 0.16], [0.74, 0.68, 0.58], [0.85, 0.84, 0.80]];

/// Draws it; `seed` chooses colours and how it lies.
pub(crate) fn junk(pen: &mut Pen<'_>, spot: &Spot, what: Junk, seed: u64) {
    pen.part(what.class());
    let mut random = Seed::new(seed);
    match what {
        Junk::Sofa => sofa(pen, spot, &mut random),
        Junk::Mattress => mattress(pen, spot, &mut random),
        Junk::Chair => chair(pen, spot, &mut random),
        Junk::Cabinet => cabinet(pen, spot, &mut random),
        Junk::Appliance => appliance(pen, spot, &mut random),
        Junk::Sacks => sacks(pen, spot, &mut random),
        Junk::Planks => planks(pen, spot, &mut random),
        Junk::Branches => branches(pen, spot, &mut random),
        Junk::Tyres => tyres(pen, spot, &mut random),
        Junk::Litter => litter(pen, spot, &mut random),
        Junk::Cartons => cartons(pen, spot, &mut random),
        Junk::Carpet => carpet(pen, spot, &mut random),
    }
}

fn sofa(pen: &mut Pen<'_>, spot: &Spot, random: &mut Seed) {
    let cloth = random.pick(&CLOTH);
    let half = random.range(0.55, 0.95);
    // Its back to the houses, or turned round.
    let back_far = random.chance(0.7);
    let back = |pen: &mut Pen<'_>| {
        let l = if back_far { (0.22, 0.42) } else { (-0.42, -0.22) };
        spot.cuboid(pen, (-half, half), (0.08, random_height(half)), l, scaled(cloth, 0.9));
    };
    if back_far {
        back(pen);
    }
    spot.cuboid(pen, (-half, half), (0.08, 0.42), if back_far { (-0.40, 0.24) } else { (-0.24, 0.40) }, cloth);
    for side in [-1.0, 1.0] {
        let a = if side < 0.0 { (-half - 0.14, -half) } else { (half, half + 0.14) };
        spot.cuboid(pen, a, (0.05, 0.58), (-0.40, 0.40), scaled(cloth, 0.95));
    }
    let cushions = if half > 0.75 { 3 } else { 2 };
    for i in 0..cushions {
        let a0 = -half + 2.0 * half * i as f32 / cushions as f32;
        let a = (a0 + 0.02, a0 + 2.0 * half / cushions as f32 - 0.02);
        spot.cuboid(pen, a, (0.42, 0.50), if back_far { (-0.38, 0.20) } else { (-0.20, 0.38) }, scaled(cloth, 1.12));
    }
    if !back_far {
        back(pen);
    }
}

fn random_height(half: f32) -> f32 {
    0.72 + 0.12 * half
}

fn mattress(pen: &mut Pen<'_>, spot: &Spot, random: &mut Seed) {
    let cloth = mixed([0.82, 0.80, 0.76], random.pick(&CLOTH), random.range(0.0, 0.5));
    let (long, thick) = (random.range(0.8, 1.0), random.range(0.14, 0.24));
    if random.chance(0.5) {
        // Leaning.
        let wide = random.range(0.8, 1.2);
        let lean = random.range(0.15, 0.4);
        let p = |a: f32, u: f32, l: f32| spot.point(a, u, l);
        pen.poly(&[p(-long, 0.0, -lean), p(-long, wide, 0.1), p(long, wide, 0.1), p(long, 0.0, -lean)], cloth);
        pen.poly(
            &[p(-long, wide, 0.1), p(-long, wide, 0.1 + thick), p(long, wide, 0.1 + thick), p(long, wide, 0.1)],
            scaled(cloth, 1.1),
        );
        for i in 1..5 {
            let a = -long + 2.0 * long * i as f32 / 5.0;
            pen.poly(
                &[
                    p(a, 0.05, -lean * 0.97),
                    p(a, wide * 0.97, 0.09),
                    p(a + 0.02, wide * 0.97, 0.09),
                    p(a + 0.02, 0.05, -lean * 0.97),
                ],
                scaled(cloth, 0.82),
            );
        }
    } else {
        spot.cuboid(pen, (-long, long), (0.0, thick), (-0.5, 0.5), cloth);
        spot.cuboid(pen, (-long, long), (thick * 0.45, thick * 0.55), (-0.505, 0.505), scaled(cloth, 0.8));
    }
    if let Some(p) = pen.view.project(spot.point(random.range(-0.4, 0.4), thick, 0.0)) {
        let s = pen.view.scale(spot.at);
        pen.oval(p, 0.22 * s, 0.08 * s, mixed(cloth, [0.5, 0.42, 0.25], 0.4), 0.8);
    }
}

fn chair(pen: &mut Pen<'_>, spot: &Spot, random: &mut Seed) {
    let wood = if random.chance(0.5) { random.pick(&WOOD) } else { random.pick(&CLOTH) };
    if random.chance(0.35) {
        // Lies on its back.
        spot.cuboid(pen, (-0.45, 0.0), (0.02, 0.08), (-0.2, 0.2), wood);
        spot.cuboid(pen, (0.0, 0.06), (0.0, 0.45), (-0.2, 0.2), scaled(wood, 0.9));
        for l in [-0.18, 0.18] {
            spot.cuboid(pen, (0.06, 0.46), (0.40, 0.44), (l - 0.02, l + 0.02), scaled(wood, 0.8));
        }
        return;
    }
    for (a, l) in [(-0.19, 0.18), (0.19, 0.18), (-0.19, -0.18), (0.19, -0.18)] {
        spot.pole(pen, a, l, (0.0, 0.44), 0.022, scaled(wood, 0.7));
    }
    let back = |pen: &mut Pen<'_>| spot.cuboid(pen, (-0.21, -0.17), (0.44, 0.90), (-0.2, 0.2), scaled(wood, 0.92));
    let far = spot.point(-0.2, 0.5, 0.0).minus(pen.view.eye).length() > spot.point(0.2, 0.5, 0.0).minus(pen.view.eye).length();
    if far {
        back(pen);
    }
    spot.cuboid(pen, (-0.21, 0.21), (0.42, 0.47), (-0.2, 0.2), wood);
    if !far {
        back(pen);
    }
}

fn cabinet(pen: &mut Pen<'_>, spot: &Spot, random: &mut Seed) {
    let wood = random.pick(&WOOD);
    let (half, high) = (random.range(0.3, 0.55), random.range(0.7, 1.7));
    let (half, high) = if random.chance(0.3) { (high / 2.0, half * 1.6) } else { (half, high) };
    spot.cuboid(pen, (-half, half), (0.0, high), (-0.24, 0.24), wood);
    let doors = 1 + random.below(3);
    for i in 0..doors {
        let a0 = -half + 2.0 * half * i as f32 / doors as f32 + 0.03;
        let a1 = a0 + 2.0 * half / doors as f32 - 0.06;
        for l in [-0.242, 0.242] {
            let shade = if random.chance(0.15) { 0.3 } else { 0.88 };
            let q = [
                spot.point(a0, 0.06, l),
                spot.point(a0, high - 0.06, l),
                spot.point(a1, high - 0.06, l),
                spot.point(a1, 0.06, l),
            ];
            let seen =
                spot.point(0.0, 0.0, l).minus(pen.view.eye).length() < spot.point(0.0, 0.0, -l).minus(pen.view.eye).length();
            if seen {
                pen.poly(&q, scaled(wood, shade));
            }
        }
    }
}

fn appliance(pen: &mut Pen<'_>, spot: &Spot, random: &mut Seed) {
    let white = scaled([0.86, 0.87, 0.88], random.range(0.7, 1.05));
    let high = random.range(0.8, 1.5);
    spot.cuboid(pen, (-0.3, 0.3), (0.03, high), (-0.3, 0.3), white);
    let near = if spot.point(0.0, 0.0, 0.3).minus(pen.view.eye).length() < spot.point(0.0, 0.0, -0.3).minus(pen.view.eye).length()
    {
        0.303
    } else {
        -0.303
    };
    if high < 1.05 {
        let mut porthole = [spot.at; 12];
        for (i, p) in porthole.iter_mut().enumerate() {
            let (s, c) = (TAU * i as f32 / 12.0).sin_cos();
            *p = spot.point(0.19 * c, 0.42 + 0.19 * s, near);
        }
        pen.poly(&porthole, [0.25, 0.27, 0.30]);
    } else {
        let u = high * 0.62;
        pen.poly(
            &[
                spot.point(-0.3, u, near),
                spot.point(-0.3, u + 0.03, near),
                spot.point(0.3, u + 0.03, near),
                spot.point(0.3, u, near),
            ],
            [0.4; 3],
        );
    }
}

fn sacks(pen: &mut Pen<'_>, spot: &Spot, random: &mut Seed) {
    let colour =
        random.pick(&[[0.80, 0.79, 0.74], [0.72, 0.66, 0.50], [0.30, 0.42, 0.36], [0.62, 0.34, 0.22], [0.20, 0.30, 0.52]]);
    let count = 2 + random.below(4);
    for i in 0..count {
        let row = if i >= 3 { 1 } else { 0 };
        let a = -0.42 + 0.4 * (i % 3) as f32 + 0.2 * row as f32 + random.range(-0.06, 0.06);
        let at = spot.point(a, 0.30 * row as f32, random.range(-0.08, 0.08));
        let Some(foot) = pen.view.project(at) else { continue };
        let s = pen.view.scale(at) * random.range(0.44, 0.56);
        let own = scaled(colour, random.range(0.85, 1.1));
        let mut outline = [(0.0, 0.0); 12];
        for (i, p) in outline.iter_mut().enumerate() {
            let a = TAU * i as f32 / 12.0;
            let lump = random.range(0.92, 1.08);
            // Square-shouldered, as something filled with stones.
            let (c, sn) = (a.cos(), a.sin());
            let (x, y) = (c.signum() * c.abs().powf(0.7) * 0.5 * lump, sn.signum() * sn.abs().powf(0.7) * 0.36 * lump + 0.34);
            *p = (foot.0 + x * s, foot.1 - y.max(0.0) * s);
        }
        pen.fill(&outline, own, 1.0);
        pen.limb((foot.0, foot.1 - 0.66 * s), 0.09 * s, (foot.0 + 0.05 * s, foot.1 - 0.82 * s), 0.13 * s, scaled(own, 0.88));
        pen.limb(
            (foot.0 - 0.2 * s, foot.1 - 0.3 * s),
            0.02 * s,
            (foot.0 + 0.22 * s, foot.1 - 0.34 * s),
            0.02 * s,
            scaled(own, 0.75),
        );
    }
}

fn planks(pen: &mut Pen<'_>, spot: &Spot, random: &mut Seed) {
    for i in 0..5 + random.below(5) {
        let turn = random.range(-0.35, 0.35);
        let at = Spot {
            at: spot.point(random.range(-0.15, 0.15), 0.05 * (i / 2) as f32, random.range(-0.3, 0.3)),
            heading: spot.heading + turn,
        };
        let half = random.range(0.5, 1.0);
        let wood = scaled(random.pick(&WOOD), random.range(0.8, 1.1));
        at.cuboid(pen, (-half, half), (0.0, 0.05), (-0.07, 0.07), wood);
    }
}

fn branches(pen: &mut Pen<'_>, spot: &Spot, random: &mut Seed) {
    let green = random.chance(0.6);
    for _ in 0..34 {
        let (a, l) = (random.range(-0.75, 0.75), random.range(-0.4, 0.4));
        let up = random.range(0.02, 0.42) * (1.0 - a.abs());
        let (from, to) = (spot.point(a, up, l), spot.point(a + random.range(-0.4, 0.4), up + random.range(-0.05, 0.12), l));
        let (Some(p), Some(q)) = (pen.view.project(from), pen.view.project(to)) else { continue };
        let s = pen.view.scale(from);
        pen.limb(p, 0.014 * s, q, 0.008 * s, [0.30, 0.23, 0.16]);
        let leaf = if green { [0.26, 0.38, 0.16] } else { [0.46, 0.36, 0.20] };
        let r = s * random.range(0.05, 0.11);
        pen.oval(q, r, r * 0.7, scaled(leaf, random.range(0.7, 1.25)), 1.0);
    }
}

fn tyres(pen: &mut Pen<'_>, spot: &Spot, random: &mut Seed) {
    for i in 0..1 + random.below(4) {
        let at = spot.point(random.range(-0.06, 0.06), 0.2 * i as f32, random.range(-0.06, 0.06));
        for (up, shade) in [(0.0, 0.07), (0.1, 0.10), (0.2, 0.13)] {
            ring_flat(pen, v3(at.x, at.y + up, at.z), 0.33, [shade; 3]);
        }
        ring_flat(pen, v3(at.x, at.y + 0.201, at.z), 0.17, [0.20, 0.19, 0.18]);
    }
}

fn ring_flat(pen: &mut Pen<'_>, at: super::view::V3, radius: f32, colour: Rgb) {
    let mut rim = [at; 14];
    for (i, p) in rim.iter_mut().enumerate() {
        let (s, c) = (TAU * i as f32 / 14.0).sin_cos();
        *p = v3(at.x + radius * c, at.y, at.z + radius * s);
    }
    pen.poly(&rim, colour);
}

fn litter(pen: &mut Pen<'_>, spot: &Spot, random: &mut Seed) {
    for _ in 0..26 {
        let (a, r) = (random.range(0.0, TAU), random.unit().sqrt());
        let at = spot.point(0.62 * r * a.cos(), 0.0, 0.42 * r * a.sin());
        let piece = Spot { at, heading: random.range(0.0, TAU) };
        let colour = random.pick(&[
            [0.85, 0.85, 0.82],
            CARTON,
            [0.70, 0.20, 0.16],
            [0.20, 0.36, 0.60],
            [0.12, 0.12, 0.13],
            [0.80, 0.70, 0.30],
            [0.30, 0.44, 0.24],
        ]);
        let (x, y, h) = (random.range(0.04, 0.14), random.range(0.03, 0.1), random.range(0.01, 0.12));
        piece.cuboid(pen, (-x, x), (0.0, h), (-y, y), colour);
    }
}

fn cartons(pen: &mut Pen<'_>, spot: &Spot, random: &mut Seed) {
    for i in 0..2 + random.below(4) {
        let place = [(-0.35, 0.12, 0.0), (0.25, 0.0, 0.0), (-0.02, -0.3, 0.0), (-0.2, 0.05, 0.4), (0.55, -0.25, 0.0)][i % 5];
        let at = Spot { at: spot.point(place.0, place.2, place.1), heading: spot.heading + random.range(-0.5, 0.5) };
        let (x, y, h) = (random.range(0.18, 0.34), random.range(0.15, 0.26), random.range(0.2, 0.45));
        let colour = mixed(CARTON, [0.86, 0.84, 0.80], if random.chance(0.2) { 0.8 } else { random.range(0.0, 0.2) });
        at.cuboid(pen, (-x, x), (0.0, h), (-y, y), scaled(colour, random.range(0.85, 1.1)));
        if random.chance(0.5) {
            // Open: its dark inside and a flap.
            at.cuboid(pen, (-x * 0.9, x * 0.9), (h - 0.01, h + 0.002), (-y * 0.9, y * 0.9), scaled(colour, 0.35));
            let flap =
                [at.point(-x, h, -y), at.point(x, h, -y), at.point(x, h + 0.04, -y - 0.16), at.point(-x, h + 0.04, -y - 0.16)];
            pen.poly(&flap, scaled(colour, 1.12));
        }
    }
}

fn carpet(pen: &mut Pen<'_>, spot: &Spot, random: &mut Seed) {
    let cloth = random.pick(&CLOTH);
    let half = random.range(0.7, 1.0);
    let (a, b) = (spot.point(-half, 0.13, 0.0), spot.point(half, 0.13, 0.0));
    let (Some(p), Some(q)) = (pen.view.project(a), pen.view.project(b)) else { return };
    let (ra, rb) = (0.13 * pen.view.scale(a), 0.13 * pen.view.scale(b));
    pen.limb(p, ra, q, rb, cloth);
    pen.limb((p.0, p.1 - ra * 0.5), ra * 0.3, (q.0, q.1 - rb * 0.5), rb * 0.3, scaled(cloth, 1.3));
    pen.oval(p, ra * 0.7, ra * 0.9, scaled(cloth, 0.6), 1.0);
}
