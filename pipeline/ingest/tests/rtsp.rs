//! Live cameras over real RTSP, well-behaved and not.

mod common;

use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use common::rtsp::{Mount, Server};
use common::{WAIT, options};
use events::{ClockSource, Frame};
use gst_rtsp_server::gst_rtsp::RTSPLowerTrans;
use kerbwatch_ingest::{
    BackoffPolicy, Camera, CameraEvent, CameraSpec, CameraState, FailReason, Next, Pace, Rate, Session, SourceUrl, Transport,
};

fn url(text: &str) -> SourceUrl {
    SourceUrl::parse(text, Path::new("/")).unwrap()
}

fn quick(text: &str) -> CameraSpec {
    let first = Duration::from_millis(20);
    CameraSpec {
        backoff: BackoffPolicy { first, longest: first, jitter: 0.0, ..BackoffPolicy::default() },
        ..CameraSpec::new("cam-1".parse().unwrap(), url(text))
    }
}

/// Drives a camera until `wanted` says so of an event.
fn until<T>(camera: &mut Camera, what: &str, mut wanted: impl FnMut(&CameraEvent) -> Option<T>) -> T {
    let deadline = Instant::now() + WAIT;
    loop {
        let event = camera.next(Duration::from_millis(500));
        if let Some(found) = wanted(&event) {
            return found;
        }
        assert!(Instant::now() < deadline, "waited for {what}; last {event:?} {:?}", camera.stats());
    }
}

fn frame(event: &CameraEvent) -> Option<Frame> {
    match event {
        CameraEvent::Frame(frame) => Some(frame.clone()),
        CameraEvent::State(_) | CameraEvent::Idle => None,
    }
}

fn failure(event: &CameraEvent) -> Option<(FailReason, String, Duration)> {
    match event {
        CameraEvent::State(CameraState::Failed { reason, detail, retry_in }) => Some((reason.clone(), detail.clone(), *retry_in)),
        CameraEvent::State(_) | CameraEvent::Frame(_) | CameraEvent::Idle => None,
    }
}

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
    let refused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
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
        let spec = CameraSpec { connect_timeout: Duration::from_secs(3), ..quick(&address) };
        let mut camera = Camera::start(spec);
        let (reason, detail, _) = until(&mut camera, &format!("{wanted:?} from {address}"), failure);
        assert_eq!(reason, wanted, "{address}: {detail}");
        assert!(detail.starts_with(&address), "{detail}");
    }
}

fn threads_and_files() -> (usize, usize) {
    let count = |path: &str| std::fs::read_dir(path).unwrap().count();
    (count("/proc/self/task"), count("/proc/self/fd"))
}

#[test]
fn fifty_reconnects_leave_nothing_behind() {
    let server = Server::start(Mount::camera("h264"));
    let connect = || {
        let mut session = Session::open(&url(&server.url()), options().pace(Pace::Live)).unwrap();
        assert!(matches!(session.next(WAIT).unwrap(), Next::Frame(_)));
    };
    // GStreamer keeps thread pools; they are filled after a few.
    (0..5).for_each(|_| connect());
    let before = threads_and_files();
    (0..50).for_each(|_| connect());
    let deadline = Instant::now() + WAIT;
    // Other tests of this binary come and go: compared with a margin far below one thread or file a connection.
    loop {
        let after = threads_and_files();
        if after.0 <= before.0 + 20 && after.1 <= before.1 + 20 {
            break;
        }
        assert!(Instant::now() < deadline, "threads and files before {before:?}, after {after:?}");
        std::thread::yield_now();
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
