//! The definition in force and its parameters.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::dto::Kind;

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
    /// A kind counts as watched only while workers say that it was judged: its models looked, the street was known, a zone had
    /// a rule for it. Without it, as in definitions of before there were such accounts, every minute in which the camera was
    /// well counts for every kind. Time of which there is no account counts so either way.
    #[serde(default)]
    pub observed_by_kind: bool,
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
    /// Frame audits: the picture may lie so far from the drawn minute, minutes. Recorders keep one an hour, so that half an hour
    /// reaches one wherever a camera watched throughout. What is asked is what stood when the picture was taken.
    #[serde(default = "half_an_hour")]
    #[schema(required = true)]
    pub audit_picture_max_min: u32,
    /// Frame audits: a candidate counts as there so long before it was first seen and after it was last, minutes. A tracker's
    /// first look may come a little late.
    #[serde(default = "two_minutes")]
    #[schema(required = true)]
    pub audit_match_min: u32,
    /// Complaints and patrol finds: the same, minutes. People say roughly when they saw something.
    #[serde(default = "half_an_hour")]
    #[schema(required = true)]
    pub find_match_min: u32,
}

/// Definitions that were made before there were audits are read with these.
fn half_an_hour() -> u32 {
    30
}

fn two_minutes() -> u32 {
    2
}

impl Default for ClearanceParameters {
    /// The example values of DOMAIN 5: a place to start from, for the bureau to change.
    fn default() -> Self {
        let limit = |minutes, duty| Limit { minutes, duty };
        Self {
            coverage_min: 0.8,
            hole_max_min: 60,
            observed_by_kind: true,
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
            audit_picture_max_min: half_an_hour(),
            audit_match_min: two_minutes(),
            find_match_min: half_an_hour(),
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
            ("audit_picture_max_min", self.audit_picture_max_min, 0),
            ("audit_match_min", self.audit_match_min, 0),
            ("find_match_min", self.find_match_min, 0),
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
