//! The families of detection heads, and whether a model's outputs fit one.
//!
//! What does not fit is refused when the model is loaded; no frame meets a tensor of the wrong shape later.

use std::fmt;
use std::str::FromStr;

/// How a model writes down what it sees. Shapes are per picture, `C` classes, `N` places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// YOLOX, raw: `[N, 5+C]` of offsets in grid cells, objectness and classes; strides 8, 16, 32.
    Yolox,
    /// YOLOv8 / v11 and alike, without anchors: `[4+C, N]` or `[N, 4+C]` of centre, size and classes.
    Yolov8,
    /// Suppression inside the model: `[N, 6]` of corners, score and class.
    End2end,
    /// RT-DETR, D-FINE, DEIM: labels `[N]`, boxes `[N, 4]`, scores `[N]`, and the picture's size as a second input.
    Detr,
    /// NanoDet and PicoDet: per stride classes `[n, C]` and edge distributions `[n, 4·bins]`; strides 8 to 64.
    Nanodet,
    /// FastestDet: one map `[5+C, rows, columns]`.
    FastestDet,
    /// No detector: says what one cut-out thing is, as probabilities `[C]`.
    Classifier,
}

impl Family {
    /// All families with their names in `model.toml`.
    pub const NAMES: [(Family, &'static str); 7] = [
        (Family::Yolox, "yolox"),
        (Family::Yolov8, "yolov8"),
        (Family::End2end, "end2end"),
        (Family::Detr, "detr"),
        (Family::Nanodet, "nanodet"),
        (Family::FastestDet, "fastestdet"),
        (Family::Classifier, "classifier"),
    ];

    /// Its name in `model.toml`.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(family, _)| *family == self).map_or("", |(_, name)| name)
    }

    /// Is no suppression wanted after it: are its boxes suppressed inside the model, or is there but one thing?
    pub fn suppresses_itself(self) -> bool {
        match self {
            Family::End2end | Family::Detr | Family::Classifier => true,
            Family::Yolox | Family::Yolov8 | Family::Nanodet | Family::FastestDet => false,
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Family {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::NAMES.iter().find(|(_, name)| *name == text).map(|(family, _)| *family).ok_or_else(|| {
            let known: Vec<_> = Self::NAMES.iter().map(|(_, name)| *name).collect();
            format!("unknown family {text:?}; known are {}", known.join(", "))
        })
    }
}

/// Why a model's outputs are not what its `model.toml` says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FitError {
    /// The number of outputs is wrong, or the one that is needed is not among them.
    #[error("family {family} needs {needed}; this model gives {got}")]
    Outputs {
        /// The family of the folder.
        family: Family,
        /// What it needs.
        needed: &'static str,
        /// The names and shapes there are.
        got: String,
    },
    /// An output has another shape.
    #[error("family {family} needs output {output:?} of shape {needed}; it is {got:?}")]
    Shape {
        /// The family of the folder.
        family: Family,
        /// The output's name.
        output: String,
        /// The shape that fits, for the classes and the input size of the folder.
        needed: String,
        /// The shape without the batch dimension.
        got: Vec<usize>,
    },
    /// The outputs fit no family, or more than one.
    #[error("{reason}; give the family ({}). Outputs: {got}", Family::NAMES.map(|(_, name)| name).join(", "))]
    Unknown {
        /// What is unclear.
        reason: String,
        /// The names and shapes there are.
        got: String,
    },
}

/// An output of a model for one picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutputShape {
    /// As the model calls it.
    pub(crate) name: String,
    /// Without the batch dimension.
    pub(crate) dims: Vec<usize>,
}

pub(crate) fn describe(outputs: &[OutputShape]) -> String {
    let each: Vec<_> = outputs.iter().map(|output| format!("{} {:?}", output.name, output.dims)).collect();
    if each.is_empty() { "none".to_owned() } else { each.join(", ") }
}

/// One stride of a NanoDet head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Level {
    /// Which output holds the classes.
    pub(crate) classes: usize,
    /// Which output holds the distributions.
    pub(crate) edges: usize,
    /// Input pixels per cell.
    pub(crate) stride: u32,
    /// Cells across.
    pub(crate) columns: usize,
    /// Cells down.
    pub(crate) rows: usize,
}

/// Where in its outputs a model of a family keeps what; the result of a successful fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Layout {
    Yolox,
    Yolov8 { places_first: bool },
    End2end,
    Detr { labels: usize, boxes: usize, scores: usize },
    Nanodet { levels: Vec<Level>, bins: usize },
    FastestDet { columns: usize, rows: usize },
    Classifier,
}

/// The strides of a YOLO head with three levels.
pub(crate) const YOLO_STRIDES: [u32; 3] = [8, 16, 32];

/// Cells of one level; a size that is no multiple of the stride is rounded up, as convolutions with padding do.
pub(crate) fn cells(size: (u32, u32), stride: u32) -> (usize, usize) {
    (size.0.div_ceil(stride) as usize, size.1.div_ceil(stride) as usize)
}

