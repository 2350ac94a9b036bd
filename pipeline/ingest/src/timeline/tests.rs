use proptest::prelude::*;

use super::*;

const MS: i64 = 1_000_000;

fn ms(time: StreamTime) -> i64 {
    time.0 / MS
}

#[test]
fn live_time_begins_at_the_first_packet_and_a_files_at_its_start() {
    let mut live = Timeline::new(PtsPolicy::Live);
    assert_eq!(live.place(Some(7000 * MS), None, 0), (StreamTime(0), None));
    assert_eq!(live.place(Some(7040 * MS), None, 40 * MS), (StreamTime(40 * MS), None));
    let mut file = Timeline::new(PtsPolicy::File);
    assert_eq!(file.place(Some(80 * MS), None, 0), (StreamTime(80 * MS), None));
}

#[test]
fn reordered_frames_are_no_quirk() {
    let mut line = Timeline::new(PtsPolicy::File);
    for pts in [0, 120, 40, 80, 240, 160, 200] {
        assert_eq!(line.place(Some(pts * MS), None, 0), (StreamTime(pts * MS), None));
    }
}

#[test]
fn a_camera_whose_clock_is_set_goes_on_by_arrival() {
    for step in [3_600_000, -3_600_000] {
        let mut line = Timeline::new(PtsPolicy::Live);
        line.place(Some(10_000 * MS), None, 0);
        line.place(Some(10_040 * MS), None, 40 * MS);
        let (at, quirk) = line.place(Some((10_080 + step) * MS), None, 80 * MS);
        assert_eq!((ms(at), quirk), (80, Some(Quirk::PtsJump)));
        let (at, quirk) = line.place(Some((10_120 + step) * MS), None, 120 * MS);
        assert_eq!((ms(at), quirk), (120, None), "and stays on the new clock");
    }
}

#[test]
fn a_pause_that_we_saw_too_is_a_pause() {
    let mut line = Timeline::new(PtsPolicy::Live);
    line.place(Some(0), None, 0);
    assert_eq!(line.place(Some(9_000 * MS), None, 9_300 * MS), (StreamTime(9_000 * MS), None));
}

#[test]
fn a_gap_in_a_file_is_kept_and_a_second_recording_follows_the_first() {
    let mut line = Timeline::new(PtsPolicy::File);
    line.place(Some(0), None, 0);
    line.place(Some(40 * MS), None, 0);
    assert_eq!(line.place(Some(60_000 * MS), None, 0), (StreamTime(60_000 * MS), None));
    assert_eq!(line.place(Some(0), None, 0), (StreamTime(60_040 * MS), Some(Quirk::PtsJump)));
    assert_eq!(line.place(Some(40 * MS), None, 0), (StreamTime(60_080 * MS), None));
}

#[test]
fn repeated_and_missing_times_are_told_apart_by_frames() {
    let mut line = Timeline::new(PtsPolicy::Live);
    line.place(Some(0), None, 0);
    line.place(Some(40 * MS), None, 40 * MS);
    assert_eq!(line.place(Some(40 * MS), None, 80 * MS), (StreamTime(41 * MS), Some(Quirk::RepeatedPts)));
    assert_eq!(line.place(Some(80 * MS), None, 120 * MS), (StreamTime(80 * MS), None));
    assert_eq!(line.place(None, Some(120 * MS), 160 * MS), (StreamTime(120 * MS), Some(Quirk::MissingPts)));
    let (at, quirk) = line.place(None, None, 200 * MS);
    assert_eq!(quirk, Some(Quirk::MissingPts));
    assert!(at.0 > 120 * MS, "{at:?}");
}

#[test]
fn arrival_says_how_sure_it_is() {
    let mut clock = WallClock::Arrival { floor: None, at: 0 };
    let t0 = 1_700_000_000_000 * MS;
    let first = clock.read(StreamTime(0), t0);
    assert_eq!((first.unix_ns, first.max_error, first.source), (t0, UNKNOWN_DELAY, ClockSource::Arrival));
    let late = clock.read(StreamTime(40 * MS), t0 + 540 * MS);
    assert!(
        late.max_error > UNKNOWN_DELAY + Duration::from_millis(499)
            && late.max_error <= UNKNOWN_DELAY + Duration::from_millis(500)
    );
    let prompt = clock.read(StreamTime(80 * MS), t0 + 80 * MS);
    assert!(prompt.max_error < UNKNOWN_DELAY + Duration::from_millis(1));
}

#[test]
fn a_file_has_the_time_it_was_told_or_none() {
    let start = WallTime { unix_ns: 5_000, max_error: Duration::from_secs(2), source: ClockSource::Declared };
    let told = WallClock::Start(Some(start)).read(StreamTime(7), 99);
    assert_eq!((told.unix_ns, told.max_error, told.source), (5_007, Duration::from_secs(2), ClockSource::Declared));
    let untold = WallClock::Start(None).read(StreamTime(7), 99);
    assert_eq!((untold.unix_ns, untold.source), (7, ClockSource::Unknown));
}

proptest! {
    /// No two frames near one another share a stream time, and live time never runs away from arrival by more than the jump.
    #[test]
    fn times_stay_distinct(steps in prop::collection::vec((any::<Option<i32>>(), 0_i64..200), 1..200), live in any::<bool>()) {
        let mut line = Timeline::new(if live { PtsPolicy::Live } else { PtsPolicy::File });
        let mut arrival = 0;
        let mut recent: Vec<i64> = Vec::new();
        for (pts, step) in steps {
            arrival += step * MS;
            let (at, _) = line.place(pts.map(|p| i64::from(p) * MS), None, arrival);
            prop_assert!(!recent.contains(&at.0));
            recent.push(at.0);
            if recent.len() > 8 { recent.remove(0); }
        }
    }
}
