//! The configuration file: *what* runs. *How* it runs (log level, a site given by hand) is in the flags.
//!
//! Two steps: [`ConfigFile`] is exactly what was written; [`Config`] is resolved and checked. After that nobody reads the
//! file, the environment or a default again. Relative paths are relative to the file.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use events::site::Site;
use inference::{EngineOptions, ModelFolder, Provider};
use serde::Deserialize;

/// `kerbwatch.toml` as written. Every part may be left out; the defaults run everything alone on this machine.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConfigFile {
    /// Names this process in events and manifests; unique among workers.
    pub name: String,
    /// Folder for state: spool, signing key, local bus, database, evidence.
    pub data: PathBuf,
    /// Site file with the cameras to watch. Without one a worker takes its cameras from the bus.
    pub site: Option<PathBuf>,
    /// Where candidates go. Default: an SQLite file in `data`.
    pub bus: Option<bus::BusConfig>,
    /// Neural models.
    pub inference: InferenceFile,
    /// Stills, clips and their signature.
    pub evidence: EvidenceFile,
    /// How cameras are read.
    pub ingest: IngestFile,
    /// The web console.
    pub console: ConsoleFile,
    /// Where a worker serves `/metrics`, `/healthz` and `/readyz`; none unless given. (Alone, the console serves them.)
    pub metrics: MetricsFile,
    /// Most bytes the spool may take while the bus is away.
    pub spool_quota_mb: u64,
}

impl Default for ConfigFile {
    fn default() -> Self {
        Self {
            name: "kerbwatch".to_owned(),
            data: PathBuf::from("data"),
            site: None,
            bus: None,
            inference: InferenceFile::default(),
            evidence: EvidenceFile::default(),
            ingest: IngestFile::default(),
            console: ConsoleFile::default(),
            metrics: MetricsFile::default(),
            spool_quota_mb: 1024,
        }
    }
}

/// `[inference]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InferenceFile {
    /// Model folders. Without any, what moves stands in for persons and vehicles.
    pub models: Vec<PathBuf>,
    /// `libonnxruntime.so`; default: looked for in the usual places.
    pub runtime: Option<PathBuf>,
    /// Threads within one inference.
    pub threads: usize,
    /// Sessions of each model side by side.
    pub workers: usize,
    /// Most frames in one batch.
    pub max_batch: usize,
    /// How long the first frame of a batch waits for others, in milliseconds.
    pub deadline_ms: u64,
    /// `cpu`, `cuda`, `tensorrt` or `openvino`.
    pub provider: String,
}

impl Default for InferenceFile {
    fn default() -> Self {
        Self {
            models: Vec::new(),
            runtime: None,
            threads: 1,
            workers: 1,
            max_batch: 8,
            deadline_ms: 20,
            provider: "cpu".to_owned(),
        }
    }
}

/// `[evidence]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EvidenceFile {
    /// Folder of packages; default `evidence` in `data`. In the city shape, a folder that the consoles share, unless there is a
    /// `store`: then it is this machine's own.
    pub dir: Option<PathBuf>,
    /// An S3-compatible object store, `s3://bucket` or `s3://bucket/prefix`. Workers put evidence there, consoles read it there.
    pub store: Option<String>,
    /// The store's address, e.g. `https://s3.city.example`; Amazon's when absent.
    pub endpoint: Option<String>,
    /// Part of every signature; what stores without regions expect is the default.
    pub region: String,
    /// The bucket stands in the path and not in the name of the host.
    pub path_style: bool,
    /// A file in the form of AWS's shared credentials; the environment (`AWS_ACCESS_KEY_ID` …) when absent.
    pub credentials: Option<PathBuf>,
    /// Certificate authorities, PEM, that are believed beside the system's when the store is asked over https.
    pub ca_file: Option<PathBuf>,
    /// Hours for which stills and clips stay on this machine after they are in the store.
    pub keep_local_h: f64,
    /// Ed25519 private key (PKCS#8 PEM); made on first start. Default `signing.pem` in `data`.
    pub signing_key: Option<PathBuf>,
    /// Seconds of video before the thing was first seen.
    pub pre_roll_s: f64,
    /// Seconds of video after the rule was met.
    pub post_roll_s: f64,
}

impl Default for EvidenceFile {
    fn default() -> Self {
        Self {
            dir: None,
            store: None,
            endpoint: None,
            region: "us-east-1".to_owned(),
            path_style: true,
            credentials: None,
            ca_file: None,
            keep_local_h: 24.0,
            signing_key: None,
            pre_roll_s: 10.0,
            post_roll_s: 5.0,
        }
    }
}

/// `[ingest]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IngestFile {
    /// `auto`, `tcp` or `udp`.
    pub transport: String,
    /// Seconds of encoded video kept for clips.
    pub ring_s: f64,
}

impl Default for IngestFile {
    fn default() -> Self {
        Self { transport: "auto".to_owned(), ring_s: 30.0 }
    }
}

