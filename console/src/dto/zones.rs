//! Zones as bureaus draw, check, approve, publish and bring back.

use events::site::spec::{Fault, PermitSpec, RuleSpec, ZoneSpec};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{Kind, PermitDetail, RuleDetail, word};

/// A zone as drawn: nothing in it need be right yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ZoneDrawing {
    /// Unique within its camera.
    #[schema(max_length = 64)]
    pub id: String,
    /// For people.
    #[schema(max_length = 400)]
    pub name: String,
    /// Corners in 0..1 of the picture.
    #[schema(max_items = 200)]
    pub polygon: Vec<[f64; 2]>,
    /// Under the clearance target?
    #[serde(default)]
    pub key_area: bool,
    /// Where the shop ends, left to right.
    #[serde(default)]
    pub shop_line: Option<Vec<[f64; 2]>>,
    /// What is watched, and how.
    #[serde(default)]
    pub rules: Vec<RuleDetail>,
    /// What is allowed.
    #[serde(default)]
    pub permits: Vec<PermitDetail>,
}

impl From<&ZoneDrawing> for ZoneSpec {
    fn from(zone: &ZoneDrawing) -> Self {
        let rule = |rule: &RuleDetail| RuleSpec {
            kind: word(&rule.kind),
            dwell_s: rule.dwell_s,
            clear_after_s: rule.clear_after_s,
            min_area: rule.min_area,
            min_score: rule.min_score,
            weekly: rule.weekly.clone(),
        };
        let permit = |permit: &PermitDetail| PermitSpec {
            id: permit.id.clone(),
            kinds: permit.kinds.iter().map(word).collect(),
            polygon: permit.polygon.clone(),
            weekly: permit.weekly.clone(),
            from: permit.from.clone(),
            until: permit.until.clone(),
            trade: permit.trade.clone(),
            document: permit.document.clone(),
        };
        Self {
            id: zone.id.clone(),
            name: zone.name.clone(),
            polygon: zone.polygon.clone(),
            key_area: zone.key_area,
            shop_line: zone.shop_line.clone(),
            rules: zone.rules.iter().map(rule).collect(),
            permits: zone.permits.iter().map(permit).collect(),
        }
    }
}

/// What is wrong with a drawing, and where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ZoneFault {
    /// Place of the zone in the list; null when it is about the camera as a whole.
    pub zone: Option<usize>,
    /// E.g. `polygon`, `shop_line`, `rules.waste_dumping.dwell_s`, `permits.0.until`, `holidays.3`.
    pub field: String,
    /// The corners it is about, from 0; empty when it is about the whole.
    pub corners: Vec<usize>,
    /// A stable word, e.g. `self_crossing`.
    pub code: String,
    /// One sentence in English.
    pub reason: String,
    /// It may be published so, but probably is not meant so.
    pub warning: bool,
}

impl From<Fault> for ZoneFault {
    fn from(fault: Fault) -> Self {
        let Fault { zone, field, corners, code, reason, warning } = fault;
        Self { zone, field, corners, code: code.to_owned(), reason, warning }
    }
}

/// A drawing to be checked.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ZoneCheck {
    /// All zones of the camera.
    #[schema(max_items = 100)]
    pub zones: Vec<ZoneDrawing>,
    /// Public holidays, `YYYY-MM-DD`.
    #[serde(default)]
    pub holidays: Vec<String>,
}

/// What a check found.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ZoneChecked {
    /// May it be published?
    pub fit: bool,
    /// In the order of the drawing.
    pub faults: Vec<ZoneFault>,
}

/// Where a draft stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DraftState {
    /// Being drawn.
    Editing,
    /// Waits for another person.
    Submitted,
    /// Approved, and waits for its time.
    Approved,
    /// Live, or was.
    Published,
    /// Given up.
    Discarded,
}

