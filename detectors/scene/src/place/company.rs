//! Who moves, and who is near a thing.

use std::collections::VecDeque;

use events::ObjectClass;
use serde::{Deserialize, Serialize};

use crate::clock::Seconds;
use crate::motion::blobs::PixelBox;
use crate::motion::street::{Shows, Street};

/// A box in pixels of the small picture, with parts of pixels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Area {
    pub(crate) x1: f32,
    pub(crate) y1: f32,
    pub(crate) x2: f32,
    pub(crate) y2: f32,
}

impl Area {
    pub(crate) fn width(&self) -> f32 {
        self.x2 - self.x1
    }

    pub(crate) fn height(&self) -> f32 {
        self.y2 - self.y1
    }

    pub(crate) fn size(&self) -> f32 {
        self.width().max(0.0) * self.height().max(0.0)
    }

    pub(crate) fn common(&self, other: &Area) -> f32 {
        let w = self.x2.min(other.x2) - self.x1.max(other.x1);
        let h = self.y2.min(other.y2) - self.y1.max(other.y1);
        w.max(0.0) * h.max(0.0)
    }

    pub(crate) fn iou(&self, other: &Area) -> f32 {
        let common = self.common(other);
        common / (self.size() + other.size() - common).max(1e-6)
    }

    pub(crate) fn share_in(&self, other: &Area) -> f32 {
        self.common(other) / self.size().max(1e-6)
    }

    /// Gaps across and down; 0 where they overlap in that direction.
    pub(crate) fn gaps(&self, other: &Area) -> (f32, f32) {
        ((other.x1 - self.x2).max(self.x1 - other.x2).max(0.0), (other.y1 - self.y2).max(self.y1 - other.y2).max(0.0))
    }

    pub(crate) fn grown(&self, dx: f32, dy: f32) -> Area {
        Area { x1: self.x1 - dx, y1: self.y1 - dy, x2: self.x2 + dx, y2: self.y2 + dy }
    }

    pub(crate) fn contains(&self, x: f32, y: f32) -> bool {
        self.x1 <= x && x < self.x2 && self.y1 <= y && y < self.y2
    }
}

impl From<PixelBox> for Area {
    fn from(b: PixelBox) -> Self {
        Self { x1: b.x1 as f32, y1: b.y1 as f32, x2: b.x2 as f32, y2: b.y2 as f32 }
    }
}

/// Somebody or something that comes and goes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Mover {
    pub(crate) at: Area,
    /// Its moving pixels; for a detected one, its box.
    pub(crate) pixels: f32,
    pub(crate) who: Who,
    /// The model's score, 1 for what was seen moving.
    pub(crate) score: f32,
}

/// What a mover is known as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Who {
    /// Seen moving; no model named it.
    Unknown,
    /// A person.
    Person,
    /// A vehicle.
    Vehicle,
    /// An animal.
    Animal,
}

impl Who {
    /// What a model's class is as a mover, if it is one.
    pub(crate) fn of(class: ObjectClass) -> Option<Self> {
        match class {
            ObjectClass::Person => Some(Who::Person),
            ObjectClass::Animal => Some(Who::Animal),
            ObjectClass::Car | ObjectClass::Truck | ObjectClass::TwoWheeler | ObjectClass::Tricycle => Some(Who::Vehicle),
            ObjectClass::Stall
            | ObjectClass::Canopy
            | ObjectClass::Goods
            | ObjectClass::Furniture
            | ObjectClass::Board
            | ObjectClass::Poster
            | ObjectClass::Bag
            | ObjectClass::Pile
            | ObjectClass::Bin
            | ObjectClass::Other => None,
        }
    }
}

/// Which of those whom a model names count as company of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counted {
    /// Also whose box covers the thing: either somebody stands before or beside it, or the thing is that somebody.
    pub(crate) itself: bool,
    /// Also who stood there before the thing came, and so did not bring it.
    pub(crate) bystanders: bool,
}

impl Counted {
    fn takes(self, m: &Mover, b: &Area, bystanders: &[Area]) -> bool {
        (self.itself || !is_itself(m, b)) && (self.bystanders || !bystanders.iter().any(|was| was.iou(&m.at) >= STOOD))
    }
}

/// Everybody counts.
pub(crate) const ALL: Counted = Counted { itself: true, bystanders: true };

/// Side of the cells that remembered movement is counted in, pixels.
const CELL: usize = 4;

/// Looks that are remembered: a thing is known some four seconds after it was put down, at most twenty looks.
const REMEMBERED: usize = 40;

/// Older movement than this says nothing about who put a thing down, seconds.
const TOO_OLD: Seconds = 25.0;

/// Movement of one look.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Scene {
    pub(crate) t: Seconds,
    pub(crate) movers: Vec<Mover>,
    /// Where a detector saw persons, however unsure.
    hints: Vec<Area>,
    /// Those of them whom it saw at the same place in the look before, too, and who are no movers: they keep company, and that is all
    /// that is made of them.
    faint: Vec<Mover>,
    /// Did a model look?
    pub(crate) model: bool,
    /// Per cell, how many of its pixels show something else than street or old things.
    cells: Vec<u8>,
    columns: usize,
}

