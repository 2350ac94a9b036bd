//! A sealed package seen from outside: by the command line, by an expert with `openssl` and `sha256sum`, by its schema.

#![allow(clippy::unwrap_used, reason = "all of this file is a test")]

#[path = "../src/evidence/fixture.rs"]
mod fixture;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use kerbwatch::evidence::{Chain, Clip, ClipSource, Container, Context, Draft, EvidenceStore, Role, Signer, Still};

struct World {
    folder: tempfile::TempDir,
}

impl World {
    /// Two packages, the first with an after-picture.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let signer = Signer::load_or_create(&at("key.pem")).unwrap();
        let store = EvidenceStore::open(&at("evidence")).unwrap();
        let mut chain = Chain::open(&at("chain.json"), "worker-1", &store).unwrap();
        for n in 0..2 {
            store.seal(&fixture::draft(n), &signer, &mut chain).unwrap();
        }
        store.add_after(&fixture::candidate(0).id, &fixture::stamp(200.0), b"clean street", &signer).unwrap();
        std::fs::write(at("published.pem"), signer.public_key_pem()).unwrap();
        Self { folder }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn package(&self, n: u16) -> PathBuf {
        self.at("evidence").join(fixture::candidate(n).id.as_str())
    }
}

fn kerbwatch(args: &[&Path]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kerbwatch")).args(["evidence", "verify"]).args(args).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn verify_exits_0_1_or_2() {
    let world = World::new();
    let (root, key) = (world.at("evidence"), world.at("published.pem"));
    let good = kerbwatch(&[&root, Path::new("--key"), &key]);
    assert_eq!(good.status.code(), Some(0), "{good:?}");
    assert!(stdout(&good).contains("verified: 2 of 2"), "{good:?}");

    std::fs::write(world.package(1).join("trigger.jpg"), b"another").unwrap();
    let bad = kerbwatch(&[&root]);
    assert_eq!(bad.status.code(), Some(1), "{bad:?}");
    assert!(stdout(&bad).contains("trigger.jpg was changed"), "{bad:?}");
    let json = kerbwatch(&[&root, Path::new("--json")]);
    let value: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((json.status.code(), &value["ok"]), (Some(1), &serde_json::json!(false)));
    assert_eq!(value["report"]["findings"][0]["file"], "trigger.jpg");

    let missing = kerbwatch(&[&world.at("nothing")]);
    assert_eq!(missing.status.code(), Some(2), "{missing:?}");
    let no_key = kerbwatch(&[&root, Path::new("--key"), &root.join("nothing")]);
    assert_eq!(no_key.status.code(), Some(2), "{no_key:?}");
}

/// The commands of `EVIDENCE.md`, word for word: each line of its shell blocks that is not a comment.
fn commands_of_the_page() -> Vec<String> {
    let page = include_str!("../EVIDENCE.md");
    let blocks = page.split("```sh\n").skip(1).filter_map(|part| part.split("```").next());
    let lines = blocks.flat_map(str::lines).filter(|line| !line.starts_with('#') && !line.starts_with("kerbwatch "));
    lines.map(|line| line.split("    #").next().unwrap_or(line).trim().to_owned()).collect()
}

fn shell(command: &str, folder: &Path) -> Output {
    Command::new("sh").args(["-c", command]).current_dir(folder).output().unwrap()
}

#[test]
fn an_expert_checks_a_package_with_openssl_and_sha256sum_alone() {
    let has = |tool: &str| Command::new(tool).arg("--version").output().is_ok();
    if !has("openssl") || !has("sha256sum") {
        eprintln!("SKIPPED: openssl or sha256sum is not installed, so the commands of EVIDENCE.md were not run");
        return;
    }
    let world = World::new();
    let commands = commands_of_the_page();
    let [verify, list, check, key_id, _, belongs] = commands.as_slice() else { panic!("the page changed: {commands:#?}") };
    for folder in [world.package(0), world.package(0).join("after"), world.package(1)] {
        assert!(stdout(&shell(verify, &folder)).contains("Signature Verified Successfully"), "{:?}", shell(verify, &folder));
        assert_eq!(stdout(&shell(list, &folder)).trim(), "1");
        assert!(shell(check, &folder).status.success(), "{:?}", shell(check, &folder));
        let manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap();
        let named = manifest["signing"]["key_id"].as_str().unwrap();
        assert!(stdout(&shell(key_id, &folder)).starts_with(named), "{named}");
    }
    assert_eq!(stdout(&shell(belongs, &world.package(0))).trim(), "1");

    // And they find what was done to a package.
    let package = world.package(1);
    std::fs::write(package.join("mid.jpg"), b"another").unwrap();
    assert!(!shell(check, &package).status.success());
    let sums = std::fs::read_to_string(package.join("SHA256SUMS")).unwrap();
    std::fs::write(package.join("SHA256SUMS"), sums.replacen("mid", "nid", 1)).unwrap();
    assert_ne!(stdout(&shell(list, &package)).trim(), "1");
    let manifest = std::fs::read_to_string(package.join("manifest.json")).unwrap();
    std::fs::write(package.join("manifest.json"), manifest.replacen("worker-1", "worker-2", 1)).unwrap();
    assert!(!shell(verify, &package).status.success());
}

#[test]
fn openssl_reads_the_private_key_too() {
    let world = World::new();
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("SKIPPED: openssl is not installed, so it was not asked to read the signing key");
        return;
    }
    let public = shell("openssl pkey -in key.pem -pubout", world.folder.path());
    assert_eq!(stdout(&public), std::fs::read_to_string(world.at("published.pem")).unwrap());
}

#[test]
fn manifests_follow_their_schema() {
    let world = World::new();
    let schema: serde_json::Value = serde_json::from_str(include_str!("../../deploy/schemas/evidence-manifest.v1.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for folder in [world.package(0), world.package(0).join("after"), world.package(1)] {
        let manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap();
        let errors: Vec<String> = schema.iter_errors(&manifest).map(|e| format!("{e} at {}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        let mut wrong = manifest.clone();
        wrong["items"][0]["derivative"] = serde_json::json!("masked");
        assert!(!schema.is_valid(&wrong), "the schema accepts anything");
    }
}
