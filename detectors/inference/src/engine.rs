//! Sessions on threads of their own, and the batches that cameras share.
//!
//! A camera's thread calls [`Detector::detect`]: it plans tiles, prepares their tensors itself (so preparation is spread over the
//! cameras' threads), puts them into the queue of each model and waits. A thread `infer-<device>-<n>` owns one session of one
//! model, takes what is in the queue, runs it as one batch, and answers.
//!
//! A batch is run as soon as it is full, or nobody is preparing a tile for this model, or [`EngineOptions::deadline`] has passed
//! since its first tile came. So a single camera never waits for company that cannot come, and models that take one picture at a
//! time never wait at all. Whoever waits is answered: by boxes, by an error, or by [`DetectError::Stopped`].

mod options;
mod worker;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use events::{BBox, Detection, Detections, Frame, ModelRef, ObjectClass, Score};

use crate::decode::Raw;
use crate::family::{Family, FitError};
use crate::model::ModelFolder;
use crate::nms::{Sighting, join, suppress};
use crate::preprocess::{self, Placement};
use crate::runtime::RuntimeError;
use crate::session::Loaded;
use crate::{telemetry, tiling};

pub use options::{EngineOptions, Provider};

/// Tiles that may wait for one model. A camera has one frame under way, so this is far more than cameras have tiles; who comes
/// when it is full waits.
const QUEUE: usize = 1024;

/// Tensors kept for the next frames, per model. Fresh ones cost a page fault per 4 KiB, more than filling them.
const SPARE_TENSORS: usize = 16;

/// Boxes of one class from different tiles or models that overlap more than this are one thing.
const JOIN_IOU: f64 = 0.5;

/// A classifier is shown so much of a thing's sides around its box: what it stands on says what it is. As it was trained
/// (`models/training/kerbtrain/things.py`).
const AROUND_A_THING: f64 = 0.15;

/// What a thing is, as far as classifiers can tell: classes with probabilities 0..=1, the most likely first; several classifiers are
/// averaged.
pub type Names = Vec<(ObjectClass, f32)>;

/// Why an engine did not start.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// ONNX Runtime is not there.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// The file is no model ONNX Runtime can run.
    #[error("loading {path}")]
    Load {
        /// The ONNX file.
        path: PathBuf,
        /// What ONNX Runtime says.
        source: ort::Error,
    },
    /// The model wants something other than a picture of the size that `model.toml` says.
    #[error("{path}: {reason}")]
    Input {
        /// The ONNX file.
        path: PathBuf,
        /// What it wants.
        reason: String,
    },
    /// The model's outputs are not those of its family.
    #[error("{path} does not fit its model.toml")]
    Fit {
        /// The ONNX file.
        path: PathBuf,
        /// What does not fit.
        source: FitError,
    },
    /// The loaded ONNX Runtime library cannot run models there.
    #[error(
        "execution provider {provider}: {}",
        if source.is_some() { "it would not start (is its driver installed?)" } else { "the loaded ONNX Runtime library was built without it" }
    )]
    Provider {
        /// Which.
        provider: Provider,
        /// What ONNX Runtime says; `None` when the library has no such provider.
        source: Option<ort::Error>,
    },
    /// A thread could not be started.
    #[error("starting thread {name}")]
    Thread {
        /// Its name.
        name: String,
        /// Why.
        source: std::io::Error,
    },
}

/// Why a frame was not looked at. Counted by [`DetectError::reason`]; the frame is skipped.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DetectError {
    /// The engine was dropped, or its thread died.
    #[error("the inference engine has stopped")]
    Stopped,
    /// The frame has no pixels.
    #[error("the frame is {width}x{height}: nothing to look at")]
    EmptyFrame {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
    /// ONNX Runtime failed.
    #[error("running the model")]
    Run {
        /// What it says.
        source: Arc<ort::Error>,
    },
    /// The outputs of this run have another shape than those at load.
    #[error("reading the model's outputs")]
    Outputs(#[from] FitError),
}

impl DetectError {
    /// The label of `kerbwatch_inference_errors_total`.
    pub fn reason(&self) -> &'static str {
        match self {
            DetectError::Stopped => "stopped",
            DetectError::EmptyFrame { .. } => "empty_frame",
            DetectError::Run { .. } => "run",
            DetectError::Outputs(_) => "outputs",
        }
    }
}

