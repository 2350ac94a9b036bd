"""The training loop: a frozen backbone, a head that learns, checkpoints to go on from.

The backbone is the dear part and does not change, so its features of a view are kept for a while and learnt from several times
(`replay`), each time in other company. On a graphics card that is not needed and `replay` is 1.
"""

from __future__ import annotations

import math
import random
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from . import data
from .errors import KitError
from .features import Features
from .labels import Picture
from .loss import Target, losses
from .street_head import INPUTS, StreetHead


@dataclass(frozen=True)
class Plan:
    """How long and how fast to learn."""

    steps: int = 3000
    batch: int = 8
    rate: float = 2e-3
    replay: int = 3
    """How often, on average, a view is learnt from while its features are kept."""
    kept: int = 384
    """Views whose features are kept, about 1.6 MB each."""
    seed: int = 1


def averaged(head: StreetHead, mean: dict[str, Tensor], step: int) -> None:
    """Moves the running mean of the weights, which is what is exported: it is steadier than the last step."""
    keep = min(0.998, (1 + step) / (10 + step))
    for name, value in head.state_dict().items():
        mean[name].lerp_(value, 1 - keep)


def run(
    features: Features, head: StreetHead, pictures: list[Picture], plan: Plan, checkpoint: Path, minutes: float | None = None
) -> tuple[dict[str, Tensor], int]:
    """Trains the head until the plan, or the time, is at its end; goes on from `checkpoint` where there is one. Returns the mean
    weights and the steps done in all.

    The learning rate falls with whichever is further on, steps or minutes (those of earlier runs included), so that a run that is cut
    short by time still ends slowly.

    Raises KitError where there is nothing to learn from, or the checkpoint was made by another plan.
    """
    if not any(picture.boxes for picture in pictures):
        raise KitError("training pictures", "", "none holds a thing of a known class")
    device = next(head.parameters()).device
    head.to(memory_format=torch.channels_last)
    size = (head.width, head.height)
    optimiser = torch.optim.AdamW(head.parameters(), lr=plan.rate, weight_decay=0.01)
    mean = {name: value.clone() for name, value in head.state_dict().items()}
    first, spent, same = 0, 0.0, {key: value for key, value in asdict(plan).items() if key != "steps"}
    if checkpoint.is_file():
        state = torch.load(checkpoint, map_location=device, weights_only=True)
        if state["plan"] != same or state["size"] != list(size):
            raise KitError(checkpoint, "", "was made with other settings; remove it to begin anew")
        head.load_state_dict(state["head"])
        optimiser.load_state_dict(state["optimiser"])
        mean, first, spent = state["mean"], state["step"], state["seconds"]
        print(f"going on from step {first}", file=sys.stderr)
    rng = random.Random(plan.seed * 1_000_003 + first)
    order: list[int] = []
    pool: list[tuple[list[Tensor], Target]] = []
    began, shown = time.monotonic() - spent, [0.0, 0.0]

    def save(step: int) -> None:
        state = {
            "plan": same,
            "size": list(size),
            "step": step,
            "seconds": time.monotonic() - began,
            "head": head.state_dict(),
            "mean": mean,
            "optimiser": optimiser.state_dict(),
        }
        # Written beside and moved, so that a stop in the middle leaves the old one.
        beside = checkpoint.with_suffix(".part")
        torch.save(state, beside)
        beside.replace(checkpoint)

    step, fresh = first, max(1, round(plan.batch / plan.replay))
    for step in range(first, plan.steps):
        for _ in range(plan.batch * 4 if not pool else fresh):
            if not order:
                order = rng.sample(range(len(pictures)), len(pictures))
            view = data.sample(pictures[order.pop()], size, rng)
            levels = [level.half() for level in features(data.tensor(view))]
            wanted = data.target(view, head.places.cpu())
            pool.append((levels, Target(wanted.boxes.to(device), wanted.classes.to(device), wanted.counts.to(device))))
            if len(pool) > plan.kept:
                pool.pop(rng.randrange(len(pool) - 1))
        chosen = rng.sample(pool, min(plan.batch, len(pool)))
        levels = [torch.cat([one[0][index] for one in chosen]).float() for index in range(len(INPUTS))]
        # Colours last halves the time of the small convolutions of the head on a processor.
        levels = [level.contiguous(memory_format=torch.channels_last) for level in levels]
        boxes, logits = head(levels)
        sorting, drawing = losses(boxes, logits, head.places, head.strides, [one[1] for one in chosen])
        # Up over a hundred steps, then down along a cosine to a hundredth.
        share = max((step + 1) / plan.steps, (time.monotonic() - began) / 60 / minutes if minutes else 0.0)
        pace = min(1.0, (step + 1) / 100) * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(share, 1.0))))
        for group in optimiser.param_groups:
            group["lr"] = plan.rate * pace
        optimiser.zero_grad()
        (sorting + 2.0 * drawing).backward()
        torch.nn.utils.clip_grad_norm_(head.parameters(), 5.0)
        optimiser.step()
        averaged(head, mean, step)
        shown = [shown[0] + float(sorting.detach()), shown[1] + float(drawing.detach())]
        if (step + 1) % 50 == 0:
            print(f"step {step + 1}/{plan.steps} classes {shown[0] / 50:.3f} boxes {shown[1] / 50:.3f} {time.monotonic() - began:.0f} s", file=sys.stderr)
            shown = [0.0, 0.0]
        if (step + 1) % 250 == 0:
            save(step + 1)
        if minutes is not None and time.monotonic() - began > minutes * 60:
            print(f"out of time at step {step + 1} of {plan.steps}", file=sys.stderr)
            break
    done = step + 1 if plan.steps > first else first
    save(done)
    return mean, done
