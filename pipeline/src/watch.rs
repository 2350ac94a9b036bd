//! The life of a frame: looked at by the models, judged by the scene, remembered by the recorder; and of a candidate: sealed
//! with its evidence, written out. `analyze` and the worker run the same code; they differ in where frames come from and
//! where what is said goes ([`Outlet`]).
//!
//! A candidate or observation that cannot be sealed or written is kept and tried again with the next frame: from the
//! candidate on nothing is dropped. While something is kept back, [`Watch::settled`] says no, and the worker saves no
//! snapshot, so that a crash brings the same candidate again, with the same id.

mod account;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, anyhow};
use events::schedule::Calendar;
use events::site::Camera;
use events::wire::v1::{CandidateData, EvidenceItem, ObservationData};
use events::{BBox, Candidate, CandidateId, CandidateState, Detections, Frame, Health, ModelRef, Moment, Observation, Subject};
use inference::{DetectError, Detector, Names};
use scene::{Attention, Judgement, Question, Scene};

use crate::evidence::recorder::{Footage, ReadyDraft, Recorder};
use crate::evidence::{Context, still};
use crate::outlet::Outlet;
use crate::recording::Writer;
use crate::telemetry::{AccountLost, CandidateRaised, DeliveryFailed, FrameDropped};
use crate::worker::Desk;

use account::Account;
pub use account::Flow;

/// Accounts that could not be written are kept for the next try, so many of them: an hour. Older ones are given up and counted.
const KEPT_ACCOUNTS: usize = 12;

/// Something said and not yet written.
enum Pending {
    /// A candidate with its material, since when.
    Candidate(Box<ReadyDraft>, Instant),
    /// A candidate of an analysis without evidence.
    Bare(Box<Candidate>),
    /// A later fact, with the picture of the place if it is a `cleared`.
    Observation(Box<Observation>, Option<(events::Stamp, Vec<u8>)>),
}

/// Evidence is wanted: who collects it, and where it is sealed.
pub struct Recording {
    /// Collects.
    pub recorder: Recorder,
    /// Seals.
    pub desk: Arc<Desk>,
}

/// Who looks at frames: the models, or whoever stands in for them in a test.
pub trait Looks: Send {
    /// What is where; `regions` say where to look closely.
    ///
    /// # Errors
    /// The frame was not looked at.
    fn detect(&self, frame: &Frame, regions: &[BBox]) -> Result<Detections, DetectError>;

    /// What the things in these boxes are, in the same order.
    ///
    /// # Errors
    /// They were not looked at.
    fn name(&self, frame: &Frame, things: &[BBox]) -> Result<Vec<Names>, DetectError>;
}

impl Looks for Detector {
    fn detect(&self, frame: &Frame, regions: &[BBox]) -> Result<Detections, DetectError> {
        Self::detect(self, frame, regions)
    }

    fn name(&self, frame: &Frame, things: &[BBox]) -> Result<Vec<Names>, DetectError> {
        Self::name(self, frame, things)
    }
}

/// One camera being watched.
pub struct Watch {
    camera: Camera,
    calendar: Calendar,
    worker: String,
    scene: Scene,
    detector: Option<Box<dyn Looks>>,
    models: Vec<ModelRef>,
    recording: Option<Recording>,
    /// Writes down what the scene saw, for backtests.
    seen: Option<Writer>,
    outlet: Box<dyn Outlet>,
    pending: VecDeque<Pending>,
    /// Raised, and still waiting for post-roll footage.
    waiting: BTreeSet<CandidateId>,
    /// As the scene last said it.
    health: Health,
    /// The last frame came, but the models could not look at it: nobody knows what was on it.
    blind: bool,
    inferred: u64,
    /// What was done since the last account.
    account: Option<Account>,
    /// Accounts that could not be written yet.
    accounts: VecDeque<ObservationData>,
    /// Raised in the last frame.
    raised: Vec<Candidate>,
}

