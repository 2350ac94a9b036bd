//! The facts of one cell (area, kind) on one local day: everything that figures of any period and group are summed from.
//!
//! Facts are additive, or lists that can be joined; no share and no median is kept, because shares of shares are wrong.

use std::collections::BTreeMap;

use events::schedule::Calendar;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::coverage::{Coverage, View, key_area};
use super::episode::{Episode, Ruling, Seen, Standing, episodes};
use super::interval::{IntervalSet, MINUTE, Ms};
use super::recurrence;
use super::schedule::{DutyClock, date_of, dates, day};
use crate::dto::{ClearanceParameters, Limit, ZeroDay};

/// The facts. Times in seconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct DayFacts {
    pub(crate) key_area: bool,
    /// `|Force|` and `|E|`.
    pub(crate) force_s: u32,
    pub(crate) watched_s: u32,
    /// The longest unwatched stretch of force time.
    pub(crate) hole_s: u32,
    pub(crate) zero: ZeroDay,
    /// Open-violation time: of the union, and of all objects together.
    pub(crate) ovm_s: u32,
    pub(crate) object_s: u32,
    /// `|E|` and open-violation time by local hour; empty when all are 0.
    pub(crate) watched_by_hour: Vec<u16>,
    pub(crate) ovm_by_hour: Vec<u16>,
    /// A violation stood beyond its limit some time of the day.
    pub(crate) overdue: bool,
    /// Raised on this day, permitted ones apart.
    pub(crate) raised: u32,
    pub(crate) permitted: u32,
    /// `t_cand - first_seen` of those.
    pub(crate) latency: Vec<u32>,
    /// Reviewed ones among those raised on this day.
    pub(crate) tp: u32,
    pub(crate) fp: u32,
    pub(crate) found_permitted: u32,
    /// By hour raised and by model: true and false ones.
    pub(crate) precision_by_hour: BTreeMap<u8, (u32, u32)>,
    pub(crate) precision_by_model: BTreeMap<String, (u32, u32)>,
    /// Closed on this day: confirmed, expired, all.
    pub(crate) closed_confirmed: u32,
    pub(crate) closed_expired: u32,
    pub(crate) closed: u32,
    /// `t_conf - t_cand` of those raised on this day, wall clock and duty clock; and when the undecided ones were raised.
    pub(crate) confirm: Vec<(u32, u32)>,
    pub(crate) undecided: Vec<Ms>,
    /// Violations first seen on this day.
    pub(crate) violations: u32,
    /// Their duration and whether its end was seen; when the open ones were first seen.
    pub(crate) clear: Vec<(u32, bool)>,
    pub(crate) open: Vec<Ms>,
    /// The same from the confirmation on, for those that stood then; when the open ones were confirmed.
    pub(crate) clear_confirmed: Vec<(u32, bool)>,
    pub(crate) open_confirmed: Vec<Ms>,
    /// The same from the warning on, for those that stood then; when the open ones were warned.
    pub(crate) clear_warned: Vec<(u32, bool)>,
    pub(crate) open_warned: Vec<Ms>,
    /// Of candidates raised on this day: second reviews, and those that overturned the first.
    pub(crate) second_reviewed: u32,
    pub(crate) second_overturned: u32,
    /// Supervisors' second looks at decisions on them, and those that disagreed.
    pub(crate) looked: u32,
    pub(crate) looked_against: u32,
    /// Decisions of authorities in cases on candidates raised on this day, and those revoked on review and lost in court.
    pub(crate) ruled: u32,
    pub(crate) revoked: u32,
    pub(crate) lost: u32,
    /// Due on this day: within the limit, all that can be told, and those nobody can.
    pub(crate) sla_met: u32,
    pub(crate) sla_due: u32,
    pub(crate) sla_unknown: u32,
    /// Gone on this day and followed up for 1, 7 and 30 days: came back, all.
    pub(crate) recurred: [(u32, u32); 3],
    /// The same for those whose subject is known: another violation of that subject in the zone.
    pub(crate) recurred_subject: [(u32, u32); 3],
}

