//! A shopkeeper carries crates, a table and a board out over the shop line, and in again.

use events::Kind;

use super::{DURATION, Set, TO_ROAD, Way, rule, zone};
use crate::draw::person::Load;
use crate::draw::vehicle::CarShape;
use crate::draw::view::Mount;
use crate::draw::wares::CARTON;
use crate::entity::Entity;
use crate::scene::{Plate, SampleScene};
use crate::world::{Body, Event, Front, Mood};

/// How far the shop reaches before its front, in metres.
const ALLOWED: f32 = 0.9;

pub(crate) fn scene(seed: u64) -> SampleScene {
    let mount = Mount { height: 5.0, yaw: 0.30, pitch: 0.20, horizontal_fov: 1.02 };
    let mut set = Set::new(seed, mount, Mood::overcast());
    set.furnish(&[-9.0, 9.5], -3.8);
    let middle = set.middle();
    let facade = set.world.street.facade;
    set.world.street.fronts.push((middle - 2.6, middle + 2.6, Front::Open));
    let door = (middle + 0.3, facade - 0.05);
    let line = facade - ALLOWED - 0.95;

    // What is put down, where, when, and when it is taken in again.
    let seeds: Vec<u64> = (0..6).map(|_| set.seed.next()).collect();
    let items = [
        (Body::Goods(0, seeds[0]), -1.9, 0.0),
        (Body::Goods(2, seeds[1]), -1.1, 0.1),
        (Body::Table([0.72, 0.68, 0.60], true, seeds[2]), 0.2, -0.15),
        (Body::Goods(0, seeds[3]), 1.35, 0.0),
        (Body::Board([0.93, 0.90, 0.70], seeds[4]), 2.1, -0.2),
    ];
    let keeper = set.someone().with_apron([0.20, 0.34, 0.52]);
    let mut things = Vec::new();
    let (mut out, mut back) = (20.0, 78.0);
    let (mut first, mut last) = (0.0, 0.0);
    for (n, (body, dx, dz)) in items.into_iter().enumerate() {
        let place = (middle + dx, line + dz);
        // The keeper stands on the shop's side of the thing.
        let stand = (place.0, place.1 + 0.55);
        let way = Way::person(keeper, out, door).load(Load::Crate(CARTON)).go(stand).wait(0.5, TO_ROAD).load(Load::Nothing);
        let put = way.now();
        let way = way.wait(0.4, TO_ROAD).go(door);
        let gone = way.now();
        set.add(way.by_door());
        let way = Way::person(keeper, back, door).go(stand).wait(0.5, TO_ROAD);
        let taken = way.now();
        let way = way.load(Load::Crate(CARTON)).go(door);
        back = way.now() + 0.2;
        set.add(way.by_door());
        things.push(set.add(Entity::there(body, place.0, place.1, 0.0, put, taken)));
        out = gone + 0.3;
        if n == 0 {
            first = put;
        }
        last = taken;
    }
    for (t, z, right) in
        [(2.0, 11.0, false), (11.0, 11.6, true), (33.0, 10.9, true), (50.0, 11.4, false), (52.0, 11.0, false), (74.0, 11.2, true)]
    {
        set.passer(t, z, right);
    }
    // A customer looks at the goods.
    let look = set.someone();
    let lane = line - 1.0;
    let (from, to) = (set.right(lane), set.left(lane));
    set.add(Way::person(look, 44.0, (from, lane)).go((middle + 0.5, lane)).wait(9.0, super::TO_WALL).go((to, lane)).done());
    for (t, shape, right) in [
        (8.0, CarShape::Sedan, true),
        (27.0, CarShape::Sedan, false),
        (47.0, CarShape::Lorry, true),
        (69.0, CarShape::Van, false),
    ] {
        set.drive(t, shape, right);
    }
    set.cycle(16.0, false);
    set.cycle(60.0, true);

    let mut shop_zone =
        zone("shops", "Shops, odd numbers 11 to 19", set.pavement(), vec![rule(Kind::StorefrontEncroachment, 20)]);
    shop_zone.shop_line = Some(set.shop_line(ALLOWED));
    let events =
        vec![Event { kind: Kind::StorefrontEncroachment, zone: "shops", start: first, end: Some(last), things, at: 70.0 }];
    let plate = Plate {
        id: "demo-shop-01",
        name: "Qingshan Street 15, opposite the grocer",
        district: "Binhe",
        street: "Qingshan Street",
        duration_s: DURATION,
        seed,
    };
    SampleScene::new(plate, vec![shop_zone], set.world, events)
}
