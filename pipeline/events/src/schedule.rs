//! Weekly windows in a time zone, over midnight too, with holidays as dates.
//!
//! A window is written `DAYS HH:MM-HH:MM`. DAYS is a comma list of days (`mon`…`sun`), ranges (`fri-sun`, `sat-mon`), `daily`,
//! `workdays` (Monday to Friday and not a holiday) or `holidays` (the dates listed under `holidays`). A window whose end is
//! not after its start runs over midnight and belongs to the day it starts on; `24:00` is the end of the day.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use crate::time::WallTime;

/// Why a text is not a weekly window.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a weekly window: {reason} (expected e.g. \"fri-sun 18:00-23:00\", \"daily 22:00-06:00\")")]
pub struct BadWindow {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Days {
    /// Bit 0 is Monday.
    week: u8,
    workdays: bool,
    holidays: bool,
}

/// A window of every week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeeklyWindow {
    text: String,
    days: Days,
    /// Minutes since midnight, 0..1440.
    start: u16,
    /// Minutes since midnight, 1..=1440; not after `start` means the next day.
    end: u16,
}

impl WeeklyWindow {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The window that begins on this date, in minutes since its midnight: `[start, end)`, the end above 1440 when it runs over
    /// midnight. `None` when no window begins on it.
    pub fn span_on(&self, date: Date, holidays: &BTreeSet<Date>) -> Option<(u16, u16)> {
        let end = if self.start < self.end { self.end } else { self.end + 1440 };
        self.starts_on(date, holidays).then_some((self.start, end))
    }

    fn starts_on(&self, date: Date, holidays: &BTreeSet<Date>) -> bool {
        let bit = 1u8 << date.weekday().to_monday_zero_offset();
        let holiday = holidays.contains(&date);
        self.days.week & bit != 0 || (self.days.workdays && bit & 0b001_1111 != 0 && !holiday) || (self.days.holidays && holiday)
    }

    fn contains(&self, date: Date, minute: u16, holidays: &BTreeSet<Date>) -> bool {
        if self.start < self.end {
            return (self.start..self.end).contains(&minute) && self.starts_on(date, holidays);
        }
        (minute >= self.start && self.starts_on(date, holidays))
            || (minute < self.end && date.yesterday().is_ok_and(|yesterday| self.starts_on(yesterday, holidays)))
    }
}

impl fmt::Display for WeeklyWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn weekday(text: &str) -> Result<Weekday, String> {
    Ok(match text {
        "mon" => Weekday::Monday,
        "tue" => Weekday::Tuesday,
        "wed" => Weekday::Wednesday,
        "thu" => Weekday::Thursday,
        "fri" => Weekday::Friday,
        "sat" => Weekday::Saturday,
        "sun" => Weekday::Sunday,
        _ => return Err(format!("{text:?} is not a day")),
    })
}

fn days(text: &str) -> Result<Days, String> {
    let mut days = Days { week: 0, workdays: false, holidays: false };
    for part in text.split(',') {
        match part {
            "daily" => days.week = 0b111_1111,
            "workdays" => days.workdays = true,
            "holidays" => days.holidays = true,
            _ => {
                let (first, last) = part.split_once('-').unwrap_or((part, part));
                let (first, last) = (weekday(first)?.to_monday_zero_offset(), weekday(last)?.to_monday_zero_offset());
                let span = (last - first).rem_euclid(7);
                for offset in 0..=span {
                    days.week |= 1 << (first + offset).rem_euclid(7);
                }
            }
        }
    }
    Ok(days)
}

fn minutes(text: &str) -> Result<u16, String> {
    let bad = || format!("{text:?} is not a time of day");
    let (h, m) = text.split_once(':').ok_or_else(bad)?;
    if h.len() != 2 || m.len() != 2 {
        return Err(bad());
    }
    let (h, m): (u16, u16) = (h.parse().map_err(|_| bad())?, m.parse().map_err(|_| bad())?);
    if m < 60 && (h < 24 || (h == 24 && m == 0)) { Ok(h * 60 + m) } else { Err(bad()) }
}

impl FromStr for WeeklyWindow {
    type Err = BadWindow;
    fn from_str(text: &str) -> Result<Self, BadWindow> {
        let bad = |reason: String| BadWindow { text: text.to_owned(), reason };
        let mut words = text.split_whitespace();
        let (Some(day_part), Some(hours), None) = (words.next(), words.next(), words.next()) else {
            return Err(bad("days and hours, separated by one space, are wanted".to_owned()));
        };
        let (start, end) = hours.split_once('-').ok_or_else(|| bad(format!("{hours:?} has no '-'")))?;
        let (days, start, end) = (days(day_part).map_err(bad)?, minutes(start).map_err(bad)?, minutes(end).map_err(bad)?);
        if start == 1440 || end == 0 && start == 0 || start == end {
            return Err(bad("it is empty; a whole day is 00:00-24:00".to_owned()));
        }
        Ok(Self { text: text.to_owned(), days, start, end })
    }
}

