"""Makes scores mean the same, whichever head and class they come from: from `SURE` on, a find is as often right as was asked for.

The rules and the tracker know one number, not fifteen. So a constant is added to the logits of each class, which changes no order of finds
within a class and a head.
"""

from __future__ import annotations

import math
from typing import Mapping

import torch

from . import anchors
from .assemble import kept_categories
from .classes import CLASSES
from .evaluate import Found
from .network import CocoHead
from .street_head import StreetHead

SURE = 0.4
"""The score from which on the scene's tracker begins a track."""
COCO_SURE = 0.28
"""The score of the starting weights that becomes `SURE`. SSD's scores are low: compared with the confident boxes of a larger
detector, finds above this are right about as often as other detectors' are above 0.4."""
FARTHEST = 1.5
"""No logit is moved further, up or down: what needs more is not learnt, and shall stay below."""


def logit(score: float) -> float:
    """Of a score strictly between 0 and 1."""
    return math.log(score / (1 - score))


def coco(head: CocoHead) -> None:
    """Moves all logits of a pruned COCO head, once."""
    for level, predictor in enumerate(head.scores):
        bias = predictor[1].conv.bias
        assert bias is not None and len(bias) == len(anchors.shapes(level)) * kept_categories()
        with torch.no_grad():
            bias += logit(SURE) - logit(COCO_SURE)


def street(head: StreetHead, found: Mapping[str, Found], precision: float) -> dict[str, float]:
    """Moves each class so that finds from `SURE` on have that precision on the pictures behind `found`. Returns by how much.

    A class that never reaches it is moved down as far as it goes, and one without held examples stays.
    """
    moves = {}
    for index, name in enumerate(CLASSES):
        if found[name].things == 0:
            continue
        move = logit(SURE) - logit(found[name].threshold(precision, low=0.15, high=0.9))
        moves[name] = max(-FARTHEST, min(FARTHEST, move))
        for score in head.scores:
            with torch.no_grad():
                score.bias[index] += moves[name]
    return moves
