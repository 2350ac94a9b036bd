//! A live camera that is kept connected: a session at a time, a new run each, with back-off between.

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use events::site::DecodePolicy;
use events::{CameraId, Frame, RunId, Size, StreamTime};

use crate::backoff::{Backoff, BackoffPolicy};
use crate::error::{FailReason, SourceError};
use crate::options::{Pace, Rate, SessionOptions, Transport};
use crate::ring::PacketRing;
use crate::session::{Ended, Next, Session, Stats};
use crate::source::SourceUrl;
use crate::telemetry;

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

/// What a camera is doing.
#[derive(Debug)]
enum Phase {
    Waiting { until: Instant },
    Connecting { session: Session },
    Streaming { session: Session, since: Instant },
}

/// A live camera that is kept connected. It has no thread of its own: [`Camera::next`] connects, reads and reconnects, so
/// its owner is the only one who ever waits, and dropping it stops it at once.
#[derive(Debug)]
pub struct Camera {
    spec: CameraSpec,
    phase: Phase,
    backoff: Backoff,
    rate: Option<Rate>,
    /// How the next run tries to reach it: as told, or over UDP right away where TCP was refused. Some servers refuse a
    /// second attempt so soon after the first.
    transport: Transport,
    run: RunId,
    ring: PacketRing,
    last_stats: Stats,
    /// States not told yet.
    news: VecDeque<CameraState>,
}

impl Camera {
    /// Begins to watch a camera. Nothing is awaited here; [`Camera::next`] does the work.
    pub fn start(spec: CameraSpec) -> Self {
        let ring = PacketRing::new(RunId(0), spec.ring);
        let backoff = Backoff::new(spec.backoff);
        let phase = Phase::Waiting { until: Instant::now() };
        Self {
            phase,
            backoff,
            rate: None,
            transport: spec.transport,
            run: RunId(0),
            ring,
            last_stats: Stats::default(),
            news: VecDeque::new(),
            spec,
        }
    }

