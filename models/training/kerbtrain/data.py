"""From labelled pictures to what the loss wants; which pictures are kept for evaluation."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path
from typing import Mapping

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from .augment import View, cut, random_view, whole
from .classes import CLASSES
from .decisions import read_decisions
from .errors import KitError
from .labels import Picture, read_coco
from .loss import Target
from .yolo import read_yolo


def read(path: Path, extra: Mapping[str, str]) -> list[Picture]:
    """Pictures of a COCO JSON (or a folder with `annotations.json`), a YOLO folder, or an export of decisions."""
    if path.is_file():
        return read_coco(path, extra)
    if (path / "decisions.jsonl").is_file():
        return read_decisions(path, extra)
    if (path / "annotations.json").is_file():
        return read_coco(path / "annotations.json", extra)
    if (path / "labels").is_dir() or (path / "classes.txt").is_file():
        return read_yolo(path, extra)
    raise KitError(path, "", "holds neither annotations.json (COCO), nor labels/ (YOLO), nor decisions.jsonl")


def split(pictures: list[Picture], held: float) -> tuple[list[Picture], list[Picture]]:
    """Training and held pictures. By a hash of the file's name, so that a picture stays where it was when others come."""

    def draw(picture: Picture) -> float:
        return int.from_bytes(hashlib.sha256(picture.file.name.encode()).digest()[:4], "big") / 2**32

    return [p for p in pictures if draw(p) >= held], [p for p in pictures if draw(p) < held]


def pixels(picture: Picture) -> Image.Image:
    """The picture in RGB. Raises KitError where it cannot be read or has another size than its labels say."""
    try:
        image = Image.open(picture.file).convert("RGB")
    except OSError as error:
        raise KitError(picture.file, "", f"cannot be read: {error}") from error
    if image.size != (picture.width, picture.height):
        raise KitError(picture.file, "", f"is {image.width}x{image.height}, and its labels say {picture.width}x{picture.height}")
    return image


def sample(picture: Picture, size: tuple[int, int], rng: random.Random | None) -> View:
    """A random cut for training, or all of the picture where `rng` is None."""
    image = pixels(picture)
    return cut(picture, image, whole(picture, size), size) if rng is None else random_view(picture, image, size, rng)


def tensor(view: View) -> Tensor:
    """`[1, 3, height, width]`, RGB / 127.5 - 1."""
    return torch.from_numpy(np.ascontiguousarray(view.pixels.transpose(2, 0, 1)[None])) / 127.5 - 1.0


def target(view: View, places: Tensor) -> Target:
    """What the loss wants of a view."""
    counts = torch.ones(len(places))
    for corners in view.ignored:
        low, high = torch.tensor(corners[:2]), torch.tensor(corners[2:])
        counts[((places > low) & (places < high)).all(-1)] = 0.0
    if view.only is not None:
        low, high = torch.tensor(view.only[:2]), torch.tensor(view.only[2:])
        counts[~((places > low) & (places < high)).all(-1)] = 0.0
    # An example inside a place to ignore is one all the same.
    for corners in view.boxes:
        low, high = torch.tensor(corners[:2]), torch.tensor(corners[2:])
        counts[((places > low) & (places < high)).all(-1)] = 1.0
    classes = torch.tensor([CLASSES.index(name) for name in view.names], dtype=torch.long)
    return Target(torch.from_numpy(view.boxes), classes, counts)
