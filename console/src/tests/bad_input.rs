//! What no endpoint takes, whichever it is: fields and query words it does not know, bodies without end.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};

use super::both;
use super::scope::{ROLES, address, operations, two_districts, user_id};
use super::world::{Person, World};
use crate::auth::thing;
use crate::dto::Role;
use crate::extract::MAX_BODY;

/// Asks as whoever may; the answer of the first who is not refused for their roles.
async fn ask(world: &World, people: &[Person; 3], method: &str, uri: &str, body: Option<String>) -> (u16, Value) {
    for person in people {
        let mut request = Request::builder().method(method).uri(format!("/api/v1{uri}")).header("x-kerbwatch", "1");
        request = request.header(header::COOKIE, &person.cookie).header(header::CONTENT_TYPE, "application/json");
        let reply = world.send(request.body(body.clone().map_or(Body::empty(), Body::from)).unwrap()).await;
        if reply.status != 403 {
            return (reply.status.as_u16(), reply.json());
        }
    }
    panic!("{method} {uri} is open to nobody");
}

async fn everybody(world: &World) -> [Person; 3] {
    [
        world.person("everything", &ROLES).await,
        world.person("root", &[Role::Administrator]).await,
        world.person("eye", &[Role::Auditor]).await,
    ]
}

/// Machines call here; who they are is known by a signature over the body, which comes before its fields.
const SIGNED: &str = "/receivers/{id}/status";

both!(no_endpoint_takes_unknown_words_or_bodies_without_end);
async fn no_endpoint_takes_unknown_words_or_bodies_without_end(world: World) {
    let (near, _) = two_districts(&world).await;
    let people = everybody(&world).await;
    let me = user_id(&world, &people[0]).await;
    let (mut bodies, mut queries) = (0, 0);
    for (method, path, operation) in operations() {
        let id = thing(&format!("/api/v1{path}")).and_then(|thing| near.id(thing)).unwrap_or("x");
        let uri = address(&world, &path, id, &me);
        if operation["requestBody"].is_object() {
            let (status, error) = ask(&world, &people, &method, &uri, Some(json!({ "__unknown__": 1 }).to_string())).await;
            if path == SIGNED {
                assert_eq!(status, 404, "{method} {path}: nobody whom we do not know learns which fields there are: {error}");
            } else {
                assert_eq!(status, 400, "{method} {path}: {error}");
                assert!(error["error"]["message"].as_str().unwrap().contains("unknown field"), "{method} {path}: {error}");
            }
            let (status, error) = ask(&world, &people, &method, &uri, Some(" ".repeat(MAX_BODY + 1))).await;
            assert_eq!((status, &error["error"]["code"]), (413, &json!("too_large")), "{method} {path}");
            bodies += 1;
        }
        // What an identity provider adds to the way back is its own affair.
        let foreign = path == "/session/oidc/callback";
        let log_out = method == "DELETE" && path == "/session";
        if !foreign && !log_out {
            let joint = if uri.contains('?') { '&' } else { '?' };
            let (status, error) =
                ask(&world, &people, &method, &format!("{uri}{joint}__unknown__=1"), Some("{}".to_owned())).await;
            assert_eq!(status, 400, "{method} {path}: {error}");
            queries += 1;
        }
    }
    assert!(bodies >= 14 && queries >= 40, "{bodies} bodies and {queries} queries were tried");
}
