//! The empty street, one ray per sample: ground, house fronts and sky with procedural surfaces. Made once per scene.

use events::Size;

use crate::draw::pen::{Rgb, mixed, scaled};
use crate::draw::view::{V3, View, v3};
use crate::seed::{cell, noise};
use crate::world::{Body, Front, World};

/// RGBA, opaque, row by row.
pub(crate) fn paint(world: &World, size: Size) -> Vec<u8> {
    let view = world.view(size);
    let houses = Houses::new(world);
    let (w, h) = (size.width as usize, size.height as usize);
    let mut bytes = vec![255u8; w * h * 4];
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    let band = h.div_ceil(workers);
    std::thread::scope(|scope| {
        for (index, rows) in bytes.chunks_mut(band * w * 4).enumerate() {
            let (view, houses) = (&view, &houses);
            scope.spawn(move || {
                for (i, pixel) in rows.chunks_exact_mut(4).enumerate() {
                    let (x, y) = ((i % w) as f32, (index * band + i / w) as f32);
                    let mut sum = [0.0; 3];
                    for (sx, sy) in [(0.3, 0.2), (0.8, 0.3), (0.2, 0.7), (0.7, 0.8)] {
                        let c = sample(world, houses, view, x + sx, y + sy);
                        for (sum, c) in sum.iter_mut().zip(c) {
                            *sum += c.clamp(0.0, 1.0) / 4.0;
                        }
                    }
                    // Lenses darken towards the corners.
                    let (u, v) = (x / view.width - 0.5, y / view.height - 0.5);
                    let lens = 1.0 - 0.16 * (u * u + v * v) / 0.5;
                    for (out, sum) in pixel.iter_mut().zip(sum) {
                        *out = (sum * lens * 255.0 + 0.5) as u8;
                    }
                }
            });
        }
    });
    bytes
}

fn sample(world: &World, houses: &Houses, view: &View, px: f32, py: f32) -> Rgb {
    let (eye, ray) = (view.eye, view.ray(px, py));
    let along = |t: f32| v3(eye.x + ray.x * t, eye.y + ray.y * t, eye.z + ray.z * t);
    let (street, mood) = (&world.street, &world.mood);
    if ray.z > 1e-4 {
        let hit = along(street.facade / ray.z);
        if hit.y >= 0.0 {
            if let Some(house) = houses.at(hit.x)
                && hit.y <= house.height
            {
                let colour = wall(world, house, hit);
                return aired(colour, mood.air(hit.minus(eye).length()));
            }
            if let Some((hit, colour)) = houses.side(street.facade, eye, ray) {
                return aired(lit(world, colour, hit), mood.air(hit.minus(eye).length()));
            }
            return sky(world, ray);
        }
    }
    if ray.y < -1e-4 {
        let hit = along(-eye.y / ray.y);
        let colour = lit(world, ground(world, houses, hit), hit);
        let colour = match &world.air {
            Some(air) if air.wet > 0.0 => wet(world, houses, colour, hit, ray, air.wet),
            _ => colour,
        };
        return aired(colour, mood.air(hit.minus(eye).length()));
    }
    sky(world, ray)
}

fn aired(colour: Rgb, (air, share): (Rgb, f32)) -> Rgb {
    mixed(colour, air, share)
}

fn lit(world: &World, colour: Rgb, at: V3) -> Rgb {
    let light = world.mood.light_at(at);
    [colour[0] * light[0], colour[1] * light[1], colour[2] * light[2]]
}

fn sky(world: &World, ray: V3) -> Rgb {
    let mood = &world.mood;
    let flat = (ray.x * ray.x + ray.z * ray.z).sqrt();
    let up = ray.y / flat;
    let azimuth = ray.x.atan2(ray.z) * 22.0;
    let salt = world.street.seed as u32;
    // Towers behind the houses.
    let tower = 0.06 + 0.26 * cell(azimuth.floor() as i32, 1, salt) * noise(azimuth / 5.0, 3.0, salt);
    let open = mixed(mood.sky_low, mood.sky_top, (up * 2.2).clamp(0.0, 1.0));
    if up < tower {
        let near = mixed(mood.sky_low, scaled([0.50, 0.52, 0.56], mood.light[1]), 0.45);
        let lamp = cell((azimuth * 9.0).floor() as i32, (up * 160.0).floor() as i32, salt ^ 7);
        return if lamp < mood.lit * 0.35 { mixed(near, [0.95, 0.85, 0.55], 0.6) } else { near };
    }
    let cloud = noise(ray.x / flat * 3.0 + 9.0, up * 9.0, salt ^ 3) * 0.6 + noise(ray.x / flat * 8.0, up * 24.0, salt ^ 4) * 0.4;
    mixed(open, mixed(mood.sky_low, [1.0; 3], 0.3 * mood.light[1]), ((cloud - 0.45) * 1.6).clamp(0.0, 0.55))
}

