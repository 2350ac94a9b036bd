//! `kerbwatch seed`: a made-up history in the console's database, for demonstrations and measurements.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use console::{SeedError, SeedOptions, SeedProgress};

use super::bad_use;
use crate::config::Config;

/// Candidates per camera and day where `--candidates` is not given.
const USUAL: u64 = 4;

/// Write a made-up history into the console's database: the same for the same --seed and --until. Never over data
#[derive(Debug, clap::Args)]
pub struct Args {
    /// `sqlite:///path/to/console.db` or `postgres://user@host/name`
    #[arg(long, value_name = "URL", conflicts_with = "config", required_unless_present = "config")]
    database: Option<String>,
    /// Configuration file; its console's database is used
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The same number gives the same history
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How many cameras
    #[arg(long, value_name = "N", default_value_t = 200)]
    cameras: u32,
    /// How many days
    #[arg(long, value_name = "N", default_value_t = 30)]
    days: u32,
    /// How many candidates in all; four per camera and day where it is not given
    #[arg(long, value_name = "N")]
    candidates: Option<u64>,
    /// When the history ends, RFC 3339; now, to the hour, where it is not given
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Also into a database that holds cameras or candidates already
    #[arg(long)]
    into_existing: bool,
    /// Leave the clearance figures to the console, which makes them when it starts
    #[arg(long)]
    no_figures: bool,
}

/// Writes the history.
///
/// # Errors
/// A wrong configuration or option (exit 2); a database that cannot be opened or that holds something already.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (database, time_zone) = match (&args.database, &args.config) {
        (Some(url), _) => (url.clone(), "Asia/Shanghai".to_owned()),
        (None, Some(path)) => {
            let config = Config::read(path).map_err(bad_use)?;
            std::fs::create_dir_all(&config.data).with_context(|| format!("making {}", config.data.display()))?;
            (config.console.database, config.console.time_zone)
        }
        (None, None) => return Err(bad_use(anyhow!("name a database with --database or --config"))),
    };
    let usual = u64::from(args.cameras) * u64::from(args.days) * USUAL;
    let options = SeedOptions {
        seed: args.seed,
        cameras: args.cameras,
        days: args.days,
        candidates: args.candidates.unwrap_or(usual),
        until_ms: until(args.until.as_deref())?,
        time_zone,
        into_existing: args.into_existing,
        figures: !args.no_figures,
    };
    // The figures are arithmetic: they want a thread that nothing else waits on.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the async runtime")?;
    let made = runtime.block_on(console::seed(&database, &options, progress));
    let made = made.map_err(|error| match error {
        SeedError::NotEmpty { .. } => anyhow!("{error}; say --into-existing if that is what you want"),
        SeedError::Options(text) => bad_use(anyhow!(text)),
        other => anyhow::Error::new(other),
    })?;
    writeln!(
        std::io::stdout(),
        "{} cameras, {} candidates, {} decisions, {} zone-days with figures",
        made.cameras,
        made.candidates,
        made.decisions,
        made.zone_days
    )?;
    Ok(ExitCode::SUCCESS)
}

fn until(text: Option<&str>) -> anyhow::Result<i64> {
    let hour = 3_600_000;
    match text {
        None => Ok(jiff::Timestamp::now().as_millisecond() / hour * hour),
        Some(text) => {
            let time: jiff::Timestamp = text.parse().map_err(|_| bad_use(anyhow!("--until {text:?} is not an RFC 3339 time")))?;
            Ok(time.as_millisecond())
        }
    }
}

/// On a terminal one line that is written over; elsewhere silence.
fn progress(progress: SeedProgress) {
    let mut stderr = std::io::stderr();
    if !stderr.is_terminal() {
        return;
    }
    // Nobody is served by a seed that fails because its progress cannot be shown.
    let _ = match progress {
        SeedProgress::Candidates(done, all) => write!(stderr, "\r{done} of {all} candidates written "),
        SeedProgress::Figures => writeln!(stderr, "\nmaking the clearance figures"),
    };
}
