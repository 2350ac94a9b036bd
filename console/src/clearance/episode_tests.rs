use super::*;

const HOUR: Ms = 60 * MINUTE;
/// Some midnight.
const DAY: Ms = 1_800_000_000_000;

fn parameters() -> ClearanceParameters {
    ClearanceParameters::default()
}

fn here() -> BBox {
    BBox { x1: 0.2, y1: 0.2, x2: 0.3, y2: 0.4 }
}

fn there() -> BBox {
    BBox { x1: 0.7, y1: 0.2, x2: 0.8, y2: 0.4 }
}

/// Confirmed, first seen and raised so many minutes after midnight.
fn seen(first: Ms, last_look: Option<(Look, Ms)>) -> Seen {
    Seen {
        id: format!("c{first}"),
        view: 0,
        carrier: None,
        first_seen: DAY + first * MINUTE,
        raised: DAY + (first + 3) * MINUTE,
        bbox: here(),
        standing: Standing::Confirmed,
        decided: Some(DAY + (first + 20) * MINUTE),
        last_look: last_look.map(|(look, at)| (look, DAY + at * MINUTE)),
        model: 0,
        case: CaseFacts::default(),
    }
}

fn always() -> IntervalSet {
    IntervalSet::span(DAY - 24 * HOUR, DAY + 48 * HOUR)
}

fn one(seen: Seen, observed: &IntervalSet) -> Episode {
    let mut all = episodes(&[seen], std::slice::from_ref(observed), DAY + 24 * HOUR, &parameters());
    assert_eq!(all.len(), 1);
    all.remove(0)
}

#[test]
fn gone_under_the_camera_s_eyes_has_an_exact_end() {
    let episode = one(seen(600, Some((Look::Cleared, 660))), &always());
    assert_eq!(episode.end, End::Cleared(DAY + 660 * MINUTE));
    assert_eq!(episode.lasted(episode.first_seen, DAY), (3600, true));
}

#[test]
fn a_short_outage_around_the_end_is_halved() {
    // Down from minute 650 to 660; the first look after that saw nothing.
    let observed = always().minus(&IntervalSet::span(DAY + 650 * MINUTE, DAY + 660 * MINUTE));
    let episode = one(seen(600, Some((Look::Cleared, 660))), &observed);
    assert_eq!(episode.end, End::Cleared(DAY + 655 * MINUTE));
}

#[test]
fn a_long_outage_around_the_end_is_an_interval_and_the_duration_at_least_so_long() {
    let observed = always().minus(&IntervalSet::span(DAY + 650 * MINUTE, DAY + 720 * MINUTE));
    let episode = one(seen(600, Some((Look::Cleared, 721))), &observed);
    assert_eq!(episode.end, End::Between(DAY + 650 * MINUTE, DAY + 721 * MINUTE));
    assert_eq!(episode.lasted(episode.first_seen, DAY + 24 * HOUR), (50 * 60, false), "shown as >= 50 min");
    assert_eq!(episode.gone_at(), Some(DAY + 721 * MINUTE));
}

#[test]
fn an_outage_in_the_middle_does_not_matter() {
    let observed = always().minus(&IntervalSet::span(DAY + 610 * MINUTE, DAY + 640 * MINUTE));
    assert_eq!(one(seen(600, Some((Look::Cleared, 660))), &observed).end, End::Cleared(DAY + 660 * MINUTE));
}

#[test]
fn gone_for_less_than_ten_watched_minutes_is_not_known_to_be_gone() {
    let observed = IntervalSet::span(DAY, DAY + 665 * MINUTE);
    let episode = one(seen(600, Some((Look::Cleared, 660))), &observed);
    assert_eq!(episode.end, End::Unknown(DAY + 660 * MINUTE));
    assert_eq!(episode.lasted(episode.first_seen, DAY + 24 * HOUR), (3600, false));
}

#[test]
fn what_the_camera_lost_is_censored_and_what_stands_is_open() {
    assert_eq!(one(seen(600, Some((Look::Lost, 700))), &always()).end, End::Unknown(DAY + 700 * MINUTE));
    for look in [None, Some((Look::Present, 700))] {
        let episode = one(seen(600, look), &always());
        assert_eq!(episode.end, End::Open);
        assert_eq!(episode.lasted(episode.first_seen, DAY + 11 * HOUR), (3600, false));
    }
}

#[test]
fn a_camera_that_never_watched_proves_no_end() {
    assert_eq!(one(seen(600, Some((Look::Cleared, 660))), &IntervalSet::empty()).end, End::Unknown(DAY + 603 * MINUTE));
}

fn merged(second: Seen) -> Vec<Episode> {
    episodes(&[seen(600, Some((Look::Cleared, 660))), second], &[always()], DAY + 24 * HOUR, &parameters())
}

#[test]
fn what_comes_back_at_its_place_within_the_gap_is_one_episode() {
    let all = merged(seen(670, Some((Look::Cleared, 700))));
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].candidates.len(), all[0].end), (2, End::Cleared(DAY + 700 * MINUTE)));
    assert_eq!(all[0].first_seen, DAY + 600 * MINUTE);
    assert_eq!(merged(seen(676, Some((Look::Cleared, 700)))).len(), 2, "sixteen minutes later it is another");
    assert_eq!(merged(Seen { bbox: there(), ..seen(670, None) }).len(), 2, "elsewhere it is another");
}

