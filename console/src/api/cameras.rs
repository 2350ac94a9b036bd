//! Cameras, their zones, and whether anybody is watching.

use axum::Json;
use axum::extract::State;

use crate::dto::{CameraDetail, CameraList, CameraQuery, ImportedSite, Overview, SiteImport, ZoneList};
use crate::error::ApiError;
use crate::extract::{JsonBody, PathOf, QueryOf};
use crate::state::AppState;

/// Cameras, by id.
#[utoipa::path(get, path = "/cameras", tag = "cameras", operation_id = "listCameras", params(CameraQuery),
    responses((status = 200, description = "A page of cameras", body = CameraList)))]
pub(super) async fn list(
    State(_state): State<AppState>,
    QueryOf(_query): QueryOf<CameraQuery>,
) -> Result<Json<CameraList>, ApiError> {
    Err(ApiError::NotFound("camera"))
}

/// Everything about one camera.
#[utoipa::path(get, path = "/cameras/{id}", tag = "cameras", operation_id = "getCamera",
    params(("id" = String, Path, description = "Camera id")),
    responses((status = 200, description = "The camera", body = CameraDetail)))]
pub(super) async fn detail(State(_state): State<AppState>, PathOf(_id): PathOf<String>) -> Result<Json<CameraDetail>, ApiError> {
    Err(ApiError::NotFound("camera"))
}

/// The zones of a camera, with rules and permits.
#[utoipa::path(get, path = "/cameras/{id}/zones", tag = "cameras", operation_id = "listZones",
    params(("id" = String, Path, description = "Camera id")),
    responses((status = 200, description = "Its zones", body = ZoneList)))]
pub(super) async fn zones(State(_state): State<AppState>, PathOf(_id): PathOf<String>) -> Result<Json<ZoneList>, ApiError> {
    Err(ApiError::NotFound("camera"))
}

/// Takes over a site file: new and changed cameras get a new version and go out to the workers.
#[utoipa::path(post, path = "/cameras/import", tag = "cameras", operation_id = "importSite", request_body = SiteImport,
    responses((status = 200, description = "Taken over", body = ImportedSite)))]
pub(super) async fn import(
    State(_state): State<AppState>,
    JsonBody(_site): JsonBody<SiteImport>,
) -> Result<Json<ImportedSite>, ApiError> {
    Err(ApiError::NotFound("camera"))
}

/// Is an empty queue good news? Counts of cameras, candidates and cases, and the age of the last word.
#[utoipa::path(get, path = "/overview", tag = "cameras", operation_id = "getOverview",
    responses((status = 200, description = "The overview", body = Overview)))]
pub(super) async fn overview(State(_state): State<AppState>) -> Result<Json<Overview>, ApiError> {
    Err(ApiError::NotFound("overview"))
}