fn ground(world: &World, houses: &Houses, p: V3) -> Rgb {
    let street = &world.street;
    let salt = street.seed as u32;
    let fine = noise(p.x * 24.0, p.z * 24.0, salt) - 0.5;
    let broad = noise(p.x * 0.55, p.z * 0.8, salt ^ 1) - 0.5;
    let mut colour;
    if p.z < street.kerb - 0.15 {
        // Asphalt with patches and a dashed line.
        let v = 0.335 + 0.05 * broad + 0.045 * fine + 0.05 * (noise(p.x * 70.0, p.z * 70.0, salt ^ 2) - 0.5);
        colour = [v, v, v * 1.03];
        let wear = noise(p.x * 0.2, p.z * 2.0, salt ^ 5);
        colour = scaled(colour, 0.94 + 0.1 * wear);
        let middle = street.kerb - 4.2;
        let dash = (p.x / 6.0).rem_euclid(1.0) < 0.5;
        if (p.z - middle).abs() < 0.075 && dash {
            colour = mixed(colour, [0.86, 0.85, 0.80], 0.75 + 0.3 * fine);
        }
        // The line that ends the parking bays.
        if (p.z - (street.kerb - 2.3)).abs() < 0.05 {
            colour = mixed(colour, [0.84, 0.84, 0.82], 0.7 + 0.4 * fine);
        }
        let gutter = (street.kerb - 0.15 - p.z) / 0.5;
        if gutter < 1.0 {
            colour = scaled(colour, 0.82 + 0.18 * gutter);
        }
    } else if p.z < street.kerb + 0.12 {
        // The kerb: its dark face, then the stone.
        let joint = (p.x * 1.25).rem_euclid(1.0) < 0.02;
        let face = p.z < street.kerb - 0.03;
        let v = if joint {
            0.38
        } else if face {
            0.44
        } else {
            0.66 + 0.08 * fine
        };
        colour = [v, v * 0.99, v * 0.95];
    } else {
        // Slabs of 0.5 m × 0.5 m in running bond, with a band of yellow blister tiles for the blind.
        let row = (p.z * 2.0).floor();
        let shifted = p.x * 2.0 + if row as i32 % 2 == 0 { 0.5 } else { 0.0 };
        let (u, v) = (shifted.rem_euclid(1.0), (p.z * 2.0).rem_euclid(1.0));
        let own = cell(shifted.floor() as i32, row as i32, salt ^ 8);
        let tone = 0.56 + 0.09 * (own - 0.5) + 0.05 * fine + 0.07 * broad;
        colour = [tone * 1.03, tone, tone * 0.95];
        let band = street.kerb + 1.5;
        if p.z > band && p.z < band + 0.5 {
            let stud = ((p.x * 16.0).rem_euclid(1.0) - 0.5).hypot((p.z * 16.0).rem_euclid(1.0) - 0.5);
            let relief = if stud < 0.3 { 1.08 } else { 0.97 };
            colour = scaled([0.70, 0.58, 0.28], (tone / 0.56) * relief);
        }
        if u < 0.025 || v < 0.025 {
            colour = scaled(colour, 0.72);
        }
        // Old gum and stains.
        let spot = noise(p.x * 3.1, p.z * 3.1, salt ^ 9);
        if spot > 0.82 {
            colour = scaled(colour, 0.9);
        }
        let foot = (street.facade - p.z).max(0.0);
        colour = scaled(colour, 1.0 - 0.34 * (-foot * 2.2).exp());
    }
    scaled(colour, houses.dapple(world, p))
}

