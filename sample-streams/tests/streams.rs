//! Files and RTSP cameras, with a real GStreamer client on the loopback.

// The lint's exception for tests covers test functions, not the helpers beside them.
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use events::Size;
use gst::prelude::*;
use kerbwatch_sample_streams::encode::{self, Codec};
use kerbwatch_sample_streams::server::{Auth, Fault, Play, RtspCameras, ServerError};
use kerbwatch_sample_streams::{SampleScene, SceneName};

/// However slow the machine, what is waited for has happened by then.
const PATIENCE: Duration = Duration::from_secs(30);

/// Two seconds of a small picture; plays as fast as its rate says, so a loop is soon over.
fn short() -> SampleScene {
    let mut scene = SceneName::Dumping.scene().resized(Size { width: 160, height: 90 }, 10).with_gop(10);
    scene.duration_s = 2;
    scene
}

fn encoded(folder: &Path, codec: Codec) -> PathBuf {
    let path = folder.join(format!("short-{codec:?}.{}", codec.extension()));
    encode::to_file(&short(), &path, codec, |_, _| {}).unwrap();
    path
}

fn anywhere() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

/// The times of the next `count` buffers of a pipeline with an appsink named `sink`, and which are key frames; or the
/// error it ends with.
fn pull(description: &str, count: usize) -> Result<Vec<(gst::ClockTime, bool)>, String> {
    gst::init().unwrap();
    let pipeline = gst::parse::launch(description).unwrap().downcast::<gst::Pipeline>().unwrap();
    let sink = pipeline.by_name("sink").unwrap().downcast::<gst_app::AppSink>().unwrap();
    let bus = pipeline.bus().unwrap();
    pipeline.set_state(gst::State::Playing).ok();
    let begin = Instant::now();
    let mut list = Vec::new();
    let result = loop {
        if list.len() == count {
            break Ok(list);
        }
        if let Some(sample) = sink.try_pull_sample(gst::ClockTime::from_mseconds(50)) {
            let buffer = sample.buffer().unwrap();
            list.push((buffer.pts().unwrap(), !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT)));
        } else if let Some(message) = bus.pop_filtered(&[gst::MessageType::Error]) {
            let gst::MessageView::Error(error) = message.view() else { unreachable!() };
            break Err(error.error().to_string());
        } else if sink.is_eos() {
            break Ok(list);
        }
        if begin.elapsed() > PATIENCE {
            break Err(format!("only {} of {count} frames came", list.len()));
        }
    };
    pipeline.set_state(gst::State::Null).unwrap();
    result
}

fn client(url: &str, transport: &str, tail: &str) -> String {
    format!("rtspsrc location={url} protocols={transport} latency=100 buffer-mode=none ! {tail} ! appsink name=sink sync=false")
}

const H264: &str = "rtph264depay ! h264parse ! video/x-h264,stream-format=byte-stream,alignment=au";

#[test]
fn files_have_every_frame_and_a_fixed_gop_in_every_codec() {
    let folder = tempfile::tempdir().unwrap();
    let frames = short().frame_count() as usize;
    for (codec, open) in
        [(Codec::H264, "qtdemux ! h264parse"), (Codec::H265, "qtdemux ! h265parse"), (Codec::Mjpeg, "avidemux ! jpegparse")]
    {
        let path = encoded(folder.path(), codec);
        let units = pull(&format!("filesrc location={} ! {open} ! appsink name=sink sync=false", path.display()), 1000).unwrap();
        assert_eq!(units.len(), frames, "{codec:?}");
        let keys: Vec<usize> = (0..frames).filter(|i| units[*i].1).collect();
        let expected: Vec<usize> = if codec == Codec::Mjpeg { (0..frames).collect() } else { vec![0, 10] };
        assert_eq!(keys, expected, "{codec:?}");
        let decoded =
            pull(&format!("filesrc location={} ! decodebin ! video/x-raw ! appsink name=sink sync=false", path.display()), 1000);
        assert_eq!(decoded.unwrap().len(), frames, "{codec:?} decodes");
    }
}

