//! When a delivery is tried again: ever later, never all at once, and not for ever.

/// After so many tries in a row it is a dead letter: with the pauses below, after about five hours.
pub(crate) const MOST_TRIES: i64 = 14;
const FIRST_MS: i64 = 10_000;
const LONGEST_MS: i64 = 60 * 60_000;

/// The pause after the `tries`-th failed try, milliseconds: doubled each time up to an hour, a fifth more or less by `luck` in
/// 0..1, so that what failed together does not come back together. A receiver that names a time gets it, within that hour.
pub(crate) fn pause_ms(tries: i64, luck: f64, asked_ms: Option<i64>) -> i64 {
    let doubled = FIRST_MS.saturating_mul(1 << (tries - 1).clamp(0, 20)).min(LONGEST_MS);
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "at most an hour of milliseconds")]
    let jittered = (doubled as f64 * (0.8 + 0.4 * luck.clamp(0.0, 1.0))) as i64;
    asked_ms.map_or(jittered, |asked| asked.clamp(jittered, LONGEST_MS.max(jittered)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_to_an_hour_and_differ_by_luck() {
        for (tries, luck, asked, want) in [
            (1, 0.5, None, 10_000),
            (2, 0.5, None, 20_000),
            (4, 0.0, None, 64_000),
            (4, 1.0, None, 96_000),
            (9, 0.5, None, 2_560_000),
            (10, 0.5, None, LONGEST_MS),
            (99, 0.5, None, LONGEST_MS),
            (1, 0.5, Some(60_000), 60_000),
            (2, 0.5, Some(1_000), 20_000),
            (1, 0.5, Some(i64::MAX), LONGEST_MS),
        ] {
            assert_eq!(pause_ms(tries, luck, asked), want, "{tries} {luck} {asked:?}");
        }
        let total: i64 = (1..MOST_TRIES).map(|tries| pause_ms(tries, 0.5, None)).sum();
        assert!((5 * 3_600_000..8 * 3_600_000).contains(&total), "{total}");
    }
}
