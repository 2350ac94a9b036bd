//! Packages out, call-backs in: a receiver on loopback, a clock that is turned by hand.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::post;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::both;
use super::lifecycle::{Crew, act, crew, detail, filed, registered};
use super::world::{Person, World};
use crate::dto::Role;
use crate::webhook;

/// Head and body of a delivery.
type Received = (HeaderMap, Vec<u8>);

/// What a receiver was sent, and what it answers next.
#[derive(Clone)]
struct Desk {
    got: Arc<Mutex<Vec<Received>>>,
    answer: Arc<Mutex<StatusCode>>,
    url: String,
}

impl Desk {
    async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/in", listener.local_addr().unwrap());
        let desk = Self { got: Arc::default(), answer: Arc::new(Mutex::new(StatusCode::OK)), url };
        let mine = desk.clone();
        let take = move |headers: HeaderMap, body: axum::body::Bytes| {
            mine.got.lock().unwrap().push((headers, body.to_vec()));
            let answer = *mine.answer.lock().unwrap();
            async move { answer }
        };
        let router = axum::Router::new().route("/in", post(take));
        tokio::spawn(async move { axum::serve(listener, router).await });
        desk
    }

    fn answers(&self, status: StatusCode) {
        *self.answer.lock().unwrap() = status;
    }

    fn count(&self) -> usize {
        self.got.lock().unwrap().len()
    }
}

/// Tries what is due now; how many there were.
async fn deliver(world: &World) -> usize {
    webhook::deliver_due(&world.state.store, &world.state.sealer, &webhook::client().unwrap(), || 0.5).await.unwrap()
}

/// A receiver of all cases: its id and secret.
async fn receiver(world: &World, admin: &Person, url: &str) -> (String, String) {
    let made = world.post(admin, "/receivers", json!({ "name": "case system", "url": url })).await.expect(201);
    (made["receiver"]["id"].as_str().unwrap().to_owned(), made["secret"].as_str().unwrap().to_owned())
}

/// A case that is filed, at a registered camera.
async fn ready(world: &World) -> (Crew, Person, String) {
    let crew = crew(world).await;
    let root = world.person("root", &[Role::Administrator]).await;
    registered(world, &crew.sue).await;
    let case = filed(world, &crew, 1).await;
    (crew, root, case)
}

async fn call_back(world: &World, id: &str, secret: &str, body: &Value) -> super::world::Reply {
    let (text, at) = (body.to_string(), (world.now_ms() / 1000).to_string());
    let signature = webhook::signature(secret, &at, text.as_bytes());
    let request = Request::post(format!("/api/v1/receivers/{id}/status"))
        .header("x-kerbwatch-timestamp", at)
        .header("x-kerbwatch-signature", signature)
        .body(Body::from(text));
    world.send(request.unwrap()).await
}

both!(a_filed_case_goes_out_signed_and_comes_back_closed);
async fn a_filed_case_goes_out_signed_and_comes_back_closed(world: World) {
    let (crew, root, case) = ready(&world).await;
    let desk = Desk::open().await;
    let (id, secret) = receiver(&world, &root, &desk.url).await;
    act(&world, &crew.lea, &case, "hand_over", json!({})).await.expect(201);
    assert_eq!((deliver(&world).await, desk.count()), (1, 1));
    let (headers, body) = desk.got.lock().unwrap()[0].clone();
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("x-kerbwatch-signature"), webhook::signature(&secret, &header("x-kerbwatch-timestamp"), &body));
    let body: Value = serde_json::from_slice(&body).unwrap();
    let document = body["document"].as_str().unwrap();
    assert_eq!(body["sha256"], hex::encode(Sha256::digest(document.as_bytes())));
    let signed: Value = serde_json::from_str(document).unwrap();
    assert_eq!((&signed["state"], &signed["subject"]["name"]), (&json!("handed_over"), &json!("Noodles")));
    assert_eq!(signed["history"].as_array().unwrap().len(), 7);
    assert_eq!(signed["evidence"][0]["role"], "manifest");

    let now = detail(&world, &crew.lea, &case).await;
    assert_eq!((&now["deliveries"][0]["state"], &now["packages"][0]["sha256"]), (&json!("delivered"), &body["sha256"]));
    assert_eq!(deliver(&world).await, 0, "once is enough");
    let sent = world.state.store.outbox_waiting(100).await.unwrap();
    let told: Value = serde_json::from_slice(sent.last().unwrap().1.data.as_ref().unwrap()).unwrap();
    assert_eq!((&told["package_sha256"], &told["package_key_id"]), (&body["sha256"], &body["key_id"]));

    let back = json!({ "event_id": "e-1", "case": case, "status": "accepted", "their_id": "2027-沪-17" });
    assert_eq!(call_back(&world, &id, &secret, &back).await.expect(200)["state"], "handed_over");
    let closed = json!({ "event_id": "e-2", "case": case, "status": "punished" });
    assert_eq!(call_back(&world, &id, &secret, &closed).await.expect(200)["state"], "closed");
    let again = call_back(&world, &id, &secret, &closed).await.expect(200);
    assert_eq!((&again["repeated"], &again["state"]), (&json!(true), &json!("closed")));
    let other = json!({ "event_id": "e-2", "case": case, "status": "lost" });
    assert_eq!(call_back(&world, &id, &secret, &other).await.code(), "other_content");
    let revoked = json!({ "event_id": "e-3", "case": case, "status": "revoked", "note": "复议决定书" });
    call_back(&world, &id, &secret, &revoked).await.expect(200);
    let end = detail(&world, &crew.lea, &case).await;
    assert_eq!((&end["outcome"], &end["deliveries"][0]["their_id"]), (&json!("revoked"), &json!("2027-沪-17")));
    assert_eq!(end["history"].as_array().unwrap().last().unwrap()["by"], "receiver case system");
    assert!(world.sql("UPDATE case_packages SET document = 'x'").await.is_err());
    assert!(world.sql("DELETE FROM callbacks").await.is_err());
}

