//! Finds and loads the ONNX Runtime shared library, once per process.
//!
//! Nothing is downloaded here. The library that is loaded first stays; ONNX Runtime cannot be unloaded or exchanged.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ort::environment::Environment;

/// The smallest minor version of ONNX Runtime 1.x that has the programming interface this crate is built against
/// (the `api-24` feature of `ort`: interface 24 first came with 1.24).
pub const MIN_MINOR_VERSION: u32 = ort::MINOR_VERSION;

/// The file that is looked for.
pub const LIBRARY: &str = "libonnxruntime.so";

/// What was loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuntimeInfo {
    /// The library's file.
    pub path: PathBuf,
    /// Its version, e.g. `1.31.1`; `unknown` where neither the build information nor the file name tells it.
    pub version: String,
}

/// Why ONNX Runtime could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// No library in any of the places.
    #[error(
        "no ONNX Runtime library found (looked at: {}). Install ONNX Runtime 1.{MIN_MINOR_VERSION} or newer: `make setup` puts it \
         into .local/onnxruntime, or take {LIBRARY} from an ONNX Runtime release or the `onnxruntime` Python wheel and name it in \
         KERBWATCH_ORT",
        tried.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
    )]
    NotFound {
        /// The files that do not exist, in the order they were looked for.
        tried: Vec<PathBuf>,
    },
    /// A library was named, and it is not there.
    #[error("the ONNX Runtime library {path} named by {by} does not exist")]
    NamedMissing {
        /// The file.
        path: PathBuf,
        /// Who named it: `the configuration` or `KERBWATCH_ORT`.
        by: &'static str,
    },
    /// The library is there and cannot be loaded, is too old, or is another library.
    #[error("loading ONNX Runtime from {path}: version 1.{MIN_MINOR_VERSION} or newer for this processor is needed")]
    Load {
        /// The file.
        path: PathBuf,
        /// What the loader says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Loaded, but it would not start.
    #[error("starting ONNX Runtime from {path}")]
    Start {
        /// The file.
        path: PathBuf,
        /// What it says.
        source: ort::Error,
    },
    /// Another library was loaded earlier in this process.
    #[error("ONNX Runtime is already loaded from {loaded}; {wanted} cannot be loaded beside it")]
    Other {
        /// The one in use.
        loaded: PathBuf,
        /// The one asked for.
        wanted: PathBuf,
    },
}

/// What is kept until the process ends. A mutex and not a `OnceLock`, because a failed attempt may be repeated.
static LOADED: Mutex<Option<(RuntimeInfo, Environment)>> = Mutex::new(None);

/// Loads ONNX Runtime, or says which one is loaded already.
///
/// Looked for, in this order: `explicit`; the environment variable `KERBWATCH_ORT` (a file, or a folder that holds the
/// library); beside the binary; `.local/onnxruntime` under the current folder and under every folder above the binary;
/// the system's library folders.
///
/// # Errors
/// When none is found, the one found cannot be loaded or is too old, or `explicit` differs from what is loaded already.
pub fn load(explicit: Option<&Path>) -> Result<RuntimeInfo, RuntimeError> {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((info, _)) = &*loaded {
        return match explicit.map(in_folder) {
            Some(wanted) if !same_file(&wanted, &info.path) => Err(RuntimeError::Other { loaded: info.path.clone(), wanted }),
            _ => Ok(info.clone()),
        };
    }
    let path = find(explicit, std::env::var_os("KERBWATCH_ORT").map(PathBuf::from))?;
    let builder = ort::init_from(&path).map_err(|source| RuntimeError::Load { path: path.clone(), source: Box::new(source) })?;
    let environment = builder
        .with_name("kerbwatch")
        // A library that watches streets reports to nobody; Microsoft's builds would, on some systems.
        .with_telemetry(false)
        .build()
        .map_err(|source| RuntimeError::Start { path: path.clone(), source })?;
    let info = RuntimeInfo { version: version_of(ort::info(), &path), path };
    *loaded = Some((info.clone(), environment));
    Ok(info)
}

