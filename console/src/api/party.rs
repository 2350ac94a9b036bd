//! The page for parties, which is open to anybody who has a number and a code, and the codes themselves.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::clock::rfc3339;
use crate::dto::{NewPartyCode, PartyCodeMade, PartyKey, PartyStatement, PartyView};
use crate::error::ApiError;
use crate::extract::{JsonBody, PathOf};
use crate::gate::Session;
use crate::lifecycle::notice::case_no;
use crate::state::AppState;
use crate::store::Opened;
use crate::training::masked;

/// Where a party enters number and code.
pub(super) fn page(state: &AppState) -> String {
    format!("{}/party", state.settings.origin.as_deref().unwrap_or_default())
}

/// The same for a notice, which goes on paper: an address that leads nowhere is worse than a word.
pub(super) fn page_in_a_notice(state: &AppState) -> String {
    if state.settings.origin.is_some() { page(state) } else { "本机关公布的当事人查询页面".to_owned() }
}

/// Makes a query code for the party, shown in this answer and never again; one that was there holds no more.
#[utoipa::path(post, path = "/cases/{id}/party-code", tag = "cases", operation_id = "makePartyCode",
    params(("id" = String, Path, description = "Case id")), request_body = NewPartyCode,
    responses((status = 201, description = "The code", body = PartyCodeMade)))]
pub(super) async fn make_code(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(new): JsonBody<NewPartyCode>,
) -> Result<(StatusCode, Json<PartyCodeMade>), ApiError> {
    let days = new.days.unwrap_or(90);
    if !(1..=365).contains(&days) {
        return Err(ApiError::Refused { code: "bad_time", message: "days is 1 to 365".to_owned() });
    }
    let (code, expires_ms) = state.store.make_party_code(&id, &session.actor, days).await?;
    let made = PartyCodeMade { case_no: case_no(&id), code, expires_at: rfc3339(expires_ms), page: page(&state) };
    Ok((StatusCode::CREATED, Json(made)))
}

/// Ends the query code.
#[utoipa::path(delete, path = "/cases/{id}/party-code", tag = "cases", operation_id = "revokePartyCode",
    params(("id" = String, Path, description = "Case id")),
    responses((status = 204, description = "It holds no more")))]
pub(super) async fn revoke_code(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
) -> Result<StatusCode, ApiError> {
    state.store.revoke_party_code(&id, &session.actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The still, blurred outside the box; nothing when it is not there, is not what was sealed, or cannot be read.
async fn still(state: &AppState, opened: &Opened) -> Result<Option<String>, ApiError> {
    let Some((item, bbox)) = state.store.trigger_still(&opened.case.summary.candidate).await? else { return Ok(None) };
    let (vault, runtime) = (state.vault.clone(), tokio::runtime::Handle::current());
    let blurred = tokio::task::spawn_blocking(move || {
        let jpeg = vault.still_blocking(&runtime, &item).ok()?;
        // What is no longer what was sealed is shown to nobody as evidence.
        (hex::encode(Sha256::digest(&jpeg)) == item.sha256).then_some(())?;
        masked(jpeg, bbox)
    });
    let blurred = blurred.await.map_err(|error| ApiError::internal("masking a still", error))?;
    Ok(blurred.map(|jpeg| STANDARD.encode(jpeg)))
}

async fn shown(state: &AppState, opened: &Opened) -> Result<Json<PartyView>, ApiError> {
    let still = still(state, opened).await?;
    state.store.party_looked(opened, still.is_some()).await?;
    Ok(Json(state.store.party_view(opened, still, &state.settings.time_zone).await?))
}

/// What a party sees of its case. No log-in; wrong tries are counted and locked as those of a log-in are. Every look is written down.
#[utoipa::path(post, path = "/party/look", tag = "party", operation_id = "partyLook", request_body = PartyKey,
    responses((status = 200, description = "The case, for its party", body = PartyView)))]
pub(super) async fn look(State(state): State<AppState>, JsonBody(key): JsonBody<PartyKey>) -> Result<Json<PartyView>, ApiError> {
    let opened = state.store.party_opens(&key.case_no, &key.code).await?;
    shown(&state, &opened).await
}

/// A statement or defence of the party. As often as the party has something to say, ten in an hour.
#[utoipa::path(post, path = "/party/statements", tag = "party", operation_id = "partyState", request_body = PartyStatement,
    responses((status = 201, description = "The case with it", body = PartyView)))]
pub(super) async fn state_defence(
    State(state): State<AppState>,
    JsonBody(said): JsonBody<PartyStatement>,
) -> Result<(StatusCode, Json<PartyView>), ApiError> {
    let opened = state.store.party_opens(&said.case_no, &said.code).await?;
    state.store.party_states(&opened, &said.text).await?;
    let opened = state.store.party_opens(&said.case_no, &said.code).await?;
    // The still was shown with the look before it.
    Ok((StatusCode::CREATED, Json(state.store.party_view(&opened, None, &state.settings.time_zone).await?)))
}
