"""The road of a classifier of things, in order: read, cut, train, judge, export, check, describe."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from . import crops, data, folder, thing_card, things
from .errors import KitError
from .export import LARGEST, halve, runner
from .road import Order, check, pictures, say

EPOCHS = 48
PLACES = 6000
"""Cut from the photographs it shall be unsure of."""


@dataclass(frozen=True)
class Judged:
    """On held crops: how many of each class (row) were called what (column), and how many sure answers were right."""

    confusion: np.ndarray
    sure: int
    sure_right: int


def travel(order: Order) -> None:
    """Does it all. Raises KitError for whatever the user can mend."""
    began = time.monotonic()
    # More threads than one wait for each other longer than they work, on a network as small as this.
    torch.set_num_threads(1)
    learnt, held = (crops.read(some, order.seed) for some in pictures(order))
    for what, some in (("to learn from", learnt), ("to judge by", held)):
        if not len(some.classes):
            raise KitError(", ".join(map(str, order.data)), "", f"no thing is left {what}")
    say(f"{len(learnt.classes)} crops to learn from, {len(held.classes)} to judge by")
    order.work.mkdir(parents=True, exist_ok=True)
    net, epochs = things.train(learnt, order.seed, order.minutes or 1e9, EPOCHS, order.work / "things.pt")
    photographs = sorted(order.unlike.iterdir()) if order.unlike else []
    if photographs:
        net = things.doubt(net, learnt, crops.unlike(photographs, PLACES, order.seed), order.seed)
    publish(order, net, epochs, learnt, held, len(photographs))
    say(f"done in {time.monotonic() - began:.0f} s: {order.out}")


def publish(order: Order, net: things.ThingNet, epochs: int, learnt: crops.Crops, held: crops.Crops, photographs: int) -> None:
    """Judges on the held crops, and writes the model folder."""
    with torch.no_grad():
        spoken = things.logits(net, held)
    temperature = things.temperature(spoken, held.classes)
    judged = judge((spoken / temperature).softmax(1).numpy(), held.classes)
    order.out.mkdir(parents=True, exist_ok=True)
    differs = export(things.Spoken(net, temperature).eval(), order.out / folder.ONNX, held)
    folder.write_classifier(order.out, things.INPUT, crops.CLASSES_OF_THINGS)
    counts = np.bincount(learnt.classes, minlength=len(crops.CLASSES_OF_THINGS))
    thing_card.write(order.out, thing_card.Facts(counts, judged, epochs, order.seed, temperature, differs, photographs, order.note))
    check(order)


def judge(probabilities: np.ndarray, classes: np.ndarray) -> Judged:
    """Counts; sure is what has a probability of 0.5 or more."""
    called = probabilities.argmax(1)
    confusion = np.zeros((len(crops.CLASSES_OF_THINGS),) * 2, int)
    np.add.at(confusion, (classes, called), 1)
    sure = probabilities.max(1) >= 0.5
    return Judged(confusion, int(sure.sum()), int((sure & (called == classes)).sum()))


def export(model: torch.nn.Module, file: Path, held: crops.Crops) -> float:
    """Writes the model, its batch free, and gives the largest difference of probabilities to PyTorch on some held crops.

    Raises KitError where they differ by more than 16 bit weights explain, or the file is too large.
    """
    some = things.views(held, np.arange(min(64, len(held.classes))), None)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model, (some[:2],), str(file), input_names=["things"], output_names=["probabilities"], opset_version=17, dynamo=False,
            dynamic_axes={"things": {0: "batch"}, "probabilities": {0: "batch"}},
        )
        wanted = model(some).numpy()
    halve(file)
    if file.stat().st_size > LARGEST:
        raise KitError(file, "", f"has {file.stat().st_size} bytes, more than {LARGEST}")
    got = runner(file)(some.numpy())
    furthest = float(np.abs(got - wanted).max()) if got.shape == wanted.shape else float("inf")
    if not furthest <= 0.02:
        raise KitError(file, "", f"its probabilities differ from PyTorch's by up to {furthest:.3f}")
    return furthest
