//! Keeps the facts of zone-days up to date, and in memory for the figures.
//!
//! Facts are made from candidates, decisions, camera settings and beats; whatever of those came since the last round decides
//! which zone-days are looked at again. One console makes them (a lease), all read them. A day that was final and changes is
//! kept as a restatement.

mod loaded;
mod made;
mod places;
mod versions;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use events::schedule::Calendar;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use tokio::sync::{Mutex, Notify};

pub(crate) use self::loaded::Loaded;
use self::made::Made;
pub(crate) use self::made::{AsOf, Matched, ReportCell};
pub(crate) use self::places::{Known, Place};
use self::versions::Versions;
use crate::areas::{Areas, area_cell};
use crate::clearance::coverage::View;
use crate::clearance::day::{Cell, DayFacts, Frame, REACH_DAYS, days};
use crate::clearance::episode::Seen;
use crate::clearance::figures::{CellKey, closes_at};
use crate::clearance::interval::Ms;
use crate::clearance::schedule::{DutyClock, date_of, day, midnight};
use crate::clock::DAY_MS;
use crate::dto::{ClearanceDefinition, ClearanceParameters, Kind};
use crate::store::{CameraTime, CellOf, ClearanceProgress, DayRow, Restatement, Store, Watching};

/// Facts of what changed are made again so often.
const ROUND: Duration = Duration::from_secs(60);
/// Every zone is looked at so often, so that coverage of today grows where nothing happens.
pub(crate) const ALL_MS: Ms = 10 * 60_000;
/// Rows may be committed a little after the time they are stamped with.
const SLACK_MS: Ms = 10_000;
/// Nothing older is made or kept up: a year and what compares with it.
const HISTORY_DAYS: i64 = 400;
/// A limit in working hours may lie so far ahead over holidays.
const LIMIT_REACH_MS: Ms = 15 * DAY_MS;
/// Changed zone-days are written so many at a time: the writer's lock is held for a moment only.
const BATCH: usize = 400;
/// After so long without a sign another console takes over.
const LEASE_MS: Ms = 5 * 60_000;

/// One cell's name: camera, zone, kind. One of an area has no camera, and the area for its zone.
pub(crate) type CellId = (String, String, Kind);

/// What all handlers and the round share.
pub(crate) struct Keeper {
    name: String,
    pub(crate) time_zone: TimeZone,
    versions: Mutex<Arc<Versions>>,
    loaded: Mutex<HashMap<i64, Arc<Loaded>>>,
    made: Mutex<Made>,
    /// Rings when the next round must not wait.
    bell: Notify,
}

/// The clocks of a definition.
pub(crate) struct Clocks {
    pub(crate) calendar: Calendar,
    pub(crate) duty: DutyClock,
}

/// What belongs to one zone-day, for looking behind a figure.
pub(crate) struct Behind {
    pub(crate) cell: Cell,
    pub(crate) clocks: Clocks,
}

impl Keeper {
    /// Days are those of this time zone; one that is not known becomes UTC, and the log says so.
    pub(crate) fn new(time_zone: &str) -> Self {
        let zone = TimeZone::get(time_zone).unwrap_or_else(|error| {
            tracing::error!(time_zone, error = %error, "the time zone is not known: days are those of UTC");
            TimeZone::UTC
        });
        let name = hex::encode(rand::random::<[u8; 8]>());
        let (versions, loaded, made) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { name, time_zone: zone, versions, loaded, made, bell: Notify::new() }
    }

    /// The place of a report over these zone-days; `asked` says all that it depends on besides.
    pub(crate) async fn report(&self, loaded: &Loaded, asked: String) -> ReportCell {
        let mut made = self.made.lock().await;
        made.keep_of(loaded);
        Arc::clone(made.reports.entry(asked).or_default())
    }

    /// The place of the drawn minutes and finds of a period; `asked` says all that they depend on besides the zone-days.
    pub(crate) async fn matched(&self, loaded: &Loaded, asked: String) -> Matched {
        let mut made = self.made.lock().await;
        made.keep_of(loaded);
        made.matched.entry(asked).or_default().clone()
    }

