//! How long a request may take.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

use crate::error::{ObjectError, Trouble};

/// For the question, the answer and the way: every request has so long.
pub(crate) const BASE: Duration = Duration::from_secs(120);
/// Bytes per second (2 Mbit/s) below which a line is as good as down.
const LEAST_RATE: u64 = 256_000;

/// How long a request may take that carries so many bytes, whichever way. A clip of 200 MB has a quarter of an hour.
pub(crate) fn patience(bytes: u64) -> Duration {
    let millis = bytes.saturating_mul(1000) / LEAST_RATE;
    BASE.saturating_add(Duration::from_millis(millis))
}

/// When a request that begins now and carries so many bytes must be over.
pub(crate) fn deadline(bytes: u64) -> Instant {
    Instant::now() + patience(bytes)
}

/// What comes of a request by then.
pub(crate) async fn by<T>(
    deadline: Instant,
    operation: &'static str,
    key: &str,
    request: impl Future<Output = T>,
) -> Result<T, ObjectError> {
    let late = |_| ObjectError::new(operation, key, Trouble::Away("it took too long".to_owned()));
    tokio::time::timeout_at(deadline, request).await.map_err(late)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_larger_has_longer() {
        assert_eq!(patience(0), Duration::from_secs(120));
        assert_eq!(patience(256_000), Duration::from_secs(121));
        assert_eq!(patience(50_000_000).as_secs(), 315);
        assert_eq!(patience(200_000_000).as_secs(), 901);
        // Whatever its size, a clip passes a line of the least rate, and no number is too large.
        for bytes in [1, 1_000_000, 5_000_000_000] {
            assert!(patience(bytes).as_secs() * LEAST_RATE >= bytes);
        }
        assert!(patience(u64::MAX) > patience(5_000_000_000));
    }
}
