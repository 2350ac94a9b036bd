//! Work on a camera: its time is unknown, and known again when it was entered wrongly.

use serde_json::{Value, json};

use super::both;
use super::clearance::import;
use super::world::{HOUR, Person, SATURDAY, World};
use crate::clock::rfc3339;
use crate::dto::Role;

async fn day(world: &World, analyst: &Person) -> (Value, Value) {
    world.state.clearance.refresh(&world.state.store).await.unwrap().expect("nobody else makes figures");
    let report = world.get(analyst, "/clearance/report?from=2027-01-16&until=2027-01-16").await.expect(200);
    (report["coverage"]["value"].clone(), report["zero"]["share"].clone())
}

fn at(hour: i64) -> String {
    rfc3339(SATURDAY + hour * HOUR)
}

both!(time_of_work_on_a_camera_is_unknown_until_it_ended);
async fn time_of_work_on_a_camera_is_unknown_until_it_ended(world: World) {
    import(&world).await;
    world.beats("cam-1", SATURDAY, SATURDAY + 24 * HOUR).await;
    world.turn_to(SATURDAY + 25 * HOUR);
    let analyst = world.person("ana", &[Role::Analyst]).await;
    let supervisor = world.person("super", &[Role::Supervisor]).await;
    assert_eq!(day(&world, &analyst).await, (json!(1.0), json!(1.0)), "a watched day on which nothing stood");

    // Entered afterwards, with no end: from noon on nobody knows.
    let path = "/cameras/cam-1/maintenance";
    let made = world.post(&supervisor, path, json!({ "from": at(12), "what": "the mast is painted" })).await.expect(201);
    assert_eq!((&made["items"][0]["by"], &made["items"][0]["until"]), (&json!("super"), &Value::Null));
    assert_eq!(day(&world, &analyst).await, (json!(0.5), Value::Null), "unknown is no zero");

    // It had lasted an hour, half of which is covered by nothing else.
    let work = made["items"][0]["id"].as_str().unwrap().to_owned();
    let end = format!("{path}/{work}/end");
    world.post(&supervisor, &end, json!({ "until": at(13) })).await.expect(200);
    assert_eq!(day(&world, &analyst).await, (json!(23.0 / 24.0), json!(1.0)), "an hour's hole is a small one");
    assert_eq!(world.post(&supervisor, &end, json!({})).await.code(), "ended");

    // Entered by mistake: it ends where it began.
    let made = world.post(&supervisor, path, json!({ "from": at(2), "what": "wrong camera" })).await.expect(201);
    assert_eq!(day(&world, &analyst).await.1, Value::Null);
    let wrong = made["items"].as_array().unwrap().iter().find(|work| work["what"] == "wrong camera").unwrap();
    let end = format!("{path}/{}/end", wrong["id"].as_str().unwrap());
    world.post(&supervisor, &end, json!({ "until": at(2) })).await.expect(200);
    assert_eq!(day(&world, &analyst).await.1, json!(1.0));
    let list = world.get(&analyst, path).await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 2, "what was entered stays on record");
}

both!(work_that_cannot_be_is_refused);
async fn work_that_cannot_be_is_refused(world: World) {
    import(&world).await;
    let supervisor = world.person("super", &[Role::Supervisor]).await;
    let now = world.now_ms();
    let (today, earlier) = (rfc3339(now), rfc3339(now - HOUR));
    let path = "/cameras/cam-1/maintenance";
    for (body, code) in [
        (json!({ "from": "noon", "what": "x" }), "bad_time"),
        (json!({ "from": "2035-01-01T00:00:00Z", "what": "x" }), "bad_time"),
        (json!({ "from": today, "until": earlier, "what": "x" }), "bad_time"),
        (json!({ "from": today, "what": "  " }), "bad_text"),
    ] {
        assert_eq!(world.post(&supervisor, path, body.clone()).await.code(), code, "{body}");
    }
    assert_eq!(
        world.post(&supervisor, "/cameras/cam-9/maintenance", json!({ "from": today, "what": "x" })).await.code(),
        "not_found"
    );
    assert_eq!(world.post(&supervisor, &format!("{path}/none/end"), json!({})).await.code(), "not_found");
    let made = world.post(&supervisor, path, json!({ "from": today, "what": "x" })).await.expect(201);
    let end = format!("{path}/{}/end", made["items"][0]["id"].as_str().unwrap());
    assert_eq!(world.post(&supervisor, &end, json!({ "until": earlier })).await.code(), "bad_time");
}
