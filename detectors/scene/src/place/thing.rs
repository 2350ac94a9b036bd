//! One thing that stands somewhere, with all that is known of it.

use events::ObjectClass;
use serde::{Deserialize, Serialize};

use super::attendance::{Attendance, Attended};
use super::bringer::{self, Bringer};
use super::company::{ALL, Area, Company, Counted, Scene, Who};
use super::identity::Identity;
use crate::clock::{Seconds, When};
use crate::motion::blobs::{Mask, PixelBox, UNLIKE};
use crate::motion::measure::Looks;
use crate::violation::Episode;

/// How visible a thing is in a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Presence {
    /// It is seen.
    Seen,
    /// Something is before it.
    Hidden,
    /// The street is seen in its place.
    Gone,
}

/// Pixels of somebody who is seen moving, squares of a person's height: a third of it wide, and half of that box is filled.
const SOMEBODY: f32 = 0.17;

/// Looks after which a model would have named what it knows.
const MODEL_LOOKS: u32 = 3;

/// A line of writing is so many times as long as high, bright and dark alternate so often per height of it and so often in all,
/// and it appears within this time, seconds: in one frame, but single pixels may be disturbed.
const LINE: f32 = 3.0;
const STROKES: f32 = 1.1;
const LEAST_STROKES: f32 = 6.0;
const AT_ONCE: f32 = 0.5;

/// What comes and goes by itself, and the probability above which a thing may be that.
const MOVERS: [ObjectClass; 6] = [
    ObjectClass::Person,
    ObjectClass::Car,
    ObjectClass::Truck,
    ObjectClass::TwoWheeler,
    ObjectClass::Tricycle,
    ObjectClass::Animal,
];
const A_MOVER: f64 = 0.3;

/// The ways to count who is with a thing.
const ACCOUNTS: [Counted; 4] = [
    ALL,
    Counted { itself: false, bystanders: true },
    Counted { itself: true, bystanders: false },
    Counted { itself: false, bystanders: false },
];

/// What is one thing by itself, and the probability above which a thing is known to be that: what comes to stand against it is
/// another. Stalls, heaps and what a shop puts out grow.
const WHOLE: [ObjectClass; 5] =
    [ObjectClass::Poster, ObjectClass::Board, ObjectClass::TwoWheeler, ObjectClass::Bin, ObjectClass::Bag];
const SURELY: f64 = 0.8;

/// A sheet fills at least so much of its box, seen at an angle.
const SHEET: f32 = 0.72;

/// Time constant of the running shares, seconds.
const RUNNING: f64 = 6.0;

/// What is lower than this is nobody who stands, heights of a person.
const LOWER: f32 = 0.75;

/// A thing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Thing {
    pub(crate) serial: u64,
    pub(crate) mask: Mask,
    pub(crate) at: Area,
    /// Its box when it was first known, in 0..1: its identity is derived from it.
    pub(crate) first_box: [f64; 4],
    pub(crate) first_seen: When,
    /// When half of its pixels had come, and when nearly all.
    pub(crate) onset: Seconds,
    pub(crate) complete: Seconds,
    /// How long its pixels took to come, seconds.
    pub(crate) spread: f32,
    pub(crate) born: Seconds,
    pub(crate) presence: Presence,
    pub(crate) last_seen: Seconds,
    pub(crate) gone_since: Option<Seconds>,
    /// When its outline last changed a lot.
    pub(crate) settled: Seconds,
    settled_pixels: f32,
    /// Since when a part of it shows the street while the rest stands.
    pub(crate) part_gone_since: Option<Seconds>,
    pub(crate) looks: Looks,
    /// Mean contrast with the street when it was found, fixed point.
    pub(crate) contrast: f32,
    pub(crate) measured: u32,
    pub(crate) bringer: Option<Bringer>,
    /// Somebody was beside it after it stood complete.
    pub(crate) departed: bool,
    /// Somebody was at it while it came, however much larger it is than people are.
    pub(crate) visited: bool,
    /// Who stays with it, as often as there are ways to count: in the order of [`ACCOUNTS`].
    accounts: [Attendance; ACCOUNTS.len()],
    /// Who stood there before it came.
    bystanders: Vec<Area>,
    /// Running share of looks in which the model calls the thing itself a mover.
    pub(crate) mover_share: f32,
    pub(crate) model_looks: u32,
    /// Looks in which the model saw people or vehicles cover much of it.
    pub(crate) covered_looks: u32,
    /// Does the model see people here, so that its silence says something?
    pub(crate) silence_counts: bool,
    /// How often bright and dark alternate along it, see [`crate::motion::writing`].
    pub(crate) alternation: f32,
    /// Running share of its width below which something stands that came with it.
    pub(crate) goes_on: f32,
    /// Running share of its own pixels that change while nobody is near.
    pub(crate) fuzz: f32,
    /// The model's names for it, as weights by class index.
    pub(crate) names: Vec<(u8, f32)>,
    /// What a classifier that was shown it says it is.
    pub(crate) identity: Identity,
    pub(crate) episodes: Vec<Episode>,
    /// Was in the picture before the street was learnt (adopted after a crash): the street is the thing, and change its end.
    pub(crate) in_street: bool,
    /// And it was not there any more when the street was learnt.
    pub(crate) went_unseen: bool,
}

