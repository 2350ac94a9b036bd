//! The spool: nothing lost, nothing doubled, order kept, whatever dies; and no silent new start.

#![allow(clippy::unwrap_used, reason = "clippy's leave for tests does not reach their helper functions")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use events::wire::v1::{self, topic};
use events::{CameraId, CandidateId};
use kerbwatch_bus::{Appended, LedgerChange, Message, RowId, Spool, SpoolError, SpoolOptions};
use proptest::prelude::*;

fn candidate_id(number: u64) -> CandidateId {
    format!("{number:032x}").parse().unwrap()
}

fn camera(number: u64) -> CameraId {
    format!("cam-{}", number % 3).parse().unwrap()
}

fn candidate(number: u64) -> Message {
    Message {
        topic: topic::CANDIDATES.to_owned(),
        key: camera(number).to_string(),
        id: candidate_id(number).to_string(),
        kind: v1::CANDIDATE.to_owned(),
        source: "/kerbwatch/worker-1".to_owned(),
        time: "2026-10-01T08:00:00.000Z".to_owned(),
        data: Some(format!("{{\"n\":{number}}}").into_bytes()),
    }
}

fn observation(number: u64, state: &str) -> Message {
    let data = format!(
        r#"{{"candidate":"{}","state":"{state}","camera":"{}","run":1,"at_s":1.0,"at":"2026-10-01T08:00:01.000Z"}}"#,
        candidate_id(number),
        camera(number)
    );
    Message {
        topic: topic::OBSERVATIONS.to_owned(),
        id: format!("{}-{state}", candidate_id(number)),
        kind: v1::OBSERVATION.to_owned(),
        data: Some(data.into_bytes()),
        ..candidate(number)
    }
}

fn open_change(number: u64) -> LedgerChange {
    LedgerChange::Open { id: candidate_id(number), camera: camera(number), candidate_json: format!("{{\"n\":{number}}}") }
}

fn waiting(spool: &Spool) -> Vec<String> {
    spool.pending(usize::MAX, None).unwrap().into_iter().map(|pending| pending.message.id).collect()
}

fn open_ids(spool: &Spool) -> BTreeSet<CandidateId> {
    (0..3).flat_map(|number| spool.open_candidates(&camera(number)).unwrap()).map(|open| open.id).collect()
}

fn open(path: &Path) -> Spool {
    Spool::open(path, SpoolOptions::default()).unwrap()
}

#[test]
fn a_second_process_or_handle_is_kept_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/spool.db");
    let spool = open(&path);
    assert!(matches!(Spool::open(&path, SpoolOptions::default()), Err(SpoolError::InUse { .. })));
    drop(spool);
    open(&path);
}

#[test]
fn known_ids_are_not_queued_again_even_after_they_were_delivered_or_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool.db");
    let spool = open(&path);
    assert_eq!(spool.append(&[candidate(1), candidate(2), candidate(1)], open_change(1)).unwrap(), Appended::New);
    assert_eq!(spool.len(), 2);
    assert_eq!(spool.append(&[candidate(1)], LedgerChange::None).unwrap(), Appended::Known);
    let rows: Vec<RowId> = spool.pending(10, None).unwrap().iter().map(|pending| pending.row).collect();
    spool.delivered(&rows[..1]).unwrap();
    spool.reject(rows[1], "too large").unwrap();
    assert!(spool.is_empty());
    assert_eq!(spool.bytes(), 0);
    drop(spool);
    let spool = open(&path);
    assert_eq!(spool.append(&[candidate(1), candidate(2)], LedgerChange::None).unwrap(), Appended::Known);
    assert!(spool.is_empty());
    assert_eq!(spool.rejected(10).unwrap()[0].reason, "too large");
    // The same id on another topic is another message.
    let elsewhere = Message { topic: topic::CASES.to_owned(), ..candidate(1) };
    assert_eq!(spool.append(&[elsewhere], LedgerChange::None).unwrap(), Appended::New);
}