/// The clock and the calendar that windows are read by.
#[derive(Debug, Clone)]
pub struct Calendar {
    /// E.g. `Asia/Shanghai`.
    pub time_zone: TimeZone,
    /// Public holidays.
    pub holidays: BTreeSet<Date>,
}

impl Calendar {
    /// The local date and the minute of the day.
    pub fn local(&self, at: WallTime) -> (Date, u16) {
        let timestamp = jiff::Timestamp::from_millisecond(at.unix_ns.div_euclid(1_000_000)).unwrap_or(jiff::Timestamp::MAX);
        let zoned = timestamp.to_zoned(self.time_zone.clone());
        let minute = u16::try_from(i32::from(zoned.hour()) * 60 + i32::from(zoned.minute())).unwrap_or(0);
        (zoned.date(), minute)
    }

    /// Is the moment within any of the windows?
    pub fn within_any(&self, windows: &[WeeklyWindow], at: WallTime) -> bool {
        let (date, minute) = self.local(at);
        windows.iter().any(|window| window.contains(date, minute, &self.holidays))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar() -> Calendar {
        Calendar {
            time_zone: TimeZone::get("Asia/Shanghai").unwrap(),
            holidays: [jiff::civil::date(2026, 10, 1)].into_iter().collect(),
        }
    }

    fn at(local: &str) -> WallTime {
        let civil: jiff::civil::DateTime = local.parse().unwrap();
        let zoned = civil.to_zoned(TimeZone::get("Asia/Shanghai").unwrap()).unwrap();
        WallTime::known(i64::try_from(zoned.timestamp().as_nanosecond()).unwrap())
    }

    fn within(window: &str, local: &str) -> bool {
        calendar().within_any(&[window.parse().unwrap()], at(local))
    }

    #[test]
    fn a_night_market_runs_over_midnight_and_belongs_to_the_day_it_starts() {
        // 2026-11-20 is a Friday.
        assert!(within("fri-sun 18:00-02:00", "2026-11-20T23:59:00"));
        assert!(within("fri-sun 18:00-02:00", "2026-11-21T01:59:00"));
        assert!(!within("fri-sun 18:00-02:00", "2026-11-21T02:00:00"));
        assert!(within("fri-sun 18:00-02:00", "2026-11-23T01:00:00"), "Sunday's market, on Monday");
        assert!(!within("fri-sun 18:00-02:00", "2026-11-20T01:00:00"), "Thursday has no market");
    }

    #[test]
    fn ranges_wrap_the_week_and_holidays_are_dates() {
        assert!(within("sat-mon 08:00-09:00", "2026-11-23T08:30:00"));
        assert!(!within("sat-mon 08:00-09:00", "2026-11-24T08:30:00"));
        assert!(within("holidays 08:00-24:00", "2026-10-01T23:59:00"));
        assert!(!within("workdays 00:00-24:00", "2026-10-01T12:00:00"), "a Thursday, but a holiday");
        assert!(within("workdays 00:00-24:00", "2026-10-08T12:00:00"));
    }

    #[test]
    fn a_span_holds_the_minutes_of_its_window() {
        let calendar = calendar();
        for text in ["fri-sun 18:00-02:00", "daily 22:00-06:00", "workdays 08:30-17:30", "holidays 00:00-24:00"] {
            let window: WeeklyWindow = text.parse().unwrap();
            // Around a holiday, a weekend and the turn of a month.
            let mut date = jiff::civil::date(2026, 9, 28);
            for _ in 0..10 {
                for minute in (0..1440).step_by(15) {
                    let today = window.span_on(date, &calendar.holidays);
                    let yesterday = window.span_on(date.yesterday().unwrap(), &calendar.holidays);
                    let spanned = today.is_some_and(|(from, until)| (from..until).contains(&minute))
                        || yesterday.is_some_and(|(_, until)| minute + 1440 < until);
                    assert_eq!(spanned, window.contains(date, minute, &calendar.holidays), "{text} {date} {minute}");
                }
                date = date.tomorrow().unwrap();
            }
        }
    }

    #[test]
    fn nonsense_is_refused_with_a_reason() {
        for bad in
            ["", "fri", "fri 18:00", "fry 18:00-19:00", "fri 18:00-18:00", "fri 25:00-26:00", "fri 8:00-9:00", "fri 00:00-00:00"]
        {
            assert!(bad.parse::<WeeklyWindow>().is_err(), "{bad:?}");
        }
    }
}
