//! Is a classifier to be believed here? It learnt from pictures of some kind, and this camera's may be of another: then it names
//! things with confidence and is wrong.
//!
//! What a detector is sure is a person tells: of pictures such as it learnt from, a classifier calls nearly all of them persons
//! without a doubt; of others it doubts most. Each answer is evidence for the one or the other, and the sum of it decides (the
//! sequential probability ratio test of Wald, 1945).

use serde::{Deserialize, Serialize};

/// The logarithm of how much likelier an answer is in pictures such as it learnt from, by the least probability of a person that it
/// gave: shares of 5,875 answers on rendered streets over shares of 2,855 on photographed ones (0.936, 0.034, 0.019, 0.011 over 0.298, 0.194,
/// 0.317, 0.192), rounded; the last two weigh the same.
const EVIDENCE: [(f32, f32); 3] = [(0.985, 1.1), (0.945, -1.75), (0.0, -2.8)];

/// It is believed from this sum on: wrong about once in a hundred times, were the answers independent. Those of the same persons
/// are not, hence one more.
const BELIEVED: f32 = 4.6 + 1.1;

/// The sum stays within these, so that a camera that changes is not judged by its past for ever; and who is believed remains so
/// until more speaks against it than for it.
const MOST: f32 = 12.0;

/// What a classifier said of persons.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Trust {
    evidence: f32,
    given: bool,
}

impl Trust {
    /// Takes in the probability, 0..=1, it gave somebody of being a person.
    pub(crate) fn hear(&mut self, person: f32) {
        let weight = EVIDENCE.iter().find(|(least, _)| person >= *least).map_or(0.0, |(_, weight)| *weight);
        self.evidence = (self.evidence + weight).clamp(-MOST, MOST);
        self.given = if self.given { self.evidence > 0.0 } else { self.evidence >= BELIEVED };
    }

    /// Does what it says count?
    pub(crate) fn is_given(&self) -> bool {
        self.given
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_given_to_who_knows_persons_and_lost_again() {
        let mut trust = Trust::default();
        (0..5).for_each(|_| trust.hear(1.0));
        assert!(!trust.is_given(), "too few");
        trust.hear(1.0);
        assert!(trust.is_given());
        trust.hear(0.9);
        assert!(trust.is_given(), "one doubt is none");
        (0..3).for_each(|_| trust.hear(0.2));
        assert!(!trust.is_given());
    }

    #[test]
    fn who_doubts_half_of_them_is_never_believed() {
        let mut trust = Trust::default();
        for _ in 0..500 {
            for person in [1.0, 0.97, 0.88, 1.0, 0.93] {
                trust.hear(person);
                assert!(!trust.is_given());
            }
        }
    }
}
