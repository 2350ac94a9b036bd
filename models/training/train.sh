#!/bin/sh
# From labelled pictures to a checked model folder. `train.sh --help` says what it takes; README.md what it reads.
# Makes its own Python environment beside itself on first use; needs python3 (3.11 or newer), npm, and about 2 GB.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
venv="${KERBTRAIN_VENV:-$here/.venv}"
stamp="$venv/.installed"
if ! cmp -s "$here/requirements.txt" "$stamp"; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    cp "$here/requirements.txt" "$stamp"
fi
PYTHONPATH="$here" exec "$venv/bin/python" -m kerbtrain "$@"
