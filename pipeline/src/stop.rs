//! Stopping: one flag for all threads of the process, set by SIGINT or SIGTERM, or by the one who started us.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;

/// Set once, seen by all clones.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// A flag that SIGINT and SIGTERM set. A second signal ends the process at once, for the impatient.
    ///
    /// # Errors
    /// When the signal handlers cannot be installed.
    pub fn on_signals() -> anyhow::Result<Self> {
        let stop = Self::default();
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            // The order matters: the first signal must find the flag unset, so that only the second one ends the process.
            signal_hook::flag::register_conditional_shutdown(signal, 1, stop.0.clone()).context("installing a signal handler")?;
            signal_hook::flag::register(signal, stop.0.clone()).context("installing a signal handler")?;
        }
        Ok(stop)
    }

    /// Sets it.
    pub fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Is it set?
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// Comes back when it is set. For async code; looks ten times a second, because a signal handler may only set a flag.
    pub async fn wait(&self) {
        while !self.is_set() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}
