//! What was done on a camera since the last account of it (`events::wire::v1::AccountData`): frames and losses as ingest and
//! the models counted them, and the stretches in which nothing was judged.

use std::collections::BTreeMap;
use std::time::Duration;

use events::site::{Camera, Decode};
use events::wire::v1::{AccountData, UnjudgedData};
use events::{Kind, ModelRef, Moment, RunId, WallTime};
use ingest::Stats;
use scene::Sight;

/// Looks further apart than this left a time in which nothing was judged: as long as a scene takes a gap for one in which
/// anything may have happened; or three times the distance of looks that a camera is set to, if that is more (DOMAIN 5.1).
const BLIND_AFTER_S: f64 = 12.0;
/// More stretches than these are told as fewer and longer ones: those that lie closest together become one.
const MOST_STRETCHES: usize = 8;

/// What ingest says at the end of an account.
pub struct Flow<'a> {
    /// Counters of the run.
    pub stats: &'a Stats,
    /// How much is decoded while nothing happens.
    pub decode: Decode,
    /// In how much of the time more was.
    pub active: Duration,
    /// The run ended: why.
    pub ended: Option<&'static str>,
}

/// Why a frame was not judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hindrance {
    Models,
    Scene(Sight),
}

impl Hindrance {
    fn wire_name(self) -> &'static str {
        match self {
            Self::Models => "models_failed",
            Self::Scene(Sight::Learning) => "learning",
            Self::Scene(Sight::View) => "view_changed",
            Self::Scene(Sight::Light) => "light_changed",
            Self::Scene(Sight::Judging) => "no_frames",
        }
    }
}

/// The account that is open. There is none before the first frame of a run.
#[derive(Debug)]
pub(super) struct Account {
    run: RunId,
    from: i64,
    /// The last frame.
    last: i64,
    /// When something was last judged; it may lie before this account.
    judged: i64,
    hindrance: Option<Hindrance>,
    /// So far apart looks may be, ns.
    apart: i64,
    stretches: Vec<(i64, i64, Hindrance)>,
    inferred: u64,
    failed: BTreeMap<&'static str, u64>,
    /// Counters of the run when the account began.
    before: Stats,
}

impl Account {
    /// Begins with the first frame of a run.
    pub(super) fn begin(at: Moment, min_fps: f64) -> Self {
        let now = at.wall.unix_ns;
        let apart = if min_fps > 0.0 { BLIND_AFTER_S.max(3.0 / min_fps) } else { BLIND_AFTER_S };
        Self {
            run: at.run,
            from: now,
            last: now,
            judged: now,
            hindrance: None,
            apart: (apart * 1e9) as i64,
            stretches: Vec::new(),
            inferred: 0,
            failed: BTreeMap::new(),
            before: Stats::default(),
        }
    }

    pub(super) fn run(&self) -> RunId {
        self.run
    }

    /// The moment at which it would end: no clock that is set back makes it end before its last frame.
    pub(super) fn until(&self, at: Moment) -> Moment {
        let wall = WallTime { unix_ns: at.wall.unix_ns.max(self.last), ..at.wall };
        Moment { run: self.run, wall, ..at }
    }

    /// Nothing lies between its beginning and this moment.
    pub(super) fn is_empty(&self, at: Moment) -> bool {
        self.until(at).wall.unix_ns <= self.from
    }

    /// The models looked at a frame.
    pub(super) fn inferred(&mut self) {
        self.inferred += 1;
    }

    /// The models did not look at it.
    pub(super) fn failed(&mut self, at: Moment, reason: &'static str) {
        *self.failed.entry(reason).or_default() += 1;
        self.last = at.wall.unix_ns.max(self.last);
        self.hindrance = Some(Hindrance::Models);
    }

    /// The scene took it.
    pub(super) fn seen(&mut self, at: Moment, sight: Sight) {
        let now = at.wall.unix_ns.max(self.last);
        self.last = now;
        if sight == Sight::Judging {
            self.settle(now);
            (self.judged, self.hindrance) = (now, None);
        } else {
            self.hindrance = Some(Hindrance::Scene(sight));
        }
    }

    /// What lies between the last judgement and now, if that is long.
    fn settle(&mut self, now: i64) {
        if now - self.judged > self.apart {
            let why = self.hindrance.unwrap_or(Hindrance::Scene(Sight::Judging));
            self.stretches.push((self.judged.max(self.from), now, why));
        }
        while self.stretches.len() > MOST_STRETCHES {
            let closest = (1..self.stretches.len()).min_by_key(|i| self.stretches[*i].0 - self.stretches[i - 1].1);
            let (_, until, _) = self.stretches.remove(closest.unwrap_or(1));
            self.stretches[closest.unwrap_or(1) - 1].1 = until;
        }
    }

    /// Ends it at a moment, and begins the next one there.
    pub(super) fn end(&mut self, at: Moment, camera: &Camera, models: &[ModelRef], flow: &Flow<'_>) -> AccountData {
        let until = self.until(at).wall.unix_ns;
        self.settle(until);
        let wall = |unix_ns: i64| WallTime { unix_ns, ..at.wall }.to_rfc3339();
        // A count that went back is one of another run.
        let since = |now: u64, before: u64| now.checked_sub(before).unwrap_or(now);
        let mut dropped: BTreeMap<String, u64> = BTreeMap::new();
        for (reason, now) in &flow.stats.dropped {
            let count = since(*now, self.before.dropped.get(reason).copied().unwrap_or(0));
            dropped.insert((*reason).to_owned(), count);
        }
        for (reason, count) in std::mem::take(&mut self.failed) {
            *dropped.entry(reason.to_owned()).or_default() += count;
        }
        dropped.retain(|_, count| *count > 0);
        let told = AccountData {
            from: wall(self.from),
            received: since(flow.stats.frames_received, self.before.frames_received),
            decoded: since(flow.stats.frames_decoded, self.before.frames_decoded),
            inferred: std::mem::take(&mut self.inferred),
            dropped,
            decode: match flow.decode {
                Decode::KeyFrames => "keyframes".to_owned(),
                Decode::Full => "full".to_owned(),
            },
            active_s: (flow.active.as_secs_f64() * 10.0).round() / 10.0,
            judged: judged_kinds(camera),
            models: models.iter().map(short_name).collect(),
            unjudged: std::mem::take(&mut self.stretches)
                .into_iter()
                .map(|(from, until, why)| UnjudgedData { from: wall(from), until: wall(until), why: why.wire_name().to_owned() })
                .collect(),
            ended: flow.ended.map(str::to_owned),
        };
        self.from = until;
        self.before = flow.stats.clone();
        told
    }
}

/// Kinds that some zone has a rule for. All of them are judged by what stands and by what the models see, or by what moves.
fn judged_kinds(camera: &Camera) -> Vec<String> {
    let watched = |kind: &Kind| camera.zones.iter().any(|zone| zone.rules.contains_key(kind));
    Kind::ALL.iter().filter(|kind| watched(kind)).map(|kind| kind.wire_name().to_owned()).collect()
}

/// Short enough to be said every few minutes, with enough of the digest to tell versions apart.
fn short_name(model: &ModelRef) -> String {
    format!("{}@{}", model.name, model.sha256.get(..8).unwrap_or(&model.sha256))
}
