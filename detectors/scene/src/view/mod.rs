//! Is the camera looking at what it was set up to look at? Moved, covered, dark, blurred and frozen pictures are noticed
//! here; what follows from them (rules suspended, the street learnt anew) is the scene's to do.
//!
//! The view is learnt as directions of edges, tile by tile ([`reference`]). What a look has become of each tile decides: seen
//! as usual, gone soft (no fine edges), or something else with edges of its own. Most gone soft: blurred where the coarse
//! light is still distributed as before, covered where it is not, dark where there is none. Nearly all something else:
//! moved. Half of it something else is a bus or a crowd: nothing is judged while it is there, and no alarm is raised.
//! Time, not certainty, does the rest: a finding has to last, for less long the plainer it is.
//!
//! Pure like all of the scene; every look costs the same.

mod reference;
mod stillness;
mod thumb;

use events::Health;
use serde::{Deserialize, Serialize};

use self::reference::{BLACK_LEVEL, Compared, Look, Reference};
use self::stillness::Stillness;
use self::thumb::Thumb;
use crate::clock::Seconds;
use crate::motion::picture::Picture;

/// A finding is believed after so many looks that were not well: three key frames two seconds apart are four seconds.
const LOOKS: u32 = 3;

/// And after so long, seconds. Headlights and the exposure that follows them are over by then.
const PLAIN: Seconds = 3.0;
/// The same where it is less plain: part of the view is still seen, or what is seen instead could be a passing bus.
const LESS_PLAIN: Seconds = 5.0;

/// Looks that are well again before the return is believed, and seconds they are apart.
const BACK: (u32, Seconds) = (2, 1.0);

/// Brighter than this are fewer than a fiftieth of a black picture's pixels, grey levels in broadcast range (black is 16).
const BLACK: f32 = 30.0;

/// A dark picture leaves nine tenths of its pixels below this, grey levels.
const DARK: f32 = 50.0;

/// And has less than this share of the usual light.
const LIGHT_LEFT: f32 = 0.4;

/// Fewer telling tiles than this are no view to compare with: a bare wall, fog.
const TELLING: u32 = 12;

/// Share of the tiles that is soft in a blurred or covered picture; up to a quarter is in one that is well.
const MOSTLY_SOFT: f32 = 0.35;

/// And this in what covers half the view and more.
const HALF: f32 = 0.5;

/// Share of soft tiles above which the reference does not follow: drops on the lens would become the view.
const TOO_SOFT: f32 = 0.25;

/// How well the coarse light still agrees in a blurred picture, and in one that is blurred beyond doubt: on rendered streets it agrees
/// by 0.9 in nearly every look of a blurred camera, and by 0.87 at most in those of a turned one.
const SAME_LIGHT: f32 = 0.5;
const PLAINLY_SAME_LIGHT: f32 = 0.9;

/// A crowd leaves less of it; then so much of the view is alike, and has so much of the usual structure, that it is no other.
const STILL_ALIKE: f32 = 0.16;
const STILL_STRUCTURED: f32 = 0.65;

/// Blur takes structure away, and noise adds a little; what adds more, while most of the view is alike, is weather.
const NOT_ADDED: f32 = 2.5;

/// Structure of its own, of a look's usual, that a cover has not and another view has: on rendered streets a hand before the lens has
/// 0.24 at most, another view 0.41 at least; on a real crowd it is 0.19 and 0.67.
const STRUCTURED: f32 = 0.33;

/// Likeness to the reference, of the usual, below which it is another view: chance leaves a twentieth, captions that are written
/// into the picture a little more. What is seen past a bus or between people in a crowd leaves a third.
const OTHER_VIEW: f32 = 0.15;

/// The same where what is left of the likeness is found best further off than a mast sways.
const FAR_OFF: f32 = 0.6;

/// Share of the tiles that has edges of its own in another view.
const SHARP: f32 = 0.3;

/// Likeness below which nothing is judged.
const HIDDEN: f32 = 0.45;

/// What hides half the view and has edges of its own is believed to be there to stay after this long, seconds.
const PARKED: Seconds = 120.0;

/// A reference is settled after so many looks and seconds in which the view did not change.
const SETTLED: (u32, Seconds) = (5, 3.0);

/// Until it has seen so many looks a reference follows whatever is not plainly another view.
const YOUNG: u32 = 20;

/// A look that is less alike, and of which more of all tiles changed, is another view than the look before.
const BREAK: (f32, f32) = (0.25, 0.5);

/// A camera whose view changed this often, over at least so many seconds, is one that moves; a scene cut is one change.
const MOVING: (u32, Seconds) = (2, 2.0);

