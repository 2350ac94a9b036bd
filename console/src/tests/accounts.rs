//! Users changed, passwords, second factors, sessions.

use serde_json::{Value, json};

use super::both;
use super::world::{PASSWORD, Person, World};
use crate::dto::Role;
use crate::totp;

const BETTER: &str = "seven herons over the weir";

async fn user_named(world: &World, admin: &Person, name: &str) -> Value {
    let list = world.get(admin, "/users").await.expect(200);
    list["items"].as_array().unwrap().iter().find(|user| user["name"] == name).cloned().unwrap()
}

async fn log_in(world: &World, name: &str, password: &str, code: Option<&str>) -> (u16, String) {
    let mut body = json!({ "name": name, "password": password });
    if let Some(code) = code {
        body["code"] = json!(code);
    }
    let reply = world.call(None, "POST", "/session", Some(body)).await;
    (reply.status.as_u16(), reply.code())
}

both!(an_administrator_changes_users_and_nobody_is_overwritten);
async fn an_administrator_changes_users_and_nobody_is_overwritten(world: World) {
    let root = world.person("root", &[Role::Administrator]).await;
    let ada = world.person("ada", &[Role::Operator]).await;
    let user = user_named(&world, &root, "ada").await;
    let path = format!("/users/{}", user["id"].as_str().unwrap());
    let change = |seen: i64, roles: &[&str], active: bool| json!({ "seen_version": seen, "display_name": "Ada L.", "roles": roles, "units": ["city"], "active": active });
    let put = async |body: Value| world.call(Some(&root), "PUT", &path, Some(body)).await;
    let changed = put(change(1, &["analyst"], true)).await.expect(200);
    assert_eq!(
        (&changed["display_name"], &changed["roles"], &changed["version"]),
        (&json!("Ada L."), &json!(["analyst"]), &json!(2))
    );
    assert_eq!(world.call(Some(&ada), "POST", "/candidates/x/claim", None).await.status, 403, "roles hold at once");
    let stale = put(change(1, &["operator"], true)).await;
    assert_eq!((stale.status.as_u16(), stale.code()), (409, "stale".to_owned()));
    assert_eq!(stale.json()["error"]["details"]["roles"], json!(["analyst"]), "it says what changed");
    for bad in [change(2, &[], true), change(2, &["administrator", "operator"], true), json!({ "seen_version": 2 })] {
        assert!(matches!(put(bad.clone()).await.status.as_u16(), 400 | 422), "{bad}");
    }
    let mut nowhere = change(2, &["analyst"], true);
    nowhere["units"] = json!(["no-such-unit"]);
    assert_eq!(put(nowhere).await.code(), "bad_user");
    put(change(2, &["analyst"], false)).await.expect(200);
    assert_eq!(world.get(&ada, "/session").await.status, 401, "an open session ends");
    assert_eq!(log_in(&world, "ada", PASSWORD, None).await.0, 401);
    put(change(3, &["analyst"], true)).await.expect(200);
    assert_eq!(log_in(&world, "ada", PASSWORD, None).await.0, 200);

    let me = user_named(&world, &root, "root").await;
    let own = format!("/users/{}", me["id"].as_str().unwrap());
    for (roles, active) in [(json!(["auditor"]), true), (json!(["administrator"]), false)] {
        let body = json!({ "seen_version": 1, "display_name": "Root", "roles": roles, "units": ["city"], "active": active });
        assert_eq!(world.call(Some(&root), "PUT", &own, Some(body)).await.code(), "own_account");
    }
    assert_eq!(world.get(&root, "/users/nobody").await.status, 404);
}

