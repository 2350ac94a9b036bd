//! The carrier against a real S3-compatible server (s3proxy, see `deploy/s3`), which is stopped and started again.

#[path = "../../objects/testing/server.rs"]
mod server;

use std::path::{Path, PathBuf};

use objects::{ObjectsConfig, Trouble};

use self::server::{SECRET, Server};
use super::*;
use crate::evidence::fixture::{draft, stamp};
use crate::evidence::verify::{self, Stored};
use crate::evidence::{Chain, EvidenceStore, SealedPackage, Signer};

/// 2026-11-26T00:00:00Z.
const NOW: i64 = 1_795_651_200_000;
const DAY: i64 = 24 * 60 * 60_000;

/// A worker's disk.
struct Disk {
    folder: tempfile::TempDir,
    signer: Signer,
    store: EvidenceStore,
    chain: Chain,
}

impl Disk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let signer = Signer::load_or_create(&folder.path().join("key.pem")).unwrap();
        let store = EvidenceStore::open(&folder.path().join("evidence")).unwrap();
        let chain = Chain::open(&folder.path().join("chain.json"), "worker-1", &store).unwrap();
        Self { folder, signer, store, chain }
    }

    fn seal(&mut self, n: u16) -> SealedPackage {
        self.store.seal(&draft(n), &self.signer, &mut self.chain).unwrap()
    }

    fn carrier(&self, objects: Objects) -> Carrier {
        let options = Options {
            root: self.store.root().to_owned(),
            prefix: "worker-1/".to_owned(),
            ledger: self.folder.path().join("uploads.sqlite"),
            keep_local: Duration::from_millis(u64::try_from(DAY).unwrap()),
        };
        Carrier::open(objects, options).unwrap()
    }

    fn pictures(&self, n: u16) -> usize {
        let folder = self.store.folder(&draft(n).candidate.id);
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        files.filter(|name| name.ends_with(".jpg") || name.ends_with(".mp4")).count()
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// All files below a folder, with their bytes.
fn all_files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().unwrap().is_dir() {
            found.extend(all_files(&entry.path()));
        } else {
            found.push((entry.path(), std::fs::read(entry.path()).unwrap()));
        }
    }
    found.sort();
    found
}

const GO_ON: &dyn Fn() -> bool = &|| false;

#[test]
fn evidence_gets_into_the_store_once_and_leaves_the_disk_only_then() {
    let Some(server) = Server::start() else { return };
    let (mut disk, runtime) = (Disk::new(), runtime());
    let objects = server.objects();
    let carrier = disk.carrier(objects.clone());
    let sealed = [disk.seal(0), disk.seal(1)];
    let id = draft(0).candidate.id;
    disk.store.add_after(&id, &stamp(200.0), b"\xff\xd8 swept away", &disk.signer).unwrap();
    let (round, done) = runtime.block_on(carrier.round(NOW, GO_ON));
    done.unwrap();
    assert_eq!(round, Round { stored: 3, ..Round::default() });
    for item in sealed.iter().flat_map(|package| &package.items) {
        let there = runtime.block_on(objects.sha256(&format!("worker-1/{}", item.key))).unwrap();
        assert_eq!(there.as_deref(), Some(item.sha256.as_str()), "{}", item.key);
    }
    let stored = all_files(&server.kept());
    assert_eq!(runtime.block_on(carrier.round(NOW + DAY - 1, GO_ON)).0, Round::default(), "once, and not let go yet");
    assert_eq!(disk.pictures(0), 4);

    let (round, done) = runtime.block_on(carrier.round(NOW + DAY + 1, GO_ON));
    done.unwrap();
    assert_eq!((round.let_go, disk.pictures(0), disk.pictures(1)), (3, 0, 0), "the pictures are in the store only");
    assert_eq!(disk.seal(0), sealed[0], "sealed once, for good: the papers are here");
    let third = disk.seal(2);
    disk.store.add_after(&draft(1).candidate.id, &stamp(300.0), b"\xff\xd8 gone", &disk.signer).unwrap();
    assert_eq!(runtime.block_on(carrier.round(NOW + DAY + 2, GO_ON)).0.stored, 2, "the chain goes on");

    // A lost ledger costs a comparison and doubles nothing.
    drop(carrier);
    std::fs::remove_file(disk.folder.path().join("uploads.sqlite")).unwrap();
    let fresh = disk.carrier(objects.clone());
    let (round, done) = runtime.block_on(fresh.round(NOW + DAY + 3, GO_ON));
    done.unwrap();
    assert_eq!((round.stored, round.again), (0, 5));
    assert!(stored.iter().all(|file| all_files(&server.kept()).contains(file)), "nothing was written over");

    let stored = Stored { objects: &objects, runtime: &runtime };
    let options = verify::Options { chain: Some(disk.folder.path().join("chain.json")), ..verify::Options::default() };
    for within in ["", "worker-1"] {
        let report = stored.verify(within, &options).unwrap();
        assert!(report.ok() && report.packages.len() == 3, "{within:?}: {:#?}", report.findings);
    }
    let one = stored.verify(&format!("worker-1/{id}"), &options).unwrap();
    assert!(one.ok() && one.packages[0].after, "{:#?}", one.findings);
    let local = stored.verify_local(disk.store.root(), "worker-1", &options).unwrap();
    assert!(local.ok() && local.packages.len() == 3, "papers here, pictures there: {:#?}", local.findings);
    assert!(!verify::verify(disk.store.root(), &options).unwrap().ok(), "without the store the pictures are missing");
    let key = third.items.iter().find(|item| item.role == "clip").unwrap().key.clone();
    std::fs::write(server.kept().join("worker-1").join(&key), b"another clip").unwrap();
    let report = stored.verify("", &options).unwrap();
    assert!(report.findings.iter().any(|fault| fault.text.contains("clip.mp4")), "{:#?}", report.findings);
    // What the store holds is not what was sealed: the copy here is the only good one, and stays.
    let (round, _) = runtime.block_on(fresh.round(NOW + 3 * DAY, GO_ON));
    assert_eq!((round.refused, disk.pictures(2)), (1, 4));
}

