//! Moves messages from the spool to the bus: in order per key, removed only when acknowledged, for as long as it takes.
//!
//! One thread. A pass goes through the waiting messages in batches. A key whose message must be tried again is *held* for
//! the rest of the pass, so that nothing of that key overtakes it while the other keys go on; then the relay waits, longer
//! each time up to a limit and by a random part, and passes again. When a whole batch must be tried again the bus is away,
//! and the pass ends at once. A rejected message goes to the dead letters (ERROR, counter) and its key goes on.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::spool::{RowId, Spool, SpoolError};
use crate::{Bus, Outcome, telemetry};

/// How the relay works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelayOptions {
    /// Messages handed to the bus at once, at least 1.
    pub batch: usize,
    /// First wait after a failure.
    pub backoff_min: Duration,
    /// Longest wait.
    pub backoff_max: Duration,
}

impl Default for RelayOptions {
    /// 256 at once; 200 ms doubling to 30 s.
    fn default() -> Self {
        Self { batch: 256, backoff_min: Duration::from_millis(200), backoff_max: Duration::from_secs(30) }
    }
}

/// What the relay has done since it started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RelayStats {
    /// Messages acknowledged by the bus.
    pub delivered: u64,
    /// Attempts that failed and will be made again.
    pub retried: u64,
    /// Messages that went to the dead letters.
    pub rejected: u64,
    /// Why the last pass did not get through; `None` when it did.
    pub trouble: Option<String>,
}

/// The running relay. Dropping it stops it without a flush; [`Relay::stop`] flushes.
pub struct Relay {
    shared: Arc<Shared>,
    done: Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    spool: Spool,
    delivered: AtomicU64,
    retried: AtomicU64,
    rejected: AtomicU64,
    trouble: Mutex<Option<String>>,
    /// Stop after one more try of everything.
    flush: AtomicBool,
    /// Stop after the batch at hand.
    halt: AtomicBool,
}

impl Relay {
    /// Starts the thread `bus-relay`.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(spool: Spool, bus: Arc<dyn Bus>, options: RelayOptions) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            spool,
            delivered: AtomicU64::new(0),
            retried: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
            trouble: Mutex::new(None),
            flush: AtomicBool::new(false),
            halt: AtomicBool::new(false),
        });
        let (finished, done) = bounded(1);
        let worker = Worker { shared: Arc::clone(&shared), bus, options, failures: 0 };
        let thread = std::thread::Builder::new().name("bus-relay".to_owned()).spawn(move || worker.run(&finished))?;
        Ok(Self { shared, done, thread: Some(thread) })
    }

    /// What it has done so far.
    pub fn stats(&self) -> RelayStats {
        RelayStats {
            delivered: self.shared.delivered.load(Ordering::Relaxed),
            retried: self.shared.retried.load(Ordering::Relaxed),
            rejected: self.shared.rejected.load(Ordering::Relaxed),
            trouble: self.shared.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// Tries once more to deliver all that waits, for `deadline` at most, and stops. Returns how many messages still wait:
    /// they are safe in the spool, and go out after the next start.
    pub fn stop(mut self, deadline: Duration) -> u64 {
        self.shared.flush.store(true, Ordering::Release);
        self.shared.spool.wake();
        if self.done.recv_timeout(deadline).is_err() {
            tracing::warn!(
                waiting = self.shared.spool.len(),
                "the relay was stopped at its deadline; what waits stays in the spool"
            );
            self.shared.halt.store(true, Ordering::Release);
            // The thread may sit in a publish that has not timed out; it ends by itself after that, and must not hold up the exit.
            self.thread = None;
        }
        self.shared.spool.len()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.shared.halt.store(true, Ordering::Release);
        self.shared.spool.wake();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported when it happened.
            let _ = thread.join();
        }
    }
}

struct Worker {
    shared: Arc<Shared>,
    bus: Arc<dyn Bus>,
    options: RelayOptions,
    /// Passes in a row that did not get through.
    failures: u32,
}

/// How a pass through the spool ended.
enum Pass {
    /// Everything that waited went out.
    Clear,
    /// Something must be tried again.
    Trouble(String),
    /// Told to stop.
    Halted,
}

