//! A model folder: `model.toml`, the ONNX file it names, and a `MODEL_CARD.md` for people.

mod file;

use std::path::{Path, PathBuf};

use events::{ModelRef, ObjectClass, Size};
use sha2::{Digest, Sha256};

use crate::family::Family;

/// The order of the colours in the model's three input planes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColourOrder {
    /// Red first.
    Rgb,
    /// Blue first, as models trained on OpenCV's pictures have it.
    Bgr,
}

/// How a picture of another aspect is brought to the input's size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resize {
    /// Aspect kept, the picture in the middle, the rest padded.
    Letterbox,
    /// Aspect kept, the picture in the top left corner, the rest padded (YOLOX).
    LetterboxCorner,
    /// Both axes on their own.
    Stretch,
}

/// What a model wants to see. A pixel value `p` of 0..=255 becomes `(p * scale - mean) / std`, `mean` and `std` in the
/// model's own order of colours. The layout is always `[batch, colour, row, column]` of 32 bit floats.
#[derive(Debug, Clone, PartialEq)]
pub struct InputSpec {
    /// Of the input tensor, in pixels.
    pub size: Size,
    /// Which plane is which colour.
    pub colour: ColourOrder,
    /// Multiplies the pixel value first.
    pub scale: f32,
    /// Then subtracted.
    pub mean: [f32; 3],
    /// Then divided by; none is 0.
    pub std: [f32; 3],
    /// How a picture is brought to `size`.
    pub resize: Resize,
    /// Pixel value, 0..=255, of what a letterbox leaves free.
    pub pad: f32,
}

/// A checked model folder: the file is there and its digest is right. Whether the ONNX file does what the folder says is
/// found when it is loaded ([`crate::Engine::start`], [`crate::models::check`]).
#[derive(Debug, Clone)]
pub struct ModelFolder {
    pub(crate) name: String,
    pub(crate) dir: PathBuf,
    pub(crate) onnx: PathBuf,
    pub(crate) sha256: String,
    pub(crate) licence: String,
    pub(crate) family: Family,
    pub(crate) input: InputSpec,
    pub(crate) classes: Vec<(String, ObjectClass)>,
    pub(crate) score: f32,
    /// Index of a class and its own smallest score.
    pub(crate) own_scores: Vec<(usize, f32)>,
    pub(crate) nms_iou: f32,
}

/// What is wrong with a model folder.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file or folder cannot be read.
    #[error("reading {path}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Something in `model.toml` is wrong.
    #[error("{file}:{line}: {}{reason}", if field.is_empty() { String::new() } else { format!("{field}: ") })]
    Field {
        /// The `model.toml`.
        file: String,
        /// From 1.
        line: usize,
        /// The key, e.g. `input.std`; empty for a syntax error.
        field: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The ONNX file is not the one the folder was made for.
    #[error("{path}: its SHA-256 is {got}, and model.toml says {wanted}: the file was changed or exchanged")]
    Digest {
        /// The ONNX file.
        path: PathBuf,
        /// What `model.toml` says.
        wanted: String,
        /// What the file has.
        got: String,
    },
}

impl ModelFolder {
    /// Reads and checks `dir/model.toml` and the digest of the ONNX file.
    ///
    /// # Errors
    /// A file that cannot be read, the first thing wrong in `model.toml` with its line, or a digest that differs.
    pub fn read(dir: &Path) -> Result<ModelFolder, ModelError> {
        let folder = file::read(dir)?;
        let got = sha256_of(&folder.onnx)?;
        if got != folder.sha256 {
            return Err(ModelError::Digest { path: folder.onnx, wanted: folder.sha256, got });
        }
        Ok(folder)
    }

    /// The folder's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The ONNX file.
    pub fn onnx(&self) -> &Path {
        &self.onnx
    }

    /// SHA-256 of the ONNX file, 64 lower-case hexadecimal digits.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The licence of the weights, as stated.
    pub fn licence(&self) -> &str {
        &self.licence
    }

    /// How its outputs are read.
    pub fn family(&self) -> Family {
        self.family
    }

    /// What it wants to see.
    pub fn input(&self) -> &InputSpec {
        &self.input
    }

    /// Its classes in the model's order, with what they mean to the rules.
    pub fn classes(&self) -> &[(String, ObjectClass)] {
        &self.classes
    }

    /// The smallest score, 0..=1, of a detection that is reported, of classes that have none of their own.
    pub fn score(&self) -> f32 {
        self.score
    }

    /// The smallest score, 0..=1, reported of each class, in the model's order.
    pub fn scores(&self) -> Vec<f32> {
        let mut scores = vec![self.score; self.classes.len()];
        for (class, score) in &self.own_scores {
            scores[*class] = *score;
        }
        scores
    }

    /// Boxes of one class that overlap more than this (intersection over union, 0..=1) are one thing.
    pub fn nms_iou(&self) -> f32 {
        self.nms_iou
    }

    /// Name and digest, as evidence names it.
    pub fn model_ref(&self) -> ModelRef {
        ModelRef { name: self.name.clone(), sha256: self.sha256.clone() }
    }
}

/// SHA-256 of a file, 64 lower-case hexadecimal digits.
pub(crate) fn sha256_of(path: &Path) -> Result<String, ModelError> {
    let bytes = std::fs::read(path).map_err(|source| ModelError::Read { path: path.to_owned(), source })?;
    Ok(hex::encode(Sha256::digest(&bytes)))
}
