//! Claims and decisions.

use bus::Message;
use events::wire::v1::{CandidateData, CaseData};
use serde_json::json;

use super::both;
use super::world::{World, candidate_data, candidate_message, confirm};
use crate::dto::Role;

async fn outbox(world: &World) -> Vec<Message> {
    world.state.store.outbox_waiting(100).await.unwrap().into_iter().map(|(_, message)| message).collect()
}

both!(a_confirmation_opens_a_case_and_an_undo_withdraws_it);
async fn a_confirmation_opens_a_case_and_an_undo_withdraws_it(world: World) {
    let id = world.candidate(1).await;
    let (ada, bob) = (world.person("ada", &[Role::Operator]).await, world.person("bob", &[Role::Operator]).await);
    let decisions = format!("/candidates/{id}/decisions");
    let made = world.post(&ada, &decisions, confirm(1)).await.expect(201);
    assert_eq!((&made["state"], &made["version"]), (&json!("confirmed"), &json!(2)));
    let case = made["case"].as_str().unwrap().to_owned();

    let detail = world.get(&ada, &format!("/cases/{case}")).await.expect(200);
    let manifest = detail["evidence"].as_array().unwrap().iter().find(|item| item["role"] == "manifest").unwrap().clone();
    assert_eq!(detail["case"]["evidence_sha256"], manifest["sha256"]);
    assert_eq!(detail["case"]["evidence_mode"], "clue_only", "no review of the camera is on record");
    assert_eq!(detail["history"].as_array().unwrap().len(), 1);
    assert_eq!(detail["history"][0]["to"], "opened");
    assert_eq!(detail["decisions"][0]["ticks"]["accurate"], true);
    let sent = outbox(&world).await;
    let data: CaseData = sent[0].parse("kerbwatch.case.v1").unwrap();
    assert_eq!((data.id.as_str(), data.state.as_str(), data.opened_by.as_str()), (case.as_str(), "opened", "ada"));
    assert_eq!((sent[0].topic.as_str(), sent[0].key.as_str()), ("kerbwatch.cases", "cam-1"));

    let undo = json!({ "seen_version": 2, "verdict": "undo" });
    assert_eq!(world.post(&bob, &decisions, undo.clone()).await.code(), "not_yours");
    let undone = world.post(&ada, &decisions, undo).await.expect(201);
    assert_eq!((&undone["state"], &undone["decision"]["supersedes"]), (&json!("open"), &made["decision"]["id"]));
    let detail = world.get(&ada, &format!("/cases/{case}")).await.expect(200);
    assert_eq!((&detail["case"]["state"], &detail["history"][1]["from"]), (&json!("withdrawn"), &json!("opened")));
    assert_eq!(outbox(&world).await.len(), 2);

    let again = world.post(&bob, &decisions, confirm(3)).await.expect(201);
    assert_ne!(again["case"].as_str().unwrap(), case, "another decision, another case");
    let list = world.get(&ada, "/cases?limit=1").await.expect(200);
    let next = world.get(&ada, &format!("/cases?limit=1&cursor={}", list["next_cursor"].as_str().unwrap())).await.expect(200);
    assert_eq!(next["next_cursor"], json!(null));
    assert_ne!(list["items"][0]["id"], next["items"][0]["id"]);
}

both!(of_two_officers_one_decides);
async fn of_two_officers_one_decides(world: World) {
    let ada = world.person("ada", &[Role::Operator]).await;
    let bob = world.person("bob", &[Role::Operator]).await;
    for n in 1..=8 {
        let id = world.candidate(n).await;
        let path = format!("/candidates/{id}/decisions");
        let reject = json!({ "seen_version": 1, "verdict": "reject", "reason": "moving_vendor" });
        let (a, b) = tokio::join!(world.post(&ada, &path, confirm(1)), world.post(&bob, &path, reject));
        let (won, lost) = if a.status == 201 { (a, b) } else { (b, a) };
        assert_eq!((won.status.as_u16(), lost.status.as_u16()), (201, 409));
        let (won, lost) = (won.json(), lost.json());
        assert_eq!(lost["error"]["code"], "stale");
        assert_eq!(lost["error"]["details"]["decisions"][0]["id"], won["decision"]["id"], "what changed, and who did it");
        assert_eq!(lost["error"]["details"]["version"], 2);
    }
    assert_eq!(world.rows("decisions").await, 8);
}

