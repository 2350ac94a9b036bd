"""From labelled pictures to crops of single things, and of places where nothing stands: what a classifier of things learns from."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Sequence

import numpy as np
from PIL import Image

from .classes import CLASSES
from .data import pixels
from .errors import KitError
from .labels import Picture

NOTHING = "other"
"""Bare ground or wall, a shadow, light, water, leaves, a door: nothing that was put there."""

CLASSES_OF_THINGS: tuple[str, ...] = tuple(name for name in CLASSES if name != "animal") + (NOTHING,)

AROUND = 0.5
"""A crop is cut with so much of the box's sides around it on each side, so that boxes can be moved while training."""
SIDE = 88
"""Pixels a side that crops are kept in, stretched; the aspect of the box is kept beside them."""
SMALLEST = 9.0
"""Pixels: what is narrower says too little."""
LIE_ON = 0.12
"""A place of nothing has no more of any thing in it, as a share of itself."""

Corners = tuple[float, float, float, float]


@dataclass(frozen=True)
class Crops:
    """`pictures` `[n, SIDE, SIDE, 3]` bytes RGB, `aspects` `[n]` width by height of the boxes, `classes` `[n]`."""

    pictures: np.ndarray
    aspects: np.ndarray
    classes: np.ndarray


def area(box: Corners) -> float:
    """Of a box, 0 where it has none."""
    return max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)


def common(a: Corners, b: Corners) -> float:
    """Area that two boxes share."""
    return area((max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])))


def union(boxes: Sequence[Corners]) -> Corners:
    """The smallest box around all."""
    return (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))


def groups(picture: Picture) -> list[tuple[str, Corners]]:
    """Neighbours of one class as one thing: crates in a row, bags in a heap, bicycles side by side are found so by static change."""
    found = []
    for name in ("goods", "bag", "two_wheeler", "furniture", "person", "pile", "stall", "poster"):
        left = [box.corners for box in picture.boxes if box.name == name]
        while left:
            group, grown = [left.pop()], True
            while grown:
                around = union(group)
                reach = 0.25 * (around[3] - around[1])
                grown_box = (around[0] - reach, around[1] - 0.3 * reach, around[2] + reach, around[3] + 0.3 * reach)
                near = [box for box in left if common(box, grown_box) > 0]
                grown = bool(near) and len(group) < 5
                if grown:
                    group.append(near[0])
                    left.remove(near[0])
            if len(group) > 1:
                found.append((name, union(group)))
    return found


def with_people(picture: Picture) -> list[tuple[str, Corners]]:
    """Things together with the people who stand at them: static change finds a stall with its vendor before it, and that is a stall."""
    people = [box.corners for box in picture.boxes if box.name == "person"]
    found = []
    for box in picture.boxes:
        if box.name not in ("stall", "canopy", "goods", "pile", "bag", "furniture", "two_wheeler"):
            continue
        b = box.corners
        w, h = b[2] - b[0], b[3] - b[1]
        at = [p for p in people if common(p, (b[0] - 0.1 * w, b[1], b[2] + 0.1 * w, b[3])) > 0 and area(p) <= 1.2 * area(b) and abs(p[3] - b[3]) <= 0.5 * h]
        for some in {tuple(at[:1]), tuple(at[:2])} - {()}:
            found.append((box.name, union([b, *some])))
    return found


def places_of_nothing(picture: Picture, count: int, rng: random.Random) -> list[Corners]:
    """Random places as large as the picture's things that have next to none of any in them."""
    taken = [box.corners for box in picture.boxes] + list(picture.ignored)
    shapes = [(box.corners[2] - box.corners[0], box.corners[3] - box.corners[1]) for box in picture.boxes] or [(40.0, 40.0)]
    found: list[Corners] = []
    for _ in range(12 * count):
        if len(found) == count:
            break
        w, h = rng.choice(shapes)
        w, h = min(w * rng.uniform(0.6, 1.6), 0.5 * picture.width), min(h * rng.uniform(0.6, 1.6), 0.5 * picture.height)
        if min(w, h) < SMALLEST:
            continue
        x, y = rng.uniform(0, picture.width - w), rng.uniform(0.2 * picture.height, picture.height - h)
        place = (x, y, x + w, y + h)
        if all(common(place, box) <= LIE_ON * area(place) for box in taken):
            found.append(place)
    return found


