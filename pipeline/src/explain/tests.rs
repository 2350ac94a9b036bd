use std::time::Duration;

use events::site::Site;
use events::{BBox, ClockSource, Fact, Kind, Moment, RunId, StreamTime, WallTime};
use scene::{Condition, NearMiss};

use super::words::{remedy, worded};
use super::{Explainer, Form};

const SITE: &str = r#"
[[camera]]
id = "c1"
source = "x.mp4"
[[camera.zone]]
id = "corner"
polygon = [[0.0,0.0],[1.0,0.0],[1.0,1.0],[0.0,1.0]]
[camera.zone.rules.waste_dumping]
dwell = "80s"
min_area = 0.001
"#;

fn moment(at_s: f64) -> Moment {
    let at = StreamTime::from_secs_f64(at_s);
    Moment { run: RunId(1), at, wall: WallTime { unix_ns: at.0, max_error: Duration::ZERO, source: ClockSource::Unknown } }
}

fn condition(name: &'static str, value: f64, needed: f64, short_by: f64, set_by: Option<&'static str>) -> Condition {
    Condition { fact: Fact { name, value, needed: Some(needed), unit: "" }, at_least: true, short_by, set_by }
}

fn dwell(value: f64) -> Condition {
    condition("dwell", value, 80.0, 1.0 - value / 80.0, Some("dwell"))
}

fn miss(thing: u64, x: f64, failed: Vec<Condition>) -> NearMiss {
    NearMiss {
        thing,
        kind: Kind::WasteDumping,
        zone: "corner".parse().unwrap(),
        first_seen: moment(10.0 + thing as f64),
        last_seen: moment(60.0 + thing as f64),
        nearest: moment(50.0),
        bbox: BBox::clamped(x, 0.5, x + 0.1, 0.6),
        short_by: failed.iter().map(|c| c.short_by).sum(),
        failed,
    }
}

fn explainer(misses: Vec<NearMiss>) -> Explainer {
    let site = Site::parse("site.toml", SITE).unwrap();
    let mut explainer = Explainer::new(&site.cameras[0], false);
    for miss in misses {
        explainer.misses.insert((miss.thing, miss.zone.clone(), miss.kind), miss);
    }
    explainer
}

#[test]
fn things_one_after_the_other_in_one_place_are_one_and_the_nearest_place_comes_first() {
    let far = condition("left_behind", 0.0, 1.0, 1.0, None);
    let explainer =
        explainer(vec![miss(1, 0.2, vec![dwell(20.0)]), miss(2, 0.6, vec![dwell(70.0)]), miss(3, 0.21, vec![dwell(40.0), far])]);
    let places = explainer.places();
    let told: Vec<(usize, u64, usize)> = places.iter().map(|p| (p.number, p.nearest().thing, p.things)).collect();
    assert_eq!(told, [(1, 2, 1), (2, 1, 2)]);
    assert_eq!(places[1].nearest().last_seen, moment(63.0), "the place was seen as long as any of its things");
}

#[test]
fn what_settings_alone_kept_back_is_told_with_the_settings() {
    let explainer = explainer(vec![]);
    // The judge wants one and a half times the smallest area of the rule.
    let area = condition("area", 0.0009, 0.0015, 0.4, Some("min_area"));
    let near = miss(1, 0.2, vec![dwell(45.7), area]);
    assert_eq!(remedy(explainer.camera(), &near).unwrap(), ["dwell = \"45s\"", "min_area = 0.0006"]);
    assert_eq!(worded(explainer.camera(), &near, &near.failed[0]).key.unwrap(), "zone corner: rules.waste_dumping.dwell");
    let built_in = miss(2, 0.2, vec![dwell(45.0), condition("left_behind", 0.0, 1.0, 1.0, None)]);
    assert_eq!(remedy(explainer.camera(), &built_in), None);
}

#[test]
fn both_forms_tell_the_same() {
    let explainer = explainer(vec![miss(1, 0.2, vec![dwell(45.7)])]);
    let write = |form| {
        let mut out = Vec::new();
        explainer.write(form, &[], &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let text = write(Form::Text);
    for words in ["0 raised, 1 place", "left alone for 45.7 s, at least 80.0 s: 34.3 s too short", "with dwell = \"45s\""] {
        assert!(text.contains(words), "{words:?} is not in {text}");
    }
    let line: serde_json::Value = serde_json::from_str(&write(Form::JsonLines)).unwrap();
    let failed = &line["misses"][0]["failed"][0];
    assert_eq!((failed["value"].as_f64(), failed["limit"].as_f64()), (Some(45.7), Some(80.0)));
    assert_eq!((failed["bound"].as_str(), failed["condition"].as_str()), (Some("at_least"), Some("dwell")));
    assert_eq!(line["misses"][0]["would_be_raised_with"][0], "dwell = \"45s\"");
}
