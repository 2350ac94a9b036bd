//! The edge cases of recall: what counts as found, as covered, as nothing.

use std::sync::Arc;

use events::BBox;
use events::schedule::Calendar;

use super::super::coverage::{View, WholeZonePermit, ZoneState};
use super::super::day::violations;
use super::super::episode::CaseFacts;
use super::*;
use crate::dto::Limit;

const AS_OF: Ms = 10_000 * MINUTE;

fn view(observed: &[(Ms, Ms)], permits: Vec<WholeZonePermit>) -> View {
    let time_zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
    let calendar = Arc::new(Calendar { time_zone, holidays: Default::default() });
    let state = ZoneState { from: Ms::MIN / 2, until: Ms::MAX / 2, calendar, rule: Some(Vec::new()), permits, key_area: false };
    View { states: vec![state], observed: IntervalSet::of(observed.iter().map(|(a, b)| (a * MINUTE, b * MINUTE))) }
}

/// First seen and gone in minutes.
fn seen(id: &str, view: u16, standing: Standing, first: Ms, gone: Option<Ms>) -> Seen {
    Seen {
        id: id.to_owned(),
        view,
        carrier: None,
        first_seen: first * MINUTE,
        raised: (first + 3) * MINUTE,
        bbox: BBox { x1: 0.2, y1: 0.2, x2: 0.3, y2: 0.4 },
        standing,
        decided: (standing == Standing::Confirmed).then_some((first + 9) * MINUTE),
        last_look: gone.map(|at| (Look::Cleared, at * MINUTE)),
        model: 0,
        case: CaseFacts::default(),
    }
}

fn cell(views: Vec<View>, seen: Vec<Seen>) -> Cell {
    Cell { views, seen, models: vec![String::new()], limit: Limit { minutes: 60, duty: false } }
}

fn at(cell: &Cell, minute: Ms, slack: Ms) -> Overlaps {
    let episodes = violations(cell, AS_OF, &ClearanceParameters::default());
    overlaps(cell, &episodes, minute * MINUTE, slack * MINUTE, AS_OF)
}

fn what(cell: &Cell, minute: Ms) -> MinuteOutcome {
    outcome(&at(cell, minute, 2))
}

fn always() -> View {
    view(&[(0, 10_000)], Vec::new())
}

#[test]
fn what_the_program_raised_is_found_whatever_became_of_it() {
    for standing in [
        Standing::Confirmed,
        Standing::Pending,
        Standing::Carried,
        Standing::CarriedPending,
        Standing::Expired,
        Standing::Permitted,
        Standing::FoundPermitted,
    ] {
        let cell = cell(vec![always()], vec![seen("a", 0, standing, 100, Some(160))]);
        assert_eq!(what(&cell, 130), MinuteOutcome::Found, "{standing:?}");
        assert_eq!(what(&cell, 101), MinuteOutcome::Found, "before it was raised: it was in view already");
        assert_eq!((what(&cell, 98), what(&cell, 97)), (MinuteOutcome::Found, MinuteOutcome::Missed), "two minutes before");
        assert_eq!((what(&cell, 162), what(&cell, 163)), (MinuteOutcome::Found, MinuteOutcome::Missed), "and after");
    }
}

#[test]
fn a_rejected_candidate_is_no_find_and_a_duplicate_or_test_is_nothing() {
    let with = |standings: &[Standing]| {
        let all = standings.iter().enumerate().map(|(n, s)| seen(&n.to_string(), 0, *s, 100, Some(160)));
        what(&cell(vec![always()], all.collect()), 130)
    };
    assert_eq!(with(&[Standing::FalsePositive]), MinuteOutcome::Rejected);
    assert_eq!(with(&[Standing::Set]), MinuteOutcome::Missed);
    assert_eq!(with(&[Standing::FalsePositive, Standing::Set, Standing::Pending]), MinuteOutcome::Found, "one of them is enough");
    assert_eq!(with(&[]), MinuteOutcome::Missed);
}

#[test]
fn one_that_nobody_saw_go_stands_still() {
    let cell = cell(vec![always()], vec![seen("a", 0, Standing::Confirmed, 100, None)]);
    assert_eq!(what(&cell, 9_000), MinuteOutcome::Found);
}

