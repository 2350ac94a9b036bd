//! From what is known of things to candidates and observations.

use std::time::Duration;

use events::site::{Camera, Permit, Zone};
use events::{Candidate, CandidateId, CandidateState, Kind, Moment, Observation, Point, Polygon, Score, Subject, Why};

use super::{Scene, kind_at, kind_index};
use crate::clock::{Seconds, When};
use crate::judgement::Judgement;
use crate::place::company::Area;
use crate::place::thing::{Presence, Thing};
use crate::violation::kin::{self, Kin};
use crate::violation::{
    CLAIMS, Check, Episode, Facts, Looked, Name, Nearest, Raised, judge, looks_hung, looks_like_a_cart, newness, off_the_shop,
};

/// Looks a thing must have been measured in before anything is said of it.
const MEASURED: u32 = 2;

/// What is put down this much later was put down in another act of dumping, seconds.
const ANOTHER_ACT: Seconds = 20.0;

/// Pieces of one thing come within this time, seconds.
const TOGETHER: Seconds = 6.0;

/// Does a zone watch a thing with this box? What stands is where its foot is (a fifth of it above the lower edge, for the shade at
/// its foot belongs to the box); what hangs on a surface lies in it with foot and centre.
pub(super) fn in_zone(zone: &Zone, kind: Kind, bbox: &events::BBox) -> bool {
    if kind == Kind::UnauthorizedAd { lies_in(zone, bbox, 0.08) } else { zone.polygon.contains(above_foot(bbox, 0.2)) }
}

/// A point so far above the foot of a box, as a share of its height.
fn above_foot(bbox: &events::BBox, share: f64) -> Point {
    Point { x: bbox.foot().x, y: bbox.y2 - share * bbox.height() }
}

/// Do the centre of a box and a point above its foot lie in a zone?
pub(super) fn lies_in(zone: &Zone, bbox: &events::BBox, share: f64) -> bool {
    zone.polygon.contains(above_foot(bbox, share)) && zone.polygon.contains(bbox.centre())
}

/// Is a thing on a watched surface rather than on the ground before it: within it, or but for its rim within it and above the
/// feet of whoever brought it? A sheet low on a wall may reach a little below where the bureau drew the wall's foot, and a board
/// that leans at it stands a hand's breadth before it. A `person` is so many pixels tall there.
fn on_surface(camera: &Camera, thing: &Thing, bbox: &events::BBox, person: Option<f32>) -> bool {
    let above = thing.elevation().is_some_and(|e| e >= 0.1) || looks_hung(thing);
    // What one carries there is no wider than one is tall; a cart is.
    let person = person.or(thing.bringer.map(|b| b.height)).unwrap_or(0.0);
    let carried = thing.at.width() < person && thing.at.height() < 1.3 * person;
    let straight = thing.looks.straight >= STRAIGHT && thing.looks.fill >= BOARD;
    let leans = thing.measured >= MEASURED && carried && straight && thing.goes_on < 0.25;
    let surfaces = camera.zones.iter().filter(|z| {
        let ground = CLAIMS.iter().any(|k| *k != Kind::UnauthorizedAd && z.rules.contains_key(k));
        z.rules.contains_key(&Kind::UnauthorizedAd) && !ground
    });
    surfaces.into_iter().any(|z| lies_in(z, bbox, 0.08) || above && lies_in(z, bbox, 0.2) || leans && lies_in(z, bbox, LEANS))
}

/// Customers hide the lower part of a cart: so much of a person's height.
const HIDDEN: f32 = 0.6;

/// Does some ground begin below a box, within the height that may be hidden there?
fn stands_within(ground: &Polygon, bbox: &events::BBox, hidden: f64) -> bool {
    let foot = bbox.foot();
    hidden > 0.0 && (1..=4).any(|quarter| ground.contains(Point { x: foot.x, y: foot.y + hidden * f64::from(quarter) / 4.0 }))
}

/// A board that leans at a wall begins this share of its height below where the wall does.
pub(super) const LEANS: f64 = 0.3;

/// And is at least so straight above and below; people and heaps that stand there go on below what is seen against the wall.
const STRAIGHT: f32 = 0.6;
const BOARD: f32 = 0.4;

