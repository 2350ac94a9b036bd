//! When an episode is raised: at which picture did its thing come to stand?

use std::ops::RangeInclusive;
use std::time::Duration;

use events::{Candidate, Frame, Moment, StreamTime};

use super::{ClipData, Footage, Recorder, earlier, later};
use crate::evidence::draft::Role;
use crate::evidence::moment::{Found, Search, Unknown};

/// Every picture is looked at from this long before first sight to this long after it: a thing is first seen up to a key
/// frame late, and later where somebody stands before it.
const LOOKED_AT: (Duration, Duration) = (Duration::from_secs(5), Duration::from_millis(1500));

/// Key frames up to so long after first sight say what the place looks like since.
const AFTER: Duration = Duration::from_secs(20);

/// Looked at closely around a moment that is known by key frames only.
const AROUND: Duration = Duration::from_secs(3);

/// Bounds no wider than this are looked between closely: to decode more costs too much.
const ROUGHLY: Duration = Duration::from_secs(8);

/// A moment that is known no better than this is told with its bounds.
const ROUGH: Duration = Duration::from_millis(500);

impl Recorder {
    /// Finds the moment in the ring, or in the onset that was written out of it, and keeps its picture. Where it cannot be
    /// found the package says why.
    pub(super) fn settle_moment(&mut self, candidate: &Candidate, trigger: &Frame, footage: &dyn Footage) {
        let id = &candidate.id;
        let unknown = match self.search_moment(candidate, trigger, footage) {
            Ok((found, Some(frame))) => {
                self.keep_still(id, Role::Moment, &frame);
                (found.span() > super::ns(ROUGH)).then(|| {
                    format!(
                        "the thing came to stand between {:.1} s and {:.1} s of the stream, not to be told closer; the moment still is the \
                         end of that",
                        found.not_before.as_secs_f64(),
                        found.stamp.at.as_secs_f64()
                    )
                })
            }
            Ok((_, None)) => Some("the moment was found, but its picture could not be decoded again".to_owned()),
            Err(reason) => Some(format!("the moment at which the thing came to stand is not known: {reason}")),
        };
        let Some(text) = unknown else { return };
        if let Some(episode) = self.episodes.get_mut(id) {
            episode.gaps.push(text);
        }
        self.save(id);
    }

    fn search_moment(
        &self,
        candidate: &Candidate,
        trigger: &Frame,
        footage: &dyn Footage,
    ) -> Result<(Found, Option<Frame>), String> {
        let first = candidate.first_seen;
        let clip = self.onset_clip(candidate, footage)?;
        let full = earlier(first.at, LOOKED_AT.0)..=later(first.at, LOOKED_AT.1);
        let look = |full: RangeInclusive<StreamTime>| {
            let mut search = Search::new(candidate.bbox, first.at);
            footage.replay(&clip, first.run, full, &mut |frame| search.look(frame))?;
            search.later(trigger);
            Ok::<_, String>(search.found())
        };
        let mut found = look(full)?;
        // It came outside of what was looked at closely, as far as key frames tell: a load that is tipped beside a vehicle
        // that was seen first.
        let roughly = match &found {
            Ok(found) if found.between_key_frames() => Some((found.not_before, found.stamp.at)),
            Err(Unknown::Between { from, to }) if to.0 - from.0 <= super::ns(ROUGHLY) => Some((*from, *to)),
            _ => None,
        };
        if let Some((from, to)) = roughly {
            found = look(earlier(from, AROUND)..=later(to, AROUND))?;
        }
        let found = found.map_err(|unknown| unknown.words())?;
        let mut picture = None;
        let at = found.stamp.at;
        let mut keep = |frame: &Frame| {
            if frame.stamp().at == at {
                picture = Some(frame.clone());
            }
        };
        footage.replay(&clip, first.run, at..=at, &mut keep)?;
        Ok((found, picture))
    }

    /// The footage of the beginning: from the ring while it holds it, else what was written out of it.
    fn onset_clip(&self, candidate: &Candidate, footage: &dyn Footage) -> Result<ClipData, String> {
        let first = candidate.first_seen;
        let episode = self.episodes.get(&candidate.id).ok_or("nothing was kept of the beginning")?;
        // The ring reaches further after it; of before it, what is looked at closely will do.
        let span = footage.span().filter(|span| span.run == first.run);
        let held = span.is_some_and(|span| span.oldest <= earlier(first.at, LOOKED_AT.0 + Duration::from_secs(1)));
        if let Some(onset) = episode.onset.as_ref().filter(|_| !held).filter(|onset| onset.from.moment().run == first.run) {
            return Ok(ClipData {
                file: onset.file.clone(),
                container: onset.container(),
                from: onset.from.moment().at,
                to: onset.to.moment().at,
                frames: onset.stamps(),
            });
        }
        let from = earlier(first.at, self.options.pre_roll);
        let span = span.filter(|span| span.oldest < first.at).ok_or("the footage of the beginning was no longer held")?;
        let to = later(first.at, AFTER).min(span.newest);
        self.cut(Some(span), footage, from, to, &self.shelf.folder(&candidate.id).join("beginning"))
    }

    /// The earlier of first sight and the moment: what the clip's pre-roll is counted from.
    pub(super) fn began(candidate: &Candidate, moment: Option<&Moment>) -> StreamTime {
        let first = candidate.first_seen;
        moment.filter(|moment| moment.run == first.run).map_or(first.at, |moment| moment.at.min(first.at))
    }
}
