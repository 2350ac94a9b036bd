//! The review queue.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{CameraSummary, Kind, LegalHold, MergeProposal, PicturesDeleted};

/// What has been decided on a candidate so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CandidateState {
    /// Nothing yet.
    Open,
    /// An officer confirmed it; there is a case.
    Confirmed,
    /// An officer rejected it, with a reason.
    Rejected,
    /// A supervisor or legal reviewer must look.
    Escalated,
    /// Somebody must go there.
    FieldCheck,
    /// An officer said that it is the same thing as another candidate, which carries it.
    Merged,
    /// Nobody decided before the hard stop: closed unreviewed.
    Expired,
}

/// What the camera last said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeenState {
    /// Still there.
    Present,
    /// Gone, and seen to be gone.
    Cleared,
    /// The camera can no longer tell.
    Lost,
}

/// Filters of the queue. All that are given must hold.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CandidateQuery {
    /// One or more of `open`, `confirmed`, `rejected`, `escalated`, `field_check`, `merged`, `expired`, comma-separated, or
    /// `any`. Default `open`.
    pub state: Option<String>,
    /// One or more kinds, comma-separated.
    pub kind: Option<String>,
    /// Camera id.
    pub camera: Option<String>,
    /// District, exactly.
    pub district: Option<String>,
    /// Street, exactly.
    pub street: Option<String>,
    /// Zone id.
    pub zone: Option<String>,
    /// Only key areas, or only others.
    pub key_area: Option<bool>,
    /// `no` (default): without those a permit covers; `only`; `any`.
    pub permitted: Option<String>,
    /// Where the review's clock stands: `in_time`; `soon`, due within 10 minutes; `overdue`; `lapsing`, less than a day from the
    /// hard stop. Only candidates whose review is owed have a clock.
    pub sla: Option<String>,
    /// Searches candidate id (its beginning, four digits or more), camera, zone, street and district (anywhere), ignoring case.
    #[param(max_length = 100)]
    pub q: Option<String>,
    /// `newest` (default), `oldest`, `score` or `risk`: by due time and head start, see `head_start_s` of a candidate.
    pub sort: Option<String>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// 1 to 200; default 50.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// Who has it on their screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Claim {
    /// Log-in name.
    pub by: String,
    /// Is it the person asking?
    pub mine: bool,
    /// Ends then, unless renewed.
    #[schema(format = DateTime)]
    pub until: String,
}

/// A candidate as a row of the queue.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CandidateSummary {
    /// 32 hex digits.
    pub id: String,
    /// Of what.
    pub kind: Kind,
    /// What has been decided.
    pub state: CandidateState,
    /// Grows with each decision; a decision must name the one it saw.
    pub version: i64,
    /// Camera id.
    pub camera: String,
    /// For people; the id when the camera is not known yet.
    pub camera_name: String,
    /// District; empty when the camera is not known yet.
    pub district: String,
    /// Street; empty when the camera is not known yet.
    pub street: String,
    /// Zone id.
    pub zone: String,
    /// For people.
    pub zone_name: String,
    /// Under the clearance target?
    pub key_area: bool,
    /// Covered by a permit?
    pub permitted: bool,
    /// Which.
    pub permit: Option<String>,
    /// When the episode began.
    #[schema(format = DateTime)]
    pub first_seen_at: String,
    /// When the rule was met.
    #[schema(format = DateTime)]
    pub raised_at: String,
    /// When it came here.
    #[schema(format = DateTime)]
    pub received_at: String,
    /// `raised_at - first_seen_at`, seconds.
    pub dwell_s: f64,
    /// Where: `[x1, y1, x2, y2]` in 0..1.
    #[serde(rename = "box")]
    pub bbox: [f64; 4],
    /// 0..=1.
    pub score: f64,
    /// What the camera last said of it; none yet is null.
    pub seen_state: Option<SeenState>,
    /// When it said so.
    #[schema(format = DateTime)]
    pub seen_at: Option<String>,
    /// The review is due then: `received_at` and the target of the kind, which may be another in key areas.
    #[schema(format = DateTime)]
    pub due_at: String,
    /// After this nobody may confirm, and what nobody decided expires.
    #[schema(format = DateTime)]
    pub hard_stop_at: String,
    /// By so many seconds it comes before others that are due at the same time: for its kind, a key area, and its score. The
    /// order `risk` is by `due_at - head_start_s`.
    pub head_start_s: f64,
    /// The candidate that it is the same thing as: that carries it while it is merged, or that it was rejected as a duplicate of.
    pub merged_into: Option<String>,
    /// How many are merged into this one or were rejected as its duplicates.
    pub carries: i64,
    /// Who has it on their screen, if anybody.
    pub claim: Option<Claim>,
    /// A signed address of the trigger still, for a few minutes; null for those who see no pictures.
    pub still_url: Option<String>,
    /// The case, if one was opened.
    pub case: Option<String>,
    /// Its pictures were deleted, or are being; null while they are kept.
    pub pictures_deleted: Option<PicturesDeleted>,
}

