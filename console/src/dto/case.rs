//! Cases.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{CandidateSummary, Decision, Evidence, EvidenceMode, Kind};

/// Where a case is. The later stages of its life are added to this list, never renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// Opened on a confirmed candidate.
    Opened,
    /// The confirmation was taken back before anybody went on with it.
    Withdrawn,
}

/// Filters of the case list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CaseQuery {
    /// `opened`, `withdrawn` or `any` (default).
    pub state: Option<String>,
    /// One or more kinds, comma-separated.
    pub kind: Option<String>,
    /// Camera id.
    pub camera: Option<String>,
    /// District, exactly.
    pub district: Option<String>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// 1 to 200; default 50.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// A case as a row of the list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CaseSummary {
    /// Opaque.
    pub id: String,
    /// Where it is.
    pub state: CaseState,
    /// Grows with each event.
    pub version: i64,
    /// Of what.
    pub kind: Kind,
    /// The candidate it was opened on.
    pub candidate: String,
    /// Camera id.
    pub camera: String,
    /// Camera's name for people.
    pub camera_name: String,
    /// Zone id.
    pub zone: String,
    /// District.
    pub district: String,
    /// Street.
    pub street: String,
    /// Log-in name of who opened it.
    pub opened_by: String,
    /// When.
    #[schema(format = DateTime)]
    pub opened_at: String,
    /// May its pictures be evidence? Frozen when it was opened.
    pub evidence_mode: EvidenceMode,
    /// SHA-256 of the evidence manifest it was opened on, hex.
    pub evidence_sha256: String,
}

/// A page of cases, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CasePage {
    /// Newest first.
    pub items: Vec<CaseSummary>,
    /// For the next page; null at the end.
    pub next_cursor: Option<String>,
}

/// One line of a case's history. Never changed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CaseEvent {
    /// From 1.
    pub seq: i64,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Log-in name.
    pub by: String,
    /// The state before; null for the first.
    pub from: Option<CaseState>,
    /// The state after.
    pub to: CaseState,
    /// The decision behind it.
    pub decision: String,
    /// Free text.
    pub note: Option<String>,
    /// SHA-256 of the evidence manifest as it was, hex.
    pub evidence_sha256: String,
}

/// Everything about one case.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CaseDetail {
    /// As in the list.
    pub case: CaseSummary,
    /// Oldest first.
    pub history: Vec<CaseEvent>,
    /// The candidate.
    pub candidate: CandidateSummary,
    /// The evidence with digests.
    pub evidence: Vec<Evidence>,
    /// What was decided on the candidate, oldest first.
    pub decisions: Vec<Decision>,
}
