//! `kerbwatch cameras`: puts the cameras of a site file on the bus, from where workers and consoles learn them.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, anyhow};
use bus::{Bus, Message, Outcome};
use clap::Subcommand;
use events::CameraId;
use events::site::{Camera, Site};
use events::wire::v1::{CAMERA, CameraData, Event, topic};

use super::bad_use;
use crate::config::{Config, read_site};

/// Put cameras on the bus, so that workers watch them
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Publish every camera of a site file; the same camera again replaces its zones
    Publish {
        /// Configuration file: says which bus
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Site file with the cameras
        #[arg(long, value_name = "FILE")]
        site: PathBuf,
    },
    /// Take cameras off the bus: workers stop watching them; their candidates and cases stay
    Remove {
        /// Configuration file: says which bus
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Camera ids
        #[arg(required = true, value_name = "CAMERA")]
        cameras: Vec<CameraId>,
    },
}

/// Publishes or removes.
///
/// # Errors
/// Wrong files (exit 2); a bus that does not take the messages.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (config, messages) = match args.command {
        Command::Publish { config, site } => {
            let config = Config::read(&config).map_err(bad_use)?;
            let (site, base) = read_site(&site).map_err(bad_use)?;
            let mut messages = Vec::with_capacity(site.cameras.len());
            for camera in &site.cameras {
                let source = ingest::SourceUrl::parse(&camera.source, &base)
                    .with_context(|| format!("camera {}: source", camera.id))
                    .map_err(bad_use)?;
                messages.push(camera_message(&site, &Camera { source: source.address(), ..camera.clone() }, &config.name)?);
            }
            (config, messages)
        }
        Command::Remove { config, cameras } => {
            let config = Config::read(&config).map_err(bad_use)?;
            let tombstones = cameras.iter().map(|camera| tombstone(camera, &config.name)).collect();
            (config, tombstones)
        }
    };
    bus::ensure_topics(&config.bus)?;
    let bus = bus::open(&config.bus)?;
    publish(&*bus, &messages)?;
    writeln!(std::io::stdout(), "{} camera(s) published on {}", messages.len(), bus.name())?;
    Ok(ExitCode::SUCCESS)
}

/// Publishes all, trying again while the bus says so, for at most a minute.
pub(crate) fn publish(bus: &dyn Bus, messages: &[Message]) -> anyhow::Result<()> {
    let mut left: Vec<Message> = messages.to_vec();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    loop {
        let outcomes = bus.publish(&left);
        let mut again = Vec::new();
        let mut why = String::new();
        for (message, outcome) in left.into_iter().zip(outcomes) {
            match outcome {
                Outcome::Delivered => {}
                Outcome::Rejected(reason) => return Err(anyhow!("{} refuses camera {}: {reason}", bus.name(), message.key)),
                Outcome::Retry(reason) => {
                    why = reason;
                    again.push(message);
                }
            }
        }
        if again.is_empty() {
            return Ok(());
        }
        if std::time::Instant::now() > deadline {
            return Err(anyhow!("{} of {} cameras could not be published on {}: {why}", again.len(), messages.len(), bus.name()));
        }
        std::thread::sleep(std::time::Duration::from_millis(500));
        left = again;
    }
}

fn now() -> (u64, String) {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let at = events::WallTime::known(i64::try_from(elapsed.as_nanos()).unwrap_or(i64::MAX));
    (u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX), at.to_rfc3339())
}

/// The message that carries one camera. Its version is the time in milliseconds: it only grows, whoever publishes.
pub(crate) fn camera_message(site: &Site, camera: &Camera, source: &str) -> anyhow::Result<Message> {
    let (version, time) = now();
    let one = Site { calendar: site.calendar.clone(), cameras: vec![camera.clone()] };
    let data = CameraData { camera: camera.id.to_string(), version, site: one.to_toml() };
    let event = Event::new(CAMERA, format!("{}-{version}", camera.id), &format!("/kerbwatch/{source}"), &camera.id, time, data);
    Ok(Message::from_event(topic::CAMERAS, &event)?)
}

fn tombstone(camera: &CameraId, source: &str) -> Message {
    let (version, time) = now();
    Message::tombstone(
        topic::CAMERAS,
        camera.as_str(),
        format!("{camera}-{version}"),
        CAMERA,
        &format!("/kerbwatch/{source}"),
        time,
    )
}