/// What an engine has done since it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EngineStats {
    /// Frames that were looked at by all models.
    pub frames: u64,
    /// Frames that were not, because of an error.
    pub errors: u64,
    /// Runs of a model on one tile.
    pub tiles: u64,
    /// Batches, of one or more tiles.
    pub batches: u64,
    /// Tiles of the largest batch.
    pub largest_batch: u64,
    /// Time the sessions ran, summed over them.
    pub busy: Duration,
    /// Time the cameras' threads prepared tensors, summed over them.
    pub prepared: Duration,
}

#[derive(Debug, Default)]
struct Counters {
    frames: AtomicU64,
    errors: AtomicU64,
    tiles: AtomicU64,
    batches: AtomicU64,
    largest_batch: AtomicU64,
    busy_ns: AtomicU64,
    prepared_ns: AtomicU64,
}

/// Whole nanoseconds; 584 years fit.
fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// One tile on its way to a session.
struct Job {
    tile: usize,
    tensor: Vec<f32>,
    reply: Sender<Done>,
}

/// And back.
struct Done {
    tile: usize,
    tensor: Vec<f32>,
    found: Result<Vec<Raw>, DetectError>,
}

enum Message {
    Job(Job),
    Stop,
}

/// One model, as detectors and its workers share it.
struct Lane {
    folder: ModelFolder,
    queue: Sender<Message>,
    /// Detectors that are preparing tiles for this model and have not put the last one into the queue yet.
    preparing: AtomicUsize,
    /// Workers that are running.
    workers: AtomicUsize,
    spare: Mutex<Vec<Vec<f32>>>,
}

/// A running worker; counts itself out when it ends, however it ends.
struct Running(Arc<Lane>);

impl Running {
    fn begin(lane: Arc<Lane>) -> Self {
        lane.workers.fetch_add(1, Ordering::SeqCst);
        Self(lane)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.workers.fetch_sub(1, Ordering::SeqCst);
    }
}

/// How often one who waits for an answer looks whether anybody is left to give it.
const LOOK_UP: Duration = Duration::from_millis(200);

struct Shared {
    lanes: Vec<Arc<Lane>>,
    digests: Arc<[String]>,
    max_tiles: usize,
    counters: Arc<Counters>,
}

/// Owns the sessions and their threads. Dropping it answers nobody further, finishes the batch under way, and joins the threads.
pub struct Engine {
    shared: Arc<Shared>,
    workers: Vec<(usize, JoinHandle<()>)>,
}

impl Engine {
    /// Loads every model (several times with more than one worker) and runs each once on an empty picture.
    ///
    /// No folders make an engine that detects nothing.
    ///
    /// # Errors
    /// When ONNX Runtime, its execution provider or a model cannot be had, or a model is not what its folder says.
    pub fn start(folders: Vec<ModelFolder>, options: EngineOptions) -> Result<Engine, EngineError> {
        let counters = Arc::new(Counters::default());
        // Of those that look at whole frames: whoever asks wants to know whether somebody looked for people.
        let detectors = folders.iter().filter(|folder| folder.family() != Family::Classifier);
        let digests = detectors.map(|folder| folder.sha256().to_owned()).collect();
        let mut loaded = Vec::new();
        let mut lanes = Vec::new();
        // All models are loaded before any thread starts: an error leaves nothing running.
        for folder in folders {
            let (queue, jobs) = bounded(QUEUE);
            for _ in 0..options.workers.max(1) {
                let model = Loaded::load(&folder, options.provider, options.threads, options.max_batch)?;
                loaded.push((lanes.len(), model, jobs.clone()));
            }
            lanes.push(Arc::new(Lane {
                folder,
                queue,
                preparing: AtomicUsize::new(0),
                workers: AtomicUsize::new(0),
                spare: Mutex::default(),
            }));
        }
        let shared = Shared { lanes, digests, max_tiles: options.max_tiles, counters };
        let mut engine = Engine { shared: Arc::new(shared), workers: Vec::new() };
        for (number, (lane, model, jobs)) in loaded.into_iter().enumerate() {
            let name = format!("infer-{}-{number}", options.provider.name());
            let thread = engine.spawn(&name, lane, model, jobs, options.deadline);
            // Should it fail, dropping `engine` stops those that were started.
            engine.workers.push((lane, thread.map_err(|source| EngineError::Thread { name, source })?));
        }
        Ok(engine)
    }

