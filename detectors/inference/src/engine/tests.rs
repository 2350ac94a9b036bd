use std::sync::Barrier;

use events::{I420, Size};

use super::*;
use crate::model::ModelError;
use crate::models::{self, AddOptions};
use crate::testing::{folder, frame, has_runtime, real, testdata, tiny, tiny_options};

/// A picture of its own for each number, with something in it for the tiny models.
fn picture(number: u32) -> I420 {
    let mut picture = I420::filled(Size { width: 96, height: 80 }, [60, 110, 140]);
    for i in 0..6 {
        let (x, y) = ((number * 7 + i * 13) % 70, (number * 11 + i * 17) % 60);
        picture.fill_rect((x, y, x + 20, y + 14), [(40 + 35 * i) as u8, (90 + 9 * number % 60) as u8, (100 + 20 * i) as u8]);
    }
    picture
}

fn options() -> EngineOptions {
    EngineOptions { max_tiles: 1, ..EngineOptions::default() }
}

fn same(a: &Detections, b: &Detections) {
    assert_eq!(a.items.len(), b.items.len());
    for (a, b) in a.items.iter().zip(&b.items) {
        assert_eq!(a.class, b.class);
        assert!((a.score.value() - b.score.value()).abs() < 1e-4, "{a:?} {b:?}");
        for (a, b) in a.bbox.to_array().into_iter().zip(b.bbox.to_array()) {
            assert!((a - b).abs() < 1e-4, "{a} {b}");
        }
    }
}

#[test]
fn detections_carry_the_frames_stamp_and_the_models_digest() {
    if !has_runtime() {
        return;
    }
    let (_dir, folder) = tiny("yolov8_tiny.onnx");
    let sha256 = folder.sha256().to_owned();
    let engine = Engine::start(vec![folder], options()).unwrap();
    let frame = frame("xh-0412", 7, picture(1));
    let detections = engine.detector().detect(&frame, &[]).unwrap();
    assert_eq!(detections.stamp, *frame.stamp());
    assert_eq!(*detections.models, *std::slice::from_ref(&sha256));
    assert_eq!(engine.models()[0].sha256, sha256);
    assert!(!detections.items.is_empty());
    assert!(detections.items.iter().all(|item| item.bbox.area() > 0.0 && item.bbox.x2 <= 1.0 && item.bbox.y2 <= 1.0));
    assert_eq!((engine.stats().frames, engine.stats().tiles, engine.stats().errors), (1, 1, 0));
}

#[test]
fn no_models_detect_nothing() {
    let engine = Engine::start(Vec::new(), options()).unwrap();
    let detections = engine.detector().detect(&frame("c", 0, picture(1)), &[]).unwrap();
    assert!(detections.items.is_empty() && detections.models.is_empty());
}

