//! When a rule was in force, when its cameras really watched, and the share of the first that the second covers (DOMAIN 5.1).

use std::sync::Arc;

use events::schedule::{Calendar, WeeklyWindow};
use jiff::civil::Date;

use super::interval::{IntervalSet, Ms};
use super::schedule::{midnight, open};

/// A permit for all of the zone. One for a part of it takes nothing out of force: the rest is still watched.
#[derive(Debug, Clone)]
pub(crate) struct WholeZonePermit {
    pub(crate) weekly: Vec<WeeklyWindow>,
    pub(crate) from: Option<Date>,
    pub(crate) until: Option<Date>,
}

impl WholeZonePermit {
    /// As `events::site::Permit::valid_at` says moment by moment: the dates are those of the moment, not of the window's day.
    fn valid(&self, calendar: &Calendar, from: Ms, until: Ms) -> IntervalSet {
        let from = self.from.map_or(from, |date| from.max(midnight(calendar, date)));
        let until = self.until.and_then(|date| date.tomorrow().ok()).map_or(until, |next| until.min(midnight(calendar, next)));
        if self.weekly.is_empty() { IntervalSet::span(from, until) } else { open(&self.weekly, calendar, from, until) }
    }
}

/// What one version of a zone says of one kind, while it held.
#[derive(Debug, Clone)]
pub(crate) struct ZoneState {
    pub(crate) from: Ms,
    pub(crate) until: Ms,
    pub(crate) calendar: Arc<Calendar>,
    /// Windows of the rule, empty for always; `None` while the kind is not watched.
    pub(crate) rule: Option<Vec<WeeklyWindow>>,
    pub(crate) permits: Vec<WholeZonePermit>,
    pub(crate) key_area: bool,
}

/// `Force(z, k)` within `[from, until)`: when the rule is in force, less what is permitted. A zone that is redrawn at noon is
/// two states, each with its own hours.
pub(crate) fn force(states: &[ZoneState], from: Ms, until: Ms) -> IntervalSet {
    let parts = states.iter().filter_map(|state| {
        let (from, until) = (from.max(state.from), until.min(state.until));
        let windows = state.rule.as_ref().filter(|_| from < until)?;
        let ruled = if windows.is_empty() { IntervalSet::span(from, until) } else { open(windows, &state.calendar, from, until) };
        Some(state.permits.iter().fold(ruled, |left, permit| left.minus(&permit.valid(&state.calendar, from, until))))
    });
    parts.fold(IntervalSet::empty(), |all, part| all.union(&part))
}

/// Was the zone a key area on this day? Only when all that was watched of the day was: a flag that is set at ten begins to
/// count with the next day.
pub(crate) fn key_area(states: &[ZoneState], from: Ms, until: Ms) -> bool {
    let mut on_the_day = states.iter().filter(|s| s.rule.is_some() && s.from < until && from < s.until).peekable();
    on_the_day.peek().is_some() && on_the_day.all(|state| state.key_area)
}

/// One camera's view of an area: its zone over time, and when it watched.
#[derive(Debug, Clone, Default)]
pub(crate) struct View {
    pub(crate) states: Vec<ZoneState>,
    pub(crate) observed: IntervalSet,
}

/// `Force` and `E = Force ∩ Obs` of an area that one or more cameras see: the union over its cameras.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Coverage {
    pub(crate) force: IntervalSet,
    pub(crate) watched: IntervalSet,
}

impl Coverage {
    pub(crate) fn of(views: &[View], from: Ms, until: Ms) -> Self {
        let mut all = Self::default();
        for view in views {
            let force = force(&view.states, from, until);
            all.watched = all.watched.union(&force.intersect(&view.observed));
            all.force = all.force.union(&force);
        }
        all
    }

