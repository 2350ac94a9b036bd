#!/usr/bin/env python3
"""How long the console's pages take with a city's candidates: seeds a history, starts a console on it, asks over HTTP for what
the pages ask for, one request after the other, and prints p50 and p95 beside the budgets, the first call (nothing is cached yet),
and the CPU time a call, that of PostgreSQL's processes included. Then it draws combinations of everything a user can choose (the
same ones each time), asks each once, so that no answer was ever made before, and walks on to later pages; p95 is over those.
Standard library only.

usage: benches/console.py [--database sqlite|postgres] [--rows 1000000] [--cameras 1000] [--days 90] [--calls 40] [--draws 300]
                          [--kerbwatch target/release/kerbwatch] [--work .local/bench-console]

A database that an earlier run seeded in the work folder is used again. PostgreSQL is a throw-away cluster of the Debian package.
"""

import argparse
import datetime
import http.client
import json
import os
import pathlib
import pwd
import random
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


def stat(process):
    return pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()


def parent(process):
    return int(stat(process)[1])


def ticks(process, ended):
    """Clock ticks in the program and in the system, with those of children that have ended where asked."""
    return [int(text) for text in stat(process)[11:15 if ended else 13]]


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

    def tidy(self):
        """What autovacuum does within the hour: the seed and the console's first start have written every row."""
        self.run("vacuumdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "kerbwatch", "--analyze", "--quiet", "bench")

    def cpu(self):
        """CPU seconds of all its processes so far, ended ones included."""
        chief = int((self.data / "postmaster.pid").read_text().split()[0])
        spent = sum(ticks(chief, ended=True))
        for task in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if parent(int(task.name)) == chief:
                    spent += sum(ticks(int(task.name), ended=False))
            except (OSError, ValueError):
                pass
        return spent / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.run("pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop")


class Console:
    """A running console and somebody who is logged in."""

    def __init__(self, kerbwatch, work, url, postgres):
        self.port, self.postgres = free_port(), postgres
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
        """CPU seconds of the console and its database so far: what a busy machine does not change."""
        spent = sum(ticks(self.process.pid, ended=False)) / os.sysconf("SC_CLK_TCK")
        return spent + (self.postgres.cpu() if self.postgres else 0)

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
        f"cases?camera={camera}", "cases?for_me=true&sort=oldest&limit=2", "cameras",
        "cameras?limit=500", f"cameras/{camera}", "zones", f"zones?district={district}",
        f"cameras/{camera}/precision", "samples", "audit", "audit?q=seed", "audit?actor=bench", "audit?action=seed",
        "register/reminders", f"cameras/{camera}/flow?period=day", f"cameras/{camera}/flow?period=week")]
    # These count or write out all there is, as a dashboard does.
    rows += [("dashboard", DASHBOARD_MS, f"{api}/{one}") for one in ("training", "site", "retention", "retention/plan")]
    report = [
        "", "by=camera", "by=zone", "by=street", "by=kind", f"district={district}", f"district={district}&street={street}&by=camera",
        "kind=illegal_stall&key_area=true", "from=2026-08-29&until=2026-11-26", "from=2026-08-29&until=2026-11-26&by=street",
        "from=2026-08-29&until=2026-11-26&by=camera",
    ]
    days = ["", "zero=violation", "with=restated", "with=overdue", "weekday=6&hour=19", f"camera={camera}", "from=2026-08-29&until=2026-11-26&zero=zero"]
    rows += [("dashboard", DASHBOARD_MS, f"{api}/clearance/report?{one}") for one in report]
    rows += [("dashboard", DASHBOARD_MS, f"{api}/clearance/days?{one}") for one in days]
    misses = ["clearance/recall", "clearance/recall?by=camera", f"clearance/recall?district={district}", "clearance/recall/minutes", "clearance/recall/finds"]
    rows += [("dashboard", DASHBOARD_MS, f"{api}/{one}") for one in misses]
    day = console.get(f"{api}/clearance/days?zero=violation")["items"][0]
    key = "&".join(f"{name}={q(day[name])}" for name in ("camera", "zone", "kind", "day"))
    rows += [("dashboard", DASHBOARD_MS, f"{api}/clearance/day?{key}"), ("dashboard", DASHBOARD_MS, f"{api}/clearance/definitions")]
    return rows


