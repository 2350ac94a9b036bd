//! A bureau's day: drawn, checked, handed in, approved by another person, live, brought back; and how right a zone was.

use events::site::Site;
use events::wire::v1::{self, CameraData, topic};
use serde_json::{Value, json};

use super::both;
use super::cameras::SITE;
use super::world::{Person, Reply, World, candidate_data, candidate_message, confirm};
use crate::clock::rfc3339;
use crate::dto::Role;

struct Bureau {
    world: World,
    editor: Person,
    approver: Person,
}

impl Bureau {
    async fn new(world: World) -> Self {
        let editor = world.person("ed", &[Role::BureauEditor]).await;
        let approver = world.person("amy", &[Role::BureauApprover]).await;
        world.post(&editor, "/cameras/import", json!({ "site": SITE })).await.expect(200);
        Self { world, editor, approver }
    }

    async fn desk(&self) -> Value {
        self.world.get(&self.editor, "/cameras/cam-1/draft").await.expect(200)
    }

    async fn save(&self, who: &Person, seen: i64, zones: &Value) -> Reply {
        let version = self.desk().await["version"].clone();
        let body = json!({ "seen_revision": seen, "seen_version": version, "zones": zones, "holidays": ["2027-02-06"] });
        self.world.call(Some(who), "PUT", "/cameras/cam-1/draft", Some(body)).await
    }

    async fn step(&self, who: &Person, step: &str, body: Value) -> Reply {
        self.world.post(who, &format!("/cameras/cam-1/draft/{step}"), body).await
    }

    /// The zones as they are live, with the one changed.
    async fn drawn(&self, change: impl FnOnce(&mut Value)) -> Value {
        let mut zones = self.desk().await["zones"].clone();
        change(&mut zones[0]);
        zones
    }

    async fn sent(&self) -> Vec<CameraData> {
        let waiting = self.world.state.store.outbox_waiting(100).await.unwrap();
        waiting.iter().filter(|(_, m)| m.topic == topic::CAMERAS).map(|(_, m)| m.parse(v1::CAMERA).unwrap()).collect()
    }
}

both!(a_zone_is_drawn_approved_by_another_person_and_goes_out);
async fn a_zone_is_drawn_approved_by_another_person_and_goes_out(world: World) {
    let bureau = Bureau::new(world).await;
    let zones = bureau.drawn(|zone| zone["polygon"] = json!([[0.1, 0.5], [0.8, 0.5], [0.8, 1.0], [0.1, 1.0]])).await;
    let desk = bureau.save(&bureau.editor, 0, &zones).await.expect(200);
    assert_eq!(
        (&desk["draft"]["revision"], &desk["draft"]["state"], &desk["draft"]["mine"]),
        (&json!(1), &json!("editing"), &json!(true))
    );
    assert_eq!(desk["draft"]["diff"][0]["fields"][0]["field"], "polygon");
    assert_eq!(desk["draft"]["diff"][1]["fields"][0]["after"], json!(["2027-02-06"]));
    assert_eq!(bureau.step(&bureau.approver, "approve", json!({ "seen_revision": 1 })).await.code(), "not_submitted");
    let handed = bureau.step(&bureau.editor, "submit", json!({ "seen_revision": 1, "note": "kerb moved" })).await.expect(200);
    assert_eq!(handed, json!({ "state": "submitted", "revision": 2, "version": null }));
    assert_eq!(bureau.sent().await.len(), 1, "nothing goes out unapproved");
    let stale = bureau.step(&bureau.approver, "approve", json!({ "seen_revision": 1 })).await;
    assert_eq!(
        (stale.status.as_u16(), stale.json()["error"]["details"]["history"][0]["action"].clone()),
        (409, json!("submitted"))
    );
    let live = bureau.step(&bureau.approver, "approve", json!({ "seen_revision": 2 })).await.expect(200);
    assert_eq!((&live["state"], &live["version"]), (&json!("published"), &json!(2)));

    let sent = bureau.sent().await;
    let site = Site::parse("sent", &sent[1].site).unwrap();
    assert_eq!((sent.len(), sent[1].version, site.cameras[0].zones[0].polygon.corners()[1].x), (2, 2, 0.8));
    assert_eq!((site.cameras[0].source.as_str(), site.calendar.holidays.len()), ("rtsp://user:secret@10.0.0.1/stream", 1));
    let desk = bureau.desk().await;
    assert_eq!((&desk["version"], &desk["draft"]), (&json!(2), &Value::Null));
    let versions = bureau.world.get(&bureau.approver, "/cameras/cam-1/versions").await.expect(200);
    let newest = &versions["items"][0];
    assert_eq!((&newest["author"], &newest["approver"], &newest["note"]), (&json!("ed"), &json!("amy"), &json!("kerb moved")));
    assert_eq!(newest["diff"][0]["zone"], "north");

    let back = bureau.world.post(
        &bureau.editor,
        "/cameras/cam-1/versions/1/restore",
        json!({ "seen_revision": 0, "note": "wrong kerb" }),
    );
    let desk = back.await.expect(200);
    assert_eq!((&desk["draft"]["restores"], &desk["draft"]["zones"][0]["polygon"][1]), (&json!(1), &json!([0.9, 0.5])));
    bureau.step(&bureau.editor, "submit", json!({ "seen_revision": 1 })).await.expect(200);
    assert_eq!(bureau.step(&bureau.approver, "approve", json!({ "seen_revision": 2 })).await.expect(200)["version"], 3);
    let versions = bureau.world.get(&bureau.editor, "/cameras/cam-1/versions").await.expect(200);
    assert_eq!((&versions["items"][0]["version"], &versions["items"][0]["restores"]), (&json!(3), &json!(1)));
    assert!(bureau.world.sql("DELETE FROM zone_publications").await.is_err(), "appended");
    assert!(bureau.world.sql("UPDATE zone_draft_events SET by_name = 'x'").await.is_err(), "appended");
}

