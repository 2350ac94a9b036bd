//! Nothing to import: the benches are in `benches/`, the harnesses beside them are scripts. See `README.md`.
