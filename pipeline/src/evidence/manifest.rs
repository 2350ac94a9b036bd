//! The manifest: what is in a package, of what, from where, by which rule. Its form is versioned by [`SCHEMA`]; the JSON
//! Schema is `deploy/schemas/evidence-manifest.v1.json`.
//!
//! It is written as canonical JSON (RFC 8785), so that its bytes, which are hashed, chained and signed, do not depend on who
//! serialised them. It holds nothing that differs between two sealings of the same draft.

use events::site::{Decode, Permit, Rule, Site, redact_source};
use events::wire::v1::CandidateData;
use events::{Moment, Stamp};
use serde::{Deserialize, Serialize};

use super::draft::{Draft, Gap};

/// The form of a sealed package's manifest.
pub const SCHEMA: &str = "kerbwatch.evidence.v1";
/// The form of an after-picture's manifest.
pub const AFTER_SCHEMA: &str = "kerbwatch.evidence-after.v1";
/// The manifest's file.
pub const MANIFEST: &str = "manifest.json";
/// The raw 64-byte Ed25519 signature over the manifest's bytes.
pub const SIGNATURE: &str = "manifest.sig";
/// The key it was made with.
pub const PUBLIC_KEY: &str = "public_key.pem";
/// All files but manifest and signature, as `sha256sum --check` reads them.
pub const SUMS: &str = "SHA256SUMS";
/// The folder of the after-picture, a package of its own within the package.
pub const AFTER: &str = "after";

/// How stills are made, for the court's "method of making".
pub(crate) const STILL_METHOD: &str = "one decoded picture of the stream, whole and at full resolution, encoded once as JPEG 4:2:0; nothing drawn, cut or retouched";
/// How clips are made.
pub(crate) const CLIP_METHOD: &str = "the camera's own encoded bitstream, put into this container without re-encoding";

/// A sealed package.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`SCHEMA`].
    pub schema: String,
    /// The candidate as in its event, without the list of evidence, which stands in `items`.
    pub candidate: serde_json::Value,
    /// The files.
    pub items: Vec<Item>,
    /// What is missing, and why.
    pub gaps: Vec<GapData>,
    /// Method, maker, purpose, place of the original.
    pub capture: Capture,
    /// The rule by which the candidate was raised; `null` where the zone no longer has it.
    pub rule: Option<RuleData>,
    /// The permits of the zone that name this kind, and which of them was found to apply.
    pub permits: Vec<PermitData>,
    /// A `site.toml` of the camera and its zones as they were, with the stream's log-in left out.
    pub site: String,
    /// Version and commit of the program.
    pub software: String,
    /// The place in the worker's chain.
    pub chain: Link,
    /// The key.
    pub signing: Signing,
    /// The list for `sha256sum --check`.
    pub sums: Sums,
}

/// A file of a package.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// See [`super::Role`].
    pub role: String,
    /// Its name in the folder.
    pub file: String,
    /// SHA-256, hex.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// E.g. `image/jpeg`.
    pub media_type: String,
    /// How it was made.
    pub method: String,
    /// Always `none` here: these are originals. Masked or annotated pictures are derivatives and not in the package.
    pub derivative: String,
    /// When the picture, or the first picture of the clip, was taken.
    pub from: TimeData,
    /// When the last picture of a clip was taken.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub to: Option<TimeData>,
}

/// A moment in both clocks, and whose clocks they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TimeData {
    /// The unbroken connection of the camera that the stream seconds belong to.
    pub run: u64,
    /// Which frame of the run, counting those received.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub seq: Option<u64>,
    /// Stream seconds since the run began.
    pub at_s: f64,
    /// RFC 3339, UTC.
    pub at: String,
    /// `arrival`, `declared` or `unknown`.
    pub clock: String,
    /// The true time lies within plus or minus this.
    pub max_error_ms: f64,
}

impl From<&Moment> for TimeData {
    fn from(moment: &Moment) -> Self {
        Self {
            run: moment.run.0,
            seq: None,
            at_s: (moment.at.as_secs_f64() * 1e6).round() / 1e6,
            at: moment.wall.to_rfc3339(),
            clock: moment.wall.source.wire_name().to_owned(),
            max_error_ms: (moment.wall.max_error.as_secs_f64() * 1e6).round() / 1e3,
        }
    }
}

impl From<&Stamp> for TimeData {
    fn from(stamp: &Stamp) -> Self {
        Self { seq: Some(stamp.seq), ..Self::from(&stamp.moment()) }
    }
}

/// Something that is not in the package.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GapData {
    /// One sentence.
    pub what: String,
    /// From when.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub from: Option<TimeData>,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub to: Option<TimeData>,
}

impl From<&Gap> for GapData {
    fn from(gap: &Gap) -> Self {
        Self { what: gap.what.clone(), from: gap.from.as_ref().map(TimeData::from), to: gap.to.as_ref().map(TimeData::from) }
    }
}

/// What a court asks of audio-visual and electronic data: how, when, by whom, what for, and where the original is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Capture {
    /// The worker.
    pub maker: String,
    /// What for.
    pub purpose: String,
    /// Where the original is kept.
    pub place_of_original: String,
    /// When the episode began.
    pub from: TimeData,
    /// When the rule was met.
    pub to: TimeData,
    /// `keyframes` or `full`: how much of the stream was looked at when the rule was met.
    pub decode: String,
}

