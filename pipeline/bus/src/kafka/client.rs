//! What all clients of one cluster share: settings, secrets, names, and what librdkafka says when something is wrong.

use std::sync::{Arc, Mutex, PoisonError};

use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::KafkaError;

use crate::BusError;
use crate::config::{KafkaConfig, Protocol, SaslMechanism, Security};

/// Topics are named after this in the code and in [`events::wire::v1::topic`].
const OUR_PREFIX: &str = "kerbwatch.";

/// A checked configuration, with its secrets read.
pub(super) struct Connection {
    pub(super) config: KafkaConfig,
    common: ClientConfig,
    trouble: Arc<Mutex<Option<String>>>,
}

impl Connection {
    pub(super) fn new(config: &KafkaConfig) -> Result<Self, BusError> {
        config.check()?;
        let mut common = ClientConfig::new();
        common
            .set("bootstrap.servers", config.brokers.join(","))
            .set("client.id", &config.client_id)
            // The default of 10 s would double the time a worker needs to notice that its broker is back.
            .set("reconnect.backoff.max.ms", "5000")
            .set("socket.keepalive.enable", "true");
        secure(&mut common, &config.security)?;
        Ok(Self { config: config.clone(), common, trouble: Arc::default() })
    }

    /// The settings of a client; `settings` come first, so that the file's `extra` can change them (it may not name the
    /// guarded ones, see [`KafkaConfig::check`]).
    pub(super) fn client(&self, settings: &[(&str, &str)]) -> ClientConfig {
        let mut client = self.common.clone();
        for (name, value) in settings {
            client.set(*name, *value);
        }
        for (name, value) in &self.config.extra {
            client.set(name, value);
        }
        client
    }

    pub(super) fn context(&self) -> Context {
        Context { trouble: Arc::clone(&self.trouble) }
    }

    /// The last thing that was wrong, for people.
    pub(super) fn last_trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn settled(&self) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// A topic's name on the broker. Only our own names take the prefix.
    pub(super) fn on_broker(&self, topic: &str) -> String {
        match topic.strip_prefix(OUR_PREFIX) {
            Some(rest) => format!("{}{rest}", self.config.topic_prefix),
            None => topic.to_owned(),
        }
    }

    /// The way back.
    pub(super) fn by_our_name(&self, topic: &str) -> String {
        match topic.strip_prefix(&self.config.topic_prefix) {
            Some(rest) if !self.config.topic_prefix.is_empty() => format!("{OUR_PREFIX}{rest}"),
            _ => topic.to_owned(),
        }
    }

    /// Groups carry the prefix too, so that one prefixed ACL covers an installation.
    pub(super) fn group(&self, group: &str) -> String {
        format!("{}{group}", self.config.topic_prefix)
    }
}

fn secure(client: &mut ClientConfig, security: &Security) -> Result<(), BusError> {
    let protocol = match security.protocol {
        Protocol::Plaintext => "plaintext",
        Protocol::Ssl => "ssl",
        Protocol::SaslPlaintext => "sasl_plaintext",
        Protocol::SaslSsl => "sasl_ssl",
    };
    client.set("security.protocol", protocol);
    let files = [
        ("security.ca_file", "ssl.ca.location", &security.ca_file),
        ("security.cert_file", "ssl.certificate.location", &security.cert_file),
        ("security.key_file", "ssl.key.location", &security.key_file),
    ];
    for (field, setting, file) in files {
        let Some(file) = file else { continue };
        let path = file.display().to_string();
        // librdkafka would name neither the setting nor the file.
        std::fs::File::open(file).map_err(|source| BusError::ConfigFile {
            field: field.to_owned(),
            path: path.clone(),
            source,
        })?;
        client.set(setting, path);
    }
    if let Some(mechanism) = security.sasl_mechanism {
        let mechanism = match mechanism {
            SaslMechanism::Plain => "PLAIN",
            SaslMechanism::ScramSha256 => "SCRAM-SHA-256",
            SaslMechanism::ScramSha512 => "SCRAM-SHA-512",
        };
        client.set("sasl.mechanisms", mechanism);
        client.set("sasl.username", security.username.clone().unwrap_or_default());
        client.set("sasl.password", password(security)?);
    }
    Ok(())
}

fn password(security: &Security) -> Result<String, BusError> {
    if let Some(name) = &security.password_env {
        return std::env::var(name).map_err(|_| BusError::Config {
            field: "security.password_env".to_owned(),
            reason: format!("the environment has no variable {name}"),
        });
    }
    let file = security.password_file.as_ref().expect("the check saw to it that a password is named");
    let text = std::fs::read_to_string(file).map_err(|source| BusError::ConfigFile {
        field: "security.password_file".to_owned(),
        path: file.display().to_string(),
        source,
    })?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// Takes librdkafka's log lines and errors.
#[derive(Clone)]
pub(super) struct Context {
    trouble: Arc<Mutex<Option<String>>>,
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        match level {
            // "Cannot connect" comes once per attempt and broker; the relay and `/readyz` say it once per outage.
            _ if matches!(facility, "FAIL" | "ERROR" | "MAXPOLL" | "REQTMOUT") => tracing::debug!(facility, "librdkafka: {text}"),
            RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical => {
                tracing::error!(facility, "librdkafka: {text}");
            }
            RDKafkaLogLevel::Error | RDKafkaLogLevel::Warning => tracing::warn!(facility, "librdkafka: {text}"),
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug => {
                tracing::debug!(facility, "librdkafka: {text}");
            }
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "librdkafka");
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_topics_carry_the_prefix_to_the_broker_and_lose_it_on_the_way_back() {
        let mut config = KafkaConfig::new(&["localhost:9092"]);
        config.topic_prefix = "city-7.".to_owned();
        let connection = Connection::new(&config).unwrap();
        assert_eq!(connection.on_broker("kerbwatch.cameras"), "city-7.cameras");
        assert_eq!(connection.by_our_name("city-7.cameras"), "kerbwatch.cameras");
        assert_eq!(connection.on_broker("elsewhere"), "elsewhere");
        assert_eq!(connection.by_our_name("elsewhere"), "elsewhere");
        assert_eq!(connection.group("console"), "city-7.console");
    }

    #[test]
    fn a_missing_certificate_or_password_is_named() {
        let mut config = KafkaConfig::new(&["localhost:9092"]);
        config.security.protocol = Protocol::Ssl;
        config.security.ca_file = Some("/nowhere/ca.pem".into());
        let error = Connection::new(&config).err().unwrap().to_string();
        assert!(error.contains("security.ca_file") && error.contains("/nowhere/ca.pem"), "{error}");

        let mut config = KafkaConfig::new(&["localhost:9092"]);
        config.security.protocol = Protocol::SaslPlaintext;
        config.security.sasl_mechanism = Some(SaslMechanism::Plain);
        config.security.username = Some("worker".to_owned());
        config.security.password_env = Some("KERBWATCH_NO_SUCH_VARIABLE".to_owned());
        let error = Connection::new(&config).err().unwrap().to_string();
        assert!(error.contains("KERBWATCH_NO_SUCH_VARIABLE"), "{error}");
    }
}
