//! Facts of many zone-days, summed; and the figures that are made of a sum.

use std::collections::BTreeMap;

use super::day::DayFacts;
use super::interval::Ms;
use super::proportion::{RatioSum, quantile, ratio, wilson};
use super::recurrence::FOLLOW_UPS;
use super::survival::{Duration, Times};
use crate::dto::{
    ClearanceParameters, CoverageFigure, CurvePoint, LatencyFigure, NamedShare, OvmFigure, QualityFigure, RecurrenceFigure,
    ShareFigure, TimesFigure, ZeroDay, ZeroFigure,
};

/// A curve has at most so many points on the wire.
const CURVE_POINTS: usize = 120;

/// A sum over zone-days.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sum {
    pub(crate) zone_days: u64,
    pub(crate) force_s: u64,
    pub(crate) watched_s: u64,
    pub(crate) zero: ZeroFigure,
    pub(crate) overdue_days: u64,
    pub(crate) ovm_s: u64,
    pub(crate) object_s: u64,
    /// Of zone-days on which somebody watched: open-violation seconds and watched seconds.
    pub(crate) watched: RatioSum,
    /// Of known zone-days.
    pub(crate) known_ovm_s: u64,
    pub(crate) violations: u64,
    pub(crate) raised: u64,
    pub(crate) permitted: u64,
    pub(crate) tp: u64,
    pub(crate) fp: u64,
    pub(crate) found_permitted: u64,
    pub(crate) closed: u64,
    pub(crate) closed_confirmed: u64,
    pub(crate) closed_expired: u64,
    pub(crate) latency: Vec<u32>,
    /// Wall clock, duty clock.
    pub(crate) confirm: Vec<(u32, u32)>,
    pub(crate) undecided: Vec<Ms>,
    pub(crate) clear: Vec<(u32, bool)>,
    /// When the open ones were first seen, and by when they are due.
    pub(crate) open: Vec<Ms>,
    pub(crate) clear_confirmed: Vec<(u32, bool)>,
    pub(crate) open_confirmed: Vec<Ms>,
    pub(crate) clear_warned: Vec<(u32, bool)>,
    pub(crate) open_warned: Vec<Ms>,
    pub(crate) second_reviewed: u64,
    pub(crate) second_overturned: u64,
    pub(crate) looked: u64,
    pub(crate) looked_against: u64,
    pub(crate) ruled: u64,
    pub(crate) revoked: u64,
    pub(crate) lost: u64,
    pub(crate) sla_met: u64,
    pub(crate) sla_due: u64,
    pub(crate) sla_unknown: u64,
    pub(crate) recurred: [(u64, u64); 3],
    pub(crate) recurred_subject: [(u64, u64); 3],
    pub(crate) watched_by_hour: [u64; 24],
    pub(crate) ovm_by_hour: [u64; 24],
    pub(crate) by_hour: BTreeMap<u8, (u64, u64)>,
    pub(crate) by_model: BTreeMap<String, (u64, u64)>,
}

/// Is the day one on which something could be reached or missed: over, or with a violation, and not wholly permitted?
fn counted(zero: ZeroDay) -> bool {
    !matches!(zero, ZeroDay::NotApplicable | ZeroDay::Running)
}

pub(crate) fn count_zero(figure: &mut ZeroFigure, zero: ZeroDay) {
    let slot = match zero {
        ZeroDay::Zero => &mut figure.zero,
        ZeroDay::Violation => &mut figure.violation,
        ZeroDay::UnknownCoverage => &mut figure.unknown_coverage,
        ZeroDay::UnknownHole => &mut figure.unknown_hole,
        ZeroDay::UnknownPending => &mut figure.unknown_pending,
        ZeroDay::NotApplicable => &mut figure.not_applicable,
        ZeroDay::Running => &mut figure.running,
    };
    *slot += 1;
}

