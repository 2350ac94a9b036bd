//! 跨门经营: goods, tables or boards that stand beyond the shop line and stay.

use events::ObjectClass;

use super::{
    Check, Facts, Name, OPEN, Verdict, and, firmness, hangs, like_a_car, like_a_two_wheeler, named, newness, no_people,
    no_vehicle, person_share, sizeable,
};

/// A foot this far beyond the line may be a matter of drawing, picture heights.
const TOLERANCE: f64 = 0.012;

/// What stands further out than this is not the shop's: picture heights, or heights of a person where people are large.
const REACH: f64 = 0.12;
const REACH_IN_PEOPLE: f64 = 0.75;

pub(super) fn judge(facts: &Facts<'_>) -> Verdict {
    let thing = facts.thing;
    let mut checks = and(newness(facts), firmness(facts, 0.25));
    let vehicle = like_a_car(facts) || thing.looks.fill < OPEN && like_a_two_wheeler(facts);
    checks.extend([sizeable(facts, 0.25), no_vehicle(vehicle), no_people(facts)]);
    if let Some(line) = &facts.zone.shop_line {
        let beyond = line.beyond(facts.bbox.foot());
        checks.push(Check::at_least(Name::Beyond, beyond, TOLERANCE));
        checks.push(Check::at_most(Name::ShopSide, beyond, REACH.max(REACH_IN_PEOPLE * person_share(facts))));
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
