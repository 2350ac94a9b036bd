//! Whatever comes in: no panic, one candidate per id, none before its dwell, cleared only after raised, the same twice.

mod common;

use std::collections::BTreeSet;
use std::sync::Arc;

use common::{DUMPING, camera};
use events::{CandidateState, Detections, Frame, I420, RunId, Size, Stamp, StreamTime, Subject, WallTime};
use kerbwatch_scene::replay::{Rejudged, Replay};
use kerbwatch_scene::{Judgement, Scene, SceneOptions};
use proptest::prelude::*;

#[derive(Debug, Clone)]
struct Step {
    dt_ms: u32,
    new_run: bool,
    level: u8,
    rect: (u32, u32, u32, u32),
    colour: [u8; 3],
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0u32..3000, prop::bool::weighted(0.05), 40u8..200, (0u32..90, 0u32..70, 1u32..40, 1u32..40), any::<[u8; 3]>())
        .prop_map(|(dt_ms, new_run, level, rect, colour)| Step { dt_ms, new_run, level, rect, colour });
    // Runs of the same look, so that things come to stand.
    prop::collection::vec((step, 1usize..12), 1..8)
        .prop_map(|runs| runs.into_iter().flat_map(|(s, n)| std::iter::repeat_n(s, n)).collect())
}

fn play(size: Size, steps: &[Step]) -> Vec<(i64, Judgement)> {
    let (camera, calendar) = camera(DUMPING);
    let mut scene = Scene::new(&camera, &calendar, SceneOptions { width: 96, ..SceneOptions::default() });
    scene.record();
    let (mut wall_ms, mut run, mut began, mut said) = (0i64, 1u64, 0i64, Vec::new());
    for (n, step) in steps.iter().enumerate() {
        wall_ms += i64::from(step.dt_ms);
        if step.new_run {
            run += 1;
            began = wall_ms;
        }
        let mut picture = I420::filled(size, [step.level, 128, 128]);
        let (x, y, w, h) = step.rect;
        picture.fill_rect((x.min(size.width), y.min(size.height), x + w, y + h), step.colour);
        let stamp = Stamp {
            camera: camera.id.clone(),
            run: RunId(run),
            seq: n as u64,
            at: StreamTime((wall_ms - began) * 1_000_000),
            wall: WallTime::known(common::START_NS + wall_ms * 1_000_000),
        };
        let frame = Frame::new(stamp.clone(), Arc::new(picture));
        said.extend(scene.step(&frame, &Detections::none(stamp)).into_iter().map(|j| (wall_ms, j)));
    }
    let mut replay = Replay::new(&camera, &calendar, SceneOptions::default());
    let (mut again, mut live) = (Vec::new(), Vec::new());
    let record = scene.take_record();
    replay
        .feed(&record, |said| {
            if let Rejudged::Raised { candidate, .. } = said {
                again.push(*candidate)
            }
        })
        .expect("what was just written can be read");
    live.extend(said.iter().filter_map(|(_, j)| if let Judgement::Raised(c) = j { Some((**c).clone()) } else { None }));
    assert_eq!(again, live, "judged again from what was written down");
    said
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn judgements_hold_together(width in 1u32..130, height in 1u32..100, steps in steps()) {
        let size = Size { width, height };
        let said = play(size, &steps);
        prop_assert_eq!(&said, &play(size, &steps));
        let (mut opened, mut raised) = (BTreeSet::new(), BTreeSet::new());
        for (_, judgement) in &said {
            match judgement {
                Judgement::Opened { id, .. } => { opened.insert(id.clone()); }
                Judgement::Closed { id } => prop_assert!(opened.contains(id) && !raised.contains(id)),
                Judgement::Raised(c) => {
                    prop_assert!(opened.contains(&c.id));
                    prop_assert!(raised.insert(c.id.clone()), "raised twice");
                    let stood = c.raised.wall.since(c.first_seen.wall).as_secs_f64();
                    prop_assert!(stood >= 10.0, "raised after {} s", stood);
                }
                Judgement::Observed(o) => if let Subject::Candidate { id, state, .. } = &o.subject {
                    prop_assert!(raised.contains(id), "{:?} before raised", state);
                    if *state == CandidateState::Cleared { prop_assert!(o.at.wall.unix_ns >= 0); }
                },
            }
        }
    }
}
