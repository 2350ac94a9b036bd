//! A classifier: a probability for each class of the one thing it is shown. As a box, that thing is all of the input.

use super::{Sink, Tensor};

pub(super) fn decode(output: &Tensor<'_>, sink: &mut Sink<'_>) {
    let (w, h) = sink.size;
    for (class, probability) in output.data.iter().enumerate() {
        sink.corners(class, *probability, [0.0, 0.0, w, h]);
    }
}
