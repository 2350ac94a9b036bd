//! Pictures that are due go, with a certificate; what is held, confirmed or looked at stays; and everywhere a picture was it is
//! said that it is gone.

use std::io::Read as _;

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};

use super::both;
use super::lifecycle::{act, crew, detail, filed, registered};
use super::vault::server::{SECRET, Server};
use super::world::{
    HOUR, Person, Reply, World, candidate_data, candidate_message, confirm, look_message, message, sign_in_tests,
};
use crate::clock::DAY_MS;
use crate::dto::Role;
use crate::retention::digest;
use crate::store::RUNNING_MS;

const MANY: [Role; 3] = [Role::Supervisor, Role::Operator, Role::LegalReviewer];

impl World {
    /// Lets days pass.
    fn days(&self, days: i64) {
        self.clock.advance(days * DAY_MS);
    }

    /// One round of the job: claimed, deleted, failed; none while it rests.
    async fn deletes(&self) -> Option<(u64, u64, u64)> {
        let round = self.state.retention_job().round().await.unwrap();
        round.map(|round| (round.claimed, round.deleted, round.failed))
    }

    fn on_disk(&self, id: &str, file: &str) -> bool {
        self.folder.path().join("evidence").join(id).join(file).is_file()
    }

    async fn chain_holds(&self) {
        assert!(self.state.store.audit_check().await.unwrap().ok);
    }
}

async fn rejected(world: &World, who: &Person, n: u32) -> String {
    let id = world.candidate(n).await;
    reject(world, who, &id).await;
    id
}

async fn reject(world: &World, who: &Person, id: &str) {
    let body = json!({ "seen_version": 1, "verdict": "reject", "reason": "not_a_violation" });
    world.post(who, &format!("/candidates/{id}/decisions"), body).await.expect(201);
}

/// The camera saw it gone, and took a picture.
async fn after_picture(world: &World, id: &str) {
    let after = world.file(&format!("{id}/after/after.jpg"), "after", b"\xff\xd8 gone");
    let look = look_message(id, "cleared", world.now_ms());
    let mut data: events::wire::v1::ObservationData = serde_json::from_slice(look.data.as_deref().unwrap()).unwrap();
    data.evidence = vec![after];
    let look = message(&look.topic, &look.kind, &look.id, Some(serde_json::to_vec(&data).unwrap()));
    assert_eq!(world.take(&[look]).await, ["stored"]);
}

async fn get_url(world: &World, who: &Person, url: &str) -> Reply {
    world.send(Request::get(url).header(header::COOKIE, &who.cookie).body(Body::empty()).unwrap()).await
}

async fn hold_on(world: &World, who: &Person, id: &str) -> Value {
    let hold =
        json!({ "subject": "candidate", "object": id, "reason": "a complaint is before the court", "document": "(2027) 12" });
    world.post(who, "/retention/holds", hold).await.expect(201)
}

fn tape(bytes: &[u8]) -> std::collections::BTreeMap<String, Vec<u8>> {
    let mut archive = tar::Archive::new(bytes);
    let read = |entry: std::io::Result<tar::Entry<'_, &[u8]>>| {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        (entry.path().unwrap().display().to_string(), content)
    };
    archive.entries().unwrap().map(read).collect()
}

