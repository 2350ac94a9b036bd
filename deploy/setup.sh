#!/usr/bin/env bash
# Installs what Kerbwatch needs to build, run and test on Debian 12+ or Ubuntu 24.04, and nothing that is there already.
# usage: deploy/setup.sh [build|run|test]...    (default: all three)
#   build  compilers, GStreamer headers, the Rust toolchain, the console's front-end packages
#   run    GStreamer plugins, the ONNX Runtime library
#   test   Kafka and S3 jars, an OpenID Connect provider, PostgreSQL, Chromium, fonts
# Only what cannot be done without stops it (exit 1). Anything else that could not be installed is named at the end.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

ONNXRUNTIME=1.31.1
PACKAGES_BUILD=(build-essential pkg-config cmake libssl-dev libcurl4-openssl-dev zlib1g-dev curl unzip ca-certificates
    libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev libgstrtspserver-1.0-dev)
PACKAGES_RUN=(gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
    gstreamer1.0-plugins-ugly gstreamer1.0-libav libgstrtspserver-1.0-0)
PACKAGES_TEST=(postgresql chromium fonts-noto-cjk fonts-dejavu-core openssl ffmpeg python3-numpy python3-pil)
problems=()

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
problem() { problems+=("$*"); }
have() { command -v "$1" >/dev/null 2>&1; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"
    elif have sudo; then sudo "$@"
    else return 1
    fi
}

installed() { dpkg-query -W -f '${Status}\n' "$1" 2>/dev/null | grep -q '^install ok installed$'; }

# Installs the given Debian packages, all of those missing in one go.
packages() {
    local missing=() name
    for name in "$@"; do
        # A snap-less Chromium has another name on Ubuntu; any browser that is there already will do.
        if [ "$name" = chromium ] && { have chromium || have chromium-browser || have google-chrome; }; then continue; fi
        installed "$name" || missing+=("$name")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    if ! have apt-get; then
        problem "system packages: this is no Debian or Ubuntu; install the equivalents of: ${missing[*]}"
        return 1
    fi
    say "Installing system packages: ${missing[*]}"
    if ! as_root apt-get update -qq; then
        problem "system packages: 'apt-get update' failed (root or sudo is needed); missing: ${missing[*]}"
        return 1
    fi
    if as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; then
        return 0
    fi
    # One bad name must not keep out the others.
    for name in "${missing[@]}"; do
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$name" >/dev/null \
            || problem "system package $name could not be installed"
    done
}

rust() {
    [ -d "$HOME/.cargo/bin" ] && PATH="$HOME/.cargo/bin:$PATH"
    if ! have cargo && ! have rustup; then
        say "Installing the Rust toolchain"
        if have apt-cache && packages rustup && have rustup; then :
        elif ! curl -fsSL --proto '=https' https://sh.rustup.rs | sh -s -- -y --profile minimal >/dev/null; then
            problem "Rust: install rustup (https://rustup.rs), then run this again"
            return 1
        fi
        PATH="$HOME/.cargo/bin:$PATH"
    fi
    # The toolchain of rust-toolchain.toml; rustup fetches it when it may.
    if have rustup && ! rustup run "$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)" rustc --version >/dev/null 2>&1; then
        rustup toolchain install --profile minimal --component clippy,rustfmt \
            "$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)" \
            || problem "Rust: the toolchain of rust-toolchain.toml could not be installed"
    fi
}

# Node 20+ for the console's pages; Debian 12's is too old, so a missing one is named rather than replaced.
node_packages() {
    if ! have npm || [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ]; then
        have npm || packages nodejs npm
    fi
    if ! have npm; then
        problem "console pages: Node.js 20 or newer with npm is needed; the binary is built with a page that says so"
        return 1
    fi
    if [ ! -f console/web/node_modules/.package-lock.json ] \
        || [ console/web/package-lock.json -nt console/web/node_modules/.package-lock.json ]; then
        say "Installing the console's front-end packages"
        if (cd console/web && npm ci --no-audit --no-fund --loglevel=error); then
            touch console/web/node_modules/.package-lock.json
        else
            problem "console pages: 'npm ci' in console/web failed"
        fi
    fi
}

