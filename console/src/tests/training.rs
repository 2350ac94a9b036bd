//! Decisions as training data: who may, what is in it, and that the kit reads it.

use std::path::{Path, PathBuf};
use std::process::Command;

use events::wire::v1::CandidateData;
use jpeg_encoder::{ColorType, Encoder};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::both;
use super::world::{World, candidate_data, candidate_message, confirm};
use crate::dto::{Role, TrainingQuery};

/// Noise that is another for each candidate: all of it would show through a mask that does not hold.
fn picture(n: u32) -> Vec<u8> {
    let mut state = n.wrapping_mul(2_654_435_761) | 1;
    let mut noise = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    };
    let pixels: Vec<u8> = (0..160 * 96 * 3).map(|_| noise()).collect();
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, 95).encode(&pixels, 160, 96, ColorType::Rgb).unwrap();
    jpeg
}

/// Candidates 1 to 8, of all kinds, decided in all ways; 7 has no still any more and 8 another than was sealed.
async fn decided(world: &World) {
    let kinds = ["illegal_stall", "storefront_encroachment", "unauthorized_ad", "waste_dumping"];
    for n in 1..=8u32 {
        let id = format!("{n:032x}");
        let evidence = vec![
            world.file(&format!("{id}/trigger.jpg"), "trigger", &picture(n)),
            world.file(&format!("{id}/manifest.json"), "manifest", b"{}"),
        ];
        let kind = kinds[n as usize % 4].to_owned();
        let data = CandidateData { evidence, kind, ..candidate_data(n, world.now_ms()) };
        assert_eq!(world.take(&[candidate_message(&data)]).await, ["stored"]);
    }
    let ops = world.person("ops", &[Role::Operator]).await;
    let reject = |reason: &str| json!({ "seen_version": 1, "verdict": "reject", "reason": reason });
    let decisions = [
        (1, confirm(1)),
        (2, confirm(1)),
        (3, reject("not_a_violation")),
        (4, reject("moving_vendor")),
        (5, reject("test_data")),
        (7, confirm(1)),
        (8, confirm(1)),
    ];
    for (n, body) in decisions {
        world.post(&ops, &format!("/candidates/{n:032x}/decisions"), body).await.expect(201);
    }
    let store = world.folder.path().join("evidence");
    std::fs::remove_file(store.join(format!("{:032x}/trigger.jpg", 7))).unwrap();
    std::fs::write(store.join(format!("{:032x}/trigger.jpg", 8)), picture(99)).unwrap();
}

fn unpack(archive: &[u8], to: &Path) {
    tar::Archive::new(archive).unpack(to).unwrap();
}

/// A Python with Pillow, or nothing, loudly.
fn python() -> Option<PathBuf> {
    let named = std::env::var_os("KERBTRAIN_PYTHON").map(PathBuf::from);
    let known = ["/usr/bin/python3", "python3"].map(PathBuf::from);
    let has = |python: &PathBuf| Command::new(python).args(["-c", "import PIL"]).output().is_ok_and(|out| out.status.success());
    let found = named.into_iter().chain(known).find(has);
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "CI has Python and Pillow: run `make setup`");
        eprintln!("SKIPPED: reading the export with the training kit, because no Python here has Pillow");
    }
    found
}

/// What the kit reads from an export, as JSON: file, size, boxes, where the labels hold, and what is ignored.
fn read_by_the_kit(reader: &str, folder: &Path) -> Option<Value> {
    let kit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/training");
    let call = match reader {
        "decisions" => "from kerbtrain.decisions import read_decisions as read",
        "coco" => "from kerbtrain.labels import read_coco\nread = lambda folder: read_coco(folder / 'annotations.json')",
        _ => "from kerbtrain.yolo import read_yolo as read",
    };
    let script = format!(
        "import json, sys\nfrom pathlib import Path\n{call}\nfrom PIL import Image\npictures = read(Path(sys.argv[1]))\n\
         for p in pictures: Image.open(p.file).load()\n\
         print(json.dumps([{{'file': p.file.name, 'size': [p.width, p.height], 'boxes': [[b.name, *map(round, b.corners)] for b in p.boxes], \
         'only': p.only and [round(v) for v in p.only], 'ignored': len(p.ignored)}} for p in pictures]))"
    );
    let out = Command::new(python()?).arg("-B").arg("-c").arg(script).arg(folder).env("PYTHONPATH", kit).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    Some(serde_json::from_slice(&out.stdout).unwrap())
}

