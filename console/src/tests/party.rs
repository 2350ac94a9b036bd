//! The party: what it is told, how it looks its case up, what it says, and what follows from that.

use events::wire::v1::CandidateData;
use jpeg_encoder::{ColorType, Encoder};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::both;
use super::lifecycle::{Crew, act, crew, detail, opened, pass, registered, warned};
use super::world::{HOUR, MINUTE, Person, Reply, World, candidate_data, candidate_message, confirm};
use crate::clock::rfc3339;
use crate::dto::Role;

fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// A stall with a real picture, up to `subject_matched`.
pub(super) async fn matched(world: &World, crew: &Crew, n: u32) -> String {
    let id = format!("{n:032x}");
    let pixels: Vec<u8> = (0..320 * 180).flat_map(|i| [if (i % 320 / 4 + i / 320 / 4) % 2 == 0 { 230 } else { 20 }; 3]).collect();
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, 90).encode(&pixels, 320, 180, ColorType::Rgb).unwrap();
    let evidence = vec![
        world.file(&format!("{id}/trigger.jpg"), "trigger", &jpeg),
        world.file(&format!("{id}/manifest.json"), "manifest", format!("{{\"candidate\":\"{id}\"}}").as_bytes()),
    ];
    let data = CandidateData { kind: "illegal_stall".to_owned(), evidence, ..candidate_data(n, world.now_ms()) };
    assert_eq!(world.take(&[candidate_message(&data)]).await, ["stored"]);
    let made = world.post(&crew.ada, &format!("/candidates/{id}/decisions"), confirm(1)).await.expect(201);
    let case = made["case"].as_str().unwrap().to_owned();
    pass(world, crew, &case).await;
    let subject = json!({ "kind": "organisation", "name": "Noodles", "reference": "S-1" });
    act(world, &crew.ada, &case, "match_subject", json!({ "subject": subject })).await.expect(201);
    case
}

async fn code_of(world: &World, who: &Person, case: &str) -> (String, String) {
    let made = world.post(who, &format!("/cases/{case}/party-code"), json!({})).await.expect(201);
    (made["case_no"].as_str().unwrap().to_owned(), made["code"].as_str().unwrap().to_owned())
}

async fn look(world: &World, number: &str, code: &str) -> Reply {
    world.call(None, "POST", "/party/look", Some(json!({ "case_no": number, "code": code }))).await
}

async fn state(world: &World, number: &str, code: &str, text: &str) -> Reply {
    let body = json!({ "case_no": number, "code": code, "text": text });
    world.call(None, "POST", "/party/statements", Some(body)).await
}