both!(what_a_receiver_does_not_take_is_tried_ever_later_and_then_dead);
async fn what_a_receiver_does_not_take_is_tried_ever_later_and_then_dead(world: World) {
    let (crew, root, case) = ready(&world).await;
    let desk = Desk::open().await;
    receiver(&world, &root, &desk.url).await;
    desk.answers(StatusCode::SERVICE_UNAVAILABLE);
    act(&world, &crew.lea, &case, "hand_over", json!({})).await.expect(201);
    let mut pauses = Vec::new();
    for _ in 0..20 {
        if deliver(&world).await == 0 {
            break;
        }
        // Between two tries a session may end.
        let lea = world.log_in("lea").await;
        let delivery = detail(&world, &lea, &case).await["deliveries"][0].clone();
        let Some(next) = delivery["next_at"].as_str() else { break };
        let pause = crate::clock::parse_ms(next).unwrap() - world.now_ms();
        assert_eq!(deliver(&world).await, 0, "not before its time");
        world.clock.advance(pause);
        pauses.push(pause);
    }
    assert_eq!((pauses.len(), desk.count()), (13, 14));
    assert!(pauses.windows(2).all(|pair| pair[0] <= pair[1]), "{pauses:?}");
    let sue = world.log_in("sue").await;
    let dead = world.get(&sue, "/deliveries").await.expect(200)["items"][0].clone();
    assert_eq!((&dead["state"], &dead["last_status"], &dead["attempts"]), (&json!("dead"), &json!(503), &json!(14)));
    world.clock.advance(100 * 3_600_000);
    assert_eq!(deliver(&world).await, 0, "a dead letter waits for a person");

    let path = format!("/cases/{case}/deliveries/{}/resend", dead["id"].as_str().unwrap());
    desk.answers(StatusCode::NO_CONTENT);
    // Their sessions are over by now.
    let sue = world.log_in("sue").await;
    assert_eq!(world.post(&sue, &path, json!({})).await.status, 204);
    assert_eq!(deliver(&world).await, 1);
    assert_eq!(world.post(&sue, &path, json!({})).await.code(), "not_dead");
    assert_eq!(detail(&world, &sue, &case).await["deliveries"][0]["state"], "delivered");
    assert_eq!(world.rows("delivery_attempts").await, 15);
    assert!(world.sql("DELETE FROM delivery_attempts").await.is_err());
}

both!(a_refusal_is_dead_at_once_and_nobody_there_is_tried_again);
async fn a_refusal_is_dead_at_once_and_nobody_there_is_tried_again(world: World) {
    let (crew, root, case) = ready(&world).await;
    let desk = Desk::open().await;
    let (id, _) = receiver(&world, &root, &desk.url).await;
    // Nobody listens on the discard port of this machine.
    receiver(&world, &root, "http://127.0.0.1:9/in").await;
    desk.answers(StatusCode::UNPROCESSABLE_ENTITY);
    act(&world, &crew.lea, &case, "hand_over", json!({})).await.expect(201);
    assert_eq!(deliver(&world).await, 2);
    let now = detail(&world, &crew.lea, &case).await["deliveries"].clone();
    let state = |mine: bool| {
        let found = now.as_array().unwrap().iter().find(|d| (d["receiver"] == id) == mine).unwrap();
        (found["state"].as_str().unwrap().to_owned(), found["last_error"].as_str().unwrap().to_owned())
    };
    assert_eq!(state(true).0, "dead");
    assert_eq!(state(false).0, "waiting");
    assert!(!state(false).1.contains("127.0.0.1:9"), "an address may hold a key: {}", state(false).1);
    let list = world.get(&root, "/receivers").await.expect(200);
    assert!(!list.to_string().contains("secret"), "a secret is told once");
}

