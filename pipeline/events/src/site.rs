//! `site.toml`: cameras, zones, rules and permits, checked. What is wrong is refused with its line and the reason.

mod file;
pub mod spec;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::Date;
use sha2::{Digest, Sha256};

use crate::geometry::{Polygon, ShopLine};
use crate::id::{CameraId, PermitId, ZoneId};
use crate::kind::Kind;
use crate::schedule::{Calendar, WeeklyWindow};
use crate::time::WallTime;

pub use file::SiteError;

/// A checked site file.
#[derive(Debug, Clone)]
pub struct Site {
    /// Time zone and holidays of all its schedules.
    pub calendar: Calendar,
    /// In the order of the file; ids are unique.
    pub cameras: Vec<Camera>,
}

impl Site {
    /// Reads a site file's text. `name` stands in front of errors, e.g. `site.toml:12: …`.
    ///
    /// # Errors
    /// The first thing that is wrong, with file, line and reason.
    pub fn parse(name: &str, text: &str) -> Result<Self, SiteError> {
        file::parse(name, text)
    }

    /// The camera with this id.
    pub fn camera(&self, id: &str) -> Option<&Camera> {
        self.cameras.iter().find(|camera| camera.id.as_str() == id)
    }

    /// Writes the site as a site file again; reading it gives the same site.
    pub fn to_toml(&self) -> String {
        file::to_toml(self)
    }
}

/// How much of a camera's stream is decoded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DecodePolicy {
    /// What is decoded while nothing happens.
    pub idle: Decode,
    /// Frames a second while something does.
    pub active_fps: f64,
    /// Never fewer than this, whatever the camera's GOP.
    pub min_fps: f64,
}

impl Default for DecodePolicy {
    fn default() -> Self {
        Self { idle: Decode::KeyFrames, active_fps: 5.0, min_fps: 0.5 }
    }
}

/// Which frames are decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decode {
    /// Key frames only.
    KeyFrames,
    /// All frames.
    Full,
}

/// A camera of the site.
#[derive(Debug, Clone)]
pub struct Camera {
    /// Unique in the site.
    pub id: CameraId,
    /// For people.
    pub name: String,
    /// The district it hangs in.
    pub district: String,
    /// The street (街镇) it hangs in.
    pub street: String,
    /// Where its stream comes from, as written: may hold a password, so show it only redacted.
    pub source: String,
    /// How much is decoded.
    pub decode: DecodePolicy,
    /// Ids are unique within the camera.
    pub zones: Vec<Zone>,
}

/// A watched polygon of a camera's picture.
#[derive(Debug, Clone)]
pub struct Zone {
    /// Unique within its camera.
    pub id: ZoneId,
    /// For people.
    pub name: String,
    /// What is watched.
    pub polygon: Polygon,
    /// Is it under the clearance target?
    pub key_area: bool,
    /// Encroachment counts only what stands beyond it.
    pub shop_line: Option<ShopLine>,
    /// Which kinds are watched, and how.
    pub rules: BTreeMap<Kind, Rule>,
    /// What is allowed here.
    pub permits: Vec<Permit>,
    /// Names this state of the zone: `file-` and 12 hex digits of a digest over all of the above, or the console's number.
    pub version: String,
}

/// How one kind is watched in one zone.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// How long it must last before a candidate is raised.
    pub dwell: Duration,
    /// How long it must be seen to be gone before it is cleared.
    pub clear_after: Duration,
    /// Smallest thing that counts, as a share of the picture.
    pub min_area: f64,
    /// Smallest score that counts, 0..=1.
    pub min_score: f64,
    /// When it is watched; empty means always.
    pub weekly: Vec<WeeklyWindow>,
}

impl Rule {
    /// The defaults for a kind: the design's dwell, cleared after 60 s, 0.08 % of the picture, any score.
    pub fn default_for(kind: Kind) -> Self {
        Self {
            dwell: kind.default_dwell(),
            clear_after: Duration::from_secs(60),
            min_area: 0.0008,
            min_score: 0.0,
            weekly: Vec::new(),
        }
    }

    /// Is the rule in force at this time?
    pub fn in_force(&self, calendar: &Calendar, at: WallTime) -> bool {
        self.weekly.is_empty() || calendar.within_any(&self.weekly, at)
    }
}

