//! Before any handler: is the route listed, does the request come from our own application, who is it, may they, and is what the
//! path names within their scope?

use axum::extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::api::{COOKIE, unknown_query_word};
use crate::auth::{Access, Actor, Listed, access, always_open, needs_second_factor, thing};
use crate::dto::SignIn;
use crate::error::ApiError;
use crate::oidc::CALLBACK;
use crate::state::AppState;
use crate::store::Thing;

/// A session's use is written down at most this often.
const TOUCH_MS: i64 = 30_000;

/// A live session, as handlers see it.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) actor: Actor,
    pub(crate) token_hash: String,
    pub(crate) used_ms: i64,
    pub(crate) expires_ms: i64,
}

impl<S: Send + Sync> FromRequestParts<S> for Session {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Session>().cloned().ok_or(ApiError::Unauthenticated)
    }
}

/// What is kept of a token: whoever reads the database cannot log in with it.
pub(crate) fn token_hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// The value of a cookie.
pub(crate) fn cookie_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(its, _)| *its == name).map(|(_, value)| value)
}

/// Another site can make a browser send our cookie, but not this header (that takes a CORS answer we never give), and not
/// without the browser saying where it comes from.
fn from_ourselves(headers: &HeaderMap, origin: Option<&str>) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let header = text("x-kerbwatch") == Some("1");
    let site = matches!(text("sec-fetch-site"), None | Some("same-origin" | "none"));
    let named = match (text("origin"), origin) {
        (Some(theirs), Some(ours)) => theirs == ours,
        _ => true,
    };
    header && site && named
}

async fn session(state: &AppState, headers: &HeaderMap) -> Result<Option<Session>, ApiError> {
    let Some(token) = cookie_value(headers, COOKIE) else { return Ok(None) };
    let token_hash = token_hash(token);
    let found = state.store.session(&token_hash, state.settings.session_idle_ms).await?;
    let Some((actor, used_ms, expires_ms)) = found else { return Ok(None) };
    // Their role needs a second factor since, and only the provider can ask for it: they sign in once more.
    let weak = actor.sign_in == SignIn::Provider && !actor.totp;
    if weak && needs_second_factor(&actor.roles, &state.settings.totp_required) {
        return Ok(None);
    }
    let now_ms = state.now_ms();
    let used_ms = if now_ms - used_ms > TOUCH_MS {
        state.store.touch_session(&token_hash).await?;
        now_ms
    } else {
        used_ms
    };
    Ok(Some(Session { actor, token_hash, used_ms, expires_ms }))
}

/// Row-level scope of whatever has an id in its path, so that no handler can forget it.
async fn within_scope(state: &AppState, actor: &Actor, path: &str, request: &mut Request) -> Result<(), ApiError> {
    let thing = thing(path).ok_or(ApiError::NotFound("page"))?;
    if thing == Thing::Nowhere {
        return Ok(());
    }
    let missing = || ApiError::NotFound("page");
    let (mut parts, body) = std::mem::take(request).into_parts();
    let params = RawPathParams::from_request_parts(&mut parts, &()).await;
    *request = Request::from_parts(parts, body);
    let params = params.map_err(|_| missing())?;
    let (_, id) = params.iter().next().ok_or_else(missing)?;
    state.store.require(&actor.scope, thing, id).await
}

async fn admit(state: &AppState, request: &mut Request) -> Result<(), ApiError> {
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned()).unwrap_or_default();
    let access = match access(request.method(), &path) {
        Listed::Yes(access) => access,
        Listed::OtherMethod => return Err(ApiError::MethodNotAllowed),
        Listed::No => return Err(ApiError::Forbidden),
    };
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    if changes && access != Access::Signed && !from_ourselves(request.headers(), state.settings.origin.as_deref()) {
        return Err(ApiError::ForeignOrigin);
    }
    // A provider may send words of its own back with people.
    if path != CALLBACK
        && let Some(word) = request.uri().query().and_then(|query| unknown_query_word(request.method(), &path, query))
    {
        let word: String = word.chars().take(60).collect();
        return Err(ApiError::BadRequest(format!("the query: {word:?} is not known here")));
    }
    let session = session(state, request.headers()).await?;
    if let Access::Roles(roles) = access {
        let actor = &session.as_ref().ok_or(ApiError::Unauthenticated)?.actor;
        if !actor.has_one_of(roles) {
            return Err(ApiError::Forbidden);
        }
        if let Some(must) = actor.must(&state.settings.totp_required).first()
            && !always_open(&path)
        {
            return Err(ApiError::First(*must));
        }
        within_scope(state, actor, &path, request).await?;
    }
    if let Some(session) = session {
        request.extensions_mut().insert(session);
    }
    Ok(())
}

/// Lets a request through to its handler, or answers for it.
pub(crate) async fn gate(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let mut response = match admit(&state, &mut request).await {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    };
    // Handlers of pictures and streams say otherwise.
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// On every answer: nothing from outside, no frames, no guessing of types.
pub(crate) async fn secure_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (
            header::CONTENT_SECURITY_POLICY,
            // Styles inline: Vue's component libraries set them on elements. Scripts never.
            "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; style-src 'self' 'unsafe-inline'; \
             script-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers.insert("permissions-policy", HeaderValue::from_static("camera=(), microphone=(), geolocation=()"));
    response
}