fn yolo_places(size: (u32, u32)) -> usize {
    YOLO_STRIDES.iter().map(|stride| cells(size, *stride)).map(|(columns, rows)| columns * rows).sum()
}

/// Checks the outputs a model really gave for one picture of `size` (width, height) against its family.
pub(crate) fn fit(family: Family, size: (u32, u32), classes: usize, outputs: &[OutputShape]) -> Result<Layout, FitError> {
    let outputs_error = |needed| FitError::Outputs { family, needed, got: describe(outputs) };
    let shape_error = |output: &OutputShape, needed: String| FitError::Shape {
        family,
        output: output.name.clone(),
        needed,
        got: output.dims.clone(),
    };
    match family {
        Family::Yolox => {
            let [output] = outputs else { return Err(outputs_error("one output")) };
            let needed = [yolo_places(size), 5 + classes];
            if output.dims == needed { Ok(Layout::Yolox) } else { Err(shape_error(output, format!("{needed:?}"))) }
        }
        Family::Yolov8 => {
            let [output] = outputs else { return Err(outputs_error("one output")) };
            match output.dims[..] {
                [values, places] if values == 4 + classes && places > 0 => Ok(Layout::Yolov8 { places_first: false }),
                [places, values] if values == 4 + classes && places > 0 => Ok(Layout::Yolov8 { places_first: true }),
                _ => Err(shape_error(output, format!("[{0}, N] or [N, {0}]", 4 + classes))),
            }
        }
        Family::End2end => {
            let [output] = outputs else { return Err(outputs_error("one output")) };
            match output.dims[..] {
                [_, 6] => Ok(Layout::End2end),
                _ => Err(shape_error(output, "[N, 6]".to_owned())),
            }
        }
        Family::Detr => fit_detr(outputs).ok_or_else(|| outputs_error("labels [N], boxes [N, 4] and scores [N]")),
        Family::Nanodet => fit_nanodet(size, classes, outputs)
            .ok_or_else(|| outputs_error("for each stride one output [n, C] of classes and one [n, 4·bins] of edges")),
        Family::FastestDet => {
            let [output] = outputs else { return Err(outputs_error("one output")) };
            match output.dims[..] {
                [values, rows, columns] if values == 5 + classes && rows > 0 && columns > 0 => {
                    Ok(Layout::FastestDet { columns, rows })
                }
                _ => Err(shape_error(output, format!("[{}, rows, columns]", 5 + classes))),
            }
        }
        Family::Classifier => {
            let [output] = outputs else { return Err(outputs_error("one output")) };
            if output.dims == [classes] { Ok(Layout::Classifier) } else { Err(shape_error(output, format!("[{classes}]"))) }
        }
    }
}

fn fit_detr(outputs: &[OutputShape]) -> Option<Layout> {
    let [_, _, _] = outputs else { return None };
    let boxes = outputs.iter().position(|output| matches!(output.dims[..], [_, 4]))?;
    let places = outputs[boxes].dims[0];
    let vector = |word: &str| outputs.iter().position(|output| output.dims == [places] && output.name.contains(word));
    let (labels, scores) = (vector("label")?, vector("score")?);
    Some(Layout::Detr { labels, boxes, scores })
}

fn fit_nanodet(size: (u32, u32), classes: usize, outputs: &[OutputShape]) -> Option<Layout> {
    let mut levels = Vec::new();
    let mut bins = None;
    for (first, a) in outputs.iter().enumerate() {
        let [places, _] = a.dims[..] else { return None };
        // Each output's partner is the one later output with as many places.
        let Some(second) = (first + 1..outputs.len()).find(|other| outputs[*other].dims.first() == Some(&places)) else {
            if levels.iter().any(|level: &Level| level.classes == first || level.edges == first) {
                continue;
            }
            return None;
        };
        let (class_index, edge_index) = match (&a.dims[..], &outputs[second].dims[..]) {
            ([_, c], [_, edges]) if *c == classes && edges % 4 == 0 => (first, second),
            ([_, edges], [_, c]) if *c == classes && edges % 4 == 0 => (second, first),
            _ => return None,
        };
        let level_bins = outputs[edge_index].dims[1] / 4;
        if level_bins < 2 || bins.is_some_and(|bins| bins != level_bins) {
            return None;
        }
        bins = Some(level_bins);
        let stride = [8, 16, 32, 64, 128].into_iter().find(|stride| {
            let (columns, rows) = cells(size, *stride);
            columns * rows == places && !levels.iter().any(|level: &Level| level.stride == *stride)
        })?;
        let (columns, rows) = cells(size, stride);
        levels.push(Level { classes: class_index, edges: edge_index, stride, columns, rows });
    }
    (levels.len() >= 2 && levels.len() * 2 == outputs.len()).then_some(Layout::Nanodet { levels, bins: bins? })
}

