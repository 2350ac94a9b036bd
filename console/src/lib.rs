//! The officers' web console: intake from the bus, review queue, cases, cameras, users, audit, over one HTTP interface.
//!
//! It imports the words (`events`) and the bus, and knows nothing of pictures, models or streams. What belongs to a person's
//! decision (who, when, why, what was seen) is appended and never edited; triggers in the database refuse it.

pub mod clock;
pub mod dto;
pub mod error;

mod api;
mod areas;
mod assets;
mod auth;
pub mod backtest;
mod chain;
mod clearance;
mod config;
mod days;
mod evidence;
mod export;
mod extract;
mod frame_audit;
mod gate;
mod intake;
mod keeper;
mod lifecycle;
mod live;
mod oidc;
mod password;
mod recall;
mod retention;
mod sealing;
mod seed;
mod serve;
mod signing;
mod site_export;
mod sla;
mod state;
mod store;
mod totp;
mod training;
mod users;
mod vault;
mod view;
mod webhook;
mod zones;

#[cfg(test)]
mod tests;

pub use api::{app, openapi};
pub use config::ConsoleConfig;
pub use oidc::{OidcConfig, check_provider};
pub use password::PasswordCost;
pub use retention::{RetentionConfig, RetentionError, RetentionOutcome, retention};
pub use seed::{SeedError, SeedOptions, SeedProgress, Seeded, seed};
pub use serve::{Hooks, Sign, Signed, serve};
pub use sla::{PerKind, ReviewConfig};
pub use state::AppState;
pub use store::{Store, StoreError};
pub use training::{ExportError, Tally, export_training};
pub use users::{UserError, create_user, reset_password};
