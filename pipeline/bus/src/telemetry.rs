//! The one list of this crate's metrics. Labels: topic and reason, never a key or an id.

use std::time::Duration;

use metrics::{counter, gauge};

pub(crate) fn spool_size(messages: u64, bytes: u64) {
    gauge!("kerbwatch_bus_spool_messages").set(messages as f64);
    gauge!("kerbwatch_bus_spool_bytes").set(bytes as f64);
}

/// Zero when nothing waits.
pub(crate) fn spool_oldest(age: Option<Duration>) {
    gauge!("kerbwatch_bus_spool_oldest_seconds").set(age.unwrap_or_default().as_secs_f64());
}

/// Observations `present` and plain accounts that the spool left out or dropped, over its quota.
pub(crate) fn shed(messages: u64) {
    counter!("kerbwatch_bus_shed_total").increment(messages);
}

pub(crate) fn published(topic: &str) {
    counter!("kerbwatch_bus_published_total", "topic" => topic.to_owned()).increment(1);
}

/// Attempts that will be made again.
pub(crate) fn retried(messages: u64) {
    counter!("kerbwatch_bus_retries_total").increment(messages);
}

/// Messages that went to the dead letters: a person is needed.
pub(crate) fn rejected() {
    counter!("kerbwatch_bus_rejected_total").increment(1);
}

/// Records on a topic that are no messages of ours; they were skipped.
pub(crate) fn malformed(topic: &str) {
    counter!("kerbwatch_bus_malformed_total", "topic" => topic.to_owned()).increment(1);
}
