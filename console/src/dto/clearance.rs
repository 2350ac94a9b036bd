//! Clearance: the definition in force and its parameters.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Kind;

/// How long an open violation of a kind may stand.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// Minutes.
    #[schema(minimum = 1, maximum = 100_000)]
    pub minutes: u32,
    /// Count duty hours only (工作时), not the wall clock.
    pub duty: bool,
}

/// The limit of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// 无序设摊.
    pub illegal_stall: Limit,
    /// 跨门经营.
    pub storefront_encroachment: Limit,
    /// 违规广告/小广告.
    pub unauthorized_ad: Limit,
    /// 偷乱倒垃圾.
    pub waste_dumping: Limit,
}

impl Limits {
    /// That of a kind.
    pub fn of(&self, kind: Kind) -> Limit {
        match kind {
            Kind::IllegalStall => self.illegal_stall,
            Kind::StorefrontEncroachment => self.storefront_encroachment,
            Kind::UnauthorizedAd => self.unauthorized_ad,
            Kind::WasteDumping => self.waste_dumping,
        }
    }
}

/// The parameters of a definition. Changing one makes a new version; figures name the version they were made under.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClearanceParameters {
    /// A zone-day needs this coverage to be a zero, and a follow-up to be counted. 0 to 1.
    pub coverage_min: f64,
    /// A zone-day with a longer unwatched stretch in force time is unknown, minutes.
    pub hole_max_min: u32,
    /// Gone means not there for so many watched minutes.
    pub clear_watched_min: u32,
    /// When the camera was down around the end, up to so many minutes are halved; beyond, the end is censored.
    pub midpoint_gap_min: u32,
    /// What comes back at its place sooner is the same episode, minutes.
    pub merge_gap_min: u32,
    /// Two boxes are one place when they overlap so much (intersection over union), 0 to 1 …
    pub same_place_iou: f64,
    /// … or when their centres are no further apart, as a share of the picture's width. Pictures are not surveyed, so this
    /// stands for the ten metres of the rule book.
    pub same_place_distance: f64,
    /// A day's figures are final so many hours after its end; what changes later is a restatement.
    pub close_after_h: u32,
    /// How long a violation of each kind may stand, from when it was first seen.
    pub limits: Limits,
    /// Duty hours as weekly windows, e.g. `workdays 08:30-17:30`; empty: always on duty.
    pub duty: Vec<String>,
    /// A plain median is shown with at most this share still open; beyond, only the Kaplan–Meier median. 0 to 1.
    pub plain_median_open_max: f64,
    /// Precision is hidden below so many reviewed candidates.
    pub precision_n_min: u32,
    /// *Reached* needs this coverage. 0 to 1.
    pub reached_coverage_min: f64,
    /// *Reached* needs at most this share of unknown zone-days. 0 to 1.
    pub reached_unknown_max: f64,
    /// *Reached* needs this share of zone-days without a violation open beyond its limit. 0 to 1.
    pub reached_days_min: f64,
    /// *Reached* needs at most this recurrence within seven days. 0 to 1.
    pub reached_recurrence_max: f64,
    /// League tables: the weight of what is usual, in zone-days.
    pub league_prior_days: u32,
    /// League tables: no rank below this coverage. 0 to 1.
    pub league_coverage_min: f64,
}

impl Default for ClearanceParameters {
    /// The example values of DOMAIN 5: a place to start from, for the bureau to change.
    fn default() -> Self {
        let limit = |minutes, duty| Limit { minutes, duty };
        Self {
            coverage_min: 0.8,
            hole_max_min: 60,
            clear_watched_min: 10,
            midpoint_gap_min: 15,
            merge_gap_min: 15,
            same_place_iou: 0.3,
            same_place_distance: 0.05,
            close_after_h: 24,
            limits: Limits {
                illegal_stall: limit(60, false),
                storefront_encroachment: limit(120, false),
                unauthorized_ad: limit(24 * 60, false),
                waste_dumping: limit(4 * 60, true),
            },
            duty: vec!["workdays 08:30-17:30".to_owned()],
            plain_median_open_max: 0.05,
            precision_n_min: 30,
            reached_coverage_min: 0.85,
            reached_unknown_max: 0.10,
            reached_days_min: 0.95,
            reached_recurrence_max: 0.15,
            league_prior_days: 20,
            league_coverage_min: 0.7,
        }
    }
}

