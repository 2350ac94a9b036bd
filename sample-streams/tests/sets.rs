//! What a folder of streets or stills promises: it goes on where it was stopped, and its files are what the seeds say.

// The lint's exception for tests covers test functions, not the helpers beside them.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use events::Size;
use kerbwatch_sample_streams::encode::Codec;
use kerbwatch_sample_streams::set::{self, Progress, SetError, StillSet, StreetSet};
use kerbwatch_sample_streams::{Lookalike, TruthLine};

fn lines<T: serde::de::DeserializeOwned>(path: &Path) -> Vec<T> {
    fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_set_of_streets_that_was_stopped_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let wanted = StreetSet { size: Size { width: 160, height: 90 }, fps: 1, gop: 2, ..StreetSet::new(300, 2) };
    let seen: Mutex<Vec<Progress>> = Mutex::default();
    let note = |progress| seen.lock().unwrap().push(progress);
    set::streets(dir.path(), &wanted, note).unwrap();
    assert_eq!(seen.lock().unwrap().last(), Some(&Progress { done: 2, wanted: 2, found: 0 }));
    let (kept, lost) = (dir.path().join("varied-0300.mp4"), dir.path().join("varied-0301.mp4"));
    let whole = fs::read(&lost).unwrap();
    let truth = fs::read(dir.path().join("truth.jsonl")).unwrap();
    // As if it had been stopped in the second street: only an unfinished file is there.
    fs::remove_file(&lost).unwrap();
    fs::write(lost.with_extension("mp4.part"), b"half of it").unwrap();
    fs::write(&kept, b"finished before").unwrap();
    set::streets(dir.path(), &wanted, note).unwrap();
    assert_eq!(seen.lock().unwrap().last(), Some(&Progress { done: 2, wanted: 2, found: 1 }));
    assert_eq!(fs::read(&kept).unwrap(), b"finished before", "what is finished is not rendered again");
    assert!(fs::read(&lost).unwrap() == whole, "the same seed gives the same file");
    assert_eq!(fs::read(dir.path().join("truth.jsonl")).unwrap(), truth);
    assert!(!lost.with_extension("mp4.part").exists());
    let truth: Vec<TruthLine> = lines(&dir.path().join("truth.jsonl"));
    let expected: Vec<TruthLine> = (300..302).flat_map(|seed| wanted.scene(seed).truth()).collect();
    assert_eq!(truth, expected);
    let likes: Vec<Lookalike> = lines(&dir.path().join("lookalikes.jsonl"));
    assert!(likes.len() >= 6);
    // Another set does not mix with it.
    let other = StreetSet { codec: Codec::H265, ..wanted };
    assert!(matches!(set::streets(dir.path(), &other, |_| {}), Err(SetError::Other { .. })));
}

#[test]
fn stills_are_valid_coco_and_go_on_where_they_were_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let wanted = StillSet { size: Size { width: 320, height: 180 }, ..StillSet::new(40, 6) };
    set::stills(dir.path(), &wanted, |_| {}).unwrap();
    let read = || fs::read_to_string(dir.path().join("annotations.json")).unwrap();
    let text = read();
    let coco: serde_json::Value = serde_json::from_str(&text).unwrap();
    let list = |key: &str| coco[key].as_array().unwrap().clone();
    let ids = |key: &str| list(key).iter().map(|one| one["id"].as_u64().unwrap()).collect::<BTreeSet<u64>>();
    let (images, categories) = (ids("images"), ids("categories"));
    assert_eq!(images.len(), 6);
    assert_eq!(ids("annotations").len(), list("annotations").len(), "ids are unique");
    for image in list("images") {
        let bytes = fs::read(dir.path().join(image["file_name"].as_str().unwrap())).unwrap();
        assert!(bytes.starts_with(&[0xFF, 0xD8]), "a JPEG");
    }
    for item in list("annotations") {
        assert!(images.contains(&item["image_id"].as_u64().unwrap()));
        assert!(categories.contains(&item["category_id"].as_u64().unwrap()));
        let b: Vec<f64> = item["bbox"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
        assert!(b[0] >= 0.0 && b[1] >= 0.0 && b[2] > 0.0 && b[3] > 0.0, "{item}");
        assert!(b[0] + b[2] <= 320.01 && b[1] + b[3] <= 180.01, "{item}");
        assert!((item["area"].as_f64().unwrap() - b[2] * b[3]).abs() < 0.01, "{item}");
        assert!((0.2..=1.0).contains(&item["visibility"].as_f64().unwrap()), "{item}");
    }
    let first = dir.path().join("00000040.jpg");
    let bytes = fs::read(&first).unwrap();
    fs::remove_file(&first).unwrap();
    let mut found = 0;
    set::stills(dir.path(), &wanted, |progress| found = progress.found).unwrap();
    assert_eq!(found, 5);
    assert!(fs::read(&first).unwrap() == bytes, "the same seed gives the same picture");
    assert_eq!(read(), text);
}

