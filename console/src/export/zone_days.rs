//! Zone-days as a table: what an analyst computes further with.

use super::{Column, Table, Type, Value};
use crate::clearance::figures::ZoneDay;
use crate::clearance::proportion::ratio;
use crate::dto::{ClearanceDefinition, word};

fn minutes(seconds: u32) -> Option<Value> {
    Some(Value::Number(f64::from(seconds) / 60.0))
}

fn whole(count: impl TryInto<i64>) -> Option<Value> {
    Some(Value::Whole(count.try_into().unwrap_or(i64::MAX)))
}

fn text(value: &str) -> Option<Value> {
    Some(Value::Text(value.to_owned()))
}

const COLUMNS: &[Column<ZoneDay>] = &[
    Column::new("day", Type::Day, |d| Some(Value::Day(d.date))),
    Column::new("district", Type::Text, |d| text(&d.cell.district)),
    Column::new("street", Type::Text, |d| text(&d.cell.street)),
    Column::new("camera", Type::Text, |d| text(&d.cell.camera)),
    Column::new("camera_name", Type::Text, |d| text(&d.cell.camera_name)),
    Column::new("zone", Type::Text, |d| text(&d.cell.zone)),
    Column::new("zone_name", Type::Text, |d| text(&d.cell.zone_name)),
    Column::nullable("area", Type::Text, |d| if d.cell.area.is_empty() { None } else { text(&d.cell.area) }),
    Column::nullable("control_grade", Type::Text, |d| d.cell.grade.map(|grade| Value::Text(word(&grade)))),
    Column::nullable("place_type", Type::Text, |d| d.cell.place.map(|place| Value::Text(word(&place)))),
    Column::new("kind", Type::Text, |d| Some(Value::Text(word(&d.cell.kind)))),
    Column::new("key_area", Type::Flag, |d| Some(Value::Flag(d.facts.key_area))),
    Column::new("outcome", Type::Text, |d| Some(Value::Text(word(&d.facts.zero)))),
    Column::new("force_min", Type::Number, |d| minutes(d.facts.force_s)),
    Column::new("watched_min", Type::Number, |d| minutes(d.facts.watched_s)),
    Column::nullable("coverage", Type::Number, |d| {
        ratio(f64::from(d.facts.watched_s), f64::from(d.facts.force_s)).map(Value::Number)
    }),
    Column::new("longest_hole_min", Type::Number, |d| minutes(d.facts.hole_s)),
    Column::new("open_violation_min", Type::Number, |d| minutes(d.facts.ovm_s)),
    Column::new("object_min", Type::Number, |d| minutes(d.facts.object_s)),
    Column::new("violations", Type::Whole, |d| whole(d.facts.violations)),
    Column::new("open_now", Type::Whole, |d| whole(d.facts.open.len())),
    Column::new("overdue", Type::Flag, |d| Some(Value::Flag(d.facts.overdue))),
    Column::new("raised", Type::Whole, |d| whole(d.facts.raised)),
    Column::new("permitted", Type::Whole, |d| whole(d.facts.permitted)),
    Column::new("true_positive", Type::Whole, |d| whole(d.facts.tp)),
    Column::new("false_positive", Type::Whole, |d| whole(d.facts.fp)),
    Column::new("found_permitted", Type::Whole, |d| whole(d.facts.found_permitted)),
    Column::new("undecided", Type::Whole, |d| whole(d.facts.undecided.len())),
    Column::new("sla_met", Type::Whole, |d| whole(d.facts.sla_met)),
    Column::new("sla_due", Type::Whole, |d| whole(d.facts.sla_due)),
    Column::new("sla_unknown", Type::Whole, |d| whole(d.facts.sla_unknown)),
    Column::new("recurred_1d", Type::Whole, |d| whole(d.facts.recurred[0].0)),
    Column::new("followed_1d", Type::Whole, |d| whole(d.facts.recurred[0].1)),
    Column::new("recurred_7d", Type::Whole, |d| whole(d.facts.recurred[1].0)),
    Column::new("followed_7d", Type::Whole, |d| whole(d.facts.recurred[1].1)),
    Column::new("recurred_30d", Type::Whole, |d| whole(d.facts.recurred[2].0)),
    Column::new("followed_30d", Type::Whole, |d| whole(d.facts.recurred[2].1)),
    Column::new("decisions", Type::Whole, |d| whole(d.facts.ruled)),
    Column::new("revoked", Type::Whole, |d| whole(d.facts.revoked)),
    Column::new("lost", Type::Whole, |d| whole(d.facts.lost)),
    Column::new("restated", Type::Flag, |d| Some(Value::Flag(d.restated))),
    Column::new("as_of", Type::Time, |d| Some(Value::Time(d.as_of))),
];

