//! The queue's order and clocks, candidates that are the same thing, and many decisions at once.

use bus::Message;
use events::wire::v1::{self, CameraData, CandidateData, topic};
use serde_json::{Value, json};

use super::both;
use super::world::{Person, World, candidate_data, candidate_message, confirm, look_message, message};
use crate::clock::rfc3339;
use crate::dto::Role;
use crate::{PerKind, ReviewConfig};

const MIN: i64 = 60_000;

fn id(n: u32) -> String {
    format!("{n:032x}")
}

fn ids(items: &Value) -> Vec<u32> {
    let one = |item: &Value| u32::from_str_radix(item["id"].as_str().unwrap(), 16).unwrap();
    items.as_array().unwrap().iter().map(one).collect()
}

/// A camera of a street whose zone `north` is a key area, or not.
fn camera(name: &str, street: &str, key_area: bool) -> Message {
    let site = format!(
        "[[camera]]\nid = \"{name}\"\nname = \"{name}\"\ndistrict = \"Xuhui\"\nstreet = \"{street}\"\nsource = \"a.mp4\"\n\
         [[camera.zone]]\nid = \"north\"\nname = \"North\"\npolygon = [[0,0],[1,0],[1,1]]\nkey_area = {key_area}\n"
    );
    let data = CameraData { camera: name.to_owned(), version: 1, site };
    message(topic::CAMERAS, v1::CAMERA, &format!("{name}-1"), Some(serde_json::to_vec(&data).unwrap()))
}

fn of(n: u32, now_ms: i64, kind: &str, score: f64, camera: &str) -> Message {
    let data = CandidateData { kind: kind.to_owned(), score, camera: camera.to_owned(), ..candidate_data(n, now_ms) };
    candidate_message(&data)
}

async fn queue(world: &World, who: &Person, query: &str) -> Value {
    world.get(who, &format!("/candidates?{query}")).await.expect(200)
}

async fn decide(world: &World, who: &Person, n: u32, body: Value) -> super::world::Reply {
    world.post(who, &format!("/candidates/{}/decisions", id(n)), body).await
}

async fn decided(world: &World, who: &Person, n: u32, body: Value) -> Value {
    decide(world, who, n, body).await.expect(201)
}

async fn detail(world: &World, who: &Person, n: u32) -> Value {
    world.get(who, &format!("/candidates/{}", id(n))).await.expect(200)
}

