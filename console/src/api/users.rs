//! Users and their sessions, as the administrator changes them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::account::no_password;
use crate::dto::{PasswordReset, SessionList, SignIn, SignInChange, UserChange, UserRecord};
use crate::error::{ApiError, refused};
use crate::extract::{JsonBody, PathOf};
use crate::gate::Session;
use crate::password;
use crate::state::AppState;
use crate::users;

async fn record(state: &AppState, id: &str) -> Result<Json<UserRecord>, ApiError> {
    let found = state.store.users().await?.into_iter().find(|user| user.id == id);
    found.map(Json).ok_or(ApiError::NotFound("user"))
}

/// One user.
#[utoipa::path(get, path = "/users/{id}", tag = "admin", operation_id = "getUser",
    params(("id" = String, Path, description = "User id")),
    responses((status = 200, description = "The user", body = UserRecord)))]
pub(super) async fn detail(State(state): State<AppState>, PathOf(id): PathOf<String>) -> Result<Json<UserRecord>, ApiError> {
    record(&state, &id).await
}

/// Changes a user. 409 `stale` when somebody changed them since. Nobody shuts themselves out.
#[utoipa::path(put, path = "/users/{id}", tag = "admin", operation_id = "changeUser", request_body = UserChange,
    params(("id" = String, Path, description = "User id")),
    responses((status = 200, description = "Changed", body = UserRecord)))]
pub(super) async fn change(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(mut change): JsonBody<UserChange>,
) -> Result<Json<UserRecord>, ApiError> {
    users::sort_out(&mut change.roles, &mut change.units);
    users::fit(&change.display_name, &change.roles, &change.units).map_err(|message| refused("bad_user", message))?;
    let own = id == session.actor.id;
    if own && (!change.active || !change.roles.contains(&crate::dto::Role::Administrator)) {
        return Err(refused("own_account", "another administrator takes your own account away"));
    }
    if let Some(unknown) = state.store.unknown_unit(&change.units).await? {
        return Err(refused("bad_user", format!("there is no unit {unknown:?}")));
    }
    state.store.change_user(&id, &change, &session.actor.name).await?;
    record(&state, &id).await
}

/// Another password, to be changed at the next log-in. What was open ends.
#[utoipa::path(post, path = "/users/{id}/password", tag = "admin", operation_id = "resetPassword", request_body = PasswordReset,
    params(("id" = String, Path, description = "User id")),
    responses((status = 204, description = "Set")))]
pub(super) async fn reset_password(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(reset): JsonBody<PasswordReset>,
) -> Result<StatusCode, ApiError> {
    let user = state.store.user(&id).await?;
    if id == session.actor.id {
        return Err(refused("own_account", "your own password is changed on your own page"));
    }
    if user.sign_in == SignIn::Provider {
        return Err(no_password());
    }
    password::check(&reset.password, &[&user.name, &user.display_name])
        .map_err(|weak| refused("bad_password", weak.to_string()))?;
    let hashed = state.passwords.hash(reset.password).await?;
    state.store.reset_by(&id, &hashed, &session.actor.name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Another way in. What was open ends; password, second factor, and the tie to an identity of the provider are gone.
#[utoipa::path(put, path = "/users/{id}/sign-in", tag = "admin", operation_id = "changeSignIn", request_body = SignInChange,
    params(("id" = String, Path, description = "User id")),
    responses((status = 200, description = "Changed", body = UserRecord)))]
pub(super) async fn change_sign_in(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(change): JsonBody<SignInChange>,
) -> Result<Json<UserRecord>, ApiError> {
    let user = state.store.user(&id).await?;
    if id == session.actor.id {
        return Err(refused("own_account", "another administrator changes your own way in"));
    }
    let hashed = match (change.sign_in, change.password) {
        (SignIn::Password, Some(password)) => {
            password::check(&password, &[&user.name, &user.display_name])
                .map_err(|weak| refused("bad_password", weak.to_string()))?;
            Some(state.passwords.hash(password).await?)
        }
        (SignIn::Password, None) => return Err(refused("bad_password", "give the password to begin with")),
        (SignIn::Provider, Some(_)) => return Err(no_password()),
        (SignIn::Provider, None) if state.oidc.is_none() => {
            return Err(refused("no_provider", "this installation has no identity provider"));
        }
        (SignIn::Provider, None) => None,
    };
    state.store.change_sign_in(&id, change.seen_version, hashed.as_deref(), &session.actor.name).await?;
    record(&state, &id).await
}

/// Forgets wrong attempts: the name is not locked any more.
#[utoipa::path(post, path = "/users/{id}/unlock", tag = "admin", operation_id = "unlockUser",
    params(("id" = String, Path, description = "User id")),
    responses((status = 204, description = "Not locked")))]
pub(super) async fn unlock(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
) -> Result<StatusCode, ApiError> {
    state.store.unlock(&id, &session.actor.name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes the second factor away, e.g. of a lost telephone. What was open ends.
#[utoipa::path(delete, path = "/users/{id}/totp", tag = "admin", operation_id = "removeTotp",
    params(("id" = String, Path, description = "User id")),
    responses((status = 204, description = "Gone")))]
pub(super) async fn remove_totp(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
) -> Result<StatusCode, ApiError> {
    if id == session.actor.id {
        return Err(refused("own_account", "another administrator takes your own second factor away"));
    }
    state.store.remove_totp(&id, &session.actor.name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Everybody's live sessions.
#[utoipa::path(get, path = "/sessions", tag = "admin", operation_id = "listSessions",
    responses((status = 200, description = "Last used first", body = SessionList)))]
pub(super) async fn sessions(State(state): State<AppState>, session: Session) -> Result<Json<SessionList>, ApiError> {
    let items = state.store.sessions(None, &session.token_hash, state.settings.session_idle_ms).await?;
    Ok(Json(SessionList { items }))
}

/// Ends a session.
#[utoipa::path(delete, path = "/sessions/{id}", tag = "admin", operation_id = "revokeSession",
    params(("id" = String, Path, description = "Session id")),
    responses((status = 204, description = "Ended")))]
pub(super) async fn revoke(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
) -> Result<StatusCode, ApiError> {
    state.store.revoke_session(&id, None, &session.actor.name).await?;
    Ok(StatusCode::NO_CONTENT)
}
