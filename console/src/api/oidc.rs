//! Sign-in with the identity provider: away and back. Whatever goes wrong ends on the log-in page with a word why.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::session::{Peer, Proof, open};
use crate::auth::needs_second_factor;
use crate::dto::{SignIn, SignInNext, SignInOptions, SignInRefusal, SignInReturn, word};
use crate::error::ApiError;
use crate::extract::QueryOf;
use crate::gate::{cookie_value, token_hash};
use crate::oidc::{Begun, CALLBACK, Provider, Refusal};
use crate::state::AppState;
use crate::store::{Admitted, Deed};
use crate::users;

/// Ties the return to the browser that went.
const COOKIE: &str = "kerbwatch_oidc";
/// Whoever is not back by then begins again.
const PATIENCE_MS: i64 = 10 * 60_000;
/// What the cookie is sealed for.
const SEAL: &str = "sign-in on its way";

/// What the browser carries, sealed: it can neither be read nor made elsewhere.
#[derive(Serialize, Deserialize)]
struct Carried {
    state: String,
    nonce: String,
    verifier: String,
    next: String,
    begun_ms: i64,
}

fn provider(state: &AppState) -> Result<&Provider, ApiError> {
    state.oidc.as_deref().ok_or(ApiError::NotFound("identity provider"))
}

fn redirect(to: &str, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(header::LOCATION, to);
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Lax and not Strict: the way back begins at another site. It opens nothing by itself.
fn carry(state: &AppState, value: &str, max_age_s: i64) -> HeaderValue {
    let secure = if state.settings.secure_cookies { "; Secure" } else { "" };
    let text = format!("{COOKIE}={value}; Path={CALLBACK}; HttpOnly; SameSite=Lax; Max-Age={max_age_s}{secure}");
    HeaderValue::from_str(&text).expect("base64 and digits are a header value")
}

fn sealed(state: &AppState, begun: &Begun, next: Option<&str>) -> String {
    let carried = Carried {
        state: begun.state.clone(),
        nonce: begun.nonce.clone(),
        verifier: begun.verifier.clone(),
        next: safe(next).to_owned(),
        begun_ms: state.now_ms(),
    };
    state.sealer.seal(SEAL, &serde_json::to_vec(&carried).expect("texts are JSON"))
}

/// What this browser went away with, if it is the one that comes back, and in time.
fn carried(state: &AppState, headers: &HeaderMap, sent: Option<&str>) -> Option<Carried> {
    let text = state.sealer.open(SEAL, cookie_value(headers, COOKIE)?)?;
    let carried: Carried = serde_json::from_slice(&text).ok()?;
    // Compared as digests: how many letters agree shows in no time.
    let same = token_hash(sent?) == token_hash(&carried.state);
    let age_ms = state.now_ms() - carried.begun_ms;
    (same && (0..=PATIENCE_MS).contains(&age_ms)).then_some(carried)
}

async fn back_to_login(state: &AppState, refusal: &Refusal, who: &str) -> Result<Response, ApiError> {
    let why = word(&refusal.why);
    tracing::warn!(reason = why, user = who, "a sign-in with the identity provider came to nothing: {refusal}");
    metrics::counter!("kerbwatch_console_logins_total", "reason" => format!("provider_{why}")).increment(1);
    let details = json!({ "sign_in": SignIn::Provider });
    let who: String = who.chars().filter(|c| *c != '\0').take(100).collect();
    state
        .store
        .audit_alone(Deed { actor: "system", action: "session.refused", object: &who, reason: Some(&why), details })
        .await?;
    Ok(redirect(&format!("/login?refused={why}"), [carry(state, "", 0)]))
}

/// Only a path of this application is a place to go to.
fn safe(next: Option<&str>) -> &str {
    let path = next.filter(|next| next.len() <= 500 && next.starts_with('/') && next.bytes().all(|b| b.is_ascii_graphic()));
    path.filter(|next| !next.starts_with("//") && !next.contains('\\')).unwrap_or("/")
}

/// Ways in that the log-in page offers.
#[utoipa::path(get, path = "/session/options", tag = "session", operation_id = "signInOptions",
    responses((status = 200, description = "Ways in", body = SignInOptions)))]
pub(super) async fn options(State(state): State<AppState>) -> Json<SignInOptions> {
    let provider = state.oidc.as_ref();
    Json(SignInOptions { provider: provider.is_some(), label: provider.and_then(|one| one.label()).map(str::to_owned) })
}

