//! How long evidence pictures are kept: the policy, what it says of each candidate, and the job that deletes.
//!
//! Only files go: stills, clips and after-pictures, from this machine's folder and from the object store. What stays is the
//! candidate, what was decided, the digests, the audit log, and the manifest with its signature: it holds no picture, and is
//! the proof of what was there. A legal hold ([`crate::store`], `holds.rs`) stands above every rule.
//!
//! | rule | from | default |
//! |---|---|---|
//! | rejected | the decision that stands | 7 days |
//! | undecided, permitted, expired | arrival | 30 days |
//! | merged | with the candidate that carries it | |
//! | case ended | the case was closed, rejected, found insufficient, or expired | never |
//!
//! What a permit covers is kept like what nobody decided: until then it can be shown that it was seen and why nothing was
//! done; it is never evidence against anybody. What was withdrawn is undecided again. A case that was handed over and not
//! closed is not over: its receiver may ask for the originals.

mod certificate;
mod classes;
mod command;
mod job;

use serde::{Deserialize, Serialize};

use crate::clock::DAY_MS;
use crate::sla::ReviewConfig;

#[cfg(test)]
pub(crate) use certificate::tests::complaints as certificate_complaints;
pub(crate) use certificate::{Listed, digest, document};
pub(crate) use classes::CLASSES;
pub use command::{RetentionError, RetentionOutcome, retention};
pub(crate) use job::{Job, resting, watch};

/// Nothing is kept longer by a rule, days: whatever is to stay for ever has no rule.
const LONGEST_D: u32 = 100 * 365;
/// Within two years an act may still be pursued (Administrative Penalty Law, article 36), and its pictures be asked for.
const PURSUIT_D: u32 = 730;

/// `[console.retention]`: how long evidence pictures are kept, in days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionConfig {
    /// Does this console delete? Default yes. One that does not still shows what would be deleted.
    pub enabled: bool,
    /// After the rejection that stands. Default 7.
    pub rejected_d: u32,
    /// After arrival, of what nobody decided. Default 30; never shorter than the hard stop of the review.
    pub undecided_d: u32,
    /// After arrival, of what expired undecided. Default 30.
    pub expired_d: u32,
    /// After arrival, of what a permit covers and nobody rejected. Default 30.
    pub permitted_d: u32,
    /// After the case of a confirmed candidate was closed, rejected, found insufficient, or expired. Absent, the default:
    /// never, for how long a file is kept is the archive's local rule. Two years at least.
    pub case_ended_d: Option<u32>,
    /// A policy that is new waits for so many hours before anything is deleted by it: time to look at what it would delete.
    /// Default 24.
    pub notice_h: u32,
}

impl Default for RetentionConfig {
    fn default() -> Self {
        Self { enabled: true, rejected_d: 7, undecided_d: 30, expired_d: 30, permitted_d: 30, case_ended_d: None, notice_h: 24 }
    }
}

impl RetentionConfig {
    /// Does it fit itself, the law, and the review?
    ///
    /// # Errors
    /// Which figure is wrong, and why.
    pub fn check(&self, review: &ReviewConfig) -> Result<(), String> {
        let (rejected, undecided) = (("rejected_d", self.rejected_d), ("undecided_d", self.undecided_d));
        let others = [("expired_d", self.expired_d), ("permitted_d", self.permitted_d)];
        for (name, days) in [rejected, undecided].into_iter().chain(others) {
            if !(1..=LONGEST_D).contains(&days) {
                return Err(format!("console.retention.{name} is 1 to {LONGEST_D} days, not {days}"));
            }
        }
        let hard_stop_ms = review.hard_stop_ms();
        for (name, days) in [undecided].into_iter().chain(others) {
            if i64::from(days) * DAY_MS < hard_stop_ms {
                return Err(format!(
                    "console.retention.{name} is {days} days and console.review.hard_stop_s is longer: pictures would go while \
                     an officer may still confirm"
                ));
            }
        }
        match self.case_ended_d {
            Some(days) if !(PURSUIT_D..=LONGEST_D).contains(&days) => Err(format!(
                "console.retention.case_ended_d is {PURSUIT_D} to {LONGEST_D} days, not {days}: for two years an act may be \
                 pursued (Administrative Penalty Law, article 36); leave it out to keep what was confirmed"
            )),
            _ if self.notice_h > 24 * 365 => Err("console.retention.notice_h is a year at most".to_owned()),
            _ => Ok(()),
        }
    }

    /// The shortest time that anything is kept by a rule.
    pub fn shortest(&self) -> std::time::Duration {
        let days = [self.rejected_d, self.undecided_d, self.expired_d, self.permitted_d].into_iter().min().unwrap_or(0);
        std::time::Duration::from_secs(u64::from(days) * 24 * 60 * 60)
    }

    /// What is adopted, and stands in certificates: who deletes is not part of what is deleted.
    pub(crate) fn policy(&self) -> String {
        let Self { enabled: _, rejected_d, undecided_d, expired_d, permitted_d, case_ended_d, notice_h } = self;
        serde_json::json!({
            "rejected_d": rejected_d, "undecided_d": undecided_d, "expired_d": expired_d, "permitted_d": permitted_d,
            "case_ended_d": case_ended_d, "notice_h": notice_h,
        })
        .to_string()
    }

    /// How long a new policy waits, milliseconds.
    pub(crate) fn notice_ms(&self) -> i64 {
        i64::from(self.notice_h) * 60 * 60_000
    }
}

/// A policy and since when it is known.
#[derive(Debug, Clone)]
pub(crate) struct Adopted {
    pub(crate) version: i64,
    pub(crate) at_ms: i64,
    pub(crate) config: RetentionConfig,
}

impl Adopted {
    /// From when on it deletes.
    pub(crate) fn deletes_since_ms(&self) -> i64 {
        self.at_ms + self.config.notice_ms()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_that_deletes_too_early_is_refused() {
        let review = ReviewConfig::default();
        let good = RetentionConfig::default();
        assert_eq!(good.check(&review), Ok(()));
        let bad = [
            (RetentionConfig { rejected_d: 0, ..good.clone() }, "rejected_d"),
            (RetentionConfig { undecided_d: 4, ..good.clone() }, "hard_stop_s"),
            (RetentionConfig { expired_d: 4, ..good.clone() }, "hard_stop_s"),
            (RetentionConfig { permitted_d: 4, ..good.clone() }, "hard_stop_s"),
            (RetentionConfig { case_ended_d: Some(729), ..good.clone() }, "article 36"),
            (RetentionConfig { rejected_d: 40_000, ..good.clone() }, "rejected_d"),
            (RetentionConfig { notice_h: 9000, ..good.clone() }, "notice_h"),
        ];
        for (config, word) in bad {
            let refusal = config.check(&review).unwrap_err();
            assert!(refusal.contains(word), "{refusal}");
        }
        assert_eq!(RetentionConfig { case_ended_d: Some(730), rejected_d: 1, ..good }.check(&review), Ok(()));
    }

    #[test]
    fn the_policy_that_is_adopted_says_nothing_of_who_deletes() {
        let config = RetentionConfig::default();
        assert_eq!(RetentionConfig { enabled: false, ..config.clone() }.policy(), config.policy());
        assert!(config.policy().contains("\"case_ended_d\":null"));
        let read: RetentionConfig = serde_json::from_str(&config.policy()).unwrap();
        assert_eq!(read, config);
    }
}
