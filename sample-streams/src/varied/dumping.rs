//! True: somebody leaves waste behind and goes: by hand, from a handcart, from a tricycle, from a lorry.

use std::f32::consts::PI;

use events::Kind;

use super::layout::Strip;
use super::{Tale, Told, travel};
use crate::draw::junk::Junk;
use crate::draw::pen::Rgb;
use crate::draw::person::{Load, Pose};
use crate::draw::vehicle::CarShape;
use crate::draw::wares::{CARTON, FRUIT};
use crate::entity::Entity;
use crate::story::{TO_ROAD, TO_WALL, Way};
use crate::world::{Body, Place};

/// Somebody this far away (metres) has left a thing.
const LEFT: f32 = 3.0;

/// What was left, when the last of it was put down, and when whoever did it had gone.
struct Left {
    things: Vec<usize>,
    put: f32,
    gone: f32,
    kerbside: Option<(f32, f32, f32, f32)>,
}

pub(super) fn tell(tale: &mut Tale) -> Option<Told> {
    let stay = tale.dwell(Kind::WasteDumping) + tale.seed.range(24.0, 60.0);
    let put = tale.time(stay + 18.0);
    let open_end = tale.seed.chance(0.4);
    let end = if open_end { f32::MAX } else { put + stay + 12.0 };
    let left = match tale.seed.below(10) {
        0..=4 => by_hand(tale, put, end)?,
        5 | 6 => by_handcart(tale, put, end)?,
        7 | 8 => by_tricycle(tale, put, end)?,
        _ => by_lorry(tale, put, end)?,
    };
    if !open_end {
        cleaner(tale, &left.things, end);
    }
    let place = Place::Things(left.things, left.put + 0.5);
    let mut told = Told::new(Kind::WasteDumping, place, left.gone, (!open_end).then_some(end));
    told.kerbside = left.kerbside;
    Some(told)
}

pub(super) const BAGS: [Rgb; 7] = [
    [0.10, 0.10, 0.11],
    [0.14, 0.15, 0.18],
    [0.80, 0.80, 0.78],
    [0.20, 0.34, 0.62],
    [0.75, 0.62, 0.22],
    [0.55, 0.16, 0.14],
    [0.46, 0.45, 0.42],
];

/// The side on which somebody stands who puts something down: nearer the lane. Also where that looks.
fn lane_side(tale: &Tale, z: f32) -> (f32, f32) {
    if z > tale.layout.lane { (-1.0, TO_WALL) } else { (1.0, TO_ROAD) }
}

fn by_hand(tale: &mut Tale, put: f32, end: f32) -> Option<Left> {
    let strip = if tale.seed.chance(0.5) { Strip::Kerb } else { Strip::Houses };
    let (x, z) = tale.layout.spot(&mut tale.seed, strip, 0.9)?;
    let colour = tale.seed.pick(&BAGS);
    let bags = tale.seed.chance(0.5);
    let junk = tale.seed.pick(&Junk::LIGHT);
    let load = match junk {
        _ if bags => Load::Bags(colour),
        Junk::Cartons | Junk::Chair | Junk::Litter => Load::Crate(CARTON),
        _ => Load::Sack(colour),
    };
    let look = tale.someone_grown();
    let lane = tale.layout.lane;
    let (from, to) = (tale.some_end(), tale.some_end());
    let (side, facing) = lane_side(tale, z);
    let stand = (x + 0.1, z + 0.55 * side);
    let route = [(from, lane), (stand.0, lane), stand];
    let way = Way::person(look, put - 1.2 - travel(&route, 1.35), route[0]).load(load).go(route[1]).go(stand);
    let way = way.pose(Pose::Stoop).until(put, facing).load(Load::Nothing).wait(0.8, facing).pose(Pose::Plain);
    let gone = way.now() + LEFT / 1.35;
    tale.add(way.go((stand.0, lane)).go((to, lane)).by_door());
    let mut things = Vec::new();
    if bags {
        for n in 0..1 + tale.seed.below(4) {
            let seed = tale.seed.next();
            let at = (x + 0.40 * n as f32 - 0.3, z + tale.seed.range(-0.15, 0.15));
            let size = tale.seed.range(0.45, 0.8);
            let colour = if tale.seed.chance(0.25) { tale.seed.pick(&BAGS) } else { colour };
            things.push(tale.add(Entity::there(Body::Bag(colour, size, seed), at.0, at.1, 0.0, put, end)));
        }
    } else {
        let (seed, turn) = (tale.seed.next(), tale.seed_turn());
        things.push(tale.add(Entity::there(Body::Junk(junk, seed), x, z, turn, put, end)));
    }
    Some(Left { things, put, gone, kerbside: None })
}

