//! Threshold help: what was not raised is told with the condition that failed, by how much, and what sets it; and drawn.
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing there")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use events::Size;
use sample_streams::encode::{Codec, to_file};
use serde_json::Value;

/// A sample street as a file, small and slow: `analyze` looks at its key frames only.
fn rendered(dir: &Path, id: &str) -> (String, PathBuf) {
    let scene = sample_streams::catalogue().into_iter().find(|scene| scene.id == id).unwrap();
    let scene = scene.resized(Size { width: 640, height: 360 }, 5);
    let file = dir.join(format!("{id}.mp4"));
    to_file(&scene, &file, Codec::H264, |_, _| {}).unwrap();
    (scene.site_camera(file.to_str().unwrap()), file)
}

struct Told {
    places: Vec<Value>,
    text: String,
    drawings: Vec<PathBuf>,
}

/// What `analyze` explains of a camera with this table in the site file.
fn explained(dir: &Path, name: &str, table: &str) -> Told {
    let path = |ending: &str| dir.join(format!("{name}{ending}"));
    std::fs::write(path(".toml"), format!("{}\n{table}", sample_streams::site_header())).unwrap();
    let id = table.lines().find_map(|line| line.strip_prefix("id = ")).unwrap().trim_matches('"');
    let analyze = |more: &[&std::ffi::OsStr]| {
        let output = Command::new(env!("CARGO_BIN_EXE_kerbwatch"))
            .args(["--log", "error", "analyze", "--no-models", "--camera", id, "--out", "/dev/null", "--site"])
            .arg(path(".toml"))
            .args(more)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stderr).unwrap()
    };
    let (lines, folder) = (path(".jsonl"), path("-drawings"));
    analyze(&["--explain".as_ref(), lines.as_ref(), "--drawings".as_ref(), folder.as_ref()]);
    let text = analyze(&["--explain".as_ref()]);
    let places = std::fs::read_to_string(lines).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut drawings: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    drawings.sort();
    Told { places, text, drawings }
}

impl Told {
    /// The first miss of a kind whose nearest look failed by this condition and no more than `others` others.
    fn miss(&self, kind: &str, condition: &str, others: usize) -> (Value, Value) {
        let misses = self.places.iter().flat_map(|place| place["misses"].as_array().unwrap());
        misses
            .filter(|miss| miss["kind"] == kind)
            .find_map(|miss| {
                let failed = miss["failed"].as_array().unwrap();
                let condition = failed.iter().find(|c| c["condition"] == condition).filter(|_| failed.len() <= others + 1)?;
                Some((miss.clone(), condition.clone()))
            })
            .unwrap_or_else(|| panic!("no {kind} that missed by {condition} in {:#?}", self.places))
    }
}

/// Red, green and blue of a JPEG, and its width and height.
fn pixels(jpeg: &[u8]) -> (Vec<u8>, usize, usize) {
    let mut decoder = zune_jpeg::JpegDecoder::new(zune_jpeg::zune_core::bytestream::ZCursor::new(jpeg));
    let pixels = decoder.decode().unwrap();
    let (width, height) = decoder.dimensions().unwrap();
    (pixels, width, height)
}

