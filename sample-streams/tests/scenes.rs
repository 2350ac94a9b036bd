//! What the sample scenes promise: the same bytes for the same seed, true truth, valid site files, honest labels.

// The lint's exception for tests covers test functions, not the helpers beside them.
#![allow(clippy::unwrap_used)]

use events::site::Site;
use events::{BBox, I420, Kind, ObjectClass, Pixels as _, Point, Size};
use kerbwatch_sample_streams::{SampleScene, SceneName, catalogue, labels, site_header};

const SMALL: Size = Size { width: 480, height: 270 };

fn small(scene: SampleScene) -> SampleScene {
    scene.resized(SMALL, 4)
}

fn frame_at(scene: &SampleScene, seconds: f64) -> u64 {
    (seconds * f64::from(scene.fps)).round() as u64
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_does_not() {
    for name in SceneName::ALL {
        let (a, b) = (small(name.scene()), small(name.scene()));
        for frame in [0, 121, 244] {
            assert_eq!(a.render(frame), b.render(frame), "{name:?}, frame {frame}");
        }
        assert_ne!(a.render(121), small(name.seeded(9_999)).render(121), "{name:?}");
    }
}

#[test]
fn a_frame_does_not_depend_on_the_frames_rendered_before_it() {
    let scene = small(SceneName::Stall.scene());
    let mut renderer = scene.renderer();
    for frame in [300, 10, 200, 210, 90] {
        let after_others = renderer.frame(frame);
        assert_eq!(after_others, scene.render(frame), "frame {frame}");
    }
}

#[test]
fn the_catalogue_has_every_kind_and_two_scenes_without_a_violation() {
    let scenes = catalogue();
    assert!(scenes.len() >= 6);
    for kind in Kind::ALL {
        assert!(scenes.iter().any(|scene| scene.kinds().contains(&kind)), "{kind}");
    }
    assert_eq!(scenes.iter().filter(|scene| scene.truth().is_empty()).count(), 2, "the quiet street and the market");
    let ids: std::collections::BTreeSet<_> = scenes.iter().map(|scene| scene.id.clone()).collect();
    assert_eq!(ids.len(), scenes.len(), "ids are unique");
}

#[test]
fn the_site_file_is_valid_and_says_what_the_zones_say() {
    let mut text = site_header().to_owned();
    for scene in catalogue() {
        text.push_str(&scene.site_camera("rtsp://user:p\"w@127.0.0.1/x"));
    }
    let site = Site::parse("site.toml", &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    for scene in catalogue() {
        let camera = site.camera(&scene.id).unwrap();
        assert_eq!(camera.source, "rtsp://user:p\"w@127.0.0.1/x");
        assert_eq!(camera.zones.len(), scene.zones.len());
        for line in scene.truth() {
            let zone = camera.zones.iter().find(|zone| zone.id.as_str() == line.zone).unwrap();
            let kind: Kind = line.kind.parse().unwrap();
            let rule = &zone.rules[&kind];
            assert!(rule.dwell.as_secs_f64() + line.start_s < line.end_s.unwrap() - 10.0, "{}: too short to be raised", scene.id);
            let [x1, y1, x2, y2] = line.bbox;
            let b = BBox::clamped(x1, y1, x2, y2);
            assert!(b.area() >= rule.min_area, "{}: {} is smaller than the rule wants", scene.id, b.area());
            let anchor = if kind == Kind::UnauthorizedAd { b.centre() } else { b.foot() };
            assert!(zone.polygon.contains(anchor), "{}: {anchor:?} lies outside {:?}", scene.id, zone.polygon);
            if let Some(line) = &zone.shop_line {
                assert!(line.beyond(b.foot()) > 0.01, "{}: the goods stand beyond the line", scene.id);
            }
        }
    }
}

#[test]
fn the_market_is_covered_by_its_permit() {
    let text = format!("{}{}", site_header(), SceneName::Market.scene().site_camera("x.mp4"));
    let site = Site::parse("site.toml", &text).unwrap();
    let zone = &site.cameras[0].zones[0];
    let permit = &zone.permits[0];
    let scene = small(SceneName::Market.scene());
    let stalls: Vec<BBox> = labels::annotate(&scene, frame_at(&scene, 50.0))
        .into_iter()
        .filter(|item| item.class == ObjectClass::Stall)
        .map(|item| item.bbox)
        .collect();
    assert_eq!(stalls.len(), 3);
    for stall in stalls {
        assert!(permit.polygon.as_ref().unwrap().contains(stall.foot()), "{stall:?}");
    }
}

fn luma_difference(a: &I420, b: &I420, x: usize, y: usize) -> i32 {
    // Over 3 × 3 pixels, so that grain does not count.
    let (pa, pb) = (a.plane(0), b.plane(0));
    let mut sum = 0;
    for dy in 0..3 {
        for dx in 0..3 {
            let at = |p: &events::Plane<'_>| i32::from(p.data[(y + dy) * p.stride + x + dx]);
            sum += at(&pa) - at(&pb);
        }
    }
    (sum / 9).abs()
}

/// Which share of the box's pixels differs by over 12 steps of luma, and which share of what differs in and close around
/// the box lies outside it. Farther off, leaves sway and people pass.
fn change(a: &I420, b: &I420, within: &BBox) -> (f64, f64) {
    let Size { width, height } = a.size();
    let around = within.grown(0.75);
    let (mut inside, mut all_inside, mut outside) = (0.0, 0.0, 0.0);
    for y in (0..height as usize - 3).step_by(2) {
        for x in (0..width as usize - 3).step_by(2) {
            let p = Point { x: (x + 1) as f64 / f64::from(width), y: (y + 1) as f64 / f64::from(height) };
            if !around.contains(p) {
                continue;
            }
            let changed = f64::from(u8::from(luma_difference(a, b, x, y) > 12));
            if within.contains(p) {
                all_inside += 1.0;
                inside += changed;
            } else {
                outside += changed;
            }
        }
    }
    (inside / all_inside, outside / (inside + outside).max(1.0))
}

#[test]
fn the_true_boxes_are_where_the_picture_changes() {
    for scene in catalogue() {
        let scene = scene.resized(Size { width: 640, height: 360 }, 4);
        let truth = scene.truth();
        for line in &truth {
            let [x1, y1, x2, y2] = line.bbox;
            assert!(0.0 <= x1 && x1 < x2 && x2 <= 1.0 && 0.0 <= y1 && y1 < y2 && y2 <= 1.0, "{}: {:?}", scene.id, line.bbox);
            let bbox = BBox::clamped(x1, y1, x2, y2);
            // People, cars and leaves come and go: what differs from the empty street at three times is the thing.
            let empty = scene.render(0);
            let times = [line.start_s + 22.0, line.start_s + 33.0, line.start_s + 44.0];
            let shares: Vec<f64> = times.iter().map(|t| change(&empty, &scene.render(frame_at(&scene, *t)), &bbox).0).collect();
            assert!(shares.iter().all(|share| *share > 0.22), "{} {}: {shares:?} of the box changes", scene.id, line.kind);
            // Gone again a little after its end.
            let after = scene.render(frame_at(&scene, (line.end_s.unwrap() + 7.0).min(107.0)));
            let (left, _) = change(&empty, &after, &bbox);
            assert!(left < 0.05, "{} {}: {left} of the box is still changed at the end", scene.id, line.kind);
        }
    }
}

#[test]
fn the_change_lies_in_the_box_when_nothing_else_moves() {
    // Nobody is near the wall then.
    let scene = small(SceneName::Advert.scene());
    let [x1, y1, x2, y2] = scene.truth()[0].bbox;
    let poster = BBox::clamped(x1, y1, x2, y2);
    let (inside, outside) = change(&scene.render(0), &scene.render(frame_at(&scene, 82.0)), &poster);
    assert!(inside > 0.6, "{inside} of the box changes");
    // Pixels on the edge belong to both sides.
    assert!(outside < 0.15, "{outside} of the change lies outside");
}

#[test]
fn the_story_ends_as_it_began() {
    for scene in catalogue() {
        let scene = small(scene);
        let (first, last) = (scene.render(0), scene.render(scene.frame_count() - 1));
        let (share, _) = change(&first, &last, &BBox::FULL);
        // A quarter of a second of swaying leaves, nothing else.
        assert!(share < 0.012, "{}: {share} of the picture jumps at the seam", scene.id);
        let present = labels::annotate(&scene, 0);
        let movers = present.iter().filter(|item| item.class == ObjectClass::Person || item.class.is_vehicle());
        let parked = if scene.id == "demo-quiet-01" { 2 } else { 0 };
        assert_eq!(movers.count(), parked, "{}: somebody is there at the start", scene.id);
    }
}

#[test]
fn labels_are_in_the_picture_and_hidden_things_say_so() {
    let scene = small(SceneName::Stall.scene());
    let items = labels::annotate(&scene, frame_at(&scene, 50.0));
    for class in [ObjectClass::Stall, ObjectClass::Canopy, ObjectClass::Goods, ObjectClass::Person] {
        assert!(items.iter().any(|item| item.class == class), "{class}");
    }
    for item in &items {
        assert!((0.0..=1.0).contains(&item.visible) && item.visible > 0.0, "{item:?}");
        let grown = item.bbox.grown(0.15);
        assert!(item.visible_box.share_in(&grown) > 0.95, "what can be seen of a thing lies in its box: {item:?}");
    }
    // The goods lie below the canopy and behind the cart's edge; the canopy hides nothing of itself.
    let canopy = items.iter().find(|item| item.class == ObjectClass::Canopy).unwrap();
    assert!(canopy.visible > 0.9, "{canopy:?}");
}

#[test]
fn random_streets_differ_and_hold_all_classes() {
    let mut seen = std::collections::BTreeSet::new();
    let mut pictures = std::collections::BTreeSet::new();
    for seed in 0..60 {
        let scene = SampleScene::random(seed).resized(Size { width: 320, height: 180 }, 1);
        let again = SampleScene::random(seed).resized(Size { width: 320, height: 180 }, 1);
        let items = labels::annotations(&scene, 0);
        assert_eq!(items, labels::annotations(&again, 0));
        seen.extend(items.iter().map(|(class, _)| *class));
        if seed < 4 {
            let picture = scene.render(0);
            assert_eq!(picture, again.render(0));
            pictures.insert(picture.plane(0).data.to_vec());
        }
    }
    assert_eq!(pictures.len(), 4);
    for (class, name) in ObjectClass::NAMES {
        if !matches!(class, ObjectClass::Animal | ObjectClass::Other) {
            assert!(seen.contains(&class), "no {name} in sixty streets");
        }
    }
}
