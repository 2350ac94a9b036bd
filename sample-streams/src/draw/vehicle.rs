//! Cars, vans, lorries, two-wheelers and cargo tricycles.

use events::ObjectClass;

use super::pen::{Pen, Rgb, Spot, mixed, scaled};
use super::person::{self, Figure, Load, Person, Pose};
use super::view::V3;
use super::wares;

const TYRE: Rgb = [0.08, 0.08, 0.09];
const GLASS: Rgb = [0.20, 0.25, 0.30];

/// The shape of a car's body.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum CarShape {
    Sedan,
    Van,
    Lorry,
    Hatch,
    Suv,
    /// Labelled as a truck: a long vehicle.
    Bus,
    /// A small lorry with an open bed.
    Pickup,
}

impl CarShape {
    /// Metres from its middle to its nose.
    pub(crate) fn nose(self) -> f32 {
        match self {
            CarShape::Lorry => 2.9,
            CarShape::Bus => 4.6,
            CarShape::Hatch => 1.85,
            CarShape::Sedan | CarShape::Van | CarShape::Suv | CarShape::Pickup => 2.2,
        }
    }

    /// Half its length and the height that throws its shadow, metres.
    pub(crate) fn bulk(self) -> (f32, f32) {
        match self {
            CarShape::Sedan => (2.2, 0.9),
            CarShape::Hatch => (1.85, 1.0),
            CarShape::Suv => (2.2, 1.2),
            CarShape::Van => (2.2, 1.4),
            CarShape::Pickup => (2.2, 1.1),
            CarShape::Lorry => (3.0, 2.0),
            CarShape::Bus => (4.6, 2.4),
        }
    }
}

/// Side view from tail to nose: (ahead, up) in metres.
const SEDAN: [(f32, f32); 9] =
    [(-2.2, 0.35), (-2.25, 0.85), (-1.75, 0.98), (-1.1, 1.42), (0.35, 1.44), (1.1, 0.98), (2.1, 0.80), (2.25, 0.55), (2.2, 0.35)];
const VAN: [(f32, f32); 8] =
    [(-2.2, 0.35), (-2.25, 1.85), (-2.1, 1.95), (1.2, 1.93), (1.85, 1.15), (2.2, 0.95), (2.25, 0.5), (2.2, 0.35)];

const HATCH: [(f32, f32); 8] =
    [(-1.8, 0.35), (-1.85, 0.9), (-1.6, 1.45), (0.3, 1.50), (1.0, 1.02), (1.75, 0.85), (1.88, 0.55), (1.8, 0.35)];
const SUV: [(f32, f32); 9] =
    [(-2.2, 0.4), (-2.25, 1.05), (-2.0, 1.62), (-1.0, 1.70), (0.4, 1.68), (1.15, 1.15), (2.1, 1.02), (2.25, 0.6), (2.2, 0.4)];

