//! What a model folder finds in pictures, by the road Kerbwatch takes itself: tiles, preparation, suppression, joining.
//!
//! `ffmpeg -i CLIP -vf fps=1 -pix_fmt yuv420p -f rawvideo - | detect MODEL_FOLDER WIDTH HEIGHT` writes one line of JSON a
//! frame, `[[class, score, x1, y1, x2, y2], …]` in 0..1, and to stderr how long a frame took. `../../models/training` compares models so.

use std::io::{BufWriter, Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use events::{ClockSource, Frame, I420, RunId, Size, Stamp, StreamTime, WallTime};
use kerbwatch_inference::{Engine, EngineOptions, ModelFolder};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [folder, width, height] = args.as_slice() else { return Err("usage: detect MODEL_FOLDER WIDTH HEIGHT".into()) };
    let size = Size { width: width.parse()?, height: height.parse()? };
    kerbwatch_inference::runtime::load(None)?;
    let engine = Engine::start(vec![ModelFolder::read(Path::new(folder))?], EngineOptions::default())?;
    let detector = engine.detector();
    let (luma, chroma) = ((size.width * size.height) as usize, (size.width.div_ceil(2) * size.height.div_ceil(2)) as usize);
    let mut bytes = vec![0; luma + 2 * chroma];
    let (mut input, mut out) = (std::io::stdin().lock(), BufWriter::new(std::io::stdout().lock()));
    let (mut frames, mut took) = (0u64, Duration::ZERO);
    while input.read_exact(&mut bytes).is_ok() {
        let (y, uv) = bytes.split_at(luma);
        let picture = I420::from_planes(size, y.to_vec(), uv[..chroma].to_vec(), uv[chroma..].to_vec());
        let wall = WallTime { unix_ns: 0, max_error: Duration::ZERO, source: ClockSource::Unknown };
        let stamp = Stamp { camera: "detect".parse()?, run: RunId(1), seq: frames, at: StreamTime(0), wall };
        let frame = Frame::new(stamp, Arc::new(picture));
        let began = Instant::now();
        let found = detector.detect(&frame, &[])?;
        took += began.elapsed();
        frames += 1;
        let rows: Vec<_> = found
            .items
            .iter()
            .map(|one| (one.class.wire_name(), one.score.value(), one.bbox.x1, one.bbox.y1, one.bbox.x2, one.bbox.y2))
            .collect();
        serde_json::to_writer(&mut out, &rows)?;
        out.write_all(b"\n")?;
    }
    let tiles = engine.stats().tiles as f64;
    let mut err = std::io::stderr();
    writeln!(
        err,
        "{frames} frames, {:.1} tiles and {:.1} ms each",
        tiles / frames as f64,
        took.as_secs_f64() * 1e3 / frames as f64
    )?;
    Ok(())
}
