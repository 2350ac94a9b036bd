//! What is put up to be read: posters of many designs, banners, stickers, boards and roll-up stands.

use events::ObjectClass;

use super::pen::{Pen, Rgb, Spot, mixed, scaled};
use super::view::{V3, v3};
use crate::seed::{Seed, cell};

/// How it is put up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum PrintForm {
    /// A sheet on a wall: low edge above ground, width, height.
    Sheet(f32, f32, f32),
    /// A cloth banner on a wall.
    Banner(f32, f32, f32),
    /// Many small sheets side by side.
    Stickers(f32, u8),
    /// A framed board that stands before a wall.
    Board(f32, f32),
    /// A roll-up stand.
    Stand(f32, f32),
}

impl PrintForm {
    pub(crate) fn random(random: &mut Seed) -> Self {
        match random.below(10) {
            0..=3 => Self::Sheet(random.range(0.6, 1.3), random.range(0.5, 1.4), random.range(0.6, 1.4)),
            4 | 5 => Self::Banner(random.range(1.0, 2.0), random.range(2.0, 3.4), random.range(0.55, 0.9)),
            6 => Self::Stickers(random.range(0.9, 1.5), 3 + random.below(4) as u8),
            7 | 8 => Self::Board(random.range(0.8, 1.4), random.range(0.9, 1.6)),
            _ => Self::Stand(random.range(0.6, 0.85), random.range(1.6, 2.0)),
        }
    }

    /// Left to right.
    pub(crate) fn width(self) -> f32 {
        match self {
            Self::Sheet(_, w, _) | Self::Banner(_, w, _) | Self::Board(w, _) | Self::Stand(w, _) => w,
            Self::Stickers(_, n) => 0.42 * f32::from(n.div_ceil(2)),
        }
    }

    /// From where to where above ground.
    pub(crate) fn span(self) -> (f32, f32) {
        match self {
            Self::Sheet(up, _, h) | Self::Banner(up, _, h) => (up, up + h),
            Self::Board(_, h) | Self::Stand(_, h) => (0.0, h),
            Self::Stickers(up, _) => (up, up + 0.95),
        }
    }

    /// Does it stand on the ground?
    pub(crate) fn stands(self) -> bool {
        matches!(self, Self::Board(..) | Self::Stand(..))
    }
}

const INKS: [Rgb; 7] = [
    [0.75, 0.08, 0.08],
    [0.10, 0.20, 0.55],
    [0.08, 0.08, 0.09],
    [0.10, 0.40, 0.20],
    [0.85, 0.45, 0.05],
    [0.50, 0.10, 0.40],
    [0.96, 0.88, 0.30],
];
const PAPERS: [Rgb; 8] = [
    [0.94, 0.94, 0.92],
    [0.93, 0.90, 0.66],
    [0.80, 0.12, 0.10],
    [0.10, 0.28, 0.60],
    [0.95, 0.80, 0.20],
    [0.90, 0.60, 0.62],
    [0.62, 0.80, 0.90],
    [0.60, 0.58, 0.52],
];

/// Draws it; its face looks to -z, `spot.at` is the middle of its foot (on the wall: below it).
pub(crate) fn draw(pen: &mut Pen<'_>, spot: &Spot, form: PrintForm, seed: u64) {
    let mut random = Seed::new(seed);
    let paper = scaled(random.pick(&PAPERS), random.range(0.8, 1.05));
    let (x, z) = (spot.at.x, spot.at.z);
    match form {
        PrintForm::Sheet(up, w, h) => {
            pen.part(ObjectClass::Poster);
            design(pen, &sheet(x, up, z - 0.01, w, h, 0.0), paper, &mut random);
        }
        PrintForm::Banner(up, w, h) => {
            pen.part(ObjectClass::Board);
            let quad = sheet(x, up, z - 0.02, w, h, random.range(-0.06, 0.06));
            let ink = contrasting(paper, &mut random);
            pen.poly(&quad, paper);
            let n = 5 + random.below(6);
            for i in 0..n {
                let u = 0.06 + 0.88 * i as f32 / n as f32;
                glyph(pen, &quad, (u, 0.22), (u + 0.7 / n as f32, 0.80), ink, random.next());
            }
        }
        PrintForm::Stickers(up, n) => {
            pen.part(ObjectClass::Poster);
            for i in 0..n {
                let (column, row) = (f32::from(i / 2), f32::from(i % 2));
                let left = x - PrintForm::Stickers(up, n).width() / 2.0 + 0.21;
                let own = scaled(random.pick(&PAPERS), random.range(0.8, 1.05));
                let at = (left + 0.42 * column + random.range(-0.04, 0.04), up + 0.48 * row + random.range(-0.03, 0.03));
                design(pen, &sheet(at.0, at.1, z - 0.01, 0.34, 0.42, random.range(-0.03, 0.03)), own, &mut random);
            }
        }
        PrintForm::Board(w, h) => {
            pen.part(ObjectClass::Board);
            let frame = scaled([0.35, 0.30, 0.26], random.range(0.4, 1.4));
            let lean = 0.14;
            let p = |dx: f32, y: f32| v3(x + dx * w / 2.0, y * h, z - lean * (1.0 - y));
            pen.poly(&[p(-1.0, 0.0), p(-1.0, 1.0), p(1.0, 1.0), p(1.0, 0.0)], frame);
            let inner = [p(-0.92, 0.07), p(-0.92, 0.95), p(0.92, 0.95), p(0.92, 0.07)];
            design(pen, &inner, paper, &mut random);
        }
        PrintForm::Stand(w, h) => {
            pen.part(ObjectClass::Board);
            spot.cuboid(pen, (-w / 2.0, w / 2.0), (0.0, 0.08), (-0.12, 0.12), [0.6, 0.6, 0.62]);
            design(pen, &sheet(x, 0.08, z, w, h - 0.08, 0.0), paper, &mut random);
        }
    }
}

