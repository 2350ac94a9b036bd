//! What connections leave behind. The only test of its binary: threads and files are counted over the whole process.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use std::time::Instant;

use common::rtsp::{Mount, Server};
use common::{WAIT, failure, frame, options, quick, until, url};
use kerbwatch_ingest::{Camera, Next, Pace, Session};

fn threads_and_files() -> (usize, usize) {
    let count = |path: &str| std::fs::read_dir(path).unwrap().count();
    (count("/proc/self/task"), count("/proc/self/fd"))
}

/// Waits until there are no more of them than before, but for a few: GStreamer's pools breathe.
fn settle(before: (usize, usize), what: &str) {
    const SLACK: usize = 4;
    let deadline = Instant::now() + WAIT;
    loop {
        let after = threads_and_files();
        if after.0 <= before.0 + SLACK && after.1 <= before.1 + SLACK {
            return;
        }
        assert!(Instant::now() < deadline, "{what}: threads and files before {before:?}, after {after:?}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn reconnects_leave_nothing_behind() {
    // Fifty sessions, one after the other.
    let server = Server::start(Mount::camera("h264"));
    let connect = || {
        let mut session = Session::open(&url(&server.url()), options().pace(Pace::Live)).unwrap();
        assert!(matches!(session.next(WAIT).unwrap(), Next::Frame(_)));
    };
    // GStreamer keeps pools of threads; they are filled after a few.
    (0..5).for_each(|_| connect());
    let before = threads_and_files();
    (0..50).for_each(|_| connect());
    settle(before, "fifty sessions");

    // One camera whose server dies twenty times.
    let port = server.port;
    let mut camera = Camera::start(quick(&server.url()));
    let mut server = Some(server);
    let mut round = || {
        until(&mut camera, "a frame", frame);
        drop(server.take());
        until(&mut camera, "the end", failure);
        server = Some(Server::start_at(port, Mount::camera("h264")));
        until(&mut camera, "a frame", frame).stamp().run
    };
    let first = (0..3).map(|_| round()).last().unwrap();
    let before = threads_and_files();
    let last = (0..20).map(|_| round()).last().unwrap();
    assert!(last.0 >= first.0 + 20, "each time a new run: {first:?} {last:?}");
    settle(before, "twenty reconnects");
    drop((camera, server));
}
