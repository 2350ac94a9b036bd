//! The register of cameras: whether what one shows may be evidence.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{EvidenceMode, Kind};

/// A document, and who made it when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewDocument {
    /// The body that reviewed.
    #[schema(min_length = 1, max_length = 200)]
    pub body: String,
    /// Number of the document.
    #[schema(min_length = 1, max_length = 200)]
    pub document: String,
    /// Its day, `2026-03-01`.
    #[schema(format = Date)]
    pub date: String,
}

/// Technical review or calibration, which has to be done again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TechnicalReview {
    /// The body that reviewed.
    #[schema(min_length = 1, max_length = 200)]
    pub body: String,
    /// Number of the document.
    #[schema(min_length = 1, max_length = 200)]
    pub document: String,
    /// Its day.
    #[schema(format = Date)]
    pub date: String,
    /// The last day on which it holds.
    #[schema(format = Date)]
    pub next_due: String,
}

/// Where it is proved: a photo of the sign, a page of the gazette.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// Number or address of the document.
    #[schema(min_length = 1, max_length = 500)]
    pub document: String,
    /// Its day.
    #[schema(format = Date)]
    pub date: String,
}

/// What is on record for a camera (Administrative Penalty Law, article 41). A part that is missing makes what it shows a clue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterRecord {
    /// The law or regulation that allows it here.
    #[schema(min_length = 1, max_length = 500)]
    pub legal_basis: String,
    /// 法制审核.
    #[serde(default)]
    pub legal_review: Option<ReviewDocument>,
    /// 技术审核.
    #[serde(default)]
    pub technical_review: Option<TechnicalReview>,
    /// A sign that people see.
    #[serde(default)]
    pub signage: Option<Proof>,
    /// The published location.
    #[serde(default)]
    pub publication: Option<Proof>,
    /// The kinds it was reviewed for; none takes it off the register.
    pub kinds: Vec<Kind>,
    /// First day on which it holds.
    #[schema(format = Date)]
    pub valid_from: String,
    /// Last day on which it holds.
    #[schema(format = Date)]
    pub valid_until: String,
}

/// A change of the register.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRegisterRecord {
    /// The version that was on the screen; 0 for the first.
    pub seen_version: i64,
    /// What holds from now on.
    pub record: RegisterRecord,
    /// Why it was changed.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub note: Option<String>,
}

/// A version of the register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RegisterVersion {
    /// From 1.
    pub version: i64,
    /// What it says.
    pub record: RegisterRecord,
    /// When it was entered. Pictures taken before are not evidence by it, whatever its dates say.
    #[schema(format = DateTime)]
    pub at: String,
    /// Log-in name.
    pub by: String,
    /// Why it was changed.
    pub note: Option<String>,
}

/// Why what a camera shows is only a clue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClueReason {
    /// Nothing had been entered.
    NoRecord,
    /// The record does not yet hold.
    NotYetValid,
    /// The record held no more.
    Lapsed,
    /// The camera was not reviewed for this kind.
    KindNotCovered,
    /// No legal review.
    LegalReviewMissing,
    /// No technical review.
    TechnicalReviewMissing,
    /// The technical review was overdue.
    TechnicalReviewOverdue,
    /// No sign.
    SignageMissing,
    /// Its location was not published.
    NotPublished,
    /// It is not known when the pictures were taken.
    TimeUnknown,
}

/// What the register said of a camera at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Compliance {
    /// The version that held; null when there was none.
    pub register_version: Option<i64>,
    /// What it said.
    pub record: Option<RegisterRecord>,
    /// Why it is only a clue; empty when it is evidence.
    pub reasons: Vec<ClueReason>,
}

/// What holds now for one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KindCompliance {
    /// Which.
    pub kind: Kind,
    /// May what is seen now be evidence?
    pub mode: EvidenceMode,
    /// Why not.
    pub reasons: Vec<ClueReason>,
}

/// The register of one camera.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CameraRegister {
    /// Camera id.
    pub camera: String,
    /// The version to name in a change; 0 while there is none.
    pub version: i64,
    /// What holds now, for each of the four kinds.
    pub now: Vec<KindCompliance>,
    /// Newest first.
    pub versions: Vec<RegisterVersion>,
}

/// Which reminders.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReminderQuery {
    /// Within so many days, 0 to 365; default 30. What has lapsed already is always named.
    #[param(minimum = 0, maximum = 365)]
    pub days: Option<u32>,
}

/// What runs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Expiring {
    /// The record as a whole.
    Record,
    /// The technical review.
    TechnicalReview,
}

/// A camera whose pictures will soon be clues only, or are already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reminder {
    /// Camera id.
    pub camera: String,
    /// For people.
    pub camera_name: String,
    /// District.
    pub district: String,
    /// What runs out first.
    pub what: Expiring,
    /// It ends then.
    #[schema(format = DateTime)]
    pub ends_at: String,
    /// It has ended.
    pub lapsed: bool,
}

/// All of them, the most urgent first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ReminderList {
    /// The most urgent first, at most 500.
    pub items: Vec<Reminder>,
}
