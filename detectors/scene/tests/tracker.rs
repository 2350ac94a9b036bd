//! The tracker alone: who keeps an identity, who gets none, and at which rates of looking.

use events::{BBox, Detection, Detections, ObjectClass, RunId, Score, Stamp, StreamTime, WallTime};
use kerbwatch_scene::tracker::{Tracker, TrackerOptions, Tracks};
use proptest::prelude::*;

/// A box with its middle at `x`, `y`, as tall as a person of a tenth of the picture.
fn person(x: f64, y: f64, score: f32) -> Detection {
    thing(ObjectClass::Person, BBox::clamped(x - 0.02, y - 0.05, x + 0.02, y + 0.05), score)
}

fn thing(class: ObjectClass, bbox: BBox, score: f32) -> Detection {
    Detection { class, score: Score::clamped(score), bbox }
}

fn look(run: u64, at_s: f64, items: Vec<Detection>) -> Detections {
    let at = StreamTime((at_s * 1e9).round() as i64);
    let camera = "c".parse().expect("a valid id");
    let stamp = Stamp { camera, run: RunId(run), seq: 0, at, wall: WallTime::known(at.0 + run as i64 * 3_600_000_000_000) };
    Detections { stamp, models: [].into(), items }
}

/// Steps through `seconds` at `fps`; `seen` says what a detector sees at a time.
fn play(fps: f64, seconds: f64, seen: impl Fn(f64) -> Vec<Detection>) -> Vec<(f64, Tracks)> {
    let mut tracker = Tracker::new();
    let looks = (seconds * fps).floor() as u32;
    (0..=looks).map(|n| f64::from(n) / fps).map(|t| (t, tracker.step(&look(1, t, seen(t))))).collect()
}

/// The id of whoever is nearest to a place at the end.
fn id_at(tracks: &Tracks, x: f64, y: f64) -> u64 {
    let away = |b: &BBox| (b.centre().x - x).hypot(b.centre().y - y);
    tracks.live.iter().min_by(|a, b| away(&a.bbox).total_cmp(&away(&b.bbox))).expect("somebody is live").id
}

#[test]
fn who_cross_keep_their_identities_at_any_rate_of_looking() {
    // Two walkers at a twentieth of the picture a second; the nearer one is a little larger and lower.
    let place = |t: f64| ((0.3 + 0.05 * t, 0.5), (0.7 - 0.05 * t, 0.53));
    for fps in [25.0, 5.0, 2.0] {
        let story = play(fps, 8.0, |t| {
            let (a, b) = place(t);
            vec![
                person(a.0, a.1, 0.9),
                thing(ObjectClass::Person, BBox::clamped(b.0 - 0.025, b.1 - 0.06, b.0 + 0.025, b.1 + 0.06), 0.9),
            ]
        });
        // The second look: at a quick rate the first one already counts, as nothing went before it.
        let (start, end) = (&story[1], story.last().expect("looks were taken"));
        for who in 0..2 {
            let of = |t: f64| if who == 0 { place(t).0 } else { place(t).1 };
            let (from, to) = (of(start.0), of(end.0));
            assert_eq!(id_at(&start.1, from.0, from.1), id_at(&end.1, to.0, to.1), "{who} at {fps} looks a second");
        }
        assert_eq!(end.1.live.len(), 2);
    }
}

#[test]
fn a_walker_behind_a_pillar_comes_out_as_the_same_one() {
    for fps in [25.0, 5.0] {
        let story = play(fps, 6.0, |t| if (2.0..3.2).contains(&t) { vec![] } else { vec![person(0.2 + 0.06 * t, 0.5, 0.9)] });
        let ids: std::collections::BTreeSet<u64> =
            story.iter().flat_map(|(_, tracks)| tracks.live.iter().map(|t| t.id)).collect();
        assert_eq!(ids.len(), 1, "at {fps} looks a second");
        let hidden = story.iter().find(|(t, _)| *t > 2.9).expect("there are looks then");
        let coasting = hidden.1.coasting.first().expect("it is still followed");
        let expected = 0.2 + 0.06 * hidden.0;
        assert!((coasting.bbox.centre().x - expected).abs() < 0.02, "it goes on behind: {} {expected}", coasting.bbox.centre().x);
        assert!(coasting.unseen_s > 0.5);
    }
}

#[test]
fn doubtful_detections_continue_a_track_but_never_begin_one() {
    let doubtful = TrackerOptions::default().low + 0.1;
    let story = play(10.0, 4.0, |t| vec![person(0.4 + 0.01 * t, 0.5, if t < 1.0 { 0.9 } else { doubtful })]);
    assert!(story.iter().all(|(_, tracks)| tracks.live.len() == 1));
    let story = play(10.0, 4.0, |t| vec![person(0.4 + 0.01 * t, 0.5, doubtful)]);
    assert!(story.iter().all(|(_, tracks)| tracks.live.is_empty()));
}

#[test]
fn a_flicker_counts_only_where_there_is_no_time_to_wait_for_the_next_look() {
    let once = |fps: f64| play(fps, 6.0, |t| if (2.99..3.02).contains(&t) { vec![person(0.5, 0.5, 0.9)] } else { vec![] });
    let live = |story: Vec<(f64, Tracks)>| story.iter().map(|(_, tracks)| tracks.live.len()).sum::<usize>();
    assert_eq!(live(once(25.0)), 0);
    assert_eq!(live(once(1.0)), 1);
}

