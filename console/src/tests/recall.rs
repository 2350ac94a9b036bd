//! Frame audits and finds from drawing and entering to the estimate, on both databases.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};

use super::both;
use super::clearance::import;
use super::world::{HOUR, MINUTE, Person, SATURDAY, World, candidate_data, candidate_message, confirm, look_message};
use crate::app;
use crate::backtest::{Answer, Ask, Backtester, KeptView, Light};
use crate::clock::rfc3339;
use crate::dto::Role;

/// The same picture every hour of a day, five minutes past.
struct Hourly {
    picture: PathBuf,
    first_ms: i64,
}

impl Backtester for Hourly {
    fn run(&self, _ask: &Ask) -> Result<Answer, String> {
        Ok(Answer::default())
    }

    fn still(&self, camera: &str, _key: &str) -> Option<PathBuf> {
        (camera == "cam-1").then(|| self.picture.clone())
    }

    fn views(&self, camera: &str, since_ms: i64) -> Result<Vec<KeptView>, String> {
        let at = |hour: i64| self.first_ms + hour * HOUR + 5 * MINUTE;
        let of = |hour: i64| KeptView { at_ms: at(hour), light: Light::Day, key: format!("2027-01-16.view-{hour:02}.jpg") };
        Ok((0..24).filter(|hour| camera == "cam-1" && at(*hour) >= since_ms).map(of).rev().collect())
    }

    fn ask_view(&self, _camera: &str) -> Result<(), String> {
        Ok(())
    }
}

/// The recorder kept this picture every hour of the day that begins then.
pub(super) fn keep_pictures(world: &mut World, picture: PathBuf, first_ms: i64) {
    world.state.hooks.backtest = Some(Arc::new(Hourly { picture, first_ms }));
    world.router = app(world.state.clone());
}

fn with_pictures(world: &mut World) {
    let picture = world.folder.path().join("view.jpg");
    std::fs::write(&picture, b"\xff\xd8 the street").unwrap();
    keep_pictures(world, picture, SATURDAY);
}

/// A camera that watches all Saturday; something stands from 10:00 to 11:00 and is confirmed.
async fn saturday(world: &mut World) -> String {
    with_pictures(world);
    import(world).await;
    world.beats("cam-1", SATURDAY, SATURDAY + 24 * HOUR).await;
    world.turn_to(SATURDAY + 10 * HOUR + 30_000);
    let id = world.candidate(1).await;
    world.take(&[look_message(&id, "cleared", SATURDAY + 11 * HOUR)]).await;
    id
}

async fn evening(world: &World) {
    world.turn_to(SATURDAY + 25 * HOUR);
    world.state.clearance.refresh(&world.state.store).await.unwrap().expect("nobody else makes figures");
}

fn wanted(minutes: i64, seed: &str) -> Value {
    json!({ "from": "2027-01-16", "until": "2027-01-16", "minutes": minutes, "seed": seed })
}

async fn draw(world: &World, who: &Person, body: Value) -> Value {
    let audit = world.post(who, "/frame-audits", body).await.expect(201);
    world.get(who, &format!("/frame-audits/{}", audit["id"].as_str().unwrap())).await.expect(200)
}

/// The position of the minute whose picture was taken in this hour of Saturday.
fn of_hour(audit: &Value, hour: i64) -> i64 {
    let at = rfc3339(SATURDAY + hour * HOUR + 5 * MINUTE);
    let found = audit["minutes"].as_array().unwrap().iter().find(|m| m["picture_at"] == at && m["not_sampled"].is_null());
    found.unwrap()["position"].as_i64().unwrap()
}

async fn answer(world: &World, who: &Person, audit: &Value, hour: i64, verdict: &str) -> Value {
    let path = format!("/frame-audits/{}/answers", audit["audit"]["id"].as_str().unwrap());
    let reason = if verdict == "cannot_tell" { json!("dark") } else { Value::Null };
    let body = json!({ "position": of_hour(audit, hour), "seen_answers": 0, "verdict": verdict, "reason": reason });
    world.post(who, &path, body).await.expect(201)
}

async fn recall(world: &World, who: &Person, more: &str) -> Value {
    world.get(who, &format!("/clearance/recall?from=2027-01-16&until=2027-01-16{more}")).await.expect(200)
}

