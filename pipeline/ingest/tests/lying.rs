//! Live cameras that change, fall silent or send nonsense in the middle of a stream, over real RTSP.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use common::rtsp::{Mount, Server};
use common::{failure, frame, quick, run, until};
use events::Size;
use events::site::{Decode, DecodePolicy};
use gst::prelude::*;
use kerbwatch_ingest::{Camera, CameraEvent, CameraSpec, CameraState, FailReason};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

fn full() -> DecodePolicy {
    DecodePolicy { idle: Decode::Full, ..DecodePolicy::default() }
}

fn width(event: &CameraEvent) -> Option<u32> {
    frame(event).map(|frame| frame.pixels().size().width)
}

/// Does something to each encoded frame of a camera on its way out.
fn at_the_payloader(bin: &gst::Bin, mut change: impl FnMut(&mut gst::Buffer) -> gst::PadProbeReturn + Send + 'static) {
    let change = std::sync::Mutex::new(move |buffer: &mut gst::Buffer| change(buffer));
    let pad = bin.by_name("pay0").unwrap().static_pad("sink").unwrap();
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| match info.buffer_mut() {
        Some(buffer) => (change.lock().unwrap())(buffer),
        None => gst::PadProbeReturn::Ok,
    });
}

#[test]
fn a_change_of_size_is_followed_in_the_same_run() {
    let (bins, bin) = mpsc::channel();
    let meddle = move |_: &_, bin: &gst::Bin| bins.send(bin.downgrade()).unwrap();
    let server = Server::start(Mount { meddle: Some(Arc::new(meddle)), ..Mount::camera("h264") });
    let mut camera = Camera::start(CameraSpec { decode: full(), ..quick(&server.url()) });
    let before = until(&mut camera, "a frame", frame);
    assert_eq!(before.pixels().size(), Size { width: 320, height: 240 });
    let large: gst::Caps = "video/x-raw,format=I420,width=640,height=480,framerate=25/1".parse().unwrap();
    bin.recv().unwrap().upgrade().unwrap().by_name("size").unwrap().set_property("caps", &large);
    let after = until(&mut camera, "a larger frame", |event| frame(event).filter(|f| f.pixels().size().width == 640));
    assert_eq!(after.stamp().run, before.stamp().run);
    assert!(after.stamp().at > before.stamp().at);
    assert_eq!(camera.stats().quirks.get("resolution_change"), Some(&1), "{:?}", camera.stats());
    // What was sent before the change and what after are no one clip.
    let ring = camera.ring();
    let clip = ring.cut(before.stamp().at, ring.newest().unwrap()).unwrap();
    assert!(clip.to() < after.stamp().at);
}

#[test]
fn a_camera_that_falls_silent_is_stalled_and_tried_again() {
    let silent = Arc::new(AtomicBool::new(false));
    let order = Arc::clone(&silent);
    let meddle = move |_: &_, bin: &gst::Bin| {
        let order = Arc::clone(&order);
        at_the_payloader(bin, move |_| match order.load(Ordering::SeqCst) {
            // `Handled` lets go of the frame; with `Drop`, GStreamer 1.22 and its bindings disagree on who does.
            true => gst::PadProbeReturn::Handled,
            false => gst::PadProbeReturn::Ok,
        });
    };
    let server = Server::start(Mount { meddle: Some(Arc::new(meddle)), ..Mount::camera("h264") });
    let mut camera = Camera::start(CameraSpec { stall_timeout: Duration::from_secs(2), ..quick(&server.url()) });
    let before = until(&mut camera, "a frame", frame);
    silent.store(true, Ordering::SeqCst);
    let (reason, detail, _) = until(&mut camera, "silence", failure);
    assert_eq!(reason, FailReason::Stalled, "{detail}");
    silent.store(false, Ordering::SeqCst);
    let after = until(&mut camera, "a frame", frame);
    assert!(after.stamp().run > before.stamp().run);
}

