//! Follows the episodes of one camera and keeps, while they are open, what their evidence will need.
//!
//! Cheap while nothing happens: no picture is encoded and no footage copied for a camera without an open episode. An
//! alternative, a JPEG of every second or so in case it is needed, would cost each quiet camera more than its decoding does.
//! Instead the ring of encoded packets, which is there anyway, is the memory of the last half minute:
//! - when an episode *opens*, the picture at hand is kept. Where the ring can decode the exact moment
//!   ([`Footage::picture`]), that replaces it later;
//! - the footage of the onset stays in the ring, and is written out only when the ring is about to lose it: most episodes are
//!   closed before that and cost one still;
//! - half-way through the dwell a second still is kept, and at the trigger a third;
//! - a raised candidate is ready when the footage reaches past the post-roll, or the run ends.
//!
//! What is kept lies on the shelf, a folder bounded per camera. When it is full, the clips of the episodes least likely to
//! be raised go first, then their mid stills, and the package says so.

mod bounds;
mod footage;
mod moment;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::Duration;

use events::site::Camera;
use events::{CameraId, Candidate, CandidateId, Frame, Kind, ModelRef, Moment, RunId, StreamTime, WallTime, ZoneId};
use ingest::ClipFrame;
use scene::Judgement;

use super::draft::{Clip, ClipSource, Context, Draft, Gap, Role, Still};
use super::shelf::{Episode, KeptClip, KeptStill, Shelf, When};
use super::still::still;

pub use footage::{ClipData, Footage, Span};

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Footage before the onset, and before the trigger where it has a clip of its own (design, part 4: 10 s).
    pub pre_roll: Duration,
    /// Footage after the trigger. A candidate is sealed only when it is there, so it adds to the time until an officer sees
    /// it.
    pub post_roll: Duration,
    /// Footage after the onset, where the trigger comes too late for one clip.
    pub act: Duration,
    /// How much earlier than first sight the thing may have come: kept before the pre-roll of an onset.
    pub reach: Duration,
    /// What the ring holds. The onset is written out this much before it would fall out, less [`Self::margin`].
    pub ring: Duration,
    /// Longer than two key-frame intervals of a usual camera: the ring drops whole groups of pictures.
    pub margin: Duration,
    /// A first-seen still that is later than this after the onset is replaced or explained.
    pub first_seen_tolerance: Duration,
    /// Bytes on disk for all open episodes of the camera.
    pub max_bytes: u64,
    /// Open episodes that anything is kept of.
    pub max_episodes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            pre_roll: Duration::from_secs(10),
            post_roll: Duration::from_secs(5),
            act: Duration::from_secs(10),
            // A key frame of a usual camera.
            reach: Duration::from_secs(2),
            ring: Duration::from_secs(30),
            margin: Duration::from_secs(8),
            first_seen_tolerance: Duration::from_secs(1),
            // Six onsets of 20 s at 4 Mbit/s.
            max_bytes: 64 << 20,
            max_episodes: 64,
        }
    }
}

/// What a raised candidate's package is made of, but for models and circumstances.
#[derive(Debug, Clone)]
pub struct ReadyDraft {
    /// The candidate.
    pub candidate: Candidate,
    /// Its pictures.
    pub stills: Vec<Still>,
    /// Its footage. Files lie on the shelf until [`Recorder::sealed`].
    pub clips: Vec<Clip>,
    /// What is missing.
    pub gaps: Vec<Gap>,
    /// When the thing came to stand, where that was found.
    pub moment: Option<Moment>,
}

impl ReadyDraft {
    /// Completes the draft.
    pub fn into_draft(self, models: Vec<ModelRef>, context: Context) -> Draft {
        let Self { candidate, stills, clips, gaps, moment } = self;
        Draft { candidate, models, stills, clips, moment, gaps, context }
    }
}

/// A raised candidate that waits for its post-roll.
#[derive(Debug)]
struct Pending {
    candidate: Candidate,
    episode: Episode,
    trigger: Result<Still, String>,
}