/// Corners: low left, high left, high right, low right; `skew` metres of the right side upwards.
fn sheet(x: f32, up: f32, z: f32, w: f32, h: f32, skew: f32) -> [V3; 4] {
    let (l, r) = (x - w / 2.0, x + w / 2.0);
    [v3(l, up, z), v3(l, up + h, z), v3(r, up + h + skew, z), v3(r, up + skew, z)]
}

fn at(q: &[V3; 4], u: f32, v: f32) -> V3 {
    let lerp = |a: V3, b: V3, t: f32| v3(a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t, a.z + (b.z - a.z) * t);
    lerp(lerp(q[0], q[3], u), lerp(q[1], q[2], u), v)
}

fn patch(pen: &mut Pen<'_>, q: &[V3; 4], (u0, v0): (f32, f32), (u1, v1): (f32, f32), colour: Rgb) {
    pen.poly(&[at(q, u0, v0), at(q, u0, v1), at(q, u1, v1), at(q, u1, v0)], colour);
}

fn contrasting(paper: Rgb, random: &mut Seed) -> Rgb {
    let light = |c: Rgb| 0.3 * c[0] + 0.6 * c[1] + 0.1 * c[2];
    let ink = random.pick(&INKS);
    if (light(ink) - light(paper)).abs() > 0.25 {
        ink
    } else if light(paper) > 0.5 {
        [0.08, 0.08, 0.10]
    } else {
        [0.96, 0.94, 0.86]
    }
}

/// Strokes that look like a character and are none.
fn glyph(pen: &mut Pen<'_>, q: &[V3; 4], (u0, v0): (f32, f32), (u1, v1): (f32, f32), ink: Rgb, seed: u64) {
    let salt = seed as u32;
    let (w, h) = (u1 - u0, v1 - v0);
    for i in 0..3 {
        let t = i as f32 / 2.0;
        if cell(i, 1, salt) > 0.25 {
            patch(pen, q, (u0, v0 + t * h * 0.86), (u1, v0 + t * h * 0.86 + 0.14 * h), ink);
        }
        if cell(i, 2, salt) > 0.35 {
            let (low, high) = (0.5 * cell(i, 3, salt), 0.5 + 0.5 * cell(i, 4, salt));
            patch(pen, q, (u0 + t * w * 0.84, v0 + low * h), (u0 + t * w * 0.84 + 0.16 * w, v0 + high * h), ink);
        }
    }
}

/// Head lines, pictures, text: one of several layouts.
fn design(pen: &mut Pen<'_>, q: &[V3; 4], paper: Rgb, random: &mut Seed) {
    let ink = contrasting(paper, random);
    let other = random.pick(&INKS);
    pen.poly(q, paper);
    match random.below(5) {
        // A head line over a picture over lines of text.
        0 => {
            patch(pen, q, (0.06, 0.78), (0.94, 0.94), ink);
            patch(pen, q, (0.1, 0.42), (0.9, 0.74), mixed(other, paper, 0.3));
            lines(pen, q, (0.06, 0.36), 4, mixed(ink, paper, 0.2), random);
        }
        // Four big characters.
        1 => {
            for i in 0..4 {
                let (u, v) = (0.1 + 0.44 * (i % 2) as f32, 0.52 - 0.42 * (i / 2) as f32);
                glyph(pen, q, (u, v), (u + 0.36, v + 0.36), ink, random.next());
            }
        }
        // Nothing but text, a number to call below.
        2 => {
            lines(pen, q, (0.3, 0.95), 7, ink, random);
            patch(pen, q, (0.08, 0.06), (0.92, 0.22), mixed(ink, other, 0.7));
        }
        // A picture from edge to edge.
        3 => {
            patch(pen, q, (0.0, 0.28), (1.0, 1.0), mixed(other, [0.5; 3], 0.3));
            for _ in 0..5 {
                let (u, v) = (random.range(0.05, 0.7), random.range(0.32, 0.8));
                patch(
                    pen,
                    q,
                    (u, v),
                    (u + random.range(0.1, 0.25), v + random.range(0.06, 0.18)),
                    mixed(random.pick(&PAPERS), other, 0.3),
                );
            }
            lines(pen, q, (0.03, 0.24), 2, ink, random);
        }
        // A band across, characters on it.
        _ => {
            patch(pen, q, (0.0, 0.55), (1.0, 0.9), ink);
            for i in 0..3 {
                let u = 0.1 + 0.28 * i as f32;
                glyph(pen, q, (u, 0.61), (u + 0.22, 0.84), paper, random.next());
            }
            lines(pen, q, (0.08, 0.48), 4, mixed(ink, paper, 0.35), random);
        }
    }
}

fn lines(pen: &mut Pen<'_>, q: &[V3; 4], (low, high): (f32, f32), count: usize, ink: Rgb, random: &mut Seed) {
    let step = (high - low) / count as f32;
    for i in 0..count {
        let v = low + step * i as f32;
        patch(pen, q, (0.1, v + step * 0.25), (random.range(0.55, 0.92), v + step * 0.75), ink);
    }
}
