//! Drawing of what moves or can be moved. Everything is drawn through a [`pen::Pen`], which paints, measures or masks: so
//! boxes and labels come from the very shapes that are painted.

pub(crate) mod fixtures;
pub(crate) mod ground;
pub(crate) mod junk;
pub(crate) mod letters;
pub(crate) mod pen;
pub(crate) mod person;
mod pitch;
pub(crate) mod prints;
pub(crate) mod stall;
pub(crate) mod surface;
pub(crate) mod vehicle;
pub(crate) mod view;
pub(crate) mod wares;
