//! A console with a clock that is turned by hand, and people who use it.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use bus::{Delivery, Message, Position};
use events::wire::v1::{self, CandidateData, EvidenceItem, FactData, ModelData, ObservationData, WhyData, topic};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tower::ServiceExt;

use super::postgres;
use crate::clock::{Clock, SimulatedClock, rfc3339};
use crate::dto::{NewUser, Role, SignIn};
use crate::{AppState, ConsoleConfig, Hooks, PasswordCost, Store, app, users};

/// 2027-01-15T08:00:00Z.
pub(crate) const START_MS: i64 = 1_800_000_000_000;
pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const HOUR: i64 = 60 * MINUTE;
/// The clock starts on Friday 15 January 2027 at 16:00 in Shanghai; this is the midnight after.
pub(crate) const SATURDAY: i64 = START_MS + 8 * HOUR;
pub(crate) const PASSWORD: &str = "street lamps at noon";

pub(crate) struct World {
    pub(crate) state: AppState,
    pub(crate) clock: Arc<SimulatedClock>,
    pub(crate) router: Router,
    pub(crate) folder: TempDir,
    pub(crate) url: String,
}

pub(crate) struct Person {
    pub(crate) cookie: String,
}

pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    pub(crate) fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.bytes));
        self.json()
    }
}

