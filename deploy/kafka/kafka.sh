#!/usr/bin/env bash
# One Apache Kafka 4 broker (KRaft, no ZooKeeper) on loopback, from Maven jars: for tests, demos and single machines.
# A city runs a cluster of its own; see README.md beside this file for what it must offer.
#
#   kafka.sh fetch                                   get the jars into .local/kafka/libs (skipped when they are there)
#   kafka.sh start   [--port P] [--dir D] [--secure] format if new, start, wait until it serves
#   kafka.sh stop    [--dir D]                       orderly stop
#   kafka.sh restart [--dir D]                       stop and start with the same settings
#   kafka.sh status  [--dir D]                       exit 0 when it runs
#   kafka.sh topics  [--dir D] [--partitions N] [--prefix kerbwatch.]    make the missing topics, then list
#   kafka.sh acls    [--dir D] [--prefix kerbwatch.] give `worker` and `console` what they need (--secure only)
#
# --secure: TLS and SCRAM-SHA-512 on the port, with users admin, worker and console; the certificate authority is
# D/secure/ca.pem, the passwords D/secure/<user>.password, and nothing is allowed that `acls` did not give.
# --controller-port C: the second port a broker needs; P + 1 where it is not given.
#
# Exit: 0 fine, 1 failed, 2 bad use, 3 the jars cannot be had (no java or mvn, or Maven Central cannot be reached).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
home=${KERBWATCH_KAFKA_HOME:-$root/.local/kafka}
libs=$home/libs
heap=${KERBWATCH_KAFKA_HEAP:--Xmx384m}

# shellcheck source=deploy/jars.sh
. "$root/deploy/jars.sh"
usage() { sed -n '5,11s/^# \{0,3\}//p' "${BASH_SOURCE[0]}" >&2; exit 2; }

need_java() {
    command -v java >/dev/null || fail "java is missing: install openjdk-17-jre-headless (or newer)" 3
    local version
    version=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
    [ "${version:-0}" -ge 17 ] || fail "Kafka 4 needs Java 17 or newer, this is ${version:-unknown}" 3
}

fetch() {
    cmp -s "$here/pom.xml" "$libs/pom.xml" || need_java
    fetch_jars "Apache Kafka"
}

# Runs a Java class of Kafka in the foreground.
tool() {
    java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "-Dlog4j2.configurationFile=$here/log4j2.properties" -cp "$libs/*" "$@"
}

running() { running_with "$dir/server.properties"; }

password() { cat "$dir/secure/$1.password"; }

# A certificate authority, the broker's certificate, and passwords: all made here, all for this directory only.
make_secrets() {
    local s=$dir/secure user
    [ -f "$s/ready" ] && return
    command -v openssl >/dev/null || fail "openssl is missing: --secure needs it"
    mkdir -p "$s"
    chmod 700 "$s"
    {
        openssl req -x509 -newkey rsa:2048 -nodes -days 825 -subj "/CN=Kerbwatch test CA" \
            -keyout "$s/ca.key" -out "$s/ca.pem"
        openssl req -newkey rsa:2048 -nodes -subj "/CN=localhost" -keyout "$s/broker.key" -out "$s/broker.csr"
        openssl x509 -req -in "$s/broker.csr" -CA "$s/ca.pem" -CAkey "$s/ca.key" -CAcreateserial -days 825 \
            -extfile <(echo "subjectAltName=IP:127.0.0.1,DNS:localhost") -out "$s/broker.crt"
    } 2>"$s/openssl.log" || fail "openssl failed; see $s/openssl.log"
    openssl pkcs8 -topk8 -nocrypt -in "$s/broker.key" -out "$s/broker.pk8"
    cat "$s/broker.pk8" "$s/broker.crt" >"$s/broker.pem"
    for user in admin worker console; do openssl rand -hex 16 >"$s/$user.password"; done
    cat >"$s/admin.properties" <<END
security.protocol=SASL_SSL
ssl.truststore.type=PEM
ssl.truststore.location=$s/ca.pem
sasl.mechanism=SCRAM-SHA-512
sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="admin" password="$(password admin)";
END
    touch "$s/ready"
}

write_properties() {
    local listener=PLAINTEXT
    [ "$secure" = yes ] && listener=SASL_SSL
    cat >"$dir/server.properties" <<END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller_port
controller.listener.names=CONTROLLER
listeners=$listener://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller_port
advertised.listeners=$listener://127.0.0.1:$port
inter.broker.listener.name=$listener
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
log.dirs=$dir/data
# One broker, so one copy of everything.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# Topics are made on purpose, with the right settings, or not at all.
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
# Fits the small heap; the default takes 128 MB at once.
log.cleaner.dedupe.buffer.size=16777216
num.network.threads=2
num.io.threads=4
END
    [ "$secure" = yes ] || return 0
    cat >>"$dir/server.properties" <<END
ssl.keystore.type=PEM
ssl.keystore.location=$dir/secure/broker.pem
ssl.truststore.type=PEM
ssl.truststore.location=$dir/secure/ca.pem
sasl.enabled.mechanisms=SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="admin" password="$(password admin)";
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
# ANONYMOUS is the broker itself on the controller's port; nobody else can be it, since the other port asks for a log-in.
super.users=User:admin;User:ANONYMOUS
END
}

