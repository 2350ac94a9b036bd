//! What scenes saw, kept for thirty days, so that a bureau can ask what other zones would have raised.
//!
//! `recordings/<camera>/<day>/<start>-<worker>.kwr` within the evidence store: the one folder that workers and consoles share
//! in both shapes, so nothing new is to be mounted, secured or cleared. A file belongs to one run of one worker on one day
//! (UTC), is only ever appended to, and is read up to the first block that is not whole. Beside it lie small stills of what
//! stood for a while, for things that no rule wanted at the time, and of the whole view now and then.

mod read;
mod still;
mod view;
mod write;

use std::path::{Path, PathBuf};

use events::CameraId;

pub use read::{Blocks, Tape, tapes};
pub use view::{ViewPicture, ask as ask_view, views};
pub use write::Writer;

/// How long recordings are kept, days.
pub const KEPT_DAYS: i64 = 30;

/// Name of the folder within the evidence store.
pub const FOLDER: &str = "recordings";

/// Ending of a recording.
const ENDING: &str = "kwr";

/// First bytes of a file: name and layout.
const MAGIC: &[u8; 8] = b"KWREC\0\x01\n";

/// Where the recordings of a camera lie.
pub fn folder(root: &Path, camera: &CameraId) -> PathBuf {
    root.join(camera.as_str())
}

/// The day of a wall-clock time in milliseconds, `YYYY-MM-DD` in UTC.
pub(crate) fn day(ms: i64) -> String {
    let nearest = if ms < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
    let at = jiff::Timestamp::from_millisecond(ms).unwrap_or(nearest);
    at.strftime("%Y-%m-%d").to_string()
}

/// Name of a thing's still, beside the recording that shows it.
pub(crate) fn still_name(stem: &str, serial: u64) -> String {
    format!("{stem}.{serial}.jpg")
}

#[cfg(test)]
mod tests;
