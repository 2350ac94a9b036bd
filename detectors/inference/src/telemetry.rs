//! Every number this crate reports, in one place.

use std::time::Duration;

/// A frame was looked at by a model.
pub(crate) fn frame(model: &str) {
    metrics::counter!("kerbwatch_inference_frames_total", "model" => model.to_owned()).increment(1);
}

/// A batch of `size` tiles ran for `took`.
pub(crate) fn batch(model: &str, size: usize, took: Duration) {
    metrics::histogram!("kerbwatch_inference_batch_size", "model" => model.to_owned()).record(size as f64);
    metrics::histogram!("kerbwatch_inference_seconds", "model" => model.to_owned()).record(took.as_secs_f64());
}

/// A frame was not looked at.
pub(crate) fn error(model: &str, reason: &'static str) {
    metrics::counter!("kerbwatch_inference_errors_total", "model" => model.to_owned(), "reason" => reason).increment(1);
}
