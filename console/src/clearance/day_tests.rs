//! The edge cases of DOMAIN 5.6, on whole days.

use std::sync::Arc;

use events::BBox;
use jiff::civil::date;

use super::super::coverage::{WholeZonePermit, ZoneState};
use super::super::episode::{CaseFacts, Look, Ruling};
use super::*;

fn calendar() -> Calendar {
    Calendar { time_zone: jiff::tz::TimeZone::get("Asia/Shanghai").unwrap(), holidays: Default::default() }
}

/// Local time; 2026-11-20 is a Friday.
fn at(local: &str) -> Ms {
    let civil: jiff::civil::DateTime = format!("2026-{local}").parse().unwrap();
    civil.to_zoned(calendar().time_zone).unwrap().timestamp().as_millisecond()
}

fn state() -> ZoneState {
    ZoneState {
        from: at("11-01T00:00"),
        until: Ms::MAX / 2,
        calendar: Arc::new(calendar()),
        rule: Some(Vec::new()),
        permits: Vec::new(),
        key_area: true,
    }
}

fn view(observed: IntervalSet) -> View {
    View { states: vec![state()], observed }
}

fn always() -> IntervalSet {
    IntervalSet::span(at("11-01T00:00"), at("12-31T00:00"))
}

fn seen(first: &str, standing: Standing, last_look: Option<(Look, &str)>) -> Seen {
    Seen {
        id: format!("c-{first}"),
        view: 0,
        carrier: None,
        first_seen: at(first),
        raised: at(first) + 3 * MINUTE,
        bbox: BBox { x1: 0.2, y1: 0.2, x2: 0.3, y2: 0.4 },
        standing,
        decided: (standing != Standing::Pending).then(|| at(first) + 30 * MINUTE),
        last_look: last_look.map(|(look, time)| (look, at(time))),
        model: 0,
        case: CaseFacts::default(),
    }
}

fn stood(first: &str, gone: &str) -> Seen {
    seen(first, Standing::Confirmed, Some((Look::Cleared, gone)))
}

fn cell(views: Vec<View>, seen: Vec<Seen>) -> Cell {
    Cell { views, seen, models: vec!["street@ab".to_owned()], limit: Limit { minutes: 60, duty: false } }
}

fn facts_as_of(cell: &Cell, as_of: &str, parameters: &ClearanceParameters) -> BTreeMap<Date, DayFacts> {
    let calendar = calendar();
    let windows = parameters.duty.iter().map(|text| text.parse().unwrap()).collect();
    let duty = DutyClock::new(windows, calendar.clone());
    let frame = Frame { calendar: &calendar, parameters, duty: &duty, as_of: at(as_of) };
    days(cell, at("11-18T00:00"), &frame)
}

fn facts(cell: &Cell) -> BTreeMap<Date, DayFacts> {
    facts_as_of(cell, "11-30T00:00", &ClearanceParameters::default())
}

fn friday(cell: &Cell) -> DayFacts {
    facts(cell)[&date(2026, 11, 20)].clone()
}

#[test]
fn a_watched_day_on_which_nothing_stood_is_a_zero() {
    let day = friday(&cell(vec![view(always())], vec![]));
    assert_eq!((day.zero, day.force_s, day.watched_s, day.ovm_s), (ZeroDay::Zero, 86_400, 86_400, 0));
    assert_eq!(day.watched_by_hour, vec![3600; 24]);
}

#[test]
fn a_camera_offline_all_day_is_unknown_and_no_zero() {
    let dark = always().minus(&IntervalSet::span(at("11-20T00:00"), at("11-21T00:00")));
    let day = friday(&cell(vec![view(dark)], vec![]));
    assert_eq!((day.zero, day.watched_s, day.hole_s), (ZeroDay::UnknownCoverage, 0, 86_400));
}

#[test]
fn offline_only_at_peak_is_unknown_although_coverage_is_high() {
    let hole = always().minus(&IntervalSet::span(at("11-20T17:00"), at("11-20T18:01")));
    assert_eq!(friday(&cell(vec![view(hole)], vec![])).zero, ZeroDay::UnknownHole);
    let short = always().minus(&IntervalSet::span(at("11-20T17:00"), at("11-20T18:00")));
    assert_eq!(friday(&cell(vec![view(short)], vec![])).zero, ZeroDay::Zero, "sixty minutes are allowed");
}

