//! `kerbwatch demo` as a newcomer starts it: the printed address and log-in, candidates, every page in both languages, a
//! rejection that is taken back; then Ctrl-C.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing there")]

mod support;

use std::time::Duration;

use support::{Officer, Process, browser, root, wait_for};

#[test]
fn the_demo_shows_candidates_to_who_logs_in_as_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let shots = root().join("target/e2e-screenshots");
    std::fs::create_dir_all(&shots).unwrap();
    let args = ["demo", "--listen", "127.0.0.1:0", "--no-models", "--camera", "demo-dump-01", "--camera", "demo-ad-01"];
    let folders = ["--data", &path("data"), "--cache", &path("cache")];
    let start = |log: &str| Process::kerbwatch(&dir.path().join(log), &[&args[..], &folders].concat());
    let mut demo = start("demo.log");
    let said = |demo: &Process, what: &str| {
        let output = demo.output();
        output.lines().find_map(|line| Some(line.trim().strip_prefix(what)?.trim().to_owned()))
    };
    let password = wait_for("the demo to print its log-in", Duration::from_secs(300), || {
        assert!(!demo.ended(), "{}", demo.output());
        said(&demo, "Password")
    });
    let (url, name) = (said(&demo, "Console").unwrap(), said(&demo, "Log-in").unwrap());
    let port = url.rsplit(':').next().unwrap().parse().unwrap();

    let officer = Officer::log_in(&url, &name, &password);
    let page = wait_for("a candidate", Duration::from_secs(300), || {
        let page = officer.get("/api/v1/candidates?state=open");
        (!page["items"].as_array().unwrap().is_empty()).then_some(page)
    });
    assert_eq!(page["items"][0]["camera"], "demo-dump-01", "{page:#}");
    let overview = officer.get("/api/v1/overview");
    assert_eq!(officer.status("/healthz"), Some(200), "{overview}");
    let metrics = String::from_utf8(officer.bytes("/metrics")).unwrap();
    for metric in ["kerbwatch_candidates_raised_total", "kerbwatch_cameras_streaming", "kerbwatch_build_info"] {
        assert!(metrics.contains(metric), "{metric} is not in {metrics}");
    }

    browser("reject.mjs", port, &name, &password, &shots);
    browser("pages.mjs", port, &name, &password, &shots);
    assert_eq!(demo.terminate(), Some(0));

    // The same again on the same data: what was found is there, and one can log in as it says now.
    let mut demo = start("again.log");
    let password = wait_for("the second demo to print its log-in", Duration::from_secs(300), || {
        assert!(!demo.ended(), "{}", demo.output());
        said(&demo, "Password")
    });
    let officer = Officer::log_in(&said(&demo, "Console").unwrap(), &name, &password);
    let page = officer.get("/api/v1/candidates?state=open");
    assert!(!page["items"].as_array().unwrap().is_empty(), "what was found before is gone: {page:#}");
    assert_eq!(demo.terminate(), Some(0));
}
