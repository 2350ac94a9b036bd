//! The party: query codes, the public page, statements and defence.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Kind, NoticePurpose};

/// How a statement came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DefenceChannel {
    /// By the page for parties.
    Online,
    /// By telephone.
    Voice,
    /// Said to an officer, or at the counter.
    OnSite,
    /// On paper.
    Paper,
}

/// A statement that an officer enters for the party.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDefence {
    /// How it came.
    pub channel: DefenceChannel,
    /// When; now where absent.
    #[serde(default)]
    #[schema(format = DateTime)]
    pub received_at: Option<String>,
    /// What was said.
    #[schema(min_length = 1, max_length = 10000)]
    pub text: String,
    /// SHA-256 of what came with it and is kept elsewhere, hex.
    #[serde(default)]
    #[schema(min_length = 64, max_length = 64)]
    pub attachment_sha256: Option<String>,
}

/// The answer to a statement.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAnswer {
    /// Id of the statement.
    pub defence: String,
    /// Was it found right?
    pub accepted: bool,
    /// Why; the party reads it.
    #[schema(min_length = 1, max_length = 4000)]
    pub reasons: String,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DefenceAnswer {
    /// Was it found right?
    pub accepted: bool,
    /// Why.
    pub reasons: String,
    /// Log-in name of the legal reviewer.
    pub by: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
}

/// A statement or defence of the party (Administrative Penalty Law, article 45).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Defence {
    /// Opaque.
    pub id: String,
    /// How it came.
    pub channel: DefenceChannel,
    /// When.
    #[schema(format = DateTime)]
    pub received_at: String,
    /// What was said.
    pub text: String,
    /// SHA-256 of what came with it, hex.
    pub attachment_sha256: Option<String>,
    /// Log-in name of who entered it; `(party)` for the party itself.
    pub entered_by: String,
    /// When it was entered.
    #[schema(format = DateTime)]
    pub entered_at: String,
    /// Null while nobody has answered: until then the case is neither filed nor handed over.
    pub answer: Option<DefenceAnswer>,
}

/// A query code to be made; one that is there ends with it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPartyCode {
    /// For so many days, 1 to 365; default 90.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 365)]
    pub days: Option<u32>,
}

/// A query code, shown this once.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PartyCodeMade {
    /// The number that the party enters.
    pub case_no: String,
    /// The code: 80 random bits in four groups of four.
    pub code: String,
    /// Until then.
    #[schema(format = DateTime)]
    pub expires_at: String,
    /// Where to enter both.
    pub page: String,
}

/// The code of a case, without the code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PartyCode {
    /// When it was made.
    #[schema(format = DateTime)]
    pub made_at: String,
    /// By whom.
    pub by: String,
    /// Until then.
    #[schema(format = DateTime)]
    pub expires_at: String,
    /// When it was revoked or replaced, if it was.
    #[schema(format = DateTime)]
    pub revoked_at: Option<String>,
    /// By whom.
    pub revoked_by: Option<String>,
}

/// A look of the party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PartyLook {
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Was the masked still among what was shown?
    pub still: bool,
}

/// What the record holds of the party's side.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PartyRecord {
    /// The number that the party enters.
    pub case_no: String,
    /// The latest code; null while there was none.
    pub code: Option<PartyCode>,
    /// How often the party has looked.
    pub looks: i64,
    /// The latest looks, newest first, at most 20.
    pub looked_at: Vec<PartyLook>,
    /// Statements, oldest first.
    pub defences: Vec<Defence>,
}

/// With what a party asks.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartyKey {
    /// The number on the notice.
    #[schema(max_length = 64)]
    pub case_no: String,
    /// The code that came with it.
    #[schema(max_length = 64)]
    pub code: String,
}

/// A statement of the party.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartyStatement {
    /// The number on the notice.
    #[schema(max_length = 64)]
    pub case_no: String,
    /// The code that came with it.
    #[schema(max_length = 64)]
    pub code: String,
    /// What the party says.
    #[schema(min_length = 1, max_length = 5000)]
    pub text: String,
}

/// Where a case is, in words for the party.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PartyState {
    /// It is looked into.
    Examined,
    /// To be put right by the day given.
    ToPutRight,
    /// It was put right in time.
    PutRight,
    /// It was not put right in time; nothing is decided.
    NotPutRight,
    /// No penalty.
    Exempt,
    /// A case was filed; nothing is decided.
    Filed,
    /// With the authority that decides.
    HandedOver,
    /// With another body.
    Referred,
    /// Ended.
    Ended,
}

/// What was told to the party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PartyNotice {
    /// What it is for.
    pub purpose: NoticePurpose,
    /// When.
    #[schema(format = DateTime)]
    pub informed_at: String,
    /// The text.
    pub text: String,
    /// SHA-256 of the text, hex.
    pub sha256: String,
}

/// A statement as the party sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PartyDefence {
    /// How it came.
    pub channel: DefenceChannel,
    /// When.
    #[schema(format = DateTime)]
    pub received_at: String,
    /// What was said.
    pub text: String,
    /// Was it found right? Null while nobody has answered.
    pub accepted: Option<bool>,
    /// Why.
    pub reasons: Option<String>,
    /// When it was answered.
    #[schema(format = DateTime)]
    pub answered_at: Option<String>,
}

/// What the party sees of its case, and nothing else.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PartyView {
    /// The number.
    pub case_no: String,
    /// Of what.
    pub kind: Kind,
    /// The matter; null before legal review.
    pub matter: Option<String>,
    /// The article it stands on.
    pub basis: Option<String>,
    /// Where.
    pub place: String,
    /// First seen.
    #[schema(format = DateTime)]
    pub first_seen_at: String,
    /// Seen until, as far as is known.
    #[schema(format = DateTime)]
    pub last_seen_at: String,
    /// To be put right by then.
    #[schema(format = DateTime)]
    pub due_at: Option<String>,
    /// Where the case is.
    pub state: PartyState,
    /// What the party was told, oldest first.
    pub notices: Vec<PartyNotice>,
    /// What the party has said, oldest first.
    pub statements: Vec<PartyDefence>,
    /// May more be said here?
    pub may_state: bool,
    /// The still, JPEG in base64: blurred outside the box of what was found. Null when it cannot be shown now.
    pub still: Option<String>,
    /// The time zone in which times are shown.
    pub time_zone: String,
    /// Until when the code holds.
    #[schema(format = DateTime)]
    pub code_until: String,
}
