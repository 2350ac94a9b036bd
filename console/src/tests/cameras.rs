//! Cameras, their settings, and whether anybody is watching.

use events::wire::v1::{self, CameraData, topic};
use serde_json::json;

use super::both;
use super::world::{HOUR, World, health_message, health_message_of, look_message, message};
use crate::clock::rfc3339;
use crate::dto::Role;

pub(super) const SITE: &str = r#"
[[camera]]
id = "cam-1"
name = "North corner"
district = "Xuhui"
street = "Hunan Road"
source = "rtsp://user:secret@10.0.0.1/stream"
[[camera.zone]]
id = "north"
name = "North pavement"
polygon = [[0.1,0.5],[0.9,0.5],[0.9,1.0],[0.1,1.0]]
key_area = true
[camera.zone.rules.waste_dumping]
dwell = "45s"
[[camera.zone.permit]]
id = "market"
kinds = ["waste_dumping"]
weekly = ["fri-sun 18:00-23:00"]
document = "district notice 12"
"#;

both!(a_site_file_is_taken_over_once_and_goes_out);
async fn a_site_file_is_taken_over_once_and_goes_out(world: World) {
    let id = world.candidate(1).await;
    let editor = world.person("ed", &[Role::BureauEditor]).await;
    let before = world.get(&editor, &format!("/candidates/{id}")).await.expect(200);
    assert_eq!((&before["candidate"]["district"], &before["camera"]["version"]), (&json!(""), &json!(0)), "camera not known yet");
    let import = async |site: &str| world.post(&editor, "/cameras/import", json!({ "site": site })).await;
    assert_eq!(import(SITE).await.expect(200), json!({ "changed": ["cam-1"], "unchanged": [] }));
    assert_eq!(import(SITE).await.expect(200), json!({ "changed": [], "unchanged": ["cam-1"] }));
    assert_eq!(import(&SITE.replace("45s", "50s")).await.expect(200)["changed"], json!(["cam-1"]));
    let bad = import(&SITE.replace("waste_dumping", "littering")).await;
    assert_eq!(bad.code(), "bad_site");
    assert!(bad.json()["error"]["message"].as_str().unwrap().contains("site.toml:"), "with its line");

    let sent = world.state.store.outbox_waiting(10).await.unwrap();
    let data: CameraData = sent[1].1.parse(v1::CAMERA).unwrap();
    assert_eq!((sent.len(), data.version, sent[1].1.topic.as_str()), (2, 2, topic::CAMERAS));
    assert!(events::site::Site::parse("echo", &data.site).is_ok());
    assert_eq!(world.take(&[sent[1].1.clone()]).await, ["duplicate"], "our own echo");

    let after = world.get(&editor, &format!("/candidates/{id}")).await.expect(200);
    assert_eq!((&after["candidate"]["district"], &after["candidate"]["key_area"]), (&json!("Xuhui"), &json!(true)));
    let detail = world.get(&editor, "/cameras/cam-1").await.expect(200);
    assert_eq!(detail["source"], "rtsp://***@10.0.0.1/stream", "nobody is shown a password");
    assert_eq!(detail["zones"][0]["rules"][0]["dwell_s"], 50.0);
    assert_eq!(detail["zones"][0]["permits"][0]["weekly"], json!(["fri-sun 18:00-23:00"]));
    assert!(detail["still_url"].as_str().unwrap().contains(&id));
    let zones = world.get(&editor, "/cameras/cam-1/zones").await.expect(200);
    assert_eq!((&zones["version"], &zones["zones"][0]["polygon"][2]), (&json!(2), &json!([0.9, 1.0])));
    assert_eq!(world.get(&editor, "/cameras/cam-9").await.code(), "not_found");
}