/// What a watch is made of.
pub struct Parts {
    /// The camera with its zones.
    pub camera: Camera,
    /// Time zone and holidays.
    pub calendar: Calendar,
    /// Who watches: goes into manifests.
    pub worker: String,
    /// The judge, fresh or restored.
    pub scene: Scene,
    /// The models, if there are any.
    pub detector: Option<Box<dyn Looks>>,
    /// Their names and digests.
    pub models: Vec<ModelRef>,
    /// Evidence, if it is wanted.
    pub recording: Option<Recording>,
    /// What the scene saw is written down there, if it is wanted.
    pub seen: Option<Writer>,
    /// Where what is said goes.
    pub outlet: Box<dyn Outlet>,
}

impl Watch {
    /// Begins.
    pub fn new(parts: Parts) -> Self {
        let Parts { camera, calendar, worker, scene, detector, models, recording, seen, outlet } = parts;
        Self {
            camera,
            calendar,
            worker,
            scene,
            detector,
            models,
            recording,
            seen,
            outlet,
            pending: VecDeque::new(),
            waiting: BTreeSet::new(),
            health: Health::Ok,
            blind: false,
            inferred: 0,
            account: None,
            accounts: VecDeque::new(),
            raised: Vec::new(),
        }
    }

    /// One frame, from pixels to what is said about it. Gives whether something new was opened, raised or ended.
    pub fn frame(&mut self, frame: &Frame, footage: &dyn Footage) -> bool {
        self.raised.clear();
        self.blind = true;
        let at = frame.stamp().moment();
        if self.account.as_ref().is_none_or(|account| account.run() != at.run) {
            self.account = Some(Account::begin(at, self.camera.decode.min_fps));
        }
        let detections = match &self.detector {
            None => Detections::none(frame.stamp().clone()),
            Some(detector) => match detector.detect(frame, &self.scene.regions()) {
                Ok(detections) => detections,
                Err(_) => {
                    // The engine counts it by reason. The scene must not take a frame nobody looked at for an empty one.
                    self.not_looked_at(at, "detect_failed");
                    return false;
                }
            },
        };
        if self.detector.is_some() {
            self.inferred += 1;
            self.account.as_mut().into_iter().for_each(Account::inferred);
        }
        if let Some(detector) = &self.detector {
            let (questions, places): (Vec<Question>, Vec<BBox>) = self.scene.questions(&detections).into_iter().unzip();
            match detector.name(frame, &places) {
                Ok(names) => questions.into_iter().zip(names).for_each(|(asked, names)| self.scene.told(asked, names)),
                Err(_) => {
                    self.not_looked_at(at, "name_failed");
                    return false;
                }
            }
        }
        self.blind = false;
        if let Some(seen) = &mut self.seen {
            seen.before(&mut self.scene, frame);
        }
        let judgements = self.scene.step(frame, &detections);
        let sight = self.scene.sight();
        self.account.as_mut().into_iter().for_each(|account| account.seen(at, sight));
        if let Some(seen) = &mut self.seen {
            seen.after(&mut self.scene, frame);
        }
        if let Some(recording) = &mut self.recording {
            recording.recorder.step(frame, &judgements, footage);
        }
        let news = !judgements.is_empty();
        self.raised.extend(judgements.iter().filter_map(|judgement| match judgement {
            Judgement::Raised(candidate) => Some(Candidate::clone(candidate)),
            _ => None,
        }));
        self.take(judgements, Some(frame));
        self.deliver(footage, false);
        news
    }

    /// The camera was lost, or its run ended: what waits for more footage is sealed with what there is.
    pub fn lost(&mut self, at: Moment, footage: &dyn Footage) {
        let judgements = self.scene.offline(at);
        self.take(judgements, None);
        self.deliver(footage, true);
    }

    /// The end of watching: like [`Watch::lost`], without a word about the camera's health. Gives what could not be sealed
    /// or written, and so is still pending.
    pub fn close(&mut self, footage: &dyn Footage) -> Option<anyhow::Error> {
        self.flush_seen();
        self.deliver(footage, true)
    }

    /// Tries to deliver what is due without a new frame.
    pub fn idle(&mut self, footage: &dyn Footage) {
        self.deliver(footage, false);
    }

    /// Says how the camera is, also when that has not changed: whoever counts watched minutes must be able to tell a quiet
    /// street from a dead worker. A worker whose models fail says nothing: its minutes were not watched, however well the
    /// camera is.
    pub fn heartbeat(&mut self, at: Moment, footage: &dyn Footage) {
        if self.blind {
            return;
        }
        let observation = Observation { camera: self.camera.id.clone(), at, subject: Subject::Camera { health: self.health } };
        self.pending.push_back(Pending::Observation(Box::new(observation), None));
        self.deliver(footage, false);
    }

