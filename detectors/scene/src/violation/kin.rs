//! What came with a thing and stands against it: a stall that its customers hide in part is found in pieces, and its roof
//! apart from its cart.

use crate::place::company::Area;
use crate::place::thing::{Presence, Thing};

/// Pieces of one thing come to light within this time, seconds: whoever put it up stands before it for a while.
pub(crate) const CAME_TOGETHER: f64 = 12.0;

/// A roof comes with its cart; what is put down under a sheet comes later. Seconds, three key frames.
const AT_ONCE: f64 = 6.0;

/// Whoever stands between two pieces hides so much across, and a roof is so far above what it covers: heights of a person.
const ACROSS: f32 = 0.5;
const ABOVE: f32 = 0.6;

/// What else belongs to a thing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kin {
    /// From the first of the pieces that stand side by side to the last, pixels.
    pub(crate) width: f32,
    /// Does it rest on something that came with it?
    pub(crate) rests: bool,
}

fn together(a: &Thing, b: &Thing) -> bool {
    let stands = |t: &Thing| t.presence != Presence::Gone && !t.in_street && t.mover_share < 0.3 && t.looks.came() >= 0.2;
    (a.onset - b.onset).abs() <= CAME_TOGETHER && stands(b)
}

/// The part of the narrower that lies over or under the other, and of the lower that lies beside it, 0..=1.
fn shares(a: &Area, b: &Area) -> (f32, f32) {
    let across = a.x2.min(b.x2) - a.x1.max(b.x1);
    let down = a.y2.min(b.y2) - a.y1.max(b.y1);
    (across / a.width().min(b.width()).max(1.0), down / a.height().min(b.height()).max(1.0))
}

/// Asks the other things for the kin of this one, where `tall` says how many pixels a person is where a thing stands. Those that
/// came longer than [`CAME_TOGETHER`] before or after it are none, whatever else they are.
pub(crate) fn of<'a>(thing: &Thing, others: impl Iterator<Item = &'a Thing>, tall: impl Fn(&Thing) -> Option<f32>) -> Kin {
    let person = tall(thing).or(thing.bringer.map(|b| b.height)).unwrap_or(0.0);
    let others: Vec<&Thing> = others.filter(|t| together(thing, t)).collect();
    let rests = others.iter().filter(|t| (t.onset - thing.onset).abs() <= AT_ONCE).any(|t| {
        let (over, _) = shares(&thing.at, &t.at);
        let person = tall(t).unwrap_or(person);
        over >= 0.5
            && t.at.y2 >= thing.at.y2 + 0.25 * person
            && t.at.y1 - thing.at.y2 <= ABOVE * person
            && t.at.width() >= 0.25 * thing.at.width()
    });
    let (mut x1, mut x2, mut solid) = (thing.at.x1, thing.at.x2, thing.at.width());
    let mut left: Vec<&Thing> =
        others.into_iter().filter(|t| shares(&thing.at, &t.at).1 >= 0.5 && !t.may_be_a_person(person)).collect();
    while let Some(at) = left.iter().position(|t| t.at.x1 - x2 <= ACROSS * person && x1 - t.at.x2 <= ACROSS * person) {
        let piece = left.swap_remove(at).at;
        solid += (piece.x2.max(x2) - piece.x1.min(x1) - (x2 - x1)).min(piece.width());
        (x1, x2) = (x1.min(piece.x1), x2.max(piece.x2));
    }
    // Two suitcases far apart are not one long thing.
    let width = if solid >= 0.5 * (x2 - x1) { x2 - x1 } else { thing.at.width() };
    Kin { width, rests }
}
