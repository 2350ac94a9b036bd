//! 无序设摊: goods, cart or stall that stays, with a person beside it most of the time.

use events::ObjectClass;

use super::{Check, Facts, Name, Verdict, firmness, hangs, named, newness};

/// A stall is attended at least this share of its stay.
const ATTENDED: f64 = 0.5;

pub(super) fn judge(facts: &Facts<'_>) -> Verdict {
    let thing = facts.thing;
    let mut checks = newness(facts);
    checks.extend(firmness(facts));
    checks.push(Check::at_least(Name::AttendedShare, thing.attended_share(), ATTENDED));
    checks.push(Check::at_most(Name::Elevation, if hangs(thing) { 1.0 } else { 0.0 }, 0.5));
    if named(thing, &[ObjectClass::Bin, ObjectClass::TwoWheeler, ObjectClass::Car, ObjectClass::Truck, ObjectClass::Person]) {
        checks.push(Check::at_least(Name::Wanted, 0.0, 1.0));
    }
    Verdict {
        checks,
        since: Some(thing.onset),
        text: |facts, dwell| format!("stood {dwell:.0} s, attended {:.0} % of it", facts.thing.attended_share() * 100.0),
    }
}