/// Rain on the ground: darker, and in its film and puddles the houses and the sky stand on their heads.
fn wet(world: &World, houses: &Houses, colour: Rgb, hit: V3, ray: V3, much: f32) -> Rgb {
    let salt = world.street.seed as u32;
    let hollow = noise(hit.x * 0.45, hit.z * 0.9, salt ^ 0x77) * 0.7 + noise(hit.x * 1.7, hit.z * 2.6, salt ^ 0x78) * 0.3;
    let puddle = ((hollow - (0.78 - 0.22 * much)) * 14.0).clamp(0.0, 1.0);
    // Schlick's approximation for water (reflectance 0.02 straight down), a rough film giving back a part of it.
    let steep = -ray.y / ray.length();
    let fresnel = 0.02 + 0.98 * (1.0 - steep).powi(5);
    let share = (fresnel * (0.35 * much + 0.65 * puddle) * 1.6 + 0.10 * puddle).min(0.8);
    // What is mirrored is smeared by ripples, the more the farther it is.
    let ripple = (noise(hit.x * 19.0, hit.z * 23.0, salt ^ 0x79) - 0.5) * 0.14 * (1.2 - puddle);
    let up = v3(ray.x, -ray.y, ray.z + ripple * ray.length());
    let mirrored = if up.z > 1e-3 {
        let t = (world.street.facade - hit.z) / up.z;
        let at = v3(hit.x + up.x * t, up.y * t, world.street.facade);
        match houses.at(at.x) {
            Some(house) if at.y < house.height => wall(world, house, at),
            _ => sky(world, up),
        }
    } else {
        sky(world, up)
    };
    mixed(scaled(colour, 1.0 - 0.34 * much - 0.12 * puddle), mirrored, share)
}

/// A house: from x0 to x1, and its looks.
struct House {
    x0: f32,
    x1: f32,
    height: f32,
    storey: f32,
    colour: Rgb,
    /// 0 brick, 1 tiles, 2 plaster.
    skin: u8,
    salt: u32,
}

struct Houses {
    list: Vec<House>,
    /// Crowns that shade the ground: x, z, radius.
    crowns: Vec<(f32, f32, f32)>,
}

const WALLS: [Rgb; 8] = [
    [0.72, 0.66, 0.56],
    [0.60, 0.36, 0.28],
    [0.78, 0.76, 0.72],
    [0.55, 0.58, 0.60],
    [0.74, 0.60, 0.46],
    [0.66, 0.70, 0.66],
    [0.52, 0.44, 0.40],
    [0.80, 0.73, 0.62],
];

impl Houses {
    fn new(world: &World) -> Self {
        let salt = world.street.seed as u32;
        let (mut list, mut x, mut i) = (Vec::new(), -70.0, 0);
        while x < 170.0 {
            let r = |n: i32| cell(i, n, salt ^ 0x51);
            let width = 8.0 + 9.0 * r(1);
            list.push(House {
                x0: x,
                x1: x + width,
                height: 7.6 + 9.0 * r(2) * r(3),
                storey: 2.9 + 0.5 * r(4),
                colour: scaled(WALLS[(r(5) * 7.99) as usize], 0.88 + 0.2 * r(6)),
                skin: (r(7) * 2.99) as u8,
                salt: salt.wrapping_add(i as u32 * 977),
            });
            x += width;
            i += 1;
        }
        let crowns = world
            .cast
            .iter()
            .filter_map(|entity| match entity.body {
                Body::Tree(height, _) => {
                    let (sx, sz, _) = world.mood.sun;
                    let up = height * 0.74;
                    Some((entity.keys[0].1 + sx * up, entity.keys[0].2 + sz * up, height * 0.34))
                }
                _ => None,
            })
            .collect();
        Self { list, crowns }
    }

    fn at(&self, x: f32) -> Option<&House> {
        let i = self.list.partition_point(|house| house.x1 <= x);
        self.list.get(i).filter(|house| house.x0 <= x)
    }

