//! Supervision: which cameras this worker watches, one thread each, and what they share.
//!
//! Shut-down follows the data: cameras stop, pending evidence is sealed, the relay drains the spool until its deadline, and
//! what is left waits on disk for the next start.

mod camera;
pub mod http;
mod shared;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bus::cameras::{CameraChange, CameraFeed};
use bus::{Bus, BusConfig, Relay, RelayOptions};
use events::CameraId;
use events::site::Site;

use crate::config::Config;
use crate::stop::Stop;
use crate::telemetry::CamerasWatched;
use crate::upload::{self, Uploader};
use camera::Running;
pub use shared::Desk;
pub(crate) use shared::Shared;

/// How long the relay may go on handing over after the cameras have stopped; what is left stays in the spool.
const DRAIN: Duration = Duration::from_secs(10);
/// How often old delivered ids are forgotten and gauges are set.
const HOUSEKEEPING: Duration = Duration::from_secs(5);

/// Opens the bus of a configuration, with its topics made where it has none and that is allowed.
///
/// # Errors
/// When the bus cannot be opened. A broker that is away is no error: the spool waits for it.
pub fn open_bus(config: &Config) -> anyhow::Result<Arc<dyn Bus>> {
    std::fs::create_dir_all(&config.data).with_context(|| format!("making {}", config.data.display()))?;
    if let Err(error) = bus::ensure_topics(&config.bus) {
        tracing::warn!("topics could not be made, going on without: {:#}", anyhow::Error::from(error));
    }
    bus::open(&config.bus).context("opening the bus")
}

/// Watches until `stop`.
///
/// # Errors
/// When the state folder, the models or the signing key cannot be opened. A camera that fails is no error: it is tried again.
pub fn run(config: &Config, bus: Arc<dyn Bus>, stop: &Stop) -> anyhow::Result<()> {
    ingest::init()?;
    let shared = Arc::new(Shared::open(config)?);
    let relay = Relay::start(shared.spool.clone(), bus, RelayOptions::default()).context("starting the relay")?;
    let uploader = uploader(config, &shared)?;
    let mut cameras = Cameras { shared: shared.clone(), site: None, running: BTreeMap::new() };
    let watched = watch(config, &mut cameras, stop);
    tracing::info!("stopping {} cameras", cameras.running.len());
    cameras.stop_all();
    let left = relay.stop(DRAIN);
    if left > 0 {
        tracing::warn!("{left} messages wait in the spool for the next start");
    }
    let left = uploader.map_or(0, Uploader::stop);
    if left > 0 {
        tracing::warn!("{left} packages wait on disk for the evidence store");
    }
    watched
}

/// What carries evidence into the object store, where there is one.
fn uploader(config: &Config, shared: &Shared) -> anyhow::Result<Option<Uploader>> {
    let Some(objects) = &config.objects else { return Ok(None) };
    let objects = objects::Objects::open(objects)?;
    tracing::info!("evidence goes to {}", objects.shown());
    let options = upload::Options {
        root: shared.desk.store.root().to_owned(),
        prefix: shared.desk.prefix.clone(),
        ledger: config.data.join("uploads.sqlite"),
        keep_local: config.keep_local,
    };
    Uploader::start(objects, options).map(Some)
}

/// Takes cameras from the site file, or from the bus, and keeps them running until `stop`.
fn watch(config: &Config, cameras: &mut Cameras, stop: &Stop) -> anyhow::Result<()> {
    let mut feed = match (&config.site, &config.bus) {
        // In a city the site file alone says what this worker watches; alone, the console beside it may change the zones.
        (Some(_), BusConfig::Kafka(_)) => None,
        _ => Some(CameraFeed::open(&config.bus, "workers").context("joining the workers")?),
    };
    if let Some((site, base)) = &config.site {
        for camera in &site.cameras {
            ingest::SourceUrl::parse(&camera.source, base).with_context(|| format!("camera {}: source", camera.id))?;
        }
        cameras.site = Some((site.cameras.iter().map(|camera| camera.id.clone()).collect(), base.clone()));
        if let Some(feed) = &mut feed {
            // What was drawn in the console since the file was written goes before it.
            for change in feed.next(Duration::from_millis(200)).unwrap_or_default() {
                cameras.apply(change)?;
            }
        }
        for camera in site.cameras.iter().filter(|camera| !cameras.running.contains_key(&camera.id)).cloned().collect::<Vec<_>>()
        {
            cameras.start(Site { calendar: site.calendar.clone(), cameras: vec![camera] })?;
        }
    }
    let mut kept = Instant::now();
    while !stop.is_set() {
        match &mut feed {
            None => std::thread::sleep(Duration::from_millis(100)),
            Some(feed) => match feed.next(Duration::from_millis(200)) {
                Ok(changes) => changes.into_iter().try_for_each(|change| cameras.apply(change))?,
                Err(error) => {
                    tracing::warn!("cameras topic: {:#}", anyhow::Error::from(error));
                    std::thread::sleep(Duration::from_secs(1));
                }
            },
        }
        if kept.elapsed() > HOUSEKEEPING {
            kept = Instant::now();
            cameras.housekeeping();
        }
    }
    Ok(())
}

