#!/usr/bin/env bash
# Events found against the truth, on a folder of clips with site.toml and truth.jsonl.
# usage: benches/accuracy.sh FOLDER [analyze options…]     e.g. benches/accuracy.sh clips --rate 1 --no-models
set -euo pipefail
[ $# -ge 1 ] || { sed -n '2,3s/^# //p' "$0" >&2; exit 2; }
folder=$1
shift
root=$(cd "$(dirname "$0")/.." && pwd)
kerbwatch=${KERBWATCH:-$root/target/release/kerbwatch}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cameras=$(sed -n '/^\[\[camera\]\]/{n;s/^id = "\(.*\)"/\1/p}' "$folder/site.toml")
events=()
printf '%-36s %8s %8s %8s %8s %10s %s\n' camera video_s decoded inferred cpu_s 'cpu_s/min' raised
for camera in $cameras; do
    "$kerbwatch" --log error analyze --site "$folder/site.toml" --camera "$camera" --out "$work/$camera.jsonl" --stats "$work/stats.json" "$@"
    events+=(--events "$work/$camera.jsonl")
    raised=$({ grep '"kerbwatch.candidate.v1"' "$work/$camera.jsonl" || true; } |
        sed 's/.*"kind":"\([a-z_]*\)".*"raised_s":\([0-9.]*\).*"box":\(\[[^]]*\]\).*/\1@\2\3/' | tr '\n' ' ')
    stat() { sed -n "s/^ *\"$1\": \([0-9.]*\),*/\1/p" "$work/stats.json"; }
    printf '%-36s %8.1f %8d %8d %8.2f %10.2f %s\n' "$camera" "$(stat video_s)" "$(stat frames_decoded)" "$(stat frames_inferred)" \
        "$(stat cpu_s)" "$(awk -v c="$(stat cpu_s)" -v v="$(stat video_s)" 'BEGIN { print (v > 0 ? c / v * 60 : 0) }')" "${raised:--}"
done
echo
"$kerbwatch" evaluate --truth "$folder/truth.jsonl" "${events[@]}"
