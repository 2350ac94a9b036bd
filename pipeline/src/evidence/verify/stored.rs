//! Packages that lie in the object store, wholly or but for their papers: fetched into a temporary folder one by one, and
//! checked there like any other.

use std::path::{Path, PathBuf};

use events::CandidateId;
use objects::{ObjectError, Objects};

use super::{Finding, Options, Problem, Report, VerifyError, chain, is_package, package};

/// Larger files are no evidence of ours.
const MOST: u64 = 4 << 30;

/// The store, and how it is asked from code that does not wait.
pub struct Stored<'a> {
    /// Where packages lie.
    pub objects: &'a Objects,
    /// What runs its requests.
    pub runtime: &'a tokio::runtime::Runtime,
}

impl Stored<'_> {
    fn ask<T>(&self, question: impl Future<Output = Result<T, ObjectError>>) -> Result<T, VerifyError> {
        self.runtime.block_on(question).map_err(VerifyError::Store)
    }

    /// Fetches every file below `folder` of the store that is not in `target` yet.
    fn fetch(&self, folder: &str, target: &Path) -> Result<(), VerifyError> {
        for (key, _) in self.ask(self.objects.below(folder))? {
            let Some(file) = key.strip_prefix(folder).map(|rest| rest.trim_start_matches('/')) else { continue };
            // A name that leads out of the folder is not one that we wrote.
            if file.split('/').any(|part| part.is_empty() || part == "." || part == "..") {
                continue;
            }
            let path = target.join(file);
            if path.exists() {
                continue;
            }
            if let Some(content) = self.ask(self.objects.whole(&key, MOST))? {
                let parent = path.parent().unwrap_or(target);
                let write = std::fs::create_dir_all(parent).and_then(|()| std::fs::write(&path, &content));
                write.map_err(|source| VerifyError::Read { path: path.clone(), source })?;
            }
        }
        Ok(())
    }

    fn one(
        &self,
        folder: &str,
        name: &str,
        local: Option<&Path>,
        options: &Options,
        report: &mut Report,
    ) -> Result<(), VerifyError> {
        let read = |source| VerifyError::Read { path: PathBuf::from(name), source };
        let temporary = tempfile::tempdir().map_err(read)?;
        let target = temporary.path().join(name);
        std::fs::create_dir_all(&target).map_err(read)?;
        if let Some(local) = local {
            copy(local, &target).map_err(read)?;
        }
        self.fetch(folder, &target)?;
        package::check(&target, name, options, report);
        Ok(())
    }

    /// Checks a package of the store, or all below a folder of it; `within` is relative to the store's prefix.
    ///
    /// # Errors
    /// The store cannot be read now. What is wrong with the evidence is in the report.
    pub fn verify(&self, within: &str, options: &Options) -> Result<Report, VerifyError> {
        let mut report = Report::default();
        let name = within.rsplit('/').next().unwrap_or_default();
        if is_candidate(name) {
            self.one(within, name, None, options, &mut report)?;
        } else {
            self.all(within, options, &mut report)?;
            let head = options.chain.as_deref().map(super::super::chain::read_head).transpose()?;
            chain::check(options.partial, head, &mut report);
        }
        Ok(report.finished(&format!("{} {within}", self.objects.shown()), options))
    }

    /// Packages lie in the folder itself, or in one folder a worker.
    fn all(&self, within: &str, options: &Options, report: &mut Report) -> Result<(), VerifyError> {
        let join = |folder: &str| if within.is_empty() { folder.to_owned() } else { format!("{within}/{folder}") };
        for folder in self.ask(self.objects.folders(within))? {
            if is_candidate(&folder) {
                self.one(&join(&folder), &folder, None, options, report)?;
                continue;
            }
            for package in self.ask(self.objects.folders(&join(&folder)))? {
                if is_candidate(&package) {
                    self.one(&format!("{}/{package}", join(&folder)), &package, None, options, report)?;
                }
            }
        }
        Ok(())
    }

    /// Checks a folder of this machine whose stills and clips may be in the store only. `within` is the store's folder that
    /// belongs to it.
    ///
    /// # Errors
    /// The folder or the store cannot be read.
    pub fn verify_local(&self, path: &Path, within: &str, options: &Options) -> Result<Report, VerifyError> {
        let mut report = Report::default();
        let named = |folder: &Path| folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if is_package(path) {
            self.one(within, &named(path), Some(path), options, &mut report)?;
        } else {
            let read = |source| VerifyError::Read { path: path.to_owned(), source };
            let mut folders = Vec::new();
            for entry in std::fs::read_dir(path).map_err(read)? {
                folders.push(entry.map_err(read)?.path());
            }
            folders.sort();
            for folder in folders.iter().filter(|folder| folder.is_dir() && is_candidate(&named(folder))) {
                let name = named(folder);
                let within = if within.is_empty() { name.clone() } else { format!("{within}/{name}") };
                self.one(&within, &name, Some(folder), options, &mut report)?;
            }
            let head = options.chain.as_deref().map(super::super::chain::read_head).transpose()?;
            chain::check(options.partial, head, &mut report);
        }
        Ok(report.finished(&path.display().to_string(), options))
    }
}

fn is_candidate(name: &str) -> bool {
    name.parse::<CandidateId>().is_ok()
}

/// The files of a package and of its after-picture.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let (kind, target) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            copy(&entry.path(), &target)?;
        } else if kind.is_file() {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

impl Report {
    /// What is to be said at the end of every check.
    pub(super) fn finished(mut self, place: &str, options: &Options) -> Self {
        if self.packages.is_empty() && self.ok() {
            self.findings.push(Finding {
                package: String::new(),
                file: None,
                problem: Problem::Empty,
                text: format!("there is no evidence package in {place}"),
            });
        }
        if options.trusted.is_empty() {
            let text = "no trusted key was given: a signature then shows that a package is whole, not whose it is";
            self.notes.push(text.to_owned());
        }
        self
    }
}
