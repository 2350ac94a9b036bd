//! The figures of a period: zone-days that were asked for, summed as a whole, by day, by hour and by group.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::civil::Date;

use super::day::{DayFacts, Frame};
use super::interval::{MINUTE, Ms};
use super::league;
use super::reached::reached;
use super::sum::{Sum, age, count_zero, share, zero_figure};
use crate::clock::rfc3339;
use crate::dto::{
    AgeCount, ClearanceDefinition, ClearanceGroup, ClearanceReport, ControlGrade, GroupDay, HeatCell, Indicator, Kind, PlaceType,
    SlaFigure, TrendDay, ZeroDay, ZeroFigure,
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

/// The report over these zone-days, in which each place counts once. Groups are of `grouped`, which may be the same, and
/// `before` are those of the equally long period before.
pub(crate) fn report(days: &[&ZoneDay], grouped: &[&ZoneDay], before: &[&ZoneDay], asked: Asked<'_>) -> ClearanceReport {
    let parameters = asked.frame.parameters;
    let as_of = asked.frame.as_of;
    // A city's zone-days are some hundred thousand, and far apart in memory: each is looked at once for the whole and once for its
    // group, and the two do not wait for each other.
    let (whole, groups) = std::thread::scope(|scope| {
        let groups = scope.spawn(|| groups(grouped, before, &asked));
        let mut whole = Whole::default();
        for some in days.chunks(AHEAD) {
            fetch(some);
            some.iter().for_each(|day| whole.add(day, &asked.frame));
        }
        (whole, groups.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    let Whole { mut all, heat, trend, annex, late, restated } = whole;
    let (recurrence, recurrence_by_subject) = all.recurrence_figures();
    let duty = asked.frame.duty;
    let waited = |raised: Ms| u32::try_from(duty.between(raised, as_of) / 1000).unwrap_or(u32::MAX);
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
        latency: all.latency_figure(),
        confirm: all.confirm_wall(as_of, parameters),
        confirm_duty: all.confirm_duty(parameters, waited),
        clear: all.clear_figure(as_of, parameters),
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

/// Zone-days whose facts are fetched together.
const AHEAD: usize = 32;

/// Reads a little of each of these facts. They lie far apart in memory, and summing them waits for one after the other: four fifths of a
/// city's report was waiting. Reads that do not depend on one another are under way at the same time.
fn fetch(days: &[&ZoneDay]) {
    let mut read = 0u64;
    for day in days {
        let facts = &day.facts;
        read += u64::from(facts.force_s) + u64::from(facts.recurred[0].0) + (facts.latency.len() + facts.clear.len()) as u64;
        read += (facts.watched_by_hour.len() + facts.open_warned.len() + facts.precision_by_hour.len()) as u64;
    }
    for day in days {
        let first = |hours: &[u16]| u64::from(hours.first().copied().unwrap_or(0));
        read += first(&day.facts.watched_by_hour) + first(&day.facts.ovm_by_hour);
    }
    // Else nothing would be read, for nothing comes of it.
    std::hint::black_box(read);
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
    fn add(&mut self, day: &'a ZoneDay, frame: &Frame<'_>) {
        self.all.add(&day.facts);
        self.all.add_details(&day.facts);
        let weekday = usize::try_from(day.date.weekday().to_monday_zero_offset()).unwrap_or(0);
        add_hours(&mut self.heat[weekday * 24..][..24], &day.facts);
        self.trend.entry(day.date).or_default().add(day);
        self.late += late(day, frame);
        self.restated += u64::from(day.restated);
        let annexed = ANNEX.iter().position(|kind| *kind == day.cell.kind).filter(|_| day.facts.key_area);
        if let Some(index) = annexed {
            for district in [None, Some(day.cell.district.as_str())] {
                self.annex.entry((index, district)).or_default().add(&day.facts);
            }
        }
    }
}

fn add_hours(heat: &mut [(u64, u64)], facts: &DayFacts) {
    for (slot, watched) in heat.iter_mut().zip(&facts.watched_by_hour) {
        slot.0 += u64::from(*watched);
    }
    for (slot, ovm) in heat.iter_mut().zip(&facts.ovm_by_hour) {
        slot.1 += u64::from(*ovm);
    }
}

/// Minutes per watched hour from seconds of both.
fn per_hour(ovm_s: u64, watched_s: u64) -> Option<f64> {
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

/// How many of a zone-day's open violations are beyond their limit.
fn late(day: &ZoneDay, frame: &Frame<'_>) -> u64 {
    let limit = || frame.parameters.limits.of(day.cell.kind);
    let late = |first: &&Ms| frame.deadline(limit(), **first).is_some_and(|due| due < frame.as_of);
    day.facts.open.iter().filter(late).count() as u64
}

/// Cleared within the limit; and how many of the open ones are beyond theirs.
fn sla(late: u64, sum: &Sum) -> SlaFigure {
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
    force_s: u64,
    watched_s: u64,
    ovm_s: u64,
    zero: ZeroFigure,
    violations: u64,
    raised: u64,
    restated: u64,
}

impl DaySum {
    fn add(&mut self, day: &ZoneDay) {
        self.force_s += u64::from(day.facts.force_s);
        self.watched_s += u64::from(day.facts.watched_s);
        self.ovm_s += u64::from(day.facts.ovm_s);
        count_zero(&mut self.zero, day.facts.zero);
        self.violations += u64::from(day.facts.violations);
        self.raised += u64::from(day.facts.raised);
        self.restated += u64::from(day.restated);
    }
}

fn trend_days(sums: BTreeMap<Date, DaySum>) -> Vec<TrendDay> {
    let one = |(date, sum): (Date, DaySum)| TrendDay {
        date: date.to_string(),
        coverage: super::proportion::ratio(sum.watched_s as f64, sum.force_s as f64),
        zero: zero_figure(sum.zero),
        ovm_per_watched_h: per_hour(sum.ovm_s, sum.watched_s),
        violations: sum.violations,
        raised: sum.raised,
        restated: sum.restated,
    };
    sums.into_iter().map(one).collect()
}

/// The key and the name of a zone-day's group.
fn group_key(cell: &CellKey, by: By) -> String {
    match by {
        By::District => cell.district.clone(),
        By::Street => format!("{}/{}", cell.district, cell.street),
        By::Camera => cell.camera.clone(),
        By::Area if cell.of_area() => cell.area.clone(),
        By::Area | By::Zone => format!("{}/{}", cell.camera, cell.zone),
        By::Kind => crate::dto::word(&cell.kind),
    }
}

fn group_of(cell: &CellKey, by: By) -> ClearanceGroup {
    let zone_name = || format!("{} · {}", cell.camera_name, cell.zone_name);
    let name = match by {
        By::District => cell.district.clone(),
        By::Street => cell.street.clone(),
        By::Camera => cell.camera_name.clone(),
        By::Area if cell.of_area() => cell.zone_name.clone(),
        By::Area | By::Zone => zone_name(),
        By::Kind => crate::dto::word(&cell.kind),
    };
    let keep = |wanted: &[By], text: &str| if wanted.contains(&by) { text.to_owned() } else { String::new() };
    ClearanceGroup {
        key: group_key(cell, by),
        name,
        district: keep(&[By::District, By::Street, By::Area, By::Camera, By::Zone], &cell.district),
        street: keep(&[By::Street, By::Area, By::Camera, By::Zone], &cell.street),
        area: (by == By::Area && cell.of_area()).then(|| cell.area.clone()),
        camera: (by.zones() || by == By::Area && !cell.of_area()).then(|| cell.camera.clone()),
        zone: (by == By::Zone || by == By::Area && !cell.of_area()).then(|| cell.zone.clone()),
        kind: (by == By::Kind).then_some(cell.kind),
        rank: None,
        score: None,
        sla_score: None,
        of_its_like: None,
        known_days: 0,
        coverage: Default::default(),
        zero: ZeroFigure::default(),
        ovm: Default::default(),
        ovm_before: None,
        sla: SlaFigure::default(),
        recurrence: Default::default(),
        clear_median: None,
        violations: 0,
        days: Vec::new(),
        hours: Vec::new(),
    }
}

/// Which group a zone-day belongs to. A cell's name is put together once and not for each of its days: cells are shared, so
/// that their address tells them apart.
struct Slots {
    by: By,
    of_cell: HashMap<*const CellKey, usize>,
    of_key: HashMap<String, usize>,
}

impl Slots {
    fn new(by: By) -> Self {
        Self { by, of_cell: HashMap::new(), of_key: HashMap::new() }
    }

    fn slot(&mut self, cell: &Arc<CellKey>) -> usize {
        if let Some(slot) = self.of_cell.get(&Arc::as_ptr(cell)) {
            return *slot;
        }
        let next = self.of_key.len();
        let slot = *self.of_key.entry(group_key(cell, self.by)).or_insert(next);
        self.of_cell.insert(Arc::as_ptr(cell), slot);
        slot
    }
}

/// A group in the making.
struct Part<'a> {
    cell: &'a CellKey,
    sum: Sum,
    mix: league::Mix,
    late: u64,
    days: BTreeMap<Date, GroupDay>,
}

impl<'a> Part<'a> {
    fn new(cell: &'a CellKey) -> Self {
        Self { cell, sum: Sum::default(), mix: league::Mix::default(), late: 0, days: BTreeMap::new() }
    }

    fn add(&mut self, day: &ZoneDay, asked: &Asked<'_>) {
        self.sum.add(&day.facts);
        self.mix.add(&day.cell, &day.facts);
        self.late += late(day, &asked.frame);
        if asked.brief {
            return;
        }
        let none = || GroupDay { date: day.date.to_string(), zero: 0, violation: 0, unknown: 0, restated: false };
        let slot = self.days.entry(day.date).or_insert_with(none);
        slot.zero += u32::from(day.facts.zero == ZeroDay::Zero);
        slot.violation += u32::from(day.facts.zero == ZeroDay::Violation);
        slot.unknown += u32::from(day.facts.zero.unknown());
        slot.restated |= day.restated;
    }
}

fn groups(days: &[&ZoneDay], before: &[&ZoneDay], asked: &Asked<'_>) -> Vec<ClearanceGroup> {
    let mut slots = Slots::new(asked.by);
    let mut parts: Vec<Part<'_>> = Vec::new();
    for some in days.chunks(AHEAD) {
        fetch(some);
        for day in some {
            let slot = slots.slot(&day.cell);
            if slot == parts.len() {
                parts.push(Part::new(&day.cell));
            }
            parts[slot].add(day, asked);
        }
    }
    let mut earlier: Vec<(u64, u64)> = vec![(0, 0); parts.len()];
    for day in before.chunks(AHEAD).flat_map(|some| {
        fetch(some);
        some
    }) {
        let slot = slots.slot(&day.cell);
        // What is only in the period before is no group of this one.
        if let Some(sum) = earlier.get_mut(slot) {
            sum.0 += u64::from(day.facts.ovm_s);
            sum.1 += u64::from(day.facts.watched_s);
        }
    }
    let mut keys: Vec<Option<String>> = vec![None; parts.len()];
    for (key, slot) in slots.of_key {
        if let Some(place) = keys.get_mut(slot) {
            *place = Some(key);
        }
    }
    let mut named: Vec<_> = keys.into_iter().zip(parts.into_iter().zip(earlier)).collect();
    named.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    let mut out: Vec<(ClearanceGroup, league::Mix)> = Vec::with_capacity(named.len());
    for (_, (Part { cell, sum, mix, late, days }, earlier)) in named {
        let mut group = group_of(cell, asked.by);
        group.known_days = sum.known_days();
        group.coverage = sum.coverage_figure();
        group.zero = zero_figure(sum.zero);
        group.ovm = sum.ovm_figure();
        group.ovm_before = per_hour(earlier.0, earlier.1);
        group.sla = sla(late, &sum);
        group.recurrence = share(sum.recurred[1].0, sum.recurred[1].1);
        group.clear_median = sum.clear_figure(asked.frame.as_of, asked.frame.parameters).km_median;
        group.violations = sum.violations;
        if !asked.brief {
            group.days = days.into_values().collect();
            let hours = sum.ovm_by_hour.iter().zip(&sum.watched_by_hour);
            group.hours = hours.map(|(ovm, watched)| per_hour(*ovm, *watched)).collect();
        }
        out.push((group, mix));
    }
    league::rank(out, asked.by != By::Kind, asked.frame.parameters)
}

/// The day is final so long after its end: later changes are restatements.
pub(crate) fn closes_at(end: Ms, close_after_h: u32) -> Ms {
    end + Ms::from(close_after_h) * 60 * MINUTE
}