#[test]
fn a_hole_while_nothing_is_in_force_does_not_count() {
    let mut watched = view(always().minus(&IntervalSet::span(at("11-20T00:00"), at("11-20T06:00"))));
    watched.states[0].rule = Some(vec!["daily 06:00-22:00".parse().unwrap()]);
    let day = friday(&cell(vec![watched], vec![]));
    assert_eq!((day.zero, day.force_s, day.hole_s), (ZeroDay::Zero, 16 * 3600, 0));
}

#[test]
fn two_cameras_on_one_zone_with_one_down_still_make_a_zero() {
    let day = friday(&cell(vec![view(IntervalSet::empty()), view(always())], vec![]));
    assert_eq!(day.zero, ZeroDay::Zero);
}

#[test]
fn a_violation_makes_a_known_day_even_on_a_dark_one() {
    let little = IntervalSet::span(at("11-20T10:00"), at("11-20T12:00"));
    let day = friday(&cell(vec![view(little)], vec![stood("11-20T10:30", "11-20T11:00")]));
    assert_eq!((day.zero, day.ovm_s), (ZeroDay::Violation, 1800));
}

#[test]
fn something_undecided_is_unknown_until_it_is_decided() {
    let look = Some((Look::Cleared, "11-20T12:00"));
    let of = |standing| friday(&cell(vec![view(always())], vec![seen("11-20T11:00", standing, look)])).zero;
    assert_eq!(of(Standing::Pending), ZeroDay::UnknownPending);
    assert_eq!(of(Standing::Confirmed), ZeroDay::Violation);
    for none in [Standing::FalsePositive, Standing::FoundPermitted, Standing::Permitted, Standing::Set] {
        assert_eq!(of(none), ZeroDay::Zero, "{none:?}");
    }
}

#[test]
fn a_wholly_permitted_day_is_not_applicable_and_no_zero() {
    let mut market = view(always());
    market.states[0].permits = vec![WholeZonePermit { weekly: vec![], from: None, until: None }];
    let day = friday(&cell(vec![market], vec![]));
    assert_eq!((day.zero, day.force_s), (ZeroDay::NotApplicable, 0));
}

#[test]
fn a_night_market_over_midnight_takes_its_hours_from_both_days() {
    let mut market = view(always());
    let weekly = vec!["fri 18:00-02:00".parse().unwrap()];
    market.states[0].permits = vec![WholeZonePermit { weekly, from: None, until: None }];
    // A stall stands from 17:30 on Friday to 03:00 on Saturday: 30 minutes and an hour of it are not allowed.
    let all = facts(&cell(vec![market], vec![stood("11-20T17:30", "11-21T03:00")]));
    let (friday, saturday) = (&all[&date(2026, 11, 20)], &all[&date(2026, 11, 21)]);
    assert_eq!((friday.force_s, friday.ovm_s), (18 * 3600, 1800));
    assert_eq!((saturday.force_s, saturday.ovm_s), (22 * 3600, 3600));
    assert_eq!((saturday.ovm_by_hour[2], saturday.zero), (3600, ZeroDay::Violation));
}

#[test]
fn a_permit_approved_afterwards_makes_the_day_a_zero_again() {
    let stall = || vec![stood("11-20T19:00", "11-20T21:00")];
    assert_eq!(friday(&cell(vec![view(always())], stall())).zero, ZeroDay::Violation);
    let mut approved = view(always());
    let weekly = vec!["fri 18:00-22:00".parse().unwrap()];
    approved.states[0].permits = vec![WholeZonePermit { weekly, from: Some(date(2026, 11, 20)), until: None }];
    let day = friday(&cell(vec![approved], stall()));
    assert_eq!((day.zero, day.ovm_s), (ZeroDay::Zero, 0));
}

#[test]
fn an_episode_across_midnight_counts_on_both_days_and_begins_once() {
    let all = facts(&cell(vec![view(always())], vec![stood("11-20T23:30", "11-21T00:45")]));
    let (friday, saturday) = (&all[&date(2026, 11, 20)], &all[&date(2026, 11, 21)]);
    assert_eq!((friday.ovm_s, saturday.ovm_s), (1800, 45 * 60));
    assert_eq!((friday.violations, saturday.violations), (1, 0));
    assert_eq!((friday.zero, saturday.zero), (ZeroDay::Violation, ZeroDay::Violation));
    assert_eq!(friday.clear, [(75 * 60, true)]);
    assert!(saturday.overdue && !friday.overdue, "its hour is over at 00:30");
}

