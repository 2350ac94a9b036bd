//! Pictures to draw zones on: kept ones of the last days, and a fresh one when asked.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use crate::backtest::Backtester;
use crate::clock::rfc3339;
use crate::dto::{CameraView, CameraViews, ViewAsked, ViewLight, Watching};
use crate::error::{ApiError, refused};
use crate::extract::PathOf;
use crate::gate::Session;
use crate::state::AppState;
use crate::store::Deed;

/// Pictures go back so far, milliseconds: light and weather of a week.
const BACK_MS: i64 = 7 * 86_400_000;

/// Most pictures of an answer.
const MOST: usize = 300;

pub(super) fn no_recordings() -> ApiError {
    refused("no_recordings", "this console has no recordings to look at")
}

/// Lists kept pictures, off the threads that answer.
pub(super) async fn listed<T: Send + 'static>(
    keeper: Arc<dyn Backtester>,
    read: impl FnOnce(&dyn Backtester) -> Result<T, String> + Send + 'static,
) -> Result<T, ApiError> {
    let read = tokio::task::spawn_blocking(move || read(&*keeper)).await;
    read.map_err(|error| ApiError::internal("listing views", error))?
        .map_err(|error| ApiError::internal("listing views", std::io::Error::other(error)))
}

/// The kept pictures of the whole view of the last seven days, newest first.
#[utoipa::path(get, path = "/cameras/{id}/views", tag = "zones", operation_id = "listViews",
    params(("id" = String, Path, description = "Camera id")),
    responses((status = 200, description = "The pictures", body = CameraViews)))]
pub(super) async fn list(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
) -> Result<Json<CameraViews>, ApiError> {
    let (camera, _) = state.store.camera(&id, state.silent_since_ms()).await?.ok_or(ApiError::NotFound("camera"))?;
    let Some(keeper) = state.hooks.backtest.clone() else {
        return Ok(Json(CameraViews { watching: camera.watching, items: Vec::new() }));
    };
    let (of, since_ms) = (id.clone(), state.now_ms() - BACK_MS);
    let found = listed(keeper, move |keeper| keeper.views(&of, since_ms)).await?;
    let view = state.view(&session.actor);
    let items = found.into_iter().take(MOST).map(|kept| CameraView {
        at: rfc3339(kept.at_ms),
        light: ViewLight::from(kept.light),
        url: view.recorded_url(&id, &kept.key),
    });
    Ok(Json(CameraViews { watching: camera.watching, items: items.collect() }))
}

/// Asks for a picture now. It is among the pictures within a look or two; 409 `not_watched` when nobody watches the camera, with how
/// old the last picture is.
#[utoipa::path(post, path = "/cameras/{id}/views", tag = "zones", operation_id = "askView",
    params(("id" = String, Path, description = "Camera id")),
    responses((status = 202, description = "Asked for", body = ViewAsked)))]
pub(super) async fn ask(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
) -> Result<(StatusCode, Json<ViewAsked>), ApiError> {
    let (camera, _) = state.store.camera(&id, state.silent_since_ms()).await?.ok_or(ApiError::NotFound("camera"))?;
    let keeper = state.hooks.backtest.clone().ok_or_else(no_recordings)?;
    let (of, now_ms) = (id.clone(), state.now_ms());
    if camera.watching != Watching::Watching {
        let found = tokio::task::spawn_blocking(move || keeper.views(&of, now_ms - BACK_MS)).await;
        let last = found.ok().and_then(Result::ok).and_then(|found| found.first().map(|view| view.at_ms));
        let age = match last {
            Some(at_ms) => format!("its last picture is {} minutes old", (now_ms - at_ms).max(0) / 60_000),
            None => "there is no picture of the last seven days".to_owned(),
        };
        let details = json!({ "watching": camera.watching, "last_at": last.map(rfc3339) });
        let message = format!("nobody watches this camera now, so no picture can be taken; {age}");
        return Err(ApiError::Conflict { code: "not_watched", message, details });
    }
    let asked = tokio::task::spawn_blocking(move || keeper.ask_view(&of)).await;
    asked
        .map_err(|error| ApiError::internal("asking for a view", error))?
        .map_err(|error| ApiError::internal("asking for a view", std::io::Error::other(error)))?;
    let deed = Deed { actor: &session.actor.name, action: "camera.ask_view", object: &id, reason: None, details: json!({}) };
    state.store.audit_alone(deed).await?;
    Ok((StatusCode::ACCEPTED, Json(ViewAsked { asked_at: rfc3339(now_ms) })))
}
