//! A case from its opening to its end, with the people who may.

use events::wire::v1::{CandidateData, CaseData};
use serde_json::{Value, json};

use super::both;
use super::world::{Person, World, candidate_data, candidate_message, confirm, look_message};
use crate::clock::rfc3339;
use crate::dto::Role;

/// A record that covers all four kinds from 2026 to 2028.
pub(super) fn record() -> Value {
    json!({
        "legal_basis": "浦东新区城市管理领域非现场执法规定 第四条",
        "legal_review": { "body": "区司法局", "document": "法审〔2026〕1号", "date": "2026-01-05" },
        "technical_review": { "body": "质检院", "document": "JC-2026-7", "date": "2026-01-06", "next_due": "2027-12-31" },
        "signage": { "document": "标识照片 12", "date": "2026-01-07" },
        "publication": { "document": "https://gazette.example/2026/12", "date": "2026-01-08" },
        "kinds": ["illegal_stall", "storefront_encroachment", "unauthorized_ad", "waste_dumping"],
        "valid_from": "2026-01-10", "valid_until": "2028-01-09",
    })
}

/// The officers of a street.
pub(super) struct Crew {
    pub(super) ada: Person,
    pub(super) lea: Person,
    pub(super) sue: Person,
}

pub(super) async fn crew(world: &World) -> Crew {
    Crew {
        ada: world.person("ada", &[Role::Operator]).await,
        lea: world.person("lea", &[Role::LegalReviewer]).await,
        sue: world.person("sue", &[Role::Supervisor]).await,
    }
}

/// `cam-1` is known and, from now on, on the register.
pub(super) async fn registered(world: &World, supervisor: &Person) {
    let site = "[[camera]]\nid = \"cam-1\"\nname = \"Gate\"\ndistrict = \"Pudong\"\nstreet = \"Lujiazui\"\nsource = \"x.mp4\"\n";
    let site = events::site::Site::parse("site.toml", site).unwrap();
    world.state.store.import_site(&site, "test").await.unwrap();
    let new = json!({ "seen_version": 0, "record": record() });
    world.post(supervisor, "/cameras/cam-1/register", new).await.expect(201);
    world.clock.advance(60_000);
}

/// A stall that is raised now and confirmed: the case's id.
pub(super) async fn opened(world: &World, n: u32, by: &Person) -> String {
    let id = format!("{n:032x}");
    let manifest = world.file(&format!("{id}/manifest.json"), "manifest", format!("{{\"candidate\":\"{id}\"}}").as_bytes());
    let data = CandidateData { kind: "illegal_stall".to_owned(), evidence: vec![manifest], ..candidate_data(n, world.now_ms()) };
    assert_eq!(world.take(&[candidate_message(&data)]).await, ["stored"]);
    let made = world.post(by, &format!("/candidates/{id}/decisions"), confirm(1)).await.expect(201);
    made["case"].as_str().unwrap().to_owned()
}

/// An act on the case as it is now; extra fields of `with` are put in.
pub(super) async fn act(world: &World, who: &Person, case: &str, act: &str, with: Value) -> super::world::Reply {
    let detail = world.get(who, &format!("/cases/{case}")).await.json();
    let mut body = json!({ "seen_version": detail["case"]["version"], "act": act });
    for (name, value) in with.as_object().unwrap() {
        body[name] = value.clone();
    }
    world.post(who, &format!("/cases/{case}/acts"), body).await
}

pub(super) async fn detail(world: &World, who: &Person, case: &str) -> Value {
    world.get(who, &format!("/cases/{case}")).await.expect(200)
}

pub(super) fn all_ticks() -> Value {
    json!({ "facts": true, "lawful": true, "basis": true, "jurisdiction": true, "no_conflict": true })
}

/// Legal review passes: `confirmed`.
pub(super) async fn pass(world: &World, crew: &Crew, case: &str) {
    act(world, &crew.lea, case, "take", json!({})).await.expect(201);
    let with = json!({ "ticks": all_ticks(), "matter": "stall", "certificate": "沪310-0042" });
    act(world, &crew.lea, case, "pass", with).await.expect(201);
}

