//! Shares and ratios with their uncertainty. What has a zero denominator is `None`, never 0 and never 100 %.

/// Two-sided 95 % of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// A share with its 95 % interval and what it rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Share {
    pub(crate) value: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// Of how many.
    pub(crate) n: u64,
}

/// `hits / n` with Wilson's interval (Wilson 1927, without continuity correction).
pub(crate) fn wilson(hits: u64, n: u64) -> Option<Share> {
    if n == 0 {
        return None;
    }
    let value = hits as f64 / n as f64;
    let (low, high) = wilson_interval(value, n as f64);
    Some(Share { value, low, high, n })
}

/// Wilson's interval of a share over so many draws, which need not be a whole number.
pub(crate) fn wilson_interval(p: f64, count: f64) -> (f64, f64) {
    let centre = p + Z * Z / (2.0 * count);
    let half = Z * (p * (1.0 - p) / count + Z * Z / (4.0 * count * count)).sqrt();
    let denominator = 1.0 + Z * Z / count;
    // At 0 and at 1 the formula is exact; rounding alone would leave 1e-17.
    let low = if p <= 0.0 { 0.0 } else { (centre - half) / denominator };
    let high = if p >= 1.0 { 1.0 } else { (centre + half) / denominator };
    (low, high)
}

/// `part / whole`, `None` when the whole is nothing.
pub(crate) fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

/// Sums that a ratio of two amounts and its interval are told from, `y` over `x`: each pair is one zone-day, open-violation and watched
/// seconds. Whole numbers, so that it makes no difference in which order they are added.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RatioSum {
    n: u64,
    y: u64,
    x: u64,
    yy: u128,
    xy: u128,
    xx: u128,
}

impl RatioSum {
    pub(crate) fn add(&mut self, y: u32, x: u32) {
        let (wide_y, wide_x) = (u128::from(y), u128::from(x));
        self.join(&Self { n: 1, y: y.into(), x: x.into(), yy: wide_y * wide_y, xy: wide_x * wide_y, xx: wide_x * wide_x });
    }

    pub(crate) fn join(&mut self, more: &Self) {
        self.n += more.n;
        self.y += more.y;
        self.x += more.x;
        self.yy += more.yy;
        self.xy += more.xy;
        self.xx += more.xx;
    }

    /// The ratio with the interval of the ratio estimator by linearisation (Cochran, *Sampling Techniques*, 6.3). Fewer than two pairs
    /// have no interval.
    pub(crate) fn ratio(&self) -> Option<(f64, Option<(f64, f64)>)> {
        let value = ratio(self.y as f64, self.x as f64)?;
        if self.n < 2 {
            return Some((value, None));
        }
        let n = self.n as f64;
        // The sum of (y - value x)^2.
        let residual = (self.yy as f64 - 2.0 * value * self.xy as f64 + value * value * self.xx as f64).max(0.0);
        let error = (residual * n / (n - 1.0)).sqrt() / self.x as f64;
        Some((value, Some(((value - Z * error).max(0.0), value + Z * error))))
    }
}

/// `(n * x + m * prior) / (n + m)`: what rests on few zone-days is drawn towards what is usual (DOMAIN 5.5).
pub(crate) fn shrink(value: f64, n: f64, prior: f64, m: f64) -> f64 {
    if n + m > 0.0 { (n * value + m * prior) / (n + m) } else { prior }
}

/// The `q` quantile by linear interpolation between order statistics (type 7, as pandas and R do by default). Sorts.
pub(crate) fn quantile(values: &mut [u32], q: f64) -> Option<f64> {
    values.sort_unstable();
    let last = values.len().checked_sub(1)?;
    let at = q * last as f64;
    let (below, part) = (at.floor() as usize, at.fract());
    let (low, high) = (f64::from(values[below]), f64::from(values[(below + 1).min(last)]));
    Some(low + (high - low) * part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(pairs: &[(u32, u32)]) -> RatioSum {
        let mut sum = RatioSum::default();
        pairs.iter().for_each(|(y, x)| sum.add(*y, *x));
        sum
    }

    #[test]
    fn a_zero_denominator_is_nothing() {
        assert_eq!(wilson(0, 0), None);
        assert_eq!(ratio(0.0, 0.0), None);
        assert_eq!(RatioSum::default().ratio(), None);
        assert_eq!(of(&[(0, 0)]).ratio(), None);
        assert_eq!(quantile(&mut [], 0.5), None);
    }

    #[test]
    fn wilson_is_that_of_the_book() {
        // statsmodels.stats.proportion.proportion_confint(8, 10, method="wilson").
        let share = wilson(8, 10).unwrap();
        assert!((share.low - 0.490_162_5).abs() < 1e-6 && (share.high - 0.943_317_8).abs() < 1e-6, "{share:?}");
        assert_eq!((wilson(0, 5).unwrap().low, wilson(5, 5).unwrap().high), (0.0, 1.0));
    }

    #[test]
    fn few_zone_days_are_drawn_to_the_prior() {
        assert_eq!(shrink(10.0, 0.0, 2.0, 20.0), 2.0);
        assert_eq!(shrink(10.0, 20.0, 2.0, 20.0), 6.0);
        assert_eq!(shrink(10.0, 0.0, 2.0, 0.0), 2.0);
    }

    #[test]
    fn quantiles_interpolate() {
        assert_eq!(quantile(&mut [40, 10, 30, 20], 0.5), Some(25.0));
        assert_eq!(quantile(&mut [7], 0.9), Some(7.0));
    }

    proptest! {
        #[test]
        fn an_interval_holds_its_value(hits in 0u64..500, more in 0u64..500, pairs in proptest::collection::vec((0u32..3600, 0u32..86_400), 2..40)) {
            if let Some(share) = wilson(hits, hits + more) {
                prop_assert!(0.0 <= share.low && share.low <= share.value && share.value <= share.high && share.high <= 1.0);
            }
            let (first, second) = pairs.split_at(pairs.len() / 2);
            let mut joined = of(first);
            joined.join(&of(second));
            prop_assert_eq!(joined, of(&pairs));
            if let Some((value, Some((low, high)))) = joined.ratio() {
                prop_assert!(0.0 <= low && low <= value && value <= high);
                // By the book: from the residuals one by one.
                let residual: f64 = pairs.iter().map(|(y, x)| (f64::from(*y) - value * f64::from(*x)).powi(2)).sum();
                let n = pairs.len() as f64;
                let error = (residual * n / (n - 1.0)).sqrt() / pairs.iter().map(|(_, x)| f64::from(*x)).sum::<f64>();
                prop_assert!((high - value - Z * error).abs() < 1e-6, "{} {}", high - value, Z * error);
            }
        }
    }
}