impl ClearanceParameters {
    /// What is wrong with them, as one sentence.
    pub fn fault(&self) -> Option<String> {
        let shares = [
            ("coverage_min", self.coverage_min),
            ("same_place_iou", self.same_place_iou),
            ("same_place_distance", self.same_place_distance),
            ("plain_median_open_max", self.plain_median_open_max),
            ("reached_coverage_min", self.reached_coverage_min),
            ("reached_unknown_max", self.reached_unknown_max),
            ("reached_days_min", self.reached_days_min),
            ("reached_recurrence_max", self.reached_recurrence_max),
            ("league_coverage_min", self.league_coverage_min),
        ];
        if let Some((name, value)) = shares.iter().find(|(_, value)| !(0.0..=1.0).contains(value)) {
            return Some(format!("{name} is {value}, but must be from 0 to 1"));
        }
        let minutes = [
            ("hole_max_min", self.hole_max_min, 0),
            ("clear_watched_min", self.clear_watched_min, 1),
            ("midpoint_gap_min", self.midpoint_gap_min, 0),
            ("merge_gap_min", self.merge_gap_min, 0),
            ("close_after_h", self.close_after_h, 0),
            ("precision_n_min", self.precision_n_min, 0),
            ("league_prior_days", self.league_prior_days, 0),
            ("limits.illegal_stall.minutes", self.limits.illegal_stall.minutes, 1),
            ("limits.storefront_encroachment.minutes", self.limits.storefront_encroachment.minutes, 1),
            ("limits.unauthorized_ad.minutes", self.limits.unauthorized_ad.minutes, 1),
            ("limits.waste_dumping.minutes", self.limits.waste_dumping.minutes, 1),
        ];
        if let Some((name, value, least)) = minutes.iter().find(|(_, value, least)| !(*least..=100_000).contains(value)) {
            return Some(format!("{name} is {value}, but must be from {least} to 100000"));
        }
        if self.duty.len() > 50 {
            return Some("duty has more than 50 windows".to_owned());
        }
        let bad = self.duty.iter().find_map(|text| text.parse::<events::schedule::WeeklyWindow>().err());
        bad.map(|error| format!("duty: {error}"))
    }
}

/// What a zone-day was. *Unknown* is never a zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ZeroDay {
    /// Watched enough, and nothing stood.
    Zero,
    /// A violation stood.
    Violation,
    /// Watched too little to tell.
    UnknownCoverage,
    /// One unwatched stretch was too long to tell.
    UnknownHole,
    /// Something is not decided yet.
    UnknownPending,
    /// Nothing was in force: wholly permitted.
    #[default]
    NotApplicable,
    /// The day is not over.
    Running,
}

impl ZeroDay {
    /// Is it unknown, for whatever reason?
    pub fn unknown(self) -> bool {
        matches!(self, Self::UnknownCoverage | Self::UnknownHole | Self::UnknownPending)
    }
}

/// Was dynamic clearance (动态清零) reached?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reached {
    /// Watched enough, few days unknown, nothing open beyond its limit on enough days, little came back.
    Reached,
    /// Something of that failed, whatever the unknown days were.
    NotReached,
    /// Too little was watched, or not followed up for long enough, to say.
    NotMeasurable,
}

/// The condition that decided an indicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReachedWhy {
    /// All conditions hold.
    All,
    /// There is no key-area zone-day of this kind.
    NoZoneDays,
    /// Violations stood beyond their limit on too many zone-days.
    Overdue,
    /// Coverage is too low.
    Coverage,
    /// Too many zone-days are unknown.
    Unknown,
    /// Too much came back within seven days.
    Recurrence,
    /// There were violations, and none of them has been followed up for seven days yet.
    FollowUp,
}

/// A definition of clearance: what counts as what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ClearanceDefinition {
    /// Counts up from 1.
    pub version: i64,
    /// In force since then.
    #[schema(format = DateTime)]
    pub at: String,
    /// Log-in name of who made it.
    pub by: String,
    /// Why.
    pub note: String,
    /// What it says.
    pub parameters: ClearanceParameters,
}

/// All definitions there were.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ClearanceDefinitions {
    /// Newest first; the first is in force.
    pub items: Vec<ClearanceDefinition>,
}

/// A new definition.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewClearanceDefinition {
    /// The version one saw; another one meanwhile is a conflict.
    pub seen_version: i64,
    /// Why it is changed: 1 to 500 characters.
    #[schema(min_length = 1, max_length = 500)]
    pub note: String,
    /// What it says.
    pub parameters: ClearanceParameters,
}

