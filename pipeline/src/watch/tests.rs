//! What is said of a camera whose models fail.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use events::site::Site;
use events::{CameraId, I420, RunId, Size, Stamp, StreamTime, WallTime};
use scene::SceneOptions;

use super::*;
use crate::evidence::recorder::{ClipData, Span};

const SITE: &str = r#"
[[camera]]
id = "cam-1"
name = "Corner"
district = "Xuhui"
street = "Hunan Road"
source = "rtsp://camera/1"
"#;

/// Models that fail while they are told to.
struct Failing(Arc<AtomicBool>);

impl Looks for Failing {
    fn detect(&self, frame: &Frame, _regions: &[BBox]) -> Result<Detections, DetectError> {
        if self.0.load(Ordering::SeqCst) { Err(DetectError::Stopped) } else { Ok(Detections::none(frame.stamp().clone())) }
    }

    fn name(&self, _frame: &Frame, _things: &[BBox]) -> Result<Vec<Names>, DetectError> {
        Ok(Vec::new())
    }
}

/// Counts beats.
struct Beats(Arc<AtomicUsize>);

impl Outlet for Beats {
    fn candidate(&mut self, _candidate: &Candidate, _data: CandidateData) -> anyhow::Result<()> {
        Ok(())
    }

    fn observation(&mut self, _camera: &CameraId, data: ObservationData) -> anyhow::Result<()> {
        self.0.fetch_add(usize::from(data.health.as_deref() == Some("ok")), Ordering::SeqCst);
        Ok(())
    }
}

struct NoFootage;

impl Footage for NoFootage {
    fn span(&self) -> Option<Span> {
        None
    }

    fn cut(&self, _from: StreamTime, _to: StreamTime, _stem: &Path) -> Result<Option<ClipData>, String> {
        Ok(None)
    }

    fn replay(
        &self,
        _clip: &ClipData,
        _run: RunId,
        _full: std::ops::RangeInclusive<StreamTime>,
        _visit: &mut dyn FnMut(&Frame),
    ) -> Result<(), String> {
        Ok(())
    }
}

fn frame(at_s: f64) -> Frame {
    let at = StreamTime::from_secs_f64(at_s);
    let wall = WallTime::known(1_800_000_000_000_000_000 + at.0);
    let stamp = Stamp { camera: "cam-1".parse().unwrap(), run: RunId(1), seq: (at_s * 5.0) as u64, at, wall };
    Frame::new(stamp, Arc::new(I420::filled(Size { width: 32, height: 16 }, [90, 128, 128])))
}

#[test]
fn a_worker_whose_models_fail_does_not_say_that_it_watches() {
    let site = Site::parse("site.toml", SITE).unwrap();
    let camera = site.cameras[0].clone();
    let (fail, beats) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut watch = Watch::new(Parts {
        scene: Scene::new(&camera, &site.calendar, SceneOptions::default()),
        camera,
        calendar: site.calendar.clone(),
        worker: "test".to_owned(),
        detector: Some(Box::new(Failing(Arc::clone(&fail)))),
        models: Vec::new(),
        recording: None,
        seen: None,
        outlet: Box::new(Beats(Arc::clone(&beats))),
    });
    let mut see = |at_s: f64| {
        let frame = frame(at_s);
        watch.frame(&frame, &NoFootage);
        let before = beats.load(Ordering::SeqCst);
        watch.heartbeat(frame.stamp().moment(), &NoFootage);
        beats.load(Ordering::SeqCst) - before
    };
    assert_eq!(see(1.0), 1);
    fail.store(true, Ordering::SeqCst);
    assert_eq!(see(2.0), 0, "the frame came and nobody looked at it");
    fail.store(false, Ordering::SeqCst);
    assert_eq!(see(3.0), 1, "looked at again");
}
