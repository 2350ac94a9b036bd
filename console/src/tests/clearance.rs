//! Clearance figures from messages and decisions to the report, on both databases.

use events::site::Site;
use serde_json::{Value, json};

use super::both;
use super::world::{HOUR, MINUTE, Person, SATURDAY, START_MS, World, confirm, health_message, look_message};
use crate::dto::{ClearanceParameters, Kind, Role};
use crate::store::CameraTime;
use crate::{SeedError, SeedOptions};

const SITE: &str = r#"
[[camera]]
id = "cam-1"
name = "Corner"
district = "Xuhui"
street = "Hunan Road"
source = "rtsp://camera/1"
[[camera.zone]]
id = "north"
name = "North pavement"
polygon = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]
key_area = true
[camera.zone.rules.waste_dumping]
"#;

pub(super) async fn import(world: &World) {
    world.state.store.import_site(&Site::parse("site.toml", SITE).unwrap(), "test").await.unwrap();
}

async fn refresh(world: &World) -> usize {
    world.state.clearance.refresh(&world.state.store).await.unwrap().expect("nobody else makes figures")
}

/// A candidate raised at 10:00:30 on Saturday, and gone at 11:00.
async fn an_hour_on_saturday(world: &World) -> String {
    world.turn_to(SATURDAY + 10 * HOUR + 30_000);
    let id = world.candidate(1).await;
    world.take(&[look_message(&id, "cleared", SATURDAY + 11 * HOUR)]).await;
    id
}

async fn decide(world: &World, who: &Person, id: &str) {
    world.post(who, &format!("/candidates/{id}/decisions"), confirm(1)).await.expect(201);
}

both!(a_day_with_one_violation_is_told_with_its_definition);
async fn a_day_with_one_violation_is_told_with_its_definition(world: World) {
    import(&world).await;
    world.beats("cam-1", SATURDAY, SATURDAY + 24 * HOUR).await;
    let id = an_hour_on_saturday(&world).await;
    let supervisor = world.person("chief", &[Role::Supervisor]).await;
    world.turn_to(SATURDAY + 10 * HOUR + 20 * MINUTE + 30_000);
    decide(&world, &supervisor, &id).await;
    world.turn_to(SATURDAY + 25 * HOUR);
    refresh(&world).await;
    let analyst = world.person("ana", &[Role::Analyst]).await;
    let report = world.get(&analyst, "/clearance/report?from=2027-01-16&until=2027-01-16").await.expect(200);
    assert_eq!(report["definition"]["version"], 1);
    assert_eq!(report["coverage"], json!({ "value": 1.0, "force_h": 24.0, "watched_h": 24.0 }));
    assert_eq!((report["zero"]["violation"].clone(), report["zero"]["share"].clone()), (json!(1), json!(0.0)));
    assert_eq!(report["ovm"]["minutes"], 60.0);
    assert_eq!(report["ovm"]["per_watched_h"], 2.5);
    assert_eq!(report["confirm"]["km_median"], 1200);
    assert_eq!(report["clear"]["km_median"], 3600);
    assert_eq!(report["clear_from_confirmed"]["km_median"], 3600 - 1230);
    assert_eq!(report["quality"]["precision"]["value"], Value::Null, "hidden below thirty");
    assert_eq!(report["quality"]["precision"]["n"], 1);
    assert_eq!(report["recurrence"][0]["share"]["value"], Value::Null, "no follow-up is over: null, not 0");
    assert_eq!(report["trend"][0]["date"], "2027-01-16");
    let hour = report["heat"].as_array().unwrap().iter().find(|c| c["weekday"] == 6 && c["hour"] == 10).unwrap();
    assert_eq!(hour["per_watched_h"], 60.0);
    assert_eq!(report["groups"][0]["key"], "Xuhui");

    let list = world.get(&analyst, "/clearance/days?from=2027-01-16&until=2027-01-16&zero=violation").await.expect(200);
    assert_eq!((list["total"].clone(), list["items"][0]["ovm_min"].clone()), (json!(1), json!(60.0)));
    let key = "/clearance/day?camera=cam-1&zone=north&kind=waste_dumping&day=2027-01-16";
    let reply = world.get(&analyst, key).await;
    assert!(!String::from_utf8_lossy(&reply.bytes).contains("evidence/"), "an analyst never gets a picture");
    let detail = reply.expect(200);
    assert_eq!(detail["violations"][0]["candidates"], json!([id]));
    assert_eq!(detail["violations"][0]["end"], "cleared");
    assert_eq!(detail["candidates"][0]["counts_as"], "confirmed");
    for (query, status) in [
        ("report?from=2027-01-17&until=2027-01-16", 400),
        ("report?from=yesterday", 400),
        ("report?by=colour", 400),
        ("report?kind=x", 400),
        ("report?definition=9", 404),
        ("report?from=2020-01-01&until=2027-01-16", 400),
        ("days?zero=nothing", 400),
        ("days?weekday=8", 400),
        ("day?camera=cam-1&zone=north&kind=waste_dumping&day=1999-01-01", 404),
    ] {
        assert_eq!(world.get(&analyst, &format!("/clearance/{query}")).await.status.as_u16(), status, "{query}");
    }
}

