"""`model.toml` of a model folder, as Kerbwatch reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Mapping, Sequence

from .classes import CLASSES
from .export import sha256

ONNX = "model.onnx"


def write_toml(folder: Path, size: tuple[int, int], scores: Mapping[str, float], score: float, source: str) -> None:
    """Writes it for `model.onnx` in the folder. `scores`: the smallest score reported of a class; `score` of the others."""
    lines = [
        f'file = "{ONNX}"',
        f'sha256 = "{sha256(folder / ONNX)}"',
        'licence = "Apache-2.0"',
        f'source = "{source}"',
        'family = "yolov8"',
        "[input]",
        f"width = {size[0]}",
        f"height = {size[1]}",
        'colour = "rgb"',
        f"scale = {1 / 127.5:.10f}",
        "mean = [1.0, 1.0, 1.0]",
        "std = [1.0, 1.0, 1.0]",
        'resize = "letterbox"',
        "pad = 127.5",
        "[output]",
        f"score = {score}",
        "nms_iou = 0.5",
        "classes = [" + ", ".join(f'"{name}"' for name in CLASSES) + "]",
    ]
    if scores:
        lines += ["[output.scores]", *(f"{name} = {scores[name]}" for name in CLASSES if name in scores)]
    (folder / "model.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_classifier(folder: Path, side: int, classes: Sequence[str]) -> None:
    """Writes it for a classifier of `side` pixels a side in the folder. All it says is reported: the scene weighs it."""
    lines = [
        f'file = "{ONNX}"',
        f'sha256 = "{sha256(folder / ONNX)}"',
        'licence = "Apache-2.0"',
        'source = "made by models/training"',
        'family = "classifier"',
        "[input]",
        f"width = {side}",
        f"height = {side}",
        'colour = "rgb"',
        f"scale = {1 / 127.5:.10f}",
        "mean = [1.0, 1.0, 1.0]",
        "std = [1.0, 1.0, 1.0]",
        'resize = "letterbox"',
        "pad = 127.5",
        "[output]",
        "score = 0.02",
        "classes = [" + ", ".join(f'"{name}"' for name in classes) + "]",
    ]
    (folder / "model.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
