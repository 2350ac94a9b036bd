"""To ONNX, with weights stored as 16 bit floats, checked against PyTorch by ONNX Runtime."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

from .assemble import StreetModel
from .errors import KitError
from .evaluate import Runner

LARGEST = 15_000_000
"""Bytes a shipped model may have."""


def export(model: StreetModel, size: tuple[int, int], file: Path) -> float:
    """Writes the model and returns the largest difference to PyTorch, of scores, over a few pictures.

    Raises KitError where they differ by more than 16 bit weights explain, or the file is too large.
    """
    model = model.eval().cpu()
    width, height = size
    with warnings.catch_warnings(), torch.no_grad():
        # The tracer warns of every Python number it folds; the comparison below is what tells.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model, (torch.zeros(1, 3, height, width),), str(file), input_names=["images"], output_names=["output"], opset_version=17, dynamo=False
        )
    halve(file)
    if file.stat().st_size > LARGEST:
        raise KitError(file, "", f"has {file.stat().st_size} bytes, more than {LARGEST}")
    run, rng, furthest = runner(file), np.random.default_rng(1), 0.0
    for _ in range(4):
        # Smooth noise looks a little like pictures; white noise would fire nothing.
        coarse = torch.from_numpy(rng.uniform(-1, 1, (1, 3, height // 16, width // 16)).astype(np.float32))
        picture = torch.nn.functional.interpolate(coarse, size=(height, width), mode="bilinear")
        with torch.no_grad():
            wanted = model(picture).numpy()
        got = run(picture.numpy())
        if got.shape != wanted.shape or not np.isfinite(got).all():
            raise KitError(file, "", f"gives {got.shape}, PyTorch {wanted.shape}, or values that are no numbers")
        furthest = max(furthest, float(np.abs(got[:, 4:] - wanted[:, 4:]).max()))
    if furthest > 0.02:
        raise KitError(file, "", f"its scores differ from PyTorch's by up to {furthest:.3f}")
    return furthest


def halve(file: Path) -> None:
    """Stores every large weight as 16 bit floats with a cast behind it, which ONNX Runtime folds away at load: half the file, same speed."""
    model = onnx.load(str(file))
    graph, casts = model.graph, []
    for tensor in list(graph.initializer):
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < 256:
            continue
        values = numpy_helper.to_array(tensor)
        if np.abs(values).max() > 6e4:
            continue
        if tensor.name.endswith("anchors") or values.ndim < 2 or values.shape[-1] in (2, 4) and values.ndim == 2:
            continue  # places in pixels would be rounded to half a pixel
        name = tensor.name
        graph.initializer.remove(tensor)
        graph.initializer.append(numpy_helper.from_array(values.astype(np.float16), f"{name}_half"))
        casts.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    for node in reversed(casts):
        graph.node.insert(0, node)
    onnx.checker.check_model(model)
    onnx.save(model, str(file))


def runner(file: Path) -> Runner:
    """An ONNX Runtime session on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda picture: session.run(None, {name: picture})[0]


def sha256(file: Path) -> str:
    """Of a file, 64 hexadecimal digits."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
