"""How much of what a larger model is sure of another one finds, and how much it finds that the larger one does not see at all.

`python -m kerbtrain.compare REFERENCE.jsonl=MINE.jsonl … [--score 0.4]`: both written by the `detect` example of `detectors/inference` from the same
frames (the reference with its score at 0.2). Nobody labelled the frames, so this measures agreement, not truth.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

KINDS = {"person": ("person",), "vehicle": ("car", "truck", "two_wheeler", "tricycle")}
CONFIDENT = 0.5
"""From this score on the reference is believed."""
NEAR = 0.3
"""Overlap at which a find has something of the reference's, however unsure, to support it."""
Row = list[Any]


def iou(a: list[float], b: list[float]) -> float:
    """Intersection over union of two boxes."""
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h)


def frame(reference: list[Row], mine: list[Row], names: tuple[str, ...], score: float) -> tuple[int, int, int, int]:
    """Of one frame: things the reference is sure of, those found, finds, finds that nothing supports."""
    all_of = [row[2:] for row in reference if row[0] in names]
    sure = [row[2:] for row in reference if row[0] in names and row[1] >= CONFIDENT]
    finds = [row[2:] for row in mine if row[0] in names and row[1] >= score]
    hit = sum(any(iou(box, find) >= 0.5 for find in finds) for box in sure)
    return len(sure), hit, len(finds), sum(not any(iou(box, find) >= NEAR for box in all_of) for find in finds)


def main() -> int:
    """Prints a row a clip and kind, and the sum."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pairs", nargs="+", metavar="REFERENCE.jsonl=MINE.jsonl")
    parser.add_argument("--score", type=float, default=0.4)
    args = parser.parse_args()
    total = {kind: [0, 0, 0, 0, 0] for kind in KINDS}
    print("| clip | kind | sure ones of the reference | found | finds | unsupported a frame |\n|---|---|---|---|---|---|")
    for pair in args.pairs:
        reference, mine = ([json.loads(line) for line in Path(file).read_text().splitlines()] for file in pair.split("=", 1))
        if len(reference) != len(mine):
            print(f"error: {pair}: {len(reference)} frames and {len(mine)}", file=sys.stderr)
            return 2
        for kind, names in KINDS.items():
            sums = [sum(column) for column in zip(*(frame(a, b, names, args.score) for a, b in zip(reference, mine, strict=True)))]
            total[kind] = [a + b for a, b in zip(total[kind], [*sums, len(mine)], strict=True)]
            row(Path(pair.split("=", 1)[0]).stem, kind, [*sums, len(mine)])
    for kind, sums in total.items():
        row("all", kind, sums)
    return 0


def row(clip: str, kind: str, sums: list[int]) -> None:
    """One line of the table."""
    sure, hit, finds, alone, frames = sums
    if sure or finds:
        share = f"{hit / sure:.2f}" if sure else "–"
        print(f"| {clip} | {kind} | {sure} | {share} | {finds} | {alone / frames:.2f} |")


if __name__ == "__main__":
    sys.exit(main())
