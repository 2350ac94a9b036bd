//! The ring of encoded packets as the recorder wants it.

use std::ops::RangeInclusive;
use std::path::Path;

use events::{CameraId, Frame, RunId, StreamTime};
use ingest::{ClipOf, PacketRing};

use crate::evidence::Container;
use crate::evidence::recorder::{ClipData, Footage, Span};

/// A camera's ring.
pub struct RingFootage {
    /// The packets.
    pub ring: PacketRing,
    /// Whose.
    pub camera: CameraId,
}

impl Footage for RingFootage {
    fn span(&self) -> Option<Span> {
        Some(Span { run: self.ring.run(), oldest: self.ring.oldest()?, newest: self.ring.newest()? })
    }

    fn cut(&self, from: StreamTime, to: StreamTime, stem: &Path) -> Result<Option<ClipData>, String> {
        let Some(clip) = self.ring.cut(from, to) else { return Ok(None) };
        let (from, to) = (clip.from(), clip.to());
        let file = clip.write(stem).map_err(|error| format!("{:#}", anyhow::Error::from(error)))?;
        let container =
            Container::from_extension(file.container).ok_or_else(|| format!("unknown container {}", file.container))?;
        Ok(Some(ClipData { file: file.path, container, from, to, frames: clip.stamps() }))
    }

    fn replay(
        &self,
        clip: &ClipData,
        run: RunId,
        full: RangeInclusive<StreamTime>,
        visit: &mut dyn FnMut(&Frame),
    ) -> Result<(), String> {
        let of = ClipOf { camera: &self.camera, run, frames: &clip.frames };
        ingest::replay(&clip.file, of, full, visit).map_err(|error| format!("{:#}", anyhow::Error::from(error)))
    }

    fn picture(&self, at: StreamTime) -> Option<Frame> {
        match self.ring.cut(at, at)?.last_picture(&self.camera) {
            Ok(frame) => Some(frame),
            Err(error) => {
                // The manifest says that the still is of a later moment.
                tracing::warn!(camera = %self.camera, "{:#}", anyhow::Error::from(error));
                None
            }
        }
    }
}
