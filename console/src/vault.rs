//! Where evidence is read from: the folder of this machine first, then the object store of the city.
//!
//! A file that a candidate names and that is in neither is on its way: its worker has not uploaded it yet. A store that is away
//! is something a person can wait for. Neither is a failure of ours.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use futures_util::StreamExt;
use objects::{ConfigError, ObjectError, Objects, Trouble};
use sha2::{Digest, Sha256};

use crate::config::ConsoleConfig;
use crate::error::ApiError;
use crate::evidence;

/// Stills of the store are kept so long after the last look: a person looks at one several times while deciding.
const KEPT_FOR: Duration = Duration::from_secs(60);
/// And of so many bytes together.
const KEPT_BYTES: usize = 64 << 20;
/// Larger files are streamed and not kept.
const STILL: u64 = 4 << 20;

/// A file of an evidence package, as its candidate names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) key: String,
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
}

/// Where a file was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// In this machine's folder: the path, and its size.
    Here(PathBuf, u64),
    /// In the object store: the key, and its size.
    There(String, u64),
    /// In the store, and read already.
    Read(Bytes),
}

impl Found {
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Here(_, size) | Self::There(_, size) => *size,
            Self::Read(content) => content.len() as u64,
        }
    }
}

/// Stills that were read of late.
#[derive(Default)]
struct Kept {
    stills: HashMap<String, (Instant, Bytes)>,
    bytes: usize,
}

impl Kept {
    fn find(&mut self, key: &str, now: Instant) -> Option<Bytes> {
        let (until, content) = self.stills.get_mut(key).filter(|(until, _)| *until > now)?;
        *until = now + KEPT_FOR;
        Some(content.clone())
    }

    fn keep(&mut self, key: &str, content: &Bytes, now: Instant) {
        self.stills.retain(|_, (until, _)| *until > now);
        self.bytes = self.stills.values().map(|(_, content)| content.len()).sum();
        if self.bytes + content.len() <= KEPT_BYTES {
            self.stills.insert(key.to_owned(), (now + KEPT_FOR, content.clone()));
        }
    }
}

/// Why a file cannot be deleted now. Its word is what people are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotErased {
    /// The store does not answer.
    StoreAway,
    /// It does, and does not let us.
    Refused,
    /// This machine's disk.
    Disk,
    /// What lies there is not what was sealed: a person has to look before it is destroyed.
    Changed,
}

impl NotErased {
    /// Its word on the wire and in metrics.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::StoreAway => "store_away",
            Self::Refused => "refused",
            Self::Disk => "disk",
            Self::Changed => "changed",
        }
    }
}

impl From<&ObjectError> for NotErased {
    fn from(error: &ObjectError) -> Self {
        tracing::warn!("{error}");
        if error.may_pass() { Self::StoreAway } else { Self::Refused }
    }
}

/// Folder and store. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Vault {
    root: PathBuf,
    objects: Option<Objects>,
    kept: Arc<Mutex<Kept>>,
}

/// What a person is told of a store that cannot be read; the cause goes into the log.
fn unreadable(error: &ObjectError) -> ApiError {
    metrics::counter!("kerbwatch_console_evidence_store_failures_total").increment(1);
    tracing::warn!("{error}");
    match error.trouble() {
        Trouble::Missing => ApiError::EvidenceNotYet,
        _ => ApiError::EvidenceAway,
    }
}

impl Vault {
    /// # Errors
    /// What of the store's configuration is wrong. The store is not asked.
    pub(crate) fn open(config: &ConsoleConfig) -> Result<Self, ConfigError> {
        let objects = config.objects.as_ref().map(Objects::open).transpose()?;
        Ok(Self { root: config.evidence.clone(), objects, kept: Arc::default() })
    }

    /// Finds a file of a package. Stills of the store are read at once, and are what was sealed.
    ///
    /// # Errors
    /// 404 when it is in neither place and will never be; not yet there; the store is away; another file than the one sealed.
    pub(crate) async fn find(&self, item: &Item) -> Result<Found, ApiError> {
        if let Some((path, size)) = self.here(&item.key).await? {
            return Ok(Found::Here(path, size));
        }
        let objects = self.objects.as_ref().ok_or(ApiError::NotFound("file"))?;
        if crate::store::evidence_file(&item.key).is_none() {
            return Err(ApiError::NotFound("file"));
        }
        if item.bytes <= STILL {
            return self.still(objects, item).await.map(Found::Read);
        }
        let known = objects.known(&item.key).await.map_err(|error| unreadable(&error))?;
        match known {
            None => Err(ApiError::EvidenceNotYet),
            // The digest that was written with it: a clip is not read through before its first second is shown.
            Some(known) if known.bytes == item.bytes && known.sha256.as_ref().is_none_or(|sha256| *sha256 == item.sha256) => {
                Ok(Found::There(item.key.clone(), known.bytes))
            }
            Some(_) => Err(changed()),
        }
    }

    /// Finds a file that no candidate names, e.g. the signature beside a manifest; `None` when it is nowhere.
    pub(crate) async fn find_unnamed(&self, key: &str) -> Result<Option<Found>, ApiError> {
        if let Some((path, size)) = self.here(key).await? {
            return Ok(Some(Found::Here(path, size)));
        }
        let Some(objects) = &self.objects else { return Ok(None) };
        let read = objects.whole(key, STILL).await.map_err(|error| unreadable(&error))?;
        Ok(read.map(Found::Read))
    }

