//! What all cameras of a worker share.

use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use bus::{Spool, SpoolOptions};
use events::ModelRef;
use inference::{Detector, Engine};

use crate::config::Config;
use crate::evidence::{Chain, EvidenceStore, Signer};

/// The models, the spool and the evidence desk of a worker.
pub(crate) struct Shared {
    pub(crate) name: String,
    pub(crate) spool: Spool,
    pub(crate) desk: Arc<Desk>,
    pub(crate) transport: ingest::Transport,
    pub(crate) ring: std::time::Duration,
    pub(crate) pre_roll: std::time::Duration,
    pub(crate) post_roll: std::time::Duration,
    /// One folder a camera: what its open episodes keep.
    pub(crate) shelves: std::path::PathBuf,
    /// What scenes saw, for backtests; shared with the consoles like the evidence.
    pub(crate) recordings: std::path::PathBuf,
    engine: Option<Engine>,
}

/// Where packages are sealed: one chain a worker, so one at a time.
pub struct Desk {
    /// The packages.
    pub store: EvidenceStore,
    /// The key.
    pub signer: Signer,
    /// The chain.
    pub chain: Mutex<Chain>,
    /// Put before every key: the folder of this worker within a store that several share.
    pub prefix: String,
}

impl Desk {
    /// Opens the store at `root`, with the key and the chain of `worker`.
    ///
    /// # Errors
    /// When any of them cannot be opened.
    pub fn open(root: &std::path::Path, key: &std::path::Path, chain: &std::path::Path, worker: &str) -> anyhow::Result<Self> {
        let store = EvidenceStore::open(root).context("opening the evidence store")?;
        let signer = Signer::load_or_create(key).context("opening the signing key")?;
        let chain = Chain::open(chain, worker, &store).context("opening the chain of manifests")?;
        Ok(Self { store, signer, chain: Mutex::new(chain), prefix: String::new() })
    }

    /// The desk of one of several workers: its packages lie in a folder of its own within the shared store, because a store
    /// has one writer and one chain.
    ///
    /// # Errors
    /// When anything cannot be opened.
    pub fn open_shared(
        shared: &std::path::Path,
        key: &std::path::Path,
        chain: &std::path::Path,
        worker: &str,
    ) -> anyhow::Result<Self> {
        Ok(Self { prefix: format!("{worker}/"), ..Self::open(&shared.join(worker), key, chain, worker)? })
    }

    /// The items as they go on the wire: keys from the root of the store that consoles see.
    pub fn keyed(&self, items: Vec<events::wire::v1::EvidenceItem>) -> Vec<events::wire::v1::EvidenceItem> {
        items
            .into_iter()
            .map(|item| events::wire::v1::EvidenceItem { key: format!("{}{}", self.prefix, item.key), ..item })
            .collect()
    }
}

impl Shared {
    pub(crate) fn open(config: &Config) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&config.data).with_context(|| format!("making {}", config.data.display()))?;
        let engine = if config.models.is_empty() {
            tracing::warn!("no model is configured: what moves stands in for persons and vehicles");
            None
        } else {
            let runtime = inference::runtime::load(config.runtime.as_deref())?;
            tracing::info!("ONNX Runtime {} from {}", runtime.version, runtime.path.display());
            Some(Engine::start(config.models.clone(), config.engine.clone()).context("starting the models")?)
        };
        let open = match config.bus {
            bus::BusConfig::Local { .. } => Desk::open,
            bus::BusConfig::Kafka(_) => Desk::open_shared,
        };
        let desk = open(&config.evidence, &config.signing_key, &config.data.join("chain.json"), &config.name)?;
        Ok(Self {
            name: config.name.clone(),
            spool: Spool::open(config.data.join("spool.sqlite"), SpoolOptions { quota_bytes: config.spool_quota })
                .context("opening the spool")?,
            desk: Arc::new(desk),
            transport: config.transport,
            ring: config.ring,
            pre_roll: config.pre_roll,
            post_roll: config.post_roll,
            shelves: config.data.join("shelves"),
            recordings: config.evidence.join(crate::recording::FOLDER),
            engine,
        })
    }

    pub(crate) fn detector(&self) -> Option<Detector> {
        self.engine.as_ref().map(Engine::detector)
    }

    pub(crate) fn models(&self) -> Vec<ModelRef> {
        self.engine.as_ref().map(|engine| engine.models().to_vec()).unwrap_or_default()
    }
}