both!(what_was_rejected_goes_after_a_week_with_a_certificate);
async fn what_was_rejected_goes_after_a_week_with_a_certificate(world: World) {
    let ada = world.person("ada", &MANY).await;
    let id = rejected(&world, &ada, 1).await;
    assert_eq!(world.deletes().await, None, "a new policy waits a day");
    let overview = world.get(&ada, "/retention?days=7").await.expect(200);
    assert_eq!((overview["resting"].as_str(), &overview["policy"]["version"]), (Some("notice"), &json!(1)));
    let of = |overview: &Value, rule: &str| {
        overview["lines"].as_array().unwrap().iter().find(|line| line["rule"] == rule).cloned().unwrap()
    };
    let soon = of(&overview, "rejected");
    assert_eq!(soon["later"], json!({ "candidates": 1, "files": 2, "bytes": 1000 + 12 }));
    assert_eq!(soon["now"]["candidates"], 0);

    world.clock.advance(7 * DAY_MS - 1);
    assert_eq!(world.deletes().await, Some((0, 0, 0)), "not a moment before its time");
    let ada = world.log_in("ada").await;
    let url = world.get(&ada, &format!("/candidates/{id}")).await.expect(200);
    let url = url["evidence"].as_array().unwrap().iter().find(|one| one["role"] == "trigger").unwrap()["url"].clone();
    let url = url.as_str().unwrap().to_owned();
    assert_eq!(get_url(&world, &ada, &url).await.status, 200);

    world.clock.advance(1);
    let overview = world.get(&ada, "/retention?days=0").await.expect(200);
    assert_eq!((&overview["resting"], &of(&overview, "rejected")["now"]["files"]), (&Value::Null, &json!(2)));
    let items = world.get(&ada, "/retention/plan?rule=rejected&days=0").await.expect(200);
    assert_eq!((items["items"][0]["candidate"].as_str(), items["items"][0]["held"].as_bool()), (Some(id.as_str()), Some(false)));
    assert_eq!(world.deletes().await, Some((1, 2, 0)));
    assert!(!world.on_disk(&id, "trigger.jpg") && !world.on_disk(&id, "clip.mp4"));
    assert!(world.on_disk(&id, "manifest.json"), "the proof of what was there stays");

    // Everything that was known of it is still known.
    let detail = world.get(&ada, &format!("/candidates/{id}")).await.expect(200);
    assert_eq!((&detail["candidate"]["state"], detail["decisions"].as_array().unwrap().len()), (&json!("rejected"), 1));
    let gone = &detail["candidate"]["pictures_deleted"];
    assert_eq!((&gone["rule"], &gone["certificate"]), (&json!("rejected"), &json!(1)));
    assert_eq!(detail["candidate"]["still_url"], Value::Null);
    for item in detail["evidence"].as_array().unwrap() {
        let kept = item["role"] == "manifest";
        assert_eq!((item["url"].is_string(), item["deleted"].is_null()), (kept, kept), "{item}");
        assert_eq!(item["sha256"].as_str().unwrap().len(), 64, "its digest stays");
    }
    let answer = get_url(&world, &ada, &url).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (410, "evidence_deleted"));
    assert_eq!(answer.json()["error"]["details"]["certificate"], 1);

    // The certificate: signed, in the chain, and of what it says.
    let page = world.get(&ada, "/retention/certificates").await.expect(200);
    assert_eq!((page["items"][0]["files"].as_i64(), page["items"][0]["bytes"].as_i64()), (Some(2), Some(1012)));
    let files = tape(&world.get(&ada, "/retention/certificates/1").await.bytes);
    let text = String::from_utf8(files["certificate.json"].clone()).unwrap();
    assert_eq!(digest(&text), page["items"][0]["sha256"].as_str().unwrap());
    assert_eq!(files["certificate.sig"], sign_in_tests(text.as_bytes()).signature);
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&document["type"], &document["by"]), (&json!("kerbwatch.deletion_certificate.v1"), &json!("system")));
    assert_eq!(document["policies"][0]["days"]["rejected_d"], 7);
    assert_eq!(crate::retention::certificate_complaints(&document), Vec::<String>::new(), "as its schema says");
    let listed: Vec<_> = document["items"].as_array().unwrap().iter().map(|item| (&item["file"], &item["outcome"])).collect();
    assert_eq!(listed, [(&json!("clip.mp4"), &json!("deleted")), (&json!("trigger.jpg"), &json!("deleted"))]);
    let log = world.person("log", &[Role::Auditor]).await;
    let rows = world.get(&log, "/audit?action=retention.deleted").await.expect(200);
    assert_eq!(rows["items"][0]["details"]["sha256"], page["items"][0]["sha256"]);
    world.chain_holds().await;
    // And it stays as it is.
    for sql in [
        "UPDATE retention_certificates SET files = 0",
        "DELETE FROM retention_certificates",
        "UPDATE retention_deletions SET outcome = 'absent'",
        "DELETE FROM retention_deletions",
        "UPDATE retention_policies SET at_ms = 0",
    ] {
        assert!(world.sql(sql).await.is_err(), "{sql}");
    }
}