    /// The bare side wall of a house that stands above its neighbour.
    fn side(&self, facade: f32, eye: V3, ray: V3) -> Option<(V3, Rgb)> {
        let mut best: Option<(f32, V3, Rgb)> = None;
        for house in &self.list {
            let x = if ray.x > 0.0 { house.x0 } else { house.x1 };
            let t = (x - eye.x) / ray.x;
            let hit = v3(x, eye.y + ray.y * t, eye.z + ray.z * t);
            let inside = t > 0.0 && hit.z > facade && hit.z < facade + 10.0 && hit.y > 0.0 && hit.y < house.height;
            if inside && best.is_none_or(|(nearest, ..)| t < nearest) {
                let stain = 0.80 + 0.12 * noise(hit.z * 0.8, hit.y * 0.5, house.salt);
                best = Some((t, hit, scaled(house.colour, stain)));
            }
        }
        best.map(|(_, hit, colour)| (hit, colour))
    }

    /// Sun through leaves: 1 in the open.
    fn dapple(&self, world: &World, p: V3) -> f32 {
        // Where the sun moves, its shade is drawn frame by frame.
        let strength = if world.air.as_ref().is_some_and(|air| air.shade > 0.0) { 0.0 } else { world.mood.sun.2 };
        let mut share = 1.0;
        for (x, z, radius) in &self.crowns {
            let d = (p.x - x).hypot(p.z - z) / radius;
            if d < 1.1 {
                let holes = noise(p.x * 2.4, p.z * 2.4, 77) * 0.65 + noise(p.x * 6.0, p.z * 6.0, 78) * 0.35;
                let depth = ((1.1 - d) * 2.2).min(1.0) * if holes > 0.56 { 0.25 } else { 1.0 };
                share *= 1.0 - strength * 0.8 * depth;
            }
        }
        share
    }
}

/// Height of the ground floor.
const GROUND_FLOOR: f32 = 3.7;

fn wall(world: &World, house: &House, p: V3) -> Rgb {
    let u = p.x - house.x0;
    if p.y > house.height - 0.35 {
        return lit(world, scaled(house.colour, if p.y > house.height - 0.06 { 1.15 } else { 0.86 }), p);
    }
    if p.y < GROUND_FLOOR { ground_floor(world, house, p) } else { upper_floor(world, house, u, p) }
}

fn skin(house: &House, u: f32, y: f32) -> Rgb {
    let stain =
        0.93 + 0.14 * (noise(u * 0.9, y * 0.35, house.salt) - 0.5) + 0.05 * (noise(u * 9.0, y * 9.0, house.salt ^ 2) - 0.5);
    let joint = match house.skin {
        0 => {
            let row = (y / 0.075).floor();
            let brick = (u / 0.24 + if row as i32 % 2 == 0 { 0.5 } else { 0.0 }).rem_euclid(1.0);
            let own = cell((u / 0.24) as i32, row as i32, house.salt ^ 4);
            if (y / 0.075).rem_euclid(1.0) < 0.14 || brick < 0.05 { 1.12 } else { 0.92 + 0.14 * own }
        }
        1 => {
            let tile = (u / 0.3).rem_euclid(1.0).min((y / 0.15).rem_euclid(1.0));
            if tile < 0.06 { 0.88 } else { 1.0 }
        }
        _ => 1.0,
    };
    scaled(house.colour, stain * joint)
}

fn upper_floor(world: &World, house: &House, u: f32, p: V3) -> Rgb {
    let width = house.x1 - house.x0;
    let columns = (width / 2.6).floor().max(1.0);
    let pitch = width / columns;
    let (column, floor) = ((u / pitch).floor(), ((p.y - GROUND_FLOOR) / house.storey).floor());
    let (wu, wv) = (u - column * pitch - pitch / 2.0, (p.y - GROUND_FLOOR) - floor * house.storey);
    let own = cell(column as i32, floor as i32, house.salt ^ 6);
    let (half, low, high) = (0.62, 0.85, 2.35);
    if GROUND_FLOOR + (floor + 1.0) * house.storey < house.height && wu.abs() < half + 0.07 && wv > low - 0.07 && wv < high + 0.07
    {
        if wu.abs() > half || wv < low || wv > high || wu.abs() < 0.03 {
            return lit(world, [0.80, 0.80, 0.78], p);
        }
        if own < world.mood.lit {
            let warm = mixed([1.0, 0.84, 0.52], [0.85, 0.90, 1.0], cell(column as i32, floor as i32, house.salt ^ 9) * 0.6);
            let curtain = 0.75 + 0.25 * noise(wu * 8.0, 1.0, house.salt ^ column as u32);
            return scaled(warm, if world.mood.is_dark() { 0.85 * curtain } else { 0.7 });
        }
        let glass = mixed([0.16, 0.20, 0.24], world.mood.sky_low, 0.12 + 0.35 * ((wv - low) / (high - low)) * own);
        let curtain = own > 0.6 && wu > -half * 0.2;
        return if curtain { lit(world, [0.62, 0.60, 0.56], p) } else { scaled(glass, world.mood.light[1].min(1.0)) };
    }
    // An air conditioner below some windows.
    if own > 0.55 && (wu - 0.2).abs() < 0.42 && wv > 0.12 && wv < 0.66 {
        let fan = (wu - 0.1).hypot(wv - 0.39);
        let v = if fan < 0.2 { 0.38 + 0.25 * ((fan * 40.0).sin() * 0.5 + 0.5) } else { 0.78 };
        return lit(world, [v, v, v * 0.97], p);
    }
    let shade = if wv < 0.1 { 0.85 } else { 1.0 };
    lit(world, scaled(skin(house, u, p.y), shade), p)
}