/// Allowed use of a place and time.
#[derive(Debug, Clone)]
pub struct Permit {
    /// Unique within its zone.
    pub id: PermitId,
    /// Which kinds it allows.
    pub kinds: Vec<Kind>,
    /// The part of the zone it covers; `None` is all of it.
    pub polygon: Option<Polygon>,
    /// When in the week; empty means always.
    pub weekly: Vec<WeeklyWindow>,
    /// First day.
    pub from: Option<Date>,
    /// Last day, included.
    pub until: Option<Date>,
    /// The trade it is given for.
    pub trade: Option<String>,
    /// The paper it rests on.
    pub document: Option<String>,
}

impl Permit {
    /// Is it valid at this time? A window over midnight counts with the day it starts on only for the hours, not for the
    /// dates: the night after `until` is not covered beyond midnight.
    pub fn valid_at(&self, calendar: &Calendar, at: WallTime) -> bool {
        let (date, _) = calendar.local(at);
        self.from.is_none_or(|from| from <= date)
            && self.until.is_none_or(|until| date <= until)
            && (self.weekly.is_empty() || calendar.within_any(&self.weekly, at))
    }
}

/// Stands in an address where a secret was left out.
pub const LEFT_OUT: &str = "***";

/// Names of values in an address that are nobody's business, as cameras' makers write them, in lower case.
const SECRET_NAMES: [&str; 7] = ["pass", "pwd", "token", "secret", "key", "auth", "sign"];

/// `scheme://user:secret@host/…` with the user's part replaced by [`LEFT_OUT`]; other texts unchanged.
fn without_user(source: &str) -> String {
    let Some((scheme, rest)) = source.split_once("://") else { return source.to_owned() };
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..authority_end].rfind('@') {
        Some(at) => format!("{scheme}://{LEFT_OUT}{}", &rest[at..]),
        None => source.to_owned(),
    }
}

/// An address without its user and password and without values that are secret by their name, wherever in it they stand; what
/// else it says stays. Only where it can be read by people who use it.
pub fn without_secrets(source: &str) -> String {
    let source = without_user(source);
    if !source.contains("://") {
        return source;
    }
    let mut out = String::with_capacity(source.len());
    for piece in source.split_inclusive(['?', '&', ';', '/', '#']) {
        let (body, end) = split_end(piece, "?&;/#");
        match body.split_once('=') {
            Some((name, value))
                if !value.is_empty() && SECRET_NAMES.iter().any(|word| name.to_ascii_lowercase().contains(word)) =>
            {
                out.push_str(name);
                out.push('=');
                out.push_str(LEFT_OUT);
            }
            _ => out.push_str(body),
        }
        out.push_str(end);
    }
    out
}

/// An address for logs and evidence, which go to people who shall not open the stream: as [`without_secrets`], and without any
/// value of its query, whatever its name; a token may have any. Names stay. The same twice is the same once.
pub fn redact_source(source: &str) -> String {
    let source = without_secrets(source);
    if !source.contains("://") {
        return source;
    }
    let Some((head, rest)) = source.split_once('?') else { return source };
    let (query, tail) = rest.split_at(rest.find('#').unwrap_or(rest.len()));
    let mut out = format!("{head}?");
    for piece in query.split_inclusive(['&', ';', '?']) {
        let (body, end) = split_end(piece, "&;?");
        match body.split_once('=') {
            Some((name, "")) => out.push_str(&format!("{name}=")),
            Some((name, _)) => out.push_str(&format!("{name}={LEFT_OUT}")),
            // A value without a name.
            None if !body.is_empty() => out.push_str(LEFT_OUT),
            None => {}
        }
        out.push_str(end);
    }
    out + tail
}

/// A piece and the mark at its end, if it is one of these.
fn split_end<'a>(piece: &'a str, marks: &str) -> (&'a str, &'a str) {
    match piece.char_indices().last() {
        Some((at, last)) if marks.contains(last) => piece.split_at(at),
        _ => (piece, ""),
    }
}

/// The version of a zone that stands in a file: a digest of what it says.
pub(crate) fn file_version(canonical: &str) -> String {
    format!("file-{}", hex::encode(&Sha256::digest(canonical.as_bytes())[..6]))
}

#[cfg(test)]
mod tests;
