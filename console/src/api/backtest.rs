//! What other zones would have raised, laid beside what officers decided.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use events::Candidate;
use serde_json::json;
use tokio::sync::Semaphore;

use super::evidence::Signed;
use crate::backtest::{Answer, Ask, Fate as Came, Row, Zoning};
use crate::clock::{DAY_MS, rfc3339};
use crate::dto::{
    AskBacktest, Backtest, BacktestCounts, BacktestCover, BacktestPrecision, BacktestRow, CandidateState, Fate, Kind,
};
use crate::error::ApiError;
use crate::extract::{JsonBody, PathOf, QueryOf};
use crate::gate::Session;
use crate::signing::Claims;
use crate::state::AppState;
use crate::store::{Decided, Deed, LEAST_DECISIONS};
use crate::view::View;
use crate::zones::{Plan, kept, wilson};

/// Most rows of an answer; the counts count all.
const ROWS: usize = 2000;

/// Each takes a core or two for a second: more at once would only make all wait.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// Judges what a camera saw again under these zones, from stored tracks and changes.
#[utoipa::path(post, path = "/cameras/{id}/backtest", tag = "zones", operation_id = "backtestZones", request_body = AskBacktest,
    params(("id" = String, Path, description = "Camera id")),
    responses((status = 200, description = "What would have been", body = Backtest)))]
pub(super) async fn run(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(asked): JsonBody<AskBacktest>,
) -> Result<Json<Backtest>, ApiError> {
    let (camera, text) = state.store.camera(&id, 0).await?.ok_or(ApiError::NotFound("camera"))?;
    let unknown =
        || ApiError::Refused { code: "camera_unknown", message: "the settings of this camera are not known".to_owned() };
    let live = kept(&text)?.ok_or_else(unknown)?;
    let tried = Plan { zones: asked.zones, holidays: asked.holidays }.applied(&live)?;
    let zoning = |site: &events::site::Site| {
        let camera = site.cameras.first().cloned().ok_or_else(unknown)?;
        Ok::<_, ApiError>(Zoning { camera, calendar: site.calendar.clone() })
    };
    let days = match asked.days.unwrap_or(7) {
        days @ 1..=30 => i64::from(days),
        _ => return Err(ApiError::BadRequest("the body: days is 1 to 30".to_owned())),
    };
    let until_ms = state.now_ms();
    let ask = Ask { before: zoning(&live)?, after: zoning(&tried)?, from_ms: until_ms - days * DAY_MS, until_ms };
    let tester = state.hooks.backtest.clone().ok_or_else(|| ApiError::Refused {
        code: "no_recordings",
        message: "this console has no recordings to judge".to_owned(),
    })?;
    let names: HashMap<String, String> = [&ask.before, &ask.after]
        .iter()
        .flat_map(|zoning| zoning.camera.zones.iter().map(|zone| (zone.id.to_string(), zone.name.clone())))
        .collect();
    let (from_ms, until_ms) = (ask.from_ms, ask.until_ms);
    let permit = AT_ONCE.acquire().await.map_err(|error| ApiError::internal("waiting for another backtest", error))?;
    let answer = tokio::task::spawn_blocking(move || tester.run(&ask)).await;
    drop(permit);
    let answer = answer
        .map_err(|error| ApiError::internal("judging recordings", error))?
        .map_err(|error| ApiError::internal("judging recordings", std::io::Error::other(error)))?;
    let decided = state.store.decided(&id, from_ms, until_ms).await?;
    let view = state.view(&session.actor);
    Ok(Json(report(&id, camera.version, (from_ms, until_ms), answer, &decided, &names, &view)))
}

fn report(
    camera: &str,
    version: i64,
    (from_ms, until_ms): (i64, i64),
    answer: Answer,
    decided: &HashMap<String, Decided>,
    names: &HashMap<String, String>,
    view: &View<'_>,
) -> Backtest {
    let mut counts = BacktestCounts::default();
    let (mut before, mut after) = ((0, 0), (0, 0));
    let mut explained = 0;
    for row in &answer.rows {
        match row.fate {
            Came::Added => counts.added += 1,
            Came::Lost => counts.lost += 1,
            Came::Unchanged => counts.unchanged += 1,
        }
        let raised = row.before.as_ref().and_then(|candidate| decided.get(candidate.id.as_str()));
        explained += i64::from(raised.is_some_and(|decided| !decided.permitted));
        let (yes, no) = raised.map_or((0, 0), Decided::counts);
        if row.fate != Came::Added {
            before = (before.0 + yes, before.1 + no);
        }
        if row.fate == Came::Unchanged {
            after = (after.0 + yes, after.1 + no);
        }
    }
    let all = i64::try_from(decided.values().filter(|decided| !decided.permitted).count()).unwrap_or(i64::MAX);
    let rows = answer.rows.iter().take(ROWS).filter_map(|row| shown(camera, row, decided, names, view));
    Backtest {
        from: rfc3339(from_ms),
        until: rfc3339(until_ms),
        version,
        counts,
        rows: rows.collect(),
        before: precision(before),
        after: precision(after),
        cover: answer.cover.iter().map(|c| BacktestCover { zone: c.zone.clone(), share: c.share }).collect(),
        seen_s: answer.seen_s,
        looks: i64::try_from(answer.looks).unwrap_or(i64::MAX),
        least_area: answer.least_area,
        elsewhere: all - explained,
        unread: answer.unread,
        took_ms: i64::try_from(answer.took_ms).unwrap_or(i64::MAX),
    }
}

