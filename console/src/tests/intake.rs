//! Once, in any order, and nothing unreadable is lost.

use events::wire::v1::{self, CandidateData, EvidenceItem, topic};
use proptest::prelude::*;
use serde_json::json;

use super::both;
use super::world::{World, candidate_data, candidate_message, health_message, look_message, message};
use crate::dto::Role;

both!(a_candidate_that_comes_again_is_one);
async fn a_candidate_that_comes_again_is_one(world: World) {
    let data = candidate_data(1, world.now_ms());
    let other = CandidateData { score: 0.5, ..data.clone() };
    let (first, changed) = (candidate_message(&data), candidate_message(&other));
    assert_eq!(world.take(&[first.clone(), first.clone(), changed]).await, ["stored", "duplicate", "conflicting"]);
    assert_eq!(world.take(&[first]).await, ["duplicate"]);
    let operator = world.person("ops", &[Role::Operator]).await;
    let page = world.get(&operator, "/candidates").await.expect(200);
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    assert_eq!(page["items"][0]["score"], 0.75, "the first one stays");
    let counts = json!({ "open": 1, "confirmed": 0, "rejected": 0, "escalated": 0, "field_check": 0, "merged": 0, "expired": 0 });
    assert_eq!(page["counts"], counts);
}

both!(looks_are_joined_whatever_the_order);
async fn looks_are_joined_whatever_the_order(world: World) {
    let (id, now) = (format!("{:032x}", 1), world.now_ms());
    let looks = [
        look_message(&id, "cleared", now + 60_000),
        look_message(&id, "present", now + 30_000),
        look_message(&id, "cleared", now + 60_000),
    ];
    assert_eq!(world.take(&looks).await, ["stored", "stored", "duplicate"], "before their candidate");
    world.candidate(1).await;
    let operator = world.person("ops", &[Role::Operator]).await;
    let detail = world.get(&operator, &format!("/candidates/{id}")).await.expect(200);
    assert_eq!(detail["candidate"]["seen_state"], "cleared", "the latest look, not the last to come");
    let states: Vec<_> = detail["observations"].as_array().unwrap().iter().map(|o| o["state"].clone()).collect();
    assert_eq!(states, ["present", "cleared"]);
    world.take(&[look_message(&id, "present", now + 10_000)]).await;
    let detail = world.get(&operator, &format!("/candidates/{id}")).await.expect(200);
    assert_eq!(detail["candidate"]["seen_state"], "cleared");
}

both!(what_cannot_be_read_is_kept_and_hinders_nothing);
async fn what_cannot_be_read_is_kept_and_hinders_nothing(world: World) {
    let good = candidate_data(1, world.now_ms());
    let bad = |change: &dyn Fn(&mut CandidateData)| {
        let mut data = candidate_data(2, world.now_ms());
        change(&mut data);
        candidate_message(&data)
    };
    let item = |key: &str| EvidenceItem { role: "trigger".to_owned(), key: key.to_owned(), sha256: "ab".repeat(32), bytes: 1 };
    let messages = [
        message(topic::CANDIDATES, v1::CANDIDATE, "x1", Some(b"{".to_vec())),
        message(topic::CANDIDATES, v1::OBSERVATION, "x2", Some(b"{}".to_vec())),
        message(topic::CANDIDATES, v1::CANDIDATE, "x3", None),
        message("kerbwatch.other", v1::CANDIDATE, "x4", Some(b"{}".to_vec())),
        message(topic::CANDIDATES, v1::CANDIDATE, "x5", Some(vec![b' '; 2 << 20])),
        bad(&|data| data.id = "../../etc".to_owned()),
        bad(&|data| data.kind = "littering".to_owned()),
        bad(&|data| data.camera = "Cam 1".to_owned()),
        bad(&|data| data.bbox = [0.0, 0.0, 2.0, 1.0]),
        bad(&|data| data.score = 7.0),
        bad(&|data| data.raised_at = "yesterday".to_owned()),
        bad(&|data| data.raised_at = "2001-01-01T00:00:00Z".to_owned()),
        bad(&|data| data.run = u64::MAX),
        bad(&|data| data.why.text = "a\0b".to_owned()),
        bad(&|data| data.evidence = vec![item("../secret.jpg")]),
        bad(&|data| data.evidence = vec![item("/etc/passwd")]),
        bad(&|data| data.evidence = vec![item("a/.hidden")]),
        message(
            topic::OBSERVATIONS,
            v1::OBSERVATION,
            "x6",
            Some(br#"{"camera":"cam-1","run":1,"at_s":1,"at":"2026-01-01T00:00:00Z"}"#.to_vec()),
        ),
        health_message("sleepy", world.now_ms()),
        look_message(&format!("{:032x}", 1), "vanished", world.now_ms()),
        message(topic::CAMERAS, v1::CAMERA, "x7", Some(br#"{"camera":"cam-1","version":1,"site":"nonsense"}"#.to_vec())),
        candidate_message(&good),
    ];
    let taken = world.take(&messages).await;
    let (last, others) = taken.split_last().unwrap();
    assert_eq!(*last, "stored");
    for (index, word) in others.iter().enumerate() {
        assert_eq!(*word, "dead_letter", "message {index}");
    }
    assert_eq!(world.rows("dead_letters").await, others.len() as i64);
    world.take(&messages).await;
    assert_eq!(world.rows("dead_letters").await, others.len() as i64, "delivered again, kept once");
    assert_eq!(world.rows("candidates").await, 1);
}

both!(permitted_candidates_are_kept_but_not_queued);
async fn permitted_candidates_are_kept_but_not_queued(world: World) {
    let permit = Some("night-market".to_owned());
    let data = CandidateData { permitted: true, permit, ..candidate_data(1, world.now_ms()) };
    world.take(&[candidate_message(&data)]).await;
    let operator = world.person("ops", &[Role::Operator]).await;
    let count = async |query: &str| {
        let page = world.get(&operator, &format!("/candidates{query}")).await.expect(200);
        page["items"].as_array().unwrap().len()
    };
    assert_eq!((count("").await, count("?permitted=only").await, count("?permitted=any").await), (0, 1, 1));
}

#[test]
fn any_bytes_at_all_are_stored_or_buried() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let world = runtime.block_on(World::sqlite());
    let near = serde_json::to_vec(&candidate_data(1, world.now_ms())).unwrap();
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        (0..near.len(), any::<u8>()).prop_map(move |(at, byte)| {
            let mut data = near.clone();
            data[at] = byte;
            data
        }),
    ];
    let topics = prop::sample::select(vec![topic::CANDIDATES, topic::OBSERVATIONS, topic::CAMERAS]);
    let kinds = prop::sample::select(vec![v1::CANDIDATE, v1::OBSERVATION, v1::CAMERA]);
    proptest!(ProptestConfig::with_cases(200), |(topic in topics, kind in kinds, data in prop::option::of(bytes), id in ".{0,8}")| {
        let taken = runtime.block_on(world.take(&[message(topic, kind, &id, data)]));
        prop_assert_eq!(taken.len(), 1);
    });
}
