//! The live stream: server-sent events, resumed by id.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt as _};
use serde_json::json;
use tokio::sync::watch;

use crate::dto::{LiveKind, word};
use crate::error::ApiError;
use crate::gate::Session;
use crate::live::Next;
use crate::state::AppState;
use crate::store::Scope;

/// A comment goes out this often, so that proxies keep the line open and screens notice when it breaks; the session is looked
/// at as often.
const BEAT: Duration = Duration::from_secs(15);

enum Woken {
    New,
    Beat,
    Over,
}

/// Done when the console shuts down.
async fn closed(closing: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone: the console is over, too.
    let _ = closing.wait_for(|closing| *closing).await;
}

struct Stream {
    state: AppState,
    token_hash: String,
    /// What this person sees; looked up again with every beat.
    scope: Scope,
    latest: watch::Receiver<i64>,
    closing: watch::Receiver<bool>,
    /// The last id that was sent.
    last: i64,
    ready: VecDeque<Event>,
}

fn control(kind: LiveKind, latest: i64) -> Event {
    Event::default().event(word(&kind)).id(latest.to_string()).data(json!({ "latest": latest }).to_string())
}

impl Stream {
    fn refill(&mut self) {
        match self.state.live.after(self.last) {
            Next::Events(events) => {
                for event in events {
                    self.last = event.id;
                    if event.place.as_ref().is_some_and(|(district, street)| !self.scope.holds(district, street)) {
                        continue;
                    }
                    self.ready.push_back(Event::default().event(event.kind).id(event.id.to_string()).data(event.data));
                }
            }
            Next::Gone(latest) => {
                self.last = latest;
                self.ready.push_back(control(LiveKind::Reset, latest));
            }
        }
    }

    /// The next event; `None` ends the stream: the console stops, or the session is over.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            self.refill();
            if !self.ready.is_empty() {
                continue;
            }
            let woken = tokio::select! {
                changed = self.latest.changed() => if changed.is_ok() { Woken::New } else { Woken::Over },
                () = closed(&mut self.closing) => Woken::Over,
                () = tokio::time::sleep(BEAT) => Woken::Beat,
            };
            match woken {
                Woken::New => {}
                Woken::Over => return None,
                Woken::Beat => {
                    let idle_ms = self.state.settings.session_idle_ms;
                    // The stream itself is no use of the session: a forgotten screen logs out.
                    match self.state.store.session(&self.token_hash, idle_ms).await {
                        Ok(None) => return None,
                        Ok(Some((actor, ..))) => self.scope = actor.scope,
                        // The database will be back; until then nothing new comes from it either.
                        Err(_) => {}
                    }
                }
            }
        }
    }
}

/// Server-sent events. `event:` is one of LiveKind, `data:` a JSON object, `id:` for `Last-Event-ID`. When the id asked for is too
/// old, the first event is `reset`: fetch again what is on the screen.
#[utoipa::path(get, path = "/events", tag = "live", operation_id = "liveEvents",
    params(("Last-Event-ID" = Option<String>, Header, description = "The last id that was seen")),
    responses((status = 200, description = "An endless stream", content_type = "text/event-stream", body = LiveKind)))]
pub(super) async fn events(State(state): State<AppState>, session: Session, headers: HeaderMap) -> Result<Response, ApiError> {
    let asked = headers.get("last-event-id").map(|value| value.to_str().ok().and_then(|text| text.trim().parse::<i64>().ok()));
    let (latest, closing) = (state.live.watch(), state.closing.subscribe());
    let now = state.live.latest();
    let (last, first) = match asked {
        None => (now, control(LiveKind::Hello, now)),
        // Not a number: not ours.
        Some(None) => (now, control(LiveKind::Reset, now)),
        // Nothing is sent before what was missed, so that the id the browser keeps never runs ahead of it.
        Some(Some(id)) => (id, control(LiveKind::Hello, id)),
    };
    let scope = session.actor.scope;
    let stream = Stream { token_hash: session.token_hash, scope, latest, closing, last, ready: VecDeque::from([first]), state };
    let events = stream::unfold(stream, async |mut stream| {
        let event = stream.next().await?;
        Some((Ok::<_, Infallible>(event), stream))
    })
    .fuse();
    let mut response = Sse::new(Box::pin(events)).keep_alive(KeepAlive::new().interval(BEAT)).into_response();
    // Proxies must not gather events.
    response.headers_mut().insert("x-accel-buffering", "no".parse().expect("a word is a header value"));
    response.headers_mut().insert(header::CACHE_CONTROL, "no-store".parse().expect("a word is a header value"));
    Ok(response)
}
