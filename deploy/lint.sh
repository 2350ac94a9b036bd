#!/usr/bin/env bash
# Formatting, clippy with warnings as errors, dead links in the documentation, shell scripts, front end.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo fmt --all --check
cargo clippy --workspace --all-targets -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet
if command -v shellcheck >/dev/null; then git ls-files '*.sh' '.ci/run' | xargs shellcheck; else echo "SKIPPED: shellcheck is not installed" >&2; fi
if command -v cargo-deny >/dev/null; then cargo deny check; else echo "SKIPPED: cargo-deny is not installed (cargo install cargo-deny)" >&2; fi
if [ -d console/web/node_modules ]; then (cd console/web && npm run --silent lint); else echo "SKIPPED: console/web/node_modules is missing" >&2; fi