both!(what_the_party_was_told_is_kept_word_for_word);
async fn what_the_party_was_told_is_kept_word_for_word(world: World) {
    let crew = crew(&world).await;
    registered(&world, &crew.sue).await;
    let case = matched(&world, &crew, 1).await;
    world.clock.advance(MINUTE);
    let due = rfc3339(world.now_ms() + 20 * MINUTE);
    let ask = json!({ "purpose": "warning", "due_at": due });
    let preview = world.post(&crew.ada, &format!("/cases/{case}/notice"), ask.clone()).await.expect(200);
    let told = rfc3339(world.now_ms() - 1000);
    for (field, value, want) in [
        ("informed_at", json!(rfc3339(world.now_ms() + MINUTE)), "bad_time"),
        ("informed_at", json!("yesterday"), "bad_time"),
        ("template", json!("informing"), "no_template"),
        ("template", json!("none"), "no_template"),
    ] {
        let mut with = json!({ "channel": "voice", "due_at": due });
        with[field] = value;
        assert_eq!(act(&world, &crew.ada, &case, "warn", with).await.code(), want, "{field}");
    }
    let with = json!({ "channel": "voice", "due_at": due, "informed_at": told, "template": "warning" });
    act(&world, &crew.ada, &case, "warn", with).await.expect(201);
    let page = detail(&world, &crew.ada, &case).await;
    let event = page["history"].as_array().unwrap().last().unwrap().clone();
    let notice = &event["details"]["notice"];
    assert_eq!(*notice, preview, "what was shown is what went out");
    let text = notice["text"].as_str().unwrap();
    let number = page["party"]["case_no"].as_str().unwrap();
    for part in ["Noodles", "无序设摊", "Pudong Lujiazui Gate", "2027-01-15", number] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!((&notice["sha256"], &event["details"]["informed_at"]), (&json!(sha256(text)), &json!(told)));
    assert_eq!((&event["details"]["channel"], &page["recheck"]["warned_at"]), (&json!("voice"), &json!(told)));

    // Another template from tomorrow on; what went out keeps its text, and its template is named by version and digest.
    let revision = |body: &str| json!({ "reason": "plainer", "valid_from": "2027-01-16", "name": "n", "body": body });
    let path = "/legal/templates/warning/revise";
    assert_eq!(world.post(&crew.sue, path, revision("{subject} {colour}")).await.code(), "bad_template");
    let made = world.post(&crew.sue, path, revision("{subject}: {due_at}")).await.expect(201);
    assert_eq!((&made["id"], &made["replaces"]), (&json!("warning-v2"), &json!("warning")));
    assert_eq!(world.post(&crew.sue, path, revision("{subject}")).await.code(), "stale");
    let list = world.get(&crew.lea, "/legal/templates").await.expect(200);
    let old = list["items"].as_array().unwrap().iter().find(|item| item["id"] == "warning").unwrap().clone();
    assert_eq!(old["valid_until"], "2027-01-15");
    assert_eq!(notice["template_sha256"], json!(sha256(old["body"].as_str().unwrap())));
    let new = json!({ "id": "pudong", "purpose": "warning", "name": "n", "district": "Pudong", "body": "{fine}", "valid_from": "2027-01-01" });
    world.post(&crew.sue, "/legal/templates", new.clone()).await.expect(201);
    assert_eq!(world.post(&crew.sue, "/legal/templates", new).await.code(), "id_taken");
    let unfilled = world.post(&crew.ada, &format!("/cases/{case}/notice"), ask.clone()).await;
    assert_eq!(unfilled.code(), "notice_unfilled", "the district's own template comes first, and a warning names no fine");
    // Withdrawn without another in its place: what was replaced is not ended again, and after its last day none is offered.
    let end = async |id: &str, day: &str| {
        let body = json!({ "valid_until": day, "reason": "repealed" });
        world.post(&crew.sue, &format!("/legal/templates/{id}/end"), body).await
    };
    assert_eq!(end("warning", "2027-01-31").await.code(), "stale");
    assert_eq!(end("nothing", "2027-01-31").await.code(), "not_found");
    assert_eq!(end("pudong", "2026-12-31").await.code(), "bad_day", "before it began");
    assert_eq!(end("pudong", "2027-01-14").await.status, 204);
    let again = world.post(&crew.ada, &format!("/cases/{case}/notice"), ask.clone()).await.expect(200);
    assert_eq!(again["template"], "warning", "the city's own holds where the district has none");
    assert_eq!(end("warning-v2", "2027-01-16").await.status, 204);
    world.turn_to(world.now_ms() + 48 * HOUR);
    let ada = world.log_in("ada").await;
    assert_eq!(world.post(&ada, &format!("/cases/{case}/notice"), ask).await.code(), "no_template");
    let list = world.get(&ada, "/legal/templates").await.expect(200);
    let ended = list["items"].as_array().unwrap().iter().find(|item| item["id"] == "warning-v2").unwrap();
    assert_eq!((&ended["valid_until"], &ended["end_reason"]), (&json!("2027-01-16"), &json!("repealed")));
    // Who sees no pictures does not read what the party was told.
    let analyst = world.person("ana", &[Role::Analyst]).await;
    let seen = detail(&world, &analyst, &case).await;
    assert!(!seen.to_string().contains("Noodles") && seen["party"].is_null(), "{seen}");
}

