//! Members of consumer groups: ordinary ones, and the one that learns cameras.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use events::wire::v1::topic;
use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::topic_partition_list::Offset;
use rdkafka::types::RDKafkaRespErr;

use super::admin::Topics;
use super::client::{Connection, Context};
use super::record;
use crate::cameras::FeedEvent;
use crate::message::{Delivery, Position};
use crate::relay::chain;
use crate::{BusError, Start, Subscription, telemetry};

/// Most messages that one call hands out.
const AT_ONCE: usize = 500;

/// What both kinds of member set.
fn settings(connection: &Connection, group: &str, start: Start, watch_ends: &str) -> rdkafka::ClientConfig {
    let reset = match start {
        Start::Earliest => "earliest",
        Start::Latest => "latest",
    };
    connection.client(&[
        ("group.id", &connection.group(group)),
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        ("auto.offset.reset", reset),
        ("isolation.level", "read_committed"),
        // One by one: members that stay keep what they have while others come and go.
        ("partition.assignment.strategy", "cooperative-sticky"),
        ("session.timeout.ms", &connection.config.session_timeout_ms.to_string()),
        ("heartbeat.interval.ms", &(connection.config.session_timeout_ms / 5).to_string()),
        ("enable.partition.eof", watch_ends),
        // Topics that are made after a consumer joined are found this soon; the default is five minutes.
        ("topic.metadata.refresh.interval.ms", "10000"),
        ("allow.auto.create.topics", "false"),
        // How long the broker holds a request for records; also how long a leaving consumer may hang.
        ("fetch.wait.max.ms", "200"),
    ])
}

fn kafka(operation: &str, source: KafkaError) -> BusError {
    BusError::Kafka { operation: operation.to_owned(), source }
}

/// Conditions that pass by themselves; the member stays and messages come when they have passed.
fn passes(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::AllBrokersDown
                | Code::BrokerTransportFailure
                | Code::Resolve
                | Code::UnknownTopicOrPartition
                | Code::UnknownTopic
                | Code::UnknownPartition
                | Code::OperationTimedOut
                | Code::RequestTimedOut
        )
    )
}

/// Reads a record; what is no message of ours is counted and passed over.
fn delivery<R: rdkafka::message::Message>(connection: &Connection, found: &R) -> Option<Delivery> {
    let topic = connection.by_our_name(found.topic());
    match record::read(found, &topic) {
        Ok(message) => {
            let position = Position { topic, partition: found.partition(), offset: found.offset() };
            Some(Delivery { message, position })
        }
        Err(error) => {
            tracing::warn!(error = %chain(&error), "a record was passed over");
            telemetry::malformed(&topic);
            None
        }
    }
}

/// An ordinary member.
pub(super) struct KafkaSubscription {
    connection: Arc<Connection>,
    topics: Arc<Topics>,
    consumer: BaseConsumer<Member>,
}

pub(super) struct Member(Context);

impl ClientContext for Member {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        self.0.log(level, facility, text);
    }
    fn error(&self, error: KafkaError, reason: &str) {
        self.0.error(error, reason);
    }
}

impl ConsumerContext for Member {}

impl KafkaSubscription {
    pub(super) fn join(
        connection: &Arc<Connection>,
        topics: Arc<Topics>,
        group: &str,
        names: &[&str],
        start: Start,
    ) -> Result<Self, BusError> {
        let settings = settings(connection, group, start, "false");
        let consumer = BaseConsumer::from_config_and_context(&settings, Member(connection.context()))
            .map_err(|source| kafka("making a consumer", source))?;
        let names: Vec<String> = names.iter().map(|name| connection.on_broker(name)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        consumer.subscribe(&names).map_err(|source| kafka("subscribing", source))?;
        Ok(Self { connection: Arc::clone(connection), topics, consumer })
    }
}

impl Subscription for KafkaSubscription {
    fn next(&mut self, timeout: Duration) -> Result<Vec<Delivery>, BusError> {
        let until = Instant::now() + timeout;
        let mut found = Vec::new();
        while found.len() < AT_ONCE {
            // Waits only for the first; what is there already comes with it.
            let wait = if found.is_empty() { until.saturating_duration_since(Instant::now()) } else { Duration::ZERO };
            match self.consumer.poll(wait) {
                Some(Ok(record)) => found.extend(delivery(&self.connection, &record)),
                Some(Err(error)) if passes(&error) => self.topics.ensure_once(),
                Some(Err(source)) if found.is_empty() => return Err(kafka("reading messages", source)),
                // Handed out first; a lasting error comes again with the next call.
                Some(Err(_)) => break,
                None if wait.is_zero() => break,
                None => {}
            }
        }
        Ok(found)
    }

