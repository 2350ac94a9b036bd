//! The officers' web console: intake from the bus, review queue, cases, cameras, users, audit, over one HTTP interface.
//!
//! It imports the words (`events`) and the bus, and knows nothing of pictures, models or streams. What belongs to a person's
//! decision (who, when, why, what was seen) is appended and never edited; triggers in the database refuse it.

pub mod dto;
pub mod error;

mod api;
mod extract;
mod state;

pub use api::openapi;
