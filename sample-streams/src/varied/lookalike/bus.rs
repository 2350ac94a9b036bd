//! People queue at a bus stop, a bus comes and takes them along.

use std::f32::consts::PI;

use events::Kind;

use crate::draw::vehicle::CarShape;
use crate::entity::Entity;
use crate::story::{TO_ROAD, Way};
use crate::varied::layout::Strip;
use crate::varied::{Tale, Told, travel};
use crate::world::{Body, Place};

pub(in crate::varied) fn queue(tale: &mut Tale) -> Option<Told> {
    let wait = tale.seed.range(40.0, 80.0);
    let start = tale.time(wait + 6.0);
    let (x, _) = tale.layout.spot(&mut tale.seed, Strip::Kerb, 2.0)?;
    let kerb = tale.layout.kerb;
    let z = kerb + 0.8;
    let comes = start + wait;
    let lane = kerb - 1.45;
    let kerbside = (x, 4.7, comes, comes + 9.0);
    if !tale.kerb_is_free(kerbside) {
        return None;
    }
    tale.add(Entity::fixed(Body::BusStop, x - 0.7, z - 0.1, 0.0));
    let mut people = Vec::new();
    let count = 3 + tale.seed.below(4);
    for n in 0..count {
        let who = tale.someone();
        let edge = tale.some_end();
        let at = (x + 0.62 * n as f32, z + tale.seed.range(-0.08, 0.08));
        let arrive = if n < 2 { start } else { start + tale.seed.range(0.0, wait * 0.5) };
        let walk = tale.layout.lane;
        let route = [(edge, walk), (at.0, walk), at];
        let way = Way::person(who, arrive - travel(&route, 1.3), route[0]).speed(1.3).go(route[1]).go(at);
        let boards = comes + 1.0 + 0.9 * n as f32;
        let way = way.until(boards, if tale.seed.chance(0.5) { TO_ROAD } else { PI }).go((x - 0.4, z - 0.5));
        people.push(tale.add(way.go((x - 0.4, kerb - 0.1)).by_door()));
    }
    let (right, left) = (tale.set.right(lane) + 7.0, tale.set.left(lane) - 8.0);
    let colour = tale.seed.pick(&[[0.20, 0.44, 0.30], [0.80, 0.80, 0.78], [0.20, 0.36, 0.60], [0.70, 0.26, 0.18]]);
    let road = kerb - 3.0;
    let route = [(right, road), (x + 8.0, road), (x, lane)];
    let bus = Way::of(Body::Car(CarShape::Bus, colour), comes - travel(&route, 6.0), route[0]).speed(6.0);
    tale.add(bus.go(route[1]).go(route[2]).until(comes + 8.0, PI).go((x - 8.0, road)).go((left, road)).done());
    let mut told = Told::new(Kind::IllegalStall, Place::Things(people, start + wait * 0.55), start, Some(comes + 6.0));
    told.kerbside = Some(kerbside);
    Some(told)
}
