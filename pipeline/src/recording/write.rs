//! Writes what a scene saw, block by block.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use events::{CameraId, Frame};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use scene::Scene;
use scene::replay::Replay;

use super::{ENDING, KEPT_DAYS, MAGIC, day, folder, still, still_name, view};

/// A block is written when this much waits, or so long after the one before.
const BLOCK_BYTES: usize = 256 << 10;
const BLOCK_AFTER: Duration = Duration::from_secs(60);

/// What has stood for so long is pictured, seconds: the shortest default dwell is twice that.
const PICTURED_AFTER: f64 = 15.0;

/// Pictures a day, at most: a market square must not fill the disk.
const PICTURES: usize = 300;

/// A file that cannot be written is tried again after this.
const TRIED_AGAIN: Duration = Duration::from_secs(30);

/// The recording of one camera by one worker.
#[derive(Debug)]
pub struct Writer {
    folder: PathBuf,
    worker: String,
    open: Option<Open>,
    failed: Option<Instant>,
    /// When the whole view was last kept, Unix milliseconds.
    viewed_ms: Option<i64>,
}

#[derive(Debug)]
struct Open {
    file: File,
    day: String,
    folder: PathBuf,
    stem: String,
    /// Of what waits in the scene, milliseconds.
    from_ms: Option<i64>,
    until_ms: i64,
    written: Instant,
    pictured: BTreeSet<u64>,
}

impl Writer {
    /// Writes below `root`. Nothing is made before the first frame.
    pub fn new(root: &Path, camera: &CameraId, worker: &str) -> Self {
        Self { folder: folder(root, camera), worker: worker.to_owned(), open: None, failed: None, viewed_ms: None }
    }

    /// Before a frame is judged: a new day, or the first frame, begins a new file. What cannot be written is counted and said,
    /// and never stops the watching.
    pub fn before(&mut self, scene: &mut Scene, frame: &Frame) {
        let now_ms = wall_ms(frame);
        if self.open.as_ref().is_some_and(|open| open.day != day(now_ms)) {
            self.flush(scene);
            self.open = None;
        }
        let waits = self.failed.is_some_and(|at| at.elapsed() < TRIED_AGAIN);
        if self.open.is_none() && !waits {
            match self.begin(now_ms) {
                Ok(open) => {
                    self.open = Some(open);
                    self.failed = None;
                    scene.record();
                }
                Err(error) => self.fail(&error),
            }
        }
    }

    /// After a frame was judged.
    pub fn after(&mut self, scene: &mut Scene, frame: &Frame) {
        self.view(frame);
        let Some(open) = &mut self.open else {
            drop(scene.take_record());
            return;
        };
        open.until_ms = wall_ms(frame);
        open.from_ms.get_or_insert(open.until_ms);
        let new: Vec<u64> = scene
            .standing_for(PICTURED_AFTER)
            .into_iter()
            .map(|(serial, _)| serial)
            .filter(|s| !open.pictured.contains(s))
            .collect();
        if !new.is_empty()
            && open.pictured.len() < PICTURES
            && let Err(error) = open.picture(&new, frame)
        {
            self.fail(&error);
            return;
        }
        let due = scene.recorded() >= BLOCK_BYTES || self.open.as_ref().is_some_and(|open| open.written.elapsed() >= BLOCK_AFTER);
        if due {
            self.flush(scene);
        }
    }

    /// Keeps a picture of the whole view when it is time for one, or somebody asked.
    fn view(&mut self, frame: &Frame) {
        let now_ms = wall_ms(frame);
        let due = self.viewed_ms.is_none_or(|at| now_ms - at >= view::EVERY_MS || now_ms < at);
        if !(due || view::is_wanted(&self.folder)) || self.failed.is_some() {
            return;
        }
        self.viewed_ms = Some(now_ms);
        if let Err(error) = view::keep(&self.folder, frame, now_ms) {
            tracing::warn!(folder = %self.folder.display(), "no picture of the view could be kept: {error:#}");
        }
    }

