//! The four kinds. Each file is a small judge over the facts of one thing in one zone; this one holds what they share.

mod advert;
mod dumping;
mod encroachment;
pub(crate) mod kin;
mod stall;

pub(crate) use advert::looks_hung;
use events::site::{Rule, Zone};
use events::{BBox, Fact, Kind, ObjectClass, Point};
use serde::{Deserialize, Serialize};
pub(crate) use stall::looks_like_a_cart;

use crate::clock::{Seconds, When};
use crate::judgement::Condition;
use crate::place::thing::Thing;

/// What is being decided, or was, about one thing in one zone and of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Episode {
    pub(crate) kind: u8,
    pub(crate) zone: String,
    pub(crate) id: String,
    pub(crate) first_seen: When,
    /// Nothing before this counts towards the dwell: the rule was not in force, or a permit covered it.
    pub(crate) counts_from: Seconds,
    pub(crate) opened: bool,
    pub(crate) permit: Option<String>,
    pub(crate) raised: Option<Raised>,
    /// The look in which it came nearest to being raised; `None` before it was judged.
    pub(crate) nearest: Option<Nearest>,
}

impl Episode {
    /// Keeps the look if none came nearer before.
    pub(crate) fn note_miss(&mut self, look: Nearest) {
        if self.nearest.as_ref().is_none_or(|nearest| look.short_by() < nearest.short_by()) {
            self.nearest = Some(look);
        }
    }

    /// Is what stands there raised already, so that this kind need not be? What stands there with a permit is not the less explained by
    /// it: only the same kind, no longer permitted, is new.
    pub(crate) fn explains(&self, kind: u8, permitted: bool) -> bool {
        self.raised.as_ref().is_some_and(|raised| self.kind != kind || !raised.permitted || permitted)
    }
}

/// A look in which an episode was judged and not raised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Nearest {
    pub(crate) at: When,
    pub(crate) bbox: [f64; 4],
    pub(crate) failed: Vec<Check>,
}

impl Nearest {
    /// What all that failed is short by, each condition 0..=1: 0 is a rule met.
    pub(crate) fn short_by(&self) -> f64 {
        self.failed.iter().map(Check::short_by).sum()
    }
}

/// A candidate that is out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Raised {
    pub(crate) at: Seconds,
    pub(crate) confirmed: Seconds,
    pub(crate) permitted: bool,
    /// It belongs to a candidate that another thing was raised as: it says nothing itself, but keeps that one from clearing.
    pub(crate) part: bool,
    /// From the zone's rule, for when the zone is gone.
    pub(crate) clear_after: Seconds,
}

/// A condition with what was measured and what is needed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Check {
    name: Name,
    value: f64,
    needed: f64,
    at_least: bool,
}

/// The conditions, as they are called in events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Name {
    Area,
    Dwell,
    Came,
    EdgeNow,
    SameStructure,
    ShadowLikeness,
    MoverShare,
    Fuzz,
    Fill,
    Spread,
    Departed,
    AttendedShare,
    Beyond,
    Elevation,
    ShopSide,
    Wanted,
    Alone,
    Rectangle,
    Upright,
    Arrived,
    Inside,
    TooSmall,
    VehicleLike,
    PeopleLike,
    Caption,
    Unattended,
    Length,
    Rests,
    Crisp,
    Steep,
    GoesOn,
    DoorLike,
    Score,
    InForce,
}

impl Name {
    fn wire(self) -> (&'static str, &'static str) {
        match self {
            Name::Area => ("area", "share"),
            Name::Dwell => ("dwell", "s"),
            Name::Came => ("came_not_left", ""),
            Name::EdgeNow => ("edge_strength", ""),
            Name::SameStructure => ("same_structure", "share"),
            Name::ShadowLikeness => ("shadow_likeness", "share"),
            Name::MoverShare => ("mover_share", "share"),
            Name::Fuzz => ("unrest", "share"),
            Name::Fill => ("fill", "share"),
            Name::Spread => ("appeared_within", "s"),
            Name::Departed => ("left_behind", ""),
            Name::AttendedShare => ("attended_share", "share"),
            Name::Beyond => ("beyond_shop_line", "share"),
            Name::Elevation => ("elevation", "share"),
            Name::ShopSide => ("at_shop_line", ""),
            Name::Wanted => ("class_fits", ""),
            Name::Alone => ("alone", "s"),
            Name::Arrived => ("arrived_after_learning", "s"),
            Name::Inside => ("wholly_in_picture", ""),
            Name::Upright => ("stands_like_a_person", ""),
            Name::Rectangle => ("rectangle", "share"),
            Name::TooSmall => ("size_of_a_person", "share"),
            Name::VehicleLike => ("may_be_a_vehicle", ""),
            Name::Length => ("length_of_a_person", "share"),
            Name::Unattended => ("unattended", "s"),
            Name::DoorLike => ("may_be_a_door", ""),
            Name::Crisp => ("crisp_border", "share"),
            Name::Steep => ("steep_border", "share"),
            Name::GoesOn => ("goes_on_below", "share"),
            Name::Rests => ("stands_on_something", ""),
            Name::Caption => ("line_of_writing", ""),
            Name::PeopleLike => ("may_be_people", ""),
            Name::Score => ("score", ""),
            Name::InForce => ("in_force", ""),
        }
    }

