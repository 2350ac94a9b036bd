//! What workers did on a camera: kept once, in any order, added up; and what of it counts as watched.

use bus::Message;
use events::wire::v1::{self, AccountData, UnjudgedData, topic};
use serde_json::{Value, json};

use super::both;
use super::clearance::import;
use super::world::{HOUR, MINUTE, Person, SATURDAY, World, health_message_of, message};
use crate::clock::rfc3339;
use crate::dto::{NewClearanceDefinition, Role};

const DAY: i64 = 24 * HOUR;
const STALLS_AND_DUMPING: &[&str] = &["illegal_stall", "waste_dumping"];

/// Key frames every two seconds of 25 a second.
fn account(from: i64, until: i64) -> AccountData {
    let (received, looked) = ((until - from) as u64 / 40, (until - from) as u64 / 2000);
    AccountData {
        from: rfc3339(from),
        received,
        decoded: looked,
        inferred: looked,
        dropped: [("not_needed".to_owned(), received - looked)].into(),
        decode: "keyframes".to_owned(),
        active_s: 0.0,
        judged: STALLS_AND_DUMPING.iter().map(|kind| (*kind).to_owned()).collect(),
        models: vec!["street@5eed0000".to_owned()],
        unjudged: Vec::new(),
        ended: None,
    }
}

pub(super) fn hole(from: i64, until: i64) -> UnjudgedData {
    UnjudgedData { from: rfc3339(from), until: rfc3339(until), why: "models_failed".to_owned() }
}

fn account_message(run: u64, until: i64, account: &AccountData) -> Message {
    let data = json!({ "camera": "cam-1", "health": "ok", "run": run, "at_s": 1.0, "at": rfc3339(until), "account": account });
    let id = format!("cam-1-account-{run}-{until}");
    message(topic::OBSERVATIONS, v1::OBSERVATION, &id, Some(data.to_string().into_bytes()))
}

/// Accounts of five minutes each.
pub(super) fn accounts(run: u64, from: i64, until: i64, change: impl Fn(&mut AccountData)) -> Vec<Message> {
    let five = 5 * MINUTE;
    (0..(until - from) / five)
        .map(|n| {
            let mut told = account(from + n * five, from + (n + 1) * five);
            change(&mut told);
            account_message(run, from + (n + 1) * five, &told)
        })
        .collect()
}

/// Somebody who has just come in: sessions end when the clock is turned far.
async fn analyst(world: &World) -> Person {
    let number = world.rows("users").await;
    world.person(&format!("ana-{number}"), &[Role::Analyst]).await
}

async fn flow(world: &World, period: &str) -> Value {
    let person = analyst(world).await;
    world.get(&person, &format!("/cameras/cam-1/flow?period={period}")).await.expect(200)
}

/// Coverage of that Saturday, of one kind.
async fn covered(world: &World, kind: &str) -> Value {
    world.state.clearance.refresh(&world.state.store).await.unwrap().expect("nobody else makes figures");
    let path = format!("/clearance/report?from=2027-01-16&until=2027-01-16&kind={kind}");
    world.get(&analyst(world).await, &path).await.expect(200)["coverage"]["value"].clone()
}

