//! Carries sealed evidence from this machine's disk into the city's object store.
//!
//! The folder is the spool: a package is on disk before anybody hears of its candidate, and stays there until it is in the
//! store, read back, and `keep_local` has passed. The carrier is a thread of its own. It goes through the packages in the
//! order of the chain, writes nothing over, and begins again after whatever interrupted it: what is there already is compared
//! and not doubled. A store that is away only makes the backlog longer.

mod carry;
mod ledger;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use objects::{Objects, Put};

use crate::telemetry::{EvidenceBacklog, EvidenceCarried, EvidenceNotCarried};
use carry::{CarryError, Waiting, carry, let_go, waiting};
use ledger::Ledger;

/// How often the folder is looked at for something new. Sealing a package changes its time, so that looking is one question.
const LOOK: Duration = Duration::from_secs(1);
/// At least so often it is read whatever its time says, and pictures that may go are let go.
const READ: Duration = Duration::from_secs(30);
/// After the first failure; each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// A store that stays away is spoken of this often.
const SAY_AGAIN: Duration = Duration::from_secs(10 * 60);
/// Layers let go in one round: what is new goes first.
const LET_GO_AT_ONCE: u32 = 20;

/// What to carry, and where from.
pub struct Options {
    /// The folder of packages.
    pub root: PathBuf,
    /// Put before every key, as in events.
    pub prefix: String,
    /// The file in which it is written down what was carried.
    pub ledger: PathBuf,
    /// Pictures stay here for so long after they are in the store.
    pub keep_local: Duration,
}

/// What a round did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Round {
    stored: usize,
    again: usize,
    refused: usize,
    let_go: usize,
}

/// The work without the thread: tests turn it by hand.
struct Carrier {
    objects: Objects,
    options: Options,
    ledger: Ledger,
}

impl Carrier {
    fn open(objects: Objects, options: Options) -> anyhow::Result<Self> {
        let ledger = Ledger::open(&options.ledger).with_context(|| format!("opening {}", options.ledger.display()))?;
        Ok(Self { objects, options, ledger })
    }

    fn backlog(&self) -> Result<Vec<Waiting>, CarryError> {
        waiting(&self.options.root, &self.ledger)
    }

    fn tell(&self, waiting: &[Waiting], now_ms: i64) {
        let oldest = waiting.iter().map(|one| one.sealed_ms).min();
        EvidenceBacklog {
            layers: waiting.len(),
            bytes: waiting.iter().map(|one| one.bytes).sum(),
            oldest: Duration::from_millis(oldest.map_or(0, |ms| u64::try_from(now_ms - ms).unwrap_or(0))),
            refused: u64::from(self.ledger.refusals().unwrap_or(0)),
        }
        .emit();
    }

    /// Carries what waits, in order, and lets go what may go. Stops at the first failure that may pass.
    async fn round(&self, now_ms: i64, stop: &dyn Fn() -> bool) -> (Round, Result<(), CarryError>) {
        let mut round = Round::default();
        let done = self.work(now_ms, stop, &mut round).await;
        (round, done)
    }

    async fn work(&self, now_ms: i64, stop: &dyn Fn() -> bool, round: &mut Round) -> Result<(), CarryError> {
        let backlog = self.backlog()?;
        self.tell(&backlog, now_ms);
        for (index, one) in backlog.iter().enumerate() {
            if stop() {
                return Ok(());
            }
            match carry(&self.objects, &self.options.root, &self.options.prefix, one).await {
                Ok(put) => {
                    self.ledger.carried(&one.candidate, &one.layer, now_ms)?;
                    *(if put == Put::Stored { &mut round.stored } else { &mut round.again }) += 1;
                    EvidenceCarried { again: put == Put::AlreadyThere, bytes: one.bytes }.emit();
                }
                Err(error) if error.may_pass() => return Err(error),
                Err(error) => {
                    self.refuse(&one.candidate, &one.layer, now_ms, &error)?;
                    round.refused += 1;
                }
            }
            self.tell(&backlog[index + 1..], now_ms);
        }
        self.let_go(now_ms, stop, round).await
    }

