use super::*;
use crate::dto::ZeroFigure;

const HOUR_S: u64 = 3600;

/// So many violation minutes in so many watched hours of a kind, and of limits met.
fn part(kind: Kind, place: Option<PlaceType>, ovm_min: u64, hours: u64, sla: (u64, u64)) -> (Like, Tally) {
    let tally = Tally { ovm_s: ovm_min * 60, watched_s: hours * HOUR_S, sla_met: sla.0, sla_due: sla.1 };
    ((kind, true, None, place), tally)
}

fn group(key: &str, known_days: u64, coverage: f64, parts: Vec<(Like, Tally)>) -> (ClearanceGroup, Mix) {
    let mut mix = Mix::default();
    parts.iter().for_each(|(like, tally)| mix.put(*like, tally));
    let sum = mix.sum();
    let mut group = ClearanceGroup {
        key: key.to_owned(),
        name: key.to_owned(),
        district: String::new(),
        street: String::new(),
        area: None,
        camera: None,
        zone: None,
        kind: None,
        rank: None,
        score: None,
        of_its_like: None,
        sla_score: None,
        known_days,
        coverage: Default::default(),
        zero: ZeroFigure::default(),
        ovm: Default::default(),
        ovm_before: None,
        sla: Default::default(),
        recurrence: Default::default(),
        clear_median: None,
        violations: 0,
        days: Vec::new(),
        hours: Vec::new(),
    };
    group.coverage.value = Some(coverage);
    group.ovm.per_watched_h = sum.rate();
    group.sla.share.value = sum.met();
    (group, mix)
}

fn places(groups: Vec<(ClearanceGroup, Mix)>) -> Vec<(String, Option<u32>)> {
    let parameters = ClearanceParameters { league_prior_days: 0, ..ClearanceParameters::default() };
    rank(groups, true, &parameters).into_iter().map(|group| (group.key, group.rank)).collect()
}

fn place(key: &str, rank: u32) -> (String, Option<u32>) {
    (key.to_owned(), Some(rank))
}

use Kind::{IllegalStall as Stall, UnauthorizedAd as Ad};

#[test]
fn who_has_much_of_what_stands_long_is_held_against_its_like() {
    // Advertisements stand four times as long as stalls. The second district has many of them, and is better at both.
    let stalls = || group("stalls", 30, 1.0, vec![part(Stall, None, 220, 100, (0, 0)), part(Ad, None, 90, 10, (0, 0))]);
    let ads = || group("ads", 30, 1.0, vec![part(Stall, None, 18, 10, (0, 0)), part(Ad, None, 790, 100, (0, 0))]);
    assert_eq!(places(vec![stalls(), ads()]), [place("ads", 1), place("stalls", 2)]);
    let out = rank(vec![stalls(), ads()], true, &ClearanceParameters::default());
    assert!(out[0].ovm.per_watched_h > out[1].ovm.per_watched_h, "although it has more minutes an hour");
    assert!(out[0].of_its_like > out[0].ovm.per_watched_h && out[1].of_its_like < out[1].ovm.per_watched_h);
    // Of one kind alone the rank is that of the plain figure.
    let plain = |key: &str, minutes| group(key, 30, 1.0, vec![part(Stall, None, minutes, 10, (0, 0))]);
    assert_eq!(places(vec![plain("b", 50), plain("a", 40)]), [place("a", 1), place("b", 2)]);
}

#[test]
fn a_market_is_not_held_against_a_school_gate() {
    let market = Some(PlaceType::Market);
    let gate = Some(PlaceType::SchoolGate);
    let groups = vec![
        group("market, good", 30, 1.0, vec![part(Stall, market, 300, 10, (0, 0))]),
        group("market, bad", 30, 1.0, vec![part(Stall, market, 500, 10, (0, 0))]),
        group("gate, good", 30, 1.0, vec![part(Stall, gate, 10, 10, (0, 0))]),
        group("gate, bad", 30, 1.0, vec![part(Stall, gate, 30, 10, (0, 0))]),
    ];
    let order: Vec<String> = places(groups).into_iter().map(|(key, _)| key).collect();
    assert_eq!(
        order,
        ["gate, good", "market, good", "market, bad", "gate, bad"],
        "half, three quarters, five quarters, one and a half"
    );
}

#[test]
fn few_days_are_drawn_to_what_is_usual_and_little_coverage_has_no_rank() {
    let stall =
        |key: &str, days, coverage, minutes, hours| group(key, days, coverage, vec![part(Stall, None, minutes, hours, (0, 0))]);
    let groups = vec![
        stall("one lucky day", 1, 1.0, 0, 24),
        stall("a good month", 30, 1.0, 720, 720),
        stall("a bad month", 30, 1.0, 7200, 720),
        stall("dark", 30, 0.69, 0, 100),
        stall("nothing known", 0, 0.9, 0, 100),
    ];
    let out = rank(groups, true, &ClearanceParameters::default());
    let ranks: Vec<(&str, Option<u32>)> = out.iter().map(|group| (group.key.as_str(), group.rank)).collect();
    assert_eq!(&ranks[..3], [("a good month", Some(1)), ("one lucky day", Some(2)), ("a bad month", Some(3))]);
    assert!(ranks[3..].iter().all(|(_, rank)| rank.is_none()), "{ranks:?}");
}

#[test]
fn equal_minutes_are_told_apart_by_the_limits_that_were_met() {
    let stall = |key: &str, met| group(key, 30, 1.0, vec![part(Stall, None, 50, 10, (met, 10))]);
    assert_eq!(places(vec![stall("late", 4), stall("in time", 9)]), [place("in time", 1), place("late", 2)]);
}

#[test]
fn zero_denominators_give_no_score_and_kinds_no_rank() {
    let out =
        rank(vec![group("never watched", 0, 0.0, vec![part(Stall, None, 0, 0, (0, 0))])], true, &ClearanceParameters::default());
    assert_eq!((out[0].score, out[0].sla_score, out[0].of_its_like, out[0].rank), (None, None, None, None));
    // Nobody has a violation: everybody is as everybody.
    let none = |key: &str| group(key, 30, 1.0, vec![part(Stall, None, 0, 10, (0, 0))]);
    assert_eq!(rank(vec![none("a"), none("b")], true, &ClearanceParameters::default())[0].score, Some(0.0));
    let kinds = vec![
        group("stalls", 30, 1.0, vec![part(Stall, None, 50, 10, (0, 0))]),
        group("ads", 30, 1.0, vec![part(Ad, None, 600, 10, (0, 0))]),
    ];
    assert!(rank(kinds, false, &ClearanceParameters::default()).iter().all(|group| group.rank.is_none()));
}
