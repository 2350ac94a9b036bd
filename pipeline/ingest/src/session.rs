//! One run of one camera: bytes in, stamped frames and a ring of encoded packets out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use events::{Frame, Size, StreamTime, WallTime};

use crate::error::{FailReason, SourceError};
use crate::handover::{End, Taken};
use crate::options::{Pace, Rate, SessionOptions, Transport};
use crate::pipeline::{self, Running};
use crate::ring::PacketRing;
use crate::source::{Kind, SourceUrl};
use crate::tap::Tap;

/// A camera whose packets yield no picture is given up after so many times its stall timeout. Chosen so that the longest
/// common distance of key frames (10 s and more) passes well within the default of a minute.
const PATIENCE: u32 = 4;

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
    source: SourceUrl,
    options: SessionOptions,
    tap: Arc<Tap>,
    /// `None` only between two attempts.
    running: Option<Running>,
    transport: Transport,
    began: Instant,
    opened: bool,
    /// Since when the reader has seen no packet come.
    quiet: (u64, Instant),
    /// Since when it has seen packets come, but none that could be made a picture.
    blind: (u64, Instant),
    /// What a file lacks of what it promises.
    missing_bytes: u64,
    over: Option<Result<Ended, SourceError>>,
}

impl Session {
    /// Opens a source and waits for its first packet, at most [`SessionOptions::connect_timeout`].
    ///
    /// # Errors
    /// Why there is no stream.
    pub fn open(source: &SourceUrl, options: SessionOptions) -> Result<Self, SourceError> {
        let mut session = Self::begin(source, options)?;
        while !session.poll_open(Duration::from_secs(1))? {}
        Ok(session)
    }

    /// Begins to open a source and waits for nothing.
    pub(crate) fn begin(source: &SourceUrl, options: SessionOptions) -> Result<Self, SourceError> {
        crate::init().map_err(|cause| SourceError::Init { source_name: source.redacted().to_owned(), cause })?;
        let missing_bytes = match source.kind() {
            Kind::File(path) => check_file(source, path)?,
            Kind::Rtsp | Kind::Http => 0,
        };
        let transport = options.transport;
        let tap = Arc::new(Tap::new(&options, source.is_live(), transport));
        if let Kind::File(path) = source.kind()
            && let Some(longest) = longest_gop(path)
        {
            tap.expect_gops(longest);
        }
        let running = pipeline::start(source, &options, transport, &tap)?;
        let began = Instant::now();
        Ok(Self {
            source: source.clone(),
            options,
            tap,
            running: Some(running),
            transport,
            began,
            opened: false,
            quiet: (0, began),
            blind: (0, began),
            missing_bytes,
            over: None,
        })
    }

    /// Waits at most `timeout` for the first packet; `true` once it came.
    pub(crate) fn poll_open(&mut self, timeout: Duration) -> Result<bool, SourceError> {
        if self.opened {
            return Ok(true);
        }
        let left = self.options.connect_timeout.saturating_sub(self.began.elapsed());
        match self.tap.handover.wait_open(timeout.min(left)) {
            Some(Ok(())) => {
                self.opened = true;
                self.quiet = (0, Instant::now());
                self.blind = self.quiet;
                Ok(true)
            }
            Some(Err(End::Failed { reason: FailReason::Transport, .. })) if self.transport == Transport::Auto => {
                self.transport = Transport::Udp;
                self.tap.handover.close();
                self.running = None;
                self.tap = Arc::new(Tap::new(&self.options, self.source.is_live(), self.transport));
                self.running = Some(pipeline::start(&self.source, &self.options, self.transport, &self.tap)?);
                Ok(false)
            }
            Some(Err(End::Failed { reason, detail })) => Err(self.failed(reason, detail)),
            Some(Err(End::Complete)) => {
                Err(self.failed(FailReason::NoVideo, "it ended without a single frame of video".to_owned()))
            }
            None if self.began.elapsed() >= self.options.connect_timeout => {
                let limit = self.options.connect_timeout.as_secs_f64();
                // A disk answers: a file of which nothing came is one nobody can read.
                let reason = match self.source.kind() {
                    Kind::File(_) => FailReason::Corrupt,
                    Kind::Rtsp | Kind::Http => FailReason::Timeout,
                };
                Err(self.failed(reason, format!("no picture came within {limit} s")))
            }
            None => Ok(false),
        }
    }

    /// Waits at most `timeout` for the next frame.
    ///
    /// # Errors
    /// The stream failed; every later call says so again. A file that breaks off after its first frame is not an error but
    /// [`Next::Ended`] with [`Ended::cut_off`].
    pub fn next(&mut self, timeout: Duration) -> Result<Next, SourceError> {
        if let Some(over) = &self.over {
            return over.clone().map(Next::Ended);
        }
        match self.tap.handover.take(timeout) {
            Taken::Frame(frame) => {
                self.tap.taken();
                self.quiet.1 = Instant::now();
                self.blind.1 = self.quiet.1;
                Ok(Next::Frame(frame))
            }
            Taken::End(end) => {
                let over = self.end(end);
                self.over = Some(over.clone());
                over.map(Next::Ended)
            }
            Taken::Nothing => {
                self.check_stall()?;
                Ok(Next::Idle)
            }
        }
    }

