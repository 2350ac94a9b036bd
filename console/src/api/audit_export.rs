//! The audit log as a file: one JSON object per line, newest first, each with its digest.

use std::collections::VecDeque;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::json;

use super::admin::checked;
use crate::dto::AuditQuery;
use crate::error::ApiError;
use crate::extract::QueryOf;
use crate::gate::Session;
use crate::state::AppState;
use crate::store::Deed;

/// Rows that are read at a time.
const CHUNK: i64 = 1000;

struct Export {
    state: AppState,
    query: AuditQuery,
    /// The next page begins below this; `None` at the end.
    before: Option<i64>,
    ready: VecDeque<Bytes>,
    over: bool,
}

impl Export {
    async fn next(&mut self) -> Result<Option<Bytes>, sqlx::Error> {
        if self.ready.is_empty() && !self.over {
            let page = self.state.store.audit_page(&self.query, self.before, CHUNK).await?;
            self.before = page.items.last().map(|entry| entry.seq);
            self.over = page.next_cursor.is_none();
            let lines: String =
                page.items.iter().map(|entry| serde_json::to_string(entry).expect("an entry is JSON") + "\n").collect();
            self.ready.push_back(Bytes::from(lines));
        }
        Ok(self.ready.pop_front())
    }
}

/// What the search finds, all of it, as JSON lines. The export is a row of the log itself; it holds nothing newer.
#[utoipa::path(get, path = "/audit/export", tag = "admin", operation_id = "exportAudit", params(AuditQuery),
    responses((status = 200, description = "One AuditEntry per line", content_type = "application/x-ndjson", body = String)))]
pub(super) async fn export(
    State(state): State<AppState>,
    session: Session,
    QueryOf(query): QueryOf<AuditQuery>,
) -> Result<Response, ApiError> {
    if query.cursor.is_some() || query.limit.is_some() {
        return Err(ApiError::BadRequest("the query: an export has no pages".to_owned()));
    }
    checked(&query)?;
    let head = state.store.audit_check().await?;
    let details = json!({ "query": query, "chain_ok": head.ok, "head": head.head });
    let deed = Deed { actor: &session.actor.name, action: "audit.export", object: "audit", reason: None, details };
    state.store.audit_alone(deed).await?;
    let export = Export { state, query, before: Some(head.rows + 1), ready: VecDeque::new(), over: false };
    let lines =
        stream::try_unfold(export, async |mut export| Ok::<_, sqlx::Error>(export.next().await?.map(|line| (line, export))));
    let mut response = Body::from_stream(Box::pin(lines)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"kerbwatch-audit.jsonl\""));
    Ok(response)
}