both!(a_cameras_page_says_how_it_was_for_a_week);
async fn a_cameras_page_says_how_it_was_for_a_week(world: World) {
    world.state.store.import_site(&events::site::Site::parse("site.toml", SITE).unwrap(), "test").await.unwrap();
    let start = world.now_ms();
    world.beats("cam-1", start, start + HOUR).await;
    // An hour of which nobody knows, then dark.
    let dark = health_message_of("cam-1", "dark", start + 2 * HOUR);
    let still_dark = health_message_of("cam-1", "dark", start + 2 * HOUR + 120_000);
    world.take(&[dark, still_dark]).await;
    let editor = world.person("editor", &[Role::BureauEditor]).await;
    let span = |from: i64, until: i64, health: &str| json!({ "from": rfc3339(from), "until": rfc3339(until), "health": health });
    let week = [span(start, start + HOUR, "ok"), span(start + 2 * HOUR, start + 2 * HOUR + 120_000, "dark")];
    assert_eq!(world.get(&editor, "/cameras/cam-1").await.expect(200)["watch"], json!(week));
    world.turn_to(start + 7 * 24 * HOUR + 90 * 60_000);
    let later = world.person("later", &[Role::BureauEditor]).await;
    assert_eq!(world.get(&later, "/cameras/cam-1").await.expect(200)["watch"], json!(week[1..]), "a week back and no further");
}

both!(settings_from_the_bus_only_grow);
async fn settings_from_the_bus_only_grow(world: World) {
    let put = |version: u64, site: &str| {
        let data = CameraData { camera: "cam-1".to_owned(), version, site: site.to_owned() };
        message(topic::CAMERAS, v1::CAMERA, &format!("cam-1-{version}"), Some(serde_json::to_vec(&data).unwrap()))
    };
    assert_eq!(world.take(&[put(5, SITE), put(4, &SITE.replace("North", "South"))]).await, ["stored", "duplicate"]);
    let viewer = world.person("ops", &[Role::Operator]).await;
    assert_eq!(world.get(&viewer, "/cameras/cam-1").await.expect(200)["camera"]["name"], "North corner");
    world.take(&[message(topic::CAMERAS, v1::CAMERA, "gone", None)]).await;
    assert_eq!(world.get(&viewer, "/cameras").await.expect(200)["items"], json!([]), "retired");
}

both!(an_empty_queue_with_dark_cameras_is_not_good_news);
async fn an_empty_queue_with_dark_cameras_is_not_good_news(world: World) {
    let viewer = world.person("ops", &[Role::Operator]).await;
    let counts = async || {
        let o = world.get(&viewer, "/overview").await.expect(200);
        ["cameras", "watching", "dark", "unknown"].map(|name| o[name].as_i64().unwrap())
    };
    assert_eq!(counts().await, [0, 0, 0, 0]);
    world.take(&[look_message(&format!("{:032x}", 1), "present", world.now_ms())]).await;
    assert_eq!(counts().await, [1, 0, 0, 1], "it spoke, but nobody said how it sees");
    world.take(&[health_message("ok", world.now_ms())]).await;
    assert_eq!(counts().await, [1, 1, 0, 0]);
    world.clock.advance(301_000);
    assert_eq!(counts().await, [1, 0, 0, 1], "silent for too long");
    world.take(&[health_message("ok", world.now_ms())]).await;
    assert_eq!(counts().await, [1, 1, 0, 0], "a heartbeat");
    world.take(&[health_message("covered", world.now_ms() + 1)]).await;
    assert_eq!(counts().await, [1, 0, 1, 0]);
    world.take(&[health_message("ok", world.now_ms() - 5)]).await;
    assert_eq!(counts().await, [1, 0, 1, 0], "older news change nothing");
    let list = world.get(&viewer, "/cameras?watching=dark").await.expect(200);
    assert_eq!((&list["items"][0]["health"], &list["items"][0]["zones"]), (&json!("covered"), &json!(0)));
    for watching in ["watching", "unknown"] {
        assert_eq!(world.get(&viewer, &format!("/cameras?watching={watching}")).await.expect(200)["items"], json!([]));
    }
    world.candidate(1).await;
    let overview = world.get(&viewer, "/overview").await.expect(200);
    assert_eq!((&overview["open"], &overview["by_kind"][3]), (&json!(1), &json!({ "kind": "waste_dumping", "open": 1 })));
    assert_eq!(overview["oldest_open_at"], overview["last_message_at"]);
}
