//! 无序设摊: goods, cart or stall that stays, with a person beside it most of the time.

use events::ObjectClass;

use super::{
    Check, Facts, MODEL_LOOKS, Name, Verdict, and, firmness, hangs, like_a_car, like_a_two_wheeler, named, newness, no_people,
    no_vehicle, sizeable,
};

/// A stall is attended at least this share of its stay.
const ATTENDED: f64 = 0.5;

pub(super) fn judge(facts: &Facts<'_>) -> Verdict {
    let thing = facts.thing;
    let mut checks = and(newness(facts), firmness(facts, 0.3));
    // A model names two-wheelers; without one a low cart may be one.
    let vehicle = like_a_car(facts) || thing.model_looks < MODEL_LOOKS && like_a_two_wheeler(facts);
    checks.extend([sizeable(facts, 0.35), no_vehicle(vehicle), no_people(facts)]);
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
