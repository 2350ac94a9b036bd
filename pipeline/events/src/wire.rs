//! What leaves the process. Versions live side by side; a version that was ever written stays readable.

pub mod v1;
