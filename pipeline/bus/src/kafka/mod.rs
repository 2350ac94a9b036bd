//! Apache Kafka behind [`Bus`](crate::Bus).
//!
//! Producer: idempotent, `acks=all`; each message's fate is known before `publish` returns ([`outcome`] has the table). Consumer:
//! groups with manual commits and cooperative assignment. Messages travel in binary mode of the CloudEvents Kafka protocol
//! binding 1.0: attributes as `ce_` headers, `data` as the value, the camera id as the key ([`record`]).

mod admin;
mod client;
mod consumer;
mod outcome;
mod producer;
pub(crate) mod record;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::producer::Producer as _;

use crate::config::KafkaConfig;
use crate::message::Message;
use crate::{Bus, BusError, BusHealth, Outcome, Start, Subscription};

pub(crate) use consumer::CameraConsumer;

use admin::Topics;
use client::Connection;
use producer::KafkaProducer;

/// How long an answer on the broker's health is good for: `/readyz` is asked more often than a broker changes.
const HEALTH_TTL: Duration = Duration::from_secs(5);
/// How long to wait for such an answer.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(2);

/// A handle on a Kafka cluster.
pub(crate) struct KafkaBus {
    name: String,
    connection: Arc<Connection>,
    topics: Arc<Topics>,
    producer: KafkaProducer,
    health: Mutex<Option<(Instant, BusHealth)>>,
}

impl KafkaBus {
    pub(crate) fn open(config: &KafkaConfig) -> Result<Self, BusError> {
        let connection = Arc::new(Connection::new(config)?);
        let topics = Arc::new(Topics::new(Arc::clone(&connection)));
        let producer = KafkaProducer::new(Arc::clone(&connection))?;
        Ok(Self { name: format!("kafka {}", config.brokers.join(",")), connection, topics, producer, health: Mutex::new(None) })
    }
}

impl Bus for KafkaBus {
    fn publish(&self, messages: &[Message]) -> Vec<Outcome> {
        self.topics.ensure_once();
        self.producer.publish(messages)
    }

    fn subscribe(&self, group: &str, topics: &[&str], start: Start) -> Result<Box<dyn Subscription>, BusError> {
        self.topics.ensure_once();
        let joined = consumer::KafkaSubscription::join(&self.connection, Arc::clone(&self.topics), group, topics, start)?;
        Ok(Box::new(joined))
    }

    fn health(&self) -> BusHealth {
        let mut last = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, health)) = &*last
            && at.elapsed() < HEALTH_TTL
        {
            return health.clone();
        }
        let answer = self
            .producer
            .current()
            .map_err(|error| crate::relay::chain(&error))
            .and_then(|producer| producer.client().fetch_metadata(None, HEALTH_TIMEOUT).map_err(|error| error.to_string()));
        let health = match answer {
            Ok(_) => BusHealth::Up,
            Err(error) => {
                let reason = self.connection.last_trouble().unwrap_or(error);
                BusHealth::Down { reason: format!("{}: {reason}", self.name) }
            }
        };
        *last = Some((Instant::now(), health.clone()));
        health
    }

    fn name(&self) -> &str {
        &self.name
    }
}

/// Makes the missing topics, waiting for the broker for ten seconds at most.
pub(crate) fn ensure_topics(config: &KafkaConfig) -> Result<Vec<String>, BusError> {
    admin::ensure(&Connection::new(config)?, Duration::from_secs(10))
}