/// One thing that happened to a draft.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DraftEvent {
    /// The draft's revision after it.
    pub revision: i64,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Who.
    pub by: String,
    /// `begun`, `saved`, `restored`, `submitted`, `returned`, `approved`, `published`, `discarded`.
    pub action: String,
    /// What they said.
    pub note: Option<String>,
}

/// How a zone differs between two versions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ZoneChange {
    /// Zone id; null for the holidays of the camera.
    pub zone: Option<String>,
    /// Its name, now or before.
    pub name: String,
    /// `added`, `removed` or `changed`.
    pub change: String,
    /// What changed within it; empty when it is new or gone.
    pub fields: Vec<FieldChange>,
}

/// A field that changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FieldChange {
    /// E.g. `polygon`, `rules.waste_dumping.dwell_s`, `permits.market`.
    pub field: String,
    /// Before; null when there was none.
    #[schema(value_type = Value)]
    pub before: Value,
    /// After; null when there is none.
    #[schema(value_type = Value)]
    pub after: Value,
}

/// The open draft of a camera.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ZoneDraft {
    /// Its id.
    pub id: String,
    /// Send it back with every change: another one means that somebody was faster.
    pub revision: i64,
    /// Where it stands.
    pub state: DraftState,
    /// The live version it was drawn over.
    pub base_version: i64,
    /// As drawn.
    pub zones: Vec<ZoneDrawing>,
    /// Public holidays.
    pub holidays: Vec<String>,
    /// What its author says of it.
    pub note: Option<String>,
    /// Who saved it last.
    pub author: String,
    /// The asking person had a hand in it, and so may not approve it.
    pub mine: bool,
    /// The version that it brings back.
    pub restores: Option<i64>,
    /// When it is to be live; null is at once.
    #[schema(format = DateTime)]
    pub effective_from: Option<String>,
    /// Who approved it.
    pub approver: Option<String>,
    /// When it was last changed.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// What is wrong with it.
    pub faults: Vec<ZoneFault>,
    /// Against what is live now.
    pub diff: Vec<ZoneChange>,
    /// Oldest first.
    pub history: Vec<DraftEvent>,
}

/// The area that a zone shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ZoneArea {
    /// Zone id.
    pub zone: String,
    /// Area id.
    pub area: String,
    /// Its name.
    pub name: String,
}

/// What a bureau works on: what is live, and the open draft.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ZoneDesk {
    /// Camera id.
    pub camera: String,
    /// Version of the camera's settings that is live.
    pub version: i64,
    /// The live zones.
    pub zones: Vec<ZoneDrawing>,
    /// The live holidays.
    pub holidays: Vec<String>,
    /// Areas that the live zones show; a zone that is not among them counts by itself.
    pub areas: Vec<ZoneArea>,
    /// E.g. `Asia/Shanghai`.
    pub time_zone: String,
    /// Must another person approve?
    pub approval_required: bool,
    /// The open draft; null when nobody is drawing.
    pub draft: Option<ZoneDraft>,
}

/// A draft as it is to be kept.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SaveDraft {
    /// Revision of the draft that was changed; 0 to begin one.
    pub seen_revision: i64,
    /// The live version that was looked at.
    pub seen_version: i64,
    /// All zones of the camera.
    #[schema(max_items = 100)]
    pub zones: Vec<ZoneDrawing>,
    /// Public holidays.
    #[serde(default)]
    pub holidays: Vec<String>,
    /// What it is for.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub note: Option<String>,
}

/// A step of a draft.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftStep {
    /// Revision of the draft that was looked at.
    pub seen_revision: i64,
    /// What is said about it; needed to return one.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub note: Option<String>,
    /// With a submission: when it is to be live; absent or null is at once.
    #[serde(default)]
    #[schema(format = DateTime)]
    pub effective_from: Option<String>,
}

/// What became of a step.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DraftStepped {
    /// Where the draft stands now.
    pub state: DraftState,
    /// Its revision now.
    pub revision: i64,
    /// The version that went live, if one did.
    pub version: Option<i64>,
}

