//! True: somebody puts something up on a wall, or stands it before one.

use events::Kind;

use super::{Tale, Told, travel};
use crate::draw::person::{Load, Pose};
use crate::draw::prints::PrintForm;
use crate::entity::Entity;
use crate::story::{TO_WALL, Way};
use crate::world::{Body, Place};

pub(super) fn tell(tale: &mut Tale) -> Option<Told> {
    let stay = tale.dwell(Kind::UnauthorizedAd) + tale.seed.range(22.0, 60.0);
    let start = tale.time(stay + 12.0);
    let open_end = tale.seed.chance(0.5);
    let end = if open_end { f32::MAX } else { start + stay };
    let thing = put_up(tale, start, end)?;
    Some(Told::new(Kind::UnauthorizedAd, Place::Things(vec![thing], start + 1.0), start, (!open_end).then_some(end)))
}

/// Somebody comes, puts it up by `start` and goes; a cleaner takes it off at `end`, where that is.
pub(super) fn put_up(tale: &mut Tale, start: f32, end: f32) -> Option<usize> {
    let form = PrintForm::random(&mut tale.seed);
    let (x0, x1) = tale.layout.plain;
    let margin = 0.6 + form.width() / 2.0;
    if x1 - x0 < 2.0 * margin {
        return None;
    }
    let x = tale.seed.range(x0 + margin, x1 - margin);
    let z = tale.layout.facade - if form.stands() { 0.3 } else { 0.03 };
    let seed = tale.seed.next();
    worker(tale, x, start, false);
    if end < 1e6 {
        worker(tale, x, end, true);
    }
    Some(tale.add(Entity::there(Body::Print(form, seed), x, z, 0.0, start, end)))
}

/// Somebody at the wall whose work is done at `t`.
fn worker(tale: &mut Tale, x: f32, t: f32, cleaner: bool) {
    let look = tale.someone_grown();
    let look = if cleaner { look.cleaner() } else { look };
    let (lane, wall) = (tale.layout.lane, tale.layout.facade - 0.65);
    let (from, to) = (tale.some_end(), tale.some_end());
    let work = tale.seed.range(2.5, 6.0);
    let route = [(from, lane), (x, lane), (x, wall)];
    let (before, after) = if cleaner { (Load::Nothing, Load::Roll) } else { (Load::Roll, Load::Nothing) };
    let way = Way::person(look, t - work - travel(&route, 1.35), route[0]).load(before).go(route[1]).go(route[2]);
    let way = way.pose(Pose::Reach).load(Load::Nothing).until(t, TO_WALL).wait(1.0, TO_WALL).pose(Pose::Plain).load(after);
    tale.add(way.go((x, lane)).go((to, lane)).by_door());
}