#[test]
fn a_change_of_codec_becomes_a_new_run() {
    // H.265 under the name of H.264, as its own description still promises; who asks again is told the truth.
    let dir = tempfile::tempdir().unwrap();
    let stream = dir.path().join("frames");
    run(&format!(
        "videotestsrc num-buffers=50 ! video/x-raw,format=I420,width=320,height=240,framerate=25/1 ! {} config-interval=-1 ! video/x-h265,stream-format=byte-stream,alignment=au ! multifilesink location={}-%d",
        common::encoder("h265"),
        stream.display()
    ));
    let others: Arc<Vec<Vec<u8>>> =
        Arc::new((0..50).map(|i| std::fs::read(dir.path().join(format!("frames-{i}"))).unwrap()).collect());
    let changed = Arc::new(AtomicBool::new(false));
    let order = Arc::clone(&changed);
    let h265 = Mount::camera("h265").launch;
    let meddle = move |factory: &gst_rtsp_server::RTSPMediaFactory, bin: &gst::Bin| {
        use gst_rtsp_server::prelude::*;
        factory.set_launch(&h265);
        if bin.by_name("pay0").unwrap().factory().unwrap().name() == "rtph265pay" {
            return;
        }
        let (order, others, mut next) = (Arc::clone(&order), Arc::clone(&others), 0);
        at_the_payloader(bin, move |buffer| {
            if order.load(Ordering::SeqCst) {
                let mut other = gst::Buffer::from_slice(others[next % others.len()].clone());
                let fields = other.get_mut().unwrap();
                fields.set_pts(buffer.pts());
                fields.set_dts(buffer.dts());
                *buffer = other;
                next += 1;
            }
            gst::PadProbeReturn::Ok
        });
    };
    let server = Server::start(Mount { meddle: Some(Arc::new(meddle)), ..Mount::camera("h264") });
    let mut camera = Camera::start(CameraSpec { stall_timeout: Duration::from_secs(2), ..quick(&server.url()) });
    let before = until(&mut camera, "a frame", frame);
    changed.store(true, Ordering::SeqCst);
    let (reason, detail, _) = until(&mut camera, "the end of it", failure);
    assert!(matches!(reason, FailReason::Corrupt | FailReason::Stalled | FailReason::CodecChanged), "{reason:?} {detail}");
    let stats = camera.stats();
    let accounted = stats.frames_delivered + stats.dropped.values().sum::<u64>();
    assert!(stats.frames_received <= accounted + 33, "all but what a decoder may hold is accounted for: {stats:?}");
    let codec = until(&mut camera, "a new run", |event| match event {
        CameraEvent::State(CameraState::Streaming { codec, .. }) => Some(codec.clone()),
        CameraEvent::State(_) | CameraEvent::Frame(_) | CameraEvent::Idle => None,
    });
    assert_eq!(codec, "h265");
    assert!(until(&mut camera, "a frame", frame).stamp().run > before.stamp().run);
}

#[test]
fn flipped_bits_are_survived() {
    let flipping = Arc::new(AtomicBool::new(false));
    let order = Arc::clone(&flipping);
    let (told, hit) = mpsc::channel();
    let meddle = move |_: &_, bin: &gst::Bin| {
        let (order, told) = (Arc::clone(&order), told.clone());
        let mut chance = StdRng::seed_from_u64(7);
        at_the_payloader(bin, move |buffer| {
            if order.load(Ordering::SeqCst) {
                let mut bytes = buffer.map_readable().unwrap().to_vec();
                for _ in 0..1 + bytes.len() / 100 {
                    let at = chance.random_range(0..bytes.len());
                    bytes[at] ^= 1 << chance.random_range(0..8);
                }
                let mut other = gst::Buffer::from_slice(bytes);
                let fields = other.get_mut().unwrap();
                fields.set_pts(buffer.pts());
                fields.set_dts(buffer.dts());
                fields.set_flags(buffer.flags());
                *buffer = other;
                // Nobody counts them any more when the test has seen enough.
                let _ = told.send(());
            }
            gst::PadProbeReturn::Ok
        });
    };
    let server = Server::start(Mount { meddle: Some(Arc::new(meddle)), ..Mount::camera("h264") });
    let mut camera = Camera::start(CameraSpec { decode: full(), ..quick(&server.url()) });
    until(&mut camera, "a frame", frame);
    flipping.store(true, Ordering::SeqCst);
    let mut damaged = 0;
    until(&mut camera, "fifty damaged frames", |_| {
        damaged += hit.try_iter().count();
        (damaged >= 50).then_some(())
    });
    flipping.store(false, Ordering::SeqCst);
    // Two seconds of frames, whatever became of the run before: the picture is whole again from its next key frame.
    let mut widths = Vec::new();
    until(&mut camera, "frames after the damage", |event| {
        widths.extend(width(event));
        (widths.len() >= 50).then_some(())
    });
    assert!(widths[25..].iter().all(|width| *width == 320), "{widths:?}");
}
