//! What the configuration file says about the bus. Units stand in the names; what cannot work is refused by [`BusConfig::check`].

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use crate::BusError;

/// Which bus, and where: the table `[bus]` with `kind = "local"` or `kind = "kafka"`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
#[allow(clippy::large_enum_variant, reason = "there is one per process, and it is read once")]
pub enum BusConfig {
    /// One SQLite file on this machine; many processes may share it.
    Local {
        /// The file; made with its folder when missing. Must not lie on a network file system (SQLite's WAL needs shared memory).
        path: PathBuf,
    },
    /// Apache Kafka.
    Kafka(KafkaConfig),
}

/// How to reach Kafka.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KafkaConfig {
    /// `host:port`, at least one; the others are learnt from it.
    pub brokers: Vec<String>,
    /// Encryption and log-in; none by default.
    #[serde(default)]
    pub security: Security,
    /// What the broker's logs and quotas call this process.
    #[serde(default = "default_client_id")]
    pub client_id: String,
    /// Stands in front of topic and group names, so that installations can share a cluster: `kerbwatch.candidates` is
    /// `<topic_prefix>candidates` on the broker.
    #[serde(default = "default_topic_prefix")]
    pub topic_prefix: String,
    /// Make missing topics on first use. Where the broker does not allow it, that is logged once and they are expected to exist.
    #[serde(default = "default_true")]
    pub create_topics: bool,
    /// Copies of each topic that is made, 1 to 32767. 3 in a real cluster.
    #[serde(default = "default_replication")]
    pub replication_factor: u16,
    /// Partitions of each topic that is made: the most workers that can share the cameras. Cannot shrink later, and growing it moves keys.
    #[serde(default = "default_partitions")]
    pub partitions: u16,
    /// After so many milliseconds without an acknowledgement a message goes back to the spool (and is sent again). At least 1000.
    #[serde(default = "default_message_timeout_ms")]
    pub message_timeout_ms: u64,
    /// Largest message this producer sends, in bytes. Must not exceed what the topics allow (`max.message.bytes`).
    #[serde(default = "default_message_max_bytes")]
    pub message_max_bytes: u32,
    /// A member that the broker has not heard of for so long, in milliseconds, is dead, and its partitions go to others.
    #[serde(default = "default_session_timeout_ms")]
    pub session_timeout_ms: u32,
    /// Any other librdkafka setting, by its own name; stronger than what is derived from the fields above, except for the
    /// settings that make delivery safe, which are refused.
    #[serde(default)]
    pub extra: BTreeMap<String, String>,
}

/// How to log in, and what encrypts.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Security {
    /// Encryption and log-in.
    #[serde(default)]
    pub protocol: Protocol,
    /// Certificate authorities that sign the brokers' certificates, PEM. The system's when absent.
    pub ca_file: Option<PathBuf>,
    /// This client's certificate, PEM, for mutual TLS. Needs `key_file`.
    pub cert_file: Option<PathBuf>,
    /// Its key, PEM.
    pub key_file: Option<PathBuf>,
    /// How the password is proven. Needed with the `sasl_` protocols.
    pub sasl_mechanism: Option<SaslMechanism>,
    /// Who logs in.
    pub username: Option<String>,
    /// The environment variable that holds the password. One of this and `password_file`.
    pub password_env: Option<String>,
    /// The file that holds the password; a line end at its end is not part of it.
    pub password_file: Option<PathBuf>,
}

/// Encryption and log-in, as Kafka names them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// Neither.
    #[default]
    Plaintext,
    /// TLS.
    Ssl,
    /// Log-in without encryption.
    SaslPlaintext,
    /// TLS and log-in.
    SaslSsl,
}

/// How the password is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum SaslMechanism {
    /// Sent as it is: only over TLS.
    #[serde(rename = "PLAIN")]
    Plain,
    /// Challenge and response.
    #[serde(rename = "SCRAM-SHA-256")]
    ScramSha256,
    /// Challenge and response, longer digest.
    #[serde(rename = "SCRAM-SHA-512")]
    ScramSha512,
}

fn default_client_id() -> String {
    "kerbwatch".to_owned()
}
fn default_topic_prefix() -> String {
    "kerbwatch.".to_owned()
}
fn default_true() -> bool {
    true
}
fn default_replication() -> u16 {
    1
}
/// Enough for a dozen workers at several partitions each, so that one worker's death spreads over the others.
fn default_partitions() -> u16 {
    48
}
fn default_message_timeout_ms() -> u64 {
    30_000
}
/// librdkafka's and Kafka's own default; candidates are a few kilobytes, evidence does not travel on the bus.
fn default_message_max_bytes() -> u32 {
    1_000_000
}
/// A third of Kafka's default: a dead worker's cameras are blind until it has passed.
fn default_session_timeout_ms() -> u32 {
    15_000
}

