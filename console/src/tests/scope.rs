//! Row-level scope: every route of the OpenAPI document, tried by somebody from another district.

use axum::http::StatusCode;
use events::site::Site;
use serde_json::{Value, json};

use super::both;
use super::live::Listener;
use super::world::{Person, World, candidate_data, candidate_message, confirm, look_message};
use crate::auth::thing;
use crate::dto::Role;
use crate::store::Thing;

/// One camera in each of two districts; the second has two streets.
const SITE: &str = r#"
[[camera]]
id = "cam-near"
name = "Near corner"
district = "Nearby"
street = "First Street"
source = "rtsp://camera/near"
[[camera.zone]]
id = "north"
name = "North pavement"
polygon = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]
[camera.zone.rules.waste_dumping]

[[camera]]
id = "cam-far"
name = "Far corner"
district = "Faraway"
street = "Second Street"
source = "rtsp://camera/far"
[[camera.zone]]
id = "north"
name = "North pavement"
polygon = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]
[camera.zone.rules.waste_dumping]
"#;

/// What must not be read by somebody from `Nearby`.
const MARKS: [&str; 3] = ["Faraway", "Second Street", "cam-far"];

/// Everything but administrators and auditors, who belong to the whole city.
pub(super) const ROLES: [Role; 6] =
    [Role::Operator, Role::LegalReviewer, Role::BureauEditor, Role::BureauApprover, Role::Analyst, Role::Supervisor];

/// A camera, a candidate and a case of one district.
pub(super) struct Place {
    camera: &'static str,
    candidate: String,
    case: String,
    area: String,
    find: String,
}

impl Place {
    pub(super) fn id(&self, thing: Thing) -> Option<&str> {
        match thing {
            Thing::Area => Some(&self.area),
            Thing::Camera => Some(self.camera),
            Thing::Candidate => Some(&self.candidate),
            Thing::Case => Some(&self.case),
            Thing::Find => Some(&self.find),
            Thing::Nowhere => None,
        }
    }
}

async fn candidate_at(world: &World, n: u32, camera: &str) -> String {
    let id = format!("{n:032x}");
    let evidence = vec![
        world.file(&format!("{id}/trigger.jpg"), "trigger", b"\xff\xd8 a picture"),
        world.file(&format!("{id}/manifest.json"), "manifest", id.as_bytes()),
    ];
    let data = candidate_data(n, world.now_ms());
    let data = events::wire::v1::CandidateData { evidence, camera: camera.to_owned(), ..data };
    assert_eq!(world.take(&[candidate_message(&data)]).await, ["stored"]);
    id
}

/// Two districts with an open candidate and a case each, and the unit of a district by name.
pub(super) async fn two_districts(world: &World) -> (Place, Place) {
    world.state.store.import_site(&Site::parse("site.toml", SITE).unwrap(), "test").await.unwrap();
    let chief = world.person("chief", &ROLES).await;
    let mut places = Vec::new();
    for (n, camera, district, street) in [(1, "cam-near", "Nearby", "First Street"), (3, "cam-far", "Faraway", "Second Street")] {
        let decided = candidate_at(world, n, camera).await;
        let made = world.post(&chief, &format!("/candidates/{decided}/decisions"), confirm(1)).await.expect(201);
        let case = made["case"].as_str().unwrap().to_owned();
        let area = json!({ "name": "Square", "district": district, "street": street, "note": "seen by one camera",
                           "zones": [{ "camera": camera, "zone": "north" }] });
        let area = world.post(&chief, "/areas", area).await.expect(201)["id"].as_str().unwrap().to_owned();
        let find = json!({ "source": "patrol", "kind": "waste_dumping", "camera": camera, "zone": "north",
                           "seen_at": crate::clock::rfc3339(world.now_ms()) });
        let find = world.post(&chief, "/finds", find).await.expect(201)["id"].as_str().unwrap().to_owned();
        places.push(Place { camera, candidate: candidate_at(world, n + 1, camera).await, case, area, find });
    }
    let far = places.pop().unwrap();
    (places.pop().unwrap(), far)
}

async fn unit(world: &World, district: &str, street: Option<&str>) -> String {
    let units = world.state.store.units().await.unwrap();
    let found = units.iter().find(|u| u.unit.district.as_deref() == Some(district) && u.unit.street.as_deref() == street);
    found.unwrap().unit.id.clone()
}

