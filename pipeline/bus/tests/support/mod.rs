//! A Kafka broker for a test binary: Apache Kafka from Maven jars through `deploy/kafka/kafka.sh`, or, where the jars cannot
//! be had, librdkafka's test broker. Started once, on free ports; a watchdog stops it when the test process is gone, however
//! that ended.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, bounded};
use kerbwatch_bus::{BusConfig, KafkaConfig};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rdkafka::mocking::MockCluster;

/// What a test is told about the broker.
pub(crate) struct Broker {
    pub(crate) address: String,
    kind: Kind,
}

enum Kind {
    Apache { folder: PathBuf },
    Mock { commands: Mutex<Sender<MockCommand>> },
}

struct MockCommand {
    what: MockDo,
    done: Sender<()>,
}

enum MockDo {
    CreateTopic(String),
    Down,
    Up,
}

static BROKER: RwLock<Option<Broker>> = RwLock::new(None);

/// The script; the workspace root is two folders up.
fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/kafka/kafka.sh")
}

/// Written past the test harness, which would keep it to itself while the test passes.
pub(crate) fn notice(text: &str) {
    writeln!(std::io::stderr(), "{text}").expect("stderr takes a line");
}

fn free_ports() -> (u16, u16) {
    let sockets = [(); 2].map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    let [a, b] = sockets.each_ref().map(|socket| socket.local_addr().unwrap().port());
    (a, b)
}

impl Broker {
    fn start(secure: bool) -> Option<Self> {
        let folder = std::env::temp_dir().join(format!("kerbwatch-kafka-{}", std::process::id()));
        let (port, controller) = free_ports();
        let mut start = Command::new(script());
        start.arg("start").arg("--dir").arg(&folder);
        start.args(["--port", &port.to_string(), "--controller-port", &controller.to_string()]);
        if secure {
            start.arg("--secure");
        }
        // The broker must not inherit a pipe, or whoever reads it waits for the broker's end.
        let log = std::env::temp_dir().join(format!("kerbwatch-kafka-{}.log", std::process::id()));
        let out = std::fs::File::create(&log).unwrap();
        start.stdin(Stdio::null()).stdout(out.try_clone().unwrap()).stderr(out);
        let status = start.status().unwrap();
        let said = std::fs::read_to_string(&log).unwrap();
        std::fs::remove_file(&log).unwrap();
        match status.code() {
            Some(0) => {}
            Some(3) => {
                assert!(std::env::var_os("KERBWATCH_REQUIRE_KAFKA").is_none(), "KERBWATCH_REQUIRE_KAFKA is set, but: {said}");
                notice(&said);
                return None;
            }
            code => panic!("kafka.sh start ended with {code:?}: {said}"),
        }
        let watchdog = format!(
            "while kill -0 {} 2>/dev/null; do sleep 0.5; done; kill -CONT $(cat {folder}/pid); {} stop --dir {folder}; rm -rf {folder}",
            std::process::id(),
            script().display(),
            folder = folder.display(),
        );
        let started = Command::new("setsid")
            .args(["--fork", "sh", "-c", &watchdog])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(started.success(), "the watchdog: {started}");
        Some(Self { address: format!("127.0.0.1:{port}"), kind: Kind::Apache { folder } })
    }

    fn mock() -> Self {
        notice("NOTICE: Apache Kafka jars not available: bus tests run on librdkafka's test broker");
        let (commands, inbox) = bounded::<MockCommand>(1);
        let (tell, told) = bounded(1);
        // The cluster cannot leave the thread that made it.
        std::thread::spawn(move || {
            let cluster = MockCluster::new(1).unwrap();
            tell.send(cluster.bootstrap_servers()).unwrap();
            for command in inbox {
                match command.what {
                    MockDo::CreateTopic(name) => cluster.create_topic(&name, PARTITIONS, 1).unwrap(),
                    MockDo::Down => cluster.broker_down(1).unwrap(),
                    MockDo::Up => cluster.broker_up(1).unwrap(),
                }
                command.done.send(()).unwrap();
            }
        });
        Self { address: told.recv().unwrap(), kind: Kind::Mock { commands: Mutex::new(commands) } }
    }

    pub(crate) fn is_apache(&self) -> bool {
        matches!(self.kind, Kind::Apache { .. })
    }

    pub(crate) fn folder(&self) -> &Path {
        match &self.kind {
            Kind::Apache { folder } => folder,
            Kind::Mock { .. } => panic!("the test broker has no folder"),
        }
    }