/// `[console]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConsoleFile {
    /// Address and port.
    pub listen: SocketAddr,
    /// `sqlite://FILE` or `postgres://…`; default: an SQLite file in `data`.
    pub database: Option<String>,
    /// Send the log-in cookie over https only.
    pub secure_cookies: bool,
    /// The address officers type, where a proxy stands in front.
    pub public_url: Option<String>,
    /// Targets and order of the first review.
    pub review: console::ReviewConfig,
    /// How long evidence pictures are kept.
    pub retention: console::RetentionConfig,
    /// A session that is not used for so long ends, seconds. Default 1800.
    pub session_idle_s: u32,
    /// A session ends after so long, whatever happens, seconds. Default 43200: one shift.
    pub session_s: u32,
    /// Roles that need a second factor (TOTP): without one nothing else is open to them.
    pub totp_required: Vec<console::dto::Role>,
    /// A file with 32 random bytes in base64 that seals secrets in the database; without it the key lies beside them.
    pub secret_key: Option<PathBuf>,
    /// Sign-in with the city's identity provider (OpenID Connect).
    pub oidc: Option<console::OidcConfig>,
}

impl Default for ConsoleFile {
    fn default() -> Self {
        let console = console::ConsoleConfig::default();
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            database: None,
            secure_cookies: false,
            public_url: None,
            review: console::ReviewConfig::default(),
            retention: console::RetentionConfig::default(),
            session_idle_s: console.session_idle_s,
            session_s: console.session_s,
            totp_required: Vec::new(),
            secret_key: None,
            oidc: None,
        }
    }
}

/// `[metrics]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MetricsFile {
    /// Address and port.
    pub listen: Option<SocketAddr>,
}

/// Resolved and checked.
#[derive(Debug)]
pub struct Config {
    /// Names this process in events and manifests.
    pub name: String,
    /// Folder for state.
    pub data: PathBuf,
    /// The site and the folder its relative sources are relative to.
    pub site: Option<(Site, PathBuf)>,
    /// The bus.
    pub bus: bus::BusConfig,
    /// Models, read and checked.
    pub models: Vec<ModelFolder>,
    /// Given path of the runtime library.
    pub runtime: Option<PathBuf>,
    /// How the models run.
    pub engine: EngineOptions,
    /// Root of the evidence store.
    pub evidence: PathBuf,
    /// The object store that evidence goes to.
    pub objects: Option<objects::ObjectsConfig>,
    /// How long pictures stay here after they are there.
    pub keep_local: Duration,
    /// Private key file.
    pub signing_key: PathBuf,
    /// Video before first seen.
    pub pre_roll: Duration,
    /// Video after the rule was met.
    pub post_roll: Duration,
    /// How RTSP is carried.
    pub transport: ingest::Transport,
    /// Encoded video kept.
    pub ring: Duration,
    /// The console's part.
    pub console: console::ConsoleConfig,
    /// Where a worker serves its metrics.
    pub metrics: Option<SocketAddr>,
    /// Most bytes in the spool.
    pub spool_quota: u64,
}

