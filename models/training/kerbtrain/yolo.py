"""The reader of YOLO folders: `images/`, `labels/` with one text file a picture, `classes.txt` (or `data.yaml` with `names`)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Mapping

from PIL import Image

from .errors import KitError
from .labels import Box, Picture, corners, word

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")


def names(folder: Path) -> tuple[Path, list[str]]:
    """The file that names the classes, and the names in order."""
    plain = folder / "classes.txt"
    if plain.is_file():
        return plain, [line.strip() for line in plain.read_text(encoding="utf-8").splitlines() if line.strip()]
    for file in (folder / "data.yaml", folder / "data.yml"):
        if file.is_file():
            # The two shapes in use, `names: [a, b]` and a block of `- a` or `0: a`; a parser of all YAML is not worth a dependency.
            text = file.read_text(encoding="utf-8")
            inline = re.search(r"^names:\s*\[(.*?)\]", text, re.MULTILINE | re.DOTALL)
            if inline:
                return file, [part.strip().strip("'\"") for part in inline.group(1).split(",") if part.strip()]
            block = re.search(r"^names:\s*\n((?:\s+.*\n?|-.*\n?)+)", text, re.MULTILINE)
            found = re.findall(r"^\s*(?:-|\d+\s*:)\s*(.+?)\s*$", block.group(1), re.MULTILINE) if block else []
            if not found:
                raise KitError(file, "names", "no list of class names is there")
            return file, [name.strip("'\"") for name in found]
    raise KitError(folder, "classes.txt", "is missing, and data.yaml too")


def read_yolo(folder: Path, extra: Mapping[str, str] | None = None) -> list[Picture]:
    """Reads a YOLO folder. A picture without a label file holds nothing; a label file without a picture is an error.

    Raises KitError naming file and line of the first thing wrong.
    """
    names_file, known = names(folder)
    meant = [word(name, extra or {}) for name in known]
    if not any(meant):
        raise KitError(names_file, "", "no class means one of ours; say which with --map word=class")
    images, labels = folder / "images", folder / "labels"
    if not images.is_dir():
        raise KitError(images, "", "is no folder")
    files = sorted(path for path in images.iterdir() if path.suffix.lower() in SUFFIXES)
    stems = {path.stem for path in files}
    for label in sorted(labels.glob("*.txt")) if labels.is_dir() else []:
        if label.stem not in stems and label.name != "classes.txt":
            raise KitError(label, "", f"there is no picture {label.stem} in images/")
    return [_picture(file, labels / f"{file.stem}.txt", meant) for file in files]


def _picture(file: Path, label: Path, meant: list[str | None]) -> Picture:
    try:
        with Image.open(file) as picture:
            width, height = picture.size
    except OSError as error:
        raise KitError(file, "", f"is no picture: {error}") from error
    boxes: list[Box] = []
    ignored: list[tuple[float, float, float, float]] = []
    lines = label.read_text(encoding="utf-8").splitlines() if label.is_file() else []
    for number, line in enumerate(lines, 1):
        parts, where = line.split(), f"line {number}"
        if not parts:
            continue
        try:
            kind, x, y, w, h = int(parts[0]), *(float(part) for part in parts[1:5])
        except ValueError as error:
            raise KitError(label, where, f"{line!r} is not `class x y width height`") from error
        if len(parts) > 6 or not 0 <= kind < len(meant):
            reason = "has more than a box (polygons are not read)" if len(parts) > 6 else f"class {kind} has no name"
            raise KitError(label, where, reason)
        # A share a little over 1 is a rounding; more is a file in pixels.
        if not all(-0.01 <= value <= 1.01 for value in (x, y, w, h)):
            raise KitError(label, where, f"{parts[1:5]} are no shares of the picture, 0 to 1")
        values = [(x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height]
        box = corners(label, where, values, width, height)
        name = meant[kind]
        if name is None:
            ignored.append(box)
        else:
            boxes.append(Box(name, box))
    return Picture(file, width, height, tuple(boxes), None, tuple(ignored))
