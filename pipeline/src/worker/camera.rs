//! One camera, one thread `cam-<id>`: it pulls frames, owns the scene and the recorder, and so needs no lock.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded};
use events::schedule::Calendar;
use events::site::{Camera, Decode};
use events::wire::v1::CandidateData;
use events::{Candidate, ClockSource, Moment, WallTime};
use ingest::{CameraEvent, CameraSpec, CameraState, Rate, SourceUrl};
use scene::{Attention, Scene, SceneOptions};

use super::Shared;
use crate::evidence::recorder::{self, Recorder};
use crate::footage::RingFootage;
use crate::outlet::Spooled;
use crate::recording::Writer;
use crate::watch::{Flow, Looks, Parts, Recording, Watch};

/// The scene's memory is saved at least this often, so that a crash costs at most this much of the empty street.
const SAVE_EVERY: Duration = Duration::from_secs(60);
/// And not more often than this, however much happens.
const SAVE_AT_MOST_EVERY: Duration = Duration::from_secs(2);
/// How often a camera says how it is, when nothing changes. The console takes five of these missing for a silent camera.
const HEARTBEAT: Duration = Duration::from_secs(60);
/// How often it gives an account of what was done; the first of a run comes sooner, for whoever has just set the camera up.
const ACCOUNT: Duration = Duration::from_secs(300);
const FIRST_ACCOUNT: Duration = Duration::from_secs(60);
/// Full decoding goes on this long after the scene has become quiet, so that it does not flutter.
const ATTENTION_HOLD: Duration = Duration::from_secs(10);

/// New settings for a running camera.
struct Reconfigure {
    camera: Camera,
    calendar: Calendar,
}

/// A camera's thread.
pub(super) struct Running {
    camera: Camera,
    orders: Sender<Reconfigure>,
    stop: Arc<AtomicBool>,
    streaming: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Running {
    pub(super) fn start(shared: Arc<Shared>, camera: Camera, calendar: Calendar) -> anyhow::Result<Self> {
        // The source was made absolute before it got here.
        let source = SourceUrl::parse(&camera.source, Path::new("."))?;
        source.check_plugins()?;
        let (orders, taken) = bounded(4);
        let (stop, streaming) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let mut life = Life {
            watch: watch(&shared, &camera, &calendar)?,
            stream: ingest::Camera::start(CameraSpec {
                decode: camera.decode,
                transport: shared.transport,
                ring: shared.ring,
                ..CameraSpec::new(camera.id.clone(), source)
            }),
            idle: camera.decode.idle,
            active_fps: camera.decode.active_fps,
            calendar: calendar.clone(),
            camera: camera.clone(),
            shared,
            saved: Instant::now(),
            beat: None,
            accounted: None,
            active: Duration::ZERO,
            active_since: None,
            dirty: false,
            active_until: None,
            rate: None,
            orders: taken,
            stop: stop.clone(),
            streaming: streaming.clone(),
        };
        let thread = std::thread::Builder::new()
            // Linux keeps 15 characters of it.
            .name(format!("cam-{}", camera.id))
            .spawn(move || life.run())
            .context("starting the camera's thread")?;
        Ok(Self { camera, orders, stop, streaming, thread })
    }

    /// Would these settings leave the stream as it is?
    pub(super) fn same_stream(&self, camera: &Camera) -> bool {
        self.camera.source == camera.source && self.camera.decode == camera.decode && !self.thread.is_finished()
    }

    pub(super) fn reconfigure(&self, camera: Camera, calendar: Calendar) {
        if self.orders.send(Reconfigure { camera, calendar }).is_err() {
            tracing::error!(camera = %self.camera.id, "its thread has ended; new zones were not taken");
        }
    }

    pub(super) fn is_streaming(&self) -> bool {
        self.streaming.load(Ordering::Relaxed)
    }

    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
    }

    pub(super) fn join(self) {
        let id = self.camera.id;
        if self.thread.join().is_err() {
            tracing::error!(camera = %id, "its thread panicked");
        }
    }
}