both!(a_code_opens_one_case_and_nothing_else);
async fn a_code_opens_one_case_and_nothing_else(world: World) {
    let crew = crew(&world).await;
    registered(&world, &crew.sue).await;
    let case = matched(&world, &crew, 1).await;
    let other = opened(&world, 2, &crew.ada).await;
    assert_eq!(world.post(&crew.ada, &format!("/cases/{other}/party-code"), json!({})).await.code(), "not_from_here");
    let due = rfc3339(world.now_ms() + 20 * MINUTE);
    act(&world, &crew.ada, &case, "warn", json!({ "channel": "sms", "due_at": due })).await.expect(201);
    let (number, code) = code_of(&world, &crew.ada, &case).await;
    assert_eq!((code.len(), code.matches('-').count()), (19, 3));
    let view = look(&world, &number, &code.to_lowercase().replace('-', " ")).await.expect(200);
    assert_eq!((&view["state"], &view["matter"], &view["may_state"]), (&json!("to_put_right"), &json!("无序设摊"), &json!(true)));
    assert_eq!((&view["due_at"], &view["notices"][0]["purpose"]), (&json!(due), &json!("warning")));
    let still = view["still"].as_str().unwrap();
    let jpeg = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, still).unwrap();
    assert!(jpeg.starts_with(b"\xff\xd8"));
    let original = std::fs::read(world.folder.path().join("evidence").join(format!("{:032x}/trigger.jpg", 1))).unwrap();
    assert_ne!(jpeg, original, "the original does not leave");
    let told = view.to_string();
    for secret in ["ada", "lea", "sue", case.as_str(), other.as_str(), "score", "S-1", "cam-1", "sha256\":\"aa"] {
        assert!(!told.contains(&format!("\"{secret}\"")), "{secret}: {told}");
    }
    // Only its own case: not with the number of another, not with a code that is not one.
    let foreign = detail(&world, &crew.ada, &other).await["party"]["case_no"].as_str().unwrap().to_owned();
    assert_eq!(look(&world, &foreign, &code).await.code(), "wrong_party_code");
    assert_eq!(look(&world, "none", &code).await.code(), "wrong_party_code");
    let record = detail(&world, &crew.ada, &case).await;
    assert_eq!((&record["party"]["looks"], &record["party"]["looked_at"][0]["still"]), (&json!(1), &json!(true)));
    assert_eq!(record["history"].as_array().unwrap().last().unwrap()["act"], "issue_code");
    assert!(!record.to_string().contains(&code), "it was shown once");
    let auditor = world.person("eye", &[Role::Auditor]).await;
    let log = async |action: &str| {
        let page = world.get(&auditor, &format!("/audit?action={action}")).await.expect(200);
        (page["items"].as_array().unwrap().len(), page["items"][0]["actor"].clone(), page.to_string())
    };
    let looks = log("party.look").await;
    assert_eq!((looks.0, &looks.1), (1, &json!("(party)")));
    assert!(!log("party.code").await.2.contains(&code));
    assert_eq!(log("party.refused").await.0, 1, "of the case that there is");

    // Five wrong tries lock the number; the right code does not help until that is over, and then forgets them.
    for _ in 0..5 {
        assert_eq!(look(&world, &number, "0000-0000-0000-0000").await.code(), "wrong_party_code");
    }
    let locked = look(&world, &number, &code).await;
    assert_eq!((locked.status.as_u16(), locked.code().as_str()), (429, "too_many_attempts"));
    world.clock.advance(31_000);
    look(&world, &number, &code).await.expect(200);

    // A new code ends the old one, and both end.
    let (_, second) = code_of(&world, &crew.ada, &case).await;
    assert_eq!(look(&world, &number, &code).await.code(), "wrong_party_code");
    look(&world, &number, &second).await.expect(200);
    let path = format!("/cases/{case}/party-code");
    assert_eq!(world.call(Some(&crew.ada), "DELETE", &path, None).await.status, 204);
    assert_eq!(look(&world, &number, &second).await.code(), "wrong_party_code");
    assert_eq!(world.call(Some(&crew.ada), "DELETE", &path, None).await.code(), "no_code");
    assert_eq!(world.post(&crew.ada, &path, json!({ "days": 366 })).await.code(), "bad_time");
    let made = world.post(&crew.ada, &path, json!({ "days": 1 })).await.expect(201);
    let third = made["code"].as_str().unwrap().to_owned();
    world.clock.advance(24 * HOUR);
    assert_eq!(look(&world, &number, &third).await.code(), "wrong_party_code", "it holds no more");
    for table in ["party_looks", "defences", "defence_answers"] {
        assert!(world.sql(&format!("DELETE FROM {table}")).await.is_err() || world.rows(table).await == 0, "{table}");
    }
    assert!(world.sql("UPDATE party_looks SET at_ms = 0").await.is_err());
}

