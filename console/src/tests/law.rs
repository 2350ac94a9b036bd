//! The lists of law by version.

use serde_json::{Value, json};

use super::both;
use super::lifecycle::{crew, registered};
use super::world::{Person, World, confirm};
use crate::dto::Role;

async fn lists(world: &World, who: &Person) -> Value {
    world.get(who, "/legal").await.expect(200)
}

fn entry(lists: &Value, list: &str, id: &str) -> Value {
    lists[list].as_array().unwrap().iter().find(|entry| entry["id"] == id).unwrap().clone()
}

/// The clock stands at 2027-01-15 in Shanghai.
fn revision(from: &str) -> Value {
    json!({ "reason": "new local list", "valid_from": from, "name": "偷乱倒垃圾", "basis": "新条例 第三条", "warn_first": true,
            "correct_within_s": 3600 })
}

both!(a_matter_is_replaced_from_a_day_on_and_its_clauses_go_with_it);
async fn a_matter_is_replaced_from_a_day_on_and_its_clauses_go_with_it(world: World) {
    let (sue, lea) = (world.person("sue", &[Role::Supervisor]).await, world.person("lea", &[Role::LegalReviewer]).await);
    let clause = json!({ "id": "dump-first", "matter": "dumping", "ground": "first_violation", "clause": "c", "window_days": 180,
                         "valid_from": "2020-01-01", "reason": "council 12" });
    world.post(&sue, "/legal/exemptions", clause).await.expect(201);
    let made = world.post(&sue, "/legal/matters/dumping/revise", revision("2027-02-01")).await.expect(201);
    assert_eq!(
        (&made["id"], &made["replaces"], &made["reason"]),
        (&json!("dumping-v2"), &json!("dumping"), &json!("new local list"))
    );
    assert_eq!((&made["kind"], &made["added_by"], &made["valid_until"]), (&json!("waste_dumping"), &json!("sue"), &json!(null)));
    let now = lists(&world, &lea).await;
    let old = entry(&now, "matters", "dumping");
    assert_eq!((&old["valid_until"], &old["end_reason"]), (&json!("2027-01-31"), &json!("new local list")));
    let clause = entry(&now, "exemptions", "dump-first");
    assert_eq!((&clause["valid_until"], &clause["reason"]), (&json!("2027-01-31"), &json!("council 12")));
    let carried = entry(&now, "exemptions", "dump-first-v2");
    assert_eq!((&carried["matter"], &carried["valid_from"]), (&json!("dumping-v2"), &json!("2027-02-01")));
    assert_eq!(carried["window_days"], 180);
    // Somebody who still looks at the old version is told who was faster.
    let stale = world.post(&sue, "/legal/matters/dumping/revise", revision("2027-03-01")).await;
    assert_eq!((stale.status.as_u16(), stale.code().as_str()), (409, "stale"));
    assert_eq!(stale.json()["error"]["details"]["id"], "dumping-v2");
    let third = world.post(&sue, "/legal/matters/dumping-v2/revise", revision("2027-03-01")).await.expect(201);
    assert_eq!(third["id"], "dumping-v3");
    let page = json!({ "reason": "shorter", "valid_from": "2027-04-01", "clause": "c2", "window_days": 90 });
    let made = world.post(&sue, "/legal/exemptions/dump-first-v3/revise", page).await.expect(201);
    assert_eq!((&made["id"], &made["window_days"], &made["matter"]), (&json!("dump-first-v4"), &json!(90), &json!("dumping-v3")));
    let auditor = world.person("eye", &[Role::Auditor]).await;
    let log = world.get(&auditor, "/audit?action=legal.matter_revise").await.expect(200);
    assert_eq!(log["items"].as_array().unwrap().len(), 2);
    assert_eq!(log["items"][0]["reason"], "new local list");
}

both!(a_case_is_held_against_the_version_of_its_day);
async fn a_case_is_held_against_the_version_of_its_day(world: World) {
    let crew = crew(&world).await;
    registered(&world, &crew.sue).await;
    let matter_of = async |n: u32| {
        let id = world.candidate(n).await;
        let made = world.post(&crew.ada, &format!("/candidates/{id}/decisions"), confirm(1)).await.expect(201);
        let case = world.get(&crew.lea, &format!("/cases/{}", made["case"].as_str().unwrap())).await.expect(200);
        case["matters"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    world.post(&crew.sue, "/legal/matters/dumping/revise", revision("2027-01-16")).await.expect(201);
    assert_eq!(matter_of(1).await, ["dumping"]);
    world.clock.advance(24 * 3_600_000);
    let (ada, lea) = (world.log_in("ada").await, world.log_in("lea").await);
    let id = world.candidate(2).await;
    let made = world.post(&ada, &format!("/candidates/{id}/decisions"), confirm(1)).await.expect(201);
    let case = world.get(&lea, &format!("/cases/{}", made["case"].as_str().unwrap())).await.expect(200);
    assert_eq!(case["matters"][0]["id"], "dumping-v2");
    assert_eq!(case["matters"].as_array().unwrap().len(), 1);
}

both!(a_version_that_does_not_fit_is_refused);
async fn a_version_that_does_not_fit_is_refused(world: World) {
    let sue = world.person("sue", &[Role::Supervisor]).await;
    for (field, value, want) in [
        ("valid_from", json!("2027-01-14"), "too_early"),
        ("valid_from", json!("tomorrow"), "bad_day"),
        ("reason", json!(" "), "bad_text"),
        ("basis", json!(""), "bad_text"),
        ("correct_within_s", json!(59), "bad_time"),
        ("district", json!("Pudong"), "bad_request"),
    ] {
        let mut bad = revision("2027-02-01");
        bad[field] = value;
        assert_eq!(world.post(&sue, "/legal/matters/dumping/revise", bad).await.code(), want, "{field}");
    }
    assert_eq!(world.post(&sue, "/legal/matters/none/revise", revision("2027-02-01")).await.status, 404);
    let bound = json!({ "reason": "r", "valid_from": "2027-02-01", "clause": "c", "most_open_minutes": 5 });
    assert_eq!(world.post(&sue, "/legal/exemptions/stall-first/revise", bound).await.code(), "bad_bound");
    let end = json!({ "valid_until": "2027-01-20", "reason": "repealed" });
    assert_eq!(world.post(&sue, "/legal/matters/dumping/end", end).await.status, 204);
    let ended = world.post(&sue, "/legal/matters/dumping/revise", revision("2027-02-01")).await;
    assert_eq!((ended.status.as_u16(), ended.code().as_str()), (409, "ended"));
    let site = events::site::Site::parse("site.toml", super::cameras::SITE).unwrap();
    world.state.store.import_site(&site, "test").await.unwrap();
    let root = world.person("root", &[Role::Administrator]).await;
    let units = world.get(&root, "/units").await.expect(200);
    let district = units["items"].as_array().unwrap().iter().find(|unit| unit["level"] == "district").unwrap();
    let xuhui = world.person_of("liu", &[Role::Supervisor], &[district["id"].as_str().unwrap()]).await;
    assert_eq!(
        world.post(&xuhui, "/legal/matters/stall/revise", revision("2027-02-01")).await.status,
        403,
        "law for all districts"
    );
}
