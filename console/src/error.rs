//! The one place where what went wrong becomes an HTTP answer.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::dto::{ErrorBody, ErrorInfo, Must, PicturesDeleted};

/// An answer that is not the one asked for. What is internal is logged here and nowhere else, and never sent.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// What was sent cannot be read or does not fit.
    #[error("{0}")]
    BadRequest(String),
    /// Fits, but may not be so.
    #[error("{message}")]
    Refused {
        /// Stable word.
        code: &'static str,
        /// One sentence.
        message: String,
    },
    /// Nobody is logged in.
    #[error("log in first")]
    Unauthenticated,
    /// The name or the password is wrong; which, is not told.
    #[error("the name or the password is wrong")]
    WrongLogin,
    /// The signature of another system does not hold.
    #[error("the signature does not hold for this body, secret and time")]
    WrongSignature,
    /// Too many wrong passwords.
    #[error("too many attempts: try again in {retry_after_s} s")]
    TooManyAttempts {
        /// Seconds until the next attempt is looked at.
        retry_after_s: i64,
    },
    /// Name and password are right, and there is a second factor.
    #[error("a code of the authenticator application, or a recovery code, is needed too")]
    CodeNeeded,
    /// The second factor is wrong.
    #[error("the code is wrong, over, or was used already")]
    WrongCode,
    /// Something has to be done before anything else is open.
    #[error("{0}")]
    First(Must),
    /// The session is not allowed to do this.
    #[error("this is not allowed for your roles")]
    Forbidden,
    /// The request could come from another site.
    #[error("the request does not come from this application: send the header x-kerbwatch: 1")]
    ForeignOrigin,
    /// There is no such thing, or not for this person.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// Somebody was faster; `details` says what changed.
    #[error("{message}")]
    Conflict {
        /// Stable word.
        code: &'static str,
        /// One sentence.
        message: String,
        /// What changed.
        details: Value,
    },
    /// The body is larger than any good request.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// The body is not JSON.
    #[error("send the body as application/json")]
    NotJson,
    /// A candidate names the file, and its worker has not uploaded it yet.
    #[error("this evidence is not in the store yet: its worker is still uploading it")]
    EvidenceNotYet,
    /// It was deleted by the retention policy, or is being.
    #[error("{}", gone(.0))]
    EvidenceDeleted(PicturesDeleted),
    /// The evidence store cannot be read now.
    #[error("the evidence store does not answer: nothing is lost, try again later")]
    EvidenceAway,
    /// The route knows the path but not the method.
    #[error("this method is not known here")]
    MethodNotAllowed,
    /// The range asked for lies outside the file.
    #[error("the range lies outside the {0} bytes of the file")]
    Range(u64),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// Something of ours failed.
    #[error("{operation} failed")]
    Internal {
        /// What was being done.
        operation: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl std::fmt::Display for Must {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::ChangePassword => "somebody else chose your password: change it first",
            Self::EnrolTotp => "your role needs a second factor: set one up first",
        })
    }
}

fn gone(deleted: &PicturesDeleted) -> String {
    let rule = crate::dto::word(&deleted.rule);
    match (&deleted.at, deleted.certificate) {
        (Some(at), Some(number)) => format!("it was deleted at {at} under the rule {rule}, certificate {number}"),
        _ => format!("it is being deleted under the rule {rule}"),
    }
}

/// What is asked for cannot be, for a reason that has a stable `code`.
pub(crate) fn refused(code: &'static str, message: impl Into<String>) -> ApiError {
    ApiError::Refused { code, message: message.into() }
}

impl ApiError {
    /// An internal failure of an operation.
    pub fn internal(operation: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal { operation, source: source.into() }
    }

    /// The stable word and the sentence of a refusal that people can do something about.
    pub(crate) fn told(&self) -> Option<(&'static str, String)> {
        match self {
            Self::Refused { code, .. } | Self::Conflict { code, .. } => Some((code, self.to_string())),
            _ => None,
        }
    }

    fn parts(&self) -> (StatusCode, &'static str, Option<Value>) {
        match self {
            Self::BadRequest(_) => (StatusCode::BAD_REQUEST, "bad_request", None),
            Self::Refused { code, .. } => (StatusCode::UNPROCESSABLE_ENTITY, code, None),
            Self::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated", None),
            Self::WrongLogin => (StatusCode::UNAUTHORIZED, "wrong_login", None),
            Self::WrongSignature => (StatusCode::UNAUTHORIZED, "wrong_signature", None),
            Self::TooManyAttempts { retry_after_s } => {
                (StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", Some(json!({ "retry_after_s": retry_after_s })))
            }
            Self::CodeNeeded => (StatusCode::UNAUTHORIZED, "code_needed", None),
            Self::WrongCode => (StatusCode::UNAUTHORIZED, "wrong_code", None),
            Self::First(Must::ChangePassword) => (StatusCode::FORBIDDEN, "must_change_password", None),
            Self::First(Must::EnrolTotp) => (StatusCode::FORBIDDEN, "must_enrol_totp", None),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", None),
            Self::ForeignOrigin => (StatusCode::FORBIDDEN, "foreign_origin", None),
            Self::NotFound(_) => (StatusCode::NOT_FOUND, "not_found", None),
            Self::Conflict { code, details, .. } => (StatusCode::CONFLICT, code, Some(details.clone())),
            Self::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "too_large", None),
            Self::NotJson => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", None),
            Self::EvidenceNotYet => (StatusCode::NOT_FOUND, "not_yet_there", None),
            Self::EvidenceDeleted(deleted) => (StatusCode::GONE, "evidence_deleted", Some(json!(deleted))),
            // Not a failure of ours, and one that passes: no 5xx.
            Self::EvidenceAway => (StatusCode::FAILED_DEPENDENCY, "store_away", None),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", None),
            Self::Range(_) => (StatusCode::RANGE_NOT_SATISFIABLE, "range", None),
            Self::Database(_) => (StatusCode::INTERNAL_SERVER_ERROR, "database", None),
            Self::Internal { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "internal", None),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, code, details) = self.parts();
        if status.is_server_error() {
            tracing::error!(error = &self as &dyn std::error::Error, code, "a request failed");
            metrics::counter!("kerbwatch_console_request_failures_total", "reason" => code).increment(1);
        }
        let body = ErrorBody { error: ErrorInfo { code: code.to_owned(), message: self.to_string(), details } };
        let mut response = (status, Json(body)).into_response();
        match self {
            Self::TooManyAttempts { retry_after_s } => {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after_s.max(1)));
            }
            Self::EvidenceNotYet | Self::EvidenceAway => {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(10));
            }
            Self::Range(size) => {
                let value = HeaderValue::from_str(&format!("bytes */{size}")).expect("digits are a header value");
                response.headers_mut().insert(header::CONTENT_RANGE, value);
            }
            _ => {}
        }
        response
    }
}
