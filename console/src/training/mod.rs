//! What officers decided, as data to train on: pictures and labels in the shapes that `models/training` reads.
//!
//! One still a candidate, its trigger. Confirmed is an example. A rejection is a hard negative only where its reason says that
//! nothing of the kind was there; a permitted stall is a stall, and teaching that it is none would blind the model.
//!
//! An officer looked at one candidate, not at the street: the rest of a picture is neither example nor background, and every
//! format says so in its own way (`decisions`: the reader knows; COCO: crowd regions; YOLO, which has no word for it: grey).
//!
//! Masked unless the right to see otherwise is used, with a reason: outside the candidate's box a masked picture is blurred
//! beyond recovery. It is a derivative with a digest of its own beside the original's.

mod archive;
mod command;
mod labels;
mod order;
mod picture;
mod run;

pub(crate) use archive::{Pipe, Tape};
pub(crate) use order::Order;
pub(crate) use run::run;

/// A still blurred outside the box, as it may leave the house; nothing when it cannot be read. A clip is never masked: that would
/// take a second encoding of all of it.
pub(crate) fn masked(jpeg: Vec<u8>, bbox: [f64; 4]) -> Option<Vec<u8>> {
    picture::derive(jpeg, bbox, picture::Look::Masked).ok().map(|still| still.jpeg)
}

pub use command::export_training;
pub use run::{ExportError, Tally};
