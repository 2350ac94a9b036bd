//! The cameras of a made-up city: where they hang, what they watch and when, how their settings changed, when they were down.

use events::schedule::Calendar;
use events::site::Site;

use super::SeedOptions;
use super::random::Random;
use crate::clearance::interval::IntervalSet;
use crate::clearance::schedule::{date_of, day, midnight};
use crate::dto::Kind;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

const DISTRICTS: [&str; 8] = ["Xuhui", "Jing'an", "Hongkou", "Yangpu", "Putuo", "Changning", "Minhang", "Baoshan"];
const STREETS: [&str; 5] = ["Market Street", "River Road", "Station Road", "Temple Lane", "School Street"];

/// A watched zone and kind.
#[derive(Debug, Clone)]
pub(super) struct SeedCell {
    pub(super) zone: &'static str,
    pub(super) zone_name: &'static str,
    pub(super) kind: Kind,
    pub(super) key_area: bool,
    /// Whole-zone permits of this kind, as they are written in the site.
    pub(super) market: Option<&'static str>,
}

/// A camera with its history.
#[derive(Debug)]
pub(super) struct SeedCamera {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) district: String,
    pub(super) street: String,
    pub(super) cells: Vec<SeedCell>,
    /// Settings and since when, oldest first.
    pub(super) versions: Vec<(i64, String)>,
    /// Outages: from, until, what it was.
    pub(super) outages: Vec<(i64, i64, &'static str)>,
    /// When it watched.
    pub(super) watched: IntervalSet,
    /// How much it sees against the others; 1 on average.
    pub(super) busy: f64,
}

/// All of them.
pub(super) struct City {
    pub(super) cameras: Vec<SeedCamera>,
}

/// Local midnight of the first day.
pub(super) fn begin(options: &SeedOptions) -> i64 {
    let calendar = calendar(options);
    midnight(&calendar, date_of(&calendar, options.until_ms - i64::from(options.days) * DAY + 1))
}

