//! A made-up history, the same for the same seed: cameras with zones and permits, areas, outages, candidates, decisions, cases, late
//! reviews, frame audits, complaints and patrol finds. For demonstrations, for measuring at a million candidates, and for comparing every clearance figure with an
//! independent computation. It has no pictures, and nothing in it is about anybody.

mod city;
mod fate;
mod flow;
mod places;
mod random;
mod recall;
mod rows;
mod story;

use std::sync::Arc;

use crate::clock::{Clock, SimulatedClock};
use crate::keeper::{ALL_MS, Keeper};
use crate::store::{Store, StoreError};
use city::City;
use random::Random;
use rows::Rows;

/// What history is wanted.
#[derive(Debug, Clone)]
pub struct SeedOptions {
    /// The same number gives the same history.
    pub seed: u64,
    /// Cameras.
    pub cameras: u32,
    /// Days.
    pub days: u32,
    /// Candidates in all; nearly so many, spread over cameras and days.
    pub candidates: u64,
    /// The history ends then, Unix milliseconds.
    pub until_ms: i64,
    /// Time zone of days and schedules.
    pub time_zone: String,
    /// Also into a database that holds candidates or cameras already.
    pub into_existing: bool,
    /// Make the clearance figures, too, so that the first look at them is quick.
    pub figures: bool,
}

/// What was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seeded {
    /// Cameras.
    pub cameras: u64,
    /// Candidates.
    pub candidates: u64,
    /// Decisions on them.
    pub decisions: u64,
    /// Zone-days with figures.
    pub zone_days: u64,
}

/// Why nothing, or not all, was made.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// What is asked for cannot be.
    #[error("{0}")]
    Options(String),
    /// There is something already.
    #[error(
        "the database holds {cameras} cameras and {candidates} candidates: made-up ones among real ones cannot be told apart"
    )]
    NotEmpty {
        /// How many.
        cameras: i64,
        /// How many.
        candidates: i64,
    },
    /// The database cannot be opened.
    #[error("opening the database")]
    Open(#[from] StoreError),
    /// The database failed.
    #[error("writing the history")]
    Database(#[from] sqlx::Error),
}

/// What is under way, for whoever waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeedProgress {
    /// So many candidates of so many are written.
    Candidates(u64, u64),
    /// The clearance figures are being made.
    Figures,
}

fn check(options: &SeedOptions) -> Result<(), SeedError> {
    let refuse = |text: &str| Err(SeedError::Options(text.to_owned()));
    if !(1..=100_000).contains(&options.cameras) {
        return refuse("1 to 100000 cameras can be made");
    }
    if !(1..=400).contains(&options.days) {
        return refuse("1 to 400 days can be made");
    }
    if options.candidates > 50_000_000 {
        return refuse("at most 50000000 candidates can be made");
    }
    if jiff::tz::TimeZone::get(&options.time_zone).is_err() {
        return Err(SeedError::Options(format!("the time zone {:?} is not known", options.time_zone)));
    }
    Ok(())
}

/// Writes a history into a database. Needs a runtime of several threads.
///
/// # Errors
/// Options that cannot be, a database that holds something already, a database that fails.
pub async fn seed(
    database: &str,
    options: &SeedOptions,
    mut progress: impl FnMut(SeedProgress) + Send,
) -> Result<Seeded, SeedError> {
    check(options)?;
    // The history ends when it ends, whatever the clock on the wall says.
    let clock = Arc::new(SimulatedClock::at(options.until_ms));
    let store = Store::open(database, 4, clock.clone()).await?;
    let made = seed_into(&store, &clock, options, &mut progress).await;
    store.close().await;
    made
}

async fn seed_into(
    store: &Store,
    clock: &SimulatedClock,
    options: &SeedOptions,
    progress: &mut (impl FnMut(SeedProgress) + Send),
) -> Result<Seeded, SeedError> {
    let (cameras, candidates) = store.how_much().await?;
    if !options.into_existing && (cameras > 0 || candidates > 0) {
        return Err(SeedError::NotEmpty { cameras, candidates });
    }
    let city = City::new(options);
    let mut rows = Rows::new(store, options);
    rows.officers().await?;
    let share = options.candidates as f64 / city.cameras.iter().map(|camera| camera.busy).sum::<f64>();
    let (mut done, mut due) = (0u64, 0.0f64);
    let (mut picks, every) = (Vec::new(), (options.candidates / recall::PICKED).max(1));
    for (index, camera) in city.cameras.iter().enumerate() {
        // Cameras differ threefold in what they see; in all it is what was asked for.
        due += share * camera.busy;
        let want = if index + 1 == city.cameras.len() { options.candidates } else { due.round() as u64 };
        let mut random = Random::of(options.seed, 1_000 + index as u64);
        rows.camera(camera, index, options).await?;
        for told in story::tell(camera, options, want.saturating_sub(done), &mut random) {
            rows.candidate(camera, &told).await?;
            done += 1;
            if done % every == 0 {
                picks.push((index, told));
            }
            if done.is_multiple_of(5_000) {
                progress(SeedProgress::Candidates(done, options.candidates));
            }
        }
    }
    rows.finish().await?;
    rows.areas(&places::areas(&city), city::begin(options)).await?;
    progress(SeedProgress::Candidates(done, options.candidates));
    let mut zone_days = 0;
    let keeper = Keeper::new(&options.time_zone);
    if options.figures {
        progress(SeedProgress::Figures);
        keeper.refresh(store).await?;
    }
    // The backlog is worked off at the very end: days that were final change. So much later that every zone is looked at.
    clock.advance(ALL_MS);
    let late = rows.late_reviews(clock.now_ms()).await?;
    recall::recall(store, &keeper, (&city, options, &picks), clock.now_ms()).await?;
    if options.figures {
        keeper.refresh(store).await?;
        let definition = store.clearance_definition().await?;
        let loaded = keeper.loaded(store, definition.version).await?;
        zone_days = loaded.days.values().map(|day| day.zone_days().count() as u64).sum();
    }
    rows.tell(options).await?;
    Ok(Seeded { cameras: city.cameras.len() as u64, candidates: done, decisions: rows.decided + late, zone_days })
}