fn name(n: u32) -> String {
    format!("{n:032x}.jpg")
}

both!(the_kit_reads_every_shape_of_the_export);
async fn the_kit_reads_every_shape_of_the_export(world: World) {
    decided(&world).await;
    let bureau = world.person("bureau", &[Role::BureauEditor]).await;
    let folder = tempfile::tempdir().unwrap();
    let get = async |format: &str, more: &str| {
        let to = folder.path().join(format!("{format}{}", more.len()));
        let reply = world.get(&bureau, &format!("/training/export?format={format}{more}")).await;
        assert_eq!((reply.status.as_u16(), &reply.headers["content-type"]), (200, &"application/x-tar".parse().unwrap()));
        unpack(&reply.bytes, &to);
        to
    };
    let decisions = get("decisions", "").await;
    let about: Value = serde_json::from_slice(&std::fs::read(decisions.join("export.json")).unwrap()).unwrap();
    assert_eq!(
        (&about["made"]["confirmed"], &about["made"]["rejected"], &about["made_by"]),
        (&json!(2), &json!(1), &json!("bureau"))
    );
    let left = json!({ "still_missing": 1, "still_differs_from_its_digest": 1, "rejected_as_moving_vendor": 1, "rejected_as_test_data": 1 });
    assert_eq!(about["made"]["left_out"], left);
    let labels = std::fs::read(decisions.join("decisions.jsonl")).unwrap();
    assert_eq!(about["made"]["labels_sha256"], hex::encode(Sha256::digest(&labels)));
    let lines: Vec<Value> = labels
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    assert_eq!((lines.len(), &lines[2]["decision"], &lines[2]["reason"]), (3, &json!("rejected"), &json!("not_a_violation")));
    for line in &lines {
        let bytes = std::fs::read(decisions.join(line["image"].as_str().unwrap())).unwrap();
        assert_eq!(line["image_sha256"], hex::encode(Sha256::digest(&bytes)));
        assert_ne!(line["image_sha256"], line["original_sha256"], "a masked picture is a derivative");
    }
    // The box is [0.25, 0.5, 0.5, 0.75] of 160 x 96, its surroundings a quarter of its sides more on each side.
    let (bounds, only) = ([40, 48, 80, 72], json!([30, 42, 90, 78]));
    let boxed = |class: &str| json!([[class, bounds[0], bounds[1], bounds[2], bounds[3]]]);
    if let Some(read) = read_by_the_kit("decisions", &decisions) {
        let expected = json!([
            { "file": name(1), "size": [160, 96], "boxes": boxed("goods"), "only": only, "ignored": 0 },
            { "file": name(2), "size": [160, 96], "boxes": boxed("poster"), "only": only, "ignored": 0 },
            { "file": name(3), "size": [160, 96], "boxes": [], "only": only, "ignored": 0 },
        ]);
        assert_eq!(read, expected);
    }
    let coco = get("coco", "&negatives=all").await;
    if let Some(read) = read_by_the_kit("coco", &coco) {
        let boxes: Vec<&Value> = read.as_array().unwrap().iter().map(|picture| &picture["boxes"]).collect();
        assert_eq!(boxes, [&boxed("goods"), &boxed("poster"), &json!([]), &json!([])], "all but test data");
        assert!(
            read.as_array().unwrap().iter().all(|picture| picture["ignored"] == 16),
            "around it, for each class, nobody looked"
        );
    }
    let yolo = get("yolo", "&negatives=none").await;
    if let Some(read) = read_by_the_kit("yolo", &yolo) {
        let expected = json!([
            { "file": name(1), "size": [160, 96], "boxes": boxed("goods"), "only": null, "ignored": 0 },
            { "file": name(2), "size": [160, 96], "boxes": boxed("poster"), "only": null, "ignored": 0 },
        ]);
        assert_eq!(read, expected);
    }
}

