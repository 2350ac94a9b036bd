//! People meet and talk for longer than any dwell.

use std::f32::consts::{PI, TAU};

use events::Kind;

use crate::draw::person::Pose;
use crate::story::Way;
use crate::varied::layout::Strip;
use crate::varied::{Tale, Told, travel};
use crate::world::Place;

pub(in crate::varied) fn tell(tale: &mut Tale) -> Option<Told> {
    let stay = tale.seed.range(45.0, 100.0);
    let start = tale.time(stay.min(tale.duration - 40.0));
    let strip = if tale.seed.chance(0.5) { Strip::Kerb } else { Strip::Houses };
    let (x, z) = tale.layout.spot(&mut tale.seed, strip, 1.0)?;
    let count = 2 + tale.seed.below(3);
    let turn = tale.seed.range(0.0, TAU);
    let mut people = Vec::new();
    let mut all_there = start;
    for n in 0..count {
        let look = tale.someone();
        let angle = turn + TAU * n as f32 / count as f32;
        let at = (x + 0.5 * angle.cos(), z + 0.4 * angle.sin());
        let lane = tale.layout.lane;
        let (from, to) = (tale.some_end(), tale.some_end());
        let arrive = start + if n < 2 { 0.0 } else { tale.seed.range(0.0, 15.0) };
        let route = [(from, lane), (at.0, lane), at];
        let way = Way::person(look, arrive - travel(&route, 1.3), route[0]).speed(1.3).go(route[1]).go(at);
        let pose = tale.seed.pick(&[Pose::Talk, Pose::Talk, Pose::Plain]);
        let leave = start + stay + tale.seed.range(0.0, 3.0);
        let way = way.pose(pose).until(leave, angle + PI).pose(Pose::Plain).go((at.0, lane)).go((to, lane));
        people.push(tale.add(way.by_door()));
        all_there = f32::max(all_there, arrive);
    }
    Some(Told::new(Kind::IllegalStall, Place::Things(people, all_there + 1.0), start, Some(start + stay)))
}
