//! Which source pixels make an output pixel, and with what weights. Computed once per tile and axis.

/// Output pixel `index` of `out` over the source span `begin..end` (pixels, edges of the picture at 0 and `len`): the area it
/// covers when shrinking, the two nearest when growing. Returns the first source pixel, and in `weights`, emptied before, what it
/// and those after it weigh; they sum to 1.
fn window(begin: f64, end: f64, len: usize, out: usize, index: usize, weights: &mut Vec<f64>) -> usize {
    weights.clear();
    let scale = (end - begin) / out as f64;
    let last = len as f64 - 1.0;
    if scale <= 1.0 {
        let centre = (begin + (index as f64 + 0.5) * scale - 0.5).clamp(0.0, last);
        let first = centre.floor();
        let fraction = centre - first;
        weights.push(1.0 - fraction);
        if fraction > 0.0 {
            weights.push(fraction);
        }
        // Cast: 0..=last.
        return first as usize;
    }
    let from = (begin + index as f64 * scale).clamp(0.0, len as f64);
    let to = (from + scale).min(len as f64);
    let first = from.floor().min(last);
    let stop = to.ceil().max(first + 1.0).min(len as f64);
    weights
        .extend((first as usize..stop as usize).map(|pixel| ((pixel as f64 + 1.0).min(to) - (pixel as f64).max(from)).max(0.0)));
    let sum: f64 = weights.iter().sum();
    if sum > 0.0 {
        weights.iter_mut().for_each(|weight| *weight /= sum);
    } else {
        weights.truncate(1);
        weights[0] = 1.0;
    }
    first as usize
}

/// The vertical weights, in 256ths so that sums of bytes stay in 16 bits.
pub(super) struct Rows {
    starts: Vec<(usize, usize)>,
    weights: Vec<u16>,
}

impl Rows {
    pub(super) fn new(begin: f64, end: f64, len: usize, out: usize) -> Self {
        let mut rows = Self { starts: Vec::with_capacity(out + 1), weights: Vec::new() };
        let mut window_weights = Vec::new();
        for index in 0..out {
            let first = window(begin, end, len, out, index, &mut window_weights);
            rows.starts.push((first, rows.weights.len()));
            // Rounding the running sum, not each weight, makes the total exactly 256.
            let (mut sum, mut given) = (0.0, 0u16);
            for weight in &window_weights {
                sum += weight;
                let until = (sum * 256.0).round().min(256.0) as u16;
                rows.weights.push(until - given);
                given = until;
            }
        }
        rows.starts.push((0, rows.weights.len()));
        rows
    }

    /// The first source row of an output row and the weights, summing to 256, of it and those after it.
    pub(super) fn of(&self, row: usize) -> (usize, &[u16]) {
        (self.starts[row].0, &self.weights[self.starts[row].1..self.starts[row + 1].1])
    }
}

/// The horizontal weights, all outputs with the same number of them, so that the inner loop has no bounds of its own. They
/// take 256 times the pixel value, as the vertical sums come, back to it.
pub(super) struct Columns {
    /// The first source column that is looked at.
    pub(super) begin: usize,
    /// The one after the last.
    pub(super) end: usize,
    taps: usize,
    /// Counted from `begin`.
    firsts: Vec<u32>,
    weights: Vec<f32>,
}

impl Columns {
    pub(super) fn new(begin: f64, end: f64, len: usize, out: usize) -> Self {
        // All weights one after the other, with where each window begins in the picture and among them.
        let (mut all, mut one) = (Vec::with_capacity(out * 8), Vec::new());
        let mut windows = Vec::with_capacity(out);
        for index in 0..out {
            let first = window(begin, end, len, out, index, &mut one);
            windows.push((first, all.len(), one.len()));
            all.extend_from_slice(&one);
        }
        let taps = windows.iter().map(|(_, _, count)| *count).max().unwrap_or(1);
        let begin = windows.iter().map(|(first, _, _)| *first).min().unwrap_or(0).min(len - taps);
        let end = windows.iter().map(|(first, _, count)| first + count).max().unwrap_or(len).max(begin + taps);
        let (mut firsts, mut weights) = (Vec::with_capacity(out), vec![0.0; out * taps]);
        for (index, (first, at, count)) in windows.into_iter().enumerate() {
            // A short window at the right edge begins further left, with weights of 0.
            let start = first.min(end - taps);
            let to = index * taps + first - start;
            for (weight, share) in weights[to..to + count].iter_mut().zip(&all[at..at + count]) {
                *weight = (share / 256.0) as f32;
            }
            firsts.push((start - begin) as u32);
        }
        Self { begin, end, taps, firsts, weights }
    }

