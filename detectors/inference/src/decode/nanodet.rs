//! NanoDet and PicoDet: per stride the class probabilities (past their sigmoid) and, for each of the four edges, a
//! distribution over distances of 0, 1, … cells (before its softmax) from the middle of the cell.
//!
//! Li et al., "Generalized Focal Loss", arXiv:2006.04388: the distance is the expectation of the distribution.

use super::{Sink, Tensor, best};
use crate::family::Level;

pub(super) fn decode(outputs: &[Tensor<'_>], levels: &[Level], bins: usize, sink: &mut Sink<'_>) {
    for level in levels {
        let (classes, edges) = (&outputs[level.classes], &outputs[level.edges]);
        let places = classes.data.chunks_exact(classes.dims[1]).zip(edges.data.chunks_exact(4 * bins));
        for (place, (classes, edges)) in places.enumerate() {
            let (class, score) = best(classes.iter().copied());
            if !sink.wants(score) {
                continue;
            }
            let stride = level.stride as f32;
            let (column, row) = (place % level.columns, place / level.columns);
            let (x, y) = ((column as f32 + 0.5) * stride, (row as f32 + 0.5) * stride);
            let mut distance = edges.chunks_exact(bins).map(|edge| expectation(edge) * stride);
            let (Some(left), Some(top), Some(right), Some(bottom)) =
                (distance.next(), distance.next(), distance.next(), distance.next())
            else {
                return;
            };
            sink.corners(class, score, [x - left, y - top, x + right, y + bottom]);
        }
    }
}

/// The mean of 0, 1, 2, … weighted by the softmax of `logits`; NaN where they allow none.
fn expectation(logits: &[f32]) -> f32 {
    let (_, highest) = best(logits.iter().copied());
    let (mut sum, mut weighted) = (0.0, 0.0);
    for (bin, logit) in logits.iter().enumerate() {
        let weight = (logit - highest).exp();
        sum += weight;
        weighted += weight * bin as f32;
    }
    weighted / sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_expectation_lies_between_the_bins() {
        assert!((expectation(&[0.0; 8]) - 3.5).abs() < 1e-6, "no opinion is the middle");
        assert!((expectation(&[0.0, 0.0, 90.0, 0.0]) - 2.0).abs() < 1e-6);
        assert!((expectation(&[700.0, 700.0]) - 0.5).abs() < 1e-6, "large logits do not overflow");
        assert!(expectation(&[f32::NAN; 4]).is_nan());
    }
}