    /// Waits at most `timeout` for the next frame or change of state. It drives connecting and reconnecting too, so call
    /// it all the time: from the camera's own thread.
    pub fn next(&mut self, timeout: Duration) -> CameraEvent {
        let deadline = Instant::now() + timeout;
        loop {
            if let Some(state) = self.news.pop_front() {
                return CameraEvent::State(state);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if let Some(frame) = self.step(left) {
                return CameraEvent::Frame(frame);
            }
            if self.news.is_empty() && Instant::now() >= deadline {
                return CameraEvent::Idle;
            }
        }
    }

    /// One step of whatever it is doing, at most `left` long.
    fn step(&mut self, left: Duration) -> Option<Frame> {
        match &mut self.phase {
            Phase::Waiting { until } => {
                let wait = until.saturating_duration_since(Instant::now());
                if wait > left {
                    std::thread::sleep(left);
                    return None;
                }
                std::thread::sleep(wait);
                self.connect();
                None
            }
            Phase::Connecting { session } => {
                match session.poll_open(left) {
                    Ok(true) => self.opened(),
                    Ok(false) => {}
                    Err(error) => self.failed(&error, Duration::ZERO),
                }
                None
            }
            Phase::Streaming { session, since } => {
                let streamed = since.elapsed();
                match session.next(left) {
                    Ok(Next::Frame(frame)) => return Some(frame),
                    Ok(Next::Idle) => {}
                    Ok(Next::Ended(Ended { cut_off, .. })) => {
                        let detail = cut_off.unwrap_or_else(|| "it closed the stream".to_owned());
                        let source_name = self.spec.source.redacted().to_owned();
                        self.failed(&SourceError::Failed { source_name, reason: FailReason::Ended, detail }, streamed);
                    }
                    Err(error) => self.failed(&error, streamed),
                }
                None
            }
        }
    }

    fn connect(&mut self) {
        self.run = next_run(self.run, SystemTime::now());
        self.news.push_back(CameraState::Connecting { run: self.run });
        let options = SessionOptions::new(self.spec.id.clone())
            .run(self.run)
            .pace(Pace::Live)
            .decode(self.spec.decode)
            .transport(self.transport)
            .ring(self.spec.ring)
            .connect_timeout(self.spec.connect_timeout)
            .stall_timeout(self.spec.stall_timeout);
        match Session::begin(&self.spec.source, options) {
            Ok(session) => {
                if let Some(rate) = self.rate {
                    session.set_rate(rate);
                }
                self.phase = Phase::Connecting { session };
            }
            Err(error) => self.failed(&error, Duration::ZERO),
        }
    }

    fn opened(&mut self) {
        let waiting = Phase::Waiting { until: Instant::now() };
        if let Phase::Connecting { session } = std::mem::replace(&mut self.phase, waiting) {
            let info = session.info();
            self.ring = session.ring();
            self.news.push_back(CameraState::Streaming { run: self.run, codec: info.codec, size: info.size, fps: info.fps });
            self.phase = Phase::Streaming { session, since: Instant::now() };
            telemetry::run_began(&self.spec.id);
        }
    }

    fn failed(&mut self, error: &SourceError, streamed: Duration) {
        let reason = error.reason();
        let retry_in = self.backoff.failed(&reason, streamed, &mut rand::rng());
        self.last_stats = self.stats();
        self.transport = match &self.phase {
            // What was learnt before did not help: begin as told.
            Phase::Connecting { .. } if self.transport != self.spec.transport => self.spec.transport,
            Phase::Connecting { session } | Phase::Streaming { session, .. } => session.transport(),
            Phase::Waiting { .. } => self.spec.transport,
        };
        // The session is dropped here, and with it its threads and sockets.
        self.phase = Phase::Waiting { until: Instant::now() + retry_in };
        telemetry::camera_failed(&self.spec.id, &reason);
        tracing::warn!(camera = %self.spec.id, reason = reason.wire_name(), retry_in_s = retry_in.as_secs_f64(), "{error}");
        self.news.push_back(CameraState::Failed { reason, detail: error.to_string(), retry_in });
    }

    /// The ring of the current run, or of the last one while there is none. A new run has a new ring.
    pub fn ring(&self) -> PacketRing {
        self.ring.clone()
    }

    /// Changes how much is decoded and delivered; later runs begin with it.
    pub fn set_rate(&mut self, rate: Rate) {
        self.rate = Some(rate);
        match &self.phase {
            Phase::Waiting { .. } => {}
            Phase::Connecting { session } | Phase::Streaming { session, .. } => session.set_rate(rate),
        }
    }

    /// Counters of the current run, or of the last one while there is none.
    pub fn stats(&self) -> Stats {
        match &self.phase {
            Phase::Waiting { .. } => self.last_stats.clone(),
            Phase::Connecting { session } | Phase::Streaming { session, .. } => session.stats(),
        }
    }

    /// Stream time of the newest packet of the current run.
    pub fn position(&self) -> Option<StreamTime> {
        match &self.phase {
            Phase::Waiting { .. } | Phase::Connecting { .. } => None,
            Phase::Streaming { session, .. } => session.position(),
        }
    }
}

/// The wall clock in milliseconds, and never a number that was used before, should that clock be set back.
fn next_run(last: RunId, now: SystemTime) -> RunId {
    let ms = now.duration_since(UNIX_EPOCH).ok().and_then(|since| u64::try_from(since.as_millis()).ok()).unwrap_or(0);
    RunId(ms.max(last.0 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_never_used_twice() {
        let now = UNIX_EPOCH + Duration::from_millis(5_000);
        assert_eq!(next_run(RunId(0), now), RunId(5_000));
        assert_eq!(next_run(RunId(5_000), now), RunId(5_001));
        assert_eq!(next_run(RunId(5_001), UNIX_EPOCH), RunId(5_002));
    }
}
