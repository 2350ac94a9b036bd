//! Whatever happens in whatever order: nothing confirmed, nothing under hold and nothing before its time is ever deleted, and
//! what is due is. What is held is computed here once more, by itself.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

use super::world::{HOUR, Person, World, confirm};
use crate::clock::{DAY_MS, rfc3339};
use crate::dto::Role;

/// What a test knows of a candidate.
#[derive(Clone)]
struct Known {
    id: String,
    raised_ms: i64,
    version: i64,
    fate: Fate,
}

#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Open,
    Rejected(i64),
    Confirmed,
    Merged(usize),
}

/// A hold as it was placed: on one of them, or on all raised within a period.
struct Held {
    id: String,
    one: Option<usize>,
    period: (i64, i64),
    stands: bool,
}

struct Story {
    world: World,
    all: Vec<Known>,
    holds: Vec<Held>,
}

impl Story {
    async fn chief(&self) -> Person {
        self.world.log_in("chief").await
    }

    /// Decides on candidate `n`, if it is open.
    async fn decide(&mut self, n: usize, what: u8, other: usize) {
        let (count, now) = (self.all.len(), self.world.now_ms());
        if count == 0 {
            return;
        }
        let (n, other) = (n % count, other % count);
        let body = match what {
            0 => json!({ "seen_version": self.all[n].version, "verdict": "reject", "reason": "not_a_violation" }),
            1 => confirm(self.all[n].version),
            2 => json!({ "seen_version": self.all[n].version, "verdict": "merge", "into": self.all[other].id }),
            _ => json!({ "seen_version": self.all[n].version, "verdict": "undo" }),
        };
        let reply = self.world.post(&self.chief().await, &format!("/candidates/{}/decisions", self.all[n].id), body).await;
        if reply.status == 201 {
            self.all[n].version += 1;
            self.all[n].fate = match what {
                0 => Fate::Rejected(now),
                1 => Fate::Confirmed,
                2 => Fate::Merged(other),
                _ => Fate::Open,
            };
        }
    }

    async fn hold(&mut self, n: usize, days: i64) {
        let now = self.world.now_ms();
        let (one, body) = match (self.all.is_empty(), n % 3) {
            (false, 0 | 1) => {
                let one = n % self.all.len();
                (Some(one), json!({ "subject": "candidate", "object": self.all[one].id }))
            }
            _ => {
                let from = rfc3339(now - days * DAY_MS);
                (None, json!({ "subject": "unit", "object": "city", "from": from, "until": rfc3339(now + DAY_MS) }))
            }
        };
        let mut body = body;
        body["reason"] = json!("a reason of more than ten");
        body["document"] = json!("letter 1");
        let made = self.world.post(&self.chief().await, "/retention/holds", body).await.expect(201);
        let id = made["id"].as_str().unwrap().to_owned();
        self.holds.push(Held { id, one, period: (now - days * DAY_MS, now + DAY_MS), stands: true });
    }

    async fn lift(&mut self, n: usize) {
        let count = self.holds.len();
        if count == 0 {
            return;
        }
        let hold = &mut self.holds[n % count];
        let other = self.world.log_in("other").await;
        let lift = json!({ "reason": "a reason of more than ten", "document": "letter 2" });
        let reply = self.world.post(&other, &format!("/retention/holds/{}/lift", hold.id), lift).await;
        assert_eq!(reply.status == 200, hold.stands);
        hold.stands = false;
    }

    fn held(&self, n: usize) -> bool {
        let over = |n: usize| {
            self.holds.iter().filter(|hold| hold.stands).any(|hold| match hold.one {
                Some(one) => one == n,
                None => (hold.period.0..hold.period.1).contains(&self.all[n].raised_ms),
            })
        };
        match self.all[n].fate {
            Fate::Merged(carrier) => over(n) || over(carrier),
            _ => over(n),
        }
    }

    /// When its pictures are due by the default policy; never is `None`.
    fn due(&self, n: usize) -> Option<i64> {
        match self.all[n].fate {
            Fate::Open => Some(self.all[n].raised_ms + 30 * DAY_MS),
            Fate::Rejected(at) => Some(at + 7 * DAY_MS),
            Fate::Confirmed => None,
            Fate::Merged(carrier) => self.due(carrier),
        }
    }

    fn there(&self, n: usize) -> bool {
        self.world.folder.path().join("evidence").join(&self.all[n].id).join("trigger.jpg").is_file()
    }

    /// Expires what is over, then the job goes round until nothing is due; everything that changed must have been right.
    async fn round(&mut self) {
        while self.world.state.store.expire_unreviewed().await.unwrap() > 0 {}
        let before: Vec<bool> = (0..self.all.len()).map(|n| self.there(n)).collect();
        let rests = self.world.now_ms() < self.world.state.retention.deletes_since_ms();
        while self.world.state.retention_job().round().await.unwrap().is_some_and(|round| round.claimed > 0) {}
        for (n, was) in before.iter().enumerate() {
            let due = self.due(n).is_some_and(|due| due <= self.world.now_ms()) && !self.held(n) && !rests;
            assert_eq!(self.there(n), *was && !due, "candidate {n}");
        }
    }
}

async fn told(steps: Vec<(u8, usize, usize, i64)>) {
    let world = World::sqlite().await;
    world.person("chief", &[Role::Supervisor, Role::Operator]).await;
    world.person("other", &[Role::Supervisor]).await;
    let mut story = Story { world, all: Vec::new(), holds: Vec::new() };
    for (step, n, other, days) in steps {
        match step {
            0..=2 => {
                let number = u32::try_from(story.all.len() + 1).unwrap();
                let id = story.world.candidate(number).await;
                story.all.push(Known { id, raised_ms: story.world.now_ms(), version: 1, fate: Fate::Open });
            }
            3 | 4 => story.decide(n, 0, other).await,
            5 => story.decide(n, 1, other).await,
            6 => story.decide(n, 2, other).await,
            7 => story.decide(n, 3, other).await,
            8 => story.hold(n, days).await,
            9 => story.lift(n).await,
            _ => {
                story.world.clock.advance(days * DAY_MS + HOUR);
                story.round().await;
            }
        }
    }
    for _ in 0..5 {
        story.world.clock.advance(9 * DAY_MS);
        story.round().await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn nothing_that_is_held_or_confirmed_is_ever_deleted(steps in vec((0u8..13, 0usize..9, 0usize..9, 0i64..9), 5..40)) {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(told(steps));
    }
}
