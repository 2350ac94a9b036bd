//! Things that stand somewhere: kept by their place, so that an occlusion, a new track id, a gap or a restart does not make
//! a new one.
//!
//! [`thing`] is one thing with all that is known of it; [`bringer`] who brought it; [`company`] tells who was near it and when they left.

pub(crate) mod attendance;
pub(crate) mod bringer;
pub(crate) mod company;
pub(crate) mod identity;
pub(crate) mod stature;
pub(crate) mod thing;
pub(crate) mod trust;
