//! A group with a member in another process, which is killed.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use events::wire::v1::topic;
use kerbwatch_bus::{BusConfig, Start, open};

use crate::cases::{candidates, ids, message, publish_all, read_until};

/// The child learns its bus from this: `local PATH` or `kafka BROKER PREFIX`.
const MEMBER: &str = "KERBWATCH_TEST_MEMBER";

fn spawn(config: &BusConfig) -> Child {
    let told = match config {
        BusConfig::Local { path } => format!("local {}", path.display()),
        BusConfig::Kafka(kafka) => format!("kafka {} {}", kafka.brokers[0], kafka.topic_prefix),
    };
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "member::member_process", "--ignored", "--nocapture"])
        .env(MEMBER, told)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
#[ignore = "a process that the test below starts and kills"]
fn member_process() {
    let told = std::env::var(MEMBER).expect("started by the test below");
    let words: Vec<&str> = told.split(' ').collect();
    let config = match words[..] {
        ["local", path] => BusConfig::Local { path: PathBuf::from(path) },
        ["kafka", broker, prefix] => {
            let mut kafka = kerbwatch_bus::KafkaConfig::new(&[broker]);
            kafka.topic_prefix = prefix.to_owned();
            kafka.create_topics = false;
            kafka.session_timeout_ms = 6_000;
            BusConfig::Kafka(kafka)
        }
        _ => panic!("{told:?}"),
    };
    let bus = open(&config).unwrap();
    let mut member = bus.subscribe("shared", &[topic::CANDIDATES], Start::Earliest).unwrap();
    loop {
        // Never commits: all it had must come to its heir.
        for delivery in member.next(Duration::from_millis(100)).unwrap() {
            eprintln!("got {}", delivery.message.id);
        }
    }
}

pub(crate) fn members_share_keys_and_take_over_from_the_dead(config: &BusConfig) {
    let bus = open(config).unwrap();
    publish_all(&*bus, &candidates(32, 32));
    let mut member = bus.subscribe("shared", &[topic::CANDIDATES], Start::Earliest).unwrap();
    let first = read_until(&mut *member, |all| ids(all).len() == 32);
    member.commit(&first).unwrap();

    let mut child = spawn(config);
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let (heard, hears) = crossbeam_channel::unbounded();
    let ear = std::thread::spawn(move || {
        for line in lines.by_ref() {
            if let Some(id) = line.strip_prefix("got ") {
                // The test may be over.
                let _ = heard.send(id.to_owned());
            }
        }
    });

    // Publish to all keys until the other process has got some of them: the keys are shared now.
    let mut number = 1000;
    let mut published: BTreeSet<String> = BTreeSet::new();
    let mut ours: BTreeSet<String> = BTreeSet::new();
    let mut theirs: BTreeSet<String> = BTreeSet::new();
    crate::support::wait_until("both members got messages", || {
        let batch: Vec<_> = (0..32).map(|key| message(topic::CANDIDATES, &format!("cam-{key}"), number + key)).collect();
        number += 32;
        publish_all(&*bus, &batch);
        published.extend(batch.into_iter().map(|message| message.id));
        let got = member.next(Duration::from_millis(300)).unwrap();
        if !got.is_empty() {
            // While the members change a commit may be refused; what it was for comes again.
            let _ = member.commit(&got);
        }
        ours.extend(got.into_iter().map(|delivery| delivery.message.id));
        theirs.extend(hears.try_iter());
        !theirs.is_empty() && !ours.is_empty()
    });

    child.kill().unwrap();
    child.wait().unwrap();
    ear.join().unwrap();
    // Whatever the dead member had, and did not commit, comes to the living one: in the end it has had everything.
    crate::support::wait_until("the living member has everything", || {
        let got = member.next(Duration::from_millis(300)).unwrap();
        if !got.is_empty() {
            let _ = member.commit(&got);
        }
        ours.extend(got.into_iter().map(|delivery| delivery.message.id));
        published.is_subset(&ours)
    });
}
