//! A scene as a video file. Needs the GStreamer plugins that hold `x264enc`, `x265enc` or `jpegenc`.
//!
//! Frames are rendered on a few threads and handed to the encoder in order. The same scene gives the same bytes: encoders
//! run with fixed settings and the file's creation times are blanked.

use std::path::{Path, PathBuf};
use std::sync::mpsc;

use events::{I420, Pixels as _, Size};
use gst::prelude::*;

use crate::scene::SampleScene;

/// What the stream is coded in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// H.264 in MP4.
    H264,
    /// H.265 in MP4.
    H265,
    /// Motion JPEG in AVI.
    Mjpeg,
}

impl Codec {
    /// The file name's ending, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Codec::H264 | Codec::H265 => "mp4",
            Codec::Mjpeg => "avi",
        }
    }

    /// Encoder and parser, as cameras code: no B-frames, a fixed GOP, no key frames at scene cuts.
    pub(crate) fn encoder(self, gop: u32, quantizer: u32) -> String {
        match self {
            // Two threads: the picture is the same with any fixed number, and two is what small machines have.
            Codec::H264 => format!(
                "x264enc speed-preset=superfast bframes=0 key-int-max={gop} pass=qual quantizer={quantizer} threads=2 \
                 option-string=scenecut=0:force-cfr=1 ! video/x-h264,profile=main ! h264parse config-interval=-1"
            ),
            Codec::H265 => format!(
                "x265enc speed-preset=ultrafast key-int-max={gop} qp={} \
                 option-string=bframes=0:scenecut=0:frame-threads=1:open-gop=0:log-level=1 ! h265parse config-interval=-1",
                // Two steps coarser looks about the same.
                quantizer + 2
            ),
            Codec::Mjpeg => "jpegenc quality=80".to_owned(),
        }
    }

    fn muxer(self) -> &'static str {
        match self {
            Codec::H264 | Codec::H265 => "mp4mux",
            Codec::Mjpeg => "avimux",
        }
    }
}

