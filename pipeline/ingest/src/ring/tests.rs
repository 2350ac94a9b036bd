use events::ClockSource;
use proptest::prelude::*;

use super::*;

const MS: i64 = 1_000_000;

fn format(width: i32) -> Arc<Format> {
    crate::init().unwrap();
    Arc::new(Format { caps: gst::Caps::builder("video/x-h264").field("width", width).build() })
}

fn packet(seq: u64, at_ms: i64, key: bool, format: &Arc<Format>) -> Packet {
    let wall = WallTime { unix_ns: at_ms * MS, max_error: Duration::ZERO, source: ClockSource::Declared };
    let (after_gap, bytes) = (false, seq.to_be_bytes().into());
    Packet { seq, at: StreamTime(at_ms * MS), wall, key, after_gap, format: Arc::clone(format), bytes }
}

fn ms(n: i64) -> StreamTime {
    StreamTime(n * MS)
}

/// 100 frames, 40 ms apart, a key frame each 10.
fn filled(keep: Duration) -> PacketRing {
    let format = format(640);
    let ring = PacketRing::new(RunId(1), keep);
    for i in 0..100 {
        ring.push(packet(i, i as i64 * 40, i % 10 == 0, &format));
    }
    ring
}

#[test]
fn a_cut_begins_at_the_key_frame_before_and_covers_what_was_asked_for() {
    let ring = filled(Duration::from_secs(30));
    let clip = ring.cut(ms(1_000), ms(2_000)).unwrap();
    assert_eq!((clip.from(), clip.to(), clip.frames()), (ms(800), ms(2_000), 31));
    assert_eq!(clip.payloads().next().unwrap(), 20_u64.to_be_bytes());
    assert!(ring.cut(ms(4_000), ms(5_000)).is_none(), "nothing of it came yet");
    assert!(ring.cut(ms(2_000), ms(1_000)).is_none());
    assert_eq!(ring.cut(ms(3_000), ms(9_000)).unwrap().to(), ms(3_960));
}

#[test]
fn old_gops_go_and_the_rest_still_reaches_back() {
    let ring = filled(Duration::from_secs(1));
    let (oldest, newest) = (ring.oldest().unwrap(), ring.newest().unwrap());
    assert_eq!(newest, ms(3_960));
    assert_eq!(oldest, ms(2_400), "as of the key frame at 3600");
    assert_eq!(ring.cut(ms(0), ms(2_600)).unwrap().from(), oldest, "says where it really begins");
    assert!(ring.cut(ms(0), ms(2_000)).is_none());
    assert_eq!(ring.bytes(), 8 * 40);
}

#[test]
fn clips_join_when_nothing_is_missing_between() {
    let ring = filled(Duration::from_secs(30));
    let first = ring.cut(ms(0), ms(1_000)).unwrap();
    let overlapping = ring.cut(ms(1_000), ms(2_000)).unwrap();
    let joined = first.clone().join(overlapping).unwrap();
    assert_eq!((joined.from(), joined.to(), joined.frames()), (ms(0), ms(2_000), 51));
    let inside = first.clone().join(ring.cut(ms(400), ms(500)).unwrap()).unwrap();
    assert_eq!(inside.frames(), first.frames());
    let far = ring.cut(ms(3_000), ms(3_500)).unwrap();
    let (a, b) = first.join(far).unwrap_err();
    assert_eq!((a.frames(), b.from()), (26, ms(2_800)));
    let other = filled(Duration::from_secs(30));
    let other = PacketRing { run: RunId(2), ..other };
    assert!(a.join(other.cut(ms(800), ms(2_000)).unwrap()).is_err(), "runs do not join");
}

#[test]
fn a_clip_ends_where_the_resolution_changes() {
    let (small, large) = (format(640), format(1920));
    let ring = PacketRing::new(RunId(1), Duration::from_secs(30));
    for i in 0..20 {
        ring.push(packet(i, i as i64 * 40, i % 10 == 0, if i < 10 { &small } else { &large }));
    }
    assert_eq!(ring.cut(ms(0), ms(700)).unwrap().to(), ms(360));
    assert_eq!(ring.cut(ms(400), ms(700)).unwrap().from(), ms(400));
}

#[test]
fn leading_pictures_of_an_open_gop_do_not_begin_a_clip() {
    let format = format(640);
    let ring = PacketRing::new(RunId(1), Duration::from_secs(30));
    for (seq, (at, key)) in
        [(0, true), (120, false), (240, true), (160, false), (200, false), (280, false)].into_iter().enumerate()
    {
        ring.push(packet(seq as u64, at, key, &format));
    }
    let clip = ring.cut(ms(250), ms(300)).unwrap();
    assert_eq!((clip.from(), clip.frames()), (ms(240), 2));
    assert_eq!(ring.cut(ms(0), ms(300)).unwrap().frames(), 6, "inside a clip they have what they refer to");
}

#[test]
fn nothing_is_kept_before_a_key_frame_and_a_ring_has_an_end() {
    let format = format(640);
    let ring = PacketRing::new(RunId(1), Duration::from_secs(3600));
    ring.push(packet(0, 0, false, &format));
    assert_eq!((ring.oldest(), ring.newest()), (None, Some(ms(0))));
    for i in 1..40 {
        let big = Packet { bytes: vec![0; 8_000_000].into(), ..packet(i, i as i64 * 40, i % 4 == 1, &format) };
        ring.push(big);
        assert!(ring.bytes() <= MAX_BYTES);
    }
    assert!(ring.oldest().is_some());
}

proptest! {
    /// A cut begins with a key frame, covers `from` when the ring does, and holds each frame of the span.
    #[test]
    fn a_cut_is_whole(gops in prop::collection::vec(1_u64..20, 1..10), from in 0_i64..4_000, length in 0_i64..3_000) {
        let format = format(640);
        let ring = PacketRing::new(RunId(1), Duration::from_secs(3600));
        let mut all = Vec::new();
        for gop in gops {
            for i in 0..gop {
                let seq = all.len() as u64;
                all.push(seq as i64 * 40);
                ring.push(packet(seq, seq as i64 * 40, i == 0, &format));
            }
        }
        if let Some(clip) = ring.cut(ms(from), ms(from + length)) {
            prop_assert!(clip.packets[0].key && clip.from() <= ms(from));
            let wanted = all.iter().filter(|at| (from..=from + length).contains(*at)).count();
            let held = clip.packets.iter().filter(|p| p.at >= ms(from) && p.at <= ms(from + length)).count();
            prop_assert_eq!(wanted, held);
        } else {
            prop_assert!(all.last().is_none_or(|last| *last < from));
        }
    }
}
