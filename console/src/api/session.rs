//! Log in, who am I, log out.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::COOKIE;
use crate::auth::{Actor, DECIDE};
use crate::clock::rfc3339;
use crate::dto::{LoggedOut, Login, OwnCertificate, Role, SessionInfo, SignIn};
use crate::error::ApiError;
use crate::extract::JsonBody;
use crate::gate::{Session, token_hash};
use crate::password::LONGEST;
use crate::state::AppState;
use crate::store::{Attempt, Deed, Origin, StoredUser};

async fn info(state: &AppState, actor: &Actor, used_ms: i64, expires_ms: i64) -> Result<SessionInfo, ApiError> {
    let watches = actor.has_one_of(&[Role::Auditor, Role::Administrator]);
    Ok(SessionInfo {
        user: actor.me(),
        must: actor.must(&state.settings.totp_required),
        totp: actor.totp,
        sign_in: actor.sign_in,
        certificate: if actor.has_one_of(DECIDE) {
            let required = state.store.review().require_certificate;
            Some(OwnCertificate { required, standing: state.store.certificate_standing(&actor.id).await? })
        } else {
            None
        },
        audit_alarm: if watches { state.store.audit_alarm().await? } else { None },
        expires_at: rfc3339(expires_ms),
        idle_expires_at: rfc3339((used_ms + state.settings.session_idle_ms).min(expires_ms)),
        server_time: rfc3339(state.now_ms()),
        time_zone: state.settings.time_zone.clone(),
    })
}

/// HttpOnly: no script reads it. SameSite=Strict: no other site makes the browser send it.
fn cookie(state: &AppState, value: &str, max_age_s: i64) -> HeaderValue {
    let secure = if state.settings.secure_cookies { "; Secure" } else { "" };
    let text = format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={max_age_s}{secure}");
    HeaderValue::from_str(&text).expect("a token is URL-safe base64")
}

/// Log in. The answer sets the session cookie.
#[utoipa::path(post, path = "/session", tag = "session", operation_id = "logIn", request_body = Login,
    responses((status = 200, description = "Logged in", body = SessionInfo)))]
pub(super) async fn log_in(
    State(state): State<AppState>,
    peer: Peer,
    JsonBody(login): JsonBody<Login>,
) -> Result<Response, ApiError> {
    let name = login.name.trim().to_lowercase();
    if name.is_empty() || name.len() > 64 || login.password.len() > LONGEST {
        return Err(ApiError::WrongLogin);
    }
    if let Attempt::Locked { retry_after_s } = state.store.login_attempt(&name).await? {
        metrics::counter!("kerbwatch_console_logins_total", "reason" => "locked").increment(1);
        return Err(ApiError::TooManyAttempts { retry_after_s });
    }
    let user = state.store.user_named(&name).await?.filter(|user| user.active);
    // Who comes by the identity provider has no password here; that takes as long to find out as a wrong one.
    let user = user.filter(|user| user.sign_in == SignIn::Password);
    let hash = user.as_ref().map(|user| user.password.clone());
    let right = state.passwords.verify(login.password, hash).await?;
    let Some(user) = user.filter(|_| right) else {
        metrics::counter!("kerbwatch_console_logins_total", "reason" => "wrong").increment(1);
        let deed = Deed { actor: "system", action: "session.refused", object: &name, reason: None, details: json!({}) };
        state.store.audit_alone(deed).await?;
        return Err(ApiError::WrongLogin);
    };
    second_factor(&state, &user, login.code.as_deref()).await?;
    let opened = open(&state, user, &peer, Proof::Password).await?;
    let mut response = Json(info(&state, &opened.actor, opened.now_ms, opened.expires_ms).await?).into_response();
    response.headers_mut().insert(header::SET_COOKIE, opened.cookie);
    Ok(response)
}

/// A code is asked for after the password: without that, nobody learns who has a second factor.
async fn second_factor(state: &AppState, user: &StoredUser, code: Option<&str>) -> Result<(), ApiError> {
    if !user.totp_on {
        return Ok(());
    }
    let Some(code) = code.map(str::trim).filter(|code| !code.is_empty()) else { return Err(ApiError::CodeNeeded) };
    if code.len() <= 64 && state.store.take_code(&user.id, code, &state.sealer).await?.is_some() {
        return Ok(());
    }
    metrics::counter!("kerbwatch_console_logins_total", "reason" => "wrong_code").increment(1);
    let details = json!({ "factor": "code" });
    let deed = Deed { actor: "system", action: "session.refused", object: &user.name, reason: None, details };
    state.store.audit_alone(deed).await?;
    Err(ApiError::WrongCode)
}

