//! How an engine runs.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Where models run. All but [`Provider::Cpu`] need an ONNX Runtime library that was built with them, and the maker's driver; a
/// library without them is refused at start, never replaced by a slow run on the processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Provider {
    /// The processor.
    #[default]
    Cpu,
    /// NVIDIA, by CUDA.
    Cuda,
    /// NVIDIA, by TensorRT; what it cannot do falls to CUDA.
    TensorRt,
    /// Intel, by OpenVINO.
    OpenVino,
}

impl Provider {
    /// All providers with their names in configuration, thread names and errors.
    pub const NAMES: [(Provider, &'static str); 4] =
        [(Provider::Cpu, "cpu"), (Provider::Cuda, "cuda"), (Provider::TensorRt, "tensorrt"), (Provider::OpenVino, "openvino")];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(provider, _)| *provider == self).map_or("", |(_, name)| name)
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Provider {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::NAMES.iter().find(|(_, name)| *name == text).map(|(provider, _)| *provider).ok_or_else(|| {
            let known: Vec<_> = Self::NAMES.iter().map(|(_, name)| *name).collect();
            format!("unknown execution provider {text:?}; known are {}", known.join(", "))
        })
    }
}

/// How an [`crate::Engine`] runs. In all counts 0 is taken as 1.
#[derive(Debug, Clone, PartialEq)]
pub struct EngineOptions {
    /// Threads that one run of a model is spread over. Nano models gain little from more than 1; more `workers` gain more.
    pub threads: usize,
    /// Sessions per model that run side by side, each on a thread of its own.
    pub workers: usize,
    /// Tiles run together at most. Models whose batch is fixed to 1 are run one by one.
    pub max_batch: usize,
    /// How long the first tile of a batch waits at most for others that are being prepared just now.
    pub deadline: Duration,
    /// Tiles per frame and model at most; see [`crate::tiling::plan`].
    pub max_tiles: usize,
    /// Where models run.
    pub provider: Provider,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self { threads: 1, workers: 1, max_batch: 8, deadline: Duration::from_millis(20), max_tiles: 4, provider: Provider::Cpu }
    }
}
