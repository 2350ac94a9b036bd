//! Every figure of a period.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    AgeCount, ClearanceDefinition, CoverageFigure, LatencyFigure, OvmFigure, QualityFigure, Reached, ReachedWhy,
    RecurrenceFigure, ShareFigure, SlaFigure, TimesFigure, ZeroFigure,
};
use crate::dto::Kind;

/// An indicator of the plan's annex for one area.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Indicator {
    /// Of what.
    pub kind: Kind,
    /// Null: everything that was asked for.
    pub district: Option<String>,
    /// The answer.
    pub reached: Reached,
    /// What decided it.
    pub why: ReachedWhy,
    /// Key-area zone-days it rests on, without those wholly permitted.
    pub zone_days: u64,
    /// Coverage of the key areas.
    pub coverage: CoverageFigure,
    /// Unknown share.
    pub unknown_share: Option<f64>,
    /// Zone-days without a violation beyond its limit.
    pub days_without_overdue: ShareFigure,
    /// Recurrence within seven days.
    pub recurrence: ShareFigure,
    /// Violations.
    pub violations: u64,
}

/// One day of the trend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TrendDay {
    /// Local day.
    #[schema(format = Date)]
    pub date: String,
    /// Coverage.
    pub coverage: Option<f64>,
    /// Zone-days by what they were.
    pub zero: ZeroFigure,
    /// Minutes per watched hour.
    pub ovm_per_watched_h: Option<f64>,
    /// Violations first seen.
    pub violations: u64,
    /// Raised.
    pub raised: u64,
    /// Zone-days changed after they were final.
    pub restated: u64,
}

/// One cell of the heat map.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HeatCell {
    /// Monday is 1.
    pub weekday: u8,
    /// Local hour, 0 to 23.
    pub hour: u8,
    /// Watched hours.
    pub watched_h: f64,
    /// Violation minutes per watched hour; null when nothing was watched.
    pub per_watched_h: Option<f64>,
}

/// A district, street, area, camera, zone or kind among its like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClearanceGroup {
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
    /// Place in the league table, from 1; null below the definition's coverage, with no known zone-day, and among kinds, which
    /// are not alike.
    pub rank: Option<u32>,
    /// Violation minutes per watched hour as if it had the usual mix of kinds, key areas, control grades and place types, drawn
    /// towards what is usual; what the rank is by.
    pub score: Option<f64>,
    /// Violation minutes per watched hour that zone-days like its own have on average; null when nothing was watched.
    pub of_its_like: Option<f64>,
    /// Share cleared within the limit, likewise; decides between equal scores.
    pub sla_score: Option<f64>,
    /// Known zone-days: how much the score rests on.
    pub known_days: u64,
    /// Coverage.
    pub coverage: CoverageFigure,
    /// Zone-days by what they were.
    pub zero: ZeroFigure,
    /// Open-violation minutes.
    pub ovm: OvmFigure,
    /// The same per watched hour in the equally long period before.
    pub ovm_before: Option<f64>,
    /// Cleared within the limit.
    pub sla: SlaFigure,
    /// Recurrence within seven days.
    pub recurrence: ShareFigure,
    /// Kaplan–Meier median of the time to clear, seconds.
    pub clear_median: Option<u32>,
    /// Violations.
    pub violations: u64,
    /// What each day of the period was: the worst of its zone-days; absent days have no zone-day.
    pub days: Vec<GroupDay>,
    /// Violation minutes per watched hour by local hour, 24 values; null where nothing was watched.
    pub hours: Vec<Option<f64>>,
}

/// A group's day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GroupDay {
    /// Local day.
    #[schema(format = Date)]
    pub date: String,
    /// Zero-days.
    pub zero: u32,
    /// Days with a violation.
    pub violation: u32,
    /// Unknown, for whatever reason.
    pub unknown: u32,
    /// A zone-day of it was changed after it was final.
    pub restated: bool,
}

/// Everything about a period, under one definition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClearanceReport {
    /// The definition all figures were made under.
    pub definition: ClearanceDefinition,
    /// What is known up to then.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// The figures under this definition are still being made: some zone-days are missing.
    pub building: bool,
    /// First local day.
    #[schema(format = Date)]
    pub from: String,
    /// Last local day, included.
    #[schema(format = Date)]
    pub until: String,
    /// Time zone of the days.
    pub time_zone: String,
    /// Zone-days they rest on: a kind on a day in an area, or in a zone that shows none. An area that several cameras see is one.
    pub zone_days: u64,
    /// Of which changed after they were final.
    pub restated: u64,
    /// Violations first seen in the period.
    pub violations: u64,
    /// Coverage.
    pub coverage: CoverageFigure,
    /// Zero-days.
    pub zero: ZeroFigure,
    /// Open-violation minutes.
    pub ovm: OvmFigure,
    /// From first seen to raised.
    pub latency: LatencyFigure,
    /// From raised to confirmed, wall clock; the undecided are censored.
    pub confirm: TimesFigure,
    /// The same on the duty clock.
    pub confirm_duty: TimesFigure,
    /// From first seen to gone.
    pub clear: TimesFigure,
    /// From confirmed to gone, of those that still stood then.
    pub clear_from_confirmed: TimesFigure,
    /// From the warning to gone, of those that still stood then.
    pub clear_from_warned: TimesFigure,
    /// Back at its place within 1, 7 and 30 days.
    pub recurrence: Vec<RecurrenceFigure>,
    /// Of violations whose subject is known: the same subject again, in the same zone and kind.
    pub recurrence_by_subject: Vec<RecurrenceFigure>,
    /// Cleared within the limit.
    pub sla: SlaFigure,
    /// Open violations by age.
    pub open_by_age: Vec<AgeCount>,
    /// How right the machine was.
    pub quality: QualityFigure,
    /// The annex: key-area stalls and advertisements, all of it first, then by district.
    pub indicators: Vec<Indicator>,
    /// Day by day.
    pub trend: Vec<TrendDay>,
    /// Hour by weekday.
    pub heat: Vec<HeatCell>,
    /// In order of rank.
    pub groups: Vec<ClearanceGroup>,
}
