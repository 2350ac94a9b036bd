//! Streets nobody wrote a story for, for labelled training pictures.

use std::f32::consts::PI;

use events::Size;

use crate::draw::junk::Junk;
use crate::draw::person::{Load, Person, Pose};
use crate::draw::prints::PrintForm;
use crate::draw::stall::{Stall, StallShape};
use crate::draw::vehicle::CarShape;
use crate::draw::view::Mount;
use crate::draw::wares::FRUIT;
use crate::entity::Entity;
use crate::scene::{Plate, SampleScene};
use crate::seed::Seed;
use crate::story::{Set, TO_ROAD, TO_WALL};
use crate::weather::{self, Frame};
use crate::world::{Body, Front, Place};

pub(crate) fn scene(seed: u64) -> SampleScene {
    let mut random = Seed::new(seed ^ 0x7374_7265_6574);
    let kerb = random.range(7.0, 12.5);
    let facade = kerb + random.range(3.8, 7.5);
    let (height, yaw, fov) = (random.range(2.6, 9.0), random.range(-0.9, 0.9), random.range(0.5, 1.3));
    let pitch = Mount::aimed(height, (kerb + facade) / 2.0 / yaw.cos(), fov, random.range(0.45, 0.72));
    let mount = Mount { height, yaw, pitch, horizontal_fov: fov };
    let (mood, air) = weather::draw(&mut random, &Frame { kerb, facade, duration: 1.0 });
    let mut set = Set::new(seed, mount, mood);
    set.world.air = Some(air);
    (set.world.street.kerb, set.world.street.facade) = (kerb, facade);
    let trees: Vec<f32> = (0..random.below(4)).map(|_| random.range(-12.0, 14.0)).collect();
    set.furnish(&trees, random.range(-4.5, 4.5));
    if random.chance(0.4) {
        let x = set.middle() + random.range(-5.0, 3.0);
        let front = random.pick(&[Front::Wall, Front::Open, Front::Shutter]);
        set.world.street.fronts.push((x, x + random.range(3.0, 8.0), front));
    }
    for _ in 0..2 + random.below(9) {
        person(&mut set, &mut random);
    }
    for _ in 0..random.below(5) {
        stall(&mut set, &mut random);
    }
    for _ in 0..3 + random.below(12) {
        thing(&mut set, &mut random);
    }
    for _ in 0..random.below(8) {
        vehicle(&mut set, &mut random);
    }
    let id = format!("random-{seed}");
    let plate = Plate { id: &id, name: &id, district: "", street: "", duration_s: 1, seed };
    SampleScene::new(plate, Vec::new(), set.world, Vec::new())
}

/// Somewhere on the pavement that is likely to be seen.
fn pavement(set: &Set, random: &mut Seed) -> (f32, f32) {
    let z = random.range(set.world.street.kerb + 0.4, set.world.street.facade - 0.5);
    let (left, right) = (set.left(z), set.right(z).min(set.middle() + 18.0));
    (random.range(left.max(set.middle() - 14.0), right), z)
}

fn still(body: Body, (x, z): (f32, f32), heading: f32) -> Entity {
    Entity::there(body, x, z, heading, -10.0, 10.0)
}

fn anyone(set: &Set, random: &mut Seed) -> Person {
    let rain = set.world.air.as_ref().is_some_and(|air| air.rain > 0);
    Person::of_all_sorts(random, rain)
}

fn person(set: &mut Set, random: &mut Seed) {
    let look = anyone(set, random);
    let look = match random.below(8) {
        0 => look.cleaner(),
        1 => look.with_apron(random.pick(&FRUIT)),
        _ => look,
    };
    let mut at = pavement(set, random);
    if random.chance(0.15) {
        at.1 = random.range(set.world.street.kerb - 5.0, set.world.street.kerb);
    }
    let heading = random.range(-PI, PI);
    let mut entity = still(Body::Person(look), at, heading);
    if random.chance(0.55) {
        // Caught in mid-stride.
        let (reach, phase) = (2.0, random.unit() * 1.4);
        let (s, c) = heading.sin_cos();
        entity.keys = vec![
            (-1.5 - phase, at.0 - c * (reach + phase * 1.3), at.1 - s * (reach + phase * 1.3)),
            (2.0, at.0 + c * 2.6, at.1 + s * 2.6),
        ];
        entity.rigid = false;
    } else {
        entity.poses = vec![(
            -20.0,
            random.pick(&[Pose::Plain, Pose::Plain, Pose::Talk, Pose::Reach, Pose::Stoop, Pose::Serve, Pose::Push]),
        )];
    }
    let colour = random.pick(&[[0.10, 0.10, 0.11], [0.82, 0.82, 0.80], [0.70, 0.20, 0.18], [0.20, 0.35, 0.60]]);
    entity.loads = vec![(
        -20.0,
        random.pick(&[
            Load::Nothing,
            Load::Nothing,
            Load::Nothing,
            Load::Bags(colour),
            Load::Crate([0.66, 0.51, 0.34]),
            Load::Sack(colour),
            Load::Roll,
        ]),
    )];
    set.add(entity);
}

