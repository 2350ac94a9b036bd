//! What crosses process borders: spool, Kafka, local bus
