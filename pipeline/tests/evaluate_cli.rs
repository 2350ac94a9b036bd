//! `kerbwatch evaluate` from outside: exit codes, table, JSON, and errors with file and line.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

use std::path::PathBuf;
use std::process::{Command, Output};

const TRUTH: &str = r#"{"kind":"waste_dumping","camera":"c","zone":"z","start_s":15.0,"end_s":null,"box":[0.2,0.2,0.4,0.4]}
"#;

/// A candidate with no more in it than the contract promises.
fn event(raised_s: f64, permitted: bool) -> String {
    let data = serde_json::json!({
        "id": "3f00000000000000000000000000000a", "kind": "waste_dumping", "camera": "c", "zone": "z", "zone_version": "v",
        "permitted": permitted, "first_seen_s": 16.0, "raised_s": raised_s, "first_seen_at": "1970-01-01T00:00:16Z",
        "raised_at": "1970-01-01T00:00:50Z", "box": [0.25, 0.25, 0.35, 0.35], "score": 0.9, "why": "left", "models": [],
        "evidence": []
    });
    serde_json::json!({ "specversion": "1.0", "type": "kerbwatch.candidate.v1", "data": data }).to_string() + "\n"
}

struct World(tempfile::TempDir);

impl World {
    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn evaluate(&self, truth: &str, events: &str, more: &[&str]) -> Output {
        let (truth, events) = (self.file("truth.jsonl", truth), self.file("events.jsonl", events));
        let mut command = Command::new(env!("CARGO_BIN_EXE_kerbwatch"));
        command.arg("evaluate").arg("--truth").arg(truth).arg("--events").arg(events).args(more);
        command.output().unwrap()
    }
}

fn world() -> World {
    World(tempfile::tempdir().unwrap())
}

fn json(output: &Output) -> serde_json::Value {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn right_ones_doubles_and_other_events() {
    let observation = "{\"specversion\":\"1.0\",\"type\":\"kerbwatch.observation.v1\",\"data\":{}}\n\n";
    let events = event(50.0, false) + observation + &event(60.0, false);
    let scores = json(&world().evaluate(TRUTH, &events, &["--json"]));
    let total = &scores["total"];
    let of = |name: &str| total[name].as_u64().unwrap();
    assert_eq!((of("truths"), of("candidates"), of("true_positives"), of("false_positives")), (1, 2, 1, 1));
    assert_eq!((of("duplicates"), of("missed")), (1, 0));
    assert_eq!((total["precision"].as_f64(), total["recall"].as_f64()), (Some(0.5), Some(1.0)));
    assert_eq!((total["delay_median_s"].as_f64(), total["delay_p90_s"].as_f64()), (Some(35.0), Some(35.0)));
    assert_eq!(scores["kinds"]["waste_dumping"], *total);
}

#[test]
fn the_table_shows_a_dash_where_there_is_no_value() {
    let output = world().evaluate("", &event(50.0, true), &[]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    let all = text.lines().find(|line| line.starts_with("all")).unwrap();
    assert_eq!(all.matches('–').count(), 5, "precision, recall, F1 and both delays: {text}");
    assert!(text.contains("1 candidates covered by a permit are left out"), "{text}");
    let counted = json(&world().evaluate("", &event(50.0, true), &["--json", "--include-permitted"]));
    assert_eq!((counted["total"]["candidates"].as_u64(), &counted["total"]["recall"]), (Some(1), &serde_json::Value::Null));
}

#[test]
fn files_may_be_given_more_than_once() {
    let world = world();
    let more = world.file("more.jsonl", &event(50.0, false));
    let scores = json(&world.evaluate(TRUTH, "", &["--events", more.to_str().unwrap(), "--json"]));
    assert_eq!(scores["total"]["true_positives"].as_u64(), Some(1));
}

#[track_caller]
fn refused(truth: &str, events: &str, says: &str) {
    let output = world().evaluate(truth, events, &[]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains(says), "{text}");
    assert!(output.stdout.is_empty());
}

#[test]
fn a_malformed_line_is_named_and_exits_2() {
    let good = event(50.0, false);
    refused(&format!("\n{TRUTH}{{\n"), &good, "truth.jsonl:3: ");
    refused(&TRUTH.replace("waste_dumping", "littering"), &good, "truth.jsonl:1: unknown kind \"littering\"");
    refused(&TRUTH.replace("null", "3.0"), &good, "truth.jsonl:1: start_s 15");
    refused(&TRUTH.replace("[0.2,0.2,0.4,0.4]", "[0.4,0.2,0.2,0.4]"), &good, "truth.jsonl:1: box");
    refused(TRUTH, &format!("{good}not json\n"), "events.jsonl:2: ");
    refused(TRUTH, &good.replace("\"raised_s\":50.0,", ""), "events.jsonl:1: data: missing field `raised_s`");
    refused(TRUTH, "{\"specversion\":\"1.0\"}\n", "events.jsonl:1: ");
}

#[test]
fn a_file_that_is_not_there_and_missing_arguments_exit_2() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kerbwatch"));
    let output = command.args(["evaluate", "--truth", "nowhere.jsonl", "--events", "nowhere.jsonl"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("nowhere.jsonl"));
    let bare = Command::new(env!("CARGO_BIN_EXE_kerbwatch")).arg("evaluate").output().unwrap();
    assert_eq!(bare.status.code(), Some(2));
}

#[test]
fn a_false_candidate_is_named_after_the_lookalike_it_fell_on() {
    let world = world();
    let like = r#"{"name":"bikes_parked","kind":"illegal_stall","camera":"c","zone":"z","start_s":1.0,"end_s":null,"box":[0.2,0.2,0.4,0.4]}"#;
    let likes = world.file("lookalikes.jsonl", like);
    let scores = json(&world.evaluate("", &event(50.0, false), &["--json", "--lookalikes", likes.to_str().unwrap()]));
    assert_eq!(scores["lookalikes"]["bikes_parked"], serde_json::json!({ "seen": 1, "alarmed": 1, "candidates": 1 }));
    assert_eq!(scores["false_alarms"][0]["lookalike"], "bikes_parked");
    let nameless = world.file("nameless.jsonl", &like.replace("\"name\":\"bikes_parked\",", ""));
    let bad = world.evaluate("", "", &["--lookalikes", nameless.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&bad.stderr).into_owned();
    assert_eq!(bad.status.code(), Some(2), "{said}");
    assert!(said.contains("nameless.jsonl:1") && said.contains("name"), "{said}");
}
