//! What every handler shares.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64};
use std::sync::{Arc, Mutex};

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bus::Bus;
use tokio::sync::watch;

use crate::auth::Actor;
use crate::config::ConsoleConfig;
use crate::dto::Role;
use crate::keeper::Keeper;
use crate::live::Live;
use crate::oidc::Provider;
use crate::password::{PasswordCost, Passwords};
use crate::retention::{Adopted, Job};
use crate::sealing::Sealer;
use crate::serve::Hooks;
use crate::signing::Signer;
use crate::store::Store;
use crate::vault::Vault;
use crate::view::View;

/// Cheap to clone: everything in it is shared.
#[derive(Clone)]
pub struct AppState {
    pub(crate) store: Store,
    pub(crate) live: Live,
    pub(crate) signer: Signer,
    pub(crate) sealer: Sealer,
    pub(crate) passwords: Passwords,
    /// The identity provider, where there is one.
    pub(crate) oidc: Option<Arc<Provider>>,
    /// Where evidence is read from.
    pub(crate) vault: Vault,
    pub(crate) looks: Arc<Looks>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) hooks: Hooks,
    pub(crate) bus: Option<Arc<dyn Bus>>,
    pub(crate) pulse: Arc<Pulse>,
    pub(crate) clearance: Arc<Keeper>,
    /// How long pictures are kept.
    pub(crate) retention: Arc<Adopted>,
    /// True once the console shuts down: streams end.
    pub(crate) closing: Arc<watch::Sender<bool>>,
}

/// What of the configuration handlers need.
pub(crate) struct Settings {
    pub(crate) secure_cookies: bool,
    pub(crate) origin: Option<String>,
    pub(crate) time_zone: String,
    pub(crate) session_idle_ms: i64,
    pub(crate) session_ms: i64,
    pub(crate) camera_silence_ms: i64,
    pub(crate) totp_required: Vec<Role>,
}

/// Is the intake alive?
#[derive(Default)]
pub(crate) struct Pulse {
    /// When the intake thread last went round, Unix milliseconds; 0 before the first time.
    pub(crate) intake_ms: AtomicI64,
    /// The last batch could be stored and committed.
    pub(crate) intake_ok: AtomicBool,
}

/// Which signed addresses were looked at already: a clip is fetched in many ranges and is one look.
#[derive(Default)]
pub(crate) struct Looks(Mutex<HashMap<String, i64>>);

impl Looks {
    /// `true` the first time; what is over is forgotten.
    pub(crate) fn first(&self, sig: &str, expires: i64, now_ms: i64) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if seen.len() > 10_000 {
            seen.retain(|_, expires| *expires * 1000 > now_ms);
        }
        seen.insert(sig.to_owned(), expires).is_none()
    }

    /// The look was not recorded after all: the next one must be.
    pub(crate) fn forget(&self, sig: &str) {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).remove(sig);
    }
}

/// 32 bytes of base64.
fn key(what: &str, text: &str) -> anyhow::Result<[u8; 32]> {
    let bytes = STANDARD.decode(text).with_context(|| format!("{what} is not base64"))?;
    bytes.try_into().map_err(|_| anyhow::anyhow!("{what} is not of 32 bytes"))
}

impl AppState {
    /// Everything but the threads: for [`crate::serve`] and for tests, which drive intake by hand.
    ///
    /// # Errors
    /// The database failed, or what the configuration names cannot be read.
    pub async fn new(
        config: &ConsoleConfig,
        store: Store,
        bus: Option<Arc<dyn Bus>>,
        cost: PasswordCost,
        hooks: Hooks,
    ) -> anyhow::Result<Self> {
        let make = || STANDARD.encode(rand::random::<[u8; 32]>());
        let key = key("the key for picture addresses", &store.setting_or("evidence_key", make).await?)?;
        let secret = match &config.secret_key {
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
                self::key(&path.display().to_string(), text.trim())?
            }
            None => self::key("the key for secrets", &store.setting_or("secret_key", make).await?)?,
        };
        let oidc = config.oidc.as_ref().map(|oidc| Provider::new(oidc, config.public_url.as_deref())).transpose()?;
        let sealer = Sealer::new(secret);
        let sealed = store.seal_receivers(&sealer).await?;
        if sealed > 0 {
            tracing::info!(sealed, "the secrets of receivers are sealed now");
        }
        store.adopt_review(&config.review).await?;
        config.retention.check(&config.review).map_err(anyhow::Error::msg)?;
        let retention = Arc::new(store.adopt_retention(&config.retention).await?);
        let live = Live::new();
        live.catch_up(&store).await?;
        let settings = Settings {
            secure_cookies: config.secure_cookies,
            origin: config.public_url.as_deref().map(|url| url.trim_end_matches('/').to_owned()),
            time_zone: config.time_zone.clone(),
            session_idle_ms: i64::from(config.session_idle_s) * 1000,
            session_ms: i64::from(config.session_s) * 1000,
            camera_silence_ms: i64::from(config.camera_silence_s) * 1000,
            totp_required: config.totp_required.clone(),
        };
        Ok(Self {
            store,
            live,
            signer: Signer::new(key),
            sealer,
            passwords: Passwords::new(cost),
            oidc: oidc.map(Arc::new),
            vault: Vault::open(config)?,
            looks: Arc::default(),
            settings: Arc::new(settings),
            hooks,
            bus,
            pulse: Arc::default(),
            clearance: Arc::new(Keeper::new(&config.time_zone)),
            retention,
            closing: Arc::new(watch::Sender::new(false)),
        })
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The job that deletes pictures that are due.
    pub(crate) fn retention_job(&self) -> Job {
        Job::new(self.store.clone(), self.vault.clone(), Arc::clone(&self.retention), self.hooks.sign.clone(), "system")
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.store.clock().now_ms()
    }

    /// The time zone in which days begin and end.
    pub(crate) fn zone(&self) -> jiff::tz::TimeZone {
        crate::days::zone(&self.settings.time_zone)
    }

    /// Cameras not heard of since then count as unknown.
    pub(crate) fn silent_since_ms(&self) -> i64 {
        self.now_ms() - self.settings.camera_silence_ms
    }

    /// Through this person's eyes.
    pub(crate) fn view<'a>(&'a self, actor: &'a Actor) -> View<'a> {
        View {
            actor,
            signer: actor.sees_pictures().then_some(&self.signer),
            now_ms: self.now_ms(),
            hard_stop_ms: self.store.review().hard_stop_ms(),
        }
    }
}
