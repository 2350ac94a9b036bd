//! What cameras were set up to watch, over time: by which settings a zone-day is judged, and how it is named.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use events::schedule::Calendar;
use events::site::{Camera, Site};
use jiff::civil::Date;

use super::CellId;
use crate::areas::{AreaRow, Areas};
use crate::clearance::coverage::{WholeZonePermit, ZoneState};
use crate::clearance::figures::CellKey;
use crate::clearance::interval::Ms;
use crate::clearance::schedule::date_of;
use crate::dto::Kind;
use crate::store::Store;

/// A camera's settings from a time on.
#[derive(Clone)]
struct Version {
    number: i64,
    at: Ms,
    calendar: Arc<Calendar>,
    camera: Camera,
}

/// All settings there were, read once.
#[derive(Clone, Default)]
pub(super) struct Versions {
    by_camera: HashMap<String, Vec<Version>>,
    retired: HashMap<String, Ms>,
}

impl Versions {
    /// Was nothing read yet?
    pub(super) fn is_empty(&self) -> bool {
        self.by_camera.is_empty()
    }

    /// Reads what is new.
    pub(super) async fn catch_up(&mut self, store: &Store) -> Result<(), sqlx::Error> {
        for (camera, number) in store.camera_versions().await? {
            let known = self.by_camera.entry(camera.clone()).or_default();
            if known.iter().any(|version| version.number == number) {
                continue;
            }
            let Some(row) = store.camera_version_text(&camera, number).await? else { continue };
            match Site::parse("stored settings", &row.site) {
                Ok(site) => {
                    let calendar = Arc::new(site.calendar.clone());
                    let parsed = site.cameras.into_iter().find(|c| c.id.as_str() == row.camera);
                    known.extend(parsed.map(|camera| Version { number: row.version, at: row.at_ms, calendar, camera }));
                }
                Err(error) => tracing::error!(camera, number, error = %error, "stored settings cannot be read"),
            }
        }
        self.retired = store.retired_cameras().await?.into_iter().collect();
        Ok(())
    }

    /// Cells that any settings watch, with when the first of them began.
    pub(super) fn cells(&self) -> BTreeMap<CellId, Ms> {
        let mut out = BTreeMap::new();
        for (id, versions) in &self.by_camera {
            for version in versions {
                for zone in &version.camera.zones {
                    for kind in zone.rules.keys() {
                        let cell = (id.clone(), zone.id.to_string(), Kind::from(*kind));
                        let from: &mut Ms = out.entry(cell).or_insert(version.at);
                        *from = (*from).min(version.at);
                    }
                }
            }
        }
        out
    }

    /// Cameras whose settings changed since.
    pub(super) fn changed_since(&self, since: Ms) -> BTreeSet<&str> {
        let changed = |versions: &[Version]| versions.iter().any(|version| version.at >= since);
        self.by_camera.iter().filter(|(_, versions)| changed(versions)).map(|(id, _)| id.as_str()).collect()
    }

    /// What the zone said of the kind, over time.
    pub(super) fn states(&self, (camera, zone, kind): &CellId) -> Vec<ZoneState> {
        let Some(versions) = self.by_camera.get(camera) else { return Vec::new() };
        let end = self.retired.get(camera).copied().unwrap_or(Ms::MAX / 2);
        let mut out = Vec::with_capacity(versions.len());
        for (index, version) in versions.iter().enumerate() {
            let until = versions.get(index + 1).map_or(end, |next| next.at);
            let Some(drawn) = version.camera.zones.iter().find(|z| z.id.as_str() == zone) else { continue };
            let rule = drawn.rules.iter().find(|(k, _)| Kind::from(**k) == *kind).map(|(_, rule)| rule.weekly.clone());
            let mut permits = whole_zone_permits(drawn, *kind, |_| true);
            for later in &versions[index + 1..] {
                // Approved afterwards for dates that begin earlier: it was allowed then, too.
                let first = date_of(&later.calendar, later.at);
                let drawn = later.camera.zones.iter().filter(|z| z.id.as_str() == zone);
                permits.extend(drawn.flat_map(|z| whole_zone_permits(z, *kind, |from| from.is_some_and(|date| date < first))));
            }
            out.push(ZoneState {
                from: version.at,
                until,
                calendar: Arc::clone(&version.calendar),
                rule,
                permits,
                key_area: drawn.key_area,
            });
        }
        out
    }

    /// The corners of a zone as it was drawn at a moment, and the name of that state.
    pub(super) fn drawn(&self, camera: &str, zone: &str, at: Ms) -> Option<(Vec<[f64; 2]>, String)> {
        let version = self.by_camera.get(camera)?.iter().rev().find(|version| version.at <= at)?;
        let drawn = version.camera.zones.iter().find(|z| z.id.as_str() == zone)?;
        Some((drawn.polygon.corners().iter().map(|point| [point.x, point.y]).collect(), drawn.version.clone()))
    }

    /// Names and places for people: those of the area, or of the latest settings that know the zone.
    pub(super) fn key(&self, cell: &CellId, areas: &Areas) -> CellKey {
        let (camera, zone, kind) = cell;
        let area = areas.of(cell);
        let (id, grade, place) = area.map_or_else(Default::default, |area| (area.id.clone(), area.grade, area.place));
        if camera.is_empty() {
            let text = |of: fn(&AreaRow) -> &String| area.map(|area| of(area).clone()).unwrap_or_default();
            return CellKey {
                camera: String::new(),
                zone: zone.clone(),
                kind: *kind,
                camera_name: String::new(),
                zone_name: text(|area| &area.name),
                district: text(|area| &area.district),
                street: text(|area| &area.street),
                area: zone.clone(),
                grade,
                place,
            };
        }
        let versions = self.by_camera.get(camera).map_or(&[][..], Vec::as_slice);
        let latest = versions.last().map(|version| &version.camera);
        let drawn = versions.iter().rev().find_map(|v| v.camera.zones.iter().find(|z| z.id.as_str() == zone));
        CellKey {
            camera: camera.clone(),
            zone: zone.clone(),
            kind: *kind,
            camera_name: latest.map_or_else(|| camera.clone(), |c| c.name.clone()),
            zone_name: drawn.map_or_else(|| zone.clone(), |z| z.name.clone()),
            district: latest.map(|c| c.district.clone()).unwrap_or_default(),
            street: latest.map(|c| c.street.clone()).unwrap_or_default(),
            area: id,
            grade,
            place,
        }
    }

    /// The holidays of the latest settings of all cameras.
    pub(super) fn holidays(&self) -> BTreeSet<Date> {
        self.by_camera.values().filter_map(|versions| versions.last()).flat_map(|v| v.calendar.holidays.clone()).collect()
    }
}

fn whole_zone_permits(zone: &events::site::Zone, kind: Kind, dates: impl Fn(Option<Date>) -> bool) -> Vec<WholeZonePermit> {
    let covers = |permit: &&events::site::Permit| {
        permit.polygon.is_none() && permit.kinds.iter().any(|k| Kind::from(*k) == kind) && dates(permit.from)
    };
    let one =
        |permit: &events::site::Permit| WholeZonePermit { weekly: permit.weekly.clone(), from: permit.from, until: permit.until };
    zone.permits.iter().filter(covers).map(one).collect()
}