    /// Resamples one row; its pixels lie at `offset`, `offset + STEP`, …
    pub(super) fn apply<const STEP: usize>(&self, row: &[f32], offset: usize, out: &mut [f32]) {
        // The usual numbers of taps get a loop the compiler unrolls.
        match self.taps {
            1 => self.fixed::<1, STEP>(row, offset, out),
            2 => self.fixed::<2, STEP>(row, offset, out),
            3 => self.fixed::<3, STEP>(row, offset, out),
            4 => self.fixed::<4, STEP>(row, offset, out),
            5 => self.fixed::<5, STEP>(row, offset, out),
            6 => self.fixed::<6, STEP>(row, offset, out),
            7 => self.fixed::<7, STEP>(row, offset, out),
            8 => self.fixed::<8, STEP>(row, offset, out),
            taps => {
                for ((out, first), weights) in out.iter_mut().zip(&self.firsts).zip(self.weights.chunks_exact(taps)) {
                    let source = row[*first as usize * STEP + offset..].iter().step_by(STEP);
                    *out = source.zip(weights).map(|(sample, weight)| sample * weight).sum();
                }
            }
        }
    }

    fn fixed<const TAPS: usize, const STEP: usize>(&self, row: &[f32], offset: usize, out: &mut [f32]) {
        let weights = self.weights.as_chunks::<TAPS>().0;
        for ((out, first), weights) in out.iter_mut().zip(&self.firsts).zip(weights) {
            let start = *first as usize * STEP + offset;
            let source = &row[start..start + (TAPS - 1) * STEP + 1];
            let mut sum = 0.0;
            for tap in 0..TAPS {
                sum += source[tap * STEP] * weights[tap];
            }
            *out = sum;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growing_takes_the_two_nearest_and_shrinking_all() {
        let mut weights = Vec::new();
        assert_eq!((window(0.0, 4.0, 4, 8, 1, &mut weights), &weights[..]), (0, &[0.75, 0.25][..]));
        assert_eq!(window(0.0, 9.0, 9, 2, 0, &mut weights), 0);
        assert_eq!(weights.len(), 5);
        assert!((weights[4] - 0.5 / 4.5).abs() < 1e-9, "half of the middle pixel");
    }

    proptest::proptest! {
        #[test]
        fn weights_are_whole_and_stay_in_the_plane(
            len in 1usize..200, out in 1usize..60, a in 0.0..1.0f64, b in 0.0..1.0f64,
        ) {
            let (begin, end) = (a.min(b) * len as f64, a.max(b) * len as f64);
            let rows = Rows::new(begin, end, len, out);
            for row in 0..out {
                let (first, weights) = rows.of(row);
                proptest::prop_assert_eq!(weights.iter().map(|w| u32::from(*w)).sum::<u32>(), 256);
                proptest::prop_assert!(!weights.is_empty() && first + weights.len() <= len);
            }
            let columns = Columns::new(begin, end, len, out);
            proptest::prop_assert!(columns.end <= len && columns.begin < columns.end);
            let row = vec![256.0 * 100.0; columns.end - columns.begin];
            let mut result = vec![0.0; out];
            columns.apply::<1>(&row, 0, &mut result);
            proptest::prop_assert!(result.iter().all(|value| (value - 100.0).abs() < 1e-3), "{:?}", result);
        }
    }
}