/// Adds the counts of another.
pub(crate) fn join_zero(figure: &mut ZeroFigure, more: &ZeroFigure) {
    figure.zero += more.zero;
    figure.violation += more.violation;
    figure.unknown_coverage += more.unknown_coverage;
    figure.unknown_hole += more.unknown_hole;
    figure.unknown_pending += more.unknown_pending;
    figure.not_applicable += more.not_applicable;
    figure.running += more.running;
}

/// A pair of facts as one of sums.
fn wide((part, of): (u32, u32)) -> (u64, u64) {
    (part.into(), of.into())
}

fn add_pair(sum: &mut (u64, u64), more: (u64, u64)) {
    (sum.0, sum.1) = (sum.0 + more.0, sum.1 + more.1);
}

fn add_pairs(sums: &mut [(u64, u64)], more: &[(u64, u64)]) {
    sums.iter_mut().zip(more).for_each(|(sum, more)| add_pair(sum, *more));
}

/// Zone-days of which nobody knows.
pub(crate) fn unknown(zero: &ZeroFigure) -> u64 {
    zero.unknown_coverage + zero.unknown_hole + zero.unknown_pending
}

/// With its shares: zero-days over known ones, unknown ones over all that count.
pub(crate) fn zero_figure(zero: ZeroFigure) -> ZeroFigure {
    let known = zero.zero + zero.violation;
    let all = known + unknown(&zero);
    ZeroFigure { share: ratio(zero.zero as f64, known as f64), unknown_share: ratio(unknown(&zero) as f64, all as f64), ..zero }
}

/// A share for the wire.
pub(crate) fn share(part: u64, n: u64) -> ShareFigure {
    let share = wilson(part, n);
    ShareFigure { value: share.map(|s| s.value), low: share.map(|s| s.low), high: share.map(|s| s.high), part, n }
}

/// A share that is hidden while it rests on too few.
pub(crate) fn share_from(part: u64, n: u64, least: u32) -> ShareFigure {
    if n < u64::from(least) { ShareFigure { part, n, ..ShareFigure::default() } } else { share(part, n) }
}

impl Sum {
    /// Adds what is needed everywhere.
    pub(crate) fn add(&mut self, facts: &DayFacts) {
        self.zone_days += 1;
        self.force_s += u64::from(facts.force_s);
        self.watched_s += u64::from(facts.watched_s);
        count_zero(&mut self.zero, facts.zero);
        self.overdue_days += u64::from(facts.overdue && counted(facts.zero));
        self.ovm_s += u64::from(facts.ovm_s);
        self.object_s += u64::from(facts.object_s);
        if facts.watched_s > 0 {
            self.watched.add(facts.ovm_s, facts.watched_s);
        }
        if counted(facts.zero) && !facts.zero.unknown() {
            self.known_ovm_s += u64::from(facts.ovm_s);
        }
        self.violations += u64::from(facts.violations);
        self.raised += u64::from(facts.raised);
        self.clear.extend_from_slice(&facts.clear);
        self.open.extend_from_slice(&facts.open);
        self.sla_met += u64::from(facts.sla_met);
        self.sla_due += u64::from(facts.sla_due);
        self.sla_unknown += u64::from(facts.sla_unknown);
        add_pairs(&mut self.recurred, &facts.recurred.map(wide));
        for (sum, more) in self.watched_by_hour.iter_mut().zip(&facts.watched_by_hour) {
            *sum += u64::from(*more);
        }
        for (sum, more) in self.ovm_by_hour.iter_mut().zip(&facts.ovm_by_hour) {
            *sum += u64::from(*more);
        }
    }

