//! Deciding many at once, and candidates that are the same thing.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CandidateQuery, CandidateState, CandidateSummary, RejectReason};

/// Why two candidates may be the same thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SameThing {
    /// The same camera raised the same kind at the same place again.
    ReAlarm,
    /// Another camera of the same street saw the same kind at the same time.
    SecondCamera,
}

/// The program's opinion that another candidate is the same thing; an officer merges or does not.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MergeProposal {
    /// Which; its id is what `into` of a merge names.
    pub candidate: CandidateSummary,
    /// Why it is proposed.
    pub why: SameThing,
}

/// Which candidates are meant: exactly one of both.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkSelection {
    /// These, at most 200.
    #[serde(default)]
    pub ids: Option<Vec<String>>,
    /// The first 200 of this list; `cursor` and `limit` are refused.
    #[serde(default)]
    pub filter: Option<CandidateQuery>,
}

/// Why one of many is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LeftOut {
    /// Somebody else has it on their screen.
    Claimed,
    /// It changed since it was looked at.
    Changed,
    /// Its state does not allow it: it is decided, or there is nothing of one's own to take back.
    NotPossible,
    /// Escalated: a supervisor or legal reviewer decides.
    SecondEyes,
    /// There is no such candidate.
    Unknown,
}

/// One that is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BulkLeft {
    /// Candidate id.
    pub id: String,
    /// Why.
    pub why: LeftOut,
    /// Its state now; null when there is no such candidate.
    pub state: Option<CandidateState>,
    /// Who has it, or decided it, if anybody.
    pub by: Option<String>,
}

/// What a bulk rejection would do. Nothing is changed by asking.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BulkPreview {
    /// These would be rejected, each at the version shown here.
    pub items: Vec<CandidateSummary>,
    /// These would not.
    pub left_out: Vec<BulkLeft>,
    /// The filter finds more than the first 200, which are not touched.
    pub more: bool,
}

/// What may be done to many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BulkVerdict {
    /// Reject; needs a reason.
    Reject,
    /// Take one's own last decisions back.
    Undo,
}

/// One of many, as it was looked at.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkItem {
    /// Candidate id.
    pub id: String,
    /// The version that was on the screen.
    pub seen_version: i64,
}

/// Many decisions of one kind. Each becomes a decision of its own; what changed or is claimed meanwhile is left out and told.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkOrder {
    /// What is decided.
    pub verdict: BulkVerdict,
    /// On these, 1 to 200.
    pub items: Vec<BulkItem>,
    /// Needed for `reject`, refused otherwise.
    #[serde(default)]
    pub reason: Option<RejectReason>,
    /// Free text; needed when the reason is `other`.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub note: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BulkMade {
    /// Names the batch in the audit log.
    pub batch: String,
    /// Decided, each with its version now: what an undo names.
    pub made: Vec<BulkItem>,
    /// Left as they were.
    pub left_out: Vec<BulkLeft>,
}
