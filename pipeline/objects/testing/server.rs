//! An S3-compatible server for a test (s3proxy, see `deploy/s3`). Tests of several crates include this file: it belongs to no crate, so
//! that none carries it.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use objects::{Objects, ObjectsConfig};

/// The secret that the server knows.
pub(crate) const SECRET: &str = "only-for-tests";

/// A server of one's own; stopped when dropped.
pub(crate) struct Server {
    folder: tempfile::TempDir,
    port: u16,
}

impl Server {
    /// `None`, loudly, where it cannot be had.
    pub(crate) fn start() -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Self { folder: tempfile::tempdir().unwrap(), port };
        match server.run("start") {
            Some(0) => Some(server),
            Some(3) => {
                eprintln!("SKIPPED: no S3-compatible server: deploy/s3/s3.sh fetch cannot have its jars");
                None
            }
            code => panic!("deploy/s3/s3.sh start ended with {code:?}"),
        }
    }

    /// Runs `start` or `stop` of the script; its exit status.
    pub(crate) fn run(&self, command: &str) -> Option<i32> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("deploy/s3/s3.sh");
        let mut script = Command::new(script);
        script.args([command, "--port", &self.port.to_string(), "--dir"]).arg(self.folder.path());
        script.status().unwrap().code()
    }

    /// How the server is reached, with a secret of one's choice.
    pub(crate) fn config(&self, secret: &str) -> ObjectsConfig {
        let credentials = self.folder.path().join(format!("{secret}.credentials"));
        let text = format!("[default]\naws_access_key_id = kerbwatch\naws_secret_access_key = {secret}\n");
        std::fs::write(&credentials, text).unwrap();
        ObjectsConfig {
            store: "s3://evidence/city".to_owned(),
            endpoint: Some(format!("http://127.0.0.1:{}", self.port)),
            region: "us-east-1".to_owned(),
            path_style: true,
            credentials: Some(credentials),
            ca_file: None,
        }
    }

    /// The store.
    pub(crate) fn objects(&self) -> Objects {
        Objects::open(&self.config(SECRET)).unwrap()
    }

    /// Where the server keeps the objects.
    pub(crate) fn kept(&self) -> PathBuf {
        self.folder.path().join("data/evidence/city")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.run("stop");
    }
}
