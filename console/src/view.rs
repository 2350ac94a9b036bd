//! Through whose eyes something is read.

use crate::auth::Actor;
use crate::signing::Signer;

/// The person asking, the time, and the key for picture addresses if they may see pictures.
pub(crate) struct View<'a> {
    pub(crate) actor: &'a Actor,
    pub(crate) signer: Option<&'a Signer>,
    pub(crate) now_ms: i64,
    /// How long after its arrival a candidate expires.
    pub(crate) hard_stop_ms: i64,
}

impl View<'_> {
    /// A signed address of a recorded still, or nothing for those who see no pictures.
    pub(crate) fn recorded_url(&self, camera: &str, file: &str) -> Option<String> {
        self.recorded_url_for(camera, file, "backtest")
    }

    /// The same, for another purpose: it stands in the log with every look.
    pub(crate) fn recorded_url_for(&self, camera: &str, file: &str, purpose: &str) -> Option<String> {
        self.signer.map(|signer| signer.recorded_url(&self.actor.id, camera, file, purpose, self.now_ms))
    }

    /// A signed address, or nothing for those who see no pictures.
    pub(crate) fn url(&self, candidate: &str, file: &str, purpose: &str) -> Option<String> {
        self.signer.map(|signer| signer.url(&self.actor.id, candidate, file, purpose, self.now_ms))
    }
}