/// Settings that the promise "nothing lost, order per key" rests on; see `kafka::client`.
const GUARDED: [&str; 9] = [
    "enable.idempotence",
    "acks",
    "request.required.acks",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "isolation.level",
    "group.id",
    "partition.assignment.strategy",
    "group.protocol",
];

impl KafkaConfig {
    /// Plain text, all defaults.
    pub fn new(brokers: &[&str]) -> Self {
        Self {
            brokers: brokers.iter().map(|&broker| broker.to_owned()).collect(),
            security: Security::default(),
            client_id: default_client_id(),
            topic_prefix: default_topic_prefix(),
            create_topics: default_true(),
            replication_factor: default_replication(),
            partitions: default_partitions(),
            message_timeout_ms: default_message_timeout_ms(),
            message_max_bytes: default_message_max_bytes(),
            session_timeout_ms: default_session_timeout_ms(),
            extra: BTreeMap::new(),
        }
    }
}

impl BusConfig {
    /// Refuses what cannot work, without touching the network or any file.
    ///
    /// # Errors
    /// [`BusError::Config`] names the setting and the reason.
    pub fn check(&self) -> Result<(), BusError> {
        match self {
            BusConfig::Local { path } if path.as_os_str().is_empty() => Err(wrong("path", "is empty")),
            BusConfig::Local { .. } => Ok(()),
            BusConfig::Kafka(kafka) => kafka.check(),
        }
    }
}

fn wrong(field: &str, reason: &str) -> BusError {
    BusError::Config { field: field.to_owned(), reason: reason.to_owned() }
}

impl KafkaConfig {
    pub(crate) fn check(&self) -> Result<(), BusError> {
        if self.brokers.is_empty() {
            return Err(wrong("brokers", "names no broker; expected e.g. [\"kafka-1:9092\"]"));
        }
        for broker in &self.brokers {
            let port = broker.rsplit_once(':').and_then(|(host, port)| (!host.is_empty()).then_some(port));
            if port.and_then(|port| port.parse::<u16>().ok()).is_none() || broker.contains([',', ' ', '/']) {
                return Err(wrong("brokers", &format!("{broker:?} is not host:port")));
            }
        }
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if !self.topic_prefix.chars().all(legal) || self.topic_prefix.len() > 200 {
            return Err(wrong("topic_prefix", "may hold only A-Z, a-z, 0-9, '.', '_' and '-', 200 at most"));
        }
        if self.replication_factor == 0 || i32::from(self.replication_factor) > i32::from(i16::MAX) {
            return Err(wrong("replication_factor", "must be 1 to 32767"));
        }
        if self.partitions == 0 {
            return Err(wrong("partitions", "must be at least 1"));
        }
        if !(1_000..=3_600_000).contains(&self.message_timeout_ms) {
            return Err(wrong("message_timeout_ms", "must be 1000 to 3600000"));
        }
        if !(1_000..=1_000_000_000).contains(&self.message_max_bytes) {
            return Err(wrong("message_max_bytes", "must be 1000 to 1000000000"));
        }
        if !(1_000..=3_600_000).contains(&self.session_timeout_ms) {
            return Err(wrong("session_timeout_ms", "must be 1000 to 3600000"));
        }
        if let Some(name) = self.extra.keys().find(|name| GUARDED.contains(&name.as_str())) {
            return Err(wrong(&format!("extra.{name}"), "is fixed: safe delivery rests on it"));
        }
        self.security.check()
    }
}

impl Security {
    fn check(&self) -> Result<(), BusError> {
        let (tls, sasl) = match self.protocol {
            Protocol::Plaintext => (false, false),
            Protocol::Ssl => (true, false),
            Protocol::SaslPlaintext => (false, true),
            Protocol::SaslSsl => (true, true),
        };
        let files = [("ca_file", &self.ca_file), ("cert_file", &self.cert_file), ("key_file", &self.key_file)];
        if let Some((name, _)) = files.iter().find(|(_, file)| !tls && file.is_some()) {
            return Err(wrong(&format!("security.{name}"), "has no meaning without protocol ssl or sasl_ssl"));
        }
        if self.cert_file.is_some() != self.key_file.is_some() {
            return Err(wrong("security.cert_file", "and key_file come together"));
        }
        let passwords = usize::from(self.password_env.is_some()) + usize::from(self.password_file.is_some());
        if !sasl {
            if self.sasl_mechanism.is_some() || self.username.is_some() || passwords > 0 {
                return Err(wrong("security.protocol", "must be sasl_plaintext or sasl_ssl to log in with a password"));
            }
            return Ok(());
        }
        if self.sasl_mechanism.is_none() {
            return Err(wrong("security.sasl_mechanism", "is needed: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"));
        }
        if self.username.as_deref().is_none_or(str::is_empty) {
            return Err(wrong("security.username", "is needed with protocol sasl_plaintext and sasl_ssl"));
        }
        if passwords != 1 {
            return Err(wrong("security.password_env", "or password_file is needed, and only one of them"));
        }
        Ok(())
    }
}