both!(a_hold_keeps_pictures_until_another_person_lifts_it);
async fn a_hold_keeps_pictures_until_another_person_lifts_it(world: World) {
    let (ada, bob) = (world.person("ada", &MANY).await, world.person("bob", &[Role::Supervisor]).await);
    let ids = [rejected(&world, &ada, 1).await, rejected(&world, &ada, 2).await, rejected(&world, &ada, 3).await];
    // The third is merged into nothing, and on a camera that is held as of tomorrow only.
    let hold = hold_on(&world, &ada, &ids[0]).await;
    assert_eq!((&hold["kept"], &hold["gone"], &hold["may_lift"]), (&json!(1), &json!(0), &json!(false)));
    let body = |from: i64| {
        json!({ "subject": "unit", "object": "city", "from": crate::clock::rfc3339(from), "reason": "an inspection of the bureau",
                "document": "letter 7" })
    };
    world.post(&ada, "/retention/holds", body(world.now_ms() + 1)).await.expect(201);
    world.days(8);
    assert_eq!(world.deletes().await, Some((2, 4, 0)), "but for the one that is held");
    assert!(world.on_disk(&ids[0], "trigger.jpg") && !world.on_disk(&ids[1], "trigger.jpg"));
    let (ada, bob2) = (world.log_in("ada").await, world.log_in("bob").await);
    drop(bob);
    let overview = world.get(&ada, "/retention").await.expect(200);
    assert_eq!((&overview["lines"][0]["held"]["candidates"], &overview["holds"]), (&json!(1), &json!(2)));
    assert_eq!(world.get(&ada, "/retention/plan?held=true").await.expect(200)["items"][0]["candidate"], json!(ids[0]));
    assert_eq!(world.get(&ada, &format!("/candidates/{}", ids[0])).await.expect(200)["holds"][0]["document"], "(2027) 12");

    // One placed too late says so.
    let late = hold_on(&world, &ada, &ids[1]).await;
    assert_eq!((&late["kept"], &late["gone"]), (&json!(0), &json!(1)), "the pictures are gone");

    let lift = json!({ "reason": "the court has decided", "document": "(2027) 12 end" });
    let path = format!("/retention/holds/{}/lift", hold["id"].as_str().unwrap());
    assert_eq!(world.post(&ada, &path, lift.clone()).await.code(), "same_person");
    let lifted = world.post(&bob2, &path, lift.clone()).await.expect(200);
    assert_eq!((&lifted["lifted"]["by"], &lifted["lifted"]["document"]), (&json!("bob"), &json!("(2027) 12 end")));
    assert_eq!(world.post(&bob2, &path, lift).await.code(), "lifted");
    assert_eq!(world.deletes().await, Some((1, 2, 0)));
    world.chain_holds().await;
    for sql in ["DELETE FROM legal_holds", "UPDATE legal_holds SET until_ms = 0", "DELETE FROM legal_hold_lifts"] {
        assert!(world.sql(sql).await.is_err(), "{sql}");
    }
}

both!(bad_holds_are_refused);
async fn bad_holds_are_refused(world: World) {
    let ada = world.person("ada", &[Role::Supervisor]).await;
    let id = world.candidate(1).await;
    let good = json!({ "subject": "candidate", "object": id, "reason": "a complaint is before the court", "document": "12" });
    let with = |field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        body
    };
    for (body, want) in [
        (with("object", json!("nothing")), "not_found"),
        (with("object", json!("a\0b")), "bad_request"),
        (with("reason", json!("short")), "bad_hold"),
        (with("document", json!(" ")), "bad_hold"),
        (with("from", json!("2027-01-01T00:00:00Z")), "bad_hold"),
        (with("more", json!(1)), "bad_request"),
        (json!({ "subject": "unit", "object": "city", "reason": "a complaint is before", "document": "1" }), "bad_hold"),
        (
            json!({ "subject": "unit", "object": "city", "from": "2027-01-02T00:00:00Z", "until": "2027-01-01T00:00:00Z",
                    "reason": "a complaint is before", "document": "1" }),
            "bad_hold",
        ),
    ] {
        let reply = world.post(&ada, "/retention/holds", body.clone()).await;
        assert_eq!(reply.code(), want, "{body}");
    }
    assert_eq!(world.rows("legal_holds").await, 0);
}

