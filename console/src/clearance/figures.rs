//! The figures of a period: zone-days that were asked for, summed as a whole, by day, by hour and by group.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

use super::bundle::{Row, Tally, each};
use super::day::{DayFacts, Frame};
use super::groups::groups;
use super::interval::{MINUTE, Ms};
use super::reached::reached;
use super::sum::{Sum, age, join_zero, share, zero_figure};
use crate::clock::rfc3339;
use crate::dto::{
    AgeCount, ClearanceDefinition, ClearanceReport, ControlGrade, HeatCell, Indicator, Kind, PlaceType, SlaFigure, TrendDay,
};

/// Where and what a zone-day is of. One of an area has no camera, and the area for its zone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CellKey {
    pub(crate) camera: String,
    pub(crate) zone: String,
    pub(crate) kind: Kind,
    pub(crate) camera_name: String,
    pub(crate) zone_name: String,
    pub(crate) district: String,
    pub(crate) street: String,
    /// The area in which it is counted; empty where it counts by itself.
    pub(crate) area: String,
    pub(crate) grade: Option<ControlGrade>,
    pub(crate) place: Option<PlaceType>,
}

impl CellKey {
    /// Is it an area's, and not one zone's?
    pub(crate) fn of_area(&self) -> bool {
        self.camera.is_empty()
    }

    /// Does it stand in the sums, in which each place counts once? A zone that shows an area counts in that.
    pub(crate) fn counts(&self) -> bool {
        self.of_area() || self.area.is_empty()
    }
}

/// One zone-day as it is kept in memory.
#[derive(Debug, Clone)]
pub(crate) struct ZoneDay {
    pub(crate) cell: Arc<CellKey>,
    pub(crate) date: Date,
    pub(crate) as_of: Ms,
    /// Changed after it was final.
    pub(crate) restated: bool,
    pub(crate) facts: Arc<DayFacts>,
}

/// What groups are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    District,
    Street,
    Area,
    Camera,
    Zone,
    Kind,
}

impl By {
    /// Are groups of single cameras and zones, areas or not?
    pub(crate) fn zones(self) -> bool {
        matches!(self, Self::Camera | Self::Zone)
    }
}

/// What the report is of.
pub(crate) struct Asked<'a> {
    pub(crate) definition: ClearanceDefinition,
    pub(crate) from: Date,
    pub(crate) until: Date,
    pub(crate) by: By,
    /// Groups without their days and hours.
    pub(crate) brief: bool,
    pub(crate) frame: Frame<'a>,
    pub(crate) building: bool,
    pub(crate) time_zone: String,
}

/// Upper bounds of the ages of open violations, minutes; the last class has none.
const AGES: [u32; 6] = [30, 60, 120, 240, 1440, 4320];

/// Kinds of the annex's indicator 3: 无序设摊 and 非法小广告 in key areas.
pub(crate) const ANNEX: [Kind; 2] = [Kind::IllegalStall, Kind::UnauthorizedAd];