/// What comes off a bed: a heap that grows, or bulky things.
fn load_of(tale: &mut Tale, (x, z): (f32, f32), tip: f32, tipped: f32, end: f32) -> (Vec<usize>, bool) {
    let (seed, turn) = (tale.seed.next(), tale.seed_turn());
    if tale.seed.chance(0.55) {
        let levels = vec![(tip, 0.0), (tipped, 1.0)];
        let pile = Body::Pile(tale.seed.range(0.6, 1.1), tale.seed.range(0.35, 0.65), levels, seed);
        (vec![tale.add(Entity::there(pile, x, z, turn, tip, end))], true)
    } else {
        let mut things = Vec::new();
        for n in 0..1 + tale.seed.below(2) {
            let junk = tale.seed.pick(&Junk::ALL);
            let at = (x + 1.1 * n as f32, z + tale.seed.range(-0.1, 0.1));
            let when = tip + (tipped - tip) * (0.5 + 0.5 * n as f32);
            let seed = tale.seed.next();
            things.push(tale.add(Entity::there(Body::Junk(junk, seed), at.0, at.1, turn, when, end)));
        }
        (things, false)
    }
}

fn by_handcart(tale: &mut Tale, tip: f32, end: f32) -> Option<Left> {
    let strip = if tale.seed.chance(0.6) { Strip::Kerb } else { Strip::Houses };
    let (x, z) = tale.layout.spot(&mut tale.seed, strip, 1.2)?;
    let lane = tale.layout.lane;
    let right = tale.seed.chance(0.5);
    let from = tale.layout.end_of_street(&tale.set, lane, !right);
    let to = tale.layout.end_of_street(&tale.set, lane, right);
    let heading = if right { 0.0 } else { PI };
    let behind = if right { -1.4 } else { 1.4 };
    let pace = tale.seed.range(1.0, 1.2);
    let tipped = tip + tale.seed.range(2.5, 5.0);
    let (side, facing) = lane_side(tale, z);
    let stop = (x, z + 0.95 * side);
    let route = [(from, lane), (x, lane), stop];
    let begin = tip - 0.5 - travel(&route, pace);
    let (colour, seed) = (tale.seed.pick(&FRUIT), tale.seed.next());
    let (things, heap) = load_of(tale, (x, z), tip, tipped, end);
    let load = if heap { vec![(tip, 1.0), (tipped, 0.0)] } else { vec![(tip, 0.6), (tipped, 0.0)] };
    let away = tipped + 1.0;
    let cart = Way::of(Body::Handcart(colour, load, seed), begin, route[0]).speed(pace).go(route[1]).go(stop);
    tale.add(cart.until(away, heading).go((x, lane)).go((to, lane)).rigid(heading));
    let look = tale.someone_grown();
    let way = Way::person(look, begin, (from + behind, lane)).pose(Pose::Push).speed(pace).go((x + behind, lane));
    let way = way.go((x + behind, stop.1)).pose(Pose::Serve).until(tip - 0.1, facing).go((x + 0.4 * behind, stop.1));
    let way = way.until(tipped, facing).go((x + behind, stop.1)).until(away, facing).pose(Pose::Push).go((x + behind, lane));
    tale.add(way.go((to + behind, lane)).by_door());
    Some(Left { things, put: tipped, gone: away + LEFT / pace, kerbside: None })
}