    /// Adds what only the whole shows, not each group.
    pub(crate) fn add_details(&mut self, facts: &DayFacts) {
        self.permitted += u64::from(facts.permitted);
        self.tp += u64::from(facts.tp);
        self.fp += u64::from(facts.fp);
        self.found_permitted += u64::from(facts.found_permitted);
        self.closed += u64::from(facts.closed);
        self.closed_confirmed += u64::from(facts.closed_confirmed);
        self.closed_expired += u64::from(facts.closed_expired);
        self.latency.extend_from_slice(&facts.latency);
        self.confirm.extend_from_slice(&facts.confirm);
        self.undecided.extend_from_slice(&facts.undecided);
        self.clear_confirmed.extend_from_slice(&facts.clear_confirmed);
        self.open_confirmed.extend_from_slice(&facts.open_confirmed);
        self.clear_warned.extend_from_slice(&facts.clear_warned);
        self.open_warned.extend_from_slice(&facts.open_warned);
        self.second_reviewed += u64::from(facts.second_reviewed);
        self.second_overturned += u64::from(facts.second_overturned);
        self.looked += u64::from(facts.looked);
        self.looked_against += u64::from(facts.looked_against);
        self.ruled += u64::from(facts.ruled);
        self.revoked += u64::from(facts.revoked);
        self.lost += u64::from(facts.lost);
        add_pairs(&mut self.recurred_subject, &facts.recurred_subject.map(wide));
        self.add_precision(&facts.precision_by_hour, &facts.precision_by_model, wide);
    }

    /// Adds what is needed everywhere of another sum.
    pub(crate) fn join(&mut self, more: &Self) {
        self.zone_days += more.zone_days;
        self.force_s += more.force_s;
        self.watched_s += more.watched_s;
        join_zero(&mut self.zero, &more.zero);
        self.overdue_days += more.overdue_days;
        self.ovm_s += more.ovm_s;
        self.object_s += more.object_s;
        self.watched.join(&more.watched);
        self.known_ovm_s += more.known_ovm_s;
        self.violations += more.violations;
        self.raised += more.raised;
        self.clear.extend_from_slice(&more.clear);
        self.open.extend_from_slice(&more.open);
        self.sla_met += more.sla_met;
        self.sla_due += more.sla_due;
        self.sla_unknown += more.sla_unknown;
        add_pairs(&mut self.recurred, &more.recurred);
        self.watched_by_hour.iter_mut().zip(more.watched_by_hour).for_each(|(sum, more)| *sum += more);
        self.ovm_by_hour.iter_mut().zip(more.ovm_by_hour).for_each(|(sum, more)| *sum += more);
    }

    /// Adds what only the whole shows, of another sum.
    pub(crate) fn join_details(&mut self, more: &Self) {
        self.permitted += more.permitted;
        self.tp += more.tp;
        self.fp += more.fp;
        self.found_permitted += more.found_permitted;
        self.closed += more.closed;
        self.closed_confirmed += more.closed_confirmed;
        self.closed_expired += more.closed_expired;
        self.latency.extend_from_slice(&more.latency);
        self.confirm.extend_from_slice(&more.confirm);
        self.undecided.extend_from_slice(&more.undecided);
        self.clear_confirmed.extend_from_slice(&more.clear_confirmed);
        self.open_confirmed.extend_from_slice(&more.open_confirmed);
        self.clear_warned.extend_from_slice(&more.clear_warned);
        self.open_warned.extend_from_slice(&more.open_warned);
        self.second_reviewed += more.second_reviewed;
        self.second_overturned += more.second_overturned;
        self.looked += more.looked;
        self.looked_against += more.looked_against;
        self.ruled += more.ruled;
        self.revoked += more.revoked;
        self.lost += more.lost;
        add_pairs(&mut self.recurred_subject, &more.recurred_subject);
        self.add_precision(&more.by_hour, &more.by_model, |counts| counts);
    }

    fn add_precision<T: Copy>(
        &mut self,
        by_hour: &BTreeMap<u8, T>,
        by_model: &BTreeMap<String, T>,
        counts: impl Fn(T) -> (u64, u64),
    ) {
        by_hour.iter().for_each(|(hour, of_it)| add_pair(self.by_hour.entry(*hour).or_default(), counts(*of_it)));
        for (model, of_it) in by_model {
            match self.by_model.get_mut(model) {
                Some(slot) => add_pair(slot, counts(*of_it)),
                None => drop(self.by_model.insert(model.clone(), counts(*of_it))),
            }
        }
    }