#[test]
fn a_thing_that_was_not_left_long_enough_or_is_too_small_is_told_with_the_setting_and_drawn() {
    let dir = tempfile::tempdir().unwrap();
    let (table, _) = rendered(dir.path(), "demo-dump-01");

    let long = explained(dir.path(), "long", &table.replace("dwell = \"12s\"", "dwell = \"80s\""));
    let (miss, dwell) = long.miss("waste_dumping", "dwell", 0);
    let (value, limit) = (dwell["value"].as_f64().unwrap(), dwell["limit"].as_f64().unwrap());
    assert!(limit == 80.0 && (50.0..70.0).contains(&value), "the bags lie for some 65 s: {dwell}");
    assert_eq!((&dwell["set_by"], &dwell["bound"]), (&"zone corner: rules.waste_dumping.dwell".into(), &"at_least".into()));
    assert_eq!(miss["would_be_raised_with"][0], format!("dwell = \"{}s\"", value.floor()));
    let nearness: Vec<f64> = long.places.iter().map(|place| place["short_by"].as_f64().unwrap()).collect();
    assert!(nearness.is_sorted(), "nearest first: {nearness:?}");
    let boxes = long.places.iter().filter(|place| place["misses"][0]["failed"][0]["condition"] == "dwell").count();
    assert_eq!(boxes, 2, "the bags and the rubble, once each: {:#?}", long.places);
    for words in ["0 raised", "too short [zone corner: rules.waste_dumping.dwell]", "it would have been raised"] {
        assert!(long.text.contains(words), "{words:?} is not in {}", long.text);
    }

    // What is far below the smallest area of all rules is no thing at all: another kind that wants less makes it one.
    let other = "[camera.zone.rules.storefront_encroachment]\ndwell = \"90s\"\nmin_area = 0.0005\n";
    let large = explained(dir.path(), "large", &(table.replace("min_area = 0.0005", "min_area = 0.05") + other));
    let (_, area) = large.miss("waste_dumping", "area", 0);
    assert!(area["value"].as_f64().unwrap() < area["limit"].as_f64().unwrap() && area["limit"] == 0.05, "{area}");
    assert_eq!(area["set_by"], "zone corner: rules.waste_dumping.min_area");

    // As it stands in the catalogue both are raised; the drawings show them, below the picture in words.
    let plain = explained(dir.path(), "plain", &table);
    assert!(plain.text.contains("2 raised"), "{}", plain.text);
    for told in [&long, &plain] {
        assert!(!told.drawings.is_empty());
        for path in &told.drawings {
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(name.starts_with("demo-dump-01-") && name.ends_with("s.jpg"), "{name}");
            let (drawing, width, height) = pixels(&std::fs::read(path).unwrap());
            assert!(width == 640 && height > 360 + 20, "{width}x{height}: no words below the picture");
            // The colours of zone, candidate or miss: nothing in the clean street is so bright an orange, red or blue.
            let drawn = |wanted: [i32; 3]| {
                let near = |p: &&[u8]| wanted.iter().zip(*p).all(|(w, p)| (w - i32::from(*p)).abs() < 40);
                drawing.chunks_exact(3).take(640 * 360).filter(near).count()
            };
            assert!(drawn([90, 200, 250]) > 300, "{name}: no zone is drawn");
            assert!(drawn([255, 190, 40]) + drawn([255, 70, 60]) > 100, "{name}: nothing is marked");
        }
    }
}

#[test]
fn goods_that_stood_too_short_and_goods_behind_the_shop_line_are_told_as_such() {
    let dir = tempfile::tempdir().unwrap();
    // A vendor's cart, watched as if it were waste: it stands for about a minute.
    let (table, _) = rendered(dir.path(), "demo-stall-01");
    let long = |line: &str| if line.starts_with("dwell") { "dwell = \"80s\"\n".to_owned() } else { format!("{line}\n") };
    let table: String = table.replace("rules.illegal_stall", "rules.waste_dumping").lines().map(long).collect();
    let told = explained(dir.path(), "attended", &table);
    let (_, dwell) = told.miss("waste_dumping", "dwell", 3);
    let (left_for, limit) = (dwell["value"].as_f64().unwrap(), dwell["limit"].as_f64().unwrap());
    assert!(limit == 80.0 && left_for < limit, "{dwell}");

    // A shop whose line is drawn across the middle of the road: all its goods stand within.
    let (table, _) = rendered(dir.path(), "demo-shop-01");
    let lined: String = table
        .lines()
        .map(|line| {
            if line.starts_with("shop_line") {
                "shop_line = [[0.0, 0.97], [1.0, 0.98]]\n".to_owned()
            } else {
                format!("{line}\n")
            }
        })
        .collect();
    let told = explained(dir.path(), "within", &lined);
    let (_, beyond) = told.miss("storefront_encroachment", "beyond_shop_line", 2);
    assert!(beyond["value"].as_f64().unwrap() < 0.0, "{beyond}");
    assert!(beyond["set_by"].as_str().unwrap().ends_with(": shop_line"), "{beyond}");
    assert!(beyond["text"].as_str().unwrap().contains("inside the shop line"), "{beyond}");
}
