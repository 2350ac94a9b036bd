//! Learning the empty street, at the start and after the view has changed.

use events::CandidateState;

use super::{Scene, centis};
use crate::clock::Seconds;
use crate::judgement::Judgement;
use crate::motion::light::Light;
use crate::motion::picture::Picture;
use crate::motion::street::Street;
use crate::motion::sway::Sway;

/// Looks that are learnt from are at least this far apart, seconds: more of the same picture adds nothing.
const APART: Seconds = 0.38;

/// And there are at least so many of them: the median of five survives two with somebody in the way.
const LOOKS: usize = 5;

/// A changed view is not taken as the new one before this, seconds, however young the old one was.
const AT_LEAST: Seconds = 15.0;

/// Puts right what a swaying mast did to all but the first.
fn steady(pictures: &mut [Picture]) {
    let Some((first, rest)) = pictures.split_first_mut() else { return };
    for picture in rest {
        let mut lit = picture.clone();
        Light::fit(first, picture, |_| true).undo(&mut lit);
        let sway = Sway::of(first, &lit, |_| true);
        if sway.is_any() {
            *picture = sway.undo(picture, first);
        }
    }
}

impl Scene {
    /// Takes a picture to learn the street from.
    pub(super) fn learn(&mut self, picture: Picture, now: Seconds) {
        let size = (picture.w, picture.h);
        let learning = &mut self.state.learning;
        let other = learning.first().is_some_and(|(_, first)| (first.w, first.h) != size);
        if other || self.state.view.is_uneasy() || self.state.view.has_just_changed() {
            learning.clear();
        }
        let learning = &mut self.state.learning;
        if learning.last().is_none_or(|(t, _)| now - t >= APART) {
            learning.push((now, picture));
        }
        let since = learning.first().map_or(now, |(t, _)| *t);
        if learning.len() < LOOKS || now - since < self.options.learn_for.as_secs_f64() || !self.state.view.is_steady() {
            return;
        }
        let pictures: Vec<Picture> = std::mem::take(learning).into_iter().map(|(_, p)| p).collect();
        // Evenly picked, so that a fast camera does not pay for forty medians.
        let step = pictures.len().div_ceil(15);
        let mut picked: Vec<Picture> = pictures.into_iter().step_by(step).collect();
        steady(&mut picked);
        let street = Street::learn(&picked, centis(self.options.still_for.as_secs_f64()));
        self.watched = self.watch(street.empty.w, street.empty.h);
        self.state.street = Some(street);
        self.state.learnt_at = now;
        self.state.unwell_since = None;
        self.state.company = Default::default();
        self.settle_adopted();
    }

    /// While the view is not what was learnt: nothing is judged. One that stays is learnt anew, after as long as the old one
    /// had been there (within bounds), and what stood in the old one can no longer be told.
    pub(super) fn wait_for_view(&mut self, now: Seconds, said: &mut Vec<Judgement>) {
        let Some(since) = self.state.unwell_since else { return };
        let known_for = since - self.state.learnt_at;
        let after = known_for.clamp(AT_LEAST, self.options.adopt_view_after.as_secs_f64().max(AT_LEAST));
        if self.state.view.may_be_new() && now - since >= after {
            self.forget_view(said);
        }
    }

    /// Drops the street; what was raised is lost, what was open is closed.
    pub(super) fn forget_view(&mut self, said: &mut Vec<Judgement>) {
        let Some(at) = self.state.line.last() else { return };
        for mut thing in std::mem::take(&mut self.state.things) {
            self.remember_misses(&thing);
            for episode in std::mem::take(&mut thing.episodes) {
                self.end_episode(&thing, episode, CandidateState::Lost, at, said);
            }
        }
        self.state.street = None;
        self.state.past.clear();
        self.state.learning.clear();
        self.state.view.forget();
    }
}
