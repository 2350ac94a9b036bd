//! What the recorder needs of a camera's ring of encoded packets; ingest's ring is adapted to it outside.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use events::{Frame, RunId, StreamTime};

use ingest::ClipFrame;

use crate::evidence::Container;

/// What the ring of encoded packets holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Of which run.
    pub run: RunId,
    /// Oldest picture.
    pub oldest: StreamTime,
    /// Newest picture.
    pub newest: StreamTime,
}

/// A clip on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClipData {
    /// Where it was written.
    pub file: PathBuf,
    /// How it is wrapped.
    pub container: Container,
    /// Its first picture.
    pub from: StreamTime,
    /// Its last picture.
    pub to: StreamTime,
    /// Its frames as they were received, in the order of the file.
    pub frames: Vec<ClipFrame>,
}

/// The last seconds of one run of a camera, encoded.
pub trait Footage {
    /// What it holds; `None` when nothing.
    fn span(&self) -> Option<Span>;

    /// Writes the camera's own bitstream from the key frame at or before `from` to `to` into a file beside `stem` (a path
    /// without its ending). `None` when nothing between is held.
    ///
    /// # Errors
    /// One sentence on why it could not be written.
    fn cut(&self, from: StreamTime, to: StreamTime, stem: &Path) -> Result<Option<ClipData>, String>;

    /// Plays a clip that was cut before: every picture within `full`, key frames alone around it, each under its own stamp.
    ///
    /// # Errors
    /// One sentence on why it could not be played.
    fn replay(
        &self,
        clip: &ClipData,
        run: RunId,
        full: RangeInclusive<StreamTime>,
        visit: &mut dyn FnMut(&Frame),
    ) -> Result<(), String>;

    /// Decodes the picture that was shown at `at`. Asked at most twice for an episode; `None` where that cannot be done.
    fn picture(&self, at: StreamTime) -> Option<Frame> {
        let _ = at;
        None
    }
}
