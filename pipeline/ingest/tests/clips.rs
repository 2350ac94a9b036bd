//! Clips cut from the ring: what the camera sent, playable from the first frame.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use std::time::Duration;

use common::{options, play, source, video};
use events::StreamTime;
use events::site::{Decode, DecodePolicy};
use kerbwatch_ingest::{Next, Session};

fn secs(s: f64) -> StreamTime {
    StreamTime::from_secs_f64(s)
}

#[test]
fn a_clip_plays_from_its_first_frame_and_holds_what_was_sent() {
    let dir = tempfile::tempdir().unwrap();
    for (name, codec, container) in [
        ("a.mp4", "h264", "mp4"),
        ("b.mp4", "h264-b", "mp4"),
        ("c.mp4", "h265", "mp4"),
        ("d.avi", "jpeg", "mkv"),
        ("e.avi", "mpeg4", "mkv"),
    ] {
        let path = video(dir.path(), name, codec, 250);
        let mut session = Session::open(&source(&path), options()).unwrap();
        let ring = session.ring();
        play(&mut session);
        drop(session);
        let clip = ring.cut(secs(3.5), secs(6.5)).unwrap();
        assert!(clip.from() <= secs(3.5) && clip.to() >= secs(6.4), "{name}: {:?} {:?}", clip.from(), clip.to());
        assert_eq!(clip.container(), container, "{name}");

        let file = clip.write(&dir.path().join(format!("clip-{name}"))).unwrap();
        assert_eq!(file.path.extension().unwrap().to_str().unwrap(), container, "{name}");
        assert_eq!(file.bytes, std::fs::metadata(&file.path).unwrap().len(), "{name}");
        let again = clip.write(&dir.path().join(format!("again-{name}"))).unwrap();
        assert_eq!(
            std::fs::read(&file.path).unwrap(),
            std::fs::read(&again.path).unwrap(),
            "{name}: the same packets, the same bytes"
        );
        if container == "mp4" {
            let bytes = std::fs::read(&file.path).unwrap();
            let at = |word: &[u8]| bytes.windows(4).position(|w| w == word).unwrap();
            assert!(at(b"moov") < at(b"mdat"), "{name}: the index stands in front");
        }

        let everything = DecodePolicy { idle: Decode::Full, ..DecodePolicy::default() };
        let mut session = Session::open(&source(&file.path), options().decode(everything)).unwrap();
        let (stamps, ended) = play(&mut session);
        assert_eq!((stamps.len(), ended.cut_off.as_deref()), (clip.frames(), None), "{name}: {:?}", session.stats());
        assert!((ended.duration.as_secs_f64() - file.duration.as_secs_f64()).abs() < 0.05, "{name}: {ended:?} {file:?}");
        assert!(stamps[0].at.0 < 1_000_000, "{name}: begins at once: {:?}", stamps[0]);
        // Each packet stands in the file as it was sent, one after the other.
        let bytes = std::fs::read(&file.path).unwrap();
        let mut from = 0;
        for (i, packet) in clip.payloads().enumerate() {
            let found = bytes[from..].windows(packet.len()).position(|window| window == packet);
            from += found.unwrap_or_else(|| panic!("{name}: packet {i} is not in the file")) + packet.len();
        }
    }
}

#[test]
fn clips_join_and_play() {
    let dir = tempfile::tempdir().unwrap();
    let path = video(dir.path(), "a.mp4", "h264-b", 250);
    let mut session = Session::open(&source(&path), options()).unwrap();
    let ring = session.ring();
    // The pre-roll is cut while the stream goes on, the rest when it has come.
    let before = loop {
        match session.next(common::WAIT).unwrap() {
            Next::Frame(frame) if frame.stamp().at >= secs(5.0) => break ring.cut(secs(2.0), secs(5.0)).unwrap(),
            Next::Frame(_) => {}
            other => panic!("{other:?}"),
        }
    };
    play(&mut session);
    let after = ring.cut(secs(5.0), secs(8.0)).unwrap();
    let whole = before.join(after).unwrap();
    assert_eq!((whole.from() <= secs(2.0), whole.to() >= secs(8.0)), (true, true));
    let file = whole.write(&dir.path().join("whole")).unwrap();
    let everything = DecodePolicy { idle: Decode::Full, ..DecodePolicy::default() };
    let mut session = Session::open(&source(&file.path), options().decode(everything)).unwrap();
    assert_eq!(play(&mut session).0.len(), whole.frames());
}

#[test]
fn a_clip_that_cannot_be_written_says_so_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = video(dir.path(), "a.mp4", "h264", 50);
    let mut session = Session::open(&source(&path), options()).unwrap();
    let ring = session.ring();
    play(&mut session);
    let clip = ring.cut(secs(0.0), secs(1.0)).unwrap();
    let error = clip.write(&dir.path().join("absent/clip.mp4")).unwrap_err();
    assert!(error.to_string().contains("clip"), "{error}");
    assert!(!dir.path().join("absent").exists());
    let before = std::fs::read_dir(dir.path()).unwrap().count();
    clip.write(&dir.path().join("x")).unwrap();
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), before + 1, "no temporary file stays");
}

#[test]
fn the_ring_keeps_what_it_was_told_to() {
    let dir = tempfile::tempdir().unwrap();
    let path = video(dir.path(), "a.mp4", "h264", 500);
    let mut session = Session::open(&source(&path), options().ring(Duration::from_secs(5))).unwrap();
    let ring = session.ring();
    play(&mut session);
    let held = ring.newest().unwrap().0 - ring.oldest().unwrap().0;
    assert!((5_000_000_000..7_000_000_000).contains(&held), "{held}");
}

#[test]
fn a_picture_that_has_passed_is_recalled_with_its_own_stamp() {
    let dir = tempfile::tempdir().unwrap();
    for (name, codec) in [("a.mp4", "h264"), ("b.mp4", "h264-b"), ("c.mp4", "h265"), ("d.avi", "jpeg")] {
        let path = video(dir.path(), name, codec, 100);
        let full = DecodePolicy { idle: Decode::Full, ..DecodePolicy::default() };
        let mut session = Session::open(&source(&path), options().decode(full)).unwrap();
        let ring = session.ring();
        let mut frames = Vec::new();
        while let Next::Frame(frame) = session.next(Duration::from_secs(20)).unwrap() {
            frames.push(frame);
        }
        let wanted = frames.iter().find(|frame| frame.stamp().at >= secs(1.3)).unwrap();
        let at = wanted.stamp().at;
        let recalled = ring.cut(at, at).unwrap().last_picture(&wanted.stamp().camera).unwrap();
        assert_eq!(recalled.stamp(), wanted.stamp(), "{name}");
        let size = wanted.pixels().size();
        for row in 0..size.height as usize {
            let width = size.width as usize;
            assert_eq!(recalled.pixels().plane(0).row(row, width), wanted.pixels().plane(0).row(row, width), "{name} row {row}");
        }
    }
}
