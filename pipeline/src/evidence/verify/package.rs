//! One package: manifest, signature, files; then its after-picture, which is built the same way.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePublicKey, EncodePublicKey};
use ed25519_dalek::{Signature, VerifyingKey};
use events::CandidateId;
use serde::Deserialize;

use super::super::files::{digest_file, sha256};
use super::super::manifest::{
    AFTER, AFTER_SCHEMA, AfterManifest, Item, MANIFEST, Manifest, PUBLIC_KEY, SCHEMA, SIGNATURE, SUMS, Signing, Sums,
};
use super::super::signer::key_id;
use super::{Checked, Finding, Options, Problem, Report, is_trusted};

/// What both forms of manifest have.
#[derive(Deserialize)]
struct Common {
    schema: String,
    items: Vec<Item>,
    signing: Signing,
    sums: Sums,
}

/// A manifest that could be read.
struct Read {
    bytes: Vec<u8>,
    common: Common,
}

/// A folder with a manifest in it: the package itself, or its after-picture.
struct Layer<'a> {
    folder: PathBuf,
    /// `""` or `after/`: stands before file names.
    prefix: &'static str,
    package: &'a str,
    options: &'a Options,
    findings: Vec<Finding>,
    notes: Vec<String>,
}

/// Checks the package in `folder` and adds what it finds.
pub(super) fn check(folder: &Path, package: &str, options: &Options, report: &mut Report) {
    let mut layer = Layer { folder: folder.to_owned(), prefix: "", package, options, findings: Vec::new(), notes: Vec::new() };
    let read = layer.check(SCHEMA);
    let mut checked = Checked {
        package: package.to_owned(),
        files: read.as_ref().map_or(0, |read| read.common.items.len()),
        chain: None,
        manifest_sha256: read.as_ref().map(|read| sha256(&read.bytes)),
        key_id: read.as_ref().map(|read| read.common.signing.key_id.clone()),
        after: false,
    };
    let mut candidate = None;
    if let Some(read) = &read {
        match serde_json::from_slice::<Manifest>(&read.bytes) {
            Ok(manifest) => {
                checked.chain = Some(manifest.chain);
                candidate = manifest.candidate.get("id").and_then(|id| id.as_str()).map(ToOwned::to_owned);
            }
            Err(error) => layer.fault(Some(MANIFEST), Problem::Manifest, format!("{MANIFEST} is not whole: {error}")),
        }
        // A folder may be renamed for an expert, but one that is named after a candidate is that candidate's.
        let named = package.parse::<CandidateId>().is_ok();
        if let Some(id) = candidate.as_deref().filter(|id| named && *id != package) {
            let text = format!("{MANIFEST} is that of candidate {id}: the folder holds another candidate's package");
            layer.fault(Some(MANIFEST), Problem::Manifest, text);
        }
    }
    report.findings.append(&mut layer.findings);
    report.notes.append(&mut layer.notes);
    let after = folder.join(AFTER);
    if after.is_dir() {
        checked.after = true;
        let mut layer = Layer { folder: after, prefix: "after/", package, options, findings: Vec::new(), notes: Vec::new() };
        let read = layer.check(AFTER_SCHEMA);
        checked.files += read.as_ref().map_or(0, |read| read.common.items.len());
        layer.belongs(read, candidate.as_deref(), checked.manifest_sha256.as_deref());
        report.findings.append(&mut layer.findings);
        report.notes.append(&mut layer.notes);
    }
    report.packages.push(checked);
}

