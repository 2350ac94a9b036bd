//! The whole console as the binary runs it: real bus, real port, real shutdown.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bus::{Bus, BusConfig, Start};
use events::site::Site;
use events::wire::v1::{CandidateData, CaseData, EvidenceItem, topic};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::both;
use super::world::{PASSWORD, World, candidate_data, candidate_message, confirm};
use crate::clock::SystemClock;
use crate::dto::Role;
use crate::{ConsoleConfig, Hooks, Store, create_user, serve};

/// Waits until `done` says so; what it waits for happens in another thread.
async fn until<T>(what: &str, mut done: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(value) = done().await {
            return value;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

both!(a_candidate_from_the_bus_becomes_a_case_on_the_bus);
async fn a_candidate_from_the_bus_becomes_a_case_on_the_bus(world: World) {
    let bus: Arc<dyn Bus> = bus::open(&BusConfig::Local { path: world.folder.path().join("bus.db") }).unwrap();
    let config = ConsoleConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        database: world.url.clone(),
        evidence: world.folder.path().join("evidence"),
        ..ConsoleConfig::default()
    };
    let item = |file: &str, role: &str| world.file(&format!("x/{file}"), role, b"content");
    let evidence: Vec<EvidenceItem> = vec![item("trigger.jpg", "trigger"), item("manifest.json", "manifest")];
    let store = Store::open(&world.url, 2, Arc::new(SystemClock)).await.unwrap();
    create_user(&store, "ada", PASSWORD, &[Role::Operator]).await.unwrap();
    store.close().await;

    let (listening, address) = oneshot::channel();
    let listening = std::sync::Mutex::new(Some(listening));
    let hooks = Hooks {
        metrics: Arc::new(|| "kerbwatch_test_total 1\n".to_owned()),
        listening: Arc::new(move |address| {
            if let Some(tell) = listening.lock().unwrap().take() {
                tell.send(address).unwrap();
            }
        }),
        ..Hooks::default()
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let site = Site::parse("site.toml", super::cameras::SITE).unwrap();
    let shutdown = async move { stopped.await.unwrap() };
    let server = tokio::spawn(serve(config, Arc::clone(&bus), Some(site), hooks, shutdown));
    let base = format!("http://{}", address.await.unwrap());
    let client = reqwest::Client::builder().cookie_store(true).build().unwrap();
    let get = async |path: &str| client.get(format!("{base}{path}")).send().await.unwrap();
    let post = async |path: &str, body: Value| {
        client.post(format!("{base}/api/v1{path}")).header("x-kerbwatch", "1").json(&body).send().await.unwrap()
    };

    assert_eq!(get("/healthz").await.status(), 200);
    assert_eq!(get("/metrics").await.text().await.unwrap(), "kerbwatch_test_total 1\n");
    until("readiness", async || (get("/readyz").await.status() == 200).then_some(())).await;
    assert_eq!(get("/api/v1/candidates").await.status(), 401);
    assert_eq!(post("/session", json!({ "name": "ada", "password": PASSWORD })).await.status(), 200);

    let now_ms = crate::clock::Clock::now_ms(&SystemClock);
    let message = candidate_message(&CandidateData { evidence, ..candidate_data(1, now_ms) });
    let publisher = Arc::clone(&bus);
    // Twice: the worker's retry after a lost acknowledgement.
    let outcome = tokio::task::spawn_blocking(move || publisher.publish(&[message.clone(), message]));
    outcome.await.unwrap();
    let item = until("the candidate", async || {
        let page: Value = get("/api/v1/candidates").await.json().await.unwrap();
        page["items"].as_array().unwrap().first().cloned()
    });
    let item = item.await;
    assert_eq!((&item["zone_name"], &item["district"]), (&json!("North pavement"), &json!("Xuhui")), "from the site file");
    let picture = get(item["still_url"].as_str().unwrap()).await;
    assert_eq!((picture.status().as_u16(), picture.bytes().await.unwrap().as_ref()), (200, b"content".as_slice()));
    let path = format!("/candidates/{}/decisions", item["id"].as_str().unwrap());
    let made: Value = post(&path, confirm(1)).await.json().await.unwrap();
    let case = made["case"].as_str().unwrap().to_owned();

    let receiver = Arc::clone(&bus);
    let case_data: CaseData = tokio::task::spawn_blocking(move || {
        let mut subscription = receiver.subscribe("city-platform", &[topic::CASES], Start::Earliest).unwrap();
        for _ in 0..60 {
            if let Some(delivery) = subscription.next(Duration::from_millis(500)).unwrap().first() {
                return delivery.message.parse("kerbwatch.case.v1").unwrap();
            }
        }
        panic!("no case came over the bus");
    })
    .await
    .unwrap();
    assert_eq!((case_data.id, case_data.state.as_str()), (case, "opened"));

    // An open live stream must not hold up the shutdown.
    let mut stream = get("/api/v1/events").await;
    assert!(stream.chunk().await.unwrap().is_some());
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    assert!(reqwest::get(format!("{base}/healthz")).await.is_err(), "the port is free again");
}

both!(the_application_is_served_with_a_strict_policy);
async fn the_application_is_served_with_a_strict_policy(world: World) {
    use axum::body::Body;
    use axum::http::{Request, header};
    let get = async |path: &str| world.send(Request::get(path).body(Body::empty()).unwrap()).await;
    let index = get("/").await;
    assert_eq!(index.status, 200);
    assert!(index.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html"));
    let policy = index.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(
        policy.contains("default-src 'self'") && policy.contains("script-src 'self'") && !policy.contains("http"),
        "{policy}"
    );
    assert_eq!(get("/queue?kind=waste_dumping").await.bytes, index.bytes, "the application routes by itself");
    assert_eq!(get("/assets/missing.js").await.status, 404);
    assert_eq!(get("/../../Cargo.toml").await.bytes, index.bytes);
    assert_eq!(get("/api/v2/x").await.code(), "not_found");
    let document = get("/api/openapi.json").await;
    assert_eq!(document.json(), crate::openapi());
    let ready = get("/readyz").await;
    assert_eq!((ready.status.as_u16(), &ready.json()["parts"]["database"]), (200, &json!("ok")));
}
