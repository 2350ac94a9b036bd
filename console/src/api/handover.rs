//! Hand-over: the package of a case, receivers, deliveries, call-backs.

use axum::Json;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};

use super::{limit, words};
use crate::dto::{
    CallbackTaken, DeliveryList, DeliveryQuery, DeliveryState, NewReceiver, ReceiverChange, ReceiverList, ReceiverMade,
    StatusCallback,
};
use crate::error::ApiError;
use crate::extract::{JsonBody, PathOf, QueryOf};
use crate::gate::Session;
use crate::state::AppState;
use crate::store::KeptPackage;
use crate::vault::{Found, Vault};
use crate::webhook;

/// Larger call-backs are refused: a good one has some hundred bytes.
const MOST_CALLBACK: usize = 64 << 10;

/// Receivers, without their secrets.
#[utoipa::path(get, path = "/receivers", tag = "handover", operation_id = "listReceivers",
    responses((status = 200, description = "By name", body = ReceiverList)))]
pub(super) async fn receivers(State(state): State<AppState>) -> Result<Json<ReceiverList>, ApiError> {
    Ok(Json(ReceiverList { items: state.store.receivers().await? }))
}

/// Adds a receiver. Its secret is told in this answer and never again.
#[utoipa::path(post, path = "/receivers", tag = "handover", operation_id = "addReceiver", request_body = NewReceiver,
    responses((status = 201, description = "Added", body = ReceiverMade)))]
pub(super) async fn add_receiver(
    State(state): State<AppState>,
    session: Session,
    JsonBody(new): JsonBody<NewReceiver>,
) -> Result<(StatusCode, Json<ReceiverMade>), ApiError> {
    Ok((StatusCode::CREATED, Json(state.store.add_receiver(&session.actor, &new, &state.sealer).await?)))
}

/// Changes a receiver, or makes it a new secret.
#[utoipa::path(patch, path = "/receivers/{id}", tag = "handover", operation_id = "changeReceiver",
    params(("id" = String, Path, description = "Receiver id")), request_body = ReceiverChange,
    responses((status = 200, description = "Changed", body = ReceiverMade)))]
pub(super) async fn change_receiver(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(change): JsonBody<ReceiverChange>,
) -> Result<Json<ReceiverMade>, ApiError> {
    state.store.change_receiver(&id, &session.actor, &change, &state.sealer).await.map(Json)
}

/// Deliveries; the dead letters unless something else is asked for.
#[utoipa::path(get, path = "/deliveries", tag = "handover", operation_id = "listDeliveries", params(DeliveryQuery),
    responses((status = 200, description = "Newest first", body = DeliveryList)))]
pub(super) async fn deliveries(
    State(state): State<AppState>,
    session: Session,
    QueryOf(query): QueryOf<DeliveryQuery>,
) -> Result<Json<DeliveryList>, ApiError> {
    let states = match query.state.as_deref() {
        Some("any") => Vec::new(),
        state => words::<DeliveryState>("state", Some(state.unwrap_or("dead")))?,
    };
    let limit = limit(query.limit, 100, 200)?;
    Ok(Json(DeliveryList { items: state.store.deliveries(&session.actor.scope, &states, limit).await? }))
}

/// Sends a dead letter again.
#[utoipa::path(post, path = "/cases/{id}/deliveries/{delivery}/resend", tag = "handover", operation_id = "resendDelivery",
    params(("id" = String, Path, description = "Case id"), ("delivery" = String, Path, description = "Delivery id")),
    responses((status = 204, description = "On its way again")))]
pub(super) async fn resend(
    State(state): State<AppState>,
    session: Session,
    PathOf((id, delivery)): PathOf<(String, String)>,
) -> Result<StatusCode, ApiError> {
    state.store.resend(&id, &delivery, &session.actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A receiver says where a case is. Not for people: it is known by `x-kerbwatch-timestamp` (Unix seconds) and
/// `x-kerbwatch-signature` (`v1=` and the HMAC-SHA-256 of timestamp, `.` and body under the shared secret).
#[utoipa::path(post, path = "/receivers/{id}/status", tag = "handover", operation_id = "callBack",
    params(("id" = String, Path, description = "Receiver id")), request_body = StatusCallback,
    responses((status = 200, description = "Taken", body = CallbackTaken)))]
