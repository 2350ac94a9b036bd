//! Recurrence: of what was cleared and followed up, how much came back to its place (DOMAIN 5.3).

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::coverage::Coverage;
use super::day::{DayFacts, Frame};
use super::episode::Episode;
use super::interval::Ms;
use super::schedule::date_of;

/// The follow-ups, days.
pub(crate) const FOLLOW_UPS: [i64; 3] = [1, 7, 30];

const DAY: Ms = 86_400_000;

/// Counts into the day on which each was gone: `#{came back within N days} / #{followed up for N days}`. A follow-up counts
/// when it is over and its coverage is enough: nobody watched, nothing came back.
pub(crate) fn count(
    violations: &[Episode],
    coverage: &Coverage,
    from: Ms,
    frame: &Frame<'_>,
    out: &mut BTreeMap<Date, DayFacts>,
) {
    for episode in violations.iter().filter(|episode| !episode.elsewhere) {
        let Some(gone) = episode.gone_at().filter(|gone| *gone >= from) else { continue };
        // In the order of `first_seen`: those after it are the ones that begin later.
        let next = violations.partition_point(|other| other.first_seen <= gone);
        let longest = gone + FOLLOW_UPS[2] * DAY;
        let within = || violations[next..].iter().take_while(|other| other.first_seen <= longest);
        let back = within().find(|other| other.same_place(episode, frame.parameters));
        // By subject apart from by place: somebody who moves on by twenty metres has come back as well.
        let subject = episode.subject.as_ref();
        let subject_back = subject.and_then(|subject| within().find(|other| other.subject.as_ref() == Some(subject)));
        for (slot, days) in FOLLOW_UPS.into_iter().enumerate() {
            let until = gone + days * DAY;
            let followed =
                frame.as_of >= until && coverage.share(gone, until).is_some_and(|share| share >= frame.parameters.coverage_min);
            if followed {
                let facts = out.entry(date_of(frame.calendar, gone)).or_default();
                facts.recurred[slot].1 += 1;
                facts.recurred[slot].0 += u32::from(back.is_some_and(|back| back.first_seen <= until));
                if subject.is_some() {
                    facts.recurred_subject[slot].1 += 1;
                    facts.recurred_subject[slot].0 += u32::from(subject_back.is_some_and(|back| back.first_seen <= until));
                }
            }
        }
    }
}