both!(nobody_approves_what_they_had_a_hand_in);
async fn nobody_approves_what_they_had_a_hand_in(world: World) {
    let bureau = Bureau::new(world).await;
    let both = bureau.world.person("bo", &[Role::BureauEditor, Role::BureauApprover]).await;
    let zones = bureau.drawn(|zone| zone["key_area"] = json!(false)).await;
    bureau.save(&both, 0, &zones).await.expect(200);
    bureau.save(&bureau.editor, 1, &zones).await.expect(200);
    bureau.step(&bureau.editor, "submit", json!({ "seen_revision": 2 })).await.expect(200);
    assert_eq!(bureau.step(&both, "approve", json!({ "seen_revision": 3 })).await.code(), "own_draft");
    assert_eq!(bureau.step(&bureau.approver, "return", json!({ "seen_revision": 3 })).await.code(), "note_missing");
    let back = bureau.step(&bureau.approver, "return", json!({ "seen_revision": 3, "note": "keep the flag" })).await.expect(200);
    assert_eq!(back["state"], "editing");
    let history = bureau.desk().await["draft"]["history"].clone();
    assert_eq!(
        (&history[3]["action"], &history[3]["note"], &history[3]["by"]),
        (&json!("returned"), &json!("keep the flag"), &json!("amy"))
    );
    assert_eq!(bureau.step(&bureau.editor, "discard", json!({ "seen_revision": 4 })).await.expect(200)["state"], "discarded");
    assert_eq!(bureau.desk().await["draft"], Value::Null);
    assert_eq!(bureau.save(&bureau.editor, 4, &zones).await.code(), "stale", "it is no longer open");
}

both!(two_who_draw_at_once_do_not_overwrite_each_other);
async fn two_who_draw_at_once_do_not_overwrite_each_other(world: World) {
    let bureau = Bureau::new(world).await;
    let other = bureau.world.person("eve", &[Role::BureauEditor]).await;
    let zones = bureau.drawn(|zone| zone["name"] = json!("Pavement")).await;
    bureau.save(&bureau.editor, 0, &zones).await.expect(200);
    let stale = bureau.save(&other, 0, &zones).await;
    assert_eq!((stale.status.as_u16(), stale.code()), (409, "stale".to_owned()));
    assert_eq!(stale.json()["error"]["details"]["by"], "ed");
    // A site file arrives while the draft is open: what it was drawn over is no longer live.
    bureau.world.post(&other, "/cameras/import", json!({ "site": SITE.replace("45s", "50s") })).await.expect(200);
    let moved = bureau.step(&bureau.editor, "submit", json!({ "seen_revision": 1 })).await;
    assert_eq!((moved.status.as_u16(), moved.code()), (409, "base_moved".to_owned()));
    assert_eq!(moved.json()["error"]["details"]["version"], 2);
    let body = json!({ "seen_revision": 1, "seen_version": 1, "zones": zones, "holidays": [] });
    assert_eq!(bureau.world.call(Some(&bureau.editor), "PUT", "/cameras/cam-1/draft", Some(body)).await.code(), "base_moved");
    bureau.save(&bureau.editor, 1, &zones).await.expect(200);
    bureau.step(&bureau.editor, "submit", json!({ "seen_revision": 2 })).await.expect(200);
}

