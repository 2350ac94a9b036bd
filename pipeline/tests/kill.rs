//! A worker killed with SIGKILL in the middle and started again: same candidates, none twice, none lost.
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing there")]

mod support;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use bus::{Bus, BusConfig, Start, Subscription};
use events::BBox;
use events::wire::v1::{CANDIDATE, CandidateData, OBSERVATION, ObservationData, topic};
use sample_streams::TruthLine;
use sample_streams::server::{Play, RtspCameras};
use support::{Process, sample, wait_for};

/// Everything on the bus so far.
struct Reader {
    subscription: Box<dyn Subscription>,
    candidates: Vec<CandidateData>,
    observations: Vec<ObservationData>,
}

impl Reader {
    fn open(path: &Path) -> Self {
        let bus = bus::open(&BusConfig::Local { path: path.to_owned() }).unwrap();
        let subscription =
            Bus::subscribe(&*bus, "kill-test", &[topic::CANDIDATES, topic::OBSERVATIONS], Start::Earliest).unwrap();
        Self { subscription, candidates: Vec::new(), observations: Vec::new() }
    }

    fn read(&mut self) {
        for delivery in self.subscription.next(Duration::from_millis(200)).unwrap() {
            let message = &delivery.message;
            let data = message.data.as_deref().unwrap_or_default();
            match message.kind.as_str() {
                CANDIDATE => self.candidates.push(serde_json::from_slice(data).unwrap()),
                OBSERVATION => self.observations.push(serde_json::from_slice(data).unwrap()),
                other => panic!("unexpected {other} on the bus"),
            }
        }
    }

    /// Which candidates have gone, and when.
    fn cleared(&self) -> Vec<(&str, &str)> {
        let cleared = self.observations.iter().filter(|o| o.state.as_deref() == Some("cleared"));
        cleared.filter_map(|o| Some((o.candidate.as_deref()?, o.at.as_str()))).collect()
    }

    /// The candidates where a true event lies, in the order of first sight.
    fn of(&self, truth: &TruthLine) -> Vec<&CandidateData> {
        let [x1, y1, x2, y2] = truth.bbox;
        let place = BBox::clamped(x1, y1, x2, y2);
        let mut of: Vec<&CandidateData> = self
            .candidates
            .iter()
            .filter(|c| {
                let [x1, y1, x2, y2] = c.bbox;
                place.contains(BBox::clamped(x1, y1, x2, y2).centre())
            })
            .collect();
        of.sort_by(|a, b| a.first_seen_at.cmp(&b.first_seen_at));
        of
    }
}

