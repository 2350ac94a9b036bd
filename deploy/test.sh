#!/usr/bin/env bash
# All tests, in the order in which they fail fastest. Called by `make test` after set-up.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n\033[1m== %s (%s)\033[0m\n' "$*" "$(date +%T)"; }

step "formatting"
cargo fmt --all --check
if [ -d console/web/node_modules ]; then
    step "front end: lint, types, unit tests"
    (cd console/web && npm run --silent lint && npm test --silent)
else
    echo "SKIPPED: front-end tests, console/web/node_modules is missing" >&2
fi
step "training kit"
# The system's, for which set-up installs Pillow, before another that may stand first.
python=python3
if /usr/bin/python3 -c 'import PIL' 2>/dev/null; then python=/usr/bin/python3; fi
if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    (cd models/training && "$python" -B -m unittest discover -s tests)
else
    echo "SKIPPED: the training kit's tests, python3 (3.11 or newer) is not installed" >&2
fi
step "clippy"
cargo clippy --workspace --all-targets --quiet -- -D warnings
step "build"
cargo test --workspace --no-run --quiet
step "tests"
cargo test --workspace --no-fail-fast
