//! What befalls a camera, done to decoded pictures: alarms ([`ALARMS`]) and what must be none ([`CALM`]). Used on painted,
//! rendered and real pictures alike; all of it is made up here from formulas, none of it from the clips it is used on.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

use events::{Health, I420, PixelFormat, Pixels, Size};

/// Three planes to work on.
#[derive(Clone)]
pub struct Planes {
    pub w: usize,
    pub h: usize,
    pub y: Vec<u8>,
    pub u: Vec<u8>,
    pub v: Vec<u8>,
}

/// Share of the width and height that a camera whose views are cut out of a larger picture sees.
const CUT: f32 = 0.72;

/// What befalls a camera, and how that is called.
pub const ALARMS: [(&str, Health); 15] = [
    ("panned", Health::Moved),
    ("nudged", Health::Moved),
    ("zoomed", Health::Moved),
    ("turned", Health::Moved),
    ("looks away", Health::Moved),
    ("hand", Health::Covered),
    ("cloth over two thirds", Health::Covered),
    ("grey cover", Health::Covered),
    ("defocused", Health::Blurred),
    ("slightly defocused", Health::Blurred),
    ("drops", Health::Blurred),
    ("lamp off", Health::Dark),
    ("cap", Health::Dark),
    ("frozen", Health::Frozen),
    ("frozen, clock goes on", Health::Frozen),
];

/// What befalls a street.
pub const CALM: [&str; 12] =
    ["nothing", "dimmed", "brightened", "dusk", "cloud", "headlights", "rain", "crowd", "bus", "infrared", "lamp on", "sways"];

pub fn hash(mut x: u64) -> u64 {
    x ^= x >> 33;
    x = x.wrapping_mul(0xff51_afd7_ed55_8ccd);
    x ^= x >> 33;
    x = x.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    x ^ (x >> 33)
}

/// 0..1.
fn unit(x: u64) -> f32 {
    (hash(x) % 10_007) as f32 / 10_007.0
}

/// A soft step from 0 to 1 around `edge`.
fn step(at: f32, edge: f32) -> f32 {
    ((at - edge) * 30.0).clamp(0.0, 1.0)
}

impl Planes {
    /// Copies a picture, at most `width` wide: every so manieth pixel.
    pub fn of(pixels: &dyn Pixels, width: usize) -> Self {
        let Size { width: sw, height: sh } = pixels.size();
        let by = (sw as usize / width).max(1);
        let (w, h) = ((sw as usize / by) & !1, (sh as usize / by) & !1);
        let plane = |index: usize, w: usize, h: usize, step: usize, offset: usize| {
            let plane = pixels.plane(index);
            let row = |y: usize| &plane.data[y * by * plane.stride..];
            (0..h).flat_map(|y| (0..w).map(move |x| (x, y))).map(|(x, y)| row(y)[x * by * step + offset]).collect()
        };
        let (u, v) = match pixels.format() {
            PixelFormat::I420 => (plane(1, w / 2, h / 2, 1, 0), plane(2, w / 2, h / 2, 1, 0)),
            PixelFormat::Nv12 => (plane(1, w / 2, h / 2, 2, 0), plane(1, w / 2, h / 2, 2, 1)),
        };
        Self { w, h, y: plane(0, w, h, 1, 0), u, v }
    }

    pub fn i420(self) -> I420 {
        I420::from_planes(Size { width: self.w as u32, height: self.h as u32 }, self.y, self.u, self.v)
    }

    /// Another camera in the same place: the middle of what it sees, its width as a share, and its turn in radians.
    fn cut(&self, (cx, cy): (f32, f32), share: f32, angle: f32) -> Self {
        let (w, h) = ((self.w as f32 * CUT) as usize & !1, (self.h as f32 * CUT) as usize & !1);
        let ((sin, cos), zoom) = (angle.sin_cos(), share / CUT);
        let map = |plane: &[u8], (pw, ph): (usize, usize), (ow, oh): (usize, usize)| {
            let mut out = Vec::with_capacity(ow * oh);
            for (x, y) in (0..oh).flat_map(|y| (0..ow).map(move |x| (x, y))) {
                let (dx, dy) = ((x as f32 - ow as f32 / 2.0) * zoom, (y as f32 - oh as f32 / 2.0) * zoom);
                let sx = (cx * pw as f32 + dx * cos - dy * sin).clamp(0.0, pw as f32 - 1.001);
                let sy = (cy * ph as f32 + dx * sin + dy * cos).clamp(0.0, ph as f32 - 1.001);
                let (fx, fy) = (sx.fract(), sy.fract());
                let at = |x: usize, y: usize| f32::from(plane[y.min(ph - 1) * pw + x.min(pw - 1)]);
                let row = |y: usize| at(sx as usize, y) * (1.0 - fx) + at(sx as usize + 1, y) * fx;
                out.push((row(sy as usize) * (1.0 - fy) + row(sy as usize + 1) * fy).round() as u8);
            }
            out
        };
        let half = (self.w / 2, self.h / 2);
        let (y, chroma) = (map(&self.y, (self.w, self.h), (w, h)), |p: &[u8]| map(p, half, (w / 2, h / 2)));
        Self { w, h, y, u: chroma(&self.u), v: chroma(&self.v) }
    }

