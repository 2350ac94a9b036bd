//! One run of one camera: bytes in, stamped frames and a ring of encoded packets out.

use std::collections::BTreeMap;
use std::time::Duration;

use events::{Frame, Size, StreamTime, WallTime};

use crate::error::{FailReason, SourceError};
use crate::options::{Rate, SessionOptions};
use crate::ring::PacketRing;
use crate::source::SourceUrl;

/// What came of waiting for a frame.
#[derive(Debug, Clone)]
pub enum Next {
    /// The next frame.
    Frame(Frame),
    /// Nothing yet; ask again.
    Idle,
    /// The stream is over. Every later call says so again.
    Ended(Ended),
}

/// How a stream ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Frames received.
    pub frames: u64,
    /// From stream time 0 to the end of the last frame.
    pub duration: Duration,
    /// The stream ended before it should have, or part of it could not be decoded: why, one clause.
    pub cut_off: Option<String>,
}

/// What kind of pictures a stream carries.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamInfo {
    /// E.g. `h264`, `h265`, `jpeg`.
    pub codec: String,
    /// Size of the picture as the stream declares it.
    pub size: Option<Size>,
    /// Frames a second as the stream declares them.
    pub fps: Option<f64>,
}

/// Counters of a session, all since its start.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stats {
    /// Encoded frames received.
    pub frames_received: u64,
    /// Their bytes.
    pub packets_bytes: u64,
    /// Frames that came out of the decoder.
    pub frames_decoded: u64,
    /// Frames handed to the reader.
    pub frames_delivered: u64,
    /// Frames not handed to the reader, by reason.
    pub dropped: BTreeMap<&'static str, u64>,
    /// Quirks of the camera that a policy dealt with, by name.
    pub quirks: BTreeMap<&'static str, u64>,
    /// Between the last two key frames.
    pub key_frame_interval: Option<Duration>,
    /// When the last packet arrived, by this machine's clock.
    pub last_packet_at: Option<WallTime>,
    /// Seconds of stream received.
    pub video_s: f64,
}

/// One run of one camera. Dropping it stops it.
#[derive(Debug)]
pub struct Session {
    ring: PacketRing,
}

impl Session {
    /// Opens a source and waits for its first packet.
    ///
    /// # Errors
    /// Why there is no stream.
    pub fn open(source: &SourceUrl, options: SessionOptions) -> Result<Self, SourceError> {
        let _ = PacketRing::new(options.run, options.ring);
        Err(SourceError::Failed {
            source_name: source.redacted().to_owned(),
            reason: FailReason::Other,
            detail: "not built yet".to_owned(),
        })
    }

    /// Waits at most `timeout` for the next frame.
    ///
    /// # Errors
    /// The stream failed; every later call says so again.
    pub fn next(&mut self, timeout: Duration) -> Result<Next, SourceError> {
        let _ = timeout;
        Ok(Next::Idle)
    }

    /// Changes how much is decoded and delivered, from the next packet on.
    pub fn set_rate(&self, rate: Rate) {
        let _ = rate;
    }

    /// What has been counted so far.
    pub fn stats(&self) -> Stats {
        Stats::default()
    }

    /// What kind of pictures the stream carries, as of its newest packet.
    pub fn info(&self) -> StreamInfo {
        StreamInfo { codec: String::new(), size: None, fps: None }
    }

    /// Stream time of the newest packet received.
    pub fn position(&self) -> Option<StreamTime> {
        self.ring.newest()
    }

    /// The ring of encoded packets.
    pub fn ring(&self) -> PacketRing {
        self.ring.clone()
    }
}
