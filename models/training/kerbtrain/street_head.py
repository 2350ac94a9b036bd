"""The head that learns what COCO has no word for: anchor-free, over strides 8, 16, 32 and 64 of the same backbone.

It has boxes of its own, because SSD's were only ever fitted to COCO's things. A place of the grid says how far its box reaches to the
left, top, right and bottom in units of its stride (softplus, so never negative), and how sure it is of each class.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .network import Conv

STRIDES: tuple[int, ...] = (8, 16, 32, 64)
INPUTS: tuple[int, ...] = (192, 576, 1280, 512)
"""Channels of the first four levels of `Backbone`."""
WIDTH = 72
"""Channels inside the head. Wider costs more at stride 8 than it was found to bring."""


class Separable(nn.Module):
    """3x3 by depth, 1x1 across, ReLU6. No norm: the batches of a processor are too small for one, and the head is shallow."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.depth = Conv(channels, channels, 3, depthwise=True, linear=True)
        self.across = Conv(channels, channels, linear=True)

    def forward(self, x: Tensor) -> Tensor:
        return F.hardtanh(self.across(self.depth(x)), 0.0, 6.0)


class StreetHead(nn.Module):
    """Levels to `boxes [n, places, 4]` (left, top, right, bottom in pixels) and `logits [n, places, classes]`."""

    def __init__(self, classes: int, height: int, width: int) -> None:
        super().__init__()
        self.classes, self.height, self.width = classes, height, width
        self.lateral = nn.ModuleList(Conv(channels, WIDTH, linear=True) for channels in INPUTS)
        self.smooth = nn.ModuleList(Separable(WIDTH) for _ in STRIDES)
        self.sort = nn.ModuleList(Separable(WIDTH) for _ in STRIDES)
        self.reach = nn.ModuleList(Separable(WIDTH) for _ in STRIDES)
        self.scores = nn.ModuleList(nn.Conv2d(WIDTH, classes, 1) for _ in STRIDES)
        self.sides = nn.ModuleList(nn.Conv2d(WIDTH, 4, 1) for _ in STRIDES)
        for conv in [m for m in self.modules() if isinstance(m, nn.Conv2d)]:
            nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
            nn.init.zeros_(conv.bias)
        for score, side in zip(self.scores, self.sides, strict=True):
            nn.init.normal_(score.weight, std=0.01)
            nn.init.normal_(side.weight, std=0.01)
            # At the start all is background at 1 % (Lin et al. 2017, focal loss), and a box has a side of 5 strides.
            nn.init.constant_(score.bias, -math.log(99.0))
            nn.init.constant_(side.bias, 2.4)
        places, strides = grid(height, width)
        self.register_buffer("places", places, persistent=False)
        self.register_buffer("strides", strides, persistent=False)

    def forward(self, levels: list[Tensor]) -> tuple[Tensor, Tensor]:
        merged: list[Tensor] = []
        for index in reversed(range(len(STRIDES))):
            x = self.lateral[index](levels[index])
            if merged:
                x = x + F.interpolate(merged[0], size=levels[index].shape[-2:], mode="nearest")
            merged.insert(0, F.hardtanh(x, 0.0, 6.0))
        logits, sides = [], []
        for index, x in enumerate(merged):
            x = self.smooth[index](x)
            logits.append(self.scores[index](self.sort[index](x)).flatten(2))
            sides.append(self.sides[index](self.reach[index](x)).flatten(2))
        reach = F.softplus(torch.cat(sides, 2).transpose(1, 2)) * self.strides[:, None]
        boxes = torch.cat([self.places - reach[..., :2], self.places + reach[..., 2:]], -1)
        return boxes, torch.cat(logits, 2).transpose(1, 2)


def grid(height: int, width: int) -> tuple[Tensor, Tensor]:
    """The middles of all places `[places, 2]` (x, y in pixels) and the stride of each `[places]`."""
    middles, strides = [], []
    for stride in STRIDES:
        down, across = -(-height // stride), -(-width // stride)
        y, x = torch.meshgrid((torch.arange(down) + 0.5) * stride, (torch.arange(across) + 0.5) * stride, indexing="ij")
        middles.append(torch.stack([x, y], -1).reshape(-1, 2))
        strides.append(torch.full((down * across,), float(stride)))
    return torch.cat(middles), torch.cat(strides)
