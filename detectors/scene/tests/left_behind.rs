//! A bag is put down, left, and taken away again.

mod common;

use common::{DUMPING, Look, Play, bag, dump_story, look, man};
use events::CandidateState;

#[test]
fn a_bag_that_is_left_is_raised_once_at_any_rate_and_cleared_when_taken() {
    for fps in [0.5, 1.0, 5.0, 12.5] {
        let mut play = Play::new(DUMPING, fps);
        play.until(60.0, dump_story);
        let raised = play.raised();
        assert_eq!(raised.len(), 1, "{fps} fps: {:?} {:?}", play.said, play.scene.explain());
        let (at, candidate) = raised[0];
        assert!((22.0..34.0).contains(&at), "{fps} fps: raised at {at}");
        let first = candidate.first_seen.at.as_secs_f64();
        assert!((9.0..=15.0).contains(&first), "{fps} fps: first seen at {first}");
        assert!(candidate.bbox.contains(events::Point { x: 0.5, y: 0.79 }), "{:?}", candidate.bbox);
        play.until(80.0, |_| look(&[]));
        assert_eq!(play.states(CandidateState::Cleared).len(), 1, "{fps} fps");
        assert_eq!(play.raised().len(), 1, "{fps} fps: the place it left is no new thing");
    }
}

#[test]
fn an_owner_who_waits_keeps_it_from_being_raised() {
    let mut play = Play::new(DUMPING, 2.0);
    play.until(50.0, |t| {
        if t < 10.0 {
            return Look::default();
        }
        // He shifts his weight, as people do.
        look(&[bag(160, 200), man(132 + ((t * 2.0) as i32 % 3) * 2, 203)])
    });
    assert!(play.raised().is_empty(), "{:?}", play.raised());
}

#[test]
fn who_walks_through_leaves_nothing() {
    let mut play = Play::new(DUMPING, 5.0);
    play.until(60.0, |t| if t > 6.0 { look(&[man(((t - 6.0) * 9.0) as i32 % 360 - 20, 200)]) } else { Look::default() });
    assert!(play.raised().is_empty(), "{:?}", play.raised());
}

#[test]
fn people_in_front_do_not_end_or_double_it() {
    let mut play = Play::new(DUMPING, 2.0);
    play.until(40.0, dump_story);
    assert_eq!(play.raised().len(), 1);
    play.until(52.0, |t| look(&[bag(160, 200), man(150 + (t as i32 % 2) * 8, 215), man(175, 214)]));
    play.until(80.0, |_| look(&[bag(160, 200)]));
    assert_eq!(play.raised().len(), 1);
    assert!(play.states(CandidateState::Cleared).is_empty());
}

#[test]
fn what_was_there_from_the_start_is_not_new_and_its_going_leaves_no_ghost() {
    let mut play = Play::new(DUMPING, 2.0);
    play.until(20.0, |_| look(&[bag(100, 180)]));
    play.until(26.0, |_| look(&[bag(100, 180), man(80, 182)]));
    play.until(30.0, |t| look(&[man(80 - ((t - 26.0) * 25.0) as i32, 182)]));
    play.until(90.0, |_| look(&[]));
    assert!(play.raised().is_empty(), "{:?}", play.raised());
}