    /// What the bureau can turn to move the limit.
    fn set_by(self) -> Option<&'static str> {
        match self {
            Name::Area => Some("min_area"),
            Name::Dwell => Some("dwell"),
            Name::Score => Some("min_score"),
            Name::InForce => Some("weekly"),
            Name::Beyond | Name::ShopSide => Some("shop_line"),
            Name::Inside => Some("polygon"),
            _ => None,
        }
    }
}

impl Check {
    pub(crate) fn at_least(name: Name, value: f64, needed: f64) -> Self {
        Self { name, value, needed, at_least: true }
    }

    pub(crate) fn at_most(name: Name, value: f64, needed: f64) -> Self {
        Self { name, value, needed, at_least: false }
    }

    pub(crate) fn holds(&self) -> bool {
        if self.at_least { self.value >= self.needed } else { self.value <= self.needed }
    }

    /// How far it holds: 0 at the bound, 1 at twice (or none of) what is needed.
    fn margin(&self) -> f64 {
        let scale = self.needed.abs().max(1e-6);
        let by = if self.at_least { self.value - self.needed } else { self.needed - self.value };
        (by / scale).clamp(0.0, 1.0)
    }

    /// How far it fails: 0 where it holds, 1 where nothing (or twice as much) of what is needed was measured, or more.
    pub(crate) fn short_by(&self) -> f64 {
        let scale = self.needed.abs().max(1e-6);
        let by = if self.at_least { self.needed - self.value } else { self.value - self.needed };
        (by / scale).clamp(0.0, 1.0)
    }

    /// As a person who wants to turn the thresholds reads it.
    pub(crate) fn condition(&self) -> Condition {
        Condition { fact: self.fact(), at_least: self.at_least, short_by: self.short_by(), set_by: self.name.set_by() }
    }

    pub(crate) fn fact(&self) -> Fact {
        let (name, unit) = self.name.wire();
        Fact { name, value: self.value, needed: Some(self.needed), unit }
    }
}

/// What a judge is given.
pub(crate) struct Facts<'a> {
    pub(crate) thing: &'a Thing,
    pub(crate) zone: &'a Zone,
    pub(crate) rule: &'a Rule,
    /// Its box in 0..1.
    pub(crate) bbox: BBox,
    /// Its pixels as a share of the picture.
    pub(crate) area: f64,
    pub(crate) now: Seconds,
    /// When the street was learnt: what stood there right after was not seen to come.
    pub(crate) learnt_at: Seconds,
    /// How tall a person would be at its foot, pixels of the small picture, where people were seen.
    pub(crate) person: Option<f32>,
    /// What came with it and stands against it.
    pub(crate) kin: kin::Kin,
}

