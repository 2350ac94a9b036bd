"""Readers: what they take, and what they say of bad labels."""

from __future__ import annotations

import json
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any, Callable

sys.path.insert(0, str(Path(__file__).parents[1]))

try:
    from PIL import Image

    from kerbtrain.decisions import read_decisions
    from kerbtrain.yolo import read_yolo
except ImportError as missing:
    print(f"SKIPPED: YOLO and decisions: {missing}", file=sys.stderr)
    Image = None

from kerbtrain import compare
from kerbtrain.errors import KitError
from kerbtrain.labels import Box, read_coco
from kerbtrain.words import parse_map, parse_silent, parse_size


class Folder(unittest.TestCase):
    """A folder of its own for each test, with one picture of 100x50."""

    def setUp(self) -> None:
        self.keep = tempfile.TemporaryDirectory()
        self.addCleanup(self.keep.cleanup)
        self.dir = Path(self.keep.name)

    def picture(self, name: str) -> None:
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if Image is None:
            path.write_bytes(b"not looked at by the COCO reader")
        else:
            Image.new("RGB", (100, 50)).save(path)

    def refuses(self, read: Callable[[], Any], *parts: str) -> None:
        with self.assertRaises(KitError) as caught:
            read()
        for part in parts:
            self.assertIn(part, str(caught.exception))


class Coco(Folder):
    def good(self) -> dict[str, Any]:
        return {
            "images": [{"id": 7, "file_name": "a.jpg", "width": 100, "height": 50}],
            "categories": [{"id": 1, "name": "motorcycle"}, {"id": 2, "name": "Hawker"}, {"id": 3, "name": "toaster"}],
            "annotations": [
                {"image_id": 7, "category_id": 1, "bbox": [10, 10, 20, 30]},
                {"image_id": 7, "category_id": 2, "bbox": [90, 40, 30, 30]},
                {"image_id": 7, "category_id": 3, "bbox": [0, 0, 5, 5]},
                {"image_id": 7, "category_id": 1, "bbox": [50, 0, 9, 9], "iscrowd": 1},
            ],
        }

    def read(self, data: Any) -> Any:
        self.picture("a.jpg")
        file = self.dir / "annotations.json"
        file.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
        return read_coco(file, {"hawker": "stall"})

    def test_boxes_are_cut_named_and_sorted_out(self) -> None:
        (picture,) = self.read(self.good())
        wanted = (Box("two_wheeler", (10, 10, 30, 40)), Box("stall", (90, 40, 100, 50)))
        self.assertEqual(picture.boxes, wanted)
        self.assertEqual(picture.ignored, ((0, 0, 5, 5), (50, 0, 59, 9)))

    def test_what_is_wrong_is_named(self) -> None:
        def change(path: list[Any], value: Any) -> dict[str, Any]:
            data = self.good()
            place: Any = data
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = value
            return data

        cases = [
            (change(["annotations", 1, "bbox"], [1, 2, 3]), "annotations[1].bbox", "4 numbers"),
            (change(["annotations", 0, "bbox"], [10, 10, -1, 5]), "annotations[0].bbox", "no size"),
            (change(["annotations", 0, "bbox"], [200, 10, 5, 5]), "annotations[0].bbox", "outside"),
            (change(["annotations", 0, "bbox", 2], "20"), "annotations[0].bbox[2]", "number"),
            (change(["annotations", 0, "bbox", 2], float("nan")), "annotations[0].bbox", "no number"),
            (change(["annotations", 0, "image_id"], 8), "annotations[0].image_id", "no image 8"),
            (change(["annotations", 0, "category_id"], 9), "annotations[0].category_id", "no category 9"),
            (change(["images", 0, "file_name"], "b.jpg"), "images[0].file_name", "not beside it"),
            (change(["images", 0, "width"], None), "images[0].width", "number"),
            (change(["images", 0, "id"], True), "images[0].id", "no int"),
            (change(["categories"], [{"id": 1, "name": "toaster"}]), "categories", "--map"),
            ({"images": [], "annotations": []}, "categories", "missing"),
            ("[", "line 1", "no JSON"),
            ("[]", "object"),
        ]
        for data, *parts in cases:
            with self.subTest(parts):
                self.refuses(lambda data=data: self.read(data), "annotations.json", *parts)


