"""Labelled pictures, whatever they were written as, and the reader of COCO JSON."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Mapping

from .classes import CLASSES, COCO_NAMES
from .errors import KitError


@dataclass(frozen=True)
class Box:
    """One thing: its class's name in `CLASSES`, and left, top, right, bottom in pixels of the picture."""

    name: str
    corners: tuple[float, float, float, float]


@dataclass(frozen=True)
class Picture:
    """A file, its size in pixels and what is in it. Nothing outside `boxes` may be learnt as background where `only` is given."""

    file: Path
    width: int
    height: int
    boxes: tuple[Box, ...]
    only: tuple[float, float, float, float] | None = None
    """Where the labels hold (an officer looked at one candidate, not at the street); None: everywhere."""
    ignored: tuple[tuple[float, float, float, float], ...] = field(default=())
    """Places nobody shall learn from: crowds, classes the kit has no word for."""
    others: tuple[tuple[float, float, float, float], ...] = field(default=())
    """Of the ignored places, those that the labels call `other`: something changed there, and it is no thing."""


def word(name: str, extra: Mapping[str, str]) -> str | None:
    """Our class for a data set's word; None where we have none. `extra` is the user's `--map`."""
    key = name.strip().lower()
    ours = extra.get(key) or (key if key in CLASSES else COCO_NAMES.get(key))
    return ours if ours in CLASSES else None


def corners(file: Path, where: str, values: list[float], width: float, height: float) -> tuple[float, float, float, float]:
    """Checks left, top, right, bottom and cuts them to the picture; a box of no size or outside is an error."""
    if not all(math.isfinite(value) for value in values):
        raise KitError(file, where, f"{values} has a value that is no number")
    x1, y1, x2, y2 = values
    if x2 <= x1 or y2 <= y1:
        raise KitError(file, where, f"the box {values} has no size")
    cut = (max(x1, 0.0), max(y1, 0.0), min(x2, width), min(y2, height))
    if cut[2] <= cut[0] or cut[3] <= cut[1]:
        raise KitError(file, where, f"the box {values} lies outside the picture of {width:g}x{height:g}")
    return cut


def number(file: Path, where: str, value: Any) -> float:
    """A JSON number; text, booleans and nothing are errors."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise KitError(file, where, f"a number is needed, not {value!r}")
    return float(value)


def load_json(file: Path) -> Any:
    """Parses a JSON file. Raises KitError with the line where it is none."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise KitError(file, "", f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise KitError(file, "", "is not UTF-8 text") from error
    except json.JSONDecodeError as error:
        raise KitError(file, f"line {error.lineno}", f"is no JSON: {error.msg}") from error


def need(file: Path, where: str, entry: Any, key: str, kind: type) -> Any:
    """`entry[key]`, of that type."""
    if not isinstance(entry, dict):
        raise KitError(file, where, f"an object is needed, not {entry!r}")
    if key not in entry:
        raise KitError(file, f"{where}.{key}" if where else key, "is missing")
    value = entry[key]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise KitError(file, f"{where}.{key}" if where else key, f"{value!r} is no {kind.__name__}")
    return value


def read_coco(file: Path, extra: Mapping[str, str] | None = None, folders: tuple[str, ...] = ("", "images")) -> list[Picture]:
    """Reads a COCO JSON; pictures lie beside it or in `images/`. Unknown categories and crowds become places to ignore.

    Raises KitError naming the file and the field (`annotations[3].bbox`) of the first thing wrong.
    """
    data, extra = load_json(file), extra or {}
    categories: dict[int, str | None] = {}
    named_other: set[int] = set()
    for index, entry in enumerate(need(file, "", data, "categories", list)):
        where = f"categories[{index}]"
        key, name = need(file, where, entry, "id", int), need(file, where, entry, "name", str)
        categories[key] = word(name, extra)
        if name == "other" and categories[key] is None:
            named_other.add(key)
    if not any(categories.values()):
        raise KitError(file, "categories", f"none means one of {', '.join(CLASSES)}; say which with --map word=class")
    sizes: dict[int, tuple[Path, int, int]] = {}
    for index, entry in enumerate(need(file, "", data, "images", list)):
        where = f"images[{index}]"
        name = need(file, where, entry, "file_name", str)
        width, height = (number(file, f"{where}.{side}", entry.get(side)) for side in ("width", "height"))
        if width < 1 or height < 1:
            raise KitError(file, where, f"{width:g}x{height:g} is no size of a picture")
        found = next((path for folder in folders if (path := file.parent / folder / name).is_file()), None)
        if found is None:
            raise KitError(file, f"{where}.file_name", f"{name!r} is not beside it, nor in images/")
        key = need(file, where, entry, "id", int)
        if key in sizes:
            raise KitError(file, f"{where}.id", f"{key} stands there twice")
        sizes[key] = (found, int(width), int(height))
    boxes: dict[int, list[Box]] = {key: [] for key in sizes}
    ignored: dict[int, list[tuple[float, float, float, float]]] = {key: [] for key in sizes}
    others: dict[int, list[tuple[float, float, float, float]]] = {key: [] for key in sizes}
    for index, entry in enumerate(need(file, "", data, "annotations", list)):
        where = f"annotations[{index}]"
        image = need(file, where, entry, "image_id", int)
        if image not in sizes:
            raise KitError(file, f"{where}.image_id", f"there is no image {image}")
        category = need(file, where, entry, "category_id", int)
        if category not in categories:
            raise KitError(file, f"{where}.category_id", f"there is no category {category}")
        values = need(file, where, entry, "bbox", list)
        if len(values) != 4:
            raise KitError(file, f"{where}.bbox", f"4 numbers are needed, not {len(values)}")
        x, y, w, h = (number(file, f"{where}.bbox[{i}]", value) for i, value in enumerate(values))
        _, width, height = sizes[image]
        box = corners(file, f"{where}.bbox", [x, y, x + w, y + h], width, height)
        name_of = categories[category]
        if name_of is None or entry.get("iscrowd", 0):
            ignored[image].append(box)
            if category in named_other:
                others[image].append(box)
        else:
            boxes[image].append(Box(name_of, box))
    return [Picture(*sizes[key], tuple(boxes[key]), None, tuple(ignored[key]), tuple(others[key])) for key in sorted(sizes)]
