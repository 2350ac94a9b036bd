//! Accounts: one's own, and those an administrator changes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Role, SignIn};

/// What a person has to do before anything else is open to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Must {
    /// Somebody else chose the password.
    ChangePassword,
    /// Their role asks for a second factor.
    EnrolTotp,
}

/// Another password of one's own.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The one so far.
    #[schema(max_length = 1024)]
    pub old: String,
    /// At least 12 characters, not one that many people have, and not with one's name in it.
    #[schema(min_length = 12, max_length = 1024)]
    pub new: String,
}

/// The password again, before something that matters.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordAgain {
    /// One's own.
    #[schema(max_length = 1024)]
    pub password: String,
}

/// A secret for an authenticator application. Shown this once.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct TotpOffer {
    /// For typing, base32.
    pub secret: String,
    /// `otpauth://…`, for a link on the same device.
    pub uri: String,
    /// A QR code of it, SVG.
    pub qr_svg: String,
}

/// A code of the application.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TotpCode {
    /// Six digits.
    #[schema(max_length = 64)]
    pub code: String,
}

/// Codes for when the application is gone, each good once. Shown this once.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct RecoveryCodes {
    /// Ten.
    pub codes: Vec<String>,
}

/// What an administrator changes of a user. Everything is given: what is not named cannot be meant.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserChange {
    /// The version that was seen.
    pub seen_version: i64,
    /// For people.
    #[schema(min_length = 1, max_length = 100)]
    pub display_name: String,
    /// At least one.
    pub roles: Vec<Role>,
    /// At least one.
    pub units: Vec<String>,
    /// May they log in at all? When not, their sessions end.
    pub active: bool,
}

/// A password that somebody else chooses: it has to be changed at the next log-in.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordReset {
    /// At least 12 characters.
    #[schema(min_length = 12, max_length = 1024)]
    pub password: String,
}

/// A live session.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SessionRecord {
    /// Opaque; not the token.
    pub id: String,
    /// Whose, log-in name.
    pub user: String,
    /// For people.
    pub display_name: String,
    /// The browser, as it calls itself.
    pub agent: String,
    /// The address it came from; behind a proxy the proxy's.
    pub address: String,
    /// Since when.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it was last used.
    #[schema(format = DateTime)]
    pub used_at: String,
    /// It ends then, whatever happens.
    #[schema(format = DateTime)]
    pub expires_at: String,
    /// How they came in.
    pub sign_in: SignIn,
    /// Is it the one that asks?
    pub own: bool,
}

/// Live sessions.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SessionList {
    /// Last used first.
    pub items: Vec<SessionRecord>,
}
