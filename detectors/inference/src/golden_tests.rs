//! Each family against the numbers that `testdata/reference.py` wrote down.

use events::{BBox, ObjectClass};
use serde_json::Value;

use crate::decode::Raw;
use crate::engine::{Engine, EngineOptions, Provider};
use crate::model::ModelFolder;
use crate::models::AddOptions;
use crate::nms::suppress;
use crate::session::Loaded;
use crate::testing;

/// Boxes may differ by this many input pixels, scores by this much: other processors round convolutions differently.
const PIXELS: f64 = 1.0;
const SCORE: f64 = 1e-3;

/// `[class, score, x1, y1, x2, y2]`
fn boxes(case: &Value) -> Vec<[f64; 6]> {
    let row = |row: &Value| std::array::from_fn(|i| row[i].as_f64().unwrap());
    case["boxes"].as_array().unwrap().iter().map(row).collect()
}

fn case<'a>(model: &'a Value, input: &str) -> &'a Value {
    model["cases"].as_array().unwrap().iter().find(|case| case["input"] == input).unwrap()
}

fn model<'a>(golden: &'a Value, file: &str) -> &'a Value {
    golden["models"].as_array().unwrap().iter().find(|model| model["file"] == file).unwrap()
}

/// Runs a tensor through session, decoder and suppression, and compares with the reference.
fn compare(mut folder: ModelFolder, case: &Value, tensor: &[f32]) {
    let score = case["score"].as_f64().unwrap();
    folder.score = score as f32;
    let mut loaded = Loaded::load(&folder, Provider::Cpu, 1, 1).unwrap();
    let found = loaded.detect(&[tensor]).unwrap().remove(0);
    let kept = if folder.family().suppresses_itself() { found } else { suppress(&found, 0.5, |class| class) };
    let what = format!("{} {}", folder.name(), case["input"]);
    let wanted = boxes(case);
    assert!(wanted.len() >= 3, "{what}: too little to compare");
    assert_eq!(kept.len(), wanted.len(), "{what}: {kept:?}");
    let mut left: Vec<Raw> = kept;
    for [class, score, corners @ ..] in wanted {
        let fits = |raw: &Raw| {
            raw.class == class as usize
                && (f64::from(raw.score) - score).abs() < SCORE
                && raw.bbox.iter().zip(corners).all(|(got, want)| (f64::from(*got) - want).abs() < PIXELS)
        };
        let twin = left.iter().position(fits);
        left.swap_remove(twin.unwrap_or_else(|| panic!("{what}: no {class} {score} {corners:?} among {left:?}")));
    }
}

fn compare_real(file: &str) {
    let (true, Some(real)) = (testing::has_runtime(), testing::real()) else { return };
    let golden = testing::golden();
    let wanted = model(&golden, file);
    let (_dir, folder) = testing::folder(&real.join("models").join(file), &AddOptions::default());
    assert_eq!(folder.family().name(), wanted["family"], "guessed from the outputs");
    assert_eq!(folder.sha256(), wanted["sha256"], "the reference was made with another file");
    compare(folder.clone(), case(wanted, "formula"), &testing::formula(folder.input()));
    let Some(frame) = testing::golden_frame(&real, &golden) else { return };
    compare(folder.clone(), case(wanted, "clip"), &testing::nearest(&frame, folder.input()));
    whole_road(folder, case(wanted, "picture"), frame);
}

