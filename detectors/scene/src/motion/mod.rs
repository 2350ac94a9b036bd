//! Static change on a small picture: what is new against the empty street and holds still, whatever it is.
//!
//! [`picture`] scales down, [`light`] takes exposure out, [`sway`] what a mast in the wind does, [`street`] remembers per pixel the empty street and what stands
//! before it now, [`blobs`] joins pixels to things, [`measure`] and [`writing`] say what they look like, [`past`] when they came. Which of them matter is decided elsewhere.

pub(crate) mod blobs;
pub(crate) mod light;
pub(crate) mod measure;
pub(crate) mod past;
pub(crate) mod picture;
pub(crate) mod street;
pub(crate) mod sway;
pub(crate) mod writing;
