//! The ring of encoded packets as the recorder wants it.

use std::path::Path;

use events::StreamTime;
use ingest::PacketRing;

use crate::evidence::Container;
use crate::evidence::recorder::{ClipData, Footage, Span};

/// A camera's ring.
pub struct RingFootage(pub PacketRing);

impl Footage for RingFootage {
    fn span(&self) -> Option<Span> {
        Some(Span { run: self.0.run(), oldest: self.0.oldest()?, newest: self.0.newest()? })
    }

    fn cut(&self, from: StreamTime, to: StreamTime, stem: &Path) -> Result<Option<ClipData>, String> {
        let Some(clip) = self.0.cut(from, to) else { return Ok(None) };
        let (from, to) = (clip.from(), clip.to());
        let file = clip.write(stem).map_err(|error| format!("{:#}", anyhow::Error::from(error)))?;
        let container =
            Container::from_extension(file.container).ok_or_else(|| format!("unknown container {}", file.container))?;
        Ok(Some(ClipData { file: file.path, container, from, to }))
    }
}
