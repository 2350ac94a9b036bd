//! Time as the pipeline knows it. Nothing below ingest reads a clock: it reads the [`Stamp`].

use std::time::Duration;

use crate::id::{CameraId, RunId};

/// Nanoseconds of stream since the first frame of the run (offline: since the start of the file).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct StreamTime(pub i64);

impl StreamTime {
    /// From seconds, rounded to the nanosecond.
    pub fn from_secs_f64(seconds: f64) -> Self {
        Self((seconds * 1e9).round() as i64)
    }

    /// In seconds.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

/// Where a wall-clock time comes from, and so how far it can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClockSource {
    /// This machine's clock when the frame arrived.
    Arrival,
    /// Told by a person or by the file (`--start-at`, a container tag).
    Declared,
    /// Nobody knows: counted from 1970-01-01T00:00:00Z. Such a time is good for differences only.
    Unknown,
}

impl ClockSource {
    /// The name used in manifests and events.
    pub fn wire_name(self) -> &'static str {
        match self {
            ClockSource::Arrival => "arrival",
            ClockSource::Declared => "declared",
            ClockSource::Unknown => "unknown",
        }
    }
}

/// A wall-clock time with its uncertainty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WallTime {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    pub unix_ns: i64,
    /// The true time lies within plus or minus this.
    pub max_error: Duration,
    /// Whose clock it is.
    pub source: ClockSource,
}

impl WallTime {
    /// A declared time without error; for tests and files whose start is known.
    pub fn known(unix_ns: i64) -> Self {
        Self { unix_ns, max_error: Duration::ZERO, source: ClockSource::Declared }
    }

    /// How long after `earlier` this is; zero when it is not after it.
    pub fn since(self, earlier: WallTime) -> Duration {
        Duration::from_nanos(u64::try_from(self.unix_ns.saturating_sub(earlier.unix_ns)).unwrap_or(0))
    }

    /// RFC 3339 in UTC with milliseconds, e.g. `2026-10-01T08:00:00.000Z`.
    pub fn to_rfc3339(self) -> String {
        let ms = self.unix_ns.div_euclid(1_000_000);
        let timestamp = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::MAX);
        format!("{timestamp:.3}")
    }
}

/// A frame's identity and time. Given once, by ingest; never again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The camera.
    pub camera: CameraId,
    /// Its connection.
    pub run: RunId,
    /// Counts frames *received* in the run, so gaps between frames seen are normal.
    pub seq: u64,
    /// Stream time.
    pub at: StreamTime,
    /// Wall-clock time.
    pub wall: WallTime,
}

impl Stamp {
    /// The moment without the camera's name and the frame's number.
    pub fn moment(&self) -> Moment {
        Moment { run: self.run, at: self.at, wall: self.wall }
    }
}

/// A point in time on one camera, in both clocks. Differences across runs are taken on `wall`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The run that `at` belongs to.
    pub run: RunId,
    /// Stream time within that run.
    pub at: StreamTime,
    /// Wall-clock time.
    pub wall: WallTime,
}
