//! Criterion benches per stage, density and accuracy harnesses
