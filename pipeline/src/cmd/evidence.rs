//! `kerbwatch evidence verify`: checks packages offline.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::cmd::bad_use;
use crate::evidence::verify::{Options, read_keys, verify};

/// Work with evidence packages
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Check a package, or a folder of packages and the chain between them, offline
    ///
    /// Names each file that is missing, changed, exchanged or added, a signature that does not fit, a key that is not
    /// trusted, and a hole in the chain. Exit code 0: intact, 1: not. How to check without this program: EVIDENCE.md.
    Verify(VerifyArgs),
}

/// Arguments of `evidence verify`.
#[derive(Debug, clap::Args)]
struct VerifyArgs {
    /// A package's folder, or a folder of packages
    path: PathBuf,
    /// A file of public keys (PEM) that may have signed; may be given more than once
    #[arg(long, value_name = "PEM")]
    key: Vec<PathBuf>,
    /// The worker's chain file: shows whether the newest packages were taken away
    #[arg(long, value_name = "FILE")]
    chain: Option<PathBuf>,
    /// These are only some of a worker's packages: holes in the chain are noted, not faults
    #[arg(long)]
    partial: bool,
    /// JSON instead of lines
    #[arg(long)]
    json: bool,
}

/// Runs the subcommand.
///
/// # Errors
/// When there is nothing to check at the path or a key cannot be read (bad use), or stdout cannot be written.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Command::Verify(args) = args.command;
    let mut trusted = Vec::new();
    for path in &args.key {
        trusted.extend(read_keys(path).map_err(bad_use)?);
    }
    let report = verify(&args.path, &Options { trusted, chain: args.chain, partial: args.partial }).map_err(bad_use)?;
    let mut out = std::io::stdout().lock();
    if args.json {
        let value = serde_json::json!({ "ok": report.ok(), "report": report });
        writeln!(out, "{}", serde_json::to_string_pretty(&value)?)?;
    } else {
        for line in report.lines() {
            writeln!(out, "{line}")?;
        }
    }
    out.flush()?;
    Ok(if report.ok() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
