//! `kerbwatch analyze`: a recording, as fast as the machine allows, deterministic, without network or bus.

use std::fs::File;
use std::io::{BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use events::site::{Camera, Site};
use events::wire::v1::{CandidateData, ObservationData};
use events::{CameraId, Candidate, ModelRef, WallTime};
use indicatif::{ProgressBar, ProgressStyle};
use inference::{Detector, Engine, EngineOptions, ModelFolder};
use ingest::{Next, Pace, Rate, Session, SessionOptions, SourceUrl};
use scene::{Scene, SceneOptions};
use serde::Serialize;

use super::bad_use;
use crate::config::read_site;
use crate::evidence::recorder::{self, Recorder};
use crate::explain::{Explainer, Form};
use crate::footage::RingFootage;
use crate::outlet::{Lines, Outlet};
use crate::recording::Writer;
use crate::usage::Usage;
use crate::watch::{Looks, Parts, Recording, Watch};
use crate::worker::Desk;

/// Analyse a recording, as fast as the machine allows
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Site file with the camera, its zones and rules
    #[arg(long, value_name = "SITE.toml")]
    site: PathBuf,
    /// Which camera of the site
    #[arg(long, value_name = "ID")]
    camera: String,
    /// Another source than the camera's: a file, or a URL that ends
    #[arg(long, value_name = "FILE_OR_URL")]
    source: Option<String>,
    /// Model folder, or a folder of them; default: `models` here or beside the program
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
    /// Use no model: what moves stands in for persons and vehicles
    #[arg(long, conflicts_with = "models")]
    no_models: bool,
    /// `libonnxruntime.so`; default: looked for in the usual places
    #[arg(long, value_name = "FILE")]
    runtime: Option<PathBuf>,
    /// Where the events go; default: standard output
    #[arg(long, value_name = "EVENTS.jsonl")]
    out: Option<PathBuf>,
    /// Folder for evidence: one folder a candidate id
    #[arg(long, value_name = "DIR")]
    evidence: Option<PathBuf>,
    /// Private key that signs the evidence (Ed25519, PKCS#8 PEM); made on first use. Default: in the user's data folder
    #[arg(long, value_name = "FILE", requires = "evidence")]
    signing_key: Option<PathBuf>,
    /// Folder to record into what the scene saw, for `kerbwatch zones backtest`
    #[arg(long, value_name = "DIR")]
    recordings: Option<PathBuf>,
    /// Where the counts go
    #[arg(long, value_name = "STATS.json")]
    stats: Option<PathBuf>,
    /// When the recording begins (RFC 3339); schedules need it. Default: 1970-01-01T00:00:00Z, clock `unknown`
    #[arg(long, value_name = "TIME")]
    start_at: Option<String>,
    /// Frames looked at: `policy` (the camera's), `keyframes`, `full`, or so many a second
    #[arg(long, default_value = "policy", value_name = "RATE")]
    rate: RateArg,
    /// Say, for what came near and was not raised, which condition failed, by how much, and what in the site file sets it:
    /// as text (`-`: on standard error), or as JSON lines into a file that ends in .jsonl
    #[arg(long, value_name = "FILE|-", num_args = 0..=1, default_missing_value = "-")]
    explain: Option<PathBuf>,
    /// Folder for drawings of what was raised and of what came near, with zones, shop lines, permits and words. To look at:
    /// never evidence
    #[arg(long, value_name = "DIR")]
    drawings: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy)]
enum RateArg {
    Policy,
    Fixed(Rate),
}

impl std::str::FromStr for RateArg {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "policy" => Ok(Self::Policy),
            "keyframes" => Ok(Self::Fixed(Rate::KeyFrames)),
            "full" => Ok(Self::Fixed(Rate::Full)),
            number => match number.parse() {
                Ok(fps) if (0.01..=240.0).contains(&fps) => Ok(Self::Fixed(Rate::Fps(fps))),
                _ => Err("expected policy, keyframes, full, or frames a second between 0.01 and 240".to_owned()),
            },
        }
    }
}

