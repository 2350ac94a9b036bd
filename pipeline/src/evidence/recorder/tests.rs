use std::cell::RefCell;
use std::sync::Arc;

use events::site::Site;
use events::{I420, Observation, Size, Subject};

use super::super::Container;
use super::super::fixture::{SITE, candidate, moment, stamp};
use super::*;

/// A ring of 30 s with a key frame every 2 s, played up to `newest`.
struct Ring {
    run: RunId,
    newest: f64,
    keep: f64,
    decodes: bool,
    /// When a bag comes to stand, in pictures that are played again.
    put: Option<f64>,
    cuts: RefCell<Vec<(f64, f64)>>,
}

impl Ring {
    fn at(newest: f64) -> Self {
        Self { run: RunId(1), newest, keep: 30.0, decodes: false, put: None, cuts: RefCell::default() }
    }

    fn oldest(&self) -> f64 {
        (((self.newest - self.keep) / 2.0).floor() * 2.0).max(0.0)
    }
}

impl Footage for Ring {
    fn span(&self) -> Option<Span> {
        let time = StreamTime::from_secs_f64;
        Some(Span { run: self.run, oldest: time(self.oldest()), newest: time(self.newest) })
    }

    fn cut(&self, from: StreamTime, to: StreamTime, stem: &Path) -> Result<Option<ClipData>, String> {
        let key = ((from.as_secs_f64() / 2.0).floor() * 2.0).max(self.oldest());
        let end = to.as_secs_f64().min(self.newest);
        let file = stem.with_extension("mp4");
        std::fs::write(&file, format!("footage {key} to {end}")).unwrap();
        self.cuts.borrow_mut().push((key, end));
        let time = StreamTime::from_secs_f64;
        Ok(Some(ClipData { file, container: Container::Mp4, from: time(key), to: time(end), frames: Vec::new() }))
    }

    /// A key frame every 2 s, ten pictures a second where all are wanted.
    fn replay(
        &self,
        clip: &ClipData,
        _run: RunId,
        full: std::ops::RangeInclusive<StreamTime>,
        visit: &mut dyn FnMut(&Frame),
    ) -> Result<(), String> {
        let put = self.put.ok_or("this ring plays nothing again")?;
        let tenths = |time: StreamTime| (time.as_secs_f64() * 10.0).round() as i64;
        for n in tenths(clip.from)..=tenths(clip.to) {
            let at = n as f64 / 10.0;
            if n % 20 == 0 || full.contains(&StreamTime::from_secs_f64(at)) {
                let mut picture = I420::filled(Size { width: 320, height: 180 }, [120, 128, 128]);
                if at >= put {
                    picture.fill_rect((130, 110, 158, 124), [50, 128, 128]);
                }
                visit(&Frame::new(stamp(at), Arc::new(picture)));
            }
        }
        Ok(())
    }

    fn picture(&self, at: StreamTime) -> Option<Frame> {
        self.decodes.then(|| frame(at.as_secs_f64()))
    }
}

fn frame(at_s: f64) -> Frame {
    Frame::new(stamp(at_s), Arc::new(I420::filled(Size { width: 32, height: 16 }, [at_s as u8, 120, 130])))
}

struct World {
    folder: tempfile::TempDir,
    recorder: Recorder,
    ring: Ring,
}

impl World {
    fn new(options: Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let recorder = recorder(folder.path(), options);
        Self { folder, recorder, ring: Ring::at(0.0) }
    }

    /// A key frame every two seconds from `from` to `to`, both included.
    fn play(&mut self, from: f64, to: f64) {
        let mut at = from;
        while at <= to {
            self.say(at, &[]);
            at += 2.0;
        }
    }

    fn say(&mut self, at: f64, judgements: &[Judgement]) {
        self.ring.newest = at;
        self.recorder.step(&frame(at), judgements, &self.ring);
    }

    fn due(&mut self, ended: bool) -> Vec<ReadyDraft> {
        self.recorder.due(&self.ring, ended)
    }
}