# The shared library inside the Python wheel of the same version: a wheel is a zip file, no Python is needed to use it.
onnxruntime() {
    local dir=.local/onnxruntime
    [ -e "$dir/libonnxruntime.so.$ONNXRUNTIME" ] && return 0
    say "Fetching ONNX Runtime $ONNXRUNTIME"
    have python3 || packages python3
    python3 -m pip --version >/dev/null 2>&1 || packages python3-pip
    mkdir -p "$dir"
    local tmp arch
    tmp=$(mktemp -d)
    arch=$(uname -m)
    # The library does not depend on the Python version, so any wheel for this processor will do.
    if python3 -m pip download -q --no-deps --only-binary=:all: --python-version 3.12 --implementation cp \
        --platform "manylinux_2_28_$arch" --platform "manylinux_2_27_$arch" -d "$tmp" "onnxruntime==$ONNXRUNTIME" \
        && unzip -q -o -j "$tmp"/onnxruntime-*.whl "onnxruntime/capi/libonnxruntime.so.$ONNXRUNTIME" -d "$tmp"; then
        mv "$tmp/libonnxruntime.so.$ONNXRUNTIME" "$dir/"
        ln -sf "libonnxruntime.so.$ONNXRUNTIME" "$dir/libonnxruntime.so"
    else
        problem "ONNX Runtime $ONNXRUNTIME could not be fetched: put libonnxruntime.so into $dir or set KERBWATCH_ORT"
    fi
    rm -rf "$tmp"
}

kafka() {
    have java || packages openjdk-17-jre-headless || true
    have mvn || packages maven
    deploy/kafka/kafka.sh fetch || problem "Apache Kafka: the jars could not be had; the bus tests run on librdkafka's test broker"
}

# A real OpenID Connect provider for the tests of sign-in.
oidc_provider() {
    local dir=console/testdata/oidc
    have npm || { problem "identity provider for tests: Node.js 20 or newer with npm is needed"; return 1; }
    if [ ! -f "$dir/node_modules/.package-lock.json" ] || [ "$dir/package-lock.json" -nt "$dir/node_modules/.package-lock.json" ]; then
        say "Fetching an identity provider for the tests"
        if (cd "$dir" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error); then
            touch "$dir/node_modules/.package-lock.json"
        else
            problem "identity provider for tests: 'npm ci' in $dir failed; the tests of sign-in by it are skipped"
        fi
    fi
}

# An S3-compatible server for the tests of the evidence store.
s3proxy() {
    deploy/s3/s3.sh fetch || problem "S3-compatible server: the jars could not be had; the tests of the evidence store are skipped"
}

want=("$@")
[ ${#want[@]} -eq 0 ] && want=(build run test)
for part in "${want[@]}"; do
    case "$part" in
        build) packages "${PACKAGES_BUILD[@]}"; rust; node_packages ;;
        run) packages "${PACKAGES_RUN[@]}"; onnxruntime ;;
        test) packages "${PACKAGES_TEST[@]}"; kafka; oidc_provider; s3proxy ;;
        *) say "setup.sh: unknown part '$part' (build, run, test)"; exit 2 ;;
    esac
done

if [ ${#problems[@]} -gt 0 ]; then
    say "Not everything could be installed:"
    printf '  - %s\n' "${problems[@]}" >&2
fi
if ! have cargo; then say "Without cargo nothing can be built."; exit 1; fi
if ! have pkg-config || ! pkg-config --exists gstreamer-1.0 gstreamer-rtsp-server-1.0; then
    say "Without the GStreamer headers nothing can be built."
    exit 1
fi
