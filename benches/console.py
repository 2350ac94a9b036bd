#!/usr/bin/env python3
"""How long the console's pages take with a city's candidates: seeds a history, starts a console on it, asks over HTTP for what
the pages ask for, one request after the other, and prints p50 and p95 beside the budgets, the first call (nothing is cached yet),
and the console's CPU time a call. Standard library only.

usage: benches/console.py [--database sqlite|postgres] [--rows 1000000] [--cameras 1000] [--days 90] [--calls 40]
                          [--kerbwatch target/release/kerbwatch] [--work .local/bench-console]

A database that an earlier run seeded in the work folder is used again. PostgreSQL is a throw-away cluster of the Debian package.
"""

import argparse
import http.client
import json
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import sys
import time
import urllib.parse

PASSWORD = "street lamps at noon"
QUEUE_MS, DASHBOARD_MS = 100, 300
UNTIL = "2026-11-26T06:00:00Z"


def say(text):
    print(text, file=sys.stderr, flush=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Postgres:
    """A cluster in the work folder, with the settings of the package but for loopback; commits reach the disk."""

    def __init__(self, work):
        self.binaries = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        self.data = work / "postgres"
        self.port = free_port()
        user = "postgres" if os.geteuid() == 0 else None
        self.prefix = ["runuser", "-u", user, "--"] if user else []
        fresh = not self.data.exists()
        if fresh:
            self.data.mkdir(parents=True)
            if user:
                shutil.chown(self.data, pwd.getpwnam(user).pw_uid)
            self.run("initdb", "-D", self.data, "-U", "kerbwatch", "-A", "trust", "-E", "UTF8", "--locale=C")
        options = f"-p {self.port} -k {self.data} -c listen_addresses=127.0.0.1 -c shared_buffers=512MB"
        self.run("pg_ctl", "-D", self.data, "-o", options, "-w", "-l", self.data / "log", "start")
        if fresh:
            self.run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "kerbwatch", "bench")
        self.url = f"postgres://kerbwatch@127.0.0.1:{self.port}/bench"

    def run(self, program, *args):
        command = [*self.prefix, str(self.binaries / program), *map(str, args)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.data)

    def stop(self):
        self.run("pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop")


