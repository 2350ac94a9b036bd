//! Our tracker alone on MOT sequences: detections in, tracks out, both as MOT text, for an outside evaluator to judge.
//!
//! `track SEQUENCES OUT`: for each folder of SEQUENCES with `seqinfo.ini` and `det/det.txt`, OUT/NAME.txt. Only what was
//! detected in a frame is written for it, as the evaluators' rules want; nothing is added afterwards.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use events::{BBox, Detection, Detections, ObjectClass, RunId, Score, Stamp, StreamTime, WallTime};
use scene::tracker::Tracker;

/// What a sequence says of itself.
#[derive(Debug, PartialEq)]
struct Sequence {
    width: f64,
    height: f64,
    fps: f64,
    frames: u64,
}

fn main() -> ExitCode {
    let args: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [sequences, out] = args.as_slice() else {
        eprintln!("usage: track SEQUENCES OUT");
        return ExitCode::from(2);
    };
    match all(sequences, out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("track: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn all(sequences: &Path, out: &Path) -> Result<(), String> {
    let in_it = fs::read_dir(sequences).map_err(|error| format!("{}: {error}", sequences.display()))?;
    let mut folders: Vec<PathBuf> =
        in_it.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| path.join("det/det.txt").is_file()).collect();
    folders.sort();
    if folders.is_empty() {
        return Err(format!("{}: no folder in it has det/det.txt", sequences.display()));
    }
    fs::create_dir_all(out).map_err(|error| format!("{}: {error}", out.display()))?;
    for folder in folders {
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let sequence = sequence(&read(&folder.join("seqinfo.ini"))?).map_err(|e| format!("{name}/seqinfo.ini: {e}"))?;
        let looks = detections(&read(&folder.join("det/det.txt"))?, &sequence).map_err(|e| format!("{name}/det/det.txt: {e}"))?;
        let begun = Instant::now();
        let text = track(&sequence, &looks);
        let took = begun.elapsed();
        eprintln!("{name}: {} frames in {:.0} ms", sequence.frames, took.as_secs_f64() * 1e3);
        let to = out.join(format!("{name}.txt"));
        fs::write(&to, text).map_err(|error| format!("{}: {error}", to.display()))?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn sequence(ini: &str) -> Result<Sequence, String> {
    let value = |key: &str| -> Result<f64, String> {
        let line = ini.lines().find_map(|line| line.trim().strip_prefix(key)?.trim_start().strip_prefix('='));
        let number = line.and_then(|text| text.trim().parse::<f64>().ok()).filter(|v| v.is_finite() && *v > 0.0);
        number.ok_or_else(|| format!("{key} is missing or not above 0"))
    };
    Ok(Sequence {
        width: value("imWidth")?,
        height: value("imHeight")?,
        fps: value("frameRate")?,
        frames: value("seqLength")? as u64,
    })
}

/// Some detections, and the truth, reach beyond the picture's edge; ours may not. So the picture is laid into the middle of
/// one this many times its size: the tracker knows no absolute size, and nobody's boxes are cut.
const MARGIN: f64 = 2.0;

/// A coordinate of the picture, in the larger one.
fn laid(v: f64) -> f64 {
    (v + (MARGIN - 1.0) / 2.0) / MARGIN
}

/// By frame, counted from 1. Columns: frame, id, left, top, width, height in pixels, score.
fn detections(text: &str, sequence: &Sequence) -> Result<BTreeMap<u64, Vec<Detection>>, String> {
    let mut looks: BTreeMap<u64, Vec<Detection>> = BTreeMap::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let cells: Option<Vec<f64>> = line.split(',').map(|cell| cell.trim().parse().ok()).collect();
        let Some([frame, _, x, y, w, h, score]) = cells.as_deref().and_then(<[f64]>::first_chunk::<7>).copied() else {
            return Err(format!("line {}: seven numbers are needed", index + 1));
        };
        let (x, y) = (x / sequence.width, y / sequence.height);
        let (w, h) = (w / sequence.width, h / sequence.height);
        let bbox = BBox::clamped(laid(x), laid(y), laid(x + w), laid(y + h));
        looks.entry(frame as u64).or_default().push(Detection {
            class: ObjectClass::Person,
            score: Score::clamped(score as f32),
            bbox,
        });
    }
    Ok(looks)
}

/// Tracks as MOT text.
fn track(sequence: &Sequence, looks: &BTreeMap<u64, Vec<Detection>>) -> String {
    let mut tracker = Tracker::new();
    let mut text = String::new();
    for frame in 1..=sequence.frames {
        let at = StreamTime(((frame - 1) as f64 / sequence.fps * 1e9).round() as i64);
        let camera = "mot".parse().expect("a constant id");
        let stamp = Stamp { camera, run: RunId(1), seq: frame, at, wall: WallTime::known(at.0) };
        let items = looks.get(&frame).cloned().unwrap_or_default();
        let tracks = tracker.step(&Detections { stamp, models: [].into(), items });
        for track in &tracks.live {
            let [x1, y1, x2, y2] = track.bbox.to_array().map(|v| v * MARGIN - (MARGIN - 1.0) / 2.0);
            let (x, y) = (x1 * sequence.width, y1 * sequence.height);
            let (w, h) = ((x2 - x1) * sequence.width, (y2 - y1) * sequence.height);
            writeln!(text, "{frame},{},{x:.2},{y:.2},{w:.2},{h:.2},1,-1,-1,-1", track.id + 1).expect("a string takes all");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const INI: &str = "[Sequence]\nname=x\nframeRate=10\nseqLength=3\nimWidth=200\nimHeight=100\n";

    #[test]
    fn a_walker_keeps_one_id_and_pixels_come_back_as_they_went_in() {
        let sequence = sequence(INI).unwrap();
        let looks = detections("1,-1,20,10,20,50,0.9\n2,-1,21,10,20,50,0.9\n3,-1,22,10,20,50,0.9\n", &sequence).unwrap();
        let text = track(&sequence, &looks);
        let last: Vec<f64> = text.lines().last().unwrap().split(',').map(|cell| cell.parse().unwrap()).collect();
        assert_eq!(last[0], 3.0);
        assert!((last[2] - 22.0).abs() < 2.0 && (last[5] - 50.0).abs() < 2.0, "{last:?}");
        let ids: std::collections::BTreeSet<&str> = text.lines().filter_map(|line| line.split(',').nth(1)).collect();
        assert_eq!(ids.len(), 1, "{text}");
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(
            sequence("frameRate=10\nseqLength=3\nimWidth=0\nimHeight=100\n"),
            Err("imWidth is missing or not above 0".to_owned())
        );
        let sequence = sequence(INI).unwrap();
        assert_eq!(detections("1,-1,2,3,4,5,0.9\n1,2,3\n", &sequence), Err("line 2: seven numbers are needed".to_owned()));
    }
}