both!(risk_is_kind_key_area_score_and_waiting_and_its_order_stays);
async fn risk_is_kind_key_area_score_and_waiting_and_its_order_stays(world: World) {
    world.take(&[camera("plain", "A Road", false), camera("key", "A Road", true)]).await;
    let now = world.now_ms();
    world
        .take(&[
            of(1, now, "unauthorized_ad", 0.0, "plain"),
            of(2, now, "unauthorized_ad", 1.0, "plain"),
            of(3, now, "waste_dumping", 0.5, "plain"),
            of(4, now, "unauthorized_ad", 0.5, "key"),
            of(5, now, "waste_dumping", 1.0, "key"),
        ])
        .await;
    // Head starts in minutes: 0, 10, 15, 15, 30. A quarter of an hour later another, with 24.
    world.clock.advance(15 * MIN);
    world.take(&[of(6, now, "storefront_encroachment", 1.0, "key"), of(7, now, "unauthorized_ad", 0.0, "plain")]).await;
    let ops = world.person("ops", &[Role::Operator]).await;
    let order = ids(&queue(&world, &ops, "sort=risk").await["items"]);
    assert_eq!(order, [5, 3, 4, 2, 6, 1, 7], "what is alike is by age, then by id");
    let first = queue(&world, &ops, "sort=risk&limit=1").await["items"][0].clone();
    assert_eq!(first["due_at"], rfc3339(now + 30 * MIN));
    assert_eq!(first["hard_stop_at"], rfc3339(now + 5 * 24 * 60 * MIN));
    assert_eq!(first["head_start_s"], 1800.0);
    world.clock.advance(3 * 60 * MIN);
    let ops = world.log_in("ops").await;
    assert_eq!(ids(&queue(&world, &ops, "sort=risk").await["items"]), order, "time changes no order");
    let (mut pieces, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = queue(&world, &ops, &format!("sort=risk&limit=2{cursor}")).await;
        pieces.extend(ids(&page["items"]));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(pieces, order, "page by page");
    let newest = queue(&world, &ops, "limit=1").await["next_cursor"].as_str().unwrap().to_owned();
    assert_eq!(world.get(&ops, &format!("/candidates?sort=risk&cursor={newest}")).await.status, 400, "a cursor of another order");
}

both!(the_clock_of_the_review_can_be_filtered_by);
async fn the_clock_of_the_review_can_be_filtered_by(world: World) {
    let ops = world.person("ops", &[Role::Operator]).await;
    let sla = async |word: &str| {
        // A session does not last as long as the clock is turned here.
        let ops = world.log_in("ops").await;
        ids(&queue(&world, &ops, &format!("sla={word}&sort=oldest")).await["items"])
    };
    assert_eq!(world.get(&ops, "/candidates?sla=late").await.code(), "bad_request");
    world.candidate(1).await;
    world.clock.advance(20 * MIN - 1);
    world.candidate(2).await;
    assert_eq!((sla("in_time").await, sla("soon").await), (vec![1, 2], vec![]));
    world.clock.advance(1);
    assert_eq!((sla("in_time").await, sla("soon").await, sla("overdue").await), (vec![2], vec![1], vec![]));
    world.clock.advance(10 * MIN);
    assert_eq!((sla("overdue").await, sla("soon").await, sla("lapsing").await), (vec![1], vec![], vec![]));
    world.clock.advance((4 * 24 * 60 - 30) * MIN);
    assert_eq!(sla("lapsing").await, [1], "four days of five have passed for the first alone");
}

both!(what_nobody_decides_expires_at_the_hard_stop);
async fn what_nobody_decides_expires_at_the_hard_stop(world: World) {
    let ops = world.person("ops", &[Role::Operator]).await;
    for n in 1..=4 {
        world.candidate(n).await;
    }
    decided(&world, &ops, 2, json!({ "seen_version": 1, "verdict": "needs_field_check" })).await;
    decided(&world, &ops, 3, json!({ "seen_version": 1, "verdict": "reject", "reason": "occluded" })).await;
    world.clock.advance(5 * 24 * 60 * MIN - 1);
    assert_eq!(world.state.store.expire_unreviewed().await.unwrap(), 0);
    world.candidate(5).await;
    world.clock.advance(1);
    let ops = world.log_in("ops").await;
    assert_eq!(decide(&world, &ops, 1, confirm(1)).await.code(), "too_late", "even before it is closed");
    assert_eq!(world.state.store.expire_unreviewed().await.unwrap(), 3);
    assert_eq!(world.state.store.expire_unreviewed().await.unwrap(), 0);
    let page = queue(&world, &ops, "state=expired&sort=oldest").await;
    assert_eq!(ids(&page["items"]), [1, 2, 4]);
    assert_eq!(
        (&page["counts"]["expired"], &page["counts"]["open"], &page["counts"]["rejected"]),
        (&json!(3), &json!(1), &json!(1))
    );
    let stale = decide(&world, &ops, 1, confirm(1)).await;
    assert_eq!((stale.code().as_str(), &stale.json()["error"]["details"]["state"]), ("stale", &json!("expired")));
    for verdict in ["undo", "escalate"] {
        assert_eq!(decide(&world, &ops, 2, json!({ "seen_version": 3, "verdict": verdict })).await.code(), "expired");
    }
    let auditor = world.person("aud", &[Role::Auditor]).await;
    let rows = world.get(&auditor, "/audit?action=candidate.expired").await.expect(200);
    assert_eq!(rows["items"].as_array().unwrap().len(), 3);
    assert_eq!(rows["items"][0]["actor"], "system");
}

both!(other_targets_move_the_clocks_of_what_is_undecided);
async fn other_targets_move_the_clocks_of_what_is_undecided(world: World) {
    let ops = world.person("ops", &[Role::Operator]).await;
    for n in 1..=2 {
        world.candidate(n).await;
    }
    decided(&world, &ops, 1, json!({ "seen_version": 1, "verdict": "reject", "reason": "occluded" })).await;
    // Written by something else than our intake: no clock yet.
    world.sql("UPDATE candidates SET due_ms = 0, rank_ms = 0 WHERE id LIKE '%1'").await.unwrap();
    let store = crate::Store::open(&world.url, 2, world.clock.clone()).await.unwrap();
    store.adopt_review(&ReviewConfig { target_s: PerKind::all(600), ..ReviewConfig::default() }).await.unwrap();
    store.close().await;
    let due = |page: Value| page["items"][0]["due_at"].clone();
    assert_eq!(due(queue(&world, &ops, "").await), rfc3339(world.now_ms() + 10 * MIN));
    assert_eq!(due(queue(&world, &ops, "state=rejected").await), rfc3339(world.now_ms() + 10 * MIN));
    let store = crate::Store::open(&world.url, 2, world.clock.clone()).await.unwrap();
    store.adopt_review(&ReviewConfig::default()).await.unwrap();
    store.close().await;
    assert_eq!(due(queue(&world, &ops, "").await), rfc3339(world.now_ms() + 30 * MIN));
    let kept = due(queue(&world, &ops, "state=rejected").await);
    assert_eq!(kept, rfc3339(world.now_ms() + 10 * MIN), "past reviews keep the target they had");
}

both!(the_same_thing_is_proposed_merged_carried_and_taken_back);
async fn the_same_thing_is_proposed_merged_carried_and_taken_back(world: World) {
    world.take(&[camera("cam-1", "A Road", false), camera("cam-2", "A Road", false), camera("cam-3", "B Road", false)]).await;
    world.candidate(1).await;
    let now = world.now_ms();
    let again = CandidateData { bbox: [0.27, 0.5, 0.52, 0.75], ..candidate_data(2, now + 40 * MIN) };
    let elsewhere = CandidateData { bbox: [0.8, 0.1, 0.9, 0.2], ..candidate_data(3, now + 40 * MIN) };
    let messages = [
        look_message(&id(1), "cleared", now + 20 * MIN),
        candidate_message(&again),
        candidate_message(&elsewhere),
        of(4, now + 10 * MIN, "waste_dumping", 0.5, "cam-2"),
        of(5, now + 10 * MIN, "waste_dumping", 0.5, "cam-3"),
        of(6, now + 10 * MIN, "illegal_stall", 0.5, "cam-2"),
        of(7, now + 3 * 60 * MIN, "waste_dumping", 0.5, "cam-1"),
    ];
    world.take(&messages).await;
    world.clock.advance(40 * MIN);
    let (ops, bob) = (world.person("ops", &[Role::Operator]).await, world.person("bob", &[Role::Operator]).await);
    let proposed = |detail: &Value| -> Vec<(u32, String)> {
        let all = detail["proposals"].as_array().unwrap();
        let n = |p: &Value| u32::from_str_radix(p["candidate"]["id"].as_str().unwrap(), 16).unwrap();
        all.iter().map(|p| (n(p), p["why"].as_str().unwrap().to_owned())).collect()
    };
    let at_two = proposed(&detail(&world, &ops, 2).await);
    // 1 went twenty minutes before, but stood at the same place; 3 stands elsewhere now, without a gap.
    assert_eq!(at_two, [(1, "re_alarm".to_owned()), (3, "re_alarm".to_owned()), (4, "second_camera".to_owned())]);
    assert_eq!(proposed(&detail(&world, &ops, 1).await), [(2, "re_alarm".to_owned()), (4, "second_camera".to_owned())]);

    let merge = |seen: i64, into: u32| json!({ "seen_version": seen, "verdict": "merge", "into": id(into) });
    for (body, code) in [
        (json!({ "seen_version": 1, "verdict": "merge" }), "into_missing"),
        (json!({ "seen_version": 1, "verdict": "escalate", "into": id(1) }), "into_unexpected"),
        (merge(1, 2), "merge_with_itself"),
        (merge(1, 99), "not_found"),
        (merge(1, 5), "another_place"),
        (merge(1, 6), "another_kind"),
        (merge(1, 7), "another_time"),
    ] {
        assert_eq!(decide(&world, &ops, 2, body.clone()).await.code(), code, "{body}");
    }
    let made = decided(&world, &ops, 2, merge(1, 1)).await;
    assert_eq!((&made["state"], &made["decision"]["into"]), (&json!("merged"), &json!(id(1))));
    decided(&world, &ops, 4, merge(1, 1)).await;
    let primary = detail(&world, &ops, 1).await;
    assert_eq!((ids(&primary["carried"]), &primary["candidate"]["carries"]), (vec![4, 2], &json!(2)), "oldest first");
    assert_eq!(primary["proposals"], json!([]), "what carries others is itself not merged");
    assert_eq!(detail(&world, &ops, 2).await["candidate"]["merged_into"], json!(id(1)));
    let page = queue(&world, &ops, "state=merged").await;
    assert_eq!((ids(&page["items"]).len(), &page["counts"]["merged"]), (2, &json!(2)));
    assert_eq!(world.rows("evidence_items").await, 3, "evidence of both is kept");
    assert_eq!(decide(&world, &ops, 1, merge(1, 7)).await.code(), "carries_others");
    let chain = decide(&world, &ops, 3, merge(1, 2)).await;
    assert_eq!((chain.code().as_str(), &chain.json()["error"]["details"]["merged_into"]), ("cannot_carry", &json!(id(1))));
    assert_eq!(decide(&world, &ops, 2, confirm(2)).await.code(), "decided");

    let undo = |seen: i64| json!({ "seen_version": seen, "verdict": "undo" });
    assert_eq!(decide(&world, &bob, 4, undo(2)).await.code(), "not_yours");
    let undone = decided(&world, &ops, 4, undo(2)).await;
    assert_eq!(undone["state"], "open");
    assert_eq!(detail(&world, &ops, 1).await["candidate"]["carries"], 1);
    // The case of the carrier was opened: still nobody's; once somebody goes on with it, it keeps what it carries.
    let case = decided(&world, &ops, 1, confirm(1)).await["case"].as_str().unwrap().to_owned();
    decided(&world, &ops, 4, merge(3, 1)).await;
    world
        .sql(&format!(
            "INSERT INTO case_events (case_id, seq, at_ms, by_name, from_state, to_state, decision, evidence_sha256) \
             VALUES ('{case}', 2, 0, 'law', 'opened', 'opened', '', '')"
        ))
        .await
        .unwrap();
    assert_eq!(decide(&world, &ops, 4, undo(4)).await.code(), "case_taken");
}

both!(a_duplicate_names_what_it_repeats);
async fn a_duplicate_names_what_it_repeats(world: World) {
    world.take(&[camera("cam-1", "A Road", false), camera("cam-2", "A Road", false), camera("cam-3", "B Road", false)]).await;
    world.candidate(1).await;
    let now = world.now_ms();
    let long_after = CandidateData { bbox: [0.27, 0.5, 0.52, 0.75], ..candidate_data(7, now + 5 * 60 * MIN) };
    let messages = [
        look_message(&id(1), "cleared", now + 20 * MIN),
        candidate_message(&CandidateData { bbox: [0.27, 0.5, 0.52, 0.75], ..candidate_data(2, now + 40 * MIN) }),
        candidate_message(&CandidateData {
            evidence: vec![world.file(&format!("{}/manifest.json", id(3)), "manifest", b"{}")],
            camera: "cam-2".to_owned(),
            ..candidate_data(3, now + 10 * MIN)
        }),
        of(4, now + 10 * MIN, "waste_dumping", 0.5, "cam-3"),
        of(5, now + 10 * MIN, "illegal_stall", 0.5, "cam-1"),
        of(6, now + 30 * MIN, "waste_dumping", 0.5, "cam-2"),
        candidate_message(&long_after),
    ];
    world.take(&messages).await;
    world.clock.advance(6 * 60 * MIN);
    let (ops, bob) = (world.person("ops", &[Role::Operator]).await, world.person("bob", &[Role::Operator]).await);
    decided(&world, &ops, 1, json!({ "seen_version": 1, "verdict": "reject", "reason": "moving_vendor" })).await;
    let offered = |detail: &Value, field: &str| -> Vec<u32> {
        let all = detail[field].as_array().unwrap().iter();
        all.map(|p| u32::from_str_radix(p["candidate"]["id"].as_str().unwrap(), 16).unwrap()).collect()
    };
    let two = detail(&world, &ops, 2).await;
    assert_eq!(
        (offered(&two, "proposals"), offered(&two, "repeats")),
        (vec![6, 3], vec![1, 6, 3]),
        "one that is rejected can be repeated"
    );

    let repeat = |seen: i64, of: u32| json!({ "seen_version": seen, "verdict": "reject", "reason": "duplicate", "into": id(of) });
    for (n, body, code) in [
        (2, repeat(1, 2), "repeats_itself"),
        (2, repeat(1, 99), "not_found"),
        (2, repeat(1, 5), "another_kind"),
        (2, repeat(1, 4), "another_place"),
        (7, repeat(1, 1), "another_time"),
        (2, json!({ "seen_version": 1, "verdict": "reject", "reason": "occluded", "into": id(1) }), "into_unexpected"),
    ] {
        assert_eq!(decide(&world, &ops, n, body.clone()).await.code(), code, "{body}");
    }
    assert_eq!(world.rows("decisions").await, 1, "what was refused left nothing");
    let made = decided(&world, &ops, 2, repeat(1, 1)).await;
    assert_eq!((&made["state"], &made["decision"]["into"]), (&json!("rejected"), &json!(id(1))));
    let two = detail(&world, &ops, 2).await;
    assert_eq!((&two["candidate"]["merged_into"], &two["decisions"][0]["into"]), (&json!(id(1)), &json!(id(1))));
    let one = detail(&world, &ops, 1).await;
    assert_eq!((ids(&one["carried"]), &one["candidate"]["carries"]), (vec![2], &json!(1)));
    // No chains, either way.
    let chain = decide(&world, &ops, 6, repeat(1, 2)).await;
    assert_eq!((chain.code().as_str(), &chain.json()["error"]["details"]["merged_into"]), ("cannot_carry", &json!(id(1))));
    decided(&world, &ops, 6, repeat(1, 3)).await;
    assert_eq!(decide(&world, &ops, 3, repeat(1, 1)).await.code(), "carries_others");
    assert_eq!(
        decide(&world, &ops, 3, json!({ "seen_version": 1, "verdict": "merge", "into": id(7) })).await.code(),
        "carries_others"
    );
    // It is known on the case of what it repeats, and in the log; and may be taken back however far that case has gone.
    let case = decided(&world, &ops, 3, confirm(1)).await["case"].as_str().unwrap().to_owned();
    let page = world.get(&bob, &format!("/cases/{case}")).await.expect(200);
    assert_eq!((ids(&page["carried"]), &page["carried"][0]["state"]), (vec![6], &json!("rejected")));
    let auditor = world.person("aud", &[Role::Auditor]).await;
    let log = world.get(&auditor, "/audit?action=decision.reject").await.expect(200);
    assert_eq!(log["items"][0]["details"]["into"], json!(id(3)));
    world
        .sql(&format!(
            "INSERT INTO case_events (case_id, seq, at_ms, by_name, from_state, to_state, decision, evidence_sha256) \
             VALUES ('{case}', 2, 0, 'law', 'opened', 'opened', '', '')"
        ))
        .await
        .unwrap();
    let undone = decided(&world, &ops, 6, json!({ "seen_version": 2, "verdict": "undo" })).await;
    assert_eq!(undone["state"], "open");
    assert_eq!(detail(&world, &ops, 3).await["candidate"]["carries"], 0);
    assert_eq!(detail(&world, &ops, 6).await["candidate"]["merged_into"], Value::Null);
}

both!(a_duplicate_cannot_name_what_its_officer_may_not_see);
async fn a_duplicate_cannot_name_what_its_officer_may_not_see(world: World) {
    world.take(&[camera("cam-1", "A Road", false), camera("cam-2", "B Road", false)]).await;
    world.candidate(1).await;
    world.take(&[of(2, world.now_ms(), "waste_dumping", 0.5, "cam-2")]).await;
    let units = world.state.store.units().await.unwrap();
    let street = units.iter().find(|u| u.unit.street.as_deref() == Some("A Road")).unwrap();
    let ops = world.person_of("ops", &[Role::Operator], &[&street.unit.id]).await;
    for verdict in ["reject", "merge"] {
        let reason = if verdict == "reject" { json!("duplicate") } else { Value::Null };
        let body = json!({ "seen_version": 1, "verdict": verdict, "reason": reason, "into": id(2) });
        let reply = decide(&world, &ops, 1, body).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (404, "not_found"), "{verdict}");
    }
}

