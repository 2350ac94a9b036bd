//! The composition root: command line, configuration, wiring, supervision and evidence.
//!
//! The road of a frame is one function, [`watch::Watch::frame`]; all else here brings frames to it or takes away what it
//! says. The binary is a thin `main` over this library, so that tests and benches can call the same code.

pub mod backtest;
pub mod build;
pub mod cmd;
pub mod config;
pub mod evaluate;
pub mod evidence;
pub mod explain;
pub mod footage;
pub mod outlet;
pub mod recording;
pub mod stop;
pub mod telemetry;
pub mod upload;
pub mod usage;
pub mod watch;
pub mod worker;
