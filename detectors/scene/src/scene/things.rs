//! Things: found, followed by their place, and let go.

use events::{CandidateState, Detections, ObjectClass};

use super::{Scene, Seen, State, centis};
use crate::clock::{Seconds, When};
use crate::judgement::Judgement;
use crate::motion::blobs::{self, Mask, PixelBox};
use crate::motion::measure::{Looks, looks};
use crate::motion::picture::Picture;
use crate::motion::street::{Shows, Street};
use crate::motion::writing;
use crate::place::bringer::Bringer;
use crate::place::company::{Area, Mover, NAMED, Scene as Look, Who};
use crate::place::identity::{Identity, is_of_their_size};
use crate::place::thing::{Presence, Thing};
use crate::tracker::Tracks;

/// Nothing smaller than this can be told from noise, pixels of the small picture.
const LEAST_PIXELS: usize = 12;

/// Pixels that come to stand beside a thing this soon after it belong to it, seconds: a leg uncovers the rest of a bag.
const BELONGS: Seconds = 12.0;

/// A thing that was never raised is forgotten when gone, or hidden, for so long, seconds.
const FORGET_GONE: Seconds = 2.5;
const FORGET_HIDDEN: Seconds = 90.0;

/// What left or only got other light is taken into the street after it looked so for this long, seconds.
const GHOST_AFTER: Seconds = 3.0;

/// A model that looked within this time sees for the scene, seconds; before that, movement alone does.
const MODEL_LATELY: Seconds = 10.0;

/// What nobody made a thing of and stands for so long is part of the street to come, seconds.
const STOOD_LONG: Seconds = 30.0;

/// How far below a thing it is looked for whether it goes on there, heights of a person; and what belongs to it came within
/// so many seconds of it.
const BELOW: f32 = 0.25;
const CAME_TOGETHER: Seconds = 8.0;

/// Detections less sure than this hide nothing.
const SURE: f32 = 0.25;

/// Somebody of whom a model is less sure than this, and of whom nothing is seen before the empty street, is not there: it takes a
/// lamp post or a painted box that always stood there for somebody, now and then.
const CERTAIN: f32 = 0.6;
const UNCHANGED: f32 = 0.08;

impl Scene {
    /// Follows all things through one look.
    pub(super) fn follow(&mut self, seen: &Seen<'_>, said: &mut Vec<Judgement>) {
        let &Seen { current, tracks, detections, now, .. } = seen;
        let (w, h) = (current.w, current.h);
        let model = self.state.model_at.is_some_and(|at| now - at <= MODEL_LATELY) && !detections.models.is_empty();
        let mut movers = detected(tracks, w, h);
        let boxed = boxed(&movers, w, h);
        let street = self.state.street.as_ref().expect("things are followed in a known street");
        movers.retain(|m| m.score >= CERTAIN || !shows_street(street, &m.at));
        let owner = owners(&self.state.things, w * h);
        let clock = centis(now);
        for (b, pixels) in blobs::moving(street, clock, |i| owner[i] != 0, 4) {
            movers.push(Mover { at: b.into(), pixels: pixels as f32, who: Who::Unknown, score: 1.0 });
        }
        self.state.stature.learn(&movers, w, h);
        if model {
            self.state.stature.listen(&movers, w, h);
        }
        // Whatever is not the street stirs, unless it is known to be a thing that stands firm, or has stood there for long
        // without being one: somebody who stands still beside a suitcase stirs.
        let firm: Vec<bool> = self.state.things.iter().map(|t| t.stands_firm(now, self.state.stature.at(t.at.y2, h))).collect();
        let long_ago = centis(now - STOOD_LONG);
        let stirs: Vec<bool> = (0..w * h)
            .map(|i| match owner[i] {
                _ if street.shows[i] == Shows::Street => false,
                // Whoever stands on a shining floor darkens it around, and it stays so when they have gone.
                _ if street.shades(current, i) => false,
                0 => street.shows[i] == Shows::Other || street.since(i) > long_ago,
                thing => !firm[thing as usize - 1],
            })
            .collect();
        let mut look = Look::of(street, now, movers, model, |i| stirs[i]);
        look.hint(hints(detections, street), self.state.company.last());
        self.state.company.push(look);

        let mut things = std::mem::take(&mut self.state.things);
        let taken = |x: usize, y: usize| x < w && y < h && stirs[y * w + x];
        for thing in &mut things {
            self.see(thing, seen, model, &taken);
        }
        self.join(&mut things, w, h);
        self.find(&mut things, &boxed, current, now);
        self.state.things = things;
        self.let_go(now, said);
        self.keep_and_sweep(&boxed, now);
    }