    /// The next round begins at once.
    pub(crate) fn wake(&self) {
        self.bell.notify_one();
    }

    fn clocks_of(&self, versions: &Versions, parameters: &ClearanceParameters) -> Clocks {
        let calendar = Calendar { time_zone: self.time_zone.clone(), holidays: versions.holidays() };
        let windows = parameters.duty.iter().filter_map(|text| text.parse().ok()).collect();
        Clocks { duty: DutyClock::new(windows, calendar.clone()), calendar }
    }

    /// All settings there are. Who has them does not wait for others: a round may take minutes.
    async fn versions(&self, store: &Store) -> Result<Arc<Versions>, sqlx::Error> {
        let mut versions = self.versions.lock().await;
        Arc::make_mut(&mut versions).catch_up(store).await?;
        Ok(Arc::clone(&versions))
    }

    /// The clocks that go with these parameters.
    ///
    /// # Errors
    /// The database failed.
    pub(crate) async fn clocks(&self, store: &Store, parameters: &ClearanceParameters) -> Result<Clocks, sqlx::Error> {
        let known = Arc::clone(&*self.versions.lock().await);
        let versions = if known.is_empty() { self.versions(store).await? } else { known };
        Ok(self.clocks_of(&versions, parameters))
    }

    /// The zone-days of a definition, with what was written since the last time.
    ///
    /// # Errors
    /// The database failed.
    pub(crate) async fn loaded(&self, store: &Store, definition: i64) -> Result<Arc<Loaded>, sqlx::Error> {
        let mut all = self.loaded.lock().await;
        let progress = store.clearance_progress(definition).await?;
        let mut next: Option<Loaded> = None;
        loop {
            let now = all.entry(definition).or_default();
            let seq = next.as_ref().map_or(now.seq, |loaded| loaded.seq);
            let rows = store.days_after(definition, seq, 5000).await?;
            if rows.is_empty() {
                break;
            }
            let loaded = next.get_or_insert_with(|| Loaded::clone(now));
            rows.into_iter().for_each(|row| loaded.put(row));
        }
        let now = all.entry(definition).or_default();
        // Every zone-day is made up to then; those that something happened to may be a little further.
        let (as_of, built) = progress.map_or((0, false), |p| (p.all_ms, p.built));
        if next.is_some() || (now.as_of, now.built) != (as_of, built) {
            let loaded = next.unwrap_or_else(|| Loaded::clone(now));
            *now = Arc::new(Loaded { as_of, built, ..loaded });
        }
        Ok(Arc::clone(now))
    }

    /// Makes the facts again of whatever may have changed, under the definition in force. Gives how many zone-days changed;
    /// `None` while another console is at it.
    ///
    /// # Errors
    /// The database failed; the next round does it again.
    pub(crate) async fn refresh(&self, store: &Store) -> Result<Option<usize>, sqlx::Error> {
        let definition = store.clearance_definition().await?;
        let now = store.clock().now_ms();
        let before = store.clearance_progress(definition.version).await?.filter(|p| p.as_of_ms > 0);
        if !store.lease_clearance(definition.version, &self.name, now + LEASE_MS).await? {
            return Ok(None);
        }
        let versions = self.versions(store).await?;
        let clocks = self.clocks_of(&versions, &definition.parameters);
        let areas = Areas::new(store.area_rows().await?);
        let mut work = self.work(store, &versions, before, now).await?;
        let today = midnight(&clocks.calendar, date_of(&clocks.calendar, now));
        let since = before.map_or(Ms::MIN, |before| before.as_of_ms - SLACK_MS);
        work.with_areas(&areas, &versions.cells(), since, today - HISTORY_DAYS * DAY_MS);
        let all = work.all;
        let round = Round {
            store,
            versions: &versions,
            areas: &areas,
            definition: &definition,
            clocks: &clocks,
            now,
            first: before.is_none(),
        };
        let changed = self.make(&round, work.cells).await?;
        let all_ms = if all { now } else { before.map_or(0, |p| p.all_ms) };
        let progress = ClearanceProgress { as_of_ms: now, all_ms, built: true };
        store.put_clearance_progress(definition.version, progress).await?;
        Ok(Some(changed))
    }

