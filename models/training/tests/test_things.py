"""The classifier of things: what is cut, what the net is shown, and the whole road on a few drawn squares."""

import random
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

try:
    import numpy as np
    import onnx  # noqa: F401
    import torch
    from PIL import Image

    from kerbtrain import crops, things
    from kerbtrain.labels import Box, Picture
except ImportError as error:
    print(f"SKIPPED: the classifier's tests, because {error.name} is not installed", file=sys.stderr)
    raise unittest.SkipTest("needs torch") from error


def picture(boxes, others=()):
    return Picture(Path("nowhere.png"), 400, 200, tuple(Box(name, corners) for name, corners in boxes), None, tuple(others), tuple(others))


class Wanted(unittest.TestCase):
    def test_nothing_lies_on_no_thing(self):
        seen = picture([("bag", (10, 80, 60, 130)), ("person", (100, 40, 140, 160))], [(200, 100, 260, 140)])
        asked = crops.wanted(seen, random.Random(1))
        nothing = [box for name, box in asked if name == crops.NOTHING]
        self.assertIn((200, 100, 260, 140), nothing)
        for box in nothing:
            for thing in seen.boxes:
                self.assertLessEqual(crops.common(box, thing.corners), crops.LIE_ON * crops.area(box) + 1e-6)

    def test_neighbours_are_one_and_a_stall_is_a_stall_with_its_vendor(self):
        seen = picture([("goods", (10, 100, 40, 130)), ("goods", (44, 100, 74, 130)), ("stall", (200, 90, 260, 140)), ("person", (240, 80, 262, 142))])
        asked = crops.wanted(seen, random.Random(1))
        self.assertIn(("goods", (10, 100, 74, 130)), asked)
        self.assertIn(("stall", (200, 80, 262, 142)), asked)


class Views(unittest.TestCase):
    def test_a_box_is_shown_whole_with_its_aspect(self):
        # A wide red thing on grey, as `cut` gives it: the box is the middle half of the crop.
        crop = np.full((1, crops.SIDE, crops.SIDE, 3), 127, np.uint8)
        quarter = crops.SIDE // 4
        crop[0, quarter : 3 * quarter, quarter : 3 * quarter] = (255, 0, 0)
        shown = things.views(crops.Crops(crop, np.array([2.0], np.float32), np.array([0])), np.array([0]), None)[0]
        red = (shown[0] > 0.5) & (shown[1] < -0.5)
        rows, columns = np.flatnonzero(red.any(1).numpy()), np.flatnonzero(red.any(0).numpy())
        self.assertAlmostEqual(len(columns) / len(rows), 2.0, delta=0.2)
        self.assertAlmostEqual(len(columns) / things.INPUT, 1 / (1 + 2 * things.MARGIN), delta=0.06)

    def test_it_learns_two_colours_doubts_a_third_and_is_exported(self):
        torch.manual_seed(1)
        from kerbtrain import thing_road

        rng = np.random.default_rng(1)

        def squares(colours, n):
            classes = np.arange(n) % len(colours)
            pictures = np.stack([np.full((crops.SIDE, crops.SIDE, 3), colours[c], np.uint8) for c in classes])
            pictures = (pictures + rng.integers(0, 20, pictures.shape)).astype(np.uint8)
            return crops.Crops(pictures, np.ones(n, np.float32), classes.astype(np.int64))

        known = squares([(220, 20, 20), (20, 20, 220)], 64)
        other = squares([(20, 220, 20)], 32)
        with tempfile.TemporaryDirectory() as folder:
            net, _ = things.train(known, 1, 5.0, 12, Path(folder) / "things.pt", batch=32)
            net = things.doubt(net, known, other, 1, epochs=1, steps=25)
            with torch.no_grad():
                said, doubted = things.logits(net, known).softmax(1), things.logits(net, other).softmax(1)
            self.assertGreater((said.argmax(1).numpy() == known.classes).mean(), 0.9)
            self.assertLess(doubted.max(1)[0].mean().item(), said.max(1)[0].mean().item())
            self.assertLess(thing_road.export(things.Spoken(net, 1.0).eval(), Path(folder) / "model.onnx", known), 0.02)


if __name__ == "__main__":
    unittest.main()