/// The rule's parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleData {
    /// Seconds it must last.
    pub dwell_s: f64,
    /// Seconds it must be gone to be cleared.
    pub clear_after_s: f64,
    /// Smallest thing, as a share of the picture.
    pub min_area: f64,
    /// Smallest score.
    pub min_score: f64,
    /// When it is watched; empty is always.
    pub weekly: Vec<String>,
}

impl From<&Rule> for RuleData {
    fn from(rule: &Rule) -> Self {
        Self {
            dwell_s: rule.dwell.as_secs_f64(),
            clear_after_s: rule.clear_after.as_secs_f64(),
            min_area: rule.min_area,
            min_score: rule.min_score,
            weekly: rule.weekly.iter().map(ToString::to_string).collect(),
        }
    }
}

/// A permit that was considered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PermitData {
    /// Its id in the zone.
    pub id: String,
    /// The paper it rests on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub document: Option<String>,
    /// Was it found to cover the candidate?
    pub applied: bool,
}

/// A link of the worker's chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Whose chain.
    pub worker: String,
    /// From 1, without holes.
    pub number: u64,
    /// SHA-256 (hex) of the manifest before; `null` for the first.
    pub previous: Option<String>,
}

/// How the manifest is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signing {
    /// `Ed25519`.
    pub algorithm: String,
    /// See [`super::key_id`].
    pub key_id: String,
}

/// The list for `sha256sum`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    /// [`SUMS`].
    pub file: String,
    /// SHA-256, hex.
    pub sha256: String,
}

/// The manifest of an after-picture: a later layer that names the package it belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AfterManifest {
    /// [`AFTER_SCHEMA`].
    pub schema: String,
    /// The candidate's id.
    pub candidate: String,
    /// SHA-256 (hex) of the sealed package's manifest.
    pub package_sha256: String,
    /// The picture.
    pub items: Vec<Item>,
    /// The key.
    pub signing: Signing,
    /// The list for `sha256sum --check`.
    pub sums: Sums,
}

impl Manifest {
    /// Puts a manifest together from a draft and what was written of it.
    pub(crate) fn new(draft: &Draft, items: Vec<Item>, mut gaps: Vec<Gap>, chain: Link, key_id: &str, sums: Sums) -> Self {
        let (candidate, context) = (&draft.candidate, &draft.context);
        let zone = context.camera.zones.iter().find(|zone| zone.id == candidate.zone);
        if zone.is_none() {
            gaps.push(Gap::new(format!("zone {} was no longer among the camera's zones when this was sealed", candidate.zone)));
        }
        let permit = |permit: &Permit| PermitData {
            id: permit.id.to_string(),
            document: permit.document.clone(),
            applied: candidate.permit.as_ref() == Some(&permit.id),
        };
        let mut camera = context.camera.clone();
        camera.source = redact_source(&camera.source);
        let source = camera.source.clone();
        Self {
            schema: SCHEMA.to_owned(),
            candidate: candidate_value(draft),
            items,
            gaps: gaps.iter().map(GapData::from).collect(),
            capture: Capture {
                maker: context.worker.clone(),
                purpose: format!("notice of a possible {} for review by an officer", candidate.kind),
                place_of_original: format!(
                    "the recording of camera {} kept by its owner (stream {source}); from it only these files were taken",
                    candidate.camera
                ),
                from: TimeData::from(&candidate.first_seen),
                to: TimeData::from(&candidate.raised),
                decode: match context.decode {
                    Decode::KeyFrames => "keyframes".to_owned(),
                    Decode::Full => "full".to_owned(),
                },
            },
            rule: zone.and_then(|zone| zone.rules.get(&candidate.kind)).map(RuleData::from),
            permits: zone
                .into_iter()
                .flat_map(|zone| &zone.permits)
                .filter(|permit| permit.kinds.contains(&candidate.kind))
                .map(permit)
                .collect(),
            site: Site { calendar: context.calendar.clone(), cameras: vec![camera] }.to_toml(),
            software: context.software.clone(),
            chain,
            signing: Signing { algorithm: "Ed25519".to_owned(), key_id: key_id.to_owned() },
            sums,
        }
    }
}

fn candidate_value(draft: &Draft) -> serde_json::Value {
    let data = CandidateData::new(&draft.candidate, &draft.models, Vec::new()).with_moment(draft.moment.as_ref());
    let mut value = serde_json::to_value(data).expect("wire data has only text keys");
    if let Some(object) = value.as_object_mut() {
        object.remove("evidence");
    }
    value
}

/// The bytes of a manifest: canonical JSON (RFC 8785).
///
/// # Errors
/// When a number in it is not finite.
pub(crate) fn canonical(manifest: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    serde_json_canonicalizer::to_vec(manifest)
}

/// The list for `sha256sum --check`: digest, two spaces, name, one line each.
pub(crate) fn sums_text<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    files.into_iter().map(|(sha256, file)| format!("{sha256}  {file}\n")).collect()
}
