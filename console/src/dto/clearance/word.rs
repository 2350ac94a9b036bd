//! The words of zone-days, indicators, violations and candidates.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
    /// With the candidate that it was merged into.
    Merged,
    /// A duplicate or a test.
    SetAside,
}