both!(a_case_shows_the_finds_that_it_answers);
async fn a_case_shows_the_finds_that_it_answers(world: World) {
    world.take(&[camera("cam-1", "A Road", false), camera("cam-2", "A Road", false)]).await;
    world.candidate(1).await;
    world.take(&[of(2, world.now_ms(), "waste_dumping", 0.5, "cam-2")]).await;
    let ops = world.person("ops", &[Role::Operator]).await;
    let report = async |number: &str, camera: &str, seen: i64| {
        let body = json!({ "source": "12345", "number": number, "kind": "waste_dumping", "camera": camera, "zone": "north",
                           "seen_at": rfc3339(seen) });
        world.post(&ops, "/finds", body).await.expect(201)
    };
    report("A1", "cam-1", world.now_ms()).await;
    report("B2", "cam-2", world.now_ms()).await;
    report("C3", "cam-1", world.now_ms() - 20 * 60 * MIN).await;
    let case = decided(&world, &ops, 1, confirm(1)).await["case"].as_str().unwrap().to_owned();
    // Reported at one moment, they are in no order of their own.
    let numbers = async || -> Vec<String> {
        let page = world.get(&ops, &format!("/cases/{case}")).await.expect(200);
        let finds = page["finds"].as_array().unwrap().iter();
        let mut numbers: Vec<String> = finds.map(|find| find["number"].as_str().unwrap().to_owned()).collect();
        numbers.sort();
        numbers
    };
    assert_eq!(numbers().await, ["A1"]);
    decided(&world, &ops, 2, json!({ "seen_version": 1, "verdict": "merge", "into": id(1) })).await;
    assert_eq!(numbers().await, ["A1", "B2"], "what is the same thing answers for the case as well");
}