    fn end(&self, end: End) -> Result<Ended, SourceError> {
        let (frames, end_ns) = self.tap.length();
        let ended = |cut_off| Ended { frames, duration: Duration::from_nanos(u64::try_from(end_ns).unwrap_or(0)), cut_off };
        match end {
            End::Complete if self.missing_bytes > 0 => {
                Ok(ended(Some(format!("the file was cut off: {} bytes are missing", self.missing_bytes))))
            }
            End::Complete => Ok(ended(self.tap.shortfall())),
            End::Failed { detail, .. } if !self.source.is_live() && frames > 0 => Ok(ended(Some(detail))),
            End::Failed { reason, detail } => Err(self.failed(reason, detail)),
        }
    }

    /// Silence is measured while the reader waits: one that did not ask for a frame cannot blame the camera.
    fn check_stall(&mut self) -> Result<(), SourceError> {
        let (received, _) = self.tap.length();
        if received != self.quiet.0 {
            self.quiet = (received, Instant::now());
        }
        let pictures = self.tap.pictures();
        if pictures != self.blind.0 {
            self.blind = (pictures, Instant::now());
        }
        let paced_file = self.options.pace == Pace::Live && !self.source.is_live();
        let (silent, blind) = (self.options.stall_timeout, self.options.stall_timeout.saturating_mul(PATIENCE));
        let error = if !paced_file && self.quiet.1.elapsed() >= silent {
            self.failed(FailReason::Stalled, format!("nothing came for {} s", silent.as_secs_f64()))
        } else if self.source.is_live() && self.blind.1.elapsed() >= blind {
            let detail = format!("for {} s none of its packets could be made a picture", blind.as_secs_f64());
            self.failed(FailReason::Corrupt, detail)
        } else {
            return Ok(());
        };
        self.over = Some(Err(error.clone()));
        Err(error)
    }

    /// How it is, or was last, tried to be reached.
    pub(crate) fn transport(&self) -> Transport {
        self.transport
    }

    fn failed(&self, reason: FailReason, detail: String) -> SourceError {
        SourceError::Failed { source_name: self.source.redacted().to_owned(), reason, detail }
    }

    /// Changes how much is decoded and delivered, from the next packet on; more than key frames from the next key frame on.
    pub fn set_rate(&self, rate: Rate) {
        self.tap.set_rate(rate);
    }

    /// What has been counted so far.
    pub fn stats(&self) -> Stats {
        self.tap.stats()
    }

    /// What kind of pictures the stream carries, as of its newest packet.
    pub fn info(&self) -> StreamInfo {
        self.tap.info()
    }

    /// Stream time of the newest packet received.
    pub fn position(&self) -> Option<StreamTime> {
        self.tap.ring().newest()
    }

    /// The ring of encoded packets.
    pub fn ring(&self) -> PacketRing {
        self.tap.ring()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Before the pipeline stops: its thread may be waiting for this reader.
        self.tap.handover.close();
    }
}

/// What a file's index says of its groups of pictures. A pipe has none, and must not be read twice.
fn longest_gop(path: &std::path::Path) -> Option<i64> {
    let regular = std::fs::metadata(path).is_ok_and(|facts| facts.is_file());
    let mut file = regular.then(|| std::fs::File::open(path).ok())??;
    crate::cadence::longest_gop(&mut file).ok()?
}

/// Is the file there, and how many bytes does it lack of what it promises?
fn check_file(source: &SourceUrl, path: &std::path::Path) -> Result<u64, SourceError> {
    let failed = |reason, detail: String| SourceError::Failed { source_name: source.redacted().to_owned(), reason, detail };
    let other = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => failed(FailReason::NotFound, "there is no such file".to_owned()),
        _ => failed(FailReason::Other, format!("the file cannot be read ({error})")),
    };
    let facts = std::fs::metadata(path).map_err(other)?;
    if facts.is_dir() {
        return Err(failed(FailReason::Corrupt, "this is a folder, not a video".to_owned()));
    }
    let mut file = std::fs::File::open(path).map_err(other)?;
    // A pipe or device has no length to be short of.
    if !facts.is_file() {
        return Ok(0);
    }
    if facts.len() == 0 {
        return Err(failed(FailReason::Corrupt, "the file is empty".to_owned()));
    }
    let missing = crate::container::missing(&mut file).map_err(other)?;
    if missing.index {
        return Err(failed(
            FailReason::Corrupt,
            "the file was cut off before its index, without which it cannot be read".to_owned(),
        ));
    }
    Ok(missing.bytes)
}