def name_of(path):
    return path.removeprefix("/api/v1/")[:110]


def p95_of(times):
    return sorted(times)[min(len(times) - 1, len(times) * 95 // 100)]


def measure(console, rows, calls):
    """Each path so many times; gives how many missed."""
    missed = 0
    print("| what | p50 ms | p95 ms | first | CPU ms | kB | budget |\n|---|---:|---:|---:|---:|---:|---|")
    for group, budget, path in rows:
        try:
            times, spent = [], console.cpu()
            # What takes seconds is known to miss after a few calls.
            while len(times) < calls and sum(times) < 20_000:
                took, text, _ = console.ask("GET", path)
                times.append(took)
            cpu = (console.cpu() - spent) * 1000 / len(times)
            p50, p95 = sorted(times)[len(times) // 2], p95_of(times)
            verdict = f"≤ {budget}" if p95 <= budget else f"**missed** ({budget})"
            missed += p95 > budget
            print(f"| `{name_of(path)}` | {p50:.1f} | {p95:.1f} | {times[0]:.1f} | {cpu:.1f} | {len(text) // 1024} | {verdict} |",
                  flush=True)
        except SystemExit as error:
            missed += 1
            print(f"| `{path}` | – | – | – | – | – | {error} |")
    return missed


class Choices:
    """Everything that the filters of the pages offer, and draws of it: the same ones for the same data."""

    STATES = ["open"] * 4 + ["escalated", "field_check", "confirmed", "confirmed", "rejected", "rejected", "merged", "expired", "any", "any"]
    KINDS = ["illegal_stall", "storefront_encroachment", "unauthorized_ad", "waste_dumping"]

    def __init__(self, console):
        self.dice = random.Random(20261126)
        cameras, cursor = [], ""
        while cursor is not None:
            page = console.get(f"/api/v1/cameras?limit=500{cursor and f'&cursor={urllib.parse.quote(cursor)}'}")
            cameras, cursor = cameras + page["items"], page.get("next_cursor")
        self.cameras = sorted((camera["district"], camera["street"], camera["id"]) for camera in cameras)

    def place(self, deepest):
        """Everywhere, a district, a street, a camera, or one of its zones."""
        district, street, camera = self.dice.choice(self.cameras)
        levels = [{}, {"district": district}, {"district": district, "street": street}, {"camera": camera},
                  {"camera": camera, "zone": self.dice.choice(["pavement", "shops"])}]
        return self.dice.choice(levels[:deepest + 1])

    def sometimes(self, share, **what):
        return what if self.dice.random() < share else {}

    def queue(self):
        dice = self.dice
        word = dice.choice(["market", "nothing-like-it", "pavement", "7", dice.choice(self.cameras)[2], dice.choice(self.cameras)[1]])
        chosen = {"state": dice.choice(self.STATES), "sort": dice.choice(["risk", "newest", "oldest", "score"]), **self.place(4),
                  **self.sometimes(0.3, kind=dice.choice(self.KINDS)), **self.sometimes(0.25, key_area="true"),
                  **self.sometimes(0.25, permitted="any"), **self.sometimes(0.2, q=word),
                  **self.sometimes(0.2, sla=dice.choice(["in_time", "soon", "overdue", "lapsing"]))}
        return "/api/v1/candidates?" + urllib.parse.urlencode({**chosen, "limit": 50})

    def period(self, days):
        """The last week, 30 days, a month, all there is, or any stretch."""
        last = datetime.date.fromisoformat(UNTIL[:10])
        length = self.dice.choice([7, 30, 30, 31, days, days, 365, self.dice.randint(1, days)])
        until = last - datetime.timedelta(self.dice.choice([0, 0, self.dice.randrange(max(1, days - length + 1))]) if length < days else 0)
        return {"from": str(until - datetime.timedelta(length - 1)), "until": str(until)}

    def report(self, days):
        by = self.dice.choice(["district", "street", "camera", "zone", "kind"])
        chosen = {**self.period(days), **self.place(4), **self.sometimes(0.3, kind=self.dice.choice(self.KINDS)),
                  **self.sometimes(0.3, key_area=self.dice.choice(["true", "false"])), "by": by}
        if by == "camera" and self.dice.random() < 0.5:
            chosen["brief"] = "true"
        return "/api/v1/clearance/report?" + urllib.parse.urlencode(chosen)

    def days(self, days):
        dice = self.dice
        chosen = {**self.period(days), **self.place(4), **self.sometimes(0.5, zero=dice.choice(["zero", "violation", "unknown_coverage"])),
                  **self.sometimes(0.4, **{"with": dice.choice(["violations", "open", "overdue", "recurred", "undecided", "restated"])}),
                  **self.sometimes(0.3, weekday=dice.randint(1, 7), hour=dice.randrange(24)), "limit": 50}
        return "/api/v1/clearance/days?" + urllib.parse.urlencode(chosen)


def drawn(console, what, budget, paths, pages):
    """Each path once, and its later pages; gives whether the budget was missed."""
    took, spent = [], console.cpu()
    for path in paths:
        cursor = ""
        for page in range(pages):
            ms, text, _ = console.ask("GET", path + (cursor and f"&cursor={urllib.parse.quote(cursor)}"))
            took.append((ms, f"{path} (page {page + 1})" if page else path))
            cursor = json.loads(text).get("next_cursor")
            if not cursor:
                break
    cpu = (console.cpu() - spent) * 1000 / len(took)
    times = sorted(ms for ms, _ in took)
    p95 = p95_of(times)
    verdict = f"≤ {budget}" if p95 <= budget else f"**missed** ({budget})"
    over = sum(ms > budget for ms in times)
    print(f"| {what} | {len(took)} | {times[len(times) // 2]:.1f} | {p95:.1f} | {times[-1]:.1f} | {cpu:.1f} | {over} | {verdict} |", flush=True)
    slowest.extend(sorted(took, reverse=True)[:SLOWEST])
    return p95 > budget


SLOWEST = 6
slowest = []


def draws(console, count, days):
    """Draws of everything there is to choose; gives how many budgets were missed."""
    choices = Choices(console)
    print("\n| drawn, each asked once | calls | p50 ms | p95 ms | longest | CPU ms | above | budget |\n|---|---:|---:|---:|---:|---:|---:|---|")
    missed = drawn(console, "queue, up to 4 pages each", QUEUE_MS, [choices.queue() for _ in range(count)], 4)
    missed += drawn(console, "report", DASHBOARD_MS, [choices.report(days) for _ in range(count)], 1)
    missed += drawn(console, "zone days, up to 3 pages each", DASHBOARD_MS, [choices.days(days) for _ in range(count // 2)], 3)
    print("\nThe slowest of them:\n")
    for ms, path in slowest:
        print(f"- {ms:.0f} ms `{name_of(path)}`")
    return missed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--cameras", type=int, default=1000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--calls", type=int, default=40)
    parser.add_argument("--draws", type=int, default=300)
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
        console = Console(kerbwatch, work, url, postgres)
        try:
            say("Waiting for the figures and for what has expired")
            console.wait("/api/v1/clearance/report", lambda report: not report["building"])
            counts = lambda: console.get("/api/v1/candidates?state=any&permitted=any&limit=1")["counts"]
            before = None
            while before != (now := counts()):
                before = now
                time.sleep(20)
            if postgres:
                postgres.tidy()
            print(f"{args.database}: {sum(now.values())} candidates ({json.dumps(now)})\n")
            missed = measure(console, asked(console), args.calls)
            missed += draws(console, args.draws, args.days)
            resident = [line for line in open(f"/proc/{console.process.pid}/status") if line.startswith("VmHWM")]
            print(f"\n{missed} budgets missed; the console's peak memory: {resident[0].split()[1]} kB")
        finally:
            console.stop()
    finally:
        if postgres:
            postgres.stop()


main()
