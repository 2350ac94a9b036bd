//! What a classifier says of a thing counts where it understands the camera's pictures, and nowhere else.

mod common;

use common::{DUMPING, Play, bag, dump_story, look, man, person};
use events::ObjectClass;

/// Somebody passes at the far side all the time, for the classifier to be asked about; at 10 s a bag is put down and left.
fn with_passers(names: Vec<(ObjectClass, f32)>, sees_persons: f32) -> Play {
    let mut play = Play::new(DUMPING, 2.0);
    play.names = Some((names, sees_persons));
    while play.t < 60.0 {
        let mut picture = dump_story(play.t);
        let mut seen = Vec::new();
        let x = 20 + ((play.t * 11.0) as i32 % 300);
        picture.patches.push(man(x, 110));
        seen.push(person(x, 110));
        play.show(&picture, Some(seen));
    }
    play
}

#[test]
fn a_bin_is_not_raised_where_the_classifier_knows_these_pictures() {
    let bin = vec![(ObjectClass::Bin, 0.9), (ObjectClass::Bag, 0.1)];
    assert!(with_passers(bin, 0.995).raised().is_empty());
}

#[test]
fn a_classifier_that_does_not_know_persons_is_not_believed() {
    let bin = vec![(ObjectClass::Bin, 0.9), (ObjectClass::Bag, 0.1)];
    assert_eq!(with_passers(bin, 0.5).raised().len(), 1, "what it calls a bin may be anything");
}

#[test]
fn a_bag_is_raised_and_a_person_it_names_is_not() {
    let bag = vec![(ObjectClass::Bag, 0.9)];
    assert_eq!(with_passers(bag, 0.995).raised().len(), 1);
    let somebody = vec![(ObjectClass::Person, 0.9)];
    assert!(with_passers(somebody, 0.995).raised().is_empty());
}

#[test]
fn who_stood_there_before_it_came_did_not_bring_it() {
    let mut play = Play::new(DUMPING, 1.0);
    while play.t < 60.0 {
        // Somebody waits beside the place from the beginning; another puts a bag down and goes.
        let (waiting, waits) = (man(196, 203), person(196, 203));
        let mut picture = dump_story(play.t);
        picture.patches.push(waiting);
        let mut seen = vec![waits];
        if (6.0..20.0).contains(&play.t) {
            let x = if play.t < 12.0 { (30.0 + (play.t - 6.0) * 28.0).min(138.0) } else { 138.0 - (play.t - 12.0) * 25.0 };
            seen.push(person(x as i32, 203));
        }
        play.show(&picture, Some(seen));
    }
    assert_eq!(play.raised().len(), 1, "{:?}", play.scene.explain());
}

#[test]
fn nothing_is_asked_before_the_street_is_known_and_raised_things_are_let_alone() {
    let mut play = Play::new(DUMPING, 2.0);
    play.until(30.0, dump_story);
    let detections = events::Detections::none(play.stamp());
    assert_eq!(play.raised().len(), 1);
    assert!(play.scene.questions(&detections).is_empty(), "it is out: what it is matters no more");
    let fresh = Play::new(DUMPING, 2.0);
    assert!(fresh.scene.questions(&detections).is_empty());
    let mut early = Play::new(DUMPING, 2.0);
    early.until(16.5, |t| if t < 10.0 { look(&[]) } else { look(&[bag(160, 200)]) });
    assert_eq!(early.scene.questions(&detections).len(), 1);
}