/// What a judge says: conditions other than the dwell, and since when the dwell counts.
pub(crate) struct Verdict {
    pub(crate) checks: Vec<Check>,
    /// `None` when it does not count at present.
    pub(crate) since: Option<Seconds>,
    /// The sentence, given the dwell in seconds.
    pub(crate) text: fn(&Facts<'_>, f64) -> String,
}

impl Verdict {
    /// 0.5 where conditions just hold, to 1 where they hold by far.
    pub(crate) fn score(&self) -> f32 {
        let n = self.checks.len().max(1) as f64;
        let mean = self.checks.iter().map(Check::margin).sum::<f64>() / n;
        (0.5 + 0.5 * mean) as f32
    }
}

/// Judges a thing by the kind's rule.
pub(crate) fn judge(kind: Kind, facts: &Facts<'_>) -> Verdict {
    match kind {
        Kind::IllegalStall => stall::judge(facts),
        Kind::StorefrontEncroachment => encroachment::judge(facts),
        Kind::UnauthorizedAd => advert::judge(facts),
        Kind::WasteDumping => dumping::judge(facts),
    }
}

/// The order in which kinds claim a thing when several rules are met in one look: the more particular first.
pub(crate) const CLAIMS: [Kind; 4] = [Kind::UnauthorizedAd, Kind::IllegalStall, Kind::StorefrontEncroachment, Kind::WasteDumping];

/// Edges along the border grew and its colours stand out by so much together: a thing that left has both in the street
/// instead, and a change of light neither.
const CAME: f64 = 0.1;

/// Edges along the border must be at least this strong, grey levels across two pixels: blotches of light and compression are softer.
const EDGE_NOW: f64 = 9.0;

/// Its pixels fill its box to at least this share: handles and legs leave holes, scattered specks leave nearly all.
const FILL: f64 = 0.18;

/// More of the street's fine structure seen through it than this: only the light changed.
const SAME_STRUCTURE: f64 = 0.6;

/// Is it what a rule is for, as far as its looks tell?
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Looked {
    /// No classifier said anything, or nothing clear.
    Unknown,
    /// With this probability, 0..=1, which is enough.
    Fits(f64),
    /// With this probability, 0..=1, which is too little.
    Differs(f64),
}

/// A classifier is believed when it calls a thing one of the wanted classes with more, or less, than these probabilities.
const FITS: f64 = 0.5;
const DIFFERS: f64 = 0.35;

/// What a classifier says of whether the thing is one of these.
pub(crate) fn looked(facts: &Facts<'_>, wanted: &[ObjectClass]) -> Looked {
    match facts.thing.identity.share(wanted) {
        Some(share) if share >= FITS => Looked::Fits(share),
        Some(share) if share < DIFFERS => Looked::Differs(share),
        _ => Looked::Unknown,
    }
}

impl Looked {
    /// Is it known to fit, so that nothing has to be told from its size?
    pub(crate) fn fits(self) -> bool {
        matches!(self, Looked::Fits(_))
    }

    /// Says it nothing, so that what else is known of its class counts?
    pub(crate) fn is_unknown(self) -> bool {
        self == Looked::Unknown
    }

