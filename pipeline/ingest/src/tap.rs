//! What happens to each packet and each decoded frame, on GStreamer's threads: stamped, kept in the ring, let through to the
//! decoder or not, handed over. Nothing here waits in [`Pace::Live`], logs, or panics.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use events::{Frame, Size, Stamp, StreamTime, WallTime};
use gst::prelude::*;

use crate::bitstream::{References, Syntax, is_mpeg4_placeholder};
use crate::codec::Codec;
use crate::error::FailReason;
use crate::gate::{Facts, Gate, Loss, Verdict};
use crate::handover::Handover;
use crate::options::{Pace, Rate, SessionOptions, Transport};
use crate::pixels::GstPixels;
use crate::ring::{Format, Packet, PacketRing};
use crate::session::{Stats, StreamInfo};
use crate::telemetry::PacketCounters;
use crate::timeline::{PtsPolicy, Quirk, Timeline, WallClock};

/// A frame in the decoder is given up when this many later packets have come out of it: twice the deepest reorder of H.264.
const DECODER_DEPTH: u64 = 32;

/// A packet on its way through the decoder.
#[derive(Debug, Clone, Copy)]
struct InFlight {
    seq: u64,
    at: StreamTime,
    wall: WallTime,
    key: bool,
    pts: Option<gst::ClockTime>,
    /// Its time is a presentation time, not one of decoding.
    presented: bool,
}

struct State {
    timeline: Timeline,
    clock: WallClock,
    gate: Gate,
    references: References,
    format: Option<Arc<Format>>,
    segment: Option<gst::FormattedSegment<gst::ClockTime>>,
    info: StreamInfo,
    /// In decode order.
    decoding: VecDeque<InFlight>,
    /// Chosen, on their way from the decoder to the sink, in order.
    delivering: VecDeque<InFlight>,
    /// A picture of a stream that may lose packets, until the next packet tells that nothing of it was lost.
    held: Option<Frame>,
    /// Packets whose end was lost, perhaps: something is missing just after them.
    suspects: Vec<u64>,
    /// The packet for which the decoder was last told to give out what it holds.
    nudged: Option<u64>,
    picture: Option<(gst::Caps, gst_video::VideoInfo)>,
    received: u64,
    bytes: u64,
    let_through: u64,
    decoded: u64,
    delivered: u64,
    dropped: [u64; Loss::ALL.len()],
    quirks: BTreeMap<&'static str, u64>,
    last_packet: Option<WallTime>,
    end: i64,
    declared: Option<i64>,
}

/// See the module. One per session.
pub(crate) struct Tap {
    options: SessionOptions,
    /// Packets of a network stream may get lost; a file's discontinuities are its index's business.
    lossy: bool,
    /// Packets come one by one, and nobody sends them again: whether a picture is whole is known with the next.
    datagrams: bool,
    pub(crate) handover: Handover,
    ring: PacketRing,
    counters: PacketCounters,
    /// Marks packets with their number through the decoder, in [`gst::meta::ReferenceTimestampMeta`].
    seq_caps: gst::Caps,
    state: Mutex<State>,
}

impl std::fmt::Debug for Tap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tap").field("camera", &self.options.camera).field("run", &self.options.run).finish_non_exhaustive()
    }
}

impl Tap {
    /// `live`: the source plays by its own clock.
    pub(crate) fn new(options: &SessionOptions, live: bool, transport: Transport) -> Self {
        let (policy, arrival) = if live { (PtsPolicy::Live, true) } else { (PtsPolicy::File, options.pace == Pace::Live) };
        let rate = match options.decode.idle {
            events::site::Decode::KeyFrames => Rate::KeyFrames,
            events::site::Decode::Full => Rate::Full,
        };
        Self {
            lossy: live,
            datagrams: live && transport == Transport::Udp,
            handover: Handover::new(options.pace),
            ring: PacketRing::new(options.run, options.ring),
            counters: PacketCounters::new(&options.camera),
            seq_caps: gst::Caps::new_empty_simple("timestamp/x-kerbwatch-seq"),
            state: Mutex::new(State {
                timeline: Timeline::new(policy),
                clock: if arrival { WallClock::Arrival { floor: None, at: 0 } } else { WallClock::Start(options.start_at) },
                gate: Gate::new(rate, options.decode.min_fps),
                references: References::new(Syntax::Other),
                format: None,
                segment: None,
                info: StreamInfo { codec: String::new(), size: None, fps: None },
                decoding: VecDeque::new(),
                delivering: VecDeque::new(),
                held: None,
                suspects: Vec::new(),
                nudged: None,
                picture: None,
                received: 0,
                bytes: 0,
                let_through: 0,
                decoded: 0,
                delivered: 0,
                dropped: [0; Loss::ALL.len()],
                quirks: BTreeMap::new(),
                last_packet: None,
                end: 0,
                declared: None,
            }),
            options: options.clone(),
        }
    }

