//! Episodes: what stood at one place without a real break, when it began and when it was gone (DOMAIN 5.1, 5.3).

use std::collections::HashMap;

use events::BBox;

use super::interval::{IntervalSet, MINUTE, Ms};
use crate::dto::ClearanceParameters;

/// A camera's beats come once a minute; what follows within two on a span's beginning was its first look.
pub(crate) const FIRST_LOOK: Ms = 2 * MINUTE;

/// What a candidate counts as. Everything that depends on the words of states and reasons is decided in [`standing`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// A violation: confirmed, also when it was exempted or corrected after a warning.
    Confirmed,
    /// Nobody has decided yet.
    Pending,
    /// An officer said that it is none.
    FalsePositive,
    /// An officer said that it was allowed: the permission rule should have known.
    FoundPermitted,
    /// Covered by a permit when it was raised.
    Permitted,
    /// Ran out unreviewed.
    Expired,
    /// An officer said that it is the same thing as one that is confirmed. It stood, and counts with that one.
    Carried,
    /// The same, of one that nobody has decided yet.
    CarriedPending,
    /// A duplicate or a test: counts nowhere.
    Set,
}

impl Standing {
    /// That of a candidate which was merged into one that stands so.
    pub(crate) fn carried(self) -> Self {
        match self {
            Self::Confirmed => Self::Carried,
            Self::Pending => Self::CarriedPending,
            _ => Self::Set,
        }
    }

    /// Nobody knows yet whether it is a violation.
    pub(crate) fn undecided(self) -> bool {
        matches!(self, Self::Pending | Self::CarriedPending)
    }

    /// Does it count with another candidate, or nowhere?
    pub(crate) fn set_aside(self) -> bool {
        matches!(self, Self::Carried | Self::CarriedPending | Self::Set)
    }
}

/// What the words of a candidate's state, of its last reason and of its case's state mean for the figures. Words that are not
/// known here count as pending: what is not understood must never make a zero.
///
/// A violation is what the first review confirmed and the second has not thrown out. Waiting for the second would leave every
/// camera that yields clues without violations for ever.
pub(crate) fn standing(state: &str, reason: Option<&str>, permitted: bool, case: Option<&str>) -> Standing {
    if state == "confirmed" && matches!(case, Some("rejected" | "insufficient")) {
        return Standing::FalsePositive;
    }
    match (state, reason) {
        // Whatever comes of its case: an exempted or corrected violation was one.
        ("confirmed", _) => Standing::Confirmed,
        ("merged" | "duplicate" | "suppressed", _) => Standing::Set,
        ("rejected", Some("duplicate" | "test_data")) => Standing::Set,
        ("rejected", Some("permitted_window" | "permitted_place")) => Standing::FoundPermitted,
        ("rejected" | "insufficient", _) => Standing::FalsePositive,
        _ if permitted => Standing::Permitted,
        ("expired", _) => Standing::Expired,
        _ => Standing::Pending,
    }
}

/// The camera's last word on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    Present,
    Cleared,
    Lost,
}

/// A candidate as the figures see it. Times are Unix milliseconds.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) id: String,
    /// Which of the cell's views shows it.
    pub(crate) view: u16,
    /// What it was merged into.
    pub(crate) carrier: Option<String>,
    pub(crate) first_seen: Ms,
    /// When it was raised (`t_cand`).
    pub(crate) raised: Ms,
    pub(crate) bbox: BBox,
    pub(crate) standing: Standing,
    /// When the decision that holds was made.
    pub(crate) decided: Option<Ms>,
    pub(crate) last_look: Option<(Look, Ms)>,
    /// Which model raised it, as an index into the cell's list.
    pub(crate) model: u16,
    pub(crate) case: CaseFacts,
}

/// What the case that was opened on a candidate, and second looks at its decision, add.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CaseFacts {
    /// When the subject was warned (`t_warn`).
    pub(crate) warned: Option<Ms>,
    /// Who is responsible, by the reference the officer entered; never shown in a figure, only compared.
    pub(crate) subject: Option<String>,
    /// Did the second review overturn the first? `None` while it has not spoken.
    pub(crate) overturned: Option<bool>,
    /// Supervisors' second looks at its decision that could tell, and those of them that disagreed.
    pub(crate) looks: (u32, u32),
    /// What became of the decision that the receiver of the case made.
    pub(crate) ruling: Option<Ruling>,
}

/// What became of an authority's decision in a case that was handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ruling {
    /// It holds, as far as anybody has said.
    Holds,
    /// It was revoked on review (复议纠错).
    Revoked,
    /// It was lost in court (诉讼败诉).
    Lost,
}

