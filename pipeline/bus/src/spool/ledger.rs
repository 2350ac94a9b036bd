//! What the worker remembers across restarts: its open candidates, and a snapshot of each camera's scene.

use events::{CameraId, CandidateId};
use rusqlite::{OptionalExtension, Transaction, params};

use super::{LedgerChange, Spool, SpoolError, unix_ms};

/// A candidate that was raised and is not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenCandidate {
    /// Which.
    pub id: CandidateId,
    /// On which camera.
    pub camera: CameraId,
    /// What the worker stored with it.
    pub candidate_json: String,
}

impl Spool {
    /// The open candidates of a camera, in the order they were opened.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn open_candidates(&self, camera: &CameraId) -> Result<Vec<OpenCandidate>, SpoolError> {
        let db = self.db();
        let failed = |source| self.failed("reading the open candidates", source);
        let mut statement = db
            .connection
            .prepare_cached(
                "SELECT candidate, json FROM ledger WHERE camera = ?1 AND closed_ms IS NULL ORDER BY opened_ms, candidate",
            )
            .map_err(failed)?;
        let rows = statement
            .query_map([camera.as_str()], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))
            .map_err(failed)?;
        let mut open = Vec::new();
        for row in rows {
            let (id, candidate_json) = row.map_err(failed)?;
            let id = id.parse().map_err(|_| SpoolError::Damaged {
                path: self.name(),
                what: format!("the ledger of camera {camera} holds {id:?}, which is no candidate id"),
            })?;
            open.push(OpenCandidate { id, camera: camera.clone(), candidate_json });
        }
        Ok(open)
    }

    /// Keeps a camera's scene snapshot (opaque here), in place of the one before.
    ///
    /// # Errors
    /// When it cannot be written; the one before stays.
    pub fn put_state(&self, camera: &CameraId, bytes: &[u8]) -> Result<(), SpoolError> {
        self.db()
            .connection
            .prepare_cached("INSERT OR REPLACE INTO state (camera, bytes, at_ms) VALUES (?1, ?2, ?3)")
            .and_then(|mut statement| statement.execute(params![camera.as_str(), bytes, unix_ms()]))
            .map(drop)
            .map_err(|source| self.failed("keeping a scene snapshot", source))
    }

    /// A camera's last scene snapshot.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn state(&self, camera: &CameraId) -> Result<Option<Vec<u8>>, SpoolError> {
        self.db()
            .connection
            .prepare_cached("SELECT bytes FROM state WHERE camera = ?1")
            .and_then(|mut statement| statement.query_row([camera.as_str()], |row| row.get(0)).optional())
            .map_err(|source| self.failed("reading a scene snapshot", source))
    }
}

pub(super) fn apply(transaction: &Transaction<'_>, change: &LedgerChange, now: i64) -> rusqlite::Result<()> {
    match change {
        LedgerChange::Open { id, camera, candidate_json } => transaction
            .prepare_cached(
                "INSERT INTO ledger (candidate, camera, json, opened_ms) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (candidate) DO UPDATE SET json = excluded.json WHERE closed_ms IS NULL",
            )?
            .execute(params![id.as_str(), camera.as_str(), candidate_json, now])
            .map(drop),
        LedgerChange::Close(id) => transaction
            .prepare_cached("UPDATE ledger SET closed_ms = ?2 WHERE candidate = ?1 AND closed_ms IS NULL")?
            .execute(params![id.as_str(), now])
            .map(drop),
        LedgerChange::None => Ok(()),
    }
}
