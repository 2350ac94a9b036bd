//! A network that loses packets: they are counted, no broken picture is handed on, and what was kept of the time says so.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use common::rtsp::{Mount, Server};
use common::{WAIT, options, url};
use events::Frame;
use gst::prelude::*;
use kerbwatch_ingest::{Next, Pace, Rate, Session, Transport};

/// Of so many packets one is lost.
const ONE_IN: u64 = 67;

/// Pixels of the ball, which is always as large. What is left of a picture whose reference was lost shows two, or half a one.
fn ball(frame: &Frame) -> usize {
    let pixels = frame.pixels();
    let size = pixels.size();
    let row = |y: u32| pixels.plane(0).row(y as usize, size.width as usize).iter().filter(|luma| **luma > 128).count();
    (0..size.height).map(row).sum()
}

#[test]
fn packets_that_get_lost_are_counted_and_no_broken_picture_is_handed_on() {
    let sent = Arc::new(AtomicU64::new(0));
    let meddle = move |_: &_, bin: &gst::Bin| {
        let sent = Arc::clone(&sent);
        let pad = bin.by_name("pay0").unwrap().static_pad("src").unwrap();
        pad.add_probe(gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST, move |_, _| {
            let number = sent.fetch_add(1, Ordering::SeqCst);
            // `Handled` lets go of the packet; with `Drop`, GStreamer 1.22 and its bindings disagree on who does.
            if number % ONE_IN == ONE_IN - 1 { gst::PadProbeReturn::Handled } else { gst::PadProbeReturn::Ok }
        });
    };
    let server = Server::start(Mount { meddle: Some(Arc::new(meddle)), ..Mount::camera("h264") });
    let live = options().pace(Pace::Live).transport(Transport::Udp);
    let mut session = Session::open(&url(&server.url()), live).unwrap();
    session.set_rate(Rate::Full);
    let mut balls = Vec::new();
    while balls.len() < 75 || session.stats().dropped.get("after_loss").copied().unwrap_or(0) < 3 {
        match session.next(WAIT).unwrap() {
            Next::Frame(frame) => balls.push(ball(&frame)),
            other => panic!("{other:?} after {} frames: {:?}", balls.len(), session.stats()),
        }
        assert!(balls.len() < 3000, "nothing counts what is lost: {:?}", session.stats());
    }
    let mut sorted = balls.clone();
    sorted.sort_unstable();
    let usual = sorted[sorted.len() / 2];
    assert!(usual > 500, "the ball is seen: {usual}");
    for (index, seen) in balls.iter().enumerate() {
        assert!(seen.abs_diff(usual) * 10 <= usual, "picture {index} shows {seen} bright pixels, usually they are {usual}");
    }

    // The ring keeps what came, as it came, and says where something is missing.
    let ring = session.ring();
    let clip = ring.cut(ring.oldest().unwrap(), ring.newest().unwrap()).unwrap();
    let stamps = clip.stamps();
    let lost = stamps.iter().position(|frame| frame.after_loss).expect("a loss within the clip");
    // A picture after a loss is not decoded again as if it were whole; one before it is.
    let camera = "cam-1".parse().unwrap();
    let broken = ring.cut(stamps[lost].at, stamps[lost].at).unwrap();
    if !stamps[lost].key {
        assert!(broken.last_picture(&camera).unwrap_err().to_string().contains("lost"));
    }
    let sound = stamps.iter().find(|frame| frame.key).unwrap();
    let picture = ring.cut(sound.at, sound.at).unwrap().last_picture(&camera).unwrap();
    assert!(ball(&picture).abs_diff(usual) * 10 <= usual);
}