    fn commit(&mut self, up_to: &[Delivery]) -> Result<(), BusError> {
        let mut next: BTreeMap<(String, i32), i64> = BTreeMap::new();
        for Delivery { position, .. } in up_to {
            let place = (self.connection.on_broker(&position.topic), position.partition);
            let offset = next.entry(place).or_default();
            *offset = (*offset).max(position.offset + 1);
        }
        if next.is_empty() {
            return Ok(());
        }
        let mut offsets = TopicPartitionList::new();
        for ((topic, partition), offset) in next {
            offsets
                .add_partition_offset(&topic, partition, Offset::Offset(offset))
                .map_err(|source| kafka("committing", source))?;
        }
        self.consumer.commit(&offsets, CommitMode::Sync).map_err(|source| kafka("committing", source))
    }
}

/// The member that learns cameras: notices what it is assigned and reads that from the beginning.
pub(crate) struct CameraConsumer {
    connection: Arc<Connection>,
    topics: Topics,
    consumer: BaseConsumer<CameraMember>,
}

pub(super) struct CameraMember {
    context: Context,
    /// Filled by the rebalance callback, which runs inside `poll`, on the caller's thread.
    turns: Mutex<VecDeque<FeedEvent>>,
}

impl ClientContext for CameraMember {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        self.context.log(level, facility, text);
    }
    fn error(&self, error: KafkaError, reason: &str) {
        self.context.error(error, reason);
    }
}

impl ConsumerContext for CameraMember {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, what: RDKafkaRespErr, partitions: &mut TopicPartitionList) {
        let assigned = what == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        let done = if assigned {
            partitions.set_all_offsets(Offset::Beginning).and_then(|()| consumer.incremental_assign(partitions))
        } else {
            consumer.incremental_unassign(partitions)
        };
        if let Err(error) = done {
            tracing::warn!(%error, assigned, "taking over a change of assignment");
        }
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        for element in partitions.elements() {
            let partition = element.partition();
            turns.push_back(if assigned { FeedEvent::Assigned(partition) } else { FeedEvent::Revoked(partition) });
        }
    }
}

impl CameraConsumer {
    pub(crate) fn open(config: &crate::KafkaConfig, group: &str) -> Result<Self, BusError> {
        let connection = Arc::new(Connection::new(config)?);
        let topics = Topics::new(Arc::clone(&connection));
        topics.ensure_once();
        let settings = settings(&connection, group, Start::Earliest, "true");
        let context = CameraMember { context: connection.context(), turns: Mutex::default() };
        let consumer = BaseConsumer::from_config_and_context(&settings, context)
            .map_err(|source| kafka("making a consumer of cameras", source))?;
        consumer.subscribe(&[&connection.on_broker(topic::CAMERAS)]).map_err(|source| kafka("subscribing to cameras", source))?;
        Ok(Self { connection, topics, consumer })
    }

    /// What happened, in order; empty when nothing did within `timeout`.
    pub(crate) fn next(&mut self, timeout: Duration) -> Result<Vec<FeedEvent>, BusError> {
        let until = Instant::now() + timeout;
        let mut found = Vec::new();
        while found.len() < AT_ONCE {
            let wait = if found.is_empty() { until.saturating_duration_since(Instant::now()) } else { Duration::ZERO };
            let polled = self.consumer.poll(wait);
            // The callback ran before the record that `poll` returned was read.
            let turns = std::mem::take(&mut *self.consumer.context().turns.lock().unwrap_or_else(PoisonError::into_inner));
            let turned = !turns.is_empty();
            found.extend(turns);
            match polled {
                Some(Ok(record)) => {
                    found.extend(delivery(&self.connection, &record).map(|delivery| FeedEvent::Record(Box::new(delivery))))
                }
                Some(Err(KafkaError::PartitionEOF(partition))) => found.push(FeedEvent::CaughtUp(partition)),
                Some(Err(error)) if passes(&error) => self.topics.ensure_once(),
                Some(Err(source)) if found.is_empty() => return Err(kafka("reading cameras", source)),
                Some(Err(_)) => break,
                None if wait.is_zero() && !turned => break,
                None => {}
            }
        }
        Ok(found)
    }
}
