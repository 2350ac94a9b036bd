"""A classifier of single things: what stands where the street changed. Small, trained from scratch, on crops as the scene finds them."""

from __future__ import annotations

import contextlib
import math
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .crops import AROUND, CLASSES_OF_THINGS, Crops

INPUT = 48
"""Pixels a side of the network's input; the box with a margin is fitted into it, its aspect kept."""
MARGIN = 0.15
"""Of the box's sides, shown around it on each side. `detectors/inference` cuts the same."""


LONGEST = 250
"""Steps of an epoch at most: rare classes are drawn often, so an epoch need not see everything."""
PARTS = 0.35
"""Share of the views that show a part of the thing only: on rendered streets static change outlines four fifths of a stall's width in the
median, and of one in twenty less than half."""


def brief() -> contextlib.AbstractContextManager:
    """16 bit arithmetic where the processor has instructions for it: half the time, the same net to a thousandth."""
    return torch.autocast("cpu", torch.bfloat16, enabled=bool(torch.cpu.get_capabilities().get("amx_bf16")))


def step(a: int, b: int, stride: int) -> nn.Sequential:
    """A convolution of three by three with its norm."""
    return nn.Sequential(nn.Conv2d(a, b, 3, stride, 1, bias=False), nn.BatchNorm2d(b))


