//! The contract's exit codes and sentences: 0 fine, 1 failed, 2 bad use; what is wrong is named.
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing there")]

mod support;

use std::path::Path;
use std::process::{Command, Output};

use support::sample;

fn kerbwatch(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kerbwatch")).args(args).output().expect("running kerbwatch")
}

#[track_caller]
fn refused(args: &[&str], code: i32, says: &[&str]) {
    let output = kerbwatch(args);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {text}");
    for word in says {
        assert!(text.contains(word), "{args:?}: {word:?} is not in {text:?}");
    }
    assert!(!text.contains("panicked"), "{text}");
}

const SITE: &str = r#"
[[camera]]
id = "c1"
source = "missing.mp4"
[[camera.zone]]
id = "z"
polygon = [[0.0,0.0],[1.0,0.0],[1.0,1.0],[0.0,1.0]]
[camera.zone.rules.waste_dumping]
"#;

fn write(dir: &Path, name: &str, text: &str) -> String {
    let path = dir.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn help_is_there_on_every_subcommand() {
    for command in [
        "demo",
        "standalone",
        "worker",
        "console",
        "check",
        "analyze",
        "evaluate",
        "evidence",
        "models",
        "cameras",
        "seed",
        "retention",
    ] {
        let output = kerbwatch(&[command, "--help"]);
        assert_eq!(output.status.code(), Some(0), "{command}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("Usage: kerbwatch"), "{command}");
    }
    assert_eq!(kerbwatch(&["--version"]).status.code(), Some(0));
}

#[test]
fn bad_use_is_exit_2_and_names_the_thing() {
    let dir = tempfile::tempdir().unwrap();
    let site = write(dir.path(), "site.toml", SITE);
    let early = write(dir.path(), "early.toml", "[console.retention]\nundecided_d = 2\n");
    refused(&["retention", "--config", &early, "--dry-run"], 2, &["undecided_d", "hard_stop_s"]);
    let plain = write(dir.path(), "plain.toml", "data = \"data\"\n");
    refused(&["retention", "--config", &plain], 2, &["--dry-run"]);
    refused(&["no-such-command"], 2, &["no-such-command"]);
    refused(&["analyze", "--site", "nowhere.toml", "--camera", "c1"], 2, &["nowhere.toml"]);
    refused(&["analyze", "--site", &site, "--camera", "c2"], 2, &["c2", "c1"]);
    let scheme = write(dir.path(), "scheme.toml", &SITE.replace("missing.mp4", "gopher://host/x"));
    refused(&["analyze", "--site", &scheme, "--camera", "c1"], 2, &["gopher"]);
    let crossing = write(dir.path(), "crossing.toml", &SITE.replace("[1.0,1.0],[0.0,1.0]", "[0.0,1.0],[1.0,1.0]"));
    refused(&["analyze", "--site", &crossing, "--camera", "c1"], 2, &["crossing.toml:7", "polygon", "crosses itself"]);
    let unknown = write(dir.path(), "unknown.toml", &SITE.replace("waste_dumping", "littering"));
    refused(&["analyze", "--site", &unknown, "--camera", "c1"], 2, &["unknown.toml:8", "littering"]);
    let config = write(dir.path(), "kerbwatch.toml", "site = \"site.toml\"\nnmae = \"x\"\n");
    refused(&["check", "--config", &config], 2, &["kerbwatch.toml:2", "nmae"]);
    let config = write(dir.path(), "models.toml", "[inference]\nmodels = [\"no-model\"]\n");
    refused(&["check", "--config", &config], 2, &["no-model"]);
    refused(&["analyze", "--site", &site, "--camera", "c1", "--models", dir.path().to_str().unwrap()], 2, &["model"]);
}

#[test]
fn a_source_that_cannot_be_played_is_exit_1_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let site = write(dir.path(), "site.toml", SITE);
    refused(&["analyze", "--site", &site, "--camera", "c1", "--no-models"], 1, &["missing.mp4"]);
    write(dir.path(), "text.mp4", "this is not a video");
    let text = dir.path().join("text.mp4");
    refused(&["analyze", "--site", &site, "--camera", "c1", "--no-models", "--source", text.to_str().unwrap()], 1, &["text.mp4"]);
}

#[test]
fn an_analysis_finds_what_happened_is_repeatable_and_its_evidence_verifies() {
    let dir = tempfile::tempdir().unwrap();
    let (scene, file) = sample(dir.path(), "demo-dump-01");
    let site = format!("{}\n{}", sample_streams::site_header(), scene.site_camera(file.file_name().unwrap().to_str().unwrap()));
    let site = write(dir.path(), "site.toml", &site);
    let truth: String = scene.truth().iter().map(|line| serde_json::to_string(line).unwrap() + "\n").collect();
    let truth = write(dir.path(), "truth.jsonl", &truth);
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let analyze = |out: &str, evidence: &str| {
        let output = kerbwatch(&[
            "--log",
            "error",
            "analyze",
            "--site",
            &site,
            "--camera",
            &scene.id,
            "--no-models",
            "--start-at",
            "2026-11-20T08:00:00+08:00",
            "--out",
            &path(out),
            "--evidence",
            &path(evidence),
            "--stats",
            &path("stats.json"),
            "--signing-key",
            &path("signing.pem"),
        ]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        std::fs::read_to_string(path(out)).unwrap()
    };
    let first = analyze("first.jsonl", "evidence-1");
    let second = analyze("second.jsonl", "evidence-2");
    // The same key and a chain that begins: the evidence is the same to the byte too.
    assert_eq!(first, second);

    let scores = kerbwatch(&["evaluate", "--truth", &truth, "--events", &path("first.jsonl"), "--json"]);
    let scores: serde_json::Value = serde_json::from_slice(&scores.stdout).unwrap();
    assert_eq!(scores["total"]["f1"], 1.0, "{scores:#}\n{first}");

    let stats: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path("stats.json")).unwrap()).unwrap();
    for field in ["video_s", "frames_received", "frames_decoded", "cpu_s", "wall_s", "peak_rss_mb"] {
        assert!(stats[field].as_f64().is_some_and(|value| value > 0.0), "{field} in {stats}");
    }
    assert!(stats["frames_inferred"].is_u64());

    let verify = |path: &str| kerbwatch(&["evidence", "verify", path]);
    assert_eq!(
        verify(&path("evidence-1")).status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&verify(&path("evidence-1")).stdout)
    );
    let candidate: serde_json::Value = serde_json::from_str(first.lines().next().unwrap()).unwrap();
    let still = dir.path().join("evidence-1").join(candidate["id"].as_str().unwrap()).join("trigger.jpg");
    let mut bytes = std::fs::read(&still).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&still, bytes).unwrap();
    let tampered = verify(&path("evidence-1"));
    assert_eq!(tampered.status.code(), Some(1));
    let said = String::from_utf8_lossy(&tampered.stdout).into_owned() + &String::from_utf8_lossy(&tampered.stderr);
    assert!(said.contains("trigger.jpg"), "{said}");
}
