//! What the stages of one frame cost at 1080p, each alone: the scene's step on a quiet and on a busy street, and a still.
//! Decoding and inference are measured from outside, by `run.sh`: their cost is the libraries'.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use events::site::Site;
use events::{Detections, Frame, I420, RunId, Size, Stamp, StreamTime, WallTime};
use kerbwatch::evidence::still;
use sample_streams::{SampleScene, catalogue, site_header};
use scene::{Scene, SceneOptions};

const SIZE: Size = Size { width: 1920, height: 1080 };

/// A key frame every two seconds, from this second of the story on.
fn pictures(scene: &SampleScene, from_s: u32, count: u32) -> Vec<Arc<I420>> {
    (0..count).map(|n| Arc::new(scene.render(u64::from((from_s + n * 2) * scene.fps)))).collect()
}

/// The pictures come round again; time goes on.
fn frame(scene: &SampleScene, pictures: &[Arc<I420>], n: usize) -> Frame {
    let at = StreamTime(i64::try_from(n).expect("few frames") * 2_000_000_000);
    let camera = scene.id.parse().expect("sample cameras have ids");
    let stamp = Stamp { camera, run: RunId(1), seq: n as u64, at, wall: WallTime::known(at.0) };
    Frame::new(stamp, pictures[n % pictures.len()].clone())
}

fn stages(criterion: &mut Criterion) {
    let street = catalogue().into_iter().find(|scene| scene.id == "demo-dump-01").expect("a sample street").resized(SIZE, 10);
    let site =
        Site::parse("bench", &format!("{}\n{}", site_header(), street.site_camera("bench.mp4"))).expect("a sample site is right");
    let camera = &site.cameras[0];
    for (name, from_s) in [("scene step, quiet street, 1080p", 2), ("scene step, thing put down, 1080p", 20)] {
        let pictures = pictures(&street, from_s, 12);
        criterion.bench_function(name, |bench| {
            let mut scene = Scene::new(camera, &site.calendar, SceneOptions::default());
            let mut n = 0;
            bench.iter(|| {
                let frame = frame(&street, &pictures, n);
                n += 1;
                black_box(scene.step(&frame, &Detections::none(frame.stamp().clone())))
            });
        });
    }
    let frame = frame(&street, &pictures(&street, 20, 1), 0);
    criterion.bench_function("still, 1080p", |bench| bench.iter(|| black_box(still(&frame))));
}

criterion_group!(benches, stages);
criterion_main!(benches);
