//! The review queue: look, claim, decide.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::{limit, text_filters, words};
use crate::auth::Actor;
use crate::clearance::interval::MINUTE;
use crate::dto::{CandidateDetail, CandidatePage, CandidateQuery, CandidateState, Claim, DecisionMade, Kind, NewDecision};
use crate::error::ApiError;
use crate::extract::{JsonBody, PathOf, QueryOf};
use crate::gate::Session;
use crate::state::AppState;
use crate::store::{Bind, Conditions, Filter, Sort, cursor_after, cursor_text};

/// Due within so long is soon.
const SOON_MS: i64 = 10 * 60_000;
/// The hard stop within so long is near.
const LAPSING_MS: i64 = 24 * 60 * 60_000;

/// Where the clock of the review stands, as a condition.
fn clock(word: &str, now_ms: i64, hard_stop_ms: i64) -> Result<(&'static str, Vec<Bind>), ApiError> {
    let (condition, values) = match word {
        "in_time" => ("c.due_ms > ?", vec![now_ms + SOON_MS]),
        "soon" => ("c.due_ms > ? AND c.due_ms <= ?", vec![now_ms, now_ms + SOON_MS]),
        "overdue" => ("c.due_ms <= ?", vec![now_ms]),
        "lapsing" => ("c.received_ms <= ?", vec![now_ms + LAPSING_MS - hard_stop_ms]),
        _ => return Err(ApiError::BadRequest("the query: sla is in_time, soon, overdue or lapsing".to_owned())),
    };
    Ok((condition, values.into_iter().map(Bind::Int).collect()))
}

pub(super) fn filter(query: &CandidateQuery, actor: &Actor, state: &AppState) -> Result<Filter, ApiError> {
    let bad = |text: &str| Err(ApiError::BadRequest(format!("the query: {text}")));
    let mut conditions = Conditions::within(&actor.scope, "c");
    let states = match query.state.as_deref() {
        Some("any") => Vec::new(),
        state => words::<CandidateState>("state", Some(state.unwrap_or("open")))?,
    };
    let kinds = words::<Kind>("kind", query.kind.as_deref())?;
    if !kinds.is_empty() {
        conditions.one_of("c.kind", &kinds);
    }
    let texts =
        [("c.camera", &query.camera), ("c.district", &query.district), ("c.street", &query.street), ("c.zone", &query.zone)];
    text_filters(&mut conditions, &texts)?;
    if let Some(key_area) = query.key_area {
        conditions.and("c.key_area = ?", [Bind::Int(i64::from(key_area))]);
    }
    let permitted = match query.permitted.as_deref() {
        None | Some("no") => Some(false),
        Some("only") => Some(true),
        Some("any") => None,
        Some(_) => return bad("permitted is no, only or any"),
    };
    let hard_stop_ms = state.store.review().hard_stop_ms();
    let clock = query.sla.as_deref().map(|word| clock(word, state.now_ms(), hard_stop_ms)).transpose()?;
    let q = query.q.as_deref().map(str::trim).filter(|q| !q.is_empty());
    if q.is_some_and(|q| q.chars().count() > 100) {
        return bad("q has at most 100 characters");
    }
    let sort = match query.sort.as_deref() {
        None | Some("newest") => Sort::Newest,
        Some("oldest") => Sort::Oldest,
        Some("score") => Sort::Score,
        Some("risk") => Sort::Risk,
        Some(_) => return bad("sort is newest, oldest, score or risk"),
    };
    let after = match &query.cursor {
        None => None,
        Some(text) => match cursor_after(text, sort) {
            None => return bad("the cursor is not one of this order"),
            after => after,
        },
    };
    let (q, limit) = (q.map(str::to_owned), limit(query.limit, 50, 200)?);
    let recused = actor.decides().then(|| actor.name.clone());
    Ok(Filter { conditions, recused, permitted, clock, q, states, sort, after, limit })
}

