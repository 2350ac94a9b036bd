//! Which source pixels make an output pixel, and with what weights. Computed once per tile and axis.

/// The weights of one output pixel: consecutive source pixels from `first`.
struct Window {
    first: usize,
    weights: Vec<f64>,
}

/// Output pixel `index` of `out` over the source span `begin..end` (pixels, edges of the picture at 0 and `len`): the area it
/// covers when shrinking, the two nearest when growing. The weights sum to 1.
fn window(begin: f64, end: f64, len: usize, out: usize, index: usize) -> Window {
    let scale = (end - begin) / out as f64;
    let last = len as f64 - 1.0;
    if scale <= 1.0 {
        let centre = (begin + (index as f64 + 0.5) * scale - 0.5).clamp(0.0, last);
        let first = centre.floor();
        let fraction = centre - first;
        // Casts: 0..=last.
        let first = first as usize;
        let weights = if fraction > 0.0 { vec![1.0 - fraction, fraction] } else { vec![1.0] };
        return Window { first, weights };
    }
    let from = (begin + index as f64 * scale).clamp(0.0, len as f64);
    let to = (from + scale).min(len as f64);
    let first = from.floor().min(last);
    let stop = to.ceil().max(first + 1.0).min(len as f64);
    let mut weights: Vec<f64> = (first as usize..stop as usize)
        .map(|pixel| ((pixel as f64 + 1.0).min(to) - (pixel as f64).max(from)).max(0.0))
        .collect();
    let sum: f64 = weights.iter().sum();
    if sum > 0.0 {
        weights.iter_mut().for_each(|weight| *weight /= sum);
    } else {
        weights.truncate(1);
        weights[0] = 1.0;
    }
    Window { first: first as usize, weights }
}

/// The vertical weights, in 256ths so that sums of bytes stay in 16 bits.
pub(super) struct Rows {
    starts: Vec<(usize, usize)>,
    weights: Vec<u16>,
}

impl Rows {
    pub(super) fn new(begin: f64, end: f64, len: usize, out: usize) -> Self {
        let mut rows = Self { starts: Vec::with_capacity(out + 1), weights: Vec::new() };
        for index in 0..out {
            let window = window(begin, end, len, out, index);
            rows.starts.push((window.first, rows.weights.len()));
            // Rounding the running sum, not each weight, makes the total exactly 256.
            let (mut sum, mut given) = (0.0, 0u16);
            for weight in &window.weights {
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
        let windows: Vec<Window> = (0..out).map(|index| window(begin, end, len, out, index)).collect();
        let taps = windows.iter().map(|window| window.weights.len()).max().unwrap_or(1);
        let first = windows.iter().map(|window| window.first).min().unwrap_or(0).min(len - taps);
        let last = windows.iter().map(|window| window.first + window.weights.len()).max().unwrap_or(len).max(first + taps);
        let (mut firsts, mut weights) = (Vec::with_capacity(out), vec![0.0; out * taps]);
        for (index, window) in windows.iter().enumerate() {
            // A short window at the right edge begins further left, with weights of 0.
            let start = window.first.min(last - taps);
            let shift = window.first - start;
            for (tap, weight) in window.weights.iter().enumerate() {
                weights[index * taps + shift + tap] = (weight / 256.0) as f32;
            }
            firsts.push((start - first) as u32);
        }
        Self { begin: first, end: last, taps, firsts, weights }
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
        let w = window(0.0, 4.0, 4, 8, 1);
        assert_eq!((w.first, w.weights), (0, vec![0.75, 0.25]));
        let w = window(0.0, 9.0, 9, 2, 0);
        assert_eq!(w.weights.len(), 5);
        assert!((w.weights[4] - 0.5 / 4.5).abs() < 1e-9, "half of the middle pixel");
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