both!(looks_and_statements_have_a_measure_that_comes_back);
async fn looks_and_statements_have_a_measure_that_comes_back(world: World) {
    let crew = crew(&world).await;
    registered(&world, &crew.sue).await;
    let case = opened(&world, 1, &crew.ada).await;
    warned(&world, &crew, &case, "S-1").await;
    let (number, code) = code_of(&world, &crew.ada, &case).await;
    for n in 0..10 {
        state(&world, &number, &code, &format!("statement {n}")).await.expect(201);
    }
    assert_eq!(state(&world, &number, &code, "one more").await.status, 429);
    for _ in 0..60 {
        look(&world, &number, &code).await.expect(200);
    }
    let full = look(&world, &number, &code).await;
    assert_eq!((full.status.as_u16(), &full.json()["error"]["details"]["retry_after_s"]), (429, &json!(3600)));
    world.clock.advance(HOUR);
    assert!(look(&world, &number, &code).await.expect(200)["still"].is_null(), "there is none to show");
    let view = state(&world, &number, &code, "one more").await.expect(201);
    assert_eq!(view["statements"].as_array().unwrap().len(), 11, "the defence has no limit");
    assert_eq!(state(&world, &number, &code, " ").await.code(), "bad_text");
    assert_eq!(state(&world, &number, &code, &"x".repeat(5001)).await.code(), "bad_text");
}

