//! The folder that packages are sealed into: one folder per candidate id, whole or not there at all.
//!
//! A package is written to a hidden temporary folder, synced file by file, and renamed into place. What a crash leaves of
//! it is removed at the next [`EvidenceStore::open`]. A sealed package is never written to again: the after-picture is a
//! package of its own in the folder `after`, put there by the same rename.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use events::wire::v1::EvidenceItem;
use events::{CandidateId, Stamp};

use super::chain::{Chain, ChainError};
use super::draft::{Clip, ClipSource, Draft, Gap, Role, Still};
use super::files;
use super::manifest::{
    AFTER, AFTER_SCHEMA, AfterManifest, CLIP_METHOD, Item, MANIFEST, Manifest, PUBLIC_KEY, SIGNATURE, STILL_METHOD, SUMS,
    Signing, Sums, TimeData, canonical, sums_text,
};
use super::signer::Signer;

/// Names of folders that are not whole yet begin so.
const TEMPORARY: &str = ".tmp-";

/// Why evidence could not be stored.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// The store's folder cannot be used.
    #[error("opening the evidence store {path}")]
    Open {
        /// The store's folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process, or another part of this one, has it open for writing.
    #[error("the evidence store {path} is in use by another worker: give each worker a folder of its own")]
    InUse {
        /// The store's folder.
        path: PathBuf,
    },
    /// A file of a package cannot be written.
    #[error("writing {file} of the evidence of candidate {candidate}")]
    Write {
        /// Whose evidence.
        candidate: CandidateId,
        /// Which file.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// Two items of one role, so two files of one name.
    #[error("the evidence of candidate {candidate} has two items {file}")]
    Twice {
        /// Whose evidence.
        candidate: CandidateId,
        /// Which file.
        file: String,
    },
    /// A number in the manifest is not finite.
    #[error("the manifest of candidate {candidate} cannot be written")]
    Manifest {
        /// Whose evidence.
        candidate: CandidateId,
        /// Why.
        source: serde_json::Error,
    },
    /// A package is there that cannot be read: `kerbwatch evidence verify` says more.
    #[error("the sealed evidence of candidate {candidate} in {path} cannot be read: {reason}")]
    Damaged {
        /// Whose evidence.
        candidate: CandidateId,
        /// The package's folder.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// An after-picture without a package to add it to.
    #[error("there is no sealed evidence of candidate {candidate} to add an after-picture to")]
    NoPackage {
        /// Whose evidence.
        candidate: CandidateId,
    },
    /// The chain cannot go on.
    #[error(transparent)]
    Chain(#[from] ChainError),
}

/// A package that is on disk for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedPackage {
    /// Its files as they go on the wire: stills, clips and the manifest (for an after-picture: the picture alone).
    pub items: Vec<EvidenceItem>,
    /// SHA-256 (hex) of its manifest.
    pub manifest_sha256: String,
}

/// The folder of sealed packages. Clones share it; it is free for others when the last is dropped.
#[derive(Debug, Clone)]
pub struct EvidenceStore {
    root: PathBuf,
    /// Holds the advisory lock. It lies on the folder itself, so that the folder holds nothing but packages.
    _lock: Arc<File>,
    #[cfg(test)]
    pub(super) at_step: Option<fn(Step)>,
}

/// The points between which a crash can fall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    ItemsWritten,
    ManifestWritten,
    Intended,
    InPlace,
}

impl EvidenceStore {
    /// Opens the store for writing, creating it where it is not there, and removes what a crash left half written.
    ///
    /// # Errors
    /// When the folder cannot be made, read or cleaned, or another worker has it open.
    pub fn open(root: &Path) -> Result<Self, EvidenceError> {
        let open = |source| EvidenceError::Open { path: root.to_owned(), source };
        std::fs::create_dir_all(root).map_err(open)?;
        let lock = File::open(root).map_err(open)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Err(EvidenceError::InUse { path: root.to_owned() }),
            Err(std::fs::TryLockError::Error(source)) => return Err(open(source)),
        }
        for entry in std::fs::read_dir(root).map_err(open)? {
            let entry = entry.map_err(open)?;
            if !entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
                continue;
            }
            let is_folder = entry.file_type().map_err(open)?.is_dir();
            // A file is what a crash left of a chain file kept in the same folder.
            let removed = if is_folder { std::fs::remove_dir_all(entry.path()) } else { std::fs::remove_file(entry.path()) };
            removed.map_err(open)?;
        }
        Ok(Self {
            root: root.to_owned(),
            _lock: Arc::new(lock),
            #[cfg(test)]
            at_step: None,
        })
    }

    /// The store's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of a candidate's package, whether it is there or not.
    pub fn folder(&self, candidate: &CandidateId) -> PathBuf {
        self.root.join(candidate.as_str())
    }

    /// Seals a draft: files, manifest, signature, chain. When it returns, all of it is on disk.
    ///
    /// A candidate that has its package already gets that one back, whatever the draft says: sealed once, for good.
    ///
    /// # Errors
    /// When something cannot be written; nothing of the package is then in the store, and the chain is as it was.
    pub fn seal(&self, draft: &Draft, signer: &Signer, chain: &mut Chain) -> Result<SealedPackage, EvidenceError> {
        let id = &draft.candidate.id;
        chain.settle(self)?;
        if let Some(sealed) = self.sealed(id)? {
            return Ok(sealed);
        }
        let temporary = Temporary::new(&self.root, id)?;
        let items = write_items(temporary.path(), draft)?;
        self.step(Step::ItemsWritten);
        let gaps = draft.gaps.iter().cloned().chain(missing_roles(draft)).collect();
        let digest = write_papers(temporary.path(), id, signer, &items, |sums| {
            canonical(&Manifest::new(draft, items.clone(), gaps, chain.next(), signer.key_id(), sums))
        })?;
        self.step(Step::ManifestWritten);
        chain.intend(id, &digest)?;
        self.step(Step::Intended);
        temporary.put(&self.folder(id)).map_err(|source| write_error(id, "the folder", source))?;
        self.step(Step::InPlace);
        chain.confirm()?;
        self.sealed(id)?.ok_or_else(|| EvidenceError::NoPackage { candidate: id.clone() })
    }

    /// Adds the after-picture of a cleared candidate as a layer of its own; the sealed package is not touched. Adding a
    /// second one changes nothing and gives the first back.
    ///
    /// # Errors
    /// When there is no sealed package, or something cannot be written.
    pub fn add_after(
        &self,
        candidate: &CandidateId,
        stamp: &Stamp,
        jpeg: &[u8],
        signer: &Signer,
    ) -> Result<SealedPackage, EvidenceError> {
        let Some(package_sha256) = self.manifest_sha256(candidate)? else {
            return Err(EvidenceError::NoPackage { candidate: candidate.clone() });
        };
        let folder = self.folder(candidate).join(AFTER);
        if !folder.exists() {
            let temporary = Temporary::new(&self.root, candidate)?;
            let still = Still { role: Role::After, stamp: stamp.clone(), jpeg: jpeg.to_vec() };
            let items = vec![write_still(temporary.path(), candidate, &still)?];
            write_papers(temporary.path(), candidate, signer, &items, |sums| {
                canonical(&AfterManifest {
                    schema: AFTER_SCHEMA.to_owned(),
                    candidate: candidate.to_string(),
                    package_sha256,
                    items: items.clone(),
                    signing: Signing { algorithm: "Ed25519".to_owned(), key_id: signer.key_id().to_owned() },
                    sums,
                })
            })?;
            temporary.put(&folder).map_err(|source| write_error(candidate, AFTER, source))?;
        }
        let (items, manifest_sha256) = self.read::<AfterManifest>(candidate, AFTER, |manifest| manifest.items)?;
        Ok(SealedPackage { items, manifest_sha256 })
    }

    /// The package of a candidate, if it is sealed.
    ///
    /// # Errors
    /// When there is one that cannot be read.
    pub fn sealed(&self, candidate: &CandidateId) -> Result<Option<SealedPackage>, EvidenceError> {
        if !self.folder(candidate).exists() {
            return Ok(None);
        }
        let (mut items, manifest_sha256) = self.read::<Manifest>(candidate, "", |manifest| manifest.items)?;
        let bytes = std::fs::metadata(self.folder(candidate).join(MANIFEST)).map_or(0, |metadata| metadata.len());
        let key = format!("{candidate}/{MANIFEST}");
        items.push(EvidenceItem { role: "manifest".to_owned(), key, sha256: manifest_sha256.clone(), bytes });
        Ok(Some(SealedPackage { items, manifest_sha256 }))
    }

    /// SHA-256 (hex) of the manifest of a candidate's package; `None` when there is no package.
    ///
    /// # Errors
    /// When there is one whose manifest cannot be read.
    pub fn manifest_sha256(&self, candidate: &CandidateId) -> Result<Option<String>, EvidenceError> {
        let folder = self.folder(candidate);
        if !folder.exists() {
            return Ok(None);
        }
        match std::fs::read(folder.join(MANIFEST)) {
            Ok(bytes) => Ok(Some(files::sha256(&bytes))),
            Err(error) => {
                let reason = format!("{MANIFEST}: {error}");
                Err(EvidenceError::Damaged { candidate: candidate.clone(), path: folder, reason })
            }
        }
    }

    /// The manifests of all packages that have one, unread ones left out.
    pub(super) fn manifests(&self) -> impl Iterator<Item = Vec<u8>> {
        let entries = std::fs::read_dir(&self.root).into_iter().flatten().flatten();
        entries.filter_map(|entry| std::fs::read(entry.path().join(MANIFEST)).ok())
    }

    fn read<M: serde::de::DeserializeOwned>(
        &self,
        candidate: &CandidateId,
        layer: &str,
        items: impl FnOnce(M) -> Vec<Item>,
    ) -> Result<(Vec<EvidenceItem>, String), EvidenceError> {
        let path = self.folder(candidate).join(layer);
        let damaged = |reason: String| EvidenceError::Damaged { candidate: candidate.clone(), path: path.clone(), reason };
        let bytes = std::fs::read(path.join(MANIFEST)).map_err(|error| damaged(format!("{MANIFEST}: {error}")))?;
        let manifest = serde_json::from_slice(&bytes).map_err(|error| damaged(format!("{MANIFEST}: {error}")))?;
        let prefix = if layer.is_empty() { candidate.to_string() } else { format!("{candidate}/{layer}") };
        let wire = |item: Item| EvidenceItem {
            key: format!("{prefix}/{}", item.file),
            role: item.role,
            sha256: item.sha256,
            bytes: item.bytes,
        };
        Ok((items(manifest).into_iter().map(wire).collect(), files::sha256(&bytes)))
    }

    #[cfg(test)]
    fn step(&self, step: Step) {
        if let Some(at_step) = self.at_step {
            at_step(step);
        }
    }

    #[cfg(not(test))]
    fn step(&self, _: Step) {}
}