impl Scene {
    /// Movement of this look: of the pixels that show something else than the street, those for which `moves`.
    pub(crate) fn of(street: &Street, t: Seconds, movers: Vec<Mover>, model: bool, moves: impl Fn(usize) -> bool) -> Self {
        let (w, h) = (street.empty.w, street.empty.h);
        let columns = w.div_ceil(CELL);
        let mut cells = vec![0u8; columns * h.div_ceil(CELL)];
        for i in 0..w * h {
            if street.shows[i] != Shows::Street && moves(i) {
                cells[i / w / CELL * columns + i % w / CELL] += 1;
            }
        }
        Self { t, movers, hints: Vec::new(), faint: Vec::new(), model, cells, columns }
    }

    /// Takes in where a detector saw persons whom it was too unsure of to follow. `last` is the look before. Once in a while it imagines
    /// somebody anywhere; who is seen at one place again stands there.
    pub(crate) fn hint(&mut self, hints: Vec<Mover>, last: Option<&Scene>) {
        let there = |at: &Area| last.is_some_and(|s| s.hints.iter().any(|was| was.iou(at) >= AGAIN));
        let known = |at: &Area| self.movers.iter().any(|m| m.who == Who::Person && m.at.iou(at) >= AGAIN);
        self.faint = hints.iter().filter(|m| there(&m.at) && !known(&m.at)).copied().collect();
        self.hints = hints.into_iter().map(|m| m.at).collect();
    }

    /// All whom a model named, surely or again and again.
    fn named(&self) -> impl Iterator<Item = &Mover> {
        self.movers.iter().filter(|m| m.who != Who::Unknown && m.score >= NAMED).chain(&self.faint)
    }

    /// Was somebody, or something that moves, where this box is?
    fn had(&self, at: &Area) -> bool {
        self.movers.iter().chain(&self.faint).any(|was| was.at.iou(at) >= STOOD)
    }

    /// Moving pixels in the ring around a box: within `dx`, `dy` of it, but a cell away from it.
    fn stir(&self, b: &Area, dx: f32, dy: f32, cells: impl Fn(usize) -> u8) -> f32 {
        let (outer, inner) = (b.grown(dx, dy), b.grown(3.0, 3.0));
        let rows = self.cells.len() / self.columns.max(1);
        let mut sum = 0u32;
        let cell = CELL as f32;
        let from = |v: f32| (v / cell).floor().max(0.0) as usize;
        for y in from(outer.y1)..(from(outer.y2) + 1).min(rows) {
            for x in from(outer.x1)..(from(outer.x2) + 1).min(self.columns) {
                let (cx, cy) = ((x as f32 + 0.5) * cell, (y as f32 + 0.5) * cell);
                if outer.contains(cx, cy) && !inner.contains(cx, cy) {
                    sum += u32::from(cells(y * self.columns + x));
                }
            }
        }
        sum as f32
    }

    /// Is somebody near a thing of this box and so many pixels?
    pub(crate) fn near(&self, b: &Area, pixels: f32, counted: Counted, bystanders: &[Area]) -> bool {
        self.named().any(|m| counted.takes(m, b, bystanders) && beside(m, b))
            || self.stir(b, around(b).0, around(b).1, |i| self.cells[i]) >= enough(pixels)
    }
}

#[cfg(test)]
impl Scene {
    /// A look of nothing but these movers.
    pub(crate) fn with(t: Seconds, movers: Vec<Mover>) -> Self {
        Self { t, movers, hints: Vec::new(), faint: Vec::new(), model: true, cells: Vec::new(), columns: 0 }
    }
}

impl Scene {
    /// Is somebody near who was there in the look `before`, too: who stays, rather than passes?
    pub(crate) fn stays(&self, before: Option<&Scene>, b: &Area, pixels: f32, counted: Counted, bystanders: &[Area]) -> bool {
        let Some(before) = before.filter(|s| s.columns == self.columns) else { return self.near(b, pixels, counted, bystanders) };
        if self.guard(Some(before), b, counted, bystanders).is_some() {
            return true;
        }
        let (dx, dy) = around(b);
        let both = |i: usize| self.cells[i].min(before.cells[i]);
        self.stir(b, dx, dy, both) >= enough(pixels)
    }
}

impl Scene {
    /// Where a named mover stands beside a thing that stood there in the look `before`, too.
    pub(crate) fn guard(&self, before: Option<&Scene>, b: &Area, counted: Counted, bystanders: &[Area]) -> Option<Area> {
        let stood = |m: &Mover| before.is_some_and(|s| s.had(&m.at));
        self.named().find(|m| counted.takes(m, b, bystanders) && beside(m, b) && stood(m)).map(|m| m.at)
    }
}

/// A mover whose box overlaps by so much with where one was a second before stood there. Who walks is a width further on.
pub(crate) const STOOD: f32 = 0.4;