    /// Changes luma by place (0..1 across and down).
    fn each(&mut self, f: impl Fn(f32, f32, f32) -> f32) {
        for (i, p) in self.y.iter_mut().enumerate() {
            let (x, y) = ((i % self.w) as f32 / self.w as f32, (i / self.w) as f32 / self.h as f32);
            *p = f(x, y, f32::from(*p)).round().clamp(16.0, 235.0) as u8;
        }
    }

    /// Fresh noise of this standard deviation.
    fn noise(mut self, n: u64, amount: f32) -> Self {
        for (i, p) in self.y.iter_mut().enumerate() {
            let r =
                unit(n.wrapping_mul(1_000_003).wrapping_add(i as u64)) + unit(n.wrapping_mul(7_000_003).wrapping_add(i as u64));
            *p = (f32::from(*p) + (r - 1.0) * amount * 2.45).round().clamp(0.0, 255.0) as u8;
        }
        self
    }

    /// Three box blurs, nearly a Gaussian, of this standard deviation as a share of the width.
    fn blur(&mut self, sigma: f32) {
        let r = (sigma * self.w as f32).round().max(1.0) as usize;
        let (w, h) = (self.w, self.h);
        for _ in 0..3 {
            box_blur(&mut self.y, w, h, r);
        }
    }

    fn mix(&mut self, other: &Self, mask: impl Fn(f32, f32) -> f32) {
        for i in 0..self.y.len() {
            let m = mask((i % self.w) as f32 / self.w as f32, (i / self.w) as f32 / self.h as f32);
            self.y[i] = (f32::from(self.y[i]) * (1.0 - m) + f32::from(other.y[i]) * m) as u8;
        }
    }

    fn flat(&self, [y, u, v]: [u8; 3]) -> Self {
        Self { w: self.w, h: self.h, y: vec![y; self.y.len()], u: vec![u; self.u.len()], v: vec![v; self.v.len()] }
    }

    fn rect(&mut self, (x0, y0, x1, y1): (f32, f32, f32, f32), luma: impl Fn(usize, usize) -> u8) {
        let at = |share: f32, n: usize| (share.clamp(0.0, 1.0) * n as f32) as usize;
        let (left, top) = (at(x0, self.w), at(y0, self.h));
        for y in top..at(y1, self.h) {
            for x in left..at(x1, self.w) {
                self.y[y * self.w + x] = luma(x - left, y - top);
            }
        }
    }
}

fn box_blur(plane: &mut [u8], w: usize, h: usize, r: usize) {
    let mut line = vec![0u8; w.max(h)];
    for (n, lines, step, jump) in [(w, h, 1, w), (h, w, w, 1)] {
        for l in 0..lines {
            let at = |k: usize| l * jump + k.min(n - 1) * step;
            let mut sum: u32 = (0..=2 * r).map(|k| u32::from(plane[at(k.saturating_sub(r))])).sum();
            for (k, out) in line.iter_mut().enumerate().take(n) {
                *out = (sum / (2 * r as u32 + 1)) as u8;
                sum = sum + u32::from(plane[at(k + r + 1)]) - u32::from(plane[at(k.saturating_sub(r))]);
            }
            for (k, &out) in line.iter().enumerate().take(n) {
                plane[at(k)] = out;
            }
        }
    }
}

/// Picture `n` while `what` befalls the camera, `t` seconds after that began (before: negative); it is over after `lasts`
/// seconds. `held` is the picture a frozen camera repeats.
pub fn befall(what: &str, p: &Planes, t: f32, lasts: f32, n: u64, held: &Planes) -> Planes {
    let on = (0.0..lasts).contains(&t);
    let home = ((0.5, 0.5), CUT, 0.0);
    let view = match what {
        "panned" => ((0.63, 0.55), CUT, 0.0),
        "nudged" => ((0.5 + 0.06 * CUT, 0.5), CUT, 0.0),
        "zoomed" => ((0.5, 0.5), 0.58, 0.0),
        "turned" => ((0.5, 0.5), 0.68, 0.14),
        "looks away" => ((0.36, 0.64), 0.5, 0.0),
        "sways" => ((0.5 + (unit(n * 31) - 0.5) * 0.016, 0.5 + (unit(n * 31 + 1) - 0.5) * 0.016), CUT, 0.0),
        _ if on => return picture(what, p.clone(), (t, lasts), n, held),
        _ => return p.clone(),
    };
    let (middle, share, angle) = if on || what == "sways" { view } else { home };
    p.cut(middle, share, angle)
}