    /// As a condition, where anything is known.
    pub(crate) fn check(self) -> Option<Check> {
        match self {
            Looked::Unknown => None,
            Looked::Fits(share) | Looked::Differs(share) => Some(Check::at_least(Name::Wanted, share, FITS)),
        }
    }
}

/// What makes it a thing that newly stands there, rather than light, leaves, a person or the ghost of what left.
pub(crate) fn newness(facts: &Facts<'_>, looked: Looked) -> Vec<Check> {
    let thing = facts.thing;
    let looks = &thing.looks;
    let shadow = shadow_likeness(thing);
    let structure = if looks.street_structure >= 1.5 { f64::from(looks.same_structure) } else { 0.0 };
    vec![
        Check::at_least(Name::Area, facts.area, facts.rule.min_area),
        Check::at_least(Name::Came, f64::from(looks.came()), CAME),
        Check::at_least(Name::EdgeNow, f64::from(looks.edge_now), EDGE_NOW),
        Check::at_most(Name::SameStructure, structure, SAME_STRUCTURE),
        Check::at_most(Name::ShadowLikeness, shadow, 0.6),
        // Whoever stands before goods moves, and is near; what is seen to be goods is not the less there.
        Check::at_most(Name::MoverShare, f64::from(thing.mover_share), if looked.fits() { 1.0 } else { 0.3 }),
        Check::at_most(Name::Fuzz, f64::from(thing.fuzz), if looked.fits() { 0.35 } else { 0.15 }),
        Check::at_most(Name::Upright, if !looked.fits() && thing.is_its_bringer() { 1.0 } else { 0.0 }, 0.5),
        Check::at_least(Name::Arrived, thing.onset - facts.learnt_at, 1.5),
        Check::at_most(Name::Caption, if thing.is_caption() { 1.0 } else { 0.0 }, 0.5),
        Check::at_least(Name::Inside, if cut_off(facts) { 0.0 } else { 1.0 }, 1.0),
        Check::at_least(Name::Fill, f64::from(looks.fill), FILL),
    ]
}

/// Is it small and at the picture's edge? Half a shoe of somebody outside looks like that.
fn cut_off(facts: &Facts<'_>) -> bool {
    let b = &facts.bbox;
    let edge = 0.012;
    // Where its foot is cannot be seen: a van on the road would stand on the pavement that the picture's edge cuts.
    if b.y2 > 1.0 - edge {
        return true;
    }
    (b.x1 < edge || b.y1 < edge || b.x2 > 1.0 - edge || b.y2 > 1.0 - edge) && facts.area < 6.0 * facts.rule.min_area.max(5e-4)
}

/// What a thing that people stay with has to show beyond [`newness`]: a person who stands among persons is attended, too, and
/// only what it looks like tells it from goods.
pub(crate) fn firmness(facts: &Facts<'_>, fill: f64) -> [Check; 3] {
    let thing = facts.thing;
    [
        Check::at_least(Name::Came, f64::from(thing.looks.came()), 0.3),
        Check::at_least(Name::Fill, f64::from(thing.looks.fill), fill),
        Check::at_least(Name::Area, facts.area, 1.5 * facts.rule.min_area),
    ]
}

/// Adds conditions; of two with one name the stricter, later one stays.
pub(crate) fn and(mut checks: Vec<Check>, more: impl IntoIterator<Item = Check>) -> Vec<Check> {
    for check in more {
        match checks.iter_mut().find(|c| c.name == check.name) {
            Some(old) => *old = check,
            None => checks.push(check),
        }
    }
    checks
}

/// Its width and height in heights of a person, where people were seen; else of whoever brought it.
fn in_people(facts: &Facts<'_>) -> Option<(f64, f64)> {
    let at = &facts.thing.at;
    let person = facts.person.or(facts.thing.bringer.map(|b| b.height)).filter(|p| *p >= 6.0)?;
    Some((f64::from(at.width() / person), f64::from(at.height() / person)))
}

/// Does a model's silence say nothing of it?
pub(crate) fn unseen_by_model(facts: &Facts<'_>) -> bool {
    !facts.thing.is_seen_by_model()
}

/// Goods put out cover at least this area, in squares of a person's height: crumbs cover less.
const GOODS: f64 = 0.15;

/// What a shop puts out stands within this of its line: heights of a person, or of the picture where nobody was seen.
const REACH_IN_PEOPLE: f64 = 0.6;
const REACH: f64 = 0.1;

/// How far beyond the zone's shop line it stands, in picture heights, and how far a shop's things reach: where the bureau drew
/// a line and watches for what creeps over it. What stands within belongs to the shop, what stands further out does not.
pub(crate) fn off_the_shop(facts: &Facts<'_>) -> Option<(f64, f64)> {
    let line = facts.zone.shop_line.as_ref().filter(|_| facts.zone.rules.contains_key(&Kind::StorefrontEncroachment))?;
    let person = person_share(facts);
    Some((line.beyond(facts.bbox.foot()), if person > 0.0 { REACH_IN_PEOPLE * person } else { REACH }))
}

/// Is it as large as goods are, and on its shorter side `thick` of a person's height? Shadows at feet are wide and flat.
/// Where nobody was seen to compare with it is not known to be: somebody attends a stall, and carries goods out.
pub(crate) fn sizeable(facts: &Facts<'_>, thick: f64) -> Check {
    let size = in_people(facts).map_or(0.0, |(w, h)| if w.min(h) >= thick { w * h } else { 0.0 });
    Check::at_least(Name::TooSmall, size, GOODS)
}

/// A cart or a cloth on the ground is about as long as a man is tall; what people carry and set down beside them is not.
const STALL: f64 = 0.9;

/// Could it be carried in one hand and set down beside whoever waits?
pub(crate) fn hand_luggage(facts: &Facts<'_>) -> bool {
    in_people(facts).is_none_or(|(w, h)| w * h < LUGGAGE)
}

/// A suitcase covers less, in squares of a person's height.
const LUGGAGE: f64 = 0.25;

/// Is it as long as a stall, with what stands beside it? Of suitcases set down in a row none is a stall's piece.
pub(crate) fn as_long_as_a_stall(facts: &Facts<'_>) -> Check {
    let pieces = if hand_luggage(facts) || unseen_by_model(facts) {
        1.0
    } else {
        f64::from(facts.kin.width / facts.thing.at.width().max(1.0))
    };
    Check::at_least(Name::Length, in_people(facts).map_or(0.0, |(w, _)| w * pieces), STALL)
}

/// A person's height as a share of the picture's.
fn person_share(facts: &Facts<'_>) -> f64 {
    let at = &facts.thing.at;
    f64::from(facts.person.unwrap_or(0.0)) * facts.bbox.height() / f64::from(at.height().max(1.0))
}

/// May it be a parked car, as far as its size tells? A car is longer than two men are tall.
pub(crate) fn like_a_car(facts: &Facts<'_>) -> bool {
    unseen_by_model(facts) && in_people(facts).is_some_and(|(w, h)| w >= 2.1 && h >= 0.5)
}

/// Does the zone, drawn along a wall, end within so many heights of a person below it?
pub(crate) fn at_the_foot(facts: &Facts<'_>, heights: f64) -> bool {
    let foot = facts.bbox.foot();
    let below = Point { x: foot.x, y: (foot.y + heights * person_share(facts)).min(1.0) };
    !facts.zone.polygon.contains(below)
}

/// May it be a door that was opened or shut? It begins at the ground (as far above the feet of whoever brought it tells, or
/// where the wall that the zone is drawn along ends) and is about as tall as people, or taller. A board that stands there
/// fills its outline and is not much darker than the wall, as what is behind a door is.
pub(crate) fn like_a_door(facts: &Facts<'_>) -> bool {
    let looks = &facts.thing.looks;
    let low = facts.thing.elevation().is_none_or(|e| e < 0.3) || at_the_foot(facts, 0.25);
    let board = looks.solid >= 0.6 && looks.ratio >= 0.75;
    low && !board && in_people(facts).is_some_and(|(w, h)| h >= 0.8 && w < 1.2 * h)
}

/// One sees through a thing that fills less of its box than this: frames and wheels.
pub(crate) const OPEN: f32 = 0.42;

/// May it be a parked two-wheeler, as far as its size tells? It is as long as a man is tall and more than half as high, or it
/// is nearly so and one sees through it; and where one stands others are put beside it.
pub(crate) fn like_a_two_wheeler(facts: &Facts<'_>) -> bool {
    let open = facts.thing.looks.fill < OPEN;
    let (width, height) = if open { (0.55..3.2, 0.42..1.2) } else { (0.55..3.2, 0.62..1.1) };
    in_people(facts).is_some_and(|(w, h)| width.contains(&w) && height.contains(&h))
}

/// What only its size tells from a vehicle is passed over.
pub(crate) fn no_vehicle(like: bool) -> Check {
    Check::at_most(Name::VehicleLike, if like { 1.0 } else { 0.0 }, 0.5)
}

/// What is as tall as people and no wider than two of them may be people who stand and talk, unless a model that names
/// people here does not name these.
pub(crate) fn no_people(facts: &Facts<'_>) -> Check {
    let like = (unseen_by_model(facts) || facts.thing.is_among_people())
        && in_people(facts).is_some_and(|(w, h)| (0.75..1.4).contains(&h) && w < 1.1);
    Check::at_most(Name::PeopleLike, if like { 1.0 } else { 0.0 }, 0.5)
}

/// 0..=1: evenly darker, without a colour of its own.
fn shadow_likeness(thing: &Thing) -> f64 {
    let looks = &thing.looks;
    if !(0.35..0.95).contains(&looks.ratio) {
        return 0.0;
    }
    let colourless = f64::from(1.0 - looks.colour / 6.0).clamp(0.0, 1.0);
    let even = f64::from(1.0 - looks.uneven / 0.12).clamp(0.0, 1.0);
    colourless * even
}

/// A name counts when its scores add up to this much a look: a customer who leans over goods does not make them a person.
const NAMED_OFTEN: f32 = 0.15;

/// Does the model's name for the thing speak for one of these classes?
pub(crate) fn named(thing: &Thing, wanted: &[ObjectClass]) -> bool {
    thing
        .names
        .iter()
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .filter(|(_, weight)| *weight >= NAMED_OFTEN * thing.model_looks as f32)
        .and_then(|(class, _)| ObjectClass::NAMES.get(usize::from(*class)))
        .is_some_and(|(class, _)| wanted.contains(class))
}

/// Is it a flat, upright, rectangular thing above the ground, as far as can be told?
pub(crate) fn hangs(thing: &Thing) -> bool {
    thing.looks.fill >= 0.7 && thing.sure_elevation().is_some_and(|e| e >= 0.2)
}
