//! What is added up before comes to the same.

use std::sync::Arc;

use events::schedule::Calendar;
use jiff::civil::date;
use proptest::prelude::*;

use super::super::day::{DayFacts, Frame};
use super::super::figures::{Asked, By, report};
use super::super::interval::{MINUTE, Ms};
use super::super::schedule::DutyClock;
use super::*;
use crate::dto::{ClearanceDefinition, ClearanceParameters, ControlGrade, Kind, ZeroDay};

const AS_OF: Ms = 1_800_000_000_000;

fn zero() -> impl Strategy<Value = ZeroDay> {
    use ZeroDay::*;
    prop::sample::select(vec![Zero, Violation, UnknownCoverage, UnknownHole, UnknownPending, NotApplicable, Running])
}

fn facts() -> impl Strategy<Value = DayFacts> {
    let counts = prop::collection::vec(0u32..9, 24);
    let lists = (
        prop::collection::vec((1u32..9_000, 1u32..9_000), 0..4),
        prop::collection::vec((1u32..9_000, any::<bool>()), 0..4),
        prop::collection::vec(1i64..9_000, 0..3),
    );
    let hours = prop::collection::vec(0u16..3600, 24);
    (any::<bool>(), zero(), 0u32..86_400, 0u32..4_000, counts, lists, hours).prop_map(
        |(key_area, zero, watched_s, ovm_s, n, (pairs, clear, open), hours)| {
            let open: Vec<Ms> = open.iter().map(|minutes| AS_OF - minutes * MINUTE).collect();
            DayFacts {
                key_area,
                zero,
                force_s: 86_400,
                watched_s,
                hole_s: n[0],
                ovm_s,
                object_s: ovm_s + n[1],
                watched_by_hour: if watched_s % 3 == 0 { Vec::new() } else { hours.clone() },
                ovm_by_hour: if ovm_s % 3 == 0 { Vec::new() } else { hours },
                overdue: n[2] > 4,
                raised: n[3],
                permitted: n[4],
                latency: pairs.iter().map(|pair| pair.0).collect(),
                tp: n[5],
                fp: n[6],
                found_permitted: n[7],
                precision_by_hour: [(u8::try_from(n[8]).unwrap(), (n[9], n[10]))].into(),
                precision_by_model: [(format!("model-{}", n[11]), (n[9], n[10]))].into(),
                closed_confirmed: n[12],
                closed_expired: n[13],
                closed: n[14],
                confirm: pairs.clone(),
                undecided: open.clone(),
                violations: n[15],
                clear: clear.clone(),
                open: open.clone(),
                clear_confirmed: clear.clone(),
                open_confirmed: open.clone(),
                clear_warned: clear,
                open_warned: open,
                second_reviewed: n[16],
                second_overturned: n[17],
                looked: n[18],
                looked_against: n[19],
                ruled: n[20],
                revoked: n[21],
                lost: n[22],
                sla_met: n[0],
                sla_due: n[0] + n[1],
                sla_unknown: n[2],
                recurred: [(n[3], n[3] + n[4]), (n[5], n[5] + n[6]), (n[7], n[7] + n[8])],
                recurred_subject: [(n[9], n[9] + n[10]), (n[11], n[11] + n[12]), (n[13], n[13] + n[14])],
            }
        },
    )
}

fn cell(n: usize) -> Arc<CellKey> {
    let kinds = [Kind::IllegalStall, Kind::UnauthorizedAd, Kind::WasteDumping];
    let text = |of: &str, n: usize| format!("{of} {n}");
    Arc::new(CellKey {
        camera: text("cam", n),
        zone: "north".to_owned(),
        kind: kinds[n % 3],
        camera_name: text("Corner", n),
        zone_name: "North".to_owned(),
        district: text("district", n % 2),
        street: text("street", n % 4),
        area: String::new(),
        grade: n.is_multiple_of(5).then_some(ControlGrade::Forbidden),
        place: None,
    })
}

fn zone_days() -> impl Strategy<Value = Vec<ZoneDay>> {
    let cells: Vec<Arc<CellKey>> = (0..12).map(cell).collect();
    let one = (0usize..12, 1i8..4, any::<bool>(), facts());
    prop::collection::vec(one, 1..40).prop_map(move |days| {
        let day = |(n, day, restated, facts): (usize, i8, bool, DayFacts)| ZoneDay {
            cell: Arc::clone(&cells[n]),
            date: date(2026, 11, day),
            as_of: AS_OF,
            restated,
            facts: Arc::new(facts),
        };
        let mut days: Vec<ZoneDay> = days.into_iter().map(day).collect();
        days.sort_by_key(|day| day.date);
        days
    })
}

fn told(rows: &[Row<'_>], before: &[Row<'_>], by: By) -> serde_json::Value {
    let parameters = ClearanceParameters::default();
    let calendar = Calendar { time_zone: jiff::tz::TimeZone::UTC, holidays: Default::default() };
    let duty = DutyClock::new(Vec::new(), calendar.clone());
    let frame = Frame { calendar: &calendar, parameters: &parameters, duty: &duty, as_of: AS_OF };
    let definition = ClearanceDefinition {
        version: 1,
        at: String::new(),
        by: String::new(),
        note: String::new(),
        parameters: parameters.clone(),
    };
    let (from, until) = (date(2026, 11, 1), date(2026, 11, 3));
    let asked = Asked { definition, from, until, by, brief: false, frame, building: false, time_zone: "UTC".to_owned() };
    serde_json::to_value(report(rows, rows, before, asked)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_report_of_bundles_is_that_of_their_zone_days(days in zone_days()) {
        let by_day: Vec<Bundle> = days.chunk_by(|a, b| a.date == b.date).flat_map(|day| bundles(day.iter())).collect();
        let single: Vec<Row<'_>> = days.iter().map(Row::One).collect();
        let many: Vec<Row<'_>> = by_day.iter().map(Row::Many).collect();
        for by in [By::District, By::Street, By::Kind] {
            let told_single = told(&single, &single, by);
            prop_assert_eq!(told_single["zone_days"].as_u64(), u64::try_from(days.len()).ok());
            prop_assert_eq!(told_single, told(&many, &many, by));
        }
    }
}
