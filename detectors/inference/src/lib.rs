//! Asks neural models what is in a frame.
//!
//! [`runtime`] finds and loads the ONNX Runtime library; [`ModelFolder`] reads and checks a model; [`models`] lists, checks
//! and adds model folders; [`Engine`] owns the sessions and batches the frames of many cameras; a [`Detector`] is what one
//! camera's thread holds. Out come [`events::Detections`], which carry the frame's stamp and not its pixels.
//!
//! Boundaries: no tracking, no zones, no rules (the `scene` crate), no decoding of video (`ingest`), no memory of earlier
//! frames: the same frame and regions always give the same detections.

mod classes;
mod decode;
mod engine;
mod family;
mod model;
pub mod models;
mod nms;
mod preprocess;
pub mod runtime;
mod session;
mod telemetry;
pub mod tiling;

pub use engine::{DetectError, Detector, Engine, EngineError, EngineOptions, EngineStats, Names, Provider};
pub use family::{Family, FitError};
pub use model::{ColourOrder, InputSpec, ModelError, ModelFolder, Resize};

#[cfg(test)]
mod golden_tests;
#[cfg(test)]
mod shipped_tests;
#[cfg(test)]
mod testing;
