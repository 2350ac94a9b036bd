//! What of the evidence is in the object store already: one row a layer (a package, or its after-picture).
//!
//! The ledger may be lost: everything is then carried once more, found there, and nothing is doubled.

use std::collections::HashSet;
use std::path::Path;

use rusqlite::Connection;

/// A layer that is in the store and whose pictures still lie here as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Carried {
    pub(super) candidate: String,
    pub(super) layer: String,
}

/// One file beside the spool.
#[derive(Debug)]
pub(super) struct Ledger(Connection);

impl Ledger {
    pub(super) fn open(path: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE IF NOT EXISTS layers (
                 candidate TEXT NOT NULL, layer TEXT NOT NULL,
                 -- there: in the store and here; moved: the pictures are in the store only; refused: a person is needed.
                 state TEXT NOT NULL, at_ms INTEGER NOT NULL, reason TEXT NOT NULL DEFAULT '',
                 PRIMARY KEY (candidate, layer));
             CREATE INDEX IF NOT EXISTS layers_due ON layers (state, at_ms);
             -- Somebody may have put it right since: every start tries again.
             DELETE FROM layers WHERE state = 'refused';",
        )?;
        Ok(Self(connection))
    }

    fn put(&self, candidate: &str, layer: &str, state: &str, at_ms: i64, reason: &str) -> rusqlite::Result<()> {
        let sql = "INSERT INTO layers (candidate, layer, state, at_ms, reason) VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT (candidate, layer) DO UPDATE SET state = ?3, at_ms = ?4, reason = ?5";
        self.0.execute(sql, (candidate, layer, state, at_ms, reason)).map(drop)
    }

    /// It is in the store, verified.
    pub(super) fn carried(&self, candidate: &str, layer: &str, at_ms: i64) -> rusqlite::Result<()> {
        self.put(candidate, layer, "there", at_ms, "")
    }

    /// Its pictures are in the store only.
    pub(super) fn moved(&self, candidate: &str, layer: &str, at_ms: i64) -> rusqlite::Result<()> {
        self.put(candidate, layer, "moved", at_ms, "")
    }

    /// No repetition heals this.
    pub(super) fn refused(&self, candidate: &str, layer: &str, at_ms: i64, reason: &str) -> rusqlite::Result<()> {
        self.put(candidate, layer, "refused", at_ms, reason)
    }

    /// All layers that need not be carried any more, or cannot.
    pub(super) fn known(&self) -> rusqlite::Result<HashSet<(String, String)>> {
        let mut rows = self.0.prepare("SELECT candidate, layer FROM layers")?;
        rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    }

    /// Layers that came into the store before then and lie here as well, oldest first.
    pub(super) fn due(&self, before_ms: i64, most: u32) -> rusqlite::Result<Vec<Carried>> {
        let sql = "SELECT candidate, layer FROM layers WHERE state = 'there' AND at_ms < ?1 ORDER BY at_ms, candidate LIMIT ?2";
        let mut rows = self.0.prepare(sql)?;
        rows.query_map((before_ms, most), |row| Ok(Carried { candidate: row.get(0)?, layer: row.get(1)? }))?.collect()
    }

    /// How many layers a person is needed for.
    pub(super) fn refusals(&self) -> rusqlite::Result<u32> {
        self.0.query_row("SELECT COUNT(*) FROM layers WHERE state = 'refused'", [], |row| row.get(0))
    }
}