fn recorder(folder: &Path, options: Options) -> Recorder {
    let site = Site::parse("site.toml", SITE).unwrap();
    Recorder::open(&site.cameras[0], &folder.join("shelf"), options).unwrap()
}

fn opened(candidate: &Candidate) -> Judgement {
    let Candidate { id, kind, zone, first_seen, bbox, .. } = candidate.clone();
    Judgement::Opened { id, kind, zone, first_seen, bbox }
}

fn raised(first_seen: f64, at: f64) -> Candidate {
    Candidate { first_seen: moment(first_seen), raised: moment(at), ..candidate(0) }
}

fn roles(draft: &ReadyDraft) -> Vec<(&'static str, f64)> {
    draft.stills.iter().map(|s| (s.role.wire_name(), s.stamp.at.as_secs_f64())).collect()
}

fn spans(draft: &ReadyDraft) -> Vec<(&'static str, f64, f64)> {
    draft.clips.iter().map(|c| (c.role.wire_name(), c.from.at.as_secs_f64(), c.to.at.as_secs_f64())).collect()
}

fn gaps(draft: &ReadyDraft) -> Vec<&str> {
    draft.gaps.iter().map(|gap| gap.what.as_str()).collect()
}

/// What a ring that cannot play anything again leaves open.
const NO_MOMENT: &str = "the moment at which the thing came to stand is not known: this ring plays nothing again";

#[test]
fn the_moment_is_found_in_the_ring_and_the_clip_has_its_pre_roll() {
    let mut world = World::new(Options { ring: Duration::from_secs(60), ..Options::default() });
    (world.ring.keep, world.ring.put) = (60.0, Some(16.7));
    world.play(0.0, 18.0);
    let episode = raised(20.0, 50.0);
    world.say(20.0, &[opened(&episode)]);
    world.play(22.0, 48.0);
    world.say(50.0, &[Judgement::Raised(Box::new(episode))]);
    world.play(52.0, 56.0);
    let ready = world.due(false);
    assert_eq!(ready[0].moment.unwrap().at, StreamTime::from_secs_f64(16.7));
    assert!(roles(&ready[0]).contains(&("moment", 16.7)), "{:?}", roles(&ready[0]));
    assert_eq!(spans(&ready[0]), [("clip", 6.0, 55.0)], "ten seconds before the moment, from a key frame on");
    assert_eq!(gaps(&ready[0]), [""; 0]);
}

#[test]
fn the_moment_is_found_in_the_onset_that_was_written_out_of_the_ring() {
    let mut world = World::new(Options::default());
    world.ring.put = Some(38.4);
    world.play(0.0, 38.0);
    let episode = raised(40.0, 200.0);
    world.say(40.0, &[opened(&episode)]);
    world.play(42.0, 198.0);
    world.say(200.0, &[Judgement::Raised(Box::new(episode))]);
    world.play(202.0, 206.0);
    let ready = world.due(false);
    assert!(roles(&ready[0]).contains(&("moment", 38.4)), "{:?}", roles(&ready[0]));
    assert_eq!(spans(&ready[0])[0], ("clip", 28.0, 50.0));
    assert_eq!(gaps(&ready[0]), [""; 0]);
}

#[test]
fn a_moment_that_nothing_holds_any_more_is_not_guessed() {
    let mut world = World::new(Options { max_bytes: 0, ..Options::default() });
    world.ring.put = Some(38.4);
    world.play(0.0, 38.0);
    let episode = raised(40.0, 200.0);
    world.say(40.0, &[opened(&episode)]);
    world.play(42.0, 198.0);
    world.say(200.0, &[Judgement::Raised(Box::new(episode))]);
    let ready = world.due(true);
    assert_eq!(ready[0].moment, None);
    let said = gaps(&ready[0]);
    assert!(said.iter().any(|gap| gap.contains("came to stand is not known") && gap.contains("no longer held")), "{said:?}");
}

