//! The supervisor's second look at a random sample of decisions.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Kind, PicturesDeleted, RejectReason, Verdict};

/// A sample to be drawn among confirmations and rejections that still stand.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSample {
    /// Decisions from then on.
    #[schema(format = DateTime)]
    pub from: String,
    /// And before then; at most 92 days later.
    #[schema(format = DateTime)]
    pub until: String,
    /// How many of each officer and kind, or all where there are fewer.
    #[schema(minimum = 1, maximum = 100)]
    pub per_stratum: i64,
    /// The same seed over the same decisions draws the same; made up when absent.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub seed: Option<String>,
}

/// A sample.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Sample {
    /// Opaque.
    pub id: String,
    /// By which it can be drawn again.
    pub seed: String,
    /// Decisions from then on.
    #[schema(format = DateTime)]
    pub from: String,
    /// And before then.
    #[schema(format = DateTime)]
    pub until: String,
    /// How many of each officer and kind.
    pub per_stratum: i64,
    /// Who drew it.
    pub by: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// How many were drawn.
    pub items: i64,
    /// How many were looked at.
    pub looked: i64,
}

/// Samples.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SampleList {
    /// Newest first.
    pub items: Vec<Sample>,
}

/// What the second look says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SecondVerdict {
    /// It is a violation.
    Confirm,
    /// It is not.
    Reject,
    /// The evidence does not say. Counted apart.
    Unclear,
}

/// A second look.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSecondLook {
    /// At which decision.
    pub decision: String,
    /// What it says.
    pub verdict: SecondVerdict,
    /// Why.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub note: Option<String>,
}

/// A decision of the sample. What the officer decided is told only after the second look.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SampleItem {
    /// Which decision.
    pub decision: String,
    /// On which candidate.
    pub candidate: String,
    /// Who decided.
    pub officer: String,
    /// Kind of the candidate.
    pub kind: Kind,
    /// The trigger still; null for those who see no pictures, and when there is none.
    pub still_url: Option<String>,
    /// The clip.
    pub clip_url: Option<String>,
    /// Its pictures were deleted, or are being; null while they are kept.
    pub pictures_deleted: Option<PicturesDeleted>,
    /// What the officer decided; null before the second look.
    pub first: Option<Verdict>,
    /// Why it was rejected.
    pub first_reason: Option<RejectReason>,
    /// The second look; null before.
    pub second: Option<SecondVerdict>,
    /// Its note.
    pub note: Option<String>,
    /// Whose.
    pub by: Option<String>,
    /// When.
    #[schema(format = DateTime)]
    pub at: Option<String>,
}

/// How often the second look agreed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Agreement {
    /// An officer, a kind, or `all`.
    pub of: String,
    /// How many were looked at with a clear result.
    pub n: i64,
    /// How many agreed.
    pub agreed: i64,
    /// How many were unclear: in neither number.
    pub unclear: i64,
    /// Share that agreed; null while nothing was looked at.
    pub rate: Option<f64>,
    /// Wilson interval of 95 %.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
}

/// A sample with its decisions and results.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SampleDetail {
    /// What was drawn.
    pub sample: Sample,
    /// In the order of drawing.
    pub items: Vec<SampleItem>,
    /// Everything together.
    pub total: Agreement,
    /// As if each officer and kind were looked at as often as they decided: each stratum counts by its size. Null until every
    /// stratum has a clear look.
    pub weighted_rate: Option<f64>,
    /// By name.
    pub officers: Vec<Agreement>,
    /// By kind.
    pub kinds: Vec<Agreement>,
}
