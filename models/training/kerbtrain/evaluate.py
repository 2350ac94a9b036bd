"""How good: average precision at an overlap of one half, precision and recall at the threshold, per class, on pictures not learnt from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

import numpy as np

from . import data
from .augment import View
from .classes import CLASSES
from .labels import Picture

IOU = 0.5
"""A find is right when it overlaps a thing of its class by this much."""
LOWEST = 0.05
"""Scores below are not looked at."""
Runner = Callable[[np.ndarray], np.ndarray]
"""A picture `[1, 3, h, w]` to the output `[1, 4 + classes, columns]`."""


@dataclass(frozen=True)
class Found:
    """Finds of one class over all held pictures: scores, right or wrong, best first; things there were."""

    scores: np.ndarray
    right: np.ndarray
    things: int

    def precision(self, threshold: float) -> float:
        """Of what is reported from that score on; NaN where nothing is."""
        kept = self.right[self.scores >= threshold]
        return float(kept.mean()) if len(kept) else float("nan")

    def recall(self, threshold: float) -> float:
        """Share of the things that are found; NaN where there are none."""
        return float(self.right[self.scores >= threshold].sum()) / self.things if self.things else float("nan")

    def average_precision(self) -> float:
        """Area below the precision-recall curve, interpolated at every point (PASCAL VOC from 2010 on)."""
        if self.things == 0:
            return float("nan")
        true = np.cumsum(self.right)
        recall, precision = true / self.things, true / np.arange(1, len(true) + 1)
        precision = np.maximum.accumulate(precision[::-1])[::-1] if len(precision) else precision
        return float(np.sum(np.diff(np.concatenate([[0.0], recall])) * precision))

    def threshold(self, wanted: float, low: float = 0.2, high: float = 0.9) -> float:
        """The lowest score in `low..=high` from which on precision is at least `wanted`; else `high`."""
        for hundredths in range(round(low * 100), round(high * 100) + 1):
            if self.precision(hundredths / 100) >= wanted:
                return hundredths / 100
        return high


def iou(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Intersection over union of corners `[4]` with `[n, 4]`."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    inter = np.clip(high - low, 0, None).prod(1)
    return inter / np.maximum((box[2:] - box[:2]).prod() + (others[:, 2:] - others[:, :2]).prod(1) - inter, 1e-9)


def suppress(boxes: np.ndarray, scores: np.ndarray, overlap: float = 0.5) -> list[int]:
    """Indices kept of boxes of one class, best first; as Kerbwatch's own suppression."""
    order, kept = list(np.argsort(-scores, kind="stable")), []
    while order:
        best = order.pop(0)
        kept.append(best)
        if order:
            order = [index for index, share in zip(order, iou(boxes[best], boxes[order]), strict=True) if share <= overlap]
    return kept


def boxes_of(output: np.ndarray, lowest: float = LOWEST) -> list[tuple[str, float, np.ndarray]]:
    """Class, score and corners of what one output `[4 + classes, columns]` holds, after suppression."""
    scores = output[4:]
    best, finds = scores.argmax(0), []
    for index, name in enumerate(CLASSES):
        columns = np.flatnonzero((best == index) & (scores[index] >= lowest))
        x, y, w, h = output[:4, columns]
        corners = np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], 1)
        for kept in suppress(corners, scores[index, columns]):
            finds.append((name, float(scores[index, columns[kept]]), corners[kept]))
    return finds


def judge(pictures: list[Picture], size: tuple[int, int], run: Runner) -> dict[str, Found]:
    """Runs over whole pictures and says per class what was right. A find on a place to ignore is neither right nor wrong."""
    rows: dict[str, list[tuple[float, bool]]] = {name: [] for name in CLASSES}
    things = dict.fromkeys(CLASSES, 0)
    for picture in pictures:
        view = data.sample(picture, size, None)
        output = run(data.tensor(view).numpy())[0]
        _match(view, boxes_of(output), rows, things)
    found = {}
    for name in CLASSES:
        ordered = sorted(rows[name], key=lambda row: -row[0])
        found[name] = Found(np.array([row[0] for row in ordered]), np.array([row[1] for row in ordered], bool), things[name])
    return found


def _match(view: View, finds: list[tuple[str, float, np.ndarray]], rows: dict[str, list[tuple[float, bool]]], things: dict[str, int]) -> None:
    free = {name: [box for box, own in zip(view.boxes, view.names, strict=True) if own == name] for name in CLASSES}
    for name in CLASSES:
        things[name] += len(free[name])
    for name, score, corners in sorted(finds, key=lambda find: -find[1]):
        shares = iou(corners, np.array(free[name])) if free[name] else np.zeros(0)
        if len(shares) and shares.max() >= IOU:
            free[name].pop(int(shares.argmax()))
            rows[name].append((score, True))
        elif not _excused(view, corners):
            rows[name].append((score, False))


def _excused(view: View, corners: np.ndarray) -> bool:
    x, y = (corners[0] + corners[2]) / 2, (corners[1] + corners[3]) / 2
    if view.only is not None and not (view.only[0] <= x <= view.only[2] and view.only[1] <= y <= view.only[3]):
        return True
    return any(c[0] <= x <= c[2] and c[1] <= y <= c[3] for c in view.ignored)
