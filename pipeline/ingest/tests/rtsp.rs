//! Live cameras over real RTSP, well-behaved and not.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use std::net::TcpListener;
use std::time::Duration;

use common::rtsp::{Mount, Server};
use common::{WAIT, failure, frame, options, quick, until, url};
use events::ClockSource;
use gst_rtsp_server::gst_rtsp::RTSPLowerTrans;
use kerbwatch_ingest::{Camera, CameraEvent, CameraSpec, CameraState, FailReason, Next, Pace, Rate, Session, Transport};

#[test]
fn every_codec_over_tcp_and_udp() {
    for (codec, transport) in [
        ("h264", Transport::Tcp),
        ("h264", Transport::Udp),
        ("h265", Transport::Auto),
        ("h265", Transport::Udp),
        ("jpeg", Transport::Tcp),
        ("jpeg", Transport::Udp),
    ] {
        let server = Server::start(Mount::camera(codec));
        let live = options().pace(Pace::Live).transport(transport);
        let mut session = Session::open(&url(&server.url()), live).unwrap_or_else(|e| panic!("{codec} {transport:?}: {e}"));
        session.set_rate(Rate::Full);
        let mut frames = Vec::new();
        while frames.len() < 30 {
            match session.next(WAIT).unwrap() {
                Next::Frame(frame) => frames.push(frame),
                other => panic!("{codec} {transport:?}: {other:?}"),
            }
        }
        assert_eq!(session.info().codec, codec);
        for pair in frames.windows(2) {
            let (a, b) = (pair[0].stamp(), pair[1].stamp());
            assert!(a.at < b.at && a.seq < b.seq, "{codec}: {a:?} {b:?}");
            let step = (b.at.0 - a.at.0) as f64 / (b.seq - a.seq) as f64;
            assert!((step - 40e6).abs() < 20e6, "{codec}: {a:?} {b:?}");
            assert_eq!(b.wall.source, ClockSource::Arrival);
        }
        let size = frames[0].pixels().size();
        assert_eq!((size.width, size.height), (320, 240));
        assert!(session.position() >= Some(frames[29].stamp().at));
    }
}

#[test]
fn key_frames_live_and_a_clip_of_what_was_between() {
    let server = Server::start(Mount::camera("h264"));
    let mut session = Session::open(&url(&server.url()), options().pace(Pace::Live)).unwrap();
    let mut seen = 0;
    while seen < 5 {
        match session.next(WAIT).unwrap() {
            Next::Frame(_) => seen += 1,
            other => panic!("{other:?}"),
        }
    }
    let stats = session.stats();
    assert!(stats.dropped.get("not_needed").copied().unwrap_or(0) > 20, "{stats:?}");
    assert!(stats.frames_decoded < stats.frames_received, "{stats:?}");
    let ring = session.ring();
    let newest = ring.newest().unwrap();
    let clip = ring.cut(events::StreamTime(newest.0 - 2_000_000_000), newest).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = clip.write(&dir.path().join("clip")).unwrap();
    let everything = events::site::DecodePolicy { idle: events::site::Decode::Full, ..Default::default() };
    let mut session = Session::open(&common::source(&file.path), options().decode(everything)).unwrap();
    assert_eq!(common::play(&mut session).0.len(), clip.frames());
}

#[test]
fn a_server_without_tcp_is_reached_over_udp() {
    let server = Server::start(Mount { protocols: RTSPLowerTrans::UDP, ..Mount::camera("h264") });
    let live = options().pace(Pace::Live);
    let mut session = Session::open(&url(&server.url()), live.clone()).unwrap();
    assert!(matches!(session.next(WAIT).unwrap(), Next::Frame(_)));
    let error = Session::open(&url(&server.url()), live.transport(Transport::Tcp)).unwrap_err();
    assert_eq!(error.reason(), FailReason::Transport, "{error}");
}

