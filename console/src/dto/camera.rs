//! Cameras, zones, permits, and whether anybody is watching at all.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Kind;

/// How a camera's picture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// Watching.
    Ok,
    /// No stream.
    Offline,
    /// The same picture again and again.
    Frozen,
    /// Too dark to judge.
    Dark,
    /// Out of focus.
    Blurred,
    /// Something in front of the lens.
    Covered,
    /// Turned away from its reference view.
    Moved,
}

/// Does the camera count as watching?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Watching {
    /// Healthy, and heard of lately.
    Watching,
    /// Its last word was that it cannot see.
    Dark,
    /// Never heard of, or not for too long: nobody can say.
    Unknown,
}

/// May its pictures be evidence?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceMode {
    /// Legal and technical review are on record and valid.
    OffsiteEvidence,
    /// They are not: what it shows is a clue.
    ClueOnly,
}

/// Filters of the camera list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CameraQuery {
    /// `watching`, `dark` or `unknown`.
    pub watching: Option<String>,
    /// District, exactly.
    pub district: Option<String>,
    /// Street, exactly.
    pub street: Option<String>,
    /// Searches id and name, ignoring case.
    #[param(max_length = 100)]
    pub q: Option<String>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// 1 to 500; default 200.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
}

/// A camera as a row of the list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CameraSummary {
    /// Its id.
    pub id: String,
    /// For people.
    pub name: String,
    /// District.
    pub district: String,
    /// Street.
    pub street: String,
    /// Does it count as watching?
    pub watching: Watching,
    /// Its last word on its picture; null before the first.
    pub health: Option<Health>,
    /// When its health last changed.
    #[schema(format = DateTime)]
    pub health_since: Option<String>,
    /// When anything was last heard from it.
    #[schema(format = DateTime)]
    pub last_seen_at: Option<String>,
    /// May its pictures be evidence?
    pub evidence_mode: EvidenceMode,
    /// Version of its settings; 0 while only its messages are known.
    pub version: i64,
    /// How many zones it has.
    pub zones: i64,
    /// Open candidates on it.
    pub open: i64,
}

/// A page of cameras, by id.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CameraList {
    /// By id.
    pub items: Vec<CameraSummary>,
    /// For the next page; null at the end.
    pub next_cursor: Option<String>,
}

/// How one kind is watched in one zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleDetail {
    /// Which kind.
    pub kind: Kind,
    /// How long it must last, seconds.
    pub dwell_s: f64,
    /// How long it must be gone, seconds.
    pub clear_after_s: f64,
    /// Smallest thing that counts, as a share of the picture.
    pub min_area: f64,
    /// Smallest score that counts.
    pub min_score: f64,
    /// When it is watched; empty means always.
    pub weekly: Vec<String>,
}

/// Allowed use of a place and time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PermitDetail {
    /// Unique within its zone.
    pub id: String,
    /// Which kinds it allows.
    pub kinds: Vec<Kind>,
    /// The part of the zone it covers; null is all of it.
    pub polygon: Option<Vec<[f64; 2]>>,
    /// When in the week; empty means always.
    pub weekly: Vec<String>,
    /// First day, `YYYY-MM-DD`.
    pub from: Option<String>,
    /// Last day, included.
    pub until: Option<String>,
    /// The trade it is given for.
    pub trade: Option<String>,
    /// The paper it rests on.
    pub document: Option<String>,
}

/// A watched polygon.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ZoneDetail {
    /// Unique within its camera.
    pub id: String,
    /// For people.
    pub name: String,
    /// Names this state of the zone.
    pub version: String,
    /// Corners in 0..1 of the picture.
    pub polygon: Vec<[f64; 2]>,
    /// Under the clearance target?
    pub key_area: bool,
    /// Where the shop ends, left to right.
    pub shop_line: Option<Vec<[f64; 2]>>,
    /// What is watched, and how.
    pub rules: Vec<RuleDetail>,
    /// What is allowed.
    pub permits: Vec<PermitDetail>,
}

/// The zones of a camera.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ZoneList {
    /// Camera id.
    pub camera: String,
    /// Version of the camera's settings.
    pub version: i64,
    /// In the order of the site file.
    pub zones: Vec<ZoneDetail>,
}

/// Everything about one camera.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CameraDetail {
    /// As in the list.
    pub camera: CameraSummary,
    /// Where its stream comes from, without user and password; empty while its settings are not known.
    pub source: String,
    /// `keyframes` or `full`.
    pub decode_idle: String,
    /// Frames a second while something happens.
    pub active_fps: f64,
    /// Never fewer frames a second than this.
    pub min_fps: f64,
    /// Its zones.
    pub zones: Vec<ZoneDetail>,
    /// The latest still we hold of it, signed; null when there is none, or for those who see no pictures.
    pub still_url: Option<String>,
    /// How it was in the last seven days: unbroken stretches of one health, oldest first, the latest thousand. Of what lies
    /// between them nobody knows.
    pub watch: Vec<WatchSpan>,
}

/// An unbroken stretch in which a camera said the same of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WatchSpan {
    /// Since when.
    #[schema(format = DateTime)]
    pub from: String,
    /// Until when.
    #[schema(format = DateTime)]
    pub until: String,
    /// How it was.
    pub health: Health,
}

/// A site file to take over.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteImport {
    /// The text of a `site.toml`.
    #[schema(max_length = 4000000)]
    pub site: String,
}

/// What an import did.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ImportedSite {
    /// Cameras that are new or changed: they were given a new version and go out to the workers.
    pub changed: Vec<String>,
    /// Cameras that were so already.
    pub unchanged: Vec<String>,
}

/// Open candidates of one kind.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct KindCount {
    /// The kind.
    pub kind: Kind,
    /// How many are open and not permitted.
    pub open: i64,
}

/// Is an empty queue good news?
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Overview {
    /// All cameras known.
    pub cameras: i64,
    /// Healthy and heard of lately.
    pub watching: i64,
    /// Cannot see.
    pub dark: i64,
    /// Nobody can say.
    pub unknown: i64,
    /// Open candidates, without the permitted.
    pub open: i64,
    /// Of them, claimed now.
    pub claimed: i64,
    /// Escalated candidates.
    pub escalated: i64,
    /// When the oldest open one was raised.
    #[schema(format = DateTime)]
    pub oldest_open_at: Option<String>,
    /// By kind, all four.
    pub by_kind: Vec<KindCount>,
    /// Cases in state `opened`.
    pub cases_opened: i64,
    /// When the last message came from the bus.
    #[schema(format = DateTime)]
    pub last_message_at: Option<String>,
    /// Messages that could not be read, since the beginning.
    pub dead_letters: i64,
    /// Messages of ours that wait for the bus.
    pub outbox_waiting: i64,
    /// The server's clock now.
    #[schema(format = DateTime)]
    pub server_time: String,
}