fn ground_floor(world: &World, house: &House, p: V3) -> Rgb {
    let u = p.x - house.x0;
    let width = house.x1 - house.x0;
    let shops = (width / 4.3).floor().max(1.0);
    let pitch = width / shops;
    let mut number = (u / pitch).floor();
    let slot = number as i32;
    let own = |n: i32| cell(slot, n, house.salt ^ 0x33);
    let mut front = match (own(1) * 10.0) as i32 {
        0..=5 => Front::Glass,
        6 | 7 => Front::Open,
        8 => Front::Shutter,
        _ => Front::Wall,
    };
    let (mut x, mut wide) = (u - number * pitch, pitch);
    if let Some((x0, x1, special)) = world.street.fronts.iter().find(|(x0, x1, _)| p.x >= *x0 && p.x < *x1) {
        (front, x, wide) = (*special, p.x - x0, x1 - x0);
        number = (x0 * 10.0).floor();
    }
    let foot = 1.0 - 0.25 * (-p.y * 3.0).exp();
    if front == Front::Wall || x < 0.22 || x > wide - 0.22 || p.y > 3.55 {
        let base = if p.y < 0.35 { scaled(house.colour, 0.7) } else { skin(house, u, p.y) };
        return lit(world, scaled(base, foot), p);
    }
    if p.y > 2.72 {
        return sign(world, house, number as i32, (x - 0.22) / (wide - 0.44), (p.y - 2.72) / 0.83, wide - 0.44);
    }
    let glow = if world.mood.is_dark() { 1.0 } else { 0.62 };
    match front {
        Front::Shutter => {
            let slat = (p.y / 0.11).rem_euclid(1.0);
            let v = 0.55 + 0.09 * slat + 0.05 * noise(x * 3.0, p.y * 2.0, house.salt);
            lit(world, scaled([v, v, v * 1.02], foot), p)
        }
        Front::Open => scaled(interior(house, number as i32, x, p.y, wide), 0.8 * glow),
        Front::Glass | Front::Wall => {
            let door = (x - wide * (0.25 + 0.5 * own(4))).abs() < 0.55;
            let bar = if door { (x * 1.82).rem_euclid(1.0) < 0.07 } else { (x / 1.2).rem_euclid(1.0) < 0.045 };
            if bar || p.y > 2.62 || (!door && p.y < 0.45) {
                return lit(world, if p.y < 0.45 { [0.42, 0.42, 0.43] } else { [0.62, 0.63, 0.64] }, p);
            }
            let inside = scaled(interior(house, number as i32, x, p.y, wide), glow);
            let mirror = scaled(world.mood.sky_low, 0.8);
            mixed(inside, mirror, 0.16 + 0.12 * noise(x * 0.7 + p.y * 0.9, p.y * 0.4, house.salt ^ 21))
        }
    }
}

