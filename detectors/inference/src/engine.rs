//! Sessions on their own threads, and the batches that cameras share.

use std::path::PathBuf;
use std::time::Duration;

use events::{BBox, Detections, Frame, ModelRef};

use crate::model::ModelFolder;
use crate::runtime::RuntimeError;

/// Where models run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Provider {
    /// The processor.
    #[default]
    Cpu,
    /// NVIDIA, by CUDA.
    Cuda,
    /// NVIDIA, by TensorRT.
    TensorRt,
    /// Intel, by OpenVINO.
    OpenVino,
}

/// How an [`Engine`] runs.
#[derive(Debug, Clone, PartialEq)]
pub struct EngineOptions {
    /// Threads that one run of a model is spread over.
    pub threads: usize,
    /// Sessions that run side by side, each on a thread of its own.
    pub workers: usize,
    /// Pictures (tiles) run together at most.
    pub max_batch: usize,
    /// How long the first of a batch waits at most for others that are being prepared.
    pub deadline: Duration,
    /// Tiles per frame and model at most.
    pub max_tiles: usize,
    /// Where models run.
    pub provider: Provider,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self { threads: 1, workers: 1, max_batch: 8, deadline: Duration::from_millis(20), max_tiles: 4, provider: Provider::Cpu }
    }
}

/// Why an engine did not start.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// ONNX Runtime is not there.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// The file is no model.
    #[error("loading {path}")]
    Load {
        /// The ONNX file.
        path: PathBuf,
        /// What ONNX Runtime says.
        source: ort::Error,
    },
}

/// Why a frame was not looked at. Counted by [`DetectError::reason`]; the frame is skipped.
#[derive(Debug, thiserror::Error)]
pub enum DetectError {
    /// The engine was dropped.
    #[error("the engine has stopped")]
    Stopped,
}

/// What an engine has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EngineStats {
    /// Calls of [`Detector::detect`] that were answered.
    pub frames: u64,
}

/// Owns the sessions.
pub struct Engine;

impl Engine {
    /// Loads the models.
    ///
    /// # Errors
    /// See [`EngineError`].
    pub fn start(_folders: Vec<ModelFolder>, _options: EngineOptions) -> Result<Engine, EngineError> {
        Ok(Engine)
    }

    /// A handle for one camera's thread.
    pub fn detector(&self) -> Detector {
        Detector
    }

    /// Names and digests.
    pub fn models(&self) -> Vec<ModelRef> {
        Vec::new()
    }

    /// So far.
    pub fn stats(&self) -> EngineStats {
        EngineStats::default()
    }
}

/// What one camera's thread asks.
#[derive(Debug, Clone)]
pub struct Detector;

impl Detector {
    /// Looks at a frame; waits until its batch has run.
    ///
    /// # Errors
    /// See [`DetectError`].
    pub fn detect(&self, _frame: &Frame, _regions: &[BBox]) -> Result<Detections, DetectError> {
        Err(DetectError::Stopped)
    }
}