both!(a_defence_is_answered_by_another_person_before_anything_goes_on_and_makes_nothing_heavier);
async fn a_defence_is_answered_by_another_person_before_anything_goes_on_and_makes_nothing_heavier(world: World) {
    let crew = crew(&world).await;
    let both = world.person("bo", &[Role::Operator, Role::LegalReviewer]).await;
    registered(&world, &crew.sue).await;
    let case = opened(&world, 1, &both).await;
    warned(&world, &crew, &case, "S-1").await;
    world.clock.advance(21 * MINUTE);
    let note = json!({ "note": "seen on the spot" });
    act(&world, &crew.ada, &case, "find_not_corrected", note).await.expect(201);
    let inform = |yuan: i64| json!({ "channel": "paper", "expected_fine_yuan": yuan });
    act(&world, &crew.ada, &case, "inform", inform(500)).await.expect(201);
    let (number, code) = code_of(&world, &crew.ada, &case).await;
    let before = detail(&world, &crew.lea, &case).await;
    assert!(!before["acts"].as_array().unwrap().iter().any(|offer| offer["act"] == "answer_defence"));
    let view = state(&world, &number, &code, "It is not my stall.").await.expect(201);
    assert_eq!(
        (&view["statements"][0]["text"], &view["statements"][0]["accepted"]),
        (&json!("It is not my stall."), &json!(null))
    );
    // Who looked before the party spoke has to look again.
    let stale = json!({ "seen_version": before["case"]["version"], "act": "file", "expected_fine_yuan": 500 });
    assert_eq!(world.post(&crew.lea, &format!("/cases/{case}/acts"), stale).await.code(), "stale");
    let file = |yuan: i64| json!({ "expected_fine_yuan": yuan });
    assert_eq!(act(&world, &crew.lea, &case, "file", file(500)).await.code(), "defence_open");
    let open = world.get(&crew.lea, "/cases?unanswered=true").await.expect(200);
    assert_eq!((open["items"].as_array().unwrap().len(), &open["counts"][0]["n"]), (1, &json!(1)));

    // An officer enters another one, which came on paper.
    let paper = json!({ "defence": { "channel": "paper", "text": "see the lease", "attachment_sha256": "ab".repeat(32) } });
    let mut bad = paper.clone();
    bad["defence"]["attachment_sha256"] = json!("xy");
    assert_eq!(act(&world, &crew.lea, &case, "record_defence", bad).await.code(), "bad_digest");
    act(&world, &crew.lea, &case, "record_defence", paper).await.expect(201);
    let defences = detail(&world, &crew.lea, &case).await["party"]["defences"].clone();
    assert_eq!((&defences[0]["entered_by"], &defences[1]["entered_by"]), (&json!("(party)"), &json!("lea")));
    let answer = |n: usize, accepted: bool| json!({ "answer": { "defence": defences[n]["id"], "accepted": accepted, "reasons": "the picture shows the licence" } });
    assert_eq!(act(&world, &both, &case, "answer_defence", answer(0, false)).await.code(), "same_person");
    assert_eq!(act(&world, &crew.ada, &case, "answer_defence", answer(0, false)).await.status, 403);
    assert_eq!(act(&world, &crew.lea, &case, "answer_defence", answer(1, false)).await.code(), "entered_by_you");
    act(&world, &crew.lea, &case, "answer_defence", answer(0, false)).await.expect(201);
    assert_eq!(act(&world, &crew.lea, &case, "answer_defence", answer(0, true)).await.code(), "answered");
    assert_eq!(act(&world, &crew.lea, &case, "file", file(500)).await.code(), "defence_open", "one is left");
    let leo = world.person("leo", &[Role::LegalReviewer]).await;
    act(&world, &leo, &case, "answer_defence", answer(1, true)).await.expect(201);
    let view = look(&world, &number, &code).await.expect(200);
    assert_eq!(
        (&view["statements"][1]["accepted"], &view["statements"][1]["reasons"]),
        (&json!(true), &json!("the picture shows the licence"))
    );

    // Article 45.
    for with in [file(501), file(1000)] {
        assert_eq!(act(&world, &crew.lea, &case, "file", with).await.code(), "heavier_after_defence");
    }
    assert_eq!(act(&world, &crew.ada, &case, "inform", inform(501)).await.code(), "heavier_after_defence");
    act(&world, &crew.lea, &case, "file", file(300)).await.expect(201);
    state(&world, &number, &code, "Still not mine.").await.expect(201);
    assert_eq!(act(&world, &crew.lea, &case, "hand_over", json!({})).await.code(), "defence_open");
    assert_eq!(
        act(&world, &crew.ada, &case, "inform", inform(400)).await.code(),
        "heavier_after_defence",
        "300 were named since"
    );
    let last = detail(&world, &crew.lea, &case).await["party"]["defences"][2]["id"].clone();
    let answer = json!({ "answer": { "defence": last, "accepted": false, "reasons": "as before" } });
    act(&world, &crew.lea, &case, "answer_defence", answer).await.expect(201);
    act(&world, &crew.lea, &case, "hand_over", json!({})).await.expect(201);
    assert_eq!(state(&world, &number, &code, "and again").await.code(), "not_here");
    let archive = world.get(&crew.lea, &format!("/cases/{case}/package")).await;
    let text = String::from_utf8_lossy(&archive.bytes).into_owned();
    for part in ["It is not my stall.", "the picture shows the licence", "party_looks", "\"informing\""] {
        assert!(text.contains(part), "the signed package holds {part}");
    }
}
