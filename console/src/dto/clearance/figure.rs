//! Figures: shares, durations, counts.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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

/// How right the machine was, of what officers have reviewed. What it missed is estimated apart: [`super::RecallFigure`].
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
    /// Second reviews that overturned the first (`part`) over all that have spoken (`n`), of candidates raised in the period.
    pub overturned: ShareFigure,
    /// Supervisors' second looks that disagreed with the decision (`part`) over those that could tell (`n`).
    pub disagreed: ShareFigure,
    /// Decisions of authorities that were revoked on review (`part`) over all that receivers told of (`n`), of candidates raised
    /// in the period.
    pub revoked: ShareFigure,
    /// The same, lost in court.
    pub lost: ShareFigure,
    /// By model.
    pub by_model: Vec<NamedShare>,
    /// By local hour raised.
    pub by_hour: Vec<NamedShare>,
}
