//! Light, shadow and leaves are no things; a turned, frozen or dark camera is said to be so.

mod common;

use common::{DUMPING, Look, Play, dump_story, look};
use events::Health;

const ALL: &str = "[camera.zone.rules.waste_dumping]\ndwell = \"8s\"\n[camera.zone.rules.storefront_encroachment]\ndwell = \"15s\"\n[camera.zone.rules.illegal_stall]\ndwell = \"15s\"\n[camera.zone.rules.unauthorized_ad]\ndwell = \"15s\"\n";

#[test]
fn a_jump_of_light_raises_nothing() {
    let mut play = Play::new(ALL, 2.0);
    play.until(20.0, |_| Look::default());
    play.until(50.0, |_| Look { light: 1.35, ..Look::default() });
    play.until(80.0, |_| Look { light: 0.7, ..Look::default() });
    assert!(play.raised().is_empty(), "{:?}", play.raised());
    assert!(play.health().is_empty(), "{:?}", play.health());
}

#[test]
fn a_shadow_that_comes_and_stays_raises_nothing() {
    let mut play = Play::new(ALL, 2.0);
    play.until(15.0, |_| Look::default());
    play.until(80.0, |_| Look { shade: Some((100, 90, 180, 190)), ..Look::default() });
    assert!(play.raised().is_empty(), "{:?}", play.raised());
}

#[test]
fn leaves_that_sway_raise_nothing() {
    let mut play = Play::new(ALL, 2.0);
    play.until(60.0, |t| Look { leaves: t % 17.0 < 9.0, ..Look::default() });
    assert!(play.raised().is_empty(), "{:?}", play.raised());
}

#[test]
fn a_mast_that_sways_brings_nothing_and_hides_nothing() {
    for (story, wanted) in [(dump_story as fn(f64) -> Look, 1), (|_| Look::default(), 0)] {
        let mut play = Play::new(ALL, 2.0);
        play.until(60.0, |t| Look { shift: (3.4 * (t * 1.7).sin()).round() as i32, ..story(t) });
        assert_eq!(play.raised().len(), wanted, "{:?} {:?}", play.raised(), play.scene.explain());
        assert!(play.health().is_empty(), "{:?}", play.health());
    }
}

#[test]
fn a_sensor_whose_colours_swarm_in_the_dark_still_sees() {
    let mut play = Play::new(DUMPING, 1.0);
    play.until(60.0, |t| Look { colour_noise: 22, ..dump_story(t) });
    assert_eq!(play.raised().len(), 1, "{:?}", play.scene.explain());
}

#[test]
fn a_turned_camera_is_noticed_within_ten_seconds_and_so_is_its_return() {
    for fps in [1.0, 5.0] {
        let mut play = Play::new(DUMPING, fps);
        play.until(60.0, |_| Look::default());
        play.until(80.0, |_| Look { shift: 11, ..Look::default() });
        let health = play.health();
        assert_eq!(health.len(), 1, "{health:?}");
        assert_eq!(health[0].1, Health::Moved);
        assert!(health[0].0 <= 70.0, "{health:?}");
        play.until(100.0, |_| Look::default());
        assert_eq!(play.health().last().map(|h| h.1), Some(Health::Ok));
        assert!(play.raised().is_empty());
    }
}

#[test]
fn the_dark_is_noticed() {
    let mut play = Play::new(DUMPING, 1.0);
    play.until(20.0, |_| Look::default());
    play.until(40.0, |_| Look { light: 0.12, ..Look::default() });
    assert_eq!(play.health().first().map(|h| h.1), Some(Health::Dark), "{:?}", play.health());
}

#[test]
fn a_frozen_picture_is_noticed() {
    let mut play = Play::new(DUMPING, 2.0);
    play.until(20.0, |_| Look::default());
    let n = play.n;
    while play.t < 40.0 {
        play.n = n;
        play.show(&Look::default(), None);
    }
    assert_eq!(play.health().first().map(|h| h.1), Some(Health::Frozen), "{:?}", play.health());
}

#[test]
fn a_bag_is_still_found_after_the_light_has_changed() {
    let mut play = Play::new(DUMPING, 2.0);
    play.until(60.0, |t| Look { light: if t < 8.0 { 1.0 } else { 1.2 }, ..dump_story(t) });
    assert_eq!(play.raised().len(), 1, "{:?}", play.scene.explain());
    play.until(70.0, |_| look(&[common::bag(160, 200)]));
    assert_eq!(play.raised().len(), 1);
}
