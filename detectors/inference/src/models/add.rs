//! Makes a model folder from an ONNX file.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use events::Size;

use super::{CheckLine, check_one};
use crate::classes::{COCO, default_class};
use crate::engine::{EngineError, Provider};
use crate::family::{Family, FitError, fit, guess};
use crate::model::{ModelError, ModelFolder, sha256_of};
use crate::session::{Opened, probe_error};

/// What the user says of a model that is added; the rest is guessed from the file, or refused.
#[derive(Debug, Clone, Default)]
pub struct AddOptions {
    /// The folder's name, `[a-z0-9-]{1,64}`; else made from the file's.
    pub name: Option<String>,
    /// The family; else guessed from the outputs.
    pub family: Option<Family>,
    /// The class names in the model's order; else those in the file's metadata; else COCO's, where the shapes allow it.
    pub classes: Option<Vec<String>>,
    /// Size of the input in pixels, where the model takes any.
    pub size: Option<Size>,
    /// The licence of the weights; else `unknown`.
    pub licence: Option<String>,
    /// Where it was had from, for the card.
    pub source: Option<String>,
}

/// Why a model was not added.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// The name cannot be a folder's.
    #[error("{name:?} cannot name a model: 1 to 64 characters of a-z, 0-9 and '-' are needed")]
    BadName {
        /// The name.
        name: String,
    },
    /// The folder is there already.
    #[error("{path} exists already; choose another name")]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// The file cannot be opened or is not understood.
    #[error(transparent)]
    Open(#[from] EngineError),
    /// The outputs fit no family, or not the one that was given.
    #[error("{path} cannot be added")]
    Fit {
        /// The ONNX file.
        path: PathBuf,
        /// What does not fit.
        source: FitError,
    },
    /// The model takes pictures of any size, and none was given.
    #[error("{path} takes pictures of any size; give the size it was trained with")]
    SizeNeeded {
        /// The ONNX file.
        path: PathBuf,
    },
    /// The folder cannot be written.
    #[error("writing {path}")]
    Write {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What was written cannot be read again.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// Makes the folder `dir/<name>` from an ONNX file: copies it, notes its digest, writes `model.toml` with what the family usually
/// wants to see, and a `MODEL_CARD.md` that says what is not known. Returns the folder and the report of a check.
///
/// # Errors
/// See [`AddError`]. Nothing is left behind under `dir` but perhaps a hidden folder, which the next attempt replaces.
pub fn add(dir: &Path, onnx: &Path, options: &AddOptions) -> Result<(ModelFolder, Vec<CheckLine>), AddError> {
    let name = match &options.name {
        Some(name) => name.clone(),
        None => slug(&onnx.file_stem().unwrap_or_default().to_string_lossy()),
    };
    if !(1..=64).contains(&name.len()) || name != slug(&name) {
        return Err(AddError::BadName { name });
    }
    let path = dir.join(&name);
    if path.exists() {
        return Err(AddError::Exists { path });
    }
    let known = look(onnx, options)?;
    // Written beside and renamed: a folder under its final name is always whole.
    let parts = dir.join(format!(".{name}.new"));
    let write = |path: &Path, source| AddError::Write { path: path.to_owned(), source };
    if parts.exists() {
        std::fs::remove_dir_all(&parts).map_err(|source| write(&parts, source))?;
    }
    std::fs::create_dir_all(&parts).map_err(|source| write(&parts, source))?;
    let file = parts.join("model.onnx");
    std::fs::copy(onnx, &file).map_err(|source| write(&file, source))?;
    let sha256 = sha256_of(&file)?;
    for (leaf, text) in
        [("model.toml", model_toml(&known, options, &sha256)), ("MODEL_CARD.md", card(&name, &known, options, &sha256))]
    {
        std::fs::write(parts.join(leaf), text).map_err(|source| write(&parts.join(leaf), source))?;
    }
    std::fs::rename(&parts, &path).map_err(|source| write(&path, source))?;
    let lines = check_one(&name, &path);
    Ok((ModelFolder::read(&path)?, lines))
}

/// What looking at the file told.
struct Known {
    family: Family,
    classes: Vec<String>,
    /// Were the names given or found, and not assumed?
    classes_told: bool,
    size: Size,
}

fn look(onnx: &Path, options: &AddOptions) -> Result<Known, AddError> {
    let mut opened = Opened::open(onnx, Provider::Cpu, 1)?;
    let side = |model: Option<u32>, given: fn(&Size) -> u32| model.or(options.size.as_ref().map(given));
    let (Some(width), Some(height)) =
        (side(opened.image.width, |size| size.width), side(opened.image.height, |size| size.height))
    else {
        return Err(AddError::SizeNeeded { path: onnx.to_owned() });
    };
    let told = options.classes.clone().or_else(|| opened.class_names());
    let outputs = opened.probe((width, height), 1).map_err(|failure| probe_error(onnx, failure))?;
    let fit_error = |source| AddError::Fit { path: onnx.to_owned(), source };
    let count = told.as_ref().map(Vec::len);
    let family = match options.family {
        Some(family) => {
            fit(family, (width, height), count.unwrap_or(COCO.len()), &outputs).map_err(fit_error)?;
            family
        }
        None => guess((width, height), count, &outputs).map_err(fit_error)?.0,
    };
    let classes_told = told.is_some();
    let classes = told.unwrap_or_else(|| COCO.map(str::to_owned).to_vec());
    Ok(Known { family, classes, classes_told, size: Size { width, height } })
}

fn slug(text: &str) -> String {
    let text = text.to_ascii_lowercase();
    let slug: String = text.chars().map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' }).collect();
    slug.trim_matches('-').to_owned()
}

/// What models of a family are usually trained on: the lines of `[input]` after the size.
fn usual_input(family: Family) -> &'static str {
    match family {
        Family::Yolox => "colour = \"bgr\"\nresize = \"letterbox-corner\"\npad = 114\n",
        Family::Yolov8 | Family::End2end => {
            "colour = \"rgb\"\nscale = 0.003921569     # 1/255\nresize = \"letterbox\"\npad = 114\n"
        }
        Family::Detr => "colour = \"rgb\"\nscale = 0.003921569     # 1/255\nresize = \"stretch\"\n",
        Family::Nanodet => {
            "colour = \"bgr\"\nmean = [103.53, 116.28, 123.675]\nstd = [57.375, 57.12, 58.395]\nresize = \"stretch\"\n"
        }
        Family::Classifier => {
            "colour = \"rgb\"\nscale = 0.0078431373   # 1/127.5\nmean = [1.0, 1.0, 1.0]\nresize = \"letterbox\"\npad = 127.5\n"
        }
        Family::FastestDet => "colour = \"bgr\"\nscale = 0.003921569     # 1/255\nresize = \"stretch\"\n",
    }
}

/// A text as a TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn model_toml(known: &Known, options: &AddOptions, sha256: &str) -> String {
    let mut text = String::from("# Checked at every start; see models/README.md.\nfile = \"model.onnx\"\n");
    let licence = options.licence.as_deref().unwrap_or("unknown");
    let _ = writeln!(text, "sha256 = \"{sha256}\"\nlicence = {}", quoted(licence));
    if let Some(source) = &options.source {
        let _ = writeln!(text, "source = {}", quoted(source));
    }
    let _ = writeln!(text, "family = \"{}\"\n\n[input]", known.family);
    let _ = writeln!(text, "width = {}\nheight = {}\nlayout = \"nchw\"", known.size.width, known.size.height);
    let _ = writeln!(
        text,
        "# What this family usually wants; not told by the file. Look at its documentation.\n{}",
        usual_input(known.family)
    );
    let _ = writeln!(text, "[output]\nscore = 0.3\nnms_iou = 0.5\nclasses = [");
    for name in &known.classes {
        let _ = writeln!(text, "  {},", quoted(name));
    }
    let _ = writeln!(text, "]\n\n# What the rules take each class for; \"other\" is kept and starts nothing.\n[output.map]");
    for name in &known.classes {
        let _ = writeln!(text, "{} = \"{}\"", quoted(name), default_class(name));
    }
    text
}

