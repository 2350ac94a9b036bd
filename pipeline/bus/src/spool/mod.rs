//! The spool: what must reach the bus, and what the worker must remember, in one SQLite file on the worker's disk.
//!
//! **A candidate exists once [`Spool::append`] has returned.** In one transaction, synced to disk before it returns, go the
//! rows to send *and* the change of the worker's ledger of open candidates. So a SIGKILL or a power cut at any moment leaves
//! either both or neither, and a restarted worker knows exactly which candidates it has raised and not yet seen cleared.
//!
//! **Nothing twice.** Ids are deterministic. A message whose id waits, was delivered in the last [`REMEMBER`], or was
//! rejected, is [`Appended::Known`] and not queued again. The bus may still see a message twice (an acknowledgement that was
//! lost): it then carries the same id.
//!
//! **Nothing out of order.** Rows leave in the order in which they came, per key ([`crate::Relay`]).
//!
//! **When the bus stays away** the spool grows. Its quota counts the bytes of waiting messages (the file takes up to twice
//! that). Beyond the quota it gives up the least valuable first, and says so (ERROR, `kerbwatch_bus_shed_total`):
//! 1. new observations "still present" and plain accounts of a camera are refused with [`SpoolError::Full`]: the next one says
//!    the same again, and an account that was refused is kept by who gave it;
//! 2. those that wait are dropped, oldest first, to make room for what follows;
//! 3. candidates, `cleared`, `lost`, health, and accounts that tell of time in which nothing was judged, are accepted all the same, until the disk itself fails
//!    ([`SpoolError::Disk`]): they are facts that nobody will state a second time, and small beside the evidence, which
//!    fills the disk long before them.
//!
//! **When the file is damaged** the spool refuses to open ([`SpoolError::Damaged`]) and leaves it as it is. It never starts
//! empty by itself, since that would lose candidates without a word.
//!
//! One process at a time: a lock file beside the spool keeps a second one out. Not for network file systems (WAL).

mod file;
mod ledger;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use events::wire::v1;
use events::{CameraId, CandidateId};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};

use crate::message::Message;
use crate::telemetry;

pub use ledger::OpenCandidate;

/// How long ids of delivered messages and closed candidates are remembered: 30 days, longer than any outage after which a
/// worker would replay what it had sent.
pub const REMEMBER: Duration = Duration::from_secs(30 * 24 * 3600);

/// How the spool is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpoolOptions {
    /// Bytes of waiting messages beyond which the spool alarms and sheds; see the module.
    pub quota_bytes: u64,
}

impl Default for SpoolOptions {
    /// 1 GiB: about 300,000 candidates, or a busy worker's week.
    fn default() -> Self {
        Self { quota_bytes: 1 << 30 }
    }
}

/// What can go wrong with the spool.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// Its folder or its lock file cannot be made.
    #[error("spool {path}: {operation}")]
    File {
        /// The file.
        path: String,
        /// What was being done.
        operation: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// Another process has it.
    #[error("spool {path} is in use by another process; each worker needs its own")]
    InUse {
        /// The file.
        path: String,
    },
    /// Its content is damaged, or is no spool. It was left as it is.
    #[error(
        "spool {path} is damaged or is not a spool ({what}); it was left as it is and holds undelivered candidates: keep a copy, try `sqlite3 FILE .recover`, and only then move it away to start with an empty one"
    )]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong with it.
        what: String,
    },
    /// It was written by a newer program.
    #[error("spool {path} has format {found}, this program knows up to {known}; run the newer program")]
    Newer {
        /// The file.
        path: String,
        /// Its format.
        found: i64,
        /// The newest format this program knows.
        known: i64,
    },
    /// Over its quota, and the message is one that may be left out (an observation "still present", a plain account). It was not
    /// stored.
    #[error("spool {path} holds {bytes} bytes, over its quota of {quota}: an observation that may be left out was")]
    Full {
        /// The file.
        path: String,
        /// Bytes that wait.
        bytes: u64,
        /// Bytes that may.
        quota: u64,
    },
    /// The disk is full or failing. Nothing was stored.
    #[error("spool {path}: {operation}: the disk is full or failing")]
    Disk {
        /// The file.
        path: String,
        /// What was being done.
        operation: &'static str,
        /// Why.
        source: rusqlite::Error,
    },
    /// Another failure of SQLite. Nothing was stored.
    #[error("spool {path}: {operation}")]
    Sql {
        /// The file.
        path: String,
        /// What was being done.
        operation: &'static str,
        /// Why.
        source: rusqlite::Error,
    },
}

