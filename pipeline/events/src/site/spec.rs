//! Zones as they are being drawn: any numbers and texts, and everything that is wrong with them at once, each with the corner
//! or the field it is about. What passes here is what a site file may say: the same shapes, ranges and words are asked.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Permit, Rule, Zone, file};
use crate::geometry::{BadPolygon, Point, Polygon, ShopLine};
use crate::kind::Kind;
use crate::schedule::WeeklyWindow;

/// Most zones of one camera, corners of one shape, permits of one zone, windows of one schedule: more is a mistake.
const MOST_ZONES: usize = 100;
const MOST_CORNERS: usize = 200;
const MOST_PERMITS: usize = 200;
const MOST_WINDOWS: usize = 100;

/// A zone as drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZoneSpec {
    /// Unique within its camera.
    pub id: String,
    /// For people.
    pub name: String,
    /// Corners in 0..1 of the picture.
    pub polygon: Vec<[f64; 2]>,
    /// Under the clearance target?
    #[serde(default)]
    pub key_area: bool,
    /// Where the shop ends, left to right.
    #[serde(default)]
    pub shop_line: Option<Vec<[f64; 2]>>,
    /// What is watched, and how.
    #[serde(default)]
    pub rules: Vec<RuleSpec>,
    /// What is allowed.
    #[serde(default)]
    pub permits: Vec<PermitSpec>,
}

/// A rule as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSpec {
    /// Which kind.
    pub kind: String,
    /// How long it must last, seconds.
    pub dwell_s: f64,
    /// How long it must be gone, seconds.
    pub clear_after_s: f64,
    /// Smallest thing that counts, as a share of the picture.
    pub min_area: f64,
    /// Smallest score that counts.
    pub min_score: f64,
    /// When it is watched; empty means always.
    #[serde(default)]
    pub weekly: Vec<String>,
}

/// A permit as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PermitSpec {
    /// Unique within its zone.
    pub id: String,
    /// Which kinds it allows.
    pub kinds: Vec<String>,
    /// The part of the zone it covers; `None` is all of it.
    #[serde(default)]
    pub polygon: Option<Vec<[f64; 2]>>,
    /// When in the week; empty means always.
    #[serde(default)]
    pub weekly: Vec<String>,
    /// First day, `YYYY-MM-DD`.
    #[serde(default)]
    pub from: Option<String>,
    /// Last day, included.
    #[serde(default)]
    pub until: Option<String>,
    /// The trade it is given for.
    #[serde(default)]
    pub trade: Option<String>,
    /// The paper it rests on.
    #[serde(default)]
    pub document: Option<String>,
}

/// What is wrong with a drawing, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// Place of the zone in the list; `None` when it is about the camera as a whole.
    pub zone: Option<usize>,
    /// The field, e.g. `polygon`, `shop_line`, `rules.waste_dumping.dwell_s`, `permits.0.until`, `holidays.3`.
    pub field: String,
    /// The corners it is about, from 0; empty when it is about the shape as a whole.
    pub corners: Vec<usize>,
    /// A stable word, e.g. `self_crossing`.
    pub code: &'static str,
    /// One sentence.
    pub reason: String,
    /// It may be published so, but probably is not meant so.
    pub warning: bool,
}

/// What was read: the zones that could be, and what is wrong with the rest.
#[derive(Debug, Clone)]
pub struct Checked {
    /// Complete only when nothing is refused.
    pub zones: Vec<Zone>,
    /// The holidays.
    pub holidays: BTreeSet<Date>,
    /// In the order of the drawing.
    pub faults: Vec<Fault>,
}

impl Checked {
    /// May it be published?
    pub fn is_fit(&self) -> bool {
        self.faults.iter().all(|fault| fault.warning)
    }
}

impl From<&Zone> for ZoneSpec {
    fn from(zone: &Zone) -> Self {
        Self {
            id: zone.id.to_string(),
            name: zone.name.clone(),
            polygon: pairs(zone.polygon.corners()),
            key_area: zone.key_area,
            shop_line: zone.shop_line.as_ref().map(|line| pairs(line.points())),
            rules: zone.rules.iter().map(|(kind, rule)| RuleSpec::of(*kind, rule)).collect(),
            permits: zone.permits.iter().map(PermitSpec::from).collect(),
        }
    }
}