/// What the view check remembers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct View {
    state: u8,
    reference: Option<Reference>,
    settled: bool,
    begun: Seconds,
    /// How often an unsettled view changed, and when first.
    breaks: u32,
    first_break: Seconds,
    stillness: Stillness,
    looked: Seconds,
    /// Since when it is not well, for how many looks, and how many of them found what.
    bad: Bad,
    /// The same for well.
    well_since: Option<Seconds>,
    well_looks: u32,
    hidden_since: Option<Seconds>,
    unclear: bool,
    /// The last look began the reference anew.
    changed: bool,
}

/// See [`View::bad`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Bad {
    since: Option<Seconds>,
    looks: u32,
    found: [u32; Health::ALL.len()],
}

/// What one look says.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Finding {
    Well,
    /// Not the view, but for no reason that can be named.
    Unclear,
    /// After this long it is believed.
    Bad(Health, Seconds),
}

/// A change of the camera's health.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Change {
    pub(crate) health: Health,
    /// Since when.
    pub(crate) since: Seconds,
}

fn code(health: Health) -> u8 {
    Health::ALL.iter().position(|h| *h == health).unwrap_or(0) as u8
}

impl View {
    /// How the picture is at present.
    pub(crate) fn health(&self) -> Health {
        Health::ALL.get(usize::from(self.state)).copied().unwrap_or(Health::Ok)
    }

    /// Is something amiss, believed or not yet?
    pub(crate) fn is_uneasy(&self) -> bool {
        self.health() != Health::Ok || self.bad.since.is_some() || self.unclear
    }

    /// Can a street be learnt from what is seen now? Not from a view that still changes, nor from one that is not well.
    pub(crate) fn is_steady(&self) -> bool {
        self.breaks == 0 && !self.is_uneasy()
    }

    /// Did the last look show another view than the one before, while the view is being learnt?
    pub(crate) fn has_just_changed(&self) -> bool {
        self.changed
    }

    /// May the scene give the old view up for what is seen now? Only for another view: what is behind a cover, in the dark or
    /// out of focus will be there again.
    pub(crate) fn may_be_new(&self) -> bool {
        self.health() == Health::Moved || self.hidden_since.is_some()
    }

    /// Gives the reference up; the next looks are learnt as the new one.
    pub(crate) fn forget(&mut self) {
        (self.reference, self.settled, self.breaks) = (None, false, 0);
        (self.bad, self.hidden_since, self.unclear) = (Bad::default(), None, false);
    }

    /// Do the parts of a memory that was read fit together?
    pub(crate) fn check(&self) -> Result<(), String> {
        self.stillness.check()?;
        self.reference.as_ref().map_or(Ok(()), Reference::check)
    }

    /// Looks at a picture as it came; `Some` when the health changes.
    pub(crate) fn look(&mut self, raw: &Picture, frozen_after: Seconds, now: Seconds) -> Option<Change> {
        let thumb = Thumb::of(raw, self.stillness.noise)?;
        let dt = (now - std::mem::replace(&mut self.looked, now)).clamp(0.0, 10.0);
        let frozen_since = self.stillness.look(&thumb, frozen_after, now);
        let found = self.find(&thumb, dt, now);
        self.unclear = found == Finding::Unclear && self.settled;
        match (found, frozen_since) {
            (Finding::Well | Finding::Unclear, Some(since)) => self.believe(Health::Frozen, since),
            (Finding::Well, None) => self.well(now),
            (Finding::Unclear, None) => None,
            (Finding::Bad(health, holds), _) => self.bad(health, holds, now),
        }
    }

    fn find(&mut self, thumb: &Thumb, dt: Seconds, now: Seconds) -> Finding {
        if thumb.bright_end(0.02) < BLACK {
            return Finding::Bad(Health::Dark, PLAIN);
        }
        let Some(reference) = self.reference.as_mut().filter(|reference| reference.fits(thumb)) else {
            (self.reference, self.settled, self.begun) = (Some(Reference::first(thumb)), false, now);
            (self.breaks, self.hidden_since) = (0, None);
            return Finding::Unclear;
        };
        let looks = reference.measure(thumb);
        let found = reference.compare(&looks);
        if !self.settled {
            return self.settle(thumb, &looks, &found, dt, now);
        }
        let finding = self.name(thumb, &found, now);
        if finding == Finding::Well
            && let Some(reference) = &mut self.reference
        {
            if found.soft <= TOO_SOFT || reference.looks < YOUNG {
                reference.learn(thumb, &looks, dt);
            }
            // A view that has lost all structure bit by bit (snow) is none to compare with.
            self.settled = found.telling >= TELLING;
        }
        finding
    }

