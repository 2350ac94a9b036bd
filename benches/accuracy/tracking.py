"""Trackers on MOT sequences: SORT, ByteTrack and OC-SORT (PyPI `trackers`) beside ours, judged by TrackEval.

Runs in the virtual environment that `accuracy.py` makes. Three commands, each on one work folder:

    tracking.py prepare MOT_FOLDER WORK FPS...   sequences thinned to so many frames a second (0 = all of them)
    tracking.py baselines WORK                   tracks of the trackers we compare with, on the same detections
    tracking.py score WORK OUT.json              HOTA, IDF1, MOTA a sequence and combined, for every tracker in WORK

WORK/<fps>/sequences/<name>/{det/det.txt, gt/gt.txt, seqinfo.ini} and WORK/<fps>/tracks/<tracker>/<name>.txt.
"""

import configparser
import json
import math
import sys
from pathlib import Path

# MOT15's two TUD sequences come without seqinfo.ini; width, height and rate are those of the MOTChallenge 2015 page.
WITHOUT_INFO = {"TUD-Campus": (640, 480, 25), "TUD-Stadtmitte": (640, 480, 25)}
# MOT17 names its classes; MOT15 has only people and is not preprocessed (TrackEval's rule).
MOT15 = set(WITHOUT_INFO)


class Bad(Exception):
    """Input that cannot be used, said in one sentence."""


def info(folder: Path) -> tuple[int, int, float, int]:
    """Width, height, frames a second and length of a sequence."""
    ini = folder / "seqinfo.ini"
    if ini.is_file():
        parser = configparser.ConfigParser()
        parser.read(ini)
        try:
            section = parser["Sequence"]
            return int(section["imWidth"]), int(section["imHeight"]), float(section["frameRate"]), int(section["seqLength"])
        except (KeyError, ValueError) as error:
            raise Bad(f"{ini}: {error} is missing or no number") from error
    if folder.name in WITHOUT_INFO:
        width, height, rate = WITHOUT_INFO[folder.name]
        return width, height, float(rate), max(row[0] for row in rows(folder / "det/det.txt"))
    raise Bad(f"{folder}: no seqinfo.ini")


def rows(path: Path) -> list[list[float]]:
    """Lines of a MOT text file, as numbers; the frame as an integer."""
    read = []
    with open(path) as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                cells = [float(cell) for cell in line.split(",")]
            except ValueError as error:
                raise Bad(f"{path}:{number}: {error}") from error
            if len(cells) < 7:
                raise Bad(f"{path}:{number}: {len(cells)} columns, at least 7 are needed")
            read.append([int(cells[0]), *cells[1:]])
    return read


def kept_frames(length: int, rate: float, fps: float) -> list[int]:
    """The frames (from 1) that a camera thinned to `fps` would show: the first at or after each tick."""
    if fps <= 0 or fps >= rate:
        return list(range(1, length + 1))
    ticks = (math.ceil(tick * rate / fps) + 1 for tick in range(length))
    return [frame for frame in ticks if frame <= length]


def thin(lines: list[list[float]], kept: list[int]) -> str:
    """Only the kept frames, counted anew from 1."""
    place = {frame: index for index, frame in enumerate(kept, 1)}
    chosen = sorted((place[row[0]], row[1:]) for row in lines if row[0] in place)
    return "".join(f"{frame}," + ",".join(f"{cell:g}" if cell != int(cell) else str(int(cell)) for cell in rest) + "\n"
                   for frame, rest in chosen)


def prepare(source: Path, work: Path, rates: list[float]) -> None:
    """Writes the thinned sequences. Detections of a sequence without ground truth of its own take their namesake's."""
    folders = sorted(path.parent.parent for path in source.glob("*/det/det.txt"))
    if not folders:
        raise Bad(f"{source}: no folder in it has det/det.txt")
    for folder in folders:
        width, height, rate, length = info(folder)
        truth = folder / "gt/gt.txt"
        if not truth.is_file():
            same = [other for other in folders if other.name.rsplit("-", 1)[0] == folder.name.rsplit("-", 1)[0]
                    and (other / "gt/gt.txt").is_file()]
            if not same:
                raise Bad(f"{folder}: no gt/gt.txt, and no sequence of the same pictures has one")
            truth = same[0] / "gt/gt.txt"
        detections, happened = rows(folder / "det/det.txt"), rows(truth)
        for fps in rates:
            kept = kept_frames(length, rate, fps)
            out = work / f"{fps:g}" / "sequences" / folder.name
            (out / "det").mkdir(parents=True, exist_ok=True)
            (out / "gt").mkdir(exist_ok=True)
            (out / "det/det.txt").write_text(thin(detections, kept))
            (out / "gt/gt.txt").write_text(thin(happened, kept))
            shown = rate if fps <= 0 else min(rate, fps)
            (out / "seqinfo.ini").write_text(
                f"[Sequence]\nname={folder.name}\nframeRate={shown:g}\nseqLength={len(kept)}\nimWidth={width}\nimHeight={height}\n")


