//! A picture of a moment that has passed, decoded again from the ring.
//!
//! Nobody knows that a frame will matter until the thing in it has stayed; keeping decoded pictures of all cameras just in
//! case would cost more than decoding them. The encoded ones are kept anyway.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use events::site::{Decode, DecodePolicy};
use events::{CameraId, ColorMatrix, ColorRange, Frame, PixelFormat, Pixels, Plane, Size, Stamp};

use crate::error::{ClipError, SourceError};
use crate::options::SessionOptions;
use crate::ring::PacketClip;
use crate::session::{Next, Session};
use crate::source::SourceUrl;

/// How long decoding may be silent. A group of pictures is decoded in well under a second.
const PATIENCE: Duration = Duration::from_secs(10);

/// The pixels of a frame under the stamp of the packet they came from first.
struct Recalled(Frame);

impl Pixels for Recalled {
    fn size(&self) -> Size {
        self.0.pixels().size()
    }
    fn format(&self) -> PixelFormat {
        self.0.pixels().format()
    }
    fn plane(&self, index: usize) -> Plane<'_> {
        self.0.pixels().plane(index)
    }
    fn matrix(&self) -> ColorMatrix {
        self.0.pixels().matrix()
    }
    fn range(&self) -> ColorRange {
        self.0.pixels().range()
    }
}

impl PacketClip {
    /// The last picture of the clip, decoded, with the stamp that its packet was given when it was received: cut up to a
    /// moment, that is the picture that was shown at it.
    ///
    /// # Errors
    /// The clip cannot be written into a temporary file, or not be played from it.
    pub fn last_picture(&self, camera: &CameraId) -> Result<Frame, ClipError> {
        let failed = |detail: String| ClipError::Recall { detail };
        let packet = self.packets.iter().max_by_key(|packet| packet.at).ok_or(ClipError::Empty)?;
        let stamp = Stamp { camera: camera.clone(), run: self.run(), seq: packet.seq, at: packet.at, wall: packet.wall };
        let folder = tempfile::tempdir().map_err(|source| ClipError::Write { path: std::env::temp_dir(), source })?;
        let file = self.write(&folder.path().join("recall"))?;
        let frame = last_frame(&file.path, camera).map_err(|error| failed(error.to_string()))?;
        let frame = frame.ok_or_else(|| failed("nothing could be decoded".to_owned()))?;
        Ok(Frame::new(stamp, Arc::new(Recalled(frame))))
    }
}

fn last_frame(path: &Path, camera: &CameraId) -> Result<Option<Frame>, SourceError> {
    let source = SourceUrl::parse(&path.display().to_string(), Path::new("."))?;
    let policy = DecodePolicy { idle: Decode::Full, ..DecodePolicy::default() };
    let mut session = Session::open(&source, SessionOptions::new(camera.clone()).decode(policy))?;
    let mut last = None;
    loop {
        match session.next(PATIENCE)? {
            Next::Frame(frame) => last = Some(frame),
            Next::Idle | Next::Ended(_) => return Ok(last),
        }
    }
}