fn picture(what: &str, mut q: Planes, (t, lasts): (f32, f32), n: u64, held: &Planes) -> Planes {
    let (w, h) = (q.w, q.h);
    let shape = w as f32 / h as f32;
    let k = t / lasts;
    let lit = |v: f32, by: f32| 16.0 + (v - 16.0) * by;
    match what {
        "hand" => {
            q = q.flat([88, 112, 152]);
            q.each(|x, y, v| v + 30.0 * (x * 3.0 + y * 2.0 + k * 0.3).sin() - 25.0 * y);
            return q.noise(n, 1.5);
        }
        "cloth over two thirds" => {
            let mut cloth = q.flat([120, 126, 130]);
            cloth.each(|x, y, v| v + 14.0 * (x * 17.0 + y * 5.0).sin());
            let cloth = cloth.noise(n, 1.5);
            q.mix(&cloth, |x, y| step(0.66 + 0.05 * (y * 7.0).sin(), x));
        }
        "grey cover" => return q.flat([110, 128, 128]).noise(n, 2.0),
        "defocused" => q.blur(0.012),
        "slightly defocused" => q.blur(0.006),
        "drops" => {
            let mut blurred = q.clone();
            blurred.blur(0.02);
            q.mix(&blurred, |x, y| {
                let drop = |d: u64| {
                    let away = (((x - unit(d * 2 + 9)) * shape).powi(2) + (y - unit(d * 2 + 10)).powi(2)).sqrt();
                    step(0.07 + 0.06 * unit(d + 999), away)
                };
                (0..90).map(drop).fold(0.0, f32::max)
            });
        }
        "lamp off" => {
            q.each(|_, _, v| lit(v, 0.06));
            return q.noise(n, 1.5);
        }
        "cap" => return q.flat([16, 128, 128]).noise(n, 0.6),
        "frozen" => return held.clone(),
        "frozen, clock goes on" => {
            q = held.clone();
            let digit = |x: usize, y: usize| {
                if hash(n << 20 | ((x / 6) as u64) << 8 | (y / 6) as u64).is_multiple_of(2) { 20 } else { 220 }
            };
            q.rect((0.03, 0.025, 0.16, 0.06), digit);
            return q;
        }
        "dimmed" => q.each(|_, _, v| lit(v, 0.5)),
        "brightened" => q.each(|_, _, v| lit(v, 1.6)),
        "dusk" => {
            q.each(|_, _, v| lit(v, 1.0 - 0.75 * k));
            return q.noise(n, 1.0 + 1.5 * k);
        }
        "cloud" => q.each(|x, _, v| lit(v, if x < k * 1.4 { 0.6 } else { 1.0 })),
        "headlights" => {
            let c = (t * 0.13).fract() * 1.6 - 0.3;
            let glow = |x: f32, y: f32| {
                190.0 * (-((x - c).powi(2) + (y - 0.6).powi(2)) * 18.0).exp() + 25.0 * (-(x - c).powi(2) * 3.0).exp()
            };
            q.each(|x, y, v| v + glow(x, y));
        }
        "rain" => {
            for d in 0..900u64 {
                let (x, y) = ((unit(n * 7919 + d) * w as f32) as usize, (unit(n * 104_729 + d) * h as f32) as usize);
                for j in 0..h / 14 {
                    let i = (y + j) * w + (x + j / 6).min(w - 1);
                    if let Some(p) = q.y.get_mut(i) {
                        *p = ((u16::from(*p) + 210) / 2) as u8;
                    }
                }
            }
        }
        "crowd" => {
            for d in 0..14u64 {
                let cx = (unit(d) + (unit(d + 50) * 0.1 - 0.05) * t * 1.3).rem_euclid(1.1) - 0.05;
                let (top, half) = (0.1 + 0.5 * unit(d + 100), 0.05 + 0.02 * unit(d + 7));
                let clothes =
                    |x: usize, y: usize| (hash(d * 977 + (x * 16 / w.max(16)) as u64 * 31 + (y * 50 / h) as u64) % 90) as u8;
                q.rect((cx - half, top, cx + half, top + 0.42), |x, y| 30 + d as u8 * 3 + clothes(x * 5, y));
            }
        }
        "bus" => {
            let front = (t * 0.5).min(0.72).min((lasts - t) * 0.5);
            q.each(|x, y, v| {
                let window = ((front - x) * 7.0).fract();
                if x >= front || !(0.08..0.97).contains(&y) {
                    v
                } else if (0.18..0.48).contains(&y) && (0.12..0.88).contains(&window) {
                    45.0 + 20.0 * (x * 40.0).sin()
                } else if (0.52..0.55).contains(&y) || (y > 0.7 && ((front - x) * 9.0).fract() < 0.05) {
                    60.0
                } else {
                    170.0
                }
            });
        }
        "infrared" => {
            for i in 0..q.y.len() {
                let c = ((i / w) / 2).min(h / 2 - 1) * (w / 2) + ((i % w) / 2).min(w / 2 - 1);
                let (u, v) = (f32::from(q.u[c]) - 128.0, f32::from(q.v[c]) - 128.0);
                let away = ((i % w) as f32 / w as f32 - 0.5).powi(2) + ((i / w) as f32 / h as f32 - 0.5).powi(2);
                let grey = f32::from(q.y[i]) * 0.75 - 1.2 * u + 0.9 * v;
                q.y[i] = (30.0 + grey * (1.0 - 1.2 * away)).clamp(16.0, 235.0) as u8;
            }
            (q.u, q.v) = (vec![128; q.u.len()], vec![128; q.v.len()]);
            return q.noise(n, 2.5);
        }
        "lamp on" => q.each(|x, y, v| lit(v, 0.35 + 1.3 * (-((x - 0.6).powi(2) * 1.6 + (y - 0.35).powi(2)) * 6.0).exp())),
        _ => return q,
    }
    q.noise(n, 1.0)
}