    /// Joins what was found in pieces: what lies within a thing's box, touches it, is like it and came with it is a part of it.
    /// A suitcase comes to light in pieces while its owner steps aside, and each piece would stir beside the other.
    fn join(&self, things: &mut Vec<Thing>, w: usize, h: usize) {
        let Some(street) = &self.state.street else { return };
        let whole = |t: &Thing| !t.in_street && !t.is_raised() && t.presence == Presence::Seen;
        let embedded = |piece: &Thing, host: &Thing| {
            whole(piece)
                && whole(host)
                && piece.mask.len() <= host.mask.len()
                && piece.at.share_in(&host.at) >= 0.6
                && (piece.onset - host.onset).abs() <= BELONGS
                && host.is_like(piece.contrast)
                && !host.is_whole()
                && !piece.is_whole()
        };
        let mut index = 0;
        while index < things.len() {
            let piece = &things[index];
            let possible = things.iter().enumerate().any(|(i, t)| i != index && embedded(piece, t));
            let host = possible.then(|| touched(&piece.mask, &owners(things, w * h), w, h)).and_then(|touched| {
                let found = |(i, t): &(usize, &Thing)| *i != index && embedded(piece, t) && touched.contains(&(*i as u32 + 1));
                things.iter().enumerate().find(found).map(|(i, _)| i)
            });
            // What was said to have opened is closed by whoever said it, not by vanishing into another.
            let opened = piece.episodes.iter().any(|e| e.opened);
            let Some(host) = host.filter(|_| !opened) else {
                index += 1;
                continue;
            };
            let piece = things.remove(index);
            let host = &mut things[if host > index { host - 1 } else { host }];
            host.take_in(piece, w);
            host.contrast = blobs::contrast(&host.mask, street);
            index = 0;
        }
    }

