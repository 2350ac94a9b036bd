//! Areas that two cameras see: made, changed, refused, and counted once.

use events::site::Site;
use serde_json::{Value, json};

use super::both;
use super::world::{HOUR, Person, SATURDAY, World, candidate_data, candidate_message, confirm, look_message};
use crate::dto::Role;

/// Two cameras on one square, and one in another district.
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

[[camera]]
id = "cam-2"
name = "Opposite"
district = "Xuhui"
street = "Hunan Road"
source = "rtsp://camera/2"
[[camera.zone]]
id = "square"
name = "Square from the south"
polygon = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]
key_area = true
[camera.zone.rules.waste_dumping]

[[camera]]
id = "cam-3"
name = "Elsewhere"
district = "Jing'an"
street = "Nanjing Road"
source = "rtsp://camera/3"
[[camera.zone]]
id = "gate"
name = "Gate"
polygon = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]
[camera.zone.rules.waste_dumping]
"#;

async fn import(world: &World) {
    world.state.store.import_site(&Site::parse("site.toml", SITE).unwrap(), "test").await.unwrap();
}

async fn candidate(world: &World, n: u32, camera: &str, zone: &str) -> String {
    let id = format!("{n:032x}");
    let evidence = vec![
        world.file(&format!("{id}/trigger.jpg"), "trigger", b"\xff\xd8 a picture"),
        world.file(&format!("{id}/manifest.json"), "manifest", id.as_bytes()),
    ];
    let data = candidate_data(n, world.now_ms());
    let data = events::wire::v1::CandidateData { evidence, camera: camera.to_owned(), zone: zone.to_owned(), ..data };
    assert_eq!(world.take(&[candidate_message(&data)]).await, ["stored"]);
    id
}

async fn refresh(world: &World) -> usize {
    world.state.clearance.refresh(&world.state.store).await.unwrap().expect("nobody else makes figures")
}

fn square(zones: &[(&str, &str)]) -> Value {
    let zones: Vec<Value> = zones.iter().map(|(camera, zone)| json!({ "camera": camera, "zone": zone })).collect();
    json!({ "name": "Square", "district": "Xuhui", "street": "Hunan Road", "place": "square", "grade": "forbidden",
            "zones": zones, "note": "both cameras look at it" })
}

const BOTH: [(&str, &str); 2] = [("cam-1", "north"), ("cam-2", "square")];

async fn report(world: &World, who: &Person, more: &str) -> Value {
    world.get(who, &format!("/clearance/report?from=2027-01-16&until=2027-01-16&district=Xuhui{more}")).await.expect(200)
}

/// The same stall before both cameras from 10:00 to 11:00 on Saturday, the second merged into the first; the second camera is
/// dark in the afternoon.
async fn one_thing_seen_twice(world: &World) {
    import(world).await;
    world.beats("cam-1", SATURDAY, SATURDAY + 24 * HOUR).await;
    world.beats("cam-2", SATURDAY, SATURDAY + 12 * HOUR).await;
    world.turn_to(SATURDAY + 10 * HOUR + 30_000);
    let first = candidate(world, 1, "cam-1", "north").await;
    let second = candidate(world, 2, "cam-2", "square").await;
    let looks = [&first, &second].map(|id| look_message(id, "cleared", SATURDAY + 11 * HOUR));
    world.take(&looks).await;
    let chief = world.person("chief", &[Role::Supervisor]).await;
    world.post(&chief, &format!("/candidates/{first}/decisions"), confirm(1)).await.expect(201);
    let merge = json!({ "seen_version": 1, "verdict": "merge", "into": first });
    world.post(&chief, &format!("/candidates/{second}/decisions"), merge).await.expect(201);
    world.turn_to(SATURDAY + 25 * HOUR);
    refresh(world).await;
}

