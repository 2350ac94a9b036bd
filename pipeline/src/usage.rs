//! What this process has used so far, as the kernel counts it.

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

/// CPU time and memory.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usage {
    /// User and system CPU seconds of all threads.
    pub cpu_s: f64,
    /// Largest resident set, MB (10^6 bytes).
    pub peak_rss_mb: f64,
}

impl Usage {
    /// Since the process began.
    pub fn now() -> Self {
        let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) else { return Self { cpu_s: 0.0, peak_rss_mb: 0.0 } };
        let cpu_us = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
        // Linux gives kibibytes.
        Self { cpu_s: cpu_us as f64 / 1e6, peak_rss_mb: usage.max_rss() as f64 * 1024.0 / 1e6 }
    }
}
