//! 跨门经营: goods, tables or boards that stand beyond the shop line and stay.

use events::ObjectClass;

use super::{Check, Facts, Name, Verdict, firmness, hangs, named, newness};

/// A foot this far beyond the line may be a matter of drawing, picture heights.
const TOLERANCE: f64 = 0.012;

pub(super) fn judge(facts: &Facts<'_>) -> Verdict {
    let thing = facts.thing;
    let mut checks = newness(facts);
    checks.extend(firmness(facts));
    if let Some(line) = &facts.zone.shop_line {
        checks.push(Check::at_least(Name::Beyond, line.beyond(facts.bbox.foot()), TOLERANCE));
    }
    checks.push(Check::at_least(Name::Departed, if thing.departed { 1.0 } else { 0.0 }, 1.0));
    checks.push(Check::at_most(Name::Elevation, if hangs(thing) { 1.0 } else { 0.0 }, 0.5));
    if named(thing, &[ObjectClass::Bin, ObjectClass::TwoWheeler, ObjectClass::Car, ObjectClass::Truck, ObjectClass::Person]) {
        checks.push(Check::at_least(Name::Wanted, 0.0, 1.0));
    }
    Verdict {
        checks,
        since: Some(thing.onset.max(thing.complete)),
        text: |facts, dwell| match &facts.zone.shop_line {
            Some(line) => {
                let beyond = line.beyond(facts.bbox.foot()) * 100.0;
                format!("stood {dwell:.0} s, {beyond:.1} % of the picture's height beyond the shop line")
            }
            None => format!("stood {dwell:.0} s where nothing may be put out"),
        },
    }
}