/// The cameras of this worker.
struct Cameras {
    shared: Arc<Shared>,
    /// The cameras of the site file, if there is one, which are all that is watched; and the folder that its sources are
    /// relative to.
    site: Option<(BTreeSet<CameraId>, PathBuf)>,
    running: BTreeMap<CameraId, Running>,
}

impl Cameras {
    fn apply(&mut self, change: CameraChange) -> anyhow::Result<()> {
        match change {
            CameraChange::Upsert(data) => {
                match Site::parse(&format!("camera {} version {}", data.camera, data.version), &data.site) {
                    Ok(mut site) => {
                        for camera in &mut site.cameras {
                            camera.zones.iter_mut().for_each(|zone| zone.version = format!("{}-{}", data.version, zone.version));
                        }
                        self.start(site)
                    }
                    Err(error) => {
                        // It was checked before it was published: another version of this program must have done that.
                        tracing::error!("{error}; the camera goes on as it was");
                        Ok(())
                    }
                }
            }
            // The site file says so, whatever the bus says.
            CameraChange::Removed(_) | CameraChange::Revoked(_) if self.site.is_some() => Ok(()),
            CameraChange::Removed(camera) => {
                self.stop(&[camera]);
                Ok(())
            }
            CameraChange::Revoked(cameras) => {
                self.stop(&cameras);
                Ok(())
            }
        }
    }

    /// Starts the cameras of a site, or gives running ones their new zones.
    fn start(&mut self, site: Site) -> anyhow::Result<()> {
        for mut camera in site.cameras {
            if let Some((watched, base)) = &self.site {
                if !watched.contains(&camera.id) {
                    continue;
                }
                match ingest::SourceUrl::parse(&camera.source, base) {
                    Ok(source) => camera.source = source.address(),
                    Err(error) => {
                        tracing::error!(camera = %camera.id, "its source cannot be played, it goes on as it was: {error}");
                        continue;
                    }
                }
            }
            let again = match self.running.get(&camera.id) {
                Some(running) if running.same_stream(&camera) => {
                    running.reconfigure(camera.clone(), site.calendar.clone());
                    None
                }
                _ => Some(camera),
            };
            if let Some(camera) = again {
                self.stop(std::slice::from_ref(&camera.id));
                let id = camera.id.clone();
                match Running::start(self.shared.clone(), camera, site.calendar.clone()) {
                    Ok(running) => drop(self.running.insert(id, running)),
                    Err(error) => tracing::error!(camera = %id, "not watched: {error:#}"),
                }
            }
        }
        Ok(())
    }

    fn stop(&mut self, ids: &[CameraId]) {
        // All are told before any is waited for.
        let going: Vec<Running> = ids.iter().filter_map(|id| self.running.remove(id)).collect();
        going.iter().for_each(Running::stop);
        going.into_iter().for_each(Running::join);
    }

    fn stop_all(&mut self) {
        let ids: Vec<CameraId> = self.running.keys().cloned().collect();
        self.stop(&ids);
    }

    fn housekeeping(&mut self) {
        CamerasWatched {
            assigned: self.running.len(),
            streaming: self.running.values().filter(|running| running.is_streaming()).count(),
        }
        .emit();
        if let Err(error) = self.shared.spool.forget_old() {
            tracing::warn!("spool: {:#}", anyhow::Error::from(error));
        }
    }
}
