//! The live stream, resumed and begun again.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use futures_util::StreamExt;
use serde_json::Value;
use tower::ServiceExt;

use super::both;
use super::world::{Person, World, confirm};
use crate::dto::Role;

/// An open stream.
pub(super) struct Listener {
    body: axum::body::BodyDataStream,
    text: String,
}

#[derive(Debug)]
pub(super) struct Heard {
    pub(super) event: String,
    pub(super) id: i64,
    pub(super) data: Value,
}

impl Listener {
    pub(super) async fn open(router: &Router, who: &Person, last: Option<&str>) -> Self {
        let mut request = Request::get("/api/v1/events").header(header::COOKIE, &who.cookie);
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
        Self { body: response.into_body().into_data_stream(), text: String::new() }
    }

    pub(super) async fn next(&mut self) -> Heard {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field =
                    |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned();
                let heard = Heard {
                    event: field("event:"),
                    id: field("id:").parse().unwrap_or(-1),
                    data: serde_json::from_str(&field("data:")).unwrap_or(Value::Null),
                };
                self.text = rest.to_owned();
                return heard;
            }
            let chunk = self.body.next().await.expect("the stream goes on").unwrap();
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

both!(a_stream_tells_what_happens_and_resumes_where_it_broke);
async fn a_stream_tells_what_happens_and_resumes_where_it_broke(world: World) {
    let ada = world.person("ada", &[Role::Operator]).await;
    let follow = tokio::spawn(world.state.live.clone().follow(world.state.store.clone()));
    let mut stream = Listener::open(&world.router, &ada, None).await;
    let hello = stream.next().await;
    assert_eq!((hello.event.as_str(), hello.id), ("hello", 0));
    let id = world.candidate(1).await;
    let new = stream.next().await;
    assert_eq!((new.event.as_str(), &new.data["id"]), ("candidate_new", &Value::from(id.as_str())));
    drop(stream);

    world.post(&ada, &format!("/candidates/{id}/decisions"), confirm(1)).await.expect(201);
    let mut stream = Listener::open(&world.router, &ada, Some(&new.id.to_string())).await;
    assert_eq!(stream.next().await.event, "hello");
    let (case, changed) = (stream.next().await, stream.next().await);
    assert_eq!((case.event.as_str(), changed.event.as_str()), ("case_changed", "candidate_changed"));
    assert_eq!((case.id, changed.id), (new.id + 1, new.id + 2), "what was missed, once and in order");
    assert_eq!((&changed.data["state"], &changed.data["by"]), (&Value::from("confirmed"), &Value::from("ada")));
    follow.abort();

    // Another console, or this one after a restart, knows the same ids.
    let again = crate::live::Live::new();
    again.catch_up(&world.state.store).await.unwrap();
    assert_eq!(again.latest(), changed.id);
}

both!(a_stream_that_was_away_too_long_begins_again);
async fn a_stream_that_was_away_too_long_begins_again(world: World) {
    let ada = world.person("ada", &[Role::Operator]).await;
    for n in 1..=3 {
        world.candidate(n).await;
    }
    world.sql("DELETE FROM live_events WHERE id <= 2").await.unwrap();
    world.state.live.catch_up(&world.state.store).await.unwrap();
    for (last, wanted) in [("0", "reset"), ("99", "reset"), ("2", "candidate_new")] {
        let mut stream = Listener::open(&world.router, &ada, Some(last)).await;
        assert_eq!(stream.next().await.event, "hello");
        let heard = stream.next().await;
        assert_eq!((heard.event.as_str(), heard.id), (wanted, 3), "after {last}");
    }
    let mut stream = Listener::open(&world.router, &ada, Some("not a number")).await;
    assert_eq!(stream.next().await.event, "reset");
}

both!(a_stream_ends_when_the_console_does);
async fn a_stream_ends_when_the_console_does(world: World) {
    let ada = world.person("ada", &[Role::Operator]).await;
    let mut stream = Listener::open(&world.router, &ada, None).await;
    stream.next().await;
    world.state.closing.send_replace(true);
    assert!(stream.body.next().await.is_none());
}
