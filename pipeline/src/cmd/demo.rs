//! `kerbwatch demo`: sample cameras over real RTSP, the real worker and the real console, in one process.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, anyhow};
use console::dto::Role;
use indicatif::{ProgressBar, ProgressStyle};
use rand::RngExt as _;
use sample_streams::encode::{self, Codec};
use sample_streams::server::{Auth, Play, RtspCameras};
use sample_streams::{SampleScene, catalogue, site_header};

use super::analyze::{default_models, model_folders};
use super::bad_use;
use crate::config::{Config, ConfigFile, read_site};
use crate::stop::Stop;

/// Sample cameras over real RTSP, worker and console on this machine; prints the address and a log-in
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Address of the console
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
    /// Folder for what the demo finds; kept when it is given, else a temporary one
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Folder for the sample streams, made on first use; default: `kerbwatch` in the user's cache folder
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Only these sample cameras
    #[arg(long = "camera", value_name = "ID")]
    cameras: Vec<String>,
    /// Model folder, or a folder of them; default: `models` here or beside the program
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
    /// Use no model: what moves stands in for persons and vehicles
    #[arg(long, conflicts_with = "models")]
    no_models: bool,
}

/// The log-in of the demo.
const OFFICER: &str = "officer";

/// Runs until SIGINT or SIGTERM.
///
/// # Errors
/// When a port cannot be had, or anything the real parts refuse.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let stop = Stop::on_signals()?;
    let scenes = scenes(&args.cameras)?;
    let cache = args.cache.clone().map_or_else(cache_folder, Ok)?;
    let plays = streams(&scenes, &cache, &stop)?;
    if stop.is_set() {
        return Ok(ExitCode::SUCCESS);
    }
    // A password, because real cameras have one; random, because the port can be seen by others on this machine.
    let auth = Auth { user: "kerbwatch".to_owned(), password: secret(12) };
    let cameras = RtspCameras::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), plays, Some(auth))
        .context("starting the sample cameras")?;

    // Held until the end: it is removed when dropped.
    let temporary = if args.data.is_none() { Some(tempfile::tempdir().context("making a temporary folder")?) } else { None };
    let data =
        args.data.clone().or_else(|| temporary.as_ref().map(|dir| dir.path().to_owned())).expect("one of the two is there");
    std::fs::create_dir_all(&data).with_context(|| format!("making {}", data.display()))?;
    let mut config = config(&args, &data, &scenes, &cameras)?;
    let listener = std::net::TcpListener::bind(args.listen).with_context(|| format!("listening on {}", args.listen))?;
    // Given free again at once for the console: found out now, before anything is started, that it can be had.
    config.console.listen = listener.local_addr().context("asking for the console's address")?;
    drop(listener);
    let password = secret(12);
    // All that a first look wants: to decide, and to see who did what.
    std::fs::create_dir_all(&config.data).with_context(|| format!("making {}", config.data.display()))?;
    let again = super::console::reset_password(&config, OFFICER, &password)?;
    if !again {
        super::console::create_user(&config, OFFICER, &password, &[Role::Operator, Role::Supervisor])?;
    }

    let mut out = std::io::stdout();
    writeln!(out, "\n  Kerbwatch demo: {} sample cameras over RTSP on {}", scenes.len(), cameras.address())?;
    writeln!(out, "  Console    http://{}", config.console.listen)?;
    writeln!(out, "  Log-in     {OFFICER}")?;
    writeln!(out, "  Password   {password}")?;
    if again {
        writeln!(out, "\n  What was found before is still there; the password is new with each start.")?;
    }
    writeln!(out, "\n  The first candidates come within two minutes. Ctrl-C stops.\n")?;
    out.flush()?;
    super::standalone::run_both(config, &stop)?;
    drop(cameras);
    Ok(ExitCode::SUCCESS)
}

fn scenes(wanted: &[String]) -> anyhow::Result<Vec<SampleScene>> {
    let all = catalogue();
    for id in wanted {
        if !all.iter().any(|scene| scene.id == *id) {
            let names: Vec<&str> = all.iter().map(|scene| scene.id.as_str()).collect();
            return Err(bad_use(anyhow!("--camera: no sample camera {id:?}; there are {}", names.join(", "))));
        }
    }
    Ok(all.into_iter().filter(|scene| wanted.is_empty() || wanted.contains(&scene.id)).collect())
}

/// `$XDG_CACHE_HOME/kerbwatch`, `~/.cache/kerbwatch`, or one in the folder for temporary files.
fn cache_folder() -> anyhow::Result<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")))
        .unwrap_or_else(std::env::temp_dir);
    Ok(base.join("kerbwatch").join("sample-streams"))
}

/// Renders and encodes what is not in the cache; a broken-off one leaves nothing behind.
fn streams(scenes: &[SampleScene], cache: &Path, stop: &Stop) -> anyhow::Result<Vec<(String, Play)>> {
    std::fs::create_dir_all(cache).with_context(|| format!("making {}", cache.display()))?;
    let mut plays = Vec::with_capacity(scenes.len());
    for (number, scene) in scenes.iter().enumerate() {
        if stop.is_set() {
            break;
        }
        // The renderer's version stands in the name, so that a new one does not play old pictures.
        let name = format!("{}-{}.{}", scene.id, env!("CARGO_PKG_VERSION"), Codec::H264.extension());
        let file = cache.join(name);
        if !file.exists() {
            let started = Instant::now();
            let bar = bar(&format!("rendering {} ({}/{})", scene.id, number + 1, scenes.len()));
            encode::to_file(scene, &file, Codec::H264, |done, of| {
                bar.set_length(of);
                bar.set_position(done);
            })
            .with_context(|| format!("rendering {}", scene.id))?;
            bar.finish_and_clear();
            writeln!(std::io::stderr(), "rendered {} in {:.0} s", scene.id, started.elapsed().as_secs_f64())?;
        }
        plays.push((scene.id.clone(), Play::File(file)));
    }
    Ok(plays)
}

fn bar(message: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg} [{bar:30}] {percent}% {eta}").expect("the template is a constant");
    ProgressBar::new(0).with_style(style).with_message(message.to_owned())
}

fn config(args: &Args, data: &Path, scenes: &[SampleScene], cameras: &RtspCameras) -> anyhow::Result<Config> {
    let mut site = site_header().to_owned();
    for scene in scenes {
        let _ = write!(site, "\n{}", scene.site_camera(&cameras.url_of(&scene.id)));
    }
    let site_file = data.join("site.toml");
    std::fs::write(&site_file, site).with_context(|| format!("writing {}", site_file.display()))?;
    let file = ConfigFile { name: "demo".to_owned(), data: PathBuf::from("."), ..ConfigFile::default() };
    let mut config = Config::resolve(file, data)?;
    config.site = Some(read_site(&site_file)?);
    if !args.no_models {
        let dir = args.models.clone().or_else(default_models);
        config.models = dir.map(|dir| model_folders(&dir)).transpose().map_err(bad_use)?.unwrap_or_default();
    }
    Ok(config)
}

/// Letters and digits that cannot be mistaken for one another when read from a screen.
fn secret(length: usize) -> String {
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789";
    let mut random = rand::rng();
    (0..length).map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())])).collect()
}