pub(super) async fn warned(world: &World, crew: &Crew, case: &str, reference: &str) {
    pass(world, crew, case).await;
    let subject = json!({ "kind": "organisation", "name": "Noodles", "reference": reference });
    act(world, &crew.ada, case, "match_subject", json!({ "subject": subject })).await.expect(201);
    let due = rfc3339(world.now_ms() + 1_200_000);
    act(world, &crew.ada, case, "warn", json!({ "channel": "sms", "due_at": due })).await.expect(201);
}

/// A case that was warned, looked at again and filed.
pub(super) async fn filed(world: &World, crew: &Crew, n: u32) -> String {
    let case = opened(world, n, &crew.ada).await;
    warned(world, crew, &case, "S-1").await;
    world.clock.advance(1_300_000);
    world.take(&[look_message(&format!("{n:032x}"), "present", world.now_ms())]).await;
    act(world, &crew.ada, &case, "find_not_corrected", json!({})).await.expect(201);
    act(world, &crew.lea, &case, "file", json!({ "expected_fine_yuan": 100 })).await.expect(201);
    case
}

both!(a_warned_stall_that_goes_away_is_exempted_as_a_first_violation);
async fn a_warned_stall_that_goes_away_is_exempted_as_a_first_violation(world: World) {
    let crew = crew(&world).await;
    registered(&world, &crew.sue).await;
    let case = opened(&world, 1, &crew.ada).await;
    let before = detail(&world, &crew.ada, &case).await;
    assert_eq!(before["case"]["evidence_mode"], "offsite_evidence");
    assert_eq!((&before["compliance"]["register_version"], &before["compliance"]["reasons"]), (&json!(1), &json!([])));
    assert_eq!(before["case"]["due_at"], rfc3339(world.now_ms() + 1_800_000), "legal review is to begin in half an hour");
    warned(&world, &crew, &case, "S-1").await;
    let now = detail(&world, &crew.ada, &case).await;
    assert_eq!(now["recheck"]["proposal"], "wait");
    assert_eq!(act(&world, &crew.ada, &case, "find_not_corrected", json!({})).await.code(), "time_runs");
    assert_eq!(act(&world, &crew.ada, &case, "find_corrected", json!({})).await.code(), "note_missing", "nobody has seen it");

    world.clock.advance(600_000);
    assert_eq!(world.take(&[look_message(&format!("{:032x}", 1), "cleared", world.now_ms())]).await, ["stored"]);
    let now = detail(&world, &crew.ada, &case).await;
    assert_eq!((&now["recheck"]["proposal"], &now["recheck"]["look"]), (&json!("corrected"), &json!("cleared")));
    act(&world, &crew.ada, &case, "find_corrected", json!({})).await.expect(201);

    let now = detail(&world, &crew.lea, &case).await;
    let holds =
        |id: &str| now["exemptions"].as_array().unwrap().iter().find(|p| p["exemption"]["id"] == id).unwrap()["holds"].clone();
    assert_eq!((holds("stall-first"), holds("stall-minor")), (json!(true), json!(true)));
    assert_eq!(act(&world, &crew.ada, &case, "exempt", json!({ "exemption": "stall-first" })).await.status, 403, "an operator");
    assert_eq!(act(&world, &crew.lea, &case, "exempt", json!({ "exemption": "advert-first" })).await.code(), "no_clause");
    act(&world, &crew.lea, &case, "exempt", json!({ "exemption": "stall-first" })).await.expect(201);
    act(&world, &crew.lea, &case, "close", json!({ "outcome": "not_punished" })).await.expect(201);

    let end = detail(&world, &crew.lea, &case).await;
    let acts: Vec<&str> = end["history"].as_array().unwrap().iter().map(|event| event["act"].as_str().unwrap()).collect();
    assert_eq!(acts, ["open", "take", "pass", "match_subject", "warn", "find_corrected", "exempt", "close"]);
    assert_eq!(end["history"][2]["certificate"], "沪310-0042");
    assert_eq!(end["history"][5]["details"]["recheck"]["look"], "cleared", "what was seen stands in the history");
    assert_eq!(end["acts"], json!([]), "nothing leads out of the end");

    // The next one of the same shop at another place is no first violation.
    world.clock.advance(600_000);
    let second = opened(&world, 2, &crew.ada).await;
    warned(&world, &crew, &second, "S-1").await;
    world.take(&[look_message(&format!("{:032x}", 2), "cleared", world.now_ms())]).await;
    act(&world, &crew.ada, &second, "find_corrected", json!({})).await.expect(201);
    let now = detail(&world, &crew.lea, &second).await;
    let first = now["exemptions"].as_array().unwrap().iter().find(|p| p["exemption"]["id"] == "stall-first").unwrap().clone();
    assert_eq!(first["holds"], false);
    assert_eq!(first["earlier"][0]["case"], json!(case), "an exempted violation is a violation");
    assert_eq!(act(&world, &crew.lea, &second, "exempt", json!({ "exemption": "stall-first" })).await.code(), "record_against");
    act(&world, &crew.lea, &second, "exempt", json!({ "exemption": "stall-minor" })).await.expect(201);
}

