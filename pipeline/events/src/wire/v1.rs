//! Wire format v1: CloudEvents 1.0 around candidates, observations, cases and cameras.
//!
//! One JSON object per line in `events.jsonl` (CloudEvents structured mode); on Kafka binary mode: the attributes as `ce_`
//! headers, the value is `data` alone, the key is the camera id. JSON Schemas are in `deploy/schemas/`, golden files in
//! `pipeline/events/testdata/`.

mod account;

pub use account::{AccountData, UnjudgedData};
use serde::{Deserialize, Serialize};

use crate::candidate::{Candidate, ModelRef, Why};
use crate::geometry::BBox;
use crate::id::{CameraId, RunId};
use crate::observation::{Observation, Subject};
use crate::score::Score;
use crate::time::{ClockSource, Moment, StreamTime, WallTime};

/// CloudEvents `type` of a candidate.
pub const CANDIDATE: &str = "kerbwatch.candidate.v1";
/// CloudEvents `type` of an observation.
pub const OBSERVATION: &str = "kerbwatch.observation.v1";
/// CloudEvents `type` of a case.
pub const CASE: &str = "kerbwatch.case.v1";
/// CloudEvents `type` of a camera with its zones and permits, on the compacted topic.
pub const CAMERA: &str = "kerbwatch.camera.v1";

/// The topics, and what is on them.
pub mod topic {
    /// Compacted, keyed by camera id: [`super::CameraData`]; a null value removes the camera.
    pub const CAMERAS: &str = "kerbwatch.cameras";
    /// [`super::CandidateData`].
    pub const CANDIDATES: &str = "kerbwatch.candidates";
    /// [`super::ObservationData`].
    pub const OBSERVATIONS: &str = "kerbwatch.observations";
    /// Cases, as the console hands them over.
    pub const CASES: &str = "kerbwatch.cases";
    /// All of them.
    pub const ALL: [&str; 4] = [CAMERAS, CANDIDATES, OBSERVATIONS, CASES];
}

/// A CloudEvents 1.0 envelope.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event<T> {
    /// Always `1.0`.
    pub specversion: String,
    /// Unique with `source`; deterministic, so that a repeat is recognised.
    pub id: String,
    /// Who says it, e.g. `/kerbwatch/worker-1`.
    pub source: String,
    /// One of [`CANDIDATE`], [`OBSERVATION`], [`CASE`], [`CAMERA`].
    #[serde(rename = "type")]
    pub kind: String,
    /// The camera id.
    pub subject: String,
    /// When it happened, RFC 3339.
    pub time: String,
    /// Always `application/json`.
    pub datacontenttype: String,
    /// The content.
    pub data: T,
}

impl<T> Event<T> {
    /// Wraps `data`.
    pub fn new(kind: &str, id: String, source: &str, subject: &CameraId, time: String, data: T) -> Self {
        Self {
            specversion: "1.0".to_owned(),
            id,
            source: source.to_owned(),
            kind: kind.to_owned(),
            subject: subject.to_string(),
            time,
            datacontenttype: "application/json".to_owned(),
            data,
        }
    }
}

/// One file of an evidence package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceItem {
    /// `first_seen`, `moment`, `mid`, `trigger`, `clip`, `after` or `manifest`.
    pub role: String,
    /// Where it lies in the evidence store, e.g. `3f…/trigger.jpg`.
    pub key: String,
    /// Of its bytes, hex.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
}

/// A model that took part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelData {
    /// The model folder's name.
    pub name: String,
    /// SHA-256 of the ONNX file, hex.
    pub sha256: String,
}

impl From<&ModelRef> for ModelData {
    fn from(model: &ModelRef) -> Self {
        Self { name: model.name.clone(), sha256: model.sha256.clone() }
    }
}

/// One condition of the rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FactData {
    /// E.g. `dwell`.
    pub name: String,
    /// What was measured.
    pub value: f64,
    /// What was needed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub needed: Option<f64>,
    /// `s`, `share`, `count`, or empty.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub unit: String,
}

/// The rule's trace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WhyData {
    /// One sentence.
    pub text: String,
    /// The conditions behind it.
    #[serde(default)]
    pub facts: Vec<FactData>,
}

impl From<&Why> for WhyData {
    fn from(why: &Why) -> Self {
        let fact = |fact: &crate::candidate::Fact| FactData {
            name: fact.name.to_owned(),
            value: fact.value,
            needed: fact.needed,
            unit: fact.unit.to_owned(),
        };
        Self { text: why.text.clone(), facts: why.facts.iter().map(fact).collect() }
    }
}

