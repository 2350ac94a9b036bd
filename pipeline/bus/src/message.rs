//! A message: a CloudEvents 1.0 event on its way, in the form that every bus carries.
//!
//! In the spool and on the local bus it is a row, on Kafka binary mode of the CloudEvents Kafka binding (attributes as `ce_`
//! headers, the value is `data` alone), so `data` is kept as the bytes that were serialised once and never touched again.

use std::fmt;

use events::wire::v1::Event;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// One event on its way over a bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The topic by its name in [`events::wire::v1::topic`]; a Kafka prefix is put on and taken off by the bus.
    pub topic: String,
    /// The camera id: order holds among messages of one key. CloudEvents `subject`.
    pub key: String,
    /// Deterministic; two messages of one topic with the same id are the same message.
    pub id: String,
    /// CloudEvents `type`, e.g. `kerbwatch.candidate.v1`.
    pub kind: String,
    /// CloudEvents `source`, e.g. `/kerbwatch/worker-1`.
    pub source: String,
    /// CloudEvents `time`, RFC 3339.
    pub time: String,
    /// `data` as JSON; `None` is a tombstone: on a compacted topic it removes the key.
    pub data: Option<Vec<u8>>,
}

/// Why a message could not be made or read. Never a reason to panic: on Kafka anybody may have written it.
#[derive(Debug, thiserror::Error)]
pub enum BadMessage {
    /// The content cannot be written as JSON.
    #[error("message {id}: writing its data as JSON")]
    Write {
        /// Which.
        id: String,
        /// Why.
        source: serde_json::Error,
    },
    /// It has no data where data is needed.
    #[error("message {id} on {topic} has no data")]
    NoData {
        /// On which topic.
        topic: String,
        /// Which.
        id: String,
    },
    /// Its type is another than the expected.
    #[error("message {id} on {topic} is a {got:?}, not a {want}")]
    Kind {
        /// On which topic.
        topic: String,
        /// Which.
        id: String,
        /// What it says it is.
        got: String,
        /// What was wanted.
        want: String,
    },
    /// Its data is not what its type says.
    #[error("message {id} on {topic}: reading its data as {want}")]
    Read {
        /// On which topic.
        topic: String,
        /// Which.
        id: String,
        /// What was wanted.
        want: String,
        /// Why.
        source: serde_json::Error,
    },
    /// A CloudEvents attribute is missing, or is not text.
    #[error("record {position}: CloudEvents attribute {attribute} is missing or not UTF-8")]
    Attribute {
        /// Where it stood.
        position: Position,
        /// Which, e.g. `ce_id`.
        attribute: &'static str,
    },
    /// A CloudEvents version this program does not know.
    #[error("record {position}: CloudEvents specversion {got:?} is not 1.x")]
    Version {
        /// Where it stood.
        position: Position,
        /// What it says.
        got: String,
    },
}

impl Message {
    /// From an event; the key is its subject, the camera id.
    ///
    /// # Errors
    /// When `data` cannot be written as JSON (a map with keys that are not text).
    pub fn from_event<T: Serialize>(topic: &str, event: &Event<T>) -> Result<Self, BadMessage> {
        let data = serde_json::to_vec(&event.data).map_err(|source| BadMessage::Write { id: event.id.clone(), source })?;
        Ok(Self {
            topic: topic.to_owned(),
            key: event.subject.clone(),
            id: event.id.clone(),
            kind: event.kind.clone(),
            source: event.source.clone(),
            time: event.time.clone(),
            data: Some(data),
        })
    }

    /// A tombstone: removes `key` from a compacted topic.
    pub fn tombstone(topic: &str, key: &str, id: String, kind: &str, source: &str, time: String) -> Self {
        Self {
            topic: topic.to_owned(),
            key: key.to_owned(),
            id,
            kind: kind.to_owned(),
            source: source.to_owned(),
            time,
            data: None,
        }
    }

    /// Reads `data`, after checking that the message is of type `want` (e.g. [`events::wire::v1::CANDIDATE`]).
    ///
    /// # Errors
    /// Another type, no data, or data of another shape.
    pub fn parse<T: DeserializeOwned>(&self, want: &str) -> Result<T, BadMessage> {
        let (topic, id) = (self.topic.clone(), self.id.clone());
        if self.kind != want {
            return Err(BadMessage::Kind { topic, id, got: self.kind.clone(), want: want.to_owned() });
        }
        let Some(data) = &self.data else { return Err(BadMessage::NoData { topic, id }) };
        serde_json::from_slice(data).map_err(|source| BadMessage::Read { topic, id, want: want.to_owned(), source })
    }

    /// As one JSON object in CloudEvents structured mode, the form of `events.jsonl` and of the dead-letter file. Data that
    /// is no JSON goes in as text, lossily; the dead-letter table keeps it byte for byte.
    pub fn to_structured_json(&self) -> serde_json::Value {
        let data = match &self.data {
            None => serde_json::Value::Null,
            Some(bytes) => serde_json::from_slice(bytes)
                .unwrap_or_else(|_| serde_json::Value::String(String::from_utf8_lossy(bytes).into_owned())),
        };
        serde_json::json!({
            "specversion": "1.0",
            "id": self.id,
            "source": self.source,
            "type": self.kind,
            "subject": self.key,
            "time": self.time,
            "datacontenttype": "application/json",
            "data": data,
        })
    }

    /// Roughly what it takes on disk, in bytes.
    pub(crate) fn weight(&self) -> u64 {
        let text = self.topic.len() + self.key.len() + self.id.len() + self.kind.len() + self.source.len() + self.time.len();
        (text + self.data.as_ref().map_or(0, Vec::len)) as u64
    }
}

/// Where a message stands on its topic.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// The topic, as in [`Message::topic`].
    pub topic: String,
    /// The partition, from 0.
    pub partition: i32,
    /// Grows along the partition; gaps are normal.
    pub offset: i64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}@{}", self.topic, self.partition, self.offset)
    }
}

/// A message as a subscription hands it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// What.
    pub message: Message,
    /// Where it stood; what [`Subscription::commit`](crate::Subscription::commit) remembers.
    pub position: Position,
}