    fn spawn(
        &self,
        name: &str,
        lane: usize,
        model: Loaded,
        jobs: Receiver<Message>,
        deadline: Duration,
    ) -> std::io::Result<JoinHandle<()>> {
        let (running, counters) = (Running::begin(Arc::clone(&self.shared.lanes[lane])), Arc::clone(&self.shared.counters));
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || worker::run(&running.0, model, &jobs, deadline, &counters))
    }

    /// A handle for one camera's thread.
    pub fn detector(&self) -> Detector {
        Detector { shared: Arc::clone(&self.shared) }
    }

    /// Names and digests of the models, as evidence names them.
    pub fn models(&self) -> Vec<ModelRef> {
        self.shared.lanes.iter().map(|lane| lane.folder.model_ref()).collect()
    }

    /// What was done so far.
    pub fn stats(&self) -> EngineStats {
        let counters = &self.shared.counters;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        EngineStats {
            frames: read(&counters.frames),
            errors: read(&counters.errors),
            tiles: read(&counters.tiles),
            batches: read(&counters.batches),
            largest_batch: read(&counters.largest_batch),
            busy: Duration::from_nanos(read(&counters.busy_ns)),
            prepared: Duration::from_nanos(read(&counters.prepared_ns)),
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        for (lane, _) in &self.workers {
            // An error means that its workers are gone already.
            let _ = self.shared.lanes[*lane].queue.send(Message::Stop);
        }
        for (_, thread) in self.workers.drain(..) {
            let name = thread.thread().name().unwrap_or_default().to_owned();
            if thread.join().is_err() {
                tracing::error!(thread = name, "an inference thread died");
            }
        }
    }
}

/// What one camera's thread asks. Cheap to clone; outlives its engine, and then answers [`DetectError::Stopped`].
#[derive(Clone)]
pub struct Detector {
    shared: Arc<Shared>,
}

impl Detector {
    /// Looks at the given parts of a frame (0..1 of the picture; none means all of it) and waits for the answer.
    ///
    /// The parts say where to look closely, not what to leave out: what else comes into the tiles is reported too. Boxes are in
    /// 0..1 of the whole picture. The same frame and parts give the same detections whatever else was in the batch, but for the
    /// last digits of a float (a score may differ by 1e-4).
    ///
    /// # Errors
    /// See [`DetectError`]; the frame is counted and can be skipped.
    pub fn detect(&self, frame: &Frame, regions: &[BBox]) -> Result<Detections, DetectError> {
        let counters = &self.shared.counters;
        let looked = self.look(frame, regions);
        let counter = if looked.is_ok() { &counters.frames } else { &counters.errors };
        counter.fetch_add(1, Ordering::Relaxed);
        Ok(Detections { stamp: frame.stamp().clone(), models: Arc::clone(&self.shared.digests), items: looked? })
    }

