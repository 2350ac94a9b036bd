//! How workers learn their cameras.

use std::collections::BTreeSet;
use std::time::Duration;

use events::CameraId;
use events::wire::v1::{self, CameraData, Event, topic};
use kerbwatch_bus::cameras::{CameraChange, CameraFeed};
use kerbwatch_bus::{BusConfig, Message, open};

use crate::cases::publish_all;
use crate::support::{Broker, kafka, wait_until};

fn camera(id: &str, version: u64) -> Message {
    let data =
        CameraData { camera: id.to_owned(), version, site: format!("[[camera]]\nid = \"{id}\"\nsource = \"v{version}\"\n") };
    let id: CameraId = id.parse().unwrap();
    let event =
        Event::new(v1::CAMERA, format!("{id}-{version}"), "/kerbwatch/console", &id, "2026-10-01T08:00:00.000Z".to_owned(), data);
    Message::from_event(topic::CAMERAS, &event).unwrap()
}

fn removed(id: &str) -> Message {
    let time = "2026-10-01T09:00:00.000Z".to_owned();
    Message::tombstone(topic::CAMERAS, id, format!("{id}-removed"), v1::CAMERA, "/kerbwatch/console", time)
}

/// In short: `+id@version`, `-id`, `<id`.
fn short(changes: Vec<CameraChange>) -> Vec<String> {
    changes
        .into_iter()
        .flat_map(|change| match change {
            CameraChange::Upsert(data) => vec![format!("+{}@{}", data.camera, data.version)],
            CameraChange::Removed(id) => vec![format!("-{id}")],
            CameraChange::Revoked(ids) => ids.into_iter().map(|id| format!("<{id}")).collect(),
        })
        .collect()
}

fn hear(feed: &mut CameraFeed, count: usize) -> BTreeSet<String> {
    let mut heard = Vec::new();
    wait_until("the feed said enough", || {
        heard.extend(short(feed.next(Duration::from_millis(100)).unwrap()));
        heard.len() >= count
    });
    assert_eq!(heard.len(), count, "{heard:?}");
    heard.into_iter().collect()
}

fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

pub(crate) fn only_the_last_word_on_a_camera_is_heard(config: &BusConfig) {
    let bus = open(config).unwrap();
    publish_all(&*bus, &[camera("a", 1), camera("b", 1), camera("b", 2), camera("c", 1), removed("a"), camera("b", 3)]);
    let mut feed = CameraFeed::open(config, "workers").unwrap();
    assert_eq!(hear(&mut feed, 2), set(&["+b@3", "+c@1"]));

    publish_all(&*bus, &[camera("d", 1), removed("b"), camera("c", 2)]);
    assert_eq!(hear(&mut feed, 3), set(&["+d@1", "-b", "+c@2"]));

    // The same again, and an older one, change nothing; the next real change is the next thing heard.
    publish_all(&*bus, &[camera("c", 2), camera("c", 1), camera("c", 5)]);
    assert_eq!(hear(&mut feed, 1), set(&["+c@5"]));

    // A worker that starts later learns the same.
    drop(feed);
    let mut feed = CameraFeed::open(config, "workers").unwrap();
    assert_eq!(hear(&mut feed, 2), set(&["+c@5", "+d@1"]));
}

pub(crate) fn bad_records_on_the_cameras_topic_are_passed_over(config: &BusConfig) {
    let bus = open(config).unwrap();
    let bad_json = Message { data: Some(b"{".to_vec()), ..camera("a", 1) };
    let bad_key = Message { key: "Not A Camera".to_owned(), ..camera("b", 1) };
    let other_key = Message { key: "c".to_owned(), ..camera("d", 1) };
    let other_kind = Message { kind: v1::CASE.to_owned(), ..camera("e", 1) };
    publish_all(&*bus, &[bad_json, bad_key, other_key, other_kind, camera("f", 1)]);
    let mut feed = CameraFeed::open(config, "workers").unwrap();
    assert_eq!(hear(&mut feed, 1), set(&["+f@1"]));
}

/// Cameras that a worker holds, from what its feed said.
#[derive(Default)]
struct Held(BTreeSet<String>);

impl Held {
    fn hear(&mut self, feed: &mut CameraFeed) {
        for change in feed.next(Duration::from_millis(50)).unwrap() {
            match change {
                CameraChange::Upsert(data) => {
                    self.0.insert(data.camera);
                }
                CameraChange::Removed(id) => {
                    self.0.remove(id.as_str());
                }
                CameraChange::Revoked(ids) => {
                    for id in ids {
                        assert!(self.0.remove(id.as_str()), "{id} was revoked and never held");
                    }
                }
            }
        }
    }
}

pub(crate) fn rebalance(broker: &Broker) {
    let config = kafka(broker.config("rebalance"));
    let bus = open(&config).unwrap();
    let names: BTreeSet<String> = (0..24).map(|number| format!("cam-{number}")).collect();
    let cameras: Vec<Message> = names.iter().map(|name| camera(name, 1)).collect();
    publish_all(&*bus, &cameras);

    let mut first = CameraFeed::open(&config, "workers").unwrap();
    let mut held = Held::default();
    wait_until("the first worker has all cameras", || {
        held.hear(&mut first);
        held.0 == names
    });

    let mut second = CameraFeed::open(&config, "workers").unwrap();
    let mut held_by_second = Held::default();
    wait_until("two workers share the cameras", || {
        held.hear(&mut first);
        held_by_second.hear(&mut second);
        let both: BTreeSet<String> = held.0.union(&held_by_second.0).cloned().collect();
        !held.0.is_empty() && !held_by_second.0.is_empty() && both == names && held.0.is_disjoint(&held_by_second.0)
    });

    drop(second);
    wait_until("the first worker has all cameras again", || {
        held.hear(&mut first);
        held.0 == names
    });
}