#[test]
fn a_gap_that_was_not_watched_proves_no_break() {
    // Cleared at 660, dark from 665 to 720, there again at 722: it may have stood all the time.
    let observed = always().minus(&IntervalSet::span(DAY + 665 * MINUTE, DAY + 720 * MINUTE));
    let two = [seen(600, Some((Look::Cleared, 660))), seen(722, Some((Look::Cleared, 780)))];
    assert_eq!(episodes(&two, &[observed], DAY + 24 * HOUR, &parameters()).len(), 1);
}

#[test]
fn only_confirmed_candidates_make_violations() {
    for other in [Standing::Pending, Standing::FalsePositive, Standing::FoundPermitted, Standing::Permitted, Standing::Set] {
        let all = episodes(&[Seen { standing: other, ..seen(600, None) }], &[always()], DAY + 24 * HOUR, &parameters());
        assert!(all.is_empty(), "{other:?}");
    }
}

#[test]
fn a_candidate_merged_after_it_was_confirmed_no_longer_counts() {
    assert_eq!(standing("confirmed", None, false, None), Standing::Confirmed);
    assert_eq!(standing("merged", None, false, None), Standing::Set);
    assert_eq!(standing("rejected", Some("duplicate"), false, None), Standing::Set);
    assert_eq!(Standing::Confirmed.carried(), Standing::Carried);
    assert_eq!(Standing::Pending.carried(), Standing::CarriedPending);
    assert_eq!(Standing::FalsePositive.carried(), Standing::Set, "what carries it is none: neither is it");
}

fn carried(by: &Seen, one: Seen) -> Seen {
    Seen { standing: Standing::Carried, carrier: Some(by.id.clone()), ..one }
}

#[test]
fn a_re_alarm_that_was_merged_makes_the_violation_longer_and_not_two() {
    let first = seen(600, Some((Look::Cleared, 630)));
    let again = carried(&first, Seen { bbox: there(), ..seen(660, Some((Look::Cleared, 720))) });
    let all = episodes(&[first, again], &[always()], DAY + 24 * HOUR, &parameters());
    assert_eq!(all.len(), 1, "an officer said that it is the same, wherever the box lies");
    assert_eq!((all[0].first_seen, all[0].end), (DAY + 600 * MINUTE, End::Cleared(DAY + 720 * MINUTE)));
    assert!(!all[0].elsewhere);
}

#[test]
fn what_carries_may_have_been_raised_after_what_it_carries() {
    let carrier = seen(660, Some((Look::Cleared, 720)));
    let earlier = carried(&carrier, Seen { bbox: there(), ..seen(600, Some((Look::Cleared, 630))) });
    let all = episodes(&[earlier, carrier.clone()], &[always()], DAY + 24 * HOUR, &parameters());
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].first_seen, all[0].confirmed, all[0].elsewhere), (DAY + 600 * MINUTE, carrier.decided, false));
}

#[test]
fn what_was_merged_into_another_area_stood_here_and_counts_there() {
    let lost = carried(&seen(600, None), seen(610, Some((Look::Cleared, 640))));
    let all = episodes(&[lost], &[always()], DAY + 24 * HOUR, &parameters());
    assert_eq!((all.len(), all[0].elsewhere, all[0].confirmed), (1, true, None));
}

#[test]
fn each_look_is_judged_by_when_its_own_camera_watched() {
    // The first camera is dark around the end that the second one sees.
    let dark = always().minus(&IntervalSet::span(DAY + 640 * MINUTE, DAY + 700 * MINUTE));
    let first = seen(600, Some((Look::Cleared, 702)));
    let second = carried(&first, Seen { view: 1, ..seen(605, Some((Look::Cleared, 660))) });
    let both = episodes(&[first.clone(), second], &[dark.clone(), always()], DAY + 24 * HOUR, &parameters());
    assert_eq!(both.len(), 1);
    assert_eq!(both[0].end, End::Cleared(DAY + 660 * MINUTE), "the second one watched it go");
    // The same box in another view is no proof that it is the same place.
    let other = Seen { view: 1, ..seen(606, Some((Look::Cleared, 660))) };
    assert_eq!(episodes(&[first, other], &[dark, always()], DAY + 24 * HOUR, &parameters()).len(), 2);
}

#[test]
fn words_mean_what_the_domain_says() {
    for case in ["opened", "confirmed", "warned", "corrected", "exempt", "closed", "clue_dispatched"] {
        assert_eq!(standing("confirmed", None, false, Some(case)), Standing::Confirmed, "{case}: it was one");
    }
    for case in ["rejected", "insufficient"] {
        assert_eq!(standing("confirmed", None, false, Some(case)), Standing::FalsePositive, "{case} by the second review");
    }
    assert_eq!(standing("rejected", Some("permitted_place"), false, None), Standing::FoundPermitted);
    assert_eq!(standing("rejected", Some("night_noise"), false, None), Standing::FalsePositive);
    assert_eq!(standing("open", None, true, None), Standing::Permitted);
    assert_eq!(standing("rejected", Some("night_noise"), true, None), Standing::FalsePositive);
    assert_eq!(standing("expired", None, false, None), Standing::Expired);
    for pending in ["open", "escalated", "field_check", "review1", "a word of the future"] {
        assert_eq!(standing(pending, None, false, None), Standing::Pending, "{pending}");
    }
}

#[test]
fn places_are_near_or_overlap() {
    let shifted = |dx: f64| BBox { x1: 0.2 + dx, y1: 0.2, x2: 0.3 + dx, y2: 0.4 };
    assert!(same_place(&here(), &shifted(0.04), &parameters()));
    assert!(!same_place(&here(), &shifted(0.2), &parameters()));
}