/// The report over these rows, in which each place counts once. Groups are of `grouped`, which may be the same, and
/// `before` are those of the equally long period before.
pub(crate) fn report(rows: &[Row<'_>], grouped: &[Row<'_>], before: &[Row<'_>], asked: Asked<'_>) -> ClearanceReport {
    let parameters = asked.frame.parameters;
    let as_of = asked.frame.as_of;
    let duty = asked.frame.duty;
    let waited = |raised: Ms| u32::try_from(duty.between(raised, as_of) / 1000).unwrap_or(u32::MAX);
    // The whole and the groups do not wait for each other. Nor do sorts: a city's quarter has a million durations of each sort.
    let (whole, groups, latency, confirm, confirm_duty, clear) = std::thread::scope(|scope| {
        let groups = scope.spawn(|| groups(grouped, before, &asked));
        let mut whole = Whole::default();
        each(rows, |row| whole.add(row, &asked.frame));
        let all = &whole.all;
        let (latency, confirm, confirm_duty, clear) = std::thread::scope(|scope| {
            let latency = scope.spawn(|| all.latency_figure());
            let confirm = scope.spawn(|| all.confirm_wall(as_of, parameters));
            let clear = scope.spawn(|| all.clear_figure(as_of, parameters));
            let confirm_duty = all.confirm_duty(parameters, waited);
            (joined(latency), joined(confirm), confirm_duty, joined(clear))
        });
        (whole, joined(groups), latency, confirm, confirm_duty, clear)
    });
    let Whole { all, heat, trend, annex, late, restated } = whole;
    let (recurrence, recurrence_by_subject) = all.recurrence_figures();
    ClearanceReport {
        as_of: rfc3339(as_of),
        building: asked.building,
        from: asked.from.to_string(),
        until: asked.until.to_string(),
        time_zone: asked.time_zone.clone(),
        zone_days: all.zone_days,
        restated,
        violations: all.violations,
        coverage: all.coverage_figure(),
        zero: zero_figure(all.zero),
        ovm: all.ovm_figure(),
        latency,
        confirm,
        confirm_duty,
        clear,
        clear_from_confirmed: all.clear_confirmed_figure(as_of, parameters),
        clear_from_warned: all.clear_warned_figure(as_of, parameters),
        recurrence,
        recurrence_by_subject,
        sla: sla(late, &all),
        open_by_age: open_by_age(&all.open, as_of),
        quality: all.quality_figure(parameters),
        indicators: indicators(annex, &asked),
        trend: trend_days(trend),
        heat: heat_cells(&heat),
        groups,
        definition: asked.definition,
    }
}

/// What a thread made; its panic is ours.
pub(super) fn joined<T>(thread: std::thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Sums of the annex: of a kind by its place in [`ANNEX`], everywhere or in a district.
type Annex<'a> = BTreeMap<(usize, Option<&'a str>), Sum>;

/// All that the figures of the whole are made of.
struct Whole<'a> {
    all: Sum,
    /// By weekday and hour: watched, and with an open violation. Seconds.
    heat: Vec<(u64, u64)>,
    trend: BTreeMap<Date, DaySum>,
    annex: Annex<'a>,
    /// Open ones beyond their limit.
    late: u64,
    restated: u64,
}

impl Default for Whole<'_> {
    fn default() -> Self {
        Self {
            all: Sum::default(),
            heat: vec![(0, 0); 7 * 24],
            trend: BTreeMap::new(),
            annex: ANNEX.iter().enumerate().map(|(i, _)| ((i, None), Sum::default())).collect(),
            late: 0,
            restated: 0,
        }
    }
}

impl<'a> Whole<'a> {
    fn add(&mut self, row: Row<'a>, frame: &Frame<'_>) {
        row.add_to(&mut self.all);
        row.add_details_to(&mut self.all);
        let weekday = usize::try_from(row.date().weekday().to_monday_zero_offset()).unwrap_or(0);
        for (slot, (ovm, watched)) in self.heat[weekday * 24..][..24].iter_mut().zip(row.hours()) {
            (slot.0, slot.1) = (slot.0 + watched, slot.1 + ovm);
        }
        self.trend.entry(row.date()).or_default().add(row);
        self.late += late(row, frame);
        self.restated += row.restated();
        let cell = row.cell();
        let annexed = ANNEX.iter().position(|kind| *kind == cell.kind).filter(|_| row.key_area());
        if let Some(index) = annexed {
            for district in [None, Some(cell.district.as_str())] {
                row.add_to(self.annex.entry((index, district)).or_default());
            }
        }
    }
}

/// Minutes per watched hour from seconds of both.
pub(super) fn per_hour(ovm_s: u64, watched_s: u64) -> Option<f64> {
    super::proportion::ratio(ovm_s as f64 * 60.0, watched_s as f64)
}

