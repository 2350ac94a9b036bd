//! An S3-compatible object store: written once, read by key, and every failure named.
//!
//! It knows nothing of packages. Keys are relative to the prefix of the configuration, as the keys in events are.

mod config;
mod error;
mod patience;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, BackoffConfig, ClientOptions, GetOptions, GetRange, ObjectStore, ObjectStoreExt, PutMode, PutOptions,
    PutPayload, RetryConfig,
};
use sha2::{Digest, Sha256};

pub use config::{ConfigError, ObjectsConfig};
pub use error::{ObjectError, Trouble};
use patience::{by, deadline};

/// A store that does not take up a connection within this is away.
const CONNECT: Duration = Duration::from_secs(3);
/// The metadata in which an object carries its digest.
const SHA256: &str = "sha256";
/// What [`Objects::check`] writes and reads.
const PROBE: &str = ".kerbwatch-check";

/// What became of a [`Objects::put_new`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is there now.
    Stored,
    /// It was there already, byte for byte.
    AlreadyThere,
}

/// What is known of an object without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its size.
    pub bytes: u64,
    /// The digest that was written with it, hex; `None` where the store keeps no metadata.
    pub sha256: Option<String>,
}

/// A part of an object on its way.
pub struct Reading {
    /// The size of the whole object.
    pub bytes: u64,
    /// The bytes asked for.
    pub content: BoxStream<'static, Result<Bytes, ObjectError>>,
}

/// One bucket, below one prefix. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Objects {
    store: Arc<AmazonS3>,
    prefix: Path,
    shown: String,
}

/// SHA-256, hex.
fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