def baselines(work: Path) -> None:
    """The trackers of the `trackers` package with its defaults, told the frame rate."""
    import numpy as np
    import supervision as sv
    from trackers import ByteTrackTracker, OCSORTTracker, SORTTracker

    makers = {"SORT": SORTTracker, "ByteTrack": ByteTrackTracker, "OC-SORT": OCSORTTracker}
    for sequence in sorted(work.glob("*/sequences/*")):
        _, _, rate, length = info(sequence)
        frames: dict[int, list[list[float]]] = {}
        for row in rows(sequence / "det/det.txt"):
            frames.setdefault(row[0], []).append(row)
        for name, maker in makers.items():
            out = sequence.parent.parent / "tracks" / name / f"{sequence.name}.txt"
            if out.is_file():
                continue
            tracker = maker(frame_rate=rate)
            lines = []
            for frame in range(1, length + 1):
                here = frames.get(frame, [])
                boxes = np.array([[r[2], r[3], r[2] + r[4], r[3] + r[5]] for r in here], dtype=float).reshape(-1, 4)
                seen = sv.Detections(xyxy=boxes, confidence=np.array([r[6] for r in here], dtype=float),
                                     class_id=np.zeros(len(here), dtype=int))
                tracked = tracker.update(seen)
                for (x1, y1, x2, y2), track in zip(tracked.xyxy, tracked.tracker_id):
                    if track >= 0:
                        lines.append(f"{frame},{track + 1},{x1:.2f},{y1:.2f},{x2 - x1:.2f},{y2 - y1:.2f},1,-1,-1,-1\n")
            out.parent.mkdir(parents=True, exist_ok=True)
            out.with_suffix(".tmp").write_text("".join(lines))
            out.with_suffix(".tmp").rename(out)


def score(work: Path, only: set[str] | None = None) -> dict:
    """{fps: {tracker: {sequence or "all": {"HOTA", "IDF1", "MOTA", "IDSW"}}}}, in per cent."""
    import contextlib
    import io

    import trackeval

    scores: dict = {}
    for rate in sorted(work.iterdir(), key=lambda path: path.name):
        if not (rate / "tracks").is_dir():
            continue
        lengths = {folder.name: info(folder)[3] for folder in sorted((rate / "sequences").iterdir())}
        names = sorted(path.name for path in (rate / "tracks").iterdir() if only is None or path.name in only)
        for name in names:
            results = {}
            for benchmark, chosen in (("MOT17", set(lengths) - MOT15), ("MOT15", set(lengths) & MOT15)):
                if not chosen:
                    continue
                dataset = trackeval.datasets.MotChallenge2DBox({
                    "GT_FOLDER": str(rate / "sequences"), "TRACKERS_FOLDER": str(rate / "tracks"), "TRACKERS_TO_EVAL": [name],
                    "TRACKER_SUB_FOLDER": "", "SEQ_INFO": {s: lengths[s] for s in sorted(chosen)}, "SKIP_SPLIT_FOL": True,
                    "BENCHMARK": benchmark, "PRINT_CONFIG": False, "OUTPUT_FOLDER": str(rate / "scores")})
                metrics = [trackeval.metrics.HOTA(), trackeval.metrics.CLEAR({"PRINT_CONFIG": False}),
                           trackeval.metrics.Identity({"PRINT_CONFIG": False})]
                with contextlib.redirect_stdout(io.StringIO()):
                    for sequence in sorted(chosen):
                        data = dataset.get_preprocessed_seq_data(dataset.get_raw_seq_data(name, sequence), "pedestrian")
                        results[sequence] = [metric.eval_sequence(data) for metric in metrics]
            def row(of):
                hota, clear, identity = of
                return {"HOTA": 100 * float(hota["HOTA"].mean()), "IDF1": 100 * float(identity["IDF1"]),
                        "MOTA": 100 * float(clear["MOTA"]), "IDSW": int(clear["IDSW"]),
                        "DetA": 100 * float(hota["DetA"].mean()), "AssA": 100 * float(hota["AssA"].mean())}
            table = {sequence: row(of) for sequence, of in results.items()}
            table["all"] = row([metric.combine_sequences({s: of[i] for s, of in results.items()})
                                for i, metric in enumerate(metrics)])
            scores.setdefault(rate.name, {})[name] = table
            print(f"scored {name} at {'full' if rate.name == '0' else rate.name + ' fps'}: HOTA {table['all']['HOTA']:.1f}", file=sys.stderr)
    return scores


def main(args: list[str]) -> int:
    try:
        match args:
            case ["prepare", source, work, *rates] if rates:
                prepare(Path(source), Path(work), [float(rate) for rate in rates])
            case ["baselines", work]:
                baselines(Path(work))
            case ["score", work, out]:
                Path(out).write_text(json.dumps(score(Path(work)), indent=1) + "\n")
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except (Bad, OSError) as error:
        print(f"tracking: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
