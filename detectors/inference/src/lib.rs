//! ONNX Runtime sessions, batching, preprocessing and one decoder per model family
