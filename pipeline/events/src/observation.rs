//! A later fact: on a candidate, or on a camera.

use crate::geometry::BBox;
use crate::id::{CameraId, CandidateId};
use crate::time::Moment;

/// What became of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CandidateState {
    /// Still there.
    Present,
    /// Gone, and seen to be gone.
    Cleared,
    /// The camera can no longer tell (it moved, the zone was removed, the run of looks broke for too long).
    Lost,
}

impl CandidateState {
    /// Its name on the wire.
    pub fn wire_name(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Cleared => "cleared",
            Self::Lost => "lost",
        }
    }
}

/// How a camera's picture is. Only `Ok` counts as observing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Health {
    /// Watching.
    Ok,
    /// No stream.
    Offline,
    /// The same picture again and again.
    Frozen,
    /// Too dark to judge.
    Dark,
    /// Out of focus.
    Blurred,
    /// Something in front of the lens.
    Covered,
    /// Turned away from its reference view.
    Moved,
}

impl Health {
    /// All states.
    pub const ALL: [Health; 7] =
        [Health::Ok, Health::Offline, Health::Frozen, Health::Dark, Health::Blurred, Health::Covered, Health::Moved];

    /// Its name on the wire.
    pub fn wire_name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Offline => "offline",
            Self::Frozen => "frozen",
            Self::Dark => "dark",
            Self::Blurred => "blurred",
            Self::Covered => "covered",
            Self::Moved => "moved",
        }
    }
}

/// What an observation is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// A candidate raised earlier.
    Candidate {
        /// Which.
        id: CandidateId,
        /// What became of it.
        state: CandidateState,
        /// Where it is or was.
        bbox: BBox,
    },
    /// The camera itself.
    Camera {
        /// How it is.
        health: Health,
    },
}

/// A later fact on a candidate or on a camera.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The camera that saw it.
    pub camera: CameraId,
    /// When it became true (for `cleared`: since when the thing was not there).
    pub at: Moment,
    /// What.
    pub subject: Subject,
}
