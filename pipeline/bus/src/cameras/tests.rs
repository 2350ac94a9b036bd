use super::*;
use crate::message::{Message, Position};

fn record(partition: i32, id: &str, version: Option<u64>) -> FeedEvent {
    let data =
        version.map(|version| serde_json::to_vec(&CameraData { camera: id.to_owned(), version, site: String::new() }).unwrap());
    let message = Message {
        topic: topic::CAMERAS.to_owned(),
        key: id.to_owned(),
        id: format!("{id}-{version:?}"),
        kind: v1::CAMERA.to_owned(),
        source: "/kerbwatch/console".to_owned(),
        time: String::new(),
        data,
    };
    FeedEvent::Record(Box::new(Delivery {
        message,
        position: Position { topic: topic::CAMERAS.to_owned(), partition, offset: 0 },
    }))
}

fn play(state: &mut CameraState, events: Vec<FeedEvent>) -> Vec<String> {
    let mut changes = Vec::new();
    for event in events {
        state.step(event, &mut changes);
    }
    changes
        .into_iter()
        .map(|change| match change {
            CameraChange::Upsert(data) => format!("+{}@{}", data.camera, data.version),
            CameraChange::Removed(id) => format!("-{id}"),
            CameraChange::Revoked(ids) => ids.iter().map(|id| format!("<{id}")).collect(),
        })
        .collect()
}

#[test]
fn nothing_is_handed_out_before_a_partition_was_read_to_its_end() {
    let mut state = CameraState::default();
    let early = vec![FeedEvent::Assigned(0), record(0, "a", Some(1)), record(0, "a", Some(2)), record(0, "b", Some(1))];
    assert!(play(&mut state, early).is_empty());
    assert_eq!(play(&mut state, vec![record(0, "b", None), FeedEvent::CaughtUp(0)]), ["+a@2"]);
    assert_eq!(play(&mut state, vec![record(0, "c", Some(1))]), ["+c@1"]);
}

#[test]
fn a_revoked_partition_takes_its_cameras_with_it_and_comes_back_from_its_beginning() {
    let mut state = CameraState::default();
    let events = vec![
        FeedEvent::Assigned(0),
        FeedEvent::Assigned(1),
        record(0, "a", Some(1)),
        record(1, "b", Some(1)),
        FeedEvent::CaughtUp(0),
        FeedEvent::CaughtUp(1),
        FeedEvent::Revoked(0),
    ];
    assert_eq!(play(&mut state, events), ["+a@1", "+b@1", "<a"]);
    // A record that was under way is not taken for a camera of ours.
    assert!(play(&mut state, vec![record(0, "a", Some(2)), FeedEvent::CaughtUp(0)]).is_empty());
    let again = vec![FeedEvent::Assigned(0), record(0, "a", Some(2)), FeedEvent::CaughtUp(0)];
    assert_eq!(play(&mut state, again), ["+a@2"]);
}

#[test]
fn an_older_version_does_not_replace_a_newer_one() {
    let mut state = CameraState::default();
    let events = vec![
        FeedEvent::Assigned(0),
        FeedEvent::CaughtUp(0),
        record(0, "a", Some(3)),
        record(0, "a", Some(2)),
        record(0, "a", None),
        record(0, "a", Some(1)),
    ];
    assert_eq!(play(&mut state, events), ["+a@3", "-a", "+a@1"]);
}
