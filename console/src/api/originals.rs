//! Originals in an export: asked for by one person, approved by another.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::dto::{NewOriginals, NewOriginalsRuling, OriginalsList, OriginalsRequest, TrainingQuery};
use crate::error::ApiError;
use crate::extract::{JsonBody, PathOf};
use crate::gate::Session;
use crate::state::AppState;
use crate::training::Order;

/// Requests that one made or may rule on.
#[utoipa::path(get, path = "/training/originals", tag = "training", operation_id = "listOriginals",
    responses((status = 200, description = "Newest first", body = OriginalsList)))]
pub(super) async fn list(State(state): State<AppState>, session: Session) -> Result<Json<OriginalsList>, ApiError> {
    let required = state.store.review().originals_need_approval;
    Ok(Json(OriginalsList { required, items: state.store.originals(&session.actor).await? }))
}

/// Asks for originals. Another supervisor who answers for the place rules on it within seven days; the export may then be made
/// within a day.
#[utoipa::path(post, path = "/training/originals", tag = "training", operation_id = "askOriginals", request_body = NewOriginals,
    responses((status = 201, description = "It waits", body = OriginalsRequest)))]
pub(super) async fn ask(
    State(state): State<AppState>,
    session: Session,
    JsonBody(new): JsonBody<NewOriginals>,
) -> Result<(StatusCode, Json<OriginalsRequest>), ApiError> {
    let query = TrainingQuery {
        format: new.format,
        negatives: new.negatives,
        kind: new.kind,
        district: new.district,
        camera: new.camera,
        since: new.since,
        until: new.until,
        unmasked: Some(true),
        reason: Some(new.reason),
        approval: None,
    };
    let order = Order::read(&query, &session.actor)?;
    Ok((StatusCode::CREATED, Json(state.store.ask_originals(&session.actor, &order).await?)))
}

/// Rules on a request of somebody else. 409 `same_person`, `ruled`.
#[utoipa::path(post, path = "/training/originals/{id}/ruling", tag = "training", operation_id = "ruleOriginals",
    params(("id" = String, Path, description = "Request id")), request_body = NewOriginalsRuling,
    responses((status = 201, description = "Ruled", body = OriginalsRequest)))]
pub(super) async fn rule(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(ruling): JsonBody<NewOriginalsRuling>,
) -> Result<(StatusCode, Json<OriginalsRequest>), ApiError> {
    Ok((StatusCode::CREATED, Json(state.store.rule_originals(&id, &session.actor, &ruling).await?)))
}
