//! The model that ships: its file is the one its folder names, and it finds what stands on a rendered street.

use std::path::Path;

use events::{BBox, Frame, I420, Size};
use serde_json::Value;

use crate::engine::{Engine, EngineOptions};
use crate::family::Family;
use crate::model::ModelFolder;
use crate::testing;

fn street() -> ModelFolder {
    ModelFolder::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/street")).unwrap()
}

fn things() -> ModelFolder {
    ModelFolder::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/things")).unwrap()
}

/// `testdata/street.i420` as a frame, and what stands there by `testdata/street.json`.
fn drawn() -> (Frame, Vec<(String, BBox)>) {
    let wanted: Value = serde_json::from_str(&std::fs::read_to_string(testing::testdata("street.json")).unwrap()).unwrap();
    let side = |key: &str| u32::try_from(wanted[key].as_u64().unwrap()).unwrap();
    let size = Size { width: side("width"), height: side("height") };
    let bytes = std::fs::read(testing::testdata("street.i420")).unwrap();
    let (luma, chroma) = ((size.width * size.height) as usize, (size.width.div_ceil(2) * size.height.div_ceil(2)) as usize);
    assert_eq!(bytes.len(), luma + 2 * chroma);
    let plane = |from: usize, length: usize| bytes[from..from + length].to_vec();
    let picture = I420::from_planes(size, plane(0, luma), plane(luma, chroma), plane(luma + chroma, chroma));
    let read = |thing: &Value| {
        let corner = |index: usize| thing["box"][index].as_f64().unwrap();
        let bbox = BBox { x1: corner(0), y1: corner(1), x2: corner(2), y2: corner(3) };
        (thing["class"].as_str().unwrap().to_owned(), bbox)
    };
    (testing::frame("c", 0, picture), wanted["things"].as_array().unwrap().iter().map(read).collect())
}

#[test]
fn the_shipped_model_is_whole_and_described() {
    let folder = street();
    assert_eq!(folder.licence(), "Apache-2.0");
    assert!(std::fs::metadata(folder.onnx()).unwrap().len() <= 15_000_000, "what ships stays small");
    let read = |file: &str| std::fs::read_to_string(folder.dir().join(file)).unwrap();
    assert!(read("MODEL_CARD.md").contains(folder.sha256()), "the card speaks of another file");
    assert!(read("NOTICE").contains("TensorFlow"), "whose work is in it is said");
    let unknown: Vec<_> = folder.classes().iter().filter(|(name, class)| class.wire_name() != name).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn the_shipped_classifier_is_whole_and_described() {
    let folder = things();
    assert_eq!((folder.licence(), folder.family()), ("Apache-2.0", Family::Classifier));
    let card = std::fs::read_to_string(folder.dir().join("MODEL_CARD.md")).unwrap();
    assert!(card.contains(folder.sha256()), "the card speaks of another file");
    let unknown: Vec<_> = folder.classes().iter().filter(|(name, class)| class.wire_name() != name).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn the_shipped_classifier_names_most_things_of_the_street_and_answers_in_order() {
    if !testing::has_runtime() {
        return;
    }
    let (frame, things_there) = drawn();
    let engine = Engine::start(vec![street(), things()], EngineOptions::default()).unwrap();
    let detector = engine.detector();
    let places: Vec<BBox> = things_there.iter().map(|(_, bbox)| *bbox).collect();
    let names = detector.name(&frame, &places).unwrap();
    assert_eq!(names.len(), places.len());
    let right = things_there.iter().zip(&names).filter(|((class, _), names)| names[0].0.wire_name() == class.as_str()).count();
    assert!(2 * right > places.len(), "{right} of {}: {names:?}", places.len());
    for of in &names {
        let sum: f32 = of.iter().map(|(_, share)| share).sum();
        assert!(of.windows(2).all(|pair| pair[0].1 >= pair[1].1) && sum <= 1.001, "{of:?}");
    }
    // Several at once or one by one, it says the same; and as a classifier it finds nothing.
    let alone = detector.name(&frame, &places[..1]).unwrap();
    assert_eq!(alone[0][0].0, names[0][0].0);
    let found = detector.detect(&frame, &[]).unwrap();
    let only = Engine::start(vec![street()], EngineOptions::default()).unwrap();
    assert_eq!(found.items, only.detector().detect(&frame, &[]).unwrap().items);
    assert_eq!(found.models.len(), 1, "whoever names things has not looked for people");
    assert!(only.detector().name(&frame, &places).unwrap().iter().all(Vec::is_empty), "no classifier, no names");
}

/// `testdata/street.json` holds things of `testdata/street.i420` as the renderer drew them, not as a model saw them.
#[test]
fn the_shipped_model_finds_what_stands_on_the_street() {
    if !testing::has_runtime() {
        return;
    }
    let (frame, things_there) = drawn();
    let engine = Engine::start(vec![street()], EngineOptions::default()).unwrap();
    let found = engine.detector().detect(&frame, &[]).unwrap().items;
    for (class, bbox) in things_there {
        let right = found.iter().any(|one| one.class.wire_name() == class && one.bbox.iou(&bbox) >= 0.5);
        assert!(right, "no {class} at {bbox:?} among {found:#?}");
    }
    let grey = I420::filled(Size { width: 640, height: 360 }, [120, 128, 128]);
    let nothing = engine.detector().detect(&testing::frame("c", 1, grey), &[]).unwrap().items;
    assert!(nothing.is_empty(), "on an empty picture: {nothing:?}");
}
