//! What stood in front of a camera, when it went, and what officers made of it.

use events::schedule::WeeklyWindow;

use super::SeedOptions;
use super::city::{SeedCamera, SeedCell, begin, calendar};
use super::random::Random;
use crate::clearance::interval::IntervalSet;
use crate::clearance::schedule::open;
use crate::dto::Kind;

const MINUTE: i64 = 60_000;
const DAY: i64 = 86_400_000;
/// What was raised in between is the backlog that is worked off at the end.
const BACKLOG_DAYS: (i64, i64) = (3, 12);

/// What an officer said, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verdict {
    pub(super) at: i64,
    /// `None`: confirmed.
    pub(super) reason: Option<&'static str>,
}

/// A candidate's whole life.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) id: String,
    pub(super) cell: SeedCell,
    pub(super) first_seen: i64,
    pub(super) raised: i64,
    pub(super) spot: [f64; 4],
    pub(super) permitted: bool,
    /// The camera's last word and when.
    pub(super) look: (&'static str, i64),
    pub(super) verdict: Option<Verdict>,
    /// Decided when the backlog is worked off.
    pub(super) late: bool,
    pub(super) score: f64,
    pub(super) model: usize,
}

/// How long things of a kind stand (median minutes, spread) and how long until they are raised, seconds.
fn nature(kind: Kind) -> (f64, f64, i64) {
    match kind {
        Kind::IllegalStall => (42.0, 0.9, 180),
        Kind::StorefrontEncroachment => (75.0, 0.8, 300),
        Kind::UnauthorizedAd => (420.0, 1.0, 60),
        Kind::WasteDumping => (150.0, 1.0, 30),
    }
}

/// Which local hours things of a kind begin in: weights of 24.
fn hours(kind: Kind) -> [u8; 24] {
    match kind {
        Kind::IllegalStall => [1, 1, 0, 0, 0, 2, 6, 9, 7, 4, 3, 4, 5, 3, 3, 3, 5, 8, 10, 9, 7, 5, 3, 2],
        Kind::StorefrontEncroachment => [0, 0, 0, 0, 0, 0, 1, 4, 6, 8, 8, 7, 6, 6, 6, 6, 7, 8, 8, 6, 4, 2, 1, 0],
        Kind::UnauthorizedAd => [4, 5, 5, 4, 3, 3, 2, 2, 3, 3, 3, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 4, 4, 4],
        Kind::WasteDumping => [5, 5, 4, 3, 2, 3, 4, 4, 3, 2, 2, 2, 2, 2, 2, 2, 3, 4, 5, 6, 7, 7, 6, 6],
    }
}

/// So many candidates of a camera, in the order of its cells.
pub(super) fn tell(camera: &SeedCamera, options: &SeedOptions, count: u64, random: &mut Random) -> Vec<Told> {
    let mut out = Vec::with_capacity(usize::try_from(count).unwrap_or(0));
    let markets: Vec<IntervalSet> = camera.cells.iter().map(|cell| market(cell, options)).collect();
    // Busy places have more spots, so that not everything runs together.
    let spots = (4 + count / 250).min(40);
    for number in 0..count {
        let index = usize::try_from(number).unwrap_or(0) % camera.cells.len();
        if let Some(told) = one(camera, &camera.cells[index], &markets[index], spots, options, random) {
            out.push(told);
        }
    }
    out
}

fn market(cell: &SeedCell, options: &SeedOptions) -> IntervalSet {
    let windows: Vec<WeeklyWindow> = cell.market.iter().filter_map(|text| text.parse().ok()).collect();
    open(&windows, &calendar(options), begin(options), options.until_ms)
}

fn one(
    camera: &SeedCamera,
    cell: &SeedCell,
    market: &IntervalSet,
    spots: u64,
    options: &SeedOptions,
    random: &mut Random,
) -> Option<Told> {
    let (median, spread, dwell) = nature(cell.kind);
    let start = begin(options);
    let (mut first_seen, mut raised) = (0, 0);
    // What nobody watches is not raised: another time is drawn, some times.
    for _ in 0..40 {
        let weights = hours(cell.kind);
        let total: u32 = weights.iter().map(|w| u32::from(*w)).sum();
        let mut left = random.between(0, i64::from(total));
        let hour = weights.iter().position(|w| {
            left -= i64::from(*w);
            left < 0
        })?;
        let day = random.between(0, i64::from(options.days));
        first_seen = start + day * DAY + hour as i64 * 60 * MINUTE + random.between(0, 60 * MINUTE);
        raised = first_seen + dwell * 1000 + random.between(0, 90_000);
        if raised < options.until_ms && camera.watched.length_within(first_seen, raised) == raised - first_seen {
            break;
        }
        raised = 0;
    }
    if raised == 0 {
        // A camera that hardly ever watched: its quota is raised at its first watched minute that is long enough.
        let span = camera.watched.spans().iter().find(|(from, until)| until - from > (dwell + 90) * 1000)?;
        (first_seen, raised) = (span.0, span.0 + dwell * 1000);
    }
    let gone = raised + (random.around(median, spread) * MINUTE as f64) as i64;
    let spot = random.between(0, spots as i64) as f64;
    let y = if cell.zone == "shops" { 0.2 } else { 0.6 };
    let jitter = random.unit() * 0.01;
    let x = 0.06 + jitter + spot / spots as f64 * 0.84;
    let permitted = market.holds(raised) && market.holds(first_seen);
    let age = options.until_ms - raised;
    let late = !permitted && (BACKLOG_DAYS.0 * DAY..BACKLOG_DAYS.1 * DAY).contains(&age) && random.chance(0.02);
    let delay = (random.around(14.0, 1.2) * MINUTE as f64) as i64;
    let verdict = (!permitted && !late && random.chance(0.985)).then(|| Verdict { at: raised + delay, reason: reason(random) });
    Some(Told {
        id: random.id(),
        cell: cell.clone(),
        first_seen,
        raised,
        spot: [x, y, (x + 0.06).min(0.99), y + 0.12],
        permitted,
        look: last_look(camera, raised, gone, options.until_ms, random),
        verdict: verdict.filter(|verdict| verdict.at < options.until_ms),
        late,
        score: 0.5 + random.unit() * 0.49,
        model: usize::from(first_seen > super::flow::upgraded(options)),
    })
}

pub(super) fn reason(random: &mut Random) -> Option<&'static str> {
    match random.unit() {
        share if share < 0.58 => None,
        share if share < 0.78 => Some("not_a_violation"),
        share if share < 0.84 => Some("moving_vendor"),
        share if share < 0.88 => Some("permitted_place"),
        share if share < 0.90 => Some("permitted_window"),
        share if share < 0.95 => Some("picture_unclear"),
        share if share < 0.98 => Some("duplicate"),
        _ => Some("night_noise"),
    }
}

/// The camera's last word. What goes while it is down is seen to be gone when it is back; turned away, it is lost.
fn last_look(camera: &SeedCamera, raised: i64, gone: i64, until: i64, random: &mut Random) -> (&'static str, i64) {
    let turned = camera.outages.iter().find(|(from, _, what)| *what == "moved" && raised < *from && *from < gone);
    if let Some((from, ..)) = turned.filter(|_| random.chance(0.7)) {
        return ("lost", *from);
    }
    if gone >= until {
        return ("present", until - random.between(1, 600) * 1000);
    }
    match camera.watched.clip(gone, until).spans().first() {
        Some((from, _)) => ("cleared", *from),
        None => ("present", raised),
    }
}
