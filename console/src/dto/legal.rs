//! The lists of law: what may be acted on, and what may go unpunished. Data with dates, never a list in the program.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Kind;

/// A matter an authority may act on (事项).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Matter {
    /// Its id.
    pub id: String,
    /// Of which kind.
    pub kind: Kind,
    /// For people.
    pub name: String,
    /// The article it stands on.
    pub basis: String,
    /// Only in this district; empty for everywhere.
    pub district: String,
    /// The subject must be told to put it right first.
    pub warn_first: bool,
    /// How long one usually has to put it right, seconds.
    pub correct_within_s: i64,
    /// First day.
    #[schema(format = Date)]
    pub valid_from: String,
    /// Last day; null while it holds.
    #[schema(format = Date)]
    pub valid_until: Option<String>,
    /// The entry that this one replaced.
    pub replaces: Option<String>,
    /// Why it was entered, or why it replaced the other.
    pub reason: Option<String>,
    /// Why it was ended, where somebody ended it.
    pub end_reason: Option<String>,
    /// When it was entered.
    #[schema(format = DateTime)]
    pub added_at: String,
    /// By whom.
    pub added_by: String,
}

/// Why a violation may go unpunished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// 首违: none of the same kind before within the window, at this place or of this subject.
    FirstViolation,
    /// 轻微: it stood open for no more than so many minutes.
    Minor,
}

/// A clause by which a matter may go unpunished, once put right in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Exemption {
    /// Its id.
    pub id: String,
    /// The matter it is for.
    pub matter: String,
    /// On what ground.
    pub ground: Ground,
    /// The clause in words.
    pub clause: String,
    /// For `first_violation`: how far back one looks, days.
    pub window_days: Option<i64>,
    /// For `minor`: minutes from first seen until gone.
    pub most_open_minutes: Option<i64>,
    /// First day.
    #[schema(format = Date)]
    pub valid_from: String,
    /// Last day; null while it holds.
    #[schema(format = Date)]
    pub valid_until: Option<String>,
    /// The entry that this one replaced.
    pub replaces: Option<String>,
    /// Why it was entered, or why it replaced the other.
    pub reason: Option<String>,
    /// Why it was ended, where somebody ended it.
    pub end_reason: Option<String>,
    /// When it was entered.
    #[schema(format = DateTime)]
    pub added_at: String,
    /// By whom.
    pub added_by: String,
}

/// Both lists, those that hold no more included.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LegalLists {
    /// By kind and first day.
    pub matters: Vec<Matter>,
    /// By matter and first day.
    pub exemptions: Vec<Exemption>,
}

/// A matter to be added.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMatter {
    /// `[a-z0-9-]{1,64}`, not used before.
    pub id: String,
    /// Of which kind.
    pub kind: Kind,
    /// For people.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// The article it stands on.
    #[schema(min_length = 1, max_length = 500)]
    pub basis: String,
    /// Only in this district; absent for everywhere.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub district: Option<String>,
    /// The subject must be told to put it right first.
    pub warn_first: bool,
    /// 60 s to 90 days.
    #[schema(minimum = 60, maximum = 7776000)]
    pub correct_within_s: i64,
    /// First day.
    #[schema(format = Date)]
    pub valid_from: String,
    /// Last day, if there is one.
    #[serde(default)]
    #[schema(format = Date)]
    pub valid_until: Option<String>,
    /// Why it is entered; kept with it.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: Option<String>,
}

/// A clause to be added.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewExemption {
    /// `[a-z0-9-]{1,64}`, not used before.
    pub id: String,
    /// The matter it is for.
    pub matter: String,
    /// On what ground.
    pub ground: Ground,
    /// The clause in words.
    #[schema(min_length = 1, max_length = 500)]
    pub clause: String,
    /// Needed for `first_violation`, refused otherwise: 1 to 3660.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 3660)]
    pub window_days: Option<i64>,
    /// Needed for `minor`, refused otherwise: 1 to 525600.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 525600)]
    pub most_open_minutes: Option<i64>,
    /// First day.
    #[schema(format = Date)]
    pub valid_from: String,
    /// Last day, if there is one.
    #[serde(default)]
    #[schema(format = Date)]
    pub valid_until: Option<String>,
    /// Why it is entered; kept with it.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: Option<String>,
}

/// The end of an entry.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndEntry {
    /// The last day on which it holds.
    #[schema(format = Date)]
    pub valid_until: String,
    /// Why it ends; kept with it.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: Option<String>,
}

/// What a matter says from a day on. The entry that it replaces ends on the day before and keeps holding for its own days; the clauses of
/// that one go with it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MatterRevision {
    /// Why: a new article, a new local list.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
    /// First day on which it says so: today or later.
    #[schema(format = Date)]
    pub valid_from: String,
    /// For people.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// The article it stands on.
    #[schema(min_length = 1, max_length = 500)]
    pub basis: String,
    /// The subject must be told to put it right first.
    pub warn_first: bool,
    /// 60 s to 90 days.
    #[schema(minimum = 60, maximum = 7776000)]
    pub correct_within_s: i64,
}

/// What a clause of exemption says from a day on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExemptionRevision {
    /// Why.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
    /// First day on which it says so: today or later.
    #[schema(format = Date)]
    pub valid_from: String,
    /// The clause in words.
    #[schema(min_length = 1, max_length = 500)]
    pub clause: String,
    /// Needed for `first_violation`, refused otherwise: 1 to 3660.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 3660)]
    pub window_days: Option<i64>,
    /// Needed for `minor`, refused otherwise: 1 to 525600.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 525600)]
    pub most_open_minutes: Option<i64>,
}

/// A violation that stands against an exemption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EarlierViolation {
    /// The case; null when it lies outside of what the person asking may see. It counts all the same.
    pub case: Option<String>,
    /// When it was raised.
    #[schema(format = DateTime)]
    pub raised_at: String,
    /// The same place.
    pub same_place: bool,
    /// The same subject.
    pub same_subject: bool,
}

/// What the record says to a clause. A person decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExemptionProposal {
    /// The clause.
    pub exemption: Exemption,
    /// The record bears it out.
    pub holds: bool,
    /// For `first_violation`: what stands against it, newest first, at most 20.
    pub earlier: Vec<EarlierViolation>,
    /// For `minor`: minutes from first seen until gone, or until now.
    pub open_minutes: Option<f64>,
}
