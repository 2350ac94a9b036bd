//! A camera that is moved, covered, dark, blurred or frozen is said to be so within ten seconds, and so is its return; weather,
//! light and passers-by are none of it.

mod view_common;

use events::{Health, I420, Size};
use proptest::prelude::*;
use view_common::{ALARMS, CALM, Planes, befall, hash, scene, show, verdict, watch};

/// When something befalls the camera, and until when, seconds.
const FROM: f64 = 16.0;
const UNTIL: f64 = 28.0;
const END: f64 = 40.0;

/// A street of houses with windows over a pavement of slabs in perspective; people walk by. Picture `n` of five a second.
fn street(seed: u64, n: u64) -> Planes {
    let (w, h) = (400usize, 300usize);
    let of = |what: u64, i: u64| hash(seed << 32 | what << 20 | i);
    let horizon = h * 2 / 5 + (of(1, 0) % 30) as usize;
    let mut y = vec![0u8; w * h];
    for row in 0..h {
        for column in 0..w {
            let noise = (hash(n << 24 | (row * w + column) as u64) % 5) as i32 - 2;
            let value = if row < horizon {
                let house = column / (50 + (of(2, 0) % 40) as usize);
                let (cell_x, cell_y) = (column % 23, row % 31);
                let window = (6..16).contains(&cell_x) && (8..24).contains(&cell_y) && of(3, (house * 7) as u64) % 4 > 0;
                let wall = 90 + (of(4, house as u64) % 90) as i32;
                if window { wall - 45 + (of(5, (column / 23 * 64 + row / 31) as u64) % 30) as i32 } else { wall }
            } else {
                let depth = (row - horizon) as f32 / (h - horizon) as f32 + 0.15;
                let slab = ((column as f32 - w as f32 * 0.4) / depth / 22.0).floor() as i64;
                let line = (6.0 / depth).floor() as i64;
                let joint =
                    ((column as f32 - w as f32 * 0.4) / depth / 22.0).fract().abs() < 0.06 || (6.0 / depth).fract() < 0.08;
                if joint { 75 } else { 115 + (of(6, (slab * 97 + line * 13) as u64) % 36) as i32 }
            };
            y[row * w + column] = (value + noise).clamp(16, 235) as u8;
        }
    }
    for person in 0..4u64 {
        let speed = 3 + of(7, person) % 6;
        let x = (of(8, person) + n * speed) as usize % (w + 60);
        let foot = horizon + 30 + (of(9, person) as usize % (h - horizon - 40));
        for row in foot.saturating_sub(60)..foot {
            for column in x.saturating_sub(20).min(w)..x.min(w) {
                y[row * w + column] = 40 + (of(10, person) % 100) as u8;
            }
        }
    }
    let chroma = |k: u64| (0..w * h / 4).map(|i| (112 + of(k, (i % (w / 2) / 30) as u64) % 32) as u8).collect();
    Planes { w, h, y, u: chroma(11), v: chroma(12) }
}

fn said(seed: u64, what: &str, fps: f64) -> Vec<(f64, Health)> {
    let held = street(seed, (FROM * 5.0) as u64);
    watch(fps, END, |t, n| befall(what, &street(seed, n), (t - FROM) as f32, (UNTIL - FROM) as f32, n, &held).i420())
}

fn alarms(seed: u64, fps: f64, only: impl Fn(Health) -> bool) {
    for (what, health) in ALARMS.into_iter().filter(|(_, health)| only(*health)) {
        let said = said(seed, what, fps);
        assert!(verdict(&said, FROM, UNTIL).is(health), "{what} at {fps} a second, seed {seed}: {said:?}");
    }
}

#[test]
fn a_moved_camera_is_noticed() {
    alarms(1, 1.0, |health| health == Health::Moved);
}

#[test]
fn a_covered_camera_is_noticed() {
    alarms(2, 1.0, |health| health == Health::Covered);
}

#[test]
fn a_blurred_camera_is_noticed() {
    alarms(1, 1.0, |health| health == Health::Blurred);
}

#[test]
fn darkness_and_a_frozen_picture_are_noticed() {
    alarms(2, 1.0, |health| matches!(health, Health::Dark | Health::Frozen));
}

#[test]
fn all_is_noticed_on_key_frames_every_two_seconds() {
    alarms(3, 0.5, |_| true);
}

#[test]
fn what_befalls_a_street_is_no_alarm() {
    for (seed, fps) in [(1, 1.0), (4, 0.5)] {
        for what in CALM {
            let said = said(seed, what, fps);
            assert!(said.is_empty(), "{what} at {fps} a second, seed {seed}: {said:?}");
        }
    }
}