    /// See [`Gate::expect_gops`].
    pub(crate) fn expect_gops(&self, longest: i64) {
        self.lock().gate.expect_gops(longest);
    }

    pub(crate) fn set_rate(&self, rate: Rate) {
        self.lock().gate.set_rate(rate);
    }

    pub(crate) fn ring(&self) -> PacketRing {
        self.ring.clone()
    }

    pub(crate) fn info(&self) -> StreamInfo {
        self.lock().info.clone()
    }

    /// The decoder's sink pad: an event on its way to the decoder.
    pub(crate) fn event(&self, event: &gst::EventRef) {
        match event.view() {
            gst::EventView::Caps(caps) => self.new_format(caps.caps_owned()),
            gst::EventView::Segment(segment) => {
                self.lock().segment = segment.segment().downcast_ref::<gst::ClockTime>().cloned();
            }
            _ => {}
        }
    }

    fn new_format(&self, caps: gst::Caps) {
        let codec = Codec::of(&caps).map(|codec| codec.name).unwrap_or_default();
        let structure = caps.structure(0);
        let side = |name| structure.and_then(|s| s.get::<i32>(name).ok()).and_then(|v| u32::try_from(v).ok());
        let size = side("width").zip(side("height")).map(|(width, height)| Size { width, height });
        let fps = structure
            .and_then(|s| s.get::<gst::Fraction>("framerate").ok())
            .filter(|rate| rate.numer() > 0 && rate.denom() > 0)
            .map(|rate| f64::from(rate.numer()) / f64::from(rate.denom()));
        let mut state = self.lock();
        let resized = state.info.size.is_some() && size.is_some() && size != state.info.size;
        let recoded = !state.info.codec.is_empty() && codec != state.info.codec;
        let format = Format { caps };
        if state.format.as_deref() != Some(&format) {
            state.references = References::new(Codec::syntax(&format.caps));
            state.format = Some(Arc::new(format));
        }
        state.info = StreamInfo { codec, size, fps };
        if resized {
            self.count_quirk(&mut state, Quirk::ResolutionChange);
        }
        drop(state);
        if recoded {
            self.handover.fail(FailReason::CodecChanged, "the camera changed its codec".to_owned());
        }
    }

    /// The decoder's sink pad: a packet on its way to the decoder. `Handled` lets go of it: with `Drop`, GStreamer 1.22 and its
    /// bindings disagree on who does.
    pub(crate) fn packet(&self, pad: &gst::Pad, buffer: &mut gst::Buffer) -> gst::PadProbeReturn {
        let flags = buffer.flags();
        if buffer.size() == 0 || flags.contains(gst::BufferFlags::GAP) {
            return gst::PadProbeReturn::Handled;
        }
        let mut bytes = vec![0; buffer.size()];
        if buffer.copy_to_slice(0, &mut bytes).is_err() {
            return gst::PadProbeReturn::Handled;
        }
        let arrival = unix_ns(SystemTime::now());
        let key = !flags.contains(gst::BufferFlags::DELTA_UNIT);
        let mut state = self.lock();
        let Some(format) = state.format.clone() else { return gst::PadProbeReturn::Handled };
        if state.info.codec == "mpeg4" && is_mpeg4_placeholder(&bytes) {
            return gst::PadProbeReturn::Handled;
        }
        let first = state.received == 0;
        let seq = state.received;
        let running = |time: Option<gst::ClockTime>| running_ns(state.segment.as_ref(), time);
        let (pts, dts) = (running(buffer.pts()), running(buffer.dts()));
        let (at, quirk) = state.timeline.place(pts, dts, arrival);
        if let Some(quirk) = quirk {
            self.count_quirk(&mut state, quirk);
        }
        let wall = state.clock.read(at, arrival);
        let size = bytes.len();
        let facts = Facts {
            at: at.0,
            key,
            droppable: state.references.droppable(&bytes),
            after_gap: self.lossy
                && !first
                && (flags.contains(gst::BufferFlags::DISCONT) || flags.contains(gst::BufferFlags::CORRUPTED)),
        };
        let held = state.held.take_if(|held| held.stamp().seq < seq);
        if facts.after_gap {
            state.suspects.retain(|suspect| suspect + DECODER_DEPTH > seq);
            state.suspects.push(seq - 1);
        }
        let held = held.filter(|held| !self.is_suspect(&mut state, held.stamp().seq));
        let verdict = state.gate.packet(facts);
        let after_gap = facts.after_gap;
        self.ring.push(Packet { seq, at, wall, key, after_gap, format, bytes: bytes.into_boxed_slice() });
        state.received += 1;
        state.bytes += size as u64;
        state.last_packet = Some(wall);
        let length = buffer.duration().map_or(state.timeline.nominal(), |d| i64::try_from(d.nseconds()).unwrap_or(0));
        state.end = state.end.max(at.0.saturating_add(length));
        self.counters.received(size);

        let decision = match verdict {
            Verdict::Decode => {
                state.let_through += 1;
                let presented = pts.is_some();
                state.decoding.push_back(InFlight { seq, at, wall, key, pts: buffer.pts(), presented });
                // So many no decoder holds: it made nothing of the oldest.
                if state.decoding.len() as u64 > DECODER_DEPTH {
                    state.decoding.pop_front();
                    self.count_drop(&mut state, Loss::Undecodable, 1);
                }
                let mark = gst::ClockTime::from_nseconds(seq);
                gst::meta::ReferenceTimestampMeta::add(buffer.make_mut(), &self.seq_caps, mark, gst::ClockTime::NONE);
                gst::PadProbeReturn::Ok
            }
            Verdict::Drop(loss) => {
                self.count_drop(&mut state, loss, 1);
                gst::PadProbeReturn::Handled
            }
        };
        // A decoder that reorders holds a lone key frame back until later frames come, which will not.
        let newest = state.decoding.back().map(|frame| frame.seq);
        let held_back = verdict == Verdict::Drop(Loss::NotNeeded) && newest.is_some() && newest != state.nudged;
        if held_back {
            state.nudged = newest;
        }
        drop(state);
        if let Some(frame) = held {
            self.hand_over(frame);
        }
        if held_back {
            pad.send_event(gst_video::StillFrameEvent::builder(true).build());
        }
        if first {
            let declared = pad.peer_query_duration::<gst::ClockTime>().and_then(|d| i64::try_from(d.nseconds()).ok());
            self.lock().declared = declared;
            self.handover.open();
        }
        decision
    }

