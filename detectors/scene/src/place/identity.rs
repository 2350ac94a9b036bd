//! What a thing is by its looks, as a classifier says that was shown it again and again.

use events::ObjectClass;
use serde::{Deserialize, Serialize};

use super::company::Area;
use crate::clock::Seconds;

/// One answer may be of a moment in which somebody stood before it; two agree or not.
const ASKED: u32 = 2;

/// The mean is of the last so many answers, about.
const REMEMBERED: u32 = 8;

/// A thing that has been asked about so often is asked about again only after so long, seconds.
const OFTEN: u32 = 3;
const AGAIN: Seconds = 3.5;

/// What is less high than this, or whose longer side is less, is no such thing: heights of a person. Some six tenths of what they measure,
/// since a part may be hidden. Of people any part may be.
const LEAST: [(ObjectClass, f32, f32); 4] = [
    (ObjectClass::TwoWheeler, 0.35, 0.5),
    (ObjectClass::Tricycle, 0.4, 0.6),
    (ObjectClass::Car, 0.5, 0.7),
    (ObjectClass::Truck, 0.7, 0.9),
];

/// An answer that says by more than this what the thing is too small for is none.
const TOO_SMALL: f32 = 0.5;

/// May a thing of this box be what a classifier says, where a person is so many pixels tall?
pub(crate) fn is_of_their_size(names: &[(ObjectClass, f32)], at: &Area, person: f32) -> bool {
    let (height, side) = (at.height() / person.max(1.0), at.width().max(at.height()) / person.max(1.0));
    let too_small = |class: &ObjectClass| LEAST.iter().any(|(of, h, longer)| of == class && (height < *h || side < *longer));
    names.iter().filter(|(class, _)| too_small(class)).map(|(_, share)| share).sum::<f32>() <= TOO_SMALL
}

/// The mean of what a classifier said.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Identity {
    answers: u32,
    /// Is the classifier believed on this camera?
    believed: bool,
    heard_at: Seconds,
    /// By class, in the order of [`ObjectClass::NAMES`].
    shares: [f32; ObjectClass::NAMES.len()],
}

impl Identity {
    /// What was said counts, or does not.
    pub(crate) fn believe(&mut self, believed: bool) {
        self.believed = believed;
    }

    /// Takes in an answer: classes with probabilities 0..=1.
    pub(crate) fn hear(&mut self, names: &[(ObjectClass, f32)], now: Seconds) {
        self.answers = (self.answers + 1).min(REMEMBERED);
        self.heard_at = now;
        let weight = 1.0 / self.answers as f32;
        for ((class, _), share) in ObjectClass::NAMES.iter().zip(&mut self.shares) {
            let said = names.iter().find(|(named, _)| named == class).map_or(0.0, |(_, probability)| *probability);
            *share += (said - *share) * weight;
        }
    }

    /// When the last answer came, seconds of the scene's time line; 0 where none did.
    pub(crate) fn heard_at(&self) -> Seconds {
        self.heard_at
    }

    /// Is it worth asking (again)?
    pub(crate) fn wants_to_know(&self, now: Seconds) -> bool {
        self.answers < OFTEN || now - self.heard_at >= AGAIN
    }

    /// How likely it is one of these, 0..=1; `None` while that is not known, or who says so is not believed.
    pub(crate) fn share(&self, classes: &[ObjectClass]) -> Option<f64> {
        let each = ObjectClass::NAMES.iter().zip(&self.shares).filter(|((class, _), _)| classes.contains(class));
        (self.believed && self.answers >= ASKED).then(|| each.map(|(_, share)| f64::from(*share)).sum())
    }

    /// Is it known to be one of these with at least this probability, 0..=1?
    pub(crate) fn is_one_of(&self, classes: &[ObjectClass], least: f64) -> bool {
        self.share(classes).is_some_and(|share| share >= least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bag_is_no_bicycle_whoever_says_so() {
        let says = [(ObjectClass::TwoWheeler, 0.93), (ObjectClass::Bag, 0.05)];
        let at = |w: f32, h: f32| Area { x1: 10.0, y1: 10.0, x2: 10.0 + w, y2: 10.0 + h };
        assert!(!is_of_their_size(&says, &at(32.0, 26.0), 86.0));
        assert!(is_of_their_size(&says, &at(80.0, 50.0), 86.0));
        assert!(is_of_their_size(&[(ObjectClass::TwoWheeler, 0.4), (ObjectClass::Bag, 0.6)], &at(32.0, 26.0), 86.0));
    }

    #[test]
    fn one_answer_is_none_and_more_are_averaged() {
        let mut identity = Identity::default();
        identity.believe(true);
        identity.hear(&[(ObjectClass::Bin, 0.8), (ObjectClass::Bag, 0.2)], 1.0);
        assert_eq!(identity.share(&[ObjectClass::Bin]), None);
        identity.hear(&[(ObjectClass::Bin, 0.4)], 2.0);
        let near = |a: Option<f64>, b: f64| (a.unwrap() - b).abs() < 1e-6;
        assert!(near(identity.share(&[ObjectClass::Bin]), 0.6));
        assert!(near(identity.share(&[ObjectClass::Bin, ObjectClass::Bag]), 0.7));
        assert!(identity.wants_to_know(2.1));
        identity.hear(&[], 3.0);
        assert!(!identity.wants_to_know(4.0) && identity.wants_to_know(7.0));
    }
}