    async fn let_go(&self, now_ms: i64, stop: &dyn Fn() -> bool, round: &mut Round) -> Result<(), CarryError> {
        let keep_ms = i64::try_from(self.options.keep_local.as_millis()).unwrap_or(i64::MAX);
        for one in self.ledger.due(now_ms.saturating_sub(keep_ms), LET_GO_AT_ONCE)? {
            if stop() {
                return Ok(());
            }
            match let_go(&self.objects, &self.options.root, &self.options.prefix, &one).await {
                Ok(()) => {
                    self.ledger.moved(&one.candidate, &one.layer, now_ms)?;
                    round.let_go += 1;
                }
                Err(error) if error.may_pass() => return Err(error),
                // The copy here is the only good one now: it stays.
                Err(error) => {
                    self.refuse(&one.candidate, &one.layer, now_ms, &error)?;
                    round.refused += 1;
                }
            }
        }
        Ok(())
    }

    fn refuse(&self, candidate: &str, layer: &str, now_ms: i64, error: &CarryError) -> Result<(), CarryError> {
        EvidenceNotCarried { candidate, error }.emit();
        Ok(self.ledger.refused(candidate, layer, now_ms, &error.to_string())?)
    }
}

/// The thread that carries.
pub struct Uploader {
    stop: Sender<()>,
    thread: JoinHandle<usize>,
}

impl Uploader {
    /// Starts it. The store need not answer.
    ///
    /// # Errors
    /// The ledger cannot be opened, or no thread can be had.
    pub fn start(objects: Objects, options: Options) -> anyhow::Result<Self> {
        let carrier = Carrier::open(objects, options)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the async runtime")?;
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new()
            .name("evidence-upload".to_owned())
            .spawn(move || run(&carrier, &runtime, &stopped))
            .context("starting the thread that uploads evidence")?;
        Ok(Self { stop, thread })
    }

    /// Ends it after the layer in hand; how many wait on disk for the next start.
    pub fn stop(self) -> usize {
        // Gone already is as good.
        let _ = self.stop.send(());
        self.thread.join().unwrap_or(0)
    }
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn changed(root: &Path) -> Option<SystemTime> {
    std::fs::metadata(root).and_then(|data| data.modified()).ok()
}

/// What was last said of a store that is away.
#[derive(Default)]
struct Said {
    what: Option<(String, Instant)>,
}

impl Said {
    fn away(&mut self, error: &CarryError, pause: Duration) {
        let text = format!("{:#}", ChainText(error));
        metrics::counter!("kerbwatch_evidence_upload_failures_total").increment(1);
        let fresh = self.what.as_ref().is_none_or(|(said, at)| *said != text || at.elapsed() > SAY_AGAIN);
        if fresh {
            tracing::warn!(retry_s = pause.as_secs(), "evidence waits on disk: {text}");
            self.what = Some((text, Instant::now()));
        }
    }

    fn back(&mut self) {
        if self.what.take().is_some() {
            tracing::info!("evidence goes into the object store again");
        }
    }
}

/// An error with its causes, for a log line.
struct ChainText<'a>(&'a dyn std::error::Error);

impl std::fmt::Display for ChainText<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

fn run(carrier: &Carrier, runtime: &tokio::runtime::Runtime, stopped: &Receiver<()>) -> usize {
    let (mut said, mut pause, mut seen, mut read) = (Said::default(), FIRST_PAUSE, None, None::<Instant>);
    let over = || !matches!(stopped.try_recv(), Err(std::sync::mpsc::TryRecvError::Empty));
    loop {
        let now = changed(&carrier.options.root);
        let mut wait = LOOK;
        if now != seen || read.is_none_or(|at| at.elapsed() > READ) {
            let ended = std::cell::Cell::new(false);
            let stop = || {
                ended.set(ended.get() || over());
                ended.get()
            };
            let (round, done) = runtime.block_on(carrier.round(now_ms(), &stop));
            if ended.get() {
                break;
            }
            match done {
                Ok(()) => {
                    said.back();
                    // Whoever had something to do may have more.
                    let idle = round == Round::default();
                    (pause, seen, read) = (FIRST_PAUSE, now, idle.then(Instant::now));
                }
                Err(error) => {
                    // Half of the pause by chance: many workers must not come back in step.
                    wait = pause.mul_f64(0.5 + 0.5 * rand::random::<f64>());
                    said.away(&error, wait);
                    (pause, read) = ((pause * 2).min(LONGEST_PAUSE), None);
                }
            }
        }
        match stopped.recv_timeout(wait) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    carrier.backlog().map_or(0, |left| left.len())
}
