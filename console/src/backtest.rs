//! What other zones would have raised: asked here, answered by whoever runs the console and knows how scenes judge.

use events::Candidate;
use events::schedule::Calendar;
use events::site::Camera;
use std::path::PathBuf;

/// Zones and the calendar that they are read by.
#[derive(Debug, Clone)]
pub struct Zoning {
    /// The camera with its zones.
    pub camera: Camera,
    /// Time zone and holidays.
    pub calendar: Calendar,
}

/// Which past is judged, and how.
#[derive(Debug, Clone)]
pub struct Ask {
    /// What is compared with: what is live.
    pub before: Zoning,
    /// What would be.
    pub after: Zoning,
    /// First moment, Unix milliseconds.
    pub from_ms: i64,
    /// Last moment.
    pub until_ms: i64,
}

/// What became of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fate {
    /// Only the new zones raise it.
    Added,
    /// Only the old zones raise it.
    Lost,
    /// Both do.
    Unchanged,
}

/// One thing that one of the two, or both, would have raised.
#[derive(Debug, Clone)]
pub struct Row {
    /// What became of it.
    pub fate: Fate,
    /// As the old zones raise it. Where it is lost because a permit covers it now, `after` is that one.
    pub before: Option<Candidate>,
    /// As the new zones raise it.
    pub after: Option<Candidate>,
    /// A small still of the place, by its key within the recordings.
    pub still: Option<String>,
}

/// How much of a new zone was watched in the period.
#[derive(Debug, Clone, PartialEq)]
pub struct Cover {
    /// Zone id.
    pub zone: String,
    /// Share of its area and of the recorded time that was watched, 0..=1: elsewhere nobody can say what would have been.
    pub share: f64,
}

/// The answer.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// By the time at which they were, or would have been, raised.
    pub rows: Vec<Row>,
    /// How much of each new zone was watched.
    pub cover: Vec<Cover>,
    /// Seconds of the period in which the camera saw the street.
    pub seen_s: f64,
    /// Looks that were judged.
    pub looks: u64,
    /// Smallest thing that was followed, as a share of the picture; smaller ones were not recorded.
    pub least_area: f64,
    /// What could not be read, one sentence each.
    pub unread: Vec<String>,
    /// How long it took, milliseconds.
    pub took_ms: u64,
}

/// Answers.
pub trait Backtester: Send + Sync {
    /// Judges the recordings of the period again.
    ///
    /// # Errors
    /// A sentence, when they cannot be read at all.
    fn run(&self, ask: &Ask) -> Result<Answer, String>;

    /// The file of a still of this camera, by its key.
    fn still(&self, camera: &str, key: &str) -> Option<PathBuf>;

    /// Kept pictures of the whole view since a moment, newest first.
    ///
    /// # Errors
    /// A sentence, when they cannot be listed.
    fn views(&self, camera: &str, since_ms: i64) -> Result<Vec<KeptView>, String>;

    /// Asks whoever watches the camera for a picture now; it appears among [`Backtester::views`].
    ///
    /// # Errors
    /// A sentence, when nobody can be asked.
    fn ask_view(&self, camera: &str) -> Result<(), String>;
}

/// How bright a street is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Light {
    /// By day.
    Day,
    /// At dusk, at dawn, in heavy weather.
    Dusk,
    /// By street lamps.
    Night,
}

/// A kept picture of the whole view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptView {
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// How bright it was.
    pub light: Light,
    /// Its key within the recordings.
    pub key: String,
}
