//! Frame audits: pictures of randomly drawn watched minutes, looked at by a supervisor.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Kind, MinuteOutcome, OverlapRecord};

/// An audit to be drawn: among all minutes in which a zone was in force and watched.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFrameAudit {
    /// First local day.
    #[schema(format = Date)]
    pub from: String,
    /// Last local day, included; at most 31 days. Pictures are kept for thirty.
    #[schema(format = Date)]
    pub until: String,
    /// Only this district.
    #[serde(default)]
    #[schema(max_length = 100)]
    pub district: Option<String>,
    /// Only this street of it.
    #[serde(default)]
    #[schema(max_length = 100)]
    pub street: Option<String>,
    /// Only these kinds; all when absent or empty.
    #[serde(default)]
    #[schema(max_items = 4)]
    pub kinds: Vec<Kind>,
    /// Only key areas.
    #[serde(default)]
    pub key_only: bool,
    /// How many minutes.
    #[schema(minimum = 1, maximum = 500)]
    pub minutes: i64,
    /// The same seed over the same frame draws the same; made up when absent.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub seed: Option<String>,
}

/// An audit.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FrameAudit {
    /// Opaque.
    pub id: String,
    /// By which it can be drawn again.
    pub seed: String,
    /// First local day.
    #[schema(format = Date)]
    pub from: String,
    /// Last local day, included.
    #[schema(format = Date)]
    pub until: String,
    /// Only this district; empty for all.
    pub district: String,
    /// Only this street; empty for all.
    pub street: String,
    /// Only these kinds; empty for all.
    pub kinds: Vec<Kind>,
    /// Only key areas.
    pub key_only: bool,
    /// The definition it was drawn under: how far a picture may lie away.
    pub definition: i64,
    /// Zone-minutes it was drawn from.
    pub frame_minutes: i64,
    /// SHA-256 over the frame: over another one the same seed draws others.
    pub frame_sha256: String,
    /// Who drew it.
    pub by: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Minutes drawn.
    pub minutes: i64,
    /// Of which without a picture near enough.
    pub not_sampled: i64,
    /// Of which looked at.
    pub answered: i64,
}

/// Audits.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FrameAuditList {
    /// Newest first.
    pub items: Vec<FrameAudit>,
}

/// Why a drawn minute cannot be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotSampled {
    /// No picture within the definition's limit at whose moment the zone was in force and watched.
    NoPicture,
    /// The nearest picture of the place and kind was drawn already.
    DrawnAlready,
}

/// What somebody saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FrameVerdict {
    /// A violation of this kind stands in the zone.
    Violation,
    /// None does.
    None,
    /// The picture does not tell.
    CannotTell,
}

/// Why a picture does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CannotTell {
    /// Too dark.
    Dark,
    /// Blurred, wet, or broken.
    Unclear,
    /// Something stands before it.
    Occluded,
    /// Too far or too small.
    TooSmall,
    /// It takes more than one picture: how long it stands, whether anybody attends.
    NeedsMotion,
    /// The camera was turned: the zone is not where it is drawn.
    Moved,
    /// The picture is not kept any more.
    PictureGone,
}

/// An answer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFrameAnswer {
    /// Which minute of the audit, from 1.
    #[schema(minimum = 1)]
    pub position: i64,
    /// How many answers one saw; another one meanwhile is a conflict.
    #[schema(minimum = 0)]
    pub seen_answers: i64,
    /// What was seen.
    pub verdict: FrameVerdict,
    /// Needed for `cannot_tell`, refused otherwise.
    #[serde(default)]
    pub reason: Option<CannotTell>,
    /// Free text; needed when it takes the place of another answer.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub note: Option<String>,
}

/// An answer that was given. Never changed; a later one takes its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FrameAnswer {
    /// What was seen.
    pub verdict: FrameVerdict,
    /// Why the picture does not tell.
    pub reason: Option<CannotTell>,
    /// Free text.
    pub note: String,
    /// Given before the program's own answer was shown?
    pub blind: bool,
    /// Who.
    pub by: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
}

/// A drawn minute. What the program had is told only after an answer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FrameMinute {
    /// From 1.
    pub position: i64,
    /// The minute that was drawn.
    #[schema(format = DateTime)]
    pub minute_at: String,
    /// When the picture was taken: what is asked is what stood then. Null without one.
    #[schema(format = DateTime)]
    pub picture_at: Option<String>,
    /// Why it cannot be looked at; null where it can.
    pub not_sampled: Option<NotSampled>,
    /// Of what.
    pub kind: Kind,
    /// Camera id.
    pub camera: String,
    /// For people.
    pub camera_name: String,
    /// Zone id.
    pub zone: String,
    /// For people.
    pub zone_name: String,
    /// District.
    pub district: String,
    /// Street.
    pub street: String,
    /// The zone as it was drawn then: corners in 0..1 of the picture.
    pub polygon: Vec<[f64; 2]>,
    /// The picture; null for those who see no pictures, and when it is not kept any more.
    pub picture_url: Option<String>,
    /// What became of it; `waiting` before an answer.
    pub outcome: MinuteOutcome,
    /// Oldest first; the last counts.
    pub answers: Vec<FrameAnswer>,
    /// What the program had there, the best first; empty before an answer.
    pub overlaps: Vec<OverlapRecord>,
}

/// An audit with its minutes.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FrameAuditDetail {
    /// What was drawn.
    pub audit: FrameAudit,
    /// In the order of drawing.
    pub minutes: Vec<FrameMinute>,
}