both!(many_are_rejected_as_they_were_shown_and_no_others);
async fn many_are_rejected_as_they_were_shown_and_no_others(world: World) {
    for n in 1..=6 {
        world.candidate(n).await;
    }
    let (ops, bob) = (world.person("ops", &[Role::Operator]).await, world.person("bob", &[Role::Operator]).await);
    let claim = async |who: &Person, n: u32| {
        world.call(Some(who), "POST", &format!("/candidates/{}/claim", id(n)), None).await.expect(200)
    };
    claim(&bob, 2).await;
    claim(&ops, 1).await;
    decided(&world, &bob, 3, json!({ "seen_version": 1, "verdict": "escalate" })).await;
    decided(&world, &bob, 4, json!({ "seen_version": 1, "verdict": "reject", "reason": "occluded" })).await;
    let preview = async |body: Value| world.post(&ops, "/candidates/bulk/preview", body).await;
    let named: Vec<String> = [1, 2, 3, 4, 5, 99, 1].map(id).to_vec();
    let seen = preview(json!({ "ids": named })).await.expect(200);
    assert_eq!((ids(&seen["items"]), &seen["more"]), (vec![1, 5], &json!(false)));
    let why = |left: &Value| -> Vec<(u32, String)> {
        let all = left.as_array().unwrap().iter();
        all.map(|l| (u32::from_str_radix(l["id"].as_str().unwrap(), 16).unwrap(), l["why"].as_str().unwrap().to_owned()))
            .collect()
    };
    let words = |list: &[(u32, &str)]| list.iter().map(|(n, w)| (*n, (*w).to_owned())).collect::<Vec<_>>();
    let expected = words(&[(2, "claimed"), (3, "second_eyes"), (4, "not_possible"), (99, "unknown")]);
    assert_eq!(why(&seen["left_out"]), expected);
    let filtered = preview(json!({ "filter": { "sort": "oldest", "camera": "cam-1" } })).await.expect(200);
    assert_eq!((ids(&filtered["items"]), why(&filtered["left_out"])), (vec![1, 5, 6], words(&[(2, "claimed")])));
    assert_eq!(world.rows("decisions").await, 2, "a preview changes nothing");

    for (body, code) in [
        (json!({}), "selection"),
        (json!({ "ids": [], "filter": {} }), "selection"),
        (json!({ "filter": { "limit": 5 } }), "from_the_top"),
        (json!({ "filter": { "colour": "red" } }), "bad_request"),
        (json!({ "ids": vec!["x"; 201] }), "too_many"),
    ] {
        assert_eq!(preview(body.clone()).await.code(), code, "{body}");
    }
    let items = |list: &[(u32, i64)]| list.iter().map(|(n, v)| json!({ "id": id(*n), "seen_version": v })).collect::<Vec<_>>();
    let bulk = async |body: Value| world.post(&ops, "/candidates/bulk", body).await;
    for (body, code) in [
        (json!({ "verdict": "reject", "items": items(&[(1, 1)]) }), "reason_missing"),
        (json!({ "verdict": "reject", "items": [], "reason": "occluded" }), "too_many"),
        (json!({ "verdict": "confirm", "items": items(&[(1, 1)]) }), "bad_request"),
        (json!({ "verdict": "undo", "items": items(&[(1, 1)]), "reason": "occluded" }), "reason_unexpected"),
    ] {
        assert_eq!(bulk(body.clone()).await.code(), code, "{body}");
    }
    // Between the preview and the order somebody was faster.
    decided(&world, &bob, 5, json!({ "seen_version": 1, "verdict": "needs_field_check" })).await;
    let order = json!({ "verdict": "reject", "reason": "moving_vendor", "note": "one lorry",
                        "items": items(&[(1, 1), (2, 1), (3, 2), (5, 1), (6, 1), (99, 1)]) });
    let made = bulk(order).await.expect(200);
    assert_eq!(ids(&made["made"]), [1, 6]);
    assert_eq!(why(&made["left_out"]), words(&[(2, "claimed"), (3, "second_eyes"), (5, "changed"), (99, "unknown")]));
    assert_eq!(made["left_out"][2]["by"], "bob", "who was faster");
    let one = detail(&world, &ops, 1).await["decisions"][0].clone();
    assert_eq!((&one["reason"], &one["note"], &one["seen_version"]), (&json!("moving_vendor"), &json!("one lorry"), &json!(1)));
    assert_eq!(world.rows("decisions").await, 5, "each is a decision of its own");

    let undo = bulk(json!({ "verdict": "undo", "items": made["made"].clone() })).await.expect(200);
    assert_eq!(ids(&undo["made"]), [1, 6]);
    let again = bulk(json!({ "verdict": "undo", "items": undo["made"].clone() })).await.expect(200);
    assert_eq!(why(&again["left_out"]), words(&[(1, "not_possible"), (6, "not_possible")]));
    assert_eq!(ids(&queue(&world, &ops, "sort=oldest").await["items"]), [1, 2, 6]);
    let auditor = world.person("aud", &[Role::Auditor]).await;
    let rows = world.get(&auditor, "/audit?action=decision.reject").await.expect(200);
    let batches = rows["items"].as_array().unwrap().iter().filter(|row| row["details"]["batch"] == made["batch"]).count();
    assert_eq!(batches, 2, "the log says which belong together");
}
