//! Log in, who am I, log out.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::dto::{Login, SessionInfo};
use crate::error::ApiError;
use crate::extract::JsonBody;
use crate::state::AppState;

/// Log in. The answer sets the session cookie.
#[utoipa::path(post, path = "/session", tag = "session", operation_id = "logIn", request_body = Login,
    responses((status = 200, description = "Logged in", body = SessionInfo)))]
pub(super) async fn log_in(State(_state): State<AppState>, JsonBody(_login): JsonBody<Login>) -> Result<Response, ApiError> {
    Err(ApiError::NotFound("page"))
}

/// Who am I?
#[utoipa::path(get, path = "/session", tag = "session", operation_id = "whoAmI",
    responses((status = 200, description = "The session", body = SessionInfo)))]
pub(super) async fn who_am_i(State(_state): State<AppState>) -> Result<axum::Json<SessionInfo>, ApiError> {
    Err(ApiError::NotFound("page"))
}

/// Log out. Also ends a session that is already over.
#[utoipa::path(delete, path = "/session", tag = "session", operation_id = "logOut",
    responses((status = 204, description = "Logged out")))]
pub(super) async fn log_out(State(_state): State<AppState>) -> Result<StatusCode, ApiError> {
    Err(ApiError::NotFound("page"))
}
