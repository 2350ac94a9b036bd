//! Exposure: how the whole picture became lighter or darker against the empty street.

use super::picture::{LEVEL, Picture, median};
use serde::{Deserialize, Serialize};

/// `current = gain * street + offset` for luma, and shifts of the colour planes, in fixed point.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Light {
    pub(crate) gain: f32,
    pub(crate) offset: f32,
    pub(crate) u: f32,
    pub(crate) v: f32,
}

impl Default for Light {
    fn default() -> Self {
        Self { gain: 1.0, offset: 0.0, u: 0.0, v: 0.0 }
    }
}

/// Every so manieth pixel is enough to fit four numbers.
const STRIDE: usize = 7;

impl Light {
    /// Fits the change of light on the pixels `usable` says show the street, dropping what does not follow it: first by
    /// the median, then by least squares over what lies within 25, then 12 grey levels.
    pub(crate) fn fit(street: &Picture, current: &Picture, usable: impl Fn(usize) -> bool) -> Self {
        let picked: Vec<usize> = (0..current.len()).step_by(STRIDE).filter(|&i| usable(i)).collect();
        if picked.len() < 50 {
            return Self::default();
        }
        let mut diffs: Vec<i32> = picked.iter().map(|&i| i32::from(current.y[i]) - i32::from(street.y[i])).collect();
        let mut light = Self { offset: median(&mut diffs) as f32, ..Self::default() };
        for within in [25.0, 12.0] {
            let reach = within * LEVEL as f32;
            let (mut n, mut sx, mut sy, mut sxx, mut sxy) = (0.0f64, 0.0f64, 0.0f64, 0.0f64, 0.0f64);
            for &i in &picked {
                let (x, y) = (f32::from(street.y[i]), f32::from(current.y[i]));
                if (light.gain * x + light.offset - y).abs() < reach {
                    let (x, y) = (f64::from(x), f64::from(y));
                    (n, sx, sy, sxx, sxy) = (n + 1.0, sx + x, sy + y, sxx + x * x, sxy + x * y);
                }
            }
            if n < 50.0 {
                break;
            }
            let (mx, my) = (sx / n, sy / n);
            let (varx, cov) = (sxx / n - mx * mx, sxy / n - mx * my);
            // A street without contrast cannot tell gain from offset.
            let gain = if varx > (8.0 * f64::from(LEVEL)).powi(2) { (cov / varx).clamp(0.5, 2.0) } else { 1.0 };
            light.gain = gain as f32;
            light.offset = (my - gain * mx) as f32;
        }
        // White balance moves a little; a larger shift of the median is a thing, not the light.
        let bound = 6 * LEVEL;
        let mut du: Vec<i32> = picked.iter().map(|&i| i32::from(current.u[i]) - i32::from(street.u[i])).collect();
        let mut dv: Vec<i32> = picked.iter().map(|&i| i32::from(current.v[i]) - i32::from(street.v[i])).collect();
        light.u = median(&mut du).clamp(-bound, bound) as f32;
        light.v = median(&mut dv).clamp(-bound, bound) as f32;
        light
    }

    /// The current picture as it would look in the street's light.
    pub(crate) fn undo(&self, picture: &mut Picture) {
        let (gain, offset) = (1.0 / self.gain, self.offset);
        for y in &mut picture.y {
            *y = ((f32::from(*y) - offset) * gain).clamp(0.0, 65_280.0) as u16;
        }
        let (u, v) = (self.u as i32, self.v as i32);
        for c in &mut picture.u {
            *c = (i32::from(*c) - u).clamp(0, 65_280) as u16;
        }
        for c in &mut picture.v {
            *c = (i32::from(*c) - v).clamp(0, 65_280) as u16;
        }
    }

    /// Is it far enough from 1 and 0 that the street should be moved towards it?
    pub(crate) fn strayed(&self) -> bool {
        (self.gain - 1.0).abs() > 0.04 || self.offset.abs() > 3.0 * LEVEL as f32
    }

    /// Moves planes of the street's light a `share` of the way to the current light.
    pub(crate) fn rebase(&self, share: f32, luma: &mut [u16]) {
        let (gain, offset) = (1.0 + (self.gain - 1.0) * share, self.offset * share);
        for y in luma {
            *y = (f32::from(*y) * gain + offset).clamp(0.0, 65_280.0) as u16;
        }
    }
}
