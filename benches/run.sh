#!/usr/bin/env bash
# CPU-seconds per camera-minute: the whole of `kerbwatch analyze` beside the bare GStreamer key-frame decode of the same clip,
# in turn, so that a machine whose speed drifts drifts for both. Then the stages by criterion.
# usage: benches/run.sh [RUNS]     (default 5; the first of each is a warm-up and is not counted)
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${1:-5}
work=.local/bench
mkdir -p "$work"
clip=$work/quiet-1080p25-gop50.mp4
kerbwatch=$PWD/target/release/kerbwatch

if [ ! -f "$clip" ]; then
    echo "Making $clip: 60 s, 1080p25 H.264, about 4 Mbit/s, a key frame every 2 s" >&2
    # A still picture under a little noise, as a camera at dusk: the encoder spends its 4 Mbit/s, nothing moves.
    gst-launch-1.0 -q compositor name=mix sink_1::alpha=0.06 ! video/x-raw,format=I420 ! videoconvert \
        ! x264enc bitrate=4000 key-int-max=50 bframes=0 speed-preset=veryfast tune=zerolatency threads=2 option-string=scenecut=0 \
        ! h264parse ! mp4mux faststart=true ! filesink location="$clip.tmp" \
        videotestsrc num-buffers=1500 pattern=smpte ! video/x-raw,format=I420,width=1920,height=1080,framerate=25/1 ! mix.sink_0 \
        videotestsrc num-buffers=1500 pattern=snow ! video/x-raw,format=I420,width=1920,height=1080,framerate=25/1 ! mix.sink_1
    mv "$clip.tmp" "$clip"
fi
cat > "$work/site.toml" <<EOF
[[camera]]
id = "bench"
source = "$(basename "$clip")"
[[camera.zone]]
id = "all"
polygon = [[0.0,0.4],[1.0,0.4],[1.0,1.0],[0.0,1.0]]
[camera.zone.rules.waste_dumping]
[camera.zone.rules.illegal_stall]
EOF

bare() {
    gst-launch-1.0 -q filesrc location="$clip" ! qtdemux ! h264parse ! identity drop-buffer-flags=delta-unit \
        ! avdec_h264 max-threads=1 ! fakesink sync=false
}
full() { gst-launch-1.0 -q filesrc location="$clip" ! qtdemux ! h264parse ! avdec_h264 max-threads=1 ! fakesink sync=false; }
ours() { "$kerbwatch" --log error analyze --site "$work/site.toml" --camera bench --out "$work/events.jsonl" --stats "$work/stats.json" "$@"; }

# CPU-seconds (user + system) of one call.
cpu() {
    local TIMEFORMAT='%U %S' times
    times=$( { time "$@" >/dev/null 2>"$work/stderr"; } 2>&1 ) || { cat "$work/stderr" >&2; exit 1; }
    awk '{ printf "%.3f", $1 + $2 }' <<<"$times"
}
median() { sort -n | awk '{ v[NR] = $1 } END { if (NR % 2) print v[(NR + 1) / 2]; else print (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

declare -A seconds ratio
measure() { # NAME COMMAND...: appends to seconds[NAME] and to ratio[NAME] against the bare decode of the same turn
    local name=$1 spent
    shift
    spent=$(cpu "$@")
    [ "$turn" -eq 0 ] && return
    seconds[$name]+="$spent"$'\n'
    ratio[$name]+="$(awk -v a="$spent" -v b="$base" 'BEGIN { printf "%.3f", a / b }')"$'\n'
}
names=("bare key-frame decode" "bare full decode" "kerbwatch, no model")
model=${KERBWATCH_BENCH_MODELS:-}
[ -z "$model" ] && for dir in models/*/model.toml; do [ -f "$dir" ] && model=models; done
[ -n "$model" ] && names+=("kerbwatch, models of $(basename "$model")")

for turn in $(seq 0 "$runs"); do
    base=$(cpu bare)
    measure "bare key-frame decode" bare
    measure "bare full decode" full
    measure "kerbwatch, no model" ours --no-models
    [ -n "$model" ] && measure "kerbwatch, models of $(basename "$model")" ours --models "$model"
done

echo
echo "CPU-seconds per camera-minute, median of $runs turns (clip of 60 s); ratio to the bare key-frame decode of the same turn"
printf '%-40s %10s %8s\n' what CPU-s ratio
for name in "${names[@]}"; do
    printf '%-40s %10s %8s\n' "$name" "$(printf '%s' "${seconds[$name]}" | median)" "$(printf '%s' "${ratio[$name]}" | median)"
done
echo
echo "last run: $(cat "$work/stats.json")"
echo
cargo bench --quiet --package kerbwatch-benches
