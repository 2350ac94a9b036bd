//! Areas as the figures see them: which zones show one place, so that it is counted once.
//!
//! What shows what is held true of the past as well: two cameras have looked at one square since they were hung, whenever
//! somebody wrote that down. Final days that change by it are restatements, and say what they said before.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::clearance::interval::Ms;
use crate::dto::{ControlGrade, Kind, PlaceType};
use crate::keeper::CellId;

/// An area with the zones that show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AreaRow {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) district: String,
    pub(crate) street: String,
    pub(crate) grade: Option<ControlGrade>,
    pub(crate) place: Option<PlaceType>,
    /// When it was last changed.
    pub(crate) at_ms: Ms,
    /// Camera and zone.
    pub(crate) zones: BTreeSet<(String, String)>,
    /// Those and the ones that once were among them.
    pub(crate) ever: BTreeSet<(String, String)>,
}

/// All areas.
#[derive(Debug, Clone, Default)]
pub(crate) struct Areas {
    by_id: BTreeMap<String, AreaRow>,
    of_zone: HashMap<(String, String), String>,
}

/// A cell of an area: it belongs to no camera.
pub(crate) fn area_cell(area: &str, kind: Kind) -> CellId {
    (String::new(), area.to_owned(), kind)
}

impl Areas {
    pub(crate) fn new(rows: Vec<AreaRow>) -> Self {
        let mut all = Self::default();
        for row in rows {
            for zone in &row.zones {
                all.of_zone.insert(zone.clone(), row.id.clone());
            }
            all.by_id.insert(row.id.clone(), row);
        }
        all
    }

    /// The area that a cell is of, or whose zone it is of.
    pub(crate) fn of(&self, (camera, zone, _): &CellId) -> Option<&AreaRow> {
        let id = if camera.is_empty() { Some(zone) } else { self.of_zone.get(&(camera.clone(), zone.clone())) };
        self.by_id.get(id?)
    }

    /// Areas that were changed since.
    pub(crate) fn changed_since(&self, since: Ms) -> impl Iterator<Item = &AreaRow> {
        self.by_id.values().filter(move |area| area.at_ms >= since)
    }

    /// The zones whose cameras show a cell, in a fixed order: all of an area, or the one.
    pub(crate) fn shown_by(&self, cell: &CellId) -> Vec<CellId> {
        let (camera, _, kind) = cell;
        if !camera.is_empty() {
            return vec![cell.clone()];
        }
        let zones = self.of(cell).map(|area| &area.zones).into_iter().flatten();
        zones.map(|(camera, zone)| (camera.clone(), zone.clone(), *kind)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_of_an_area_counts_in_it_and_others_by_themselves() {
        let zone = |name: &str| ("cam".to_owned(), name.to_owned());
        let square = AreaRow {
            id: "a1".to_owned(),
            name: "Square".to_owned(),
            district: "Xuhui".to_owned(),
            street: String::new(),
            grade: None,
            place: Some(PlaceType::Square),
            at_ms: 7,
            zones: [zone("north"), zone("south")].into(),
            ever: [zone("north"), zone("south"), zone("west")].into(),
        };
        let areas = Areas::new(vec![square]);
        let cell = |zone: &str| ("cam".to_owned(), zone.to_owned(), Kind::IllegalStall);
        assert_eq!(areas.of(&cell("north")).map(|area| area.id.as_str()), Some("a1"));
        assert_eq!(areas.of(&cell("west")), None, "it once was one of its zones");
        let whole = area_cell("a1", Kind::IllegalStall);
        assert_eq!(areas.shown_by(&whole), [cell("north"), cell("south")]);
        assert_eq!(areas.shown_by(&cell("west")), [cell("west")]);
        assert!(areas.shown_by(&area_cell("gone", Kind::IllegalStall)).is_empty());
        assert_eq!((areas.changed_since(7).count(), areas.changed_since(8).count()), (1, 0));
    }
}
