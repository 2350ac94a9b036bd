//! Who has which place of the picture: pieces of a story may not lie on one another.

use events::BBox;

use super::layout::Layout;
use super::{MEASURE, OPENING, Told};
use crate::world::{Place, World};

/// Seconds that have to lie between two pieces at the same place.
const APART: f32 = 30.0;
/// A truth box has at least this share of the picture, so that the rule's smallest thing (0.0005) is well within.
const SMALLEST: f64 = 0.0011;

/// How strictly places are kept apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Fit {
    /// No two pieces share a place at any time.
    Strict,
    /// A place may be used again after a while.
    Timed,
}

#[derive(Debug)]
struct Claim {
    bbox: BBox,
    from: f32,
    until: f32,
}

/// The places taken so far.
#[derive(Debug, Default)]
pub(super) struct Claims(Vec<Claim>);

impl Claims {
    /// Keeps a place free for the whole story.
    pub(super) fn reserve(&mut self, [x1, y1, x2, y2]: [f64; 4]) {
        self.0.push(Claim { bbox: BBox::clamped(x1, y1, x2, y2), from: f32::MIN, until: f32::MAX });
    }

    /// Takes the places of a piece if it can be seen well enough and they are free. An event has to be seen for its whole
    /// dwell; a look-alike only has to be in the picture.
    pub(super) fn take(&mut self, world: &World, layout: &Layout, told: &Told, fit: Fit, event: bool) -> bool {
        let (from, until) = (told.start - 4.0, told.end.unwrap_or(f32::MAX).min(1e6));
        if event && told.start < OPENING {
            return false;
        }
        let mut boxes = vec![world.place_box(&told.place, MEASURE)];
        for (index, at) in &told.around {
            boxes.push(world.place_box(&Place::Things(vec![*index], *at), MEASURE));
        }
        let free = boxes.iter().all(|bbox| {
            self.0.iter().all(|claim| {
                let meet = bbox.intersection(&claim.bbox).is_some_and(|both| both.area() > 0.0);
                let together = from < claim.until + APART && claim.from < until + APART;
                !meet || (fit == Fit::Timed && !together)
            })
        });
        let bbox = boxes[0];
        if !free || bbox.area() < if event { SMALLEST } else { 0.0008 } {
            return false;
        }
        if let Place::Things(things, at) = &told.place {
            // Whole in the picture, and not behind a tree.
            let whole = world.extent_of(things, *at, MEASURE);
            let (w, h) = (MEASURE.width as f32, MEASURE.height as f32);
            let margin = if event { 5.0 } else { 1.0 };
            if whole.x0 < margin || whole.y0 < margin || whole.x1 > w - margin || whole.y1 > h - margin {
                return false;
            }
            if event && (!layout.inside(told.kind, &bbox) || world.visible_share(things, *at, MEASURE) < 0.6) {
                return false;
            }
        }
        // A little air, so that boxes that touch are apart too.
        self.0.extend(boxes.into_iter().map(|bbox| Claim { bbox: bbox.grown(0.06), from, until }));
        true
    }
}
