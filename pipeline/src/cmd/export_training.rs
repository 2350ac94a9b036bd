//! `kerbwatch console export-training`: officers' decisions for `models/training`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::ValueEnum;
use console::clock::SystemClock;
use console::dto::{Negatives, TrainingFormat, TrainingQuery};
use console::{ExportError, Store};

use super::bad_use;
use crate::config::Config;

/// What `--format` takes.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// decisions.jsonl and stills, as models/training reads them
    Decisions,
    /// annotations.json and images
    Coco,
    /// images, labels, classes.txt and data.yaml
    Yolo,
}

/// What `--negatives` takes.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Rejected {
    /// Where the reason says that nothing of the kind was there
    NothingThere,
    /// All but test data
    All,
    /// No rejection at all
    None,
}

/// Arguments of the command.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Configuration file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The account whose right is used; it stands in the audit log
    #[arg(long = "as", value_name = "NAME")]
    name: String,
    /// A folder that is new or empty; without it a tar archive goes to standard output
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Shape of labels and pictures
    #[arg(long, value_enum, default_value = "decisions")]
    format: Format,
    /// Which rejections are hard negatives
    #[arg(long, value_enum, default_value = "nothing-there")]
    negatives: Rejected,
    /// Kinds, comma-separated
    #[arg(long, value_name = "KINDS")]
    kind: Option<String>,
    /// District, exactly
    #[arg(long)]
    district: Option<String>,
    /// Camera id
    #[arg(long)]
    camera: Option<String>,
    /// Decided at or after this time (RFC 3339)
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Decided before this time (RFC 3339)
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Originals instead of pictures blurred outside the candidate's box; needs --reason and the right to
    #[arg(long, requires = "reason")]
    unmasked: bool,
    /// The request for originals that another person approved on the page of training data
    #[arg(long, value_name = "ID", requires = "unmasked")]
    approval: Option<String>,
    /// Why; it stands in the audit log
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// Exports and says how much.
///
/// # Errors
/// A wrong configuration, an account without the right, a refused order (exit 2); a database or folder that fails.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = Config::read(&args.config).map_err(bad_use)?;
    let query = TrainingQuery {
        format: Some(match args.format {
            Format::Decisions => TrainingFormat::Decisions,
            Format::Coco => TrainingFormat::Coco,
            Format::Yolo => TrainingFormat::Yolo,
        }),
        negatives: Some(match args.negatives {
            Rejected::NothingThere => Negatives::NothingThere,
            Rejected::All => Negatives::All,
            Rejected::None => Negatives::None,
        }),
        kind: args.kind.clone(),
        district: args.district.clone(),
        camera: args.camera.clone(),
        since: args.since.clone(),
        until: args.until.clone(),
        unmasked: Some(args.unmasked),
        reason: args.reason.clone(),
        approval: args.approval.clone(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("starting the async runtime")?;
    let store = runtime.block_on(Store::open(&config.console.database, 2, Arc::new(SystemClock)))?;
    let handle = runtime.handle();
    let made = console::export_training(handle, &store, &config.console, &args.name, &query, args.out.as_deref());
    runtime.block_on(store.close());
    let tally = made.map_err(|error| match error {
        refused @ ExportError::Refused(_) => bad_use(refused),
        other => other.into(),
    })?;
    let mut said = std::io::stderr();
    writeln!(said, "{} confirmed, {} rejected", tally.confirmed, tally.rejected)?;
    for (why, count) in &tally.left_out {
        writeln!(said, "left out: {count} {why}")?;
    }
    Ok(ExitCode::SUCCESS)
}
