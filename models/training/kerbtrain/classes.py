"""What the rules know, in the order of `kerbwatch_events::ObjectClass`, and what COCO calls it."""

from __future__ import annotations

CLASSES: tuple[str, ...] = (
    "person",
    "car",
    "truck",
    "two_wheeler",
    "tricycle",
    "stall",
    "canopy",
    "goods",
    "furniture",
    "board",
    "poster",
    "bag",
    "pile",
    "bin",
    "animal",
)
"""`other` is not learnt: the model would only say that it does not know."""

COCO_IDS: dict[str, tuple[int, ...]] = {
    "person": (1,),
    "car": (3,),
    "truck": (6, 8),  # bus, truck
    "two_wheeler": (2, 4),  # bicycle, motorcycle
    "canopy": (28,),  # umbrella
    "furniture": (15, 62, 63, 67),  # bench, chair, couch, dining table
    "bag": (27, 31, 33),  # backpack, handbag, suitcase
    "animal": (16, 17, 18, 19, 20, 21, 22, 23, 24, 25),
}
"""Category ids of the COCO detection task (1..90 with gaps) behind each of our classes."""

COCO_NAMES: dict[str, str] = {
    "person": "person",
    "car": "car",
    "bus": "truck",
    "truck": "truck",
    "bicycle": "two_wheeler",
    "motorcycle": "two_wheeler",
    "umbrella": "canopy",
    "bench": "furniture",
    "chair": "furniture",
    "couch": "furniture",
    "dining table": "furniture",
    "backpack": "bag",
    "handbag": "bag",
    "suitcase": "bag",
    "bird": "animal",
    "cat": "animal",
    "dog": "animal",
    "horse": "animal",
    "sheep": "animal",
    "cow": "animal",
}
"""Words of other data sets that mean one of our classes; a user's `--map` adds to them."""
