//! The cheapest pairing of rows with columns.

/// A pairing that costs more than this is never made.
pub(crate) const FORBIDDEN: f64 = 1e6;

/// Pairs each row of `cost` (rows × columns, row by row) with at most one column so that the sum is least, leaving out pairs
/// that cost `limit` or more. Hungarian method with potentials, O(n³) (Kuhn 1955; Munkres 1957; the shortest augmenting
/// path form of Jonker & Volgenant 1987).
pub(crate) fn assign(cost: &[f64], rows: usize, columns: usize, limit: f64) -> Vec<(usize, usize)> {
    if rows == 0 || columns == 0 {
        return Vec::new();
    }
    // A square with padding: not pairing costs `limit`, so a pair dearer than that is never better than none.
    let n = rows + columns;
    let at = |r: usize, c: usize| -> f64 {
        if r < rows && c < columns {
            cost[r * columns + c].min(FORBIDDEN)
        } else if r >= rows && c >= columns {
            0.0
        } else {
            limit / 2.0
        }
    };
    let (mut u, mut v) = (vec![0.0; n + 1], vec![0.0; n + 1]);
    let mut matched = vec![0usize; n + 1];
    let mut way = vec![0usize; n + 1];
    for row in 1..=n {
        matched[0] = row;
        let mut column = 0;
        let mut least = vec![f64::INFINITY; n + 1];
        let mut used = vec![false; n + 1];
        loop {
            used[column] = true;
            let (r, mut delta, mut next) = (matched[column], f64::INFINITY, 0);
            for c in 1..=n {
                if used[c] {
                    continue;
                }
                let reduced = at(r - 1, c - 1) - u[r] - v[c];
                if reduced < least[c] {
                    (least[c], way[c]) = (reduced, column);
                }
                if least[c] < delta {
                    (delta, next) = (least[c], c);
                }
            }
            for c in 0..=n {
                if used[c] {
                    u[matched[c]] += delta;
                    v[c] -= delta;
                } else {
                    least[c] -= delta;
                }
            }
            column = next;
            if matched[column] == 0 {
                break;
            }
        }
        while column != 0 {
            let previous = way[column];
            matched[column] = matched[previous];
            column = previous;
        }
    }
    let mut pairs: Vec<(usize, usize)> = (1..=columns)
        .filter_map(|c| {
            let r = matched[c];
            (r >= 1 && r <= rows && cost[(r - 1) * columns + c - 1] < limit).then(|| (r - 1, c - 1))
        })
        .collect();
    pairs.sort_unstable();
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_least_sum_not_the_least_pair() {
        // Greedy would take (0,0) at 1 and be left with 9; the least sum is 2 + 3.
        let pairs = assign(&[1.0, 2.0, 3.0, 9.0], 2, 2, 100.0);
        assert_eq!(pairs, [(0, 1), (1, 0)]);
    }

    #[test]
    fn leaves_out_what_costs_too_much() {
        assert_eq!(assign(&[0.2, 0.9, 0.9, 0.85], 2, 2, 0.8), [(0, 0)]);
        assert_eq!(assign(&[], 0, 3, 1.0), []);
    }

    #[test]
    fn agrees_with_trying_all_pairings() {
        let mut seed = 7u64;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as f64 / f64::from(u32::MAX)
        };
        for _ in 0..200 {
            let cost: Vec<f64> = (0..12).map(|_| next()).collect();
            let pairs = assign(&cost, 3, 4, 10.0);
            let got: f64 = pairs.iter().map(|&(r, c)| cost[r * 4 + c]).sum();
            let mut best = f64::INFINITY;
            for a in 0..4 {
                for b in 0..4 {
                    for c in 0..4 {
                        if a != b && b != c && a != c {
                            best = best.min(cost[a] + cost[4 + b] + cost[8 + c]);
                        }
                    }
                }
            }
            assert_eq!(pairs.len(), 3);
            assert!((got - best).abs() < 1e-9, "{got} {best}");
        }
    }
}