both!(originals_leave_only_with_the_right_and_a_reason);
async fn originals_leave_only_with_the_right_and_a_reason(world: World) {
    decided(&world).await;
    let bureau = world.person("bureau", &[Role::BureauEditor]).await;
    let supervisor = world.person("super", &[Role::Supervisor]).await;
    let analyst = world.person("ana", &[Role::Analyst]).await;
    let export = "/training/export?unmasked=true";
    assert_eq!(world.get(&bureau, &format!("{export}&reason=because%20I%20want%20to")).await.code(), "forbidden");
    assert_eq!(world.get(&supervisor, export).await.code(), "reason_missing");
    assert_eq!(world.get(&supervisor, &format!("{export}&reason=short")).await.code(), "reason_missing");
    assert_eq!(world.get(&analyst, "/training/export").await.code(), "forbidden");
    for bad in ["kind=x", "since=yesterday", "format=png", "colour=red"] {
        assert_eq!(world.get(&bureau, &format!("/training/export?{bad}")).await.code(), "bad_request", "{bad}");
    }
    let auditor = world.person("aud", &[Role::Auditor]).await;
    let rows = async |action: &str| world.get(&auditor, &format!("/audit?action={action}")).await.expect(200)["items"].clone();
    assert_eq!(rows("training.export").await, json!([]), "what is refused does not begin");

    let folder = tempfile::tempdir().unwrap();
    // Originals leave with a second person's word, for exactly this export, and for a day.
    let wanted = format!("{export}&reason=retraining%20the%20poster%20class&kind=unauthorized_ad");
    assert_eq!(world.get(&supervisor, &wanted).await.code(), "approval_missing");
    let second = world.person("second", &[Role::Supervisor]).await;
    let ask = json!({ "reason": "retraining the poster class", "kind": "unauthorized_ad" });
    assert_eq!(world.post(&bureau, "/training/originals", ask.clone()).await.status, 403);
    let short = json!({ "reason": "short" });
    assert_eq!(world.post(&supervisor, "/training/originals", short).await.code(), "reason_missing");
    let asked = world.post(&supervisor, "/training/originals", ask.clone()).await.expect(201);
    assert_eq!((&asked["state"], &asked["may_rule"]), (&json!("waiting"), &json!(false)));
    let id = asked["id"].as_str().unwrap().to_owned();
    let approved = format!("{wanted}&approval={id}");
    assert_eq!(world.get(&supervisor, &approved).await.code(), "approval_waits");
    let ruling = format!("/training/originals/{id}/ruling");
    assert_eq!(world.post(&supervisor, &ruling, json!({ "approved": true })).await.code(), "same_person");
    let list = world.get(&second, "/training/originals").await.expect(200);
    assert_eq!((&list["required"], &list["items"][0]["may_rule"]), (&json!(true), &json!(true)));
    world.post(&second, &ruling, json!({ "approved": true, "note": "for the poster class only" })).await.expect(201);
    assert_eq!(world.post(&second, &ruling, json!({ "approved": false })).await.code(), "ruled");
    let wider = approved.replace("&kind=unauthorized_ad", "");
    assert_eq!(world.get(&supervisor, &wider).await.code(), "approval_differs", "of all kinds");
    let other = world.get(&second, &approved).await;
    assert_eq!(other.code(), "approval_differs", "another person's");
    assert_eq!(rows("training.export").await, json!([]), "nothing has begun");
    let refused = world.post(&supervisor, "/training/originals", ask.clone()).await.expect(201)["id"].clone();
    let refused = refused.as_str().unwrap();
    let no = json!({ "approved": false, "note": "too wide" });
    world.post(&second, &format!("/training/originals/{refused}/ruling"), no).await.expect(201);
    let asked = format!("{wanted}&approval={refused}");
    assert_eq!(world.get(&supervisor, &asked).await.code(), "approval_refused");
    for sql in ["UPDATE originals_rulings SET approved = 1", "DELETE FROM originals_requests"] {
        assert!(world.sql(sql).await.is_err(), "{sql}");
    }
    let reply = world.get(&supervisor, &approved).await;
    unpack(&reply.bytes, folder.path());
    let still = std::fs::read(folder.path().join("stills").join(name(2))).unwrap();
    assert_eq!(still, picture(2), "byte for byte");
    assert!(!folder.path().join("stills").join(name(1)).exists(), "of another kind");
    let begun = rows("training.export").await;
    assert_eq!((&begun[0]["actor"], &begun[0]["reason"]), (&json!("super"), &json!("retraining the poster class")));
    assert_eq!(begun[0]["details"]["masked"], false);
    let done = rows("training.exported").await;
    assert_eq!((&done[0]["details"]["confirmed"], &done[0]["details"]["masked"]), (&json!(1), &json!(false)));

    assert_eq!(begun[0]["details"]["approval"], json!(id));
    world.clock.advance(24 * super::world::HOUR);
    let supervisor = world.log_in("super").await;
    assert_eq!(world.get(&supervisor, &approved).await.code(), "approval_expired");
    let bureau = world.log_in("bureau").await;

    let summary = world.get(&bureau, "/training").await.expect(200);
    assert_eq!((&summary["confirmed"], &summary["rejected"], &summary["may_unmask"]), (&json!(4), &json!(1), &json!(false)));
    // Counted another way where it matters when: to the same.
    assert_eq!(world.get(&bureau, "/training?since=2000-01-01T00:00:00Z").await.expect(200), summary);
    let later = world.get(&bureau, "/training?since=2030-01-01T00:00:00Z").await.expect(200);
    assert_eq!(later["confirmed"], 0);
}