fn card(name: &str, known: &Known, options: &AddOptions, sha256: &str) -> String {
    let not_known = "**not known**";
    let classes =
        if known.classes_told { "as told by the file or by who added it" } else { "assumed to be COCO's: **not checked**" };
    format!(
        "# {name}\n\n\
         | | |\n|---|---|\n\
         | SHA-256 | `{sha256}` |\n\
         | Licence of the weights | {} |\n\
         | Had from | {} |\n\
         | Family | {} |\n\
         | Input | {}x{}; colour order, scale and resizing are the family's usual ones: **not checked** |\n\
         | Classes | {}, {classes} |\n\
         | Trained on | {not_known} |\n\
         | Licence of the training data | {not_known} |\n\
         | Measured on street scenes like ours | {not_known} |\n\
         | Known to fail at | {not_known} |\n\n\
         Written by `kerbwatch models add`. Replace what is not known before its detections are used as evidence.\n",
        options.licence.as_deref().unwrap_or(not_known),
        options.source.as_deref().unwrap_or(not_known),
        known.family,
        known.size.width,
        known.size.height,
        known.classes.len(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_file_names() {
        assert_eq!(slug("YOLOX_nano 416"), "yolox-nano-416");
        assert_eq!(slug("__"), "");
    }

    #[test]
    fn what_is_written_can_be_read_whatever_the_classes_are_called() {
        for (family, _) in Family::NAMES {
            let known = Known {
                family,
                classes: vec!["person".into(), "shop \"sign\"".into(), "三轮车".into(), "a\\b".into()],
                classes_told: true,
                size: Size { width: 416, height: 416 },
            };
            let dir = tempfile::tempdir().unwrap();
            std::fs::write(dir.path().join("model.onnx"), b"x").unwrap();
            let sha256 = sha256_of(&dir.path().join("model.onnx")).unwrap();
            let options = AddOptions { licence: Some("MIT \"or\" else".into()), ..AddOptions::default() };
            std::fs::write(dir.path().join("model.toml"), model_toml(&known, &options, &sha256)).unwrap();
            let folder =
                ModelFolder::read(dir.path()).unwrap_or_else(|error| panic!("{family}: {}", super::super::chain(&error)));
            assert_eq!(folder.family(), family);
            assert_eq!(folder.classes().iter().map(|(name, _)| name.clone()).collect::<Vec<_>>(), known.classes);
        }
    }
}
