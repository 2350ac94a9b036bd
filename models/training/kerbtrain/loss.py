"""Which place answers for which thing, and how wrong it is.

The assignment is task-aligned (Feng et al. 2021, TOOD): places whose score and box together fit a thing best answer for it, and are
asked for a score that says how well their box fits. The rest is background, weighed by how sure of themselves they are (Zhang et al. 2021).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

TOP = 9
"""Places that answer for one thing."""
ALPHA, BETA = 0.5, 4.0
"""Exponents of score and overlap in the fit; TOOD's are 1 and 6, which starves small things at the start."""


@dataclass(frozen=True)
class Target:
    """What is in one input: boxes `[n, 4]` (corners, pixels), classes `[n]`, and places `[places]` that count in the loss."""

    boxes: Tensor
    classes: Tensor
    counts: Tensor


def overlap(a: Tensor, b: Tensor, generalised: bool = False) -> Tensor:
    """Intersection over union of corners along the last axis, broadcast; less the empty share of the hull if `generalised`."""
    low, high = torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:])
    inter = (high - low).clamp(min=0).prod(-1)
    union = (a[..., 2:] - a[..., :2]).prod(-1) + (b[..., 2:] - b[..., :2]).prod(-1) - inter
    share = inter / union.clamp(min=1e-6)
    if not generalised:
        return share
    hull = (torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])).prod(-1)
    return share - (hull - union) / hull.clamp(min=1e-6)


def assign(boxes: Tensor, scores: Tensor, places: Tensor, strides: Tensor, target: Target) -> tuple[Tensor, Tensor]:
    """For each place the thing it answers for (-1: none) and the score it is asked for, `[places]` each."""
    count, things = len(places), len(target.boxes)
    owner = torch.full((count,), -1, dtype=torch.long, device=boxes.device)
    asked = torch.zeros(count, device=boxes.device)
    if things == 0:
        return owner, asked
    share = overlap(target.boxes[:, None], boxes[None])
    fit = scores[:, target.classes].T.clamp(min=1e-4) ** ALPHA * share**BETA
    middle = (target.boxes[:, None, :2] + target.boxes[:, None, 2:]) / 2
    # Inside the thing; of a thing smaller than a stride the places around its middle.
    inside = ((places > target.boxes[:, None, :2]) & (places < target.boxes[:, None, 2:])).all(-1)
    inside |= ((places - middle).abs() < strides[None, :, None] * 0.75).all(-1)
    # A place must be able to draw the thing: neither a hundredth of its stride nor a dozen times it.
    size = (target.boxes[:, 2:] - target.boxes[:, :2]).amax(-1)[:, None]
    inside &= (size < strides * 16) & (size > strides * 0.5)
    fit = torch.where(inside, fit + 1e-9, torch.zeros_like(fit))
    best = fit.topk(min(TOP, count), 1)
    chosen = torch.zeros_like(inside).scatter_(1, best.indices, best.values > 0)
    fit = torch.where(chosen, fit, torch.full_like(fit, -1.0))
    value, thing = fit.max(0)
    owner = torch.where(value > 0, thing, owner)
    mine = chosen & (owner[None] == torch.arange(things, device=boxes.device)[:, None])
    peak = torch.where(mine, fit, torch.zeros_like(fit)).amax(1)
    reach = torch.where(mine, share, torch.zeros_like(share)).amax(1)
    has = owner >= 0
    asked[has] = (value[has] / peak[owner[has]].clamp(min=1e-9)) * reach[owner[has]].clamp(min=0.3)
    return owner, asked


def losses(boxes: Tensor, logits: Tensor, places: Tensor, strides: Tensor, targets: list[Target]) -> tuple[Tensor, Tensor]:
    """Loss of the classes and loss of the boxes of a batch, each per unit of what is asked for."""
    sorting, drawing, total = boxes.new_zeros(()), boxes.new_zeros(()), boxes.new_zeros(())
    for box, logit, target in zip(boxes, logits, targets, strict=True):
        score = logit.sigmoid()
        owner, asked = assign(box.detach(), score.detach(), places, strides, target)
        wanted, has = torch.zeros_like(logit), owner >= 0
        wanted[has, target.classes[owner[has]]] = asked[has]
        weight = torch.where(wanted > 0, wanted, 0.75 * score.detach() ** 2)
        each = F.binary_cross_entropy_with_logits(logit, wanted, reduction="none") * weight
        sorting = sorting + (each.sum(-1) * target.counts).sum()
        if bool(has.any()):
            drawing = drawing + ((1 - overlap(box[has], target.boxes[owner[has]], True)) * asked[has]).sum()
        total = total + asked.sum()
    total = total.clamp(min=1.0)
    return sorting / total, drawing / total
