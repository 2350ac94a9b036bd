//! What crosses process borders: the spool on disk, and the bus behind one small interface.
//!
//! ```text
//! candidate ─► Spool (fsync) ─► Relay (thread) ─► Bus ─► Subscription ─► console
//!                                                 ├ local: one SQLite file, shape "alone"
//!                                                 └ Kafka: shape "city"
//! cameras topic ─► CameraFeed ─► worker
//! ```
//!
//! Everything is blocking and meant to be called from threads; nothing here needs an async runtime. Delivery is **at least
//! once, in order per key**: a message may come twice (after a crash, a rebalance, an ambiguous timeout), always with the
//! same id, so whoever receives it drops what it already has. What the words of a message mean is [`events::wire::v1`]'s
//! business; this crate reads only as much of it as it must (which observations may be shed, what a camera is called).

pub mod cameras;
mod config;
mod kafka;
mod local;
mod message;
mod relay;
mod spool;
mod telemetry;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use config::{BusConfig, KafkaConfig, Protocol, SaslMechanism, Security};
pub use message::{BadMessage, Delivery, Message, Position};
pub use relay::{Relay, RelayOptions, RelayStats};
pub use spool::{
    Appended, LedgerChange, OpenCandidate, Pending, REMEMBER, RejectedMessage, RowId, Spool, SpoolError, SpoolOptions,
};

/// What became of one message that was handed to [`Bus::publish`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The bus keeps it: durable, acknowledged.
    Delivered,
    /// Not now, for this reason. The same message may pass later, and may even have arrived: send it again, as it is.
    Retry(String),
    /// Never, for this reason: this very message is at fault (too large, unreadable), and would be refused each time.
    Rejected(String),
}

/// Where a consumer group begins on a topic it has never committed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// With the oldest message that is kept.
    Earliest,
    /// With what comes from now on.
    Latest,
}

/// How the bus is, for `/readyz` and for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BusHealth {
    /// It answers.
    Up,
    /// It does not, for this reason. The spool keeps what is to be sent.
    Down {
        /// One sentence.
        reason: String,
    },
}

/// The one interface to whatever carries messages between processes. Shared between threads.
pub trait Bus: Send + Sync {
    /// Hands over messages and waits until the fate of each is known; the answer has one outcome per message, in order.
    ///
    /// Order holds per key: within one call, once a message of a key got [`Outcome::Retry`], no later message of that key is
    /// delivered. Calls for one key must not run side by side.
    fn publish(&self, messages: &[Message]) -> Vec<Outcome>;

    /// Joins a consumer group. The members of a group share the keys between them; each group sees everything.
    ///
    /// # Errors
    /// When the subscription cannot be set up for a reason that does not pass by itself (bad settings, a damaged file). A
    /// broker that is away is no error: messages come when it does.
    fn subscribe(&self, group: &str, topics: &[&str], start: Start) -> Result<Box<dyn Subscription>, BusError>;

    /// Does it answer? Blocks for two seconds at most.
    fn health(&self) -> BusHealth;

    /// For people: `local` or `kafka`, and where.
    fn name(&self) -> &str;
}

/// One member of a consumer group. Dropping it leaves the group; a member that dies is noticed after a while.
pub trait Subscription: Send {
    /// The next messages in order per key, at most 500 of them; empty when none came within `timeout`.
    ///
    /// # Errors
    /// When reading failed. The subscription stays usable: call again, after a pause.
    fn next(&mut self, timeout: Duration) -> Result<Vec<Delivery>, BusError>;

    /// Remembers, durably, that the group is done with these and with all before them (per topic and partition).
    ///
    /// # Errors
    /// When it could not be written; the messages will then come again, to this member or to another.
    fn commit(&mut self, up_to: &[Delivery]) -> Result<(), BusError>;
}

/// What can go wrong with a bus.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// A setting is wrong.
    #[error("bus configuration: {field}: {reason}")]
    Config {
        /// Which setting.
        field: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file that a setting names (certificate, password) cannot be read.
    #[error("bus configuration: {field}: reading {path}")]
    ConfigFile {
        /// Which setting.
        field: String,
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The local bus's file is damaged, or is not such a file.
    #[error(
        "the local bus file {path} is damaged or not a Kerbwatch bus file; it was left as it is: stop all processes that use it, move it away (keep it: undelivered messages can be recovered from it with `sqlite3 FILE .recover`), and start again"
    )]
    Damaged {
        /// The file.
        path: String,
        /// What SQLite says.
        source: Option<rusqlite::Error>,
    },
    /// An operation on the local bus's file failed.
    #[error("local bus {path}: {operation}")]
    Local {
        /// The file.
        path: String,
        /// What was being done.
        operation: &'static str,
        /// Why.
        source: rusqlite::Error,
    },
    /// The folder of the local bus's file cannot be made.
    #[error("local bus {path}: making its folder")]
    Folder {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// An operation on Kafka failed.
    #[error("kafka: {operation}")]
    Kafka {
        /// What was being done, and on what.
        operation: String,
        /// Why.
        source: rdkafka::error::KafkaError,
    },
    /// A topic could not be made.
    #[error("kafka: creating topic {topic}: {reason}")]
    Topic {
        /// The topic, as the broker knows it.
        topic: String,
        /// The broker's word for it.
        reason: String,
    },
    /// A delivery that this subscription did not hand out was committed.
    #[error("committing {0}, which is not a position of this bus")]
    ForeignPosition(Position),
}

/// Opens the bus that the configuration names. Does not wait for a broker.
///
/// # Errors
/// Wrong settings, unreadable certificate or password files, a damaged local file.
pub fn open(config: &BusConfig) -> Result<Arc<dyn Bus>, BusError> {
    match config {
        BusConfig::Local { path } => Ok(Arc::new(local::LocalBus::open(path)?)),
        BusConfig::Kafka(config) => Ok(Arc::new(kafka::KafkaBus::open(config)?)),
    }
}

/// Makes the topics that are missing ([`events::wire::v1::topic::ALL`], `cameras` compacted) and returns their names; does
/// nothing on a local bus. [`KafkaConfig::create_topics`] does the same on first use.
///
/// # Errors
/// The broker is away or does not allow it.
pub fn ensure_topics(config: &BusConfig) -> Result<Vec<String>, BusError> {
    match config {
        BusConfig::Local { .. } => Ok(Vec::new()),
        BusConfig::Kafka(config) => kafka::ensure_topics(config),
    }
}

impl fmt::Display for BusHealth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BusHealth::Up => f.write_str("up"),
            BusHealth::Down { reason } => write!(f, "down: {reason}"),
        }
    }
}
