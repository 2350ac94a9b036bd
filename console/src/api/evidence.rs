//! Pictures and clips, by signed address only; every look is an audit event.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use crate::error::ApiError;
use crate::extract::{PathOf, QueryOf};
use crate::state::AppState;

/// What makes an address valid. Made by the server; never by hand.
#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Signed {
    /// Unix seconds after which it is void.
    expires: i64,
    /// What the person is doing: `queue`, `review`, `case` or `camera`; it stands in the audit log.
    purpose: String,
    /// HMAC-SHA-256 over candidate, file, expiry, purpose and the session's user, hex.
    sig: String,
}

/// A file of an evidence package. `Range` is honoured. The address is bound to the person it was made for.
#[utoipa::path(get, path = "/evidence/{candidate}/{file}", tag = "evidence", operation_id = "getEvidence",
    params(("candidate" = String, Path, description = "Candidate id"), ("file" = String, Path, description = "File name"), Signed),
    responses((status = 200, description = "The file", content_type = "application/octet-stream", body = Vec<u8>),
              (status = 206, description = "The part asked for", content_type = "application/octet-stream", body = Vec<u8>)))]
pub(super) async fn look(
    State(_state): State<AppState>,
    PathOf((_candidate, _file)): PathOf<(String, String)>,
    QueryOf(_signed): QueryOf<Signed>,
    _headers: HeaderMap,
) -> Result<Response, ApiError> {
    Err(ApiError::NotFound("file"))
}
