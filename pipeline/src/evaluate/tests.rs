use proptest::prelude::*;

use super::*;

const PLACE: BBox = BBox { x1: 0.2, y1: 0.2, x2: 0.4, y2: 0.4 };

fn truth(kind: Kind, start_s: f64, end_s: Option<f64>) -> Truth {
    Truth { kind, camera: "c".to_owned(), zone: "z".to_owned(), start_s, end_s, bbox: PLACE }
}

fn raised(kind: Kind, raised_s: f64) -> Raised {
    Raised { id: "i".to_owned(), kind, camera: "c".to_owned(), raised_s, bbox: PLACE, permitted: false, dwell_s: 30.0 }
}

fn counts(scores: &Scores) -> (usize, usize, usize, usize) {
    let total = &scores.total;
    (total.true_positives, total.false_positives, total.duplicates, total.missed)
}

#[test]
fn time_kind_camera_and_place_must_agree() {
    let kind = Kind::WasteDumping;
    let truths = [truth(kind, 100.0, Some(200.0))];
    let right = raised(kind, 150.0);
    let of = |candidate: Raised| counts(&score(&truths, &[candidate], Permitted::LeftOut)).0;
    assert_eq!(of(right.clone()), 1);
    assert_eq!(of(Raised { raised_s: 99.9, ..right.clone() }), 0, "before it began");
    assert_eq!(of(Raised { raised_s: 230.0, ..right.clone() }), 1, "the end plus the dwell");
    assert_eq!(of(Raised { raised_s: 230.1, ..right.clone() }), 0);
    assert_eq!(of(Raised { kind: Kind::IllegalStall, ..right.clone() }), 0);
    assert_eq!(of(Raised { camera: "d".to_owned(), ..right.clone() }), 0);
    let around = BBox { x1: 0.0, y1: 0.0, x2: 0.42, y2: 0.42 };
    assert!(around.iou(&PLACE) >= MIN_IOU && of(Raised { bbox: around, ..right.clone() }) == 1);
    let beside = BBox { x1: 0.39, y1: 0.39, x2: 0.8, y2: 0.8 };
    assert_eq!(of(Raised { bbox: beside, ..right.clone() }), 0, "it touches, but IoU is below 0.1");
    let inside = BBox { x1: 0.3, y1: 0.3, x2: 0.32, y2: 0.32 };
    assert!(inside.iou(&PLACE) < MIN_IOU && of(Raised { bbox: inside, ..right }) == 1, "the centre lies inside");
    let open = [truth(kind, 100.0, None)];
    assert_eq!(counts(&score(&open, &[raised(kind, 1e6)], Permitted::LeftOut)).0, 1);
}

#[test]
fn a_second_candidate_is_a_duplicate_and_false() {
    let kind = Kind::IllegalStall;
    let scores =
        score(&[truth(kind, 0.0, None)], &[raised(kind, 60.0), raised(kind, 40.0), raised(kind, 50.0)], Permitted::LeftOut);
    assert_eq!(counts(&scores), (1, 2, 2, 0));
    assert_eq!(scores.total.delay_median_s, Some(40.0), "the first one raised is the right one");
    assert_eq!(scores.kinds.keys().collect::<Vec<_>>(), ["illegal_stall"]);
}

#[test]
fn two_things_side_by_side_get_one_candidate_each() {
    let kind = Kind::WasteDumping;
    // The first candidate fits both truths, the second only one: taken greedily, the second would be a duplicate.
    let left = Truth { bbox: BBox { x1: 0.2, y1: 0.2, x2: 0.4, y2: 0.4 }, ..truth(kind, 0.0, None) };
    let right = Truth { bbox: BBox { x1: 0.3, y1: 0.2, x2: 0.5, y2: 0.4 }, ..truth(kind, 0.0, None) };
    let both = Raised { bbox: BBox { x1: 0.26, y1: 0.2, x2: 0.44, y2: 0.4 }, ..raised(kind, 40.0) };
    for only in [left.bbox, right.bbox] {
        let corner = if only == left.bbox { only.x1 } else { only.x2 - 0.05 };
        let second = Raised { bbox: BBox { x1: corner, y1: 0.2, x2: corner + 0.05, y2: 0.25 }, ..raised(kind, 50.0) };
        let scores = score(&[left.clone(), right.clone()], &[both.clone(), second], Permitted::LeftOut);
        assert_eq!(counts(&scores), (2, 0, 0, 0));
    }
}

#[test]
fn permitted_candidates_are_left_out_unless_asked_for() {
    let kind = Kind::IllegalStall;
    let candidates = [Raised { permitted: true, ..raised(kind, 60.0) }];
    let scores = score(&[], &candidates, Permitted::LeftOut);
    assert_eq!((counts(&scores), scores.permitted), ((0, 0, 0, 0), 1));
    assert_eq!(counts(&score(&[], &candidates, Permitted::Counted)), (0, 1, 0, 0));
}

