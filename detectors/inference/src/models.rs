//! Lists, checks and adds model folders: what `kerbwatch models` prints.

use std::path::{Path, PathBuf};

use crate::family::Family;
use crate::model::{ModelError, ModelFolder};

/// One line of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckLine {
    /// The model folder's name.
    pub model: String,
    /// What was looked at, e.g. `digest`.
    pub what: &'static str,
    /// Is it right?
    pub ok: bool,
    /// What was found, in words.
    pub detail: String,
}

/// What the user says of a model that is added; the rest is guessed from the file, or refused.
#[derive(Debug, Clone, Default)]
pub struct AddOptions {
    /// The folder's name; else made from the file's.
    pub name: Option<String>,
    /// The family; else guessed from the outputs.
    pub family: Option<Family>,
    /// The class names in the model's order; else COCO's where the shapes allow it.
    pub classes: Option<Vec<String>>,
    /// The licence of the weights; else `unknown`.
    pub licence: Option<String>,
    /// Where it was had from, for the card.
    pub source: Option<String>,
}

/// Why a model was not added.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// The folder is there already.
    #[error("{path} exists already; choose another name")]
    Exists {
        /// The folder.
        path: PathBuf,
    },
}

/// All model folders under `dir`, by name; an unreadable one is an error in its place.
///
/// # Errors
/// When `dir` itself cannot be read.
pub fn list(_dir: &Path) -> Result<Vec<(String, Result<ModelFolder, ModelError>)>, ModelError> {
    Ok(Vec::new())
}

/// Checks a model folder, or every one under `dir`, down to a run on an empty picture.
///
/// # Errors
/// When `dir` itself cannot be read.
pub fn check(_dir: &Path) -> Result<Vec<CheckLine>, ModelError> {
    Ok(Vec::new())
}

/// Makes a model folder under `dir` from an ONNX file.
///
/// # Errors
/// See [`AddError`].
pub fn add(dir: &Path, _onnx: &Path, _options: &AddOptions) -> Result<(ModelFolder, Vec<CheckLine>), AddError> {
    Err(AddError::Exists { path: dir.to_owned() })
}
