//! HTTP on loopback: files, MJPEG cameras, HLS, and servers that refuse or fall silent.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{WAIT, options, play, run, url, video};
use events::site::{Decode, DecodePolicy};
use kerbwatch_ingest::{Camera, CameraEvent, CameraSpec, CameraState, FailReason, Next, Pace, Session};

/// Serves a folder; `/live` is a camera that sends the folder's `frame.jpg` so many times and then holds the line.
fn serve(folder: PathBuf, pictures: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let folder = Arc::new(folder);
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let folder = Arc::clone(&folder);
            // A client that goes away in the middle is no error of the server's.
            std::thread::spawn(move || drop(answer(connection, &folder, pictures)));
        }
    });
    format!("http://{address}")
}

fn answer(mut connection: TcpStream, folder: &Path, pictures: usize) -> std::io::Result<()> {
    let mut reader = BufReader::new(connection.try_clone()?);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut range = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? <= 2 {
            break;
        }
        if let Some(bytes) = line.to_lowercase().strip_prefix("range: bytes=") {
            range = bytes.split('-').next().and_then(|n| n.trim().parse().ok()).unwrap_or(0);
        }
    }
    let path = request.split_whitespace().nth(1).unwrap_or("/").trim_start_matches('/').to_owned();
    if path == "secret" {
        let refusal =
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        return connection.write_all(refusal.as_bytes());
    }
    if path == "live" {
        let picture = std::fs::read(folder.join("frame.jpg"))?;
        connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=next\r\n\r\n")?;
        for _ in 0..pictures {
            let head = format!("--next\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", picture.len());
            connection.write_all(&[head.as_bytes(), &picture, b"\r\n"].concat())?;
        }
        // Until the other side hangs up.
        reader.read_line(&mut String::new())?;
        return Ok(());
    }
    match std::fs::read(folder.join(&path)) {
        Ok(body) => {
            let kind = if path.ends_with("m3u8") { "application/vnd.apple.mpegurl" } else { "video/mp4" };
            let (status, part) = match range {
                0 => ("200 OK".to_owned(), &body[..]),
                n => (
                    format!("206 Partial Content\r\nContent-Range: bytes {n}-{}/{}", body.len() - 1, body.len()),
                    &body[n.min(body.len())..],
                ),
            };
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nAccept-Ranges: bytes\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                part.len()
            );
            connection.write_all(&[head.as_bytes(), part].concat())
        }
        Err(_) => connection.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
    }
}

fn full() -> DecodePolicy {
    DecodePolicy { idle: Decode::Full, ..DecodePolicy::default() }
}

#[test]
fn a_file_over_http_plays_as_from_disk() {
    let dir = tempfile::tempdir().unwrap();
    video(dir.path(), "a.mp4", "h264", 75);
    let base = serve(dir.path().to_owned(), 0);
    let mut session = Session::open(&url(&format!("{base}/a.mp4")), options().decode(full())).unwrap();
    let (stamps, ended) = play(&mut session);
    assert_eq!((stamps.len(), ended.cut_off), (75, None));
}

#[test]
fn hls_plays_all_its_segments() {
    let dir = tempfile::tempdir().unwrap();
    run(&format!(
        "videotestsrc num-buffers=150 pattern=ball ! video/x-raw,format=I420,width=320,height=240,framerate=25/1 ! {} ! mpegtsmux ! hlssink target-duration=2 max-files=0 playlist-length=0 location={d}/%03d.ts playlist-location={d}/index.m3u8",
        common::encoder("h264"),
        d = dir.path().display()
    ));
    let base = serve(dir.path().to_owned(), 0);
    let mut session = Session::open(&url(&format!("{base}/index.m3u8")), options().decode(full())).unwrap();
    let (stamps, ended) = play(&mut session);
    assert!(stamps.len() >= 145 && ended.frames >= 145, "{} {ended:?} {:?}", stamps.len(), session.stats());
}

#[test]
fn a_camera_that_speaks_mjpeg_and_then_falls_silent() {
    let dir = tempfile::tempdir().unwrap();
    let picture = dir.path().join("frame.jpg");
    run(&format!(
        "videotestsrc num-buffers=1 ! video/x-raw,width=320,height=240 ! jpegenc ! filesink location={}",
        picture.display()
    ));
    let base = serve(dir.path().to_owned(), 20);
    let spec = CameraSpec {
        decode: full(),
        stall_timeout: Duration::from_secs(2),
        ..CameraSpec::new("cam-1".parse().unwrap(), url(&format!("{base}/live")))
    };
    let mut camera = Camera::start(spec);
    let deadline = Instant::now() + WAIT;
    let (mut frames, mut codec) = (0, String::new());
    loop {
        match camera.next(Duration::from_millis(500)) {
            CameraEvent::Frame(_) => frames += 1,
            CameraEvent::State(CameraState::Streaming { codec: said, .. }) => codec = said,
            CameraEvent::State(CameraState::Failed { reason, detail, .. }) => {
                assert_eq!(reason, FailReason::Stalled, "{detail}");
                break;
            }
            CameraEvent::State(CameraState::Connecting { .. }) | CameraEvent::Idle => {}
        }
        assert!(Instant::now() < deadline, "{:?}", camera.stats());
    }
    assert!(frames > 0);
    assert_eq!(codec, "jpeg");
}

#[test]
fn refusals_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("page.mp4"), "<html><body>Log in first.</body></html>".repeat(100)).unwrap();
    let base = serve(dir.path().to_owned(), 0);
    for (path, reason) in
        [("secret", FailReason::Unauthorized), ("absent.mp4", FailReason::NotFound), ("page.mp4", FailReason::Corrupt)]
    {
        let live = options().pace(Pace::Live).connect_timeout(WAIT);
        let error = Session::open(&url(&format!("{base}/{path}")), live).unwrap_err();
        assert_eq!(error.reason(), reason, "{error}");
    }
}

#[test]
fn a_file_played_at_the_pace_of_a_camera_takes_its_time() {
    let dir = tempfile::tempdir().unwrap();
    let path = video(dir.path(), "a.mp4", "h264", 50);
    let mut session = Session::open(&common::source(&path), options().pace(Pace::Live).decode(full())).unwrap();
    let mut stamps = Vec::new();
    loop {
        match session.next(WAIT).unwrap() {
            Next::Frame(frame) => stamps.push(frame.stamp().clone()),
            Next::Idle => panic!("nothing came"),
            Next::Ended(_) => break,
        }
    }
    assert!(stamps.iter().all(|stamp| stamp.wall.source == events::ClockSource::Arrival));
    // The stamps say it: a second of stream is a second of arrival, but for the few frames that the pipeline holds. A slow
    // machine can only make the arrivals lie further apart.
    let (first, last) = (&stamps[0], &stamps[stamps.len() - 1]);
    let (streamed, arrived) = (last.at.0 - first.at.0, last.wall.unix_ns - first.wall.unix_ns);
    assert!(streamed > 1_500_000_000 && arrived >= streamed - 500_000_000, "{streamed} ns came in {arrived} ns");
}