/// Why a scene could not be encoded.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// GStreamer itself did not start.
    #[error("starting GStreamer")]
    Init(#[source] gst::glib::Error),
    /// An element is missing, mostly because a plugin package is not installed.
    #[error("building the encoder of {scene} ({pipeline}); are the GStreamer plugins good, bad and ugly installed?")]
    Build {
        /// The scene's id.
        scene: String,
        /// The pipeline's description.
        pipeline: String,
        /// What GStreamer said.
        source: gst::glib::Error,
    },
    /// The pipeline failed while running.
    #[error("encoding {scene}: {reason}")]
    Run {
        /// The scene's id.
        scene: String,
        /// What the element said.
        reason: String,
    },
    /// The finished file could not be put in its place.
    #[error("writing {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Encodes the whole story into `path`. `progress` is called with frames done and frames in all, from this thread. The
/// file appears under its name only when it is complete, so a file that is there can be played.
///
/// # Errors
/// [`EncodeError`] names the scene and what failed; nothing is left behind then.
pub fn to_file(sample: &SampleScene, path: &Path, codec: Codec, progress: impl FnMut(u64, u64)) -> Result<(), EncodeError> {
    let lanes = std::thread::available_parallelism().map_or(1, usize::from).min(4);
    to_file_with(sample, path, codec, lanes, progress)
}

/// [`to_file`] with so many threads that render.
pub(crate) fn to_file_with(
    sample: &SampleScene,
    path: &Path,
    codec: Codec,
    lanes: usize,
    mut progress: impl FnMut(u64, u64),
) -> Result<(), EncodeError> {
    gst::init().map_err(EncodeError::Init)?;
    let partial = path.with_extension(format!("{}.part", codec.extension()));
    let result = encode(sample, &partial, codec, lanes, &mut progress).and_then(|()| {
        let write = |source| EncodeError::Write { path: path.to_owned(), source };
        blank_creation_times(&partial).map_err(write)?;
        std::fs::rename(&partial, path).map_err(write)
    });
    if result.is_err() {
        // It may never have been made; the error that counts is the one that is returned.
        let _ = std::fs::remove_file(&partial);
    }
    result
}

fn encode(
    sample: &SampleScene,
    path: &Path,
    codec: Codec,
    lanes: usize,
    progress: &mut impl FnMut(u64, u64),
) -> Result<(), EncodeError> {
    let description = format!(
        "appsrc name=source format=time block=true max-buffers=8 ! {} ! {} ! filesink name=sink",
        codec.encoder(sample.gop, sample.quantizer),
        codec.muxer()
    );
    let build = |source| EncodeError::Build { scene: sample.id.clone(), pipeline: description.clone(), source };
    let run = |reason: String| EncodeError::Run { scene: sample.id.clone(), reason };
    let pipeline = gst::parse::launch(&description).map_err(build)?;
    let pipeline = pipeline.downcast::<gst::Pipeline>().expect("several elements make a pipeline");
    let source = pipeline.by_name("source").expect("named in the description");
    let source = source.downcast::<gst_app::AppSrc>().expect("an appsrc element");
    source.set_caps(Some(&raw_caps(sample.size, sample.fps)));
    pipeline.by_name("sink").expect("named in the description").set_property("location", path);
    let stopped = Stop(pipeline);
    let pipeline = &stopped.0;
    let bus = pipeline.bus().expect("a pipeline has a bus");
    pipeline.set_state(gst::State::Playing).map_err(|error| run(last_error(&bus).unwrap_or_else(|| error.to_string())))?;
    let frames = sample.frame_count();
    render_in_order(sample, lanes, |index, picture| {
        let buffer = picture_buffer(&picture, frame_time(index, sample.fps), frame_time(1, sample.fps));
        source.push_buffer(buffer).map_err(|flow| run(last_error(&bus).unwrap_or_else(|| flow.to_string())))?;
        progress(index + 1, frames);
        Ok(())
    })?;
    source.end_of_stream().map_err(|flow| run(flow.to_string()))?;
    for message in bus.iter_timed(gst::ClockTime::NONE) {
        match message.view() {
            gst::MessageView::Eos(_) => break,
            gst::MessageView::Error(error) => return Err(run(error.error().to_string())),
            _ => {}
        }
    }
    Ok(())
}

/// Stops its pipeline when dropped, whatever way the function is left.
struct Stop(gst::Pipeline);

impl Drop for Stop {
    fn drop(&mut self) {
        // Going to NULL fails only for elements that are broken already.
        let _ = self.0.set_state(gst::State::Null);
    }
}

fn last_error(bus: &gst::Bus) -> Option<String> {
    bus.pop_filtered(&[gst::MessageType::Error]).and_then(|message| match message.view() {
        gst::MessageView::Error(error) => Some(error.error().to_string()),
        _ => None,
    })
}

/// When frame `index` is shown. Counted from the frame number each time, so that nothing adds up.
pub(crate) fn frame_time(index: u64, fps: u32) -> gst::ClockTime {
    gst::ClockTime::from_nseconds(index * 1_000_000_000 / u64::from(fps))
}

pub(crate) fn raw_caps(size: Size, fps: u32) -> gst::Caps {
    gst::Caps::builder("video/x-raw")
        .field("format", "I420")
        .field("width", i32::try_from(size.width).expect("a picture's width fits"))
        .field("height", i32::try_from(size.height).expect("a picture's height fits"))
        .field("framerate", gst::Fraction::new(i32::try_from(fps).expect("a frame rate fits"), 1))
        .field("colorimetry", if size.height >= 720 { "bt709" } else { "bt601" })
        .build()
}

/// The picture in GStreamer's I420 layout: rows padded to 4 bytes.
pub(crate) fn picture_buffer(picture: &I420, pts: gst::ClockTime, duration: gst::ClockTime) -> gst::Buffer {
    let Size { width, height } = picture.size();
    let (w, h) = (width as usize, height as usize);
    let mut bytes = Vec::with_capacity(w * h * 3 / 2 + 4 * h);
    for (index, (w, h)) in [(w, h), (w / 2, h / 2), (w / 2, h / 2)].into_iter().enumerate() {
        let plane = picture.plane(index);
        for y in 0..h {
            bytes.extend_from_slice(plane.row(y, w));
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
    }
    let mut buffer = gst::Buffer::from_mut_slice(bytes);
    let writable = buffer.get_mut().expect("nobody else has the new buffer");
    writable.set_pts(pts);
    writable.set_duration(duration);
    buffer
}

/// Renders all frames on so many threads and hands them over in order.
fn render_in_order<E>(sample: &SampleScene, lanes: usize, mut each: impl FnMut(u64, I420) -> Result<(), E>) -> Result<(), E> {
    let workers = lanes.max(1) as u64;
    let frames = sample.frame_count();
    std::thread::scope(|scope| {
        let lanes: Vec<mpsc::Receiver<I420>> = (0..workers)
            .map(|lane| {
                // Two waiting pictures a lane keep everyone busy; more would only cost memory.
                let (sender, receiver) = mpsc::sync_channel(2);
                let mut renderer = sample.renderer();
                scope.spawn(move || {
                    let mut index = lane;
                    while index < frames && sender.send(renderer.frame(index)).is_ok() {
                        index += workers;
                    }
                });
                receiver
            })
            .collect();
        for index in 0..frames {
            let picture = lanes[(index % workers) as usize].recv().expect("a lane renders all its frames");
            each(index, picture)?;
        }
        Ok(())
    })
}

/// The MP4 muxer writes the time of day into `mvhd`, `tkhd` and `mdhd` (ISO/IEC 14496-12, 8.2.2, 8.3.2, 8.4.2); with that
/// gone, the same scene gives the same file.
fn blank_creation_times(path: &Path) -> std::io::Result<()> {
    let mut bytes = std::fs::read(path)?;
    let mut at = 0;
    while at + 8 <= bytes.len() {
        let size = u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]) as usize;
        let name: [u8; 4] = [bytes[at + 4], bytes[at + 5], bytes[at + 6], bytes[at + 7]];
        let size = match size {
            1 if at + 16 <= bytes.len() => {
                let long: [u8; 8] = bytes[at + 8..at + 16].try_into().expect("eight bytes");
                usize::try_from(u64::from_be_bytes(long)).unwrap_or(usize::MAX)
            }
            size => size,
        };
        match &name {
            // Their boxes are looked into; their own header is only the eight bytes.
            b"moov" | b"trak" | b"mdia" => at += 8,
            b"mvhd" | b"tkhd" | b"mdhd" => {
                let times = if bytes.get(at + 8) == Some(&1) { 16 } else { 8 };
                let end = (at + 12 + times).min(bytes.len());
                bytes[at + 12..end].fill(0);
                at += size.max(8);
            }
            _ if size < 8 => break,
            _ => at = at.saturating_add(size),
        }
    }
    std::fs::write(path, bytes)
}