both!(an_audit_is_drawn_without_candidates_answered_blind_and_matched);
async fn an_audit_is_drawn_without_candidates_answered_blind_and_matched(mut world: World) {
    with_pictures(&mut world);
    import(&world).await;
    world.beats("cam-1", SATURDAY, SATURDAY + 24 * HOUR).await;
    world.turn_to(SATURDAY + 25 * HOUR);
    let chief = world.person("chief", &[Role::Supervisor]).await;
    let before = draw(&world, &chief, wanted(300, "s")).await;
    // The same day with something on it: the frame and what is drawn of it are the same.
    let data = candidate_data(1, SATURDAY + 10 * HOUR + 30_000);
    world.take(&[candidate_message(&data), look_message(&data.id, "cleared", SATURDAY + 11 * HOUR)]).await;
    evening(&world).await;
    let audit = draw(&world, &chief, wanted(300, "s")).await;
    let drawn = |audit: &Value| audit["minutes"].as_array().unwrap().iter().map(|m| m["minute_at"].clone()).collect::<Vec<_>>();
    assert_eq!(drawn(&before), drawn(&audit), "candidates take no part");
    assert_eq!(before["audit"]["frame_sha256"], audit["audit"]["frame_sha256"]);
    assert_eq!((&audit["audit"]["frame_minutes"], &audit["audit"]["minutes"]), (&json!(1440), &json!(300)));
    let minutes = audit["minutes"].as_array().unwrap();
    let sampled: Vec<&Value> = minutes.iter().filter(|m| m["not_sampled"].is_null()).collect();
    assert_eq!(sampled.len(), 24, "each picture is looked at once");
    assert_eq!(audit["audit"]["not_sampled"], 276);
    assert!(minutes.iter().all(|m| m["overlaps"] == json!([]) && m["answers"] == json!([])), "nothing is told before an answer");
    assert_eq!((&sampled[0]["outcome"], &sampled[0]["polygon"][0]), (&json!("waiting"), &json!([0.1, 0.1])));

    let url = sampled[0]["picture_url"].as_str().unwrap().strip_prefix("/api/v1").unwrap().to_owned();
    assert_eq!(world.get(&chief, &url).await.bytes, b"\xff\xd8 the street");
    let eye = world.person("eye", &[Role::Auditor]).await;
    let looks = world.get(&eye, "/audit?action=recording.look").await.expect(200);
    assert_eq!(looks["items"][0]["reason"], "frame_audit", "every look stands in the log");

    for (hour, verdict, outcome) in
        [(10, "violation", "found"), (14, "violation", "missed"), (15, "none", "none"), (16, "cannot_tell", "cannot_tell")]
    {
        let now = answer(&world, &chief, &audit, hour, verdict).await;
        let one = now["minutes"].as_array().unwrap().iter().find(|m| m["position"] == of_hour(&audit, hour)).unwrap().clone();
        assert_eq!((&one["outcome"], &one["answers"][0]["blind"]), (&json!(outcome), &json!(true)), "{hour}");
        assert_eq!(one["overlaps"].as_array().unwrap().len(), usize::from(hour == 10));
    }
    let total = recall(&world, &chief, "").await["total"].clone();
    let counts = ["found", "missed", "none", "cannot_tell", "waiting"].map(|name| total[name].as_i64().unwrap());
    assert_eq!(counts, [1, 1, 1, 1, 20], "two audits drew the same pictures: each counts once");
    assert_eq!((&total["missed_share"]["value"], &total["missed_share"]["n"]), (&Value::Null, &json!(3)), "hidden below thirty");
    assert_eq!((&total["recall"]["value"], &total["recall"]["n"]), (&Value::Null, &json!(2)));
}