pub(super) fn calendar(options: &SeedOptions) -> Calendar {
    let time_zone = jiff::tz::TimeZone::get(&options.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
    Calendar { time_zone, holidays: Default::default() }
}

/// What of a camera's settings changes from version to version.
#[derive(Clone)]
struct Settings {
    key_area: bool,
    shop_hours: &'static str,
    market: Option<&'static str>,
    market_from: Option<String>,
    sign: bool,
}

impl City {
    pub(super) fn new(options: &SeedOptions) -> Self {
        let cameras = (0..options.cameras).map(|index| camera(options, index)).collect();
        Self { cameras }
    }
}

fn camera(options: &SeedOptions, index: u32) -> SeedCamera {
    let mut random = Random::of(options.seed, u64::from(index));
    let district = DISTRICTS[index as usize % DISTRICTS.len()];
    let street = STREETS[index as usize / DISTRICTS.len() % STREETS.len()];
    let id = format!("seed-{index:05}");
    let name = format!("{street} {}", index as usize / (DISTRICTS.len() * STREETS.len()) + 1);
    let start = begin(options);
    let market = match random.unit() {
        share if share < 0.12 => Some("fri-sun 18:00-23:00"),
        share if share < 0.16 => Some("daily 18:00-02:00"),
        share if share < 0.17 => Some("daily 00:00-24:00"),
        _ => None,
    };
    let first = Settings {
        key_area: random.chance(0.45),
        shop_hours: "daily 06:00-23:00",
        market,
        market_from: None,
        sign: random.chance(0.5),
    };
    let versions = versions(options, &id, &name, (district, street), &first, &mut random);
    let key_area = first.key_area;
    let cell = |zone, zone_name, kind, market| SeedCell { zone, zone_name, kind, key_area, market };
    let mut cells =
        vec![cell("pavement", "Pavement", Kind::IllegalStall, market), cell("pavement", "Pavement", Kind::WasteDumping, None)];
    if index.is_multiple_of(3) {
        cells.push(cell("shops", "Shop fronts", Kind::StorefrontEncroachment, None));
        cells.push(cell("shops", "Shop fronts", Kind::UnauthorizedAd, None));
    }
    let outages = outages(options, start, &mut random);
    let down = IntervalSet::of(outages.iter().map(|(from, until, _)| (*from, *until)));
    SeedCamera {
        district: district.to_owned(),
        street: street.to_owned(),
        cells,
        versions,
        watched: IntervalSet::span(start, options.until_ms).minus(&down),
        outages,
        busy: 0.5 + random.unit(),
        id,
        name,
    }
}

/// The settings over time: some are redrawn at noon, some become a key area, some get a permit afterwards.
fn versions(
    options: &SeedOptions,
    id: &str,
    name: &str,
    place: (&str, &str),
    first: &Settings,
    random: &mut Random,
) -> Vec<(i64, String)> {
    let start = begin(options);
    let calendar = calendar(options);
    let middle = i64::from(options.days) / 2;
    let on = |days: i64, hours: i64| start + days * DAY + hours * HOUR;
    let mut out = vec![(start - DAY, site(options, id, name, place, first))];
    let mut then = first.clone();
    if random.chance(0.06) {
        then.shop_hours = "daily 09:00-21:00";
        out.push((on(middle, 12), site(options, id, name, place, &then)));
    }
    if random.chance(0.06) && !then.key_area {
        then.key_area = true;
        out.push((on(middle + 1, 10), site(options, id, name, place, &then)));
    }
    if random.chance(0.04) && then.market.is_none() && options.days > 4 {
        then.market = Some("sat-sun 17:00-22:00");
        then.market_from = Some(date_of(&calendar, on(middle - 2, 1)).to_string());
        out.push((on(middle + 2, 15), site(options, id, name, place, &then)));
    }
    out.into_iter().filter(|(at, _)| *at < options.until_ms).collect()
}

fn site(options: &SeedOptions, id: &str, name: &str, (district, street): (&str, &str), settings: &Settings) -> String {
    let Settings { key_area, shop_hours, market, market_from, sign } = settings;
    let mut text = format!(
        "time_zone = \"{}\"\n\n[[camera]]\nid = \"{id}\"\nname = \"{name}\"\ndistrict = \"{district}\"\nstreet = \"{street}\"\n\
         source = \"rtsp://camera.invalid/{id}\"\n\n[[camera.zone]]\nid = \"pavement\"\nname = \"Pavement\"\n\
         polygon = [[0.05, 0.5], [0.95, 0.5], [0.95, 0.95], [0.05, 0.95]]\nkey_area = {key_area}\n\n\
         [camera.zone.rules.illegal_stall]\n\n[camera.zone.rules.waste_dumping]\n",
        options.time_zone
    );
    if let Some(hours) = market {
        text.push_str(&format!(
            "\n[[camera.zone.permit]]\nid = \"market\"\nkinds = [\"illegal_stall\"]\nweekly = [\"{hours}\"]\n\
             document = \"notice of the district\"\n"
        ));
        if let Some(from) = market_from {
            text.push_str(&format!("from = \"{from}\"\n"));
        }
    }
    text.push_str(&format!(
        "\n[[camera.zone]]\nid = \"shops\"\nname = \"Shop fronts\"\npolygon = [[0.05, 0.1], [0.95, 0.1], [0.95, 0.45], [0.05, \
         0.45]]\nkey_area = {key_area}\n\n[camera.zone.rules.storefront_encroachment]\nweekly = [\"{shop_hours}\"]\n\n\
         [camera.zone.rules.unauthorized_ad]\n"
    ));
    if *sign {
        text.push_str(
            "\n[[camera.zone.permit]]\nid = \"sign\"\nkinds = [\"unauthorized_ad\"]\npolygon = [[0.7, 0.15], [0.9, 0.15], [0.9, \
             0.25], [0.7, 0.25]]\ndocument = \"approved sign\"\n",
        );
    }
    // As the console itself writes it, so that an import of the same settings changes nothing.
    Site::parse("made up", &text).map_or(text, |site| site.to_toml())
}

/// Short ones often, long ones seldom, some cameras dark at night, a few off for days.
fn outages(options: &SeedOptions, start: i64, random: &mut Random) -> Vec<(i64, i64, &'static str)> {
    let calendar = calendar(options);
    let dark_nights = random.chance(0.06);
    let bad_days = if random.chance(0.05) { random.between(1, 4) } else { 0 };
    let first_bad = random.between(0, i64::from(options.days).max(1));
    let mut out = Vec::new();
    for number in 0..i64::from(options.days) {
        let (from, until) = day(&calendar, date_of(&calendar, start + number * DAY + 12 * HOUR));
        if (first_bad..first_bad + bad_days).contains(&number) {
            out.push((from, until, "offline"));
            continue;
        }
        if dark_nights {
            out.push((from + 2 * HOUR, from + 4 * HOUR, "dark"));
        }
        if random.chance(0.12) {
            let begin = from + random.between(0, 22 * 60) * MINUTE;
            let length = (random.around(18.0, 1.1) as i64).clamp(4, 360) * MINUTE;
            let what = *random.pick(&["offline", "offline", "moved", "covered", "blurred", "frozen"]);
            let end = (begin + length).min(until);
            // What is dark already does not fail as well: both would end in the same moment now and then, as one observation.
            if !(dark_nights && begin <= from + 4 * HOUR && end >= from + 2 * HOUR) {
                out.push((begin, end, what));
            }
        }
    }
    out.into_iter().map(|(a, b, what)| (a, b.min(options.until_ms), what)).filter(|(a, b, _)| a < b).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_camera_begins_or_ends_two_outages_at_once() {
        let options = SeedOptions {
            seed: 1,
            cameras: 1,
            days: 90,
            candidates: 1,
            until_ms: 1_795_672_800_000,
            time_zone: "Asia/Shanghai".to_owned(),
            into_existing: false,
            figures: false,
        };
        let start = options.until_ms - 90 * DAY;
        // One camera in some thousand had both end in the same minute.
        for camera in 0..6_000 {
            let mut outages = outages(&options, start, &mut Random::of(camera, 1));
            outages.sort_unstable();
            let ends: BTreeSet<i64> = outages.iter().map(|(_, until, _)| *until).collect();
            assert_eq!(ends.len(), outages.len(), "camera {camera}: {outages:?}");
            assert!(outages.windows(2).all(|pair| pair[0].1 <= pair[1].0), "camera {camera}: {outages:?}");
        }
    }
}
