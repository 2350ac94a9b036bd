//! What a configuration file may say, and what it is told when it is wrong.

#![allow(clippy::unwrap_used, reason = "clippy's leave for tests does not reach their helper functions")]

use kerbwatch_bus::{BusConfig, Protocol, SaslMechanism, open};

fn read(json: serde_json::Value) -> Result<BusConfig, String> {
    let config: BusConfig = serde_json::from_value(json).map_err(|error| error.to_string())?;
    config.check().map_err(|error| error.to_string())?;
    Ok(config)
}

fn refused(json: serde_json::Value, word: &str) {
    let error = read(json).unwrap_err();
    assert!(error.contains(word), "{error:?} should name {word:?}");
}

#[test]
fn a_full_kafka_configuration_is_understood() {
    let config = read(serde_json::json!({
        "kind": "kafka",
        "brokers": ["kafka-1:9093", "kafka-2:9093"],
        "topic_prefix": "city-7.",
        "replication_factor": 3,
        "partitions": 96,
        "security": {
            "protocol": "sasl_ssl", "ca_file": "/etc/kerbwatch/ca.pem",
            "sasl_mechanism": "SCRAM-SHA-512", "username": "worker", "password_env": "KAFKA_PASSWORD"
        },
        "extra": { "compression.type": "lz4" }
    }));
    let Ok(BusConfig::Kafka(kafka)) = config else { panic!("{config:?}") };
    assert_eq!(kafka.security.protocol, Protocol::SaslSsl);
    assert_eq!(kafka.security.sasl_mechanism, Some(SaslMechanism::ScramSha512));
    assert_eq!((kafka.partitions, kafka.message_timeout_ms), (96, 30_000));
}

#[test]
fn what_cannot_work_is_refused_by_name() {
    let kafka = |more: serde_json::Value| {
        let mut json = serde_json::json!({ "kind": "kafka", "brokers": ["k:9092"] });
        json.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json
    };
    read(kafka(serde_json::json!({}))).unwrap();
    refused(serde_json::json!({ "kind": "carrier-pigeon" }), "carrier-pigeon");
    refused(serde_json::json!({ "kind": "local", "path": "bus.db", "speed": 3 }), "speed");
    refused(serde_json::json!({ "kind": "local", "path": "" }), "path");
    refused(kafka(serde_json::json!({ "brokerz": [] })), "brokerz");
    refused(kafka(serde_json::json!({ "brokers": [] })), "brokers");
    refused(kafka(serde_json::json!({ "brokers": ["kafka-1"] })), "kafka-1");
    refused(kafka(serde_json::json!({ "brokers": ["a:1,b:2"] })), "host:port");
    refused(kafka(serde_json::json!({ "topic_prefix": "city 7." })), "topic_prefix");
    refused(kafka(serde_json::json!({ "partitions": 0 })), "partitions");
    refused(kafka(serde_json::json!({ "replication_factor": 0 })), "replication_factor");
    refused(kafka(serde_json::json!({ "message_timeout_ms": 5 })), "message_timeout_ms");
    refused(kafka(serde_json::json!({ "extra": { "acks": "0" } })), "extra.acks");
    refused(kafka(serde_json::json!({ "security": { "protocol": "sasl_ssl" } })), "sasl_mechanism");
    refused(kafka(serde_json::json!({ "security": { "username": "w" } })), "protocol");
    refused(kafka(serde_json::json!({ "security": { "ca_file": "ca.pem" } })), "ca_file");
    refused(kafka(serde_json::json!({ "security": { "protocol": "ssl", "cert_file": "c.pem" } })), "key_file");
    refused(
        kafka(serde_json::json!({ "security": { "protocol": "sasl_ssl", "sasl_mechanism": "PLAIN", "username": "w" } })),
        "password",
    );
    refused(kafka(serde_json::json!({ "security": { "protocol": "sasl_ssl", "sasl_mechanism": "OAUTHBEARER" } })), "OAUTHBEARER");
}

#[test]
fn a_damaged_local_bus_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bus.db");
    let text = "not a database, and long enough to be taken for a header by a careless reader\n".repeat(60);
    std::fs::write(&path, &text).unwrap();
    let error = open(&BusConfig::Local { path: path.clone() }).err().unwrap().to_string();
    assert!(error.contains(&path.display().to_string()), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn an_unknown_librdkafka_setting_is_refused_at_start() {
    let config = read(serde_json::json!({ "kind": "kafka", "brokers": ["k:9092"], "extra": { "no.such.thing": "1" } }));
    let error = open(&config.unwrap()).err().unwrap();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("no.such.thing"), "{error}: {source}");
}
