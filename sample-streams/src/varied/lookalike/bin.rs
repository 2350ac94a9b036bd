//! A bin's owner takes it away, empties it and puts it back, not quite where it stood.

use events::Kind;

use crate::draw::person::Pose;
use crate::draw::view::v3;
use crate::story::Way;
use crate::varied::layout::Strip;
use crate::varied::{Tale, Told, travel};
use crate::world::{Body, Place};

pub(in crate::varied) fn moved(tale: &mut Tale) -> Option<Told> {
    let away = tale.seed.range(12.0, 40.0);
    let start = tale.time(away + 20.0);
    let strip = if tale.seed.chance(0.5) { Strip::Kerb } else { Strip::Houses };
    let (x, z) = tale.layout.spot(&mut tale.seed, strip, 1.4)?;
    let colour =
        tale.seed.pick(&[[0.16, 0.36, 0.24], [0.20, 0.32, 0.52], [0.45, 0.45, 0.46], [0.60, 0.18, 0.14], [0.30, 0.24, 0.18]]);
    let back = (x + tale.seed.range(0.3, 1.1) * if tale.seed.chance(0.5) { 1.0 } else { -1.0 }, z);
    let lane = tale.layout.lane;
    let (edge, pace) = (tale.some_end(), 1.1);
    let out = [(x, z), (x, lane), (edge, lane)];
    let home = [(edge, lane), (back.0, lane), back];
    let gone = start + travel(&out, pace);
    let again = (start + away).max(gone + 4.0);
    let first = Way::of(Body::Bin(colour), -20.0, out[0]).until(start, 0.0).speed(pace).go(out[1]).go(out[2]);
    tale.add(first.rigid(0.0));
    let second = Way::of(Body::Bin(colour), again, home[0]).speed(pace).go(home[1]).go(home[2]);
    let stands = second.now();
    tale.add(second.until(tale.duration + 10.0, 0.0).rigid(0.0));
    // The owner walks beside it.
    let owner = tale.someone_grown();
    let side = if edge > x { -0.6 } else { 0.6 };
    let come = [(edge, lane), (x + side, lane), (x + side, z)];
    let way = Way::person(owner, start - 1.0 - travel(&come, 1.35), come[0]).go(come[1]).go(come[2]).until(start, 0.0);
    let way = way.pose(Pose::Push).speed(pace).go((x + side, lane)).go((edge + side, lane));
    tale.add(way.by_door());
    let way = Way::person(owner, again, (edge + side, lane)).pose(Pose::Push).speed(pace).go((back.0 + side, lane));
    let way = way.go((back.0 + side, z)).pose(Pose::Plain).wait(1.0, 0.0).speed(1.35).go((back.0 + side, lane));
    tale.add(way.go((edge, lane)).by_door());
    let (x0, x1) = (x.min(back.0) - 0.35, x.max(back.0) + 0.35);
    let corners = [(x0, 0.0), (x1, 0.0), (x0, 1.05), (x1, 1.05)].map(|(x, y)| v3(x, y, z)).to_vec();
    let end = (stands + 30.0 < tale.duration).then_some(stands + 30.0);
    Some(Told::new(Kind::WasteDumping, Place::World(corners), start, end))
}
