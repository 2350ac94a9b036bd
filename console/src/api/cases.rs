//! Cases: list, history, and what is done with them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{limit, page, text_filters, words};
use crate::clearance::interval::MINUTE;
use crate::clock::parse_ms;
use crate::dto::{
    CandidateSummary, CaseAct, CaseActDone, CaseDetail, CasePage, CaseQuery, CaseState, EvidenceMode, FindLink, Kind, NewCaseAct,
    from_word,
};
use crate::error::ApiError;
use crate::extract::{JsonBody, PathOf, QueryOf};
use crate::gate::Session;
use crate::state::AppState;
use crate::store::{Bind, CaseSort, Conditions, for_reviewer, of_mode, overdue, unanswered};

/// Complaints and patrol finds shown with a case.
const MOST_FINDS: usize = 20;

fn bad(text: &str) -> ApiError {
    ApiError::BadRequest(format!("the query: {text}"))
}

/// Every filter but the state's, and whose desk it is.
fn conditions(query: &CaseQuery, session: &Session, now_ms: i64) -> Result<Conditions, ApiError> {
    let mut conditions = Conditions::within(&session.actor.scope, "c");
    let kinds = words::<Kind>("kind", query.kind.as_deref())?;
    if !kinds.is_empty() {
        conditions.one_of("c.kind", &kinds);
    }
    text_filters(&mut conditions, &[("c.camera", &query.camera), ("c.district", &query.district), ("c.street", &query.street)])?;
    if let Some(mode) = &query.mode {
        let mode: EvidenceMode = from_word(mode).ok_or_else(|| bad("mode is offsite_evidence or clue_only"))?;
        of_mode(&mut conditions, mode);
    }
    if query.unanswered == Some(true) {
        unanswered(&mut conditions);
    }
    if query.overdue == Some(true) {
        overdue(&mut conditions, now_ms);
    }
    Ok(conditions)
}

fn after(conditions: &mut Conditions, cursor: &str, sort: CaseSort) -> Result<(), ApiError> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
    let after: Option<(i64, String)> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let Some((ms, id)) = after.filter(|(_, id)| !id.contains('\0')) else {
        return Err(bad("the cursor is not one of ours"));
    };
    let text = match sort {
        CaseSort::Newest => "(c.opened_ms < ? OR (c.opened_ms = ? AND c.id < ?))",
        CaseSort::Oldest => "(c.opened_ms > ? OR (c.opened_ms = ? AND c.id > ?))",
    };
    conditions.and(text, [Bind::Int(ms), Bind::Int(ms), Bind::Text(id)]);
    Ok(())
}

/// A page of cases.
#[utoipa::path(get, path = "/cases", tag = "cases", operation_id = "listCases", params(CaseQuery),
    responses((status = 200, description = "A page of cases", body = CasePage)))]
pub(super) async fn list(
    State(state): State<AppState>,
    session: Session,
    QueryOf(query): QueryOf<CaseQuery>,
) -> Result<Json<CasePage>, ApiError> {
    let mut conditions = conditions(&query, &session, state.now_ms())?;
    let kept = query.overdue != Some(true) && query.unanswered != Some(true);
    let desk = (query.for_me == Some(true)).then_some(session.actor.name.as_str());
    let counts = match desk {
        None => state.store.case_counts(&conditions, kept).await?,
        Some(name) if kept => state.store.case_counts_for(name, &conditions).await?,
        Some(name) => {
            let mut conditions = conditions.clone();
            for_reviewer(&mut conditions, name);
            state.store.case_counts(&conditions, false).await?
        }
    };
    let states = match query.state.as_deref() {
        None | Some("any") => Vec::new(),
        state => words::<CaseState>("state", state)?,
    };
    if !states.is_empty() {
        conditions.one_of("c.state", &states);
    }
    let sort = match query.sort.as_deref() {
        None | Some("newest") => CaseSort::Newest,
        Some("oldest") => CaseSort::Oldest,
        Some(_) => return Err(bad("sort is newest or oldest")),
    };
    if let Some(cursor) = &query.cursor {
        after(&mut conditions, cursor, sort)?;
    }
    let limit = limit(query.limit, 50, 200)?;
    let found = match desk {
        None => state.store.cases(&conditions, sort, limit + 1).await?,
        Some(name) => state.store.cases_for(name, &conditions, sort, limit + 1).await?,
    };
    let (items, last) = page(found, limit);
    let cursor = |id: &str, at: &str| {
        let key = serde_json::json!([parse_ms(at).unwrap_or(i64::MAX), id]);
        URL_SAFE_NO_PAD.encode(key.to_string())
    };
    let next_cursor = if last { None } else { items.last().map(|case| cursor(&case.id, &case.opened_at)) };
    Ok(Json(CasePage { items, next_cursor, counts }))
}

