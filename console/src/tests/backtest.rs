//! A backtest as the bureau sees it: what would have been, beside what officers decided.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use events::{BBox, Candidate, Moment, RunId, Score, StreamTime, WallTime, Why};
use serde_json::{Value, json};

use super::both;
use super::cameras::SITE;
use super::world::{World, confirm};
use crate::app;
use crate::backtest::{Answer, Ask, Backtester, Cover, Fate, KeptView, Light, Row};
use crate::dto::Role;

/// Answers as it was told, and remembers what it was asked.
struct Told {
    rows: Vec<Row>,
    asked: Mutex<Vec<Ask>>,
    views_asked: Mutex<Vec<String>>,
    folder: PathBuf,
}

impl Told {
    fn new(rows: Vec<Row>, world: &World) -> Arc<Self> {
        let folder = world.folder.path().to_owned();
        Arc::new(Self { rows, asked: Mutex::default(), views_asked: Mutex::default(), folder })
    }
}

impl Backtester for Told {
    fn run(&self, ask: &Ask) -> Result<Answer, String> {
        self.asked.lock().unwrap().push(ask.clone());
        let cover = vec![Cover { zone: "north".to_owned(), share: 0.5 }];
        Ok(Answer { rows: self.rows.clone(), cover, seen_s: 3600.0, looks: 1800, took_ms: 12, ..Answer::default() })
    }

    fn still(&self, camera: &str, key: &str) -> Option<PathBuf> {
        (camera == "cam-1" && key == "2027-01-14.1-w.7.jpg").then(|| self.folder.join("still.jpg"))
    }

    fn views(&self, camera: &str, since_ms: i64) -> Result<Vec<KeptView>, String> {
        let at_ms = super::world::START_MS - 600_000;
        let view = KeptView { at_ms, light: Light::Dusk, key: "2027-01-14.1-w.7.jpg".to_owned() };
        Ok(Vec::from_iter((camera == "cam-1" && since_ms < at_ms).then_some(view)))
    }

    fn ask_view(&self, camera: &str) -> Result<(), String> {
        self.views_asked.lock().unwrap().push(camera.to_owned());
        Ok(())
    }
}

fn candidate(n: u32, permit: Option<&str>, at_ms: i64) -> Candidate {
    let moment = |ms: i64| Moment { run: RunId(1), at: StreamTime(0), wall: WallTime::known(ms * 1_000_000) };
    Candidate {
        id: format!("{n:032x}").parse().unwrap(),
        kind: events::Kind::WasteDumping,
        camera: "cam-1".parse().unwrap(),
        zone: "north".parse().unwrap(),
        zone_version: "2-file-0".to_owned(),
        permit: permit.map(|permit| permit.parse().unwrap()),
        first_seen: moment(at_ms - 30_000),
        raised: moment(at_ms),
        bbox: BBox { x1: 0.1, y1: 0.2, x2: 0.3, y2: 0.4 },
        score: Score::clamped(0.8),
        why: Why { text: "left alone".to_owned(), facts: Vec::new() },
    }
}

