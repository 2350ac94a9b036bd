"""The exported network: one backbone, two heads, decoded inside, in the layout Kerbwatch calls `yolov8`.

Rows of the output are centre x, centre y, width, height in pixels and then one score a class; columns are first the anchors of the COCO
head, then the places of the street head. A column of the COCO head has 0 for classes COCO has not, so both answer side by side and
what COCO taught stays as it was.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from . import anchors
from .classes import CLASSES, COCO_IDS
from .network import Backbone, CocoHead, Conv, put
from .street_head import StreetHead


def kept_categories() -> int:
    """How many of COCO's categories a pruned head knows."""
    return sum(map(len, COCO_IDS.values()))


def prune(head: CocoHead) -> None:
    """Leaves only the logits of `COCO_IDS`, in its order; the other categories are nobody's business here."""
    keep = [category for ids in COCO_IDS.values() for category in ids]
    for level, predictor in enumerate(head.scores):
        old, count = predictor[1].conv, len(anchors.shapes(level))
        kernel = old.weight.detach().reshape(count, head.classes, -1)[:, keep].reshape(count * len(keep), -1, 1, 1)
        bias = old.bias.detach().reshape(count, head.classes)[:, keep].reshape(-1)
        predictor[1] = Conv(old.in_channels, count * len(keep), linear=True)
        put(predictor[1], kernel.numpy(), bias.numpy())
    head.classes = len(keep)


class StreetModel(nn.Module):
    """Picture `[1, 3, h, w]` to `[1, 4 + classes, columns]`. `coco` is pruned; `silent` names classes the street head shall not say."""

    def __init__(self, backbone: Backbone, coco: CocoHead | None, street: StreetHead | None, size: tuple[int, int], silent: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.backbone, self.coco, self.street = backbone, coco, street
        width, height = size
        self.register_buffer("anchors", anchors.grid(height, width), persistent=False)
        said = torch.tensor([[0.0 if name in silent else 1.0 for name in CLASSES]])
        self.register_buffer("said", said, persistent=False)

    def forward(self, picture: Tensor) -> Tensor:
        levels = self.backbone(picture)
        parts: list[Tensor] = []
        if self.coco is not None:
            codes, logits = self.coco(levels[1:])
            scores, at = logits.sigmoid(), 0
            groups: dict[str, Tensor] = {}
            for name, ids in COCO_IDS.items():
                groups[name] = scores[..., at : at + len(ids)].amax(-1, keepdim=True)
                at += len(ids)
            none = torch.zeros_like(scores[..., :1])
            rows = [groups.get(name, none) for name in CLASSES]
            parts.append(torch.cat([anchors.decode(codes, self.anchors), *rows], -1))
        if self.street is not None:
            boxes, logits = self.street(levels[:4])
            centred = torch.cat([(boxes[..., :2] + boxes[..., 2:]) / 2, boxes[..., 2:] - boxes[..., :2]], -1)
            parts.append(torch.cat([centred, logits.sigmoid() * self.said], -1))
        return torch.cat(parts, 1).transpose(1, 2)