/// Draws a car, van or lorry; `lights` adds head and tail lights (dusk and night).
pub(crate) fn car(pen: &mut Pen<'_>, spot: &Spot, shape: CarShape, colour: Rgb, lights: bool) {
    let long = matches!(shape, CarShape::Lorry | CarShape::Bus | CarShape::Pickup);
    pen.part(if long { ObjectClass::Truck } else { ObjectClass::Car });
    match shape {
        CarShape::Sedan => {
            hull(pen, spot, &SEDAN, 0.86, colour);
            window(pen, spot, &[(-1.0, 1.0), (-0.95, 1.36), (-0.35, 1.38), (-0.35, 1.0)], 0.865);
            window(pen, spot, &[(-0.25, 1.0), (-0.25, 1.38), (0.32, 1.38), (0.88, 1.0)], 0.865);
            wheels(pen, spot, &[-1.4, 1.4], 0.86, 0.32);
        }
        CarShape::Van => {
            hull(pen, spot, &VAN, 0.85, colour);
            window(pen, spot, &[(0.35, 1.15), (0.35, 1.75), (1.15, 1.75), (1.65, 1.15)], 0.855);
            window(pen, spot, &[(-1.9, 1.2), (-1.9, 1.75), (0.2, 1.75), (0.2, 1.2)], 0.855);
            wheels(pen, spot, &[-1.45, 1.4], 0.85, 0.33);
        }
        CarShape::Hatch => {
            hull(pen, spot, &HATCH, 0.82, colour);
            window(pen, spot, &[(-1.5, 1.05), (-1.4, 1.38), (-0.5, 1.42), (-0.5, 1.05)], 0.825);
            window(pen, spot, &[(-0.4, 1.05), (-0.4, 1.42), (0.25, 1.42), (0.8, 1.05)], 0.825);
            wheels(pen, spot, &[-1.2, 1.2], 0.82, 0.31);
        }
        CarShape::Suv => {
            hull(pen, spot, &SUV, 0.9, colour);
            window(pen, spot, &[(-1.8, 1.18), (-1.7, 1.55), (-0.6, 1.6), (-0.6, 1.18)], 0.905);
            window(pen, spot, &[(-0.5, 1.18), (-0.5, 1.6), (0.35, 1.6), (0.95, 1.18)], 0.905);
            wheels(pen, spot, &[-1.4, 1.4], 0.9, 0.38);
        }
        CarShape::Bus => {
            spot.cuboid(pen, (-4.6, 4.6), (0.35, 2.95), (-1.2, 1.2), colour);
            for i in 0..6 {
                let a = -4.3 + 1.45 * i as f32;
                window(pen, spot, &[(a, 1.3), (a, 2.4), (a + 1.25, 2.4), (a + 1.25, 1.3)], 1.29);
            }
            wheels(pen, spot, &[-2.9, 2.9], 1.21, 0.48);
        }
        CarShape::Pickup => {
            spot.cuboid(pen, (-2.2, 2.2), (0.4, 0.62), (-0.8, 0.8), [0.16, 0.16, 0.17]);
            let nose_first =
                spot.point(1.5, 0.0, 0.0).minus(pen.view.eye).length() > spot.point(-1.5, 0.0, 0.0).minus(pen.view.eye).length();
            for cab in if nose_first { [true, false] } else { [false, true] } {
                if cab {
                    spot.cuboid(pen, (0.9, 2.2), (0.55, 1.85), (-0.82, 0.82), colour);
                    window(pen, spot, &[(1.05, 1.15), (1.05, 1.7), (2.05, 1.7), (2.05, 1.15)], 0.88);
                } else {
                    spot.cuboid(pen, (-2.2, 0.8), (0.62, 1.05), (-0.85, 0.85), mixed(colour, [0.4; 3], 0.3));
                    spot.cuboid(pen, (-2.12, 0.72), (1.03, 1.06), (-0.77, 0.77), [0.14; 3]);
                }
            }
            wheels(pen, spot, &[-1.4, 1.5], 0.84, 0.34);
        }
        CarShape::Lorry => {
            spot.cuboid(pen, (-3.0, 2.9), (0.45, 0.75), (-0.9, 0.9), [0.16, 0.16, 0.17]);
            let nose_first =
                spot.point(2.0, 0.0, 0.0).minus(pen.view.eye).length() > spot.point(-2.0, 0.0, 0.0).minus(pen.view.eye).length();
            for cab in if nose_first { [true, false] } else { [false, true] } {
                if cab {
                    spot.cuboid(pen, (1.5, 2.9), (0.6, 2.2), (-0.95, 0.95), colour);
                    window(pen, spot, &[(1.7, 1.35), (1.7, 2.0), (2.75, 2.0), (2.75, 1.35)], 0.955);
                } else {
                    spot.cuboid(pen, (-3.0, 1.4), (0.75, 2.5), (-1.0, 1.0), mixed(colour, [0.8; 3], 0.7));
                }
            }
            wheels(pen, spot, &[-2.1, 2.2], 0.95, 0.42);
        }
    }
    if lights {
        let (tail, nose) = (-shape.bulk().0 - 0.05, shape.nose());
        let light = std::mem::replace(&mut pen.light, [1.0; 3]);
        for left in [-0.65, 0.65] {
            lamp(pen, spot, (nose, 0.66, left), spot.point(5.0, 0.7, left), [1.0, 0.97, 0.85]);
            lamp(pen, spot, (tail, 0.8, left), spot.point(-5.0, 0.7, left), [0.95, 0.12, 0.08]);
        }
        pen.light = light;
    }
}

