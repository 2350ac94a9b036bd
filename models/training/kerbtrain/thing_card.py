"""MODEL_CARD.md of a classifier of things."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from . import things
from .card import MEASURED
from .crops import CLASSES_OF_THINGS, NOTHING
from .export import sha256
from .folder import ONNX

if TYPE_CHECKING:
    from .thing_road import Judged


@dataclass(frozen=True)
class Facts:
    """What is known of a classifier once it is made. `counts`: crops learnt from, by class."""

    counts: np.ndarray
    judged: "Judged"
    epochs: int
    seed: int
    temperature: float
    differs: float
    photographs: int
    note: str


def table(facts: Facts) -> list[str]:
    """One row a class: how often it is recognised, how often its name is right, and what it is taken for most."""
    rows = ["| class | crops learnt from | held | recognised | name is right | most often taken for |", "|---|---|---|---|---|---|"]
    confusion = facts.judged.confusion
    for index, name in enumerate(CLASSES_OF_THINGS):
        there, called, right = confusion[index].sum(), confusion[:, index].sum(), confusion[index, index]
        wrong = confusion[index].copy()
        wrong[index] = 0
        taken = f"{CLASSES_OF_THINGS[wrong.argmax()]} ({wrong.max()})" if wrong.max() else "–"
        share = lambda n, of: f"{n / of:.2f}" if of else "–"  # noqa: E731
        rows.append(f"| {name} | {facts.counts[index]} | {there} | {share(right, there)} | {share(right, called)} | {taken} |")
    return rows


def write(folder: Path, facts: Facts) -> None:
    """Writes MODEL_CARD.md."""
    onnx, judged = folder / ONNX, facts.judged
    right = int(np.trace(judged.confusion))
    lines = [
        f"# {folder.name}",
        "",
        "Written by `models/training`; figures are those of the run that made the file.",
        "",
        "Says what one thing is that newly stands somewhere: a classifier, family `classifier`. It finds nothing; the scene shows it what static change found.",
        "",
        f"- File: `{ONNX}`, {onnx.stat().st_size / 1e6:.2f} MB, SHA-256 `{sha256(onnx)}`, input {things.INPUT}x{things.INPUT}; its probabilities lie within {facts.differs:.4f} of PyTorch's.",
        "- Licence: Apache-2.0. Trained from scratch: nobody else's weights are in it.",
        f"- Learnt from: {int(facts.counts.sum())} crops, {facts.epochs} epochs (seed {facts.seed}). {facts.note}".rstrip(),
        f"- Taught to be unsure of {facts.photographs} photographs of other things, so that it names less of what it has never seen. It is unsure of most of them then, not of all."
        if facts.photographs
        else "- Never taught to be unsure: of what it has not seen it is often sure, and wrong.",
        f"- `{NOTHING}` is bare ground or wall, shadow, light, water, leaves, a door: nothing that was put there.",
        f"- Logits are divided by {facts.temperature:.2f}, so that a probability is how often it is right on held crops of the same kind. On others it is not.",
        "",
        f"## On {int(judged.confusion.sum())} held crops of the same kind",
        "",
        f"Right: {right / max(int(judged.confusion.sum()), 1):.3f}. Sure (0.5 or more): {judged.sure}, of which right {judged.sure_right / max(judged.sure, 1):.3f}.",
        "",
        *table(facts),
        "",
    ]
    beside = folder / MEASURED
    if beside.is_file():
        lines += [beside.read_text(encoding="utf-8").strip(), ""]
    (folder / "MODEL_CARD.md").write_text("\n".join(lines), encoding="utf-8")
