//! How long a review may take, and which candidate comes first.
//!
//! ```text
//! due  = received + target(kind, key area)
//! rank = due - head start(kind) - head start(key area) - score x head start(score)
//! ```
//!
//! The smallest rank comes first. Every term but the time of arrival is fixed, and all candidates age at the same pace, so the
//! order of any two never changes: it is a column with an index, not a figure computed for a million rows at each look. In
//! words: an hour of waiting weighs as much as a target an hour shorter. Nothing starves, for whatever waits overtakes in the
//! end all that come later.
//!
//! The clock starts when the console has the candidate: nobody can be late with what still lay in a spool.

use serde::{Deserialize, Serialize};

use crate::dto::Kind;

/// Every kind, in the order of the words.
const KINDS: [Kind; 4] = [Kind::IllegalStall, Kind::StorefrontEncroachment, Kind::UnauthorizedAd, Kind::WasteDumping];
/// No target and no head start is longer, seconds: 30 days.
const LONGEST_S: u32 = 30 * 86_400;

/// Seconds for each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerKind {
    /// 无序设摊.
    pub illegal_stall: u32,
    /// 跨门经营.
    pub storefront_encroachment: u32,
    /// 违规广告/小广告.
    pub unauthorized_ad: u32,
    /// 偷乱倒垃圾.
    pub waste_dumping: u32,
}

impl PerKind {
    /// The same for all.
    pub const fn all(seconds: u32) -> Self {
        Self { illegal_stall: seconds, storefront_encroachment: seconds, unauthorized_ad: seconds, waste_dumping: seconds }
    }

    fn of(&self, kind: Kind) -> u32 {
        match kind {
            Kind::IllegalStall => self.illegal_stall,
            Kind::StorefrontEncroachment => self.storefront_encroachment,
            Kind::UnauthorizedAd => self.unauthorized_ad,
            Kind::WasteDumping => self.waste_dumping,
        }
    }
}

/// `[console.review]`: targets and order of the first review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ReviewFile")]
pub struct ReviewConfig {
    /// A review is due after so long, seconds. Default 30 minutes for every kind.
    pub target_s: PerKind,
    /// The same in a key area. Default 30 minutes; what is under the clearance target comes earlier by its head start.
    pub key_area_target_s: PerKind,
    /// After so long nobody may confirm any more, and what nobody decided closes as expired, seconds. Default 5 days, as long
    /// as records of traffic offences may wait (Procedure for Handling Road Traffic Offences, article 18 and after).
    pub hard_stop_s: u32,
    /// Head start of each kind, seconds. Default: dumping 10 minutes (who did it is leaving), stalls 5 (they move on),
    /// encroachment 2, advertisements none (they stay where they are).
    pub head_start_s: PerKind,
    /// Head start of a key area, seconds. Default 10 minutes.
    pub key_area_head_start_s: u32,
    /// Head start of a score of 1, seconds; smaller scores have that share of it. Default 10 minutes.
    pub score_head_start_s: u32,
    /// Who confirms a record or gives the legal review needs an officer's certificate on record that holds in that moment
    /// (Administrative Penalty Law, article 42). Default no: a new installation has no certificates yet.
    pub require_certificate: bool,
    /// Originals, in which bystanders can be made out, leave in an export only with a second person's approval, which runs out after
    /// a day. Default yes.
    pub originals_need_approval: bool,
}

impl Default for ReviewConfig {
    fn default() -> Self {
        let head_start_s = PerKind { illegal_stall: 300, storefront_encroachment: 120, unauthorized_ad: 0, waste_dumping: 600 };
        Self {
            target_s: PerKind::all(30 * 60),
            key_area_target_s: PerKind::all(30 * 60),
            hard_stop_s: 5 * 86_400,
            head_start_s,
            key_area_head_start_s: 600,
            score_head_start_s: 600,
            require_certificate: false,
            originals_need_approval: true,
        }
    }
}

/// As it stands in the file: what is absent is the default.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ReviewFile {
    target_s: PerKind,
    key_area_target_s: PerKind,
    hard_stop_s: u32,
    head_start_s: PerKind,
    key_area_head_start_s: u32,
    score_head_start_s: u32,
    require_certificate: bool,
    originals_need_approval: bool,
}

