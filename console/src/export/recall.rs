//! Drawn minutes and finds as tables.

use super::{Column, Table, Type, Value};
use crate::clock::parse_ms;
use crate::dto::{ClearanceDefinition, FindRecord, RecallMinute, word};

fn text(value: &str) -> Option<Value> {
    Some(Value::Text(value.to_owned()))
}

fn time(value: &str) -> Option<Value> {
    parse_ms(value).map(Value::Time)
}

const MINUTES: &[Column<RecallMinute>] = &[
    Column::new("audit", Type::Text, |m| text(&m.audit)),
    Column::new("position", Type::Whole, |m| Some(Value::Whole(m.position))),
    Column::new("minute_at", Type::Time, |m| time(&m.minute_at)),
    Column::nullable("picture_at", Type::Time, |m| m.picture_at.as_deref().and_then(time)),
    Column::new("district", Type::Text, |m| text(&m.district)),
    Column::new("street", Type::Text, |m| text(&m.street)),
    Column::nullable("area", Type::Text, |m| m.area.as_deref().and_then(text)),
    Column::new("camera", Type::Text, |m| text(&m.camera)),
    Column::new("camera_name", Type::Text, |m| text(&m.camera_name)),
    Column::new("zone", Type::Text, |m| text(&m.zone)),
    Column::new("zone_name", Type::Text, |m| text(&m.zone_name)),
    Column::new("kind", Type::Text, |m| text(&word(&m.kind))),
    Column::new("outcome", Type::Text, |m| text(&word(&m.outcome))),
    Column::nullable("cannot_tell", Type::Text, |m| m.answer.as_ref()?.reason.map(|reason| Value::Text(word(&reason)))),
    Column::nullable("answered_by", Type::Text, |m| m.answer.as_ref().and_then(|answer| text(&answer.by))),
    Column::nullable("answered_at", Type::Time, |m| m.answer.as_ref().and_then(|answer| time(&answer.at))),
    Column::nullable("blind", Type::Flag, |m| m.answer.as_ref().map(|answer| Value::Flag(answer.blind))),
    Column::new("revised", Type::Flag, |m| Some(Value::Flag(m.revised))),
    Column::new("weight", Type::Number, |m| Some(Value::Number(m.weight))),
    Column::nullable("candidate", Type::Text, |m| m.overlaps.first().and_then(|best| text(&best.candidate))),
];

const FINDS: &[Column<FindRecord>] = &[
    Column::new("find", Type::Text, |f| text(&f.id)),
    Column::new("source", Type::Text, |f| text(&word(&f.source))),
    Column::new("number", Type::Text, |f| text(&f.number)),
    Column::new("seen_at", Type::Time, |f| time(&f.seen_at)),
    Column::new("reported_at", Type::Time, |f| time(&f.reported_at)),
    Column::new("district", Type::Text, |f| text(&f.district)),
    Column::new("street", Type::Text, |f| text(&f.street)),
    Column::new("camera", Type::Text, |f| text(&f.camera)),
    Column::new("camera_name", Type::Text, |f| text(&f.camera_name)),
    Column::nullable("zone", Type::Text, |f| f.zone.as_deref().and_then(text)),
    Column::new("kind", Type::Text, |f| text(&word(&f.kind))),
    Column::new("cover", Type::Text, |f| text(&word(&f.cover))),
    Column::nullable("candidate", Type::Text, |f| f.matched.as_ref().and_then(|matched| text(&matched.candidate))),
    Column::nullable("raised_at", Type::Time, |f| f.matched.as_ref().and_then(|matched| time(&matched.raised_at))),
    Column::nullable("lead_s", Type::Whole, |f| f.lead_s.map(|lead| Value::Whole(i64::from(lead)))),
    Column::new("withdrawn", Type::Flag, |f| Some(Value::Flag(f.withdrawn))),
    Column::nullable("ruling", Type::Text, |f| f.rulings.last().and_then(|last| text(&word(&last.ruling)))),
    Column::new("entered_by", Type::Text, |f| text(&f.by)),
];

fn notes(definition: &ClearanceDefinition, time_zone: &str) -> Vec<(String, String)> {
    let parameters = serde_json::to_string(&definition.parameters).expect("parameters are JSON");
    let notes = [("definition", definition.version.to_string()), ("parameters", parameters), ("time_zone", time_zone.to_owned())];
    notes.into_iter().map(|(key, value)| (format!("kerbwatch.{key}"), value)).collect()
}

/// Drawn minutes as a table.
pub(crate) fn minutes<'a>(rows: Vec<&'a RecallMinute>, definition: &ClearanceDefinition, zone: &str) -> Table<'a, RecallMinute> {
    Table { name: "recall_minutes", columns: MINUTES, rows, definition: definition.version, notes: notes(definition, zone) }
}

/// Finds as a table.
pub(crate) fn finds<'a>(rows: Vec<&'a FindRecord>, definition: &ClearanceDefinition, zone: &str) -> Table<'a, FindRecord> {
    Table { name: "recall_finds", columns: FINDS, rows, definition: definition.version, notes: notes(definition, zone) }
}
