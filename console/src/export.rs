//! Zone-days as a file for spreadsheets and for analysis.

use crate::clearance::figures::ZoneDay;
use crate::clearance::proportion::ratio;
use crate::clock::rfc3339;
use crate::dto::word;

/// One value of a column.
enum Value {
    Text(String),
    Whole(i64),
    Number(f64),
    Flag(bool),
}

struct Column {
    name: &'static str,
    /// `None` is an empty cell.
    value: fn(&ZoneDay) -> Option<Value>,
}

const fn column(name: &'static str, value: fn(&ZoneDay) -> Option<Value>) -> Column {
    Column { name, value }
}

fn minutes(seconds: u32) -> Option<Value> {
    Some(Value::Number(f64::from(seconds) / 60.0))
}

fn whole(count: impl TryInto<i64>) -> Option<Value> {
    Some(Value::Whole(count.try_into().unwrap_or(i64::MAX)))
}

fn text(value: &str) -> Option<Value> {
    Some(Value::Text(value.to_owned()))
}

const COLUMNS: &[Column] = &[
    column("day", |d| Some(Value::Text(d.date.to_string()))),
    column("district", |d| text(&d.cell.district)),
    column("street", |d| text(&d.cell.street)),
    column("camera", |d| text(&d.cell.camera)),
    column("camera_name", |d| text(&d.cell.camera_name)),
    column("zone", |d| text(&d.cell.zone)),
    column("zone_name", |d| text(&d.cell.zone_name)),
    column("kind", |d| Some(Value::Text(word(&d.cell.kind)))),
    column("key_area", |d| Some(Value::Flag(d.facts.key_area))),
    column("outcome", |d| Some(Value::Text(word(&d.facts.zero)))),
    column("force_min", |d| minutes(d.facts.force_s)),
    column("watched_min", |d| minutes(d.facts.watched_s)),
    column("coverage", |d| ratio(f64::from(d.facts.watched_s), f64::from(d.facts.force_s)).map(Value::Number)),
    column("longest_hole_min", |d| minutes(d.facts.hole_s)),
    column("open_violation_min", |d| minutes(d.facts.ovm_s)),
    column("object_min", |d| minutes(d.facts.object_s)),
    column("violations", |d| whole(d.facts.violations)),
    column("open_now", |d| whole(d.facts.open.len())),
    column("overdue", |d| Some(Value::Flag(d.facts.overdue))),
    column("raised", |d| whole(d.facts.raised)),
    column("permitted", |d| whole(d.facts.permitted)),
    column("true_positive", |d| whole(d.facts.tp)),
    column("false_positive", |d| whole(d.facts.fp)),
    column("found_permitted", |d| whole(d.facts.found_permitted)),
    column("undecided", |d| whole(d.facts.undecided.len())),
    column("sla_met", |d| whole(d.facts.sla_met)),
    column("sla_due", |d| whole(d.facts.sla_due)),
    column("sla_unknown", |d| whole(d.facts.sla_unknown)),
    column("recurred_1d", |d| whole(d.facts.recurred[0].0)),
    column("followed_1d", |d| whole(d.facts.recurred[0].1)),
    column("recurred_7d", |d| whole(d.facts.recurred[1].0)),
    column("followed_7d", |d| whole(d.facts.recurred[1].1)),
    column("recurred_30d", |d| whole(d.facts.recurred[2].0)),
    column("followed_30d", |d| whole(d.facts.recurred[2].1)),
    column("restated", |d| Some(Value::Flag(d.restated))),
    column("as_of", |d| Some(Value::Text(rfc3339(d.as_of)))),
];

/// What a spreadsheet would take for a formula is marked as text.
fn harmless(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text }
}

/// CSV with a header line (RFC 4180, UTF-8 with the mark that spreadsheets want). The definition is its last column.
pub(crate) fn csv(days: &[&ZoneDay], definition: i64) -> Result<Vec<u8>, csv::Error> {
    let mut out = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    out.write_record(COLUMNS.iter().map(|column| column.name).chain(["definition"]))?;
    let version = definition.to_string();
    for day in days {
        let cells = COLUMNS.iter().map(|column| match (column.value)(day) {
            None => String::new(),
            Some(Value::Text(text)) => harmless(text),
            Some(Value::Whole(number)) => number.to_string(),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Flag(flag)) => flag.to_string(),
        });
        out.write_record(cells.chain([version.clone()]))?;
    }
    out.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn cells_are_quoted_and_what_looks_like_a_formula_is_text() {
        let day = ZoneDay {
            cell: Arc::new(crate::clearance::figures::CellKey {
                camera: "c".to_owned(),
                zone: "z".to_owned(),
                kind: crate::dto::Kind::IllegalStall,
                camera_name: "=1+1".to_owned(),
                zone_name: "a \"zone\", really".to_owned(),
                district: String::new(),
                street: String::new(),
            }),
            date: jiff::civil::date(2026, 11, 20),
            as_of: 0,
            restated: false,
            facts: Arc::default(),
        };
        let text = String::from_utf8(csv(&[&day], 3).unwrap()).unwrap();
        let line = text.lines().nth(1).unwrap();
        assert!(line.contains("'=1+1") && line.contains(r#""a ""zone"", really""#) && line.ends_with(",3"), "{line}");
    }
}