    /// One thing in one look.
    fn see(&self, thing: &mut Thing, seen: &Seen<'_>, model: bool, taken: &dyn Fn(usize, usize) -> bool) {
        let &Seen { frame, current, detections, now, dt, .. } = seen;
        let (Some(street), Some(look)) = (&self.state.street, self.state.company.last()) else { return };
        if thing.in_street {
            see_in_street(thing, street, now);
            return;
        }
        let (mut shown, mut bare, mut other) = (0usize, 0usize, 0usize);
        for &i in &thing.mask {
            match street.shows[i as usize] {
                Shows::Standing => shown += 1,
                Shows::Street => bare += 1,
                Shows::Other => other += 1,
            }
        }
        let n = thing.mask.len().max(1) as f32;
        let (shown, bare, other) = (shown as f32 / n, bare as f32 / n, other as f32 / n);
        thing.presence = if bare >= 0.5 && shown <= 0.15 {
            Presence::Gone
        } else if shown >= 0.3 {
            Presence::Seen
        } else {
            Presence::Hidden
        };
        match thing.presence {
            Presence::Gone => {
                thing.gone_since.get_or_insert(now);
            }
            Presence::Seen => {
                thing.gone_since = None;
                thing.last_seen = now;
            }
            // Somebody who passes before an empty place does not bring the thing back.
            Presence::Hidden => {}
        }
        if thing.presence == Presence::Seen && (bare >= 0.25 || bare >= 0.06 && !thing.is_raised()) {
            self.part_went(thing, street, current, now);
        } else {
            thing.part_gone_since = None;
        }
        let changing = (thing.presence == Presence::Seen).then_some(other);
        // What stirs speaks for somebody only where a model does not see people.
        let heard = model && thing.is_seen_by_model();
        let stir = if heard { 0.0 } else { stir_within(thing, street) };
        thing.observe(&self.state.company, taken, changing, stir, dt);
        if model && thing.presence == Presence::Seen {
            thing.named(look, dt);
            thing.silence_counts = self.state.stature.silence_counts(thing.at.y2, current.h);
            name(thing, detections, current.w, current.h);
        }
        thing.identity.believe(self.state.trust.is_given());
        let person = self.state.stature.at(thing.at.y2, current.h);
        if shown >= 0.6
            && let Some((_, names)) = self.told.iter().find(|(of, _)| *of == thing.serial)
            && person.is_none_or(|person| is_of_their_size(names, &thing.at, person))
        {
            thing.identity.hear(names, now);
        }
        if shown >= 0.7 && !thing.is_raised() {
            let seen = looks(&thing.mask, current, &street.empty);
            thing.looks = if thing.measured == 0 { seen } else { mean(&thing.looks, &seen, 0.3) };
            thing.alternation = writing::alternation(frame, &thing.at, current.w);
            let person = person.unwrap_or(2.0 * thing.at.height());
            let below = goes_on_below(thing, street, current, person);
            thing.goes_on += (below - thing.goes_on) * (1.0 / (thing.measured as f32 + 1.0)).max(0.08);
            thing.measured += 1;
        }
    }

    /// A part of the thing shows the street for a while: it was two (a person beside a suitcase), and one has left.
    fn part_went(&self, thing: &mut Thing, street: &Street, current: &Picture, now: Seconds) {
        let w = current.w;
        let since = *thing.part_gone_since.get_or_insert(now);
        if now - since < 1.2 {
            return;
        }
        thing.part_gone_since = None;
        let (rest, went): (Mask, Mask) = thing.mask.iter().partition(|&&i| street.shows[i as usize] != Shows::Street);
        if rest.len() < LEAST_PIXELS {
            return;
        }
        let raised = thing.is_raised();
        let large = went.len() * 5 > thing.mask.len();
        thing.contrast = blobs::contrast(&rest, street);
        thing.reshape(rest, w, now);
        if large && !raised {
            if let Some(b) = PixelBox::of(&went, w) {
                let height = (b.y2 - b.y1) as f32;
                thing.bringer.get_or_insert(Bringer { foot: b.y2 as f32, height, who: Who::Unknown, stood: true });
            }
            thing.departed = true;
            thing.measured = 0;
            thing.identity = Identity::default();
            thing.fuzz *= 0.3;
            thing.mover_share *= 0.5;
            self.retime(thing, street, current);
        }
    }

    /// What is left of a thing is what stood there: when did *it* come?
    fn retime(&self, thing: &mut Thing, street: &Street, current: &Picture) {
        if thing.episodes.iter().any(|e| e.opened) {
            return;
        }
        let (onset, complete, spread) = self.times(&thing.mask, street, current);
        let (w, h) = (street.empty.w, street.empty.h);
        thing.onset = onset;
        thing.complete = complete;
        thing.spread = spread;
        thing.first_seen = When::from(self.state.line.moment(onset));
        thing.first_box = thing.bbox(w, h).to_array();
        thing.episodes.clear();
    }

    /// When it came, as single pixels tell it, put right by the first look that shows it whole.
    fn times(&self, mask: &Mask, street: &Street, current: &Picture) -> (Seconds, Seconds, f32) {
        let (onset, complete, spread) = times(mask, street);
        let moment = self.state.past.stands_since(mask, current, &street.empty).unwrap_or(onset).max(onset);
        (moment, complete.max(moment), spread)
    }