both!(an_answer_is_superseded_in_the_open_and_never_changed);
async fn an_answer_is_superseded_in_the_open_and_never_changed(mut world: World) {
    saturday(&mut world).await;
    evening(&world).await;
    let chief = world.person("chief", &[Role::Supervisor]).await;
    let audit = draw(&world, &chief, wanted(300, "s")).await;
    answer(&world, &chief, &audit, 14, "violation").await;
    let path = format!("/frame-audits/{}/answers", audit["audit"]["id"].as_str().unwrap());
    let second =
        |seen: i64, note: &str| json!({ "position": of_hour(&audit, 14), "seen_answers": seen, "verdict": "none", "note": note });
    assert_eq!(world.post(&chief, &path, second(0, "a shop sign")).await.code(), "answered");
    assert_eq!(world.post(&chief, &path, second(1, " ")).await.code(), "bad_answer", "it says why");
    let now = world.post(&chief, &path, second(1, "a shop sign")).await.expect(201);
    let one = now["minutes"].as_array().unwrap().iter().find(|m| m["position"] == of_hour(&audit, 14)).unwrap();
    assert_eq!((&one["outcome"], one["answers"].as_array().unwrap().len()), (&json!("none"), 2));
    assert_eq!((&one["answers"][1]["blind"], &one["answers"][1]["note"]), (&json!(false), &json!("a shop sign")));
    let total = recall(&world, &chief, "").await["total"].clone();
    assert_eq!((&total["none"], &total["missed"], &total["revised"]), (&json!(1), &json!(0), &json!(1)));
    for bad in [
        json!({ "position": of_hour(&audit, 15), "seen_answers": 0, "verdict": "cannot_tell" }),
        json!({ "position": of_hour(&audit, 15), "seen_answers": 0, "verdict": "none", "reason": "dark" }),
    ] {
        assert_eq!(world.post(&chief, &path, bad).await.code(), "bad_answer");
    }
    let without = audit["minutes"].as_array().unwrap().iter().find(|m| !m["not_sampled"].is_null()).unwrap();
    let body = json!({ "position": without["position"], "seen_answers": 0, "verdict": "none" });
    assert_eq!(world.post(&chief, &path, body).await.code(), "not_sampled", "what nobody can see is never none");
    assert_eq!(world.post(&chief, &path, json!({ "position": 9999, "seen_answers": 0, "verdict": "none" })).await.status, 404);
    std::fs::remove_file(world.folder.path().join("view.jpg")).unwrap();
    let blind = |verdict: &str, reason: Value| json!({ "position": of_hour(&audit, 16), "seen_answers": 0, "verdict": verdict, "reason": reason });
    for verdict in ["none", "violation"] {
        assert_eq!(world.post(&chief, &path, blind(verdict, Value::Null)).await.code(), "picture_gone", "nobody saw it");
    }
    world.post(&chief, &path, blind("cannot_tell", json!("picture_gone"))).await.expect(201);
    for table in ["frame_audits", "frame_audit_minutes", "frame_answers"] {
        for sql in [format!("DELETE FROM {table}"), format!("UPDATE {table} SET district = ''")] {
            let sql = if table == "frame_answers" { sql.replace("district", "note") } else { sql };
            let error = world.sql(&sql).await.expect_err(&sql);
            assert!(error.to_string().contains("append-only"), "{sql}: {error}");
        }
    }
}

