//! What can go wrong with a source, in words an operator can act on. A source is always named redacted: no password gets here.

use std::path::PathBuf;
use std::time::Duration;

/// GStreamer itself could not be started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IngestError {
    /// `gst_init` failed: the installation is broken.
    #[error("GStreamer could not be initialised: {detail}")]
    Init {
        /// What GStreamer says.
        detail: String,
    },
}

/// Why a camera does not deliver. Each has a name for metrics and decides how long to wait before the next attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailReason {
    /// Nobody listens at that address, or the name does not resolve.
    Refused,
    /// It accepted and never answered, or answered and never sent a picture.
    Timeout,
    /// The user or password is wrong (401, 403).
    Unauthorized,
    /// The server knows no such stream (404), or the file does not exist.
    NotFound,
    /// It plays, but has no video track.
    NoVideo,
    /// A GStreamer element is not installed.
    MissingPlugin {
        /// The element, e.g. `avdec_h265`.
        element: String,
        /// The Debian package that has it, e.g. `gstreamer1.0-libav`.
        package: String,
    },
    /// No decoder here knows the codec.
    UnsupportedCodec,
    /// Packets stopped coming while the connection stayed open.
    Stalled,
    /// The bytes are not what they claim to be.
    Corrupt,
    /// The camera closed the stream.
    Ended,
    /// The camera changed its codec in the middle of a stream: a new run is needed.
    CodecChanged,
    /// The server offers none of the transports asked for (RTSP 461).
    Transport,
    /// Anything else GStreamer reports; the detail says what.
    Other,
}

impl FailReason {
    /// Its name in metrics labels.
    pub fn wire_name(&self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Timeout => "timeout",
            Self::Unauthorized => "unauthorized",
            Self::NotFound => "not_found",
            Self::NoVideo => "no_video",
            Self::MissingPlugin { .. } => "missing_plugin",
            Self::UnsupportedCodec => "unsupported_codec",
            Self::Stalled => "stalled",
            Self::Corrupt => "corrupt",
            Self::Ended => "ended",
            Self::CodecChanged => "codec_changed",
            Self::Transport => "transport",
            Self::Other => "other",
        }
    }
}

/// A source that cannot be used, or a session that failed. The text is one sentence and names the source redacted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// A scheme this build does not speak.
    #[error("{source_name}: scheme {scheme:?} is not supported; use rtsp, rtsps, http, https, file or a file path")]
    UnknownScheme {
        /// The source, redacted.
        source_name: String,
        /// What stands before `://`.
        scheme: String,
    },
    /// GB/T 28181 is named in the design and absent from this build.
    #[error("{source_name}: this build has no GB/T 28181 receiver; use the camera's RTSP address instead")]
    NoGb28181 {
        /// The source, redacted.
        source_name: String,
    },
    /// The text is no address.
    #[error("{source_name}: {reason}")]
    BadUrl {
        /// The source, redacted.
        source_name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A GStreamer element is not installed.
    #[error("{source_name}: GStreamer element {element} is missing; install the Debian package {package}")]
    MissingPlugin {
        /// The source, redacted.
        source_name: String,
        /// The element.
        element: String,
        /// The package that has it.
        package: String,
    },
    /// GStreamer could not be started.
    #[error("{source_name}: {cause}")]
    Init {
        /// The source, redacted.
        source_name: String,
        /// Why.
        #[source]
        cause: IngestError,
    },
    /// The source was opened or played, and failed.
    #[error("{source_name}: {detail}")]
    Failed {
        /// The source, redacted.
        source_name: String,
        /// Which kind of failure.
        reason: FailReason,
        /// What happened, one clause.
        detail: String,
    },
}

impl SourceError {
    /// The kind of failure, for metrics and back-off.
    pub fn reason(&self) -> FailReason {
        match self {
            Self::UnknownScheme { .. } | Self::NoGb28181 { .. } | Self::BadUrl { .. } | Self::Init { .. } => FailReason::Other,
            Self::MissingPlugin { element, package, .. } => {
                FailReason::MissingPlugin { element: element.clone(), package: package.clone() }
            }
            Self::Failed { reason, .. } => reason.clone(),
        }
    }
}

/// Why a clip could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ClipError {
    /// The clip holds no packets.
    #[error("the clip holds no packets")]
    Empty,
    /// GStreamer could not build or run the muxer.
    #[error("muxing the clip into {container} failed: {detail}")]
    Mux {
        /// `mp4` or `mkv`.
        container: &'static str,
        /// What GStreamer says.
        detail: String,
    },
    /// The muxer did not finish in time.
    #[error("muxing the clip into {container} did not finish within {}", humane(.limit))]
    MuxTimeout {
        /// `mp4` or `mkv`.
        container: &'static str,
        /// How long it had.
        limit: Duration,
    },
    /// A picture of it could not be decoded again.
    #[error("decoding a picture of the clip again: {detail}")]
    Recall {
        /// What went wrong.
        detail: String,
    },
    /// The file could not be written.
    #[error("writing {path}")]
    Write {
        /// Where to.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

fn humane(limit: &Duration) -> String {
    format!("{} s", limit.as_secs())
}
