//! Zone-days in memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use jiff::civil::Date;

use super::CellId;
use crate::clearance::bundle::{Bundle, bundles};
use crate::clearance::day::DayFacts;
use crate::clearance::figures::{CellKey, ZoneDay};
use crate::clearance::interval::Ms;
use crate::store::DayRow;

/// The zone-days of one local day, and what they come to by street and kind; that is made when it is first asked for.
#[derive(Default)]
pub(crate) struct Day {
    cells: BTreeMap<CellId, ZoneDay>,
    bundles: OnceLock<Vec<Bundle>>,
}

impl Clone for Day {
    /// Without its bundles: who copies a day changes it.
    fn clone(&self) -> Self {
        Self { cells: self.cells.clone(), bundles: OnceLock::new() }
    }
}

impl Day {
    pub(crate) fn get(&self, cell: &CellId) -> Option<&ZoneDay> {
        self.cells.get(cell)
    }

    /// In the order of their names.
    pub(crate) fn zone_days(&self) -> impl Iterator<Item = &ZoneDay> {
        self.cells.values()
    }

    /// Those in which each place counts once, added up.
    pub(crate) fn bundles(&self) -> &[Bundle] {
        self.bundles.get_or_init(|| bundles(self.zone_days().filter(|day| day.cell.counts())))
    }

    fn change(this: &mut Arc<Self>) -> &mut BTreeMap<CellId, ZoneDay> {
        let day = Arc::make_mut(this);
        day.bundles = OnceLock::new();
        &mut day.cells
    }
}

/// All zone-days of a definition.
#[derive(Clone, Default)]
pub(crate) struct Loaded {
    pub(super) seq: i64,
    /// Nothing later is in them.
    pub(crate) as_of: Ms,
    /// All days there are have been made.
    pub(crate) built: bool,
    pub(crate) days: BTreeMap<Date, Arc<Day>>,
    /// Each cell's name once, shared by all its days.
    pub(super) cells: HashMap<CellId, Arc<CellKey>>,
}

impl Loaded {
    /// Adds up the days that have changed, newest first: those are asked for most.
    pub(super) fn bundle(&self) {
        for day in self.days.values().rev() {
            day.bundles();
        }
    }

    /// Puts a row in its place; what was there before is forgotten.
    pub(super) fn put(&mut self, row: DayRow) {
        self.seq = self.seq.max(row.seq);
        let (Ok(date), Ok(facts)) = (row.day.parse::<Date>(), serde_json::from_str::<DayFacts>(&row.facts)) else {
            tracing::error!(camera = row.camera, day = row.day, "a stored zone-day cannot be read");
            return;
        };
        let id = (row.camera.clone(), row.zone.clone(), row.kind);
        if row.camera.is_empty() && facts == DayFacts::default() {
            // What an area no longer shows is no day of it, whatever was written of it once.
            Day::change(self.days.entry(date).or_default()).remove(&id);
            return;
        }
        let key = CellKey {
            camera: row.camera,
            zone: row.zone,
            kind: row.kind,
            camera_name: row.camera_name,
            zone_name: row.zone_name,
            district: row.district,
            street: row.street,
            area: row.area,
            grade: row.grade,
            place: row.place,
        };
        let cell = match self.cells.get(&id) {
            Some(known) if **known == key => Arc::clone(known),
            // New, or it has another name since: days that were made before keep theirs.
            _ => {
                let cell = Arc::new(key);
                self.cells.insert(id.clone(), Arc::clone(&cell));
                cell
            }
        };
        let day = ZoneDay { cell, date, as_of: row.as_of_ms, restated: row.restated, facts: Arc::new(facts) };
        Day::change(self.days.entry(date).or_default()).insert(id, day);
    }
}