#[test]
fn the_gap_within_one_violation_is_the_violation() {
    let pair =
        |second| vec![seen("a", 0, Standing::Confirmed, 100, Some(160)), seen("b", 0, Standing::Confirmed, second, Some(220))];
    assert_eq!(what(&cell(vec![always()], pair(172)), 166), MinuteOutcome::Found, "back within the merge gap");
    assert_eq!(what(&cell(vec![always()], pair(190)), 175), MinuteOutcome::Missed, "half an hour later it is another one");
}

#[test]
fn of_two_cameras_on_an_area_either_finds_it() {
    let second = vec![seen("b", 1, Standing::Confirmed, 100, Some(160))];
    let both = cell(vec![view(&[(0, 50)], Vec::new()), always()], second);
    assert_eq!(what(&both, 130), MinuteOutcome::Found);
    assert_eq!(cover(&both, 130 * MINUTE), FindCover::Covered, "the other one watched");
}

#[test]
fn a_find_is_covered_only_in_force_and_watched() {
    let at = |view: View, minute: Ms| cover(&cell(vec![view], Vec::new()), minute * MINUTE);
    assert_eq!(at(view(&[(0, 100)], Vec::new()), 99), FindCover::Covered);
    assert_eq!(at(view(&[(0, 100)], Vec::new()), 100), FindCover::Unwatched);
    // 1970-01-01 was a Thursday; 08:00 in Shanghai is minute 0.
    let market = || WholeZonePermit { weekly: vec!["thu 18:00-02:00".parse().unwrap()], from: None, until: None };
    assert_eq!(at(view(&[(0, 10_000)], vec![market()]), 10 * 60), FindCover::NotInForce, "a market in its hours");
    assert_eq!(at(view(&[(0, 10_000)], vec![market()]), 17 * 60 + 59), FindCover::NotInForce, "across midnight");
    assert_eq!(at(view(&[(0, 10_000)], vec![market()]), 18 * 60), FindCover::Covered);
    assert_eq!(cover(&cell(Vec::new(), Vec::new()), 5), FindCover::NotInForce, "a zone that nobody has drawn");
}

#[test]
fn a_late_candidate_answers_a_complaint_within_the_tolerance() {
    let cell = cell(vec![always()], vec![seen("a", 0, Standing::Pending, 100, Some(160))]);
    assert_eq!(at(&cell, 70, 30).len(), 1);
    assert_eq!(at(&cell, 69, 30).len(), 0);
    // The nearer one is it.
    let two = vec![seen("a", 0, Standing::Pending, 100, Some(160)), seen("b", 0, Standing::Pending, 180, Some(200))];
    let two = self::cell(vec![always()], two);
    let ids = |minute| at(&two, minute, 30).into_iter().map(|one| one.candidate).collect::<Vec<_>>();
    assert_eq!((ids(165), ids(178)), (vec!["a".to_owned(), "b".to_owned()], vec!["b".to_owned(), "a".to_owned()]));
}

#[test]
fn minutes_are_whole_ones_of_the_clock() {
    let minutes = Minutes::of(&IntervalSet::of([(-90_000, -30_000), (30_000, 200_000), (300_000, 359_999), (600_000, 660_000)]));
    let all: Vec<Ms> = (0..minutes.count).filter_map(|n| minutes.nth(n)).collect();
    assert_eq!(all, [60_000, 120_000, 600_000]);
    assert_eq!((minutes.nth(3), Minutes::of(&IntervalSet::empty()).nth(0)), (None, None));
}

fn figure(sum: RecallSum) -> RecallFigure {
    sum.figure(&ClearanceParameters::default())
}

#[test]
fn nothing_drawn_and_nothing_found_is_nothing_known() {
    let it = figure(RecallSum::default());
    for share in [it.missed_share, it.recall, it.miss_share, it.reported_first_share] {
        assert_eq!((share.value, share.low, share.high, share.n), (None, None, None, 0), "neither 0 nor 100 %");
    }
    assert_eq!(it.lead_median_s, None);
}