    /// The decoder's source pad: a decoded frame on its way to the sink.
    pub(crate) fn decoded(&self, buffer: &gst::BufferRef) -> gst::PadProbeReturn {
        let mark = buffer
            .iter_meta::<gst::meta::ReferenceTimestampMeta>()
            .find(|meta| meta.reference() == self.seq_caps.as_ref())
            .map(|meta| meta.timestamp().nseconds());
        let mut state = self.lock();
        let found = match mark {
            Some(seq) => state.decoding.iter().position(|frame| frame.seq == seq),
            // A decoder that forgets the mark still keeps the time.
            None => state.decoding.iter().position(|frame| frame.pts == buffer.pts()),
        };
        let Some(mut frame) = found.and_then(|index| state.decoding.remove(index)) else { return gst::PadProbeReturn::Handled };
        // AVI knows decoding times only. Frames come out in order of presentation: the earliest time still in the decoder is
        // the time of this one, and the frame it was read from gets this one's.
        if !frame.presented
            && let Some(earliest) = state.decoding.iter_mut().filter(|held| !held.presented).min_by_key(|held| held.at)
            && earliest.at < frame.at
        {
            std::mem::swap(&mut earliest.at, &mut frame.at);
            std::mem::swap(&mut earliest.wall, &mut frame.wall);
        }
        let before = state.decoding.len();
        state.decoding.retain(|held| held.seq + DECODER_DEPTH > frame.seq);
        let lost = (before - state.decoding.len()) as u64;
        self.count_drop(&mut state, Loss::Undecodable, lost);
        state.decoded += 1;
        self.counters.decoded();
        if !state.gate.decoded(frame.at.0, frame.key) {
            self.count_drop(&mut state, Loss::Thinned, 1);
            return gst::PadProbeReturn::Handled;
        }
        frame.pts = buffer.pts();
        state.delivering.push_back(frame);
        gst::PadProbeReturn::Ok
    }

    /// The sink: a frame to hand over.
    pub(crate) fn deliver(&self, sample: gst::Sample) {
        let (Some(buffer), Some(caps)) = (sample.buffer_owned(), sample.caps_owned()) else { return };
        let mut state = self.lock();
        // One in, one out; but should a converter swallow one, the others keep their own stamps.
        let Some(index) = state.delivering.iter().position(|frame| frame.pts == buffer.pts()) else { return };
        let Some(InFlight { seq, at, wall, .. }) = state.delivering.drain(..=index).next_back() else { return };
        if state.picture.as_ref().is_none_or(|(known, _)| *known != caps) {
            state.picture = gst_video::VideoInfo::from_caps(&caps).ok().map(|info| (caps, info));
        }
        let pixels = state.picture.as_ref().and_then(|(_, info)| GstPixels::new(buffer, info));
        let Some(pixels) = pixels else {
            self.count_drop(&mut state, Loss::Undecodable, 1);
            return;
        };
        let stamp = Stamp { camera: self.options.camera.clone(), run: self.options.run, seq, at, wall };
        let frame = Frame::new(stamp, Arc::new(pixels));
        if self.is_suspect(&mut state, seq) {
            return;
        }
        let waits = self.datagrams && state.received <= seq + 1;
        let ready = if waits { state.held.replace(frame) } else { Some(frame) };
        drop(state);
        if let Some(frame) = ready {
            self.hand_over(frame);
        }
    }

