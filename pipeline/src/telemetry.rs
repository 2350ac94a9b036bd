//! Logs, and the list of what the composition root counts. Each event is a struct with `emit()`; names and labels stand here
//! and nowhere else. INFO: something a person did or awaited. WARN: nothing lost. ERROR: lost, or a person is needed.

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

/// Sends log lines to stderr.
///
/// # Errors
/// When the filter is not one.
pub fn init_log(filter: &str, json: bool) -> Result<(), ParseError> {
    // The renderer of the sample streets warns of every shape too small to show.
    let filter: EnvFilter = format!("tiny_skia=error,{filter}").parse()?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Twice in one process (tests) the first one stays: that is what is wanted.
    let _ = if json { builder.json().try_init() } else { builder.try_init() };
    Ok(())
}

/// Starts counting, and gives what renders the counts for `/metrics`.
///
/// # Errors
/// When a recorder was installed before.
pub fn init_metrics() -> anyhow::Result<PrometheusHandle> {
    /// From a decoder's millisecond to the budget of one second from rule to acknowledgement, and beyond.
    const SECONDS: [f64; 12] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
    let handle =
        PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?.install_recorder()?;
    metrics::gauge!("kerbwatch_build_info", "version" => crate::build::VERSION).set(1.0);
    Ok(handle)
}

/// A candidate is sealed and in the spool.
pub struct CandidateRaised<'a> {
    /// Which camera.
    pub camera: &'a str,
    /// Of which kind.
    pub kind: &'static str,
    /// Covered by a permit.
    pub permitted: bool,
    /// From the frame that met the rule to the row on disk.
    pub seconds: f64,
}

impl CandidateRaised<'_> {
    /// Counts it and says so.
    pub fn emit(&self) {
        let permitted = if self.permitted { "true" } else { "false" };
        metrics::counter!("kerbwatch_candidates_raised_total", "camera" => self.camera.to_owned(), "kind" => self.kind, "permitted" => permitted)
            .increment(1);
        metrics::histogram!("kerbwatch_candidates_spooled_seconds").record(self.seconds);
        tracing::info!(camera = self.camera, kind = self.kind, permitted, "candidate raised");
    }
}

/// A frame was not looked at by the models.
pub struct FrameDropped<'a> {
    /// Which camera.
    pub camera: &'a str,
    /// Why, e.g. `detect_failed`.
    pub reason: &'static str,
}

impl FrameDropped<'_> {
    /// Counts it. Never logged one by one.
    pub fn emit(&self) {
        metrics::counter!("kerbwatch_frames_dropped_total", "camera" => self.camera.to_owned(), "reason" => self.reason)
            .increment(1);
    }
}

/// An account of some minutes of a camera was given up, because for an hour none could be written.
pub struct AccountLost<'a> {
    /// Which camera.
    pub camera: &'a str,
}

impl AccountLost<'_> {
    /// Counts it.
    pub fn emit(&self) {
        metrics::counter!("kerbwatch_accounts_lost_total", "camera" => self.camera.to_owned()).increment(1);
        tracing::warn!(camera = self.camera, "frame counts of some minutes were given up: the spool takes none");
    }
}

/// Something that must not fail did: a package could not be sealed, a row could not be written.
pub struct DeliveryFailed<'a> {
    /// Which camera.
    pub camera: &'a str,
    /// What was being done.
    pub doing: &'static str,
    /// Why it failed.
    pub error: &'a anyhow::Error,
}

impl DeliveryFailed<'_> {
    /// Counts it and calls for a person.
    pub fn emit(&self) {
        metrics::counter!("kerbwatch_delivery_failed_total", "camera" => self.camera.to_owned(), "reason" => self.doing)
            .increment(1);
        tracing::error!(camera = self.camera, "{}: {:#}; it is tried again", self.doing, self.error);
    }
}

/// How many cameras are watched, and how many of them deliver.
pub struct CamerasWatched {
    /// Assigned to this worker.
    pub assigned: usize,
    /// Streaming now.
    pub streaming: usize,
}

impl CamerasWatched {
    /// Sets the gauges.
    pub fn emit(&self) {
        metrics::gauge!("kerbwatch_cameras_assigned").set(self.assigned as f64);
        metrics::gauge!("kerbwatch_cameras_streaming").set(self.streaming as f64);
    }
}

/// What waits on disk for the object store.
pub struct EvidenceBacklog {
    /// Packages and after-pictures.
    pub layers: usize,
    /// Their size.
    pub bytes: u64,
    /// How long the oldest has waited.
    pub oldest: std::time::Duration,
    /// Those that a person is needed for.
    pub refused: u64,
}

impl EvidenceBacklog {
    /// Sets the gauges.
    pub fn emit(&self) {
        metrics::gauge!("kerbwatch_evidence_upload_waiting").set(self.layers as f64);
        metrics::gauge!("kerbwatch_evidence_upload_waiting_bytes").set(self.bytes as f64);
        metrics::gauge!("kerbwatch_evidence_upload_oldest_seconds").set(self.oldest.as_secs_f64());
        metrics::gauge!("kerbwatch_evidence_upload_refused").set(self.refused as f64);
    }
}

/// A package or an after-picture is in the object store.
pub struct EvidenceCarried {
    /// It was there already.
    pub again: bool,
    /// Its size.
    pub bytes: u64,
}

impl EvidenceCarried {
    /// Counts it.
    pub fn emit(&self) {
        let reason = if self.again { "again" } else { "stored" };
        metrics::counter!("kerbwatch_evidence_uploads_total", "reason" => reason).increment(1);
        metrics::counter!("kerbwatch_evidence_upload_bytes_total").increment(self.bytes);
    }
}

/// A package cannot get into the object store as it is.
pub struct EvidenceNotCarried<'a> {
    /// Whose.
    pub candidate: &'a str,
    /// Why.
    pub error: &'a dyn std::error::Error,
}

impl EvidenceNotCarried<'_> {
    /// Counts it and calls for a person.
    pub fn emit(&self) {
        metrics::counter!("kerbwatch_evidence_uploads_total", "reason" => "refused").increment(1);
        tracing::error!(candidate = self.candidate, "evidence is not in the object store and stays on this disk: {}", self.error);
    }
}
