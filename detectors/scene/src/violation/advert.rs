//! 违规广告/小广告: a flat rectangle that newly appears on a watched surface and stays.

use events::{Kind, ObjectClass};

use crate::place::thing::Thing;

use super::{Check, FITS, Facts, Name, Verdict, and, at_the_foot, like_a_door, looked, named, newness};

/// Its pixels and what lies between them fill its box to at least this share; a sheet seen at an angle still does.
const RECTANGLE: f64 = 0.5;

/// Above the feet of who put it up, as a share of that person's height, where the zone also watches the ground.
const ELEVATION: f64 = 0.2;

/// Its pixels came within this time once people in front had gone, seconds.
const APPEARED_WITHIN: f64 = 20.0;

/// A sheet has at least so much of its brightness right at its border, which is at least so steep where nothing but brightness
/// tells it from light.
const CRISP: f64 = 0.4;
const STEEP: f64 = 0.9;

/// The light of lamps differs from the street's by less colour than this, grey levels.
const COLOURLESS: f32 = 8.0;

/// A sheet came more plainly than this, and its ink alone fills as much of its box: what a twig uncovers does neither.
const CAME: f64 = 0.5;
const FILL: f64 = 0.3;

/// Below less of its width something came with it: a bag that was put down there, not what it stands on.
const GOES_ON: f64 = 0.35;

/// What is hung up or pasted.
const HUNG: [ObjectClass; 2] = [ObjectClass::Poster, ObjectClass::Board];

/// A thing that a classifier calls one of these with such a probability hangs, whatever stands below it.
const SURELY: f64 = 0.9;

/// Does a classifier take it for something hung up?
pub(crate) fn looks_hung(thing: &Thing) -> bool {
    thing.identity.is_one_of(&HUNG, FITS)
}

pub(super) fn judge(facts: &Facts<'_>) -> Verdict {
    let thing = facts.thing;
    let looked = looked(facts, &HUNG);
    let sheet = [
        Check::at_least(Name::Came, f64::from(thing.looks.came()), CAME),
        Check::at_least(Name::Fill, f64::from(thing.looks.fill), FILL),
    ];
    let mut checks = and(newness(facts, looked), sheet);
    checks.extend(looked.check());
    checks.push(Check::at_least(Name::Rectangle, f64::from(thing.looks.solid), RECTANGLE));
    checks.push(Check::at_most(Name::Spread, f64::from(thing.spread), APPEARED_WITHIN));
    // Whoever pastes stands before the place: what is there when that person has gone was left by them.
    let left = thing.departed || thing.visited || thing.bringer.is_some();
    checks.push(Check::at_least(Name::Departed, if left { 1.0 } else { 0.0 }, 1.0));
    let ground = [Kind::WasteDumping, Kind::StorefrontEncroachment, Kind::IllegalStall];
    if ground.iter().any(|kind| facts.zone.rules.contains_key(kind)) {
        checks.push(Check::at_least(Name::Elevation, f64::from(thing.sure_elevation().unwrap_or(0.0)), ELEVATION));
    }
    // The light of a headlamp that stands on a wall grows towards its middle.
    let brighter = |measure: f32| if thing.looks.ratio > 1.0 { f64::from(measure) } else { 1.0 };
    checks.push(Check::at_least(Name::Crisp, brighter(thing.looks.crisp), CRISP));
    let light = thing.looks.ratio > 1.0 && thing.looks.colour < COLOURLESS;
    checks.push(Check::at_least(Name::Steep, if light { f64::from(thing.looks.steepness()) } else { 1.0 }, STEEP));
    // People, bins and goods before a wall stand out against it and go on below, where the wall ends; the lower of two rows
    // of stickers hangs.
    let surely = thing.identity.is_one_of(&HUNG, SURELY);
    let goes_on = if !surely && at_the_foot(facts, 0.35) { f64::from(thing.goes_on) } else { 0.0 };
    checks.push(Check::at_most(Name::GoesOn, goes_on, GOES_ON));
    checks.push(Check::at_most(Name::DoorLike, if !looked.fits() && like_a_door(facts) { 1.0 } else { 0.0 }, 0.5));
    // The roof of a stall hangs before a wall, and stands on the ground.
    checks.push(Check::at_most(Name::Rests, if !surely && facts.kin.rests { 1.0 } else { 0.0 }, 0.5));
    if looked.is_unknown()
        && named(thing, &[ObjectClass::Person, ObjectClass::Car, ObjectClass::Truck, ObjectClass::TwoWheeler, ObjectClass::Bag])
    {
        checks.push(Check::at_least(Name::Wanted, 0.0, 1.0));
    }
    Verdict {
        checks,
        // Who waits for a bus under a sheet makes it no less one.
        since: Some(thing.onset.max(thing.settled)),
        text: |_, dwell| format!("appeared on a watched surface and stayed {dwell:.0} s"),
    }
}
