//! The organisation tree.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How high a unit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnitLevel {
    /// The root: everything.
    City,
    /// 区.
    District,
    /// 街镇.
    Street,
}

/// Which unit, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnitRef {
    /// Opaque; `city` is the root.
    pub id: String,
    /// How high.
    pub level: UnitLevel,
    /// As cameras name it; null for the city.
    pub district: Option<String>,
    /// As cameras name it; null for the city and for a district.
    pub street: Option<String>,
    /// What people call it; empty when it is only called as cameras name it.
    pub label: String,
}

/// A unit of the tree, with what hangs on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Unit {
    /// Which.
    #[serde(flatten)]
    pub unit: UnitRef,
    /// The unit above; null for the city.
    pub parent: Option<String>,
    /// Counts changes; a change names the one it saw.
    pub version: i64,
    /// Cameras of this unit and below.
    pub cameras: i64,
    /// People who belong to this very unit.
    pub users: i64,
}

/// The tree: each unit after the one above it, districts and streets by name.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UnitList {
    /// The city first.
    pub items: Vec<Unit>,
}

/// A unit to be made: a district below the city, or a street below a district. Those of cameras are made by themselves.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUnit {
    /// The unit above.
    pub parent: String,
    /// The name exactly as site files give it: rows are matched by it.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// What people call it; empty to call it as cameras do.
    #[serde(default)]
    #[schema(max_length = 100)]
    pub label: String,
}

/// Another label.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitChange {
    /// The version that was seen.
    pub seen_version: i64,
    /// What people call it.
    #[schema(max_length = 100)]
    pub label: String,
}
