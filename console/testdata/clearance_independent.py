"""Computes clearance figures anew from the raw tables of a console's SQLite database, with pandas and lifelines, and compares
them with the report the console gave. Shares no code with the console: intervals here are arrays of minutes' edges, the curve
is lifelines', sums are pandas'.

usage: clearance_independent.py DATABASE REPORT.json RECALL.json
"""

import json
import sqlite3
import sys
import tomllib
from bisect import bisect_right
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from lifelines import KaplanMeierFitter
from lifelines.utils import median_survival_times
from scipy.stats import binomtest, norm

MINUTE = 60_000
DAY_MS = 86_400_000
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


# ---- sets of time, as sorted lists of (from, until) ----

def union(spans):
    out = []
    for a, b in sorted(s for s in spans if s[0] < s[1]):
        if out and a <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], b))
        else:
            out.append((a, b))
    return out


def intersect(x, y):
    out = []
    for a, b in x:
        for c, d in y:
            if max(a, c) < min(b, d):
                out.append((max(a, c), min(b, d)))
    return out


def minus(x, y):
    for c, d in y:
        x = [p for a, b in x for p in ((a, min(b, c)), (max(a, d), b)) if p[0] < p[1]]
    return x


def length(x):
    return sum(b - a for a, b in x)


def clip(x, a, b):
    return intersect(x, [(a, b)])


# ---- schedules ----

