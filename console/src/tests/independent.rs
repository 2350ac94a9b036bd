//! Every figure of a seeded history, computed once more by a script that shares no code with us, with pandas and lifelines.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::world::{START_MS, World};
use crate::SeedOptions;
use crate::dto::Role;

/// A Python with what the script needs; made on first use. `None`, loudly, where that cannot be had.
fn python() -> Option<PathBuf> {
    let venv = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.local/clearance-venv");
    let python = venv.join("bin/python");
    let ready = || {
        let import = Command::new(&python).args(["-c", "import pandas, lifelines"]).output();
        import.is_ok_and(|out| out.status.success())
    };
    if !ready() {
        let make = Command::new("python3").args(["-m", "venv"]).arg(&venv).output().ok()?;
        if make.status.success() {
            let install = Command::new(&python).args(["-m", "pip", "install", "--quiet", "pandas", "lifelines"]).output();
            drop(install);
        }
    }
    if ready() {
        return Some(python);
    }
    eprintln!("SKIPPED: the independent computation needs Python with pandas and lifelines, and they cannot be installed here");
    None
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_independent_computation_gives_the_same_figures() {
    let Some(python) = python() else { return };
    let world = World::sqlite().await;
    let options = SeedOptions {
        seed: 11,
        cameras: 40,
        days: 24,
        candidates: 3000,
        until_ms: START_MS,
        time_zone: "Asia/Shanghai".to_owned(),
        into_existing: false,
        figures: true,
    };
    crate::seed(&world.url, &options, |_| {}).await.unwrap();
    let analyst = world.person("ana", &[Role::Analyst]).await;
    let database = world.url.strip_prefix("sqlite://").unwrap();
    // All of it, and a part that begins and ends in the middle.
    for period in ["from=2026-12-20&until=2027-01-15", "from=2026-12-30&until=2027-01-08"] {
        let report = world.get(&analyst, &format!("/clearance/report?{period}")).await.expect(200);
        let file = world.folder.path().join("report.json");
        std::fs::write(&file, report.to_string()).unwrap();
        let recall = world.get(&analyst, &format!("/clearance/recall?{period}")).await.expect(200);
        assert!(recall["total"]["missed_share"]["n"].as_u64().unwrap() >= 30, "there is something to compare: {recall}");
        let estimates = world.folder.path().join("recall.json");
        std::fs::write(&estimates, recall.to_string()).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/clearance_independent.py");
        let out = Command::new(&python).arg(script).arg(database).arg(&file).arg(&estimates).output().unwrap();
        let text = String::from_utf8_lossy(&out.stdout);
        let wrong: Vec<&str> = text.lines().filter(|line| line.starts_with("WRONG")).collect();
        assert!(out.status.success(), "{wrong:#?}\n{}", String::from_utf8_lossy(&out.stderr));
        assert!(text.lines().count() > 200, "it compared everything: {text}");
    }
}
