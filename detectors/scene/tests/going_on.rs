//! Restarts, reconnections, new zones, permits: one continuing episode stays one candidate.

mod common;

use common::{DUMPING, Look, Play, bag, camera, dump_story, look};
use events::{Candidate, CandidateState};
use kerbwatch_scene::{Judgement, Scene, SceneOptions, SnapshotError};

#[test]
fn a_snapshot_anywhere_changes_nothing() {
    let mut whole = Play::new(DUMPING, 2.0);
    whole.until(75.0, |t| if t < 55.0 { dump_story(t) } else { look(&[]) });
    for cut in [1.0, 5.0, 11.0, 16.0, 25.0, 40.0, 57.0] {
        let mut play = Play::new(DUMPING, 2.0);
        play.until(cut, |t| if t < 55.0 { dump_story(t) } else { look(&[]) });
        let (camera, calendar) = camera(DUMPING);
        play.scene = Scene::restore(&camera, &calendar, SceneOptions::default(), &play.scene.snapshot()).unwrap();
        play.until(75.0, |t| if t < 55.0 { dump_story(t) } else { look(&[]) });
        assert_eq!(play.said, whole.said, "cut at {cut}");
    }
    assert_eq!(whole.raised().len(), 1);
    assert_eq!(whole.states(CandidateState::Cleared).len(), 1);
}

#[test]
fn a_reconnection_neither_starts_the_dwell_again_nor_doubles() {
    let mut play = Play::new(DUMPING, 2.0);
    play.until(21.0, dump_story);
    let lost = play.stamp().moment();
    let said = play.scene.offline(lost);
    assert_eq!(said.len(), 1);
    assert!(play.scene.offline(lost).is_empty(), "said once");
    play.reconnect(4.0);
    play.until(60.0, |_| look(&[bag(160, 200)]));
    let raised = play.raised();
    assert_eq!(raised.len(), 1, "{:?}", play.scene.explain());
    assert!(raised[0].0 < 31.0, "raised at {}", raised[0].0);
    assert_eq!(play.health().len(), 1, "back again: {:?}", play.health());
}

#[test]
fn what_was_raised_before_a_crash_is_not_raised_again_and_is_cleared() {
    let mut before = Play::new(DUMPING, 2.0);
    before.until(40.0, dump_story);
    let candidate: Candidate = before.raised()[0].1.clone();
    let mut after = Play::new(DUMPING, 2.0);
    after.t = 50.0;
    after.run_began = 50.0;
    after.scene.adopt(std::slice::from_ref(&candidate));
    after.until(75.0, |_| look(&[bag(160, 200)]));
    assert!(after.raised().is_empty());
    after.until(100.0, |_| look(&[]));
    assert!(after.raised().is_empty(), "{:?}", after.raised());
    assert_eq!(after.states(CandidateState::Cleared).len(), 1, "{:?}", after.said);
}

#[test]
fn a_zone_that_goes_loses_its_candidate() {
    let mut play = Play::new(DUMPING, 2.0);
    play.until(40.0, dump_story);
    let (other, calendar) = camera("[camera.zone.rules.illegal_stall]\n");
    let said = play.scene.reconfigure(&other, &calendar);
    let lost = |j: &Judgement| matches!(j, Judgement::Observed(o) if matches!(o.subject, events::Subject::Candidate { state: CandidateState::Lost, .. }));
    assert_eq!(said.iter().filter(|j| lost(j)).count(), 1, "{said:?}");
}

#[test]
fn a_permit_marks_and_its_end_begins_anew() {
    // 17:00 to 17:01 is permitted; the story begins at 17:00.
    let rules =
        format!("{DUMPING}[[camera.zone.permit]]\nid = \"p-1\"\nkinds = [\"waste_dumping\"]\nweekly = [\"daily 16:00-17:01\"]\n");
    let mut play = Play::new(&rules, 1.0);
    play.until(120.0, dump_story);
    let raised = play.raised();
    assert_eq!(raised.len(), 2, "{raised:?}");
    assert_eq!(raised[0].1.permit.as_ref().map(|p| p.as_str()), Some("p-1"));
    assert_eq!(raised[1].1.permit, None);
    assert!(raised[1].0 >= 70.0, "a fresh dwell after 17:01: {}", raised[1].0);
    assert_ne!(raised[0].1.id, raised[1].1.id);
}

#[test]
fn a_rule_out_of_force_gathers_no_dwell() {
    let rules = format!("{DUMPING}weekly = [\"daily 17:01-20:00\"]\n");
    let mut play = Play::new(&rules, 1.0);
    play.until(120.0, dump_story);
    let raised = play.raised();
    assert_eq!(raised.len(), 1, "{:?}", play.scene.explain());
    assert!(raised[0].0 >= 70.0, "{}", raised[0].0);
}

#[test]
fn snapshots_of_others_are_refused() {
    let (camera, calendar) = camera(DUMPING);
    let options = SceneOptions::default;
    let mut bytes = Scene::new(&camera, &calendar, options()).snapshot();
    assert!(matches!(Scene::restore(&camera, &calendar, options(), &[]), Err(SnapshotError::Damaged { .. })));
    let mut other = camera.clone();
    other.id = "c-2".parse().unwrap();
    assert!(matches!(Scene::restore(&other, &calendar, options(), &bytes), Err(SnapshotError::OtherCamera { .. })));
    bytes[0] = 99;
    assert!(matches!(Scene::restore(&camera, &calendar, options(), &bytes), Err(SnapshotError::Version { got: 99, .. })));
    let mut play = Play::new(DUMPING, 2.0);
    play.until(20.0, |_| Look::default());
    let whole = play.scene.snapshot();
    assert!(Scene::restore(&camera, &calendar, options(), &whole[..whole.len() / 2]).is_err());
}
