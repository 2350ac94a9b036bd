//! The live stream's memory: the last events, filled from the database by one task, read by every open stream.
//!
//! The database is the source, so that all consoles of an installation tell the same, in the same order and under the same
//! ids, and a stream can be resumed at another console or after a restart.

use std::collections::VecDeque;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use tokio::sync::watch;

use crate::store::{LiveEvent, Store};

/// Changes made by other consoles are noticed after this at the latest.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// As many as the database keeps.
const KEPT: usize = 4096;

/// What a stream gets to send next.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Next {
    /// These, in order.
    Events(Vec<LiveEvent>),
    /// What was asked for is no longer kept: begin again after this id.
    Gone(i64),
}

/// Shared by all streams.
#[derive(Clone)]
pub(crate) struct Live {
    ring: Arc<RwLock<VecDeque<LiveEvent>>>,
    latest: Arc<watch::Sender<i64>>,
}

impl Live {
    pub(crate) fn new() -> Self {
        Self { ring: Arc::default(), latest: Arc::new(watch::Sender::new(0)) }
    }

    /// The id of the last event.
    pub(crate) fn latest(&self) -> i64 {
        *self.latest.borrow()
    }

    /// Changes with each event; closed when the console shuts down.
    pub(crate) fn watch(&self) -> watch::Receiver<i64> {
        self.latest.subscribe()
    }

    /// What comes after `id`.
    pub(crate) fn after(&self, id: i64) -> Next {
        let ring = self.ring.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        let latest = ring.back().map_or(0, |event| event.id);
        let oldest = ring.front().map_or(latest + 1, |event| event.id);
        // An id from the future is one of another database.
        if id > latest || id + 1 < oldest {
            return Next::Gone(latest);
        }
        let skip = usize::try_from(id + 1 - oldest).unwrap_or(0);
        Next::Events(ring.iter().skip(skip).cloned().collect())
    }

    /// Takes what is new from the database.
    ///
    /// # Errors
    /// The database failed; call again.
    pub(crate) async fn catch_up(&self, store: &Store) -> Result<(), sqlx::Error> {
        let new = store.live_after(self.latest()).await?;
        let Some(latest) = new.last().map(|event| event.id) else { return Ok(()) };
        {
            let mut ring = self.ring.write().unwrap_or_else(|poisoned| poisoned.into_inner());
            ring.extend(new);
            let surplus = ring.len().saturating_sub(KEPT);
            ring.drain(..surplus);
        }
        self.latest.send_replace(latest);
        Ok(())
    }

    /// Catches up whenever this console wrote something, and every second for what others wrote. Ends by being aborted.
    pub(crate) async fn follow(self, store: Store) {
        let bell = Arc::clone(store.live_bell());
        loop {
            if let Err(error) = self.catch_up(&store).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "reading live events");
            }
            // Either the bell or the time: both are reasons to look.
            let _ = tokio::time::timeout(LOOK_EVERY, bell.notified()).await;
        }
    }
}
