//! The thread that owns a session.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TryRecvError};

use super::{Counters, Done, Job, Lane, Message, nanoseconds};
use crate::session::Loaded;
use crate::telemetry;

/// Answers jobs until it is told to stop or nobody can ask any more.
pub(super) fn run(lane: &Lane, mut model: Loaded, jobs: &Receiver<Message>, deadline: Duration, counters: &Counters) {
    while let Ok(Message::Job(first)) = jobs.recv() {
        let (batch, stop) = gather(lane, first, jobs, model.max_batch, deadline);
        answer(lane, &mut model, batch, counters);
        if stop {
            return;
        }
    }
}

/// The batch that begins with `first`, and whether a request to stop came with it.
fn gather(lane: &Lane, first: Job, jobs: &Receiver<Message>, limit: usize, deadline: Duration) -> (Vec<Job>, bool) {
    let mut batch = vec![first];
    let until = Instant::now() + deadline;
    while batch.len() < limit {
        let next = match jobs.try_recv() {
            Ok(message) => Some(message),
            Err(TryRecvError::Empty) if lane.preparing.load(Ordering::SeqCst) > 0 => jobs.recv_deadline(until).ok(),
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => None,
        };
        match next {
            Some(Message::Job(job)) => batch.push(job),
            Some(Message::Stop) => return (batch, true),
            None => break,
        }
    }
    (batch, false)
}

fn answer(lane: &Lane, model: &mut Loaded, batch: Vec<Job>, counters: &Counters) {
    let tensors: Vec<&[f32]> = batch.iter().map(|job| job.tensor.as_slice()).collect();
    let began = Instant::now();
    let found = model.detect(&tensors);
    let took = began.elapsed();
    let size = batch.len() as u64;
    counters.tiles.fetch_add(size, Ordering::Relaxed);
    counters.batches.fetch_add(1, Ordering::Relaxed);
    counters.largest_batch.fetch_max(size, Ordering::Relaxed);
    counters.busy_ns.fetch_add(nanoseconds(took), Ordering::Relaxed);
    telemetry::batch(lane.folder.name(), batch.len(), took);
    let mut found = found.map(Vec::into_iter);
    for job in batch {
        let found = match &mut found {
            Ok(each) => Ok(each.next().unwrap_or_default()),
            Err(error) => Err(error.clone()),
        };
        // Who asked may have gone: its thread was stopped.
        let _ = job.reply.send(Done { tile: job.tile, tensor: job.tensor, found });
    }
}
