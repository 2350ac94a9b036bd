//! What the live stream says.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The `event:` of a server-sent event. Its `data:` is a JSON object with the fields named here; its `id:` is for `Last-Event-ID`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LiveKind {
    /// First after every connection: `{latest}`. The screen is live from here.
    Hello,
    /// The id asked for is too old or unknown: fetch again what is on the screen. `{latest}`.
    Reset,
    /// A new candidate: `{id, kind, camera, state, permitted}`.
    CandidateNew,
    /// A decision, a new look of the camera, or another candidate merged into it: `{id, state, version, seen_state, by, carries}`.
    CandidateChanged,
    /// `{id, by, until}`; `by` null when it was let go.
    ClaimChanged,
    /// `{id, candidate, state, version, by}`.
    CaseChanged,
    /// Settings or health: `{id, health, version}`.
    CameraChanged,
}