fn lamp(pen: &mut Pen<'_>, spot: &Spot, (ahead, up, left): (f32, f32, f32), towards: V3, colour: Rgb) {
    let at = spot.point(ahead, up, left);
    // Only where it looks towards the camera.
    if towards.minus(at).dot(pen.view.eye.minus(at)) > 0.0
        && let Some(p) = pen.view.project(at)
    {
        let s = pen.view.scale(at);
        pen.oval(p, 0.28 * s, 0.22 * s, colour, 0.25);
        pen.oval(p, 0.1 * s, 0.08 * s, colour, 1.0);
    }
}

/// A body with this side view, `half` metres to each side: panels far to near, then the side that is seen.
fn hull(pen: &mut Pen<'_>, spot: &Spot, profile: &[(f32, f32)], half: f32, colour: Rgb) {
    let eye = pen.view.eye;
    let mut panels: Vec<usize> = (0..profile.len() - 1).collect();
    let middle = |i: usize| {
        let (a, b) = (profile[i], profile[i + 1]);
        spot.point((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0, 0.0)
    };
    panels.sort_by(|a, b| middle(*b).minus(eye).length().total_cmp(&middle(*a).minus(eye).length()));
    let seen = if spot.point(0.0, 0.0, half).minus(eye).length() < spot.point(0.0, 0.0, -half).minus(eye).length() {
        half
    } else {
        -half
    };
    for i in panels {
        let (a, b) = (profile[i], profile[i + 1]);
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        // Outward normal of the panel in the side view; panels that look away are not drawn.
        let (nx, ny) = (-dy, dx);
        let to_eye = eye.minus(middle(i));
        let (s, c) = spot.heading.sin_cos();
        if nx * (to_eye.x * c + to_eye.z * s) + ny * to_eye.y <= 0.0 {
            continue;
        }
        let steep = dy.abs() / (dx * dx + dy * dy).sqrt();
        let glass = a.1.max(b.1) > 1.2 && steep > 0.25 && a.1.min(b.1) > 0.7 && dx.abs() > 0.2;
        let paint = if glass { scaled(GLASS, 1.25) } else { scaled(colour, 1.1 - 0.28 * steep) };
        let inset = if a.1.max(b.1) > 1.2 { 0.93 } else { 1.0 };
        pen.poly(
            &[
                spot.point(a.0, a.1, -half * inset),
                spot.point(b.0, b.1, -half * inset),
                spot.point(b.0, b.1, half * inset),
                spot.point(a.0, a.1, half * inset),
            ],
            paint,
        );
    }
    let side: Vec<V3> = profile.iter().map(|p| spot.point(p.0, p.1, seen * if p.1 > 1.2 { 0.93 } else { 1.0 })).collect();
    pen.poly(&side, scaled(colour, 0.9));
    let sill =
        [spot.point(-2.1, 0.35, seen), spot.point(-2.1, 0.52, seen), spot.point(2.15, 0.52, seen), spot.point(2.15, 0.35, seen)];
    pen.poly(&sill, scaled(colour, 0.55));
}

fn window(pen: &mut Pen<'_>, spot: &Spot, shape: &[(f32, f32)], half: f32) {
    let eye = pen.view.eye;
    let seen = if spot.point(0.0, 0.0, half).minus(eye).length() < spot.point(0.0, 0.0, -half).minus(eye).length() {
        half
    } else {
        -half
    };
    let corners: Vec<V3> = shape.iter().map(|p| spot.point(p.0, p.1, seen * if p.1 > 1.2 { 0.94 } else { 1.0 })).collect();
    pen.poly(&corners, GLASS);
}

fn wheels(pen: &mut Pen<'_>, spot: &Spot, axles: &[f32], half: f32, radius: f32) {
    let eye = pen.view.eye;
    let seen = if spot.point(0.0, 0.0, half).minus(eye).length() < spot.point(0.0, 0.0, -half).minus(eye).length() {
        half
    } else {
        -half
    };
    for axle in axles {
        spot.wheel(pen, *axle, seen, radius, TYRE, [0.55, 0.56, 0.58]);
    }
}

/// A line of the world as thick as `width` metres.
fn tube(pen: &mut Pen<'_>, a: V3, b: V3, width: f32, colour: Rgb) {
    let (Some(p), Some(q)) = (pen.view.project(a), pen.view.project(b)) else { return };
    let (ra, rb) = (width / 2.0 * pen.view.scale(a), width / 2.0 * pen.view.scale(b));
    pen.limb(p, ra, q, rb, colour);
}

fn ring(pen: &mut Pen<'_>, spot: &Spot, ahead: f32, left: f32, radius: f32) {
    for i in 0..12 {
        let angle = |i: i32| std::f32::consts::TAU * i as f32 / 12.0;
        let p = |a: f32| spot.point(ahead + radius * a.cos(), radius + radius * a.sin(), left);
        tube(pen, p(angle(i)), p(angle(i + 1)), 0.05, TYRE);
    }
}

/// A bicycle or an e-bike, with a rider or parked.
pub(crate) fn two_wheeler(pen: &mut Pen<'_>, spot: &Spot, colour: Rgb, electric: bool, rider: Option<(&Person, f32)>) {
    pen.part(ObjectClass::TwoWheeler);
    if electric {
        for ahead in [-0.55, 0.55] {
            spot.wheel(pen, ahead, 0.0, 0.23, TYRE, [0.5, 0.5, 0.52]);
        }
        let body = [
            (-0.75, 0.42),
            (-0.72, 0.72),
            (-0.1, 0.74),
            (-0.02, 0.40),
            (0.28, 0.36),
            (0.38, 0.95),
            (0.52, 0.93),
            (0.48, 0.30),
            (-0.3, 0.24),
        ];
        let corners: Vec<V3> = body.iter().map(|p| spot.point(p.0, p.1, 0.0)).collect();
        for left in [-0.13, 0.13] {
            let corners: Vec<V3> = body.iter().map(|p| spot.point(p.0, p.1, left)).collect();
            pen.poly(&corners, scaled(colour, 0.8));
        }
        pen.poly(&corners, colour);
        spot.cuboid(pen, (-0.72, 0.0), (0.72, 0.80), (-0.13, 0.13), [0.12, 0.12, 0.13]);
        tube(pen, spot.point(0.45, 0.9, 0.0), spot.point(0.38, 1.08, 0.0), 0.07, [0.2, 0.2, 0.2]);
        tube(pen, spot.point(0.36, 1.06, -0.3), spot.point(0.36, 1.06, 0.3), 0.05, [0.15, 0.15, 0.15]);
        spot.cuboid(pen, (-1.0, -0.68), (0.72, 1.0), (-0.17, 0.17), scaled(colour, 0.6));
    } else {
        ring(pen, spot, -0.52, 0.0, 0.33);
        ring(pen, spot, 0.52, 0.0, 0.33);
        let joint = |a: f32, u: f32| spot.point(a, u, 0.0);
        for (a, b) in [
            ((-0.52, 0.33), (-0.08, 0.30)),
            ((-0.08, 0.30), (-0.2, 0.80)),
            ((-0.2, 0.75), (-0.52, 0.33)),
            ((-0.08, 0.30), (0.4, 0.75)),
            ((-0.18, 0.72), (0.38, 0.80)),
            ((0.36, 0.92), (0.52, 0.33)),
        ] {
            tube(pen, joint(a.0, a.1), joint(b.0, b.1), 0.055, colour);
        }
        tube(pen, spot.point(0.35, 0.98, -0.26), spot.point(0.35, 0.98, 0.26), 0.05, [0.15, 0.15, 0.15]);
        tube(pen, joint(-0.32, 0.84), joint(-0.08, 0.85), 0.1, [0.1, 0.1, 0.1]);
        spot.cuboid(pen, (0.45, 0.72), (0.66, 0.9), (-0.15, 0.15), [0.45, 0.46, 0.48]);
    }
    if let Some((person, t)) = rider {
        let seat = Spot { at: spot.point(-0.25, if electric { 0.12 } else { 0.18 }, 0.0), heading: spot.heading };
        person::draw(pen, person, &seat, &Figure { pose: Pose::Ride, load: Load::Nothing, walked: 0.0, walking: false, t });
    }
}

/// A cargo tricycle; `rubble` 0..1 is how full its bed is.
pub(crate) fn tricycle(pen: &mut Pen<'_>, spot: &Spot, colour: Rgb, rubble: f32, seed: u64, rider: Option<(&Person, f32)>) {
    let part = pen.part(ObjectClass::Tricycle);
    let tail_near =
        spot.point(-1.0, 0.0, 0.0).minus(pen.view.eye).length() < spot.point(1.0, 0.0, 0.0).minus(pen.view.eye).length();
    if tail_near {
        tricycle_front(pen, spot, colour, rider);
        // The rider is a thing of its own.
        pen.resume(part);
        tricycle_bed(pen, spot, colour, rubble, seed);
    } else {
        tricycle_bed(pen, spot, colour, rubble, seed);
        tricycle_front(pen, spot, colour, rider);
    }
}

fn tricycle_bed(pen: &mut Pen<'_>, spot: &Spot, colour: Rgb, rubble: f32, seed: u64) {
    let far = if spot.point(0.0, 0.0, 0.5).minus(pen.view.eye).length() > spot.point(0.0, 0.0, -0.5).minus(pen.view.eye).length()
    {
        0.5
    } else {
        -0.5
    };
    spot.wheel(pen, -0.8, far, 0.28, TYRE, [0.4, 0.4, 0.42]);
    spot.cuboid(pen, (-1.45, 0.05), (0.42, 0.82), (-0.52, 0.52), colour);
    spot.cuboid(pen, (-1.38, -0.02), (0.80, 0.83), (-0.46, 0.46), [0.16, 0.16, 0.16]);
    if rubble > 0.01 {
        let at = Spot { at: spot.point(-0.7, 0.72, 0.0), heading: spot.heading };
        wares::heap(pen, &at, 0.62, 0.45 * rubble, seed);
    }
    spot.wheel(pen, -0.8, -far, 0.28, TYRE, [0.4, 0.4, 0.42]);
}

fn tricycle_front(pen: &mut Pen<'_>, spot: &Spot, colour: Rgb, rider: Option<(&Person, f32)>) {
    spot.wheel(pen, 1.05, 0.0, 0.26, TYRE, [0.4, 0.4, 0.42]);
    tube(pen, spot.point(0.0, 0.45, 0.0), spot.point(0.75, 0.42, 0.0), 0.1, scaled(colour, 0.7));
    tube(pen, spot.point(1.05, 0.3, 0.0), spot.point(0.8, 1.0, 0.0), 0.08, scaled(colour, 0.8));
    tube(pen, spot.point(0.78, 1.0, -0.32), spot.point(0.78, 1.0, 0.32), 0.05, [0.12, 0.12, 0.12]);
    spot.cuboid(pen, (0.1, 0.45), (0.45, 0.72), (-0.2, 0.2), [0.13, 0.13, 0.14]);
    if let Some((person, t)) = rider {
        let seat = Spot { at: spot.point(0.25, 0.14, 0.0), heading: spot.heading };
        person::draw(pen, person, &seat, &Figure { pose: Pose::Ride, load: Load::Nothing, walked: 0.0, walking: false, t });
    }
}

/// A handcart with two wheels; `load` 0..1 is how full it is.
pub(crate) fn handcart(pen: &mut Pen<'_>, spot: &Spot, colour: Rgb, load: f32, seed: u64) {
    pen.no_part();
    let away = |l: f32| spot.point(0.0, 0.0, l).minus(pen.view.eye).length();
    let far = if away(0.4) > away(-0.4) { 0.4 } else { -0.4 };
    spot.wheel(pen, 0.0, far, 0.27, TYRE, [0.4, 0.4, 0.42]);
    spot.cuboid(pen, (-0.6, 0.6), (0.34, 0.56), (-0.36, 0.36), colour);
    spot.cuboid(pen, (-0.56, 0.56), (0.55, 0.57), (-0.32, 0.32), [0.15, 0.14, 0.14]);
    if load > 0.02 {
        let at = Spot { at: spot.point(0.0, 0.5, 0.0), heading: spot.heading };
        wares::heap(pen, &at, 0.52, 0.4 * load, seed);
    }
    spot.wheel(pen, 0.0, -far, 0.27, TYRE, [0.4, 0.4, 0.42]);
    for l in [-0.3, 0.3] {
        tube(pen, spot.point(-0.6, 0.45, l), spot.point(-1.25, 0.85, l), 0.05, [0.35, 0.28, 0.2]);
    }
}
