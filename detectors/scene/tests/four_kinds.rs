//! The four kinds told in full, and what looks like them.

mod common;

use common::{DUMPING, Look, Patch, Play, dump_story, look, man, person};
use events::{CandidateState, Detection, Kind, ObjectClass};

const STALL: &str = "[camera.zone.rules.illegal_stall]\ndwell = \"20s\"\nclear_after = \"6s\"\n";
const SHOP: &str = "[camera.zone.rules.storefront_encroachment]\ndwell = \"15s\"\nclear_after = \"6s\"\n";
const ADVERT: &str = "[camera.zone.rules.unauthorized_ad]\ndwell = \"15s\"\nclear_after = \"6s\"\n";
const GROUND: &str = "[camera.zone.rules.illegal_stall]\ndwell = \"20s\"\n[camera.zone.rules.storefront_encroachment]\ndwell = \"20s\"\n[camera.zone.rules.waste_dumping]\ndwell = \"10s\"\n";

/// People pass behind the scene, as they do in any street: they are what a thing's size is measured by.
fn passers(t: f64) -> Vec<Patch> {
    let x = ((t * 22.0) as i32).rem_euclid(900) - 30;
    vec![man(x, 205), man(x - 330, 208)]
}

fn with(t: f64, more: &[Patch]) -> Look {
    let mut patches = passers(t);
    patches.extend_from_slice(more);
    look(&patches)
}

/// A cart with a roof: 100 by 84 pixels, wider than a man of 70 is tall.
fn cart(x: i32) -> [Patch; 3] {
    [
        Patch(x - 50, 196, x + 50, 230, [60, 100, 170]),
        Patch(x - 50, 146, x + 50, 162, [200, 120, 140]),
        Patch(x - 48, 162, x - 42, 196, [70, 128, 128]),
    ]
}

fn stall_story(t: f64) -> Look {
    let at = if t < 14.0 { 380 - ((t - 6.0).max(0.0) * 27.0) as i32 } else { 164 };
    let mut patches = cart(at).to_vec();
    // The vendor follows, then serves beside it and is never quite still.
    let sway = if t < 14.0 { 0 } else { (t * 2.0) as i32 % 3 * 4 };
    patches.push(man(at + 66 + sway, 226));
    with(t, &patches)
}

#[test]
fn a_stall_that_is_attended_is_raised_once() {
    for fps in [0.5, 2.0] {
        let mut play = Play::new(STALL, fps);
        play.until(70.0, stall_story);
        let raised = play.raised();
        assert_eq!(raised.len(), 1, "{fps} fps: {raised:?} {:?}", play.scene.explain());
        assert_eq!(raised[0].1.kind, Kind::IllegalStall);
        let mut names: Vec<_> = raised[0].1.why.facts.iter().map(|f| f.name).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all, "every condition is listed once");
    }
}

fn shop_story(t: f64) -> Look {
    let mut patches = Vec::new();
    if (8.0..11.0).contains(&t) || (16.0..19.0).contains(&t) {
        patches.push(man(150 + ((t * 2.0) as i32 % 2) * 6, 190));
    }
    if t >= 10.0 {
        patches.push(Patch(150, 170, 190, 200, [60, 90, 170]));
    }
    if t >= 18.0 {
        patches.push(Patch(215, 165, 260, 198, [210, 150, 110]));
    }
    with(t, &patches)
}

#[test]
fn goods_before_a_shop_are_one_candidate_until_the_last_is_gone() {
    let mut play = Play::new(SHOP, 2.0);
    play.until(70.0, shop_story);
    assert_eq!(play.raised().len(), 1, "{:?} {:?}", play.raised(), play.scene.explain());
    play.until(90.0, |t| with(t, &[Patch(215, 165, 260, 198, [210, 150, 110])]));
    assert!(play.states(CandidateState::Cleared).is_empty(), "the second is still there: {:?}", play.said);
    play.until(120.0, |t| with(t, &[]));
    assert_eq!(play.states(CandidateState::Cleared).len(), 1);
    assert_eq!(play.raised().len(), 1);
}

/// The passers of a look as a detector names them, who fills its box.
fn named_passers(t: f64) -> Vec<Detection> {
    passers(t).iter().map(|p| person((p.0 + p.2) / 2, p.3)).filter(|d| d.bbox.width() > 0.05).collect()
}

#[test]
fn what_a_shop_puts_beside_goods_that_are_known_makes_them_no_younger() {
    let story = |class: ObjectClass| {
        let mut play = Play::new(SHOP, 2.0);
        play.names = Some((vec![(class, 0.95)], 1.0));
        while play.t < 60.0 {
            let t = play.t;
            let pieces = [(10.0, 150, 190), (15.0, 190, 214), (20.0, 214, 250)].into_iter().filter(|(from, ..)| t >= *from);
            let mut patches: Vec<Patch> = pieces.map(|(_, x1, x2)| Patch(x1, 168, x2, 200, [60, 90, 170])).collect();
            if (8.0..22.0).contains(&t) {
                patches.push(man(120 + ((t * 2.0) as i32 % 2) * 6, 190));
            }
            play.show(&with(t, &patches), Some(named_passers(t)));
        }
        play.raised().iter().map(|(at, _)| *at).collect::<Vec<_>>()
    };
    let known = story(ObjectClass::Goods);
    assert!(known.len() == 1 && (25.0..=30.0).contains(&known[0]), "{known:?}");
    let unknown = story(ObjectClass::Other);
    assert!(unknown.iter().all(|at| *at > 30.0), "{unknown:?}");
}

