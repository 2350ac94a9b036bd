//! Certificates of enforcement officers (行政执法证).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is on record of an officer's certificate (Administrative Penalty Law, article 42).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CertificateRecord {
    /// Its number.
    #[schema(min_length = 1, max_length = 64)]
    pub number: String,
    /// The body that issued it.
    #[schema(min_length = 1, max_length = 200)]
    pub issued_by: String,
    /// First day on which it holds.
    #[schema(format = Date)]
    pub valid_from: String,
    /// Last day on which it holds.
    #[schema(format = Date)]
    pub valid_until: String,
}

/// A certificate, as it was when somebody acted. Frozen into the decision, the step of the case and the signed package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HeldCertificate {
    /// The version of the record.
    pub version: i64,
    /// What it said.
    pub record: CertificateRecord,
    /// Did it hold at that moment?
    pub held: bool,
}

/// A change of what is on record.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCertificate {
    /// The version that was on the screen; 0 for the first.
    pub seen_version: i64,
    /// What holds from now on.
    pub record: CertificateRecord,
    /// Why it was changed.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub note: Option<String>,
}

/// A version of what is on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CertificateVersion {
    /// From 1.
    pub version: i64,
    /// What it says.
    pub record: CertificateRecord,
    /// When it was entered. Nothing that was done before is covered by it, whatever its days say.
    #[schema(format = DateTime)]
    pub at: String,
    /// Log-in name.
    pub by: String,
    /// Why it was changed.
    pub note: Option<String>,
}

/// Where a certificate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CertificateState {
    /// None was entered.
    Missing,
    /// It does not hold yet.
    NotYet,
    /// It holds.
    Holds,
    /// It holds, and ends within thirty days.
    EndsSoon,
    /// It holds no more.
    Lapsed,
}

/// Where an officer's certificate stands now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CertificateStanding {
    /// Where.
    pub state: CertificateState,
    /// Its number; null while there is none.
    pub number: Option<String>,
    /// When it begins to hold.
    #[schema(format = DateTime)]
    pub from: Option<String>,
    /// When it ends, or ended.
    #[schema(format = DateTime)]
    pub until: Option<String>,
}

/// The certificates of one user.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UserCertificates {
    /// User id.
    pub user: String,
    /// The version to name in a change; 0 while there is none.
    pub version: i64,
    /// Where it stands now.
    pub now: CertificateStanding,
    /// Does this installation ask for one (`[console.review] require_certificate`)?
    pub required: bool,
    /// Newest first.
    pub versions: Vec<CertificateVersion>,
}

/// An officer whose certificate ends within thirty days, has ended, or was never entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CertificateReminder {
    /// User id.
    pub user: String,
    /// Log-in name.
    pub name: String,
    /// For people.
    pub display_name: String,
    /// Where their certificate stands.
    pub standing: CertificateStanding,
}

/// Those.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CertificateReminders {
    /// Does this installation ask for one?
    pub required: bool,
    /// The most urgent first.
    pub items: Vec<CertificateReminder>,
}
