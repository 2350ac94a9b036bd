//! Videos made at test time, and small servers on loopback.
#![allow(dead_code, reason = "each test binary uses a part")]

pub(crate) mod rtsp;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use events::Frame;
use gst::prelude::*;
use kerbwatch_ingest::{
    BackoffPolicy, Camera, CameraEvent, CameraSpec, CameraState, Ended, FailReason, Next, Session, SessionOptions, SourceUrl,
};

/// For what is bound to come; as long as a machine that does ten other things may need.
pub(crate) const WAIT: Duration = Duration::from_secs(120);

pub(crate) fn source(path: &Path) -> SourceUrl {
    SourceUrl::parse(path.to_str().unwrap(), Path::new("/")).unwrap()
}

pub(crate) fn url(text: &str) -> SourceUrl {
    SourceUrl::parse(text, Path::new("/")).unwrap()
}

pub(crate) fn options() -> SessionOptions {
    SessionOptions::new("cam-1".parse().unwrap()).connect_timeout(WAIT / 3)
}

/// Runs a pipeline description to its end.
pub(crate) fn run(description: &str) {
    kerbwatch_ingest::init().unwrap();
    let pipeline = gst::parse::launch(description).unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let bus = pipeline.bus().unwrap();
    let message =
        bus.timed_pop_filtered(gst::ClockTime::from_seconds(120), &[gst::MessageType::Eos, gst::MessageType::Error]).unwrap();
    pipeline.set_state(gst::State::Null).unwrap();
    if let gst::MessageView::Error(error) = message.view() {
        panic!("{description}: {} {:?}", error.error(), error.debug());
    }
}

/// The encoders cameras resemble: key frames at fixed distance, no frames out of order unless asked for.
pub(crate) fn encoder(codec: &str) -> &'static str {
    match codec {
        "h264" => "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=25 bframes=0 option-string=scenecut=0 ! h264parse",
        "h264-long" => "x264enc speed-preset=ultrafast key-int-max=250 bframes=0 option-string=scenecut=0 ! h264parse",
        "h264-b" => {
            "x264enc speed-preset=veryfast key-int-max=25 bframes=3 b-adapt=false option-string=scenecut=0:open-gop=0 ! h264parse"
        }
        "h265" => "x265enc speed-preset=ultrafast tune=zerolatency key-int-max=25 ! h265parse",
        "jpeg" => "jpegenc",
        "mpeg4" => "avenc_mpeg4 gop-size=25",
        other => panic!("no encoder for {other}"),
    }
}

/// `frames` frames of a moving ball at 25 fps.
pub(crate) fn video(dir: &Path, name: &str, codec: &str, frames: u32) -> PathBuf {
    sized_video(dir, name, codec, frames, (320, 240))
}

pub(crate) fn sized_video(dir: &Path, name: &str, codec: &str, frames: u32, (width, height): (u32, u32)) -> PathBuf {
    let path = dir.join(name);
    let mux = match path.extension().unwrap().to_str().unwrap() {
        "mp4" => "mp4mux",
        "mov" => "qtmux",
        "mkv" => "matroskamux",
        "avi" => "avimux",
        "ts" => "mpegtsmux",
        other => panic!("no muxer for {other}"),
    };
    run(&format!(
        "videotestsrc num-buffers={frames} pattern=ball ! video/x-raw,format=I420,width={width},height={height},framerate=25/1 ! {} ! {mux} ! filesink location={}",
        encoder(codec),
        path.display()
    ));
    path
}

/// Plays to the end; the stream time of every frame, and how it ended.
pub(crate) fn play(session: &mut Session) -> (Vec<events::Stamp>, Ended) {
    let mut stamps = Vec::new();
    loop {
        match session.next(WAIT).unwrap() {
            Next::Frame(frame) => {
                let pixels = frame.pixels();
                let size = pixels.size();
                assert_eq!(pixels.plane(0).row(size.height as usize - 1, size.width as usize).len(), size.width as usize);
                stamps.push(frame.stamp().clone());
            }
            Next::Idle => panic!("nothing came for {WAIT:?} after {} frames", stamps.len()),
            Next::Ended(ended) => return (stamps, ended),
        }
    }
}

/// A camera that is tried again at once.
pub(crate) fn quick(text: &str) -> CameraSpec {
    let first = Duration::from_millis(20);
    CameraSpec {
        connect_timeout: WAIT / 3,
        backoff: BackoffPolicy { first, longest: first, jitter: 0.0, ..BackoffPolicy::default() },
        ..CameraSpec::new("cam-1".parse().unwrap(), url(text))
    }
}

/// Drives a camera until `wanted` says so of an event.
pub(crate) fn until<T>(camera: &mut Camera, what: &str, mut wanted: impl FnMut(&CameraEvent) -> Option<T>) -> T {
    let deadline = Instant::now() + WAIT;
    loop {
        let event = camera.next(Duration::from_millis(500));
        if let Some(found) = wanted(&event) {
            return found;
        }
        assert!(Instant::now() < deadline, "waited for {what}; last {event:?} {:?}", camera.stats());
    }
}

pub(crate) fn frame(event: &CameraEvent) -> Option<Frame> {
    match event {
        CameraEvent::Frame(frame) => Some(frame.clone()),
        CameraEvent::State(_) | CameraEvent::Idle => None,
    }
}

pub(crate) fn failure(event: &CameraEvent) -> Option<(FailReason, String, Duration)> {
    match event {
        CameraEvent::State(CameraState::Failed { reason, detail, retry_in }) => Some((reason.clone(), detail.clone(), *retry_in)),
        CameraEvent::State(_) | CameraEvent::Frame(_) | CameraEvent::Idle => None,
    }
}
