//! What every handler shares.

/// Cheap to clone: everything in it is shared.
#[derive(Clone)]
pub struct AppState {}
