//! The scene's own time line: seconds that run on across connections, and the way back to moments.
//!
//! Within a run differences are taken on stream time, across runs on the wall clock, and time never runs backwards.

use std::collections::VecDeque;
use std::time::Duration;

use events::{ClockSource, Moment, RunId, StreamTime, WallTime};
use serde::{Deserialize, Serialize};

/// Seconds on the scene's time line; 0 is its first look.
pub(crate) type Seconds = f64;

/// A [`Moment`] that can be written down.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct When {
    run: u64,
    at_ns: i64,
    wall_ns: i64,
    max_error_ns: u64,
    source: u8,
}

impl From<Moment> for When {
    fn from(moment: Moment) -> Self {
        Self {
            run: moment.run.0,
            at_ns: moment.at.0,
            wall_ns: moment.wall.unix_ns,
            max_error_ns: u64::try_from(moment.wall.max_error.as_nanos()).unwrap_or(u64::MAX),
            source: match moment.wall.source {
                ClockSource::Arrival => 0,
                ClockSource::Declared => 1,
                ClockSource::Unknown => 2,
            },
        }
    }
}

impl From<When> for Moment {
    fn from(when: When) -> Self {
        Moment {
            run: RunId(when.run),
            at: StreamTime(when.at_ns),
            wall: WallTime {
                unix_ns: when.wall_ns,
                max_error: Duration::from_nanos(when.max_error_ns),
                source: match when.source {
                    0 => ClockSource::Arrival,
                    1 => ClockSource::Declared,
                    _ => ClockSource::Unknown,
                },
            },
        }
    }
}

/// Remembered looks: nothing asks for more than the longest stay behind an occluder, so older ones may go.
const REMEMBERED: usize = 900;

/// Remembered looks are at least this far apart, seconds.
const APART: Seconds = 0.75;

/// The time line.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Line {
    now: Seconds,
    last: Option<When>,
    looks: VecDeque<(Seconds, When)>,
}

impl Line {
    /// The time of the last look.
    pub(crate) fn now(&self) -> Seconds {
        self.now
    }

    /// The moment of the last look.
    pub(crate) fn last(&self) -> Option<Moment> {
        self.last.map(Moment::from)
    }

    /// How far `moment` lies after the last look, seconds, never negative.
    pub(crate) fn ahead(&self, moment: Moment) -> Seconds {
        let Some(last) = self.last else { return 0.0 };
        let ns = if last.run == moment.run.0 {
            moment.at.0.saturating_sub(last.at_ns)
        } else {
            moment.wall.unix_ns.saturating_sub(last.wall_ns)
        };
        (ns as f64 / 1e9).max(0.0)
    }

    /// Goes on to `moment`.
    pub(crate) fn advance(&mut self, moment: Moment) -> Seconds {
        self.now += self.ahead(moment);
        self.last = Some(moment.into());
        if self.looks.back().is_none_or(|(t, _)| self.now - t >= APART) {
            self.looks.push_back((self.now, moment.into()));
            if self.looks.len() > REMEMBERED {
                self.looks.pop_front();
            }
        }
        self.now
    }

    /// Goes to a look that was written down.
    pub(crate) fn go_to(&mut self, now: Seconds, at: When) {
        if self.looks.back().is_some_and(|(t, _)| *t > now) {
            // A scene that began anew counts its seconds from the beginning.
            self.looks.clear();
        }
        (self.now, self.last) = (now, Some(at));
        if self.looks.back().is_none_or(|(t, _)| now - t >= APART) {
            self.looks.push_back((now, at));
            if self.looks.len() > REMEMBERED {
                self.looks.pop_front();
            }
        }
    }

    /// The moment of a time that has passed: of the last remembered look not after it, moved on by the rest when no
    /// reconnection lies between; of the oldest look remembered when it is older than all.
    pub(crate) fn moment(&self, t: Seconds) -> Moment {
        let index = self.looks.partition_point(|(look, _)| *look <= t);
        let (at, when) = match index.checked_sub(1).and_then(|i| self.looks.get(i)).or(self.looks.front()) {
            Some((at, when)) => (*at, *when),
            None => return self.last().unwrap_or(Moment { run: RunId(0), at: StreamTime(0), wall: WallTime::known(0) }),
        };
        let same_run = self.looks.get(index).map_or(self.last.map(|l| l.run), |(_, w)| Some(w.run)) == Some(when.run);
        let rest = if same_run { ((t - at).max(0.0) * 1e9).round() as i64 } else { 0 };
        Moment::from(When { at_ns: when.at_ns.saturating_add(rest), wall_ns: when.wall_ns.saturating_add(rest), ..when })
    }
}