    async fn here(&self, key: &str) -> Result<Option<(PathBuf, u64)>, ApiError> {
        let (root, key) = (self.root.clone(), key.to_owned());
        let found = tokio::task::spawn_blocking(move || {
            let path = evidence::locate(&root, &key)?;
            let size = path.metadata().ok()?.len();
            Some((path, size))
        });
        found.await.map_err(|error| ApiError::internal("finding an evidence file", error))
    }

    async fn still(&self, objects: &Objects, item: &Item) -> Result<Bytes, ApiError> {
        let kept = || self.kept.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(content) = kept().find(&item.key, Instant::now()) {
            return Ok(content);
        }
        let read = objects.whole(&item.key, STILL).await.map_err(|error| unreadable(&error))?;
        let content = read.ok_or(ApiError::EvidenceNotYet)?;
        if hex::encode(Sha256::digest(&content)) != item.sha256 {
            return Err(changed());
        }
        kept().keep(&item.key, &content, Instant::now());
        Ok(content)
    }

    /// A body of `length` bytes from `start`.
    ///
    /// # Errors
    /// The file cannot be opened, or the store is away.
    pub(crate) async fn body(&self, found: &Found, start: u64, length: u64) -> Result<Body, ApiError> {
        match found {
            Found::Here(path, _) => {
                evidence::body(path, start, length).await.map_err(|error| ApiError::internal("opening an evidence file", error))
            }
            Found::Read(content) => {
                let at = |n: u64| usize::try_from(n).unwrap_or(usize::MAX).min(content.len());
                Ok(Body::from(content.slice(at(start)..at(start + length))))
            }
            Found::There(_, _) if length == 0 => Ok(Body::empty()),
            Found::There(key, _) => {
                let objects = self.objects.as_ref().ok_or(ApiError::NotFound("file"))?;
                let reading = objects.read(key, Some(start..start + length)).await.map_err(|error| unreadable(&error))?;
                let reading = reading.ok_or(ApiError::EvidenceNotYet)?;
                // The store may stop in the middle: the connection then ends early, and the player asks for the rest.
                let content = reading
                    .content
                    .map(|chunk| chunk.inspect_err(|error| tracing::warn!("{error}")).map_err(std::io::Error::other));
                Ok(Body::from_stream(content))
            }
        }
    }

    /// Does the file lie in the folder or in the store? Both are asked: who has one of them away cannot delete.
    pub(crate) async fn lies(&self, item: &Item) -> Result<bool, NotErased> {
        let here = self.here(&item.key).await.map_err(|_| NotErased::Disk)?.is_some();
        let Some(objects) = &self.objects else { return Ok(here) };
        Ok(objects.known(&item.key).await.map_err(|error| NotErased::from(&error))?.is_some() || here)
    }

    /// Deletes a file wherever it lies, and sees that it is gone; `false` when it was nowhere. What has another size or digest
    /// than the one sealed is left where it is.
    pub(crate) async fn erase(&self, item: &Item) -> Result<bool, NotErased> {
        let here = self.here(&item.key).await.map_err(|_| NotErased::Disk)?;
        if here.as_ref().is_some_and(|(_, size)| *size != item.bytes) {
            return Err(NotErased::Changed);
        }
        let there = match &self.objects {
            None => None,
            Some(objects) => objects.known(&item.key).await.map_err(|error| NotErased::from(&error))?,
        };
        if let Some(known) = &there
            && (known.bytes != item.bytes || known.sha256.as_ref().is_some_and(|sha256| *sha256 != item.sha256))
        {
            return Err(NotErased::Changed);
        }
        if here.is_some() {
            let (root, key) = (self.root.clone(), item.key.clone());
            let gone = tokio::task::spawn_blocking(move || evidence::erase(&root, &key)).await;
            gone.map_err(|_| NotErased::Disk)?.map_err(|error| {
                tracing::warn!(key = item.key, error = &error as &dyn std::error::Error, "a picture cannot be deleted");
                NotErased::Disk
            })?;
        }
        if let (Some(objects), true) = (&self.objects, there.is_some()) {
            objects.remove(&item.key).await.map_err(|error| NotErased::from(&error))?;
        }
        self.kept.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).stills.remove(&item.key);
        Ok(here.is_some() || there.is_some())
    }

    /// All bytes of a still, for code that may block.
    pub(crate) fn still_blocking(&self, runtime: &tokio::runtime::Handle, item: &Item) -> Result<Vec<u8>, ApiError> {
        match runtime.block_on(self.find(item))? {
            Found::Here(path, _) => std::fs::read(path).map_err(|error| ApiError::internal("reading a still", error)),
            Found::Read(content) => Ok(content.to_vec()),
            Found::There(..) => Err(ApiError::NotFound("still")),
        }
    }
}

fn changed() -> ApiError {
    ApiError::Conflict {
        code: "evidence_changed",
        message: "what lies in the evidence store under this name is not what was sealed".to_owned(),
        details: serde_json::json!({}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stills_are_kept_for_a_while_and_not_without_bound() {
        let (mut kept, now) = (Kept::default(), Instant::now());
        let large = Bytes::from(vec![0; KEPT_BYTES / 2]);
        for key in ["a", "b", "c"] {
            kept.keep(key, &large, now);
        }
        assert!(kept.find("a", now).is_some() && kept.find("b", now).is_some());
        assert_eq!(kept.find("c", now), None, "there was no room");
        let later = now + KEPT_FOR;
        assert_eq!(kept.find("a", later), None, "over");
        kept.keep("c", &large, later);
        assert!(kept.find("c", later).is_some());
    }
}
