//! 偷乱倒垃圾: somebody leaves an object or a pile behind and goes. The dwell counts from when nobody is with it any more.

use events::{Kind, ObjectClass};

use super::{
    Check, Facts, Name, Verdict, hangs, like_a_car, like_a_two_wheeler, looked, named, newness, no_people, no_vehicle,
    off_the_shop,
};

/// Its pixels came within this time, seconds: what grows slowly is light or water. A pile shovelled off a truck takes longer
/// than a bag, so this is generous.
const APPEARED_WITHIN: f64 = 15.0;

/// What people dump.
const DUMPED: [ObjectClass; 4] = [ObjectClass::Bag, ObjectClass::Pile, ObjectClass::Goods, ObjectClass::Furniture];

/// What only rubbish is, and the probability from which it is that whoever's shop it lies before.
const RUBBISH: [ObjectClass; 2] = [ObjectClass::Bag, ObjectClass::Pile];
const SURELY: f64 = 0.8;

pub(super) fn judge(facts: &Facts<'_>) -> Verdict {
    let thing = facts.thing;
    let looked = looked(facts, &DUMPED);
    let mut checks = newness(facts, looked);
    let unseen_by_model = !thing.is_seen_by_model();
    checks.extend(looked.check());
    if unseen_by_model && !looked.fits() {
        checks.extend([no_vehicle(like_a_car(facts) || like_a_two_wheeler(facts)), no_people(facts)]);
    }
    checks.push(Check::at_most(Name::Spread, f64::from(thing.spread), APPEARED_WITHIN));
    checks.push(Check::at_least(Name::Departed, if thing.departed && thing.bringer.is_some() { 1.0 } else { 0.0 }, 1.0));
    let rules = &facts.zone.rules;
    if rules.contains_key(&Kind::UnauthorizedAd) {
        checks.push(Check::at_most(Name::Elevation, if hangs(thing) { 1.0 } else { 0.0 }, 0.5));
    }
    // What is a heap to the eye is one also right before a shop: no shop puts rubbish out.
    if let Some((beyond, reach)) = off_the_shop(facts).filter(|_| !thing.identity.is_one_of(&RUBBISH, SURELY)) {
        checks.push(Check::at_least(Name::ShopSide, beyond.abs(), reach));
    }
    if looked.is_unknown() && named(thing, &[ObjectClass::Bin, ObjectClass::TwoWheeler, ObjectClass::Car, ObjectClass::Truck]) {
        checks.push(Check::at_least(Name::Wanted, 0.0, 1.0));
    }
    Verdict {
        checks,
        since: thing.alone_since(),
        text: |facts, dwell| {
            let put = (facts.now - facts.thing.onset).max(0.0);
            format!("put down {put:.0} s ago, left alone for {dwell:.0} s")
        },
    }
}