#[test]
fn shares_are_hidden_below_the_definitions_n_and_counts_are_not() {
    let of = |found: u64, missed: u64, none: u64| {
        let mut sum = RecallSum::default();
        for (outcome, n) in [
            (MinuteOutcome::Found, found),
            (MinuteOutcome::Missed, missed),
            (MinuteOutcome::None, none),
            (MinuteOutcome::CannotTell, 5),
            (MinuteOutcome::NotSampled, 7),
            (MinuteOutcome::Waiting, 9),
        ] {
            (0..n).for_each(|_| sum.minute(outcome, false, 7.0));
        }
        figure(sum)
    };
    let it = of(5, 1, 23);
    assert_eq!(
        (it.missed_share.value, it.missed_share.part, it.missed_share.n),
        (None, 1, 29),
        "what nobody could tell is in no n"
    );
    assert_eq!((it.drawn, it.not_sampled, it.waiting, it.cannot_tell), (50, 7, 9, 5));
    let it = of(5, 1, 24);
    assert_eq!((it.missed_share.value, it.recall.value, it.recall.n), (Some(1.0 / 30.0), None, 6));
    let it = of(24, 6, 0);
    assert_eq!(it.recall.value, Some(0.8));
    // statsmodels.stats.proportion.proportion_confint(24, 30, method="wilson").
    assert!(
        (it.recall.low.unwrap() - 0.626_94).abs() < 1e-4 && (it.recall.high.unwrap() - 0.904_95).abs() < 1e-4,
        "{:?}",
        it.recall
    );
}

#[test]
fn what_was_drawn_densely_weighs_little() {
    // Of one district a hundredth was drawn, and much is missed there; of the rest a thousandth, and nothing is.
    let mut sum = RecallSum::default();
    let mut add = |outcome, n: u64, weight| (0..n).for_each(|_| sum.minute(outcome, false, weight));
    add(MinuteOutcome::Missed, 30, 100.0);
    add(MinuteOutcome::Found, 30, 100.0);
    add(MinuteOutcome::None, 40, 100.0);
    add(MinuteOutcome::Found, 30, 1000.0);
    add(MinuteOutcome::None, 70, 1000.0);
    let it = figure(sum);
    assert!(it.weighted);
    assert_eq!((it.missed_share.part, it.missed_share.n), (30, 200), "counts stay counts");
    assert!((it.missed_share.value.unwrap() - 3_000.0 / 110_000.0).abs() < 1e-12, "and not 30 in 200");
    assert!((it.recall.value.unwrap() - 33_000.0 / 36_000.0).abs() < 1e-12);
    // Kish's effective n: 110,000^2 / (100 * 100^2 + 100 * 1000^2) = 119.8 of 200. Wilson by hand: centre 0.042044, half 0.032040.
    let (low, high) = (it.missed_share.low.unwrap(), it.missed_share.high.unwrap());
    let (p, n, z) = (3.0 / 110.0, 12_100.0 / 101.0, 1.959_963_984_540_054_f64);
    let centre = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt() / (1.0 + z * z / n);
    assert!((low - (centre - half)).abs() < 1e-9 && (high - (centre + half)).abs() < 1e-9, "{low} {high}");
}

#[test]
fn a_find_outside_covered_time_is_no_miss_and_lead_is_of_what_came_first() {
    let find = |cover, raised: Option<Ms>, reported: Ms| FindFact { cover, raised, rejected: false, reported };
    let mut sum = RecallSum::default();
    for cover in [FindCover::NoZone, FindCover::Unwatched, FindCover::NotInForce] {
        sum.find(&find(cover, None, 0));
    }
    sum.find(&FindFact { rejected: true, ..find(FindCover::Covered, None, 0) });
    sum.find(&find(FindCover::Covered, Some(600_000), 0));
    sum.find(&find(FindCover::Covered, Some(600_000), 400_000));
    sum.find(&find(FindCover::Covered, Some(600_000), 600_000));
    let it = figure(sum);
    assert_eq!((it.finds, it.no_zone, it.unwatched, it.not_in_force, it.covered), (7, 1, 1, 1, 4));
    assert_eq!((it.without_candidate, it.only_rejected, it.reported_first, it.lead_median_s), (1, 1, 2, Some(400.0)));
    assert_eq!((it.miss_share.part, it.miss_share.n, it.reported_first_share.n), (1, 4, 3));
}
