//! What is said of a camera whose models fail, and what account is given of its time.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use events::site::Site;
use events::wire::v1::AccountData;
use events::{CameraId, I420, RunId, Size, Stamp, StreamTime, WallTime};
use ingest::Stats;
use scene::SceneOptions;

use super::*;
use crate::evidence::recorder::{ClipData, Span};

const SITE: &str = r#"
[[camera]]
id = "cam-1"
name = "Corner"
district = "Xuhui"
street = "Hunan Road"
source = "rtsp://camera/1"
"#;

/// Models that fail while they are told to.
struct Failing(Arc<AtomicBool>);

impl Looks for Failing {
    fn detect(&self, frame: &Frame, _regions: &[BBox]) -> Result<Detections, DetectError> {
        if self.0.load(Ordering::SeqCst) { Err(DetectError::Stopped) } else { Ok(Detections::none(frame.stamp().clone())) }
    }

    fn name(&self, _frame: &Frame, _things: &[BBox]) -> Result<Vec<Names>, DetectError> {
        Ok(Vec::new())
    }
}

/// Counts beats, keeps accounts, and takes no account while it is full.
struct Beats(Arc<AtomicUsize>, Arc<Mutex<Vec<ObservationData>>>, Arc<AtomicBool>);

impl Outlet for Beats {
    fn candidate(&mut self, _candidate: &Candidate, _data: CandidateData) -> anyhow::Result<()> {
        Ok(())
    }

    fn observation(&mut self, _camera: &CameraId, data: ObservationData) -> anyhow::Result<()> {
        if data.account.is_some() {
            anyhow::ensure!(!self.2.load(Ordering::SeqCst), "full");
            self.1.lock().unwrap().push(data);
            return Ok(());
        }
        self.0.fetch_add(usize::from(data.health.as_deref() == Some("ok")), Ordering::SeqCst);
        Ok(())
    }
}

struct NoFootage;

impl Footage for NoFootage {
    fn span(&self) -> Option<Span> {
        None
    }

    fn cut(&self, _from: StreamTime, _to: StreamTime, _stem: &Path) -> Result<Option<ClipData>, String> {
        Ok(None)
    }

    fn replay(
        &self,
        _clip: &ClipData,
        _run: RunId,
        _full: std::ops::RangeInclusive<StreamTime>,
        _visit: &mut dyn FnMut(&Frame),
    ) -> Result<(), String> {
        Ok(())
    }
}

fn frame(at_s: f64) -> Frame {
    let at = StreamTime::from_secs_f64(at_s);
    let wall = WallTime::known(1_800_000_000_000_000_000 + at.0);
    let stamp = Stamp { camera: "cam-1".parse().unwrap(), run: RunId(1), seq: (at_s * 5.0) as u64, at, wall };
    Frame::new(stamp, Arc::new(I420::filled(Size { width: 32, height: 16 }, [90, 128, 128])))
}

/// A watch on the camera of `site`, and what it is told and tells.
struct Told {
    watch: Watch,
    camera: Camera,
    fail: Arc<AtomicBool>,
    full: Arc<AtomicBool>,
    beats: Arc<AtomicUsize>,
    accounts: Arc<Mutex<Vec<ObservationData>>>,
    stats: Stats,
}

impl Told {
    fn of(site: &str) -> Self {
        let site = Site::parse("site.toml", site).unwrap();
        let camera = site.cameras[0].clone();
        let (fail, full, beats, accounts) = (Arc::default(), Arc::default(), Arc::default(), Arc::default());
        let watch = Watch::new(Parts {
            scene: Scene::new(&camera, &site.calendar, SceneOptions::default()),
            camera: camera.clone(),
            calendar: site.calendar.clone(),
            worker: "test".to_owned(),
            detector: Some(Box::new(Failing(Arc::clone(&fail)))),
            models: vec![events::ModelRef { name: "street".to_owned(), sha256: "abcdef0123456789".to_owned() }],
            recording: None,
            seen: None,
            outlet: Box::new(Beats(Arc::clone(&beats), Arc::clone(&accounts), Arc::clone(&full))),
        });
        Self { watch, camera, fail, full, beats, accounts, stats: Stats::default() }
    }

    /// A key frame every two seconds of 25 frames each.
    fn see(&mut self, from_s: u32, until_s: u32) {
        for at_s in (from_s..until_s).step_by(2) {
            self.stats.frames_received += 50;
            self.stats.frames_decoded += 1;
            *self.stats.dropped.entry("not_needed").or_default() += 49;
            self.watch.frame(&frame(f64::from(at_s)), &NoFootage);
        }
    }

