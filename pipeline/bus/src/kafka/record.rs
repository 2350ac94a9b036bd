//! Between a [`Message`] and a Kafka record: CloudEvents Kafka protocol binding 1.0, binary content mode.

use rdkafka::message::{Header, Headers, Message as Record, OwnedHeaders};

use crate::message::{BadMessage, Message, Position};

pub(super) fn headers(message: &Message) -> OwnedHeaders {
    let attributes = [
        ("ce_specversion", "1.0"),
        ("ce_id", &message.id),
        ("ce_source", &message.source),
        ("ce_type", &message.kind),
        ("ce_subject", &message.key),
        ("ce_time", &message.time),
    ];
    let headers = OwnedHeaders::new_with_capacity(attributes.len() + 1);
    let headers = attributes.iter().fold(headers, |headers, (key, value)| headers.insert(Header { key, value: Some(*value) }));
    match message.data {
        Some(_) => headers.insert(Header { key: "content-type", value: Some("application/json") }),
        None => headers,
    }
}

/// Reads a record that anybody may have written. `topic` is its topic by our name.
pub(crate) fn read<R: Record>(record: &R, topic: &str) -> Result<Message, BadMessage> {
    let position = Position { topic: topic.to_owned(), partition: record.partition(), offset: record.offset() };
    let text = |attribute: &'static str| -> Option<String> {
        let headers = record.headers()?;
        let value = headers.iter().find(|header| header.key == attribute)?.value?;
        std::str::from_utf8(value).ok().map(str::to_owned)
    };
    let needed =
        |attribute: &'static str| text(attribute).ok_or_else(|| BadMessage::Attribute { position: position.clone(), attribute });
    let version = needed("ce_specversion")?;
    if !version.starts_with("1.") {
        return Err(BadMessage::Version { position, got: version });
    }
    let key = match record.key() {
        Some(key) => std::str::from_utf8(key)
            .map(str::to_owned)
            .map_err(|_| BadMessage::Attribute { position: position.clone(), attribute: "key" })?,
        None => needed("ce_subject")?,
    };
    Ok(Message {
        topic: topic.to_owned(),
        key,
        id: needed("ce_id")?,
        kind: needed("ce_type")?,
        source: needed("ce_source")?,
        // Optional in CloudEvents.
        time: text("ce_time").unwrap_or_default(),
        data: record.payload().map(<[u8]>::to_vec),
    })
}

#[cfg(test)]
mod tests {
    use events::wire::v1::{CandidateData, ObservationData};
    use proptest::prelude::*;
    use rdkafka::message::{OwnedMessage, Timestamp};

    use super::*;

    fn record(payload: Option<Vec<u8>>, key: Option<Vec<u8>>, headers: Option<OwnedHeaders>) -> OwnedMessage {
        OwnedMessage::new(payload, key, "kerbwatch.candidates".to_owned(), Timestamp::NotAvailable, 3, 7, headers)
    }

    fn message(id: String, key: String, data: Option<Vec<u8>>) -> Message {
        Message {
            topic: "kerbwatch.candidates".to_owned(),
            key,
            id,
            kind: "kerbwatch.candidate.v1".to_owned(),
            source: "/kerbwatch/worker-1".to_owned(),
            time: "2026-10-01T08:00:00.000Z".to_owned(),
            data,
        }
    }

    #[test]
    fn a_record_without_attributes_names_the_first_that_is_missing() {
        let error = read(&record(None, None, None), "kerbwatch.candidates").unwrap_err().to_string();
        assert_eq!(error, "record kerbwatch.candidates/3@7: CloudEvents attribute ce_specversion is missing or not UTF-8");
    }

    #[test]
    fn a_version_of_the_future_is_refused() {
        let headers = OwnedHeaders::new().insert(Header { key: "ce_specversion", value: Some("2.0") });
        assert!(matches!(read(&record(None, None, Some(headers)), "t"), Err(BadMessage::Version { got, .. }) if got == "2.0"));
    }

    fn bytes() -> impl Strategy<Value = Option<Vec<u8>>> {
        proptest::option::of(proptest::collection::vec(any::<u8>(), 0..60))
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(id in ".{0,40}", key in "[a-z0-9-]{1,64}", data in bytes()) {
            let message = message(id, key, data);
            let record = record(message.data.clone(), Some(message.key.clone().into_bytes()), Some(headers(&message)));
            prop_assert_eq!(read(&record, &message.topic).unwrap(), message);
        }

        #[test]
        fn arbitrary_bytes_give_a_message_or_a_typed_error(
            payload in bytes(),
            key in bytes(),
            values in proptest::collection::vec((0_usize..8, bytes()), 0..10),
        ) {
            let names =
                ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time", "content-type", "other"];
            let headers = values.iter().fold(OwnedHeaders::new(), |headers, (name, value)| {
                headers.insert(Header { key: names[*name], value: value.as_deref() })
            });
            if let Ok(message) = read(&record(payload.clone(), key, Some(headers)), "t") {
                prop_assert_eq!(&message.data, &payload);
                // Neither may panic, whatever the bytes are.
                let _ = message.parse::<CandidateData>(&message.kind.clone());
                let _ = message.parse::<ObservationData>("kerbwatch.observation.v1");
                prop_assert!(message.to_structured_json().is_object());
            }
        }

        #[test]
        fn arbitrary_json_as_data_gives_data_or_a_typed_error(text in "[\\[\\]{}\":,0-9a-z .-]{0,80}") {
            let message = message("i".to_owned(), "k".to_owned(), Some(text.clone().into_bytes()));
            if let Err(error) = message.parse::<CandidateData>("kerbwatch.candidate.v1") {
                let is_typed = matches!(error, BadMessage::Read { .. });
                prop_assert!(is_typed);
            }
        }
    }
}
