//! Users and the audit log.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Role, SignIn, UnitRef};

/// A user as the administrator sees them.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UserRecord {
    /// Opaque.
    pub id: String,
    /// The log-in name.
    pub name: String,
    /// For people.
    pub display_name: String,
    /// What they may do.
    pub roles: Vec<Role>,
    /// Where they belong.
    pub units: Vec<UnitRef>,
    /// May they log in at all?
    pub active: bool,
    /// Counts changes; a change names the one it saw.
    pub version: i64,
    /// Somebody else chose the password, and they have not changed it yet.
    pub must_change_password: bool,
    /// There is a second factor.
    pub totp: bool,
    /// How they log in.
    pub sign_in: SignIn,
    /// When they were made.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// Last log-in.
    #[schema(format = DateTime)]
    pub last_login_at: Option<String>,
    /// No log-in is accepted before then.
    #[schema(format = DateTime)]
    pub locked_until: Option<String>,
}

/// All users.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UserList {
    /// By name.
    pub items: Vec<UserRecord>,
}

/// A user to be made.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// 1 to 64 characters of `a-z 0-9 . _ -`.
    #[schema(min_length = 1, max_length = 64, pattern = "^[a-z0-9._-]+$")]
    pub name: String,
    /// For people; the log-in name when absent.
    #[serde(default)]
    #[schema(max_length = 100)]
    pub display_name: Option<String>,
    /// How they will log in.
    #[serde(default)]
    pub sign_in: SignIn,
    /// At least 12 characters, and not the name. None for who logs in by the identity provider.
    #[serde(default)]
    #[schema(min_length = 12, max_length = 1024)]
    pub password: Option<String>,
    /// At least one. An administrator may not also review or decide.
    pub roles: Vec<Role>,
    /// Ids of units: what they see. At least one; `city` is everything. Administrators and auditors belong to the city.
    pub units: Vec<String>,
}

/// Filters of the audit log.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Log-in name.
    pub actor: Option<String>,
    /// E.g. `evidence.look`.
    pub action: Option<String>,
    /// E.g. a candidate id.
    pub object: Option<String>,
    /// Words anywhere in actor, action, object, reason and details; capitals do not matter.
    #[param(max_length = 100)]
    pub q: Option<String>,
    /// From then on, RFC 3339.
    #[param(format = DateTime)]
    pub from: Option<String>,
    /// And before then.
    #[param(format = DateTime)]
    pub until: Option<String>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// 1 to 200; default 50.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// One row of the audit log. Never changed; chained to the one before by its digest.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AuditEntry {
    /// From 1, without gaps.
    pub seq: i64,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Log-in name, or `system`.
    pub actor: String,
    /// E.g. `session.login`, `evidence.look`, `decision.confirm`.
    pub action: String,
    /// What it was done to.
    pub object: String,
    /// Why, where a reason is asked for.
    pub reason: Option<String>,
    /// What else belongs to it.
    #[schema(value_type = Object)]
    pub details: serde_json::Value,
    /// SHA-256 of the row before and this row, hex.
    pub hash: String,
}

/// A page of the audit log, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AuditPage {
    /// Newest first.
    pub items: Vec<AuditEntry>,
    /// For the next page; null at the end.
    pub next_cursor: Option<String>,
}

/// The chain of the audit log is broken. It stands until a look at all rows is good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditAlarm {
    /// When it was found.
    #[schema(format = DateTime)]
    pub found_at: String,
    /// The first row that does not fit.
    pub broken_at: i64,
    /// Why.
    pub reason: String,
}

/// Does the chain hold?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditCheck {
    /// It does.
    pub ok: bool,
    /// How many rows were read.
    pub rows: i64,
    /// The digest of the last row: write it down elsewhere, and a cut tail will show.
    pub head: String,
    /// The first row that does not fit, and why.
    pub broken_at: Option<i64>,
    /// Why.
    pub reason: Option<String>,
}
