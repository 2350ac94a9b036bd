//! A week of one busy camera at key-frame rate, and how long a backtest over it takes.
//!
//! `cargo run --release -p kerbwatch-benches --example backtest -- FOLDER [DAYS]` paints the week (a look each two seconds,
//! 302,400 of them), has the real scene and the real recorder look at it, keeps the recording in FOLDER, and times the
//! backtest over it five times. A FOLDER that holds the recording already is only timed. `-- FOLDER DAYS 1` paints one day and lets
//! its file stand for each of the others: the same work for the backtest, in a seventh of the time. The two site files are left beside
//! it for `kerbwatch zones backtest`.
//!
//! From 06:30 to 22:30 things come about every four minutes (stalls that somebody keeps, goods put out before shops, bags left behind,
//! parked two-wheelers, sheets on the wall) and stay from one minute to three hours; people walk through all day, few at night.
#![allow(clippy::print_stdout, reason = "a measurement is printed")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use console::backtest::{Ask, Zoning};
use events::site::Site;
use events::{BBox, Detection, Detections, Frame, I420, ObjectClass, RunId, Score, Size, Stamp, StreamTime, WallTime};
use kerbwatch::backtest::Recordings;
use kerbwatch::recording::Writer;
use kerbwatch::usage::Usage;
use scene::{Scene, SceneOptions};

const SIZE: Size = Size { width: 360, height: 200 };

/// 2026-11-16 (a Monday) 00:00 UTC.
const START_MS: i64 = 1_794_787_200_000;
const DAY_MS: i64 = 86_400_000;

/// Key frames come so often, milliseconds.
const EVERY_MS: i64 = 2_000;

const SITE: &str = r#"
time_zone = "UTC"
[[camera]]
id = "busy"
name = "a market street"
district = "d"
street = "s"
source = "busy.mp4"
[[camera.zone]]
id = "pavement"
name = "pavement"
polygon = [[0.0,0.45],[0.5,0.45],[0.5,1.0],[0.0,1.0]]
[camera.zone.rules.illegal_stall]
weekly = ["mon-sun 07:00-22:00"]
[camera.zone.rules.waste_dumping]
[[camera.zone]]
id = "shops"
name = "shops"
polygon = [[0.5,0.45],[1.0,0.45],[1.0,1.0],[0.5,1.0]]
shop_line = [[0.5,0.50],[1.0,0.50]]
[camera.zone.rules.storefront_encroachment]
[camera.zone.rules.waste_dumping]
[[camera.zone.permit]]
id = "terrace"
kinds = ["storefront_encroachment"]
polygon = [[0.8,0.45],[1.0,0.45],[1.0,1.0],[0.8,1.0]]
weekly = ["fri-sun 17:00-22:00"]
[[camera.zone]]
id = "wall"
name = "wall"
polygon = [[0.0,0.0],[1.0,0.0],[1.0,0.45],[0.0,0.45]]
[camera.zone.rules.unauthorized_ad]
"#;

/// Pseudo-random numbers: the same week each time.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: i64) -> i64 {
        (self.next() >> 11) as i64 % n.max(1)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum What {
    Stall,
    Goods,
    Bag,
    Bike,
    Sheet,
}

/// One thing, where and how long it stands.
#[derive(Clone, Copy)]
struct Stay {
    what: What,
    slot: i64,
    from_ms: i64,
    until_ms: i64,
    colour: [u8; 3],
}

/// Left, top, right, bottom, pixels.
type Rect = (i64, i64, i64, i64);

impl Stay {
    fn rect(&self) -> Rect {
        let (x, foot) = (14 + self.slot * 30, 130 + self.slot * 37 % 60);
        match self.what {
            What::Stall => (x - 13, foot - 18, x + 14, foot),
            What::Goods => (x - 9, foot - 12, x + 9, foot),
            What::Bag => (x - 6, foot - 10, x + 6, foot),
            What::Bike => (x - 12, foot - 16, x + 12, foot),
            What::Sheet => (x - 8, 30, x + 8, 52),
        }
    }
}

fn man(x: i64, foot: i64) -> Rect {
    (x - 6, foot - 34, x + 6, foot)
}