#[test]
fn what_has_no_denominator_has_no_value() {
    let nothing = score(&[], &[], Permitted::LeftOut).total;
    assert_eq!((nothing.precision, nothing.recall, nothing.f1, nothing.delay_median_s), (None, None, None, None));
    assert_eq!((nothing.precision_ci95, nothing.recall_ci95), (None, None));
    let missed = score(&[truth(Kind::UnauthorizedAd, 0.0, None)], &[], Permitted::LeftOut).total;
    assert_eq!((missed.precision, missed.recall, missed.f1), (None, Some(0.0), Some(0.0)));
    let false_one = score(&[], &[raised(Kind::UnauthorizedAd, 1.0)], Permitted::LeftOut).total;
    assert_eq!((false_one.precision, false_one.recall, false_one.f1), (Some(0.0), None, Some(0.0)));
}

#[test]
fn intervals_are_wilsons() {
    // Newcombe (1998, Statistics in Medicine 17:857–872), table I, method 3 (score without continuity correction):
    // 81 of 263 is 0.2553 to 0.3662, 15 of 148 is 0.0624 to 0.1605, 0 of 20 is 0 to 0.1611.
    for (part, whole, low, high) in [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)] {
        let [got_low, got_high] = wilson(part, whole).unwrap();
        assert!((got_low - low).abs() < 6e-5 && (got_high - high).abs() < 6e-5, "{part}/{whole}: {got_low} {got_high}");
    }
}

#[test]
fn median_and_ninetieth_percentile() {
    let kind = Kind::WasteDumping;
    let spot = |n: usize| {
        let (x, y) = (0.1 * (n % 5) as f64, 0.1 * (n / 5) as f64);
        BBox { x1: x, y1: y, x2: x + 0.05, y2: y + 0.05 }
    };
    let of = |count: usize| {
        let truths: Vec<Truth> = (0..count).map(|n| Truth { bbox: spot(n), ..truth(kind, 100.0, None) }).collect();
        let candidates: Vec<Raised> = (0..count).map(|n| Raised { bbox: spot(n), ..raised(kind, 101.0 + n as f64) }).collect();
        let total = score(&truths, &candidates, Permitted::LeftOut).total;
        (total.delay_median_s, total.delay_p90_s)
    };
    assert_eq!(of(1), (Some(1.0), Some(1.0)));
    assert_eq!(of(4), (Some(2.5), Some(4.0)));
    assert_eq!(of(10), (Some(5.5), Some(9.0)));
}

#[test]
fn wire_data_is_scored_with_the_dwell_it_names() {
    let json = serde_json::json!({
        "id": "0", "kind": "waste_dumping", "camera": "c", "zone": "z", "zone_version": "v", "permitted": false, "run": 1,
        "first_seen_s": 1.0, "raised_s": 215.0, "first_seen_at": "", "raised_at": "", "clock": "declared",
        "box": [0.2, 0.2, 0.4, 0.4], "score": 1.0, "models": [], "evidence": [],
        "why": { "text": "", "facts": [{ "name": "dwell", "value": 11.0, "needed": 10.0 }] }
    });
    let mut data: CandidateData = serde_json::from_value(json).unwrap();
    let truths = [truth(Kind::WasteDumping, 100.0, Some(200.0))];
    assert_eq!(score_data(&truths, &[data.clone()]).unwrap().total.true_positives, 0, "10 s of dwell, 15 s late");
    data.why.facts.clear();
    assert_eq!(score_data(&truths, &[data.clone()]).unwrap().total.true_positives, 1, "30 s by default");
    data.kind = "littering".to_owned();
    assert!(score_data(&truths, &[data]).is_err());
}

fn lookalike(name: &str, start_s: f64, end_s: Option<f64>, bbox: BBox) -> Lookalike {
    Lookalike { name: name.to_owned(), camera: "c".to_owned(), start_s, end_s, bbox }
}