both!(what_is_undecided_permitted_merged_or_expired_has_its_own_time);
async fn what_is_undecided_permitted_merged_or_expired_has_its_own_time(world: World) {
    let ada = world.person("ada", &MANY).await;
    let (expired, carrier, merged) = (world.candidate(1).await, world.candidate(2).await, world.candidate(3).await);
    let into = json!({ "seen_version": 1, "verdict": "merge", "into": carrier });
    world.post(&ada, &format!("/candidates/{merged}/decisions"), into).await.expect(201);
    world.clock.advance(HOUR);
    let ada = world.log_in("ada").await;
    reject(&world, &ada, &carrier).await;
    let evidence = vec![world.file(&format!("{:032x}/trigger.jpg", 4), "trigger", b"\xff\xd8 four")];
    let data = candidate_data(4, world.now_ms());
    let data = events::wire::v1::CandidateData { evidence, permitted: true, permit: Some("p".to_owned()), ..data };
    world.take(&[candidate_message(&data)]).await;
    world.days(5);
    while world.state.store.expire_unreviewed().await.unwrap() > 0 {}
    world.days(2);
    assert_eq!(world.deletes().await, Some((2, 4, 0)), "what was rejected, and with it what it carries");
    assert!(!world.on_disk(&merged, "trigger.jpg") && world.on_disk(&expired, "trigger.jpg"));
    world.clock.advance(22 * DAY_MS + 23 * HOUR);
    assert_eq!(world.deletes().await, Some((1, 2, 0)), "30 days after it came");
    world.clock.advance(2 * HOUR);
    assert_eq!(world.deletes().await, Some((1, 1, 0)), "and what a permit covers as well");
    let ada = world.log_in("ada").await;
    let rules: Vec<_> = {
        let mut rules = Vec::new();
        for id in [&carrier, &merged, &expired, &format!("{:032x}", 4)] {
            let detail = world.get(&ada, &format!("/candidates/{id}")).await.expect(200);
            rules.push(detail["candidate"]["pictures_deleted"]["rule"].as_str().unwrap_or_default().to_owned());
        }
        rules
    };
    assert_eq!(rules, ["rejected", "merged", "expired", "permitted"]);
}

both!(confirmed_pictures_stay_unless_the_archive_says_otherwise);
async fn confirmed_pictures_stay_unless_the_archive_says_otherwise(world: World) {
    let crew = crew(&world).await;
    registered(&world, &crew.sue).await;
    let case = filed(&world, &crew, 1).await;
    after_picture(&world, &format!("{:032x}", 1)).await;
    act(&world, &crew.lea, &case, "hand_over", json!({})).await.expect(201);
    world.days(4000);
    assert_eq!(world.deletes().await, Some((0, 0, 0)), "no rule for it, and no time is long enough");
    let world = world.with(|config| config.retention.case_ended_d = Some(1095)).await;
    assert_eq!(world.state.retention.version, 2);
    world.days(1);
    assert_eq!(world.deletes().await, Some((0, 0, 0)), "handed over is not over");
    let lea = world.log_in("lea").await;
    act(&world, &lea, &case, "close", json!({ "outcome": "punished" })).await.expect(201);
    world.days(1094);
    assert_eq!(world.deletes().await, Some((0, 0, 0)));
    world.days(1);
    let lea = world.log_in("lea").await;
    assert_eq!(world.get(&lea, &format!("/cases/{case}/package")).await.status, 200);
    assert_eq!(world.deletes().await, Some((1, 1, 0)));
    let found = detail(&world, &lea, &case).await;
    assert_eq!(
        (&found["candidate"]["pictures_deleted"]["rule"], &found["case"]["state"]),
        (&json!("case_ended"), &json!("closed"))
    );
    let package = world.get(&lea, &format!("/cases/{case}/package")).await;
    assert_eq!((package.status.as_u16(), package.code().as_str()), (410, "evidence_deleted"));
}