/// All stays of the week.
fn week(days: i64) -> Vec<Stay> {
    let mut dice = Dice(0x5eed_0fa5_7eee_7001);
    let mut stays: Vec<Stay> = Vec::new();
    for day in 0..days {
        let mut at = START_MS + day * DAY_MS + 6 * 3_600_000 + 1_800_000;
        while at < START_MS + day * DAY_MS + 22 * 3_600_000 + 1_800_000 {
            at += 20_000 + dice.below(440_000);
            let what = [What::Stall, What::Stall, What::Goods, What::Bag, What::Bike, What::Sheet][dice.below(6) as usize];
            let slot = dice.below(12);
            let free =
                |s: &Stay| s.until_ms + 60_000 < at || (s.slot != slot) || (s.what == What::Sheet) != (what == What::Sheet);
            let longest = if what == What::Bag { 5_400_000 } else { 10_800_000 };
            let stay = 60_000 + dice.below(longest).min(dice.below(longest));
            let colour = [20 + dice.below(50) as u8, 90 + dice.below(80) as u8, 90 + dice.below(80) as u8];
            if stays.iter().all(free) {
                stays.push(Stay { what, slot, from_ms: at, until_ms: at + stay, colour });
            }
        }
    }
    stays
}

/// The empty street: slabs below, a wall above.
fn street() -> I420 {
    let mut picture = I420::filled(SIZE, [120, 128, 128]);
    let w = SIZE.width as usize;
    let mut dice = Dice(7);
    let slabs: Vec<u8> = (0..400).map(|_| dice.below(40) as u8).collect();
    for (i, value) in picture.luma_mut().iter_mut().enumerate() {
        let (x, y) = (i % w, i / w);
        let joint = x % 23 < 2 || y % 19 < 2;
        *value = if joint { 80 } else { 110 + slabs[(x / 23 * 17 + y / 19) % 400] };
    }
    picture
}

/// Who is in the picture besides what stands: those who bring and keep things, and who walks through.
fn people(now_ms: i64, standing: &[&Stay]) -> Vec<Rect> {
    let mut found = Vec::new();
    for stay in standing {
        let (x1, _, x2, y2) = stay.rect();
        let age = now_ms - stay.from_ms;
        let foot = if stay.what == What::Sheet { 110 } else { y2 + 2 };
        if age < 8_000 {
            found.push(man(x2 + 6 + age / 2_000, foot));
        } else if stay.what == What::Stall && (age / 60_000) % 8 != 7 {
            // Whoever keeps a stall shifts from foot to foot, and is away for a minute now and then.
            found.push(man(x1 - 5 - (age / 2_000) % 3, foot));
        }
    }
    let hour = now_ms.rem_euclid(DAY_MS) / 3_600_000;
    let walkers = if (7..22).contains(&hour) { 3 } else { i64::from(now_ms / 60_000 % 10 == 0) };
    for walker in 0..walkers {
        let across = (now_ms / 1000 * (14 + 3 * walker) + walker * 150) % 460 - 50;
        found.push(man(if walker % 2 == 0 { across } else { 360 - across }, 150 + walker * 20));
    }
    found
}

fn paint(street: &I420, now_ms: i64, standing: &[&Stay], people: &[Rect], noise: &mut Dice) -> I420 {
    let mut picture = street.clone();
    let mut fill = |(x1, y1, x2, y2): Rect, colour| {
        let clip = |v: i64, most: u32| v.clamp(0, i64::from(most)) as u32;
        let (x1, x2) = (clip(x1, SIZE.width), clip(x2, SIZE.width));
        if x2 > x1 {
            picture.fill_rect((x1, clip(y1, SIZE.height), x2, clip(y2, SIZE.height)), colour);
        }
    };
    for stay in standing.iter().filter(|stay| now_ms >= stay.from_ms + 2_000) {
        fill(stay.rect(), stay.colour);
    }
    for person in people {
        fill(*person, [45, 118, 140]);
    }
    for eight in picture.luma_mut().chunks_mut(8) {
        let mut bits = noise.next();
        for value in eight {
            *value = (*value + (bits & 3) as u8).saturating_sub(2);
            bits >>= 8;
        }
    }
    picture
}

fn seen(stamp: &Stamp, people: &[Rect]) -> Detections {
    let items = people.iter().filter(|(x1, _, x2, _)| *x1 > 0 && *x2 < i64::from(SIZE.width));
    let (w, h) = (f64::from(SIZE.width), f64::from(SIZE.height));
    let items = items.map(|&(x1, y1, x2, y2)| Detection {
        class: ObjectClass::Person,
        score: Score::clamped(0.8),
        bbox: BBox::clamped(x1 as f64 / w, y1 as f64 / h, x2 as f64 / w, y2 as f64 / h),
    });
    Detections { stamp: stamp.clone(), models: Arc::from(["painted".to_owned()]), items: items.collect() }
}

