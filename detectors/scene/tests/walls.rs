//! What hangs on a wall, stands before it, opens in it, or shines on it; and who stands still beside a thing.

mod common;

use common::{DUMPING, Look, Patch, Play, bag, look, man, person};
use events::Kind;

/// The ground watched for dumping, and before it in the picture's upper half a wall watched for posters.
const WALL: &str = "[camera.zone.rules.waste_dumping]\ndwell = \"10s\"\n[[camera.zone]]\nid = \"wall\"\nname = \"w\"\npolygon = [[0.0,0.0],[1.0,0.0],[1.0,0.55],[0.0,0.55]]\n[camera.zone.rules.unauthorized_ad]\ndwell = \"15s\"\nclear_after = \"6s\"\n";
const STALL: &str = "[camera.zone.rules.illegal_stall]\ndwell = \"20s\"\nclear_after = \"6s\"\n";

/// Somebody comes, is at 156 with the feet at `foot` when `put` appears at 13 s, and has gone by 22 s; others pass with theirs at `pavement`.
fn left(t: f64, (foot, pavement): (i32, i32), put: &[Patch]) -> Look {
    let x = (((t + 20.0) * 22.0) as i32).rem_euclid(900) - 30;
    let mut patches = vec![man(x, pavement), man(x - 330, pavement + 3)];
    if t >= 13.0 {
        patches.extend_from_slice(put);
    }
    if (6.0..22.0).contains(&t) {
        let x = if t < 10.0 { 40.0 + (t - 6.0) * 29.0 } else { 156.0 + (t - 14.0).max(0.0) * 30.0 };
        patches.push(man(x as i32, foot));
    }
    look(&patches)
}

fn kinds(play: &Play) -> Vec<Kind> {
    play.raised().iter().map(|(_, c)| c.kind).collect()
}

#[test]
fn a_sheet_on_a_wall_is_a_poster_and_nothing_dumped() {
    let mut play = Play::new(WALL, 2.0);
    play.until(60.0, |t| left(t, (160, 225), &[Patch(140, 80, 172, 124, [210, 90, 150])]));
    assert_eq!(kinds(&play), [Kind::UnauthorizedAd], "{:?}", play.scene.explain());
}

#[test]
fn writing_without_ground_of_its_own_is_a_poster() {
    let bars: Vec<Patch> = (0..4).map(|row| Patch(136, 80 + 12 * row, 180, 84 + 12 * row, [30, 128, 128])).collect();
    let mut play = Play::new(WALL, 2.0);
    play.until(60.0, |t| left(t, (160, 225), &bars));
    assert_eq!(kinds(&play), [Kind::UnauthorizedAd], "{:?}", play.scene.explain());
}

#[test]
fn people_who_stand_before_a_wall_are_no_poster_where_their_legs_have_the_pavement_s_colour() {
    let group = [Patch(136, 88, 180, 131, [45, 118, 140]), Patch(140, 131, 176, 160, [128, 122, 128])];
    for fps in [0.5, 2.0] {
        let mut play = Play::new(WALL, fps);
        play.until(60.0, |t| left(t, (168, 225), &group));
        assert!(!kinds(&play).contains(&Kind::UnauthorizedAd), "{fps} fps: {:?}", play.raised());
    }
}

#[test]
fn a_board_that_leans_at_the_wall_is_a_poster_and_nothing_dumped() {
    for fps in [0.5, 2.0] {
        let mut play = Play::new(WALL, fps);
        play.until(60.0, |t| left(t, (144, 225), &[Patch(134, 96, 174, 140, [200, 90, 150])]));
        assert_eq!(kinds(&play), [Kind::UnauthorizedAd], "{fps} fps: {:?}", play.scene.explain());
    }
}

#[test]
fn a_banner_larger_than_whoever_put_it_up_was_put_up() {
    let mut play = Play::new(WALL, 0.5);
    play.until(60.0, |t| left(t, (160, 225), &[Patch(60, 64, 250, 96, [210, 90, 150])]));
    assert_eq!(kinds(&play), [Kind::UnauthorizedAd], "{:?}", play.scene.explain());
}

#[test]
fn a_sheet_is_a_poster_also_while_somebody_waits_beside_it() {
    let mut play = Play::new(WALL, 2.0);
    play.until(60.0, |t| {
        let mut now = left(t, (160, 225), &[Patch(140, 80, 172, 124, [210, 90, 150])]);
        if t >= 16.0 {
            now.patches.push(man(200 + (t * 2.0) as i32 % 3 * 3, 176));
        }
        now
    });
    assert!(kinds(&play).contains(&Kind::UnauthorizedAd), "{:?}", play.scene.explain());
}

#[test]
fn the_roof_over_a_heap_is_no_poster() {
    let stand = [Patch(114, 100, 200, 118, [200, 90, 150]), Patch(114, 132, 200, 165, [50, 100, 170])];
    let mut play = Play::new(&WALL.replace("waste_dumping", "illegal_stall"), 2.0);
    play.until(60.0, |t| left(t, (168, 225), &stand));
    assert!(!kinds(&play).contains(&Kind::UnauthorizedAd), "{:?}", play.raised());
}

#[test]
fn a_door_that_stays_open_is_nothing() {
    for fps in [1.0, 2.0] {
        let mut play = Play::new(WALL, fps);
        play.until(70.0, |t| left(t, (130, 160), &[Patch(140, 62, 174, 129, [30, 128, 128])]));
        assert!(play.raised().is_empty(), "{fps} fps: {:?}", play.raised());
    }
}

#[test]
fn a_headlamp_that_stays_on_a_wall_is_nothing() {
    for fps in [0.5, 2.0] {
        let mut play = Play::new(WALL, fps);
        play.until(60.0, |t| Look { glow: (t >= 13.0).then_some((156, 85, 22.0)), ..left(t, (160, 225), &[]) });
        assert!(play.raised().is_empty(), "{fps} fps: {:?}", play.raised());
    }
}

#[test]
fn who_stands_still_is_there_when_the_model_misses_them() {
    let mut play = Play::new(DUMPING, 0.5);
    while play.t < 90.0 {
        let there = play.t >= 12.0;
        let shown = if there { look(&[bag(160, 200), man(132, 203)]) } else { Look::default() };
        let named = there && play.n % 7 < 2;
        play.show(&shown, Some(if named { vec![person(132, 203)] } else { Vec::new() }));
    }
    assert!(play.raised().is_empty(), "{:?}", play.raised());
}

#[test]
fn a_stall_whose_middle_customers_hide_is_one_stall() {
    let mut play = Play::new(STALL, 2.0);
    while play.t < 70.0 {
        let t = play.t;
        let x = ((t * 22.0) as i32).rem_euclid(900) - 30;
        let mut shown = vec![man(x, 205)];
        let mut named = vec![person(x, 205)];
        if t >= 12.0 {
            let sway = (t * 2.0) as i32 % 3 * 2;
            shown.push(Patch(114, 186, 214, 226, [60, 100, 170]));
            shown.push(man(162 + sway, 232));
            named.push(person(162 + sway, 232));
        }
        play.show(&look(&shown), Some(named));
    }
    assert_eq!(kinds(&play), [Kind::IllegalStall], "{:?}", play.scene.explain());
}
