//! 无序设摊: goods, cart or stall that stays, with a person beside it most of the time.

use events::ObjectClass;

use super::{
    Check, Facts, Name, Verdict, and, as_long_as_a_stall, firmness, hangs, like_a_car, like_a_two_wheeler, named, newness,
    no_people, no_vehicle, off_the_shop, sizeable,
};

/// A stall is attended at least this share of its stay.
const ATTENDED: f64 = 0.6;

/// Whoever keeps it may have stepped aside for this long, seconds; who brought rubbish is gone for longer.
const STEPPED_ASIDE: f64 = 6.0;

pub(super) fn judge(facts: &Facts<'_>) -> Verdict {
    let thing = facts.thing;
    let mut checks = and(newness(facts), firmness(facts, 0.25));
    // A model names two-wheelers; without one a low cart may be one.
    let vehicle = like_a_car(facts) || !thing.is_seen_by_model() && like_a_two_wheeler(facts);
    checks.extend([sizeable(facts, 0.3), as_long_as_a_stall(facts), no_vehicle(vehicle), no_people(facts)]);
    if let Some((beyond, reach)) = off_the_shop(facts) {
        checks.push(Check::at_least(Name::ShopSide, beyond, reach));
    }
    checks.push(Check::at_least(Name::AttendedShare, thing.attended_share(), ATTENDED));
    checks.push(Check::at_most(Name::Unattended, thing.unattended_for(facts.now), STEPPED_ASIDE));
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
