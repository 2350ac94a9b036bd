//! Which store, and by what right.

use std::net::IpAddr;
use std::path::PathBuf;

use object_store::Certificate;
use serde::Deserialize;

/// What of `[evidence]` says where the object store is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectsConfig {
    /// `s3://bucket` or `s3://bucket/prefix`.
    pub store: String,
    /// The store's address, e.g. `https://s3.city.example`; that of Amazon's region when absent.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// Part of every signature; what stores that have no regions expect is `us-east-1`.
    #[serde(default = "region")]
    pub region: String,
    /// The bucket stands in the path and not in the name of the host. What most stores of one's own want.
    #[serde(default = "path_style")]
    pub path_style: bool,
    /// A file in the form of AWS's shared credentials, first section; the environment (`AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`) when absent.
    #[serde(default)]
    pub credentials: Option<PathBuf>,
    /// Certificate authorities, PEM, that are believed beside the system's: for a store whose certificate the city signs itself.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
}

fn region() -> String {
    "us-east-1".to_owned()
}

fn path_style() -> bool {
    true
}

/// What is wrong with it.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The store's name.
    #[error("evidence.store {0:?}: {1}; expected s3://bucket or s3://bucket/prefix")]
    Store(String, String),
    /// Its address.
    #[error("evidence.endpoint {0:?}: {1}")]
    Endpoint(String, &'static str),
    /// A file that a setting names.
    #[error("evidence.{setting}: reading {path}")]
    Read {
        /// Which setting.
        setting: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The certificate authorities.
    #[error("evidence.ca_file {path}: {why}")]
    Authorities {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// No credentials.
    #[error("evidence.store: {0}")]
    Credentials(String),
    /// The client cannot be made.
    #[error("evidence.store: {0}")]
    Client(String),
}

/// Bucket and prefix.
pub(crate) struct Place {
    pub(crate) bucket: String,
    pub(crate) prefix: String,
}

impl Place {
    /// The address with the bucket in the name of the host.
    pub(crate) fn hosted(&self, endpoint: &str) -> String {
        match endpoint.split_once("://") {
            Some((scheme, host)) => format!("{scheme}://{}.{host}", self.bucket),
            None => endpoint.to_owned(),
        }
    }
}

/// An access key. It has no `Debug`: it is in no log.
pub(crate) struct Credentials {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) token: Option<String>,
}

impl ObjectsConfig {
    pub(crate) fn place(&self) -> Result<Place, ConfigError> {
        let wrong = |why: &str| ConfigError::Store(self.store.clone(), why.to_owned());
        let rest = self.store.strip_prefix("s3://").ok_or_else(|| wrong("it does not begin with s3://"))?;
        let (bucket, prefix) = rest.trim_end_matches('/').split_once('/').unwrap_or((rest.trim_end_matches('/'), ""));
        let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
        if !(3..=63).contains(&bucket.len()) || !bucket.bytes().all(good) {
            return Err(wrong("a bucket has 3 to 63 characters of a-z, 0-9, '-' and '.'"));
        }
        Ok(Place { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
    }

    /// The address, and whether it is in the clear: that is allowed within the house only.
    pub(crate) fn endpoint(&self) -> Result<(Option<String>, bool), ConfigError> {
        let Some(endpoint) = &self.endpoint else { return Ok((None, false)) };
        let wrong = |why| ConfigError::Endpoint(endpoint.clone(), why);
        let bare = endpoint.trim_end_matches('/');
        let (scheme, host) = bare.split_once("://").ok_or_else(|| wrong("it is not a URL"))?;
        if host.is_empty() || host.contains(['/', '@', '?', '#']) {
            return Err(wrong("it is scheme, host and port, and nothing else"));
        }
        match scheme {
            "https" => Ok((Some(bare.to_owned()), false)),
            "http" if in_house(host) => Ok((Some(bare.to_owned()), true)),
            "http" => Err(wrong("pictures go in the clear only to this machine or a private address: use https://")),
            _ => Err(wrong("it is neither https:// nor http://")),
        }
    }

    /// The authorities of `ca_file`; none without one.
    pub(crate) fn authorities(&self) -> Result<Vec<Certificate>, ConfigError> {
        let Some(path) = &self.ca_file else { return Ok(Vec::new()) };
        let pem = std::fs::read(path).map_err(|source| ConfigError::Read { setting: "ca_file", path: path.clone(), source })?;
        let wrong = |why: String| ConfigError::Authorities { path: path.clone(), why };
        let found = Certificate::from_pem_bundle(&pem).map_err(|error| wrong(error.to_string()))?;
        if found.is_empty() { Err(wrong("there is no certificate in it; expected PEM".to_owned())) } else { Ok(found) }
    }

    pub(crate) fn credentials(&self) -> Result<Credentials, ConfigError> {
        let Some(path) = &self.credentials else {
            let of = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
            let missing = |name: &str| {
                let why = format!("there is no evidence.credentials, and the environment variable {name} is not set");
                ConfigError::Credentials(why)
            };
            return Ok(Credentials {
                id: of("AWS_ACCESS_KEY_ID").ok_or_else(|| missing("AWS_ACCESS_KEY_ID"))?,
                secret: of("AWS_SECRET_ACCESS_KEY").ok_or_else(|| missing("AWS_SECRET_ACCESS_KEY"))?,
                token: of("AWS_SESSION_TOKEN"),
            });
        };
        let unread = |source| ConfigError::Read { setting: "credentials", path: path.clone(), source };
        let text = std::fs::read_to_string(path).map_err(unread)?;
        let missing = |name: &str| ConfigError::Credentials(format!("{} names no {name}", path.display()));
        Ok(Credentials {
            id: value(&text, "aws_access_key_id").ok_or_else(|| missing("aws_access_key_id"))?,
            secret: value(&text, "aws_secret_access_key").ok_or_else(|| missing("aws_secret_access_key"))?,
            token: value(&text, "aws_session_token"),
        })
    }
}

/// The value of a name in the first section.
fn value(text: &str, name: &str) -> Option<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    let mut sections = 0;
    for line in lines {
        sections += usize::from(line.starts_with('['));
        if sections > 1 {
            return None;
        }
        if let Some((key, value)) = line.split_once('=')
            && key.trim() == name
            && !value.trim().is_empty()
        {
            return Some(value.trim().to_owned());
        }
    }
    None
}

fn in_house(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    match name.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private(),
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unique_local(),
        Err(_) => name == "localhost",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(store: &str, endpoint: Option<&str>) -> ObjectsConfig {
        ObjectsConfig {
            store: store.to_owned(),
            endpoint: endpoint.map(str::to_owned),
            region: region(),
            path_style: true,
            credentials: None,
            ca_file: None,
        }
    }

    #[test]
    fn a_store_is_a_bucket_and_perhaps_a_prefix() {
        for (store, bucket, prefix) in
            [("s3://evidence", "evidence", ""), ("s3://evidence/", "evidence", ""), ("s3://ev-1/a/b/", "ev-1", "a/b")]
        {
            let place = config(store, None).place().map_err(|error| error.to_string()).unwrap();
            assert_eq!((place.bucket.as_str(), place.prefix.as_str()), (bucket, prefix));
        }
        for bad in ["evidence", "s3://", "s3://A_B/x", "s3://ab", "https://s3/evidence"] {
            assert!(config(bad, None).place().is_err(), "{bad}");
        }
    }

    #[test]
    fn pictures_go_in_the_clear_within_the_house_only() {
        for good in
            ["https://s3.example:9000/", "http://127.0.0.1:9000", "http://[::1]:1", "http://10.1.2.3", "http://localhost:1"]
        {
            assert!(config("s3://evidence", Some(good)).endpoint().is_ok(), "{good}");
        }
        for bad in [
            "http://s3.example",
            "s3.example",
            "ftp://10.0.0.1",
            "https://u:p@s3.example",
            "https://s3.example/path",
            "http://8.8.8.8",
        ] {
            assert!(config("s3://evidence", Some(bad)).endpoint().is_err(), "{bad}");
        }
    }

    #[test]
    fn credentials_come_from_the_first_section_of_the_file() {
        let text = "# ours\n[default]\naws_access_key_id = id\naws_secret_access_key=a=b\n[other]\naws_session_token = t\n";
        assert_eq!(value(text, "aws_access_key_id").as_deref(), Some("id"));
        assert_eq!(value(text, "aws_secret_access_key").as_deref(), Some("a=b"));
        assert_eq!(value(text, "aws_session_token"), None);
        assert_eq!(value("aws_access_key_id = id\n", "aws_access_key_id").as_deref(), Some("id"), "of a file without sections");
    }

    #[test]
    fn a_bad_file_of_authorities_is_refused_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |path: PathBuf| {
            let config = ObjectsConfig { ca_file: Some(path.clone()), ..config("s3://evidence", Some("https://s3.example")) };
            let error = config.authorities().map(|found| found.len()).unwrap_err().to_string();
            assert!(error.contains("evidence.ca_file") && error.contains(&path.display().to_string()), "{error}");
        };
        refused(folder.path().join("nowhere.pem"));
        refused(folder.path().to_owned());
        for (name, content) in [
            ("empty.pem", ""),
            ("words.pem", "this is no certificate"),
            ("key.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
            ("hollow.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
            ("cut.pem", "-----BEGIN CERTIFICATE-----\nMIIB"),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            refused(path);
        }
    }
}