#[test]
fn a_quick_act_is_one_clip_with_pre_and_post_roll_and_three_stills() {
    let mut world = World::new(Options { ring: Duration::from_secs(60), ..Options::default() });
    world.ring.keep = 60.0;
    world.play(0.0, 18.0);
    let episode = raised(20.0, 50.0);
    world.say(20.0, &[opened(&episode)]);
    world.play(22.0, 48.0);
    world.say(50.0, &[Judgement::Raised(Box::new(episode.clone()))]);
    assert_eq!((world.recorder.pending(), world.due(false).len()), (1, 0), "the post-roll is not there");
    world.say(54.0, &[]);
    assert!(world.due(false).is_empty());
    world.say(56.0, &[]);
    let ready = world.due(false);
    assert_eq!(ready.len(), 1);
    assert_eq!(roles(&ready[0]), [("first_seen", 20.0), ("mid", 36.0), ("trigger", 50.0)]);
    assert_eq!(spans(&ready[0]), [("clip", 10.0, 55.0)]);
    assert_eq!(gaps(&ready[0]), [NO_MOMENT]);
    assert!(world.due(true).is_empty(), "handed out once");
    world.recorder.sealed(&episode.id);
    assert_eq!(std::fs::read_dir(world.folder.path().join("shelf")).unwrap().count(), 0);
}

#[test]
fn a_slow_act_keeps_its_onset_before_the_ring_loses_it() {
    let mut world = World::new(Options::default());
    world.play(0.0, 38.0);
    let episode = raised(40.0, 200.0);
    world.say(40.0, &[opened(&episode)]);
    world.play(42.0, 48.0);
    assert!(world.ring.cuts.borrow().is_empty(), "nothing is written while the ring still holds it");
    world.play(50.0, 198.0);
    assert_eq!(world.ring.cuts.borrow().len(), 1, "and once when it would not");
    world.say(200.0, &[Judgement::Raised(Box::new(episode))]);
    world.play(202.0, 206.0);
    let ready = world.due(false);
    assert_eq!(spans(&ready[0]), [("clip", 28.0, 50.0), ("clip_trigger", 190.0, 205.0)]);
    assert_eq!(gaps(&ready[0]), [NO_MOMENT]);
    for clip in &ready[0].clips {
        let ClipSource::File(file) = &clip.source else { panic!("clips lie on the shelf") };
        assert!(file.exists());
    }
}

#[test]
fn episodes_that_come_to_nothing_cost_one_still_and_leave_nothing() {
    let mut world = World::new(Options::default());
    let episode = raised(4.0, 0.0);
    world.say(4.0, &[opened(&episode)]);
    assert_eq!(world.recorder.open_episodes(), 1);
    world.say(6.0, &[Judgement::Closed { id: episode.id.clone() }]);
    world.play(8.0, 100.0);
    assert!(world.ring.cuts.borrow().is_empty());
    assert_eq!(world.recorder.open_episodes(), 0);
    assert_eq!(std::fs::read_dir(world.folder.path().join("shelf")).unwrap().count(), 0);
    assert!(world.due(true).is_empty());
}

#[test]
fn the_end_of_the_stream_does_not_wait_for_the_post_roll() {
    let mut world = World::new(Options::default());
    world.play(0.0, 8.0);
    let episode = raised(2.0, 10.0);
    world.say(10.0, &[opened(&episode), Judgement::Raised(Box::new(episode))]);
    let ready = world.due(true);
    assert_eq!(spans(&ready[0]), [("clip", 0.0, 10.0)]);
    let said = gaps(&ready[0]);
    assert!(said.iter().any(|gap| gap.contains("clip ends 5.0 s earlier")), "{said:?}");
    assert!(said.iter().any(|gap| gap.contains("clip begins 8.0 s later")), "{said:?}");
    assert!(said.iter().any(|gap| gap.contains("first_seen still was taken 8.0 s after")), "{said:?}");
}