impl Ruling {
    /// That of a closed case's outcome; `None` where the receiver did not decide on a penalty.
    pub(crate) fn of(outcome: &str) -> Option<Self> {
        match outcome {
            "punished" | "not_punished" => Some(Self::Holds),
            "revoked" => Some(Self::Revoked),
            "lost" => Some(Self::Lost),
            _ => None,
        }
    }
}

/// How an episode ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// It stands, as far as is known.
    Open,
    /// Gone since then.
    Cleared(Ms),
    /// Gone some time between the last look with it and the first without.
    Between(Ms, Ms),
    /// It was there until then; whether it went is not known.
    Unknown(Ms),
}

/// A violation: one or more confirmed candidates of one type at one place.
#[derive(Debug, Clone)]
pub(crate) struct Episode {
    pub(crate) candidates: Vec<String>,
    pub(crate) first_seen: Ms,
    pub(crate) raised: Ms,
    pub(crate) confirmed: Option<Ms>,
    pub(crate) warned: Option<Ms>,
    pub(crate) subject: Option<String>,
    /// Where it was last seen to stand, in each view that shows it; boxes of different views cannot be compared.
    pub(crate) places: Vec<(u16, BBox)>,
    pub(crate) end: End,
    /// All of its candidates were merged into one of another area: it stood here, and counts there.
    pub(crate) elsewhere: bool,
}

impl Episode {
    /// Is that its place, too?
    fn at(&self, view: u16, bbox: &BBox, parameters: &ClearanceParameters) -> bool {
        self.places.iter().any(|(of, known)| *of == view && same_place(known, bbox, parameters))
    }

    /// Do both stand at one place of one view?
    pub(crate) fn same_place(&self, other: &Self, parameters: &ClearanceParameters) -> bool {
        other.places.iter().any(|(view, bbox)| self.at(*view, bbox, parameters))
    }

    fn add(&mut self, one: &Seen, end: End) {
        self.candidates.push(one.id.clone());
        self.elsewhere &= one.standing == Standing::Carried;
        self.confirmed = [self.confirmed, one.confirmed()].into_iter().flatten().min();
        self.warned = [self.warned, one.case.warned].into_iter().flatten().min();
        self.subject = self.subject.take().or_else(|| one.case.subject.clone());
        let place = self.places.iter_mut().find(|(view, _)| *view == one.view);
        let later = later(end, self.end);
        match place {
            Some(place) if later => place.1 = one.bbox,
            Some(_) => {}
            None => self.places.push((one.view, one.bbox)),
        }
        if later {
            self.end = end;
        }
    }

    /// Up to when it is known to have stood.
    pub(crate) fn stood_until(&self, as_of: Ms) -> Ms {
        match self.end {
            End::Open => as_of,
            End::Cleared(at) | End::Between(at, _) | End::Unknown(at) => at,
        }
    }

    /// Since when it is known to be gone; `None` while it may stand.
    pub(crate) fn gone_at(&self) -> Option<Ms> {
        match self.end {
            End::Cleared(at) | End::Between(_, at) => Some(at),
            End::Open | End::Unknown(_) => None,
        }
    }

    /// A duration from `since` to its end, in seconds, and whether the end was seen. What ended while nobody watched is
    /// censored at the last look: "at least so long".
    pub(crate) fn lasted(&self, since: Ms, as_of: Ms) -> (u32, bool) {
        let seconds = |until: Ms| u32::try_from((until - since).max(0) / 1000).unwrap_or(u32::MAX);
        match self.end {
            End::Cleared(at) => (seconds(at), true),
            End::Open => (seconds(as_of), false),
            End::Between(at, _) | End::Unknown(at) => (seconds(at), false),
        }
    }
}

impl Seen {
    /// When an officer confirmed it; that of one which is carried is not its own.
    fn confirmed(&self) -> Option<Ms> {
        self.decided.filter(|_| self.standing == Standing::Confirmed)
    }
}

/// Are two boxes of one view one place?
pub(crate) fn same_place(a: &BBox, b: &BBox, parameters: &ClearanceParameters) -> bool {
    let centre = |b: &BBox| ((b.x1 + b.x2) / 2.0, (b.y1 + b.y2) / 2.0);
    let ((ax, ay), (bx, by)) = (centre(a), centre(b));
    a.iou(b) >= parameters.same_place_iou || (ax - bx).hypot(ay - by) <= parameters.same_place_distance
}

fn minutes(count: u32) -> Ms {
    Ms::from(count) * MINUTE
}