    /// Which cells to make again, and from when on.
    async fn work(
        &self,
        store: &Store,
        versions: &Versions,
        before: Option<ClearanceProgress>,
        now: Ms,
    ) -> Result<Work, sqlx::Error> {
        let calendar = Calendar { time_zone: self.time_zone.clone(), holidays: BTreeSet::new() };
        let today = midnight(&calendar, date_of(&calendar, now));
        let oldest = today - HISTORY_DAYS * DAY_MS;
        let mut work = Work { cells: BTreeMap::new(), all: true };
        let Some(before) = before else {
            for (cell, from) in versions.cells() {
                work.add(cell, from.max(oldest));
            }
            for (camera, zone, kind, first) in store.cells_with_candidates().await? {
                work.add((camera, zone, kind), first.max(oldest));
            }
            return Ok(work);
        };
        let since = before.as_of_ms - SLACK_MS;
        if date_of(&calendar, before.as_of_ms) != date_of(&calendar, now) {
            versions.cells().into_keys().for_each(|cell| work.add(cell, today - (REACH_DAYS + 15) * DAY_MS));
        } else if now - before.all_ms >= ALL_MS {
            versions.cells().into_keys().for_each(|cell| work.add(cell, today - DAY_MS));
        } else {
            work.all = false;
        }
        for (camera, zone, kind, first) in store.touched_cells(since).await? {
            work.add((camera, zone, kind), (first - (REACH_DAYS + 1) * DAY_MS).max(oldest));
        }
        for (camera, first) in store.maintained_since(since).await? {
            for cell in versions.cells().into_keys().filter(|cell| cell.0 == camera) {
                work.add(cell, (first - DAY_MS).max(oldest));
            }
        }
        let changed = versions.changed_since(since);
        for (cell, from) in versions.cells() {
            if changed.contains(cell.0.as_str()) {
                work.add(cell, from.max(oldest));
            }
        }
        Ok(work)
    }

    async fn make(&self, round: &Round<'_>, cells: BTreeMap<CellId, Ms>) -> Result<usize, sqlx::Error> {
        let (mut changes, mut changed, mut leased) = (Vec::new(), 0, round.now);
        for (cell, from) in cells {
            let from = midnight(&round.clocks.calendar, date_of(&round.clocks.calendar, from));
            changes.extend(round.changes_of(&cell, from).await?);
            if changes.len() >= BATCH {
                changed += changes.len();
                round.store.put_days(round.definition.version, &std::mem::take(&mut changes)).await?;
                let time = round.store.clock().now_ms();
                if time - leased > LEASE_MS / 4 {
                    round.store.lease_clearance(round.definition.version, &self.name, time + LEASE_MS).await?;
                    leased = time;
                }
            }
        }
        changed += changes.len();
        if !changes.is_empty() {
            round.store.put_days(round.definition.version, &changes).await?;
        }
        Ok(changed)
    }

    /// Everything behind the zone-days of a cell from a time on.
    ///
    /// # Errors
    /// The database failed.
    pub(crate) async fn behind(
        &self,
        store: &Store,
        parameters: &ClearanceParameters,
        cell: &CellId,
        from: Ms,
    ) -> Result<Behind, sqlx::Error> {
        let versions = self.versions(store).await?;
        let clocks = self.clocks_of(&versions, parameters);
        let areas = Areas::new(store.area_rows().await?);
        let loaded = load(store, &versions, &areas, parameters, cell, from).await?;
        Ok(Behind { cell: loaded, clocks })
    }
}

