//! Light, weather and camera drawn at random: for composed streets and for labelled stills.

use crate::air::{Air, Caption, Jump, Shake, Tone};
use crate::seed::Seed;
use crate::world::Mood;

/// Where the street runs and how long the story is.
pub(crate) struct Frame {
    pub(crate) kerb: f32,
    pub(crate) facade: f32,
    /// Seconds.
    pub(crate) duration: f32,
}

/// What sort of hour it is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Hour {
    Sun,
    SunAndClouds,
    Overcast,
    Rain,
    Dusk,
    Night,
    NightRain,
    /// A camera that lights the night itself and sees no colour.
    Infrared,
}

/// Half are days with sun or without, a fifth has rain, a third is dusk or night.
const HOURS: [Hour; 16] = [
    Hour::Sun,
    Hour::Sun,
    Hour::Sun,
    Hour::SunAndClouds,
    Hour::SunAndClouds,
    Hour::Overcast,
    Hour::Overcast,
    Hour::Overcast,
    Hour::Rain,
    Hour::Rain,
    Hour::Dusk,
    Hour::Dusk,
    Hour::Night,
    Hour::Night,
    Hour::NightRain,
    Hour::Infrared,
];

/// Light and camera of a seed.
pub(crate) fn draw(random: &mut Seed, frame: &Frame) -> (Mood, Air) {
    let hour = random.pick(&HOURS);
    let mut air = Air::still(random.next());
    let mut mood = match hour {
        Hour::Sun | Hour::SunAndClouds => Mood::sunny(),
        Hour::Overcast | Hour::Rain => Mood::overcast(),
        Hour::Dusk => Mood::dusk(),
        Hour::Night | Hour::NightRain | Hour::Infrared => Mood::night(),
    };
    colour(&mut mood, random);
    match hour {
        Hour::Sun | Hour::SunAndClouds => {
            sun(&mut mood, &mut air, random, frame);
            air.clouds = if hour == Hour::Sun {
                (random.range(0.0, 0.08), random.range(0.01, 0.03))
            } else {
                (random.range(0.18, 0.42), random.range(0.02, 0.07))
            };
        }
        Hour::Overcast | Hour::Rain => air.clouds = (random.range(0.02, 0.16), random.range(0.005, 0.03)),
        Hour::Dusk => {
            // Night falls while one looks on.
            air.jumps.push(Jump { at: 0.0, gain: random.range(0.7, 1.0), settles: frame.duration });
        }
        Hour::Night | Hour::NightRain | Hour::Infrared => {
            mood.lamp = random.pick(&[[0.95, 0.77, 0.50], [0.95, 0.62, 0.28], [0.86, 0.90, 0.95], [0.95, 0.88, 0.72]]);
            let bright = random.range(0.75, 1.5);
            mood.light = mood.light.map(|light| light * bright);
        }
    }
    if matches!(hour, Hour::Rain | Hour::NightRain) {
        air.rain = 40 + random.below(200) as u32;
        air.wet = random.range(0.5, 1.0);
        mood.haze *= 1.8;
        mood.sun.2 *= 0.5;
    } else if hour == Hour::Overcast && random.chance(0.3) {
        // It has rained before.
        air.wet = random.range(0.2, 0.8);
    }
    camera(&mut mood, &mut air, random, hour);
    unrest(&mut air, random, frame);
    (mood, air)
}

fn colour(mood: &mut Mood, random: &mut Seed) {
    let (bright, warm) = (random.range(0.85, 1.1), random.range(-0.06, 0.06));
    mood.light = [mood.light[0] * bright * (1.0 + warm), mood.light[1] * bright, mood.light[2] * bright * (1.0 - warm)];
    mood.haze *= random.range(0.4, 2.2);
    mood.lit *= random.range(0.5, 1.5);
}

