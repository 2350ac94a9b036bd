//! A door opens, somebody comes out, and it is left open.

use events::Kind;

use crate::entity::Entity;
use crate::story::Way;
use crate::varied::{Tale, Told};
use crate::world::{Body, Place};

pub(in crate::varied) fn left_open(tale: &mut Tale) -> Option<Told> {
    let stay = tale.seed.range(30.0, 80.0);
    let start = tale.time(stay.min(tale.duration - 40.0));
    let (x0, x1) = tale.layout.plain;
    if x1 - x0 < 3.2 {
        return None;
    }
    let (x, facade, lane) = (tale.seed.range(x0 + 0.8, x1 - 1.8), tale.layout.facade, tale.layout.lane);
    let wide = tale.seed.range(0.85, 1.1);
    let open = tale.seed.range(0.55, 1.0);
    let shuts = if tale.seed.chance(0.5) { start + stay } else { 1e6 };
    let levels = vec![(start - 0.8, 0.0), (start, open), (shuts, open), (shuts + 1.0, 0.0)];
    let door = tale.add(Entity::there(Body::Door(wide, levels), x, facade - 0.01, 0.0, f32::MIN, f32::MAX));
    let who = tale.someone();
    let to = tale.some_end();
    let sill = (x + wide / 2.0, facade - 0.05);
    let step = (x + wide + 0.3, lane + 0.3);
    tale.add(Way::person(who, start - 0.2, sill).go(step).go((to, lane)).by_door());
    let end = (shuts < tale.duration).then_some(shuts);
    Some(Told::new(Kind::UnauthorizedAd, Place::Things(vec![door], start + 0.5), start, end))
}