both!(what_had_gone_before_the_warning_is_not_proposed_as_put_right);
async fn what_had_gone_before_the_warning_is_not_proposed_as_put_right(world: World) {
    let crew = crew(&world).await;
    registered(&world, &crew.sue).await;
    let case = opened(&world, 1, &crew.ada).await;
    world.take(&[look_message(&format!("{:032x}", 1), "cleared", world.now_ms())]).await;
    world.clock.advance(60_000);
    warned(&world, &crew, &case, "S-1").await;
    let now = detail(&world, &crew.ada, &case).await;
    assert_eq!((&now["recheck"]["proposal"], &now["recheck"]["look"]), (&json!("wait"), &json!("cleared")));
    assert_eq!(act(&world, &crew.ada, &case, "find_corrected", json!({})).await.code(), "note_missing");
    world.clock.advance(1_300_000);
    assert_eq!(detail(&world, &crew.ada, &case).await["recheck"]["proposal"], "unknown", "no look after the warning says so");
    act(&world, &crew.ada, &case, "find_corrected", json!({ "note": "went there and saw the empty place" })).await.expect(201);
}

both!(what_stays_is_filed_on_the_track_that_follows);
async fn what_stays_is_filed_on_the_track_that_follows(world: World) {
    let crew = crew(&world).await;
    registered(&world, &crew.sue).await;
    let case = opened(&world, 1, &crew.ada).await;
    warned(&world, &crew, &case, "S-1").await;
    assert_eq!(act(&world, &crew.lea, &case, "file", json!({ "expected_fine_yuan": 100 })).await.code(), "not_from_here");
    let sooner = json!({ "due_at": rfc3339(world.now_ms() + 90_000), "note": "rain" });
    assert_eq!(act(&world, &crew.ada, &case, "extend_warning", sooner).await.code(), "bad_time");
    // Not so long that the officers' sessions end.
    world.clock.advance(1_300_000);
    world.take(&[look_message(&format!("{:032x}", 1), "present", world.now_ms())]).await;
    assert_eq!(detail(&world, &crew.ada, &case).await["recheck"]["proposal"], "not_corrected");
    act(&world, &crew.ada, &case, "find_not_corrected", json!({})).await.expect(201);
    let wish = json!({ "expected_fine_yuan": 3001, "track": "simple" });
    assert_eq!(act(&world, &crew.lea, &case, "file", wish).await.code(), "not_simple");
    act(&world, &crew.lea, &case, "file", json!({ "expected_fine_yuan": 3000 })).await.expect(201);
    let now = detail(&world, &crew.lea, &case).await;
    assert_eq!((&now["case"]["state"], &now["track"]), (&json!("filed"), &json!("simple")));
    let sent = world.state.store.outbox_waiting(100).await.unwrap();
    let data: CaseData = sent.last().unwrap().1.parse("kerbwatch.case.v1").unwrap();
    assert_eq!((data.state.as_str(), data.track.as_deref(), data.act.as_deref()), ("filed", Some("simple"), Some("file")));
    assert!(!sent.iter().any(|(_, m)| String::from_utf8_lossy(m.data.as_ref().unwrap()).contains("Noodles")));
    act(&world, &crew.lea, &case, "refer", json!({ "refer_to": "市场监管局" })).await.expect(201);
}

