//! The organisation tree.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::dto::{NewUnit, Unit, UnitChange, UnitList};
use crate::error::ApiError;
use crate::extract::{JsonBody, PathOf};
use crate::gate::Session;
use crate::state::AppState;

fn checked_label(label: &str) -> Result<(), ApiError> {
    if label.chars().count() > 100 {
        return Err(ApiError::Refused { code: "bad_unit", message: "a label has at most 100 characters".to_owned() });
    }
    Ok(())
}

/// The tree.
#[utoipa::path(get, path = "/units", tag = "admin", operation_id = "listUnits",
    responses((status = 200, description = "The city, its districts and their streets", body = UnitList)))]
pub(super) async fn list(State(state): State<AppState>) -> Result<Json<UnitList>, ApiError> {
    Ok(Json(UnitList { items: state.store.units().await? }))
}

/// Makes a district or a street before a camera names it.
#[utoipa::path(post, path = "/units", tag = "admin", operation_id = "addUnit", request_body = NewUnit,
    responses((status = 201, description = "Made", body = Unit)))]
pub(super) async fn add(
    State(state): State<AppState>,
    session: Session,
    JsonBody(new): JsonBody<NewUnit>,
) -> Result<(StatusCode, Json<Unit>), ApiError> {
    checked_label(&new.label)?;
    let good = new.name.trim() == new.name && (1..=100).contains(&new.name.chars().count()) && !new.name.contains('\0');
    if !good {
        let message = "a unit's name has 1 to 100 characters, exactly as the site files name it".to_owned();
        return Err(ApiError::Refused { code: "bad_unit", message });
    }
    let id = state.store.add_unit(&new, &session.actor.name).await?;
    Ok((StatusCode::CREATED, Json(state.store.unit(&id).await?)))
}

/// Another label. 409 `stale` when somebody changed it since.
#[utoipa::path(put, path = "/units/{id}", tag = "admin", operation_id = "labelUnit", request_body = UnitChange,
    params(("id" = String, Path, description = "Unit id")),
    responses((status = 200, description = "Changed", body = Unit)))]
pub(super) async fn label(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(change): JsonBody<UnitChange>,
) -> Result<Json<Unit>, ApiError> {
    checked_label(&change.label)?;
    state.store.label_unit(&id, &change, &session.actor.name).await?;
    state.store.unit(&id).await.map(Json)
}

/// Takes a unit out that nothing hangs on.
#[utoipa::path(delete, path = "/units/{id}", tag = "admin", operation_id = "removeUnit",
    params(("id" = String, Path, description = "Unit id")),
    responses((status = 204, description = "Gone")))]
pub(super) async fn remove(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
) -> Result<StatusCode, ApiError> {
    state.store.remove_unit(&id, &session.actor.name).await?;
    Ok(StatusCode::NO_CONTENT)
}
