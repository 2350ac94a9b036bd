//! The supervisor's second look, and searching the log.

use serde_json::{Value, json};

use super::both;
use super::world::{Person, World, confirm};
use crate::dto::Role;

fn reject(seen: i64) -> Value {
    json!({ "seen_version": seen, "verdict": "reject", "reason": "occluded" })
}

/// Two officers decide on ten candidates: ada confirms four and rejects two, bob confirms three and takes one back.
async fn decided(world: &World) {
    let (ada, bob) = (world.person("ada", &[Role::Operator]).await, world.person("bob", &[Role::Operator]).await);
    for n in 1..=10 {
        let id = world.candidate(n).await;
        let (who, body) = if n <= 4 {
            (&ada, confirm(1))
        } else if n <= 6 {
            (&ada, reject(1))
        } else {
            (&bob, confirm(1))
        };
        world.post(who, &format!("/candidates/{id}/decisions"), body).await.expect(201);
        if n == 10 {
            let undo = json!({ "seen_version": 2, "verdict": "undo" });
            world.post(&bob, &format!("/candidates/{id}/decisions"), undo).await.expect(201);
        }
    }
}

fn period(world: &World, seed: &str) -> Value {
    let at = |ms| crate::clock::rfc3339(ms);
    json!({ "from": at(world.now_ms() - 1000), "until": at(world.now_ms() + 1000), "per_stratum": 3, "seed": seed })
}

