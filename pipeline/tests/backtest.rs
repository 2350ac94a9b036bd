//! From a video through the real recorder to a backtest: the same zones give exactly what was raised, other zones what differs.
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing there")]

mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const CAMERA: &str = "varied-0061";

fn kerbwatch(args: &[&str]) -> (bool, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_kerbwatch")).args(["--log", "error"]).args(args).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}

/// Ids of the candidates that no permit covers.
fn raised(events: &Path) -> BTreeSet<String> {
    std::fs::read_to_string(events)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|event| event["type"] == "kerbwatch.candidate.v1" && event["data"]["permitted"] == false)
        .map(|event| event["data"]["id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_recording_judged_again_raises_exactly_what_was_raised() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let site = support::root().join("sample-streams/samples/h264/site.toml");
    let site = site.to_str().unwrap();
    let (ok, _, err) = kerbwatch(&[
        "analyze",
        "--no-models",
        "--site",
        site,
        "--camera",
        CAMERA,
        "--out",
        &path("events.jsonl"),
        "--recordings",
        &path("recordings"),
        "--start-at",
        "2026-11-20T08:00:00+08:00",
    ]);
    assert!(ok, "{err}");
    let live = raised(Path::new(&path("events.jsonl")));
    assert!(!live.is_empty(), "something was raised");

    let backtest = |site: &str, against: &str| -> Value {
        let args = ["zones", "backtest", "--site", site, "--against", against, "--camera", CAMERA, "--recordings"];
        let (ok, out, err) = kerbwatch(&[&args[..], &[&path("recordings"), "--json"]].concat());
        assert!(ok, "{err}");
        serde_json::from_str(&out).unwrap()
    };
    let same = backtest(site, site);
    assert_eq!((&same["counts"]["added"], &same["counts"]["lost"]), (&Value::from(0), &Value::from(0)), "{same:#}");
    let ids = |answer: &Value, side: &str| -> BTreeSet<String> {
        let rows = answer["rows"].as_array().unwrap();
        rows.iter().filter_map(|row| row[side]["id"].as_str().map(str::to_owned)).collect()
    };
    assert_eq!(ids(&same, "after"), live);
    assert!(same["seen_s"].as_f64().unwrap() > 30.0 && same["unread"].as_array().unwrap().is_empty(), "{same:#}");
    let still = same["rows"][0]["still"].as_str().unwrap();
    let (day, name) = still.split_at(10);
    let jpeg = std::fs::read(dir.path().join("recordings").join(CAMERA).join(day).join(&name[1..])).unwrap();
    assert!(jpeg.starts_with(b"\xff\xd8") && jpeg.len() < 200_000, "a small picture of {} bytes", jpeg.len());

    // Nothing is watched for any more: all is lost. And from nothing to the rules as they were: all is added.
    let text = std::fs::read_to_string(site).unwrap();
    let mut table: toml::Table = text.parse().unwrap();
    for camera in table["camera"].as_array_mut().unwrap() {
        for zone in camera["zone"].as_array_mut().unwrap() {
            zone.as_table_mut().unwrap().remove("rules");
        }
    }
    std::fs::write(path("none.toml"), toml::to_string(&table).unwrap()).unwrap();
    assert_eq!(backtest(&path("none.toml"), site)["counts"]["lost"], live.len());
    let added = backtest(site, &path("none.toml"));
    assert_eq!(ids(&added, "after"), live);
    assert_eq!(added["counts"]["added"], live.len());

    let (ok, _, err) =
        kerbwatch(&["zones", "backtest", "--site", site, "--camera", "nobody", "--recordings", &path("recordings")]);
    assert!(!ok && err.contains("nobody"), "{err}");
    let (ok, _, err) = kerbwatch(&["zones", "backtest", "--site", site, "--camera", CAMERA, "--recordings", &path("nowhere")]);
    assert!(!ok && err.contains("no recording"), "{err}");
}
