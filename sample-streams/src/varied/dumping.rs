//! True: somebody leaves waste behind and goes.

use events::Kind;

use super::layout::Strip;
use super::{Tale, Told, travel};
use crate::draw::pen::Rgb;
use crate::draw::person::{Load, Pose};
use crate::story::{TO_ROAD, TO_WALL, Way};
use crate::world::{Body, Entity, Place};

/// Somebody this far away (metres) has left a thing.
const LEFT: f32 = 3.0;

pub(super) fn tell(tale: &mut Tale) -> Option<Told> {
    let stay = tale.dwell(Kind::WasteDumping) + tale.seed.range(22.0, 60.0);
    let put = tale.time(stay + 16.0);
    let open_end = tale.seed.chance(0.4);
    let end = if open_end { f32::MAX } else { put + stay + 8.0 };
    let (things, start) = by_hand(tale, put, end)?;
    if !open_end {
        cleaner(tale, &things, end);
    }
    let place = Place::Things(things, put + 2.0);
    let end = (!open_end).then_some(end);
    Some(Told { kind: Kind::WasteDumping, place, start, end, around: Vec::new(), permit: None })
}

pub(super) const BAGS: [Rgb; 6] =
    [[0.10, 0.10, 0.11], [0.14, 0.15, 0.18], [0.80, 0.80, 0.78], [0.20, 0.34, 0.62], [0.75, 0.62, 0.22], [0.55, 0.16, 0.14]];

fn by_hand(tale: &mut Tale, put: f32, end: f32) -> Option<(Vec<usize>, f32)> {
    let strip = if tale.seed.chance(0.5) { Strip::Kerb } else { Strip::Houses };
    let (x, z) = tale.layout.spot(&mut tale.seed, strip, 0.9)?;
    let colour = tale.seed.pick(&BAGS);
    let boxes = tale.seed.chance(0.3);
    let load = if boxes { Load::Crate(crate::draw::wares::CARTON) } else { Load::Bags(colour) };
    let look = tale.set.someone();
    let lane = tale.layout.lane;
    let (from, to) = (tale.seed.chance(0.5), tale.seed.chance(0.5));
    let (from, to) = (tale.layout.end_of_street(&tale.set, lane, from), tale.layout.end_of_street(&tale.set, lane, to));
    let side = if z > lane { 1.0 } else { -1.0 };
    let stand = (x + 0.1, z - 0.55 * side);
    let facing = if side > 0.0 { TO_WALL } else { TO_ROAD };
    let route = [(from, lane), (stand.0, lane), stand];
    let way = Way::person(look, put - 1.2 - travel(&route, 1.35), route[0]).load(load).go(route[1]).go(stand);
    let way = way.pose(Pose::Stoop).until(put, facing).load(Load::Nothing).wait(0.8, facing).pose(Pose::Plain);
    let left = way.now() + LEFT / 1.35;
    tale.add(way.go((stand.0, lane)).go((to, lane)).by_door());
    let mut things = Vec::new();
    for n in 0..1 + tale.seed.below(3) {
        let seed = tale.seed.next();
        let at = (x + 0.42 * n as f32 - 0.2, z + tale.seed.range(-0.15, 0.15));
        let size = tale.seed.range(0.48, 0.8);
        let body = if boxes { Body::Goods(1 + tale.seed.below(2) as u8, seed) } else { Body::Bag(colour, size, seed) };
        let turn = tale.seed_turn();
        things.push(tale.add(Entity::there(body, at.0, at.1, turn, put, end)));
    }
    Some((things, left))
}

/// Street cleaning takes the things away at `end`.
pub(super) fn cleaner(tale: &mut Tale, things: &[usize], end: f32) {
    let Some((x, z)) = things.first().and_then(|index| tale.set.world.cast[*index].place(end - 0.1)) else { return };
    let look = tale.set.someone().cleaner();
    let lane = tale.layout.lane;
    let side = if z > lane { 1.0 } else { -1.0 };
    let facing = if side > 0.0 { TO_WALL } else { TO_ROAD };
    let right = tale.seed.chance(0.5);
    let edge = tale.layout.end_of_street(&tale.set, lane, right);
    let route = [(edge, lane), (x, lane), (x, z - 0.7 * side)];
    let way = Way::person(look, end - 2.0 - travel(&route, 1.35), route[0]).go(route[1]).go(route[2]).pose(Pose::Stoop);
    let way = way.until(end, facing).load(Load::Bags([0.10, 0.10, 0.11])).wait(0.6, facing).pose(Pose::Plain);
    tale.add(way.go(route[1]).go(route[0]).by_door());
}
