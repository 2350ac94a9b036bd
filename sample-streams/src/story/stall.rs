//! A vendor pushes a cart onto the pavement, sells for a minute, and goes.

use events::Kind;

use super::{DURATION, Set, TO_ROAD, TO_WALL, Way, rule, zone};
use crate::draw::person::{Load, Pose};
use crate::draw::stall::{Stall, StallShape};
use crate::draw::vehicle::CarShape;
use crate::draw::view::Mount;
use crate::scene::{Plate, SampleScene};
use crate::world::{Body, Event, Mood};

pub(crate) fn scene(seed: u64) -> SampleScene {
    let mount = Mount { height: 5.6, yaw: 0.50, pitch: 0.23, horizontal_fov: 1.10 };
    let mut set = Set::new(seed, mount, Mood::sunny());
    set.furnish(&[-7.5, 6.5, 14.0], -3.8);
    let (x, z) = (set.middle() - 0.5, 11.6);
    let from = set.right(z) + 1.5;
    let pace = 1.15;

    // In from the right, so that the cart stands at 24 s; away the same way from 88 s.
    let arrive = 24.0;
    let begin = arrive - (from - x) / pace;
    let look = Stall::random(&mut set.seed, StallShape::Cart);
    let cart =
        Way::of(Body::Stall(look, arrive + 0.5, 87.5), begin, (from, z)).speed(pace).go((x, z)).until(88.0, 0.0).go((from, z));
    let cart = set.add(cart.rigid(0.0));
    let vendor = set.someone().with_apron([0.90, 0.88, 0.82]);
    let (behind, side) = (z + 0.85, 1.45);
    let vendor = Way::person(vendor, begin, (from + side, z)).pose(Pose::Push).speed(pace).go((x + side, z));
    let vendor = vendor
        .pose(Pose::Serve)
        .speed(1.0)
        .go((x + 1.3, z + 0.35))
        .wait(14.0, TO_ROAD)
        .go((x + 0.3, behind))
        .wait(9.0, TO_ROAD)
        .go((x - 0.3, behind));
    let vendor = vendor.wait(11.0, TO_ROAD).go((x + 1.3, z + 0.3)).until(86.0, TO_ROAD).go((x + side, z));
    let vendor = vendor.until(88.0, 3.1).pose(Pose::Push).speed(pace).go((from + side, z));
    set.add(vendor.done());

    // Customers.
    for (t, at, stay, leave_right) in [(31.0, -0.5, 9.0, true), (46.0, 0.4, 12.0, false), (63.0, -0.2, 8.0, true)] {
        let look = set.someone();
        let lane = z - 1.1;
        let (start, end) = (set.left(lane), if leave_right { set.right(lane) } else { set.left(lane) });
        let way = Way::person(look, t, (start, lane)).go((x + at, lane)).pose(Pose::Serve).wait(stay, TO_WALL);
        let way = way.pose(Pose::Plain).load(Load::Bags([0.86, 0.30, 0.28])).go((end, lane));
        set.add(way.done());
    }
    for (t, z, right) in [(3.0, 13.6, true), (12.0, 13.0, false), (40.0, 13.9, false), (58.0, 13.5, true), (72.0, 14.0, false)] {
        set.passer(t, z, right);
    }
    for (t, shape, right) in [
        (6.0, CarShape::Sedan, false),
        (20.0, CarShape::Van, true),
        (37.0, CarShape::Sedan, true),
        (55.0, CarShape::Sedan, false),
        (80.0, CarShape::Van, false),
    ] {
        set.drive(t, shape, right);
    }
    set.cycle(34.0, true);
    set.cycle(67.0, false);

    let zones = vec![zone("pavement", "Pavement before the shops", set.pavement(), vec![rule(Kind::IllegalStall, 20)])];
    let events =
        vec![Event { kind: Kind::IllegalStall, zone: "pavement", start: arrive, end: Some(88.0), things: vec![cart], at: 50.0 }];
    let plate = Plate {
        id: "demo-stall-01",
        name: "Linhe Road / Songtao Lane, north side",
        district: "Binhe",
        street: "Linhe Road",
        duration_s: DURATION,
        seed,
    };
    SampleScene::new(plate, zones, set.world, events)
}