both!(a_claim_keeps_others_off_for_two_minutes);
async fn a_claim_keeps_others_off_for_two_minutes(world: World) {
    let id = world.candidate(1).await;
    let ada = world.person("ada", &[Role::Operator]).await;
    let bob = world.person("bob", &[Role::Operator]).await;
    let (claim, decisions) = (format!("/candidates/{id}/claim"), format!("/candidates/{id}/decisions"));
    let take = async |who| world.call(Some(who), "POST", &claim, None).await;
    assert_eq!(take(&ada).await.expect(200)["mine"], true);
    assert_eq!(take(&bob).await.code(), "claimed");
    assert_eq!(world.post(&bob, &decisions, confirm(1)).await.code(), "claimed");
    let seen = world.get(&bob, "/candidates").await.expect(200);
    assert_eq!((&seen["items"][0]["claim"]["by"], &seen["items"][0]["claim"]["mine"]), (&json!("ada"), &json!(false)));
    world.clock.advance(119_000);
    take(&ada).await.expect(200);
    world.clock.advance(119_000);
    assert_eq!(take(&bob).await.code(), "claimed", "renewed");
    world.clock.advance(1_000);
    take(&bob).await.expect(200);
    assert_eq!(world.call(Some(&ada), "DELETE", &claim, None).await.status, 204, "nothing of hers is left");
    assert_eq!(take(&ada).await.code(), "claimed", "and his was not let go by it");
    assert_eq!(world.call(Some(&bob), "DELETE", &claim, None).await.status, 204);
    world.post(&ada, &decisions, confirm(1)).await.expect(201);
}

both!(a_decision_that_does_not_hold_is_refused);
async fn a_decision_that_does_not_hold_is_refused(world: World) {
    let id = world.candidate(1).await;
    let operator = world.person("ops", &[Role::Operator]).await;
    let reviewer = world.person("law", &[Role::LegalReviewer]).await;
    let decide = async |who, id: &str, body| world.post(who, &format!("/candidates/{id}/decisions"), body).await;
    for (body, code) in [
        (json!({ "seen_version": 1, "verdict": "confirm" }), "ticks_missing"),
        (
            json!({ "seen_version": 1, "verdict": "confirm",
                    "ticks": { "true": true, "clear": true, "complete": false, "accurate": true } }),
            "ticks_missing",
        ),
        (json!({ "seen_version": 1, "verdict": "reject" }), "reason_missing"),
        (json!({ "seen_version": 1, "verdict": "reject", "reason": "other" }), "note_missing"),
        (json!({ "seen_version": 1, "verdict": "escalate", "reason": "occluded" }), "reason_unexpected"),
        (json!({ "seen_version": 1, "verdict": "escalate", "note": "x".repeat(2001) }), "note_too_long"),
        (json!({ "seen_version": 1, "verdict": "undo" }), "nothing_to_undo"),
        (json!({ "seen_version": 1, "verdict": "escalate", "colour": "red" }), "bad_request"),
        (json!({ "seen_version": 1, "verdict": "escalate", "note": "a\0b" }), "bad_request"),
        (json!({ "seen_version": 0, "verdict": "escalate" }), "stale"),
    ] {
        assert_eq!(decide(&operator, &id, body.clone()).await.code(), code, "{body}");
    }
    assert_eq!(decide(&operator, "unknown", confirm(1)).await.code(), "not_found");

    decide(&operator, &id, json!({ "seen_version": 1, "verdict": "escalate" })).await.expect(201);
    assert_eq!(decide(&operator, &id, confirm(2)).await.code(), "forbidden", "escalated: second eyes decide");
    let reject = json!({ "seen_version": 2, "verdict": "reject", "reason": "occluded" });
    decide(&reviewer, &id, reject).await.expect(201);
    assert_eq!(decide(&reviewer, &id, confirm(3)).await.code(), "decided");
    let undone = decide(&reviewer, &id, json!({ "seen_version": 3, "verdict": "undo" })).await.expect(201);
    assert_eq!(undone["state"], "escalated", "back to where it was before");

    let bare = candidate_data(2, world.now_ms());
    let permitted = CandidateData { permitted: true, ..candidate_data(3, world.now_ms()) };
    world.take(&[candidate_message(&bare), candidate_message(&permitted)]).await;
    assert_eq!(decide(&operator, &bare.id, confirm(1)).await.code(), "no_manifest");
    assert_eq!(decide(&operator, &permitted.id, confirm(1)).await.code(), "permitted");
    assert_eq!((world.rows("cases").await, world.rows("case_events").await), (0, 0), "nothing is left of what was refused");
    assert_eq!(world.rows("decisions").await, 3);
}