#[test]
fn a_camera_that_moves_from_the_start_is_moved_and_a_cut_is_not() {
    for fps in [0.5, 1.0, 5.0] {
        let moving = watch(fps, 8.0, |t, n| {
            let wide = street(6, n);
            befall(if t < 0.4 { "nothing" } else { "sways" }, &wide, 0.0, 1e9, hash(n) % 977, &wide).i420()
        });
        assert!(moving.is_empty(), "a mast that sways at {fps} a second: {moving:?}");
        let views = ["panned", "turned", "looks away", "zoomed"];
        let moving = watch(fps, 8.0, |t, n| {
            let wide = street(6, n);
            befall(views[(t * fps) as usize % views.len()], &wide, 0.0, 1e9, n, &wide).i420()
        });
        assert_eq!(moving.first().map(|said| said.1), Some(Health::Moved), "at {fps} a second");
        assert!(moving[0].0 <= 6.0, "{moving:?}");
        let cut = watch(fps, 20.0, |t, n| street(if t < 1.5 { 7 } else { 8 }, n).i420());
        assert!(cut.is_empty(), "at {fps} a second: {cut:?}");
    }
}

#[test]
fn a_stream_without_noise_is_not_called_frozen() {
    // Nothing but one walker ever changes, and he goes home.
    let empty = street(9, 0);
    let said = watch(1.0, 90.0, |t, n| {
        let mut planes = empty.clone();
        if t < 40.0 {
            let x = (n as usize * 7) % (planes.w - 20);
            for row in 200..260 {
                planes.y[row * planes.w + x..row * planes.w + x + 20].fill(40);
            }
        }
        planes.i420()
    });
    assert!(said.is_empty(), "{said:?}");
}

#[test]
fn a_snapshot_keeps_the_view_and_what_is_wrong_with_it() {
    let mut kept = scene();
    let site = events::site::Site::parse("site.toml", view_common::SITE).unwrap();
    let held = street(1, 0);
    let at = |t: f64, what: &str| befall(what, &street(1, (t * 5.0) as u64), 0.0, 1e9, (t * 5.0) as u64, &held).i420();
    let mut said = Vec::new();
    for k in 0..60 {
        let t = f64::from(k);
        let what = if (20..40).contains(&k) { "grey cover" } else { "nothing" };
        said.extend(show(&mut kept, at(t, what), t));
        let bytes = kept.snapshot();
        kept =
            kerbwatch_scene::Scene::restore(&site.cameras[0], &site.calendar, kerbwatch_scene::SceneOptions::default(), &bytes)
                .unwrap();
    }
    assert_eq!(said, [Health::Covered, Health::Ok]);
}

#[test]
fn nothing_is_learnt_in_the_dark() {
    let black = |n: u64| {
        I420::from_planes(
            Size { width: 400, height: 300 },
            vec![16 + (n % 2) as u8; 120_000],
            vec![128; 30_000],
            vec![128; 30_000],
        )
    };
    let said = watch(1.0, 60.0, |t, n| if t < 30.0 { black(n) } else { street(2, n).i420() });
    assert_eq!(said.iter().map(|s| s.1).collect::<Vec<_>>(), [Health::Dark, Health::Ok], "{said:?}");
    assert!(said[1].0 <= 40.0, "{said:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]
    #[test]
    fn any_picture_is_taken(
        looks in prop::collection::vec((1u32..500, 1u32..400, any::<u64>(), 0u8..4, 0.0f64..7.0), 1..14),
    ) {
        let mut scene = scene();
        let (mut t, mut size) = (0.0, None);
        for (w, h, seed, kind, dt) in looks {
            t += dt;
            // Mostly the size stays, so that there is something to compare.
            let (w, h) = *size.insert(if seed.is_multiple_of(4) { (w, h) } else { size.unwrap_or((w, h)) });
            let n = (w * h) as usize;
            let y = match kind {
                0 => vec![seed as u8; n],
                1 => (0..n as u64).map(|i| hash(seed ^ i) as u8).collect(),
                2 => (0..n).map(|i| if (i / 9 + i / w as usize / 7).is_multiple_of(2) { 0 } else { 255 }).collect(),
                _ => (0..n).map(|i| ((i % w as usize) * 255 / w as usize) as u8).collect(),
            };
            let chroma = (w.div_ceil(2) * h.div_ceil(2)) as usize;
            show(&mut scene, I420::from_planes(Size { width: w, height: h }, y, vec![seed as u8; chroma], vec![128; chroma]), t);
        }
    }
}
