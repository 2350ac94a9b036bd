//! How much the program misses, as far as that can be estimated (DOMAIN 5.2): by pictures of randomly drawn watched minutes, and by what
//! citizens and patrols found. Pure; which minutes are drawn, and what people answered, comes in.

use super::coverage::Coverage;
use super::day::Cell;
use super::episode::{Episode, Look, Seen, Standing};
use super::interval::{IntervalSet, MINUTE, Ms};
use super::proportion::{quantile, wilson_interval};
use super::sum::share_from;
use crate::dto::{ClearanceParameters, FindCover, MinuteOutcome, RecallFigure, ShareFigure};

/// A candidate that was there at the moment somebody looked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Overlap {
    pub(crate) candidate: String,
    pub(crate) raised: Ms,
    /// An officer said that it is no violation: it was raised, and does not count as found.
    pub(crate) rejected: bool,
}

/// What the program had at a moment at a place: the best first, what was found before what was rejected, the nearer before the farther.
pub(crate) type Overlaps = Vec<Overlap>;

/// Does a candidate of this standing count as found? `None`: it counts nowhere (a duplicate, a test).
///
/// The program found what it raised, whether it was decided, merged, under a permit or run out. What an officer rejected as no
/// violation proves nothing about the one that somebody saw: to count it as found would flatter.
fn found(standing: Standing) -> Option<bool> {
    match standing {
        Standing::Confirmed
        | Standing::Pending
        | Standing::Carried
        | Standing::CarriedPending
        | Standing::Expired
        | Standing::Permitted
        | Standing::FoundPermitted => Some(true),
        Standing::FalsePositive => Some(false),
        Standing::Set => None,
    }
}

/// Up to when the camera knew it to stand.
fn stood_until(seen: &Seen, as_of: Ms) -> Ms {
    match seen.last_look {
        None | Some((Look::Present, _)) => as_of,
        Some((Look::Cleared | Look::Lost, at)) => at.max(seen.raised),
    }
}

/// What of a cell stood at `at`, give or take `slack`. What lies in the gap between two candidates of one violation stood as well:
/// the violation is one, and the program says so. `episodes` are the cell's violations.
pub(crate) fn overlaps(cell: &Cell, episodes: &[Episode], at: Ms, slack: Ms, as_of: Ms) -> Overlaps {
    let mut out: Vec<(bool, Ms, Overlap)> = Vec::new();
    for seen in &cell.seen {
        let Some(found) = found(seen.standing) else { continue };
        let until = stood_until(seen, as_of);
        let away = (seen.first_seen - at).max(at - until).max(0);
        if away <= slack {
            let overlap = Overlap { candidate: seen.id.clone(), raised: seen.raised, rejected: !found };
            out.push((!found, away, overlap));
        }
    }
    if !out.iter().any(|(rejected, ..)| !rejected) {
        let stood = |episode: &&Episode| episode.first_seen <= at && at <= episode.stood_until(as_of);
        out.extend(episodes.iter().filter(stood).map(|episode| {
            let first = episode.candidates.first().cloned().unwrap_or_default();
            (false, 0, Overlap { candidate: first, raised: episode.raised, rejected: false })
        }));
    }
    out.sort_by(|a, b| (a.0, a.1, a.2.raised, &a.2.candidate).cmp(&(b.0, b.1, b.2.raised, &b.2.candidate)));
    out.into_iter().map(|(_, _, overlap)| overlap).collect()
}

/// Was a rule in force there and a camera watching at the moment?
pub(crate) fn cover(cell: &Cell, at: Ms) -> FindCover {
    let coverage = Coverage::of(&cell.views, at, at + 1);
    if coverage.watched.holds(at) {
        FindCover::Covered
    } else if coverage.force.holds(at) {
        FindCover::Unwatched
    } else {
        FindCover::NotInForce
    }
}

/// What a violation that somebody saw in a picture was to the program.
pub(crate) fn outcome(overlaps: &[Overlap]) -> MinuteOutcome {
    match overlaps.first() {
        None => MinuteOutcome::Missed,
        Some(best) if best.rejected => MinuteOutcome::Rejected,
        Some(_) => MinuteOutcome::Found,
    }
}

/// Whole minutes of a set, by the clock: how many, and the start of the n-th.
pub(crate) struct Minutes {
    /// First minute and how many were before this span.
    spans: Vec<(Ms, u64)>,
    pub(crate) count: u64,
}

impl Minutes {
    pub(crate) fn of(set: &IntervalSet) -> Self {
        let (mut spans, mut count) = (Vec::new(), 0u64);
        for (from, until) in set.spans() {
            let first = -((-from).div_euclid(MINUTE)) * MINUTE;
            let last = until.div_euclid(MINUTE) * MINUTE;
            if first < last {
                spans.push((first, count));
                count += u64::try_from((last - first) / MINUTE).unwrap_or(0);
            }
        }
        Self { spans, count }
    }

    pub(crate) fn nth(&self, n: u64) -> Option<Ms> {
        let index = self.spans.partition_point(|(_, before)| *before <= n).checked_sub(1)?;
        let (first, before) = self.spans[index];
        (n < self.count).then(|| first + Ms::try_from(n - before).unwrap_or(0) * MINUTE)
    }
}