impl RuleSpec {
    fn of(kind: Kind, rule: &Rule) -> Self {
        Self {
            kind: kind.wire_name().to_owned(),
            dwell_s: rule.dwell.as_secs_f64(),
            clear_after_s: rule.clear_after.as_secs_f64(),
            min_area: rule.min_area,
            min_score: rule.min_score,
            weekly: texts(&rule.weekly),
        }
    }
}

impl From<&Permit> for PermitSpec {
    fn from(permit: &Permit) -> Self {
        Self {
            id: permit.id.to_string(),
            kinds: permit.kinds.iter().map(|kind| kind.wire_name().to_owned()).collect(),
            polygon: permit.polygon.as_ref().map(|polygon| pairs(polygon.corners())),
            weekly: texts(&permit.weekly),
            from: permit.from.map(|date| date.to_string()),
            until: permit.until.map(|date| date.to_string()),
            trade: permit.trade.clone(),
            document: permit.document.clone(),
        }
    }
}

fn pairs(points: &[Point]) -> Vec<[f64; 2]> {
    points.iter().map(|p| [p.x, p.y]).collect()
}

fn texts(windows: &[WeeklyWindow]) -> Vec<String> {
    windows.iter().map(|window| window.as_str().to_owned()).collect()
}

/// Checks the zones and holidays of one camera.
pub fn check(zones: &[ZoneSpec], holidays: &[String]) -> Checked {
    let mut desk = Desk { faults: Vec::new(), zone: None };
    let mut days = BTreeSet::new();
    for (index, text) in holidays.iter().enumerate() {
        days.extend(desk.date(&format!("holidays.{index}"), text));
    }
    if zones.len() > MOST_ZONES {
        desk.refuse("zones", "too_many", format!("a camera has at most {MOST_ZONES} zones"));
    }
    let mut ids = BTreeSet::new();
    let mut good = Vec::new();
    for (index, spec) in zones.iter().enumerate().take(MOST_ZONES) {
        desk.zone = Some(index);
        if !ids.insert(spec.id.as_str()) {
            desk.refuse("id", "duplicate", format!("{:?} is used twice", spec.id));
        }
        good.extend(desk.read_zone(spec));
    }
    Checked { zones: good, holidays: days, faults: desk.faults }
}

/// Collects faults of the zone that is being read.
struct Desk {
    faults: Vec<Fault>,
    zone: Option<usize>,
}

impl Desk {
    fn note(&mut self, field: &str, corners: Vec<usize>, code: &'static str, reason: String, warning: bool) {
        self.faults.push(Fault { zone: self.zone, field: field.to_owned(), corners, code, reason, warning });
    }

    fn refuse(&mut self, field: &str, code: &'static str, reason: String) {
        self.note(field, Vec::new(), code, reason, false);
    }

    fn warn(&mut self, field: &str, code: &'static str, reason: &str) {
        self.note(field, Vec::new(), code, reason.to_owned(), true);
    }

    fn read_zone(&mut self, spec: &ZoneSpec) -> Option<Zone> {
        let id = self.parsed("id", "bad_id", &spec.id);
        if spec.name.trim().is_empty() {
            self.refuse("name", "empty", "a zone has a name that people know it by".to_owned());
        }
        self.text("name", &spec.name);
        let polygon = self.polygon("polygon", &spec.polygon);
        let shop_line = spec.shop_line.as_deref().map(|points| self.shop_line(points, polygon.as_ref()));
        let rules = self.rules(&spec.rules);
        if spec.permits.len() > MOST_PERMITS {
            self.refuse("permits", "too_many", format!("a zone has at most {MOST_PERMITS} permits"));
        }
        let mut ids = BTreeSet::new();
        let mut permits = Vec::new();
        for (index, permit) in spec.permits.iter().enumerate().take(MOST_PERMITS) {
            let field = format!("permits.{index}");
            if !ids.insert(permit.id.as_str()) {
                self.refuse(&format!("{field}.id"), "duplicate", format!("{:?} is used twice", permit.id));
            }
            permits.extend(self.permit(&field, permit, polygon.as_ref(), &rules));
        }
        if spec.rules.is_empty() {
            self.warn("rules", "nothing_watched", "no kind is watched in this zone");
        }
        let shop_line = match shop_line {
            Some(None) => return None,
            Some(line) => line,
            None => None,
        };
        let zone = Zone {
            id: id?,
            name: spec.name.clone(),
            polygon: polygon?,
            key_area: spec.key_area,
            shop_line,
            rules,
            permits,
            version: String::new(),
        };
        Some(Zone { version: file::version_of(&zone), ..zone })
    }

