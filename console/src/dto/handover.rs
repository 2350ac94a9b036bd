//! Hand-over: signed packages, receivers, deliveries, and what receivers call back with.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A signed case document. Its bytes, not its meaning, are what is signed: `GET /cases/{id}/package` gives them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PackageInfo {
    /// The line of the history it went out with.
    pub seq: i64,
    /// SHA-256 of the document, hex.
    pub sha256: String,
    /// Names the key: SHA-256 of its public half in DER form, hex.
    pub key_id: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// On its way; tried again at `next_at`.
    Waiting,
    /// The receiver took it.
    Delivered,
    /// A dead letter: the receiver refused it, or too many tries failed. A person can send it again.
    Dead,
}

/// One package to one receiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Delivery {
    /// Its id; the receiver sees it as the event's id, so that a repeat is known.
    pub id: String,
    /// Case id.
    pub case: String,
    /// Receiver's id.
    pub receiver: String,
    /// Receiver's name.
    pub receiver_name: String,
    /// What became of it.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: i64,
    /// The next try; null when there is none to come.
    #[schema(format = DateTime)]
    pub next_at: Option<String>,
    /// The last answer's HTTP status.
    pub last_status: Option<i64>,
    /// What went wrong the last time.
    pub last_error: Option<String>,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it was taken, or given up.
    #[schema(format = DateTime)]
    pub done_at: Option<String>,
    /// What the receiver calls the case.
    pub their_id: Option<String>,
    /// Where the case is there, as last called back.
    pub their_status: Option<TheirStatus>,
    /// When it called back.
    #[schema(format = DateTime)]
    pub their_at: Option<String>,
}

/// Which deliveries.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeliveryQuery {
    /// One or more of `waiting`, `delivered`, `dead`, comma-separated, or `any`. Default `dead`.
    pub state: Option<String>,
    /// 1 to 200; default 100.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// Deliveries, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DeliveryList {
    /// Newest first.
    pub items: Vec<Delivery>,
}

/// An organisation's system that packages go to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Receiver {
    /// Opaque.
    pub id: String,
    /// For people.
    pub name: String,
    /// Gets the cases of this district; empty for all.
    pub district: String,
    /// Where packages are posted.
    pub url: String,
    /// Gets new ones.
    pub active: bool,
    /// Grows with each change.
    pub version: i64,
    /// Deliveries on their way.
    pub waiting: i64,
    /// Dead letters.
    pub dead: i64,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// Log-in name of who made it.
    pub created_by: String,
}

/// All receivers.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ReceiverList {
    /// By name.
    pub items: Vec<Receiver>,
}

/// A receiver to be added.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReceiver {
    /// For people.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// Only cases of this district; absent for all.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub district: Option<String>,
    /// `https://…`; `http://` only to this machine or a private address.
    #[schema(max_length = 1000)]
    pub url: String,
}

/// A change of a receiver; what is absent stays.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiverChange {
    /// The version that was on the screen.
    pub seen_version: i64,
    /// For people.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub name: Option<String>,
    /// Where packages are posted.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub url: Option<String>,
    /// Gets new ones.
    #[serde(default)]
    pub active: Option<bool>,
    /// Make a new secret; the old one is void at once.
    #[serde(default)]
    pub new_secret: bool,
}

/// A receiver, with its secret when one was made: it is told this once.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct ReceiverMade {
    /// The receiver.
    pub receiver: Receiver,
    /// 64 hex digits. `x-kerbwatch-signature` is `v1=` and the HMAC-SHA-256 under it of `x-kerbwatch-timestamp`, `.` and the body.
    pub secret: Option<String>,
}

/// Where a case is at the receiver's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TheirStatus {
    /// It has it.
    Accepted,
    /// Somebody works on it.
    InProgress,
    /// It will not take it.
    Declined,
    /// Closes the case: a penalty was decided.
    Punished,
    /// Closes the case: none was.
    NotPunished,
    /// Closes the case: dealt with on the spot.
    DealtWith,
    /// Closes the case: nothing was found on the spot.
    NotFound,
    /// The decision was revoked on review.
    Revoked,
    /// The decision was lost in court.
    Lost,
}

/// What a receiver calls back with. The same `event_id` again changes nothing; with other content it is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusCallback {
    /// The receiver's id of this message.
    #[schema(min_length = 1, max_length = 200)]
    pub event_id: String,
    /// Case id.
    #[schema(max_length = 64)]
    pub case: String,
    /// Where it is there.
    pub status: TheirStatus,
    /// What the receiver calls the case.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub their_id: Option<String>,
    /// Free text.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub note: Option<String>,
}

/// What a call-back led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CallbackTaken {
    /// It was there already.
    pub repeated: bool,
    /// The case's state now.
    pub state: super::CaseState,
}
