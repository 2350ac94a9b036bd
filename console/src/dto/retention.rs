//! How long pictures are kept, what was deleted, what is held.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{CandidateState, Kind};

/// Why pictures go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RetentionRule {
    /// An officer rejected the candidate.
    Rejected,
    /// Nobody decided.
    Undecided,
    /// A permit covers it.
    Permitted,
    /// The hard stop passed undecided.
    Expired,
    /// It is the same thing as another candidate, and goes with that one.
    Merged,
    /// Its case is over.
    CaseEnded,
}

impl RetentionRule {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 6] = [Self::Rejected, Self::Undecided, Self::Permitted, Self::Expired, Self::Merged, Self::CaseEnded];
}

/// The pictures of a candidate went, or are going.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PicturesDeleted {
    /// Why.
    pub rule: RetentionRule,
    /// When; null while they are being deleted.
    #[schema(format = DateTime)]
    pub at: Option<String>,
    /// The number of the certificate; null until it is signed.
    pub certificate: Option<i64>,
}

/// The policy that holds. Days.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RetentionPolicy {
    /// Goes up with every change.
    pub version: i64,
    /// When it was adopted.
    #[schema(format = DateTime)]
    pub at: String,
    /// From when on it deletes.
    #[schema(format = DateTime)]
    pub from: String,
    /// After the rejection that stands.
    pub rejected_d: u32,
    /// After arrival.
    pub undecided_d: u32,
    /// After arrival.
    pub expired_d: u32,
    /// After arrival.
    pub permitted_d: u32,
    /// After the case ended; null: never.
    pub case_ended_d: Option<u32>,
}

/// Candidates, their files and bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RetentionSum {
    /// How many candidates.
    pub candidates: i64,
    /// How many stills and clips.
    pub files: i64,
    /// How large they are together.
    pub bytes: i64,
}

/// What one rule would delete.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RetentionLine {
    /// Which rule.
    pub rule: RetentionRule,
    /// Due, and not under hold.
    pub now: RetentionSum,
    /// Due within the days asked for, and not under hold.
    pub later: RetentionSum,
    /// Due now or within those days, and kept by a legal hold.
    pub held: RetentionSum,
}

/// The days to look ahead.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RetentionQuery {
    /// 0 to 90; default 7.
    #[param(minimum = 0, maximum = 90)]
    pub days: Option<u32>,
}

/// A file that was meant to go and has not gone.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RetentionFailure {
    /// Candidate id.
    pub candidate: String,
    /// File name.
    pub file: String,
    /// How often it was tried.
    pub tries: i64,
    /// When it is tried again.
    #[schema(format = DateTime)]
    pub next_at: String,
    /// `not_found`: in no place that this console reaches; `held`: a hold came; `store_away`, `refused`, `disk`.
    pub failure: String,
}

/// Which class of data something is (GB/T 43697 grades adapted): what may be exported and who must agree follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DataClass {
    /// Public statistics.
    C1,
    /// Internal: zones, camera health.
    C2,
    /// Pictures with bystanders.
    C3,
    /// Plates, telephone numbers, identity of subjects.
    C4,
    /// Keys and credentials.
    C5,
}

/// What kind of thing is of which class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClassedArtefact {
    /// A stable word, e.g. `stills`.
    pub artefact: &'static str,
    /// Its class.
    pub class: DataClass,
    /// How long it is kept: `retention` (by these rules), `always`, `recorder` (by the recorder's own limits), `session`.
    pub kept: &'static str,
    /// How it leaves the house: `free`, `by_role`, `masked_or_by_right`, `with_the_case`, `never`.
    pub leaves: &'static str,
}

/// All there is to say of retention.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RetentionOverview {
    /// When this was counted.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// Looked ahead so many days.
    pub days: u32,
    /// The policy.
    pub policy: RetentionPolicy,
    /// Why nothing is deleted now: `off`, `notice`, `other_policy`, `no_key`; null when it is.
    pub resting: Option<String>,
    /// When the job last went all the way round.
    #[schema(format = DateTime)]
    pub round_at: Option<String>,
    /// What each rule would delete, of what the person sees.
    pub lines: Vec<RetentionLine>,
    /// What was deleted so far, of what the person sees.
    pub deleted: RetentionSum,
    /// Files that are claimed and still there, or were not found; the oldest 50.
    pub failures: Vec<RetentionFailure>,
    /// How many of them there are.
    pub failing: i64,
    /// Holds that stand.
    pub holds: i64,
    /// Classes of data.
    pub classes: Vec<ClassedArtefact>,
}