#[test]
fn two_stalls_at_once_are_not_two_hours() {
    let other = Seen { bbox: BBox { x1: 0.7, y1: 0.2, x2: 0.8, y2: 0.4 }, ..stood("11-20T10:30", "11-20T11:30") };
    let day = friday(&cell(vec![view(always())], vec![stood("11-20T10:00", "11-20T11:00"), other]));
    assert_eq!((day.ovm_s, day.object_s, day.violations), (90 * 60, 120 * 60, 2));
}

#[test]
fn what_was_not_watched_is_no_violation_minute() {
    // Turned away (a moved preset is not `ok`) from 10:30 to 10:50.
    let moved = always().minus(&IntervalSet::span(at("11-20T10:30"), at("11-20T10:50")));
    let day = friday(&cell(vec![view(moved)], vec![stood("11-20T10:00", "11-20T11:00")]));
    assert_eq!(day.ovm_s, 40 * 60);
}

#[test]
fn a_zone_redrawn_at_noon_is_judged_by_each_version_s_hours() {
    let mut redrawn = view(always());
    redrawn.states = vec![
        ZoneState { until: at("11-20T12:00"), rule: Some(vec!["daily 08:00-24:00".parse().unwrap()]), ..state() },
        ZoneState { from: at("11-20T12:00"), rule: Some(vec!["daily 00:00-14:00".parse().unwrap()]), ..state() },
    ];
    let day = friday(&cell(vec![redrawn], vec![stood("11-20T13:00", "11-20T15:00")]));
    assert_eq!((day.force_s, day.ovm_s), (6 * 3600, 3600));
}

#[test]
fn a_key_area_flag_that_starts_mid_month_counts_from_there() {
    let mut flagged = view(always());
    flagged.states = vec![
        ZoneState { until: at("11-20T10:00"), key_area: false, ..state() },
        ZoneState { from: at("11-20T10:00"), ..state() },
    ];
    let all = facts(&cell(vec![flagged], vec![]));
    let keys: Vec<bool> = [19, 20, 21].iter().map(|day| all[&date(2026, 11, *day)].key_area).collect();
    assert_eq!(keys, [false, false, true]);
}

#[test]
fn a_late_review_changes_its_day_and_only_its_day() {
    let look = Some((Look::Cleared, "11-20T12:00"));
    let of = |standing| facts(&cell(vec![view(always())], vec![seen("11-20T11:00", standing, look)]));
    let (before, after) = (of(Standing::Pending), of(Standing::Confirmed));
    let changed: Vec<&Date> = before.keys().filter(|date| before[*date] != after[*date]).collect();
    assert_eq!(changed, [&date(2026, 11, 20)]);
}

#[test]
fn the_same_candidates_twice_are_one_violation() {
    // The database refuses a second row of an id; a re-alarm at the place has another id and is merged.
    let again = Seen { id: "again".to_owned(), ..stood("11-20T10:01", "11-20T11:00") };
    let day = friday(&cell(vec![view(always())], vec![stood("11-20T10:00", "11-20T11:00"), again]));
    assert_eq!((day.violations, day.ovm_s, day.raised), (1, 3600, 2));
}

#[test]
fn a_model_changed_at_noon_has_its_own_precision() {
    let morning = stood("11-20T09:00", "11-20T09:30");
    let afternoon = Seen { model: 1, ..seen("11-20T15:00", Standing::FalsePositive, Some((Look::Cleared, "11-20T15:30"))) };
    let mut changed = cell(vec![view(always())], vec![morning, afternoon]);
    changed.models.push("street@cd".to_owned());
    let day = friday(&changed);
    let by_model: Vec<(&str, (u32, u32))> = day.precision_by_model.iter().map(|(m, c)| (m.as_str(), *c)).collect();
    assert_eq!(by_model, [("street@ab", (1, 0)), ("street@cd", (0, 1))]);
    assert_eq!(day.precision_by_hour.keys().collect::<Vec<_>>(), [&9, &15]);
}

