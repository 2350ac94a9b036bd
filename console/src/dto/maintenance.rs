//! Work on a camera: time in which it is not counted as watching.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Work on a camera. It watches nothing from `from` to `until` (DOMAIN 5.1, `Obs`): days become unknown by it, never zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Maintenance {
    /// Id.
    pub id: String,
    /// Since when, RFC 3339.
    #[schema(format = DateTime)]
    pub from: String,
    /// Until when, RFC 3339; `null` while it goes on.
    #[schema(format = DateTime)]
    pub until: Option<String>,
    /// What is done.
    pub what: String,
    /// Who entered it.
    pub by: String,
    /// When it was entered, RFC 3339.
    #[schema(format = DateTime)]
    pub at: String,
    /// Who entered its end, if that was later.
    pub ended_by: Option<String>,
}

/// Work on a camera that begins, or was done.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMaintenance {
    /// Since when, RFC 3339; at most a year ago and a year ahead.
    #[schema(format = DateTime)]
    pub from: String,
    /// Until when, RFC 3339, after `from`; `null` where it is not known yet.
    #[serde(default)]
    #[schema(format = DateTime)]
    pub until: Option<String>,
    /// What is done.
    #[schema(min_length = 1, max_length = 500)]
    pub what: String,
}

/// The end of work on a camera.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MaintenanceEnd {
    /// When it ended, RFC 3339, not before it began; now, where it is not given. At its beginning it is as if it had never been.
    #[serde(default)]
    #[schema(format = DateTime)]
    pub until: Option<String>,
}

/// Work on a camera, the newest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MaintenanceList {
    /// At most 200.
    pub items: Vec<Maintenance>,
}
