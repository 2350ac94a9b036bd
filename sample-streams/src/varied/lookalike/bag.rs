//! Somebody puts a bag down, waits beside it for longer than the dwell, and takes it up again.

use events::Kind;

use crate::draw::person::{Load, Pose};
use crate::entity::Entity;
use crate::story::{TO_ROAD, TO_WALL, Way};
use crate::varied::dumping::BAGS;
use crate::varied::layout::Strip;
use crate::varied::{Tale, Told, travel};
use crate::world::{Body, Place};

pub(in crate::varied) fn tell(tale: &mut Tale) -> Option<Told> {
    let stay = tale.dwell(Kind::WasteDumping) + tale.seed.range(8.0, 30.0);
    let start = tale.time(stay + 8.0);
    let strip = if tale.seed.chance(0.5) { Strip::Kerb } else { Strip::Houses };
    let (x, z) = tale.layout.spot(&mut tale.seed, strip, 1.0)?;
    let colour = tale.seed.pick(&BAGS);
    let look = tale.someone_grown();
    let lane = tale.layout.lane;
    let (from, to) = (tale.some_end(), tale.some_end());
    let facing = if z > lane { TO_ROAD } else { TO_WALL };
    let stand = (x - 0.5, z);
    let route = [(from, lane), (stand.0, lane), stand];
    let way = Way::person(look, start - 1.0 - travel(&route, 1.35), route[0]).load(Load::Bags(colour)).go(route[1]).go(stand);
    let way = way.pose(Pose::Stoop).until(start, 0.0).load(Load::Nothing).pose(Pose::Plain);
    // A few steps up and down, never far.
    let near = (stand.0 - tale.seed.range(0.3, 1.0), z);
    let half = start + stay / 2.0;
    let way = way.until(half, facing).go(near).wait(4.0, facing).go(stand).until(start + stay - 1.0, facing);
    let end = start + stay;
    let way = way.pose(Pose::Stoop).until(end, 0.0).load(Load::Bags(colour)).pose(Pose::Plain);
    tale.add(way.go((stand.0, lane)).go((to, lane)).by_door());
    let seed = tale.seed.next();
    let bag = Entity::there(Body::Bag(colour, tale.seed.range(0.5, 0.75), seed), x, z, 0.0, start, end);
    let things = vec![tale.add(bag)];
    Some(Told::new(Kind::WasteDumping, Place::Things(things, start + 1.0), start, Some(end)))
}
