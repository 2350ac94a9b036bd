//! Pictures and clips, by signed address only; every look is an audit event.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::IntoParams;

use crate::error::ApiError;
use crate::evidence::{Part, media_type, part};
use crate::extract::{PathOf, QueryOf};
use crate::gate::Session;
use crate::signing::Claims;
use crate::state::AppState;
use crate::store::Deed;

/// What makes an address valid. Made by the server; never by hand.
#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Signed {
    /// Unix seconds after which it is void.
    pub(super) expires: i64,
    /// What the person is doing: `queue`, `review`, `case` or `camera`; it stands in the audit log.
    pub(super) purpose: String,
    /// HMAC-SHA-256 over candidate, file, expiry, purpose and the session's user, hex.
    pub(super) sig: String,
}

/// A file of an evidence package. `Range` is honoured. The address is bound to the person it was made for. 410
/// `evidence_deleted` says when, by which rule and certificate a file was deleted.
#[utoipa::path(get, path = "/evidence/{candidate}/{file}", tag = "evidence", operation_id = "getEvidence",
    params(("candidate" = String, Path, description = "Candidate id"), ("file" = String, Path, description = "File name"), Signed),
    responses((status = 200, description = "The file", content_type = "application/octet-stream", body = Vec<u8>),
              (status = 206, description = "The part asked for", content_type = "application/octet-stream", body = Vec<u8>)))]
pub(super) async fn look(
    State(state): State<AppState>,
    session: Session,
    PathOf((candidate, file)): PathOf<(String, String)>,
    QueryOf(signed): QueryOf<Signed>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let missing = || ApiError::NotFound("file");
    let now_ms = state.now_ms();
    let claims =
        Claims { user: &session.actor.id, candidate: &candidate, file: &file, purpose: &signed.purpose, expires: signed.expires };
    // The roles may have changed since the address was made.
    if !session.actor.sees_pictures() || !state.signer.holds(&claims, &signed.sig, now_ms) {
        return Err(missing());
    }
    let item = state.store.evidence_item(&candidate, &file).await?.ok_or_else(missing)?;
    if let Some(deleted) = state.store.file_gone(&candidate, &file).await? {
        return Err(ApiError::EvidenceDeleted(deleted));
    }
    let found = state.vault.find(&item).await?;
    let size = found.size();

    if state.looks.first(&signed.sig, signed.expires, now_ms) {
        let details = json!({ "file": file });
        let deed = Deed {
            actor: &session.actor.name,
            action: "evidence.look",
            object: &candidate,
            reason: Some(&signed.purpose),
            details,
        };
        // No row in the log, no picture.
        if let Err(error) = state.store.audit_alone(deed).await {
            state.looks.forget(&signed.sig);
            return Err(error.into());
        }
        metrics::counter!("kerbwatch_console_evidence_looks_total", "reason" => signed.purpose.clone()).increment(1);
    }

    let range = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let (status, start, length) = match part(range, size) {
        Part::Outside => return Err(ApiError::Range(size)),
        Part::Whole => (StatusCode::OK, 0, size),
        Part::Range(first, last) => (StatusCode::PARTIAL_CONTENT, first, last - first + 1),
    };
    let content = state.vault.body(&found, start, length).await?;
    let mut response = (status, content).into_response();
    let mut put = |name, value: String| {
        response.headers_mut().insert(name, value.parse().expect("digits and our own words are header values"));
    };
    put(header::CONTENT_TYPE, media_type(&file).to_owned());
    put(header::CONTENT_LENGTH, length.to_string());
    put(header::ACCEPT_RANGES, "bytes".to_owned());
    // Kept by this browser alone, and no longer than the address is good for.
    put(header::CACHE_CONTROL, format!("private, max-age={}", (signed.expires - now_ms / 1000).max(0)));
    if status == StatusCode::PARTIAL_CONTENT {
        put(header::CONTENT_RANGE, format!("bytes {start}-{}/{size}", start + length - 1));
    }
    Ok(response)
}
