//! How long pictures are kept: what would be deleted, what was, and what is held.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::{limit, page};
use crate::clock::{DAY_MS, parse_ms, rfc3339};
use crate::dto::{
    DeletionCertificatePage, DeletionCertificateQuery, HoldList, LegalHold, LiftHold, NewHold, RetentionOverview,
    RetentionPlanPage, RetentionPlanQuery, RetentionPolicy, RetentionQuery, RetentionRule,
};
use crate::error::ApiError;
use crate::extract::{JsonBody, PathOf, QueryOf};
use crate::gate::Session;
use crate::retention::{CLASSES, resting};
use crate::state::AppState;
use crate::store::PlanFilter;

/// Days that are looked ahead where nothing is said, and at most.
const DAYS: (u32, u32) = (7, 90);
/// Failures that are shown.
const FAILURES: i64 = 50;

fn days(asked: Option<u32>) -> Result<u32, ApiError> {
    match asked {
        None => Ok(DAYS.0),
        Some(days) if days <= DAYS.1 => Ok(days),
        Some(_) => Err(ApiError::BadRequest(format!("the query: days is 0 to {}", DAYS.1))),
    }
}

/// The policy, what each rule would delete now and within some days, and what stands in the way. A dry run: nothing is deleted.
#[utoipa::path(get, path = "/retention", tag = "retention", operation_id = "getRetention", params(RetentionQuery),
    responses((status = 200, description = "As of now", body = RetentionOverview)))]
pub(super) async fn overview(
    State(state): State<AppState>,
    session: Session,
    QueryOf(query): QueryOf<RetentionQuery>,
) -> Result<Json<RetentionOverview>, ApiError> {
    let days = days(query.days)?;
    let (store, scope, adopted) = (&state.store, &session.actor.scope, &state.retention);
    let now_ms = state.now_ms();
    let lines = store.retention_plan(scope, &adopted.config, now_ms + i64::from(days) * DAY_MS).await?;
    let (failures, failing) = store.retention_failures(scope, FAILURES).await?;
    let (round_ms, stopped) = store.retention_round().await?;
    let config = &adopted.config;
    Ok(Json(RetentionOverview {
        as_of: rfc3339(now_ms),
        days,
        policy: RetentionPolicy {
            version: adopted.version,
            at: rfc3339(adopted.at_ms),
            from: rfc3339(adopted.deletes_since_ms()),
            rejected_d: config.rejected_d,
            undecided_d: config.undecided_d,
            expired_d: config.expired_d,
            permitted_d: config.permitted_d,
            case_ended_d: config.case_ended_d,
        },
        // What this console knows of itself goes before what some round found.
        resting: resting(store, adopted, state.hooks.sign.as_ref())
            .await?
            .map(str::to_owned)
            .or(stopped.filter(|why| matches!(why.as_str(), "store_away" | "refused" | "disk"))),
        round_at: round_ms.map(rfc3339),
        lines,
        deleted: store.deleted_sum(scope).await?,
        failures,
        failing,
        holds: store.standing_holds(&session.actor).await?,
        classes: CLASSES.to_vec(),
    }))
}

/// The candidates behind the counts, the first due first.
#[utoipa::path(get, path = "/retention/plan", tag = "retention", operation_id = "listRetentionPlan", params(RetentionPlanQuery),
    responses((status = 200, description = "A page", body = RetentionPlanPage)))]
pub(super) async fn plan(
    State(state): State<AppState>,
    session: Session,
    QueryOf(query): QueryOf<RetentionPlanQuery>,
) -> Result<Json<RetentionPlanPage>, ApiError> {
    let now_ms = state.now_ms();
    let after = match &query.cursor {
        None => None,
        Some(text) => {
            let read = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| serde_json::from_slice::<(i64, String)>(&bytes).ok());
            let read = read.filter(|(_, id)| !id.contains('\0'));
            Some(read.ok_or_else(|| ApiError::BadRequest("the query: the cursor is not one of ours".to_owned()))?)
        }
    };
    let filter = PlanFilter {
        rules: query.rule.map_or_else(|| RetentionRule::ALL.to_vec(), |rule| vec![rule]),
        until_ms: now_ms + i64::from(days(query.days)?) * DAY_MS,
        held: query.held,
        after,
    };
    let limit = limit(query.limit, 50, 200)?;
    let found = state.store.retention_items(&session.actor.scope, &state.retention.config, &filter, limit + 1).await?;
    let (items, last) = page(found, limit);
    let cursor = |due_at: &str, id: &str| {
        let key = serde_json::json!([parse_ms(due_at).unwrap_or(i64::MAX), id]);
        URL_SAFE_NO_PAD.encode(key.to_string())
    };
    let next_cursor = if last { None } else { items.last().map(|item| cursor(&item.due_at, &item.candidate)) };
    Ok(Json(RetentionPlanPage { as_of: rfc3339(now_ms), items, next_cursor }))
}