/// What `--stats` writes.
#[derive(Debug, Serialize)]
struct Stats {
    camera: String,
    video_s: f64,
    frames_received: u64,
    frames_decoded: u64,
    frames_delivered: u64,
    frames_inferred: u64,
    candidates: u64,
    cpu_s: f64,
    wall_s: f64,
    peak_rss_mb: f64,
    models: Vec<String>,
    software: &'static str,
    /// Why the recording ended before its end, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    cut_off: Option<String>,
}

/// Analyses.
///
/// # Errors
/// Wrong files (exit 2), a source that cannot be played, results that cannot be written.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let started = Instant::now();
    let (site, base) = read_site(&args.site).map_err(bad_use)?;
    let camera = site
        .camera(&args.camera)
        .ok_or_else(|| bad_use(anyhow!("{}: no camera {:?}; it has {}", args.site.display(), args.camera, names(&site))))?
        .clone();
    let start_at = args.start_at.as_deref().map(start_time).transpose().map_err(bad_use)?;
    let source = source(&args, &camera, &base).map_err(bad_use)?;
    warn_of_schedules(&camera, start_at);
    ingest::init()?;
    source.check_plugins().map_err(bad_use)?;

    let (detector, models, engine) = models(&args)?;
    let (shared, out) = Output::open(args.out.as_deref())?;
    let recording = args.evidence.as_deref().map(|root| recording(root, &camera, args.signing_key.as_deref())).transpose()?;
    let mut watch = Watch::new(Parts {
        scene: Scene::new(&camera, &site.calendar, SceneOptions::default()),
        camera: camera.clone(),
        calendar: site.calendar.clone(),
        worker: "analyze".to_owned(),
        detector: detector.map(|detector| Box::new(detector) as Box<dyn Looks>),
        models: models.clone(),
        recording,
        seen: args.recordings.as_ref().map(|root| Writer::new(root, &camera.id, "analyze")),
        outlet: Box::new(out),
    });

    let mut options = SessionOptions::new(camera.id.clone()).pace(Pace::Offline).decode(camera.decode).start_at(start_at);
    options.ring = Duration::from_secs(30);
    let mut session = Session::open(&source, options)?;
    if let RateArg::Fixed(rate) = args.rate {
        session.set_rate(rate);
    }
    let mut explainer =
        (args.explain.is_some() || args.drawings.is_some()).then(|| Explainer::new(&camera, args.drawings.is_some()));
    let progress = progress();
    let footage = RingFootage { ring: session.ring(), camera: camera.id.clone() };
    let ended = loop {
        match session.next(Duration::from_secs(1))? {
            Next::Frame(frame) => {
                progress.set_message(format!(
                    "{:.0} s of video, {} candidates",
                    frame.stamp().at.as_secs_f64(),
                    shared.candidates()
                ));
                progress.tick();
                watch.frame(&frame, &footage);
                if let Some(explainer) = &mut explainer {
                    explainer.look(&frame, watch.scene(), watch.raised());
                }
            }
            Next::Idle => {}
            Next::Ended(ended) => break ended,
        }
    };
    if let Some(error) = watch.close(&footage) {
        return Err(error.context("writing what was found"));
    }
    progress.finish_and_clear();
    shared.flush()?;
    if let Some(root) = &args.evidence {
        let shelves = root.join(SHELVES);
        std::fs::remove_dir_all(&shelves).with_context(|| format!("clearing {}", shelves.display()))?;
    }
    let mut err = std::io::stderr();
    if let Some(why) = &ended.cut_off {
        writeln!(err, "kerbwatch: {}: analysed up to {:.1} s: {why}", source.redacted(), ended.duration.as_secs_f64())?;
    }
    if let Some(explainer) = &explainer {
        explain(explainer, args.explain.as_deref(), args.drawings.as_deref())?;
    }
    if let Some(path) = &args.stats {
        let counted = session.stats();
        let usage = Usage::now();
        let stats = Stats {
            camera: camera.id.to_string(),
            video_s: counted.video_s,
            frames_received: counted.frames_received,
            frames_decoded: counted.frames_decoded,
            frames_delivered: counted.frames_delivered,
            frames_inferred: watch.inferred(),
            candidates: shared.candidates(),
            cpu_s: usage.cpu_s,
            wall_s: started.elapsed().as_secs_f64(),
            peak_rss_mb: usage.peak_rss_mb,
            models: models.iter().map(|model| model.name.clone()).collect(),
            software: crate::build::VERSION,
            cut_off: ended.cut_off.clone(),
        };
        let text = serde_json::to_string_pretty(&stats).context("writing the counts")? + "\n";
        std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    drop(engine);
    Ok(ExitCode::SUCCESS)
}