fn stall(set: &mut Set, random: &mut Seed) {
    let shape = random.pick(&StallShape::ALL);
    let at = pavement(set, random);
    let heading = random.range(-0.35, 0.35) + if random.chance(0.15) { 1.57 } else { 0.0 };
    let look = Stall::random(random, shape);
    let (up, down) = if random.chance(0.85) { (-10.0, 20.0) } else { (50.0, 60.0) };
    set.add(still(Body::Stall(look, up, down), at, heading));
    if random.chance(0.8) {
        let vendor = anyone(set, random).with_apron(random.pick(&FRUIT));
        let mut entity = still(
            Body::Person(vendor),
            (at.0 + random.range(-0.5, 0.5), (at.1 + 0.95).min(set.world.street.facade - 0.3)),
            TO_ROAD,
        );
        entity.poses = vec![(-20.0, random.pick(&[Pose::Plain, Pose::Serve, Pose::Talk]))];
        set.add(entity);
    }
    for _ in 0..random.below(3) {
        let customer = anyone(set, random);
        let mut entity = still(
            Body::Person(customer),
            (at.0 + random.range(-1.2, 1.2), at.1 - random.range(0.9, 1.4)),
            TO_WALL + random.range(-0.6, 0.6),
        );
        entity.poses = vec![(-20.0, random.pick(&[Pose::Plain, Pose::Serve]))];
        set.add(entity);
    }
}

fn thing(set: &mut Set, random: &mut Seed) {
    let at = pavement(set, random);
    let facade = set.world.street.facade;
    // Shops put their things before their fronts.
    let by_wall = (at.0, facade - random.range(0.4, 2.0));
    let turn = random.range(-0.5, 0.5);
    let seed = random.next();
    let grey = random.pick(&[[0.10, 0.10, 0.11], [0.14, 0.15, 0.18], [0.80, 0.80, 0.78], [0.20, 0.34, 0.62], [0.75, 0.62, 0.22]]);
    let paper =
        random.pick(&[[0.93, 0.90, 0.66], [0.94, 0.94, 0.92], [0.90, 0.55, 0.50], [0.62, 0.80, 0.90], [0.95, 0.80, 0.25]]);
    let entity = match random.below(25) {
        0 | 1 => still(Body::Goods(random.below(3) as u8, seed), by_wall, turn),
        2 => still(
            Body::Table(random.pick(&[[0.72, 0.68, 0.60], [0.30, 0.22, 0.16], [0.80, 0.80, 0.82]]), random.chance(0.6), seed),
            by_wall,
            turn,
        ),
        3 => still(Body::Stool(random.pick(&FRUIT)), by_wall, turn),
        4 => still(Body::Board(paper, seed), at, random.range(-0.8, 0.8)),
        5 => still(Body::Banner(random.pick(&[[0.75, 0.10, 0.10], [0.10, 0.30, 0.60], [0.15, 0.45, 0.25]])), at, turn * 0.4),
        6 | 7 => {
            let (w, h) = (random.range(0.45, 1.6), random.range(0.6, 1.5));
            still(Body::Poster(random.range(0.7, 1.6), w, h, paper, seed), (at.0, facade - 0.03), 0.0)
        }
        8 | 9 => still(Body::Bag(grey, random.range(0.35, 0.8), seed), at, 0.0),
        10 => still(Body::Pile(random.range(0.6, 1.5), random.range(0.3, 0.8), vec![(0.0, 1.0)], seed), at, turn),
        11 | 21 | 22 => still(
            Body::Bin(random.pick(&[[0.16, 0.36, 0.24], [0.20, 0.32, 0.52], [0.45, 0.45, 0.46], [0.60, 0.18, 0.14]])),
            by_wall,
            turn,
        ),
        12 => still(Body::Planter(seed), by_wall, 0.0),
        13..=17 => still(Body::Junk(random.pick(&Junk::ALL), seed), at, turn),
        18..=20 => {
            let form = PrintForm::random(random);
            still(Body::Print(form, seed), (at.0, facade - if form.stands() { 0.3 } else { 0.03 }), 0.0)
        }
        _ => still(Body::Bollard, (at.0, set.world.street.kerb + 0.4), 0.0),
    };
    // Bags and boxes come in company.
    if matches!(entity.body, Body::Bag(..) | Body::Goods(..)) && random.chance(0.6) {
        for _ in 0..1 + random.below(3) {
            let mut next = entity.clone();
            let (x, z) = (entity.keys[0].1 + random.range(-0.9, 0.9), entity.keys[0].2 + random.range(-0.35, 0.35));
            next.keys = vec![(-10.0, x, z), (10.0, x, z)];
            next.body = match next.body {
                Body::Bag(colour, size, _) => Body::Bag(colour, size * random.range(0.8, 1.2), random.next()),
                Body::Goods(_, _) => Body::Goods(random.below(3) as u8, random.next()),
                other => other,
            };
            set.add(next);
        }
    }
    set.add(entity);
}

