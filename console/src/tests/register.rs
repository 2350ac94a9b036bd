//! The register of cameras and the lists of law.

use serde_json::json;

use super::both;
use super::lifecycle::{record, registered};
use super::world::{World, confirm};
use crate::dto::Role;

both!(a_lapse_makes_clues_of_what_is_seen_from_then_on);
async fn a_lapse_makes_clues_of_what_is_seen_from_then_on(world: World) {
    let (ada, sue) = (world.person("ada", &[Role::Operator]).await, world.person("sue", &[Role::Supervisor]).await);
    let mode_of_next = async |n: u32| {
        let id = world.candidate(n).await;
        let made = world.post(&ada, &format!("/candidates/{id}/decisions"), confirm(1)).await.expect(201);
        let path = format!("/cases/{}", made["case"].as_str().unwrap());
        let case = world.get(&ada, &path).await.expect(200);
        (case["case"]["evidence_mode"].as_str().unwrap().to_owned(), case["compliance"]["reasons"].clone())
    };
    let early = world.candidate(1).await;
    registered(&world, &sue).await;
    assert_eq!(mode_of_next(2).await, ("offsite_evidence".to_owned(), json!([])));
    let made = world.post(&ada, &format!("/candidates/{early}/decisions"), confirm(1)).await.expect(201);
    let case = world.get(&ada, &format!("/cases/{}", made["case"].as_str().unwrap())).await.expect(200);
    assert_eq!(case["case"]["evidence_mode"], "clue_only", "seen before it was on the register");
    let camera = world.get(&ada, "/cameras/cam-1").await.expect(200);
    assert_eq!(camera["camera"]["evidence_mode"], "offsite_evidence");

    // The sign fell down: a new version says so.
    let mut fallen = record();
    fallen["signage"] = json!(null);
    let new = json!({ "seen_version": 1, "record": fallen, "note": "sign fell down" });
    let register = world.post(&sue, "/cameras/cam-1/register", new).await.expect(201);
    assert_eq!((&register["version"], &register["now"][0]["reasons"]), (&json!(2), &json!(["signage_missing"])));
    assert_eq!(register["versions"][1]["record"], record(), "what was there stays");
    world.clock.advance(60_000);
    assert_eq!(mode_of_next(3).await, ("clue_only".to_owned(), json!(["signage_missing"])));
    assert_eq!(world.get(&ada, "/cameras").await.expect(200)["items"][0]["evidence_mode"], "clue_only");
    assert!(world.sql("UPDATE camera_register SET complete = 1").await.is_err());
    assert!(world.sql("DELETE FROM camera_register").await.is_err());
}

both!(reminders_come_thirty_days_before_the_end);
async fn reminders_come_thirty_days_before_the_end(world: World) {
    let sue = world.person("sue", &[Role::Supervisor]).await;
    registered(&world, &sue).await;
    let told = async |query: &str| world.get(&sue, &format!("/register/reminders{query}")).await.expect(200)["items"].clone();
    assert_eq!(told("").await, json!([]));
    let mut soon = record();
    // Now is 2027-01-15 in Shanghai; the day ends at 16:00 UTC.
    soon["technical_review"]["next_due"] = json!("2027-02-10");
    world.post(&sue, "/cameras/cam-1/register", json!({ "seen_version": 1, "record": soon })).await.expect(201);
    let items = told("").await;
    assert_eq!((&items[0]["what"], &items[0]["lapsed"]), (&json!("technical_review"), &json!(false)));
    assert_eq!(items[0]["ends_at"], "2027-02-10T16:00:00.000Z");
    assert_eq!(told("?days=10").await, json!([]));
    soon["valid_until"] = json!("2027-01-01");
    world.post(&sue, "/cameras/cam-1/register", json!({ "seen_version": 2, "record": soon })).await.expect(201);
    let items = told("?days=0").await;
    assert_eq!((&items[0]["what"], &items[0]["lapsed"]), (&json!("record"), &json!(true)));
    assert_eq!(world.get(&sue, "/register/reminders?days=366").await.status, 400);
}

