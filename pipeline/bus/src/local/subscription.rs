//! A member of a consumer group on the local bus.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::{LEASE, POLL, SLOTS, Wake, file};
use crate::message::{Delivery, Position};
use crate::spool::unix_ms;
use crate::{BusError, Start, Subscription};

/// Most messages that one look hands out.
const AT_ONCE: usize = 500;

pub(super) struct LocalSubscription {
    path: PathBuf,
    connection: Connection,
    group: String,
    topics: Vec<String>,
    /// Unique over processes and time; sorts the members of a group.
    member: String,
    wake: Arc<Wake>,
    /// The next offset to read in each slot that is ours.
    cursors: BTreeMap<(String, u32), i64>,
    last_heartbeat: Option<Instant>,
}

impl LocalSubscription {
    pub(super) fn join(path: &Path, group: &str, topics: &[&str], start: Start, wake: Arc<Wake>) -> Result<Self, BusError> {
        let connection = file::open(path)?;
        let member = format!("{:016x}-{:08x}", RandomState::new().hash_one(unix_ms()), std::process::id());
        let mut joined = Self {
            path: path.to_path_buf(),
            connection,
            group: group.to_owned(),
            topics: topics.iter().map(|&topic| topic.to_owned()).collect(),
            member,
            wake,
            cursors: BTreeMap::new(),
            last_heartbeat: None,
        };
        joined.begin(start).map_err(|source| joined.failed("joining a group", source))?;
        joined.heartbeat().map_err(|source| joined.failed("joining a group", source))?;
        Ok(joined)
    }

    /// Fixes where the group begins, if it has not begun yet.
    fn begin(&mut self, start: Start) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let next: i64 = match start {
            Start::Earliest => 0,
            Start::Latest => transaction
                .query_row("SELECT seq FROM sqlite_sequence WHERE name = 'messages'", [], |row| row.get::<_, i64>(0))
                .optional()?
                .map_or(0, |last| last + 1),
        };
        for topic in &self.topics {
            for slot in 0..SLOTS {
                transaction.execute(
                    "INSERT OR IGNORE INTO positions (grp, topic, slot, next) VALUES (?1, ?2, ?3, ?4)",
                    params![self.group, topic, slot, next],
                )?;
            }
        }
        transaction.commit()
    }

    /// Says that this member lives, and takes over or gives up slots as members come and go.
    fn heartbeat(&mut self) -> rusqlite::Result<()> {
        // Several times within the lease; often enough that a death is noticed soon after the lease ends.
        if self.last_heartbeat.is_some_and(|last| last.elapsed() < LEASE / 20) {
            return Ok(());
        }
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let now = unix_ms();
        transaction.execute(
            "DELETE FROM members WHERE grp = ?1 AND seen_ms < ?2",
            params![self.group, now - LEASE.as_millis() as i64],
        )?;
        let mut cursors = BTreeMap::new();
        for topic in &self.topics {
            transaction.execute(
                "INSERT OR REPLACE INTO members (grp, topic, member, seen_ms) VALUES (?1, ?2, ?3, ?4)",
                params![self.group, topic, self.member, now],
            )?;
            let before_us: u32 = transaction.query_row(
                "SELECT count(*) FROM members WHERE grp = ?1 AND topic = ?2 AND member < ?3",
                params![self.group, topic, self.member],
                |row| row.get(0),
            )?;
            let members: u32 = transaction.query_row(
                "SELECT count(*) FROM members WHERE grp = ?1 AND topic = ?2",
                params![self.group, topic],
                |row| row.get(0),
            )?;
            for slot in (0..SLOTS).filter(|slot| slot % members == before_us) {
                let place = (topic.clone(), slot);
                let next = match self.cursors.get(&place) {
                    Some(&next) => next,
                    None => transaction.query_row(
                        "SELECT next FROM positions WHERE grp = ?1 AND topic = ?2 AND slot = ?3",
                        params![self.group, topic, slot],
                        |row| row.get(0),
                    )?,
                };
                cursors.insert(place, next);
            }
        }
        transaction.commit()?;
        self.cursors = cursors;
        self.last_heartbeat = Some(Instant::now());
        Ok(())
    }

    /// What stands in our slots now, oldest first.
    fn read(&mut self) -> rusqlite::Result<Vec<Delivery>> {
        let mut found: Vec<Delivery> = Vec::new();
        let sql = format!(
            "SELECT {} FROM messages WHERE topic = ?1 AND slot = ?2 AND offset >= ?3 ORDER BY offset LIMIT ?4",
            file::COLUMNS
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        for ((topic, slot), next) in &self.cursors {
            let rows = statement.query_map(params![topic, slot, next, AT_ONCE as i64], |row| {
                Ok(Delivery {
                    position: Position { topic: topic.clone(), partition: row.get(1)?, offset: row.get(0)? },
                    message: file::message(row)?,
                })
            })?;
            for row in rows {
                found.push(row?);
            }
        }
        drop(statement);
        // By offset is by time of publishing; what does not fit this time is read again next time.
        found.sort_by_key(|delivery| delivery.position.offset);
        found.truncate(AT_ONCE);
        for Delivery { position, .. } in &found {
            let slot = u32::try_from(position.partition).expect("slots are 0 to 15");
            self.cursors.insert((position.topic.clone(), slot), position.offset + 1);
        }
        Ok(found)
    }

    fn failed(&self, operation: &'static str, source: rusqlite::Error) -> BusError {
        file::failed(&self.path, operation, source)
    }
}

impl Subscription for LocalSubscription {
    fn next(&mut self, timeout: Duration) -> Result<Vec<Delivery>, BusError> {
        let until = Instant::now() + timeout;
        // Before the look: what is published after it wakes the wait.
        let mut seen = self.wake.wait(u64::MAX, Duration::ZERO);
        loop {
            self.heartbeat().map_err(|source| self.failed("saying that a member lives", source))?;
            let found = self.read().map_err(|source| self.failed("reading messages", source))?;
            let left = until.saturating_duration_since(Instant::now());
            if !found.is_empty() || left.is_zero() {
                return Ok(found);
            }
            seen = self.wake.wait(seen, left.min(POLL));
        }
    }

    fn commit(&mut self, up_to: &[Delivery]) -> Result<(), BusError> {
        let mut next: BTreeMap<(&str, i32), i64> = BTreeMap::new();
        for Delivery { position, .. } in up_to {
            if !self.topics.contains(&position.topic) {
                return Err(BusError::ForeignPosition(position.clone()));
            }
            let place = next.entry((&position.topic, position.partition)).or_default();
            *place = (*place).max(position.offset + 1);
        }
        let committed = (|| {
            let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for ((topic, slot), next) in next {
                // Never backwards: a member that was thought dead may commit after its successor.
                transaction.execute(
                    "UPDATE positions SET next = ?4 WHERE grp = ?1 AND topic = ?2 AND slot = ?3 AND next < ?4",
                    params![self.group, topic, slot, next],
                )?;
            }
            transaction.commit()
        })();
        committed.map_err(|source| file::failed(&self.path, "committing a position", source))
    }
}

impl Drop for LocalSubscription {
    fn drop(&mut self) {
        // Only hastens the hand-over; without it the lease ends by itself.
        let left =
            self.connection.execute("DELETE FROM members WHERE grp = ?1 AND member = ?2", params![self.group, self.member]);
        if let Err(error) = left {
            tracing::debug!(%error, group = self.group, "leaving a group of the local bus");
        }
    }
}
