//! Who brought a thing, as far as looks that may be seconds apart tell.

use serde::{Deserialize, Serialize};

use super::company::{ALL, Area, Company, Mover, NAMED, STOOD, Scene, Who, is_itself};
use crate::clock::Seconds;

/// Who walks covers so much of their own height a second: 1.4 metres of 1.7 (comfortable gait: Bohannon, Age and Ageing 26, 1997).
const PACE: f32 = 0.8;

/// And puts a thing down so far from where they stand, heights of theirs.
const ARM: f32 = 0.4;

/// Looks further apart than this miss somebody who puts a thing down without stopping for long, seconds.
const SELDOM: Seconds = 1.2;

/// Who put a thing there, as far as it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Bringer {
    /// Where the bringer's feet were, and how tall it was, pixels.
    pub(crate) foot: f32,
    pub(crate) height: f32,
    pub(crate) who: Who,
    /// Was it seen to stand there, rather than to walk by somewhere near in a look that is seconds from when the thing came?
    #[serde(default)]
    pub(crate) stood: bool,
}

impl Bringer {
    pub(crate) fn of(m: &Mover, stood: bool) -> Self {
        Self { foot: m.at.y2, height: m.at.height(), who: m.who, stood }
    }

    /// A person rather than anything else, then whose feet are nearest to the thing's own foot: nobody stands further back than a wall.
    fn rank(&self, thing: &Area) -> (bool, f32) {
        (self.who == Who::Person, -(self.foot - thing.y2).abs() / self.height.max(1.0))
    }

    /// Is it more likely to have brought a thing than another?
    pub(crate) fn is_likelier_than(&self, other: &Self, thing: &Area) -> bool {
        self.rank(thing) > other.rank(thing)
    }
}

/// Who of a look may have brought a thing of so many pixels that came at `onset`.
pub(crate) fn seen_with<'a>(look: &'a Scene, thing: &Area, onset: Seconds, pixels: f32) -> Option<&'a Mover> {
    let around = thing.grown(0.3 * thing.width() + 4.0, 0.3 * thing.height() + 4.0);
    let may =
        |m: &&Mover| around.common(&m.at) > 0.0 && (look.t < onset - 0.3 || !is_itself(m, thing)) && m.pixels >= 0.35 * pixels;
    let rank = |m: &Mover| (Bringer::of(m, false).rank(thing), m.score);
    look.movers.iter().filter(may).max_by(|a, b| rank(a).partial_cmp(&rank(b)).unwrap_or(std::cmp::Ordering::Equal))
}

/// Did a mover of the look at `t` stand, or is that look so close to its neighbours that it need not? Who walks in a look that is
/// seconds from when a thing came put it down somewhere else.
pub(crate) fn stood(company: &Company, m: &Mover, t: Seconds) -> bool {
    let neighbours = [company.before(t), company.since(t).find(|s| s.t > t)];
    let stands = |s: &Scene| s.movers.iter().any(|was| was.who == m.who && was.at.iou(&m.at) >= STOOD);
    neighbours.into_iter().flatten().any(|s| (s.t - t).abs() <= SELDOM || stands(s))
}

/// The looks between which a thing came at `onset`, where they are so far apart that who brought it need not be seen with it.
fn between(company: &Company, onset: Seconds) -> Option<(&Scene, &Scene)> {
    let after = company.since(onset - 0.05).next()?;
    company.before(after.t).filter(|before| after.t - before.t > SELDOM).map(|before| (before, after))
}

/// Was somebody near a thing of so many pixels in the look before it came, if the next one is a while after?
pub(crate) fn was_near(company: &Company, thing: &Area, pixels: f32, onset: Seconds) -> bool {
    between(company, onset).is_some_and(|(before, _)| before.near(thing, pixels, ALL, &[]))
}

/// The person nearest to a thing that came at `onset` who can have walked up to it, or away from it, between two looks.
pub(crate) fn passer(company: &Company, thing: &Area, onset: Seconds) -> Option<Mover> {
    let (before, after) = between(company, onset)?;
    let reach = PACE * (after.t - before.t) as f32 + ARM;
    let away = |m: &Mover| {
        let (foot, middle) = (m.at.y2 - thing.y2, (m.at.x1 + m.at.x2 - thing.x1 - thing.x2) / 2.0);
        // A step up the picture is a longer one on the ground.
        (middle.abs() + 2.0 * foot.abs()) / m.at.height().max(1.0)
    };
    let people = before.movers.iter().chain(&after.movers);
    let people = people.filter(|m| m.who == Who::Person && m.score >= NAMED && !is_itself(m, thing));
    people.map(|m| (*m, away(m))).filter(|(_, away)| *away <= reach).min_by(|a, b| a.1.total_cmp(&b.1)).map(|(m, _)| m)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twelve by twelve pixels, its foot at 150.
    const BAG: Area = Area { x1: 100.0, y1: 138.0, x2: 112.0, y2: 150.0 };

    /// Somebody 50 tall and 18 wide, the middle of their feet at (x, y).
    fn person(x: f32, y: f32) -> Mover {
        let at = Area { x1: x - 9.0, y1: y - 50.0, x2: x + 9.0, y2: y };
        Mover { at, pixels: at.size(), who: Who::Person, score: 0.9 }
    }

    fn company(looks: Vec<(Seconds, Vec<Mover>)>) -> Company {
        let mut company = Company::default();
        looks.into_iter().for_each(|(t, movers)| company.push(Scene::with(t, movers)));
        company
    }

    #[test]
    fn who_can_have_walked_there_between_two_looks_may_have_brought_it() {
        let at = |x: f32, t: Seconds| {
            passer(&company(vec![(8.0, vec![]), (10.0 - t, vec![person(x, 152.0)]), (10.0, vec![])]), &BAG, 10.0)
        };
        assert!(at(180.0, 2.0).is_some(), "a height and a half away, two seconds before");
        assert!(at(250.0, 2.0).is_none(), "nobody runs there and back");
        assert!(at(180.0, 1.0).is_none(), "at a look a second who brings it is seen with it");
        let later = company(vec![(8.0, vec![]), (10.0, vec![person(40.0, 150.0)])]);
        assert!(passer(&later, &BAG, 10.0).is_some(), "walking away in the first look that shows it");
    }

    #[test]
    fn who_walks_in_a_look_seconds_apart_says_nothing_of_how_high_it_hangs() {
        let here = person(106.0, 165.0);
        let walks = company(vec![(8.0, vec![here]), (10.0, vec![person(150.0, 160.0)])]);
        let stands = company(vec![(8.0, vec![here]), (10.0, vec![person(108.0, 165.0)])]);
        let often = company(vec![(9.0, vec![here]), (10.0, vec![person(150.0, 160.0)])]);
        assert!(!stood(&walks, &here, 8.0));
        assert!(stood(&stands, &here, 8.0));
        assert!(stood(&often, &here, 9.0));
    }

    #[test]
    fn of_several_people_it_was_the_one_on_the_same_ground() {
        let near = person(104.0, 151.0);
        let look = Scene::with(10.0, vec![person(110.0, 175.0), near, person(100.0, 190.0)]);
        assert_eq!(seen_with(&look, &BAG, 10.0, 100.0), Some(&near));
        let old = Bringer::of(&person(110.0, 175.0), true);
        assert!(Bringer::of(&near, false).is_likelier_than(&old, &BAG));
        let unknown = Mover { who: Who::Unknown, ..near };
        assert!(!Bringer::of(&unknown, true).is_likelier_than(&old, &BAG), "somebody whom a model names goes before");
    }
}