fn precision((confirmed, rejected): (i64, i64)) -> BacktestPrecision {
    let n = confirmed + rejected;
    let interval = wilson(confirmed, n).filter(|_| n >= LEAST_DECISIONS);
    BacktestPrecision {
        confirmed,
        rejected,
        precision: interval.map(|_| confirmed as f64 / n as f64),
        low: interval.map(|(low, _)| low),
        high: interval.map(|(_, high)| high),
    }
}

fn shown(
    camera: &str,
    row: &Row,
    decided: &HashMap<String, Decided>,
    names: &HashMap<String, String>,
    view: &View<'_>,
) -> Option<BacktestRow> {
    let lost = row.fate == Came::Lost;
    let candidate: &Candidate = if lost { row.before.as_ref()? } else { row.after.as_ref()? };
    let raised = row.before.as_ref().and_then(|c| decided.get(c.id.as_str()).map(|decided| (c.id.as_str(), decided)));
    let evidence = raised
        .filter(|(_, decided)| decided.pictures_deleted.is_none())
        .and_then(|(id, decided)| view.url(id, decided.still.as_deref()?, "backtest"));
    let recorded = || row.still.as_deref().and_then(|key| view.recorded_url(camera, key));
    let ms = |wall: events::WallTime| rfc3339(wall.unix_ns.div_euclid(1_000_000));
    Some(BacktestRow {
        fate: match row.fate {
            Came::Added => Fate::Added,
            Came::Lost => Fate::Lost,
            Came::Unchanged => Fate::Unchanged,
        },
        kind: Kind::from(candidate.kind),
        zone: candidate.zone.to_string(),
        zone_name: names.get(candidate.zone.as_str()).cloned().unwrap_or_else(|| candidate.zone.to_string()),
        first_seen_at: ms(candidate.first_seen.wall),
        raised_at: ms(candidate.raised.wall),
        bbox: candidate.bbox.to_array(),
        score: f64::from(candidate.score.value()),
        why: candidate.why.text.clone(),
        permit: row.after.as_ref().filter(|_| lost).and_then(|c| c.permit.as_ref()).map(ToString::to_string),
        candidate: raised.map(|(id, _)| id.to_owned()),
        state: raised.map(|(_, decided)| decided.state),
        reason: raised.filter(|(_, decided)| decided.state == CandidateState::Rejected).and_then(|(_, decided)| decided.reason),
        still_url: evidence.or_else(recorded),
        pictures_deleted: raised.and_then(|(_, decided)| decided.pictures_deleted.clone()),
    })
}

/// A small still of what stood at a place while it was recorded, by signed address only.
#[utoipa::path(get, path = "/cameras/{id}/recorded/{file}", tag = "zones", operation_id = "getRecordedStill",
    params(("id" = String, Path, description = "Camera id"), ("file" = String, Path, description = "File name"), Signed),
    responses((status = 200, description = "The picture", content_type = "image/jpeg", body = Vec<u8>)))]
pub(super) async fn still(
    State(state): State<AppState>,
    session: Session,
    PathOf((id, file)): PathOf<(String, String)>,
    QueryOf(signed): QueryOf<Signed>,
) -> Result<Response, ApiError> {
    let missing = || ApiError::NotFound("file");
    let now_ms = state.now_ms();
    let object = format!("recorded/{id}");
    let claims =
        Claims { user: &session.actor.id, candidate: &object, file: &file, purpose: &signed.purpose, expires: signed.expires };
    if !session.actor.sees_pictures() || !state.signer.holds(&claims, &signed.sig, now_ms) {
        return Err(missing());
    }
    let tester = state.hooks.backtest.clone().ok_or_else(missing)?;
    let (camera, key) = (id.clone(), file.clone());
    let bytes = tokio::task::spawn_blocking(move || tester.still(&camera, &key).and_then(|path| std::fs::read(path).ok())).await;
    let bytes = bytes.map_err(|error| ApiError::internal("reading a recorded still", error))?.ok_or_else(missing)?;
    if state.looks.first(&signed.sig, signed.expires, now_ms) {
        let deed = Deed {
            actor: &session.actor.name,
            action: "recording.look",
            object: &id,
            reason: Some(&signed.purpose),
            details: json!({ "file": file }),
        };
        // No row in the log, no picture.
        if let Err(error) = state.store.audit_alone(deed).await {
            state.looks.forget(&signed.sig);
            return Err(error.into());
        }
    }
    let age = format!("private, max-age={}", (signed.expires - now_ms / 1000).max(0));
    Ok(([(header::CONTENT_TYPE, "image/jpeg".to_owned()), (header::CACHE_CONTROL, age)], bytes).into_response())
}