    /// Says what the things in these boxes (0..1 of the picture) are, in the same order; an empty answer each where no model is a
    /// classifier.
    ///
    /// # Errors
    /// See [`DetectError`].
    pub fn name(&self, frame: &Frame, things: &[BBox]) -> Result<Vec<Names>, DetectError> {
        let mut names: Vec<Names> = vec![Vec::new(); things.len()];
        let tiles: Vec<BBox> = things.iter().map(|thing| thing.grown(AROUND_A_THING)).collect();
        let classifiers = self.shared.lanes.iter().filter(|lane| lane.is_classifier()).count();
        if tiles.is_empty() || classifiers == 0 {
            return Ok(names);
        }
        let said = self.ask(frame, Lane::is_classifier, |_| tiles.clone())?;
        for found in said.into_iter().flatten() {
            let Some(of) = names.get_mut(found.tile % TILES_OF_A_LANE) else { continue };
            let share = found.detection.score.value() / classifiers as f32;
            match of.iter_mut().find(|(class, _)| *class == found.detection.class) {
                Some((_, sum)) => *sum += share,
                None => of.push((found.detection.class, share)),
            }
        }
        names.iter_mut().for_each(|of| of.sort_by(|a, b| b.1.total_cmp(&a.1)));
        Ok(names)
    }

    fn look(&self, frame: &Frame, regions: &[BBox]) -> Result<Vec<Detection>, DetectError> {
        let (size, most) = (frame.pixels().size(), self.shared.max_tiles);
        let plan = |lane: &Lane| tiling::plan(size, regions, lane.folder.input().size, most);
        let seen = self.ask(frame, |lane| !lane.is_classifier(), plan)?;
        Ok(join(seen.into_iter().flatten().collect(), JOIN_IOU))
    }

    /// Shows the tiles that `plan` cuts to the models that `wanted` picks; what each saw.
    fn ask(
        &self,
        frame: &Frame,
        wanted: impl Fn(&Lane) -> bool,
        plan: impl Fn(&Lane) -> Vec<BBox>,
    ) -> Result<Vec<Vec<Sighting>>, DetectError> {
        let counters = &self.shared.counters;
        let size = frame.pixels().size();
        let mut asked = Vec::with_capacity(self.shared.lanes.len());
        let mut seen = Vec::new();
        for lane in self.shared.lanes.iter().filter(|lane| wanted(lane)) {
            let asking = if size.width == 0 || size.height == 0 {
                Err(DetectError::EmptyFrame { width: size.width, height: size.height })
            } else {
                lane.ask(frame, &plan(lane), counters)
            };
            asked.push((lane, asking.inspect_err(|error| telemetry::error(lane.folder.name(), error.reason()))?));
        }
        // All models are asked before any answer is awaited, so that they work at the same time.
        for (lane, asked) in asked {
            let found =
                lane.answer(&asked, seen.len()).inspect_err(|error| telemetry::error(lane.folder.name(), error.reason()))?;
            telemetry::frame(lane.folder.name());
            seen.push(found);
        }
        Ok(seen)
    }
}

/// Tiles are numbered so that no two of a frame share a number: this many times the model's, and the tile's own.
const TILES_OF_A_LANE: usize = 1000;

/// A frame under way to one model.
struct Asked {
    placements: Vec<Placement>,
    replies: Receiver<Done>,
}

/// Counts itself as preparing, and stops to on drop, whatever happens in between.
struct Preparing<'a>(&'a AtomicUsize);

