//! A candidate: the machine's opinion that a violation is going on. Never called a violation; only a decision makes one.

use crate::geometry::BBox;
use crate::id::{CameraId, CandidateId, PermitId, ZoneId};
use crate::kind::Kind;
use crate::score::Score;
use crate::time::Moment;

/// One condition of a rule, with what was measured and what was needed.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// The field's name for it, e.g. `dwell`, `attended_share`.
    pub name: &'static str,
    /// What was measured.
    pub value: f64,
    /// What was needed (a lower or an upper bound, as the name says), where there is a bound.
    pub needed: Option<f64>,
    /// `s`, `share`, `count`, or empty.
    pub unit: &'static str,
}

/// The rule's trace: why the candidate was raised.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Why {
    /// One sentence, e.g. `stood 4 min 12 s, attended 83 % of it`.
    pub text: String,
    /// The conditions behind it.
    pub facts: Vec<Fact>,
}

/// A model that took part, by name and digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelRef {
    /// The model folder's name.
    pub name: String,
    /// SHA-256 of the ONNX file, hex.
    pub sha256: String,
}

/// The machine's opinion. Evidence is joined to it when it is written (`wire::v1`).
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Derived from place, kind and first-seen time: see [`CandidateId::derive`].
    pub id: CandidateId,
    /// Of what.
    pub kind: Kind,
    /// On which camera.
    pub camera: CameraId,
    /// In which zone.
    pub zone: ZoneId,
    /// The version of the zone it was judged by.
    pub zone_version: String,
    /// The permit that covers it, if one does: kept, not shown as a violation.
    pub permit: Option<PermitId>,
    /// When the episode began.
    pub first_seen: Moment,
    /// When the rule was met.
    pub raised: Moment,
    /// Where, in 0..1 of the picture.
    pub bbox: BBox,
    /// How sure.
    pub score: Score,
    /// The rule's trace.
    pub why: Why,
}
