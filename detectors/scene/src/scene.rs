//! One camera's scene.

use events::schedule::Calendar;
use events::site::Camera;
use events::{BBox, Candidate, Detections, Frame, Moment};

use crate::judgement::{Attention, Judgement, NearMiss};
use crate::options::SceneOptions;
use crate::snapshot::SnapshotError;

/// What one camera has seen and is still deciding.
#[derive(Debug)]
pub struct Scene {}

impl Scene {
    /// A scene that has seen nothing yet.
    pub fn new(_camera: &Camera, _calendar: &Calendar, _options: SceneOptions) -> Self {
        Self {}
    }

    /// Takes one decoded frame with what the model saw in it.
    pub fn step(&mut self, _frame: &Frame, _detections: &Detections) -> Vec<Judgement> {
        Vec::new()
    }

    /// The live camera was lost.
    pub fn offline(&mut self, _at: Moment) -> Vec<Judgement> {
        Vec::new()
    }

    /// Does it want more frames than the quiet rate?
    pub fn attention(&self) -> Attention {
        Attention::Quiet
    }

    /// Where the detector should look: the bounds of the zones, grown.
    pub fn regions(&self) -> Vec<BBox> {
        Vec::new()
    }

    /// Its memory as bytes.
    pub fn snapshot(&self) -> Vec<u8> {
        Vec::new()
    }

    /// A scene that goes on where the snapshot was taken.
    ///
    /// # Errors
    /// When the bytes are of another version or camera, or damaged.
    pub fn restore(
        camera: &Camera,
        calendar: &Calendar,
        options: SceneOptions,
        _snapshot: &[u8],
    ) -> Result<Self, SnapshotError> {
        Ok(Self::new(camera, calendar, options))
    }

    /// After a crash: what was raised before and has not been cleared.
    pub fn adopt(&mut self, _open: &[Candidate]) {}

    /// A new version of the zones while running.
    pub fn reconfigure(&mut self, _camera: &Camera, _calendar: &Calendar) -> Vec<Judgement> {
        Vec::new()
    }

    /// What was not raised, and what it lacked.
    pub fn explain(&self) -> Vec<NearMiss> {
        Vec::new()
    }
}