#[test]
fn what_else_is_in_the_batch_changes_nothing() {
    if !has_runtime() {
        return;
    }
    for file in ["yolov8_tiny.onnx", "end2end_tiny.onnx"] {
        let (_dir, folder) = tiny(file);
        let alone = Engine::start(vec![folder.clone()], EngineOptions { max_batch: 1, ..options() }).unwrap();
        let wanted: Vec<_> = (0..6).map(|n| alone.detector().detect(&frame("c", 0, picture(n)), &[]).unwrap()).collect();
        assert_eq!(alone.stats().largest_batch, 1);
        let engine =
            Engine::start(vec![folder], EngineOptions { max_batch: 6, deadline: Duration::from_secs(20), ..options() }).unwrap();
        // All six are held in preparation, so that the first to come must wait for the others and all run together.
        let lane = Arc::clone(&engine.shared.lanes[0]);
        let held = Preparing::begin(&lane.preparing);
        let barrier = Barrier::new(6);
        let found: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..6u32)
                .map(|n| {
                    let (detector, barrier) = (engine.detector(), &barrier);
                    scope.spawn(move || {
                        barrier.wait();
                        detector.detect(&frame("c", u64::from(n), picture(n)), &[]).unwrap()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        drop(held);
        assert_eq!((engine.stats().batches, engine.stats().largest_batch), (1, 6), "{file}");
        for (found, wanted) in found.iter().zip(&wanted) {
            same(found, wanted);
        }
    }
}

#[test]
fn a_batch_of_real_models_gives_what_one_by_one_gives() {
    let (true, Some(real)) = (has_runtime(), real()) else { return };
    let (_dir, mut folder) = folder(&real.join("models/deimv2_atto.onnx"), &AddOptions::default());
    folder.score = 0.01;
    let mut loaded = Loaded::load(&folder, Provider::Cpu, 1, 4).unwrap();
    assert_eq!(loaded.max_batch, 4);
    let side = folder.input().size.width as usize;
    let tensors: Vec<Vec<f32>> = (0..3)
        .map(|k| (0..3 * side * side).map(|i| 0.5 + 0.4 * ((i % (17 + k) * 3 + i / side / 9) as f32 * 0.1).sin()).collect())
        .collect();
    let mut low = loaded.detect(&tensors.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
    for (tensor, together) in tensors.iter().zip(&mut low) {
        let alone = loaded.detect(&[tensor]).unwrap().remove(0);
        assert_eq!(alone.len(), together.len());
        assert!(alone.len() > 10, "enough to compare");
        for (a, b) in alone.iter().zip(together) {
            assert!(a.class == b.class && (a.score - b.score).abs() < 1e-4);
            assert!(a.bbox.iter().zip(b.bbox).all(|(a, b)| (a - b).abs() < 0.1), "input pixels: {a:?} {b:?}");
        }
    }
}

#[test]
fn a_single_camera_does_not_wait_for_company() {
    if !has_runtime() {
        return;
    }
    let (_dir, folder) = tiny("yolov8_tiny.onnx");
    // A wait for this deadline would not end.
    let engine = Engine::start(vec![folder], EngineOptions { deadline: Duration::from_secs(3600), ..options() }).unwrap();
    for seq in 0..20 {
        engine.detector().detect(&frame("c", seq, picture(seq as u32)), &[]).unwrap();
    }
    assert_eq!(engine.stats().batches, 20);
}

#[test]
fn who_waits_when_the_engine_is_dropped_is_told() {
    if !has_runtime() {
        return;
    }
    let (_dir, folder) = tiny("yolov8_tiny.onnx");
    // Many times: once in a while a tile comes into the queue just as the last worker has left it.
    for _ in 0..40 {
        engine_goes_while_asked(folder.clone());
    }
}

fn engine_goes_while_asked(folder: ModelFolder) {
    let engine = Engine::start(vec![folder], EngineOptions { workers: 2, ..options() }).unwrap();
    let detector = engine.detector();
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let mut answered = 0u32;
            loop {
                match detector.detect(&frame("c", 0, picture(answered)), &[]) {
                    Ok(_) => answered += 1,
                    Err(error) => return (answered, error),
                }
            }
        });
        // The engine goes while the other thread asks.
        while engine.stats().frames == 0 {
            std::thread::yield_now();
        }
        drop(engine);
        let (answered, error) = asking.join().unwrap();
        assert!(answered > 0 && matches!(error, DetectError::Stopped), "{error}");
    });
    assert!(matches!(detector.detect(&frame("c", 1, picture(1)), &[]), Err(DetectError::Stopped)));
}

#[test]
fn several_models_and_tiles_are_joined() {
    if !has_runtime() {
        return;
    }
    let ((_a, first), (_b, second)) = (tiny("yolov8_tiny.onnx"), tiny("end2end_tiny.onnx"));
    let engine = Engine::start(vec![first, second], EngineOptions { max_tiles: 4, ..options() }).unwrap();
    let picture = {
        let mut picture = I420::filled(Size { width: 640, height: 360 }, [60, 110, 140]);
        picture.fill_rect((300, 100, 360, 300), [200, 120, 130]);
        picture
    };
    let frame = frame("c", 0, picture);
    let detections = engine.detector().detect(&frame, &[]).unwrap();
    assert_eq!(detections.models.len(), 2);
    let tiles = tiling::plan(Size { width: 640, height: 360 }, &[], Size { width: 64, height: 64 }, 4).len() as u64;
    assert!(tiles > 1);
    assert_eq!(engine.stats().tiles, 2 * tiles);
    assert_eq!(detections, engine.detector().detect(&frame, &[]).unwrap(), "the same again, to the bit");
}

#[test]
fn an_empty_frame_is_an_error_and_counted() {
    if !has_runtime() {
        return;
    }
    let (_dir, folder) = tiny("yolov8_tiny.onnx");
    let engine = Engine::start(vec![folder], options()).unwrap();
    let empty = I420::filled(Size { width: 0, height: 0 }, [0, 0, 0]);
    let error = engine.detector().detect(&frame("c", 0, empty), &[]).unwrap_err();
    assert_eq!(error.reason(), "empty_frame");
    assert_eq!(engine.stats().errors, 1);
    assert!(engine.detector().detect(&frame("c", 1, picture(1)), &[]).is_ok(), "the next frame is looked at");
}

