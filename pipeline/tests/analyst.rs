//! An analyst's day on a seeded history: `kerbwatch seed`, a console on it, a real browser.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing there")]

mod support;

use std::process::Command;
use std::time::Duration;

use support::{Officer, Process, add_user, browser, free_port, root, wait_for};

const PASSWORD: &str = "correct horse 7 battery";

#[test]
fn from_a_share_down_to_the_candidate_behind_it() {
    let dir = tempfile::tempdir().unwrap();
    let shots = root().join("target/e2e-screenshots");
    std::fs::create_dir_all(&shots).unwrap();
    let port = free_port();
    let config = dir.path().join("console.toml");
    std::fs::write(&config, format!("data = \"data\"\n[console]\nlisten = \"127.0.0.1:{port}\"\n")).unwrap();
    let seed = |more: &[&str]| {
        let args = ["seed", "--cameras", "24", "--days", "20", "--candidates", "2500", "--config"];
        Command::new(env!("CARGO_BIN_EXE_kerbwatch")).args(args).arg(&config).args(more).output().unwrap()
    };
    let first = seed(&[]);
    let said = String::from_utf8_lossy(&first.stdout);
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    assert!(said.contains("24 cameras, 2500 candidates"), "{said}");
    let again = seed(&[]);
    assert_eq!(again.status.code(), Some(1), "never over data");
    assert!(String::from_utf8_lossy(&again.stderr).contains("--into-existing"));
    assert_eq!(seed(&["--until", "yesterday"]).status.code(), Some(2));

    add_user(&config, "analyst-1", PASSWORD, &["analyst"]);
    let path = config.to_str().unwrap().to_owned();
    let console = Process::kerbwatch(&dir.path().join("console.log"), &["console", "--config", &path]);
    let officer = Officer::log_in(&format!("http://127.0.0.1:{port}"), "analyst-1", PASSWORD);
    wait_for(&format!("the figures; the console said:\n{}", console.output()), Duration::from_secs(60), || {
        let report = officer.get("/api/v1/clearance/report");
        (report["building"] == false && report["zone_days"].as_u64().unwrap() > 500).then_some(())
    });
    browser("analyst.mjs", port, "analyst-1", PASSWORD, &shots);
}
