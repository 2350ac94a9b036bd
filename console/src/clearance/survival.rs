//! How long until something happens, when for some it has not happened yet: Kaplan and Meier's estimator.
//!
//! What is still open is *censored*: it lasted at least so long. Leaving it out would make a backlog look fast.

use super::proportion::quantile;

/// What a product of a hundred thousand shares may be off by.
const ROUNDING: f64 = 1e-9;

/// Two-sided 95 % of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// A duration in seconds, and whether its end was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Duration {
    pub(crate) seconds: u32,
    /// `false`: censored, it lasted at least so long.
    pub(crate) ended: bool,
}

/// The curve at one time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    pub(crate) seconds: u32,
    /// Share that is still open after this time.
    pub(crate) open: f64,
    /// 95 % interval by the log-log transform of Greenwood's variance.
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// The estimate.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Survival {
    /// One point per time at which something ended.
    pub(crate) points: Vec<Point>,
    /// First time at which at most half is open; `None` while more than half is.
    pub(crate) median: Option<u32>,
    /// Where the interval's lower curve falls to half, and its upper; `None` where it never does.
    pub(crate) median_low: Option<u32>,
    pub(crate) median_high: Option<u32>,
    pub(crate) n: u64,
    pub(crate) censored: u64,
}

/// Kaplan–Meier with Greenwood's variance (Kaplan & Meier 1958; Kalbfleisch & Prentice 2002, 1.4.1 for the interval). Who is
/// censored at a time still counts as open at it. Sorts what it is given.
pub(crate) fn kaplan_meier(durations: &mut [Duration]) -> Survival {
    durations.sort_unstable_by_key(|d| d.seconds);
    let mut out = Survival { n: durations.len() as u64, ..Survival::default() };
    let (mut at_risk, mut open, mut greenwood) = (durations.len(), 1.0f64, 0.0f64);
    for same in durations.chunk_by(|a, b| a.seconds == b.seconds) {
        let ended = same.iter().filter(|d| d.ended).count();
        out.censored += (same.len() - ended) as u64;
        if ended > 0 {
            open *= 1.0 - ended as f64 / at_risk as f64;
            if at_risk > ended {
                greenwood += ended as f64 / (at_risk as f64 * (at_risk - ended) as f64);
            }
            let seconds = same[0].seconds;
            let (low, high) = interval(open, greenwood, at_risk == ended);
            out.points.push(Point { seconds, open, low, high });
        }
        at_risk -= same.len();
    }
    // Half of them gone is half, also where the product of so many shares ends a little above it.
    let half = |share: f64| share <= 0.5 + ROUNDING;
    let first = |value: fn(&Point) -> f64| out.points.iter().find(|p| half(value(p))).map(|p| p.seconds);
    (out.median, out.median_low, out.median_high) = (first(|p| p.open), first(|p| p.low), first(|p| p.high));
    out
}

fn interval(open: f64, greenwood: f64, last: bool) -> (f64, f64) {
    // At the last end of all the variance is not defined; nothing is open, and that is all that is known.
    if last || open <= 0.0 {
        return (0.0, 0.0);
    }
    let log = open.ln();
    if log == 0.0 {
        return (1.0, 1.0);
    }
    let spread = Z * greenwood.sqrt() / log.abs();
    let centre = (-log).ln();
    ((-(centre + spread).exp()).exp(), (-(centre - spread).exp()).exp())
}

/// A duration's summary as a page shows it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Times {
    /// Of those whose end was seen.
    pub(crate) median_seen: Option<f64>,
    pub(crate) p90_seen: Option<f64>,
    pub(crate) survival: Survival,
}

impl Times {
    pub(crate) fn of(durations: &mut [Duration]) -> Self {
        let survival = kaplan_meier(durations);
        let mut seen: Vec<u32> = durations.iter().filter(|d| d.ended).map(|d| d.seconds).collect();
        Self { median_seen: quantile(&mut seen, 0.5), p90_seen: quantile(&mut seen, 0.9), survival }
    }

