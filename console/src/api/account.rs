//! One's own account: password, second factor, sessions.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::dto::{PasswordAgain, PasswordChange, RecoveryCodes, SessionList, SignIn, TotpCode, TotpOffer};
use crate::error::ApiError;
use crate::extract::{JsonBody, PathOf};
use crate::gate::Session;
use crate::password::{self, LONGEST};
use crate::state::AppState;
use crate::store::{Attempt, StoredUser};
use crate::totp;

/// The password again: whoever finds an open screen must not take the account over. Wrong ones lock the name.
async fn password_again(state: &AppState, user: &StoredUser, password: String) -> Result<(), ApiError> {
    if user.sign_in == SignIn::Provider {
        return Err(no_password());
    }
    if password.len() > LONGEST {
        return Err(ApiError::WrongLogin);
    }
    if let Attempt::Locked { retry_after_s } = state.store.login_attempt(&user.name).await? {
        return Err(ApiError::TooManyAttempts { retry_after_s });
    }
    if !state.passwords.verify(password, Some(user.password.clone())).await? {
        return Err(ApiError::Refused { code: "wrong_password", message: "the password is wrong".to_owned() });
    }
    state.store.forget_attempts(&user.name).await?;
    Ok(())
}

/// Another password. All other sessions of this person end.
#[utoipa::path(put, path = "/session/password", tag = "session", operation_id = "changePassword", request_body = PasswordChange,
    responses((status = 204, description = "Changed")))]
pub(super) async fn change_password(
    State(state): State<AppState>,
    session: Session,
    JsonBody(change): JsonBody<PasswordChange>,
) -> Result<StatusCode, ApiError> {
    let user = state.store.user(&session.actor.id).await?;
    let same = change.old == change.new;
    password_again(&state, &user, change.old).await?;
    if same {
        return Err(ApiError::Refused { code: "bad_password", message: "the new password is the old one".to_owned() });
    }
    password::check(&change.new, &[&user.name, &user.display_name])
        .map_err(|weak| ApiError::Refused { code: "bad_password", message: weak.to_string() })?;
    let hashed = state.passwords.hash(change.new).await?;
    state.store.change_own_password(&user.id, &hashed, &session.token_hash).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Offers a secret for an authenticator application; it counts once a code of it was given. It is not shown again.
#[utoipa::path(post, path = "/session/totp", tag = "session", operation_id = "offerTotp", request_body = PasswordAgain,
    responses((status = 200, description = "A secret", body = TotpOffer)))]
pub(super) async fn offer_totp(
    State(state): State<AppState>,
    session: Session,
    JsonBody(again): JsonBody<PasswordAgain>,
) -> Result<Json<TotpOffer>, ApiError> {
    let user = state.store.user(&session.actor.id).await?;
    password_again(&state, &user, again.password).await?;
    let offer = totp::offer(&user.name);
    state.store.offer_totp(&user.id, &state.sealer.seal(&user.id, &offer.secret)).await?;
    Ok(Json(TotpOffer { secret: offer.base32, uri: offer.uri, qr_svg: offer.svg }))
}

/// The offered secret counts from now on. The answer holds the recovery codes, which are not shown again.
#[utoipa::path(put, path = "/session/totp", tag = "session", operation_id = "confirmTotp", request_body = TotpCode,
    responses((status = 200, description = "It counts", body = RecoveryCodes)))]
pub(super) async fn confirm_totp(
    State(state): State<AppState>,
    session: Session,
    JsonBody(given): JsonBody<TotpCode>,
) -> Result<Json<RecoveryCodes>, ApiError> {
    let codes = state.store.confirm_totp(&session.actor.id, &given.code, &state.sealer).await?;
    codes.map(|codes| Json(RecoveryCodes { codes })).ok_or_else(wrong_code)
}

/// Other recovery codes, for a code of the application.
#[utoipa::path(post, path = "/session/recovery-codes", tag = "session", operation_id = "renewRecoveryCodes",
    request_body = TotpCode, responses((status = 200, description = "Those so far are void", body = RecoveryCodes)))]
pub(super) async fn renew_codes(
    State(state): State<AppState>,
    session: Session,
    JsonBody(given): JsonBody<TotpCode>,
) -> Result<Json<RecoveryCodes>, ApiError> {
    let user = state.store.user(&session.actor.id).await?;
    if let Attempt::Locked { retry_after_s } = state.store.login_attempt(&user.name).await? {
        return Err(ApiError::TooManyAttempts { retry_after_s });
    }
    if !user.totp_on || state.store.take_code(&user.id, &given.code, &state.sealer).await?.is_none() {
        return Err(wrong_code());
    }
    state.store.forget_attempts(&user.name).await?;
    let codes = state.store.renew_recovery_codes(&user.id).await?;
    Ok(Json(RecoveryCodes { codes }))
}

/// Password and second factor are the provider's affair.
pub(super) fn no_password() -> ApiError {
    let message = "who logs in by the identity provider has no password and no second factor here".to_owned();
    ApiError::Refused { code: "no_password", message }
}

fn wrong_code() -> ApiError {
    ApiError::Refused { code: "wrong_code", message: "the code is wrong, over, or was used already".to_owned() }
}

/// One's own sessions.
#[utoipa::path(get, path = "/session/all", tag = "session", operation_id = "listOwnSessions",
    responses((status = 200, description = "Last used first", body = SessionList)))]
pub(super) async fn sessions(State(state): State<AppState>, session: Session) -> Result<Json<SessionList>, ApiError> {
    let idle_ms = state.settings.session_idle_ms;
    let items = state.store.sessions(Some(&session.actor.id), &session.token_hash, idle_ms).await?;
    Ok(Json(SessionList { items }))
}

/// Ends one of one's own sessions.
#[utoipa::path(delete, path = "/session/all/{id}", tag = "session", operation_id = "endOwnSession",
    params(("id" = String, Path, description = "Session id")),
    responses((status = 204, description = "Ended")))]
pub(super) async fn end_session(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
) -> Result<StatusCode, ApiError> {
    state.store.revoke_session(&id, Some(&session.actor.id), &session.actor.name).await?;
    Ok(StatusCode::NO_CONTENT)
}
