//! What other zones would have raised.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CandidateState, Kind, PicturesDeleted, RejectReason, ZoneDrawing};

/// Zones to be tried on the past.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskBacktest {
    /// All zones of the camera, as they would be.
    #[schema(max_items = 100)]
    pub zones: Vec<ZoneDrawing>,
    /// Public holidays.
    #[serde(default)]
    pub holidays: Vec<String>,
    /// How many days back from now, 1 to 30; default 7.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 30)]
    pub days: Option<u32>,
}

/// What became of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// Only the new zones raise it.
    Added,
    /// Only the live zones raise it.
    Lost,
    /// Both do.
    Unchanged,
}

/// One candidate of the backtest.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BacktestRow {
    /// What became of it.
    pub fate: Fate,
    /// Of what.
    pub kind: Kind,
    /// Zone id: under the new zones, or the live ones where it is lost.
    pub zone: String,
    /// Its name.
    pub zone_name: String,
    /// When the episode began.
    #[schema(format = DateTime)]
    pub first_seen_at: String,
    /// When the rule was, or would have been, met.
    #[schema(format = DateTime)]
    pub raised_at: String,
    /// Where.
    #[serde(rename = "box")]
    pub bbox: [f64; 4],
    /// How sure.
    pub score: f64,
    /// The rule's sentence.
    pub why: String,
    /// The permit that covers it under the new zones, where that is why it is lost.
    pub permit: Option<String>,
    /// The candidate that was raised in fact; null when none was.
    pub candidate: Option<String>,
    /// What officers decided on it.
    pub state: Option<CandidateState>,
    /// Why it was rejected.
    pub reason: Option<RejectReason>,
    /// A still of the place, signed; null for those who see no pictures, and where none was kept.
    pub still_url: Option<String>,
    /// Its evidence pictures were deleted, or are being: what is shown then is the small still of the recording.
    pub pictures_deleted: Option<PicturesDeleted>,
}

/// How often officers found candidates right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BacktestPrecision {
    /// Confirmed.
    pub confirmed: i64,
    /// Rejected as no violation.
    pub rejected: i64,
    /// Confirmed share; null below 30 decisions.
    pub precision: Option<f64>,
    /// Wilson 95 % interval.
    pub low: Option<f64>,
    /// Wilson 95 % interval.
    pub high: Option<f64>,
}

/// How much of a new zone was watched in the period.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BacktestCover {
    /// Zone id.
    pub zone: String,
    /// Share of its area and of the recorded time, 0..=1: of the rest nobody can say what would have been.
    pub share: f64,
}

/// How many of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BacktestCounts {
    /// Only the new zones raise them.
    pub added: i64,
    /// Only the live zones raise them.
    pub lost: i64,
    /// Both do.
    pub unchanged: i64,
}

/// The answer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Backtest {
    /// First moment.
    #[schema(format = DateTime)]
    pub from: String,
    /// Last moment.
    #[schema(format = DateTime)]
    pub until: String,
    /// The live version it was compared with.
    pub version: i64,
    /// How many of each.
    pub counts: BacktestCounts,
    /// By time; at most 2000.
    pub rows: Vec<BacktestRow>,
    /// Of what the live zones raise.
    pub before: BacktestPrecision,
    /// Of what the new zones keep; what they add nobody has decided on.
    pub after: BacktestPrecision,
    /// How much of each new zone was watched.
    pub cover: Vec<BacktestCover>,
    /// Seconds of the period in which the camera saw the street.
    pub seen_s: f64,
    /// Looks that were judged.
    pub looks: i64,
    /// Smallest thing that was followed, as a share of the picture.
    pub least_area: f64,
    /// Candidates that were raised in the period and that the live zones do not raise from the recordings: raised under older
    /// zones, or while nothing was recorded.
    pub elsewhere: i64,
    /// What could not be read.
    pub unread: Vec<String>,
    /// How long the judging took, milliseconds.
    pub took_ms: i64,
}