    /// Finds what has newly come to stand, and joins it to what it belongs to.
    fn find(&mut self, things: &mut Vec<Thing>, boxed: &[bool], current: &Picture, now: Seconds) {
        let Some(street) = &self.state.street else { return };
        let (w, h) = (street.empty.w, street.empty.h);
        let owner = owners(things, w * h);
        let clock = centis(now);
        let wanted = |i: usize| {
            owner[i] == 0 && !boxed[i] && street.is_old(i, clock) && street.shows[i] != Shows::Street && !street.is_shade(i)
        };
        let least = self.least_pixels(w * h);
        let found = blobs::standing(street, wanted, (least / 3).max(6));
        let mut born = Vec::new();
        for blob in found.into_iter().flat_map(|blob| blobs::by_contrast(blob, street)) {
            let Some(around) = PixelBox::of(&blob, w) else { continue };
            let (onset, complete, spread) = self.times(&blob, street, current);
            let area = Area::from(around);
            let touched = touched(&blob, &owner, w, h);
            let contrast = blobs::contrast(&blob, street);
            let host = things.iter_mut().enumerate().find(|(index, thing)| {
                let close = thing.at.grown(3.0, 3.0);
                let young = (onset - thing.onset).abs() <= BELONGS
                    && touched.contains(&(*index as u32 + 1))
                    && thing.is_like(contrast)
                    && !thing.is_whole();
                let crumb = blob.len() * 3 < thing.mask.len() && area.share_in(&close) >= 0.5;
                let raised = thing.is_raised() && (area.share_in(&close) >= 0.6 || area.iou(&thing.at) >= 0.3);
                young || crumb || raised || (thing.in_street && area.share_in(&close) >= 0.5)
            });
            if let Some((_, thing)) = host {
                let outgrown = thing.is_raised() && blob.len() > thing.mask.len();
                if !thing.in_street && !outgrown {
                    let mut mask = thing.mask.clone();
                    // What joins later does so within the zones: beyond them a thing would grow along whoever stands there.
                    mask.extend(blob.iter().filter(|&&i| self.watched[i as usize]));
                    mask.sort_unstable();
                    mask.dedup();
                    thing.reshape(mask, w, now);
                    thing.complete = thing.complete.max(complete);
                }
                continue;
            }
            // A thing is taken whole, however little of it lies in a zone: cut to the zone, half a parked car is no car.
            if blob.len() < least || !blob.iter().any(|&i| self.watched[i as usize]) {
                continue;
            }
            let first_seen = When::from(self.state.line.moment(onset));
            let mut thing = Thing::new(self.state.next_serial, blob, w, h, (onset, complete, spread), now, first_seen);
            self.state.next_serial += 1;
            thing.contrast = contrast;
            thing.recall(&self.state.company, self.state.stature.at(thing.at.y2, h));
            thing.looks = looks(&thing.mask, current, &street.empty);
            thing.measured = 1;
            born.push(thing);
        }
        for mut thing in born {
            self.claim_adopted(&mut thing, w, h, now);
            things.push(thing);
        }
    }

    /// Lets go of what is gone, of ghosts, and of what only the light drew.
    fn let_go(&mut self, now: Seconds, said: &mut Vec<Judgement>) {
        let Some(at) = self.state.line.last() else { return };
        let (mut kept, mut absorbed) = (Vec::new(), Mask::new());
        for mut thing in std::mem::take(&mut self.state.things) {
            // Raised ones end with their observation only, in `follow_raised`.
            if thing.is_raised() {
                kept.push(thing);
                continue;
            }
            let cleared = thing.in_street;
            let gone = thing.gone_since.is_some_and(|since| now - since >= FORGET_GONE);
            let hidden = now - thing.last_seen >= FORGET_HIDDEN;
            let looks = &thing.looks;
            // Not while somebody is there, who may be what does not fit.
            let alone = thing.alone_since().is_some_and(|since| now - since >= GHOST_AFTER);
            let measured = thing.measured >= 3 && now - thing.born >= GHOST_AFTER && alone;
            let ghost = measured && looks.came() < -0.3;
            let light = measured && looks.street_structure >= 1.5 && looks.same_structure > 0.7;
            let old = now - thing.born >= self.options.absorb_after.as_secs_f64();
            let unwanted = old && thing.mover_share < 0.3 && !thing.episodes.iter().any(|e| e.opened);
            let opened_long = now - thing.born >= self.longest_dwell();
            if !(cleared || gone || hidden || ghost || light || unwanted || opened_long && thing.mover_share < 0.3) {
                kept.push(thing);
                continue;
            }
            if !(gone || hidden) {
                absorbed.extend_from_slice(&thing.mask);
            }
            self.remember_misses(&thing);
            for episode in std::mem::take(&mut thing.episodes) {
                self.end_episode(&thing, episode, CandidateState::Lost, at, said);
            }
        }
        self.state.things = kept;
        if let Some(street) = &mut self.state.street {
            street.absorb(absorbed.into_iter().map(|i| i as usize));
        }
    }

