use proptest::prelude::*;

use super::super::fixture::{candidate, draft, stamp};
use super::super::manifest::AFTER;
use super::super::{Chain, EvidenceStore, Signer};
use super::*;

/// Three packages of one worker, the first with an after-picture.
struct World {
    folder: tempfile::TempDir,
    signer: Signer,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let signer = Signer::load_or_create(&folder.path().join("key.pem")).unwrap();
        let store = EvidenceStore::open(&folder.path().join("evidence")).unwrap();
        let mut chain = Chain::open(&folder.path().join("chain.json"), "worker-1", &store).unwrap();
        for n in 0..3 {
            store.seal(&draft(n), &signer, &mut chain).unwrap();
        }
        store.add_after(&candidate(0).id, &stamp(200.0), b"clean street", &signer).unwrap();
        Self { folder, signer }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("evidence")
    }

    fn package(&self, n: u16) -> PathBuf {
        self.root().join(candidate(n).id.as_str())
    }

    fn check(&self) -> Report {
        verify(&self.root(), &Options::default()).unwrap()
    }

    #[track_caller]
    fn finds(&self, n: u16, file: &str, problem: Problem, says: &str) {
        let report = verify(&self.package(n), &Options::default()).unwrap();
        let found = report
            .findings
            .iter()
            .any(|f| f.problem == problem && f.file.as_deref() == Some(file) && f.text.contains(file) && f.text.contains(says));
        assert!(found, "no {problem:?} of {file} saying {says:?} in {:#?}", report.findings);
        assert!(!report.ok());
    }
}

#[test]
fn what_is_intact_is_said_to_be() {
    let world = World::new();
    let report = world.check();
    assert!(report.ok(), "{:#?}", report.lines());
    assert_eq!(report.packages.len(), 3);
    assert!(report.lines().last().unwrap().contains("3 of 3"), "{:#?}", report.lines());
}

#[test]
fn missing_changed_added_and_renamed_files_are_named() {
    let world = World::new();
    let path = |n, file: &str| world.package(n).join(file);
    std::fs::remove_file(path(0, "mid.jpg")).unwrap();
    world.finds(0, "mid.jpg", Problem::Missing, "is missing");
    std::fs::write(path(0, "notes.txt"), b"x").unwrap();
    world.finds(0, "notes.txt", Problem::Added, "was added");
    std::fs::create_dir(path(0, "more")).unwrap();
    world.finds(0, "more", Problem::Added, "was added");
    std::fs::write(path(0, "trigger.jpg"), b"another picture").unwrap();
    world.finds(0, "trigger.jpg", Problem::Changed, "was changed");
    std::fs::rename(path(1, "clip.mp4"), path(1, "clip2.mp4")).unwrap();
    world.finds(1, "clip.mp4", Problem::Missing, "its bytes are in clip2.mp4");
    world.finds(1, "clip2.mp4", Problem::Added, "was added");
    for paper in [MANIFEST, SIGNATURE, PUBLIC_KEY, SUMS] {
        let bytes = std::fs::read(path(2, paper)).unwrap();
        std::fs::remove_file(path(2, paper)).unwrap();
        world.finds(2, paper, Problem::Missing, "is missing");
        std::fs::write(path(2, paper), bytes).unwrap();
    }
    assert!(verify(&world.package(2), &Options::default()).unwrap().ok());
}

#[test]
fn exchanged_files_are_named_with_each_other() {
    let world = World::new();
    let [a, b] = ["first_seen.jpg", "trigger.jpg"].map(|file| world.package(1).join(file));
    let (of_a, of_b) = (std::fs::read(&a).unwrap(), std::fs::read(&b).unwrap());
    std::fs::write(&a, &of_b).unwrap();
    world.finds(1, "first_seen.jpg", Problem::Swapped, "holds what was sealed as trigger.jpg");
    std::fs::write(&b, &of_a).unwrap();
    world.finds(1, "first_seen.jpg", Problem::Swapped, "the two were exchanged");
    world.finds(1, "trigger.jpg", Problem::Swapped, "holds what was sealed as first_seen.jpg");
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_a_file_is_refused() {
    let world = World::new();
    let file = world.package(1).join("mid.jpg");
    let elsewhere = world.folder.path().join("mid.jpg");
    std::fs::rename(&file, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &file).unwrap();
    world.finds(1, "mid.jpg", Problem::Changed, "is not a plain file");
}

#[test]
fn a_rewritten_manifest_does_not_fit_its_signature() {
    let world = World::new();
    let path = world.package(0).join(MANIFEST);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\"kind\":\"waste_dumping\"", "\"kind\":\"illegal_stall\"")).unwrap();
    let report = verify(&world.package(0), &Options::default()).unwrap();
    let faults: Vec<_> = report.findings.iter().filter(|f| f.problem == Problem::Signature).collect();
    assert_eq!(faults.len(), 1, "{:#?}", report.findings);
    assert!(faults[0].text.contains(MANIFEST));
}