class Block(nn.Module):
    """Two convolutions that add to what they are given (He et al. 2016)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = step(width, width, 1), step(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.second(F.relu(self.first(x))))


class ThingNet(nn.Module):
    """Eleven convolutions, then mean and maximum over the picture. `[n, 3, INPUT, INPUT]`, RGB / 127.5 - 1, to logits."""

    def __init__(self, classes: int, width: int = 32) -> None:
        super().__init__()
        self.body = nn.Sequential(
            step(3, width, 2), nn.ReLU(), step(width, 2 * width, 2), nn.ReLU(), Block(2 * width), Block(2 * width),
            step(2 * width, 5 * width, 2), nn.ReLU(), Block(5 * width), Block(5 * width),
        )
        self.last = nn.Linear(10 * width, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.body(x).float()
        # The mean says what it is made of, the maximum whether some part is there.
        return self.last(F.dropout(torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1), 0.2, self.training))


class Spoken(nn.Module):
    """The net as it ships: logits over a temperature, made to probabilities."""

    def __init__(self, net: ThingNet, temperature: float) -> None:
        super().__init__()
        self.net, self.temperature = net, temperature

    def forward(self, x: Tensor) -> Tensor:
        return F.softmax(self.net(x) / self.temperature, 1)


def views(crops: Crops, index: np.ndarray, rng: np.random.Generator | None) -> Tensor:
    """Inputs of crops, `[n, 3, INPUT, INPUT]`; moved, mirrored and disturbed where `rng` is given."""
    n = len(index)
    pictures = torch.from_numpy(crops.pictures[index]).permute(0, 3, 1, 2).float()
    unit = 1.0 / (1.0 + 2 * AROUND)
    # The box's middle and half sides in the crop's -1..1.
    middle, half = np.zeros((n, 2)), np.full((n, 2), unit)
    mirror = np.ones(n)
    if rng is not None:
        middle = rng.normal(0.0, 0.11 * unit * 2, (n, 2)).clip(-0.3, 0.3)
        half = unit * np.exp(rng.normal(-0.04, 0.18, (n, 2))).clip(0.5, 1.5)
        for i in np.flatnonzero(rng.random(n) < PARTS):
            share = rng.uniform((0.4, 0.55), 1.0)
            half[i] = unit * share
            middle[i] = unit * rng.uniform(share - 1, 1 - share)
        mirror = rng.choice([-1.0, 1.0], n)
    shown = half * (1 + 2 * MARGIN)
    aspect = crops.aspects[index] * shown[:, 0] / shown[:, 1]
    content = np.stack([np.minimum(aspect, 1.0), np.minimum(1.0 / aspect, 1.0)], 1)
    theta = np.zeros((n, 2, 3), np.float32)
    theta[:, 0, 0], theta[:, 0, 2] = mirror * shown[:, 0] / content[:, 0], middle[:, 0]
    theta[:, 1, 1], theta[:, 1, 2] = shown[:, 1] / content[:, 1], middle[:, 1]
    grid = F.affine_grid(torch.from_numpy(theta), (n, 3, INPUT, INPUT), align_corners=False)
    out = F.grid_sample(pictures, grid, align_corners=False, padding_mode="border")
    line = (torch.arange(INPUT) + 0.5) / INPUT * 2 - 1
    cx, cy = (torch.from_numpy(content[:, i]).float()[:, None] for i in (0, 1))
    inside = (line.abs()[None, None, :] <= cx[:, :, None]) & (line.abs()[None, :, None] <= cy[:, :, None])
    if rng is not None:
        out = disturbed(out, rng)
    out = torch.where(inside[:, None], out, torch.tensor(127.5))
    return out / 127.5 - 1.0


def disturbed(x: Tensor, rng: np.random.Generator) -> Tensor:
    """Other light, colours, sharpness and noise; now and then a part covered by somebody in front."""
    n = len(x)
    draw = lambda low, high, shape: torch.from_numpy(rng.uniform(low, high, shape).astype(np.float32))  # noqa: E731
    x = (x - 127.5) * draw(0.6, 1.35, (n, 1, 1, 1)) + 127.5 + draw(-38, 38, (n, 1, 1, 1))
    grey = x.mean(1, keepdim=True)
    x = grey + (x - grey) * draw(0.1, 1.4, (n, 1, 1, 1)) + draw(-12, 12, (n, 3, 1, 1))
    soft = F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, 1)
    x = x + (soft - x) * draw(-0.6, 1.0, (n, 1, 1, 1))
    x = x + torch.randn(x.shape) * draw(0, 12, (n, 1, 1, 1))
    for i in np.flatnonzero(rng.random(n) < 0.15):
        w, top = int(rng.integers(6, 20)), int(rng.integers(0, INPUT // 2))
        left = int(rng.integers(0, INPUT - w))
        x[i, :, top:, left : left + w] = torch.from_numpy(rng.uniform(20, 220, (3, 1, 1)).astype(np.float32))
    return x.clamp(0, 255)


def draw_weights(crops: Crops) -> np.ndarray:
    """How likely each crop is drawn: rare classes oftener than they come, common ones seldomer."""
    counts = np.bincount(crops.classes, minlength=len(CLASSES_OF_THINGS)).clip(1)
    weights = (1.0 / np.sqrt(counts))[crops.classes]
    return weights / weights.sum()


def train(crops: Crops, seed: int, minutes: float, epochs: int, checkpoint: Path, batch: int = 128, rate: float = 3e-3) -> tuple[ThingNet, int]:
    """The net, and how many epochs it took. Goes on from `checkpoint` where it is there."""
    torch.manual_seed(seed)
    net = ThingNet(len(CLASSES_OF_THINGS))
    weights = draw_weights(crops)
    steps = min(math.ceil(len(crops.classes) / batch), LONGEST)
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=0.02)
    plan = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=epochs * steps, pct_start=0.2)
    begun, first = time.monotonic(), 0
    if checkpoint.is_file():
        there = torch.load(checkpoint, weights_only=True)
        if there["plan"] == [epochs, steps, seed]:
            net.load_state_dict(there["net"]), optimiser.load_state_dict(there["optimiser"])
            plan.load_state_dict(there["schedule"])
            first = there["epoch"]
    for epoch in range(first, epochs):
        rng = np.random.default_rng([seed, epoch])
        net.train()
        lost = 0.0
        for _ in range(steps):
            index = rng.choice(len(weights), batch, p=weights)
            with brief():
                spoken = net(views(crops, index, rng))
            loss = F.cross_entropy(spoken, torch.from_numpy(crops.classes[index]), label_smoothing=0.05)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimiser.step()
            plan.step()
            lost += loss.item()
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
        torch.save(
            {"plan": [epochs, steps, seed], "net": net.state_dict(), "optimiser": optimiser.state_dict(), "schedule": plan.state_dict(),
             "epoch": epoch + 1}, checkpoint
        )
        print(f"epoch {epoch + 1} of {epochs}: loss {lost / steps:.3f}, {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
        if time.monotonic() - begun > 60 * minutes and epoch + 1 < epochs:
            print("time is up: the same command goes on from here", file=sys.stderr)
            return net.eval(), epoch + 1
    return net.eval(), epochs


def doubt(net: ThingNet, crops: Crops, unlike: Crops, seed: int, epochs: int = 5, steps: int = 200, rate: float = 1.5e-3) -> ThingNet:
    """Teaches a trained net to be unsure of pictures of another kind: outlier exposure (Hendrycks, Mazeika, Dietterich 2019). Without
    it a net that only saw drawings names what a photograph shows, and is sure of it.
    """
    torch.manual_seed(seed)
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=0.02)
    plan = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=epochs * steps, pct_start=0.15)
    weights = draw_weights(crops)
    for epoch in range(epochs):
        rng = np.random.default_rng([seed, 1000 + epoch])
        net.train()
        for _ in range(steps):
            known, other = rng.choice(len(weights), 104, p=weights), rng.integers(0, len(unlike.classes), 32)
            with brief():
                spoken = net(torch.cat([views(crops, known, rng), views(unlike, other, rng)]))
            right = F.cross_entropy(spoken[:104], torch.from_numpy(crops.classes[known]), label_smoothing=0.05)
            loss = right - 0.5 * F.log_softmax(spoken[104:], 1).mean()
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimiser.step()
            plan.step()
        print(f"doubt, epoch {epoch + 1} of {epochs}", file=sys.stderr, flush=True)
    return net.eval()


def logits(net: nn.Module, crops: Crops) -> Tensor:
    """Of all crops as they are."""
    parts = [net(views(crops, np.arange(at, min(at + 512, len(crops.classes))), None)) for at in range(0, len(crops.classes), 512)]
    return torch.cat(parts)


def temperature(held: Tensor, classes: np.ndarray) -> float:
    """By which logits are divided so that a probability is how often it is right: the one of least cross entropy on held crops."""
    wanted = torch.from_numpy(classes)
    tried = [0.5 * 1.07**i for i in range(40)]
    return min(tried, key=lambda t: F.cross_entropy(held / t, wanted).item())