#[test]
fn a_closed_candidate_stays_closed_when_a_replay_opens_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(&folder.path().join("spool.db"));
    spool.append(&[candidate(1)], open_change(1)).unwrap();
    assert_eq!(open_ids(&spool), BTreeSet::from([candidate_id(1)]));
    spool.append(&[observation(1, "cleared")], LedgerChange::Close(candidate_id(1))).unwrap();
    spool.append(&[candidate(1)], open_change(1)).unwrap();
    assert!(open_ids(&spool).is_empty());
}

#[test]
fn snapshots_are_kept_per_camera() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool.db");
    let spool = open(&path);
    assert_eq!(spool.state(&camera(0)).unwrap(), None);
    spool.put_state(&camera(0), b"old").unwrap();
    spool.put_state(&camera(0), b"new").unwrap();
    spool.put_state(&camera(1), b"").unwrap();
    drop(spool);
    let spool = open(&path);
    assert_eq!(spool.state(&camera(0)).unwrap().unwrap(), b"new");
    assert_eq!(spool.state(&camera(1)).unwrap().unwrap(), b"");
}

#[test]
fn beyond_its_quota_the_spool_gives_up_present_observations_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::open(folder.path().join("spool.db"), SpoolOptions { quota_bytes: 2_000 }).unwrap();
    let mut present = 0;
    let full = loop {
        match spool.append(&[observation(present, "present")], LedgerChange::None) {
            Ok(_) => present += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(full, SpoolError::Full { quota: 2_000, .. }), "{full}");
    assert!(present > 2);
    // Candidates push waiting `present` out, oldest first, and then go beyond the quota.
    for number in 100..120 {
        spool.append(&[candidate(number), observation(number, "present")], open_change(number)).unwrap();
    }
    spool.append(&[observation(100, "cleared")], LedgerChange::Close(candidate_id(100))).unwrap();
    let left = waiting(&spool);
    assert!(spool.bytes() > 2_000);
    assert!(left.iter().all(|id| !id.ends_with("present")), "{left:?}");
    assert_eq!(left.len(), 21);
    assert_eq!(spool.len(), 21);
    assert_eq!(open_ids(&spool).len(), 19);
}

#[test]
fn a_present_observation_with_evidence_is_no_repetition_and_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::open(folder.path().join("spool.db"), SpoolOptions { quota_bytes: 1 }).unwrap();
    let mut with_picture = observation(1, "present");
    let text = String::from_utf8(with_picture.data.clone().unwrap()).unwrap();
    let text = text.replace(r#""run":1"#, r#""run":1,"evidence":[{"role":"after","key":"k","sha256":"00","bytes":1}]"#);
    with_picture.data = Some(text.into_bytes());
    assert_eq!(spool.append(&[with_picture], LedgerChange::None).unwrap(), Appended::New);
}

