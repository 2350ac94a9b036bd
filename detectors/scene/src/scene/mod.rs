//! One camera's scene: the life of a look, from the frame to the judgements.

mod adopted;
mod asking;
mod judging;
mod learning;
mod quiet;
mod things;

pub use asking::{Names, Question};
pub(crate) use quiet::{InForce, Quiet};
use std::collections::VecDeque;

use events::schedule::Calendar;
use events::site::Camera;
use events::{BBox, Candidate, CandidateState, Detections, Frame, Health, Kind, Moment, Observation, Subject};
use serde::{Deserialize, Serialize};

use crate::clock::{Line, Seconds, When};
use crate::judgement::{Attention, Judgement, NearMiss, Sight};
use crate::motion::light::Light;
use crate::motion::past::Past;
use crate::motion::picture::Picture;
use crate::motion::street::{Centis, Shows, Street};
use crate::motion::sway::Sway;
use crate::options::SceneOptions;
use crate::place::company::Company;
use crate::place::stature::Stature;
use crate::place::thing::{Presence, Thing};
use crate::place::trust::Trust;
use crate::replay;
use crate::snapshot::{self, SnapshotError};
use crate::tracker::{self, Tracker, TrackerOptions};
use crate::view::View;
use crate::violation::{Check, Episode, Nearest};

/// Looks further apart than this left a time in which nothing was seen, seconds: key frames come at least so often.
pub(crate) const BLIND_AFTER: Seconds = 12.0;

/// Gaps that are remembered.
pub(crate) const GAPS: usize = 64;

/// Finished near misses that are remembered.
const MISSES: usize = 64;

/// What one camera has seen and is still deciding.
#[derive(Debug)]
pub struct Scene {
    camera: Camera,
    calendar: Calendar,
    options: SceneOptions,
    /// Pixels of the small picture that lie in a zone; made anew for each size.
    watched: Vec<bool>,
    tracker: Tracker,
    state: State,
    /// Writes down what is judged, if that is wanted.
    pub(crate) recorder: Option<replay::Recorder>,
    /// What was written down, in place of what is seen, when a recording is judged again.
    pub(crate) replayed: Option<replay::Replayed>,
    /// What a classifier said of things in the frame that comes next.
    told: Vec<(u64, Names)>,
}

/// All that a snapshot holds, the tracker apart.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) line: Line,
    learning: Vec<(Seconds, Picture)>,
    pub(crate) learnt_at: Seconds,
    street: Option<Street>,
    light: Light,
    view: View,
    upset_looks: u32,
    unwell_since: Option<Seconds>,
    pub(crate) things: Vec<Thing>,
    next_serial: u64,
    company: Company,
    model_at: Option<Seconds>,
    swept_at: Seconds,
    offline: bool,
    adopted: Vec<Adopted>,
    misses: VecDeque<Miss>,
    stature: Stature,
    trust: Trust,
    past: Past,
    /// When things were last judged, and whether something kept them from it since.
    judged_at: Seconds,
    blind: bool,
    /// From when to when nothing was judged, newest last.
    pub(crate) gaps: VecDeque<(Seconds, Seconds)>,
}

/// One look at the street, and what is known of it.
struct Seen<'a> {
    frame: &'a Frame,
    /// The small picture in the street's light.
    current: &'a Picture,
    tracks: &'a tracker::Tracks,
    detections: &'a Detections,
    now: Seconds,
    dt: f64,
}

/// A candidate that was raised before a crash and whose thing is not found yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Adopted {
    id: String,
    kind: u8,
    zone: String,
    first_seen: When,
    bbox: [f64; 4],
    permitted: bool,
}

/// A [`NearMiss`] that can be written down.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Miss {
    thing: u64,
    kind: u8,
    zone: String,
    first_seen: When,
    last_seen: When,
    nearest: Nearest,
}

pub(crate) fn kind_index(kind: Kind) -> u8 {
    Kind::ALL.iter().position(|k| *k == kind).unwrap_or(0) as u8
}

pub(crate) fn kind_at(index: u8) -> Kind {
    Kind::ALL.get(usize::from(index)).copied().unwrap_or(Kind::WasteDumping)
}

fn centis(seconds: Seconds) -> Centis {
    // The last value marks "never"; a scene that runs for 497 days without a restart stays at the one before it.
    (seconds.max(0.0) * 100.0).round().min(f64::from(Centis::MAX - 1)) as Centis
}

fn tracking() -> TrackerOptions {
    TrackerOptions { high: 0.4, begin: 0.4, low: 0.15, keep_s: 2.5, confirm: 1 }
}