both!(the_second_review_is_another_officers_and_ends_the_undo);
async fn the_second_review_is_another_officers_and_ends_the_undo(world: World) {
    let crew = crew(&world).await;
    let both = world.person("bea", &[Role::Operator, Role::LegalReviewer]).await;
    let case = opened(&world, 1, &both).await;
    assert_eq!(act(&world, &both, &case, "take", json!({})).await.code(), "same_person");
    assert_eq!(act(&world, &crew.ada, &case, "take", json!({})).await.status, 403);
    let offers = detail(&world, &both, &case).await["acts"].clone();
    assert_eq!((&offers[0]["act"], &offers[0]["held_up"]), (&json!("take"), &json!("same_person")));
    let waiting = async |who: &Person| {
        let listed = async |query: &str| {
            let page = world.get(who, &format!("/cases?for_me=true{query}")).await.expect(200).clone();
            let counts: i64 = page["counts"].as_array().unwrap().iter().map(|count| count["n"].as_i64().unwrap()).sum();
            (page["items"].as_array().unwrap().len(), usize::try_from(counts).unwrap())
        };
        let (shown, counted) = listed("").await;
        assert_eq!(shown, counted, "as many as are listed");
        assert_eq!(listed("&district=nowhere").await, (0, 0));
        assert_eq!(listed("&sort=oldest&state=opened,legal_review").await, (shown, counted));
        shown
    };
    assert_eq!((waiting(&both).await, waiting(&crew.lea).await), (0, 1));

    act(&world, &crew.lea, &case, "take", json!({})).await.expect(201);
    let leo = world.person("leo", &[Role::LegalReviewer]).await;
    assert_eq!((waiting(&leo).await, waiting(&crew.lea).await), (0, 1));
    assert_eq!(act(&world, &leo, &case, "reject", json!({ "reason": "inside_shop" })).await.code(), "not_taker");
    let undo = json!({ "seen_version": 2, "verdict": "undo" });
    let decisions = format!("/candidates/{:032x}/decisions", 1);
    assert_eq!(world.post(&both, &decisions, undo.clone()).await.code(), "case_taken");
    act(&world, &crew.sue, &case, "release", json!({ "note": "lea is ill" })).await.expect(201);
    world.post(&both, &decisions, undo).await.expect(201);
    assert_eq!(detail(&world, &both, &case).await["case"]["state"], "withdrawn");
    assert_eq!(act(&world, &leo, &case, "take", json!({})).await.code(), "not_from_here");
}

both!(of_two_reviewers_one_takes_a_case);
async fn of_two_reviewers_one_takes_a_case(world: World) {
    let crew = crew(&world).await;
    let leo = world.person("leo", &[Role::LegalReviewer]).await;
    for n in 1..=6 {
        let case = opened(&world, n, &crew.ada).await;
        let (path, body) = (format!("/cases/{case}/acts"), json!({ "seen_version": 1, "act": "take" }));
        let (a, b) = tokio::join!(world.post(&crew.lea, &path, body.clone()), world.post(&leo, &path, body));
        let (won, lost) = if a.status == 201 { (a, b) } else { (b, a) };
        assert_eq!((won.status.as_u16(), lost.status.as_u16()), (201, 409));
        let (won, lost) = (won.json(), lost.json());
        assert_eq!(lost["error"]["code"], "stale");
        assert_eq!(lost["error"]["details"]["events"][0]["by"], won["event"]["by"], "who was faster");
    }
}

both!(a_clue_is_dispatched_and_never_filed);
async fn a_clue_is_dispatched_and_never_filed(world: World) {
    let crew = crew(&world).await;
    let case = opened(&world, 1, &crew.ada).await;
    assert_eq!(detail(&world, &crew.ada, &case).await["compliance"]["reasons"], json!(["no_record"]));
    pass(&world, &crew, &case).await;
    let subject = json!({ "kind": "person", "name": "W", "reference": "P-1" });
    act(&world, &crew.ada, &case, "match_subject", json!({ "subject": subject })).await.expect(201);
    let due = rfc3339(world.now_ms() + 1_800_000);
    assert_eq!(act(&world, &crew.ada, &case, "warn", json!({ "channel": "sms", "due_at": due })).await.code(), "clue_only");
    assert_eq!(act(&world, &crew.lea, &case, "file", json!({ "expected_fine_yuan": 1 })).await.code(), "clue_only");
    act(&world, &crew.ada, &case, "dispatch_clue", json!({ "note": "team 4" })).await.expect(201);
    act(&world, &crew.sue, &case, "close", json!({ "outcome": "dealt_with" })).await.expect(201);
}

