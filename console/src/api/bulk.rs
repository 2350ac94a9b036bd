//! Many candidates at once: first what would happen, then exactly that.

use axum::Json;
use axum::extract::State;

use super::candidates::filter;
use crate::dto::{BulkMade, BulkOrder, BulkPreview, BulkSelection};
use crate::error::{ApiError, refused};
use crate::extract::JsonBody;
use crate::gate::Session;
use crate::state::AppState;
use crate::store::MOST_AT_ONCE;

/// Says which of a selection a rejection would reject, and which it would leave out and why. Changes nothing.
#[utoipa::path(post, path = "/candidates/bulk/preview", tag = "candidates", operation_id = "previewBulk",
    request_body = BulkSelection,
    responses((status = 200, description = "What would happen", body = BulkPreview)))]
pub(super) async fn preview(
    State(state): State<AppState>,
    session: Session,
    JsonBody(selection): JsonBody<BulkSelection>,
) -> Result<Json<BulkPreview>, ApiError> {
    let view = state.view(&session.actor);
    let preview = match (selection.ids, selection.filter) {
        (Some(ids), None) if ids.len() > MOST_AT_ONCE => {
            return Err(refused("too_many", "at most 200 candidates at once"));
        }
        (Some(ids), None) => state.store.preview_ids(&ids, &view).await?,
        (None, Some(query)) if query.cursor.is_some() || query.limit.is_some() => {
            return Err(refused("from_the_top", "a filter is taken from the top, 200 at most: send neither cursor nor limit"));
        }
        (None, Some(mut query)) => {
            query.limit = u32::try_from(MOST_AT_ONCE).ok();
            state.store.preview_filter(&filter(&query, &session.actor, &state)?, &view).await?
        }
        (Some(_), Some(_)) | (None, None) => return Err(refused("selection", "send either ids or a filter")),
    };
    Ok(Json(preview))
}

/// Rejects many, or takes many of one's own decisions back. Each is a decision of its own; those that changed since they were
/// looked at, or that somebody else has on their screen, are left out and told.
#[utoipa::path(post, path = "/candidates/bulk", tag = "candidates", operation_id = "decideBulk",
    request_body = BulkOrder,
    responses((status = 200, description = "What was decided, and what was left out", body = BulkMade)))]
pub(super) async fn decide(
    State(state): State<AppState>,
    session: Session,
    JsonBody(order): JsonBody<BulkOrder>,
) -> Result<Json<BulkMade>, ApiError> {
    if order.items.is_empty() || order.items.len() > MOST_AT_ONCE {
        return Err(refused("too_many", "1 to 200 candidates at once"));
    }
    state.store.decide_many(&order, &session.actor).await.map(Json)
}
