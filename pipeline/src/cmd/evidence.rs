//! `kerbwatch evidence verify`: checks packages, offline or in the object store.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use objects::Objects;

use crate::cmd::bad_use;
use crate::config::Config;
use crate::evidence::verify::{Deleted, Options, Report, Stored, read_keys, verify};

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
    /// A package's folder, or a folder of packages; or `s3://bucket/prefix/…` of the store of --config
    path: PathBuf,
    /// Configuration with the object store: what is not in the folder any more is looked for there
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A file of public keys (PEM) that may have signed; may be given more than once
    #[arg(long, value_name = "PEM")]
    key: Vec<PathBuf>,
    /// The worker's chain file: shows whether the newest packages were taken away
    #[arg(long, value_name = "FILE")]
    chain: Option<PathBuf>,
    /// These are only some of a worker's packages: holes in the chain are noted, not faults
    #[arg(long)]
    partial: bool,
    /// A folder with a certificate of deletion as the console packs it: what it names is noted, not missing; may be given more
    /// than once
    #[arg(long, value_name = "DIR")]
    certificate: Vec<PathBuf>,
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
    let mut deleted = Deleted::default();
    for folder in &args.certificate {
        deleted.add(folder, &trusted).map_err(bad_use)?;
    }
    let options = Options { trusted, chain: args.chain.clone(), partial: args.partial, deleted };
    let report = match &args.config {
        Some(config) => in_store(&args.path, config, &options)?,
        None if args.path.starts_with("s3:") => return Err(bad_use(anyhow!("give --config: it says how the store is reached"))),
        None => verify(&args.path, &options).map_err(bad_use)?,
    };
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

/// Checks what is in the store of the configuration, or a folder whose pictures may be there.
fn in_store(path: &Path, config: &Path, options: &Options) -> anyhow::Result<Report> {
    let config = Config::read(config).map_err(bad_use)?;
    let Some(objects) = &config.objects else {
        return verify(path, options).map_err(bad_use);
    };
    let objects = Objects::open(objects).map_err(bad_use)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the async runtime")?;
    let stored = Stored { objects: &objects, runtime: &runtime };
    let text = path.to_string_lossy();
    if text.starts_with("s3:") {
        let within = text.strip_prefix(objects.shown()).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let within = within.ok_or_else(|| bad_use(anyhow!("{text} does not lie in {}", objects.shown())))?;
        return Ok(stored.verify(within.trim_matches('/'), options)?);
    }
    let whole = |path: &Path| path.canonicalize().with_context(|| format!("reading {}", path.display())).map_err(bad_use);
    let path = whole(path)?;
    // The store's folders are those of the evidence folder; a package that was taken elsewhere is looked for by its name.
    let within = whole(&config.evidence).ok().and_then(|root| path.strip_prefix(root).ok().map(Path::to_owned));
    let within = within.unwrap_or_else(|| path.file_name().map(PathBuf::from).unwrap_or_default());
    Ok(stored.verify_local(&path, &within.to_string_lossy(), options)?)
}
