//! Weekly windows as sets of time, local days as spans, and the duty clock.

use events::schedule::{Calendar, WeeklyWindow};
use jiff::civil::Date;

use super::interval::{IntervalSet, Ms};

/// Local midnight at which the date begins.
pub(crate) fn midnight(calendar: &Calendar, date: Date) -> Ms {
    // A midnight that a clock change skips becomes the first moment after it.
    date.to_zoned(calendar.time_zone.clone()).map_or(Ms::MIN / 4, |zoned| zoned.timestamp().as_millisecond())
}

/// The local day as `[from, until)`: 23 or 25 hours where the clock changes.
pub(crate) fn day(calendar: &Calendar, date: Date) -> (Ms, Ms) {
    (midnight(calendar, date), midnight(calendar, date.tomorrow().unwrap_or(date)))
}

/// The local date of a moment.
pub(crate) fn date_of(calendar: &Calendar, at: Ms) -> Date {
    let timestamp = jiff::Timestamp::from_millisecond(at).unwrap_or(jiff::Timestamp::MIN);
    timestamp.to_zoned(calendar.time_zone.clone()).date()
}

/// All local dates that touch `[from, until)`.
pub(crate) fn dates(calendar: &Calendar, from: Ms, until: Ms) -> impl Iterator<Item = Date> {
    let last = date_of(calendar, (until - 1).max(from));
    std::iter::successors(Some(date_of(calendar, from)), move |date| date.tomorrow().ok().filter(|next| *next <= last))
}

/// A local time of a date; `minute` may lie beyond the day's end.
fn moment(calendar: &Calendar, date: Date, minute: u16) -> Ms {
    let (extra, minute) = (minute / 1440, minute % 1440);
    let Ok(date) = date.checked_add(jiff::Span::new().days(i64::from(extra))) else { return midnight(calendar, date) };
    let time = date.at((minute / 60) as i8, (minute % 60) as i8, 0, 0);
    time.to_zoned(calendar.time_zone.clone()).map_or(Ms::MIN / 4, |zoned| zoned.timestamp().as_millisecond())
}

/// When the windows are open within `[from, until)`. A window over midnight belongs to the day on which it begins.
pub(crate) fn open(windows: &[WeeklyWindow], calendar: &Calendar, from: Ms, until: Ms) -> IntervalSet {
    if from >= until {
        return IntervalSet::empty();
    }
    let first = date_of(calendar, from);
    let days = std::iter::once(first.yesterday().unwrap_or(first)).chain(dates(calendar, from, until));
    let spans = days.flat_map(|date| {
        windows.iter().filter_map(move |window| {
            let (start, end) = window.span_on(date, &calendar.holidays)?;
            Some((moment(calendar, date, start), moment(calendar, date, end)))
        })
    });
    IntervalSet::of(spans).clip(from, until)
}

/// A clock that only runs while people are on duty; without windows it always runs.
#[derive(Debug, Clone)]
pub(crate) struct DutyClock {
    windows: Vec<WeeklyWindow>,
    calendar: Calendar,
}

/// A duty clock that does not run in so long has no next time; longer than any run of holidays.
const LOOK_AHEAD: Ms = 60 * 86_400_000;

impl DutyClock {
    pub(crate) fn new(windows: Vec<WeeklyWindow>, calendar: Calendar) -> Self {
        Self { windows, calendar }
    }

    /// Duty milliseconds in `[from, until)`.
    pub(crate) fn between(&self, from: Ms, until: Ms) -> Ms {
        if self.windows.is_empty() {
            return (until - from).max(0);
        }
        open(&self.windows, &self.calendar, from, until).length()
    }

    /// When so many duty milliseconds after `from` are over; `None` when duty never comes.
    pub(crate) fn after(&self, from: Ms, length: Ms) -> Option<Ms> {
        if self.windows.is_empty() {
            return Some(from + length);
        }
        let mut left = length;
        for (start, end) in open(&self.windows, &self.calendar, from, from + LOOK_AHEAD + 2 * length).spans() {
            if left <= end - start {
                return Some(start + left);
            }
            left -= end - start;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clearance::interval::MINUTE;

    pub(crate) fn shanghai() -> Calendar {
        let holidays = [jiff::civil::date(2026, 10, 1), jiff::civil::date(2026, 10, 2)].into_iter().collect();
        Calendar { time_zone: jiff::tz::TimeZone::get("Asia/Shanghai").unwrap(), holidays }
    }

    fn at(local: &str) -> Ms {
        let civil: jiff::civil::DateTime = local.parse().unwrap();
        civil.to_zoned(shanghai().time_zone).unwrap().timestamp().as_millisecond()
    }

    #[test]
    fn a_night_market_is_one_span_over_midnight() {
        let windows = ["fri 18:00-02:00".parse().unwrap()];
        // 2026-11-20 is a Friday.
        let open = open(&windows, &shanghai(), at("2026-11-19T00:00"), at("2026-11-23T00:00"));
        assert_eq!(open.spans(), [(at("2026-11-20T18:00"), at("2026-11-21T02:00"))]);
        let (from, until) = day(&shanghai(), jiff::civil::date(2026, 11, 21));
        assert_eq!(open.length_within(from, until), 120 * MINUTE, "two hours of it are Saturday's");
    }

    #[test]
    fn working_hours_skip_nights_weekends_and_holidays() {
        let clock = DutyClock::new(vec!["workdays 08:30-17:30".parse().unwrap()], shanghai());
        // Wednesday 30 September 16:30: one hour that day, then a holiday Thursday and Friday and a weekend.
        let due = clock.after(at("2026-09-30T16:30"), 240 * MINUTE);
        assert_eq!(due, Some(at("2026-10-05T11:30")));
        assert_eq!(clock.between(at("2026-09-30T16:30"), at("2026-10-05T11:30")), 240 * MINUTE);
        assert_eq!(clock.between(at("2026-10-05T11:30"), at("2026-09-30T16:30")), 0);
    }

    #[test]
    fn without_windows_duty_never_ends_and_a_clock_that_never_runs_is_never_due() {
        let always = DutyClock::new(Vec::new(), shanghai());
        assert_eq!((always.after(5, 7), always.between(5, 12)), (Some(12), 7));
        let never = DutyClock::new(vec!["holidays 08:00-09:00".parse().unwrap()], shanghai());
        assert_eq!(never.after(at("2026-11-01T00:00"), MINUTE), None);
    }

    #[test]
    fn days_are_as_long_as_the_clock_makes_them() {
        let berlin = Calendar { time_zone: jiff::tz::TimeZone::get("Europe/Berlin").unwrap(), holidays: Default::default() };
        let hours = |month, day_| {
            let (from, until) = day(&berlin, jiff::civil::date(2026, month, day_));
            (until - from) / (60 * MINUTE)
        };
        assert_eq!((hours(3, 28), hours(3, 29), hours(10, 25)), (24, 23, 25));
        let (from, until) = day(&shanghai(), jiff::civil::date(2026, 3, 29));
        assert_eq!((until - from) / (60 * MINUTE), 24, "no clock change in Shanghai");
    }
}
