//! A legal reviewer's day in a real browser, on the console as the binary runs it. Candidates come over the bus, with drawn stills.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bus::{Bus, BusConfig};
use events::site::Site;
use events::wire::v1::CandidateData;
use serde_json::json;
use tokio::sync::oneshot;

use super::world::{PASSWORD, World, candidate_data, candidate_message, look_message};
use crate::clock::{Clock, SystemClock};
use crate::dto::Role;
use crate::{ConsoleConfig, Hooks, Store, create_user, serve};

const SITE: &str = "[[camera]]\nid = \"cam-1\"\nname = \"Gate 4\"\ndistrict = \"Pudong\"\nstreet = \"Lujiazui\"\nsource = \"x.mp4\"\n\
    [[camera.zone]]\nid = \"north\"\nname = \"North pavement\"\npolygon = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]\n\
    [camera.zone.rules.illegal_stall]\n";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Thirty-two places that do not overlap.
fn own_place(n: u32) -> [f64; 4] {
    let (column, row) = (f64::from(n / 4 % 8), f64::from(n / 32 % 4));
    [0.02 + 0.12 * column, 0.05 + 0.24 * row, 0.10 + 0.12 * column, 0.20 + 0.24 * row]
}

/// Publishes a stall every few seconds, sees each still there, and then gone.
fn street(bus: &Arc<dyn Bus>, world: &World, over: &AtomicBool) {
    let stills = root().join("sample-streams/samples/stills");
    let picture = |n: u32| std::fs::read(stills.join(format!("{:08}.jpg", 60 + n % 9))).unwrap();
    let publish = |messages: &[bus::Message]| {
        bus.publish(messages);
    };
    let mut open: Vec<(String, i64)> = Vec::new();
    for n in 1.. {
        if over.load(Ordering::Relaxed) {
            break;
        }
        let now_ms = SystemClock.now_ms();
        if n % 4 == 1 {
            let id = format!("{n:032x}");
            let manifest = json!({ "candidate": id }).to_string();
            let evidence = vec![
                world.file(&format!("{id}/first_seen.jpg"), "first_seen", &picture(n)),
                world.file(&format!("{id}/trigger.jpg"), "trigger", &picture(n + 1)),
                world.file(&format!("{id}/manifest.json"), "manifest", manifest.as_bytes()),
            ];
            let data = CandidateData {
                kind: "illegal_stall".to_owned(),
                first_seen_at: crate::clock::rfc3339(now_ms - 2000),
                // Each at a place of its own: what stands where one was gone has come back.
                bbox: own_place(n),
                evidence,
                ..candidate_data(n, now_ms)
            };
            publish(&[candidate_message(&data)]);
            open.push((id, now_ms));
        }
        for (id, raised_ms) in &mut open {
            if now_ms - *raised_ms > 25_000 {
                publish(&[look_message(id, "cleared", now_ms)]);
                *raised_ms = i64::MAX;
            }
        }
        std::thread::sleep(Duration::from_secs(2));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "minutes of a real browser: cargo test -p kerbwatch-console --lib legal_day -- --ignored, after make web"]
async fn a_legal_reviewers_day_in_a_browser() {
    let web = root().join("console/web");
    let here = web.join("node_modules").is_dir() && web.join("dist/assets").is_dir() && Path::new("/usr/bin/chromium").exists();
    if !here {
        assert!(std::env::var_os("CI").is_none(), "CI has a browser and the console's pages: run `make test`");
        eprintln!("SKIPPED: legal.mjs: Chromium or the console's pages are not installed (make setup web)");
        return;
    }
    let world = World::sqlite().await;
    let bus: Arc<dyn Bus> = bus::open(&BusConfig::Local { path: world.folder.path().join("bus.db") }).unwrap();
    let store = Store::open(&world.url, 2, Arc::new(SystemClock)).await.unwrap();
    let people = [("e2e.operator", Role::Operator), ("e2e.legal", Role::LegalReviewer), ("e2e.supervisor", Role::Supervisor)];
    for (name, role) in people {
        create_user(&store, name, PASSWORD, &[role]).await.unwrap();
    }
    store.close().await;

    let config = ConsoleConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        database: world.url.clone(),
        evidence: world.folder.path().join("evidence"),
        ..ConsoleConfig::default()
    };
    let (listening, address) = oneshot::channel();
    let listening = std::sync::Mutex::new(Some(listening));
    let hooks = Hooks {
        listening: Arc::new(move |address| {
            if let Some(tell) = listening.lock().unwrap().take() {
                tell.send(address).unwrap();
            }
        }),
        sign: Some(Arc::new(super::world::sign_in_tests)),
        ..Hooks::default()
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let site = Site::parse("site.toml", SITE).unwrap();
    let server = tokio::spawn(serve(config, Arc::clone(&bus), Some(site), hooks, async move { stopped.await.unwrap() }));
    let address = address.await.unwrap();

    let over = AtomicBool::new(false);
    let shots = root().join("target/e2e-screenshots");
    let passed = std::thread::scope(|scope| {
        scope.spawn(|| street(&bus, &world, &over));
        let status = std::process::Command::new("node")
            .args(["--test", "--test-reporter=spec", "e2e/legal.mjs"])
            .current_dir(&web)
            .env("KERBWATCH_URL", format!("http://{address}"))
            .env("KERBWATCH_USER", "e2e.operator")
            .env("KERBWATCH_PASSWORD", PASSWORD)
            .env("KERBWATCH_PEOPLE", people.map(|(name, _)| format!("{name}:{PASSWORD}")).join(","))
            .env("KERBWATCH_SHOTS", &shots)
            .status();
        over.store(true, Ordering::Relaxed);
        status.unwrap().success()
    });
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    assert!(passed, "legal.mjs failed");
}
