//! Which GStreamer elements a codec needs, and which Debian package has an element.

use gst::prelude::*;

use crate::bitstream::Syntax;

/// A codec this crate has a fixed recipe for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Codec {
    /// Its name in states and logs.
    pub(crate) name: String,
    /// Cuts the stream into frames and flags key frames.
    pub(crate) parser: Option<&'static str>,
    /// The form in which packets are kept: one frame each, as MP4 wants them.
    pub(crate) filter: Option<&'static str>,
    /// The first that is installed is used.
    pub(crate) decoders: Vec<String>,
}

impl Codec {
    /// The codec of these caps; `None` when they are not coded video.
    pub(crate) fn of(caps: &gst::CapsRef) -> Option<Self> {
        let structure = caps.structure(0)?;
        let fixed = |name: &str, parser, filter, decoders: &[&str]| {
            let decoders = decoders.iter().map(|d| (*d).to_owned()).collect();
            Some(Self { name: name.to_owned(), parser, filter, decoders })
        };
        match structure.name().as_str() {
            "video/x-h264" => fixed(
                "h264",
                Some("h264parse"),
                Some("video/x-h264,stream-format=avc,alignment=au"),
                &["avdec_h264", "openh264dec"],
            ),
            "video/x-h265" => fixed(
                "h265",
                Some("h265parse"),
                Some("video/x-h265,stream-format=hvc1,alignment=au"),
                &["avdec_h265", "libde265dec"],
            ),
            "image/jpeg" => fixed("jpeg", Some("jpegparse"), None, &["jpegdec", "avdec_mjpeg"]),
            "video/mpeg" => match structure.get::<i32>("mpegversion") {
                Ok(4) => fixed("mpeg4", Some("mpeg4videoparse"), None, &["avdec_mpeg4"]),
                Ok(2) => fixed("mpeg2", Some("mpegvideoparse"), None, &["avdec_mpeg2video", "mpeg2dec"]),
                _ => fixed("mpeg1", Some("mpegvideoparse"), None, &["avdec_mpeg2video", "mpeg2dec"]),
            },
            // MPEG-4 part 2 under the names AVI knows it by.
            "video/x-divx" | "video/x-xvid" => fixed("mpeg4", None, None, &["avdec_mpeg4"]),
            "video/x-vp8" => fixed("vp8", None, None, &["vp8dec", "avdec_vp8"]),
            "video/x-vp9" => fixed("vp9", Some("vp9parse"), None, &["vp9dec", "avdec_vp9"]),
            "video/x-av1" => fixed("av1", Some("av1parse"), None, &["dav1ddec", "av1dec"]),
            // Raw video is no codec, and a subtitle picture no video.
            "video/x-raw" => None,
            other => {
                let name = other.strip_prefix("video/")?.trim_start_matches("x-").to_owned();
                Some(Self { name, parser: None, filter: None, decoders: decoders_for(caps) })
            }
        }
    }

    /// How packets in these caps (after parser and filter) tell what refers to them.
    pub(crate) fn syntax(caps: &gst::CapsRef) -> Syntax {
        let Some(structure) = caps.structure(0) else { return Syntax::Other };
        let data = structure.get::<gst::Buffer>("codec_data").ok().and_then(|buffer| buffer.into_mapped_buffer_readable().ok());
        let byte = |index: usize| data.as_ref().and_then(|data| data.as_slice().get(index).copied()).unwrap_or(0xff);
        match (structure.name().as_str(), structure.get::<&str>("stream-format").unwrap_or_default()) {
            // lengthSizeMinusOne: ISO/IEC 14496-15, 5.3.3.1 (byte 4) and 8.3.3.1 (byte 21).
            ("video/x-h264", "avc" | "avc3") => Syntax::H264 { length_size: usize::from(byte(4) & 3) + 1 },
            ("video/x-h265", "hvc1" | "hev1") => Syntax::H265 { length_size: usize::from(byte(21) & 3) + 1 },
            _ => Syntax::Other,
        }
    }
}

/// All installed software decoders for codecs without a recipe, best rank first.
fn decoders_for(caps: &gst::CapsRef) -> Vec<String> {
    let kind = gst::ElementFactoryType::DECODER | gst::ElementFactoryType::MEDIA_VIDEO;
    let caps = caps.to_owned();
    let mut found: Vec<gst::ElementFactory> = gst::ElementFactory::factories_with_type(kind, gst::Rank::MARGINAL)
        .into_iter()
        .filter(|factory| factory.can_sink_any_caps(&caps))
        .collect();
    found.sort_by_key(|factory| (std::cmp::Reverse(factory.rank()), factory.name()));
    found.into_iter().map(|factory| factory.name().to_string()).collect()
}

/// The depayloader for RTP video with this encoding name (RFC 3551 and the registry of RTP payload formats).
pub(crate) fn depayloader(encoding_name: &str) -> Option<&'static str> {
    Some(match encoding_name.to_ascii_uppercase().as_str() {
        "H264" => "rtph264depay",
        "H265" => "rtph265depay",
        "JPEG" => "rtpjpegdepay",
        "MP4V-ES" => "rtpmp4vdepay",
        "MPV" => "rtpmpvdepay",
        "VP8" => "rtpvp8depay",
        "VP9" => "rtpvp9depay",
        _ => return None,
    })
}

/// The Debian package that has an element.
pub(crate) fn package_of(element: &str) -> &'static str {
    match element {
        e if e.starts_with("avdec_") => "gstreamer1.0-libav",
        "h264parse" | "h265parse" | "jpegparse" | "mpeg4videoparse" | "mpegvideoparse" | "vp9parse" | "av1parse" | "hlsdemux"
        | "openh264dec" | "libde265dec" | "dav1ddec" | "av1dec" => "gstreamer1.0-plugins-bad",
        "mpeg2dec" => "gstreamer1.0-plugins-ugly",
        "videoconvert" | "appsink" | "appsrc" | "parsebin" => "gstreamer1.0-plugins-base",
        "filesrc" | "filesink" | "capsfilter" => "libgstreamer1.0-0",
        _ => "gstreamer1.0-plugins-good",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_codec_of_the_contract_has_a_recipe() {
        crate::init().unwrap();
        for (caps, name) in [
            ("video/x-h264", "h264"),
            ("video/x-h265", "h265"),
            ("image/jpeg", "jpeg"),
            ("video/mpeg,mpegversion=4", "mpeg4"),
            ("video/mpeg,mpegversion=2", "mpeg2"),
            ("video/x-flash-video,flvversion=1", "flash-video"),
        ] {
            let codec = Codec::of(&caps.parse::<gst::Caps>().unwrap()).unwrap();
            assert_eq!(codec.name, name);
            assert!(codec.decoders.iter().any(|d| gst::ElementFactory::find(d).is_some()), "{name}: {:?}", codec.decoders);
        }
        assert_eq!(Codec::of(&"audio/mpeg".parse::<gst::Caps>().unwrap()), None);
        assert_eq!(Codec::of(&"video/x-raw".parse::<gst::Caps>().unwrap()), None);
    }
}