#[test]
fn today_is_running_until_it_is_over() {
    let parameters = ClearanceParameters::default();
    let all = facts_as_of(&cell(vec![view(always())], vec![]), "11-20T12:00", &parameters);
    let day = &all[&date(2026, 11, 20)];
    assert_eq!((day.zero, day.force_s), (ZeroDay::Running, 12 * 3600));
    let seen = vec![seen("11-20T11:00", Standing::Confirmed, None)];
    let all = facts_as_of(&cell(vec![view(always())], seen), "11-20T12:30", &parameters);
    let day = &all[&date(2026, 11, 20)];
    assert_eq!((day.zero, day.ovm_s, day.overdue), (ZeroDay::Violation, 5400, true), "a violation is known at once");
    assert_eq!(day.open, [at("11-20T11:00")]);
}

#[test]
fn limits_in_working_hours_wait_for_the_weekend_to_pass() {
    let mut waste = cell(vec![view(always())], vec![stood("11-20T16:30", "11-23T11:00"), stood("11-23T16:30", "11-24T12:00")]);
    waste.limit = Limit { minutes: 240, duty: true };
    let all = facts(&waste);
    // Due on Monday 23rd at 11:30 and on Tuesday 24th at 11:30.
    let on = |day| (all[&date(2026, 11, day)].sla_met, all[&date(2026, 11, day)].sla_due);
    assert_eq!((on(20), on(23), on(24)), ((0, 0), (1, 1), (0, 1)));
    assert!(all[&date(2026, 11, 24)].overdue && !all[&date(2026, 11, 23)].overdue);
}

#[test]
fn a_limit_that_passed_unwatched_is_neither_met_nor_missed() {
    let dark = always().minus(&IntervalSet::span(at("11-20T10:30"), at("11-20T13:00")));
    let day = friday(&cell(vec![view(dark)], vec![stood("11-20T10:00", "11-20T13:01")]));
    assert_eq!((day.sla_met, day.sla_due, day.sla_unknown), (0, 0, 1));
    assert_eq!(day.clear, [(1800, false)], "at least half an hour");
}

#[test]
fn recurrence_needs_its_follow_up_and_counts_from_when_it_was_gone() {
    let again = || vec![stood("11-20T10:00", "11-20T11:00"), stood("11-22T10:00", "11-22T11:00")];
    let day = friday(&cell(vec![view(always())], again()));
    assert_eq!(day.recurred, [(0, 1), (1, 1), (0, 0)], "not within 1 day, within 7, 30 days are not over");
    // The first week is watched too little: it neither came back nor did it not.
    let dark = always().minus(&IntervalSet::span(at("11-23T00:00"), at("11-26T00:00")));
    assert_eq!(friday(&cell(vec![view(dark)], again())).recurred, [(0, 1), (0, 0), (0, 0)]);
    let elsewhere = Seen { bbox: BBox { x1: 0.7, y1: 0.2, x2: 0.8, y2: 0.4 }, ..stood("11-20T12:00", "11-20T13:00") };
    let day = friday(&cell(vec![view(always())], vec![stood("11-20T10:00", "11-20T11:00"), elsewhere]));
    assert_eq!(day.recurred[0], (0, 2), "another place is another thing");
}

#[test]
fn a_clock_that_jumps_leaves_a_hole_and_never_time_watched_twice() {
    // A jump forward by two hours: beats at 11:59 and 14:00 are two spans.
    let jumped = IntervalSet::of([(at("11-20T00:00"), at("11-20T11:59")), (at("11-20T14:00"), at("11-21T00:00"))]);
    assert_eq!(friday(&cell(vec![view(jumped)], vec![])).zero, ZeroDay::UnknownHole);
    // A jump back: spans that overlap are one.
    let back = IntervalSet::of([(at("11-20T00:00"), at("11-20T12:00")), (at("11-20T11:30"), at("11-21T00:00"))]);
    assert_eq!(friday(&cell(vec![view(back)], vec![])).watched_s, 86_400);
}