/// Goes to the identity provider.
#[utoipa::path(get, path = "/session/oidc", tag = "session", operation_id = "beginSignIn", params(SignInNext),
    responses((status = 303, description = "To the provider, or back to the log-in page with `refused`")))]
pub(super) async fn begin(State(state): State<AppState>, QueryOf(query): QueryOf<SignInNext>) -> Result<Response, ApiError> {
    match provider(&state)?.begin(state.now_ms()).await {
        Ok(begun) => {
            let cookie = carry(&state, &sealed(&state, &begun, query.next.as_deref()), PATIENCE_MS / 1000);
            Ok(redirect(&begun.url, [cookie]))
        }
        Err(refusal) => back_to_login(&state, &refusal, "").await,
    }
}

/// Comes back from it.
#[utoipa::path(get, path = "/session/oidc/callback", tag = "session", operation_id = "finishSignIn", params(SignInReturn),
    responses((status = 303, description = "Signed in, or back to the log-in page with `refused`")))]
pub(super) async fn finish(
    State(state): State<AppState>,
    peer: Peer,
    headers: HeaderMap,
    query: Result<Query<SignInReturn>, QueryRejection>,
) -> Result<Response, ApiError> {
    let provider = provider(&state)?;
    let Query(given) = query.unwrap_or_default();
    let Some(carried) = carried(&state, &headers, given.state.as_deref()) else {
        let why = "not begun in this browser within the last ten minutes";
        return back_to_login(&state, &Refusal::new(SignInRefusal::Expired, why), "").await;
    };
    if !provider.is_from_here(given.iss.as_deref()) {
        let why = format!("the answer names the issuer {:?}", given.iss);
        return back_to_login(&state, &Refusal::new(SignInRefusal::BadToken, why), "").await;
    }
    let Some(code) = given.code.filter(|_| given.error.is_none()) else {
        return back_to_login(&state, &without_code(given.error.as_deref()), "").await;
    };
    let vouched = match provider.finish(code, carried.nonce, carried.verifier, state.now_ms()).await {
        Ok(vouched) => vouched,
        Err(refusal) => return back_to_login(&state, &refusal, "").await,
    };
    let identity = &vouched.identity;
    if let Some(given) = &identity.groups {
        let fit = users::fit_name(&identity.name).and_then(|()| users::fit(&identity.display_name, &given.roles, &given.units));
        if let Err(why) = fit {
            return back_to_login(&state, &Refusal::new(SignInRefusal::NoRole, why), &identity.name).await;
        }
    }
    let user = match state.store.admit_identity(identity).await? {
        Admitted::Yes(user) => user,
        Admitted::No(why) => {
            let refusal = Refusal::new(why, format!("{} of {}", identity.name, provider.issuer()));
            return back_to_login(&state, &refusal, &identity.name).await;
        }
    };
    if needs_second_factor(&user.roles, &state.settings.totp_required) && !identity.second_factor {
        let why = "the role needs a second factor, and neither amr nor acr shows one";
        return back_to_login(&state, &Refusal::new(SignInRefusal::SecondFactor, why), &user.name).await;
    }
    let proof = Proof::Provider { second_factor: identity.second_factor, id_token: vouched.id_token };
    let opened = open(&state, *user, &peer, proof).await?;
    Ok(redirect(&carried.next, [opened.cookie, carry(&state, "", 0)]))
}

/// The provider's own word for why there is no code (RFC 6749, OpenID Connect Core 3.1.2.6).
fn without_code(error: Option<&str>) -> Refusal {
    let why = match error {
        Some("access_denied" | "consent_required" | "interaction_required") => SignInRefusal::Consent,
        Some("temporarily_unavailable" | "server_error") => SignInRefusal::ProviderAway,
        _ => SignInRefusal::ProviderRefused,
    };
    let error: String = error.unwrap_or("no code and no error").chars().take(60).collect();
    Refusal::new(why, format!("the provider said {error:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_site() {
        for (next, to) in [
            (Some("/queue?kind=illegal_stall"), "/queue?kind=illegal_stall"),
            (Some("//evil.example"), "/"),
            (Some("/\\evil.example"), "/"),
            (Some("https://evil.example"), "/"),
            (Some("/a\r\nset-cookie: x=y"), "/"),
            (Some("/a b"), "/"),
            (Some("/\u{e9}"), "/"),
            (Some(""), "/"),
            (None, "/"),
        ] {
            assert_eq!(safe(next), to, "{next:?}");
        }
    }
}
