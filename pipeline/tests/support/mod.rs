//! What the end-to-end tests share: folders, the binary as a user starts it, a real Kafka, an HTTP client with a log-in.
//!
//! Nothing here waits for a time to pass: it waits for a condition, at most so long.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test binary uses its own part of this")]

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The workspace's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace").to_owned()
}

/// Real footage and models for tests, where there are any.
pub fn shared() -> Option<PathBuf> {
    let dir = std::env::var_os("KERBWATCH_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from).join("real");
    dir.is_dir().then_some(dir)
}

/// A port that is free now.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("its address").port()
}

/// Asks until the answer is there, at most `limit`.
pub fn wait_for<T>(what: &str, limit: Duration, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited {} s for {what}", limit.as_secs());
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// A process that is killed when the test ends, however it ends; its output goes to a file.
pub struct Process {
    child: Child,
    pub log: PathBuf,
}

impl Process {
    /// Starts `kerbwatch ARGS…`.
    pub fn kerbwatch(log: &Path, args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kerbwatch"));
        command.args(args);
        Self::start(command, log)
    }

    /// Starts a command with its output in a file, appended.
    pub fn start(mut command: Command, log: &Path) -> Self {
        let file = File::options().create(true).append(true).open(log).expect("a log file");
        command.stdin(Stdio::null()).stdout(file.try_clone().expect("the log file again")).stderr(file);
        let child = command.spawn().unwrap_or_else(|error| panic!("starting {command:?}: {error}"));
        Self { child, log: log.to_owned() }
    }

    /// SIGKILL: nothing can be tidied up.
    pub fn kill(mut self) {
        self.child.kill().expect("killing");
        self.child.wait().expect("waiting for the killed process");
    }

    /// SIGTERM, as systemd does; gives the exit code.
    pub fn terminate(mut self) -> Option<i32> {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).expect("a pid"));
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).expect("SIGTERM");
        let status = wait_for("the process to end", Duration::from_secs(120), || self.child.try_wait().expect("try_wait"));
        status.code()
    }

    /// Has it ended by itself?
    pub fn ended(&mut self) -> bool {
        self.child.try_wait().expect("try_wait").is_some()
    }

    /// What it has printed so far.
    pub fn output(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A real Apache Kafka broker of one node, or nothing where its jars cannot be had.
pub struct Kafka {
    dir: tempfile::TempDir,
    pub port: u16,
}

impl Kafka {
    pub fn start() -> Option<Self> {
        let script = root().join("deploy/kafka/kafka.sh");
        let fetched = Command::new(&script).arg("fetch").status().expect("running kafka.sh fetch");
        if !fetched.success() {
            assert!(std::env::var_os("KERBWATCH_REQUIRE_KAFKA").is_none(), "Apache Kafka is required and could not be fetched");
            return None;
        }
        let (dir, port) = (tempfile::tempdir().expect("a folder for Kafka"), free_port());
        let kafka = Self { dir, port };
        assert!(kafka.script("start"), "kafka.sh start failed");
        Some(kafka)
    }

    fn script(&self, what: &str) -> bool {
        let dir = self.dir.path().to_str().expect("a path in UTF-8");
        let mut command = Command::new(root().join("deploy/kafka/kafka.sh"));
        command.args([what, "--port", &self.port.to_string(), "--dir", dir]);
        command.status().expect("running kafka.sh").success()
    }

    pub fn brokers(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

impl Drop for Kafka {
    fn drop(&mut self) {
        self.script("stop");
    }
}

/// A console seen through HTTP, logged in.
pub struct Officer {
    client: reqwest::Client,
    runtime: tokio::runtime::Runtime,
    pub url: String,
}

impl Officer {
    /// Waits for the console, then logs in.
    pub fn log_in(url: &str, name: &str, password: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let client = reqwest::Client::builder().cookie_store(true).timeout(Duration::from_secs(60)).build().expect("a client");
        let officer = Self { client, runtime, url: url.to_owned() };
        wait_for("the console to be ready", Duration::from_secs(180), || (officer.status("/readyz") == Some(200)).then_some(()));
        let (status, body) = officer.post("/api/v1/session", &serde_json::json!({ "name": name, "password": password }));
        assert_eq!(status, 200, "log-in: {body}");
        officer
    }

    pub fn status(&self, path: &str) -> Option<u16> {
        let request = self.client.get(format!("{}{path}", self.url));
        self.runtime.block_on(async { request.send().await.ok().map(|response| response.status().as_u16()) })
    }

    pub fn get(&self, path: &str) -> serde_json::Value {
        let request = self.client.get(format!("{}{path}", self.url));
        self.runtime.block_on(async {
            let response = request.send().await.expect("GET");
            let status = response.status();
            let body = response.text().await.expect("a body");
            assert!(status.is_success(), "GET {path}: {status} {body}");
            serde_json::from_str(&body).expect("JSON")
        })
    }

    pub fn bytes(&self, path: &str) -> Vec<u8> {
        let request = self.client.get(format!("{}{path}", self.url));
        self.runtime.block_on(async {
            let response = request.send().await.expect("GET");
            assert!(response.status().is_success(), "GET {path}: {}", response.status());
            response.bytes().await.expect("a body").to_vec()
        })
    }

    pub fn post(&self, path: &str, body: &serde_json::Value) -> (u16, serde_json::Value) {
        self.sent(self.client.post(format!("{}{path}", self.url)), body)
    }

    pub fn put(&self, path: &str, body: &serde_json::Value) -> (u16, serde_json::Value) {
        self.sent(self.client.put(format!("{}{path}", self.url)), body)
    }

    fn sent(&self, request: reqwest::RequestBuilder, body: &serde_json::Value) -> (u16, serde_json::Value) {
        let request = request.header("x-kerbwatch", "1").json(body);
        self.runtime.block_on(async {
            let response = request.send().await.expect("POST");
            let status = response.status().as_u16();
            let body = response.text().await.expect("a body");
            (status, serde_json::from_str(&body).unwrap_or(serde_json::Value::String(body)))
        })
    }
}

/// Adds an account the way an administrator does.
pub fn add_user(config: &Path, name: &str, password: &str, roles: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kerbwatch"));
    command.args(["console", "add-user", "--config"]).arg(config).arg(name);
    for role in roles {
        command.args(["--role", role]);
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("kerbwatch console add-user");
    std::io::Write::write_all(child.stdin.as_mut().expect("its standard input"), format!("{password}\n").as_bytes())
        .expect("a password");
    assert!(child.wait().expect("add-user").success(), "adding {name}");
}

/// A sample street, encoded small enough for a test, with its camera's table for a site file.
pub fn sample(dir: &Path, id: &str) -> (sample_streams::SampleScene, PathBuf) {
    let scene =
        sample_streams::catalogue().into_iter().find(|scene| scene.id == id).unwrap_or_else(|| panic!("no sample camera {id}"));
    let scene = scene.resized(events::Size { width: 640, height: 360 }, 10);
    let file = dir.join(format!("{id}.mp4"));
    sample_streams::encode::to_file(&scene, &file, sample_streams::encode::Codec::H264, |_, _| {})
        .expect("encoding a sample street");
    (scene, file)
}

/// Runs a browser script of the console's pages; skips loudly where there is no browser.
pub fn browser(script: &str, port: u16, user: &str, password: &str, shots: &Path) {
    browser_as(script, port, user, password, shots, &[]);
}

/// The same, with more that the script wants to know.
pub fn browser_as(script: &str, port: u16, user: &str, password: &str, shots: &Path, more: &[(&str, &str)]) {
    let web = root().join("console/web");
    let chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    if !web.join("node_modules").is_dir()
        || !web.join("dist/index.html").is_file()
        || !chromium.iter().any(|path| Path::new(path).exists())
    {
        assert!(std::env::var_os("CI").is_none(), "CI has a browser and the console's pages: run `make test`");
        eprintln!("SKIPPED: {script}: Chromium or the console's pages are not installed (make setup web)");
        return;
    }
    let status = Command::new("node")
        .args(["--test", "--test-reporter=spec"])
        .arg(web.join("e2e").join(script))
        .current_dir(&web)
        .env("KERBWATCH_URL", format!("http://127.0.0.1:{port}"))
        .env("KERBWATCH_USER", user)
        .env("KERBWATCH_PASSWORD", password)
        .env("KERBWATCH_SHOTS", shots)
        .envs(more.iter().copied())
        .status()
        .expect("running node");
    assert!(status.success(), "{script} failed");
}