/// One find, as far as figures need it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FindFact {
    pub(crate) cover: FindCover,
    /// When the candidate was raised that it was matched with.
    pub(crate) raised: Option<Ms>,
    /// Only what an officer rejected was there.
    pub(crate) rejected: bool,
    pub(crate) reported: Ms,
}

/// Weights that differ by no more than this share of themselves are one weight.
const SAME_WEIGHT: f64 = 1e-9;

/// A share of minutes that do not all weigh the same.
#[derive(Debug, Clone, Copy, Default)]
struct Weighed {
    part: f64,
    all: f64,
    squares: f64,
}

impl Weighed {
    fn add(&mut self, weight: f64, counts: bool) {
        self.part += if counts { weight } else { 0.0 };
        self.all += weight;
        self.squares += weight * weight;
    }

    /// The weighted share, with Wilson's interval over Kish's effective number of draws (Kish 1965, 11.7): so many of equal weight would
    /// be as sure. Counts stay counts.
    fn share(&self, part: u64, n: u64, least: u32) -> ShareFigure {
        if n < u64::from(least) || self.all <= 0.0 {
            return ShareFigure { part, n, ..ShareFigure::default() };
        }
        let (low, high) = wilson_interval(self.part / self.all, self.all * self.all / self.squares);
        ShareFigure { value: Some(self.part / self.all), low: Some(low), high: Some(high), part, n }
    }
}

/// Everything that the figures of recall are made of.
#[derive(Debug, Clone, Default)]
pub(crate) struct RecallSum {
    figure: RecallFigure,
    lead: Vec<u32>,
    missed: Weighed,
    recall: Weighed,
    /// The weight of the first minute that counted.
    weight: Option<f64>,
}

impl RecallSum {
    /// Adds a drawn minute that stands for `weight` minutes; `revised`: its answer took the place of another.
    pub(crate) fn minute(&mut self, outcome: MinuteOutcome, revised: bool, weight: f64) {
        let (missed, violation) = match outcome {
            MinuteOutcome::None => (false, false),
            MinuteOutcome::Found => (false, true),
            MinuteOutcome::Missed | MinuteOutcome::Rejected => (true, true),
            MinuteOutcome::NotSampled | MinuteOutcome::Waiting | MinuteOutcome::CannotTell => {
                return self.count(outcome, revised);
            }
        };
        self.missed.add(weight, missed);
        if violation {
            self.recall.add(weight, !missed);
        }
        let first = *self.weight.get_or_insert(weight);
        self.figure.weighted |= (weight - first).abs() > first * SAME_WEIGHT;
        self.count(outcome, revised);
    }

    fn count(&mut self, outcome: MinuteOutcome, revised: bool) {
        let it = &mut self.figure;
        let slot = match outcome {
            MinuteOutcome::NotSampled => &mut it.not_sampled,
            MinuteOutcome::Waiting => &mut it.waiting,
            MinuteOutcome::CannotTell => &mut it.cannot_tell,
            MinuteOutcome::None => &mut it.none,
            MinuteOutcome::Found => &mut it.found,
            MinuteOutcome::Missed => &mut it.missed,
            MinuteOutcome::Rejected => &mut it.rejected,
        };
        *slot += 1;
        it.drawn += 1;
        it.revised += u64::from(revised);
    }

    /// Adds a find.
    pub(crate) fn find(&mut self, find: &FindFact) {
        let it = &mut self.figure;
        it.finds += 1;
        match find.cover {
            FindCover::NoZone => it.no_zone += 1,
            FindCover::NotInForce => it.not_in_force += 1,
            FindCover::Unwatched => it.unwatched += 1,
            FindCover::Covered => {
                it.covered += 1;
                match find.raised {
                    None => {
                        it.without_candidate += 1;
                        it.only_rejected += u64::from(find.rejected);
                    }
                    Some(raised) if find.reported < raised => {
                        it.reported_first += 1;
                        self.lead.push(u32::try_from((raised - find.reported) / 1000).unwrap_or(u32::MAX));
                    }
                    Some(_) => {}
                }
            }
        }
    }

    /// The figures. Nothing is shown as a share that rests on less than the definition asks for.
    pub(crate) fn figure(mut self, parameters: &ClearanceParameters) -> RecallFigure {
        let least = parameters.precision_n_min;
        let it = self.figure;
        let missed = it.missed + it.rejected;
        let matched = it.covered - it.without_candidate;
        // Of equal weights the counts say the same, to the last bit.
        let share =
            |weighed: Weighed, part, n| if it.weighted { weighed.share(part, n, least) } else { share_from(part, n, least) };
        RecallFigure {
            missed_share: share(self.missed, missed, it.none + it.found + missed),
            recall: share(self.recall, it.found, it.found + missed),
            miss_share: share_from(it.without_candidate, it.covered, least),
            reported_first_share: share_from(it.reported_first, matched, least),
            lead_median_s: quantile(&mut self.lead, 0.5),
            ..it
        }
    }
}

#[cfg(test)]
#[path = "recall_tests.rs"]
mod tests;