/// Makes rounds until the console ends.
pub(crate) async fn keep(keeper: Arc<Keeper>, store: Store) {
    loop {
        match keeper.refresh(&store).await {
            Ok(changed) => tracing::debug!(changed, "clearance facts are up to date"),
            // The database may be away for a moment; the next round makes up for it.
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "clearance facts were not brought up to date"),
        }
        if let Ok(definition) = store.clearance_definition().await {
            // So that the first who asks does not wait for all of it to be read and added up.
            if let Ok(loaded) = keeper.loaded(&store, definition.version).await {
                let _ = tokio::task::spawn_blocking(move || loaded.bundle()).await;
            }
        }
        // Whether it was the bell or the hour makes no difference.
        let _ = tokio::time::timeout(ROUND, keeper.bell.notified()).await;
    }
}

struct Work {
    cells: BTreeMap<CellId, Ms>,
    /// Every cell that is watched is among them.
    all: bool,
}

impl Work {
    fn add(&mut self, cell: CellId, from: Ms) {
        let slot = self.cells.entry(cell).or_insert(from);
        *slot = (*slot).min(from);
    }

    /// All that an area that was changed since shows, or once showed, and the areas of everything there is to do.
    fn with_areas(&mut self, areas: &Areas, cells: &BTreeMap<CellId, Ms>, since: Ms, oldest: Ms) {
        for area in areas.changed_since(since) {
            let shown = cells.iter().filter(|((camera, zone, _), _)| area.ever.contains(&(camera.clone(), zone.clone())));
            for (cell, from) in shown {
                self.add(cell.clone(), (*from).max(oldest));
                self.add(area_cell(&area.id, cell.2), (*from).max(oldest));
            }
        }
        let in_areas = self.cells.iter().filter_map(|(cell, from)| Some((area_cell(&areas.of(cell)?.id, cell.2), *from)));
        for (cell, from) in in_areas.collect::<Vec<_>>() {
            self.add(cell, from);
        }
    }
}

/// One round of making facts.
struct Round<'a> {
    store: &'a Store,
    versions: &'a Versions,
    areas: &'a Areas,
    definition: &'a ClearanceDefinition,
    clocks: &'a Clocks,
    now: Ms,
    /// Nothing was said under this definition before.
    first: bool,
}

async fn load(
    store: &Store,
    versions: &Versions,
    areas: &Areas,
    parameters: &ClearanceParameters,
    cell: &CellId,
    from: Ms,
) -> Result<Cell, sqlx::Error> {
    let shown_by = areas.shown_by(cell);
    let (mut seen, mut models): (Vec<Seen>, Vec<String>) = Default::default();
    for (view, zone) in shown_by.iter().enumerate() {
        let of = CellOf { camera: &zone.0, zone: &zone.1, kind: zone.2 };
        let mut its = store.cell_candidates(&of, from - LIMIT_REACH_MS, &mut models).await?;
        its.iter_mut().for_each(|one| one.view = u16::try_from(view).unwrap_or(u16::MAX));
        seen.append(&mut its);
    }
    if shown_by.len() > 1 {
        seen.sort_by(|a, b| (a.first_seen, &a.id).cmp(&(b.first_seen, &b.id)));
    }
    let first = seen.first().map_or(from, |seen| seen.first_seen.min(from));
    // A day more, for the stretch that was going on then.
    let times: Vec<CameraTime> = shown_by.iter().map(|zone| CameraTime::since(&zone.0, first - DAY_MS)).collect();
    let watching = store.watching(&times).await?;
    let view = |(zone, watching): (&CellId, Watching)| View {
        states: versions.states(zone),
        observed: watching.observed(zone.2, parameters.observed_by_kind),
    };
    let views = shown_by.iter().zip(watching).map(view).collect();
    Ok(Cell { views, seen, models, limit: parameters.limits.of(cell.2) })
}

type Change = (DayRow, Option<Restatement>, String);