#[test]
fn beyond_its_quota_the_spool_gives_up_plain_accounts_but_none_that_tells_of_a_gap() {
    let account = |number: u64, more: &str| {
        let data = format!(
            r#"{{"camera":"{}","health":"ok","run":1,"at_s":300.0,"at":"2026-10-01T08:05:00.000Z","account":{{"from":"2026-10-01T08:00:00.000Z","received":7500,"decoded":150,"inferred":150,"decode":"keyframes","judged":["illegal_stall"]{more}}}}}"#,
            camera(number)
        );
        Message { id: format!("account-{number}"), data: Some(data.into_bytes()), ..observation(number, "present") }
    };
    let gap = r#","unjudged":[{"from":"2026-10-01T08:01:00.000Z","until":"2026-10-01T08:02:00.000Z","why":"models_failed"}]"#;
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::open(folder.path().join("spool.db"), SpoolOptions { quota_bytes: 1 }).unwrap();
    let full = spool.append(&[account(1, "")], LedgerChange::None).unwrap_err();
    assert!(matches!(full, SpoolError::Full { .. }), "{full}");
    assert_eq!(spool.append(&[account(2, gap)], LedgerChange::None).unwrap(), Appended::New);
    assert_eq!(spool.append(&[account(3, r#","ended":"stalled""#)], LedgerChange::None).unwrap(), Appended::New);
    assert_eq!(waiting(&spool), ["account-2", "account-3"]);
}

fn damage(make: impl FnOnce(&Path)) -> (String, bool) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool.db");
    let spool = open(&path);
    for number in 0..400 {
        spool.append(&[candidate(number)], open_change(number)).unwrap();
    }
    drop(spool);
    make(&path);
    let before = std::fs::read(&path).unwrap();
    let error = Spool::open(&path, SpoolOptions::default()).unwrap_err();
    assert!(matches!(error, SpoolError::Damaged { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains(&path.display().to_string()), "{text}");
    (text, std::fs::read(&path).unwrap() == before)
}

#[test]
fn a_damaged_file_is_refused_named_and_left_as_it_is() {
    let (text, untouched) = damage(|path| {
        let mut bytes = std::fs::read(path).unwrap();
        let middle = bytes.len() / 2;
        bytes[4096..middle].fill(0xff);
        std::fs::write(path, bytes).unwrap();
    });
    assert!(untouched && text.contains("move it away"), "{text}");
    let (_, untouched) = damage(|path| std::fs::write(path, "this is a letter, not a spool\n".repeat(300)).unwrap());
    assert!(untouched);
    let (text, untouched) = damage(|path| {
        std::fs::remove_file(path).unwrap();
        let other = rusqlite::Connection::open(path).unwrap();
        other.execute_batch("CREATE TABLE something (else_entirely TEXT)").unwrap();
        other.pragma_update(None, "journal_mode", "WAL").unwrap();
    });
    assert!(untouched && text.contains("some other SQLite database"), "{text}");
}

#[test]
fn a_spool_of_a_newer_program_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool.db");
    drop(open(&path));
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(Spool::open(&path, SpoolOptions::default()), Err(SpoolError::Newer { found: 99, .. })));
}

const CHILD: &str = "KERBWATCH_TEST_SPOOL";

#[test]
#[ignore = "a process that the test below starts and kills"]
fn appending_process() {
    let path = std::env::var(CHILD).expect("started by the test below");
    let spool = open(Path::new(&path));
    for number in 0.. {
        let change = if number % 4 == 3 { LedgerChange::Close(candidate_id(number - 1)) } else { open_change(number) };
        let message = if number % 4 == 3 { observation(number - 1, "cleared") } else { candidate(number) };
        if spool.append(&[message], change).unwrap() == Appended::New {
            eprintln!("stored {number}");
        }
    }
}

#[test]
fn a_process_killed_while_appending_leaves_rows_and_ledger_in_step() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool.db");
    let mut stored = 0;
    for round in 1..=4 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "appending_process", "--ignored", "--nocapture"])
            .env(CHILD, &path)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut heard = 0;
        for line in lines.map_while(Result::ok) {
            if line.starts_with("stored ") {
                heard += 1;
                stored += 1;
            }
            // At another place each time; what it says after that is heard to its end.
            if heard == 40 + 17 * round {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();

        let spool = open(&path);
        let ids = waiting(&spool);
        // All that was acknowledged, in order, and at most the one append that was under way.
        assert!(ids.len() == stored || ids.len() == stored + 1, "{} waiting, {stored} acknowledged", ids.len());
        stored = ids.len();
        let expected = |number: u64| match number % 4 {
            3 => format!("{}-cleared", candidate_id(number - 1)),
            _ => candidate_id(number).to_string(),
        };
        let want: Vec<String> = (0..stored as u64).map(expected).collect();
        assert_eq!(ids, want);
        let open_now: BTreeSet<CandidateId> = (0..stored as u64)
            .filter(|number| number % 4 != 3 && !(number % 4 == 2 && number + 1 < stored as u64))
            .map(candidate_id)
            .collect();
        assert_eq!(open_ids(&spool), open_now);
    }
}

#[derive(Debug, Clone)]
enum Step {
    Append(Vec<u64>),
    Close(u64),
    Deliver(usize),
    Reject,
    Reopen,
    /// The files as they are at this moment, opened elsewhere: what a killed process leaves.
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => proptest::collection::vec(0_u64..40, 1..4).prop_map(Step::Append),
        2 => (0_u64..40).prop_map(Step::Close),
        3 => (1_usize..6).prop_map(Step::Deliver),
        1 => Just(Step::Reject),
        1 => Just(Step::Reopen),
        1 => Just(Step::Crash),
    ]
}

