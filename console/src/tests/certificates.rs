//! Officers' certificates: who may confirm and give the legal review, and what of it is kept.

use serde_json::{Value, json};

use super::both;
use super::lifecycle::{act, all_ticks, crew, detail, registered};
use super::scope::user_id;
use super::world::{Person, World, confirm};
use crate::dto::Role;
use crate::{PerKind, ReviewConfig};

fn certificate(until: &str) -> Value {
    json!({ "number": "沪310-0042", "issued_by": "市司法局", "valid_from": "2026-01-01", "valid_until": until })
}

async fn enter(world: &World, root: &Person, user: &str, seen: i64, record: Value) -> Value {
    let new = json!({ "seen_version": seen, "record": record });
    world.post(root, &format!("/users/{user}/certificates"), new).await.expect(201)
}

fn asked_for() -> ReviewConfig {
    ReviewConfig { require_certificate: true, target_s: PerKind::all(1800), ..ReviewConfig::default() }
}

both!(without_a_certificate_that_holds_nothing_is_confirmed_and_no_legal_review_given);
async fn without_a_certificate_that_holds_nothing_is_confirmed_and_no_legal_review_given(world: World) {
    let world = world.reviewed(asked_for()).await;
    let root = world.person("root", &[Role::Administrator]).await;
    let crew = crew(&world).await;
    registered(&world, &crew.sue).await;
    let (ada, lea) = (user_id(&world, &crew.ada).await, user_id(&world, &crew.lea).await);
    let id = world.candidate(1).await;
    let path = format!("/candidates/{id}/decisions");
    let none = world.post(&crew.ada, &path, confirm(1)).await;
    assert_eq!((none.status.as_u16(), none.code().as_str()), (422, "certificate_missing"));
    let own = world.get(&crew.ada, "/session").await.expect(200)["certificate"].clone();
    assert_eq!((&own["required"], &own["standing"]["state"]), (&json!(true), &json!("missing")));
    assert_eq!(world.get(&root, "/session").await.expect(200)["certificate"], json!(null), "who decides nothing needs none");

    // The clock stands at 2027-01-15 in Shanghai: this one ended with the day before.
    let told = enter(&world, &root, &ada, 0, certificate("2027-01-14")).await;
    assert_eq!(
        (&told["version"], &told["now"]["state"], &told["now"]["until"]),
        (&json!(1), &json!("lapsed"), &json!("2027-01-14T16:00:00.000Z"))
    );
    let lapsed = world.post(&crew.ada, &path, confirm(1)).await;
    assert_eq!(lapsed.code(), "certificate_lapsed");
    let why = lapsed.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(why.contains("沪310-0042") && why.contains("2027-01-14"), "which, and since when: {why}");
    let mut later = certificate("2030-01-01");
    later["valid_from"] = json!("2027-02-01");
    enter(&world, &root, &ada, 1, later).await;
    assert_eq!(world.post(&crew.ada, &path, confirm(1)).await.code(), "certificate_not_yet");
    // What closes a candidate without making a case of it needs none.
    let other = world.candidate(2).await;
    let reject = json!({ "seen_version": 1, "verdict": "reject", "reason": "occluded" });
    world.post(&crew.ada, &format!("/candidates/{other}/decisions"), reject).await.expect(201);

    enter(&world, &root, &ada, 2, certificate("2027-12-31")).await;
    let made = world.post(&crew.ada, &path, confirm(1)).await.expect(201);
    assert_eq!(made["decision"]["certificate"]["version"], 3);
    assert_eq!(made["decision"]["certificate"]["record"]["number"], "沪310-0042");
    let case = made["case"].as_str().unwrap().to_owned();

    let offers = detail(&world, &crew.lea, &case).await["acts"].clone();
    let take = offers.as_array().unwrap().iter().find(|offer| offer["act"] == "take").unwrap();
    assert_eq!(take["held_up"], "certificate_missing", "told before it is tried");
    assert_eq!(act(&world, &crew.lea, &case, "take", json!({})).await.code(), "certificate_missing");
    let mut second = certificate("2027-12-31");
    second["number"] = json!("沪310-0099");
    enter(&world, &root, &lea, 0, second).await;
    act(&world, &crew.lea, &case, "take", json!({})).await.expect(201);
    let pass = |number: &str| json!({ "ticks": all_ticks(), "matter": "dumping", "certificate": number });
    assert_eq!(act(&world, &crew.lea, &case, "pass", pass("沪310-0042")).await.code(), "certificate_differs");
    act(&world, &crew.lea, &case, "pass", pass("沪310-0099")).await.expect(201);
    // What is entered later changes nothing of what was done.
    enter(&world, &root, &lea, 1, certificate("2027-01-14")).await;
    let history = detail(&world, &crew.lea, &case).await["history"].clone();
    assert_eq!((&history[0]["certificate"], &history[0]["details"]["officer"]["version"]), (&json!("沪310-0042"), &json!(3)));
    assert_eq!(history[2]["certificate"], "沪310-0099");
    assert_eq!(history[2]["details"]["officer"]["held"], true);
    // An act that is neither of the two reviews goes on, and says that the certificate had lapsed by then.
    let subject = json!({ "subject": { "kind": "person", "name": "Chen", "reference": "S-9" } });
    act(&world, &crew.lea, &case, "match_subject", subject).await.expect(201);
    let history = detail(&world, &crew.lea, &case).await["history"].clone();
    assert_eq!(history[3]["details"]["officer"]["held"], false);
    for sql in ["UPDATE officer_certificates SET version = 9", "DELETE FROM officer_certificates"] {
        assert!(world.sql(sql).await.is_err(), "{sql}");
    }
}