    /// Three times the longest dwell of any rule: what was opened and has not been raised by then will not be.
    fn longest_dwell(&self) -> Seconds {
        let dwells = self.camera.zones.iter().flat_map(|z| z.rules.values()).map(|r| r.dwell.as_secs_f64());
        (3.0 * dwells.fold(0.0, f64::max)).max(self.options.absorb_after.as_secs_f64())
    }

    /// Tells the street which pixels it must not swallow, and sweeps up the rest now and then.
    fn keep_and_sweep(&mut self, boxed: &[bool], now: Seconds) {
        let State { street: Some(street), things, swept_at, .. } = &mut self.state else { return };
        street.kept.fill(false);
        for &i in things.iter().flat_map(|t| &t.mask) {
            street.kept[i as usize] = true;
        }
        if now - *swept_at >= 5.0 {
            *swept_at = now;
            street.absorb_old(centis(now), centis(self.options.absorb_after.as_secs_f64()), |i| boxed[i]);
        }
    }

    /// The fewest pixels that any rule wants, less a third for what thresholds eat from the border.
    pub(crate) fn least_pixels(&self, pixels: usize) -> usize {
        let areas = self.camera.zones.iter().flat_map(|z| z.rules.values()).map(|r| r.min_area);
        let least = areas.fold(1.0, f64::min);
        ((least * pixels as f64 * 0.66) as usize).max(LEAST_PIXELS)
    }
}

/// Pixels that move within a thing's box, grown to where somebody behind it would show, but beside its own: those of a heap flicker
/// in noise and rain, and nobody is there.
fn stir_within(thing: &Thing, street: &Street) -> f32 {
    let (w, h) = (street.empty.w, street.empty.h);
    let (dx, up) = (0.1 * thing.at.width(), 0.3 * thing.at.height());
    let (x1, x2) = ((thing.at.x1 - dx).max(0.0) as usize, ((thing.at.x2 + dx) as usize).min(w));
    let (y1, y2) = ((thing.at.y1 - up).max(0.0) as usize, (thing.at.y2 as usize).min(h));
    let own = |i: usize| thing.mask.binary_search(&(i as u32)).is_ok();
    let row = |y: usize| (y * w + x1..y * w + x2.max(x1)).filter(|&i| street.shows[i] == Shows::Other && !own(i)).count();
    (y1..y2).map(row).sum::<usize>() as f32
}