impl World {
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("console.db").display());
        Self::open(folder, url).await
    }

    pub(crate) async fn postgres() -> Option<Self> {
        let url = postgres::fresh_database().await?;
        Some(Self::open(tempfile::tempdir().unwrap(), url).await)
    }

    /// A world whose clock stands at the present: browsers and authenticator applications have clocks of their own.
    pub(crate) async fn real_time() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("console.db").display());
        Self::open_at(folder, url, crate::clock::SystemClock.now_ms()).await
    }

    /// A world that began so many days ago: turned on by as many, its clock stands at the present.
    pub(crate) async fn days_ago(days: i64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("console.db").display());
        Self::open_at(folder, url, crate::clock::SystemClock.now_ms() - days * 24 * HOUR).await
    }

    async fn open(folder: TempDir, url: String) -> Self {
        Self::open_at(folder, url, START_MS).await
    }

    async fn open_at(folder: TempDir, url: String, now_ms: i64) -> Self {
        let clock = Arc::new(SimulatedClock::at(now_ms));
        let config = ConsoleConfig { evidence: folder.path().join("evidence"), ..ConsoleConfig::default() };
        let store = Store::open(&url, 4, clock.clone()).await.unwrap();
        let state = AppState::new(&config, store, None, PasswordCost::ForTests, hooks()).await.unwrap();
        Self { router: app(state.clone()), state, clock, folder, url }
    }

    /// The same world under another configuration.
    pub(crate) async fn with(self, change: impl FnOnce(&mut ConsoleConfig)) -> Self {
        let mut config = ConsoleConfig { evidence: self.folder.path().join("evidence"), ..ConsoleConfig::default() };
        change(&mut config);
        let store = self.state.store.clone();
        let state = AppState::new(&config, store, None, PasswordCost::ForTests, hooks()).await.unwrap();
        Self { router: app(state.clone()), state, ..self }
    }

    /// The same world with other rules of review: they are taken over once, when a console opens its database.
    pub(crate) async fn reviewed(self, review: crate::ReviewConfig) -> Self {
        let config = ConsoleConfig { evidence: self.folder.path().join("evidence"), review, ..ConsoleConfig::default() };
        let store = Store::open(&self.url, 4, self.clock.clone()).await.unwrap();
        let state = AppState::new(&config, store, None, PasswordCost::ForTests, hooks()).await.unwrap();
        Self { router: app(state.clone()), state, ..self }
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// Makes a user of the whole city and logs them in.
    pub(crate) async fn person(&self, name: &str, roles: &[Role]) -> Person {
        self.person_of(name, roles, &["city"]).await
    }

    /// Makes a user of these units and logs them in.
    pub(crate) async fn person_of(&self, name: &str, roles: &[Role], units: &[&str]) -> Person {
        let new = NewUser {
            name: name.to_owned(),
            display_name: None,
            sign_in: SignIn::Password,
            password: Some(PASSWORD.to_owned()),
            roles: roles.to_vec(),
            units: units.iter().map(|unit| (*unit).to_owned()).collect(),
        };
        users::add(&self.state.store, &self.state.passwords, new, "test").await.unwrap();
        self.log_in(name).await
    }

    pub(crate) async fn log_in(&self, name: &str) -> Person {
        let reply = self.call(None, "POST", "/session", Some(json!({ "name": name, "password": PASSWORD }))).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", String::from_utf8_lossy(&reply.bytes));
        let cookie = reply.headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
        Person { cookie }
    }

    /// A request under `/api/v1` as the application makes it.
    pub(crate) async fn call(&self, who: Option<&Person>, method: &str, path: &str, body: Option<Value>) -> Reply {
        let mut request = Request::builder().method(method).uri(format!("/api/v1{path}")).header("x-kerbwatch", "1");
        if let Some(person) = who {
            request = request.header(header::COOKIE, &person.cookie);
        }
        let request = match body {
            Some(body) => request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        self.send(request.unwrap()).await
    }

    pub(crate) async fn get(&self, who: &Person, path: &str) -> Reply {
        self.call(Some(who), "GET", path, None).await
    }

    pub(crate) async fn post(&self, who: &Person, path: &str, body: Value) -> Reply {
        self.call(Some(who), "POST", path, Some(body)).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Reply { status: parts.status, headers: parts.headers, bytes }
    }

    /// A camera says every two minutes that it watches.
    pub(crate) async fn beats(&self, camera: &str, from: i64, until: i64) {
        let times = (0..).map(|n| from + n * 2 * MINUTE).take_while(|at| *at <= until);
        self.take(&times.map(|at| health_message_of(camera, "ok", at)).collect::<Vec<_>>()).await;
    }

    /// Turns the clock on to a time.
    pub(crate) fn turn_to(&self, at_ms: i64) {
        assert!(at_ms >= self.now_ms(), "time does not run backwards");
        self.clock.advance(at_ms - self.now_ms());
    }

    /// Takes messages in, as the intake thread does; the words of what became of them.
    pub(crate) async fn take(&self, messages: &[Message]) -> Vec<&'static str> {
        let deliveries: Vec<Delivery> = messages
            .iter()
            .enumerate()
            .map(|(index, message)| Delivery {
                position: Position { topic: message.topic.clone(), partition: 0, offset: i64::try_from(index).unwrap() },
                message: message.clone(),
            })
            .collect();
        self.state.store.take_in(&deliveries).await.unwrap().into_iter().map(|taken| taken.wire_name()).collect()
    }

    /// Writes a file into the evidence store and says what a candidate would say of it.
    pub(crate) fn file(&self, key: &str, role: &str, content: &[u8]) -> EvidenceItem {
        let path = self.folder.path().join("evidence").join(key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        EvidenceItem {
            role: role.to_owned(),
            key: key.to_owned(),
            sha256: hex::encode(Sha256::digest(content)),
            bytes: content.len() as u64,
        }
    }

    /// A candidate of camera `cam-1` with its evidence on disk, taken in.
    pub(crate) async fn candidate(&self, n: u32) -> String {
        let id = format!("{n:032x}");
        let evidence = vec![
            self.file(&format!("{id}/trigger.jpg"), "trigger", b"\xff\xd8 a picture"),
            self.file(&format!("{id}/clip.mp4"), "clip", &(0..=255u8).cycle().take(1000).collect::<Vec<u8>>()),
            self.file(&format!("{id}/manifest.json"), "manifest", format!("{{\"candidate\":\"{id}\"}}").as_bytes()),
        ];
        let taken = self.take(&[candidate_message(&CandidateData { evidence, ..candidate_data(n, self.now_ms()) })]).await;
        assert_eq!(taken, ["stored"]);
        id
    }

    /// How many rows a table has.
    pub(crate) async fn rows(&self, table: &str) -> i64 {
        use sqlx::Row;
        let sql = format!("SELECT COUNT(*) AS n FROM {table}");
        let pool = sqlx::AnyPool::connect(&self.url).await.unwrap();
        let n = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_one(&pool).await.unwrap().try_get("n").unwrap();
        pool.close().await;
        n
    }

    /// Runs statements as somebody with the database's password would.
    pub(crate) async fn sql(&self, sql: &str) -> Result<(), sqlx::Error> {
        let pool = sqlx::AnyPool::connect(&self.url).await.unwrap();
        let done = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&pool).await;
        pool.close().await;
        done.map(drop)
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.url.starts_with("postgres")
    }
}