/// Candidates by state under the same filters, whatever `state` was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StateCounts {
    /// Open.
    pub open: i64,
    /// Confirmed.
    pub confirmed: i64,
    /// Rejected.
    pub rejected: i64,
    /// Escalated.
    pub escalated: i64,
    /// Waiting for a field check.
    pub field_check: i64,
    /// The same thing as another.
    pub merged: i64,
    /// Closed unreviewed.
    pub expired: i64,
}

/// A page of the queue.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CandidatePage {
    /// In the order asked for.
    pub items: Vec<CandidateSummary>,
    /// For the next page; null at the end.
    pub next_cursor: Option<String>,
    /// How many there are of each state.
    pub counts: StateCounts,
}

/// One condition of the rule.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Fact {
    /// E.g. `dwell`.
    pub name: String,
    /// What was measured.
    pub value: f64,
    /// What was needed, where there is a bound.
    pub needed: Option<f64>,
    /// `s`, `share`, `count`, or empty.
    pub unit: String,
}

/// The rule's trace.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Why {
    /// One sentence.
    pub text: String,
    /// The conditions behind it.
    pub facts: Vec<Fact>,
}

/// A model that took part.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// SHA-256 of its file, hex.
    pub sha256: String,
}

/// One file of the evidence package.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Evidence {
    /// `first_seen`, `moment`, `mid`, `trigger`, `clip`, `after` or `manifest`.
    pub role: String,
    /// Its name within the package, e.g. `trigger.jpg`.
    pub file: String,
    /// E.g. `image/jpeg`, `video/mp4`, `application/json`.
    pub media_type: String,
    /// Of its bytes, hex.
    pub sha256: String,
    /// Its size.
    pub bytes: i64,
    /// A signed address for a few minutes; null for those who see no pictures, and when it was deleted.
    pub url: Option<String>,
    /// It was deleted, or is being; null while it is kept.
    pub deleted: Option<PicturesDeleted>,
}

/// A later look of the camera.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Observation {
    /// What became of it.
    pub state: SeenState,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Where, if told.
    #[serde(rename = "box")]
    pub bbox: Option<[f64; 4]>,
}

/// An earlier candidate of the same kind at the same place.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PlaceVisit {
    /// Candidate id.
    pub id: String,
    /// What was decided.
    pub state: CandidateState,
    /// When it was raised.
    #[schema(format = DateTime)]
    pub raised_at: String,
    /// The coded reason when it was rejected.
    pub reason: Option<RejectReason>,
    /// The case, if one was opened.
    pub case: Option<String>,
    /// Its pictures were deleted, or are being; null while they are kept.
    pub pictures_deleted: Option<PicturesDeleted>,
}

/// What an officer says of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is what the machine says; needs all four ticks; opens a case.
    Confirm,
    /// It is not; needs a reason.
    Reject,
    /// Somebody else must decide.
    Escalate,
    /// Somebody must go there.
    NeedsFieldCheck,
    /// It is the same thing as another candidate; needs `into`.
    Merge,
    /// Takes back one's own last decision.
    Undo,
}

/// Why a candidate is rejected: coded, because it comes back to the tuning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RejectReason {
    /// Nothing forbidden is going on.
    NotAViolation,
    /// Allowed at this time.
    PermittedWindow,
    /// Allowed at this place.
    PermittedPlace,
    /// A vendor passing through.
    MovingVendor,
    /// Inside the shop line.
    InsideShop,
    /// Already there under another candidate, which `into` may name.
    Duplicate,
    /// Not within the zone.
    WrongZone,
    /// Cannot be judged from the picture.
    PictureUnclear,
    /// The camera was turned.
    CameraMoved,
    /// Something is in front.
    Occluded,
    /// Noise of a night picture.
    NightNoise,
    /// Not real.
    TestData,
    /// Says the note.
    Other,
}