@unittest.skipIf(Image is None, "Pillow is not there")
class Yolo(Folder):
    def read(self, line: str, names: str = "person\nhawker\ntoaster\n", file: str = "classes.txt") -> Any:
        self.picture("images/a.jpg")
        self.picture("images/empty.png")
        (self.dir / "labels").mkdir(exist_ok=True)
        (self.dir / "labels/a.txt").write_text(line, encoding="utf-8")
        (self.dir / file).write_text(names, encoding="utf-8")
        return read_yolo(self.dir, {"hawker": "stall"})

    def test_boxes_and_pictures_that_hold_nothing(self) -> None:
        full, empty = self.read("0 0.5 0.5 0.2 0.4\n\n1 0.1 0.2 0.2 0.4\n2 0.9 0.9 0.1 0.1\n")
        self.assertEqual([box.name for box in full.boxes], ["person", "stall"])
        for got, wanted in zip(full.boxes[0].corners, (40, 15, 60, 35), strict=True):
            self.assertAlmostEqual(got, wanted)
        self.assertEqual((len(full.ignored), empty.boxes), (1, ()))

    def test_names_are_read_as_data_yaml_has_them(self) -> None:
        for text in ("names: ['person', \"hawker\"]\n", "nc: 2\nnames:\n  0: person\n  1: hawker\n", "names:\n- person\n- hawker\n"):
            with self.subTest(text):
                (self.dir / "classes.txt").unlink(missing_ok=True)
                full, _ = self.read("1 0.5 0.5 0.2 0.4\n", text, "data.yaml")
                self.assertEqual(full.boxes[0].name, "stall")

    def test_what_is_wrong_is_named(self) -> None:
        for line, *parts in [
            ("0 0.5 0.5 0.2\n", "line 1", "class x y"),
            ("0 0.5 0.5 0.2 0.2\n5 0.5 0.5 0.2 0.2\n", "line 2", "class 5 has no name"),
            ("0 50 20 10 10\n", "line 1", "0 to 1"),
            ("0 nan 0.5 0.1 0.1\n", "line 1", "0 to 1"),
            ("0 0.5 0.5 0 0.1\n", "line 1", "no size"),
            ("0 0.1 0.1 0.2 0.1 0.2 0.2 0.1 0.2\n", "line 1", "polygons"),
        ]:
            with self.subTest(line):
                self.refuses(lambda line=line: self.read(line), "a.txt", *parts)
        (self.dir / "labels/lost.txt").write_text("", encoding="utf-8")
        self.refuses(lambda: self.read("0 0.5 0.5 0.2 0.2\n"), "lost.txt", "no picture")


@unittest.skipIf(Image is None, "Pillow is not there")
class Decisions(Folder):
    GOOD = {"candidate": "c1", "kind": "illegal_stall", "decision": "confirmed", "image": "stills/a.jpg", "box": [0.2, 0.2, 0.4, 0.6]}

    def read(self, **changes: Any) -> Any:
        self.picture("stills/a.jpg")
        entry = {key: value for key, value in {**self.GOOD, **changes}.items() if value is not None}
        (self.dir / "decisions.jsonl").write_text(json.dumps(entry) + "\n", encoding="utf-8")
        return read_decisions(self.dir)

    def test_confirmed_is_an_example_and_rejected_is_not(self) -> None:
        (confirmed,) = self.read()
        self.assertEqual(confirmed.boxes[0].name, "stall")
        self.assertEqual(tuple(round(value) for value in confirmed.only), (15, 5, 45, 35))
        (named,) = self.read(**{"class": "tricycle"})
        self.assertEqual(named.boxes[0].name, "tricycle")
        (rejected,) = self.read(decision="rejected")
        self.assertEqual((rejected.boxes, rejected.only), ((), confirmed.only))

    def test_what_is_wrong_is_named(self) -> None:
        for changes, *parts in [
            ({"kind": "jaywalking"}, "line 1.kind", "illegal_stall"),
            ({"decision": "maybe"}, "line 1.decision", "neither"),
            ({"box": [0.2, 0.2, 1.4, 0.6]}, "line 1.box", "0..1"),
            ({"box": [0.4, 0.2, 0.2, 0.6]}, "line 1.box", "no size"),
            ({"image": "../a.jpg"}, "line 1.image", "leaves"),
            ({"image": "stills/b.jpg"}, "line 1.image", "no picture"),
            ({"class": "toaster"}, "line 1.class", "toaster"),
            ({"candidate": None}, "line 1.candidate", "missing"),
        ]:
            with self.subTest(parts):
                self.refuses(lambda changes=changes: self.read(**changes), "decisions.jsonl", *parts)


class Compare(unittest.TestCase):
    def test_found_and_unsupported_are_counted(self) -> None:
        reference = [["person", 0.9, 0.0, 0.0, 0.2, 0.4], ["person", 0.3, 0.5, 0.5, 0.6, 0.8], ["person", 0.8, 0.8, 0.0, 0.9, 0.2], ["car", 0.9, 0, 0, 1, 1]]
        mine = [["person", 0.7, 0.0, 0.0, 0.2, 0.38], ["person", 0.5, 0.5, 0.5, 0.6, 0.8], ["person", 0.6, 0.1, 0.8, 0.2, 0.9], ["person", 0.1, 0.8, 0.0, 0.9, 0.2]]
        # Two it is sure of, one of them found; three finds, of which one has nothing to support it.
        self.assertEqual(compare.frame(reference, mine, ("person",), 0.4), (2, 1, 3, 1))


class Words(unittest.TestCase):
    def test_the_command_line_says_what_it_does_not_take(self) -> None:
        self.assertEqual(parse_map(["Hawker=stall"]), {"hawker": "stall"})
        self.assertEqual(parse_silent("person, car"), ("person", "car"))
        self.assertEqual(parse_size("448x256"), (448, 256))
        for call in (lambda: parse_map(["hawker"]), lambda: parse_map(["a=b"]), lambda: parse_silent("a"), lambda: parse_size("450x256"), lambda: parse_size("0x64"), lambda: parse_size("64")):
            self.assertRaises(KitError, call)


if __name__ == "__main__":
    unittest.main()
