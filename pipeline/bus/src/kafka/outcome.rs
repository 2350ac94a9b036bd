//! Which of Kafka's errors speak of the message, and which of the world.
//!
//! | error | is | outcome |
//! | --- | --- | --- |
//! | `MessageSizeTooLarge` | larger than the client or the topic allows | rejected |
//! | `InvalidRecord` | the broker's validation refuses this record (no key on a compacted topic) | rejected |
//! | `InvalidMessageSize`, `MessageBatchTooLarge` | alone, larger than a segment | rejected |
//! | `InvalidDifferentRecord` | another record of the same batch was invalid | tried alone |
//! | authentication, authorisation, unknown or invalid topic | settings of the cluster: a person mends them, the message is fine | retried |
//! | timeouts, transport, leader changes, not enough replicas, fatal state of the producer | the world | retried |
//!
//! So nothing that somebody can mend ever sends evidence to the dead letters. A broker refuses a *batch* for one bad record,
//! so a refused message is judged only after it was sent alone ([`super::producer`]).

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// The message, or one that was sent with it, is at fault.
    Refused,
    /// The world is at fault.
    Retry,
    /// So is the producer: it is of no more use.
    RetryWithNewProducer,
}

pub(super) fn fate(error: &KafkaError) -> Fate {
    use RDKafkaErrorCode as Code;
    match error.rdkafka_error_code() {
        Some(
            Code::MessageSizeTooLarge
            | Code::InvalidRecord
            | Code::InvalidDifferentRecord
            | Code::InvalidMessageSize
            | Code::MessageBatchTooLarge,
        ) => Fate::Refused,
        Some(Code::Fatal) => Fate::RetryWithNewProducer,
        // Hundreds of codes, new ones with each release; what we do not know is never a reason to throw a message away.
        _ => Fate::Retry,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_the_messages_own_fault_is_refused() {
        use RDKafkaErrorCode as Code;
        for code in [Code::MessageSizeTooLarge, Code::InvalidRecord] {
            assert_eq!(fate(&KafkaError::MessageProduction(code)), Fate::Refused, "{code:?}");
        }
        for code in [
            Code::TopicAuthorizationFailed,
            Code::Authentication,
            Code::UnknownTopicOrPartition,
            Code::InvalidTopic,
            Code::MessageTimedOut,
            Code::AllBrokersDown,
            Code::NotEnoughReplicas,
            Code::QueueFull,
        ] {
            assert_eq!(fate(&KafkaError::MessageProduction(code)), Fate::Retry, "{code:?}");
        }
        assert_eq!(fate(&KafkaError::MessageProduction(Code::Fatal)), Fate::RetryWithNewProducer);
    }
}
