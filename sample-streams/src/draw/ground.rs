//! What lies on streets and is no thing: puddles, fallen leaves, patches of light.

use std::f32::consts::TAU;

use super::pen::{Pen, Rgb, Spot, mixed, scaled};
use super::view::v3;
use crate::seed::Seed;

/// Water on the ground that mirrors the sky.
pub(crate) fn puddle(pen: &mut Pen<'_>, spot: &Spot, radius: f32, sky: Rgb, seed: u64) {
    pen.no_part();
    if radius < 0.02 {
        return;
    }
    let mut random = Seed::new(seed);
    let lumps: [f32; 16] = std::array::from_fn(|_| random.range(0.75, 1.2));
    for (grow, colour, alpha) in [(1.12, [0.10, 0.10, 0.11], 0.30), (1.0, scaled(sky, 0.72), 0.42)] {
        let mut shore = [spot.at; 16];
        for (i, p) in shore.iter_mut().enumerate() {
            let (s, c) = (TAU * i as f32 / 16.0).sin_cos();
            let r = radius * grow * (lumps[i] + lumps[(i + 1) % 16]) / 2.0;
            *p = v3(spot.at.x + r * c, 0.0, spot.at.z + 0.6 * r * s);
        }
        pen.poly_alpha(&shore, colour, alpha);
    }
}

/// Fallen leaves; `share` of them have come.
pub(crate) fn leaves(pen: &mut Pen<'_>, spot: &Spot, radius: f32, share: f32, seed: u64) {
    pen.no_part();
    let mut random = Seed::new(seed);
    for i in 0..90 {
        let (a, r) = (random.range(0.0, TAU), random.unit());
        let colour = scaled(
            random.pick(&[[0.58, 0.42, 0.18], [0.48, 0.34, 0.16], [0.40, 0.40, 0.18], [0.62, 0.50, 0.24]]),
            random.range(0.8, 1.15),
        );
        let (turn, size) = (random.range(0.0, TAU), random.range(0.05, 0.10));
        if i as f32 > 90.0 * share {
            continue;
        }
        let at = Spot { at: spot.point(radius * r * a.cos(), 0.0, 0.6 * radius * r * a.sin()), heading: turn };
        pen.poly(
            &[
                at.point(-size, 0.0, 0.0),
                at.point(0.0, 0.03, size * 0.5),
                at.point(size, 0.0, 0.0),
                at.point(0.0, 0.01, -size * 0.5),
            ],
            colour,
        );
    }
}

/// Light that falls on a wall (its face looks to -z): soft at the rim. `up`, width and height in metres.
pub(crate) fn glow(pen: &mut Pen<'_>, spot: &Spot, (up, wide, high): (f32, f32, f32), colour: Rgb, bright: f32) {
    pen.no_part();
    if bright < 0.01 {
        return;
    }
    let light = std::mem::replace(&mut pen.light, [1.0; 3]);
    for (grow, alpha) in [(1.0, 0.10), (0.8, 0.12), (0.6, 0.14), (0.4, 0.14)] {
        let mut rim = [spot.at; 20];
        for (i, p) in rim.iter_mut().enumerate() {
            let (s, c) = (TAU * i as f32 / 20.0).sin_cos();
            *p = v3(spot.at.x + 0.5 * wide * grow * c, (up + high / 2.0 + 0.5 * high * grow * s).max(0.0), spot.at.z - 0.02);
        }
        pen.poly_alpha(&rim, mixed(colour, [1.0; 3], 0.2), alpha * bright);
    }
    pen.light = light;
}

/// What headlights throw on the road ahead: `nose` metres before the middle of the car, both lamps.
pub(crate) fn beams(pen: &mut Pen<'_>, spot: &Spot, nose: f32) {
    let light = std::mem::replace(&mut pen.light, [1.0; 3]);
    for (reach, wide, alpha) in [(9.0, 2.6, 0.07), (6.0, 1.8, 0.09), (3.6, 1.2, 0.10)] {
        let p = |a: f32, l: f32| spot.point(nose + a, 0.01, l);
        pen.poly_alpha(
            &[p(0.3, -0.7), p(0.3, 0.7), p(reach * 0.8, wide), p(reach, 0.0), p(reach * 0.8, -wide)],
            [1.0, 0.96, 0.84],
            alpha,
        );
    }
    pen.light = light;
}
