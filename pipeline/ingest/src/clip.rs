//! Writes a clip as a file that plays, without re-encoding. The same packets give the same bytes: what muxers put in of the
//! clock and of chance is replaced by the clip's own time.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use events::ClockSource;
use gst::prelude::*;

use crate::container;
use crate::error::ClipError;
use crate::ring::{Packet, PacketClip};

/// Muxing copies memory and writes a file; a minute is far beyond the longest clip on the slowest disk.
const MUX_LIMIT: Duration = Duration::from_secs(60);

/// What MP4 players play everywhere; the rest goes into Matroska.
const MP4_CODECS: [&str; 2] = ["video/x-h264", "video/x-h265"];

/// Frame interval of a clip of one frame.
const LONE_FRAME_NS: u64 = 40_000_000;

/// A clip on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClipFile {
    /// Where it is.
    pub path: PathBuf,
    /// `mp4` or `mkv`.
    pub container: &'static str,
    /// Its size.
    pub bytes: u64,
    /// From its first frame to the end of its last.
    pub duration: Duration,
}

/// A packet's bytes, lent to GStreamer.
struct Lent(Arc<Packet>);

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.0.bytes
    }
}

impl PacketClip {
    /// Writes the clip beside `path`, whose ending is replaced by `mp4` (H.264, H.265, MPEG-4 part 2 under its own name; the
    /// index stands in front) or `mkv` (the rest). The file appears under its name only when it is complete and on disk.
    ///
    /// # Errors
    /// The muxer or the disk failed; nothing is left behind.
    pub fn write(&self, path: &Path) -> Result<ClipFile, ClipError> {
        let container = self.container();
        let path = path.with_extension(container);
        let part = path.with_extension(format!("{container}.part"));
        let result = self.write_part(container, &part, &path);
        if result.is_err() {
            // Nothing to do about it, and the first error is the one to tell.
            let _ = std::fs::remove_file(&part);
        }
        result
    }