/// The permit of this kind that covers the place now, where so much below the box may be hidden.
pub(super) fn permit_for<'a>(
    zone: &'a Zone,
    kind: Kind,
    bbox: &events::BBox,
    hidden: f64,
    valid: impl Fn(&Permit) -> bool,
) -> Option<&'a Permit> {
    let covers = |p: &Polygon| p.contains(bbox.centre()) || p.contains(bbox.foot()) || stands_within(p, bbox, hidden);
    zone.permits.iter().find(|permit| permit.kinds.contains(&kind) && permit.polygon.as_ref().is_none_or(covers) && valid(permit))
}

/// All things but the one that is being judged.
#[derive(Clone, Copy)]
struct Others<'a> {
    before: &'a [Thing],
    behind: &'a [Thing],
}

impl<'a> Others<'a> {
    fn iter(self) -> impl Iterator<Item = &'a Thing> {
        self.before.iter().chain(self.behind)
    }
}

/// The things of a shop stand together within so many heights of a person, across and down.
const SHOP_ACROSS: f32 = 1.0;
const SHOP_DOWN: f32 = 0.4;

/// A candidate that is out, where it stands.
struct Out<'a> {
    kind: u8,
    zone: &'a str,
    id: &'a str,
    permitted: bool,
    at: Area,
    onset: Seconds,
}