    /// Zone-days on which something could be reached or missed.
    pub(crate) fn due_days(&self) -> u64 {
        self.zero.zero + self.zero.violation + unknown(&self.zero)
    }

    /// Zone-days that are known.
    pub(crate) fn known_days(&self) -> u64 {
        self.zero.zero + self.zero.violation
    }

    pub(crate) fn coverage(&self) -> Option<f64> {
        ratio(self.watched_s as f64, self.force_s as f64)
    }

    pub(crate) fn unknown_share(&self) -> Option<f64> {
        ratio(unknown(&self.zero) as f64, self.due_days() as f64)
    }

    pub(crate) fn coverage_figure(&self) -> CoverageFigure {
        CoverageFigure {
            value: self.coverage(),
            force_h: self.force_s as f64 / 3600.0,
            watched_h: self.watched_s as f64 / 3600.0,
        }
    }

    /// `OVM` of all zone-days, per hour watched on any of them.
    pub(crate) fn ovm_figure(&self) -> OvmFigure {
        let interval = self.watched.ratio().and_then(|(_, interval)| interval);
        OvmFigure {
            minutes: self.ovm_s as f64 / 60.0,
            object_minutes: self.object_s as f64 / 60.0,
            per_watched_h: self.ovm_per_watched_h(),
            // Minutes an hour.
            low: interval.map(|i| i.0 * 60.0),
            high: interval.map(|i| i.1 * 60.0),
            per_zone_day: ratio(self.known_ovm_s as f64 / 60.0, self.known_days() as f64),
        }
    }

    pub(crate) fn ovm_per_watched_h(&self) -> Option<f64> {
        ratio(self.ovm_s as f64 / 60.0, self.watched_s as f64 / 3600.0)
    }

    pub(crate) fn latency_figure(&self) -> LatencyFigure {
        let mut latency = self.latency.clone();
        LatencyFigure { median: quantile(&mut latency, 0.5), p90: quantile(&mut latency, 0.9), n: latency.len() as u64 }
    }

    /// Until confirmed, by the wall clock, or by a duty clock that tells how long the undecided have waited.
    pub(crate) fn confirm_wall(&self, as_of: Ms, parameters: &ClearanceParameters) -> TimesFigure {
        let seen = self.confirm.iter().map(|(wall, _)| (*wall, true));
        times(seen.chain(self.undecided.iter().map(|raised| (age(*raised, as_of), false))), parameters)
    }

    pub(crate) fn confirm_duty(&self, parameters: &ClearanceParameters, waited: impl Fn(Ms) -> u32) -> TimesFigure {
        let seen = self.confirm.iter().map(|(_, duty)| (*duty, true));
        times(seen.chain(self.undecided.iter().map(|raised| (waited(*raised), false))), parameters)
    }

    pub(crate) fn clear_figure(&self, as_of: Ms, parameters: &ClearanceParameters) -> TimesFigure {
        let open = self.open.iter().map(|first| (age(*first, as_of), false));
        times(self.clear.iter().copied().chain(open), parameters)
    }

    pub(crate) fn clear_confirmed_figure(&self, as_of: Ms, parameters: &ClearanceParameters) -> TimesFigure {
        let open = self.open_confirmed.iter().map(|confirmed| (age(*confirmed, as_of), false));
        times(self.clear_confirmed.iter().copied().chain(open), parameters)
    }

    pub(crate) fn clear_warned_figure(&self, as_of: Ms, parameters: &ClearanceParameters) -> TimesFigure {
        let open = self.open_warned.iter().map(|warned| (age(*warned, as_of), false));
        times(self.clear_warned.iter().copied().chain(open), parameters)
    }

    /// By place, and by subject.
    pub(crate) fn recurrence_figures(&self) -> (Vec<RecurrenceFigure>, Vec<RecurrenceFigure>) {
        (Self::recurrence(self.recurred), Self::recurrence(self.recurred_subject))
    }