/// Was it new?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// At least one message was new, and is on disk now.
    New,
    /// All of them were there already, or were delivered or rejected before.
    Known,
}

/// The change of the ledger of open candidates that belongs to an [`append`](Spool::append).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerChange {
    /// This candidate is open now. Opening it again replaces its JSON; a candidate that was closed stays closed.
    Open {
        /// Which.
        id: CandidateId,
        /// On which camera.
        camera: CameraId,
        /// What the worker needs to go on following it after a restart; opaque here.
        candidate_json: String,
    },
    /// This candidate is over: cleared or lost.
    Close(CandidateId),
    /// The ledger stays as it is.
    None,
}

/// Number of a waiting message: grows with each append, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId(pub i64);

/// A waiting message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Its number.
    pub row: RowId,
    /// Itself.
    pub message: Message,
}

/// A message that the bus refused for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedMessage {
    /// Itself, byte for byte.
    pub message: Message,
    /// The bus's word for it.
    pub reason: String,
    /// When, milliseconds since 1970-01-01T00:00:00Z.
    pub rejected_unix_ms: i64,
}

/// The spool. A handle: clones share one file and one connection; usable from any thread.
#[derive(Debug, Clone)]
pub struct Spool {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    options: SpoolOptions,
    db: Mutex<Db>,
    /// Counts appends, so that the relay sleeps until there is something to do.
    appends: Mutex<u64>,
    appended: Condvar,
    /// Held for as long as the spool is open; the system releases it when the process dies.
    _lock: std::fs::File,
}

#[derive(Debug)]
struct Db {
    connection: Connection,
    /// What waits, kept in step with the table so that nobody has to count.
    messages: u64,
    bytes: u64,
}