    /// `mp4` or `mkv`, by the codec.
    pub fn container(&self) -> &'static str {
        let structure = self.packets.first().and_then(|packet| packet.format.caps.structure(0));
        let mp4 = structure.is_some_and(|s| {
            MP4_CODECS.contains(&s.name().as_str()) || (s.name() == "video/mpeg" && s.get::<i32>("mpegversion") == Ok(4))
        });
        if mp4 { "mp4" } else { "mkv" }
    }

    fn write_part(&self, container: &'static str, part: &Path, path: &Path) -> Result<ClipFile, ClipError> {
        let failed = |source| ClipError::Write { path: path.to_owned(), source };
        let made = self.packets.first().map(|packet| packet.wall).filter(|wall| wall.source != ClockSource::Unknown);
        let made = made.map(|wall| wall.unix_ns);
        let mut attempts = 0;
        let (duration, bytes) = loop {
            attempts += 1;
            let duration = self.mux(container, part)?;
            let mut bytes = std::fs::read(part).map_err(failed)?;
            let settled = match container {
                "mp4" => {
                    container::settle_mp4(&mut bytes, made);
                    true
                }
                _ => container::settle_matroska(&mut bytes, made),
            };
            // Muxed anew in the one case of 256; never without end.
            if settled || attempts == 8 {
                break (duration, bytes);
            }
        };
        let mut file = std::fs::File::create(part).map_err(failed)?;
        file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(failed)?;
        std::fs::rename(part, path).map_err(failed)?;
        Ok(ClipFile { path: path.to_owned(), container, bytes: bytes.len() as u64, duration })
    }

    fn mux(&self, container: &'static str, part: &Path) -> Result<Duration, ClipError> {
        let failed = |detail: String| ClipError::Mux { container, detail };
        crate::init().map_err(|error| failed(error.to_string()))?;
        let first = self.packets.first().ok_or(ClipError::Empty)?;
        let make = |name: &str| {
            gst::ElementFactory::make(name).build().map_err(|_| {
                failed(format!("element {name} is missing; install the Debian package {}", crate::codec::package_of(name)))
            })
        };
        let source = gst_app::AppSrc::builder().caps(&first.format.caps).format(gst::Format::Time).max_bytes(0).build();
        let muxer = match container {
            "mp4" => {
                let muxer = make("mp4mux")?;
                muxer.set_property("faststart", true);
                // Camera time stamps are in 1/90000 s (RFC 6184): kept exactly.
                muxer.set_property("movie-timescale", 90_000_u32);
                muxer.set_property("trak-timescale", 90_000_u32);
                muxer
            }
            _ => make("matroskamux")?,
        };
        let sink = make("filesink")?;
        sink.set_property("location", part.to_string_lossy().as_ref());
        let pipeline = gst::Pipeline::new();
        pipeline.add_many([source.upcast_ref(), &muxer, &sink]).map_err(|error| failed(error.to_string()))?;
        // Left to itself, linking takes the muxer's first free pad, which is one for sound.
        source.link_pads(Some("src"), &muxer, Some("video_%u")).map_err(|error| failed(error.to_string()))?;
        muxer.link(&sink).map_err(|error| failed(error.to_string()))?;
        let _stop = StopOnDrop(&pipeline);

        let schedule = schedule(&self.packets);
        let duration =
            schedule.last().map_or(0, |_| schedule.iter().map(|s| s.pts + s.duration).max().unwrap_or(0) - schedule[0].pts);
        pipeline.set_state(gst::State::Playing).map_err(|error| failed(error.to_string()))?;
        for (index, (packet, times)) in self.packets.iter().zip(&schedule).enumerate() {
            let mut buffer = gst::Buffer::from_slice(Lent(Arc::clone(packet)));
            let fields = buffer.get_mut().expect("a new buffer has one owner");
            fields.set_pts(gst::ClockTime::from_nseconds(times.pts));
            fields.set_dts(gst::ClockTime::from_nseconds(times.dts));
            fields.set_duration(gst::ClockTime::from_nseconds(times.duration));
            if !packet.key {
                fields.set_flags(gst::BufferFlags::DELTA_UNIT);
            }
            if index == 0 {
                fields.set_flags(gst::BufferFlags::DISCONT);
            }
            // Refused only when the pipeline failed, and then the bus says why.
            if source.push_buffer(buffer).is_err() {
                break;
            }
        }
        // As above.
        let _ = source.end_of_stream();
        let bus = pipeline.bus().expect("a pipeline has a bus");
        let limit = gst::ClockTime::from_seconds(MUX_LIMIT.as_secs());
        match bus.timed_pop_filtered(limit, &[gst::MessageType::Eos, gst::MessageType::Error]) {
            None => Err(ClipError::MuxTimeout { container, limit: MUX_LIMIT }),
            Some(message) => match message.view() {
                gst::MessageView::Error(error) => Err(failed(error.error().to_string())),
                _ => Ok(Duration::from_nanos(duration)),
            },
        }
    }
}

struct StopOnDrop<'a>(&'a gst::Pipeline);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        // A pipeline that cannot be stopped has nobody left to tell.
        let _ = self.0.set_state(gst::State::Null);
    }
}

/// When a packet is decoded and shown, in ns of the clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Times {
    pts: u64,
    dts: u64,
    duration: u64,
}

/// Decoding times from presentation times: the n-th packet is decoded at the n-th smallest presentation time, all moved
/// back until none is decoded after it is shown. (RTP carries no decoding times, and those of files begin anywhere.)
fn schedule(packets: &[Arc<Packet>]) -> Vec<Times> {
    let mut sorted: Vec<i64> = packets.iter().map(|packet| packet.at.0).collect();
    sorted.sort_unstable();
    let Some(&base) = sorted.first() else { return Vec::new() };
    let delay = packets.iter().zip(&sorted).map(|(packet, dts)| dts - packet.at.0).max().unwrap_or(0);
    let ns = |time: i64| u64::try_from(time).unwrap_or(0);
    let mut duration = LONE_FRAME_NS;
    packets
        .iter()
        .enumerate()
        .map(|(index, packet)| {
            if let Some(next) = sorted.get(index + 1) {
                duration = ns(next - sorted[index]);
            }
            Times { pts: ns(packet.at.0 - base + delay), dts: ns(sorted[index] - base), duration }
        })
        .collect()
}