/// The frame through our own preprocessing, against the same frame resized by OpenCV: the same people, a little apart, since
/// OpenCV rounds to whole levels and takes chroma elsewhere.
fn whole_road(folder: ModelFolder, case: &Value, frame: events::I420) {
    let name = folder.name().to_owned();
    let engine = Engine::start(vec![folder], EngineOptions { max_tiles: 1, ..EngineOptions::default() }).unwrap();
    let detections = engine.detector().detect(&testing::frame("c", 0, frame), &[]).unwrap();
    let mut people: Vec<_> = detections.items.into_iter().filter(|item| item.class == ObjectClass::Person).collect();
    let wanted = boxes(case);
    let (mut furthest, mut lowest, mut missed) = (0.0f64, 1.0f64, Vec::new());
    for [_, score, x1, y1, x2, y2] in wanted.iter().copied() {
        let bbox = BBox { x1, y1, x2, y2 };
        let best = (0..people.len()).max_by(|a, b| people[*a].bbox.iou(&bbox).total_cmp(&people[*b].bbox.iou(&bbox)));
        match best.filter(|best| people[*best].bbox.iou(&bbox) > 0.85) {
            Some(best) => {
                let twin = people.swap_remove(best);
                furthest = furthest.max((f64::from(twin.score.value()) - score).abs());
                lowest = lowest.min(twin.bbox.iou(&bbox));
            }
            None => missed.push(score),
        }
    }
    missed.extend(people.iter().map(|extra| f64::from(extra.score.value())));
    eprintln!(
        "{name}: {} people; scores within {furthest:.3}, IoU at least {lowest:.3}; only on one side {missed:.3?}",
        wanted.len()
    );
    assert!(furthest < 0.03, "{name}: scores differ by {furthest}");
    // Near the threshold of 0.3 a small difference decides.
    assert!(missed.iter().all(|score| *score < 0.33), "{name}: {missed:?}");
}

#[test]
fn yolox_is_decoded_as_the_reference_does() {
    compare_real("yolox_nano_416_opencvzoo.onnx");
}

#[test]
fn deimv2_femto_is_decoded_as_the_reference_does() {
    compare_real("deimv2_femto.onnx");
}

#[test]
fn deimv2_atto_is_decoded_as_the_reference_does() {
    compare_real("deimv2_atto.onnx");
}

#[test]
fn picodet_is_decoded_as_the_reference_does() {
    compare_real("picodet_s_416.onnx");
}

#[test]
fn nanodet_is_decoded_as_the_reference_does() {
    compare_real("nanodet_m_416.onnx");
}

#[test]
fn fastestdet_is_decoded_as_the_reference_does() {
    compare_real("FastestDet.onnx");
}

#[test]
fn models_with_random_weights_are_decoded_as_the_reference_does() {
    if !testing::has_runtime() {
        return;
    }
    let golden = testing::golden();
    for file in ["yolov8_tiny.onnx", "yolov8_places_first.onnx", "yolov8_one_class.onnx", "end2end_tiny.onnx"] {
        let wanted = model(&golden, file);
        let (_dir, folder) = testing::tiny(file);
        assert_eq!(folder.family().name(), wanted["family"], "guessed from the outputs");
        assert_eq!(folder.sha256(), wanted["sha256"], "run testdata/reference.py after tiny_models.py");
        let tensor = testing::formula(folder.input());
        compare(folder, case(wanted, "formula"), &tensor);
    }
}

/// The people of this street are large enough to be found in one tile too; tiles show how much surer of them the model is.
#[test]
fn tiles_make_the_model_surer_of_people_far_off() {
    let (true, Some(real)) = (testing::has_runtime(), testing::real()) else { return };
    let Some(picture) = testing::clip_frame(&real, "neg_towncentre_1080p_12s.mp4", (1920, 1080)) else { return };
    let frame = testing::frame("c", 0, picture);
    let (_dir, folder) = testing::folder(&real.join("models/yolox_nano_416_opencvzoo.onnx"), &AddOptions::default());
    let sure_of = |max_tiles: usize| {
        let engine = Engine::start(vec![folder.clone()], EngineOptions { max_tiles, ..EngineOptions::default() }).unwrap();
        let found = engine.detector().detect(&frame, &[]).unwrap();
        found.items.iter().filter(|item| item.class == ObjectClass::Person && item.score.value() >= 0.8).count()
    };
    let (squeezed, two, six) = (sure_of(1), sure_of(2), sure_of(6));
    eprintln!("1080p street: sure of {squeezed} people in one tile, {two} in two, {six} in six");
    assert!(two > squeezed && six > two, "{squeezed} {two} {six}");
}
