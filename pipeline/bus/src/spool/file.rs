//! The spool's file: its lock, its format, and what a broken one looks like.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode};

use super::SpoolError;
use crate::message::Message;

/// `KWSP` in the SQLite header: this file is a spool.
const APPLICATION_ID: i64 = 0x4B57_5350;
/// The format below. A new one gets the next number and a way to come from this one.
const FORMAT: i64 = 1;

const TABLES: &str = "
CREATE TABLE outbox (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    topic TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, source TEXT NOT NULL, time TEXT NOT NULL,
    data BLOB,
    sheddable INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    queued_ms INTEGER NOT NULL,
    UNIQUE (topic, id)
) STRICT;
CREATE INDEX outbox_sheddable ON outbox (row) WHERE sheddable;
CREATE TABLE delivered (
    topic TEXT NOT NULL, id TEXT NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (topic, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivered_at ON delivered (at_ms);
CREATE TABLE rejected (
    topic TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, source TEXT NOT NULL, time TEXT NOT NULL,
    data BLOB,
    reason TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    UNIQUE (topic, id)
) STRICT;
CREATE TABLE ledger (
    candidate TEXT PRIMARY KEY, camera TEXT NOT NULL, json TEXT NOT NULL, opened_ms INTEGER NOT NULL, closed_ms INTEGER
) STRICT;
CREATE INDEX ledger_open ON ledger (camera) WHERE closed_ms IS NULL;
CREATE TABLE state (camera TEXT PRIMARY KEY, bytes BLOB NOT NULL, at_ms INTEGER NOT NULL) STRICT;
";

/// The spool's path with something behind it.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Makes the folder, and takes the lock that keeps other processes out until this one closes the spool or dies.
pub(super) fn lock(path: &Path) -> Result<File, SpoolError> {
    let file = |operation| move |source| SpoolError::File { path: path.display().to_string(), operation, source };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(file("making its folder"))?;
    }
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(beside(path, ".lock"))
        .map_err(file("making its lock file"))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(SpoolError::InUse { path: path.display().to_string() }),
        Err(TryLockError::Error(source)) => Err(file("locking it")(source)),
    }
}

/// Opens, checks, and where new lays out the file.
pub(super) fn open(path: &Path) -> Result<Connection, SpoolError> {
    let failed_at = |operation| move |source| failed(path, operation, source);
    let mut connection = Connection::open(path).map_err(failed_at("opening"))?;
    // FULL: the write-ahead log is synced on each commit, so what `append` stored outlives a power cut.
    connection
        .pragma_update(None, "journal_mode", "WAL")
        .and_then(|()| connection.pragma_update(None, "synchronous", "FULL"))
        .and_then(|()| connection.pragma_update(None, "busy_timeout", 10_000))
        .map_err(failed_at("opening"))?;
    let number = |pragma: &str| connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0));
    let application = number("application_id").map_err(failed_at("reading its header"))?;
    let format = number("user_version").map_err(failed_at("reading its header"))?;
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(failed_at("reading its header"))?;

    if application == 0 && tables == 0 {
        // All or nothing: a crash here leaves an empty file, which is taken for a new one next time.
        let transaction = connection.transaction().map_err(failed_at("laying it out"))?;
        transaction
            .execute_batch(TABLES)
            .and_then(|()| transaction.pragma_update(None, "application_id", APPLICATION_ID))
            .and_then(|()| transaction.pragma_update(None, "user_version", FORMAT))
            .and_then(|()| transaction.commit())
            .map_err(failed_at("laying it out"))?;
        return Ok(connection);
    }
    if application != APPLICATION_ID {
        return Err(SpoolError::Damaged {
            path: path.display().to_string(),
            what: "it is some other SQLite database".to_owned(),
        });
    }
    if format != FORMAT {
        return Err(SpoolError::Newer { path: path.display().to_string(), found: format, known: FORMAT });
    }
    let verdict: String =
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(failed_at("checking it for damage"))?;
    if verdict != "ok" {
        return Err(SpoolError::Damaged { path: path.display().to_string(), what: verdict });
    }
    Ok(connection)
}

/// Sorts SQLite's errors into those a person must act on differently.
pub(super) fn failed(path: &Path, operation: &'static str, source: rusqlite::Error) -> SpoolError {
    let path = path.display().to_string();
    match source.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            SpoolError::Damaged { path, what: format!("{operation}: {source}") }
        }
        Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure | ErrorCode::ReadOnly | ErrorCode::CannotOpen) => {
            SpoolError::Disk { path, operation, source }
        }
        _ => SpoolError::Sql { path, operation, source },
    }
}

/// Adds a line to the dead-letter file and syncs it.
pub(super) fn append_dead_letter(path: &Path, message: &Message, reason: &str) -> Result<(), SpoolError> {
    let file = beside(path, ".rejected.jsonl");
    let failed =
        |source| SpoolError::File { path: file.display().to_string(), operation: "writing the dead-letter file", source };
    let mut line =
        serde_json::json!({ "reason": reason, "topic": message.topic, "event": message.to_structured_json() }).to_string();
    line.push('\n');
    let mut out = OpenOptions::new().create(true).append(true).open(&file).map_err(failed)?;
    out.write_all(line.as_bytes()).and_then(|()| out.sync_data()).map_err(failed)
}