#[test]
fn a_shared_camera_without_tcp_is_reached_in_the_end() {
    // Here the second attempt may come while the server still clears away the first, and be refused with a 503.
    let server = Server::start(Mount { protocols: RTSPLowerTrans::UDP, shared: true, ..Mount::camera("h264") });
    let mut camera = Camera::start(quick(&server.url()));
    until(&mut camera, "a frame", frame);
}

#[test]
fn a_wrong_password_waits_and_does_not_show() {
    let server = Server::start(Mount { login: Some(("admin", "right-one")), ..Mount::camera("h264") });
    let with = |login: &str| server.url().replace("rtsp://", &format!("rtsp://{login}@"));
    for login in ["admin:wrong-one", "nobody:right-two"] {
        let mut camera = Camera::start(quick(&with(login)));
        let (reason, detail, retry_in) = until(&mut camera, "a refusal", failure);
        assert_eq!(reason, FailReason::Unauthorized, "{detail}");
        assert!(retry_in >= Duration::from_secs(60), "{retry_in:?}");
        assert!(!detail.contains("-one") && !detail.contains("-two") && detail.contains("***@127.0.0.1"), "{detail}");
    }
    let mut camera = Camera::start(quick(&server.url()));
    assert_eq!(until(&mut camera, "a refusal", failure).0, FailReason::Unauthorized);
    let mut camera = Camera::start(quick(&with("admin:right-one")));
    until(&mut camera, "a frame", frame);
}

#[test]
fn a_server_that_dies_and_comes_back_is_a_new_run() {
    let server = Server::start(Mount::camera("h264"));
    let port = server.port;
    let mut camera = Camera::start(quick(&server.url()));
    let before = until(&mut camera, "a frame", frame);
    let ring = camera.ring();
    drop(server);
    let (reason, detail, _) = until(&mut camera, "the end", failure);
    assert!(matches!(reason, FailReason::Ended | FailReason::Refused), "{reason:?} {detail}");
    assert!(ring.newest().is_some() && camera.ring().run() == before.stamp().run, "the last seconds are still there");
    let _server = Server::start_at(port, Mount::camera("h265"));
    let after = until(&mut camera, "a frame", frame);
    assert!(after.stamp().run > before.stamp().run);
    assert_eq!(camera.ring().run(), after.stamp().run);
    assert!(after.stamp().wall.unix_ns > before.stamp().wall.unix_ns);
}

#[test]
fn bad_cameras_become_reasons() {
    // Nobody listens on a port that only the system may open; one that was free a moment ago may be another test's by now.
    let refused = "127.0.0.1:1";
    let hole = TcpListener::bind("127.0.0.1:0").unwrap();
    let sound = Server::start(Mount::new("( audiotestsrc is-live=true ! alawenc ! rtppcmapay name=pay0 pt=8 )"));
    let good = Server::start(Mount::camera("h264"));
    for (address, wanted) in [
        (format!("rtsp://{refused}/live"), FailReason::Refused),
        (format!("rtsp://{}/live", hole.local_addr().unwrap()), FailReason::Timeout),
        (sound.url(), FailReason::NoVideo),
        (good.url().replace("/live", "/other"), FailReason::NotFound),
        ("rtsp://no-such-host.invalid/live".to_owned(), FailReason::Refused),
    ] {
        let connect_timeout = if wanted == FailReason::Timeout { Duration::from_secs(3) } else { WAIT / 3 };
        let spec = CameraSpec { connect_timeout, ..quick(&address) };
        let mut camera = Camera::start(spec);
        let (reason, detail, _) = until(&mut camera, &format!("{wanted:?} from {address}"), failure);
        assert_eq!(reason, wanted, "{address}: {detail}");
        assert!(detail.starts_with(&address), "{detail}");
    }
}

#[test]
fn a_camera_is_dropped_at_once_whatever_it_does() {
    let hole = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut camera = Camera::start(quick(&format!("rtsp://{}/live", hole.local_addr().unwrap())));
    until(&mut camera, "connecting", |event| matches!(event, CameraEvent::State(CameraState::Connecting { .. })).then_some(()));
    let _ = hole.accept().unwrap();
    drop(camera);
}
