//! `kerbwatch console`: the officers' web console, and its accounts.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use clap::Subcommand;
use console::Store;
use console::clock::SystemClock;
use console::dto::Role;

use super::bad_use;
use crate::config::Config;
use crate::stop::Stop;
use crate::{telemetry, worker};

/// The officers' web console
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Args {
    /// Configuration file
    #[arg(long, value_name = "FILE", required = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add an account; the password is read from standard input
    AddUser {
        /// Configuration file
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Log-in name
        name: String,
        /// What the account may do: operator, legal_reviewer, bureau_editor, bureau_approver, analyst, supervisor,
        /// administrator, auditor
        #[arg(long = "role", required = true, value_name = "ROLE", value_parser = role)]
        roles: Vec<Role>,
    },
    /// Export what officers decided as training data, with pictures
    ExportTraining(super::export_training::Args),
}

/// Serves until SIGINT or SIGTERM, or adds an account.
///
/// # Errors
/// A wrong configuration (exit 2), a database or address that cannot be opened.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Some(Command::AddUser { config, name, roles }) => add_user(&config, &name, &roles),
        Some(Command::ExportTraining(args)) => super::export_training::run(&args),
        None => {
            let path = args.config.expect("clap asks for --config where there is no subcommand");
            let config = Config::read(&path).map_err(bad_use)?;
            let stop = Stop::on_signals()?;
            let metrics = telemetry::init_metrics()?;
            let bus = worker::open_bus(&config)?;
            let sign = super::standalone::signer(&config)?;
            let site = config.site.map(|(site, _)| site);
            super::standalone::serve(config.console, bus, site, metrics, sign, &stop)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn add_user(config: &std::path::Path, name: &str, roles: &[Role]) -> anyhow::Result<ExitCode> {
    let config = Config::read(config).map_err(bad_use)?;
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        write!(std::io::stderr(), "Password for {name} (is shown as you type; better: pipe it in): ")?;
    }
    let mut password = String::new();
    stdin.lock().read_line(&mut password).context("reading the password")?;
    let password = password.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(bad_use(anyhow!("no password on standard input")));
    }
    create_user(&config, name, password, roles)?;
    writeln!(std::io::stdout(), "account {name} added")?;
    Ok(ExitCode::SUCCESS)
}

/// Opens the console's database and adds an account.
pub(crate) fn create_user(config: &Config, name: &str, password: &str, roles: &[Role]) -> anyhow::Result<()> {
    std::fs::create_dir_all(&config.data).with_context(|| format!("making {}", config.data.display()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the async runtime")?;
    runtime.block_on(async {
        let store = Store::open(&config.console.database, 1, Arc::new(SystemClock)).await?;
        let added = console::create_user(&store, name, password, roles).await;
        store.close().await;
        added?;
        Ok(())
    })
}

/// Gives an account that is there a new password; `false` when there is none of that name.
pub(crate) fn reset_password(config: &Config, name: &str, password: &str) -> anyhow::Result<bool> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the async runtime")?;
    runtime.block_on(async {
        let store = Store::open(&config.console.database, 1, Arc::new(SystemClock)).await?;
        let reset = console::reset_password(&store, name, password).await;
        store.close().await;
        Ok(reset?)
    })
}

fn role(text: &str) -> Result<Role, String> {
    let names = || Role::ALL.map(Role::wire_name).join(", ");
    Role::ALL.into_iter().find(|role| role.wire_name() == text).ok_or_else(|| format!("expected one of {}", names()))
}
