//! Where a stream comes from: an address that was checked, and how to show it without its password.

use std::path::{Path, PathBuf};

use events::site::{LEFT_OUT, redact_source};

use crate::error::SourceError;

/// A checked address of a stream.
#[derive(Clone, PartialEq, Eq)]
pub struct SourceUrl {
    text: String,
    redacted: String,
    kind: Kind,
}

/// What has to be built for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `rtsp://`, `rtsps://`.
    Rtsp,
    /// `http://`, `https://`.
    Http,
    /// A file here.
    File(PathBuf),
}

/// Files of which an end is known; anything else behind `http` is taken for a camera that never ends.
const FILE_ENDINGS: [&str; 10] = ["mp4", "mov", "m4v", "mkv", "webm", "avi", "ts", "mpg", "mpeg", "flv"];

/// Elements every source needs, with the Debian packages that have them.
const COMMON: [(&str, &str); 6] = [
    ("videoconvert", "gstreamer1.0-plugins-base"),
    ("appsink", "gstreamer1.0-plugins-base"),
    ("h264parse", "gstreamer1.0-plugins-bad"),
    ("h265parse", "gstreamer1.0-plugins-bad"),
    ("avdec_h264", "gstreamer1.0-libav"),
    ("mp4mux", "gstreamer1.0-plugins-good"),
];

impl SourceUrl {
    /// Checks an address. A text without `://` is a file path; a relative one is relative to `base_dir`. Whether the
    /// file exists or the camera answers is found out when it is opened.
    ///
    /// # Errors
    /// A scheme this build does not speak, or an address without a host.
    pub fn parse(text: &str, base_dir: &Path) -> Result<Self, SourceError> {
        let redacted = redact_source(text);
        let bad = |reason| SourceError::BadUrl { source_name: redacted.clone(), reason };
        if text.trim().is_empty() {
            return Err(bad("the source is empty"));
        }
        if text.contains('\0') {
            return Err(bad("the source holds a NUL character"));
        }
        // A file that was exported without secrets: taken as it stands, the camera would be opened with a wrong password.
        if text.contains("://") && text.contains(LEFT_OUT) {
            return Err(bad("the secret is left out of the address (***): write it out"));
        }
        let kind = match text.split_once("://") {
            None => Kind::File(base_dir.join(text)),
            Some((scheme, rest)) => match scheme.to_ascii_lowercase().as_str() {
                "file" => {
                    let path = rest.strip_prefix("localhost").unwrap_or(rest);
                    if !path.starts_with('/') {
                        return Err(bad("a file URL needs an absolute path: file:///path/to/video.mp4"));
                    }
                    Kind::File(PathBuf::from(percent_decoded(path)))
                }
                "rtsp" | "rtsps" | "http" | "https" => {
                    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
                    let host = authority.rsplit('@').next().unwrap_or_default();
                    if host.is_empty() || host.starts_with(':') {
                        return Err(bad("the address has no host"));
                    }
                    if scheme.to_ascii_lowercase().starts_with("rtsp") { Kind::Rtsp } else { Kind::Http }
                }
                "gb28181" => return Err(SourceError::NoGb28181 { source_name: redacted }),
                _ => return Err(SourceError::UnknownScheme { source_name: redacted.clone(), scheme: scheme.to_owned() }),
            },
        };
        Ok(Self { text: text.to_owned(), redacted, kind })
    }

    /// The whole address, which opens the same source from any folder: a file's path is absolute. May hold a password, so
    /// show [`SourceUrl::redacted`] instead.
    pub fn address(&self) -> String {
        match &self.kind {
            Kind::File(path) => std::path::absolute(path).unwrap_or_else(|_| path.clone()).display().to_string(),
            Kind::Rtsp | Kind::Http => self.text.clone(),
        }
    }

    /// For logs, errors and screens: without user, password and the values of its query.
    pub fn redacted(&self) -> &str {
        &self.redacted
    }

    /// Does it play by its own clock? RTSP does, and HTTP unless the address ends like a video file.
    pub fn is_live(&self) -> bool {
        match &self.kind {
            Kind::Rtsp => true,
            Kind::File(_) => false,
            Kind::Http => {
                let path = self.text.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
                !FILE_ENDINGS.iter().any(|ending| path.strip_suffix(ending).is_some_and(|rest| rest.ends_with('.')))
            }
        }
    }

    /// Are the GStreamer elements installed that this kind of source needs? What a codec needs beyond them is found out
    /// when the stream is opened.
    ///
    /// # Errors
    /// The first element that is missing, and the Debian package to install.
    pub fn check_plugins(&self) -> Result<(), SourceError> {
        crate::init().map_err(|cause| SourceError::Init { source_name: self.redacted.clone(), cause })?;
        let own: &[(&str, &str)] = match self.kind {
            Kind::Rtsp => &[
                ("rtspsrc", "gstreamer1.0-plugins-good"),
                ("rtpjitterbuffer", "gstreamer1.0-plugins-good"),
                ("rtph264depay", "gstreamer1.0-plugins-good"),
                ("udpsrc", "gstreamer1.0-plugins-good"),
            ],
            Kind::Http => &[
                ("souphttpsrc", "gstreamer1.0-plugins-good"),
                ("parsebin", "gstreamer1.0-plugins-base"),
                ("hlsdemux", "gstreamer1.0-plugins-bad"),
            ],
            Kind::File(_) => &[("filesrc", "libgstreamer1.0-0"), ("parsebin", "gstreamer1.0-plugins-base")],
        };
        for (element, package) in own.iter().chain(&COMMON) {
            if gst::ElementFactory::find(element).is_none() {
                return Err(self.missing(element, package));
            }
        }
        Ok(())
    }

