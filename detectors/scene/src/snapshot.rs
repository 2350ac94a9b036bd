//! A scene's memory as bytes, so that a restart neither starts a dwell again nor raises a candidate twice.

/// Why bytes are not a memory of this scene.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Written by another version.
    #[error("snapshot has version {got}, this build reads {wanted}")]
    Version {
        /// What stands in it.
        got: u8,
        /// What this build reads.
        wanted: u8,
    },
    /// Of another camera.
    #[error("snapshot is of camera {got}, not of {wanted}")]
    OtherCamera {
        /// Whose it is.
        got: String,
        /// Whose it should be.
        wanted: String,
    },
    /// Cut off or damaged.
    #[error("snapshot cannot be read: {reason}")]
    Damaged {
        /// What the reader said.
        reason: String,
    },
}