/// One cell: an area and a kind.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    /// The cameras that see the area.
    pub(crate) views: Vec<View>,
    /// Sorted by when they were first seen.
    pub(crate) seen: Vec<Seen>,
    /// Names of the models that `Seen::model` points into.
    pub(crate) models: Vec<String>,
    /// How long a violation may stand.
    pub(crate) limit: Limit,
}

/// By which clock, which rules and as of when.
#[derive(Debug, Clone)]
pub(crate) struct Frame<'a> {
    pub(crate) calendar: &'a Calendar,
    pub(crate) parameters: &'a ClearanceParameters,
    pub(crate) duty: &'a DutyClock,
    /// Nothing later is known.
    pub(crate) as_of: Ms,
}

impl Frame<'_> {
    /// When a violation is due that was first seen then.
    pub(crate) fn deadline(&self, limit: Limit, first_seen: Ms) -> Option<Ms> {
        let length = Ms::from(limit.minutes) * MINUTE;
        if limit.duty { self.duty.after(first_seen, length) } else { Some(first_seen + length) }
    }

    fn hour_of(&self, at: Ms) -> u8 {
        let (start, _) = day(self.calendar, date_of(self.calendar, at));
        u8::try_from((at - start) / (60 * MINUTE)).unwrap_or(23).min(23)
    }
}

fn seconds(ms: Ms) -> u32 {
    u32::try_from(ms / 1000).unwrap_or(0)
}

/// How far back and forward facts of a day reach: the longest follow-up of a recurrence.
pub(crate) const REACH_DAYS: i64 = 30;

/// The facts of each local day from `from` to as-of, days without force, candidates and violations left out.
pub(crate) fn days(cell: &Cell, from: Ms, frame: &Frame<'_>) -> BTreeMap<Date, DayFacts> {
    let violations = violations(cell, frame.as_of, frame.parameters);
    let coverage = Coverage::of(&cell.views, from, frame.as_of);
    let mut out: BTreeMap<Date, DayFacts> = BTreeMap::new();
    let stood = |episode: &Episode| (episode.first_seen, episode.stood_until(frame.as_of));
    let union = IntervalSet::of(violations.iter().map(stood));
    let spans: Vec<(Ms, Ms)> = violations.iter().filter(|episode| !episode.elsewhere).map(stood).collect();
    let pending = IntervalSet::of(cell.seen.iter().filter(|s| s.standing.undecided()).map(|seen| {
        let until = match seen.last_look {
            Some((super::episode::Look::Cleared | super::episode::Look::Lost, at)) => at,
            _ => frame.as_of,
        };
        (seen.first_seen, until.max(seen.first_seen + 1))
    }));
    let overdue = overdue(&violations, cell.limit, frame);
    for date in dates(frame.calendar, from, frame.as_of) {
        let (start, end) = day(frame.calendar, date);
        let facts = watch(cell, &coverage, (start, end), frame);
        let Some(mut facts) = facts else { continue };
        facts.overdue = overdue.length_within(start, end) > 0;
        let force = coverage.force.clip(start, end.min(frame.as_of));
        let watched = coverage.watched.clip(start, end.min(frame.as_of));
        let stood = union.clip(start, end).intersect(&watched);
        facts.ovm_s = seconds(stood.length());
        facts.object_s = spans.iter().map(|(a, b)| seconds(watched.length_within(*a, *b))).sum();
        facts.ovm_by_hour = by_hour(&stood, start);
        facts.zero = zero_day(&facts, &force, &union, &pending, end, frame);
        out.insert(date, facts);
    }
    let first = date_of(frame.calendar, from);
    count_candidates(cell, frame, first, &mut out);
    count_violations(cell, &violations, frame, first, &mut out);
    recurrence::count(&violations, &coverage, from, frame, &mut out);
    out
}