def wanted(picture: Picture, rng: random.Random) -> list[tuple[str, Corners]]:
    """What a picture teaches: its things, groups of them, and places where nothing stands."""
    known = [(box.name, box.corners) for box in picture.boxes if box.name in CLASSES_OF_THINGS]
    nothing = [(NOTHING, box) for box in (*picture.others, *places_of_nothing(picture, 3, rng))] if picture.only is None else []
    return [(name, box) for name, box in (*known, *groups(picture), *with_people(picture), *nothing) if min(box[2] - box[0], box[3] - box[1]) >= SMALLEST]


def cut(image: Image.Image, box: Corners) -> np.ndarray:
    """A box with its surroundings, `[SIDE, SIDE, 3]`; what lies outside of the picture is grey."""
    dx, dy = AROUND * (box[2] - box[0]), AROUND * (box[3] - box[1])
    region = (box[0] - dx, box[1] - dy, box[2] + dx, box[3] + dy)
    whole = image.transform((SIDE, SIDE), Image.Transform.EXTENT, region, Image.Resampling.BILINEAR, fillcolor=(127, 127, 127))
    if max(region[2] - region[0], region[3] - region[1]) > 2 * SIDE:
        # The transform takes single pixels: shrink by area first.
        inside = tuple(int(round(v)) for v in region)
        whole = image.crop(inside).resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(whole)


def read(pictures: Iterable[Picture], seed: int) -> Crops:
    """Cuts all crops of all pictures. Raises KitError where a picture cannot be read."""
    cuts, aspects, classes = [], [], []
    for picture in pictures:
        rng = random.Random(f"{seed} {picture.file.name}")
        asked = wanted(picture, rng)
        if not asked:
            continue
        image = pixels(picture)
        for name, box in asked:
            cuts.append(cut(image, box))
            aspects.append((box[2] - box[0]) / (box[3] - box[1]))
            classes.append(CLASSES_OF_THINGS.index(name))
    return Crops(np.stack(cuts) if cuts else np.zeros((0, SIDE, SIDE, 3), np.uint8), np.array(aspects, np.float32), np.array(classes, np.int64))


def unlike(files: Sequence[Path], count: int, seed: int) -> Crops:
    """Random places of pictures that are of another kind than those it learns from, at the sizes at which a camera shows things. Their
    classes mean nothing. Raises KitError where a picture cannot be read.
    """
    rng = np.random.default_rng(seed)
    images = []
    for file in files:
        try:
            images.append(Image.open(file).convert("RGB"))
        except OSError as error:
            raise KitError(file, "", f"cannot be read: {error}") from error
    cuts, aspects = [], []
    for index in range(count):
        image = images[index % len(images)]
        width, height = image.size
        w = rng.uniform(20, 200) * np.exp(rng.uniform(-0.2, 1.9))
        w, h = min(w, 0.5 * width), min(w * np.exp(rng.normal(0.2, 0.6)), 0.5 * height)
        x = rng.uniform(min(0.5 * w, width - w), max(width - 1.5 * w, 0.5 * w))
        y = rng.uniform(min(0.5 * h, height - h), max(height - 1.5 * h, 0.5 * h))
        # As small as it would be on a street camera.
        side = int(rng.uniform(22, SIDE))
        small = Image.fromarray(cut(image, (x, y, x + w, y + h))).resize((side, side), Image.Resampling.BOX)
        cuts.append(np.asarray(small.resize((SIDE, SIDE), Image.Resampling.BILINEAR)))
        aspects.append(w / h)
    return Crops(np.stack(cuts), np.array(aspects, np.float32), np.zeros(count, np.int64))
