//! Which packets are worth decoding, and which decoded frames are worth handing on. Pure: decides from stream data only, so
//! that the same file gives the same frames.
//!
//! The choice, measured on the stream itself: let `T` be the longest time allowed between two frames (`1 / min_fps` for
//! [`Rate::KeyFrames`], `1 / n` for [`Rate::Fps`]).
//! - Two GOPs in a row no longer than `T`: key frames are enough. Delta frames are dropped *before* the decoder, which is
//!   where the CPU is saved (about 0.8 instead of 12 CPU-seconds a camera-minute at 1080p25).
//! - The index of a file may tell how long its GOPs are at most: then they are known from its first packet.
//! - Otherwise (long or "smart" GOPs, or not two GOPs known yet): the whole GOP is decoded and thinned to `T` afterwards;
//!   frames nothing refers to are still dropped before the decoder where the others come often enough.
//! - A stream of key frames alone (MJPEG) has no cheap frames: it is thinned before the decoder, to one frame a second (or
//!   `min_fps`, if that is more) for [`Rate::KeyFrames`].
//!
//! What this cannot do: a GOP that grows beyond `T` after two short ones is noticed at its end, because its delta frames
//! were dropped; the floor is missed once. For the same reason a switch to a higher rate takes effect at the next key frame.

use crate::options::Rate;

/// No frame is ever asked for by time.
const NEVER: i64 = i64::MAX / 4;

/// How often a stream of key frames alone is looked at while nothing happens: as often as the dwell rules need, which work
/// the same at 0.5 and 1 frame a second (measured on real footage).
const INTRA_IDLE_NS: i64 = 1_000_000_000;

/// Why a frame was received and not handed to the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// The stream began in the middle of a GOP.
    BeforeKeyFrame,
    /// Key frames are enough just now.
    NotNeeded,
    /// Nothing refers to it, and fewer frames are wanted.
    NonReference,
    /// More frames came than are wanted.
    Thinned,
    /// Packets were lost before it in its GOP.
    AfterGap,
    /// The decoder made nothing of it.
    Undecodable,
    /// A newer frame came before the reader.
    NewerCame,
}

impl Loss {
    pub(crate) const ALL: [Loss; 7] = [
        Loss::BeforeKeyFrame,
        Loss::NotNeeded,
        Loss::NonReference,
        Loss::Thinned,
        Loss::AfterGap,
        Loss::Undecodable,
        Loss::NewerCame,
    ];

    /// Its name in metrics labels and [`crate::Stats`].
    pub(crate) fn wire_name(self) -> &'static str {
        match self {
            Self::BeforeKeyFrame => "before_key_frame",
            Self::NotNeeded => "not_needed",
            Self::NonReference => "non_reference",
            Self::Thinned => "thinned",
            Self::AfterGap => "after_loss",
            Self::Undecodable => "undecodable",
            Self::NewerCame => "newer_came",
        }
    }
}

/// What the gate has to know of a packet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    /// Stream time in ns.
    pub(crate) at: i64,
    /// Decodable by itself.
    pub(crate) key: bool,
    /// No other frame refers to it.
    pub(crate) droppable: bool,
    /// Packets were lost just before it.
    pub(crate) after_gap: bool,
}

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Decode,
    Drop(Loss),
}

/// Lengths of the last two complete GOPs.
#[derive(Debug, Default)]
struct GopMeter {
    key_at: Option<i64>,
    deltas: u32,
    /// Newest first: length in ns, and whether it was a lone key frame.
    last: [Option<(i64, bool)>; 2],
}

impl GopMeter {
    fn packet(&mut self, at: i64, key: bool) {
        if !key {
            self.deltas = self.deltas.saturating_add(1);
            return;
        }
        if let Some(length) = self.key_at.map(|before| at - before).filter(|length| *length > 0) {
            self.last = [Some((length, self.deltas == 0)), self.last[0]];
        }
        self.key_at = Some(at);
        self.deltas = 0;
    }

    fn both(&self, holds: impl Fn(i64, bool) -> bool) -> bool {
        self.last.iter().all(|gop| gop.is_some_and(|(length, lone)| holds(length, lone)))
    }
}

/// Lets frames through at even intervals of stream time.
#[derive(Debug, Default)]
struct Thinner {
    due: Option<i64>,
}