/// Certificates of what was deleted, newest first; those of the districts that one sees as a whole.
#[utoipa::path(get, path = "/retention/certificates", tag = "retention", operation_id = "listDeletionCertificates",
    params(DeletionCertificateQuery), responses((status = 200, description = "A page", body = DeletionCertificatePage)))]
pub(super) async fn certificates(
    State(state): State<AppState>,
    session: Session,
    QueryOf(query): QueryOf<DeletionCertificateQuery>,
) -> Result<Json<DeletionCertificatePage>, ApiError> {
    let before = match &query.cursor {
        None => None,
        Some(text) => {
            let number = text.parse::<i64>();
            Some(number.map_err(|_| ApiError::BadRequest("the query: the cursor is not one of ours".to_owned()))?)
        }
    };
    let limit = limit(query.limit, 50, 200)?;
    let found = state.store.deletion_certificates(&session.actor.scope, before, limit + 1).await?;
    let (items, last) = page(found, limit);
    let next_cursor = if last { None } else { items.last().map(|one| one.number.to_string()) };
    Ok(Json(DeletionCertificatePage { items, next_cursor }))
}

/// A certificate as a tape archive: `certificate.json`, its signature `certificate.sig` and the public key `key.pem`. It verifies
/// with `openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in certificate.json -sigfile certificate.sig`.
#[utoipa::path(get, path = "/retention/certificates/{id}", tag = "retention", operation_id = "getDeletionCertificate",
    params(("id" = String, Path, description = "Number of the certificate")),
    responses((status = 200, description = "A tar file", body = Vec<u8>, content_type = "application/x-tar")))]
pub(super) async fn certificate(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
) -> Result<Response, ApiError> {
    let missing = || ApiError::NotFound("certificate");
    let number = id.parse::<i64>().map_err(|_| missing())?;
    let kept = state.store.deletion_certificate(&session.actor.scope, number).await?.ok_or_else(missing)?;
    let failed = |error: std::io::Error| ApiError::internal("packing a certificate", error);
    let signature = STANDARD.decode(&kept.signature).map_err(|error| ApiError::internal("reading a signature", error))?;
    let mut tape = tar::Builder::new(Vec::new());
    for (name, content) in [
        ("certificate.json", kept.document.as_bytes()),
        ("certificate.sig", signature.as_slice()),
        ("key.pem", kept.public_key.as_bytes()),
    ] {
        let mut head = tar::Header::new_ustar();
        head.set_size(content.len() as u64);
        head.set_mode(0o644);
        head.set_mtime(kept.at_ms.div_euclid(1000).unsigned_abs());
        tape.append_data(&mut head, name, content).map_err(failed)?;
    }
    let name = format!("attachment; filename=\"deletion-{number}.tar\"");
    let headers = [(header::CONTENT_TYPE, "application/x-tar".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, Body::from(tape.into_inner().map_err(failed)?)).into_response())
}

/// Legal holds on what one sees: those that stand first.
#[utoipa::path(get, path = "/retention/holds", tag = "retention", operation_id = "listHolds",
    responses((status = 200, description = "Newest first", body = HoldList)))]
pub(super) async fn holds(State(state): State<AppState>, session: Session) -> Result<Json<HoldList>, ApiError> {
    Ok(Json(HoldList { items: state.store.holds(&session.actor).await? }))
}

/// Places a hold. The answer says of how many candidates under it the pictures are gone already. 409 `deletion_running` while some
/// are being deleted this moment.
#[utoipa::path(post, path = "/retention/holds", tag = "retention", operation_id = "placeHold", request_body = NewHold,
    responses((status = 201, description = "It stands", body = LegalHold)))]
pub(super) async fn place(
    State(state): State<AppState>,
    session: Session,
    JsonBody(new): JsonBody<NewHold>,
) -> Result<(StatusCode, Json<LegalHold>), ApiError> {
    Ok((StatusCode::CREATED, Json(state.store.place_hold(&new, &session.actor).await?)))
}

/// Lifts a hold. 409 `same_person` for whoever placed it, `lifted` when somebody was faster.
#[utoipa::path(post, path = "/retention/holds/{id}/lift", tag = "retention", operation_id = "liftHold", request_body = LiftHold,
    params(("id" = String, Path, description = "Hold id")),
    responses((status = 200, description = "It stands no more", body = LegalHold)))]
pub(super) async fn lift(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(lift): JsonBody<LiftHold>,
) -> Result<Json<LegalHold>, ApiError> {
    state.store.lift_hold(&id, &lift, &session.actor).await.map(Json)
}
