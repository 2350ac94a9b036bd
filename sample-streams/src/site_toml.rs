//! Zones of a sample camera, and the `[[camera]]` table that says them in `site.toml`.

use std::fmt::Write as _;

use events::Kind;

/// A rule of a zone, in seconds and shares of the picture. Demo rules are short so that a story is told in two minutes.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleSpec {
    /// What is watched.
    pub kind: Kind,
    /// How long it must last, in seconds.
    pub dwell_s: u32,
    /// How long it must be gone, in seconds.
    pub clear_after_s: u32,
    /// Smallest thing that counts, as a share of the picture.
    pub min_area: f64,
}

/// An allowed use of a zone, always valid (a demo runs at any hour).
#[derive(Debug, Clone, PartialEq)]
pub struct PermitSpec {
    /// Unique within the zone.
    pub id: String,
    /// What it allows.
    pub kinds: Vec<Kind>,
    /// The part of the zone it covers, in 0..1; `None` is all of it.
    pub polygon: Option<Vec<[f64; 2]>>,
    /// The paper it rests on.
    pub document: String,
}

/// A watched polygon of a sample camera.
#[derive(Debug, Clone, PartialEq)]
pub struct ZoneSpec {
    /// Unique within the camera.
    pub id: String,
    /// For people.
    pub name: String,
    /// In 0..1 of the picture.
    pub polygon: Vec<[f64; 2]>,
    /// Is it under the clearance target?
    pub key_area: bool,
    /// Where the shops end, in 0..1 of the picture, left to right.
    pub shop_line: Option<Vec<[f64; 2]>>,
    /// What is watched in it.
    pub rules: Vec<RuleSpec>,
    /// What is allowed in it.
    pub permits: Vec<PermitSpec>,
}

/// The first lines of a `site.toml`, before the cameras.
pub fn site_header() -> &'static str {
    "time_zone = \"Asia/Shanghai\"\n"
}

fn points(points: &[[f64; 2]]) -> String {
    let list: Vec<String> = points.iter().map(|[x, y]| format!("[{x:.4}, {y:.4}]")).collect();
    format!("[{}]", list.join(", "))
}

/// TOML's own quoting, so that a source with quotes or backslashes stays what it is.
fn text(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

pub(crate) fn camera(id: &str, name: &str, district: &str, street: &str, source: &str, zones: &[ZoneSpec]) -> String {
    let mut out = format!(
        "[[camera]]\nid = {}\nname = {}\ndistrict = {}\nstreet = {}\nsource = {}\n",
        text(id),
        text(name),
        text(district),
        text(street),
        text(source)
    );
    for zone in zones {
        write_zone(&mut out, zone).expect("writing to a String cannot fail");
    }
    out
}

fn write_zone(out: &mut String, zone: &ZoneSpec) -> std::fmt::Result {
    writeln!(out, "[[camera.zone]]\nid = {}\nname = {}", text(&zone.id), text(&zone.name))?;
    writeln!(out, "polygon = {}\nkey_area = {}", points(&zone.polygon), zone.key_area)?;
    if let Some(line) = &zone.shop_line {
        writeln!(out, "shop_line = {}", points(line))?;
    }
    for rule in &zone.rules {
        writeln!(out, "[camera.zone.rules.{}]", rule.kind)?;
        writeln!(
            out,
            "dwell = \"{}s\"\nclear_after = \"{}s\"\nmin_area = {:?}",
            rule.dwell_s, rule.clear_after_s, rule.min_area
        )?;
    }
    for permit in &zone.permits {
        let kinds: Vec<String> = permit.kinds.iter().map(|kind| text(kind.wire_name())).collect();
        writeln!(out, "[[camera.zone.permit]]\nid = {}\nkinds = [{}]", text(&permit.id), kinds.join(", "))?;
        if let Some(polygon) = &permit.polygon {
            writeln!(out, "polygon = {}", points(polygon))?;
        }
        writeln!(out, "document = {}", text(&permit.document))?;
    }
    Ok(())
}
