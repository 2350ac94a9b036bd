//! What a scene wrote down, judged again under other zones. That the same zones give the same candidates is asked of every
//! story, in `common`.

mod common;

use common::{DUMPING, Look, Play, bag, camera, dump_story, look};
use events::Candidate;
use kerbwatch_scene::SceneOptions;
use kerbwatch_scene::replay::{Rejudged, Replay, ReplayError};

fn told(rules: &str, record: &[u8]) -> (Vec<(u64, Candidate)>, Vec<String>) {
    let (camera, calendar) = camera(rules);
    let mut replay = Replay::new(&camera, &calendar, SceneOptions::default());
    let (mut raised, mut cleared) = (Vec::new(), Vec::new());
    replay
        .feed(record, |said| match said {
            Rejudged::Raised { thing, candidate, .. } => raised.push((thing, *candidate)),
            Rejudged::Cleared { id, .. } => cleared.push(id),
        })
        .expect("what was just written can be read");
    (raised, cleared)
}

fn story() -> Play {
    let mut play = Play::new(DUMPING, 2.0);
    play.until(75.0, |t| if t < 55.0 { dump_story(t) } else { look(&[]) });
    assert_eq!(play.raised().len(), 1);
    play
}

#[test]
fn another_dwell_raises_the_same_thing_later_or_not_at_all() {
    let play = story();
    let live = play.raised()[0].1.clone();
    let (raised, cleared) = told(&DUMPING.replace("10s", "20s"), &play.record);
    assert_eq!((raised.len(), raised[0].1.id.as_str()), (1, live.id.as_str()), "the same thing, place and time");
    let later = raised[0].1.raised.wall.since(live.raised.wall).as_secs_f64();
    assert!((9.0..11.0).contains(&later), "{later} s later");
    assert_eq!(cleared, [live.id.as_str()]);
    assert!(told(&DUMPING.replace("10s", "50s"), &play.record).0.is_empty());
}

#[test]
fn another_kind_a_permit_and_a_schedule_are_judged_as_live() {
    let play = story();
    let never = "[camera.zone.rules.waste_dumping]\ndwell = \"10s\"\nweekly = [\"mon 03:00-04:00\"]\n";
    assert!(told(never, &play.record).0.is_empty());
    let permitted = format!("{DUMPING}[[camera.zone.permit]]\nid = \"skip\"\nkinds = [\"waste_dumping\"]\n");
    let (raised, _) = told(&permitted, &play.record);
    assert_eq!(raised[0].1.permit.as_ref().map(ToString::to_string).as_deref(), Some("skip"));
    let large = DUMPING.replace("clear_after", "min_area = 0.2\nclear_after");
    assert!(told(&large, &play.record).0.is_empty());
}

#[test]
fn a_thing_has_the_same_number_under_all_zones() {
    let two = |t: f64| {
        let mut look: Look = dump_story(t);
        if t >= 45.0 {
            look.patches.push(bag(60, 215));
        }
        look
    };
    let mut play = Play::new(DUMPING, 2.0);
    play.until(90.0, two);
    let (first, _) = told(DUMPING, &play.record);
    let (other, _) = told(&DUMPING.replace("10s", "12s"), &play.record);
    let numbers = |raised: &[(u64, Candidate)]| raised.iter().map(|(n, c)| (*n, c.id.as_str().to_owned())).collect::<Vec<_>>();
    assert_eq!(numbers(&first), numbers(&other));
}

#[test]
fn what_was_watched_is_counted() {
    let play = story();
    let watched = play.replay.watched();
    assert!((50.0..75.0).contains(&watched.seen_s), "{} s", watched.seen_s);
    assert!(watched.looks > 100 && watched.least_area > 0.0);
    let most = watched.cells.iter().fold(0.0, |most: f64, cell| most.max(*cell));
    assert!((most - watched.seen_s).abs() < 1e-3, "a cell of the zone was watched all the time");
}

#[test]
fn damaged_or_torn_records_are_refused_without_a_panic() {
    let play = story();
    let (camera, calendar) = camera(DUMPING);
    let feed = |bytes: &[u8]| Replay::new(&camera, &calendar, SceneOptions::default()).feed(bytes, |_| {});
    assert!(feed(&play.record).is_ok());
    for cut in (1..play.record.len()).step_by(211) {
        let _ = feed(&play.record[..cut]);
        let mut flipped = play.record.clone();
        flipped[cut] ^= 0x55;
        let _ = feed(&flipped);
    }
    let first = u32::from_le_bytes(play.record[..4].try_into().unwrap()) as usize + 4;
    assert!(matches!(feed(&play.record[first..]), Err(ReplayError::Damaged(_))), "not from its beginning");
}
