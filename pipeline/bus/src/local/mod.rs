//! The local bus: topics and consumer groups in one SQLite file, for the shape "alone". No broker, many processes.
//!
//! It keeps Kafka's promises on one machine. A publish is on disk when it returns. Keys are spread over [`SLOTS`] slots by a
//! fixed hash; the live members of a group divide the slots of a topic between them; a member that has not looked for
//! [`LEASE`] counts as dead and its slots go to the others, who begin where the group last committed. While members come and
//! go a message may reach two of them: at least once, as on Kafka. `kerbwatch.cameras` is compacted on each publish.
//!
//! Other processes are noticed by looking at the file every [`POLL`]; publishers of this handle wake their readers at once.

mod file;
mod subscription;
mod tail;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use events::wire::v1::topic;
use rusqlite::{Connection, TransactionBehavior, params};

use crate::message::Message;
use crate::spool::unix_ms;
use crate::{Bus, BusError, BusHealth, Outcome, Start, Subscription};

pub(crate) use tail::LocalTail;

/// Into how many ordered lanes a topic is divided: the most members of a group that can work at the same time.
const SLOTS: u32 = 16;
/// A member silent for so long counts as dead.
const LEASE: Duration = Duration::from_secs(10);
/// How often the file is looked at for what other processes wrote.
const POLL: Duration = Duration::from_millis(50);
/// Messages above this are refused, in bytes: the same limit as Kafka's default, so that both shapes refuse the same.
const MAX_MESSAGE: u64 = 1_000_000;
/// Messages that every group has committed are kept so long, in milliseconds (30 days), to be replayed by a new group.
const RETENTION_MS: i64 = 30 * 24 * 3600 * 1000;
/// Old messages are looked for once in so many publishes.
const SWEEP_EVERY: u64 = 1000;

/// A handle on the local bus.
pub(crate) struct LocalBus {
    path: PathBuf,
    name: String,
    writer: Mutex<Writer>,
    wake: Arc<Wake>,
}

struct Writer {
    connection: Connection,
    publishes: u64,
}

/// Lets publishers of this handle wake its readers.
#[derive(Default)]
struct Wake {
    published: Mutex<u64>,
    changed: Condvar,
}

impl Wake {
    fn notify(&self) {
        *self.published.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.changed.notify_all();
    }

    /// Waits until something was published since `seen`, or `timeout` has passed.
    fn wait(&self, seen: u64, timeout: Duration) -> u64 {
        let published = self.published.lock().unwrap_or_else(PoisonError::into_inner);
        let (published, _) =
            self.changed.wait_timeout_while(published, timeout, |now| *now == seen).unwrap_or_else(PoisonError::into_inner);
        *published
    }
}

impl LocalBus {
    pub(crate) fn open(path: &Path) -> Result<Self, BusError> {
        let connection = file::open(path)?;
        let bus = Self {
            path: path.to_path_buf(),
            name: format!("local {}", path.display()),
            writer: Mutex::new(Writer { connection, publishes: 0 }),
            wake: Arc::default(),
        };
        bus.sweep(&bus.writer.lock().unwrap_or_else(PoisonError::into_inner).connection)
            .map_err(|source| file::failed(&bus.path, "sweeping out old messages", source))?;
        Ok(bus)
    }

    /// Deletes what is old and done with. Tombstones on compacted topics go by age alone.
    fn sweep(&self, connection: &Connection) -> rusqlite::Result<()> {
        let before = unix_ms() - RETENTION_MS;
        connection.execute(
            "DELETE FROM messages WHERE at_ms < ?1 AND topic <> ?2 AND offset <
                 (SELECT min(next) FROM positions WHERE positions.topic = messages.topic AND positions.slot = messages.slot)",
            params![before, topic::CAMERAS],
        )?;
        connection
            .execute("DELETE FROM messages WHERE at_ms < ?1 AND topic = ?2 AND data IS NULL", params![before, topic::CAMERAS])?;
        Ok(())
    }

    fn store(&self, writer: &mut Writer, messages: &[&Message]) -> rusqlite::Result<()> {
        let transaction = writer.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let now = unix_ms();
        for message in messages {
            if message.topic == topic::CAMERAS {
                transaction
                    .prepare_cached("DELETE FROM messages WHERE topic = ?1 AND key = ?2")?
                    .execute([&message.topic, &message.key])?;
            }
            transaction
                .prepare_cached(
                    "INSERT INTO messages (topic, slot, key, id, kind, source, time, data, at_ms)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                )?
                .execute(params![
                    message.topic,
                    slot(&message.key),
                    message.key,
                    message.id,
                    message.kind,
                    message.source,
                    message.time,
                    message.data,
                    now
                ])?;
        }
        transaction.commit()?;
        writer.publishes += 1;
        if writer.publishes.is_multiple_of(SWEEP_EVERY) {
            self.sweep(&writer.connection)?;
        }
        Ok(())
    }
}

impl Bus for LocalBus {
    fn publish(&self, messages: &[Message]) -> Vec<Outcome> {
        let refusal = |message: &Message| {
            let bytes = message.weight();
            (bytes > MAX_MESSAGE).then(|| Outcome::Rejected(format!("{bytes} bytes are more than the {MAX_MESSAGE} allowed")))
        };
        let refusals: Vec<Option<Outcome>> = messages.iter().map(refusal).collect();
        let accepted: Vec<&Message> =
            messages.iter().zip(&refusals).filter(|(_, refusal)| refusal.is_none()).map(|(message, _)| message).collect();
        let stored = {
            let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            self.store(&mut writer, &accepted)
        };
        let outcome = match stored {
            Ok(()) => {
                self.wake.notify();
                Outcome::Delivered
            }
            // All or none were stored, so order per key holds.
            Err(error) => Outcome::Retry(format!("writing {}: {error}", self.path.display())),
        };
        refusals.into_iter().map(|refusal| refusal.unwrap_or_else(|| outcome.clone())).collect()
    }

    fn subscribe(&self, group: &str, topics: &[&str], start: Start) -> Result<Box<dyn Subscription>, BusError> {
        let joined = subscription::LocalSubscription::join(&self.path, group, topics, start, Arc::clone(&self.wake))?;
        Ok(Box::new(joined))
    }

    fn health(&self) -> BusHealth {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        match writer.connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0)) {
            Ok(_) => BusHealth::Up,
            Err(error) => BusHealth::Down { reason: format!("reading {}: {error}", self.path.display()) },
        }
    }

    fn name(&self) -> &str {
        &self.name
    }
}

/// The slot of a key: FNV-1a, 32 bit. Fixed for ever, since positions are kept per slot.
fn slot(key: &str) -> u32 {
    let hash = key.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash % SLOTS
}
