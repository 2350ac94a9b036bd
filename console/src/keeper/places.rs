//! What frame audits and finds ask the keeper: which places were watched and when, how a zone was drawn, what a cell's candidates were.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{CellId, Keeper};
use crate::areas::{Areas, area_cell};
use crate::clearance::coverage::{View, force, key_area};
use crate::clearance::day::Cell;
use crate::clearance::episode::Seen;
use crate::clearance::figures::CellKey;
use crate::clearance::interval::{IntervalSet, Ms};
use crate::clearance::schedule::{dates, day};
use crate::clock::DAY_MS;
use crate::dto::ClearanceParameters;
use crate::store::{CameraTime, CellTime, Store, Watching};

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
        let cells: Vec<CellId> = versions.cells().into_keys().collect();
        let cameras: BTreeSet<&str> = cells.iter().map(|cell| cell.0.as_str()).collect();
        let times: Vec<CameraTime> =
            cameras.iter().map(|camera| CameraTime { camera: (*camera).to_owned(), from: from - DAY_MS, until }).collect();
        let watching: HashMap<&str, Watching> = cameras.into_iter().zip(store.watching(&times).await?).collect();
        let mut views: BTreeMap<CellId, Vec<(CellId, View)>> = BTreeMap::new();
        for cell in &cells {
            let observed = watching[cell.0.as_str()].observed(cell.2, parameters.observed_by_kind);
            let view = View { states: versions.states(cell), observed };
            views.entry(counted(&areas, cell)).or_default().push((cell.clone(), view));
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

    /// Of these zones and kinds the cell in which each is counted, and what is known of it around the moments that are asked about.
    ///
    /// # Errors
    /// The database failed.
    pub(crate) async fn around(
        &self,
        store: &Store,
        parameters: &ClearanceParameters,
        wanted: &BTreeMap<CellId, Vec<Ms>>,
        slack: Ms,
    ) -> Result<Around, sqlx::Error> {
        let versions = self.versions(store).await?;
        let areas = Areas::new(store.area_rows().await?);
        let mut counted_in = HashMap::with_capacity(wanted.len());
        let mut moments: BTreeMap<CellId, Vec<Ms>> = BTreeMap::new();
        for (cell, at) in wanted {
            let counted = counted(&areas, cell);
            moments.entry(counted.clone()).or_default().extend(at);
            counted_in.insert(cell.clone(), counted);
        }
        let (mut asked, mut cells, mut cameras) = (Vec::new(), Vec::new(), Vec::new());
        for (cell, at) in &moments {
            let shown_by = areas.shown_by(cell);
            let reach = AROUND_MS + slack;
            for &(from, until) in IntervalSet::of(at.iter().map(|at| (at - reach, at + reach))).spans() {
                for (camera, zone, kind) in &shown_by {
                    let (camera, zone) = (camera.clone(), zone.clone());
                    cameras.push(CameraTime { camera: camera.clone(), from, until });
                    cells.push(CellTime { camera, zone, kind: *kind, from, until });
                }
                asked.push((cell, (from, until), shown_by.clone()));
            }
        }
        let mut seen = store.candidates_in(&cells).await?.into_iter();
        let mut watching = store.watching(&cameras).await?.into_iter();
        let mut known: HashMap<CellId, Vec<Known>> = HashMap::new();
        for (cell, span, shown_by) in asked {
            let mut made = Cell { views: Vec::new(), seen: Vec::new(), models: Vec::new(), limit: parameters.limits.of(cell.2) };
            for (view, zone) in (0..).zip(&shown_by) {
                let its = seen.next().unwrap_or_default();
                made.seen.extend(its.into_iter().map(|one| Seen { view, ..one }));
                let observed = watching.next().unwrap_or_default().observed(zone.2, parameters.observed_by_kind);
                made.views.push(View { states: versions.states(zone), observed });
            }
            made.seen.sort_by(|a, b| (a.first_seen, &a.id).cmp(&(b.first_seen, &b.id)));
            known.entry(cell.clone()).or_default().push(Known { span, cell: made });
        }
        Ok(Around { counted_in, known })
    }
}

/// So far before and after a moment everything is looked at: what stood then is found however long it stood, and a gap between two
/// looks at one violation is bridged as long as it is not longer.
const AROUND_MS: Ms = DAY_MS;

/// What is known of a cell in a stretch of time around moments that were asked about.
pub(crate) struct Known {
    pub(crate) span: (Ms, Ms),
    pub(crate) cell: Cell,
}

/// See [`Keeper::around`].
pub(crate) struct Around {
    pub(crate) counted_in: HashMap<CellId, CellId>,
    pub(crate) known: HashMap<CellId, Vec<Known>>,
}
