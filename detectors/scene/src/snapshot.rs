//! A scene's memory as bytes, so that a restart neither starts a dwell again nor raises a candidate twice.

use events::CameraId;

use crate::scene::State;
use crate::tracker;

/// Goes up with every change of what is remembered: an old snapshot is refused rather than misread.
const VERSION: u8 = 10;

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

/// Version, camera, memory.
pub(crate) fn write(camera: &CameraId, state: &State, tracks: &tracker::State) -> Vec<u8> {
    let body = postcard::to_stdvec(&(camera.as_str(), state, tracks)).expect("plain data in memory can always be written");
    let mut bytes = vec![VERSION];
    bytes.extend(body);
    bytes
}

/// Reads what [`write`] wrote.
pub(crate) fn read(camera: &CameraId, bytes: &[u8]) -> Result<(State, tracker::State), SnapshotError> {
    let damaged = |reason: String| SnapshotError::Damaged { reason };
    let (&version, body) = bytes.split_first().ok_or_else(|| damaged("it is empty".to_owned()))?;
    if version != VERSION {
        return Err(SnapshotError::Version { got: version, wanted: VERSION });
    }
    let (of, state, tracks): (String, State, tracker::State) =
        postcard::from_bytes(body).map_err(|error| damaged(error.to_string()))?;
    if of != camera.as_str() {
        return Err(SnapshotError::OtherCamera { got: of, wanted: camera.as_str().to_owned() });
    }
    state.check().map_err(damaged)?;
    Ok((state, tracks))
}
