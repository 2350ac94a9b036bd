//! Decisions as training data, sent while they are written.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use tokio::sync::mpsc;

use crate::dto::{ReasonCount, TrainingQuery, TrainingSummary, word};
use crate::error::ApiError;
use crate::extract::QueryOf;
use crate::gate::Session;
use crate::state::AppState;
use crate::training::{Order, Pipe, Tape, run};

/// Chunks between the writer and a slow reader.
const CHUNKS: usize = 16;

/// How many examples an export with these filters has.
#[utoipa::path(get, path = "/training", tag = "training", operation_id = "trainingSummary", params(TrainingQuery),
    responses((status = 200, description = "How many", body = TrainingSummary)))]
pub(super) async fn summary(
    State(state): State<AppState>,
    session: Session,
    QueryOf(query): QueryOf<TrainingQuery>,
) -> Result<Json<TrainingSummary>, ApiError> {
    let order = Order::read(&TrainingQuery { unmasked: None, approval: None, ..query }, &session.actor)?;
    let (confirmed, counts) = state.store.training_counts(&order.conditions, order.decided).await?;
    let by_reason: Vec<ReasonCount> =
        counts.into_iter().map(|(reason, count)| ReasonCount { reason, count, taken: order.reasons.contains(&reason) }).collect();
    let rejected = by_reason.iter().filter(|count| count.taken).map(|count| count.count).sum();
    let pictures_deleted = state.store.training_deleted(&order.conditions, &order.reasons, order.decided).await?;
    Ok(Json(TrainingSummary { confirmed, rejected, by_reason, pictures_deleted, may_unmask: session.actor.sees_unmasked() }))
}

/// Decided candidates with their trigger stills and labels, as a tape archive. Labels and `export.json` come last: an archive
/// that was cut off has none.
#[utoipa::path(get, path = "/training/export", tag = "training", operation_id = "exportTraining", params(TrainingQuery),
    responses((status = 200, description = "The archive", content_type = "application/x-tar", body = Vec<u8>)))]
pub(super) async fn export(
    State(state): State<AppState>,
    session: Session,
    QueryOf(query): QueryOf<TrainingQuery>,
) -> Result<Response, ApiError> {
    let order = Order::read(&query, &session.actor)?;
    let name = format!("kerbwatch-{}-{}.tar", word(&order.format), if order.masked { "masked" } else { "originals" });
    order.may_leave(&state.store, &session.actor, state.store.review().originals_need_approval).await?;
    // Before the first byte, so that a refusal by the database is an answer and no torn archive.
    order.announce(&state.store).await?;
    let (sender, receiver) = mpsc::channel(CHUNKS);
    let (store, vault, runtime) = (state.store.clone(), state.vault.clone(), tokio::runtime::Handle::current());
    tokio::task::spawn_blocking(move || {
        let mut tape = Tape::new(Pipe::new(sender.clone()));
        if let Err(error) = run(&runtime, &store, &vault, &order, &mut tape) {
            tracing::warn!(error = &error as &dyn std::error::Error, "an export to training ended early");
            // An error within the body cuts the connection: nobody takes half an archive for a whole one.
            let _ = sender.blocking_send(Err(std::io::Error::other("the export ended early")));
        }
    });
    // Fused: whoever compresses a body asks once more after its end.
    let chunks = futures_util::stream::unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver))).fuse();
    let mut response = Body::from_stream(Box::pin(chunks)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-tar"));
    let disposition = format!("attachment; filename=\"{name}\"");
    headers.insert(header::CONTENT_DISPOSITION, disposition.parse().expect("words of ours are a header value"));
    Ok(response)
}
