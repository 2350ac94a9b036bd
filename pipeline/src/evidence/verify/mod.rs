//! Checks packages offline: needs the files and, to know *whose* they are, the public keys one trusts. Writes nothing.
//!
//! The order of trust: the signature proves the manifest, the manifest proves each file by its digest, the chain proves that
//! no package between two others was taken away. Every fault names the file it is in.

mod chain;
mod deleted;
mod package;
mod stored;

use std::io;
use std::path::{Path, PathBuf};

use ed25519_dalek::VerifyingKey;
use ed25519_dalek::pkcs8::DecodePublicKey;
use events::CandidateId;
use serde::Serialize;

use super::chain::ChainError;
use super::manifest::{Link, MANIFEST, PUBLIC_KEY, SIGNATURE, SUMS};
use super::signer::key_id;
pub use deleted::Deleted;
pub use stored::Stored;

/// Why nothing could be checked.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The path cannot be read.
    #[error("reading {path}")]
    Read {
        /// What was to be read.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The path is no folder.
    #[error("{path} is neither an evidence package nor a folder of packages")]
    NotAFolder {
        /// What was to be checked.
        path: PathBuf,
    },
    /// A key file holds no public key.
    #[error("{path} holds no Ed25519 public key in PEM: {reason}")]
    Key {
        /// The key file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A certificate of deletion cannot be believed.
    #[error("{path} is no certificate of deletion to rely on: {reason}")]
    Certificate {
        /// Its document.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The object store cannot be read.
    #[error(transparent)]
    Store(objects::ObjectError),
    /// The chain file cannot be used.
    #[error(transparent)]
    Chain(#[from] ChainError),
}

/// What to check against.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Keys that may have signed; empty: any key, and the report says that nobody vouched for it.
    pub trusted: Vec<VerifyingKey>,
    /// The chain file of the worker: shows whether the newest packages were taken away. Without it a file `chain.json` in
    /// the folder is used if there is one.
    pub chain: Option<PathBuf>,
    /// These are some of a worker's packages: holes in the chain are noted, not faults.
    pub partial: bool,
    /// What certificates of deletion say was taken away: noted, no fault.
    pub deleted: Deleted,
}

/// What kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// A file that the manifest names is not there.
    Missing,
    /// A file is not what was sealed.
    Changed,
    /// A file holds what was sealed under another name.
    Swapped,
    /// A file the manifest does not name.
    Added,
    /// The signature does not fit the manifest.
    Signature,
    /// Signed, but by a key that was not among the trusted ones.
    NotTrusted,
    /// The manifest contradicts itself, the folder or the package it belongs to.
    Manifest,
    /// The chain between packages does not hold.
    Chain,
    /// There is nothing to check.
    Empty,
}

/// A fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The folder of the package; empty for what lies between packages.
    pub package: String,
    /// The file, relative to the package's folder, where the fault is in one.
    pub file: Option<String>,
    /// What kind of fault.
    pub problem: Problem,
    /// One sentence that names the file.
    pub text: String,
}

/// A package that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Its folder's name.
    pub package: String,
    /// How many files its manifests name.
    pub files: usize,
    /// Its place in the chain, where the manifest could be read.
    pub chain: Option<Link>,
    /// SHA-256 (hex) of its manifest.
    pub manifest_sha256: Option<String>,
    /// The key that its manifest names.
    pub key_id: Option<String>,
    /// Does it have an after-picture?
    pub after: bool,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// All packages, by name.
    pub packages: Vec<Checked>,
    /// All faults.
    pub findings: Vec<Finding>,
    /// What a reader should know that is no fault.
    pub notes: Vec<String>,
}

impl Report {
    /// Nothing is wrong.
    pub fn ok(&self) -> bool {
        self.findings.is_empty()
    }

    /// For people: one line for each package that is intact, for each fault, for each note, and a last one that sums up.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for checked in &self.packages {
            let mut faults = self.findings.iter().filter(|f| f.package == checked.package).peekable();
            if faults.peek().is_none() {
                lines.push(intact(checked));
            }
            lines.extend(faults.map(|fault| format!("FAULT  {}: {}", fault.package, fault.text)));
        }
        let between = self.findings.iter().filter(|f| !self.packages.iter().any(|p| p.package == f.package));
        lines.extend(between.map(|fault| format!("FAULT  {}", fault.text)));
        lines.extend(self.notes.iter().map(|note| format!("note   {note}")));
        let damaged = self.packages.iter().filter(|p| self.findings.iter().any(|f| f.package == p.package)).count();
        let (packages, faults) = (self.packages.len(), self.findings.len());
        lines.push(if self.ok() {
            format!("verified: {packages} of {packages} packages are intact")
        } else {
            format!("NOT verified: {faults} faults; {damaged} of {packages} packages are damaged")
        });
        lines
    }
}

