//! How a worker learns which cameras are its own.
//!
//! In the city all workers form one consumer group on the compacted topic `kerbwatch.cameras`, and the partitions a worker is
//! assigned *are* the cameras it watches. A newly assigned partition is always read from its beginning, so a worker keeps no
//! state about cameras; nothing is ever committed. What stands there is handed out only once the partition has been read to its
//! end, and only the last word on each camera, so that no camera is started by a zone version that was replaced yesterday.
//! Partitions are handed over one by one (cooperative), so that a worker that comes or goes does not stop everybody's cameras.
//!
//! Alone there is one worker and it gets all cameras of the local bus.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use events::CameraId;
use events::wire::v1::{self, CameraData, topic};

use crate::kafka::CameraConsumer;
use crate::local::LocalTail;
use crate::message::Delivery;
use crate::relay::chain;
use crate::{BusConfig, BusError, telemetry};

/// What changed about the cameras of this worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CameraChange {
    /// Watch this camera from now on, or with these new settings. Its `site` is unchecked text: parse it with [`events::site`].
    Upsert(CameraData),
    /// The camera was deleted.
    Removed(CameraId),
    /// These cameras belong to another worker now: stop watching, keep their open candidates out of this worker's hands.
    Revoked(Vec<CameraId>),
}

/// A worker's view of the cameras topic. One per worker, used from one thread; dropping it gives all cameras back.
pub struct CameraFeed {
    source: Source,
    state: CameraState,
}

enum Source {
    Local(LocalTail),
    Kafka(CameraConsumer),
}

/// What the source of cameras says, one step at a time.
#[derive(Debug)]
pub(crate) enum FeedEvent {
    /// A record of the topic.
    Record(Box<Delivery>),
    /// A partition is ours now, and will be read from its beginning.
    Assigned(i32),
    /// A partition has been read to its end, for now.
    CaughtUp(i32),
    /// A partition is no longer ours.
    Revoked(i32),
}

impl CameraFeed {
    /// Joins. Does not wait for a broker.
    ///
    /// # Errors
    /// Wrong settings or a damaged local file.
    pub fn open(config: &BusConfig, group: &str) -> Result<Self, BusError> {
        let mut state = CameraState::default();
        let source = match config {
            BusConfig::Local { path } => {
                state.assigned(ALL);
                Source::Local(LocalTail::open(path, topic::CAMERAS)?)
            }
            BusConfig::Kafka(kafka) => Source::Kafka(CameraConsumer::open(kafka, group)?),
        };
        Ok(Self { source, state })
    }

    /// What changed, in order; empty when nothing did within `timeout`. Must be called often (at least once a minute): a
    /// worker that does not is taken for dead and loses its cameras.
    ///
    /// # Errors
    /// When reading failed. The feed stays usable: call again, after a pause.
    pub fn next(&mut self, timeout: Duration) -> Result<Vec<CameraChange>, BusError> {
        let mut changes = Vec::new();
        match &mut self.source {
            Source::Local(tail) => {
                for delivery in tail.next(timeout)? {
                    self.state.record(ALL, &delivery);
                }
                self.state.caught_up(ALL, &mut changes);
            }
            Source::Kafka(consumer) => {
                for event in consumer.next(timeout)? {
                    self.state.step(event, &mut changes);
                }
            }
        }
        Ok(changes)
    }
}

/// The one partition of the local bus, as the feed sees it.
const ALL: i32 = 0;

/// Folds records into changes. Pure, so that it can be tested without a broker.
#[derive(Debug, Default)]
pub(crate) struct CameraState {
    partitions: HashMap<i32, Partition>,
}

#[derive(Debug, Default)]
struct Partition {
    /// Cameras handed out, with what was said of them.
    known: BTreeMap<CameraId, CameraData>,
    /// The last word on each camera since the last hand-out; `None` is a tombstone.
    news: BTreeMap<CameraId, Option<CameraData>>,
    /// Read to the end at least once since it was assigned.
    complete: bool,
}

impl CameraState {
    pub(crate) fn step(&mut self, event: FeedEvent, changes: &mut Vec<CameraChange>) {
        match event {
            FeedEvent::Assigned(partition) => self.assigned(partition),
            FeedEvent::Record(delivery) => {
                let partition = delivery.position.partition;
                self.record(partition, &delivery);
                if self.partitions.get(&partition).is_some_and(|partition| partition.complete) {
                    self.caught_up(partition, changes);
                }
            }
            FeedEvent::CaughtUp(partition) => self.caught_up(partition, changes),
            FeedEvent::Revoked(partition) => {
                let gone = self.partitions.remove(&partition).unwrap_or_default();
                if !gone.known.is_empty() {
                    changes.push(CameraChange::Revoked(gone.known.into_keys().collect()));
                }
            }
        }
    }

    fn assigned(&mut self, partition: i32) {
        self.partitions.entry(partition).or_default();
    }

    /// Notes a record. What is no camera is counted and passed over: one bad record must not blind the street.
    fn record(&mut self, partition: i32, delivery: &Delivery) {
        // A record that was already on its way when its partition was revoked.
        let Some(partition) = self.partitions.get_mut(&partition) else { return };
        match read(delivery) {
            Ok((id, data)) => {
                partition.news.insert(id, data);
            }
            Err(reason) => {
                tracing::warn!(position = %delivery.position, key = delivery.message.key, reason, "a record on the cameras topic was passed over");
                telemetry::malformed(topic::CAMERAS);
            }
        }
    }

    /// Hands out the news.
    fn caught_up(&mut self, partition: i32, changes: &mut Vec<CameraChange>) {
        let Some(partition) = self.partitions.get_mut(&partition) else { return };
        partition.complete = true;
        for (id, news) in std::mem::take(&mut partition.news) {
            match (partition.known.get(&id), news) {
                (None, None) => {}
                (Some(_), None) => {
                    partition.known.remove(&id);
                    changes.push(CameraChange::Removed(id));
                }
                (Some(known), Some(data)) if *known == data => {}
                // Two consoles wrote at the same time and the older came last.
                (Some(known), Some(data)) if data.version < known.version => {
                    tracing::warn!(camera = %id, known = known.version, got = data.version, "an older version of a camera was passed over");
                }
                (_, Some(data)) => {
                    partition.known.insert(id, data.clone());
                    changes.push(CameraChange::Upsert(data));
                }
            }
        }
    }
}

fn read(delivery: &Delivery) -> Result<(CameraId, Option<CameraData>), String> {
    let message = &delivery.message;
    let id: CameraId = message.key.parse().map_err(|error| format!("its key: {error}"))?;
    if message.data.is_none() {
        return Ok((id, None));
    }
    let data: CameraData = message.parse(v1::CAMERA).map_err(|error| chain(&error))?;
    if data.camera != id.as_str() {
        return Err(format!("its data is of camera {:?}", data.camera));
    }
    Ok((id, Some(data)))
}

#[cfg(test)]
mod tests;