    /// Gives an account of what was done since the last one, up to `at`: after some minutes, before other zones hold, and at
    /// the end of a run, so that each is of one run, one set of kinds and one set of models. It is no beat: those are sent
    /// besides, and are never left out. One that cannot be written, as when the spool is over its quota, is kept and tried again
    /// with the next.
    pub fn give_account(&mut self, at: Moment, flow: &Flow<'_>) {
        let Some(account) = &mut self.account else { return };
        if flow.ended.is_none() && account.is_empty(at) {
            return;
        }
        let at = account.until(at);
        let told = account.end(at, &self.camera, &self.models, flow);
        if flow.ended.is_some() {
            self.account = None;
        }
        let observation = Observation { camera: self.camera.id.clone(), at, subject: Subject::Camera { health: self.health } };
        self.accounts.push_back(ObservationData::new(&observation, Vec::new()).with_account(told));
        while let Some(data) = self.accounts.front() {
            if let Err(error) = self.outlet.observation(&self.camera.id, data.clone()) {
                tracing::debug!(camera = %self.camera.id, "an account waits: {error:#}");
                break;
            }
            self.accounts.pop_front();
        }
        while self.accounts.len() > KEPT_ACCOUNTS {
            self.accounts.pop_front();
            AccountLost { camera: self.camera.id.as_str() }.emit();
        }
    }

    /// The models could not look at a frame.
    fn not_looked_at(&mut self, at: Moment, reason: &'static str) {
        FrameDropped { camera: self.camera.id.as_str(), reason }.emit();
        self.account.as_mut().into_iter().for_each(|account| account.failed(at, reason));
    }

    /// New zones, permits or a new name.
    pub fn reconfigure(&mut self, camera: Camera, calendar: Calendar, footage: &dyn Footage) {
        let judgements = self.scene.reconfigure(&camera, &calendar);
        if let Some(recording) = &mut self.recording {
            recording.recorder.set_camera(&camera);
        }
        (self.camera, self.calendar) = (camera, calendar);
        self.take(judgements, None);
        self.deliver(footage, false);
    }

    /// Writes out what the scene saw: before its memory is saved, and at the end.
    pub fn flush_seen(&mut self) {
        if let Some(seen) = &mut self.seen {
            seen.flush(&mut self.scene);
        }
    }

    /// The scene, to save it or to ask why something was not raised.
    pub fn scene(&self) -> &Scene {
        &self.scene
    }

    /// What the last frame raised, whether it is written yet or not.
    pub fn raised(&self) -> &[Candidate] {
        &self.raised
    }

    /// Does the scene want more frames?
    pub fn attention(&self) -> Attention {
        self.scene.attention()
    }

    /// Frames that the models looked at.
    pub fn inferred(&self) -> u64 {
        self.inferred
    }

    /// Is everything that was said written?
    pub fn settled(&self) -> bool {
        self.pending.is_empty() && self.waiting.is_empty()
    }

    fn take(&mut self, judgements: Vec<Judgement>, frame: Option<&Frame>) {
        for judgement in judgements {
            match judgement {
                Judgement::Opened { .. } => {}
                Judgement::Closed { id } => {
                    if let (Some(recording), None) = (&mut self.recording, frame) {
                        recording.recorder.closed(&id);
                    }
                }
                Judgement::Raised(candidate) if self.recording.is_some() => drop(self.waiting.insert(candidate.id)),
                Judgement::Raised(candidate) => self.pending.push_back(Pending::Bare(candidate)),
                Judgement::Observed(observation) => {
                    if let Subject::Camera { health } = observation.subject {
                        self.health = health;
                    }
                    let after = match (&observation.subject, &self.recording, frame) {
                        (Subject::Candidate { state: CandidateState::Cleared, .. }, Some(_), Some(frame)) => {
                            still(frame).ok().map(|jpeg| (frame.stamp().clone(), jpeg))
                        }
                        _ => None,
                    };
                    self.pending.push_back(Pending::Observation(Box::new(observation), after));
                }
            }
        }
    }

