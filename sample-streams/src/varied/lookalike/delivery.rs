//! A van stops, boxes are put down beside it and taken into a shop, the van drives off.

use std::f32::consts::PI;

use events::Kind;

use crate::draw::person::Load;
use crate::draw::vehicle::CarShape;
use crate::draw::wares::CARTON;
use crate::entity::Entity;
use crate::story::{TO_ROAD, Way};
use crate::varied::{Tale, Told, travel};
use crate::world::{Body, Place};

pub(in crate::varied) fn tell(tale: &mut Tale) -> Option<Told> {
    let start = tale.time(45.0);
    let door = tale.layout.doors.get(tale.seed.below(tale.layout.doors.len().max(1))).copied()?;
    let kerb_lane = tale.layout.kerb - 1.2;
    let (left, right) = (tale.set.left(kerb_lane) - 5.0, tale.set.right(kerb_lane) + 5.0);
    let van_at = (door + tale.seed.range(1.0, 2.5), kerb_lane);
    // Nothing stands longer than two thirds of the shortest dwell before somebody takes it in.
    let shortest = tale.dwell(Kind::WasteDumping).min(tale.dwell(Kind::StorefrontEncroachment));
    let pile = (van_at.0 - 1.6, tale.layout.kerb + 0.7);
    let inside = (door, tale.layout.facade - 0.05);
    let porter = tale.someone_grown();
    let mut t = start;
    let mut things = Vec::new();
    for _ in 0..1 + tale.seed.below(3) {
        // Unloads one stack, then carries it in.
        let way = Way::person(porter, t, (pile.0 + 0.9, pile.1 - 0.5)).load(Load::Crate(CARTON)).go((pile.0 + 0.4, pile.1 + 0.3));
        let put = way.now() + 0.5;
        let stay = tale.seed.range(2.0, shortest * 0.6 - 2.0);
        let way = way.wait(0.5, TO_ROAD).load(Load::Nothing).wait(stay, TO_ROAD);
        let taken = way.now();
        let way = way.load(Load::Crate(CARTON)).go(inside);
        let home = way.now();
        tale.add(way.by_door());
        let seed = tale.seed.next();
        things.push(tale.add(Entity::there(Body::Goods(1, seed), pile.0, pile.1, 0.1, put, taken)));
        let way = Way::person(porter, home + 1.0, inside).go((pile.0 + 0.9, pile.1 - 0.5));
        t = way.now();
        tale.add(way.by_door());
    }
    let end = t;
    let colour = tale.set.car_colour();
    let kerbside = (van_at.0, 3.0, start - 2.0, end + 2.0);
    if !tale.kerb_is_free(kerbside) {
        return None;
    }
    let shape = if tale.seed.chance(0.7) { CarShape::Van } else { CarShape::Lorry };
    let route = [(right, kerb_lane), van_at];
    let way = Way::of(Body::Car(shape, colour), start - 1.5 - travel(&route, 4.5), route[0]).speed(4.5).go(van_at);
    let van = tale.add(way.until(end + 2.0, PI).go((left, kerb_lane)).done());
    let first = *things.first()?;
    let seen = tale.set.world.cast[first].keys[0].0 + 0.5;
    let place = Place::Things(vec![first], seen);
    let mut told = Told::new(Kind::StorefrontEncroachment, place, start, Some(end));
    told.around = vec![(van, start)];
    told.kerbside = Some(kerbside);
    Some(told)
}