both!(the_register_refuses_what_does_not_fit);
async fn the_register_refuses_what_does_not_fit(world: World) {
    let sue = world.person("sue", &[Role::Supervisor]).await;
    registered(&world, &sue).await;
    let path = "/cameras/cam-1/register";
    let with = |pointer: &str, value: serde_json::Value| {
        let mut new = json!({ "seen_version": 1, "record": record() });
        *new.pointer_mut(pointer).unwrap() = value;
        new
    };
    for (new, want) in [
        (with("/seen_version", json!(0)), "stale"),
        (with("/record/valid_from", json!("2026-02-30")), "bad_day"),
        (with("/record/valid_until", json!("2025-01-01")), "bad_day"),
        (with("/record/technical_review/next_due", json!("2025-01-01")), "bad_day"),
        (with("/record/legal_review/body", json!(" ")), "bad_text"),
        (with("/record/kinds", json!(["parking"])), "bad_request"),
        (with("/record/signage", json!({ "document": "x", "date": "2026-01-01", "more": 1 })), "bad_request"),
    ] {
        assert_eq!(world.post(&sue, path, new.clone()).await.code(), want, "{new}");
    }
    let nowhere = world.post(&sue, "/cameras/nowhere/register", with("/seen_version", json!(0))).await;
    assert_eq!(nowhere.status, 404);
    assert_eq!(world.rows("camera_register").await, 1);
}

both!(lists_of_law_are_data_that_ends);
async fn lists_of_law_are_data_that_ends(world: World) {
    let sue = world.person("sue", &[Role::Supervisor]).await;
    let lists = world.get(&sue, "/legal").await.expect(200);
    assert_eq!((lists["matters"].as_array().unwrap().len(), lists["exemptions"].as_array().unwrap().len()), (4, 5));
    let matter = json!({ "id": "wash", "kind": "storefront_encroachment", "name": "占道洗车", "basis": "…", "district": "Pudong",
                         "warn_first": true, "correct_within_s": 1800, "valid_from": "2027-01-01" });
    world.post(&sue, "/legal/matters", matter.clone()).await.expect(201);
    assert_eq!(world.post(&sue, "/legal/matters", matter).await.code(), "id_taken");
    let clause = json!({ "id": "wash-first", "matter": "wash", "ground": "first_violation", "clause": "免罚清单 第3项",
                         "window_days": 180, "valid_from": "2027-01-01" });
    world.post(&sue, "/legal/exemptions", clause.clone()).await.expect(201);
    for (field, value, want) in [
        ("id", json!("Wash"), "bad_id"),
        ("matter", json!("none"), "no_matter"),
        ("window_days", json!(null), "bad_bound"),
        ("most_open_minutes", json!(5), "bad_bound"),
        ("valid_from", json!("soon"), "bad_day"),
    ] {
        let mut bad = clause.clone();
        bad["id"] = json!("other");
        bad[field] = value;
        assert_eq!(world.post(&sue, "/legal/exemptions", bad).await.code(), want, "{field}");
    }
    let end = json!({ "valid_until": "2027-06-30" });
    assert_eq!(world.post(&sue, "/legal/exemptions/wash-first/end", end.clone()).await.status, 204);
    assert_eq!(world.post(&sue, "/legal/exemptions/none/end", end).await.status, 404);
    let early = json!({ "valid_until": "2026-06-30" });
    assert_eq!(world.post(&sue, "/legal/matters/wash/end", early).await.code(), "bad_day");
    let lists = world.get(&sue, "/legal").await.expect(200);
    let ended = lists["exemptions"].as_array().unwrap().iter().find(|e| e["id"] == "wash-first").unwrap().clone();
    assert_eq!(ended["valid_until"], "2027-06-30");
}