both!(a_password_that_somebody_else_chose_is_changed_first);
async fn a_password_that_somebody_else_chose_is_changed_first(world: World) {
    let root = world.person("root", &[Role::Administrator]).await;
    let before = world.person("ada", &[Role::Operator]).await;
    let id = user_named(&world, &root, "ada").await["id"].as_str().unwrap().to_owned();
    let reset = async |password: &str| {
        let reply = world.post(&root, &format!("/users/{id}/password"), json!({ "password": password })).await;
        (reply.status.as_u16(), reply.code())
    };
    for weak in ["short", "password1234", "ada ada ada ada"] {
        assert_eq!(reset(weak).await, (422, "bad_password".to_owned()), "{weak}");
    }
    assert_eq!(reset("first word of the day").await.0, 204);
    assert_eq!(world.get(&before, "/session").await.status, 401, "what was open ends");
    let reply = world.call(None, "POST", "/session", Some(json!({ "name": "ada", "password": "first word of the day" }))).await;
    let cookie = reply.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    assert_eq!(reply.expect(200)["must"], json!(["change_password"]));
    let ada = Person { cookie };
    assert_eq!(world.get(&ada, "/candidates").await.code(), "must_change_password", "nothing else is open");
    let change = async |old: &str, new: &str| {
        let reply = world.call(Some(&ada), "PUT", "/session/password", Some(json!({ "old": old, "new": new }))).await;
        (reply.status.as_u16(), reply.code())
    };
    assert_eq!(change("first word of the day", "first word of the day").await.1, "bad_password");
    assert_eq!(change("wrong", BETTER).await, (422, "wrong_password".to_owned()));
    let other = log_in(&world, "ada", "first word of the day", None).await;
    assert_eq!(other.0, 200);
    assert_eq!(change("first word of the day", BETTER).await.0, 204);
    assert_eq!(world.get(&ada, "/candidates").await.status, 200, "the same session goes on");
    assert_eq!(world.get(&ada, "/session/all").await.expect(200)["items"].as_array().unwrap().len(), 1, "the others ended");
    for _ in 0..5 {
        change("wrong", PASSWORD).await;
    }
    assert_eq!(change("wrong", PASSWORD).await.0, 429, "an open screen is no place to guess");
}

/// The code of a secret at the world's time.
fn code_of(world: &World, base32: &str) -> String {
    let secret = totp_rs::Secret::try_from_base32(base32).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    totp.generate(u64::try_from(world.now_ms() / 1000).unwrap()).to_string()
}

both!(a_second_factor_is_set_up_asked_for_and_used_once);
async fn a_second_factor_is_set_up_asked_for_and_used_once(world: World) {
    let ada = world.person("ada", &[Role::Operator]).await;
    assert_eq!(world.post(&ada, "/session/totp", json!({ "password": "wrong" })).await.code(), "wrong_password");
    let offer = world.post(&ada, "/session/totp", json!({ "password": PASSWORD })).await.expect(200);
    let secret = offer["secret"].as_str().unwrap().to_owned();
    assert!(offer["qr_svg"].as_str().unwrap().contains("<svg"));
    assert_eq!(log_in(&world, "ada", PASSWORD, None).await.0, 200, "an offer does not count yet");
    let confirm = async |code: &str| world.call(Some(&ada), "PUT", "/session/totp", Some(json!({ "code": code }))).await;
    assert_eq!(confirm("000000").await.code(), "wrong_code");
    let code = code_of(&world, &secret);
    let recovery = confirm(&code).await.expect(200);
    let recovery: Vec<String> = serde_json::from_value(recovery["codes"].clone()).unwrap();
    assert_eq!(recovery.len(), totp::RECOVERY_CODES);
    assert_eq!(world.post(&ada, "/session/totp", json!({ "password": PASSWORD })).await.code(), "totp_on", "never shown again");

    assert_eq!(log_in(&world, "ada", PASSWORD, None).await, (401, "code_needed".to_owned()));
    assert_eq!(log_in(&world, "ada", "wrong", Some(&code)).await, (401, "wrong_login".to_owned()), "the password comes first");
    assert_eq!(log_in(&world, "ada", PASSWORD, Some(&code)).await, (401, "wrong_code".to_owned()), "a code is used once");
    world.clock.advance(30_000);
    let code = code_of(&world, &secret);
    assert_eq!(log_in(&world, "ada", PASSWORD, Some(&code)).await.0, 200);
    assert_eq!(log_in(&world, "ada", PASSWORD, Some(&code)).await.1, "wrong_code", "nor twice in its thirty seconds");
    let spoken = recovery[0].to_uppercase().replace('-', " ");
    assert_eq!(log_in(&world, "ada", PASSWORD, Some(&spoken)).await.0, 200);
    assert_eq!(log_in(&world, "ada", PASSWORD, Some(&recovery[0])).await.1, "wrong_code", "a recovery code is good once");
    world.clock.advance(90_000);
    let code = code_of(&world, &secret);
    let renewed = world.post(&ada, "/session/recovery-codes", json!({ "code": code })).await.expect(200);
    assert_eq!(log_in(&world, "ada", PASSWORD, Some(&recovery[1])).await.1, "wrong_code", "those before are void");
    assert_eq!(log_in(&world, "ada", PASSWORD, renewed["codes"][3].as_str()).await.0, 200);

    // Neither the database nor an interface gives the secret away.
    use sqlx::Row;
    let pool = sqlx::AnyPool::connect(&world.url).await.unwrap();
    let row = sqlx::query("SELECT totp_secret FROM users").fetch_one(&pool).await.unwrap();
    let sealed: String = row.try_get("totp_secret").unwrap();
    pool.close().await;
    let raw = totp_rs::Secret::try_from_base32(&secret).unwrap();
    use base64::Engine;
    let bytes = base64::engine::general_purpose::STANDARD.decode(&sealed).unwrap();
    assert!(!bytes.windows(20).any(|window| window == raw.as_bytes()) && !sealed.contains(&secret));

    let root = world.person("root", &[Role::Administrator]).await;
    let id = user_named(&world, &root, "ada").await["id"].as_str().unwrap().to_owned();
    assert_eq!(world.call(Some(&root), "DELETE", &format!("/users/{id}/totp"), None).await.status, 204);
    assert_eq!(world.get(&ada, "/session").await.status, 401, "what was open ends");
    assert_eq!(log_in(&world, "ada", PASSWORD, None).await.0, 200, "a lost telephone shuts nobody out for good");
}

