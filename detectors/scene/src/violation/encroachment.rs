//! 跨门经营: goods, tables or boards that stand beyond the shop line and stay.

use events::ObjectClass;

use super::{
    Check, Facts, Name, OPEN, Verdict, and, firmness, hand_luggage, hangs, like_a_car, like_a_two_wheeler, looked, named,
    newness, no_people, no_vehicle, off_the_shop, sizeable, unseen_by_model,
};

/// A foot this far beyond the line may be a matter of drawing, picture heights.
const TOLERANCE: f64 = 0.012;

/// What shops put out.
const PUT_OUT: [ObjectClass; 4] = [ObjectClass::Goods, ObjectClass::Furniture, ObjectClass::Board, ObjectClass::Poster];

pub(super) fn judge(facts: &Facts<'_>) -> Verdict {
    let thing = facts.thing;
    let looked = looked(facts, &PUT_OUT);
    let mut checks = newness(facts, looked);
    let vehicle = like_a_car(facts) || unseen_by_model(facts) && thing.looks.fill < OPEN && like_a_two_wheeler(facts);
    if !looked.fits() {
        checks = and(checks, firmness(facts, 0.25));
        checks.push(sizeable(facts, 0.25));
        checks.extend([no_vehicle(vehicle), no_people(facts)]);
    }
    checks.extend(looked.check());
    if let Some((beyond, reach)) = off_the_shop(facts) {
        checks.push(Check::at_least(Name::Beyond, beyond, TOLERANCE));
        checks.push(Check::at_most(Name::ShopSide, beyond, reach));
    }
    checks.push(Check::at_least(Name::Departed, if thing.departed { 1.0 } else { 0.0 }, 1.0));
    checks.push(Check::at_most(Name::Elevation, if hangs(thing) { 1.0 } else { 0.0 }, 0.5));
    if looked.is_unknown()
        && named(thing, &[ObjectClass::Bin, ObjectClass::TwoWheeler, ObjectClass::Car, ObjectClass::Truck, ObjectClass::Person])
    {
        checks.push(Check::at_least(Name::Wanted, 0.0, 1.0));
    }
    Verdict {
        checks,
        // Who waits keeps a bag beside them; what a shop puts out is larger, or left. What is put beside goods that are known for
        // such, or comes to light of them when customers step aside, makes them no younger; what grows and is not known may be
        // another thing by now.
        since: if hand_luggage(facts) {
            thing.alone_since()
        } else if looked.fits() {
            Some(thing.onset)
        } else {
            Some(thing.onset.max(thing.settled))
        },
        text: |facts, dwell| match &facts.zone.shop_line {
            Some(line) => {
                let beyond = line.beyond(facts.bbox.foot()) * 100.0;
                format!("stood {dwell:.0} s, {beyond:.1} % of the picture's height beyond the shop line")
            }
            None => format!("stood {dwell:.0} s where nothing may be put out"),
        },
    }
}
