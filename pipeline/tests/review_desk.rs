//! The review desk in a real browser: an operator's day by keyboard alone, two officers and one candidate, a connection that is
//! lost and comes back, a session that ends in the middle. Candidates come over the bus as a worker sends them.
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing there")]

mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bus::{Bus, BusConfig, Message, Outcome};
use events::wire::v1::{self, CameraData, CandidateData, EvidenceItem, FactData, WhyData, topic};
use sha2::{Digest, Sha256};
use support::{Officer, Process, add_user, browser_as, free_port, root, sample, wait_for};

const PASSWORD: &str = "correct horse 7 battery";

/// A city of four cameras, its bus and its evidence store.
struct City {
    bus: Arc<dyn Bus>,
    evidence: PathBuf,
    clip: Vec<u8>,
    stills: Vec<Vec<u8>>,
}

impl City {
    fn publish(&self, message: Message) {
        let outcome = self.bus.publish(&[message]);
        assert_eq!(outcome, [Outcome::Delivered]);
    }

    fn camera(&self, id: &str, street: &str, key_area: bool) {
        let site = format!(
            "[[camera]]\nid = \"{id}\"\nname = \"{street}, {id}\"\ndistrict = \"Xuhui\"\nstreet = \"{street}\"\nsource = \"a.mp4\"\n\
             [[camera.zone]]\nid = \"north\"\nname = \"North pavement\"\npolygon = [[0,0],[1,0],[1,1],[0,1]]\nkey_area = {key_area}\n"
        );
        let data = CameraData { camera: id.to_owned(), version: 1, site };
        self.publish(message(topic::CAMERAS, v1::CAMERA, id, &format!("{id}-1"), serde_json::to_vec(&data).unwrap()));
    }

