//! The matrix of roles and routes in `testdata/roles.txt`, tried cell by cell.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, header};
use tower::ServiceExt;

use super::both;
use super::world::World;
use crate::dto::Role;

const MATRIX: &str = include_str!("../../testdata/roles.txt");

fn listed_in_the_document() -> BTreeSet<String> {
    let document = crate::openapi();
    let paths = document["paths"].as_object().unwrap();
    let routes = paths.iter().flat_map(|(path, operations)| {
        let path = path.strip_prefix("/api/v1").unwrap();
        operations.as_object().unwrap().keys().map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    routes.collect()
}

both!(every_role_may_use_exactly_its_routes);
async fn every_role_may_use_exactly_its_routes(world: World) {
    let mut people = vec![None];
    for role in Role::ALL {
        people.push(Some(world.person(&format!("p.{}", role.wire_name()), &[role]).await));
    }
    let mut seen = BTreeSet::new();
    for line in MATRIX.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (method, path, cells) = (words[0], words[1], &words[2..]);
        assert_eq!(cells.len(), people.len(), "{line}");
        seen.insert(format!("{method} {path}"));
        let address = path
            .replace("{id}", "x")
            .replace("{candidate}", "x")
            .replace("{file}", "x.jpg")
            .replace("{version}", "1")
            .replace("{delivery}", "x")
            .replace("{work}", "x");
        let query =
            if path.starts_with("/evidence") || path.contains("/recorded/") { "?expires=1&purpose=review&sig=00" } else { "" };
        for (cell, person) in cells.iter().zip(&people) {
            // A log-out would end the session that the next lines need; without a cookie it shows the same.
            let cookie = person.as_ref().filter(|_| method != "DELETE" || path != "/session").map(|p| p.cookie.as_str());
            let request = Request::builder()
                .method(method)
                .uri(format!("/api/v1{address}{query}"))
                .header("x-kerbwatch", "1")
                .header(header::CONTENT_TYPE, "application/json")
                .header(header::COOKIE, cookie.unwrap_or("none=1"))
                .body(Body::from("{}"))
                .unwrap();
            // The body of the live stream never ends: only the status is read.
            let status = world.router.clone().oneshot(request).await.unwrap().status().as_u16();
            let refused = matches!(status, 401 | 403);
            assert_eq!(refused, *cell == "-", "{line}: {:?} got {status}", cookie);
            assert_eq!(status == 401, cookie.is_none() && *cell == "-", "{line}: got {status}");
            assert!(status < 500, "{line}: got {status}");
        }
    }
    assert_eq!(seen, listed_in_the_document(), "the matrix and the document list the same routes");
}

both!(methods_and_paths_that_are_not_listed_are_refused);
async fn methods_and_paths_that_are_not_listed_are_refused(world: World) {
    let admin = world.person("root", &[Role::Administrator]).await;
    assert_eq!(world.call(Some(&admin), "PUT", "/users", None).await.code(), "method_not_allowed");
    assert_eq!(world.call(Some(&admin), "GET", "/secrets", None).await.code(), "not_found");
}
