//! Somebody pastes a poster on a wall; a cleaner takes it off. An approved sign hangs there all the time.

use events::Kind;

use super::{DURATION, Set, TO_WALL, Way, rule, zone};
use crate::draw::person::{Load, Pose};
use crate::draw::vehicle::CarShape;
use crate::draw::view::Mount;
use crate::entity::Entity;
use crate::scene::{Plate, SampleScene};
use crate::site_toml::PermitSpec;
use crate::world::{Body, Event, Front, Mood};

pub(crate) fn scene(seed: u64) -> SampleScene {
    let mount = Mount { height: 4.6, yaw: -0.28, pitch: 0.15, horizontal_fov: 0.90 };
    let mut set = Set::new(seed, mount, Mood::sunny());
    set.furnish(&[-8.5, 8.0], -3.8);
    let middle = set.middle();
    let facade = set.world.street.facade;
    set.world.street.fronts.push((middle - 4.5, middle + 4.5, Front::Wall));
    let (px, pz) = (middle - 0.3, facade - 0.03);
    let sheet_seed = set.seed.next();

    let paster = set.someone();
    let lane = facade - 0.55;
    let (from, to) = (set.left(lane + 0.3), set.right(lane));
    let begin = 22.0 - (px - from) / 1.35;
    let way =
        Way::person(paster, begin, (from, lane)).load(Load::Roll).go((px + 0.15, lane)).pose(Pose::Reach).load(Load::Nothing);
    let pasted = way.now() + 3.0;
    let way = way.wait(4.0, TO_WALL).pose(Pose::Plain);
    let away = way.now() + 1.0;
    set.add(way.go((to, lane)).done());

    let cleaner = set.someone().cleaner();
    let start = set.right(lane);
    let begin = 88.0 - (start - px) / 1.35;
    let way = Way::person(cleaner, begin, (start, lane)).go((px - 0.15, lane)).pose(Pose::Reach).wait(3.0, TO_WALL);
    let torn = way.now();
    let way = way.load(Load::Roll).pose(Pose::Plain).go((set.left(lane), lane));
    set.add(way.done());
    let poster = set.add(Entity::there(Body::Poster(1.0, 0.95, 1.25, [0.93, 0.90, 0.66], sheet_seed), px, pz, 0.0, pasted, torn));
    // The approved sign.
    let sign_seed = set.seed.next();
    set.add(Entity::fixed(Body::Poster(1.3, 0.9, 0.65, [0.86, 0.90, 0.94], sign_seed), middle + 2.9, pz, 0.0));

    for (t, z, right) in [(1.0, 12.0, true), (10.0, 13.0, false), (36.0, 13.2, true), (54.0, 12.4, false), (68.0, 13.8, true)] {
        set.passer(t, z, right);
    }
    for (t, shape, right) in [
        (5.0, CarShape::Van, true),
        (31.0, CarShape::Sedan, false),
        (46.0, CarShape::Sedan, true),
        (75.0, CarShape::Sedan, false),
    ] {
        set.drive(t, shape, right);
    }
    set.cycle(18.0, true);
    set.cycle(62.0, false);

    let mut wall =
        zone("wall", "Wall of number 40", set.wall(middle - 4.3, middle + 4.3, 0.1, 3.5), vec![rule(Kind::UnauthorizedAd, 15)]);
    wall.permits.push(PermitSpec {
        id: "house-notice-board".to_owned(),
        kinds: vec![Kind::UnauthorizedAd],
        polygon: Some(set.wall(middle + 2.3, middle + 3.5, 1.15, 2.1)),
        document: "district sign register, entry 40".to_owned(),
    });
    let events =
        vec![Event { kind: Kind::UnauthorizedAd, zone: "wall", start: away, end: Some(torn), things: vec![poster], at: 60.0 }];
    let plate = Plate {
        id: "demo-ad-01",
        name: "Meiling Lane 40, blank wall",
        district: "Donghu",
        street: "Meiling Lane",
        duration_s: DURATION,
        seed,
    };
    SampleScene::new(plate, vec![wall], set.world, events)
}
