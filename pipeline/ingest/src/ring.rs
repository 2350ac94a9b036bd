//! The last seconds of a run as the camera sent them, and clips cut from them. Packets are copied once out of GStreamer's
//! buffers, so the ring pins no decoder or network memory; after that they are shared, never changed.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use events::{RunId, StreamTime, WallTime};

/// A ring never holds more than this, whatever its length in seconds. Chosen so that the default 30 s fit at 32 Mbit/s and a
/// camera that sends far more cannot take the machine's memory.
const MAX_BYTES: usize = 120_000_000;

/// The codec facts a muxer needs, as GStreamer caps; they change when the resolution does.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Format {
    /// E.g. `video/x-h264, stream-format=avc, codec_data=…`.
    pub(crate) caps: gst::Caps,
}

/// One access unit as the camera sent it.
#[derive(Debug)]
pub(crate) struct Packet {
    /// Counts packets received in the run.
    pub(crate) seq: u64,
    /// Presentation time.
    pub(crate) at: StreamTime,
    /// Its wall-clock time, as stamped.
    pub(crate) wall: WallTime,
    /// Decodable by itself.
    pub(crate) key: bool,
    /// Packets of the network were lost just before it: up to the next key frame its pictures may be damaged.
    pub(crate) after_gap: bool,
    pub(crate) format: Arc<Format>,
    pub(crate) bytes: Box<[u8]>,
}

#[derive(Debug, Default)]
struct Inner {
    /// In decode order; begins with a key frame.
    packets: VecDeque<Arc<Packet>>,
    bytes: usize,
    newest: Option<StreamTime>,
}

/// A handle on the ring of one run. Clones share it; it outlives its session, so that a clip can still be cut from the last
/// seconds before a camera went away.
#[derive(Debug, Clone)]
pub struct PacketRing {
    run: RunId,
    keep_ns: i64,
    inner: Arc<Mutex<Inner>>,
}

impl PacketRing {
    pub(crate) fn new(run: RunId, keep: Duration) -> Self {
        let keep_ns = i64::try_from(keep.as_nanos()).unwrap_or(i64::MAX);
        Self { run, keep_ns, inner: Arc::default() }
    }

    /// Which run it holds.
    pub fn run(&self) -> RunId {
        self.run
    }

    /// Stream time of the newest packet received.
    pub fn newest(&self) -> Option<StreamTime> {
        self.lock().newest
    }

    /// Stream time of the oldest packet still held; always a key frame.
    pub fn oldest(&self) -> Option<StreamTime> {
        self.lock().packets.front().map(|packet| packet.at)
    }

    /// Bytes of encoded video held.
    pub fn bytes(&self) -> usize {
        self.lock().bytes
    }

    /// The packets from the key frame at or before `from` up to `to`. Where the ring no longer reaches back to `from` the clip
    /// begins with the oldest key frame: compare [`PacketClip::from`]. Where the camera changed its resolution between, the
    /// clip ends at the change: compare [`PacketClip::to`]. `None` when nothing of the span is held.
    pub fn cut(&self, from: StreamTime, to: StreamTime) -> Option<PacketClip> {
        let inner = self.lock();
        if inner.newest? < from || to < from {
            return None;
        }
        let start = inner.packets.iter().rposition(|p| p.key && p.at <= from).unwrap_or(0);
        let first = inner.packets.get(start)?;
        if first.at > to {
            return None;
        }
        // In decode order a frame comes after all it refers to, so the last one shown by `to` closes the clip.
        let last = inner.packets.iter().rposition(|p| p.at <= to)?;
        let mut packets: Vec<Arc<Packet>> = Vec::with_capacity(last + 1 - start);
        let mut keys = 0;
        for packet in inner.packets.range(start..=last.max(start)) {
            keys += usize::from(packet.key);
            if packet.format != first.format {
                break;
            }
            // Leading pictures of an open GOP refer to frames before the clip: nobody could show them.
            if keys == 1 && packet.at < first.at {
                continue;
            }
            packets.push(Arc::clone(packet));
        }
        Some(PacketClip { run: self.run, packets })
    }

    /// Keeps a packet. One that comes before the first key frame is of no use to anybody and is not kept.
    pub(crate) fn push(&self, packet: Packet) {
        let mut inner = self.lock();
        inner.newest = Some(inner.newest.map_or(packet.at, |newest| newest.max(packet.at)));
        if inner.packets.is_empty() && !packet.key {
            return;
        }
        let is_key = packet.key;
        inner.bytes += packet.bytes.len();
        inner.packets.push_back(Arc::new(packet));
        // Only a key frame can make an older GOP superfluous, or the byte limit.
        if is_key || inner.bytes > MAX_BYTES {
            inner.evict(self.keep_ns);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Inner {
    /// Drops whole GOPs from the front while what remains still reaches back far enough, or is too big.
    fn evict(&mut self, keep_ns: i64) {
        while let Some(next_key) = self.packets.iter().skip(1).position(|p| p.key).map(|i| i + 1) {
            let newest = self.newest.map_or(0, |newest| newest.0);
            let reaches = self.packets[next_key].at.0 <= newest.saturating_sub(keep_ns);
            if !reaches && self.bytes <= MAX_BYTES {
                return;
            }
            for packet in self.packets.drain(..next_key) {
                self.bytes -= packet.bytes.len();
            }
        }
        // A single GOP over the limit: a lying camera that never sends a key frame. Begin anew at its next one.
        if self.bytes > MAX_BYTES {
            self.packets.clear();
            self.bytes = 0;
        }
    }
}

/// A stretch of one run, as the camera sent it. Begins with a key frame; cheap to clone.
#[derive(Debug, Clone)]
pub struct PacketClip {
    pub(crate) run: RunId,
    /// In decode order, never empty, of one format.
    pub(crate) packets: Vec<Arc<Packet>>,
}

impl PacketClip {
    /// The run it was cut from.
    pub fn run(&self) -> RunId {
        self.run
    }

    /// Stream time of its first frame.
    pub fn from(&self) -> StreamTime {
        self.packets.iter().map(|p| p.at).min().unwrap_or_default()
    }

    /// Stream time of its last frame.
    pub fn to(&self) -> StreamTime {
        self.packets.iter().map(|p| p.at).max().unwrap_or_default()
    }

    /// How many frames it holds; never 0.
    pub fn frames(&self) -> usize {
        self.packets.len()
    }

    /// Bytes of encoded video.
    pub fn bytes(&self) -> usize {
        self.packets.iter().map(|p| p.bytes.len()).sum()
    }

    /// Each packet's bytes in the order in which they came: what a digest over the original bitstream is taken of.
    pub fn payloads(&self) -> impl Iterator<Item = &[u8]> {
        self.packets.iter().map(|p| &*p.bytes)
    }

    /// This clip and what follows it. `later` must be of the same run and format, begin not before this one and at most
    /// one packet after its end.
    ///
    /// # Errors
    /// Both clips, unchanged, when they cannot be joined without a gap.
    pub fn join(mut self, later: PacketClip) -> Result<PacketClip, (PacketClip, PacketClip)> {
        let (Some(first), Some(last), Some(next)) = (self.packets.first(), self.packets.last(), later.packets.first()) else {
            return Err((self, later));
        };
        let fits = self.run == later.run && last.format == next.format && first.seq <= next.seq && next.seq <= last.seq + 1;
        if !fits {
            return Err((self, later));
        }
        let last_seq = last.seq;
        self.packets.extend(later.packets.into_iter().filter(|p| p.seq > last_seq));
        Ok(self)
    }
}

#[cfg(test)]
mod tests;
