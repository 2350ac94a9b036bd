//! The worker's hash chain: each manifest names the one before, so a package cannot vanish or be slipped in unseen.
//!
//! Its state is one small file: how many, the last digest, and while a package is being put in place what is *intended*.
//! The order on disk is intent, package, confirmation. After a crash the intent is settled by looking whether the package
//! is there: it is confirmed if so and forgotten if not; a number is never used twice and none is skipped.

use std::io;
use std::path::{Path, PathBuf};

use events::CandidateId;
use serde::{Deserialize, Serialize};

use super::files;
use super::manifest::{Link, Manifest};
use super::store::EvidenceStore;

/// Why the chain cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The file cannot be read.
    #[error("reading the evidence chain {path}")]
    Read {
        /// The chain file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("writing the evidence chain {path}")]
    Write {
        /// The chain file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not what a chain writes. Moved away, it is rebuilt from the packages in the store.
    #[error("{path} is not an evidence chain; if it is moved away, it is rebuilt from the packages in the store")]
    Damaged {
        /// The chain file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// Two workers under one chain file.
    #[error("{path} is the evidence chain of worker {theirs:?}, not of {ours:?}")]
    OtherWorker {
        /// The chain file.
        path: PathBuf,
        /// Whose it is.
        theirs: String,
        /// Who asked.
        ours: String,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    worker: String,
    count: u64,
    head: Option<String>,
    intent: Option<Intent>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Intent {
    candidate: String,
    manifest_sha256: String,
}

/// A worker's chain of manifests.
#[derive(Debug)]
pub struct Chain {
    path: PathBuf,
    state: State,
}

impl Chain {
    /// Opens the chain file of `worker`, or begins one. A missing file is rebuilt from the packages of that worker in the
    /// store, so that losing it does not begin a second chain under the same name. What a crash left half done is settled.
    ///
    /// # Errors
    /// When the file cannot be read or written, is damaged, or belongs to another worker.
    pub fn open(path: &Path, worker: &str, store: &EvidenceStore) -> Result<Self, ChainError> {
        let state = match std::fs::read(path) {
            Ok(bytes) => {
                serde_json::from_slice(&bytes).map_err(|source| ChainError::Damaged { path: path.to_owned(), source })?
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => rebuilt(worker, store),
            Err(source) => return Err(ChainError::Read { path: path.to_owned(), source }),
        };
        if state.worker != worker {
            return Err(ChainError::OtherWorker { path: path.to_owned(), theirs: state.worker, ours: worker.to_owned() });
        }
        let mut chain = Self { path: path.to_owned(), state };
        chain.settle(store)?;
        chain.write()?;
        Ok(chain)
    }

    /// How many packages are sealed in it.
    pub fn count(&self) -> u64 {
        self.state.count
    }

    /// SHA-256 (hex) of the newest manifest; `None` before the first.
    pub fn head(&self) -> Option<&str> {
        self.state.head.as_deref()
    }

    /// Whose chain it is.
    pub fn worker(&self) -> &str {
        &self.state.worker
    }

    /// The place of the next package.
    pub(crate) fn next(&self) -> Link {
        Link { worker: self.state.worker.clone(), number: self.state.count + 1, previous: self.state.head.clone() }
    }

    /// Decides an open intent by whether its package is in the store.
    pub(crate) fn settle(&mut self, store: &EvidenceStore) -> Result<(), ChainError> {
        let Some(intent) = self.state.intent.clone() else { return Ok(()) };
        let there = intent.candidate.parse::<CandidateId>().ok().and_then(|id| store.manifest_sha256(&id).ok().flatten());
        if there.as_deref() == Some(intent.manifest_sha256.as_str()) {
            self.confirm()
        } else {
            self.state.intent = None;
            self.write()
        }
    }

    /// On disk: this package is about to be put in place.
    pub(crate) fn intend(&mut self, candidate: &CandidateId, manifest_sha256: &str) -> Result<(), ChainError> {
        self.state.intent = Some(Intent { candidate: candidate.to_string(), manifest_sha256: manifest_sha256.to_owned() });
        self.write()
    }

    /// On disk: the package that was intended is in place.
    pub(crate) fn confirm(&mut self) -> Result<(), ChainError> {
        if let Some(intent) = self.state.intent.take() {
            self.state.count += 1;
            self.state.head = Some(intent.manifest_sha256);
            self.write()?;
        }
        Ok(())
    }

    fn write(&self) -> Result<(), ChainError> {
        let bytes = serde_json::to_vec_pretty(&self.state).expect("a chain's state has only text keys");
        files::replace(&self.path, &bytes).map_err(|source| ChainError::Write { path: self.path.clone(), source })
    }
}

/// What `kerbwatch evidence verify` needs of a chain file: worker, count and newest digest.
pub(crate) fn read_head(path: &Path) -> Result<(String, u64, Option<String>), ChainError> {
    let bytes = std::fs::read(path).map_err(|source| ChainError::Read { path: path.to_owned(), source })?;
    let state: State = serde_json::from_slice(&bytes).map_err(|source| ChainError::Damaged { path: path.to_owned(), source })?;
    Ok((state.worker, state.count, state.head))
}

fn rebuilt(worker: &str, store: &EvidenceStore) -> State {
    let newest = store
        .manifests()
        .filter_map(|bytes| Some((serde_json::from_slice::<Manifest>(&bytes).ok()?.chain, files::sha256(&bytes))))
        .filter(|(link, _)| link.worker == worker)
        .max_by_key(|(link, _)| link.number);
    let (count, head) = newest.map_or((0, None), |(link, digest)| (link.number, Some(digest)));
    State { worker: worker.to_owned(), count, head, intent: None }
}