both!(guessing_codes_locks_the_name);
async fn guessing_codes_locks_the_name(world: World) {
    let ada = world.person("ada", &[Role::Operator]).await;
    let offer = world.post(&ada, "/session/totp", json!({ "password": PASSWORD })).await.expect(200);
    let code = code_of(&world, offer["secret"].as_str().unwrap());
    world.call(Some(&ada), "PUT", "/session/totp", Some(json!({ "code": code }))).await.expect(200);
    for _ in 0..5 {
        assert_eq!(log_in(&world, "ada", PASSWORD, Some("123456")).await.0, 401);
    }
    assert_eq!(log_in(&world, "ada", PASSWORD, Some("123456")).await.0, 429);
    let root = world.person("root", &[Role::Administrator]).await;
    let user = user_named(&world, &root, "ada").await;
    assert!(user["locked_until"].is_string() && user["totp"] == true);
    let path = format!("/users/{}/unlock", user["id"].as_str().unwrap());
    assert_eq!(world.call(Some(&root), "POST", &path, None).await.status, 204);
    assert_eq!(log_in(&world, "ada", PASSWORD, Some("123456")).await.0, 401, "not locked any more");
}

both!(a_role_that_needs_a_second_factor_has_nothing_open_without);
async fn a_role_that_needs_a_second_factor_has_nothing_open_without(world: World) {
    let world = world.with(|config| config.totp_required = vec![Role::Auditor]).await;
    let eye = world.person("eye", &[Role::Auditor]).await;
    let ada = world.person("ada", &[Role::Operator]).await;
    assert_eq!(world.get(&ada, "/candidates").await.status, 200, "other roles need none");
    assert_eq!(world.get(&eye, "/audit").await.code(), "must_enrol_totp");
    assert_eq!(world.get(&eye, "/session").await.expect(200)["must"], json!(["enrol_totp"]));
    let offer = world.post(&eye, "/session/totp", json!({ "password": PASSWORD })).await.expect(200);
    let code = code_of(&world, offer["secret"].as_str().unwrap());
    world.call(Some(&eye), "PUT", "/session/totp", Some(json!({ "code": code }))).await.expect(200);
    assert_eq!(world.get(&eye, "/audit").await.status, 200);
}

