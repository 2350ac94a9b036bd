//! Filters, orders and pages.

use events::wire::v1::CandidateData;
use serde_json::Value;

use super::both;
use super::world::{World, candidate_data, candidate_message};
use crate::clock::rfc3339;
use crate::dto::Role;

fn ids(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

both!(every_order_pages_through_everything_once);
async fn every_order_pages_through_everything_once(world: World) {
    let mut messages = Vec::new();
    for n in 0..25 {
        // Many are raised at once and many score the same: the order must still be total.
        let raised_at = rfc3339(world.now_ms() + i64::from(n / 4) * 1000);
        let score = f64::from(n % 3) / 3.0;
        messages.push(candidate_message(&CandidateData { raised_at, score, ..candidate_data(n, world.now_ms()) }));
    }
    world.take(&messages).await;
    let operator = world.person("ops", &[Role::Operator]).await;
    for sort in ["newest", "oldest", "score"] {
        let whole = world.get(&operator, &format!("/candidates?sort={sort}&limit=200")).await.expect(200);
        let (mut pieces, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = world.get(&operator, &format!("/candidates?sort={sort}&limit=7{cursor}")).await.expect(200);
            pieces.extend(ids(&page));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(pieces, ids(&whole), "{sort}");
        assert_eq!(pieces.len(), 25);
    }
    let scores = world.get(&operator, "/candidates?sort=score").await.expect(200);
    let scores: Vec<f64> = scores["items"].as_array().unwrap().iter().map(|item| item["score"].as_f64().unwrap()).collect();
    assert!(scores.windows(2).all(|pair| pair[0] >= pair[1]));
}

both!(filters_hold_together_and_nonsense_is_refused);
async fn filters_hold_together_and_nonsense_is_refused(world: World) {
    let ad = CandidateData { kind: "unauthorized_ad".to_owned(), ..candidate_data(2, world.now_ms()) };
    let far = CandidateData { camera: "cam-2".to_owned(), ..candidate_data(3, world.now_ms()) };
    world.take(&[candidate_message(&candidate_data(1, world.now_ms())), candidate_message(&ad), candidate_message(&far)]).await;
    let operator = world.person("ops", &[Role::Operator]).await;
    let count = async |query: &str| ids(&world.get(&operator, &format!("/candidates?{query}")).await.expect(200)).len();
    assert_eq!(count("kind=unauthorized_ad").await, 1);
    assert_eq!(count("kind=unauthorized_ad,waste_dumping&camera=cam-1").await, 2);
    assert_eq!(count("q=CAM-2").await, 1, "case does not matter");
    assert_eq!(count("q=cam%25").await, 0, "% is a character, not a wildcard");
    assert_eq!(count("q=cam_1").await, 0, "_ is a character, not a wildcard");
    assert_eq!(count("state=rejected").await, 0);
    assert_eq!(count("state=open,rejected&key_area=false").await, 3);
    assert_eq!(count("key_area=true").await, 0);
    for bad in ["state=gone", "kind=x", "sort=up", "limit=0", "limit=201", "cursor=x", "permitted=maybe", "colour=red", "q=%00"] {
        let reply = world.get(&operator, &format!("/candidates?{bad}")).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (400, "bad_request"), "{bad}");
    }
}

both!(a_candidate_shows_what_happened_at_its_place);
async fn a_candidate_shows_what_happened_at_its_place(world: World) {
    let day = 24 * 60 * 60_000;
    let at = |n, ms: i64, bbox| CandidateData { bbox, ..candidate_data(n, world.now_ms() + ms) };
    let here = [0.25, 0.5, 0.5, 0.75];
    let candidates = [at(1, -31 * day, here), at(2, -2 * day, here), at(3, -day, [0.8, 0.8, 0.9, 0.9]), at(4, 0, here)];
    world.take(&candidates.map(|data| candidate_message(&data))).await;
    let operator = world.person("ops", &[Role::Operator]).await;
    let detail = world.get(&operator, &format!("/candidates/{:032x}", 4)).await.expect(200);
    let visits: Vec<_> = detail["same_place"].as_array().unwrap().iter().map(|visit| visit["id"].clone()).collect();
    assert_eq!(visits, [format!("{:032x}", 2)], "not the old one, not the one elsewhere");
    assert_eq!(detail["why"]["facts"][0]["needed"], 30.0);
    assert_eq!(detail["candidate"]["dwell_s"], 30.0);
    assert_eq!(world.get(&operator, "/candidates/unknown").await.code(), "not_found");
}
