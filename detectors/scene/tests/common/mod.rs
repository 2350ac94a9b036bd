//! A painted street: textured ground with sensor noise, and rectangles that are put on it, walk, and go.
#![allow(dead_code, unreachable_pub, reason = "each story uses its part of what they share")]
#![allow(clippy::unwrap_used, reason = "test code, outside of the functions clippy knows as tests")]

use std::sync::Arc;

use events::site::{Camera, Site};
use events::{
    Candidate, CandidateState, Detection, Detections, Frame, Health, I420, ObjectClass, RunId, Score, Size, Stamp, StreamTime,
    Subject, WallTime,
};
use kerbwatch_scene::replay::{Rejudged, Replay};
use kerbwatch_scene::{Judgement, Names, Question, Scene, SceneOptions};

pub const SIZE: Size = Size { width: 320, height: 240 };

/// 2026-05-01 (a Friday) 17:00 in Shanghai.
pub const START_NS: i64 = 1_777_626_000_000_000_000;

/// A thing on the picture: pixels and colour.
#[derive(Clone, Copy)]
pub struct Patch(pub i32, pub i32, pub i32, pub i32, pub [u8; 3]);

/// A man of 24 by 70 pixels whose feet are at `x`, `y`.
pub fn man(x: i32, y: i32) -> Patch {
    Patch(x - 12, y - 70, x + 12, y, [45, 118, 140])
}

/// A dark bag of 24 by 20 pixels on the ground at `x`, `y`.
pub fn bag(x: i32, y: i32) -> Patch {
    Patch(x - 12, y - 20, x + 12, y, [30, 140, 120])
}

fn hash(mut x: u64) -> u64 {
    x ^= x >> 33;
    x = x.wrapping_mul(0xff51_afd7_ed55_8ccd);
    x ^= x >> 33;
    x = x.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    x ^ (x >> 33)
}

/// What is different about one picture.
#[derive(Clone)]
pub struct Look {
    pub patches: Vec<Patch>,
    /// Luma factor.
    pub light: f64,
    /// A shadow: left, top, right, bottom, in pixels; luma times 0.6 there.
    pub shade: Option<(i32, i32, i32, i32)>,
    /// A pool of light: its middle and radius, in pixels.
    pub glow: Option<(i32, i32, f64)>,
    /// The camera turned by so many pixels.
    pub shift: i32,
    /// Leaves that sway in the upper left corner.
    pub leaves: bool,
    /// Noise of the two colour differences, grey levels to either side.
    pub colour_noise: i32,
}

impl Default for Look {
    fn default() -> Self {
        Self { patches: Vec::new(), light: 1.0, shade: None, glow: None, shift: 0, leaves: false, colour_noise: 0 }
    }
}

pub fn look(patches: &[Patch]) -> Look {
    Look { patches: patches.to_vec(), ..Look::default() }
}

/// Paints one look; `n` makes its noise.
pub fn paint(look: &Look, n: u64) -> I420 {
    let (w, h) = (SIZE.width as i32, SIZE.height as i32);
    let mut picture = I420::filled(SIZE, [120, 128, 128]);
    let luma = picture.luma_mut();
    for y in 0..h {
        for x in 0..w {
            let (gx, gy) = (x + look.shift, y + look.shift / 2);
            // Slabs of differing brightness with dark joints, as pavements have.
            let slab = hash(((gx.div_euclid(23)) as u64) << 20 | (gy / 19) as u64) % 40;
            let joint = gx.rem_euclid(23) < 2 || gy % 19 < 2;
            let mut value = if joint { 80.0 } else { 110.0 + slab as f64 };
            if look.leaves && x < 90 && y < 70 {
                value += (hash(n << 32 | ((x / 6) as u64) << 8 | (y / 6) as u64) % 60) as f64 - 30.0;
            }
            if look.shade.is_some_and(|(x1, y1, x2, y2)| x >= x1 && x < x2 && y >= y1 && y < y2) {
                value *= 0.6;
            }
            if let Some((gx, gy, radius)) = look.glow {
                let off = f64::from((x - gx).pow(2) + (y - gy).pow(2)) / (radius * radius);
                value = (value + 140.0 * (-off).exp()).min(235.0);
            }
            luma[(y * w + x) as usize] = value as u8;
        }
    }
    for &Patch(x1, y1, x2, y2, colour) in &look.patches {
        if x2 > 0 && y2 > 0 {
            picture.fill_rect((x1.max(0) as u32, y1.max(0) as u32, x2.max(0) as u32, y2.max(0) as u32), colour);
        }
    }
    for (i, value) in picture.luma_mut().iter_mut().enumerate() {
        let noise = (hash(n.wrapping_mul(1_000_003).wrapping_add(i as u64)) % 5) as f64 - 2.0;
        *value = (f64::from(*value) * look.light + noise).clamp(16.0, 235.0) as u8;
    }
    if look.colour_noise > 0 {
        let range = 2 * look.colour_noise as u64 + 1;
        for (i, value) in picture.chroma_mut().into_iter().flatten().enumerate() {
            let noise = (hash(n.wrapping_mul(7_000_003).wrapping_add(i as u64)) % range) as i32 - look.colour_noise;
            *value = (i32::from(*value) + noise).clamp(16, 240) as u8;
        }
    }
    picture
}

