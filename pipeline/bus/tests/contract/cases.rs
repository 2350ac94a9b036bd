//! Cases for any bus.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use events::wire::v1::topic;
use kerbwatch_bus::{
    Bus, BusConfig, BusHealth, Delivery, LedgerChange, Message, Outcome, Relay, RelayOptions, Spool, SpoolOptions, Start,
    Subscription, open,
};

use crate::support::wait_until;

pub(crate) fn message(topic: &str, key: &str, number: usize) -> Message {
    Message {
        topic: topic.to_owned(),
        key: key.to_owned(),
        id: format!("{key}-{number}"),
        kind: "kerbwatch.candidate.v1".to_owned(),
        source: "/kerbwatch/worker-1".to_owned(),
        time: "2026-10-01T08:00:00.000Z".to_owned(),
        data: Some(format!("{{\"n\":{number}}}").into_bytes()),
    }
}

/// `count` candidates, taking turns among `keys` cameras.
pub(crate) fn candidates(keys: usize, count: usize) -> Vec<Message> {
    (0..count).map(|number| message(topic::CANDIDATES, &format!("cam-{}", number % keys), number)).collect()
}

pub(crate) fn publish_all(bus: &dyn Bus, messages: &[Message]) {
    // A fresh topic may need a moment until its leader is known; then each message is acknowledged.
    let mut left = messages.to_vec();
    wait_until("all messages are published", || {
        let outcomes = bus.publish(&left);
        let mut outcomes = outcomes.into_iter();
        left.retain(|_| match outcomes.next().unwrap() {
            Outcome::Delivered => false,
            Outcome::Retry(_) => true,
            Outcome::Rejected(reason) => panic!("rejected: {reason}"),
        });
        left.is_empty()
    });
}

/// Reads until `enough` says so; fails after two minutes.
pub(crate) fn read_until(member: &mut dyn Subscription, mut enough: impl FnMut(&[Delivery]) -> bool) -> Vec<Delivery> {
    let until = Instant::now() + Duration::from_secs(120);
    let mut all = Vec::new();
    while !enough(&all) {
        assert!(Instant::now() < until, "waited two minutes; {} messages came", all.len());
        all.extend(member.next(Duration::from_millis(200)).unwrap());
    }
    all
}

pub(crate) fn ids(deliveries: &[Delivery]) -> BTreeSet<&str> {
    deliveries.iter().map(|delivery| delivery.message.id.as_str()).collect()
}

/// Reads until `count` different messages have come.
pub(crate) fn read_distinct(member: &mut dyn Subscription, count: usize) -> Vec<Delivery> {
    read_until(member, |all| ids(all).len() >= count)
}

/// Per key, each id once, in the order of its first coming: what a console keeps that drops what it already has.
pub(crate) fn first_comings(deliveries: &[Delivery]) -> BTreeMap<String, Vec<String>> {
    let mut seen = BTreeSet::new();
    let mut per_key: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for Delivery { message, .. } in deliveries {
        if seen.insert(message.id.clone()) {
            per_key.entry(message.key.clone()).or_default().push(message.id.clone());
        }
    }
    per_key
}

pub(crate) fn sent_per_key(messages: &[Message]) -> BTreeMap<String, Vec<String>> {
    let mut per_key: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for message in messages {
        per_key.entry(message.key.clone()).or_default().push(message.id.clone());
    }
    per_key
}

pub(crate) fn a_message_arrives_as_it_was_sent(config: &BusConfig) {
    let bus = open(config).unwrap();
    let mut sent = message(topic::CANDIDATES, "xh-0412", 1);
    sent.id = "3f0c-违规-1".to_owned();
    sent.data = Some("{\"street\":\"湖南路\",\"x\":0.1}".as_bytes().to_vec());
    publish_all(&*bus, std::slice::from_ref(&sent));
    let mut member = bus.subscribe("console", &[topic::CANDIDATES], Start::Earliest).unwrap();
    let got = read_distinct(&mut *member, 1);
    assert_eq!(got[0].message, sent);
    assert_eq!(got[0].position.topic, topic::CANDIDATES);
}

pub(crate) fn order_holds_per_key(config: &BusConfig) {
    let bus = open(config).unwrap();
    let sent = candidates(7, 300);
    for batch in sent.chunks(64) {
        publish_all(&*bus, batch);
    }
    let mut member = bus.subscribe("console", &[topic::CANDIDATES], Start::Earliest).unwrap();
    let got = read_distinct(&mut *member, sent.len());
    assert_eq!(first_comings(&got), sent_per_key(&sent));
}