#[test]
fn a_false_candidate_is_named_after_what_it_fell_on() {
    let kind = Kind::WasteDumping;
    let elsewhere = BBox { x1: 0.6, y1: 0.6, x2: 0.8, y2: 0.8 };
    let beside = BBox { x1: 0.75, y1: 0.6, x2: 0.95, y2: 0.8 };
    let likes = [
        lookalike("bikes_parked", 0.0, Some(100.0), elsewhere),
        lookalike("puddle", 0.0, None, beside),
        lookalike("puddle", 0.0, None, BBox { x1: 0.0, y1: 0.0, x2: 0.1, y2: 0.1 }),
    ];
    let at = |raised_s: f64, bbox: BBox| Raised { bbox, ..raised(kind, raised_s) };
    let candidates = [
        at(50.0, PLACE),
        at(60.0, PLACE),
        at(130.0, elsewhere),
        at(131.0, BBox { x1: 0.77, y1: 0.6, x2: 0.95, y2: 0.8 }),
        Raised { kind: Kind::IllegalStall, ..at(90.0, beside) },
        at(70.0, BBox { x1: 0.0, y1: 0.9, x2: 0.1, y2: 1.0 }),
    ];
    let scores = score_with(&[truth(kind, 0.0, None)], Some(&likes), &candidates, Permitted::LeftOut);
    let named: Vec<(f64, bool, Option<&str>)> =
        scores.false_alarms.iter().map(|f| (f.raised_s, f.duplicate, f.lookalike.as_deref())).collect();
    assert_eq!(
        named,
        [
            (60.0, true, None),
            (130.0, false, Some("bikes_parked")),
            (131.0, false, Some("puddle")),
            (90.0, false, Some("puddle")),
            (70.0, false, None),
        ]
    );
    let taken = scores.lookalikes.unwrap();
    assert_eq!(taken["bikes_parked"], Taken { seen: 1, alarmed: 1, candidates: 1 });
    assert_eq!(taken["puddle"], Taken { seen: 2, alarmed: 1, candidates: 2 });
    let late = score_with(&[], Some(&likes[..1]), &[at(130.1, elsewhere)], Permitted::LeftOut);
    assert_eq!(late.false_alarms[0].lookalike, None, "it was gone for longer than the dwell");
    assert_eq!(score(&[], &candidates, Permitted::LeftOut).lookalikes, None);
}

#[test]
fn cameras_are_counted_apart_and_what_was_missed_is_listed() {
    let kind = Kind::UnauthorizedAd;
    let truths = [truth(kind, 0.0, None), Truth { camera: "d".to_owned(), ..truth(kind, 5.0, Some(9.0)) }];
    let candidates = [raised(kind, 60.0), Raised { kind: Kind::IllegalStall, ..raised(kind, 70.0) }];
    let scores = score(&truths, &candidates, Permitted::LeftOut);
    let of = |true_positives, false_positives, missed| Counts { true_positives, false_positives, missed };
    assert_eq!(scores.cameras["c"]["unauthorized_ad"], of(1, 0, 0));
    assert_eq!(scores.cameras["c"]["illegal_stall"], of(0, 1, 0));
    assert_eq!(scores.cameras["d"]["unauthorized_ad"], of(0, 0, 1));
    let missed: Vec<(&str, f64)> = scores.missed.iter().map(|m| (m.camera.as_str(), m.start_s)).collect();
    assert_eq!(missed, [("d", 5.0)]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_numbers_always_add_up(
        truths in proptest::collection::vec((0_usize..4, 0.0..50.0_f64, proptest::option::of(0.0..50.0_f64)), 0..12),
        candidates in proptest::collection::vec((0_usize..4, 0.0..150.0_f64, any::<bool>()), 0..20),
    ) {
        let truths: Vec<Truth> =
            truths.into_iter().map(|(k, start, length)| truth(Kind::ALL[k], start, length.map(|l| start + l))).collect();
        let candidates: Vec<Raised> = candidates
            .into_iter()
            .map(|(k, at, permitted)| Raised { permitted, ..raised(Kind::ALL[k], at) })
            .collect();
        let scores = score(&truths, &candidates, Permitted::LeftOut);
        for score in scores.kinds.values().chain([&scores.total]) {
            prop_assert_eq!(score.true_positives + score.false_positives, score.candidates);
            prop_assert_eq!(score.true_positives + score.missed, score.truths);
            prop_assert!(score.duplicates <= score.false_positives);
            for value in [score.precision, score.recall, score.f1].into_iter().flatten() {
                prop_assert!((0.0..=1.0).contains(&value));
            }
        }
        let sum = |of: fn(&Score) -> usize| scores.kinds.values().map(of).sum::<usize>();
        prop_assert_eq!(sum(|s| s.true_positives), scores.total.true_positives);
        prop_assert_eq!(sum(|s| s.duplicates), scores.total.duplicates);
        prop_assert_eq!(scores.missed.len(), scores.total.missed);
        prop_assert_eq!(scores.false_alarms.len(), scores.total.false_positives);
        let right: usize = scores.cameras.values().flat_map(|kinds| kinds.values()).map(|c| c.true_positives).sum();
        prop_assert_eq!(right, scores.total.true_positives);
        let mut reversed = candidates.clone();
        reversed.reverse();
        prop_assert_eq!(score(&truths, &reversed, Permitted::LeftOut).total.true_positives, scores.total.true_positives);
    }
}
