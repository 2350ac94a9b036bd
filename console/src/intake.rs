//! The thread that takes what comes from the bus, and the task that gives the bus what is ours.
//!
//! The bus is committed only after the database: whatever dies in between, the messages come again and are known by their ids.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use bus::{Bus, Delivery, Outcome, Start, Subscription};
use events::wire::v1::topic;
use tokio::runtime::Handle;

use crate::state::AppState;
use crate::store::Store;

/// What the console reads.
const TOPICS: [&str; 3] = [topic::CAMERAS, topic::CANDIDATES, topic::OBSERVATIONS];
/// How long the intake waits for messages before it looks whether it should stop.
const WAIT: Duration = Duration::from_millis(250);
/// Pauses after failures: doubled from the first to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Messages that are given to the bus at once.
const OUTBOX_BATCH: i64 = 100;
/// The outbox is looked at this often even when nobody rings: another console may have died over it.
const OUTBOX_LOOK: Duration = Duration::from_secs(2);

/// Takes messages until the sender of `stop` is dropped. Runs on its own thread.
///
/// # Errors
/// The subscription cannot be set up at all.
pub(crate) fn run(
    state: &AppState,
    bus: &Arc<dyn Bus>,
    group: &str,
    runtime: &Handle,
    stop: &Receiver<()>,
) -> Result<(), bus::BusError> {
    let mut subscription = bus.subscribe(group, &TOPICS, Start::Earliest)?;
    let mut pause = FIRST_PAUSE;
    let stopped = || matches!(stop.try_recv(), Err(std::sync::mpsc::TryRecvError::Disconnected));
    while !stopped() {
        let healthy = match subscription.next(WAIT) {
            Ok(deliveries) if deliveries.is_empty() => true,
            Ok(deliveries) => take(state, &mut *subscription, &deliveries, runtime, stop),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "reading from the bus");
                false
            }
        };
        state.pulse.intake_ms.store(state.now_ms(), Ordering::Relaxed);
        state.pulse.intake_ok.store(healthy, Ordering::Relaxed);
        if healthy {
            pause = FIRST_PAUSE;
        } else if wait(stop, &mut pause) {
            break;
        }
    }
    Ok(())
}

/// Waits out a pause and doubles it; `true` when it is time to stop.
fn wait(stop: &Receiver<()>, pause: &mut Duration) -> bool {
    let ended = !matches!(stop.recv_timeout(*pause), Err(RecvTimeoutError::Timeout));
    *pause = (*pause * 2).min(LONGEST_PAUSE);
    ended
}

/// Stores a batch, however often that takes, then commits it. `false` when it was not committed.
fn take(
    state: &AppState,
    subscription: &mut dyn Subscription,
    deliveries: &[Delivery],
    runtime: &Handle,
    stop: &Receiver<()>,
) -> bool {
    let mut pause = FIRST_PAUSE;
    loop {
        match runtime.block_on(state.store.take_in(deliveries)) {
            Ok(taken) => {
                for (delivery, taken) in deliveries.iter().zip(taken) {
                    let (topic, reason) = (delivery.message.topic.clone(), taken.wire_name());
                    metrics::counter!("kerbwatch_console_intake_messages_total", "topic" => topic, "reason" => reason)
                        .increment(1);
                }
                break;
            }
            Err(error) => {
                metrics::counter!("kerbwatch_console_intake_retries_total").increment(1);
                tracing::error!(error = &error as &dyn std::error::Error, "storing what came from the bus; trying again");
                state.pulse.intake_ok.store(false, Ordering::Relaxed);
                if wait(stop, &mut pause) {
                    return false;
                }
            }
        }
    }
    match subscription.commit(deliveries) {
        Ok(()) => true,
        Err(error) => {
            // They will come again and be known.
            tracing::warn!(error = &error as &dyn std::error::Error, "committing to the bus");
            false
        }
    }
}

/// Gives the bus what the console has to say, until aborted. Two consoles may both send a message; it has one id.
pub(crate) async fn drain(store: Store, bus: Arc<dyn Bus>) {
    let bell = Arc::clone(store.outbox_bell());
    let mut pause = FIRST_PAUSE;
    loop {
        match drain_once(&store, &bus).await {
            Ok(true) => pause = FIRST_PAUSE,
            Ok(false) => {
                pause = FIRST_PAUSE;
                let _ = tokio::time::timeout(OUTBOX_LOOK, bell.notified()).await;
            }
            Err(error) => {
                tracing::warn!("publishing: {error:#}");
                metrics::counter!("kerbwatch_console_outbox_retries_total").increment(1);
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

/// One batch; `false` when there was nothing to send.
pub(crate) async fn drain_once(store: &Store, bus: &Arc<dyn Bus>) -> anyhow::Result<bool> {
    let waiting = store.outbox_waiting(OUTBOX_BATCH).await?;
    if waiting.is_empty() {
        return Ok(false);
    }
    let (ids, messages): (Vec<i64>, Vec<bus::Message>) = waiting.into_iter().unzip();
    let bus = Arc::clone(bus);
    let outcomes = tokio::task::spawn_blocking(move || bus.publish(&messages)).await?;
    let (mut delivered, mut rejected, mut retry) = (Vec::new(), Vec::new(), None);
    for (id, outcome) in ids.into_iter().zip(outcomes) {
        let reason = match outcome {
            Outcome::Delivered => {
                delivered.push(id);
                "delivered"
            }
            Outcome::Rejected(reason) => {
                tracing::error!(id, reason, "the bus will never take this message: it stays in the outbox, marked");
                rejected.push((id, reason));
                "rejected"
            }
            Outcome::Retry(reason) => {
                retry = Some(reason);
                "retry"
            }
        };
        metrics::counter!("kerbwatch_console_outbox_messages_total", "reason" => reason).increment(1);
    }
    store.outbox_settle(&delivered, &rejected).await?;
    match retry {
        Some(reason) => Err(anyhow::anyhow!(reason)),
        None => Ok(true),
    }
}
