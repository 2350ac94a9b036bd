//! True: a vendor comes, sets a stall up and sells.

use events::Kind;

use super::layout::Strip;
use super::{Tale, Told, travel};
use crate::draw::person::{Load, Pose};
use crate::draw::stall::{Stall, StallShape};
use crate::draw::wares::FRUIT;
use crate::entity::Entity;
use crate::story::{TO_ROAD, TO_WALL, Way};
use crate::world::{Body, Place};

pub(super) fn tell(tale: &mut Tale) -> Option<Told> {
    let stay = tale.dwell(Kind::IllegalStall) + tale.seed.range(24.0, 55.0);
    let start = tale.time(stay + 8.0);
    let open_end = tale.seed.chance(0.3);
    let end = if open_end { tale.duration + 100.0 } else { start + stay };
    let strip = if tale.seed.chance(0.5) { Strip::Kerb } else { Strip::Houses };
    let at = tale.layout.spot(&mut tale.seed, strip, 1.3)?;
    let (stall, start) = set_up(tale, at, start, end);
    customers(tale, at, start, end.min(tale.duration));
    let end = (!open_end).then_some(end);
    Some(Told::new(Kind::IllegalStall, Place::Things(vec![stall], start + 5.0), start, end))
}

/// On which side of a stall the vendor stands: towards the houses (1) or the road (-1), away from the lane.
pub(super) fn behind(tale: &Tale, z: f32) -> f32 {
    if z > tale.layout.lane { 1.0 } else { -1.0 }
}

/// A stall of some shape with its vendor, standing from about `start` to `end`; its number and when it stands.
pub(super) fn set_up(tale: &mut Tale, (x, z): (f32, f32), start: f32, end: f32) -> (usize, f32) {
    let shape = tale.seed.pick(&StallShape::ALL);
    let look = Stall::random(&mut tale.seed, shape);
    let side = behind(tale, z);
    let back = if side > 0.0 { TO_ROAD } else { TO_WALL };
    let right = tale.seed.chance(0.5);
    let apron = tale.seed.pick(&FRUIT);
    let vendor = tale.someone_grown();
    let vendor = if tale.seed.chance(0.7) { vendor.with_apron(apron) } else { vendor };
    let lane = tale.layout.lane;
    let edge = tale.layout.end_of_street(&tale.set, lane, right);
    let post = (x + tale.seed.range(-0.3, 0.3), z + 0.85 * side);
    if shape.rolls() {
        let pace = tale.seed.range(1.0, 1.25);
        let ahead = if right { 1.45 } else { -1.45 };
        let route = [(edge, lane), (x, lane), (x, z)];
        let begin = start - travel(&route, pace);
        let cart = Way::of(Body::Stall(look, start + 0.5, end - 1.0), begin, route[0])
            .speed(pace)
            .go(route[1])
            .go(route[2])
            .until(end, 0.0)
            .go(route[1])
            .go(route[0]);
        let cart = tale.add(cart.rigid(0.0));
        let way = Way::person(vendor, begin, (edge + ahead, lane)).pose(Pose::Push).speed(pace).go((x + ahead, lane));
        let way = way.go((x + ahead, z)).pose(Pose::Serve).go((x + ahead, post.1)).go(post);
        let way = sell(tale, way, post, end - 4.0, back);
        let way = way.go((x + ahead, post.1)).go((x + ahead, z)).until(end, back).pose(Pose::Push).speed(pace);
        let way = way.go((x + ahead, lane)).go((edge + ahead, lane));
        tale.add(way.by_door());
        (cart, start)
    } else {
        // Carried here, laid out on the spot, packed up again.
        let sack = Load::Sack(tale.seed.pick(&FRUIT));
        let work = tale.seed.range(3.0, 5.0);
        let turn = tale.seed.range(-0.25, 0.25);
        let route = [(edge, lane), (x + 0.6, lane), (x + 0.9, z), post];
        let begin = start - work - travel(&route, 1.3);
        let way = Way::person(vendor, begin, route[0]).speed(1.3).load(sack).go(route[1]).go(route[2]).go(route[3]);
        let way = way.load(Load::Nothing).pose(Pose::Stoop).until(start, back).pose(Pose::Serve);
        let way = sell(tale, way, post, end - 4.0, back).pose(Pose::Stoop).until(end, back).pose(Pose::Plain).load(sack);
        let way = way.go(route[2]).go(route[1]).go(route[0]);
        tale.add(way.by_door());
        let stall = Entity::there(Body::Stall(look, start + 0.3, end - 1.0), x, z, turn, start, end);
        (tale.add(stall), start)
    }
}

/// Stands and moves a little behind the stall.
fn sell(tale: &mut Tale, mut way: Way, post: (f32, f32), until: f32, facing: f32) -> Way {
    while way.now() < until - 9.0 {
        let stay = tale.seed.range(5.0, 14.0);
        let pose = tale.seed.pick(&[Pose::Serve, Pose::Serve, Pose::Plain]);
        let to = (post.0 + tale.seed.range(-0.5, 0.5), post.1);
        let next = (way.now() + stay).min(until);
        way = way.pose(pose).until(next, facing).go(to);
    }
    way.until(until, facing)
}

/// People who come, look, buy and go.
pub(super) fn customers(tale: &mut Tale, (x, z): (f32, f32), start: f32, end: f32) {
    let side = behind(tale, z);
    let mut t = start + tale.seed.range(3.0, 12.0);
    while t < end - 12.0 {
        let look = tale.someone_grown();
        let (from, to) = (tale.seed.chance(0.5), tale.seed.chance(0.5));
        let lane = tale.layout.lane;
        let (from, to) = (tale.layout.end_of_street(&tale.set, lane, from), tale.layout.end_of_street(&tale.set, lane, to));
        let front = (x + tale.seed.range(-0.7, 0.7), z - 1.1 * side);
        let stay = tale.seed.range(5.0, 16.0);
        let bag = Load::Bags(tale.seed.pick(&FRUIT));
        let route = [(from, lane), (front.0, lane), front];
        let way = Way::person(look, t - travel(&route, 1.35), route[0]).go(route[1]).go(front).pose(Pose::Serve);
        let way = way.wait(stay, if side > 0.0 { TO_WALL } else { TO_ROAD }).pose(Pose::Plain).load(bag);
        tale.add(way.go((front.0, lane)).go((to, lane)).by_door());
        t += stay * tale.seed.range(0.5, 2.5);
    }
}