/// The end of one candidate, from the camera's last word on it and from when the camera watched.
///
/// `t_clear` is the start of the first stretch of enough watched minutes without it. When the camera was down before the
/// first look without it, it went some time in between.
fn end_of(seen: &Seen, observed: &IntervalSet, as_of: Ms, parameters: &ClearanceParameters) -> End {
    let first_clear = match seen.last_look {
        None | Some((Look::Present, _)) => return End::Open,
        Some((Look::Lost, at)) => return End::Unknown(at.max(seen.raised)),
        Some((Look::Cleared, at)) => at.max(seen.first_seen),
    };
    if observed.length_within(first_clear, as_of) < minutes(parameters.clear_watched_min) {
        return End::Unknown(last_watched(seen, observed, first_clear));
    }
    let last_seen = last_watched(seen, observed, first_clear);
    match first_clear - last_seen {
        0 => End::Cleared(first_clear),
        gap if gap <= minutes(parameters.midpoint_gap_min) => End::Cleared(last_seen + gap / 2),
        _ => End::Between(last_seen, first_clear),
    }
}

/// When it was last seen to stand: the camera followed it as long as it watched, so up to the break before `first_clear`, or
/// up to `first_clear` itself when there was none. Never before it was raised: then it stood.
fn last_watched(seen: &Seen, observed: &IntervalSet, first_clear: Ms) -> Ms {
    let before = observed.clip(Ms::MIN / 2, first_clear);
    let last = match before.spans() {
        [] => seen.raised,
        [.., (_, until)] if first_clear - until > FIRST_LOOK => *until,
        [.., (_, until), (from, _)] if first_clear - from <= FIRST_LOOK => *until,
        [(from, _)] if first_clear - from <= FIRST_LOOK => seen.raised,
        _ => first_clear,
    };
    last.max(seen.raised).min(first_clear)
}

/// The violations among these candidates. `seen` is sorted by when they were first seen; `observed` says of each view when it
/// was watched.
///
/// What comes back at its place before the merge gap is over, or before it was really gone for enough watched minutes, is
/// the same episode and no recurrence. So is what an officer said is the same thing, whichever camera shows it.
pub(crate) fn episodes(seen: &[Seen], observed: &[IntervalSet], as_of: Ms, parameters: &ClearanceParameters) -> Vec<Episode> {
    let never = IntervalSet::empty();
    let watched = |view: u16| observed.get(usize::from(view)).unwrap_or(&never);
    let mut out: Vec<Episode> = Vec::new();
    // Only the latest episodes can be continued; older ones are out of reach and are not looked at again. Which view they end
    // in says when that was watched.
    let mut live: Vec<(usize, u16)> = Vec::new();
    let mut of_carrier: HashMap<&str, usize> = HashMap::new();
    for one in seen.iter().filter(|one| matches!(one.standing, Standing::Confirmed | Standing::Carried)) {
        let end = end_of(one, watched(one.view), as_of, parameters);
        live.retain(|(index, view)| continues(&out[*index], one.first_seen, watched(*view), parameters));
        let key = one.carrier.as_deref().unwrap_or(&one.id);
        let at_its_place = || live.iter().rev().map(|(index, _)| *index).find(|i| out[*i].at(one.view, &one.bbox, parameters));
        let index = if let Some(index) = of_carrier.get(key).copied().or_else(at_its_place) {
            out[index].add(one, end);
            index
        } else {
            out.push(Episode {
                candidates: vec![one.id.clone()],
                first_seen: one.first_seen,
                raised: one.raised,
                confirmed: one.confirmed(),
                warned: one.case.warned,
                subject: one.case.subject.clone(),
                places: vec![(one.view, one.bbox)],
                end,
                elsewhere: one.standing == Standing::Carried,
            });
            out.len() - 1
        };
        of_carrier.insert(key, index);
        live.retain(|(known, view)| *known != index || *view != one.view);
        live.push((index, one.view));
    }
    out
}

/// Would something first seen at `next` at its place still be the same episode?
fn continues(episode: &Episode, next: Ms, observed: &IntervalSet, parameters: &ClearanceParameters) -> bool {
    let stood = match episode.end {
        End::Open => return true,
        End::Cleared(at) | End::Between(_, at) | End::Unknown(at) => at,
    };
    next - stood < minutes(parameters.merge_gap_min)
        || observed.length_within(stood, next) < minutes(parameters.clear_watched_min)
}

fn later(a: End, b: End) -> bool {
    let at = |end| match end {
        End::Open => Ms::MAX,
        End::Cleared(at) | End::Between(at, _) | End::Unknown(at) => at,
    };
    at(a) >= at(b)
}

#[cfg(test)]
#[path = "episode_tests.rs"]
mod tests;
