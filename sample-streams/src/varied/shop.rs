//! True: a shop puts its goods beyond its line, or lets what stood inside creep over it.

use events::Kind;

use super::{Tale, Told};
use crate::draw::person::{Load, Person};
use crate::draw::wares::{CARTON, FRUIT};
use crate::entity::Entity;
use crate::story::{TO_ROAD, Way};
use crate::world::{Body, Place};

pub(super) fn tell(tale: &mut Tale) -> Option<Told> {
    let door = tale.layout.doors.get(tale.seed.below(tale.layout.doors.len().max(1))).copied()?;
    let count = 2 + tale.seed.below(4);
    let stay = tale.dwell(Kind::StorefrontEncroachment) + tale.seed.range(24.0, 50.0);
    let open_end = tale.seed.chance(0.3);
    let creeps = tale.seed.chance(0.3);
    let begin = tale.time(stay + 7.0 * count as f32);
    let line = tale.layout.facade - tale.layout.allowed;
    let keeper = tale.someone_grown();
    let keeper = if tale.seed.chance(0.7) { keeper.with_apron(tale.seed.pick(&FRUIT)) } else { keeper };
    let inside = (door, tale.layout.facade - 0.05);
    let (mut out, mut back) = (begin, begin + stay);
    let (mut first, mut last) = (begin, begin + stay);
    let mut things = Vec::new();
    let left = -0.42 * (count as f32 - 1.0);
    for n in 0..count {
        let body = goods(tale);
        // Its middle this far beyond the line: the foot print's far edge is over it too.
        let place = (door + left + 0.84 * n as f32 + tale.seed.range(-0.1, 0.1), line - tale.seed.range(0.5, 1.2));
        let turn = tale.seed.range(-0.25, 0.25);
        let (put, home, from) = if creeps {
            push_out(tale, keeper, out, inside, place)
        } else {
            let (put, home) = carry_out(tale, keeper, out, inside, place);
            (put, home, None)
        };
        let gone = if open_end {
            f32::MAX
        } else {
            let (taken, home) = carry_in(tale, keeper, back, inside, place);
            back = home + 0.2;
            last = taken;
            taken
        };
        let mut thing = Entity::there(body, place.0, place.1, turn, put, gone);
        if let Some((origin, moves)) = from {
            // It has stood at the front all day, and is moved to beyond the line.
            thing.keys = vec![
                (f32::MIN / 2.0, origin.0, origin.1),
                (moves, origin.0, origin.1),
                (put, place.0, place.1),
                (gone, place.0, place.1),
            ];
        }
        things.push(tale.add(thing));
        out = home + tale.seed.range(0.2, 1.2);
        if n == 0 {
            first = put;
        }
    }
    let end = (!open_end).then_some(last);
    let all_out = (out + 1.0).min(begin + stay - 0.1);
    Some(Told::new(Kind::StorefrontEncroachment, Place::Things(things, all_out), first, end))
}

/// Something that shops put before their doors.
pub(super) fn goods(tale: &mut Tale) -> Body {
    let seed = tale.seed.next();
    match tale.seed.below(8) {
        0..=3 => Body::Goods(tale.seed.below(3) as u8, seed),
        4 | 5 => {
            let colour = tale.seed.pick(&[[0.72, 0.68, 0.60], [0.30, 0.22, 0.16], [0.80, 0.80, 0.82]]);
            Body::Table(colour, tale.seed.chance(0.7), seed)
        }
        6 => Body::Board(tale.seed.pick(&[[0.93, 0.90, 0.70], [0.94, 0.94, 0.92], [0.62, 0.80, 0.90]]), seed),
        _ => Body::Stool(tale.seed.pick(&FRUIT)),
    }
}

/// Out of the door, puts something down, in again; when it stands and when the keeper is in.
pub(super) fn carry_out(tale: &mut Tale, who: Person, t: f32, door: (f32, f32), place: (f32, f32)) -> (f32, f32) {
    let stand = (place.0, place.1 + 0.55);
    let way = Way::person(who, t, door).load(Load::Crate(CARTON)).go(stand).wait(0.5, TO_ROAD).load(Load::Nothing);
    let put = way.now();
    let way = way.wait(0.4, TO_ROAD).go(door);
    let home = way.now();
    tale.add(way.by_door());
    (put, home)
}

/// Where something stood before, and when it begins to move.
type From = Option<((f32, f32), f32)>;

/// Pushes what stands at the front outwards; when it has arrived, when the keeper is in, and where it came from.
fn push_out(tale: &mut Tale, who: Person, t: f32, door: (f32, f32), place: (f32, f32)) -> (f32, f32, From) {
    let origin = (place.0, tale.layout.facade - 0.34);
    let way = Way::person(who, t, door).go((origin.0 + 0.5, origin.1));
    let moves = way.now() + 0.5;
    let way = way.until(moves, TO_ROAD).speed(0.5).go((place.0 + 0.5, place.1 + 0.2));
    let put = way.now();
    let way = way.wait(0.4, TO_ROAD).speed(1.35).go(door);
    let home = way.now();
    tale.add(way.by_door());
    (put, home, Some((origin, moves)))
}

/// Out, takes it, in again.
pub(super) fn carry_in(tale: &mut Tale, who: Person, t: f32, door: (f32, f32), place: (f32, f32)) -> (f32, f32) {
    let stand = (place.0, place.1 + 0.55);
    let way = Way::person(who, t, door).go(stand).wait(0.5, TO_ROAD);
    let taken = way.now();
    let way = way.load(Load::Crate(CARTON)).go(door);
    let home = way.now();
    tale.add(way.by_door());
    (taken, home)
}
