//! Zones: drawn, checked, handed in, approved by another person, live, and brought back.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;

use super::checked_text;
use crate::clock::{DAY_MS, rfc3339};
use crate::dto::{
    ApprovalSetting, ApprovalSettings, DraftEvent, DraftState, DraftStep, DraftStepped, RestoreVersion, SaveDraft, SetApproval,
    ZoneCheck, ZoneChecked, ZoneDesk, ZoneDraft, ZonePrecision, ZoneVersions, ZonedCameras, ZonesQuery,
};
use crate::error::ApiError;
use crate::extract::{JsonBody, PathOf, QueryOf};
use crate::gate::Session;
use crate::state::AppState;
use crate::store::{LEAST_DECISIONS, StoredDraft};
use crate::zones::{Plan, diff, kept, plan};

fn days(asked: Option<u32>) -> Result<i64, ApiError> {
    super::limit(asked, 90, 365).map_err(|_| ApiError::BadRequest("the query: days is 1 to 365".to_owned()))
}

fn shown(draft: StoredDraft, history: Vec<DraftEvent>, live: &Plan, session: &Session) -> ZoneDraft {
    ZoneDraft {
        faults: draft.plan.faults(),
        diff: diff(live, &draft.plan),
        id: draft.id,
        revision: draft.revision,
        state: draft.state,
        base_version: draft.base_version,
        zones: draft.plan.zones,
        holidays: draft.plan.holidays,
        note: draft.note,
        author: draft.author,
        mine: draft.author_ids.contains(&session.actor.id),
        restores: draft.restores,
        effective_from: draft.effective_ms.map(rfc3339),
        approver: draft.approver,
        updated_at: rfc3339(draft.updated_ms),
        history,
    }
}

/// Cameras with their open drafts and how often they were right.
#[utoipa::path(get, path = "/zones", tag = "zones", operation_id = "listZonedCameras", params(ZonesQuery),
    responses((status = 200, description = "The cameras", body = ZonedCameras)))]
pub(super) async fn list(
    State(state): State<AppState>,
    session: Session,
    QueryOf(query): QueryOf<ZonesQuery>,
) -> Result<Json<ZonedCameras>, ApiError> {
    if let Some(district) = &query.district {
        checked_text(district)?;
    }
    let since_ms = state.now_ms() - days(query.days)? * DAY_MS;
    Ok(Json(ZonedCameras { items: state.store.zoned_cameras(&session.actor.scope, query.district.as_deref(), since_ms).await? }))
}

/// Says what is wrong with a drawing, corner by corner, without keeping it.
#[utoipa::path(post, path = "/zones/check", tag = "zones", operation_id = "checkZones", request_body = ZoneCheck,
    responses((status = 200, description = "What was found", body = ZoneChecked)))]
pub(super) async fn check(JsonBody(asked): JsonBody<ZoneCheck>) -> Result<Json<ZoneChecked>, ApiError> {
    let faults = Plan { zones: asked.zones, holidays: asked.holidays }.faults();
    Ok(Json(ZoneChecked { fit: faults.iter().all(|fault| fault.warning), faults }))
}

/// What is live on a camera, and the open draft.
#[utoipa::path(get, path = "/cameras/{id}/draft", tag = "zones", operation_id = "getZoneDesk",
    params(("id" = String, Path, description = "Camera id")),
    responses((status = 200, description = "The desk", body = ZoneDesk)))]
pub(super) async fn desk(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
) -> Result<Json<ZoneDesk>, ApiError> {
    let (camera, text) = state.store.camera(&id, state.silent_since_ms()).await?.ok_or(ApiError::NotFound("camera"))?;
    let site = kept(&text)?;
    let live = plan(site.as_ref());
    let draft = state.store.zone_draft(&id).await?.map(|(draft, history)| shown(draft, history, &live, &session));
    let time_zone = site.as_ref().and_then(|site| site.calendar.time_zone.iana_name().map(str::to_owned));
    Ok(Json(ZoneDesk {
        version: camera.version,
        approval_required: state.store.zone_approval_required(&camera.district).await?,
        zones: live.zones,
        holidays: live.holidays,
        areas: state.store.areas_of_camera(&session.actor.scope, &id).await?,
        time_zone: time_zone.unwrap_or_else(|| state.settings.time_zone.clone()),
        draft,
        camera: id,
    }))
}

