//! Areas: places of the city that one or more zones show, and that are counted once.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How strictly stalls are kept out of an area (the city's grades of 2014).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ControlGrade {
    /// 严禁.
    Forbidden,
    /// 严控.
    StrictlyControlled,
    /// 控制.
    Controlled,
}

/// What kind of place an area is. Only like is compared with like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlaceType {
    /// 沿街商户.
    Storefronts,
    /// 人行道.
    Pavement,
    /// 广场.
    Square,
    /// 集市.
    Market,
    /// 校门.
    SchoolGate,
    /// 垃圾投放点.
    WastePoint,
    /// 工地出入口.
    SiteGate,
}

/// A zone by its names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ZoneRef {
    /// Camera id.
    #[schema(min_length = 1, max_length = 400)]
    pub camera: String,
    /// Zone id, unique within its camera.
    #[schema(min_length = 1, max_length = 400)]
    pub zone: String,
}

/// A zone that shows an area.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AreaZone {
    /// Camera id.
    pub camera: String,
    /// Its name.
    pub camera_name: String,
    /// Zone id.
    pub zone: String,
    /// Its name; the id where the camera no longer has it.
    pub zone_name: String,
}

/// A place of the city, counted once whatever number of cameras show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Area {
    /// Opaque.
    pub id: String,
    /// For people; unique in its district.
    pub name: String,
    /// The district it lies in.
    pub district: String,
    /// The street (街镇) whose figures it counts in.
    pub street: String,
    /// How strictly stalls are kept out; null while nobody has said.
    pub grade: Option<ControlGrade>,
    /// What kind of place; null while nobody has said.
    pub place: Option<PlaceType>,
    /// Which zones show it.
    pub zones: Vec<AreaZone>,
    /// Grows with each change.
    pub version: i64,
    /// When it was last changed.
    #[schema(format = DateTime)]
    pub at: String,
    /// Log-in name of who changed it.
    pub by: String,
    /// Why.
    pub note: String,
}

/// Zones that show no area yet, and the areas.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AreaList {
    /// By district, street and name.
    pub items: Vec<Area>,
    /// Zones that count by themselves.
    pub free: Vec<FreeZone>,
}

/// A zone that shows no area.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FreeZone {
    /// Which.
    #[serde(flatten)]
    pub zone: AreaZone,
    /// The district its camera hangs in.
    pub district: String,
    /// The street its camera hangs in.
    pub street: String,
}

/// An area to be made.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewArea {
    /// For people; unique in its district.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// The district it lies in, as cameras name it.
    pub district: String,
    /// The street whose figures it counts in, as cameras name it.
    pub street: String,
    /// How strictly stalls are kept out.
    #[serde(default)]
    pub grade: Option<ControlGrade>,
    /// What kind of place.
    #[serde(default)]
    pub place: Option<PlaceType>,
    /// Which zones show it: of cameras of its district, and of no other area.
    #[schema(max_items = 100)]
    pub zones: Vec<ZoneRef>,
    /// Why: figures of the past change with it.
    #[schema(min_length = 1, max_length = 500)]
    pub note: String,
}

/// A change of an area; it holds for its past as well.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AreaChange {
    /// The version that was on the screen.
    pub seen_version: i64,
    /// For people; unique in its district.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// How strictly stalls are kept out.
    #[serde(default)]
    pub grade: Option<ControlGrade>,
    /// What kind of place.
    #[serde(default)]
    pub place: Option<PlaceType>,
    /// Which zones show it from now on; none: it is counted no more, and its zones count by themselves.
    #[schema(max_items = 100)]
    pub zones: Vec<ZoneRef>,
    /// Why: figures of the past change with it.
    #[schema(min_length = 1, max_length = 500)]
    pub note: String,
}
