"""Runs the starting weights' own graph, node by node, to check that `network.py` computes the same.

Only what lies between the scaled picture and the box codes and class logits is run; it knows nothing of MobileNet or SSD, so a mistake in
`network.py` or `load` cannot hide in it.
"""

from __future__ import annotations

from typing import Any, Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from . import anchors
from .errors import KitError
from .network import Backbone, CocoHead
from .weights import Graph

START = "Preprocessor/sub"
"""The picture `[n, h, w, 3]`, scaled to -1..1."""
ENDS = [f"BoxPredictor_{level}/{kind}/BiasAdd" for kind in ("BoxEncodingPredictor", "ClassPredictor") for level in range(6)]
ANCHORS = "Postprocessor/ExpandDims"
"""The graph's anchors `[1, n, 4]`: y1, x1, y2, x2 in 0..1."""


def verify(graph: Graph, backbone: Backbone, head: CocoHead) -> float:
    """The largest difference of box codes and logits between the graph itself and the network filled from it, on one picture of noise.

    Raises KitError where it is more than rounding, or where our anchors are not the graph's.
    """
    picture = np.random.default_rng(1).uniform(-1, 1, (1, 300, 300, 3)).astype(np.float32)
    with torch.no_grad():
        wanted = run(graph, picture)
        codes, logits = head(backbone(torch.from_numpy(picture).permute(0, 3, 1, 2))[1:])
    furthest = 0.0
    for got, ends, values in ((codes, ENDS[:6], 4), (logits, ENDS[6:], head.classes)):
        flat = np.concatenate([wanted[end].reshape(1, -1, values) for end in ends], 1)
        furthest = max(furthest, float(np.abs(flat - got.numpy()).max()))
    y, x, h, w = (anchors.grid(300, 300) / 300).unbind(-1)
    corners = torch.stack([y - h / 2, x - w / 2, y + h / 2, x + w / 2], -1).numpy()
    apart = float(np.abs(corners - graph.tensors[ANCHORS][0]).max())
    if furthest > 1e-3 or apart > 1e-3:
        raise KitError("starting weights", "", f"the network computes something else: values differ by {furthest:g}, anchors by {apart:g}")
    return furthest


def run(graph: Graph, picture: np.ndarray) -> dict[str, np.ndarray]:
    """The values of `ENDS` for a picture `[1, 300, 300, 3]` in -1..1."""
    nodes = {node["name"]: node for node in graph.nodes}
    done: dict[str, Tensor] = {START: torch.from_numpy(picture)}

    def value(name: str) -> Tensor:
        name = name.split(":")[0]
        if name not in done:
            node = nodes[name]
            if node["op"] == "Const":
                done[name] = torch.from_numpy(np.array(graph.tensors[name]))
            else:
                done[name] = OPS[node["op"]](node, *[value(one) for one in node["input"]])
        return done[name]

    return {end: value(end).numpy() for end in ENDS}


def _conv(node: dict[str, Any], x: Tensor, kernel: Tensor, groups: int = 1) -> Tensor:
    stride = int(node["attr"]["strides"]["list"]["i"][1])
    if bytes(node["attr"]["padding"]["s"]) != b"SAME":
        raise ValueError(f"{node['name']}: only SAME is known")
    height, width = kernel.shape[:2]
    pads = []
    for side, size in ((x.shape[2], width), (x.shape[1], height)):
        total = max((-(-side // stride) - 1) * stride + size - side, 0)
        pads += [total // 2, total - total // 2]
    x = F.pad(x.permute(0, 3, 1, 2), pads)
    return F.conv2d(x, kernel.permute(3, 2, 0, 1), None, stride, 0, 1, groups).permute(0, 2, 3, 1)


def _depthwise(node: dict[str, Any], x: Tensor, kernel: Tensor) -> Tensor:
    return _conv(node, x, kernel.permute(0, 1, 3, 2), x.shape[-1])


def _norm(node: dict[str, Any], x: Tensor, gamma: Tensor, beta: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    return (x - mean) / torch.sqrt(variance + float(node["attr"]["epsilon"]["f"])) * gamma + beta


OPS: dict[str, Callable[..., Tensor]] = {
    "Conv2D": _conv,
    "DepthwiseConv2dNative": _depthwise,
    "FusedBatchNorm": _norm,
    "Add": lambda _, a, b: a + b,
    "AddN": lambda _, *all_of: torch.stack(all_of).sum(0),
    "BiasAdd": lambda _, a, b: a + b,
    "Mul": lambda _, a, b: a * b,
    "Relu6": lambda _, a: a.clamp(0, 6),
}
