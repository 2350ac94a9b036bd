//! What a classifier says of a thing counts where it understands the camera's pictures, and nowhere else.

mod common;

use common::{DUMPING, Patch, Play, bag, dump_story, look, man, person};
use events::{Kind, ObjectClass};

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

/// The pavement watched for stalls and dumping in the lower half, and above it a wall watched for posters.
const STREET: &str = "[[camera.zone]]\nid = \"wall\"\nname = \"w\"\npolygon = [[0.0,0.0],[1.0,0.0],[1.0,0.55],[0.0,0.55]]\n[camera.zone.rules.unauthorized_ad]\ndwell = \"15s\"\n[[camera.zone]]\nid = \"pavement\"\nname = \"p\"\npolygon = [[0.0,0.55],[1.0,0.55],[1.0,1.0],[0.0,1.0]]\n[camera.zone.rules.illegal_stall]\ndwell = \"15s\"\n[camera.zone.rules.waste_dumping]\ndwell = \"15s\"\n";

/// Passers whom the classifier knows, or does not; what `put` holds, each from its time on, seconds; and somebody who comes at 10 s and
/// stays with the feet at `stays`, or else goes again by 17 s.
fn put_up(put: &[(f64, Patch)], stays: Option<(i32, i32)>, names: Vec<(ObjectClass, f32)>, sees_persons: f32) -> Play {
    let mut play = Play::new(STREET, 2.0);
    play.names = Some((names, sees_persons));
    while play.t < 60.0 {
        let passes = 20 + ((play.t * 11.0) as i32 % 300);
        let mut patches = vec![man(passes, 235)];
        let mut seen = vec![person(passes, 235)];
        patches.extend(put.iter().filter(|(from, _)| play.t >= *from).map(|(_, patch)| *patch));
        let stirs = (play.t * 2.0) as i32 % 3;
        if let Some((x, foot)) = stays.filter(|_| play.t >= 10.0) {
            patches.push(man(x + stirs, foot));
            seen.push(person(x + stirs, foot));
        } else if stays.is_none() && (10.0..17.0).contains(&play.t) {
            let x = if play.t < 14.0 { 156 + stirs * 3 } else { 156 + ((play.t - 14.0) * 60.0) as i32 };
            patches.push(man(x, 160));
            seen.push(person(x, 160));
        }
        play.show(&look(&patches), Some(seen));
    }
    play
}

fn kinds(play: &Play) -> Vec<(Kind, String)> {
    play.raised().iter().map(|(_, c)| (c.kind, c.zone.to_string())).collect()
}

#[test]
fn a_cart_whose_foot_customers_hide_is_a_stall_and_no_poster() {
    let cart = [(13.0, Patch(110, 60, 190, 124, [200, 90, 150]))];
    let stall = vec![(ObjectClass::Stall, 0.9)];
    let play = put_up(&cart, Some((206, 160)), stall.clone(), 0.995);
    assert_eq!(kinds(&play), [(Kind::IllegalStall, "pavement".to_owned())], "{:?}", play.scene.explain());
    // Who is not believed cannot say that it stands on the ground.
    let doubted = kinds(&put_up(&cart, Some((206, 160)), stall, 0.9));
    assert!(doubted.iter().all(|(kind, _)| *kind != Kind::IllegalStall), "{doubted:?}");
}

#[test]
fn a_poster_takes_nothing_in_that_is_put_down_below_it() {
    let sheet = (13.0, Patch(140, 80, 176, 128, [200, 90, 150]));
    let heap = (24.0, Patch(120, 129, 190, 165, [200, 90, 150]));
    let play = put_up(&[sheet, heap], None, vec![(ObjectClass::Poster, 0.95)], 0.995);
    let ads: Vec<_> = play.raised().into_iter().filter(|(_, c)| c.kind == Kind::UnauthorizedAd).collect();
    assert_eq!(ads.len(), 1, "{:?}", play.scene.explain());
    assert!(ads[0].1.bbox.y2 < 0.56, "it ends where the sheet does: {:?}", ads[0].1.bbox);
}

#[test]
fn what_looks_more_like_a_bag_than_like_a_stall_is_none_whoever_stands_by() {
    let parts = [(100, 150, 180, 166), (100, 166, 112, 190), (168, 166, 180, 190)];
    let table = parts.map(|(x1, y1, x2, y2)| (13.0, Patch(x1, y1, x2, y2, [200, 90, 150])));
    let kinds = |names| kinds(&put_up(&table, Some((196, 192)), names, 0.995));
    let stall = (Kind::IllegalStall, "pavement".to_owned());
    assert_eq!(kinds(vec![(ObjectClass::Goods, 0.46), (ObjectClass::Bag, 0.4)]), [stall]);
    assert_eq!(kinds(vec![(ObjectClass::Goods, 0.4), (ObjectClass::Bag, 0.46)]), []);
}