    /// Writes out what waits: before the scene's memory is saved, so that a restart goes on where the recording ends.
    pub fn flush(&mut self, scene: &mut Scene) {
        let Some(open) = &mut self.open else { return };
        if let Err(error) = open.block(&scene.take_record()) {
            self.fail(&error);
        }
    }

    fn fail(&mut self, error: &anyhow::Error) {
        tracing::error!(folder = %self.folder.display(), "what the scene saw could not be recorded, backtests will miss it: {error:#}");
        metrics::counter!("kerbwatch_recording_failures_total").increment(1);
        (self.open, self.failed) = (None, Some(Instant::now()));
    }

    fn begin(&self, now_ms: i64) -> anyhow::Result<Open> {
        let today = day(now_ms);
        let folder = self.folder.join(&today);
        std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        forget(&self.folder, now_ms).with_context(|| format!("clearing {}", self.folder.display()))?;
        let mut stem = format!("{now_ms:015}-{}", self.worker);
        let (mut file, mut n) = (create(&folder, &stem), 1);
        while file.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::AlreadyExists) {
            n += 1;
            stem = format!("{now_ms:015}-{}-{n}", self.worker);
            file = create(&folder, &stem);
        }
        let mut file = file.with_context(|| format!("making {stem}.{ENDING} in {}", folder.display()))?;
        file.write_all(MAGIC).and_then(|()| file.write_all(&[Replay::VERSION])).context("writing the head of a recording")?;
        Ok(Open {
            file,
            day: today,
            folder,
            stem,
            from_ms: None,
            until_ms: now_ms,
            written: Instant::now(),
            pictured: BTreeSet::new(),
        })
    }
}

impl Open {
    /// Length packed, length unpacked, first and last wall clock, digest, bytes.
    fn block(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.written = Instant::now();
        let Some(from_ms) = self.from_ms.take() else { return Ok(()) };
        if bytes.is_empty() {
            return Ok(());
        }
        let mut encoder = DeflateEncoder::new(Vec::with_capacity(bytes.len() / 3), Compression::fast());
        encoder.write_all(bytes).and_then(|()| encoder.try_finish()).context("packing a recording")?;
        let packed = encoder.finish().context("packing a recording")?;
        let mut block = Vec::with_capacity(packed.len() + 28);
        block.extend(u32::try_from(packed.len())?.to_le_bytes());
        block.extend(u32::try_from(bytes.len())?.to_le_bytes());
        block.extend(from_ms.to_le_bytes());
        block.extend(self.until_ms.to_le_bytes());
        let mut crc = flate2::Crc::new();
        crc.update(&packed);
        block.extend(crc.sum().to_le_bytes());
        block.extend(packed);
        // One write: what is cut off by a crash is the end of one block.
        self.file.write_all(&block).context("writing a recording")
    }

    fn picture(&mut self, things: &[u64], frame: &Frame) -> anyhow::Result<()> {
        let jpeg = still::small(frame).context("making a small still")?;
        for serial in things {
            let path = self.folder.join(still_name(&self.stem, *serial));
            std::fs::write(&path, &jpeg).with_context(|| format!("writing {}", path.display()))?;
            self.pictured.insert(*serial);
        }
        Ok(())
    }
}

fn create(folder: &Path, stem: &str) -> std::io::Result<File> {
    OpenOptions::new().create_new(true).append(true).open(folder.join(format!("{stem}.{ENDING}")))
}

fn wall_ms(frame: &Frame) -> i64 {
    frame.stamp().moment().wall.unix_ns.div_euclid(1_000_000)
}

/// Deletes the days that are no longer kept.
fn forget(folder: &Path, now_ms: i64) -> std::io::Result<()> {
    let oldest = day(now_ms - KEPT_DAYS * 86_400_000);
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_day = name.len() == 10 && name.parse::<jiff::civil::Date>().is_ok();
        if is_day && name < oldest {
            std::fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}
