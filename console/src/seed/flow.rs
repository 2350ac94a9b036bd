//! What workers said of a made-up camera: who judged which kind in the second half of its history (before, they were of a
//! version that gives no account), a model that was replaced, a kind that was switched off for some hours, models that failed;
//! its runs, and frames of its last days.

use serde_json::json;

use super::SeedOptions;
use super::city::{SeedCamera, begin};
use crate::clearance::interval::IntervalSet;
use crate::store::{Bulk, Cell};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// In the order of the alphabet, as they are kept.
const KINDS: &str = "illegal_stall,storefront_encroachment,unauthorized_ad,waste_dumping";
const WITHOUT_ADS: &str = "illegal_stall,storefront_encroachment,waste_dumping";
const MODELS: [&str; 2] = ["street@5eed0000", "street@5eed2222"];
/// Frames that come in an hour at 25 a second, and the key frames of them.
const FRAMES: i64 = 90_000;
const KEY_FRAMES: i64 = 1_800;
/// The last hours are there as workers gave them, every five minutes.
const WHOLE: i64 = 2 * HOUR;
const FIVE: i64 = 5 * MINUTE;
/// Of so many days there are frames.
const DAYS: i64 = 7;

/// When another model came.
pub(super) fn upgraded(options: &SeedOptions) -> i64 {
    options.until_ms - i64::from(options.days) * DAY / 3
}

fn text(value: &str) -> Cell {
    Cell::Text(value.to_owned())
}

/// What is waiting to be written.
pub(super) struct FlowRows {
    judged: Bulk,
    unjudged: Bulk,
    runs: Bulk,
    hours: Bulk,
    accounts: Bulk,
}

impl FlowRows {
    pub(super) fn new() -> Self {
        Self {
            judged: Bulk::new("judged_spans", &["camera", "run", "from_ms", "until_ms", "kinds", "models"]),
            unjudged: Bulk::new("unjudged_spans", &["camera", "run", "from_ms", "until_ms", "why"]),
            runs: Bulk::new("camera_runs", &["camera", "run", "from_ms", "until_ms", "ended"]),
            hours: Bulk::new(
                "camera_flow_hours",
                &["camera", "hour_ms", "length_ms", "received", "decoded", "inferred", "dropped", "active_ms", "parts"],
            ),
            accounts: Bulk::new(
                "camera_flow",
                &["camera", "run", "from_ms", "until_ms", "received", "decoded", "inferred", "dropped", "decode", "active_ms"],
            ),
        }
    }

    pub(super) fn all(&mut self) -> [&mut Bulk; 5] {
        [&mut self.judged, &mut self.unjudged, &mut self.runs, &mut self.hours, &mut self.accounts]
    }

    /// Of one camera, the `index`th.
    pub(super) fn camera(&mut self, options: &SeedOptions, index: usize, camera: &SeedCamera) {
        // A stream goes on while its picture is dark or covered.
        let offline = IntervalSet::of(camera.outages.iter().filter(|(.., what)| *what == "offline").map(|o| (o.0, o.1)));
        let start = begin(options);
        let middle = start + i64::from(options.days) / 2 * DAY;
        for (from, until) in IntervalSet::span(start, options.until_ms).minus(&offline).spans() {
            let (run, span) = (*from, IntervalSet::span(*from, *until));
            let ended = if *until < options.until_ms { text("stalled") } else { Cell::NoText };
            if *until >= options.until_ms - 30 * DAY {
                self.runs.push(vec![text(&camera.id), Cell::Int(run), Cell::Int(*from), Cell::Int(*until), ended]);
            }
            self.judge(options, index, &camera.id, run, &span.clip(middle, options.until_ms), middle);
            self.accounts(options, camera, run, &span.intersect(&camera.watched));
        }
        self.hours(options, camera);
    }

    /// Who judged what in a run.
    fn judge(&mut self, options: &SeedOptions, index: usize, camera: &str, run: i64, told: &IntervalSet, middle: i64) {
        // Somebody took the rule for ads out of a zone, and put it back after six hours.
        let switched_off = if index % 17 == 3 { (middle + DAY + 9 * HOUR, middle + DAY + 15 * HOUR) } else { (0, 0) };
        let off = IntervalSet::span(switched_off.0, switched_off.1);
        let upgraded = upgraded(options).max(middle);
        for (model, part) in [(MODELS[0], told.clip(i64::MIN / 2, upgraded)), (MODELS[1], told.clip(upgraded, i64::MAX / 2))] {
            for (kinds, part) in [(KINDS, part.minus(&off)), (WITHOUT_ADS, part.intersect(&off))] {
                for (from, until) in part.spans() {
                    let times = [Cell::Int(run), Cell::Int(*from), Cell::Int(*until)];
                    self.judged.push([&[text(camera)][..], &times, &[text(kinds), text(model)]].concat());
                }
            }
        }
        if index % 11 == 5 {
            let failed = told.clip(middle + 2 * DAY + 10 * HOUR, middle + 2 * DAY + 11 * HOUR + 30 * MINUTE);
            for (from, until) in failed.spans() {
                let times = [Cell::Int(run), Cell::Int(*from), Cell::Int(*until)];
                self.unjudged.push([&[text(camera)][..], &times, &[text("models_failed")]].concat());
            }
        }
    }

    /// Frames while it watched, by the hour.
    fn hours(&mut self, options: &SeedOptions, camera: &SeedCamera) {
        let whole = whole(options);
        for hour in 0..DAYS * 24 {
            let from = whole - (hour + 1) * HOUR;
            let length = camera.watched.length_within(from, from + HOUR);
            if length > 0 {
                let first = [text(&camera.id), Cell::Int(from), Cell::Int(length)];
                self.hours.push([&first[..], &counts(camera, length), &[active(camera, length), text("[0]")]].concat());
            }
        }
    }

    /// And of the last hours, as the worker of a run said it.
    fn accounts(&mut self, options: &SeedOptions, camera: &SeedCamera, run: i64, watched: &IntervalSet) {
        let mut from = whole(options);
        while from < options.until_ms {
            let until = (from + FIVE).min(options.until_ms);
            let length = watched.length_within(from, until);
            if length > 0 {
                let first = [text(&camera.id), Cell::Int(run), Cell::Int(from), Cell::Int(until)];
                self.accounts.push([&first[..], &counts(camera, length), &[text("keyframes"), active(camera, length)]].concat());
            }
            from += FIVE;
        }
    }
}

/// Until then accounts are added up by the hour.
fn whole(options: &SeedOptions) -> i64 {
    options.until_ms - options.until_ms.rem_euclid(HOUR) - WHOLE
}

/// In how much of the time more was decoded: a busy street has more to look at.
fn active_ms(camera: &SeedCamera, length: i64) -> i64 {
    (camera.busy * 240_000.0) as i64 * length / HOUR
}

fn active(camera: &SeedCamera, length: i64) -> Cell {
    Cell::Int(active_ms(camera, length))
}

/// Frames that came, were decoded, looked at, and were not needed.
fn counts(camera: &SeedCamera, length: i64) -> [Cell; 4] {
    let (received, looked) = (FRAMES * length / HOUR, KEY_FRAMES * length / HOUR + active_ms(camera, length) / 200);
    let dropped = json!({ "not_needed": received - looked });
    [Cell::Int(received), Cell::Int(looked), Cell::Int(looked), text(&dropped.to_string())]
}
