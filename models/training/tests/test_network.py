"""Anchors, boxes, loss, network and export on tiny or random weights. Needs torch, onnx and ONNX Runtime."""

from __future__ import annotations

import random
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

try:
    import numpy as np
    import onnxruntime  # noqa: F401
    import torch
    from PIL import Image

    from kerbtrain import anchors, assemble, augment, calibrate, data, evaluate, export, features, loss, network, street_head, train
    from kerbtrain.classes import CLASSES
    from kerbtrain.labels import Box, Picture
except ImportError as missing:
    print(f"SKIPPED: the network: {missing}", file=sys.stderr)
    raise unittest.SkipTest(f"SKIPPED: {missing}") from missing

torch.set_num_threads(1)


class Boxes(unittest.TestCase):
    def test_codes_lead_back_to_the_box(self) -> None:
        torch.manual_seed(1)
        grid = anchors.grid(192, 320)
        middles, sides = torch.rand(len(grid), 2) * 200, torch.rand(len(grid), 2) * 80 + 4
        boxes = torch.cat([middles, sides], -1)
        back = anchors.decode(anchors.encode(boxes, grid), grid)
        self.assertLess(float((back - boxes).abs().max()), 1e-2)

    def test_the_anchors_of_the_trained_size_are_the_graphs(self) -> None:
        grid = anchors.grid(300, 300)
        self.assertEqual(tuple(grid.shape), (1917, 4))
        # First, middle and last of the graph's own constant, in pixels: the rest was compared when `replay.py` was run.
        self.assertTrue(torch.allclose(grid[0], torch.tensor([300 / 38, 300 / 38, 30.0, 30.0]), atol=0.02))
        self.assertTrue(torch.allclose(grid[-1], torch.tensor([150.0, 150.0, 292.4, 292.4]), atol=0.1))

    def test_same_padding_is_tensorflows(self) -> None:
        self.assertEqual([network.same_padding(side, 3, 2) for side in (300, 19, 10)], [(0, 1), (1, 1), (0, 1)])
        self.assertEqual(network.same_padding(19, 3, 1), (1, 1))

    def test_average_precision_of_a_known_curve(self) -> None:
        found = evaluate.Found(np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, False, True, False]), 2)
        self.assertAlmostEqual(found.average_precision(), 0.5 + 0.5 * 2 / 3)
        self.assertEqual((found.precision(0.85), found.recall(0.65)), (1.0, 1.0))
        self.assertEqual(found.threshold(0.6, low=0.2), 0.61)


    def test_calibration_moves_the_wanted_precision_to_one_score(self) -> None:
        head = street_head.StreetHead(len(CLASSES), 64, 64)
        before = [float(score.bias[CLASSES.index("bin")]) for score in head.scores]
        scores = np.linspace(0.9, 0.1, 81)
        # Right from 0.6 on, wrong below: 0.6 is where precision is 1.
        found = {name: evaluate.Found(np.zeros(0), np.zeros(0, bool), 0) for name in CLASSES}
        found["bin"] = evaluate.Found(scores, scores > 0.595, 40)
        moves = calibrate.street(head, found, 1.0)
        self.assertEqual(list(moves), ["bin"])
        self.assertAlmostEqual(moves["bin"], calibrate.logit(0.4) - calibrate.logit(0.6), places=6)
        for score, old in zip(head.scores, before, strict=True):
            self.assertAlmostEqual(float(score.bias[CLASSES.index("bin")].detach()), old + moves["bin"], places=5)
            self.assertAlmostEqual(float(score.bias[CLASSES.index("bag")].detach()), old, places=5)


