use proptest::prelude::*;

use super::*;

const MS: i64 = 1_000_000;

/// Runs packets through the gate; what is decoded is handed on at once, as by a decoder without delay.
fn play(gate: &mut Gate, packets: &[(i64, bool)]) -> Vec<(i64, bool)> {
    let mut delivered = Vec::new();
    for &(at, key) in packets {
        let facts = Facts { at, key, droppable: false, after_gap: false };
        if gate.packet(facts) == Verdict::Decode && gate.decoded(at, key) {
            delivered.push((at, key));
        }
    }
    delivered
}

/// A stream at 25 fps with GOPs of these lengths in frames.
fn stream(gops: &[u32]) -> Vec<(i64, bool)> {
    let mut packets = Vec::new();
    for &length in gops {
        for i in 0..length {
            packets.push((packets.len() as i64 * 40 * MS, i == 0));
        }
    }
    packets
}

#[test]
fn short_gops_cost_key_frames_only_after_two_are_known() {
    let mut gate = Gate::new(Rate::KeyFrames, 0.5);
    let mut decoded = 0;
    for (at, key) in stream(&[50; 10]) {
        let verdict = gate.packet(Facts { at, key, droppable: false, after_gap: false });
        if at >= 2 * 50 * 40 * MS {
            assert_eq!(verdict == Verdict::Decode, key, "at {at}");
        }
        decoded += u32::from(verdict == Verdict::Decode);
    }
    assert_eq!(decoded, 100 + 8);
}

#[test]
fn gops_that_an_index_tells_of_cost_key_frames_only_from_the_first_on() {
    let mut gate = Gate::new(Rate::KeyFrames, 0.5);
    gate.expect_gops(2000 * MS);
    let delivered = play(&mut gate, &stream(&[50; 10]));
    assert!(delivered.iter().all(|(_, key)| *key) && delivered.len() == 10, "{delivered:?}");
    let mut gate = Gate::new(Rate::KeyFrames, 0.5);
    gate.expect_gops(4000 * MS);
    let delivered = play(&mut gate, &stream(&[100, 100]));
    assert!(delivered.len() >= 4, "the floor holds where GOPs are longer: {delivered:?}");
}

#[test]
fn long_gops_are_decoded_and_thinned_to_the_floor() {
    let mut gate = Gate::new(Rate::KeyFrames, 0.5);
    let delivered = play(&mut gate, &stream(&[250; 4]));
    let longest = delivered.windows(2).map(|w| w[1].0 - w[0].0).max().unwrap();
    assert!(longest <= 2000 * MS, "{longest}");
    assert!(delivered.len() <= 26, "{}", delivered.len());
}

#[test]
fn it_goes_back_to_key_frames_when_gops_get_short() {
    let mut gate = Gate::new(Rate::KeyFrames, 0.5);
    play(&mut gate, &stream(&[250, 250]));
    let start = 500 * 40 * MS;
    let mut tail = stream(&[25; 6]);
    tail.iter_mut().for_each(|p| p.0 += start);
    let delivered = play(&mut gate, &tail);
    assert_eq!(delivered.iter().filter(|p| p.1).count(), 6);
    assert_eq!(gate.packet(Facts { at: start + 150 * 40 * MS, key: false, droppable: false, after_gap: false }), {
        Verdict::Drop(Loss::NotNeeded)
    });
}

#[test]
fn five_frames_a_second_are_five() {
    let mut gate = Gate::new(Rate::Fps(5.0), 0.5);
    let delivered = play(&mut gate, &stream(&[50; 10]));
    assert!((99..=101).contains(&delivered.len()), "{}", delivered.len());
    let mut gate = Gate::new(Rate::Fps(6.0), 0.5);
    let delivered = play(&mut gate, &stream(&[50; 10]));
    assert!((118..=122).contains(&delivered.len()), "{}", delivered.len());
}

#[test]
fn a_raised_rate_waits_for_a_key_frame_and_a_lowered_one_does_not() {
    let mut gate = Gate::new(Rate::KeyFrames, 0.5);
    let packets = stream(&[50; 6]);
    play(&mut gate, &packets[..175]);
    gate.set_rate(Rate::Full);
    let delivered = play(&mut gate, &packets[175..250]);
    assert_eq!(delivered.first(), Some(&(200 * 40 * MS, true)));
    assert_eq!(delivered.len(), 50);
    gate.set_rate(Rate::KeyFrames);
    assert_eq!(play(&mut gate, &packets[251..]).len(), 0);
}