both!(only_watched_minutes_are_drawn_and_only_within_ones_scope);
async fn only_watched_minutes_are_drawn_and_only_within_ones_scope(mut world: World) {
    with_pictures(&mut world);
    import(&world).await;
    world.beats("cam-1", SATURDAY, SATURDAY + 6 * HOUR).await;
    world.turn_to(SATURDAY + 24 * HOUR);
    let chief = world.person("chief", &[Role::Supervisor]).await;
    let audit = draw(&world, &chief, wanted(500, "s")).await;
    assert_eq!(
        (&audit["audit"]["frame_minutes"], &audit["audit"]["minutes"]),
        (&json!(360), &json!(360)),
        "six hours were watched"
    );
    let pictures: Vec<&str> = audit["minutes"].as_array().unwrap().iter().filter_map(|m| m["picture_at"].as_str()).collect();
    assert_eq!(pictures.len(), 6);
    assert!(
        pictures.iter().all(|at| *at < rfc3339(SATURDAY + 6 * HOUR).as_str()),
        "a picture of an unwatched moment says nothing"
    );

    let root = world.person("root", &[Role::Administrator]).await;
    let unit = world.post(&root, "/units", json!({ "parent": "city", "name": "Elsewhere" })).await.expect(201);
    let far = world.person_of("far", &[Role::Supervisor], &[unit["id"].as_str().unwrap()]).await;
    assert_eq!(world.post(&far, "/frame-audits", wanted(5, "s")).await.code(), "bad_audit", "nothing was watched there");
    assert_eq!(world.get(&far, "/frame-audits").await.expect(200)["items"], json!([]));
    let id = audit["audit"]["id"].as_str().unwrap();
    assert_eq!(world.get(&far, &format!("/frame-audits/{id}")).await.status, 404);
    let body = json!({ "position": 1, "seen_answers": 0, "verdict": "none" });
    assert_eq!(world.post(&far, &format!("/frame-audits/{id}/answers"), body).await.status, 404);
    assert_eq!(recall(&world, &far, "").await["total"]["drawn"], 0);
    for bad in [
        json!({ "from": "2027-01-17", "until": "2027-01-16", "minutes": 5 }),
        json!({ "from": "2026-12-01", "until": "2027-01-16", "minutes": 5 }),
        json!({ "from": "2027-01-16", "until": "2027-01-16", "minutes": 501 }),
        json!({ "from": "2027-01-16", "until": "2027-01-16", "minutes": 5, "district": "Nowhere" }),
        json!({ "from": "noon", "until": "2027-01-16", "minutes": 5 }),
    ] {
        assert_eq!(world.post(&chief, "/frame-audits", bad.clone()).await.code(), "bad_audit", "{bad}");
    }
    world.state.hooks.backtest = None;
    world.router = app(world.state.clone());
    assert_eq!(world.post(&chief, "/frame-audits", wanted(5, "s")).await.code(), "no_recordings");
    let gone = world.get(&chief, &format!("/frame-audits/{id}")).await.expect(200);
    assert!(gone["minutes"].as_array().unwrap().iter().all(|m| m["picture_url"].is_null()), "what is not kept is not offered");
}

fn find(number: &str, seen: &str) -> Value {
    json!({ "source": "12345", "number": number, "kind": "waste_dumping", "camera": "cam-1", "zone": "north", "seen_at": seen })
}

