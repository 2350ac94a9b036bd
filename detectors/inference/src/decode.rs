//! From a model's tensors to boxes in pixels of its input, one file per family.
//!
//! The shapes were fitted when the model was loaded ([`crate::family::fit`]); the values may be anything, NaN and infinity
//! included, and never make a decoder panic or give a box that is none.

mod classifier;
mod detr;
mod end2end;
mod fastestdet;
mod nanodet;
mod yolov8;
mod yolox;

use crate::family::{Family, FitError, Layout, OutputShape, fit};

/// More boxes than this in one tile are noise (a broken model, a threshold near 0); the best are kept. COCO pictures hold
/// at most 93 things. It bounds the suppression, whose time grows with the square.
const MAX_BOXES: usize = 1000;

/// One output for one picture: its shape without the batch dimension, and its values in row-major order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tensor<'a> {
    pub(crate) dims: &'a [usize],
    pub(crate) data: &'a [f32],
}

/// A box in pixels of the model's input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Raw {
    /// Index into the model's classes.
    pub(crate) class: usize,
    /// 0..=1.
    pub(crate) score: f32,
    /// Left, top, right, bottom, inside the input.
    pub(crate) bbox: [f32; 4],
}

/// What a decoder needs to know of a model.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    family: Family,
    layout: Layout,
    size: (u32, u32),
    classes: usize,
    scores: Vec<f32>,
    /// The smallest of `scores`.
    lowest: f32,
}

impl Head {
    /// `scores`: the smallest score reported of each class, in the model's order, 0..=1.
    ///
    /// # Errors
    /// When the outputs do not fit the family.
    pub(crate) fn fit(family: Family, size: (u32, u32), scores: Vec<f32>, outputs: &[OutputShape]) -> Result<Self, FitError> {
        let (classes, lowest) = (scores.len(), scores.iter().copied().fold(1.0, f32::min));
        Ok(Self { family, layout: fit(family, size, classes, outputs)?, size, classes, scores, lowest })
    }

    /// The boxes of one picture that reach their class's score, best first, before suppression.
    ///
    /// # Errors
    /// When an output has not the shape it had at load. Only the number of places of an end-to-end model may change.
    pub(crate) fn decode(&self, outputs: &[Tensor<'_>]) -> Result<Vec<Raw>, FitError> {
        let fits =
            outputs.iter().all(|output| output.dims.iter().product::<usize>() == output.data.len()) && self.dims_fit(outputs);
        if !fits {
            let got: Vec<_> = outputs
                .iter()
                .enumerate()
                .map(|(index, output)| OutputShape { name: index.to_string(), dims: output.dims.to_vec() })
                .collect();
            return Err(self.changed(crate::family::describe(&got)));
        }
        let mut sink =
            Sink { size: (self.size.0 as f32, self.size.1 as f32), scores: &self.scores, lowest: self.lowest, found: Vec::new() };
        match &self.layout {
            Layout::Yolox => yolox::decode(&outputs[0], self.size, &mut sink),
            Layout::Yolov8 { places_first } => yolov8::decode(&outputs[0], *places_first, &mut sink),
            Layout::End2end => end2end::decode(&outputs[0], &mut sink),
            Layout::Detr { labels, boxes, scores } => {
                detr::decode(&outputs[*labels], &outputs[*boxes], &outputs[*scores], &mut sink)
            }
            Layout::Nanodet { levels, bins } => nanodet::decode(outputs, levels, *bins, &mut sink),
            Layout::FastestDet { columns, rows } => fastestdet::decode(&outputs[0], (*columns, *rows), &mut sink),
            Layout::Classifier => classifier::decode(&outputs[0], &mut sink),
        }
        Ok(sink.finish())
    }

    /// The error for outputs that are not what they were.
    pub(crate) fn changed(&self, got: String) -> FitError {
        FitError::Outputs { family: self.family, needed: "the shapes it had when it was loaded", got }
    }

    fn dims_fit(&self, outputs: &[Tensor<'_>]) -> bool {
        let dims = |index: usize| outputs.get(index).map(|output| output.dims);
        match &self.layout {
            Layout::Yolox => {
                let places: usize = crate::family::YOLO_STRIDES
                    .iter()
                    .map(|stride| crate::family::cells(self.size, *stride))
                    .map(|(columns, rows)| columns * rows)
                    .sum();
                dims(0) == Some(&[places, 5 + self.classes])
            }
            Layout::Yolov8 { places_first: false } => matches!(dims(0), Some([values, _]) if *values == 4 + self.classes),
            Layout::Yolov8 { places_first: true } => matches!(dims(0), Some([_, values]) if *values == 4 + self.classes),
            Layout::End2end => matches!(dims(0), Some([_, 6])),
            Layout::Detr { labels, boxes, scores } => match dims(*boxes) {
                Some([n, 4]) => dims(*labels) == Some(&[*n]) && dims(*scores) == Some(&[*n]),
                _ => false,
            },
            Layout::Nanodet { levels, bins } => levels.iter().all(|level| {
                let places = level.columns * level.rows;
                dims(level.classes) == Some(&[places, self.classes]) && dims(level.edges) == Some(&[places, 4 * bins])
            }),
            Layout::FastestDet { columns, rows } => dims(0) == Some(&[5 + self.classes, *rows, *columns]),
            Layout::Classifier => dims(0) == Some(&[self.classes]),
        }
    }
}

/// Where decoders put what they find; whatever is no box, or too unsure, is left out here and nowhere else.
struct Sink<'a> {
    size: (f32, f32),
    scores: &'a [f32],
    lowest: f32,
    found: Vec<Raw>,
}

impl Sink<'_> {
    /// Can a place with this score matter, of whatever class it is? False for NaN.
    fn wants(&self, score: f32) -> bool {
        score >= self.lowest
    }