both!(a_record_without_pictures_is_no_evidence_and_does_not_leave_the_house);
async fn a_record_without_pictures_is_no_evidence_and_does_not_leave_the_house(world: World) {
    let crew = crew(&world).await;
    registered(&world, &crew.sue).await;
    let case = filed(&world, &crew, 1).await;
    let open = world.candidate(7).await;
    // However it came about: an older policy, another hand.
    world.sql("UPDATE candidates SET gone_rule = 'undecided', gone_ms = 1, gone_certificate = 3").await.unwrap();
    assert_eq!(act(&world, &crew.lea, &case, "hand_over", json!({})).await.code(), "evidence_deleted");
    let confirmed = world.post(&crew.sue, &format!("/candidates/{open}/decisions"), confirm(1)).await;
    assert_eq!(confirmed.code(), "evidence_deleted");
}

both!(a_process_that_died_in_the_middle_is_gone_on_from);
async fn a_process_that_died_in_the_middle_is_gone_on_from(world: World) {
    let ada = world.person("ada", &MANY).await;
    let (first, second) = (rejected(&world, &ada, 1).await, rejected(&world, &ada, 2).await);
    world.days(7);
    // It had claimed both, deleted a file of the first, and died.
    let store = &world.state.store;
    let seen = ["trigger.jpg".to_owned(), "clip.mp4".to_owned()];
    for due in store.due_pictures(&world.state.retention.config, 10).await.unwrap() {
        assert_eq!(store.claim_pictures(&due, &world.state.retention, &seen).await.unwrap().len(), 2);
        assert!(store.claim_pictures(&due, &world.state.retention, &seen).await.unwrap().is_empty(), "claimed once");
    }
    std::fs::remove_file(world.folder.path().join("evidence").join(&first).join("clip.mp4")).unwrap();
    let ada = world.log_in("ada").await;
    let gone = world.get(&ada, &format!("/candidates/{first}")).await.expect(200)["candidate"]["pictures_deleted"].clone();
    assert_eq!((&gone["rule"], &gone["at"]), (&json!("rejected"), &Value::Null), "on its way, not gone");
    let undone =
        world.post(&ada, &format!("/candidates/{second}/decisions"), json!({ "seen_version": 2, "verdict": "undo" })).await;
    undone.expect(201);
    assert_eq!(world.post(&ada, &format!("/candidates/{second}/decisions"), confirm(3)).await.status, 422);

    // While it might be at it no hold pretends to keep them.
    let hold = json!({ "subject": "candidate", "object": first, "reason": "a complaint is before the court", "document": "1" });
    assert_eq!(world.post(&ada, "/retention/holds", hold.clone()).await.code(), "deletion_running");
    assert_eq!(world.rows("legal_holds").await, 0);
    assert_eq!(world.deletes().await, Some((0, 0, 0)), "perhaps it still is");
    world.clock.advance(RUNNING_MS);
    // Dead for certain: a hold keeps what is there, and what is gone is said to be.
    world.post(&ada, "/retention/holds", hold).await.expect(201);
    assert_eq!(world.deletes().await, Some((0, 2, 0)), "the second goes");
    assert!(world.on_disk(&first, "trigger.jpg") && !world.on_disk(&second, "trigger.jpg"));
    let detail = world.get(&ada, &format!("/candidates/{first}")).await.expect(200);
    for item in detail["evidence"].as_array().unwrap() {
        assert_eq!(item["deleted"].is_null(), item["role"] != "clip", "{item}");
        assert_eq!(item["url"].is_string(), item["role"] != "clip", "{item}");
    }
    assert_eq!(world.deletes().await, Some((0, 0, 0)), "and nothing more while the hold stands");
    world.chain_holds().await;
}

