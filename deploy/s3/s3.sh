#!/usr/bin/env bash
# One S3-compatible server on loopback that keeps objects as files (s3proxy, from Maven jars): for tests and for trying things
# out. A city runs an object store of its own.
#
#   s3.sh fetch                              get the jars into .local/s3proxy/libs (skipped when they are there)
#   s3.sh start  [--port P] [--dir D]        start, wait until it serves, make the bucket `evidence`
#   s3.sh stop   [--dir D]                   orderly stop
#
# It asks for signatures of version 4 by access key `kerbwatch`, secret `only-for-tests`.
#
# Exit: 0 fine, 1 failed, 2 bad use, 3 the jars cannot be had (no java or mvn, or Maven Central cannot be reached).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
home=${KERBWATCH_S3_HOME:-$root/.local/s3proxy}
libs=$home/libs
port=19000
dir=$home/run

# shellcheck source=deploy/jars.sh
. "$root/deploy/jars.sh"
usage() { sed -n '5,7s/^# \{0,3\}//p' "${BASH_SOURCE[0]}" >&2; exit 2; }

fetch() { fetch_jars s3proxy; }

running() { running_with "$dir/s3.properties"; }

start() {
    fetch
    if running >/dev/null; then fail "it runs already in $dir"; fi
    # A bucket is a folder of the file system behind it.
    mkdir -p "$dir/data/evidence"
    cat >"$dir/s3.properties" <<EOF
s3proxy.endpoint=http://127.0.0.1:$port
s3proxy.authorization=aws-v4
s3proxy.identity=kerbwatch
s3proxy.credential=only-for-tests
jclouds.provider=filesystem-nio2
jclouds.identity=unused
jclouds.credential=unused
jclouds.filesystem.basedir=$dir/data
EOF
    nohup java -Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$libs/*" org.gaul.s3proxy.Main \
        --properties "$dir/s3.properties" >"$dir/log" 2>&1 </dev/null &
    local pid=$!
    echo "$pid" >"$dir/pid"
    for _ in $(seq 240); do
        answers "$port" && return
        kill -0 "$pid" 2>/dev/null || fail "the server ended: see $dir/log"
        sleep 0.25
    done
    fail "the server does not answer after a minute: see $dir/log"
}

stop() {
    local pid
    pid=$(running) || return 0
    kill "$pid"
    for _ in $(seq 80); do
        kill -0 "$pid" 2>/dev/null || { rm -f "$dir/pid"; return; }
        sleep 0.25
    done
    kill -9 "$pid"
    rm -f "$dir/pid"
}

command=${1:-}
[ $# -gt 0 ] && shift
while [ $# -gt 0 ]; do
    case "$1" in
        --port) port=${2:?}; shift 2 ;;
        --dir) dir=${2:?}; shift 2 ;;
        *) usage ;;
    esac
done
case "$command" in
    fetch | start | stop) "$command" ;;
    *) usage ;;
esac