both!(a_drawing_that_is_wrong_is_kept_but_not_handed_in);
async fn a_drawing_that_is_wrong_is_kept_but_not_handed_in(world: World) {
    let bureau = Bureau::new(world).await;
    let zones = bureau.drawn(|zone| zone["polygon"] = json!([[0.1, 0.5], [0.9, 1.0], [0.9, 0.5], [0.1, 1.0]])).await;
    let desk = bureau.save(&bureau.editor, 0, &zones).await.expect(200);
    let fault = &desk["draft"]["faults"][0];
    assert_eq!((&fault["code"], &fault["corners"], &fault["zone"]), (&json!("self_crossing"), &json!([0, 1, 2, 3]), &json!(0)));
    let check = json!({ "zones": zones });
    assert_eq!(bureau.world.post(&bureau.editor, "/zones/check", check).await.expect(200)["fit"], false);
    assert_eq!(bureau.step(&bureau.editor, "submit", json!({ "seen_revision": 1 })).await.code(), "bad_zones");
    let zones = bureau.drawn(|_| {}).await;
    let body = json!({ "seen_revision": 1, "seen_version": 1, "zones": zones, "holidays": [] });
    bureau.world.call(Some(&bureau.editor), "PUT", "/cameras/cam-1/draft", Some(body)).await.expect(200);
    assert_eq!(bureau.step(&bureau.editor, "submit", json!({ "seen_revision": 2 })).await.code(), "nothing_changed");
    let body = json!({ "seen_revision": 0, "seen_version": 1, "zones": [], "colour": "red" });
    assert_eq!(bureau.world.call(Some(&bureau.editor), "PUT", "/cameras/cam-1/draft", Some(body)).await.code(), "bad_request");
    assert_eq!(bureau.world.get(&bureau.editor, "/cameras/cam-9/draft").await.code(), "not_found");
}

both!(zones_planned_for_later_go_live_at_their_time);
async fn zones_planned_for_later_go_live_at_their_time(world: World) {
    let bureau = Bureau::new(world).await;
    let zones = bureau.drawn(|zone| zone["name"] = json!("From Monday")).await;
    bureau.save(&bureau.editor, 0, &zones).await.expect(200);
    let at = rfc3339(bureau.world.now_ms() + 3_600_000);
    bureau.step(&bureau.editor, "submit", json!({ "seen_revision": 1, "effective_from": at })).await.expect(200);
    let approved = bureau.step(&bureau.approver, "approve", json!({ "seen_revision": 2 })).await.expect(200);
    assert_eq!((&approved["state"], &approved["version"]), (&json!("approved"), &Value::Null));
    assert_eq!(bureau.world.state.store.publish_due().await.unwrap(), 0);
    bureau.world.clock.advance(3_600_000);
    assert_eq!(bureau.world.state.store.publish_due().await.unwrap(), 1);
    assert_eq!(bureau.world.state.store.publish_due().await.unwrap(), 0, "once");
    let bureau = Bureau { editor: bureau.world.log_in("ed").await, ..bureau };
    let desk = bureau.desk().await;
    assert_eq!((&desk["version"], &desk["zones"][0]["name"]), (&json!(2), &json!("From Monday")));
    assert_eq!(bureau.sent().await.len(), 2);
}

both!(a_district_may_do_without_a_second_person);
async fn a_district_may_do_without_a_second_person(world: World) {
    let bureau = Bureau::new(world).await;
    let set = async |seen: i64, required: bool| {
        let body = json!({ "district": "Xuhui", "required": required, "seen_version": seen });
        bureau.world.call(Some(&bureau.approver), "PUT", "/zones/approval", Some(body)).await
    };
    assert_eq!(bureau.world.get(&bureau.editor, "/zones/approval").await.expect(200)["items"][0]["required"], true);
    assert_eq!(set(0, false).await.expect(200)["version"], 1);
    assert_eq!(set(0, true).await.code(), "stale");
    let nowhere = json!({ "district": "Atlantis", "required": false, "seen_version": 0 });
    assert_eq!(bureau.world.call(Some(&bureau.approver), "PUT", "/zones/approval", Some(nowhere)).await.code(), "not_found");
    let zones = bureau.drawn(|zone| zone["rules"][0]["dwell_s"] = json!(90.0)).await;
    bureau.save(&bureau.editor, 0, &zones).await.expect(200);
    let live = bureau.step(&bureau.editor, "submit", json!({ "seen_revision": 1 })).await.expect(200);
    assert_eq!((&live["state"], &live["version"]), (&json!("published"), &json!(2)));
}