both!(a_worker_that_died_silently_is_unknown_and_no_zero);
async fn a_worker_that_died_silently_is_unknown_and_no_zero(world: World) {
    import(&world).await;
    // `ok` until noon, and then never a word again: the camera's last health is still `ok`.
    world.beats("cam-1", SATURDAY, SATURDAY + 12 * HOUR).await;
    world.turn_to(SATURDAY + 25 * HOUR);
    refresh(&world).await;
    let analyst = world.person("ana", &[Role::Analyst]).await;
    let report = world.get(&analyst, "/clearance/report?from=2027-01-16&until=2027-01-16").await.expect(200);
    assert_eq!(report["coverage"]["value"], 0.5);
    assert_eq!(report["zero"]["unknown_coverage"], 1);
    assert_eq!(report["zero"]["share"], Value::Null);
    assert_eq!(report["indicators"][0]["reached"], "not_measurable");
    let detail = "/clearance/day?camera=cam-1&zone=north&kind=waste_dumping&day=2027-01-16";
    let detail = world.get(&analyst, detail).await.expect(200);
    assert_eq!(detail["unwatched"], json!([["2027-01-16T04:00:00.000Z", "2027-01-16T16:00:00.000Z"]]));
}

both!(beats_may_come_twice_late_and_in_any_order);
async fn beats_may_come_twice_late_and_in_any_order(world: World) {
    let minute = |n: i64| START_MS + n * MINUTE;
    let beat = |health: &str, n: i64| health_message(health, minute(n));
    world.take(&[beat("ok", 0), beat("ok", 2), beat("ok", 1), beat("ok", 2)]).await;
    // From the spool, after the ones that came later.
    world.take(&[beat("ok", 10), beat("ok", 12), beat("ok", 4), beat("ok", 6), beat("ok", 8)]).await;
    let watched = async || {
        world.state.store.watching(&[CameraTime::since("cam-1", 0)]).await.unwrap()[0].observed(Kind::IllegalStall, false)
    };
    assert_eq!(watched().await.spans(), [(minute(0), minute(12))]);
    // Turned away since 14, believed at 15; back at 30. Then silence, and a beat an hour later.
    world.take(&[beat("ok", 14), beat("ok", 15), beat("moved", 14), beat("moved", 16), beat("moved", 18)]).await;
    world.take(&[beat("moved", 20), beat("ok", 22), beat("ok", 24), beat("ok", 84)]).await;
    assert_eq!(watched().await.spans(), [(minute(0), minute(14)), (minute(22), minute(24))]);
}

