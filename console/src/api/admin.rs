//! Users and the audit log.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::dto::{AuditCheck, AuditPage, AuditQuery, NewUser, UserList, UserRecord};
use crate::error::ApiError;
use crate::extract::{JsonBody, QueryOf};
use crate::state::AppState;

/// All users, by name.
#[utoipa::path(get, path = "/users", tag = "admin", operation_id = "listUsers",
    responses((status = 200, description = "All users", body = UserList)))]
pub(super) async fn users(State(_state): State<AppState>) -> Result<Json<UserList>, ApiError> {
    Err(ApiError::NotFound("user"))
}

/// Makes a user.
#[utoipa::path(post, path = "/users", tag = "admin", operation_id = "addUser", request_body = NewUser,
    responses((status = 201, description = "Made", body = UserRecord)))]
pub(super) async fn add_user(
    State(_state): State<AppState>,
    JsonBody(_user): JsonBody<NewUser>,
) -> Result<(StatusCode, Json<UserRecord>), ApiError> {
    Err(ApiError::NotFound("user"))
}

/// The audit log, newest first.
#[utoipa::path(get, path = "/audit", tag = "admin", operation_id = "listAudit", params(AuditQuery),
    responses((status = 200, description = "A page of it", body = AuditPage)))]
pub(super) async fn audit(
    State(_state): State<AppState>,
    QueryOf(_query): QueryOf<AuditQuery>,
) -> Result<Json<AuditPage>, ApiError> {
    Err(ApiError::NotFound("row"))
}

/// Computes the whole chain again.
#[utoipa::path(get, path = "/audit/check", tag = "admin", operation_id = "checkAudit",
    responses((status = 200, description = "Whether it holds", body = AuditCheck)))]
pub(super) async fn audit_check(State(_state): State<AppState>) -> Result<Json<AuditCheck>, ApiError> {
    Err(ApiError::NotFound("row"))
}