both!(an_area_seen_by_two_cameras_is_counted_once_also_in_the_past);
async fn an_area_seen_by_two_cameras_is_counted_once_also_in_the_past(world: World) {
    one_thing_seen_twice(&world).await;
    let analyst = world.person("ana", &[Role::Analyst]).await;
    let apart = report(&world, &analyst, "").await;
    assert_eq!((apart["zone_days"].clone(), apart["violations"].clone()), (json!(2), json!(1)));
    assert_eq!(apart["zero"]["violation"], 2, "it stood before both cameras: neither day is a zero");
    assert_eq!((apart["coverage"]["force_h"].clone(), apart["coverage"]["watched_h"].clone()), (json!(48.0), json!(36.0)));

    let approver = world.person("approver", &[Role::BureauApprover]).await;
    let made = world.post(&approver, "/areas", square(&BOTH)).await.expect(201);
    assert_eq!((made["version"].clone(), made["zones"].as_array().unwrap().len()), (json!(1), 2));
    assert!(refresh(&world).await > 0, "what it shows is made at once, the past as well");
    let once = report(&world, &analyst, "&by=area").await;
    assert_eq!((once["zone_days"].clone(), once["violations"].clone()), (json!(1), json!(1)));
    assert_eq!(once["coverage"], json!({ "value": 1.0, "force_h": 24.0, "watched_h": 24.0 }), "one camera is enough");
    assert_eq!((once["zero"]["violation"].clone(), once["ovm"]["minutes"].clone()), (json!(1), json!(60.0)));
    assert_eq!(once["indicators"][0]["zone_days"], 0, "no stalls are watched here");
    assert_eq!((once["groups"][0]["area"].clone(), once["groups"][0]["name"].clone()), (made["id"].clone(), json!("Square")));
    // Each camera's own figures are there still.
    let zones = report(&world, &analyst, "&by=zone").await;
    assert_eq!((zones["zone_days"].clone(), zones["groups"].as_array().unwrap().len()), (json!(1), 2));
    assert_eq!(report(&world, &analyst, "&camera=cam-2").await["coverage"]["watched_h"], 12.0);

    let area = made["id"].as_str().unwrap();
    let list = world.get(&analyst, "/clearance/days?from=2027-01-16&until=2027-01-16&district=Xuhui").await.expect(200);
    assert_eq!((list["total"].clone(), list["items"][0]["zone_name"].clone()), (json!(1), json!("Square")));
    let day = format!("/clearance/day?area={area}&kind=waste_dumping&day=2027-01-16");
    let detail = world.get(&analyst, &day).await.expect(200);
    assert_eq!(detail["violations"][0]["candidates"].as_array().unwrap().len(), 2);
    let counts: Vec<&str> = detail["candidates"].as_array().unwrap().iter().map(|c| c["counts_as"].as_str().unwrap()).collect();
    assert_eq!(counts, ["confirmed", "merged"]);
    for bad in ["area=x&camera=cam-1&zone=north", "camera=cam-1", "camera=&zone=x", ""] {
        let reply = world.get(&analyst, &format!("/clearance/day?{bad}&kind=waste_dumping&day=2027-01-16")).await;
        assert_eq!(reply.status, 400, "{bad}");
    }
    let csv = world.get(&analyst, "/clearance/export?from=2027-01-16&until=2027-01-16").await;
    let csv = String::from_utf8_lossy(&csv.bytes).into_owned();
    assert!(csv.contains(",Square,") && csv.contains(",forbidden,square,"), "{csv}");
    assert_eq!(refresh(&world).await, 0, "nothing changed: nothing is written");
}

both!(a_duplicate_makes_the_stay_of_what_it_repeats_longer_and_without_a_name_counts_nowhere);
async fn a_duplicate_makes_the_stay_of_what_it_repeats_longer_and_without_a_name_counts_nowhere(world: World) {
    import(&world).await;
    world.beats("cam-1", SATURDAY, SATURDAY + 24 * HOUR).await;
    world.beats("cam-2", SATURDAY, SATURDAY + 24 * HOUR).await;
    world.turn_to(SATURDAY + 10 * HOUR + 30_000);
    let first = candidate(&world, 1, "cam-1", "north").await;
    world.turn_to(SATURDAY + 10 * HOUR + 30 * 60_000 + 30_000);
    let second = candidate(&world, 2, "cam-2", "square").await;
    world
        .take(&[look_message(&first, "cleared", SATURDAY + 11 * HOUR), look_message(&second, "cleared", SATURDAY + 12 * HOUR)])
        .await;
    let approver = world.person("approver", &[Role::BureauApprover]).await;
    world.post(&approver, "/areas", square(&BOTH)).await.expect(201);
    let chief = world.person("chief", &[Role::Supervisor]).await;
    let decide = async |id: &str, body: Value| world.post(&chief, &format!("/candidates/{id}/decisions"), body).await.expect(201);
    decide(&first, confirm(1)).await;
    decide(&second, json!({ "seen_version": 1, "verdict": "reject", "reason": "duplicate" })).await;
    world.turn_to(SATURDAY + 25 * HOUR);
    refresh(&world).await;
    let analyst = world.person("ana", &[Role::Analyst]).await;
    let figures = async || {
        let report = report(&world, &analyst, "").await;
        (report["violations"].clone(), report["ovm"]["minutes"].clone())
    };
    assert_eq!(figures().await, (json!(1), json!(60.0)), "a duplicate of nobody knows what counts nowhere");
    let chief2 = world.log_in("chief").await;
    let again = async |body: Value| world.post(&chief2, &format!("/candidates/{second}/decisions"), body).await.expect(201);
    again(json!({ "seen_version": 2, "verdict": "undo" })).await;
    again(json!({ "seen_version": 3, "verdict": "reject", "reason": "duplicate", "into": first })).await;
    refresh(&world).await;
    assert_eq!(figures().await, (json!(1), json!(120.0)), "one violation, for as long as either showed it");
    // The list behind the curve: what stood longer than so long.
    let longer = async |seconds: u32| {
        let path = format!("/clearance/days?from=2027-01-16&until=2027-01-16&district=Xuhui&stood_s={seconds}");
        world.get(&analyst, &path).await.expect(200)["total"].clone()
    };
    assert_eq!((longer(7199).await, longer(7200).await), (json!(1), json!(0)));
    assert_eq!(world.get(&analyst, "/clearance/days?stood_s=-1").await.status, 400);
}

