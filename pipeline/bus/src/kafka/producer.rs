//! Publishing with a known fate for each message, in order per key.
//!
//! librdkafka's idempotent producer keeps order only as long as nothing fails for good: when a message times out in its
//! queue, later ones of the same key may still arrive, and an observation would overtake its candidate. So messages are sent
//! in *waves* of at most one message per key, each wave waiting for the last; what fails holds back the rest of its key.
//! A wave over many cameras is one round trip, which is what a drain after an outage looks like.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Sender, unbounded};
use rdkafka::client::ClientContext;
use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::error::KafkaError;
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, ThreadedProducer};

use super::client::{Connection, Context};
use super::outcome::{Fate, fate};
use super::record;
use crate::message::Message;
use crate::{BusError, Outcome};

/// librdkafka reports each message within its timeout; this much later something is very wrong.
const REPORT_MARGIN: Duration = Duration::from_secs(15);

type Report = (usize, Result<(), KafkaError>);

/// Where the report of one message goes.
pub(super) struct Ticket {
    index: usize,
    report: Sender<Report>,
}

pub(super) struct Reports(Context);

impl ClientContext for Reports {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        self.0.log(level, facility, text);
    }
    fn error(&self, error: KafkaError, reason: &str) {
        self.0.error(error, reason);
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = Box<Ticket>;

    fn delivery(&self, result: &DeliveryResult<'_>, ticket: Box<Ticket>) {
        let result = match result {
            Ok(_) => Ok(()),
            Err((error, _)) => Err(error.clone()),
        };
        // Whoever published may have stopped waiting.
        let _ = ticket.report.send((ticket.index, result));
    }
}

pub(super) struct KafkaProducer {
    connection: Arc<Connection>,
    /// `None` after a fatal error, until the next publish.
    client: Mutex<Option<ThreadedProducer<Reports>>>,
}

impl KafkaProducer {
    pub(super) fn new(connection: Arc<Connection>) -> Result<Self, BusError> {
        let producer = Self { connection, client: Mutex::new(None) };
        let _ = producer.current()?;
        Ok(producer)
    }

    /// The client, made anew when the last one died.
    pub(super) fn current(&self) -> Result<ThreadedProducer<Reports>, BusError> {
        let mut client = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = &*client {
            return Ok(client.clone());
        }
        let config = &self.connection.config;
        let timeout = config.message_timeout_ms.to_string();
        let settings = self.connection.client(&[
            ("enable.idempotence", "true"),
            ("acks", "all"),
            ("max.in.flight.requests.per.connection", "5"),
            ("message.timeout.ms", &timeout),
            ("message.max.bytes", &config.message_max_bytes.to_string()),
            // A wave is complete when it is handed over: waiting for more to join it would only add delay.
            ("linger.ms", "1"),
            // The partition that Kafka's Java clients would choose for the same key.
            ("partitioner", "murmur2_random"),
        ]);
        let made = ThreadedProducer::from_config_and_context(&settings, Reports(self.connection.context()))
            .map_err(|source| BusError::Kafka { operation: "making a producer".to_owned(), source })?;
        Ok(client.insert(made).clone())
    }

    pub(super) fn publish(&self, messages: &[Message]) -> Vec<Outcome> {
        let mut outcomes: Vec<Option<Outcome>> = vec![None; messages.len()];
        let mut queues: HashMap<&str, VecDeque<usize>> = HashMap::new();
        for (index, message) in messages.iter().enumerate() {
            queues.entry(&message.key).or_default().push_back(index);
        }
        while !queues.is_empty() {
            let mut wave: Vec<usize> = queues.values().map(|queue| queue[0]).collect();
            wave.sort_unstable();
            let mut fates = self.send(messages, &wave);
            // A broker refuses a batch for one record in it: whoever was refused in company gets a trial of its own.
            for (index, outcome) in wave.iter().zip(&mut fates) {
                if wave.len() > 1 && matches!(outcome, Outcome::Rejected(_)) {
                    *outcome = self.send(messages, &[*index]).remove(0);
                }
            }
            for (index, outcome) in wave.into_iter().zip(fates) {
                let key = messages[index].key.as_str();
                let queue = queues.get_mut(key).expect("the wave was taken from these queues");
                queue.pop_front();
                if let Outcome::Retry(reason) = &outcome {
                    for held in queue.drain(..) {
                        outcomes[held] = Some(Outcome::Retry(format!("behind an earlier message of {key}: {reason}")));
                    }
                }
                if queue.is_empty() {
                    queues.remove(key);
                }
                outcomes[index] = Some(outcome);
            }
        }
        outcomes.into_iter().map(|outcome| outcome.expect("each message was in a wave or behind one")).collect()
    }

    /// Sends these messages and waits for their reports.
    fn send(&self, messages: &[Message], wave: &[usize]) -> Vec<Outcome> {
        let client = match self.current() {
            Ok(client) => client,
            Err(error) => return vec![Outcome::Retry(crate::relay::chain(&error)); wave.len()],
        };
        let (report, reports) = unbounded();
        let mut outcomes: Vec<Option<Outcome>> = vec![None; wave.len()];
        let mut expected = 0;
        for (place, &index) in wave.iter().enumerate() {
            let message = &messages[index];
            let topic = self.connection.on_broker(&message.topic);
            let ticket = Box::new(Ticket { index: place, report: report.clone() });
            let mut record = BaseRecord::<str, [u8], Box<Ticket>>::with_opaque_to(&topic, ticket)
                .key(&message.key)
                .headers(record::headers(message));
            if let Some(data) = &message.data {
                record = record.payload(data);
            }
            match client.send(record) {
                Ok(()) => expected += 1,
                Err((error, _)) => outcomes[place] = Some(self.judge(&error)),
            }
        }
        let patience = Duration::from_millis(self.connection.config.message_timeout_ms) + REPORT_MARGIN;
        for _ in 0..expected {
            match reports.recv_timeout(patience) {
                Ok((place, Ok(()))) => outcomes[place] = Some(Outcome::Delivered),
                Ok((place, Err(error))) => outcomes[place] = Some(self.judge(&error)),
                Err(_) => break,
            }
        }
        if outcomes.contains(&Some(Outcome::Delivered)) {
            self.connection.settled();
        }
        let silent = || Outcome::Retry("the producer did not report in time".to_owned());
        outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(silent)).collect()
    }

    fn judge(&self, error: &KafkaError) -> Outcome {
        let reason = || match self.connection.last_trouble() {
            Some(trouble) => format!("{error}; last: {trouble}"),
            None => error.to_string(),
        };
        match fate(error) {
            Fate::Refused => Outcome::Rejected(error.to_string()),
            Fate::Retry => Outcome::Retry(reason()),
            Fate::RetryWithNewProducer => {
                let dead = self.client.lock().unwrap_or_else(PoisonError::into_inner).take();
                let detail = dead.and_then(|dead| dead.client().fatal_error()).map(|(_, text)| text);
                tracing::warn!(detail, "the Kafka producer failed for good; the next one starts afresh, nothing is lost");
                Outcome::Retry(reason())
            }
        }
    }
}
