//! What composed streets promise: the same bytes for the same seed, balance, places of their own, boxes where the picture
//! changes, valid site files.

// The lint's exception for tests covers test functions, not the helpers beside them.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use events::site::Site;
use events::{BBox, I420, Kind, Pixels as _, Size};
use kerbwatch_sample_streams::{LOOKALIKES, SampleScene, TruthLine, site_header};

const SMALL: Size = Size { width: 320, height: 180 };

fn bbox([x1, y1, x2, y2]: [f64; 4]) -> BBox {
    BBox::clamped(x1, y1, x2, y2)
}

#[test]
fn the_same_seed_gives_the_same_street_and_bytes_and_another_seed_does_not() {
    let make = |seed| SampleScene::varied(seed).resized(SMALL, 5);
    let (a, b, other) = (make(21), make(21), make(22));
    assert_eq!(a.truth(), b.truth());
    assert_eq!(a.lookalikes(), b.lookalikes());
    assert_eq!(a.site_camera("x.mp4"), b.site_camera("x.mp4"));
    let mut renderer = b.renderer();
    for frame in [700, 0, 333] {
        // Not even the frames rendered before matter.
        assert_eq!(a.render(frame), renderer.frame(frame), "frame {frame}");
    }
    assert_ne!(a.render(333), other.render(333));
    assert_ne!(a.truth(), other.truth());
}

#[test]
fn the_defaults_are_those_of_the_accuracy_harness() {
    let scene = SampleScene::varied(42);
    assert_eq!(scene.id, "varied-0042");
    assert_eq!((scene.size, scene.fps, scene.gop), (Size { width: 640, height: 360 }, 5, 10));
    assert!((150..=180).contains(&scene.duration_s));
}

#[test]
fn sixty_seeds_hold_what_was_planned_and_every_look_alike() {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for seed in 120..180 {
        let scene = SampleScene::varied(seed);
        let truth = scene.truth();
        assert!((2..=4).contains(&truth.len()), "seed {seed}: {} events", truth.len());
        assert!((3..=5).contains(&scene.lookalikes().len()), "seed {seed}: {} look-alikes", scene.lookalikes().len());
        truth.into_iter().for_each(|line| *kinds.entry(line.kind).or_default() += 1);
        scene.lookalikes().iter().for_each(|line| *names.entry(line.name.clone()).or_default() += 1);
    }
    for kind in Kind::ALL {
        assert!(kinds[kind.wire_name()] >= 40, "{kinds:?}");
    }
    assert!(names.values().sum::<usize>() >= 200, "{names:?}");
    for name in LOOKALIKES {
        assert!(names.contains_key(name), "no {name} in sixty streets: {names:?}");
    }
}

/// Neither in place nor, where a full street leaves no other way, in time.
fn apart(a: ([f64; 4], f64, Option<f64>), b: ([f64; 4], f64, Option<f64>)) -> bool {
    let place = bbox(a.0).intersection(&bbox(b.0)).is_none_or(|both| both.area() <= 0.0);
    let over = |x: &([f64; 4], f64, Option<f64>)| x.2.unwrap_or(f64::MAX);
    place || over(&a) + 25.0 < b.1 || over(&b) + 25.0 < a.1
}

#[test]
fn nothing_lies_on_anything_else_and_every_event_can_be_raised() {
    for seed in 0..24 {
        let scene = SampleScene::varied(seed);
        let text = format!("{}{}", site_header(), scene.site_camera("x.mp4"));
        let site = Site::parse("site.toml", &text).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
        let zones = &site.cameras[0].zones;
        let lines: Vec<([f64; 4], f64, Option<f64>)> = scene
            .truth()
            .iter()
            .map(|line| (line.bbox, line.start_s, line.end_s))
            .chain(scene.lookalikes().iter().map(|like| (like.line.bbox, like.line.start_s, like.line.end_s)))
            .collect();
        for (i, a) in lines.iter().enumerate() {
            for b in &lines[i + 1..] {
                assert!(apart(*a, *b), "seed {seed}: {a:?} and {b:?}");
            }
        }
        for line in scene.truth() {
            let kind: Kind = line.kind.parse().unwrap();
            let zone = zones.iter().find(|zone| zone.id.as_str() == line.zone).unwrap();
            let rule = &zone.rules[&kind];
            let dwell = rule.dwell.as_secs_f64();
            assert!((10.0..=20.0).contains(&dwell), "{dwell}");
            let seen = line.end_s.unwrap_or(f64::from(scene.duration_s)) - line.start_s;
            assert!(line.start_s >= 18.0 && seen >= dwell + 10.0, "seed {seed}: {line:?} is over too soon");
            let b = bbox(line.bbox);
            assert!(b.area() >= rule.min_area, "seed {seed}: {line:?} is smaller than the rule wants");
            let anchor = if kind == Kind::UnauthorizedAd { b.centre() } else { b.foot() };
            assert!(zone.polygon.contains(anchor), "seed {seed}: {line:?} lies outside its zone");
            if let Some(shop_line) = zone.shop_line.as_ref().filter(|_| kind == Kind::StorefrontEncroachment) {
                assert!(shop_line.beyond(b.foot()) > 0.005, "seed {seed}: {line:?} stands inside the line");
            }
        }
        for like in scene.lookalikes().iter().filter(|like| ["permitted_market", "approved_sign"].contains(&like.name.as_str())) {
            let zone = zones.iter().find(|zone| zone.id.as_str() == like.line.zone).unwrap();
            let b = bbox(like.line.bbox);
            let anchor = if like.name == "approved_sign" { b.centre() } else { b.foot() };
            let covered = zone.permits.iter().any(|permit| permit.polygon.as_ref().is_some_and(|area| area.contains(anchor)));
            assert!(covered, "seed {seed}: {like:?} has no permit");
        }
    }
}