impl Scene {
    /// A scene that has seen nothing yet.
    pub fn new(camera: &Camera, calendar: &Calendar, options: SceneOptions) -> Self {
        Self::with_state(camera, calendar, options, State::default(), Tracker::with(tracking()))
    }

    fn with_state(camera: &Camera, calendar: &Calendar, options: SceneOptions, state: State, tracker: Tracker) -> Self {
        let (camera, calendar) = (camera.clone(), calendar.clone());
        let (recorder, replayed) = (None, None);
        let mut scene =
            Self { camera, calendar, options, watched: Vec::new(), tracker, state, recorder, replayed, told: Vec::new() };
        if let Some(street) = &scene.state.street {
            scene.watched = scene.watch(street.empty.w, street.empty.h);
        }
        scene
    }

    /// Takes one decoded frame with what the model saw in it. Frames may come at any rate and irregularly; of more than five
    /// a second some are passed over.
    pub fn step(&mut self, frame: &Frame, detections: &Detections) -> Vec<Judgement> {
        let said = self.take(frame, detections);
        // Answers hold for the frame they were asked in, whatever became of it.
        self.told.clear();
        said
    }

    fn take(&mut self, frame: &Frame, detections: &Detections) -> Vec<Judgement> {
        let moment = frame.stamp().moment();
        let mut said = Vec::new();
        if self.state.offline {
            self.state.offline = false;
            self.state.blind = true;
            said.push(self.camera_is(Health::Ok, moment));
        }
        let last = self.state.line.last();
        let ahead = self.state.line.ahead(moment);
        if last.is_some_and(|l| l.run == moment.run) && ahead < self.options.look_every.as_secs_f64() {
            return said;
        }
        let picture = Picture::of(frame, self.options.width.clamp(64, 1024) as usize);
        if picture.len() == 0 {
            return said;
        }
        let now = self.state.line.advance(moment);
        let tracks = self.tracker.step(detections);
        if !detections.models.is_empty() {
            self.state.model_at = Some(now);
        }
        if self.state.street.as_ref().is_some_and(|s| (s.empty.w, s.empty.h) != (picture.w, picture.h)) {
            self.forget_view(&mut said);
        }
        if let Some(change) = self.state.view.look(&picture, self.options.frozen_after.as_secs_f64(), now) {
            let at = self.state.line.moment(change.since);
            said.push(self.camera_is(change.health, at));
            self.state.unwell_since = (change.health != Health::Ok).then_some(change.since);
        }
        if self.state.street.is_none() {
            self.learn(picture, now);
            return said;
        }
        // Across a gap the picture may have changed in any way, but what stands stood all the time.
        let dt = ahead.min(10.0);
        self.look(frame, picture, &tracks, detections, now, dt, &mut said);
        said
    }

    /// One look with the street known.
    #[expect(clippy::too_many_arguments, reason = "one look, and what is known of it")]
    fn look(
        &mut self,
        frame: &Frame,
        mut current: Picture,
        tracks: &tracker::Tracks,
        detections: &Detections,
        now: Seconds,
        dt: f64,
        said: &mut Vec<Judgement>,
    ) {
        let street = self.state.street.as_mut().expect("a look is only taken when the street is known");
        let light = Light::fit(&street.empty, &current, |i| street.shows[i] == Shows::Street);
        light.undo(&mut current);
        let sway = Sway::of(&street.empty, &current, |i| street.shows[i] == Shows::Street);
        if sway.is_any() {
            current = sway.undo(&current, &street.empty);
        }
        let upset = street.upset(&current, centis(now));
        if self.state.view.is_uneasy() {
            self.state.blind = true;
            self.wait_for_view(now, said);
            return;
        }
        let street = self.state.street.as_mut().expect("checked above");
        if upset > 0.45 {
            // The light jumped, or something large passes close by. Judging waits; a jump that stays is learnt.
            self.state.upset_looks += 1;
            self.state.blind = true;
            if self.state.upset_looks >= 3 {
                street.relearn(&current);
                self.state.upset_looks = 0;
            }
            return;
        }
        self.state.upset_looks = 0;
        let judged_at = std::mem::replace(&mut self.state.judged_at, now);
        if std::mem::take(&mut self.state.blind) || now - judged_at > BLIND_AFTER {
            self.state.gaps.push_back((judged_at, now));
            if self.state.gaps.len() > GAPS {
                self.state.gaps.pop_front();
            }
        }
        self.state.light = light;
        street.look(&current, centis(now), dt as f32);
        if light.strayed() {
            street.rebase(&light, (dt / 30.0).min(0.2) as f32);
        }
        self.state.past.push(now, &current);
        let seen = Seen { frame, current: &current, tracks, detections, now, dt };
        self.follow(&seen, said);
        self.note(now);
        self.decide(now, said);
    }