/// A folder that goes away unless it is put in place.
struct Temporary(tempfile::TempDir);

impl Temporary {
    fn new(root: &Path, candidate: &CandidateId) -> Result<Self, EvidenceError> {
        tempfile::Builder::new()
            .prefix(&format!("{TEMPORARY}{candidate}-"))
            .tempdir_in(root)
            .map(Self)
            .map_err(|source| write_error(candidate, "the folder", source))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn put(self, target: &Path) -> io::Result<()> {
        open_to_readers(self.0.path())?;
        files::sync_dir(self.0.path())?;
        std::fs::rename(self.0.path(), target)?;
        // Renamed away, there is nothing left for the guard to remove.
        let _ = self.0.keep();
        target.parent().map_or(Ok(()), files::sync_dir)
    }
}

/// Temporary folders are made for their owner alone; a sealed package is read by the console and by experts as well.
#[cfg(unix)]
fn open_to_readers(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn open_to_readers(_: &Path) -> io::Result<()> {
    Ok(())
}

fn write_error(candidate: &CandidateId, file: &str, source: io::Error) -> EvidenceError {
    match source.kind() {
        io::ErrorKind::AlreadyExists => EvidenceError::Twice { candidate: candidate.clone(), file: file.to_owned() },
        _ => EvidenceError::Write { candidate: candidate.clone(), file: file.to_owned(), source },
    }
}

fn write_items(folder: &Path, draft: &Draft) -> Result<Vec<Item>, EvidenceError> {
    let id = &draft.candidate.id;
    let stills = draft.stills.iter().map(|still| write_still(folder, id, still));
    let clips = draft.clips.iter().map(|clip| write_clip(folder, id, clip));
    stills.chain(clips).collect()
}

fn write_still(folder: &Path, candidate: &CandidateId, still: &Still) -> Result<Item, EvidenceError> {
    let file = format!("{}.jpg", still.role.wire_name());
    files::write_new(&folder.join(&file), &still.jpeg).map_err(|source| write_error(candidate, &file, source))?;
    Ok(Item {
        role: still.role.wire_name().to_owned(),
        file,
        sha256: files::sha256(&still.jpeg),
        bytes: still.jpeg.len() as u64,
        media_type: "image/jpeg".to_owned(),
        method: STILL_METHOD.to_owned(),
        derivative: "none".to_owned(),
        from: TimeData::from(&still.stamp),
        to: None,
    })
}

fn write_clip(folder: &Path, candidate: &CandidateId, clip: &Clip) -> Result<Item, EvidenceError> {
    let file = format!("{}.{}", clip.role.wire_name(), clip.container.extension());
    let path = folder.join(&file);
    let written = match &clip.source {
        ClipSource::Bytes(bytes) => files::write_new(&path, bytes).map(|()| (files::sha256(bytes), bytes.len() as u64)),
        ClipSource::File(source) => files::copy_new(source, &path),
    };
    let (sha256, bytes) = written.map_err(|source| write_error(candidate, &file, source))?;
    Ok(Item {
        role: clip.role.wire_name().to_owned(),
        file,
        sha256,
        bytes,
        media_type: clip.container.media_type().to_owned(),
        method: CLIP_METHOD.to_owned(),
        derivative: "none".to_owned(),
        from: TimeData::from(&clip.from),
        to: Some(TimeData::from(&clip.to)),
    })
}

/// Public key, list of digests, manifest and signature; gives back the manifest's SHA-256.
fn write_papers(
    folder: &Path,
    candidate: &CandidateId,
    signer: &Signer,
    items: &[Item],
    manifest: impl FnOnce(Sums) -> Result<Vec<u8>, serde_json::Error>,
) -> Result<String, EvidenceError> {
    let write = |file: &str, bytes: &[u8]| {
        files::write_new(&folder.join(file), bytes).map_err(|source| write_error(candidate, file, source))
    };
    let key = signer.public_key_pem().as_bytes();
    write(PUBLIC_KEY, key)?;
    let key_sha256 = files::sha256(key);
    let listed = items.iter().map(|item| (item.sha256.as_str(), item.file.as_str()));
    let sums = sums_text(listed.chain([(key_sha256.as_str(), PUBLIC_KEY)]));
    write(SUMS, sums.as_bytes())?;
    let manifest = manifest(Sums { file: SUMS.to_owned(), sha256: files::sha256(sums.as_bytes()) })
        .map_err(|source| EvidenceError::Manifest { candidate: candidate.clone(), source })?;
    write(MANIFEST, &manifest)?;
    write(SIGNATURE, &signer.sign(&manifest))?;
    Ok(files::sha256(&manifest))
}

/// What every package should hold (design, part 4) and this draft does not.
fn missing_roles(draft: &Draft) -> impl Iterator<Item = Gap> {
    let has = |role: Role| draft.stills.iter().any(|s| s.role == role) || draft.clips.iter().any(|c| c.role == role);
    [Role::FirstSeen, Role::Mid, Role::Trigger, Role::Clip]
        .into_iter()
        .filter(move |role| !has(*role))
        .map(|role| Gap::new(format!("there is no {}", role.wire_name())))
}

#[cfg(test)]
mod tests;