/// What a case's candidate answers, and what is the same thing as it; each find once.
async fn finds(state: &AppState, candidate: &str, carried: &[CandidateSummary]) -> Result<Vec<FindLink>, ApiError> {
    let slack = i64::from(state.store.clearance_definition().await?.parameters.find_match_min) * MINUTE;
    let mut finds = state.store.finds_of(candidate, slack).await?;
    for one in carried {
        for find in state.store.finds_of(&one.id, slack).await? {
            if finds.iter().all(|known| known.id != find.id) {
                finds.push(find);
            }
        }
    }
    finds.sort_by(|a, b| (&a.reported_at, &a.id).cmp(&(&b.reported_at, &b.id)));
    finds.truncate(MOST_FINDS);
    Ok(finds)
}

/// Everything about one case.
#[utoipa::path(get, path = "/cases/{id}", tag = "cases", operation_id = "getCase",
    params(("id" = String, Path, description = "Case id")),
    responses((status = 200, description = "The case", body = CaseDetail)))]
pub(super) async fn detail(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
) -> Result<Json<CaseDetail>, ApiError> {
    let view = state.view(&session.actor);
    let row = state.store.case(&id).await?.ok_or(ApiError::NotFound("case"))?;
    let case = row.summary.clone();
    let candidate = state.store.candidate(&case.candidate, &view, "case").await?.ok_or(ApiError::NotFound("case"))?;
    let around = state.store.surroundings(&row, &session.actor, &state.zone()).await?;
    let mut history = state.store.case_history(&id).await?;
    if !session.actor.sees_pictures() {
        // Who is responsible is for those who see the pictures.
        for event in &mut history {
            if let Some(details) = event.details.as_object_mut() {
                for told in ["subject", "notice", "defence", "answer"] {
                    details.remove(told);
                }
            }
            // And why somebody keeps out is for those who go on with it.
            if event.act == CaseAct::Recuse {
                event.note = None;
            }
        }
    }
    let carried = state.store.carried(&case.candidate, &view).await?;
    Ok(Json(CaseDetail {
        history,
        finds: finds(&state, &case.candidate, &carried).await?,
        carried,
        evidence: state.store.evidence(&case.candidate, &view, "case").await?,
        decisions: state.store.decisions(&case.candidate).await?,
        candidate: candidate.summary,
        recusals: if session.actor.decides() { around.record.recusals } else { Vec::new() },
        party: if session.actor.decides() { Some(state.store.party_record(&id).await?) } else { None },
        zone_version: around.zone_version,
        compliance: around.compliance,
        acts: around.acts,
        matter: around.record.matter,
        matters: around.record.matters,
        subject: around.subject,
        recheck: around.record.recheck,
        exemptions: around.record.exemptions,
        exemption: around.exemption,
        track: around.track,
        outcome: around.outcome,
        packages: state.store.packages(&id).await?,
        deliveries: state.store.deliveries_of(&id).await?,
        holds: state.store.holds_over(&case.candidate, &session.actor).await?,
        case,
    }))
}

/// Does something with a case. 409 `stale` when it has moved on, `not_from_here` when the act does not start from its state,
/// `same_person` when the second review would be the first officer's.
#[utoipa::path(post, path = "/cases/{id}/acts", tag = "cases", operation_id = "actOnCase",
    params(("id" = String, Path, description = "Case id")), request_body = NewCaseAct,
    responses((status = 201, description = "Done", body = CaseActDone)))]
pub(super) async fn act(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(new): JsonBody<NewCaseAct>,
) -> Result<(StatusCode, Json<CaseActDone>), ApiError> {
    let done = state
        .store
        .act(&id, &session.actor, &new, &state.zone(), state.hooks.sign.as_ref(), &super::party::page_in_a_notice(&state))
        .await?;
    Ok((StatusCode::CREATED, Json(done)))
}