/// `data` of a candidate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CandidateData {
    /// 32 hex digits.
    pub id: String,
    /// `illegal_stall`, `storefront_encroachment`, `unauthorized_ad` or `waste_dumping`.
    pub kind: String,
    /// Camera id.
    pub camera: String,
    /// Zone id.
    pub zone: String,
    /// Version of the zone it was judged by.
    pub zone_version: String,
    /// Covered by a permit: kept, not shown as a violation.
    pub permitted: bool,
    /// That permit.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub permit: Option<String>,
    /// The run the stream seconds belong to.
    pub run: u64,
    /// Stream seconds.
    pub first_seen_s: f64,
    /// Stream seconds.
    pub raised_s: f64,
    /// RFC 3339.
    pub first_seen_at: String,
    /// RFC 3339.
    pub raised_at: String,
    /// When the thing came to stand, stream seconds, where it was found in the footage of the beginning: nearer to the truth
    /// than `first_seen_s`, which is the first picture that was looked at and showed it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub moment_s: Option<f64>,
    /// The same, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub moment_at: Option<String>,
    /// `arrival`, `declared` or `unknown`.
    pub clock: String,
    /// `[x1, y1, x2, y2]` in 0..1.
    #[serde(rename = "box")]
    pub bbox: [f64; 4],
    /// 0..=1.
    pub score: f64,
    /// The rule's trace.
    pub why: WhyData,
    /// Models that took part.
    pub models: Vec<ModelData>,
    /// What proves it.
    pub evidence: Vec<EvidenceItem>,
}

/// Six decimals: a hundredth of a pixel, and stable across platforms.
fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

fn rounded_box(b: &crate::geometry::BBox) -> [f64; 4] {
    b.to_array().map(rounded)
}

impl CandidateData {
    /// Joins a candidate with its models and its evidence.
    pub fn new(candidate: &Candidate, models: &[ModelRef], evidence: Vec<EvidenceItem>) -> Self {
        Self {
            id: candidate.id.to_string(),
            kind: candidate.kind.wire_name().to_owned(),
            camera: candidate.camera.to_string(),
            zone: candidate.zone.to_string(),
            zone_version: candidate.zone_version.clone(),
            permitted: candidate.permit.is_some(),
            permit: candidate.permit.as_ref().map(ToString::to_string),
            run: candidate.raised.run.0,
            first_seen_s: rounded(candidate.first_seen.at.as_secs_f64()),
            raised_s: rounded(candidate.raised.at.as_secs_f64()),
            first_seen_at: candidate.first_seen.wall.to_rfc3339(),
            raised_at: candidate.raised.wall.to_rfc3339(),
            moment_s: None,
            moment_at: None,
            clock: candidate.raised.wall.source.wire_name().to_owned(),
            bbox: rounded_box(&candidate.bbox),
            score: rounded(f64::from(candidate.score.value())),
            why: WhyData::from(&candidate.why),
            models: models.iter().map(ModelData::from).collect(),
            evidence,
        }
    }

    /// The same with the moment at which the thing came to stand.
    pub fn with_moment(self, moment: Option<&Moment>) -> Self {
        Self {
            moment_s: moment.map(|moment| rounded(moment.at.as_secs_f64())),
            moment_at: moment.map(|moment| moment.wall.to_rfc3339()),
            ..self
        }
    }

    /// Its envelope. The event id is the candidate id, so that a retry is the same event.
    pub fn into_event(self, source: &str, camera: &CameraId) -> Event<CandidateData> {
        Event::new(CANDIDATE, self.id.clone(), source, camera, self.raised_at.clone(), self)
    }
}

/// Why a wire candidate is not one of the domain's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("candidate {id:?}: {field}: {reason}")]
pub struct BadCandidate {
    /// Its id as written.
    pub id: String,
    /// Which field is wrong.
    pub field: &'static str,
    /// What is wrong with it.
    pub reason: String,
}

impl TryFrom<&CandidateData> for Candidate {
    type Error = BadCandidate;

    /// The way back, for a worker that takes up its open candidates after a restart. The facts of the trace stay behind: the
    /// domain names them by constants, and nobody judges by them again.
    fn try_from(data: &CandidateData) -> Result<Self, BadCandidate> {
        let bad = |field, reason: String| BadCandidate { id: data.id.clone(), field, reason };
        let source = match data.clock.as_str() {
            "arrival" => ClockSource::Arrival,
            "declared" => ClockSource::Declared,
            "unknown" => ClockSource::Unknown,
            other => return Err(bad("clock", format!("unknown clock {other:?}"))),
        };
        let moment = |field, at_s: f64, at: &str| {
            let timestamp: jiff::Timestamp = at.parse().map_err(|e: jiff::Error| bad(field, e.to_string()))?;
            let unix_ns = i64::try_from(timestamp.as_nanosecond()).map_err(|e| bad(field, e.to_string()))?;
            let wall = WallTime { unix_ns, max_error: std::time::Duration::ZERO, source };
            Ok(Moment { run: RunId(data.run), at: StreamTime::from_secs_f64(at_s), wall })
        };
        let [x1, y1, x2, y2] = data.bbox;
        Ok(Self {
            id: data.id.parse().map_err(|e: crate::id::BadId| bad("id", e.to_string()))?,
            kind: data.kind.parse().map_err(|e: crate::kind::UnknownKind| bad("kind", e.to_string()))?,
            camera: data.camera.parse().map_err(|e: crate::id::BadId| bad("camera", e.to_string()))?,
            zone: data.zone.parse().map_err(|e: crate::id::BadId| bad("zone", e.to_string()))?,
            zone_version: data.zone_version.clone(),
            permit: data
                .permit
                .as_deref()
                .map(str::parse)
                .transpose()
                .map_err(|e: crate::id::BadId| bad("permit", e.to_string()))?,
            first_seen: moment("first_seen_at", data.first_seen_s, &data.first_seen_at)?,
            raised: moment("raised_at", data.raised_s, &data.raised_at)?,
            bbox: BBox::clamped(x1, y1, x2, y2),
            score: Score::clamped(data.score as f32),
            why: Why { text: data.why.text.clone(), facts: Vec::new() },
        })
    }
}

