//! How a session is to be run: plain data, chosen by the caller.

use std::time::Duration;

use events::site::DecodePolicy;
use events::{CameraId, RunId, WallTime};

/// Who waits for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// The camera sets the pace: the newest frame wins, and each frame it displaced is counted.
    Live,
    /// The reader sets the pace: as fast as it reads, nothing lost. A frame is decoded only after the reader came back
    /// for it, so that [`crate::Session::set_rate`] takes effect at the same packet in every run.
    Offline,
}

/// How much of the stream is decoded and delivered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rate {
    /// Every key frame, and as much more as [`DecodePolicy::min_fps`] asks for where GOPs are long.
    KeyFrames,
    /// This many frames a second, evenly spaced in stream time. Not positive or not finite: as [`Rate::KeyFrames`].
    Fps(f64),
    /// Every frame.
    Full,
}

/// How RTP travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Transport {
    /// TCP inside the RTSP connection; UDP if the server refuses that (461).
    #[default]
    Auto,
    /// TCP only.
    Tcp,
    /// UDP only.
    Udp,
}

/// What a [`crate::Session`] needs to know beside its source.
#[derive(Debug, Clone)]
pub struct SessionOptions {
    /// Whose frames these are.
    pub camera: CameraId,
    /// Which connection; see [`RunId`].
    pub run: RunId,
    /// Who waits for whom.
    pub pace: Pace,
    /// How much is decoded.
    pub decode: DecodePolicy,
    /// How RTP travels.
    pub transport: Transport,
    /// How much encoded video is kept for clips, in stream time.
    pub ring: Duration,
    /// From opening to the first packet.
    pub connect_timeout: Duration,
    /// Longest silence of a stream.
    pub stall_timeout: Duration,
    /// Offline: the wall-clock time of stream time 0, where somebody knows it.
    pub start_at: Option<WallTime>,
}

impl SessionOptions {
    /// Offline, run 1, default decode policy, 30 s of ring, 10 s to connect, 15 s of silence.
    pub fn new(camera: CameraId) -> Self {
        Self {
            camera,
            run: RunId(1),
            pace: Pace::Offline,
            decode: DecodePolicy::default(),
            transport: Transport::Auto,
            ring: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(15),
            start_at: None,
        }
    }

    /// Sets who waits for whom.
    pub fn pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    /// Sets which connection this is.
    pub fn run(mut self, run: RunId) -> Self {
        self.run = run;
        self
    }

    /// Sets how much is decoded.
    pub fn decode(mut self, decode: DecodePolicy) -> Self {
        self.decode = decode;
        self
    }

    /// Sets how RTP travels.
    pub fn transport(mut self, transport: Transport) -> Self {
        self.transport = transport;
        self
    }

    /// Sets how much encoded video is kept.
    pub fn ring(mut self, ring: Duration) -> Self {
        self.ring = ring;
        self
    }

    /// Sets the longest time to the first packet.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Sets the longest silence.
    pub fn stall_timeout(mut self, limit: Duration) -> Self {
        self.stall_timeout = limit;
        self
    }

    /// Sets the wall-clock time of stream time 0.
    pub fn start_at(mut self, at: Option<WallTime>) -> Self {
        self.start_at = at;
        self
    }
}
