//! From decoded frames and detections of one camera to judgements about the street: what was put down, pasted up or set
//! up, who stayed with it, whether a zone's rule is met, and when it is gone again.
//!
//! Pure and deterministic: no clock, no I/O, no logging, no threads. Time comes in the [`events::Stamp`]; the same frames in
//! give the same judgements out, at any rate from 0.4 to 30 frames a second. Decoding, neural models, evidence and transport
//! are elsewhere.

mod clock;
mod judgement;
mod motion;
mod options;
mod place;
pub mod replay;
mod scene;
mod snapshot;
pub mod tracker;
mod view;
mod violation;

pub use judgement::{Attention, Condition, Judgement, NearMiss, Sight};
pub use options::SceneOptions;
pub use scene::{Names, Question, Scene};
pub use snapshot::SnapshotError;
