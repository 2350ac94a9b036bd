use std::sync::Arc;

use events::{I420, Size};

use super::super::fixture::stamp;
use super::*;

const SIZE: Size = Size { width: 320, height: 180 };
/// Where the bag comes to stand, pixels.
const BAG: (u32, u32, u32, u32) = (150, 110, 182, 140);

/// A man as he stands beside the bag's place: he hides its left half. Or before it: all of it.
const BESIDE: (u32, u32, u32, u32) = (140, 60, 166, 145);
const BEFORE: (u32, u32, u32, u32) = (140, 60, 190, 145);

const RED: [f64; 3] = [90.0, 110.0, 150.0];
/// As the bag.
const DARK: [f64; 3] = [60.0, 128.0, 128.0];

struct Play {
    put: f64,
    man: (u32, u32, u32, u32),
    man_from: f64,
    man_to: f64,
    man_looks: [f64; 3],
    /// Light of the whole picture at a time.
    light: fn(f64) -> f64,
}

impl Play {
    fn frame(&self, at: f64) -> Frame {
        let light = (self.light)(at);
        let y = |value: f64| (value * light).clamp(16.0, 235.0) as u8;
        let mut picture = I420::filled(SIZE, [y(120.0), 128, 128]);
        if at >= self.put {
            picture.fill_rect(BAG, [y(60.0), 128, 128]);
        }
        if (self.man_from..self.man_to).contains(&at) {
            picture.fill_rect(self.man, [y(self.man_looks[0]), self.man_looks[1] as u8, self.man_looks[2] as u8]);
        }
        Frame::new(stamp(at), Arc::new(picture))
    }

    fn search(&self, first_seen: f64) -> Result<Found, Unknown> {
        let bbox = BBox::clamped(148.0 / 320.0, 108.0 / 180.0, 184.0 / 320.0, 142.0 / 180.0);
        let mut search = Search::new(bbox, StreamTime::from_secs_f64(first_seen));
        let mut look = |at: f64| search.look(&self.frame(at));
        // Key frames, then all of them around first sight, then key frames.
        (0..5).for_each(|n| look(f64::from(n) * 2.0));
        (0..200).for_each(|n| look(10.0 + f64::from(n) / 25.0));
        (0..4).for_each(|n| look(18.0 + f64::from(n) * 2.0));
        search.found()
    }
}

fn steady(_: f64) -> f64 {
    1.0
}

#[test]
fn a_bag_that_is_half_hidden_when_it_is_put_down_is_dated_to_the_picture() {
    let play = Play { put: 13.36, man: BESIDE, man_from: 11.0, man_to: 15.2, man_looks: RED, light: steady };
    let found = play.search(16.0).unwrap();
    assert!((found.stamp.at.as_secs_f64() - 13.36).abs() < 0.05, "{found:?}");
    assert!(found.stamp.at.0 - found.not_before.0 <= 40_000_000);
}

#[test]
fn light_that_jumps_in_between_is_not_the_moment() {
    let light = |at: f64| if at < 12.0 { 1.0 } else { 1.35 };
    let play = Play { put: 14.0, man: BESIDE, man_from: 13.0, man_to: 15.0, man_looks: RED, light };
    let found = play.search(16.0).unwrap();
    assert!((found.stamp.at.as_secs_f64() - 14.0).abs() < 0.05, "{found:?}");
}

#[test]
fn what_was_put_down_behind_somebody_is_dated_when_it_comes_in_sight() {
    let play = Play { put: 13.0, man: BEFORE, man_from: 12.4, man_to: 14.2, man_looks: RED, light: steady };
    let found = play.search(16.0).unwrap();
    assert!((found.stamp.at.as_secs_f64() - 14.2).abs() < 0.05, "{found:?}");
    assert!((found.not_before.as_secs_f64() - 12.36).abs() < 0.05, "and it says since when nobody could see: {found:?}");
}

#[test]
fn what_cannot_be_known_is_not_guessed() {
    let hidden = Play { put: 13.0, man: BEFORE, man_from: 11.0, man_to: 15.6, man_looks: RED, light: steady };
    assert!(matches!(hidden.search(16.0), Err(Unknown::Between { .. })), "{:?}", hidden.search(16.0));
    let nothing = Play { put: 1e9, man: BESIDE, man_from: 11.0, man_to: 12.0, man_looks: RED, light: steady };
    assert_eq!(nothing.search(16.0), Err(Unknown::NoChange));
    let play = Play { put: 13.0, man: BESIDE, man_from: 11.0, man_to: 15.0, man_looks: RED, light: steady };
    assert_eq!(play.search(2.0), Err(Unknown::TooShort), "nothing is there of before");
}

#[test]
fn what_stands_before_it_to_the_end_of_the_footage_is_not_taken_for_it() {
    // A van stops where the load is put down beside it, and is still there when the footage ends.
    let play = Play { put: 14.2, man: BESIDE, man_from: 12.0, man_to: 99.0, man_looks: RED, light: steady };
    let bbox = BBox::clamped(148.0 / 320.0, 108.0 / 180.0, 184.0 / 320.0, 142.0 / 180.0);
    let mut search = Search::new(bbox, StreamTime::from_secs_f64(16.0));
    (0..5).for_each(|n| search.look(&play.frame(f64::from(n) * 2.0)));
    (0..250).for_each(|n| search.look(&play.frame(10.0 + f64::from(n) / 25.0)));
    search.later(&Play { man_to: 20.0, ..play }.frame(60.0));
    let found = search.found().unwrap();
    assert!((found.stamp.at.as_secs_f64() - 14.2).abs() < 0.05, "{found:?}");
}

#[test]
fn somebody_who_looks_like_the_bag_is_not_taken_for_it() {
    let long = Play { put: 14.0, man: BEFORE, man_from: 12.0, man_to: 15.6, man_looks: DARK, light: steady };
    let unknown = long.search(16.0);
    assert!(matches!(unknown, Err(Unknown::Between { .. })), "{unknown:?}");
    let short = Play { man_from: 13.0, man_to: 14.6, ..long };
    let found = short.search(16.0).unwrap();
    let span = found.not_before.as_secs_f64()..=found.stamp.at.as_secs_f64();
    assert!(span.contains(&14.0) && !found.adjacent, "the bounds hold the truth: {found:?}");
}

#[test]
fn a_cell_that_flickers_has_no_say() {
    assert_eq!(change(&[1, 1, 1, -1, -1]), Some((3, 3)));
    assert_eq!(change(&[1, 1, 0, 0, -1]), Some((2, 4)));
    assert_eq!(change(&[1, -1, 1, -1, 1, -1]), None);
    assert_eq!(change(&[1, 1, 1]), None);
}