fn intact(checked: &Checked) -> String {
    let place = checked.chain.as_ref().map_or(String::new(), |link| format!(", number {} of {}", link.number, link.worker));
    let after = if checked.after { " with after-picture" } else { "" };
    let key = checked.key_id.as_deref().unwrap_or_default();
    let key = &key[..key.len().min(16)];
    format!("intact {}: {} files{after}{place}, signed by {key}", checked.package, checked.files)
}

/// Checks a package, or a folder of packages and the chain between them.
///
/// # Errors
/// When the path cannot be read or is no folder. What is wrong with the evidence is in the report.
pub fn verify(path: &Path, options: &Options) -> Result<Report, VerifyError> {
    let metadata = std::fs::metadata(path).map_err(|source| VerifyError::Read { path: path.to_owned(), source })?;
    if !metadata.is_dir() {
        return Err(VerifyError::NotAFolder { path: path.to_owned() });
    }
    let mut report = Report::default();
    if is_package(path) {
        // `.` and `x/..` have no name of their own.
        let name = path.canonicalize().ok().and_then(|p| Some(p.file_name()?.to_string_lossy().into_owned()));
        package::check(path, &name.unwrap_or_else(|| path.display().to_string()), options, &mut report);
    } else {
        let chain_file = folder(path, options, &mut report)?;
        chain::check(options.partial, chain_file, &mut report);
    }
    Ok(report.finished(&path.display().to_string(), options))
}

/// A folder that is, or calls itself, a package; one whose manifest was taken away still is.
fn is_package(path: &Path) -> bool {
    let named_so = path.file_name().is_some_and(|name| name.to_string_lossy().parse::<CandidateId>().is_ok());
    named_so || [MANIFEST, SIGNATURE, PUBLIC_KEY, SUMS].iter().any(|file| path.join(file).exists())
}

/// Checks each package in a folder and gives back worker, count and head of the chain file, if there is one.
fn folder(path: &Path, options: &Options, report: &mut Report) -> Result<Option<chain::Head>, VerifyError> {
    let read = |source| VerifyError::Read { path: path.to_owned(), source };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(path).map_err(read)? {
        let entry = entry.map_err(read)?;
        names.push((entry.file_name().to_string_lossy().into_owned(), entry.file_type().map_err(read)?));
    }
    names.sort_by(|a, b| a.0.cmp(&b.0));
    let mut chain_file = options.chain.clone();
    for (name, kind) in names {
        let at = path.join(&name);
        if kind.is_dir() && name.starts_with(".tmp-") {
            report
                .notes
                .push(format!("{name} is a half-written package that a crash left; the worker removes it when it starts"));
        } else if kind.is_dir() && is_package(&at) {
            package::check(&at, &name, options, report);
        } else if name == "chain.json" && kind.is_file() {
            chain_file.get_or_insert(at);
        } else {
            report.notes.push(format!("{name} is not an evidence package and was not checked"));
        }
    }
    Ok(chain_file.as_deref().map(super::chain::read_head).transpose()?)
}

/// Reads all public keys of a PEM file.
///
/// # Errors
/// When the file cannot be read or holds anything but Ed25519 public keys.
pub fn read_keys(path: &Path) -> Result<Vec<VerifyingKey>, VerifyError> {
    const END: &str = "-----END PUBLIC KEY-----";
    let text = std::fs::read_to_string(path).map_err(|source| VerifyError::Read { path: path.to_owned(), source })?;
    let key = |part: &str| {
        let pem = format!("{}{END}\n", part.trim_start());
        VerifyingKey::from_public_key_pem(&pem).map_err(|e| VerifyError::Key { path: path.to_owned(), reason: e.to_string() })
    };
    let parts: Vec<&str> = text.split_terminator(END).filter(|part| !part.trim().is_empty()).collect();
    if parts.is_empty() {
        return Err(VerifyError::Key { path: path.to_owned(), reason: "the file is empty".to_owned() });
    }
    parts.into_iter().map(key).collect()
}

fn is_trusted(key: &VerifyingKey, options: &Options) -> bool {
    options.trusted.is_empty() || options.trusted.iter().any(|trusted| key_id(trusted) == key_id(key))
}

#[cfg(test)]
mod tests;