impl Spool {
    /// Opens the spool file, making it and its folder when missing, and checks the whole file for damage.
    ///
    /// # Errors
    /// In use by another process, damaged, not a spool, of a newer format, or not writable.
    pub fn open(path: impl AsRef<Path>, options: SpoolOptions) -> Result<Self, SpoolError> {
        let path = path.as_ref().to_path_buf();
        let lock = file::lock(&path)?;
        let connection = file::open(&path)?;
        let (messages, bytes) = connection
            .query_row("SELECT count(*), coalesce(sum(bytes), 0) FROM outbox", [], |row| {
                Ok((row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64))
            })
            .map_err(|source| file::failed(&path, "counting what waits", source))?;
        let inner = Inner {
            path,
            options,
            db: Mutex::new(Db { connection, messages, bytes }),
            appends: Mutex::new(0),
            appended: Condvar::new(),
            _lock: lock,
        };
        let spool = Self { inner: Arc::new(inner) };
        spool.forget_old()?;
        telemetry::spool_size(messages, bytes);
        Ok(spool)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Stores messages to send, and the ledger change that belongs to them, in one transaction that is on disk on return.
    ///
    /// # Errors
    /// [`SpoolError::Full`] only when every new message is one that may be left out; the ledger is unchanged then.
    /// Any other error also means that nothing was stored.
    pub fn append(&self, messages: &[Message], ledger: LedgerChange) -> Result<Appended, SpoolError> {
        let quota = self.inner.options.quota_bytes;
        let mut db = self.db();
        let (waiting, mut bytes) = (db.messages, db.bytes);
        let transaction = self.begin(&mut db, "appending")?;
        let failed = |source| self.failed("appending", source);
        let now = unix_ms();

        let mut fresh = Vec::with_capacity(messages.len());
        for message in messages {
            let repeated = fresh.iter().any(|other: &&Message| other.topic == message.topic && other.id == message.id);
            if !repeated && !known(&transaction, message).map_err(failed)? {
                fresh.push(message);
            }
        }
        let over = |bytes: u64| bytes + fresh.iter().map(|message| message.weight()).sum::<u64>() > quota;
        let mut shed = 0_u64;
        if over(bytes) {
            let all = fresh.len();
            fresh.retain(|message| !is_sheddable(message));
            if fresh.is_empty() && all > 0 {
                drop(transaction);
                telemetry::shed(all as u64);
                return Err(SpoolError::Full { path: self.name(), bytes, quota });
            }
            shed += (all - fresh.len()) as u64;
        }
        let mut count = waiting;
        for message in &fresh {
            insert(&transaction, message, now).map_err(failed)?;
            bytes += message.weight();
            count += 1;
        }
        while bytes > quota {
            let dropped = shed_oldest(&transaction).map_err(failed)?;
            if dropped.is_empty() {
                break;
            }
            shed += dropped.len() as u64;
            count -= dropped.len() as u64;
            bytes -= dropped.iter().sum::<u64>();
        }
        ledger::apply(&transaction, &ledger, now).map_err(failed)?;
        transaction.commit().map_err(failed)?;
        (db.messages, db.bytes) = (count, bytes);
        drop(db);

        telemetry::spool_size(count, bytes);
        if shed > 0 {
            telemetry::shed(shed);
            tracing::error!(spool = %self.inner.path.display(), bytes, quota, shed,
                "the spool is over its quota: observations `present` and plain accounts were dropped to keep candidates");
        }
        if fresh.is_empty() {
            return Ok(Appended::Known);
        }
        *self.inner.appends.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.inner.appended.notify_all();
        Ok(Appended::New)
    }

    /// Up to `limit` waiting messages in the order they came, beginning after `after`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn pending(&self, limit: usize, after: Option<RowId>) -> Result<Vec<Pending>, SpoolError> {
        let db = self.db();
        let failed = |source| self.failed("reading what waits", source);
        let mut statement = db
            .connection
            .prepare_cached(
                "SELECT topic, key, id, kind, source, time, data, row FROM outbox WHERE row > ?1 ORDER BY row LIMIT ?2",
            )
            .map_err(failed)?;
        let after = after.map_or(i64::MIN, |row| row.0);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement
            .query_map(params![after, limit], |row| Ok(Pending { message: message(row)?, row: RowId(row.get(7)?) }))
            .map_err(failed)?;
        rows.collect::<Result<_, _>>().map_err(failed)
    }

    /// Removes messages that the bus acknowledged, and remembers their ids. Numbers that do not wait (any more) are passed over.
    ///
    /// # Errors
    /// When it cannot be written; the messages will then be sent again, with the same ids.
    pub fn delivered(&self, rows: &[RowId]) -> Result<(), SpoolError> {
        let now = unix_ms();
        self.take_out("removing what was delivered", rows, |transaction, row| {
            transaction
                .prepare_cached(
                    "INSERT OR REPLACE INTO delivered (topic, id, at_ms) SELECT topic, id, ?2 FROM outbox WHERE row = ?1",
                )?
                .execute(params![row.0, now])
                .map(drop)
        })
    }