/// Sun from behind the camera, its shadows moving across the street; mostly there are houses that keep it off.
fn sun(mood: &mut Mood, air: &mut Air, random: &mut Seed, frame: &Frame) {
    let reach = random.range(0.35, 1.4);
    mood.sun = (random.range(-1.1, 1.1), reach, 0.42);
    air.shade = random.range(0.34, 0.58);
    let height = 11.0;
    // The edge goes 0.2 to 1.8 m in the story: an hour's way hurried into minutes, so that it has to be told from things.
    let way = random.range(0.2, 1.8) * if random.chance(0.5) { 1.0 } else { -1.0 };
    air.sun_drift = (random.range(-0.8, 0.8) / height / frame.duration, way / height / frame.duration);
    if random.chance(0.65) {
        let edge = random.range(frame.kerb - 2.5, frame.facade + 1.5);
        *air = air.clone().with_skyline(edge, reach, random);
    }
}

fn camera(mood: &mut Mood, air: &mut Air, random: &mut Seed, hour: Hour) {
    let night = matches!(hour, Hour::Night | Hour::NightRain | Hour::Infrared);
    let (low, high) = if night {
        (2.2, 5.2)
    } else if hour == Hour::Dusk {
        (1.5, 3.2)
    } else {
        (0.7, 2.2)
    };
    mood.grain = random.range(low, high);
    air.chroma_noise = if night { random.range(1.0, 3.2) } else { random.range(0.0, 1.0) };
    air.smeared_noise = random.chance(0.5);
    air.soft = random.range(0.0, 0.8);
    air.vignette = random.range(0.0, 0.3);
    air.tone = Tone {
        gamma: random.range(0.85, 1.15),
        contrast: random.range(-0.1, 0.35),
        lift: random.range(0.0, 0.07),
        saturation: random.range(0.55, 1.15),
        tint: (random.range(-4.0, 4.0), random.range(-4.0, 4.0)),
    };
    if hour == Hour::Infrared {
        mood.light = [random.range(0.55, 0.9); 3];
        mood.lamp = [0.15; 3];
        air.tone.saturation = 0.0;
        air.tone.tint = (0.0, 0.0);
        air.chroma_noise = 0.0;
        air.vignette = random.range(0.5, 0.9);
    }
    if random.chance(0.55) {
        let at = random.pick(&[(0.02, 0.03), (0.55, 0.03), (0.02, 0.93)]);
        let clock = random.below(86_400) as u32;
        air.captions.push(Caption { from: f32::MIN, until: f32::MAX, text: None, clock, at, size: random.range(0.028, 0.042) });
    }
    if random.chance(0.3) {
        let text = format!("CH {:02}", random.below(64));
        let caption = Caption {
            from: f32::MIN,
            until: f32::MAX,
            text: Some(text),
            clock: 0,
            at: (0.85, 0.94),
            size: random.range(0.03, 0.04),
        };
        air.captions.push(caption);
    }
}

/// Exposure that jumps, a mast that trembles.
fn unrest(air: &mut Air, random: &mut Seed, frame: &Frame) {
    let level = air.jumps.first().map_or(1.0, |jump| jump.gain);
    for _ in 0..random.below(4) {
        let at = random.range(12.0, frame.duration.max(13.0));
        let gain = level * if random.chance(0.5) { random.range(0.76, 0.92) } else { random.range(1.08, 1.28) };
        air.jumps.push(Jump { at, gain, settles: random.range(0.15, 1.5) });
        if random.chance(0.7) {
            let back = at + random.range(2.0, 25.0);
            air.jumps.push(Jump { at: back, gain: level, settles: random.range(0.15, 2.0) });
        }
    }
    air.jumps.sort_by(|a, b| a.at.total_cmp(&b.at));
    if random.chance(0.45) {
        for _ in 0..1 + random.below(4) {
            let from = random.range(0.0, frame.duration);
            // Half a pixel to two and a half at 640 pixels across.
            air.shakes.push(Shake { from, until: from + random.range(1.0, 5.0), reach: random.range(0.0008, 0.004) });
        }
    }
}