/// The four things a record must be (Administrative Penalty Law, article 41).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ticks {
    /// 真实.
    #[serde(rename = "true")]
    pub is_true: bool,
    /// 清晰.
    pub clear: bool,
    /// 完整.
    pub complete: bool,
    /// 准确.
    pub accurate: bool,
}

impl Ticks {
    /// All four.
    pub fn all(self) -> bool {
        self.is_true && self.clear && self.complete && self.accurate
    }
}

/// A decision to be made.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDecision {
    /// The version that was on the screen.
    pub seen_version: i64,
    /// What is decided.
    pub verdict: Verdict,
    /// Needed for `reject`, refused otherwise.
    #[serde(default)]
    pub reason: Option<RejectReason>,
    /// All four needed for `confirm`.
    #[serde(default)]
    pub ticks: Option<Ticks>,
    /// The candidate that this one is the same thing as. Needed for `merge`, where it carries this one. With `reject` for
    /// `duplicate` it may be given: a candidate of the same kind, of its camera, street or area, with no more than two hours
    /// between them. Refused otherwise.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub into: Option<String>,
    /// Free text; needed when the reason is `other`.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub note: Option<String>,
}

/// A decision that was made. Never changed; a later one may supersede it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Decision {
    /// Opaque.
    pub id: String,
    /// What was decided.
    pub verdict: Verdict,
    /// Log-in name of who decided.
    pub by: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// The version that was on the screen.
    pub seen_version: i64,
    /// The coded reason of a rejection.
    pub reason: Option<RejectReason>,
    /// The ticks of a confirmation.
    pub ticks: Option<Ticks>,
    /// The candidate named by a merge, or by a rejection as a duplicate.
    pub into: Option<String>,
    /// Free text.
    pub note: Option<String>,
    /// The decision that this one takes the place of.
    pub supersedes: Option<String>,
    /// The certificate of who decided, as it was then; null where none was on record.
    pub certificate: Option<super::HeldCertificate>,
}

/// What a decision led to.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DecisionMade {
    /// The decision.
    pub decision: Decision,
    /// The candidate's state now.
    pub state: CandidateState,
    /// The candidate's version now.
    pub version: i64,
    /// The case that was opened or withdrawn by it, if any.
    pub case: Option<String>,
}

/// Everything about one candidate.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CandidateDetail {
    /// As in the queue.
    pub candidate: CandidateSummary,
    /// The version of the zone it was judged by.
    pub zone_version: String,
    /// The camera's connection that the stream seconds belong to.
    pub run: i64,
    /// Stream seconds.
    pub first_seen_s: f64,
    /// Stream seconds.
    pub raised_s: f64,
    /// Whose clock the times are: `arrival`, `declared` or `unknown`.
    pub clock: String,
    /// The rule's trace.
    pub why: Why,
    /// Models that took part.
    pub models: Vec<Model>,
    /// What proves it.
    pub evidence: Vec<Evidence>,
    /// Later looks of the camera, oldest first.
    pub observations: Vec<Observation>,
    /// What was decided, oldest first.
    pub decisions: Vec<Decision>,
    /// Who is kept out of it, oldest first; empty for those who decide nothing.
    pub recusals: Vec<super::Recusal>,
    /// Same kind, camera and zone and an overlapping box within 30 days before, newest first, at most 20.
    pub same_place: Vec<PlaceVisit>,
    /// Undecided or confirmed candidates that may be the same thing, likeliest first, at most 9. A person says whether they are.
    pub proposals: Vec<MergeProposal>,
    /// What it may repeat, likeliest first, at most 9: also what was rejected or ran out. For rejecting it as a duplicate.
    pub repeats: Vec<MergeProposal>,
    /// What is merged into this one or was rejected as its duplicate, oldest first; their evidence stays theirs.
    pub carried: Vec<CandidateSummary>,
    /// The camera; null while it is not known.
    pub camera: Option<CameraSummary>,
    /// Legal holds that stand over its pictures.
    pub holds: Vec<LegalHold>,
    /// Complaints and patrol finds that it answers, the first one first, at most 20.
    pub finds: Vec<super::FindLink>,
}
