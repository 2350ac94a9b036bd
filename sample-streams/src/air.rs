//! What lies between a street and its picture: the sun that moves, clouds, rain, and a camera that is not perfect. A world
//! without [`Air`] is shown in a steady light by a steady camera.

use std::f32::consts::TAU;

use crate::seed::{Seed, cell, noise};

/// A stretch of the houses on the sun's side of the street, whose shadow falls across it: along x, and how high (metres).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Roof {
    pub(crate) x0: f32,
    pub(crate) x1: f32,
    pub(crate) height: f32,
}

/// How a camera renders brightness and colour.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tone {
    /// Exponent on 0..1 luma: below 1 lifts the shadows.
    pub(crate) gamma: f32,
    /// 0 none, 0.3 strong: how far middle tones are spread.
    pub(crate) contrast: f32,
    /// What black becomes, 0..0.1.
    pub(crate) lift: f32,
    /// 1 as it is, 0 grey (infra-red light at night).
    pub(crate) saturation: f32,
    /// Added to Cb and Cr, 8-bit steps.
    pub(crate) tint: (f32, f32),
}

impl Default for Tone {
    fn default() -> Self {
        Self { gamma: 1.0, contrast: 0.0, lift: 0.0, saturation: 1.0, tint: (0.0, 0.0) }
    }
}

/// The exposure goes to another gain.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Jump {
    pub(crate) at: f32,
    pub(crate) gain: f32,
    /// Seconds after which 63 % of the way is done.
    pub(crate) settles: f32,
}

/// The mast trembles: a lorry, a gust.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shake {
    pub(crate) from: f32,
    pub(crate) until: f32,
    /// Amplitude as a share of the picture's width.
    pub(crate) reach: f32,
}

/// Text that the camera writes into its picture.
#[derive(Debug, Clone)]
pub(crate) struct Caption {
    pub(crate) from: f32,
    pub(crate) until: f32,
    /// `None` is the running clock, which shows this many seconds at the start.
    pub(crate) text: Option<String>,
    pub(crate) clock: u32,
    /// Left upper corner, in 0..1 of the picture.
    pub(crate) at: (f32, f32),
    /// Height of a letter as a share of the picture's height.
    pub(crate) size: f32,
}

/// Light, weather and camera over a story.
#[derive(Debug, Clone)]
pub(crate) struct Air {
    /// How far the shadow of the top of a thing one metre high moves in a second (x, z).
    pub(crate) sun_drift: (f32, f32),
    /// z of the house fronts on the sun's side, and what stands there.
    pub(crate) skyline_z: f32,
    pub(crate) skyline: Vec<Roof>,
    /// How much darker the sun's shadow is, 0..1; 0: there is none.
    pub(crate) shade: f32,
    /// How much a cloud takes away, 0..1, and cloud breadths a second.
    pub(crate) clouds: (f32, f32),
    pub(crate) jumps: Vec<Jump>,
    pub(crate) shakes: Vec<Shake>,
    /// Streaks in a frame.
    pub(crate) rain: u32,
    /// 0 dry to 1 streaming.
    pub(crate) wet: f32,
    /// 0 sharp to 1 soft.
    pub(crate) soft: f32,
    /// How much darker the corners are.
    pub(crate) vignette: f32,
    pub(crate) tone: Tone,
    /// Standard deviation of the noise in Cb and Cr, 8-bit steps.
    pub(crate) chroma_noise: f32,
    /// Noise of neighbours hangs together, as after a camera's own denoising.
    pub(crate) smeared_noise: bool,
    pub(crate) captions: Vec<Caption>,
    pub(crate) seed: u64,
}

impl Air {
    /// Still air and a perfect camera.
    pub(crate) fn still(seed: u64) -> Self {
        Self {
            sun_drift: (0.0, 0.0),
            skyline_z: -6.0,
            skyline: Vec::new(),
            shade: 0.0,
            clouds: (0.0, 0.0),
            jumps: Vec::new(),
            shakes: Vec::new(),
            rain: 0,
            wet: 0.0,
            soft: 0.0,
            vignette: 0.0,
            tone: Tone::default(),
            chroma_noise: 0.0,
            smeared_noise: false,
            captions: Vec::new(),
            seed,
        }
    }

    /// What the exposure multiplies the light by.
    pub(crate) fn exposure(&self, t: f32) -> f32 {
        let (mut gain, mut aim, mut since, mut settles) = (1.0f32, 1.0f32, f32::MIN, 1.0f32);
        for jump in self.jumps.iter().filter(|jump| jump.at <= t) {
            if since > f32::MIN {
                gain = aim + (gain - aim) * (-(jump.at - since) / settles).exp();
            }
            (aim, since, settles) = (jump.gain, jump.at, jump.settles);
        }
        if since > f32::MIN { aim + (gain - aim) * (-(t - since) / settles).exp() } else { gain }
    }

    /// What a cloud leaves of the light at a place of the picture (0..1 each).
    pub(crate) fn cloud(&self, t: f32, u: f32, v: f32) -> f32 {
        let (depth, speed) = self.clouds;
        if depth == 0.0 {
            return 1.0;
        }
        let salt = self.seed as u32;
        let n = noise(u * 0.8 + t * speed, v * 0.5 + 0.3 * t * speed, salt ^ 0xC1);
        let share = ((n - 0.42) / 0.22).clamp(0.0, 1.0);
        1.0 - depth * share * share * (3.0 - 2.0 * share)
    }

    /// How far the picture is off, as shares of its width.
    pub(crate) fn off(&self, t: f32) -> (f32, f32) {
        let (mut x, mut y) = (0.0, 0.0);
        for shake in &self.shakes {
            if t > shake.from && t < shake.until {
                // Swells and fades; the mast's own swing is 2 to 4 Hz.
                let swell = ((t - shake.from) * 2.0).min((shake.until - t) * 2.0).min(1.0);
                x += shake.reach * swell * (TAU * 2.3 * t).sin();
                y += shake.reach * 0.8 * swell * (TAU * 3.1 * t + 0.7).sin();
            }
        }
        (x, y)
    }

    /// Houses for the sun's side: their shadow's edge falls on `edge` (z) when the sun's reach is `reach_z` a metre of height.
    pub(crate) fn with_skyline(mut self, edge: f32, reach_z: f32, random: &mut Seed) -> Self {
        let mean = (edge - self.skyline_z) / reach_z;
        let mut x = -70.0;
        while x < 90.0 {
            let wide = random.range(5.0, 15.0);
            let step = 1.0 + 0.16 * (cell(x as i32, 3, self.seed as u32) - 0.5);
            self.skyline.push(Roof { x0: x, x1: x + wide, height: mean * step });
            x += wide;
        }
        self
    }
}