/// A watch that goes on where the last process stopped.
fn watch(shared: &Arc<Shared>, camera: &Camera, calendar: &Calendar) -> anyhow::Result<Watch> {
    let options = SceneOptions::default();
    let saved = shared.spool.state(&camera.id).context("reading the scene's memory")?;
    let mut scene = match saved.map(|bytes| Scene::restore(camera, calendar, options.clone(), &bytes)) {
        Some(Ok(scene)) => scene,
        Some(Err(error)) => {
            tracing::warn!(camera = %camera.id, "the scene's memory is not usable, the empty street is learnt anew: {error}");
            Scene::new(camera, calendar, options)
        }
        None => Scene::new(camera, calendar, options),
    };
    let open = shared.spool.open_candidates(&camera.id).context("reading the open candidates")?;
    let open: Vec<Candidate> = open
        .iter()
        .filter_map(|open| {
            let data: Result<CandidateData, _> = serde_json::from_str(&open.candidate_json);
            data.map_err(|error| error.to_string()).and_then(|data| Candidate::try_from(&data).map_err(|error| error.to_string())).map_err(|error| {
                tracing::error!(camera = %camera.id, candidate = %open.id, "an open candidate cannot be read and is not followed: {error}");
            }).ok()
        })
        .collect();
    scene.adopt(&open);
    let shelf = shared.shelves.join(camera.id.as_str());
    let options = recorder::Options {
        pre_roll: shared.pre_roll,
        post_roll: shared.post_roll,
        ring: shared.ring,
        ..recorder::Options::default()
    };
    let recorder = Recorder::open(camera, &shelf, options).with_context(|| format!("opening {}", shelf.display()))?;
    Ok(Watch::new(Parts {
        camera: camera.clone(),
        calendar: calendar.clone(),
        worker: shared.name.clone(),
        scene,
        detector: shared.detector().map(|detector| Box::new(detector) as Box<dyn Looks>),
        models: shared.models(),
        recording: Some(Recording { recorder, desk: shared.desk.clone() }),
        seen: Some(Writer::new(&shared.recordings, &camera.id, &shared.name)),
        outlet: Box::new(Spooled::new(shared.spool.clone(), &shared.name)),
    }))
}

/// All that a camera's thread owns.
struct Life {
    shared: Arc<Shared>,
    camera: Camera,
    calendar: Calendar,
    stream: ingest::Camera,
    watch: Watch,
    idle: Decode,
    active_fps: f64,
    saved: Instant,
    beat: Option<Instant>,
    /// When the next account is due; `None` before the first frame of a run.
    accounted: Option<Instant>,
    /// How long more than the quiet rate was decoded since the last account, and since when it is.
    active: Duration,
    active_since: Option<Instant>,
    dirty: bool,
    active_until: Option<Instant>,
    rate: Option<Rate>,
    orders: Receiver<Reconfigure>,
    stop: Arc<AtomicBool>,
    streaming: Arc<AtomicBool>,
}

impl Life {
    fn run(&mut self) {
        let mut last: Option<Moment> = None;
        while !self.stop.load(Ordering::SeqCst) {
            self.take_orders(last);
            match self.stream.next(Duration::from_millis(200)) {
                CameraEvent::Frame(frame) => {
                    last = Some(frame.stamp().moment());
                    self.streaming.store(true, Ordering::Relaxed);
                    let footage = self.footage();
                    self.dirty |= self.watch.frame(&frame, &footage);
                    self.heartbeat(frame.stamp().moment());
                    self.account(frame.stamp().moment());
                    self.follow_attention();
                    self.save(SAVE_AT_MOST_EVERY);
                }
                CameraEvent::State(state) => self.state(state, last),
                CameraEvent::Idle => self.watch.idle(&self.footage()),
            }
        }
        if let Some(last) = last {
            self.give_account(last, Some("stopped"));
        }
        // What waits for its post-roll is sealed with what there is; nothing is said of the camera's health, because the
        // camera did not go: we did.
        self.watch.close(&self.footage());
        self.dirty = true;
        self.save(Duration::ZERO);
        self.streaming.store(false, Ordering::Relaxed);
    }

    fn footage(&self) -> RingFootage {
        RingFootage { ring: self.stream.ring(), camera: self.camera.id.clone() }
    }