/// Somebody else who watches the camera all the time: the street goes on while the worker is dead. (The sample camera's
/// story is shared by its clients, and begins anew when the last of them has left.)
struct Viewer {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Viewer {
    fn start(url: &str) -> Self {
        ingest::init().unwrap();
        let source = ingest::SourceUrl::parse(url, Path::new(".")).unwrap();
        let mut camera = ingest::Camera::start(ingest::CameraSpec::new("viewer".parse().unwrap(), source));
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let (streaming, seen) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::SeqCst) {
                if matches!(camera.next(Duration::from_millis(100)), ingest::CameraEvent::Frame(_)) {
                    let _ = streaming.send(());
                }
            }
        });
        seen.recv_timeout(Duration::from_secs(120)).expect("the sample camera delivers");
        Self { stop, thread: Some(thread) }
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[test]
fn a_worker_killed_in_the_middle_of_an_episode_neither_loses_nor_doubles_it() {
    let dir = tempfile::tempdir().unwrap();
    let (scene, file) = sample(dir.path(), "demo-dump-01");
    let truths = scene.truth();
    let cameras =
        RtspCameras::start(SocketAddr::from(([127, 0, 0, 1], 0)), vec![(scene.id.clone(), Play::File(file))], None).unwrap();
    let viewer = Viewer::start(&cameras.url_of(&scene.id));
    let site = format!("{}\n{}", sample_streams::site_header(), scene.site_camera(&cameras.url_of(&scene.id)));
    std::fs::write(dir.path().join("site.toml"), site).unwrap();
    let config = dir.path().join("worker.toml");
    std::fs::write(&config, "name = \"worker-1\"\ndata = \"data\"\nsite = \"site.toml\"\n").unwrap();
    let log = dir.path().join("worker.log");
    let start = || Process::kerbwatch(&log, &["worker", "--config", config.to_str().unwrap()]);
    let shelf = dir.path().join("data/shelves").join(&scene.id);
    let opened = || std::fs::read_dir(&shelf).is_ok_and(|mut entries| entries.next().is_some());

    // First kill: the thing lies there, the dwell is running, nothing is raised.
    let worker = start();
    wait_for("an episode to open", Duration::from_secs(300), || opened().then_some(()));
    // What is not on disk is not remembered: the memory that knows of the episode is saved in the same look, after its shelf.
    let written = |path: &Path| std::fs::metadata(path).and_then(|file| file.modified()).ok();
    let since = written(&shelf).expect("the shelf is there");
    let memory = ["spool.sqlite", "spool.sqlite-wal"].map(|file| dir.path().join("data").join(file));
    wait_for("the memory to be saved", Duration::from_secs(60), || {
        memory.iter().any(|file| written(file).is_some_and(|at| at > since)).then_some(())
    });
    worker.kill();

    // Second kill: as soon as it is raised.
    let worker = start();
    let bus_file = dir.path().join("data/bus.sqlite");
    let mut reader = Reader::open(&bus_file);
    wait_for("a candidate", Duration::from_secs(300), || {
        reader.read();
        (!reader.candidates.is_empty()).then_some(())
    });
    worker.kill();

    // On until each of the true events was raised and taken away. The story goes round: on a busy machine the worker may
    // have come when the first bags lay there already, and sees them put down only in the next round.
    let worker = start();
    wait_for("a candidate of each true event to be cleared", Duration::from_secs(600), || {
        reader.read();
        let cleared = reader.cleared();
        truths.iter().all(|truth| reader.of(truth).iter().any(|c| cleared.iter().any(|(id, _)| *id == c.id))).then_some(())
    });
    assert_eq!(worker.terminate(), Some(0), "{}", std::fs::read_to_string(&log).unwrap());
    drop(viewer);
    reader.read();

    let mut ids: Vec<&str> = reader.candidates.iter().map(|c| c.id.as_str()).collect();
    ids.sort_unstable();
    assert!(ids.windows(2).all(|two| two[0] != two[1]), "none is sent twice: {ids:?}");
    let mut cleared: Vec<&str> = reader.cleared().into_iter().map(|(id, _)| id).collect();
    cleared.sort_unstable();
    assert!(cleared.windows(2).all(|two| two[0] != two[1]), "each is cleared once: {cleared:?}");
    let gone: BTreeMap<&str, &str> = reader.cleared().into_iter().collect();
    let all: usize = truths.iter().map(|truth| reader.of(truth).len()).sum();
    assert_eq!(all, reader.candidates.len(), "nothing is raised where nothing was left: {:#?}", reader.candidates);
    for truth in &truths {
        // Times with the same number of digits, all of UTC: they compare as text.
        for two in reader.of(truth).windows(2) {
            let gone = gone.get(two[0].id.as_str());
            assert!(
                gone.is_some_and(|gone| *gone <= two[1].first_seen_at.as_str()),
                "what lies there is raised once, and again only after it was taken away ({gone:?}): {two:#?}"
            );
        }
    }
    let candidate = &reader.candidates[0];
    let roles: Vec<&str> = candidate.evidence.iter().map(|item| item.role.as_str()).collect();
    for role in ["first_seen", "trigger", "manifest"] {
        assert!(roles.contains(&role), "{role} survived the kill: {roles:?}");
    }
}