both!(a_restart_with_the_same_site_file_keeps_what_was_drawn);
async fn a_restart_with_the_same_site_file_keeps_what_was_drawn(world: World) {
    let site = Site::parse("site.toml", SITE).unwrap();
    world.state.store.import_site_file(&site, "site file").await.unwrap();
    let bureau = Bureau::new(world).await;
    let zones = bureau.drawn(|zone| zone["name"] = json!("Drawn here")).await;
    bureau.save(&bureau.editor, 0, &zones).await.expect(200);
    bureau.step(&bureau.editor, "submit", json!({ "seen_revision": 1 })).await.expect(200);
    bureau.step(&bureau.approver, "approve", json!({ "seen_revision": 2 })).await.expect(200);
    let again = bureau.world.state.store.import_site_file(&site, "site file").await.unwrap();
    assert_eq!((again.changed.len(), again.unchanged.len()), (0, 1));
    assert_eq!(bureau.desk().await["zones"][0]["name"], "Drawn here");
    let moved = Site::parse("site.toml", &SITE.replace("10.0.0.1", "10.0.0.2")).unwrap();
    assert_eq!(bureau.world.state.store.import_site_file(&moved, "site file").await.unwrap().changed, ["cam-1"]);
    let detail = bureau.world.get(&bureau.editor, "/cameras/cam-1").await.expect(200);
    assert_eq!((&detail["source"], &detail["zones"][0]["name"]), (&json!("rtsp://***@10.0.0.2/stream"), &json!("Drawn here")));
    let edited = Site::parse("site.toml", &SITE.replace("North pavement", "From the file")).unwrap();
    assert_eq!(bureau.world.state.store.import_site_file(&edited, "site file").await.unwrap().changed, ["cam-1"]);
    assert_eq!(bureau.desk().await["zones"][0]["name"], "From the file");
}

both!(a_bureau_sees_its_own_noise);
async fn a_bureau_sees_its_own_noise(world: World) {
    let bureau = Bureau::new(world).await;
    let officer = bureau.world.person("ops", &[Role::Operator]).await;
    let decide = async |n: u32, body: Value| {
        let mut data = candidate_data(n, bureau.world.now_ms());
        // A confirmation seals the evidence.
        data.evidence = vec![bureau.world.file(&format!("{n:032x}/manifest.json"), "manifest", b"{}")];
        data.zone = if n >= 100 { "south".to_owned() } else { "north".to_owned() };
        bureau.world.take(&[candidate_message(&data)]).await;
        bureau.world.post(&officer, &format!("/candidates/{n:032x}/decisions"), body).await.expect(201);
    };
    let reject = |reason: &str| json!({ "seen_version": 1, "verdict": "reject", "reason": reason });
    for n in 1..=24 {
        decide(n, confirm(1)).await;
    }
    for n in 25..=29 {
        decide(n, reject("not_a_violation")).await;
    }
    let precision =
        async || bureau.world.get(&bureau.editor, "/cameras/cam-1/precision?days=30").await.expect(200)["items"].clone();
    assert_eq!(precision().await[0]["precision"], Value::Null, "29 say nothing");
    decide(30, reject("moving_vendor")).await;
    decide(31, reject("permitted_window")).await;
    decide(32, reject("duplicate")).await;
    decide(100, reject("not_a_violation")).await;
    let items = precision().await;
    let north = &items[0];
    assert_eq!((&north["zone"], &north["kind"], &north["raised"]), (&json!("north"), &json!("waste_dumping"), &json!(32)));
    assert_eq!((&north["confirmed"], &north["rejected"], &north["allowed"]), (&json!(24), &json!(6), &json!(1)));
    assert_eq!(north["precision"], json!(0.8));
    assert!(
        (north["low"].as_f64().unwrap() - 0.6269).abs() < 1e-4 && (north["high"].as_f64().unwrap() - 0.9049).abs() < 1e-4,
        "{north}"
    );
    assert_eq!((&items[1]["zone"], &items[1]["precision"]), (&json!("south"), &Value::Null));
    let list = bureau.world.get(&bureau.editor, "/zones").await.expect(200);
    assert_eq!((&list["items"][0]["precision"]["rejected"], &list["items"][0]["zones"]), (&json!(7), &json!(1)));
    bureau.world.clock.advance(31 * 86_400_000);
    let editor = bureau.world.log_in("ed").await;
    let items = bureau.world.get(&editor, "/cameras/cam-1/precision?days=30").await.expect(200)["items"].clone();
    assert_eq!(items[0]["raised"], 0, "long ago");
}
