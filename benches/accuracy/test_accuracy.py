"""Tests of the accuracy harness: `python3 -m unittest` here, or `cargo test -p kerbwatch-benches`."""

import contextlib
import io
import json
import os
import stat
import tempfile
import unittest
import unittest.mock
from pathlib import Path

import accuracy
import page
import tracking

# Stands in for the program: `analyze` counts its calls and writes empty events, `evaluate` says one fixed thing.
FAKE = """#!/bin/sh
case "$*" in
*--version*) echo "kerbwatch fake";;
*analyze*)
  echo "$*" >> "$CALLS"
  while [ $# -gt 0 ]; do
    case "$1" in
    --out) : > "$2";;
    --stats) echo '{"video_s": 60.0, "frames_inferred": 0, "cpu_s": 1.0}' > "$2";;
    --camera) [ "$2" = broken ] && { echo "kerbwatch: cannot play it" >&2; exit 1; };;
    esac
    shift
  done;;
*evaluate*) cat "$SCORES";;
esac
"""


def scores(**more) -> dict:
    one = {"truths": 2, "candidates": 2, "true_positives": 1, "false_positives": 1, "duplicates": 0, "missed": 1, "precision": 0.5,
           "precision_ci95": [0.1, 0.9], "recall": 0.5, "recall_ci95": [0.1, 0.9], "f1": 0.5, "delay_median_s": 20.0,
           "delay_p90_s": 20.0, "delay_p95_s": 21.5}
    alarm = {"id": "1", "kind": "waste_dumping", "camera": "a", "raised_s": 9.0, "box": [0, 0, 1, 1], "duplicate": False,
             "lookalike": "puddle"}
    lost = {"kind": "waste_dumping", "camera": "b", "zone": "z", "start_s": 4.0, "end_s": None, "box": [0, 0, 1, 1]}
    cameras = {"a": {"waste_dumping": {"true_positives": 1, "false_positives": 1, "missed": 0}},
               "b": {"waste_dumping": {"true_positives": 0, "false_positives": 0, "missed": 1}}}
    return {"kinds": {"waste_dumping": one}, "total": one, "permitted": 0, "cameras": cameras, "false_alarms": [alarm],
            "missed": [lost], "lookalikes": {"puddle": {"seen": 3, "alarmed": 1, "candidates": 1}}, **more}


class Statistics(unittest.TestCase):
    def test_the_bootstrap_draws_streams_and_is_the_same_twice(self):
        even = page.bootstrap([(3, 1, 1)] * 20)
        self.assertEqual(even, (0.75, 0.75), "streams that are all alike leave no doubt")
        mixed = [(2, 0, 0)] * 10 + [(0, 2, 2)] * 10
        low, high = page.bootstrap(mixed)
        self.assertTrue(0.2 < low < 0.5 < high < 0.8, (low, high))
        self.assertEqual(page.bootstrap(mixed), (low, high))
        self.assertIsNone(page.bootstrap([]))
        self.assertIsNone(page.bootstrap([(0, 0, 0)] * 3), "nothing happened and nothing was raised")

    def test_streams_without_events_are_drawn_too(self):
        rows = page.per_stream(scores(streams=["a", "b", "quiet"]), None)
        self.assertEqual(rows, [(1, 1, 0), (0, 0, 1), (0, 0, 0)])


class Page(unittest.TestCase):
    def test_everything_is_on_the_page(self):
        stats = {"video_s": 120.0, "frames_inferred": 0, "cpu_s": 4.0}
        one = scores(streams=["a", "b"], stats=stats)
        row = {"HOTA": 40.0, "IDF1": 50.0, "MOTA": 45.0, "IDSW": 7, "DetA": 1.0, "AssA": 1.0}
        found = {"date": "2026-01-02", "held_out": True, "quick": False, "model": "street", "machine": "m", "software": "s",
                 "streets": {"seeds": [9000, 9001], "variants": {"key frames (the camera's policy)": one, "full rate": one}},
                 "real": {"variants": {"policy": one}},
                 "tracker": {"5": {"Kerbwatch": {"all": row}, "SORT": {"all": {**row, "HOTA": 39.0}}}}}
        text = page.write(found)
        for wanted in ["| waste_dumping | 2 | 2 | 1 | 1 | 0 | 1 | 0.500 [0.10–0.90] |", "| 20.0 | 21.5 |", "| puddle | 3 | 1 | 1 |",
                       "a difference of +0.000", "2.0 |", "- a 9.0 s waste_dumping (puddle)", "- b 4.0 s waste_dumping",
                       "| a | 1 / 1 / 0 |", "| false a minute (2.0 min) | 0.50 |", "**40.0** / 50.0 / 45.0 | 39.0 / 50.0 / 45.0"]:
            self.assertIn(wanted, text)
        for line in text.splitlines():
            if line.startswith("|---"):
                self.assertEqual(line.count("|"), before.count("|"), before)
            before = line


