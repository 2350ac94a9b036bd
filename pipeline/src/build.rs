//! What was built: goes into `--version`, manifests and `/metrics`.

/// Version and, where it was built from a checkout, the commit: `0.1.0 (1a2b3c4d5e6f)`.
pub const VERSION: &str = env!("KERBWATCH_VERSION");
