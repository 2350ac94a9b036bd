//! What people do with a case.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CaseEvent, CaseState, NewAnswer, NewDefence, RejectReason, SeenState};

/// A step in a case's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseAct {
    /// The confirmation of a candidate opened it. Not asked for here.
    Open,
    /// The confirmation was taken back. Not asked for here.
    Withdraw,
    /// A legal reviewer takes it on the desk.
    Take,
    /// And puts it back.
    Release,
    /// Legal review passes: five ticks and the matter.
    Pass,
    /// Legal review finds no violation: needs `reason`.
    Reject,
    /// The record does not carry it: needs `defect`.
    FindInsufficient,
    /// An officer is sent to look. The only way on for a clue.
    DispatchClue,
    /// Who is responsible: needs `subject`.
    MatchSubject,
    /// Tell the subject to put it right: needs `channel` and `due_at`.
    Warn,
    /// More time: needs a later `due_at` and a note.
    ExtendWarning,
    /// It was put right in time.
    FindCorrected,
    /// It was not put right in time.
    FindNotCorrected,
    /// Goes unpunished by a listed clause: needs `exemption`.
    Exempt,
    /// 立案: needs `expected_fine_yuan`, so that the track follows.
    File,
    /// The signed package goes out.
    HandOver,
    /// Another body's: needs `refer_to`.
    Refer,
    /// A time limit has passed.
    Expire,
    /// Nothing more is to be done here: needs `outcome`.
    Close,
    /// The party is told what penalty is meant, on what facts and basis (article 44): needs `channel` and `expected_fine_yuan`.
    Inform,
    /// The party said something: needs `defence`. What it says by its page comes without being asked for here.
    RecordDefence,
    /// What the party said was looked into again: needs `answer`.
    AnswerDefence,
    /// A query code was made for the party. Not asked for here.
    IssueCode,
    /// And revoked. Not asked for here.
    RevokeCode,
    /// An officer is kept out of it from now on. Not asked for here.
    Recuse,
}

/// What a legal reviewer makes sure of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LegalTicks {
    /// The facts are clear and the evidence shows them.
    pub facts: bool,
    /// The evidence was lawfully come by.
    pub lawful: bool,
    /// The legal basis fits.
    pub basis: bool,
    /// It is this authority's to act.
    pub jurisdiction: bool,
    /// The reviewer has no interest in the case (recusal, article 43).
    pub no_conflict: bool,
}

impl LegalTicks {
    /// All five.
    pub fn all(self) -> bool {
        self.facts && self.lawful && self.basis && self.jurisdiction && self.no_conflict
    }
}

/// Why a record does not carry a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Defect {
    /// What happened cannot be told for sure.
    FactsUnclear,
    /// The pictures do not show enough.
    PictureUnclear,
    /// Something that must be there is missing.
    EvidenceIncomplete,
    /// It cannot be told who is responsible.
    SubjectUnknown,
    /// A step of the procedure was wrong or left out.
    ProcedureFault,
    /// Says the note.
    Other,
}

/// What a subject is in law: the limits of the simple procedure differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    /// 自然人.
    Person,
    /// 法人或者其他组织.
    Organisation,
}

/// Who is responsible.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// Person or organisation.
    pub kind: SubjectKind,
    /// Their name, or the shop's.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// Their number in the register they were matched against, e.g. of the shop. Earlier violations are looked up by it.
    #[schema(min_length = 1, max_length = 100)]
    pub reference: String,
}

/// How a subject was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Text message.
    Sms,
    /// Telephone.
    Voice,
    /// The city's service application.
    App,
    /// By an officer on the spot.
    OnSite,
    /// On paper.
    Paper,
}

/// The procedure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Track {
    /// 简易程序 (article 51).
    Simple,
    /// 普通程序.
    Ordinary,
}

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A penalty was decided.
    Punished,
    /// None was.
    NotPunished,
    /// The officer on the spot found it and dealt with it.
    DealtWith,
    /// The officer on the spot found nothing.
    NotFound,
    /// The decision was revoked on review (复议纠错).
    Revoked,
    /// The decision was lost in court (诉讼败诉).
    Lost,
    /// The other body took it over.
    TakenOver,
}

