//! What a classifier is asked, and what becomes of its answers.

use events::{BBox, Detections, ObjectClass};

use super::Scene;
use crate::place::thing::{Presence, Thing};

/// Classes with probabilities, 0..=1.
pub type Names = Vec<(ObjectClass, f32)>;

/// What a classifier is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// A thing that stands somewhere, by the scene's number.
    Thing(u64),
    /// Somebody the detector is sure of: does the classifier see a person, too?
    Person,
}

/// Things, and persons, that it is asked about in one frame.
const THINGS: usize = 8;
const PERSONS: usize = 4;

/// The detector is sure from this score on, of somebody at least so large, a share of the picture's height.
const SURE: f32 = 0.6;
const TALL: f64 = 0.08;

impl Scene {
    /// What a classifier should say of the frame that is stepped next, and where to look, in 0..1 of the picture. `detections` are
    /// those of that frame.
    pub fn questions(&self, detections: &Detections) -> Vec<(Question, BBox)> {
        let Some(street) = &self.state.street else { return Vec::new() };
        let (w, h, now) = (street.empty.w, street.empty.h, self.state.line.now());
        let open = |thing: &&Thing| !thing.in_street && !thing.is_raised() && thing.presence == Presence::Seen;
        let mut things: Vec<&Thing> = self.state.things.iter().filter(open).filter(|t| t.identity.wants_to_know(now)).collect();
        things.sort_by(|a, b| a.identity.heard_at().total_cmp(&b.identity.heard_at()));
        let things = things.iter().take(THINGS).map(|thing| (Question::Thing(thing.serial), thing.bbox(w, h)));
        let sure = |d: &&events::Detection| {
            let whole = d.bbox.x1 > 0.005 && d.bbox.x2 < 0.995 && d.bbox.y2 < 0.995;
            d.class == ObjectClass::Person && d.score.value() >= SURE && d.bbox.height() >= TALL && whole
        };
        let persons = detections.items.iter().filter(sure).take(PERSONS).map(|d| (Question::Person, d.bbox));
        things.chain(persons).collect()
    }

    /// The answer to one of [`Scene::questions`].
    pub fn told(&mut self, question: Question, names: Names) {
        match question {
            Question::Thing(thing) => self.told.push((thing, names)),
            Question::Person => {
                let person = names.iter().filter(|(class, _)| *class == ObjectClass::Person).map(|(_, share)| *share).sum();
                self.state.trust.hear(person);
            }
        }
    }
}
