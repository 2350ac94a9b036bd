//! The words of the domain, and the wire format they travel in.
//!
//! Everything here is plain data with checking constructors: no I/O, no async, no clock, no logging. All other crates of
//! Kerbwatch import this one, and this one imports none of them.
//!
//! The domain types do not derive `Serialize`: what goes over the wire is [`wire::v1`], with golden files in git, so that
//! renaming a field here cannot rewrite evidence that was sealed last year.

pub mod candidate;
pub mod detection;
pub mod frame;
pub mod geometry;
pub mod id;
pub mod kind;
pub mod observation;
pub mod schedule;
pub mod score;
pub mod site;
pub mod time;
pub mod wire;

pub use candidate::{Candidate, Fact, ModelRef, Why};
pub use detection::{Detection, Detections, ObjectClass};
pub use frame::{ColorMatrix, ColorRange, Frame, I420, PixelFormat, Pixels, Plane, Size};
pub use geometry::{BBox, Point, Polygon, ShopLine};
pub use id::{CameraId, CandidateId, PermitId, RunId, ZoneId};
pub use kind::Kind;
pub use observation::{CandidateState, Health, Observation, Subject};
pub use score::Score;
pub use time::{ClockSource, Moment, Stamp, StreamTime, WallTime};
