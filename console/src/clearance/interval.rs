//! Sets of time: what was in force, what was watched, how long something stood.

/// Milliseconds since 1970, or a length in milliseconds.
pub(crate) type Ms = i64;

/// One minute.
pub(crate) const MINUTE: Ms = 60_000;

/// A set of half-open spans `[from, until)`, kept sorted, apart and never empty: two sets are equal when they hold the same
/// moments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct IntervalSet(Vec<(Ms, Ms)>);

impl IntervalSet {
    /// Nothing.
    pub(crate) const fn empty() -> Self {
        Self(Vec::new())
    }

    /// One span; nothing when it ends before it begins.
    pub(crate) fn span(from: Ms, until: Ms) -> Self {
        if from < until { Self(vec![(from, until)]) } else { Self::empty() }
    }

    /// The union of spans in any order, overlapping or not.
    pub(crate) fn of(spans: impl IntoIterator<Item = (Ms, Ms)>) -> Self {
        let mut all: Vec<(Ms, Ms)> = spans.into_iter().filter(|(from, until)| from < until).collect();
        all.sort_unstable();
        let mut out: Vec<(Ms, Ms)> = Vec::with_capacity(all.len());
        for (from, until) in all {
            match out.last_mut() {
                // Touching spans are one: [1, 2) and [2, 3) hold the same moments as [1, 3).
                Some(last) if from <= last.1 => last.1 = last.1.max(until),
                _ => out.push((from, until)),
            }
        }
        Self(out)
    }

    /// In either.
    pub(crate) fn union(&self, other: &Self) -> Self {
        Self::of(self.0.iter().chain(&other.0).copied())
    }

    /// In both.
    pub(crate) fn intersect(&self, other: &Self) -> Self {
        let (mut out, mut a, mut b) = (Vec::new(), 0, 0);
        while let (Some(x), Some(y)) = (self.0.get(a), other.0.get(b)) {
            let (from, until) = (x.0.max(y.0), x.1.min(y.1));
            if from < until {
                out.push((from, until));
            }
            if x.1 <= y.1 {
                a += 1;
            } else {
                b += 1;
            }
        }
        Self(out)
    }

    /// In this one and not in the other.
    pub(crate) fn minus(&self, other: &Self) -> Self {
        let (mut out, mut b) = (Vec::new(), 0);
        for &(mut from, until) in &self.0 {
            while other.0.get(b).is_some_and(|hole| hole.1 <= from) {
                b += 1;
            }
            let mut next = b;
            while let Some(&(hole_from, hole_until)) = other.0.get(next).filter(|hole| hole.0 < until) {
                if from < hole_from {
                    out.push((from, hole_from));
                }
                from = from.max(hole_until);
                next += 1;
            }
            if from < until {
                out.push((from, until));
            }
        }
        Self(out)
    }

    /// What of it lies in `[from, until)`.
    pub(crate) fn clip(&self, from: Ms, until: Ms) -> Self {
        let first = self.0.partition_point(|span| span.1 <= from);
        let spans = self.0[first..].iter().take_while(|span| span.0 < until);
        Self(spans.map(|span| (span.0.max(from), span.1.min(until))).filter(|span| span.0 < span.1).collect())
    }

    /// How long it is together.
    pub(crate) fn length(&self) -> Ms {
        self.0.iter().map(|(from, until)| until - from).sum()
    }

    /// How long its part in `[from, until)` is.
    pub(crate) fn length_within(&self, from: Ms, until: Ms) -> Ms {
        let first = self.0.partition_point(|span| span.1 <= from);
        let spans = self.0[first..].iter().take_while(|span| span.0 < until);
        spans.map(|span| (span.1.min(until) - span.0.max(from)).max(0)).sum()
    }

    /// The longest unbroken span.
    pub(crate) fn longest(&self) -> Ms {
        self.0.iter().map(|(from, until)| until - from).max().unwrap_or(0)
    }

    /// Does it hold the moment?
    pub(crate) fn holds(&self, at: Ms) -> bool {
        let index = self.0.partition_point(|span| span.1 <= at);
        self.0.get(index).is_some_and(|span| span.0 <= at)
    }

    /// Is there nothing in it?
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Its spans, in order.
    pub(crate) fn spans(&self) -> &[(Ms, Ms)] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set() -> impl Strategy<Value = IntervalSet> {
        proptest::collection::vec((0i64..60, 0i64..60), 0..8).prop_map(IntervalSet::of)
    }

    /// The plain truth: moment by moment.
    fn moments(set: &IntervalSet) -> Vec<bool> {
        (0..60).map(|at| set.spans().iter().any(|(from, until)| (*from..*until).contains(&at))).collect()
    }

    proptest! {
        #[test]
        fn the_algebra_is_that_of_moments(a in set(), b in set(), from in 0i64..60, until in 0i64..60) {
            let (x, y) = (moments(&a), moments(&b));
            let both = |f: fn(bool, bool) -> bool| x.iter().zip(&y).map(|(x, y)| f(*x, *y)).collect::<Vec<_>>();
            prop_assert_eq!(moments(&a.union(&b)), both(|x, y| x || y));
            prop_assert_eq!(moments(&a.intersect(&b)), both(|x, y| x && y));
            prop_assert_eq!(moments(&a.minus(&b)), both(|x, y| x && !y));
            prop_assert_eq!(a.length(), x.iter().filter(|in_it| **in_it).count() as i64);
            prop_assert_eq!(a.clip(from, until), a.intersect(&IntervalSet::span(from, until)));
            prop_assert_eq!(a.length_within(from, until), a.clip(from, until).length());
            for at in 0..60 {
                prop_assert_eq!(a.holds(at), x[at as usize]);
            }
            // Canonical: what holds the same moments is equal.
            prop_assert_eq!(a.minus(&b).union(&a.intersect(&b)), a);
        }
    }

    #[test]
    fn touching_spans_are_one_and_empty_ones_none() {
        assert_eq!(IntervalSet::of([(2, 3), (1, 2), (5, 5), (9, 7)]), IntervalSet::span(1, 3));
        assert_eq!(IntervalSet::of([(1, 2), (4, 9)]).longest(), 5);
        assert!(IntervalSet::span(3, 3).is_empty());
    }
}