both!(the_administrator_is_reminded_thirty_days_before);
async fn the_administrator_is_reminded_thirty_days_before(world: World) {
    let root = world.person("root", &[Role::Administrator]).await;
    let ada = world.person("ada", &[Role::Operator]).await;
    let ana = world.person("ana", &[Role::Analyst]).await;
    let user = user_id(&world, &ada).await;
    let told = async || world.get(&root, "/certificates/reminders").await.expect(200)["items"].clone();
    assert_eq!(told().await, json!([]), "none is asked for here");
    enter(&world, &root, &user, 0, certificate("2027-02-14")).await;
    assert_eq!(told().await, json!([]), "31 days are left");
    enter(&world, &root, &user, 1, certificate("2027-02-13")).await;
    let items = told().await;
    assert_eq!((&items[0]["name"], &items[0]["standing"]["state"]), (&json!("ada"), &json!("ends_soon")));
    let own = world.get(&ada, "/session").await.expect(200)["certificate"].clone();
    assert_eq!((&own["required"], &own["standing"]["state"]), (&json!(false), &json!("ends_soon")));
    enter(&world, &root, &user, 2, certificate("2026-12-31")).await;
    assert_eq!(told().await[0]["standing"]["state"], "lapsed");
    let analyst = user_id(&world, &ana).await;
    enter(&world, &root, &analyst, 0, certificate("2026-12-31")).await;
    assert_eq!(told().await.as_array().unwrap().len(), 1, "an analyst decides nothing");
    let page = world.get(&root, &format!("/users/{user}/certificates")).await.expect(200);
    let versions = page["versions"].as_array().unwrap();
    assert_eq!(
        (versions.len(), &versions[2]["record"]["valid_until"], &versions[2]["by"]),
        (3, &json!("2027-02-14"), &json!("root"))
    );
}

both!(a_certificate_that_does_not_fit_is_refused);
async fn a_certificate_that_does_not_fit_is_refused(world: World) {
    let root = world.person("root", &[Role::Administrator]).await;
    let ada = world.person("ada", &[Role::Operator]).await;
    let user = user_id(&world, &ada).await;
    let path = format!("/users/{user}/certificates");
    for (field, value, want) in [
        ("number", json!(" "), "bad_text"),
        ("issued_by", json!("x".repeat(201)), "bad_text"),
        ("valid_from", json!("2026-02-30"), "bad_day"),
        ("valid_until", json!("2025-01-01"), "bad_day"),
        ("colour", json!("red"), "bad_request"),
    ] {
        let mut record = certificate("2027-12-31");
        record[field] = value;
        let reply = world.post(&root, &path, json!({ "seen_version": 0, "record": record })).await;
        assert_eq!(reply.code(), want, "{field}");
    }
    enter(&world, &root, &user, 0, certificate("2027-12-31")).await;
    let stale = world.post(&root, &path, json!({ "seen_version": 0, "record": certificate("2028-12-31") })).await;
    assert_eq!((stale.code().as_str(), &stale.json()["error"]["details"]["version"]), ("stale", &json!(1)));
    assert_eq!(world.get(&root, "/users/nobody/certificates").await.status, 404);
}
