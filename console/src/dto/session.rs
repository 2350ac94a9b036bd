//! Who is at the screen.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AuditAlarm, Must, SignIn, UnitRef};

/// What a person may do. A person may have several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Decides on candidates.
    Operator,
    /// The second pair of eyes.
    LegalReviewer,
    /// Draws zones and permits.
    BureauEditor,
    /// Approves what an editor drew.
    BureauApprover,
    /// Reads figures; sees no pictures.
    Analyst,
    /// Sees what operators did; decides what was escalated.
    Supervisor,
    /// Makes users; sees no pictures and decides nothing.
    Administrator,
    /// Reads the audit log; changes nothing.
    Auditor,
}

impl Role {
    /// All of them.
    pub const ALL: [Role; 8] = [
        Role::Operator,
        Role::LegalReviewer,
        Role::BureauEditor,
        Role::BureauApprover,
        Role::Analyst,
        Role::Supervisor,
        Role::Administrator,
        Role::Auditor,
    ];

    /// Its word in files, columns and JSON.
    pub fn wire_name(self) -> &'static str {
        match self {
            Role::Operator => "operator",
            Role::LegalReviewer => "legal_reviewer",
            Role::BureauEditor => "bureau_editor",
            Role::BureauApprover => "bureau_approver",
            Role::Analyst => "analyst",
            Role::Supervisor => "supervisor",
            Role::Administrator => "administrator",
            Role::Auditor => "auditor",
        }
    }
}

/// A log-in.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The log-in name.
    #[schema(max_length = 64)]
    pub name: String,
    /// The password.
    #[schema(max_length = 1024)]
    pub password: String,
    /// Of the authenticator application, or a recovery code; asked for with 401 `code_needed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub code: Option<String>,
}

/// The person who is logged in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// Opaque.
    pub id: String,
    /// The log-in name.
    pub name: String,
    /// For people.
    pub display_name: String,
    /// What they may do.
    pub roles: Vec<Role>,
    /// Where they belong: they see what happens there and below.
    pub units: Vec<UnitRef>,
    /// Which pages they may use, of `queue`, `cases`, `cameras`, `overview`, `users`, `audit`, `samples`, `pictures`, `decide`, `import`.
    pub may: Vec<String>,
}

/// A session and the installation it is in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SessionInfo {
    /// Who.
    pub user: Me,
    /// What must be done first: until then only the own account is open.
    pub must: Vec<Must>,
    /// Is there a second factor, here or at the identity provider?
    pub totp: bool,
    /// How they came in.
    pub sign_in: SignIn,
    /// The audit log was tampered with; told to auditors and administrators.
    pub audit_alarm: Option<AuditAlarm>,
    /// The session ends then, whatever happens.
    #[schema(format = DateTime)]
    pub expires_at: String,
    /// The session ends then unless it is used.
    #[schema(format = DateTime)]
    pub idle_expires_at: String,
    /// The server's clock now: ages are counted from it, not from the browser's.
    #[schema(format = DateTime)]
    pub server_time: String,
    /// The time zone in which times are shown, e.g. `Asia/Shanghai`.
    pub time_zone: String,
    /// One's own certificate, for those who decide; null for everybody else.
    pub certificate: Option<OwnCertificate>,
}

/// One's own certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnCertificate {
    /// Nothing is confirmed and no legal review given here without one.
    pub required: bool,
    /// Where it stands.
    pub standing: super::CertificateStanding,
}
