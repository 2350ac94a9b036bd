//! The command line: one file per subcommand, each with `Args` and `run`.
//!
//! Exit codes (contract): 0 fine, 1 failed, 2 bad use (of the command line, a configuration, a site or a model file).
//! Errors go to stderr as one clear sentence.

pub mod analyze;
pub mod cameras;
pub mod check;
pub mod console;
pub mod demo;
pub mod evaluate;
pub mod evidence;
pub mod export_training;
pub mod models;
pub mod retention;
pub mod seed;
pub mod standalone;
pub mod worker;
pub mod zones;

use std::ffi::OsString;
use std::fmt;
use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Street cameras in, reviewed enforcement candidates out.
#[derive(Debug, Parser)]
#[command(name = "kerbwatch", version = crate::build::VERSION, about, max_term_width = 110, propagate_version = true)]
struct Cli {
    /// What is logged: error, warn, info, debug, trace, or a filter such as `kerbwatch_ingest=debug`
    #[arg(long, global = true, env = "KERBWATCH_LOG", default_value = "info", value_name = "FILTER")]
    log: String,
    /// Log lines as JSON
    #[arg(long, global = true)]
    log_json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Sample cameras over real RTSP, worker and console on this machine; prints the address and a log-in
    Demo(demo::Args),
    /// Worker and console in one process; bus and database are SQLite files
    Standalone(standalone::Args),
    /// Watch cameras and hand candidates to the bus
    Worker(worker::Args),
    /// The officers' web console
    Console(console::Args),
    /// Do everything a start would do, short of starting; say what is wrong
    Check(check::Args),
    /// Analyse a recording, as fast as the machine allows
    Analyze(analyze::Args),
    /// Compare events with the truth: precision, recall, F1, duplicates, delay
    Evaluate(evaluate::Args),
    /// Work with evidence packages
    Evidence(evidence::Args),
    /// Add, check and list models
    Models(models::Args),
    /// Delete evidence pictures that are due, or show which are
    Retention(retention::Args),
    /// Put cameras on the bus, so that workers watch them
    Cameras(cameras::Args),
    /// Try zones on what cameras saw
    Zones(zones::Args),
    /// Write a made-up history into the console's database, to show and to measure with
    Seed(seed::Args),
}

/// A wrong command line, configuration, site or model file: exit code 2.
#[derive(Debug)]
pub struct BadUse(pub anyhow::Error);

impl fmt::Display for BadUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The chain in one line: this error is printed, not walked.
        write!(f, "{:#}", self.0)
    }
}

impl std::error::Error for BadUse {}

/// Marks an error as [`BadUse`].
pub fn bad_use(error: impl Into<anyhow::Error>) -> anyhow::Error {
    anyhow::Error::new(BadUse(error.into()))
}

/// Runs the program with this process's arguments.
pub fn main() -> ExitCode {
    main_with(std::env::args_os())
}

fn main_with(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    if let Err(error) = crate::telemetry::init_log(&cli.log, cli.log_json) {
        return fail(&bad_use(error));
    }
    let result = match cli.command {
        Command::Demo(args) => demo::run(args),
        Command::Standalone(args) => standalone::run(args),
        Command::Worker(args) => worker::run(args),
        Command::Console(args) => console::run(args),
        Command::Check(args) => check::run(args),
        Command::Analyze(args) => analyze::run(args),
        Command::Evaluate(args) => evaluate::run(args),
        Command::Evidence(args) => evidence::run(args),
        Command::Retention(args) => retention::run(&args),
        Command::Models(args) => models::run(args),
        Command::Cameras(args) => cameras::run(args),
        Command::Zones(args) => zones::run(args),
        Command::Seed(args) => seed::run(args),
    };
    result.unwrap_or_else(|error| fail(&error))
}

fn fail(error: &anyhow::Error) -> ExitCode {
    // A reader that went away (`| head`) is no failure worth a sentence.
    let broken_pipe = error
        .chain()
        .any(|cause| cause.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe));
    if !broken_pipe {
        let _ = writeln!(std::io::stderr(), "kerbwatch: {error:#}");
    }
    ExitCode::from(if error.downcast_ref::<BadUse>().is_some() { 2 } else { 1 })
}
