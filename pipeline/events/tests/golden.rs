//! The wire format does not change by accident: known values become exactly the bytes in `testdata/`, those satisfy the
//! schemas in `deploy/schemas/`, and are read back as what they were. `UPDATE_GOLDEN=1 cargo test -p kerbwatch-events` rewrites
//! the files; a diff there is a change of the contract.

#![allow(clippy::unwrap_used, reason = "clippy's leave for tests does not reach their helper functions")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use jsonschema::{Registry, Validator};
use kerbwatch_events::wire::v1::{self, AccountData, CameraData, CandidateData, CaseData, Event, EvidenceItem, ObservationData};
use kerbwatch_events::{
    BBox, CameraId, Candidate, CandidateId, CandidateState, ClockSource, Fact, Health, Kind, ModelRef, Moment, Observation,
    RunId, Score, StreamTime, Subject, WallTime, Why,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

const SOURCE: &str = "/kerbwatch/worker-1";
const SCHEMAS: [&str; 5] = ["candidate", "observation", "case", "camera", "event"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn schema(name: &str) -> Value {
    let path = root().join(format!("deploy/schemas/{name}.v1.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The schema of an event, which refers to those of its data.
fn event_schema() -> Validator {
    let mut registry = Registry::new();
    for name in SCHEMAS {
        let schema = schema(name);
        let id = schema["$id"].as_str().unwrap().to_owned();
        registry = registry.add(id, schema).unwrap();
    }
    let registry = registry.prepare().unwrap();
    jsonschema::options().with_registry(&registry).should_validate_formats(true).build(&schema("event")).unwrap()
}

fn complaints(schema: &Validator, value: &Value) -> Vec<String> {
    schema.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// Holds an event against its golden file, the schema, and itself.
fn check<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(name: &str, event: &Event<T>) {
    let mut line = serde_json::to_string(event).unwrap();
    line.push('\n');
    let path = root().join("pipeline/events/testdata").join(format!("{name}.json"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &line).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    assert_eq!(line, golden, "{} differs; UPDATE_GOLDEN=1 rewrites it", path.display());

    let value: Value = serde_json::from_str(&golden).unwrap();
    assert_eq!(complaints(&event_schema(), &value), Vec::<String>::new(), "{name}");
    let back: Event<T> = serde_json::from_str(&golden).unwrap();
    assert_eq!(&back, event);
}

fn camera() -> CameraId {
    "xh-0412".parse().unwrap()
}

/// 2026-10-01T08:00:00Z and so many seconds.
fn moment(seconds: f64) -> Moment {
    let at = StreamTime::from_secs_f64(seconds);
    let unix_ns = 1_790_841_600_000_000_000 + at.0;
    let wall = WallTime { unix_ns, max_error: Duration::from_millis(500), source: ClockSource::Arrival };
    Moment { run: RunId(1_790_841_600_000), at, wall }
}

fn item(role: &str, name: &str, digit: char, bytes: u64) -> EvidenceItem {
    let key = format!("{}/{name}", id());
    EvidenceItem { role: role.to_owned(), key, sha256: digit.to_string().repeat(64), bytes }
}

fn id() -> CandidateId {
    let zone = "pavement-north".parse().unwrap();
    CandidateId::derive(&camera(), &zone, Kind::IllegalStall, moment(12.5).wall, (475, 700))
}

fn stall() -> Candidate {
    Candidate {
        id: id(),
        kind: Kind::IllegalStall,
        camera: camera(),
        zone: "pavement-north".parse().unwrap(),
        zone_version: "file-0123456789ab".to_owned(),
        permit: None,
        first_seen: moment(12.5),
        raised: moment(192.84),
        bbox: BBox::clamped(0.35, 0.6, 0.6, 0.8),
        score: Score::new(0.875).unwrap(),
        why: Why {
            text: "stood 3 min 0 s, attended 83 % of it".to_owned(),
            facts: vec![
                Fact { name: "dwell", value: 180.34, needed: Some(180.0), unit: "s" },
                Fact { name: "people", value: 2.0, needed: None, unit: "" },
            ],
        },
    }
}

fn models() -> [ModelRef; 1] {
    [ModelRef { name: "street-objects".to_owned(), sha256: "a".repeat(64) }]
}

#[test]
fn a_candidate() {
    let evidence = vec![
        item("first_seen", "first_seen.jpg", '1', 48_213),
        item("moment", "moment.jpg", '6', 48_900),
        item("trigger", "trigger.jpg", '2', 51_002),
        item("clip", "clip.mp4", '3', 7_340_032),
        item("manifest", "manifest.json", '4', 4_096),
    ];
    let data = CandidateData::new(&stall(), &models(), evidence).with_moment(Some(&moment(11.36)));
    check("candidate", &data.into_event(SOURCE, &camera()));
}

#[test]
fn a_candidate_under_a_permit() {
    let candidate = Candidate { permit: Some("night-market-2026".parse().unwrap()), ..stall() };
    check("candidate-permitted", &CandidateData::new(&candidate, &models(), Vec::new()).into_event(SOURCE, &camera()));
}

#[test]
fn an_observation_that_a_candidate_is_gone() {
    let observation = Observation {
        camera: camera(),
        at: moment(600.0),
        subject: Subject::Candidate { id: id(), state: CandidateState::Cleared, bbox: stall().bbox },
    };
    let after = vec![item("after", "after.jpg", '5', 47_000)];
    check("observation-cleared", &ObservationData::new(&observation, after).into_event(SOURCE, &camera()));
}

#[test]
fn an_observation_of_a_cameras_health() {
    let subject = Subject::Camera { health: Health::Covered };
    let observation = Observation { camera: camera(), at: moment(700.25), subject };
    check("observation-health", &ObservationData::new(&observation, Vec::new()).into_event(SOURCE, &camera()));
}

/// Five minutes of key frames, in which the models failed for a while; at their end the camera was silent for too long.
fn account() -> AccountData {
    let at = |seconds: f64| moment(seconds).wall.to_rfc3339();
    AccountData {
        from: at(400.25),
        received: 7_500,
        decoded: 150,
        inferred: 131,
        dropped: [("not_needed".to_owned(), 7_350), ("detect_failed".to_owned(), 19)].into(),
        decode: "keyframes".to_owned(),
        active_s: 41.5,
        judged: vec![Kind::IllegalStall.wire_name().to_owned(), Kind::WasteDumping.wire_name().to_owned()],
        models: vec!["street-objects@aaaaaaaa".to_owned()],
        unjudged: vec![v1::UnjudgedData { from: at(520.25), until: at(558.25), why: "models_failed".to_owned() }],
        ended: Some("stalled".to_owned()),
    }
}

#[test]
fn an_account_of_what_a_worker_did() {
    let subject = Subject::Camera { health: Health::Ok };
    let observation = Observation { camera: camera(), at: moment(700.25), subject };
    let data = ObservationData::new(&observation, Vec::new()).with_account(account());
    check("observation-account", &data.into_event(SOURCE, &camera()));
    assert!(!account().is_plain());
    assert!(AccountData { unjudged: Vec::new(), ended: None, ..account() }.is_plain());
}

#[test]
fn a_case() {
    let data = CaseData {
        id: "case-2026-000117".to_owned(),
        candidate: id().to_string(),
        camera: camera().to_string(),
        zone: "pavement-north".to_owned(),
        kind: Kind::IllegalStall.wire_name().to_owned(),
        state: "opened".to_owned(),
        opened_by: "reviewer".to_owned(),
        opened_at: moment(3_600.0).wall.to_rfc3339(),
        evidence_sha256: "4".repeat(64),
        ..CaseData::default()
    };
    let event = Event::new(v1::CASE, data.id.clone(), "/kerbwatch/console", &camera(), data.opened_at.clone(), data.clone());
    check("case", &event);

    let at = moment(90_000.0).wall.to_rfc3339();
    let data = CaseData {
        state: "handed_over".to_owned(),
        version: Some(9),
        act: Some("hand_over".to_owned()),
        by: Some("legal".to_owned()),
        at: Some(at.clone()),
        evidence_mode: Some("offsite_evidence".to_owned()),
        matter: Some("stall".to_owned()),
        track: Some("simple".to_owned()),
        package_sha256: Some("5".repeat(64)),
        package_key_id: Some("6".repeat(64)),
        ..data
    };
    let event = Event::new(v1::CASE, format!("{}-9", data.id), "/kerbwatch/console", &camera(), at, data);
    check("case-handed-over", &event);
}

#[test]
fn a_camera() {
    let site = "[[camera]]\nid = \"xh-0412\"\nname = \"武康路 / 湖南路\"\nsource = \"rtsp://camera.example/1\"\n".to_owned();
    let data = CameraData { camera: camera().to_string(), version: 7, site };
    let event =
        Event::new(v1::CAMERA, "xh-0412-7".to_owned(), "/kerbwatch/console", &camera(), moment(0.0).wall.to_rfc3339(), data);
    check("camera", &event);
}

#[test]
fn the_schemas_refuse_what_is_wrong() {
    let schema = event_schema();
    let golden = |name: &str| -> Value {
        let path = root().join("pipeline/events/testdata").join(format!("{name}.json"));
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    };
    let spoilt = |name: &str, pointer: &str, value: Value| {
        let mut event = golden(name);
        *event.pointer_mut(pointer).unwrap() = value;
        assert!(!schema.is_valid(&event), "{name} with another {pointer} should be refused");
    };
    spoilt("candidate", "/specversion", "0.3".into());
    spoilt("candidate", "/type", "kerbwatch.rumour.v1".into());
    spoilt("candidate", "/subject", "Not A Camera".into());
    spoilt("candidate", "/time", "yesterday".into());
    spoilt("candidate", "/data/id", "17".into());
    spoilt("candidate", "/data/kind", "parking".into());
    spoilt("candidate", "/data/box/2", 1.5.into());
    spoilt("candidate", "/data/score", "high".into());
    spoilt("candidate", "/data/evidence/0/sha256", "00".into());
    spoilt("candidate", "/data/permitted", true.into());
    spoilt("candidate-permitted", "/data/permitted", false.into());
    spoilt("observation-cleared", "/data/state", "gone".into());
    spoilt("observation-health", "/data/health", "sleepy".into());
    spoilt("observation-account", "/data/account/received", (-1).into());
    spoilt("observation-account", "/data/account/decode", "some".into());
    spoilt("observation-account", "/data/account/unjudged/0/until", "later".into());
    spoilt("case", "/data/evidence_sha256", "".into());
    spoilt("camera", "/data/version", (-1).into());

    let mut both = golden("observation-health");
    both["data"]["state"] = "present".into();
    assert!(!schema.is_valid(&both), "health and state together");
    let mut looked = golden("observation-cleared");
    looked["data"]["account"] = golden("observation-account")["data"]["account"].clone();
    assert!(!schema.is_valid(&looked), "an account is of a camera, not of a candidate");
    for name in ["candidate", "observation-cleared", "case", "camera"] {
        let event = golden(name);
        for field in event["data"].as_object().unwrap().keys().filter(|field| !matches!(field.as_str(), "box" | "evidence")) {
            let mut without = event.clone();
            without["data"].as_object_mut().unwrap().remove(field);
            assert!(!schema.is_valid(&without), "{name} without {field} should be refused");
        }
    }
    // A field that a later version adds is no reason to refuse.
    let mut later = golden("candidate");
    later["data"]["mood"] = "hopeful".into();
    assert!(schema.is_valid(&later));
}