both!(who_is_responsible_is_for_those_who_see_pictures);
async fn who_is_responsible_is_for_those_who_see_pictures(world: World) {
    let crew = crew(&world).await;
    registered(&world, &crew.sue).await;
    let case = opened(&world, 1, &crew.ada).await;
    warned(&world, &crew, &case, "S-1").await;
    let ann = world.person("ann", &[Role::Analyst]).await;
    let told = world.get(&ann, &format!("/cases/{case}")).await;
    assert!(!String::from_utf8_lossy(&told.bytes).contains("Noodles"));
    assert_eq!(told.json()["acts"], json!([]));
    assert_eq!(detail(&world, &crew.ada, &case).await["subject"]["name"], "Noodles");
}

both!(bad_acts_change_nothing);
async fn bad_acts_change_nothing(world: World) {
    let crew = crew(&world).await;
    let case = opened(&world, 1, &crew.ada).await;
    let path = format!("/cases/{case}/acts");
    for (body, want) in [
        (json!({ "seen_version": 1 }), "bad_request"),
        (json!({ "seen_version": 1, "act": "burn" }), "bad_request"),
        (json!({ "seen_version": 1, "act": "take", "more": 1 }), "bad_request"),
        (json!({ "seen_version": 0, "act": "take" }), "stale"),
        (json!({ "seen_version": 1, "act": "open" }), "not_from_here"),
        (json!({ "seen_version": 1, "act": "take", "matter": "stall" }), "field_unexpected"),
    ] {
        assert_eq!(world.post(&crew.lea, &path, body.clone()).await.code(), want, "{body}");
    }
    let nowhere = world.post(&crew.lea, "/cases/nowhere/acts", json!({ "seen_version": 1, "act": "take" })).await;
    assert_eq!(nowhere.status, 404);
    act(&world, &crew.lea, &case, "take", json!({})).await.expect(201);
    let with = json!({ "ticks": all_ticks(), "matter": "dumping" });
    assert_eq!(act(&world, &crew.lea, &case, "pass", with).await.code(), "no_matter", "a matter of another kind");
    assert_eq!(world.rows("case_events").await, 2);
    assert!(world.sql("UPDATE case_events SET note = 'x'").await.is_err());
}

both!(cases_are_filtered_and_counted);
async fn cases_are_filtered_and_counted(world: World) {
    let crew = crew(&world).await;
    for n in 1..=3 {
        opened(&world, n, &crew.ada).await;
        world.clock.advance(1000);
    }
    let list = world.get(&crew.lea, "/cases?sort=oldest&limit=2").await.expect(200);
    assert_eq!(list["counts"], json!([{ "state": "opened", "n": 3 }]));
    let next = list["next_cursor"].as_str().unwrap();
    let rest = world.get(&crew.lea, &format!("/cases?sort=oldest&limit=2&cursor={next}")).await.expect(200);
    assert!(list["items"][1]["opened_at"].as_str() < rest["items"][0]["opened_at"].as_str());
    let case = list["items"][0]["id"].as_str().unwrap();
    act(&world, &crew.lea, case, "take", json!({})).await.expect(201);
    let taken = world.get(&crew.lea, "/cases?state=legal_review,warned").await.expect(200);
    assert_eq!((taken["items"].as_array().unwrap().len(), &taken["items"][0]["taken_by"]), (1, &json!("lea")));
    let overdue = "/cases?overdue=true";
    assert_eq!(world.get(&crew.lea, overdue).await.expect(200)["items"], json!([]));
    world.clock.advance(1_000_000);
    assert_eq!(world.get(&crew.lea, overdue).await.expect(200)["items"], json!([]));
    world.clock.advance(1_000_000);
    assert_eq!(world.get(&crew.lea, overdue).await.expect(200)["items"].as_array().unwrap().len(), 3);
    assert_eq!(world.get(&crew.lea, "/cases?mode=offsite_evidence").await.expect(200)["items"], json!([]));
    for bad in ["state=gone", "mode=film", "sort=luck", "cursor=x", "limit=0", "overdue=perhaps"] {
        assert_eq!(world.get(&crew.lea, &format!("/cases?{bad}")).await.status, 400, "{bad}");
    }
}
