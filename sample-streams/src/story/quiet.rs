//! A street on which nothing wrong happens, full of what looks like it: a vendor passing through, people chatting, bicycles
//! parked, a car parking and leaving, a delivery.

use std::f32::consts::PI;

use events::Kind;

use super::{DURATION, Set, TO_ROAD, TO_WALL, Way, rule, zone};
use crate::draw::person::{Load, Pose};
use crate::draw::stall::{Stall, StallShape};
use crate::draw::vehicle::CarShape;
use crate::draw::view::Mount;
use crate::draw::wares::CARTON;
use crate::entity::Entity;
use crate::scene::{Plate, SampleScene};
use crate::world::{Body, Front, Mood};

pub(crate) fn scene(seed: u64) -> SampleScene {
    let mount = Mount { height: 5.8, yaw: -0.45, pitch: 0.24, horizontal_fov: 1.12 };
    let mut set = Set::new(seed, mount, Mood::sunny());
    set.furnish(&[-13.0, -5.0, 8.0], -3.8);
    let middle = set.middle();
    let (kerb, facade) = (set.world.street.kerb, set.world.street.facade);
    set.world.street.fronts.push((middle + 3.0, middle + 6.0, Front::Open));
    set.add(Entity::fixed(Body::Bin([0.18, 0.38, 0.26]), middle + 1.8, facade - 0.45, 0.0));

    // The vendor does not stop.
    let z = 12.0;
    let (from, to) = (set.left(z) - 1.5, set.right(z) + 1.5);
    let look = Stall::random(&mut set.seed, StallShape::Cart);
    let cart = Way::of(Body::Stall(look, 500.0, 600.0), 22.0, (from, z)).speed(1.1).go((to, z));
    set.add(cart.rigid(0.0));
    let vendor = set.someone().with_apron([0.85, 0.83, 0.78]);
    set.add(Way::person(vendor, 22.0, (from - 1.45, z)).pose(Pose::Push).speed(1.1).go((to - 1.45, z)).done());

    // Two people meet and talk for forty seconds.
    let (a, b) = (set.someone(), set.someone());
    let z = 13.3;
    let (left, right) = (set.left(z), set.right(z));
    let spot = middle - 2.2;
    let way =
        Way::person(a, 26.0, (left, z)).go((spot - 0.45, z)).pose(Pose::Talk).until(78.0, 0.0).pose(Pose::Plain).go((right, z));
    set.add(way.done());
    let way = Way::person(b, 28.0, (right, z))
        .go((spot + 0.45, z))
        .pose(Pose::Talk)
        .until(78.5, PI)
        .pose(Pose::Plain)
        .go((left, z + 0.3));
    set.add(way.done());

    // Two bicycles have stood there for days; a third is parked and fetched.
    for (dx, colour) in [(-8.2, [0.16, 0.30, 0.50]), (-7.5, [0.55, 0.14, 0.14])] {
        set.add(Entity::fixed(Body::TwoWheeler(colour, false, None), middle + dx, kerb + 0.95, 1.2));
    }
    bike(&mut set, middle - 6.7);

    // A car parks at the kerb from 30 s to 84 s.
    let lane = kerb - 1.2;
    let (left, right) = (set.left(lane) - 4.0, set.right(lane) + 4.0);
    let colour = set.car_colour();
    let park = (middle + 1.0, lane);
    let parked = 30.0;
    let begin = parked - (right - park.0) / 4.5;
    set.add(
        Way::of(Body::Car(CarShape::Sedan, colour), begin, (right, lane))
            .speed(4.5)
            .go(park)
            .until(84.0, PI)
            .go((left, lane))
            .done(),
    );

    // A delivery: four boxes from a van into the shop, none put down.
    let van_at = (middle + 6.6, lane);
    let begin = 40.0 - (right - van_at.0) / 4.5;
    set.add(
        Way::of(Body::Car(CarShape::Van, [0.86, 0.86, 0.84]), begin, (right, lane))
            .speed(4.5)
            .go(van_at)
            .until(70.0, PI)
            .go((left, lane))
            .done(),
    );
    let porter = set.someone();
    let (van_side, door) = ((middle + 5.6, kerb - 0.1), (middle + 4.5, facade - 0.05));
    let mut t = 43.0;
    for _ in 0..2 {
        let way = Way::person(porter, t, van_side).load(Load::Crate(CARTON)).go(door);
        t = way.now() + 1.0;
        set.add(way.by_door());
        let way = Way::person(porter, t, door).go(van_side);
        t = way.now();
        set.add(way.by_door());
    }
    for (t, z, right) in [(2.0, 13.8, true), (9.0, 12.6, false), (50.0, 11.2, true), (64.0, 14.0, false)] {
        set.passer(t, z, right);
    }
    for (t, shape, right) in [(13.0, CarShape::Sedan, true), (58.0, CarShape::Lorry, true), (76.0, CarShape::Sedan, true)] {
        set.drive(t, shape, right);
    }

    let all = vec![rule(Kind::IllegalStall, 20), rule(Kind::StorefrontEncroachment, 20), rule(Kind::WasteDumping, 12)];
    let mut pavement = zone("pavement", "Pavement, even numbers", set.pavement(), all);
    pavement.shop_line = Some(set.shop_line(0.9));
    let wall =
        zone("fronts", "House fronts", set.wall(middle - 9.0, middle + 2.6, 0.4, 2.7), vec![rule(Kind::UnauthorizedAd, 15)]);
    let plate = Plate {
        id: "demo-quiet-01",
        name: "Yulan Road 22, bus stop side",
        district: "Nanyuan",
        street: "Yulan Road",
        duration_s: DURATION,
        seed,
    };
    SampleScene::new(plate, vec![pavement, wall], set.world, Vec::new())
}

/// Somebody rides up, parks, walks off, comes back and rides away.
fn bike(set: &mut Set, x: f32) {
    let z = set.world.street.kerb + 0.95;
    let rider = set.someone();
    let colour = [0.90, 0.72, 0.16];
    let lane = set.world.street.kerb - 0.9;
    let from = set.left(lane) - 1.0;
    let ride = Way::of(Body::TwoWheeler(colour, true, Some(rider)), 22.0, (from, lane)).speed(3.4).go((x - 1.5, lane)).go((x, z));
    let parked = ride.now();
    set.add(ride.done());
    let fetched = 90.0;
    set.add(Entity::there(Body::TwoWheeler(colour, true, None), x, z, 1.2, parked, fetched));
    let edge = set.left(13.9);
    set.add(Way::person(rider, parked, (x + 0.4, z + 0.3)).wait(1.0, TO_ROAD).go((x + 0.6, 13.9)).go((edge, 13.9)).done());
    let walk = (x - edge) / 1.35 + 3.5;
    let way = Way::person(rider, fetched - walk, (edge, 13.9)).go((x + 0.5, 13.9)).go((x + 0.4, z + 0.3)).until(fetched, TO_WALL);
    set.add(way.done());
    let ride =
        Way::of(Body::TwoWheeler(colour, true, Some(rider)), fetched, (x, z)).speed(3.4).go((x - 1.5, lane)).go((from, lane));
    set.add(ride.done());
}
