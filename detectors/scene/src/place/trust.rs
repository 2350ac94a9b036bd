//! Is a classifier to be believed here? It learnt from pictures of some kind, and this camera's may be of another: then it names
//! things with confidence and is wrong.
//!
//! What a detector is sure is a person tells: a classifier that does not call most of them persons does not understand these
//! pictures, and nothing it says of things counts. Both must have been asked often enough first.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// Persons it was last asked about, and how many of them are needed.
const REMEMBERED: usize = 60;
const LEAST: usize = 10;

/// It has to give them this probability of being one, on the mean.
const AGREES: f32 = 0.9;

/// What a classifier said of persons.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Trust {
    persons: VecDeque<f32>,
}

impl Trust {
    /// Takes in the probability, 0..=1, it gave somebody of being a person.
    pub(crate) fn hear(&mut self, person: f32) {
        self.persons.push_back(person);
        if self.persons.len() > REMEMBERED {
            self.persons.pop_front();
        }
    }

    /// Mean probability, 0..=1; `None` while too few were asked about.
    pub(crate) fn agreement(&self) -> Option<f32> {
        let n = self.persons.len();
        (n >= LEAST).then(|| self.persons.iter().sum::<f32>() / n as f32)
    }

    /// Does what it says count?
    pub(crate) fn is_given(&self) -> bool {
        self.agreement().is_some_and(|agreement| agreement >= AGREES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_given_to_who_knows_persons_and_lost_again() {
        let mut trust = Trust::default();
        (0..LEAST - 1).for_each(|_| trust.hear(1.0));
        assert!(!trust.is_given(), "too few");
        trust.hear(1.0);
        assert!(trust.is_given());
        (0..REMEMBERED).for_each(|_| trust.hear(0.2));
        assert!(!trust.is_given());
    }
}