/// What stood in the cell's views.
pub(crate) fn violations(cell: &Cell, as_of: Ms, parameters: &ClearanceParameters) -> Vec<Episode> {
    let observed: Vec<IntervalSet> = cell.views.iter().map(|view| view.observed.clone()).collect();
    episodes(&cell.seen, &observed, as_of, parameters)
}

/// When some violation stood beyond its limit.
fn overdue(violations: &[Episode], limit: Limit, frame: &Frame<'_>) -> IntervalSet {
    IntervalSet::of(violations.iter().filter_map(|episode| {
        let deadline = frame.deadline(limit, episode.first_seen)?;
        Some((deadline, episode.stood_until(frame.as_of)))
    }))
}

fn by_hour(set: &IntervalSet, start: Ms) -> Vec<u16> {
    if set.is_empty() {
        return Vec::new();
    }
    let mut hours = vec![0u16; 24];
    let hour = 60 * MINUTE;
    // A day of 25 hours has two of one hour; they are told together.
    for (index, slot) in (0..25).map(|h| (h, usize::try_from(h).unwrap_or(23).min(23))) {
        let length = seconds(set.length_within(start + index * hour, start + (index + 1) * hour));
        hours[slot] = hours[slot].saturating_add(u16::try_from(length).unwrap_or(u16::MAX));
    }
    hours
}

/// What was in force and watched; `None` on a day on which the zone did not exist or its rule never is in force and no permit
/// is the reason.
fn watch(cell: &Cell, coverage: &Coverage, (start, end): (Ms, Ms), frame: &Frame<'_>) -> Option<DayFacts> {
    let watched_here = |state: &super::coverage::ZoneState| state.rule.is_some() && state.from < end && start < state.until;
    if !cell.views.iter().any(|view| view.states.iter().any(watched_here)) {
        return None;
    }
    let until = end.min(frame.as_of);
    let force = coverage.force.clip(start, until);
    let watched = coverage.watched.clip(start, until);
    Some(DayFacts {
        key_area: cell.views.iter().any(|view| key_area(&view.states, start, end)),
        force_s: seconds(force.length()),
        watched_s: seconds(watched.length()),
        hole_s: seconds(force.minus(&watched).longest()),
        watched_by_hour: by_hour(&watched, start),
        ..DayFacts::default()
    })
}

/// `ZD(z, k, d)` (DOMAIN 5.3).
fn zero_day(
    facts: &DayFacts,
    force: &IntervalSet,
    violations: &IntervalSet,
    pending: &IntervalSet,
    end: Ms,
    frame: &Frame<'_>,
) -> ZeroDay {
    let parameters = frame.parameters;
    if !force.intersect(violations).is_empty() {
        return ZeroDay::Violation;
    }
    if frame.as_of < end {
        return ZeroDay::Running;
    }
    if facts.force_s == 0 {
        return ZeroDay::NotApplicable;
    }
    let covered = f64::from(facts.watched_s) >= parameters.coverage_min * f64::from(facts.force_s);
    if !covered {
        ZeroDay::UnknownCoverage
    } else if facts.hole_s > parameters.hole_max_min * 60 {
        ZeroDay::UnknownHole
    } else if !force.intersect(pending).is_empty() {
        ZeroDay::UnknownPending
    } else {
        ZeroDay::Zero
    }
}

fn count_candidates(cell: &Cell, frame: &Frame<'_>, first: Date, out: &mut BTreeMap<Date, DayFacts>) {
    for seen in &cell.seen {
        if seen.standing.set_aside() {
            continue;
        }
        let raised = date_of(frame.calendar, seen.raised);
        if raised >= first {
            count_raised(cell, seen, frame, out.entry(raised).or_default());
        }
        // What a permit covered never entered the queue.
        if let (Some(decided), false) = (seen.decided, matches!(seen.standing, Standing::Pending | Standing::Permitted)) {
            let date = date_of(frame.calendar, decided);
            if date >= first {
                let facts = out.entry(date).or_default();
                facts.closed += 1;
                facts.closed_confirmed += u32::from(seen.standing == Standing::Confirmed);
                facts.closed_expired += u32::from(seen.standing == Standing::Expired);
            }
        }
    }
}