class Labels(unittest.TestCase):
    def test_a_cut_moves_boxes_and_ignores_what_is_cut_off(self) -> None:
        picture = Picture(Path("a"), 200, 100, (Box("bag", (50, 20, 70, 40)), Box("bin", (95, 40, 180, 60))))
        image = Image.new("RGB", (200, 100), (10, 20, 30))
        view = augment.cut(picture, image, (0, 0, 100, 100), (64, 64), flip=True)
        self.assertEqual(view.names, ("bag",))
        np.testing.assert_allclose(view.boxes[0], [64 - 70 * 0.64, 20 * 0.64, 64 - 50 * 0.64, 40 * 0.64], atol=1e-4)
        self.assertEqual(len(view.ignored), 1)
        whole = augment.cut(picture, image, augment.whole(picture, (64, 64)), (64, 64))
        self.assertEqual(whole.pixels[0, 0].tolist(), [augment.PAD] * 3)
        self.assertEqual(whole.pixels[32, 32].tolist(), [10, 20, 30])

    def test_random_views_keep_a_decision_in_sight(self) -> None:
        picture = Picture(Path("a"), 200, 100, (Box("pile", (150, 60, 170, 80)),), only=(140, 50, 180, 90))
        for seed in range(20):
            view = augment.random_view(picture, Image.new("RGB", (200, 100)), (128, 64), random.Random(seed))
            self.assertEqual(view.names, ("pile",))
            counts = data.target(view, street_head.grid(64, 128)[0]).counts
            self.assertTrue(0 < float(counts.sum()) < len(counts))


class Learning(unittest.TestCase):
    def test_a_place_inside_the_thing_answers_for_it(self) -> None:
        places, strides = street_head.grid(64, 64)
        boxes = torch.tensor([[8.0, 8.0, 40.0, 40.0]])
        target = loss.Target(boxes, torch.tensor([2]), torch.ones(len(places)))
        owner, asked = loss.assign(boxes.expand(len(places), 4), torch.full((len(places), 3), 0.5), places, strides, target)
        mine = places[owner >= 0]
        self.assertEqual(len(mine), loss.TOP)
        self.assertTrue(bool(((mine > 8) & (mine < 40)).all()))
        self.assertAlmostEqual(float(asked.max()), 1.0)

    def test_it_learns_one_picture_and_goes_on_from_a_checkpoint(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            image = np.full((64, 128, 3), 90, np.uint8)
            image[20:44, 40:72] = (250, 40, 40)
            Image.fromarray(image).save(folder / "a.png")
            picture = Picture(folder / "a.png", 128, 64, (Box("bin", (40, 20, 72, 44)),))
            torch.manual_seed(1)
            eyes = features.features(network.Backbone().eval().requires_grad_(False), (128, 64), torch.device("cpu"), 1)
            head = street_head.StreetHead(len(CLASSES), 64, 128)
            # Only 4 views are kept, so that the steps see few pictures and the test stays short.
            plan = train.Plan(steps=4, batch=2, rate=2e-3, replay=2, kept=4)
            train.run(eyes, head, [picture], plan, folder / "c.pt")
            state = torch.load(folder / "c.pt", weights_only=True)
            self.assertEqual(state["step"], 4)
            longer = train.Plan(steps=6, batch=2, rate=2e-3, replay=2, kept=4)
            before = {key: value.clone() for key, value in head.state_dict().items()}
            mean, steps = train.run(eyes, head, [picture], longer, folder / "c.pt")
            self.assertEqual((steps, torch.load(folder / "c.pt", weights_only=True)["step"]), (6, 6))
            self.assertTrue(all(torch.isfinite(value).all() for value in mean.values()))
            self.assertTrue(any((before[key] != value).any() for key, value in head.state_dict().items()))


class Export(unittest.TestCase):
    def test_onnx_runtime_says_what_pytorch_says(self) -> None:
        torch.manual_seed(1)
        coco = network.CocoHead()
        assemble.prune(coco)
        size = (128, 64)
        model = assemble.StreetModel(network.Backbone(), coco, street_head.StreetHead(len(CLASSES), 64, 128), size, ("person",))
        with tempfile.TemporaryDirectory() as name:
            file = Path(name) / "m.onnx"
            self.assertLess(export.export(model, size, file), 0.02)
            output = export.runner(file)(np.zeros((1, 3, 64, 128), np.float32))
        columns = len(anchors.grid(64, 128)) + len(street_head.grid(64, 128)[0])
        self.assertEqual(output.shape, (1, 4 + len(CLASSES), columns))
        street = output[0, 4:, len(anchors.grid(64, 128)) :]
        self.assertEqual(float(street[CLASSES.index("person")].max()), 0.0)
        self.assertGreater(float(street[CLASSES.index("stall")].max()), 0.0)


if __name__ == "__main__":
    unittest.main()