both!(the_command_asks_for_the_same_rights);
async fn the_command_asks_for_the_same_rights(world: World) {
    decided(&world).await;
    world.person("bureau", &[Role::BureauEditor]).await;
    let folder = tempfile::tempdir().unwrap();
    let config = crate::ConsoleConfig { evidence: world.folder.path().join("evidence"), ..crate::ConsoleConfig::default() };
    let (out, store) = (folder.path().join("out"), world.state.store.clone());
    let export = async |name: &'static str, query: TrainingQuery| {
        let (handle, store, config, out) = (tokio::runtime::Handle::current(), store.clone(), config.clone(), out.clone());
        tokio::task::spawn_blocking(move || crate::export_training(&handle, &store, &config, name, &query, Some(&out)))
            .await
            .unwrap()
    };
    let unmasked =
        TrainingQuery { unmasked: Some(true), reason: Some("to see whether one can".to_owned()), ..TrainingQuery::default() };
    for (name, query) in [("nobody", TrainingQuery::default()), ("ops", TrainingQuery::default()), ("bureau", unmasked)] {
        let refused = export(name, query).await.unwrap_err();
        assert!(matches!(&refused, crate::ExportError::Refused(text) if text.contains(name)), "{refused:?}");
    }
    assert!(!out.exists());
    let tally = export("bureau", TrainingQuery::default()).await.unwrap();
    assert_eq!((tally.confirmed, tally.rejected), (2, 1));
    assert!(out.join("decisions.jsonl").is_file() && out.join("stills").join(name(3)).is_file());
    assert!(export("bureau", TrainingQuery::default()).await.is_err(), "never mixed with another export");
}
