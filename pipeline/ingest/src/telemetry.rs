//! Every counter of this crate. Labels: camera, reason.

use events::CameraId;

use crate::error::FailReason;
use crate::gate::Loss;
use crate::timeline::Quirk;

/// Counters that are touched for every packet: looked up once, not per packet.
pub(crate) struct PacketCounters {
    camera: String,
    received: metrics::Counter,
    bytes: metrics::Counter,
    decoded: metrics::Counter,
    delivered: metrics::Counter,
    dropped: [metrics::Counter; Loss::ALL.len()],
}

impl PacketCounters {
    pub(crate) fn new(camera: &CameraId) -> Self {
        let camera = camera.as_str().to_owned();
        let dropped = Loss::ALL.map(|loss| {
            metrics::counter!("kerbwatch_ingest_frames_dropped_total", "camera" => camera.clone(), "reason" => loss.wire_name())
        });
        Self {
            received: metrics::counter!("kerbwatch_ingest_frames_received_total", "camera" => camera.clone()),
            bytes: metrics::counter!("kerbwatch_ingest_received_bytes_total", "camera" => camera.clone()),
            decoded: metrics::counter!("kerbwatch_ingest_frames_decoded_total", "camera" => camera.clone()),
            delivered: metrics::counter!("kerbwatch_ingest_frames_delivered_total", "camera" => camera.clone()),
            dropped,
            camera,
        }
    }

    pub(crate) fn received(&self, bytes: usize) {
        self.received.increment(1);
        self.bytes.increment(bytes as u64);
    }

    pub(crate) fn decoded(&self) {
        self.decoded.increment(1);
    }

    pub(crate) fn delivered(&self) {
        self.delivered.increment(1);
    }

    pub(crate) fn dropped(&self, loss: Loss, frames: u64) {
        self.dropped[loss as usize].increment(frames);
    }

    pub(crate) fn quirk(&self, quirk: Quirk) {
        metrics::counter!("kerbwatch_ingest_quirks_total", "camera" => self.camera.clone(), "reason" => quirk.wire_name())
            .increment(1);
    }
}

/// A camera began to stream: a new run.
pub(crate) fn run_began(camera: &CameraId) {
    metrics::counter!("kerbwatch_ingest_runs_total", "camera" => camera.as_str().to_owned()).increment(1);
}

/// A camera failed.
pub(crate) fn camera_failed(camera: &CameraId, reason: &FailReason) {
    metrics::counter!(
        "kerbwatch_ingest_failures_total",
        "camera" => camera.as_str().to_owned(),
        "reason" => reason.wire_name()
    )
    .increment(1);
}