impl Thinner {
    fn take(&mut self, at: i64, interval: i64) -> bool {
        if interval <= 0 {
            self.due = None;
            return true;
        }
        // A frame that comes a tenth early is nearer to the grid than the next one of most streams.
        let slack = interval / 10;
        match self.due {
            Some(due) if at + slack < due && due - at <= interval.saturating_mul(2) => false,
            Some(due) if at + slack >= due && at - due < interval => {
                self.due = Some(due + interval);
                true
            }
            // The first frame, a long gap, or a rate that was raised: the grid begins here.
            _ => {
                self.due = Some(at + interval);
                true
            }
        }
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Gate {
    rate: Rate,
    /// `1 / min_fps` in ns.
    floor: i64,
    gops: GopMeter,
    /// The decoder has had every frame since the last key frame that later ones refer to.
    in_step: bool,
    /// Why it has not.
    out_of_step: Loss,
    /// Longest time between frames that others refer to: in the last complete GOP, and so far in this one.
    reference_gap: [Option<i64>; 2],
    reference_at: Option<i64>,
    before: Thinner,
    after: Thinner,
    delivered_at: Option<i64>,
}

fn interval_ns(fps: f64) -> Option<i64> {
    (fps.is_finite() && fps > 0.0).then(|| (1e9 / fps).min(NEVER as f64) as i64)
}

impl Gate {
    pub(crate) fn new(rate: Rate, min_fps: f64) -> Self {
        Self {
            rate,
            floor: interval_ns(min_fps).unwrap_or(NEVER),
            gops: GopMeter::default(),
            in_step: false,
            out_of_step: Loss::BeforeKeyFrame,
            reference_gap: [None; 2],
            reference_at: None,
            before: Thinner::default(),
            after: Thinner::default(),
            delivered_at: None,
        }
    }

    /// No GOP of the stream is longer than this, in ns: somebody has read its index.
    pub(crate) fn expect_gops(&mut self, longest: i64) {
        self.gops.last = [Some((longest, false)); 2];
    }

    pub(crate) fn set_rate(&mut self, rate: Rate) {
        self.rate = rate;
    }

    /// Between the last two key frames, in ns.
    pub(crate) fn key_frame_interval(&self) -> Option<i64> {
        self.gops.last[0].map(|(length, _)| length)
    }

    /// Longest time allowed between two frames handed on, in ns; 0 when all are wanted.
    fn wanted(&self) -> i64 {
        match self.rate {
            Rate::Full => 0,
            Rate::KeyFrames => self.floor,
            Rate::Fps(fps) => interval_ns(fps).unwrap_or(self.floor),
        }
    }

    fn intra_only(&self) -> bool {
        self.gops.both(|_, lone| lone)
    }

    fn key_frames_are_enough(&self) -> bool {
        let wanted = self.wanted();
        wanted == NEVER || wanted > 0 && self.gops.both(|length, _| length <= wanted)
    }

    /// Is this packet to be decoded?
    pub(crate) fn packet(&mut self, facts: Facts) -> Verdict {
        self.gops.packet(facts.at, facts.key);
        self.note_references(facts);
        // What was lost just before a key frame may have been a part of it.
        if facts.key && facts.after_gap {
            (self.in_step, self.out_of_step) = (false, Loss::AfterGap);
            return Verdict::Drop(Loss::AfterGap);
        }
        if facts.key {
            self.in_step = true;
            return if self.intra_only() { self.intra(facts.at) } else { Verdict::Decode };
        }
        if facts.after_gap && self.in_step {
            (self.in_step, self.out_of_step) = (false, Loss::AfterGap);
        }
        if !self.in_step {
            return Verdict::Drop(self.out_of_step);
        }
        if self.key_frames_are_enough() {
            (self.in_step, self.out_of_step) = (false, Loss::NotNeeded);
            return Verdict::Drop(Loss::NotNeeded);
        }
        if facts.droppable && self.references_are_enough() {
            return Verdict::Drop(Loss::NonReference);
        }
        Verdict::Decode
    }

    fn intra(&mut self, at: i64) -> Verdict {
        let interval = match self.rate {
            Rate::KeyFrames => self.wanted().min(INTRA_IDLE_NS),
            Rate::Fps(_) | Rate::Full => self.wanted(),
        };
        if self.before.take(at, interval) { Verdict::Decode } else { Verdict::Drop(Loss::Thinned) }
    }

    fn note_references(&mut self, facts: Facts) {
        if facts.droppable {
            return;
        }
        if facts.key {
            self.reference_gap = [self.reference_gap[1], None];
        }
        let gap = self.reference_at.map_or(0, |before| (facts.at - before).max(0));
        self.reference_gap[1] = Some(self.reference_gap[1].unwrap_or(0).max(gap));
        self.reference_at = Some(facts.at);
    }

    fn references_are_enough(&self) -> bool {
        match self.reference_gap {
            [Some(before), now] => before.max(now.unwrap_or(0)) <= self.wanted(),
            [None, _] => false,
        }
    }

    /// Is this decoded frame to be handed on? Called in order of presentation.
    pub(crate) fn decoded(&mut self, at: i64, key: bool) -> bool {
        let deliver = match self.rate {
            Rate::Full => true,
            Rate::Fps(_) if self.intra_only() => true,
            Rate::Fps(_) => self.after.take(at, self.wanted()),
            // A tenth early, for the next frame may come too late for the floor.
            Rate::KeyFrames => {
                let floor = self.floor - self.floor / 10;
                key || self.delivered_at.is_none_or(|before| at < before || at - before >= floor)
            }
        };
        if deliver {
            self.delivered_at = Some(at);
        }
        deliver
    }
}

#[cfg(test)]
mod tests;
