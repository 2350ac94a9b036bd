//! Areas: which zones show one place of the city.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::dto::{Area, AreaChange, AreaList, NewArea, ZoneRef};
use crate::error::ApiError;
use crate::extract::{JsonBody, PathOf};
use crate::gate::Session;
use crate::state::AppState;

/// As many zones show one area at most.
const MOST_ZONES: usize = 100;

fn checked(name: &str, note: &str, zones: &[ZoneRef]) -> Result<(), ApiError> {
    let bad = |message: String| Err(ApiError::Refused { code: "bad_area", message });
    let fits = |text: &str, most: usize| (1..=most).contains(&text.trim().chars().count()) && !text.contains('\0');
    if !fits(name, 100) || name.trim() != name {
        return bad("an area's name has 1 to 100 characters, without blanks around them".to_owned());
    }
    if !fits(note, 500) {
        return bad("say why in 1 to 500 characters".to_owned());
    }
    if zones.len() > MOST_ZONES {
        return bad(format!("at most {MOST_ZONES} zones show one area"));
    }
    if zones.iter().any(|zone| !fits(&zone.camera, 400) || !fits(&zone.zone, 400)) {
        return bad("a zone is named by its camera and its own id".to_owned());
    }
    Ok(())
}

async fn one(state: &AppState, session: &Session, id: &str) -> Result<Json<Area>, ApiError> {
    state.clearance.wake();
    let found = state.store.areas(&session.actor.scope, Some(id)).await?;
    found.into_iter().next().map(Json).ok_or(ApiError::NotFound("area"))
}

/// The areas, and the zones that show none yet.
#[utoipa::path(get, path = "/areas", tag = "clearance", operation_id = "listAreas",
    responses((status = 200, description = "The areas", body = AreaList)))]
pub(super) async fn list(State(state): State<AppState>, session: Session) -> Result<Json<AreaList>, ApiError> {
    let scope = &session.actor.scope;
    Ok(Json(AreaList { items: state.store.areas(scope, None).await?, free: state.store.free_zones(scope).await? }))
}

/// Makes an area. Figures of its zones are made again within minutes, those of the past as well.
#[utoipa::path(post, path = "/areas", tag = "clearance", operation_id = "addArea", request_body = NewArea,
    responses((status = 201, description = "Made", body = Area)))]
pub(super) async fn add(
    State(state): State<AppState>,
    session: Session,
    JsonBody(new): JsonBody<NewArea>,
) -> Result<(StatusCode, Json<Area>), ApiError> {
    checked(&new.name, &new.note, &new.zones)?;
    if new.district.contains('\0') || new.street.contains('\0') {
        return Err(ApiError::NotFound("street"));
    }
    let id = state.store.add_area(&new, &session.actor).await?;
    Ok((StatusCode::CREATED, one(&state, &session, &id).await?))
}

/// Changes an area, its past included. 409 `stale` when somebody changed it since, `zone_taken` when a zone shows another area.
#[utoipa::path(put, path = "/areas/{id}", tag = "clearance", operation_id = "changeArea", request_body = AreaChange,
    params(("id" = String, Path, description = "Area id")),
    responses((status = 200, description = "Changed", body = Area)))]
pub(super) async fn change(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(change): JsonBody<AreaChange>,
) -> Result<Json<Area>, ApiError> {
    checked(&change.name, &change.note, &change.zones)?;
    state.store.change_area(&id, &change, &session.actor).await?;
    one(&state, &session, &id).await
}
