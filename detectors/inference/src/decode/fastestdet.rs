//! FastestDet: one map of objectness, offsets, sizes and classes (past their sigmoid or softmax) per cell.
//!
//! After the author's demonstration (dog-qiuqiu/FastestDet): centre `(cell + tanh d) / cells`, size `sigmoid s` of the input,
//! score = objectness^0.6 · class^0.4.

use super::{Sink, Tensor, best};

pub(super) fn decode(output: &Tensor<'_>, (columns, rows): (usize, usize), sink: &mut Sink<'_>) {
    let cells = columns * rows;
    let value = |channel: usize, cell: usize| output.data[channel * cells + cell];
    let classes = output.dims[0] - 5;
    let (width, height) = sink.size;
    for cell in 0..cells {
        let objectness = value(0, cell);
        let weight = objectness.powf(0.6);
        if !sink.wants(weight) {
            continue;
        }
        let (class, probability) = best((0..classes).map(|class| value(5 + class, cell)));
        let score = weight * probability.powf(0.4);
        let cx = ((cell % columns) as f32 + value(1, cell).tanh()) / columns as f32 * width;
        let cy = ((cell / columns) as f32 + value(2, cell).tanh()) / rows as f32 * height;
        sink.centred(class, score, [cx, cy, sigmoid(value(3, cell)) * width, sigmoid(value(4, cell)) * height]);
    }
}

fn sigmoid(value: f32) -> f32 {
    1.0 / (1.0 + (-value).exp())
}
