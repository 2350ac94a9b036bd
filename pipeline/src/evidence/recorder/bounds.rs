//! The shelf is bounded: what goes first when it is full.

use events::CandidateId;

use super::Recorder;
use crate::evidence::draft::Role;
use crate::evidence::shelf::Episode;

impl Recorder {
    /// Open episodes, the least likely to be raised first: those far past their dwell, then the others, oldest first.
    pub(super) fn least_likely(&self) -> Vec<CandidateId> {
        let now = self.now;
        let mut ids: Vec<(bool, i64, &CandidateId)> = self
            .episodes
            .iter()
            .map(|(id, episode)| {
                let wall = episode.first_seen.moment().wall;
                let overdue = now.is_some_and(|now| now.since(wall) > self.dwell_of(episode) * 2);
                (!overdue, wall.unix_ns, id)
            })
            .collect();
        ids.sort();
        ids.into_iter().map(|(_, _, id)| id.clone()).collect()
    }

    pub(super) fn make_room_for_one(&mut self) {
        while self.episodes.len() >= self.options.max_episodes.max(1) {
            let Some(id) = self.least_likely().into_iter().next() else { return };
            tracing::warn!(camera = %self.camera, candidate = %id, "too many open episodes: nothing more is kept of this one");
            self.episodes.remove(&id);
            self.forget(&id);
        }
    }

    pub(super) fn keep_within_bounds(&mut self) {
        if self.bytes() <= self.options.max_bytes {
            return;
        }
        let ids = self.least_likely();
        for id in &ids {
            if self.bytes() <= self.options.max_bytes {
                return;
            }
            let Some(episode) = self.episodes.get_mut(id) else { continue };
            if let Some(clip) = episode.onset.take() {
                let _ = std::fs::remove_file(&clip.file);
                episode.gaps.push("the footage of the beginning was given up: too many episodes were open at once".to_owned());
                self.save(id);
            }
        }
        for id in &ids {
            if self.bytes() <= self.options.max_bytes {
                return;
            }
            let Some(episode) = self.episodes.get_mut(id) else { continue };
            if episode.mid.take().is_some() {
                self.shelf.drop_still(id, Role::Mid);
                episode.gaps.push("the mid still was given up: too many episodes were open at once".to_owned());
                self.save(id);
            }
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        self.episodes.values().map(Episode::bytes).sum()
    }
}