    fn rules(&mut self, specs: &[RuleSpec]) -> BTreeMap<Kind, Rule> {
        let mut rules = BTreeMap::new();
        for spec in specs {
            let field = |key: &str| format!("rules.{}.{key}", spec.kind);
            let Some(kind) = self.parsed::<Kind>("rules", "unknown_kind", &spec.kind) else { continue };
            let rule = Rule {
                dwell: self.seconds(&field("dwell_s"), spec.dwell_s),
                clear_after: self.seconds(&field("clear_after_s"), spec.clear_after_s),
                min_area: self.share(&field("min_area"), spec.min_area),
                min_score: self.share(&field("min_score"), spec.min_score),
                weekly: self.windows(&field("weekly"), &spec.weekly),
            };
            if rules.insert(kind, rule).is_some() {
                self.refuse("rules", "duplicate", format!("{:?} has two rules", spec.kind));
            }
        }
        rules
    }

    fn permit(&mut self, field: &str, spec: &PermitSpec, zone: Option<&Polygon>, rules: &BTreeMap<Kind, Rule>) -> Option<Permit> {
        let key = |name: &str| format!("{field}.{name}");
        let id = self.parsed(&key("id"), "bad_id", &spec.id);
        if spec.kinds.is_empty() {
            self.refuse(&key("kinds"), "empty", "a permit names at least one kind".to_owned());
        }
        let kinds: Vec<Kind> = spec.kinds.iter().filter_map(|kind| self.parsed(&key("kinds"), "unknown_kind", kind)).collect();
        if !kinds.is_empty() && !kinds.iter().any(|kind| rules.contains_key(kind)) {
            self.warn(&key("kinds"), "nothing_to_allow", "no rule of this zone watches what this permit allows");
        }
        let polygon = spec.polygon.as_deref().map(|corners| self.polygon(&key("polygon"), corners));
        if let (Some(Some(part)), Some(zone)) = (&polygon, zone)
            && !overlap(part, zone)
        {
            self.warn(&key("polygon"), "outside_zone", "this permit lies outside of its zone");
        }
        let weekly = self.windows(&key("weekly"), &spec.weekly);
        let from = spec.from.as_deref().map(|text| self.date(&key("from"), text));
        let until = spec.until.as_deref().map(|text| self.date(&key("until"), text));
        if let (Some(Some(from)), Some(Some(until))) = (from, until)
            && until < from
        {
            self.refuse(&key("until"), "before_from", format!("{until} is before from = {from}"));
        }
        for (name, text) in [("trade", &spec.trade), ("document", &spec.document)] {
            self.text(&key(name), text.as_deref().unwrap_or_default());
        }
        let polygon = match polygon {
            Some(None) => return None,
            Some(polygon) => polygon,
            None => None,
        };
        Some(Permit {
            id: id?,
            kinds,
            polygon,
            weekly,
            from: from.flatten(),
            until: until.flatten(),
            trade: spec.trade.clone(),
            document: spec.document.clone(),
        })
    }

    fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(&mut self, field: &str, code: &'static str, text: &str) -> Option<T> {
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.refuse(field, code, format!("{error}"));
                None
            }
        }
    }

    fn text(&mut self, field: &str, text: &str) {
        if text.chars().count() > 400 {
            self.refuse(field, "too_long", "at most 400 characters".to_owned());
        }
    }

    fn date(&mut self, field: &str, text: &str) -> Option<Date> {
        let date = text.parse().ok();
        if date.is_none() {
            self.refuse(field, "bad_date", format!("{text:?} is not a date such as \"2026-05-01\""));
        }
        date
    }

    fn seconds(&mut self, field: &str, seconds: f64) -> Duration {
        if file::SECONDS.contains(&seconds) {
            // A site file writes milliseconds: no finer.
            return Duration::from_millis((seconds * 1000.0).round() as u64);
        }
        self.refuse(field, "out_of_range", format!("{seconds} s is not between 0 and 30 days"));
        Duration::ZERO
    }

    fn share(&mut self, field: &str, share: f64) -> f64 {
        if !(0.0..=1.0).contains(&share) {
            self.refuse(field, "out_of_range", format!("{share} is not between 0 and 1"));
        }
        share
    }

    fn windows(&mut self, field: &str, texts: &[String]) -> Vec<WeeklyWindow> {
        if texts.len() > MOST_WINDOWS {
            self.refuse(field, "too_many", format!("a schedule has at most {MOST_WINDOWS} windows"));
        }
        texts.iter().take(MOST_WINDOWS).filter_map(|text| self.parsed(field, "bad_window", text)).collect()
    }

    fn polygon(&mut self, field: &str, corners: &[[f64; 2]]) -> Option<Polygon> {
        if corners.len() > MOST_CORNERS {
            self.refuse(field, "too_many", format!("a polygon has at most {MOST_CORNERS} corners"));
            return None;
        }
        let error = match Polygon::new(corners) {
            Ok(polygon) => return Some(polygon),
            Err(error) => error,
        };
        let n = corners.len();
        let (code, at) = match &error {
            BadPolygon::TooFew(_) => ("too_few", Vec::new()),
            BadPolygon::Outside { index, .. } => ("outside", vec![*index]),
            BadPolygon::SelfCrossing(a, b) => ("self_crossing", vec![*a, (a + 1) % n, *b, (b + 1) % n]),
            BadPolygon::NoArea => ("no_area", Vec::new()),
        };
        self.note(field, at, code, error.to_string(), false);
        None
    }

    fn shop_line(&mut self, points: &[[f64; 2]], zone: Option<&Polygon>) -> Option<ShopLine> {
        if points.len() > MOST_CORNERS {
            self.refuse("shop_line", "too_many", format!("a shop line has at most {MOST_CORNERS} points"));
            return None;
        }
        match ShopLine::new(points) {
            Ok(line) => {
                let far = zone.is_some_and(|zone| {
                    let (zone, (first, last)) = (zone.bounds(), (points[0], points[points.len() - 1]));
                    last[0] < zone.x1 || first[0] > zone.x2
                });
                if far {
                    self.warn("shop_line", "outside_zone", "this shop line does not pass its zone");
                }
                Some(line)
            }
            Err(reason) => {
                let outside = points.iter().position(|p| Point::new(p[0], p[1]).is_none());
                let back = || points.windows(2).position(|w| w[1][0] <= w[0][0]).map(|index| index + 1);
                let (code, at) = match (outside, back()) {
                    (Some(index), _) => ("outside", vec![index]),
                    (None, Some(index)) if points.len() >= 2 => ("not_left_to_right", vec![index]),
                    _ => ("too_few", Vec::new()),
                };
                self.note("shop_line", at, code, reason, false);
                None
            }
        }
    }
}

/// Do two polygons have anything in common, as far as their corners and middles tell?
fn overlap(a: &Polygon, b: &Polygon) -> bool {
    let touches = |a: &Polygon, b: &Polygon| a.corners().iter().any(|p| b.contains(*p)) || b.contains(a.bounds().centre());
    a.bounds().intersection(&b.bounds()).is_some() && (touches(a, b) || touches(b, a) || edges_cross(a, b))
}