    fn tell(&self, what: MockDo) {
        let Kind::Mock { commands } = &self.kind else { panic!("only the test broker takes commands") };
        let (done, wait) = bounded(1);
        commands.lock().unwrap().send(MockCommand { what, done }).unwrap();
        wait.recv().unwrap();
    }

    fn script(&self, arguments: &[&str]) {
        let status = Command::new(script())
            .args(arguments)
            .arg("--dir")
            .arg(self.folder())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "kafka.sh {arguments:?}: {status}");
    }

    fn signal(&self, signal: Signal) {
        let pid = std::fs::read_to_string(self.folder().join("pid")).unwrap().trim().parse().unwrap();
        kill(Pid::from_raw(pid), signal).unwrap();
    }

    /// Kills it as a power cut would, without a chance to say goodbye.
    pub(crate) fn kill(&self) {
        if !self.is_apache() {
            return self.tell(MockDo::Down);
        }
        self.signal(Signal::SIGKILL);
        let pid_file = self.folder().join("pid");
        let pid = std::fs::read_to_string(&pid_file).unwrap();
        // The port must be free before it is started again.
        wait_until("the broker is dead", || !Path::new(&format!("/proc/{}/fd", pid.trim())).join("0").exists());
    }

    /// Starts it again where it was, with what it had.
    pub(crate) fn revive(&self) {
        if self.is_apache() { self.script(&["start"]) } else { self.tell(MockDo::Up) }
    }

    /// Stops it from answering without closing a connection.
    pub(crate) fn freeze(&self) {
        if self.is_apache() { self.signal(Signal::SIGSTOP) } else { self.tell(MockDo::Down) }
    }

    pub(crate) fn thaw(&self) {
        if self.is_apache() { self.signal(Signal::SIGCONT) } else { self.tell(MockDo::Up) }
    }

    /// Gives the users of a secure broker their rights.
    pub(crate) fn grant(&self) {
        self.script(&["acls"]);
    }

    /// A configuration with topics of its own.
    pub(crate) fn config(&self, name: &str) -> KafkaConfig {
        let mut config = KafkaConfig::new(&[&self.address]);
        config.topic_prefix = format!("{name}.");
        config.partitions = PARTITIONS as u16;
        config.message_timeout_ms = 3_000;
        config.session_timeout_ms = 6_000;
        config.extra.insert("reconnect.backoff.max.ms".to_owned(), "500".to_owned());
        if !self.is_apache() {
            config.create_topics = false;
            for topic in ["cameras", "candidates", "observations", "cases"] {
                self.tell(MockDo::CreateTopic(format!("{name}.{topic}")));
            }
        }
        config
    }
}

const PARTITIONS: i32 = 4;

/// The broker, started by whoever comes first. Tests that only use it share it; `None`: no jars, and `mock` was not allowed.
fn with(secure: bool, mock: bool) {
    let mut broker = BROKER.write().unwrap_or_else(std::sync::PoisonError::into_inner);
    if broker.is_none() {
        *broker = Broker::start(secure).or_else(|| mock.then(Broker::mock));
    }
}

/// Shares the broker with other tests.
pub(crate) fn shared() -> Guard {
    with(false, true);
    Guard(Hold::Shared(BROKER.read().unwrap_or_else(std::sync::PoisonError::into_inner)))
}

/// Has the broker alone, to do harm to it.
pub(crate) fn alone() -> Guard {
    with(false, true);
    Guard(Hold::Alone(BROKER.write().unwrap_or_else(std::sync::PoisonError::into_inner)))
}

/// A broker with TLS, log-in and ACLs; `None` where the jars cannot be had.
pub(crate) fn secure() -> Option<Guard> {
    with(true, false);
    let guard = BROKER.write().unwrap_or_else(std::sync::PoisonError::into_inner);
    guard.is_some().then_some(Guard(Hold::Alone(guard)))
}

pub(crate) struct Guard(Hold);

enum Hold {
    Shared(RwLockReadGuard<'static, Option<Broker>>),
    Alone(RwLockWriteGuard<'static, Option<Broker>>),
}

impl std::ops::Deref for Guard {
    type Target = Broker;
    fn deref(&self) -> &Broker {
        match &self.0 {
            Hold::Shared(broker) => broker.as_ref().unwrap(),
            Hold::Alone(broker) => broker.as_ref().unwrap(),
        }
    }
}

/// Waits for a condition, two minutes at most: long enough that only a real fault fails it.
pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(120);
    while !condition() {
        assert!(Instant::now() < until, "waited two minutes until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn kafka(config: KafkaConfig) -> BusConfig {
    BusConfig::Kafka(config)
}
