//! Logging in, staying in, being thrown out.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::json;

use super::both;
use super::world::{PASSWORD, World};
use crate::dto::Role;

both!(wrong_passwords_lock_the_name_whether_anybody_has_it_or_not);
async fn wrong_passwords_lock_the_name_whether_anybody_has_it_or_not(world: World) {
    world.person("ada", &[Role::Operator]).await;
    let attempt = async |name: &str, password: &str| {
        let reply = world.call(None, "POST", "/session", Some(json!({ "name": name, "password": password }))).await;
        (reply.status.as_u16(), reply.code())
    };
    for name in ["ada", "nobody"] {
        for _ in 0..5 {
            assert_eq!(attempt(name, "wrong").await, (401, "wrong_login".to_owned()));
        }
        assert_eq!(attempt(name, PASSWORD).await, (429, "too_many_attempts".to_owned()), "{name}: even the right one");
    }
    world.clock.advance(30_000);
    assert_eq!(attempt("ada", "wrong").await.0, 401, "the lock is over, the count is not");
    world.clock.advance(59_999);
    assert_eq!(attempt("ada", PASSWORD).await.0, 429, "and the next lock is twice as long");
    world.clock.advance(1);
    assert_eq!(attempt("ada", PASSWORD).await.0, 200);
    for _ in 0..4 {
        attempt("ada", "wrong").await;
    }
    assert_eq!(attempt(" ADA ", PASSWORD).await.0, 200, "a right one clears the count");
}

both!(many_guesses_at_once_cannot_outrun_the_lock);
async fn many_guesses_at_once_cannot_outrun_the_lock(world: World) {
    let guess =
        async || world.call(None, "POST", "/session", Some(json!({ "name": "ada", "password": "guess" }))).await.status.as_u16();
    let guesses: Vec<_> = (0..12).map(|_| guess()).collect();
    let answers = futures_util::future::join_all(guesses).await;
    assert_eq!(answers.iter().filter(|status| **status == 401).count(), 5, "{answers:?}");
}

both!(a_session_ends_when_idle_when_old_and_when_told);
async fn a_session_ends_when_idle_when_old_and_when_told(world: World) {
    let ada = world.person("ada", &[Role::Operator]).await;
    let me = world.get(&ada, "/session").await.expect(200);
    assert_eq!((&me["user"]["name"], &me["time_zone"]), (&json!("ada"), &json!("Asia/Shanghai")));
    assert_eq!(me["expires_at"], "2027-01-15T20:00:00.000Z");
    let alive = async |who| world.get(who, "/session").await.status == 200;
    world.clock.advance(29 * 60_000);
    assert!(alive(&ada).await);
    world.clock.advance(29 * 60_000);
    assert!(alive(&ada).await, "use keeps it alive");
    world.clock.advance(30 * 60_000);
    assert!(!alive(&ada).await, "idle for half an hour");

    let ada = world.log_in("ada").await;
    for _ in 0..36 {
        assert!(alive(&ada).await);
        world.clock.advance(20 * 60_000);
    }
    assert!(!alive(&ada).await, "twelve hours, however much it was used");

    let (ada, other) = (world.log_in("ada").await, world.log_in("ada").await);
    assert_eq!(world.call(Some(&ada), "DELETE", "/session", None).await.status, 204);
    assert!(!alive(&ada).await && alive(&other).await);
    assert_eq!(world.call(Some(&ada), "DELETE", "/session", None).await.status, 204, "again does no harm");
}

both!(the_database_holds_neither_tokens_nor_passwords);
async fn the_database_holds_neither_tokens_nor_passwords(world: World) {
    use sqlx::Row;
    let ada = world.person("ada", &[Role::Operator]).await;
    let token = ada.cookie.split('=').nth(1).unwrap().to_owned();
    let pool = sqlx::AnyPool::connect(&world.url).await.unwrap();
    let row = sqlx::query("SELECT s.token_hash, u.password FROM sessions s JOIN users u ON u.id = s.user_id")
        .fetch_one(&pool)
        .await
        .unwrap();
    let (kept, password): (String, String) = (row.try_get("token_hash").unwrap(), row.try_get("password").unwrap());
    pool.close().await;
    assert!(kept != token && kept.len() == 64);
    assert!(password.starts_with("$argon2id$") && !password.contains(PASSWORD));
}

both!(other_sites_cannot_act_in_ones_name);
async fn other_sites_cannot_act_in_ones_name(world: World) {
    let ada = world.person("ada", &[Role::Operator]).await;
    let id = world.candidate(1).await;
    let claim = async |headers: &[(&str, &str)]| {
        let mut request = Request::post(format!("/api/v1/candidates/{id}/claim")).header(header::COOKIE, &ada.cookie);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        world.send(request.body(Body::empty()).unwrap()).await.status.as_u16()
    };
    assert_eq!(claim(&[]).await, 403, "a form of another site has no such header");
    assert_eq!(claim(&[("x-kerbwatch", "1"), ("sec-fetch-site", "cross-site")]).await, 403);
    assert_eq!(claim(&[("x-kerbwatch", "1"), ("sec-fetch-site", "same-site")]).await, 403);
    assert_eq!(claim(&[("x-kerbwatch", "1"), ("sec-fetch-site", "same-origin")]).await, 200);
    let cookie = world.call(None, "POST", "/session", Some(json!({ "name": "ada", "password": PASSWORD }))).await;
    let cookie = cookie.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
}

both!(users_are_made_by_administrators_and_by_the_rules);
async fn users_are_made_by_administrators_and_by_the_rules(world: World) {
    let admin = world.person("root", &[Role::Administrator]).await;
    let add = async |body| {
        let reply = world.post(&admin, "/users", body).await;
        (reply.status.as_u16(), reply.code())
    };
    let user = |name: &str, password: &str, roles: &[&str]| json!({ "name": name, "password": password, "roles": roles, "units": ["city"] });
    assert_eq!(add(user("ada", PASSWORD, &["operator"])).await.0, 201);
    assert_eq!(add(user("ada", PASSWORD, &["operator"])).await, (409, "name_taken".to_owned()));
    for bad in [
        user("Ada", PASSWORD, &["operator"]),
        user("", PASSWORD, &["operator"]),
        user("system", PASSWORD, &["operator"]),
        user("eve", "short", &["operator"]),
        user("evelyn", "my name is evelyn", &["operator"]),
        user("eve", PASSWORD, &[]),
        user("eve", PASSWORD, &["administrator", "operator"]),
        user("eve", PASSWORD, &["administrator", "bureau_editor"]),
    ] {
        assert_eq!(add(bad.clone()).await, (422, "bad_user".to_owned()), "{bad}");
    }
    let list = world.get(&admin, "/users").await.expect(200);
    let names: Vec<_> = list["items"].as_array().unwrap().iter().map(|user| user["name"].clone()).collect();
    assert_eq!(names, ["ada", "root"]);
    assert!(!list.to_string().contains("argon2"));
    world.log_in("ada").await;
}
