//! 无序设摊: goods, cart or stall that stays, with a person beside it most of the time.

use events::ObjectClass;

use crate::place::identity::Identity;

use super::{
    Check, FITS, Facts, Name, Verdict, and, as_long_as_a_stall, firmness, hangs, like_a_car, like_a_two_wheeler, looked, named,
    newness, no_people, no_vehicle, off_the_shop, sizeable,
};

/// A stall is attended at least this share of its stay.
const ATTENDED: f64 = 0.7;

/// Whoever keeps it may have stepped aside for this long, seconds; who brought rubbish is gone for longer.
const STEPPED_ASIDE: f64 = 6.0;

/// What only vendors have, and what a stall is made of.
const CARTS: [ObjectClass; 2] = [ObjectClass::Stall, ObjectClass::Canopy];
const STALL: [ObjectClass; 3] = [ObjectClass::Stall, ObjectClass::Canopy, ObjectClass::Goods];

/// What looks more like these than like a stall is none, whoever stands by.
const DUMPED: [ObjectClass; 2] = [ObjectClass::Bag, ObjectClass::Pile];

/// Does a classifier say that it is a cart or what hangs over one?
pub(crate) fn looks_like_a_cart(identity: &Identity) -> bool {
    identity.is_one_of(&CARTS, FITS)
}

pub(super) fn judge(facts: &Facts<'_>) -> Verdict {
    let thing = facts.thing;
    let looked = looked(facts, &STALL);
    let mut checks = newness(facts, looked);
    // A model names two-wheelers; without one a low cart may be one.
    let vehicle = like_a_car(facts) || !thing.is_seen_by_model() && like_a_two_wheeler(facts);
    checks.push(sizeable(facts, 0.3));
    if !looked.fits() {
        checks = and(checks, firmness(facts, 0.25));
        checks.extend([as_long_as_a_stall(facts), no_vehicle(vehicle), no_people(facts)]);
    }
    checks.extend(looked.check());
    let share = |classes: &[ObjectClass]| thing.identity.share(classes);
    if share(&DUMPED) > share(&STALL) {
        checks.push(Check::at_least(Name::Wanted, 0.0, 1.0));
    }
    // What looks like a stall is one also right before a shop.
    if let Some((beyond, reach)) = off_the_shop(facts).filter(|_| !looks_like_a_cart(&thing.identity)) {
        checks.push(Check::at_least(Name::ShopSide, beyond, reach));
    }
    checks.push(Check::at_least(Name::AttendedShare, thing.attended_share(), ATTENDED));
    checks.push(Check::at_most(Name::Unattended, thing.unattended_for(facts.now), STEPPED_ASIDE));
    checks.push(Check::at_most(
        Name::Elevation,
        if hangs(thing) && !looks_like_a_cart(&thing.identity) { 1.0 } else { 0.0 },
        0.5,
    ));
    if looked.is_unknown()
        && named(thing, &[ObjectClass::Bin, ObjectClass::TwoWheeler, ObjectClass::Car, ObjectClass::Truck, ObjectClass::Person])
    {
        checks.push(Check::at_least(Name::Wanted, 0.0, 1.0));
    }
    Verdict {
        checks,
        since: Some(thing.onset),
        text: |facts, dwell| format!("stood {dwell:.0} s, attended {:.0} % of it", facts.thing.attended_share() * 100.0),
    }
}
