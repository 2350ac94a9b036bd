//! How a camera's stream flows.

use axum::Json;
use axum::extract::State;

use crate::clock::{DAY_MS, rfc3339};
use crate::dto::{CameraFlow, Dropped, FlowQuery, FlowSum};
use crate::error::ApiError;
use crate::extract::{PathOf, QueryOf};
use crate::state::AppState;
use crate::store::Flow;

const MINUTE_MS: i64 = 60_000;
const MOST_RUNS: i64 = 20;
const MOST_SPANS: i64 = 100;

fn sum(of: &Flow, from: i64, until: i64) -> FlowSum {
    let mut dropped: Vec<Dropped> =
        of.dropped.iter().map(|(reason, frames)| Dropped { reason: reason.clone(), frames: *frames }).collect();
    dropped.sort_by_key(|dropped| std::cmp::Reverse(dropped.frames));
    FlowSum {
        from: rfc3339(from),
        until: rfc3339(until),
        known_s: of.length as f64 / 1000.0,
        received: of.received,
        decoded: of.decoded,
        inferred: of.inferred,
        active_s: of.active as f64 / 1000.0,
        dropped,
    }
}

/// Frames, losses and decoding up to now, the runs, and who judged which kind.
#[utoipa::path(get, path = "/cameras/{id}/flow", tag = "cameras", operation_id = "getCameraFlow",
    params(("id" = String, Path, description = "Camera id"), FlowQuery),
    responses((status = 200, description = "How it flows", body = CameraFlow)))]
pub(super) async fn flow(
    State(state): State<AppState>,
    PathOf(id): PathOf<String>,
    QueryOf(query): QueryOf<FlowQuery>,
) -> Result<Json<CameraFlow>, ApiError> {
    let (step, steps) = match query.period.as_deref() {
        Some("hour") => (5 * MINUTE_MS, 12),
        None | Some("day") => (60 * MINUTE_MS, 24),
        Some("week") => (360 * MINUTE_MS, 28),
        Some(_) => return Err(ApiError::BadRequest("the query: period is hour, day or week".to_owned())),
    };
    let now = state.now_ms();
    let from = now - step * steps;
    let all = state.store.flow(&id, from, now).await?;
    let within = |from: i64, until: i64| {
        let mut total = Flow::default();
        all.iter().for_each(|flow| total.add(&flow.within(from, until)));
        sum(&total, from, until)
    };
    let newest = state.store.newest_account(&id).await?;
    let (runs, runs_in_all) = state.store.camera_runs(&id, MOST_RUNS).await?;
    let since = now - 7 * DAY_MS;
    Ok(Json(CameraFlow {
        known_until: newest.as_ref().map(|(_, until)| rfc3339(*until)),
        decode: newest.map(|(decode, _)| decode),
        total: within(from, now),
        steps: (0..steps).map(|n| within(from + n * step, from + (n + 1) * step)).collect(),
        runs,
        runs_in_all,
        judged: state.store.judged_spans(&id, since, MOST_SPANS).await?,
        unjudged: state.store.unjudged_spans(&id, since, MOST_SPANS).await?,
    }))
}
