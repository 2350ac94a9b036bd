//! From a camera's timestamps to stream time and wall-clock time. Pure: the arrival time comes in as an argument.

use std::collections::VecDeque;
use std::time::Duration;

use events::{ClockSource, StreamTime, WallTime};

/// A step between two timestamps longer than this is the camera's clock being set, not video.
const JUMP_NS: i64 = 5_000_000_000;

/// A forward step that the arrival clock saw too, to within this, is a pause of the stream.
const PAUSE_TOLERANCE_NS: i64 = 1_000_000_000;

/// Frame interval assumed before one was seen: 25 frames a second.
const NOMINAL_NS: i64 = 40_000_000;

/// How far a repeated timestamp is moved, so that no two frames share one; far below any frame interval.
const REPEAT_STEP_NS: i64 = 1_000_000;

/// Timestamps remembered to notice a repeated one; above the deepest reorder H.264 and H.265 allow (16).
const REMEMBERED: usize = 17;

/// What an unknown camera and network may add between the light and the arrival of a frame: exposure, encoder and network
/// buffers. Chosen so that it covers several frame intervals of buffering at 25 frames a second; not measured.
const UNKNOWN_DELAY: Duration = Duration::from_millis(300);

/// How fast a camera's clock may run away from ours without that being taken for jitter. Chosen so that a clock a minute off
/// in four days is followed, while a second of real delay would have to last over an hour to be forgotten.
const DRIFT_PER_NS: f64 = 200e-6;

/// What is believed of a source's timestamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PtsPolicy {
    /// A file: the container's time, 0 is its start. Only a step backwards is a jump (two recordings glued together);
    /// a step forwards is a gap in the recording.
    File,
    /// A live stream: 0 is its first packet. A step beyond 5 s either way that the arrival clock did not see is the camera's
    /// clock being set: stream time goes on from arrival.
    Live,
}

/// What a camera did that a policy dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quirk {
    /// No presentation time: the decoding time was taken, or the last one and a frame interval.
    MissingPts,
    /// The time of an earlier frame again: moved by a millisecond. Some cameras repeat it after each key frame.
    RepeatedPts,
    /// A jump: stream time goes on without it.
    PtsJump,
    /// The picture's size changed; frames and ring go on in the same run, a clip ends there.
    ResolutionChange,
}

impl Quirk {
    pub(crate) fn wire_name(self) -> &'static str {
        match self {
            Self::MissingPts => "missing_pts",
            Self::RepeatedPts => "repeated_pts",
            Self::PtsJump => "pts_jump",
            Self::ResolutionChange => "resolution_change",
        }
    }
}

/// Places packets in stream time.
#[derive(Debug)]
pub(crate) struct Timeline {
    policy: PtsPolicy,
    /// Added to a packet's own time.
    shift: Option<i64>,
    newest: Option<i64>,
    recent: VecDeque<i64>,
    nominal: i64,
    arrived: i64,
}

impl Timeline {
    pub(crate) fn new(policy: PtsPolicy) -> Self {
        Self { policy, shift: None, newest: None, recent: VecDeque::new(), nominal: NOMINAL_NS, arrived: 0 }
    }

    /// Frame interval, as last seen in the stream, in ns.
    pub(crate) fn nominal(&self) -> i64 {
        self.nominal
    }

    /// The stream time of a packet with these timestamps (ns of running time) that arrived at `arrival` (ns of any clock).
    pub(crate) fn place(&mut self, pts: Option<i64>, dts: Option<i64>, arrival: i64) -> (StreamTime, Option<Quirk>) {
        let mut quirk = pts.is_none().then_some(Quirk::MissingPts);
        let own = match (pts.or(dts), self.newest, self.shift) {
            (Some(own), _, _) => own,
            (None, Some(newest), Some(shift)) => newest.saturating_add(self.nominal).saturating_sub(shift),
            (None, _, _) => 0,
        };
        let shift = *self.shift.get_or_insert(match self.policy {
            PtsPolicy::File => 0,
            PtsPolicy::Live => own.saturating_neg(),
        });
        let mut at = own.saturating_add(shift);
        if let Some(newest) = self.newest {
            let elapsed = arrival.saturating_sub(self.arrived);
            if self.is_jump(at.saturating_sub(newest), elapsed) {
                let step = match self.policy {
                    PtsPolicy::File => self.nominal,
                    PtsPolicy::Live => elapsed.max(self.nominal),
                };
                at = newest.saturating_add(step);
                self.shift = Some(at.saturating_sub(own));
                self.recent.clear();
                quirk = Some(Quirk::PtsJump);
            } else {
                while self.recent.contains(&at) {
                    at = at.saturating_add(REPEAT_STEP_NS);
                    quirk = quirk.or(Some(Quirk::RepeatedPts));
                }
                let step = at.saturating_sub(newest);
                if quirk.is_none() && step > REPEAT_STEP_NS && step < 1_000_000_000 {
                    self.nominal = step;
                }
            }
        }
        self.recent.push_back(at);
        if self.recent.len() > REMEMBERED {
            self.recent.pop_front();
        }
        self.newest = Some(self.newest.map_or(at, |newest| newest.max(at)));
        self.arrived = arrival;
        (StreamTime(at), quirk)
    }

    fn is_jump(&self, step: i64, elapsed: i64) -> bool {
        if step < -JUMP_NS {
            return true;
        }
        match self.policy {
            PtsPolicy::File => false,
            PtsPolicy::Live => step > JUMP_NS && (step - elapsed).abs() > PAUSE_TOLERANCE_NS,
        }
    }
}

/// Gives frames their wall-clock time.
#[derive(Debug)]
pub(crate) enum WallClock {
    /// Arrival, with the jitter measured so far as uncertainty.
    Arrival { floor: Option<f64>, at: i64 },
    /// A declared start, or none.
    Start(Option<WallTime>),
}

impl WallClock {
    /// The wall-clock time of a packet at stream time `at` that arrived at `arrival_unix_ns`.
    pub(crate) fn read(&mut self, at: StreamTime, arrival_unix_ns: i64) -> WallTime {
        match self {
            Self::Start(Some(start)) => WallTime {
                unix_ns: start.unix_ns.saturating_add(at.0),
                max_error: start.max_error,
                source: ClockSource::Declared,
            },
            Self::Start(None) => WallTime { unix_ns: at.0, max_error: Duration::ZERO, source: ClockSource::Unknown },
            Self::Arrival { floor, at: before } => {
                // The fastest packet so far says how far the two clocks are apart; what is slower was held up on its way.
                let apart = arrival_unix_ns.saturating_sub(at.0) as f64;
                let allowed = (at.0 - *before).max(0) as f64 * DRIFT_PER_NS;
                let lowest = floor.map_or(apart, |floor| (floor + allowed).min(apart));
                (*floor, *before) = (Some(lowest), at.0);
                let late = Duration::from_nanos((apart - lowest).max(0.0) as u64);
                WallTime { unix_ns: arrival_unix_ns, max_error: UNKNOWN_DELAY.saturating_add(late), source: ClockSource::Arrival }
            }
        }
    }
}

#[cfg(test)]
mod tests;