/// No key pair is at hand here; that a signature of ours is an Ed25519 one is the binary's test.
pub(crate) fn sign_in_tests(bytes: &[u8]) -> crate::Signed {
    let signature = Sha256::digest([b"signed in a test: ", bytes].concat()).to_vec();
    crate::Signed { signature, key_id: "ab".repeat(32), public_key_pem: "a public key".to_owned() }
}

fn hooks() -> Hooks {
    Hooks { sign: Some(Arc::new(sign_in_tests)), ..Hooks::default() }
}

pub(crate) fn candidate_data(n: u32, now_ms: i64) -> CandidateData {
    CandidateData {
        id: format!("{n:032x}"),
        kind: "waste_dumping".to_owned(),
        camera: "cam-1".to_owned(),
        zone: "north".to_owned(),
        zone_version: "file-0123456789ab".to_owned(),
        permitted: false,
        permit: None,
        run: 1,
        first_seen_s: 12.5,
        raised_s: 42.5,
        first_seen_at: rfc3339(now_ms - 30_000),
        raised_at: rfc3339(now_ms),
        moment_s: None,
        moment_at: None,
        clock: "arrival".to_owned(),
        bbox: [0.25, 0.5, 0.5, 0.75],
        score: 0.75,
        why: WhyData {
            text: "left behind 30 s ago".to_owned(),
            facts: vec![FactData { name: "dwell".to_owned(), value: 30.0, needed: Some(30.0), unit: "s".to_owned() }],
        },
        models: vec![ModelData { name: "street".to_owned(), sha256: "ab".repeat(32) }],
        evidence: Vec::new(),
    }
}

pub(crate) fn message(topic: &str, kind: &str, id: &str, data: Option<Vec<u8>>) -> Message {
    Message {
        topic: topic.to_owned(),
        key: "cam-1".to_owned(),
        id: id.to_owned(),
        kind: kind.to_owned(),
        source: "/kerbwatch/test".to_owned(),
        time: rfc3339(START_MS),
        data,
    }
}

pub(crate) fn candidate_message(data: &CandidateData) -> Message {
    message(topic::CANDIDATES, v1::CANDIDATE, &data.id, Some(serde_json::to_vec(data).unwrap()))
}

pub(crate) fn look_message(candidate: &str, state: &str, at_ms: i64) -> Message {
    let data = ObservationData {
        candidate: Some(candidate.to_owned()),
        state: Some(state.to_owned()),
        camera: "cam-1".to_owned(),
        health: None,
        run: 1,
        at_s: 1.0,
        at: rfc3339(at_ms),
        bbox: Some([0.25, 0.5, 0.5, 0.75]),
        evidence: Vec::new(),
        account: None,
    };
    let id = format!("{candidate}-{state}-{}", data.at);
    message(topic::OBSERVATIONS, v1::OBSERVATION, &id, Some(serde_json::to_vec(&data).unwrap()))
}

pub(crate) fn health_message(health: &str, at_ms: i64) -> Message {
    health_message_of("cam-1", health, at_ms)
}

pub(crate) fn health_message_of(camera: &str, health: &str, at_ms: i64) -> Message {
    let data = ObservationData {
        candidate: None,
        state: None,
        camera: camera.to_owned(),
        health: Some(health.to_owned()),
        run: 1,
        at_s: 1.0,
        at: rfc3339(at_ms),
        bbox: None,
        evidence: Vec::new(),
        account: None,
    };
    let id = format!("{camera}-{health}-{}", data.at);
    message(topic::OBSERVATIONS, v1::OBSERVATION, &id, Some(serde_json::to_vec(&data).unwrap()))
}

/// A confirmation of version `seen`.
pub(crate) fn confirm(seen: i64) -> Value {
    json!({ "seen_version": seen, "verdict": "confirm",
            "ticks": { "true": true, "clear": true, "complete": true, "accurate": true } })
}