/// A shop seen from outside: back wall, shelves with goods, floor.
fn interior(house: &House, number: i32, x: f32, y: f32, wide: f32) -> Rgb {
    let salt = house.salt ^ (number as u32).wrapping_mul(613);
    let warm = [0.62, 0.52, 0.40];
    let depth = 0.55 + 0.45 * (y / 2.7);
    if y < 0.35 {
        return scaled([0.34, 0.30, 0.26], 0.5 + y);
    }
    // Some shops are bare halls with lamps, the others differ in what stands on their shelves.
    let style = cell(number, 3, house.salt ^ 0x77);
    if style < 0.35 {
        let lamp = ((x / 1.1).rem_euclid(1.0) - 0.5).hypot((y - 2.2) * 1.2);
        let counter = y < 1.0 && x > wide * 0.3 && x < wide * 0.75;
        let base = if counter { [0.50, 0.40, 0.30] } else { [0.46, 0.44, 0.40] };
        return scaled(base, (0.45 + 0.35 * (y / 2.7)) * (1.0 + 0.9 * (-lamp * lamp * 9.0).exp()));
    }
    let (item_wide, item_high) = (0.13 + 0.25 * style, 0.35 + 0.3 * style);
    let shelf = (y / item_high).rem_euclid(1.0);
    if x > 0.5 && x < wide - 0.5 && y < 2.3 {
        if shelf < 0.1 {
            return scaled([0.44, 0.36, 0.28], depth);
        }
        let item = (x / item_wide).floor() as i32;
        let own = cell(item, (y / item_high) as i32, salt);
        if shelf < 0.35 + 0.5 * own && (x / item_wide).rem_euclid(1.0) > 0.12 {
            let hue = cell(item, (y / item_high) as i32, salt ^ 5) * std::f32::consts::TAU;
            return mixed(
                scaled([0.5 + 0.3 * hue.sin(), 0.45 + 0.25 * (hue + 2.1).sin(), 0.42 + 0.3 * (hue + 4.2).sin()], depth),
                scaled(warm, depth),
                0.9 - style * 0.8,
            );
        }
        return scaled(warm, 0.45 * depth);
    }
    scaled(warm, 0.7 * depth)
}

/// A shop sign with strokes that look like characters and are none.
fn sign(world: &World, house: &House, number: i32, u: f32, v: f32, wide: f32) -> Rgb {
    let salt = house.salt ^ (number as u32).wrapping_mul(0x61);
    let own = |n: i32| cell(n, number, salt);
    let colours = [
        [0.68, 0.10, 0.10],
        [0.10, 0.26, 0.52],
        [0.12, 0.42, 0.26],
        [0.85, 0.60, 0.14],
        [0.30, 0.12, 0.34],
        [0.90, 0.90, 0.88],
        [0.16, 0.16, 0.18],
    ];
    let base: Rgb = colours[(own(1) * 6.99) as usize];
    let ink: Rgb = if base[0] + base[1] + base[2] > 1.6 { [0.62, 0.08, 0.08] } else { [0.98, 0.93, 0.70] };
    let count = 3 + (own(2) * 3.99) as i32;
    let cell_wide = 0.62 / wide;
    let start = 0.5 - cell_wide * count as f32 / 2.0;
    let glyph = ((u - start) / cell_wide).floor() as i32;
    let mut colour = scaled(base, 0.9 + 0.1 * v);
    if (0..count).contains(&glyph) && v > 0.17 && v < 0.83 {
        let (gu, gv) = (((u - start) / cell_wide).rem_euclid(1.0) * 6.0 - 0.5, (v - 0.17) / 0.66 * 5.0);
        let stroke = |n: i32| cell(glyph, n, salt ^ 0x99) > 0.42;
        let across = (0.0..5.0).contains(&gu) && gv.rem_euclid(1.0) < 0.38 && stroke(gv as i32);
        let down = (0.0..5.0).contains(&gu)
            && (gu.rem_euclid(1.0) < 0.30)
            && stroke(10 + gu as i32)
            && stroke(20 + gv as i32 * 5 + gu as i32);
        if across || down {
            colour = ink;
        }
    }
    if !(0.03..0.97).contains(&v) || !(0.006..0.994).contains(&u) {
        colour = scaled(colour, 0.6);
    }
    let shine = if world.mood.is_dark() { 0.95 } else { 0.0 };
    let light = world.mood.light;
    std::array::from_fn(|i| colour[i] * (light[i] * 0.95).max(shine))
}