fn vehicle(set: &mut Set, random: &mut Seed) {
    let kerb = set.world.street.kerb;
    let colour = random.pick(&[
        [0.86, 0.87, 0.88],
        [0.16, 0.17, 0.19],
        [0.55, 0.57, 0.60],
        [0.52, 0.10, 0.10],
        [0.14, 0.26, 0.46],
        [0.85, 0.70, 0.15],
    ]);
    let colour = if random.chance(0.25) { [random.unit(), random.unit(), random.unit()] } else { colour };
    let heading = if random.chance(0.5) { 0.0 } else { PI };
    let lane = kerb - random.pick(&[1.3, 3.2, 5.6]);
    let x = random.range(set.left(lane).max(set.middle() - 14.0), set.right(lane).min(set.middle() + 22.0));
    let turn = random.range(-0.06, 0.06);
    let entity = match random.below(10) {
        0..=2 => {
            let shapes = [CarShape::Sedan, CarShape::Sedan, CarShape::Hatch, CarShape::Suv, CarShape::Van];
            still(Body::Car(random.pick(&shapes), colour), (x, lane), heading + turn)
        }
        3 | 9 => {
            let shape = random.pick(&[CarShape::Lorry, CarShape::Lorry, CarShape::Pickup, CarShape::Pickup, CarShape::Bus]);
            // Not right below the camera, where it would fill the picture.
            still(Body::Car(shape, colour), (x, lane.max(kerb - 3.2)), heading)
        }
        4 | 8 => {
            let rider = random.chance(0.7).then(|| Person::random(random));
            let load = vec![(0.0, if random.chance(0.5) { random.unit() } else { 0.0 })];
            still(Body::Tricycle(random.pick(&FRUIT), rider, load), (x, kerb - 1.0), heading)
        }
        5 => {
            let rider = Person::random(random);
            still(Body::TwoWheeler(colour, random.chance(0.6), Some(rider)), (x, kerb - random.range(0.6, 2.0)), heading)
        }
        _ => still(Body::TwoWheeler(random.pick(&FRUIT), random.chance(0.5), None), pavement(set, random), random.range(-PI, PI)),
    };
    let body_of = |entity: &Entity| matches!(entity.body, Body::Car(..) | Body::Tricycle(..));
    let (x, z) = (entity.keys[0].1, entity.keys[0].2);
    let crowded = set.world.cast.iter().any(|other| {
        body_of(other) && body_of(&entity) && (other.keys[0].1 - x).abs() < 5.0 && (other.keys[0].2 - z).abs() < 1.7
    });
    let index = set.add(entity);
    // Not through one another, and not one that fills the picture.
    let filling = set.world.place_box(&Place::Things(vec![index], 0.0), Size { width: 640, height: 360 }).area() > 0.28;
    if crowded || filling {
        set.world.cast.pop();
    }
}
