//! The figures of each group of a report, held against one another.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::civil::Date;

use super::bundle::{Row, each};
use super::figures::{Asked, By, CellKey, late, per_hour, sla};
use super::league;
use super::sum::{Sum, share, unknown, zero_figure};
use crate::dto::{ClearanceGroup, GroupDay, SlaFigure, ZeroFigure};

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

/// Which group a row belongs to. A cell's name is put together once and not for each of its days: cells are shared, so
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

    fn add(&mut self, row: Row<'_>, asked: &Asked<'_>) {
        row.add_to(&mut self.sum);
        self.mix.add(row);
        self.late += late(row, &asked.frame);
        if asked.brief {
            return;
        }
        let none = || GroupDay { date: row.date().to_string(), zero: 0, violation: 0, unknown: 0, restated: false };
        let slot = self.days.entry(row.date()).or_insert_with(none);
        let zero = row.tally().zero;
        let few = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        slot.zero += few(zero.zero);
        slot.violation += few(zero.violation);
        slot.unknown += few(unknown(&zero));
        slot.restated |= row.restated() > 0;
    }
}

/// The groups of these rows, ranked; `before` are those of the equally long period before.
pub(super) fn groups(rows: &[Row<'_>], before: &[Row<'_>], asked: &Asked<'_>) -> Vec<ClearanceGroup> {
    let mut slots = Slots::new(asked.by);
    let mut parts: Vec<Part<'_>> = Vec::new();
    each(rows, |row| {
        let slot = slots.slot(row.cell());
        if slot == parts.len() {
            parts.push(Part::new(row.cell()));
        }
        parts[slot].add(row, asked);
    });
    let mut earlier: Vec<(u64, u64)> = vec![(0, 0); parts.len()];
    each(before, |row| {
        let slot = slots.slot(row.cell());
        // What is only in the period before is no group of this one.
        if let Some(sum) = earlier.get_mut(slot) {
            let tally = row.tally();
            (sum.0, sum.1) = (sum.0 + tally.ovm_s, sum.1 + tally.watched_s);
        }
    });
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