fn edges_cross(a: &Polygon, b: &Polygon) -> bool {
    let edges = |p: &Polygon| {
        let corners = p.corners().to_vec();
        (0..corners.len()).map(move |i| (corners[i], corners[(i + 1) % corners.len()])).collect::<Vec<_>>()
    };
    let theirs = edges(b);
    edges(a).iter().any(|(p, q)| theirs.iter().any(|(r, s)| crate::geometry::segments_meet(*p, *q, *r, *s)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::Site;

    fn spec() -> ZoneSpec {
        ZoneSpec {
            id: "north".to_owned(),
            name: "North pavement".to_owned(),
            polygon: vec![[0.1, 0.5], [0.9, 0.5], [0.9, 1.0], [0.1, 1.0]],
            key_area: true,
            shop_line: Some(vec![[0.1, 0.6], [0.9, 0.62]]),
            rules: vec![RuleSpec {
                kind: "waste_dumping".to_owned(),
                dwell_s: 30.0,
                clear_after_s: 60.5,
                min_area: 0.001,
                min_score: 0.0,
                weekly: vec!["workdays 08:00-20:00".to_owned()],
            }],
            permits: vec![PermitSpec {
                id: "market".to_owned(),
                kinds: vec!["waste_dumping".to_owned()],
                polygon: Some(vec![[0.2, 0.6], [0.4, 0.6], [0.4, 0.8]]),
                weekly: vec!["fri-sun 18:00-23:00".to_owned()],
                from: Some("2026-05-01".to_owned()),
                until: Some("2026-10-31".to_owned()),
                trade: None,
                document: Some("district notice 12".to_owned()),
            }],
        }
    }

    #[track_caller]
    fn only(change: impl FnOnce(&mut ZoneSpec)) -> Fault {
        let mut zone = spec();
        change(&mut zone);
        let mut faults = check(&[zone], &[]).faults;
        assert_eq!(faults.len(), 1, "{faults:?}");
        faults.remove(0)
    }

    #[test]
    fn a_good_drawing_is_the_zone_that_a_site_file_says() {
        let checked = check(&[spec()], &["2026-10-01".to_owned()]);
        assert!(checked.is_fit(), "{:?}", checked.faults);
        let text = "[[camera]]\nid = \"cam-1\"\nsource = \"a.mp4\"\n";
        let mut site = Site::parse("a", text).unwrap();
        site.calendar.holidays = checked.holidays;
        site.cameras[0].zones = checked.zones.clone();
        let again = Site::parse("b", &site.to_toml()).unwrap();
        assert_eq!(again.cameras[0].zones[0].version, checked.zones[0].version, "the same digest of the same zone");
        assert_eq!(ZoneSpec::from(&again.cameras[0].zones[0]), spec());
    }

    #[test]
    fn every_fault_names_the_corner_or_the_field() {
        let fault = only(|z| z.polygon[2] = [1.2, 0.4]);
        assert_eq!((fault.field.as_str(), fault.code, fault.corners), ("polygon", "outside", vec![2]));
        let fault = only(|z| z.polygon.swap(1, 2));
        assert_eq!((fault.code, fault.corners.len()), ("self_crossing", 4));
        assert_eq!(only(|z| z.polygon.truncate(2)).code, "too_few");
        let fault = only(|z| z.shop_line = Some(vec![[0.1, 0.5], [0.5, 0.5], [0.4, 0.6]]));
        assert_eq!((fault.code, fault.corners), ("not_left_to_right", vec![2]));
        assert_eq!(only(|z| z.shop_line = Some(vec![[0.1, 0.5]])).code, "too_few");
        assert_eq!(only(|z| z.shop_line = Some(vec![[0.1, 0.5], [0.5, f64::NAN]])).corners, [1]);
        let fault = only(|z| z.rules[0].dwell_s = -1.0);
        assert_eq!((fault.field.as_str(), fault.code), ("rules.waste_dumping.dwell_s", "out_of_range"));
        assert_eq!(only(|z| z.rules[0].weekly[0] = "someday".to_owned()).code, "bad_window");
        assert_eq!(only(|z| z.permits[0].until = Some("2026-04-30".to_owned())).code, "before_from");
        let fault = only(|z| z.permits[0].polygon.as_mut().unwrap()[0] = [-0.1, 0.6]);
        assert_eq!((fault.field.as_str(), fault.corners), ("permits.0.polygon", vec![0]));
        assert_eq!(only(|z| z.id = "No Spaces".to_owned()).code, "bad_id");
        assert_eq!(only(|z| z.name = "  ".to_owned()).code, "empty");
        assert_eq!(check(&[spec(), spec()], &[]).faults[0].code, "duplicate");
        assert_eq!(check(&[], &["soon".to_owned()]).faults[0].field, "holidays.0");
    }

    #[test]
    fn what_is_probably_not_meant_is_said_and_not_refused() {
        let outside = vec![[0.0, 0.0], [0.05, 0.0], [0.05, 0.05]];
        let fault = only(|z| z.permits[0].polygon = Some(outside));
        assert!((fault.code, fault.warning) == ("outside_zone", true));
        let fault = only(|z| z.permits[0].kinds = vec!["illegal_stall".to_owned()]);
        assert!((fault.code, fault.warning) == ("nothing_to_allow", true));
        let mut zone = spec();
        (zone.rules, zone.permits) = (Vec::new(), Vec::new());
        assert!(check(&[zone], &[]).is_fit());
    }
}