/// The process's environment, loading the library from the usual places if that was not done yet.
pub(crate) fn environment() -> Result<Environment, RuntimeError> {
    load(None)?;
    let loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(loaded.as_ref().map(|(_, environment)| environment.clone()).expect("`load` has just filled it"))
}

fn find(explicit: Option<&Path>, env: Option<PathBuf>) -> Result<PathBuf, RuntimeError> {
    // Who names a library wants that one: a typing error must not silently load another.
    for (named, by) in [(explicit.map(Path::to_owned), "the configuration"), (env, "KERBWATCH_ORT")] {
        if let Some(named) = named {
            let path = in_folder(&named);
            return if path.is_file() { Ok(path) } else { Err(RuntimeError::NamedMissing { path, by }) };
        }
    }
    let tried = usual_places();
    match tried.iter().find(|path| path.is_file()) {
        Some(path) => Ok(path.clone()),
        None => Err(RuntimeError::NotFound { tried }),
    }
}

/// A folder stands for the library in it.
fn in_folder(path: &Path) -> PathBuf {
    if path.is_dir() { path.join(LIBRARY) } else { path.to_owned() }
}

fn usual_places() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    let binary = std::env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_owned));
    folders.extend(binary.clone());
    folders.extend(std::env::current_dir().ok().map(|cwd| cwd.join(".local/onnxruntime")));
    for folder in binary.iter().flat_map(|binary| binary.ancestors()) {
        folders.push(folder.join(".local/onnxruntime"));
    }
    // Debian's multiarch folders first, then those of other systems and of hand installations.
    let arch = std::env::consts::ARCH;
    folders.extend(
        [format!("/usr/lib/{arch}-linux-gnu"), "/usr/local/lib".into(), "/usr/lib64".into(), "/usr/lib".into()]
            .map(PathBuf::from),
    );
    let mut places: Vec<PathBuf> = Vec::new();
    for place in folders.into_iter().map(|folder| folder.join(LIBRARY)) {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

fn same_file(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}

/// ONNX Runtime's build information names the release branch (`git-branch=rel-1.31.1`); the file behind the link is
/// usually called `libonnxruntime.so.1.31.1`.
fn version_of(build_info: &str, path: &Path) -> String {
    let digits = |text: &str| -> Option<String> {
        let version: String = text.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        let version = version.trim_matches('.');
        (version.split('.').count() >= 2).then(|| version.to_owned())
    };
    let branch = build_info.split("git-branch=rel-").nth(1).and_then(digits);
    let file = || {
        let real = path.canonicalize().ok()?;
        digits(real.file_name()?.to_str()?.strip_prefix("libonnxruntime.so.")?)
    };
    branch.or_else(file).unwrap_or_else(|| "unknown".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_library_that_is_missing_is_not_replaced_by_another() {
        let error = find(Some(Path::new("/nowhere/x.so")), None).unwrap_err();
        assert!(matches!(error, RuntimeError::NamedMissing { by: "the configuration", .. }), "{error}");
        let error = find(None, Some("/nowhere".into())).unwrap_err();
        assert!(error.to_string().contains("KERBWATCH_ORT"), "{error}");
    }

    #[test]
    fn a_folder_stands_for_the_library_in_it() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(LIBRARY), b"").unwrap();
        assert_eq!(find(Some(dir.path()), None).unwrap(), dir.path().join(LIBRARY));
    }

    #[test]
    fn the_message_says_what_to_install() {
        let text = RuntimeError::NotFound { tried: vec!["/a/libonnxruntime.so".into()] }.to_string();
        assert!(text.contains("/a/libonnxruntime.so") && text.contains("1.24"), "{text}");
    }

    #[test]
    fn versions_are_read_from_the_branch_or_the_file_name() {
        assert_eq!(version_of("ORT Build Info: git-branch=rel-1.31.1, git-commit-id=x", Path::new("/x")), "1.31.1");
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("libonnxruntime.so.1.30.0");
        std::fs::write(&file, b"").unwrap();
        assert_eq!(version_of("ORT Build Info: git-branch=main", &file), "1.30.0");
        assert_eq!(version_of("", Path::new("/x")), "unknown");
    }
}
