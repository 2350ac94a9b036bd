//! TLS, log-in and rights, against a real broker: what `deploy/kafka/README.md` says about them holds.

#![allow(clippy::unwrap_used, reason = "clippy's leave for tests does not reach their helper functions")]

mod support;

use events::wire::v1::topic;
use kerbwatch_bus::{
    BusConfig, BusHealth, KafkaConfig, Message, Outcome, Protocol, SaslMechanism, Security, Start, ensure_topics, open,
};
use std::time::Duration;
use support::wait_until;

fn message(topic: &str) -> Message {
    Message {
        topic: topic.to_owned(),
        key: "xh-0412".to_owned(),
        id: format!("{topic}-1"),
        kind: "kerbwatch.candidate.v1".to_owned(),
        source: "/kerbwatch/worker-1".to_owned(),
        time: "2026-10-01T08:00:00.000Z".to_owned(),
        data: Some(b"{}".to_vec()),
    }
}

#[test]
fn only_who_may_can_and_only_over_tls() {
    let Some(broker) = support::secure() else {
        support::notice("SKIPPED: Apache Kafka jars not available: TLS, log-in and rights are not tested");
        return;
    };
    broker.grant();
    let secrets = broker.folder().join("secure");
    let config = |user: &str, password_of: &str| {
        let mut config = KafkaConfig::new(&[&broker.address]);
        config.create_topics = false;
        config.message_timeout_ms = 3_000;
        config.security = Security {
            protocol: Protocol::SaslSsl,
            ca_file: Some(secrets.join("ca.pem")),
            sasl_mechanism: Some(SaslMechanism::ScramSha512),
            username: Some(user.to_owned()),
            password_file: Some(secrets.join(format!("{password_of}.password"))),
            ..Security::default()
        };
        BusConfig::Kafka(config)
    };
    let as_user = |user: &str, password_of: &str| open(&config(user, password_of)).unwrap();
    wait_until("the administrator made the topics", || ensure_topics(&config("admin", "admin")).is_ok());
    let publish = |bus: &dyn kerbwatch_bus::Bus, topic: &str| bus.publish(&[message(topic)]).remove(0);

    let worker = as_user("worker", "worker");
    wait_until("the worker's candidate is accepted", || publish(&*worker, topic::CANDIDATES) == Outcome::Delivered);
    assert_eq!(worker.health(), BusHealth::Up);
    // What a person can mend never goes to the dead letters.
    let refused = publish(&*worker, topic::CAMERAS);
    assert!(matches!(&refused, Outcome::Retry(reason) if reason.to_lowercase().contains("authorization")), "{refused:?}");

    let console = as_user("console", "console");
    assert_eq!(publish(&*console, topic::CAMERAS), Outcome::Delivered);
    assert_eq!(publish(&*console, topic::CASES), Outcome::Delivered);
    assert!(matches!(publish(&*console, topic::CANDIDATES), Outcome::Retry(_)));
    let mut member = console.subscribe("console", &[topic::CANDIDATES, topic::OBSERVATIONS], Start::Earliest).unwrap();
    let mut got = Vec::new();
    wait_until("the console read the candidate", || {
        got.extend(member.next(Duration::from_millis(200)).unwrap());
        !got.is_empty()
    });
    assert_eq!(got[0].message, message(topic::CANDIDATES));
    member.commit(&got).unwrap();

    let stranger = as_user("worker", "console");
    let refused = publish(&*stranger, topic::CANDIDATES);
    assert!(matches!(&refused, Outcome::Retry(reason) if reason.contains("uthentication")), "{refused:?}");
    assert!(matches!(stranger.health(), BusHealth::Down { .. }));

    let mut open_text = KafkaConfig::new(&[&broker.address]);
    open_text.create_topics = false;
    open_text.message_timeout_ms = 3_000;
    let open_text = open(&BusConfig::Kafka(open_text)).unwrap();
    assert!(matches!(publish(&*open_text, topic::CANDIDATES), Outcome::Retry(_)));
}