impl Thing {
    /// A thing that has just become known.
    pub(crate) fn new(
        serial: u64,
        mask: Mask,
        w: usize,
        h: usize,
        times: (Seconds, Seconds, f32),
        now: Seconds,
        first_seen: When,
    ) -> Self {
        let around = PixelBox::of(&mask, w).unwrap_or(PixelBox { x1: 0, y1: 0, x2: 1, y2: 1 });
        let pixels = mask.len() as f32;
        let at = Area::from(around);
        let (w, h) = (w as f64, h as f64);
        Self {
            serial,
            mask,
            at,
            first_box: [around.x1 as f64 / w, around.y1 as f64 / h, around.x2 as f64 / w, around.y2 as f64 / h],
            first_seen,
            onset: times.0,
            complete: times.1,
            spread: times.2,
            born: now,
            presence: Presence::Seen,
            last_seen: now,
            gone_since: None,
            settled: times.1,
            settled_pixels: pixels,
            part_gone_since: None,
            looks: Looks::default(),
            contrast: 0.0,
            measured: 0,
            bringer: None,
            departed: false,
            visited: false,
            accounts: Default::default(),
            bystanders: Vec::new(),
            mover_share: 0.0,
            model_looks: 0,
            covered_looks: 0,
            silence_counts: false,
            alternation: 0.0,
            goes_on: 0.0,
            fuzz: 0.0,
            names: Vec::new(),
            identity: Identity::default(),
            episodes: Vec::new(),
            in_street: false,
            went_unseen: false,
        }
    }

    /// Reads from the remembered looks who brought it and who stayed, where a `person` is so many pixels tall.
    pub(crate) fn recall(&mut self, company: &Company, person: Option<f32>) {
        let pixels = self.mask.len() as f32;
        self.bystanders = company.bystanders(&self.at, self.onset);
        // Whoever puts up a banner is smaller than it.
        let somebody = pixels.min(person.map_or(f32::INFINITY, |p| SOMEBODY * p * p));
        let start = company.before(self.onset - 1.5).map_or(self.onset - 1.5, |s| s.t).max(self.onset - 4.5);
        let mut before = start;
        for look in company.since(start) {
            self.visited |= look.t <= self.complete + 1.0 && look.near(&self.at, somebody, ALL, &[]);
            if look.t <= self.complete + 1.0
                && let Some(m) = bringer::seen_with(look, &self.at, self.onset, pixels)
            {
                let seen = Bringer::of(m, bringer::stood(company, m, look.t));
                if self.bringer.is_none_or(|old| seen.is_likelier_than(&old, &self.at)) {
                    self.bringer = Some(seen);
                }
            }
            if look.t >= self.onset - 0.05 {
                let near = look.near(&self.at, pixels, ALL, &[]);
                if near && look.t >= self.complete - 0.05 {
                    self.departed = true;
                }
                for (counted, account) in ACCOUNTS.into_iter().zip(&mut self.accounts) {
                    account.attend(look.near(&self.at, pixels, counted, &self.bystanders), look.t);
                }
                // What the model said of this place while the thing was not yet known: it may miss a person in the very look
                // in which the person's outline becomes one.
                if look.model {
                    self.named(look, look.t - before);
                }
            }
            before = look.t;
        }
        self.departed |= bringer::was_near(company, &self.at, pixels, self.onset);
        if (self.bringer.is_none() || !self.departed)
            && let Some(m) = bringer::passer(company, &self.at, self.onset)
        {
            self.bringer.get_or_insert(Bringer::of(&m, false));
            self.departed = true;
        }
        for account in &mut self.accounts {
            account.close(self.complete);
        }
    }

    /// Who is with it, counting bystanders or not. A model takes a heap or a sofa for a person now and then: where a classifier says
    /// that it is neither person nor vehicle, such a box counts for nobody.
    fn attended(&self, bystanders: bool) -> &Attendance {
        let wanted = Counted { itself: !self.is_no_mover(), bystanders };
        let at = ACCOUNTS.iter().position(|counted| *counted == wanted).unwrap_or(0);
        &self.accounts[at]
    }