fn heat_cells(heat: &[(u64, u64)]) -> Vec<HeatCell> {
    let cell = |(index, (watched, ovm)): (usize, &(u64, u64))| HeatCell {
        weekday: u8::try_from(index / 24 + 1).unwrap_or(7),
        hour: u8::try_from(index % 24).unwrap_or(0),
        watched_h: *watched as f64 / 3600.0,
        per_watched_h: per_hour(*ovm, *watched),
    };
    heat.iter().enumerate().map(cell).collect()
}

/// How many of a row's open violations are beyond their limit.
pub(super) fn late(row: Row<'_>, frame: &Frame<'_>) -> u64 {
    let limit = || frame.parameters.limits.of(row.cell().kind);
    let late = |first: &&Ms| frame.deadline(limit(), **first).is_some_and(|due| due < frame.as_of);
    row.open().iter().filter(late).count() as u64
}

/// Cleared within the limit; and how many of the open ones are beyond theirs.
pub(super) fn sla(late: u64, sum: &Sum) -> SlaFigure {
    SlaFigure {
        share: share(sum.sla_met, sum.sla_due),
        unknown: sum.sla_unknown,
        overdue_open: late,
        open: sum.open.len() as u64,
        oldest_open_at: sum.open.iter().min().map(|first| rfc3339(*first)),
    }
}

fn open_by_age(open: &[Ms], as_of: Ms) -> Vec<AgeCount> {
    let minutes: Vec<u32> = open.iter().map(|first| age(*first, as_of) / 60).collect();
    let mut least = 0;
    let mut classes: Vec<AgeCount> = Vec::new();
    for bound in AGES {
        let n = minutes.iter().filter(|m| (least..bound).contains(*m)).count() as u64;
        classes.push(AgeCount { below_min: Some(bound), n });
        least = bound;
    }
    classes.push(AgeCount { below_min: None, n: minutes.iter().filter(|m| **m >= least).count() as u64 });
    classes
}

/// The annex: all of it first, then each district.
fn indicators(sums: Annex<'_>, asked: &Asked<'_>) -> Vec<Indicator> {
    let one = |((index, district), sum): ((usize, Option<&str>), Sum)| {
        let (reached, why) = reached(&sum, asked.frame.parameters);
        let due = sum.due_days();
        Indicator {
            kind: ANNEX[index],
            district: district.map(str::to_owned),
            reached,
            why,
            zone_days: due,
            coverage: sum.coverage_figure(),
            unknown_share: sum.unknown_share(),
            days_without_overdue: share(due - sum.overdue_days, due),
            recurrence: share(sum.recurred[1].0, sum.recurred[1].1),
            violations: sum.violations,
        }
    };
    sums.into_iter().map(one).collect()
}

/// What a day of the trend is summed from.
#[derive(Default)]
struct DaySum {
    tally: Tally,
    restated: u64,
}

impl DaySum {
    fn add(&mut self, row: Row<'_>) {
        let (sum, more) = (&mut self.tally, row.tally());
        sum.force_s += more.force_s;
        sum.watched_s += more.watched_s;
        sum.ovm_s += more.ovm_s;
        join_zero(&mut sum.zero, &more.zero);
        sum.violations += more.violations;
        sum.raised += more.raised;
        self.restated += row.restated();
    }
}

fn trend_days(sums: BTreeMap<Date, DaySum>) -> Vec<TrendDay> {
    let one = |(date, DaySum { tally: sum, restated }): (Date, DaySum)| TrendDay {
        date: date.to_string(),
        coverage: super::proportion::ratio(sum.watched_s as f64, sum.force_s as f64),
        zero: zero_figure(sum.zero),
        ovm_per_watched_h: per_hour(sum.ovm_s, sum.watched_s),
        violations: sum.violations,
        raised: sum.raised,
        restated,
    };
    sums.into_iter().map(one).collect()
}

/// The day is final so long after its end: later changes are restatements.
pub(crate) fn closes_at(end: Ms, close_after_h: u32) -> Ms {
    end + Ms::from(close_after_h) * 60 * MINUTE
}
