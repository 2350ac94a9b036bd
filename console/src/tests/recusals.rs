//! Recusal: who keeps out is not offered it any more and cannot act on it; the history holds why.

use serde_json::{Value, json};

use super::both;
use super::lifecycle::{act, all_ticks, crew, detail, registered};
use super::world::{Person, World, confirm};
use crate::dto::Role;

fn own(reason: &str) -> Value {
    json!({ "ground": "relation", "reason": reason })
}

async fn queue(world: &World, who: &Person, query: &str) -> (usize, Value) {
    let page = world.get(who, &format!("/candidates?{query}")).await.expect(200);
    (page["items"].as_array().unwrap().len(), page["counts"].clone())
}

both!(who_declares_an_interest_lets_go_and_is_not_asked_again);
async fn who_declares_an_interest_lets_go_and_is_not_asked_again(world: World) {
    let ada = world.person("ada", &[Role::Operator]).await;
    let bob = world.person("bob", &[Role::Operator]).await;
    for n in 1..=3 {
        world.candidate(n).await;
    }
    let id = format!("{:032x}", 2);
    world.post(&ada, &format!("/candidates/{id}/claim"), json!({})).await.expect(200);
    let path = format!("/candidates/{id}/recusals");
    assert_eq!(world.post(&ada, &path, own(" ")).await.code(), "bad_text");
    let said = world.post(&ada, &path, own("the shop is my brother's")).await.expect(201);
    assert_eq!((&said["items"][0]["user"], &said["items"][0]["by"]), (&json!("ada"), &json!("ada")));
    assert_eq!(world.post(&ada, &path, own("again")).await.code(), "already_recused");
    assert_eq!(world.post(&ada, &format!("/candidates/{id}/claim"), json!({})).await.code(), "recused");
    assert_eq!(world.post(&ada, &format!("/candidates/{id}/decisions"), confirm(1)).await.code(), "recused");
    for query in ["", "sort=risk", "q=cam-1", "sla=in_time", "q=0000&state=any", "camera=cam-1&limit=2"] {
        let ((items, counts), (others, all)) = (queue(&world, &ada, query).await, queue(&world, &bob, query).await);
        assert_eq!((&counts["open"], &all["open"]), (&json!(2), &json!(3)), "{query}");
        assert_eq!((items, others), (2, if query.contains("limit") { 2 } else { 3 }), "{query}");
    }
    // Somebody else goes on at once, and sees why.
    world.post(&bob, &format!("/candidates/{id}/claim"), json!({})).await.expect(200);
    world.post(&bob, &format!("/candidates/{id}/decisions"), confirm(1)).await.expect(201);
    let page = world.get(&bob, &format!("/candidates/{id}")).await.expect(200);
    assert_eq!(page["recusals"][0]["reason"], "the shop is my brother's");
    let analyst = world.person("ana", &[Role::Analyst]).await;
    assert_eq!(world.get(&analyst, &format!("/candidates/{id}")).await.expect(200)["recusals"], json!([]));
    assert_eq!(queue(&world, &ada, "state=confirmed").await.0, 1, "what others decided can be seen");
    // Among many it is left out.
    let (x, y) = (format!("{:032x}", 1), format!("{:032x}", 3));
    world.post(&ada, &format!("/candidates/{x}/recusals"), own("a friend")).await.expect(201);
    let order = json!({ "verdict": "reject", "reason": "occluded",
                        "items": [{ "id": x, "seen_version": 1 }, { "id": y, "seen_version": 1 }] });
    let made = world.post(&ada, "/candidates/bulk", order).await.expect(200);
    assert_eq!((made["made"].as_array().unwrap().len(), &made["left_out"][0]["why"]), (1, &json!("not_possible")));
    let auditor = world.person("eye", &[Role::Auditor]).await;
    let log = world.get(&auditor, "/audit?action=recusal.declare").await.expect(200);
    assert_eq!(log["items"].as_array().unwrap().len(), 2);
    for sql in ["UPDATE recusals SET reason = 'x'", "DELETE FROM recusals"] {
        assert!(world.sql(sql).await.is_err(), "{sql}");
    }
}

both!(a_supervisor_keeps_a_reviewer_out_of_a_case);
async fn a_supervisor_keeps_a_reviewer_out_of_a_case(world: World) {
    let crew = crew(&world).await;
    let leo = world.person("leo", &[Role::LegalReviewer]).await;
    registered(&world, &crew.sue).await;
    let id = world.candidate(1).await;
    let made = world.post(&crew.ada, &format!("/candidates/{id}/decisions"), confirm(1)).await.expect(201);
    let case = made["case"].as_str().unwrap().to_owned();
    act(&world, &crew.lea, &case, "take", json!({})).await.expect(201);
    let path = format!("/cases/{case}/recusals");
    let order = |user: &str| json!({ "user": user, "ground": "party_request", "reason": "the party asked for another officer" });
    assert_eq!(world.post(&leo, &path, order("lea")).await.status, 403, "only a supervisor recuses others");
    assert_eq!(world.post(&crew.sue, &path, order("nobody")).await.code(), "no_officer");
    world.post(&crew.sue, &path, order("lea")).await.expect(201);
    let now = detail(&world, &leo, &case).await;
    assert_eq!((&now["case"]["state"], &now["case"]["taken_by"]), (&json!("opened"), &json!(null)));
    assert_eq!((&now["recusals"][0]["user"], &now["recusals"][0]["by"]), (&json!("lea"), &json!("sue")));
    let event = now["history"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&event["act"], &event["reason"], &event["details"]["recused"]),
        (&json!("recuse"), &json!("party_request"), &json!("lea"))
    );
    assert_eq!(act(&world, &crew.lea, &case, "take", json!({})).await.code(), "recused");
    let offers = detail(&world, &crew.lea, &case).await["acts"].clone();
    assert!(offers.as_array().unwrap().iter().all(|offer| offer["held_up"] == "recused"), "{offers}");
    let desk = async |who: &Person| world.get(who, "/cases?for_me=true").await.expect(200);
    assert_eq!((desk(&crew.lea).await["items"].clone(), desk(&crew.lea).await["counts"].clone()), (json!([]), json!([])));
    assert_eq!(desk(&leo).await["counts"], json!([{ "state": "opened", "n": 1 }]));
    assert_eq!(world.get(&crew.lea, "/cases?for_me=true&overdue=true").await.expect(200)["items"], json!([]));

    // The review of somebody who turns out to have an interest carries no filing.
    act(&world, &leo, &case, "take", json!({})).await.expect(201);
    act(&world, &leo, &case, "pass", json!({ "ticks": all_ticks(), "matter": "dumping" })).await.expect(201);
    let subject = json!({ "subject": { "kind": "person", "name": "Chen", "reference": "S-9" } });
    act(&world, &leo, &case, "match_subject", subject).await.expect(201);
    world.post(&crew.ada, &path, own("I know him")).await.expect(201);
    let file = act(&world, &leo, &case, "file", json!({ "expected_fine_yuan": 100 })).await;
    assert_eq!((file.status.as_u16(), file.code().as_str()), (422, "reviewer_recused"));
    let defect = json!({ "defect": "procedure_fault" });
    act(&world, &leo, &case, "find_insufficient", defect).await.expect(201);
}