    /// Does a classifier say that it neither is a person nor a vehicle?
    fn is_no_mover(&self) -> bool {
        self.identity.share(&MOVERS).is_some_and(|share| share < A_MOVER)
    }

    /// Since when it stands alone and unchanged; `None` while somebody is with it. Who stood there before it came does not count:
    /// they did not bring it.
    pub(crate) fn alone_since(&self) -> Option<Seconds> {
        self.attended(false).left_at().map(|left| left.max(self.settled))
    }

    /// How long nobody stirred at it, seconds.
    pub(crate) fn unattended_for(&self, now: Seconds) -> Seconds {
        self.attended(true).unattended_for(now)
    }

    /// Share of the observed time in which somebody was with it, 0..=1.
    pub(crate) fn attended_share(&self) -> f64 {
        self.attended(true).share()
    }

    /// Running means after a look of `dt` seconds.
    pub(crate) fn observe(
        &mut self,
        company: &Company,
        taken: &dyn Fn(usize, usize) -> bool,
        changing: Option<f32>,
        stir: f32,
        dt: f64,
    ) {
        let Some(look) = company.last() else { return };
        let share = (1.0 - (-dt / RUNNING).exp()) as f32;
        let pixels = self.mask.len() as f32;
        let near = look.near(&self.at, pixels, ALL, &[]);
        if near && look.t > self.complete {
            self.departed = true;
        }
        let it = Attended { at: &self.at, pixels, bystanders: &self.bystanders };
        for (counted, account) in ACCOUNTS.into_iter().zip(&mut self.accounts) {
            account.observe(it, company, taken, counted, stir, dt);
        }
        if let Some(changing) = changing
            && !near
        {
            self.fuzz += (changing - self.fuzz) * share;
        }
    }

    /// The model looked: did it call the thing itself a mover?
    pub(crate) fn named(&mut self, look: &Scene, dt: f64) {
        let share = (1.0 - (-dt / RUNNING).exp()) as f32;
        let called = look
            .movers
            .iter()
            .filter(|m| m.who != Who::Unknown)
            .filter(|m| m.at.iou(&self.at) >= 0.35 || (self.at.share_in(&m.at) >= 0.7 && m.at.size() <= 5.0 * self.at.size()))
            .map(|m| m.score)
            .fold(0.0f32, f32::max);
        // Two who talk are one thing and two boxes.
        let sure = look.movers.iter().filter(|m| m.who != Who::Unknown && m.score >= 0.3);
        let covered: f32 = sure.map(|m| m.at.common(&self.at)).sum();
        self.model_looks = self.model_looks.saturating_add(1);
        self.covered_looks = self.covered_looks.saturating_add(u32::from(called >= 0.3 || covered >= 0.25 * self.at.size()));
        let target = if called >= 0.3 || covered >= 0.45 * self.at.size() { 1.0 } else { 0.0 };
        self.mover_share += (target - self.mover_share) * share;
    }

    /// Takes a new outline.
    pub(crate) fn reshape(&mut self, mask: Mask, w: usize, now: Seconds) {
        let pixels = mask.len() as f32;
        if (pixels - self.settled_pixels).abs() > 0.3 * self.settled_pixels.max(pixels) {
            self.settled = now;
            self.settled_pixels = pixels;
        }
        if let Some(around) = PixelBox::of(&mask, w) {
            self.at = around.into();
            self.mask = mask;
        }
    }

    /// Takes in a piece of itself that was found as another thing.
    pub(crate) fn take_in(&mut self, piece: Thing, w: usize) {
        self.mask.extend(piece.mask);
        self.mask.sort_unstable();
        self.mask.dedup();
        if let Some(around) = PixelBox::of(&self.mask, w) {
            self.at = around.into();
        }
        self.settled = self.settled.max(piece.settled);
        self.settled_pixels = self.mask.len() as f32;
        self.complete = self.complete.max(piece.complete);
        self.departed |= piece.departed;
        self.bringer = self.bringer.or(piece.bringer);
        // What was measured of a part says little of the whole.
        self.measured = 0;
        self.identity = Identity::default();
    }

    /// Its box in 0..1.
    pub(crate) fn bbox(&self, w: usize, h: usize) -> events::BBox {
        let (w, h) = (w.max(1) as f64, h.max(1) as f64);
        events::BBox::clamped(
            f64::from(self.at.x1) / w,
            f64::from(self.at.y1) / h,
            f64::from(self.at.x2) / w,
            f64::from(self.at.y2) / h,
        )
    }

