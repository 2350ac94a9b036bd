//! Where what a camera's watch says goes: to lines of JSON (`analyze`), or to the spool (`worker`).

use std::io::Write;

use anyhow::Context as _;
use bus::{LedgerChange, Message, Spool, SpoolError};
use events::wire::v1::{CandidateData, Event, ObservationData, topic};
use events::{CameraId, Candidate};

/// Takes candidates and observations. When a call comes back without an error, what it took cannot be lost any more.
pub trait Outlet: Send {
    /// A candidate with its evidence.
    ///
    /// # Errors
    /// When it could not be written; the caller keeps it and tries again.
    fn candidate(&mut self, candidate: &Candidate, data: CandidateData) -> anyhow::Result<()>;

    /// A later fact. A `present` that the spool leaves out over its quota is written as far as the caller is concerned: it was
    /// counted there, the next one says the same again, and what comes after it must not wait behind it.
    ///
    /// # Errors
    /// When it could not be written; the caller keeps it and tries again.
    fn observation(&mut self, camera: &CameraId, data: ObservationData) -> anyhow::Result<()>;
}

/// One CloudEvents object a line.
pub struct Lines<W> {
    out: W,
    source: String,
}

impl<W: Write + Send> Lines<W> {
    /// Writes to `out` as `source`, e.g. `/kerbwatch/analyze`.
    pub fn new(out: W, source: &str) -> Self {
        Self { out, source: source.to_owned() }
    }

    /// Everything is written.
    ///
    /// # Errors
    /// When it cannot be.
    pub fn flush(&mut self) -> anyhow::Result<()> {
        self.out.flush().context("writing events")
    }

    fn line<T: serde::Serialize>(&mut self, event: &Event<T>) -> anyhow::Result<()> {
        serde_json::to_writer(&mut self.out, event).context("writing an event")?;
        self.out.write_all(b"\n").context("writing an event")
    }
}

impl<W: Write + Send> Outlet for Lines<W> {
    fn candidate(&mut self, candidate: &Candidate, data: CandidateData) -> anyhow::Result<()> {
        let event = data.into_event(&self.source, &candidate.camera);
        self.line(&event)
    }

    fn observation(&mut self, camera: &CameraId, data: ObservationData) -> anyhow::Result<()> {
        let event = data.into_event(&self.source, camera);
        self.line(&event)
    }
}

/// The worker's way: on disk first, from there to the bus.
pub struct Spooled {
    spool: Spool,
    source: String,
}

impl Spooled {
    /// Appends to `spool` as the worker `name`.
    pub fn new(spool: Spool, name: &str) -> Self {
        Self { spool, source: format!("/kerbwatch/{name}") }
    }
}

impl Outlet for Spooled {
    fn candidate(&mut self, candidate: &Candidate, data: CandidateData) -> anyhow::Result<()> {
        let ledger = LedgerChange::Open {
            id: candidate.id.clone(),
            camera: candidate.camera.clone(),
            candidate_json: serde_json::to_string(&data).context("writing a candidate")?,
        };
        let message = Message::from_event(topic::CANDIDATES, &data.into_event(&self.source, &candidate.camera))?;
        self.spool.append(&[message], ledger).context("writing a candidate to the spool")?;
        Ok(())
    }

    fn observation(&mut self, camera: &CameraId, data: ObservationData) -> anyhow::Result<()> {
        let ledger = match (&data.candidate, data.state.as_deref()) {
            (Some(id), Some("cleared" | "lost")) => LedgerChange::Close(id.parse().context("closing a candidate")?),
            _ => LedgerChange::None,
        };
        let account = data.account.is_some();
        let message = Message::from_event(topic::OBSERVATIONS, &data.into_event(&self.source, camera))?;
        match self.spool.append(&[message], ledger) {
            Err(SpoolError::Full { .. }) if !account => Ok(()),
            other => other.map(drop).context("writing an observation to the spool"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bus::SpoolOptions;

    fn observation(state: &str) -> ObservationData {
        let json = serde_json::json!({
            "candidate": "0".repeat(32), "state": state, "camera": "cam-1", "run": 1, "at_s": 1.0, "at": "2026-10-01T08:00:00.000Z",
        });
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_present_that_a_full_spool_leaves_out_holds_nothing_up() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(folder.path().join("spool.db"), SpoolOptions { quota_bytes: 1 }).unwrap();
        let (mut outlet, camera) = (Spooled::new(spool.clone(), "worker-1"), "cam-1".parse().unwrap());
        outlet.observation(&camera, observation("present")).unwrap();
        assert_eq!(spool.len(), 0);
        outlet.observation(&camera, observation("cleared")).unwrap();
        assert_eq!(spool.len(), 1);
        // An account is different: who gave it keeps it for the next try.
        let mut account = observation("present");
        (account.candidate, account.state, account.health) = (None, None, Some("ok".to_owned()));
        account.account = serde_json::from_value(serde_json::json!({
            "from": "2026-10-01T07:55:00.000Z", "received": 1, "decoded": 1, "inferred": 1, "decode": "full", "judged": [],
        }))
        .unwrap();
        assert!(outlet.observation(&camera, account).is_err());
    }
}
