# Shell functions for servers that run from Maven jars; sourced by `kafka/kafka.sh` and `s3/s3.sh`, which set
#
#   here   their folder, with the pom that lists the jars
#   home   where the jars and files of the servers lie
#   libs   $home/libs
#   dir    the files of one server
#
# shellcheck shell=bash disable=SC2154

fail() { echo "$(basename "$0"): $1" >&2; exit "${2:-1}"; }

# fetch_jars NAME: the jars of the pom into $libs, unless they are there. Exit status 3 when they cannot be had.
fetch_jars() {
    # The copied pom says for which list of jars they were fetched.
    if cmp -s "$here/pom.xml" "$libs/pom.xml"; then return; fi
    command -v java >/dev/null || fail "java is missing: install openjdk-17-jre-headless (or newer)" 3
    command -v mvn >/dev/null || fail "mvn is missing: install maven" 3
    mkdir -p "$home"
    # Of several that fetch at the same time one works and the others find the result.
    exec 9>"$home/fetch.lock"
    if command -v flock >/dev/null; then flock 9; fi
    if cmp -s "$here/pom.xml" "$libs/pom.xml"; then exec 9>&-; return; fi
    rm -rf "$home/libs.tmp"
    echo "$(basename "$0"): fetching $1 from Maven Central" >&2
    mvn -q -B -f "$here/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
        -DincludeScope=runtime "-DoutputDirectory=$home/libs.tmp" >"$home/fetch.log" 2>&1 ||
        fail "Maven Central cannot be had, or lacks a jar; see $home/fetch.log" 3
    cp "$here/pom.xml" "$home/libs.tmp/pom.xml"
    rm -rf "$libs"
    mv "$home/libs.tmp" "$libs"
    exec 9>&-
}

# running_with FILE: the process id of the server that was started with this file; fails when there is none. A number that now belongs
# to another program does not count.
running_with() {
    local pid
    pid=$(cat "$dir/pid" 2>/dev/null) || return 1
    kill -0 "$pid" 2>/dev/null || return 1
    tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "$1" || return 1
    echo "$pid"
}

# answers PORT: does anything listen there on loopback?
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