impl Worker {
    fn run(mut self, finished: &Sender<()>) {
        let mut seen = 0;
        loop {
            // Before the pass: what is appended during it wakes us right after it.
            seen = self.shared.spool.wait_for_append(seen, Duration::ZERO);
            let flushing = self.shared.flush.load(Ordering::Acquire);
            let pass = self.pass().unwrap_or_else(|error| {
                tracing::error!(error = %chain(&error), "the relay cannot use the spool");
                Pass::Trouble(chain(&error))
            });
            telemetry::spool_oldest(self.shared.spool.oldest_age().ok().flatten());
            let pause = match pass {
                Pass::Halted => break,
                Pass::Clear => {
                    self.recovered();
                    IDLE
                }
                Pass::Trouble(reason) => self.in_trouble(reason),
            };
            if flushing || self.shared.halt.load(Ordering::Acquire) {
                break;
            }
            seen = self.rest(seen, pause);
        }
        // Nobody listens after the deadline has passed.
        let _ = finished.try_send(());
    }

    /// Goes once through all that waits.
    fn pass(&self) -> Result<Pass, SpoolError> {
        let mut held: HashSet<String> = HashSet::new();
        let mut trouble = None;
        let mut after = None;
        loop {
            let waiting = self.shared.spool.pending(self.options.batch.max(1), after)?;
            let Some(last) = waiting.last() else { break };
            after = Some(last.row);
            let (rows, messages): (Vec<RowId>, Vec<_>) = waiting
                .into_iter()
                .filter(|pending| !held.contains(&pending.message.key))
                .map(|pending| (pending.row, pending.message))
                .unzip();
            if messages.is_empty() {
                continue;
            }
            let outcomes = self.bus.publish(&messages);
            let mut delivered = Vec::new();
            let mut refused = Vec::new();
            let mut retried = 0;
            for ((row, message), outcome) in rows.into_iter().zip(&messages).zip(outcomes) {
                match outcome {
                    Outcome::Delivered => {
                        telemetry::published(&message.topic);
                        delivered.push(row);
                    }
                    Outcome::Retry(reason) => {
                        retried += 1;
                        held.insert(message.key.clone());
                        trouble.get_or_insert(reason);
                    }
                    Outcome::Rejected(reason) => refused.push((row, message, reason)),
                }
            }
            self.shared.spool.delivered(&delivered)?;
            self.shared.delivered.fetch_add(delivered.len() as u64, Ordering::Relaxed);
            for (row, message, reason) in refused {
                tracing::error!(topic = message.topic, key = message.key, id = message.id, reason,
                    file = %self.shared.spool.dead_letter_file().display(),
                    "the bus refused a message for good; it is among the dead letters");
                self.shared.spool.reject(row, &reason)?;
                telemetry::rejected();
                self.shared.rejected.fetch_add(1, Ordering::Relaxed);
            }
            self.shared.retried.fetch_add(retried, Ordering::Relaxed);
            telemetry::retried(retried);
            if self.shared.halt.load(Ordering::Acquire) {
                return Ok(Pass::Halted);
            }
            if retried == messages.len() as u64 {
                break;
            }
        }
        Ok(trouble.map_or(Pass::Clear, Pass::Trouble))
    }

    fn recovered(&mut self) {
        if self.failures > 0 {
            tracing::info!(bus = self.bus.name(), "the bus takes messages again; the spool is drained");
        }
        self.failures = 0;
        *self.shared.trouble.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Says so once per outage and reason; returns how long to wait.
    fn in_trouble(&mut self, reason: String) -> Duration {
        let mut trouble = self.shared.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if trouble.as_ref() != Some(&reason) {
            tracing::warn!(
                bus = self.bus.name(),
                waiting = self.shared.spool.len(),
                reason,
                "the bus does not take messages; they wait in the spool"
            );
        }
        *trouble = Some(reason);
        let doubled = self.options.backoff_min.saturating_mul(1 << self.failures.min(16));
        self.failures = self.failures.saturating_add(1);
        let longest = doubled.min(self.options.backoff_max);
        longest.mul_f64(0.5 + 0.5 * random_share())
    }

    /// Waits for `pause`. In trouble, new messages do not cut it short, or a busy worker would hammer a sick broker.
    fn rest(&self, mut seen: u64, pause: Duration) -> u64 {
        if self.failures == 0 {
            return self.shared.spool.wait_for_append(seen, pause);
        }
        let until = Instant::now() + pause;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let stopping = self.shared.flush.load(Ordering::Acquire) || self.shared.halt.load(Ordering::Acquire);
            if left.is_zero() || stopping {
                return seen;
            }
            seen = self.shared.spool.wait_for_append(seen, left);
        }
    }
}

/// How often an idle relay looks after all, to keep the age of the oldest message fresh in the metrics.
const IDLE: Duration = Duration::from_secs(5);

/// 0 to 1. The standard library's hasher is seeded at random; for spreading retries that is random enough.
fn random_share() -> f64 {
    RandomState::new().hash_one(0_u8) as f64 / u64::MAX as f64
}

/// An error with its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