fn names(site: &Site) -> String {
    if site.cameras.is_empty() {
        return "none".to_owned();
    }
    site.cameras.iter().map(|camera| camera.id.as_str()).collect::<Vec<_>>().join(", ")
}

fn start_time(text: &str) -> anyhow::Result<WallTime> {
    let timestamp: jiff::Timestamp =
        text.parse().map_err(|_| anyhow!("--start-at: {text:?} is not a time such as 2026-10-01T08:00:00+08:00"))?;
    Ok(WallTime::known(i64::try_from(timestamp.as_nanosecond()).context("--start-at: out of range")?))
}

/// `--source` is relative to where the user stands; the site's own is relative to the site file.
fn source(args: &Args, camera: &Camera, base: &Path) -> anyhow::Result<SourceUrl> {
    match &args.source {
        Some(text) => SourceUrl::parse(text, Path::new(".")).context("--source"),
        None => SourceUrl::parse(&camera.source, base).with_context(|| format!("camera {}: source", camera.id)),
    }
}

fn warn_of_schedules(camera: &Camera, start_at: Option<WallTime>) {
    let scheduled = |zone: &events::site::Zone| {
        zone.rules.values().any(|rule| !rule.weekly.is_empty())
            || zone.permits.iter().any(|permit| !permit.weekly.is_empty() || permit.from.is_some() || permit.until.is_some())
    };
    if start_at.is_none() && camera.zones.iter().any(scheduled) {
        tracing::warn!(camera = %camera.id, "it has schedules, and nobody said when the recording begins: it is taken to begin at 1970-01-01T00:00:00Z; see --start-at");
    }
}

type Models = (Option<Detector>, Vec<ModelRef>, Option<Engine>);

fn models(args: &Args) -> anyhow::Result<Models> {
    let folders = if args.no_models {
        Vec::new()
    } else {
        match &args.models {
            Some(dir) => {
                let folders = model_folders(dir).map_err(bad_use)?;
                if folders.is_empty() {
                    let reason = anyhow!(
                        "--models: no model folder (with a model.toml) in {}; make one with `kerbwatch models add`",
                        dir.display()
                    );
                    return Err(bad_use(reason));
                }
                folders
            }
            None => default_models().map(|dir| model_folders(&dir)).transpose().map_err(bad_use)?.unwrap_or_default(),
        }
    };
    if folders.is_empty() {
        tracing::warn!("no model: what moves stands in for persons and vehicles");
        return Ok((None, Vec::new(), None));
    }
    inference::runtime::load(args.runtime.as_deref())?;
    // One camera never fills a batch, so nothing is gained by waiting for others.
    let options = EngineOptions { deadline: Duration::ZERO, ..EngineOptions::default() };
    let engine = Engine::start(folders, options).map_err(bad_use)?;
    let models = engine.models().to_vec();
    Ok((Some(engine.detector()), models, Some(engine)))
}

/// `dir` itself when it is a model folder, else those in it.
pub(crate) fn model_folders(dir: &Path) -> anyhow::Result<Vec<ModelFolder>> {
    if dir.join("model.toml").is_file() {
        return Ok(vec![ModelFolder::read(dir)?]);
    }
    inference::models::list(dir)?.into_iter().map(|(_, folder)| folder.map_err(anyhow::Error::from)).collect()
}

/// `models` where the user stands, or beside an ancestor of the program (a checkout's `target/release`).
pub(crate) fn default_models() -> Option<PathBuf> {
    let program = std::env::current_exe().ok();
    let beside = program.iter().flat_map(|program| program.ancestors().skip(1)).map(|folder| folder.join("models"));
    std::iter::once(PathBuf::from("models")).chain(beside).find(|dir| dir.is_dir())
}