class Console:
    """A running console and somebody who is logged in."""

    def __init__(self, kerbwatch, work, url):
        self.port = free_port()
        config = work / "console.toml"
        # The hard stop is as long as can be, so that the made-up backlog stays in the queue.
        config.write_text(f'data = "data"\n[console]\nlisten = "127.0.0.1:{self.port}"\ndatabase = "{url}"\n'
                          "session_idle_s = 43200\n[console.review]\nhard_stop_s = 2592000\n")
        roles = ["operator", "supervisor", "analyst", "auditor", "bureau_editor"]
        add = [kerbwatch, "console", "add-user", "--config", config, "bench"]
        subprocess.run([*add, *(word for role in roles for word in ("--role", role))], input=PASSWORD + "\n", text=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.log = open(work / "console.log", "w")
        command = [kerbwatch, "--log", "warn", "console", "--config", config]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)
        self.cookie = None
        self.line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        try:
            self.wait("/readyz", lambda answer: answer["ready"])
        except BaseException:
            self.process.terminate()
            raise
        self.cookie = self.ask("POST", "/api/v1/session", {"name": "bench", "password": PASSWORD})[2]

    def ask(self, method, path, body=None):
        headers = {"x-kerbwatch": "1", "accept-encoding": "gzip"}
        if self.cookie:
            headers["cookie"] = self.cookie
        if body is not None:
            headers["content-type"] = "application/json"
        begin = time.perf_counter()
        self.line.request(method, path, json.dumps(body) if body is not None else None, headers)
        reply = self.line.getresponse()
        data = reply.read()
        took = (time.perf_counter() - begin) * 1000
        if reply.status >= 400:
            raise SystemExit(f"{method} {path}: {reply.status} {data[:400]!r}")
        if reply.getheader("content-encoding") == "gzip":
            import gzip
            text = gzip.decompress(data)
        else:
            text = data
        return took, text, (reply.getheader("set-cookie") or "").split(";")[0]

    def get(self, path):
        return json.loads(self.ask("GET", path)[1])

    def wait(self, path, done):
        while True:
            if self.process.poll() is not None:
                raise SystemExit(f"the console ended; see {self.log.name}")
            try:
                if done(self.get(path)):
                    return
            except (OSError, http.client.HTTPException):
                self.line.close()
            except SystemExit:
                # Not ready yet; what is really wrong is in the console's log.
                pass
            time.sleep(1)

    def cpu(self):
        """CPU seconds of the console so far: what a busy machine does not change."""
        spent = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(spent[11]) + int(spent[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def asked(console):
    """What the pages ask for: (group, budget, path). Names are taken from the data."""
    api = "/api/v1"
    q = urllib.parse.quote
    open_one = console.get(f"{api}/candidates?sort=risk")["items"][0]
    done = console.get(f"{api}/candidates?state=confirmed")["items"][0]
    later = console.get(f"{api}/candidates?state=rejected&limit=200")["next_cursor"]
    street, district, camera = q(done["street"]), q(done["district"]), done["camera"]
    queue = [
        "sort=risk", "sort=newest", "sort=oldest", "sort=score", f"sort=risk&district={district}",
        f"sort=risk&district={district}&street={street}", "sort=risk&kind=waste_dumping", f"sort=risk&camera={camera}",
        f"sort=risk&camera={camera}&zone=pavement", "sort=risk&key_area=true", "sort=risk&permitted=any", "permitted=only",
        "sort=risk&sla=overdue", "sort=risk&sla=in_time", "sort=risk&sla=lapsing", "sort=risk&sla=overdue&key_area=true",
        "state=any", "state=any&permitted=any", "state=confirmed", f"state=rejected&cursor={later}",
        f"state=confirmed&camera={camera}", f"state=any&camera={camera}", f"state=confirmed&district={district}&street={street}",
        f"state=any&district={district}&street={street}&kind=unauthorized_ad", "state=confirmed&key_area=true&kind=illegal_stall",
        "state=open,escalated,field_check", "state=expired", "state=any&sort=score", f"q={camera}&state=any", "q=market",
        "q=market&state=any", "q=nothing-like-it&state=any", f"q={done['id'][:8]}&state=any", f"q={done['id']}&state=any",
    ]
    rows = [("queue", QUEUE_MS, f"{api}/candidates?{one}") for one in queue]
    rows += [("queue", QUEUE_MS, f"{api}/{one}") for one in (
        f"candidates/{open_one['id']}", f"candidates/{done['id']}", "overview", "cases", "cases?state=opened", f"cases?district={district}",
        f"cases?camera={camera}", "cameras", f"cameras/{camera}", "zones", f"zones?district={district}",
        f"cameras/{camera}/precision", "samples", "audit", "audit?q=seed", "audit?actor=bench", "audit?action=seed", "training",
        "register/reminders")]
    report = [
        "", "by=camera", "by=zone", "by=street", "by=kind", f"district={district}", f"district={district}&street={street}&by=camera",
        "kind=illegal_stall&key_area=true", "from=2026-08-29&until=2026-11-26", "from=2026-08-29&until=2026-11-26&by=camera",
    ]
    days = ["", "zero=violation", "with=restated", "with=overdue", "weekday=6&hour=19", f"camera={camera}", "from=2026-08-29&until=2026-11-26&zero=zero"]
    rows += [("dashboard", DASHBOARD_MS, f"{api}/clearance/report?{one}") for one in report]
    rows += [("dashboard", DASHBOARD_MS, f"{api}/clearance/days?{one}") for one in days]
    day = console.get(f"{api}/clearance/days?zero=violation")["items"][0]
    key = "&".join(f"{name}={q(day[name])}" for name in ("camera", "zone", "kind", "day"))
    rows += [("dashboard", DASHBOARD_MS, f"{api}/clearance/day?{key}"), ("dashboard", DASHBOARD_MS, f"{api}/clearance/definitions")]
    return rows


def measure(console, rows, calls):
    missed = 0
    print("| what | p50 ms | p95 ms | first | CPU ms | kB | budget |\n|---|---:|---:|---:|---:|---:|---|")
    for group, budget, path in rows:
        try:
            times, spent = [], console.cpu()
            for _ in range(calls):
                took, text, _ = console.ask("GET", path)
                times.append(took)
            cpu, first = (console.cpu() - spent) * 1000 / calls, times[0]
            times.sort()
            p50, p95 = times[len(times) // 2], times[min(len(times) - 1, len(times) * 95 // 100)]
            verdict = f"≤ {budget}" if p95 <= budget else f"**missed** ({budget})"
            missed += p95 > budget
            name = path.removeprefix("/api/v1/")
            print(f"| `{name[:90]}` | {p50:.1f} | {p95:.1f} | {first:.1f} | {cpu:.1f} | {len(text) // 1024} | {verdict} |", flush=True)
        except SystemExit as error:
            print(f"| `{path}` | – | – | – | – | – | {error} |")
    return missed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--cameras", type=int, default=1000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--calls", type=int, default=40)
    parser.add_argument("--kerbwatch", default="target/release/kerbwatch")
    parser.add_argument("--work", default=".local/bench-console")
    args = parser.parse_args()
    kerbwatch = pathlib.Path(args.kerbwatch).resolve()
    work = pathlib.Path(args.work).resolve() / f"{args.database}-{args.rows}-{args.cameras}-{args.days}"
    work.mkdir(parents=True, exist_ok=True)
    postgres = Postgres(work) if args.database == "postgres" else None
    url = postgres.url if postgres else f"sqlite://{work / 'console.db'}"
    try:
        if not (work / "seeded").exists():
            say(f"Seeding {args.rows} candidates of {args.cameras} cameras over {args.days} days")
            begin = time.time()
            subprocess.run([kerbwatch, "--log", "error", "seed", "--database", url, "--cameras", str(args.cameras), "--days",
                            str(args.days), "--candidates", str(args.rows), "--until", UNTIL], check=True)
            (work / "seeded").write_text(f"{time.time() - begin:.0f}")
        say(f"Seeded in {(work / 'seeded').read_text()} s")
        console = Console(kerbwatch, work, url)
        try:
            say("Waiting for the figures and for what has expired")
            console.wait("/api/v1/clearance/report", lambda report: not report["building"])
            counts = lambda: console.get("/api/v1/candidates?state=any&permitted=any&limit=1")["counts"]
            before = None
            while before != (now := counts()):
                before = now
                time.sleep(20)
            print(f"{args.database}: {sum(now.values())} candidates ({json.dumps(now)})\n")
            missed = measure(console, asked(console), args.calls)
            resident = [line for line in open(f"/proc/{console.process.pid}/status") if line.startswith("VmHWM")]
            print(f"\n{missed} budgets missed; the console's peak memory: {resident[0].split()[1]} kB")
        finally:
            console.stop()
    finally:
        if postgres:
            postgres.stop()


main()