    /// Puts a message that the bus refused for good into the dead-letter table, and as a line into the dead-letter file.
    ///
    /// # Errors
    /// When one of the two cannot be written; the message then stays where it is.
    pub fn reject(&self, row: RowId, reason: &str) -> Result<(), SpoolError> {
        let found = {
            let db = self.db();
            db.connection
                .prepare_cached("SELECT topic, key, id, kind, source, time, data FROM outbox WHERE row = ?1")
                .and_then(|mut statement| statement.query_row([row.0], message).optional())
                .map_err(|source| self.failed("reading a rejected message", source))?
        };
        let Some(message) = found else { return Ok(()) };
        // The file first: a crash in between leaves the line twice, the other way round it would never be written.
        file::append_dead_letter(&self.inner.path, &message, reason)?;
        let now = unix_ms();
        self.take_out("keeping a rejected message", &[row], |transaction, row| {
            transaction
                .prepare_cached(
                    "INSERT OR REPLACE INTO rejected (topic, key, id, kind, source, time, data, reason, at_ms)
                     SELECT topic, key, id, kind, source, time, data, ?2, ?3 FROM outbox WHERE row = ?1",
                )?
                .execute(params![row.0, reason, now])
                .map(drop)
        })
    }

    /// What was rejected, oldest first, up to `limit`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn rejected(&self, limit: usize) -> Result<Vec<RejectedMessage>, SpoolError> {
        let db = self.db();
        let failed = |source| self.failed("reading what was rejected", source);
        let mut statement = db
            .connection
            .prepare_cached(
                "SELECT topic, key, id, kind, source, time, data, reason, at_ms FROM rejected ORDER BY at_ms, rowid LIMIT ?1",
            )
            .map_err(failed)?;
        let rows = statement
            .query_map([i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
                Ok(RejectedMessage { message: message(row)?, reason: row.get(7)?, rejected_unix_ms: row.get(8)? })
            })
            .map_err(failed)?;
        rows.collect::<Result<_, _>>().map_err(failed)
    }

    /// The file that gets a line of JSON for each rejected message: the spool's name with `.rejected.jsonl` behind it.
    pub fn dead_letter_file(&self) -> PathBuf {
        file::beside(&self.inner.path, ".rejected.jsonl")
    }

    /// Bytes of waiting messages.
    pub fn bytes(&self) -> u64 {
        self.db().bytes
    }

    /// Number of waiting messages.
    pub fn len(&self) -> u64 {
        self.db().messages
    }

    /// Does nothing wait?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How long the oldest waiting message has waited, by this machine's clock; `None` when nothing waits.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn oldest_age(&self) -> Result<Option<Duration>, SpoolError> {
        let queued: Option<i64> = self
            .db()
            .connection
            .prepare_cached("SELECT queued_ms FROM outbox ORDER BY row LIMIT 1")
            .and_then(|mut statement| statement.query_row([], |row| row.get(0)).optional())
            .map_err(|source| self.failed("reading the age of what waits", source))?;
        Ok(queued.map(|queued| Duration::from_millis(u64::try_from(unix_ms() - queued).unwrap_or(0))))
    }

    /// Waits until something was appended since the count `seen`, or `timeout` has passed; returns the count of now.
    pub(crate) fn wait_for_append(&self, seen: u64, timeout: Duration) -> u64 {
        let appends = self.inner.appends.lock().unwrap_or_else(PoisonError::into_inner);
        let (appends, _) =
            self.inner.appended.wait_timeout_while(appends, timeout, |now| *now == seen).unwrap_or_else(PoisonError::into_inner);
        *appends
    }

    /// Wakes whoever waits in [`wait_for_append`](Self::wait_for_append).
    pub(crate) fn wake(&self) {
        *self.inner.appends.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.inner.appended.notify_all();
    }

    /// Forgets ids of messages delivered and candidates closed longer than [`REMEMBER`] ago.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn forget_old(&self) -> Result<(), SpoolError> {
        let before = unix_ms() - REMEMBER.as_millis() as i64;
        let mut db = self.db();
        let transaction = self.begin(&mut db, "forgetting old ids")?;
        transaction
            .execute("DELETE FROM delivered WHERE at_ms < ?1", [before])
            .and_then(|_| transaction.execute("DELETE FROM ledger WHERE closed_ms < ?1", [before]))
            .and_then(|_| transaction.commit())
            .map_err(|source| self.failed("forgetting old ids", source))
    }

    fn take_out(
        &self,
        operation: &'static str,
        rows: &[RowId],
        keep: impl Fn(&Transaction<'_>, RowId) -> rusqlite::Result<()>,
    ) -> Result<(), SpoolError> {
        let failed = |source| self.failed(operation, source);
        let mut db = self.db();
        let (mut messages, mut bytes) = (db.messages, db.bytes);
        let transaction = self.begin(&mut db, operation)?;
        for &row in rows {
            keep(&transaction, row).map_err(failed)?;
            let freed: Option<i64> = transaction
                .prepare_cached("DELETE FROM outbox WHERE row = ?1 RETURNING bytes")
                .and_then(|mut statement| statement.query_row([row.0], |row| row.get(0)).optional())
                .map_err(failed)?;
            if let Some(freed) = freed {
                messages -= 1;
                bytes -= freed as u64;
            }
        }
        transaction.commit().map_err(failed)?;
        (db.messages, db.bytes) = (messages, bytes);
        drop(db);
        telemetry::spool_size(messages, bytes);
        Ok(())
    }

    fn begin<'a>(&self, db: &'a mut Db, operation: &'static str) -> Result<Transaction<'a>, SpoolError> {
        db.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(|source| self.failed(operation, source))
    }

    /// A panic while the lock was held rolled its transaction back, so the connection behind a poisoned lock is sound.
    fn db(&self) -> MutexGuard<'_, Db> {
        self.inner.db.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn name(&self) -> String {
        self.inner.path.display().to_string()
    }

    fn failed(&self, operation: &'static str, source: rusqlite::Error) -> SpoolError {
        file::failed(&self.inner.path, operation, source)
    }
}

