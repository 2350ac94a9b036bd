//! Bicycles and e-bikes are parked and stay.

use events::Kind;

use crate::entity::Entity;
use crate::story::{TO_WALL, Way};
use crate::varied::layout::Strip;
use crate::varied::{Tale, Told, travel};
use crate::world::{Body, Place};

pub(in crate::varied) fn parked(tale: &mut Tale) -> Option<Told> {
    let start = tale.time(50.0);
    let strip = if tale.seed.chance(0.6) { Strip::Kerb } else { Strip::Houses };
    let (x, z) = tale.layout.spot(&mut tale.seed, strip, 1.4)?;
    let kerb_lane = tale.layout.kerb - 0.9;
    let heading = tale.seed.range(0.9, 1.6);
    let fetched = if tale.seed.chance(0.4) { start + tale.seed.range(35.0, 60.0) } else { f32::MAX };
    let mut things = Vec::new();
    let mut last = start;
    for n in 0..1 + tale.seed.below(3) {
        let rider = tale.someone_grown();
        let colour = tale.set.car_colour();
        let electric = tale.seed.chance(0.6);
        let place = (x + 0.72 * n as f32, z + tale.seed.range(-0.1, 0.1));
        let edge = tale.layout.end_of_street(&tale.set, kerb_lane, false);
        let route = [(edge, kerb_lane), (place.0 - 1.6, kerb_lane), place];
        let at = start + n as f32 * tale.seed.range(0.5, 5.0);
        let way = Way::of(Body::TwoWheeler(colour, electric, Some(rider)), at - travel(&route, 3.4), route[0]);
        let way = way.speed(3.4).go(route[1]).go(route[2]);
        let parked = way.now();
        tale.add(way.done());
        let gone = if n == 0 { fetched } else { f32::MAX };
        things.push(tale.add(Entity::there(Body::TwoWheeler(colour, electric, None), place.0, place.1, heading, parked, gone)));
        let lane = tale.layout.lane;
        let right = tale.seed.chance(0.5);
        let to = tale.layout.end_of_street(&tale.set, lane, right);
        let off = (place.0 + 0.45, place.1);
        tale.add(Way::person(rider, parked, off).wait(1.5, TO_WALL).go((off.0, lane)).go((to, lane)).by_door());
        if gone < 1e6 {
            let route = [(to, lane), (off.0, lane), off];
            tale.add(Way::person(rider, gone - travel(&route, 1.35), route[0]).go(route[1]).go(off).until(gone, 0.0).done());
            let way = Way::of(Body::TwoWheeler(colour, electric, Some(rider)), gone, place).speed(3.4);
            tale.add(way.go((place.0 - 1.6, kerb_lane)).go((edge, kerb_lane)).done());
        }
        last = parked;
    }
    let end = None;
    Some(Told::new(Kind::WasteDumping, Place::Things(things, last + 1.0), start, end))
}