both!(a_file_that_cannot_be_deleted_is_tried_again_and_shown);
async fn a_file_that_cannot_be_deleted_is_tried_again_and_shown(world: World) {
    let ada = world.person("ada", &MANY).await;
    let id = rejected(&world, &ada, 1).await;
    let path = world.folder.path().join("evidence").join(&id);
    // Another file than the one sealed, and one that lies with its worker.
    std::fs::write(path.join("trigger.jpg"), b"something else").unwrap();
    let clip = std::fs::read(path.join("clip.mp4")).unwrap();
    std::fs::remove_file(path.join("clip.mp4")).unwrap();
    world.days(7);
    assert_eq!(world.deletes().await, Some((1, 0, 2)));
    let ada = world.log_in("ada").await;
    let overview = world.get(&ada, "/retention").await.expect(200);
    let why: Vec<_> = overview["failures"].as_array().unwrap().iter().map(|one| (&one["file"], &one["failure"])).collect();
    assert_eq!(why, [(&json!("clip.mp4"), &json!("not_found")), (&json!("trigger.jpg"), &json!("changed"))]);
    assert_eq!((&overview["failing"], &overview["deleted"]["files"]), (&json!(2), &json!(0)));
    assert!(world.on_disk(&id, "trigger.jpg"), "a person has to look at it first");
    assert_eq!(world.get(&ada, "/retention/certificates").await.expect(200)["items"], json!([]));
    assert_eq!(world.deletes().await, Some((0, 0, 0)), "not at once");
    // The upload comes, the file is put right.
    std::fs::write(path.join("clip.mp4"), &clip).unwrap();
    std::fs::write(path.join("trigger.jpg"), b"\xff\xd8 a picture").unwrap();
    world.clock.advance(HOUR);
    assert_eq!(world.deletes().await, Some((0, 2, 0)));
    assert!(!world.on_disk(&id, "trigger.jpg"));
    let ada = world.log_in("ada").await;
    assert_eq!(world.get(&ada, "/retention").await.expect(200)["failing"], 0);
}

both!(what_is_nowhere_for_a_month_is_said_to_be_absent_and_not_deleted);
async fn what_is_nowhere_for_a_month_is_said_to_be_absent_and_not_deleted(world: World) {
    let ada = world.person("ada", &MANY).await;
    let id = rejected(&world, &ada, 1).await;
    std::fs::remove_dir_all(world.folder.path().join("evidence").join(&id)).unwrap();
    world.days(7);
    assert_eq!(world.deletes().await, Some((1, 0, 2)));
    world.days(29);
    assert_eq!(world.deletes().await, Some((0, 0, 2)));
    world.days(1);
    world.deletes().await;
    let ada = world.log_in("ada").await;
    let files = tape(&world.get(&ada, "/retention/certificates/1").await.bytes);
    let document: Value = serde_json::from_slice(&files["certificate.json"]).unwrap();
    assert!(document["items"].as_array().unwrap().iter().all(|item| item["outcome"] == "absent"), "{document}");
}

both!(what_comes_again_or_late_does_not_bring_pictures_back);
async fn what_comes_again_or_late_does_not_bring_pictures_back(world: World) {
    let ada = world.person("ada", &MANY).await;
    let at_ms = world.now_ms();
    let id = rejected(&world, &ada, 1).await;
    world.days(7);
    assert_eq!(world.deletes().await, Some((1, 2, 0)));
    // The same message again, and the files with it.
    let evidence = vec![
        world.file(&format!("{id}/trigger.jpg"), "trigger", b"\xff\xd8 a picture"),
        world.file(&format!("{id}/clip.mp4"), "clip", &(0..=255u8).cycle().take(1000).collect::<Vec<u8>>()),
        world.file(&format!("{id}/manifest.json"), "manifest", format!("{{\"candidate\":\"{id}\"}}").as_bytes()),
    ];
    let data = events::wire::v1::CandidateData { evidence, ..candidate_data(1, at_ms) };
    assert_eq!(world.take(&[candidate_message(&data)]).await, ["duplicate"]);
    let ada = world.log_in("ada").await;
    let detail = world.get(&ada, &format!("/candidates/{id}")).await.expect(200);
    assert_eq!(detail["candidate"]["pictures_deleted"]["certificate"], 1);
    assert!(detail["evidence"].as_array().unwrap().iter().all(|item| item["url"].is_null() || item["role"] == "manifest"));
    // It is looked for again after a week, and goes again.
    world.days(7);
    world.deletes().await;
    assert!(!world.on_disk(&id, "trigger.jpg") && !world.on_disk(&id, "clip.mp4"));
    let log = world.person("log", &[Role::Auditor]).await;
    let rows = world.get(&log, "/audit?action=retention.found_again").await.expect(200);
    assert_eq!(rows["items"].as_array().unwrap().len(), 2);

    // An after-picture that comes only now is a new picture of a rejected candidate: it goes as well, by a certificate of its own.
    after_picture(&world, &id).await;
    assert_eq!(world.deletes().await, Some((1, 1, 0)));
    assert!(!world.on_disk(&id, "after/after.jpg"));
    let ada = world.log_in("ada").await;
    let detail = world.get(&ada, &format!("/candidates/{id}")).await.expect(200);
    let certificate = |role: &str| {
        let items = detail["evidence"].as_array().unwrap();
        items.iter().find(|item| item["role"] == role).unwrap()["deleted"]["certificate"].clone()
    };
    assert_eq!((certificate("trigger"), certificate("after")), (json!(1), json!(2)));
    let files = tape(&world.get(&ada, "/retention/certificates/2").await.bytes);
    let document: Value = serde_json::from_slice(&files["certificate.json"]).unwrap();
    let first = &world.get(&ada, "/retention/certificates").await.expect(200)["items"][1]["sha256"];
    assert_eq!(&document["previous"], first, "each names the one before");
}