/// Is it already waiting, delivered or rejected?
fn known(transaction: &Transaction<'_>, message: &Message) -> rusqlite::Result<bool> {
    transaction
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM outbox WHERE topic = ?1 AND id = ?2)
                 OR EXISTS (SELECT 1 FROM delivered WHERE topic = ?1 AND id = ?2)
                 OR EXISTS (SELECT 1 FROM rejected WHERE topic = ?1 AND id = ?2)",
        )?
        .query_row(params![message.topic, message.id], |row| row.get(0))
}

fn insert(transaction: &Transaction<'_>, message: &Message, now: i64) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO outbox (topic, key, id, kind, source, time, data, sheddable, bytes, queued_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            message.topic,
            message.key,
            message.id,
            message.kind,
            message.source,
            message.time,
            message.data,
            is_sheddable(message),
            message.weight() as i64,
            now
        ])
        .map(drop)
}

/// Drops up to 64 of the oldest messages that may be dropped, and returns their sizes.
fn shed_oldest(transaction: &Transaction<'_>) -> rusqlite::Result<Vec<u64>> {
    let mut statement = transaction.prepare_cached(
        "DELETE FROM outbox WHERE row IN (SELECT row FROM outbox WHERE sheddable ORDER BY row LIMIT 64) RETURNING bytes",
    )?;
    let sizes = statement.query_map([], |row| Ok(row.get::<_, i64>(0)? as u64))?;
    sizes.collect()
}

/// An observation "still present" may be left out: the next one says the same again. So may an account that says nothing
/// against what beats say.
fn is_sheddable(message: &Message) -> bool {
    message.kind == v1::OBSERVATION
        && message.parse::<v1::ObservationData>(v1::OBSERVATION).is_ok_and(|observation| match &observation.account {
            Some(account) => account.is_plain(),
            None => observation.state.as_deref() == Some("present") && observation.evidence.is_empty(),
        })
}

fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    Ok(Message {
        topic: row.get(0)?,
        key: row.get(1)?,
        id: row.get(2)?,
        kind: row.get(3)?,
        source: row.get(4)?,
        time: row.get(5)?,
        data: row.get(6)?,
    })
}

/// This machine's clock in milliseconds since 1970: for ages and retention only, never for what an event says.
pub(crate) fn unix_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}