both!(call_backs_are_known_by_their_signature);
async fn call_backs_are_known_by_their_signature(world: World) {
    let (crew, root, case) = ready(&world).await;
    let desk = Desk::open().await;
    let (id, secret) = receiver(&world, &root, &desk.url).await;
    let back = json!({ "event_id": "e-1", "case": case, "status": "accepted" });
    assert_eq!(call_back(&world, &id, &secret, &back).await.status, 404, "it never got this case");
    act(&world, &crew.lea, &case, "hand_over", json!({})).await.expect(201);
    assert_eq!(call_back(&world, &id, "another", &back).await.code(), "wrong_signature");
    assert_eq!(call_back(&world, "nobody", &secret, &back).await.status, 404);
    for bad in [json!({ "event_id": "e" }), json!({ "event_id": "", "case": case, "status": "accepted" }), json!([])] {
        assert_eq!(call_back(&world, &id, &secret, &bad).await.status, 400, "{bad}");
    }
    let change = json!({ "seen_version": 1, "new_secret": true });
    let changed = world.call(Some(&root), "PATCH", &format!("/receivers/{id}"), Some(change.clone())).await.expect(200);
    assert_eq!(call_back(&world, &id, &secret, &back).await.status, 401, "the old secret is void");
    call_back(&world, &id, changed["secret"].as_str().unwrap(), &back).await.expect(200);
    assert_eq!(world.call(Some(&root), "PATCH", &format!("/receivers/{id}"), Some(change)).await.code(), "stale");
    let bad = world.post(&root, "/receivers", json!({ "name": "x", "url": "http://8.8.8.8/" })).await;
    assert_eq!(bad.code(), "bad_url");
}

both!(the_package_is_one_file_that_can_be_checked_anywhere);
async fn the_package_is_one_file_that_can_be_checked_anywhere(world: World) {
    let (crew, _, case) = ready(&world).await;
    let path = format!("/cases/{case}/package");
    assert_eq!(world.get(&crew.lea, &path).await.code(), "not_out");
    act(&world, &crew.lea, &case, "hand_over", json!({})).await.expect(201);
    let reply = world.get(&crew.lea, &path).await;
    assert_eq!(reply.status, 200);
    let mut archive = tar::Archive::new(reply.bytes.as_slice());
    let mut files = std::collections::BTreeMap::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().to_string_lossy().into_owned();
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut content).unwrap();
        files.insert(name, content);
    }
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(names, ["case.json", "case.sig", "case_key.pem", "evidence/manifest.json"]);
    assert_eq!(files["case.sig"], super::world::sign_in_tests(&files["case.json"]).signature);
    let document: Value = serde_json::from_slice(&files["case.json"]).unwrap();
    assert_eq!(document["evidence"][0]["sha256"], hex::encode(Sha256::digest(&files["evidence/manifest.json"])));
    assert_eq!(world.get(&crew.ada, &path).await.status, 403, "an operator takes no packages out of the house");
}

both!(a_receivers_secret_is_told_once_and_lies_sealed);
async fn a_receivers_secret_is_told_once_and_lies_sealed(world: World) {
    let (_, root, case) = ready(&world).await;
    let desk = Desk::open().await;
    let (id, secret) = receiver(&world, &root, &desk.url).await;
    let lies_there = async |text: &str| stored_bytes(&world).await.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(!lies_there(&secret).await, "made sealed");
    assert!(!world.get(&root, "/receivers").await.expect(200).to_string().contains(&secret));
    let made =
        world.call(Some(&root), "PATCH", &format!("/receivers/{id}"), Some(json!({ "seen_version": 1, "name": "x" }))).await;
    assert!(made.expect(200)["secret"].is_null());

    // As an earlier version kept it.
    let plain = "5f".repeat(32);
    world.sql(&format!("UPDATE receivers SET secret = '{plain}' WHERE id = '{id}'")).await.unwrap();
    assert!(lies_there(&plain).await, "the search finds what is there");
    let store = &world.state.store;
    assert_eq!(store.seal_receivers(&world.state.sealer).await.unwrap(), 1);
    assert_eq!(store.seal_receivers(&world.state.sealer).await.unwrap(), 0, "once");
    assert!(!lies_there(&plain).await, "nowhere in the files of the database");
    let kept = store.receiver_secret(&id, &world.state.sealer).await.unwrap().unwrap().1;
    assert_eq!(kept.as_deref(), Some(plain.as_str()));
    assert_eq!(store.receiver_secret(&id, &crate::sealing::Sealer::new([9; 32])).await.unwrap().unwrap().1, None);
    let body = json!({ "event_id": "1", "case": case, "status": "received" });
    assert_ne!(call_back(&world, &id, &plain, &body).await.code(), "wrong_signature", "and it still signs");
    assert_eq!(call_back(&world, &id, &secret, &body).await.code(), "wrong_signature");
}

/// What of the database a thief would find: the files themselves, or the rows of every page.
async fn stored_bytes(world: &World) -> Vec<u8> {
    if !world.is_postgres() {
        let files = std::fs::read_dir(world.folder.path()).unwrap().filter_map(|entry| entry.ok().map(|entry| entry.path()));
        let ours = files.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("console.db"));
        return ours.flat_map(|path| std::fs::read(path).unwrap()).collect();
    }
    use sqlx::Row;
    let pool = sqlx::AnyPool::connect(&world.url).await.unwrap();
    let row = sqlx::query("SELECT CAST(json_agg(r) AS TEXT) AS rows FROM receivers r").fetch_one(&pool).await.unwrap();
    let rows: String = row.try_get("rows").unwrap();
    pool.close().await;
    rows.into_bytes()
}
