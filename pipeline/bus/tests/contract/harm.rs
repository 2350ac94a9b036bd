//! A broker that is away, dies, hangs or refuses: nothing is lost, and nothing is doubled for whoever drops known ids.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use events::wire::v1::topic;
use kerbwatch_bus::{LedgerChange, Message, Outcome, Relay, RelayOptions, Spool, SpoolOptions, Start, open};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;

use crate::cases::{candidates, first_comings, message, read_distinct, sent_per_key};
use crate::support::{Broker, kafka, wait_until};

/// Fast enough for a test, the same behaviour.
const OPTIONS: RelayOptions =
    RelayOptions { batch: 32, backoff_min: Duration::from_millis(50), backoff_max: Duration::from_millis(500) };

fn fill(spool: &Spool, messages: &[Message]) {
    for message in messages {
        spool.append(std::slice::from_ref(message), LedgerChange::None).unwrap();
    }
}

fn check(config: &kerbwatch_bus::KafkaConfig, sent: &[Message]) {
    let bus = open(&kafka(config.clone())).unwrap();
    let mut member = bus.subscribe("console", &[topic::CANDIDATES], Start::Earliest).unwrap();
    let got = read_distinct(&mut *member, sent.len());
    assert_eq!(first_comings(&got), sent_per_key(sent));
}

pub(crate) fn away_at_start(broker: &Broker) {
    let config = broker.config("away");
    broker.kill();
    let folder = tempfile::tempdir().unwrap();
    let sent = candidates(5, 120);
    {
        let bus = open(&kafka(config.clone())).unwrap();
        let spool = Spool::open(folder.path().join("spool.db"), SpoolOptions::default()).unwrap();
        fill(&spool, &sent[..60]);
        let relay = Relay::start(spool.clone(), bus.clone(), OPTIONS).unwrap();
        wait_until("the relay noticed", || relay.stats().trouble.is_some());
        assert!(matches!(bus.health(), kerbwatch_bus::BusHealth::Down { .. }));
        assert_eq!(relay.stats().delivered, 0);
        // The worker is restarted while the broker is away.
        relay.stop(Duration::from_secs(20));
        assert_eq!(spool.len(), 60);
    }
    let spool = reopen(&folder.path().join("spool.db"));
    let bus = open(&kafka(config.clone())).unwrap();
    let relay = Relay::start(spool.clone(), bus, OPTIONS).unwrap();
    fill(&spool, &sent[60..]);
    broker.revive();
    wait_until("the spool drained", || spool.is_empty());
    assert_eq!(relay.stop(Duration::from_secs(20)), 0);
    check(&config, &sent);
}

/// A relay that was stopped at its deadline may hold the spool for a moment longer.
fn reopen(path: &std::path::Path) -> Spool {
    let mut spool = None;
    wait_until("the spool is free", || {
        spool = Spool::open(path, SpoolOptions::default()).ok();
        spool.is_some()
    });
    spool.unwrap()
}

pub(crate) fn killed_in_the_middle(broker: &Broker) {
    let config = broker.config("killed");
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::open(folder.path().join("spool.db"), SpoolOptions::default()).unwrap();
    let sent = candidates(6, 900);
    fill(&spool, &sent);
    let bus = open(&kafka(config.clone())).unwrap();
    let relay = Relay::start(spool.clone(), bus, OPTIONS).unwrap();
    wait_until("it is in the middle", || relay.stats().delivered > 90);
    broker.kill();
    wait_until("the relay noticed", || relay.stats().trouble.is_some());
    assert!(!spool.is_empty(), "the broker was to die before all was sent");
    broker.revive();
    wait_until("the spool drained", || spool.is_empty());
    assert_eq!(relay.stop(Duration::from_secs(20)), 0);
    check(&config, &sent);
}

pub(crate) fn hangs(broker: &Broker) {
    let config = broker.config("hangs");
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::open(folder.path().join("spool.db"), SpoolOptions::default()).unwrap();
    let sent = candidates(4, 80);
    let bus = open(&kafka(config.clone())).unwrap();
    let relay = Relay::start(spool.clone(), bus, OPTIONS).unwrap();
    fill(&spool, &sent[..20]);
    wait_until("it works", || spool.is_empty());
    broker.freeze();
    fill(&spool, &sent[20..]);
    wait_until("the relay gave up waiting once", || relay.stats().retried > 0);
    broker.thaw();
    wait_until("the spool drained", || spool.is_empty());
    assert_eq!(relay.stop(Duration::from_secs(20)), 0);
    check(&config, &sent);
}

pub(crate) fn topic_refuses(broker: &Broker) {
    if !broker.is_apache() {
        crate::support::notice("SKIPPED: the test broker knows no max.message.bytes");
        return;
    }
    // Not one of our topics, so that its limit can be set before it is used.
    let admin: AdminClient<DefaultClientContext> =
        rdkafka::ClientConfig::new().set("bootstrap.servers", &broker.address).create().unwrap();
    let small = NewTopic::new("small", 1, TopicReplication::Fixed(1)).set("max.message.bytes", "2000");
    let options = AdminOptions::new().request_timeout(Some(Duration::from_secs(30)));
    block_on(admin.create_topics([&small], &options)).unwrap().remove(0).unwrap();

    let bus = open(&kafka(broker.config("refuses"))).unwrap();
    let mut messages: Vec<Message> = (0..12).map(|number| message("small", &format!("cam-{number}"), number)).collect();
    messages[5].data = Some(vec![b'1'; 3_000]);
    let mut outcomes = Vec::new();
    wait_until("the topic is known", || {
        outcomes = bus.publish(&messages);
        !outcomes.iter().any(|outcome| matches!(outcome, Outcome::Retry(_)))
    });
    for (number, outcome) in outcomes.iter().enumerate() {
        let refused = matches!(outcome, Outcome::Rejected(_));
        assert_eq!(refused, number == 5, "message {number}: {outcome:?}");
    }
}

/// One future, no runtime: librdkafka's own threads complete it.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}

struct Unpark(std::thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
