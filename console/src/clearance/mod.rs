//! Was dynamic clearance (动态清零) reached? The formulas, in the words of the definition in force.
//!
//! Pure: no database, no clock, no I/O. Facts come in with the time up to which they are known; a figure with a zero
//! denominator is `None`, and what nobody watched is *unknown*, never zero. From small to large: [`interval`] sets of time,
//! [`schedule`]s as such sets, [`coverage`] of force by watching, [`episode`]s of what stood, the facts of a [`day`],
//! [`sum`]s of days, [`bundle`]s of such sums, and the [`figures`] of a period.

pub(crate) mod bundle;
pub(crate) mod coverage;
pub(crate) mod day;
pub(crate) mod episode;
pub(crate) mod figures;
mod groups;
pub(crate) mod interval;
pub(crate) mod league;
pub(crate) mod proportion;
pub(crate) mod reached;
pub(crate) mod recall;
pub(crate) mod recurrence;
pub(crate) mod schedule;
pub(crate) mod sum;
pub(crate) mod survival;
