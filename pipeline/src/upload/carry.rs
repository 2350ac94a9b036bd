//! One layer carried into the object store, and one whose pictures may go from here.

use std::path::{Path, PathBuf};

use events::CandidateId;
use objects::{ObjectError, Objects, Put};
use serde::Deserialize;

use super::ledger::{Carried, Ledger};
use crate::evidence::manifest::{AFTER, MANIFEST};
use crate::evidence::{sha256, sync_dir};

/// What is waiting to be carried, in the order of the chain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Waiting {
    /// Packages by their number in the chain, then after-pictures.
    order: (bool, u64),
    pub(super) candidate: String,
    /// Empty, or `after`.
    pub(super) layer: String,
    /// When it was sealed, Unix milliseconds.
    pub(super) sealed_ms: i64,
    /// What its files have on disk.
    pub(super) bytes: u64,
}

/// Why a layer is not in the store.
#[derive(Debug, thiserror::Error)]
pub(super) enum CarryError {
    /// The store.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// This machine's disk.
    #[error("reading {path}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What lies here is not what was sealed: it must not get into the store as if it were.
    #[error("{path} is not what was sealed")]
    Changed {
        /// Which file.
        path: PathBuf,
    },
    /// The ledger.
    #[error("writing down what was carried")]
    Ledger(#[from] rusqlite::Error),
}

impl CarryError {
    /// Will it be well again without anybody touching this layer?
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Object(error) => error.may_pass(),
            Self::Read { .. } | Self::Ledger(_) => true,
            Self::Changed { .. } => false,
        }
    }
}

/// What of a manifest is needed here; of both layers.
#[derive(Deserialize)]
struct Papers {
    items: Vec<Sealed>,
    chain: Option<Number>,
}

#[derive(Deserialize)]
struct Sealed {
    file: String,
    sha256: String,
    bytes: u64,
}

#[derive(Deserialize)]
struct Number {
    number: u64,
}

fn read_error(path: &Path) -> impl FnOnce(std::io::Error) -> CarryError {
    let path = path.to_owned();
    move |source| CarryError::Read { path, source }
}

fn papers(folder: &Path) -> Result<Papers, CarryError> {
    let path = folder.join(MANIFEST);
    let bytes = std::fs::read(&path).map_err(read_error(&path))?;
    serde_json::from_slice(&bytes).map_err(|_| CarryError::Changed { path })
}

fn folder_of(root: &Path, candidate: &str, layer: &str) -> PathBuf {
    if layer.is_empty() { root.join(candidate) } else { root.join(candidate).join(layer) }
}

/// Names of the files of a layer, the manifest last: whoever sees a manifest in the store sees all it names.
fn files(folder: &Path) -> Result<Vec<String>, CarryError> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(read_error(folder))? {
        let entry = entry.map_err(read_error(folder))?;
        if entry.file_type().map_err(read_error(folder))?.is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort_by_key(|name| (name == MANIFEST, name.clone()));
    Ok(names)
}

fn size_and_age(folder: &Path) -> (u64, i64) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let bytes = entries.filter_map(|entry| entry.metadata().ok()).filter(|data| data.is_file()).map(|data| data.len()).sum();
    let sealed = std::fs::metadata(folder.join(MANIFEST)).and_then(|data| data.modified()).ok();
    let since = sealed.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok()).unwrap_or_default();
    (bytes, i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Layers that are not in the ledger, in the order in which they are carried.
pub(super) fn waiting(root: &Path, ledger: &Ledger) -> Result<Vec<Waiting>, CarryError> {
    let known = ledger.known()?;
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root).map_err(read_error(root))? {
        let entry = entry.map_err(read_error(root))?;
        let candidate = entry.file_name().to_string_lossy().into_owned();
        if candidate.parse::<CandidateId>().is_err() {
            continue;
        }
        for layer in ["", AFTER] {
            let folder = folder_of(root, &candidate, layer);
            if known.contains(&(candidate.clone(), layer.to_owned())) || !folder.join(MANIFEST).is_file() {
                continue;
            }
            let (bytes, sealed_ms) = size_and_age(&folder);
            // One that cannot be read is carried last, and is then said to be unreadable.
            let number = papers(&folder).ok().and_then(|papers| papers.chain).map_or(u64::MAX, |chain| chain.number);
            let order = (!layer.is_empty(), if layer.is_empty() { number } else { sealed_ms.unsigned_abs() });
            found.push(Waiting { order, candidate: candidate.clone(), layer: layer.to_owned(), sealed_ms, bytes });
        }
    }
    found.sort();
    Ok(found)
}

/// Key of a file in the store.
fn key(prefix: &str, candidate: &str, layer: &str, file: &str) -> String {
    let folder = if layer.is_empty() { candidate.to_owned() } else { format!("{candidate}/{layer}") };
    format!("{prefix}{folder}/{file}")
}

/// Carries a layer: every file that is not in the store yet, and the manifest last. When it returns, all of it is there.
pub(super) async fn carry(objects: &Objects, root: &Path, prefix: &str, what: &Waiting) -> Result<Put, CarryError> {
    let folder = folder_of(root, &what.candidate, &what.layer);
    let papers = papers(&folder)?;
    let files = files(&folder)?;
    // Pictures that went from here before are there, or else the manifest would name what is nowhere.
    for item in papers.items.iter().filter(|item| !files.contains(&item.file)) {
        let key = key(prefix, &what.candidate, &what.layer, &item.file);
        if objects.known(&key).await?.is_none_or(|known| known.bytes != item.bytes) {
            return Err(CarryError::Changed { path: folder.join(&item.file) });
        }
    }
    let mut all = Put::AlreadyThere;
    for file in files {
        let path = folder.join(&file);
        let content = std::fs::read(&path).map_err(read_error(&path))?;
        let sealed = papers.items.iter().find(|item| item.file == file);
        if sealed.is_some_and(|sealed| content.len() as u64 != sealed.bytes || sha256(&content) != sealed.sha256) {
            return Err(CarryError::Changed { path });
        }
        if objects.put_new(&key(prefix, &what.candidate, &what.layer, &file), content.into()).await? == Put::Stored {
            all = Put::Stored;
        }
    }
    Ok(all)
}

/// Removes stills and clips of a layer that is in the store, after reading all of them there. The papers stay: manifest,
/// signature and key are a few kilobytes, and the chain and an after-picture need them.
pub(super) async fn let_go(objects: &Objects, root: &Path, prefix: &str, what: &Carried) -> Result<(), CarryError> {
    let folder = folder_of(root, &what.candidate, &what.layer);
    let papers = papers(&folder)?;
    for item in &papers.items {
        let there = objects.sha256(&key(prefix, &what.candidate, &what.layer, &item.file)).await?;
        if there.as_deref() != Some(item.sha256.as_str()) {
            return Err(CarryError::Changed { path: PathBuf::from(key(prefix, &what.candidate, &what.layer, &item.file)) });
        }
    }
    for item in &papers.items {
        let path = folder.join(&item.file);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(read_error(&path)(error)),
            _ => {}
        }
    }
    sync_dir(&folder).map_err(read_error(&folder))
}
