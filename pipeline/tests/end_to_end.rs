//! The whole road with the real parts: RTSP cameras → worker → Kafka → console → an officer, once through HTTP and once
//! through a real browser → case.
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing there")]

mod support;

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use sample_streams::server::{Auth, Play, RtspCameras};
use serde_json::json;
use support::{Kafka, Officer, Process, add_user, browser, free_port, root, sample, wait_for};

const PASSWORD: &str = "correct horse 7 battery";

#[test]
fn from_a_camera_over_kafka_to_a_case() {
    let Some(kafka) = Kafka::start() else {
        eprintln!("SKIPPED: the Kafka end-to-end test, because Apache Kafka's jars cannot be had here");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let shots = root().join("target/e2e-screenshots");
    std::fs::create_dir_all(&shots).unwrap();

    // Two sample streets behind a log-in, over real RTSP.
    let scenes: Vec<_> = ["demo-dump-01", "demo-ad-01"].iter().map(|id| sample(dir.path(), id)).collect();
    let plays = scenes.iter().map(|(scene, file)| (scene.id.clone(), Play::File(file.clone()))).collect();
    let auth = Auth { user: "city".to_owned(), password: "p@ss/word".to_owned() };
    let cameras = RtspCameras::start(SocketAddr::from(([127, 0, 0, 1], 0)), plays, Some(auth)).unwrap();
    let site = dir.path().join("site.toml");
    let tables: String = scenes.iter().map(|(scene, _)| scene.site_camera(&cameras.url_of(&scene.id)) + "\n").collect();
    std::fs::write(&site, format!("{}\n{tables}", sample_streams::site_header())).unwrap();

    // The city shape: cameras from the topic, candidates over Kafka, evidence in a folder that both see.
    let port = free_port();
    let bus = format!("[bus]\nkind = \"kafka\"\nbrokers = [\"{}\"]\npartitions = 4\n", kafka.brokers());
    let worker_config = dir.path().join("worker.toml");
    std::fs::write(&worker_config, format!("name = \"worker-1\"\ndata = \"worker\"\n{bus}[evidence]\ndir = \"evidence\"\n"))
        .unwrap();
    let console_config = dir.path().join("console.toml");
    std::fs::write(
        &console_config,
        format!("name = \"console-1\"\ndata = \"console\"\n{bus}[evidence]\ndir = \"evidence\"\n[console]\nlisten = \"127.0.0.1:{port}\"\n"),
    )
    .unwrap();
    let config = |path: &std::path::Path| path.to_str().unwrap().to_owned();

    add_user(&console_config, "operator-1", PASSWORD, &["operator"]);
    let console = Process::kerbwatch(&dir.path().join("console.log"), &["console", "--config", &config(&console_config)]);
    let worker = Process::kerbwatch(&dir.path().join("worker.log"), &["worker", "--config", &config(&worker_config)]);
    let published = Command::new(env!("CARGO_BIN_EXE_kerbwatch"))
        .args(["cameras", "publish", "--config", &config(&worker_config), "--site", &config(&site)])
        .status()
        .unwrap();
    assert!(published.success());

    let officer = Officer::log_in(&format!("http://127.0.0.1:{port}"), "operator-1", PASSWORD);
    let found = |least: usize| {
        wait_for(&format!("{least} candidates; worker said:\n{}", worker.output()), Duration::from_secs(400), || {
            let page = officer.get("/api/v1/candidates?state=open");
            (page["items"].as_array().unwrap().len() >= least).then_some(page)
        })
    };
    let page = found(1);
    let first = page["items"][0].clone();
    let id = first["id"].as_str().unwrap().to_owned();

    // Through HTTP: look, decide with a reason.
    let detail = officer.get(&format!("/api/v1/candidates/{id}"));
    let evidence = detail["evidence"].as_array().unwrap();
    for role in ["first_seen", "trigger", "clip", "manifest"] {
        let item = evidence.iter().find(|item| item["role"] == role).unwrap_or_else(|| panic!("no {role} in {evidence:?}"));
        let bytes = officer.bytes(item["url"].as_str().unwrap());
        assert_eq!(item["sha256"].as_str().unwrap(), sha256(&bytes), "{role} is what the manifest says");
    }
    let verdict = json!({
        "seen_version": detail["candidate"]["version"],
        "verdict": "confirm",
        "ticks": { "true": true, "clear": true, "complete": true, "accurate": true },
    });
    let decision = format!("/api/v1/candidates/{id}/decisions");
    let (status, made) = officer.post(&decision, &verdict);
    assert_eq!(status, 201, "{made}");
    let (status, stale) = officer.post(&decision, &verdict);
    assert_eq!(status, 409, "the same decision again has seen an old state: {stale}");
    let cases = officer.get("/api/v1/cases");
    assert_eq!(cases["items"].as_array().unwrap().len(), 1, "{cases}");
    assert_eq!(cases["items"][0]["candidate"], id.as_str());

    // The case leaves on its topic, the way other platforms read it.
    let case = kafka_message(&kafka.brokers(), "kerbwatch.cases");
    assert_eq!(case["candidate"], id.as_str(), "{case}");
    assert_eq!(case["opened_by"], "operator-1");

    // Through a real browser: the other candidate, by keyboard.
    found(1);
    browser("officer.mjs", port, "operator-1", PASSWORD, &shots);

    assert_eq!(worker.terminate(), Some(0));
    assert_eq!(console.terminate(), Some(0));
    let verified = Command::new(env!("CARGO_BIN_EXE_kerbwatch"))
        .args(["evidence", "verify"])
        .arg(dir.path().join("evidence/worker-1"))
        .status()
        .unwrap();
    assert!(verified.success(), "kerbwatch evidence verify");
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(bytes))
}

/// The first message of a topic, as JSON.
fn kafka_message(brokers: &str, topic: &str) -> serde_json::Value {
    use rdkafka::consumer::{BaseConsumer, Consumer as _};
    use rdkafka::message::Message as _;
    let consumer: BaseConsumer = rdkafka::ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", "end-to-end-test")
        .set("auto.offset.reset", "earliest")
        .create()
        .unwrap();
    consumer.subscribe(&[topic]).unwrap();
    wait_for(&format!("a message on {topic}"), Duration::from_secs(180), || {
        let message = consumer.poll(Duration::from_secs(1))?.ok()?;
        Some(serde_json::from_slice(message.payload()?).unwrap())
    })
}
