//! Pictures of moments that have passed, decoded again: one from the ring, or a stretch of a clip that was written.
//!
//! Nobody knows that a frame will matter until the thing in it has stayed; keeping decoded pictures of all cameras just in
//! case would cost more than decoding them. The encoded ones are kept anyway.

use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use events::site::{Decode, DecodePolicy};
use events::{CameraId, ColorMatrix, ColorRange, Frame, PixelFormat, Pixels, Plane, RunId, Size, Stamp, StreamTime, WallTime};

use crate::error::{ClipError, SourceError};
use crate::options::{Rate, SessionOptions};
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

/// A frame of a clip, as it was stamped when it was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClipFrame {
    /// Which frame of the run.
    pub seq: u64,
    /// When it was shown.
    pub at: StreamTime,
    /// Its wall-clock time.
    pub wall: WallTime,
    /// Decodable by itself.
    pub key: bool,
    /// Something was lost on the network just before it: what follows up to the next key frame may be damaged.
    pub after_loss: bool,
}

/// Which of these frames, in the order in which they came, are whole: those for which nothing was lost since
/// their key frame, nor of it.
fn whole(frames: impl Iterator<Item = (bool, bool)>) -> Vec<bool> {
    let mut in_step = false;
    let each = |(key, after_loss): (bool, bool)| {
        in_step = !after_loss && (key || in_step);
        in_step
    };
    frames.map(each).collect()
}

impl PacketClip {
    /// Its frames in the order in which they came, which is that of the file it is written to.
    pub fn stamps(&self) -> Vec<ClipFrame> {
        self.packets
            .iter()
            .map(|p| ClipFrame { seq: p.seq, at: p.at, wall: p.wall, key: p.key, after_loss: p.after_gap })
            .collect()
    }

    /// The last picture of the clip, decoded, with the stamp that its packet was given when it was received: cut up to a
    /// moment, that is the picture that was shown at it.
    ///
    /// # Errors
    /// Packets of its group of pictures were lost, or the clip cannot be written into a temporary file or played from it.
    pub fn last_picture(&self, camera: &CameraId) -> Result<Frame, ClipError> {
        let failed = |detail: String| ClipError::Recall { detail };
        let sound = whole(self.packets.iter().map(|packet| (packet.key, packet.after_gap)));
        let (packet, sound) = self.packets.iter().zip(sound).max_by_key(|(packet, _)| packet.at).ok_or(ClipError::Empty)?;
        if !sound {
            return Err(failed("packets were lost before it on the network".to_owned()));
        }
        let stamp = Stamp { camera: camera.clone(), run: self.run(), seq: packet.seq, at: packet.at, wall: packet.wall };
        let folder = tempfile::tempdir().map_err(|source| ClipError::Write { path: std::env::temp_dir(), source })?;
        let file = self.write(&folder.path().join("recall"))?;
        let frame = last_frame(&file.path, camera).map_err(|error| failed(error.to_string()))?;
        let frame = frame.ok_or_else(|| failed("nothing could be decoded".to_owned()))?;
        Ok(Frame::new(stamp, Arc::new(Recalled(frame))))
    }
}

/// Whose clip is played again.
#[derive(Debug, Clone, Copy)]
pub struct ClipOf<'a> {
    /// The camera.
    pub camera: &'a CameraId,
    /// The run it was cut from.
    pub run: RunId,
    /// Its frames, as [`PacketClip::stamps`] gave them.
    pub frames: &'a [ClipFrame],
}

/// Plays a clip that [`PacketClip::write`] wrote: every picture within `full`, key frames alone before and after, each under
/// the stamp it was received with, in order. Pictures that a loss on the network may have damaged are left out.
///
/// # Errors
/// The file cannot be played.
pub fn replay(
    path: &Path,
    of: ClipOf<'_>,
    full: RangeInclusive<StreamTime>,
    mut visit: impl FnMut(&Frame),
) -> Result<(), ClipError> {
    let failed = |error: SourceError| ClipError::Recall { detail: error.to_string() };
    // A raised rate takes effect at the next key frame, so it is raised one before the last that will do.
    let mut keys: Vec<StreamTime> = of.frames.iter().filter(|f| f.key && f.at <= *full.start()).map(|f| f.at).collect();
    keys.sort_unstable();
    let begin = keys.len().checked_sub(2).map_or(StreamTime(i64::MIN), |index| keys[index]);
    let source = SourceUrl::parse(&path.display().to_string(), Path::new(".")).map_err(failed)?;
    // No floor: what lies between key frames is not asked for by time.
    let policy = DecodePolicy { idle: Decode::KeyFrames, min_fps: 0.0, ..DecodePolicy::default() };
    let mut session = Session::open(&source, SessionOptions::new(of.camera.clone()).decode(policy)).map_err(failed)?;
    let rate = |at: StreamTime| if (begin..=*full.end()).contains(&at) { Rate::Full } else { Rate::KeyFrames };
    let sound = whole(of.frames.iter().map(|frame| (frame.key, frame.after_loss)));
    session.set_rate(rate(of.frames.iter().map(|f| f.at).min().unwrap_or_default()));
    loop {
        match session.next(PATIENCE).map_err(failed)? {
            Next::Frame(frame) => {
                let index = usize::try_from(frame.stamp().seq).unwrap_or(usize::MAX);
                let (Some(known), Some(sound)) = (of.frames.get(index), sound.get(index)) else {
                    return Err(ClipError::Recall { detail: "the file has more frames than were put into it".to_owned() });
                };
                session.set_rate(rate(known.at));
                let stamp = Stamp { camera: of.camera.clone(), run: of.run, seq: known.seq, at: known.at, wall: known.wall };
                if *sound {
                    visit(&Frame::new(stamp, Arc::new(Recalled(frame))));
                }
            }
            Next::Idle | Next::Ended(_) => return Ok(()),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_loss_nothing_is_whole_up_to_the_next_key_frame() {
        let (key, delta, lost) = ((true, false), (false, false), (false, true));
        let broken_key = (true, true);
        let told = whole([delta, key, delta, lost, delta, broken_key, delta, key].into_iter());
        assert_eq!(told, [false, true, true, false, false, false, false, true]);
    }
}
