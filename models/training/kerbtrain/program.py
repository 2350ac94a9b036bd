"""Finding `kerbwatch`, and the ONNX Runtime that it is to load, for the check at the end of the road."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

ORT = "KERBWATCH_ORT"
"""Names the library to `kerbwatch`, which otherwise looks beside itself."""


def kerbwatch(named: Path | None) -> Path | None:
    """The program: the one named, else on the path, else built in this checkout; None where it is nowhere."""
    root = Path(__file__).resolve().parents[3]
    places = [named, shutil.which("kerbwatch"), root / "target/release/kerbwatch", root / "target/debug/kerbwatch"]
    return next((Path(place) for place in places if place and Path(place).is_file()), None)


def wheel() -> Path | None:
    """The folder of the installed `onnxruntime` package; None where there is none."""
    found = importlib.util.find_spec("onnxruntime")
    return Path(found.origin).parent if found and found.origin else None


def environment(package: Path | None) -> dict[str, str]:
    """The environment to run it in: with the library that this kit has anyway, where nobody named another."""
    said = dict(os.environ)
    libraries = sorted((package / "capi").glob("libonnxruntime.so*")) if package else []
    if libraries and not said.get(ORT):
        said[ORT] = str(libraries[0])
    return said