/// `data` of an observation: either `candidate` and `state`, or `camera` and `health`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ObservationData {
    /// Candidate id.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub candidate: Option<String>,
    /// `present`, `cleared` or `lost`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub state: Option<String>,
    /// Camera id; always there.
    pub camera: String,
    /// `ok`, `offline`, `frozen`, `dark`, `blurred`, `covered` or `moved`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub health: Option<String>,
    /// The run `at_s` belongs to.
    pub run: u64,
    /// Stream seconds.
    pub at_s: f64,
    /// RFC 3339.
    pub at: String,
    /// Where, `[x1, y1, x2, y2]` in 0..1.
    #[serde(rename = "box", skip_serializing_if = "Option::is_none", default)]
    pub bbox: Option<[f64; 4]>,
    /// The after-picture of a cleared candidate.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub evidence: Vec<EvidenceItem>,
    /// With `health`, every few minutes: what the worker did since the account before. Workers of earlier versions give none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub account: Option<AccountData>,
}

impl ObservationData {
    /// From an observation, with its after-picture if there is one.
    pub fn new(observation: &Observation, evidence: Vec<EvidenceItem>) -> Self {
        let Moment { run, at, wall } = observation.at;
        let (candidate, state, health, bbox) = match &observation.subject {
            Subject::Candidate { id, state, bbox } => {
                (Some(id.to_string()), Some(state.wire_name().to_owned()), None, Some(rounded_box(bbox)))
            }
            Subject::Camera { health } => (None, None, Some(health.wire_name().to_owned()), None),
        };
        Self {
            candidate,
            state,
            camera: observation.camera.to_string(),
            health,
            run: run.0,
            at_s: rounded(at.as_secs_f64()),
            at: wall.to_rfc3339(),
            bbox,
            evidence,
            account: None,
        }
    }

    /// The same with an account of the time up to it.
    pub fn with_account(self, account: AccountData) -> Self {
        Self { account: Some(account), ..self }
    }

    /// Its envelope. The event id is made of what is said, so that a retry is the same event.
    pub fn into_event(self, source: &str, camera: &CameraId) -> Event<ObservationData> {
        let what = match (&self.candidate, &self.state, &self.health) {
            (Some(candidate), Some(state), _) => format!("{candidate}-{state}"),
            _ if self.account.is_some() => format!("{camera}-account"),
            (_, _, health) => format!("{camera}-{}", health.as_deref().unwrap_or("ok")),
        };
        let id = format!("{what}-{}", self.at);
        Event::new(OBSERVATION, id, source, camera, self.at.clone(), self)
    }
}

/// `data` on the cameras topic: a camera as a one-camera site file, with a version that only grows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CameraData {
    /// Camera id.
    pub camera: String,
    /// Grows with each change of the camera, its zones or its permits.
    pub version: u64,
    /// A `site.toml` with just this camera: one format, one parser, one set of checks.
    pub site: String,
}

/// `data` of a case: each step of its life is one such event. The fields after `evidence_sha256` came later and may be absent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CaseData {
    /// Case id.
    pub id: String,
    /// The candidate it was opened on.
    pub candidate: String,
    /// Camera id.
    pub camera: String,
    /// Zone id.
    pub zone: String,
    /// The kind.
    pub kind: String,
    /// State of the case, e.g. `opened`.
    pub state: String,
    /// Who opened it (log-in name).
    pub opened_by: String,
    /// RFC 3339.
    pub opened_at: String,
    /// SHA-256 of the evidence manifest the case was opened on, hex.
    pub evidence_sha256: String,
    /// Grows with each event of the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// What was done, e.g. `warn`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<String>,
    /// Who did it (log-in name, or the receiver that called back).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// `offsite_evidence`, or `clue_only` when the camera's register did not cover what it saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence_mode: Option<String>,
    /// Id of the matter, once legal review has named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matter: Option<String>,
    /// `simple` or `ordinary`, once filed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub track: Option<String>,
    /// How it ended, once closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// SHA-256 of the signed case document, hex, once it went out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package_sha256: Option<String>,
    /// Names the key that signed it: SHA-256 of its public half in DER form, hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package_key_id: Option<String>,
}