    /// Was the end of this packet lost, perhaps? Then it is counted, and its picture not shown.
    fn is_suspect(&self, state: &mut State, seq: u64) -> bool {
        let suspect = state.suspects.contains(&seq);
        if suspect {
            self.count_drop(state, Loss::AfterGap, 1);
        }
        suspect
    }

    fn hand_over(&self, frame: Frame) {
        if self.handover.put(frame).is_some() {
            self.count_drop(&mut self.lock(), Loss::NewerCame, 1);
        }
    }

    /// The sink: no frame will follow. What the decoder kept for itself is counted.
    pub(crate) fn drained(&self) {
        let mut state = self.lock();
        let lost = state.decoding.len() as u64;
        state.decoding.clear();
        self.count_drop(&mut state, Loss::Undecodable, lost);
        let held = state.held.take();
        drop(state);
        if let Some(frame) = held {
            self.hand_over(frame);
        }
        self.handover.drained();
    }

    /// The reader's thread: it has a frame.
    pub(crate) fn taken(&self) {
        self.lock().delivered += 1;
        self.counters.delivered();
    }

    /// Frames received, and nanoseconds to the end of the last.
    pub(crate) fn length(&self) -> (u64, i64) {
        let state = self.lock();
        (state.received, state.end.max(0))
    }

    /// Grows while packets come that can be made a picture, whether one is wanted or not.
    pub(crate) fn pictures(&self) -> u64 {
        let state = self.lock();
        state.decoded + state.dropped[Loss::Thinned as usize]
    }

    /// Why a stream that ended without an error was not whole, if it was not.
    pub(crate) fn shortfall(&self) -> Option<String> {
        /// Containers round, and sound may be a little longer than the picture.
        const TOLERANCE_NS: i64 = 1_000_000_000;
        let state = self.lock();
        let undecodable = state.dropped[Loss::Undecodable as usize];
        if let Some(declared) = state.declared
            && !self.lossy
            && state.end + 2 * state.timeline.nominal() + TOLERANCE_NS < declared
        {
            let (end, declared) = (state.end as f64 / 1e9, declared as f64 / 1e9);
            return Some(format!("the video ends at {end:.1} s, its container promises {declared:.1} s"));
        }
        // Frames before the start of an edit list are decoded and rightly not shown: a few are no damage.
        (undecodable > 16 && undecodable * 10 > state.let_through)
            .then(|| format!("{undecodable} of {} frames could not be decoded", state.let_through))
    }

    pub(crate) fn stats(&self) -> Stats {
        let state = self.lock();
        let positive = |ns: i64| Duration::from_nanos(u64::try_from(ns).unwrap_or(0));
        Stats {
            frames_received: state.received,
            packets_bytes: state.bytes,
            frames_decoded: state.decoded,
            frames_delivered: state.delivered,
            dropped: Loss::ALL
                .iter()
                .map(|loss| (loss.wire_name(), state.dropped[*loss as usize]))
                .filter(|(_, count)| *count > 0)
                .collect(),
            quirks: state.quirks.clone(),
            key_frame_interval: state.gate.key_frame_interval().map(positive),
            last_packet_at: state.last_packet,
            video_s: state.end.max(0) as f64 / 1e9,
        }
    }

    fn count_drop(&self, state: &mut State, loss: Loss, frames: u64) {
        if frames > 0 {
            state.dropped[loss as usize] += frames;
            self.counters.dropped(loss, frames);
        }
    }

    fn count_quirk(&self, state: &mut State, quirk: Quirk) {
        *state.quirks.entry(quirk.wire_name()).or_default() += 1;
        self.counters.quirk(quirk);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Running time in ns; frames before the segment's start have a negative one.
fn running_ns(segment: Option<&gst::FormattedSegment<gst::ClockTime>>, time: Option<gst::ClockTime>) -> Option<i64> {
    let time = time?;
    let plain = i64::try_from(time.nseconds()).ok();
    match segment {
        Some(segment) => match segment.to_running_time_full(time) {
            Some(gst::Signed::Positive(t)) => i64::try_from(t.nseconds()).ok(),
            Some(gst::Signed::Negative(t)) => i64::try_from(t.nseconds()).ok().map(|t| -t),
            None => plain,
        },
        None => plain,
    }
}

fn unix_ns(now: SystemTime) -> i64 {
    now.duration_since(UNIX_EPOCH).ok().and_then(|since| i64::try_from(since.as_nanos()).ok()).unwrap_or(0)
}
