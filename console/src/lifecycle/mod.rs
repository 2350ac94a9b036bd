//! The life of a case as a state machine, and the rules of law that move with it.
//!
//! Pure: no database, no clock. [`machine`] says which act leads where, who may do it and what it needs; [`compliance`] whether
//! what a camera showed may be evidence; [`recheck`], [`exemption`] and [`track`] what the record proposes. A person decides.

pub(crate) mod backoff;
pub(crate) mod compliance;
pub(crate) mod exemption;
pub(crate) mod machine;
pub(crate) mod notice;
pub(crate) mod recheck;
pub(crate) mod track;
