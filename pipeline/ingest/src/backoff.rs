//! How long to wait before a camera is tried again. Pure: time and chance come in as arguments.

use std::time::Duration;

use rand::{Rng, RngExt};

use crate::error::FailReason;

/// The numbers of the back-off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BackoffPolicy {
    /// The wait after the first failure; each further one doubles it.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
    /// Each wait is multiplied by a random number in `1 - jitter ..= 1 + jitter`, so that a thousand cameras behind one
    /// failed switch do not all come back in the same second.
    pub jitter: f64,
    /// A run that streamed this long counts as healthy: the next wait is the first again.
    pub healthy_after: Duration,
    /// The wait after a refused password, at once: cameras lock an account after a few wrong ones in a row. Chosen so that
    /// a mistyped password is tried once a minute and not many times a second; a right one, put in later, works within it.
    pub unauthorized: Duration,
}

impl Default for BackoffPolicy {
    /// 1 s doubling to 60 s, 20 % jitter, healthy after 60 s, 60 s after a refused password.
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(60),
            jitter: 0.2,
            healthy_after: Duration::from_secs(60),
            unauthorized: Duration::from_secs(60),
        }
    }
}

/// Counts failures in a row.
#[derive(Debug, Clone)]
pub struct Backoff {
    policy: BackoffPolicy,
    failures: u32,
}

impl Backoff {
    /// No failure yet.
    pub fn new(policy: BackoffPolicy) -> Self {
        Self { policy, failures: 0 }
    }

    /// A run failed after it had streamed for `streamed`: how long to wait.
    pub fn failed(&mut self, reason: &FailReason, streamed: Duration, chance: &mut impl Rng) -> Duration {
        if streamed >= self.policy.healthy_after {
            self.failures = 0;
        }
        let doublings = self.failures.min(30);
        self.failures = self.failures.saturating_add(1);
        let doubled = self.policy.first.saturating_mul(1 << doublings).min(self.policy.longest);
        let spread = self.policy.jitter.clamp(0.0, 1.0);
        let factor = chance.random_range(1.0 - spread..=1.0 + spread);
        match reason {
            // Never shorter: a lock-out counts attempts in a window.
            FailReason::Unauthorized => self.policy.unauthorized.max(doubled).mul_f64(factor.max(1.0)),
            // The camera is there and well; it only speaks differently now.
            FailReason::CodecChanged => Duration::ZERO,
            FailReason::Refused
            | FailReason::Timeout
            | FailReason::NotFound
            | FailReason::NoVideo
            | FailReason::MissingPlugin { .. }
            | FailReason::UnsupportedCodec
            | FailReason::Stalled
            | FailReason::Corrupt
            | FailReason::Ended
            | FailReason::Transport
            | FailReason::Other => doubled.mul_f64(factor),
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn within(got: Duration, nominal: Duration) -> bool {
        got >= nominal.mul_f64(0.8) && got <= nominal.mul_f64(1.2)
    }

    #[test]
    fn it_doubles_to_a_minute_and_starts_anew_after_a_healthy_run() {
        let mut chance = StdRng::seed_from_u64(1);
        let mut backoff = Backoff::new(BackoffPolicy::default());
        for nominal in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            let got = backoff.failed(&FailReason::Refused, secs(3), &mut chance);
            assert!(within(got, secs(nominal)), "{got:?} is not about {nominal} s");
        }
        let got = backoff.failed(&FailReason::Ended, secs(60), &mut chance);
        assert!(within(got, secs(1)), "{got:?}");
    }

    #[test]
    fn a_refused_password_waits_a_minute_at_once() {
        let mut chance = StdRng::seed_from_u64(2);
        for _ in 0..50 {
            let got = Backoff::new(BackoffPolicy::default()).failed(&FailReason::Unauthorized, secs(0), &mut chance);
            assert!(got >= secs(60) && got <= secs(72), "{got:?}");
        }
    }

    #[test]
    fn a_changed_codec_is_followed_at_once_and_jitter_spreads() {
        let mut chance = StdRng::seed_from_u64(3);
        let mut backoff = Backoff::new(BackoffPolicy::default());
        assert_eq!(backoff.failed(&FailReason::CodecChanged, secs(5), &mut chance), secs(0));
        let waits: std::collections::BTreeSet<Duration> =
            (0..20).map(|_| Backoff::new(BackoffPolicy::default()).failed(&FailReason::Refused, secs(0), &mut chance)).collect();
        assert!(waits.len() > 15);
    }

    #[test]
    fn a_thousand_failures_do_not_overflow() {
        let mut chance = StdRng::seed_from_u64(4);
        let mut backoff = Backoff::new(BackoffPolicy::default());
        for _ in 0..1000 {
            assert!(backoff.failed(&FailReason::Timeout, secs(0), &mut chance) <= secs(72));
        }
    }
}
