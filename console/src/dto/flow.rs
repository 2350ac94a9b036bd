//! How a camera's stream flows: frames, losses, runs, and who judged which kind.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Kind;

/// Of what time.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FlowQuery {
    /// `hour` (in steps of five minutes), `day` (of an hour; the default) or `week` (of six hours), up to now.
    pub period: Option<String>,
}

/// Frames that were not looked at for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Dropped {
    /// `not_needed` (key frames are enough), `non_reference`, `thinned`, `before_key_frame`, `after_loss`, `undecodable`,
    /// `newer_came`, `detect_failed`, `name_failed`; workers of later versions may name others.
    pub reason: String,
    /// How many.
    pub frames: i64,
}

/// Frames in some time, as its worker counted them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FlowSum {
    /// Since when.
    #[schema(format = DateTime)]
    pub from: String,
    /// Until when.
    #[schema(format = DateTime)]
    pub until: String,
    /// Of how much of it there is an account, seconds. Of the rest nobody knows; rates are of this time.
    pub known_s: f64,
    /// Encoded frames that came.
    pub received: i64,
    /// Of them, decoded.
    pub decoded: i64,
    /// Of them, looked at by the models.
    pub inferred: i64,
    /// Time in which more than usual was decoded, because something undecided went on, seconds.
    pub active_s: f64,
    /// Frames not looked at, most first.
    pub dropped: Vec<Dropped>,
}

/// One unbroken connection of a camera.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CameraRun {
    /// Its id, as in candidates.
    pub run: i64,
    /// Its first sign.
    #[schema(format = DateTime)]
    pub from: String,
    /// Its last one.
    #[schema(format = DateTime)]
    pub until: String,
    /// Why it ended: `stopped` (the worker was), or why the camera failed, e.g. `stalled`. Null while it goes on, and where
    /// nobody was left to say.
    pub ended: Option<String>,
}

/// A stretch in which the same models judged the same kinds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JudgedSpan {
    /// Since when.
    #[schema(format = DateTime)]
    pub from: String,
    /// Until when.
    #[schema(format = DateTime)]
    pub until: String,
    /// Kinds that some zone had a rule for.
    pub kinds: Vec<Kind>,
    /// Name, `@`, eight digits of the digest; none where what moves stands in for them.
    pub models: Vec<String>,
}

/// A stretch in which nothing was judged, whatever the kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnjudgedSpan {
    /// Since when.
    #[schema(format = DateTime)]
    pub from: String,
    /// Until when.
    #[schema(format = DateTime)]
    pub until: String,
    /// `models_failed`, `learning`, `view_changed`, `light_changed` or `no_frames`; workers of later versions may say others.
    pub why: String,
}

/// How a camera's stream flows.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CameraFlow {
    /// What is decoded while nothing happens, as its worker last said: `keyframes` or `full`. Null before its first account.
    pub decode: Option<String>,
    /// The end of the newest account; null before the first. Workers give one every five minutes.
    #[schema(format = DateTime)]
    pub known_until: Option<String>,
    /// All of the period.
    pub total: FlowSum,
    /// Step by step, oldest first.
    pub steps: Vec<FlowSum>,
    /// Runs, newest first, the latest twenty.
    pub runs: Vec<CameraRun>,
    /// How many there were in thirty days.
    pub runs_in_all: i64,
    /// Who judged which kind in the last seven days, newest first, the latest hundred.
    pub judged: Vec<JudgedSpan>,
    /// When nothing was judged in the last seven days, newest first, the latest hundred.
    pub unjudged: Vec<UnjudgedSpan>,
}
