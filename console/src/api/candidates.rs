//! The review queue: look, claim, decide.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::dto::{CandidateDetail, CandidatePage, CandidateQuery, Claim, DecisionMade, NewDecision};
use crate::error::ApiError;
use crate::extract::{JsonBody, PathOf, QueryOf};
use crate::state::AppState;

/// A page of the queue.
#[utoipa::path(get, path = "/candidates", tag = "candidates", operation_id = "listCandidates", params(CandidateQuery),
    responses((status = 200, description = "A page of the queue", body = CandidatePage)))]
pub(super) async fn list(
    State(_state): State<AppState>,
    QueryOf(_query): QueryOf<CandidateQuery>,
) -> Result<Json<CandidatePage>, ApiError> {
    Err(ApiError::NotFound("candidate"))
}

/// Everything about one candidate.
#[utoipa::path(get, path = "/candidates/{id}", tag = "candidates", operation_id = "getCandidate",
    params(("id" = String, Path, description = "Candidate id")),
    responses((status = 200, description = "The candidate", body = CandidateDetail)))]
pub(super) async fn detail(State(_state): State<AppState>, PathOf(_id): PathOf<String>) -> Result<Json<CandidateDetail>, ApiError> {
    Err(ApiError::NotFound("candidate"))
}

/// Claims the candidate for two minutes, or renews one's claim. 409 `claimed` when somebody else has it.
#[utoipa::path(post, path = "/candidates/{id}/claim", tag = "candidates", operation_id = "claimCandidate",
    params(("id" = String, Path, description = "Candidate id")),
    responses((status = 200, description = "Claimed", body = Claim)))]
pub(super) async fn claim(State(_state): State<AppState>, PathOf(_id): PathOf<String>) -> Result<Json<Claim>, ApiError> {
    Err(ApiError::NotFound("candidate"))
}

/// Lets one's claim go.
#[utoipa::path(delete, path = "/candidates/{id}/claim", tag = "candidates", operation_id = "releaseCandidate",
    params(("id" = String, Path, description = "Candidate id")),
    responses((status = 204, description = "Not claimed by you any more")))]
pub(super) async fn release(State(_state): State<AppState>, PathOf(_id): PathOf<String>) -> Result<StatusCode, ApiError> {
    Err(ApiError::NotFound("candidate"))
}

/// Decides. 409 `stale` when somebody decided since, `claimed` when somebody else has it on their screen.
#[utoipa::path(post, path = "/candidates/{id}/decisions", tag = "candidates", operation_id = "decideCandidate",
    params(("id" = String, Path, description = "Candidate id")), request_body = NewDecision,
    responses((status = 201, description = "Decided", body = DecisionMade)))]
pub(super) async fn decide(
    State(_state): State<AppState>,
    PathOf(_id): PathOf<String>,
    JsonBody(_decision): JsonBody<NewDecision>,
) -> Result<(StatusCode, Json<DecisionMade>), ApiError> {
    Err(ApiError::NotFound("candidate"))
}