/// A camera whose one zone is the whole picture with these rules (as TOML).
pub fn camera(rules: &str) -> (Camera, events::schedule::Calendar) {
    camera_of(&format!(
        "[[camera.zone]]\nid = \"ground\"\nname = \"g\"\npolygon = [[0.0,0.0],[1.0,0.0],[1.0,1.0],[0.0,1.0]]\n{rules}"
    ))
}

/// A camera with these zones (as TOML).
fn camera_of(zones: &str) -> (Camera, events::schedule::Calendar) {
    let text = format!("[[camera]]\nid = \"c-1\"\nname = \"c\"\ndistrict = \"d\"\nstreet = \"s\"\nsource = \"x.mp4\"\n{zones}");
    let site = Site::parse("site.toml", &text).unwrap();
    (site.cameras[0].clone(), site.calendar)
}

pub const DUMPING: &str = "[camera.zone.rules.waste_dumping]\ndwell = \"10s\"\nclear_after = \"6s\"\n";

/// Plays looks into a scene and keeps what it says.
pub struct Play {
    pub scene: Scene,
    pub t: f64,
    pub n: u64,
    pub run: u64,
    pub run_began: f64,
    pub fps: f64,
    pub said: Vec<(f64, Judgement)>,
    /// What the scene writes down, judged again as it is written: at the end both must have raised the same.
    pub replay: Replay,
    pub record: Vec<u8>,
    /// Where in it a scene began anew.
    begins: Vec<usize>,
    pub again: Vec<Candidate>,
    /// What a classifier says of things, and what probability it gives a person of being one.
    pub names: Option<(Names, f32)>,
}

/// A wall above a pavement with a schedule and a permit, and shops beside it; and a corner in which everything is watched for.
/// The stories begin on a Friday at 17:00.
const OTHER_ZONES: [&str; 2] = [
    r#"
[[camera.zone]]
id = "wall"
name = "w"
polygon = [[0.0,0.0],[1.0,0.0],[1.0,0.6],[0.0,0.6]]
rules.unauthorized_ad = { dwell = "8s" }
[[camera.zone]]
id = "pavement"
name = "p"
polygon = [[0.0,0.55],[0.6,0.55],[0.6,1.0],[0.0,1.0]]
rules.illegal_stall = { dwell = "9s", weekly = ["fri 17:00-17:01", "fri 17:02-17:40"] }
rules.waste_dumping = { dwell = "7s", clear_after = "3s" }
permit = [{ id = "market", kinds = ["illegal_stall", "waste_dumping"], weekly = ["fri 17:00-17:02", "fri 17:05-18:00"] }]
[[camera.zone]]
id = "shops"
name = "s"
polygon = [[0.5,0.5],[1.0,0.5],[1.0,1.0],[0.5,1.0]]
shop_line = [[0.5,0.6],[1.0,0.6]]
rules.storefront_encroachment = { dwell = "6s", weekly = ["fri 17:01-19:00"] }
"#,
    r#"
[[camera.zone]]
id = "corner"
name = "c"
polygon = [[0.1,0.1],[0.9,0.2],[0.8,0.9],[0.2,0.8]]
rules.unauthorized_ad = { dwell = "20s", clear_after = "2s" }
rules.illegal_stall = { dwell = "5s" }
rules.storefront_encroachment = { dwell = "15s" }
rules.waste_dumping = { dwell = "3s", min_score = 0.6 }
permit = [{ id = "terrace", kinds = ["storefront_encroachment"], polygon = [[0.4,0.4],[0.9,0.4],[0.9,0.9],[0.4,0.9]] }]
"#,
];

/// Every story is told twice: by the scene, and by what it wrote down. And under other zones what was written down says the same
/// whether looks are passed over or not.
impl Drop for Play {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let raised: Vec<Candidate> = self.raised().into_iter().map(|(_, c)| c.clone()).collect();
            assert_eq!(self.again, raised, "judged again from what was written down");
            for zones in OTHER_ZONES {
                let (camera, calendar) = camera_of(zones);
                let replay = || Replay::new(&camera, &calendar, SceneOptions::default());
                assert_eq!(self.told(replay()), self.told(replay().thorough()), "with nothing passed over, under {zones}");
            }
        }
    }
}