    fn account(&mut self, at_s: u32, ended: Option<&'static str>) {
        let at = frame(f64::from(at_s)).stamp().moment();
        let (decode, active) = (events::site::Decode::KeyFrames, std::time::Duration::from_millis(1_234));
        self.watch.give_account(at, &Flow { stats: &self.stats, decode, active, ended });
    }

    fn accounts(&self) -> Vec<ObservationData> {
        self.accounts.lock().unwrap().clone()
    }
}

/// Seconds of the test's clock.
fn seconds(at: &str) -> f64 {
    let at: jiff::Timestamp = at.parse().unwrap();
    (at.as_millisecond() - 1_800_000_000_000) as f64 / 1000.0
}

fn unjudged(data: &ObservationData) -> Vec<(f64, f64, &str)> {
    let account = data.account.as_ref().unwrap();
    account.unjudged.iter().map(|u| (seconds(&u.from), seconds(&u.until), u.why.as_str())).collect()
}

#[test]
fn a_worker_whose_models_fail_does_not_say_that_it_watches() {
    let mut told = Told::of(SITE);
    let see = |told: &mut Told, at_s: f64| {
        let frame = frame(at_s);
        told.watch.frame(&frame, &NoFootage);
        let before = told.beats.load(Ordering::SeqCst);
        told.watch.heartbeat(frame.stamp().moment(), &NoFootage);
        told.beats.load(Ordering::SeqCst) - before
    };
    assert_eq!(see(&mut told, 1.0), 1);
    told.fail.store(true, Ordering::SeqCst);
    assert_eq!(see(&mut told, 2.0), 0, "the frame came and nobody looked at it");
    told.fail.store(false, Ordering::SeqCst);
    assert_eq!(see(&mut told, 3.0), 1, "looked at again");
}

#[test]
fn accounts_of_a_run_follow_one_another_and_lose_no_frame() {
    let mut told = Told::of(SITE);
    told.see(0, 60);
    told.account(60, None);
    told.account(60, None);
    told.see(60, 360);
    told.account(358, None);
    told.account(370, Some("stalled"));
    let accounts = told.accounts();
    let span = |data: &ObservationData| (seconds(&data.account.as_ref().unwrap().from), seconds(&data.at));
    assert_eq!(
        accounts.iter().map(span).collect::<Vec<_>>(),
        [(0.0, 60.0), (60.0, 358.0), (358.0, 370.0)],
        "an empty one is none"
    );
    let first = accounts[0].account.clone().unwrap();
    assert_eq!((first.received, first.decoded, first.inferred, first.active_s), (1_500, 30, 30, 1.2));
    assert_eq!(first.dropped, [("not_needed".to_owned(), 1_470)].into());
    assert_eq!((first.decode.as_str(), first.models.as_slice()), ("keyframes", &["street@abcdef01".to_owned()][..]));
    let sum = |of: fn(&AccountData) -> u64| accounts.iter().filter_map(|data| data.account.as_ref()).map(of).sum::<u64>();
    assert_eq!((sum(|a| a.received), sum(|a| a.decoded), sum(|a| a.inferred)), (9_000, 180, 180));
    assert_eq!(accounts[2].account.as_ref().unwrap().ended.as_deref(), Some("stalled"));
    told.account(380, None);
    assert_eq!(told.accounts().len(), 3, "between runs there is nothing to tell");
}

#[test]
fn an_account_says_when_nothing_was_judged_and_why() {
    let mut told = Told::of(SITE);
    told.see(0, 60);
    told.fail.store(true, Ordering::SeqCst);
    told.see(60, 100);
    told.account(98, None);
    told.see(100, 120);
    told.fail.store(false, Ordering::SeqCst);
    told.see(120, 150);
    told.see(172, 200);
    told.account(198, None);
    told.account(230, Some("stalled"));
    let accounts = told.accounts();
    assert_eq!(unjudged(&accounts[0]), [(58.0, 98.0, "models_failed")]);
    assert_eq!(accounts[0].account.as_ref().unwrap().dropped["detect_failed"], 20);
    assert_eq!(unjudged(&accounts[1]), [(98.0, 120.0, "models_failed"), (148.0, 172.0, "no_frames")]);
    assert_eq!(unjudged(&accounts[2]), [(198.0, 230.0, "no_frames")], "until the camera was given up");
}