#[test]
fn the_same_scene_gives_the_same_file() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for codec in [Codec::H264, Codec::H265, Codec::Mjpeg] {
        let read = |folder: &Path| std::fs::read(encoded(folder, codec)).unwrap();
        let (a, b) = (read(a.path()), read(b.path()));
        assert!(a == b, "{codec:?}: {} and {} bytes differ", a.len(), b.len());
    }
}

#[test]
fn progress_is_told_and_a_bad_path_is_an_error_that_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut told = Vec::new();
    encode::to_file(&short(), &folder.path().join("a.mp4"), Codec::H264, |done, all| told.push((done, all))).unwrap();
    assert_eq!(told.first(), Some(&(1, 20)));
    assert_eq!(told.last(), Some(&(20, 20)));
    let missing = folder.path().join("missing/a.mp4");
    let error = encode::to_file(&short(), &missing, Codec::H264, |_, _| {}).unwrap_err();
    assert!(error.to_string().contains("demo-dump-01"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "only the good file is there");
}

#[test]
fn a_looped_file_plays_over_tcp_and_udp_with_times_that_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = encoded(folder.path(), Codec::H264);
    // A camera each: one whose last client is just leaving answers the next with 503, as a real one may.
    let list = ["tcp", "udp"].map(|name| (name.to_owned(), Play::File(path.clone())));
    let cameras = RtspCameras::start(anywhere(), list.into(), None).unwrap();
    assert_ne!(cameras.address().port(), 0);
    for transport in ["tcp", "udp"] {
        // Two and a half loops of 20 frames, timed by RTP alone: arrival would shift them on a busy machine.
        let frames = pull(&client(&cameras.url_of(transport), transport, H264), 50).unwrap();
        for (i, pair) in frames.windows(2).enumerate() {
            let step = pair[1].0.checked_sub(pair[0].0).expect("times never go back");
            // A seam that skips or repeats a frame would be a whole step.
            let (low, high) = (gst::ClockTime::from_mseconds(50), gst::ClockTime::from_mseconds(150));
            assert!(step > low && step < high, "{transport}: step {i} is {step}");
        }
        let keys: Vec<usize> = (0..frames.len()).filter(|i| frames[*i].1).collect();
        assert!(keys.windows(2).all(|pair| pair[1] - pair[0] == 10), "{transport}: a key frame every 10 frames, not {keys:?}");
    }
    assert!(cameras.frames_sent("tcp") >= 50 && cameras.frames_sent("udp") >= 50);
}

#[test]
fn h265_mjpeg_and_live_scenes_play_too() {
    let folder = tempfile::tempdir().unwrap();
    let (hevc, jpeg) = (encoded(folder.path(), Codec::H265), encoded(folder.path(), Codec::Mjpeg));
    let list = vec![
        ("hevc".to_owned(), Play::File(hevc)),
        ("jpeg".to_owned(), Play::File(jpeg)),
        ("live".to_owned(), Play::Live(Box::new(short()))),
    ];
    let cameras = RtspCameras::start(anywhere(), list, None).unwrap();
    for (id, tail) in [("hevc", "rtph265depay ! h265parse"), ("jpeg", "rtpjpegdepay"), ("live", H264)] {
        let frames = pull(&client(&cameras.url_of(id), "tcp", tail), 25).unwrap();
        assert!(frames.windows(2).all(|pair| pair[0].0 < pair[1].0), "{id}: {frames:?}");
    }
}

#[test]
fn a_wrong_password_is_refused_and_the_right_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = encoded(folder.path(), Codec::H264);
    let auth = Auth { user: "viewer".to_owned(), password: "p@ss/1".to_owned() };
    let cameras = RtspCameras::start(anywhere(), vec![("cam-1".to_owned(), Play::File(path))], Some(auth)).unwrap();
    let url = cameras.url_of("cam-1");
    assert!(url.contains("viewer:p%40ss%2F1@"), "{url}");
    assert_eq!(pull(&client(&url, "tcp", H264), 5).unwrap().len(), 5);
    for wrong in [url.replace("p%40ss", "other"), url.replace("viewer:p%40ss%2F1@", "")] {
        let error = pull(&client(&wrong, "tcp", H264), 5).unwrap_err();
        assert!(error.to_lowercase().contains("unauthorized") || error.to_lowercase().contains("not authorized"), "{error}");
    }
}

