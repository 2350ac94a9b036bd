//! `kerbwatch retention`: deletes pictures that are due, as the console's own job does.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use console::clock::SystemClock;
use console::dto::{RetentionLine, RetentionSum};
use console::{RetentionError, RetentionOutcome, Store};

use super::bad_use;
use crate::config::Config;

/// Delete evidence pictures that are due, or show which are
///
/// The console does this by itself; by hand it serves to look first, or to delete on a machine whose disk no console reaches. The
/// policy is the one that the console adopted, legal holds stand above it, and each batch gets a signed certificate.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Configuration file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Delete nothing: say what would be deleted
    #[arg(long, conflicts_with = "name", required_unless_present = "name")]
    dry_run: bool,
    /// The account in whose name it is deleted, an administrator or supervisor; it stands in the certificate
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
    /// With --dry-run: look ahead so many days
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u32).range(0..=3660))]
    days: u32,
}

/// Deletes, or shows.
///
/// # Errors
/// A wrong configuration, an account without the right, a policy that rests (exit 2); a database that fails.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = Config::read(&args.config).map_err(bad_use)?;
    let sign = super::standalone::signer(&config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("starting the async runtime")?;
    let done = runtime.block_on(async {
        let store = Store::open(&config.console.database, 2, Arc::new(SystemClock)).await?;
        let done = console::retention(&store, &config.console, Some(sign), args.name.as_deref(), args.days).await;
        store.close().await;
        Ok::<_, anyhow::Error>(done)
    })?;
    let done = done.map_err(|error| match error {
        refused @ RetentionError::Refused(_) => bad_use(refused),
        other => other.into(),
    })?;
    let mut out = std::io::stdout();
    match done {
        RetentionOutcome::Dry { lines, resting } => {
            writeln!(out, "{}", header(args.days))?;
            for line in &lines {
                writeln!(out, "{}", shown(line))?;
            }
            if let Some(why) = resting {
                writeln!(out, "nothing is deleted now: {why}")?;
            }
            Ok(ExitCode::SUCCESS)
        }
        RetentionOutcome::Done { candidates, deleted, failed } => {
            writeln!(out, "{candidates} candidates: {deleted} files deleted, {failed} not")?;
            Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
        }
    }
}

fn header(days: u32) -> String {
    format!("{:<12} {:>24} {:>24} {:>24}", "rule", "due now", format!("in {days} days"), "held")
}

fn shown(line: &RetentionLine) -> String {
    let sum = |sum: RetentionSum| format!("{} cand. {} files {}", sum.candidates, sum.files, size(sum.bytes));
    let rule = serde_json::to_value(line.rule).ok().and_then(|rule| rule.as_str().map(str::to_owned)).unwrap_or_default();
    format!("{rule:<12} {:>24} {:>24} {:>24}", sum(line.now), sum(line.later), sum(line.held))
}

/// Bytes in the largest unit that leaves at least one.
fn size(bytes: i64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
    let mut left = bytes as f64;
    let mut unit = 0;
    while left >= 1000.0 && unit < UNITS.len() - 1 {
        left /= 1000.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{left:.1} {}", UNITS[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_in_units_that_people_read() {
        for (bytes, want) in [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (2_500_000, "2.5 MB"), (7_300_000_000_000, "7.3 TB")]
        {
            assert_eq!(size(bytes), want);
        }
    }
}