impl Config {
    /// Reads and checks a configuration file with all files it names.
    ///
    /// # Errors
    /// The first thing that is wrong, with the file and, where it can be told, line and field.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        let file: ConfigFile = toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            anyhow!("{}:{line}: {}", path.display(), error.message().replace('\n', " "))
        })?;
        let base = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Self::resolve(file, base).with_context(|| path.display().to_string())
    }

    /// Checks what was written; relative paths are relative to `base`.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn resolve(file: ConfigFile, base: &Path) -> anyhow::Result<Self> {
        let data = base.join(&file.data);
        let site = file.site.as_ref().map(|site| read_site(&base.join(site))).transpose()?;
        let models = file
            .inference
            .models
            .iter()
            .map(|dir| ModelFolder::read(&base.join(dir)).map_err(anyhow::Error::from))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let seconds = |field: &str, value: f64, max: f64| {
            if (0.0..=max).contains(&value) {
                Ok(Duration::from_secs_f64(value))
            } else {
                Err(anyhow!("{field}: {value} is not between 0 and {max} seconds"))
            }
        };
        let (pre_roll, post_roll) = (
            seconds("evidence.pre_roll_s", file.evidence.pre_roll_s, 60.0)?,
            seconds("evidence.post_roll_s", file.evidence.post_roll_s, 60.0)?,
        );
        let ring = seconds("ingest.ring_s", file.ingest.ring_s, 600.0)?;
        if ring < pre_roll + post_roll {
            return Err(anyhow!(
                "ingest.ring_s: {} s of video cannot hold a pre-roll of {} s and a post-roll of {} s",
                ring.as_secs_f64(),
                pre_roll.as_secs_f64(),
                post_roll.as_secs_f64()
            ));
        }
        if file.name.is_empty()
            || file.name.starts_with('.')
            || !file.name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        {
            return Err(anyhow!("name: {:?} is not made of letters, digits, '-', '_' and '.', or begins with '.'", file.name));
        }
        let objects = object_store(&file.evidence, base)?;
        let keep_local = seconds("evidence.keep_local_h", file.evidence.keep_local_h * 3600.0, 10.0 * 366.0 * 86_400.0)?;
        let evidence = file.evidence.dir.map_or_else(|| data.join("evidence"), |dir| base.join(dir));
        let database = file.console.database.unwrap_or_else(|| format!("sqlite://{}", data.join("console.sqlite").display()));
        let console = console::ConsoleConfig {
            listen: file.console.listen,
            database,
            evidence: evidence.clone(),
            objects: objects.clone(),
            // The bus puts the installation's prefix before it; the ACLs in deploy/kafka name it.
            bus_group: "console".to_owned(),
            secure_cookies: file.console.secure_cookies,
            public_url: file.console.public_url,
            review: file.console.review,
            retention: file.console.retention,
            session_idle_s: file.console.session_idle_s,
            session_s: file.console.session_s,
            totp_required: file.console.totp_required,
            secret_key: file.console.secret_key.map(|path| base.join(path)),
            oidc: file.console.oidc.map(|oidc| console::OidcConfig {
                client_secret_file: oidc.client_secret_file.map(|path| base.join(path)),
                ..oidc
            }),
            time_zone: site
                .as_ref()
                .and_then(|(site, _)| site.calendar.time_zone.iana_name())
                .unwrap_or("Asia/Shanghai")
                .to_owned(),
            ..console::ConsoleConfig::default()
        };
        console.retention.check(&console.review).map_err(|error| anyhow!(error))?;
        let shortest = console.retention.shortest();
        if objects.is_some() && keep_local >= shortest {
            return Err(anyhow!(
                "evidence.keep_local_h: a worker would keep its copies for {} h, and console.retention deletes after {} h",
                keep_local.as_secs() / 3600,
                shortest.as_secs() / 3600
            ));
        }
        Ok(Self {
            name: file.name,
            signing_key: file.evidence.signing_key.map_or_else(|| data.join("signing.pem"), |key| base.join(key)),
            site,
            bus: file.bus.unwrap_or_else(|| bus::BusConfig::Local { path: data.join("bus.sqlite") }),
            models,
            runtime: file.inference.runtime.map(|path| base.join(path)),
            engine: EngineOptions {
                threads: file.inference.threads.max(1),
                max_batch: file.inference.max_batch.max(1),
                deadline: Duration::from_millis(file.inference.deadline_ms),
                provider: provider(&file.inference.provider)?,
                workers: file.inference.workers.max(1),
                ..EngineOptions::default()
            },
            evidence,
            objects,
            keep_local,
            pre_roll,
            post_roll,
            transport: transport(&file.ingest.transport)?,
            ring,
            console,
            metrics: file.metrics.listen,
            spool_quota: file.spool_quota_mb.saturating_mul(1 << 20),
            data,
        })
    }
}

/// The object store of `[evidence]`; what only makes sense with one is refused without.
fn object_store(file: &EvidenceFile, base: &Path) -> anyhow::Result<Option<objects::ObjectsConfig>> {
    let Some(store) = &file.store else {
        if file.endpoint.is_some() || file.credentials.is_some() || file.ca_file.is_some() {
            return Err(anyhow!("evidence.store: endpoint, credentials and ca_file are those of a store, and none is named"));
        }
        return Ok(None);
    };
    Ok(Some(objects::ObjectsConfig {
        store: store.clone(),
        endpoint: file.endpoint.clone(),
        region: file.region.clone(),
        path_style: file.path_style,
        credentials: file.credentials.as_ref().map(|path| base.join(path)),
        ca_file: file.ca_file.as_ref().map(|path| base.join(path)),
    }))
}

fn provider(text: &str) -> anyhow::Result<Provider> {
    Ok(match text {
        "cpu" => Provider::Cpu,
        "cuda" => Provider::Cuda,
        "tensorrt" => Provider::TensorRt,
        "openvino" => Provider::OpenVino,
        other => return Err(anyhow!("inference.provider: {other:?} is none of cpu, cuda, tensorrt, openvino")),
    })
}

fn transport(text: &str) -> anyhow::Result<ingest::Transport> {
    Ok(match text {
        "auto" => ingest::Transport::Auto,
        "tcp" => ingest::Transport::Tcp,
        "udp" => ingest::Transport::Udp,
        other => return Err(anyhow!("ingest.transport: {other:?} is none of auto, tcp, udp")),
    })
}

/// Reads a site file; gives also the folder that its relative sources are relative to.
///
/// # Errors
/// When it cannot be read, or what [`Site::parse`] finds wrong.
pub fn read_site(path: &Path) -> anyhow::Result<(Site, PathBuf)> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let site = Site::parse(&path.display().to_string(), &text)?;
    let base = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok((site, base.to_owned()))
}
