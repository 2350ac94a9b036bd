//! `kerbwatch check`: everything a start would do, short of starting.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;

use super::bad_use;
use crate::config::Config;

/// Do everything a start would do, short of starting; say what is wrong
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Configuration file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// Reads the configuration and all it names: site, models, runtime, sources and their plugins.
///
/// # Errors
/// The first thing that is wrong.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = Config::read(&args.config).map_err(bad_use)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "configuration  {}", args.config.display())?;
    match &config.site {
        None => writeln!(out, "cameras        from the bus")?,
        Some((site, base)) => {
            ingest::init()?;
            let mut zones = 0;
            for camera in &site.cameras {
                let source = ingest::SourceUrl::parse(&camera.source, base)
                    .and_then(|source| source.check_plugins().map(|()| source))
                    .with_context(|| format!("camera {}: source", camera.id))
                    .map_err(bad_use)?;
                zones += camera.zones.len();
                writeln!(out, "camera         {}: {} zones, {}", camera.id, camera.zones.len(), source.redacted())?;
                if camera.zones.iter().all(|zone| zone.rules.is_empty()) {
                    writeln!(out, "               warning: no zone of it has a rule, so nothing is watched")?;
                }
            }
            writeln!(out, "site           {} cameras, {zones} zones", site.cameras.len())?;
        }
    }
    if config.models.is_empty() {
        writeln!(out, "models         none: what moves stands in for persons and vehicles")?;
    } else {
        let runtime = inference::runtime::load(config.runtime.as_deref()).map_err(bad_use)?;
        writeln!(out, "runtime        ONNX Runtime {} ({})", runtime.version, runtime.path.display())?;
        for model in &config.models {
            writeln!(out, "model          {} ({})", model.name(), model.dir().display())?;
        }
        // Loading checks shapes and class counts against the file.
        inference::Engine::start(config.models, config.engine).map_err(bad_use)?;
    }
    writeln!(out, "evidence       {}", config.evidence.display())?;
    if let Some(objects) = &config.objects {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the async runtime")?;
        let store = objects::Objects::open(objects).map_err(bad_use)?;
        let checked = runtime.block_on(store.check());
        checked.with_context(|| format!("evidence.store {}", store.shown())).map_err(bad_use)?;
        writeln!(out, "evidence store {}: written and read", store.shown())?;
    }
    writeln!(out, "console        http://{}", config.console.listen)?;
    if config.console.oidc.is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the async runtime")?;
        let issuer = runtime.block_on(console::check_provider(&config.console)).map_err(bad_use)?;
        writeln!(out, "sign-in        passwords, and {}", issuer.unwrap_or_default())?;
    }
    writeln!(out, "all is well")?;
    Ok(ExitCode::SUCCESS)
}