    /// Takes corners in input pixels; cuts them to the input.
    fn corners(&mut self, class: usize, score: f32, [x1, y1, x2, y2]: [f32; 4]) {
        // Asked this way round because a NaN is never large enough.
        if !self.scores.get(class).is_some_and(|lowest| score >= *lowest) {
            return;
        }
        let (w, h) = self.size;
        // `clamp` keeps NaN, and NaN fails the comparison below.
        let bbox = [x1.clamp(0.0, w), y1.clamp(0.0, h), x2.clamp(0.0, w), y2.clamp(0.0, h)];
        if bbox[0] < bbox[2] && bbox[1] < bbox[3] {
            self.found.push(Raw { class, score: score.min(1.0), bbox });
        }
    }

    /// Takes centre and size in input pixels.
    fn centred(&mut self, class: usize, score: f32, [cx, cy, w, h]: [f32; 4]) {
        self.corners(class, score, [cx - w / 2.0, cy - h / 2.0, cx + w / 2.0, cy + h / 2.0]);
    }

    fn finish(self) -> Vec<Raw> {
        let mut found = self.found;
        // Stable, so that equal scores stay in the order of places whatever the batch was.
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        found.truncate(MAX_BOXES);
        found
    }
}

/// Index and value of the largest of `values`; NaN is never the largest. `(0, -inf)` where there is none.
fn best(values: impl Iterator<Item = f32>) -> (usize, f32) {
    values.enumerate().fold((0, f32::NEG_INFINITY), |best, (index, value)| if value > best.1 { (index, value) } else { best })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every family with shapes that fit three classes at 64x64.
    pub(super) fn shapes(family: Family) -> Vec<(&'static str, Vec<usize>)> {
        match family {
            Family::Yolox => vec![("o", vec![84, 8])],
            Family::Yolov8 => vec![("o", vec![7, 84])],
            Family::End2end => vec![("o", vec![10, 6])],
            Family::Detr => vec![("labels", vec![10]), ("boxes", vec![10, 4]), ("scores", vec![10])],
            Family::Nanodet => {
                vec![("c8", vec![64, 3]), ("c16", vec![16, 3]), ("d8", vec![64, 32]), ("d16", vec![16, 32])]
            }
            Family::FastestDet => vec![("o", vec![8, 4, 4])],
            Family::Classifier => vec![("o", vec![3])],
        }
    }

    fn wild() -> impl Strategy<Value = f32> {
        prop_oneof![
            4 => -2.0..2.0f32,
            2 => 0.0..70.0f32,
            1 => any::<f32>(),
            1 => prop_oneof![Just(f32::NAN), Just(f32::INFINITY), Just(f32::NEG_INFINITY), Just(f32::MAX), Just(-0.0)],
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_values_give_proper_boxes_or_none(
            family in (0usize..7).prop_map(|index| Family::NAMES[index].0),
            pool in proptest::collection::vec(wild(), 97),
            score in 0.0..1.0f32,
        ) {
            let shapes = shapes(family);
            let named: Vec<_> = shapes.iter().map(|(name, dims)| OutputShape { name: (*name).to_owned(), dims: dims.clone() }).collect();
            let head = Head::fit(family, (64, 64), vec![score; 3], &named).unwrap();
            let data: Vec<Vec<f32>> = shapes
                .iter()
                .enumerate()
                .map(|(k, (_, dims))| (0..dims.iter().product::<usize>()).map(|i| pool[(i * 31 + k * 17) % pool.len()]).collect())
                .collect();
            let tensors: Vec<_> = shapes.iter().zip(&data).map(|((_, dims), data)| Tensor { dims, data }).collect();
            let found = head.decode(&tensors).unwrap();
            prop_assert!(found.windows(2).all(|pair| pair[0].score >= pair[1].score));
            for raw in found {
                let [x1, y1, x2, y2] = raw.bbox;
                prop_assert!(0.0 <= x1 && x1 < x2 && x2 <= 64.0 && 0.0 <= y1 && y1 < y2 && y2 <= 64.0, "{:?}", raw);
                prop_assert!(raw.class < 3 && raw.score >= score && raw.score <= 1.0, "{:?}", raw);
            }
        }

        #[test]
        fn any_shapes_are_decoded_or_refused(
            family in (0usize..7).prop_map(|index| Family::NAMES[index].0),
            dims in proptest::collection::vec(proptest::collection::vec(0usize..40, 0..4), 0..6),
            short in 0usize..3,
        ) {
            let named: Vec<_> = self::shapes(family).into_iter().map(|(name, dims)| OutputShape { name: name.to_owned(), dims }).collect();
            let head = Head::fit(family, (64, 64), vec![0.1; 3], &named).unwrap();
            let data: Vec<Vec<f32>> = dims.iter().map(|d| vec![0.5; d.iter().product::<usize>().saturating_sub(short)]).collect();
            let tensors: Vec<_> = dims.iter().zip(&data).map(|(dims, data)| Tensor { dims, data }).collect();
            let _ = head.decode(&tensors);
        }
    }

    #[test]
    fn every_class_has_its_own_smallest_score() {
        let dims = [6, 6];
        let data: Vec<f32> = [(0.35, 0.0), (0.25, 0.0), (0.25, 1.0), (0.15, 1.0), (0.85, 2.0), (0.95, 2.0)]
            .into_iter()
            .flat_map(|(score, class)| [1.0, 1.0, 9.0, 9.0, score, class])
            .collect();
        let shape = OutputShape { name: "o".to_owned(), dims: dims.to_vec() };
        let head = Head::fit(Family::End2end, (64, 64), vec![0.3, 0.2, 0.9], &[shape]).unwrap();
        let found: Vec<_> = head.decode(&[Tensor { dims: &dims, data: &data }]).unwrap();
        let found: Vec<_> = found.iter().map(|raw| (raw.class, raw.score)).collect();
        assert_eq!(found, [(2, 0.95), (0, 0.35), (1, 0.25)]);
    }

    #[test]
    fn a_flood_of_boxes_is_cut_to_the_best() {
        let dims = [5000, 6];
        let data: Vec<f32> = (0..5000).flat_map(|i| [1.0, 1.0, 9.0, 9.0, (i % 1000) as f32 / 1000.0, 0.0]).collect();
        let shape = OutputShape { name: "o".to_owned(), dims: dims.to_vec() };
        let head = Head::fit(Family::End2end, (64, 64), vec![0.0], &[shape]).unwrap();
        let found = head.decode(&[Tensor { dims: &dims, data: &data }]).unwrap();
        assert_eq!(found.len(), MAX_BOXES);
        assert!(found.iter().all(|raw| raw.score >= 0.8));
    }
}