both!(finds_are_matched_counted_where_covered_and_corrected_with_a_reason);
async fn finds_are_matched_counted_where_covered_and_corrected_with_a_reason(mut world: World) {
    let candidate = saturday(&mut world).await;
    evening(&world).await;
    let ops = world.person("ops", &[Role::Operator]).await;
    let add = async |body: Value| world.post(&ops, "/finds", body).await.expect(201);
    let before = add(find("A1", "2027-01-16 09:45")).await;
    assert_eq!((&before["cover"], &before["matched"]["candidate"]), (&json!("covered"), &json!(candidate)));
    assert_eq!(before["lead_s"], 15 * 60 + 30, "the complaint came first");
    let during = add(find("A2", "2027-01-16 10:30")).await;
    assert_eq!((&during["lead_s"], during["matched"].is_object()), (&Value::Null, true));
    let missed = add(find("A3", "2027-01-16 15:00")).await;
    assert_eq!((&missed["cover"], &missed["matched"]), (&json!("covered"), &Value::Null));
    // Friday, before the camera watched; and in no zone.
    let dark = add(find("A4", "2027-01-15 23:59")).await;
    assert_eq!(dark["cover"], "unwatched");
    let mut nowhere = find("", "2027-01-16 12:00");
    nowhere["source"] = json!("patrol");
    nowhere["zone"] = Value::Null;
    assert_eq!(add(nowhere).await["cover"], "no_zone");

    let ana = world.person("ana", &[Role::Analyst]).await;
    let total = recall(&world, &ana, "").await["total"].clone();
    let counts = |total: &Value| {
        ["finds", "no_zone", "covered", "without_candidate", "reported_first"].map(|n| total[n].as_i64().unwrap())
    };
    assert_eq!(counts(&total), [4, 1, 3, 1, 1], "Friday's is not of this day");
    assert_eq!((&total["miss_share"]["value"], &total["miss_share"]["n"]), (&Value::Null, &json!(3)));
    assert_eq!(total["lead_median_s"], 930.0);
    let two_days = world.get(&ana, "/clearance/recall?from=2027-01-15&until=2027-01-16").await.expect(200)["total"].clone();
    assert_eq!((&two_days["finds"], &two_days["unwatched"], &two_days["covered"]), (&json!(5), &json!(1), &json!(3)));

    // A person says that the candidate is something else, and takes another find back.
    let chief = world.person("chief", &[Role::Supervisor]).await;
    let path = |find: &Value| format!("/finds/{}/rulings", find["id"].as_str().unwrap());
    let rule = |ruling: &str, seen: i64| json!({ "ruling": ruling, "reason": "another stall", "seen_rulings": seen });
    assert_eq!(world.post(&ops, &path(&during), rule("none", 0)).await.status, 403);
    let ruled = world.post(&chief, &path(&during), rule("none", 0)).await.expect(201);
    assert_eq!((&ruled["matched"], &ruled["rulings"][0]["by"]), (&Value::Null, &json!("chief")));
    assert_eq!(world.post(&chief, &path(&during), rule("none", 0)).await.code(), "ruled");
    assert_eq!(world.post(&chief, &path(&during), rule("candidate", 1)).await.code(), "bad_ruling");
    let mut named = rule("candidate", 0);
    named["candidate"] = json!(candidate);
    assert_eq!(world.post(&chief, &path(&missed), named).await.expect(201)["matched"]["candidate"], json!(candidate));
    world.post(&chief, &path(&before), rule("withdrawn", 0)).await.expect(201);
    assert_eq!(counts(&recall(&world, &ana, "").await["total"]), [3, 1, 2, 1, 0]);

    let list = async |with: &str| {
        let page =
            world.get(&ana, &format!("/clearance/recall/finds?from=2027-01-15&until=2027-01-16&with={with}")).await.expect(200);
        page["items"].as_array().unwrap().iter().map(|f| f["number"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((list("missed").await, list("matched").await), (vec!["A2".to_owned()], vec!["A3".to_owned()]));
    assert_eq!((list("withdrawn").await, list("unwatched").await), (vec!["A1".to_owned()], vec!["A4".to_owned()]));
    assert_eq!(world.get(&ana, "/clearance/recall/finds?with=lost").await.status, 400);
    let links = world.get(&ops, &format!("/candidates/{candidate}")).await.expect(200)["finds"].clone();
    assert_eq!(links.as_array().unwrap().iter().map(|f| f["number"].clone()).collect::<Vec<_>>(), [json!("A3")]);
    for table in ["finds", "find_rulings"] {
        let error = world.sql(&format!("DELETE FROM {table}")).await.expect_err(table);
        assert!(error.to_string().contains("append-only"), "{table}: {error}");
    }
}

both!(what_a_find_meets_may_be_merged_rejected_late_or_across_midnight);
async fn what_a_find_meets_may_be_merged_rejected_late_or_across_midnight(mut world: World) {
    with_pictures(&mut world);
    import(&world).await;
    world.beats("cam-1", SATURDAY, SATURDAY + 26 * HOUR).await;
    let stands = async |n: u32, from: i64, until: i64| {
        world.turn_to(from);
        let id = world.candidate(n).await;
        world.take(&[look_message(&id, "cleared", until)]).await;
        id
    };
    let rejected = stands(1, SATURDAY + 8 * HOUR, SATURDAY + 9 * HOUR).await;
    let carrier = stands(2, SATURDAY + 12 * HOUR, SATURDAY + 13 * HOUR).await;
    let merged = stands(3, SATURDAY + 14 * HOUR, SATURDAY + 15 * HOUR).await;
    let late = stands(4, SATURDAY + 24 * HOUR + 10 * MINUTE, SATURDAY + 25 * HOUR).await;
    world.turn_to(SATURDAY + 26 * HOUR);
    let chief = world.person("chief", &[Role::Supervisor]).await;
    let decide = async |id: &str, body: Value| {
        world.post(&chief, &format!("/candidates/{id}/decisions"), body).await.expect(201);
    };
    decide(&rejected, json!({ "seen_version": 1, "verdict": "reject", "reason": "not_a_violation" })).await;
    decide(&carrier, confirm(1)).await;
    decide(&merged, json!({ "seen_version": 1, "verdict": "merge", "into": carrier })).await;
    world.state.clearance.refresh(&world.state.store).await.unwrap();
    let seen = async |number: &str, at: &str| world.post(&chief, "/finds", find(number, at)).await.expect(201);
    let only_rejected = seen("B1", "2027-01-16 08:30").await;
    assert_eq!((&only_rejected["matched"], &only_rejected["overlaps"][0]["rejected"]), (&Value::Null, &json!(true)));
    assert_eq!(seen("B2", "2027-01-16 14:30").await["matched"]["candidate"], json!(merged), "merged, and found");
    let midnight = seen("B3", "2027-01-16 23:55").await;
    assert_eq!((&midnight["matched"]["candidate"], &midnight["lead_s"]), (&json!(late), &json!(15 * 60)));
    let total = recall(&world, &chief, "&by=kind").await;
    assert_eq!((&total["total"]["without_candidate"], &total["total"]["only_rejected"]), (&json!(1), &json!(1)));
    assert_eq!((&total["groups"][0]["kind"], &total["groups"][0]["figure"]["covered"]), (&json!("waste_dumping"), &json!(3)));
    // A rejection that is taken back changes the estimate.
    decide(&rejected, json!({ "seen_version": 2, "verdict": "undo" })).await;
    world.state.clearance.refresh(&world.state.store).await.unwrap();
    assert_eq!(recall(&world, &chief, "").await["total"]["without_candidate"], 0);
}

both!(what_has_stood_for_weeks_is_matched_and_what_was_gone_for_weeks_is_not);
async fn what_has_stood_for_weeks_is_matched_and_what_was_gone_for_weeks_is_not(mut world: World) {
    with_pictures(&mut world);
    import(&world).await;
    let days = |n: i64| SATURDAY + n * 24 * HOUR;
    world.beats("cam-1", days(0), days(0) + 2 * HOUR).await;
    world.beats("cam-1", days(20), days(20) + 12 * HOUR).await;
    world.turn_to(days(0));
    let gone = world.candidate(1).await;
    world.take(&[look_message(&gone, "cleared", days(0) + HOUR)]).await;
    world.turn_to(days(0) + HOUR);
    let stands = world.candidate(2).await;
    world.turn_to(days(20) + 12 * HOUR);
    let chief = world.person("chief", &[Role::Supervisor]).await;
    world.state.clearance.refresh(&world.state.store).await.unwrap();
    let found = world.post(&chief, "/finds", find("C1", "2027-02-05 08:30")).await.expect(201);
    assert_eq!((&found["cover"], &found["matched"]["candidate"]), (&json!("covered"), &json!(stands)), "{found}");
    assert_eq!(found["overlaps"].as_array().map(Vec::len), Some(1), "what was gone weeks before is not told");
    // One list is matched once for all that is asked of it, and again after the next find.
    let list = async || world.get(&chief, "/clearance/recall/finds?from=2027-02-01&until=2027-02-06").await.expect(200);
    assert_eq!((list().await["total"].clone(), list().await["total"].clone()), (json!(1), json!(1)));
    world.post(&chief, "/finds", find("C2", "2027-02-05 03:00")).await.expect(201);
    assert_eq!(list().await["total"], 2);
}

both!(a_file_of_finds_is_entered_whole_or_not_at_all);
async fn a_file_of_finds_is_entered_whole_or_not_at_all(mut world: World) {
    saturday(&mut world).await;
    evening(&world).await;
    let ops = world.person("ops", &[Role::Operator]).await;
    let import = async |csv: &str| world.post(&ops, "/finds/import", json!({ "csv": csv })).await;
    let head = "source,number,kind,camera,zone,seen_at,reported_at,note\n";
    let good =
        "12345,C1,waste_dumping,cam-1,north,2027-01-16 10:30,,by the gate\npatrol,,waste_dumping,cam-1,,2027-01-16 11:00,,\n";
    let bad = "12345,C1,waste_dumping,cam-1,north,2027-01-16 10:40,,again\npatrol,,waste_dumping,cam-9,north,2027-01-16 11:00,,\n\
               patrol,,waste_dumping,cam-1,south,2027-01-16 11:00,,\n";
    let answer = import(&format!("{head}{good}{bad}")).await.expect(200);
    let lines: Vec<i64> = answer["errors"].as_array().unwrap().iter().map(|e| e["line"].as_i64().unwrap()).collect();
    assert_eq!((&answer["added"], lines), (&json!(0), vec![4, 5, 6]), "{answer}");
    assert_eq!(world.rows("finds").await, 0, "nothing of it");
    assert_eq!(import(&format!("{head}{good}")).await.expect(200), json!({ "added": 2, "errors": [] }));
    assert_eq!(import(&format!("{head}{good}")).await.expect(200)["errors"][0]["line"], 2, "the number is there already");
    assert_eq!(import("a,b\n1,2\n").await.code(), "bad_file");
    let ana = world.person("ana", &[Role::Analyst]).await;
    let file = world.get(&ana, "/clearance/recall/export?of=finds&from=2027-01-16&until=2027-01-16").await;
    let text = String::from_utf8(file.bytes).unwrap();
    assert!(
        text.contains(",C1,") && text.lines().count() == 3 && text.lines().next().unwrap().ends_with(",definition"),
        "{text}"
    );
    assert_eq!(world.get(&ana, "/clearance/recall/export?of=pictures").await.status, 400);
    for bad in [find("", "2027-01-16 10:30"), find("D1", "2027-01-18 10:30"), find("D2", "noon")] {
        assert_eq!(world.post(&ops, "/finds", bad.clone()).await.code(), "bad_find", "{bad}");
    }
    let mut foreign = find("D3", "2027-01-16 10:30");
    foreign["camera"] = json!("cam-9");
    assert_eq!(world.post(&ops, "/finds", foreign).await.code(), "bad_find");
}

both!(estimates_are_filtered_as_the_other_figures_are);
async fn estimates_are_filtered_as_the_other_figures_are(mut world: World) {
    saturday(&mut world).await;
    evening(&world).await;
    let chief = world.person("chief", &[Role::Supervisor]).await;
    let audit = draw(&world, &chief, wanted(300, "s")).await;
    answer(&world, &chief, &audit, 10, "violation").await;
    for (more, drawn) in [
        ("&district=Xuhui&street=Hunan%20Road", true),
        ("&key_area=true&kind=waste_dumping", true),
        ("&camera=cam-1&zone=north", true),
        ("&district=Elsewhere", false),
        ("&key_area=false", false),
        ("&kind=illegal_stall", false),
        ("&camera=cam-2", false),
    ] {
        let total = recall(&world, &chief, more).await["total"].clone();
        assert_eq!((total["drawn"].as_i64().unwrap() > 0, total["found"] == 1), (drawn, drawn), "{more}");
    }
    let street = recall(&world, &chief, "&by=street").await;
    assert_eq!((&street["groups"][0]["name"], &street["groups"][0]["figure"]["found"]), (&json!("Hunan Road"), &json!(1)));
    assert_eq!((&street["definition"]["version"], &street["audits"]), (&json!(1), &json!(1)));
    let ana = world.person("ana", &[Role::Analyst]).await;
    let page = world.get(&ana, "/clearance/recall/minutes?from=2027-01-16&until=2027-01-16&with=found").await;
    assert!(!String::from_utf8_lossy(&page.bytes).contains("recorded/"), "an analyst never gets a picture");
    let page = page.expect(200);
    assert_eq!((&page["total"], &page["items"][0]["outcome"]), (&json!(1), &json!("found")));
    assert_eq!(world.get(&ana, "/clearance/recall/minutes?with=perhaps").await.status, 400);
    let file = world.get(&ana, "/clearance/recall/export?from=2027-01-16&until=2027-01-16").await;
    assert!(String::from_utf8(file.bytes).unwrap().contains(",found,"));
    // A kind of its own definition: what was matched under it says so.
    let mut parameters = serde_json::to_value(crate::dto::ClearanceParameters::default()).unwrap();
    parameters["audit_match_min"] = json!(0);
    let define = json!({ "seen_version": 1, "note": "to the minute", "parameters": parameters });
    world.post(&chief, "/clearance/definitions", define).await.expect(201);
    assert_eq!(recall(&world, &chief, "").await["definition"]["version"], 2);
}
