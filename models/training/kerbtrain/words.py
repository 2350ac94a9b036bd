"""Reads the small languages of the command line: `word=class`, `WxH`, lists of classes."""

from __future__ import annotations

from .classes import CLASSES
from .errors import KitError


def parse_map(entries: list[str]) -> dict[str, str]:
    """`["hawker=stall"]` to a dictionary. Raises KitError for another shape or an unknown class."""
    words = {}
    for entry in entries:
        word, equals, ours = entry.partition("=")
        if not equals or not word.strip() or ours not in CLASSES:
            raise KitError("--map", entry, f"WORD=CLASS is needed, CLASS one of {', '.join(CLASSES)}")
        words[word.strip().lower()] = ours
    return words


def parse_silent(text: str) -> tuple[str, ...]:
    """`person,car` to classes. Raises KitError for an unknown one."""
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if name not in CLASSES:
            raise KitError("--silent", name, f"is not one of {', '.join(CLASSES)}")
    return names


def parse_size(text: str) -> tuple[int, int]:
    """`448x256` to width and height. Raises KitError unless both are multiples of 64 from 64 to 2048."""
    sides = text.split("x")
    if len(sides) != 2 or not all(side.isdecimal() for side in sides):
        raise KitError("--size", text, "WIDTHxHEIGHT is needed, e.g. 448x256")
    width, height = int(sides[0]), int(sides[1])
    for side in (width, height):
        if side % 64 or not 64 <= side <= 2048:
            raise KitError("--size", text, f"{side} is no multiple of 64 from 64 to 2048")
    return width, height
