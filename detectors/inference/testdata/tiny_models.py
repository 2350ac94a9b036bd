#!/usr/bin/env python3
"""Writes the tiny models beside this file: random weights, a few kB each, no training data.

One per output layout that has no real model at hand, each with a dynamic batch, at 64x64 with a stride of 8:
  yolov8_tiny.onnx             [B, 4+3, 64]
  yolov8_places_first.onnx     [B, 64, 4+3]
  yolov8_one_class.onnx        [B, 4+1, 64]
  end2end_tiny.onnx            [B, 64, 6]
Needs: numpy, onnx. Run it, then reference.py, after a change.
"""
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = pathlib.Path(__file__).parent
SIDE, STRIDE = 64, 8
PLACES = (SIDE // STRIDE) ** 2


def save(name, nodes, weights, out_shape, metadata=None):
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["batch", 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, ["batch", *out_shape])],
        [numpy_helper.from_array(value, key) for key, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    for key, value in (metadata or {}).items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.checker.check_model(model)
    onnx.save(model, HERE / f"{name}.onnx")


def head(channels, seed):
    """A convolution with one cell per 8x8 pixels, past a sigmoid: [B, channels, 64]."""
    rng = np.random.default_rng(seed)
    weights = {
        "weight": rng.normal(0, 0.35, (channels, 3, STRIDE, STRIDE)).astype(np.float32),
        "bias": rng.normal(-0.3, 0.5, channels).astype(np.float32),
        "flat": np.array([0, channels, PLACES], np.int64),
    }
    nodes = [
        helper.make_node("Conv", ["images", "weight", "bias"], ["map"], strides=[STRIDE, STRIDE]),
        helper.make_node("Reshape", ["map", "flat"], ["logits"]),
        helper.make_node("Sigmoid", ["logits"], ["unit"]),
    ]
    return nodes, weights


def split(nodes, weights, channels):
    """Names the first four channels `boxes` and the rest `rest`."""
    weights["four"] = np.array([4, channels - 4], np.int64)
    nodes.append(helper.make_node("Split", ["unit", "four"], ["boxes", "rest"], axis=1))


def yolov8(name, classes, seed, places_first=False, metadata=None):
    channels = 4 + classes
    nodes, weights = head(channels, seed)
    split(nodes, weights, channels)
    # Centres anywhere, sizes up to half the picture.
    weights["pixels"] = np.array([SIDE, SIDE, SIDE / 2, SIDE / 2], np.float32).reshape(1, 4, 1)
    nodes.append(helper.make_node("Mul", ["boxes", "pixels"], ["scaled"]))
    out = "joined" if places_first else "output0"
    nodes.append(helper.make_node("Concat", ["scaled", "rest"], [out], axis=1))
    if places_first:
        nodes.append(helper.make_node("Transpose", ["joined"], ["output0"], perm=[0, 2, 1]))
    save(name, nodes, weights, [PLACES, channels] if places_first else [channels, PLACES], metadata)


def end2end(name, classes, seed):
    nodes, weights = head(6, seed)
    weights["parts"] = np.array([2, 2, 1, 1], np.int64)
    weights["place"] = np.array(SIDE / 2, np.float32)
    weights["classes"] = np.array(classes, np.float32)
    nodes += [
        helper.make_node("Split", ["unit", "parts"], ["corner", "size", "score", "label"], axis=1),
        helper.make_node("Mul", ["corner", "place"], ["first"]),
        helper.make_node("Mul", ["size", "place"], ["extent"]),
        helper.make_node("Add", ["first", "extent"], ["second"]),
        helper.make_node("Mul", ["label", "classes"], ["spread"]),
        helper.make_node("Floor", ["spread"], ["class"]),
        helper.make_node("Concat", ["first", "second", "score", "class"], ["columns"], axis=1),
        helper.make_node("Transpose", ["columns"], ["output0"], perm=[0, 2, 1]),
    ]
    save(name, nodes, weights, [PLACES, 6])


yolov8("yolov8_tiny", 3, 1, metadata={"names": "{0: 'person', 1: 'cart', 2: \"vendor's table\"}"})
yolov8("yolov8_places_first", 3, 2, places_first=True)
yolov8("yolov8_one_class", 1, 3)
end2end("end2end_tiny", 3, 4)
