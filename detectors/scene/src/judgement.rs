//! What a scene says.

use events::{BBox, Candidate, CandidateId, Fact, Kind, Moment, Observation, ZoneId};

/// One thing a scene has to say about what it saw.
#[derive(Debug, Clone, PartialEq)]
pub enum Judgement {
    /// An episode that may become a candidate: keep its first-seen still and the pre-roll.
    Opened {
        /// The id the candidate will have.
        id: CandidateId,
        /// Of what.
        kind: Kind,
        /// In which zone.
        zone: ZoneId,
        /// When it began.
        first_seen: Moment,
        /// Where, in 0..1 of the picture.
        bbox: BBox,
    },
    /// An opened episode was dropped without being raised.
    Closed {
        /// Which.
        id: CandidateId,
    },
    /// The rule was met.
    Raised(Box<Candidate>),
    /// A later fact on a raised candidate or on the camera.
    Observed(Observation),
}

/// Does the scene want more frames than the quiet rate?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attention {
    /// Nothing undecided goes on.
    Quiet,
    /// Something was just put down or is being decided.
    Active,
}

/// An episode that was not raised (or not yet), and what it lacked.
#[derive(Debug, Clone, PartialEq)]
pub struct NearMiss {
    /// Of what it would have been.
    pub kind: Kind,
    /// In which zone.
    pub zone: ZoneId,
    /// When it began.
    pub first_seen: Moment,
    /// When it was last looked at.
    pub last_seen: Moment,
    /// Where, in 0..1 of the picture.
    pub bbox: BBox,
    /// The conditions that failed, with what was measured and what was needed.
    pub failed: Vec<Fact>,
}