pub(super) async fn call_back(
    State(state): State<AppState>,
    PathOf(id): PathOf<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<CallbackTaken>, ApiError> {
    let body = to_bytes(body, MOST_CALLBACK).await.map_err(|_| ApiError::TooLarge(MOST_CALLBACK))?;
    let (name, secret) = state.store.receiver_secret(&id, &state.sealer).await?.ok_or(ApiError::NotFound("receiver"))?;
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (timestamp, signature) = (text("x-kerbwatch-timestamp"), text("x-kerbwatch-signature"));
    if !secret.is_some_and(|secret| webhook::holds(&secret, timestamp, &body, signature, state.now_ms())) {
        return Err(ApiError::WrongSignature);
    }
    let bad = |error: &dyn std::fmt::Display| ApiError::BadRequest(format!("the body: {error}"));
    let callback: StatusCallback = serde_json::from_slice(&body).map_err(|error| bad(&error))?;
    let written = std::str::from_utf8(&body).map_err(|error| bad(&error))?;
    if written.contains(r"\u0000") {
        return Err(bad(&"the character U+0000 is not allowed"));
    }
    for (field, text, most) in [
        ("event_id", Some(callback.event_id.as_str()), 200),
        ("case", Some(callback.case.as_str()), 64),
        ("their_id", callback.their_id.as_deref(), 200),
        ("note", callback.note.as_deref(), 2000),
    ] {
        if text.is_some_and(|text| text.is_empty() || text.chars().count() > most) {
            return Err(bad(&format!("{field} has 1 to {most} characters")));
        }
    }
    state.store.take_callback(&id, &name, &callback, written).await.map(Json)
}

/// The package of a case as one file: the signed case document, its signature and public key, and the evidence package as it lies
/// in the store. `case.json` verifies with `openssl pkeyutl -verify -pubin -inkey case_key.pem -rawin -in case.json -sigfile
/// case.sig`, the folder `evidence` with `kerbwatch evidence verify`.
#[utoipa::path(get, path = "/cases/{id}/package", tag = "handover", operation_id = "getPackage",
    params(("id" = String, Path, description = "Case id")),
    responses((status = 200, description = "A tar file", body = Vec<u8>, content_type = "application/x-tar")))]
pub(super) async fn package(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
) -> Result<Response, ApiError> {
    if !session.actor.sees_pictures() {
        return Err(ApiError::Forbidden);
    }
    let case = state.store.case(&id).await?.ok_or(ApiError::NotFound("case"))?;
    let conflict = |code, message: String| ApiError::Conflict { code, message, details: serde_json::json!({}) };
    let out = state.store.last_package(&id).await?;
    let package = out.ok_or_else(|| conflict("not_out", "the case has not left the house: there is no package".to_owned()))?;
    if let Some(deleted) = state.store.pictures_deleted(&case.summary.candidate).await? {
        return Err(ApiError::EvidenceDeleted(deleted));
    }
    let mut files = Vec::new();
    for (file, item) in state.store.evidence_items(&case.summary.candidate).await? {
        let found = state.vault.find(&item).await.map_err(|error| match error {
            ApiError::NotFound(_) => conflict("evidence_missing", format!("{} is not in the evidence store", item.key)),
            other => other,
        })?;
        if file == "manifest.json" {
            // What seals the manifest lies beside it and is in no list: it is made after it.
            let folder = item.key.trim_end_matches("manifest.json");
            for name in ["manifest.sig", "public_key.pem"] {
                if let Some(beside) = state.vault.find_unnamed(&format!("{folder}{name}")).await? {
                    files.push((name.to_owned(), beside));
                }
            }
        }
        files.push((file, found));
    }
    state.store.exported(&id, &session.actor, &package.sha256).await?;
    let body = tar_body(&package, state.vault.clone(), files).map_err(|error| ApiError::internal("packing a case", error))?;
    let name = format!("attachment; filename=\"case-{id}.tar\"");
    let headers = [(header::CONTENT_TYPE, "application/x-tar".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, body).into_response())
}

fn head(path: &str, size: u64, at_ms: i64) -> std::io::Result<Bytes> {
    let mut head = tar::Header::new_ustar();
    head.set_path(path)?;
    head.set_size(size);
    head.set_mode(0o644);
    head.set_mtime(at_ms.div_euclid(1000).unsigned_abs());
    head.set_cksum();
    Ok(Bytes::copy_from_slice(head.as_bytes()))
}

fn padding(size: u64) -> Bytes {
    let over = usize::try_from(size % 512).expect("below 512");
    Bytes::from(vec![0; (512 - over) % 512])
}

/// A tar file that is written while it is sent: a clip can be larger than what the console should hold.
fn tar_body(package: &KeptPackage, vault: Vault, files: Vec<(String, Found)>) -> std::io::Result<Body> {
    use base64::Engine;
    let signature = base64::engine::general_purpose::STANDARD.decode(&package.signature).unwrap_or_default();
    let mut first = Vec::new();
    for (name, content) in [
        ("case.json", package.document.as_bytes()),
        ("case.sig", signature.as_slice()),
        ("case_key.pem", package.public_key.as_bytes()),
    ] {
        let size = content.len() as u64;
        first.extend([head(name, size, package.at_ms)?, Bytes::copy_from_slice(content), padding(size)]);
    }
    let at_ms = package.at_ms;
    let evidence = stream::iter(files).then(move |(name, found)| {
        let vault = vault.clone();
        async move {
            let size = found.size();
            let content = vault.body(&found, 0, size).await.map_err(std::io::Error::other)?.into_data_stream();
            let head = head(&format!("evidence/{name}"), size, at_ms)?;
            let content = content.map(|chunk| chunk.map_err(std::io::Error::other));
            Ok::<_, std::io::Error>(
                stream::once(async move { Ok(head) })
                    .chain(content)
                    .chain(stream::once(async move { Ok(padding(size)) }))
                    .boxed(),
            )
        }
    });
    let evidence = evidence.flat_map(|part| match part {
        Ok(part) => part,
        Err(error) => stream::once(async move { Err(error) }).boxed(),
    });
    let all = stream::iter(first.into_iter().map(Ok)).chain(evidence);
    let end = stream::once(async { Ok(Bytes::from(vec![0; 1024])) });
    Ok(Body::from_stream(all.chain(end).boxed()))
}