/// A session that was just opened.
pub(super) struct Opened {
    actor: Actor,
    now_ms: i64,
    expires_ms: i64,
    pub(super) cookie: HeaderValue,
}

/// How somebody has shown who they are.
pub(super) enum Proof {
    /// By the password that is kept here, and the second factor if there is one.
    Password,
    /// By the identity provider.
    Provider {
        /// It asked for a second factor.
        second_factor: bool,
        /// Shown to it at the log-out.
        id_token: String,
    },
}

/// What the ID tokens of sessions are sealed for.
const ID_TOKEN: &str = "id token";

/// Opens a session for somebody who has shown who they are.
pub(super) async fn open(state: &AppState, user: StoredUser, peer: &Peer, proof: Proof) -> Result<Opened, ApiError> {
    let token = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    let (sign_in, second_factor, id_token) = match proof {
        Proof::Password => (SignIn::Password, false, None),
        Proof::Provider { second_factor, id_token } => {
            (SignIn::Provider, second_factor, Some(state.sealer.seal(ID_TOKEN, id_token.as_bytes())))
        }
    };
    let origin = Origin {
        token_hash: &token_hash(&token),
        agent: &peer.agent,
        address: &peer.address,
        sign_in,
        second_factor,
        id_token: id_token.as_deref(),
    };
    let by_groups = state.oidc.as_ref().filter(|_| sign_in == SignIn::Provider).and_then(|provider| provider.session_ms());
    let session_ms = by_groups.unwrap_or(i64::MAX).min(state.settings.session_ms);
    let (now_ms, expires_ms) = state.store.login_succeeded(&user, &origin, session_ms).await?;
    metrics::counter!("kerbwatch_console_logins_total", "reason" => "right").increment(1);
    let cookie = cookie(state, &token, session_ms / 1000);
    let mut actor = state.store.actor(user).await?;
    actor.sign_in = sign_in;
    Ok(Opened { actor, now_ms, expires_ms, cookie })
}

/// Where a request comes from, as far as can be told.
pub(super) struct Peer {
    agent: String,
    address: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let address = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip().to_string());
        Ok(Self { agent: agent.to_owned(), address: address.unwrap_or_default() })
    }
}

/// Who am I?
#[utoipa::path(get, path = "/session", tag = "session", operation_id = "whoAmI",
    responses((status = 200, description = "The session", body = SessionInfo)))]
pub(super) async fn who_am_i(State(state): State<AppState>, session: Session) -> Result<Json<SessionInfo>, ApiError> {
    Ok(Json(info(&state, &session.actor, session.used_ms, session.expires_ms).await?))
}

/// Log out. Also ends a session that is already over. Whoever came by an identity provider that can log them out is told where.
#[utoipa::path(delete, path = "/session", tag = "session", operation_id = "logOut",
    responses((status = 204, description = "Logged out"),
        (status = 200, description = "Logged out here; the identity provider has a log-out of its own", body = LoggedOut)))]
pub(super) async fn log_out(State(state): State<AppState>, session: Option<Extension<Session>>) -> Result<Response, ApiError> {
    let gone = [(header::SET_COOKIE, cookie(&state, "", 0))];
    let Some(Extension(session)) = session else { return Ok((StatusCode::NO_CONTENT, gone).into_response()) };
    let sealed = state.store.id_token_of(&session.token_hash).await?;
    state.store.end_session(&session.token_hash, &session.actor).await?;
    let provider = state.oidc.as_ref().filter(|_| session.actor.sign_in == SignIn::Provider);
    let Some(provider) = provider else { return Ok((StatusCode::NO_CONTENT, gone).into_response()) };
    let id_token = sealed.and_then(|sealed| String::from_utf8(state.sealer.open(ID_TOKEN, &sealed)?).ok());
    match provider.after_log_out(id_token.as_deref(), state.now_ms()).await {
        Some(continue_at) => Ok((gone, Json(LoggedOut { continue_at })).into_response()),
        None => Ok((StatusCode::NO_CONTENT, gone).into_response()),
    }
}
