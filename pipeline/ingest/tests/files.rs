//! Files of every codec and container, whole, cut off and lying.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use std::time::Duration;

use common::{options, play, run, sized_video, source, video};
use events::site::{Decode, DecodePolicy};
use events::{ClockSource, Size, StreamTime, WallTime};
use kerbwatch_ingest::{FailReason, Next, Rate, Session};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

fn full() -> DecodePolicy {
    DecodePolicy { idle: Decode::Full, ..DecodePolicy::default() }
}

#[test]
fn every_codec_plays_to_the_end_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    for (name, codec, said) in [
        ("a.mp4", "h264", "h264"),
        ("b.mp4", "h264-b", "h264"),
        ("c.mkv", "h264-b", "h264"),
        ("d.ts", "h264", "h264"),
        ("e.mp4", "h265", "h265"),
        ("f.mkv", "h265", "h265"),
        ("g.avi", "jpeg", "jpeg"),
        ("h.mkv", "jpeg", "jpeg"),
        ("i.avi", "mpeg4", "mpeg4"),
    ] {
        let path = video(dir.path(), name, codec, 75);
        let mut session = Session::open(&source(&path), options().decode(full())).unwrap();
        let info = session.info();
        assert_eq!((info.codec.as_str(), info.size), (said, Some(Size { width: 320, height: 240 })), "{name}");
        let (stamps, ended) = play(&mut session);
        let stats = session.stats();
        assert_eq!(stamps.len(), 75, "{name}: {stats:?}");
        assert_eq!((ended.frames, ended.cut_off), (75, None), "{name}");
        assert!((ended.duration.as_secs_f64() - 3.0).abs() < 0.1, "{name}: {:?}", ended.duration);
        assert!(stamps.windows(2).all(|w| w[0].at < w[1].at), "{name}: in order of presentation");
        assert!(stamps[0].at.0.abs() < 100_000_000, "{name}: {:?}", stamps[0].at);
        assert_eq!((stats.frames_received, stats.frames_decoded, stats.frames_delivered), (75, 75, 75), "{name}");
        assert!(matches!(session.next(Duration::ZERO).unwrap(), Next::Ended(_)), "{name}: it stays ended");
    }
}

#[test]
fn key_frames_alone_are_decoded_where_they_come_often_enough() {
    let dir = tempfile::tempdir().unwrap();
    // An MP4 tells in its index how long its groups of pictures are; of a Matroska the first two are decoded to know.
    for (codec, container, most) in [("h264", "mp4", 10), ("h264-b", "mp4", 10), ("h265", "mp4", 10), ("h264", "mkv", 50 + 8)] {
        let path = video(dir.path(), &format!("{codec}.{container}"), codec, 250);
        let mut session = Session::open(&source(&path), options()).unwrap();
        let (stamps, ended) = play(&mut session);
        let stats = session.stats();
        assert_eq!(ended.frames, 250);
        assert!(stats.frames_decoded <= most, "{codec} in {container}: {stats:?}");
        for second in 0..10 {
            let at = StreamTime(second * 1_000_000_000);
            assert!(stamps.iter().any(|s| (s.at.0 - at.0).abs() < 100_000_000), "{codec}: key frame at {second} s in {stamps:?}");
        }
        let accounted: u64 = stats.frames_delivered + stats.dropped.values().sum::<u64>();
        assert_eq!(accounted, 250, "{codec}: each frame is delivered or counted: {stats:?}");
        assert!((stats.key_frame_interval.unwrap().as_secs_f64() - 1.0).abs() < 0.05);
    }
}

#[test]
fn long_gops_keep_the_floor() {
    let dir = tempfile::tempdir().unwrap();
    let path = video(dir.path(), "long.mp4", "h264-long", 500);
    let mut session = Session::open(&source(&path), options()).unwrap();
    let (stamps, _) = play(&mut session);
    assert!(stamps.windows(2).all(|w| w[1].at.0 - w[0].at.0 <= 2_000_000_000), "{stamps:?}");
    assert!((10..=14).contains(&stamps.len()), "{}", stamps.len());
}

