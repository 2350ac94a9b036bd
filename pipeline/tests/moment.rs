//! The moment of dumping on key frames alone: found in the footage, kept as a picture, and in the clip.
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing there")]

mod support;

use std::path::Path;
use std::process::Command;

use events::{BBox, ObjectClass};
use sample_streams::SampleScene;
use sample_streams::labels::annotate;
use serde_json::Value;
use support::sample;

/// From the first picture in which what was dumped lies in the truth's box to the one in which nearly all of it does,
/// seconds: a bag is put down at once, a load is tipped.
fn put_down(scene: &SampleScene, truth: &BBox) -> (f64, f64) {
    let there = |frame: u64| -> f64 {
        let dumped = |class: ObjectClass| matches!(class, ObjectClass::Bag | ObjectClass::Pile);
        let lies = |bbox: &BBox| bbox.share_in(truth) >= 0.6;
        annotate(scene, frame).iter().filter(|a| dumped(a.class) && lies(&a.bbox)).map(|a| a.bbox.area()).sum()
    };
    let areas: Vec<f64> = (0..scene.frame_count()).map(there).collect();
    let most = areas.iter().copied().fold(0.0, f64::max);
    let second = |wanted: f64| areas.iter().position(|area| *area > wanted).unwrap() as f64 / f64::from(scene.fps);
    (second(0.0), second(0.9 * most))
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn on_key_frames_alone_the_moment_of_dumping_is_found_and_in_the_clip() {
    let dir = tempfile::tempdir().unwrap();
    let (scene, file) = sample(dir.path(), "demo-dump-01");
    let site = dir.path().join("site.toml");
    let table = scene.site_camera(file.file_name().unwrap().to_str().unwrap());
    std::fs::write(&site, format!("{}\n{table}", sample_streams::site_header())).unwrap();
    let (events, evidence) = (dir.path().join("events.jsonl"), dir.path().join("evidence"));
    let analysed = Command::new(env!("CARGO_BIN_EXE_kerbwatch"))
        .args(["--log", "error", "analyze", "--no-models", "--rate", "keyframes", "--camera", &scene.id])
        .args(["--site".as_ref(), site.as_os_str(), "--out".as_ref(), events.as_os_str()])
        .args(["--evidence".as_ref(), evidence.as_os_str(), "--signing-key".as_ref(), dir.path().join("key.pem").as_os_str()])
        .output()
        .unwrap();
    assert!(analysed.status.success(), "{}", String::from_utf8_lossy(&analysed.stderr));

    let lines = std::fs::read_to_string(&events).unwrap();
    let candidates: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|event| event["type"] == "kerbwatch.candidate.v1")
        .map(|event| event["data"].clone())
        .collect();
    let truths = scene.truth();
    assert_eq!((candidates.len(), truths.len()), (2, 2), "{lines}");
    for truth in &truths {
        let [x1, y1, x2, y2] = truth.bbox;
        let true_box = BBox::clamped(x1, y1, x2, y2);
        let found = |candidate: &&Value| {
            let [x1, y1, x2, y2] = [0, 1, 2, 3].map(|i| candidate["box"][i].as_f64().unwrap());
            true_box.contains(BBox::clamped(x1, y1, x2, y2).centre())
        };
        let candidate = candidates.iter().find(found).unwrap_or_else(|| panic!("nothing at {true_box:?} in {lines}"));
        let manifest = json(&evidence.join(candidate["id"].as_str().unwrap()).join("manifest.json"));
        let moment = candidate["moment_s"].as_f64().unwrap_or_else(|| panic!("no moment: {:#}", manifest["gaps"]));
        let (from, to) = put_down(&scene, &true_box);
        eprintln!("put down {from:.2} to {to:.2} s, first seen {} s, moment {moment} s", candidate["first_seen_s"]);
        assert!((from - 0.3..=to + 0.3).contains(&moment), "put down from {from} to {to} s, found {moment} s");

        assert_eq!(manifest["candidate"]["moment_s"].as_f64(), Some(moment));
        let item = |role: &str| manifest["items"].as_array().unwrap().iter().find(|item| item["role"] == role).unwrap().clone();
        assert_eq!(item("moment")["from"]["at_s"].as_f64(), Some(moment), "the still is of that picture");
        let clip = item("clip");
        let (begins, ends) = (clip["from"]["at_s"].as_f64().unwrap(), clip["to"]["at_s"].as_f64().unwrap());
        assert!(begins < moment && moment < ends, "the clip of {begins} to {ends} s does not show {moment} s");
        // What was recognised too late for all of the pre-roll says so.
        let told =
            manifest["gaps"].as_array().unwrap().iter().any(|gap| gap["what"].as_str().unwrap().starts_with("clip begins"));
        assert!(begins <= moment - 10.0 || told, "the clip begins at {begins} s: {:#}", manifest["gaps"]);
    }
    let verified = Command::new(env!("CARGO_BIN_EXE_kerbwatch")).args(["evidence", "verify"]).arg(&evidence).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}