/// Mean luma over a cell of 4 × 4 pixels, so that noise does not count.
fn cells(picture: &I420) -> Vec<f64> {
    let Size { width, height } = picture.size();
    let (across, down) = (width as usize / 4, height as usize / 4);
    let plane = picture.plane(0);
    (0..across * down)
        .map(|i| {
            let (x, y) = (i % across * 4, i / across * 4);
            (0..16).map(|k| f64::from(plane.data[(y + k / 4) * plane.stride + x + k % 4])).sum::<f64>() / 16.0
        })
        .collect()
}

/// The share of the box's cells that differ, once the light of the whole picture is taken out.
fn changed(before: &I420, after: &I420, within: &BBox) -> f64 {
    let Size { width, height } = before.size();
    let (across, down) = (width as usize / 4, height as usize / 4);
    let (a, b) = (cells(before), cells(after));
    let mut ratios: Vec<f64> = a.iter().zip(&b).map(|(a, b)| (b - 15.0) / (a - 15.0).max(1.0)).collect();
    ratios.sort_by(f64::total_cmp);
    let gain = ratios[ratios.len() / 2];
    let (mut inside, mut differ) = (0, 0);
    for (i, (a, b)) in a.iter().zip(&b).enumerate() {
        let p = events::Point { x: ((i % across) as f64 + 0.5) / across as f64, y: ((i / across) as f64 + 0.5) / down as f64 };
        if within.contains(p) {
            inside += 1;
            differ += u32::from(((a - 15.0) * gain - (b - 15.0)).abs() > 6.0);
        }
    }
    f64::from(differ) / f64::from(inside.max(1))
}

#[test]
fn the_true_boxes_are_where_the_picture_changes() {
    let mut shares: Vec<(f64, u64, TruthLine)> = Vec::new();
    for seed in 200..216 {
        let scene = SampleScene::varied(seed);
        let mut renderer = scene.renderer();
        let mut at = |t: f64| renderer.frame((t * 5.0) as u64);
        for line in scene.truth() {
            // A vehicle may stand before it while it comes; people pass: the least of several moments counts.
            let last = line.end_s.unwrap_or(f64::from(scene.duration_s)) - 6.0;
            let before = at((line.start_s - 17.0).max(0.0));
            let b = bbox(line.bbox);
            let times = [line.start_s + 6.0, (line.start_s + last) / 2.0, last];
            let share = times.into_iter().map(|t| changed(&before, &at(t), &b)).fold(1.0, f64::min);
            shares.push((share, seed, line));
        }
    }
    shares.sort_by(|a, b| a.0.total_cmp(&b.0));
    let faintest: Vec<String> =
        shares.iter().take(12).map(|(share, seed, line)| format!("{share:.2} {seed} {}", line.kind)).collect();
    eprintln!("share of the box that differs, the faintest of {}: {faintest:?}", shares.len());
    // Cloth on the ground at night hardly differs; but what is true can nearly always be seen.
    assert!(shares[0].0 > 0.08, "{:?}", shares[0]);
    let faint = shares.iter().filter(|(share, ..)| *share < 0.15).count();
    assert!(faint * 10 <= shares.len(), "{faint} of {} can hardly be seen: {:?}", shares.len(), &shares[..faint]);
}