impl<'a> Out<'a> {
    /// All that are out for a thing.
    fn all(thing: &'a Thing) -> impl Iterator<Item = Out<'a>> {
        thing.episodes.iter().filter_map(|e| {
            let raised = e.raised.as_ref()?;
            Some(Out { kind: e.kind, zone: &e.zone, id: &e.id, permitted: raised.permitted, at: thing.at, onset: thing.onset })
        })
    }

    /// Is a thing that would be raised one with it: of the same kind and zone, and near by the measure of a `person`?
    fn is_one_with(&self, thing: &Thing, kind: Kind, zone: &Zone, permitted: bool, person: Option<f32>) -> bool {
        if self.kind != kind_index(kind) || self.zone != zone.id.as_str() || self.permitted && !permitted {
            return false;
        }
        let size = |a: &Area| a.width().max(a.height());
        let unit = person.unwrap_or_else(|| size(&self.at).max(size(&thing.at)));
        let (across, down) = match kind {
            Kind::StorefrontEncroachment => (2.5, 0.8),
            Kind::IllegalStall | Kind::WasteDumping => (0.6, 0.4),
            Kind::UnauthorizedAd => (0.15, 0.15),
        };
        let (dx, dy) = thing.at.gaps(&self.at);
        // Who dumps beside an old heap dumps anew; what lies against it cannot be told from it.
        if kind == Kind::WasteDumping && (thing.onset - self.onset).abs() > ANOTHER_ACT {
            return dx <= 0.05 * unit && dy <= 0.05 * unit;
        }
        dx <= across * unit && dy <= down * unit
    }
}

/// Is it out, or on its way, as a shop's?
fn is_of_the_shop(thing: &Thing) -> bool {
    let shops = |e: &Episode| e.kind == kind_index(Kind::StorefrontEncroachment);
    thing.presence != Presence::Gone
        && thing.episodes.iter().any(|e| shops(e) && (e.raised.is_some() || e.opened && !looks_like_a_cart(&thing.identity)))
}

/// Do two stand together as the things of a shop do, by the measure of a `person`?
fn stands_with(thing: &Thing, other: &Thing, person: Option<f32>) -> bool {
    let unit = person.unwrap_or_else(|| thing.at.width().max(thing.at.height()));
    let (across, down) = thing.at.gaps(&other.at);
    across <= SHOP_ACROSS * unit && down <= SHOP_DOWN * unit
}

/// Is a thing a piece of another: within its box, and come with it? The windows of a parked car are.
fn is_piece_of(thing: &Thing, whole: &Thing) -> bool {
    thing.at.share_in(&whole.at) >= 0.8
        && 2.0 * thing.at.size() <= whole.at.size()
        && (thing.onset - whole.onset).abs() <= TOGETHER
        && whole.presence != Presence::Gone
        && whole.looks.came() >= 0.2
        && !whole.in_street
}

/// Is a thing the shadow or the reflection at the foot of another: much fainter, right below it, and come with it?
fn is_cast_by(thing: &Thing, other: &Thing) -> bool {
    2.0 * thing.contrast <= other.contrast
        && is_at_the_foot_of(&thing.at, &other.at)
        && (thing.onset - other.onset).abs() <= TOGETHER
        && other.presence != Presence::Gone
        && !other.in_street
}

/// Does it lie right below the other? What lies within it casts nothing on it: the lid of a bag is a piece of it.
fn is_at_the_foot_of(at: &Area, other: &Area) -> bool {
    let common = at.x2.min(other.x2) - at.x1.max(other.x1);
    common >= 0.5 * at.width() && at.gaps(other).1 <= 4.0 && at.y1 + at.y2 > other.y1 + other.y2 && other.share_in(at) < 0.5
}

/// A candidate whose first thing has gone goes on with another of its things that still stands.
fn hand_over(things: &mut [Thing], now: Seconds) {
    for index in 0..things.len() {
        let Some(since) = things[index].gone_since else { continue };
        for e in 0..things[index].episodes.len() {
            let episode = &things[index].episodes[e];
            if episode.raised.as_ref().is_none_or(|r| r.part || now - since < r.clear_after) {
                continue;
            }
            let id = episode.id.clone();
            let heir = things.iter().enumerate().filter(|(i, t)| *i != index && t.gone_since.is_none()).find_map(|(i, t)| {
                Some((i, t.episodes.iter().position(|e| e.id == id && e.raised.as_ref().is_some_and(|r| r.part))?))
            });
            if let Some((i, other)) = heir {
                let first_seen = things[index].episodes[e].first_seen;
                let theirs = &mut things[i].episodes[other];
                theirs.first_seen = first_seen;
                if let Some(raised) = &mut theirs.raised {
                    raised.part = false;
                }
                if let Some(raised) = &mut things[index].episodes[e].raised {
                    raised.part = true;
                }
            }
        }
    }
}

impl Scene {
    /// Judges all things.
    pub(crate) fn decide(&mut self, now: Seconds, said: &mut Vec<Judgement>) {
        let mut things = std::mem::take(&mut self.state.things);
        for index in 0..things.len() {
            // Judging it would change nothing, see [`Scene::quiet_until`].
            if self.replayed.as_ref().is_some_and(|replayed| replayed.quiet.get(index) == Some(&true)) {
                continue;
            }
            let (before, rest) = things.split_at_mut(index);
            let Some((thing, behind)) = rest.split_first_mut() else { break };
            let others = Others { before, behind };
            let inner = |thing: &Thing| others.iter().any(|t| is_piece_of(thing, t) || is_cast_by(thing, t));
            if !thing.in_street && (thing.is_raised() || !inner(thing)) {
                self.decide_one(thing, others, now, said);
            }
        }
        hand_over(&mut things, now);
        for thing in &mut things {
            self.follow_raised(thing, now, said);
        }
        self.state.things = things;
    }

    /// Does any zone that watches for this kind watch a box, seen as it is?
    pub(super) fn stands_in_a_zone(&self, kind: Kind, bbox: &events::BBox) -> bool {
        self.camera.zones.iter().any(|zone| zone.rules.contains_key(&kind) && in_zone(zone, kind, bbox))
    }

    /// How tall people are where a thing stands, pixels.
    pub(crate) fn person_at(&self, thing: &Thing) -> Option<f32> {
        if let Some(replayed) = &self.replayed {
            return replayed.persons.get(&thing.serial).copied();
        }
        self.state.stature.at(thing.at.y2, self.size()?.1)
    }