impl<'a> Preparing<'a> {
    fn begin(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Preparing<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Lane {
    /// Is it asked what a thing is, rather than what is where?
    fn is_classifier(&self) -> bool {
        self.folder.family() == Family::Classifier
    }

    fn ask(&self, frame: &Frame, tiles: &[BBox], counters: &Counters) -> Result<Asked, DetectError> {
        let (size, spec) = (frame.pixels().size(), self.folder.input());
        let (reply, replies) = bounded(tiles.len());
        let mut placements = Vec::with_capacity(tiles.len());
        let mut preparing = Some(Preparing::begin(&self.preparing));
        for (index, tile) in tiles.iter().enumerate() {
            let placement = Placement::new(size.width, size.height, *tile, spec);
            let mut tensor = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
            let began = Instant::now();
            preprocess::fill(frame.pixels(), &placement, spec, &mut tensor);
            counters.prepared_ns.fetch_add(nanoseconds(began.elapsed()), Ordering::Relaxed);
            placements.push(placement);
            if index + 1 == tiles.len() {
                // Before the tile is sent, not after: a worker that has it must not wait for one that will not come.
                preparing = None;
            }
            let job = Job { tile: index, tensor, reply: reply.clone() };
            self.queue.send(Message::Job(job)).map_err(|_| DetectError::Stopped)?;
        }
        drop(preparing);
        Ok(Asked { placements, replies })
    }

    /// Waits for every tile. `lane` numbers the model, so that no two tiles of a frame share a number.
    fn answer(&self, asked: &Asked, lane: usize) -> Result<Vec<Sighting>, DetectError> {
        let mut tiles: Vec<Option<Vec<Raw>>> = vec![None; asked.placements.len()];
        for _ in 0..tiles.len() {
            let done = self.wait(&asked.replies)?;
            let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
            if spare.len() < SPARE_TENSORS {
                spare.push(done.tensor);
            }
            tiles[done.tile] = Some(done.found?);
        }
        let mut seen = Vec::new();
        // In the order of tiles, not of answers: the result must not depend on who was faster.
        for (index, (found, placement)) in tiles.into_iter().zip(&asked.placements).enumerate() {
            let tile = lane * TILES_OF_A_LANE + index;
            seen.extend(self.sightings(&found.unwrap_or_default(), placement, tile));
        }
        Ok(seen)
    }

    /// One answer. A tile that came into the queue just as the last worker left it lies there, with its sender, as long as
    /// anybody can still ask: that the channel is open does not mean that an answer will come.
    fn wait(&self, replies: &Receiver<Done>) -> Result<Done, DetectError> {
        loop {
            match replies.recv_timeout(LOOK_UP) {
                Ok(done) => return Ok(done),
                Err(RecvTimeoutError::Disconnected) => return Err(DetectError::Stopped),
                Err(RecvTimeoutError::Timeout) if self.workers.load(Ordering::SeqCst) == 0 => {
                    // The last one may have answered before it left.
                    return replies.try_recv().map_err(|_| DetectError::Stopped);
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    fn sightings(&self, found: &[Raw], placement: &Placement, tile: usize) -> Vec<Sighting> {
        let classes = self.folder.classes();
        let meaning = |class: usize| {
            let meant = classes[class].1;
            // All that the rules have no word for must not suppress one another: a clock before a vase stays two things.
            (meant, (meant == events::ObjectClass::Other).then_some(class))
        };
        let kept = if self.folder.family().suppresses_itself() {
            found.to_vec()
        } else {
            suppress(found, self.folder.nms_iou(), meaning)
        };
        kept.iter()
            .filter_map(|raw| {
                let bbox = placement.to_picture(raw.bbox)?;
                let detection = Detection { class: classes[raw.class].1, score: Score::clamped(raw.score), bbox };
                Some(Sighting { detection, tile, cut: touches_cut(&bbox, &placement.tile) })
            })
            .collect()
    }
}

/// Does the box end where the tile ends and the picture goes on? Within 1 % of the tile: detectors do not draw to the pixel.
fn touches_cut(bbox: &BBox, tile: &BBox) -> bool {
    let (dx, dy) = (tile.width() * 0.01, tile.height() * 0.01);
    (tile.x1 > 0.0 && bbox.x1 < tile.x1 + dx)
        || (tile.y1 > 0.0 && bbox.y1 < tile.y1 + dy)
        || (tile.x2 < 1.0 && bbox.x2 > tile.x2 - dx)
        || (tile.y2 < 1.0 && bbox.y2 > tile.y2 - dy)
}

#[cfg(test)]
mod tests;
