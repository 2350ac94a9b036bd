//! Reading `truth.jsonl`, `lookalikes.jsonl` and `events.jsonl`. What is wrong is named with file and line.

use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use events::wire::v1::CANDIDATE;
use events::{BBox, Kind};
use serde::Deserialize;

use super::{Lookalike, Raised, Truth, dwell};

/// Why a file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error("reading {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line is not what it should be.
    #[error("{path}:{line}: {reason}")]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
}

#[derive(Deserialize)]
struct TruthLine {
    kind: String,
    camera: String,
    #[serde(default)]
    zone: String,
    start_s: f64,
    end_s: Option<f64>,
    #[serde(rename = "box")]
    bbox: [f64; 4],
}

/// The shape of a truth and a name.
#[derive(Deserialize)]
struct LookalikeLine {
    name: String,
    #[serde(flatten)]
    at: TruthLine,
}

/// Only what the contract promises, so that the events of others can be compared too.
#[derive(Deserialize)]
struct CandidateLine {
    id: String,
    kind: String,
    camera: String,
    #[serde(default)]
    permitted: bool,
    raised_s: f64,
    #[serde(rename = "box")]
    bbox: [f64; 4],
    #[serde(default)]
    why: serde_json::Value,
}

#[derive(Deserialize)]
struct EventLine {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    data: serde_json::Value,
}

/// Reads a truth file; blank lines are skipped.
///
/// # Errors
/// The first line that is not a truth, with its number.
pub fn read_truth(path: &Path) -> Result<Vec<Truth>, ReadError> {
    lines(path, |text| {
        let line: TruthLine = serde_json::from_str(text).map_err(|error| error.to_string())?;
        Ok(Some(truth(line)?))
    })
}

/// Reads a file of look-alikes: lines of the truth's shape with a `name`; blank lines are skipped.
///
/// # Errors
/// The first line that is not a look-alike, with its number.
pub fn read_lookalikes(path: &Path) -> Result<Vec<Lookalike>, ReadError> {
    lines(path, |text| {
        let line: LookalikeLine = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let Truth { camera, start_s, end_s, bbox, .. } = truth(line.at)?;
        Ok(Some(Lookalike { name: line.name, camera, start_s, end_s, bbox }))
    })
}

fn truth(line: TruthLine) -> Result<Truth, String> {
    if !line.start_s.is_finite() || line.end_s.is_some_and(|end_s| end_s.is_nan() || end_s < line.start_s) {
        return Err(format!("start_s {} and end_s {:?} are no span of time", line.start_s, line.end_s));
    }
    Ok(Truth {
        kind: kind(&line.kind)?,
        camera: line.camera,
        zone: line.zone,
        start_s: line.start_s,
        end_s: line.end_s,
        bbox: bbox(line.bbox)?,
    })
}

/// Reads the candidates of an events file; events of other types and blank lines are skipped.
///
/// # Errors
/// The first line that is not an event, or a candidate that lacks what the contract promises, with its number.
pub fn read_events(path: &Path) -> Result<Vec<Raised>, ReadError> {
    lines(path, |text| {
        let event: EventLine = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if event.kind != CANDIDATE {
            return Ok(None);
        }
        let line: CandidateLine = serde_json::from_value(event.data).map_err(|error| format!("data: {error}"))?;
        let kind = kind(&line.kind)?;
        let facts = line.why.get("facts").and_then(|facts| facts.as_array());
        let fact = facts.into_iter().flatten().find(|fact| fact.get("name").is_some_and(|name| name == "dwell"));
        let needed = fact.and_then(|fact| fact.get("needed")).and_then(serde_json::Value::as_f64);
        Ok(Some(Raised {
            id: line.id,
            kind,
            camera: line.camera,
            raised_s: line.raised_s,
            bbox: bbox(line.bbox)?,
            permitted: line.permitted,
            dwell_s: dwell(kind, needed),
        }))
    })
}

fn lines<T>(path: &Path, parse: impl Fn(&str) -> Result<Option<T>, String>) -> Result<Vec<T>, ReadError> {
    let io = |source| ReadError::Io { path: path.to_owned(), source };
    let mut all = Vec::new();
    for (index, line) in BufReader::new(std::fs::File::open(path).map_err(io)?).lines().enumerate() {
        let line = line.map_err(io)?;
        if line.trim().is_empty() {
            continue;
        }
        match parse(&line) {
            Ok(Some(read)) => all.push(read),
            Ok(None) => {}
            Err(reason) => return Err(ReadError::Line { path: path.to_owned(), line: index + 1, reason }),
        }
    }
    Ok(all)
}

fn kind(text: &str) -> Result<Kind, String> {
    text.parse().map_err(|error: events::kind::UnknownKind| error.to_string())
}

fn bbox(corners: [f64; 4]) -> Result<BBox, String> {
    let [x1, y1, x2, y2] = corners;
    let within = corners.iter().all(|v| (0.0..=1.0).contains(v));
    if within && x1 <= x2 && y1 <= y2 {
        Ok(BBox { x1, y1, x2, y2 })
    } else {
        Err(format!("box {corners:?} is not [x1, y1, x2, y2] in 0..1"))
    }
}
