//! From what GStreamer reports to a reason an operator can act on.

use gst::glib;

use crate::error::FailReason;
use crate::source::SourceUrl;

/// Words in GStreamer's own texts (English in its debug part, whatever the locale), and what they mean. rtspsrc and souphttpsrc
/// report most failures as one and the same error code.
const WORDS: [(&str, Word); 15] = [
    ("unauthorized", Word::Unauthorized),
    ("(401)", Word::Unauthorized),
    ("forbidden", Word::Unauthorized),
    ("(403)", Word::Unauthorized),
    ("not found", Word::NotFound),
    ("(404)", Word::NotFound),
    ("no such file", Word::NotFound),
    ("unsupported transport", Word::Transport),
    ("(461)", Word::Transport),
    ("refused", Word::Refused),
    ("resolv", Word::Refused),
    ("unreachable", Word::Refused),
    ("timed out", Word::Timeout),
    ("timeout", Word::Timeout),
    // rtspsrc's name for every other status of a server (453, 500, 503 …), which follows in brackets.
    ("unhandled error", Word::Declined),
];

#[derive(Debug, Clone, Copy)]
enum Word {
    Unauthorized,
    NotFound,
    Transport,
    Refused,
    Timeout,
    Declined,
}

impl From<Word> for FailReason {
    fn from(word: Word) -> Self {
        match word {
            Word::Unauthorized => Self::Unauthorized,
            Word::NotFound => Self::NotFound,
            Word::Transport => Self::Transport,
            Word::Refused => Self::Refused,
            Word::Timeout => Self::Timeout,
            Word::Declined => Self::Other,
        }
    }
}

/// The reason and one clause for people, without secrets.
pub(crate) fn classify(source: &SourceUrl, error: &glib::Error, debug: Option<&str>) -> (FailReason, String) {
    let said = source.scrubbed(error.message());
    // GStreamer's debug text is `file(line): function (): path:\nwhat happened`.
    let more = debug.and_then(|debug| debug.split_once('\n')).map(|(_, rest)| source.scrubbed(rest.trim())).unwrap_or_default();
    let both = format!("{} {}", error.message(), debug.unwrap_or_default()).to_lowercase();
    // rtspsrc says it as "codec not found" when the server took no transport of ours for the stream that was chosen.
    let reason = if both.contains(NO_STREAM) { Some(FailReason::Transport) } else { by_code(error) };
    let reason = reason.unwrap_or_else(|| {
        let word = WORDS.iter().find(|(word, _)| both.contains(word)).map(|(_, meaning)| FailReason::from(*meaning));
        word.or_else(|| by_domain(error)).unwrap_or(FailReason::Other)
    });
    let why = match &reason {
        FailReason::Refused => "nobody answers at that address",
        FailReason::Timeout => "it did not answer in time",
        FailReason::Unauthorized => "it refused the user or password",
        FailReason::NotFound => "there is no such stream",
        FailReason::Corrupt => "it is not video that can be read",
        FailReason::UnsupportedCodec => "no installed plugin can read it",
        FailReason::Transport => "it offers none of the transports asked for",
        FailReason::Ended => "it closed the stream",
        FailReason::NoVideo
        | FailReason::MissingPlugin { .. }
        | FailReason::Stalled
        | FailReason::CodecChanged
        | FailReason::Other => "it cannot be played",
    };
    let line = |text: &str| text.lines().next().unwrap_or_default().trim_end_matches('.').to_owned();
    let detail = match (line(&said), line(&more)) {
        (said, more) if more.is_empty() || said == more => format!("{why} ({said})"),
        (said, more) => format!("{why} ({said}: {more})"),
    };
    (reason, detail)
}

/// rtspsrc's words when it could set up no stream.
const NO_STREAM: &str = "no supported stream was found";

/// Did the source fail only because none of its streams is wanted?
pub(crate) fn nobody_listens(error: &glib::Error, debug: Option<&str>) -> bool {
    error.message().to_lowercase().contains(NO_STREAM) || debug.is_some_and(|debug| debug.contains("not-linked"))
}

fn by_code(error: &glib::Error) -> Option<FailReason> {
    if let Some(resource) = error.kind::<gst::ResourceError>() {
        return match resource {
            gst::ResourceError::NotFound => Some(FailReason::NotFound),
            gst::ResourceError::NotAuthorized => Some(FailReason::Unauthorized),
            _ => None,
        };
    }
    match error.kind::<gst::StreamError>()? {
        gst::StreamError::CodecNotFound => Some(FailReason::UnsupportedCodec),
        _ => Some(FailReason::Corrupt),
    }
}

fn by_domain(error: &glib::Error) -> Option<FailReason> {
    match error.kind::<gst::ResourceError>()? {
        gst::ResourceError::Read | gst::ResourceError::Write | gst::ResourceError::Close => Some(FailReason::Ended),
        gst::ResourceError::OpenRead | gst::ResourceError::OpenReadWrite => Some(FailReason::Refused),
        _ => None,
    }
}

/// A `missing-plugin` message of parsebin, as documented for gst-plugins-base's missing-plugins library. Only a missing demuxer
/// for the whole file matters: a sound codec nobody wants is none of our business.
pub(crate) fn missing_plugin(structure: &gst::StructureRef) -> Option<(FailReason, String)> {
    if structure.name() != "missing-plugin" || structure.get::<&str>("type").ok()? != "decoder" {
        return None;
    }
    let caps = structure.get::<gst::Caps>("detail").ok()?;
    let name = caps.structure(0)?.name().to_string();
    if name.starts_with("audio/")
        || name.starts_with("text/")
        || name.starts_with("subpicture/")
        || name.starts_with("application/x-")
    {
        return None;
    }
    let plain = structure.get::<String>("name").unwrap_or_else(|_| name.clone());
    Some((FailReason::UnsupportedCodec, format!("no installed GStreamer plugin reads it ({plain})")))
}