/// Shows pictures to a scene, `fps` a second for `seconds`; gives what it says of the camera, and whether it holds things back
/// at the end.
pub fn watch(fps: f64, seconds: f64, mut picture: impl FnMut(f64, u64) -> I420) -> Vec<(f64, Health)> {
    let mut scene = scene();
    let mut said = Vec::new();
    for k in 0..(seconds * fps).ceil() as u64 {
        let t = k as f64 / fps;
        // Pictures are numbered as five a second, so that a story is the same at every rate.
        said.extend(show(&mut scene, picture(t, (t * 5.0).round() as u64), t).into_iter().map(|health| (t, health)));
    }
    said
}

/// A scene that watches one zone for waste.
pub fn scene() -> kerbwatch_scene::Scene {
    let site = events::site::Site::parse("site.toml", SITE).expect("the site of this test is well formed");
    kerbwatch_scene::Scene::new(&site.cameras[0], &site.calendar, kerbwatch_scene::SceneOptions::default())
}

/// Its site.
pub const SITE: &str = "[[camera]]\nid = \"c-1\"\nname = \"c\"\ndistrict = \"d\"\nstreet = \"s\"\nsource = \"x.mp4\"\n\
    [[camera.zone]]\nid = \"ground\"\nname = \"g\"\npolygon = [[0.0,0.0],[1.0,0.0],[1.0,1.0],[0.0,1.0]]\n\
    [camera.zone.rules.waste_dumping]\ndwell = \"10s\"\n";

/// Shows one picture; gives what is said of the camera.
pub fn show(scene: &mut kerbwatch_scene::Scene, picture: I420, t: f64) -> Vec<Health> {
    let stamp = events::Stamp {
        camera: "c-1".parse().expect("a camera's id"),
        run: events::RunId(1),
        seq: (t * 100.0) as u64,
        at: events::StreamTime::from_secs_f64(t),
        wall: events::WallTime::known(1_777_626_000_000_000_000 + (t * 1e9) as i64),
    };
    let frame = events::Frame::new(stamp.clone(), std::sync::Arc::new(picture));
    let judgements = scene.step(&frame, &events::Detections::none(stamp));
    let health = |judgement: kerbwatch_scene::Judgement| match judgement {
        kerbwatch_scene::Judgement::Observed(o) => match o.subject {
            events::Subject::Camera { health } => Some(health),
            events::Subject::Candidate { .. } => None,
        },
        _ => None,
    };
    judgements.into_iter().filter_map(health).collect()
}

/// What became of an alarm that should be raised between two times.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// How it was called first, and after how long.
    pub found: Option<(Health, f64)>,
    /// How long after the end the camera was said to be well.
    pub back: Option<f64>,
    /// Said before anything had happened.
    pub early: bool,
}

pub fn verdict(said: &[(f64, Health)], began: f64, ended: f64) -> Verdict {
    let found = said.iter().find(|(t, h)| *t >= began && *h != Health::Ok).map(|(t, h)| (*h, t - began));
    let back = said.iter().find(|(t, h)| *t >= ended && *h == Health::Ok).map(|(t, _)| t - ended);
    Verdict { found, back, early: said.iter().any(|(t, _)| *t < began) }
}

impl Verdict {
    /// Called by this name, and its end noticed, both within ten seconds.
    pub fn is(&self, health: Health) -> bool {
        !self.early
            && self.found.is_some_and(|(h, after)| h == health && after <= 10.0)
            && self.back.is_some_and(|after| after <= 10.0)
    }
}