#[test]
fn an_episode_recognised_only_at_its_trigger_takes_its_beginning_from_the_ring() {
    let mut world = World::new(Options::default());
    world.ring.decodes = true;
    world.play(0.0, 58.0);
    let episode = raised(40.0, 60.0);
    world.say(60.0, &[opened(&episode), Judgement::Raised(Box::new(episode.clone()))]);
    world.play(62.0, 66.0);
    let ready = world.due(false);
    assert_eq!(roles(&ready[0]), [("first_seen", 40.0), ("mid", 50.0), ("trigger", 60.0)]);
    let spans = spans(&ready[0]);
    assert!(matches!(spans[..], [("clip", from, to)] if from <= 40.0 && to >= 65.0), "{spans:?}");
}

#[test]
fn a_late_first_seen_still_is_decoded_from_the_ring_where_it_can_be() {
    let mut world = World::new(Options::default());
    world.ring.decodes = true;
    world.play(0.0, 18.0);
    let episode = raised(12.0, 24.0);
    world.say(20.0, &[opened(&episode)]);
    world.play(22.0, 22.0);
    world.say(24.0, &[Judgement::Raised(Box::new(episode))]);
    let ready = world.due(true);
    assert_eq!(roles(&ready[0])[0], ("first_seen", 12.0));
    assert!(!gaps(&ready[0]).iter().any(|gap| gap.contains("first_seen")), "{:?}", gaps(&ready[0]));
}

#[test]
fn a_reconnect_in_the_middle_keeps_the_onset_of_the_first_run() {
    let mut world = World::new(Options::default());
    world.play(0.0, 10.0);
    let mut episode = raised(8.0, 0.0);
    world.say(8.0, &[opened(&episode)]);
    assert!(world.due(true).is_empty(), "the run ended: nothing was raised, but the onset is written out");
    world.ring.run = RunId(2);
    let second = |at_s: f64| {
        let mut stamp = stamp(at_s + 100.0);
        (stamp.run, stamp.at) = (RunId(2), StreamTime::from_secs_f64(at_s));
        Frame::new(stamp, Arc::new(I420::filled(Size { width: 32, height: 16 }, [90, 128, 128])))
    };
    episode.raised = second(12.0).stamp().moment();
    for at in [0.0, 2.0, 4.0, 6.0, 8.0, 10.0] {
        world.ring.newest = at;
        world.recorder.step(&second(at), &[], &world.ring);
    }
    world.ring.newest = 12.0;
    world.recorder.step(&second(12.0), &[Judgement::Raised(Box::new(episode))], &world.ring);
    world.ring.newest = 18.0;
    let ready = world.due(false);
    assert_eq!(spans(&ready[0]), [("clip", 0.0, 8.0), ("clip_trigger", 2.0, 17.0)]);
    assert_eq!(ready[0].clips.iter().map(|c| c.from.run).collect::<Vec<_>>(), [RunId(1), RunId(2)]);
    assert_eq!(roles(&ready[0]).len(), 3);
}

#[test]
fn a_restarted_worker_takes_up_what_was_kept() {
    let mut world = World::new(Options::default());
    world.play(0.0, 10.0);
    let episode = raised(10.0, 60.0);
    world.say(10.0, &[opened(&episode)]);
    world.play(12.0, 30.0);
    let again = recorder(world.folder.path(), Options::default());
    world.recorder = again;
    assert_eq!(world.recorder.open_episodes(), 1);
    world.play(32.0, 58.0);
    world.say(60.0, &[Judgement::Raised(Box::new(episode))]);
    let ready = world.due(true);
    assert_eq!(roles(&ready[0]), [("first_seen", 10.0), ("mid", 26.0), ("trigger", 60.0)]);
    assert_eq!(spans(&ready[0])[0].0, "clip");
}