impl Play {
    pub fn new(rules: &str, fps: f64) -> Self {
        let (camera, calendar) = camera(rules);
        let scene = Scene::new(&camera, &calendar, SceneOptions::default());
        let replay = Replay::new(&camera, &calendar, SceneOptions::default());
        let (said, record, begins, again) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { scene, t: 0.0, n: 0, run: 1, run_began: 0.0, fps, said, replay, record, begins, again, names: None }
    }

    pub fn stamp(&self) -> Stamp {
        Stamp {
            camera: "c-1".parse().unwrap(),
            run: RunId(self.run),
            seq: self.n,
            at: StreamTime::from_secs_f64(self.t - self.run_began),
            wall: WallTime::known(START_NS + (self.t * 1e9) as i64),
        }
    }

    pub fn show(&mut self, look: &Look, detections: Option<Vec<Detection>>) {
        let stamp = self.stamp();
        let frame = Frame::new(stamp.clone(), Arc::new(paint(look, self.n)));
        let detections = match detections {
            Some(items) => Detections { stamp, models: Arc::from(["m".to_owned()]), items },
            None => Detections::none(stamp),
        };
        if !self.scene.is_recording() {
            // At the beginning, and after a restart.
            self.scene.record();
            self.replay.begin();
            self.begins.push(self.record.len());
        }
        if let Some((names, person)) = &self.names {
            for (question, _) in self.scene.questions(&detections) {
                let answer = match question {
                    Question::Thing(_) => names.clone(),
                    Question::Person => vec![(ObjectClass::Person, *person)],
                };
                self.scene.told(question, answer);
            }
        }
        let said = self.scene.step(&frame, &detections);
        let record = self.scene.take_record();
        let again = &mut self.again;
        let tell = |said| {
            if let Rejudged::Raised { candidate, .. } = said {
                again.push(*candidate);
            }
        };
        self.replay.feed(&record, tell).unwrap();
        self.record.extend(record);
        self.said.extend(said.into_iter().map(|j| (self.t, j)));
        self.n += 1;
        self.t += 1.0 / self.fps;
    }

    /// All that was written down, judged by this replay.
    fn told(&self, mut replay: Replay) -> Vec<Rejudged> {
        let mut told = Vec::new();
        let ends = self.begins.iter().skip(1).copied().chain([self.record.len()]);
        for (begin, end) in self.begins.iter().copied().zip(ends) {
            replay.begin();
            replay.feed(&self.record[begin..end], |said| told.push(said)).unwrap();
        }
        told
    }

    /// Shows what `f` paints at each time until `until`.
    pub fn until(&mut self, until: f64, f: impl Fn(f64) -> Look) {
        while self.t < until {
            let now = f(self.t);
            self.show(&now, None);
        }
    }

    /// A new connection after `gap` seconds.
    pub fn reconnect(&mut self, gap: f64) {
        self.t += gap;
        self.run += 1;
        self.run_began = self.t;
    }

    pub fn raised(&self) -> Vec<(f64, &Candidate)> {
        self.said.iter().filter_map(|(t, j)| if let Judgement::Raised(c) = j { Some((*t, &**c)) } else { None }).collect()
    }

    pub fn states(&self, wanted: CandidateState) -> Vec<f64> {
        self.said
            .iter()
            .filter_map(|(t, j)| match j {
                Judgement::Observed(o) => match &o.subject {
                    Subject::Candidate { state, .. } if *state == wanted => Some(*t),
                    _ => None,
                },
                _ => None,
            })
            .collect()
    }

    pub fn health(&self) -> Vec<(f64, Health)> {
        self.said
            .iter()
            .filter_map(|(t, j)| match j {
                Judgement::Observed(o) => match &o.subject {
                    Subject::Camera { health } => Some((*t, *health)),
                    Subject::Candidate { .. } => None,
                },
                _ => None,
            })
            .collect()
    }
}

/// A man comes from the left, puts a bag down at 160, 200 at 10 s, and has left the picture by 20 s.
pub fn dump_story(t: f64) -> Look {
    let mut patches = Vec::new();
    if t >= 10.0 {
        patches.push(bag(160, 200));
    }
    if (6.0..12.0).contains(&t) {
        patches.push(man((30.0 + (t - 6.0) * 28.0).min(138.0) as i32, 203));
    } else if (12.0..20.0).contains(&t) {
        patches.push(man(138 - ((t - 12.0) * 25.0) as i32, 203));
    }
    look(&patches)
}

pub fn person(x: i32, y: i32) -> Detection {
    let Patch(x1, y1, x2, y2, _) = man(x, y);
    let (w, h) = (f64::from(SIZE.width), f64::from(SIZE.height));
    Detection {
        class: ObjectClass::Person,
        score: Score::clamped(0.8),
        bbox: events::BBox::clamped(f64::from(x1) / w, f64::from(y1) / h, f64::from(x2) / w, f64::from(y2) / h),
    }
}
