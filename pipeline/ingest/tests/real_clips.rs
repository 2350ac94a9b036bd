//! Every real clip opens and plays to its end. The clips are not part of the repository.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use std::path::PathBuf;

use common::{options, play, source};
use events::site::{Decode, DecodePolicy};
use kerbwatch_ingest::Session;

/// File, frames as `ffprobe -count_packets` counts them, and its length in seconds.
const CLIPS: [(&str, u64, f64); 12] = [
    ("mov_littering_hoang_bo1.mp4", 189, 6.3),
    ("mov_shopping_street_aiguys.mp4", 319, 10.633),
    ("neg_crowd_walking_720p.mp4", 341, 13.64),
    ("neg_highway_bgs02_320.avi", 750, 30.0),
    ("neg_night_alley_sach_720p.mp4", 1081, 43.24),
    ("neg_pets09_s2l1_vtest_480x360.mp4", 795, 79.5),
    ("neg_retail_shop_ds_1080p.mp4", 603, 20.1),
    ("neg_street_ahmet_in_640x352.mp4", 905, 37.688),
    ("neg_towncentre_1080p_12s.mp4", 302, 10.067),
    ("neg_walker_street_854x480.mp4", 733, 30.54),
    ("pos_aboda_video4.avi", 1169, 39.006),
    ("pos_avss_ab_easy_excerpt_720x576.mov", 1969, 65.25),
];

fn clips() -> Option<PathBuf> {
    let shared = std::env::var_os("KERBWATCH_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let clips = shared.join("real/clips");
    clips.is_dir().then_some(clips)
}

#[test]
fn every_real_clip_plays_to_its_end() {
    let Some(clips) = clips() else {
        eprintln!("SKIPPED: no real clips; set KERBWATCH_SHARED to the folder that holds real/clips");
        return;
    };
    for (name, frames, seconds) in CLIPS {
        let path = clips.join(name);
        for idle in [Decode::KeyFrames, Decode::Full] {
            let policy = DecodePolicy { idle, ..DecodePolicy::default() };
            let mut session = Session::open(&source(&path), options().decode(policy)).unwrap();
            let (stamps, ended) = play(&mut session);
            let stats = session.stats();
            let said = format!("{name} {idle:?}: {ended:?} {stats:?}");
            // What stands before a file's edit list is not played.
            assert!(ended.frames.abs_diff(frames) <= frames / 50, "{said}");
            assert!((ended.duration.as_secs_f64() - seconds).abs() < 0.5, "{said}");
            assert_eq!(ended.cut_off, None, "{said}");
            assert!(stamps.windows(2).all(|w| w[0].at < w[1].at), "{said}");
            match idle {
                Decode::Full => assert!(stats.frames_delivered + 25 >= frames, "{said}"),
                Decode::KeyFrames => {
                    let gap = stamps.windows(2).map(|w| w[1].at.0 - w[0].at.0).max().unwrap();
                    // Scene cuts make short GOPs among long ones, and then the floor may be missed once.
                    assert!(gap <= 10_500_000_000 && stamps.len() as f64 >= seconds * 0.45, "{gap} {said}");
                }
            }
        }
    }
}
