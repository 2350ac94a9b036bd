//! Cases: list and history.

use axum::Json;
use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{limit, page, text_filters, words};
use crate::clock::parse_ms;
use crate::dto::{CaseDetail, CasePage, CaseQuery, CaseState, Kind};
use crate::error::ApiError;
use crate::extract::{PathOf, QueryOf};
use crate::gate::Session;
use crate::state::AppState;
use crate::store::{Bind, Conditions};

/// A page of cases, newest first.
#[utoipa::path(get, path = "/cases", tag = "cases", operation_id = "listCases", params(CaseQuery),
    responses((status = 200, description = "A page of cases", body = CasePage)))]
pub(super) async fn list(
    State(state): State<AppState>,
    session: Session,
    QueryOf(query): QueryOf<CaseQuery>,
) -> Result<Json<CasePage>, ApiError> {
    let mut conditions = Conditions::within(&session.actor.scope, "cases");
    let states = match query.state.as_deref() {
        None | Some("any") => Vec::new(),
        state => words::<CaseState>("state", state)?,
    };
    for (column, words) in [("state", states), ("kind", words::<Kind>("kind", query.kind.as_deref())?)] {
        if !words.is_empty() {
            conditions.one_of(column, &words);
        }
    }
    text_filters(&mut conditions, &[("camera", &query.camera), ("district", &query.district)])?;
    if let Some(cursor) = &query.cursor {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
        let after: Option<(i64, String)> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let Some((ms, id)) = after.filter(|(_, id)| !id.contains('\0')) else {
            return Err(ApiError::BadRequest("the query: the cursor is not one of ours".to_owned()));
        };
        conditions.and("(opened_ms < ? OR (opened_ms = ? AND id < ?))", [Bind::Int(ms), Bind::Int(ms), Bind::Text(id)]);
    }
    let limit = limit(query.limit, 50, 200)?;
    let (items, last) = page(state.store.cases(&conditions, limit + 1).await?, limit);
    let cursor = |id: &str, at: &str| {
        let key = serde_json::json!([parse_ms(at).unwrap_or(i64::MAX), id]);
        URL_SAFE_NO_PAD.encode(key.to_string())
    };
    let next_cursor = if last { None } else { items.last().map(|case| cursor(&case.id, &case.opened_at)) };
    Ok(Json(CasePage { items, next_cursor }))
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
    let case = state.store.case(&id).await?.ok_or(ApiError::NotFound("case"))?;
    let candidate = state.store.candidate(&case.candidate, &view, "case").await?.ok_or(ApiError::NotFound("case"))?;
    Ok(Json(CaseDetail {
        history: state.store.case_history(&id).await?,
        evidence: state.store.evidence(&case.candidate, &view, "case").await?,
        decisions: state.store.decisions(&case.candidate).await?,
        candidate: candidate.summary,
        case,
    }))
}
