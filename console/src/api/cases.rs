//! Cases: list and history.

use axum::Json;
use axum::extract::State;

use crate::dto::{CaseDetail, CasePage, CaseQuery};
use crate::error::ApiError;
use crate::extract::{PathOf, QueryOf};
use crate::state::AppState;

/// A page of cases, newest first.
#[utoipa::path(get, path = "/cases", tag = "cases", operation_id = "listCases", params(CaseQuery),
    responses((status = 200, description = "A page of cases", body = CasePage)))]
pub(super) async fn list(State(_state): State<AppState>, QueryOf(_query): QueryOf<CaseQuery>) -> Result<Json<CasePage>, ApiError> {
    Err(ApiError::NotFound("case"))
}

/// Everything about one case.
#[utoipa::path(get, path = "/cases/{id}", tag = "cases", operation_id = "getCase",
    params(("id" = String, Path, description = "Case id")),
    responses((status = 200, description = "The case", body = CaseDetail)))]
pub(super) async fn detail(State(_state): State<AppState>, PathOf(_id): PathOf<String>) -> Result<Json<CaseDetail>, ApiError> {
    Err(ApiError::NotFound("case"))
}
