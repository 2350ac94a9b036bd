//! A score between 0 and 1 that cannot be NaN.

/// A confidence in 0..=1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Score(f32);

impl Score {
    /// `None` when `value` is not within 0..=1 (NaN is not).
    pub fn new(value: f32) -> Option<Self> {
        (0.0..=1.0).contains(&value).then_some(Self(value))
    }

    /// The nearest score; NaN becomes 0.
    pub fn clamped(value: f32) -> Self {
        Self(if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) })
    }

    /// The number, 0..=1.
    pub fn value(self) -> f32 {
        self.0
    }
}