    fn decide_one(&self, thing: &mut Thing, others: Others<'_>, now: Seconds, said: &mut Vec<Judgement>) {
        // A replay tells of no near misses, nor of what is only on its way: it looks no further once nothing can be raised.
        let brief = self.replayed.as_ref().is_some_and(|replayed| !replayed.thorough);
        let mut kin: Option<Kin> = None;
        let Some(at) = self.state.line.last() else { return };
        let Some((w, h)) = self.size() else { return };
        let bbox = thing.bbox(w, h);
        let area = thing.mask.len() as f64 / (w * h) as f64;
        let person = self.person_at(thing);
        let cart = looks_like_a_cart(&thing.identity);
        let surface = !cart && on_surface(&self.camera, thing, &bbox, person);
        let hidden = |kind: Kind| {
            if cart && !self.stands_in_a_zone(kind, &bbox) { f64::from(HIDDEN * person.unwrap_or(0.0)) / h as f64 } else { 0.0 }
        };
        for zone in &self.camera.zones {
            let ad = |kind: Kind| kind == Kind::UnauthorizedAd;
            let here = |kind: &Kind| match ad(*kind) {
                true if surface => lies_in(zone, &bbox, LEANS),
                true => in_zone(zone, *kind, &bbox),
                false => in_zone(zone, *kind, &bbox) || stands_within(&zone.polygon, &bbox, hidden(*kind)),
            };
            for kind in CLAIMS.into_iter().filter(|kind| here(kind) && (!surface || ad(*kind))) {
                let Some(rule) = zone.rules.get(&kind) else { continue };
                let index = self.episode(thing, zone, kind, now);
                let permit = permit_for(zone, kind, &bbox, hidden(kind), |p| p.valid_at(&self.calendar, at.wall))
                    .map(|p| p.id.to_string());
                let in_force = rule.in_force(&self.calendar, at.wall);
                self.note_schedule(thing, index, in_force, permit.clone(), now, zone, kind);
                if thing.episodes[index].raised.is_some() || thing.measured < MEASURED {
                    continue;
                }
                // What is not seen is not raised.
                if brief && !(in_force && thing.presence == Presence::Seen) {
                    continue;
                }
                if !in_force {
                    let failed = vec![Check::at_least(Name::InForce, 0.0, 1.0)];
                    thing.episodes[index].note_miss(Nearest { at: at.into(), bbox: bbox.to_array(), failed });
                    continue;
                }
                let claimed = thing.episodes.iter().any(|e| e.explains(kind_index(kind), permit.is_some()));
                if claimed && brief {
                    continue;
                }
                let kin = *kin.get_or_insert_with(|| kin::of(thing, others.iter(), |t| self.person_at(t)));
                let facts = Facts { thing, zone, rule, bbox, area, now, learnt_at: self.state.learnt_at, person, kin };
                let verdict = judge(kind, &facts);
                if brief && !verdict.checks.iter().all(Check::holds) {
                    continue;
                }
                let dwell =
                    verdict.since.map_or(0.0, |since| self.state.seen_for(since.max(thing.episodes[index].counts_from), now));
                let needed = rule.dwell.as_secs_f64();
                let score = verdict.score();
                let mut failed: Vec<Check> = verdict.checks.iter().filter(|c| !c.holds()).copied().collect();
                let fresh = !thing.episodes[index].opened;
                let likely = fresh && (failed.is_empty() || newness(&facts, Looked::Unknown).iter().all(Check::holds));
                // What looks like a cart right before a shop is one of its things where others of them stand.
                if kind == Kind::IllegalStall
                    && let Some((beyond, reach)) = off_the_shop(&facts).filter(|(beyond, reach)| beyond < reach)
                    && others.iter().any(|other| is_of_the_shop(other) && stands_with(thing, other, person))
                {
                    failed.push(Check::at_least(Name::ShopSide, beyond, reach));
                }
                let dwell_check = Check::at_least(Name::Dwell, dwell, needed);
                if !dwell_check.holds() {
                    failed.push(dwell_check);
                }
                // The sentence is made only where it is said: in most looks something fails.
                let why = failed.is_empty().then(|| {
                    let checks = std::iter::once(&dwell_check).chain(&verdict.checks);
                    Why { text: (verdict.text)(&facts, dwell), facts: checks.map(Check::fact).collect() }
                });
                let seen = thing.presence == Presence::Seen;
                // Asked anew for each thing: the one before may just have been raised.
                let mut out = others.iter().flat_map(Out::all);
                let twin = out.find(|o| o.is_one_with(thing, kind, zone, permit.is_some(), person));
                let score_check = Check::at_least(Name::Score, f64::from(score), rule.min_score);
                if !score_check.holds() {
                    failed.push(score_check);
                }
                let met = failed.is_empty();
                if seen && !met {
                    thing.episodes[index].note_miss(Nearest { at: at.into(), bbox: bbox.to_array(), failed });
                }
                if claimed {
                    continue;
                }
                if likely && twin.is_none() && !thing.episodes[index].opened {
                    thing.episodes[index].opened = true;
                    self.open(thing, index, zone, bbox, said);
                }
                if met
                    && seen
                    && let Some(twin) = twin
                {
                    // A table, crates and a board before one shop are one candidate, and so are the pieces of one thing.
                    let episode = &mut thing.episodes[index];
                    if std::mem::take(&mut episode.opened)
                        && let Ok(opened) = episode.id.parse()
                    {
                        said.push(Judgement::Closed { id: opened });
                    }
                    twin.id.clone_into(&mut episode.id);
                    episode.raised = Some(Raised {
                        at: now,
                        confirmed: now,
                        permitted: permit.is_some(),
                        part: true,
                        clear_after: rule.clear_after.as_secs_f64(),
                    });
                    self.close_others(thing, index, said);
                    continue;
                }
                if met
                    && seen
                    && let Some(why) = why
                {
                    let candidate = self.candidate(thing, index, zone, bbox, at, Score::clamped(score), why);
                    let episode = &mut thing.episodes[index];
                    if !episode.opened {
                        episode.opened = true;
                        self.open(thing, index, zone, bbox, said);
                    }
                    thing.episodes[index].raised = Some(Raised {
                        at: now,
                        confirmed: now,
                        permitted: permit.is_some(),
                        part: false,
                        clear_after: rule.clear_after.as_secs_f64(),
                    });
                    said.push(Judgement::Raised(Box::new(candidate)));
                    self.close_others(thing, index, said);
                }
            }
        }
    }

