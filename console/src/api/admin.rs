//! Users and the audit log.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::{checked_text, limit};
use crate::clock::parse_ms;
use crate::dto::{AuditCheck, AuditPage, AuditQuery, NewUser, SignIn, UserList, UserRecord};
use crate::error::ApiError;
use crate::extract::{JsonBody, QueryOf};
use crate::gate::Session;
use crate::state::AppState;
use crate::users::{self, UserError};

/// All users, by name.
#[utoipa::path(get, path = "/users", tag = "admin", operation_id = "listUsers",
    responses((status = 200, description = "All users", body = UserList)))]
pub(super) async fn users(State(state): State<AppState>) -> Result<Json<UserList>, ApiError> {
    Ok(Json(UserList { items: state.store.users().await? }))
}

/// Makes a user.
#[utoipa::path(post, path = "/users", tag = "admin", operation_id = "addUser", request_body = NewUser,
    responses((status = 201, description = "Made", body = UserRecord)))]
pub(super) async fn add_user(
    State(state): State<AppState>,
    session: Session,
    JsonBody(new): JsonBody<NewUser>,
) -> Result<(StatusCode, Json<UserRecord>), ApiError> {
    if new.sign_in == SignIn::Provider && state.oidc.is_none() {
        let message = "this installation has no identity provider".to_owned();
        return Err(ApiError::Refused { code: "no_provider", message });
    }
    let id = users::add(&state.store, &state.passwords, new, &session.actor.name).await.map_err(|error| match error {
        UserError::Refused(message) => ApiError::Refused { code: "bad_user", message },
        UserError::Taken(name) => ApiError::Conflict {
            code: "name_taken",
            message: format!("the name {name} is taken"),
            details: serde_json::json!({ "name": name }),
        },
        UserError::Failed { source, .. } => source,
    })?;
    let made = state.store.users().await?.into_iter().find(|user| user.id == id);
    Ok((StatusCode::CREATED, Json(made.ok_or(ApiError::NotFound("user"))?)))
}

/// What is asked of the log can be asked.
pub(super) fn checked(query: &AuditQuery) -> Result<(), ApiError> {
    for text in [&query.actor, &query.action, &query.object].into_iter().flatten() {
        checked_text(text)?;
    }
    if query.q.as_ref().is_some_and(|q| q.chars().count() > 100 || q.contains('\0')) {
        return Err(ApiError::BadRequest("the query: q has at most 100 characters".to_owned()));
    }
    for (name, time) in [("from", &query.from), ("until", &query.until)] {
        if time.as_deref().is_some_and(|text| parse_ms(text).is_none()) {
            return Err(ApiError::BadRequest(format!("the query: {name} is not an RFC 3339 time")));
        }
    }
    Ok(())
}

/// The audit log, newest first.
#[utoipa::path(get, path = "/audit", tag = "admin", operation_id = "listAudit", params(AuditQuery),
    responses((status = 200, description = "A page of it", body = AuditPage)))]
pub(super) async fn audit(
    State(state): State<AppState>,
    QueryOf(query): QueryOf<AuditQuery>,
) -> Result<Json<AuditPage>, ApiError> {
    checked(&query)?;
    let before = match &query.cursor {
        None => None,
        Some(text) => match text.parse::<i64>() {
            Ok(seq) => Some(seq),
            Err(_) => return Err(ApiError::BadRequest("the query: the cursor is not one of ours".to_owned())),
        },
    };
    let limit = limit(query.limit, 50, 200)?;
    Ok(Json(state.store.audit_page(&query, before, limit).await?))
}

/// Computes the whole chain again.
#[utoipa::path(get, path = "/audit/check", tag = "admin", operation_id = "checkAudit",
    responses((status = 200, description = "Whether it holds", body = AuditCheck)))]
pub(super) async fn audit_check(State(state): State<AppState>) -> Result<Json<AuditCheck>, ApiError> {
    Ok(Json(state.store.audit_check().await?))
}
