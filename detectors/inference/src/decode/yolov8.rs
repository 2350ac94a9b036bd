//! The head of YOLOv8, v11 and alike: centre, size (input pixels) and class probabilities per place; no objectness.

use super::{Sink, Tensor, best};

pub(super) fn decode(output: &Tensor<'_>, places_first: bool, sink: &mut Sink<'_>) {
    if places_first {
        for place in output.data.chunks_exact(output.dims[1]) {
            let [cx, cy, w, h, classes @ ..] = place else { return };
            let (class, score) = best(classes.iter().copied());
            sink.centred(class, score, [*cx, *cy, *w, *h]);
        }
        return;
    }
    // `[4+C, N]`: walking along the rows keeps the memory accesses in order; 8,400 places of 80 classes are 2.7 MB.
    let places = output.dims[1];
    if places == 0 {
        return;
    }
    let mut found = vec![(0usize, f32::NEG_INFINITY); places];
    let mut rows = output.data.chunks_exact(places);
    let (Some(cx), Some(cy), Some(w), Some(h)) = (rows.next(), rows.next(), rows.next(), rows.next()) else { return };
    for (class, row) in rows.enumerate() {
        for (found, score) in found.iter_mut().zip(row) {
            if *score > found.1 {
                *found = (class, *score);
            }
        }
    }
    for (place, (class, score)) in found.into_iter().enumerate() {
        sink.centred(class, score, [cx[place], cy[place], w[place], h[place]]);
    }
}