/// What the spool should hold.
#[derive(Default)]
struct Model {
    waiting: Vec<String>,
    done: BTreeSet<String>,
    rejected: Vec<String>,
    ledger: BTreeMap<CandidateId, bool>,
}

impl Model {
    fn append(&mut self, message: &Message) -> bool {
        let new = !self.waiting.contains(&message.id) && !self.done.contains(&message.id);
        if new {
            self.waiting.push(message.id.clone());
        }
        new
    }

    fn check(&self, spool: &Spool) {
        assert_eq!(waiting(spool), self.waiting);
        assert_eq!(spool.len(), self.waiting.len() as u64);
        assert_eq!(spool.is_empty(), spool.oldest_age().unwrap().is_none());
        let weight = |message: &Message| {
            let text = [&message.topic, &message.key, &message.id, &message.kind, &message.source, &message.time];
            text.iter().map(|text| text.len()).sum::<usize>() + message.data.as_ref().map_or(0, Vec::len)
        };
        let bytes: usize = spool.pending(usize::MAX, None).unwrap().iter().map(|pending| weight(&pending.message)).sum();
        assert_eq!(spool.bytes(), bytes as u64);
        let rejected: Vec<String> = spool.rejected(usize::MAX).unwrap().into_iter().map(|one| one.message.id).collect();
        assert_eq!(rejected, self.rejected);
        let open: BTreeSet<CandidateId> = self.ledger.iter().filter(|(_, open)| **open).map(|(id, _)| id.clone()).collect();
        assert_eq!(open_ids(spool), open);
    }
}

fn copy_files(from: &Path, to: &Path) {
    for suffix in ["", "-wal", "-shm", ".rejected.jsonl"] {
        let source = format!("{}{suffix}", from.display());
        if Path::new(&source).exists() {
            std::fs::copy(source, format!("{}{suffix}", to.display())).unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_spool_does_what_its_model_does(steps in proptest::collection::vec(step(), 1..40)) {
        let folder = tempfile::tempdir().unwrap();
        let mut path = folder.path().join("spool-0.db");
        let mut spool = open(&path);
        let mut model = Model::default();
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Append(numbers) => {
                    let messages: Vec<Message> = numbers.iter().map(|&number| candidate(number)).collect();
                    let mut new = false;
                    for message in &messages {
                        new |= model.append(message);
                    }
                    model.ledger.entry(candidate_id(numbers[0])).or_insert(true);
                    let appended = spool.append(&messages, open_change(numbers[0])).unwrap();
                    assert_eq!(appended == Appended::New, new);
                }
                Step::Close(number) => {
                    let message = observation(number, "cleared");
                    model.append(&message);
                    if let Some(open) = model.ledger.get_mut(&candidate_id(number)) {
                        *open = false;
                    }
                    spool.append(&[message], LedgerChange::Close(candidate_id(number))).unwrap();
                }
                Step::Deliver(count) => {
                    let rows = spool.pending(count, None).unwrap();
                    let rows: Vec<RowId> = rows.into_iter().map(|pending| pending.row).collect();
                    spool.delivered(&rows).unwrap();
                    // Told twice, as after a crash between two calls.
                    spool.delivered(&rows).unwrap();
                    model.done.extend(model.waiting.drain(..rows.len()));
                }
                Step::Reject => {
                    if let Some(first) = spool.pending(1, None).unwrap().first() {
                        spool.reject(first.row, "because").unwrap();
                        let id = model.waiting.remove(0);
                        model.done.insert(id.clone());
                        model.rejected.push(id);
                    }
                }
                Step::Reopen => {
                    drop(spool);
                    spool = open(&path);
                }
                Step::Crash => {
                    let copy = folder.path().join(format!("spool-{}.db", number + 1));
                    copy_files(&path, &copy);
                    spool = open(&copy);
                    path = copy;
                }
            }
            model.check(&spool);
        }
    }
}