#[test]
fn a_package_signed_anew_by_a_stranger_is_whole_but_not_trusted() {
    let world = World::new();
    let key = world.folder.path().join("trusted.pem");
    std::fs::write(&key, world.signer.public_key_pem()).unwrap();
    let options = Options { trusted: read_keys(&key).unwrap(), ..Options::default() };
    assert!(verify(&world.root(), &options).unwrap().ok());

    let forger = Signer::load_or_create(&world.folder.path().join("forger.pem")).unwrap();
    let store = EvidenceStore::open(&world.folder.path().join("forged")).unwrap();
    let mut chain = Chain::open(&world.folder.path().join("forged.json"), "worker-1", &store).unwrap();
    store.seal(&draft(0), &forger, &mut chain).unwrap();
    assert!(verify(store.root(), &Options::default()).unwrap().ok());
    let report = verify(store.root(), &options).unwrap();
    assert_eq!(report.findings.len(), 1, "{:#?}", report.findings);
    assert_eq!(report.findings[0].problem, Problem::NotTrusted);

    std::fs::copy(store.folder(&candidate(0).id).join(PUBLIC_KEY), world.package(0).join(PUBLIC_KEY)).unwrap();
    world.finds(0, PUBLIC_KEY, Problem::Changed, "is not the key");
    let both = format!("{}\n{}", world.signer.public_key_pem(), forger.public_key_pem());
    std::fs::write(&key, both).unwrap();
    assert_eq!(read_keys(&key).unwrap().len(), 2);
    std::fs::write(&key, "no key").unwrap();
    assert!(matches!(read_keys(&key), Err(VerifyError::Key { .. })));
}

#[test]
fn a_package_taken_out_of_the_middle_leaves_a_hole() {
    let world = World::new();
    std::fs::rename(world.package(1), world.folder.path().join("taken")).unwrap();
    let report = world.check();
    assert_eq!(report.findings.len(), 1, "{:#?}", report.findings);
    assert_eq!(report.findings[0].problem, Problem::Chain);
    assert!(report.findings[0].text.contains("package number 2"), "{}", report.findings[0].text);
    let partial = verify(&world.root(), &Options { partial: true, ..Options::default() }).unwrap();
    assert!(partial.ok() && partial.notes.iter().any(|note| note.contains("number 2")), "{partial:#?}");
}

#[test]
fn newest_packages_taken_away_show_only_against_the_chain_file() {
    let world = World::new();
    std::fs::rename(world.package(2), world.folder.path().join("taken")).unwrap();
    assert!(world.check().ok());
    let chain = world.folder.path().join("chain.json");
    let report = verify(&world.root(), &Options { chain: Some(chain.clone()), ..Options::default() }).unwrap();
    assert!(report.findings.iter().any(|f| f.text.contains("package number 3")), "{:#?}", report.findings);
    std::fs::copy(chain, world.root().join("chain.json")).unwrap();
    assert!(!world.check().ok(), "a chain.json in the folder is used");
}

#[test]
fn a_package_replaced_by_another_breaks_the_chain_after_it() {
    let world = World::new();
    let store = EvidenceStore::open(&world.folder.path().join("other")).unwrap();
    let mut chain = Chain::open(&world.folder.path().join("other.json"), "worker-1", &store).unwrap();
    let mut other = draft(0);
    other.stills[0].jpeg = b"staged later".to_vec();
    store.seal(&other, &world.signer, &mut chain).unwrap();
    std::fs::remove_dir_all(world.package(0)).unwrap();
    std::fs::rename(store.folder(&candidate(0).id), world.package(0)).unwrap();
    let report = world.check();
    assert_eq!(report.findings.len(), 1, "{:#?}", report.findings);
    assert_eq!(report.findings[0].package, candidate(1).id.as_str());
    assert!(report.findings[0].text.contains("broken"), "{}", report.findings[0].text);
}

#[test]
fn a_package_under_another_candidates_name_is_found() {
    let world = World::new();
    let spare = world.folder.path().join("spare");
    std::fs::rename(world.package(0), &spare).unwrap();
    std::fs::rename(world.package(1), world.package(0)).unwrap();
    std::fs::rename(&spare, world.package(1)).unwrap();
    let report = world.check();
    let wrong = report.findings.iter().filter(|f| f.text.contains("another candidate's package")).count();
    assert_eq!(wrong, 2, "{:#?}", report.findings);
}

#[test]
fn an_after_picture_of_another_package_is_found() {
    let world = World::new();
    std::fs::rename(world.package(0).join(AFTER), world.package(1).join(AFTER)).unwrap();
    world.finds(1, "after/manifest.json", Problem::Manifest, "belongs to another package");
}