#[test]
fn the_same_file_gives_the_same_frames_even_when_the_rate_is_switched() {
    let dir = tempfile::tempdir().unwrap();
    let path = video(dir.path(), "a.mp4", "h264-b", 250);
    let watch = || {
        let mut session = Session::open(&source(&path), options()).unwrap();
        let mut seen = Vec::new();
        loop {
            match session.next(common::WAIT).unwrap() {
                Next::Frame(frame) => {
                    let luma: u64 = frame.pixels().plane(0).row(120, 320).iter().map(|v| u64::from(*v)).sum();
                    seen.push((frame.stamp().clone(), luma));
                    match seen.len() {
                        3 => session.set_rate(Rate::Fps(5.0)),
                        10 => session.set_rate(Rate::KeyFrames),
                        12 => session.set_rate(Rate::Full),
                        _ => {}
                    }
                }
                Next::Idle => panic!("nothing came"),
                Next::Ended(_) => return seen,
            }
        }
    };
    let first = watch();
    assert!(first.len() > 30, "{}", first.len());
    for _ in 0..3 {
        assert_eq!(watch(), first);
    }
}

#[test]
fn wall_time_is_declared_or_unknown() {
    let dir = tempfile::tempdir().unwrap();
    let path = video(dir.path(), "a.mp4", "h264", 30);
    let stamp = |start| {
        let mut session = Session::open(&source(&path), options().start_at(start).decode(full())).unwrap();
        play(&mut session).0[10].clone()
    };
    let untold = stamp(None);
    assert_eq!((untold.wall.source, untold.wall.unix_ns), (ClockSource::Unknown, untold.at.0));
    let start = WallTime::known(1_700_000_000_000_000_000);
    let told = stamp(Some(start));
    assert_eq!((told.wall.source, told.wall.unix_ns), (ClockSource::Declared, start.unix_ns + told.at.0));
    assert_eq!(told.seq, 10);
}

#[test]
fn what_is_no_video_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let text = dir.path().join("text.mp4");
    std::fs::write(&text, "This is a text and not a video.\n".repeat(200)).unwrap();
    let empty = dir.path().join("empty.mp4");
    std::fs::write(&empty, "").unwrap();
    let sound = dir.path().join("sound.mp4");
    run(&format!("audiotestsrc num-buffers=50 ! avenc_aac ! mp4mux ! filesink location={}", sound.display()));
    for (path, reason, word) in [
        (text, FailReason::Corrupt, "not video"),
        (empty, FailReason::Corrupt, "empty"),
        (sound, FailReason::NoVideo, "no video track"),
        (dir.path().join("absent.mp4"), FailReason::NotFound, "no such file"),
        (dir.path().to_owned(), FailReason::Corrupt, "folder"),
    ] {
        let error = Session::open(&source(&path), options()).unwrap_err();
        assert_eq!(error.reason(), reason, "{error}");
        assert!(error.to_string().contains(word) && error.to_string().contains(path.to_str().unwrap()), "{error}");
    }
}

#[test]
fn a_file_that_breaks_off_is_analysed_as_far_as_it_goes() {
    let dir = tempfile::tempdir().unwrap();
    for (name, codec) in [("a.mkv", "h264"), ("b.avi", "mpeg4"), ("c.ts", "h264"), ("d.mp4", "h264")] {
        let whole = if name == "d.mp4" {
            let path = dir.path().join(name);
            run(&format!(
                "videotestsrc num-buffers=250 pattern=ball ! video/x-raw,format=I420,width=320,height=240,framerate=25/1 ! {} ! mp4mux faststart=true ! filesink location={}",
                common::encoder(codec),
                path.display()
            ));
            path
        } else {
            video(dir.path(), name, codec, 250)
        };
        let bytes = std::fs::read(&whole).unwrap();
        std::fs::write(&whole, &bytes[..bytes.len() / 2]).unwrap();
        let mut session = Session::open(&source(&whole), options().decode(full())).unwrap();
        let (stamps, ended) = play(&mut session);
        assert!((50..250).contains(&stamps.len()), "{name}: {}", stamps.len());
        // An MPEG transport stream promises no length: nobody can tell.
        assert!(ended.cut_off.is_some() || name == "c.ts", "{name}: {ended:?}");
    }
    // With its index at the end, half an MP4 cannot be read at all.
    let path = video(dir.path(), "late.mp4", "h264", 100);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let error = Session::open(&source(&path), options()).unwrap_err();
    assert_eq!(error.reason(), FailReason::Corrupt, "{error}");
}

