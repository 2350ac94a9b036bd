//! Rendered streets with ground truth, and an RTSP server that plays them as cameras.
//!
//! A [`SampleScene`] is a street, a story that happens on it, and what is true of that story. [`SampleScene::render`] is a
//! pure function of scene, seed and frame number; [`encode`] makes a video file of it, [`server`] plays such files over
//! RTSP for ever, [`labels`] says what is where in a frame, for training. Nothing here knows how Kerbwatch judges a
//! picture: the truth comes from the story, never from a detector.

mod air;
mod backdrop;
pub mod catalogue;
mod develop;
mod draw;
pub mod encode;
mod entity;
pub mod labels;
mod media;
mod random;
mod scene;
mod seed;
pub mod server;
pub mod set;
mod shade;
mod site_toml;
mod stage;
pub mod still;
mod story;
mod truth;
mod varied;
mod weather;
mod world;

pub use catalogue::{SceneName, catalogue};
pub use scene::SampleScene;
pub use site_toml::{PermitSpec, RuleSpec, ZoneSpec, site_header};
pub use truth::{LOOKALIKES, Lookalike, TruthLine};