start() {
    local pid deadline scram=() user
    fetch
    need_java
    if pid=$(running); then fail "a broker runs in $dir already (process $pid)"; fi
    if answers "$port"; then fail "port $port is taken"; fi
    if answers "$controller_port"; then fail "port $controller_port is taken (the controller's; choose another with --controller-port)"; fi
    mkdir -p "$dir"
    printf 'port=%q\ncontroller_port=%q\nsecure=%q\n' "$port" "$controller_port" "$secure" >"$dir/settings"
    if [ "$secure" = yes ]; then make_secrets; fi
    (umask 077 && write_properties)
    if [ ! -f "$dir/data/meta.properties" ]; then
        if [ "$secure" = yes ]; then
            for user in admin worker console; do
                scram+=(--add-scram "SCRAM-SHA-512=[name=$user,password=$(password "$user")]")
            done
        fi
        tool kafka.tools.StorageTool format --cluster-id "$(tool kafka.tools.StorageTool random-uuid | tail -n 1)" \
            --config "$dir/server.properties" "${scram[@]}" >"$dir/format.log" 2>&1 ||
            fail "formatting $dir/data failed; see $dir/format.log"
    fi
    : >"$dir/kafka.log"
    # A session of its own: Ctrl-C in the terminal that started it does not reach it.
    setsid java "$heap" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "-Dlog4j2.configurationFile=$here/log4j2.properties" \
        -cp "$libs/*" kafka.Kafka "$dir/server.properties" >>"$dir/kafka.log" 2>&1 </dev/null 9>&- &
    echo "$!" >"$dir/pid"
    deadline=$((SECONDS + 90))
    until grep -q "Kafka Server started" "$dir/kafka.log" && answers "$port"; do
        kill -0 "$(cat "$dir/pid")" 2>/dev/null || { tail -n 20 "$dir/kafka.log" >&2; fail "the broker ended; see $dir/kafka.log"; }
        [ "$SECONDS" -lt "$deadline" ] || fail "the broker does not serve after 90 s; see $dir/kafka.log"
        sleep 0.1
    done
    echo "Kafka serves on 127.0.0.1:$port (process $(cat "$dir/pid"), files in $dir)"
}

stop() {
    local pid deadline
    if ! pid=$(running); then
        rm -f "$dir/pid"
        return
    fi
    kill "$pid"
    deadline=$((SECONDS + 30))
    while kill -0 "$pid" 2>/dev/null; do
        if [ "$SECONDS" -ge "$deadline" ]; then
            echo "kafka.sh: process $pid does not end; killing it" >&2
            kill -9 "$pid" || true
        fi
        sleep 0.1
    done
    rm -f "$dir/pid"
}

# Options that every admin tool needs.
admin_options() {
    admin=(--bootstrap-server "127.0.0.1:$port")
    if [ "$secure" = yes ]; then admin+=(--command-config "$dir/secure/admin.properties"); fi
}

topics() {
    local name admin=() extra
    running >/dev/null || fail "no broker runs in $dir"
    admin_options
    for name in cameras candidates observations cases; do
        extra=()
        if [ "$name" = cameras ]; then extra=(--config cleanup.policy=compact); fi
        tool org.apache.kafka.tools.TopicCommand "${admin[@]}" --create --if-not-exists --topic "$prefix$name" \
            --partitions "$partitions" --replication-factor 1 "${extra[@]}" >/dev/null
    done
    tool org.apache.kafka.tools.TopicCommand "${admin[@]}" --describe --exclude-internal | grep '^Topic:'
}

# What README.md's table says, as commands.
acls() {
    local admin=()
    [ "$secure" = yes ] || fail "only a broker that was started with --secure asks who you are"
    running >/dev/null || fail "no broker runs in $dir"
    admin_options
    allow worker Write --topic "${prefix}candidates" --topic "${prefix}observations"
    allow worker Read --topic "${prefix}cameras" --group "${prefix}workers"
    allow console Write --topic "${prefix}cameras" --topic "${prefix}cases"
    allow console Read --topic "${prefix}cameras" --topic "${prefix}candidates" --topic "${prefix}observations" --group "${prefix}console"
}

# allow USER OPERATION RESOURCES...
allow() {
    local user=$1 operation=$2
    shift 2
    tool org.apache.kafka.tools.AclCommand "${admin[@]}" --add --allow-principal "User:$user" --operation "$operation" "$@" >"$dir/acls.log" ||
        { cat "$dir/acls.log" >&2; fail "giving $user its rights failed"; }
    echo "$user may $operation: $*"
}

command=${1:-}
[ -n "$command" ] || usage
shift
dir=$home/broker
port=
controller_port=
secure=
partitions=48
prefix=kerbwatch.
while [ $# -gt 0 ]; do
    case $1 in
    --secure)
        secure=yes
        shift
        continue
        ;;
    --port | --dir | --controller-port | --partitions | --prefix) [ $# -ge 2 ] || usage ;;
    *) usage ;;
    esac
    case $1 in
    --port) port=$2 ;;
    --dir) dir=$2 ;;
    --controller-port) controller_port=$2 ;;
    --partitions) partitions=$2 ;;
    --prefix) prefix=$2 ;;
    esac
    shift 2
done
case $dir in /*) ;; *) dir=$PWD/$dir ;; esac

# What it was started with before, where nothing else is said now.
recall() {
    local given_port=$port given_controller=$controller_port given_secure=$secure
    # shellcheck source=/dev/null
    if [ -f "$dir/settings" ]; then . "$dir/settings"; fi
    port=${given_port:-${port:-9092}}
    if [ -n "$given_controller" ]; then
        controller_port=$given_controller
    elif [ -n "$given_port" ] || [ -z "$controller_port" ]; then
        controller_port=$((port + 1))
    fi
    secure=${given_secure:-${secure:-no}}
}

case $command in
fetch) fetch ;;
start) recall && start ;;
stop) stop ;;
restart) recall && stop && start ;;
status)
    if pid=$(running); then
        recall
        echo "runs: process $pid, 127.0.0.1:$port"
    else
        echo "does not run"
        exit 1
    fi
    ;;
topics) recall && topics ;;
acls) recall && acls ;;
*) usage ;;
esac
