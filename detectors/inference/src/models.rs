//! Lists, checks and adds model folders: what `kerbwatch models` prints.

mod add;

use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::engine::Provider;
use crate::model::{ModelError, ModelFolder};
use crate::runtime;
use crate::session::Loaded;

pub use add::{AddError, AddOptions, add};

/// One line of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckLine {
    /// The model folder's name.
    pub model: String,
    /// What was looked at: `model.toml`, `digest`, `licence`, `card`, `runtime` or `run`.
    pub what: &'static str,
    /// Is it right? A model with a line that is not is not to be used.
    pub ok: bool,
    /// What was found, in words.
    pub detail: String,
}

/// A folder's name and what reading it gave.
pub type Listed = (String, Result<ModelFolder, ModelError>);

/// The model folders under `dir` (or `dir` itself, if it is one), by name. One that cannot be read is an error in its place.
/// Folders that hold neither a `model.toml` nor an ONNX file are none.
///
/// # Errors
/// When `dir` itself cannot be read.
pub fn list(dir: &Path) -> Result<Vec<Listed>, ModelError> {
    Ok(folders(dir)?.into_iter().map(|(name, path)| (name, ModelFolder::read(&path))).collect())
}

/// Checks the model folders under `dir` (or `dir` itself, if it is one), down to a run on an empty picture.
///
/// # Errors
/// When `dir` itself cannot be read. Everything else is a line of the report.
pub fn check(dir: &Path) -> Result<Vec<CheckLine>, ModelError> {
    Ok(folders(dir)?.iter().flat_map(|(name, path)| check_one(name, path)).collect())
}

fn folders(dir: &Path) -> Result<Vec<(String, PathBuf)>, ModelError> {
    let read = |source| ModelError::Read { path: dir.to_owned(), source };
    let name_of = |path: &Path| {
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    };
    let entries = std::fs::read_dir(dir).map_err(read)?;
    if is_model(dir) {
        return Ok(vec![(name_of(dir), dir.to_owned())]);
    }
    let mut folders = Vec::new();
    for entry in entries {
        let path = entry.map_err(read)?.path();
        // A hidden one is an addition that was broken off.
        if path.is_dir() && is_model(&path) && !name_of(&path).starts_with('.') {
            folders.push((name_of(&path), path));
        }
    }
    folders.sort();
    Ok(folders)
}

fn is_model(dir: &Path) -> bool {
    dir.join("model.toml").is_file()
        || std::fs::read_dir(dir)
            .is_ok_and(|entries| entries.flatten().any(|entry| entry.path().extension().is_some_and(|ext| ext == "onnx")))
}

fn check_one(name: &str, dir: &Path) -> Vec<CheckLine> {
    let mut lines = Vec::new();
    let mut line = |what, ok, detail: String| lines.push(CheckLine { model: name.to_owned(), what, ok, detail });
    let folder = match ModelFolder::read(dir) {
        Ok(folder) => folder,
        Err(error @ ModelError::Digest { .. }) => {
            line("digest", false, error.to_string());
            return lines;
        }
        Err(error) => {
            line("model.toml", false, chain(&error));
            return lines;
        }
    };
    let input = folder.input();
    let classes = folder.classes().len();
    line("model.toml", true, format!("{}, {}x{}, {classes} classes", folder.family(), input.size.width, input.size.height));
    line("digest", true, folder.sha256().to_owned());
    line("licence", true, folder.licence().to_owned());
    let card = dir.join("MODEL_CARD.md").is_file();
    line("card", card, if card { "MODEL_CARD.md".to_owned() } else { "MODEL_CARD.md is missing".to_owned() });
    match runtime::load(None) {
        Ok(info) => line("runtime", true, format!("ONNX Runtime {} from {}", info.version, info.path.display())),
        Err(error) => {
            line("runtime", false, chain(&error));
            return lines;
        }
    }
    match run_once(&folder) {
        Ok(detail) => line("run", true, detail),
        Err(error) => line("run", false, error),
    }
    lines
}

fn run_once(folder: &ModelFolder) -> Result<String, String> {
    let mut model = Loaded::load(folder, Provider::Cpu, 1, 2).map_err(|error| chain(&error))?;
    let size = folder.input().size;
    let empty = vec![0.0; 3 * size.width as usize * size.height as usize];
    let began = Instant::now();
    model.detect(&[&empty]).map_err(|error| chain(&error))?;
    let batch = if model.max_batch > 1 { "any batch" } else { "one picture at a time" };
    Ok(format!("{} ms on an empty picture, one thread; {batch}", began.elapsed().as_millis()))
}

/// An error with its causes, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