impl Round<'_> {
    /// What of a cell's days differs from what is stored.
    async fn changes_of(&self, cell: &CellId, from: Ms) -> Result<Vec<Change>, sqlx::Error> {
        let loaded = load(self.store, self.versions, self.areas, &self.definition.parameters, cell, from).await?;
        let (calendar, duty) = (&self.clocks.calendar, &self.clocks.duty);
        let parameters = &self.definition.parameters;
        let frame = Frame { calendar, parameters, duty, as_of: self.now };
        // A minute of arithmetic for a busy zone of a year must not hold up the server's other work.
        let mut made = tokio::task::block_in_place(|| days(&loaded, from, &frame));
        let first = date_of(calendar, from).to_string();
        let of = CellOf { camera: &cell.0, zone: &cell.1, kind: cell.2 };
        let stored = self.store.cell_days(self.definition.version, &of, &first).await?;
        let stored: BTreeMap<String, DayRow> = stored.into_iter().map(|row| (row.day.clone(), row)).collect();
        for day in stored.keys().filter_map(|day| day.parse::<Date>().ok()) {
            made.entry(day).or_default();
        }
        let key = self.versions.key(cell, self.areas);
        let changes = made.into_iter().filter_map(|(date, facts)| self.change(&key, date, &facts, stored.get(&date.to_string())));
        Ok(changes.collect())
    }

    fn change(&self, key: &CellKey, date: Date, facts: &DayFacts, old: Option<&DayRow>) -> Option<Change> {
        let (_, end) = day(&self.clocks.calendar, date);
        let text = serde_json::to_string(facts).expect("facts are JSON");
        let closed = self.now >= closes_at(end, self.definition.parameters.close_after_h);
        let mut row = DayRow {
            camera: key.camera.clone(),
            zone: key.zone.clone(),
            kind: key.kind,
            day: date.to_string(),
            seq: 0,
            as_of_ms: self.now,
            closed,
            restated: false,
            camera_name: key.camera_name.clone(),
            zone_name: key.zone_name.clone(),
            district: key.district.clone(),
            street: key.street.clone(),
            area: key.area.clone(),
            grade: key.grade,
            place: key.place,
            facts: text,
        };
        let Some(old) = old else {
            // An area that is named today was counted otherwise when the day was final.
            row.restated = closed && key.of_area() && !self.first;
            return Some((row, None, String::new()));
        };
        row.restated = old.restated;
        let as_stored = DayRow { seq: old.seq, as_of_ms: old.as_of_ms, ..row.clone() };
        if as_stored == *old {
            return None;
        }
        let before: DayFacts = serde_json::from_str(&old.facts).unwrap_or_default();
        let changed = differences(&before, facts);
        let restated = (old.closed && !changed.is_empty()).then_some(Restatement {
            old_as_of_ms: old.as_of_ms,
            as_of_ms: self.now,
            changed: Value::Object(changed),
        });
        row.restated |= restated.is_some();
        Some((row, restated, old.facts.clone()))
    }
}

/// Which figures of a final day changed, before and after. Left out is what only ripens: recurrence, whose follow-up ends
/// later, and open violations that have gone meanwhile.
fn differences(before: &DayFacts, after: &DayFacts) -> serde_json::Map<String, Value> {
    let told = |facts: &DayFacts| {
        json!({
            "key_area": facts.key_area, "zero": facts.zero, "force_s": facts.force_s, "watched_s": facts.watched_s,
            "ovm_s": facts.ovm_s, "object_s": facts.object_s, "violations": facts.violations, "raised": facts.raised,
            "permitted": facts.permitted, "tp": facts.tp, "fp": facts.fp, "found_permitted": facts.found_permitted,
        })
    };
    let (before, after) = (told(before), told(after));
    let Value::Object(fields) = &before else { return serde_json::Map::new() };
    let changed = fields.iter().filter(|(name, value)| after[name.as_str()] != **value);
    changed.map(|(name, value)| (name.clone(), json!([value, after[name.as_str()]]))).collect()
}