/// What stands before a wall goes on below what is seen of it against the wall, if only faintly: legs before a pavement of their
/// colour. What hangs on it ends there. The share of the thing's columns, but for the outer ones, below which something
/// came to stand when it did, within a quarter of a person's height.
fn goes_on_below(thing: &Thing, street: &Street, current: &Picture, person: f32) -> f32 {
    let (w, h) = (street.empty.w, street.empty.h);
    let inset = (0.1 * thing.at.width()) as usize;
    let (x1, x2) = (thing.at.x1 as usize + inset, (thing.at.x2 as usize).saturating_sub(inset).min(w));
    let top = thing.at.y2 as usize + 1;
    let bottom = (top + ((BELOW * person) as usize).max(4)).min(h);
    if x2 <= x1 || bottom < top + 3 {
        return 0.0;
    }
    let (from, until) = (centis(thing.onset - CAME_TOGETHER), centis(thing.complete + CAME_TOGETHER));
    let came = |i: usize| match street.shows[i] {
        Shows::Street => street.is_touched(current, i),
        Shows::Standing => (from..=until).contains(&street.since(i)),
        Shows::Other => true,
    };
    let covered = |x: usize| 2 * (top..bottom).filter(|y| came(y * w + x)).count() >= bottom - top;
    (x1..x2).filter(|x| covered(*x)).count() as f32 / (x2 - x1) as f32
}

/// A thing that the street was learnt with: while its place looks as learnt it is there, when something else stands there it
/// went.
fn see_in_street(thing: &mut Thing, street: &Street, now: Seconds) {
    if thing.went_unseen {
        return;
    }
    let clock = centis(now);
    let n = thing.mask.len().max(1) as f32;
    let changed = thing.mask.iter().filter(|&&i| street.is_old(i as usize, clock)).count() as f32 / n;
    let shown = thing.mask.iter().filter(|&&i| street.shows[i as usize] == Shows::Street).count() as f32 / n;
    if changed >= 0.35 {
        thing.presence = Presence::Gone;
        if thing.gone_since.is_none() {
            let since = thing.mask.iter().filter(|&&i| street.is_old(i as usize, clock)).map(|&i| street.since(i as usize)).min();
            thing.gone_since = Some(since.map_or(now, |c| f64::from(c) / 100.0));
        }
    } else if shown >= 0.6 {
        thing.presence = Presence::Seen;
        thing.last_seen = now;
        thing.gone_since = None;
    } else {
        thing.presence = Presence::Hidden;
    }
}

/// The persons, vehicles and animals the model sees, and those it saw a moment ago.
fn detected(tracks: &Tracks, w: usize, h: usize) -> Vec<Mover> {
    let (w, h) = (w as f64, h as f64);
    tracks
        .live
        .iter()
        .chain(&tracks.coasting)
        .filter(|t| t.score.value() >= SURE)
        .filter_map(|t| {
            let b = &t.bbox;
            let at = Area { x1: (b.x1 * w) as f32, y1: (b.y1 * h) as f32, x2: (b.x2 * w) as f32, y2: (b.y2 * h) as f32 };
            Who::of(t.class).map(|who| Mover { at, pixels: at.size(), who, score: t.score.value() })
        })
        .collect()
}

/// Where a detector sees persons before something else than the empty street, also those of whom it is too unsure to follow them.
fn hints(detections: &Detections, street: &Street) -> Vec<Mover> {
    let (w, h) = (street.empty.w as f64, street.empty.h as f64);
    let persons = detections.items.iter().filter(|d| d.class == ObjectClass::Person && d.score.value() >= NAMED);
    persons
        .map(|d| {
            let b = &d.bbox;
            let at = Area { x1: (b.x1 * w) as f32, y1: (b.y1 * h) as f32, x2: (b.x2 * w) as f32, y2: (b.y2 * h) as f32 };
            Mover { at, pixels: at.size(), who: Who::Person, score: d.score.value() }
        })
        .filter(|m| !shows_street(street, &m.at))
        .collect()
}

/// Pixels within a detected mover's box, a little grown.
fn boxed(movers: &[Mover], w: usize, h: usize) -> Vec<bool> {
    let mut boxed = vec![false; w * h];
    for mover in movers {
        let a = mover.at.grown(0.06 * mover.at.width() + 1.0, 0.05 * mover.at.height() + 1.0);
        let (x1, x2) = (a.x1.max(0.0) as usize, (a.x2.max(0.0) as usize).min(w));
        let (y1, y2) = (a.y1.max(0.0) as usize, (a.y2.max(0.0) as usize).min(h));
        for y in y1..y2 {
            if x1 < x2 {
                boxed[y * w + x1..y * w + x2].fill(true);
            }
        }
    }
    boxed
}

