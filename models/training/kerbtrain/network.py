"""MobileNetV2 with SSDLite heads, written here and filled with the starting weights; batch norm is folded into each convolution.

Shapes follow Sandler et al. 2018 (MobileNetV2) and the TensorFlow Object Detection API's `ssd_mobilenet_v2_keras_feature_extractor`:
features at stride 16 are the expansion of block 13, at stride 32 the last convolution, four more are made by stride-2 blocks.
TensorFlow pads "SAME": an even input at stride 2 is padded at the right and bottom only. Pictures come in as RGB / 127.5 - 1.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .weights import Graph

BLOCKS: tuple[tuple[int, int, int], ...] = (
    # expansion factor, channels out, stride; block 0 has no expansion
    (1, 16, 1),
    (6, 24, 2),
    (6, 24, 1),
    (6, 32, 2),
    (6, 32, 1),
    (6, 32, 1),
    (6, 64, 2),
    (6, 64, 1),
    (6, 64, 1),
    (6, 64, 1),
    (6, 96, 1),
    (6, 96, 1),
    (6, 96, 1),
    (6, 160, 2),
    (6, 160, 1),
    (6, 160, 1),
    (6, 320, 1),
)
EXTRAS: tuple[tuple[int, int], ...] = ((256, 512), (128, 256), (128, 256), (64, 128))
"""Squeezed and full channels of the four levels beyond stride 32."""
LEVELS: tuple[int, ...] = (576, 1280, 512, 256, 256, 128)
"""Channels of the six levels the COCO heads look at, strides 16 to 512."""


class Conv(nn.Module):
    """A convolution padded as TensorFlow's "SAME", with bias, and ReLU6 unless `linear`."""

    def __init__(self, inside: int, outside: int, kernel: int = 1, stride: int = 1, depthwise: bool = False, linear: bool = False) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inside, outside, kernel, stride, groups=inside if depthwise else 1)
        self.kernel, self.stride, self.linear = kernel, stride, linear

    def forward(self, x: Tensor) -> Tensor:
        if self.kernel > 1:
            pads = [same_padding(int(side), self.kernel, self.stride) for side in x.shape[-2:]]
            if pads[0][0] == pads[0][1] == pads[1][0] == pads[1][1]:
                x = F.conv2d(x, self.conv.weight, self.conv.bias, self.stride, pads[0][0], 1, self.conv.groups)
                return x if self.linear else F.hardtanh(x, 0.0, 6.0)
            x = F.pad(x, (*pads[1], *pads[0]))
        x = self.conv(x)
        return x if self.linear else F.hardtanh(x, 0.0, 6.0)