/// Keeps a drawing, right or wrong, for whoever has seen the last revision.
#[utoipa::path(put, path = "/cameras/{id}/draft", tag = "zones", operation_id = "saveZoneDraft", request_body = SaveDraft,
    params(("id" = String, Path, description = "Camera id")),
    responses((status = 200, description = "Kept", body = ZoneDesk)))]
pub(super) async fn save(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(save): JsonBody<SaveDraft>,
) -> Result<Json<ZoneDesk>, ApiError> {
    known(&state, &id).await?;
    state.store.save_draft(&id, &save, &session.actor).await?;
    desk(State(state), session, PathOf(id)).await
}

async fn known(state: &AppState, id: &str) -> Result<(), ApiError> {
    state.store.camera(id, 0).await?.ok_or(ApiError::NotFound("camera")).map(drop)
}

/// Hands a draft in. Where the district asks for no second person it goes live.
#[utoipa::path(post, path = "/cameras/{id}/draft/submit", tag = "zones", operation_id = "submitZoneDraft", request_body = DraftStep,
    params(("id" = String, Path, description = "Camera id")),
    responses((status = 200, description = "Handed in, or live", body = DraftStepped)))]
pub(super) async fn submit(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(step): JsonBody<DraftStep>,
) -> Result<Json<DraftStepped>, ApiError> {
    known(&state, &id).await?;
    let effective_ms = match step.effective_from.as_deref() {
        None => None,
        Some(text) => {
            let at: Timestamp =
                text.parse().map_err(|_| ApiError::BadRequest(format!("the body: effective_from: {text:?} is not a time")))?;
            Some(at.as_millisecond())
        }
    };
    Ok(Json(state.store.submit_draft(&id, step.seen_revision, step.note.as_deref(), effective_ms, &session.actor).await?))
}

/// Approves what somebody else drew: it goes live, now or at its time.
#[utoipa::path(post, path = "/cameras/{id}/draft/approve", tag = "zones", operation_id = "approveZoneDraft",
    request_body = DraftStep, params(("id" = String, Path, description = "Camera id")),
    responses((status = 200, description = "Approved", body = DraftStepped)))]
pub(super) async fn approve(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(step): JsonBody<DraftStep>,
) -> Result<Json<DraftStepped>, ApiError> {
    known(&state, &id).await?;
    planned_elsewhere(&step)?;
    Ok(Json(state.store.approve_draft(&id, step.seen_revision, step.note.as_deref(), &session.actor).await?))
}

fn planned_elsewhere(step: &DraftStep) -> Result<(), ApiError> {
    match step.effective_from {
        None => Ok(()),
        Some(_) => Err(ApiError::BadRequest("the body: effective_from belongs to a submission".to_owned())),
    }
}

/// Hands a draft back to its author, with a reason.
#[utoipa::path(post, path = "/cameras/{id}/draft/return", tag = "zones", operation_id = "returnZoneDraft",
    request_body = DraftStep, params(("id" = String, Path, description = "Camera id")),
    responses((status = 200, description = "Handed back", body = DraftStepped)))]
pub(super) async fn hand_back(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(step): JsonBody<DraftStep>,
) -> Result<Json<DraftStepped>, ApiError> {
    ended(state, session, id, step, DraftState::Editing).await
}

/// Gives a draft up.
#[utoipa::path(post, path = "/cameras/{id}/draft/discard", tag = "zones", operation_id = "discardZoneDraft",
    request_body = DraftStep, params(("id" = String, Path, description = "Camera id")),
    responses((status = 200, description = "Given up", body = DraftStepped)))]
pub(super) async fn discard(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(step): JsonBody<DraftStep>,
) -> Result<Json<DraftStepped>, ApiError> {
    ended(state, session, id, step, DraftState::Discarded).await
}