#[test]
fn motion_jpeg_is_thinned_before_the_decoder() {
    let all_keys: Vec<(i64, bool)> = (0..250).map(|i| (i * 40 * MS, true)).collect();
    assert!((10..=13).contains(&play(&mut Gate::new(Rate::KeyFrames, 0.5), &all_keys).len()));
    assert!((50..=53).contains(&play(&mut Gate::new(Rate::Fps(5.0), 0.5), &all_keys).len()));
    assert_eq!(play(&mut Gate::new(Rate::Full, 0.5), &all_keys).len(), 250);
}

#[test]
fn after_a_loss_nothing_is_decoded_until_the_next_key_frame() {
    let mut gate = Gate::new(Rate::Full, 0.5);
    for (i, (at, key)) in stream(&[10; 3]).into_iter().enumerate() {
        let verdict = gate.packet(Facts { at, key, droppable: false, after_gap: i == 14 });
        let lost = (14..20).contains(&i);
        assert_eq!(verdict, if lost { Verdict::Drop(Loss::AfterGap) } else { Verdict::Decode }, "packet {i}");
    }
}

#[test]
fn a_stream_joined_in_the_middle_begins_at_its_key_frame() {
    let mut gate = Gate::new(Rate::Full, 0.5);
    assert_eq!(gate.packet(Facts { at: 0, key: false, droppable: false, after_gap: true }), Verdict::Drop(Loss::BeforeKeyFrame));
}

#[test]
fn frames_nothing_refers_to_are_skipped_where_the_others_suffice() {
    // I B B P B B P … in decode order I P B B P B B: references every 120 ms.
    let mut gate = Gate::new(Rate::Fps(5.0), 0.5);
    let mut skipped = 0;
    for gop in 0..3_i64 {
        for i in 0..30_i64 {
            let (at, droppable) = match i {
                0 => (0, false),
                i if i % 3 == 1 => (i + 2, false),
                i => (i - 1, true),
            };
            let facts = Facts { at: (gop * 30 + at) * 40 * MS, key: i == 0, droppable, after_gap: false };
            skipped += u32::from(gate.packet(facts) == Verdict::Drop(Loss::NonReference));
        }
    }
    assert_eq!(skipped, 2 * 19, "all of the second and third GOP's");
}

#[test]
fn nonsense_rates_fall_back_to_key_frames() {
    for fps in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let delivered = play(&mut Gate::new(Rate::Fps(fps), 0.5), &stream(&[50; 10]));
        assert!((10..30).contains(&delivered.len()), "{fps}: {}", delivered.len());
        assert!(!play(&mut Gate::new(Rate::KeyFrames, fps), &stream(&[50; 4])).is_empty());
    }
}

proptest! {
    /// The floor holds on any stream, but for a GOP that grew after two short ones; and a key frame is never withheld.
    #[test]
    fn the_floor_holds_and_key_frames_pass(gops in prop::collection::vec(2_u32..200, 2..20), min_fps in 0.2_f64..2.0) {
        let mut gate = Gate::new(Rate::KeyFrames, min_fps);
        let packets = stream(&gops);
        let delivered = play(&mut gate, &packets);
        let keys = packets.iter().filter(|p| p.1).count();
        prop_assert_eq!(delivered.iter().filter(|p| p.1).count(), keys);

        let floor = (1e9 / min_fps) as i64;
        let lengths: Vec<i64> = gops.iter().map(|g| i64::from(*g) * 40 * MS).collect();
        let mut start = 0;
        for (i, length) in lengths.iter().enumerate() {
            let surprised = i >= 2 && lengths[i - 1] <= floor && lengths[i - 2] <= floor;
            if !surprised {
                let mut times: Vec<i64> = delivered.iter().map(|p| p.0).filter(|t| (start..start + length).contains(t)).collect();
                times.push(start + length);
                for pair in times.windows(2) {
                    prop_assert!(pair[1] - pair[0] <= floor + 40 * MS, "GOP {} {:?}", i, pair);
                }
            }
            start += length;
        }
    }

    /// Whatever a camera sends, the gate neither panics nor hands on more than it got.
    #[test]
    fn any_stream_is_survived(packets in prop::collection::vec((any::<i32>(), any::<bool>(), any::<bool>(), any::<bool>()), 0..200), fps in any::<f64>()) {
        let mut gate = Gate::new(Rate::Fps(fps), fps);
        let mut seen_key = false;
        for (at, key, droppable, after_gap) in packets {
            seen_key |= key;
            let at = i64::from(at) * MS;
            if gate.packet(Facts { at, key, droppable, after_gap }) == Verdict::Decode {
                prop_assert!(seen_key);
                gate.decoded(at, key);
            }
        }
    }
}
