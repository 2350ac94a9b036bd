//! What a worker did on one camera since the account before: frames, losses, and which kinds were really judged.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An account of some minutes of one run. Accounts of a run follow one another without a hole, so that whoever adds them up
/// misses nothing; its end is the `at` of the observation that carries it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountData {
    /// Since when, RFC 3339: the end of the account before, or the first frame of the run.
    pub from: String,
    /// Encoded frames that came.
    pub received: u64,
    /// Of them, those that were decoded.
    pub decoded: u64,
    /// Of them, those that the models looked at.
    pub inferred: u64,
    /// Frames that were not looked at, by reason; most of them because key frames are enough.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub dropped: BTreeMap<String, u64>,
    /// What is decoded while nothing happens: `keyframes` or `full`.
    pub decode: String,
    /// Seconds in which more was decoded, because something undecided went on.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub active_s: f64,
    /// Kinds that some zone of the camera has a rule for, and that this worker judged.
    pub judged: Vec<String>,
    /// Models that looked, as `name@` and eight digits of the digest; empty where what moves stands in for them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub models: Vec<String>,
    /// Stretches in which nothing was judged, whatever the kind. Absent is none.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub unjudged: Vec<UnjudgedData>,
    /// The run ended here: why.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended: Option<String>,
}

/// A stretch in which nothing was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnjudgedData {
    /// Since when, RFC 3339.
    pub from: String,
    /// Until when, RFC 3339.
    pub until: String,
    /// `models_failed`, `learning`, `view_changed`, `light_changed` or `no_frames`; later versions may add others.
    pub why: String,
}

impl AccountData {
    /// Says only what the beats beside it do not contradict: everything was judged, and the run goes on. When room is short
    /// such an account may be left out; time of which nobody gave an account counts by the beats alone.
    pub fn is_plain(&self) -> bool {
        self.unjudged.is_empty() && self.ended.is_none()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(seconds: &f64) -> bool {
    *seconds == 0.0
}
