//! Cases: where they are, and how they are listed and told.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    ActOffer, CandidateSummary, CaseAct, Compliance, Decision, Delivery, Evidence, EvidenceMode, ExemptionProposal, Kind,
    LegalHold, Matter, PackageInfo, Recheck, Subject, Track,
};

/// Where a case is. States are added to this list, never renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// Opened on a confirmed candidate; waits for legal review.
    Opened,
    /// A legal reviewer has it on the desk: the first officer cannot take it back any more.
    LegalReview,
    /// Legal review passed.
    Confirmed,
    /// It is known who is responsible.
    SubjectMatched,
    /// The subject was told to put it right; the time to do so runs.
    Warned,
    /// Put right in time, found so by a person.
    Corrected,
    /// Not put right in time, found so by a person.
    NotCorrected,
    /// A listed clause lets it go unpunished.
    Exempt,
    /// 立案.
    Filed,
    /// The signed package went to the authority's own systems.
    HandedOver,
    /// Nothing more is to be done here.
    Closed,
    /// Legal review found that it is no violation.
    Rejected,
    /// The record does not carry it.
    Insufficient,
    /// An officer was sent to look.
    ClueDispatched,
    /// It is another body's.
    Referred,
    /// A time limit passed.
    Expired,
    /// The confirmation was taken back before legal review.
    Withdrawn,
}

impl CaseState {
    /// All of them, in the order of a case's life.
    pub const ALL: [CaseState; 17] = [
        CaseState::Opened,
        CaseState::LegalReview,
        CaseState::Confirmed,
        CaseState::SubjectMatched,
        CaseState::Warned,
        CaseState::Corrected,
        CaseState::NotCorrected,
        CaseState::Exempt,
        CaseState::Filed,
        CaseState::HandedOver,
        CaseState::Closed,
        CaseState::Rejected,
        CaseState::Insufficient,
        CaseState::ClueDispatched,
        CaseState::Referred,
        CaseState::Expired,
        CaseState::Withdrawn,
    ];
}

/// Filters of the case list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CaseQuery {
    /// One or more states, comma-separated, or `any` (default).
    pub state: Option<String>,
    /// One or more kinds, comma-separated.
    pub kind: Option<String>,
    /// `offsite_evidence` or `clue_only`.
    pub mode: Option<String>,
    /// Camera id.
    pub camera: Option<String>,
    /// District, exactly.
    pub district: Option<String>,
    /// Street, exactly.
    pub street: Option<String>,
    /// Only those whose clock has run out.
    pub overdue: Option<bool>,
    /// Only those that the person asking may give the second review: waiting, and not confirmed by themselves.
    pub for_me: Option<bool>,
    /// Only those with a statement of the party that nobody has answered.
    pub unanswered: Option<bool>,
    /// `newest` (default) or `oldest`.
    pub sort: Option<String>,
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
    /// Grows with each event; an act must name the one it saw.
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
    /// Log-in name of who opened it: the first officer.
    pub opened_by: String,
    /// When.
    #[schema(format = DateTime)]
    pub opened_at: String,
    /// When the rule was met.
    #[schema(format = DateTime)]
    pub raised_at: String,
    /// May its pictures be evidence? As the camera register was when they were taken; frozen when it was opened.
    pub evidence_mode: EvidenceMode,
    /// SHA-256 of the evidence manifest it was opened on, hex.
    pub evidence_sha256: String,
    /// When it came into this state.
    #[schema(format = DateTime)]
    pub state_since: String,
    /// By then the next step should be made; null where nothing presses.
    #[schema(format = DateTime)]
    pub due_at: Option<String>,
    /// Log-in name of the legal reviewer who has or had it on the desk.
    pub taken_by: Option<String>,
    /// Log-in name of the legal reviewer who passed it.
    pub legal_by: Option<String>,
    /// What the camera last said of it.
    pub seen_state: Option<super::SeenState>,
    /// When it said so.
    #[schema(format = DateTime)]
    pub seen_at: Option<String>,
}

/// Cases by state under the same filters, whatever `state` was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CaseCount {
    /// The state.
    pub state: CaseState,
    /// How many.
    pub n: i64,
}

/// A page of cases.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CasePage {
    /// In the order asked for.
    pub items: Vec<CaseSummary>,
    /// For the next page; null at the end.
    pub next_cursor: Option<String>,
    /// How many there are of each state; states without any are left out.
    pub counts: Vec<CaseCount>,
}

/// One line of a case's history. Never changed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CaseEvent {
    /// From 1.
    pub seq: i64,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Log-in name, or the receiver whose call-back it was.
    pub by: String,
    /// What was done.
    pub act: CaseAct,
    /// The state before; null for the first.
    pub from: Option<CaseState>,
    /// The state after.
    pub to: CaseState,
    /// The decision behind it.
    pub decision: String,
    /// The coded reason, where the act has one.
    pub reason: Option<String>,
    /// Free text.
    pub note: Option<String>,
    /// Certificate number of the officer, where given.
    pub certificate: Option<String>,
    /// What was seen and chosen: ticks, latest look, clause, channel, whatever belongs to the act.
    #[schema(value_type = Object)]
    pub details: serde_json::Value,
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
    /// What is merged into the candidate or was rejected as its duplicate, oldest first.
    pub carried: Vec<CandidateSummary>,
    /// Complaints and patrol finds that the candidate or one of those answers, the first one first, at most 20.
    pub finds: Vec<super::FindLink>,
    /// The evidence with digests.
    pub evidence: Vec<Evidence>,
    /// What was decided on the candidate, oldest first.
    pub decisions: Vec<Decision>,
    /// Who is kept out of it, oldest first; empty for those who decide nothing.
    pub recusals: Vec<super::Recusal>,
    /// The party's side: query code, looks, statements. Null for those who decide nothing.
    pub party: Option<super::PartyRecord>,
    /// Version of the zone that it was judged by.
    pub zone_version: String,
    /// The camera's register as it was when the pictures were taken.
    pub compliance: Compliance,
    /// What the person asking could do now, in the order of a case's life; also what is held up, with the reason.
    pub acts: Vec<ActOffer>,
    /// The matter that legal review put it under.
    pub matter: Option<Matter>,
    /// Matters of this kind and place that were valid when it was seen: one is chosen in legal review.
    pub matters: Vec<Matter>,
    /// Who is responsible; null while not known, and for those who see no pictures.
    pub subject: Option<Subject>,
    /// What the camera says of the correction; null unless a warning runs or was answered.
    pub recheck: Option<Recheck>,
    /// Clauses of the matter with what the record says to each.
    pub exemptions: Vec<ExemptionProposal>,
    /// The clause it was exempted by.
    pub exemption: Option<String>,
    /// Simple or ordinary procedure, once filed.
    pub track: Option<Track>,
    /// How it ended.
    pub outcome: Option<String>,
    /// Signed documents that went out, oldest first.
    pub packages: Vec<PackageInfo>,
    /// What became of them at each receiver, oldest first.
    pub deliveries: Vec<Delivery>,
    /// Legal holds that stand over its pictures.
    pub holds: Vec<LegalHold>,
}
