//! What a condition means, in words a bureau can act on.

use events::Kind;
use events::site::{Camera, Zone};
use scene::{Condition, NearMiss};

/// A condition as a person reads it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Worded {
    /// One clause.
    pub(super) text: String,
    /// Where the bound stands in the site file; `None` where it is built in.
    pub(super) key: Option<String>,
    /// The setting with which the condition would have held, where there is one.
    pub(super) would_hold: Option<String>,
}

/// A number with as many digits as tell it from others: 0.00052 is not 0.00.
pub(super) fn number(value: f64) -> String {
    let digits = match value.abs() {
        v if v == 0.0 || v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 0.1 => 2,
        v if v >= 0.01 => 3,
        _ => 5,
    };
    format!("{value:.digits$}")
}

fn percent(share: f64) -> String {
    format!("{} %", number(share * 100.0))
}

/// Words, key and remedy of one condition of a miss.
pub(super) fn worded(camera: &Camera, miss: &NearMiss, condition: &Condition) -> Worded {
    let zone = camera.zones.iter().find(|zone| zone.id == miss.zone);
    Worded {
        text: text(miss.kind, condition),
        // No polygon brings into the picture what its edge cuts off.
        key: condition.set_by.filter(|key| *key != "polygon").map(|key| path(zone, miss, key)),
        would_hold: would_hold(zone, miss, condition),
    }
}

fn text(kind: Kind, condition: &Condition) -> String {
    let fact = &condition.fact;
    let (value, needed) = (fact.value, fact.needed.unwrap_or_default());
    let bound = if condition.at_least { "at least" } else { "at most" };
    match fact.name {
        "dwell" if value <= 0.0 && kind == Kind::WasteDumping => {
            format!("somebody was with it all the time: left alone for 0 s, at least {} s", number(needed))
        }
        "dwell" if kind == Kind::WasteDumping => {
            format!("left alone for {} s, at least {} s: {} s too short", number(value), number(needed), number(needed - value))
        }
        "dwell" => format!("stood {} s, at least {} s: {} s too short", number(value), number(needed), number(needed - value)),
        "area" => format!("covers {} of the picture, at least {}", percent(value), percent(needed)),
        "score" => format!("score {}, at least {}", number(value), number(needed)),
        "in_force" => "the rule was not in force at that time".to_owned(),
        "beyond_shop_line" if value <= 0.0 => {
            format!("stands {} of the picture's height inside the shop line", percent(-value))
        }
        "beyond_shop_line" => format!(
            "stands {} of the picture's height beyond the shop line, at least {} (what drawing the line leaves open)",
            percent(value),
            percent(needed)
        ),
        "at_shop_line" if condition.at_least => {
            format!("stands {} of the picture's height from the shop line: so near it is the shop's, not dumped", percent(value))
        }
        "at_shop_line" => format!(
            "stands {} of the picture's height beyond the shop line, at most {}: further out it is not the shop's",
            percent(value),
            percent(needed)
        ),
        "wholly_in_picture" => "cut off by the picture's edge".to_owned(),
        "left_behind" => "nobody was seen to bring it and go".to_owned(),
        "attended_share" => format!("somebody was with it {} of the time, at least {}", percent(value), percent(needed)),
        "alone" => format!("alone for {} s, at least {} s", number(value), number(needed)),
        "came_not_left" => format!("how clearly it came rather than left: {}, at least {}", number(value), number(needed)),
        "edge_strength" => format!("its border is soft like light's: {} grey levels, at least {}", number(value), number(needed)),
        "same_structure" => format!("{} of the street's structure shows through, at most {}", percent(value), percent(needed)),
        "shadow_likeness" => format!("looks {} like a shadow, at most {}", percent(value), percent(needed)),
        "mover_share" => {
            format!("a person or vehicle itself {} of the time, at most {}", percent(value), percent(needed))
        }
        "unrest" => format!("{} of its pixels keep changing, at most {}", percent(value), percent(needed)),
        "fill" => format!("fills {} of its box, at least {}", percent(value), percent(needed)),
        "rectangle" => format!("fills {} of its box, at least {} for a sheet or board", percent(value), percent(needed)),
        "appeared_within" => format!("took {} s to appear, at most {} s", number(value), number(needed)),
        "arrived_after_learning" => "was there when watching began: nobody saw it come".to_owned(),
        "stands_like_a_person" => "may be a person who stands still".to_owned(),
        "may_be_people" => "has the size of people who stand together".to_owned(),
        "may_be_a_vehicle" => "has the size of a parked vehicle".to_owned(),
        "size_of_a_person" if value <= 0.0 => {
            "too small or flat beside a person, or nobody was seen to compare it with".to_owned()
        }
        "size_of_a_person" => {
            format!("its size beside a person's: {}, at least {}", number(value), number(needed))
        }
        "elevation" if condition.at_least => {
            format!("hangs {} of a person's height above the feet of who put it up, at least {}", percent(value), percent(needed))
        }
        "elevation" => "hangs above the ground".to_owned(),
        "class_fits" => "the model names it as something else".to_owned(),
        name => format!("{name} {}{}, {bound} {}", number(value), fact.unit, number(needed)),
    }
}

/// Where in the site file.
fn path(zone: Option<&Zone>, miss: &NearMiss, key: &str) -> String {
    let zone = zone.map_or_else(|| miss.zone.to_string(), |zone| zone.id.to_string());
    match key {
        "shop_line" => format!("zone {zone}: {key}"),
        _ => format!("zone {zone}: rules.{}.{key}", miss.kind),
    }
}

fn would_hold(zone: Option<&Zone>, miss: &NearMiss, condition: &Condition) -> Option<String> {
    let value = condition.fact.value;
    let rule = zone?.rules.get(&miss.kind)?;
    match condition.set_by? {
        "dwell" if value >= 1.0 => Some(format!("dwell = \"{}s\"", value.floor())),
        // A judge may want a multiple of the rule's smallest area.
        "min_area" => {
            let times = condition.fact.needed? / rule.min_area.max(1e-9);
            // Rounded down, but not because of what dividing adds.
            let area = (value / times * 1e5 + 1e-6).floor() / 1e5;
            (area > 0.0).then(|| format!("min_area = {area}"))
        }
        "min_score" => Some(format!("min_score = {}", (value * 100.0).floor() / 100.0)),
        _ => None,
    }
}

/// The settings with which a miss would have been raised; `None` where a condition failed that no setting moves.
pub(super) fn remedy(camera: &Camera, miss: &NearMiss) -> Option<Vec<String>> {
    miss.failed.iter().map(|condition| worded(camera, miss, condition).would_hold).collect()
}