    /// `Cov = |E| / |Force|` within `[from, until)`; `None` when nothing was in force.
    pub(crate) fn share(&self, from: Ms, until: Ms) -> Option<f64> {
        let force = self.force.length_within(from, until);
        (force > 0).then(|| self.watched.length_within(from, until) as f64 / force as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clearance::interval::MINUTE;
    use crate::clearance::schedule::day;

    const HOUR: Ms = 60 * MINUTE;

    fn calendar() -> Arc<Calendar> {
        let time_zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
        Arc::new(Calendar { time_zone, holidays: Default::default() })
    }

    fn state(weekly: &[&str], permits: Vec<WholeZonePermit>) -> ZoneState {
        let rule = Some(weekly.iter().map(|text| text.parse().unwrap()).collect());
        ZoneState { from: Ms::MIN / 2, until: Ms::MAX / 2, calendar: calendar(), rule, permits, key_area: true }
    }

    fn permit(weekly: &[&str]) -> WholeZonePermit {
        WholeZonePermit { weekly: weekly.iter().map(|text| text.parse().unwrap()).collect(), from: None, until: None }
    }

    /// Friday 20 November 2026 and the Saturday after.
    fn friday() -> (Ms, Ms) {
        day(&calendar(), jiff::civil::date(2026, 11, 20))
    }

    #[test]
    fn a_camera_offline_all_day_covers_nothing_and_is_no_zero() {
        let (from, until) = friday();
        let view = View { states: vec![state(&[], vec![])], observed: IntervalSet::empty() };
        let coverage = Coverage::of(&[view], from, until);
        assert_eq!((coverage.force.length(), coverage.share(from, until)), (24 * HOUR, Some(0.0)));
    }

    #[test]
    fn a_camera_offline_only_at_peak_covers_much_and_still_has_a_hole() {
        let (from, until) = friday();
        let peak = IntervalSet::span(from + 17 * HOUR, from + 19 * HOUR);
        let view = View { states: vec![state(&[], vec![])], observed: IntervalSet::span(from, until).minus(&peak) };
        let coverage = Coverage::of(&[view], from, until);
        assert!(coverage.share(from, until).unwrap() > 0.9);
        assert_eq!(coverage.force.minus(&coverage.watched).longest(), 2 * HOUR);
    }

    #[test]
    fn of_two_cameras_on_one_zone_one_is_enough() {
        let (from, until) = friday();
        let up = View { states: vec![state(&[], vec![])], observed: IntervalSet::span(from, until) };
        let down = View { observed: IntervalSet::empty(), ..up.clone() };
        assert_eq!(Coverage::of(&[down.clone(), up.clone()], from, until).share(from, until), Some(1.0));
        // Each half a day: together all of it, and no hour counts twice.
        let half = |a, b| View { observed: IntervalSet::span(a, b), ..down.clone() };
        let noon = from + 12 * HOUR;
        let halves = [half(from, noon + HOUR), half(noon, until)];
        assert_eq!(Coverage::of(&halves, from, until).share(from, until), Some(1.0));
    }

    #[test]
    fn a_night_market_across_midnight_is_out_of_force_on_both_days() {
        let (from, until) = friday();
        let states = [state(&[], vec![permit(&["fri 18:00-02:00"])])];
        assert_eq!(force(&states, from, until).length(), 18 * HOUR);
        let (saturday, sunday) = day(&calendar(), jiff::civil::date(2026, 11, 21));
        assert_eq!(force(&states, saturday, sunday).length(), 22 * HOUR);
    }

    #[test]
    fn a_zone_that_is_wholly_permitted_has_no_force_and_no_coverage() {
        let (from, until) = friday();
        let view = View { states: vec![state(&[], vec![permit(&[])])], observed: IntervalSet::span(from, until) };
        let coverage = Coverage::of(&[view], from, until);
        assert_eq!((coverage.force.length(), coverage.share(from, until)), (0, None), "null, neither 0 nor 100 %");
    }

    #[test]
    fn a_permit_counts_only_between_its_dates() {
        let (from, until) = friday();
        let date = |day_| Some(jiff::civil::date(2026, 11, day_));
        let length = |first, last| {
            let permit = WholeZonePermit { from: first, until: last, ..permit(&[]) };
            force(&[state(&[], vec![permit])], from, until).length()
        };
        assert_eq!(length(date(20), date(20)), 0, "both days included");
        assert_eq!(length(date(21), None), 24 * HOUR);
        assert_eq!(length(None, date(19)), 24 * HOUR);
    }

    #[test]
    fn a_zone_redrawn_at_noon_has_each_version_hours() {
        let (from, until) = friday();
        let noon = from + 12 * HOUR;
        let morning = ZoneState { until: noon, ..state(&["daily 08:00-20:00"], vec![]) };
        let afternoon = ZoneState { from: noon, ..state(&["daily 10:00-14:00"], vec![]) };
        let set = force(&[morning, afternoon], from, until);
        assert_eq!(set.spans(), [(from + 8 * HOUR, from + 14 * HOUR)]);
    }

    #[test]
    fn before_it_is_drawn_and_while_a_kind_is_not_watched_a_zone_has_no_force() {
        let (from, until) = friday();
        let later = ZoneState { from: until, ..state(&[], vec![]) };
        let unwatched = ZoneState { rule: None, ..state(&[], vec![]) };
        assert!(force(&[later, unwatched], from, until).is_empty());
    }

    #[test]
    fn a_key_area_flag_set_during_a_day_counts_from_the_next() {
        let (from, until) = friday();
        let ten = from + 10 * HOUR;
        let before = ZoneState { until: ten, key_area: false, ..state(&[], vec![]) };
        let after = ZoneState { from: ten, ..state(&[], vec![]) };
        let states = [before, after];
        assert!(!key_area(&states, from, until));
        assert!(key_area(&states, until, until + 24 * HOUR));
        assert!(!key_area(&states, from - 24 * HOUR, from));
        assert!(!key_area(&[], from, until), "no zone, no key area");
    }
}