/// Looks at the week and writes the recording.
fn record(root: &Path, site: &Site, days: i64) {
    let camera = &site.cameras[0];
    let mut scene = Scene::new(camera, &site.calendar, SceneOptions::default());
    let mut writer = Writer::new(root, &camera.id, "bench");
    let (stays, street, mut noise) = (week(days), street(), Dice(99));
    let (mut raised, mut things, mut most) = (0usize, 0usize, 0usize);
    let looks = days * DAY_MS / EVERY_MS;
    for n in 0..looks {
        let now_ms = START_MS + n * EVERY_MS;
        let standing: Vec<&Stay> = stays.iter().filter(|stay| (stay.from_ms..stay.until_ms).contains(&now_ms)).collect();
        let people = people(now_ms, &standing);
        let picture = paint(&street, now_ms, &standing, &people, &mut noise);
        let stamp = Stamp {
            camera: camera.id.clone(),
            run: RunId(1),
            seq: n as u64,
            at: StreamTime(n * EVERY_MS * 1_000_000),
            wall: WallTime::known(now_ms * 1_000_000),
        };
        let frame = Frame::new(stamp.clone(), Arc::new(picture));
        writer.before(&mut scene, &frame);
        let said = scene.step(&frame, &seen(&stamp, &people));
        raised += said.iter().filter(|said| matches!(said, scene::Judgement::Raised(_))).count();
        let stand = scene.standing_for(0.0).len();
        (things, most) = (things + stand, most.max(stand));
        writer.after(&mut scene, &frame);
        if n % 30 == 29 {
            // A live camera's block is a minute.
            writer.flush(&mut scene);
        }
        if n % 43_200 == 43_199 {
            println!("day {}: {raised} raised, {:.1} things a look, {most} at most", n / 43_200 + 1, things as f64 / n as f64);
        }
    }
    writer.flush(&mut scene);
}

/// One day's file stands for all the days.
fn repeat(root: &Path, days: i64) {
    let camera = root.join("busy");
    let day = |n: i64| camera.join(format!("2026-11-{}", 16 + n));
    let name = |n: i64| format!("{:015}-bench.kwr", START_MS + n * DAY_MS);
    for n in 1..days {
        std::fs::create_dir_all(day(n)).expect("a folder for the day");
        std::fs::copy(day(0).join(name(0)), day(n).join(name(n))).expect("the first day was recorded");
    }
}

/// The week under shorter dwells and another polygon: some are added, some lost, most unchanged.
fn other() -> String {
    SITE.replace("[camera.zone.rules.illegal_stall]", "[camera.zone.rules.illegal_stall]\ndwell = \"90s\"")
        .replace("[[0.5,0.45],[1.0,0.45],[1.0,1.0],[0.5,1.0]]", "[[0.5,0.45],[0.9,0.45],[0.9,1.0],[0.5,1.0]]")
}

fn main() {
    let mut args = std::env::args().skip(1);
    let root = PathBuf::from(args.next().expect("a folder for the recording"));
    let days: i64 = args.next().map_or(7, |days| days.parse().expect("how many days"));
    let site = |text: &str| Site::parse("bench", text).expect("the site is right");
    let (live, tried) = (site(SITE), site(&other()));
    // So that the program itself can be timed on the same: `kerbwatch zones backtest --site … --against …`.
    std::fs::create_dir_all(&root).expect("a folder that can be written to");
    for (name, text) in [("live.toml", SITE), ("tried.toml", &other())] {
        std::fs::write(root.join(name), text).expect("a folder that can be written to");
    }
    if !root.join("busy").is_dir() {
        let began = Instant::now();
        let painted = args.next().map_or(days, |days| days.parse().expect("how many days"));
        record(&root, &live, painted);
        if painted < days {
            repeat(&root, days);
        }
        println!("recorded {days} days in {:.0} s", began.elapsed().as_secs_f64());
    }
    let zoning = |site: &Site| Zoning { camera: site.cameras[0].clone(), calendar: site.calendar.clone() };
    let ask = Ask { before: zoning(&live), after: zoning(&tried), from_ms: START_MS, until_ms: START_MS + days * DAY_MS };
    let recordings = Recordings::new(&root);
    let mut took = Vec::new();
    for _ in 0..5 {
        let (began, cpu_s) = (Instant::now(), Usage::now().cpu_s);
        let answer = recordings.backtest(&ask).expect("the recording can be read");
        took.push(began.elapsed());
        let count = |fate| answer.rows.iter().filter(|row| row.fate == fate).count();
        use console::backtest::Fate::{Added, Lost, Unchanged};
        println!(
            "{:.3} s, {:.3} CPU-s: {} looks, {} added, {} lost, {} unchanged",
            began.elapsed().as_secs_f64(),
            Usage::now().cpu_s - cpu_s,
            answer.looks,
            count(Added),
            count(Lost),
            count(Unchanged)
        );
    }
    took.sort();
    println!("median {:.3} s", took.get(2).copied().unwrap_or(Duration::ZERO).as_secs_f64());
}
