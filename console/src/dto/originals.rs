//! Originals: pictures in which bystanders can be made out leave the house with a second person's word.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Negatives, TrainingFormat};

/// Asks that an export may hold originals. It holds for exactly these filters.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOriginals {
    /// Why, 10 to 500 characters.
    #[schema(min_length = 10, max_length = 500)]
    pub reason: String,
    /// As in the export.
    #[serde(default)]
    pub format: Option<TrainingFormat>,
    /// As in the export.
    #[serde(default)]
    pub negatives: Option<Negatives>,
    /// As in the export.
    #[serde(default)]
    pub kind: Option<String>,
    /// As in the export.
    #[serde(default)]
    pub district: Option<String>,
    /// As in the export.
    #[serde(default)]
    pub camera: Option<String>,
    /// As in the export.
    #[serde(default)]
    #[schema(format = DateTime)]
    pub since: Option<String>,
    /// As in the export.
    #[serde(default)]
    #[schema(format = DateTime)]
    pub until: Option<String>,
}

/// What a second person says to it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOriginalsRuling {
    /// May they leave?
    pub approved: bool,
    /// Why, or why not.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub note: Option<String>,
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OriginalsState {
    /// Nobody has said anything yet.
    Waiting,
    /// The export may be made, until `until`.
    Approved,
    /// It may not.
    Refused,
    /// Its time is over.
    Expired,
}

/// A request with what became of it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OriginalsRequest {
    /// Opaque; the export names it as `approval`.
    pub id: String,
    /// Log-in name.
    pub by: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Why.
    pub reason: String,
    /// The filters.
    #[schema(value_type = Object)]
    pub asked: serde_json::Value,
    /// Where it stands.
    pub state: OriginalsState,
    /// Until when it waits, or holds.
    #[schema(format = DateTime)]
    pub until: String,
    /// Who ruled.
    pub ruled_by: Option<String>,
    /// When.
    #[schema(format = DateTime)]
    pub ruled_at: Option<String>,
    /// What they said.
    pub note: Option<String>,
    /// May the person asking rule on it?
    pub may_rule: bool,
}

/// Requests.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OriginalsList {
    /// Does this installation ask for a second person?
    pub required: bool,
    /// Newest first, at most 100.
    pub items: Vec<OriginalsRequest>,
}