    /// While the reference is young: a view that changes begins it anew; one that keeps changing is a camera that moves.
    fn settle(&mut self, thumb: &Thumb, looks: &[Look], found: &Compared, dt: Seconds, now: Seconds) -> Finding {
        let (alike, changed) = BREAK;
        self.changed = false;
        if found.changed > changed && (found.alike < alike || found.telling < TELLING) {
            if self.breaks == 0 {
                self.first_break = now;
            }
            self.breaks = self.breaks.saturating_add(1);
            self.changed = true;
            (self.reference, self.begun) = (Some(Reference::first(thumb)), now);
        } else if let Some(reference) = &mut self.reference {
            reference.learn(thumb, looks, dt);
            let (looks, seconds) = SETTLED;
            if reference.looks >= looks && now - self.begun >= seconds {
                // Without structure there is nothing to recognise, but nothing that moves either.
                (self.settled, self.breaks) = (found.telling >= TELLING, 0);
                return Finding::Well;
            }
        }
        let (often, long) = MOVING;
        if self.breaks >= often && now - self.first_break >= long { Finding::Bad(Health::Moved, 0.0) } else { Finding::Unclear }
    }

    /// What a look is, by the settled reference.
    fn name(&mut self, thumb: &Thumb, found: &Compared, now: Seconds) -> Finding {
        let hidden = found.alike < HIDDEN;
        if hidden && self.is_dark(thumb) {
            return Finding::Bad(Health::Dark, PLAIN);
        }
        let holds = if found.alike < OTHER_VIEW { PLAIN } else { LESS_PLAIN };
        let structured = found.structure >= STRUCTURED;
        if found.alike < OTHER_VIEW && !structured {
            return Finding::Bad(Health::Covered, holds);
        }
        let soft = found.soft >= MOSTLY_SOFT && (hidden || found.added < NOT_ADDED);
        let still = found.coarse >= SAME_LIGHT && found.alike >= STILL_ALIKE && found.structure >= STILL_STRUCTURED;
        // Where hardly a tile has fine edges at any time none is soft, and only the light tells blur.
        if (soft || hidden) && found.coarse >= PLAINLY_SAME_LIGHT || soft && still {
            return Finding::Bad(Health::Blurred, holds);
        }
        let far = found.at_bound && found.alike_least < FAR_OFF && found.other >= SHARP;
        if (found.alike_least < OTHER_VIEW || far) && structured {
            return Finding::Bad(Health::Moved, LESS_PLAIN);
        }
        if soft && found.coarse >= SAME_LIGHT {
            return Finding::Bad(Health::Blurred, holds);
        }
        // The smooth side of a van hides two fifths of a street.
        if hidden && found.soft >= HALF {
            return Finding::Bad(Health::Covered, holds);
        }
        if !hidden {
            self.hidden_since = None;
            return Finding::Well;
        }
        let since = *self.hidden_since.get_or_insert(now);
        if now - since >= PARKED { Finding::Bad(Health::Covered, 0.0) } else { Finding::Unclear }
    }

    fn is_dark(&self, thumb: &Thumb) -> bool {
        let usual = self.reference.as_ref().map_or(0.0, Reference::brightness) - BLACK_LEVEL;
        let tiles = thumb.brightness();
        let mean = tiles.iter().sum::<f32>() / tiles.len() as f32 - BLACK_LEVEL;
        thumb.bright_end(0.1) < DARK && mean < LIGHT_LEFT * usual
    }

    /// A look that is well.
    fn well(&mut self, now: Seconds) -> Option<Change> {
        self.bad = Bad::default();
        let since = *self.well_since.get_or_insert(now);
        self.well_looks = self.well_looks.saturating_add(1);
        let (looks, seconds) = BACK;
        if self.well_looks >= looks && now - since >= seconds { self.believe(Health::Ok, since) } else { None }
    }

    /// A look that is not well: believed when that has lasted, by the name that most of the looks gave it.
    fn bad(&mut self, health: Health, holds: Seconds, now: Seconds) -> Option<Change> {
        (self.well_since, self.well_looks) = (None, 0);
        let since = *self.bad.since.get_or_insert(now);
        self.bad.looks = self.bad.looks.saturating_add(1);
        let index = usize::from(code(health));
        self.bad.found[index] = self.bad.found[index].saturating_add(1);
        let usual = self.bad.found.iter().all(|&n| n <= self.bad.found[index]);
        let lasted = holds == 0.0 || (now - since >= holds && self.bad.looks >= LOOKS);
        if usual && lasted { self.believe(health, since) } else { None }
    }

    fn believe(&mut self, health: Health, since: Seconds) -> Option<Change> {
        if self.health() == health {
            return None;
        }
        self.state = code(health);
        if health != Health::Ok {
            (self.well_since, self.well_looks) = (None, 0);
        }
        Some(Change { health, since })
    }
}
