//! Makes topics that are missing.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as TaskContext, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use events::wire::v1::topic;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::error::RDKafkaErrorCode;

use super::client::{Connection, Context};
use crate::BusError;
use crate::relay::chain;

/// How long a publish or a subscribe may be held up by making topics.
const PATIENCE: Duration = Duration::from_secs(5);
/// After a failure, how long until it is tried again.
const AGAIN_AFTER: Duration = Duration::from_secs(2);

/// Makes topics once, when the broker is first reached.
pub(super) struct Topics {
    connection: Arc<Connection>,
    state: Mutex<State>,
}

enum State {
    Due { failed: Option<Instant> },
    Done,
}

impl Topics {
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        let state = if connection.config.create_topics { State::Due { failed: None } } else { State::Done };
        Self { connection, state: Mutex::new(state) }
    }

    /// Quick when it has been done; else tries, unless it failed a moment ago.
    pub(super) fn ensure_once(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match *state {
            State::Done => return,
            State::Due { failed: Some(at) } if at.elapsed() < AGAIN_AFTER => return,
            State::Due { .. } => {}
        }
        *state = match ensure(&self.connection, PATIENCE) {
            Ok(_) => State::Done,
            Err(BusError::Topic { topic, reason }) => {
                tracing::info!(topic, reason, "topics cannot be made by this client; they are expected to exist");
                State::Done
            }
            Err(error) => {
                tracing::debug!(error = %chain(&error), "topics cannot be looked at yet");
                State::Due { failed: Some(Instant::now()) }
            }
        };
    }
}

/// Makes the topics that are missing and returns their names on the broker.
pub(super) fn ensure(connection: &Connection, timeout: Duration) -> Result<Vec<String>, BusError> {
    let kafka = |operation: &str| {
        let operation = operation.to_owned();
        move |source| BusError::Kafka { operation, source }
    };
    let admin: AdminClient<Context> =
        rdkafka::config::FromClientConfigAndContext::from_config_and_context(&connection.client(&[]), connection.context())
            .map_err(kafka("making an admin client"))?;
    let metadata = admin.inner().fetch_metadata(None, timeout).map_err(kafka("listing topics"))?;
    let existing: Vec<&str> = metadata.topics().iter().map(|topic| topic.name()).collect();
    let missing: Vec<(&str, String)> = topic::ALL
        .into_iter()
        .map(|name| (name, connection.on_broker(name)))
        .filter(|(_, on_broker)| !existing.contains(&on_broker.as_str()))
        .collect();
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let config = &connection.config;
    let partitions = i32::from(config.partitions);
    let replication = i32::from(config.replication_factor);
    // A write must be on two machines before it is acknowledged, where there are three.
    let in_sync = if config.replication_factor >= 3 { "2" } else { "1" };
    let new: Vec<NewTopic<'_>> = missing
        .iter()
        .map(|(name, on_broker)| {
            let topic =
                NewTopic::new(on_broker, partitions, TopicReplication::Fixed(replication)).set("min.insync.replicas", in_sync);
            if *name == topic::CAMERAS { topic.set("cleanup.policy", "compact") } else { topic }
        })
        .collect();
    let options = AdminOptions::new().request_timeout(Some(timeout)).operation_timeout(Some(timeout));
    let results = block_on(admin.create_topics(&new, &options)).map_err(kafka("creating topics"))?;
    let mut made = Vec::new();
    for result in results {
        match result {
            Ok(topic) => {
                tracing::info!(topic, partitions, "made a topic");
                made.push(topic);
            }
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, code)) => return Err(BusError::Topic { topic, reason: code.to_string() }),
        }
    }
    Ok(made)
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for one future on this thread: the admin client is the only async part of rdkafka used here, and librdkafka's own
/// threads complete it, so there is no need for a runtime.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = TaskContext::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}
