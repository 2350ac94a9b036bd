//! `kerbwatch standalone`: worker and console in one process.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use bus::Bus;
use events::site::Site;
use metrics_exporter_prometheus::PrometheusHandle;

use super::bad_use;
use crate::backtest::Recordings;
use crate::config::Config;
use crate::evidence::Signer;
use crate::stop::Stop;
use crate::{telemetry, worker};

/// Worker and console in one process; bus and database are SQLite files
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Configuration file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// Runs until SIGINT or SIGTERM.
///
/// # Errors
/// A wrong configuration (exit 2), anything that cannot be opened.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = Config::read(&args.config).map_err(bad_use)?;
    if config.site.is_none() {
        return Err(bad_use(anyhow!(
            "{}: site: a standalone Kerbwatch needs a site file with its cameras",
            args.config.display()
        )));
    }
    let stop = Stop::on_signals()?;
    run_both(config, &stop)?;
    Ok(ExitCode::SUCCESS)
}

/// The worker on a thread of its own, the console on this one; whichever ends first ends the other.
pub(crate) fn run_both(config: Config, stop: &Stop) -> anyhow::Result<()> {
    let metrics = telemetry::init_metrics()?;
    let bus = worker::open_bus(&config)?;
    let console = config.console.clone();
    let sign = signer(&config)?;
    let site = config.site.as_ref().map(|(site, _)| site.clone());
    let (worker_bus, worker_stop) = (bus.clone(), stop.clone());
    let worker = std::thread::Builder::new()
        .name("worker".to_owned())
        .spawn(move || {
            let result = worker::run(&config, worker_bus, &worker_stop);
            worker_stop.set();
            result
        })
        .context("starting the worker's thread")?;
    let served = serve(console, bus, site, metrics, sign, stop);
    stop.set();
    let worked = worker.join().map_err(|_| anyhow!("the worker's thread panicked"))?;
    served.and(worked)
}

/// Signs what the console hands over with the key that seals evidence: who can check the one can check the other.
///
/// # Errors
/// The key cannot be read or made.
pub(crate) fn signer(config: &Config) -> anyhow::Result<console::Sign> {
    let signer = Signer::load_or_create(&config.signing_key).context("opening the signing key")?;
    Ok(Arc::new(move |bytes: &[u8]| console::Signed {
        signature: signer.sign(bytes).to_vec(),
        key_id: signer.key_id().to_owned(),
        public_key_pem: signer.public_key_pem().to_owned(),
    }))
}

/// Serves the console until `stop`.
pub(crate) fn serve(
    config: console::ConsoleConfig,
    bus: Arc<dyn Bus>,
    site: Option<Site>,
    metrics: PrometheusHandle,
    sign: console::Sign,
    stop: &Stop,
) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("console")
        .enable_all()
        .build()
        .context("starting the async runtime")?;
    let stop = stop.clone();
    let recordings = Arc::new(Recordings::new(&config.evidence.join(crate::recording::FOLDER)));
    runtime.block_on(async move {
        console::serve(
            config,
            bus,
            site,
            console::Hooks {
                metrics: Arc::new(move || metrics.render()),
                backtest: Some(recordings),
                sign: Some(sign),
                ..console::Hooks::default()
            },
            async move { stop.wait().await },
        )
        .await
    })
}