/// What the open episodes of an analysis keep, within the evidence folder; gone at its end.
const SHELVES: &str = ".open";

fn recording(root: &Path, camera: &Camera, key: Option<&Path>) -> anyhow::Result<Recording> {
    std::fs::create_dir_all(root).with_context(|| format!("making {}", root.display()))?;
    let shelf = root.join(SHELVES).join(camera.id.as_str());
    if shelf.exists() {
        // Of an analysis that was broken off: this one begins anew.
        std::fs::remove_dir_all(&shelf).with_context(|| format!("clearing {}", shelf.display()))?;
    }
    let key = key.map_or_else(|| default_key(root), Path::to_owned);
    let desk = Desk::open(root, &key, &root.join("chain.json"), "analyze")?;
    let recorder =
        Recorder::open(camera, &shelf, recorder::Options::default()).with_context(|| format!("making {}", shelf.display()))?;
    Ok(Recording { recorder, desk: Arc::new(desk) })
}

/// One key for all analyses of a user, not in the folder that is handed on. Where there is no such folder, it has to be.
fn default_key(root: &Path) -> PathBuf {
    let data = std::env::var_os("XDG_DATA_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".local/share")))
        .map(|data| data.join("kerbwatch"));
    match data {
        Some(data) if std::fs::create_dir_all(&data).is_ok() => data.join("signing.pem"),
        _ => {
            tracing::warn!("there is no data folder for a signing key: it is kept with the evidence; see --signing-key");
            root.join("signing.pem")
        }
    }
}

fn progress() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{spinner} {elapsed_precise} {msg}").expect("the template is a constant");
    ProgressBar::new_spinner().with_style(style)
}

fn explain(explainer: &Explainer, to: Option<&Path>, drawings: Option<&Path>) -> anyhow::Result<()> {
    let drawn = drawings.map(|folder| explainer.draw(folder)).transpose()?.unwrap_or_default();
    match to {
        None => Ok(()),
        Some(path) if path == Path::new("-") => {
            explainer.write(Form::Text, &drawn, &mut std::io::stderr().lock()).context("explaining")
        }
        Some(path) => {
            let form = if path.extension().is_some_and(|ending| ending == "jsonl") { Form::JsonLines } else { Form::Text };
            let mut out = Vec::new();
            explainer.write(form, &drawn, &mut out).context("explaining")?;
            std::fs::write(path, out).with_context(|| format!("writing {}", path.display()))
        }
    }
}

/// The lines, shared with the watch that writes them, so that they can be counted and flushed at the end.
struct Output(Arc<Mutex<Inner>>);

struct Inner {
    lines: Lines<Box<dyn Write + Send>>,
    candidates: u64,
}

impl Output {
    fn open(path: Option<&Path>) -> anyhow::Result<(Self, Self)> {
        let out: Box<dyn Write + Send> = match path {
            Some(path) => Box::new(BufWriter::new(File::create(path).with_context(|| format!("making {}", path.display()))?)),
            None => Box::new(std::io::stdout()),
        };
        let inner = Arc::new(Mutex::new(Inner { lines: Lines::new(out, "/kerbwatch/analyze"), candidates: 0 }));
        Ok((Self(inner.clone()), Self(inner)))
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().expect("one thread only writes here, and it does not panic while it does")
    }

    fn candidates(&self) -> u64 {
        self.inner().candidates
    }

    fn flush(&self) -> anyhow::Result<()> {
        self.inner().lines.flush()
    }
}

impl Outlet for Output {
    fn candidate(&mut self, candidate: &Candidate, data: CandidateData) -> anyhow::Result<()> {
        let mut inner = self.inner();
        inner.candidates += 1;
        inner.lines.candidate(candidate, data)
    }

    fn observation(&mut self, camera: &CameraId, data: ObservationData) -> anyhow::Result<()> {
        self.inner().lines.observation(camera, data)
    }
}
