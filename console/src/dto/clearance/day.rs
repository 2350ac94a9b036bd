//! Zone-days, and what is behind one.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CountsAs, EpisodeEnd, ZeroDay};
use crate::dto::Kind;

/// A zone or an area, a kind, a local day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ZoneDayRow {
    /// Camera id; empty where it is an area's.
    pub camera: String,
    /// For people; empty where it is an area's.
    pub camera_name: String,
    /// Zone id; of an area its own.
    pub zone: String,
    /// For people.
    pub zone_name: String,
    /// District.
    pub district: String,
    /// Street.
    pub street: String,
    /// Area id: of the area itself, or of the one in which the zone is counted; null where the zone counts by itself.
    pub area: Option<String>,
    /// Of what.
    pub kind: Kind,
    /// Local day.
    #[schema(format = Date)]
    pub day: String,
    /// Under the clearance target on that day?
    pub key_area: bool,
    /// What it was.
    pub zero: ZeroDay,
    /// Coverage; null when nothing was in force.
    pub coverage: Option<f64>,
    /// Minutes in force.
    pub force_min: f64,
    /// Minutes watched.
    pub watched_min: f64,
    /// The longest unwatched stretch in force, minutes.
    pub hole_min: f64,
    /// Open-violation minutes.
    pub ovm_min: f64,
    /// Violations first seen.
    pub violations: u32,
    /// Of those, open now.
    pub open: u32,
    /// Raised, without what permits cover.
    pub raised: u32,
    /// Raised and not decided yet.
    pub undecided: u32,
    /// Something stood beyond its limit.
    pub overdue: bool,
    /// Changed after it was final.
    pub restated: bool,
    /// What is known up to then.
    #[schema(format = DateTime)]
    pub as_of: String,
}

/// A page of zone-days, newest day first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ZoneDayPage {
    /// Newest day first.
    pub items: Vec<ZoneDayRow>,
    /// How many there are.
    pub total: u64,
    /// For the next page; null at the end.
    pub next_cursor: Option<String>,
}

/// A violation: what stood at one place without a real break.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ViolationEpisode {
    /// The candidates it was put together from, the first one first.
    pub candidates: Vec<String>,
    /// When it began.
    #[schema(format = DateTime)]
    pub first_seen_at: String,
    /// When it was raised.
    #[schema(format = DateTime)]
    pub raised_at: String,
    /// When it was confirmed.
    #[schema(format = DateTime)]
    pub confirmed_at: Option<String>,
    /// How it ended.
    pub end: EpisodeEnd,
    /// Up to when it is known to have stood.
    #[schema(format = DateTime)]
    pub stood_until: String,
    /// Seconds from its beginning to then.
    pub lasted_s: u32,
    /// When it is due; null when duty never comes.
    #[schema(format = DateTime)]
    pub due_at: Option<String>,
}

/// What else was raised on the day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DayCandidate {
    /// Candidate id.
    pub id: String,
    /// When it was raised.
    #[schema(format = DateTime)]
    pub raised_at: String,
    /// What it counts as.
    pub counts_as: CountsAs,
}

/// A final zone-day that was changed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RestatedDay {
    /// What it said was known up to then.
    #[schema(format = DateTime)]
    pub old_as_of: String,
    /// What it says now.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// Field by field, before and after.
    #[schema(value_type = Object)]
    pub changed: serde_json::Value,
}

/// Everything behind one zone-day.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ZoneDayDetail {
    /// As in the list.
    pub day: ZoneDayRow,
    /// The definition it was made under.
    pub definition: i64,
    /// Unwatched stretches in force, RFC 3339 from and until.
    pub unwatched: Vec<(String, String)>,
    /// Violations that stood on it.
    pub violations: Vec<ViolationEpisode>,
    /// Candidates raised on it.
    pub candidates: Vec<DayCandidate>,
    /// What it said before, newest first.
    pub restatements: Vec<RestatedDay>,
}
