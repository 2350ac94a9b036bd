//! Measures preparation and run of models on a 1080p picture, one thread each.
//!
//! `cargo run -p kerbwatch-inference --example measure -- FILE.onnx…` (add `--release` for numbers to be quoted).

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use events::{ClockSource, Frame, I420, RunId, Size, Stamp, StreamTime, WallTime};
use kerbwatch_inference::models::{self, AddOptions};
use kerbwatch_inference::{Engine, EngineOptions};

const RUNS: u32 = 30;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{:32} {:>5} {:>5} {:>16} {:>12} {:>12}",
        "model", "input", "tiles", "prepare ms/tile", "run ms/tile", "detect ms"
    )?;
    for file in std::env::args().skip(1) {
        let dir = tempfile::tempdir()?;
        let (folder, _) = models::add(dir.path(), Path::new(&file), &AddOptions::default())?;
        let (name, side) = (folder.name().to_owned(), folder.input().size.width);
        for max_tiles in [1, 4] {
            let engine = Engine::start(vec![folder.clone()], EngineOptions { max_tiles, ..EngineOptions::default() })?;
            let (detector, frame) = (engine.detector(), picture()?);
            detector.detect(&frame, &[])?;
            let before = engine.stats();
            let began = Instant::now();
            for _ in 0..RUNS {
                detector.detect(&frame, &[])?;
            }
            let (took, after) = (began.elapsed(), engine.stats());
            let tiles = (after.tiles - before.tiles) as f64;
            let ms = |time: Duration| time.as_secs_f64() * 1e3;
            let (prepare, run) = (ms(after.prepared - before.prepared) / tiles, ms(after.busy - before.busy) / tiles);
            let each = ms(took) / f64::from(RUNS);
            writeln!(out, "{name:32} {side:>5} {:>5} {prepare:>16.2} {run:>12.2} {each:>12.2}", tiles / f64::from(RUNS))?;
        }
    }
    Ok(())
}

/// 1080p with something in every pixel.
fn picture() -> Result<Frame, Box<dyn std::error::Error>> {
    let mut picture = I420::filled(Size { width: 1920, height: 1080 }, [0, 120, 135]);
    for (index, pixel) in picture.luma_mut().iter_mut().enumerate() {
        *pixel = (index % 211 + index / 1920 % 37) as u8;
    }
    let wall = WallTime { unix_ns: 0, max_error: Duration::ZERO, source: ClockSource::Unknown };
    let stamp = Stamp { camera: "measure".parse()?, run: RunId(1), seq: 0, at: StreamTime(0), wall };
    Ok(Frame::new(stamp, Arc::new(picture)))
}
