//! Days as people write them, `2026-03-01`, in the installation's time zone.

use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The time zone of that name; UTC when nobody knows it.
pub(crate) fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// A day in the one form we keep; `None` when the text is none.
pub(crate) fn day(text: &str) -> Option<Date> {
    // The parser would take a date and time as well; here a day is ten characters.
    if text.len() == 10 { text.parse().ok() } else { None }
}

/// The first moment of a day, Unix milliseconds.
pub(crate) fn start_ms(day: Date, zone: &TimeZone) -> Option<i64> {
    day.to_zoned(zone.clone()).ok().map(|at| at.timestamp().as_millisecond())
}

/// The first moment after a day.
pub(crate) fn end_ms(day: Date, zone: &TimeZone) -> Option<i64> {
    start_ms(day.tomorrow().ok()?, zone)
}

/// The day of a moment.
pub(crate) fn of_ms(ms: i64, zone: &TimeZone) -> String {
    let at = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.to_zoned(zone.clone()).date().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_and_ends_where_people_live() {
        let shanghai = zone("Asia/Shanghai");
        let first = day("2026-03-01").unwrap();
        let start = start_ms(first, &shanghai).unwrap();
        assert_eq!(crate::clock::rfc3339(start), "2026-02-28T16:00:00.000Z");
        assert_eq!(end_ms(first, &shanghai).unwrap() - start, 24 * 60 * 60_000);
        assert_eq!((of_ms(start, &shanghai).as_str(), of_ms(start - 1, &shanghai).as_str()), ("2026-03-01", "2026-02-28"));
        for bad in ["2026-02-30", "2026-3-1", "20260301", "2026-03-01T00", "", "yesterday!"] {
            assert_eq!(day(bad), None, "{bad:?}");
        }
    }
}
