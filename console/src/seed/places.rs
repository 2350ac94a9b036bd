//! The areas of a made-up city: on every other street the pavement that its first two cameras look at.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::city::{City, SeedCamera};
use crate::dto::{ControlGrade, PlaceType};

/// Cameras that look at one place.
const CAMERAS: usize = 2;

/// A place with the cameras whose pavement shows it.
pub(super) struct SeedArea<'a> {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) grade: ControlGrade,
    pub(super) place: PlaceType,
    pub(super) cameras: Vec<&'a SeedCamera>,
}

/// All of them. The dice of the story are not touched: the history is the same with and without.
pub(super) fn areas(city: &City) -> Vec<SeedArea<'_>> {
    let mut streets: BTreeMap<(&str, &str), Vec<&SeedCamera>> = BTreeMap::new();
    for camera in &city.cameras {
        let cameras = streets.entry((&camera.district, &camera.street)).or_default();
        if cameras.len() < CAMERAS {
            cameras.push(camera);
        }
    }
    let chosen = streets.into_iter().enumerate().filter(|(index, _)| index.is_multiple_of(2));
    chosen
        .map(|(index, ((district, street), cameras))| SeedArea {
            id: hex::encode(&Sha256::digest(format!("area {district} {street}"))[..8]),
            name: format!("{street} crossing"),
            grade: [ControlGrade::Forbidden, ControlGrade::StrictlyControlled, ControlGrade::Controlled][index / 2 % 3],
            place: match street {
                "Market Street" => PlaceType::Market,
                "School Street" => PlaceType::SchoolGate,
                "Station Road" => PlaceType::Square,
                _ => PlaceType::Pavement,
            },
            cameras,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::seed::SeedOptions;

    #[test]
    fn cameras_of_one_street_share_a_place_and_names_are_unique_in_a_district() {
        let options = SeedOptions {
            seed: 3,
            cameras: 100,
            days: 2,
            candidates: 1,
            until_ms: 1_795_672_800_000,
            time_zone: "Asia/Shanghai".to_owned(),
            into_existing: false,
            figures: false,
        };
        let city = City::new(&options);
        let areas = areas(&city);
        assert_eq!(areas.len(), 20, "every other one of forty streets");
        assert!(areas.iter().all(|area| area.cameras.len() == CAMERAS));
        let of_one = |area: &SeedArea<'_>| area.cameras.iter().all(|camera| camera.street == area.cameras[0].street);
        assert!(areas.iter().all(of_one));
        let names: BTreeSet<_> = areas.iter().map(|area| (&area.cameras[0].district, &area.name)).collect();
        let ids: BTreeSet<_> = areas.iter().map(|area| &area.id).collect();
        assert_eq!((names.len(), ids.len()), (20, 20));
    }
}