class Harness(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.at = Path(self.folder.name)
        # A checkout without a shipped model.
        patched = unittest.mock.patch.object(accuracy, "ROOT", self.at)
        patched.start()
        self.addCleanup(patched.stop)
        self.program = self.at / "kerbwatch"
        self.program.write_text(FAKE)
        self.program.chmod(self.program.stat().st_mode | stat.S_IXUSR)
        self.clips = self.at / "shared/real/clips"
        self.clips.mkdir(parents=True)
        self.site("a", "b")
        (self.clips / "truth.jsonl").write_text("")
        (self.at / "scores.json").write_text(json.dumps(scores()))
        os.environ |= {"CALLS": str(self.at / "calls"), "SCORES": str(self.at / "scores.json")}

    def site(self, *ids):
        (self.clips / "site.toml").write_text("".join(f'[[camera]]\nid = "{id}"\nsource = "{id}.mp4"\n' for id in ids))
        for id in ids:
            (self.clips / f"{id}.mp4").write_text("x")

    def go(self, *more) -> tuple[int, str]:
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            code = accuracy.main(["--only", "real", "--quick", "--shared", str(self.at / "shared"), "--work", str(self.at / "work"),
                                  "--kerbwatch", str(self.program), "--out", str(self.at / "page.md"), *more])
        return code, said.getvalue()

    def calls(self) -> int:
        path = self.at / "calls"
        return len(path.read_text().splitlines()) if path.exists() else 0

    def test_what_is_finished_is_not_done_again_and_what_changed_is(self):
        self.assertEqual(self.go()[0], 0)
        first = self.calls()
        self.assertEqual(first, 2)
        self.assertEqual((self.go()[0], self.calls()), (0, first))
        (self.clips / "b.mp4").write_text("another film")
        self.assertEqual((self.go()[0], self.calls()), (0, first + 1))
        self.program.write_text(FAKE + "# another program\n")
        self.assertEqual((self.go()[0], self.calls()), (0, first + 3))
        self.assertIn("| a | 1 / 1 / 0 |", (self.at / "page.md").read_text())

    def test_bad_input_is_named(self):
        (self.clips / "b.mp4").unlink()
        code, said = self.go()
        self.assertEqual(code, 2)
        self.assertIn("b.mp4", said)
        self.site("a", "broken")
        code, said = self.go("--jobs", "1")
        self.assertEqual(code, 2)
        self.assertIn("cannot play it", said)
        self.assertTrue(list((self.at / "work").rglob("a-*.jsonl")), "what was finished before stays")
        code, said = self.go("--model", str(self.at))
        self.assertEqual((code, "no model.toml" in said), (2, True))
        (self.clips / "site.toml").write_text("[[camera]\n")
        code, said = self.go()
        self.assertEqual((code, "site.toml" in said), (2, True))


class Sequences(unittest.TestCase):
    def test_thinning_keeps_the_first_frame_at_or_after_each_tick_and_counts_anew(self):
        self.assertEqual(tracking.kept_frames(10, 30, 0), list(range(1, 11)))
        self.assertEqual(tracking.kept_frames(31, 30, 10), [1, 4, 7, 10, 13, 16, 19, 22, 25, 28, 31])
        self.assertEqual(tracking.kept_frames(10, 14, 5), [1, 4, 7, 10])
        self.assertEqual(tracking.thin([[4, -1, 1.5], [1, -1, 2.0], [2, -1, 3.0]], [1, 4]), "1,-1,2\n2,-1,1.5\n")

    def test_detections_without_truth_take_their_namesakes(self):
        with tempfile.TemporaryDirectory() as folder:
            source, work = Path(folder) / "mot", Path(folder) / "work"
            for name in ["X-02-A", "X-02-B"]:
                (source / name / "det").mkdir(parents=True)
                (source / name / "det/det.txt").write_text("1,-1,0,0,5,5,0.9\n")
                (source / name / "seqinfo.ini").write_text("[Sequence]\nimWidth=9\nimHeight=9\nframeRate=10\nseqLength=1\n")
            with self.assertRaisesRegex(tracking.Bad, "X-02-A: no gt"):
                tracking.prepare(source, work, [0.0])
            (source / "X-02-A/gt").mkdir()
            (source / "X-02-A/gt/gt.txt").write_text("1,7,0,0,5,5,1,1,1\n")
            tracking.prepare(source, work, [0.0])
            self.assertEqual((work / "0/sequences/X-02-B/gt/gt.txt").read_text(), "1,7,0,0,5,5,1,1,1\n")
            (source / "X-02-B/det/det.txt").write_text("1,-1,0,0\n")
            with self.assertRaisesRegex(tracking.Bad, r"det.txt:1: 4 columns"):
                tracking.prepare(source, work, [0.0])


if __name__ == "__main__":
    unittest.main()