    pub(crate) fn missing(&self, element: &str, package: &str) -> SourceError {
        SourceError::MissingPlugin {
            source_name: self.redacted.clone(),
            element: element.to_owned(),
            package: package.to_owned(),
        }
    }

    pub(crate) fn kind(&self) -> &Kind {
        &self.kind
    }

    /// User and password of the address, percent-decoded.
    pub(crate) fn credentials(&self) -> Option<(String, String)> {
        let (_, rest) = self.text.split_once("://")?;
        let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
        let (user_info, _) = authority.rsplit_once('@')?;
        let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
        Some((percent_decoded(user), percent_decoded(password)))
    }

    /// The address without user and password, usable.
    pub(crate) fn without_credentials(&self) -> String {
        let Some((scheme, rest)) = self.text.split_once("://") else { return self.text.clone() };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        match rest[..end].rfind('@') {
            Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
            None => self.text.clone(),
        }
    }

    /// Removes this source's secrets from a text GStreamer wrote.
    pub(crate) fn scrubbed(&self, text: &str) -> String {
        let mut clean = text.replace(&self.text, &self.redacted);
        if let Some((_, rest)) = self.text.split_once("://") {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            if let Some(at) = rest[..end].rfind('@') {
                clean = clean.replace(&rest[..=at], "***@");
            }
        }
        // As GStreamer writes it once it has taken user and password out.
        clean = clean.replace(&self.without_credentials(), &redact_source(&self.without_credentials()));
        if let Some((_, password)) = self.credentials()
            && password.len() >= 3
        {
            clean = clean.replace(&password, "***");
        }
        clean
    }
}

impl std::fmt::Debug for SourceUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SourceUrl").field(&self.redacted).finish()
    }
}

impl std::fmt::Display for SourceUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.redacted)
    }
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = (bytes[i] == b'%').then(|| bytes.get(i + 1..i + 3)).flatten();
        match hex.and_then(|h| std::str::from_utf8(h).ok()).and_then(|h| u8::from_str_radix(h, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                i += 3;
            }
            None => {
                out.push(bytes[i]);
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<SourceUrl, SourceError> {
        SourceUrl::parse(text, Path::new("/srv/site"))
    }

    #[test]
    fn paths_are_relative_to_the_site_file() {
        assert_eq!(parse("a/b.mp4").unwrap().kind(), &Kind::File("/srv/site/a/b.mp4".into()));
        assert_eq!(parse("/x/b.mp4").unwrap().kind(), &Kind::File("/x/b.mp4".into()));
        assert_eq!(parse("file:///x/a%20b.mp4").unwrap().kind(), &Kind::File("/x/a b.mp4".into()));
        assert!(parse("file://x/b.mp4").is_err());
    }

    #[test]
    fn what_is_not_spoken_is_named() {
        let error = parse("gb28181://34020000002000000001/34020000001320000001").unwrap_err();
        assert!(error.to_string().contains("no GB/T 28181 receiver"), "{error}");
        let error = parse("rtmp://u:secret@host/x").unwrap_err().to_string();
        assert!(error.contains("rtsp, rtsps, http, https, file") && error.contains("\"rtmp\""), "{error}");
        assert!(!error.contains("secret"), "{error}");
        for bad in ["", "  ", "rtsp://", "rtsp://:554/x", "http:///x"] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn secrets_do_not_show() {
        let url = parse("rtsp://admin:p%40ss@10.0.0.7:554/ch1").unwrap();
        assert_eq!(url.credentials(), Some(("admin".to_owned(), "p@ss".to_owned())));
        assert_eq!(url.without_credentials(), "rtsp://10.0.0.7:554/ch1");
        let said = url.scrubbed("could not open rtsp://admin:p%40ss@10.0.0.7:554/ch1 with p@ss at admin:p%40ss@10.0.0.7");
        assert!(!said.contains("p%40ss") && !said.contains("p@ss"), "{said}");
        assert!(!format!("{url:?} {url}").contains("ss@10"));
        let url = parse("rtsp://admin:pw1@10.0.0.7/ch1?token=abc123&subtype=0").unwrap();
        let said =
            url.scrubbed("rtsp://10.0.0.7/ch1?token=abc123&subtype=0: 401; rtsp://admin:pw1@10.0.0.7/ch1?token=abc123&subtype=0");
        assert!(!said.contains("abc123") && !said.contains("pw1") && said.contains("token=***"), "{said}");
        assert!(url.address().contains("abc123"), "the stream itself is opened with it");
    }

    /// What was exported without secrets is no address.
    #[test]
    fn an_address_whose_secret_is_left_out_is_refused() {
        for text in ["rtsp://***@10.0.0.7/ch1", "rtsp://10.0.0.7/ch1?token=***", "http://h/user=a&password=***"] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains("left out") && error.contains("write it out"), "{error}");
        }
        assert!(parse("odd***name.mp4").is_ok(), "a file has no secret");
    }

    #[test]
    fn an_http_file_ends_and_an_http_camera_does_not() {
        assert!(parse("http://h/video.mjpg").unwrap().is_live());
        assert!(parse("http://h/live/index.m3u8").unwrap().is_live());
        assert!(!parse("http://h/v.MP4?token=1").unwrap().is_live());
        assert!(!parse("v.mp4").unwrap().is_live());
        assert!(parse("rtsp://h/v.mp4").unwrap().is_live());
    }
}