/// The first part in braces becomes `id`, the others a word; evidence gets a signature that would hold.
pub(super) fn address(world: &World, path: &str, id: &str, user: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match (part.starts_with('{'), parts.iter().any(|p: &String| p == id)) {
            (false, _) => parts.push(part.to_owned()),
            (true, false) => parts.push(id.to_owned()),
            (true, true) if part == "{version}" => parts.push("1".to_owned()),
            (true, true) => parts.push("trigger.jpg".to_owned()),
        }
    }
    let path = parts.join("/");
    if !path.starts_with("/evidence/") {
        return path;
    }
    let signed = world.state.signer.url(user, id, "trigger.jpg", "review", world.now_ms());
    signed.strip_prefix("/api/v1").unwrap().to_owned()
}

/// Every operation of the document: method, path, and what is said of it.
pub(super) fn operations() -> Vec<(String, String, Value)> {
    let document = crate::openapi();
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, operations)| {
        let path = path.strip_prefix("/api/v1").unwrap();
        let operations = operations.as_object().unwrap().iter();
        operations.map(move |(method, operation)| (method.to_uppercase(), path.to_owned(), operation.clone()))
    });
    operations.collect()
}

fn routes() -> Vec<(String, String)> {
    operations().into_iter().map(|(method, path, _)| (method, path)).collect()
}

pub(super) async fn user_id(world: &World, person: &Person) -> String {
    world.get(person, "/session").await.expect(200)["user"]["id"].as_str().unwrap().to_owned()
}

#[test]
fn every_route_that_names_something_says_what() {
    for (method, path) in routes() {
        assert!(
            thing(&format!("/api/v1{path}")).is_some(),
            "{method} {path}: add what its first {{…}} names to THINGS in auth.rs"
        );
    }
}

both!(what_is_out_of_scope_is_not_there);
async fn what_is_out_of_scope_is_not_there(world: World) {
    let (near, far) = two_districts(&world).await;
    let unit = unit(&world, "Nearby", None).await;
    let ada = world.person_of("ada", &ROLES, &[&unit]).await;
    let me = user_id(&world, &ada).await;
    let mut tried = 0;
    for (method, path) in routes() {
        let Some(thing) = thing(&format!("/api/v1{path}")) else { continue };
        let (Some(own), Some(foreign)) = (near.id(thing), far.id(thing)) else { continue };
        // What the roles refuse says nothing of the scope.
        let refused = world.call(Some(&ada), &method, &address(&world, &path, foreign, &me), Some(json!({}))).await;
        if refused.status == StatusCode::FORBIDDEN {
            continue;
        }
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{method} {path} of another district");
        let reply = String::from_utf8_lossy(&refused.bytes).into_owned();
        assert!(!MARKS.iter().any(|mark| reply.contains(mark)), "{method} {path}: {reply}");
        // This console has no recordings to show.
        if method == "GET" && !path.contains("/recorded/") {
            let reply = world.call(Some(&ada), &method, &address(&world, &path, own, &me), None).await;
            // What has not been made yet clashes; it is not missing.
            let there = matches!(reply.status, StatusCode::OK | StatusCode::CONFLICT);
            assert!(there, "{method} {path} of one's own: {}", String::from_utf8_lossy(&reply.bytes));
        }
        tried += 1;
    }
    assert!(tried >= 8, "only {tried} routes were tried");
}

both!(lists_lack_what_is_out_of_scope);
async fn lists_lack_what_is_out_of_scope(world: World) {
    let (near, far) = two_districts(&world).await;
    let unit = unit(&world, "Nearby", None).await;
    let (ada, chief) = (world.person_of("ada", &ROLES, &[&unit]).await, world.log_in("chief").await);
    let mut told = 0;
    for (method, path) in routes() {
        if method != "GET" || path.contains('{') || path == "/events" {
            continue;
        }
        let reply = world.get(&ada, &path).await;
        let text = String::from_utf8_lossy(&reply.bytes).into_owned();
        for mark in MARKS.into_iter().chain([far.candidate.as_str(), far.case.as_str()]) {
            assert!(!text.contains(mark), "{path} tells {mark}: {text}");
        }
        let all = String::from_utf8_lossy(&world.get(&chief, &path).await.bytes).into_owned();
        told += usize::from(MARKS.iter().any(|mark| all.contains(mark)));
    }
    assert!(told >= 3, "the whole city reads of the other district in {told} lists: the marks are right");
    for (path, own) in [("/candidates?state=any", 2), ("/cases", 1), ("/cameras", 1)] {
        assert_eq!(world.get(&ada, path).await.expect(200)["items"].as_array().unwrap().len(), own, "{path}");
    }
    let counts = |overview: Value| {
        let of = |name: &str| overview[name].as_i64().unwrap();
        (of("cameras"), of("open"), of("cases_opened"))
    };
    assert_eq!(counts(world.get(&ada, "/overview").await.expect(200)), (1, 1, 1));
    assert_eq!(counts(world.get(&chief, "/overview").await.expect(200)), (2, 2, 2));
    assert_eq!(world.get(&ada, "/candidates?state=any").await.expect(200)["counts"]["open"], 1);
    let asked = world.get(&ada, "/candidates?state=any&district=Faraway").await.expect(200);
    assert_eq!(asked["items"], json!([]), "a filter does not widen the scope");
    let first = &world.get(&ada, "/candidates").await.expect(200)["items"][0];
    assert_eq!(first["id"], near.candidate.as_str());
}