/// Which candidates are listed.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RetentionPlanQuery {
    /// Of this rule.
    #[param(inline)]
    pub rule: Option<RetentionRule>,
    /// Due within so many days from now: 0 to 90, default 7.
    #[param(minimum = 0, maximum = 90)]
    pub days: Option<u32>,
    /// Only those under hold, or only those that are not.
    pub held: Option<bool>,
    /// Page size, 1 to 200.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// A candidate whose pictures are due, or will be.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RetentionItem {
    /// Candidate id.
    pub candidate: String,
    /// Its kind.
    pub kind: Kind,
    /// What was decided.
    pub state: CandidateState,
    /// Its case, if there is one.
    pub case: Option<String>,
    /// Camera id.
    pub camera: String,
    /// Camera name.
    pub camera_name: String,
    /// District.
    pub district: String,
    /// Street.
    pub street: String,
    /// When it was raised.
    #[schema(format = DateTime)]
    pub raised_at: String,
    /// Why its pictures go.
    pub rule: RetentionRule,
    /// When.
    #[schema(format = DateTime)]
    pub due_at: String,
    /// A hold keeps them.
    pub held: bool,
    /// How many files.
    pub files: i64,
    /// And how large.
    pub bytes: i64,
}

/// A page of them, the first due first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RetentionPlanPage {
    /// When they were looked up.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// The page.
    pub items: Vec<RetentionItem>,
    /// Where the next begins.
    pub next_cursor: Option<String>,
}

/// A certificate of deletion.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DeletionCertificate {
    /// Its number; they have no gaps.
    pub number: i64,
    /// Of which district's candidates.
    pub district: String,
    /// When it was signed.
    #[schema(format = DateTime)]
    pub at: String,
    /// By which job or person.
    pub by: String,
    /// Of how many candidates.
    pub candidates: i64,
    /// How many files.
    pub files: i64,
    /// How large they were.
    pub bytes: i64,
    /// SHA-256 of the document, which stands in the audit log too.
    pub sha256: String,
    /// SHA-256 of the public key in DER form.
    pub key_id: String,
}

/// Certificates.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DeletionCertificatePage {
    /// Newest first.
    pub items: Vec<DeletionCertificate>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
}

/// Where a page of certificates begins.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeletionCertificateQuery {
    /// Page size, 1 to 200.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// What a hold is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HoldSubject {
    /// A candidate, and what is merged into it.
    Candidate,
    /// The candidate of a case, and what is merged into it.
    Case,
    /// What a camera raised within a period.
    Camera,
    /// What was raised in a district or street, or the whole city, within a period.
    Unit,
}

/// A hold to be placed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHold {
    /// On what.
    pub subject: HoldSubject,
    /// The id of a candidate, case, camera or unit.
    #[schema(max_length = 200)]
    pub object: String,
    /// Raised from then on; for cameras and units.
    #[serde(default)]
    #[schema(format = DateTime)]
    pub from: Option<String>,
    /// And before then.
    #[serde(default)]
    #[schema(format = DateTime)]
    pub until: Option<String>,
    /// Why, 10 to 1000 characters.
    #[schema(min_length = 10, max_length = 1000)]
    pub reason: String,
    /// The document that asks for it, e.g. number of a court's letter.
    #[schema(min_length = 1, max_length = 300)]
    pub document: String,
}

/// What lifts a hold.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LiftHold {
    /// Why, 10 to 1000 characters.
    #[schema(min_length = 10, max_length = 1000)]
    pub reason: String,
    /// The document that ends it.
    #[schema(min_length = 1, max_length = 300)]
    pub document: String,
}

/// A hold, and who lifted it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LegalHold {
    /// Opaque.
    pub id: String,
    /// On what.
    pub subject: HoldSubject,
    /// The id of a candidate, case, camera or unit.
    pub object: String,
    /// Its name, where it has one.
    pub label: String,
    /// Where it lies; empty: everywhere.
    pub district: String,
    /// Where it lies; empty: everywhere in the district.
    pub street: String,
    /// The period, for cameras and units.
    #[schema(format = DateTime)]
    pub from: Option<String>,
    /// The period, for cameras and units.
    #[schema(format = DateTime)]
    pub until: Option<String>,
    /// Why.
    pub reason: String,
    /// By which document.
    pub document: String,
    /// Who placed it.
    pub by: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Candidates under it whose pictures were there when it was placed.
    pub kept: i64,
    /// Candidates under it whose pictures were deleted before it was placed.
    pub gone: i64,
    /// Who lifted it, if somebody did.
    pub lifted: Option<HoldLift>,
    /// May the person asking lift it?
    pub may_lift: bool,
}

/// How a hold ended.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HoldLift {
    /// Who.
    pub by: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Why.
    pub reason: String,
    /// By which document.
    pub document: String,
}

/// Holds.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HoldList {
    /// Those that stand first, then the lifted ones, newest first.
    pub items: Vec<LegalHold>,
}
