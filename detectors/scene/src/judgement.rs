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

/// Was a look judged, and if not, why?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// It was.
    Judging,
    /// The empty street is not known yet.
    Learning,
    /// The view is not what was learnt.
    View,
    /// The light jumped, or something large passes close by.
    Light,
}

/// A condition that failed, with what would have met it.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// Its name, what was measured and what was needed.
    pub fact: Fact,
    /// What was needed is a lower bound; else an upper one.
    pub at_least: bool,
    /// How far it failed as a share of what was needed, 0..=1: 0 is met, 1 is nothing of it (or twice as much).
    pub short_by: f64,
    /// The key of the zone or of its rule in the site file that sets the bound; `None` where it is built in.
    pub set_by: Option<&'static str>,
}

/// An episode that was not raised (or not yet), and what it lacked in the look in which it came nearest.
#[derive(Debug, Clone, PartialEq)]
pub struct NearMiss {
    /// Which thing of this camera: the same for all that it might have been.
    pub thing: u64,
    /// Of what it would have been.
    pub kind: Kind,
    /// In which zone.
    pub zone: ZoneId,
    /// When it began.
    pub first_seen: Moment,
    /// When it was last seen.
    pub last_seen: Moment,
    /// When it came nearest to being raised.
    pub nearest: Moment,
    /// Where, then, in 0..1 of the picture.
    pub bbox: BBox,
    /// The conditions that failed then, the one that failed by most first. Never empty.
    pub failed: Vec<Condition>,
    /// What they are short by together; the smaller, the nearer it came.
    pub short_by: f64,
}