/// A vehicle stops at the kerb, its driver gets out, unloads behind it on the pavement, gets in and drives off. `ride` makes the
/// vehicle with or without its driver.
fn from_kerb(
    tale: &mut Tale,
    tip: f32,
    end: f32,
    half: f32,
    pace: f32,
    ride: impl Fn(bool, &[(f32, f32)]) -> Body,
) -> Option<Left> {
    let (x, _) = tale.layout.spot(&mut tale.seed, Strip::Kerb, 1.4)?;
    let kerb = tale.layout.kerb;
    let (lane, z) = (kerb - 0.95, kerb + tale.seed.range(0.7, 1.1));
    let (start, out) = (tale.set.right(lane) + 4.0, tale.set.left(lane) - 5.0);
    let stop = x - 0.6 - half * 0.6;
    let arrive = tip - 3.5;
    let tipped = tip + tale.seed.range(3.0, 7.0);
    let away = tipped + 4.0;
    let kerbside = (stop, half, arrive, away);
    if !tale.kerb_is_free(kerbside) {
        return None;
    }
    let (things, heap) = load_of(tale, (x, z), tip, tipped, end);
    let load = if heap { vec![(tip, 1.0), (tipped, 0.0)] } else { vec![(tip, 0.5), (tipped, 0.0)] };
    let road = kerb - 3.0;
    let route = [(start, road), (stop + 6.0, road), (stop, lane)];
    let ridden = |from, to| Way::of(ride(true, &load), from, to).speed(pace);
    tale.add(ridden(arrive - travel(&route, pace), route[0]).go(route[1]).go(route[2]).done());
    tale.add(Entity::there(ride(false, &load), stop, lane, PI, arrive, away));
    let look = tale.someone_grown();
    let door = (stop - 0.3, kerb + 0.15);
    let work = (x + 1.0, z + 0.1);
    let way = Way::person(look, arrive + 0.3, door).go((work.0, door.1)).go(work).pose(Pose::Serve);
    let way = way.until(tipped + 0.2, PI).pose(Pose::Plain).go((work.0, door.1)).go(door);
    tale.add(way.until(away, TO_ROAD).by_door());
    tale.add(ridden(away, (stop, lane)).go((stop - 6.0, road)).go((out, road)).done());
    Some(Left { things, put: tipped, gone: away + (LEFT + half) / pace, kerbside: Some(kerbside) })
}

fn by_tricycle(tale: &mut Tale, tip: f32, end: f32) -> Option<Left> {
    let rider = tale.someone_grown();
    let colour = tale.seed.pick(&[[0.18, 0.36, 0.52], [0.52, 0.20, 0.16], [0.24, 0.42, 0.26], [0.62, 0.60, 0.56]]);
    from_kerb(tale, tip, end, 1.5, 3.2, |ridden, load| Body::Tricycle(colour, ridden.then_some(rider), load.to_vec()))
}

fn by_lorry(tale: &mut Tale, tip: f32, end: f32) -> Option<Left> {
    let shape = tale.seed.pick(&[CarShape::Lorry, CarShape::Pickup, CarShape::Van, CarShape::Pickup]);
    let colour = tale.set.car_colour();
    from_kerb(tale, tip, end, shape.bulk().0, 5.0, |_, _| Body::Car(shape, colour))
}

/// Street cleaning takes the things away at `end`.
fn cleaner(tale: &mut Tale, things: &[usize], end: f32) {
    let Some((x, z)) = things.first().and_then(|index| tale.set.world.cast[*index].place(end - 0.1)) else { return };
    let look = tale.someone_grown().cleaner();
    let lane = tale.layout.lane;
    let (side, facing) = lane_side(tale, z);
    let edge = tale.some_end();
    let route = [(edge, lane), (x, lane), (x, z + 0.7 * side)];
    let way = Way::person(look, end - 2.0 - travel(&route, 1.35), route[0]).go(route[1]).go(route[2]).pose(Pose::Stoop);
    let way = way.until(end, facing).load(Load::Bags([0.10, 0.10, 0.11])).wait(0.6, facing).pose(Pose::Plain);
    tale.add(way.go(route[1]).go(route[0]).by_door());
}