/// What of the figures is wanted. All that are given must hold.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ClearanceQuery {
    /// First local day, `2026-11-01`. Default: 30 days before the last.
    pub from: Option<String>,
    /// Last local day, included. Default: today.
    pub until: Option<String>,
    /// District, exactly.
    pub district: Option<String>,
    /// Street, exactly.
    pub street: Option<String>,
    /// Camera id.
    pub camera: Option<String>,
    /// Zone id.
    pub zone: Option<String>,
    /// One or more kinds, comma-separated.
    pub kind: Option<String>,
    /// Only key areas, or only others.
    pub key_area: Option<bool>,
    /// What the groups are: `district` (default), `street`, `camera`, `zone` or `kind`.
    pub by: Option<String>,
    /// Under this definition; default the one in force.
    pub definition: Option<i64>,
}

/// A share with its 95 % interval (Wilson). `value` is null when there is nothing to take a share of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ShareFigure {
    /// 0 to 1.
    pub value: Option<f64>,
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// How many.
    pub part: u64,
    /// Of how many.
    pub n: u64,
}

/// How much of the time in force was watched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CoverageFigure {
    /// `|E| / |Force|`; null when nothing was in force.
    pub value: Option<f64>,
    /// Hours in force.
    pub force_h: f64,
    /// Hours of those watched.
    pub watched_h: f64,
}

/// Zone-days by what they were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ZeroFigure {
    /// Zero-days over zone-days that are known; null when none is.
    pub share: Option<f64>,
    /// Unknown over zone-days that are over and not wholly permitted.
    pub unknown_share: Option<f64>,
    /// Watched enough, and nothing stood.
    pub zero: u64,
    /// Something stood.
    pub violation: u64,
    /// Watched too little.
    pub unknown_coverage: u64,
    /// One hole too long.
    pub unknown_hole: u64,
    /// Not decided yet.
    pub unknown_pending: u64,
    /// Wholly permitted.
    pub not_applicable: u64,
    /// Not over.
    pub running: u64,
}

/// Open-violation minutes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OvmFigure {
    /// Minutes in which something stood and was watched: two stalls at once count once.
    pub minutes: f64,
    /// The same, two stalls at once counting twice.
    pub object_minutes: f64,
    /// Minutes per watched hour; null when nothing was watched.
    pub per_watched_h: Option<f64>,
    /// Its 95 % interval over zone-days.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Mean minutes of the zone-days that are known.
    pub per_zone_day: Option<f64>,
}

/// A point of a Kaplan–Meier curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CurvePoint {
    /// Seconds.
    pub s: u32,
    /// Share still open.
    pub open: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// How long something took. Seconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TimesFigure {
    /// How many, the open ones among them.
    pub n: u64,
    /// Of which the end was not seen: open, lost, or gone while nobody watched.
    pub censored: u64,
    /// Kaplan–Meier median; null while more than half are open.
    pub km_median: Option<u32>,
    /// Lower end of its 95 % interval.
    pub km_low: Option<u32>,
    /// Upper end; null where it has none.
    pub km_high: Option<u32>,
    /// Plain median of those that ended; null when more are open than the definition allows.
    pub median: Option<f64>,
    /// 90th percentile of those that ended; null when more are open than the definition allows.
    pub p90: Option<f64>,
    /// The curve, thinned to at most 120 points; every point is one of the estimate.
    pub curve: Vec<CurvePoint>,
}

/// How soon the machine was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LatencyFigure {
    /// Median seconds from first seen to raised.
    pub median: Option<f64>,
    /// 90th percentile.
    pub p90: Option<f64>,
    /// Of how many.
    pub n: u64,
}

/// What came back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RecurrenceFigure {
    /// Within so many days.
    pub days: u32,
    /// `part`: came back; `n`: cleared and followed up.
    pub share: ShareFigure,
}

/// Cleared within the limit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SlaFigure {
    /// `part`: cleared within the limit; `n`: due.
    pub share: ShareFigure,
    /// Due, but gone while nobody watched: before the limit or after, nobody knows. Not in `n`.
    pub unknown: u64,
    /// Open now and beyond the limit.
    pub overdue_open: u64,
    /// Open now.
    pub open: u64,
    /// The oldest open one was first seen then.
    #[schema(format = DateTime)]
    pub oldest_open_at: Option<String>,
}

/// Open violations of an age.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AgeCount {
    /// Younger than so many minutes; null for the oldest.
    pub below_min: Option<u32>,
    /// How many.
    pub n: u64,
}

/// Precision of a model or an hour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NamedShare {
    /// The model, or the hour.
    pub name: String,
    /// `part`: true; `n`: true and false.
    pub share: ShareFigure,
}