    /// Seals and writes what is due, in order; gives the first failure, after which the rest waits.
    fn deliver(&mut self, footage: &dyn Footage, ended: bool) -> Option<anyhow::Error> {
        if let Some(recording) = &mut self.recording {
            // Before the observations on them: a candidate is raised before it is cleared.
            let ready = recording.recorder.due(footage, ended);
            let waiting_from =
                self.pending.iter().position(|p| matches!(p, Pending::Observation(..))).unwrap_or(self.pending.len());
            for (offset, ready) in ready.into_iter().enumerate() {
                self.waiting.remove(&ready.candidate.id);
                self.pending.insert(waiting_from + offset, Pending::Candidate(Box::new(ready), Instant::now()));
            }
        }
        while let Some(pending) = self.pending.pop_front() {
            if let Pending::Observation(observation, _) = &pending
                && self.awaits_candidate(observation)
            {
                self.pending.push_front(pending);
                return None;
            }
            if let Err(error) = self.write(&pending) {
                DeliveryFailed { camera: self.camera.id.as_str(), doing: "writing what was found", error: &error }.emit();
                self.pending.push_front(pending);
                return Some(error);
            }
        }
        None
    }

    /// Its candidate still waits for its post-roll.
    fn awaits_candidate(&self, observation: &Observation) -> bool {
        matches!(&observation.subject, Subject::Candidate { id, .. } if self.waiting.contains(id))
    }

    fn write(&mut self, pending: &Pending) -> anyhow::Result<()> {
        match pending {
            Pending::Bare(candidate) => self.outlet.candidate(candidate, CandidateData::new(candidate, &self.models, Vec::new())),
            Pending::Candidate(ready, since) => {
                let evidence = self.seal(ready)?;
                let candidate = &ready.candidate;
                let data = CandidateData::new(candidate, &self.models, evidence).with_moment(ready.moment.as_ref());
                self.outlet.candidate(candidate, data)?;
                CandidateRaised {
                    camera: candidate.camera.as_str(),
                    kind: candidate.kind.wire_name(),
                    permitted: candidate.permit.is_some(),
                    seconds: since.elapsed().as_secs_f64(),
                }
                .emit();
                if let Some(recording) = &mut self.recording {
                    recording.recorder.sealed(&candidate.id);
                }
                Ok(())
            }
            Pending::Observation(observation, after) => {
                let evidence = self.seal_after(observation, after.as_ref())?;
                self.outlet.observation(&observation.camera, ObservationData::new(observation, evidence))
            }
        }
    }

    fn seal(&self, ready: &ReadyDraft) -> anyhow::Result<Vec<EvidenceItem>> {
        let recording = self.recording.as_ref().context("a candidate with evidence, but nobody records")?;
        let context = Context {
            camera: self.camera.clone(),
            calendar: self.calendar.clone(),
            worker: self.worker.clone(),
            software: crate::build::VERSION.to_owned(),
            decode: self.camera.decode.idle,
        };
        let draft = ready.clone().into_draft(self.models.clone(), context);
        let desk = &recording.desk;
        let mut chain = desk.chain.lock().map_err(|_| anyhow!("the chain of manifests was left locked by a panic"))?;
        Ok(desk.keyed(desk.store.seal(&draft, &desk.signer, &mut chain).context("sealing evidence")?.items))
    }

    fn seal_after(
        &self,
        observation: &Observation,
        after: Option<&(events::Stamp, Vec<u8>)>,
    ) -> anyhow::Result<Vec<EvidenceItem>> {
        let (Some(recording), Subject::Candidate { id, .. }, Some((stamp, jpeg))) =
            (&self.recording, &observation.subject, after)
        else {
            return Ok(Vec::new());
        };
        if recording.desk.store.sealed(id).context("looking for the package")?.is_none() {
            // Adopted from a worker whose store is elsewhere: the fact stands, its picture has no package to join.
            return Ok(Vec::new());
        }
        let desk = &recording.desk;
        Ok(desk.keyed(desk.store.add_after(id, stamp, jpeg, &desk.signer).context("sealing the after-picture")?.items))
    }
}

#[cfg(test)]
mod tests;
