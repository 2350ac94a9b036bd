//! `kerbwatch worker`: watches cameras, hands candidates to the bus.

use std::path::PathBuf;
use std::process::ExitCode;

use super::bad_use;
use crate::config::Config;
use crate::stop::Stop;
use crate::{telemetry, worker};

/// Watch cameras and hand candidates to the bus
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Configuration file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// Runs until SIGINT or SIGTERM.
///
/// # Errors
/// A wrong configuration (exit 2), a state folder, runtime or bus that cannot be opened.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = Config::read(&args.config).map_err(bad_use)?;
    let stop = Stop::on_signals()?;
    let metrics = telemetry::init_metrics()?;
    let bus = worker::open_bus(&config)?;
    let _server = config.metrics.map(|listen| worker::http::Server::start(listen, metrics, bus.clone())).transpose()?;
    worker::run(&config, bus, &stop)?;
    Ok(ExitCode::SUCCESS)
}
