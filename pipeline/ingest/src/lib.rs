//! GStreamer in: stamped frames and the encoded pre-roll out.
//!
//! A [`Session`] is one run of one source; a [`Camera`] keeps a live one connected, a new run each time. Both are pulled by
//! the camera's own thread. Frames carry their [`events::Stamp`]; nothing after this crate looks at a clock. What each quirk
//! of a camera becomes is a named policy (`timeline`, `gate`, `backoff`) and a counter (`telemetry`).
//!
//! Not here: what is done with frames (`inference`, `scene`), where clips are kept (evidence, in the binary).

mod backoff;
mod bitstream;
mod cadence;
mod camera;
mod clip;
mod codec;
mod container;
mod error;
mod fault;
mod gate;
mod handover;
mod options;
mod pipeline;
mod pixels;
mod recall;
mod ring;
mod session;
mod source;
mod tap;
mod telemetry;
mod timeline;

pub use backoff::{Backoff, BackoffPolicy};
pub use camera::{Camera, CameraEvent, CameraSpec, CameraState};
pub use clip::ClipFile;
pub use error::{ClipError, FailReason, IngestError, SourceError};
pub use options::{Pace, Rate, SessionOptions, Transport};
pub use recall::{ClipFrame, ClipOf, replay};
pub use ring::{PacketClip, PacketRing};
pub use session::{Ended, Next, Session, Stats, StreamInfo};
pub use source::SourceUrl;

/// Starts GStreamer once; later calls do nothing.
///
/// # Errors
/// GStreamer's own installation is broken.
pub fn init() -> Result<(), IngestError> {
    gst::init().map_err(|error| IngestError::Init { detail: error.to_string() })?;
    // It ranks above `hlsdemux` and works only inside playbin3, which we have no use for.
    if let Some(factory) = gst::ElementFactory::find("hlsdemux2") {
        gst::prelude::PluginFeatureExtManual::set_rank(&factory, gst::Rank::NONE);
    }
    Ok(())
}
