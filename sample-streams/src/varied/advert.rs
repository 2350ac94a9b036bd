//! True: somebody puts something up on a wall.

use events::Kind;

use super::{Tale, Told, travel};
use crate::draw::person::{Load, Pose};
use crate::story::{TO_WALL, Way};
use crate::world::{Body, Entity, Place};

pub(super) fn tell(tale: &mut Tale) -> Option<Told> {
    let stay = tale.dwell(Kind::UnauthorizedAd) + tale.seed.range(22.0, 60.0);
    let start = tale.time(stay + 12.0);
    let open_end = tale.seed.chance(0.5);
    let end = if open_end { f32::MAX } else { start + stay };
    let things = put_up(tale, start, end)?;
    let place = Place::Things(things, start + 1.0);
    let end = (!open_end).then_some(end);
    Some(Told { kind: Kind::UnauthorizedAd, place, start, end, around: Vec::new(), permit: None })
}

/// Somebody comes, puts it up by `start` and goes; a cleaner takes it off at `end`, where that is.
pub(super) fn put_up(tale: &mut Tale, start: f32, end: f32) -> Option<Vec<usize>> {
    let (x0, x1) = tale.layout.plain;
    if x1 - x0 < 3.0 {
        return None;
    }
    let facade = tale.layout.facade;
    let x = tale.seed.range(x0 + 1.2, x1 - 1.2);
    let seed = tale.seed.next();
    let paper = tale.seed.pick(&[
        [0.93, 0.90, 0.66],
        [0.94, 0.94, 0.92],
        [0.90, 0.55, 0.50],
        [0.62, 0.80, 0.90],
        [0.95, 0.80, 0.25],
        [0.80, 0.15, 0.12],
    ]);
    let (wide, high) = (tale.seed.range(0.55, 1.5), tale.seed.range(0.6, 1.3));
    let body = Body::Poster(tale.seed.range(0.7, 1.2), wide, high, paper, seed);
    worker(tale, x, start, false);
    if end < 1e6 {
        worker(tale, x, end, true);
    }
    Some(vec![tale.add(Entity::there(body, x, facade - 0.03, 0.0, start, end))])
}

/// Somebody at the wall whose work is done at `t`.
pub(super) fn worker(tale: &mut Tale, x: f32, t: f32, cleaner: bool) {
    let look = tale.set.someone();
    let look = if cleaner { look.cleaner() } else { look };
    let (lane, wall) = (tale.layout.lane, tale.layout.facade - 0.55);
    let (from, to) = (tale.seed.chance(0.5), tale.seed.chance(0.5));
    let (from, to) = (tale.layout.end_of_street(&tale.set, lane, from), tale.layout.end_of_street(&tale.set, lane, to));
    let work = tale.seed.range(2.5, 5.0);
    let route = [(from, lane), (x, lane), (x, wall)];
    let (before, after) = if cleaner { (Load::Nothing, Load::Roll) } else { (Load::Roll, Load::Nothing) };
    let way = Way::person(look, t - work - travel(&route, 1.35), route[0]).load(before).go(route[1]).go(route[2]);
    let way = way.pose(Pose::Reach).load(Load::Nothing).until(t, TO_WALL).wait(1.0, TO_WALL).pose(Pose::Plain).load(after);
    tale.add(way.go((x, lane)).go((to, lane)).by_door());
}