    fn recurrence(counts: [(u64, u64); 3]) -> Vec<RecurrenceFigure> {
        let both = FOLLOW_UPS.into_iter().zip(counts);
        both.map(|(days, (part, n))| RecurrenceFigure { days: u32::try_from(days).unwrap_or(0), share: share(part, n) }).collect()
    }

    pub(crate) fn quality_figure(&self, parameters: &ClearanceParameters) -> QualityFigure {
        let least = parameters.precision_n_min;
        let reviewed = self.tp + self.fp;
        let named = |name: String, (tp, fp): (u64, u64)| NamedShare { name, share: share_from(tp, tp + fp, least) };
        QualityFigure {
            raised: self.raised,
            permitted: self.permitted,
            precision: share_from(self.tp, reviewed, least),
            permission_precision: share_from(reviewed, reviewed + self.found_permitted, least),
            confirm_rate: share(self.closed_confirmed, self.closed),
            expiry_rate: share(self.closed_expired, self.closed),
            overturned: share(self.second_overturned, self.second_reviewed),
            disagreed: share(self.looked_against, self.looked),
            revoked: share(self.revoked, self.ruled),
            lost: share(self.lost, self.ruled),
            by_model: self.by_model.iter().map(|(model, counts)| named(model.clone(), *counts)).collect(),
            by_hour: self.by_hour.iter().map(|(hour, counts)| named(hour.to_string(), *counts)).collect(),
        }
    }
}

pub(crate) fn age(since: Ms, as_of: Ms) -> u32 {
    u32::try_from((as_of - since).max(0) / 1000).unwrap_or(u32::MAX)
}

fn times(durations: impl Iterator<Item = (u32, bool)>, parameters: &ClearanceParameters) -> TimesFigure {
    let mut durations: Vec<Duration> = durations.map(|(seconds, ended)| Duration { seconds, ended }).collect();
    let times = Times::of(&mut durations);
    let plain = times.plain_median_holds(parameters.plain_median_open_max);
    let survival = &times.survival;
    let step = survival.points.len().div_ceil(CURVE_POINTS).max(1);
    let last = survival.points.len().saturating_sub(1);
    let kept = survival.points.iter().enumerate().filter(|(index, _)| index % step == 0 || *index == last);
    TimesFigure {
        n: survival.n,
        censored: survival.censored,
        km_median: survival.median,
        km_low: survival.median_low,
        km_high: survival.median_high,
        median: times.median_seen.filter(|_| plain),
        p90: times.p90_seen.filter(|_| plain),
        curve: kept.map(|(_, p)| CurvePoint { s: p.seconds, open: p.open, low: p.low, high: p.high }).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_minutes_per_watched_hour_rests_on_the_zone_days_of_its_value() {
        let day = |zero, ovm_s, watched_s| DayFacts { zero, ovm_s, watched_s, force_s: 86_400, ..DayFacts::default() };
        // Most was watched on days that are unknown or not over: they count into the value, so into its interval as well.
        let days = [
            day(ZeroDay::Zero, 0, 86_400),
            day(ZeroDay::UnknownHole, 0, 80_000),
            day(ZeroDay::Violation, 7200, 86_400),
            day(ZeroDay::Running, 1800, 20_000),
            day(ZeroDay::UnknownCoverage, 0, 0),
        ];
        let mut sum = Sum::default();
        days.iter().for_each(|facts| sum.add(facts));
        let figure = sum.ovm_figure();
        let mut watched = RatioSum::default();
        days.iter().filter(|facts| facts.watched_s > 0).for_each(|facts| watched.add(facts.ovm_s, facts.watched_s));
        let (value, interval) = watched.ratio().unwrap();
        let (low, high) = interval.unwrap();
        assert!((figure.per_watched_h.unwrap() - value * 60.0).abs() < 1e-12);
        assert_eq!((figure.low, figure.high), (Some(low * 60.0), Some(high * 60.0)));
        assert_eq!(figure.per_zone_day, Some(60.0), "of the two that are known");
    }
}
