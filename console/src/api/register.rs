//! The register of cameras, and the lists of law.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::clock::DAY_MS;
use crate::dto::{
    CameraRegister, EndEntry, Exemption, ExemptionRevision, LegalLists, Matter, MatterRevision, NewExemption, NewMatter,
    NewRegisterRecord, ReminderList, ReminderQuery,
};
use crate::error::ApiError;
use crate::extract::{JsonBody, PathOf, QueryOf};
use crate::gate::Session;
use crate::state::AppState;
use crate::store::LegalList;

/// What is on record for a camera, and what holds now.
#[utoipa::path(get, path = "/cameras/{id}/register", tag = "register", operation_id = "getRegister",
    params(("id" = String, Path, description = "Camera id")),
    responses((status = 200, description = "The register", body = CameraRegister)))]
pub(super) async fn register(
    State(state): State<AppState>,
    PathOf(id): PathOf<String>,
) -> Result<Json<CameraRegister>, ApiError> {
    state.store.register(&id).await?.map(Json).ok_or(ApiError::NotFound("camera"))
}

/// Enters a new version of a camera's record. 409 `stale` when somebody did since you looked.
#[utoipa::path(post, path = "/cameras/{id}/register", tag = "register", operation_id = "putRegister",
    params(("id" = String, Path, description = "Camera id")), request_body = NewRegisterRecord,
    responses((status = 201, description = "Entered", body = CameraRegister)))]
pub(super) async fn put_register(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(new): JsonBody<NewRegisterRecord>,
) -> Result<(StatusCode, Json<CameraRegister>), ApiError> {
    state.store.put_register(&id, &session.actor, &new, &state.zone()).await?;
    let register = state.store.register(&id).await?.ok_or(ApiError::NotFound("camera"))?;
    Ok((StatusCode::CREATED, Json(register)))
}

/// Cameras whose record or technical review runs out, or has run out.
#[utoipa::path(get, path = "/register/reminders", tag = "register", operation_id = "listReminders", params(ReminderQuery),
    responses((status = 200, description = "The most urgent first", body = ReminderList)))]
pub(super) async fn reminders(
    State(state): State<AppState>,
    session: Session,
    QueryOf(query): QueryOf<ReminderQuery>,
) -> Result<Json<ReminderList>, ApiError> {
    let days = query.days.unwrap_or(30);
    if days > 365 {
        return Err(ApiError::BadRequest("the query: days is 0 to 365".to_owned()));
    }
    let items = state.store.reminders(&session.actor.scope, state.now_ms() + i64::from(days) * DAY_MS).await?;
    Ok(Json(ReminderList { items }))
}

/// The lists of law.
#[utoipa::path(get, path = "/legal", tag = "register", operation_id = "getLegalLists",
    responses((status = 200, description = "Both lists", body = LegalLists)))]
pub(super) async fn legal(State(state): State<AppState>) -> Result<Json<LegalLists>, ApiError> {
    Ok(Json(state.store.legal_lists().await?))
}

/// Adds a matter.
#[utoipa::path(post, path = "/legal/matters", tag = "register", operation_id = "addMatter", request_body = NewMatter,
    responses((status = 201, description = "Added", body = Matter)))]
pub(super) async fn add_matter(
    State(state): State<AppState>,
    session: Session,
    JsonBody(new): JsonBody<NewMatter>,
) -> Result<(StatusCode, Json<Matter>), ApiError> {
    Ok((StatusCode::CREATED, Json(state.store.add_matter(&session.actor, &new).await?)))
}

/// Adds a clause of exemption.
#[utoipa::path(post, path = "/legal/exemptions", tag = "register", operation_id = "addExemption", request_body = NewExemption,
    responses((status = 201, description = "Added", body = Exemption)))]
pub(super) async fn add_exemption(
    State(state): State<AppState>,
    session: Session,
    JsonBody(new): JsonBody<NewExemption>,
) -> Result<(StatusCode, Json<Exemption>), ApiError> {
    Ok((StatusCode::CREATED, Json(state.store.add_exemption(&session.actor, &new).await?)))
}

/// Ends a matter. For what was seen on its days it keeps holding.
#[utoipa::path(post, path = "/legal/matters/{id}/end", tag = "register", operation_id = "endMatter",
    params(("id" = String, Path, description = "Matter id")), request_body = EndEntry,
    responses((status = 204, description = "Ended")))]
pub(super) async fn end_matter(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(end): JsonBody<EndEntry>,
) -> Result<StatusCode, ApiError> {
    state.store.end_entry(LegalList::Matters, &id, &session.actor, &end).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends a clause of exemption. For what was seen on its days it keeps holding.
#[utoipa::path(post, path = "/legal/exemptions/{id}/end", tag = "register", operation_id = "endExemption",
    params(("id" = String, Path, description = "Clause id")), request_body = EndEntry,
    responses((status = 204, description = "Ended")))]
pub(super) async fn end_exemption(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(end): JsonBody<EndEntry>,
) -> Result<StatusCode, ApiError> {
    state.store.end_entry(LegalList::Exemptions, &id, &session.actor, &end).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Replaces a matter from a day on, its clauses with it. 409 `stale` when somebody did since you looked.
#[utoipa::path(post, path = "/legal/matters/{id}/revise", tag = "register", operation_id = "reviseMatter",
    params(("id" = String, Path, description = "Matter id")), request_body = MatterRevision,
    responses((status = 201, description = "The version that holds from that day on", body = Matter)))]
pub(super) async fn revise_matter(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(new): JsonBody<MatterRevision>,
) -> Result<(StatusCode, Json<Matter>), ApiError> {
    Ok((StatusCode::CREATED, Json(state.store.revise_matter(&id, &session.actor, &new, &state.zone()).await?)))
}

/// Replaces a clause of exemption from a day on. 409 `stale` when somebody did since you looked.
#[utoipa::path(post, path = "/legal/exemptions/{id}/revise", tag = "register", operation_id = "reviseExemption",
    params(("id" = String, Path, description = "Clause id")), request_body = ExemptionRevision,
    responses((status = 201, description = "The version that holds from that day on", body = Exemption)))]
pub(super) async fn revise_exemption(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(new): JsonBody<ExemptionRevision>,
) -> Result<(StatusCode, Json<Exemption>), ApiError> {
    Ok((StatusCode::CREATED, Json(state.store.revise_exemption(&id, &session.actor, &new, &state.zone()).await?)))
}
