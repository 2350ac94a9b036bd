//! What frame audits and finds ask the keeper: which places were watched and when, how a zone was drawn, what a cell's candidates were.

use std::collections::{BTreeMap, HashMap};

use super::{CellId, Keeper, load, observed};
use crate::areas::{Areas, area_cell};
use crate::clearance::coverage::{View, force, key_area};
use crate::clearance::day::Cell;
use crate::clearance::figures::CellKey;
use crate::clearance::interval::{IntervalSet, Ms};
use crate::clearance::schedule::{dates, day};
use crate::dto::{ClearanceParameters, Kind};
use crate::store::Store;

/// A place and kind with the views that show it, and when each was in force and watched. Nothing of it depends on a candidate.
pub(crate) struct Place {
    pub(crate) cell: CellId,
    pub(crate) key: CellKey,
    /// Camera and zone of each view, with its own `E`.
    pub(crate) views: Vec<(CellId, IntervalSet)>,
    /// The union of those.
    pub(crate) watched: IntervalSet,
}

/// The area's cell where the zone shows one, else its own.
fn counted(areas: &Areas, cell: &CellId) -> CellId {
    areas.of(cell).map_or_else(|| cell.clone(), |area| area_cell(&area.id, cell.2))
}

impl Keeper {
    /// Every place that was watched in `[from, until)`, in a fixed order; with `key_only` only its days as a key area.
    ///
    /// # Errors
    /// The database failed.
    pub(crate) async fn places(
        &self,
        store: &Store,
        parameters: &ClearanceParameters,
        (from, until): (Ms, Ms),
        key_only: bool,
    ) -> Result<Vec<Place>, sqlx::Error> {
        let versions = self.versions(store).await?;
        let clocks = self.clocks_of(&versions, parameters);
        let areas = Areas::new(store.area_rows().await?);
        let mut known: HashMap<(String, Kind), IntervalSet> = HashMap::new();
        let mut views: BTreeMap<CellId, Vec<(CellId, View)>> = BTreeMap::new();
        for cell in versions.cells().into_keys() {
            let camera = (cell.0.clone(), cell.2);
            if !known.contains_key(&camera) {
                let own = observed(store, parameters, (&cell.0, cell.2), from).await?;
                known.insert(camera.clone(), own);
            }
            let view = View { states: versions.states(&cell), observed: known[&camera].clone() };
            views.entry(counted(&areas, &cell)).or_default().push((cell, view));
        }
        let mut out = Vec::with_capacity(views.len());
        for (cell, views) in views {
            let key_days = key_only.then(|| {
                let days = dates(&clocks.calendar, from, until).map(|date| day(&clocks.calendar, date));
                IntervalSet::of(days.filter(|(start, end)| views.iter().any(|(_, view)| key_area(&view.states, *start, *end))))
            });
            let own = |view: &View| {
                let watched = force(&view.states, from, until).intersect(&view.observed).clip(from, until);
                key_days.as_ref().map_or(watched.clone(), |days| watched.intersect(days))
            };
            let views: Vec<(CellId, IntervalSet)> = views.iter().map(|(id, view)| (id.clone(), own(view))).collect();
            let watched = views.iter().fold(IntervalSet::empty(), |all, (_, own)| all.union(own));
            if !watched.is_empty() {
                out.push(Place { key: versions.key(&cell, &areas), cell, views, watched });
            }
        }
        Ok(out)
    }

    /// How a zone was drawn at a moment.
    ///
    /// # Errors
    /// The database failed.
    pub(crate) async fn drawn(
        &self,
        store: &Store,
        camera: &str,
        zone: &str,
        at: Ms,
    ) -> Result<Option<(Vec<[f64; 2]>, String)>, sqlx::Error> {
        Ok(self.versions(store).await?.drawn(camera, zone, at))
    }

    /// Of these zones and kinds the cell in which each is counted; with its candidates from the earliest moment that matters, where one does.
    ///
    /// # Errors
    /// The database failed.
    pub(crate) async fn cells(
        &self,
        store: &Store,
        parameters: &ClearanceParameters,
        wanted: &BTreeMap<CellId, Option<Ms>>,
    ) -> Result<(HashMap<CellId, CellId>, HashMap<CellId, Cell>), sqlx::Error> {
        let versions = self.versions(store).await?;
        let areas = Areas::new(store.area_rows().await?);
        let mut counted_in = HashMap::with_capacity(wanted.len());
        let mut earliest: BTreeMap<CellId, Ms> = BTreeMap::new();
        for (cell, from) in wanted {
            let counted = counted(&areas, cell);
            if let Some(from) = *from {
                let slot = earliest.entry(counted.clone()).or_insert(from);
                *slot = (*slot).min(from);
            }
            counted_in.insert(cell.clone(), counted);
        }
        let mut cells = HashMap::with_capacity(earliest.len());
        for (cell, from) in earliest {
            let loaded = load(store, &versions, &areas, parameters, &cell, from).await?;
            cells.insert(cell, loaded);
        }
        Ok((counted_in, cells))
    }
}
