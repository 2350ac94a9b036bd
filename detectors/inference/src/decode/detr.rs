//! RT-DETR, D-FINE, DEIM: labels, boxes as corners in the pixels of the size that was given as `orig_target_sizes` (here the
//! input's own, so that all families speak of input pixels), and scores. Each query is one thing; nothing to suppress.

use super::end2end::class_index;
use super::{Sink, Tensor};

pub(super) fn decode(labels: &Tensor<'_>, boxes: &Tensor<'_>, scores: &Tensor<'_>, sink: &mut Sink<'_>) {
    for ((label, corners), score) in labels.data.iter().zip(boxes.data.chunks_exact(4)).zip(scores.data) {
        if let (Some(class), [x1, y1, x2, y2]) = (class_index(*label), corners) {
            sink.corners(class, *score, [*x1, *y1, *x2, *y2]);
        }
    }
}