both!(sessions_are_listed_and_ended);
async fn sessions_are_listed_and_ended(world: World) {
    let root = world.person("root", &[Role::Administrator]).await;
    let (first, second) = (world.person("ada", &[Role::Operator]).await, world.log_in("ada").await);
    let all = world.get(&root, "/sessions").await.expect(200);
    let all = all["items"].as_array().unwrap();
    assert_eq!(all.len(), 3);
    assert_eq!(all.iter().filter(|session| session["own"] == true).count(), 1);
    assert!(!json!(all).to_string().contains(first.cookie.split('=').nth(1).unwrap()), "no token");
    let own = world.get(&first, "/session/all").await.expect(200);
    let own = own["items"].as_array().unwrap();
    assert_eq!(own.len(), 2);
    let other = own.iter().find(|session| session["own"] == false).unwrap()["id"].as_str().unwrap();
    let foreign = all.iter().find(|session| session["user"] == "root").unwrap()["id"].as_str().unwrap();
    assert_eq!(world.call(Some(&first), "DELETE", &format!("/session/all/{foreign}"), None).await.status, 404, "not one's own");
    assert_eq!(world.call(Some(&first), "DELETE", &format!("/session/all/{other}"), None).await.status, 204);
    assert_eq!(world.get(&second, "/session").await.status, 401);
    let id = world.get(&first, "/session/all").await.expect(200)["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(world.call(Some(&root), "DELETE", &format!("/sessions/{id}"), None).await.status, 204);
    assert_eq!(world.get(&first, "/session").await.status, 401);
    assert_eq!(world.call(Some(&root), "DELETE", &format!("/sessions/{id}"), None).await.status, 404);
}

both!(the_tree_is_changed_by_administrators);
async fn the_tree_is_changed_by_administrators(world: World) {
    let root = world.person("root", &[Role::Administrator]).await;
    let add = async |parent: &str, name: &str| world.post(&root, "/units", json!({ "parent": parent, "name": name })).await;
    let district = add("city", "Xuhui").await.expect(201);
    let id = district["id"].as_str().unwrap().to_owned();
    assert_eq!((&district["level"], &district["version"]), (&json!("district"), &json!(1)));
    assert_eq!(add("city", "Xuhui").await.code(), "unit_taken");
    let street = add(&id, "Hunan Road").await.expect(201);
    assert_eq!((&street["level"], &street["district"]), (&json!("street"), &json!("Xuhui")));
    let street = street["id"].as_str().unwrap().to_owned();
    assert_eq!(add(&street, "Door 3").await.code(), "bad_unit");
    assert_eq!(add("nowhere", "Hunan Road").await.status, 404);
    assert_eq!(add("city", " padded").await.code(), "bad_unit");
    let label = async |seen: i64| {
        let body = json!({ "seen_version": seen, "label": "徐汇区" });
        world.call(Some(&root), "PUT", &format!("/units/{id}"), Some(body)).await
    };
    assert_eq!(label(1).await.expect(200)["label"], "徐汇区");
    assert_eq!(label(1).await.code(), "stale");
    let remove = async |id: &str| world.call(Some(&root), "DELETE", &format!("/units/{id}"), None).await;
    assert_eq!(remove(&id).await.code(), "unit_in_use", "a street lies in it");
    assert_eq!(remove("city").await.code(), "unit_in_use");
    world.person_of("ada", &[Role::Operator], &[&street]).await;
    assert_eq!(remove(&street).await.code(), "unit_in_use", "somebody belongs to it");
    let user = user_named(&world, &root, "ada").await;
    let body = json!({ "seen_version": 1, "display_name": "Ada", "roles": ["operator"], "units": [id], "active": true });
    world.call(Some(&root), "PUT", &format!("/users/{}", user["id"].as_str().unwrap()), Some(body)).await.expect(200);
    assert_eq!(remove(&street).await.status, 204);
    let tree = world.get(&root, "/units").await.expect(200);
    assert_eq!(tree["items"].as_array().unwrap().len(), 2);
    assert_eq!((&tree["items"][0]["id"], &tree["items"][1]["users"]), (&json!("city"), &json!(1)));
    let bad = json!({ "name": "bo", "password": BETTER, "roles": ["auditor"], "units": [id] });
    assert_eq!(world.post(&root, "/users", bad).await.code(), "bad_user", "an auditor belongs to the city");
}