/// These zone-days as a table; what they were made under goes with it.
pub(crate) fn table<'a>(rows: Vec<&'a ZoneDay>, definition: &ClearanceDefinition, time_zone: &str) -> Table<'a, ZoneDay> {
    let parameters = serde_json::to_string(&definition.parameters).expect("parameters are JSON");
    let notes = [("definition", definition.version.to_string()), ("parameters", parameters), ("time_zone", time_zone.to_owned())];
    let notes = notes.into_iter().map(|(key, value)| (format!("kerbwatch.{key}"), value)).collect();
    Table { name: "zone_days", columns: COLUMNS, rows, definition: definition.version, notes }
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::sync::Arc;

    use super::*;
    use crate::clearance::day::DayFacts;
    use crate::clearance::figures::CellKey;
    use crate::export::{csv, parquet};

    fn days() -> Vec<ZoneDay> {
        let cell = Arc::new(CellKey {
            camera: "c".to_owned(),
            zone: "z".to_owned(),
            kind: crate::dto::Kind::IllegalStall,
            camera_name: "=1+1".to_owned(),
            zone_name: "a \"zone\", 真的".to_owned(),
            district: String::new(),
            street: String::new(),
            area: String::new(),
            grade: None,
            place: None,
        });
        let facts = DayFacts { force_s: 86_400, watched_s: 43_200, violations: 2, key_area: true, ..DayFacts::default() };
        let day = |day, as_of, facts: DayFacts| ZoneDay {
            cell: Arc::clone(&cell),
            date: jiff::civil::date(2026, 11, day),
            as_of,
            restated: day == 21,
            facts: Arc::new(facts),
        };
        vec![day(20, 1_764_000_000_123, facts), day(21, 0, DayFacts::default())]
    }

    fn made(days: &[ZoneDay]) -> Table<'_, ZoneDay> {
        let definition = ClearanceDefinition {
            version: 3,
            at: String::new(),
            by: String::new(),
            note: String::new(),
            parameters: Default::default(),
        };
        table(days.iter().collect(), &definition, "Asia/Shanghai")
    }

    #[test]
    fn cells_are_quoted_and_what_looks_like_a_formula_is_text() {
        let days = days();
        let text = String::from_utf8(csv(&made(&days)).unwrap()).unwrap();
        let line = text.lines().nth(1).unwrap();
        assert!(line.starts_with("2026-11-20,") && line.contains("'=1+1") && line.ends_with(",3"), "{line}");
        assert!(line.contains(r#""a ""zone"", 真的""#) && line.contains("2025-11-24T16:00:00.123Z"), "{line}");
    }

    /// What an independent reader finds: types as text, then the rows.
    const READ: &str = r#"
import json, sys
import pyarrow.parquet as pq
table = pq.read_table(sys.argv[1])
fields = {f.name: [str(f.type), f.nullable] for f in table.schema}
rows = json.loads(json.dumps(table.to_pylist(), default=lambda v: v.isoformat()))
print(json.dumps([fields, rows, {k.decode(): v.decode() for k, v in table.schema.metadata.items()}]))
"#;

    /// A Python with pyarrow; made on first use. `None`, loudly, where that cannot be had.
    fn python() -> Option<std::path::PathBuf> {
        let venv = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../.local/parquet-venv");
        let python = venv.join("bin/python");
        let ready =
            || Command::new(&python).args(["-c", "import pyarrow.parquet"]).output().is_ok_and(|out| out.status.success());
        if !ready() && Command::new("python3").args(["-m", "venv"]).arg(&venv).output().is_ok_and(|out| out.status.success()) {
            drop(Command::new(&python).args(["-m", "pip", "install", "--quiet", "pyarrow"]).output());
        }
        if ready() {
            return Some(python);
        }
        eprintln!("SKIPPED: reading Parquet independently needs Python with pyarrow, and that cannot be installed here");
        None
    }

    #[test]
    fn another_program_reads_the_same_columns_and_values_out_of_parquet() {
        let days = days();
        let table = made(&days);
        let bytes = parquet(&table).unwrap();
        let empty = parquet(&made(&[])).unwrap();
        let Some(python) = python() else { return };
        let folder = tempfile::tempdir().unwrap();
        let read = |name: &str, bytes: &[u8]| -> (serde_json::Value, Vec<serde_json::Value>, serde_json::Value) {
            let file = folder.path().join(name);
            std::fs::write(&file, bytes).unwrap();
            let out = Command::new(&python).args(["-c", READ]).arg(&file).output().unwrap();
            assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
            serde_json::from_slice(&out.stdout).unwrap()
        };
        let (fields, rows, notes) = read("days.parquet", &bytes);
        let header = String::from_utf8(csv(&table).unwrap()).unwrap();
        let header: Vec<&str> = header.trim_start_matches('\u{feff}').lines().next().unwrap().split(',').collect();
        assert_eq!(fields.as_object().unwrap().len(), header.len());
        assert!(header.iter().all(|name| fields[*name].is_array()), "the columns of the CSV: {fields}");
        for (name, of, nullable) in [
            ("as_of", "timestamp[us, tz=UTC]", false),
            ("day", "date32[day]", false),
            ("coverage", "double", true),
            ("violations", "int64", false),
            ("key_area", "bool", false),
            ("zone_name", "string", false),
        ] {
            assert_eq!(fields[name], serde_json::json!([of, nullable]), "{name}");
        }
        assert_eq!((rows[0]["day"].as_str(), rows[0]["coverage"].as_f64()), (Some("2026-11-20"), Some(0.5)));
        assert_eq!(rows[0]["as_of"], "2025-11-24T16:00:00.123000+00:00");
        assert_eq!((&rows[0]["camera_name"], &rows[0]["zone_name"]), (&"=1+1".into(), &"a \"zone\", 真的".into()));
        assert_eq!((&rows[1]["coverage"], &rows[1]["restated"]), (&serde_json::Value::Null, &true.into()));
        assert_eq!((rows[0]["violations"].as_i64(), rows[0]["definition"].as_i64()), (Some(2), Some(3)));
        assert_eq!((&notes["kerbwatch.definition"], &notes["kerbwatch.time_zone"]), (&"3".into(), &"Asia/Shanghai".into()));
        assert_eq!(read("empty.parquet", &empty).1.len(), 0, "a period without zone-days is a file, too");
    }
}
