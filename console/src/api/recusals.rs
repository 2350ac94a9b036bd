//! Recusal, on a candidate or on its case.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::dto::{NewRecusal, RecusalList};
use crate::error::ApiError;
use crate::extract::{JsonBody, PathOf};
use crate::gate::Session;
use crate::state::AppState;

/// Keeps oneself, or as a supervisor somebody else, out of a candidate and its case. What they had on the screen or on the desk is
/// free again. 409 `already_recused`.
#[utoipa::path(post, path = "/candidates/{id}/recusals", tag = "candidates", operation_id = "recuseFromCandidate",
    params(("id" = String, Path, description = "Candidate id")), request_body = NewRecusal,
    responses((status = 201, description = "All who are kept out", body = RecusalList)))]
pub(super) async fn on_candidate(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(new): JsonBody<NewRecusal>,
) -> Result<(StatusCode, Json<RecusalList>), ApiError> {
    let items = state.store.recuse(&id, &session.actor, &new).await?;
    Ok((StatusCode::CREATED, Json(RecusalList { items })))
}

/// The same, said on the case.
#[utoipa::path(post, path = "/cases/{id}/recusals", tag = "cases", operation_id = "recuseFromCase",
    params(("id" = String, Path, description = "Case id")), request_body = NewRecusal,
    responses((status = 201, description = "All who are kept out", body = RecusalList)))]
pub(super) async fn on_case(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(new): JsonBody<NewRecusal>,
) -> Result<(StatusCode, Json<RecusalList>), ApiError> {
    let candidate = state.store.candidate_of(&id).await?;
    let items = state.store.recuse(&candidate, &session.actor, &new).await?;
    Ok((StatusCode::CREATED, Json(RecusalList { items })))
}
