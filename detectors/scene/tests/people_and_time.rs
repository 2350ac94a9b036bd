//! Who passes is nobody's owner, writing in the picture is no thing, and when a thing came is told to the look.

mod common;

use common::{DUMPING, Look, Patch, Play, bag, dump_story, look, man, person};
use events::{Detection, Score};

#[test]
fn the_moment_of_dumping_is_told_to_the_look() {
    for fps in [0.5, 1.0] {
        let mut play = Play::new(DUMPING, fps);
        play.until(60.0, dump_story);
        let raised = play.raised();
        assert_eq!(raised.len(), 1, "{fps} fps: {:?}", play.scene.explain());
        let first = raised[0].1.first_seen.at.as_secs_f64();
        // He puts it down at 10 s.
        assert!((10.0 - 1e-6..=10.0 + 1.0 / fps).contains(&first), "{fps} fps: first seen at {first}");
    }
}

#[test]
fn passers_by_do_not_guard_it() {
    let mut play = Play::new(DUMPING, 5.0);
    play.until(60.0, |t| {
        let mut now = dump_story(t);
        // From 20 s on somebody walks past behind it every three seconds.
        if t >= 20.0 {
            now.patches.push(man(((t % 3.0) * 130.0) as i32 - 20, 178));
        }
        now
    });
    assert_eq!(play.raised().len(), 1, "{:?}", play.scene.explain());
}

#[test]
fn somebody_imagined_where_the_empty_street_is_seen_is_no_company() {
    // A detector takes a post for somebody now and then, and is not sure of it.
    let told = |score: f32| {
        let mut play = Play::new(DUMPING, 1.0);
        while play.t < 60.0 {
            let post = (play.t >= 16.0).then(|| Detection { score: Score::clamped(score), ..person(192, 203) });
            let now = dump_story(play.t);
            play.show(&now, Some(post.into_iter().collect()));
        }
        play.raised().len()
    };
    assert_eq!(told(0.45), 1);
    assert_eq!(told(0.9), 0, "of him it is sure: he may wear the street's colours");
}

#[test]
fn who_dumps_beside_an_old_heap_dumps_anew() {
    let mut play = Play::new(DUMPING, 2.0);
    play.until(100.0, |t| {
        let mut now = if t < 30.0 { dump_story(t) } else { look(&[bag(160, 200)]) };
        if t >= 50.0 {
            now.patches.push(bag(196, 202));
        }
        if (44.0..60.0).contains(&t) {
            let x = if t < 52.0 { 340.0 - (t - 44.0).min(5.0) * 24.0 } else { 220.0 + (t - 52.0) * 25.0 };
            now.patches.push(man(x as i32, 204));
        }
        now
    });
    assert_eq!(play.raised().len(), 2, "{:?} {:?}", play.raised(), play.scene.explain());
}

/// A dark band of 120 by 14 pixels with bright strokes.
fn caption() -> Vec<Patch> {
    let mut patches = vec![Patch(90, 150, 210, 164, [18, 128, 128])];
    patches.extend((0..24).map(|k| Patch(93 + k * 5, 152, 95 + k * 5, 162, [225, 128, 128])));
    patches
}

fn caption_story(t: f64, shown: &[Patch]) -> Look {
    let mut patches = vec![man((t * 30.0) as i32 % 420 - 40, 176)];
    if t >= 12.0 {
        patches.extend_from_slice(shown);
    }
    look(&patches)
}

#[test]
fn writing_in_the_picture_is_nothing() {
    for fps in [0.5, 2.0] {
        let mut play = Play::new(DUMPING, fps);
        play.until(60.0, |t| caption_story(t, &caption()));
        assert!(play.raised().is_empty(), "{fps} fps: {:?}", play.raised());
    }
    // It is the writing that makes the difference.
    let mut play = Play::new(DUMPING, 2.0);
    play.until(60.0, |t| caption_story(t, &caption()[..1]));
    let named = |n: &kerbwatch_scene::NearMiss| n.failed.iter().any(|c| c.fact.name == "line_of_writing");
    assert!(!play.scene.explain().iter().any(named), "{:?}", play.scene.explain());
}