#[test]
fn stills_hold_every_class_the_model_is_to_know() {
    let wanted = StillSet { size: Size { width: 320, height: 180 }, ..StillSet::new(1000, 120) };
    let mut counts = std::collections::BTreeMap::new();
    for seed in 1000..1120 {
        let (scene, frame) = wanted.scene(seed);
        for (class, _) in kerbwatch_sample_streams::labels::annotations(&scene, frame) {
            *counts.entry(class.wire_name()).or_insert(0) += 1;
        }
    }
    for (class, name) in events::ObjectClass::NAMES {
        if !matches!(class, events::ObjectClass::Animal | events::ObjectClass::Other) {
            assert!(counts.get(name).copied().unwrap_or(0) >= 20, "{name}: {counts:?}");
        }
    }
}

/// The set that lies in git was made by the commands of the README; encoders differ between machines, truth does not.
#[test]
fn the_samples_in_git_are_what_their_seeds_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    for name in ["h264", "h265"] {
        let folder = folder.join(name);
        let settings: serde_json::Value = serde_json::from_str(&fs::read_to_string(folder.join("set.json")).unwrap()).unwrap();
        assert_eq!(settings["generation"], set::GENERATION, "make the samples again: the generator has changed");
        assert_eq!(settings["codec"], name);
        let (w, h) = settings["size"].as_str().unwrap().split_once('x').unwrap();
        let number = |value: &serde_json::Value| u32::try_from(value.as_u64().unwrap()).unwrap();
        let base = StreetSet {
            size: Size { width: w.parse().unwrap(), height: h.parse().unwrap() },
            fps: number(&settings["fps"]),
            gop: number(&settings["gop"]),
            ..StreetSet::new(0, 0)
        };
        let site = events::site::Site::parse("site.toml", &fs::read_to_string(folder.join("site.toml")).unwrap()).unwrap();
        let truth: Vec<TruthLine> = lines(&folder.join("truth.jsonl"));
        let likes: Vec<Lookalike> = lines(&folder.join("lookalikes.jsonl"));
        assert!(!site.cameras.is_empty());
        let near = |a: &[f64; 4], b: &[f64; 4]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 2e-3);
        for camera in &site.cameras {
            assert!(folder.join(&camera.source).metadata().unwrap().len() > 10_000, "{}", camera.source);
            let seed: u64 = camera.id.as_str().rsplit('-').next().unwrap().parse().unwrap();
            let scene = base.scene(seed);
            let there: Vec<&TruthLine> = truth.iter().filter(|line| line.camera == scene.id).collect();
            assert_eq!(there.len(), scene.truth().len(), "{}", scene.id);
            for (a, b) in there.iter().zip(scene.truth()) {
                assert!(a.kind == b.kind && (a.start_s - b.start_s).abs() < 0.05 && near(&a.bbox, &b.bbox), "{a:?} {b:?}");
            }
            let there: Vec<&Lookalike> = likes.iter().filter(|like| like.line.camera == scene.id).collect();
            assert_eq!(there.len(), scene.lookalikes().len(), "{}", scene.id);
            for (a, b) in there.iter().zip(scene.lookalikes()) {
                let near = (a.line.start_s - b.line.start_s).abs() < 0.05 && near(&a.line.bbox, &b.line.bbox);
                assert!(a.name == b.name && near, "{a:?} {b:?}");
            }
        }
    }
}
