"""The frozen backbone's features: by ONNX Runtime on a processor, where it is three times as fast as PyTorch, by PyTorch on a graphics card."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from typing import Callable

import onnxruntime
import torch
from torch import Tensor

from .network import Backbone
from .street_head import INPUTS

Features = Callable[[Tensor], list[Tensor]]
"""Pictures `[n, 3, h, w]` to the levels the street head looks at."""


def features(backbone: Backbone, size: tuple[int, int], device: torch.device, threads: int) -> Features:
    """The fastest way on that device. `size`: width and height of the input."""
    if device.type != "cpu":
        backbone = backbone.to(device).eval()

        def on_card(picture: Tensor) -> list[Tensor]:
            with torch.no_grad():
                return backbone(picture.to(device))[: len(INPUTS)]

        return on_card
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file = Path(folder) / "backbone.onnx"
        names = [f"level{index}" for index in range(len(INPUTS))]
        torch.onnx.export(
            _Short(backbone.eval()), (torch.zeros(1, 3, size[1], size[0]),), str(file), input_names=["x"], output_names=names, opset_version=17, dynamo=False
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(file.read_bytes(), options, providers=["CPUExecutionProvider"])
    return lambda picture: [torch.from_numpy(level) for level in session.run(None, {"x": picture.numpy()})]


class _Short(torch.nn.Module):
    """Only the levels that are wanted, so that the export leaves the rest out."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.backbone(x)[: len(INPUTS)])