impl Layer<'_> {
    fn fault(&mut self, file: Option<&str>, problem: Problem, text: String) {
        let file = file.map(|file| format!("{}{file}", self.prefix));
        self.findings.push(Finding { package: self.package.to_owned(), file, problem, text });
    }

    /// The file's name as it is shown.
    fn shown(&self, file: &str) -> String {
        format!("{}{file}", self.prefix)
    }

    /// A file that every layer has.
    fn paper(&mut self, file: &str) -> Option<Vec<u8>> {
        match read_plain(&self.folder.join(file)) {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                let problem = if error.kind() == io::ErrorKind::NotFound { Problem::Missing } else { Problem::Changed };
                let text = format!("{} {}", self.shown(file), why_not(&error));
                self.fault(Some(file), problem, text);
                None
            }
        }
    }

    fn check(&mut self, schema: &str) -> Option<Read> {
        let manifest = self.paper(MANIFEST);
        let signature = self.paper(SIGNATURE);
        let key = self.paper(PUBLIC_KEY);
        let sums = self.paper(SUMS);
        let bytes = manifest?;
        let common = match serde_json::from_slice::<Common>(&bytes) {
            Ok(common) if common.schema == schema => common,
            Ok(common) => {
                let text = format!("{} is of schema {:?}, not {schema:?}", self.shown(MANIFEST), common.schema);
                self.fault(Some(MANIFEST), Problem::Manifest, text);
                return None;
            }
            Err(error) => {
                let text = format!("{} was changed: it is not a manifest any more ({error})", self.shown(MANIFEST));
                self.fault(Some(MANIFEST), Problem::Changed, text);
                return None;
            }
        };
        let read = Read { bytes, common };
        let signed = self.signature(&read, signature.as_deref(), key.as_deref());
        if let Some(sums) = sums.as_deref().filter(|sums| signed && sha256(sums) != read.common.sums.sha256) {
            let text = format!(
                "{} was changed: {} names another ({})",
                self.shown(SUMS),
                MANIFEST,
                changed(sums, &read.common.sums.sha256)
            );
            self.fault(Some(SUMS), Problem::Changed, text);
        }
        self.items(&read, if signed { None } else { sums.as_deref() });
        Some(read)
    }

    /// Is the manifest what a trusted key signed? `false` when that could not be established.
    fn signature(&mut self, read: &Read, signature: Option<&[u8]>, key: Option<&[u8]>) -> bool {
        let (Some(signature), Some(pem)) = (signature, key) else { return false };
        let shown = self.shown(PUBLIC_KEY);
        let Some(key) = exact_key(pem) else {
            self.fault(
                Some(PUBLIC_KEY),
                Problem::Changed,
                format!("{shown} was changed: it is not a public key as it was written"),
            );
            return false;
        };
        if key_id(&key) != read.common.signing.key_id && !fits(&key, read, signature) {
            let text = format!(
                "{shown} is not the key that {} names: key id {}, named {}",
                self.shown(MANIFEST),
                key_id(&key),
                read.common.signing.key_id
            );
            self.fault(Some(PUBLIC_KEY), Problem::Changed, text);
            return false;
        }
        if signature.len() != 64 {
            let text = format!("{} was changed: {} bytes instead of 64", self.shown(SIGNATURE), signature.len());
            self.fault(Some(SIGNATURE), Problem::Signature, text);
            return false;
        }
        if !fits(&key, read, signature) {
            let text = format!(
                "the signature does not fit: {} or {} was changed, or signed with another key",
                self.shown(MANIFEST),
                self.shown(SIGNATURE)
            );
            self.fault(None, Problem::Signature, text);
            return false;
        }
        if !is_trusted(&key, self.options) {
            let text = format!("{shown}: signed by key {}, which is not among the trusted keys", key_id(&key));
            self.fault(Some(PUBLIC_KEY), Problem::NotTrusted, text);
        }
        true
    }

    /// Each file against the manifest. Where the signature does not fit, `witness` is the list of digests: a file that
    /// agrees with it is not accused of what was done to the manifest.
    fn items(&mut self, read: &Read, witness: Option<&[u8]>) {
        let witness = witness.map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
        let mut sealed: BTreeMap<&str, &Item> = BTreeMap::new();
        for item in &read.common.items {
            let plain = !item.file.is_empty() && !item.file.starts_with('.') && !item.file.contains(['/', '\\', '\0']);
            let paper = [MANIFEST, SIGNATURE, PUBLIC_KEY, SUMS, AFTER].contains(&item.file.as_str());
            if !plain || paper || sealed.insert(&item.file, item).is_some() {
                let text = format!("{} names a file {:?}, which cannot be one of its own", self.shown(MANIFEST), item.file);
                self.fault(Some(MANIFEST), Problem::Manifest, text);
            }
        }
        let there = self.folder_digests();
        for (file, item) in &sealed {
            let shown = self.shown(file);
            match there.get(*file) {
                Some(Ok((digest, bytes))) if *digest == item.sha256 && *bytes == item.bytes => {}
                Some(Ok((digest, _))) if witness.contains(&format!("{digest}  {file}\n")) => {}
                Some(Ok((digest, bytes))) => {
                    let other = sealed.values().find(|other| other.sha256 == *digest && other.file != *file);
                    let (problem, text) = match other {
                        Some(other) => {
                            let back = matches!(there.get(&other.file), Some(Ok((back, _))) if *back == item.sha256);
                            let how = if back { " (the two were exchanged)" } else { "" };
                            (Problem::Swapped, format!("{shown} holds what was sealed as {}{how}", self.shown(&other.file)))
                        }
                        None => {
                            let text = format!(
                                "{shown} was changed: SHA-256 {digest} ({bytes} bytes), sealed as {} ({} bytes)",
                                item.sha256, item.bytes
                            );
                            (Problem::Changed, text)
                        }
                    };
                    self.fault(Some(file), problem, text);
                }
                Some(Err(error)) => self.fault(Some(file), Problem::Changed, format!("{shown} {}", why_not(error))),
                None if self.options.deleted.of(&item.sha256, item.bytes).is_some() => {
                    let how = self.options.deleted.of(&item.sha256, item.bytes).unwrap_or_default();
                    self.notes.push(format!("{} of {} {how}", shown, self.package));
                }
                None => {
                    let moved = there.iter().find(|(_, seen)| matches!(seen, Ok((digest, _)) if *digest == item.sha256));
                    let now = moved.map_or(String::new(), |(name, _)| format!("; its bytes are in {}", self.shown(name)));
                    self.fault(Some(file), Problem::Missing, format!("{shown} is missing{now}"));
                }
            }
        }
        let known: BTreeSet<&str> = sealed.keys().copied().chain([MANIFEST, SIGNATURE, PUBLIC_KEY, SUMS]).collect();
        for name in there.keys().filter(|name| !known.contains(name.as_str())) {
            if self.prefix.is_empty() && name == AFTER && self.folder.join(AFTER).is_dir() {
                continue;
            }
            let text = format!("{} was added: {} does not name it", self.shown(name), self.shown(MANIFEST));
            self.fault(Some(name), Problem::Added, text);
        }
    }

    /// Digest and size of everything in the folder, by name.
    fn folder_digests(&mut self) -> BTreeMap<String, io::Result<(String, u64)>> {
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) => {
                self.fault(None, Problem::Changed, format!("the folder cannot be listed: {error}"));
                return BTreeMap::new();
            }
        };
        let digest = |entry: &std::fs::DirEntry| {
            if entry.file_type()?.is_file() { digest_file(&entry.path()) } else { Err(not_plain()) }
        };
        entries.flatten().map(|entry| (entry.file_name().to_string_lossy().into_owned(), digest(&entry))).collect()
    }

    /// Is this after-picture that of the package it lies in?
    fn belongs(&mut self, read: Option<Read>, candidate: Option<&str>, package_sha256: Option<&str>) {
        let Some(read) = read else { return };
        let manifest = match serde_json::from_slice::<AfterManifest>(&read.bytes) {
            Ok(manifest) => manifest,
            Err(error) => {
                let text = format!("{} is not whole: {error}", self.shown(MANIFEST));
                return self.fault(Some(MANIFEST), Problem::Manifest, text);
            }
        };
        let same = candidate.is_none_or(|id| id == manifest.candidate)
            && package_sha256.is_none_or(|digest| digest == manifest.package_sha256);
        if !same {
            let text = format!("{} belongs to another package (candidate {})", self.shown(MANIFEST), manifest.candidate);
            self.fault(Some(MANIFEST), Problem::Manifest, text);
        }
    }
}