#[test]
fn a_provider_the_library_lacks_is_refused_at_start() {
    if !has_runtime() {
        return;
    }
    for provider in [Provider::Cuda, Provider::TensorRt, Provider::OpenVino] {
        let (_dir, folder) = tiny("yolov8_tiny.onnx");
        match Engine::start(vec![folder], EngineOptions { provider, ..options() }) {
            Err(error @ EngineError::Provider { .. }) => assert!(error.to_string().contains(provider.name()), "{error}"),
            Err(other) => panic!("{other}"),
            Ok(_) => eprintln!("SKIPPED: the loaded library has {provider}"),
        }
    }
}

#[test]
fn a_model_that_is_not_what_its_folder_says_is_refused_at_start() {
    if !has_runtime() {
        return;
    }
    let start = |change: &dyn Fn(&mut ModelFolder)| {
        let (_dir, mut folder) = tiny("yolov8_tiny.onnx");
        change(&mut folder);
        Engine::start(vec![folder], options()).map(|_| ()).unwrap_err()
    };
    let error = start(&|folder| folder.classes.truncate(2));
    assert!(matches!(&error, EngineError::Fit { source: FitError::Shape { got, .. }, .. } if *got == [7, 64]), "{error}");
    let error = start(&|folder| folder.family = crate::Family::Nanodet);
    assert!(matches!(error, EngineError::Fit { .. }), "{error}");
    let error = start(&|folder| folder.family = crate::Family::Detr);
    assert!(matches!(error, EngineError::Input { .. }), "{error}");
    let error = start(&|folder| folder.input.size.width = 128);
    assert!(error.to_string().contains("64x64"), "{error}");
    let error = start(&|folder| std::fs::write(folder.onnx(), b"not a model").unwrap());
    assert!(matches!(error, EngineError::Load { .. }), "{error}");
}

#[test]
fn an_exchanged_file_is_refused_when_read() {
    if !has_runtime() {
        return;
    }
    let (dir, folder) = tiny("yolov8_tiny.onnx");
    std::fs::copy(testdata("end2end_tiny.onnx"), folder.onnx()).unwrap();
    let error = ModelFolder::read(folder.dir()).unwrap_err();
    assert!(matches!(error, ModelError::Digest { .. }), "{error}");
    let lines = models::check(dir.path()).unwrap();
    assert!(lines.iter().any(|line| line.what == "digest" && !line.ok), "{lines:?}");
}

#[test]
fn models_are_added_listed_and_checked() {
    if !has_runtime() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    // Its names come from the file's metadata.
    let (folder, lines) = models::add(dir.path(), &testdata("yolov8_tiny.onnx"), &AddOptions::default()).unwrap();
    assert_eq!(folder.name(), "yolov8-tiny");
    assert_eq!(folder.classes()[2].0, "vendor's table");
    assert!(lines.iter().any(|line| line.what == "run" && line.ok), "{lines:?}");
    let card = std::fs::read_to_string(folder.dir().join("MODEL_CARD.md")).unwrap();
    assert!(card.contains(folder.sha256()) && card.contains("**not known**"));
    let again = models::add(dir.path(), &testdata("yolov8_tiny.onnx"), &AddOptions::default()).unwrap_err();
    assert!(again.to_string().contains("exists already"), "{again}");
    // Without names, 80 are assumed, and three-class outputs fit nothing.
    let unknown = models::add(dir.path(), &testdata("yolov8_places_first.onnx"), &AddOptions::default()).unwrap_err();
    assert!(matches!(unknown, models::AddError::Fit { .. }), "{unknown}");
    std::fs::create_dir(dir.path().join("training")).unwrap();
    std::fs::create_dir(dir.path().join("broken")).unwrap();
    std::fs::write(dir.path().join("broken/model.toml"), "file = 3").unwrap();
    let listed = models::list(dir.path()).unwrap();
    let names: Vec<_> = listed.iter().map(|(name, folder)| (name.as_str(), folder.is_ok())).collect();
    assert_eq!(names, [("broken", false), ("yolov8-tiny", true)]);
    let broken: Vec<_> = models::check(dir.path()).unwrap().into_iter().filter(|line| !line.ok).collect();
    assert!(broken.len() == 1 && broken[0].model == "broken" && broken[0].detail.contains("model.toml:1"), "{broken:?}");
    let options = AddOptions { name: Some("Bad Name".into()), ..tiny_options("yolov8_tiny.onnx") };
    assert!(matches!(models::add(dir.path(), &testdata("yolov8_tiny.onnx"), &options), Err(models::AddError::BadName { .. })));
}