impl Default for ReviewFile {
    fn default() -> Self {
        let ReviewConfig {
            target_s,
            key_area_target_s,
            hard_stop_s,
            head_start_s,
            key_area_head_start_s,
            score_head_start_s,
            require_certificate,
            originals_need_approval,
        } = ReviewConfig::default();
        Self {
            target_s,
            key_area_target_s,
            hard_stop_s,
            head_start_s,
            key_area_head_start_s,
            score_head_start_s,
            require_certificate,
            originals_need_approval,
        }
    }
}

impl TryFrom<ReviewFile> for ReviewConfig {
    type Error = String;

    fn try_from(file: ReviewFile) -> Result<Self, String> {
        let ReviewFile {
            target_s,
            key_area_target_s,
            hard_stop_s,
            head_start_s,
            key_area_head_start_s,
            score_head_start_s,
            require_certificate,
            originals_need_approval,
        } = file;
        for kind in KINDS {
            for (name, target) in [("target_s", target_s.of(kind)), ("key_area_target_s", key_area_target_s.of(kind))] {
                if !(60..=hard_stop_s).contains(&target) {
                    let word = crate::dto::word(&kind);
                    return Err(format!("{name}.{word} is 60 seconds at least and no longer than hard_stop_s, not {target}"));
                }
            }
        }
        let starts = KINDS.map(|kind| head_start_s.of(kind));
        let longest = starts.into_iter().chain([hard_stop_s, key_area_head_start_s, score_head_start_s]).max();
        if longest.is_some_and(|longest| longest > LONGEST_S) {
            return Err(format!("no time of a review is longer than {LONGEST_S} seconds"));
        }
        Ok(Self {
            target_s,
            key_area_target_s,
            hard_stop_s,
            head_start_s,
            key_area_head_start_s,
            score_head_start_s,
            require_certificate,
            originals_need_approval,
        })
    }
}

impl ReviewConfig {
    /// The hard stop in milliseconds.
    pub(crate) fn hard_stop_ms(&self) -> i64 {
        i64::from(self.hard_stop_s) * 1000
    }

    fn target_ms(&self, kind: Kind, key_area: bool) -> i64 {
        let targets = if key_area { &self.key_area_target_s } else { &self.target_s };
        i64::from(targets.of(kind)) * 1000
    }

    /// SQL that sets both columns, the one place where the formula stands. Holds numbers and words of ours only. Databases
    /// round the score's part each their way, which is a millisecond.
    pub(crate) fn assignments(&self) -> String {
        let mut cases = (String::new(), String::new());
        for kind in KINDS {
            for key_area in [false, true] {
                let when = format!(" WHEN kind = '{}' AND key_area = {}", crate::dto::word(&kind), i64::from(key_area));
                let target = self.target_ms(kind, key_area);
                let key_start = if key_area { self.key_area_head_start_s } else { 0 };
                let start = i64::from(self.head_start_s.of(kind)) + i64::from(key_start);
                cases.0.push_str(&format!("{when} THEN {target}"));
                cases.1.push_str(&format!("{when} THEN {}", target - start * 1000));
            }
        }
        let score = i64::from(self.score_head_start_s) * 1000;
        format!(
            "due_ms = received_ms + CASE{} ELSE 0 END, \
             rank_ms = received_ms + CASE{} ELSE 0 END - CAST(score * {score} AS BIGINT)",
            cases.0, cases.1
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_that_cannot_be_meant_is_refused() {
        let read = |text: &str| serde_json::from_str::<ReviewConfig>(text).map_err(|error| error.to_string());
        assert_eq!(read("{}").unwrap(), ReviewConfig::default());
        let all = |n: u32| {
            format!(r#"{{"illegal_stall":{n},"storefront_encroachment":{n},"unauthorized_ad":{n},"waste_dumping":{n}}}"#)
        };
        assert_eq!(read(&format!(r#"{{"target_s":{}}}"#, all(600))).unwrap().target_s, PerKind::all(600));
        for (bad, says) in [
            (format!(r#"{{"target_s":{}}}"#, all(59)), "target_s.illegal_stall"),
            (format!(r#"{{"key_area_target_s":{}}}"#, all(432_001)), "hard_stop_s"),
            (r#"{"hard_stop_s":600}"#.to_owned(), "hard_stop_s"),
            (r#"{"score_head_start_s":2592001}"#.to_owned(), "2592000"),
            (r#"{"deadline":1}"#.to_owned(), "deadline"),
        ] {
            assert!(read(&bad).unwrap_err().contains(says), "{bad}");
        }
    }
}