def same_padding(side: int, kernel: int, stride: int) -> tuple[int, int]:
    """Pixels TensorFlow's "SAME" adds before and after a side: as few as give `ceil(side / stride)` places, the odd one after."""
    total = max((-(-side // stride) - 1) * stride + kernel - side, 0)
    return total // 2, total - total // 2


class Block(nn.Module):
    """An inverted residual. `forward` gives the expansion too, which some heads look at."""

    def __init__(self, inside: int, factor: int, outside: int, stride: int) -> None:
        super().__init__()
        wide = inside * factor
        self.expand = Conv(inside, wide) if factor > 1 else None
        self.depthwise = Conv(wide, wide, 3, stride, depthwise=True)
        self.project = Conv(wide, outside, linear=True)
        self.adds = stride == 1 and inside == outside

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        wide = x if self.expand is None else self.expand(x)
        out = self.project(self.depthwise(wide))
        return wide, (x + out if self.adds else out)


class Backbone(nn.Module):
    """Picture `[n, 3, h, w]` to seven levels: stride 8 (192 channels, the expansion of block 6), then those of `LEVELS`."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Conv(3, 32, 3, 2)
        inside, blocks = 32, []
        for factor, outside, stride in BLOCKS:
            blocks.append(Block(inside, factor, outside, stride))
            inside = outside
        self.blocks = nn.ModuleList(blocks)
        self.last = Conv(320, 1280)
        inside, extras = 1280, []
        for squeezed, full in EXTRAS:
            extras.append(
                nn.ModuleList([Conv(inside, squeezed), Conv(squeezed, squeezed, 3, 2, depthwise=True), Conv(squeezed, full)])
            )
            inside = full
        self.extras = nn.ModuleList(extras)

    def forward(self, x: Tensor) -> list[Tensor]:
        x, levels = self.stem(x), []
        for index, block in enumerate(self.blocks):
            wide, x = block(x)
            if index in (6, 13):
                levels.append(wide)
        levels.append(self.last(x))
        for extra in self.extras:
            x = levels[-1]
            for step in extra:
                x = step(x)
            levels.append(x)
        return levels


class CocoHead(nn.Module):
    """SSDLite's predictors over the six levels of `LEVELS`: box codes `[n, anchors, 4]`, class logits `[n, anchors, classes]`."""

    def __init__(self, classes: int = 91) -> None:
        super().__init__()
        self.classes = classes
        self.codes, self.scores = nn.ModuleList(), nn.ModuleList()
        for index, channels in enumerate(LEVELS):
            anchors = 3 if index == 0 else 6
            for predictors, values in ((self.codes, 4), (self.scores, classes)):
                predictors.append(nn.Sequential(Conv(channels, channels, 3, depthwise=True), Conv(channels, anchors * values, linear=True)))

    def forward(self, levels: list[Tensor]) -> tuple[Tensor, Tensor]:
        def flat(x: Tensor, values: int) -> Tensor:
            return x.permute(0, 2, 3, 1).reshape(x.shape[0], -1, values)

        codes = [flat(predict(level), 4) for predict, level in zip(self.codes, levels, strict=True)]
        scores = [flat(predict(level), self.classes) for predict, level in zip(self.scores, levels, strict=True)]
        return torch.cat(codes, 1), torch.cat(scores, 1)


def load(graph: Graph, backbone: Backbone, head: CocoHead) -> None:
    """Fills both with the graph's weights. A name that is missing, or a shape that does not fit, is an error of the kit."""
    root = "FeatureExtractor/MobilenetV2/"

    def folded(conv: Conv, scope: str) -> None:
        """A backbone convolution: `merged_input` (or weights and `mul`) and `sub`, which is added."""
        if conv.conv.groups > 1:
            kernel = graph.tensors[f"{scope}/depthwise_weights"][..., 0] * graph.tensors[f"{scope}/BatchNorm/batchnorm/mul"]
            kernel = kernel.transpose(2, 0, 1)[:, None]
        else:
            kernel = graph.tensors[f"{scope}/Conv2D/merged_input"].transpose(3, 2, 0, 1)
        put(conv, kernel, graph.tensors[f"{scope}/BatchNorm/batchnorm/sub"])

    folded(backbone.stem, f"{root}Conv")
    for index, block in enumerate(backbone.blocks):
        scope = f"{root}expanded_conv" + (f"_{index}" if index else "")
        if block.expand is not None:
            folded(block.expand, f"{scope}/expand")
        folded(block.depthwise, f"{scope}/depthwise")
        folded(block.project, f"{scope}/project")
    folded(backbone.last, f"{root}Conv_1")
    for number, ((squeezed, full), extra) in enumerate(zip(EXTRAS, backbone.extras, strict=True), 2):
        folded(extra[0], f"{root}layer_19_1_Conv2d_{number}_1x1_{squeezed}")
        folded(extra[1], f"{root}layer_19_2_Conv2d_{number}_3x3_s2_{full}_depthwise")
        folded(extra[2], f"{root}layer_19_2_Conv2d_{number}_3x3_s2_{full}")
    for index in range(len(LEVELS)):
        for predictors, name in ((head.codes, "BoxEncodingPredictor"), (head.scores, "ClassPredictor")):
            scope = f"BoxPredictor_{index}/{name}"
            norm = f"{scope}_depthwise/BatchNorm/"
            get = {key: graph.tensors[norm + key] for key in ("gamma", "beta", "moving_mean", "moving_variance")}
            factor = get["gamma"] / np.sqrt(get["moving_variance"] + 1e-3)  # epsilon as in the graph's FusedBatchNorm nodes
            kernel = (graph.tensors[f"{scope}_depthwise/depthwise_weights"][..., 0] * factor).transpose(2, 0, 1)[:, None]
            put(predictors[index][0], kernel, get["beta"] - get["moving_mean"] * factor)
            put(predictors[index][1], graph.tensors[f"{scope}/weights"].transpose(3, 2, 0, 1), graph.tensors[f"{scope}/biases"])


def put(conv: Conv, kernel: np.ndarray, bias: np.ndarray) -> None:
    """Writes kernel (torch's layout) and bias into a convolution of the same shape."""
    for into, values in ((conv.conv.weight, kernel), (conv.conv.bias, bias)):
        if into is None or tuple(into.shape) != values.shape:
            raise ValueError(f"{values.shape} does not fit {conv}")
        with torch.no_grad():
            into.copy_(torch.from_numpy(np.array(values)))