both!(a_street_sees_less_than_its_district_and_nobodys_unit_nothing);
async fn a_street_sees_less_than_its_district_and_nobodys_unit_nothing(world: World) {
    let (near, _) = two_districts(&world).await;
    let site = SITE.replace("cam-near", "cam-side").replace("First Street", "Side Street");
    let site = site.split("[[camera]]\nid = \"cam-far\"").next().unwrap().to_owned();
    world.state.store.import_site(&Site::parse("site.toml", &site).unwrap(), "test").await.unwrap();
    let street = unit(&world, "Nearby", Some("Side Street")).await;
    let (district, far) = (unit(&world, "Nearby", None).await, unit(&world, "Faraway", None).await);
    let cameras = async |person: &Person| {
        let list = world.get(person, "/cameras").await.expect(200);
        list["items"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let side = world.person_of("side", &ROLES, &[&street]).await;
    assert_eq!(cameras(&side).await, ["cam-side"]);
    assert_eq!(world.get(&side, &format!("/candidates/{}", near.candidate)).await.status, 404);
    assert_eq!(cameras(&world.person_of("both", &ROLES, &[&street, &far]).await).await, ["cam-far", "cam-side"]);
    assert_eq!(cameras(&world.person_of("district", &ROLES, &[&district]).await).await, ["cam-near", "cam-side"]);
    world.sql("DELETE FROM user_units").await.unwrap();
    assert_eq!(cameras(&side).await, Vec::<String>::new(), "it holds at once, in an open session");
}

both!(a_site_file_stays_within_ones_units);
async fn a_site_file_stays_within_ones_units(world: World) {
    let (near, _) = two_districts(&world).await;
    let unit = unit(&world, "Nearby", None).await;
    let bea = world.person_of("bea", &[Role::BureauEditor], &[&unit]).await;
    let import = async |site: &str| world.post(&bea, "/cameras/import", json!({ "site": site })).await;
    let one = SITE.split("[[camera]]\nid = \"cam-far\"").next().unwrap();
    import(one).await.expect(200);
    assert_eq!(import(SITE).await.code(), "outside_scope", "a camera of another district among them");
    assert_eq!(import(&one.replace("Nearby", "Faraway")).await.code(), "outside_scope", "given away");
    assert_eq!(import(&one.replace(near.camera, "cam-far")).await.status, 404, "taken over");
    assert_eq!(world.rows("camera_versions").await, 2, "nothing of it happened");
}

both!(the_live_stream_is_silent_about_other_districts);
async fn the_live_stream_is_silent_about_other_districts(world: World) {
    let (near, far) = two_districts(&world).await;
    world.state.live.catch_up(&world.state.store).await.unwrap();
    let unit = unit(&world, "Nearby", None).await;
    let (ada, chief) = (world.person_of("ada", &ROLES, &[&unit]).await, world.log_in("chief").await);
    let last = world.state.live.latest().to_string();
    let mut streams = Vec::new();
    for person in [&ada, &chief] {
        let mut stream = Listener::open(&world.router, person, Some(&last)).await;
        assert_eq!(stream.next().await.event, "hello");
        streams.push(stream);
    }
    world.take(&[look_message(&far.candidate, "present", world.now_ms() + 1)]).await;
    world.post(&chief, &format!("/candidates/{}/claim", far.candidate), json!({})).await.expect(200);
    world.take(&[look_message(&near.candidate, "present", world.now_ms() + 1)]).await;
    world.state.live.catch_up(&world.state.store).await.unwrap();
    let heard = streams[0].next().await;
    assert_eq!((heard.event.as_str(), &heard.data["id"]), ("candidate_changed", &json!(near.candidate)));
    let whole: Vec<_> = [streams[1].next().await, streams[1].next().await, streams[1].next().await].map(|e| e.event).into();
    assert_eq!(whole, ["candidate_changed", "claim_changed", "candidate_changed"]);
}