#[test]
fn a_store_that_is_away_in_the_middle_loses_and_doubles_nothing() {
    let Some(server) = Server::start() else { return };
    let mut disk = Disk::new();
    let options = Options {
        root: disk.store.root().to_owned(),
        prefix: String::new(),
        ledger: disk.folder.path().join("uploads.sqlite"),
        keep_local: Duration::ZERO,
    };
    let uploader = Uploader::start(server.objects(), options).unwrap();
    let in_store = |n: u16| server.kept().join(draft(n).candidate.id.as_str()).join("manifest.json").is_file();
    let wait_for = |what: &dyn Fn() -> bool| {
        let deadline = Instant::now() + Duration::from_secs(120);
        while !what() {
            assert!(Instant::now() < deadline, "it does not come about");
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    let sealed: Vec<SealedPackage> = (0..3).map(|n| disk.seal(n)).collect();
    wait_for(&|| (0..3).all(in_store) && (0..3).all(|n| disk.pictures(n) == 0));

    assert_eq!(server.run("stop"), Some(0));
    let later: Vec<SealedPackage> = (3..6).map(|n| disk.seal(n)).collect();
    std::thread::sleep(Duration::from_secs(3));
    assert!((3..6).all(|n| disk.pictures(n) == 4), "what is not in the store is here");
    // The worker is told to stop while the store is away, and starts again.
    assert_eq!(uploader.stop(), 3);
    // A half upload of before: some files of a package are there, its manifest is not.
    let half = server.kept().join(draft(4).candidate.id.as_str());
    std::fs::create_dir_all(&half).unwrap();
    assert_eq!(server.run("start"), Some(0));
    let runtime = runtime();
    let first = &later[1].items[0];
    let content = std::fs::read(disk.store.root().join(&first.key)).unwrap();
    assert_eq!(runtime.block_on(server.objects().put_new(&first.key, content.into())).unwrap(), Put::Stored);
    let options = Options {
        root: disk.store.root().to_owned(),
        prefix: String::new(),
        ledger: disk.folder.path().join("uploads.sqlite"),
        keep_local: Duration::ZERO,
    };
    let uploader = Uploader::start(server.objects(), options).unwrap();
    wait_for(&|| (0..6).all(in_store) && (0..6).all(|n| disk.pictures(n) == 0));
    assert_eq!(uploader.stop(), 0);
    let objects = server.objects();
    for item in sealed.iter().chain(&later).flat_map(|package| &package.items) {
        assert_eq!(runtime.block_on(objects.sha256(&item.key)).unwrap().as_ref(), Some(&item.sha256), "{}", item.key);
    }
    let stored = Stored { objects: &objects, runtime: &runtime };
    let chain = Some(disk.folder.path().join("chain.json"));
    let report = stored.verify("", &verify::Options { chain, ..verify::Options::default() }).unwrap();
    assert!(report.ok() && report.packages.len() == 6, "{:#?}", report.findings);
}

#[test]
fn what_was_changed_on_disk_or_is_another_in_the_store_needs_a_person() {
    let Some(server) = Server::start() else { return };
    let (mut disk, runtime) = (Disk::new(), runtime());
    let objects = server.objects();
    let carrier = disk.carrier(objects.clone());
    let packages = [disk.seal(0), disk.seal(1), disk.seal(2)];
    std::fs::write(disk.store.root().join(&packages[0].items[0].key), b"another picture").unwrap();
    let taken = format!("worker-1/{}", packages[1].items[0].key);
    runtime.block_on(objects.put_new(&taken, bytes_of("somebody else's"))).unwrap();
    let (round, done) = runtime.block_on(carrier.round(NOW, GO_ON));
    done.unwrap();
    assert_eq!(round, Round { stored: 1, refused: 2, ..Round::default() }, "the others go on");
    assert_eq!(runtime.block_on(objects.whole(&taken, 100)).unwrap().unwrap(), bytes_of("somebody else's"));
    let (round, _) = runtime.block_on(carrier.round(NOW + 2 * DAY, GO_ON));
    assert_eq!((round.let_go, disk.pictures(0), disk.pictures(1), disk.pictures(2)), (1, 4, 4, 0));
}

fn bytes_of(text: &str) -> bytes::Bytes {
    bytes::Bytes::from(text.to_owned())
}

#[test]
fn a_check_names_what_is_wrong() {
    let Some(server) = Server::start() else { return };
    let runtime = runtime();
    let trouble = |config: &ObjectsConfig| {
        let checked = runtime.block_on(Objects::open(config).unwrap().check());
        checked.map_err(|error| error.trouble().clone())
    };
    assert_eq!(trouble(&server.config(SECRET)), Ok(()));
    assert_eq!(trouble(&server.config("wrong")), Err(Trouble::Credentials));
    let good = server.config(SECRET);
    assert_eq!(trouble(&ObjectsConfig { store: "s3://no-such-bucket".to_owned(), ..good.clone() }), Err(Trouble::Bucket));
    assert_eq!(server.run("stop"), Some(0));
    assert!(matches!(trouble(&good), Err(Trouble::Away(_))));
}
