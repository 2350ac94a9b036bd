//! A bureau's day on one machine: a camera is watched and recorded, zones are drawn, tried on what it saw, approved by another
//! person in a real browser, and what goes live reaches the worker beside it.
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing there")]

mod support;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use sample_streams::server::{Play, RtspCameras};
use serde_json::{Value, json};
use support::{Officer, Process, add_user, browser_as, free_port, root, sample, wait_for};

const PASSWORD: &str = "correct horse 7 battery";
const CAMERA: &str = "demo-dump-01";

#[test]
fn what_a_bureau_draws_is_tried_approved_and_live_on_the_worker() {
    let dir = tempfile::tempdir().unwrap();
    let shots = root().join("target/e2e-screenshots");
    std::fs::create_dir_all(&shots).unwrap();
    let (scene, file) = sample(dir.path(), CAMERA);
    let cameras =
        RtspCameras::start(SocketAddr::from(([127, 0, 0, 1], 0)), vec![(scene.id.clone(), Play::File(file))], None).unwrap();
    let site = format!("{}\n{}", sample_streams::site_header(), scene.site_camera(&cameras.url_of(&scene.id)));
    std::fs::write(dir.path().join("site.toml"), site).unwrap();
    let port = free_port();
    let config = dir.path().join("kerbwatch.toml");
    let text = format!("site = \"site.toml\"\ndata = \"data\"\n[console]\nlisten = \"127.0.0.1:{port}\"\n");
    std::fs::write(&config, text).unwrap();
    for (name, role) in [("ed", "bureau_editor"), ("amy", "bureau_approver"), ("ops", "operator")] {
        add_user(&config, name, PASSWORD, &[role]);
    }
    let log = dir.path().join("log");
    let process = Process::kerbwatch(&log, &["standalone", "--config", config.to_str().unwrap()]);
    let url = format!("http://127.0.0.1:{port}");
    let (editor, approver) = (Officer::log_in(&url, "ed", PASSWORD), Officer::log_in(&url, "amy", PASSWORD));
    let found = wait_for("a candidate", Duration::from_secs(400), || {
        let page = editor.get("/api/v1/candidates?state=any");
        page["items"].as_array().unwrap().first().cloned()
    });

    // The zones as they are live raise from the recording what was raised in fact.
    let path = |rest: &str| format!("/api/v1/cameras/{CAMERA}/{rest}");
    let desk = editor.get(&path("draft"));
    let backtest = |zones: &Value| {
        let (status, answer) = editor.post(&path("backtest"), &json!({ "zones": zones, "holidays": desk["holidays"] }));
        assert_eq!(status, 200, "{answer}");
        answer
    };
    let same = wait_for("the recording to be written", Duration::from_secs(120), || {
        let answer = backtest(&desk["zones"]);
        (answer["counts"]["unchanged"] != 0).then_some(answer)
    });
    assert_eq!((&same["counts"]["added"], &same["counts"]["lost"], &same["elsewhere"]), (&json!(0), &json!(0), &json!(0)));
    assert_eq!(same["rows"][0]["candidate"], found["id"], "{same:#}");
    let mut deaf = desk["zones"].clone();
    deaf.as_array_mut().unwrap().iter_mut().for_each(|zone| zone["rules"] = json!([]));
    assert_eq!(backtest(&deaf)["counts"]["lost"], same["counts"]["unchanged"]);

    // Live on the worker within seconds, also where worker and console share a process and a site file.
    let mut zones = desk["zones"].clone();
    zones[0]["name"] = json!("Drawn by the bureau");
    let body = json!({ "seen_revision": 0, "seen_version": desk["version"], "zones": zones, "holidays": desk["holidays"] });
    let (status, saved) = editor.put(&path("draft"), &body);
    assert_eq!(status, 200, "{saved}");
    let step = |who: &Officer, step: &str, seen: i64| {
        let (status, answer) = who.post(&path(&format!("draft/{step}")), &json!({ "seen_revision": seen }));
        assert_eq!(status, 200, "{answer}");
        answer
    };
    step(&editor, "submit", 1);
    let reached = process.output().matches("new zones").count();
    let approved = Instant::now();
    assert_eq!(step(&approver, "approve", 2)["state"], "published");
    wait_for("the worker to take the new zones", Duration::from_secs(30), || {
        (process.output().matches("new zones").count() > reached).then_some(())
    });
    eprintln!("live on the worker {:.1} s after the approval", approved.elapsed().as_secs_f64());

    let who = [("KERBWATCH_EDITOR", "ed"), ("KERBWATCH_APPROVER", "amy"), ("KERBWATCH_CAMERA", CAMERA)];
    browser_as("bureau.mjs", port, "ops", PASSWORD, &shots, &who);
    assert_eq!(process.terminate(), Some(0));

    // The same again with the same site file: what was drawn is still live.
    let again = Process::kerbwatch(&log, &["standalone", "--config", config.to_str().unwrap()]);
    let editor = Officer::log_in(&url, "ed", PASSWORD);
    assert_eq!(editor.get(&path("draft"))["zones"][0]["name"], "Drawn by the bureau");
    assert_eq!(again.terminate(), Some(0));
    drop(cameras);
}
