//! A vendor comes with a cart, stops for less than the dwell, perhaps serves somebody, and moves on.

use events::Kind;

use crate::draw::person::Pose;
use crate::draw::stall::{Stall, StallShape};
use crate::draw::wares::FRUIT;
use crate::story::{TO_ROAD, TO_WALL, Way};
use crate::varied::layout::Strip;
use crate::varied::{Tale, Told, travel};
use crate::world::{Body, Place};

pub(in crate::varied) fn moves_on(tale: &mut Tale) -> Option<Told> {
    let stop = tale.dwell(Kind::IllegalStall) * tale.seed.range(0.25, 0.6);
    let start = tale.time(stop + 10.0);
    let (x, z) = tale.layout.spot(&mut tale.seed, Strip::Kerb, 1.2)?;
    let look = Stall::random(&mut tale.seed, StallShape::Cart);
    let vendor = tale.someone_grown().with_apron(tale.seed.pick(&FRUIT));
    let right = tale.seed.chance(0.5);
    let pace = tale.seed.range(0.9, 1.2);
    let lane = tale.layout.lane;
    let (from, to) = (tale.layout.end_of_street(&tale.set, lane, right), tale.layout.end_of_street(&tale.set, lane, !right));
    let ahead = if right { 1.45 } else { -1.45 };
    let route = [(from, lane), (x, lane), (x, z)];
    let begin = start - travel(&route, pace);
    let end = start + stop;
    let up = if tale.seed.chance(0.5) { start + 0.5 } else { 1e6 };
    let cart = Way::of(Body::Stall(look, up, end - 1.0), begin, route[0]).speed(pace).go(route[1]).go(route[2]);
    let cart = tale.add(cart.until(end, 0.0).go(route[1]).go((to, lane)).rigid(0.0));
    let facing = if z > lane { TO_ROAD } else { TO_WALL };
    let way = Way::person(vendor, begin, (from + ahead, lane)).pose(Pose::Push).speed(pace).go((x + ahead, lane));
    let way = way.go((x + ahead, z)).pose(Pose::Plain).until(end, facing).pose(Pose::Push).go((x + ahead, lane));
    tale.add(way.go((to + ahead, lane)).by_door());
    Some(Told::new(Kind::IllegalStall, Place::Things(vec![cart], start + 0.5 * stop), start, Some(end)))
}
