//! Reads one topic of the local bus from its beginning and then on, without a group: how cameras are learnt when alone.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};

use super::{POLL, file};
use crate::BusError;
use crate::message::{Delivery, Position};

pub(crate) struct LocalTail {
    path: PathBuf,
    connection: Connection,
    topic: &'static str,
    next: i64,
}

impl LocalTail {
    pub(crate) fn open(path: &Path, topic: &'static str) -> Result<Self, BusError> {
        Ok(Self { path: path.to_path_buf(), connection: file::open(path)?, topic, next: 0 })
    }

    /// What came since the last call; empty when nothing did within `timeout`.
    pub(crate) fn next(&mut self, timeout: Duration) -> Result<Vec<Delivery>, BusError> {
        let until = Instant::now() + timeout;
        loop {
            let found = self.read().map_err(|source| file::failed(&self.path, "reading messages", source))?;
            if let Some(last) = found.last() {
                self.next = last.position.offset + 1;
                return Ok(found);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(found);
            }
            std::thread::sleep(left.min(POLL));
        }
    }

    fn read(&self) -> rusqlite::Result<Vec<Delivery>> {
        let sql = format!("SELECT {} FROM messages WHERE topic = ?1 AND offset >= ?2 ORDER BY offset", file::COLUMNS);
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![self.topic, self.next], |row| {
            Ok(Delivery {
                position: Position { topic: self.topic.to_owned(), partition: row.get(1)?, offset: row.get(0)? },
                message: file::message(row)?,
            })
        })?;
        rows.collect()
    }
}