#[test]
fn only_what_stands_beyond_the_shop_line_counts() {
    for (line, expected) in [(0.72, 1), (0.90, 0)] {
        let rules = format!("shop_line = [[0.0,{line}],[1.0,{line}]]\n{SHOP}");
        let mut play = Play::new(&rules, 2.0);
        play.until(70.0, shop_story);
        assert_eq!(play.raised().len(), expected, "line at {line}: {:?} {:?}", play.raised(), play.scene.explain());
    }
}

#[test]
fn a_heap_that_is_known_for_one_is_dumped_also_right_before_a_shop() {
    let rules = format!("shop_line = [[0.0,0.80],[1.0,0.80]]\n{SHOP}{DUMPING}");
    for (class, expected) in [(ObjectClass::Pile, Kind::WasteDumping), (ObjectClass::Goods, Kind::StorefrontEncroachment)] {
        let mut play = Play::new(&rules, 2.0);
        play.names = Some((vec![(class, 0.95)], 1.0));
        while play.t < 50.0 {
            let t = play.t;
            let Look { mut patches, .. } = dump_story(t);
            patches.extend(passers(t));
            play.show(&look(&patches), Some(named_passers(t)));
        }
        let kinds: Vec<Kind> = play.raised().iter().map(|(_, c)| c.kind).collect();
        assert_eq!(kinds, [expected], "{class:?}: {:?}", play.scene.explain());
    }
}

#[test]
fn a_poster_is_raised_when_whoever_pasted_it_has_gone() {
    for fps in [0.5, 2.0] {
        let mut play = Play::new(ADVERT, fps);
        play.until(60.0, |t| {
            let mut patches = Vec::new();
            if t >= 13.0 {
                patches.push(Patch(140, 80, 172, 124, [210, 90, 150]));
            }
            if (6.0..20.0).contains(&t) {
                let x = if t < 10.0 { 40.0 + (t - 6.0) * 29.0 } else { 156.0 + (t - 14.0).max(0.0) * 30.0 };
                patches.push(man(x as i32, 150));
            }
            look(&patches)
        });
        let raised = play.raised();
        assert_eq!(raised.len(), 1, "{fps} fps: {raised:?} {:?}", play.scene.explain());
    }
}

#[test]
fn a_car_that_parks_and_leaves_is_nothing() {
    let mut play = Play::new(GROUND, 2.0);
    play.until(80.0, |t| {
        let x = if t < 20.0 { 420 - ((t - 14.0).max(0.0) * 50.0) as i32 } else { 120 - ((t - 60.0).max(0.0) * 40.0) as i32 };
        with(t, &[Patch(x - 80, 180, x + 80, 222, [180, 128, 128]), Patch(x - 50, 160, x + 40, 180, [40, 128, 128])])
    });
    assert!(play.raised().is_empty(), "{:?}", play.raised());
}

#[test]
fn two_who_stand_and_talk_are_nothing() {
    for fps in [0.5, 2.0] {
        let mut play = Play::new(GROUND, fps);
        play.until(80.0, |t| {
            let (a, b) = if t < 15.0 { (t * 10.0 - 10.0, 330.0 - t * 10.0) } else { (140.0, 180.0) };
            let hand = (t * 2.0) as i32 % 2 * 5;
            let away = (t - 60.0).max(0.0) * 25.0;
            let (a, b) = ((a - away) as i32, (b + away) as i32);
            with(t, &[man(a, 230), man(b, 230), Patch(a + 10, 180 + hand, a + 18, 186 + hand, [45, 118, 140])])
        });
        assert!(play.raised().is_empty(), "{fps} fps: {:?}", play.raised());
    }
}

#[test]
fn time_without_sight_does_not_count() {
    let mut play = Play::new(DUMPING, 2.0);
    play.until(16.0, dump_story);
    let lost = play.stamp().moment();
    play.scene.offline(lost);
    play.reconnect(60.0);
    let back = play.t;
    play.until(back + 3.0, dump_story);
    assert!(play.raised().is_empty(), "sixty seconds in the dark are no dwell: {:?}", play.raised());
    play.until(back + 15.0, dump_story);
    assert_eq!(play.raised().len(), 1, "{:?}", play.scene.explain());
}

#[test]
fn what_went_while_nobody_looked_is_cleared_after_a_crash() {
    let mut before = Play::new(DUMPING, 2.0);
    before.until(40.0, dump_story);
    let candidate = before.raised()[0].1.clone();
    let mut after = Play::new(DUMPING, 2.0);
    (after.t, after.run_began) = (50.0, 50.0);
    after.scene.adopt(&[candidate]);
    after.until(80.0, |_| Look::default());
    assert_eq!(after.states(CandidateState::Cleared).len(), 1, "{:?}", after.said);
}
