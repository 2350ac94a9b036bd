//! What a party is told: templates of notices, and the notice that went out.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a notice is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoticePurpose {
    /// To put it right in time (责令改正, goes with `warn`).
    Warning,
    /// What penalty is meant, on what facts and basis, and that one may be heard (处罚前告知, goes with `inform`; Administrative
    /// Penalty Law, article 44).
    Informing,
}

/// A template, by version. `{subject}`, `{case_no}`, `{matter}`, `{basis}`, `{place}`, `{seen_at}`, `{due_at}`, `{fine}` and
/// `{query_page}` in its body are filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NoticeTemplate {
    /// Names it for good.
    pub id: String,
    /// What it is for.
    pub purpose: NoticePurpose,
    /// For people.
    pub name: String,
    /// Only in this district; empty for everywhere.
    pub district: String,
    /// The text.
    pub body: String,
    /// First day.
    #[schema(format = Date)]
    pub valid_from: String,
    /// Last day; null while it holds.
    #[schema(format = Date)]
    pub valid_until: Option<String>,
    /// The template that this one replaced.
    pub replaces: Option<String>,
    /// Why it was entered.
    pub reason: Option<String>,
    /// Why it was ended.
    pub end_reason: Option<String>,
    /// When it was entered.
    #[schema(format = DateTime)]
    pub added_at: String,
    /// By whom.
    pub added_by: String,
}

/// All templates, those that hold no more included.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NoticeTemplates {
    /// By purpose and first day.
    pub items: Vec<NoticeTemplate>,
    /// What may stand in braces.
    pub placeholders: Vec<String>,
}

/// A template to be added.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNoticeTemplate {
    /// `[a-z0-9-]{1,64}`, not used before.
    pub id: String,
    /// What it is for.
    pub purpose: NoticePurpose,
    /// For people.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// Only in this district; absent for everywhere.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub district: Option<String>,
    /// The text.
    #[schema(min_length = 1, max_length = 5000)]
    pub body: String,
    /// First day.
    #[schema(format = Date)]
    pub valid_from: String,
    /// Why it is entered; kept with it.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: Option<String>,
}

/// A template that replaces another from a day on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeTemplateRevision {
    /// Why.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
    /// From this day on, today or later; the old one ends on the day before.
    #[schema(format = Date)]
    pub valid_from: String,
    /// For people.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// The text.
    #[schema(min_length = 1, max_length = 5000)]
    pub body: String,
}

/// A notice as it went out, or would.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Notice {
    /// What it is for.
    pub purpose: NoticePurpose,
    /// Id of the template.
    pub template: String,
    /// Its name.
    pub template_name: String,
    /// SHA-256 of the template's body, hex.
    pub template_sha256: String,
    /// The text.
    pub text: String,
    /// SHA-256 of the text, hex.
    pub sha256: String,
}

/// Which notice one would like to see before it goes out.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeAsked {
    /// What it is for.
    pub purpose: NoticePurpose,
    /// A template's id; the one that holds where absent.
    #[serde(default)]
    pub template: Option<String>,
    /// For a warning.
    #[serde(default)]
    #[schema(format = DateTime)]
    pub due_at: Option<String>,
    /// For informing, whole yuan.
    #[serde(default)]
    pub expected_fine_yuan: Option<i64>,
}
