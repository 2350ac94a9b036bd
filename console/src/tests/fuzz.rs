//! Whatever is sent to whatever route: an answer in the one error shape, and never a 5xx.

use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use proptest::prelude::*;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::world::{Person, World};
use crate::dto::Role;

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|v| json!(v)),
        ".{0,12}".prop_map(Value::from),
        prop::sample::select(vec!["confirm", "reject", "undo", "escalate", "other", "ada", "operator", "\0"])
            .prop_map(Value::from),
    ];
    let keys = prop::sample::select(vec![
        "seen_version",
        "verdict",
        "reason",
        "ticks",
        "true",
        "clear",
        "complete",
        "accurate",
        "note",
        "name",
        "password",
        "roles",
        "display_name",
        "site",
        "into",
        "ids",
        "filter",
        "items",
        "id",
        "sort",
        "case_no",
        "code",
        "text",
        "ground",
        "user",
        "days",
        "unexpected",
    ]);
    leaf.prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(keys.clone(), inner, 0..8)
                .prop_map(|map| map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

/// A decision that is nearly right: every field of the right type or absent, any value.
fn near_decision() -> impl Strategy<Value = Value> {
    (0..4i64, 0..5usize, prop::option::of(0..4usize), any::<bool>(), prop::option::of(".{0,8}")).prop_map(
        |(seen, verdict, reason, ticks, note)| {
            let verdict = ["confirm", "reject", "escalate", "needs_field_check", "undo"][verdict];
            let reason = reason.map(|index| ["occluded", "other", "duplicate", "nonsense"][index]);
            json!({ "seen_version": seen, "verdict": verdict, "reason": reason, "note": note,
                    "ticks": { "true": ticks, "clear": true, "complete": true, "accurate": true } })
        },
    )
}

fn text_for_a_url() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z0-9_,-]{0,12}", "(%[0-9a-fA-F]{2}){0,6}", Just(format!("{:032x}", 1)), "[!-~&&[^?#/% \"<>\\\\^`{|}]]{0,12}"]
}

#[derive(Debug, Clone)]
struct Shot {
    route: usize,
    person: usize,
    parts: [String; 2],
    query: Vec<(usize, String)>,
    body: Option<Value>,
}

fn shots(routes: usize, people: usize) -> impl Strategy<Value = Shot> {
    let body = prop::option::of(prop_oneof![any_json(), near_decision()]);
    let query = prop::collection::vec((0..QUERY.len(), text_for_a_url()), 0..4);
    (0..routes, 0..people, text_for_a_url(), text_for_a_url(), query, body).prop_map(|(route, person, a, b, query, body)| Shot {
        route,
        person,
        parts: [a, b],
        query,
        body,
    })
}

const QUERY: [&str; 19] = [
    "state",
    "kind",
    "camera",
    "district",
    "street",
    "zone",
    "key_area",
    "permitted",
    "sla",
    "q",
    "sort",
    "cursor",
    "limit",
    "expires",
    "purpose",
    "sig",
    "actor",
    "action",
    "watching",
];

async fn fire(world: &World, people: &[Option<Person>], routes: &[(String, String)], shot: &Shot) -> Result<(), TestCaseError> {
    let (method, path) = &routes[shot.route];
    let path = path
        .replace("{id}", &shot.parts[0])
        .replace("{candidate}", &shot.parts[0])
        .replace("{file}", &shot.parts[1])
        .replace("{version}", &shot.parts[1]);
    // Words that a route does not know are refused at the gate: only lists have any.
    let asked = shot.query.iter().filter(|_| method == "GET");
    let query: Vec<String> = asked.map(|(name, value)| format!("{}={value}", QUERY[*name])).collect();
    let uri = format!("{path}?{}", query.join("&"));
    let mut request = Request::builder().method(method.as_str()).uri(&uri).header("x-kerbwatch", "1");
    if let Some(person) = &people[shot.person] {
        request = request.header(header::COOKIE, &person.cookie);
    }
    let body = shot.body.as_ref().map_or(Body::empty(), |body| Body::from(body.to_string()));
    let Ok(request) = request.header(header::CONTENT_TYPE, "application/json").body(body) else { return Ok(()) };
    let response = world.router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    prop_assert!(!status.is_server_error(), "{method} {uri} {:?}: {status}", shot.body);
    if status.is_client_error() && method != "HEAD" {
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        prop_assert!(value["error"]["code"].is_string(), "{method} {uri}: {status} {:?}", String::from_utf8_lossy(&bytes));
    }
    Ok(())
}

fn barrage(runtime: &tokio::runtime::Runtime, world: &World, cases: u32) {
    let mut people = vec![None];
    // Not the log-out: it would end the sessions of all later shots.
    let document = crate::openapi();
    let routes: Vec<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, operations)| {
            let methods = operations.as_object().unwrap().keys();
            methods.map(|method| (method.to_uppercase(), path.clone())).collect::<Vec<_>>()
        })
        .filter(|(method, path)| !(method == "DELETE" && path == "/api/v1/session"))
        .collect();
    runtime.block_on(async {
        people.push(Some(world.person("ada", &[Role::Operator, Role::Supervisor, Role::BureauEditor, Role::Auditor]).await));
        people.push(Some(world.person("root", &[Role::Administrator, Role::Auditor]).await));
        for n in 1..=2 {
            world.candidate(n).await;
        }
    });
    proptest!(ProptestConfig::with_cases(cases), |(shot in shots(routes.len(), people.len()))| {
        runtime.block_on(fire(world, &people, &routes, &shot))?;
    });
}

#[test]
fn nothing_that_is_sent_makes_the_server_fail() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let world = runtime.block_on(World::sqlite());
    barrage(&runtime, &world, 1500);
    if let Some(world) = runtime.block_on(World::postgres()) {
        barrage(&runtime, &world, 1500);
    }
}