pub(crate) fn what_was_not_committed_comes_again(config: &BusConfig) {
    let bus = open(config).unwrap();
    let sent = candidates(1, 10);
    publish_all(&*bus, &sent);
    let mut member = bus.subscribe("console", &[topic::CANDIDATES], Start::Earliest).unwrap();
    let got = read_distinct(&mut *member, 10);
    member.commit(&got[..4]).unwrap();
    drop(member);

    let mut next = bus.subscribe("console", &[topic::CANDIDATES], Start::Earliest).unwrap();
    let again = read_distinct(&mut *next, 6);
    let want: Vec<&str> = sent[4..].iter().map(|message| message.id.as_str()).collect();
    let have: Vec<&str> = again.iter().map(|delivery| delivery.message.id.as_str()).collect();
    assert_eq!(have, want);
    next.commit(&again).unwrap();
}

pub(crate) fn groups_are_independent(config: &BusConfig) {
    let bus = open(config).unwrap();
    let sent = candidates(5, 50);
    publish_all(&*bus, &sent);
    for group in ["console", "analytics"] {
        let mut member = bus.subscribe(group, &[topic::CANDIDATES, topic::OBSERVATIONS], Start::Earliest).unwrap();
        let got = read_distinct(&mut *member, sent.len());
        member.commit(&got).unwrap();
        assert_eq!(first_comings(&got), sent_per_key(&sent), "group {group}");
    }
}

pub(crate) fn latest_begins_with_what_comes(config: &BusConfig) {
    let bus = open(config).unwrap();
    publish_all(&*bus, &candidates(1, 3));
    let mut member = bus.subscribe("late", &[topic::CANDIDATES], Start::Latest).unwrap();
    // A group begins when its member is assigned, which nobody can see from outside: publish until something comes.
    let mut number = 100;
    let got = read_until(&mut *member, |all| {
        if all.is_empty() {
            number += 1;
            publish_all(&*bus, &[message(topic::CANDIDATES, "cam-0", number)]);
        }
        !all.is_empty()
    });
    assert!(got.iter().all(|delivery| !["cam-0-0", "cam-0-1", "cam-0-2"].contains(&delivery.message.id.as_str())));
}

pub(crate) fn the_spool_drains_in_order_and_refusals_go_to_the_dead_letters(config: &BusConfig) {
    let folder = tempfile::tempdir().unwrap();
    let bus = open(config).unwrap();
    let spool = Spool::open(folder.path().join("spool.db"), SpoolOptions::default()).unwrap();
    let mut sent = candidates(3, 60);
    // Larger than any bus allows, in the middle of the messages of its camera.
    let huge = Message { data: Some(vec![b'1'; 1_200_000]), id: "huge".to_owned(), ..sent[31].clone() };
    for (place, message) in sent.iter().enumerate() {
        spool.append(std::slice::from_ref(message), LedgerChange::None).unwrap();
        if place == 30 {
            spool.append(std::slice::from_ref(&huge), LedgerChange::None).unwrap();
        }
    }
    let relay = Relay::start(spool.clone(), bus.clone(), RelayOptions { batch: 16, ..RelayOptions::default() }).unwrap();
    wait_until("the spool is empty", || spool.is_empty());
    // What comes while the relay sleeps wakes it.
    let late = message(topic::CANDIDATES, "cam-0", 1000);
    spool.append(std::slice::from_ref(&late), LedgerChange::None).unwrap();
    sent.push(late);
    wait_until("the late message went out", || spool.is_empty());
    wait_until("the relay counted all", || relay.stats().delivered == 61);
    assert_eq!(relay.stats().rejected, 1);
    assert_eq!(relay.stop(Duration::from_secs(30)), 0);

    let rejected = spool.rejected(10).unwrap();
    assert_eq!(rejected.iter().map(|rejected| &rejected.message).collect::<Vec<_>>(), [&huge]);
    let lines = std::fs::read_to_string(spool.dead_letter_file()).unwrap();
    assert_eq!(lines.lines().count(), 1);
    let line: serde_json::Value = serde_json::from_str(&lines).unwrap();
    assert_eq!(line["event"]["id"], "huge");

    let mut member = bus.subscribe("console", &[topic::CANDIDATES], Start::Earliest).unwrap();
    let got = read_distinct(&mut *member, sent.len());
    assert_eq!(first_comings(&got), sent_per_key(&sent));
}

pub(crate) fn it_says_that_it_is_up(config: &BusConfig) {
    let bus = open(config).unwrap();
    wait_until("it is up", || bus.health() == BusHealth::Up);
    assert!(!bus.name().is_empty());
}