    fn file(&self, key: String, role: &str, content: &[u8]) -> EvidenceItem {
        let path = self.evidence.join(&key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        EvidenceItem { role: role.to_owned(), key, sha256: hex::encode(Sha256::digest(content)), bytes: content.len() as u64 }
    }

    fn candidate(&self, n: u32, kind: &str, camera: &str, bbox: [f64; 4], score: f64) {
        let id = format!("{n:032x}");
        let mut evidence: Vec<EvidenceItem> = ["first_seen", "mid", "trigger"]
            .iter()
            .zip(&self.stills)
            .map(|(role, jpeg)| self.file(format!("{id}/{role}.jpg"), role, jpeg))
            .collect();
        evidence.push(self.file(format!("{id}/clip.mp4"), "clip", &self.clip));
        evidence.push(self.file(format!("{id}/manifest.json"), "manifest", format!("{{\"candidate\":\"{id}\"}}").as_bytes()));
        let data = CandidateData {
            id: id.clone(),
            kind: kind.to_owned(),
            camera: camera.to_owned(),
            zone: "north".to_owned(),
            zone_version: "file-0123456789ab".to_owned(),
            permitted: false,
            permit: None,
            run: 1,
            first_seen_s: 2.0,
            raised_s: 32.0,
            first_seen_at: now(-30),
            raised_at: now(0),
            moment_s: None,
            moment_at: None,
            clock: "arrival".to_owned(),
            bbox,
            score,
            why: WhyData {
                text: "left alone for 30 s".to_owned(),
                facts: vec![FactData { name: "dwell".to_owned(), value: 30.0, needed: Some(12.0), unit: "s".to_owned() }],
            },
            models: Vec::new(),
            evidence,
        };
        self.publish(message(topic::CANDIDATES, v1::CANDIDATE, camera, &id, serde_json::to_vec(&data).unwrap()));
    }
}

fn message(topic: &str, kind: &str, key: &str, id: &str, data: Vec<u8>) -> Message {
    Message {
        topic: topic.to_owned(),
        key: key.to_owned(),
        id: id.to_owned(),
        kind: kind.to_owned(),
        source: "/kerbwatch/desk-test".to_owned(),
        time: now(0),
        data: Some(data),
    }
}

/// RFC 3339, so many seconds from now.
fn now(seconds: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let at = i64::try_from(now).unwrap() + seconds;
    jiff::Timestamp::from_second(at).unwrap().to_string()
}

fn city(dir: &Path) -> City {
    let (scene, file) = sample(dir, "demo-dump-01");
    let still = |frame: u64| {
        let path = dir.join(format!("still-{frame}.jpg"));
        sample_streams::still::write(&path, &scene.render(frame), 85, &[]).unwrap();
        std::fs::read(path).unwrap()
    };
    City {
        bus: bus::open(&BusConfig::Local { path: dir.join("data/bus.sqlite") }).unwrap(),
        evidence: dir.join("data/evidence"),
        clip: std::fs::read(file).unwrap(),
        stills: vec![still(0), still(150), still(300)],
    }
}

#[test]
fn officers_work_through_the_queue() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("data")).unwrap();
    let shots = root().join("target/e2e-screenshots");
    std::fs::create_dir_all(&shots).unwrap();
    let port = free_port();
    let config = dir.path().join("console.toml");
    std::fs::write(&config, format!("name = \"desk\"\ndata = \"data\"\n[console]\nlisten = \"127.0.0.1:{port}\"\n")).unwrap();
    for name in ["operator-1", "operator-2"] {
        add_user(&config, name, PASSWORD, &["operator"]);
    }
    let city = city(dir.path());
    let log = dir.path().join("console.log");
    let console = Process::kerbwatch(&log, &["console", "--config", config.to_str().unwrap()]);

    city.camera("cam-a", "Hunan Road", true);
    for camera in ["cam-b", "cam-c"] {
        city.camera(camera, "Wukang Road", false);
    }
    city.camera("cam-d", "Anfu Road", false);
    let place = [0.30, 0.55, 0.55, 0.85];
    city.candidate(1, "illegal_stall", "cam-a", place, 0.9);
    city.candidate(2, "waste_dumping", "cam-b", place, 0.8);
    city.candidate(3, "waste_dumping", "cam-b", [0.31, 0.56, 0.56, 0.86], 0.7);
    city.candidate(4, "waste_dumping", "cam-c", [0.1, 0.1, 0.3, 0.4], 0.6);
    for n in 5..=7 {
        city.candidate(n, "storefront_encroachment", "cam-d", place, 0.5);
    }
    for n in 10..=15 {
        let shift = f64::from(n - 10) * 0.12;
        city.candidate(n, "unauthorized_ad", "cam-d", [0.05 + shift, 0.1, 0.15 + shift, 0.3], 0.5);
    }
    let officer = Officer::log_in(&format!("http://127.0.0.1:{port}"), "operator-1", PASSWORD);
    wait_for("all candidates", Duration::from_secs(120), || {
        (officer.get("/api/v1/candidates?limit=1")["counts"]["open"] == 13).then_some(())
    });

    // A script asks for another candidate by making a file.
    let (wish, over) = (dir.path().join("another-please"), Arc::new(AtomicBool::new(false)));
    let envs = [("KERBWATCH_USER2", "operator-2"), ("KERBWATCH_ANOTHER", wish.to_str().unwrap())];
    std::thread::scope(|scope| {
        let (ended, city, wish) = (Arc::clone(&over), &city, &wish);
        scope.spawn(move || {
            let mut n = 100;
            while !ended.load(Ordering::Relaxed) {
                if wish.exists() {
                    std::fs::remove_file(wish).unwrap();
                    city.candidate(n, "illegal_stall", "cam-a", [0.6, 0.5, 0.8, 0.9], 0.95);
                    n += 1;
                }
                std::thread::sleep(Duration::from_millis(100));
            }
        });
        let done = std::panic::catch_unwind(|| {
            for script in ["desk.mjs", "race.mjs", "lost.mjs"] {
                browser_as(script, port, "operator-1", PASSWORD, &shots, &envs);
            }
        });
        over.store(true, Ordering::Relaxed);
        if let Err(panic) = done {
            std::panic::resume_unwind(panic);
        }
    });
    assert_eq!(console.terminate(), Some(0));
}
