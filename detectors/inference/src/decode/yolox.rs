//! YOLOX without its decoding step: per place `[dx, dy, log w, log h, objectness, classes…]` in grid cells.
//!
//! Ge et al., "YOLOX: Exceeding YOLO Series in 2021", arXiv:2107.08430: centre `(cell + d) * stride`, size `exp(log) * stride`,
//! score = objectness · class, both past their sigmoid. Places run row by row over stride 8, then 16, then 32.

use super::{Sink, Tensor, best};
use crate::family::{YOLO_STRIDES, cells};

pub(super) fn decode(output: &Tensor<'_>, size: (u32, u32), sink: &mut Sink<'_>) {
    let mut places = output.data.chunks_exact(output.dims[1]);
    for stride in YOLO_STRIDES {
        let (columns, rows) = cells(size, stride);
        let stride = stride as f32;
        for row in 0..rows {
            for column in 0..columns {
                let Some([dx, dy, lw, lh, objectness, classes @ ..]) = places.next() else { return };
                // A class adds at most a factor of 1, so most places need no look at their classes.
                if !sink.wants(*objectness) {
                    continue;
                }
                let (class, probability) = best(classes.iter().copied());
                let centre = [(column as f32 + dx) * stride, (row as f32 + dy) * stride];
                sink.centred(class, objectness * probability, [centre[0], centre[1], lw.exp() * stride, lh.exp() * stride]);
            }
        }
    }
}