    /// The live camera was lost. Says so once; the next [`Scene::step`] says that it is back.
    pub fn offline(&mut self, at: Moment) -> Vec<Judgement> {
        if self.state.offline {
            return Vec::new();
        }
        self.state.offline = true;
        vec![self.camera_is(Health::Offline, at)]
    }

    /// Does it want more frames than the quiet rate?
    pub fn attention(&self) -> Attention {
        let deciding = self.state.things.iter().any(|t| !t.is_raised() && t.episodes.iter().any(|e| e.opened));
        let leaving = self.state.things.iter().any(|t| t.is_raised() && t.presence == Presence::Gone);
        if self.state.street.is_some() && (deciding || leaving || self.state.view.is_uneasy()) {
            Attention::Active
        } else {
            Attention::Quiet
        }
    }

    /// Was the last look judged, and if not, why?
    pub fn sight(&self) -> Sight {
        if self.state.street.is_none() {
            Sight::Learning
        } else if self.state.view.is_uneasy() {
            Sight::View
        } else if self.state.upset_looks > 0 {
            Sight::Light
        } else {
            Sight::Judging
        }
    }

    /// Where the detector should look: the bounds of the zones with rules, grown by a fifth so that whoever stands at the
    /// edge is seen whole.
    pub fn regions(&self) -> Vec<BBox> {
        let mut regions: Vec<BBox> = Vec::new();
        for zone in self.camera.zones.iter().filter(|zone| !zone.rules.is_empty()) {
            let region = zone.polygon.bounds().grown(0.2);
            if !regions.contains(&region) {
                regions.push(region);
            }
        }
        regions
    }

    /// Its memory as bytes: the street, the open episodes, the tracks.
    pub fn snapshot(&self) -> Vec<u8> {
        snapshot::write(&self.camera.id, &self.state, self.tracker.state())
    }

    /// A scene that goes on where the snapshot was taken. The zones may have changed since: call [`Scene::reconfigure`] with
    /// the new ones to have the episodes of vanished zones reported.
    ///
    /// # Errors
    /// When the bytes are of another version or camera, or damaged.
    pub fn restore(camera: &Camera, calendar: &Calendar, options: SceneOptions, snapshot: &[u8]) -> Result<Self, SnapshotError> {
        let (state, tracks) = snapshot::read(&camera.id, snapshot)?;
        Ok(Self::with_state(camera, calendar, options, state, Tracker::resume(tracking(), tracks)))
    }

    /// After a crash: what was raised before and has not been cleared. What this scene knows already is passed over.
    pub fn adopt(&mut self, open: &[Candidate]) {
        for candidate in open {
            let id = candidate.id.as_str();
            let known = self.state.things.iter().flat_map(|t| &t.episodes).any(|e| e.id == id && e.raised.is_some());
            if known || candidate.camera != self.camera.id || self.state.adopted.iter().any(|a| a.id == id) {
                continue;
            }
            self.state.adopted.push(Adopted {
                id: id.to_owned(),
                kind: kind_index(candidate.kind),
                zone: candidate.zone.as_str().to_owned(),
                first_seen: candidate.first_seen.into(),
                bbox: candidate.bbox.to_array(),
                permitted: candidate.permit.is_some(),
            });
        }
        if self.state.street.is_some() {
            self.settle_adopted();
        }
    }

    /// A new version of the zones while running: the street and all episodes that are still watched go on; raised candidates
    /// of what is no longer watched are lost, opened ones closed.
    pub fn reconfigure(&mut self, camera: &Camera, calendar: &Calendar) -> Vec<Judgement> {
        self.camera = camera.clone();
        self.calendar = calendar.clone();
        if let Some(street) = &self.state.street {
            self.watched = self.watch(street.empty.w, street.empty.h);
        }
        let mut said = Vec::new();
        let Some(at) = self.state.line.last() else { return said };
        let watched =
            |zone: &str, kind: u8| camera.zones.iter().any(|z| z.id.as_str() == zone && z.rules.contains_key(&kind_at(kind)));
        let mut things = std::mem::take(&mut self.state.things);
        for thing in &mut things {
            let gone: Vec<_> = thing.episodes.extract_if(.., |e| !watched(&e.zone, e.kind)).collect();
            for episode in gone {
                self.end_episode(thing, episode, CandidateState::Lost, at, &mut said);
            }
        }
        self.state.things = things;
        said
    }