#[test]
fn what_is_not_seen_for_long_is_given_up_once_and_never_used_again() {
    let keep = TrackerOptions::default().keep_s;
    let story = play(5.0, 10.0, |t| if t < 1.0 || t > 2.0 + keep { vec![person(0.5, 0.5, 0.9)] } else { vec![] });
    let ended: Vec<(f64, u64)> = story.iter().flat_map(|(t, tracks)| tracks.ended.iter().map(|id| (*t, *id))).collect();
    let [(at, id)] = ended[..] else { panic!("one end was expected: {ended:?}") };
    assert!(at > keep && at < 2.0 + keep, "{at}");
    assert_ne!(story.last().expect("looks").1.live[0].id, id);
}

#[test]
fn a_new_connection_ends_all_tracks() {
    let mut tracker = Tracker::new();
    tracker.step(&look(1, 0.0, vec![person(0.5, 0.5, 0.9)]));
    let first = tracker.step(&look(1, 1.0, vec![person(0.5, 0.5, 0.9)])).live[0].id;
    let tracks = tracker.step(&look(2, 0.0, vec![person(0.5, 0.5, 0.9)]));
    assert_eq!(tracks.ended, [first]);
    assert_eq!(tracks.live.len(), 1);
    assert_ne!(tracks.live[0].id, first);
}

#[test]
fn a_person_does_not_become_a_car_but_a_car_may_be_called_a_truck() {
    let place = BBox { x1: 0.4, y1: 0.4, x2: 0.6, y2: 0.6 };
    let story = play(5.0, 4.0, |t| vec![thing(if t < 2.0 { ObjectClass::Car } else { ObjectClass::Person }, place, 0.9)]);
    let last = &story.last().expect("looks").1;
    assert_eq!((last.live[0].class, last.live[0].id != story[0].1.live[0].id), (ObjectClass::Person, true));
    let story = play(5.0, 4.0, |t| vec![thing(if t < 3.0 { ObjectClass::Car } else { ObjectClass::Truck }, place, 0.9)]);
    let last = &story.last().expect("looks").1;
    assert_eq!((last.live[0].class, last.live[0].id), (ObjectClass::Car, story[0].1.live[0].id), "most votes were for a car");
}

#[test]
fn the_box_follows_the_detection_without_lagging() {
    // A walker whose box widens and narrows with the stride.
    let story = play(25.0, 4.0, |t| {
        let half = 0.02 + 0.008 * (t * 6.0).sin();
        vec![thing(ObjectClass::Person, BBox::clamped(0.3 + 0.05 * t - half, 0.4, 0.3 + 0.05 * t + half, 0.55), 0.9)]
    });
    for (t, tracks) in &story[25..] {
        let half = 0.02 + 0.008 * (t * 6.0).sin();
        let truth = BBox { x1: 0.3 + 0.05 * t - half, y1: 0.4, x2: 0.3 + 0.05 * t + half, y2: 0.55 };
        let iou = tracks.live[0].bbox.iou(&truth);
        assert!(iou > 0.8, "{iou:.2} at {t}");
    }
}

fn any_detection() -> impl Strategy<Value = Detection> {
    (0usize..ObjectClass::NAMES.len(), 0.0..1.0f64, 0.0..1.0f64, 0.0..0.4f64, 0.0..0.4f64, 0.0..1.0f32)
        .prop_map(|(class, x, y, w, h, score)| thing(ObjectClass::NAMES[class].0, BBox::clamped(x, y, x + w, y + h), score))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_in_ids_are_used_once_and_nothing_is_live_that_was_not_detected(
        looks in prop::collection::vec((0u32..4000, prop::bool::weighted(0.03), prop::collection::vec(any_detection(), 0..8)), 1..40),
    ) {
        let play = || {
            let (mut tracker, mut at_ms, mut run) = (Tracker::new(), 0u32, 1u64);
            let mut story = Vec::new();
            for (dt_ms, new_run, items) in &looks {
                at_ms += dt_ms;
                run += u64::from(*new_run);
                story.push((items.len(), tracker.step(&look(run, f64::from(at_ms) / 1e3, items.clone()))));
            }
            story
        };
        let story = play();
        let mut ended = std::collections::BTreeSet::new();
        for (seen, tracks) in &story {
            prop_assert!(tracks.live.len() <= *seen);
            prop_assert!(tracks.live.windows(2).all(|pair| pair[0].id < pair[1].id));
            for id in &tracks.ended {
                prop_assert!(ended.insert(*id), "{id} ended twice");
            }
            for track in tracks.live.iter().chain(&tracks.coasting) {
                prop_assert!(!ended.contains(&track.id), "{} is back", track.id);
                prop_assert!(track.bbox.to_array().iter().all(|v| (0.0..=1.0).contains(v)));
                prop_assert!(track.velocity.0.is_finite() && track.velocity.1.is_finite());
            }
        }
        prop_assert_eq!(&story, &play());
    }
}