both!(what_is_on_a_screen_or_decided_anew_is_not_taken_away);
async fn what_is_on_a_screen_or_decided_anew_is_not_taken_away(world: World) {
    let ada = world.person("ada", &MANY).await;
    let id = rejected(&world, &ada, 1).await;
    world.days(7);
    // The job has looked, and the officer is faster.
    let due = world.state.store.due_pictures(&world.state.retention.config, 10).await.unwrap();
    assert_eq!(due.len(), 1);
    let ada = world.log_in("ada").await;
    world.post(&ada, &format!("/candidates/{id}/decisions"), json!({ "seen_version": 2, "verdict": "undo" })).await.expect(201);
    assert!(world.state.store.claim_pictures(&due[0], &world.state.retention, &[]).await.unwrap().is_empty());
    world.days(23);
    let ada = world.log_in("ada").await;
    world.call(Some(&ada), "POST", &format!("/candidates/{id}/claim"), None).await.expect(200);
    assert_eq!(world.deletes().await, Some((0, 0, 0)), "somebody looks at it");
    world.clock.advance(3 * 60_000);
    assert_eq!(world.deletes().await, Some((1, 2, 0)));
    // And a hold that comes between the look and the claim.
    let other = rejected(&world, &ada, 2).await;
    world.days(7);
    let due = world.state.store.due_pictures(&world.state.retention.config, 10).await.unwrap();
    let ada = world.log_in("ada").await;
    hold_on(&world, &ada, &other).await;
    assert!(world.state.store.claim_pictures(&due[0], &world.state.retention, &[]).await.unwrap().is_empty());
}

both!(two_consoles_do_not_do_it_twice_and_another_policy_rests);
async fn two_consoles_do_not_do_it_twice_and_another_policy_rests(world: World) {
    let ada = world.person("ada", &MANY).await;
    rejected(&world, &ada, 1).await;
    world.days(7);
    let (one, two) = (world.state.retention_job(), world.state.retention_job());
    assert!(world.state.store.lease_retention(&two.name, HOUR).await.unwrap());
    assert_eq!(one.round().await.unwrap(), None, "the other one has it");
    world.clock.advance(2 * HOUR);
    assert_eq!(one.round().await.unwrap().unwrap().claimed, 1, "it died: this one takes over");
    // A second console comes with a shorter policy: neither deletes until it has been looked at for a day.
    let first = world.state.clone();
    let world = world.with(|config| config.retention.rejected_d = 1).await;
    let ada = world.log_in("ada").await;
    rejected(&world, &ada, 2).await;
    world.clock.advance(23 * HOUR);
    assert_eq!((world.deletes().await, first.retention_job().round().await.unwrap()), (None, None));
    world.clock.advance(2 * HOUR);
    assert_eq!(world.deletes().await, Some((1, 2, 0)));
    assert_eq!(first.retention_job().round().await.unwrap(), None, "what it holds is no longer the policy");
    let off = world.with(|config| config.retention.enabled = false).await;
    assert_eq!(off.deletes().await, None);
}

