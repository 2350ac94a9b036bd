//! The local bus's file and its format.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use crate::BusError;
use crate::message::Message;

/// `KWLB` in the SQLite header: this file is a local bus.
const APPLICATION_ID: i64 = 0x4B57_4C42;
/// The format below.
const FORMAT: i64 = 1;

const TABLES: &str = "
CREATE TABLE messages (
    offset INTEGER PRIMARY KEY AUTOINCREMENT,
    topic TEXT NOT NULL, slot INTEGER NOT NULL,
    key TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, source TEXT NOT NULL, time TEXT NOT NULL, data BLOB,
    at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX messages_in_slot ON messages (topic, slot, offset);
CREATE INDEX messages_of_key ON messages (topic, key);
CREATE TABLE positions (
    grp TEXT NOT NULL, topic TEXT NOT NULL, slot INTEGER NOT NULL, next INTEGER NOT NULL, PRIMARY KEY (grp, topic, slot)
) STRICT, WITHOUT ROWID;
CREATE TABLE members (
    grp TEXT NOT NULL, topic TEXT NOT NULL, member TEXT NOT NULL, seen_ms INTEGER NOT NULL, PRIMARY KEY (grp, topic, member)
) STRICT, WITHOUT ROWID;
";

/// Opens the file, and lays it out when new. Several processes may do so at the same time.
pub(super) fn open(path: &Path) -> Result<Connection, BusError> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|source| BusError::Folder { path: path.display().to_string(), source })?;
    }
    let failed_at = |operation| move |source| failed(path, operation, source);
    let mut connection = Connection::open(path).map_err(failed_at("opening"))?;
    connection.busy_timeout(Duration::from_secs(10)).map_err(failed_at("opening"))?;
    // FULL: the relay forgets what this bus acknowledged, so it must be on the disk by then.
    connection
        .pragma_update(None, "journal_mode", "WAL")
        .and_then(|()| connection.pragma_update(None, "synchronous", "FULL"))
        .map_err(failed_at("opening"))?;

    // Immediate: of two processes that meet on a new file, one waits and then finds it laid out.
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed_at("reading its header"))?;
    let number = |sql: &str| transaction.query_row(sql, [], |row| row.get::<_, i64>(0));
    let application = number("PRAGMA application_id").map_err(failed_at("reading its header"))?;
    let format = number("PRAGMA user_version").map_err(failed_at("reading its header"))?;
    let tables = number("SELECT count(*) FROM sqlite_schema").map_err(failed_at("reading its header"))?;
    if application == 0 && tables == 0 {
        transaction
            .execute_batch(TABLES)
            .and_then(|()| transaction.pragma_update(None, "application_id", APPLICATION_ID))
            .and_then(|()| transaction.pragma_update(None, "user_version", FORMAT))
            .map_err(failed_at("laying it out"))?;
    } else if application != APPLICATION_ID || format != FORMAT {
        return Err(BusError::Damaged { path: path.display().to_string(), source: None });
    }
    transaction.commit().map_err(failed_at("laying it out"))?;
    Ok(connection)
}

pub(super) fn failed(path: &Path, operation: &'static str, source: rusqlite::Error) -> BusError {
    let path = path.display().to_string();
    match source.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => BusError::Damaged { path, source: Some(source) },
        _ => BusError::Local { path, operation, source },
    }
}

/// The columns that [`message`] reads, in its order, beginning at 2; 0 is the offset, 1 the slot.
pub(super) const COLUMNS: &str = "offset, slot, topic, key, id, kind, source, time, data";

pub(super) fn message(row: &rusqlite::Row<'_>) -> rusqlite::Result<Message> {
    Ok(Message {
        topic: row.get(2)?,
        key: row.get(3)?,
        id: row.get(4)?,
        kind: row.get(5)?,
        source: row.get(6)?,
        time: row.get(7)?,
        data: row.get(8)?,
    })
}
