//! Ways in: by password, or by the city's identity provider.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How somebody logs in. Each account has one way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignIn {
    /// By a password that is kept here, with a second factor that is kept here.
    #[default]
    Password,
    /// By the identity provider; password and second factor are its affair.
    Provider,
}

/// Why a sign-in with the identity provider came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignInRefusal {
    /// The provider does not answer.
    ProviderAway,
    /// The person, or the provider for them, did not consent.
    Consent,
    /// The provider refused.
    ProviderRefused,
    /// Its token does not hold: signature, issuer, audience, time or nonce.
    BadToken,
    /// It did not say the user's name.
    NoName,
    /// Begun too long ago, or in another browser.
    Expired,
    /// There is no such user here.
    UnknownUser,
    /// The user is here, and logs in with a password.
    UsesPassword,
    /// The user is here, and is somebody else at the provider.
    OtherIdentity,
    /// The user may not log in.
    Inactive,
    /// Too many wrong attempts on the name.
    Locked,
    /// The user's role needs a second factor, and the provider showed none.
    SecondFactor,
    /// The user's groups give no role, or no unit.
    NoRole,
}

/// Ways in that the log-in page offers.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SignInOptions {
    /// There is an identity provider.
    pub provider: bool,
    /// What its button says; the page's own words when null.
    pub label: Option<String>,
}

/// Where to go after the sign-in.
#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SignInNext {
    /// A path of this application; the first page when absent.
    #[param(max_length = 500)]
    pub next: Option<String>,
}

/// What the provider sends people back with. It may add words of its own: the one place where unknown ones are let through.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct SignInReturn {
    /// What is exchanged for the ID token.
    pub code: Option<String>,
    /// What we sent along.
    pub state: Option<String>,
    /// Why there is no code.
    pub error: Option<String>,
    /// Who says so (RFC 9207).
    pub iss: Option<String>,
}

/// After a log-out.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LoggedOut {
    /// Where to go to be logged out at the identity provider too.
    pub continue_at: String,
}

/// Another way in for a user. What was open ends.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInChange {
    /// The version that was seen.
    pub seen_version: i64,
    /// From now on.
    pub sign_in: SignIn,
    /// With `password`: the one to begin with, to be changed at the next log-in.
    #[serde(default)]
    #[schema(min_length = 12, max_length = 1024)]
    pub password: Option<String>,
}