#[test]
fn faults_refuse_stall_and_cut() {
    let folder = tempfile::tempdir().unwrap();
    let path = encoded(folder.path(), Codec::H264);
    let cameras = RtspCameras::start(anywhere(), vec![("cam-1".to_owned(), Play::File(path))], None).unwrap();
    let url = cameras.url_of("cam-1");
    cameras.set_fault("cam-1", Fault::Refuse);
    let error = pull(&client(&url, "tcp", H264), 1).unwrap_err();
    assert!(error.to_lowercase().contains("not found"), "{error}");
    cameras.set_fault("cam-1", Fault::None);

    // A client that plays is cut off: it sees the end, and the server no client.
    let pipeline = gst::parse::launch(&client(&url, "tcp", H264)).unwrap().downcast::<gst::Pipeline>().unwrap();
    let sink = pipeline.by_name("sink").unwrap().downcast::<gst_app::AppSink>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    assert!(sink.try_pull_sample(gst::ClockTime::from_seconds(30)).is_some());
    assert_eq!(cameras.clients(), 1);
    assert_eq!(cameras.kill_clients(), 1);
    let ends = [gst::MessageType::Error, gst::MessageType::Eos];
    let told = pipeline.bus().unwrap().timed_pop_filtered(gst::ClockTime::from_seconds(30), &ends);
    assert!(told.is_some(), "the client is told that the connection is gone");
    pipeline.set_state(gst::State::Null).unwrap();
    assert_eq!(cameras.clients(), 0);

    // A stalled camera sends nothing more than what was on its way, until it recovers.
    cameras.set_fault("cam-1", Fault::Stall);
    let before = cameras.frames_sent("cam-1");
    let pipeline = gst::parse::launch(&client(&url, "tcp", H264)).unwrap().downcast::<gst::Pipeline>().unwrap();
    let sink = pipeline.by_name("sink").unwrap().downcast::<gst_app::AppSink>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    assert!(sink.try_pull_sample(gst::ClockTime::from_mseconds(500)).is_none());
    assert_eq!(cameras.frames_sent("cam-1"), before);
    cameras.set_fault("cam-1", Fault::None);
    assert!(sink.try_pull_sample(gst::ClockTime::from_seconds(30)).is_some(), "it goes on when the fault is over");
    pipeline.set_state(gst::State::Null).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn stopping_closes_the_port_and_ends_the_thread() {
    let folder = tempfile::tempdir().unwrap();
    let path = encoded(folder.path(), Codec::H264);
    let thread_named = || {
        std::fs::read_dir("/proc/self/task")
            .unwrap()
            .filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")).ok())
            .filter(|name| name.trim() == "rtsp-stop-test")
            .count()
    };
    let cameras =
        RtspCameras::start_named("rtsp-stop-test", anywhere(), vec![("cam-1".to_owned(), Play::File(path))], None).unwrap();
    let (address, url) = (cameras.address(), cameras.url_of("cam-1"));
    assert_eq!(pull(&client(&url, "tcp", H264), 3).unwrap().len(), 3);
    assert_eq!(thread_named(), 1);
    drop(cameras);
    assert_eq!(thread_named(), 0);
    assert!(std::net::TcpStream::connect(address).is_err(), "nobody listens any more");
    let again = std::net::TcpListener::bind(address);
    assert!(again.is_ok(), "the port is free: {again:?}");
}

#[test]
fn what_cannot_be_played_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "this is no video").unwrap();
    for (file, says) in [(text, "notes.txt"), (folder.path().join("missing.mp4"), "no such file")] {
        let error = RtspCameras::start(anywhere(), vec![("cam-1".to_owned(), Play::File(file))], None).err().unwrap();
        let chain = format!("{error}: {}", std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default());
        assert!(chain.contains("cam-1") && chain.contains(says), "{chain}");
    }
    let list = vec![("Not An Id".to_owned(), Play::Live(Box::new(short())))];
    assert!(matches!(RtspCameras::start(anywhere(), list, None), Err(ServerError::Id(id)) if id == "Not An Id"));
    let first = RtspCameras::start(anywhere(), Vec::new(), None).unwrap();
    assert!(matches!(RtspCameras::start(first.address(), Vec::new(), None), Err(ServerError::Listen { .. })));
}
