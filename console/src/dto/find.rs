//! Complaints and patrol finds: what others saw, and whether the program saw it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{FindCover, Kind, OverlapRecord};

/// Who found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindSource {
    /// A citizen, by the hotline (诉件).
    #[serde(rename = "12345")]
    Hotline,
    /// A patrol (巡查).
    Patrol,
    /// Anybody else.
    Other,
}

/// Something that others found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFind {
    /// Who found it.
    pub source: FindSource,
    /// Its number there; needed for the hotline.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub number: Option<String>,
    /// Of what.
    pub kind: Kind,
    /// The camera that shows the place, or would.
    #[schema(max_length = 64)]
    pub camera: String,
    /// Its zone; absent when it stood in none.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub zone: Option<String>,
    /// When it was seen: RFC 3339, or `2026-11-20 14:05` in the installation's time zone.
    #[schema(max_length = 40)]
    pub seen_at: String,
    /// When it was reported; when it was seen, where absent.
    #[serde(default)]
    #[schema(max_length = 40)]
    pub reported_at: Option<String>,
    /// Free text, nobody's name.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub note: Option<String>,
}

/// Finds as a file.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FindImport {
    /// CSV with a header line: `source,number,kind,camera,zone,seen_at,reported_at,note`; the last two may be missing.
    pub csv: String,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FindLineError {
    /// In the file, the header being 1.
    pub line: u64,
    /// One sentence.
    pub message: String,
}

/// What became of a file: all of it, or nothing and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FindsImported {
    /// How many were entered; 0 while a line is wrong.
    pub added: u64,
    /// Of every wrong line, in order.
    pub errors: Vec<FindLineError>,
}

/// What a person says of a find's match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindRuling {
    /// It is this candidate.
    Candidate,
    /// None of the candidates is it.
    None,
    /// As the program matches it.
    Automatic,
    /// It should not have been entered: counts nowhere.
    Withdrawn,
}

/// A correction of a match.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFindRuling {
    /// What is so.
    pub ruling: FindRuling,
    /// Needed for `candidate`, refused otherwise.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub candidate: Option<String>,
    /// Why: 1 to 500 characters.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
    /// How many rulings one saw; another one meanwhile is a conflict.
    #[schema(minimum = 0)]
    pub seen_rulings: i64,
}

/// A correction that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FindRulingRecord {
    /// What is so.
    pub ruling: FindRuling,
    /// The candidate.
    pub candidate: Option<String>,
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
}

/// A find with what it was matched with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FindRecord {
    /// Opaque.
    pub id: String,
    /// Who found it.
    pub source: FindSource,
    /// Its number there; empty where it has none.
    pub number: String,
    /// Of what.
    pub kind: Kind,
    /// Camera id.
    pub camera: String,
    /// For people.
    pub camera_name: String,
    /// Zone id; null where it stood in none.
    pub zone: Option<String>,
    /// For people.
    pub zone_name: String,
    /// District.
    pub district: String,
    /// Street.
    pub street: String,
    /// When it was seen.
    #[schema(format = DateTime)]
    pub seen_at: String,
    /// When it was reported.
    #[schema(format = DateTime)]
    pub reported_at: String,
    /// Free text.
    pub note: String,
    /// Who entered it.
    pub by: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Was the place covered then?
    pub cover: FindCover,
    /// The candidate that it is; null where there is none.
    pub matched: Option<OverlapRecord>,
    /// Candidates that were there, the best first; one of them is `matched` unless a person said otherwise.
    pub overlaps: Vec<OverlapRecord>,
    /// Reported before the candidate was raised, by so many seconds; null where it was not.
    pub lead_s: Option<u32>,
    /// Taken back: counts nowhere.
    pub withdrawn: bool,
    /// What people said of the match, oldest first; the last counts.
    pub rulings: Vec<FindRulingRecord>,
}

/// A find on the page of its candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FindLink {
    /// Opaque.
    pub id: String,
    /// Who found it.
    pub source: FindSource,
    /// Its number there.
    pub number: String,
    /// When it was reported.
    #[schema(format = DateTime)]
    pub reported_at: String,
    /// Before the candidate was raised?
    pub before: bool,
}
