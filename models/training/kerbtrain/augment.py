"""What a camera may do to a picture: another cut, another light, noise, blur, compression. Labels move along."""

from __future__ import annotations

import io
import random
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from .labels import Picture

PAD = 127.5
"""Pixel value beyond the picture; 0 after scaling."""


@dataclass(frozen=True)
class View:
    """A cut of a picture at the input's size: RGB `[height, width, 3]` of 0..255, and its labels in input pixels."""

    pixels: np.ndarray
    names: tuple[str, ...]
    boxes: np.ndarray
    """`[n, 4]`, corners."""
    ignored: np.ndarray
    """`[n, 4]`: nobody learns from places in here."""
    only: np.ndarray | None
    """Corners; places outside are not learnt from. None: all are."""


def cut(picture: Picture, pixels: Image.Image, window: tuple[float, float, float, float], size: tuple[int, int], flip: bool = False) -> View:
    """The part `window` (corners in picture pixels; may reach beyond) of a picture at `size` (width, height), as Kerbwatch cuts tiles.

    Boxes are cut to the window; one of which less than a third is left becomes a place to ignore.
    """
    width, height = size
    x1, y1, x2, y2 = window
    fx, fy = width / (x2 - x1), height / (y2 - y1)
    inner = (max(x1, 0.0), max(y1, 0.0), min(x2, float(pixels.width)), min(y2, float(pixels.height)))
    at = (round((inner[0] - x1) * fx), round((inner[1] - y1) * fy), round((inner[2] - x1) * fx), round((inner[3] - y1) * fy))
    shrink = 1 / min(fx, fy)
    # Shrinking by more than a little takes the mean of an area, as Kerbwatch's own preparation does.
    how = Image.Resampling.BOX if shrink > 1.5 else Image.Resampling.BILINEAR
    part = pixels.resize((max(at[2] - at[0], 1), max(at[3] - at[1], 1)), how, box=inner)
    canvas = np.full((height, width, 3), PAD, np.float32)
    canvas[at[1] : at[1] + part.height, at[0] : at[0] + part.width] = np.asarray(part, np.float32)[: height - at[1], : width - at[0]]

    def move(corners: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        a, b, c, d = ((corners[0] - x1) * fx, (corners[1] - y1) * fy, (corners[2] - x1) * fx, (corners[3] - y1) * fy)
        return (width - c, b, width - a, d) if flip else (a, b, c, d)

    def clip(c: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        return (min(max(c[0], 0), width), min(max(c[1], 0), height), min(max(c[2], 0), width), min(max(c[3], 0), height))

    names: list[str] = []
    boxes: list[tuple[float, float, float, float]] = []
    ignored = [clip(move(corners)) for corners in picture.ignored]
    for box in picture.boxes:
        whole = move(box.corners)
        left = clip(whole)
        area = max(left[2] - left[0], 0) * max(left[3] - left[1], 0)
        if area <= 0:
            continue
        # Less than a third, or so small that nobody could name it: neither an example nor background.
        if area < (whole[2] - whole[0]) * (whole[3] - whole[1]) / 3 or max(left[2] - left[0], left[3] - left[1]) < 6:
            ignored.append(left)
        else:
            names.append(box.name)
            boxes.append(left)
    only = None if picture.only is None else np.array(clip(move(picture.only)), np.float32)
    return View(
        canvas[:, ::-1] if flip else canvas,
        tuple(names),
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array([c for c in ignored if c[2] > c[0] and c[3] > c[1]], np.float32).reshape(-1, 4),
        only,
    )


def whole(picture: Picture, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """The window that shows all of a picture in the middle of an input of that size."""
    scale = max(picture.width / size[0], picture.height / size[1])
    w, h = size[0] * scale, size[1] * scale
    x, y = (picture.width - w) / 2, (picture.height - h) / 2
    return (x, y, x + w, y + h)


def random_view(picture: Picture, pixels: Image.Image, size: tuple[int, int], rng: random.Random) -> View:
    """A cut as tiles and zones make them, between a third of the picture and all of it, in another light."""
    full = whole(picture, size)
    share = 1.0 if rng.random() < 0.25 else rng.uniform(0.33, 1.0)
    if picture.only is not None:
        share = max(share * 0.8, (picture.only[2] - picture.only[0]) / (full[2] - full[0]), (picture.only[3] - picture.only[1]) / (full[3] - full[1]))
    w, h = (full[2] - full[0]) * share, (full[3] - full[1]) * share
    low = (min(full[0], 0.0), min(full[1], 0.0)) if share == 1.0 else (0.0, 0.0)
    x = rng.uniform(low[0], max(picture.width - w, low[0])) if share < 1.0 else full[0]
    y = rng.uniform(low[1], max(picture.height - h, low[1])) if share < 1.0 else full[1]
    if picture.only is not None:
        x = min(max(x, picture.only[2] - w), picture.only[0])
        y = min(max(y, picture.only[3] - h), picture.only[1])
    view = cut(picture, pixels, (x, y, x + w, y + h), size, rng.random() < 0.5)
    return View(relight(view.pixels, rng), view.names, view.boxes, view.ignored, view.only)


def relight(pixels: np.ndarray, rng: random.Random) -> np.ndarray:
    """Gain, contrast, gamma, colour of the light, saturation, blur, noise and compression, each now and then."""
    noise = np.random.default_rng(rng.getrandbits(32))
    out = pixels / 255.0
    if rng.random() < 0.8:
        out = np.clip((out - 0.5) * rng.uniform(0.6, 1.35) + 0.5 + rng.uniform(-0.12, 0.12), 0, 1) ** rng.uniform(0.7, 1.6)
    if rng.random() < 0.5:
        out = out * np.array([rng.uniform(0.82, 1.18), 1.0, rng.uniform(0.82, 1.18)], np.float32)
    if rng.random() < 0.5:
        grey = out @ np.array([0.299, 0.587, 0.114], np.float32)
        # Down to none: infra-red cameras see no colour.
        keep = 0.0 if rng.random() < 0.2 else rng.uniform(0.3, 1.4)
        out = grey[..., None] + (out - grey[..., None]) * keep
    if rng.random() < 0.5:
        out = out + noise.normal(0, rng.uniform(0.005, 0.05), out.shape)
    image = Image.fromarray((np.clip(out, 0, 1) * 255).astype(np.uint8))
    if rng.random() < 0.35:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.2)))
    if rng.random() < 0.4:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=rng.randint(25, 85))
        image = Image.open(buffer)
    return np.asarray(image.convert("RGB"), np.float32)
