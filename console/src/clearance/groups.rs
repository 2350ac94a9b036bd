//! The figures of each group of a report, held against one another.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::civil::Date;

use super::bundle::{Row, each};
use super::figures::{Asked, By, CellKey, joined, late, per_hour, sla};
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
    of_cell: HashMap<usize, usize>,
    of_key: HashMap<String, usize>,
}

impl Slots {
    fn new(by: By) -> Self {
        Self { by, of_cell: HashMap::new(), of_key: HashMap::new() }
    }

    fn slot(&mut self, cell: &Arc<CellKey>) -> usize {
        let address = Arc::as_ptr(cell).addr();
        if let Some(slot) = self.of_cell.get(&address) {
            return *slot;
        }
        let slot = self.slot_of(group_key(cell, self.by));
        self.of_cell.insert(address, slot);
        slot
    }

    fn slot_of(&mut self, key: String) -> usize {
        let next = self.of_key.len();
        *self.of_key.entry(key).or_insert(next)
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

    /// Adds the same group of other rows.
    fn join(&mut self, more: Self) {
        self.sum.join(&more.sum);
        self.mix.join(&more.mix);
        self.late += more.late;
        for (date, day) in more.days {
            match self.days.entry(date) {
                Entry::Vacant(slot) => drop(slot.insert(day)),
                Entry::Occupied(mut slot) => {
                    let sum = slot.get_mut();
                    sum.zero += day.zero;
                    sum.violation += day.violation;
                    sum.unknown += day.unknown;
                    sum.restated |= day.restated;
                }
            }
        }
    }
}

/// All groups of some rows.
struct Parts<'a> {
    slots: Slots,
    parts: Vec<Part<'a>>,
}

impl<'a> Parts<'a> {
    fn of(rows: &[Row<'a>], asked: &Asked<'_>) -> Self {
        let mut it = Self { slots: Slots::new(asked.by), parts: Vec::new() };
        each(rows, |row| {
            let slot = it.slots.slot(row.cell());
            if slot == it.parts.len() {
                it.parts.push(Part::new(row.cell()));
            }
            it.parts[slot].add(row, asked);
        });
        it
    }

    /// Adds the groups of other rows.
    fn join(&mut self, more: Self) {
        let mut keys: Vec<(String, usize)> = more.slots.of_key.into_iter().collect();
        keys.sort_unstable_by_key(|(_, slot)| *slot);
        for ((key, _), part) in keys.into_iter().zip(more.parts) {
            let slot = self.slots.slot_of(key);
            match self.parts.get_mut(slot) {
                Some(known) => known.join(part),
                None => self.parts.push(part),
            }
        }
    }

    /// By the key.
    fn named(self) -> BTreeMap<String, Part<'a>> {
        let mut parts: Vec<Option<Part<'a>>> = self.parts.into_iter().map(Some).collect();
        let keys = self.slots.of_key.into_iter();
        keys.filter_map(|(key, slot)| Some((key, parts.get_mut(slot)?.take()?))).collect()
    }
}

/// Open-violation and watched seconds of each group, by its key.
fn amounts(rows: &[Row<'_>], by: By) -> HashMap<String, (u64, u64)> {
    let (mut slots, mut sums) = (Slots::new(by), Vec::new());
    each(rows, |row| {
        let slot = slots.slot(row.cell());
        sums.resize(sums.len().max(slot + 1), (0, 0));
        let (tally, sum): (_, &mut (u64, u64)) = (row.tally(), &mut sums[slot]);
        (sum.0, sum.1) = (sum.0 + tally.ovm_s, sum.1 + tally.watched_s);
    });
    slots.of_key.into_iter().map(|(key, slot)| (key, sums[slot])).collect()
}

/// So many rows are worth a thread of their own; in tests few, so that there are several.
const SHARE: usize = if cfg!(test) { 8 } else { 20_000 };

/// The groups of these rows, ranked; `before` are those of the equally long period before.
pub(super) fn groups(rows: &[Row<'_>], before: &[Row<'_>], asked: &Asked<'_>) -> Vec<ClearanceGroup> {
    // Zone by zone a city's month is a hundred thousand rows: each thread adds up some of them.
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(rows.len() / SHARE + 1);
    let (parts, mut earlier) = std::thread::scope(|scope| {
        let earlier = scope.spawn(|| amounts(before, asked.by));
        let shares = rows.chunks(rows.len().div_ceil(threads).max(1)).map(|some| scope.spawn(|| Parts::of(some, asked)));
        let mut all = Parts::of(&[], asked);
        shares.collect::<Vec<_>>().into_iter().for_each(|share| all.join(joined(share)));
        (all, joined(earlier))
    });
    let named = parts.named();
    let mut out: Vec<(ClearanceGroup, league::Mix)> = Vec::with_capacity(named.len());
    for (key, Part { cell, sum, mix, late, days }) in named {
        // What was only in the period before is no group of this one.
        let earlier = earlier.remove(&key).unwrap_or_default();
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