    /// The episode of a thing in a zone and of a kind, begun when there is none.
    fn episode(&self, thing: &mut Thing, zone: &Zone, kind: Kind, now: Seconds) -> usize {
        let code = kind_index(kind);
        if let Some(index) = thing.episodes.iter().rposition(|e| e.kind == code && e.zone == zone.id.as_str()) {
            return index;
        }
        // Long-standing things that only now come under a rule (a new zone) have stood all the time.
        let _ = now;
        let id = self.id_of(thing, zone, kind, thing.first_seen);
        thing.episodes.push(Episode {
            kind: code,
            zone: zone.id.as_str().to_owned(),
            id,
            first_seen: thing.first_seen,
            counts_from: f64::NEG_INFINITY,
            opened: false,
            permit: None,
            raised: None,
            nearest: None,
        });
        thing.episodes.len() - 1
    }

    fn id_of(&self, thing: &Thing, zone: &Zone, kind: Kind, first_seen: When) -> String {
        let [x1, y1, x2, y2] = thing.first_box;
        let mille = |v: f64| (v.clamp(0.0, 1.0) * 1000.0).round() as u16;
        let place = (mille((x1 + x2) / 2.0), mille((y1 + y2) / 2.0));
        CandidateId::derive(&self.camera.id, &zone.id, kind, Moment::from(first_seen).wall, place).as_str().to_owned()
    }

    /// Keeps account of when the rule is in force and what permits it. A permit that ends begins a new episode.
    #[expect(clippy::too_many_arguments, reason = "one call, all of it about one episode")]
    fn note_schedule(
        &self,
        thing: &mut Thing,
        index: usize,
        in_force: bool,
        permit: Option<String>,
        now: Seconds,
        zone: &Zone,
        kind: Kind,
    ) {
        // Not from the last look before the window, which would count a look too much.
        let episode = &mut thing.episodes[index];
        if !in_force {
            episode.counts_from = f64::INFINITY;
        } else if episode.counts_from == f64::INFINITY {
            episode.counts_from = now;
        }
        let ended = thing.episodes[index].permit.is_some() && permit.is_none();
        if ended && thing.episodes[index].raised.is_some() {
            let first_seen = self.state.line.last().map_or(thing.first_seen, When::from);
            let id = self.id_of(thing, zone, kind, first_seen);
            let old = &thing.episodes[index];
            let fresh = Episode {
                id,
                first_seen,
                counts_from: now,
                opened: false,
                permit: None,
                raised: None,
                nearest: None,
                ..old.clone()
            };
            thing.episodes.push(fresh);
            return;
        }
        let episode = &mut thing.episodes[index];
        if ended {
            episode.counts_from = now;
        }
        episode.permit = permit;
    }

