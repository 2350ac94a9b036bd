"""SSD's anchors, and the codes boxes are written in relative to them.

As `create_ssd_anchors` of the TensorFlow Object Detection API lays them (6 levels, scales 0.2 to 0.95, three anchors on the finest
level), with one difference: sizes are pixels of the scale the weights were trained at, 300, whatever the input is now. So a
larger picture is a longer look at things of the same size, and nothing has to be learnt anew.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

TRAINED_AT = 300.0
"""Side of the input the starting weights were trained with, pixels."""
STRIDES: tuple[int, ...] = (16, 32, 64, 128, 256, 512)
SCALES: tuple[float, ...] = tuple(0.2 + (0.95 - 0.2) * level / 5 for level in range(6)) + (1.0,)
CODE_SCALES: tuple[float, float, float, float] = (10.0, 10.0, 5.0, 5.0)
"""Centre y, centre x, height, width: what codes are multiplied by."""


def shapes(level: int) -> list[tuple[float, float]]:
    """Height and width of the anchors of a place, as shares of `TRAINED_AT`."""
    scale = SCALES[level]
    if level == 0:
        pairs = [(0.1, 1.0), (scale, 2.0), (scale, 0.5)]
    else:
        pairs = [(scale, ratio) for ratio in (1.0, 2.0, 0.5, 3.0, 1.0 / 3.0)]
        pairs.append((math.sqrt(scale * SCALES[level + 1]), 1.0))
    return [(size / math.sqrt(ratio), size * math.sqrt(ratio)) for size, ratio in pairs]


def grid(height: int, width: int) -> Tensor:
    """All anchors of an input of that size: `[anchors, 4]`, centre y, centre x, height, width in pixels."""
    rows = []
    for level, stride in enumerate(STRIDES):
        down, across = -(-height // stride), -(-width // stride)
        y = (torch.arange(down) + 0.5) * (height / down)
        x = (torch.arange(across) + 0.5) * (width / across)
        sizes = torch.tensor(shapes(level)) * TRAINED_AT
        centres = torch.stack(torch.meshgrid(y, x, indexing="ij"), -1).reshape(-1, 1, 2).expand(-1, len(sizes), 2)
        rows.append(torch.cat([centres, sizes.expand(len(centres), -1, 2)], -1).reshape(-1, 4))
    return torch.cat(rows)


def decode(codes: Tensor, anchors: Tensor) -> Tensor:
    """Codes `[..., anchors, 4]` to boxes: centre x, centre y, width, height in pixels."""
    ty, tx, th, tw = (codes / torch.tensor(CODE_SCALES)).unbind(-1)
    cy, cx, h, w = anchors.unbind(-1)
    return torch.stack([tx * w + cx, ty * h + cy, torch.exp(tw) * w, torch.exp(th) * h], -1)


def encode(boxes: Tensor, anchors: Tensor) -> Tensor:
    """The inverse of `decode`; boxes of no size cannot be written."""
    x, y, w, h = boxes.unbind(-1)
    cy, cx, ah, aw = anchors.unbind(-1)
    codes = torch.stack([(y - cy) / ah, (x - cx) / aw, torch.log(h / ah), torch.log(w / aw)], -1)
    return codes * torch.tensor(CODE_SCALES)