both!(pictures_of_the_object_store_go_there_and_here);
async fn pictures_of_the_object_store_go_there_and_here(world: World) {
    let Some(server) = Server::start() else { return };
    let config = server.config(SECRET);
    let world = world.with(|settings| settings.objects = Some(config)).await;
    let ada = world.person("ada", &MANY).await;
    let (both, there) = (rejected(&world, &ada, 1).await, rejected(&world, &ada, 2).await);
    let folder = world.folder.path().join("evidence");
    for id in [&both, &there] {
        for file in ["trigger.jpg", "clip.mp4", "manifest.json"] {
            let content = std::fs::read(folder.join(id).join(file)).unwrap();
            server.objects().put_new(&format!("{id}/{file}"), content.into()).await.unwrap();
        }
    }
    std::fs::remove_dir_all(folder.join(&there)).unwrap();
    // Looked at a moment ago, and so kept in memory.
    let url = world.get(&ada, &format!("/candidates/{there}")).await.expect(200)["candidate"]["still_url"].clone();
    assert_eq!(get_url(&world, &ada, url.as_str().unwrap()).await.status, 200);
    world.days(7);
    assert_eq!(server.run("stop"), Some(0));
    assert_eq!(world.deletes().await, Some((0, 0, 0)), "nothing is claimed that cannot be deleted");
    let ada = world.log_in("ada").await;
    assert_eq!(world.get(&ada, "/retention").await.expect(200)["resting"], "store_away");
    assert!(world.on_disk(&both, "trigger.jpg"));
    assert_eq!(server.run("start"), Some(0));
    assert_eq!(world.deletes().await, Some((2, 4, 0)));
    for id in [&both, &there] {
        assert!(!world.on_disk(id, "trigger.jpg"));
        for (file, stays) in [("trigger.jpg", false), ("clip.mp4", false), ("manifest.json", true)] {
            let known = server.objects().known(&format!("{id}/{file}")).await.unwrap();
            assert_eq!(known.is_some(), stays, "{id}/{file}");
        }
    }
    let item = world.state.store.evidence_item(&there, "trigger.jpg").await.unwrap().unwrap();
    assert!(world.state.vault.find(&item).await.is_err(), "not in memory either");
}

both!(the_command_deletes_by_the_policy_that_was_adopted);
async fn the_command_deletes_by_the_policy_that_was_adopted(world: World) {
    use crate::{ConsoleConfig, RetentionOutcome, retention};
    let ada = world.person("ada", &MANY).await;
    world.person("root", &[Role::Administrator]).await;
    rejected(&world, &ada, 1).await;
    let config = ConsoleConfig { evidence: world.folder.path().join("evidence"), ..ConsoleConfig::default() };
    let sign: crate::Sign = std::sync::Arc::new(sign_in_tests);
    let store = &world.state.store;
    let early = retention(store, &config, Some(sign.clone()), Some("root"), 0).await.unwrap_err();
    assert!(early.to_string().contains("waits 24 hours"), "{early}");
    world.days(7);
    let RetentionOutcome::Dry { lines, resting } = retention(store, &config, Some(sign.clone()), None, 0).await.unwrap() else {
        panic!("a dry run")
    };
    assert_eq!((lines[0].now.candidates, resting), (1, None));
    for (name, word) in [("ada2", "no active user"), ("ada", "")] {
        let refused = retention(store, &config, Some(sign.clone()), Some(name), 0).await;
        assert_eq!(refused.is_err(), !word.is_empty(), "{name}");
    }
    rejected(&world, &world.log_in("ada").await, 2).await;
    world.days(7);
    let done = retention(store, &config, Some(sign), Some("root"), 0).await.unwrap();
    assert!(matches!(done, RetentionOutcome::Done { candidates: 1, deleted: 2, failed: 0 }), "{done:?}");
    let ada = world.log_in("ada").await;
    let by: Vec<_> = {
        let page = world.get(&ada, "/retention/certificates").await.expect(200);
        page["items"].as_array().unwrap().iter().map(|one| one["by"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(by, ["root", "ada"]);
}
