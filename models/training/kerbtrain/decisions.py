"""The reader of officers' decisions, as `kerbwatch` exports them: what they confirmed is an example, what they rejected a hard negative.

A folder with `decisions.jsonl`, one object a line, and the stills it names:

    {"candidate": "0f3a…", "kind": "illegal_stall", "decision": "confirmed", "image": "stills/0f3a….jpg",
     "box": [x1, y1, x2, y2], "class": "stall"}

`kind` is the wire name of one of the four kinds, `decision` is `confirmed` or `rejected`, `image` is relative to the folder, `box` is
0..1 of the picture. `class` is optional, one of `CLASSES`; without it the kind says what was there. Optionally `annotations.json` (COCO) labels
the same pictures fully; those are read by it, and the decisions on them count once more as hard places.

An officer looked at one candidate, not at the street: only the place of the box, with a margin, is learnt from.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Mapping

from PIL import Image

from .classes import CLASSES
from .errors import KitError
from .labels import Box, Picture, corners, need, number, read_coco

KINDS: dict[str, str] = {
    "illegal_stall": "stall",
    "storefront_encroachment": "goods",
    "unauthorized_ad": "poster",
    "waste_dumping": "pile",
}
"""What a confirmed candidate of each kind shows, where the export does not say it better."""
MARGIN = 0.25
"""Of the box's sides, on each side: so far the still is known to hold nothing else of that kind."""


def read_decisions(folder: Path, extra: Mapping[str, str] | None = None) -> list[Picture]:
    """Reads an export. Raises KitError naming the line and field of the first thing wrong."""
    file = folder / "decisions.jsonl"
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise KitError(file, "", f"cannot be read: {error.strerror}") from error
    full = folder / "annotations.json"
    pictures = read_coco(full, extra) if full.is_file() else []
    for index, line in enumerate(lines, 1):
        if line.strip():
            pictures.append(_decision(file, f"line {index}", line))
    return pictures


def _decision(file: Path, where: str, line: str) -> Picture:
    try:
        entry = json.loads(line)
    except json.JSONDecodeError as error:
        raise KitError(file, where, f"is no JSON: {error.msg}") from error
    need(file, where, entry, "candidate", str)
    kind = need(file, where, entry, "kind", str)
    if kind not in KINDS:
        raise KitError(file, f"{where}.kind", f"{kind!r} is not one of {', '.join(KINDS)}")
    decision = need(file, where, entry, "decision", str)
    if decision not in ("confirmed", "rejected"):
        raise KitError(file, f"{where}.decision", f"{decision!r} is neither confirmed nor rejected")
    name = entry.get("class", KINDS[kind])
    if name not in CLASSES:
        raise KitError(file, f"{where}.class", f"{name!r} is not one of {', '.join(CLASSES)}")
    path = Path(need(file, where, entry, "image", str))
    if path.is_absolute() or ".." in path.parts:
        raise KitError(file, f"{where}.image", f"{str(path)!r} leaves the folder")
    image = file.parent / path
    try:
        with Image.open(image) as picture:
            width, height = picture.size
    except OSError as error:
        raise KitError(file, f"{where}.image", f"{str(path)!r} is no picture: {error}") from error
    values = need(file, where, entry, "box", list)
    if len(values) != 4:
        raise KitError(file, f"{where}.box", f"4 numbers are needed, not {len(values)}")
    x1, y1, x2, y2 = (number(file, f"{where}.box[{i}]", value) for i, value in enumerate(values))
    if not all(0.0 <= value <= 1.0 for value in (x1, y1, x2, y2)):
        raise KitError(file, f"{where}.box", f"{values} lies outside 0..1")
    box = corners(file, f"{where}.box", [x1 * width, y1 * height, x2 * width, y2 * height], width, height)
    dx, dy = (box[2] - box[0]) * MARGIN, (box[3] - box[1]) * MARGIN
    only = (max(box[0] - dx, 0.0), max(box[1] - dy, 0.0), min(box[2] + dx, float(width)), min(box[3] + dy, float(height)))
    boxes = (Box(name, box),) if decision == "confirmed" else ()
    return Picture(image, width, height, boxes, only)