#[test]
fn nothing_to_check_is_not_verified() {
    let folder = tempfile::tempdir().unwrap();
    let report = verify(folder.path(), &Options::default()).unwrap();
    assert!(!report.ok() && report.findings[0].problem == Problem::Empty, "{report:?}");
    assert!(matches!(verify(&folder.path().join("no"), &Options::default()), Err(VerifyError::Read { .. })));
    let named = folder.path().join(candidate(0).id.as_str());
    std::fs::create_dir(&named).unwrap();
    assert!(!verify(&named, &Options::default()).unwrap().ok(), "an emptied package is no package that is intact");
}

const FILES: [&str; 12] = [
    "first_seen.jpg",
    "mid.jpg",
    "trigger.jpg",
    "clip.mp4",
    "manifest.json",
    "manifest.sig",
    "public_key.pem",
    "SHA256SUMS",
    "after/after.jpg",
    "after/manifest.json",
    "after/manifest.sig",
    "after/public_key.pem",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_changed_byte_of_any_file_is_found_and_the_file_named(
        file in proptest::sample::select(FILES.to_vec()),
        place in any::<prop::sample::Index>(),
        by in 1..=255_u8,
    ) {
        thread_local!(static WORLD: World = World::new());
        WORLD.with(|world| {
            let path = world.package(0).join(file);
            let good = std::fs::read(&path).unwrap();
            let mut bad = good.clone();
            bad[place.index(good.len())] ^= by;
            std::fs::write(&path, &bad).unwrap();
            let report = verify(&world.package(0), &Options::default()).unwrap();
            std::fs::write(&path, &good).unwrap();
            prop_assert!(!report.ok());
            prop_assert!(report.findings.iter().any(|f| f.text.contains(file)), "{file}: {:#?}", report.findings);
            Ok(())
        })?;
    }
}

/// A certificate as the console packs it, signed by the world's key, that lists a file of package 1 as deleted.
fn certificate(world: &World, file: &str, signer: &Signer) -> PathBuf {
    let manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(world.package(1).join(MANIFEST)).unwrap()).unwrap();
    let item = manifest["items"].as_array().unwrap().iter().find(|item| item["file"] == file).unwrap();
    let document = serde_json::json!({
        "type": "kerbwatch.deletion_certificate.v1", "number": 7, "district": "Pudong",
        "items": [{ "candidate": candidate(1).id.as_str(), "file": file, "sha256": item["sha256"], "bytes": item["bytes"],
                    "rule": "rejected", "outcome": "deleted", "at": "2027-01-22T00:00:00.000Z" }],
    });
    let folder = world.folder.path().join("certificate");
    std::fs::create_dir_all(&folder).unwrap();
    let text = document.to_string();
    std::fs::write(folder.join("certificate.json"), &text).unwrap();
    std::fs::write(folder.join("certificate.sig"), signer.sign(text.as_bytes())).unwrap();
    std::fs::write(folder.join("key.pem"), signer.public_key_pem()).unwrap();
    folder
}

#[test]
fn what_a_certificate_says_was_deleted_is_noted_and_not_missing() {
    let world = World::new();
    std::fs::remove_file(world.package(1).join("trigger.jpg")).unwrap();
    world.finds(1, "trigger.jpg", Problem::Missing, "missing");
    let folder = certificate(&world, "trigger.jpg", &world.signer);
    let mut deleted = Deleted::default();
    deleted.add(&folder, &[]).unwrap();
    let options = Options { deleted, ..Options::default() };
    let report = verify(&world.root(), &options).unwrap();
    assert!(report.ok(), "{:#?}", report.lines());
    let note = report.notes.iter().find(|note| note.contains("trigger.jpg")).unwrap();
    assert!(note.contains("deleted on 2027-01-22") && note.contains("rule rejected, certificate 7"), "{note}");
    // It says nothing of other files.
    std::fs::remove_file(world.package(2).join("trigger.jpg")).unwrap();
    assert!(!verify(&world.root(), &options).unwrap().ok());
}

#[test]
fn a_certificate_that_was_changed_or_is_a_strangers_is_refused() {
    let world = World::new();
    let folder = certificate(&world, "trigger.jpg", &world.signer);
    let stranger = Signer::load_or_create(&world.folder.path().join("stranger.pem")).unwrap();
    let trusted = read_keys(&folder.join("key.pem")).unwrap();
    Deleted::default().add(&folder, &trusted).unwrap();
    let text = std::fs::read_to_string(folder.join("certificate.json")).unwrap();
    std::fs::write(folder.join("certificate.json"), text.replace("rejected", "undecided")).unwrap();
    let error = Deleted::default().add(&folder, &[]).unwrap_err();
    assert!(error.to_string().contains("does not fit"), "{error}");
    let folder = certificate(&world, "trigger.jpg", &stranger);
    Deleted::default().add(&folder, &[]).unwrap();
    let error = Deleted::default().add(&folder, &trusted).unwrap_err();
    assert!(error.to_string().contains("not among the trusted"), "{error}");
}