both!(a_zone_that_is_taken_out_counts_by_itself_again);
async fn a_zone_that_is_taken_out_counts_by_itself_again(world: World) {
    one_thing_seen_twice(&world).await;
    let analyst = world.person("ana", &[Role::Analyst]).await;
    let approver = world.person("approver", &[Role::BureauApprover]).await;
    let made = world.post(&approver, "/areas", square(&BOTH)).await.expect(201);
    refresh(&world).await;
    let path = format!("/areas/{}", made["id"].as_str().unwrap());
    let change =
        |seen: i64, zones: Value| json!({ "seen_version": seen, "name": "Square", "zones": zones, "note": "turned away" });
    let one = json!([{ "camera": "cam-1", "zone": "north" }]);
    world.call(Some(&approver), "PUT", &path, Some(change(1, one))).await.expect(200);
    refresh(&world).await;
    let apart = report(&world, &analyst, "&by=area").await;
    let names: Vec<&str> = apart["groups"].as_array().unwrap().iter().map(|g| g["name"].as_str().unwrap()).collect();
    assert_eq!((apart["zone_days"].clone(), names.len()), (json!(2), 2));
    assert!(names.contains(&"Square") && names.contains(&"Opposite · Square from the south"), "{names:?}");
    let stale = world.call(Some(&approver), "PUT", &path, Some(change(1, json!([])))).await;
    assert_eq!((stale.status.as_u16(), stale.code().as_str()), (409, "stale"));
    world.call(Some(&approver), "PUT", &path, Some(change(2, json!([])))).await.expect(200);
    refresh(&world).await;
    let none = report(&world, &analyst, "").await;
    assert_eq!((none["zone_days"].clone(), none["zero"]["not_applicable"].clone()), (json!(2), json!(0)), "no ghost of the area");
    let audit = world.sql("SELECT reason FROM audit WHERE action = 'area.change'").await;
    assert!(audit.is_ok());
}

both!(an_area_holds_zones_of_its_district_that_show_no_other);
async fn an_area_holds_zones_of_its_district_that_show_no_other(world: World) {
    import(&world).await;
    let approver = world.person("approver", &[Role::BureauApprover]).await;
    for (zones, status, code) in [
        (vec![("cam-1", "nowhere")], 404, "not_found"),
        (vec![("cam-9", "north")], 404, "not_found"),
        (vec![("cam-3", "gate")], 422, "other_district"),
    ] {
        let reply = world.post(&approver, "/areas", square(&zones)).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (status, code), "{zones:?}");
    }
    let mut bad = square(&[]);
    bad["name"] = json!("");
    assert_eq!(world.post(&approver, "/areas", bad).await.code(), "bad_area");
    let mut bad = square(&[]);
    bad["note"] = json!(" ");
    assert_eq!(world.post(&approver, "/areas", bad).await.code(), "bad_area");
    let mut unknown = square(&[]);
    unknown["street"] = json!("No such road");
    assert_eq!(world.post(&approver, "/areas", unknown).await.status, 404);
    world.post(&approver, "/areas", square(&BOTH[..1])).await.expect(201);
    assert_eq!(world.post(&approver, "/areas", square(&BOTH[1..])).await.code(), "name_taken");
    let mut second = square(&BOTH);
    second["name"] = json!("Second square");
    let taken = world.post(&approver, "/areas", second).await;
    assert_eq!((taken.status.as_u16(), taken.code().as_str()), (409, "zone_taken"));
    assert_eq!(taken.json()["error"]["details"]["name"], "Square");
    let list = world.get(&approver, "/areas").await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "what was refused left nothing");
    let free: Vec<&str> = list["free"].as_array().unwrap().iter().map(|z| z["camera"].as_str().unwrap()).collect();
    assert_eq!(free, ["cam-3", "cam-2"]);
    let desk = world.get(&approver, "/cameras/cam-1/draft").await.expect(200);
    assert_eq!((&desk["areas"][0]["zone"], &desk["areas"][0]["name"]), (&json!("north"), &json!("Square")), "{desk}");
    assert_eq!(world.get(&approver, "/cameras/cam-2/draft").await.expect(200)["areas"], json!([]));
}

both!(an_area_that_is_named_after_a_day_was_final_restates_it);
async fn an_area_that_is_named_after_a_day_was_final_restates_it(world: World) {
    one_thing_seen_twice(&world).await;
    world.turn_to(SATURDAY + 60 * HOUR);
    refresh(&world).await;
    let analyst = world.person("ana", &[Role::Analyst]).await;
    assert_eq!(report(&world, &analyst, "").await["restated"], 0);
    let approver = world.person("approver", &[Role::BureauApprover]).await;
    world.post(&approver, "/areas", square(&BOTH)).await.expect(201);
    refresh(&world).await;
    let once = report(&world, &analyst, "").await;
    assert_eq!((once["zone_days"].clone(), once["restated"].clone()), (json!(1), json!(1)), "the figures of a final day changed");
}
