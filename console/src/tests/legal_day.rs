//! A legal reviewer's day in a real browser. The street and the clock are turned by the script: it asks for what a camera sees next and
//! for time to pass, and is the receiver of packages itself.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use events::wire::v1::CandidateData;
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::outside::{browse_with, serve};
use super::world::{PASSWORD, World, candidate_data, candidate_message, look_message};
use crate::dto::Role;
use crate::webhook;

const SITE: &str = "[[camera]]\nid = \"cam-1\"\nname = \"Gate 4\"\ndistrict = \"Pudong\"\nstreet = \"Lujiazui\"\nsource = \"x.mp4\"\n\
    [[camera.zone]]\nid = \"north\"\nname = \"North pavement\"\npolygon = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]\n\
    [camera.zone.rules.illegal_stall]\n";

/// The street, as the script plays it.
#[derive(Clone)]
struct Street {
    world: Arc<World>,
    raised: Arc<AtomicU32>,
}

#[derive(Deserialize)]
struct LookAsked {
    candidate: String,
    state: String,
}

#[derive(Deserialize)]
struct Later {
    seconds: i64,
}

/// Places that do not overlap: what stands where one was gone has come back.
fn own_place(n: u32) -> [f64; 4] {
    let (column, row) = (f64::from(n % 8), f64::from(n / 8 % 4));
    [0.02 + 0.12 * column, 0.05 + 0.24 * row, 0.10 + 0.12 * column, 0.20 + 0.24 * row]
}

fn stills() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("sample-streams/samples/stills")
}

/// A stall is raised; its id.
async fn raise(State(street): State<Street>) -> Json<Value> {
    let n = street.raised.fetch_add(1, Ordering::SeqCst) + 1;
    let (id, now_ms) = (format!("{n:032x}"), street.world.now_ms());
    let picture = |n: u32| std::fs::read(stills().join(format!("{:08}.jpg", 60 + n % 9))).unwrap();
    let evidence = vec![
        street.world.file(&format!("{id}/first_seen.jpg"), "first_seen", &picture(n)),
        street.world.file(&format!("{id}/trigger.jpg"), "trigger", &picture(n + 1)),
        street.world.file(&format!("{id}/manifest.json"), "manifest", json!({ "candidate": id }).to_string().as_bytes()),
    ];
    let data = CandidateData {
        kind: "illegal_stall".to_owned(),
        first_seen_at: crate::clock::rfc3339(now_ms - 2000),
        bbox: own_place(n),
        evidence,
        ..candidate_data(n, now_ms)
    };
    street.world.take(&[candidate_message(&data)]).await;
    Json(json!({ "id": id }))
}

/// The camera looks again.
async fn look(State(street): State<Street>, Json(asked): Json<LookAsked>) -> Json<Value> {
    street.world.take(&[look_message(&asked.candidate, &asked.state, street.world.now_ms())]).await;
    Json(json!({}))
}

/// Time passes.
async fn later(State(street): State<Street>, Json(asked): Json<Later>) -> Json<Value> {
    street.world.clock.advance(asked.seconds * 1000);
    Json(json!({ "now_ms": street.world.now_ms() }))
}

async fn now(State(street): State<Street>) -> Json<Value> {
    Json(json!({ "now_ms": street.world.now_ms() }))
}

/// Serves the street; its address.
async fn played(world: &Arc<World>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let street = Street { world: Arc::clone(world), raised: Arc::default() };
    let routes = Router::new().route("/raise", post(raise)).route("/look", post(look)).route("/later", post(later));
    let router = routes.route("/now", get(now)).with_state(street);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_legal_reviewers_day_in_a_browser() {
    let world = Arc::new(World::real_time().await);
    let site = events::site::Site::parse("site.toml", SITE).unwrap();
    world.state.store.import_site(&site, "test").await.unwrap();
    let people =
        [("op", Role::Operator), ("legal", Role::LegalReviewer), ("chief", Role::Supervisor), ("root", Role::Administrator)];
    for (name, role) in people {
        world.person(name, &[role]).await;
    }
    let (url, street) = (serve(&world).await, played(&world).await);
    let store = world.state.store.clone();
    let tasks = [
        tokio::spawn(world.state.live.clone().follow(store.clone())),
        tokio::spawn(webhook::run(store, world.state.sealer.clone(), webhook::client().unwrap())),
        {
            // Between what the script asks for, the clock goes as clocks do.
            let clock = Arc::clone(&world.clock);
            tokio::spawn(async move {
                loop {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    clock.advance(100);
                }
            })
        },
    ];
    let people = people.map(|(name, _)| (name, PASSWORD));
    browse_with("legal.mjs", &url, &people, &[("KERBWATCH_STREET", &street)]).await;
    tasks.iter().for_each(tokio::task::JoinHandle::abort);
}