#[test]
fn a_candidate_nobody_announced_still_gets_a_package_that_says_so() {
    let mut world = World::new(Options::default());
    world.play(0.0, 58.0);
    world.say(60.0, &[Judgement::Raised(Box::new(raised(5.0, 60.0)))]);
    let ready = world.due(true);
    assert_eq!(roles(&ready[0]), [("trigger", 60.0)]);
    assert_eq!(spans(&ready[0]), [("clip", 50.0, 60.0)]);
    let said = gaps(&ready[0]);
    assert!(said.iter().any(|gap| gap.contains("nothing was kept of the beginning")), "{said:?}");
    assert!(said.iter().any(|gap| gap.contains("the clip is of the trigger alone")), "{said:?}");
}

#[test]
fn a_full_shelf_gives_up_the_least_likely_onsets_first_and_says_so() {
    let mut world = World::new(Options::default());
    world.play(0.0, 8.0);
    let episodes: Vec<Candidate> =
        (0..3_u16).map(|n| Candidate { first_seen: moment(10.0), raised: moment(100.0), ..candidate(n) }).collect();
    world.say(10.0, &episodes.iter().map(opened).collect::<Vec<_>>());
    world.play(12.0, 16.0);
    // From here on there is room for the stills and no more than two onsets.
    let onset = "footage 0 to 20".len() as u64;
    world.recorder.options.max_bytes = world.recorder.bytes() * 2 + onset * 2;
    world.play(18.0, 98.0);
    let kept = world.recorder.episodes.values().filter(|e| e.onset.is_some()).count();
    assert!(world.recorder.bytes() <= world.recorder.options.max_bytes);
    assert_eq!(kept, 2);
    for episode in episodes {
        world.say(100.0, &[Judgement::Raised(Box::new(episode))]);
    }
    let ready = world.due(true);
    let told = ready.iter().filter(|draft| gaps(draft).iter().any(|gap| gap.contains("was given up"))).count();
    assert_eq!(told, 1);
    assert_eq!(ready.iter().filter(|draft| draft.clips.len() == 2).count(), 2);
}

#[test]
fn episodes_are_bounded_in_number() {
    let mut world = World::new(Options { max_episodes: 2, ..Options::default() });
    let all: Vec<Judgement> = (0..5).map(|n| opened(&candidate(n))).collect();
    world.say(10.0, &all);
    assert_eq!(world.recorder.open_episodes(), 2);
    assert_eq!(std::fs::read_dir(world.folder.path().join("shelf")).unwrap().count(), 2);
}

#[test]
fn observations_change_nothing() {
    let mut world = World::new(Options::default());
    let observation = Observation {
        camera: "xh-0412".parse().unwrap(),
        at: moment(4.0),
        subject: Subject::Camera { health: events::Health::Dark },
    };
    world.say(4.0, &[Judgement::Observed(observation)]);
    assert_eq!((world.recorder.open_episodes(), world.recorder.pending()), (0, 0));
}

#[test]
fn what_the_recorder_gives_can_be_sealed() {
    let mut world = World::new(Options::default());
    world.play(0.0, 8.0);
    let episode = raised(10.0, 40.0);
    world.say(10.0, &[opened(&episode)]);
    world.play(12.0, 38.0);
    world.say(40.0, &[Judgement::Raised(Box::new(episode.clone()))]);
    let ready = world.due(true).remove(0);
    let context = super::super::fixture::draft(0).context;
    let draft = ready.into_draft(Vec::new(), context);
    let store = super::super::EvidenceStore::open(&world.folder.path().join("evidence")).unwrap();
    let mut chain = super::super::Chain::open(&world.folder.path().join("chain.json"), "worker-1", &store).unwrap();
    let signer = super::super::Signer::load_or_create(&world.folder.path().join("key.pem")).unwrap();
    store.seal(&draft, &signer, &mut chain).unwrap();
    world.recorder.sealed(&episode.id);
    let report = super::super::verify::verify(store.root(), &super::super::verify::Options::default()).unwrap();
    assert!(report.ok(), "{:#?}", report.lines());
}
