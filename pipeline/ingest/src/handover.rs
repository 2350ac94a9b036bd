//! Where GStreamer's thread hands a frame to the reader's. Live, a place for one: the newest wins. Offline, a place for one
//! and a wait until the reader comes back for more.

use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use events::Frame;

use crate::error::FailReason;
use crate::options::Pace;

/// Why nothing more will come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// Everything was delivered.
    Complete,
    /// The pipeline failed.
    Failed { reason: FailReason, detail: String },
}

/// What the reader finds.
#[derive(Debug)]
pub(crate) enum Taken {
    Frame(Frame),
    End(End),
    Nothing,
}

#[derive(Debug, Default)]
struct State {
    frame: Option<Frame>,
    /// The reader came back and waits.
    reader_waits: bool,
    /// A packet came.
    opened: bool,
    /// The last frame has been put.
    drained: bool,
    failed: Option<(FailReason, String, Instant)>,
    /// The reader is gone.
    closed: bool,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Handover {
    pace: Pace,
    state: Mutex<State>,
    changed: Condvar,
}

/// After a failure, what the decoder still holds is waited for at most this long; it has it in memory.
const DRAIN_LIMIT: Duration = Duration::from_secs(2);

impl Handover {
    pub(crate) fn new(pace: Pace) -> Self {
        Self { pace, state: Mutex::default(), changed: Condvar::new() }
    }

    /// GStreamer's thread: hands a frame over; returns the one it displaced. Offline it waits until the reader came back,
    /// so that whatever the reader decided on this frame holds for the very next packet.
    #[must_use = "a displaced frame is to be counted"]
    pub(crate) fn put(&self, frame: Frame) -> Option<Frame> {
        let mut state = self.lock();
        if state.closed {
            return Some(frame);
        }
        let displaced = state.frame.replace(frame);
        self.changed.notify_all();
        if self.pace == Pace::Offline {
            while !(state.closed || state.frame.is_none() && state.reader_waits) {
                state = self.changed.wait(state).unwrap_or_else(std::sync::PoisonError::into_inner);
            }
        }
        displaced
    }

    /// GStreamer's thread: a packet came.
    pub(crate) fn open(&self) {
        self.lock().opened = true;
        self.changed.notify_all();
    }

    /// GStreamer's thread: the last frame has been put.
    pub(crate) fn drained(&self) {
        self.lock().drained = true;
        self.changed.notify_all();
    }

    /// Any thread: the pipeline failed. The first failure is kept: later ones follow from it.
    pub(crate) fn fail(&self, reason: FailReason, detail: String) {
        self.lock().failed.get_or_insert((reason, detail, Instant::now()));
        self.changed.notify_all();
    }

    /// The reader's thread: nothing more is wanted; lets a waiting `put` go.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// The reader's thread: waits for the first packet, or the end. `None` when neither came in time.
    pub(crate) fn wait_open(&self, timeout: Duration) -> Option<Result<(), End>> {
        self.wait(timeout, |state| {
            if state.opened {
                return Some(Ok(()));
            }
            state.end(self.pace).map(Err)
        })
    }

    /// The reader's thread: takes the next frame.
    pub(crate) fn take(&self, timeout: Duration) -> Taken {
        self.lock().reader_waits = true;
        self.changed.notify_all();
        let taken = self.wait(timeout, |state| match state.frame.take() {
            Some(frame) => Some(Taken::Frame(frame)),
            None => state.end(self.pace).map(Taken::End),
        });
        self.lock().reader_waits = false;
        taken.unwrap_or(Taken::Nothing)
    }

    fn wait<T>(&self, timeout: Duration, mut ready: impl FnMut(&mut State) -> Option<T>) -> Option<T> {
        let deadline = Instant::now() + timeout;
        let mut state = self.lock();
        loop {
            if let Some(found) = ready(&mut state) {
                // While the lock is held: a putting thread must not see a reader that is about to leave.
                state.reader_waits = false;
                return Some(found);
            }
            let now = Instant::now();
            if now >= deadline {
                return None;
            }
            // A drain after a failure ends by time: look again now and then.
            let step = (deadline - now).min(Duration::from_millis(500));
            state = self.changed.wait_timeout(state, step).unwrap_or_else(std::sync::PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl State {
    fn end(&self, pace: Pace) -> Option<End> {
        match &self.failed {
            Some((reason, detail, at)) => {
                let waited = self.drained || !self.opened || pace == Pace::Live || at.elapsed() >= DRAIN_LIMIT;
                waited.then(|| End::Failed { reason: reason.clone(), detail: detail.clone() })
            }
            None => self.drained.then_some(End::Complete),
        }
    }
}