/// Keeps the material of one camera's episodes.
#[derive(Debug)]
pub struct Recorder {
    camera: CameraId,
    dwell: BTreeMap<(ZoneId, Kind), Duration>,
    options: Options,
    shelf: Shelf,
    episodes: BTreeMap<CandidateId, Episode>,
    pending: Vec<Pending>,
    /// The still of the frame at hand: several episodes may want it.
    encoded: Option<(RunId, StreamTime, Vec<u8>)>,
    /// The ring's oldest picture when its run was first seen: when it has moved, the ring is full.
    began: Option<(RunId, StreamTime)>,
    now: Option<WallTime>,
}

impl Recorder {
    /// A recorder that keeps its material in `shelf`, a folder of this camera alone, and takes up what an earlier life of
    /// the worker left there.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    pub fn open(camera: &Camera, shelf: &Path, options: Options) -> io::Result<Self> {
        let shelf = Shelf::open(shelf)?;
        let episodes = shelf.load()?.into_iter().filter_map(|episode| Some((episode.id()?, episode))).collect();
        let mut recorder = Self {
            camera: camera.id.clone(),
            dwell: BTreeMap::new(),
            options,
            shelf,
            episodes,
            pending: Vec::new(),
            encoded: None,
            began: None,
            now: None,
        };
        recorder.set_camera(camera);
        Ok(recorder)
    }

    /// Takes over changed zones.
    pub fn set_camera(&mut self, camera: &Camera) {
        let rules = |zone: &events::site::Zone| {
            let id = zone.id.clone();
            zone.rules.iter().map(move |(kind, rule)| ((id.clone(), *kind), rule.dwell)).collect::<Vec<_>>()
        };
        self.dwell = camera.zones.iter().flat_map(rules).collect();
    }

    /// How many candidates wait for their post-roll.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// How many episodes are open.
    pub fn open_episodes(&self) -> usize {
        self.episodes.len()
    }

    /// A frame and what the scene said of it.
    pub fn step(&mut self, frame: &Frame, judgements: &[Judgement], footage: &dyn Footage) {
        for judgement in judgements {
            self.judgement(judgement, frame, footage);
        }
        self.frame(frame, footage);
    }

    /// A frame: mid stills that are due are taken, and onsets that the ring would lose are written out.
    pub fn frame(&mut self, frame: &Frame, footage: &dyn Footage) {
        self.look(frame, footage);
        let due: Vec<CandidateId> =
            self.episodes.iter().filter(|(_, e)| self.mid_due(e, frame.stamp().wall)).map(|(id, _)| id.clone()).collect();
        for id in due {
            self.keep_still(&id, Role::Mid, frame);
        }
        let span = footage.span();
        let at_risk: Vec<CandidateId> =
            self.episodes.iter().filter(|(_, e)| self.onset_at_risk(e, span)).map(|(id, _)| id.clone()).collect();
        for id in at_risk {
            self.pin(&id, footage);
        }
        // A megabyte that no later frame can use.
        self.encoded = None;
    }

    fn look(&mut self, frame: &Frame, footage: &dyn Footage) {
        self.now = Some(frame.stamp().wall);
        if let Some(span) = footage.span().filter(|span| self.began.is_none_or(|(run, _)| run != span.run)) {
            self.began = Some((span.run, span.oldest));
        }
    }

    /// A judgement made on `frame`.
    pub fn judgement(&mut self, judgement: &Judgement, frame: &Frame, footage: &dyn Footage) {
        self.look(frame, footage);
        match judgement {
            Judgement::Opened { id, kind, zone, first_seen, .. } => {
                if self.episodes.contains_key(id) || self.pending.iter().any(|p| p.candidate.id == *id) {
                    return;
                }
                self.make_room_for_one();
                self.episodes.insert(id.clone(), new_episode(id, *kind, zone, first_seen));
                self.keep_still(id, Role::FirstSeen, frame);
            }
            Judgement::Closed { id } => self.closed(id),
            Judgement::Raised(candidate) => self.raised(candidate, frame, footage),
            Judgement::Observed(_) => {}
        }
    }

    /// An episode was dropped; for what a scene says without a frame.
    pub fn closed(&mut self, id: &CandidateId) {
        if self.episodes.remove(id).is_some() {
            self.forget(id);
        }
    }

    fn raised(&mut self, candidate: &Candidate, frame: &Frame, footage: &dyn Footage) {
        if self.pending.iter().any(|p| p.candidate.id == candidate.id) {
            return;
        }
        if self.episodes.contains_key(&candidate.id) {
            self.settle_first_seen(&candidate.id, footage);
            self.settle_mid(candidate, footage);
            self.settle_moment(candidate, frame, footage);
        }
        let episode = self.episodes.remove(&candidate.id).unwrap_or_else(|| {
            let mut episode = new_episode(&candidate.id, candidate.kind, &candidate.zone, &candidate.first_seen);
            episode.gaps.push(
                "nothing was kept of the beginning: the episode was taken over from before a restart; when the thing \
                               came to stand is not known"
                    .to_owned(),
            );
            episode
        });
        let trigger = self.encode(frame).map(|jpeg| Still { role: Role::Trigger, stamp: frame.stamp().clone(), jpeg });
        self.pending.push(Pending { candidate: candidate.clone(), episode, trigger });
    }

    /// The raised candidates whose footage is complete: the post-roll is there, the run has changed, or the stream has
    /// `ended`. At the end of a run call it with the footage of that run and `ended`, so that what is still open keeps its
    /// onset.
    ///
    /// Until a draft is sealed and [`Self::sealed`] was called, its clips lie on the shelf. A candidate that is handed out
    /// here and not sealed is lost if the worker dies: save the scene's state only after sealing.
    pub fn due(&mut self, footage: &dyn Footage, ended: bool) -> Vec<ReadyDraft> {
        if ended {
            let open: Vec<CandidateId> = self.episodes.keys().cloned().collect();
            for id in open {
                self.pin(&id, footage);
            }
        }
        let span = footage.span();
        let post_roll = self.options.post_roll;
        let complete = |pending: &Pending| {
            let raised = pending.candidate.raised;
            let reached = |span: Span| span.run != raised.run || span.newest >= later(raised.at, post_roll);
            ended || span.is_none_or(reached)
        };
        let (ready, waiting) = std::mem::take(&mut self.pending).into_iter().partition(complete);
        self.pending = waiting;
        let ready: Vec<Pending> = ready;
        ready.into_iter().map(|pending| self.ready(pending, footage)).collect()
    }

    /// The candidate's package is on disk: what was kept for it may go.
    pub fn sealed(&mut self, candidate: &CandidateId) {
        self.forget(candidate);
    }

    fn ready(&mut self, pending: Pending, footage: &dyn Footage) -> ReadyDraft {
        let Pending { candidate, episode, trigger } = pending;
        let mut gaps: Vec<Gap> = episode.gaps.iter().map(Gap::new).collect();
        let mut stills = Vec::new();
        for (role, kept) in [(Role::FirstSeen, &episode.first), (Role::Moment, &episode.moment), (Role::Mid, &episode.mid)] {
            let Some(kept) = kept else { continue };
            match self.shelf.still(&candidate.id, role) {
                Ok(jpeg) => stills.push(Still { role, stamp: kept.when.stamp(&self.camera), jpeg }),
                Err(error) => gaps.push(Gap::new(format!("the {} still was lost: {error}", role.wire_name()))),
            }
        }
        match trigger {
            Ok(still) => stills.push(still),
            Err(reason) => gaps.push(Gap::new(format!("the trigger still could not be encoded: {reason}"))),
        }
        let moment = episode.moment.as_ref().map(|kept| kept.when.moment());
        let clips = self.clips(&candidate, &episode, footage, &mut gaps);
        ReadyDraft { candidate, stills, clips, gaps, moment }
    }

    /// One clip of the whole where the ring still holds it; else the pinned onset and the footage around the trigger.
    fn clips(&self, candidate: &Candidate, episode: &Episode, footage: &dyn Footage, gaps: &mut Vec<Gap>) -> Vec<Clip> {
        let options = &self.options;
        let (first, raised) = (candidate.first_seen, candidate.raised);
        let folder = self.shelf.folder(&candidate.id);
        let moment = episode.moment.as_ref().map(|kept| kept.when.moment());
        let onset_from = earlier(Self::began(candidate, moment.as_ref()), options.pre_roll);
        let trigger_from = earlier(raised.at, options.pre_roll);
        let to = later(raised.at, options.post_roll);
        let span = footage.span().filter(|span| span.run == raised.run);
        let whole =
            first.run == raised.run && span.is_some_and(|span| span.oldest <= onset_from || self.holds_from_the_start(span));
        let mut clips = Vec::new();
        // Recognised so late that the onset was never pinned, but the ring still has it, with less before it than wanted.
        let late = episode.onset.is_none()
            && first.run == raised.run
            && (first.at >= trigger_from || span.is_some_and(|span| span.oldest <= first.at));
        let (role, from) = if whole || late {
            (Role::Clip, onset_from)
        } else if let Some(onset) = &episode.onset {
            let (onset_begin, onset_end) = (onset.from.moment(), onset.to.moment());
            gaps.extend(losses(Role::Clip, &onset_begin, &onset.stamps()));
            if onset_begin.run == first.run {
                let wanted = at_stream(&first, onset_from);
                gaps.extend(short(Role::Clip, wanted, onset_end, onset_begin, onset_end));
            }
            clips.push(Clip {
                role: Role::Clip,
                source: ClipSource::File(onset.file.clone()),
                container: onset.container(),
                from: onset.from.moment(),
                to: onset.to.moment(),
            });
            (Role::ClipTrigger, trigger_from)
        } else {
            gaps.push(Gap {
                what: "the footage of the beginning was not kept; the clip is of the trigger alone".to_owned(),
                from: Some(first),
                to: Some(at_stream(&raised, trigger_from)),
            });
            (Role::Clip, trigger_from)
        };
        match self.cut(span, footage, from, to, &folder.join(role.wire_name())) {
            Ok(data) => {
                let (cut_from, cut_to) = (at_stream(&raised, data.from), at_stream(&raised, data.to));
                gaps.extend(short(role, at_stream(&raised, from), at_stream(&raised, to), cut_from, cut_to));
                gaps.extend(losses(role, &raised, &data.frames));
                clips.push(Clip {
                    role,
                    source: ClipSource::File(data.file),
                    container: data.container,
                    from: cut_from,
                    to: cut_to,
                });
            }
            Err(reason) => gaps.push(Gap {
                what: format!("there is no {}: {reason}", role.wire_name()),
                from: Some(at_stream(&raised, from)),
                to: Some(at_stream(&raised, to)),
            }),
        }
        clips
    }

    fn cut(
        &self,
        span: Option<Span>,
        footage: &dyn Footage,
        from: StreamTime,
        to: StreamTime,
        stem: &Path,
    ) -> Result<ClipData, String> {
        let span = span.ok_or("the footage of that run was gone")?;
        if let Some(folder) = stem.parent() {
            std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        }
        let from = from.max(span.oldest);
        footage.cut(from, to, stem)?.ok_or_else(|| "no footage of that time was held".to_owned())
    }

    /// Has the ring lost nothing of its run yet? Then what is missing was never sent.
    fn holds_from_the_start(&self, span: Span) -> bool {
        self.began.is_some_and(|(run, oldest)| run == span.run && oldest == span.oldest)
    }

    fn mid_due(&self, episode: &Episode, now: WallTime) -> bool {
        let dwell = self.dwell_of(episode);
        !episode.mid_done && now.since(episode.first_seen.moment().wall) >= dwell / 2
    }

    fn dwell_of(&self, episode: &Episode) -> Duration {
        let kind = episode.kind().unwrap_or(Kind::IllegalStall);
        let zone = episode.zone.parse().ok();
        zone.and_then(|zone| self.dwell.get(&(zone, kind)).copied()).unwrap_or_else(|| kind.default_dwell())
    }

    fn onset_at_risk(&self, episode: &Episode, span: Option<Span>) -> bool {
        let first = episode.first_seen.moment();
        let Some(span) = span.filter(|span| span.run == first.run && !episode.onset_done) else { return false };
        let from = earlier(first.at, self.options.pre_roll + self.options.reach).max(span.oldest);
        let room = self.options.ring.saturating_sub(self.options.margin);
        // A ring that is bounded in bytes may be full long before its seconds are.
        let full = self.began.is_some_and(|(run, oldest)| run == span.run && oldest < span.oldest);
        span.newest >= later(from, room) || (full && later(span.oldest, self.options.margin) >= from)
    }

    /// Writes the onset out of the ring.
    fn pin(&mut self, id: &CandidateId, footage: &dyn Footage) {
        self.settle_first_seen(id, footage);
        let Some(episode) = self.episodes.get(id).filter(|episode| !episode.onset_done) else { return };
        let first = episode.first_seen.moment();
        let from = earlier(first.at, self.options.pre_roll + self.options.reach);
        let to = later(first.at, self.options.act);
        let span = footage.span().filter(|span| span.run == first.run);
        let stem = self.shelf.folder(id).join("onset");
        let cut = self.cut(span, footage, from, to, &stem);
        let Some(episode) = self.episodes.get_mut(id) else { return };
        episode.onset_done = true;
        match cut {
            Ok(data) => {
                let (cut_from, cut_to) = (at_stream(&first, data.from), at_stream(&first, data.to));
                let bytes = std::fs::metadata(&data.file).map_or(0, |metadata| metadata.len());
                let frames = data.frames.iter().map(|f| (f.seq, f.at.0, f.wall.unix_ns, f.key, f.after_loss)).collect();
                episode.onset =
                    Some(KeptClip { file: data.file, from: When::at(&cut_from), to: When::at(&cut_to), bytes, frames });
            }
            Err(reason) => episode.gaps.push(format!("the footage of the beginning could not be kept: {reason}")),
        }
        self.save(id);
        self.keep_within_bounds();
    }

    /// Where the first-seen still is later than the onset, tries to decode the exact picture; else says so. Done once.
    fn settle_first_seen(&mut self, id: &CandidateId, footage: &dyn Footage) {
        let Some(episode) = self.episodes.get(id) else { return };
        let (first, kept) = (episode.first_seen.moment(), episode.first.clone());
        let Some(kept) = kept.filter(|_| !episode.onset_done) else { return };
        let late = kept.when.moment().wall.since(first.wall);
        if late <= self.options.first_seen_tolerance {
            return;
        }
        let held = footage.span().is_some_and(|span| span.run == first.run && span.oldest <= first.at);
        match held.then(|| footage.picture(first.at)).flatten() {
            Some(frame) => self.keep_still(id, Role::FirstSeen, &frame),
            None => {
                let text = format!(
                    "the first_seen still was taken {:.1} s after the beginning, when the episode was recognised",
                    late.as_secs_f64()
                );
                if let Some(episode) = self.episodes.get_mut(id).filter(|episode| !episode.gaps.contains(&text)) {
                    episode.gaps.push(text);
                }
            }
        }
    }

    /// An episode that was recognised only when its rule was met has no mid still: the ring may have the picture.
    fn settle_mid(&mut self, candidate: &Candidate, footage: &dyn Footage) {
        let (first, raised) = (candidate.first_seen, candidate.raised);
        let taken = self.episodes.get(&candidate.id).is_none_or(|episode| episode.mid.is_some());
        if taken || first.run != raised.run {
            return;
        }
        let at = StreamTime(first.at.0 + (raised.at.0 - first.at.0) / 2);
        let held = footage.span().is_some_and(|span| span.run == first.run && span.oldest <= at);
        if let Some(frame) = held.then(|| footage.picture(at)).flatten() {
            self.keep_still(&candidate.id, Role::Mid, &frame);
        }
    }

    fn keep_still(&mut self, id: &CandidateId, role: Role, frame: &Frame) {
        let kept = self.encode(frame).and_then(|jpeg| {
            self.shelf.put_still(id, role, &jpeg).map_err(|error| error.to_string())?;
            Ok(KeptStill { when: When::of(frame.stamp()), bytes: jpeg.len() as u64 })
        });
        let Some(episode) = self.episodes.get_mut(id) else { return };
        episode.mid_done |= role == Role::Mid;
        match kept {
            Ok(kept) if role == Role::FirstSeen => episode.first = Some(kept),
            Ok(kept) if role == Role::Moment => episode.moment = Some(kept),
            Ok(kept) => episode.mid = Some(kept),
            Err(reason) => episode.gaps.push(format!("the {} still could not be kept: {reason}", role.wire_name())),
        }
        self.save(id);
        self.keep_within_bounds();
    }

    fn encode(&mut self, frame: &Frame) -> Result<Vec<u8>, String> {
        let stamp = frame.stamp();
        if let Some((run, at, jpeg)) = &self.encoded
            && (*run, *at) == (stamp.run, stamp.at)
        {
            return Ok(jpeg.clone());
        }
        let jpeg = still(frame).map_err(|error| format!("{:#}", anyhow::Error::new(error)))?;
        self.encoded = Some((stamp.run, stamp.at, jpeg.clone()));
        Ok(jpeg)
    }

    fn save(&self, id: &CandidateId) {
        if let Some(Err(error)) = self.episodes.get(id).map(|episode| self.shelf.save(id, episode)) {
            tracing::warn!(camera = %self.camera, candidate = %id, %error, "what is kept of an open episode cannot be saved");
        }
    }

    fn forget(&self, id: &CandidateId) {
        if let Err(error) = self.shelf.remove(id) {
            tracing::warn!(camera = %self.camera, candidate = %id, %error, "what was kept of an episode cannot be removed");
        }
    }
}

