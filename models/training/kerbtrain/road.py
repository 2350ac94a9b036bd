"""The whole road of one command: read, split, train, judge, choose thresholds, export, check, describe."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping

import numpy as np
import torch

from . import calibrate, card, data, evaluate, export, features, folder, program, replay, train, weights
from .assemble import StreetModel, prune
from .classes import CLASSES
from .errors import KitError
from .labels import Picture
from .network import Backbone, CocoHead, load
from .street_head import StreetHead

HELD = 0.1
"""Share of the pictures that are only judged by, where the user names none."""
MOVER_SCORE = 0.3
"""From here on whatever moves by itself is reported: the tracker holds on to it with less than it begins with."""
MOVERS = ("person", "car", "truck", "two_wheeler", "tricycle", "animal")


@dataclass(frozen=True)
class Order:
    """What the user wants; the names are those of the command line."""

    data: list[Path]
    held: list[Path]
    out: Path
    work: Path
    words: Mapping[str, str]
    size: tuple[int, int]
    steps: int
    batch: int
    rate: float
    minutes: float | None
    threads: int
    precision: float
    silent: tuple[str, ...]
    weights: Path | None
    kerbwatch: Path | None
    note: str
    seed: int
    unlike: Path | None = None


def say(text: str) -> None:
    """Progress, to stderr."""
    print(text, file=sys.stderr, flush=True)


def travel(order: Order) -> None:
    """Does it all. Raises KitError for whatever the user can mend."""
    began = time.monotonic()
    torch.set_num_threads(max(order.threads, 1))
    torch.manual_seed(order.seed)
    learnt, held = pictures(order)
    say(f"{len(learnt)} pictures to learn from with {sum(len(p.boxes) for p in learnt)} things, {len(held)} to judge by")
    archive = weights.checked(order.weights) if order.weights else weights.fetch(order.work)
    backbone, coco = Backbone(), CocoHead()
    graph = weights.read(archive)
    load(graph, backbone, coco)
    backbone.eval().requires_grad_(False)
    say(f"starting weights compute what their own graph does, within {replay.verify(graph, backbone, coco):.1g}")
    prune(coco)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    say(f"training on {device}")
    head = StreetHead(len(CLASSES), order.size[1], order.size[0]).to(device)
    order.work.mkdir(parents=True, exist_ok=True)
    again = 1 if device.type == "cuda" else 3
    plan = train.Plan(steps=order.steps, batch=order.batch, rate=order.rate, replay=again, seed=order.seed)
    eyes = features.features(backbone, order.size, device, max(order.threads, 1))
    mean, steps = train.run(eyes, head, learnt, plan, order.work / "checkpoint.pt", order.minutes)
    head.load_state_dict(mean)
    head.cpu().eval()
    calibrate.coco(coco)
    say("calibrating on the held pictures")
    alone = StreetModel(backbone.cpu(), None, head, order.size).eval()
    moves = calibrate.street(head, evaluate.judge(held, order.size, lambda picture: forward(alone, picture)), order.precision)
    say("scores moved by " + ", ".join(f"{name} {move:+.2f}" for name, move in moves.items()))
    model = StreetModel(backbone, coco, head, order.size, order.silent).cpu().eval()
    order.out.mkdir(parents=True, exist_ok=True)
    onnx = order.out / folder.ONNX
    differs = export.export(model, order.size, onnx)
    say(f"{onnx}: {onnx.stat().st_size / 1e6:.1f} MB, scores within {differs:.4f} of PyTorch's")
    found = evaluate.judge(held, order.size, export.runner(onnx))
    scores = {name: MOVER_SCORE for name in MOVERS}
    folder.write_toml(order.out, order.size, scores, calibrate.SURE, card.SOURCE)
    facts = card.Facts(
        learnt=len(learnt),
        things={name: sum(box.name == name for p in learnt for box in p.boxes) for name in CLASSES},
        held=len(held),
        found=found,
        score=calibrate.SURE,
        precision=order.precision,
        size=order.size,
        steps=steps,
        seed=order.seed,
        silent=order.silent,
        differs=differs,
        archive=archive.name,
        note=order.note,
    )
    card.write(order.out, facts)
    check(order)
    say(f"done in {time.monotonic() - began:.0f} s: {order.out}")


def forward(model: StreetModel, picture: np.ndarray) -> np.ndarray:
    """Runs it in PyTorch."""
    with torch.no_grad():
        return model(torch.from_numpy(picture)).numpy()


def pictures(order: Order) -> tuple[list[Picture], list[Picture]]:
    """To learn from and to judge by. Raises KitError where either is empty."""
    learnt = [picture for path in order.data for picture in data.read(path, order.words)]
    if order.held:
        held = [picture for path in order.held for picture in data.read(path, order.words)]
    else:
        learnt, held = data.split(learnt, HELD)
    for what, some in (("to learn from", learnt), ("to judge by", held)):
        if not some:
            raise KitError(", ".join(str(path) for path in order.data), "", f"no picture is left {what}")
    return learnt, held


def check(order: Order) -> None:
    """`kerbwatch models check` on the folder; says so where the program is not to be found."""
    kerbwatch = program.kerbwatch(order.kerbwatch)
    if kerbwatch is None:
        say(f"NOT CHECKED by kerbwatch, which was not found: run `kerbwatch models check {order.out}`")
        return
    asked = [str(kerbwatch), "--log", "error", "models", "check", str(order.out)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False, env=program.environment(program.wheel()))
    say(done.stdout.strip() or done.stderr.strip())
    if done.returncode != 0:
        raise KitError(order.out, "", "kerbwatch models check refuses it")