#[test]
fn damage_in_the_middle_is_survived() {
    let dir = tempfile::tempdir().unwrap();
    let path = video(dir.path(), "a.ts", "h264", 250);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    for (i, byte) in bytes[middle..middle + 4000].iter_mut().enumerate() {
        *byte = (i * 31 % 251) as u8;
    }
    std::fs::write(&path, &bytes).unwrap();
    let mut session = Session::open(&source(&path), options().decode(full())).unwrap();
    let (stamps, _) = play(&mut session);
    assert!(stamps.len() > 200, "{}: {:?}", stamps.len(), session.stats());
}

#[test]
fn flipped_bits_are_survived_and_counted() {
    let dir = tempfile::tempdir().unwrap();
    for (name, codec) in [("a.mp4", "h264"), ("b.mp4", "h264-b"), ("c.mkv", "h265")] {
        let path = video(dir.path(), name, codec, 250);
        let mut bytes = std::fs::read(&path).unwrap();
        let mut chance = StdRng::seed_from_u64(11);
        let (from, to) = (bytes.len() / 3, bytes.len() * 2 / 3);
        for _ in 0..200 {
            let at = chance.random_range(from..to);
            bytes[at] ^= 1 << chance.random_range(0..8);
        }
        std::fs::write(&path, &bytes).unwrap();
        let mut session = Session::open(&source(&path), options().decode(full())).unwrap();
        let (stamps, ended) = play(&mut session);
        let stats = session.stats();
        assert!(stamps.len() > 100, "{name}: {} {ended:?} {stats:?}", stamps.len());
        let accounted = stats.frames_delivered + stats.dropped.values().sum::<u64>();
        assert_eq!(accounted, stats.frames_received, "{name}: each frame is delivered or counted: {stats:?}");
    }
}

#[test]
fn a_change_of_size_is_followed() {
    let dir = tempfile::tempdir().unwrap();
    let small = dir.path().join("small.h264");
    let large = dir.path().join("large.h264");
    for (path, width, height) in [(&small, 320, 240), (&large, 640, 480)] {
        run(&format!(
            "videotestsrc num-buffers=50 ! video/x-raw,format=I420,width={width},height={height},framerate=25/1 ! {} config-interval=-1 ! video/x-h264,stream-format=byte-stream ! filesink location={}",
            common::encoder("h264"),
            path.display()
        ));
    }
    let both = dir.path().join("both.h264");
    std::fs::write(&both, [std::fs::read(&small).unwrap(), std::fs::read(&large).unwrap()].concat()).unwrap();
    let mut session = Session::open(&source(&both), options().decode(full())).unwrap();
    let mut sizes = Vec::new();
    loop {
        match session.next(common::WAIT).unwrap() {
            Next::Frame(frame) => sizes.push(frame.pixels().size().width),
            Next::Idle => panic!("nothing came"),
            Next::Ended(_) => break,
        }
    }
    assert_eq!((sizes.iter().filter(|w| **w == 320).count(), sizes.iter().filter(|w| **w == 640).count()), (50, 50));
    assert_eq!(session.stats().quirks.get("resolution_change"), Some(&1));
}

#[test]
fn a_session_that_is_dropped_stops_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = sized_video(dir.path(), "a.mp4", "h264", 250, (640, 480));
    for frames in 0..3 {
        let mut session = Session::open(&source(&path), options().decode(full())).unwrap();
        for _ in 0..frames {
            assert!(matches!(session.next(common::WAIT).unwrap(), Next::Frame(_)));
        }
        drop(session);
    }
}