both!(accounts_add_up_however_they_come);
async fn accounts_add_up_however_they_come(world: World) {
    import(&world).await;
    let now = world.now_ms();
    let mut told = accounts(7, now - HOUR, now, |_| ());
    told.reverse();
    told.swap(2, 9);
    assert_eq!(world.take(&told).await, ["stored"; 12]);
    assert_eq!(world.take(&told).await, ["duplicate"; 12], "delivered again");
    let hour = flow(&world, "hour").await;
    assert_eq!(hour["total"]["received"], 90_000);
    assert_eq!((&hour["total"]["decoded"], &hour["total"]["known_s"]), (&json!(1800), &json!(3600.0)));
    assert_eq!(hour["total"]["dropped"], json!([{ "reason": "not_needed", "frames": 88_200 }]));
    let steps = hour["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 12);
    assert!(steps.iter().all(|step| step["received"] == 7_500), "{steps:?}");
    assert_eq!((&hour["decode"], &hour["known_until"]), (&json!("keyframes"), &json!(rfc3339(now))));
    let judged = hour["judged"].as_array().unwrap();
    assert_eq!(judged.len(), 1, "one unbroken stretch: {judged:?}");
    assert_eq!(judged[0]["kinds"], json!(STALLS_AND_DUMPING));
    assert_eq!((&judged[0]["from"], &judged[0]["until"]), (&json!(rfc3339(now - HOUR)), &json!(rfc3339(now))));
    assert_eq!(judged[0]["models"], json!(["street@5eed0000"]));
    // No beat among them: of the camera's watching they say nothing.
    assert_eq!(world.rows("watch_spans").await, 0);
}

both!(old_accounts_are_added_up_by_the_hour_and_count_once);
async fn old_accounts_are_added_up_by_the_hour_and_count_once(world: World) {
    import(&world).await;
    let began = world.now_ms();
    let told = accounts(7, began, began + 2 * HOUR, |_| ());
    world.take(&told[..20]).await;
    world.turn_to(began + 3 * DAY);
    assert_eq!(world.state.store.fold_flow().await.unwrap(), 20);
    assert_eq!((world.rows("camera_flow").await, world.rows("camera_flow_hours").await), (0, 2));
    let received = async || flow(&world, "week").await["total"]["received"].clone();
    assert_eq!(received().await, 20 * 7_500);
    // Those of a spool that was cut off for days come now, with some that were there.
    let taken = world.take(&told[15..]).await;
    assert_eq!(taken, ["duplicate", "duplicate", "duplicate", "duplicate", "duplicate", "stored", "stored", "stored", "stored"]);
    assert_eq!(received().await, 24 * 7_500);
    assert_eq!(world.state.store.fold_flow().await.unwrap(), 0);
    assert_eq!(received().await, 24 * 7_500);
    let week = flow(&world, "week").await;
    assert_eq!(week["judged"].as_array().unwrap().len(), 1, "in one piece, late or not");
    // And after a month nothing of it is kept but what coverage needs.
    world.turn_to(began + 40 * DAY);
    world.state.store.fold_flow().await.unwrap();
    assert_eq!((world.rows("camera_flow_hours").await, world.rows("camera_runs").await), (0, 0));
    assert_eq!(world.take(&told[..1]).await, ["duplicate"]);
    assert_eq!((world.rows("camera_flow").await, world.rows("judged_spans").await), (0, 1));
}

both!(an_account_across_two_steps_is_shared_between_them);
async fn an_account_across_two_steps_is_shared_between_them(world: World) {
    import(&world).await;
    let now = world.now_ms();
    let from = now - 7 * MINUTE;
    world.take(&[account_message(7, now - 2 * MINUTE, &account(from, now - 2 * MINUTE))]).await;
    let hour = flow(&world, "hour").await;
    let steps: Vec<_> = hour["steps"].as_array().unwrap()[10..].iter().map(|step| step["received"].clone()).collect();
    assert_eq!(steps, [3_000, 4_500]);
    assert_eq!(hour["total"]["received"], 7_500);
    assert_eq!(world.get(&analyst(&world).await, "/cameras/cam-1/flow?period=year").await.status.as_u16(), 400);
}

both!(runs_are_told_with_why_they_ended);
async fn runs_are_told_with_why_they_ended(world: World) {
    import(&world).await;
    let now = world.now_ms();
    let stalled = AccountData { ended: Some("stalled".to_owned()), ..account(now - 50 * MINUTE, now - 45 * MINUTE) };
    let beat = |run: u64, at: i64| {
        let data = json!({ "camera": "cam-1", "health": "ok", "run": run, "at_s": 1.0, "at": rfc3339(at) });
        message(topic::OBSERVATIONS, v1::OBSERVATION, &format!("b{at}"), Some(data.to_string().into_bytes()))
    };
    // The second worker was killed; the end of the first run comes last.
    let told = [
        beat(3, now),
        beat(2, now - 30 * MINUTE),
        beat(2, now - 20 * MINUTE),
        beat(1, now - 50 * MINUTE),
        account_message(1, now - 45 * MINUTE, &stalled),
        beat(1, now - 46 * MINUTE),
    ];
    world.take(&told).await;
    let hour = flow(&world, "hour").await;
    let runs: Vec<_> = hour["runs"].as_array().unwrap().iter().map(|run| (run["run"].clone(), run["ended"].clone())).collect();
    assert_eq!(runs, [(json!(3), Value::Null), (json!(2), Value::Null), (json!(1), json!("stalled"))]);
    assert_eq!(hour["runs"][2]["until"], json!(rfc3339(now - 45 * MINUTE)));
    assert_eq!(hour["runs_in_all"], 3);
}

both!(an_account_that_cannot_be_is_a_dead_letter);
async fn an_account_that_cannot_be_is_a_dead_letter(world: World) {
    let now = world.now_ms();
    let bad = |change: &dyn Fn(&mut AccountData)| {
        let mut told = account(now - 5 * MINUTE, now);
        change(&mut told);
        account_message(7, now, &told)
    };
    let mut of_a_candidate: Value = serde_json::from_slice(&bad(&|_| ()).data.unwrap()).unwrap();
    of_a_candidate["candidate"] = json!("0".repeat(32));
    of_a_candidate["state"] = json!("present");
    of_a_candidate.as_object_mut().unwrap().remove("health");
    let messages = [
        bad(&|told| told.from = rfc3339(now + 1)),
        bad(&|told| told.from = rfc3339(now - 2 * DAY)),
        bad(&|told| told.from = "noon".to_owned()),
        bad(&|told| told.received = u64::MAX),
        bad(&|told| told.decode = "some".to_owned()),
        bad(&|told| told.active_s = -1.0),
        bad(&|told| told.dropped = [("Not A Word".to_owned(), 1)].into()),
        bad(&|told| told.models = vec!["a,b".to_owned()]),
        bad(&|told| told.models = vec!["m".to_owned(); 17]),
        bad(&|told| told.unjudged = vec![hole(now - 10 * MINUTE, now)]),
        bad(&|told| told.unjudged = vec![hole(now, now - 1)]),
        bad(&|told| told.unjudged = vec![hole(now - 2, now - 1); 65]),
        bad(&|told| told.ended = Some("it's over".to_owned())),
        message(topic::OBSERVATIONS, v1::OBSERVATION, "x", Some(of_a_candidate.to_string().into_bytes())),
    ];
    assert_eq!(world.take(&messages).await, vec!["dead_letter"; messages.len()]);
    // Kinds of a later version are no reason to refuse.
    let later = bad(&|told| told.judged.push("parking".to_owned()));
    assert_eq!(world.take(&[later]).await, ["stored"]);
}

both!(a_kind_that_was_not_judged_was_not_watched);
async fn a_kind_that_was_not_judged_was_not_watched(world: World) {
    import(&world).await;
    world.beats("cam-1", SATURDAY, SATURDAY + DAY).await;
    world.turn_to(SATURDAY + 25 * HOUR);
    assert_eq!(covered(&world, "waste_dumping").await, json!(1.0), "a worker of an earlier version gives no account");

    // From noon on: an hour in which the models failed, and four without the rule for dumping; the rest was judged.
    let noon = SATURDAY + 12 * HOUR;
    world.take(&accounts(7, noon, noon + 2 * HOUR, |_| ())).await;
    let failed = |told: &mut AccountData| told.unjudged = vec![UnjudgedData { from: told.from.clone(), ..hole(0, until(told)) }];
    world.take(&accounts(7, noon + 2 * HOUR, noon + 3 * HOUR, failed)).await;
    world.take(&accounts(7, noon + 3 * HOUR, noon + 7 * HOUR, |told| told.judged = vec!["illegal_stall".to_owned()])).await;
    world.take(&accounts(7, noon + 7 * HOUR, noon + 12 * HOUR, |_| ())).await;
    // As one who looks at them a while later, when all is made again.
    world.turn_to(SATURDAY + 26 * HOUR);
    assert_eq!(covered(&world, "waste_dumping").await, json!(19.0 / 24.0));

    // Another worker judged it for half of that time, while the camera went from one to the other.
    world.take(&accounts(8, noon + 3 * HOUR, noon + 5 * HOUR, |_| ())).await;
    world.turn_to(SATURDAY + 27 * HOUR);
    assert_eq!(covered(&world, "waste_dumping").await, json!(21.0 / 24.0));
}

fn until(told: &AccountData) -> i64 {
    crate::clock::parse_ms(&told.from).unwrap() + 5 * MINUTE
}

both!(a_detector_that_was_replaced_is_no_gap_unless_it_was_one);
async fn a_detector_that_was_replaced_is_no_gap_unless_it_was_one(world: World) {
    import(&world).await;
    world.beats("cam-1", SATURDAY, SATURDAY + 12 * HOUR).await;
    world.beats("cam-1", SATURDAY + 12 * HOUR + 2 * MINUTE, SATURDAY + DAY).await;
    world.turn_to(SATURDAY + 25 * HOUR);
    let noon = SATURDAY + 12 * HOUR;
    world.take(&accounts(7, SATURDAY, noon, |_| ())).await;
    // The worker is started again with other models: two minutes pass, within which no beat is missed.
    let other = |told: &mut AccountData| told.models = vec!["street@5eed2222".to_owned()];
    world.take(&accounts(8, noon + 2 * MINUTE, noon + 2 * MINUTE + 11 * HOUR, other)).await;
    assert_eq!(covered(&world, "waste_dumping").await, json!(1.0), "of the time between nobody gave account");
    let week = flow(&world, "week").await;
    let models: Vec<_> = week["judged"].as_array().unwrap().iter().map(|span| span["models"][0].clone()).collect();
    assert_eq!(models, ["street@5eed2222", "street@5eed0000"]);

    // This one had to learn the street first.
    let learning = |told: &mut AccountData| {
        let from = crate::clock::parse_ms(&told.from).unwrap();
        if from == noon + 2 * MINUTE + 11 * HOUR {
            told.unjudged = vec![UnjudgedData { why: "learning".to_owned(), ..hole(from, from + 3 * MINUTE) }];
        }
    };
    world.take(&accounts(9, noon + 2 * MINUTE + 11 * HOUR, SATURDAY + DAY - 3 * MINUTE, learning)).await;
    world.turn_to(SATURDAY + 26 * HOUR);
    assert_eq!(covered(&world, "waste_dumping").await, json!((1440.0 - 3.0) / 1440.0));
}

both!(definitions_of_before_count_every_minute_that_the_camera_was_well);
async fn definitions_of_before_count_every_minute_that_the_camera_was_well(world: World) {
    import(&world).await;
    world.beats("cam-1", SATURDAY, SATURDAY + DAY).await;
    world.turn_to(SATURDAY + 25 * HOUR);
    world.take(&accounts(7, SATURDAY, SATURDAY + 6 * HOUR, |told| told.judged.clear())).await;
    assert_eq!(covered(&world, "waste_dumping").await, json!(0.75));
    let now = world.state.store.clearance_definition().await.unwrap();
    let mut parameters = now.parameters.clone();
    parameters.observed_by_kind = false;
    let new = NewClearanceDefinition { seen_version: now.version, note: "as it was".to_owned(), parameters };
    world.state.store.define_clearance(&new, "ana").await.unwrap();
    assert_eq!(covered(&world, "waste_dumping").await, json!(1.0));
    // What was stored before there was such a thing says nothing of it, and means no.
    let mut stored = serde_json::to_value(&now.parameters).unwrap();
    stored.as_object_mut().unwrap().remove("observed_by_kind");
    let read: crate::dto::ClearanceParameters = serde_json::from_value(stored).unwrap();
    assert!(!read.observed_by_kind);
}

both!(a_message_of_another_cameras_health_is_no_account_of_this_one);
async fn a_message_of_another_cameras_health_is_no_account_of_this_one(world: World) {
    import(&world).await;
    world.take(&[health_message_of("cam-2", "ok", world.now_ms())]).await;
    let day = flow(&world, "day").await;
    assert_eq!((&day["known_until"], &day["decode"], &day["runs"]), (&Value::Null, &Value::Null, &json!([])));
    assert_eq!(day["total"]["known_s"], 0.0);
    assert_eq!(world.get(&analyst(&world).await, "/cameras/none/flow").await.status.as_u16(), 404);
}