/// An act to be done. What an act does not need is refused, so that nothing is said in vain.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCaseAct {
    /// The version that was on the screen.
    pub seen_version: i64,
    /// What is done.
    pub act: CaseAct,
    /// Free text.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub note: Option<String>,
    /// Certificate number of the acting officer (行政执法证).
    #[serde(default)]
    #[schema(max_length = 64)]
    pub certificate: Option<String>,
    /// For `pass`.
    #[serde(default)]
    pub ticks: Option<LegalTicks>,
    /// For `pass`: a matter's id.
    #[serde(default)]
    pub matter: Option<String>,
    /// For `reject`.
    #[serde(default)]
    pub reason: Option<RejectReason>,
    /// For `find_insufficient`.
    #[serde(default)]
    pub defect: Option<Defect>,
    /// For `match_subject`.
    #[serde(default)]
    pub subject: Option<Subject>,
    /// For `warn` and `inform`.
    #[serde(default)]
    pub channel: Option<Channel>,
    /// For `warn` and `inform`: a notice template's id; the one that holds where absent.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub template: Option<String>,
    /// For `warn` and `inform`: when the party was told; now where absent.
    #[serde(default)]
    #[schema(format = DateTime)]
    pub informed_at: Option<String>,
    /// For `record_defence`.
    #[serde(default)]
    pub defence: Option<NewDefence>,
    /// For `answer_defence`.
    #[serde(default)]
    pub answer: Option<NewAnswer>,
    /// For `warn` and `extend_warning`: by then it has to be put right.
    #[serde(default)]
    #[schema(format = DateTime)]
    pub due_at: Option<String>,
    /// For `exempt`: a clause's id.
    #[serde(default)]
    pub exemption: Option<String>,
    /// For `file` and `inform`, whole yuan. It decides the track, stands in the notice, and after a defence may not be more; it is
    /// in no list and no figure.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 10000000)]
    pub expected_fine_yuan: Option<i64>,
    /// For `file`: `ordinary` although the simple procedure would do.
    #[serde(default)]
    pub track: Option<Track>,
    /// For `refer`: which body.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub refer_to: Option<String>,
    /// For `close`.
    #[serde(default)]
    pub outcome: Option<Outcome>,
}

/// An act that this person could do in this state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActOffer {
    /// Which.
    pub act: CaseAct,
    /// Where it leads.
    pub to: CaseState,
    /// A stable word when something holds it up, e.g. `same_person`, `clue_only`; null when it can be done now.
    pub held_up: Option<String>,
    /// The sentence that goes with it.
    pub why: Option<String>,
}

/// What an act led to.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CaseActDone {
    /// The new line of the history.
    pub event: CaseEvent,
    /// The case's state now.
    pub state: CaseState,
    /// The case's version now.
    pub version: i64,
}

/// What the camera's looks propose on a correction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecheckProposal {
    /// A look after the warning showed that it is gone, and it has not come back.
    Corrected,
    /// It was still there when the time was over, or it came back.
    NotCorrected,
    /// Still there, and the time runs.
    Wait,
    /// The camera cannot tell: somebody must look.
    Unknown,
}

/// The re-observation of a warned case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Recheck {
    /// When the warning went out.
    #[schema(format = DateTime)]
    pub warned_at: String,
    /// By then it has to be put right.
    #[schema(format = DateTime)]
    pub due_at: String,
    /// What the camera proposes; a person decides.
    pub proposal: RecheckProposal,
    /// The camera's latest look.
    pub look: Option<SeenState>,
    /// When it looked.
    #[schema(format = DateTime)]
    pub look_at: Option<String>,
    /// A later candidate of the same kind at the same place, raised after it was gone: it came back.
    pub came_back: Option<String>,
}