    /// For each episode that was not raised, or not yet: which conditions failed, and by how much, when it came nearest.
    /// Finished ones first; the last 64 of them are remembered.
    pub fn explain(&self) -> Vec<NearMiss> {
        let finished = self.state.misses.iter().map(|miss| self.near_miss(miss));
        let open = self.state.things.iter().filter(|t| !t.is_raised()).flat_map(|thing| self.open_misses(thing));
        finished.flatten().chain(open.collect::<Vec<_>>().iter().filter_map(|miss| self.near_miss(miss))).collect()
    }

    fn near_miss(&self, miss: &Miss) -> Option<NearMiss> {
        let [x1, y1, x2, y2] = miss.nearest.bbox;
        let mut failed: Vec<_> = miss.nearest.failed.iter().map(Check::condition).collect();
        failed.sort_by(|a, b| b.short_by.total_cmp(&a.short_by));
        Some(NearMiss {
            thing: miss.thing,
            kind: kind_at(miss.kind),
            zone: miss.zone.parse().ok()?,
            first_seen: miss.first_seen.into(),
            last_seen: miss.last_seen.into(),
            nearest: miss.nearest.at.into(),
            bbox: BBox::clamped(x1, y1, x2, y2),
            failed,
            short_by: miss.nearest.short_by(),
        })
    }

    fn open_misses(&self, thing: &Thing) -> Vec<Miss> {
        let last_seen = When::from(self.state.line.moment(thing.last_seen));
        let miss = |e: &Episode| {
            let nearest = e.nearest.clone().filter(|_| e.raised.is_none())?;
            Some(Miss { thing: thing.serial, kind: e.kind, zone: e.zone.clone(), first_seen: e.first_seen, last_seen, nearest })
        };
        thing.episodes.iter().filter_map(miss).collect()
    }

    fn remember_misses(&mut self, thing: &Thing) {
        for miss in self.open_misses(thing) {
            self.state.misses.push_back(miss);
            if self.state.misses.len() > MISSES {
                self.state.misses.pop_front();
            }
        }
    }

    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    pub(crate) fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }

    /// Width and height of the small picture, once the street is known.
    pub(crate) fn size(&self) -> Option<(usize, usize)> {
        let replayed = self.replayed.as_ref().map(|replayed| replayed.size);
        replayed.or_else(|| self.state.street.as_ref().map(|street| (street.empty.w, street.empty.h)))
    }

    /// Does a pixel lie in a zone that watches for something?
    pub(crate) fn watches(&self, pixel: usize) -> bool {
        self.watched.get(pixel).copied().unwrap_or(false)
    }

    /// Is this kind watched in this zone?
    pub(crate) fn wants(&self, zone: &str, kind: u8) -> bool {
        self.camera.zones.iter().any(|z| z.id.as_str() == zone && z.rules.contains_key(&kind_at(kind)))
    }

    fn camera_is(&self, health: Health, at: Moment) -> Judgement {
        Judgement::Observed(Observation { camera: self.camera.id.clone(), at, subject: Subject::Camera { health } })
    }

    /// Which pixels lie in a zone that watches for something.
    fn watch(&self, w: usize, h: usize) -> Vec<bool> {
        let zones: Vec<_> =
            self.camera.zones.iter().filter(|z| !z.rules.is_empty()).map(|z| (z.polygon.bounds(), &z.polygon)).collect();
        (0..w * h)
            .map(|i| {
                let p = events::Point { x: ((i % w) as f64 + 0.5) / w as f64, y: ((i / w) as f64 + 0.5) / h as f64 };
                zones.iter().any(|(bounds, polygon)| bounds.contains(p) && polygon.contains(p))
            })
            .collect()
    }
}

impl State {
    /// Seconds since `since` in which things were judged: time without sight does not count towards a dwell.
    pub(crate) fn seen_for(&self, since: Seconds, now: Seconds) -> Seconds {
        let blind: Seconds = self.gaps.iter().map(|(from, to)| (to - from.max(since)).max(0.0)).sum();
        now - since - blind
    }

    /// Do the parts of a memory that was read fit together? Indexing relies on it.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.view.check()?;
        let Some(street) = &self.street else {
            return if self.things.is_empty() { Ok(()) } else { Err("things without a street".to_owned()) };
        };
        street.check()?;
        let pixels = street.empty.len();
        if !self.past.fits(pixels) {
            return Err("past looks of another size".to_owned());
        }
        if self.things.iter().flat_map(|t| &t.mask).any(|&i| i as usize >= pixels) {
            return Err("a thing outside the picture".to_owned());
        }
        Ok(())
    }
}