    fn open(&self, thing: &Thing, index: usize, zone: &Zone, bbox: events::BBox, said: &mut Vec<Judgement>) {
        let episode = &thing.episodes[index];
        if let Ok(id) = episode.id.parse() {
            said.push(Judgement::Opened {
                id,
                kind: kind_at(episode.kind),
                zone: zone.id.clone(),
                first_seen: episode.first_seen.into(),
                bbox,
            });
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one record")]
    fn candidate(
        &self,
        thing: &Thing,
        index: usize,
        zone: &Zone,
        bbox: events::BBox,
        raised: Moment,
        score: Score,
        why: Why,
    ) -> Candidate {
        let episode = &thing.episodes[index];
        Candidate {
            id: episode.id.parse().expect("episode ids are made by CandidateId::derive"),
            kind: kind_at(episode.kind),
            camera: self.camera.id.clone(),
            zone: zone.id.clone(),
            zone_version: zone.version.clone(),
            permit: episode.permit.as_ref().and_then(|p| p.parse().ok()),
            first_seen: episode.first_seen.into(),
            raised,
            bbox,
            score,
            why,
        }
    }

    /// One thing is one candidate: what else was opened for it is closed.
    fn close_others(&self, thing: &mut Thing, raised: usize, said: &mut Vec<Judgement>) {
        for (index, episode) in thing.episodes.iter_mut().enumerate() {
            if index != raised && episode.opened && episode.raised.is_none() {
                episode.opened = false;
                if let Ok(id) = episode.id.parse() {
                    said.push(Judgement::Closed { id });
                }
            }
        }
    }

    /// Present and cleared observations of what is out.
    fn follow_raised(&mut self, thing: &mut Thing, now: Seconds, said: &mut Vec<Judgement>) {
        let every = self.options.present_every.max(Duration::from_secs(1)).as_secs_f64();
        let Some(at) = self.state.line.last() else { return };
        let seen = thing.presence == Presence::Seen;
        let mut present = Vec::new();
        for episode in &mut thing.episodes {
            if let Some(raised) = &mut episode.raised
                && seen
                && !raised.part
                && now - raised.confirmed >= every
            {
                raised.confirmed = now;
                present.push(episode.id.clone());
            }
        }
        for id in present {
            self.observe(thing, &id, CandidateState::Present, at, said);
        }
        let Some(since) = thing.gone_since else { return };
        let gone_for = now - since;
        let gone: Vec<Episode> =
            thing.episodes.extract_if(.., |e| e.raised.as_ref().is_some_and(|r| gone_for >= r.clear_after)).collect();
        let at = self.state.line.moment(since);
        for episode in gone {
            self.end_episode(thing, episode, CandidateState::Cleared, at, said);
        }
    }

    /// Says how an episode ended, if anybody was told that it had begun.
    pub(super) fn end_episode(
        &self,
        thing: &Thing,
        episode: Episode,
        state: CandidateState,
        at: Moment,
        said: &mut Vec<Judgement>,
    ) {
        if let Some(raised) = &episode.raised {
            if !raised.part {
                self.observe(thing, &episode.id, state, at, said);
            }
        } else if episode.opened
            && let Ok(id) = episode.id.parse()
        {
            said.push(Judgement::Closed { id });
        }
    }

    fn observe(&self, thing: &Thing, id: &str, state: CandidateState, at: Moment, said: &mut Vec<Judgement>) {
        let (w, h) = self.size().unwrap_or((1, 1));
        if let Ok(id) = id.parse() {
            said.push(Judgement::Observed(Observation {
                camera: self.camera.id.clone(),
                at,
                subject: Subject::Candidate { id, state, bbox: thing.bbox(w, h) },
            }));
        }
    }
}

#[cfg(test)]
#[path = "judging_tests.rs"]
mod tests;