#[test]
fn the_closing_day_of_a_decision_is_its_own() {
    let late = Seen { decided: Some(at("11-25T09:00")), ..stood("11-20T10:00", "11-20T11:00") };
    let expired = Seen { decided: Some(at("11-25T10:00")), ..seen("11-20T14:00", Standing::Expired, None) };
    let all = facts(&cell(vec![view(always())], vec![late, expired]));
    let (raised, closed) = (&all[&date(2026, 11, 20)], &all[&date(2026, 11, 25)]);
    assert_eq!((raised.closed, raised.raised, raised.tp), (0, 2, 1));
    assert_eq!((closed.closed, closed.closed_confirmed, closed.closed_expired), (2, 1, 1));
}

fn with_case(seen: Seen, case: CaseFacts) -> Seen {
    Seen { case, ..seen }
}

fn warned(at: Ms) -> CaseFacts {
    CaseFacts { warned: Some(at), ..CaseFacts::default() }
}

fn subject(name: &str) -> CaseFacts {
    CaseFacts { subject: Some(name.to_owned()), ..CaseFacts::default() }
}

#[test]
fn the_time_from_the_warning_counts_what_stood_then_and_censors_what_still_stands() {
    let gone = with_case(stood("11-20T08:00", "11-20T10:00"), warned(at("11-20T09:00")));
    // Gone before anybody was warned: it has no time from then on.
    let before = with_case(stood("11-20T11:00", "11-20T11:30"), warned(at("11-20T12:00")));
    let open =
        with_case(seen("11-20T13:00", Standing::Confirmed, Some((Look::Present, "11-20T14:00"))), warned(at("11-20T13:40")));
    let never = stood("11-20T16:00", "11-20T16:30");
    let day = friday(&cell(vec![view(always())], vec![gone, before, open, never]));
    assert_eq!((day.clear_warned, day.open_warned), (vec![(3600, true)], vec![at("11-20T13:40")]));
}

#[test]
fn a_subject_that_comes_back_elsewhere_in_the_zone_counts_by_subject_and_not_by_place() {
    let elsewhere = BBox { x1: 0.7, y1: 0.2, x2: 0.8, y2: 0.4 };
    let first = with_case(stood("11-19T08:00", "11-19T10:00"), subject("310101199001010000"));
    let again = Seen { bbox: elsewhere, ..with_case(stood("11-19T20:00", "11-19T21:00"), subject("310101199001010000")) };
    let unknown = stood("11-19T13:00", "11-19T14:00");
    let all =
        facts_as_of(&cell(vec![view(always())], vec![first, unknown, again]), "11-30T00:00", &ClearanceParameters::default());
    let day = &all[&date(2026, 11, 19)];
    assert_eq!(day.recurred[0], (1, 3), "at its place came back what stood there at eight, as somebody unknown");
    assert_eq!(day.recurred_subject[0], (1, 2), "of the two whose subject is known one came back, ten hours later");
    assert_eq!(day.recurred_subject[2], (0, 0), "thirty days have not passed");
}

#[test]
fn second_reviews_and_second_looks_are_counted_on_the_day_of_the_candidate() {
    let case = |overturned, looks| CaseFacts { overturned, looks, ..CaseFacts::default() };
    let rows = vec![
        with_case(stood("11-20T08:00", "11-20T09:00"), case(Some(false), (1, 0))),
        with_case(seen("11-20T10:00", Standing::FalsePositive, Some((Look::Cleared, "11-20T11:00"))), case(Some(true), (2, 1))),
        stood("11-20T12:00", "11-20T13:00"),
    ];
    let day = friday(&cell(vec![view(always())], rows));
    assert_eq!((day.second_reviewed, day.second_overturned, day.looked, day.looked_against), (2, 1, 3, 1));
}

#[test]
fn a_day_on_which_something_stood_that_was_merged_into_another_zone_s_is_no_zero() {
    let stood = Seen { standing: Standing::Carried, carrier: Some("theirs".to_owned()), ..stood("11-20T10:00", "11-20T11:00") };
    let day = friday(&cell(vec![view(always())], vec![stood.clone()]));
    assert_eq!((day.zero, day.ovm_s), (ZeroDay::Violation, 3600), "it stood before this camera's eyes");
    assert_eq!((day.violations, day.raised, day.object_s), (0, 0, 0), "and counts where it was merged to");
    assert_eq!((day.clear.len(), day.sla_due), (0, 0));
    let undecided = Seen { standing: Standing::CarriedPending, ..stood };
    assert_eq!(friday(&cell(vec![view(always())], vec![undecided])).zero, ZeroDay::UnknownPending);
}