/// Per pixel, the thing it belongs to, counted from 1; 0 for none.
fn owners(things: &[Thing], pixels: usize) -> Vec<u32> {
    let mut owner = vec![0u32; pixels];
    for (index, thing) in things.iter().enumerate() {
        for &i in &thing.mask {
            owner[i as usize] = index as u32 + 1;
        }
    }
    owner
}

/// The things (counted from 1) that a blob comes within three pixels of.
fn touched(blob: &Mask, owner: &[u32], w: usize, h: usize) -> Vec<u32> {
    let mut found = Vec::new();
    for &i in blob {
        let (x, y) = (i as usize % w, i as usize / w);
        for ny in [y.saturating_sub(3), y, (y + 3).min(h - 1)] {
            for nx in [x.saturating_sub(3), x, (x + 3).min(w - 1)] {
                let thing = owner[ny * w + nx];
                if thing != 0 && !found.contains(&thing) {
                    found.push(thing);
                }
            }
        }
    }
    found
}

/// When half of the pixels had come, when nine of ten, and how long it took from the first tenth to there.
fn times(mask: &Mask, street: &Street) -> (Seconds, Seconds, f32) {
    let mut since: Vec<u32> = mask.iter().map(|&i| street.since(i as usize)).filter(|&s| s != u32::MAX).collect();
    since.sort_unstable();
    let at =
        |share: f64| since.get(((since.len() as f64 - 1.0) * share).max(0.0) as usize).map_or(0.0, |&c| f64::from(c) / 100.0);
    (at(0.5), at(0.9), (at(0.9) - at(0.1)) as f32)
}

/// The model's names for a thing: those of detections that fit its place and are no movers, and of strong movers.
fn name(thing: &mut Thing, detections: &Detections, w: usize, h: usize) {
    let bbox = thing.bbox(w, h);
    for d in &detections.items {
        if d.bbox.iou(&bbox) < 0.3 {
            continue;
        }
        let class = ObjectClass::NAMES.iter().position(|(c, _)| *c == d.class).unwrap_or(0) as u8;
        match thing.names.iter_mut().find(|(c, _)| *c == class) {
            Some((_, weight)) => *weight += d.score.value(),
            None => thing.names.push((class, d.score.value())),
        }
    }
}

/// Running mean of measurements.
fn mean(a: &Looks, b: &Looks, share: f32) -> Looks {
    let m = |x: f32, y: f32| x + (y - x) * share;
    Looks {
        edge_now: m(a.edge_now, b.edge_now),
        edge_before: m(a.edge_before, b.edge_before),
        votes: m(a.votes, b.votes),
        stands_out: m(a.stands_out, b.stands_out),
        same_structure: m(a.same_structure, b.same_structure),
        street_structure: m(a.street_structure, b.street_structure),
        ratio: m(a.ratio, b.ratio),
        colour: m(a.colour, b.colour),
        contrast: m(a.contrast, b.contrast),
        uneven: m(a.uneven, b.uneven),
        fill: m(a.fill, b.fill),
        solid: m(a.solid, b.solid),
        crisp: m(a.crisp, b.crisp),
        straight: m(a.straight, b.straight),
    }
}

/// Is the empty street seen all over a place, but for so little as a passing shadow changes?
fn shows_street(street: &Street, at: &Area) -> bool {
    let (w, h) = (street.empty.w, street.empty.h);
    let (mut other, mut all) = (0usize, 0usize);
    for y in at.y1.max(0.0) as usize..(at.y2.max(0.0) as usize).min(h) {
        for x in at.x1.max(0.0) as usize..(at.x2.max(0.0) as usize).min(w) {
            all += 1;
            other += usize::from(street.shows[y * w + x] != Shows::Street);
        }
    }
    all > 0 && (other as f32) < UNCHANGED * all as f32
}
