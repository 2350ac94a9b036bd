//! Models that suppress inside: per thing `[x1, y1, x2, y2, score, class]` in input pixels, unused places with score 0.

use super::{Sink, Tensor};

pub(super) fn decode(output: &Tensor<'_>, sink: &mut Sink<'_>) {
    for place in output.data.chunks_exact(6) {
        let [x1, y1, x2, y2, score, class] = *place else { return };
        if let Some(class) = class_index(class) {
            sink.corners(class, score, [x1, y1, x2, y2]);
        }
    }
}

/// A class written as a float; `None` for what is no index (negative, NaN).
pub(super) fn class_index(value: f32) -> Option<usize> {
    // 2^24: above it a float does not hold every integer.
    (value > -0.5 && value < 16_777_216.0).then(|| value.round() as usize)
}