both!(a_late_review_restates_a_final_day_and_keeps_what_it_said);
async fn a_late_review_restates_a_final_day_and_keeps_what_it_said(world: World) {
    import(&world).await;
    world.beats("cam-1", SATURDAY, SATURDAY + 24 * HOUR).await;
    let id = an_hour_on_saturday(&world).await;
    world.person("chief", &[Role::Supervisor]).await;
    let report = "/clearance/report?from=2027-01-16&until=2027-01-16";
    world.turn_to(SATURDAY + 30 * HOUR);
    refresh(&world).await;
    let analyst = world.person("ana", &[Role::Analyst]).await;
    let before = world.get(&analyst, report).await.expect(200);
    assert_eq!((before["zero"]["unknown_pending"].clone(), before["restated"].clone()), (json!(1), json!(0)));
    world.turn_to(SATURDAY + 49 * HOUR);
    refresh(&world).await;
    let analyst = world.log_in("ana").await;
    assert_eq!(world.get(&analyst, report).await.expect(200)["restated"], 0, "becoming final is no change");
    world.turn_to(SATURDAY + 80 * HOUR);
    let supervisor = world.log_in("chief").await;
    decide(&world, &supervisor, &id).await;
    refresh(&world).await;
    let analyst = world.log_in("ana").await;
    let after = world.get(&analyst, report).await.expect(200);
    assert_eq!((after["zero"]["violation"].clone(), after["restated"].clone()), (json!(1), json!(1)));
    assert_eq!(after["trend"][0]["restated"], 1);
    let key = "/clearance/day?camera=cam-1&zone=north&kind=waste_dumping&day=2027-01-16";
    let detail = world.get(&analyst, key).await.expect(200);
    assert_eq!(detail["restatements"][0]["changed"]["zero"], json!(["unknown_pending", "violation"]));
    assert_eq!(detail["restatements"][0]["old_as_of"], "2027-01-17T17:00:00.000Z");
    assert_eq!(refresh(&world).await, 0, "nothing changed: nothing is written");
    for table in ["clearance_restatements", "clearance_definitions"] {
        assert!(world.sql(&format!("DELETE FROM {table}")).await.is_err(), "{table} is only appended to");
    }
}

both!(a_new_definition_makes_new_figures_and_leaves_the_old_ones);
async fn a_new_definition_makes_new_figures_and_leaves_the_old_ones(world: World) {
    import(&world).await;
    world.beats("cam-1", SATURDAY, SATURDAY + 20 * HOUR).await;
    world.turn_to(SATURDAY + 25 * HOUR);
    refresh(&world).await;
    let chief = world.person("chief", &[Role::Supervisor]).await;
    let analyst = world.person("ana", &[Role::Analyst]).await;
    let zero = async |definition: &str| {
        let path = format!("/clearance/report?from=2027-01-16&until=2027-01-16{definition}");
        let report = world.get(&analyst, &path).await.expect(200);
        (report["zero"]["zero"].clone(), report["zero"]["unknown_hole"].clone(), report["definition"]["version"].clone())
    };
    assert_eq!(zero("").await, (json!(0), json!(1), json!(1)), "four hours in one piece are too many");
    let parameters = ClearanceParameters { hole_max_min: 300, ..ClearanceParameters::default() };
    let new =
        |seen: i64, parameters: &ClearanceParameters| json!({ "seen_version": seen, "note": "nights", "parameters": parameters });
    assert_eq!(world.post(&analyst, "/clearance/definitions", new(1, &parameters)).await.status, 403);
    let bad = ClearanceParameters { coverage_min: 1.2, ..parameters.clone() };
    assert_eq!(world.post(&chief, "/clearance/definitions", new(1, &bad)).await.code(), "bad_parameter");
    let same = ClearanceParameters::default();
    assert_eq!(world.post(&chief, "/clearance/definitions", new(1, &same)).await.code(), "unchanged");
    let mut unknown = new(1, &parameters);
    unknown["parameters"]["colour"] = json!("red");
    assert_eq!(world.post(&chief, "/clearance/definitions", unknown).await.status, 400);
    world.post(&chief, "/clearance/definitions", new(1, &parameters)).await.expect(201);
    let stale = world.post(&chief, "/clearance/definitions", new(1, &parameters)).await;
    assert_eq!((stale.status.as_u16(), stale.code().as_str()), (409, "stale"));
    let report = world.get(&analyst, "/clearance/report").await.expect(200);
    assert_eq!((report["building"].clone(), report["zone_days"].clone()), (json!(true), json!(0)), "not made yet, and says so");
    refresh(&world).await;
    assert_eq!(zero("").await, (json!(1), json!(0), json!(2)));
    assert_eq!(zero("&definition=1").await, (json!(0), json!(1), json!(1)));
}