both!(what_would_have_been_lies_beside_what_was_decided);
async fn what_would_have_been_lies_beside_what_was_decided(mut world: World) {
    let at_ms = world.now_ms();
    let row = |fate, before: Option<Candidate>, after: Option<Candidate>| Row {
        fate,
        before,
        after,
        still: Some("2027-01-14.1-w.7.jpg".to_owned()),
    };
    let rows = vec![
        row(Fate::Unchanged, Some(candidate(1, None, at_ms)), Some(candidate(1, None, at_ms))),
        row(Fate::Lost, Some(candidate(2, None, at_ms)), Some(candidate(2, Some("market"), at_ms))),
        row(Fate::Added, None, Some(candidate(9, None, at_ms))),
    ];
    std::fs::write(world.folder.path().join("still.jpg"), b"\xff\xd8 small").unwrap();
    let told = Told::new(rows, &world);
    world.state.hooks.backtest = Some(told.clone());
    world.router = app(world.state.clone());
    for n in 1..=3 {
        world.candidate(n).await;
    }
    let officer = world.person("ops", &[Role::Operator]).await;
    let decide = async |n: u32, body: Value| {
        world.post(&officer, &format!("/candidates/{n:032x}/decisions"), body).await.expect(201);
    };
    decide(1, confirm(1)).await;
    decide(2, json!({ "seen_version": 1, "verdict": "reject", "reason": "not_a_violation" })).await;
    let editor = world.person("ed", &[Role::BureauEditor]).await;
    world.post(&editor, "/cameras/import", json!({ "site": SITE })).await.expect(200);
    let mut zones = world.get(&editor, "/cameras/cam-1/draft").await.expect(200)["zones"].clone();
    zones[0]["rules"][0]["dwell_s"] = json!(60.0);
    let run = async |body: Value| world.post(&editor, "/cameras/cam-1/backtest", body).await;

    let answer = run(json!({ "zones": zones, "days": 3 })).await.expect(200);
    assert_eq!(answer["counts"], json!({ "added": 1, "lost": 1, "unchanged": 1 }));
    assert_eq!((&answer["before"]["confirmed"], &answer["before"]["rejected"]), (&json!(1), &json!(1)));
    assert_eq!((&answer["after"]["confirmed"], &answer["after"]["rejected"]), (&json!(1), &json!(0)));
    assert_eq!((&answer["elsewhere"], &answer["cover"][0]["share"]), (&json!(1), &json!(0.5)), "candidate 3 is in no recording");
    let (kept, lost, added) = (&answer["rows"][0], &answer["rows"][1], &answer["rows"][2]);
    assert_eq!((&kept["state"], &kept["zone_name"]), (&json!("confirmed"), &json!("North pavement")));
    assert!(kept["still_url"].as_str().unwrap().contains("/evidence/"), "the evidence, where there is some");
    assert_eq!(
        (&lost["state"], &lost["reason"], &lost["permit"]),
        (&json!("rejected"), &json!("not_a_violation"), &json!("market"))
    );
    assert_eq!((&added["candidate"], &added["state"]), (&Value::Null, &Value::Null));
    {
        let asked = told.asked.lock().unwrap();
        assert_eq!(asked[0].until_ms - asked[0].from_ms, 3 * 86_400_000);
        let dwell = |zoning: &crate::backtest::Zoning| zoning.camera.zones[0].rules[&events::Kind::WasteDumping].dwell.as_secs();
        assert_eq!((dwell(&asked[0].before), dwell(&asked[0].after)), (45, 60));
    }

    let address = added["still_url"].as_str().unwrap().strip_prefix("/api/v1").unwrap().to_owned();
    let still = world.get(&editor, &address).await;
    assert_eq!((still.status.as_u16(), still.bytes.as_slice()), (200, b"\xff\xd8 small".as_slice()));
    assert_eq!(world.get(&officer, &address).await.status.as_u16(), 404, "made for another person");
    assert_eq!(world.get(&editor, &address.replace("cam-1", "cam-2")).await.status.as_u16(), 404);
    let auditor = world.person("aud", &[Role::Auditor]).await;
    let looks = world.get(&auditor, "/audit?action=recording.look").await.expect(200);
    assert_eq!(looks["items"].as_array().unwrap().len(), 1, "{looks}");

    assert_eq!(run(json!({ "zones": zones, "days": 31 })).await.code(), "bad_request");
    zones[0]["polygon"] = json!([[0.0, 0.0], [1.0, 1.0]]);
    assert_eq!(run(json!({ "zones": zones })).await.code(), "bad_zones");
}

both!(a_fresh_picture_is_asked_of_whoever_watches);
async fn a_fresh_picture_is_asked_of_whoever_watches(mut world: World) {
    let editor = world.person("ed", &[Role::BureauEditor]).await;
    world.post(&editor, "/cameras/import", json!({ "site": SITE })).await.expect(200);
    assert_eq!(world.post(&editor, "/cameras/cam-1/views", json!({})).await.code(), "no_recordings");
    assert_eq!(world.get(&editor, "/cameras/cam-1/views").await.expect(200)["items"], json!([]));
    std::fs::write(world.folder.path().join("still.jpg"), b"\xff\xd8 small").unwrap();
    let told = Told::new(Vec::new(), &world);
    world.state.hooks.backtest = Some(told.clone());
    world.router = app(world.state.clone());

    let unwatched = world.post(&editor, "/cameras/cam-1/views", json!({})).await;
    assert_eq!((unwatched.status.as_u16(), unwatched.code().as_str()), (409, "not_watched"));
    let said = unwatched.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(said.ends_with("its last picture is 10 minutes old"), "{said}");
    assert!(told.views_asked.lock().unwrap().is_empty());

    world.take(&[super::world::health_message("ok", world.now_ms())]).await;
    let asked = world.post(&editor, "/cameras/cam-1/views", json!({})).await.expect(202);
    assert_eq!(asked["asked_at"], crate::clock::rfc3339(world.now_ms()));
    assert_eq!(*told.views_asked.lock().unwrap(), ["cam-1"]);
    let views = world.get(&editor, "/cameras/cam-1/views").await.expect(200);
    assert_eq!((&views["watching"], &views["items"][0]["light"]), (&json!("watching"), &json!("dusk")));
    let address = views["items"][0]["url"].as_str().unwrap().strip_prefix("/api/v1").unwrap().to_owned();
    assert_eq!(world.get(&editor, &address).await.status, 200);
    assert_eq!(world.post(&editor, "/cameras/nowhere/views", json!({})).await.status, 404);
    let auditor = world.person("aud", &[Role::Auditor]).await;
    assert_eq!(world.get(&auditor, "/audit?action=camera.ask_view").await.expect(200)["items"].as_array().unwrap().len(), 1);
}