/// A version of a camera's settings.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ZoneVersion {
    /// Its number.
    pub version: i64,
    /// Live since.
    #[schema(format = DateTime)]
    pub at: String,
    /// Who brought it: a person, `site file` or `bus`.
    pub by: String,
    /// Who drew it, when it was drawn here.
    pub author: Option<String>,
    /// Who approved it.
    pub approver: Option<String>,
    /// What was said of it.
    pub note: Option<String>,
    /// The version that it brought back.
    pub restores: Option<i64>,
    /// What it changed against the one before.
    pub diff: Vec<ZoneChange>,
}

/// Versions of a camera's settings.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ZoneVersions {
    /// Camera id.
    pub camera: String,
    /// Newest first, at most 100.
    pub items: Vec<ZoneVersion>,
}

/// Brings an old version back as a draft.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RestoreVersion {
    /// Revision of the open draft that it replaces; 0 when there is none.
    pub seen_revision: i64,
    /// Why.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub note: Option<String>,
}

/// Filters of the zones page's list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ZonesQuery {
    /// District, exactly.
    pub district: Option<String>,
    /// Days back that precision is taken over, 1 to 365; default 90.
    #[param(minimum = 1, maximum = 365)]
    pub days: Option<u32>,
}

/// How often officers found a zone's candidates to be what they were raised as.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Precision {
    /// Zone id; null for all zones of the camera together.
    pub zone: Option<String>,
    /// Kind; null for all kinds together.
    pub kind: Option<Kind>,
    /// Candidates raised, those under a permit apart.
    pub raised: i64,
    /// Confirmed.
    pub confirmed: i64,
    /// Rejected as no violation.
    pub rejected: i64,
    /// Rejected because it was allowed then or there: the permits' fault, not the eye's.
    pub allowed: i64,
    /// Confirmed share of confirmed and rejected; null below 30 of them.
    pub precision: Option<f64>,
    /// Wilson 95 % interval.
    pub low: Option<f64>,
    /// Wilson 95 % interval.
    pub high: Option<f64>,
}

/// Precision of a camera's zones.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ZonePrecision {
    /// Camera id.
    pub camera: String,
    /// Taken over so many days back.
    pub days: i64,
    /// The fewest decisions a share is shown for.
    pub least: i64,
    /// By zone and kind, then zones as a whole, then the camera.
    pub items: Vec<Precision>,
}

/// A camera as the zones page lists it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ZonedCamera {
    /// Camera id.
    pub id: String,
    /// For people.
    pub name: String,
    /// District.
    pub district: String,
    /// Street.
    pub street: String,
    /// Live version.
    pub version: i64,
    /// Zones that are live.
    pub zones: i64,
    /// Where the open draft stands; null when there is none.
    pub draft: Option<DraftState>,
    /// Who saved it last.
    pub draft_author: Option<String>,
    /// All zones and kinds together.
    pub precision: Precision,
}

/// Cameras with their drafts and precision.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ZonedCameras {
    /// By district, street and id; at most 5000.
    pub items: Vec<ZonedCamera>,
}

/// Whether zones of a district go live without a second person.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ApprovalSetting {
    /// District.
    pub district: String,
    /// Must another person approve?
    pub required: bool,
    /// Goes up with every change; 0 while it was never set.
    pub version: i64,
    /// Who set it last.
    pub by: Option<String>,
    /// When.
    #[schema(format = DateTime)]
    pub at: Option<String>,
}

/// All districts.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ApprovalSettings {
    /// By name.
    pub items: Vec<ApprovalSetting>,
}

/// Sets it for a district.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetApproval {
    /// District.
    #[schema(max_length = 400)]
    pub district: String,
    /// Must another person approve?
    pub required: bool,
    /// The setting's version that was looked at.
    pub seen_version: i64,
}
