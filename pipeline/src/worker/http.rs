//! `/metrics`, `/healthz` and `/readyz` of a worker that has no console beside it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::Context as _;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use bus::{Bus, BusHealth};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::oneshot;

/// A small server on a thread of its own; stops when dropped.
pub struct Server {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    address: SocketAddr,
}

impl Server {
    /// Binds and serves.
    ///
    /// # Errors
    /// When the address cannot be had.
    pub fn start(listen: SocketAddr, metrics: PrometheusHandle, bus: Arc<dyn Bus>) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the async runtime")?;
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind(listen))
            .with_context(|| format!("listening on {listen} for metrics"))?;
        let address = listener.local_addr().context("asking for the metrics address")?;
        let (stop, stopped) = oneshot::channel();
        let app = Router::new()
            .route("/metrics", get(move || async move { metrics.render() }))
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/readyz", get(move || ready(bus.clone())));
        let serve = async move {
            let until = async {
                let _ = stopped.await;
            };
            if let Err(error) = axum::serve(listener, app).with_graceful_shutdown(until).await {
                tracing::error!("serving metrics: {error}");
            }
        };
        let thread = std::thread::Builder::new()
            .name("metrics".to_owned())
            .spawn(move || runtime.block_on(serve))
            .context("starting the metrics thread")?;
        tracing::info!("metrics on http://{address}/metrics");
        Ok(Self { stop: Some(stop), thread: Some(thread), address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Ready means: what is found can be handed on. A bus that is away costs nothing yet (the spool grows), but whoever
/// balances load should know.
async fn ready(bus: Arc<dyn Bus>) -> (StatusCode, String) {
    match tokio::task::spawn_blocking(move || bus.health()).await {
        Ok(BusHealth::Up) => (StatusCode::OK, "ready\n".to_owned()),
        Ok(BusHealth::Down { reason }) => (StatusCode::SERVICE_UNAVAILABLE, format!("bus: {reason}\n")),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "bus: the health check panicked\n".to_owned()),
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
