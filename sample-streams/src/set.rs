//! Sets in a folder: composed streets as streams with their site, truth and look-alikes, and labelled stills. What has been
//! finished is not rendered again, so a run that was stopped goes on where it was.

mod stills;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use events::Size;

use crate::encode::{self, Codec, EncodeError};
use crate::scene::SampleScene;
use crate::site_toml;
use crate::still::StillError;

pub use stills::{StillSet, moments, stills};

/// Of the streets. Grows whenever the same seed gives other pictures or another truth than before: a folder then cannot be
/// continued.
pub const GENERATION: u32 = 4;
/// Of the stills, likewise.
pub const STILLS_GENERATION: u32 = 6;

/// Which streets, and how they are coded.
#[derive(Debug, Clone)]
pub struct StreetSet {
    /// The first seed.
    pub first_seed: u64,
    /// How many seeds, one after the other.
    pub count: u64,
    /// Of the picture, in pixels; even.
    pub size: Size,
    /// Frames a second.
    pub fps: u32,
    /// Frames from key frame to key frame.
    pub gop: u32,
    /// What the streams are coded in.
    pub codec: Codec,
    /// Streets rendered at the same time.
    pub jobs: usize,
}

impl StreetSet {
    /// As the accuracy harness takes them: 640×360, 5 frames a second, a key frame every two seconds, H.264, one at a time.
    pub fn new(first_seed: u64, count: u64) -> Self {
        let size = Size { width: 640, height: 360 };
        Self { first_seed, count, size, fps: 5, gop: 10, codec: Codec::H264, jobs: 1 }
    }

    /// The scene of a seed as this set shows it.
    pub fn scene(&self, seed: u64) -> SampleScene {
        SampleScene::varied(seed).resized(self.size, self.fps).with_gop(self.gop)
    }

    fn seeds(&self) -> std::ops::Range<u64> {
        self.first_seed..self.first_seed + self.count
    }
}

/// How far a set is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Streets or pictures that are there now.
    pub done: u64,
    /// All that are wanted.
    pub wanted: u64,
    /// Those that were there before.
    pub found: u64,
}

/// Why a set could not be written.
#[derive(Debug, thiserror::Error)]
pub enum SetError {
    /// A file or folder of the set.
    #[error("writing {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The folder was begun with other settings, or by another version of the generator.
    #[error("{folder} was begun as {there}, which is not {wanted}: take another folder, or empty this one")]
    Other {
        /// The folder.
        folder: PathBuf,
        /// What its `set.json` says.
        there: String,
        /// What was asked for.
        wanted: String,
    },
    /// A stream.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// A picture.
    #[error(transparent)]
    Still(#[from] StillError),
}

/// Writes `<id>.mp4` of each street, and `site.toml`, `truth.jsonl` and `lookalikes.jsonl` of them all. A stream that is there
/// is taken as finished: an unfinished one has another name. `progress` is called after each street, from any thread.
///
/// # Errors
/// [`SetError`] at the first thing that fails; what was finished stays.
pub fn streets(folder: &Path, set: &StreetSet, progress: impl Fn(Progress) + Sync) -> Result<(), SetError> {
    let Size { width, height } = set.size;
    let codec = match set.codec {
        Codec::H264 => "h264",
        Codec::H265 => "h265",
        Codec::Mjpeg => "mjpeg",
    };
    begin(
        folder,
        &serde_json::json!({
            "set": "streets", "generation": GENERATION, "size": format!("{width}x{height}"), "fps": set.fps, "gop": set.gop,
            "codec": codec,
        }),
    )?;
    let file = |id: &str| format!("{id}.{}", set.codec.extension());
    let (mut site, mut truth, mut likes) = (site_toml::site_header().to_owned(), String::new(), String::new());
    let mut missing = Vec::new();
    for seed in set.seeds() {
        let scene = set.scene(seed);
        site.push('\n');
        site.push_str(&scene.site_camera(&file(&scene.id)));
        truth.extend(scene.truth().iter().map(|line| line.to_json() + "\n"));
        likes.extend(scene.lookalikes().iter().map(|line| line.to_json() + "\n"));
        if !folder.join(file(&scene.id)).exists() {
            missing.push(seed);
        }
    }
    write(&folder.join("site.toml"), &site)?;
    write(&folder.join("truth.jsonl"), &truth)?;
    write(&folder.join("lookalikes.jsonl"), &likes)?;
    let found = set.count - missing.len() as u64;
    progress(Progress { done: found, wanted: set.count, found });
    let done = AtomicU64::new(found);
    let next = Mutex::new(missing.into_iter());
    let take = || next.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
    std::thread::scope(|scope| {
        let jobs: Vec<_> = (0..set.jobs.max(1))
            .map(|_| {
                scope.spawn(|| -> Result<(), SetError> {
                    while let Some(seed) = take() {
                        let scene = set.scene(seed);
                        encode::to_file_with(&scene, &folder.join(file(&scene.id)), set.codec, 1, |_, _| {})?;
                        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                        progress(Progress { done, wanted: set.count, found });
                    }
                    Ok(())
                })
            })
            .collect();
        jobs.into_iter().try_for_each(|job| job.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

/// Makes the folder, or checks that it was begun with the same settings.
fn begin(folder: &Path, wanted: &serde_json::Value) -> Result<(), SetError> {
    fs::create_dir_all(folder).map_err(|source| SetError::Write { path: folder.to_owned(), source })?;
    let path = folder.join("set.json");
    match fs::read_to_string(&path) {
        Ok(there) if serde_json::from_str::<serde_json::Value>(&there).ok().as_ref() == Some(wanted) => Ok(()),
        Ok(there) => {
            Err(SetError::Other { folder: folder.to_owned(), there: there.trim().to_owned(), wanted: wanted.to_string() })
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => write(&path, &format!("{wanted}\n")),
        Err(source) => Err(SetError::Write { path, source }),
    }
}

/// Under its name only when it is whole.
fn write(path: &Path, text: &str) -> Result<(), SetError> {
    let failed = |source| SetError::Write { path: path.to_owned(), source };
    let partial = path.with_extension("part");
    fs::write(&partial, text).map_err(failed)?;
    fs::rename(&partial, path).map_err(failed)
}
