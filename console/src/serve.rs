//! The console as a whole: binds, migrates, takes in, gives out, serves, and stops in that order backwards.

use std::future::{Future, IntoFuture};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use anyhow::Context;
use bus::Bus;
use events::site::Site;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::backtest::Backtester;
use crate::clock::SystemClock;
use crate::config::ConsoleConfig;
use crate::keeper::keep;
use crate::password::PasswordCost;
use crate::state::AppState;
use crate::store::Store;
use crate::{app, chain, intake, retention, webhook};

/// After this, requests that are still being answered are cut off.
const PATIENCE: Duration = Duration::from_secs(5);

/// The hard stop is days away; a minute more or less is nothing.
const LOOK_AT_CLOCKS_EVERY: Duration = Duration::from_secs(60);
/// A signature over some bytes, with what is needed to check it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Ed25519 (RFC 8032).
    pub signature: Vec<u8>,
    /// SHA-256 of the public key in DER form, hex.
    pub key_id: String,
    /// The public key.
    pub public_key_pem: String,
}

/// Signs bytes with the installation's key.
pub type Sign = Arc<dyn Fn(&[u8]) -> Signed + Send + Sync>;

/// What the process around the console lends it. Everything has a default that does nothing.
#[derive(Clone)]
pub struct Hooks {
    /// The text of `/metrics`.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// Is the rest of the process ready? The reason when it is not.
    pub ready: Arc<dyn Fn() -> Result<(), String> + Send + Sync>,
    /// Judges what cameras saw again under other zones; `None` where nobody can.
    pub backtest: Option<Arc<dyn Backtester>>,
    /// Told the address once the console listens there.
    pub listening: Arc<dyn Fn(SocketAddr) + Send + Sync>,
    /// Signs case packages. Without it no case is handed over.
    pub sign: Option<Sign>,
}

impl Default for Hooks {
    fn default() -> Self {
        Self {
            metrics: Arc::new(String::new),
            ready: Arc::new(|| Ok(())),
            backtest: None,
            listening: Arc::new(|_| {}),
            sign: None,
        }
    }
}

/// How often old accounts of cameras are looked for.
const FOLD_EVERY: Duration = Duration::from_secs(600);

/// How often zones that were approved for a later time are looked for: they are live within seconds of it.
const PLANNED: Duration = Duration::from_secs(1);

/// Makes zones live whose time has come.
async fn publish_planned(store: Store) {
    let mut every = tokio::time::interval(PLANNED);
    loop {
        every.tick().await;
        if let Err(error) = store.publish_due().await {
            tracing::error!(error = &error as &dyn std::error::Error, "zones whose time has come could not be published");
        }
    }
}

/// Runs the console until `shutdown` is done. In the shape *alone*, `site` holds the cameras to show at once; they are
/// versioned and go out on the bus like an import.
///
/// # Errors
/// The database, the address or the bus cannot be had; afterwards, when the intake thread ends before it should.
pub async fn serve(
    config: ConsoleConfig,
    bus: Arc<dyn Bus>,
    site: Option<Site>,
    hooks: Hooks,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let store = Store::open(&config.database, config.database_connections, Arc::new(SystemClock)).await?;
    let listener = TcpListener::bind(config.listen).await.with_context(|| format!("listening on {}", config.listen))?;
    let state = AppState::new(&config, store.clone(), Some(Arc::clone(&bus)), PasswordCost::Full, hooks.clone()).await?;
    if let Some(site) = site {
        crate::site_export::written_out(&site).map_err(anyhow::Error::msg).context("the site file")?;
        store.import_site_file(&site, "site file").await.context("taking over the site file")?;
    }
    let live = tokio::spawn(state.live.clone().follow(store.clone()));
    let planned = tokio::spawn(publish_planned(store.clone()));
    let outbox = tokio::spawn(intake::drain(store.clone(), Arc::clone(&bus)));
    let clearance = tokio::spawn(keep(Arc::clone(&state.clearance), store.clone()));
    let clocks = tokio::spawn(close_unreviewed(store.clone()));
    let chain = tokio::spawn(chain::watch(store.clone()));
    let flow = tokio::spawn(fold_flow(store.clone()));
    let retention = tokio::spawn(retention::watch(state.retention_job()));
    let client = webhook::client().context("setting up the client for webhooks")?;
    let deliveries = tokio::spawn(webhook::run(store.clone(), state.sealer.clone(), client));
    let (stop_intake, stop) = mpsc::channel();
    let (thread_state, group, runtime) = (state.clone(), config.bus_group.clone(), tokio::runtime::Handle::current());
    // Its end, whatever the reason, ends the server: a console that takes nothing in must not look alive.
    let (intake_over, mut intake_ended) = watch::channel(());
    let thread = std::thread::Builder::new().name("console-intake".to_owned()).spawn(move || {
        let _over = intake_over;
        intake::run(&thread_state, &bus, &group, &runtime, &stop)
    })?;

    let address = listener.local_addr()?;
    tracing::info!(%address, "the console listens");
    (hooks.listening)(address);
    let closing = Arc::clone(&state.closing);
    let mut closed = closing.subscribe();
    let stop_serving = async move {
        tokio::select! {
            () = shutdown => {}
            _ = intake_ended.changed() => {}
        }
        // Open live streams never end by themselves.
        closing.send_replace(true);
    };
    let serving = axum::serve(listener, app(state).into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(stop_serving)
        .into_future();
    let patience = async {
        // An error means that the sender is gone, and so the server with it.
        let _ = closed.wait_for(|closed| *closed).await;
        tokio::time::sleep(PATIENCE).await;
    };
    let served = tokio::select! {
        served = serving => served,
        () = patience => Ok(()),
    };

    drop(stop_intake);
    let taken = tokio::task::spawn_blocking(move || thread.join()).await?;
    planned.abort();
    outbox.abort();
    clearance.abort();
    clocks.abort();
    deliveries.abort();
    chain.abort();
    flow.abort();
    retention.abort();
    live.abort();
    store.close().await;
    served.context("serving")?;
    match taken {
        Ok(result) => result.context("the intake from the bus"),
        Err(_) => anyhow::bail!("the intake thread panicked"),
    }
}

/// Adds up what workers said of their cameras two days ago.
async fn fold_flow(store: Store) {
    loop {
        match store.fold_flow().await {
            // More may wait: go on soon, but let others write in between.
            Ok(folded) if folded > 0 => tokio::time::sleep(PLANNED).await,
            Ok(_) => tokio::time::sleep(FOLD_EVERY).await,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "adding up what cameras did");
                tokio::time::sleep(FOLD_EVERY).await;
            }
        }
    }
}

/// Closes what nobody decided before the hard stop. Ends by being aborted.
async fn close_unreviewed(store: Store) {
    loop {
        match store.expire_unreviewed().await {
            // More may wait: go on at once, but let others write in between.
            Ok(closed) if closed > 0 => tracing::info!(closed, "candidates expired unreviewed"),
            Ok(_) => tokio::time::sleep(LOOK_AT_CLOCKS_EVERY).await,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "closing what nobody reviewed");
                tokio::time::sleep(LOOK_AT_CLOCKS_EVERY).await;
            }
        }
    }
}
