//! Zones between the form they are drawn in, the form they are kept in, and each other.

use std::collections::BTreeMap;

use events::site::spec::{self, Checked, ZoneSpec};
use events::site::{Camera, Site};
use serde_json::{Value, json};

use crate::dto::{FieldChange, Kind, PermitDetail, RuleDetail, ZoneChange, ZoneDrawing, ZoneFault};
use crate::error::ApiError;

/// What a camera's kept settings say, as far as a bureau draws it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Plan {
    pub(crate) zones: Vec<ZoneDrawing>,
    pub(crate) holidays: Vec<String>,
}

impl Plan {
    /// Checks it by the words and ranges of a site file.
    pub(crate) fn check(&self) -> Checked {
        let specs: Vec<ZoneSpec> = self.zones.iter().map(ZoneSpec::from).collect();
        spec::check(&specs, &self.holidays)
    }

    /// What is wrong with it.
    pub(crate) fn faults(&self) -> Vec<ZoneFault> {
        self.check().faults.into_iter().map(ZoneFault::from).collect()
    }

    /// The site with these zones instead of its own; refused with the first fault while something is wrong.
    pub(crate) fn applied(&self, site: &Site) -> Result<Site, ApiError> {
        let checked = self.check();
        if let Some(fault) = checked.faults.iter().find(|fault| !fault.warning) {
            let zone = fault.zone.and_then(|index| self.zones.get(index)).map(|zone| format!("zone {:?}, ", zone.name));
            let message = format!("{}{}: {}", zone.unwrap_or_default(), fault.field, fault.reason);
            return Err(ApiError::Refused { code: "bad_zones", message });
        }
        let mut site = site.clone();
        site.calendar.holidays = checked.holidays;
        for camera in &mut site.cameras {
            camera.zones = checked.zones.clone();
        }
        // What goes out is read once more the way workers read it.
        let text = site.to_toml();
        Site::parse("zones", &text).map_err(|error| ApiError::Refused { code: "bad_zones", message: error.to_string() })
    }
}

/// The site of a kept text, with its one camera.
pub(crate) fn kept(text: &str) -> Result<Option<Site>, ApiError> {
    if text.is_empty() {
        return Ok(None);
    }
    let site = Site::parse("kept settings", text).map_err(|error| ApiError::internal("reading a camera's settings", error))?;
    Ok((site.cameras.len() == 1).then_some(site))
}

fn kind(kind: events::Kind) -> Kind {
    Kind::from(kind)
}

fn drawing(zone: &events::site::Zone) -> ZoneDrawing {
    let spec = ZoneSpec::from(zone);
    let rules = zone.rules.keys().zip(spec.rules).map(|(of, rule)| RuleDetail {
        kind: kind(*of),
        dwell_s: rule.dwell_s,
        clear_after_s: rule.clear_after_s,
        min_area: rule.min_area,
        min_score: rule.min_score,
        weekly: rule.weekly,
    });
    let permits = zone.permits.iter().zip(spec.permits).map(|(of, permit)| PermitDetail {
        id: permit.id,
        kinds: of.kinds.iter().map(|k| kind(*k)).collect(),
        polygon: permit.polygon,
        weekly: permit.weekly,
        from: permit.from,
        until: permit.until,
        trade: permit.trade,
        document: permit.document,
    });
    ZoneDrawing {
        rules: rules.collect(),
        permits: permits.collect(),
        id: spec.id,
        name: spec.name,
        polygon: spec.polygon,
        key_area: spec.key_area,
        shop_line: spec.shop_line,
    }
}

/// What a site says of its camera's zones.
pub(crate) fn plan(site: Option<&Site>) -> Plan {
    let zones = |camera: &Camera| camera.zones.iter().map(drawing).collect();
    site.map(|site| Plan {
        zones: site.cameras.first().map(zones).unwrap_or_default(),
        holidays: site.calendar.holidays.iter().map(ToString::to_string).collect(),
    })
    .unwrap_or_default()
}

/// A zone's fields by name, rules and permits opened up, so that two states can be laid side by side.
fn fields(zone: &ZoneDrawing) -> BTreeMap<String, Value> {
    let mut fields = BTreeMap::from([
        ("name".to_owned(), json!(zone.name)),
        ("polygon".to_owned(), json!(zone.polygon)),
        ("key_area".to_owned(), json!(zone.key_area)),
    ]);
    if let Some(line) = &zone.shop_line {
        fields.insert("shop_line".to_owned(), json!(line));
    }
    for rule in &zone.rules {
        let Ok(Value::Object(parts)) = serde_json::to_value(rule) else { continue };
        let kind = parts["kind"].as_str().unwrap_or_default().to_owned();
        fields.extend(parts.into_iter().filter(|(key, _)| key != "kind").map(|(key, v)| (format!("rules.{kind}.{key}"), v)));
    }
    fields.extend(zone.permits.iter().map(|permit| (format!("permits.{}", permit.id), json!(permit))));
    fields
}

fn field_changes(before: &ZoneDrawing, after: &ZoneDrawing) -> Vec<FieldChange> {
    let (old, new) = (fields(before), fields(after));
    let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let value = |fields: &BTreeMap<String, Value>, name: &String| fields.get(name).cloned().unwrap_or(Value::Null);
    names
        .into_iter()
        .map(|name| FieldChange { field: name.clone(), before: value(&old, name), after: value(&new, name) })
        .filter(|change| change.before != change.after)
        .collect()
}

/// How `after` differs from `before`, zone by zone.
pub(crate) fn diff(before: &Plan, after: &Plan) -> Vec<ZoneChange> {
    let named = |zone: &ZoneDrawing, change: &str, fields| ZoneChange {
        zone: Some(zone.id.clone()),
        name: zone.name.clone(),
        change: change.to_owned(),
        fields,
    };
    let mut changes = Vec::new();
    for zone in &after.zones {
        match before.zones.iter().find(|old| old.id == zone.id) {
            None => changes.push(named(zone, "added", Vec::new())),
            Some(old) => {
                let fields = field_changes(old, zone);
                if !fields.is_empty() {
                    changes.push(named(zone, "changed", fields));
                }
            }
        }
    }
    let gone = before.zones.iter().filter(|old| after.zones.iter().all(|zone| zone.id != old.id));
    changes.extend(gone.map(|old| named(old, "removed", Vec::new())));
    if before.holidays != after.holidays {
        let field = FieldChange { field: "holidays".to_owned(), before: json!(before.holidays), after: json!(after.holidays) };
        changes.push(ZoneChange { zone: None, name: String::new(), change: "changed".to_owned(), fields: vec![field] });
    }
    changes
}

/// The Wilson score interval at 95 % for `hits` of `n`, as counts come from the database.
pub(crate) fn wilson(hits: i64, n: i64) -> Option<(f64, f64)> {
    let share = crate::clearance::proportion::wilson(u64::try_from(hits).ok()?, u64::try_from(n).ok()?)?;
    Some((share.low, share.high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_wilsons() {
        // Newcombe 1998, table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
        for (hits, n, low, high) in
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
        {
            let (a, b) = wilson(hits, n).unwrap();
            assert!((a - low).abs() < 5e-5 && (b - high).abs() < 5e-5, "{hits} of {n}: {a} {b}");
        }
        assert_eq!(wilson(0, 0), None);
    }
}