    /// Which median may be shown: with more than this share still open only Kaplan and Meier's (DOMAIN 5.2: 5 %).
    pub(crate) fn plain_median_holds(&self, open_share: f64) -> bool {
        self.survival.n > 0 && self.survival.censored as f64 <= open_share * self.survival.n as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn durations(list: &[(u32, bool)]) -> Vec<Duration> {
        list.iter().map(|&(seconds, ended)| Duration { seconds, ended }).collect()
    }

    #[test]
    fn the_textbook_example() {
        // Leukaemia patients under 6-MP (Freireich et al. 1963): survival 0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448.
        let mut data = durations(&[
            (6, true),
            (6, true),
            (6, true),
            (6, false),
            (7, true),
            (9, false),
            (10, true),
            (10, false),
            (11, false),
            (13, true),
            (16, true),
            (17, false),
            (19, false),
            (20, false),
            (22, true),
            (23, true),
            (25, false),
            (32, false),
            (32, false),
            (34, false),
            (35, false),
        ]);
        let estimate = kaplan_meier(&mut data);
        let expected = [(6, 0.8571), (7, 0.8067), (10, 0.7529), (13, 0.6902), (16, 0.6275), (22, 0.5378), (23, 0.4482)];
        for (point, (seconds, open)) in estimate.points.iter().zip(expected) {
            assert_eq!(point.seconds, seconds);
            assert!((point.open - open).abs() < 1e-4, "{point:?}");
        }
        // lifelines: median 23, confidence interval of the median 13 to infinity.
        assert_eq!((estimate.median, estimate.median_low, estimate.median_high), (Some(23), Some(13), None));
        assert_eq!((estimate.n, estimate.censored), (21, 12));
    }

    #[test]
    fn exactly_half_gone_is_the_median_whatever_the_rounding() {
        for n in (2..4000u32).step_by(2) {
            let mut all: Vec<Duration> = (1..=n).map(|seconds| Duration { seconds, ended: true }).collect();
            assert_eq!(kaplan_meier(&mut all).median, Some(n / 2), "of {n}");
        }
    }

    #[test]
    fn open_ones_make_the_median_later_and_never_earlier() {
        let mut ended = durations(&[(10, true), (20, true), (30, true)]);
        assert_eq!(kaplan_meier(&mut ended).median, Some(20));
        let mut open =
            durations(&[(10, true), (20, true), (30, true), (25, false), (40, false), (50, false), (60, false), (70, false)]);
        assert_eq!(kaplan_meier(&mut open).median, None, "more than half still open: no median, not a small one");
    }

    #[test]
    fn nobody_and_nobody_ended() {
        assert_eq!(kaplan_meier(&mut []), Survival::default());
        let estimate = kaplan_meier(&mut durations(&[(5, false), (9, false)]));
        assert_eq!((estimate.points.len(), estimate.median, estimate.censored), (0, None, 2));
    }

    #[test]
    fn a_plain_median_is_shown_only_with_few_open() {
        let list: Vec<(u32, bool)> = (0..100).map(|n| (n, n % 25 != 0)).collect();
        assert!(Times::of(&mut durations(&list)).plain_median_holds(0.05));
        let list: Vec<(u32, bool)> = (0..100).map(|n| (n, n % 10 != 0)).collect();
        assert!(!Times::of(&mut durations(&list)).plain_median_holds(0.05));
        assert!(!Times::of(&mut []).plain_median_holds(0.05));
    }

    proptest! {
        #[test]
        fn the_curve_falls_within_its_interval(list in proptest::collection::vec((0u32..50, any::<bool>()), 0..60)) {
            let estimate = kaplan_meier(&mut durations(&list));
            let mut before = 1.0;
            for point in &estimate.points {
                prop_assert!(point.open < before && point.low <= point.open + 1e-12 && point.open <= point.high + 1e-12);
                prop_assert!((0.0..=1.0).contains(&point.low) && (0.0..=1.0).contains(&point.high));
                before = point.open;
            }
        }

        #[test]
        fn without_open_ones_it_is_the_plain_share(list in proptest::collection::vec(0u32..50, 1..60)) {
            let estimate = kaplan_meier(&mut list.iter().map(|&seconds| Duration { seconds, ended: true }).collect::<Vec<_>>());
            for point in &estimate.points {
                let open = list.iter().filter(|seconds| **seconds > point.seconds).count() as f64 / list.len() as f64;
                prop_assert!((point.open - open).abs() < 1e-9);
            }
        }
    }
}
