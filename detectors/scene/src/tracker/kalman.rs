//! Motion of one box: centre, aspect and height, each with a constant velocity.
//!
//! The state and its noise are SORT's and ByteTrack's (Bewley et al. 2016, Zhang et al. 2022): with their diagonal noise the
//! eight-dimensional filter falls apart into four filters of position and velocity, which is what is computed here.

use events::BBox;
use serde::{Deserialize, Serialize};

/// Frames a second that the noise weights below were made for.
const NOMINAL_FPS: f64 = 30.0;

/// Standard deviation of position, as a share of the height (ByteTrack's `_std_weight_position`).
const POSITION: f64 = 1.0 / 20.0;

/// Standard deviation of velocity per nominal frame, as a share of the height (ByteTrack's `_std_weight_velocity`).
const VELOCITY: f64 = 1.0 / 160.0;

/// Standard deviation of a measured aspect, as a share of it: width and height are each off by [`POSITION`]. (ByteTrack takes
/// 0.1 for whatever aspect, which lets the box lag behind a walker's stride.)
const ASPECT: f64 = 2.0 * POSITION;

/// Position and velocity of one number with its covariance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Axis {
    x: f64,
    v: f64,
    pxx: f64,
    pxv: f64,
    pvv: f64,
}

impl Axis {
    fn new(x: f64, position: f64, velocity: f64) -> Self {
        Self { x, v: 0.0, pxx: position * position, pxv: 0.0, pvv: velocity * velocity }
    }

    fn predict(&mut self, frames: f64, position: f64, velocity: f64) {
        self.x += self.v * frames;
        self.pxx += frames * (2.0 * self.pxv + frames * self.pvv) + frames * position * position;
        self.pxv += frames * self.pvv;
        self.pvv += frames * velocity * velocity;
    }

    fn correct(&mut self, seen: f64, deviation: f64) {
        let s = self.pxx + deviation * deviation;
        let (kx, kv) = (self.pxx / s, self.pxv / s);
        let off = seen - self.x;
        self.x += kx * off;
        self.v += kv * off;
        self.pvv -= kv * self.pxv;
        self.pxv *= 1.0 - kx;
        self.pxx *= 1.0 - kx;
    }
}

/// The filter of one box.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Motion {
    x: Axis,
    y: Axis,
    aspect: Axis,
    height: Axis,
}

impl Motion {
    /// At rest where it was first seen.
    pub(crate) fn new(b: &BBox) -> Self {
        let (w, h) = (b.width().max(1e-4), b.height().max(1e-4));
        let c = b.centre();
        Self {
            x: Axis::new(c.x, 2.0 * POSITION * w.max(h * 0.3), 10.0 * VELOCITY * w.max(h * 0.3)),
            y: Axis::new(c.y, 2.0 * POSITION * h, 10.0 * VELOCITY * h),
            aspect: Axis::new(w / h, POSITION * w / h, 0.0),
            height: Axis::new(h, 2.0 * POSITION * h, 10.0 * VELOCITY * h),
        }
    }

    /// Goes on by `seconds`.
    pub(crate) fn predict(&mut self, seconds: f64) {
        let frames = (seconds * NOMINAL_FPS).clamp(0.0, 90.0);
        let h = self.height.x.max(1e-3);
        let w = (h * self.aspect.x).max(h * 0.3);
        // At key frames only, a height that ran on for seconds would turn a person into a tower.
        if frames > 10.0 {
            self.height.v = 0.0;
        }
        self.x.predict(frames, POSITION * w, VELOCITY * w);
        self.y.predict(frames, POSITION * h, VELOCITY * h);
        self.aspect.predict(frames, POSITION * self.aspect.x, 0.0);
        self.height.predict(frames, POSITION * h, VELOCITY * h);
        self.height.x = self.height.x.clamp(1e-4, 2.0);
        self.aspect.x = self.aspect.x.clamp(0.02, 50.0);
    }

    /// Takes a detection in.
    pub(crate) fn correct(&mut self, b: &BBox) {
        let (w, h) = (b.width().max(1e-4), b.height().max(1e-4));
        let c = b.centre();
        self.x.correct(c.x, POSITION * w.max(h * 0.3));
        self.y.correct(c.y, POSITION * h);
        self.aspect.correct(w / h, ASPECT * w / h);
        self.height.correct(h, POSITION * h);
    }

    /// Where it is.
    pub(crate) fn bbox(&self) -> BBox {
        let (h, w) = (self.height.x, self.height.x * self.aspect.x);
        BBox::clamped(self.x.x - w / 2.0, self.y.x - h / 2.0, self.x.x + w / 2.0, self.y.x + h / 2.0)
    }

    /// Velocity of the centre, picture widths and heights a second.
    pub(crate) fn velocity(&self) -> (f64, f64) {
        (self.x.v * NOMINAL_FPS, self.y.v * NOMINAL_FPS)
    }
}