/// How right the machine was, of what officers have reviewed. Recall is not known and not shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QualityFigure {
    /// Raised, without what permits cover.
    pub raised: u64,
    /// Covered by a permit when raised.
    pub permitted: u64,
    /// TP / (TP + FP). Null below the definition's n.
    pub precision: ShareFigure,
    /// 1 − permitted / (TP + FP + permitted): how well the permission rule knows what is allowed. Null below the n.
    pub permission_precision: ShareFigure,
    /// Confirmed over all closed in the period.
    pub confirm_rate: ShareFigure,
    /// Ran out unreviewed over all closed in the period.
    pub expiry_rate: ShareFigure,
    /// By model.
    pub by_model: Vec<NamedShare>,
    /// By local hour raised.
    pub by_hour: Vec<NamedShare>,
}

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

/// A district, street, camera, zone or kind among its like.
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
    /// Camera id, when it is one camera.
    pub camera: Option<String>,
    /// Zone id, when it is one zone.
    pub zone: Option<String>,
    /// The kind, when it is one kind.
    pub kind: Option<Kind>,
    /// Place in the league table, from 1; null below the definition's coverage or with no known zone-day.
    pub rank: Option<u32>,
    /// Violation minutes per watched hour, drawn towards what is usual; what the rank is by.
    pub score: Option<f64>,
    /// Share cleared within the limit, drawn towards what is usual; decides between equal scores.
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
    /// Zone-days they rest on (a zone, a kind, a day).
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
    /// Within 1, 7 and 30 days.
    pub recurrence: Vec<RecurrenceFigure>,
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

/// Which zone-days are wanted. All that are given must hold.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ZoneDayQuery {
    /// First local day, `2026-11-01`. Default: 30 days before the last.
    pub from: Option<String>,
    /// Last local day, included. Default: today.
    pub until: Option<String>,
    /// District, exactly.
    pub district: Option<String>,
    /// Street, exactly.
    pub street: Option<String>,
    /// Camera id.
    pub camera: Option<String>,
    /// Zone id.
    pub zone: Option<String>,
    /// One or more kinds, comma-separated.
    pub kind: Option<String>,
    /// Only key areas, or only others.
    pub key_area: Option<bool>,
    /// Under this definition; default the one in force.
    pub definition: Option<i64>,
    /// One or more of the words a zone-day can be, comma-separated.
    pub zero: Option<String>,
    /// `violations`, `open`, `overdue`, `recurred` (within seven days), `undecided` or `restated`: only zone-days that have it.
    pub with: Option<String>,
    /// Monday is 1.
    #[param(minimum = 1, maximum = 7)]
    pub weekday: Option<u8>,
    /// Only with violation minutes in this local hour.
    #[param(minimum = 0, maximum = 23)]
    pub hour: Option<u8>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// 1 to 200; default 50.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// A zone, a kind, a local day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ZoneDayRow {
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

/// One zone-day.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ZoneDayKey {
    /// Camera id.
    pub camera: String,
    /// Zone id.
    pub zone: String,
    /// Of what.
    pub kind: String,
    /// Local day.
    pub day: String,
    /// Under this definition; default the one in force.
    pub definition: Option<i64>,
}

/// How a violation ended, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EpisodeEnd {
    /// It stands.
    Open,
    /// Gone, and watched going.
    Cleared,
    /// Gone some time while nobody watched: it lasted at least until `stood_until`.
    Between,
    /// Whether it went is not known: it lasted at least until `stood_until`.
    Unknown,
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

/// What a candidate counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CountsAs {
    /// A violation.
    Confirmed,
    /// Nobody has decided.
    Pending,
    /// An officer said that it is none.
    FalsePositive,
    /// An officer said that it was allowed.
    FoundPermitted,
    /// Covered by a permit when it was raised.
    Permitted,
    /// Ran out unreviewed.
    Expired,
    /// A duplicate or a test.
    SetAside,
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

/// Zone-days as a file.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ClearanceExport {
    /// `csv` (default).
    pub format: Option<String>,
    /// First local day, `2026-11-01`. Default: 30 days before the last.
    pub from: Option<String>,
    /// Last local day, included. Default: today.
    pub until: Option<String>,
    /// District, exactly.
    pub district: Option<String>,
    /// Street, exactly.
    pub street: Option<String>,
    /// Camera id.
    pub camera: Option<String>,
    /// Zone id.
    pub zone: Option<String>,
    /// One or more kinds, comma-separated.
    pub kind: Option<String>,
    /// Only key areas, or only others.
    pub key_area: Option<bool>,
    /// Under this definition; default the one in force.
    pub definition: Option<i64>,
}
