//! What the console is told at start.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use objects::ObjectsConfig;
use serde::Deserialize;

use crate::dto::Role;
use crate::oidc::OidcConfig;
use crate::retention::RetentionConfig;
use crate::sla::ReviewConfig;

/// The table `[console]` of the configuration file. Every field has a default.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConsoleConfig {
    /// Where it listens. Default `127.0.0.1:8080`: anything wider belongs behind a TLS proxy, with `secure_cookies`.
    pub listen: SocketAddr,
    /// `sqlite:///path/to/console.db` or `postgres://…`. Default `sqlite://kerbwatch-console.db` in the working folder.
    pub database: String,
    /// The root of the evidence store; the keys in candidates are relative to it.
    pub evidence: PathBuf,
    /// The object store in which evidence is that is not in the folder.
    pub objects: Option<ObjectsConfig>,
    /// The consumer group on the bus: all consoles of an installation share it.
    pub bus_group: String,
    /// Mark cookies `Secure`. Needed behind HTTPS, impossible on plain HTTP other than localhost.
    pub secure_cookies: bool,
    /// The address people type, e.g. `https://kerbwatch.example`; requests that name another origin are refused.
    pub public_url: Option<String>,
    /// In which time zone pages show times.
    pub time_zone: String,
    /// A session that is not used for so long ends, seconds. Default 30 minutes.
    pub session_idle_s: u32,
    /// A session ends after so long, whatever happens, seconds. Default 12 hours: one shift.
    pub session_s: u32,
    /// Roles that need a second factor. Until they have one, nothing else is open to them.
    pub totp_required: Vec<Role>,
    /// A file with 32 random bytes in base64, which seals what is secret in the database (the secrets of authenticator
    /// applications). Without it the key lies in the database itself, and a stolen copy of that is enough to make codes.
    pub secret_key: Option<PathBuf>,
    /// Sign-in with an identity provider, beside passwords.
    pub oidc: Option<OidcConfig>,
    /// A camera not heard of for so long counts as unknown, seconds. Default 300.
    pub camera_silence_s: u32,
    /// Connections to the database. Default 8.
    pub database_connections: u32,
    /// Targets and order of the first review.
    pub review: ReviewConfig,
    /// How long evidence pictures are kept.
    pub retention: RetentionConfig,
}

impl Default for ConsoleConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            database: "sqlite://kerbwatch-console.db".to_owned(),
            evidence: PathBuf::from("evidence"),
            objects: None,
            bus_group: "kerbwatch-console".to_owned(),
            secure_cookies: false,
            public_url: None,
            time_zone: "Asia/Shanghai".to_owned(),
            session_idle_s: 30 * 60,
            session_s: 12 * 60 * 60,
            totp_required: Vec::new(),
            secret_key: None,
            oidc: None,
            camera_silence_s: 300,
            database_connections: 8,
            review: ReviewConfig::default(),
            retention: RetentionConfig::default(),
        }
    }
}
