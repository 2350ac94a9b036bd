//! A throw-away PostgreSQL cluster on loopback: one per test process, one database per test.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection};

/// Lives as long as its standard input is open, which is as long as this process: no cluster is left behind, however the
/// tests end.
const SCRIPT: &str = r#"
set -eu
dir=$(mktemp -d "${TMPDIR:-/tmp}/kerbwatch-postgres.XXXXXX")
cd "$dir"
"$1/initdb" -D "$dir/data" -U kerbwatch -A trust --no-sync -E UTF8 --locale=C >"$dir/log" 2>&1
"$1/postgres" -D "$dir/data" -p "$2" -k "$dir" -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200 >>"$dir/log" 2>&1 &
server=$!
cat >/dev/null || true
kill -INT "$server" || true
wait "$server" || true
rm -rf "$dir"
"#;

struct Cluster {
    port: u16,
    /// Kept: its standard input must stay open.
    _keeper: Child,
}

fn binaries() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> =
        std::fs::read_dir("/usr/lib/postgresql").ok()?.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect();
    versions.sort();
    versions.into_iter().rev().find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

fn start() -> Option<Cluster> {
    let binaries = binaries()?;
    let port = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
    // PostgreSQL refuses to run as root.
    let root = Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout.trim_ascii() == b"0");
    let mut command = Command::new(if root { "runuser" } else { "sh" });
    if root {
        command.args(["-u", "postgres", "--", "sh"]);
    }
    command.args(["-c", SCRIPT, "sh"]).arg(binaries).arg(port.to_string());
    let keeper = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
    Some(Cluster { port, _keeper: keeper })
}

/// The URL of a fresh database; `None` where there is no PostgreSQL.
pub(super) async fn fresh_database() -> Option<String> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let Some(cluster) = CLUSTER.get_or_init(start) else {
        eprintln!("SKIPPED: no PostgreSQL server binaries under /usr/lib/postgresql (Debian: apt install postgresql)");
        return None;
    };
    sqlx::any::install_default_drivers();
    let base = format!("postgres://kerbwatch@127.0.0.1:{}", cluster.port);
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut connection = loop {
        match sqlx::AnyConnection::connect(&format!("{base}/postgres")).await {
            Ok(connection) => break connection,
            Err(error) if Instant::now() > deadline => panic!("the PostgreSQL cluster does not come up: {error}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    };
    let name = format!("test_{}", NEXT.fetch_add(1, Ordering::SeqCst));
    sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    Some(format!("{base}/{name}"))
}