class Clock:
    def __init__(self, zone):
        self.zone = ZoneInfo(zone)

    def at(self, day, minute):
        moment = datetime.combine(day + timedelta(days=minute // 1440), time(minute % 1440 // 60, minute % 60), self.zone)
        return int(moment.timestamp() * 1000)

    def day_of(self, ms):
        return datetime.fromtimestamp(ms / 1000, self.zone).date()

    def bounds(self, day):
        return self.at(day, 0), self.at(day + timedelta(days=1), 0)

    def windows(self, texts, a, b):
        spans = []
        day = self.day_of(a) - timedelta(days=1)
        while day <= self.day_of(b):
            for text in texts:
                names, hours = text.split()
                start, end = (int(h[:2]) * 60 + int(h[3:]) for h in hours.split("-"))
                if end <= start:
                    end += 1440
                if self.on(names, day):
                    spans.append((self.at(day, start), self.at(day, end)))
            day += timedelta(days=1)
        return clip(union(spans), a, b)

    @staticmethod
    def on(names, day):
        for part in names.split(","):
            if part == "daily" or (part == "workdays" and day.weekday() < 5):
                return True
            if part in ("daily", "workdays", "holidays"):
                continue
            first, _, last = part.partition("-")
            first, last = DAYS.index(first), DAYS.index(last or first)
            if (day.weekday() - first) % 7 <= (last - first) % 7:
                return True
        return False


class Duty:
    def __init__(self, clock, windows):
        self.clock, self.texts = clock, windows

    def between(self, a, b):
        return length(self.clock.windows(self.texts, a, b)) if self.texts else max(0, b - a)

    def after(self, a, need):
        if not self.texts:
            return a + need
        for c, d in self.clock.windows(self.texts, a, a + 62 * DAY_MS):
            if need <= d - c:
                return c + need
            need -= d - c
        return None


# ---- force, watching, episodes ----

def force(versions, zone, kind, clock, a, b):
    parts = []
    for index, (since, site) in enumerate(versions):
        until = versions[index + 1][0] if index + 1 < len(versions) else 1 << 62
        lo, hi = max(a, since), min(b, until)
        drawn = next((z for z in site["zone"] if z["id"] == zone), None)
        if lo >= hi or drawn is None or kind not in drawn.get("rules", {}):
            continue
        weekly = drawn["rules"][kind].get("weekly", [])
        part = clock.windows(weekly, lo, hi) if weekly else [(lo, hi)]
        permits = [p for p in drawn.get("permit", []) if kind in p["kinds"] and "polygon" not in p]
        for later_since, later in versions[index + 1:]:
            for z in later["zone"]:
                if z["id"] == zone:
                    permits += [p for p in z.get("permit", []) if kind in p["kinds"] and "polygon" not in p
                                and "from" in p and date.fromisoformat(str(p["from"])) < clock.day_of(later_since)]
        for p in permits:
            f, u = lo, hi
            if "from" in p:
                f = max(f, clock.at(date.fromisoformat(str(p["from"])), 0))
            if "until" in p:
                u = min(u, clock.at(date.fromisoformat(str(p["until"])) + timedelta(days=1), 0))
            if f < u:
                part = minus(part, clock.windows(p["weekly"], f, u) if p.get("weekly") else [(f, u)])
        parts += part
    return union(parts)


def key_area(versions, zone, a, b):
    flags = []
    for index, (since, site) in enumerate(versions):
        until = versions[index + 1][0] if index + 1 < len(versions) else 1 << 62
        drawn = next((z for z in site["zone"] if z["id"] == zone), None)
        if drawn is not None and since < b and a < until:
            flags.append(bool(drawn.get("key_area", False)))
    return bool(flags) and all(flags)


def same_place(x, y, p):
    w = max(0, min(x[2], y[2]) - max(x[0], y[0]))
    h = max(0, min(x[3], y[3]) - max(x[1], y[1]))
    area = lambda r: (r[2] - r[0]) * (r[3] - r[1])
    iou = w * h / (area(x) + area(y) - w * h) if w * h else 0
    dx, dy = (x[0] + x[2] - y[0] - y[2]) / 2, (x[1] + x[3] - y[1] - y[3]) / 2
    return iou >= p["same_place_iou"] or (dx * dx + dy * dy) ** 0.5 <= p["same_place_distance"]


def ending(c, watched, as_of, p):
    """('open',), ('cleared', t), ('between', last, first) or ('unknown', t)"""
    if c.seen_state is None or c.seen_state == "present":
        return ("open",)
    if c.seen_state == "lost":
        return ("unknown", max(c.seen_ms, c.raised_ms))
    first = int(max(c.seen_ms, c.first_seen_ms))
    before = clip(watched, 0, first)
    if not before:
        last = c.raised_ms
    elif first - before[-1][1] > 2 * MINUTE:
        last = before[-1][1]
    elif first - before[-1][0] <= 2 * MINUTE:
        last = before[-2][1] if len(before) > 1 else c.raised_ms
    else:
        last = first
    last = int(min(max(last, c.raised_ms), first))
    if length(clip(watched, first, as_of)) < p["clear_watched_min"] * MINUTE:
        return ("unknown", last)
    gap = first - last
    if gap == 0:
        return ("cleared", first)
    if gap <= p["midpoint_gap_min"] * MINUTE:
        return ("cleared", last + gap // 2)
    return ("between", last, first)


def stood(e, as_of):
    return as_of if e["end"][0] == "open" else e["end"][1]


def gone(e):
    return {"cleared": lambda: e["end"][1], "between": lambda: e["end"][2]}.get(e["end"][0], lambda: None)()


def episodes(rows, watched, as_of, p):
    out = []
    for c in rows:
        box, end = (c.x1, c.y1, c.x2, c.y2), ending(c, watched, as_of, p)
        joined = None
        for e in reversed(out):
            was = stood(e, as_of) if e["end"][0] != "between" else e["end"][2]
            near = e["end"][0] == "open" or c.first_seen_ms - was < p["merge_gap_min"] * MINUTE \
                or length(clip(watched, was, c.first_seen_ms)) < p["clear_watched_min"] * MINUTE
            if near and not e["over"] and same_place(e["box"], box, p):
                joined = e
                break
            if not near:
                # Once out of reach, out of reach: the console forgets it, too.
                e["over"] = True
        if joined is None:
            out.append({"first": c.first_seen_ms, "raised": c.raised_ms, "conf": c.decided, "box": box, "end": end, "over": False,
                        "warned": c.warned_ms, "subject": c.subject_ref})
            continue
        joined["warned"] = min((w for w in (joined["warned"], c.warned_ms) if w is not None), default=None)
        joined["subject"] = joined["subject"] or c.subject_ref
        joined["conf"] = min(joined["conf"], c.decided)
        rank = lambda x: 1 << 62 if x[0] == "open" else x[1]
        if rank(end) >= rank(joined["end"]):
            joined["end"], joined["box"] = end, box
    return out


# ---- the whole ----

def fit(durations):
    if not durations:
        return None, None, None
    frame = pd.DataFrame(durations, columns=["t", "seen"])
    km = KaplanMeierFitter().fit(frame.t, frame.seen)
    low_high = median_survival_times(km.confidence_interval_)
    clean = lambda v: None if v != v or v == float("inf") else float(v)
    lows = [clean(v) for v in low_high.iloc[0]]
    return clean(km.median_survival_time_), lows[0], lows[1]


# ---- what the program misses ----

def was_there(rows, standing, episodes_of_cell, at, slack, as_of):
    """Candidates around a moment as (rejected, distance, raised, id), the best first. `standing`: id to found or rejected."""
    out = []
    for c in rows:
        if c.id not in standing:
            continue
        until = as_of if c.seen_state in (None, "present") else max(c.seen_ms, c.raised_ms)
        away = max(c.first_seen_ms - at, at - until, 0)
        if away <= slack:
            out.append((standing[c.id] == "rejected", away, c.raised_ms, c.id))
    if all(one[0] for one in out):
        out += [(False, 0, e["raised"], "") for e in episodes_of_cell if e["first"] <= at <= stood(e, as_of)]
    return sorted(out)


def recall_figures(db, recall, c, versions_of, watching, clock, p):
    """The counts of a recall report, as a dict with its names; and of its weighted shares the weights of what counts and of all."""
    as_of = int(datetime.fromisoformat(recall["as_of"].replace("Z", "+00:00")).timestamp() * 1000)
    begin = clock.at(date.fromisoformat(recall["from"]), 0)
    end = clock.at(date.fromisoformat(recall["until"]) + timedelta(days=1), 0)
    standing = {row.id: "rejected" if row.fp else "found" for row in c.itertuples()}
    cells, stories = {}, {}
    for key, rows in c.groupby(["camera", "zone", "kind"]):
        cells[key] = list(rows.itertuples())
        stories[key] = episodes(list(rows[rows.tp].itertuples()), watching(key[0], key[2]), as_of, p)

    def there(key, at, minutes):
        return was_there(cells.get(key, []), standing, stories.get(key, []), at, minutes * MINUTE, as_of)

    n = dict.fromkeys("drawn not_sampled waiting cannot_tell none found missed rejected revised finds no_zone not_in_force "
                      "unwatched covered without_candidate only_rejected reported_first".split(), 0)
    m = pd.read_sql(f"SELECT * FROM frame_audit_minutes WHERE minute_ms >= {begin} AND minute_ms < {end}", db)
    given = pd.read_sql("SELECT * FROM frame_answers ORDER BY audit, position, n", db)
    last = given.groupby(["audit", "position"]).agg(verdict=("verdict", "last"), times=("n", "max"), answered=("at_ms", "last"))
    m = m.join(last, on=["audit", "position"])
    m["answered"] = m.answered.fillna(0)
    dark = m[m.why_not != ""]
    m = m[m.why_not == ""].sort_values(["answered", "audit"], ascending=False)
    m = m.drop_duplicates(["camera", "zone", "kind", "picture_ms"])
    n["not_sampled"] = len(dark)
    n["drawn"] = len(dark) + len(m)
    plans = pd.read_sql("SELECT a.*, (SELECT COUNT(*) FROM frame_audit_minutes m WHERE m.audit = a.id) AS drawn FROM frame_audits a", db)

    def weight(row):
        day = clock.day_of(row.minute_ms)
        key = key_area(versions_of[row.camera], row.zone, clock.at(day, 0), clock.at(day + timedelta(days=1), 0))
        of = lambda wanted, it: wanted in ("", it)
        could = [plan for plan in plans.itertuples() if plan.id == row.audit or (
            plan.from_day <= str(day) <= plan.until_day and of(plan.district, row.district) and of(plan.street, row.street)
            and (json.loads(plan.kinds) or [row.kind]).count(row.kind) and (key or not plan.key_only))]
        return 1 / sum(plan.drawn / plan.frame_minutes for plan in could)

    weights = {"missed_share": ([], []), "recall": ([], [])}
    for row in m.itertuples():
        n["revised"] += row.times > 1
        if row.verdict != row.verdict or row.verdict is None:
            n["waiting"] += 1
        elif row.verdict != "violation":
            n[row.verdict] += 1
        else:
            found = there((row.camera, row.zone, row.kind), int(row.picture_ms), p["audit_match_min"])
            n["missed" if not found else "rejected" if found[0][0] else "found"] += 1
            weights["recall"][1].append(weight(row))
            weights["recall"][0].append(0 if not found or found[0][0] else weights["recall"][1][-1])
        if row.verdict in ("none", "violation"):
            weights["missed_share"][1].append(weight(row))
            missed = row.verdict == "violation" and (not found or found[0][0])
            weights["missed_share"][0].append(weights["missed_share"][1][-1] if missed else 0)

    lead = []
    ruled = pd.read_sql("SELECT find, ruling FROM find_rulings ORDER BY find, n", db).groupby("find").ruling.last()
    for f in pd.read_sql(f"SELECT * FROM finds WHERE seen_ms >= {begin} AND seen_ms < {end}", db).itertuples():
        ruling = ruled.get(f.id, "automatic")
        if ruling == "withdrawn":
            continue
        n["finds"] += 1
        if f.zone == "":
            n["no_zone"] += 1
            continue
        moment = [(f.seen_ms, f.seen_ms + 1)]
        if not force(versions_of[f.camera], f.zone, f.kind, clock, *moment[0]):
            n["not_in_force"] += 1
        elif not intersect(moment, watching(f.camera, f.kind)):
            n["unwatched"] += 1
        else:
            n["covered"] += 1
            found = there((f.camera, f.zone, f.kind), f.seen_ms, p["find_match_min"])
            if ruling == "none" or not found or found[0][0]:
                n["without_candidate"] += 1
                n["only_rejected"] += any(one[0] for one in found)
            elif f.reported_ms < found[0][2]:
                n["reported_first"] += 1
                lead.append((found[0][2] - f.reported_ms) // 1000)
    return n, lead, weights


def main():
    database, path, recall_path = sys.argv[1:]
    report = json.load(open(path))
    recall = json.load(open(recall_path))
    db = sqlite3.connect(database)
    p = report["definition"]["parameters"]
    clock = Clock(report["time_zone"])
    duty = Duty(clock, p["duty"])
    as_of = int(datetime.fromisoformat(report["as_of"].replace("Z", "+00:00")).timestamp() * 1000)
    first_day, last_day = date.fromisoformat(report["from"]), date.fromisoformat(report["until"])
    all_days = pd.date_range(first_day, last_day).date
    c = pd.read_sql("SELECT * FROM candidates", db).drop(columns="reason")
    d = pd.read_sql("SELECT candidate, at_ms, reason, seen_version FROM decisions ORDER BY candidate, seen_version", db)
    last = d.groupby("candidate").agg(decided=("at_ms", "max"), reason=("reason", "last"))
    reasons = d.groupby("candidate").tail(1).set_index("candidate").reason
    c = c.join(last.decided, on="id").join(reasons, on="id")
    cases = pd.read_sql("SELECT id, state AS case_state, warned_ms, subject_ref FROM cases", db).set_index("id")
    c = c.join(cases, on="case_id")
    for column in ("seen_state", "reason", "case_state", "subject_ref", "warned_ms"):
        c[column] = c[column].astype(object).where(c[column].notna(), None)
    c = c.sort_values(["first_seen_ms", "id"])
    aside = (c.state == "rejected") & c.reason.isin(["duplicate", "test_data"])
    c = c[~aside]
    c["found"] = (c.state == "rejected") & c.reason.isin(["permitted_window", "permitted_place"])
    thrown_out = (c.state == "confirmed") & c.case_state.isin(["rejected", "insufficient"])
    c["fp"] = ((c.state == "rejected") & ~c.found) | thrown_out
    c["tp"] = (c.state == "confirmed") & ~thrown_out
    c["pending"] = c.state.isin(["open", "escalated", "field_check"]) & (c.permitted == 0)
    c["allowed"] = c.state.isin(["open", "escalated", "field_check"]) & (c.permitted == 1)
    c["raised_day"] = [clock.day_of(ms) for ms in c.raised_ms]
    inside = c[(c.raised_day >= first_day) & (c.raised_day <= last_day)]

    watched_of = {}
    for camera, a, b in db.execute("SELECT camera, from_ms, until_ms FROM watch_spans WHERE health = 'ok' ORDER BY from_ms"):
        watched_of.setdefault(camera, []).append((a, b))
    told_of, holes_of = {}, {}
    for camera, run, a, b, kinds in db.execute("SELECT camera, run, from_ms, until_ms, kinds FROM judged_spans"):
        told_of.setdefault(camera, []).append((run, a, b, kinds.split(",")))
    for camera, run, a, b in db.execute("SELECT camera, run, from_ms, until_ms FROM unjudged_spans"):
        holes_of.setdefault((camera, run), []).append((a, b))

    def watching(cam, kind):
        watched = union(watched_of.get(cam, []))
        if p["observed_by_kind"]:
            # Where workers gave account, some worker must have judged this kind; of other times the beats alone speak.
            told = told_of.get(cam, [])
            judged = union([s for run, a, b, kinds in told if kind in kinds for s in minus([(a, b)], union(holes_of.get((cam, run), [])))])
            watched = minus(watched, minus(union([(a, b) for _, a, b, _ in told]), judged))
        return watched

    versions_of = {}
    for camera, at, site in db.execute("SELECT camera, at_ms, site FROM camera_versions ORDER BY camera, version"):
        versions_of.setdefault(camera, []).append((at, tomllib.loads(site)["camera"][0]))

    sums = dict.fromkeys("force watched ovm object violations met due unknown open overdue restated".split(), 0)
    zero = dict.fromkeys("zero violation unknown_coverage unknown_hole unknown_pending not_applicable running".split(), 0)
    clear, clear_conf, clear_warned, recurred, by_subject = [], [], [], {1: [0, 0], 7: [0, 0], 30: [0, 0]}, {1: [0, 0], 7: [0, 0], 30: [0, 0]}
    pairs = []
    annex = {"illegal_stall": dict(days=0, late=0, unknown=0, force=0, watched=0, back=0, followed=0),
             "unauthorized_ad": dict(days=0, late=0, unknown=0, force=0, watched=0, back=0, followed=0)}
    heat = {}
    groups = {(cam, zone, kind): rows for (cam, zone, kind), rows in c.groupby(["camera", "zone", "kind"])}
    cells = {(cam, z["id"], kind) for cam, vs in versions_of.items() for _, site in vs for z in site["zone"] for kind in z["rules"]}
    begin = clock.at(first_day, 0)
    for cam, zone, kind in sorted(cells):
        rows = groups.get((cam, zone, kind), c.iloc[:0])
        watched = watching(cam, kind)
        versions = versions_of[cam]
        limit = p["limits"][kind]
        due_at = lambda t: duty.after(t, limit["minutes"] * MINUTE) if limit["duty"] else t + limit["minutes"] * MINUTE
        v = episodes(list(rows[rows.tp].itertuples()), watched, as_of, p)
        alive = union([(e["first"], stood(e, as_of)) for e in v])
        late = union([(due_at(e["first"]), stood(e, as_of)) for e in v if due_at(e["first"]) is not None])
        waiting = union([(r.first_seen_ms, max(r.seen_ms if r.seen_state in ("cleared", "lost") else as_of, r.first_seen_ms + 1))
                         for r in rows[rows.pending].itertuples()])
        everything = force(versions, zone, kind, clock, versions[0][0], as_of)
        seen_everything = intersect(everything, watched)
        keys = {}
        for day in all_days:
            a, b = clock.bounds(day)
            if not any(s < b and any(z["id"] == zone and kind in z["rules"] for z in site["zone"]) for s, site in versions) or a >= as_of:
                continue
            f = clip(everything, a, min(b, as_of))
            e = clip(seen_everything, a, min(b, as_of))
            sums["force"] += length(f) // 1000
            sums["watched"] += length(e) // 1000
            bad = intersect(clip(alive, a, b), e)
            sums["ovm"] += length(bad) // 1000
            sums["object"] += sum(length(clip(e, x["first"], stood(x, as_of))) // 1000 for x in v)
            for hour in range(24):
                slot = heat.setdefault((day.weekday() + 1, hour), [0, 0])
                slot[0] += length(clip(e, a + hour * 3_600_000, a + (hour + 1) * 3_600_000)) // 1000
                slot[1] += length(clip(bad, a + hour * 3_600_000, a + (hour + 1) * 3_600_000)) // 1000
            if length(e) // 1000 > 0:
                pairs.append((length(bad) // 1000 / 60, length(e) // 1000 / 3600))
            hole = max([y - x for x, y in minus(f, e)], default=0) // 1000
            if intersect(f, alive):
                what = "violation"
            elif as_of < b:
                what = "running"
            elif not f:
                what = "not_applicable"
            elif length(e) // 1000 < p["coverage_min"] * (length(f) // 1000):
                what = "unknown_coverage"
            elif hole > p["hole_max_min"] * 60:
                what = "unknown_hole"
            elif intersect(f, waiting):
                what = "unknown_pending"
            else:
                what = "zero"
            zero[what] += 1
            keys[day] = key_area(versions, zone, a, b)
            if kind in annex and keys[day]:
                it = annex[kind]
                it["force"] += length(f) // 1000
                it["watched"] += length(e) // 1000
                if what not in ("running", "not_applicable"):
                    it["days"] += 1
                    it["late"] += length(clip(late, a, b)) > 0
                    it["unknown"] += what.startswith("unknown")
        for e in v:
            day = clock.day_of(e["first"])
            t, seen = (stood(e, as_of) - e["first"]) // 1000, e["end"][0] == "cleared"
            if first_day <= day <= last_day:
                sums["violations"] += 1
                clear.append((t, seen))
                if e["warned"] is not None and (e["end"][0] == "open" or stood(e, as_of) > e["warned"]):
                    clear_warned.append(((stood(e, as_of) - e["warned"]) // 1000, seen))
                if e["end"][0] == "open":
                    sums["open"] += 1
                    sums["overdue"] += due_at(e["first"]) is not None and due_at(e["first"]) < as_of
                    clear_conf.append(((as_of - e["conf"]) // 1000, False))
                elif stood(e, as_of) > e["conf"]:
                    clear_conf.append(((stood(e, as_of) - e["conf"]) // 1000, seen))
            due = due_at(e["first"])
            if due is not None and due <= as_of and first_day <= clock.day_of(due) <= last_day:
                if gone(e) is not None and gone(e) <= due:
                    sums["met"] += 1
                    sums["due"] += 1
                elif stood(e, as_of) > due:
                    sums["due"] += 1
                else:
                    sums["unknown"] += 1
            g = gone(e)
            if g is None or g < begin or clock.day_of(g) > last_day:
                continue
            back = next((x["first"] for x in v if x["first"] > g and same_place(x["box"], e["box"], p)), None)
            same_subject = next((x["first"] for x in v if x["first"] > g and e["subject"] and x["subject"] == e["subject"]), None)
            for n in recurred:
                until = g + n * DAY_MS
                f = length(clip(everything, g, until))
                if as_of >= until and f and length(clip(seen_everything, g, until)) / f >= p["coverage_min"]:
                    hit = back is not None and back <= until
                    recurred[n][1] += 1
                    recurred[n][0] += hit
                    if e["subject"]:
                        by_subject[n][1] += 1
                        by_subject[n][0] += same_subject is not None and same_subject <= until
                    if n == 7 and kind in annex and keys.get(clock.day_of(g)):
                        annex[kind]["followed"] += 1
                        annex[kind]["back"] += hit

    wrong = []

    def same(name, ours, theirs, tolerance=1e-9):
        ok = (ours is None) == (theirs is None) and (ours is None or abs(ours - theirs) <= tolerance * max(1, abs(ours)))
        print(f"{'same ' if ok else 'WRONG'} {name}: {theirs} here {ours}")
        if not ok:
            wrong.append(name)

    part = lambda x, y: x / y if y else None
    same("force hours", sums["force"] / 3600, report["coverage"]["force_h"])
    same("watched hours", sums["watched"] / 3600, report["coverage"]["watched_h"])
    same("coverage", part(sums["watched"], sums["force"]), report["coverage"]["value"])
    for what, n in zero.items():
        same(f"zone-days {what}", n, report["zero"][what])
    known = zero["zero"] + zero["violation"]
    unknown = sum(n for what, n in zero.items() if what.startswith("unknown"))
    same("zero-day share", part(zero["zero"], known), report["zero"]["share"])
    same("unknown share", part(unknown, known + unknown), report["zero"]["unknown_share"])
    same("open-violation minutes", sums["ovm"] / 60, report["ovm"]["minutes"])
    same("object minutes", sums["object"] / 60, report["ovm"]["object_minutes"])
    same("minutes per watched hour", part(sums["ovm"] / 60, sums["watched"] / 3600), report["ovm"]["per_watched_h"])
    same("violations", sums["violations"], report["violations"])
    # Cochran's ratio estimator over the zone-days on which somebody watched.
    y, x = np.array(pairs).T
    rate = y.sum() / x.sum()
    error = 1.959963984540054 * np.sqrt(((y - rate * x) ** 2).sum() * len(x) / (len(x) - 1)) / x.sum()
    same("minutes per watched hour, low", max(rate - error, 0), report["ovm"]["low"], 1e-6)
    same("minutes per watched hour, high", rate + error, report["ovm"]["high"], 1e-6)
    for name, data in (("clear", clear), ("clear_from_confirmed", clear_conf), ("clear_from_warned", clear_warned)):
        theirs = report[name]
        same(f"{name} n", len(data), theirs["n"])
        same(f"{name} censored", sum(not seen for _, seen in data), theirs["censored"])
        for what, value in zip(("km_median", "km_low", "km_high"), fit(data)):
            same(f"{name} {what}", value, theirs[what])
    confirm = [((r.decided - r.raised_ms) // 1000, True) for r in inside[inside.tp].itertuples()]
    confirm += [((as_of - r.raised_ms) // 1000, False) for r in inside[inside.pending].itertuples()]
    same("confirm n", len(confirm), report["confirm"]["n"])
    for what, value in zip(("km_median", "km_low", "km_high"), fit(confirm)):
        same(f"confirm {what}", value, report["confirm"][what])
    on_duty = [(duty.between(r.raised_ms, int(r.decided)) // 1000, True) for r in inside[inside.tp].itertuples()]
    on_duty += [(duty.between(r.raised_ms, as_of) // 1000, False) for r in inside[inside.pending].itertuples()]
    same("confirm on duty km_median", fit(on_duty)[0], report["confirm_duty"]["km_median"])
    latency = (inside[~inside.allowed].raised_ms - inside[~inside.allowed].first_seen_ms) // 1000
    same("latency median", latency.quantile(0.5), report["latency"]["median"])
    same("latency p90", latency.quantile(0.9), report["latency"]["p90"])
    for figure in report["recurrence"]:
        back, followed = recurred[figure["days"]]
        same(f"recurrence {figure['days']} part", back, figure["share"]["part"])
        same(f"recurrence {figure['days']} n", followed, figure["share"]["n"])
    for figure in report["recurrence_by_subject"]:
        back, followed = by_subject[figure["days"]]
        same(f"recurrence by subject {figure['days']} part", back, figure["share"]["part"])
        same(f"recurrence by subject {figure['days']} n", followed, figure["share"]["n"])
    acts = "('pass', 'reject', 'find_insufficient')"
    second = pd.read_sql(f"SELECT case_id, act FROM case_events WHERE from_state = 'legal_review' AND act IN {acts} ORDER BY seq", db)
    second = second.groupby("case_id").act.last()
    spoken = inside.case_id.map(second).dropna()
    same("second reviews", len(spoken), report["quality"]["overturned"]["n"])
    same("second reviews that overturned", int((spoken != "pass").sum()), report["quality"]["overturned"]["part"])
    same("sla met", sums["met"], report["sla"]["share"]["part"])
    same("sla due", sums["due"], report["sla"]["share"]["n"])
    same("sla unknown", sums["unknown"], report["sla"]["unknown"])
    same("open", sums["open"], report["sla"]["open"])
    same("overdue open", sums["overdue"], report["sla"]["overdue_open"])
    tp, fp, found = (int(inside[x].sum()) for x in ("tp", "fp", "found"))
    same("precision", part(tp, tp + fp), report["quality"]["precision"]["value"])
    same("permission precision", 1 - part(found, tp + fp + found), report["quality"]["permission_precision"]["value"])
    closed = c[c.decided.notna() & ~c.pending & ~c.allowed]
    closed_day = [first_day <= clock.day_of(ms) <= last_day for ms in closed.decided]
    same("confirm rate", part(int(closed[closed_day].tp.sum()), int(sum(closed_day))), report["quality"]["confirm_rate"]["value"])
    n, lead, weights = recall_figures(db, recall, c, versions_of, watching, clock, p)
    total = recall["total"]
    for name, count in n.items():
        same(f"recall {name}", count, total[name])
    missed = n["missed"] + n["rejected"]
    shares = {"missed_share": (missed, n["none"] + n["found"] + missed), "recall": (n["found"], n["found"] + missed),
              "miss_share": (n["without_candidate"], n["covered"]),
              "reported_first_share": (n["reported_first"], n["covered"] - n["without_candidate"])}
    for name, (count, of) in shares.items():
        same(f"recall {name} n", of, total[name]["n"])
        if of < p["precision_n_min"]:
            same(f"recall {name} hidden", None, total[name]["value"])
            continue
        value, interval = count / of, binomtest(count, of).proportion_ci(method="wilson")
        low, high = interval.low, interval.high
        of_it = np.array(weights.get(name, ([], []))[1])
        if of_it.size and of_it.max() > of_it.min() * (1 + 1e-9):
            # Kish's effective number of draws; Wilson's interval solves (p - x)^2 = z^2 x (1 - x) / n for x.
            value, draws, z2 = sum(weights[name][0]) / of_it.sum(), of_it.sum() ** 2 / (of_it ** 2).sum(), norm.ppf(0.975) ** 2
            low, high = sorted(np.roots([1 + z2 / draws, -(2 * value + z2 / draws), value ** 2]).real)
        for what, value in (("value", value), ("low", low), ("high", high)):
            same(f"recall {name} {what}", value, total[name][what], 1e-6)
    same("recall lead", float(pd.Series(lead).median()) if lead else None, total["lead_median_s"])
    same("recall groups", total["drawn"] + total["finds"], sum(g["figure"]["drawn"] + g["figure"]["finds"] for g in recall["groups"]))
    for cell in report["heat"]:
        watched_s, ovm_s = heat.get((cell["weekday"], cell["hour"]), (0, 0))
        same(f"heat {cell['weekday']} {cell['hour']}", part(ovm_s * 60, watched_s), cell["per_watched_h"])
    for figure in report["indicators"]:
        if figure["district"] is not None:
            continue
        it = annex[figure["kind"]]
        same(f"annex {figure['kind']} zone-days", it["days"], figure["zone_days"])
        same(f"annex {figure['kind']} coverage", part(it["watched"], it["force"]), figure["coverage"]["value"])
        kept = part(it["days"] - it["late"], it["days"])
        same(f"annex {figure['kind']} within limits", kept, figure["days_without_overdue"]["value"])
        same(f"annex {figure['kind']} recurrence", part(it["back"], it["followed"]), figure["recurrence"]["value"])
        if it["days"] == 0:
            answer = "not_measurable"
        elif kept < p["reached_days_min"] or (it["followed"] and it["back"] / it["followed"] > p["reached_recurrence_max"]):
            answer = "not_reached"
        elif it["watched"] / it["force"] < p["reached_coverage_min"] or it["unknown"] / it["days"] > p["reached_unknown_max"]:
            answer = "not_measurable"
        else:
            answer = "reached" if it["followed"] else "not_measurable"
        print(f"{'same ' if answer == figure['reached'] else 'WRONG'} annex {figure['kind']}: {figure['reached']} here {answer}")
        if answer != figure["reached"]:
            wrong.append(figure["kind"])
    if wrong:
        sys.exit(f"{len(wrong)} figures differ: {', '.join(wrong)}")


main()