/// A page of the queue.
#[utoipa::path(get, path = "/candidates", tag = "candidates", operation_id = "listCandidates", params(CandidateQuery),
    responses((status = 200, description = "A page of the queue", body = CandidatePage)))]
pub(super) async fn list(
    State(state): State<AppState>,
    session: Session,
    QueryOf(query): QueryOf<CandidateQuery>,
) -> Result<Json<CandidatePage>, ApiError> {
    let filter = filter(&query, &session.actor, &state)?;
    let (items, next, counts) = state.store.queue(&filter, &state.view(&session.actor)).await?;
    Ok(Json(CandidatePage { items, next_cursor: next.as_ref().map(cursor_text), counts }))
}

/// Everything about one candidate.
#[utoipa::path(get, path = "/candidates/{id}", tag = "candidates", operation_id = "getCandidate",
    params(("id" = String, Path, description = "Candidate id")),
    responses((status = 200, description = "The candidate", body = CandidateDetail)))]
pub(super) async fn detail(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
) -> Result<Json<CandidateDetail>, ApiError> {
    let view = state.view(&session.actor);
    let full = state.store.candidate(&id, &view, "review").await?.ok_or(ApiError::NotFound("candidate"))?;
    let same_place = state.store.same_place(&full, &view).await?;
    let (proposals, repeats) = state.store.proposals(&full, &view).await?;
    let camera = state.store.camera(&full.summary.camera, state.silent_since_ms()).await?.map(|(camera, _)| camera);
    let slack = i64::from(state.store.clearance_definition().await?.parameters.find_match_min) * MINUTE;
    Ok(Json(CandidateDetail {
        finds: state.store.finds_of(&id, slack).await?,
        evidence: state.store.evidence(&id, &view, "review").await?,
        observations: state.store.looks(&id).await?,
        holds: state.store.holds_over(&id, &session.actor).await?,
        decisions: state.store.decisions(&id).await?,
        recusals: if session.actor.decides() { state.store.recusals(&id).await? } else { Vec::new() },
        same_place,
        proposals,
        repeats,
        carried: state.store.carried(&id, &view).await?,
        camera,
        candidate: full.summary,
        zone_version: full.zone_version,
        run: full.run,
        first_seen_s: full.first_seen_s,
        raised_s: full.raised_s,
        clock: full.clock,
        why: full.why,
        models: full.models,
    }))
}

/// Claims the candidate for two minutes, or renews one's claim. 409 `claimed` when somebody else has it.
#[utoipa::path(post, path = "/candidates/{id}/claim", tag = "candidates", operation_id = "claimCandidate",
    params(("id" = String, Path, description = "Candidate id")),
    responses((status = 200, description = "Claimed", body = Claim)))]
pub(super) async fn claim(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
) -> Result<Json<Claim>, ApiError> {
    state.store.claim(&id, &session.actor).await.map(Json)
}

/// Lets one's claim go.
#[utoipa::path(delete, path = "/candidates/{id}/claim", tag = "candidates", operation_id = "releaseCandidate",
    params(("id" = String, Path, description = "Candidate id")),
    responses((status = 204, description = "Not claimed by you any more")))]
pub(super) async fn release(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
) -> Result<StatusCode, ApiError> {
    state.store.release(&id, &session.actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Decides. 409 `stale` when somebody decided since, `claimed` when somebody else has it on their screen.
#[utoipa::path(post, path = "/candidates/{id}/decisions", tag = "candidates", operation_id = "decideCandidate",
    params(("id" = String, Path, description = "Candidate id")), request_body = NewDecision,
    responses((status = 201, description = "Decided", body = DecisionMade)))]
pub(super) async fn decide(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(new): JsonBody<NewDecision>,
) -> Result<(StatusCode, Json<DecisionMade>), ApiError> {
    let made = state.store.decide(&id, &session.actor, &new).await?;
    Ok((StatusCode::CREATED, Json(made)))
}