fn options() -> SeedOptions {
    SeedOptions {
        seed: 7,
        cameras: 12,
        days: 16,
        candidates: 900,
        until_ms: START_MS,
        time_zone: "Asia/Shanghai".to_owned(),
        into_existing: false,
        figures: true,
    }
}

both!(a_seeded_history_has_everything_an_analyst_looks_for);
async fn a_seeded_history_has_everything_an_analyst_looks_for(world: World) {
    let made = crate::seed(&world.url, &options(), |_| {}).await.unwrap();
    assert_eq!((made.cameras, made.candidates), (12, 900));
    let analyst = world.person("ana", &[Role::Analyst]).await;
    let report = world.get(&analyst, "/clearance/report?by=zone").await.expect(200);
    assert_eq!(report["building"], false);
    assert!(report["violations"].as_u64().unwrap() > 100);
    assert!(report["restated"].as_u64().unwrap() > 0, "the backlog that was worked off restates final days");
    assert!(report["clear"]["censored"].as_u64().unwrap() > 0);
    let zero = &report["zero"];
    for part in ["zero", "violation", "unknown_hole", "unknown_pending", "running"] {
        assert!(zero[part].as_u64().unwrap() > 0, "{part}: {zero}");
    }
    let total: u64 = zero.as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert_eq!(total, report["zone_days"].as_u64().unwrap(), "every zone-day is exactly one thing");
    let areas = world.get(&analyst, "/areas").await.expect(200);
    assert_eq!(areas["items"].as_array().unwrap().len(), 6, "every other street has one: {areas}");
    let by_area = world.get(&analyst, "/clearance/report?by=area").await.expect(200);
    assert!(by_area["groups"].as_array().unwrap().iter().any(|group| group["area"].is_string()), "they are counted");
    let recall = world.get(&analyst, "/clearance/recall").await.expect(200)["total"].clone();
    for count in ["none", "found", "missed", "cannot_tell", "waiting", "not_sampled", "covered", "without_candidate", "no_zone"] {
        assert!(recall[count].as_u64().unwrap() > 0, "{count}: {recall}");
    }
    assert!(recall["missed_share"]["value"].is_f64() && recall["miss_share"]["value"].is_f64(), "enough to be shown: {recall}");
    let again = crate::seed(&world.url, &options(), |_| {}).await;
    assert!(matches!(again, Err(SeedError::NotEmpty { cameras: 12, candidates: 900 })), "never over data");
}

both!(the_same_seed_is_the_same_history);
async fn the_same_seed_is_the_same_history(world: World) {
    let other = if world.is_postgres() { World::postgres().await.unwrap() } else { World::sqlite().await };
    for world in [&world, &other] {
        crate::seed(&world.url, &options(), |_| {}).await.unwrap();
    }
    let mut reports = Vec::new();
    for world in [&world, &other] {
        let analyst = world.person("ana", &[Role::Analyst]).await;
        let mut report = world.get(&analyst, "/clearance/report?by=zone").await.expect(200);
        let mut recall = world.get(&analyst, "/clearance/recall?by=street").await.expect(200);
        for one in [&mut report, &mut recall] {
            one["definition"]["at"] = Value::Null;
        }
        recall["as_of"] = Value::Null;
        reports.push((report, recall));
    }
    assert_eq!(reports[0], reports[1]);
}