impl Objects {
    /// Reads credentials and makes the client. The store is not asked.
    ///
    /// # Errors
    /// What of the configuration is wrong.
    pub fn open(config: &ObjectsConfig) -> Result<Self, ConfigError> {
        let place = config.place()?;
        let credentials = config.credentials()?;
        let (endpoint, in_clear) = config.endpoint()?;
        // Whoever uses this tries again by themselves, and must see quickly that the store is away.
        let retry = RetryConfig {
            backoff: BackoffConfig { init_backoff: Duration::from_millis(100), max_backoff: Duration::from_secs(1), base: 2.0 },
            max_retries: 2,
            retry_timeout: Duration::from_secs(5),
        };
        // How long a request may take is a matter of its size, which the client does not know: see `patience`.
        let client = ClientOptions::new().with_connect_timeout(CONNECT).with_timeout_disabled().with_allow_http(in_clear);
        let client = config.authorities()?.into_iter().fold(client, ClientOptions::with_root_certificate);
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&place.bucket)
            .with_region(&config.region)
            .with_virtual_hosted_style_request(!config.path_style)
            .with_access_key_id(credentials.id)
            .with_secret_access_key(credentials.secret)
            .with_retry(retry)
            .with_client_options(client);
        if let Some(token) = credentials.token {
            builder = builder.with_token(token);
        }
        if let Some(endpoint) = endpoint {
            let url = if config.path_style { endpoint } else { place.hosted(&endpoint) };
            builder = builder.with_endpoint(url);
        }
        let store = builder.build().map_err(|error| ConfigError::Client(error.to_string()))?;
        let prefix = Path::parse(&place.prefix).map_err(|error| ConfigError::Store(config.store.clone(), error.to_string()))?;
        Ok(Self { store: Arc::new(store), prefix, shown: config.store.trim_end_matches('/').to_owned() })
    }

    /// `s3://bucket/prefix`.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    fn path(&self, key: &str) -> Result<Path, ObjectError> {
        let wrong = || ObjectError::new("finding", key, Trouble::Key);
        let key = Path::parse(key).map_err(|_| wrong())?;
        if key.as_ref().is_empty() {
            return Err(wrong());
        }
        Ok(self.prefix.parts().chain(key.parts()).collect())
    }

    /// Writes an object that is not there yet, and sees that it is. Never over another: what is there already is compared, and
    /// anything else than the same bytes is an error that no repetition heals.
    ///
    /// # Errors
    /// [`Trouble::Different`], or why the store cannot be used now.
    pub async fn put_new(&self, key: &str, content: Bytes) -> Result<Put, ObjectError> {
        let path = self.path(key)?;
        let (sha256, bytes) = (digest(&content), content.len() as u64);
        // Not every store heeds the condition of the request below: so the question goes first.
        if let Some(known) = self.known(key).await? {
            return self.same(key, &known, &sha256, bytes).await.map(|()| Put::AlreadyThere);
        }
        let mut attributes = Attributes::new();
        attributes.insert(Attribute::Metadata(SHA256.into()), sha256.clone().into());
        attributes.insert(Attribute::ContentType, media_type(key).into());
        let options = PutOptions { mode: PutMode::Create, attributes, ..PutOptions::default() };
        let put = self.store.put_opts(&path, PutPayload::from(content), options);
        let put = match by(deadline(bytes), "writing", key, put).await? {
            Ok(_) => Put::Stored,
            // Somebody, or an earlier try of ours whose answer was lost, was faster.
            Err(object_store::Error::AlreadyExists { .. }) => Put::AlreadyThere,
            Err(error) => return Err(ObjectError::of("writing", key, &error)),
        };
        let missing = || ObjectError::new("writing", key, Trouble::Missing);
        let known = self.known(key).await?.ok_or_else(missing)?;
        self.same(key, &known, &sha256, bytes).await.map(|()| put)
    }

    /// Is what is there these bytes? By the digest it carries, else by reading it.
    async fn same(&self, key: &str, known: &Known, sha256: &str, bytes: u64) -> Result<(), ObjectError> {
        let there = match &known.sha256 {
            Some(sha256) => sha256.clone(),
            None if known.bytes == bytes => self.sha256(key).await?.unwrap_or_default(),
            None => String::new(),
        };
        if known.bytes == bytes && there == sha256 { Ok(()) } else { Err(ObjectError::new("writing", key, Trouble::Different)) }
    }

    /// What is known of an object; `None` when it is not there.
    ///
    /// # Errors
    /// Why the store cannot be asked now.
    pub async fn known(&self, key: &str) -> Result<Option<Known>, ObjectError> {
        let options = GetOptions { head: true, ..GetOptions::default() };
        let path = self.path(key)?;
        match by(deadline(0), "asking for", key, self.store.get_opts(&path, options)).await? {
            Ok(found) => {
                let sha256 = found.attributes.get(&Attribute::Metadata(SHA256.into())).map(|value| value.to_string());
                Ok(Some(Known { bytes: found.meta.size, sha256 }))
            }
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(ObjectError::of("asking for", key, &error)),
        }
    }

    /// Reads an object, or the bytes of a range of it; `None` when it is not there.
    ///
    /// # Errors
    /// Why the store cannot be read now.
    pub async fn read(&self, key: &str, range: Option<Range<u64>>) -> Result<Option<Reading>, ObjectError> {
        let options = GetOptions { range: range.map(GetRange::Bounded), ..GetOptions::default() };
        let path = self.path(key)?;
        match by(deadline(0), "reading", key, self.store.get_opts(&path, options)).await? {
            Ok(found) => {
                let (bytes, until, key) = (found.meta.size, deadline(found.range.end - found.range.start), key.to_owned());
                let content = futures_util::stream::try_unfold((found.into_stream(), key), move |(mut rest, key)| async move {
                    let chunk = by(until, "reading", &key, rest.try_next()).await?;
                    let chunk = chunk.map_err(|error| ObjectError::of("reading", &key, &error))?;
                    Ok(chunk.map(|chunk| (chunk, (rest, key))))
                });
                let content = content.boxed();
                Ok(Some(Reading { bytes, content }))
            }
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(ObjectError::of("reading", key, &error)),
        }
    }

    /// The whole object, if it has at most so many bytes; `None` when it is not there.
    ///
    /// # Errors
    /// Why the store cannot be read now, or [`Trouble::TooLarge`].
    pub async fn whole(&self, key: &str, most: u64) -> Result<Option<Bytes>, ObjectError> {
        let Some(mut reading) = self.read(key, None).await? else { return Ok(None) };
        let mut all = Vec::new();
        while let Some(chunk) = reading.content.try_next().await? {
            if (all.len() + chunk.len()) as u64 > most {
                return Err(ObjectError::new("reading", key, Trouble::TooLarge));
            }
            all.extend_from_slice(&chunk);
        }
        Ok(Some(Bytes::from(all)))
    }

    /// The digest of what is there, by reading it; `None` when it is not there.
    ///
    /// # Errors
    /// Why the store cannot be read now.
    pub async fn sha256(&self, key: &str) -> Result<Option<String>, ObjectError> {
        let Some(mut reading) = self.read(key, None).await? else { return Ok(None) };
        let mut hash = Sha256::new();
        while let Some(chunk) = reading.content.try_next().await? {
            hash.update(&chunk);
        }
        Ok(Some(hex::encode(hash.finalize())))
    }

    /// Deletes an object, and sees that it is gone; `false` when it was not there. What a store keeps of earlier versions is
    /// not reached by this.
    ///
    /// # Errors
    /// Why the store cannot be used now, or [`Trouble::Different`] when it is there still.
    pub async fn remove(&self, key: &str) -> Result<bool, ObjectError> {
        if self.known(key).await?.is_none() {
            return Ok(false);
        }
        let path = self.path(key)?;
        match by(deadline(0), "deleting", key, self.store.delete(&path)).await? {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(ObjectError::of("deleting", key, &error)),
        }
        match self.known(key).await? {
            None => Ok(true),
            Some(_) => Err(ObjectError::new("deleting", key, Trouble::Different)),
        }
    }

    /// Names of the folders directly below a folder, or, where it is empty, below the prefix; in order.
    ///
    /// # Errors
    /// Why the store cannot be listed now.
    pub async fn folders(&self, below: &str) -> Result<Vec<String>, ObjectError> {
        let folder = if below.is_empty() { self.prefix.clone() } else { self.path(below)? };
        let prefix = Some(&folder).filter(|prefix| !prefix.as_ref().is_empty());
        let listed = by(deadline(0), "listing", below, self.store.list_with_delimiter(prefix)).await?;
        let listed = listed.map_err(|error| ObjectError::of("listing", below, &error))?;
        let names =
            listed.common_prefixes.iter().filter_map(|path| path.parts().next_back().map(|part| part.as_ref().to_owned()));
        let mut names: Vec<String> = names.collect();
        names.sort();
        Ok(names)
    }

    /// Keys below a folder, in order, each with its size.
    ///
    /// # Errors
    /// Why the store cannot be listed now.
    pub async fn below(&self, folder: &str) -> Result<Vec<(String, u64)>, ObjectError> {
        let path = self.path(folder)?;
        let (mut list, mut found) = (self.store.list(Some(&path)), Vec::new());
        // Page by page: each is a request of its own.
        while let Some(meta) = by(deadline(0), "listing", folder, list.next()).await? {
            found.push(meta.map_err(|error| ObjectError::of("listing", folder, &error))?);
        }
        let skip = self.prefix.parts().count();
        let key = |path: &Path| path.parts().skip(skip).map(|part| part.as_ref().to_owned()).collect::<Vec<_>>().join("/");
        let mut keys: Vec<_> = found.iter().map(|meta| (key(&meta.location), meta.size)).collect();
        keys.sort();
        Ok(keys)
    }

    /// Can this store be listed, written and read? Writes a small object of its own over itself.
    ///
    /// # Errors
    /// What is wrong, by name: address, bucket, credentials, rights, clock.
    pub async fn check(&self) -> Result<(), ObjectError> {
        // Only answers to a listing say in words whether bucket or credentials are wrong.
        let path = self.path(PROBE)?;
        if let Some(Err(error)) = by(deadline(0), "listing", "", self.store.list(Some(&path)).next()).await? {
            return Err(ObjectError::of("listing", "", &error));
        }
        let content = Bytes::from_static(b"kerbwatch check\n");
        let written = by(deadline(0), "writing", PROBE, self.store.put(&path, PutPayload::from(content.clone()))).await?;
        written.map_err(|error| ObjectError::of("writing", PROBE, &error))?;
        match self.whole(PROBE, 1 << 10).await? {
            Some(there) if there == content => Ok(()),
            Some(_) => Err(ObjectError::new("reading", PROBE, Trouble::Different)),
            None => Err(ObjectError::new("reading", PROBE, Trouble::Missing)),
        }
    }
}

fn media_type(key: &str) -> &'static str {
    match key.rsplit('.').next().unwrap_or_default() {
        "jpg" => "image/jpeg",
        "mp4" => "video/mp4",
        "mkv" => "video/x-matroska",
        "json" => "application/json",
        _ => "application/octet-stream",
    }
}