fn fits(key: &VerifyingKey, read: &Read, signature: &[u8]) -> bool {
    Signature::from_slice(signature).is_ok_and(|signature| key.verify_strict(&read.bytes, &signature).is_ok())
}

/// The key, if the file is to the byte what a worker writes: PEM may hold the same key in many ways, and a changed byte is
/// a changed file.
fn exact_key(pem: &[u8]) -> Option<VerifyingKey> {
    let key = VerifyingKey::from_public_key_pem(std::str::from_utf8(pem).ok()?).ok()?;
    (key.to_public_key_pem(LineEnding::LF).ok()?.as_bytes() == pem).then_some(key)
}

/// Reads a file that is one: a link could show an expert something else tomorrow.
fn read_plain(path: &Path) -> io::Result<Vec<u8>> {
    if !std::fs::symlink_metadata(path)?.is_file() {
        return Err(not_plain());
    }
    std::fs::read(path)
}

fn not_plain() -> io::Error {
    io::Error::other("it is a folder, a link or a device")
}

fn why_not(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "is missing".to_owned(),
        io::ErrorKind::Other => format!("is not a plain file: {error}"),
        _ => format!("cannot be read: {error}"),
    }
}

fn changed(bytes: &[u8], sealed: &str) -> String {
    format!("SHA-256 {}, sealed as {sealed}", sha256(bytes))
}