#[test]
fn what_became_of_decisions_is_counted_on_the_day_of_the_candidate() {
    let case = |ruling| CaseFacts { ruling, ..CaseFacts::default() };
    let rows = vec![
        with_case(stood("11-20T08:00", "11-20T09:00"), case(Some(Ruling::Holds))),
        with_case(stood("11-20T10:00", "11-20T11:00"), case(Some(Ruling::Revoked))),
        with_case(stood("11-20T12:00", "11-20T13:00"), case(Some(Ruling::Lost))),
        with_case(stood("11-20T14:00", "11-20T15:00"), case(None)),
    ];
    let day = friday(&cell(vec![view(always())], rows));
    assert_eq!((day.ruled, day.revoked, day.lost), (3, 1, 1));
    assert_eq!(day.violations, 4, "a decision that fell does not make it not have stood");
}

#[test]
fn outcomes_that_no_authority_decided_say_nothing_of_decisions() {
    let of = |word| Ruling::of(word);
    assert_eq!((of("punished"), of("not_punished")), (Some(Ruling::Holds), Some(Ruling::Holds)));
    assert_eq!((of("revoked"), of("lost")), (Some(Ruling::Revoked), Some(Ruling::Lost)));
    assert_eq!((of("dealt_with"), of("not_found"), of("taken_over")), (None, None, None));
}

/// An area that two cameras see, watched so by each.
fn area(first: IntervalSet, second: IntervalSet, seen: Vec<Seen>) -> Cell {
    cell(vec![view(first), view(second)], seen)
}

fn of_second(seen: Seen) -> Seen {
    Seen { id: format!("{}-2", seen.id), view: 1, ..seen }
}

#[test]
fn an_area_that_two_cameras_see_is_one_zone_day_and_one_stall() {
    let first = stood("11-20T10:00", "11-20T11:00");
    // The same stall from the other side: seen later, and longer. An officer merged it.
    let second = of_second(stood("11-20T10:10", "11-20T11:20"));
    let second = Seen { standing: Standing::Carried, carrier: Some(first.id.clone()), ..second };
    let day = friday(&area(always(), always(), vec![first, second]));
    assert_eq!((day.force_s, day.watched_s), (86_400, 86_400), "an hour that both watched is one hour");
    assert_eq!((day.zero, day.violations, day.raised), (ZeroDay::Violation, 1, 1));
    assert_eq!((day.ovm_s, day.object_s), (80 * 60, 80 * 60), "from the first look at it to the last");
    assert_eq!(day.clear, [(80 * 60, true)]);
}

#[test]
fn the_same_stall_that_nobody_merged_is_still_no_two_hours() {
    let first = stood("11-20T10:00", "11-20T11:00");
    let second = of_second(stood("11-20T10:00", "11-20T11:00"));
    let day = friday(&area(always(), always(), vec![first, second]));
    assert_eq!((day.ovm_s, day.object_s, day.violations), (3600, 7200, 2));
}

#[test]
fn of_an_area_each_hour_needs_one_camera_only() {
    let noon = at("11-20T12:00");
    let (morning, afternoon) = (always().clip(Ms::MIN / 2, noon), always().clip(noon, Ms::MAX / 2));
    let day = friday(&area(morning.clone(), afternoon, vec![]));
    assert_eq!((day.zero, day.hole_s), (ZeroDay::Zero, 0));
    let day = friday(&area(morning, IntervalSet::empty(), vec![]));
    assert_eq!((day.zero, day.hole_s), (ZeroDay::UnknownCoverage, 12 * 3600), "both dark in the afternoon: unknown, no zero");
}

#[test]
fn in_an_area_what_comes_back_is_told_by_the_camera_that_saw_it() {
    let first = stood("11-19T08:00", "11-19T10:00");
    let again = stood("11-19T20:00", "11-19T21:00");
    let other_view = of_second(stood("11-19T14:00", "11-19T15:00"));
    let all = facts(&area(always(), always(), vec![first, other_view, again]));
    assert_eq!(all[&date(2026, 11, 19)].recurred[0], (1, 3), "a box of one view says nothing of the other");
}
