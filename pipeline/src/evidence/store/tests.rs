use std::process::Command;

use super::super::fixture::{draft, stamp};
use super::super::manifest::SCHEMA;
use super::super::verify::{Options, verify};
use super::*;

struct World {
    folder: tempfile::TempDir,
    signer: Signer,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let signer = Signer::load_or_create(&folder.path().join("key.pem")).unwrap();
        Self { folder, signer }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("evidence")
    }

    fn chain_file(&self) -> PathBuf {
        self.folder.path().join("chain.json")
    }

    fn open(&self) -> (EvidenceStore, Chain) {
        let store = EvidenceStore::open(&self.root()).unwrap();
        let chain = Chain::open(&self.chain_file(), "worker-1", &store).unwrap();
        (store, chain)
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(self.root()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn bytes_of(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder)
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn a_sealed_package_holds_all_and_verifies() {
    let world = World::new();
    let (store, mut chain) = world.open();
    let draft = draft(0);
    let sealed = store.seal(&draft, &world.signer, &mut chain).unwrap();
    let id = draft.candidate.id.as_str();
    let roles: Vec<(&str, String)> = sealed.items.iter().map(|i| (i.role.as_str(), i.key.clone())).collect();
    let expected = [
        ("first_seen", "first_seen.jpg"),
        ("mid", "mid.jpg"),
        ("trigger", "trigger.jpg"),
        ("clip", "clip.mp4"),
        ("manifest", "manifest.json"),
    ];
    assert_eq!(roles, expected.map(|(role, file)| (role, format!("{id}/{file}"))));
    for item in &sealed.items {
        let bytes = std::fs::read(world.root().join(&item.key)).unwrap();
        assert_eq!((item.bytes, &item.sha256), (bytes.len() as u64, &files::sha256(&bytes)));
    }
    assert_eq!(world.names(), [id], "nothing but the package is in the folder");
    assert_eq!((chain.count(), chain.head()), (1, Some(sealed.manifest_sha256.as_str())));
    let report = verify(&world.root(), &Options { chain: Some(world.chain_file()), ..Options::default() }).unwrap();
    assert!(report.ok(), "{:#?}", report.lines());
}

#[test]
fn the_manifest_says_what_a_court_asks_and_keeps_the_password() {
    let world = World::new();
    let (store, mut chain) = world.open();
    store.seal(&draft(0), &world.signer, &mut chain).unwrap();
    let text = std::fs::read_to_string(store.folder(&draft(0).candidate.id).join(MANIFEST)).unwrap();
    assert!(!text.contains("secret"), "{text}");
    let manifest: Manifest = serde_json::from_str(&text).unwrap();
    assert_eq!(manifest.schema, SCHEMA);
    assert_eq!(canonical(&manifest).unwrap(), text.as_bytes(), "canonical, and nothing in it is lost by reading");
    assert_eq!(manifest.capture.maker, "worker-1");
    assert!(manifest.capture.place_of_original.contains("rtsp://***@10.0.0.7/path?token=***&channel=***"));
    assert_eq!(manifest.rule.unwrap().dwell_s, 30.0);
    assert_eq!((manifest.permits[0].id.as_str(), manifest.permits[0].applied), ("collection-point", false));
    assert_eq!(manifest.items[0].from.clock, "arrival");
    assert_eq!(manifest.items[0].from.max_error_ms, 40.0);
    assert!(manifest.gaps.is_empty(), "{:?}", manifest.gaps);
    events::site::Site::parse("manifest", &manifest.site).unwrap();
}

#[test]
fn what_is_missing_is_said() {
    let world = World::new();
    let (store, mut chain) = world.open();
    let mut poor = draft(0);
    poor.stills.remove(1);
    poor.clips.clear();
    poor.gaps.push(Gap::new("the camera was away"));
    poor.context.camera.zones.clear();
    store.seal(&poor, &world.signer, &mut chain).unwrap();
    let bytes = std::fs::read(store.folder(&poor.candidate.id).join(MANIFEST)).unwrap();
    let manifest: Manifest = serde_json::from_slice(&bytes).unwrap();
    let gaps: Vec<&str> = manifest.gaps.iter().map(|gap| gap.what.as_str()).collect();
    assert_eq!(gaps[..3], ["the camera was away", "there is no mid", "there is no clip"]);
    assert!(gaps[3].starts_with("zone pavement was no longer"), "{gaps:?}");
    assert_eq!(manifest.rule, None);
}

#[test]
fn sealing_again_gives_the_first_package_back_and_the_same_input_the_same_bytes() {
    let world = World::new();
    let (store, mut chain) = world.open();
    let first = store.seal(&draft(0), &world.signer, &mut chain).unwrap();
    let before = bytes_of(&store.folder(&draft(0).candidate.id));
    let mut other = draft(0);
    other.stills[0].jpeg = b"something else".to_vec();
    assert_eq!(store.seal(&other, &world.signer, &mut chain).unwrap(), first);
    assert_eq!(bytes_of(&store.folder(&draft(0).candidate.id)), before);
    assert_eq!(chain.count(), 1);

    let twin = tempfile::tempdir().unwrap();
    let twin_store = EvidenceStore::open(&twin.path().join("evidence")).unwrap();
    let mut twin_chain = Chain::open(&twin.path().join("chain.json"), "worker-1", &twin_store).unwrap();
    assert_eq!(twin_store.seal(&draft(0), &world.signer, &mut twin_chain).unwrap(), first);
    assert_eq!(bytes_of(&twin_store.folder(&draft(0).candidate.id)), before);
}

#[test]
fn two_items_of_one_role_are_refused_and_leave_nothing() {
    let world = World::new();
    let (store, mut chain) = world.open();
    let mut double = draft(0);
    double.stills[1].role = Role::Trigger;
    let error = store.seal(&double, &world.signer, &mut chain).unwrap_err();
    assert!(matches!(&error, EvidenceError::Twice { file, .. } if file == "trigger.jpg"), "{error}");
    assert!(world.names().is_empty(), "{:?}", world.names());
    assert_eq!(store.seal(&draft(0), &world.signer, &mut chain).unwrap().items.len(), 5);
}

#[test]
fn an_after_picture_is_a_layer_that_leaves_the_package_alone() {
    let world = World::new();
    let (store, mut chain) = world.open();
    let id = draft(0).candidate.id;
    let missing = store.add_after(&id, &stamp(200.0), b"clean street", &world.signer).unwrap_err();
    assert!(matches!(missing, EvidenceError::NoPackage { .. }), "{missing}");
    let sealed = store.seal(&draft(0), &world.signer, &mut chain).unwrap();
    let before = bytes_of(&store.folder(&id));
    let after = store.add_after(&id, &stamp(200.0), b"clean street", &world.signer).unwrap();
    assert_eq!((after.items[0].role.as_str(), &after.items[0].key), ("after", &format!("{id}/after/after.jpg")));
    assert_eq!(bytes_of(&store.folder(&id)), before);
    assert_eq!(store.add_after(&id, &stamp(300.0), b"another", &world.signer).unwrap(), after, "once, for good");
    assert_eq!(store.seal(&draft(0), &world.signer, &mut chain).unwrap(), sealed);
    let report = verify(&store.folder(&id), &Options::default()).unwrap();
    assert!(report.ok() && report.packages[0].after, "{:#?}", report.lines());
}

#[test]
fn a_store_has_one_writer_and_its_leftovers_are_removed() {
    let world = World::new();
    let (store, chain) = world.open();
    let second = EvidenceStore::open(&world.root()).unwrap_err();
    assert!(matches!(second, EvidenceError::InUse { .. }), "{second}");
    std::fs::create_dir(world.root().join(".tmp-half")).unwrap();
    std::fs::write(world.root().join(".tmp-half/clip.mp4"), b"half").unwrap();
    std::fs::write(world.root().join(".tmp-file"), b"half").unwrap();
    drop((store, chain));
    let (_store, _chain) = world.open();
    assert!(world.names().is_empty(), "{:?}", world.names());
}

#[test]
fn a_lost_chain_file_is_rebuilt_and_a_foreign_or_damaged_one_refused() {
    let world = World::new();
    let (store, mut chain) = world.open();
    store.seal(&draft(0), &world.signer, &mut chain).unwrap();
    let head = store.seal(&draft(1), &world.signer, &mut chain).unwrap().manifest_sha256;
    std::fs::remove_file(world.chain_file()).unwrap();
    let mut chain = Chain::open(&world.chain_file(), "worker-1", &store).unwrap();
    assert_eq!((chain.count(), chain.head()), (2, Some(head.as_str())));
    store.seal(&draft(2), &world.signer, &mut chain).unwrap();
    assert!(verify(&world.root(), &Options::default()).unwrap().ok());

    let error = Chain::open(&world.chain_file(), "worker-2", &store).unwrap_err();
    assert!(matches!(error, ChainError::OtherWorker { .. }), "{error}");
    std::fs::write(world.chain_file(), b"{").unwrap();
    let error = Chain::open(&world.chain_file(), "worker-1", &store).unwrap_err();
    assert!(matches!(error, ChainError::Damaged { .. }), "{error}");
}

const CRASH_AT: &str = "KERBWATCH_TEST_CRASH_AT";
const CRASH_IN: &str = "KERBWATCH_TEST_CRASH_IN";

fn die_at(step: Step) {
    if std::env::var(CRASH_AT).is_ok_and(|wanted| wanted == format!("{step:?}")) {
        std::process::abort();
    }
}

/// Run by the test below in a process of its own, which dies at the step it is told.
#[test]
fn crash_child() {
    let Ok(folder) = std::env::var(CRASH_IN) else { return };
    let folder = Path::new(&folder);
    let mut store = EvidenceStore::open(&folder.join("evidence")).unwrap();
    store.at_step = Some(die_at);
    let mut chain = Chain::open(&folder.join("chain.json"), "worker-1", &store).unwrap();
    let signer = Signer::load_or_create(&folder.join("key.pem")).unwrap();
    store.seal(&draft(1), &signer, &mut chain).unwrap();
}

#[cfg(unix)]
#[test]
fn a_crash_at_any_step_leaves_a_whole_package_or_none_and_the_chain_intact() {
    for (step, in_place) in
        [(Step::ItemsWritten, false), (Step::ManifestWritten, false), (Step::Intended, false), (Step::InPlace, true)]
    {
        let world = World::new();
        let (store, mut chain) = world.open();
        store.seal(&draft(0), &world.signer, &mut chain).unwrap();
        drop((store, chain));
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["evidence::store::tests::crash_child", "--exact", "--nocapture"])
            .env(CRASH_AT, format!("{step:?}"))
            .env(CRASH_IN, world.folder.path())
            .output()
            .unwrap();
        let signal = std::os::unix::process::ExitStatusExt::signal(&child.status);
        assert_eq!(signal, Some(6), "{step:?}: the child was to abort there: {child:?}");

        let (store, mut chain) = world.open();
        let packages = if in_place { 2 } else { 1 };
        assert_eq!(world.names().len(), packages, "{step:?}: {:?}", world.names());
        assert_eq!(chain.count(), packages as u64, "{step:?}");
        store.seal(&draft(1), &world.signer, &mut chain).unwrap();
        store.seal(&draft(2), &world.signer, &mut chain).unwrap();
        assert_eq!(chain.count(), 3, "{step:?}: sealed once, whatever died");
        let options = Options { chain: Some(world.chain_file()), ..Options::default() };
        let report = verify(&world.root(), &options).unwrap();
        assert!(report.ok(), "{step:?}: {:#?}", report.lines());
    }
}
