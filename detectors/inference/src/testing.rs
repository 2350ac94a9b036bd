//! What the tests share: where things lie, and inputs that are the same here and in `testdata/reference.py`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use events::{ClockSource, Frame, I420, Pixels, RunId, Size, Stamp, StreamTime, WallTime};
use serde_json::Value;

use crate::model::{ColourOrder, InputSpec, ModelFolder};
use crate::models::{self, AddOptions};

pub(crate) fn testdata(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(file)
}

/// Is ONNX Runtime there? Says so when it is not.
pub(crate) fn has_runtime() -> bool {
    crate::runtime::load(None).inspect_err(|error| eprintln!("SKIPPED: {error}")).is_ok()
}

/// The folder of real clips and models, which is not part of the repository.
pub(crate) fn real() -> Option<PathBuf> {
    let shared = std::env::var_os("KERBWATCH_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let real = shared.join("real");
    if real.join("models").is_dir() {
        return Some(real);
    }
    eprintln!("SKIPPED: no real models at {}", real.display());
    None
}

pub(crate) fn golden() -> Value {
    serde_json::from_str(&std::fs::read_to_string(testdata("golden.json")).unwrap()).unwrap()
}

/// A model folder made of an ONNX file the way a user makes one. Keep the first value while it is used.
pub(crate) fn folder(onnx: &Path, options: &AddOptions) -> (tempfile::TempDir, ModelFolder) {
    let dir = tempfile::tempdir().unwrap();
    let (folder, lines) = models::add(dir.path(), onnx, options).unwrap_or_else(|error| panic!("{}: {error}", onnx.display()));
    assert!(lines.iter().all(|line| line.ok), "{lines:#?}");
    (dir, folder)
}

/// The names the tiny models are given.
pub(crate) fn tiny_options(file: &str) -> AddOptions {
    let names: &[&str] = if file.contains("one_class") { &["person"] } else { &["person", "cart", "bag"] };
    AddOptions { classes: Some(names.iter().map(|name| (*name).to_owned()).collect()), ..AddOptions::default() }
}

pub(crate) fn tiny(file: &str) -> (tempfile::TempDir, ModelFolder) {
    folder(&testdata(file), &tiny_options(file))
}

fn normalised(planes: [Vec<f64>; 3], spec: &InputSpec) -> Vec<f32> {
    let order = match spec.colour {
        ColourOrder::Rgb => [0, 1, 2],
        ColourOrder::Bgr => [2, 1, 0],
    };
    let mut tensor = Vec::new();
    for (to, from) in order.into_iter().enumerate() {
        let (scale, mean, std) = (f64::from(spec.scale), f64::from(spec.mean[to]), f64::from(spec.std[to]));
        tensor.extend(planes[from].iter().map(|p| ((p * scale - mean) / std) as f32));
    }
    tensor
}

/// The tensor `formula` of the reference.
pub(crate) fn formula(spec: &InputSpec) -> Vec<f32> {
    let side = spec.size.width as usize;
    let planes = [0.0, 1.0, 2.0].map(|c| {
        let mut plane = Vec::with_capacity(side * side);
        for y in 0..side {
            for x in 0..side {
                let in_column = (side / 3..side / 2).contains(&x);
                let (fx, fy) = (x as f64, y as f64);
                plane.push(if in_column && y >= side / 2 {
                    40.0 + 20.0 * c
                } else if in_column && y >= side / 4 {
                    200.0 - 30.0 * c
                } else {
                    127.5 + 60.0 * (0.05 * fx + c).sin() + 50.0 * (0.035 * fy - 0.5 * c).cos() + 17.0 * (0.31 * (fx + fy)).sin()
                });
            }
        }
        plane
    });
    normalised(planes, spec)
}

/// Frame 0 of the clip of the reference.
pub(crate) fn golden_frame(real: &Path, golden: &Value) -> Option<I420> {
    let number = |key: &str| golden[key].as_u64().unwrap() as u32;
    clip_frame(real, golden["clip"].as_str().unwrap(), (number("width"), number("height")))
}

/// Frame 0 of a clip of a known size, decoded by the `ffmpeg` the reference uses too.
pub(crate) fn clip_frame(real: &Path, clip: &str, (w, h): (u32, u32)) -> Option<I420> {
    let clip = real.join("clips").join(clip);
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(&clip)
        .args(["-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"])
        .output()
        .inspect_err(|error| eprintln!("SKIPPED: ffmpeg: {error}"))
        .ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (luma, chroma) = ((w * h) as usize, (w * h / 4) as usize);
    let bytes = output.stdout;
    assert_eq!(bytes.len(), luma + 2 * chroma);
    let planes = (bytes[..luma].to_vec(), bytes[luma..luma + chroma].to_vec(), bytes[luma + chroma..].to_vec());
    Some(I420::from_planes(Size { width: w, height: h }, planes.0, planes.1, planes.2))
}

/// The tensor `clip` of the reference: the nearest pixel, BT.601.
pub(crate) fn nearest(frame: &I420, spec: &InputSpec) -> Vec<f32> {
    let (side, size) = (spec.size.width as usize, frame.size());
    let (w, h) = (size.width as usize, size.height as usize);
    let mut planes = [Vec::new(), Vec::new(), Vec::new()];
    for row in 0..side {
        for column in 0..side {
            let y = ((row as f64 + 0.5) * h as f64 / side as f64) as usize;
            let x = ((column as f64 + 0.5) * w as f64 / side as f64) as usize;
            let luma = (f64::from(frame.plane(0).row(y, w)[x]) - 16.0) * 255.0 / 219.0;
            let u = (f64::from(frame.plane(1).row(y / 2, w / 2)[x / 2]) - 128.0) * 255.0 / 224.0;
            let v = (f64::from(frame.plane(2).row(y / 2, w / 2)[x / 2]) - 128.0) * 255.0 / 224.0;
            let (r, b) = (luma + 1.402 * v, luma + 1.772 * u);
            let g = (luma - 0.299 * r - 0.114 * b) / 0.587;
            for (plane, value) in planes.iter_mut().zip([r, g, b]) {
                plane.push(value.clamp(0.0, 255.0));
            }
        }
    }
    normalised(planes, spec)
}

pub(crate) fn frame(camera: &str, seq: u64, pixels: I420) -> Frame {
    let wall = WallTime { unix_ns: 0, max_error: std::time::Duration::ZERO, source: ClockSource::Unknown };
    let stamp = Stamp { camera: camera.parse().unwrap(), run: RunId(1), seq, at: StreamTime(seq as i64 * 1_000_000_000), wall };
    Frame::new(stamp, Arc::new(pixels))
}