    fn take_orders(&mut self, last: Option<Moment>) {
        loop {
            match self.orders.try_recv() {
                Ok(Reconfigure { camera, calendar }) => {
                    tracing::info!(camera = %camera.id, "new zones");
                    if let Some(last) = last {
                        self.give_account(last, None);
                    }
                    (self.camera, self.calendar) = (camera.clone(), calendar.clone());
                    self.watch.reconfigure(camera, calendar, &self.footage());
                    self.dirty = true;
                }
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => return,
            }
        }
    }

    fn state(&mut self, state: CameraState, last: Option<Moment>) {
        let id = &self.camera.id;
        match state {
            CameraState::Connecting { .. } => tracing::debug!(camera = %id, "connecting"),
            CameraState::Streaming { run, codec, size, .. } => {
                let size = size.map(|size| format!("{}x{}", size.width, size.height)).unwrap_or_default();
                tracing::info!(camera = %id, %run, "streaming {codec} {size}");
            }
            CameraState::Failed { reason, detail, retry_in } => {
                tracing::warn!(camera = %id, reason = reason.wire_name(), "{detail}; tried again in {:.0} s", retry_in.as_secs_f64());
                self.streaming.store(false, Ordering::Relaxed);
                let at = last.map_or_else(never_seen, |last| Moment { wall: now(), ..last });
                self.watch.lost(at, &self.footage());
                self.give_account(at, Some(reason.wire_name()));
                self.accounted = None;
                self.dirty = true;
                self.save(SAVE_AT_MOST_EVERY);
            }
        }
    }

    fn heartbeat(&mut self, at: Moment) {
        if self.beat.is_none_or(|beat| beat.elapsed() >= HEARTBEAT) {
            self.beat = Some(Instant::now());
            self.watch.heartbeat(at, &self.footage());
        }
    }

    /// What was done on the camera, every few minutes.
    fn account(&mut self, at: Moment) {
        match self.accounted {
            None => self.accounted = Some(Instant::now() + FIRST_ACCOUNT),
            Some(due) if Instant::now() >= due => {
                self.accounted = Some(Instant::now() + ACCOUNT);
                self.give_account(at, None);
            }
            Some(_) => {}
        }
    }

    fn give_account(&mut self, at: Moment, ended: Option<&'static str>) {
        self.count_active();
        let flow = Flow { stats: &self.stream.stats(), decode: self.idle, active: std::mem::take(&mut self.active), ended };
        self.watch.give_account(at, &flow);
    }

    fn count_active(&mut self) {
        let since = self.active_since.take();
        self.active += since.map(|since| since.elapsed()).unwrap_or_default();
        self.active_since = matches!(self.rate, Some(Rate::Fps(_))).then(Instant::now);
    }

    /// Full decoding while something undecided goes on, with hysteresis.
    fn follow_attention(&mut self) {
        if self.watch.attention() == Attention::Active {
            self.active_until = Some(Instant::now() + ATTENTION_HOLD);
        }
        let active = self.active_until.is_some_and(|until| Instant::now() < until);
        let wanted = match (self.idle, active) {
            (Decode::Full, _) => Rate::Full,
            (Decode::KeyFrames, true) => Rate::Fps(self.active_fps),
            (Decode::KeyFrames, false) => Rate::KeyFrames,
        };
        if self.rate != Some(wanted) {
            self.rate = Some(wanted);
            self.count_active();
            self.stream.set_rate(wanted);
        }
    }

    /// Saves the scene's memory, but never one that says of a candidate that it was raised before it is on disk.
    fn save(&mut self, at_most_every: Duration) {
        let due = self.saved.elapsed() >= SAVE_EVERY || (self.dirty && self.saved.elapsed() >= at_most_every);
        if !due || !self.watch.settled() {
            return;
        }
        (self.saved, self.dirty) = (Instant::now(), false);
        self.watch.flush_seen();
        if let Err(error) = self.shared.spool.put_state(&self.camera.id, &self.watch.scene().snapshot()) {
            tracing::error!(camera = %self.camera.id, "the scene's memory was not saved: {:#}", anyhow::Error::from(error));
        }
    }
}

fn now() -> WallTime {
    let unix_ns = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_nanos()).unwrap_or(i64::MAX));
    WallTime { unix_ns, max_error: Duration::ZERO, source: ClockSource::Arrival }
}

/// The moment of a camera that never delivered: run 0, because it has none.
fn never_seen() -> Moment {
    Moment { run: events::RunId(0), at: events::StreamTime(0), wall: now() }
}