async fn ended(
    state: AppState,
    session: Session,
    id: String,
    step: DraftStep,
    to: DraftState,
) -> Result<Json<DraftStepped>, ApiError> {
    known(&state, &id).await?;
    planned_elsewhere(&step)?;
    let draft = state.store.drop_or_return(&id, step.seen_revision, step.note.as_deref(), to, &session.actor).await?;
    Ok(Json(DraftStepped { state: draft.state, revision: draft.revision, version: None }))
}

/// Versions of a camera's settings: who drew, who approved, what changed.
#[utoipa::path(get, path = "/cameras/{id}/versions", tag = "zones", operation_id = "listZoneVersions",
    params(("id" = String, Path, description = "Camera id")),
    responses((status = 200, description = "The versions", body = ZoneVersions)))]
pub(super) async fn versions(State(state): State<AppState>, PathOf(id): PathOf<String>) -> Result<Json<ZoneVersions>, ApiError> {
    known(&state, &id).await?;
    let items = state.store.zone_versions(&id).await?;
    Ok(Json(ZoneVersions { camera: id, items }))
}

/// Makes an old version the draft, to be handed in and approved like any other.
#[utoipa::path(post, path = "/cameras/{id}/versions/{version}/restore", tag = "zones", operation_id = "restoreZoneVersion",
    request_body = RestoreVersion,
    params(("id" = String, Path, description = "Camera id"), ("version" = i64, Path, description = "Version")),
    responses((status = 200, description = "The draft", body = ZoneDesk)))]
pub(super) async fn restore(
    State(state): State<AppState>,
    session: Session,
    PathOf((id, version)): PathOf<(String, i64)>,
    JsonBody(asked): JsonBody<RestoreVersion>,
) -> Result<Json<ZoneDesk>, ApiError> {
    known(&state, &id).await?;
    state.store.restore_version(&id, version, asked.seen_revision, asked.note.as_deref(), &session.actor).await?;
    desk(State(state), session, PathOf(id)).await
}

/// How often officers found a camera's candidates right, zone by zone.
#[utoipa::path(get, path = "/cameras/{id}/precision", tag = "zones", operation_id = "getZonePrecision",
    params(("id" = String, Path, description = "Camera id"), ZonesQuery),
    responses((status = 200, description = "Its precision", body = ZonePrecision)))]
pub(super) async fn precision(
    State(state): State<AppState>,
    PathOf(id): PathOf<String>,
    QueryOf(query): QueryOf<ZonesQuery>,
) -> Result<Json<ZonePrecision>, ApiError> {
    known(&state, &id).await?;
    if query.district.is_some() {
        return Err(ApiError::BadRequest("the query: a camera has one district".to_owned()));
    }
    let days = days(query.days)?;
    let items = state.store.precision(&id, state.now_ms() - days * DAY_MS).await?;
    Ok(Json(ZonePrecision { camera: id, days, least: LEAST_DECISIONS, items }))
}

/// Which districts let zones go live without a second person.
#[utoipa::path(get, path = "/zones/approval", tag = "zones", operation_id = "listZoneApproval",
    responses((status = 200, description = "By district", body = ApprovalSettings)))]
pub(super) async fn approvals(State(state): State<AppState>, session: Session) -> Result<Json<ApprovalSettings>, ApiError> {
    Ok(Json(ApprovalSettings { items: state.store.zone_approvals(&session.actor.scope).await? }))
}

/// Sets it for a district.
#[utoipa::path(put, path = "/zones/approval", tag = "zones", operation_id = "setZoneApproval", request_body = SetApproval,
    responses((status = 200, description = "Set", body = ApprovalSetting)))]
pub(super) async fn set_approval(
    State(state): State<AppState>,
    session: Session,
    JsonBody(asked): JsonBody<SetApproval>,
) -> Result<Json<ApprovalSetting>, ApiError> {
    checked_text(&asked.district)?;
    // Only who sees the whole district sets it.
    if !session.actor.scope.holds(&asked.district, "") {
        return Err(ApiError::NotFound("district"));
    }
    let set = state.store.set_zone_approval(&asked.district, asked.required, asked.seen_version, &session.actor);
    Ok(Json(set.await?))
}
