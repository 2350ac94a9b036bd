//! Was dynamic clearance reached (DOMAIN 5.4, and the indicator annex of the plan)?
//!
//! Three answers. What surely failed is *not reached* even where little was watched: a camera that goes dark must not turn a
//! failure into "not measurable". What may have been reached, but was not watched enough, is *not measurable*.

use super::sum::Sum;
use crate::dto::{ClearanceParameters, Reached, ReachedWhy};

/// Decides for the key-area zone-days that were summed.
pub(crate) fn reached(sum: &Sum, parameters: &ClearanceParameters) -> (Reached, ReachedWhy) {
    let days = sum.due_days();
    if days == 0 {
        return (Reached::NotMeasurable, ReachedWhy::NoZoneDays);
    }
    // Over all zone-days, unknown ones too: if all of those were good it would still be too many.
    let kept = (days - sum.overdue_days) as f64;
    if kept < parameters.reached_days_min * days as f64 {
        return (Reached::NotReached, ReachedWhy::Overdue);
    }
    let (back, followed) = sum.recurred[1];
    if followed > 0 && back as f64 > parameters.reached_recurrence_max * followed as f64 {
        return (Reached::NotReached, ReachedWhy::Recurrence);
    }
    if sum.coverage().is_none_or(|share| share < parameters.reached_coverage_min) {
        return (Reached::NotMeasurable, ReachedWhy::Coverage);
    }
    if sum.unknown_share().is_some_and(|share| share > parameters.reached_unknown_max) {
        return (Reached::NotMeasurable, ReachedWhy::Unknown);
    }
    if sum.violations > 0 && followed == 0 {
        return (Reached::NotMeasurable, ReachedWhy::FollowUp);
    }
    (Reached::Reached, ReachedWhy::All)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Sum {
        let mut sum = Sum { force_s: 1000, watched_s: 900, violations: 10, ..Sum::default() };
        sum.recurred[1] = (1, 10);
        (sum.zero.zero, sum.zero.violation, sum.zero.unknown_coverage) = (90, 5, 5);
        sum
    }

    fn of(change: impl FnOnce(&mut Sum)) -> (Reached, ReachedWhy) {
        let mut sum = good();
        change(&mut sum);
        reached(&sum, &ClearanceParameters::default())
    }

    #[test]
    fn three_answers_and_what_decided_each() {
        use crate::dto::Reached::{NotMeasurable, NotReached, Reached as Yes};
        use ReachedWhy as Why;
        assert_eq!(of(|_| {}), (Yes, Why::All));
        assert_eq!(of(|sum| sum.watched_s = 849), (NotMeasurable, Why::Coverage));
        assert_eq!(of(|sum| sum.watched_s = 850), (Yes, Why::All), "0.85 is enough");
        assert_eq!(of(|sum| sum.zero.unknown_pending = 6), (NotMeasurable, Why::Unknown));
        assert_eq!(of(|sum| sum.overdue_days = 5), (Yes, Why::All), "95 % of 100 is kept");
        assert_eq!(of(|sum| sum.overdue_days = 6), (NotReached, Why::Overdue));
        assert_eq!(of(|sum| sum.recurred[1] = (16, 100)), (NotReached, Why::Recurrence));
        assert_eq!(of(|sum| sum.recurred[1] = (15, 100)), (Yes, Why::All));
    }

    #[test]
    fn nothing_to_judge_by_is_not_measurable_and_never_reached() {
        use crate::dto::Reached::{NotMeasurable, Reached as Yes};
        use ReachedWhy as Why;
        let none = reached(&Sum::default(), &ClearanceParameters::default());
        assert_eq!(none, (NotMeasurable, Why::NoZoneDays));
        assert_eq!(of(|sum| sum.recurred[1] = (0, 0)), (NotMeasurable, Why::FollowUp));
        assert_eq!(of(|sum| (sum.recurred[1], sum.violations) = ((0, 0), 0)), (Yes, Why::All), "nothing could come back");
    }

    #[test]
    fn dark_cameras_do_not_hide_what_surely_failed() {
        let both = of(|sum| (sum.watched_s, sum.overdue_days) = (100, 50));
        assert_eq!(both, (Reached::NotReached, ReachedWhy::Overdue));
    }
}