#[test]
fn one_look_that_fails_is_no_gap() {
    let mut told = Told::of(SITE);
    told.see(0, 30);
    told.fail.store(true, Ordering::SeqCst);
    told.see(30, 38);
    told.fail.store(false, Ordering::SeqCst);
    told.see(38, 60);
    told.account(60, None);
    assert_eq!(unjudged(&told.accounts()[0]), []);
}

#[test]
fn a_camera_that_is_set_to_few_looks_is_not_blind_between_them() {
    let mut told = Told::of(&format!("{SITE}[camera.decode]\nmin_fps = 0.1\n"));
    told.see(0, 30);
    for at_s in [50.0, 70.0, 105.0] {
        told.watch.frame(&frame(at_s), &NoFootage);
    }
    told.account(110, None);
    assert_eq!(unjudged(&told.accounts()[0]), [(70.0, 105.0, "no_frames")]);
}

#[test]
fn many_gaps_are_told_as_few() {
    let mut told = Told::of(SITE);
    told.see(0, 30);
    for round in 0..20_u32 {
        told.watch.frame(&frame(f64::from(50 + round * 15)), &NoFootage);
    }
    told.account(340, None);
    let accounts = told.accounts();
    let said = unjudged(&accounts[0]);
    assert!(said.len() <= 8, "{said:?}");
    assert_eq!((said[0].0, said[said.len() - 1].1), (28.0, 335.0), "none is lost");
}

#[test]
fn a_clock_that_is_set_back_makes_no_account_of_negative_time() {
    let mut told = Told::of(SITE);
    told.see(100, 160);
    told.account(40, None);
    told.see(40, 80);
    told.account(80, None);
    assert_eq!(told.accounts().len(), 1, "the clock has not caught up yet");
    told.see(80, 200);
    told.account(200, None);
    let accounts = told.accounts();
    let span = |data: &ObservationData| (seconds(&data.account.as_ref().unwrap().from), seconds(&data.at));
    assert_eq!(accounts.iter().map(span).collect::<Vec<_>>(), [(100.0, 158.0), (158.0, 200.0)]);
    assert_eq!(accounts.iter().map(|data| data.account.as_ref().unwrap().received).sum::<u64>(), 110 * 50, "every frame counts");
}

#[test]
fn an_account_names_the_kinds_that_have_a_rule() {
    let zone = "[[camera.zone]]\nid = \"a\"\nname = \"A\"\npolygon = [[0.1,0.1],[0.9,0.1],[0.9,0.9]]\n\
                [camera.zone.rules.waste_dumping]\n[camera.zone.rules.illegal_stall]\n";
    let mut told = Told::of(&format!("{SITE}{zone}"));
    told.see(0, 10);
    // Another set of zones is another account.
    told.account(10, None);
    let bare = Camera { zones: Vec::new(), ..told.camera.clone() };
    let calendar = Site::parse("site.toml", SITE).unwrap().calendar;
    told.watch.reconfigure(bare, calendar, &NoFootage);
    told.see(10, 20);
    told.account(20, None);
    let judged: Vec<_> = told.accounts().into_iter().map(|data| data.account.unwrap().judged).collect();
    assert_eq!(judged, [vec!["illegal_stall".to_owned(), "waste_dumping".to_owned()], vec![]]);
}

#[test]
fn accounts_that_cannot_be_written_wait_for_the_next() {
    let mut told = Told::of(SITE);
    told.full.store(true, Ordering::SeqCst);
    told.see(0, 60);
    told.account(60, None);
    told.see(60, 120);
    told.account(120, None);
    assert_eq!(told.accounts().len(), 0);
    assert!(told.watch.settled(), "nothing else waits for them");
    told.full.store(false, Ordering::SeqCst);
    told.see(120, 180);
    told.account(180, None);
    let received: Vec<_> = told.accounts().iter().map(|data| data.account.as_ref().unwrap().received).collect();
    assert_eq!(received, [1_500, 1_500, 1_500]);
    // A day without room does not fill the memory.
    told.full.store(true, Ordering::SeqCst);
    for minute in 3..40 {
        told.see(minute * 60, minute * 60 + 60);
        told.account(minute * 60 + 60, None);
    }
    assert_eq!(told.watch.accounts.len(), KEPT_ACCOUNTS);
}
