//! Zone-days of one local day that no district, street or kind tells apart, added up once: a city's report sums some hundred bundles a
//! day instead of thousands of zone-days that lie far apart in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

use super::figures::{CellKey, ZoneDay};
use super::interval::Ms;
use super::sum::{Sum, count_zero};
use crate::dto::ZeroFigure;

/// Zone-days that are alike in all that a report asks for, camera, zone and area apart.
#[derive(Debug)]
pub(crate) struct Bundle {
    /// One of its cells: what is said of place and kind here is true of all of them, names and ids of zones are not.
    cell: Arc<CellKey>,
    date: Date,
    key_area: bool,
    restated: u64,
    sum: Sum,
}

/// The bundles of one day's zone-days, in a fixed order.
pub(crate) fn bundles<'a>(days: impl Iterator<Item = &'a ZoneDay>) -> Vec<Bundle> {
    let mut out = BTreeMap::new();
    for day in days {
        let cell = &day.cell;
        let alike = (&cell.district, &cell.street, cell.kind, day.facts.key_area, cell.grade, cell.place);
        let bundle = out.entry(alike).or_insert_with(|| Bundle {
            cell: Arc::clone(cell),
            date: day.date,
            key_area: day.facts.key_area,
            restated: 0,
            sum: Sum::default(),
        });
        bundle.sum.add(&day.facts);
        bundle.sum.add_details(&day.facts);
        bundle.restated += u64::from(day.restated);
    }
    out.into_values().collect()
}

/// What a report adds up: a zone-day, or many that were added up before.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Row<'a> {
    One(&'a ZoneDay),
    Many(&'a Bundle),
}

impl<'a> Row<'a> {
    pub(crate) fn cell(self) -> &'a Arc<CellKey> {
        match self {
            Self::One(day) => &day.cell,
            Self::Many(bundle) => &bundle.cell,
        }
    }

    pub(crate) fn date(self) -> Date {
        match self {
            Self::One(day) => day.date,
            Self::Many(bundle) => bundle.date,
        }
    }

    pub(crate) fn key_area(self) -> bool {
        match self {
            Self::One(day) => day.facts.key_area,
            Self::Many(bundle) => bundle.key_area,
        }
    }

    /// How many of its zone-days were changed after they were final.
    pub(crate) fn restated(self) -> u64 {
        match self {
            Self::One(day) => u64::from(day.restated),
            Self::Many(bundle) => bundle.restated,
        }
    }

    /// When the violations that are open were first seen.
    pub(crate) fn open(self) -> &'a [Ms] {
        match self {
            Self::One(day) => &day.facts.open,
            Self::Many(bundle) => &bundle.sum.open,
        }
    }

    /// Adds what is needed everywhere.
    pub(crate) fn add_to(self, sum: &mut Sum) {
        match self {
            Self::One(day) => sum.add(&day.facts),
            Self::Many(bundle) => sum.join(&bundle.sum),
        }
    }

    /// Adds what only the whole shows.
    pub(crate) fn add_details_to(self, sum: &mut Sum) {
        match self {
            Self::One(day) => sum.add_details(&day.facts),
            Self::Many(bundle) => sum.join_details(&bundle.sum),
        }
    }

    /// Seconds with an open violation and seconds watched, by hour.
    pub(crate) fn hours(self) -> impl Iterator<Item = (u64, u64)> + use<'a> {
        let (few, many) = match self {
            Self::One(day) => (Some(&day.facts), None),
            Self::Many(bundle) => (None, Some(&bundle.sum)),
        };
        (0..24).map(move |hour| {
            let of = |hours: &[u16]| hours.get(hour).copied().map_or(0, u64::from);
            few.map(|facts| (of(&facts.ovm_by_hour), of(&facts.watched_by_hour)))
                .or(many.map(|sum| (sum.ovm_by_hour[hour], sum.watched_by_hour[hour])))
                .unwrap_or_default()
        })
    }

    pub(crate) fn tally(self) -> Tally {
        match self {
            Self::One(day) => {
                let facts = &day.facts;
                let mut zero = ZeroFigure::default();
                count_zero(&mut zero, facts.zero);
                Tally {
                    force_s: facts.force_s.into(),
                    watched_s: facts.watched_s.into(),
                    ovm_s: facts.ovm_s.into(),
                    zero,
                    violations: facts.violations.into(),
                    raised: facts.raised.into(),
                    sla_met: facts.sla_met.into(),
                    sla_due: facts.sla_due.into(),
                }
            }
            Self::Many(bundle) => {
                let sum = &bundle.sum;
                Tally {
                    force_s: sum.force_s,
                    watched_s: sum.watched_s,
                    ovm_s: sum.ovm_s,
                    zero: sum.zero,
                    violations: sum.violations,
                    raised: sum.raised,
                    sla_met: sum.sla_met,
                    sla_due: sum.sla_due,
                }
            }
        }
    }
}

/// The few amounts that trends and leagues are made of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub(crate) force_s: u64,
    pub(crate) watched_s: u64,
    pub(crate) ovm_s: u64,
    pub(crate) zero: ZeroFigure,
    pub(crate) violations: u64,
    pub(crate) raised: u64,
    pub(crate) sla_met: u64,
    pub(crate) sla_due: u64,
}

/// Zone-days whose facts are fetched together.
const AHEAD: usize = 32;

/// Each row in turn. Single zone-days lie far apart in memory, and summing them waits for one after the other: four fifths of a city's
/// report was waiting. So a little of each is read before, for reads that do not depend on one another are under way at the same time.
pub(crate) fn each<'a>(rows: &[Row<'a>], mut take: impl FnMut(Row<'a>)) {
    for some in rows.chunks(AHEAD) {
        fetch(some);
        some.iter().for_each(|row| take(*row));
    }
}

fn fetch(rows: &[Row<'_>]) {
    let mut read = 0u64;
    for row in rows {
        let Row::One(day) = row else { continue };
        let facts = &day.facts;
        read += u64::from(facts.force_s) + u64::from(facts.recurred[0].0) + (facts.latency.len() + facts.clear.len()) as u64;
        read += (facts.watched_by_hour.len() + facts.open_warned.len() + facts.precision_by_hour.len()) as u64;
    }
    for row in rows {
        let Row::One(day) = row else { continue };
        let first = |hours: &[u16]| u64::from(hours.first().copied().unwrap_or(0));
        read += first(&day.facts.watched_by_hour) + first(&day.facts.ovm_by_hour);
    }
    // Else nothing would be read, for nothing comes of it.
    std::hint::black_box(read);
}

#[cfg(test)]
#[path = "bundle_tests.rs"]
mod tests;
