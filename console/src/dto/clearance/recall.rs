//! Estimates of what the program misses, and the rows behind them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ClearanceDefinition, ShareFigure};
use crate::dto::{FindRecord, FrameAnswer, Kind};

/// What became of a drawn zone-minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MinuteOutcome {
    /// No picture near enough: nobody can look.
    NotSampled,
    /// Nobody has looked yet.
    Waiting,
    /// Somebody looked, and the picture does not tell.
    CannotTell,
    /// Somebody looked: no violation.
    None,
    /// A violation, and the program had it.
    Found,
    /// A violation, and the program had nothing.
    Missed,
    /// A violation; what the program raised there an officer rejected as none. Counts as missed.
    Rejected,
}

/// Was the place of a find covered when it was seen?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindCover {
    /// In a zone, in force and watched.
    Covered,
    /// In a zone and in force, and no camera of it watched.
    Unwatched,
    /// In a zone whose rule was not in force: permitted, another hour, or not watched for this kind.
    NotInForce,
    /// In no zone.
    NoZone,
}

/// What the program misses, estimated. Every number is a count of what was drawn or found, so that nothing rests on the unseen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RecallFigure {
    /// Zone-minutes drawn. A picture that was drawn twice counts once, with its latest answer.
    pub drawn: u64,
    /// Of which without a picture near enough: not sampled.
    pub not_sampled: u64,
    /// Nobody has looked yet.
    pub waiting: u64,
    /// The picture does not tell.
    pub cannot_tell: u64,
    /// No violation.
    pub none: u64,
    /// A violation that the program had.
    pub found: u64,
    /// A violation of which the program had nothing.
    pub missed: u64,
    /// A violation where an officer rejected what the program raised: missed as well.
    pub rejected: u64,
    /// Answers that took the place of an earlier one.
    pub revised: u64,
    /// The minutes were drawn with different densities, by audits of different places or periods: the two shares below are weighted by
    /// how many minutes each stands for, and their intervals rest on the effective number of draws. `part` and `n` stay counts.
    pub weighted: bool,
    /// (missed + rejected) / (none + found + missed + rejected): sampled zone-minutes with a missed violation. Null below the n.
    pub missed_share: ShareFigure,
    /// found / (found + missed + rejected): recall over the sampled violations. Null below the n.
    pub recall: ShareFigure,
    /// Complaints and patrol finds.
    pub finds: u64,
    /// In no zone: no miss of the program.
    pub no_zone: u64,
    /// Not in force then.
    pub not_in_force: u64,
    /// In force, and unwatched.
    pub unwatched: u64,
    /// In force and watched.
    pub covered: u64,
    /// Of those, without a candidate.
    pub without_candidate: u64,
    /// Of those, where an officer rejected what was raised.
    pub only_rejected: u64,
    /// without_candidate / covered. Null below the n.
    pub miss_share: ShareFigure,
    /// Covered ones with a candidate that were reported before it was raised.
    pub reported_first: u64,
    /// Of all covered ones with a candidate. Null below the n.
    pub reported_first_share: ShareFigure,
    /// Median seconds from the report to the candidate of those that came first; null when there is none.
    pub lead_median_s: Option<f64>,
}

/// A district, street, area, camera, zone or kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RecallGroup {
    /// Unique among the groups.
    pub key: String,
    /// For people.
    pub name: String,
    /// Empty when the group spans districts.
    pub district: String,
    /// Empty when the group spans streets.
    pub street: String,
    /// Area id, when it is one area.
    pub area: Option<String>,
    /// Camera id, when it is one camera.
    pub camera: Option<String>,
    /// Zone id, when it is one zone.
    pub zone: Option<String>,
    /// The kind, when it is one kind.
    pub kind: Option<Kind>,
    /// Its figures.
    pub figure: RecallFigure,
}

/// The estimates of a period, under one definition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RecallReport {
    /// The definition they were made under.
    pub definition: ClearanceDefinition,
    /// What is known up to then.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// First local day.
    #[schema(format = Date)]
    pub from: String,
    /// Last local day, included.
    #[schema(format = Date)]
    pub until: String,
    /// Time zone of the days.
    pub time_zone: String,
    /// Audits that took part.
    pub audits: u64,
    /// All of it.
    pub total: RecallFigure,
    /// By name.
    pub groups: Vec<RecallGroup>,
}

/// A candidate that was there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OverlapRecord {
    /// Candidate id.
    pub candidate: String,
    /// When it was raised.
    #[schema(format = DateTime)]
    pub raised_at: String,
    /// An officer rejected it.
    pub rejected: bool,
}

/// A drawn zone-minute, as the figures see it. Never a picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RecallMinute {
    /// Audit id.
    pub audit: String,
    /// Its place in the audit, from 1.
    pub position: i64,
    /// The minute that was drawn.
    #[schema(format = DateTime)]
    pub minute_at: String,
    /// When the picture was taken; null without one.
    #[schema(format = DateTime)]
    pub picture_at: Option<String>,
    /// Of what.
    pub kind: Kind,
    /// Area id, where the zone shows one.
    pub area: Option<String>,
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
    /// What became of it.
    pub outcome: MinuteOutcome,
    /// The answer that counts; null before.
    pub answer: Option<FrameAnswer>,
    /// Its answer took the place of another.
    pub revised: bool,
    /// How many watched minutes it stands for in the weighted shares: 1 over how densely the minutes like it were drawn, all audits
    /// together.
    pub weight: f64,
    /// What the program had there, the best first; empty before somebody has looked.
    pub overlaps: Vec<OverlapRecord>,
}

/// A page of drawn zone-minutes.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RecallMinutePage {
    /// Newest first.
    pub items: Vec<RecallMinute>,
    /// How many there are.
    pub total: u64,
    /// For the next page; null at the end.
    pub next_cursor: Option<String>,
}

/// A page of finds.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FindPage {
    /// Newest first.
    pub items: Vec<FindRecord>,
    /// How many there are.
    pub total: u64,
    /// For the next page; null at the end.
    pub next_cursor: Option<String>,
}
