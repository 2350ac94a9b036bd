"""The page of one accuracy run, from what `accuracy.py` found. No I/O here."""

import random

KINDS = ["illegal_stall", "storefront_encroachment", "unauthorized_ad", "waste_dumping"]
DRAWS = 2000
TRACKERS = ["Kerbwatch", "ByteTrack", "SORT", "OC-SORT"]


def f1(right: int, false: int, missed: int) -> float | None:
    whole = 2 * right + false + missed
    return 2 * right / whole if whole else None


def bootstrap(streams: list[tuple[int, int, int]], draws: int = DRAWS) -> tuple[float, float] | None:
    """95 % percentile interval of F1, drawing whole streams with replacement (Efron 1979), as events of one stream share its
    weather, camera and street. Always the same draws. None where there is nothing to divide by."""
    rng, values = random.Random(1), []
    for _ in range(draws if streams else 0):
        drawn = rng.choices(streams, k=len(streams))
        value = f1(*(sum(counts) for counts in zip(*drawn)))
        if value is not None:
            values.append(value)
    if not values:
        return None
    values.sort()
    at = lambda q: values[min(len(values) - 1, int(q * len(values)))]
    return at(0.025), at(0.975)


def per_stream(scores: dict, kind: str | None) -> list[tuple[int, int, int]]:
    """Right, false, missed of each stream; streams with nothing at all count too."""
    rows = []
    for camera in scores["streams"]:
        kinds = scores["cameras"].get(camera, {})
        chosen = [counts for name, counts in kinds.items() if kind in (None, name)]
        rows.append(tuple(sum(c[key] for c in chosen) for key in ("true_positives", "false_positives", "missed")))
    return rows


def share(value: float | None, interval: tuple | list | None) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" + (f" [{interval[0]:.2f}–{interval[1]:.2f}]" if interval else "")


def seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def table(head: list[str], rows: list[list]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def kinds_table(scores: dict) -> str:
    head = ["kind", "true events", "candidates", "right", "false", "of them double", "missed", "precision [95 %]", "recall [95 %]",
            "F1 [95 %]", "delay median, s", "p95"]
    rows = []
    for name in [kind for kind in KINDS if kind in scores["kinds"]] + ["all"]:
        score = scores["total"] if name == "all" else scores["kinds"][name]
        spread = bootstrap(per_stream(scores, None if name == "all" else name))
        rows.append([name, score["truths"], score["candidates"], score["true_positives"], score["false_positives"],
                     score["duplicates"], score["missed"], share(score["precision"], score["precision_ci95"]),
                     share(score["recall"], score["recall_ci95"]), share(score["f1"], spread),
                     seconds(score["delay_median_s"]), seconds(score["delay_p95_s"])])
    return table(head, rows)


def variants_table(variants: dict) -> str:
    """One row a variant, all kinds, and F1 by kind."""
    head = ["", "right / false / missed", "double", "F1 [95 %]", *(kind.replace("_", " ") for kind in KINDS), "CPU-s a video minute"]
    rows = []
    for name, scores in variants.items():
        total, stats = scores["total"], scores["stats"]
        video = stats["video_s"]
        rows.append([name, f"{total['true_positives']} / {total['false_positives']} / {total['missed']}", total["duplicates"],
                     share(total["f1"], bootstrap(per_stream(scores, None))),
                     *(share(scores["kinds"].get(kind, {}).get("f1"), None) for kind in KINDS),
                     f"{stats['cpu_s'] / video * 60:.1f}" if video else "–"])
    return table(head, rows)


def lookalikes_table(variants: dict) -> str:
    names = sorted({name for scores in variants.values() for name in scores.get("lookalikes") or {}})
    rows = []
    for name in names:
        of = [(scores.get("lookalikes") or {}).get(name, {"seen": 0, "alarmed": 0}) for scores in variants.values()]
        rows.append([name, of[0]["seen"], *(one["alarmed"] for one in of)])
    of_all = [list((scores.get("lookalikes") or {}).values()) for scores in variants.values()]
    rows.append(["all", sum(one["seen"] for one in of_all[0]), *(sum(one["alarmed"] for one in each) for each in of_all)])
    nothing = [sum(1 for alarm in scores["false_alarms"] if not alarm["lookalike"] and not alarm["duplicate"])
               for scores in variants.values()]
    rows.append(["false candidates on none of them", "", *nothing])
    return table(["look-alike", "seen", *(f"alarmed: {name}" for name in variants)], rows)


def clips_table(variants: dict) -> str:
    """A line per clip: right/false/missed in each variant."""
    streams = next(iter(variants.values()))["streams"]
    rows = []
    for index, camera in enumerate(streams):
        rows.append([camera, *(" / ".join(map(str, per_stream(scores, None)[index])) for scores in variants.values())])
    minutes = next(iter(variants.values()))["stats"]["video_s"] / 60
    totals = [scores["total"] for scores in variants.values()]
    rows.append(["all", *(f"{t['true_positives']} / {t['false_positives']} / {t['missed']}" for t in totals)])
    rows.append([f"false a minute ({minutes:.1f} min)", *(f"{t['false_positives'] / minutes:.2f}" if minutes else "–" for t in totals)])
    return table(["clip", *variants], rows)


def tracker_table(scores: dict) -> str:
    """HOTA / IDF1 / MOTA a sequence; the best HOTA in bold."""
    present = [name for name in TRACKERS if name in scores]
    rows = []
    for sequence in scores[present[0]]:
        best = max(round(scores[name][sequence]["HOTA"], 1) for name in present)
        cells = []
        for name in present:
            one = scores[name][sequence]
            hota = f"{one['HOTA']:.1f}"
            cells.append((f"**{hota}**" if float(hota) == best else hota) + f" / {one['IDF1']:.1f} / {one['MOTA']:.1f}")
        rows.append([sequence, *cells, *(scores[name][sequence]["IDSW"] for name in present[:2])])
    return table(["sequence (detections)", *present, *(f"switches, {name}" for name in present[:2])], rows)


def named(items: list[dict], limit: int = 40) -> str:
    """Missed or false ones, one a line, for whoever wants to look at them."""
    lines = []
    for item in items[:limit]:
        at = item.get("raised_s", item.get("start_s"))
        box = ", ".join(f"{v:.2f}" for v in item["box"])
        why = " (double)" if item.get("duplicate") else f" ({item['lookalike']})" if item.get("lookalike") else ""
        lines.append(f"- {item['camera']} {at:.1f} s {item['kind']}{why} [{box}]")
    if len(items) > limit:
        lines.append(f"- and {len(items) - limit} more")
    return "\n".join(lines) + "\n" if lines else "None.\n"


def write(found: dict) -> str:
    model = f"{found['model']}, of `models/`" if found["model"] else "none: no model ships yet, so every row is without one"
    parts = [f"# {found['date']}: accuracy\n",
             f"By `make bench-accuracy`{' (`--quick`: a small run, its intervals are wide)' if found['quick'] else ''}. "
             f"{found['software']}; {found['machine']}. Model: {model}.\n",
             "A candidate is right, false or double as the design's contract says (`kerbwatch evaluate`). Intervals are 95 %: "
             f"Wilson for precision and recall, a bootstrap over whole streams ({DRAWS} draws) for F1. Delay is from the event's "
             "beginning to the candidate, its dwell included.\n"]
    if found["streets"]:
        variants = found["streets"]["variants"]
        first, last = found["streets"]["seeds"]
        count = last - first + 1
        main, scores = next(iter(variants.items()))
        held = "held out: nobody rendered or looked at them before" if found["held_out"] else "**not** held out: a run for developing"
        parts += [f"## Rendered streets\n\n{count} streets, seeds {first}–{last} ({held}), "
                  f"{scores['stats']['video_s'] / 60:.0f} minutes. This table: {main}.\n", kinds_table(scores)]
        names = list(variants)
        fuller = next((name for name in names if name.startswith("full rate") and ("no model" in name) == ("no model" in main)), None)
        if fuller and scores["total"]["f1"] is not None and variants[fuller]["total"]["f1"] is not None:
            parts.append(f"Key frames against full rate: F1 {scores['total']['f1']:.3f} and {variants[fuller]['total']['f1']:.3f}, "
                         f"a difference of {scores['total']['f1'] - variants[fuller]['total']['f1']:+.3f}.\n")
        parts += ["### Ablations\n", variants_table(variants),
                  "Without static change nothing is ever raised: every candidate begins as a place that changed and stays; the model "
                  "only says what stands there and who is near. Its recall is 0 by construction, so it has no row.\n",
                  "### Look-alikes\n", lookalikes_table(variants),
                  f"### What was missed ({main})\n", named(scores["missed"]),
                  f"### What was false ({main})\n", named(scores["false_alarms"])]
    if found["real"]:
        variants = found["real"]["variants"]
        parts += ["## Real clips\n\nRight / false / missed. The clips are not ours to publish and are not in git; thresholds of the first "
                  "session were set while looking at them, so they flatter.\n", clips_table(variants)]
        for name, scores in variants.items():
            if scores["false_alarms"] or scores["missed"]:
                parts.append(f"{name}, false:\n\n{named(scores['false_alarms'])}\nmissed:\n\n{named(scores['missed'])}")
    if found["tracker"]:
        parts.append("## The tracker alone\n\nHOTA / IDF1 / MOTA in per cent by TrackEval 1.3.0, on the public detections of MOT17 "
                     "(FRCNN, SDP) and MOT15 (TUD). SORT, ByteTrack and OC-SORT are those of the PyPI package `trackers` 2.6.1 with its "
                     "defaults, told the frame rate, on the same detections. MOT17-05, -10 and -13 are filmed from a moving camera, which ours "
                     "never are.\n")
        for rate, scores in sorted(found["tracker"].items(), key=lambda item: -float(item[0]) if float(item[0]) else -1e9):
            shown = "Every frame (14–30 a second)" if float(rate) == 0 else f"Thinned to {rate} a second, for all trackers alike"
            parts += [f"### {shown}\n", tracker_table(scores)]
    return "\n".join(parts).rstrip() + "\n"