/// A detector's boxes of one who stands overlap by so much from look to look.
const AGAIN: f32 = 0.5;

/// How far around a thing company is looked for.
fn around(b: &Area) -> (f32, f32) {
    ((0.75 * b.width()).clamp(10.0, 60.0), (0.4 * b.height()).clamp(8.0, 40.0))
}

/// Moving pixels around a thing of so many pixels that are somebody.
fn enough(pixels: f32) -> f32 {
    (0.3 * pixels).max(14.0)
}

/// Detections less sure than this do not count as company.
pub(crate) const NAMED: f32 = 0.3;

/// Is the mover's box the thing itself?
pub(crate) fn is_itself(m: &Mover, b: &Area) -> bool {
    m.at.iou(b) >= 0.4 || (b.share_in(&m.at) >= 0.75 && m.at.size() <= 2.0 * b.size())
}

/// Does a mover stand beside a thing: within a third of its own height or the thing's width, on the same ground?
fn beside(m: &Mover, b: &Area) -> bool {
    let (across, down) = m.at.gaps(b);
    let reach = b.width().max(0.35 * m.at.height());
    across <= reach && down <= 0.3 * m.at.height() && (m.at.y2 - b.y2).abs() <= 0.7 * m.at.height().max(b.height())
}

/// Who stood beside a thing's place earlier than so long before it came did not bring it, seconds; what was longer ago is forgotten.
const BEFORE: Seconds = 2.5;
const EARLIEST: Seconds = 16.0;

/// A little less than a second, so that at one look a second it is the last one.
const A_SECOND: Seconds = 0.9;

/// The movement of the last looks.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Company {
    looks: VecDeque<Scene>,
}

impl Company {
    /// Remembers a look.
    pub(crate) fn push(&mut self, scene: Scene) {
        let now = scene.t;
        self.looks.push_back(scene);
        while self.looks.len() > REMEMBERED || self.looks.front().is_some_and(|s| now - s.t > TOO_OLD) {
            self.looks.pop_front();
        }
    }

    /// The looks since `t`, oldest first.
    pub(crate) fn since(&self, t: Seconds) -> impl Iterator<Item = &Scene> {
        self.looks.iter().filter(move |s| s.t >= t)
    }

    /// Where named movers stood beside a thing before it came at `onset`: seen at one place in two looks.
    pub(crate) fn bystanders(&self, b: &Area, onset: Seconds) -> Vec<Area> {
        let early: Vec<&Scene> = self.looks.iter().filter(|s| (onset - EARLIEST..onset - BEFORE).contains(&s.t)).collect();
        let mut found: Vec<Area> = Vec::new();
        for (index, look) in early.iter().enumerate() {
            for m in look.named().filter(|m| beside(m, b) && !is_itself(m, b)) {
                let again = early[..index].iter().any(|s| s.had(&m.at));
                if again && !found.iter().any(|known| known.iou(&m.at) >= STOOD) {
                    found.push(m.at);
                }
            }
        }
        found
    }

    /// The last look before `t`.
    pub(crate) fn before(&self, t: Seconds) -> Option<&Scene> {
        self.looks.iter().rev().find(|s| s.t < t)
    }

    /// The look that is compared with one at `t` to tell who stays from who passes.
    pub(crate) fn a_second_before(&self, t: Seconds) -> Option<&Scene> {
        self.before(t - A_SECOND)
    }

    /// The last look.
    pub(crate) fn last(&self) -> Option<&Scene> {
        self.looks.back()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_doubted_look_after_look_at_one_place_keeps_company() {
        let thing = Area { x1: 100.0, y1: 130.0, x2: 150.0, y2: 150.0 };
        let somebody = |x: f32| {
            let at = Area { x1: x, y1: 100.0, x2: x + 18.0, y2: 150.0 };
            Mover { at, pixels: at.size(), who: Who::Person, score: 0.34 }
        };
        let looks = |places: [f32; 3]| {
            let mut looks: Vec<Scene> = Vec::new();
            for (x, t) in places.into_iter().zip([8.0, 10.0, 12.0]) {
                let mut look = Scene::with(t, Vec::new());
                look.hint(vec![somebody(x)], looks.last());
                looks.push(look);
            }
            looks
        };
        let near = |look: &Scene| look.near(&thing, 1000.0, ALL, &[]);
        let stays = looks([130.0, 131.0, 130.0]);
        assert!(!near(&stays[0]), "once is imagination");
        assert!(near(&stays[1]) && near(&stays[2]));
        assert!(stays[2].guard(Some(&stays[1]), &thing, ALL, &[]).is_some(), "and stands there");
        assert!(!looks([90.0, 140.0, 104.0]).iter().any(near), "here and there is imagination, too");
        let mut known = Scene::with(14.0, vec![Mover { score: 0.8, ..somebody(130.0) }]);
        known.hint(vec![somebody(130.0)], stays.last());
        assert!(known.faint.is_empty(), "who is followed is not counted twice");
    }
}