fn new_episode(id: &CandidateId, kind: Kind, zone: &ZoneId, first_seen: &Moment) -> Episode {
    Episode {
        id: id.to_string(),
        kind: kind.wire_name().to_owned(),
        zone: zone.to_string(),
        first_seen: When::at(first_seen),
        first: None,
        mid: None,
        moment: None,
        onset: None,
        onset_done: false,
        mid_done: false,
        gaps: Vec::new(),
    }
}

/// Says where packets were lost on the network: from there to the next key frame a clip's pictures may be damaged.
fn losses(role: Role, reference: &Moment, frames: &[ClipFrame]) -> Option<Gap> {
    let mut lost = frames.iter().filter(|frame| frame.after_loss).map(|frame| frame.at);
    let first = lost.next()?;
    let (count, last) = lost.fold((1, first), |(count, _), at| (count + 1, at));
    let what = format!(
        "{} has {count} place(s) before which packets were lost on the network: from each to the next key frame its pictures may \
         be damaged",
        role.wire_name()
    );
    Some(Gap { what, from: Some(at_stream(reference, first)), to: Some(at_stream(reference, last)) })
}

/// Says by how much a clip is shorter than it should be.
fn short(role: Role, from: Moment, to: Moment, cut_from: Moment, cut_to: Moment) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let late = seconds(from.at, cut_from.at);
    if late > 1.0 {
        let what = format!(
            "{} begins {late:.1} s later than asked for: the stream or what was held of it begins there",
            role.wire_name()
        );
        gaps.push(Gap { what, from: Some(from), to: Some(cut_from) });
    }
    let early = seconds(cut_to.at, to.at);
    if early > 1.0 {
        let what = format!("{} ends {early:.1} s earlier than asked for: the stream ended there", role.wire_name());
        gaps.push(Gap { what, from: Some(cut_to), to: Some(to) });
    }
    gaps
}

fn seconds(from: StreamTime, to: StreamTime) -> f64 {
    to.as_secs_f64() - from.as_secs_f64()
}

fn ns(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

fn earlier(at: StreamTime, by: Duration) -> StreamTime {
    StreamTime(at.0.saturating_sub(ns(by)))
}

fn later(at: StreamTime, by: Duration) -> StreamTime {
    StreamTime(at.0.saturating_add(ns(by)))
}

/// The moment at another stream time of the same run.
fn at_stream(reference: &Moment, at: StreamTime) -> Moment {
    let shift = at.0.saturating_sub(reference.at.0);
    let wall = WallTime { unix_ns: reference.wall.unix_ns.saturating_add(shift), ..reference.wall };
    Moment { run: reference.run, at, wall }
}

#[cfg(test)]
mod tests;
