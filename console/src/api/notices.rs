//! Templates of notices, and the notice as it would go out.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::clock::parse_ms;
use crate::dto::{EndEntry, NewNoticeTemplate, Notice, NoticeAsked, NoticeTemplate, NoticeTemplateRevision, NoticeTemplates};
use crate::error::ApiError;
use crate::extract::{JsonBody, PathOf};
use crate::gate::Session;
use crate::state::AppState;
use crate::store::{LegalList, Told};

/// All templates of notices, those that hold no more included.
#[utoipa::path(get, path = "/legal/templates", tag = "register", operation_id = "listNoticeTemplates",
    responses((status = 200, description = "The templates", body = NoticeTemplates)))]
pub(super) async fn list(State(state): State<AppState>) -> Result<Json<NoticeTemplates>, ApiError> {
    Ok(Json(state.store.notice_templates().await?))
}

/// Adds a template.
#[utoipa::path(post, path = "/legal/templates", tag = "register", operation_id = "addNoticeTemplate", request_body = NewNoticeTemplate,
    responses((status = 201, description = "Added", body = NoticeTemplate)))]
pub(super) async fn add(
    State(state): State<AppState>,
    session: Session,
    JsonBody(new): JsonBody<NewNoticeTemplate>,
) -> Result<(StatusCode, Json<NoticeTemplate>), ApiError> {
    Ok((StatusCode::CREATED, Json(state.store.add_template(&session.actor, &new).await?)))
}

/// Replaces a template from a day on. 409 `stale` when somebody did already.
#[utoipa::path(post, path = "/legal/templates/{id}/revise", tag = "register", operation_id = "reviseNoticeTemplate",
    params(("id" = String, Path, description = "Template id")), request_body = NoticeTemplateRevision,
    responses((status = 201, description = "The new version", body = NoticeTemplate)))]
pub(super) async fn revise(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(new): JsonBody<NoticeTemplateRevision>,
) -> Result<(StatusCode, Json<NoticeTemplate>), ApiError> {
    Ok((StatusCode::CREATED, Json(state.store.revise_template(&id, &session.actor, &new, &state.zone()).await?)))
}

/// Ends a template without another in its place: from the day after on it is not offered. What went out keeps its text. 409
/// `stale` when it was replaced meanwhile.
#[utoipa::path(post, path = "/legal/templates/{id}/end", tag = "register", operation_id = "endNoticeTemplate",
    params(("id" = String, Path, description = "Template id")), request_body = EndEntry,
    responses((status = 204, description = "Ended")))]
pub(super) async fn end(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(end): JsonBody<EndEntry>,
) -> Result<StatusCode, ApiError> {
    state.store.end_entry(LegalList::Templates, &id, &session.actor, &end).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The notice as it would go out now. Nothing is kept.
#[utoipa::path(post, path = "/cases/{id}/notice", tag = "cases", operation_id = "previewNotice",
    params(("id" = String, Path, description = "Case id")), request_body = NoticeAsked,
    responses((status = 200, description = "The notice", body = Notice)))]
pub(super) async fn preview(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(asked): JsonBody<NoticeAsked>,
) -> Result<Json<Notice>, ApiError> {
    let due_ms = match asked.due_at.as_deref() {
        None => None,
        Some(text) => {
            Some(parse_ms(text).ok_or_else(|| ApiError::BadRequest("the body: due_at is an RFC 3339 time".to_owned()))?)
        }
    };
    let page = super::party::page_in_a_notice(&state);
    let told = Told {
        purpose: asked.purpose,
        template: asked.template.as_deref(),
        due_ms,
        fine_yuan: asked.expected_fine_yuan,
        page: &page,
    };
    state.store.preview_notice(&id, &session.actor, &told, &state.zone()).await.map(Json)
}
