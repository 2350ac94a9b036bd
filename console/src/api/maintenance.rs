//! Work on cameras.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::dto::{MaintenanceEnd, MaintenanceList, NewMaintenance};
use crate::error::ApiError;
use crate::extract::{JsonBody, PathOf};
use crate::gate::Session;
use crate::state::AppState;

/// Work on a camera, the newest first.
#[utoipa::path(get, path = "/cameras/{id}/maintenance", tag = "cameras", operation_id = "listMaintenance",
    params(("id" = String, Path, description = "Camera id")),
    responses((status = 200, description = "What is on record", body = MaintenanceList)))]
pub(super) async fn list(State(state): State<AppState>, PathOf(id): PathOf<String>) -> Result<Json<MaintenanceList>, ApiError> {
    Ok(Json(MaintenanceList { items: state.store.maintenance(&id).await? }))
}

/// Enters work on a camera. While it goes on the camera counts as not watching.
#[utoipa::path(post, path = "/cameras/{id}/maintenance", tag = "cameras", operation_id = "addMaintenance",
    params(("id" = String, Path, description = "Camera id")), request_body = NewMaintenance,
    responses((status = 201, description = "Entered", body = MaintenanceList)))]
pub(super) async fn add(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(new): JsonBody<NewMaintenance>,
) -> Result<(StatusCode, Json<MaintenanceList>), ApiError> {
    state.store.add_maintenance(&id, &session.actor, &new).await?;
    state.clearance.wake();
    Ok((StatusCode::CREATED, Json(MaintenanceList { items: state.store.maintenance(&id).await? })))
}

/// Enters its end, or another one. 409 `ended` when somebody else did before.
#[utoipa::path(post, path = "/cameras/{id}/maintenance/{work}/end", tag = "cameras", operation_id = "endMaintenance",
    params(("id" = String, Path, description = "Camera id"), ("work" = String, Path, description = "Id of the work")),
    request_body = MaintenanceEnd,
    responses((status = 200, description = "Entered", body = MaintenanceList)))]
pub(super) async fn end(
    State(state): State<AppState>,
    session: Session,
    PathOf((id, work)): PathOf<(String, String)>,
    JsonBody(end): JsonBody<MaintenanceEnd>,
) -> Result<Json<MaintenanceList>, ApiError> {
    state.store.end_maintenance(&id, &work, &session.actor, &end).await?;
    state.clearance.wake();
    Ok(Json(MaintenanceList { items: state.store.maintenance(&id).await? }))
}