fn officers(detail: &Value) -> Vec<String> {
    let mut names: Vec<String> =
        detail["items"].as_array().unwrap().iter().map(|item| item["officer"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

both!(a_sample_is_drawn_looked_at_once_and_counted);
async fn a_sample_is_drawn_looked_at_once_and_counted(world: World) {
    decided(&world).await;
    let eve = world.person("eve", &[Role::Supervisor]).await;
    let draw = async |who: &Person, body: Value| world.post(who, "/samples", body).await;
    let first = draw(&eve, period(&world, "a seed")).await.expect(201);
    assert_eq!((&first["items"], &first["seed"], &first["looked"]), (&json!(6), &json!("a seed"), &json!(0)));
    let detail =
        async |sample: &Value| world.get(&eve, &format!("/samples/{}", sample["id"].as_str().unwrap())).await.expect(200);
    let (one, again) = (detail(&first).await, detail(&draw(&eve, period(&world, "a seed")).await.expect(201)).await);
    assert_eq!(officers(&one), ["ada", "ada", "ada", "bob", "bob", "bob"], "what was taken back is not drawn");
    let ids = |detail: &Value| detail["items"].as_array().unwrap().iter().map(|i| i["decision"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&one), ids(&again), "the same seed draws the same");
    assert!(one["items"].as_array().unwrap().iter().all(|item| item["first"].is_null()), "unseen, the first verdict is not told");
    assert!(one["items"][0]["still_url"].is_string() && one["items"][0]["clip_url"].is_string());

    let path = format!("/samples/{}/looks", first["id"].as_str().unwrap());
    let mut agreed = 0;
    for (index, decision) in ids(&one).iter().enumerate() {
        let verdict = if index == 5 { "unclear" } else { "confirm" };
        let now = world.post(&eve, &path, json!({ "decision": decision, "verdict": verdict })).await.expect(201);
        let item = &now["items"][index];
        agreed += i64::from(verdict == "confirm" && item["first"] == "confirm");
        assert!(item["first"].is_string() && item["by"] == "eve");
    }
    let done = detail(&first).await;
    assert_eq!((&done["total"]["n"], &done["total"]["unclear"]), (&json!(5), &json!(1)));
    assert_eq!(done["total"]["agreed"], agreed);
    let (low, rate, high) = (&done["total"]["low"], &done["total"]["rate"], &done["total"]["high"]);
    assert!(low.as_f64().unwrap() < rate.as_f64().unwrap() && rate.as_f64().unwrap() <= high.as_f64().unwrap());
    assert_eq!(done["officers"].as_array().unwrap().len(), 2);
    assert!(done["weighted_rate"].is_f64());
    let twice = world.post(&eve, &path, json!({ "decision": ids(&one)[0], "verdict": "reject" })).await;
    assert_eq!((twice.code(), &twice.json()["error"]["details"]["by"]), ("looked".to_owned(), &json!("eve")));
    assert_eq!(world.post(&eve, &path, json!({ "decision": "x", "verdict": "reject" })).await.status, 404);
    for table in ["samples", "sample_items", "second_looks"] {
        let error = world.sql(&format!("DELETE FROM {table}")).await.expect_err(table);
        assert!(error.to_string().contains("append-only"), "{table}: {error}");
    }
}

both!(a_sample_is_not_of_ones_own_decisions_and_within_ones_scope);
async fn a_sample_is_not_of_ones_own_decisions_and_within_ones_scope(world: World) {
    decided(&world).await;
    let chief = world.person("chief", &[Role::Operator, Role::Supervisor]).await;
    let id = world.candidate(11).await;
    world.post(&chief, &format!("/candidates/{id}/decisions"), confirm(1)).await.expect(201);
    let sample = world.post(&chief, "/samples", period(&world, "s")).await.expect(201);
    let detail = world.get(&chief, &format!("/samples/{}", sample["id"].as_str().unwrap())).await.expect(200);
    assert!(!officers(&detail).contains(&"chief".to_owned()));
    let eve = world.person("eve", &[Role::Supervisor]).await;
    let theirs = world.post(&eve, "/samples", period(&world, "s")).await.expect(201);
    let theirs = world.get(&chief, &format!("/samples/{}", theirs["id"].as_str().unwrap())).await.expect(200);
    let own = theirs["items"].as_array().unwrap().iter().find(|item| item["officer"] == "chief").unwrap();
    let look = json!({ "decision": own["decision"], "verdict": "confirm" });
    let path = format!("/samples/{}/looks", theirs["sample"]["id"].as_str().unwrap());
    assert_eq!(world.post(&chief, &path, look).await.code(), "own_decision");

    let root = world.person("root", &[Role::Administrator]).await;
    let unit = world.post(&root, "/units", json!({ "parent": "city", "name": "Elsewhere" })).await.expect(201);
    let far = world.person_of("far", &[Role::Supervisor], &[unit["id"].as_str().unwrap()]).await;
    assert_eq!(world.post(&far, "/samples", period(&world, "s")).await.code(), "bad_sample", "nothing was decided there");
    assert_eq!(world.get(&far, "/samples").await.expect(200)["items"], json!([]));
    assert_eq!(world.get(&far, &format!("/samples/{}", sample["id"].as_str().unwrap())).await.status, 404);
    let late = json!({ "from": "2027-01-15T08:00:00Z", "until": "2027-01-14T08:00:00Z", "per_stratum": 3 });
    assert_eq!(world.post(&chief, "/samples", late).await.code(), "bad_sample");
}

both!(the_log_is_searched_and_exported);
async fn the_log_is_searched_and_exported(world: World) {
    decided(&world).await;
    let eye = world.person("eye", &[Role::Auditor]).await;
    let found = async |query: &str| {
        let page = world.get(&eye, &format!("/audit?{query}")).await.expect(200);
        page["items"].as_array().unwrap().len()
    };
    assert_eq!(found("action=decision.confirm&limit=200").await, 8);
    assert_eq!(found("q=OCCLUDED").await, 2, "in the reason, whatever the capitals");
    assert_eq!(found("q=occluded&actor=bob").await, 0);
    assert_eq!(found("q=100%25").await, 0, "a per cent sign is a per cent sign");
    let now = crate::clock::rfc3339(world.now_ms());
    let later = crate::clock::rfc3339(world.now_ms() + 1);
    assert_eq!(found(&format!("q=occluded&from={now}&until={later}")).await, 2);
    assert_eq!(found(&format!("q=occluded&until={now}")).await, 0);
    for bad in ["from=yesterday", "q=%00", "unknown=1", "limit=0"] {
        assert_eq!(world.get(&eye, &format!("/audit?{bad}")).await.status, 400, "{bad}");
    }
    let page = world.get(&eye, "/audit?q=ada&limit=3").await.expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    let next = world.get(&eye, &format!("/audit?q=ada&limit=3&cursor={cursor}")).await.expect(200);
    assert!(next["items"][0]["seq"].as_i64() < page["items"][2]["seq"].as_i64());

    let rows = world.rows("audit").await;
    let export = world.get(&eye, "/audit/export").await;
    assert_eq!(export.headers["content-type"], "application/x-ndjson");
    let lines: Vec<Value> = String::from_utf8(export.bytes).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(i64::try_from(lines.len()).unwrap(), rows, "everything, and not the export itself");
    assert_eq!((lines[0]["seq"].as_i64(), lines.last().unwrap()["seq"].as_i64()), (Some(rows), Some(1)));
    assert_eq!(found("action=audit.export").await, 1);
    assert_eq!(world.get(&eye, "/audit/export?limit=3").await.status, 400);
    assert_eq!(world.get(&eye, "/audit/check").await.expect(200)["ok"], true);
}