fn count_raised(cell: &Cell, seen: &Seen, frame: &Frame<'_>, facts: &mut DayFacts) {
    if seen.standing == Standing::Permitted {
        facts.permitted += 1;
        return;
    }
    facts.raised += 1;
    facts.second_reviewed += u32::from(seen.case.overturned.is_some());
    facts.second_overturned += u32::from(seen.case.overturned == Some(true));
    facts.looked += seen.case.looks.0;
    facts.looked_against += seen.case.looks.1;
    facts.ruled += u32::from(seen.case.ruling.is_some());
    facts.revoked += u32::from(seen.case.ruling == Some(Ruling::Revoked));
    facts.lost += u32::from(seen.case.ruling == Some(Ruling::Lost));
    facts.latency.push(seconds(seen.raised - seen.first_seen));
    let hit = match seen.standing {
        Standing::Confirmed => Some(true),
        Standing::FalsePositive => Some(false),
        Standing::FoundPermitted => {
            facts.found_permitted += 1;
            None
        }
        Standing::Pending => {
            facts.undecided.push(seen.raised);
            None
        }
        Standing::Expired | Standing::Permitted | Standing::Carried | Standing::CarriedPending | Standing::Set => None,
    };
    let Some(hit) = hit else { return };
    let add = |slot: &mut (u32, u32)| if hit { slot.0 += 1 } else { slot.1 += 1 };
    let mut total = (facts.tp, facts.fp);
    add(&mut total);
    (facts.tp, facts.fp) = total;
    add(facts.precision_by_hour.entry(frame.hour_of(seen.raised)).or_default());
    if let Some(model) = cell.models.get(usize::from(seen.model)) {
        add(facts.precision_by_model.entry(model.clone()).or_default());
    }
    if let (true, Some(decided)) = (hit, seen.decided) {
        facts.confirm.push((seconds(decided - seen.raised), seconds(frame.duty.between(seen.raised, decided))));
    }
}

fn count_violations(cell: &Cell, violations: &[Episode], frame: &Frame<'_>, first: Date, out: &mut BTreeMap<Date, DayFacts>) {
    for episode in violations.iter().filter(|episode| !episode.elsewhere) {
        let date = date_of(frame.calendar, episode.first_seen);
        let open = episode.end == super::episode::End::Open;
        if date >= first {
            let facts = out.entry(date).or_default();
            facts.violations += 1;
            if open {
                facts.open.push(episode.first_seen);
            } else {
                facts.clear.push(episode.lasted(episode.first_seen, frame.as_of));
            }
            // What was gone before it was confirmed, or its subject warned, has no time from then on.
            let since = |began: Option<Ms>, over: &mut Vec<(u32, bool)>, standing: &mut Vec<Ms>| {
                let Some(began) = began else { return };
                if open {
                    standing.push(began);
                } else if episode.stood_until(frame.as_of) > began {
                    over.push(episode.lasted(began, frame.as_of));
                }
            };
            since(episode.confirmed, &mut facts.clear_confirmed, &mut facts.open_confirmed);
            since(episode.warned, &mut facts.clear_warned, &mut facts.open_warned);
        }
        let due = frame.deadline(cell.limit, episode.first_seen).filter(|due| *due <= frame.as_of);
        if let Some(due) = due.filter(|due| date_of(frame.calendar, *due) >= first) {
            let facts = out.entry(date_of(frame.calendar, due)).or_default();
            match (episode.gone_at(), episode.stood_until(frame.as_of)) {
                (Some(gone), _) if gone <= due => {
                    facts.sla_due += 1;
                    facts.sla_met += 1;
                }
                (_, stood) if stood > due => facts.sla_due += 1,
                // It went, or may have gone, while nobody watched: before the limit or after, nobody knows.
                _ => facts.sla_unknown += 1,
            }
        }
    }
}

#[cfg(test)]
#[path = "day_tests.rs"]
mod tests;
