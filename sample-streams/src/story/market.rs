//! A night market with a permit: stalls that must not be shown as violations.

use events::Kind;

use super::{DURATION, Set, TO_ROAD, TO_WALL, Way, rule, zone};
use crate::draw::person::{Load, Pose};
use crate::draw::stall::{Stall, StallShape};
use crate::draw::vehicle::CarShape;
use crate::draw::view::{Mount, v3};
use crate::scene::{Plate, SampleScene};
use crate::site_toml::PermitSpec;
use crate::world::{Body, Mood};

pub(crate) fn scene(seed: u64) -> SampleScene {
    let mount = Mount { height: 5.4, yaw: 0.36, pitch: 0.22, horizontal_fov: 1.12 };
    let mut set = Set::new(seed, mount, Mood::night());
    set.furnish(&[-9.0, 11.0], -2.6);
    let middle = set.middle();
    let z = 12.3;
    let from = set.right(z) + 1.5;
    let pace = 1.2;
    let shapes = [(-3.6, StallShape::Umbrella, 20.0), (-0.4, StallShape::Cart, 23.0), (2.9, StallShape::Cart, 26.5)];
    for (n, (dx, shape, arrive)) in shapes.into_iter().enumerate() {
        let (x, leave) = (middle + dx, 82.0 + 3.0 * (2 - n) as f32);
        // The last to come goes first, so that nobody has to pass through another's stall.
        let leave = 170.0 - leave;
        let begin = arrive - (from - x) / pace;
        let look = Stall::random(&mut set.seed, shape);
        let stall = Way::of(Body::Stall(look, arrive + 0.5, leave - 0.5), begin, (from, z))
            .speed(pace)
            .go((x, z))
            .until(leave, 0.0)
            .go((from, z));
        set.add(stall.rigid(0.0));
        let vendor = set.someone().with_apron([0.80, 0.26, 0.20]);
        let way = Way::person(vendor, begin, (from + 1.4, z)).pose(Pose::Push).speed(pace).go((x + 1.4, z)).pose(Pose::Serve);
        let way = way
            .go((x + 0.6, z + 0.85))
            .go((x, z + 0.85))
            .until(50.0, TO_ROAD)
            .go((x - 0.35, z + 0.85))
            .until(leave - 3.0, TO_ROAD);
        let way = way.go((x + 1.2, z + 0.85)).go((x + 1.4, z)).until(leave, 3.1).pose(Pose::Push).go((from + 1.4, z));
        set.add(way.done());
    }
    for (t, dx, stay, right) in [
        (28.0, -3.4, 10.0, true),
        (31.0, -0.2, 14.0, false),
        (36.0, 2.7, 9.0, true),
        (44.0, -3.8, 15.0, false),
        (52.0, 0.1, 9.0, true),
        (55.0, 2.4, 12.0, false),
    ] {
        let look = set.someone();
        let lane = z - 1.15;
        let start = if right { set.left(lane) } else { set.right(lane) };
        let end = if right { set.right(lane) } else { set.left(lane) };
        let way = Way::person(look, t, (start, lane - 0.3)).go((middle + dx, lane)).pose(Pose::Serve).wait(stay, TO_WALL);
        set.add(way.pose(Pose::Plain).load(Load::Bags([0.85, 0.82, 0.80])).go((end, lane - 0.3)).done());
    }
    set.passer(4.0, 13.8, true);
    set.passer(62.0, 14.2, false);
    for (t, shape, right) in [
        (9.0, CarShape::Sedan, true),
        (33.0, CarShape::Van, false),
        (48.0, CarShape::Sedan, true),
        (72.0, CarShape::Sedan, false),
    ] {
        set.drive(t, shape, right);
    }
    let mut pavement = zone("market", "Market pavement", set.pavement(), vec![rule(Kind::IllegalStall, 20)]);
    let (x0, x1, far, near) = (middle - 6.0, middle + 6.0, 14.6, 10.4);
    pavement.permits.push(PermitSpec {
        id: "night-market".to_owned(),
        kinds: vec![Kind::IllegalStall],
        polygon: Some(set.zone_of(&[v3(x0, 0.0, far), v3(x1, 0.0, far), v3(x1, 0.0, near), v3(x0, 0.0, near)])),
        document: "district notice on night markets, annex 3".to_owned(),
    });
    let plate = Plate {
        id: "demo-market-01",
        name: "Guangming Street, night market",
        district: "Nanyuan",
        street: "Guangming Street",
        duration_s: DURATION,
        seed,
    };
    SampleScene::new(plate, vec![pavement], set.world, Vec::new())
}
