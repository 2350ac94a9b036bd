//! Bags left at a lamp post by somebody on foot, rubble tipped off a tricycle; both are cleared away.

use events::Kind;

use super::{DURATION, Set, TO_ROAD, TO_WALL, Way, rule, zone};
use crate::draw::person::{Load, Pose};
use crate::draw::vehicle::CarShape;
use crate::draw::view::Mount;
use crate::entity::Entity;
use crate::scene::{Plate, SampleScene};
use crate::world::{Body, Event, Mood};

/// Somebody this far away (metres) has left a thing.
const LEFT: f32 = 3.0;

pub(crate) fn scene(seed: u64) -> SampleScene {
    let mount = Mount { height: 6.0, yaw: 0.42, pitch: 0.27, horizontal_fov: 1.12 };
    let mut set = Set::new(seed, mount, Mood::overcast());
    set.furnish(&[-6.5, 9.0, 16.0], -3.8);
    let middle = set.middle();
    let facade = set.world.street.facade;
    for (dx, colour) in [(-6.6, [0.16, 0.36, 0.24]), (-5.9, [0.20, 0.32, 0.52])] {
        set.add(Entity::fixed(Body::Bin(colour), middle + dx, facade - 0.45, 0.0));
    }
    let planter = set.seed.next();
    set.add(Entity::fixed(Body::Planter(planter), middle + 3.6, facade - 0.5, 0.0));
    let bags = by_hand(&mut set, middle - 2.6);
    let rubble = by_tricycle(&mut set, middle + 2.4);
    for (t, z, right) in [(4.0, 13.4, false), (11.0, 12.8, true), (49.0, 13.0, false), (56.0, 13.6, true), (73.0, 12.6, false)] {
        set.passer(t, z, right);
    }
    for (t, shape, right) in [
        (7.0, CarShape::Sedan, true),
        (30.0, CarShape::Van, false),
        (53.0, CarShape::Sedan, true),
        (70.0, CarShape::Sedan, false),
    ] {
        set.drive(t, shape, right);
    }
    set.cycle(60.0, true);

    let zones = vec![zone("corner", "Pavement at the corner", set.pavement(), vec![rule(Kind::WasteDumping, 12)])];
    let plate = Plate {
        id: "demo-dump-01",
        name: "Xiyuan Street / Chaoyang Alley, corner",
        district: "Donghu",
        street: "Xiyuan Street",
        duration_s: DURATION,
        seed,
    };
    SampleScene::new(plate, zones, set.world, vec![bags, rubble])
}

fn by_hand(set: &mut Set, x: f32) -> Event {
    let z = 13.9;
    let black = [0.10, 0.10, 0.11];
    let look = set.someone();
    let from = set.left(z);
    let begin = 20.0 - (x - from) / 1.35;
    let way = Way::person(look, begin, (from, z - 0.4))
        .load(Load::Bags(black))
        .go((x - 0.5, z - 0.4))
        .pose(Pose::Stoop)
        .wait(1.2, TO_WALL);
    let put = way.now();
    let way = way.load(Load::Nothing).wait(0.8, TO_WALL).pose(Pose::Plain);
    let left = way.now() + LEFT / 1.35;
    set.add(way.go((from, z - 0.9)).done());

    let cleaner = set.someone().cleaner();
    let begin = 88.0 - (x - from) / 1.35;
    let way = Way::person(cleaner, begin, (from, z - 0.6)).go((x - 0.6, z - 0.6)).pose(Pose::Stoop).wait(1.5, TO_WALL);
    let taken = way.now();
    let way = way.load(Load::Bags(black)).wait(0.5, TO_WALL).pose(Pose::Plain);
    set.add(way.go((from, z - 0.8)).done());
    let mut things = Vec::new();
    for (dx, dz, size, colour) in
        [(0.0, 0.0, 0.62, black), (0.52, 0.12, 0.55, [0.13, 0.13, 0.15]), (0.22, -0.3, 0.5, [0.80, 0.80, 0.78])]
    {
        let seed = set.seed.next();
        things.push(set.add(Entity::there(Body::Bag(colour, size, seed), x + dx, z + dz, 0.0, put, taken)));
    }
    Event { kind: Kind::WasteDumping, zone: "corner", start: left, end: Some(taken), things, at: 60.0 }
}

fn by_tricycle(set: &mut Set, x: f32) -> Event {
    let (lane, z) = (set.world.street.kerb - 0.9, set.world.street.kerb + 0.75);
    let rider = set.someone();
    let start = set.right(lane) + 2.0;
    let stop = x - 1.0;
    let pace = 3.2;
    // Rides in along the kerb, tips, rides on.
    let begin = 34.0 - (start - stop) / pace;
    let (tip, tipped) = (36.0, 39.0);
    let load = vec![(tip, 1.0), (tipped, 0.0)];
    let colour = [0.18, 0.36, 0.52];
    let end = set.left(lane) - 2.0;
    let ridden = |from, to| Way::of(Body::Tricycle(colour, Some(rider), load.clone()), from, to).speed(pace);
    set.add(ridden(begin, (start, lane)).go((stop, lane)).done());
    // While it tips, the rider stands behind the bed.
    set.add(Entity::there(Body::Tricycle(colour, None, load.clone()), stop, lane, std::f32::consts::PI, 34.0, 42.0));
    let way =
        Way::person(rider, 34.0, (stop - 0.3, lane - 0.6)).go((x + 1.2, lane - 0.5)).go((x + 1.3, z - 0.8)).pose(Pose::Serve);
    let way = way
        .until(tipped + 0.3, TO_WALL)
        .pose(Pose::Plain)
        .go((x + 1.2, lane - 0.5))
        .go((stop - 0.3, lane - 0.6))
        .until(42.0, TO_ROAD);
    set.add(way.done());
    set.add(ridden(42.0, (stop, lane)).go((end, lane)).done());
    let left = 42.0 + LEFT / pace;

    let cleaner = set.someone().cleaner();
    let from = set.right(z);
    let begin = 85.0 - (from - x) / 1.35;
    let way = Way::person(cleaner, begin, (from, z + 0.9))
        .go((x + 0.3, z + 0.9))
        .pose(Pose::Stoop)
        .wait(7.0, TO_ROAD)
        .pose(Pose::Plain);
    let cleared = way.now() - 0.3;
    set.add(way.go((from, z + 0.9)).done());
    let seed = set.seed.next();
    let levels = vec![(tip, 0.0), (tipped, 1.0), (85.5, 1.0), (cleared, 0.0)];
    let pile = set.add(Entity::there(Body::Pile(0.95, 0.55, levels, seed), x, z, 0.0, tip, cleared));
    Event { kind: Kind::WasteDumping, zone: "corner", start: left, end: Some(cleared), things: vec![pile], at: 60.0 }
}