/// What the shapes of an unknown model allow: its family and number of classes.
///
/// `classes` is the number of names the user gave, if any. Where two families share a shape (a YOLOX of C classes and a
/// YOLOv8 of C+1, places first), only the names can tell them apart; without them 80, the number of COCO, is assumed, and
/// where that does not settle it the user is asked.
pub(crate) fn guess(size: (u32, u32), classes: Option<usize>, outputs: &[OutputShape]) -> Result<(Family, usize), FitError> {
    let assumed = classes.unwrap_or(crate::classes::COCO.len());
    let fits: Vec<Family> =
        Family::NAMES.iter().map(|(family, _)| *family).filter(|family| fit(*family, size, assumed, outputs).is_ok()).collect();
    match fits[..] {
        [family] => Ok((family, assumed)),
        [] => Err(FitError::Unknown {
            reason: match classes {
                Some(classes) => format!("the outputs fit no known family with {classes} classes"),
                None => "the outputs fit no known family with COCO's 80 classes, and no class names were given".to_owned(),
            },
            got: describe(outputs),
        }),
        // Two classes make a YOLOv8 head as wide as an end-to-end output; its number of places is that of its grid.
        [Family::Yolov8, Family::End2end] if outputs[0].dims[0] == yolo_places(size) => Ok((Family::Yolov8, assumed)),
        [Family::Yolov8, Family::End2end] => Ok((Family::End2end, assumed)),
        _ => Err(FitError::Unknown {
            reason: format!("the outputs fit {}", fits.iter().map(|family| family.name()).collect::<Vec<_>>().join(" and ")),
            got: describe(outputs),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn out(name: &str, dims: &[usize]) -> OutputShape {
        OutputShape { name: name.to_owned(), dims: dims.to_vec() }
    }

    #[test]
    fn published_shapes_are_recognised() {
        let nano = [out("c8", &[2704, 80]), out("c16", &[676, 80]), out("d8", &[2704, 32]), out("d16", &[676, 32])];
        for (outputs, size, family) in [
            (vec![out("output", &[3549, 85])], (416, 416), Family::Yolox),
            (vec![out("output0", &[84, 8400])], (640, 640), Family::Yolov8),
            (vec![out("output0", &[8400, 84])], (640, 640), Family::Yolov8),
            (vec![out("output0", &[300, 6])], (640, 640), Family::End2end),
            (vec![out("labels", &[300]), out("boxes", &[300, 4]), out("scores", &[300])], (640, 640), Family::Detr),
            (nano.to_vec(), (416, 416), Family::Nanodet),
            (vec![out("758", &[85, 22, 22])], (352, 352), Family::FastestDet),
            (vec![out("probabilities", &[80])], (56, 56), Family::Classifier),
        ] {
            assert_eq!(guess(size, None, &outputs).unwrap(), (family, 80), "{outputs:?}");
        }
    }

    #[test]
    fn two_classes_are_told_from_end_to_end_by_the_number_of_places() {
        assert_eq!(guess((640, 640), Some(2), &[out("o", &[8400, 6])]).unwrap().0, Family::Yolov8);
        assert_eq!(guess((640, 640), Some(2), &[out("o", &[300, 6])]).unwrap().0, Family::End2end);
    }

    #[test]
    fn one_class_works_for_every_family() {
        assert_eq!(fit(Family::Yolov8, (640, 640), 1, &[out("o", &[5, 8400])]).unwrap(), Layout::Yolov8 { places_first: false });
        assert!(fit(Family::Yolox, (416, 416), 1, &[out("o", &[3549, 6])]).is_ok());
        assert!(fit(Family::FastestDet, (352, 352), 1, &[out("o", &[6, 22, 22])]).is_ok());
        let nano = [out("c8", &[64, 1]), out("d8", &[64, 32]), out("c16", &[16, 1]), out("d16", &[16, 32])];
        assert!(fit(Family::Nanodet, (64, 64), 1, &nano).is_ok());
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let error = fit(Family::Yolox, (416, 416), 79, &[out("output", &[3549, 85])]).unwrap_err().to_string();
        assert!(error.contains("[3549, 84]") && error.contains("[3549, 85]"), "{error}");
        let error = fit(Family::Nanodet, (416, 416), 80, &[out("c8", &[2704, 80])]).unwrap_err().to_string();
        assert!(error.contains("c8 [2704, 80]"), "{error}");
        assert!(guess((416, 416), None, &[out("heat", &[1, 104, 104])]).is_err());
        assert!(guess((416, 416), None, &[]).is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_shapes_are_fitted_or_refused(
            shapes in proptest::collection::vec(proptest::collection::vec(0usize..90, 0..4), 0..9),
            classes in 0usize..90,
        ) {
            let outputs: Vec<_> = shapes.iter().enumerate().map(|(i, dims)| out(&format!("label{i}score"), dims)).collect();
            for (family, _) in Family::NAMES {
                let _ = fit(family, (64, 64), classes, &outputs);
            }
            let _ = guess((64, 64), Some(classes), &outputs);
        }
    }
}