    /// Has a model that names people here looked at it often enough to have named it, were it a person or a vehicle?
    pub(crate) fn is_seen_by_model(&self) -> bool {
        self.model_looks >= MODEL_LOOKS && self.silence_counts
    }

    /// Did the model often see people where it stands?
    pub(crate) fn is_among_people(&self) -> bool {
        4 * self.covered_looks >= self.model_looks
    }

    /// Is it a line of writing that came all at once: a caption in the picture?
    pub(crate) fn is_caption(&self) -> bool {
        let line = self.at.width() >= LINE * self.at.height();
        let strokes = self.alternation >= STROKES && self.alternation * self.at.width() >= LEAST_STROKES * self.at.height();
        line && strokes && self.spread <= AT_ONCE
    }

    /// Has it been still long enough to be furniture rather than company to what stands beside it?
    /// `person`: how tall people are where it stands, pixels, if known.
    pub(crate) fn stands_firm(&self, now: Seconds, person: Option<f32>) -> bool {
        let low = person.is_some_and(|person| self.at.height() < LOWER * person);
        let upright = self.at.height() > 1.7 * self.at.width() && !low && !self.is_seen_by_model();
        // Somebody who stands still stands out; what the light drew does not.
        let nobody = self.measured >= 3 && self.looks.came() < 0.0;
        self.in_street
            || self.is_raised()
            || nobody
            || self.is_no_mover()
            || (now - self.complete >= 10.0 && self.fuzz < 0.08 && self.mover_share < 0.3 && !upright)
    }

    /// Is it as tall as whoever is said to have brought it, and upright: somebody who came and stood still?
    pub(crate) fn is_its_bringer(&self) -> bool {
        // A model that looked several times would have named somebody as large as that.
        let unseen_by_model = !self.is_seen_by_model() || self.mover_share > 0.1;
        // A sheet fills its box, which nobody with a head and two legs does; a coat may, and goes on below.
        unseen_by_model
            && (self.looks.fill < SHEET || self.goes_on > 0.3)
            && self.at.height() > 1.7 * self.at.width()
            && self.bringer.is_some_and(|b| self.at.height() > 0.8 * b.height)
    }

    /// Is it about as tall and as narrow as somebody of so many pixels?
    pub(crate) fn may_be_a_person(&self, person: f32) -> bool {
        (0.75 * person..1.4 * person).contains(&self.at.height()) && self.at.width() < 0.6 * person
    }

    /// Does a classifier know it for something that is one thing by itself, to which nothing is added?
    pub(crate) fn is_whole(&self) -> bool {
        WHOLE.iter().any(|class| self.identity.is_one_of(&[*class], SURELY))
    }

    /// Could pixels of this contrast be more of it?
    pub(crate) fn is_like(&self, contrast: f32) -> bool {
        contrast.max(self.contrast) < UNLIKE * contrast.min(self.contrast)
    }

    /// Is a candidate of it out?
    pub(crate) fn is_raised(&self) -> bool {
        self.episodes.iter().any(|e| e.raised.is_some())
    }

    /// How far above the bringer's feet it begins, as a share of the bringer's height: near 0 on the ground, more on a wall.
    pub(crate) fn elevation(&self) -> Option<f32> {
        self.bringer.filter(|b| b.height > 0.0).map(|b| (b.foot - self.at.y2) / b.height)
    }

    /// The same where the bringer was seen to stand.
    pub(crate) fn sure_elevation(&self) -> Option<f32> {
        self.bringer.filter(|b| b.stood).and_then(|_| self.elevation())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use events::{Moment, RunId, StreamTime, WallTime};

    #[test]
    fn what_is_upright_and_low_guards_nothing_beside_it() {
        // 20 wide and 44 tall: somebody's height where people are 50 tall, half of one where they are 100.
        let mask: Mask = (0..44).flat_map(|y| (0..20).map(move |x| y * 360 + x)).collect();
        let when = When::from(Moment { run: RunId(3), at: StreamTime(7), wall: WallTime::known(1) });
        let it = Thing::new(300, mask, 360, 200, (4.0, 5.0, 1.0), 6.0, when);
        assert!(it.stands_firm(20.0, Some(100.0)));
        assert!(!it.stands_firm(20.0, Some(50.0)));
        assert!(!it.stands_firm(20.0, None), "where nobody was seen it may be anybody");
        assert!(!it.stands_firm(14.0, Some(100.0)), "not before it has stood for ten seconds");
    }
}
