//! The shape of `site.toml` as written, and its way to a checked [`Site`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::{Camera, Decode, DecodePolicy, Permit, Rule, Site, Zone};
use crate::geometry::{Polygon, ShopLine};
use crate::kind::Kind;
use crate::schedule::{Calendar, WeeklyWindow};

/// What is wrong with a site file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteError {
    /// The file, as the caller named it.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// The table and key, e.g. `camera "xh-0412", zone "north": polygon`; empty for a syntax error.
    pub field: String,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for SiteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.reason)
    }
}

impl std::error::Error for SiteError {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSite {
    time_zone: Option<Spanned<String>>,
    #[serde(default)]
    holidays: Vec<Spanned<String>>,
    #[serde(default)]
    camera: Vec<RawCamera>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCamera {
    id: Spanned<String>,
    name: Option<String>,
    #[serde(default)]
    district: String,
    #[serde(default)]
    street: String,
    source: Spanned<String>,
    decode: Option<RawDecode>,
    #[serde(default)]
    zone: Vec<RawZone>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDecode {
    idle: Option<Spanned<String>>,
    active_fps: Option<Spanned<f64>>,
    min_fps: Option<Spanned<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawZone {
    id: Spanned<String>,
    name: Option<String>,
    polygon: Spanned<Vec<[f64; 2]>>,
    #[serde(default)]
    key_area: bool,
    shop_line: Option<Spanned<Vec<[f64; 2]>>>,
    #[serde(default)]
    rules: BTreeMap<Spanned<String>, RawRule>,
    #[serde(default)]
    permit: Vec<RawPermit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    dwell: Option<Spanned<String>>,
    clear_after: Option<Spanned<String>>,
    min_area: Option<Spanned<f64>>,
    min_score: Option<Spanned<f64>>,
    #[serde(default)]
    weekly: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPermit {
    id: Spanned<String>,
    kinds: Vec<Spanned<String>>,
    polygon: Option<Spanned<Vec<[f64; 2]>>>,
    #[serde(default)]
    weekly: Vec<Spanned<String>>,
    from: Option<Spanned<String>>,
    until: Option<Spanned<String>>,
    trade: Option<String>,
    document: Option<String>,
}

/// Where in the text we are: makes errors with a line and the path of tables.
struct Place<'a> {
    file: &'a str,
    text: &'a str,
    path: String,
}

impl<'a> Place<'a> {
    fn within(&self, part: &str) -> Place<'a> {
        let path = if self.path.is_empty() { part.to_owned() } else { format!("{}, {part}", self.path) };
        Place { file: self.file, text: self.text, path }
    }

    fn error(&self, offset: usize, key: &str, reason: impl fmt::Display) -> SiteError {
        let field = if self.path.is_empty() { key.to_owned() } else { format!("{}: {key}", self.path) };
        SiteError { file: self.file.to_owned(), line: line_of(self.text, offset), field, reason: reason.to_string() }
    }

    fn parsed<T: std::str::FromStr<Err: fmt::Display>>(&self, key: &str, value: &Spanned<String>) -> Result<T, SiteError> {
        value.get_ref().parse().map_err(|error: T::Err| self.error(value.span().start, key, error))
    }

    fn duration(&self, key: &str, value: Option<&Spanned<String>>, default: Duration) -> Result<Duration, SiteError> {
        let Some(value) = value else { return Ok(default) };
        let wrong = |reason: String| self.error(value.span().start, key, reason);
        let signed: jiff::SignedDuration = value
            .get_ref()
            .parse()
            .map_err(|_| wrong(format!("{:?} is not a duration such as \"30s\", \"5m\", \"2h\"", value.get_ref())))?;
        let seconds = signed.as_secs_f64();
        if SECONDS.contains(&seconds) {
            Ok(Duration::from_secs_f64(seconds))
        } else {
            Err(wrong(format!("{:?} is not between 0 and 30 days", value.get_ref())))
        }
    }

    fn number(
        &self,
        key: &str,
        value: Option<&Spanned<f64>>,
        default: f64,
        range: std::ops::RangeInclusive<f64>,
    ) -> Result<f64, SiteError> {
        let Some(value) = value else { return Ok(default) };
        if range.contains(value.get_ref()) {
            Ok(*value.get_ref())
        } else {
            let reason = format!("{} is not between {} and {}", value.get_ref(), range.start(), range.end());
            Err(self.error(value.span().start, key, reason))
        }
    }

    fn polygon(&self, key: &str, value: &Spanned<Vec<[f64; 2]>>) -> Result<Polygon, SiteError> {
        Polygon::new(value.get_ref()).map_err(|error| self.error(value.span().start, key, error))
    }

    fn windows(&self, key: &str, values: &[Spanned<String>]) -> Result<Vec<WeeklyWindow>, SiteError> {
        values.iter().map(|value| self.parsed(key, value)).collect()
    }

    fn date(&self, key: &str, value: Option<&Spanned<String>>) -> Result<Option<Date>, SiteError> {
        value
            .map(|value| {
                let reason = || format!("{:?} is not a date such as \"2026-05-01\"", value.get_ref());
                value.get_ref().parse().map_err(|_| self.error(value.span().start, key, reason()))
            })
            .transpose()
    }
}

/// How long a dwell may be, seconds.
pub(super) const SECONDS: std::ops::RangeInclusive<f64> = 0.0..=30.0 * 86_400.0;

/// Names the state of a zone: a digest of what a site file would say of it.
pub(super) fn version_of(zone: &Zone) -> String {
    super::file_version(&toml::to_string(&OutZone::from(zone)).unwrap_or_default())
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())].iter().filter(|b| **b == b'\n').count() + 1
}

pub(super) fn parse(name: &str, text: &str) -> Result<Site, SiteError> {
    let raw: RawSite = toml::from_str(text).map_err(|error| SiteError {
        file: name.to_owned(),
        line: line_of(text, error.span().map_or(0, |span| span.start)),
        field: String::new(),
        reason: error.message().replace('\n', " "),
    })?;
    let place = Place { file: name, text, path: String::new() };
    let time_zone = match &raw.time_zone {
        None => TimeZone::get("Asia/Shanghai").expect("the bundled time zone database holds Asia/Shanghai"),
        Some(zone) => TimeZone::get(zone.get_ref())
            .map_err(|_| place.error(zone.span().start, "time_zone", format!("unknown time zone {:?}", zone.get_ref())))?,
    };
    let mut holidays = BTreeSet::new();
    for holiday in &raw.holidays {
        holidays.extend(place.date("holidays", Some(holiday))?);
    }
    let mut cameras: Vec<Camera> = Vec::with_capacity(raw.camera.len());
    for raw_camera in raw.camera {
        let id = raw_camera.id.clone();
        let camera = camera(&place, raw_camera)?;
        if cameras.iter().any(|other| other.id == camera.id) {
            return Err(place.error(id.span().start, "camera id", format!("{:?} is used twice", id.get_ref())));
        }
        cameras.push(camera);
    }
    Ok(Site { calendar: Calendar { time_zone, holidays }, cameras })
}

fn camera(place: &Place<'_>, raw: RawCamera) -> Result<Camera, SiteError> {
    let place = place.within(&format!("camera {:?}", raw.id.get_ref()));
    let id = place.parsed("id", &raw.id)?;
    if raw.source.get_ref().trim().is_empty() {
        return Err(place.error(raw.source.span().start, "source", "it is empty"));
    }
    let mut zones: Vec<Zone> = Vec::with_capacity(raw.zone.len());
    for raw_zone in raw.zone {
        let zone_id = raw_zone.id.clone();
        let zone = zone(&place, raw_zone)?;
        if zones.iter().any(|other| other.id == zone.id) {
            return Err(place.error(zone_id.span().start, "zone id", format!("{:?} is used twice", zone_id.get_ref())));
        }
        zones.push(zone);
    }
    Ok(Camera {
        id,
        name: raw.name.unwrap_or_else(|| raw.id.get_ref().clone()),
        district: raw.district,
        street: raw.street,
        source: raw.source.into_inner(),
        decode: raw.decode.map_or(Ok(DecodePolicy::default()), |raw| decode(&place.within("decode"), &raw))?,
        zones,
    })
}

fn decode(place: &Place<'_>, raw: &RawDecode) -> Result<DecodePolicy, SiteError> {
    let default = DecodePolicy::default();
    let idle = match raw.idle.as_ref().map(|idle| (idle.get_ref().as_str(), idle.span().start)) {
        None | Some(("keyframes", _)) => Decode::KeyFrames,
        Some(("full", _)) => Decode::Full,
        Some((other, offset)) => {
            return Err(place.error(offset, "idle", format!("{other:?} is neither \"keyframes\" nor \"full\"")));
        }
    };
    Ok(DecodePolicy {
        idle,
        active_fps: place.number("active_fps", raw.active_fps.as_ref(), default.active_fps, 0.1..=60.0)?,
        min_fps: place.number("min_fps", raw.min_fps.as_ref(), default.min_fps, 0.01..=60.0)?,
    })
}

fn zone(place: &Place<'_>, raw: RawZone) -> Result<Zone, SiteError> {
    let place = place.within(&format!("zone {:?}", raw.id.get_ref()));
    let mut rules = BTreeMap::new();
    for (kind_name, raw_rule) in &raw.rules {
        let kind: Kind = place.parsed("rules", kind_name)?;
        let place = place.within(&format!("rules.{kind}"));
        let default = Rule::default_for(kind);
        let rule = Rule {
            dwell: place.duration("dwell", raw_rule.dwell.as_ref(), default.dwell)?,
            clear_after: place.duration("clear_after", raw_rule.clear_after.as_ref(), default.clear_after)?,
            min_area: place.number("min_area", raw_rule.min_area.as_ref(), default.min_area, 0.0..=1.0)?,
            min_score: place.number("min_score", raw_rule.min_score.as_ref(), default.min_score, 0.0..=1.0)?,
            weekly: place.windows("weekly", &raw_rule.weekly)?,
        };
        rules.insert(kind, rule);
    }
    let mut permits: Vec<Permit> = Vec::with_capacity(raw.permit.len());
    for raw_permit in &raw.permit {
        let permit = permit(&place, raw_permit)?;
        if permits.iter().any(|other| other.id == permit.id) {
            let reason = format!("{:?} is used twice", raw_permit.id.get_ref());
            return Err(place.error(raw_permit.id.span().start, "permit id", reason));
        }
        permits.push(permit);
    }
    let shop_line = raw
        .shop_line
        .as_ref()
        .map(|line| ShopLine::new(line.get_ref()).map_err(|reason| place.error(line.span().start, "shop_line", reason)))
        .transpose()?;
    let mut zone = Zone {
        id: place.parsed("id", &raw.id)?,
        name: raw.name.unwrap_or_else(|| raw.id.get_ref().clone()),
        polygon: place.polygon("polygon", &raw.polygon)?,
        key_area: raw.key_area,
        shop_line,
        rules,
        permits,
        version: String::new(),
    };
    zone.version = version_of(&zone);
    Ok(zone)
}

fn permit(place: &Place<'_>, raw: &RawPermit) -> Result<Permit, SiteError> {
    let place = place.within(&format!("permit {:?}", raw.id.get_ref()));
    if raw.kinds.is_empty() {
        return Err(place.error(raw.id.span().start, "kinds", "a permit names at least one kind"));
    }
    let permit = Permit {
        id: place.parsed("id", &raw.id)?,
        kinds: raw.kinds.iter().map(|kind| place.parsed("kinds", kind)).collect::<Result<_, _>>()?,
        polygon: raw.polygon.as_ref().map(|polygon| place.polygon("polygon", polygon)).transpose()?,
        weekly: place.windows("weekly", &raw.weekly)?,
        from: place.date("from", raw.from.as_ref())?,
        until: place.date("until", raw.until.as_ref())?,
        trade: raw.trade.clone(),
        document: raw.document.clone(),
    };
    if let (Some(from), Some(until), Some(at)) = (permit.from, permit.until, &raw.until)
        && until < from
    {
        return Err(place.error(at.span().start, "until", format!("{until} is before from = {from}")));
    }
    Ok(permit)
}

#[derive(Serialize)]
struct OutSite {
    time_zone: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    holidays: Vec<String>,
    camera: Vec<OutCamera>,
}

#[derive(Serialize)]
struct OutCamera {
    id: String,
    name: String,
    district: String,
    street: String,
    source: String,
    decode: OutDecode,
    zone: Vec<OutZone>,
}

#[derive(Serialize)]
struct OutDecode {
    idle: &'static str,
    active_fps: f64,
    min_fps: f64,
}

#[derive(Serialize)]
struct OutZone {
    id: String,
    name: String,
    polygon: Vec<[f64; 2]>,
    key_area: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    shop_line: Option<Vec<[f64; 2]>>,
    rules: BTreeMap<&'static str, OutRule>,
    permit: Vec<OutPermit>,
}

#[derive(Serialize)]
struct OutRule {
    dwell: String,
    clear_after: String,
    min_area: f64,
    min_score: f64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    weekly: Vec<String>,
}

#[derive(Serialize)]
struct OutPermit {
    id: String,
    kinds: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    polygon: Option<Vec<[f64; 2]>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    weekly: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trade: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<String>,
}

fn corners(points: &[crate::geometry::Point]) -> Vec<[f64; 2]> {
    points.iter().map(|p| [p.x, p.y]).collect()
}

fn texts(windows: &[WeeklyWindow]) -> Vec<String> {
    windows.iter().map(ToString::to_string).collect()
}

fn milliseconds(duration: Duration) -> String {
    let ms = duration.as_millis();
    if ms.is_multiple_of(1000) { format!("{}s", ms / 1000) } else { format!("{ms}ms") }
}

impl From<&Zone> for OutZone {
    fn from(zone: &Zone) -> Self {
        let rule = |rule: &Rule| OutRule {
            dwell: milliseconds(rule.dwell),
            clear_after: milliseconds(rule.clear_after),
            min_area: rule.min_area,
            min_score: rule.min_score,
            weekly: texts(&rule.weekly),
        };
        let permit = |permit: &Permit| OutPermit {
            id: permit.id.to_string(),
            kinds: permit.kinds.iter().map(|kind| kind.wire_name()).collect(),
            polygon: permit.polygon.as_ref().map(|polygon| corners(polygon.corners())),
            weekly: texts(&permit.weekly),
            from: permit.from.map(|date| date.to_string()),
            until: permit.until.map(|date| date.to_string()),
            trade: permit.trade.clone(),
            document: permit.document.clone(),
        };
        Self {
            id: zone.id.to_string(),
            name: zone.name.clone(),
            polygon: corners(zone.polygon.corners()),
            key_area: zone.key_area,
            shop_line: zone.shop_line.as_ref().map(|line| corners(line.points())),
            rules: zone.rules.iter().map(|(kind, r)| (kind.wire_name(), rule(r))).collect(),
            permit: zone.permits.iter().map(permit).collect(),
        }
    }
}

pub(super) fn to_toml(site: &Site) -> String {
    let camera = |camera: &Camera| OutCamera {
        id: camera.id.to_string(),
        name: camera.name.clone(),
        district: camera.district.clone(),
        street: camera.street.clone(),
        source: camera.source.clone(),
        decode: OutDecode {
            idle: match camera.decode.idle {
                Decode::KeyFrames => "keyframes",
                Decode::Full => "full",
            },
            active_fps: camera.decode.active_fps,
            min_fps: camera.decode.min_fps,
        },
        zone: camera.zones.iter().map(OutZone::from).collect(),
    };
    let out = OutSite {
        time_zone: site.calendar.time_zone.iana_name().unwrap_or("UTC").to_owned(),
        holidays: site.calendar.holidays.iter().map(ToString::to_string).collect(),
        camera: site.cameras.iter().map(camera).collect(),
    };
    toml::to_string(&out).expect("a checked site has only strings, numbers and tables, all of which TOML can hold")
}
